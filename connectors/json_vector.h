/*
 * json_vector.h: the few places where the JSON scanner looks at 16 bytes at once.
 *
 * The idea: three questions, answered with SSE2 where the processor has it (every x86-64) and byte by byte,
 * or not at all, elsewhere: where does a run of plain string bytes end, do these bytes equal a short literal,
 * and how long is a plain number. Lengths come from bit masks, not from loops, so that values of varying
 * length cost no mispredicted branch. Nothing is ever read outside [p, end).
 */
#ifndef WEIR_CONNECTORS_JSON_VECTOR_H
#define WEIR_CONNECTORS_JSON_VECTOR_H

#include "common/base.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum
{
	JSON_LITERAL_MAX = 32
};

/* A literal padded for comparison. Invariant: bytes beyond len are zero and their mask bits clear. */
typedef struct JsonLiteral
{
	char bytes[JSON_LITERAL_MAX];
	uint32_t mask; /* bit i set: byte i counts */
	uint32_t len;
} JsonLiteral;

static inline void
json_literal_set(JsonLiteral *literal, const char *s, size_t len)
{
	assert(len > 0 && len <= JSON_LITERAL_MAX);
	*literal = (JsonLiteral){.mask = (uint32_t)((UINT64_C(1) << len) - 1), .len = (uint32_t)len};
	memcpy(literal->bytes, s, len);
}

#ifdef __SSE2__

/* A bit for each of the 16 bytes that is a quote, a backslash, a control character or not ASCII. */
static inline uint32_t
json_special_mask(__m128i bytes)
{
	__m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
	__m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
	__m128i other = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)); /* signed: control and >= 0x80 */

	return (uint32_t)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, backslash), other));
}

static inline __m128i
json_load(const char *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline bool
json_literal_matches(const JsonLiteral *literal, const char *p, const char *end)
{
	uint32_t different;

	if (unlikely(end - p < JSON_LITERAL_MAX))
		return (size_t)(end - p) >= literal->len && memcmp(p, literal->bytes, literal->len) == 0;
	different =
		~(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(json_load(p), json_load(literal->bytes))) & 0xffff;
	if (likely(literal->len <= 16))
		return (different & literal->mask) == 0;
	different |=
		~(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(json_load(p + 16), json_load(literal->bytes + 16))) << 16;
	return (different & literal->mask) == 0;
}

/*
 * The first byte in [p, end) that is not plain inside a string; end if there is none. The message must be at
 * least 16 bytes long: its last bytes are looked at through a window that ends at end.
 */
static inline const char *
json_plain_end(const char *p, const char *begin, const char *end)
{
	while (likely(end - p >= 16))
	{
		uint32_t mask = json_special_mask(json_load(p));

		if (mask != 0)
			return p + __builtin_ctz(mask);
		p += 16;
	}
	if (likely(end - begin >= 16))
	{
		uint32_t mask = json_special_mask(json_load(end - 16)) >> (16 - (end - p));

		return p < end && mask != 0 ? p + __builtin_ctz(mask) : end;
	}
	while (p < end && (signed char)*p >= 0x20 && *p != '"' && *p != '\\')
		p++;
	return p;
}

/*
 * If a plain number stands at p (digits, maybe a point and digits, then ',' or '}'; less than 16 bytes in
 * all) sets its length and the digits before the point. False: the long way must look.
 */
static inline bool
json_plain_number(const char *p, const char *end, uint32_t *len, uint8_t *whole)
{
	__m128i shifted;
	uint32_t digits; /* a bit for each byte that is a digit; bit 16 and up are clear */
	uint32_t n;

	if (unlikely(end - p < 16))
		return false;
	shifted = _mm_add_epi8(json_load(p), _mm_set1_epi8((char)(0x80 - '0')));
	digits = (uint32_t)_mm_movemask_epi8(_mm_cmplt_epi8(shifted, _mm_set1_epi8((char)(0x80 + 10))));
	n = (uint32_t)__builtin_ctz(~digits);
	*whole = (uint8_t)n;
	if (n < 15 && p[n] == '.')
		n += 1 + (uint32_t)__builtin_ctz(~(digits >> (n + 1)));
	*len = n;
	return likely(n < 16 && *whole > 0 && n != *whole + 1u && (p[n] == ',' || p[n] == '}') &&
				  (*p != '0' || *whole == 1));
}

#else

static inline bool
json_plain_number(const char *p, const char *end, uint32_t *len, uint8_t *whole)
{
	(void)p;
	(void)end;
	(void)len;
	(void)whole;
	return false;
}

static inline bool
json_literal_matches(const JsonLiteral *literal, const char *p, const char *end)
{
	return (size_t)(end - p) >= literal->len && memcmp(p, literal->bytes, literal->len) == 0;
}

static inline const char *
json_plain_end(const char *p, const char *begin, const char *end)
{
	(void)begin;
	while (p < end && (signed char)*p >= 0x20 && *p != '"' && *p != '\\')
		p++;
	return p;
}

#endif

#endif
