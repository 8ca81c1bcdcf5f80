/*
 * kafka_options.h: the options of Kafka streams, and librdkafka's configuration made of them.
 *
 * The idea: options of Weir's own are translated; kafka.<property> goes to librdkafka unchanged, after what
 * Weir prefers and before what Weir must have. Properties on which correctness rests (offsets, groups,
 * idempotence) can't be given. Credentials are 'env:NAME' or 'file:/path' and read only when a client is
 * made.
 */
#ifndef WEIR_CONNECTORS_KAFKA_OPTIONS_H
#define WEIR_CONNECTORS_KAFKA_OPTIONS_H

#include <librdkafka/rdkafka.h>

#include "planner/plan.h"

extern const OptionInfo kafka_options[];
extern const size_t kafka_option_count;
extern const OptionInfo embedded_options[];
extern const size_t embedded_option_count;

/* ConnectorInfo.check_stream of both classes: start, and the names and values of kafka.* */
extern bool kafka_options_check(const StreamDef *stream, Error *err);

/* ---- where a stream starts ---- */

typedef enum KafkaStartKind
{
	KAFKA_START_EARLIEST,
	KAFKA_START_LATEST,
	KAFKA_START_TIME,
	KAFKA_START_OFFSETS
} KafkaStartKind;

typedef struct KafkaStart
{
	KafkaStartKind kind;
	int64_t time; /* TIMESTAMPTZ */
	size_t count; /* of offsets */
	int32_t *partitions;
	int64_t *offsets;
	int position; /* of the option's value */
} KafkaStart;

/* Reads the option start; arrays are in the arena. */
extern bool kafka_start_parse(const StreamDef *stream, KafkaStart *out, Arena *arena, Error *err) WARN_UNUSED;

/* ---- librdkafka's configuration ---- */

typedef struct KafkaProperty
{
	const char *name;
	const char *value;
} KafkaProperty;

/*
 * The configuration of a client of the stream: preferred properties, the stream's, required ones; later ones
 * win. A property this version does not know is an error, except among the preferred ones, where it is passed
 * over.
 */
extern bool kafka_conf_create(const StreamDef *stream, const KafkaProperty *preferred, size_t preferred_count,
							  const KafkaProperty *required, size_t required_count, rd_kafka_conf_t **out,
							  Error *err) WARN_UNUSED;

#endif
