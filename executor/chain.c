/*
 * chain.c: finds, reads and extends the commit log.
 */
#include "executor/chain.h"

#include "common/hex.h"
#include "common/memory.h"
#include "common/types/uuid.h"
#include "common/version.h"
#include "executor/file_list.h"

#define KEEP_NAMES (INT64_C(30) * 24 * 3600 * 1000000)
#define PROOF_AGE (INT64_C(10) * 60 * 1000000)

void
chain_uuid(Random *random, char out[HEX_UUID])
{
	uuid_to_chars(uuid_random(random), out);
	out[UUID_TEXT_LEN] = '\0';
}

uint64_t
chain_key_seq(const char *key)
{
	const char *slash = strrchr(key, '/');
	const char *digits = slash ? slash + 1 : key;
	uint64_t seq = 0;

	for (int i = 0; i < 16; i++)
	{
		if (digits[i] < '0' || digits[i] > '9')
			return 0;
		seq = seq * 10 + (uint64_t)(digits[i] - '0');
	}
	return seq;
}

bool
chain_key_is(const char *key, const char *suffix)
{
	size_t n = strlen(key), m = strlen(suffix);

	return n >= m && strcmp(key + n - m, suffix) == 0;
}

char *
chain_manifest_key(const ManifestChain *chain, uint64_t seq, const char *suffix)
{
	StrBuf key = {0};

	str_appendf(&key, "%sm/%016" PRIu64 "%s", chain->folder, seq, suffix);
	return key.data;
}

char *
chain_pack_key(ManifestChain *chain)
{
	uint8_t nonce[8];
	char hex[17];
	StrBuf key = {0};

	random_fill(chain->random, nonce, sizeof nonce);
	hex_write(nonce, sizeof nonce, hex);
	str_appendf(&key, "%sp/%016" PRIu64 "-%s.pack", chain->folder, chain->seq + 1, hex);
	return key.data;
}

/* ---- finding the newest ---- */

static void
note_proof(ManifestChain *chain)
{
	chain->proved_at = clock_monotonic(chain->clock);
	chain->proved_wall = clock_now(chain->clock);
}

/* Markers count, too: a manifest that is gone although its objects are out must be missed, not made again. */
static bool
visit_newest(void *context, const StoreEntry *entry)
{
	uint64_t *newest = context;

	if (chain_key_is(entry->key, ".json") || chain_key_is(entry->key, ".published"))
		*newest = Max(*newest, chain_key_seq(entry->key));
	return true;
}

static bool
list_newest(ManifestChain *chain, uint64_t *newest, Error *err)
{
	StrBuf prefix = {0};
	bool ok;

	*newest = 0;
	str_appendf(&prefix, "%sm/", chain->folder);
	ok = chain->store->class->list(chain->store, prefix.data, false, visit_newest, newest, err);
	str_free(&prefix);
	if (ok)
		note_proof(chain);
	return ok;
}

bool
chain_read(ManifestChain *chain, uint64_t seq, Arena *arena, Manifest *out, char sha256[HEX_SHA256],
		   Error *err)
{
	char *key = chain_manifest_key(chain, seq, ".json");
	StrBuf text = {0};
	bool found = false;
	bool ok = chain->store->class->get(chain->store, key, 0, UINT64_MAX, &text, &found, err);

	if (ok && !found)
		ok = error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION, "manifest \"%s\" is missing from \"%s\"",
					   key, chain->store->location);
	manifest_hex_sha256(str_view(&text), sha256);
	ok = ok && manifest_parse(str_view(&text), key, arena, out, err);
	if (ok && out->seq != seq)
		ok = error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION,
					   "manifest \"%s\" carries the number %" PRIu64, key, out->seq);
	if (ok && strcmp(out->job_uuid, chain->job_uuid) != 0)
		ok = error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION, "manifest \"%s\" belongs to another job",
					   key);
	str_free(&text);
	mem_free(key);
	return ok;
}

bool
chain_read_footer(ManifestChain *chain, const Manifest *manifest, Arena *arena, PackFooter *out, Error *err)
{
	StrBuf bytes = {0};
	char sha256[HEX_SHA256];
	bool found = false;
	bool ok = chain->store->class->get(chain->store, manifest->footer_pack, manifest->footer_offset,
									   manifest->footer_len, &bytes, &found, err);

	if (ok && !found)
		ok = error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION, "pack \"%s\" is missing from \"%s\"",
					   manifest->footer_pack, chain->store->location);
	manifest_hex_sha256(str_view(&bytes), sha256);
	if (ok && strcmp(sha256, manifest->footer_sha256) != 0)
		ok = error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION, "pack \"%s\" does not match its manifest",
					   manifest->footer_pack);
	ok = ok && pack_footer_parse(str_view(&bytes), manifest->footer_pack, arena, out, err);
	str_free(&bytes);
	return ok;
}

/* Every link from the newest back to what is surely published names the one before it. */
static bool
check_links(ManifestChain *chain, const Manifest *newest, Error *err)
{
	char expected[HEX_SHA256];
	Arena arena;
	bool ok = true;

	memcpy(expected, newest->previous, sizeof expected);
	arena_init(&arena, "manifest");
	for (uint64_t seq = newest->seq - 1; ok && seq > chain->after && seq >= newest->published_upto; seq--)
	{
		Manifest link;
		char sha256[HEX_SHA256];

		arena_reset(&arena);
		ok = chain_read(chain, seq, &arena, &link, sha256, err);
		if (ok && strcmp(sha256, expected) != 0)
			ok = error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION,
						   "manifest %" PRIu64 " in \"%s\" does not match the checksum in its successor", seq,
						   chain->store->location);
		if (ok)
			memcpy(expected, link.previous, sizeof expected);
	}
	arena_release(&arena);
	return ok;
}

bool
chain_find(ManifestChain *chain, Arena *arena, Manifest *newest, Error *err)
{
	uint64_t seq;

	*newest = (Manifest){.seq = 0};
	if (!list_newest(chain, &seq, err))
		return false;
	if (seq <= chain->after)
	{
		chain->seq = chain->after;
		return true;
	}
	if (!chain_read(chain, seq, arena, newest, chain->sha256, err) || !check_links(chain, newest, err))
		return false;
	chain->seq = seq;
	return true;
}

/* ---- appending ---- */

bool
chain_fenced(const ManifestChain *chain, Error *err)
{
	error_set(err, SQLSTATE_FENCED, NO_POSITION, "another writer has taken over the state in \"%s\"",
			  chain->store->location);
	return error_hint(err, "Only one process may run a job; this one must not be restarted automatically.");
}

/* Creates the object; a lost reply is asked for again: our own nonce in it makes it ours. */
static bool
create_link(ManifestChain *chain, const char *key, StrView text, FailurePoint point, Error *err)
{
	PutResult result;
	int struck = failure_before(chain->failure_points, point);

	if (struck < 0)
		return fs_error(err, struck, "create", key);
	if (!chain->store->class->put_if_absent(chain->store, key, text, &result, err))
		return false;
	if (failure_after(chain->failure_points, point) < 0 &&
		!chain->store->class->put_if_absent(chain->store, key, text, &result, err))
		return false;
	return result != PUT_CLASH || chain_fenced(chain, err);
}

bool
chain_append(ManifestChain *chain, Manifest *manifest, FailurePoint point, Error *err)
{
	char *key = chain_manifest_key(chain, chain->seq + 1, ".json");
	StrBuf text = {0};
	bool ok;

	manifest->seq = chain->seq + 1;
	manifest->clock = clock_now(chain->clock);
	manifest->binary_version = WEIR_VERSION;
	memcpy(manifest->previous, chain->sha256, sizeof manifest->previous);
	memcpy(manifest->job_uuid, chain->job_uuid, sizeof manifest->job_uuid);
	memcpy(manifest->writer, chain->writer, sizeof manifest->writer);
	chain_uuid(chain->random, manifest->nonce);
	manifest_print(manifest, &text);
	ok = create_link(chain, key, str_view(&text), point, err);
	if (ok)
	{
		chain->seq++;
		manifest_hex_sha256(str_view(&text), chain->sha256);
		note_proof(chain);
	}
	str_free(&text);
	mem_free(key);
	return ok;
}

bool
chain_prove(ManifestChain *chain, Error *err)
{
	uint64_t newest;

	if (clock_monotonic(chain->clock) - chain->proved_at < PROOF_AGE &&
		clock_now(chain->clock) - chain->proved_wall < PROOF_AGE)
		return true;
	if (!list_newest(chain, &newest, err))
		return false;
	return newest == chain->seq || chain_fenced(chain, err);
}

/* Whether the newest link is another writer's; one that this writer made without learning of it is not. */
static bool
is_overtaken(ManifestChain *chain)
{
	ManifestChain found = *chain;
	Error ignored = {0};
	Manifest newest;
	Arena arena;
	bool overtaken;

	arena_init(&arena, "manifest");
	overtaken = chain_find(&found, &arena, &newest, &ignored) && newest.seq > chain->seq &&
				strcmp(newest.writer, chain->writer) != 0;
	error_clear(&ignored);
	arena_release(&arena);
	return overtaken;
}

void
chain_explain(ManifestChain *chain, Error *err)
{
	if ((err->state != SQLSTATE_DATA_CORRUPTED && err->state != SQLSTATE_IO_ERROR) || !is_overtaken(chain))
		return;
	error_clear(err);
	(void)chain_fenced(chain, err);
}

/* ---- markers and clean-up ---- */

static bool
create_marker(ManifestChain *chain, uint64_t seq, const char *suffix, StrView text, FailurePoint point,
			  bool *clash, Error *err)
{
	char *key = chain_manifest_key(chain, seq, suffix);
	PutResult result = PUT_CREATED;
	int struck = failure_before(chain->failure_points, point);
	/* Whoever made it, the fact is the same: a clash is no failure. */
	bool ok = struck < 0 ? fs_error(err, struck, "create", key)
						 : chain->store->class->put_if_absent(chain->store, key, text, &result, err);

	if (ok && (struck = failure_after(chain->failure_points, point)) < 0)
		ok = fs_error(err, struck, "create", key);
	*clash = result == PUT_CLASH;
	mem_free(key);
	return ok;
}

bool
chain_mark(ManifestChain *chain, uint64_t seq, StrView files, Error *err)
{
	bool clash;

	return create_marker(chain, seq, ".published", files, FAIL_mark, &clash, err);
}

bool
chain_mark_loaded(ManifestChain *chain, uint64_t seq, StrView list, bool *clash, Error *err)
{
	return create_marker(chain, seq, ".loaded", list, FAIL_mark_loaded, clash, err);
}

bool
chain_read_list(ManifestChain *chain, const Manifest *manifest, Arena *arena, PackFile **files, size_t *count,
				bool *found, Error *err)
{
	char *key = chain_manifest_key(chain, manifest->seq, ".published");
	StrBuf text = {0};
	char sha256[HEX_SHA256];
	bool ok = chain->store->class->get(chain->store, key, 0, UINT64_MAX, &text, found, err);
	bool listed = ok && *found && manifest_has_list(manifest);

	*files = NULL;
	*count = 0;
	manifest_hex_sha256(str_view(&text), sha256);
	if (listed && strcmp(sha256, manifest->files_sha256) != 0)
		ok = error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION,
					   "the list of objects in \"%s\" does not match its manifest", key);
	if (listed && ok)
		ok = file_list_parse(str_view(&text), key, arena, files, count, err);
	str_free(&text);
	mem_free(key);
	return ok;
}

bool
chain_is_marked(ManifestChain *chain, uint64_t seq, bool *marked, Error *err)
{
	char *key = chain_manifest_key(chain, seq, ".published");
	StrBuf text = {0};
	bool ok = chain->store->class->get(chain->store, key, 0, UINT64_MAX, &text, marked, err);

	str_free(&text);
	mem_free(key);
	return ok;
}

typedef struct OldKeys
{
	uint64_t below; /* numbers that may go */
	int64_t before; /* moments that may go */
	char **keys;
	size_t count;
	size_t capacity;
} OldKeys;

static bool
visit_old(void *context, const StoreEntry *entry)
{
	OldKeys *old = context;
	uint64_t seq = chain_key_seq(entry->key);

	if (seq > 0 && seq < old->below && entry->modified < old->before)
	{
		mem_grow(&old->keys, &old->capacity, old->count, sizeof *old->keys);
		old->keys[old->count++] = mem_strdup(entry->key);
	}
	return true;
}

bool
chain_trim(ManifestChain *chain, uint64_t needed, Error *err)
{
	OldKeys old = {.before = clock_now(chain->clock) - KEEP_NAMES};
	StrBuf prefix = {0};
	bool ok;

	old.below = Min(needed, chain->seq > CHAIN_KEEP_LINKS ? chain->seq - CHAIN_KEEP_LINKS : 0);
	str_appendf(&prefix, "%sm/", chain->folder);
	ok = chain->store->class->list(chain->store, prefix.data, false, visit_old, &old, err);
	for (size_t i = 0; i < old.count; i++)
	{
		ok = ok && chain->store->class->remove(chain->store, old.keys[i], err);
		mem_free(old.keys[i]);
	}
	mem_free(old.keys);
	str_free(&prefix);
	return ok;
}
