/*
 * fill.c: FILL: workers read their partitions until the epoch is to be cut.
 *
 * The idea: a partition belongs to one worker for the whole job; a worker goes round its partitions, one
 * batch each. In batch mode the limits of the grid end FILL by themselves, and no clock is read; in streaming
 * the coordinator watches time, rows, bytes and memory, and raises the cut flag. Workers with nothing to do
 * sleep; when all do, the coordinator waits on the sources for them.
 *
 * Everything two threads touch here is atomic or under Fill.lock; the ledger's counters belong to the worker
 * of their partition until the last one has stopped.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "common/memory.h"
#include "executor/memory_share.h"
#include "executor/shards.h"

#define CONSOLE_INTERVAL (150 * 1000) /* microseconds */
#define SLICE (20 * 1000)             /* between two looks of the coordinator */
#define NAP_BUSY (2 * 1000)           /* of a worker, while others have work */
#define NAP_IDLE (100 * 1000)

typedef struct FillWorker
{
	atomic_size_t scratch; /* bytes */
	/* Under Fill.lock. */
	Ledger live; /* copy of the epoch's counts of its partitions, for progress */
	bool stuck;  /* what is not at its end is too far ahead of the watermark */
} FillWorker;

typedef struct Fill
{
	JobRun *run;
	Epoch *epoch;
	bool waits;          /* for a first partition: there is none to read */
	int64_t drift_limit; /* event times beyond it wait; INT64_MAX = no limit */
	atomic_bool cut;
	atomic_uint_fast64_t read;
	atomic_uint_fast64_t bytes;
	atomic_uint wanted; /* round of progress figures */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	int idle;     /* workers that sleep */
	int left;     /* workers that have ended FILL */
	char *notice; /* the newest retry, to be told */
	FillWorker *workers;
	Error err; /* of the epoch that is published meanwhile; the coordinator's own */
} Fill;

/* ---- workers ---- */

/* What one round over a worker's partitions found. */
typedef struct Round
{
	int took;
	int open;   /* not done with the epoch */
	int paused; /* too far ahead */
	int at_end;
} Round;

/* The shard's own partitions are a shard's number apart. */
static bool
owns(const JobRun *run, int worker, int scan, int32_t partition)
{
	return (scan + partition / shards_count(run)) % run->worker_count == worker;
}

static void
keep_notice(Fill *fill, const PartitionReader *reader, const Error *err)
{
	StrBuf text = {0};

	str_appendf(&text, "stream \"%s\" partition %d: %s; trying again in %.1f s", reader->stream,
				(int)reader->partition, err->message, (double)reader->retry_wait / 1e6);
	pthread_mutex_lock(&fill->lock);
	mem_free(fill->notice);
	fill->notice = text.data;
	pthread_mutex_unlock(&fill->lock);
}

static void
raise_cut(Fill *fill)
{
	atomic_store(&fill->cut, true);
	pthread_mutex_lock(&fill->lock);
	pthread_cond_broadcast(&fill->wake);
	pthread_mutex_unlock(&fill->lock);
}

/* One step of one partition; false ends the job. */
static bool
step(Fill *fill, PartitionReader *reader, int worker, Round *round, Error *err)
{
	JobRun *run = fill->run;
	PartitionCounts *counts = &run->ledger.scans[reader->scan].partitions[reader->partition];
	uint64_t read = counts->read, bytes = counts->bytes;
	ReaderStep result;

	reader->paused = reader->max_time > fill->drift_limit;
	if (reader->paused && !reader->done)
	{
		round->open++;
		round->paused++;
		return true;
	}
	result = reader_step(reader, run->pipelines[worker], counts, err);
	atomic_fetch_add_explicit(&fill->read, counts->read - read, memory_order_relaxed);
	atomic_fetch_add_explicit(&fill->bytes, counts->bytes - bytes, memory_order_relaxed);
	round->open += !reader->done;
	round->at_end += reader->at_end;
	switch (result)
	{
		case READER_TOOK: round->took++; return true;
		case READER_FAILED: return false;
		case READER_STOPPED:
			atomic_store(&run->receiver_stopped, true);
			raise_cut(fill);
			return true;
		case READER_RETRY:
			keep_notice(fill, reader, err);
			error_clear(err);
			return true;
		case READER_EMPTY:
		case READER_DONE: break;
	}
	return true;
}

static bool
go_round(Fill *fill, int worker, Round *round, Error *err)
{
	JobRun *run = fill->run;

	for (int s = 0; s < run->plan->scan_count; s++)
		for (int32_t p = 0; p < run->scans[s].reader_count; p++)
		{
			PartitionReader *reader = run->scans[s].readers[p];

			if (owns(run, worker, s, p) && !reader->done &&
				!atomic_load_explicit(&fill->cut, memory_order_relaxed) &&
				!step(fill, reader, worker, round, err))
				return error_context(err, "stream \"%s\", partition %d", reader->stream, (int)p);
		}
	return true;
}

/* Copies the counts of the worker's partitions to where the coordinator may look. */
static void
report(Fill *fill, int worker)
{
	JobRun *run = fill->run;
	FillWorker *own = &fill->workers[worker];

	pthread_mutex_lock(&fill->lock);
	for (int s = 0; s < run->plan->scan_count; s++)
		for (int32_t p = 0; p < run->scans[s].reader_count; p++)
			if (owns(run, worker, s, p))
			{
				PartitionCounts *to = &own->live.scans[s].partitions[p];
				SinkCounts *sinks = to->sinks;

				*to = run->ledger.scans[s].partitions[p];
				memcpy(sinks, to->sinks, sizeof *sinks * (size_t)run->ledger.sink_count);
				to->sinks = sinks;
			}
	pthread_mutex_unlock(&fill->lock);
}

static void
nap(Fill *fill, int worker, const Round *round)
{
	struct timespec until;
	bool alone;

	clock_gettime(CLOCK_MONOTONIC, &until);
	pthread_mutex_lock(&fill->lock);
	fill->workers[worker].stuck = round->paused > 0 && round->paused + round->at_end >= round->open;
	fill->idle++;
	alone = fill->idle + fill->left == fill->run->worker_count;
	until.tv_nsec += (alone ? NAP_IDLE : NAP_BUSY) * INT64_C(1000);
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	if (alone)
		workers_nudge(fill->run->workers);
	if (!atomic_load(&fill->cut))
		(void)pthread_cond_timedwait(&fill->wake, &fill->lock, &until);
	fill->idle--;
	fill->workers[worker].stuck = false;
	pthread_mutex_unlock(&fill->lock);
}

static void
measure_memory(Fill *fill, int worker)
{
	JobRun *run = fill->run;
	size_t bytes = pipeline_memory(run->pipelines[worker]);

	if (run->outputs != NULL)
		bytes += outputs_memory(run->outputs, worker);
	atomic_store_explicit(&fill->workers[worker].scratch, bytes, memory_order_relaxed);
}

static bool
fill_worker(void *context, int worker, Error *err)
{
	Fill *fill = context;
	unsigned told = 0;
	bool ok = true;

	while (ok && !atomic_load(&fill->cut))
	{
		Round round = {0};
		unsigned wanted = atomic_load_explicit(&fill->wanted, memory_order_relaxed);

		ok = go_round(fill, worker, &round, err);
		measure_memory(fill, worker);
		if (wanted != told)
			report(fill, worker);
		told = wanted;
		if (round.open == 0 && !fill->waits)
			break;
		if (ok && round.took == 0)
			nap(fill, worker, &round);
	}
	if (!ok)
		raise_cut(fill);
	report(fill, worker);
	pthread_mutex_lock(&fill->lock);
	fill->left++;
	pthread_mutex_unlock(&fill->lock);
	return ok;
}

/* ---- the coordinator ---- */

static size_t
scratch_bytes(const Fill *fill)
{
	size_t used = 0;

	for (int w = 0; w < fill->run->worker_count; w++)
		used += atomic_load_explicit(&fill->workers[w].scratch, memory_order_relaxed);
	return used;
}

/* Streaming cuts in time. Memory must not decide where the cuts of a batch lie, so it has the whole limit. */
static bool
memory_is_short(const Fill *fill)
{
	const JobRun *run = fill->run;
	int64_t limit = run->open->settings->memory_limit;

	return scratch_bytes(fill) > (size_t)(run->batch ? limit : limit / SHARE_SCRATCH);
}

static bool
refuse_scratch(const Fill *fill, Error *err)
{
	const JobRun *run = fill->run;

	error_set(err, SQLSTATE_CONFIGURATION_LIMIT_EXCEEDED, NO_POSITION,
			  "groups and output between two cuts of the batch exceed memory_limit");
	error_detail(err, "They need at least %zu MB; memory_limit is %" PRId64 " MB.", scratch_bytes(fill) >> 20,
				 run->open->settings->memory_limit >> 20);
	return error_hint(err, "Raise memory_limit; a run that begins anew can also have more cuts, by a smaller "
						   "commit_rows.");
}

/* Every worker that still reads waits for the watermark, which only a cut moves. */
static bool
all_stuck(Fill *fill)
{
	int stuck = 0;
	bool all;

	pthread_mutex_lock(&fill->lock);
	for (int w = 0; w < fill->run->worker_count; w++)
		stuck += fill->workers[w].stuck;
	all = stuck > 0 && stuck == fill->run->worker_count - fill->left && fill->idle == stuck;
	pthread_mutex_unlock(&fill->lock);
	return all && atomic_load(&fill->read) > 0;
}

/* Whether the run's own end has come: the signal, the deadline, a receiver that has enough. */
static bool
is_ending(JobRun *run)
{
	if (run->open->stop != NULL && *run->open->stop && run->stop_seen == 0)
		run->stop_seen = clock_monotonic(run->open->clock);
	return run->stop_seen != 0 || atomic_load(&run->receiver_stopped) ||
		   (run->open->until == UNTIL_DEADLINE && clock_now(run->open->clock) >= run->open->deadline);
}

/* How many messages make an epoch: as many as between two lines of a batch's grid. */
static uint64_t
epoch_rows(const JobRun *run)
{
	uint64_t partitions = 0;

	for (int s = 0; s < run->plan->scan_count; s++)
		for (int32_t p = 0; p < run->scans[s].reader_count; p++)
			partitions += !run->scans[s].readers[p]->foreign;
	return (uint64_t)run->open->settings->commit_rows * Max(partitions, 1);
}

static bool
is_due(Fill *fill)
{
	JobRun *run = fill->run;
	const Settings *settings = run->open->settings;
	int64_t interval = run->state != NULL ? settings->commit_interval : CONSOLE_INTERVAL;

	return clock_monotonic(run->open->clock) - fill->epoch->began >= interval ||
		   atomic_load(&fill->read) >= epoch_rows(run) ||
		   atomic_load(&fill->bytes) >= (uint64_t)settings->commit_bytes || memory_is_short(fill) ||
		   all_stuck(fill);
}

/* When all workers sleep, waits for the sources in their place and wakes them. */
static void
wait_for_sources(Fill *fill)
{
	JobRun *run = fill->run;
	bool all_idle, waited = false;

	pthread_mutex_lock(&fill->lock);
	all_idle = fill->idle > 0 && fill->idle + fill->left == run->worker_count;
	pthread_mutex_unlock(&fill->lock);
	if (!all_idle)
		return;
	for (int s = 0; s < run->plan->scan_count; s++)
		if (run->scans[s].class->wait != NULL)
		{
			run->scans[s].class->wait(run->scans[s].source, SLICE / 1000 / run->plan->scan_count + 1);
			waited = true;
		}
	if (!waited)
		return; /* nothing to wake the workers for: they look again by themselves */
	pthread_mutex_lock(&fill->lock);
	pthread_cond_broadcast(&fill->wake);
	pthread_mutex_unlock(&fill->lock);
}

static void
tell_notice(Fill *fill)
{
	char *text;

	pthread_mutex_lock(&fill->lock);
	text = fill->notice;
	fill->notice = NULL;
	pthread_mutex_unlock(&fill->lock);
	if (text != NULL)
		job_notice(fill->run, "WARNING", "%s", text);
	mem_free(text);
}

/* Adds up what the workers reported last. */
static void
collect_live(Fill *fill, Ledger *live)
{
	JobRun *run = fill->run;

	pthread_mutex_lock(&fill->lock);
	for (int w = 0; w < run->worker_count; w++)
		ledger_add(live, &fill->workers[w].live);
	pthread_mutex_unlock(&fill->lock);
}

static void
tell_progress(Fill *fill)
{
	JobRun *run = fill->run;
	Ledger live;

	if (run->open->progress == NULL && run->open->notice == NULL)
		return;
	if (clock_monotonic(run->open->clock) < run->progress_at)
		return;
	retention_look(run);
	ledger_init(&live, run->plan->scan_count, run->plan->sink_count);
	collect_live(fill, &live);
	job_progress(run, "FILL", &live, false);
	job_explain_silence(run, &live);
	ledger_free(&live);
	/* The figures told next are those of now. */
	atomic_fetch_add(&fill->wanted, 1);
}

static bool
coordinate(Fill *fill)
{
	JobRun *run = fill->run;

	for (;;)
	{
		bool through = workers_wait(run->workers, SLICE);

		if (through)
			return true;
		if (!publisher_settle(run, false, &fill->err) || is_ending(run) ||
			(run->outputs != NULL && outputs_failed(run->outputs)))
			break;
		if (run->batch ? memory_is_short(fill) : is_due(fill))
			break;
		tell_notice(fill);
		tell_progress(fill);
		wait_for_sources(fill);
	}
	raise_cut(fill);
	(void)workers_wait(run->workers, -1);
	return false;
}

/* ---- limits ---- */

/* Batch: the next line of the grid. */
static int64_t
grid_limit(const JobRun *run, const PartitionReader *reader)
{
	const BatchRun *batch = &run->record.batch;
	int64_t start = run->record.scans[reader->scan].partitions[reader->partition].batch_start;
	int64_t limit;

	if (__builtin_mul_overflow(batch->commit_rows, batch->cuts + 1, &limit) ||
		__builtin_add_overflow(start, limit, &limit))
		return reader->end;
	return Min(limit, reader->end);
}

static void
begin_readers(JobRun *run)
{
	for (int s = 0; s < run->plan->scan_count; s++)
		for (int32_t p = 0; p < run->scans[s].reader_count; p++)
		{
			PartitionReader *reader = run->scans[s].readers[p];

			reader_begin(reader, run->batch ? grid_limit(run, reader) : reader->end);
		}
}

/* Streaming: event times further ahead than this wait for the watermark. */
static int64_t
drift_limit(const JobRun *run)
{
	int64_t limit = INT64_MAX;

	if (run->batch || run->state == NULL || run->open->settings->max_drift == 0)
		return INT64_MAX;
	for (int s = 0; s < run->plan->scan_count; s++)
	{
		int64_t most;

		if (run->plan->scans[s]->time_column < 0)
			continue;
		if (run->watermarks[s] == WATERMARK_NONE)
			return INT64_MAX;
		if (!__builtin_add_overflow(run->watermarks[s] + run->plan->scans[s]->stream->watermark_delay,
									run->open->settings->max_drift, &most))
			limit = Min(limit, most);
	}
	return limit;
}

static void
fill_init(Fill *fill, JobRun *run, Epoch *epoch)
{
	pthread_condattr_t monotonic;

	*fill = (Fill){.run = run, .epoch = epoch, .drift_limit = drift_limit(run)};
	fill->waits = !job_has_end(run) && !shards_have_work(run);
	pthread_mutex_init(&fill->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&fill->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	fill->workers = mem_alloc_zero(sizeof *fill->workers * (size_t)run->worker_count);
	for (int w = 0; w < run->worker_count; w++)
	{
		ledger_init(&fill->workers[w].live, run->plan->scan_count, run->plan->sink_count);
		for (int s = 0; s < run->plan->scan_count; s++)
			ledger_set_partitions(&fill->workers[w].live, s, run->scans[s].reader_count);
	}
}

static void
fill_free(Fill *fill)
{
	for (int w = 0; w < fill->run->worker_count; w++)
		ledger_free(&fill->workers[w].live);
	mem_free(fill->workers);
	mem_free(fill->notice);
	error_clear(&fill->err);
	pthread_mutex_destroy(&fill->lock);
	pthread_cond_destroy(&fill->wake);
}

/* Everything this run was to read is read. */
static bool
all_finished(const JobRun *run)
{
	for (int s = 0; s < run->plan->scan_count; s++)
		for (int32_t p = 0; p < run->scans[s].reader_count; p++)
			if (!run->scans[s].readers[p]->finished)
				return false;
	return true;
}

FillResult
epoch_fill(JobRun *run, Epoch *epoch, Error *err)
{
	Fill fill;
	bool complete, ending, finished;
	bool ok;

	fill_init(&fill, run, epoch);
	begin_readers(run);
	workers_start(run->workers, fill_worker, &fill);
	complete = coordinate(&fill);
	tell_notice(&fill);
	ok = workers_result(run->workers, err);
	if (ok && fill.err.message != NULL)
	{
		error_move(err, &fill.err);
		ok = false;
	}
	if (ok && run->batch && memory_is_short(&fill))
		ok = refuse_scratch(&fill, err);
	epoch->read = atomic_load(&fill.read);
	fill_free(&fill);
	if (!ok)
		return FILL_FAILED;
	/* Asked once: a signal that comes later is the next epoch's. */
	ending = is_ending(run);
	finished = all_finished(run);
	if (run->batch && ending && (!complete || (run->stop_seen != 0 && !finished)))
		return FILL_ABANDON;
	/* A drain cuts once as the stream would, so that lateness is judged as ever, and closes windows then. */
	epoch->ending = finished && (run->batch || (run->all_read && !ending));
	run->all_read = finished && run->open->until == UNTIL_DRAINED;
	epoch->draining = epoch->ending || ending || (run->open->until == UNTIL_LATEST && finished);
	return FILL_CUT;
}
