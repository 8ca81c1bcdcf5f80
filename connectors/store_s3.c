/*
 * store_s3.c: objects in a bucket: create-only by If-None-Match, durable once S3 says so.
 *
 * The idea: S3 itself refuses the second create of a name (412), so one request is the commit; which of the
 * two it was after a lost reply is found out by reading: equal bytes are ours. Nothing locks: the chain of
 * manifests decides who writes. Requests go on for as long as the job may wait, so an outage is a delay.
 *
 * What it does not do: rename, copy, or rely on the order of what is listed.
 */
#include "connectors/store_s3.h"

#include <stdio.h>

#include "common/hex.h"
#include "common/memory.h"
#include "common/types/timestamp.h"
#include "common/units.h"
#include "connectors/s3_options.h"
#include "connectors/s3_place.h"
#include "connectors/s3_upload.h"
#include "connectors/s3_xml.h"

enum
{
	CONNECTIONS = 32,
	LEAST_MEMORY = 64 << 20,
	PROBE_ROUNDS = 5
};

/* Of a data location: a fixed name, which stays where deleting is forbidden. Readers of data folders pass
 * over names that begin with a dot, and it has no suffix that a load looks for. */
#define DATA_PROBE ".weir-probe"
#define STATE_PROBE "probe-" /* and a number, beside job.json */
#define PROBE_TEXT "Weir creates this object to see that no other can replace it.\n"

/* ---- opening ---- */

static bool
shared_engine(S3Stores *stores, HttpEngine **out, Error *err)
{
	bool ok = true;

	pthread_mutex_lock(&stores->lock);
	if (stores->http == NULL)
		ok = http_engine_open(CONNECTIONS, &stores->http, err);
	*out = stores->http;
	pthread_mutex_unlock(&stores->lock);
	return ok;
}

static void
tell(S3Store *store, const char *severity, const char *text)
{
	if (store->notice != NULL)
		store->notice(store->notice_context, severity, text);
}

/* For S3Open.trouble. */
static void
tell_trouble(void *context, int64_t since, const char *reason)
{
	S3Store *store = context;
	StrBuf text = {0};

	if (reason == NULL)
	{
		str_appendf(&text, "S3 location \"%s\" answers again", store->base.location);
		tell(store, "NOTICE", str_cstr(&text));
		str_free(&text);
		return;
	}
	str_appendf(&text, "S3 location \"%s\" has not answered for ", store->base.location);
	units_print_duration((clock_monotonic(store->clock) - since) / MICROS_PER_SECOND * MICROS_PER_SECOND,
						 &text);
	str_appendf(&text, ": %s", reason);
	tell(store, "WARNING", str_cstr(&text));
	str_free(&text);
}

static bool
open_identity(S3Store *store, const StoreOpen *open, const Options *options, HttpEngine *http, Error *err)
{
	AwsOpen aws = {.http = http, .clock = open->clock, .stop = open->stop, .grace = open->grace};
	S3Secrets secrets = {.key_id = {0}};
	bool ok = s3_options_identity(options, &aws, &secrets, err) &&
			  s3_identities_get(store->identities, &aws, &store->identity, err);

	s3_secrets_wipe(&secrets);
	return ok;
}

static bool
open_client(S3Store *store, const StoreOpen *open, const Options *options, HttpEngine *http, Error *err)
{
	S3Open s3 = {.bucket = store->bucket,
				 .endpoint = options_text(options, "s3.endpoint"),
				 .addressing = s3_options_addressing(options),
				 .allow_plaintext = options_boolean(options, "s3.allow_plaintext"),
				 .requester_pays = options_boolean(options, "s3.requester_pays"),
				 .http = http,
				 .clock = open->clock,
				 .random = random_system(),
				 .stop = open->stop,
				 .grace = open->grace,
				 .patience = INT64_MAX,
				 .trouble = tell_trouble,
				 .trouble_context = store};

	if (!open_identity(store, open, options, http, err))
		return false;
	s3.identity = aws_identity_share(store->identity->identity);
	if (s3_client_open(&s3, &store->client, err))
		return true;
	aws_identity_close(s3.identity);
	return false;
}

static bool
s3_open(const StoreClass *class, const StoreOpen *open, ObjectStore **out, Error *err)
{
	static const Options none = {0};
	const Options *options = open->options != NULL ? open->options : &none;
	S3Stores *stores = container_of(class, S3Stores, class);
	S3Store *store = mem_alloc_zero(sizeof *store);
	S3Place place;
	HttpEngine *http;

	store->base.class = class;
	arena_init(&store->arena, "S3 store");
	store->base.location = arena_strdup(&store->arena, open->location);
	store->identities = &stores->identities;
	store->clock = open->clock;
	store->points = open->failure_points;
	store->random = open->random;
	store->owner = arena_strdup(&store->arena, open->owner != NULL ? open->owner : "");
	store->shard = open->shard;
	store->restricted = open->restricted;
	store->memory = Max(open->memory, (uint64_t)LEAST_MEMORY);
	store->notice = open->notice;
	store->notice_context = open->notice_context;
	s3_recent_init(&store->recent, s3_share(store));
	*out = &store->base;
	if (s3_place_parse(open->location, &store->arena, &place, NO_POSITION, err) &&
		shared_engine(stores, &http, err))
	{
		store->bucket = place.bucket;
		store->prefix = place.prefix;
		store->header_count = s3_options_headers(options, &store->arena, &store->headers);
		if (open_client(store, open, options, http, err))
			return true;
	}
	class->close(*out);
	*out = NULL;
	return false;
}

static void
s3_close(ObjectStore *base)
{
	S3Store *store = s3_store(base);

	s3_client_close(store->client);
	s3_identities_put(store->identities, store->identity);
	s3_recent_release(&store->recent);
	arena_release(&store->arena);
	mem_free(store);
}

/* ---- listing ---- */

typedef struct Entry
{
	char *key;
	uint64_t size;
	int64_t modified;
} Entry;

/* What a listing has so far: the record that is being read, and those that are complete. */
typedef struct Listing
{
	S3Store *store;
	bool uploads; /* of multipart uploads, not of objects */
	StrBuf key;
	uint64_t size;
	int64_t modified;
	StrBuf upload_id;
	bool truncated;
	bool encoded;             /* keys of this page */
	bool whole;               /* the page was one, up to its end */
	StrBuf next, next_upload; /* where the next page begins */
	Entry *entries;
	size_t count;
	size_t capacity;
	char **ids; /* of uploads, as many as there are entries */
	size_t id_capacity;
} Listing;

/* Undoes encoding-type=url, which is asked for so that keys with bytes that XML can't hold come at all. */
static void
decode_key(StrView text, StrBuf *out)
{
	for (size_t i = 0; i < text.len; i++)
	{
		int high = text.data[i] == '%' && i + 2 < text.len ? hex_value(text.data[i + 1]) : -1;
		int low = high >= 0 ? hex_value(text.data[i + 2]) : -1;

		if (low >= 0)
		{
			str_append_char(out, (char)(high * 16 + low));
			i += 2;
		}
		else
			str_append_char(out, text.data[i] == '+' ? ' ' : text.data[i]);
	}
}

static void
set_text(StrBuf *to, StrView text)
{
	str_clear(to);
	str_append_view(to, text);
}

static void
end_record(Listing *listing)
{
	if (listing->uploads)
	{
		mem_grow(&listing->ids, &listing->id_capacity, listing->count, sizeof *listing->ids);
		listing->ids[listing->count] = mem_strdup(str_cstr(&listing->upload_id));
	}
	mem_grow(&listing->entries, &listing->capacity, listing->count, sizeof *listing->entries);
	listing->entries[listing->count++] =
		(Entry){mem_strdup(str_cstr(&listing->key)), listing->size, listing->modified};
}

static void
take_field(Listing *listing, const char *name, StrView text)
{
	bool zone;

	if (strcmp(name, "Key") == 0)
		set_text(&listing->key, text);
	else if (strcmp(name, "Size") == 0)
		listing->size = text.len > 0 ? strtoull(text.data, NULL, 10) : 0;
	else if (strcmp(name, "UploadId") == 0)
		set_text(&listing->upload_id, text);
	else if (strcmp(name, "LastModified") == 0 && !timestamp_parse_iso(text, NULL, &zone, &listing->modified))
		listing->modified = INT64_MAX; /* unknown: never old */
}

/* For s3_xml_read(): of both kinds of listing. */
static bool
take_element(void *context, const char *path, StrView text)
{
	Listing *listing = context;
	const char *record = listing->uploads ? "Upload" : "Contents";
	const char *root = listing->uploads ? "ListMultipartUploadsResult" : "ListBucketResult";
	size_t len = strlen(record);
	const char *slash = strchr(path, '/');
	const char *name = slash != NULL ? slash + 1 : "";

	if (strcmp(name, record) == 0)
		end_record(listing);
	else if (strncmp(name, record, len) == 0 && name[len] == '/')
		take_field(listing, name + len + 1, text);
	else if (strcmp(path, root) == 0)
		listing->whole = true;
	else if (strcmp(name, "IsTruncated") == 0)
		listing->truncated = str_equal(text, STR_LIT("true"));
	else if (strcmp(name, "NextContinuationToken") == 0)
		set_text(&listing->next, text);
	else if (strcmp(name, "EncodingType") == 0)
		listing->encoded = str_equal(text, STR_LIT("url"));
	else if (strcmp(name, "NextKeyMarker") == 0)
		set_text(&listing->next, text);
	else if (strcmp(name, "NextUploadIdMarker") == 0)
		set_text(&listing->next_upload, text);
	return true;
}

static void
free_listing(Listing *listing)
{
	for (size_t i = 0; i < listing->count; i++)
	{
		mem_free(listing->entries[i].key);
		if (listing->uploads)
			mem_free(listing->ids[i]);
	}
	mem_free(listing->entries);
	mem_free(listing->ids);
	str_free(&listing->key);
	str_free(&listing->upload_id);
	str_free(&listing->next);
	str_free(&listing->next_upload);
}

/* A key as it was made. Not every server encodes because it is asked to, and the reply says so anywhere in
 * it. */
static void
settle_key(const Listing *listing, const char *text, StrBuf *out)
{
	str_clear(out);
	if (listing->encoded)
		decode_key(str_from_cstr(text), out);
	else
		str_append_cstr(out, text);
}

/* Makes the keys of a page, which begins at that entry, relative to the location. */
static bool
settle_page(Listing *listing, size_t first, Error *err)
{
	size_t prefix = strlen(listing->store->prefix);
	StrBuf key = {0};
	bool ok = true;

	/* A page of something in between must not pass for an empty folder. */
	if (!listing->whole)
		return error_set(err, SQLSTATE_IO_ERROR, NO_POSITION, "the listing of \"%s\" is not one of S3",
						 listing->store->base.location);
	for (size_t i = first; i < listing->count; i++)
	{
		Entry *entry = &listing->entries[i];

		settle_key(listing, entry->key, &key);
		ok = ok && key.len > 0 && strncmp(key.data, listing->store->prefix, prefix) == 0;
		mem_free(entry->key);
		/* The location itself may be an object, of those that consoles make for folders. */
		entry->key = mem_strdup(ok && strlen(key.data) > prefix ? key.data + prefix : "/");
	}
	if (listing->uploads && listing->truncated)
	{
		settle_key(listing, str_cstr(&listing->next), &key);
		set_text(&listing->next, str_view(&key));
	}
	str_free(&key);
	/* The newest manifest is found by listing: half a list is none. */
	if (ok && (!listing->truncated || listing->next.len > 0))
		return true;
	return error_set(err, SQLSTATE_IO_ERROR, NO_POSITION, "the listing of \"%s\" %s",
					 listing->store->base.location,
					 ok ? "does not say how it goes on" : "has names that were not asked for");
}

/* One page. */
static bool
read_page(Listing *listing, const SigV4Parameter *parameters, size_t count, S3Reply *reply, Error *err)
{
	S3Store *store = listing->store;
	S3Request request = {.method = "GET", .parameters = parameters, .parameter_count = count};
	size_t first = listing->count;

	if (!s3_perform(store->client, &request, reply, err))
		return false;
	/* Until then the request has them. */
	listing->truncated = listing->encoded = listing->whole = false;
	str_clear(&listing->next);
	str_clear(&listing->next_upload);
	if (reply->status / 100 != 2)
		return s3_failed(store->client, &request, reply, err);
	return s3_xml_read(str_view(&reply->http.body), take_element, listing, err) &&
		   settle_page(listing, first, err);
}

/* Who is told of the objects, and how. */
typedef struct Telling
{
	StoreVisitor visit;
	void *context;
	bool ended; /* by the visitor */
} Telling;

static int
compare_entries(const void *a, const void *b)
{
	return strcmp(((const Entry *)a)->key, ((const Entry *)b)->key);
}

/* Tells what was read so far, and forgets it. */
static void
tell_entries(Listing *listing, Telling *telling)
{
	/* Some servers list in another order, and pages may overlap what was made meanwhile. */
	if (listing->count > 1)
		qsort(listing->entries, listing->count, sizeof *listing->entries, compare_entries);
	for (size_t i = 0; i < listing->count; i++)
	{
		const Entry *entry = &listing->entries[i];
		size_t len = strlen(entry->key);

		/* Consoles make folders as empty objects whose name ends in '/'. */
		if (!telling->ended && entry->key[len - 1] != '/' && strcmp(entry->key, DATA_PROBE) != 0)
			telling->ended =
				!telling->visit(telling->context, &(StoreEntry){entry->key, entry->size, entry->modified});
		mem_free(entry->key);
	}
	listing->count = 0;
}

/* A recursive listing may be of millions: it is told page by page. */
static bool
read_objects(Listing *listing, const char *whole_prefix, bool recursive, Telling *telling, Error *err)
{
	bool ok = true;

	do
	{
		SigV4Parameter parameters[5] = {
			{"list-type", "2"}, {"prefix", whole_prefix}, {"encoding-type", "url"}};
		size_t count = 3;
		S3Reply reply = {0};

		if (!recursive)
			parameters[count++] = (SigV4Parameter){"delimiter", "/"};
		if (listing->truncated)
			parameters[count++] = (SigV4Parameter){"continuation-token", listing->next.data};
		ok = read_page(listing, parameters, count, &reply, err);
		s3_reply_free(&reply);
		if (ok && recursive)
			tell_entries(listing, telling);
	} while (ok && !telling->ended && listing->truncated);
	if (ok)
		tell_entries(listing, telling);
	return ok;
}

static bool
s3_list(ObjectStore *base, const char *prefix, bool recursive, StoreVisitor visit, void *context, Error *err)
{
	S3Store *store = s3_store(base);
	Listing listing = {.store = store};
	Telling telling = {.visit = visit, .context = context};
	StrBuf whole = {0};
	bool ok;

	str_appendf(&whole, "%s%s", store->prefix, prefix);
	ok = read_objects(&listing, str_cstr(&whole), recursive, &telling, err);
	free_listing(&listing);
	str_free(&whole);
	return ok;
}

/* ---- sweeping ---- */

static bool s3_remove(ObjectStore *base, const char *key, Error *err);

/* MinIO lists the uploads of whole names only, so none are found there; it removes them by itself after a
 * day. */

/* Whether an upload's name is of this owner and shard: below a state everything in the shard's folder, else
 * what carries the job's uuid (output_path.h). */
static bool
is_ours(const S3Store *store, const char *key)
{
	const char *slash = strrchr(key, '/');
	const char *name = slash != NULL ? slash + 1 : key;
	char mark[32];

	if (store->restricted)
	{
		snprintf(mark, sizeof mark, "s%d/", store->shard);
		return strncmp(key, mark, strlen(mark)) == 0;
	}
	snprintf(mark, sizeof mark, "-%.8s-", store->owner);
	name = strstr(name, mark);
	snprintf(mark, sizeof mark, "-s%de", store->shard);
	return name != NULL && strstr(name, mark) != NULL;
}

static bool
read_uploads(Listing *listing, Error *err)
{
	bool ok = true;

	do
	{
		SigV4Parameter parameters[5] = {
			{"uploads", ""}, {"prefix", listing->store->prefix}, {"encoding-type", "url"}};
		size_t count = 3;
		S3Reply reply = {0};

		if (listing->truncated)
		{
			parameters[count++] = (SigV4Parameter){"key-marker", listing->next.data};
			parameters[count++] = (SigV4Parameter){"upload-id-marker", str_cstr(&listing->next_upload)};
		}
		ok = read_page(listing, parameters, count, &reply, err);
		s3_reply_free(&reply);
	} while (ok && listing->truncated);
	return ok;
}

/* Not every server can list uploads and not everybody may: then they cost money until a rule of the bucket
 * removes them, but no row. */
static bool
forgive(S3Store *store, Error *err)
{
	StrBuf text = {0};

	if (err->retriable)
		return false;
	str_appendf(&text, "uploads that an earlier process left in \"%s\" can't be found: %s",
				store->base.location, err->message);
	error_clear(err);
	tell(store, "NOTICE", str_cstr(&text));
	str_free(&text);
	return true;
}

typedef struct ProbeSweep
{
	ObjectStore *store;
	Error *err;
	bool ok;
} ProbeSweep;

static bool
remove_probe(void *context, const StoreEntry *entry)
{
	ProbeSweep *sweep = context;

	if (strncmp(entry->key, STATE_PROBE, strlen(STATE_PROBE)) == 0)
		sweep->ok = s3_remove(sweep->store, entry->key, sweep->err);
	return sweep->ok;
}

/* What a start that was killed in its probe left beside a state. */
static bool
sweep_probes(ObjectStore *base, Error *err)
{
	ProbeSweep sweep = {.store = base, .err = err, .ok = true};

	return !s3_store(base)->restricted || (s3_list(base, "", false, remove_probe, &sweep, err) && sweep.ok);
}

static bool
s3_sweep(ObjectStore *base, Error *err)
{
	S3Store *store = s3_store(base);
	Listing listing = {.store = store, .uploads = true};
	bool ok = read_uploads(&listing, err);

	for (size_t i = 0; ok && i < listing.count; i++)
		if (is_ours(store, listing.entries[i].key))
		{
			StrBuf whole = {0};

			str_appendf(&whole, "%s%s", store->prefix, listing.entries[i].key);
			s3_upload_abort(store, str_cstr(&whole), listing.ids[i]);
			str_free(&whole);
		}
	free_listing(&listing);
	return (ok || forgive(store, err)) && sweep_probes(base, err);
}

/* ---- objects ---- */

static bool
create(S3Store *store, const char *key, StrView bytes, bool if_absent, bool *created, Error *err)
{
	S3Put put = {.key = key, .body = bytes, .if_absent = if_absent};
	S3Call *call;

	return s3_put_begin(store, &put, &call, err) && s3_put_end(store, call, created, err);
}

static bool
s3_put_if_absent(ObjectStore *base, const char *key, StrView bytes, PutResult *result, Error *err)
{
	S3Store *store = s3_store(base);
	StrBuf there = {0};
	bool created, found;
	bool ok = create(store, key, bytes, true, &created, err);

	*result = PUT_CREATED;
	if (ok && !created)
	{
		/* Ours after a lost reply, or another's. */
		ok = s3_fetch(store, key, 0, UINT64_MAX, &there, &found, err);
		*result = found && str_equal(str_view(&there), bytes) ? PUT_SAME : PUT_CLASH;
		str_free(&there);
	}
	return ok;
}

static bool
s3_put(ObjectStore *base, const char *key, StrView bytes, Error *err)
{
	bool created;

	return create(s3_store(base), key, bytes, false, &created, err);
}

/* A range of one object: from memory, or from S3. */
static bool
read_object(S3Store *store, const char *key, uint64_t offset, uint64_t len, StrBuf *out, bool *found,
			Error *err)
{
	*found = s3_recent_get(&store->recent, key, offset, len, out);
	return *found || s3_fetch(store, key, offset, len, out, found, err);
}

static bool
s3_get(ObjectStore *base, const char *key, uint64_t offset, uint64_t len, StrBuf *out, bool *found,
	   Error *err)
{
	S3Store *store = s3_store(base);
	bool ok = true;

	if (!s3_is_segmented(key))
		return read_object(store, key, offset, len, out, found, err);
	for (*found = true; ok && *found && len > 0;)
	{
		uint64_t within = offset % S3_PIECE;
		uint64_t n = Min(len, S3_PIECE - within);
		char *segment = s3_segment_key(key, offset / S3_PIECE);

		ok = read_object(store, segment, within, n, out, found, err);
		mem_free(segment);
		offset += n;
		len -= n;
	}
	return ok;
}

static bool
s3_remove(ObjectStore *base, const char *key, Error *err)
{
	S3Store *store = s3_store(base);
	S3Request request = {.method = "DELETE"};
	S3Reply reply = {0};
	char *whole;
	bool ok;

	if (!s3_key(store, key, &whole, err))
		return false;
	s3_recent_forget(&store->recent, key);
	request.key = whole;
	ok = s3_call(store, &request, FAIL_s3_remove, &reply, err);
	if (ok && reply.status / 100 != 2 && reply.status != 404)
		ok = s3_failed(store->client, &request, &reply, err);
	s3_reply_free(&reply);
	mem_free(whole);
	return ok;
}

/* ---- safety ---- */

static bool
unsafe(S3Store *store, const char *what, Error *err)
{
	error_set(err, SQLSTATE_UNSAFE_STORE, NO_POSITION, "the S3 server of \"%s\" %s", store->base.location,
			  what);
	error_detail(err, "Without that, rows could be lost or doubled after a crash.");
	return error_hint(err,
					  "Use a server that obeys \"If-None-Match: *\" of PutObject, as Amazon S3 does; some "
					  "gateways and old versions of others ignore it.");
}

/* Creates the object twice; *refused when the second time was. */
static bool
create_twice(S3Store *store, const char *key, bool *refused, Error *err)
{
	bool created = false;
	bool ok = create(store, key, STR_LIT(PROBE_TEXT), true, &created, err);

	/* Of a fixed name, the first create may be the one that is refused: it was there before. */
	*refused = ok && !created;
	if (ok && created)
	{
		ok = create(store, key, STR_LIT(PROBE_TEXT), true, &created, err);
		*refused = ok && !created;
	}
	return ok;
}

/* One round of the probe; *wrong says what is, NULL = nothing. */
static bool
probe_round(S3Store *store, const char *key, const char **wrong, Error *err)
{
	StrBuf text = {0};
	bool refused = false, found = false;
	bool ok = create_twice(store, key, &refused, err);

	*wrong = refused ? NULL : "does not refuse to create a name that exists";
	if (ok && refused)
	{
		ok = s3_fetch(store, key, 0, UINT64_MAX, &text, &found, err);
		if (!found || !str_equal(str_view(&text), STR_LIT(PROBE_TEXT)))
			*wrong = "does not return what was just written";
	}
	str_free(&text);
	return ok;
}

static bool
s3_probe(ObjectStore *base, Error *err)
{
	S3Store *store = s3_store(base);
	char key[64] = DATA_PROBE;
	const char *wrong = "";
	bool ok = true;

	if (store->restricted)
		snprintf(key, sizeof key, STATE_PROBE "%016" PRIx64, random_u64(store->random));
	/* Another job that probes the same place may remove the object between two requests: hence some rounds.
	 */
	for (int i = 0; ok && wrong != NULL && i < PROBE_ROUNDS; i++)
		ok = probe_round(store, key, &wrong, err);
	if (ok && wrong != NULL)
		ok = unsafe(store, wrong, err);
	if (ok && !s3_remove(base, key, err))
	{
		/* Where data lie, deleting may be forbidden: then the next probe finds the object and is content. */
		ok = !store->restricted && !err->retriable;
		if (ok)
			error_clear(err);
	}
	return ok;
}

static bool
s3_flush(ObjectStore *base UNUSED, Error *err UNUSED)
{
	return true;
}

/* ---- the class ---- */

void
s3_stores_init(S3Stores *stores)
{
	size_t option_count;
	const OptionInfo *options = s3_options(&option_count);

	stores->class = (StoreClass){
		.info = {.name = "s3",
				 .kind = CONNECTOR_STORE,
				 .options = options,
				 .option_count = option_count,
				 .place = s3_place,
				 .check_location = s3_options_check,
				 .describe = s3_options_describe},
		.open = s3_open,
		.sweep = s3_sweep,
		.probe = s3_probe,
		.put_if_absent = s3_put_if_absent,
		.put = s3_put,
		.get = s3_get,
		.list = s3_list,
		.remove = s3_remove,
		.pack_begin = s3_pack_begin,
		.pack_append_output = s3_pack_append_output,
		.pack_read_output = s3_pack_read_output,
		.pack_append = s3_pack_append,
		.pack_seal = s3_pack_seal,
		.pack_finish = s3_pack_finish,
		.pack_discard = s3_pack_discard,
		.publish = s3_publish,
		.flush = s3_flush,
		.close = s3_close,
	};
	pthread_mutex_init(&stores->lock, NULL);
	s3_identities_init(&stores->identities);
	stores->http = NULL;
}

void
s3_stores_release(S3Stores *stores)
{
	s3_identities_release(&stores->identities);
	http_engine_close(stores->http);
	stores->http = NULL;
	pthread_mutex_destroy(&stores->lock);
}
