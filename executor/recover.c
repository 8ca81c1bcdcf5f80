/*
 * recover.c: from a state location to a claimed record: identity, lock, newest manifest, claim, leftovers,
 * units.
 *
 * The order matters. The lock comes first, so that a second process on the same machine is turned away before
 * it touches anything. The plan is compared with the newest manifest before the claim, so that a refused
 * start changes nothing; the claim succeeds only if that manifest is still the newest. The claim comes before
 * packs are read: from then on no other writer can commit, nor remove what they lie in.
 */
#include <stdio.h>

#include "common/hash.h"
#include "common/memory.h"
#include "executor/identity.h"
#include "executor/shards.h"
#include "executor/standby.h"

enum
{
	READ_BYTES = 4 << 20 /* of saved state at once; a larger chunk is read alone */
};

/* ---- job.json ---- */

static bool
foreign_identity(JobRun *run, const char *what, Error *err)
{
	return error_set(err, SQLSTATE_INCOMPATIBLE_STATE, NO_POSITION, "state in \"%s\" %s",
					 run->state->location, what);
}

static bool
take_identity(JobRun *run, StrView text, Error *err)
{
	JobIdentity identity;

	if (!identity_parse(text, run->state->location, &run->arena, &identity, err))
		return false;
	if (strcmp(identity.job, run->open->job_name) != 0)
		return foreign_identity(run, "belongs to a job of another name", err);
	if (!identity_check_shards(&identity, run->state->location, shards_count(run), err))
		return false;
	memcpy(run->chain.job_uuid, identity.uuid, HEX_UUID);
	memcpy(run->chain.sha256, identity.sha256, HEX_SHA256);
	run->chain.after = run->chain.seq = identity_after(&identity, run->open->shard);
	run->created = identity.created;
	return true;
}

/* Creates job.json unless somebody has; then reads what is there. */
static bool
open_identity(JobRun *run, Error *err)
{
	ObjectStore *state = run->state;
	FailurePoints *points = run->chain.failure_points;
	StrBuf text = {0};
	bool found;
	bool ok = state->class->get(state, IDENTITY_KEY, 0, UINT64_MAX, &text, &found, err);

	if (ok && !found)
	{
		JobIdentity identity = {
			.job = run->open->job_name, .created = clock_now(run->open->clock), .shards = shards_count(run)};
		PutResult result;
		int struck = failure_before(points, FAIL_create_job);

		chain_uuid(run->open->random, identity.uuid);
		str_clear(&text);
		identity_print(&identity, &text);
		ok = struck < 0 ? fs_error(err, struck, "create", IDENTITY_KEY)
						: state->class->put_if_absent(state, IDENTITY_KEY, str_view(&text), &result, err);
		if (ok && (struck = failure_after(points, FAIL_create_job)) < 0)
			ok = fs_error(err, struck, "create", IDENTITY_KEY);
		str_clear(&text);
		ok = ok && state->class->get(state, IDENTITY_KEY, 0, UINT64_MAX, &text, &found, err);
	}
	ok = ok && take_identity(run, str_view(&text), err);
	str_free(&text);
	return ok;
}

/* weir reset may have given the state another life since job.json was read: what this process was started for
 * is no more, and what it knows would bring the old one back. */
bool
recover_check_life(JobRun *run, Error *err)
{
	StrBuf text = {0};
	JobIdentity identity;
	bool found = false;
	bool ok = run->state->class->get(run->state, IDENTITY_KEY, 0, UINT64_MAX, &text, &found, err) &&
			  (!found || identity_parse(str_view(&text), run->state->location, &run->arena, &identity, err));
	bool same = ok && found && strcmp(identity.uuid, run->chain.job_uuid) == 0;

	str_free(&text);
	if (!ok || same)
		return ok;
	error_set(err, SQLSTATE_FENCED, NO_POSITION,
			  "the state in \"%s\" was reset or removed while this process waited for it",
			  run->state->location);
	return error_hint(err, "Start it again if it is to run the job that begins anew.");
}

/* ---- opening ---- */

static bool
take_lock(JobRun *run, Error *err)
{
	const char *key;

	return run->state->class->lock == NULL ||
		   (shards_lock_key(run->state, run->open->shard, shards_count(run), &run->arena, &key, err) &&
			run->state->class->lock(run->state, key, err));
}

static bool
open_state(JobRun *run, Error *err)
{
	const JobOpen *open = run->open;
	StoreOpen state = {.location = arena_printf(&run->arena, "%s/%s", open->state_location, open->job_name),
					   .owner = shards_owner(run, open->job_name),
					   .shard = open->shard,
					   .restricted = true,
					   .clock = open->clock,
					   .random = open->random,
					   .stop = open->stop,
					   .notice = retention_notice,
					   .notice_context = run};

	if (!store_open(open->stores, &state, &run->state, err))
		return false;
	run->chain = (ManifestChain){.store = run->state,
								 .clock = open->clock,
								 .random = open->random,
								 .failure_points = open->stores->failure_points,
								 .folder = shards_folder(run)};
	chain_uuid(open->random, run->chain.writer);
	run->locations = (Locations){.set = open->stores,
								 .clock = open->clock,
								 .random = open->random,
								 .stop = open->stop,
								 .shard = open->shard,
								 .notice = retention_notice,
								 .notice_context = run,
								 .state = run->state};
	if (!open_identity(run, err))
		return false;
	run->locations.owner = shards_owner(run, run->chain.job_uuid);
	return true;
}

/* The record of a job that has no manifest yet: empty, so that everything in the plan is new. */
static void
begin_record(JobRun *run)
{
	run->record =
		(Manifest){.now = INT64_MIN, .clock = INT64_MIN, .settings = "", .tzdata = "", .binary_version = ""};
	state_map_init(&run->map);
}

/* The map, with units numbered as the record's sinks are. A footer may be of a time when there were others:
 * what the newest manifest does not name is forgotten, also when the plan has a new sink of that name. */
static bool
load_map(JobRun *run, Error *err)
{
	PackFooter footer;
	int *to;

	if (run->found.footer_pack == NULL)
		return true;
	if (!chain_read_footer(&run->chain, &run->found, &run->arena, &footer, err))
		return false;
	run->map = footer.map;
	to = ARENA_ARRAY(&run->arena, int, Max(footer.sink_count, 1));
	for (int k = 0; k < footer.sink_count; k++)
	{
		const char *name = footer.sink_names[k];

		to[k] = manifest_find_sink(&run->found, name) < 0 ? -1 : manifest_find_sink(&run->record, name);
	}
	state_map_renumber(&run->map, to);
	return true;
}

typedef struct PackSearch
{
	uint64_t after; /* numbers up to here are of an earlier life */
	bool any;
} PackSearch;

static bool
note_any(void *context, const StoreEntry *entry)
{
	PackSearch *search = context;

	search->any = chain_key_seq(entry->key) > search->after;
	return !search->any;
}

/* Packs are begun after the first manifest is made; without one, rows would be read and written once more. */
static bool
check_no_packs(JobRun *run, Error *err)
{
	const char *folder = arena_printf(&run->arena, "%sp/", run->chain.folder);
	PackSearch search = {.after = run->chain.after};

	if (!run->state->class->list(run->state, folder, false, note_any, &search, err))
		return false;
	return !search.any ||
		   error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION,
					 "every manifest is missing from \"%s\", though it has packs", run->state->location);
}

/* Another standby, or a new start, has taken over meanwhile: its manifest must not be claimed away from it.
 */
static bool
is_late(const JobRun *run)
{
	return run->open->standby && run->state->class->lock == NULL && run->found.seq != run->watched_seq;
}

bool
recover_find(JobRun *run, Error *err)
{
	if (run->state == NULL && !open_state(run, err))
		return false;
	begin_record(run);
	do
	{
		if ((run->open->standby ? !standby_wait(run, err) : !take_lock(run, err)) ||
			!recover_check_life(run, err) || !run->state->class->probe(run->state, err) ||
			!chain_find(&run->chain, &run->arena, &run->found, err))
			return false;
	} while (is_late(run));
	if (run->found.seq == 0 && !check_no_packs(run, err))
		return false;
	if (run->found.seq > 0)
		run->record = run->found;
	else
	{
		run->record.now = run->created;
		run->record.published_upto = run->record.loaded_upto = run->chain.after;
	}
	return true;
}

bool
recover_claim(JobRun *run, Error *err)
{
	run->record.kind = MANIFEST_OPEN;
	run->record.file_count = 0;
	job_advance(run, EVENT_FITS);
	if (!job_append(run, FAIL_claim, err) || !run->state->class->sweep(run->state, err) ||
		!locations_sweep(&run->locations, err) || !publish_leftovers(run, &run->found, err))
		return false;
	job_advance(run, EVENT_PUBLISHED);
	run->record.published_upto = run->chain.seq;
	return load_map(run, err);
}

/* ---- state units ---- */

/* One saved piece of a unit. */
typedef struct UnitChunk
{
	const StateUnit *unit;
	const StateChunk *chunk;
} UnitChunk;

/* Packs ascend by name as they do in time, so each unit's chunks come in the order they were written. */
static int
compare_chunks(const void *a, const void *b)
{
	const StateChunk *x = ((const UnitChunk *)a)->chunk, *y = ((const UnitChunk *)b)->chunk;
	int order = strcmp(x->pack, y->pack);

	return order != 0 ? order : (x->offset > y->offset) - (x->offset < y->offset);
}

/* All chunks of the map, by pack and place; to be freed. */
static UnitChunk *
list_chunks(const StateMap *map, size_t *count)
{
	UnitChunk *list;
	size_t n = 0;

	for (size_t i = 0; i < map->count; i++)
		n += map->entries[i].chunk_count;
	list = mem_alloc(n * sizeof *list);
	*count = 0;
	for (size_t i = 0; i < map->count; i++)
		for (uint32_t c = 0; c < map->entries[i].chunk_count; c++)
			list[(*count)++] = (UnitChunk){&map->entries[i].unit, &map->entries[i].chunks[c]};
	if (n > 1)
		qsort(list, n, sizeof *list, compare_chunks);
	return list;
}

/* How many chunks from the first on lie in its pack and, if it is more than one, within READ_BYTES. */
static size_t
count_near(const UnitChunk *list, size_t count)
{
	const StateChunk *first = list[0].chunk;
	size_t n = 1;

	while (n < count && strcmp(list[n].chunk->pack, first->pack) == 0 &&
		   list[n].chunk->offset + list[n].chunk->len - first->offset <= READ_BYTES)
		n++;
	return n;
}

static bool
restore_chunk(JobRun *run, const UnitChunk *item, StrView bytes, Error *err)
{
	if (hash_bytes(bytes.data, bytes.len) != item->chunk->hash)
		return error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION,
						 "state in pack \"%s\" does not match its checksum", item->chunk->pack);
	return job_state_restore(run->job_state, item->unit, bytes, err);
}

/* Restores chunks of one pack that are read at once. */
static bool
restore_near(JobRun *run, const UnitChunk *list, size_t count, StrBuf *bytes, Error *err)
{
	const StateChunk *first = list[0].chunk, *last = list[count - 1].chunk;
	uint64_t len = last->offset + last->len - first->offset;
	bool found, ok = true;

	str_clear(bytes);
	if (!run->state->class->get(run->state, first->pack, first->offset, len, bytes, &found, err))
		return false;
	if (!found || bytes->len != len)
		return error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION,
						 "pack \"%s\" in \"%s\" is missing or too short", first->pack, run->state->location);
	for (size_t i = 0; ok && i < count; i++)
		ok = restore_chunk(
			run, &list[i],
			(StrView){bytes->data + (list[i].chunk->offset - first->offset), (size_t)list[i].chunk->len},
			err);
	return ok;
}

bool
recover_units(JobRun *run, Error *err)
{
	size_t count, near;
	UnitChunk *list = list_chunks(&run->map, &count);
	StrBuf bytes = {0};
	bool ok = true;

	for (size_t i = 0; ok && i < count; i += near)
	{
		near = count_near(list + i, count - i);
		ok = restore_near(run, list + i, near, &bytes, err);
	}
	str_free(&bytes);
	mem_free(list);
	return ok;
}
