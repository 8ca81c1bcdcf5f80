/*
 * digits.h: writing decimal numbers in place.
 *
 * The idea: how many digits a number has is computed first, without a loop, and the digits are then written
 * where they belong, two at a time. Nothing is put together elsewhere and copied. Used by the text forms of
 * the types and by row encoders.
 */
#ifndef WEIR_COMMON_DIGITS_H
#define WEIR_COMMON_DIGITS_H

#include "common/base.h"

enum
{
	DIGITS_MAX = 20 /* of a uint64 */
};

/* "00" to "99". */
extern const char digit_pairs[201];
/* digit_limits[n]: the greatest number of n digits. */
extern const uint64_t digit_limits[DIGITS_MAX + 1];
/* 10^n. */
extern const uint64_t digit_powers[DIGITS_MAX];

static inline uint32_t
digits_count(uint64_t v)
{
	/* 1233 / 4096 is just over log10(2) */
	uint32_t n = (uint32_t)(64 - __builtin_clzll(v | 1)) * 1233 >> 12;

	return v > digit_limits[n] || n == 0 ? n + 1 : n;
}

/* Writes the last n digits of v, with leading zeroes; returns the end. */
static inline char *
digits_put_fixed(char *p, uint64_t v, uint32_t n)
{
	char *end = p + n;

	for (; n >= 2; n -= 2, v /= 100)
		memcpy(p + n - 2, digit_pairs + v % 100 * 2, 2);
	if (n > 0)
		*p = (char)('0' + v % 10);
	return end;
}

static inline char *
digits_put(char *p, uint64_t v)
{
	return digits_put_fixed(p, v, digits_count(v));
}

/* At most DIGITS_MAX bytes: a bigint has one digit less. */
static inline char *
digits_put_signed(char *p, int64_t v)
{
	if (v >= 0)
		return digits_put(p, (uint64_t)v);
	*p = '-';
	return digits_put(p + 1, 0 - (uint64_t)v);
}

#endif
