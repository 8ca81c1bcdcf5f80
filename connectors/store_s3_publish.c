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
	READ_BYTES = 8 << 20, /* of the source at once */
	READ_GAP = 64 << 10,  /* bytes that are read and not used to save a read */
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

/* ---- reading the source ---- */

/* Where bytes of an object go, in order. */
typedef struct Taker
{
	void *context;
	bool (*take)(void *context, StrView bytes, Error *err);
} Taker;

static bool
damaged(ObjectStore *from, const char *key, const char *what, Error *err)
{
	return error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION, "stored object \"%s\" in \"%s\" %s", key,
					 from->location, what);
}

/* How many ranges from the first on are near enough to be read at once, and the end of the last. */
static size_t
count_near(const PackRange *ranges, size_t count, uint64_t *end)
{
	size_t n = 1;

	*end = ranges[0].offset + ranges[0].len;
	while (n < count && ranges[n].offset >= *end && ranges[n].offset - *end <= READ_GAP &&
		   ranges[n].offset + ranges[n].len - ranges[0].offset <= READ_BYTES)
	{
		*end = ranges[n].offset + ranges[n].len;
		n++;
	}
	return n;
}

static bool
read_span(ObjectStore *from, const char *key, uint64_t offset, uint64_t end, StrBuf *piece, Error *err)
{
	bool found;

	str_clear(piece);
	if (!from->class->get(from, key, offset, end - offset, piece, &found, err))
		return false;
	return (found && piece->len == end - offset) || damaged(from, key, "is missing or too short", err);
}

static bool
read_near(ObjectStore *from, const char *key, const PackRange *ranges, size_t count, uint64_t end,
		  StrBuf *piece, const Taker *taker, Error *err)
{
	uint64_t start = ranges[0].offset;

	/* A range by itself may be large. */
	for (; end - start > READ_BYTES; start += READ_BYTES)
		if (!read_span(from, key, start, start + READ_BYTES, piece, err) ||
			!taker->take(taker->context, str_view(piece), err))
			return false;
	if (!read_span(from, key, start, end, piece, err))
		return false;
	if (count == 1)
		return taker->take(taker->context, str_view(piece), err);
	for (size_t i = 0; i < count; i++)
		if (!taker->take(taker->context,
						 (StrView){piece->data + (ranges[i].offset - start), (size_t)ranges[i].len}, err))
			return false;
	return true;
}

/* Hands on all of an object, and checks what it was. */
static bool
read_stored(ObjectStore *from, const StoredBytes *bytes, const Taker *taker, Error *err)
{
	StrBuf piece = {0};
	bool ok = true;

	for (size_t i = 0, n; ok && i < bytes->range_count; i += n)
	{
		uint64_t end;

		n = count_near(bytes->ranges + i, bytes->range_count - i, &end);
		ok = read_near(from, bytes->key, bytes->ranges + i, n, end, &piece, taker, err);
	}
	str_free(&piece);
	return ok;
}

/* ---- names that exist ---- */

static bool
hash_object(S3Store *store, const char *key, uint64_t size, char sha256[HEX_SHA256], Error *err)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	StrBuf piece = {0};
	uint8_t digest[32];
	bool found = true, ok = true;

	EVP_DigestInit_ex(md, EVP_sha256(), NULL);
	for (uint64_t at = 0; ok && found && at < size; at += READ_BYTES)
	{
		str_clear(&piece);
		ok = s3_fetch(store, key, at, READ_BYTES, &piece, &found, err);
		EVP_DigestUpdate(md, str_cstr(&piece), piece.len);
	}
	EVP_DigestFinal_ex(md, digest, NULL);
	EVP_MD_CTX_free(md);
	str_free(&piece);
	hex_write(digest, sizeof digest, sha256);
	return ok;
}

static bool
compare(S3Store *store, const Publication *item, const char *sha256, PutResult *result, Error *err)
{
	S3Head head;

	if (!s3_head(store, item->key, &head, err))
		return false;
	if (!head.found)
		return error_set(err, SQLSTATE_IO_ERROR, NO_POSITION,
						 "object \"%s\" in \"%s\" was removed while it was compared", item->key,
						 store->base.location);
	if (head.size == item->bytes->bytes && head.sha256[0] == '\0' &&
		!hash_object(store, item->key, head.size, head.sha256, err))
		return false;
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
	ok = read_stored(p->from, item->bytes, &(Taker){&sending, send_bytes}, err);
	EVP_DigestFinal_ex(sending.md, digest, NULL);
	EVP_MD_CTX_free(sending.md);
	if (ok && memcmp(digest, item->bytes->sha256, sizeof digest) != 0)
		ok = damaged(p->from, item->bytes->key, "does not match its checksum", err);
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
	if (!read_stored(from, bytes, &(Taker){out, gather}, err))
		return false;
	EVP_Digest(str_cstr(out), out->len, digest, &len, EVP_sha256(), NULL);
	return (out->len == bytes->bytes && memcmp(digest, bytes->sha256, sizeof digest) == 0) ||
		   damaged(from, bytes->key, "does not match its checksum", err);
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
