/*
 * output.c: routing of rendered rows to streams, and joining streams into objects (contract in output.h).
 *
 * The idea: each worker has its own encoders, streams and collectors, found by (kind, index, path, scan,
 * partition); nothing is shared during FILL but the pack and the compressors. A worker whose chunks take more
 * than its share of memory moves all of them to a temporary file. outputs_finish() gathers the streams of all
 * workers, sorts them, and hands runs of equal (kind, index, path) to output_join.c.
 */
#include "executor/output.h"

#include <limits.h>
#include <stdatomic.h>

#include "common/hashmap.h"
#include "common/memory.h"
#include "executor/diversion.h"
#include "executor/letter_box.h"
#include "executor/memory_share.h"
#include "executor/output_collect.h"
#include "executor/output_join.h"
#include "executor/output_path.h"
#include "executor/output_route.h"
#include "executor/output_stream.h"

enum
{
	CHUNKS_PER_FILE = 8,
	CHUNKS_LEAST = 256 * 1024, /* bytes of a worker, whatever the limit */
	SPILL_WRITE = 1024 * 1024, /* bytes that are spilled at once */
	WORKERS_PER_COMPRESSOR = 2,
	COMPRESSORS_MAX = 32
};

/* Scan number of streams that hold rows of no partition; it sorts last. */
#define NO_SCAN INT_MAX

/* What one worker writes with; used by one thread at a time. */
typedef struct OutputWorker
{
	RowEncoder **encoders; /* per sink */
	Collector *collectors; /* per sink */
	HashMap streams;       /* key bytes to OutputStream * */
	CompressionScratch scratch;
	FlushContext flush; /* how chunks are flushed while messages are read */
	size_t rendered;    /* bytes of the streams' chunks */
	StrBuf key;
	StrBuf path;
	OutputRoutes routes; /* of the batch at hand */
	LetterBox letters;   /* of the messages that are being pushed */
	/* Dead letters of emitted groups: sorted at the cut, since no partition orders them. */
	char **group_lines;
	int *group_scans;
	size_t group_count;
	size_t group_capacity;
	size_t scan_capacity;
} OutputWorker;

struct Outputs
{
	const JobPlan *plan;
	OutputNaming naming;
	PackTarget target;
	int worker_count;
	OutputWorker *workers;
	size_t *path_room; /* per sink: bytes that a partition path may have */
	size_t memory_limit;
	size_t chunks_limit; /* bytes of chunks that a worker may keep */
	SpillFile spill;
	Compressors *compressors;
	atomic_size_t collected; /* bytes in all collectors */
};

static const CompressionClass *
sink_compression(const SinkPlan *sink)
{
	const char *name = options_text(&sink->options, "compression");
	const CompressionClass *class = name ? compression_find(name) : NULL;

	return class ? class : compression_find("none");
}

/* Dead letters of a stream are compressed as the first sink of the job is. */
static const CompressionClass *
stream_compression(const Outputs *outputs, OutputKind kind, int index)
{
	if (kind != OUTPUT_DEAD)
		return sink_compression(outputs->plan->sinks[index]);
	return outputs->plan->sink_count > 0 ? sink_compression(outputs->plan->sinks[0])
										 : compression_find("none");
}

/* Small beside max_file_size: objects are made of whole chunks. */
static size_t
chunk_size(const Outputs *outputs, OutputKind kind, int index)
{
	int64_t limit = INT64_MAX;

	if (kind == OUTPUT_DATA)
		limit = options_integer(&outputs->plan->sinks[index]->options, "max_file_size", INT64_MAX);
	return (size_t)Max(1, Min(limit / CHUNKS_PER_FILE, CHUNK_BYTES));
}

static bool
open_encoders(const OutputsOpen *open, OutputWorker *worker, Error *err)
{
	for (int s = 0; s < open->plan->sink_count; s++)
	{
		const SinkPlan *sink = open->plan->sinks[s];
		const SinkClass *class = container_of(sink->format, SinkClass, info);

		if (!class->open(sink, open->context, &worker->encoders[s], err))
			return false;
	}
	return true;
}

/* What is left for partition paths beside a sink's location and names. */
static bool
measure_names(Outputs *outputs, Error *err)
{
	enum
	{
		/* "-<uuid8>-", "-s<shard>e<epoch>-<number>.csv.gz" and "r<rev>/" with all digits that there may be */
		FIXED = 96
	};

	for (int s = 0; s < outputs->plan->sink_count; s++)
	{
		const SinkPlan *sink = outputs->plan->sinks[s];
		StrBuf name = {0};
		size_t name_len, len;

		output_path_encode(&name, str_from_cstr(outputs->naming.job_name));
		output_path_encode(&name, str_from_cstr(sink->name));
		name_len = name.len + FIXED;
		str_free(&name);
		len = name_len + strlen(sink->location ? sink->location : "") + 1;
		if (name_len > OUTPUT_NAME_MAX || len > OUTPUT_KEY_MAX)
		{
			error_set(err, SQLSTATE_NAME_TOO_LONG, NO_POSITION,
					  "names of files of sink \"%s\" would be too long", sink->name);
			error_detail(err, "A file name may have %d bytes, a path %d.", OUTPUT_NAME_MAX, OUTPUT_KEY_MAX);
			return error_hint(err, "Choose a shorter job_name, sink name or location.");
		}
		outputs->path_room[s] = OUTPUT_KEY_MAX - len;
	}
	return true;
}

/* Beside so many workers: none where nothing is compressed. */
static int
count_compressors(const OutputsOpen *open)
{
	for (int s = 0; s < open->plan->sink_count; s++)
		if (sink_compression(open->plan->sinks[s]) != compression_find("none"))
			return Max(1, Min(open->worker_count / WORKERS_PER_COMPRESSOR, (int)COMPRESSORS_MAX));
	return 0;
}

static bool
open_worker(Outputs *outputs, const OutputsOpen *open, OutputWorker *worker, Error *err)
{
	size_t sinks = (size_t)open->plan->sink_count;

	worker->encoders = mem_alloc_zero(sinks * sizeof(RowEncoder *));
	worker->collectors = mem_alloc_zero(sinks * sizeof(Collector));
	worker->flush = (FlushContext){&outputs->target, outputs->compressors, &worker->scratch, &outputs->spill};
	return open_encoders(open, worker, err);
}

bool
outputs_open(const OutputsOpen *open, Outputs **out, Error *err)
{
	Outputs *outputs = mem_alloc_zero(sizeof *outputs);
	size_t limit = open->memory_limit ? open->memory_limit : SIZE_MAX;

	outputs->plan = open->plan;
	outputs->worker_count = open->worker_count;
	outputs->memory_limit = open->memory_limit;
	outputs->chunks_limit = Max(limit / SHARE_CHUNKS / (size_t)open->worker_count, (size_t)CHUNKS_LEAST);
	spill_file_init(&outputs->spill, open->fs);
	outputs->workers = mem_alloc_zero((size_t)open->worker_count * sizeof *outputs->workers);
	outputs->naming = (OutputNaming){.plan = open->plan,
									 .job_name = open->job_name,
									 .job_uuid8 = open->job_uuid8,
									 .shard = open->shard,
									 .revisions = open->revisions};
	outputs->path_room = mem_alloc_zero((size_t)(open->plan->sink_count + 1) * sizeof *outputs->path_room);
	if (!measure_names(outputs, err) || !compressors_open(count_compressors(open), limit / SHARE_CHUNKS,
														  &outputs->target, &outputs->compressors, err))
	{
		outputs->worker_count = 0;
		outputs_close(outputs);
		return false;
	}
	for (int w = 0; w < open->worker_count; w++)
		if (!open_worker(outputs, open, &outputs->workers[w], err))
		{
			outputs_close(outputs);
			return false;
		}
	*out = outputs;
	return true;
}

static void
free_streams(OutputWorker *worker)
{
	for (size_t i = 0; i < worker->streams.count; i++)
	{
		output_stream_free(worker->streams.entries[i].value);
		mem_free(worker->streams.entries[i].value);
	}
	hashmap_clear(&worker->streams);
	worker->rendered = 0;
	for (size_t i = 0; i < worker->group_count; i++)
		mem_free(worker->group_lines[i]);
	worker->group_count = 0;
	letter_box_clear(&worker->letters);
}

/* Spilled pieces are of one epoch. */
static void
reset_spill(Outputs *outputs)
{
	const Fs *fs = outputs->spill.fs;

	spill_file_close(&outputs->spill);
	spill_file_init(&outputs->spill, fs);
}

void
outputs_begin(Outputs *outputs, const PackTarget *target)
{
	compressors_abandon(outputs->compressors);
	outputs->target = *target;
	reset_spill(outputs);
	atomic_store(&outputs->collected, 0);
	for (int w = 0; w < outputs->worker_count; w++)
	{
		free_streams(&outputs->workers[w]);
		for (int s = 0; s < outputs->plan->sink_count; s++)
		{
			collector_reset(&outputs->workers[w].collectors[s]);
			atomic_fetch_add(&outputs->collected, outputs->workers[w].collectors[s].arena.bytes);
		}
	}
}

void
outputs_abandon(Outputs *outputs)
{
	compressors_abandon(outputs->compressors);
}

void
outputs_close(Outputs *outputs)
{
	compressors_close(outputs->compressors);
	for (int w = 0; w < outputs->worker_count; w++)
	{
		OutputWorker *worker = &outputs->workers[w];

		free_streams(worker);
		/* Workers behind one whose encoders can't be opened have none. */
		for (int s = 0; worker->encoders != NULL && s < outputs->plan->sink_count; s++)
		{
			if (worker->encoders[s] != NULL)
				worker->encoders[s]->class->close(worker->encoders[s]);
			collector_free(&worker->collectors[s]);
		}
		mem_free(worker->encoders);
		mem_free(worker->collectors);
		letter_box_free(&worker->letters);
		mem_free(worker->group_lines);
		mem_free(worker->group_scans);
		hashmap_free(&worker->streams);
		compression_scratch_free(&worker->scratch);
		str_free(&worker->key);
		str_free(&worker->path);
	}
	spill_file_close(&outputs->spill);
	mem_free(outputs->workers);
	mem_free(outputs->path_room);
	mem_free(outputs);
}

/* The worker's stream of that identity, made when it is new. */
static OutputStream *
find_stream(Outputs *outputs, OutputWorker *worker, const OutputStreamKey *key)
{
	int32_t fixed[4] = {(int32_t)key->kind, key->index, key->scan, key->partition};
	HashMapEntry *entry;

	str_clear(&worker->key);
	str_append(&worker->key, (const char *)fixed, sizeof fixed);
	str_append_view(&worker->key, key->path);
	entry = hashmap_add(&worker->streams, str_view(&worker->key));
	if (entry->value == NULL)
	{
		entry->value = mem_alloc(sizeof(OutputStream));
		output_stream_init(entry->value, key, stream_compression(outputs, key->kind, key->index),
						   chunk_size(outputs, key->kind, key->index));
	}
	return entry->value;
}

/* ---- chunks ---- */

static void
count_chunk(OutputWorker *worker, OutputStream *stream)
{
	worker->rendered += stream->chunk.capacity - stream->counted;
	stream->counted = stream->chunk.capacity;
}

/* Writes the chunks of the streams from first to before end to the temporary file, at once. */
static bool
spill_range(Outputs *outputs, OutputWorker *worker, size_t first, size_t end, const StrBuf *bytes, Error *err)
{
	SpillPiece whole;
	uint64_t at;

	if (!spill_file_write(&outputs->spill, str_view(bytes), &whole, err))
		return false;
	at = whole.offset;
	for (size_t i = first; i < end; i++)
	{
		OutputStream *stream = worker->streams.entries[i].value;
		size_t len = stream->chunk.len;

		if (len > 0)
			output_stream_spilled(stream, (SpillPiece){at, len});
		at += len;
		count_chunk(worker, stream);
	}
	return true;
}

/* Frees the memory of all chunks of a worker. */
static bool
spill_chunks(Outputs *outputs, OutputWorker *worker, Error *err)
{
	StrBuf bytes = {0};
	size_t first = 0;
	bool ok = true;

	for (size_t i = 0; ok && i < worker->streams.count; i++)
	{
		const OutputStream *stream = worker->streams.entries[i].value;

		str_append_view(&bytes, str_view(&stream->chunk));
		if (bytes.len < SPILL_WRITE && i + 1 < worker->streams.count)
			continue;
		ok = spill_range(outputs, worker, first, i + 1, &bytes, err);
		first = i + 1;
		str_clear(&bytes);
	}
	str_free(&bytes);
	return ok;
}

/* After n rows were rendered into a stream's chunk. */
static bool
rows_rendered(Outputs *outputs, OutputWorker *worker, OutputStream *stream, uint32_t n, Error *err)
{
	if (!output_stream_rows(stream, n, &worker->flush, err))
		return false;
	count_chunk(worker, stream);
	return worker->rendered <= outputs->chunks_limit || spill_chunks(outputs, worker, err);
}

/* ---- rows that can't be written ---- */

/* Whether the path of a row is short enough even if every byte of it has to be encoded, as three. */
static bool
surely_short(const Outputs *outputs, int s, const Column *columns, uint32_t row)
{
	enum
	{
		LONGEST_SPECIAL = 28 /* what stands for NULL, or for the text of these letters */
	};
	const SinkPlan *sink = outputs->plan->sinks[s];
	size_t path = 0;

	for (int c = 0; c < sink->partition_key_count; c++)
	{
		size_t value =
			column_is_null(&columns[c], row) ? 0 : text_view(COLUMN_DATA(&columns[c], Text)[row]).len;
		size_t len = 3 * strlen(sink->partition_keys[c].name) + 1 + Max(3 * value, (size_t)LONGEST_SPECIAL);

		path += len + 1;
		if (len > OUTPUT_NAME_MAX)
			return false;
	}
	return path <= outputs->path_room[s];
}

/* The partition key whose folder's name, or with which the path, is too long; -1 if none. */
static int
key_too_long(const Outputs *outputs, int s, const Column *columns, uint32_t row, size_t *len)
{
	const SinkPlan *sink = outputs->plan->sinks[s];
	size_t path = 0;

	for (int c = 0; c < sink->partition_key_count; c++)
	{
		StrView value = text_view(COLUMN_DATA(&columns[c], Text)[row]);

		*len = output_path_length(sink->partition_keys[c].name,
								  column_is_null(&columns[c], row) ? NULL : &value);
		path += *len + 1;
		if (*len > OUTPUT_NAME_MAX || path > outputs->path_room[s])
			return c;
	}
	return -1;
}

uint32_t
outputs_check(Outputs *outputs, int worker, int sink, const Batch *batch, const Column *partition_columns,
			  uint64_t *failed)
{
	RowEncoder *encoder = outputs->workers[worker].encoders[sink];
	uint32_t count = encoder->class->check ? encoder->class->check(encoder, batch, failed) : 0;
	size_t len;

	if (outputs->plan->sinks[sink]->partition_key_count == 0)
		return count;
	for (uint32_t row = 0; row < batch->n; row++)
		if (!surely_short(outputs, sink, partition_columns, row) && !bitmap_get(failed, row) &&
			key_too_long(outputs, sink, partition_columns, row, &len) >= 0)
		{
			bitmap_set(failed, row);
			count++;
		}
	return count;
}

void
outputs_explain(Outputs *outputs, int worker, int sink, const Batch *batch, const Column *partition_columns,
				uint32_t row, const char **field, Error *err)
{
	RowEncoder *encoder = outputs->workers[worker].encoders[sink];
	size_t len = 0;
	int key;

	if (encoder->class->explain != NULL)
		encoder->class->explain(encoder, batch, row, field, err);
	if (err->set)
		return;
	key = key_too_long(outputs, sink, partition_columns, row, &len);
	assert(key >= 0);
	*field = outputs->plan->sinks[sink]->partition_keys[key].name;
	if (len > OUTPUT_NAME_MAX)
		error_set(err, SQLSTATE_STRING_DATA_RIGHT_TRUNCATION, NO_POSITION,
				  "the folder of partition \"%s\" would have a name of %zu bytes, not at most %d", *field,
				  len, OUTPUT_NAME_MAX);
	else
		error_set(err, SQLSTATE_STRING_DATA_RIGHT_TRUNCATION, NO_POSITION,
				  "the path of partition \"%s\" would be too long for a file's path of at most %d bytes",
				  *field, OUTPUT_KEY_MAX);
}

/* ---- rows of sinks ---- */

static bool
encode_rows(Outputs *outputs, OutputWorker *worker, OutputStream *stream, const Batch *batch,
			const uint32_t *rows, uint32_t n, Error *err)
{
	RowEncoder *encoder = worker->encoders[stream->key.index];

	while (n > 0)
	{
		uint32_t step =
			encoder->class->encode(encoder, batch, rows, n, output_stream_enough(stream), &stream->chunk);

		if (!rows_rendered(outputs, worker, stream, step, err))
			return false;
		rows += step;
		n -= step;
	}
	return true;
}

/* Sets worker->path to the partition path of a row. */
static void
build_path(OutputWorker *worker, const SinkPlan *sink, const Column *columns, uint32_t row)
{
	str_clear(&worker->path);
	for (int c = 0; c < sink->partition_key_count; c++)
	{
		StrView value = text_view(COLUMN_DATA(&columns[c], Text)[row]);

		output_path_append(&worker->path, sink->partition_keys[c].name,
						   column_is_null(&columns[c], row) ? NULL : &value);
	}
}

/* Rows of a batch, each into the stream of its path; the rows of one path stay in order. */
static bool
route_rows(Outputs *outputs, OutputWorker *worker, int s, int scan, const Batch *batch,
		   const Column *partition_columns, Error *err)
{
	const SinkPlan *sink = outputs->plan->sinks[s];
	OutputRoutes *routes = &worker->routes;

	output_route(routes, partition_columns, sink->partition_key_count, batch->n);
	for (uint32_t i = 0; i < routes->count; i++)
	{
		OutputStreamKey key = {.kind = OUTPUT_DATA, .index = s, .scan = scan, .partition = batch->partition};
		const uint32_t *rows = routes->rows + routes->starts[i];
		uint32_t n = routes->starts[i + 1] - routes->starts[i];

		build_path(worker, sink, partition_columns, rows[0]);
		key.path = str_view(&worker->path);
		if (!encode_rows(outputs, worker, find_stream(outputs, worker, &key), batch, rows, n, err))
			return false;
	}
	return true;
}

bool
outputs_append(Outputs *outputs, int w, int sink, const Batch *batch, const Column *partition_columns,
			   Error *err)
{
	assert(batch->n <= BATCH_ROWS && batch->partition >= 0);
	return route_rows(outputs, &outputs->workers[w], sink, batch->stream, batch, partition_columns, err);
}

/* Rows can be put in order only when all of them are there. */
static bool
refuse_collected(const Outputs *outputs, size_t bytes, Error *err)
{
	error_set(err, SQLSTATE_CONFIGURATION_LIMIT_EXCEEDED, NO_POSITION,
			  "rows of windows that close at once exceed memory_limit");
	error_detail(err, "They need at least %zu MB; memory_limit is %zu MB.", bytes >> 20,
				 outputs->memory_limit >> 20);
	return error_hint(err, "Raise memory_limit, or group by fewer values.");
}

bool
outputs_collect(Outputs *outputs, int w, int sink, const Batch *batch, const Column *partition_columns,
				Error *err)
{
	Collector *collector = &outputs->workers[w].collectors[sink];
	size_t before = collector->arena.bytes, more, all;

	collector_add(collector, outputs->plan->sinks[sink], batch, partition_columns);
	more = collector->arena.bytes - before;
	all = atomic_fetch_add(&outputs->collected, more) + more;
	return outputs->memory_limit == 0 || all <= outputs->memory_limit || refuse_collected(outputs, all, err);
}

/* ---- diversions ---- */

static bool
divert(Outputs *outputs, int w, OutputKind kind, int index, const Diversion *d, Error *err)
{
	OutputWorker *worker = &outputs->workers[w];
	OutputStreamKey key = {.kind = kind, .index = index, .scan = d->scan, .partition = d->partition};
	OutputStream *stream = find_stream(outputs, worker, &key);

	diversion_write(outputs->plan, kind, d, &stream->chunk);
	return rows_rendered(outputs, worker, stream, 1, err);
}

bool
outputs_late(Outputs *outputs, int w, const Diversion *d, Error *err)
{
	return divert(outputs, w, OUTPUT_LATE, d->sink, d, err);
}

/* The first scan that a sink reads: dead letters of its groups go to that stream. */
static int
first_scan(const PlanNode *node)
{
	while (node->kind != NODE_SCAN)
		node = node->kind == NODE_APPEND ? node->append.inputs[0] : node->input;
	return node->scan->index;
}

bool
outputs_dead_letter(Outputs *outputs, int w, const Diversion *d, Error *err)
{
	OutputWorker *worker = &outputs->workers[w];
	StrBuf line = {0};
	Diversion group = *d;

	(void)err;
	if (d->message != NULL)
	{
		worker->letters.scan = d->scan;
		worker->letters.partition = d->partition;
		diversion_write(outputs->plan, OUTPUT_DEAD, d,
						letter_box_add(&worker->letters, d->message->offset, d->sink));
		return true;
	}
	group.scan = first_scan(outputs->plan->sinks[d->sink]->input);
	diversion_write(outputs->plan, OUTPUT_DEAD, &group, &line);
	mem_grow(&worker->group_lines, &worker->group_capacity, worker->group_count, sizeof(char *));
	mem_grow(&worker->group_scans, &worker->scan_capacity, worker->group_count, sizeof(int));
	worker->group_lines[worker->group_count] = line.data;
	worker->group_scans[worker->group_count++] = group.scan;
	return true;
}

bool
outputs_settle(Outputs *outputs, int w, Error *err)
{
	OutputWorker *worker = &outputs->workers[w];
	LetterBox *box = &worker->letters;
	OutputStreamKey key = {
		.kind = OUTPUT_DEAD, .index = box->scan, .scan = box->scan, .partition = box->partition};
	OutputStream *stream;

	if (box->count == 0)
		return true;
	stream = find_stream(outputs, worker, &key);
	letter_box_sort(box);
	for (size_t i = 0; i < box->count; i++)
	{
		str_append_view(&stream->chunk, letter_box_line(box, i));
		if (!rows_rendered(outputs, worker, stream, 1, err))
			return false;
	}
	letter_box_clear(box);
	return true;
}

size_t
outputs_memory(const Outputs *outputs, int w)
{
	const OutputWorker *worker = &outputs->workers[w];
	size_t bytes = compression_space_memory(&worker->scratch.space) + worker->scratch.compressed.capacity +
				   worker->letters.text.capacity + worker->rendered +
				   compressors_memory(outputs->compressors) / (size_t)outputs->worker_count;

	for (int s = 0; s < outputs->plan->sink_count; s++)
		bytes += worker->collectors[s].arena.bytes;
	return bytes;
}

/* ---- the cut ---- */

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
	RenderUnit *units;
	size_t unit_count;
	atomic_size_t next;
} Finish;

static bool
sort_worker(void *context, int w, Error *err UNUSED)
{
	const Finish *finish = context;
	const JobPlan *plan = finish->outputs->plan;

	for (int s = 0; s < plan->sink_count; s++)
		collector_sort(&finish->outputs->workers[w].collectors[s], plan->sinks[s], finish->prefixes[s]);
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
		if (!route_rows(outputs, worker, unit->sink, NO_SCAN, &batch, &batch.columns[hidden_end], err))
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
		count_chunk(worker, stream);
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
	ok = run_workers(outputs, pool, sort_worker, &finish, err);
	if (ok)
	{
		plan_units(&finish, &arena);
		ok = run_workers(outputs, pool, render_worker, &finish, err);
	}
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
	OutputStream *stream = find_stream(outputs, &outputs->workers[0], &key);

	str_append_cstr(&stream->chunk, group->line);
	return rows_rendered(outputs, &outputs->workers[0], stream, 1, err);
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
outputs_failed(const Outputs *outputs)
{
	return compressors_failed(outputs->compressors);
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
