/*
 * state_reduce.c: the REDUCE half of aggregates: folds one bucket of all scratches into the state, closes
 * windows and emits their groups (contract in pipeline.h).
 *
 * The idea: a scratch's groups of the bucket are of two kinds. Fresh ones belong to a window that closes now
 * and has no state yet: they never enter the state; one worker's are emitted straight from its scratch, those
 * of several are merged on the side. The others are merged into their pane's state. Then the closing panes
 * are emitted and dropped. Rows of all windows of the bucket share batches, which point into scratches and
 * panes until the final flush.
 */
#include "common/memory.h"
#include "executor/op_aggregate.h"
#include "executor/state.h"

/* One bucket of one sink. */
typedef struct Reduction
{
	JobState *state;
	SinkState *sink;
	BucketState *bucket;
	AggregateOp *emitter;
	AggregateOp **sources; /* of all pipelines */
	uint32_t *fresh;       /* per source: its segment begins with so many fresh groups */
	int source_count;
	int bucket_number;
	bool close_all;
	int64_t watermark;
	int64_t closed_end; /* greatest end of a closed window; INT64_MIN = none */
} Reduction;

void
job_state_split(JobState *state, Pipeline *pipeline)
{
	for (int s = 0; s < state->plan->sink_count; s++)
		if (state->sinks[s].node != NULL)
			aggregate_split((AggregateOp *)pipeline_aggregate(pipeline, s));
}

/* Whether a window closes at this cut; if so it is noted, and its end. */
static bool
closes(Reduction *r, int64_t pane)
{
	int64_t end = aggregate_pane_end(r->sink->node, pane);

	if (!r->close_all && (r->sink->node->aggregate.window == NULL || end > r->watermark))
		return false;
	r->closed_end = Max(r->closed_end, end);
	if (r->bucket->closed_count > 0 && r->bucket->closed[r->bucket->closed_count - 1] == pane)
		return true;
	mem_grow(&r->bucket->closed, &r->bucket->closed_capacity, r->bucket->closed_count,
			 sizeof *r->bucket->closed);
	r->bucket->closed[r->bucket->closed_count++] = pane;
	return true;
}

static int64_t
group_pane(const AggregateOp *source, uint32_t group)
{
	return group_head(&source->scratch.table, group)->scope;
}

/* ---- emission ---- */

static int
compare_partitions(const void *a, const void *b, void *context)
{
	const GroupTable *table = context;
	int32_t x = group_head(table, *(const uint32_t *)a)->partition;
	int32_t y = group_head(table, *(const uint32_t *)b)->partition;

	return (x > y) - (x < y);
}

/* Emits groups; those kept per partition are joined first, in partition order, and emitted by emit_joined().
 */
static bool
emit_groups(Reduction *r, const Groups *groups, uint32_t *list, uint32_t count, Error *err)
{
	uint32_t *numbers;

	if (!r->sink->layout.by_partition)
		return group_emitter_add(&r->emitter->emitter, groups, list, count, err);
	numbers = mem_alloc(count * sizeof *numbers);
	qsort_r(list, count, sizeof *list, compare_partitions, (void *)&groups->table);
	groups_merge(&r->emitter->joined, groups, list, count, JOIN_PARTITIONS, numbers);
	mem_free(numbers);
	return true;
}

static bool
emit_all(Reduction *r, Groups *groups, Error *err)
{
	uint32_t *list = groups_list_all(groups);
	bool ok;

	groups_index_values(groups);
	ok = emit_groups(r, groups, list, groups->table.count, err);
	mem_free(list);
	return ok;
}

static bool
emit_joined(Reduction *r, Error *err)
{
	Groups *joined = &r->emitter->joined;
	uint32_t *list = groups_list_all(joined);
	bool ok;

	groups_index_values(joined);
	ok = group_emitter_add(&r->emitter->emitter, joined, list, joined->table.count, err);
	mem_free(list);
	return ok;
}

/* ---- fresh groups ---- */

/* Puts the fresh groups of a source's segment first; returns how many there are. */
static uint32_t
put_fresh_first(Reduction *r, AggregateOp *source)
{
	uint32_t begin = source->start[r->bucket_number], end = source->start[r->bucket_number + 1];
	uint32_t fresh = begin;
	int64_t pane = 0;
	bool is_fresh = false;

	for (uint32_t i = begin; i < end; i++)
	{
		uint32_t group = source->order[i];

		group_table_prefetch(&source->scratch.table, source->order, i, end);
		if (i == begin || group_pane(source, group) != pane)
		{
			pane = group_pane(source, group);
			is_fresh = closes(r, pane) && bucket_state_find(r->bucket, pane) == NULL;
		}
		if (!is_fresh)
			continue;
		source->order[i] = source->order[fresh];
		source->order[fresh++] = group;
	}
	return fresh - begin;
}

static void
merge_fresh(Reduction *r, int s)
{
	AggregateOp *source = r->sources[s];
	uint32_t *numbers = mem_alloc(r->fresh[s] * sizeof *numbers);

	groups_merge(&r->emitter->merged, &source->scratch, source->order + source->start[r->bucket_number],
				 r->fresh[s], KEEP_PARTITIONS, numbers);
	mem_free(numbers);
}

/* A result without GROUP BY of no rows at all is a row too; its hash is 0, so it is of bucket 0. */
static bool
result_is_empty(const Reduction *r)
{
	int sink = (int)(r->sink - r->state->sinks);
	const EpochStart *epoch = r->emitter->base.chain->epoch;

	if (!aggregate_always_has_row(r->sink->node) || !r->close_all || r->bucket_number != 0 ||
		r->bucket->count > 0 || (epoch != NULL && epoch->closed_ends[sink] == INT64_MAX))
		return false;
	for (int s = 0; s < r->source_count; s++)
		if (r->sources[s]->start[0] != r->sources[s]->start[1])
			return false;
	return true;
}

static bool
emit_fresh(Reduction *r, Error *err)
{
	int contributors = 0, last = 0;

	for (int s = 0; s < r->source_count; s++)
	{
		r->fresh[s] = put_fresh_first(r, r->sources[s]);
		if (r->fresh[s] == 0)
			continue;
		contributors++;
		last = s;
	}
	if (contributors == 1)
		return emit_groups(r, &r->sources[last]->scratch,
						   r->sources[last]->order + r->sources[last]->start[r->bucket_number],
						   r->fresh[last], err);
	for (int s = 0; s < r->source_count; s++)
		merge_fresh(r, s);
	if (result_is_empty(r))
		(void)aggregate_add_empty_group(r->sink->node, &r->emitter->merged);
	return emit_all(r, &r->emitter->merged, err);
}

/* ---- groups that enter the state ---- */

static int
compare_scopes(const void *a, const void *b, void *context)
{
	int64_t x = group_pane(context, *(const uint32_t *)a), y = group_pane(context, *(const uint32_t *)b);

	return (x > y) - (x < y);
}

static void
sort_by_pane(AggregateOp *source, uint32_t *list, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++)
		if (group_pane(source, list[i - 1]) > group_pane(source, list[i]))
		{
			qsort_r(list, count, sizeof *list, compare_scopes, source);
			return;
		}
}

static bool
fold_source(Reduction *r, int s, Error *err)
{
	AggregateOp *source = r->sources[s];
	uint32_t begin = source->start[r->bucket_number] + r->fresh[s];
	uint32_t count = source->start[r->bucket_number + 1] - begin;
	uint32_t *list = source->order + begin;
	uint32_t *numbers = mem_alloc(count * sizeof *numbers);
	bool ok = true;

	sort_by_pane(source, list, count);
	for (uint32_t i = 0, run; i < count && ok; i += run)
	{
		PaneState *pane;

		for (run = 1; i + run < count && group_pane(source, list[i + run]) == group_pane(source, list[i]);)
			run++;
		pane = bucket_state_find_or_add(r->bucket, &r->sink->layout, group_pane(source, list[i]));
		ok = pane_state_load(pane, r->bucket_number, &r->state->spill, err);
		if (ok)
			pane_state_merge(pane, &source->scratch, list + i, run, numbers);
	}
	mem_free(numbers);
	return ok;
}

/* ---- the whole ---- */

/* Emits the panes that close, which are the first ones; *count is how many. */
static bool
emit_panes(Reduction *r, size_t *count, Error *err)
{
	for (*count = 0; *count < r->bucket->count && closes(r, r->bucket->panes[*count]->pane); ++*count)
	{
		PaneState *pane = r->bucket->panes[*count];

		if (!pane_state_load(pane, r->bucket_number, &r->state->spill, err) ||
			!emit_all(r, &pane->groups, err))
			return false;
	}
	return true;
}

/* What can't be spilled must fit. */
static bool
check_memory(const Reduction *r, Error *err)
{
	size_t bytes = job_state_memory(r->state);

	if (bytes <= (size_t)r->state->settings->memory_limit)
		return true;
	(void)error_set(err, SQLSTATE_CONFIGURATION_LIMIT_EXCEEDED, NO_POSITION,
					"state of open windows exceeds memory_limit");
	(void)error_detail(err, "It needs at least %zu MB; memory_limit is %" PRId64 " MB.", bytes >> 20,
					   r->state->settings->memory_limit >> 20);
	return error_hint(err, "Raise memory_limit, group by fewer values, or use a shorter watermark delay.");
}

static bool
fold_and_emit(Reduction *r, size_t *closed, Error *err)
{
	if (!emit_fresh(r, err))
		return false;
	for (int s = 0; s < r->source_count; s++)
		if (!fold_source(r, s, err))
			return false;
	return emit_panes(r, closed, err) && emit_joined(r, err) &&
		   group_emitter_flush(&r->emitter->emitter, err);
}

static bool
reduce(Reduction *r, Error *err)
{
	size_t closed = 0;
	bool ok;

	r->bucket->closed_count = 0;
	ok = fold_and_emit(r, &closed, err);

	groups_clear(&r->emitter->merged);
	groups_clear(&r->emitter->joined);
	if (!ok)
		return false;
	bucket_state_drop_first(r->state, r->bucket, closed);
	return bucket_state_settle(r->state, r->bucket, err) && check_memory(r, err);
}

static bool
reduce_sink(JobState *state, int sink, int bucket, const CutPlan *cut, Pipeline *const *pipelines,
			int pipeline_count, Pipeline *emitter, int64_t *closed_end, Error *err)
{
	Reduction r = {
		.state = state,
		.sink = &state->sinks[sink],
		.bucket = &state->sinks[sink].buckets[bucket],
		.emitter = (AggregateOp *)pipeline_aggregate(emitter, sink),
		.sources = mem_alloc((size_t)pipeline_count * sizeof *r.sources),
		.fresh = mem_alloc((size_t)pipeline_count * sizeof *r.fresh),
		.source_count = pipeline_count,
		.bucket_number = bucket,
		.close_all = cut->close_all,
		.watermark = cut->watermarks[sink],
		.closed_end = INT64_MIN,
	};
	bool ok;

	for (int p = 0; p < pipeline_count; p++)
		r.sources[p] = (AggregateOp *)pipeline_aggregate(pipelines[p], sink);
	r.emitter->emitter.next = pipeline_emission(emitter, sink);
	if (cut->close_all && r.sink->node->aggregate.window == NULL)
		r.closed_end = INT64_MAX; /* the result is final, also when it has no rows */
	ok = reduce(&r, err);
	*closed_end = Max(*closed_end, r.closed_end);
	mem_free(r.sources);
	mem_free(r.fresh);
	return ok;
}

bool
job_state_reduce(JobState *state, int bucket, const CutPlan *cut, Pipeline *const *pipelines,
				 int pipeline_count, Pipeline *emitter, int64_t *closed_ends, Error *err)
{
	for (int s = 0; s < state->plan->sink_count; s++)
		if (state->sinks[s].node != NULL &&
			!reduce_sink(state, s, bucket, cut, pipelines, pipeline_count, emitter, &closed_ends[s], err))
			return false;
	return true;
}
