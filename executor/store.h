/*
 * store.h: the interface of object stores: where state and data objects live.
 *
 * The idea: an object has a key (relative to the store's location, components divided by '/') and bytes that
 * do not change once it was created. All that the commit protocol needs is a create that refuses an existing
 * name: a directory does it with link(2), S3 with If-None-Match. Packs are streamed: they are appended to
 * while the epoch runs and become durable as a whole; data objects are joined from a pack's output and
 * published from there.
 *
 * Threads: while the workers of an epoch call pack_append_output, pack_read_output and pack_append, several
 * at once, and the coordinator pack_begin or pack_discard, one more thread may publish the epoch before
 * (publish, flush, get, put_if_absent, remove, list). All else, and pack_seal and pack_finish, have the store
 * to themselves, but for one that loads (loads.h), which may get, list and put_if_absent at any time.
 */
#ifndef WEIR_EXECUTOR_STORE_H
#define WEIR_EXECUTOR_STORE_H

#include <stdatomic.h>

#include "common/clock.h"
#include "common/fs.h"
#include "common/random.h"
#include "common/settings.h"
#include "executor/failure_point.h"
#include "executor/output.h"
#include "planner/connector.h"

typedef struct StoreClass StoreClass;

/* Embed as first member. */
typedef struct ObjectStore
{
	const StoreClass *class;
	const char *location; /* for messages */
} ObjectStore;

/* Embed as first member. A pack that is being written. */
typedef struct PackWriter
{
	ObjectStore *store;
} PackWriter;

typedef enum PutResult
{
	PUT_CREATED,
	PUT_SAME, /* the name exists with exactly these bytes: an earlier attempt of ours got through */
	PUT_CLASH /* the name exists with other bytes */
} PutResult;

/* Where the bytes of a data object are kept until it is published: ranges of a stored object, in order. */
typedef struct StoredBytes
{
	const char *key;
	size_t range_count;
	const PackRange *ranges;
	uint64_t bytes;
	const uint8_t *sha256; /* 32 bytes, of the joined ranges */
} StoredBytes;

/* One data object to publish. */
typedef struct Publication
{
	const char *key;
	const StoredBytes *bytes;
	PutResult result; /* out */
} Publication;

typedef struct StoreEntry
{
	const char *key;
	uint64_t size;
	int64_t modified; /* TIMESTAMPTZ, by the store's clock */
} StoreEntry;

typedef bool (*StoreVisitor)(void *context, const StoreEntry *entry);

typedef struct StoreOpen
{
	const char *location;   /* as given; the scheme is part of it */
	const Options *options; /* of the statement that names it; NULL: by the settings. Copied */
	const char *owner;      /* begins the names of temporary objects */
	int shard;              /* of the job that opens it: what other shards left is not swept */
	bool restricted;        /* only this user may read it (state) */
	bool read_only;         /* only get, list and close are called; nothing is made, not even the location */
	uint64_t memory;        /* bytes that uploads on their way and caches may take; 0 = 64 MiB */
	const Clock *clock;
	Random *random;
	const Fs *fs;
	FailurePoints *failure_points;
	const atomic_bool *stop; /* waiting calls give up grace after this becomes true; may be NULL */
	int64_t grace;           /* microseconds */
	/* What a person should know meanwhile (a store that does not answer), from any thread. May be NULL. */
	void (*notice)(void *context, const char *severity, const char *text);
	void *notice_context;
} StoreOpen;

struct StoreClass
{
	ConnectorInfo info; /* CONNECTOR_STORE; name is the scheme: "file", "s3" */
	/* Makes the location if need be, unless read_only. The class is the one that is asked: what its stores
	 * share is in the struct that embeds it. */
	bool (*open)(const StoreClass *class, const StoreOpen *open, ObjectStore **out, Error *err);
	/* Removes what an earlier process of this owner left unfinished; no other may be alive. */
	bool (*sweep)(ObjectStore *store, Error *err);
	/* Proves that a second create of a name is refused, else UNSAFE_STORE. */
	bool (*probe)(ObjectStore *store, Error *err);
	/* Holds an existing object until close, else OBJECT_IN_USE. NULL: fencing alone decides. */
	bool (*lock)(ObjectStore *store, const char *key, Error *err);
	/* Durable when it returns. Compares when the name exists. */
	bool (*put_if_absent)(ObjectStore *store, const char *key, StrView bytes, PutResult *result, Error *err);
	/* Creates or replaces, durably. */
	bool (*put)(ObjectStore *store, const char *key, StrView bytes, Error *err);
	/* Appends len bytes from offset (fewer at the end; UINT64_MAX = all). *found is false when there is none.
	 */
	bool (*get)(ObjectStore *store, const char *key, uint64_t offset, uint64_t len, StrBuf *out, bool *found,
				Error *err);
	/*
	 * Visits the objects under a prefix that ends in '/' ("": the whole location), but none in ".weir-tmp/":
	 * those directly there, in byte order of their keys; or recursively all, page by page, in the store's
	 * order and perhaps one of them twice. A false of the visitor ends it.
	 */
	bool (*list)(ObjectStore *store, const char *prefix, bool recursive, StoreVisitor visit, void *context,
				 Error *err);
	/* Removes an object; one that is not there is no error. */
	bool (*remove)(ObjectStore *store, const char *key, Error *err);

	/* Begins a pack; nothing is made until the first append. */
	bool (*pack_begin)(ObjectStore *store, const char *key, PackWriter **out, Error *err);
	/* Output bytes: addressed by *offset until pack_finish, kept beyond it only as parts of sealed objects.
	 */
	bool (*pack_append_output)(PackWriter *pack, const void *data, size_t len, uint64_t *offset, Error *err);
	bool (*pack_read_output)(PackWriter *pack, uint64_t offset, void *data, size_t len, Error *err);
	/* Everything else: *offset is where the bytes will be found in the finished pack. */
	bool (*pack_append)(PackWriter *pack, StrView bytes, uint64_t *offset, Error *err);
	/*
	 * Keeps the output ranges (bytes in sum) as the data object number of this pack; out says where, its
	 * texts and ranges are in the arena; sha256 is left alone.
	 */
	bool (*pack_seal)(PackWriter *pack, uint32_t number, const PackRange *ranges, size_t range_count,
					  uint64_t bytes, Arena *arena, StoredBytes *out, Error *err);
	/* Makes pack and sealed objects durable, and frees the writer, also on failure. */
	bool (*pack_finish)(PackWriter *pack, Error *err);
	/* Forgets everything and frees the writer. */
	void (*pack_discard)(PackWriter *pack);

	/*
	 * Creates data objects from bytes that are kept in another store (or this one), several at a time where
	 * that helps, and checks their sha256 whenever it has to read them. Sets the result of each. Their names
	 * are durable after the next flush.
	 */
	bool (*publish)(ObjectStore *store, ObjectStore *from, Publication *items, size_t count, Error *err);
	bool (*flush)(ObjectStore *store, Error *err);
	void (*close)(ObjectStore *store);
};

/* How locations are opened; given to job_run by repl/. */
typedef struct StoreSet
{
	const StoreClass *const *classes;
	size_t count;
	const Fs *fs;
	FailurePoints *failure_points; /* NULL = none */
	/* Stand in for options where no statement gives them (the state), and bound memory and grace. NULL: there
	 * are none. */
	const Settings *settings;
	void (*notice)(void *context, const char *severity, const char *text); /* see StoreOpen */
	void *notice_context;
} StoreSet;

/* Opens a location by its scheme; a location without one is a directory ("file"). What the set has comes from
 * the set, but a notice only where open has none. */
extern bool store_open(const StoreSet *set, const StoreOpen *open, ObjectStore **out, Error *err) WARN_UNUSED;
extern void store_close(ObjectStore *store); /* NULL is allowed */

/* Whether reading goes on: false ends it, with the error that was set. */
typedef struct StoreGoOn
{
	const void *context;
	bool (*ask)(const void *context, Error *err);
} StoreGoOn;

/*
 * The sha256 of stored bytes as they are there, read a piece at a time. go_on is asked before each; NULL:
 * nobody is. *found is false when the object is gone, or went meanwhile; bytes that lack at its end are left
 * out.
 */
extern bool store_hash(ObjectStore *store, const StoredBytes *stored, const StoreGoOn *go_on,
					   uint8_t sha256[32], bool *found, Error *err) WARN_UNUSED;

/* Takes bytes in order; false ends it, with the error that was set. */
typedef struct StoreTaker
{
	void *context;
	bool (*take)(void *context, StrView bytes, Error *err);
} StoreTaker;

/* Hands on all stored bytes, a piece at a time; ranges that lie near each other are read at once. XX001 when
 * some are not there. What they are is not checked. */
extern bool store_read(ObjectStore *from, const StoredBytes *stored, const StoreTaker *taker,
					   Error *err) WARN_UNUSED;

/* Keys come from the program and from percent-encoded values: none may lead out of the location. 42602. */
extern bool store_check_key(const char *key, Error *err) WARN_UNUSED;

#endif
