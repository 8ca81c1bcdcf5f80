/*
 * op_aggregate.c: absorbs rows into groups (contract in op_aggregate.h).
 *
 * Order of judgement: a row is late or not, then its expressions fail or not, then it is used. Windows are
 * found without a division for rows that lie in the window of the row before.
 */
#include "executor/op_aggregate.h"

#include "common/memory.h"
#include "common/types/calendar.h"
#include "common/types/timestamp.h"
#include "executor/shard_key.h"

enum
{
	/* Partition numbers of several streams are kept apart by this; only order depends on it. */
	STREAM_PARTITIONS = 1 << 20
};

/* ---- opening ---- */

static void
find_scans(const PlanNode *node, AggregateOp *op, size_t *capacity)
{
	if (node->kind == NODE_SCAN)
	{
		mem_grow(&op->scans, capacity, (size_t)op->scan_count, sizeof *op->scans);
		op->scans[op->scan_count++] = node->scan->index;
	}
	else if (node->kind == NODE_APPEND)
		for (int i = 0; i < node->append.input_count; i++)
			find_scans(node->append.inputs[i], op, capacity);
	else if (node->input != NULL)
		find_scans(node->input, op, capacity);
}

/* The argument where the filter is true, so that filtered rows can't fail: CASE WHEN filter THEN arg ELSE
 * NULL END. */
static const Expr *
guard_argument(const Expr *arg, const Expr *filter, Arena *arena)
{
	Expr *guarded = ARENA_NEW(arena, Expr);
	Expr *null = ARENA_NEW(arena, Expr);

	if (filter == NULL || arg->kind == EXPR_COLUMN || arg->kind == EXPR_CONSTANT)
		return arg;
	*null = (Expr){.kind = EXPR_CONSTANT, .type = arg->type, .position = arg->position};
	null->constant = datum_null(arg->type.id);
	*guarded = (Expr){.kind = EXPR_CASE, .type = arg->type, .position = arg->position, .arg_count = 3};
	guarded->args = ARENA_ARRAY(arena, Expr *, 3);
	guarded->args[0] = (Expr *)filter;
	guarded->args[1] = (Expr *)arg;
	guarded->args[2] = null;
	return guarded;
}

static void
compile_program(AggregateOp *op, Arena *arena)
{
	const PlanNode *node = op->node;
	int key_count = node->aggregate.key_count, call_count = node->aggregate.call_count;
	const Expr **exprs = ARENA_ARRAY(arena, const Expr *, key_count + 2 * call_count + 1);
	const ResultColumn *columns = node->columns + (node->aggregate.window != NULL ? 2 : 0);
	int count = key_count;

	op->names = ARENA_ARRAY_ZERO(arena, ResultColumn, key_count + 2 * call_count + 1);
	op->inputs = ARENA_ARRAY(arena, AggregateInputs, call_count + 1);
	for (int k = 0; k < key_count; k++)
	{
		exprs[k] = node->aggregate.keys[k];
		op->names[k] = columns[k];
	}
	for (int c = 0; c < call_count; c++)
	{
		const AggregateCall *call = &node->aggregate.calls[c];

		op->inputs[c] = (AggregateInputs){.arg = -1, .filter = -1};
		op->names[count] = op->names[count + 1] = columns[key_count + c];
		if (call->filter != NULL)
		{
			exprs[count] = call->filter;
			op->inputs[c].filter = count++;
			op->names[count] = columns[key_count + c];
		}
		if (call->arg_count > 0)
		{
			exprs[count] = guard_argument(call->args[0], call->filter, arena);
			op->inputs[c].arg = count++;
		}
	}
	op->program =
		program_compile(exprs, count, node_types(node->input, arena), node->input->column_count, arena);
}

static Operator *
aggregate_open(const OperatorOpen *open)
{
	AggregateOp *op = ARENA_NEW(open->arena, AggregateOp);
	size_t scan_capacity = 0;

	operator_init(&op->base, &op_aggregate, open);
	op->node = open->node;
	groups_layout_init(&op->layout, op->node, open->arena);
	find_scans(op->node->input, op, &scan_capacity);
	compile_program(op, open->arena);
	op->keys = ARENA_ARRAY(open->arena, const Column *, op->layout.keys.key_count + 1);
	op->scopes = ARENA_ARRAY(open->arena, int64_t, BATCH_ROWS);
	op->hashes = ARENA_ARRAY(open->arena, uint64_t, BATCH_ROWS);
	op->numbers = ARENA_ARRAY(open->arena, uint32_t, BATCH_ROWS);
	groups_init(&op->scratch, &op->layout, COPY_KEYS);
	groups_init(&op->merged, &op->layout, BORROW_KEYS);
	groups_init(&op->joined, &op->layout, BORROW_KEYS);
	group_emitter_init(&op->emitter, op->node, &op->layout, open->chain, open->arena);
	op->emitter.next = open->next;
	return &op->base;
}

static void
aggregate_close(Operator *base)
{
	AggregateOp *op = (AggregateOp *)base;

	groups_free(&op->scratch);
	groups_free(&op->merged);
	groups_free(&op->joined);
	group_emitter_free(&op->emitter);
	mem_free(op->scans);
	mem_free(op->order);
}

/* ---- windows and lateness ---- */

/* What was closed when the epoch began: the least watermark of the scans, or what a finished batch closed. */
static int64_t
late_until(const AggregateOp *op)
{
	const EpochStart *epoch = op->base.chain->epoch;
	int64_t watermark = INT64_MAX;

	if (epoch == NULL)
		return INT64_MIN;
	for (int i = 0; i < op->scan_count; i++)
		watermark = Min(watermark, epoch->watermarks[op->scans[i]]);
	if (op->scan_count == 0 || op->node->aggregate.window == NULL)
		watermark = INT64_MIN;
	return Max(watermark, epoch->closed_ends[op->base.chain->sink->index]);
}

bool
aggregate_find_pane(const WindowPlan *window, int64_t time, int64_t *start, int64_t *end)
{
	int64_t origin = -(int64_t)CALENDAR_UNIX_EPOCH_DAYS * MICROS_PER_DAY + window->offset;

	if (!timestamp_tumble_start(time, window->size, floor_mod(origin, window->size), start, NULL))
		return false;
	*end = *start + window->size;
	return true;
}

/* A row outside the window of the row before: finds its window, or tells why it can't be used and clears its
 * bit. */
static bool
enter_pane(AggregateOp *op, const Batch *batch, uint32_t row, int64_t time, uint64_t *active, Error *err)
{
	const WindowPlan *window = op->node->aggregate.window;
	Chain *chain = op->base.chain;
	Error reason = {0};
	int64_t start, end;

	if (!aggregate_find_pane(window, time, &start, &end))
	{
		bitmap_clear(active, row);
		op->scopes[row] = 0;
		(void)error_set(&reason, SQLSTATE_DATETIME_FIELD_OVERFLOW, NO_POSITION, "timestamp out of range");
		return chain_fail_row(chain, batch, row, "window_start", &reason, err);
	}
	op->scopes[row] = start;
	if (unlikely(end <= op->late_until))
	{
		bitmap_clear(active, row);
		return chain_divert_late(chain, batch, row, start, end, err);
	}
	op->pane_start = start;
	op->pane_end = end;
	return true;
}

/* Sets scopes; clears the bits in active of rows that can't be used. */
static bool
find_panes(AggregateOp *op, const Batch *batch, uint64_t *active, Error *err)
{
	const int64_t *times = COLUMN_DATA(&batch->columns[op->node->aggregate.window->time_column], int64_t);

	if (op->pane_end <= op->late_until) /* closed since the last batch */
		op->pane_start = op->pane_end = INT64_MIN;
	for (uint32_t i = 0; i < batch->n; i++)
	{
		if (likely(times[i] >= op->pane_start && times[i] < op->pane_end))
			op->scopes[i] = op->pane_start;
		else if (!enter_pane(op, batch, i, times[i], active, err))
			return false;
	}
	return true;
}

/* Without window all rows are of one pane; when that was closed all are late. */
static bool
use_one_pane(AggregateOp *op, const Batch *batch, uint64_t *active, Error *err)
{
	for (uint32_t i = 0; i < batch->n; i++)
		op->scopes[i] = NO_PANE;
	if (likely(op->late_until != INT64_MAX))
		return true;
	for (uint32_t i = 0; i < batch->n; i++)
	{
		bitmap_clear(active, i);
		if (!chain_divert_late(op->base.chain, batch, i, INT64_MIN, INT64_MIN, err))
			return false;
	}
	return true;
}

/* ---- absorbing ---- */

/* Which partition rows are of, over all scans of the operator. */
static int32_t
batch_origin(const AggregateOp *op, const Batch *batch)
{
	int place = 0;

	if (batch->partition < 0)
		return NO_PARTITION;
	while (place + 1 < op->scan_count && op->scans[place] != batch->stream)
		place++;
	return place * STREAM_PARTITIONS + batch->partition;
}

/* The rows that a call gets: active, its filter true, its argument not NULL. */
static const uint64_t *
call_rows(const AggregateOp *op, int call, uint32_t n, const uint64_t *active, uint64_t *space)
{
	const AggregateInputs *inputs = &op->inputs[call];
	const Column *arg = inputs->arg < 0 ? NULL : program_result(op->program, inputs->arg);
	const uint64_t *not_null = arg ? arg->validity : NULL;

	if (inputs->filter < 0 && not_null == NULL)
		return active;
	if (inputs->filter >= 0)
		(void)column_true_rows(program_result(op->program, inputs->filter), n, space);
	else
		bitmap_fill(space, n, true);
	for (uint32_t w = 0; w < BITMAP_WORDS(n); w++)
		space[w] &= (active ? active[w] : ~UINT64_C(0)) & (not_null ? not_null[w] : ~UINT64_C(0));
	return space;
}

static void
absorb_rows(AggregateOp *op, const Batch *batch, const uint64_t *active)
{
	int32_t origin = batch_origin(op, batch);
	uint64_t space[BATCH_WORDS];
	GroupLookup lookup = {
		.n = batch->n,
		.rows = active,
		.keys = op->keys,
		.hashes = op->hashes,
		.scopes = op->scopes,
		.partition = op->layout.by_partition ? origin : NO_PARTITION,
		.origin = origin,
	};

	for (int k = 0; k < op->layout.keys.key_count; k++)
		op->keys[k] = program_result(op->program, k);
	group_layout_hash(&op->layout.keys, op->keys, batch->n, op->hashes);
	groups_find(&op->scratch, &lookup, op->numbers);
	for (int c = 0; c < op->layout.call_count; c++)
	{
		AggregateInput in = {
			.n = batch->n,
			.rows = call_rows(op, c, batch->n, active, space),
			.groups = op->numbers,
			.arg = op->inputs[c].arg < 0 ? NULL : program_result(op->program, op->inputs[c].arg),
			.partition = origin,
			.arena = &op->scratch.arena,
		};

		groups_update(&op->scratch, c, &in);
	}
}

/* A query has no state that could spill. */
static bool
check_query_memory(const AggregateOp *op, Error *err)
{
	const Chain *chain = op->base.chain;

	if (chain->state != NULL || groups_memory(&op->scratch) <= (size_t)chain->settings->memory_limit)
		return true;
	(void)error_set(err, SQLSTATE_OUT_OF_MEMORY, NO_POSITION, "groups of the query exceed memory_limit");
	return error_hint(err, "Raise memory_limit, or group by fewer values.");
}

static bool
is_sharded_by_key(const AggregateOp *op)
{
	const SinkPlan *sink = op->base.chain->sink;

	return sink != NULL && sink->shard_key != NULL;
}

static bool
aggregate_push(Operator *base, const Batch *batch, Error *err)
{
	AggregateOp *op = (AggregateOp *)base;
	uint64_t active[BATCH_WORDS], failed[BATCH_WORDS];
	const uint64_t *rows;

	if (op->split)
		groups_clear(&op->scratch);
	op->split = false;
	op->late_until = late_until(op);
	bitmap_fill(active, batch->n, true);
	if (op->node->aggregate.window != NULL ? !find_panes(op, batch, active, err)
										   : !use_one_pane(op, batch, active, err))
		return false;
	rows = bitmap_count(active, batch->n) == batch->n ? NULL : active;
	if (unlikely(!program_run(op->program, batch, rows, base->chain->context, failed)))
	{
		if (!chain_fail_rows(base->chain, op->program, batch, failed, op->names, err))
			return false;
		for (uint32_t w = 0; w < BITMAP_WORDS(batch->n); w++)
			active[w] &= ~failed[w];
		rows = active;
	}
	if (unlikely(is_sharded_by_key(op)) &&
		!shard_key_check(base->chain, batch, program_result(op->program, base->chain->sink->shard_key->key),
						 rows, err))
		return false;
	absorb_rows(op, batch, rows);
	chain_use_rows(base->chain, batch, rows);
	return check_query_memory(op, err);
}

/* ---- the cut ---- */

void
aggregate_split(AggregateOp *op)
{
	uint32_t count, place[STATE_BUCKETS];

	if (op->split)
		groups_clear(&op->scratch);
	op->split = true;
	count = op->scratch.table.count;
	memset(op->start, 0, sizeof op->start);
	for (uint32_t g = 0; g < count; g++)
		op->start[aggregate_bucket(group_head(&op->scratch.table, g)->hash) + 1]++;
	for (int b = 0; b < STATE_BUCKETS; b++)
	{
		place[b] = op->start[b];
		op->start[b + 1] += op->start[b];
	}
	if (op->order_capacity < count)
	{
		op->order_capacity = count;
		op->order = mem_realloc(op->order, count * sizeof *op->order);
	}
	for (uint32_t g = 0; g < count; g++)
		op->order[place[aggregate_bucket(group_head(&op->scratch.table, g)->hash)]++] = g;
	groups_index_values(&op->scratch);
}

size_t
op_aggregate_memory(const Operator *base)
{
	const AggregateOp *op = (const AggregateOp *)base;

	return op->split ? 0 : groups_used_memory(&op->scratch);
}

/* ---- bounded queries ---- */

uint32_t
aggregate_add_empty_group(const PlanNode *node, Groups *groups)
{
	Value zeroes = {0}; /* a record without keys */
	GroupHead head = {.scope = NO_PANE, .partition = NO_PARTITION, .origin = NO_PARTITION};

	assert(aggregate_always_has_row(node));
	return groups_add(groups, &head, (const char *)&zeroes);
}

static bool
aggregate_finish(Operator *base, Error *err)
{
	AggregateOp *op = (AggregateOp *)base;
	uint32_t *list;
	bool ok;

	if (aggregate_always_has_row(op->node) && op->scratch.table.count == 0)
		(void)aggregate_add_empty_group(op->node, &op->scratch);
	list = groups_list_all(&op->scratch);
	groups_index_values(&op->scratch);
	ok = group_emitter_add(&op->emitter, &op->scratch, list, op->scratch.table.count, err) &&
		 group_emitter_flush(&op->emitter, err) && operator_finish(base->next, err);
	mem_free(list);
	return ok;
}

const OpClass op_aggregate = {
	.name = "Aggregate",
	.open = aggregate_open,
	.push = aggregate_push,
	.finish = aggregate_finish,
	.close = aggregate_close,
};
