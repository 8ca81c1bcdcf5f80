/*
 * kafka_connection.h: a consuming client with its topic, shared by all that use it.
 *
 * The idea: a client can break for good (what librdkafka calls a fatal error); the source then opens another
 * one while messages of the first are still being used. So users are counted: the source, each partition, and
 * each batch of messages that was handed out. The last one closes it.
 */
#ifndef WEIR_CONNECTORS_KAFKA_CONNECTION_H
#define WEIR_CONNECTORS_KAFKA_CONNECTION_H

#include <stdatomic.h>

#include "connectors/kafka_client.h"

typedef struct KafkaConnection
{
	KafkaClient client;
	const char *topic;
	rd_kafka_topic_t *rkt; /* NULL: the topic's name is invalid */
	atomic_int users;
} KafkaConnection;

/*
 * With one user. librdkafka bounds its queues for each partition, so the bound of all is divided by their
 * number.
 */
extern bool kafka_connection_open(const StreamDef *stream, int32_t partitions, size_t queue_bytes,
								  KafkaConnection **out, Error *err) WARN_UNUSED;
extern KafkaConnection *kafka_connection_keep(KafkaConnection *connection);
/* NULL is allowed. */
extern void kafka_connection_release(KafkaConnection *connection);

#endif
