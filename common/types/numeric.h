/*
 * numeric.h: the type numeric: exact decimals with PostgreSQL's scale rules.
 *
 * The idea: a number is an integer coefficient over 10^dscale. Coefficients below 10^38 are an int128 inside
 * the value (SMALL), for which the operations below are a few instructions; others are base-10^9 limbs in an
 * arena (BIG, numeric_big.h), by the same rules. Results that need memory take it from the arena passed in;
 * results never point into that of an argument, unless they are the argument.
 *
 * Limits are PostgreSQL's: 131072 digits before the decimal point, 16383 after it; beyond the first an
 * operation fails with "value overflows numeric format".
 */
#ifndef WEIR_COMMON_TYPES_NUMERIC_H
#define WEIR_COMMON_TYPES_NUMERIC_H

#include "common/types/type.h"

extern const TypeClass numeric_class;

enum
{
	NUMERIC_MAX_PRECISION = 1000,
	NUMERIC_MIN_SCALE = -1000,
	NUMERIC_MAX_SCALE = 1000,
	NUMERIC_MAX_INTEGER_DIGITS = 131072,
	NUMERIC_MAX_DSCALE = 16383,
	NUMERIC_SMALL_DIGITS = 38
};

/* 10^n. */
extern const uint128 numeric_power_of_10[NUMERIC_SMALL_DIGITS + 1];

/* 10^38: the coefficient of a SMALL is less in absolute value. */
#define NUMERIC_SMALL_LIMIT \
	((int128)((uint128)UINT64_C(10000000000000000000) * UINT64_C(10000000000000000000)))

static inline bool
numeric_fits_small(int128 coefficient)
{
	return coefficient < NUMERIC_SMALL_LIMIT && coefficient > -NUMERIC_SMALL_LIMIT;
}

static inline Numeric
numeric_small(int128 coefficient, int32_t dscale)
{
	return (Numeric){.small = coefficient, .dscale = dscale, .kind = NUMERIC_SMALL};
}

static inline Numeric
numeric_from_int64(int64_t value)
{
	return numeric_small(value, 0);
}

/* value / 10^dscale, whatever value is. */
extern Numeric numeric_from_int128(int128 value, int32_t dscale, Arena *arena);

static inline Numeric
numeric_special(NumericKind kind)
{
	return (Numeric){.kind = kind};
}

static inline bool
numeric_is_finite(Numeric n)
{
	return n.kind <= NUMERIC_BIG;
}

/* PostgreSQL's input syntax, blanks around it included. */
extern bool numeric_parse(StrView s, Numeric *out, Arena *arena, Error *err) WARN_UNUSED;
/* The output form; as a text in the arena. */
extern void numeric_print(Numeric n, StrBuf *out);
extern Text numeric_to_text(Numeric n, Arena *arena);

/*
 * For decoders: an optional '-', up to 18 digits with at most one point, which has digits on both sides.
 * False says only that numeric_parse() must decide.
 */
extern bool numeric_parse_fast(StrView s, Numeric *out);

extern int numeric_compare_slow(Numeric a, Numeric b);

/* PostgreSQL's order: NaN equals itself and is greatest, then Infinity. */
static inline int
numeric_compare(Numeric a, Numeric b)
{
	if (likely(a.kind == NUMERIC_SMALL && b.kind == NUMERIC_SMALL && a.dscale == b.dscale))
		return (a.small > b.small) - (a.small < b.small);
	return numeric_compare_slow(a, b);
}

extern uint64_t numeric_hash(Numeric n);

extern bool numeric_add_slow(Numeric a, Numeric b, Numeric *out, Arena *arena, Error *err);
extern bool numeric_subtract_slow(Numeric a, Numeric b, Numeric *out, Arena *arena, Error *err);
extern bool numeric_multiply_slow(Numeric a, Numeric b, Numeric *out, Arena *arena, Error *err);

/* a + b; the result's dscale is the greater one. */
static inline bool
numeric_add(Numeric a, Numeric b, Numeric *out, Arena *arena, Error *err)
{
	int128 sum;

	if (likely(a.kind == NUMERIC_SMALL && b.kind == NUMERIC_SMALL && a.dscale == b.dscale) &&
		likely(!__builtin_add_overflow(a.small, b.small, &sum) && numeric_fits_small(sum)))
	{
		*out = numeric_small(sum, a.dscale);
		return true;
	}
	return numeric_add_slow(a, b, out, arena, err);
}

/* a - b; the result's dscale is the greater one. */
static inline bool
numeric_subtract(Numeric a, Numeric b, Numeric *out, Arena *arena, Error *err)
{
	int128 difference;

	if (likely(a.kind == NUMERIC_SMALL && b.kind == NUMERIC_SMALL && a.dscale == b.dscale) &&
		likely(!__builtin_sub_overflow(a.small, b.small, &difference) && numeric_fits_small(difference)))
	{
		*out = numeric_small(difference, a.dscale);
		return true;
	}
	return numeric_subtract_slow(a, b, out, arena, err);
}

/* a * b; the result's dscale is the sum, at most 16383 (then rounded). */
static inline bool
numeric_multiply(Numeric a, Numeric b, Numeric *out, Arena *arena, Error *err)
{
	if (likely(a.kind == NUMERIC_SMALL && b.kind == NUMERIC_SMALL && a.small == (int64_t)a.small &&
			   b.small == (int64_t)b.small && a.dscale + b.dscale <= NUMERIC_MAX_DSCALE))
	{
		*out = numeric_small(a.small * b.small, a.dscale + b.dscale);
		return true;
	}
	return numeric_multiply_slow(a, b, out, arena, err);
}

/* a / b, with at least 16 significant digits: PostgreSQL's select_div_scale(). */
extern bool numeric_divide(Numeric a, Numeric b, Numeric *out, Arena *arena, Error *err);
/* The remainder of the truncated quotient; it has a's sign. */
extern bool numeric_modulo(Numeric a, Numeric b, Numeric *out, Arena *arena, Error *err);

extern Numeric numeric_negate(Numeric n, Arena *arena);
extern Numeric numeric_abs(Numeric n, Arena *arena);
/* -1, 0 or 1; NaN for NaN. */
extern Numeric numeric_sign(Numeric n);

/* To so many fraction digits (negative: to tens, hundreds …), ties away from zero. */
extern bool numeric_round(Numeric n, int32_t scale, Numeric *out, Arena *arena, Error *err);
/* The same, towards zero. */
extern Numeric numeric_trunc(Numeric n, int32_t scale, Arena *arena);
extern bool numeric_ceil(Numeric n, Numeric *out, Arena *arena, Error *err);
extern bool numeric_floor(Numeric n, Numeric *out, Arena *arena, Error *err);

/* Rounds to the modifier's scale; NUMERIC_VALUE_OUT_OF_RANGE if the precision is exceeded. */
extern bool numeric_apply_modifier(int32_t modifier, Numeric *n, Arena *arena, Error *err) WARN_UNUSED;

/* Rounds to the nearest integer, ties away from zero. */
extern bool numeric_to_integer(Numeric n, int32_t *out, Error *err);
extern bool numeric_to_bigint(Numeric n, int64_t *out, Error *err);
extern bool numeric_to_double(Numeric n, double *out, Error *err);
/* With 15 significant digits, as PostgreSQL converts. */
extern bool numeric_from_double(double value, Numeric *out, Arena *arena, Error *err);

/* A copy whose memory, if any, is in the arena. */
extern Numeric numeric_copy(Numeric n, Arena *arena);

/* Asserts the representation's invariants. */
extern void numeric_check(Numeric n);

#endif
