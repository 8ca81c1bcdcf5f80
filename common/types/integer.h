/*
 * integer.h: the types integer and bigint: text forms, and arithmetic that refuses to overflow.
 *
 * The idea: each operation is a small function (A, B, R *, Error *) that the kernels call row by row where
 * their vectorised loop saw an overflow. integer with bigint goes through the implicit cast, as bigint.
 */
#ifndef WEIR_COMMON_TYPES_INTEGER_H
#define WEIR_COMMON_TYPES_INTEGER_H

#include "common/types/type.h"

extern const TypeClass integer_class;
extern const TypeClass bigint_class;

enum
{
	INTEGER_TEXT_MAX = 20 /* bytes of the longest bigint */
};

/* PostgreSQL's input syntax: blanks around, an optional sign, decimal digits. */
extern bool integer_parse(StrView s, int32_t *out, Error *err) WARN_UNUSED;
extern bool bigint_parse(StrView s, int64_t *out, Error *err) WARN_UNUSED;

/* Writes the decimal form without a NUL, at most INTEGER_TEXT_MAX bytes; returns how many. */
extern size_t bigint_to_chars(int64_t value, char *out);
/* The same for an unsigned value. */
extern size_t integer_unsigned_to_chars(uint64_t value, char *out);

/* The decimal form as a text in the arena. */
extern Text bigint_to_text(int64_t value, Arena *arena);

extern bool integer_out_of_range(Error *err);
extern bool bigint_out_of_range(Error *err);
extern bool integer_division_by_zero(Error *err);

/*
 * For decoders: an optional '-' and digits, nothing else. False says only that bigint_parse() must decide
 * (blanks, '+', too long, or really wrong).
 */
static inline bool
bigint_parse_fast(StrView s, int64_t *out)
{
	bool negative = s.len > 0 && s.data[0] == '-';
	size_t i = negative;
	uint64_t value = 0;

	if (s.len - i - 1 >= 18) /* empty wraps around; 18 digits can't overflow */
		return false;
	for (; i < s.len; i++)
	{
		unsigned digit = (unsigned char)s.data[i] - '0';

		if (digit > 9)
			return false;
		value = value * 10 + digit;
	}
	*out = negative ? -(int64_t)value : (int64_t)value;
	return true;
}

static inline bool
integer_parse_fast(StrView s, int32_t *out)
{
	int64_t value;

	if (!bigint_parse_fast(s, &value) || value != (int32_t)value)
		return false;
	*out = (int32_t)value;
	return true;
}

#define INTEGER_OPERATION(name, T, builtin, out_of_range)        \
	static inline bool name(T a, T b, T *out, Error *err)        \
	{                                                            \
		return likely(!builtin(a, b, out)) || out_of_range(err); \
	}

INTEGER_OPERATION(integer_add, int32_t, __builtin_add_overflow, integer_out_of_range)
INTEGER_OPERATION(integer_subtract, int32_t, __builtin_sub_overflow, integer_out_of_range)
INTEGER_OPERATION(integer_multiply, int32_t, __builtin_mul_overflow, integer_out_of_range)
INTEGER_OPERATION(bigint_add, int64_t, __builtin_add_overflow, bigint_out_of_range)
INTEGER_OPERATION(bigint_subtract, int64_t, __builtin_sub_overflow, bigint_out_of_range)
INTEGER_OPERATION(bigint_multiply, int64_t, __builtin_mul_overflow, bigint_out_of_range)

#undef INTEGER_OPERATION

/* Truncating division and its remainder; the remainder has the dividend's sign. */
extern bool integer_divide(int32_t a, int32_t b, int32_t *out, Error *err);
extern bool integer_modulo(int32_t a, int32_t b, int32_t *out, Error *err);
extern bool integer_negate(int32_t a, int32_t *out, Error *err);
extern bool integer_abs(int32_t a, int32_t *out, Error *err);
extern bool integer_from_bigint(int64_t a, int32_t *out, Error *err);
extern bool bigint_divide(int64_t a, int64_t b, int64_t *out, Error *err);
extern bool bigint_modulo(int64_t a, int64_t b, int64_t *out, Error *err);
extern bool bigint_negate(int64_t a, int64_t *out, Error *err);
extern bool bigint_abs(int64_t a, int64_t *out, Error *err);

#endif
