/*
 * kafka_source.h: Kafka topics, and topics of the embedded broker, as streams (SourceClasses "kafka",
 * "embedded").
 */
#ifndef WEIR_CONNECTORS_KAFKA_SOURCE_H
#define WEIR_CONNECTORS_KAFKA_SOURCE_H

#include "connectors/kafka_client.h"

/* Make the two classes of a session. */
extern void kafka_source_class(KafkaConnector *connector, KafkaEnvironment *environment);
extern void embedded_source_class(KafkaConnector *connector, KafkaEnvironment *environment);

/* The client that a source of these classes reads by now, for tests to break. */
extern KafkaClient *kafka_source_client(Source *source);

#endif
