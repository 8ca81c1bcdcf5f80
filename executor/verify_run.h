/*
 * verify_run.h: a verification under way, as its files share it.
 *
 * In order: verify.c goes through the manifests, verify_places.c compares their objects with the locations,
 * verify_packs.c looks at the state that the newest one leads to.
 */
#ifndef WEIR_EXECUTOR_VERIFY_RUN_H
#define WEIR_EXECUTOR_VERIFY_RUN_H

#include "executor/verify.h"

typedef struct PlaceObject
{
	const char *key;
	uint64_t size;
	uint64_t epoch;
	bool known; /* to a manifest */
} PlaceObject;

/* A location with this shard's objects that were in it. Invariant: objects ascend by key. */
typedef struct Place
{
	const char *location; /* as given; "" = beside the state */
	const char *name;     /* the one name of the place, without a '/' at its end */
	ObjectStore *store;
	bool shared; /* it is the state's own */
	size_t count;
	size_t capacity;
	PlaceObject *objects;
} Place;

typedef struct Verify
{
	const VerifyOpen *open;
	VerifyTotals *totals;
	StateView view;
	Arena arena;        /* of a shard: keys of objects, names of places */
	Arena epoch;        /* of a manifest */
	StrView job;        /* percent-encoded, as names begin */
	uint64_t first;     /* the oldest manifest that is there */
	uint64_t newest;    /* when the manifests were listed */
	uint64_t published; /* every epoch up to here must be out */
	size_t unlisted_count;
	size_t unlisted_capacity;
	uint64_t *unlisted; /* epochs whose objects are not known */
	size_t place_count;
	size_t place_capacity;
	Place *places;
} Verify;

extern void verify_found(Verify *verify, VerifyClass class, const Finding *finding);
/* False: STOPPED_EARLY. */
extern bool verify_go_on(const Verify *verify, Error *err) WARN_UNUSED;
/* store_hash(), which a stop ends. */
extern bool verify_hash(const Verify *verify, ObjectStore *store, const StoredBytes *stored,
						uint8_t sha256[32], bool *found, Error *err) WARN_UNUSED;
/* "location/key", in the arena of the epoch. */
extern const char *verify_object(Verify *verify, const char *location, const char *key);

/* Compares an object with its place; must: it is out. */
extern bool verify_file(Verify *verify, const Manifest *manifest, const PackFile *file, bool must,
						Error *err) WARN_UNUSED;
/* Looks at every place that the plan may write to, then finds the objects that nothing knows. */
extern bool verify_extras(Verify *verify, Error *err) WARN_UNUSED;
extern void verify_close_places(Verify *verify);

/* Packs that the newest manifest needs. */
extern bool verify_packs(Verify *verify, Error *err) WARN_UNUSED;
/* The bytes that an epoch's unpublished objects will be made of. */
extern bool verify_stored(Verify *verify, const Manifest *manifest, const PackFile *files, size_t count,
						  Error *err) WARN_UNUSED;

#endif
