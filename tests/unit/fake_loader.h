/*
 * fake_loader.h: a warehouse that goes by names, as Snowflake does, and a Loader for it.
 *
 * The warehouse outlives its loaders, as it does in life. What becomes of an object is decided by its name;
 * when that is known, by chance. A call may fail at any moment, after some of it was done.
 */
#ifndef WEIR_TESTS_FAKE_LOADER_H
#define WEIR_TESTS_FAKE_LOADER_H

#include <pthread.h>
#include <stdatomic.h>

#include "common/hash.h"
#include "common/memory.h"
#include "common/random.h"
#include "executor/loader.h"

/* What a table knows of an object. */
typedef struct TableObject
{
	int target;
	char *key;
	int told;
	int due; /* asked so often, its outcome is known */
} TableObject;

typedef struct Warehouse
{
	pthread_mutex_t lock;
	TableObject *objects;
	size_t count, capacity;
	RandomSeeded chance;
	int slowness;                       /* an outcome is known after so many questions at most */
	int troubles;                       /* one call in so many fails; 0 = none */
	bool sound;                         /* everything is loaded */
	bool alone;                         /* one process at a time tells */
	bool (*is_settled)(uint64_t epoch); /* whether nobody should be asked of it; may be NULL */
	atomic_bool away;                   /* no call gets through */
	atomic_bool hanging;                /* nor is it answered, until it is given up */
	int calls;
	size_t most; /* items in one call */
	char wrong[200];
} Warehouse;

static Warehouse warehouse = {.lock = PTHREAD_MUTEX_INITIALIZER};

static inline void
warehouse_reset(uint64_t seed)
{
	for (size_t i = 0; i < warehouse.count; i++)
		mem_free(warehouse.objects[i].key);
	mem_free(warehouse.objects);
	warehouse = (Warehouse){.lock = PTHREAD_MUTEX_INITIALIZER, .slowness = 3};
	random_seeded_init(&warehouse.chance, seed);
}

static inline TableObject *
warehouse_find(int target, const char *key)
{
	for (size_t i = 0; i < warehouse.count; i++)
		if (warehouse.objects[i].target == target && strcmp(warehouse.objects[i].key, key) == 0)
			return &warehouse.objects[i];
	return NULL;
}

/* What becomes of an object, whoever asks. */
static inline LoadStatus
warehouse_outcome(int target, const char *key)
{
	uint64_t hash = hash_bytes(key, strlen(key)) + (uint64_t)target;

	if (warehouse.sound || hash % 10 < 7)
		return LOAD_LOADED;
	return hash % 10 == 7 ? LOAD_PARTLY : hash % 10 == 8 ? LOAD_FAILED : LOAD_UNKNOWN;
}

static inline void
warehouse_wrong(const char *what, const char *key)
{
	if (warehouse.wrong[0] == '\0')
		snprintf(warehouse.wrong, sizeof warehouse.wrong, "%s: %s", what, key);
}

static inline bool
warehouse_chance(int one_in)
{
	return one_in > 0 && random_below(&warehouse.chance.random, (uint64_t)one_in) == 0;
}

static inline void
warehouse_tell(int target, const char *key)
{
	TableObject *object = warehouse_find(target, key);

	if (object == NULL)
	{
		mem_grow(&warehouse.objects, &warehouse.capacity, warehouse.count, sizeof *warehouse.objects);
		object = &warehouse.objects[warehouse.count++];
		*object =
			(TableObject){.target = target,
						  .key = mem_strdup(key),
						  .due = warehouse.slowness > 0 ? (int)random_below(&warehouse.chance.random,
																			(uint64_t)warehouse.slowness)
														: 1 << 30};
	}
	object->told++;
}

/* ---- the loader ---- */

typedef struct FakeLoader
{
	Loader base;
	int revised, begun;
	int refuses; /* begin: 1 = not believed, 2 = nobody answers */
} FakeLoader;

/* raw: two tables take it; counts: none does, but one its late rows. */
static const LoadTarget fake_targets[] = {
	{.table = "RAW", .what = "sink raw", .mode = "rest", .sink = "raw", .name = "raw"},
	{.table = "RAW_COPY", .what = "sink raw", .mode = "copy", .sink = "raw", .name = "raw"},
	{.table = "LATE",
	 .what = "late rows",
	 .mode = "rest",
	 .sink = "counts",
	 .kind = OUTPUT_LATE,
	 .name = "counts"}};

static inline bool
fake_takes(const Loader *loader, int target, const PackFile *file)
{
	const LoadTarget *takes = &(loader != NULL ? loader->targets : fake_targets)[target];

	return file->kind == takes->kind && strcmp(file->owner, takes->name) == 0;
}

static inline void
fake_revise(Loader *loader, const char *sink UNUSED, int revision)
{
	assert(revision >= 1);
	((FakeLoader *)loader)->revised++;
}

static inline bool
fake_begin(Loader *loader, bool *absent, Error *err)
{
	FakeLoader *fake = (FakeLoader *)loader;

	fake->begun++;
	if (warehouse.hanging)
	{
		while (!atomic_load(&loader->stop))
			usleep(1000);
		return error_set(err, SQLSTATE_QUERY_CANCELED, NO_POSITION, "given up");
	}
	if (fake->refuses == 1)
		return error_set(err, SQLSTATE_INVALID_AUTHORIZATION, NO_POSITION, "the key is not known");
	*absent = fake->refuses == 2;
	return !*absent || error_set(err, SQLSTATE_CONNECTION_FAILURE, NO_POSITION, "nobody answers");
}

/* Asks, and tells of what is not known. */
static inline void
fake_work_one(LoadItem *item, Arena *arena)
{
	const char *key = item->file->key;
	TableObject *object = warehouse_find(item->target, key);

	if (load_is_final(item->status))
		warehouse_wrong("it is final already", key);
	if (warehouse.alone && object != NULL && !item->earlier && item->submitted == 0)
		warehouse_wrong("another process has told of it", key);
	if (warehouse.alone && warehouse.is_settled != NULL && warehouse.is_settled(item->epoch))
		warehouse_wrong("its outcome is written down", key);
	if (object != NULL && object->due-- <= 0)
	{
		item->status = warehouse_outcome(item->target, key);
		item->loaded = item->status == LOAD_LOADED ? item->file->rows : 0;
		item->error = item->status == LOAD_LOADED ? NULL : arena_printf(arena, "%s is bad", key);
		return;
	}
	if (object == NULL)
		warehouse_tell(item->target, key);
	item->submitted = 1;
	item->status = LOAD_SUBMITTED;
	item->error = arena_strdup(arena, "not yet");
}

static inline bool
fake_work(Loader *loader, LoadItem *const *items, size_t count, Arena *arena, Error *err)
{
	bool ok = true;

	if (warehouse.hanging)
	{
		while (!atomic_load(&loader->stop))
			usleep(1000);
		return error_set(err, SQLSTATE_QUERY_CANCELED, NO_POSITION, "given up");
	}
	pthread_mutex_lock(&warehouse.lock);
	warehouse.calls++;
	warehouse.most = Max(warehouse.most, count);
	ok = !warehouse.away;
	for (size_t i = 0; ok && i < count; i++)
	{
		ok = !warehouse_chance(warehouse.troubles);
		/* Not all of it is known at once, nor in order. */
		if (ok && (warehouse_find(items[i]->target, items[i]->file->key) == NULL || !warehouse_chance(3)))
			fake_work_one(items[i], arena);
	}
	pthread_mutex_unlock(&warehouse.lock);
	return ok || error_set(err, SQLSTATE_CONNECTION_FAILURE, NO_POSITION, "the warehouse is away");
}

static const LoaderClass fake_loader_class = {
	.revise = fake_revise, .takes = fake_takes, .begin = fake_begin, .work = fake_work};

static inline void
fake_loader_init(FakeLoader *fake)
{
	*fake = (FakeLoader){.base = {.class = &fake_loader_class,
								  .target_count = lengthof(fake_targets),
								  .targets = fake_targets}};
}

#endif
