/*
 * numeric.c: the type numeric: representation, order, hash, addition and multiplication (contract in
 * numeric.h).
 *
 * Here are the slow sides of the inline operations: different scales, specials, coefficients beyond int128.
 * Division and rounding are in numeric_divide.c, text forms in numeric_text.c, conversions in numeric_cast.c.
 */
#include "common/types/numeric.h"

#include "common/hash.h"
#include "common/types/numeric_wide.h"

#define E19 UINT64_C(10000000000000000000)
#define POWER(n) UINT64_C(1##n)
#define POWER_ABOVE(n) ((uint128)E19 * UINT64_C(1##n))

/* Each line adds the zeros of its argument to 10^0 and to 10^19. */
const uint128 numeric_power_of_10[NUMERIC_SMALL_DIGITS + 1] = {
	UINT64_C(1),
	POWER(0),
	POWER(00),
	POWER(000),
	POWER(0000),
	POWER(00000),
	POWER(000000),
	POWER(0000000),
	POWER(00000000),
	POWER(000000000),
	POWER(0000000000),
	POWER(00000000000),
	POWER(000000000000),
	POWER(0000000000000),
	POWER(00000000000000),
	POWER(000000000000000),
	POWER(0000000000000000),
	POWER(00000000000000000),
	POWER(000000000000000000),
	E19,
	POWER_ABOVE(0),
	POWER_ABOVE(00),
	POWER_ABOVE(000),
	POWER_ABOVE(0000),
	POWER_ABOVE(00000),
	POWER_ABOVE(000000),
	POWER_ABOVE(0000000),
	POWER_ABOVE(00000000),
	POWER_ABOVE(000000000),
	POWER_ABOVE(0000000000),
	POWER_ABOVE(00000000000),
	POWER_ABOVE(000000000000),
	POWER_ABOVE(0000000000000),
	POWER_ABOVE(00000000000000),
	POWER_ABOVE(000000000000000),
	POWER_ABOVE(0000000000000000),
	POWER_ABOVE(00000000000000000),
	POWER_ABOVE(000000000000000000),
	(uint128)E19 *E19,
};

bool
numeric_overflow(Error *err)
{
	return error_set(err, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, NO_POSITION, "value overflows numeric format");
}

int
numeric_small_digits(uint128 magnitude)
{
	uint64_t high = (uint64_t)(magnitude >> 64);
	int bits;
	int digits;

	if (magnitude == 0)
		return 0;
	bits = high != 0 ? 128 - __builtin_clzll(high) : 64 - __builtin_clzll((uint64_t)magnitude);
	digits = bits * 1233 >> 12; /* log10(2), rounded down: this or one more */
	return digits + (magnitude >= numeric_power_of_10[digits]);
}

Limbs
numeric_limbs(Numeric n, uint32_t *space)
{
	assert(numeric_is_finite(n));
	return n.kind == NUMERIC_BIG ? n.big->digits : limbs_from_uint128(numeric_magnitude(n.small), space);
}

bool
numeric_make(bool negative, Limbs digits, int32_t dscale, Numeric *out, Arena *arena, Error *err)
{
	uint128 magnitude;
	NumericBig *big;

	assert(dscale >= 0 && dscale <= NUMERIC_MAX_DSCALE);
	if (limbs_to_small(digits, &magnitude))
	{
		*out = numeric_small(negative ? -(int128)magnitude : (int128)magnitude, dscale);
		return true;
	}
	if (limbs_digits(digits) - dscale > NUMERIC_MAX_INTEGER_DIGITS)
		return numeric_overflow(err);
	big = ARENA_NEW(arena, NumericBig);
	*big = (NumericBig){.negative = negative, .digits = digits};
	*out = (Numeric){.big = big, .dscale = dscale, .kind = NUMERIC_BIG};
	return true;
}

Numeric
numeric_from_int128(int128 value, int32_t dscale, Arena *arena)
{
	uint32_t *space;
	Numeric out;

	if (likely(numeric_fits_small(value)))
		return numeric_small(value, dscale);
	space = ARENA_ARRAY(arena, uint32_t, LIMBS_OF_UINT128);
	(void)numeric_make(value < 0, limbs_from_uint128(numeric_magnitude(value), space), dscale, &out, arena,
					   NULL);
	return out;
}

Numeric
numeric_copy(Numeric n, Arena *arena)
{
	NumericBig *big;

	if (likely(n.kind != NUMERIC_BIG))
		return n;
	big = ARENA_NEW(arena, NumericBig);
	*big = (NumericBig){.negative = n.big->negative, .digits = limbs_copy(n.big->digits, arena)};
	n.big = big;
	return n;
}

void
numeric_check(Numeric n)
{
	if (!numeric_is_finite(n))
	{
		assert(n.kind <= NUMERIC_MINUS_INFINITY);
		return;
	}
	assert(n.dscale >= 0 && n.dscale <= NUMERIC_MAX_DSCALE);
	if (n.kind == NUMERIC_SMALL)
		assert(numeric_fits_small(n.small));
	else
		assert(limbs_digits(n.big->digits) > NUMERIC_SMALL_DIGITS);
}

bool
numeric_align_small(Numeric *a, Numeric *b)
{
	Numeric *low = a->dscale < b->dscale ? a : b;
	int32_t dscale = Max(a->dscale, b->dscale);
	int32_t shift = dscale - low->dscale;
	int128 scaled;

	if (likely(shift <= 18 && low->small == (int64_t)low->small)) /* below 10^37 */
	{
		*low = numeric_small(low->small * (int64_t)numeric_power_of_10[shift], dscale);
		return true;
	}
	if (shift > NUMERIC_SMALL_DIGITS ||
		__builtin_mul_overflow(low->small, (int128)numeric_power_of_10[shift], &scaled) ||
		!numeric_fits_small(scaled))
		return false;
	*low = numeric_small(scaled, dscale);
	return true;
}

/* The coefficient as it is at a greater or equal scale. */
static Limbs
limbs_at_scale(Numeric n, int32_t dscale, uint32_t *space, Arena *arena)
{
	Limbs digits = numeric_limbs(n, space);

	return dscale == n.dscale ? digits : limbs_shift_left(digits, dscale - n.dscale, arena);
}

/* Compares absolute values: by the position of the first digit, then aligned. */
static int
compare_magnitudes(Numeric a, Numeric b)
{
	uint32_t space[2][LIMBS_OF_UINT128];
	int64_t first_a = limbs_digits(numeric_limbs(a, space[0])) - a.dscale;
	int64_t first_b = limbs_digits(numeric_limbs(b, space[1])) - b.dscale;
	int32_t dscale = Max(a.dscale, b.dscale);
	Arena scratch;
	int order;

	if (first_a != first_b)
		return first_a < first_b ? -1 : 1;
	arena_init(&scratch, "numeric comparison");
	order = limbs_compare(limbs_at_scale(a, dscale, space[0], &scratch),
						  limbs_at_scale(b, dscale, space[1], &scratch));
	arena_release(&scratch);
	return order;
}

/* -Infinity, finite, Infinity, NaN. */
static int
kind_rank(Numeric n)
{
	return numeric_is_finite(n) ? 0 : n.kind == NUMERIC_NAN ? 2 : numeric_signum(n);
}

int
numeric_compare_slow(Numeric a, Numeric b)
{
	int x;
	int y;

	if (likely(a.kind == NUMERIC_SMALL && b.kind == NUMERIC_SMALL && numeric_align_small(&a, &b)))
		return (a.small > b.small) - (a.small < b.small);
	x = kind_rank(a);
	y = kind_rank(b);
	if (x == 0 && y == 0)
	{
		x = numeric_signum(a);
		y = numeric_signum(b);
		if (x == y && x != 0)
			return x * compare_magnitudes(a, b);
	}
	return (x > y) - (x < y);
}

static uint64_t
hash_small(int128 coefficient, int32_t dscale)
{
	while (dscale > 0 && coefficient == (int64_t)coefficient && (int64_t)coefficient % 10 == 0)
	{
		if (coefficient == 0)
			dscale = 1;
		coefficient = (int64_t)coefficient / 10;
		dscale--;
	}
	while (dscale > 0 && coefficient % 10 == 0)
	{
		coefficient /= 10;
		dscale--;
	}
	return hash_combine(hash_combine((uint64_t)coefficient, (uint64_t)(coefficient >> 64)), (uint64_t)dscale);
}

/* Zeros at the end of the fraction do not count, so equal values of different scale and kind meet. */
static uint64_t
hash_big(Numeric n)
{
	Limbs digits = n.big->digits;
	int64_t zeros = limbs_trailing_zeros(digits);
	Arena scratch;
	uint128 magnitude;
	uint64_t hash;

	zeros = Min(zeros, n.dscale);
	arena_init(&scratch, "numeric hash");
	digits = limbs_shift_right(digits, zeros, &scratch);
	if (limbs_to_small(digits, &magnitude))
		hash =
			hash_small(n.big->negative ? -(int128)magnitude : (int128)magnitude, n.dscale - (int32_t)zeros);
	else
		hash = hash_combine(hash_bytes(digits.limb, digits.count * sizeof *digits.limb),
							(uint64_t)(n.dscale - zeros) << 1 | n.big->negative);
	arena_release(&scratch);
	return hash;
}

uint64_t
numeric_hash(Numeric n)
{
	switch (n.kind)
	{
		case NUMERIC_SMALL: return hash_small(n.small, n.dscale);
		case NUMERIC_BIG: return hash_big(n);
		default: return hash_u64((uint64_t)n.kind);
	}
}

static bool
add_wide(Numeric a, Numeric b, bool subtract, Numeric *out, Arena *arena, Error *err)
{
	uint32_t space[2][LIMBS_OF_UINT128];
	int32_t dscale = Max(a.dscale, b.dscale);
	Limbs x = limbs_at_scale(a, dscale, space[0], arena);
	Limbs y = limbs_at_scale(b, dscale, space[1], arena);
	bool negative = numeric_signum(a) < 0;

	if (negative == ((numeric_signum(b) < 0) != subtract))
		return numeric_make(negative, limbs_add(x, y, arena), dscale, out, arena, err);
	if (limbs_compare(x, y) >= 0)
		return numeric_make(negative, limbs_subtract(x, y, arena), dscale, out, arena, err);
	return numeric_make(!negative, limbs_subtract(y, x, arena), dscale, out, arena, err);
}

/* The sum where one of the two is not finite. */
static Numeric
add_special(Numeric a, Numeric b)
{
	if (a.kind == NUMERIC_NAN || b.kind == NUMERIC_NAN)
		return numeric_special(NUMERIC_NAN);
	if (numeric_is_finite(a) || numeric_is_finite(b))
		return numeric_is_finite(a) ? b : a;
	return a.kind == b.kind ? a : numeric_special(NUMERIC_NAN);
}

bool
numeric_add_slow(Numeric a, Numeric b, Numeric *out, Arena *arena, Error *err)
{
	int128 sum;

	if (!numeric_is_finite(a) || !numeric_is_finite(b))
	{
		*out = add_special(a, b);
		return true;
	}
	if (a.kind == NUMERIC_SMALL && b.kind == NUMERIC_SMALL && numeric_align_small(&a, &b) &&
		!__builtin_add_overflow(a.small, b.small, &sum) && numeric_fits_small(sum))
	{
		*out = numeric_small(sum, a.dscale);
		return true;
	}
	return add_wide(a, b, false, out, arena, err);
}

bool
numeric_subtract_slow(Numeric a, Numeric b, Numeric *out, Arena *arena, Error *err)
{
	if (b.kind != NUMERIC_BIG)
		return numeric_add_slow(a, numeric_negate(b, arena), out, arena, err);
	if (numeric_is_finite(a))
		return add_wide(a, b, true, out, arena, err);
	*out = a;
	return true;
}

/* The product where one of the two is not finite. */
static Numeric
multiply_special(Numeric a, Numeric b)
{
	int sign;

	if (a.kind == NUMERIC_NAN || b.kind == NUMERIC_NAN)
		return numeric_special(NUMERIC_NAN);
	sign = numeric_signum(a) * numeric_signum(b);
	if (sign == 0)
		return numeric_special(NUMERIC_NAN);
	return numeric_special(sign > 0 ? NUMERIC_PLUS_INFINITY : NUMERIC_MINUS_INFINITY);
}

static bool
multiply_wide(Numeric a, Numeric b, Numeric *out, Arena *arena, Error *err)
{
	uint32_t space[2][LIMBS_OF_UINT128];
	Limbs product = limbs_multiply(numeric_limbs(a, space[0]), numeric_limbs(b, space[1]), arena);
	int32_t dscale = a.dscale + b.dscale;
	int32_t excess = dscale - NUMERIC_MAX_DSCALE;

	if (excess > 0)
	{
		uint32_t one = 1;
		bool up = limbs_digit(product, excess - 1) >= 5;

		product = limbs_shift_right(product, excess, arena);
		if (up)
			product = limbs_add(product, (Limbs){&one, 1}, arena);
		dscale = NUMERIC_MAX_DSCALE;
	}
	return numeric_make(numeric_signum(a) * numeric_signum(b) < 0, product, dscale, out, arena, err);
}

bool
numeric_multiply_slow(Numeric a, Numeric b, Numeric *out, Arena *arena, Error *err)
{
	int128 product;

	if (!numeric_is_finite(a) || !numeric_is_finite(b))
	{
		*out = multiply_special(a, b);
		return true;
	}
	if (a.kind == NUMERIC_SMALL && b.kind == NUMERIC_SMALL && a.dscale + b.dscale <= NUMERIC_MAX_DSCALE &&
		!__builtin_mul_overflow(a.small, b.small, &product) && numeric_fits_small(product))
	{
		*out = numeric_small(product, a.dscale + b.dscale);
		return true;
	}
	return multiply_wide(a, b, out, arena, err);
}

Numeric
numeric_negate(Numeric n, Arena *arena)
{
	switch (n.kind)
	{
		case NUMERIC_SMALL: return numeric_small(-n.small, n.dscale);
		case NUMERIC_BIG:
		{
			Numeric result = numeric_copy(n, arena);
			NumericBig *big = ARENA_NEW(arena, NumericBig);

			*big = (NumericBig){.negative = !n.big->negative, .digits = result.big->digits};
			result.big = big;
			return result;
		}
		case NUMERIC_PLUS_INFINITY: return numeric_special(NUMERIC_MINUS_INFINITY);
		case NUMERIC_MINUS_INFINITY: return numeric_special(NUMERIC_PLUS_INFINITY);
		default: return n;
	}
}

Numeric
numeric_abs(Numeric n, Arena *arena)
{
	return n.kind != NUMERIC_NAN && numeric_signum(n) < 0 ? numeric_negate(n, arena) : n;
}

Numeric
numeric_sign(Numeric n)
{
	return n.kind == NUMERIC_NAN ? n : numeric_from_int64(numeric_signum(n));
}

static int
compare(const void *a, const void *b)
{
	return numeric_compare(*(const Numeric *)a, *(const Numeric *)b);
}

static uint64_t
hash(const void *value)
{
	return numeric_hash(*(const Numeric *)value);
}

static bool
parse(StrView s, const TypeContext *context, Arena *arena, void *out, Error *err)
{
	(void)context;
	return numeric_parse(s, out, arena, err);
}

static void
print(const void *value, const TypeContext *context, StrBuf *out)
{
	(void)context;
	numeric_print(*(const Numeric *)value, out);
}

static void
copy(void *to, const void *from, Arena *arena)
{
	*(Numeric *)to = numeric_copy(*(const Numeric *)from, arena);
}

static bool
apply_modifier(int32_t modifier, void *value, Arena *arena, Error *err)
{
	return numeric_apply_modifier(modifier, value, arena, err);
}

static const char *
modified_name(int32_t modifier, Arena *arena)
{
	return arena_printf(arena, "numeric(%d,%d)", NUMERIC_MODIFIER_PRECISION(modifier),
						NUMERIC_MODIFIER_SCALE(modifier));
}

const TypeClass numeric_class = {
	.id = TYPE_NUMERIC,
	.name = "numeric",
	.size = sizeof(Numeric),
	.category = 'N',
	.parse = parse,
	.print = print,
	.compare = compare,
	.hash = hash,
	.copy = copy,
	.apply_modifier = apply_modifier,
	.modified_name = modified_name,
};
