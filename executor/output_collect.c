/*
 * output_collect.c: copying emitted rows and sorting them at the cut (contract in output_collect.h).
 */
#include "executor/output_collect.h"

struct CollectedBatch
{
	CollectedBatch *older;
	Batch batch;
};

static void
copy_column(Column *to, const Column *from, uint32_t n, Arena *arena)
{
	size_t size = type_size(from->type);
	char *data = arena_alloc(arena, n * size);

	*to = (Column){.type = from->type, .data = data};
	if (from->validity != NULL)
	{
		to->validity = ARENA_ARRAY(arena, uint64_t, BITMAP_WORDS(n));
		memcpy(to->validity, from->validity, BITMAP_WORDS(n) * sizeof(uint64_t));
	}
	for (uint32_t row = 0; row < n; row++)
		if (column_is_null(from, row))
			memset(data + row * size, 0, size);
		else
			type_copy_value(from->type, data + row * size, (const char *)from->data + row * size, arena);
}

void
collector_add(Collector *collector, const Batch *batch, const Column *partition_columns,
			  int partition_column_count)
{
	uint32_t columns = batch->column_count + (uint32_t)partition_column_count;
	CollectedBatch *copy;

	if (batch->n == 0)
		return;
	if (collector->arena.name == NULL)
		arena_init(&collector->arena, "collected rows");
	copy = ARENA_NEW(&collector->arena, CollectedBatch);
	copy->older = collector->newest;
	copy->batch = (Batch){.n = batch->n, .column_count = columns, .stream = -1, .partition = -1};
	copy->batch.columns = ARENA_ARRAY(&collector->arena, Column, columns);
	for (uint32_t c = 0; c < batch->column_count; c++)
		copy_column(&copy->batch.columns[c], &batch->columns[c], batch->n, &collector->arena);
	for (int c = 0; c < partition_column_count; c++)
		copy_column(&copy->batch.columns[batch->column_count + (uint32_t)c], &partition_columns[c], batch->n,
					&collector->arena);
	collector->newest = copy;
	collector->rows += batch->n;
}

void
collector_reset(Collector *collector)
{
	arena_reset(&collector->arena);
	collector->newest = NULL;
	collector->rows = 0;
}

void
collector_free(Collector *collector)
{
	arena_release(&collector->arena);
	*collector = (Collector){0};
}

static int
compare_values(const Column *a, uint32_t row_a, const Column *b, uint32_t row_b)
{
	const TypeClass *type = type_class(a->type);
	bool null_a = column_is_null(a, row_a);
	bool null_b = column_is_null(b, row_b);

	if (null_a || null_b)
		return (int)null_a - (int)null_b;
	return type->compare((const char *)a->data + row_a * type->size,
						 (const char *)b->data + row_b * type->size);
}

static int
compare_rows(const void *pa, const void *pb, void *context)
{
	const RowRef *a = pa;
	const RowRef *b = pb;
	const SinkPlan *sink = context;
	uint32_t total = sink->visible_count + sink->hidden_count;

	for (uint32_t i = 0; i < total; i++)
	{
		/* hidden columns first, then the visible ones */
		uint32_t c = i < sink->hidden_count ? sink->visible_count + i : i - sink->hidden_count;
		int order = compare_values(&a->batch->columns[c], a->row, &b->batch->columns[c], b->row);

		if (order != 0)
			return order;
	}
	return 0;
}

RowRef *
collect_sorted_rows(const Collector *const *collectors, int count, const SinkPlan *sink, Arena *arena,
					size_t *n)
{
	uint64_t total = 0;
	RowRef *refs;
	RowRef *next;

	for (int i = 0; i < count; i++)
		total += collectors[i]->rows;
	next = refs = ARENA_ARRAY(arena, RowRef, total);
	for (int i = 0; i < count; i++)
		for (const CollectedBatch *b = collectors[i]->newest; b != NULL; b = b->older)
			for (uint32_t row = 0; row < b->batch.n; row++)
				*next++ = (RowRef){.batch = &b->batch, .row = row};
	qsort_r(refs, total, sizeof *refs, compare_rows, (void *)(uintptr_t)sink);
	*n = total;
	return refs;
}
