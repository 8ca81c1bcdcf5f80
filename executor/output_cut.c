/*
 * output_cut.c: from what an epoch has rendered and collected to its objects: outputs_finish().
 *
 * The idea: rows of windows are sorted by the workers and rendered in units; where they did not fit memory,
 * their runs are merged and rendered by the coordinator, in the same units. Then the streams of all workers
 * are sorted, runs of equal (kind, index, path) are joined (output_join.h), and the objects hashed by all
 * workers.
 */
#include "common/memory.h"
#include "executor/output_parts.h"

/*
 * Rows of windows are rendered in units of so many, in their order, by whichever worker is free. A unit has
 * streams of its own, so where chunks end does not depend on who rendered what.
 */
enum
{
	UNIT_ROWS = 8 * BATCH_ROWS
};

typedef struct RenderUnit
{
	int sink;
	int32_t number; /* of this sink's units: the partition of its streams */
	const RowRef *rows;
	size_t count;
} RenderUnit;

/* The cut: rounds of workers, with the coordinator between them. */
typedef struct Finish
{
	Outputs *outputs;
	CommonPrefix *prefixes; /* per sink */
	bool *spilled;          /* per sink: its rows are merged from runs */
	RenderUnit *units;
	size_t unit_count;
	atomic_size_t next;
} Finish;

static bool
sort_worker(void *context, int w, Error *err)
{
	const Finish *finish = context;
	const JobPlan *plan = finish->outputs->plan;

	for (int s = 0; s < plan->sink_count; s++)
		if (!finish->spilled[s])
			collector_sort(&finish->outputs->workers[w].collectors[s], plan->sinks[s], finish->prefixes[s]);
		else if (!output_spill_collector(finish->outputs, w, s, err))
			return false;
	return true;
}

static inline void
copy_value(char *to, const char *from, size_t size)
{
	switch (size)
	{
		case 4: memcpy(to, from, 4); break;
		case 8: memcpy(to, from, 8); break;
		case 16: memcpy(to, from, 16); break;
		default: memcpy(to, from, size);
	}
}

/* Column number from of up to BATCH_ROWS rows. */
static void
gather_column(const RowRef *rows, uint32_t n, uint32_t from, Column *to)
{
	size_t size = type_size(to->type);
	Datum null = datum_null(to->type);

	to->validity = NULL;
	for (uint32_t i = 0; i < n; i++)
	{
		const Column *column = &rows[i].batch->columns[from];

		if (unlikely(column_is_null(column, rows[i].row)))
			column_set(to, i, &null);
		else
			copy_value((char *)to->data + i * size, (const char *)column->data + rows[i].row * size, size);
	}
}

static bool
render_unit(Outputs *outputs, OutputWorker *worker, const RenderUnit *unit, Arena *arena, Error *err)
{
	const SinkPlan *sink = outputs->plan->sinks[unit->sink];
	uint32_t hidden_end = sink->visible_count + sink->hidden_count;
	uint32_t columns = unit->rows[0].batch->column_count;
	TypeId *types = ARENA_ARRAY(arena, TypeId, columns);
	Batch batch;

	for (uint32_t c = 0; c < columns; c++)
		types[c] = unit->rows[0].batch->columns[c].type;
	batch_init(&batch, types, columns, arena);
	batch.partition = unit->number;
	for (size_t at = 0; at < unit->count; at += BATCH_ROWS)
	{
		batch.n = (uint32_t)Min(unit->count - at, (size_t)BATCH_ROWS);
		for (uint32_t c = 0; c < columns; c++)
			if (c < sink->visible_count || c >= hidden_end)
				gather_column(unit->rows + at, batch.n, c, &batch.columns[c]);
		if (!output_route_rows(outputs, worker, unit->sink, NO_SCAN, &batch, &batch.columns[hidden_end], err))
			return false;
	}
	return true;
}

/* Flushes the worker's streams from a number on and gives their chunks' memory back. The worker has nothing
 * else to do, so it compresses them itself. */
static bool
flush_streams(Outputs *outputs, OutputWorker *worker, size_t from, Error *err)
{
	FlushContext flush = {&outputs->target, NULL, &worker->scratch, &outputs->spill};

	for (size_t i = from; i < worker->streams.count; i++)
	{
		OutputStream *stream = worker->streams.entries[i].value;

		if (!output_stream_flush(stream, &flush, err))
			return false;
		str_free(&stream->chunk);
		output_count_chunk(worker, stream);
	}
	return true;
}

static bool
render_worker(void *context, int w, Error *err)
{
	Finish *finish = context;
	Outputs *outputs = finish->outputs;
	OutputWorker *worker = &outputs->workers[w];
	bool ok = flush_streams(outputs, worker, 0, err);
	size_t next;

	while (ok && (next = atomic_fetch_add(&finish->next, 1)) < finish->unit_count)
	{
		size_t streams = worker->streams.count;
		Arena arena;

		arena_init(&arena, "rendered rows");
		ok = render_unit(outputs, worker, &finish->units[next], &arena, err) &&
			 flush_streams(outputs, worker, streams, err);
		arena_release(&arena);
	}
	return ok;
}

/* Puts the sorted rows of all workers together and divides them into units. */
static void
plan_units(Finish *finish, Arena *arena)
{
	const Outputs *outputs = finish->outputs;
	const Collector **collectors = ARENA_ARRAY(arena, const Collector *, outputs->worker_count);
	size_t capacity = 0;

	for (int s = 0; s < outputs->plan->sink_count; s++)
	{
		const RowRef *rows;
		size_t n;

		for (int w = 0; w < outputs->worker_count; w++)
			collectors[w] = &outputs->workers[w].collectors[s];
		rows = collectors_merge(collectors, outputs->worker_count, outputs->plan->sinks[s], arena, &n);
		for (size_t at = 0; at < n; at += UNIT_ROWS)
		{
			mem_grow(&finish->units, &capacity, finish->unit_count, sizeof *finish->units);
			finish->units[finish->unit_count++] =
				(RenderUnit){s, (int32_t)(at / UNIT_ROWS), rows + at, Min(n - at, (size_t)UNIT_ROWS)};
		}
	}
}

/* In all workers; without threads one after the other. */
static bool
run_workers(const Outputs *outputs, WorkerPool *pool, WorkerTask task, void *context, Error *err)
{
	bool ok = true;

	if (pool != NULL)
		return workers_run(pool, task, context, err);
	for (int w = 0; ok && w < outputs->worker_count; w++)
		ok = task(context, w, err);
	return ok;
}

/* ---- rows that did not fit memory ---- */

static bool
has_runs(const Outputs *outputs, int sink)
{
	for (int w = 0; w < outputs->worker_count; w++)
		if (outputs->workers[w].runs[sink].count > 0)
			return true;
	return false;
}

/* Takes the next rows, at most BATCH_ROWS; *more is false behind the last one. */
static bool
take_merged(RunsMerge *merge, const SinkPlan *sink, Batch *batch, bool *more, Error *err)
{
	uint32_t hidden_end = sink->visible_count + sink->hidden_count;
	const Batch *row;

	for (batch->n = 0; *more && batch->n < BATCH_ROWS; batch->n += *more)
	{
		if (!runs_merge_next(merge, &row, err))
			return false;
		*more = row != NULL;
		for (uint32_t c = 0; *more && c < batch->column_count; c++)
		{
			Column *to = &batch->columns[c];
			Datum null = datum_null(to->type);
			size_t size = type_size(to->type);

			if (c >= sink->visible_count && c < hidden_end)
				continue;
			if (column_is_null(&row->columns[c], 0))
				column_set(to, batch->n, &null);
			else
				type_copy_value(to->type, (char *)to->data + batch->n * size, row->columns[c].data,
								batch->arena);
		}
	}
	return true;
}

/* One unit, the same rows that render_unit() would have. */
static bool
render_merged(Outputs *outputs, RunsMerge *merge, int s, int32_t number, bool *more, Error *err)
{
	OutputWorker *worker = &outputs->workers[0];
	const SinkPlan *sink = outputs->plan->sinks[s];
	size_t streams = worker->streams.count;
	bool ok = true;

	for (size_t at = 0; ok && *more && at < UNIT_ROWS; at += BATCH_ROWS)
	{
		uint32_t columns;
		const TypeId *types = runs_merge_types(merge, &columns);
		Arena arena;
		Batch batch;

		arena_init(&arena, "merged rows");
		batch_init(&batch, types, columns, &arena);
		batch.arena = &arena;
		batch.partition = number;
		for (uint32_t c = 0; c < columns; c++)
			batch.columns[c].validity = NULL;
		ok = take_merged(merge, sink, &batch, more, err) &&
			 output_route_rows(outputs, worker, s, NO_SCAN, &batch,
							   &batch.columns[sink->visible_count + sink->hidden_count], err);
		arena_release(&arena);
	}
	return ok && flush_streams(outputs, worker, streams, err);
}

static bool
render_runs(Outputs *outputs, int s, Error *err)
{
	const Runs **all = mem_alloc(sizeof *all * (size_t)outputs->worker_count);
	RunsMerge *merge = NULL;
	bool more = true, ok;

	for (int w = 0; w < outputs->worker_count; w++)
		all[w] = &outputs->workers[w].runs[s];
	ok = runs_merge_open(all, outputs->worker_count, outputs->plan->sinks[s], &outputs->spill, &merge, err);
	for (int32_t number = 0; ok && more; number++)
		ok = render_merged(outputs, merge, s, number, &more, err);
	runs_merge_close(merge);
	mem_free(all);
	return ok;
}

static bool
render_collected(Outputs *outputs, WorkerPool *pool, Error *err)
{
	Finish finish = {.outputs = outputs};
	Arena arena;
	bool ok;

	arena_init(&arena, "sorted rows");
	finish.prefixes = ARENA_ARRAY_ZERO(&arena, CommonPrefix, outputs->plan->sink_count + 1);
	for (int s = 0; s < outputs->plan->sink_count; s++)
		for (int w = 0; w < outputs->worker_count; w++)
			finish.prefixes[s] =
				common_prefix_join(finish.prefixes[s], outputs->workers[w].collectors[s].prefix);
	finish.spilled = ARENA_ARRAY(&arena, bool, outputs->plan->sink_count + 1);
	for (int s = 0; s < outputs->plan->sink_count; s++)
		finish.spilled[s] = has_runs(outputs, s);
	ok = run_workers(outputs, pool, sort_worker, &finish, err);
	if (ok)
	{
		plan_units(&finish, &arena);
		ok = run_workers(outputs, pool, render_worker, &finish, err);
	}
	for (int s = 0; ok && s < outputs->plan->sink_count; s++)
		ok = !finish.spilled[s] || render_runs(outputs, s, err);
	mem_free(finish.units);
	arena_release(&arena);
	return ok;
}

typedef struct GroupLine
{
	int scan;
	const char *line;
} GroupLine;

static int
compare_group_lines(const void *pa, const void *pb)
{
	const GroupLine *a = pa;
	const GroupLine *b = pb;

	return a->scan != b->scan ? (a->scan > b->scan) - (a->scan < b->scan) : strcmp(a->line, b->line);
}

static bool
write_group_line(Outputs *outputs, const GroupLine *group, Error *err)
{
	OutputStreamKey key = {.kind = OUTPUT_DEAD, .index = group->scan, .scan = NO_SCAN, .partition = -1};
	OutputStream *stream = output_find_stream(outputs, &outputs->workers[0], &key);

	str_append_cstr(&stream->chunk, group->line);
	return output_rows_rendered(outputs, &outputs->workers[0], stream, 1, err);
}

static bool
render_group_lines(Outputs *outputs, Error *err)
{
	GroupLine *lines = NULL;
	size_t count = 0, capacity = 0;
	bool ok = true;

	for (int w = 0; w < outputs->worker_count; w++)
		for (size_t i = 0; i < outputs->workers[w].group_count; i++)
		{
			mem_grow(&lines, &capacity, count, sizeof *lines);
			lines[count++] =
				(GroupLine){outputs->workers[w].group_scans[i], outputs->workers[w].group_lines[i]};
		}
	if (count > 0)
		qsort(lines, count, sizeof *lines, compare_group_lines);
	for (size_t i = 0; ok && i < count; i++)
		ok = write_group_line(outputs, &lines[i], err);
	mem_free(lines);
	return ok;
}

static int
compare_streams(const void *pa, const void *pb)
{
	return output_stream_compare(*(OutputStream *const *)pa, *(OutputStream *const *)pb);
}

/* All workers' streams, flushed and in order. */
static bool
gather_streams(Outputs *outputs, Arena *arena, OutputStream ***out, size_t *n, Error *err)
{
	size_t total = 0;
	OutputStream **streams;

	for (int w = 0; w < outputs->worker_count; w++)
		total += outputs->workers[w].streams.count;
	streams = ARENA_ARRAY(arena, OutputStream *, total);
	*n = 0;
	for (int w = 0; w < outputs->worker_count; w++)
	{
		OutputWorker *worker = &outputs->workers[w];

		if (!flush_streams(outputs, worker, 0, err))
			return false;
		for (size_t i = 0; i < worker->streams.count; i++)
			streams[(*n)++] = worker->streams.entries[i].value;
	}
	qsort(streams, total, sizeof *streams, compare_streams);
	*out = streams;
	return true;
}

typedef struct Hashing
{
	const PackTarget *target;
	OutputFileList *list;
	atomic_size_t next;
} Hashing;

static bool
hash_worker(void *context, int w UNUSED, Error *err)
{
	Hashing *hashing = context;
	size_t next;

	while ((next = atomic_fetch_add(&hashing->next, 1)) < hashing->list->count)
		if (!output_hash(hashing->target, &hashing->list->files[next], err))
			return false;
	return true;
}

bool
outputs_finish(Outputs *outputs, WorkerPool *pool, uint64_t epoch, Arena *arena, OutputFileList *list,
			   Error *err)
{
	Hashing hashing = {.target = &outputs->target, .list = list};
	OutputStream **streams;
	size_t n;

	if (!render_collected(outputs, pool, err) || !render_group_lines(outputs, err) ||
		!gather_streams(outputs, arena, &streams, &n, err) || !compressors_settle(outputs->compressors, err))
		return false;
	return output_join(&outputs->naming, outputs->workers[0].encoders, streams, n, epoch, &outputs->target,
					   arena, list, err) &&
		   run_workers(outputs, pool, hash_worker, &hashing, err);
}
