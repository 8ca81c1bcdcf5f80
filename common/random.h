/*
 * random.h: the seam for randomness: the system's, or a seeded sequence that repeats.
 *
 * The idea: what needs random bytes (uuids, nonces, generators) receives a Random and calls random_fill(); an
 * instance with state embeds Random first. A Random with state is used by one thread at a time.
 */
#ifndef WEIR_COMMON_RANDOM_H
#define WEIR_COMMON_RANDOM_H

#include "common/base.h"

typedef struct Random
{
	void (*fill)(struct Random *random, void *bytes, size_t len);
} Random;

/* getrandom(2): fit for nonces. It has no state and may be shared by threads; the pointer is not const only
 * to fit fill(). */
extern Random *random_system(void);

/* SplitMix64: the same seed gives the same bytes on every machine. Not for secrets. */
typedef struct RandomSeeded
{
	Random random;
	uint64_t state;
} RandomSeeded;

extern void random_seeded_init(RandomSeeded *seeded, uint64_t seed);
/* The next 64 bits; the same sequence that fill() cuts into bytes, little end first. */
extern uint64_t random_seeded_next(RandomSeeded *seeded);

static inline void
random_fill(Random *random, void *bytes, size_t len)
{
	random->fill(random, bytes, len);
}

/* 64 random bits. */
extern uint64_t random_u64(Random *random);
/* Uniform in [0, bound), bound > 0, without bias. */
extern uint64_t random_below(Random *random, uint64_t bound);
/* Uniform in [0, 1), a multiple of 2^-53. */
extern double random_unit(Random *random);

#endif
