/*
 * s3_calls.h: the S3 store's own state, and its requests with their failure points.
 *
 * The idea: every request that changes the bucket goes through one of these functions, so that none escapes
 * the kill tests; what the S3 client calls an answer is judged here: created, already there, or a failure.
 * Keys are relative to the store's location, as everywhere. Shared by store_s3*.c and s3_upload.c only.
 *
 * Threads: any, but for s3_recent_*, which say so themselves.
 */
#ifndef WEIR_CONNECTORS_S3_CALLS_H
#define WEIR_CONNECTORS_S3_CALLS_H

#include "common/hex.h"
#include "connectors/s3_client.h"
#include "connectors/s3_identity.h"
#include "connectors/s3_recent.h"
#include "executor/store.h"

enum
{
	S3_PIECE = 8 << 20,       /* bytes of a segment, and least bytes of a part */
	S3_SINGLE_MAX = 64 << 20, /* bytes of an object that one request makes */
	S3_HEADER_MAX = 24,
	S3_IN_FLIGHT = 16, /* requests of one kind at once */
	S3_SHARES = 4      /* of a store's memory: one for each kind of use */
};

typedef struct S3Store
{
	ObjectStore base;
	Arena arena; /* of the texts below */
	S3Client *client;
	S3Identities *identities; /* of all stores */
	S3Identity *identity;     /* of this one */
	const Clock *clock;
	FailurePoints *points;
	Random *random;
	const char *bucket;
	const char *prefix; /* of all keys: "" or ends in '/' */
	const char *owner;
	int shard;
	bool restricted;
	const HttpHeader *headers; /* of every new object */
	size_t header_count;
	/* In s3_share()s: output segments, state on its way, data objects on their way, what is kept of recent
	 * uploads. */
	uint64_t memory;
	S3Recent recent; /* bytes of packs that were just uploaded */
	void (*notice)(void *context, const char *severity, const char *text);
	void *notice_context;
} S3Store;

static inline S3Store *
s3_store(ObjectStore *store)
{
	return container_of(store, S3Store, base);
}

/* Bytes that one kind of use may take. A single object or part that is larger goes alone. */
static inline uint64_t
s3_share(const S3Store *store)
{
	return store->memory / S3_SHARES;
}

/* Headers of a request that is being made; the values live as long as it. */
typedef struct S3Headers
{
	HttpHeader items[S3_HEADER_MAX];
	size_t count;
	char checksum[12];
} S3Headers;

extern void s3_header(S3Headers *headers, const char *name, const char *value);
/* What every new object gets, and its content type by the key's end. */
extern void s3_object_headers(const S3Store *store, const char *key, S3Headers *headers);
/* x-amz-checksum-crc32c of a body. */
extern void s3_checksum_header(S3Headers *headers, StrView body);

/* Heap text: the key within the bucket. False: 1,024 bytes are not enough for it. */
extern bool s3_key(const S3Store *store, const char *key, char **out, Error *err) WARN_UNUSED;

/* An object to be made by one request. */
typedef struct S3Put
{
	const char *key;
	StrView body; /* stays until the call has ended */
	bool if_absent;
	const char *sha256; /* of the body, hexadecimal: goes along as metadata; NULL = it does not */
} S3Put;

extern bool s3_put_begin(S3Store *store, const S3Put *put, S3Call **out, Error *err) WARN_UNUSED;
/* Waits, and frees the call. *created is false when the name exists, which is no failure with if_absent. */
extern bool s3_put_end(S3Store *store, S3Call *call, bool *created, Error *err) WARN_UNUSED;

/* One request with its failure point; the answer is the caller's to judge, as of s3_wait(). */
extern bool s3_call(S3Store *store, const S3Request *request, FailurePoint point, S3Reply *reply,
					Error *err) WARN_UNUSED;
extern bool s3_struck(int struck, const S3Request *request, Error *err);

/* Appends up to len bytes of one stored object from offset. */
extern bool s3_fetch(S3Store *store, const char *key, uint64_t offset, uint64_t len, StrBuf *out, bool *found,
					 Error *err) WARN_UNUSED;
/* Size and sha256 (metadata, "" when there is none) of an object. */
typedef struct S3Head
{
	bool found;
	uint64_t size;
	char sha256[HEX_SHA256];
} S3Head;
extern bool s3_head(S3Store *store, const char *key, S3Head *out, Error *err) WARN_UNUSED;

/*
 * Output that did not fit one request lies in segments of S3_PIECE bytes, objects "<key>.00000" and so on,
 * where key ends in ".out"; to get() they are one object of that key.
 */
extern bool s3_is_segmented(const char *key);
/* Heap text. */
extern char *s3_segment_key(const char *key, uint64_t number);

/* The pack half of the class table (store_s3_pack.c), and publishing (store_s3_publish.c). */
extern bool s3_pack_begin(ObjectStore *store, const char *key, PackWriter **out, Error *err);
extern bool s3_pack_append_output(PackWriter *pack, const void *data, size_t len, uint64_t *offset,
								  Error *err);
extern bool s3_pack_read_output(PackWriter *pack, uint64_t offset, void *data, size_t len, Error *err);
extern bool s3_pack_append(PackWriter *pack, StrView bytes, uint64_t *offset, Error *err);
extern bool s3_pack_seal(PackWriter *pack, uint32_t number, const PackRange *ranges, size_t range_count,
						 uint64_t bytes, Arena *arena, StoredBytes *out, Error *err);
extern bool s3_pack_finish(PackWriter *pack, Error *err);
extern void s3_pack_discard(PackWriter *pack);
extern bool s3_publish(ObjectStore *store, ObjectStore *from, Publication *items, size_t count, Error *err);

#endif
