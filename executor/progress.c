/*
 * progress.c: what a running job tells its caller: figures, notices, and why no rows come.
 */
#include <stdio.h>

#include "common/memory.h"
#include "executor/job_run.h"

#define PROGRESS_EVERY (500 * 1000)        /* microseconds */
#define SILENCE (INT64_C(5) * 1000 * 1000) /* without a row before it is explained */

void
job_notice(const JobRun *run, const char *severity, const char *fmt, ...)
{
	StrBuf text = {0};
	va_list args;

	if (run->open->notice == NULL)
		return;
	va_start(args, fmt);
	str_vappendf(&text, fmt, args);
	va_end(args);
	pthread_mutex_lock(run->tell_lock);
	run->open->notice(run->open->callback_context, severity, str_cstr(&text));
	pthread_mutex_unlock(run->tell_lock);
	str_free(&text);
}

/* ---- figures ---- */

static void
add_partition(JobProgress *progress, SinkTotals *sinks, int sink_count, const PartitionCounts *counts)
{
	progress->read += counts->read;
	progress->decoded += counts->decoded;
	progress->dead += counts->dead;
	progress->tombstones += counts->tombstones;
	progress->gaps += counts->gaps;
	progress->bytes += counts->bytes;
	for (int k = 0; k < sink_count; k++)
	{
		sinks[k].used += counts->sinks[k].used;
		sinks[k].filtered += counts->sinks[k].filtered;
		sinks[k].late += counts->sinks[k].late;
		sinks[k].failed += counts->sinks[k].failed;
	}
}

static void
add_ledger(JobProgress *progress, SinkTotals *sinks, const Ledger *ledger)
{
	for (int s = 0; s < ledger->scan_count; s++)
		for (int32_t p = 0; p < ledger->scans[s].partition_count; p++)
			add_partition(progress, sinks, ledger->sink_count, &ledger->scans[s].partitions[p]);
}

/* Messages to the known ends: what the run was given to read, less what it has read; -1 when there are no
 * ends. */
static int64_t
known_lag(const JobRun *run, const Ledger *live)
{
	int64_t lag = 0;

	for (int s = 0; s < run->plan->scan_count; s++)
		for (int32_t p = 0; p < run->scans[s].reader_count; p++)
		{
			const ManifestPartition *record = &run->record.scans[s].partitions[p];
			int64_t next = record->totals.next_offset;

			if (!run->batch || record->batch_end == INT64_MAX)
				return -1;
			if (live != NULL && p < live->scans[s].partition_count)
				next = Max(next, live->scans[s].partitions[p].next_offset);
			lag += Max(record->batch_end - next, 0);
		}
	return lag;
}

static void
set_watermark(const JobRun *run, JobProgress *progress)
{
	progress->watermark = INT64_MIN;
	progress->watermark_scan = progress->watermark_partition = -1;
	for (int s = 0; s < run->plan->scan_count; s++)
	{
		if (run->scans[s].plan->time_column < 0)
			continue;
		if (progress->watermark_scan >= 0 && run->watermarks[s] >= progress->watermark)
			continue;
		progress->watermark = run->watermarks[s];
		progress->watermark_scan = s;
		progress->watermark_partition = run->scans[s].holder;
	}
}

static void
set_sinks(const JobRun *run, SinkTotals *sinks, bool with_state)
{
	for (int k = 0; k < run->plan->sink_count; k++)
	{
		size_t bytes;

		sinks[k].name = run->plan->sinks[k]->name;
		sinks[k].location = run->plan->sinks[k]->location;
		sinks[k].rows = run->written[k].rows;
		sinks[k].files = run->written[k].files;
		sinks[k].bytes = run->written[k].bytes;
		sinks[k].windows_closed = run->written[k].windows_closed;
		/* The state belongs to the workers while they reduce; progress is told between phases only. */
		if (with_state && run->plan->sinks[k]->aggregate != NULL)
			job_state_totals(run->job_state, k, &sinks[k].groups, &sinks[k].open_windows, &bytes);
	}
}

void
job_progress(JobRun *run, const char *phase, const Ledger *live, bool force)
{
	int64_t now = clock_monotonic(run->open->clock);
	JobProgress progress = {.phase = phase,
							.epoch = run->epoch_count,
							.lag = -1,
							.retention_left = RETENTION_NONE,
							.sink_count = run->plan->sink_count};
	SinkTotals *sinks;

	if (run->open->progress == NULL || (!force && now < run->progress_at))
		return;
	run->progress_at = now + PROGRESS_EVERY;
	sinks = mem_alloc_zero(sizeof *sinks * (size_t)Max(run->plan->sink_count, 1));
	if (run->totals.scans != NULL)
		add_ledger(&progress, sinks, &run->totals);
	if (live != NULL)
		add_ledger(&progress, sinks, live);
	if (run->record.scan_count == run->plan->scan_count)
		progress.lag = known_lag(run, live);
	set_watermark(run, &progress);
	set_sinks(run, sinks, run->job_state != NULL);
	job_loads_progress(run, &progress, sinks);
	progress.elapsed = now - run->started;
	progress.sinks = sinks;
	retention_progress(run, &progress);
	pthread_mutex_lock(run->tell_lock);
	run->open->progress(run->open->callback_context, &progress);
	pthread_mutex_unlock(run->tell_lock);
	mem_free((void *)(uintptr_t)progress.partitions);
	mem_free(sinks);
}

/* ---- silence ---- */

typedef struct Silence
{
	JobProgress progress;
	SinkTotals sinks; /* of all sinks together */
	uint64_t groups;
	uint64_t rows;
} Silence;

static void
sum_up(JobRun *run, const Ledger *live, Silence *out)
{
	SinkTotals *sinks = mem_alloc_zero(sizeof *sinks * (size_t)Max(run->plan->sink_count, 1));

	*out = (Silence){.rows = 0};
	add_ledger(&out->progress, sinks, &run->totals);
	add_ledger(&out->progress, sinks, live);
	set_sinks(run, sinks, true);
	set_watermark(run, &out->progress);
	for (int k = 0; k < run->plan->sink_count; k++)
	{
		out->sinks.used += sinks[k].used;
		out->sinks.filtered += sinks[k].filtered;
		out->sinks.late += sinks[k].late;
		out->sinks.failed += sinks[k].failed;
		out->groups += sinks[k].groups;
		out->rows += sinks[k].rows;
	}
	mem_free(sinks);
}

static const char *
reason_for_silence(const Silence *silence)
{
	const JobProgress *progress = &silence->progress;

	if (progress->read == 0)
		return "nothing was read yet";
	if (progress->decoded == 0)
		return "all messages are dead letters: the format or a column of the stream does not fit them";
	if (silence->sinks.used == 0 && silence->sinks.late > 0)
		return "all rows are late: their windows were closed before";
	if (silence->sinks.used == 0)
		return "all rows were filtered out by WHERE or have no match in a joined table";
	return "all windows with rows are still open";
}

void
job_explain_silence(JobRun *run, const Ledger *live)
{
	int64_t now = clock_monotonic(run->open->clock);
	int64_t patience = run->state ? Max(SILENCE, 2 * run->open->settings->commit_interval) : SILENCE;
	Silence silence;
	const char *reason;

	if (run->open->notice == NULL || run->batch || now - run->silent_since < patience ||
		atomic_load(&run->received) > 0)
		return;
	sum_up(run, live, &silence);
	run->silent_since = now;
	if (silence.rows > 0)
		return;
	reason = reason_for_silence(&silence);
	if (run->last_reason == reason)
		return;
	run->last_reason = reason;
	if (silence.sinks.used > 0 && silence.progress.watermark_partition >= 0)
		job_notice(run, "NOTICE", "no rows yet: %s; the watermark is held by partition %d of stream \"%s\"%s",
				   reason, (int)silence.progress.watermark_partition,
				   run->scans[silence.progress.watermark_scan].plan->stream->name,
				   silence.progress.watermark == WATERMARK_NONE ? ", which has brought no event time" : "");
	else
		job_notice(run, "NOTICE", "no rows yet: %s", reason);
}
