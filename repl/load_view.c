/*
 * load_view.c: loaded markers, and what is pending (contract in load_view.h).
 */
#include "repl/load_view.h"

#include "planner/plan_job.h"
#include "repl/job.h"

void
load_view_open(const Session *session, LoadView *out)
{
	TypeContext types = session_type_context(session);
	const SinkDef *const *sinks;
	PlanContext context;
	JobPlan *plan;
	Error ignored = {0};
	int count;

	*out = (LoadView){.count = 0};
	arena_init(&out->arena, "load view");
	arena_init(&out->shard_arena, "shard");
	context = session_plan_context((Session *)(uintptr_t)session, &out->arena, (StrView){0}, &types);
	sinks = job_collect_sinks(session, true, &out->arena, &count);
	if (count > 0 && plan_job(&context, sinks, count, &plan, &ignored) &&
		snowflake_loads_make(plan, "", NULL, &out->arena, NULL, &out->loads, &ignored))
		for (int i = 0; i < out->loads.count; i++)
			out->by_job |= out->loads.items[i].by_job && session->settings.snowflake_load;
	error_clear(&ignored);
}

void
load_view_close(LoadView *view)
{
	snowflake_loads_free(&view->loads);
	arena_release(&view->shard_arena);
	arena_release(&view->arena);
}

bool
load_view_take_shard(LoadView *view, StateView *state, Error *err)
{
	Manifest newest;

	view->loaded_upto = UINT64_MAX;
	view->count = 0;
	view->total_count = view->sink_count = 0;
	if (!view->by_job || state->count == 0)
		return true;
	arena_reset(&view->shard_arena);
	if (!state_view_newest(state, &view->shard_arena, &newest, err))
		return false;
	view->loaded_upto = newest.loaded_upto;
	view->sink_count = newest.sink_count;
	view->sinks = newest.sinks;
	view->total_count = newest.load_count;
	view->totals = newest.loads;
	return true;
}

bool
load_view_take_manifest(LoadView *view, StateView *state, uint64_t seq, Arena *arena, Error *err)
{
	size_t low = 0, high = state->count;

	view->count = 0;
	while (low < high)
	{
		size_t middle = (low + high) / 2;

		if (state->manifests[middle].seq < seq)
			low = middle + 1;
		else
			high = middle;
	}
	return low == state->count || state->manifests[low].seq != seq || !state->manifests[low].loaded ||
		   state_view_loads(state, seq, arena, &view->records, &view->count, err);
}

static bool
is_of(const LoadRecord *record, const PackFile *file)
{
	return record->kind == file->kind && strcmp(record->key, file->key) == 0 &&
		   strcmp(record->location, file->location) == 0;
}

const char *
load_view_status(const LoadView *view, uint64_t seq, const PackFile *file)
{
	LoadStatus worst = LOAD_WAITING;

	for (size_t i = 0; i < view->count; i++)
		if (is_of(&view->records[i], file))
			worst = Max(worst, view->records[i].status);
	if (worst != LOAD_WAITING)
		return load_status_name(worst);
	if (!view->by_job || view->count > 0 || seq <= view->loaded_upto)
		return NULL;
	for (int i = 0; i < view->loads.count; i++)
		if (view->loads.items[i].by_job && snowflake_load_takes(&view->loads.items[i], file))
			return "pending";
	return NULL;
}
