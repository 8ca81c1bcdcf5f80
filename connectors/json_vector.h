/*
 * json_vector.h: the few places where the JSON scanner looks at 16 bytes at once.
 *
 * The idea: a few questions, answered with SSE2 where the processor has it (every x86-64) and byte by byte,
 * or not at all, elsewhere: where does a run of plain string bytes end, do these bytes equal a short literal,
 * and how long is a plain number, what are 32 hexadecimal digits. Lengths come from bit masks, not from
 * loops, so that values of varying length cost no mispredicted branch. Nothing is ever read outside [p, end).
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
	for (; likely(end - p >= 16); p += 16)
	{
		uint32_t mask = json_special_mask(json_load(p));

		if (mask != 0)
			return p + __builtin_ctz(mask);
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

/* The values of 16 hexadecimal digits, each in its byte; *valid gets zero bits for those that are none. */
static inline __m128i
json_nibbles(__m128i text, uint32_t *valid)
{
	__m128i digit = _mm_sub_epi8(text, _mm_set1_epi8('0'));
	__m128i letter = _mm_sub_epi8(_mm_or_si128(text, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
	__m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(9)), digit);
	__m128i is_letter = _mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(5)), letter);

	*valid &= (uint32_t)_mm_movemask_epi8(_mm_or_si128(is_digit, is_letter));
	return _mm_or_si128(_mm_and_si128(digit, is_digit),
						_mm_and_si128(_mm_add_epi8(letter, _mm_set1_epi8(10)), is_letter));
}

/* 32 hexadecimal digits as 16 bytes; false: some are none. */
static inline bool
json_hex32(const char *text, uint8_t *out)
{
	const __m128i low_bytes = _mm_set1_epi16(0x00ff);
	uint32_t valid = 0xffff;
	__m128i a = json_nibbles(json_load(text), &valid);
	__m128i b = json_nibbles(json_load(text + 16), &valid);

	/* of each pair of bytes, the first is the high nibble */
	a = _mm_and_si128(_mm_or_si128(_mm_slli_epi16(a, 4), _mm_srli_epi16(a, 8)), low_bytes);
	b = _mm_and_si128(_mm_or_si128(_mm_slli_epi16(b, 4), _mm_srli_epi16(b, 8)), low_bytes);
	_mm_storeu_si128((__m128i *)(void *)out, _mm_packus_epi16(a, b));
	return valid == 0xffff;
}

#else

static inline bool
json_hex32(const char *text, uint8_t *out)
{
	(void)text;
	(void)out;
	return false;
}

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
