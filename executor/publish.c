/*
 * publish.c: brings committed objects to their places, and removes what is needed no more.
 *
 * The idea: publishing is idempotent, since a name is created only if absent and its bytes are fixed by the
 * manifest; so it is done after each commit, and again by the next start for whatever has no marker. Only
 * what is both committed and marked, or what no manifest refers to, is ever removed.
 *
 * Threads: publish_files() and remove_old() run in the publisher's thread (publisher.c), or before there is
 * one; of the run they use the stores, the chain and the plan.
 */
#include "executor/file_list.h"
#include "executor/job_run.h"

#include "common/memory.h"

/* ---- publishing ---- */

static const Options *
options_of(const JobPlan *plan, const PackFile *file)
{
	if (file->kind == OUTPUT_DEAD)
	{
		for (int s = 0; s < plan->scan_count; s++)
			if (strcmp(plan->scans[s]->stream->name, file->owner) == 0)
				return &plan->scans[s]->stream->options;
		return NULL;
	}
	for (int k = 0; k < plan->sink_count; k++)
		if (strcmp(plan->sinks[k]->name, file->owner) == 0)
			return &plan->sinks[k]->options;
	return NULL;
}

static bool
name_clash(const PackFile *file, const ObjectStore *store, Error *err)
{
	error_set(err, SQLSTATE_NAME_CLASH, NO_POSITION, "object \"%s\" in \"%s\" exists with other contents",
			  file->key, store->location);
	return error_hint(err, "Objects must not be changed by others; move it away and start again.");
}

/* From items[0] on, those that go to the same place: they are published in one call. */
static size_t
count_alike(const PackFile *files, size_t count)
{
	size_t n = 1;

	while (n < count && strcmp(files[n].location, files[0].location) == 0)
		n++;
	return n;
}

static bool
publish_alike(JobRun *run, const PackFile *files, size_t count, Error *err)
{
	ObjectStore *store;
	Publication *items = mem_alloc_zero(count * sizeof *items);
	bool ok = locations_store(&run->locations, files->location, options_of(run->plan, files), &store, err);

	for (size_t i = 0; i < count; i++)
		items[i] = (Publication){.key = files[i].key, .bytes = &files[i].stored};
	ok = ok && store->class->publish(store, run->state, items, count, err);
	for (size_t i = 0; ok && i < count; i++)
		ok = items[i].result != PUT_CLASH || name_clash(&files[i], store, err);
	mem_free(items);
	return ok;
}

static bool
flush_names(JobRun *run, Error *err)
{
	FailurePoints *points = run->chain.failure_points;
	int struck = failure_before(points, FAIL_flush);

	if (struck < 0)
		return fs_error(err, struck, "flush", run->state->location);
	if (!locations_flush(&run->locations, err))
		return false;
	struck = failure_after(points, FAIL_flush);
	return struck == 0 || fs_error(err, struck, "flush", run->state->location);
}

static bool
mark_published(JobRun *run, uint64_t seq, const PackFile *files, size_t count, Error *err)
{
	StrBuf list = {0};
	bool ok;

	file_list_print(files, count, &list);
	ok = chain_mark(&run->chain, seq, str_view(&list), err);
	str_free(&list);
	return ok;
}

bool
publish_files(JobRun *run, uint64_t seq, const PackFile *files, size_t count, Error *err)
{
	if (count == 0)
		return true;
	assert(seq <= run->chain.seq);
	if (!chain_prove(&run->chain, err))
		return false;
	for (size_t i = 0, n; i < count; i += n)
	{
		n = count_alike(&files[i], count - i);
		if (!publish_alike(run, &files[i], n, err))
			return false;
	}
	return flush_names(run, err) && mark_published(run, seq, files, count, err);
}

/* The bytes that a process before this one has sealed were at rest since then: they are read before they get
 * a name that never changes. */
static bool
check_stored(JobRun *run, const PackFile *file, Error *err)
{
	const StoredBytes *stored = &file->stored;
	uint8_t sha256[32];
	bool found;

	if (!store_hash(run->state, stored, NULL, sha256, &found, err))
		return false;
	if (found && memcmp(sha256, file->sha256, sizeof sha256) == 0)
		return true;
	error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION,
			  "what \"%s\" in \"%s\" keeps of object \"%s\" is missing or does not match its checksum",
			  stored->key, run->state->location, file->key);
	return error_hint(err, "Nothing else is published before it; restore the state from a copy.");
}

static bool
publish_manifest(JobRun *run, uint64_t seq, Error *err)
{
	Arena arena;
	Manifest manifest;
	PackFooter footer;
	char sha256[HEX_SHA256];
	bool marked = false;
	bool ok;

	arena_init(&arena, "manifest");
	ok = chain_is_marked(&run->chain, seq, &marked, err) &&
		 (marked || chain_read(&run->chain, seq, &arena, &manifest, sha256, err));
	if (ok && !marked && manifest.file_count > 0)
	{
		ok = chain_read_footer(&run->chain, &manifest, &arena, &footer, err);
		if (ok)
		{
			job_notice(run, "NOTICE", "publishing %zu objects that an earlier process had committed",
					   footer.file_count);
			for (size_t i = 0; ok && i < footer.file_count; i++)
				ok = check_stored(run, &footer.files[i], err);
			ok = ok && publish_files(run, seq, footer.files, footer.file_count, err);
			state_map_release(&footer.map);
		}
	}
	arena_release(&arena);
	return ok;
}

bool
publish_leftovers(JobRun *run, const Manifest *newest, Error *err)
{
	protocol_check(&run->protocol, DEED_CREATE_OBJECT);
	for (uint64_t seq = newest->published_upto + 1; seq <= newest->seq; seq++)
		if (!publish_manifest(run, seq, err))
			return false;
	return true;
}

/* ---- clean-up ---- */

typedef struct KeyList
{
	char **keys;
	size_t count;
	size_t capacity;
} KeyList;

static bool
collect_key(void *context, const StoreEntry *entry)
{
	KeyList *list = context;

	mem_grow(&list->keys, &list->capacity, list->count, sizeof *list->keys);
	list->keys[list->count++] = mem_strdup(entry->key);
	return true;
}

/* By the state map, the footer, and tables. */
void
list_needed(const JobRun *run, Arena *arena, NeededPacks *out)
{
	const Manifest *record = &run->record;
	size_t count;
	const char **packs = state_map_packs(&run->map, arena, &count);

	out->upto = run->chain.seq;
	out->count = 0;
	out->keys = ARENA_ARRAY(arena, const char *, count + (size_t)record->table_count + 1);
	for (size_t i = 0; i < count; i++)
		out->keys[out->count++] = arena_strdup(arena, packs[i]);
	if (record->footer_pack != NULL)
		out->keys[out->count++] = arena_strdup(arena, record->footer_pack);
	for (int t = 0; t < record->table_count; t++)
		out->keys[out->count++] = arena_strdup(arena, record->tables[t].pack);
}

static bool
is_needed(const NeededPacks *needed, const char *key)
{
	/* A later number can only be an attempt of this epoch's successor, or of a writer that has taken over. */
	if (chain_key_seq(key) > needed->upto)
		return true;
	for (size_t i = 0; i < needed->count; i++)
		if (strcmp(key, needed->keys[i]) == 0)
			return true;
	return false;
}

static bool
remove_object(JobRun *run, const char *key, Error *err)
{
	FailurePoints *points = run->chain.failure_points;
	int struck = failure_before(points, FAIL_remove);

	if (struck < 0)
		return fs_error(err, struck, "remove", key);
	if (!run->state->class->remove(run->state, key, err))
		return false;
	struck = failure_after(points, FAIL_remove);
	return struck == 0 || fs_error(err, struck, "remove", key);
}

/* Everything up to the newest manifest is published here, so sealed objects and other attempts' packs are
 * litter. */
bool
remove_old(JobRun *run, const NeededPacks *needed, Error *err)
{
	KeyList list = {0};
	StrBuf prefix = {0};
	bool ok;

	str_appendf(&prefix, "%sp/", run->chain.folder);
	ok = run->state->class->list(run->state, prefix.data, false, collect_key, &list, err);
	for (size_t i = 0; i < list.count; i++)
	{
		if (ok && !is_needed(needed, list.keys[i]))
			ok = remove_object(run, list.keys[i], err);
		mem_free(list.keys[i]);
	}
	mem_free(list.keys);
	str_free(&prefix);
	return ok;
}
