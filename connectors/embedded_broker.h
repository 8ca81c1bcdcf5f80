/*
 * embedded_broker.h: a Kafka broker inside the process, for demos and tests.
 *
 * It is librdkafka's mock cluster: real TCP on loopback, any client can talk to it, nothing is kept. It holds
 * 5 MiB or 100,000 batches per partition and then forgets the oldest, so a producer to it checks that nothing
 * was lost; it knows neither transactions' isolation nor offsets by time.
 */
#ifndef WEIR_CONNECTORS_EMBEDDED_BROKER_H
#define WEIR_CONNECTORS_EMBEDDED_BROKER_H

#include "common/str.h"
#include "connectors/kafka_environment.h"

typedef struct EmbeddedBroker EmbeddedBroker;

/*
 * Starts the session's broker if it does not run yet, creates the stream's topic in it if it is not there
 * yet, and appends the broker's address. False: 42P16 when the topic exists with another number of partitions
 * than the stream's option says.
 */
extern bool embedded_broker_prepare(const StreamDef *stream, StrBuf *bootstrap, Error *err) WARN_UNUSED;

/* broker may be NULL. */
extern void embedded_broker_stop(EmbeddedBroker *broker);

#endif
