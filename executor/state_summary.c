/*
 * state_summary.c: counts what a state holds (contract in state_summary.h).
 */
#include "executor/state_summary.h"

static int
compare_units(const void *a, const void *b)
{
	const StateUnit *x = a, *y = b;

	if (x->sink != y->sink)
		return x->sink < y->sink ? -1 : 1;
	return (x->pane > y->pane) - (x->pane < y->pane);
}

/* Counts panes: units of one pane are spread over buckets. */
static void
count_state(const PackFooter *footer, Arena *arena, StateSummary *out)
{
	const StateMap *map = &footer->map;
	StateUnit *units = ARENA_ARRAY(arena, StateUnit, map->count + 1);
	uint64_t *bytes = ARENA_ARRAY_ZERO(arena, uint64_t, footer->sink_count + 1);

	for (size_t i = 0; i < map->count; i++)
	{
		units[i] = map->entries[i].unit;
		for (uint32_t c = 0; c < map->entries[i].chunk_count; c++)
			bytes[units[i].sink] += map->entries[i].chunks[c].len;
	}
	if (map->count > 1)
		qsort(units, map->count, sizeof *units, compare_units);
	out->sinks = ARENA_ARRAY_ZERO(arena, StateContent, footer->sink_count + 1);
	for (size_t i = 0; i < map->count; i++)
	{
		if (i == 0 || units[i].sink != units[i - 1].sink)
			out->sinks[out->sink_count++] =
				(StateContent){.name = arena_strdup(arena, footer->sink_names[units[i].sink]),
							   .bytes = bytes[units[i].sink]};
		if (i == 0 || compare_units(&units[i], &units[i - 1]) != 0)
			out->sinks[out->sink_count - 1].panes++;
	}
}

static bool
count_unpublished(StateView *view, Arena *arena, StateSummary *out, Error *err)
{
	for (size_t i = 0; i < view->count; i++)
	{
		const ViewedManifest *item = &view->manifests[i];
		Manifest manifest;
		char sha256[HEX_SHA256];

		if (!item->there || item->marked || item->seq <= out->newest.published_upto)
			continue;
		if (!state_view_manifest(view, item->seq, arena, &manifest, sha256, err))
			return false;
		out->unpublished += manifest.file_count;
	}
	return true;
}

/* Their manifests are not read: they may be very many. */
static void
count_unloaded(const StateView *view, StateSummary *out)
{
	for (size_t i = 0; i < view->count && manifest_is_loaded(&out->newest); i++)
		out->unloaded += view->manifests[i].marked && !view->manifests[i].loaded &&
						 view->manifests[i].seq > out->newest.loaded_upto;
}

static bool
look_at_newest(StateView *view, Arena *arena, StateSummary *out, Error *err)
{
	PackFooter footer;

	if (!state_view_newest(view, arena, &out->newest, err) || !count_unpublished(view, arena, out, err))
		return false;
	count_unloaded(view, out);
	if (out->newest.footer_pack == NULL)
		return true;
	if (!chain_read_footer(&view->chain, &out->newest, arena, &footer, err))
		return false;
	count_state(&footer, arena, out);
	state_map_release(&footer.map);
	return true;
}

bool
state_summary(StateView *view, int shard, Arena *arena, StateSummary *out, Error *err)
{
	*out = (StateSummary){.readable = true};
	if (!state_view_list(view, shard, err))
		return false;
	if (view->count == 0)
		return true;
	out->manifests = view->manifests[view->count - 1].seq - identity_after(&view->identity, shard);
	if (!look_at_newest(view, arena, out, err))
	{
		if (err->state != SQLSTATE_DATA_CORRUPTED && err->state != SQLSTATE_INCOMPATIBLE_STATE)
			return false;
		out->readable = false;
		out->problem = arena_strdup(arena, err->message);
		error_clear(err);
	}
	out->may_run = view->state->class->lock == NULL && (!out->readable || out->newest.kind != MANIFEST_CLOSE);
	return true;
}

bool
state_summary_check_stopped(const StateSummary *summary, const char *job_name, Error *err)
{
	if (!summary->may_run)
		return true;
	error_set(err, SQLSTATE_OBJECT_IN_USE, NO_POSITION,
			  "job \"%s\" may be running: its newest manifest is no CLOSE", job_name);
	return error_hint(err, "Stop it with SIGTERM first; if it died, give --yes twice.");
}
