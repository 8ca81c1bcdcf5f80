/*
 * json_number.h: plain numbers of a message to integers, eight digits at a time.
 *
 * The idea: the scanner has checked the digits and knows how many there are, so they are loaded as one word,
 * the ones that do not belong are shifted out, and three multiplications make the number: no loop whose
 * length the processor must guess. Little endian.
 */
#ifndef WEIR_CONNECTORS_JSON_NUMBER_H
#define WEIR_CONNECTORS_JSON_NUMBER_H

#include "connectors/json_scan.h"

/* The value of n digits at p, 1 <= n <= 8; p + 8 must be readable. */
static inline uint64_t
json_digits8(const char *p, uint32_t n)
{
	uint64_t word;

	memcpy(&word, p, sizeof word);
	word = (word & UINT64_C(0x0f0f0f0f0f0f0f0f)) << (64 - 8 * n);
	word = (word * 10 + (word >> 8)) & UINT64_C(0x00ff00ff00ff00ff);
	word = (word * 100 + (word >> 16)) & UINT64_C(0x0000ffff0000ffff);
	return (word * 10000 + (word >> 32)) & UINT64_C(0xffffffff);
}

/* The value of n <= 16 digits at p, or false where that many bytes can't be loaded before end. */
static inline bool
json_digits16(const char *p, uint32_t n, const char *end, uint64_t *out)
{
	if (unlikely(end - p < 16))
		return false;
	if (likely(n <= 8))
		*out = json_digits8(p, n);
	else
		*out = json_digits8(p, n - 8) * 100000000 + json_digits8(p + n - 8, 8);
	return true;
}

/* A plain number without a point; the message ends at end. */
static inline bool
json_plain_integer(const JsonToken *t, const char *end, int64_t *out)
{
	uint64_t value;

	if (unlikely(t->kind != JSON_TOKEN_NUMBER || t->special || t->whole != t->len ||
				 !json_digits16(t->start, t->len, end, &value)))
		return false;
	*out = (int64_t)value;
	return true;
}

enum
{
	JSON_FRACTION_DIGITS = 8,
	JSON_DECIMAL_DIGITS = 18 /* always fit an int64 */
};

/*
 * A plain number times 10^scale, 0 <= scale <= JSON_FRACTION_DIGITS. False also when it has more decimals
 * than scale, or more than whole_max digits before the point; whole_max + scale <= JSON_DECIMAL_DIGITS.
 */
static inline bool
json_plain_scaled(const JsonToken *t, const char *end, int whole_max, int scale, int64_t *out)
{
	static const uint32_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
	uint32_t decimals;
	uint64_t value;

	if (unlikely(t->kind != JSON_TOKEN_NUMBER || t->special || t->whole > whole_max ||
				 !json_digits16(t->start, t->whole, end, &value)))
		return false;
	value *= powers[scale];
	if (likely(t->len > t->whole))
	{
		decimals = t->len - t->whole - 1;
		if (unlikely(decimals > (uint32_t)scale || end - (t->start + t->whole + 1) < 8))
			return false;
		value += json_digits8(t->start + t->whole + 1, decimals) * powers[(uint32_t)scale - decimals];
	}
	*out = (int64_t)value;
	return true;
}

#endif
