/*
 * state.c: keeping, reporting and restoring the state of aggregates (contract in pipeline.h and state.h).
 */
#include "executor/state.h"

#include "common/memory.h"
#include "executor/memory_share.h"
#include "executor/op_aggregate.h"

static void
sink_state_init(SinkState *sink, const SinkPlan *plan, Arena *arena)
{
	sink->node = plan->aggregate;
	if (sink->node == NULL)
		return;
	groups_layout_init(&sink->layout, sink->node, arena);
	sink->buckets = ARENA_ARRAY_ZERO(arena, BucketState, STATE_BUCKETS);
}

JobState *
job_state_open(const JobPlan *plan, const Settings *settings, const Fs *fs)
{
	JobState *state = mem_alloc_zero(sizeof *state);

	state->plan = plan;
	state->settings = settings;
	arena_init(&state->arena, "state");
	atomic_init(&state->bytes, 0);
	spill_file_init(&state->spill, fs);
	state->spill_above = (size_t)settings->memory_limit / SHARE_STATE;
	state->spill_least = SPILL_LEAST;
	state->sinks = ARENA_ARRAY_ZERO(&state->arena, SinkState, plan->sink_count);
	for (int s = 0; s < plan->sink_count; s++)
		sink_state_init(&state->sinks[s], plan->sinks[s], &state->arena);
	return state;
}

void
job_state_leave_room(JobState *state, size_t bytes)
{
	size_t share = (size_t)state->settings->memory_limit / SHARE_STATE;

	state->spill_above = share - Min(bytes, share / 2);
}

static void
bucket_state_free(BucketState *bucket)
{
	for (size_t p = 0; p < bucket->count; p++)
		pane_state_free(bucket->panes[p]);
	mem_free(bucket->panes);
	mem_free(bucket->gone);
	mem_free(bucket->closed);
}

void
job_state_close(JobState *state)
{
	for (int s = 0; s < state->plan->sink_count; s++)
		for (int b = 0; b < STATE_BUCKETS && state->sinks[s].node != NULL; b++)
			bucket_state_free(&state->sinks[s].buckets[b]);
	spill_file_close(&state->spill);
	arena_release(&state->arena);
	mem_free(state);
}

/* ---- panes of a bucket ---- */

size_t
bucket_state_place(const BucketState *bucket, int64_t pane)
{
	size_t low = 0, high = bucket->count;

	while (low < high)
	{
		size_t middle = (low + high) / 2;

		if (bucket->panes[middle]->pane < pane)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

PaneState *
bucket_state_find(const BucketState *bucket, int64_t pane)
{
	size_t place = bucket_state_place(bucket, pane);

	return place < bucket->count && bucket->panes[place]->pane == pane ? bucket->panes[place] : NULL;
}

PaneState *
bucket_state_find_or_add(BucketState *bucket, const GroupsLayout *layout, int64_t pane)
{
	size_t place = bucket_state_place(bucket, pane);

	if (place < bucket->count && bucket->panes[place]->pane == pane)
		return bucket->panes[place];
	mem_grow(&bucket->panes, &bucket->capacity, bucket->count, sizeof *bucket->panes);
	memmove(bucket->panes + place + 1, bucket->panes + place,
			(bucket->count - place) * sizeof *bucket->panes);
	bucket->count++;
	bucket->panes[place] = pane_state_new(layout, pane);
	return bucket->panes[place];
}

void
bucket_state_drop_first(JobState *state, BucketState *bucket, size_t count)
{
	for (size_t p = 0; p < count; p++)
	{
		if (bucket->panes[p]->saved)
		{
			mem_grow(&bucket->gone, &bucket->gone_capacity, bucket->gone_count, sizeof *bucket->gone);
			bucket->gone[bucket->gone_count++] = bucket->panes[p]->pane;
		}
		pane_state_discard(bucket->panes[p], &state->spill);
		pane_state_free(bucket->panes[p]);
	}
	if (count > 0)
		memmove(bucket->panes, bucket->panes + count, (bucket->count - count) * sizeof *bucket->panes);
	bucket->count -= count;
}

static void
count_bytes(JobState *state, BucketState *bucket)
{
	size_t bytes = 0;

	for (size_t p = 0; p < bucket->count; p++)
		bytes += pane_state_memory(bucket->panes[p]);
	atomic_fetch_add(&state->bytes, bytes - bucket->bytes); /* modulo 2^64: may go down */
	bucket->bytes = bytes;
}

bool
bucket_state_settle(JobState *state, BucketState *bucket, Error *err)
{
	count_bytes(state, bucket);
	if (likely(job_state_memory(state) <= state->spill_above))
		return true;
	for (size_t p = 0; p < bucket->count; p++)
	{
		PaneState *pane = bucket->panes[p];

		if (!pane->spilled && pane_state_memory(pane) >= state->spill_least &&
			!pane_state_spill(pane, &state->spill, err))
			return false;
	}
	count_bytes(state, bucket);
	return true;
}

/* ---- reports ---- */

static bool
report_gone(BucketState *bucket, StateUnit *unit, StateVisitor visit, void *context, Error *err)
{
	for (size_t g = 0; g < bucket->gone_count; g++)
	{
		unit->pane = bucket->gone[g];
		if (!visit(context, unit, STATE_GONE, (StrView){"", 0}, err))
			return false;
	}
	bucket->gone_count = 0;
	return true;
}

static bool
report_panes(JobState *state, BucketState *bucket, bool whole, StateUnit *unit, StateVisitor visit,
			 void *context, Error *err)
{
	StrBuf bytes = {0};
	bool ok = true;

	for (size_t p = 0; p < bucket->count && ok; p++)
	{
		PaneState *pane = bucket->panes[p];
		StateChange change;

		if (!pane_state_changed(pane) && !whole)
			continue;
		str_clear(&bytes);
		unit->pane = pane->pane;
		ok = pane_state_report(pane, whole, &state->spill, &bytes, &change, err) &&
			 visit(context, unit, change, str_view(&bytes), err);
	}
	str_free(&bytes);
	return ok;
}

bool
job_state_changes(JobState *state, int bucket, bool whole, StateVisitor visit, void *context, Error *err)
{
	for (int s = 0; s < state->plan->sink_count; s++)
	{
		SinkState *sink = &state->sinks[s];
		StateUnit unit = {.sink = s, .bucket = bucket};
		BucketState *b;
		bool turn;

		if (sink->node == NULL)
			continue;
		b = &sink->buckets[bucket];
		turn = (b->reports++ + (uint32_t)bucket) % WHOLE_EVERY == 0;
		if (!report_gone(b, &unit, visit, context, err) ||
			!report_panes(state, b, whole || turn, &unit, visit, context, err))
			return false;
	}
	return true;
}

/* ---- restoring ---- */

static bool
unit_is_valid(const JobState *state, const StateUnit *unit)
{
	const WindowPlan *window;
	int64_t start, end;

	if (unit->sink < 0 || unit->sink >= state->plan->sink_count || unit->bucket < 0 ||
		unit->bucket >= STATE_BUCKETS || state->sinks[unit->sink].node == NULL)
		return false;
	window = state->sinks[unit->sink].node->aggregate.window;
	if (window == NULL)
		return unit->pane == NO_PANE;
	return aggregate_find_pane(window, unit->pane, &start, &end) && start == unit->pane;
}

bool
job_state_restore(JobState *state, const StateUnit *unit, StrView bytes, Error *err)
{
	SinkState *sink;
	BucketState *bucket;
	PaneState *pane;

	if (!unit_is_valid(state, unit))
	{
		(void)error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION, "state of an aggregate is corrupted");
		return error_detail(err, "There is no sink %d, bucket %d, pane %" PRId64 ".", unit->sink,
							unit->bucket, unit->pane);
	}
	sink = &state->sinks[unit->sink];
	bucket = &sink->buckets[unit->bucket];
	pane = bucket_state_find_or_add(bucket, &sink->layout, unit->pane);
	if (!pane_state_load(pane, unit->bucket, &state->spill, err) ||
		!pane_state_read(pane, unit->bucket, bytes, err))
		return error_context(err, "sink \"%s\", bucket %d, pane %" PRId64,
							 state->plan->sinks[unit->sink]->name, unit->bucket, unit->pane);
	return bucket_state_settle(state, bucket, err);
}

/* ---- totals ---- */

static int
compare_panes(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Sorts panes and counts the different ones. */
static uint64_t
count_different(int64_t *panes, size_t n)
{
	uint64_t count = 0;

	qsort(panes, n, sizeof *panes, compare_panes);
	for (size_t i = 0; i < n; i++)
		count += i == 0 || panes[i] != panes[i - 1];
	return count;
}

/* How many different panes the buckets have. */
static uint64_t
count_windows(const SinkState *sink, size_t pane_count)
{
	int64_t *panes = mem_alloc(pane_count * sizeof *panes);
	uint64_t windows;
	size_t n = 0;

	for (int b = 0; b < STATE_BUCKETS; b++)
		for (size_t p = 0; p < sink->buckets[b].count; p++)
			panes[n++] = sink->buckets[b].panes[p]->pane;
	windows = count_different(panes, n);
	mem_free(panes);
	return windows;
}

uint64_t
job_state_closed_windows(const JobState *state, int sink_index)
{
	const SinkState *sink = &state->sinks[sink_index];
	int64_t *panes = NULL;
	size_t n = 0, capacity = 0;
	uint64_t windows;

	if (sink->node == NULL || sink->node->aggregate.window == NULL)
		return 0;
	for (int b = 0; b < STATE_BUCKETS; b++)
		for (size_t p = 0; p < sink->buckets[b].closed_count; p++)
		{
			mem_grow(&panes, &capacity, n, sizeof *panes);
			panes[n++] = sink->buckets[b].closed[p];
		}
	windows = n > 0 ? count_different(panes, n) : 0;
	mem_free(panes);
	return windows;
}

void
job_state_totals(const JobState *state, int sink_index, uint64_t *groups, uint64_t *open_windows,
				 size_t *bytes)
{
	const SinkState *sink = &state->sinks[sink_index];
	size_t pane_count = 0;

	*groups = *open_windows = *bytes = 0;
	for (int b = 0; b < STATE_BUCKETS && sink->node != NULL; b++)
	{
		const BucketState *bucket = &sink->buckets[b];

		for (size_t p = 0; p < bucket->count; p++)
			*groups += bucket->panes[p]->spilled ? bucket->panes[p]->group_count
												 : bucket->panes[p]->groups.table.count;
		pane_count += bucket->count;
		*bytes += bucket->bytes;
	}
	if (pane_count > 0 && sink->node->aggregate.window != NULL)
		*open_windows = count_windows(sink, pane_count);
}

size_t
job_state_memory(const JobState *state)
{
	return atomic_load(&((JobState *)state)->bytes);
}
