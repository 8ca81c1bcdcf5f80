/*
 * kafka_damage.h: the search for the end of a damaged place in a partition.
 *
 * The idea: a batch of records that does not match its checksum, or can't be inflated, is reported with its
 * first offset; how many records it had is written in it, where nobody can trust it. But whoever reads from
 * an offset inside meets the damage again, and whoever reads from behind it does not: so its end is found by
 * bisection, in some twenty reads. What lies inside is lost and becomes one dead letter.
 */
#ifndef WEIR_CONNECTORS_KAFKA_DAMAGE_H
#define WEIR_CONNECTORS_KAFKA_DAMAGE_H

#include "common/base.h"

/* Invariant while searching: first <= inside < probe < beyond. */
typedef struct KafkaDamage
{
	bool searching;
	int64_t base;   /* by which the damaged batch is known; at most first */
	int64_t first;  /* offset of the dead letter */
	int64_t inside; /* reading from here meets the damage */
	int64_t beyond; /* reading from here does not; INT64_MAX: no such offset is known */
	int64_t probe;  /* to be read from next */
	char *reason;   /* on the heap */
} KafkaDamage;

/*
 * base: what the batch was reported with (negative: nothing); next: where reading stands. high: the end of
 * the partition, where nothing is, or less than both when it is not known.
 */
extern void kafka_damage_begin(KafkaDamage *damage, int64_t base, int64_t next, int64_t high,
							   const char *reason);
/* What reading from the probe met. True: the search is over, and the damage ends before beyond. */
extern bool kafka_damage_met(KafkaDamage *damage, bool damaged, int64_t high);
extern void kafka_damage_end(KafkaDamage *damage);

#endif
