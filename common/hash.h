/*
 * hash.h: 64-bit hashing of bytes and integers, and how hashes combine.
 *
 * The values go into state files (bucket numbers), so the functions are fixed for ever: XXH3 with seed 0 for
 * bytes, and a multiply-xorshift mix (MurmurHash3's finaliser) for integers.
 */
#ifndef WEIR_COMMON_HASH_H
#define WEIR_COMMON_HASH_H

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "common/base.h"

static inline uint64_t
hash_bytes(const void *data, size_t len)
{
	return XXH3_64bits(data, len);
}

static inline uint64_t
hash_u64(uint64_t x)
{
	x ^= x >> 33;
	x *= UINT64_C(0xff51afd7ed558ccd);
	x ^= x >> 33;
	x *= UINT64_C(0xc4ceb9fe1a85ec53);
	x ^= x >> 33;
	return x;
}

/* Order-dependent combination of two hashes. */
static inline uint64_t
hash_combine(uint64_t a, uint64_t b)
{
	return hash_u64(a * UINT64_C(0x9e3779b97f4a7c15) + b);
}

#endif
