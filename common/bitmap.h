/*
 * bitmap.h: bits in arrays of 64-bit words, as used for validity and row masks.
 */
#ifndef WEIR_COMMON_BITMAP_H
#define WEIR_COMMON_BITMAP_H

#include "common/base.h"

#define BITMAP_WORDS(bits) (((size_t)(bits) + 63) / 64)

static inline bool
bitmap_get(const uint64_t *map, size_t i)
{
	return map[i >> 6] >> (i & 63) & 1;
}

static inline void
bitmap_set(uint64_t *map, size_t i)
{
	map[i >> 6] |= UINT64_C(1) << (i & 63);
}

static inline void
bitmap_clear(uint64_t *map, size_t i)
{
	map[i >> 6] &= ~(UINT64_C(1) << (i & 63));
}

static inline void
bitmap_put(uint64_t *map, size_t i, bool value)
{
	uint64_t bit = UINT64_C(1) << (i & 63);

	map[i >> 6] = value ? map[i >> 6] | bit : map[i >> 6] & ~bit;
}

/* Sets or clears the first n bits; bits of the last word beyond n become 0. */
static inline void
bitmap_fill(uint64_t *map, size_t n, bool value)
{
	memset(map, value ? 0xff : 0, BITMAP_WORDS(n) * sizeof *map);
	if (value && (n & 63) != 0)
		map[n >> 6] = (UINT64_C(1) << (n & 63)) - 1;
}

static inline size_t
bitmap_count(const uint64_t *map, size_t n)
{
	size_t count = 0;

	for (size_t w = 0; w < n / 64; w++)
		count += (size_t)__builtin_popcountll(map[w]);
	if ((n & 63) != 0)
		count += (size_t)__builtin_popcountll(map[n >> 6] & ((UINT64_C(1) << (n & 63)) - 1));
	return count;
}

#endif
