/*
 * partitioner.h: which partition a producer's client puts a key into.
 *
 * The idea: Kafka's clients hash the key and take the remainder by the number of partitions; there are two
 * hashes in use. Whoever knows the client can tell from a key where its messages must lie.
 */
#ifndef WEIR_COMMON_PARTITIONER_H
#define WEIR_COMMON_PARTITIONER_H

#include "common/base.h"

typedef enum Partitioner
{
	PARTITIONER_MURMUR2, /* Java's clients, and those that follow them; murmur2 in librdkafka */
	PARTITIONER_CRC32    /* librdkafka's default for messages with a key (consistent, consistent_random) */
} Partitioner;

/* Their names as options, in that order. */
#define PARTITIONERS "murmur2|crc32"

extern const char *partitioner_name(Partitioner partitioner);
/* The partition, of count > 0, that a key belongs to. */
extern int32_t partitioner_place(Partitioner partitioner, const void *key, size_t len, int32_t count);

#endif
