/*
 * float_shortest.c: the shortest decimal of a double (contract in float.h).
 *
 * The idea is Raffaello Giulietti's Schubfach ("The Schubfach way to render doubles", 2020): scale the number
 * and the ends of the interval that rounds to it by a power of ten such that the interval is at least one and
 * less than ten units long; then the shortest decimal is among the two multiples of ten, or the two integers,
 * around the number. The scaled values are computed with 128-bit powers of ten, with a sticky last bit that
 * stands for all that is below.
 *
 * As PostgreSQL's, and unlike Schubfach's, the interval's ends do not belong to it: exact midpoints are not
 * printed.
 */
#include "common/types/float.h"

typedef struct PowerOf10
{
	uint64_t high;
	uint64_t low;
} PowerOf10;

enum
{
	SMALLEST_POWER = -292
};

static const PowerOf10 powers_of_10[] = {
#define POWER(n, high, low) {UINT64_C(high), UINT64_C(low)},
#include "common/types/float_power_list.h"
#undef POWER
};

enum
{
	FRACTION_BITS = 52,
	EXPONENT_BIAS = 1075 /* for a significand taken as an integer */
};

/* The high 64 bits of cp * g / 2^64, its last bit set if anything is below. */
static uint64_t
round_to_odd(PowerOf10 g, uint64_t cp)
{
	uint128 low = (uint128)g.low * cp;
	uint128 high = (uint128)g.high * cp + (uint64_t)(low >> 64);

	return (uint64_t)(high >> 64) | ((uint64_t)high > 1);
}

/* floor(log2(10^n)) */
static int
log2_of_power(int n)
{
	return (n * 1741647) >> 19;
}

/* floor(log10(2^q)), or of three quarters of that, where the next lower double is only half as far away. */
static int
log10_of_interval(int q, bool lower_is_closer)
{
	return (q * 1262611 - (lower_is_closer ? 524031 : 0)) >> 22;
}

static uint64_t
strip_zeros(uint64_t digits, int *exponent)
{
	static const struct
	{
		uint64_t power;
		int zeros;
	} steps[] = {{100000000, 8}, {10000, 4}, {100, 2}, {10, 1}};

	for (size_t i = 0; i < lengthof(steps); i++)
	{
		while (digits % steps[i].power == 0)
		{
			digits /= steps[i].power;
			*exponent += steps[i].zeros;
		}
	}
	return digits;
}

/*
 * value is four times the scaled number, lower and upper are four times the least and greatest decimal
 * allowed, all with a sticky bit. Returns the digits; *exponent becomes that of their unit.
 */
static uint64_t
choose(uint64_t value, uint64_t lower, uint64_t upper, int *exponent)
{
	uint64_t s = value / 4;
	uint64_t middle = 4 * s + 2;
	bool below;
	bool above;

	if (s >= 10)
	{
		uint64_t tens = s / 10;

		below = lower <= 40 * tens;
		above = 40 * tens + 40 <= upper;
		if (below != above)
		{
			*exponent += 1;
			return tens + above;
		}
	}
	below = lower <= 4 * s;
	above = 4 * s + 4 <= upper;
	if (below != above)
		return s + above;
	return s + (value > middle || (value == middle && (s & 1) != 0));
}

uint64_t
double_shortest(double value, int *exponent)
{
	uint64_t bits;
	uint64_t fraction;
	uint64_t c;
	int biased;
	int q;
	int h;
	bool lower_is_closer;
	PowerOf10 g;

	memcpy(&bits, &value, sizeof bits);
	fraction = bits & ((UINT64_C(1) << FRACTION_BITS) - 1);
	biased = (int)(bits >> FRACTION_BITS & 0x7ff);
	c = biased != 0 ? fraction | UINT64_C(1) << FRACTION_BITS : fraction;
	q = (biased != 0 ? biased : 1) - EXPONENT_BIAS;
	if (q <= 0 && q > -FRACTION_BITS - 1 && (c & ((UINT64_C(1) << -q) - 1)) == 0)
	{
		*exponent = 0;
		return strip_zeros(c >> -q, exponent);
	}
	lower_is_closer = fraction == 0 && biased > 1;
	*exponent = log10_of_interval(q, lower_is_closer);
	h = q + log2_of_power(-*exponent) + 1;
	g = powers_of_10[-*exponent - SMALLEST_POWER];
	c = choose(round_to_odd(g, (4 * c) << h), round_to_odd(g, (4 * c - 2 + lower_is_closer) << h) + 1,
			   round_to_odd(g, (4 * c + 2) << h) - 1, exponent);
	return strip_zeros(c, exponent);
}
