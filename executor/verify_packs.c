/*
 * verify_packs.c: whether the state that the newest manifest leads to can be read.
 *
 * The idea: what a start would need is read as a start would read it: the footer, each chunk of the state
 * map, each version of a table; chunks that lie near each other at once. A running job removes packs when it
 * commits, so what is wrong with a pack counts only if the manifest that is the newest afterwards needs it.
 */
#include "common/hash.h"
#include "common/memory.h"
#include "executor/verify_run.h"

enum
{
	NEAR_BYTES = 4 << 20, /* read at once */
	ATTEMPTS = 20         /* a job that commits faster than its footer can be read is told from a loop */
};

/* A range of a pack that must have these bytes. */
typedef struct Saved
{
	const char *pack;
	uint64_t offset;
	uint64_t len;
	uint64_t hash;      /* hash_bytes(), unless sha256 is given */
	const char *sha256; /* in hexadecimal, or NULL */
} Saved;

/* The first thing that is wrong. */
typedef struct PackFault
{
	VerifyClass class;
	const char *pack; /* NULL = all is well */
	const char *detail;
} PackFault;

static int
compare_saved(const void *a, const void *b)
{
	const Saved *x = a, *y = b;
	int order = strcmp(x->pack, y->pack);

	return order != 0 ? order : (x->offset > y->offset) - (x->offset < y->offset);
}

static Saved *
list_saved(const Manifest *manifest, const StateMap *map, Arena *arena, size_t *count)
{
	size_t most = (size_t)manifest->table_count + 1;
	Saved *list;

	for (size_t i = 0; i < map->count; i++)
		most += map->entries[i].chunk_count;
	list = ARENA_ARRAY_ZERO(arena, Saved, most);
	*count = 0;
	for (size_t i = 0; i < map->count; i++)
		for (uint32_t c = 0; c < map->entries[i].chunk_count; c++)
		{
			const StateChunk *chunk = &map->entries[i].chunks[c];

			list[(*count)++] = (Saved){chunk->pack, chunk->offset, chunk->len, chunk->hash, NULL};
		}
	for (int t = 0; t < manifest->table_count; t++)
		if (manifest->tables[t].pack[0] != '\0')
			list[(*count)++] = (Saved){manifest->tables[t].pack, manifest->tables[t].offset,
									   manifest->tables[t].len, 0, manifest->tables[t].sha256};
	if (*count > 1)
		qsort(list, *count, sizeof *list, compare_saved);
	return list;
}

static bool
is_as_saved(const Saved *saved, StrView bytes)
{
	char sha256[HEX_SHA256];

	if (saved->sha256 == NULL)
		return hash_bytes(bytes.data, bytes.len) == saved->hash;
	manifest_hex_sha256(bytes, sha256);
	return strcmp(sha256, saved->sha256) == 0;
}

/* How many from the first on lie in its pack and, if it is more than one, within NEAR_BYTES; *end is where
 * they end. */
static size_t
count_near(const Saved *list, size_t count, uint64_t *end)
{
	size_t n = 1;

	*end = list[0].offset + list[0].len;
	while (n < count && strcmp(list[n].pack, list[0].pack) == 0 &&
		   list[n].offset + list[n].len - list[0].offset <= NEAR_BYTES)
	{
		*end = Max(*end, list[n].offset + list[n].len);
		n++;
	}
	return n;
}

/* --quick reads the last byte only: it is there, and so is all before it. */
static bool
check_near(Verify *verify, const Saved *list, size_t count, uint64_t end, PackFault *fault, Error *err)
{
	ObjectStore *state = verify->view.state;
	bool quick = verify->open->quick;
	uint64_t from = quick && end > list[0].offset ? end - 1 : list[0].offset;
	StrBuf bytes = {0};
	bool found;
	bool ok = verify_go_on(verify, err) &&
			  state->class->get(state, list[0].pack, from, end - from, &bytes, &found, err);

	if (ok && !found)
		*fault = (PackFault){VERIFY_MISSING, list[0].pack, "the newest manifest needs it"};
	else if (ok && bytes.len < end - from)
		*fault = (PackFault){VERIFY_DIFFERENT, list[0].pack, "it is too short"};
	for (size_t i = 0; ok && !quick && fault->pack == NULL && i < count; i++)
		if (!is_as_saved(&list[i],
						 (StrView){str_cstr(&bytes) + (list[i].offset - from), (size_t)list[i].len}))
			*fault = (PackFault){VERIFY_DIFFERENT, list[i].pack,
								 list[i].sha256 ? "the rows of a table in it do not match their checksum"
												: "state in it does not match its checksum"};
	str_free(&bytes);
	return ok;
}

/* One finding for each pack. */
static bool
check_saved(Verify *verify, const Saved *list, size_t count, PackFault *faults, size_t *fault_count,
			Error *err)
{
	for (size_t i = 0, near; i < count; i += near)
	{
		PackFault fault = {.pack = NULL};
		uint64_t end;

		near = count_near(&list[i], count - i, &end);
		if (*fault_count > 0 && strcmp(faults[*fault_count - 1].pack, list[i].pack) == 0)
			continue;
		if (!check_near(verify, &list[i], near, end, &fault, err))
			return false;
		if (fault.pack != NULL)
			faults[(*fault_count)++] = fault;
	}
	return true;
}

/* ---- the newest manifest ---- */

/* The newest manifest with all that a start from it would read. */
typedef struct Needed
{
	Manifest manifest;
	size_t count;
	Saved *saved; /* names are in the arena of the epoch */
} Needed;

static void
found_of_pack(Verify *verify, uint64_t seq, const PackFault *fault)
{
	verify_found(verify, fault->class,
				 &(Finding){.epoch = seq,
							.kind = "pack",
							.object = verify_object(verify, "", fault->pack),
							.detail = fault->detail});
}

static bool
list_needed(Verify *verify, Needed *needed, Error *err)
{
	PackFooter footer = {.map = {.count = 0}};
	bool has_footer = needed->manifest.footer_pack != NULL;

	if (has_footer &&
		!chain_read_footer(&verify->view.chain, &needed->manifest, &verify->epoch, &footer, err))
		return false;
	needed->saved = list_saved(&needed->manifest, &footer.map, &verify->epoch, &needed->count);
	for (size_t i = 0; i < needed->count; i++) /* of the map, which goes */
		needed->saved[i].pack = i > 0 && strcmp(needed->saved[i].pack, needed->saved[i - 1].pack) == 0
									? needed->saved[i - 1].pack
									: arena_strdup(&verify->epoch, needed->saved[i].pack);
	if (has_footer)
		state_map_release(&footer.map);
	return true;
}

static bool
is_newest(Verify *verify, uint64_t seq, bool *newest, Error *err)
{
	StateView *view = &verify->view;

	if (!state_view_list(view, view->shard, err))
		return false;
	*newest = view->count == 0 || view->manifests[view->count - 1].seq == seq;
	return true;
}

/* Reads the newest manifest and its footer. *readable is false when that can't be: it was told. */
static bool
read_needed(Verify *verify, Needed *needed, bool *readable, Error *err)
{
	StateView *view = &verify->view;

	for (int attempt = 0; attempt < ATTEMPTS; attempt++)
	{
		PackFault fault = {.class = VERIFY_BROKEN};
		bool newest;

		*readable = false;
		if (!state_view_list(view, view->shard, err))
			return false;
		if (view->count == 0)
			return true;
		if (!state_view_newest(view, &verify->epoch, &needed->manifest, err))
		{
			if (err->state != SQLSTATE_DATA_CORRUPTED && err->state != SQLSTATE_INCOMPATIBLE_STATE)
				return false;
			error_clear(err); /* told before; it leads nowhere */
			return true;
		}
		*readable = list_needed(verify, needed, err);
		if (*readable)
			return true;
		if (err->state != SQLSTATE_DATA_CORRUPTED)
			return false;
		fault.pack = needed->manifest.footer_pack;
		fault.detail = arena_strdup(&verify->epoch, err->message);
		if (strstr(err->message, " is missing ") != NULL)
			fault.class = VERIFY_MISSING;
		error_clear(err);
		if (!is_newest(verify, needed->manifest.seq, &newest, err))
			return false;
		if (newest)
		{
			found_of_pack(verify, needed->manifest.seq, &fault);
			return true;
		}
	}
	return error_set(err, SQLSTATE_OBJECT_IN_USE, NO_POSITION,
					 "the state in \"%s\" changes faster than it can be read", view->state->location);
}

static bool
needs(const Needed *needed, const char *pack)
{
	for (size_t i = 0; i < needed->count; i++)
		if (strcmp(needed->saved[i].pack, pack) == 0)
			return true;
	return false;
}

/* A pack may be gone because a later manifest, which does not need it, was made meanwhile. */
static bool
tell_faults(Verify *verify, const Needed *needed, const PackFault *faults, size_t count, Error *err)
{
	Needed now = *needed;
	bool newest, readable = true;

	if (!is_newest(verify, needed->manifest.seq, &newest, err) ||
		(!newest && !read_needed(verify, &now, &readable, err)))
		return false;
	for (size_t i = 0; readable && i < count; i++)
		if (needs(&now, faults[i].pack))
			found_of_pack(verify, now.manifest.seq, &faults[i]);
	return true;
}

bool
verify_packs(Verify *verify, Error *err)
{
	Needed needed;
	PackFault *faults;
	size_t count = 0;
	bool readable;

	arena_reset(&verify->epoch);
	if (!read_needed(verify, &needed, &readable, err))
		return false;
	if (!readable)
		return true;
	faults = ARENA_ARRAY_ZERO(&verify->epoch, PackFault, needed.count + 1);
	return check_saved(verify, needed.saved, needed.count, faults, &count, err) &&
		   (count == 0 || tell_faults(verify, &needed, faults, count, err));
}

/* ---- what is not published yet ---- */

bool
verify_stored(Verify *verify, const Manifest *manifest, const PackFile *files, size_t count, Error *err)
{
	for (size_t i = 0; i < count; i++)
	{
		uint8_t sha256[32];
		PackFile *again;
		size_t again_count;
		bool found, published;

		if (!verify_hash(verify, verify->view.state, &files[i].stored, sha256, &found, err))
			return false;
		if (found && memcmp(sha256, files[i].sha256, sizeof sha256) == 0)
			continue;
		/* Clean-up takes the bytes as soon as they are out. */
		if (!state_view_files(&verify->view, manifest, &verify->epoch, &again, &again_count, &published, err))
		{
			if (err->state != SQLSTATE_DATA_CORRUPTED)
				return false;
			error_clear(err);
			published = false;
		}
		if (published)
			return true;
		verify_found(
			verify, VERIFY_DIFFERENT,
			&(Finding){.epoch = manifest->seq,
					   .kind = "pack",
					   .name = files[i].owner,
					   .object = verify_object(verify, "", files[i].stored.key),
					   .detail = arena_printf(&verify->epoch,
											  "the bytes kept of the unpublished \"%s\" are missing or "
											  "do not match their checksum",
											  files[i].key)});
	}
	return true;
}
