/*
 * job.h: running a job: epochs from start or recovery to the end of input, a signal, or a failure.
 *
 * The idea: the caller (repl/) hands over an immutable plan, the settings, and the seams: clock, randomness
 * and object stores; job_run() opens the state, recovers, and runs FILL, CUT, REDUCE, SEAL, COMMIT, PUBLISH
 * until it is done. It prints nothing: progress and notices go through callbacks.
 */
#ifndef WEIR_EXECUTOR_JOB_H
#define WEIR_EXECUTOR_JOB_H

#include <stdatomic.h>

#include "common/clock.h"
#include "common/random.h"
#include "executor/loads.h"
#include "executor/pipeline.h"
#include "executor/store.h"

typedef enum JobUntil
{
	UNTIL_STOPPED, /* runs until stop */
	UNTIL_END,     /* --batch: to the end offsets recorded at creation, closes all windows */
	UNTIL_LATEST,  /* RUN UNTIL LATEST: to the end offsets seen at start; open windows stay in state */
	UNTIL_DRAINED, /* weir drain: the same as a stream, then one epoch that closes all windows */
	UNTIL_DEADLINE /* RUN FOR / UNTIL timestamp: deadline, on the clock */
} JobUntil;

typedef struct SinkTotals
{
	const char *name;
	uint64_t used, filtered, late, failed; /* input rows, all partitions */
	uint64_t rows, files, bytes;           /* written, compressed bytes */
	uint64_t windows_closed, open_windows, groups;
	LoadCounts loads; /* objects with its rows and its late rows, into tables */
	const char *location;
} SinkTotals;

typedef struct PartitionProgress
{
	const char *stream;
	int32_t partition;
	/* Until the source may delete the first message that was read but is not committed, less than 0 when it
	 * may; INT64_MAX: nothing is in danger, or nobody knows. */
	int64_t seconds_until_retention_loss;
} PartitionProgress;

typedef struct JobProgress
{
	const char *phase; /* "STANDBY", "RECOVER", "FILL", "COMMIT", "DRAIN", "LOAD", "DONE" */
	uint64_t epoch;
	uint64_t read, decoded, dead, tombstones, gaps;
	uint64_t bytes;
	int64_t watermark;           /* least over the scans; INT64_MIN = none */
	int32_t watermark_partition; /* that holds it, of scan watermark_scan */
	int watermark_scan;
	int64_t lag;            /* messages to the known ends; -1 = unknown */
	int64_t elapsed;        /* microseconds */
	int64_t retention_left; /* microseconds: least of the partitions; INT64_MAX = none */
	bool retention_short;   /* that is less than a quarter of what the source keeps */
	LoadCounts loads;       /* of all sinks, and of dead letters */
	int partition_count;
	const PartitionProgress *partitions;
	int sink_count;
	const SinkTotals *sinks;
} JobProgress;

typedef struct JobOpen
{
	const JobPlan *plan;
	const Settings *settings;
	TypeContext *context;
	const Clock *clock;
	Random *random; /* fit for several threads at once */
	const char *job_name;
	const char *state_location; /* NULL: keep no state (console query) */
	const StoreSet *stores;     /* how locations are opened */
	JobUntil until;
	int64_t deadline;
	int shard, shards;           /* --shard: this process is one of several; shards 0 and 1: the only one */
	bool standby;                /* --standby: waits until no other writer is alive */
	bool accept_gap;             /* --accept-gap */
	const char *const *fixtures; /* per scan: --input file or NULL */
	Loader *loader;              /* loads what is published; borrowed; NULL: nobody does */
	RowReceiver *receiver;       /* console query */
	const atomic_bool *stop;     /* set by signal handlers: drain */
	void (*progress)(void *context,
					 const JobProgress *progress); /* about twice a second, and at the end; may be NULL */
	void (*notice)(void *context, const char *severity,
				   const char *text); /* warnings and notices; may be NULL */
	void *callback_context;
} JobOpen;

/*
 * Runs to the end. True: done or drained. False: err says why; the SQLSTATE decides the exit code
 * (FENCED and OBJECT_IN_USE 6, DATA_GAP 7, INCOMPATIBLE_STATE 8, STOPPED_EARLY 5, CONNECTION_* 2, else 4).
 */
extern bool job_run(const JobOpen *open, Error *err) WARN_UNUSED;

/* Discards one sink from the state of a job that is not running: weir reset. */
typedef struct JobReset
{
	const char *job_name;
	const char *state_location;
	const char *sink;
	const StoreSet *stores;
	const Clock *clock;
	Random *random;
	int shard, shards; /* as in JobOpen */
	bool force;        /* also when nothing can tell whether the job runs */
} JobReset;

/* False: UNDEFINED_OBJECT when there is no such job or sink, OBJECT_IN_USE when it runs or may run, … */
extern bool job_reset_sink(const JobReset *reset, Error *err) WARN_UNUSED;

#endif
