/*
 * locations.h: the object stores of a job: its state, and the places its objects are published to.
 *
 * The idea: a location is opened once, probed, and kept until the job ends; it is swept as soon as the state
 * is this process's, since until then another may be writing there. Which location an output goes to is
 * decided here; a published file carries the location it was made for, so that a start
 * publishes what an earlier configuration committed to where it belonged. Once the job reads, locations are
 * only looked up, by the thread that publishes.
 */
#ifndef WEIR_EXECUTOR_LOCATIONS_H
#define WEIR_EXECUTOR_LOCATIONS_H

#include "executor/pack.h"
#include "executor/store.h"

typedef struct OpenLocation
{
	char *location;
	ObjectStore *store;
} OpenLocation;

typedef struct Locations
{
	const StoreSet *set;
	const Clock *clock;
	Random *random;
	const atomic_bool *stop;
	void (*notice)(void *context, const char *severity, const char *text); /* as in StoreOpen */
	void *notice_context;
	const char *owner; /* of temporary objects: the job's uuid, and the shard */
	int shard;
	ObjectStore *state; /* what the location "" means */
	bool owned;         /* no other process of this job and shard writes any more */
	OpenLocation *items;
	size_t count;
	size_t capacity;
} Locations;

/* The store of a location: opened and probed at its first use, and swept if it is owned. options may be NULL.
 */
extern bool locations_store(Locations *locations, const char *location, const Options *options,
							ObjectStore **out, Error *err) WARN_UNUSED;
/* Where an output of the plan goes: "" = beside the state. */
extern const char *location_of_output(const JobPlan *plan, OutputKind kind, int index,
									  const Options **options);
/* Opens every location that the plan may write to, so that a wrong one is found before anything of the plan
 * is recorded. */
extern bool locations_open_all(Locations *locations, const JobPlan *plan, Error *err) WARN_UNUSED;
/* The state was claimed: removes what earlier processes have left. */
extern bool locations_sweep(Locations *locations, Error *err) WARN_UNUSED;
extern bool locations_flush(Locations *locations, Error *err) WARN_UNUSED;
extern void locations_close(Locations *locations);

#endif
