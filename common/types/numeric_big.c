/*
 * numeric_big.c: arithmetic on base-10^9 integers (contract in numeric_big.h).
 *
 * Multiplication and division are the schoolbook ones (Knuth, The Art of Computer Programming, volume 2,
 * algorithms 4.3.1 M and D): such numbers are rare, and most have few limbs.
 */
#include "common/types/numeric_big.h"

static const uint32_t power_of_10[LIMB_DIGITS + 1] = {1,      10,      100,      1000,      10000,
													  100000, 1000000, 10000000, 100000000, LIMB_BASE};

static Limbs
limbs_new(uint32_t count, Arena *arena)
{
	return (Limbs){ARENA_ARRAY(arena, uint32_t, count), count};
}

/* Drops leading zero limbs. */
static Limbs
limbs_trim(Limbs a)
{
	while (a.count > 0 && a.limb[a.count - 1] == 0)
		a.count--;
	return a;
}

Limbs
limbs_from_uint128(uint128 value, uint32_t *space)
{
	Limbs a = {space, 0};

	for (; value != 0; value /= LIMB_BASE)
		space[a.count++] = (uint32_t)(value % LIMB_BASE);
	return a;
}

bool
limbs_to_small(Limbs a, uint128 *out)
{
	uint128 value = 0;

	if (limbs_digits(a) > 38)
		return false;
	for (uint32_t i = a.count; i-- > 0;)
		value = value * LIMB_BASE + a.limb[i];
	*out = value;
	return true;
}

Limbs
limbs_copy(Limbs a, Arena *arena)
{
	Limbs copy = limbs_new(a.count, arena);

	if (a.count > 0)
		memcpy(copy.limb, a.limb, a.count * sizeof *a.limb);
	return copy;
}

Limbs
limbs_from_chars(const char *digits, size_t len, Arena *arena)
{
	Limbs a = limbs_new((uint32_t)((len + LIMB_DIGITS - 1) / LIMB_DIGITS), arena);

	for (uint32_t i = 0; i < a.count; i++)
	{
		size_t end = len - (size_t)i * LIMB_DIGITS;
		size_t start = end > LIMB_DIGITS ? end - LIMB_DIGITS : 0;

		a.limb[i] = 0;
		for (size_t at = start; at < end; at++)
			a.limb[i] = a.limb[i] * 10 + (uint32_t)(digits[at] - '0');
	}
	return limbs_trim(a);
}

size_t
limbs_to_chars(Limbs a, char *out)
{
	size_t len = (size_t)limbs_digits(a);
	size_t at = len;

	for (uint32_t i = 0; i < a.count; i++)
	{
		uint32_t limb = a.limb[i];

		for (int k = 0; k < LIMB_DIGITS && at > 0; k++)
		{
			out[--at] = (char)('0' + limb % 10);
			limb /= 10;
		}
	}
	return len;
}

int64_t
limbs_digits(Limbs a)
{
	int top = 0;

	if (a.count == 0)
		return 0;
	while (top < LIMB_DIGITS && a.limb[a.count - 1] >= power_of_10[top])
		top++;
	return (int64_t)(a.count - 1) * LIMB_DIGITS + top;
}

int64_t
limbs_trailing_zeros(Limbs a)
{
	int64_t zeros = 0;

	if (a.count == 0)
		return 0;
	while (limbs_digit(a, zeros) == 0)
		zeros += zeros % LIMB_DIGITS == 0 && a.limb[zeros / LIMB_DIGITS] == 0 ? LIMB_DIGITS : 1;
	return zeros;
}

int
limbs_digit(Limbs a, int64_t position)
{
	if (position / LIMB_DIGITS >= a.count)
		return 0;
	return (int)(a.limb[position / LIMB_DIGITS] / power_of_10[position % LIMB_DIGITS] % 10);
}

int
limbs_compare(Limbs a, Limbs b)
{
	if (a.count != b.count)
		return a.count < b.count ? -1 : 1;
	for (uint32_t i = a.count; i-- > 0;)
	{
		if (a.limb[i] != b.limb[i])
			return a.limb[i] < b.limb[i] ? -1 : 1;
	}
	return 0;
}

Limbs
limbs_add(Limbs a, Limbs b, Arena *arena)
{
	Limbs sum = limbs_new(Max(a.count, b.count) + 1, arena);
	uint32_t carry = 0;

	for (uint32_t i = 0; i < sum.count; i++)
	{
		uint32_t limb = carry + (i < a.count ? a.limb[i] : 0) + (i < b.count ? b.limb[i] : 0);

		carry = limb >= LIMB_BASE;
		sum.limb[i] = limb - (carry ? LIMB_BASE : 0);
	}
	return limbs_trim(sum);
}

Limbs
limbs_subtract(Limbs a, Limbs b, Arena *arena)
{
	Limbs difference = limbs_new(a.count, arena);
	uint32_t borrow = 0;

	assert(limbs_compare(a, b) >= 0);
	for (uint32_t i = 0; i < a.count; i++)
	{
		uint32_t take = borrow + (i < b.count ? b.limb[i] : 0);

		borrow = a.limb[i] < take;
		difference.limb[i] = a.limb[i] + (borrow ? LIMB_BASE : 0) - take;
	}
	return limbs_trim(difference);
}

Limbs
limbs_multiply(Limbs a, Limbs b, Arena *arena)
{
	Limbs product = limbs_new(a.count + b.count, arena);

	memset(product.limb, 0, product.count * sizeof *product.limb);
	for (uint32_t i = 0; i < a.count; i++)
	{
		uint64_t carry = 0;

		for (uint32_t j = 0; j < b.count; j++)
		{
			uint64_t limb = product.limb[i + j] + carry + (uint64_t)a.limb[i] * b.limb[j];

			product.limb[i + j] = (uint32_t)(limb % LIMB_BASE);
			carry = limb / LIMB_BASE;
		}
		product.limb[i + b.count] = (uint32_t)carry;
	}
	return limbs_trim(product);
}

/* a * factor; one more limb than a, not trimmed. */
static Limbs
multiply_by_limb(Limbs a, uint32_t factor, Arena *arena)
{
	Limbs product = limbs_new(a.count + 1, arena);
	uint64_t carry = 0;

	for (uint32_t i = 0; i < a.count; i++)
	{
		carry += (uint64_t)a.limb[i] * factor;
		product.limb[i] = (uint32_t)(carry % LIMB_BASE);
		carry /= LIMB_BASE;
	}
	product.limb[a.count] = (uint32_t)carry;
	return product;
}

/* a / divisor rounded down, not trimmed; *remainder is what is left. */
static Limbs
divide_by_limb(Limbs a, uint32_t divisor, uint32_t *remainder, Arena *arena)
{
	Limbs quotient = limbs_new(a.count, arena);
	uint64_t rest = 0;

	for (uint32_t i = a.count; i-- > 0;)
	{
		rest = rest * LIMB_BASE + a.limb[i];
		quotient.limb[i] = (uint32_t)(rest / divisor);
		rest %= divisor;
	}
	*remainder = (uint32_t)rest;
	return quotient;
}

/* Takes guess times v from the n + 1 limbs at u. False if that went below zero; u is then LIMB_BASE^(n+1) too
 * high. */
static bool
subtract_multiple(uint32_t *u, Limbs v, uint64_t guess)
{
	uint64_t carry = 0;
	uint32_t borrow = 0;

	for (uint32_t i = 0; i <= v.count; i++)
	{
		uint32_t take;

		carry += i < v.count ? guess * v.limb[i] : 0;
		take = (uint32_t)(carry % LIMB_BASE) + borrow;
		carry /= LIMB_BASE;
		borrow = u[i] < take;
		u[i] += (borrow ? LIMB_BASE : 0) - take;
	}
	return borrow == 0;
}

/* Adds v back once to the n + 1 limbs at u; the last carry is dropped. */
static void
add_back(uint32_t *u, Limbs v)
{
	uint32_t carry = 0;

	for (uint32_t i = 0; i <= v.count; i++)
	{
		uint32_t limb = u[i] + carry + (i < v.count ? v.limb[i] : 0);

		carry = limb >= LIMB_BASE;
		u[i] = limb - (carry ? LIMB_BASE : 0);
	}
}

/* One limb of the quotient (Knuth's steps D3 to D6): u has the n + 1 limbs it is about, v the n >= 2 of the
 * divisor. */
static uint32_t
quotient_limb(uint32_t *u, Limbs v)
{
	uint32_t n = v.count;
	uint64_t top = (uint64_t)u[n] * LIMB_BASE + u[n - 1];
	uint64_t guess = top / v.limb[n - 1];
	uint64_t rest = top % v.limb[n - 1];

	while (guess >= LIMB_BASE || guess * v.limb[n - 2] > rest * LIMB_BASE + u[n - 2])
	{
		guess--;
		rest += v.limb[n - 1];
		if (rest >= LIMB_BASE)
			break;
	}
	if (!subtract_multiple(u, v, guess))
	{
		guess--;
		add_back(u, v);
	}
	return (uint32_t)guess;
}

Limbs
limbs_divide(Limbs a, Limbs b, Limbs *remainder, Arena *arena)
{
	uint32_t rest;
	uint32_t scale;
	Limbs u;
	Limbs v;
	Limbs quotient;

	assert(b.count > 0);
	if (limbs_compare(a, b) < 0)
	{
		*remainder = limbs_copy(a, arena);
		return (Limbs){0};
	}
	if (b.count == 1)
	{
		quotient = divide_by_limb(a, b.limb[0], &rest, arena);
		*remainder = limbs_new(1, arena);
		remainder->limb[0] = rest;
		*remainder = limbs_trim(*remainder);
		return limbs_trim(quotient);
	}
	scale = LIMB_BASE / (b.limb[b.count - 1] + 1);
	u = multiply_by_limb(a, scale, arena);
	v = limbs_trim(multiply_by_limb(b, scale, arena));
	quotient = limbs_new(a.count - b.count + 1, arena);
	for (uint32_t j = quotient.count; j-- > 0;)
		quotient.limb[j] = quotient_limb(u.limb + j, v);
	*remainder = limbs_trim(divide_by_limb(limbs_trim(u), scale, &rest, arena));
	return limbs_trim(quotient);
}

Limbs
limbs_shift_left(Limbs a, int64_t n, Arena *arena)
{
	uint32_t whole = (uint32_t)(n / LIMB_DIGITS);
	Limbs scaled = multiply_by_limb(a, power_of_10[n % LIMB_DIGITS], arena);
	Limbs result;

	if (a.count == 0 || whole == 0)
		return limbs_trim(scaled);
	result = limbs_new(scaled.count + whole, arena);
	memset(result.limb, 0, whole * sizeof *result.limb);
	memcpy(result.limb + whole, scaled.limb, scaled.count * sizeof *result.limb);
	return limbs_trim(result);
}

Limbs
limbs_shift_right(Limbs a, int64_t n, Arena *arena)
{
	int64_t whole = n / LIMB_DIGITS;
	uint32_t rest;

	if (whole >= a.count)
		return (Limbs){0};
	a = (Limbs){a.limb + whole, a.count - (uint32_t)whole};
	return limbs_trim(divide_by_limb(a, power_of_10[n % LIMB_DIGITS], &rest, arena));
}
