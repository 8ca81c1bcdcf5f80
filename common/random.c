/*
 * random.c: random bytes from the system, and SplitMix64 (Steele, Lea and Flood, 2014) for what must repeat.
 */
#include "common/random.h"

#include <errno.h>
#include <sys/random.h>

static void
system_fill(Random *random UNUSED, void *bytes, size_t len)
{
	char *p = bytes;

	while (len > 0)
	{
		ssize_t got = getrandom(p, len, 0);

		if (got < 0 && errno != EINTR)
			abort(); /* a kernel without getrandom(2) can't run Weir */
		if (got > 0)
		{
			p += got;
			len -= (size_t)got;
		}
	}
}

Random *
random_system(void)
{
	/* Never written: fill() ignores its instance. */
	static const Random system_random = {.fill = system_fill};

	return (Random *)(uintptr_t)&system_random;
}

uint64_t
random_seeded_next(RandomSeeded *seeded)
{
	uint64_t z = seeded->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static void
seeded_fill(Random *random, void *bytes, size_t len)
{
	RandomSeeded *seeded = container_of(random, RandomSeeded, random);
	uint8_t *p = bytes;

	for (size_t i = 0; i < len; i += 8)
	{
		uint64_t word = random_seeded_next(seeded);

		for (size_t k = i; k < len && k < i + 8; k++)
		{
			p[k] = (uint8_t)word;
			word >>= 8;
		}
	}
}

void
random_seeded_init(RandomSeeded *seeded, uint64_t seed)
{
	seeded->random.fill = seeded_fill;
	seeded->state = seed;
}

uint64_t
random_u64(Random *random)
{
	uint8_t bytes[8];
	uint64_t word = 0;

	random_fill(random, bytes, sizeof bytes);
	for (size_t i = 0; i < 8; i++)
		word |= (uint64_t)bytes[i] << (8 * i);
	return word;
}

uint64_t
random_below(Random *random, uint64_t bound)
{
	/* Values under (2^64 mod bound) would favour small remainders, so they are drawn again. */
	uint64_t unfair = (0 - bound) % bound;
	uint64_t word;

	assert(bound > 0);
	do
		word = random_u64(random);
	while (word < unfair);
	return word % bound;
}

double
random_unit(Random *random)
{
	return (double)(random_u64(random) >> 11) * 0x1.0p-53;
}
