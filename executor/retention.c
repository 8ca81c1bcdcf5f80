/*
 * retention.c: how long the sources keep what a job has not committed yet.
 *
 * The idea: a job goes on trying, whatever store or broker is away, as long as it could still read again what
 * is not committed. The first such message of each partition, its timestamp, and how long the source keeps
 * messages say until when that is. It is told with the progress, when a store has trouble, and as a warning
 * once less than a quarter of the time is left.
 *
 * It errs on the safe side: a source deletes a message at the earliest when its time is over. What was not
 * read yet comes after what was, so a partition where nothing is read and uncommitted is in no danger that is
 * known.
 */
#include "common/memory.h"
#include "common/units.h"
#include "executor/job_run.h"

enum
{
	SHORT_SHARE = 4 /* less than one part in so many of the time is short */
};

#define MICROS INT64_C(1000000)

/* Microseconds that the source keeps what a partition has not committed; RETENTION_NONE: nothing is in
 * danger. */
static int64_t
time_left(const ScanRun *scan, const PartitionReader *reader, int64_t now)
{
	int64_t oldest = atomic_load_explicit(&reader->oldest, memory_order_relaxed);
	int64_t end;

	if (reader->foreign || scan->retention <= 0 || oldest == RETENTION_NONE ||
		__builtin_add_overflow(oldest, scan->retention, &end))
		return RETENTION_NONE;
	return end - now;
}

/* In words that a person takes in: "26h", "12min", "40s". */
static void
append_time(int64_t micros, StrBuf *out)
{
	int64_t unit = micros >= 7200 * MICROS ? 3600 * MICROS : micros >= 120 * MICROS ? 60 * MICROS : MICROS;

	units_print_duration(micros / unit * unit, out);
}

/* Once it is short, and whenever half of that is over. */
static void
warn(JobRun *run, const ScanRun *scan, int32_t partition, int64_t left)
{
	StrBuf text = {0};

	if (left > scan->retention / 2)
		run->retention_told = RETENTION_NONE;
	if (left >= scan->retention / SHORT_SHARE || run->retention_told <= 0 || left >= run->retention_told / 2)
		return;
	run->retention_told = Max(left, 0);
	str_appendf(&text, "partition %d of stream \"%s\": ", (int)partition, scan->plan->stream->name);
	if (left < MICROS)
		str_appendf(&text, "the source may already delete what is not committed yet");
	else
	{
		str_append_cstr(&text, "the source keeps what is not committed yet only ");
		append_time(left, &text);
		str_append_cstr(&text, " longer");
	}
	job_notice(run, "WARNING", "%s", str_cstr(&text));
	str_free(&text);
}

void
retention_look(JobRun *run)
{
	int64_t now = clock_now(run->open->clock);
	RetentionLimit least = {.end = RETENTION_NONE};
	int64_t left = RETENTION_NONE;

	for (int s = 0; s < run->plan->scan_count; s++)
	{
		ScanRun *scan = &run->scans[s];

		if (scan->class->retention == NULL || scan->source == NULL)
			continue;
		scan->retention = scan->class->retention(scan->source);
		for (int32_t p = 0; p < scan->reader_count; p++)
		{
			int64_t of_partition = time_left(scan, scan->readers[p], now);

			if (of_partition >= left)
				continue;
			left = of_partition;
			least = (RetentionLimit){now + left, s, p};
		}
	}
	pthread_mutex_lock(&run->receiver_lock);
	run->retention = least;
	pthread_mutex_unlock(&run->receiver_lock);
	if (left != RETENTION_NONE)
		warn(run, &run->scans[least.scan], least.partition, left);
}

void
retention_notice(void *context, const char *severity, const char *text)
{
	JobRun *run = context;
	StrBuf line = {0};
	RetentionLimit limit;
	int64_t left;

	pthread_mutex_lock(&run->receiver_lock);
	limit = run->retention;
	pthread_mutex_unlock(&run->receiver_lock);
	str_append_cstr(&line, text);
	if (limit.end != RETENTION_NONE)
	{
		left = Max(limit.end - clock_now(run->open->clock), 0);
		str_append_cstr(&line, "; the source keeps what is not committed yet for ");
		append_time(left, &line);
		str_appendf(&line, " (partition %d of stream \"%s\")", (int)limit.partition,
					run->scans[limit.scan].plan->stream->name);
	}
	job_notice(run, severity, "%s", str_cstr(&line));
	str_free(&line);
}

void
retention_progress(const JobRun *run, JobProgress *progress)
{
	int64_t now = clock_now(run->open->clock);
	PartitionProgress *next;
	int count = 0;

	for (int s = 0; s < run->plan->scan_count; s++)
		count += run->scans[s].reader_count;
	progress->partitions = next = mem_alloc(sizeof *next * (size_t)Max(count, 1));
	progress->partition_count = count;
	for (int s = 0; s < run->plan->scan_count; s++)
		for (int32_t p = 0; p < run->scans[s].reader_count; p++)
		{
			const ScanRun *scan = &run->scans[s];
			int64_t left = time_left(scan, scan->readers[p], now);

			*next++ = (PartitionProgress){scan->plan->stream->name, p,
										  left == RETENTION_NONE ? left : floor_div(left, MICROS)};
			if (left >= progress->retention_left)
				continue;
			progress->retention_left = left;
			progress->retention_short = left < scan->retention / SHORT_SHARE;
		}
}
