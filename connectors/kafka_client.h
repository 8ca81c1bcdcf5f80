/*
 * kafka_client.h: a librdkafka instance whose messages and errors go where Weir wants them.
 *
 * The idea: librdkafka reports trouble in log lines and in a callback, long after the call that failed. A
 * client remembers what matters (refused authentication, all brokers down), so that a call that waits can say
 * why it failed, and passes log lines on, at most a few per second. Until a broker has answered for the first
 * time, they are for whoever debugs: the error that comes of them says it all.
 */
#ifndef WEIR_CONNECTORS_KAFKA_CLIENT_H
#define WEIR_CONNECTORS_KAFKA_CLIENT_H

#include <librdkafka/rdkafka.h>
#include <stdatomic.h>

#include "common/types/calendar.h"
#include "connectors/kafka_environment.h"

/* Embed it or point to it; must not move. Its address is the opaque of rk. */
typedef struct KafkaClient
{
	rd_kafka_t *rk;
	KafkaEnvironment *environment;
	const char *brokers;  /* for messages */
	atomic_bool broken;   /* for good: librdkafka had a fatal error */
	pthread_mutex_t lock; /* guards the rest */
	bool refused;         /* authentication failed */
	bool answered;        /* a broker has answered at least once */
	char trouble[512];    /* the last broker error; "" = none */
	int64_t log_second;   /* of the last line passed on, and how many lines in that second */
	int log_lines;
	int log_dropped;
} KafkaClient;

/* Takes over conf, also when it fails. */
extern bool kafka_client_open(KafkaClient *client, rd_kafka_type_t type, rd_kafka_conf_t *conf,
							  const StreamDef *stream, Error *err) WARN_UNUSED;
extern void kafka_client_close(KafkaClient *client);

/* A broker has answered: what went wrong before is over. */
extern void kafka_client_answered(KafkaClient *client);

/* Appends the last trouble of its brokers. */
extern void kafka_client_append_trouble(KafkaClient *client, StrBuf *out);

/* A line for the session's log, rate-limited. */
extern void kafka_client_log(KafkaClient *client, LogLevel level, const char *fmt, ...) PRINTF_LIKE(3, 4);

/*
 * Waits, at most about ten seconds, until the topic's partitions are known. *count is 0 when there is no such
 * topic and may_be_missing; else that is 42P01 with the nearest name. Other errors: 28000 authentication,
 * 42501 authorisation, 08006 no broker, 57014 stopped.
 */
extern bool kafka_client_find_topic(KafkaClient *client, const char *topic, const atomic_bool *stop,
									bool may_be_missing, int32_t *count, Error *err) WARN_UNUSED;

/* Asks once, at most half a second. */
extern bool kafka_client_count_partitions(KafkaClient *client, rd_kafka_topic_t *rkt, int32_t *count,
										  Error *err) WARN_UNUSED;

/* Fills err with what a failed request means, and what the client knows of its brokers' trouble. */
extern bool kafka_client_error(KafkaClient *client, rd_kafka_resp_err_t rc, const char *action, Error *err);

/* Milliseconds since 1970 as Weir's microseconds; INT64_MIN: no timestamp, as when a message has none. */
static inline int64_t
kafka_time_to_weir(int64_t ms)
{
	int64_t micros;

	if (__builtin_mul_overflow(ms, 1000, &micros) ||
		__builtin_sub_overflow(micros, CLOCK_UNIX_EPOCH_OFFSET * 1000000, &micros) ||
		!timestamp_in_range(micros))
		return INT64_MIN;
	return micros;
}

static inline int64_t
kafka_time_from_weir(int64_t micros)
{
	return floor_div(micros, 1000) + CLOCK_UNIX_EPOCH_OFFSET * 1000;
}

#endif
