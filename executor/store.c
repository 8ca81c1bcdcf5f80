/*
 * store.c: opens a location with the store class of its scheme; what is done in the same way with any store.
 */
#include "executor/store.h"

#include <openssl/evp.h>

#include "common/memory.h"
#include "executor/memory_share.h"
#include "planner/location.h"

enum
{
	HASH_PIECE = 4 << 20, /* bytes that are read at once */
	READ_BYTES = 8 << 20, /* likewise, to be handed on */
	READ_GAP = 64 << 10   /* bytes that are read and not used to save a read */
};

/* Opens with the options of the settings, which need to live no longer than that. */
static bool
open_by_settings(const StoreSet *set, const StoreClass *class, const StoreOpen *open, ObjectStore **out,
				 Error *err)
{
	StoreOpen with_options = *open;
	Options options;
	Arena arena;
	bool ok;

	arena_init(&arena, "options");
	with_options.options = &options;
	ok = location_options_of_settings(&class->info, open->location, set->settings, &arena, &options, err) &&
		 class->open(class, &with_options, out, err);
	arena_release(&arena);
	return ok;
}

static void
take_from_set(const StoreSet *set, StoreOpen *open)
{
	open->fs = set->fs;
	open->failure_points = set->failure_points;
	if (open->notice == NULL)
	{
		open->notice = set->notice;
		open->notice_context = set->notice_context;
	}
	if (set->settings == NULL)
		return;
	open->memory = (uint64_t)set->settings->memory_limit / SHARE_UPLOADS;
	open->grace = set->settings->drain_timeout;
}

bool
store_open(const StoreSet *set, const StoreOpen *open, ObjectStore **out, Error *err)
{
	StoreOpen completed = *open;
	StrView scheme = location_scheme(open->location);

	*out = NULL;
	take_from_set(set, &completed);
	for (size_t i = 0; i < set->count; i++)
	{
		const StoreClass *class = set->classes[i];

		if (!str_equal(scheme, str_from_cstr(class->info.name)))
			continue;
		return open->options == NULL ? open_by_settings(set, class, &completed, out, err)
									 : class->open(class, &completed, out, err);
	}
	return error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, NO_POSITION,
					 "storage scheme \"%.*s\" of location \"%s\" is not supported", (int)scheme.len,
					 scheme.data, open->location);
}

void
store_close(ObjectStore *store)
{
	if (store != NULL)
		store->class->close(store);
}

static bool
hash_range(ObjectStore *store, const char *key, PackRange range, const StoreGoOn *go_on, StrBuf *piece,
		   EVP_MD_CTX *md, bool *found, Error *err)
{
	for (uint64_t at = 0; *found && at < range.len; at += HASH_PIECE)
	{
		str_clear(piece);
		if ((go_on != NULL && !go_on->ask(go_on->context, err)) ||
			!store->class->get(store, key, range.offset + at, Min(range.len - at, (uint64_t)HASH_PIECE),
							   piece, found, err))
			return false;
		EVP_DigestUpdate(md, str_cstr(piece), piece->len);
	}
	return true;
}

bool
store_hash(ObjectStore *store, const StoredBytes *stored, const StoreGoOn *go_on, uint8_t sha256[32],
		   bool *found, Error *err)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	StrBuf piece = {0};
	bool ok = true;

	if (md == NULL)
		mem_exhausted(0);
	*found = true;
	EVP_DigestInit_ex(md, EVP_sha256(), NULL);
	for (size_t i = 0; ok && i < stored->range_count; i++)
		ok = hash_range(store, stored->key, stored->ranges[i], go_on, &piece, md, found, err);
	EVP_DigestFinal_ex(md, sha256, NULL);
	EVP_MD_CTX_free(md);
	str_free(&piece);
	return ok;
}

/* ---- reading ---- */

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
	if (offset == end)
		return true;
	if (!from->class->get(from, key, offset, end - offset, piece, &found, err))
		return false;
	return (found && piece->len == end - offset) ||
		   error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION,
					 "stored object \"%s\" in \"%s\" is missing or too short", key, from->location);
}

static bool
read_near(ObjectStore *from, const char *key, const PackRange *ranges, size_t count, uint64_t end,
		  StrBuf *piece, const StoreTaker *taker, Error *err)
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
						 (StrView){str_cstr(piece) + (ranges[i].offset - start), (size_t)ranges[i].len}, err))
			return false;
	return true;
}

bool
store_read(ObjectStore *from, const StoredBytes *stored, const StoreTaker *taker, Error *err)
{
	StrBuf piece = {0};
	bool ok = true;

	for (size_t i = 0, n; ok && i < stored->range_count; i += n)
	{
		uint64_t end;

		n = count_near(stored->ranges + i, stored->range_count - i, &end);
		ok = read_near(from, stored->key, stored->ranges + i, n, end, &piece, taker, err);
	}
	str_free(&piece);
	return ok;
}

bool
store_check_key(const char *key, Error *err)
{
	const char *part = key;

	for (;;)
	{
		size_t len = strcspn(part, "/");

		if (len == 0 || (len == 1 && part[0] == '.') || (len == 2 && part[0] == '.' && part[1] == '.'))
			return error_set(err, SQLSTATE_INVALID_NAME, NO_POSITION, "invalid object name \"%s\"", key);
		if (part[len] == '\0')
			return true;
		part += len + 1;
	}
}
