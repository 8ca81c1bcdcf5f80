/*
 * output_runs.c: writing and merging sorted runs (contract in output_runs.h).
 */
#include "executor/output_runs.h"

#include "common/memory.h"
#include "executor/value_bytes.h"

enum
{
	BLOCK_BYTES = 32 * 1024
};

/* ---- writing ---- */

static void
put_row(const RowRef *ref, StrBuf *out)
{
	for (uint32_t c = 0; c < ref->batch->column_count; c++)
	{
		const Column *column = &ref->batch->columns[c];
		bool null = column_is_null(column, ref->row);

		bytes_put_u8(out, null);
		if (!null)
			bytes_put_value(out, column->type,
							(const char *)column->data + ref->row * type_size(column->type));
	}
}

static bool
put_block(Run *run, StrBuf *bytes, SpillFile *file, Error *err)
{
	mem_grow(&run->blocks, &run->capacity, run->count, sizeof *run->blocks);
	if (!spill_file_write(file, str_view(bytes), &run->blocks[run->count], err))
		return false;
	run->count++;
	str_clear(bytes);
	return true;
}

static void
keep_types(Runs *runs, const Batch *batch)
{
	if (runs->types != NULL)
		return;
	runs->column_count = batch->column_count;
	runs->types = mem_alloc(sizeof *runs->types * (batch->column_count + 1u));
	for (uint32_t c = 0; c < batch->column_count; c++)
		runs->types[c] = batch->columns[c].type;
}

bool
runs_spill(Runs *runs, Collector *collector, const SinkPlan *sink, SpillFile *file, Error *err)
{
	StrBuf bytes = {0};
	bool ok = true;
	Run *run;

	if (collector->rows == 0)
		return true;
	collector_sort(collector, sink, (CommonPrefix){0});
	keep_types(runs, collector->sorted[0].batch);
	mem_grow(&runs->runs, &runs->capacity, runs->count, sizeof *runs->runs);
	run = &runs->runs[runs->count++];
	*run = (Run){0};
	for (uint64_t i = 0; ok && i < collector->rows; i++)
	{
		put_row(&collector->sorted[i], &bytes);
		if (bytes.len >= BLOCK_BYTES || i + 1 == collector->rows)
			ok = put_block(run, &bytes, file, err);
	}
	str_free(&bytes);
	collector_reset(collector);
	return ok;
}

void
runs_clear(Runs *runs)
{
	for (size_t i = 0; i < runs->count; i++)
		mem_free(runs->runs[i].blocks);
	mem_free(runs->runs);
	mem_free(runs->types);
	*runs = (Runs){0};
}

/* ---- reading ---- */

/* Invariant: while the run has rows left, ref is the next one: row 0 of batch, its values in the arena. */
typedef struct Cursor
{
	const Run *run;
	size_t next_block;
	StrBuf bytes;
	ByteReader in;
	Arena arena;
	Batch batch;
	RowRef ref;
} Cursor;

/* Invariant: heap[0..left) are the cursors that have a row, none before its parent at (i - 1) / 2. */
struct RunsMerge
{
	const SinkPlan *sink;
	SpillFile *file;
	TypeId *types;
	uint32_t column_count;
	Arena arena; /* of the cursors' columns */
	Cursor *cursors;
	size_t count;
	Cursor **heap;
	size_t left;
	bool begun;
};

static void
init_cursor(const RunsMerge *merge, Cursor *cursor, const Run *run, Arena *arena)
{
	*cursor = (Cursor){.run = run, .batch = {.n = 1, .column_count = merge->column_count, .partition = -1}};
	arena_init(&cursor->arena, "merged row");
	cursor->batch.columns = ARENA_ARRAY_ZERO(arena, Column, merge->column_count + 1);
	for (uint32_t c = 0; c < merge->column_count; c++)
	{
		Column *column = &cursor->batch.columns[c];

		column->type = merge->types[c];
		column->data = ARENA_NEW(arena, Value);
		column->validity_space = ARENA_NEW(arena, uint64_t);
	}
}

static void
get_row(RunsMerge *merge, Cursor *cursor)
{
	arena_reset(&cursor->arena);
	for (uint32_t c = 0; c < merge->column_count; c++)
	{
		Column *column = &cursor->batch.columns[c];

		column->validity = column->validity_space;
		column->validity[0] = 0;
		memset(column->data, 0, type_size(column->type));
		if (bytes_get_u8(&cursor->in) != 0)
			continue;
		column->validity[0] = 1;
		bytes_get_value(&cursor->in, column->type, column->data, &cursor->arena);
	}
	cursor->ref = collected_row(merge->sink, &cursor->batch, 0);
}

/* *more is false behind the last row. */
static bool
advance(RunsMerge *merge, Cursor *cursor, bool *more, Error *err)
{
	*more = true;
	if (bytes_left(&cursor->in) == 0)
	{
		*more = cursor->next_block < cursor->run->count;
		str_clear(&cursor->bytes);
		if (!*more)
			return true;
		if (!spill_file_read(merge->file, cursor->run->blocks[cursor->next_block++], &cursor->bytes, err))
			return false;
		cursor->in = byte_reader(str_view(&cursor->bytes));
	}
	get_row(merge, cursor);
	return !cursor->in.broken ||
		   error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION, "rows in the temporary file are damaged");
}

static bool
comes_first(const RunsMerge *merge, size_t a, size_t b)
{
	return collected_in_order(&merge->heap[a]->ref, &merge->heap[b]->ref, merge->sink);
}

static void
swap(RunsMerge *merge, size_t a, size_t b)
{
	Cursor *kept = merge->heap[a];

	merge->heap[a] = merge->heap[b];
	merge->heap[b] = kept;
}

static void
sift_down(RunsMerge *merge, size_t at)
{
	for (;;)
	{
		size_t child = 2 * at + 1;

		if (child >= merge->left)
			return;
		if (child + 1 < merge->left && !comes_first(merge, child, child + 1))
			child++;
		if (comes_first(merge, at, child))
			return;
		swap(merge, at, child);
		at = child;
	}
}

bool
runs_merge_open(const Runs *const *all, int count, const SinkPlan *sink, SpillFile *file, RunsMerge **out,
				Error *err)
{
	RunsMerge *merge = mem_alloc_zero(sizeof *merge);
	bool more, ok = true;

	*out = merge;
	merge->sink = sink;
	merge->file = file;
	arena_init(&merge->arena, "merge");
	for (int i = 0; i < count; i++)
		merge->left += all[i]->count;
	merge->cursors = ARENA_ARRAY_ZERO(&merge->arena, Cursor, merge->left + 1);
	merge->heap = ARENA_ARRAY(&merge->arena, Cursor *, merge->left + 1);
	merge->left = 0;
	for (int i = 0; ok && i < count; i++)
		for (size_t r = 0; ok && r < all[i]->count; r++)
		{
			Cursor *cursor = &merge->cursors[merge->count++];

			merge->types = all[i]->types;
			merge->column_count = all[i]->column_count;
			init_cursor(merge, cursor, &all[i]->runs[r], &merge->arena);
			ok = advance(merge, cursor, &more, err);
			if (ok && more)
				merge->heap[merge->left++] = cursor;
		}
	for (size_t i = merge->left / 2; ok && i-- > 0;)
		sift_down(merge, i);
	return ok;
}

const TypeId *
runs_merge_types(const RunsMerge *merge, uint32_t *count)
{
	*count = merge->column_count;
	return merge->types;
}

bool
runs_merge_next(RunsMerge *merge, const Batch **row, Error *err)
{
	bool more = true;

	*row = NULL;
	if (merge->begun && merge->left > 0)
	{
		if (!advance(merge, merge->heap[0], &more, err))
			return false;
		if (!more)
			merge->heap[0] = merge->heap[--merge->left];
		sift_down(merge, 0);
	}
	merge->begun = true;
	if (merge->left > 0)
		*row = &merge->heap[0]->batch;
	return true;
}

void
runs_merge_close(RunsMerge *merge)
{
	if (merge == NULL)
		return;
	for (size_t i = 0; i < merge->count; i++)
	{
		str_free(&merge->cursors[i].bytes);
		arena_release(&merge->cursors[i].arena);
	}
	arena_release(&merge->arena);
	mem_free(merge);
}
