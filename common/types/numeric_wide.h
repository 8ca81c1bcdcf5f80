/*
 * numeric_wide.h: what the files numeric*.c share: a finite numeric as sign, limbs and scale, and back.
 *
 * The idea: an operation that does not fit int128 takes both operands apart with numeric_limbs(), computes
 * with limbs, and puts the result together with numeric_make(), which chooses the representation and knows
 * the limits.
 */
#ifndef WEIR_COMMON_TYPES_NUMERIC_WIDE_H
#define WEIR_COMMON_TYPES_NUMERIC_WIDE_H

#include "common/types/numeric.h"
#include "common/types/numeric_big.h"

static inline uint128
numeric_magnitude(int128 coefficient)
{
	return coefficient < 0 ? -(uint128)coefficient : (uint128)coefficient;
}

/* -1, 0 or 1 of anything but NaN. */
static inline int
numeric_signum(Numeric n)
{
	switch (n.kind)
	{
		case NUMERIC_SMALL: return (n.small > 0) - (n.small < 0);
		case NUMERIC_BIG: return n.big->negative ? -1 : 1;
		default: return n.kind == NUMERIC_PLUS_INFINITY ? 1 : -1;
	}
}

/* Number of decimal digits of a magnitude below 2^127; 0 for zero. */
extern int numeric_small_digits(uint128 magnitude);

/* The coefficient of a finite numeric without its sign. Space has LIMBS_OF_UINT128 elements and outlives the
 * result. */
extern Limbs numeric_limbs(Numeric n, uint32_t *space);

/* The numeric +-digits / 10^dscale; digits are in the arena. Fails if it has too many digits before the
 * point. */
extern bool numeric_make(bool negative, Limbs digits, int32_t dscale, Numeric *out, Arena *arena, Error *err);

/* Brings two SMALL to the greater scale of both; false, and nothing done, if one does not fit then. */
extern bool numeric_align_small(Numeric *a, Numeric *b);

extern bool numeric_overflow(Error *err);

#endif
