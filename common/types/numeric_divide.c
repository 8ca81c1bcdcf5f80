/*
 * numeric_divide.c: division, remainder and rounding of numerics (contract in numeric.h).
 *
 * The idea: a quotient is computed as one integer division, of a coefficient shifted left so far that the
 * result has the scale wanted. Which scale that is, PostgreSQL estimates from both numbers' first base-10000
 * digits (select_div_scale() in its numeric.c), and so does this file, though it has no such digits.
 */
#include "common/types/numeric.h"
#include "common/types/numeric_wide.h"

enum
{
	MIN_SIGNIFICANT_DIGITS = 16, /* of a quotient */
	MAX_QUOTIENT_SCALE = 1000,
	MIN_ROUND_SCALE = -NUMERIC_MAX_INTEGER_DIGITS - 1 /* rounds everything to zero */
};

/* What select_div_scale() looks at: the position and value of the first base-10000 digit. */
typedef struct Leading
{
	int32_t weight;
	int32_t digit;
} Leading;

/* Whole quotient towards minus infinity of a division by 4. */
static int32_t
floor_quarter(int64_t n)
{
	return (int32_t)(n >= 0 ? n / 4 : -((-n + 3) / 4));
}

/* The first count decimal digits of a magnitude of so many digits, as a number; zeros follow if it has fewer.
 */
static int32_t
first_digits_small(uint128 magnitude, int digits, int count)
{
	uint128 power = numeric_power_of_10[digits > count ? digits - count : count - digits];

	if (digits <= count)
		return (int32_t)(magnitude * power);
	if (likely(magnitude >> 64 == 0))
		return (int32_t)((uint64_t)magnitude / (uint64_t)power);
	return (int32_t)(magnitude / power);
}

static int32_t
first_digits_big(Limbs magnitude, int64_t digits, int count)
{
	int32_t result = 0;

	for (int64_t i = 1; i <= count; i++)
		result = result * 10 + limbs_digit(magnitude, digits - i);
	return result;
}

static Leading
leading(Numeric n)
{
	bool small = n.kind == NUMERIC_SMALL;
	int64_t digits = small ? numeric_small_digits(numeric_magnitude(n.small)) : limbs_digits(n.big->digits);
	int64_t first = digits - 1 - n.dscale; /* power of ten of the first decimal digit */
	int32_t weight = floor_quarter(first);
	int count = (int)(first - 4 * (int64_t)weight) + 1;

	if (digits == 0)
		return (Leading){0};
	return (Leading){
		.weight = weight,
		.digit = small ? first_digits_small(numeric_magnitude(n.small), (int)digits, count)
					   : first_digits_big(n.big->digits, digits, count),
	};
}

static int32_t
quotient_scale(Numeric a, Numeric b)
{
	Leading x = leading(a);
	Leading y = leading(b);
	int32_t weight = x.weight - y.weight - (x.digit <= y.digit); /* of the quotient's first digit, at least */
	int32_t scale = MIN_SIGNIFICANT_DIGITS - weight * 4;

	scale = Max(scale, Max(a.dscale, b.dscale));
	return Min(Max(scale, 0), MAX_QUOTIENT_SCALE);
}

/* The quotient where one of the two is not finite; b is not zero. */
static Numeric
divide_special(Numeric a, Numeric b)
{
	if (a.kind == NUMERIC_NAN || b.kind == NUMERIC_NAN)
		return numeric_special(NUMERIC_NAN);
	if (numeric_is_finite(a))
		return numeric_from_int64(0);
	if (!numeric_is_finite(b))
		return numeric_special(NUMERIC_NAN);
	return numeric_signum(b) > 0 ? a : numeric_negate(a, NULL);
}

static bool
division_by_zero(Error *err)
{
	return error_set(err, SQLSTATE_DIVISION_BY_ZERO, NO_POSITION, "division by zero");
}

static bool
is_zero(Numeric n)
{
	return n.kind == NUMERIC_SMALL && n.small == 0;
}

/* a / b, ties away from zero. */
static uint128
divide_rounded(uint128 a, uint128 b)
{
	uint128 quotient;
	uint128 rest;

	if (likely((a | b) >> 64 == 0))
	{
		quotient = (uint64_t)a / (uint64_t)b;
		rest = (uint64_t)a % (uint64_t)b;
	}
	else
	{
		quotient = a / b;
		rest = a - quotient * b;
	}
	return quotient + (rest >= b - rest);
}

/* The quotient if all fits SMALL. Shift: how far a must be shifted left; negative if a.dscale >
 * MAX_QUOTIENT_SCALE. */
static bool
divide_small(Numeric a, Numeric b, int32_t shift, int32_t scale, Numeric *out)
{
	uint128 dividend;
	uint128 quotient;

	if (a.kind != NUMERIC_SMALL || b.kind != NUMERIC_SMALL || shift < 0 || shift > NUMERIC_SMALL_DIGITS ||
		__builtin_mul_overflow(numeric_magnitude(a.small), numeric_power_of_10[shift], &dividend) ||
		dividend >= (uint128)NUMERIC_SMALL_LIMIT)
		return false;
	quotient = divide_rounded(dividend, numeric_magnitude(b.small));
	*out = numeric_small((a.small < 0) != (b.small < 0) ? -(int128)quotient : (int128)quotient, scale);
	return true;
}

static Limbs
add_one(Limbs a, Arena *arena)
{
	uint32_t one = 1;

	return limbs_add(a, (Limbs){&one, 1}, arena);
}

static bool
divide_wide(Numeric a, Numeric b, int32_t shift, int32_t scale, Numeric *out, Arena *arena, Error *err)
{
	uint32_t space[2][LIMBS_OF_UINT128];
	Limbs dividend = limbs_shift_left(numeric_limbs(a, space[0]), Max(shift, 0), arena);
	Limbs divisor = limbs_shift_left(numeric_limbs(b, space[1]), Max(-shift, 0), arena);
	Limbs rest;
	Limbs quotient = limbs_divide(dividend, divisor, &rest, arena);

	if (limbs_compare(limbs_add(rest, rest, arena), divisor) >= 0)
		quotient = add_one(quotient, arena);
	return numeric_make(numeric_signum(a) * numeric_signum(b) < 0, quotient, scale, out, arena, err);
}

bool
numeric_divide(Numeric a, Numeric b, Numeric *out, Arena *arena, Error *err)
{
	int32_t scale;
	int32_t shift;

	if (is_zero(b) && a.kind != NUMERIC_NAN)
		return division_by_zero(err);
	if (!numeric_is_finite(a) || !numeric_is_finite(b))
	{
		*out = divide_special(a, b);
		return true;
	}
	scale = quotient_scale(a, b);
	shift = scale + b.dscale - a.dscale;
	return divide_small(a, b, shift, scale, out) || divide_wide(a, b, shift, scale, out, arena, err);
}

static bool
modulo_wide(Numeric a, Numeric b, Numeric *out, Arena *arena, Error *err)
{
	uint32_t space[2][LIMBS_OF_UINT128];
	int32_t dscale = Max(a.dscale, b.dscale);
	Limbs dividend = limbs_shift_left(numeric_limbs(a, space[0]), dscale - a.dscale, arena);
	Limbs divisor = limbs_shift_left(numeric_limbs(b, space[1]), dscale - b.dscale, arena);
	Limbs rest;

	(void)limbs_divide(dividend, divisor, &rest, arena);
	return numeric_make(numeric_signum(a) < 0, rest, dscale, out, arena, err);
}

/* The remainder where one of the two is not finite; b is not zero. */
static Numeric
modulo_special(Numeric a, Numeric b)
{
	return numeric_is_finite(a) && b.kind != NUMERIC_NAN ? a : numeric_special(NUMERIC_NAN);
}

bool
numeric_modulo(Numeric a, Numeric b, Numeric *out, Arena *arena, Error *err)
{
	if (is_zero(b) && a.kind != NUMERIC_NAN)
		return division_by_zero(err);
	if (!numeric_is_finite(a) || !numeric_is_finite(b))
	{
		*out = modulo_special(a, b);
		return true;
	}
	if (a.kind == NUMERIC_SMALL && b.kind == NUMERIC_SMALL && numeric_align_small(&a, &b))
	{
		*out = numeric_small(a.small % b.small, a.dscale);
		return true;
	}
	return modulo_wide(a, b, out, arena, err);
}

/* The coefficient of n at the given scale, as an integer; round: to the nearest, ties away from zero; else
 * towards zero. */
static Limbs
rescale_limbs(Numeric n, int32_t scale, bool round, uint32_t *space, Arena *arena)
{
	Limbs digits = numeric_limbs(n, space);
	int64_t drop = (int64_t)n.dscale - scale;
	bool up = round && drop > 0 && limbs_digit(digits, drop - 1) >= 5;

	digits = drop > 0 ? limbs_shift_right(digits, drop, arena) : limbs_shift_left(digits, -drop, arena);
	if (up)
		digits = add_one(digits, arena);
	return scale < 0 ? limbs_shift_left(digits, -scale, arena) : digits;
}

static bool
rescale_wide(Numeric n, int32_t scale, bool round, Numeric *out, Arena *arena, Error *err)
{
	uint32_t space[LIMBS_OF_UINT128];
	bool negative = numeric_signum(n) < 0;

	return numeric_make(negative, rescale_limbs(n, scale, round, space, arena), Max(scale, 0), out, arena,
						err);
}

/* The same if it fits SMALL and scale is not negative. */
static bool
rescale_small(Numeric n, int32_t scale, bool round, Numeric *out)
{
	int32_t drop = n.dscale - scale;
	uint128 magnitude;
	uint128 power;

	if (n.kind != NUMERIC_SMALL || scale < 0 || drop > NUMERIC_SMALL_DIGITS || drop < -NUMERIC_SMALL_DIGITS)
		return false;
	magnitude = numeric_magnitude(n.small);
	power = numeric_power_of_10[drop < 0 ? -drop : drop];
	if (drop > 0)
		magnitude = round ? divide_rounded(magnitude, power) : magnitude / power;
	else if (__builtin_mul_overflow(magnitude, power, &magnitude) ||
			 magnitude >= (uint128)NUMERIC_SMALL_LIMIT)
		return false;
	*out = numeric_small(n.small < 0 ? -(int128)magnitude : (int128)magnitude, scale);
	return true;
}

static bool
rescale(Numeric n, int32_t scale, bool round, Numeric *out, Arena *arena, Error *err)
{
	if (!numeric_is_finite(n) || n.dscale == scale)
	{
		*out = n;
		return true;
	}
	return rescale_small(n, scale, round, out) || rescale_wide(n, scale, round, out, arena, err);
}

static int32_t
clamp_scale(int32_t scale)
{
	return Min(Max(scale, MIN_ROUND_SCALE), NUMERIC_MAX_DSCALE);
}

bool
numeric_round(Numeric n, int32_t scale, Numeric *out, Arena *arena, Error *err)
{
	return rescale(n, clamp_scale(scale), true, out, arena, err);
}

Numeric
numeric_trunc(Numeric n, int32_t scale, Arena *arena)
{
	Numeric out = n;

	(void)rescale(n, clamp_scale(scale), false, &out, arena, NULL);
	return out;
}

/* The integer next to n on the side of step (-1 or 1), or n itself if it is one. */
static bool
round_towards(Numeric n, int step, Numeric *out, Arena *arena, Error *err)
{
	*out = numeric_trunc(n, 0, arena);
	if (!numeric_is_finite(n) || numeric_signum(n) != step || numeric_compare(*out, n) == 0)
		return true;
	return numeric_add(*out, numeric_from_int64(step), out, arena, err);
}

bool
numeric_ceil(Numeric n, Numeric *out, Arena *arena, Error *err)
{
	return round_towards(n, 1, out, arena, err);
}

bool
numeric_floor(Numeric n, Numeric *out, Arena *arena, Error *err)
{
	return round_towards(n, -1, out, arena, err);
}

static bool
modifier_overflow(int precision, int scale, Error *err)
{
	int digits = precision - scale;

	error_set(err, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, NO_POSITION, "numeric field overflow");
	return error_detail(err,
						"A field with precision %d, scale %d must round to an absolute value less than %s%d.",
						precision, scale, digits ? "10^" : "", digits ? digits : 1);
}

bool
numeric_apply_modifier(int32_t modifier, Numeric *n, Arena *arena, Error *err)
{
	int precision = NUMERIC_MODIFIER_PRECISION(modifier);
	int scale = NUMERIC_MODIFIER_SCALE(modifier);
	int64_t digits;

	if (n->kind == NUMERIC_NAN)
		return true;
	if (!numeric_is_finite(*n))
	{
		error_set(err, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, NO_POSITION, "numeric field overflow");
		return error_detail(err, "A field with precision %d, scale %d cannot hold an infinite value.",
							precision, scale);
	}
	if (!rescale(*n, scale, true, n, arena, err))
		return false;
	digits = n->kind == NUMERIC_SMALL ? numeric_small_digits(numeric_magnitude(n->small))
									  : limbs_digits(n->big->digits);
	if (digits > precision + (scale < 0 ? -scale : 0))
		return modifier_overflow(precision, scale, err);
	return true;
}
