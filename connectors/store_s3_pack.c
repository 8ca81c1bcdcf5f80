/*
 * store_s3_pack.c: packs of the S3 store: output that is uploaded while the epoch runs, and state.
 *
 * The idea: output fragments of an epoch arrive in any order and belong to objects that are known only at the
 * cut, when their bytes are read once more for the checksum. So output is cut into segments of a fixed size,
 * objects of their own beside the pack: each is uploaded as soon as it is full, by the S3 client's thread,
 * and can be read back before the pack is whole, which the parts of a multipart upload can't. They stay in
 * memory up to a bound; appends wait when it is reached. Sealing copies nothing: a data object is ranges of
 * the segments, and these are litter once it is published.
 *
 * What is no more than one segment goes in front of the state in the pack itself, so that a small epoch costs
 * one request. State and footer are one object, multipart when it is large.
 *
 * Packs have unique names, so they are created without a condition: a repeated request writes the same bytes.
 */
#include <pthread.h>

#include "common/memory.h"
#include "connectors/s3_upload.h"

enum
{
	READ_AHEAD = 4 << 20 /* of a segment that is read back in sequence */
};

/* Invariant: all segments but the last are full. */
typedef struct Segment
{
	char *key;
	StrBuf bytes; /* empty once it was let go of */
	S3Call *call; /* while it is on its way */
	bool sent;    /* on S3 */
} Segment;

/*
 * Invariants: segments before oldest are sent; a segment is begun to be sent when the next one is needed, or
 * by pack_finish; held is the sum of the capacities in memory. Once frozen, the pack's object begins with the
 * first `front` bytes of the output.
 */
typedef struct S3Pack
{
	PackWriter base;
	char *key;
	char *output_key; /* what the segments are together */
	pthread_mutex_t lock;
	Segment *segments;
	size_t count;
	size_t capacity;
	size_t begun;  /* segments before it are on their way or sent */
	size_t oldest; /* segments before it are sent */
	size_t kept;   /* segments before it were let go of */
	uint64_t output_len;
	bool failed; /* something was lost: nothing is taken any more */
	bool frozen;
	uint64_t front;
	bool needs_segments; /* a sealed object lies in them */
	S3Upload *upload;    /* the pack's object; NULL until frozen */
	StrBuf ahead;        /* bytes that were read back, from ahead_at on */
	uint64_t ahead_at;
	uint64_t read_end; /* where the last read ended */
} S3Pack;

static S3Pack *
s3_pack(PackWriter *pack)
{
	return container_of(pack, S3Pack, base);
}

static S3Store *
store_of(S3Pack *pack)
{
	return s3_store(pack->base.store);
}

bool
s3_pack_begin(ObjectStore *store, const char *key, PackWriter **out, Error *err UNUSED)
{
	S3Pack *pack = mem_alloc_zero(sizeof *pack);
	StrBuf output_key = {0};

	str_appendf(&output_key, "%s.out", key);
	pack->base.store = store;
	pack->key = mem_strdup(key);
	pack->output_key = output_key.data;
	pthread_mutex_init(&pack->lock, NULL);
	*out = &pack->base;
	return true;
}

/* ---- segments ---- */

static bool
begin_segment(S3Pack *pack, Error *err)
{
	Segment *segment = &pack->segments[pack->begun];
	S3Put put = {.key = segment->key, .body = str_view(&segment->bytes)};

	if (!s3_put_begin(store_of(pack), &put, &segment->call, err))
		return false;
	pack->begun++;
	return true;
}

/* Waits for the oldest segment that is on its way. */
static bool
end_segment(S3Pack *pack, Error *err)
{
	Segment *segment = &pack->segments[pack->oldest];
	S3Call *call = segment->call;
	bool created;

	segment->call = NULL;
	pack->oldest++;
	segment->sent = s3_put_end(store_of(pack), call, &created, err);
	return segment->sent;
}

static uint64_t
held(const S3Pack *pack)
{
	return (uint64_t)(pack->count - pack->kept) * S3_PIECE;
}

/* Makes room for one more segment: those that are on S3 are let go of, oldest first. */
static bool
make_room(S3Pack *pack, Error *err)
{
	while (pack->begun - pack->oldest >= S3_IN_FLIGHT)
		if (!end_segment(pack, err))
			return false;
	while (pack->kept < pack->begun && held(pack) + S3_PIECE > s3_share(store_of(pack)))
	{
		if (pack->oldest == pack->kept && !end_segment(pack, err))
			return false;
		str_free(&pack->segments[pack->kept++].bytes);
	}
	return true;
}

static bool
add_segment(S3Pack *pack, Error *err)
{
	if (pack->count > 0 && !begin_segment(pack, err))
		return false;
	if (!make_room(pack, err))
		return false;
	mem_grow(&pack->segments, &pack->capacity, pack->count, sizeof *pack->segments);
	pack->segments[pack->count] = (Segment){.key = s3_segment_key(pack->output_key, pack->count)};
	pack->count++;
	return true;
}

static bool
append_output(S3Pack *pack, StrView bytes, Error *err)
{
	while (bytes.len > 0)
	{
		StrBuf *last = pack->count > 0 ? &pack->segments[pack->count - 1].bytes : NULL;
		size_t n;

		if (last == NULL || last->len == S3_PIECE)
		{
			if (!add_segment(pack, err))
				return false;
			last = &pack->segments[pack->count - 1].bytes;
		}
		n = Min(bytes.len, S3_PIECE - last->len);
		str_append(last, bytes.data, n);
		pack->output_len += n;
		bytes = (StrView){bytes.data + n, bytes.len - n};
	}
	return true;
}

/* Under the lock. Whoever comes after a failure, another worker perhaps, finds segments that do not fit. */
static bool
is_usable(const S3Pack *pack, Error *err)
{
	return !pack->failed || error_set(err, SQLSTATE_IO_ERROR, NO_POSITION,
									  "pack \"%s\" in \"%s\" is given up: a part of it could not be written",
									  pack->key, pack->base.store->location);
}

bool
s3_pack_append_output(PackWriter *base, const void *data, size_t len, uint64_t *offset, Error *err)
{
	S3Pack *pack = s3_pack(base);
	bool ok;

	pthread_mutex_lock(&pack->lock);
	*offset = pack->output_len;
	ok = is_usable(pack, err) && append_output(pack, (StrView){data, len}, err);
	pack->failed = !ok;
	pthread_mutex_unlock(&pack->lock);
	return ok;
}

/* Reads from a segment that is no longer in memory. */
static bool
read_back(S3Pack *pack, const Segment *segment, uint64_t offset, uint64_t within, size_t len, char *data,
		  Error *err)
{
	/* Objects of one partition are read in sequence; those of many are not, and then nothing goes to waste.
	 */
	uint64_t want = offset == pack->read_end ? Max((uint64_t)len, (uint64_t)READ_AHEAD) : len;
	bool found;

	if (offset < pack->ahead_at || offset + len > pack->ahead_at + pack->ahead.len)
	{
		str_clear(&pack->ahead);
		pack->ahead_at = offset;
		if (!s3_fetch(store_of(pack), segment->key, within, Min(want, S3_PIECE - within), &pack->ahead,
					  &found, err))
			return false;
		if (pack->ahead.len < len)
			return error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION,
							 "object \"%s\" in \"%s\" is missing or too short", segment->key,
							 pack->base.store->location);
	}
	memcpy(data, pack->ahead.data + (offset - pack->ahead_at), len);
	return true;
}

bool
s3_pack_read_output(PackWriter *base, uint64_t offset, void *data, size_t len, Error *err)
{
	S3Pack *pack = s3_pack(base);
	char *to = data;
	bool ok = true;

	pthread_mutex_lock(&pack->lock);
	assert(offset + len <= pack->output_len);
	while (ok && len > 0)
	{
		const Segment *segment = &pack->segments[offset / S3_PIECE];
		uint64_t within = offset % S3_PIECE;
		size_t n = (size_t)Min((uint64_t)len, S3_PIECE - within);

		if (offset / S3_PIECE >= pack->kept)
			memcpy(to, segment->bytes.data + within, n);
		else
			ok = read_back(pack, segment, offset, within, n, to, err);
		to += n;
		offset += n;
		len -= n;
		pack->read_end = offset;
	}
	pthread_mutex_unlock(&pack->lock);
	return ok;
}

/* ---- the pack's object ---- */

/* Decides what the pack's object begins with: from then on offsets in it are known. */
static bool
freeze(S3Pack *pack, Error *err)
{
	S3UploadOpen open = {.key = pack->key, .limit = Min((uint64_t)S3_SINGLE_MAX, s3_share(store_of(pack)))};

	if (pack->frozen)
		return true;
	pack->frozen = true;
	pack->upload = s3_upload_begin(store_of(pack), &open);
	if (pack->count != 1)
		return true;
	pack->front = pack->output_len;
	return s3_upload_append(pack->upload, str_view(&pack->segments[0].bytes), err);
}

bool
s3_pack_append(PackWriter *base, StrView bytes, uint64_t *offset, Error *err)
{
	S3Pack *pack = s3_pack(base);
	bool ok;

	pthread_mutex_lock(&pack->lock);
	ok = is_usable(pack, err) && freeze(pack, err);
	if (ok)
	{
		*offset = s3_upload_size(pack->upload);
		ok = s3_upload_append(pack->upload, bytes, err);
	}
	pack->failed = !ok;
	pthread_mutex_unlock(&pack->lock);
	return ok;
}

bool
s3_pack_seal(PackWriter *base, uint32_t number UNUSED, const PackRange *ranges, size_t range_count,
			 uint64_t bytes, Arena *arena, StoredBytes *out, Error *err)
{
	S3Pack *pack = s3_pack(base);
	PackRange *copy = ARENA_ARRAY(arena, PackRange, range_count);
	bool in_front = true;
	bool ok;

	memcpy(copy, ranges, range_count * sizeof *copy);
	pthread_mutex_lock(&pack->lock);
	ok = is_usable(pack, err) && freeze(pack, err);
	pack->failed = !ok;
	for (size_t i = 0; i < range_count; i++)
		in_front = in_front && ranges[i].offset + ranges[i].len <= pack->front;
	pack->needs_segments = pack->needs_segments || !in_front;
	pthread_mutex_unlock(&pack->lock);
	out->key = arena_strdup(arena, in_front ? pack->key : pack->output_key);
	out->ranges = copy;
	out->range_count = range_count;
	out->bytes = bytes;
	return ok;
}

/* ---- the end ---- */

static void
free_pack(S3Pack *pack)
{
	for (size_t i = 0; i < pack->count; i++)
	{
		if (pack->segments[i].call != NULL)
			s3_call_free(pack->segments[i].call);
		str_free(&pack->segments[i].bytes);
		mem_free(pack->segments[i].key);
	}
	pthread_mutex_destroy(&pack->lock);
	mem_free(pack->segments);
	mem_free(pack->key);
	mem_free(pack->output_key);
	str_free(&pack->ahead);
	mem_free(pack);
}

void
s3_pack_discard(PackWriter *base)
{
	S3Pack *pack = s3_pack(base);

	s3_upload_discard(pack->upload);
	free_pack(pack);
}

static bool
finish_segments(S3Pack *pack, Error *err)
{
	bool ok = true;

	while (ok && pack->needs_segments && pack->begun < pack->count)
		ok = begin_segment(pack, err);
	while (ok && pack->oldest < pack->begun)
		ok = end_segment(pack, err);
	return ok;
}

static bool
finish_object(S3Pack *pack, Error *err)
{
	S3Upload *upload = pack->upload;
	S3Uploaded result;

	pack->upload = NULL;
	if (upload == NULL)
		return true;
	if (!s3_upload_finish(upload, &result, err))
		return false;
	if (result != S3_UPLOAD_LOST)
		return true;
	error_set(err, SQLSTATE_IO_ERROR, NO_POSITION,
			  "the upload of pack \"%s\" to \"%s\" was aborted by another", pack->key,
			  pack->base.store->location);
	return error_hint(err,
					  "A rule that removes incomplete multipart uploads must leave them at least a day.");
}

/* What is on S3 by now is what publishing will ask for next. */
static void
remember(S3Pack *pack)
{
	S3Recent *recent = &store_of(pack)->recent;

	if (pack->needs_segments)
		for (size_t i = pack->kept; i < pack->count; i++)
			s3_recent_add(recent, pack->segments[i].key, &pack->segments[i].bytes);
	else if (pack->front > 0)
		s3_recent_add(recent, pack->key, &pack->segments[0].bytes);
}

bool
s3_pack_finish(PackWriter *base, Error *err)
{
	S3Pack *pack = s3_pack(base);
	bool ok = is_usable(pack, err) && finish_segments(pack, err) && finish_object(pack, err);

	if (ok)
		remember(pack);
	s3_upload_discard(pack->upload);
	free_pack(pack);
	return ok;
}
