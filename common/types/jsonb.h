/*
 * jsonb.h: the type jsonb, kept as the text PostgreSQL prints for it.
 *
 * The idea: a value is parsed once, into its canonical text: keys in order (by length, then bytes), of equal
 * keys the last one, ", " and ": " as separators, numbers as numeric prints them, strings with PostgreSQL's
 * escapes. Access and comparison then walk that text, which needs no checking any more. An empty text (a row
 * without a value) is taken for null.
 *
 * Nesting deeper than JSONB_MAX_DEPTH is refused (STATEMENT_TOO_COMPLEX), where PostgreSQL's limit is its
 * stack.
 */
#ifndef WEIR_COMMON_TYPES_JSONB_H
#define WEIR_COMMON_TYPES_JSONB_H

#include "common/types/type.h"

extern const TypeClass jsonb_class;

enum
{
	JSONB_MAX_DEPTH = 10000
};

typedef enum JsonbKind
{
	JSONB_NULL, /* in PostgreSQL's order of kinds */
	JSONB_STRING,
	JSONB_NUMBER,
	JSONB_BOOLEAN,
	JSONB_ARRAY,
	JSONB_OBJECT
} JsonbKind;

/*
 * Reads JSON text (valid UTF-8) and makes its canonical text in the arena. Decoders use it too: the text may
 * be a slice of a message.
 */
extern bool jsonb_parse(StrView s, Text *out, Arena *arena, Error *err) WARN_UNUSED;

extern JsonbKind jsonb_kind(Text j);

/*
 * The member of an object, or element of an array (negative counts from the end); false if there is none. As
 * in PostgreSQL, a scalar counts as an array of one element here.
 */
extern bool jsonb_get_key(Text j, Text key, Text *out);
extern bool jsonb_get_index(Text j, int32_t index, Text *out);

/* A value as ->> gives it: false for null, a string without quotes and escapes, else the text itself. */
extern bool jsonb_to_plain_text(Text j, Text *out, Arena *arena);

/* PostgreSQL's btree order. */
extern int jsonb_compare(Text a, Text b);
extern uint64_t jsonb_hash(Text j);

extern bool jsonb_to_boolean(Text j, bool *out, Error *err);
extern bool jsonb_to_numeric(Text j, Numeric *out, Arena *arena, Error *err);
extern bool jsonb_to_integer(Text j, int32_t *out, Arena *arena, Error *err);
extern bool jsonb_to_bigint(Text j, int64_t *out, Arena *arena, Error *err);
extern bool jsonb_to_double(Text j, double *out, Arena *arena, Error *err);

#endif
