/*
 * cut.c: CUT: what an epoch has read becomes numbers: offsets, watermarks, idleness; and whether it may
 * commit.
 *
 * Runs on the coordinator while no worker does. It changes the record in memory; a failure ends the job
 * before anything of it is written.
 */
#include "common/memory.h"
#include "executor/job_run.h"

enum
{
	RATIO_SAMPLE = 1000 /* messages that max_error_ratio is judged by, unless the input ends before */
};

/* ---- watermarks ---- */

/* Whether the server says now that nothing is unread. One that is away is asked once in a cut: that may take
 * long. */
static bool
is_caught_up(const PartitionReader *reader, bool *reachable)
{
	int64_t low, end;
	Error err = {0};

	if (!reader->class->remote)
		return true;
	if (*reachable)
		*reachable = reader->class->bounds(reader->source, reader->partition, &low, &end, &err);
	error_clear(&err);
	return *reachable && end <= reader->position;
}

static bool
leaves_minimum(const JobRun *run, const PartitionReader *reader, int64_t now, bool *reachable)
{
	if (run->batch || reader->foreign)
		return reader->finished;
	return reader->at_end && !reader->holding &&
		   watermark_is_idle(reader->end_since, now, run->open->settings->idle_timeout) &&
		   (run->state == NULL || is_caught_up(reader, reachable));
}

static void
move_watermark(JobRun *run, Epoch *epoch, int scan)
{
	ScanRun *scan_run = &run->scans[scan];
	ManifestScan *record = &run->record.scans[scan];
	int64_t delay = scan_run->plan->stream->watermark_delay;
	PartitionTime *times = ARENA_ARRAY_ZERO(&epoch->arena, PartitionTime, Max(scan_run->reader_count, 1));
	int64_t now = clock_monotonic(run->open->clock);
	int64_t advance = WATERMARK_NONE;
	WatermarkResult moved;
	bool reachable = true;

	if (scan_run->plan->time_column < 0)
		return;
	if (run->open->settings->idle_advance && !run->batch)
		advance = watermark_less_delay(run->clock, delay);
	for (int32_t p = 0; p < scan_run->reader_count; p++)
	{
		PartitionReader *reader = scan_run->readers[p];

		times[p] = (PartitionTime){reader->max_time, leaves_minimum(run, reader, now, &reachable)};
		record->partitions[p].idle = times[p].idle;
	}
	moved = watermark_at_cut(run->watermarks[scan], delay, times, scan_run->reader_count, advance);
	if (epoch->ending)
		moved = (WatermarkResult){
			watermark_at_end(run->watermarks[scan], delay, times, scan_run->reader_count), -1};
	epoch->moved = epoch->moved || moved.watermark != run->watermarks[scan];
	scan_run->holder = moved.holder;
	record->watermark = moved.watermark;
}

/* An operator over several streams goes by the least of their watermarks. */
static void
set_sink_watermarks(JobRun *run, Epoch *epoch)
{
	int scans = run->plan->scan_count;

	epoch->sink_watermarks = ARENA_ARRAY(&epoch->arena, int64_t, Max(run->plan->sink_count, 1));
	for (int k = 0; k < run->plan->sink_count; k++)
	{
		int64_t least = INT64_MAX;

		for (int s = 0; s < scans; s++)
			if (run->reads[k * scans + s])
				least = Min(least, run->record.scans[s].watermark);
		epoch->sink_watermarks[k] = least == INT64_MAX ? WATERMARK_NONE : least;
	}
}

/* ---- offsets ---- */

static void
record_offsets(JobRun *run, int scan)
{
	run->record.scans[scan].retention = run->scans[scan].retention;
	for (int32_t p = 0; p < run->scans[scan].reader_count; p++)
	{
		const PartitionReader *reader = run->scans[scan].readers[p];
		ManifestPartition *record = &run->record.scans[scan].partitions[p];

		partition_counts_add(&record->totals, &run->ledger.scans[scan].partitions[p], run->plan->sink_count);
		record->last = reader->last;
		record->max_time = record->totals.max_time = reader->max_time;
		if (run->batch && reader->end != NO_OFFSET)
			record->batch_end = reader->end; /* a source whose end was not known has said where it is */
	}
}

/* ---- error ratio ---- */

static bool
judge_errors(JobRun *run, const Epoch *epoch, int scan, Error *err)
{
	ScanRun *scan_run = &run->scans[scan];
	uint64_t read, dead;

	if (scan_run->error_ratio < 0)
		return true;
	for (int32_t p = 0; p < scan_run->reader_count; p++)
	{
		const PartitionCounts *counts = &run->ledger.scans[scan].partitions[p];

		scan_run->judged_read += counts->read - counts->tombstones;
		scan_run->judged_dead += counts->dead;
	}
	read = scan_run->judged_read;
	dead = scan_run->judged_dead;
	if (read < RATIO_SAMPLE && !epoch->draining)
		return true;
	scan_run->judged_read = scan_run->judged_dead = 0;
	if (read == 0 || (double)dead <= scan_run->error_ratio * (double)read)
		return true;
	error_set(err, SQLSTATE_ERROR_RATIO_EXCEEDED, NO_POSITION,
			  "%" PRIu64 " of %" PRIu64 " messages of stream \"%s\" can't be decoded", dead, read,
			  scan_run->plan->stream->name);
	error_detail(err, "The stream's max_error_ratio is %g; nothing of this epoch was committed.",
				 scan_run->error_ratio);
	return error_hint(err, "Correct the stream's definition or raise max_error_ratio, then start again.");
}

bool
epoch_cut(JobRun *run, Epoch *epoch, Error *err)
{
	if (!ledger_check(&run->ledger, run->reads, err))
		return false;
	for (int s = 0; s < run->plan->scan_count; s++)
		if (!judge_errors(run, epoch, s, err))
			return false;
	run->clock = clock_now(run->open->clock);
	retention_look(run);
	for (int s = 0; s < run->plan->scan_count; s++)
	{
		move_watermark(run, epoch, s);
		record_offsets(run, s);
	}
	set_sink_watermarks(run, epoch);
	return true;
}
