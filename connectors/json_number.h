/*
 * json_number.h: plain numbers of a message to integers, eight digits at a time.
 *
 * The idea: the scanner has checked the digits and knows how many there are, so they are loaded as one word,
 * the ones that do not belong are shifted out, and three multiplications make the number: no loop whose
 * length the processor must guess. Little endian.
 */
#ifndef WEIR_CONNECTORS_JSON_NUMBER_H
#define WEIR_CONNECTORS_JSON_NUMBER_H

#include "common/types/numeric.h"
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

/* A plain number with at most 8 digits after the point. */
static inline bool
json_plain_decimal(const JsonToken *t, const char *end, int64_t *coefficient, int *scale)
{
	static const uint32_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
	uint32_t digits;
	uint64_t whole;

	if (unlikely(t->kind != JSON_TOKEN_NUMBER || t->special ||
				 !json_digits16(t->start, t->whole, end, &whole)))
		return false;
	digits = t->len - t->whole;
	if (digits > 0)
	{
		digits--;
		if (unlikely(digits > 8 || end - (t->start + t->whole + 1) < 8))
			return false;
		whole = whole * powers[digits] + json_digits8(t->start + t->whole + 1, digits);
	}
	*coefficient = (int64_t)whole;
	*scale = (int)digits;
	return true;
}

#endif
