/*
 * float.h: the type double precision.
 *
 * The idea: output is the shortest decimal that reads back as the same number (PostgreSQL's
 * extra_float_digits = 1), arithmetic is the processor's plus PostgreSQL's overflow and underflow errors, and
 * NaN is equal to itself and greater than everything else.
 */
#ifndef WEIR_COMMON_TYPES_FLOAT_H
#define WEIR_COMMON_TYPES_FLOAT_H

#include "common/types/type.h"

extern const TypeClass double_class;

enum
{
	DOUBLE_TEXT_MAX = 24 /* bytes of the longest output */
};

/* What strtod() reads, with blanks around it; out of range if not zero and not representable. */
extern bool double_parse(StrView s, double *out, Error *err) WARN_UNUSED;
/* For decoders: a short plain decimal such as -12.34; false says only that double_parse() must decide. */
extern bool double_parse_fast(StrView s, double *out);

/* Writes the output form without a NUL, at most DOUBLE_TEXT_MAX bytes; returns how many. */
extern size_t double_to_chars(double value, char *out);
/* The output form as a text in the arena. */
extern Text double_to_text(double value, Arena *arena);

/*
 * The shortest decimal digits * 10^exponent that lies strictly within half a unit in the last place of a
 * finite value > 0, the nearest of them if there are several; without trailing zeros.
 */
extern uint64_t double_shortest(double value, int *exponent);

/* Order with NaN greatest. */
static inline int
double_compare(double a, double b)
{
	if (unlikely(a != a || b != b))
		return (a != a) - (b != b);
	return (a > b) - (a < b);
}

extern bool double_add(double a, double b, double *out, Error *err);
extern bool double_subtract(double a, double b, double *out, Error *err);
extern bool double_multiply(double a, double b, double *out, Error *err);
extern bool double_divide(double a, double b, double *out, Error *err);

/* To the nearest integer, ties to even. */
extern bool double_to_integer(double a, int32_t *out, Error *err);
extern bool double_to_bigint(double a, int64_t *out, Error *err);

/* "value out of range: overflow", for aggregates too. */
extern bool double_overflow(Error *err);
extern bool double_underflow(Error *err);

#endif
