/*
 * store_s3_publish.c: data objects to S3, several at a time.
 *
 * The idea: an object's bytes are read from where they were sealed, which for what was just uploaded is this
 * process's memory; their sha256 is checked here, and by S3, which gets it as the payload's. Up to a number
 * of objects and bytes are on their way at once; a large one goes in parts. A name that exists is ours if its
 * size and the sha256 in its metadata (or, without that, of its bytes) are the object's.
 */
#include <openssl/evp.h>
#include <stdio.h>

#include "common/hex.h"
#include "common/memory.h"
#include "connectors/s3_upload.h"
#include "executor/manifest.h"

enum
{
	UPLOAD_ROUNDS = 3
};

/* One object that is on its way. */
typedef struct Flight
{
	Publication *item;
	StrBuf body;
	S3Call *call;
	char sha256[HEX_SHA256];
} Flight;

/* One call of s3_publish(). Invariant: flights[first .. first + count) are on their way, modulo the ring. */
typedef struct Publishing
{
	S3Store *store;
	ObjectStore *from;
	Flight flights[S3_IN_FLIGHT];
	size_t first;
	size_t count;
	uint64_t bytes;
} Publishing;

static bool
mismatch(ObjectStore *from, const StoredBytes *bytes, Error *err)
{
	return error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION,
					 "stored object \"%s\" in \"%s\" does not match its checksum", bytes->key,
					 from->location);
}

/* ---- names that exist ---- */

static bool
hash_object(S3Store *store, const char *key, uint64_t size, char sha256[HEX_SHA256], bool *found, Error *err)
{
	PackRange whole = {.offset = 0, .len = size};
	StoredBytes stored = {.key = key, .range_count = 1, .ranges = &whole, .bytes = size};
	uint8_t digest[32];

	if (!store_hash(&store->base, &stored, NULL, digest, found, err))
		return false;
	hex_write(digest, sizeof digest, sha256);
	return true;
}

static bool
compare(S3Store *store, const Publication *item, const char *sha256, PutResult *result, Error *err)
{
	S3Head head;

	if (!s3_head(store, item->key, &head, err))
		return false;
	if (head.found && head.size == item->bytes->bytes && head.sha256[0] == '\0' &&
		!hash_object(store, item->key, head.size, head.sha256, &head.found, err))
		return false;
	if (!head.found)
		return error_set(err, SQLSTATE_IO_ERROR, NO_POSITION,
						 "object \"%s\" in \"%s\" was removed while it was compared", item->key,
						 store->base.location);
	*result = head.size == item->bytes->bytes && strcmp(head.sha256, sha256) == 0 ? PUT_SAME : PUT_CLASH;
	return true;
}

/* ---- large objects ---- */

/* Hashes and uploads what is read. */
typedef struct Sending
{
	S3Upload *upload;
	EVP_MD_CTX *md;
} Sending;

static bool
send_bytes(void *context, StrView bytes, Error *err)
{
	Sending *sending = context;

	EVP_DigestUpdate(sending->md, bytes.data, bytes.len);
	return s3_upload_append(sending->upload, bytes, err);
}

static bool
upload_large(Publishing *p, const Publication *item, const char *sha256, S3Uploaded *uploaded, Error *err)
{
	S3UploadOpen open = {.key = item->key,
						 .size = item->bytes->bytes,
						 .limit = S3_SINGLE_MAX,
						 .if_absent = true,
						 .sha256 = sha256};
	Sending sending = {.upload = s3_upload_begin(p->store, &open), .md = EVP_MD_CTX_new()};
	uint8_t digest[32];
	bool ok;

	EVP_DigestInit_ex(sending.md, EVP_sha256(), NULL);
	ok = store_read(p->from, item->bytes, &(StoreTaker){&sending, send_bytes}, err);
	EVP_DigestFinal_ex(sending.md, digest, NULL);
	EVP_MD_CTX_free(sending.md);
	if (ok && memcmp(digest, item->bytes->sha256, sizeof digest) != 0)
		ok = mismatch(p->from, item->bytes, err);
	if (ok)
		return s3_upload_finish(sending.upload, uploaded, err);
	s3_upload_discard(sending.upload);
	return false;
}

static bool
publish_large(Publishing *p, Publication *item, const char *sha256, Error *err)
{
	S3Uploaded uploaded = S3_UPLOAD_LOST;

	for (int i = 0; uploaded == S3_UPLOAD_LOST && i < UPLOAD_ROUNDS; i++)
		if (!upload_large(p, item, sha256, &uploaded, err))
			return false;
	item->result = PUT_CREATED;
	if (uploaded == S3_UPLOADED)
		return true;
	if (uploaded == S3_UPLOAD_EXISTS)
		return compare(p->store, item, sha256, &item->result, err);
	return error_set(err, SQLSTATE_IO_ERROR, NO_POSITION, "the upload of object \"%s\" to \"%s\" was lost",
					 item->key, p->store->base.location);
}

/* ---- objects of one request ---- */

static bool
gather(void *context, StrView bytes, Error *err UNUSED)
{
	str_append_view(context, bytes);
	return true;
}

static bool
read_whole(ObjectStore *from, const StoredBytes *bytes, StrBuf *out, Error *err)
{
	uint8_t digest[32];
	unsigned len = sizeof digest;

	str_reserve(out, (size_t)bytes->bytes);
	if (!store_read(from, bytes, &(StoreTaker){out, gather}, err))
		return false;
	EVP_Digest(str_cstr(out), out->len, digest, &len, EVP_sha256(), NULL);
	return (out->len == bytes->bytes && memcmp(digest, bytes->sha256, sizeof digest) == 0) ||
		   mismatch(from, bytes, err);
}

static bool
after_item(Publishing *p, const Publication *item, Error *err)
{
	int struck = failure_after(p->store->points, FAIL_publish);

	return struck == 0 || fs_error(err, struck, "create", item->key);
}

/* Waits for the oldest one. */
static bool
end_flight(Publishing *p, Error *err)
{
	Flight *flight = &p->flights[p->first];
	Publication *item = flight->item;
	bool created, ok;

	p->first = (p->first + 1) % S3_IN_FLIGHT;
	p->count--;
	p->bytes -= item->bytes->bytes;
	item->result = PUT_CREATED;
	ok = s3_put_end(p->store, flight->call, &created, err) &&
		 (created || compare(p->store, item, flight->sha256, &item->result, err)) && after_item(p, item, err);
	str_free(&flight->body);
	return ok;
}

static bool
begin_flight(Publishing *p, Publication *item, const char *sha256, Error *err)
{
	Flight *flight = &p->flights[(p->first + p->count) % S3_IN_FLIGHT];
	S3Put put = {.key = item->key, .if_absent = true};

	*flight = (Flight){.item = item};
	memcpy(flight->sha256, sha256, HEX_SHA256);
	put.sha256 = flight->sha256;
	if (read_whole(p->from, item->bytes, &flight->body, err))
	{
		put.body = str_view(&flight->body);
		if (s3_put_begin(p->store, &put, &flight->call, err))
		{
			p->count++;
			p->bytes += item->bytes->bytes;
			return true;
		}
	}
	str_free(&flight->body);
	return false;
}

static bool
publish_item(Publishing *p, Publication *item, Error *err)
{
	char sha256[HEX_SHA256];
	int struck = failure_before(p->store->points, FAIL_publish);

	if (struck < 0)
		return fs_error(err, struck, "create", item->key);
	hex_write(item->bytes->sha256, 32, sha256);
	if (item->bytes->bytes > S3_SINGLE_MAX)
		return publish_large(p, item, sha256, err) && after_item(p, item, err);
	while (p->count > 0 && (p->count == S3_IN_FLIGHT || p->bytes + item->bytes->bytes > s3_share(p->store)))
		if (!end_flight(p, err))
			return false;
	return begin_flight(p, item, sha256, err);
}

/* What is on its way when something else fails is cancelled: the next start publishes it. */
static void
cancel_flights(Publishing *p)
{
	for (; p->count > 0; p->count--, p->first = (p->first + 1) % S3_IN_FLIGHT)
	{
		s3_call_free(p->flights[p->first].call);
		str_free(&p->flights[p->first].body);
	}
}

bool
s3_publish(ObjectStore *base, ObjectStore *from, Publication *items, size_t count, Error *err)
{
	Publishing p = {.store = s3_store(base), .from = from};
	bool ok = true;

	for (size_t i = 0; ok && i < count; i++)
		ok = publish_item(&p, &items[i], err);
	while (ok && p.count > 0)
		ok = end_flight(&p, err);
	cancel_flights(&p);
	return ok;
}
