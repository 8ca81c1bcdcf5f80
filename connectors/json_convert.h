/*
 * json_convert.h: from the tokens of a JSON field to the elements of its column.
 *
 * The idea: one loop per type, over the rows of a chunk, that knows the usual spelling of a value; everything
 * else (null, missing, strings for numbers, odd forms) goes value by value through field_decode.h with the
 * type's own text input, so a value means what it means to PostgreSQL's jsonb_to_record().
 */
#ifndef WEIR_CONNECTORS_JSON_CONVERT_H
#define WEIR_CONNECTORS_JSON_CONVERT_H

#include "common/types/timestamp.h"
#include "connectors/field_decode.h"
#include "connectors/json_scan.h"
#include "connectors/json_time.h"

/* What conversion keeps from value to value; one per decoder. Zero-initialise, then set fields. */
typedef struct JsonConvert
{
	FieldDecode *fields;
	IsoDateCache dates;
	JsonMinute minute;
} JsonConvert;

/* Tokens of one field: of rows [first, first + n) of the batch, stride tokens apart. */
typedef struct JsonTokens
{
	const JsonToken *tokens;
	int stride;
	uint32_t first;
	uint32_t n;
} JsonTokens;

/* Sets the elements of the field's column, or makes rows fail. */
extern void json_convert_field(JsonConvert *convert, uint32_t field, const JsonTokens *tokens);

#endif
