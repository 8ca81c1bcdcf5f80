/*
 * sources.c: opens the sources of a job and decides where each partition is read from, and to.
 *
 * The idea: offsets come from the record alone, never from a consumer group. What the topic holds now is
 * compared with what the record says was read: data that is gone is a gap, a topic that is shorter or has
 * fewer partitions was recreated; both stop the job unless the user accepts the gap, which is then recorded.
 * A batch run takes its end offsets here, once.
 */
#include "common/memory.h"
#include "executor/memory_share.h"
#include "executor/shards.h"

#define COUNT_PARTITIONS_EVERY (INT64_C(10) * 1000 * 1000)

bool
sources_open(JobRun *run, Error *err)
{
	const JobOpen *open = run->open;
	int count = run->plan->scan_count;

	for (int s = 0; s < count; s++)
	{
		ScanRun *scan = &run->scans[s];
		SourceOpen source = {.stream = scan->plan->stream,
							 .clock = open->clock,
							 .queue_bytes = (size_t)(open->settings->memory_limit / SHARE_FETCH / count),
							 .fixture = open->fixtures ? open->fixtures[s] : NULL,
							 .stop = open->stop};

		if (!scan->class->open(&source, &scan->source, err))
		{
			scan->source = NULL;
			return error_context(err, "stream \"%s\"", scan->plan->stream->name);
		}
	}
	return true;
}

void
sources_close(JobRun *run)
{
	for (int s = 0; s < run->plan->scan_count; s++)
	{
		ScanRun *scan = &run->scans[s];

		for (int32_t p = 0; p < scan->reader_count; p++)
		{
			reader_close(scan->readers[p]);
			mem_free(scan->readers[p]);
		}
		mem_free(scan->readers);
		if (scan->source != NULL)
			scan->class->close(scan->source);
	}
}

void
sources_hint(JobRun *run, const ReadOffsets *offsets)
{
	FailurePoints *points = run->chain.failure_points;

	for (int s = 0; s < run->plan->scan_count; s++)
	{
		ScanRun *scan = &run->scans[s];

		/* A hint that can't be given is no failure, so an injected one is none either. */
		if (scan->class->commit_hint == NULL || failure_before(points, FAIL_commit_hint) < 0)
			continue;
		scan->class->commit_hint(scan->source, offsets[s].next, offsets[s].count);
		(void)failure_after(points, FAIL_commit_hint);
	}
}

/* ---- gaps ---- */

static void
record_gap(JobRun *run, int scan, int32_t partition, int64_t from, int64_t to)
{
	Manifest *record = &run->record;
	AcceptedGap *gaps = ARENA_ARRAY(&run->arena, AcceptedGap, record->gap_count + 1);

	if (record->gap_count > 0)
		memcpy(gaps, record->gaps, sizeof *gaps * (size_t)record->gap_count);
	gaps[record->gap_count++] = (AcceptedGap){record->scans[scan].stream, partition, from, to};
	record->gaps = gaps;
}

static bool
refuse_gap(const JobRun *run, int scan, int32_t partition, int64_t from, int64_t to, Error *err)
{
	error_set(err, SQLSTATE_DATA_GAP, NO_POSITION,
			  "partition %d of stream \"%s\" lacks the offsets [%" PRId64 ", %" PRId64 ")", (int)partition,
			  run->record.scans[scan].stream, from, to);
	error_detail(err, "The source has deleted them before this job read them.");
	return error_hint(err, "Start with --accept-gap to go on at offset %" PRId64 " without them.", to);
}

static bool
refuse_recreated(const JobRun *run, int scan, int32_t partition, int64_t next, int64_t end, Error *err)
{
	error_set(err, SQLSTATE_DATA_GAP, NO_POSITION,
			  "partition %d of stream \"%s\" ends at offset %" PRId64 ", before offset %" PRId64
			  " up to which it was read",
			  (int)partition, run->record.scans[scan].stream, end, next);
	error_detail(err, "The topic was recreated or truncated, or a file replaced.");
	return error_hint(err, "Start with --accept-gap to read what is there from its start.");
}

/* Compares a known partition with the source; moves its position where the user accepts it. */
static bool
check_known(JobRun *run, int scan, int32_t partition, int64_t low, int64_t end, bool *changed, Error *err)
{
	ManifestPartition *known = &run->record.scans[scan].partitions[partition];
	int64_t next = known->totals.next_offset;

	if (low <= next && (end >= next || run->scans[scan].class->makes_up))
		return true;
	if (!run->open->accept_gap)
		return end < next ? refuse_recreated(run, scan, partition, next, end, err)
						  : refuse_gap(run, scan, partition, next, low, err);
	job_notice(run, "WARNING",
			   "partition %d of stream \"%s\": going on at offset %" PRId64 " instead of %" PRId64,
			   (int)partition, run->record.scans[scan].stream, low, next);
	record_gap(run, scan, partition, next, low);
	known->totals.next_offset = low;
	known->last = (LastRecord){.offset = -1};
	if (run->batch && !run->record.batch.done)
	{
		known->batch_start += low - next;
		if (end < next)
			known->batch_end = end; /* that of another topic */
	}
	*changed = true;
	return true;
}

/* ---- partitions ---- */

/* Room for count partitions in the record of a scan; new ones are at offset 0 with nothing known. */
static void
grow_record(JobRun *run, int scan, int32_t count)
{
	ManifestScan *record = &run->record.scans[scan];
	ManifestPartition *partitions = ARENA_ARRAY_ZERO(&run->arena, ManifestPartition, Max(count, 1));

	if (record->partition_count > 0)
		memcpy(partitions, record->partitions, sizeof *partitions * (size_t)record->partition_count);
	for (int32_t p = record->partition_count; p < count; p++)
	{
		partitions[p] =
			(ManifestPartition){.last = {.offset = -1}, .max_time = INT64_MIN, .batch_end = INT64_MAX};
		partitions[p].totals.max_time = INT64_MIN;
		partitions[p].totals.sinks = ARENA_ARRAY_ZERO(&run->arena, SinkCounts, Max(run->plan->sink_count, 1));
	}
	record->partitions = partitions;
	record->partition_count = count;
}

/* Makes the reader of a partition at its place. */
static PartitionReader *
add_reader(JobRun *run, int scan, int32_t partition)
{
	ScanRun *scan_run = &run->scans[scan];
	const ManifestPartition *record = &run->record.scans[scan].partitions[partition];
	PartitionReader *reader = mem_alloc_zero(sizeof *reader);
	PartitionCounts *counts;

	*reader = (PartitionReader){.scan = scan,
								.partition = partition,
								.stream = scan_run->plan->stream->name,
								.source = scan_run->source,
								.class = scan_run->class,
								.clock = run->open->clock,
								.position = record->totals.next_offset,
								.end = NO_OFFSET,
								.max_time = record->max_time};
	scan_run->readers = mem_realloc(scan_run->readers, sizeof *scan_run->readers * (size_t)(partition + 1));
	scan_run->readers[partition] = reader;
	scan_run->reader_count = partition + 1;
	ledger_set_partitions(&run->ledger, scan, partition + 1);
	ledger_set_partitions(&run->totals, scan, partition + 1);
	counts = &run->ledger.scans[scan].partitions[partition];
	counts->start_offset = counts->next_offset = reader->position;
	return reader;
}

/* Makes the reader of a partition and assigns it. */
static bool
open_reader(JobRun *run, int scan, int32_t partition, int64_t low, int64_t end, Error *err)
{
	const ManifestPartition *record = &run->record.scans[scan].partitions[partition];
	PartitionReader *reader = add_reader(run, scan, partition);

	reader->ends = job_has_end(run);
	if (reader->ends)
		reader->end = run->batch ? record->batch_end : end;
	reader->finished = reader->ends && reader->position >= reader->end;
	return reader_open(reader, &record->last, low, err);
}

/* A partition of another shard: nothing is known of it here, and nothing read. */
static void
pass_over(JobRun *run, int scan, int32_t partition)
{
	PartitionReader *reader;

	run->record.scans[scan].partitions[partition].batch_end = 0;
	reader = add_reader(run, scan, partition);
	reader->foreign = reader->ends = reader->finished = true;
	reader->end = 0;
	reader->end_since = -1;
	reader->last = reader->expected = (LastRecord){.offset = -1};
}

/* A partition that the record does not know: the stream's start, or offset 0 when it was added later. */
static bool
begin_partition(JobRun *run, int scan, int32_t partition, bool added, int64_t low, bool *changed, Error *err)
{
	ScanRun *scan_run = &run->scans[scan];
	ManifestPartition *record = &run->record.scans[scan].partitions[partition];
	int64_t offset = 0;

	*changed = true;
	if (!added && !scan_run->class->start_offset(scan_run->source, partition, &offset, err))
		return false;
	record->totals.next_offset = offset;
	if (added && low > 0)
		return check_known(run, scan, partition, low, INT64_MAX, changed, err);
	return true;
}

static bool
new_batch_run(const JobRun *run)
{
	return run->batch && (run->record.batch.number == 0 || run->record.batch.done);
}

/* Un-windowed results of an earlier run are final. */
static bool
check_final(const JobRun *run, int scan, int32_t partition, int64_t end, Error *err)
{
	const JobPlan *plan = run->plan;
	const BatchRun *batch = &run->record.batch;

	if (batch->number == 0 || !batch->done ||
		end <= run->record.scans[scan].partitions[partition].totals.next_offset)
		return true;
	for (int k = 0; k < plan->sink_count; k++)
	{
		const PlanNode *aggregate = plan->sinks[k]->aggregate;

		if (aggregate == NULL || aggregate->aggregate.window != NULL ||
			!run->reads[k * plan->scan_count + scan])
			continue;
		error_set(err, SQLSTATE_INCOMPATIBLE_STATE, NO_POSITION,
				  "the result of sink \"%s\" is final, but stream \"%s\" has new rows", plan->sinks[k]->name,
				  run->record.scans[scan].stream);
		error_detail(err, "An aggregate without window was written at the end of an earlier batch run.");
		return error_hint(err, "Give the job another job_name or state_location to compute it anew.");
	}
	return true;
}

static bool
assign_partition(JobRun *run, int scan, int32_t partition, bool known, bool added, bool *changed, Error *err)
{
	ScanRun *scan_run = &run->scans[scan];
	ManifestPartition *record = &run->record.scans[scan].partitions[partition];
	int64_t low, end;

	if (!shards_own(run, partition))
	{
		pass_over(run, scan, partition);
		return true;
	}
	if (!scan_run->class->bounds(scan_run->source, partition, &low, &end, err))
		return false;
	if (known ? !check_known(run, scan, partition, low, end, changed, err)
			  : !begin_partition(run, scan, partition, added, low, changed, err))
		return false;
	if (known && !check_final(run, scan, partition, end, err))
		return false;
	if (new_batch_run(run))
	{
		record->batch_start = record->totals.next_offset;
		record->batch_end = end;
	}
	return open_reader(run, scan, partition, low, end, err);
}

static bool
assign_scan(JobRun *run, int scan, bool *changed, Error *err)
{
	ScanRun *scan_run = &run->scans[scan];
	int32_t known = run->record.scans[scan].partition_count;
	int32_t count;

	if (!scan_run->class->partition_count(scan_run->source, &count, err))
		return false;
	if (count < known)
	{
		error_set(err, SQLSTATE_DATA_GAP, NO_POSITION,
				  "stream \"%s\" has %d partitions, but the state knows %d", run->record.scans[scan].stream,
				  (int)count, (int)known);
		error_detail(err, "The topic was recreated, or files are gone.");
		return error_hint(
			err, "Give the job another job_name or state_location to read the new topic from its start.");
	}
	if (!shards_check_partitions(run, scan, known, count, err))
		return false;
	if (run->batch && !new_batch_run(run))
		count = known; /* an unfinished run reads what it began with */
	grow_record(run, scan, count);
	for (int32_t p = 0; p < count; p++)
		if (!assign_partition(run, scan, p, p<known, known> 0, changed, err))
			return false;
	return true;
}

bool
sources_assign(JobRun *run, bool *changed, Error *err)
{
	bool fresh = new_batch_run(run);

	for (int s = 0; s < run->plan->scan_count; s++)
	{
		if (!assign_scan(run, s, changed, err))
			return error_context(err, "stream \"%s\"", run->plan->scans[s]->stream->name);
		run->scans[s].counted_at = clock_monotonic(run->open->clock);
	}
	shards_tell_empty(run);
	if (!run->batch && run->record.batch.number > 0 && !run->record.batch.done)
	{
		/* A stream reads past the ends of the unfinished run, so there is nothing left to finish. */
		run->record.batch.done = true;
		*changed = true;
	}
	if (fresh)
	{
		run->record.batch = (BatchRun){.number = run->record.batch.number + 1,
									   .commit_rows = run->open->settings->commit_rows};
		*changed = true;
	}
	return true;
}

static bool
grow_scan(JobRun *run, int scan, Error *err)
{
	ScanRun *scan_run = &run->scans[scan];
	int32_t known = scan_run->reader_count;
	int32_t count;
	bool changed;

	if (!scan_run->class->partition_count(scan_run->source, &count, err))
	{
		/* Counted again at a later cut. */
		if (!err->retriable)
			return false;
		error_clear(err);
		return true;
	}
	if (!shards_check_partitions(run, scan, known, count, err))
		return false;
	if (count <= known)
		return true;
	job_notice(run, "NOTICE", "stream \"%s\" has %d partitions now, %d before", scan_run->plan->stream->name,
			   (int)count, (int)known);
	grow_record(run, scan, count);
	for (int32_t p = known; p < count; p++)
		if (!assign_partition(run, scan, p, false, true, &changed, err))
			return false;
	return true;
}

bool
sources_grow(JobRun *run, Error *err)
{
	int64_t now = clock_monotonic(run->open->clock);

	if (job_has_end(run))
		return true;
	for (int s = 0; s < run->plan->scan_count; s++)
	{
		if (now - run->scans[s].counted_at < COUNT_PARTITIONS_EVERY)
			continue;
		run->scans[s].counted_at = now;
		if (!grow_scan(run, s, err))
			return false;
	}
	return true;
}
