/*
 * output_collect.c: copying emitted rows and sorting them at the cut (contract in output_collect.h).
 *
 * The sort is a merge sort of its own: qsort_r() calls back for each comparison, which cost more than the
 * comparison.
 */
#include "executor/output_collect.h"

#include <endian.h>

#include "common/memory.h"

enum
{
	SORTED_RUN = 8 /* rows that are sorted by insertion */
};

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

/* ---- order ---- */

/* The column that rows are ordered by i-th: hidden columns first, then the visible ones. */
static uint32_t
sort_column(const SinkPlan *sink, uint32_t i)
{
	return i < sink->hidden_count ? sink->visible_count + i : i - sink->hidden_count;
}

static uint32_t
sort_column_count(const SinkPlan *sink)
{
	return sink->visible_count + sink->hidden_count;
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

static NOINLINE int
compare_rows(const RowRef *a, const RowRef *b, const SinkPlan *sink)
{
	for (uint32_t i = 0; i < sort_column_count(sink); i++)
	{
		uint32_t c = sort_column(sink, i);
		int order = compare_values(&a->batch->columns[c], a->row, &b->batch->columns[c], b->row);

		if (order != 0)
			return order;
	}
	return 0;
}

/* Whether a does not come after b. */
static inline bool
in_order(const RowRef *a, const RowRef *b, const SinkPlan *sink)
{
	if (a->key[0] != b->key[0])
		return a->key[0] < b->key[0];
	if (likely(a->key[1] != b->key[1] && a->key[0] != UINT64_MAX))
		return a->key[1] < b->key[1];
	return compare_rows(a, b, sink) <= 0;
}

/* ---- keys ---- */

static inline uint64_t
integer_key(int64_t value)
{
	return (uint64_t)value ^ UINT64_C(1) << 63;
}

static uint64_t
text_key(Text text, CommonPrefix prefix)
{
	uint64_t bytes = 0;

	if (text.len > prefix.len)
		memcpy(&bytes, text.data + prefix.len, Min(text.len - prefix.len, sizeof bytes));
	return be64toh(bytes);
}

/* The beginning of a value as a number that orders as the values do; NULLs are last. */
static uint64_t
value_key(const Column *column, uint32_t row, CommonPrefix prefix)
{
	if (column_is_null(column, row))
		return UINT64_MAX;
	switch (column->type)
	{
		case TYPE_INTEGER:
		case TYPE_DATE: return integer_key(COLUMN_DATA(column, int32_t)[row]);
		case TYPE_BIGINT:
		case TYPE_TIMESTAMP:
		case TYPE_TIMESTAMPTZ: return integer_key(COLUMN_DATA(column, int64_t)[row]);
		case TYPE_TEXT: return text_key(COLUMN_DATA(column, Text)[row], prefix);
		default: return 0;
	}
}

/* Whether keys of the type are equal only where values are, so that the next column may follow. */
static bool
key_is_whole(TypeId type)
{
	return type == TYPE_INTEGER || type == TYPE_DATE || type == TYPE_BIGINT || type == TYPE_TIMESTAMP ||
		   type == TYPE_TIMESTAMPTZ;
}

static bool
has_second_key(const SinkPlan *sink, const Batch *batch)
{
	return sort_column_count(sink) > 1 && key_is_whole(batch->columns[sort_column(sink, 0)].type);
}

static CommonPrefix
prefix_with(CommonPrefix prefix, const char *data, uint32_t len)
{
	uint32_t same = 0;

	if (prefix.data == NULL)
		return (CommonPrefix){len > 0 ? data : "", len};
	while (same < prefix.len && same < len && prefix.data[same] == data[same])
		same++;
	return (CommonPrefix){prefix.data, same};
}

CommonPrefix
common_prefix_join(CommonPrefix a, CommonPrefix b)
{
	return b.data == NULL ? a : prefix_with(a, b.data, b.len);
}

static void
note_prefix(Collector *collector, const SinkPlan *sink, const Batch *batch)
{
	const Column *column;

	if (!has_second_key(sink, batch))
		return;
	column = &batch->columns[sort_column(sink, 1)];
	for (uint32_t row = 0; column->type == TYPE_TEXT && row < batch->n; row++)
	{
		const Text *text = &COLUMN_DATA(column, Text)[row];

		if (!column_is_null(column, row))
			collector->prefix = prefix_with(collector->prefix, text->data, text->len);
	}
}

/* ---- collecting ---- */

void
collector_add(Collector *collector, const SinkPlan *sink, const Batch *batch, const Column *partition_columns)
{
	uint32_t partitions = (uint32_t)sink->partition_key_count;
	uint32_t columns = batch->column_count + partitions;
	CollectedBatch *copy;

	if (batch->n == 0)
		return;
	if (collector->arena.name == NULL)
		arena_init(&collector->arena, "collected rows");
	copy = ARENA_NEW(&collector->arena, CollectedBatch);
	copy->older = collector->newest;
	copy->batch = (Batch){.n = batch->n, .column_count = columns, .stream = -1, .partition = -1};
	copy->batch.columns = ARENA_ARRAY(&collector->arena, Column, columns);
	for (uint32_t c = 0; c < columns; c++)
		copy_column(&copy->batch.columns[c],
					c < batch->column_count ? &batch->columns[c]
											: &partition_columns[c - batch->column_count],
					batch->n, &collector->arena);
	note_prefix(collector, sink, &copy->batch);
	collector->newest = copy;
	collector->rows += batch->n;
}

void
collector_reset(Collector *collector)
{
	arena_reset(&collector->arena);
	mem_free(collector->space);
	collector->sorted = collector->space = NULL;
	collector->newest = NULL;
	collector->rows = 0;
	collector->prefix = (CommonPrefix){0};
}

void
collector_free(Collector *collector)
{
	arena_release(&collector->arena);
	mem_free(collector->space);
	*collector = (Collector){0};
}

/* ---- sorting ---- */

static void
make_refs(const Collector *collector, const SinkPlan *sink, CommonPrefix prefix, RowRef *next)
{
	for (const CollectedBatch *b = collector->newest; b != NULL; b = b->older)
	{
		const Column *first = &b->batch.columns[sort_column(sink, 0)];
		const Column *second =
			has_second_key(sink, &b->batch) ? &b->batch.columns[sort_column(sink, 1)] : NULL;

		for (uint32_t row = 0; row < b->batch.n; row++)
			*next++ = (RowRef){
				.key = {value_key(first, row, (CommonPrefix){0}),
						second ? value_key(second, row, prefix) : 0},
				.batch = &b->batch,
				.row = row,
			};
	}
}

RowRef
collected_row(const SinkPlan *sink, const Batch *batch, uint32_t row)
{
	static const CommonPrefix none = {0};
	uint64_t second = 0;

	if (has_second_key(sink, batch))
		second = value_key(&batch->columns[sort_column(sink, 1)], row, none);
	return (RowRef){{value_key(&batch->columns[sort_column(sink, 0)], row, none), second}, batch, row};
}

bool
collected_in_order(const RowRef *a, const RowRef *b, const SinkPlan *sink)
{
	return in_order(a, b, sink);
}

static void
sort_run(RowRef *rows, size_t n, const SinkPlan *sink)
{
	for (size_t i = 1; i < n; i++)
	{
		RowRef ref = rows[i];
		size_t at = i;

		for (; at > 0 && !in_order(&rows[at - 1], &ref, sink); at--)
			rows[at] = rows[at - 1];
		rows[at] = ref;
	}
}

static void
merge_rows(const RowRef *a, size_t a_count, const RowRef *b, size_t b_count, RowRef *out,
		   const SinkPlan *sink)
{
	const RowRef *a_end = a + a_count, *b_end = b + b_count;

	while (a < a_end && b < b_end)
		*out++ = in_order(a, b, sink) ? *a++ : *b++;
	while (a < a_end)
		*out++ = *a++;
	while (b < b_end)
		*out++ = *b++;
}

/* Merges neighbouring runs of a width from one array into the other. */
static void
merge_runs(const RowRef *from, RowRef *to, size_t n, size_t width, const SinkPlan *sink)
{
	for (size_t at = 0; at < n; at += 2 * width)
	{
		size_t a = Min(width, n - at);
		size_t b = Min(width, n - at - a);

		merge_rows(from + at, a, from + at + a, b, to + at, sink);
	}
}

void
collector_sort(Collector *collector, const SinkPlan *sink, CommonPrefix prefix)
{
	size_t n = collector->rows;
	RowRef *from, *to;

	if (n == 0)
		return;
	collector->space = mem_realloc(collector->space, 2 * n * sizeof *from);
	from = collector->space;
	to = from + n;
	make_refs(collector, sink, prefix, from);
	for (size_t at = 0; at < n; at += SORTED_RUN)
		sort_run(from + at, Min(n - at, (size_t)SORTED_RUN), sink);
	for (size_t width = SORTED_RUN; width < n; width *= 2)
	{
		RowRef *filled = to;

		merge_runs(from, to, n, width, sink);
		to = from;
		from = filled;
	}
	collector->sorted = from;
}

/* Halves are merged first, so that a row moves only as often as there are halvings. */
const RowRef *
collectors_merge(const Collector *const *collectors, int count, const SinkPlan *sink, Arena *arena, size_t *n)
{
	const RowRef *a, *b;
	size_t a_count, b_count;
	RowRef *out;

	if (count == 1)
	{
		*n = collectors[0]->rows;
		return collectors[0]->sorted;
	}
	a = collectors_merge(collectors, count / 2, sink, arena, &a_count);
	b = collectors_merge(collectors + count / 2, count - count / 2, sink, arena, &b_count);
	*n = a_count + b_count;
	if (a_count == 0 || b_count == 0)
		return a_count > 0 ? a : b;
	out = ARENA_ARRAY(arena, RowRef, *n);
	merge_rows(a, a_count, b, b_count, out, sink);
	return out;
}
