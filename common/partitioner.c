/*
 * partitioner.c: the hashes by which Kafka's clients place keys (contract in partitioner.h).
 *
 * Murmur2 is org.apache.kafka.common.utils.Utils.murmur2(): MurmurHash2 with that seed, in little-endian
 * words, of whose result the sign bit is cleared. CRC-32 is that of zlib, unsigned.
 */
#include "common/partitioner.h"

#include <string.h>
#include <zlib.h>

const char *
partitioner_name(Partitioner partitioner)
{
	return partitioner == PARTITIONER_MURMUR2 ? "murmur2" : "crc32";
}

static uint32_t
murmur2(const unsigned char *key, size_t len)
{
	const uint32_t m = 0x5bd1e995;
	uint32_t h = UINT32_C(0x9747b28c) ^ (uint32_t)len;

	for (; len >= 4; key += 4, len -= 4)
	{
		uint32_t k = key[0] | (uint32_t)key[1] << 8 | (uint32_t)key[2] << 16 | (uint32_t)key[3] << 24;

		k *= m;
		k ^= k >> 24;
		h = h * m ^ k * m;
	}
	for (size_t i = len; i > 0; i--)
		h ^= (uint32_t)key[i - 1] << 8 * (i - 1);
	if (len > 0)
		h *= m;
	h ^= h >> 13;
	h *= m;
	return h ^ h >> 15;
}

int32_t
partitioner_place(Partitioner partitioner, const void *key, size_t len, int32_t count)
{
	if (partitioner == PARTITIONER_MURMUR2)
		return (int32_t)((murmur2(key, len) & 0x7fffffff) % (uint32_t)count);
	return (int32_t)(crc32_z(0, len > 0 ? key : (const void *)"", len) % (uint32_t)count);
}
