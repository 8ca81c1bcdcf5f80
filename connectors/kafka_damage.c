/*
 * kafka_damage.c: bisection for the end of a damage (contract in kafka_damage.h).
 */
#include "connectors/kafka_damage.h"

#include "common/memory.h"

static void
choose_probe(KafkaDamage *d, int64_t high)
{
	int64_t step = d->inside - d->first;

	if (d->beyond != INT64_MAX)
		d->probe = d->inside + (d->beyond - d->inside) / 2;
	else
		d->probe = d->inside + Max(2 * step, 1);
	if (d->beyond == INT64_MAX && high > d->inside)
		d->probe = Min(d->probe, high);
	assert(d->inside < d->probe && d->probe < d->beyond);
}

void
kafka_damage_begin(KafkaDamage *d, int64_t base, int64_t next, int64_t high, const char *reason)
{
	int64_t first = Max(base, next);

	assert(!d->searching);
	*d = (KafkaDamage){.searching = true,
					   .base = base,
					   .first = first,
					   .inside = first,
					   .beyond = INT64_MAX,
					   .reason = mem_strdup(reason)};
	choose_probe(d, high);
}

bool
kafka_damage_met(KafkaDamage *d, bool damaged, int64_t high)
{
	assert(d->searching);
	if (damaged)
		d->inside = d->probe;
	else
		d->beyond = d->probe;
	if (d->beyond - d->inside == 1)
		return true;
	choose_probe(d, high);
	return false;
}

void
kafka_damage_end(KafkaDamage *d)
{
	mem_free(d->reason);
	*d = (KafkaDamage){0};
}
