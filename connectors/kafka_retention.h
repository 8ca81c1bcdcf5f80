/*
 * kafka_retention.h: how long a topic keeps its messages.
 *
 * The idea: the broker is asked for the topic's settings now and then, and nobody waits for its answer. A
 * broker that does not say (no permission, no such request) is told of once; the topic then counts as one
 * that keeps everything. Not looked at: retention.bytes, which no clock foretells.
 */
#ifndef WEIR_CONNECTORS_KAFKA_RETENTION_H
#define WEIR_CONNECTORS_KAFKA_RETENTION_H

#include "connectors/kafka_connection.h"

/* Zero-initialise; used by one thread at a time. */
typedef struct KafkaRetention
{
	KafkaConnection *connection; /* that was asked; NULL = none is */
	rd_kafka_queue_t *queue;     /* of the answer */
	int64_t asked;               /* monotonic: when last; 0 = never */
	int64_t micros;
	bool told; /* that the broker does not say */
} KafkaRetention;

/* Microseconds; 0: for ever, or it is not known. Never waits. */
extern int64_t kafka_retention_get(KafkaRetention *retention, KafkaConnection *connection, int64_t now);
extern void kafka_retention_close(KafkaRetention *retention);

#endif
