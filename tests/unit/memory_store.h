/*
 * memory_store.h: an object store in memory, as S3 is one: creates that refuse, packs whose ranges are
 * published, no lock, nothing that a killed process holds. Locations are "mem://…"; all stores share one
 * bucket.
 *
 * Every changing call is counted. At a chosen one the process dies (that call and all after it fail), or a
 * hook runs first, as if the caller had slept there. Whether a name ever got two contents is noted.
 */
#ifndef WEIR_TESTS_MEMORY_STORE_H
#define WEIR_TESTS_MEMORY_STORE_H

#include <pthread.h>

#include "common/memory.h"
#include "executor/store.h"

typedef struct MemoryObject
{
	char *key; /* the location's, too */
	StrBuf bytes;
	int64_t modified;
} MemoryObject;

typedef struct MemoryBucket
{
	pthread_mutex_t lock;
	MemoryObject *items; /* ascending by key */
	size_t count;
	size_t capacity;
	const Clock *clock;
	atomic_int calls;
	int dies_at;        /* 0 = never */
	atomic_int hook_at; /* 0 = never; cleared when it is reached */
	void (*hook)(void *context);
	void *context;
	bool two_contents;
	void (*removing)(void *context, const char *key); /* before each removal; may be NULL */
	/* Before an object is made; may be NULL. Under the lock. */
	void (*making)(void *context, const char *key, StrView bytes);
} MemoryBucket;

static MemoryBucket bucket = {.lock = PTHREAD_MUTEX_INITIALIZER};

typedef struct MemoryStore
{
	ObjectStore base;
	char *prefix; /* of keys in the bucket */
} MemoryStore;

typedef struct MemoryPack
{
	PackWriter base;
	char *key;
	pthread_mutex_t lock;
	StrBuf bytes; /* of output and of the rest, as they came */
} MemoryPack;

static inline void
bucket_reset(const Clock *clock)
{
	for (size_t i = 0; i < bucket.count; i++)
	{
		mem_free(bucket.items[i].key);
		str_free(&bucket.items[i].bytes);
	}
	mem_free(bucket.items);
	bucket = (MemoryBucket){.lock = PTHREAD_MUTEX_INITIALIZER, .clock = clock};
}

static inline bool
bucket_call(Error *err)
{
	int n = atomic_fetch_add(&bucket.calls, 1) + 1;

	if (n == bucket.hook_at)
	{
		bucket.hook_at = 0;
		bucket.hook(bucket.context);
	}
	return bucket.dies_at == 0 || n < bucket.dies_at ||
		   error_set(err, SQLSTATE_IO_ERROR, NO_POSITION, "the process died");
}

/* Where the key is or would be. */
static inline size_t
bucket_find(const char *key)
{
	size_t low = 0, high = bucket.count;

	while (low < high)
	{
		size_t middle = (low + high) / 2;

		if (strcmp(bucket.items[middle].key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static inline bool
bucket_has(size_t at, const char *key)
{
	return at < bucket.count && strcmp(bucket.items[at].key, key) == 0;
}

static inline PutResult
bucket_put(const char *key, StrView bytes, bool replace)
{
	size_t at;
	PutResult result = PUT_CREATED;

	pthread_mutex_lock(&bucket.lock);
	at = bucket_find(key);
	if (bucket_has(at, key))
	{
		result = str_equal(str_view(&bucket.items[at].bytes), bytes) ? PUT_SAME : PUT_CLASH;
		if (replace && result == PUT_CLASH)
		{
			bucket.two_contents = true;
			str_clear(&bucket.items[at].bytes);
			str_append(&bucket.items[at].bytes, bytes.data, bytes.len);
		}
	}
	else
	{
		if (bucket.making != NULL)
			bucket.making(bucket.context, key, bytes);
		mem_grow(&bucket.items, &bucket.capacity, bucket.count, sizeof *bucket.items);
		memmove(bucket.items + at + 1, bucket.items + at, (bucket.count - at) * sizeof *bucket.items);
		bucket.items[at] = (MemoryObject){.key = mem_strdup(key), .modified = clock_now(bucket.clock)};
		str_append(&bucket.items[at].bytes, bytes.data, bytes.len);
		bucket.count++;
	}
	pthread_mutex_unlock(&bucket.lock);
	return result;
}

static inline MemoryStore *
memory_store(ObjectStore *store)
{
	return container_of(store, MemoryStore, base);
}

/* Heap text. */
static inline char *
memory_key(ObjectStore *store, const char *key)
{
	StrBuf whole = {0};

	str_appendf(&whole, "%s%s", memory_store(store)->prefix, key);
	return whole.data;
}

static inline bool
memory_put_if_absent(ObjectStore *store, const char *key, StrView bytes, PutResult *result, Error *err)
{
	char *whole;

	if (!bucket_call(err))
		return false;
	whole = memory_key(store, key);
	*result = bucket_put(whole, bytes, false);
	mem_free(whole);
	return true;
}

static inline bool
memory_put(ObjectStore *store, const char *key, StrView bytes, Error *err)
{
	char *whole;

	if (!bucket_call(err))
		return false;
	whole = memory_key(store, key);
	(void)bucket_put(whole, bytes, true);
	mem_free(whole);
	return true;
}

static inline bool
memory_get(ObjectStore *store, const char *key, uint64_t offset, uint64_t len, StrBuf *out, bool *found,
		   Error *err UNUSED)
{
	char *whole = memory_key(store, key);
	size_t at;

	pthread_mutex_lock(&bucket.lock);
	at = bucket_find(whole);
	*found = bucket_has(at, whole);
	if (*found && offset < bucket.items[at].bytes.len)
		str_append(out, bucket.items[at].bytes.data + offset,
				   (size_t)Min(len, bucket.items[at].bytes.len - offset));
	pthread_mutex_unlock(&bucket.lock);
	mem_free(whole);
	return true;
}

static inline bool
memory_list(ObjectStore *store, const char *prefix, bool recursive, StoreVisitor visit, void *context,
			Error *err UNUSED)
{
	char *whole = memory_key(store, prefix);
	size_t skip = strlen(memory_store(store)->prefix), len = strlen(whole);
	bool more = true;

	pthread_mutex_lock(&bucket.lock);
	for (size_t i = bucket_find(whole); more && i < bucket.count; i++)
	{
		const MemoryObject *item = &bucket.items[i];

		if (strncmp(item->key, whole, len) != 0)
			break;
		if (recursive || strchr(item->key + len, '/') == NULL)
			more = visit(
				context,
				&(StoreEntry){.key = item->key + skip, .size = item->bytes.len, .modified = item->modified});
	}
	pthread_mutex_unlock(&bucket.lock);
	mem_free(whole);
	return true;
}

static inline bool
memory_remove(ObjectStore *store, const char *key, Error *err)
{
	char *whole;
	size_t at;

	if (!bucket_call(err))
		return false;
	whole = memory_key(store, key);
	if (bucket.removing != NULL)
		bucket.removing(bucket.context, whole);
	pthread_mutex_lock(&bucket.lock);
	at = bucket_find(whole);
	if (bucket_has(at, whole))
	{
		mem_free(bucket.items[at].key);
		str_free(&bucket.items[at].bytes);
		memmove(bucket.items + at, bucket.items + at + 1, (--bucket.count - at) * sizeof *bucket.items);
	}
	pthread_mutex_unlock(&bucket.lock);
	mem_free(whole);
	return true;
}

static inline bool
memory_nothing(ObjectStore *store UNUSED, Error *err UNUSED)
{
	return true;
}

static inline void
memory_close(ObjectStore *store)
{
	mem_free((char *)store->location);
	mem_free(memory_store(store)->prefix);
	mem_free(memory_store(store));
}

/* ---- packs ---- */

static inline bool
memory_pack_begin(ObjectStore *store, const char *key, PackWriter **out, Error *err UNUSED)
{
	MemoryPack *pack = mem_alloc_zero(sizeof *pack);

	pack->base.store = store;
	pack->key = mem_strdup(key);
	pthread_mutex_init(&pack->lock, NULL);
	*out = &pack->base;
	return true;
}

static inline bool
memory_pack_append_output(PackWriter *base, const void *data, size_t len, uint64_t *offset, Error *err UNUSED)
{
	MemoryPack *pack = container_of(base, MemoryPack, base);

	pthread_mutex_lock(&pack->lock);
	*offset = pack->bytes.len;
	str_append(&pack->bytes, data, len);
	pthread_mutex_unlock(&pack->lock);
	return true;
}

static inline bool
memory_pack_append(PackWriter *base, StrView bytes, uint64_t *offset, Error *err)
{
	return memory_pack_append_output(base, bytes.data, bytes.len, offset, err);
}

static inline bool
memory_pack_read_output(PackWriter *base, uint64_t offset, void *data, size_t len, Error *err UNUSED)
{
	MemoryPack *pack = container_of(base, MemoryPack, base);

	pthread_mutex_lock(&pack->lock);
	memcpy(data, pack->bytes.data + offset, len);
	pthread_mutex_unlock(&pack->lock);
	return true;
}

static inline bool
memory_pack_seal(PackWriter *base, uint32_t number UNUSED, const PackRange *ranges, size_t range_count,
				 uint64_t bytes, Arena *arena, StoredBytes *out, Error *err UNUSED)
{
	PackRange *copy = ARENA_ARRAY(arena, PackRange, range_count + 1);

	if (range_count > 0)
		memcpy(copy, ranges, range_count * sizeof *copy);
	out->key = arena_strdup(arena, container_of(base, MemoryPack, base)->key);
	out->ranges = copy;
	out->range_count = range_count;
	out->bytes = bytes;
	return true;
}

static inline void
memory_pack_discard(PackWriter *base)
{
	MemoryPack *pack = container_of(base, MemoryPack, base);

	str_free(&pack->bytes);
	pthread_mutex_destroy(&pack->lock);
	mem_free(pack->key);
	mem_free(pack);
}

static inline bool
memory_pack_finish(PackWriter *base, Error *err)
{
	MemoryPack *pack = container_of(base, MemoryPack, base);
	bool ok = bucket_call(err);
	char *whole = memory_key(base->store, pack->key);

	if (ok)
		(void)bucket_put(whole, str_view(&pack->bytes), true);
	mem_free(whole);
	memory_pack_discard(base);
	return ok;
}

static inline bool
memory_publish(ObjectStore *store, ObjectStore *from, Publication *items, size_t count, Error *err)
{
	bool ok = true;

	for (size_t i = 0; ok && i < count; i++)
	{
		const StoredBytes *bytes = items[i].bytes;
		char *whole = memory_key(store, items[i].key);
		StrBuf data = {0};
		bool found = true;

		ok = bucket_call(err);
		for (size_t r = 0; ok && found && r < bytes->range_count; r++)
			(void)!from->class->get(from, bytes->key, bytes->ranges[r].offset, bytes->ranges[r].len, &data,
									&found, err);
		if (ok && (!found || data.len != bytes->bytes))
			ok = error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION, "stored object \"%s\" is missing",
						   bytes->key);
		if (ok)
			items[i].result = bucket_put(whole, str_view(&data), false);
		str_free(&data);
		mem_free(whole);
	}
	return ok;
}

static bool memory_open(const StoreClass *class, const StoreOpen *open, ObjectStore **out, Error *err);

static const char *
memory_place(const char *location, Arena *arena UNUSED)
{
	return location;
}

static const StoreClass memory_store_class = {
	.info = {.name = "mem", .kind = CONNECTOR_STORE, .place = memory_place},
	.open = memory_open,
	.sweep = memory_nothing,
	.probe = memory_nothing,
	.put_if_absent = memory_put_if_absent,
	.put = memory_put,
	.get = memory_get,
	.list = memory_list,
	.remove = memory_remove,
	.pack_begin = memory_pack_begin,
	.pack_append_output = memory_pack_append_output,
	.pack_read_output = memory_pack_read_output,
	.pack_append = memory_pack_append,
	.pack_seal = memory_pack_seal,
	.pack_finish = memory_pack_finish,
	.pack_discard = memory_pack_discard,
	.publish = memory_publish,
	.flush = memory_nothing,
	.close = memory_close,
};

static bool
memory_open(const StoreClass *class, const StoreOpen *open, ObjectStore **out, Error *err UNUSED)
{
	MemoryStore *store = mem_alloc_zero(sizeof *store);
	StrBuf prefix = {0};

	str_appendf(&prefix, "%s/", open->location);
	store->base.class = class;
	store->base.location = mem_strdup(open->location);
	store->prefix = prefix.data;
	*out = &store->base;
	return true;
}

#endif
