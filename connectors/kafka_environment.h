/*
 * kafka_environment.h: what the Kafka connectors of one session share.
 *
 * The idea: a session owns an environment; its classes "kafka" and "embedded" are instances that point to it,
 * so that whoever holds a StreamDef can reach it, and there is no global. It holds the embedded broker, which
 * is started when it is first needed, and the log for librdkafka's messages.
 */
#ifndef WEIR_CONNECTORS_KAFKA_ENVIRONMENT_H
#define WEIR_CONNECTORS_KAFKA_ENVIRONMENT_H

#include <pthread.h>

#include "common/log.h"
#include "executor/source.h"

struct EmbeddedBroker;

typedef struct KafkaEnvironment
{
	const Log *log; /* borrowed; NULL: librdkafka's messages are dropped */
	pthread_mutex_t lock;
	struct EmbeddedBroker *broker; /* NULL until the first use; guarded by lock */
} KafkaEnvironment;

/* A source class of one session. Embeds the class first, so a StreamDef's source leads here. */
typedef struct KafkaConnector
{
	SourceClass class;
	KafkaEnvironment *environment;
	bool embedded;
} KafkaConnector;

extern void kafka_environment_init(KafkaEnvironment *environment, const Log *log);
/* Stops the embedded broker. No source or producer of the session is open any more. */
extern void kafka_environment_release(KafkaEnvironment *environment);

/* The connector of a stream whose source is one of the two classes. */
static inline const KafkaConnector *
kafka_connector_of(const StreamDef *stream)
{
	return (const KafkaConnector *)(const void *)stream->source;
}

/* Whether a stream is read from and written to Kafka or the embedded broker. */
static inline bool
kafka_is_stream(const StreamDef *stream)
{
	return stream->source != NULL &&
		   (strcmp(stream->source->name, "kafka") == 0 || strcmp(stream->source->name, "embedded") == 0);
}

#endif
