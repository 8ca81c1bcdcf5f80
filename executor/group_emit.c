/*
 * group_emit.c: turns groups into batches (contract in group_emit.h).
 */
#include "executor/group_emit.h"

#include "common/memory.h"

void
group_emitter_init(GroupEmitter *emitter, const PlanNode *aggregate, const GroupsLayout *layout, Chain *chain,
				   Arena *arena)
{
	TypeId *types = node_types(aggregate, arena);

	*emitter = (GroupEmitter){
		.node = aggregate,
		.layout = layout,
		.chain = chain,
		.owner = arena,
		.failed = ARENA_ARRAY_ZERO(arena, uint64_t, BATCH_WORDS),
		.arguments = ARENA_ARRAY_ZERO(arena, Column, layout->call_count + 1),
		.numbers = ARENA_ARRAY(arena, uint32_t, BATCH_ROWS),
	};
	arena_init(&emitter->arena, "emitted groups");
	batch_init(&emitter->batch, types, aggregate->column_count, arena);
	emitter->batch.arena = &emitter->arena;
	for (int c = 0; c < layout->call_count; c++)
		if (layout->calls[c].distinct)
			column_init(&emitter->arguments[c], layout->calls[c].arg, arena);
}

void
group_emitter_free(GroupEmitter *emitter)
{
	arena_release(&emitter->arena);
	mem_free(emitter->distinct);
	mem_free(emitter->value_order);
}

/* ---- windows and keys ---- */

static void
write_windows(GroupEmitter *emitter, const Groups *groups, const uint32_t *list, uint32_t count)
{
	int64_t *starts = COLUMN_DATA(&emitter->batch.columns[0], int64_t) + emitter->batch.n;
	int64_t *ends = COLUMN_DATA(&emitter->batch.columns[1], int64_t) + emitter->batch.n;

	for (uint32_t i = 0; i < count; i++)
	{
		starts[i] = group_head(&groups->table, list[i])->scope;
		ends[i] = starts[i] + emitter->node->aggregate.window->size;
	}
}

#define GATHER_KEY(T)                                                                           \
	for (uint32_t i = 0; i < count; i++)                                                        \
		((T *)to)[i] = *(const T *)(groups->table.records + list[i] * layout->stride + offset); \
	break

static void
write_key(GroupEmitter *emitter, const Groups *groups, const uint32_t *list, uint32_t count, int key,
		  Column *out)
{
	const GroupLayout *layout = &groups->layout->keys;
	uint32_t offset = layout->keys[key].offset;
	uint32_t size = layout->keys[key].size;
	char *to = (char *)out->data + emitter->batch.n * size;
	Datum null = datum_null(out->type);

	switch (size)
	{
		case sizeof(int32_t): GATHER_KEY(int32_t);
		case sizeof(int64_t): GATHER_KEY(int64_t);
		case sizeof(Text): GATHER_KEY(Text);
		default:
			for (uint32_t i = 0; i < count; i++)
				memcpy(to + i * size, group_record(&groups->table, list[i]) + offset, size);
	}
	for (uint32_t i = 0; i < count; i++)
		if (group_record_is_null(layout, group_record(&groups->table, list[i]), key))
			column_set(out, emitter->batch.n + i, &null);
}

/* ---- calls ---- */

/* Reports the groups of this chunk whose result failed, unless an earlier call's did. */
static bool
report_failed(GroupEmitter *emitter, const AggregateClass *class, const void *states, AggregateOutput *out,
			  const uint64_t *failed, const char *field, Error *err)
{
	for (uint32_t i = 0; i < out->n; i++)
	{
		AggregateOutput one = *out;
		uint64_t again[BATCH_WORDS] = {0};
		Error reason = {0};

		if (likely(!bitmap_get(failed, out->first + i)) || bitmap_get(emitter->failed, out->first + i))
			continue;
		one.n = 1;
		one.groups = &out->groups[i];
		one.first = out->first + i;
		one.failed = again;
		one.err = &reason;
		class->emit(states, &one);
		bitmap_set(emitter->failed, out->first + i);
		emitter->any_failed = true;
		if (!chain_fail_row(emitter->chain, &emitter->batch, out->first + i, field, &reason, err))
			return false;
	}
	return true;
}

static bool
emit_states(GroupEmitter *emitter, const AggregateClass *class, const void *states, const uint32_t *list,
			uint32_t count, uint32_t column, Error *err)
{
	uint64_t failed[BATCH_WORDS] = {0};
	AggregateOutput out = {
		.n = count,
		.groups = list,
		.out = &emitter->batch.columns[column],
		.first = emitter->batch.n,
		.failed = failed,
		.arena = &emitter->arena,
	};
	uint64_t any = 0;

	class->emit(states, &out);
	for (uint32_t w = 0; w < BATCH_WORDS; w++)
		any |= failed[w];
	return likely(any == 0) ||
		   report_failed(emitter, class, states, &out, failed, emitter->node->columns[column].name, err);
}

/* ---- DISTINCT ---- */

typedef struct ValueOrder
{
	const GroupTable *values;
	int (*compare)(const void *a, const void *b);
} ValueOrder;

static int
compare_values(const void *a, const void *b, void *context)
{
	const ValueOrder *order = context;
	const GroupLayout *layout = order->values->layout;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return order->compare(group_record_key(layout, group_record(order->values, x), 0),
						  group_record_key(layout, group_record(order->values, y), 0));
}

/* The entries of a group's values; sorted if the result depends on their order. */
static const uint32_t *
group_values(GroupEmitter *emitter, const Groups *groups, int call, uint32_t group, uint32_t *count)
{
	const ValueIndex *index = &groups->index[call];
	ValueOrder order = {&groups->values[call], type_class(groups->layout->calls[call].arg)->compare};

	*count = index->start[group + 1] - index->start[group];
	if (!groups->layout->calls[call].class->ordered)
		return index->entries + index->start[group];
	while (emitter->value_order_capacity < *count)
		mem_grow(&emitter->value_order, &emitter->value_order_capacity, emitter->value_order_capacity,
				 sizeof *emitter->value_order);
	memcpy(emitter->value_order, index->entries + index->start[group], *count * sizeof *emitter->value_order);
	qsort_r(emitter->value_order, *count, sizeof *emitter->value_order, compare_values, &order);
	return emitter->value_order;
}

static void
feed_values(GroupEmitter *emitter, int call, AggregateInput *in)
{
	if (in->n > 0)
		emitter->layout->calls[call].class->update(emitter->distinct, in);
	in->n = 0;
}

/* Computes the states of a DISTINCT call for the listed groups: state i is that of list[i]. */
static void
update_distinct(GroupEmitter *emitter, const Groups *groups, int call, const uint32_t *list, uint32_t count)
{
	const GroupTable *values = &groups->values[call];
	Column *arg = &emitter->arguments[call];
	size_t size = type_size(arg->type);
	AggregateInput in = {
		.groups = emitter->numbers, .arg = arg, .partition = NO_PARTITION, .arena = &emitter->arena};

	for (uint32_t i = 0; i < count; i++)
	{
		uint32_t value_count;
		const uint32_t *entries = group_values(emitter, groups, call, list[i], &value_count);

		for (uint32_t v = 0; v < value_count; v++)
		{
			const char *record = group_record(values, entries[v]);

			memcpy((char *)arg->data + in.n * size, group_record_key(values->layout, record, 0), size);
			emitter->numbers[in.n++] = i;
			if (in.n == BATCH_ROWS)
				feed_values(emitter, call, &in);
		}
	}
	feed_values(emitter, call, &in);
}

static bool
emit_distinct(GroupEmitter *emitter, const Groups *groups, int call, const uint32_t *list, uint32_t count,
			  uint32_t column, Error *err)
{
	const AggregateClass *class = emitter->layout->calls[call].class;

	emitter->distinct = mem_realloc(emitter->distinct, count * class->state_size);
	memset(emitter->distinct, 0, count * class->state_size);
	update_distinct(emitter, groups, call, list, count);
	for (uint32_t i = 0; i < count; i++)
		emitter->numbers[i] = i;
	return emit_states(emitter, class, emitter->distinct, emitter->numbers, count, column, err);
}

/* ---- batches ---- */

/* Rows for count groups, which fit the batch. */
static bool
emit_chunk(GroupEmitter *emitter, const Groups *groups, const uint32_t *list, uint32_t count, Error *err)
{
	uint32_t column = 0;

	if (emitter->node->aggregate.window != NULL)
	{
		write_windows(emitter, groups, list, count);
		column = 2;
	}
	for (int k = 0; k < emitter->layout->keys.key_count; k++, column++)
		write_key(emitter, groups, list, count, k, &emitter->batch.columns[column]);
	for (int c = 0; c < emitter->layout->call_count; c++, column++)
	{
		const GroupsCall *call = &emitter->layout->calls[c];

		if (call->distinct ? !emit_distinct(emitter, groups, c, list, count, column, err)
						   : !emit_states(emitter, call->class, groups->states[c], list, count, column, err))
			return false;
	}
	emitter->batch.n += count;
	return true;
}

bool
group_emitter_add(GroupEmitter *emitter, const Groups *groups, const uint32_t *list, uint32_t count,
				  Error *err)
{
	while (count > 0)
	{
		uint32_t chunk = Min(count, BATCH_ROWS - emitter->batch.n);

		if (!emit_chunk(emitter, groups, list, chunk, err))
			return false;
		list += chunk;
		count -= chunk;
		if (emitter->batch.n == BATCH_ROWS && !group_emitter_flush(emitter, err))
			return false;
	}
	return true;
}

static const Batch *
without_failed(GroupEmitter *emitter)
{
	uint64_t keep[BATCH_WORDS];
	uint32_t list[BATCH_ROWS];

	if (!emitter->any_failed)
		return &emitter->batch;
	if (emitter->picker == NULL)
	{
		emitter->picker = ARENA_NEW(emitter->owner, RowPicker);
		row_picker_init(emitter->picker, node_types(emitter->node, emitter->owner),
						emitter->node->column_count, NULL, emitter->owner);
	}
	for (uint32_t w = 0; w < BATCH_WORDS; w++)
		keep[w] = ~emitter->failed[w];
	return row_picker_gather(emitter->picker, &emitter->batch, list, rows_list(keep, emitter->batch.n, list));
}

static void
begin_batch(GroupEmitter *emitter)
{
	emitter->batch.n = 0;
	for (uint32_t i = 0; i < emitter->batch.column_count; i++)
		emitter->batch.columns[i].validity = NULL;
	if (emitter->any_failed)
		memset(emitter->failed, 0, BATCH_WORDS * sizeof *emitter->failed);
	emitter->any_failed = false;
	arena_reset(&emitter->arena);
}

bool
group_emitter_flush(GroupEmitter *emitter, Error *err)
{
	bool ok = operator_push(emitter->next, without_failed(emitter), err);

	begin_batch(emitter);
	return ok;
}
