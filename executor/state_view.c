/*
 * state_view.c: manifests, markers and lists of objects, for looking at (contract in state_view.h).
 */
#include "executor/state_view.h"

#include "common/memory.h"

static bool
no_state(const StateLook *look, Error *err)
{
	return error_set(err, SQLSTATE_UNDEFINED_OBJECT, NO_POSITION, "there is no state of job \"%s\" in \"%s\"",
					 look->job_name, look->state_location);
}

static bool
read_identity(StateView *view, const StateLook *look, Error *err)
{
	StrBuf text = {0};
	bool found = false;
	bool ok = view->state->class->get(view->state, IDENTITY_KEY, 0, UINT64_MAX, &text, &found, err);

	if (ok && !found)
		ok = no_state(look, err);
	ok = ok && identity_parse(str_view(&text), view->state->location, &view->arena, &view->identity, err);
	str_free(&text);
	return ok;
}

bool
state_view_open(const StateLook *look, StateView *out, Error *err)
{
	StoreOpen open = {.owner = look->job_name,
					  .restricted = true,
					  .read_only = true,
					  .clock = look->clock,
					  .random = look->random,
					  .stop = look->stop};

	*out = (StateView){.shard = -1};
	arena_init(&out->arena, "state view");
	open.location = arena_printf(&out->arena, "%s/%s", look->state_location, look->job_name);
	if (!store_open(look->stores, &open, &out->state, err) || !read_identity(out, look, err))
		return false;
	out->chain = (ManifestChain){.store = out->state, .clock = look->clock, .random = look->random};
	memcpy(out->chain.job_uuid, out->identity.uuid, HEX_UUID);
	if (!state_view_list(out, 0, err))
		return false;
	return out->count > 0 || out->identity.shards > 1 || no_state(look, err);
}

void
state_view_close(StateView *view)
{
	store_close(view->state);
	mem_free(view->manifests);
	arena_release(&view->arena);
}

/* ---- listing ---- */

static bool
note_manifest(void *context, const StoreEntry *entry)
{
	StateView *view = context;
	uint64_t seq = chain_key_seq(entry->key);
	bool marker = chain_key_is(entry->key, ".published"), loaded = chain_key_is(entry->key, ".loaded");
	bool known = view->count > 0 && view->manifests[view->count - 1].seq == seq;

	/* What became of the objects may be known for longer than the manifest: that alone is none. */
	if (seq <= identity_after(&view->identity, view->shard) || (loaded && !known) ||
		(!loaded && !marker && !chain_key_is(entry->key, ".json")))
		return true;
	if (!known)
	{
		mem_grow(&view->manifests, &view->capacity, view->count, sizeof *view->manifests);
		view->manifests[view->count++] = (ViewedManifest){.seq = seq};
	}
	if (loaded)
		view->manifests[view->count - 1].loaded = true;
	else if (marker)
		view->manifests[view->count - 1].marked = true;
	else
		view->manifests[view->count - 1].there = true;
	return true;
}

bool
state_view_list(StateView *view, int shard, Error *err)
{
	view->shard = shard;
	view->count = 0;
	view->chain.folder = arena_printf(&view->arena, "s%d/", shard);
	return view->state->class->list(view->state, arena_printf(&view->arena, "%sm/", view->chain.folder),
									false, note_manifest, view, err);
}

/* ---- reading ---- */

bool
state_view_manifest(StateView *view, uint64_t seq, Arena *arena, Manifest *out, char sha256[HEX_SHA256],
					Error *err)
{
	return chain_read(&view->chain, seq, arena, out, sha256, err);
}

bool
state_view_newest(StateView *view, Arena *arena, Manifest *out, Error *err)
{
	char sha256[HEX_SHA256];

	if (view->count == 0)
		return error_set(err, SQLSTATE_UNDEFINED_OBJECT, NO_POSITION, "shard %d of \"%s\" has no manifest",
						 view->shard, view->state->location);
	return state_view_manifest(view, view->manifests[view->count - 1].seq, arena, out, sha256, err);
}

static bool
note_first(void *context, const StoreEntry *entry)
{
	uint64_t *first = context;

	if (strstr(entry->key, ".json") == NULL)
		return true;
	*first = chain_key_seq(entry->key);
	return false;
}

bool
state_view_is_trimmed(StateView *view, uint64_t seq, bool *trimmed, Error *err)
{
	uint64_t first = 0;
	const char *prefix = arena_printf(&view->arena, "%sm/", view->chain.folder);

	if (!view->state->class->list(view->state, prefix, false, note_first, &first, err))
		return false;
	*trimmed = first > seq;
	return true;
}

static bool
visit_manifest(StateView *view, uint64_t seq, Arena *arena, ManifestVisitor visit, void *context, Error *err)
{
	Manifest manifest;
	char sha256[HEX_SHA256];
	bool trimmed = false;
	Error why = {0};

	arena_reset(arena);
	if (state_view_manifest(view, seq, arena, &manifest, sha256, &why))
		return visit(context, &manifest, err);
	if (state_view_is_trimmed(view, seq, &trimmed, err) && !trimmed)
		error_move(err, &why);
	error_clear(&why);
	return trimmed;
}

bool
state_view_visit(StateView *view, Arena *arena, ManifestVisitor visit, void *context, Error *err)
{
	for (size_t i = 0; i < view->count; i++)
		if (view->manifests[i].there &&
			!visit_manifest(view, view->manifests[i].seq, arena, visit, context, err))
			return false;
	return true;
}

static bool
read_from_pack(StateView *view, const Manifest *manifest, Arena *arena, PackFile **files, size_t *count,
			   Error *err)
{
	PackFooter footer;

	if (manifest->footer_pack == NULL)
		return error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION,
						 "manifest %" PRIu64 " has objects, but no pack", manifest->seq);
	if (!chain_read_footer(&view->chain, manifest, arena, &footer, err))
		return false;
	*files = footer.files;
	*count = footer.file_count;
	state_map_release(&footer.map);
	return true;
}

bool
state_view_files(StateView *view, const Manifest *manifest, Arena *arena, PackFile **files, size_t *count,
				 bool *published, Error *err)
{
	Error of_pack = {0};
	bool listed = manifest_has_list(manifest);
	bool ok;

	*files = NULL;
	*count = 0;
	*published = true;
	if (manifest->file_count == 0)
		return true;
	ok = chain_read_list(&view->chain, manifest, arena, files, count, published, err);
	if (!ok || (*published && listed) || read_from_pack(view, manifest, arena, files, count, &of_pack))
		return ok;
	/* The pack may have gone because all was published meanwhile. */
	ok = chain_read_list(&view->chain, manifest, arena, files, count, published, err);
	if (ok && (!*published || (!listed && of_pack.state != SQLSTATE_DATA_CORRUPTED)))
	{
		error_move(err, &of_pack);
		return false;
	}
	error_clear(&of_pack);
	return ok;
}

bool
state_view_loads(StateView *view, uint64_t seq, Arena *arena, LoadRecord **records, size_t *count, Error *err)
{
	return load_markers_read(&view->chain, seq, arena, records, count, err);
}

int32_t
state_view_holder(const ManifestScan *scan)
{
	int32_t holder = -1;

	for (int32_t p = 0; p < scan->partition_count; p++)
		if (!scan->partitions[p].idle &&
			(holder < 0 || scan->partitions[p].max_time < scan->partitions[holder].max_time))
			holder = p;
	return holder;
}
