/*
 * output.c: routing of rendered rows to streams (contract in output.h).
 *
 * The idea: each worker has its own encoders, streams and collectors, found by (kind, index, path, scan,
 * partition); nothing is shared during FILL but the pack and the compressors. A worker whose chunks take more
 * than its share of memory moves all of them to a temporary file. What becomes of streams at the cut is in
 * output_cut.c.
 */
#include "executor/output.h"

#include "common/memory.h"
#include "executor/diversion.h"
#include "executor/memory_share.h"
#include "executor/output_parts.h"
#include "executor/output_path.h"

enum
{
	CHUNKS_PER_FILE = 8,
	CHUNKS_LEAST = 256 * 1024, /* bytes of a worker, whatever the limit */
	SPILL_WRITE = 1024 * 1024, /* bytes that are spilled at once */
	WORKERS_PER_COMPRESSOR = 2,
	COMPRESSORS_MAX = 32
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
	worker->runs = mem_alloc_zero(sinks * sizeof(Runs));
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
			runs_clear(&outputs->workers[w].runs[s]);
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
			runs_clear(&worker->runs[s]);
		}
		mem_free(worker->encoders);
		mem_free(worker->collectors);
		mem_free(worker->runs);
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

OutputStream *
output_find_stream(Outputs *outputs, OutputWorker *worker, const OutputStreamKey *key)
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

void
output_count_chunk(OutputWorker *worker, OutputStream *stream)
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
		output_count_chunk(worker, stream);
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

bool
output_rows_rendered(Outputs *outputs, OutputWorker *worker, OutputStream *stream, uint32_t n, Error *err)
{
	if (!output_stream_rows(stream, n, &worker->flush, err))
		return false;
	output_count_chunk(worker, stream);
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

		if (!output_rows_rendered(outputs, worker, stream, step, err))
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

bool
output_route_rows(Outputs *outputs, OutputWorker *worker, int s, int scan, const Batch *batch,
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
		if (!encode_rows(outputs, worker, output_find_stream(outputs, worker, &key), batch, rows, n, err))
			return false;
	}
	return true;
}

bool
outputs_append(Outputs *outputs, int w, int sink, const Batch *batch, const Column *partition_columns,
			   Error *err)
{
	assert(batch->n <= BATCH_ROWS && batch->partition >= 0);
	return output_route_rows(outputs, &outputs->workers[w], sink, batch->stream, batch, partition_columns,
							 err);
}

bool
output_spill_collector(Outputs *outputs, int w, int sink, Error *err)
{
	OutputWorker *worker = &outputs->workers[w];
	Collector *collector = &worker->collectors[sink];
	size_t before = collector->arena.bytes;

	if (!runs_spill(&worker->runs[sink], collector, outputs->plan->sinks[sink], &outputs->spill, err))
		return false;
	atomic_fetch_sub(&outputs->collected, before - collector->arena.bytes);
	return true;
}

/* All collectors are to keep to a share; one that is small would make a small run, and leaves it to others.
 */
static bool
must_spill(const Outputs *outputs, size_t all, size_t own)
{
	size_t share = outputs->memory_limit / SHARE_SCRATCH;

	return share > 0 && all > share && own > share / (4 * (size_t)outputs->worker_count);
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
	return !must_spill(outputs, all, collector->arena.bytes) || output_spill_collector(outputs, w, sink, err);
}

/* ---- diversions ---- */

static bool
divert(Outputs *outputs, int w, OutputKind kind, int index, const Diversion *d, Error *err)
{
	OutputWorker *worker = &outputs->workers[w];
	OutputStreamKey key = {.kind = kind, .index = index, .scan = d->scan, .partition = d->partition};
	OutputStream *stream = output_find_stream(outputs, worker, &key);

	diversion_write(outputs->plan, kind, d, &stream->chunk);
	return output_rows_rendered(outputs, worker, stream, 1, err);
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
	stream = output_find_stream(outputs, worker, &key);
	letter_box_sort(box);
	for (size_t i = 0; i < box->count; i++)
	{
		str_append_view(&stream->chunk, letter_box_line(box, i));
		if (!output_rows_rendered(outputs, worker, stream, 1, err))
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

bool
outputs_failed(const Outputs *outputs)
{
	return compressors_failed(outputs->compressors);
}
