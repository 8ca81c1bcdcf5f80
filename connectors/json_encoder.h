/*
 * json_encoder.h: rows as JSON objects, for messages that are written.
 *
 * The idea: what the JSON decoder reads, the other way round: each column at its path, with its timestamp
 * format. Values look as PostgreSQL's to_json() prints them: numbers as numbers (NaN and infinities as
 * strings), NULL as null, timestamps in ISO 8601 with T and, for timestamptz, UTC.
 */
#ifndef WEIR_CONNECTORS_JSON_ENCODER_H
#define WEIR_CONNECTORS_JSON_ENCODER_H

#include "executor/batch.h"
#include "planner/plan.h"

/* A key of the object: a value, or an object of further keys. */
typedef struct JsonMember
{
	const char *key;
	int column; /* of the batch; -1: an object */
	TimestampFormat timestamp_format;
	int member_count;
	struct JsonMember *members;
} JsonMember;

typedef struct JsonEncoder
{
	JsonMember root;
} JsonEncoder;

/*
 * Column i of the batches is the stream's column columns[i]; only those that are fields are written. False:
 * 0A000, a column lies at an array's element, or inside another column.
 */
extern bool json_encoder_init(JsonEncoder *encoder, const StreamDef *stream, const int *columns,
							  int column_count, Arena *arena, Error *err) WARN_UNUSED;
/* Appends one row's object. */
extern void json_encoder_row(const JsonEncoder *encoder, const Batch *batch, uint32_t row, StrBuf *out);

/* Appends one value; value points to the type's ctype. */
extern void json_encode_value(TypeId type, const void *value, TimestampFormat format, StrBuf *out);

#endif
