/*
 * numeric_big.h: unsigned integers of any size in base 10^9, for the coefficients of large numerics.
 *
 * The idea: an array of limbs, least significant first; every result is new and in the arena passed in. Only
 * numeric*.c uses this. It knows no signs, scales or SQL.
 */
#ifndef WEIR_COMMON_TYPES_NUMERIC_BIG_H
#define WEIR_COMMON_TYPES_NUMERIC_BIG_H

#include "common/arena.h"
#include "common/base.h"

enum
{
	LIMB_DIGITS = 9,
	LIMB_BASE = 1000000000,
	LIMBS_OF_UINT128 = 5
};

/* Invariant: each limb is < LIMB_BASE and the last is not 0; zero has no limbs. */
typedef struct Limbs
{
	uint32_t *limb;
	uint32_t count;
} Limbs;

/* What Numeric.big points at. Invariant: digits >= 10^38. */
typedef struct NumericBig
{
	bool negative;
	Limbs digits;
} NumericBig;

/* Writes at most LIMBS_OF_UINT128 limbs to space and returns them. */
extern Limbs limbs_from_uint128(uint128 value, uint32_t *space);
/* True if the value is below 10^38; then it is stored. */
extern bool limbs_to_small(Limbs a, uint128 *out);
extern Limbs limbs_copy(Limbs a, Arena *arena);

/* From decimal digits (characters); leading zeros are allowed. */
extern Limbs limbs_from_chars(const char *digits, size_t len, Arena *arena);
/* Writes the decimal form, without leading zeros ("" for zero), at most LIMB_DIGITS * count bytes. */
extern size_t limbs_to_chars(Limbs a, char *out);

/* Number of decimal digits; 0 for zero. */
extern int64_t limbs_digits(Limbs a);
/* Number of decimal zeros at the end; 0 for zero. */
extern int64_t limbs_trailing_zeros(Limbs a);
/* The decimal digit at a position, 0 being the last. */
extern int limbs_digit(Limbs a, int64_t position);

extern int limbs_compare(Limbs a, Limbs b);
extern Limbs limbs_add(Limbs a, Limbs b, Arena *arena);
/* a - b; b <= a. */
extern Limbs limbs_subtract(Limbs a, Limbs b, Arena *arena);
extern Limbs limbs_multiply(Limbs a, Limbs b, Arena *arena);
/* The quotient rounded down, and the remainder; b is not zero. */
extern Limbs limbs_divide(Limbs a, Limbs b, Limbs *remainder, Arena *arena);

/* a * 10^n, and a / 10^n rounded down; n >= 0. */
extern Limbs limbs_shift_left(Limbs a, int64_t n, Arena *arena);
extern Limbs limbs_shift_right(Limbs a, int64_t n, Arena *arena);

#endif
