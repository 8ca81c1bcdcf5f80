/*
 * reduce.c: REDUCE: all workers fold the epoch's scratch into the state, bucket by bucket, and close windows.
 *
 * The idea: three rounds with a barrier after each. Every worker splits its own scratch; then workers take
 * buckets from a counter, reduce them, and emit through their own pipeline; then they take buckets again and
 * save what changed. A bucket is touched by one worker at a time, so nothing is locked but the pack.
 */
#include <stdatomic.h>

#include "common/hash.h"
#include "common/memory.h"
#include "executor/job_run.h"

enum
{
	CHUNKS_MAX = 40,         /* of a unit: with more, its bucket is saved whole */
	APPEND_BYTES = 256 << 10 /* of saved units in one write */
};

typedef struct Reduce
{
	JobRun *run;
	CutPlan cut;
	atomic_int next;
	int64_t *closed_ends; /* [worker * sink_count + sink] */
} Reduce;

static bool
split_worker(void *context, int worker, Error *err UNUSED)
{
	Reduce *reduce = context;

	job_state_split(reduce->run->job_state, reduce->run->pipelines[worker]);
	return true;
}

static bool
reduce_worker(void *context, int worker, Error *err)
{
	Reduce *reduce = context;
	JobRun *run = reduce->run;
	int64_t *closed = &reduce->closed_ends[worker * run->plan->sink_count];
	int bucket;

	while ((bucket = atomic_fetch_add(&reduce->next, 1)) < STATE_BUCKETS)
		if (!job_state_reduce(run->job_state, bucket, &reduce->cut, run->pipelines, run->worker_count,
							  run->pipelines[worker], closed, err))
			return false;
	return true;
}

/* The greatest of what the workers closed; a new value counts for the next epoch. */
static void
merge_closed_ends(JobRun *run, const int64_t *closed_ends)
{
	for (int w = 0; w < run->worker_count; w++)
		for (int k = 0; k < run->plan->sink_count; k++)
		{
			int64_t end = closed_ends[w * run->plan->sink_count + k];

			run->record.sinks[k].closed_end = Max(run->record.sinks[k].closed_end, end);
		}
}

/* The LIMIT of a console query is reached by what REDUCE emitted. */
static bool
all_emitted_enough(const JobRun *run)
{
	for (int w = 0; w < run->worker_count; w++)
		if (!pipeline_emitted_enough(run->pipelines[w]))
			return false;
	return true;
}

bool
epoch_reduce(JobRun *run, Epoch *epoch, Error *err)
{
	size_t ends = (size_t)(run->worker_count * Max(run->plan->sink_count, 1));
	Reduce reduce = {.run = run, .cut = {.watermarks = epoch->sink_watermarks, .close_all = epoch->ending}};

	reduce.closed_ends = ARENA_ARRAY(&epoch->arena, int64_t, ends);
	for (size_t i = 0; i < ends; i++)
		reduce.closed_ends[i] = INT64_MIN;
	if (!workers_run(run->workers, split_worker, &reduce, err) ||
		!workers_run(run->workers, reduce_worker, &reduce, err))
		return false;
	merge_closed_ends(run, reduce.closed_ends);
	if (all_emitted_enough(run))
		atomic_store(&run->receiver_stopped, true);
	for (int k = 0; k < run->plan->sink_count; k++)
		run->written[k].windows_closed += job_state_closed_windows(run->job_state, k);
	if (run->outputs == NULL)
		return true;
	return outputs_finish(run->outputs, run->workers, run->epoch, &epoch->arena, &epoch->files, err);
}

/* ---- saving what changed ---- */

/* What one worker saves. Changes from flushed on lie in buffer, their offsets counted from its start. */
typedef struct Saver
{
	Epoch *epoch;
	UnitChange *changes;
	size_t count;
	size_t capacity;
	size_t flushed;
	StrBuf buffer;
} Saver;

typedef struct Snapshot
{
	JobRun *run;
	Epoch *epoch;
	atomic_int next;
	Saver *savers;
	bool whole[STATE_BUCKETS];
} Snapshot;

static bool
flush_saver(Saver *saver, Error *err)
{
	PackWriter *pack = saver->epoch->pack;
	uint64_t offset = 0;

	if (saver->buffer.len > 0 &&
		!pack->store->class->pack_append(pack, str_view(&saver->buffer), &offset, err))
		return false;
	for (; saver->flushed < saver->count; saver->flushed++)
		if (saver->changes[saver->flushed].change != STATE_GONE)
			saver->changes[saver->flushed].chunk.offset += offset;
	str_clear(&saver->buffer);
	return true;
}

static bool
save_unit(void *context, const StateUnit *unit, StateChange change, StrView bytes, Error *err)
{
	Saver *saver = context;
	UnitChange *out;

	mem_grow(&saver->changes, &saver->capacity, saver->count, sizeof *saver->changes);
	out = &saver->changes[saver->count++];
	*out = (UnitChange){.unit = *unit, .change = change};
	if (change != STATE_GONE)
	{
		out->chunk = (StateChunk){saver->epoch->pack_key, saver->buffer.len, bytes.len,
								  hash_bytes(bytes.data, bytes.len)};
		str_append(&saver->buffer, bytes.data, bytes.len);
	}
	return saver->buffer.len < APPEND_BYTES || flush_saver(saver, err);
}

static bool
save_worker(void *context, int worker, Error *err)
{
	Snapshot *snapshot = context;
	JobRun *run = snapshot->run;
	Saver *saver = &snapshot->savers[worker];
	int bucket;

	while ((bucket = atomic_fetch_add(&snapshot->next, 1)) < STATE_BUCKETS)
		if (!job_state_changes(run->job_state, bucket, snapshot->whole[bucket], save_unit, saver, err))
			return false;
	return flush_saver(saver, err);
}

/* Frequent restarts could keep the state's own rota from ever coming round. */
static void
mark_long_buckets(const StateMap *map, bool *whole)
{
	for (size_t i = 0; i < map->count; i++)
		if (map->entries[i].chunk_count > CHUNKS_MAX)
			whole[map->entries[i].unit.bucket] = true;
}

static void
gather_changes(const JobRun *run, Epoch *epoch, const Saver *savers)
{
	size_t count = 0;

	for (int w = 0; w < run->worker_count; w++)
		count += savers[w].count;
	epoch->changes = ARENA_ARRAY(&epoch->arena, UnitChange, count + 1);
	for (int w = 0; w < run->worker_count; w++)
	{
		if (savers[w].count > 0)
			memcpy(epoch->changes + epoch->change_count, savers[w].changes,
				   savers[w].count * sizeof *epoch->changes);
		epoch->change_count += savers[w].count;
	}
}

static bool
save_changes(JobRun *run, Epoch *epoch, Error *err)
{
	Snapshot snapshot = {.run = run, .epoch = epoch};
	bool ok;

	snapshot.savers = mem_alloc_zero(sizeof *snapshot.savers * (size_t)run->worker_count);
	for (int w = 0; w < run->worker_count; w++)
		snapshot.savers[w].epoch = epoch;
	mark_long_buckets(&run->map, snapshot.whole);
	ok = workers_run(run->workers, save_worker, &snapshot, err);
	if (ok)
		gather_changes(run, epoch, snapshot.savers);
	for (int w = 0; w < run->worker_count; w++)
	{
		mem_free(snapshot.savers[w].changes);
		str_free(&snapshot.savers[w].buffer);
	}
	mem_free(snapshot.savers);
	return ok;
}

bool
epoch_snapshot(JobRun *run, Epoch *epoch, Error *err)
{
	if (!epoch->beat && !save_changes(run, epoch, err))
		return false;
	state_map_apply(&run->map, epoch->changes, epoch->change_count, &epoch->map);
	epoch->has_map = true;
	return true;
}
