/*
 * output.h: everything that an epoch writes: sink rows, late rows, dead letters.
 *
 * The idea: bytes are rendered by the sink's encoder, cut into chunks, compressed into fragments by threads
 * of their own and handed to the epoch's pack; at the cut the fragments of all partitions are joined, in
 * partition order, into objects of at most max_file_size. Which fragment belongs where depends on the rows
 * alone, so the same rows give the same bytes with any number of threads. Rows of windows are collected, and
 * sorted and rendered at the cut, in units of a fixed number of rows, by all workers.
 *
 * Threads: outputs_append, outputs_collect, outputs_late and outputs_dead_letter may be called by several
 * workers at once, each with its own worker number; rows of one partition come from one worker.
 * outputs_finish is called by the coordinator while no worker runs.
 */
#ifndef WEIR_EXECUTOR_OUTPUT_H
#define WEIR_EXECUTOR_OUTPUT_H

#include "common/fs.h"
#include "executor/batch.h"
#include "executor/sink.h"
#include "executor/worker.h"
#include "planner/plan.h"

typedef struct Outputs Outputs;

typedef enum OutputKind
{
	OUTPUT_DATA, /* rows of a sink */
	OUTPUT_LATE, /* late rows of a sink, JSON lines */
	OUTPUT_DEAD  /* dead letters of a stream, JSON lines */
} OutputKind;

/* Where fragments go: the pack of the epoch's attempt. Thread-safe. */
typedef struct PackTarget
{
	void *context;
	/* Appends; *offset is where the bytes begin in the pack. */
	bool (*append)(void *context, const void *data, size_t len, uint64_t *offset, Error *err);
	/* Reads back what was appended in this epoch (for checksums of joined objects), while nothing is
	 * appended.
	 */
	bool (*read)(void *context, uint64_t offset, void *data, size_t len, Error *err);
} PackTarget;

typedef struct PackRange
{
	uint64_t offset;
	uint64_t len;
} PackRange;

/* One object to be published: its bytes are the ranges of the pack, in order. */
typedef struct OutputFile
{
	OutputKind kind;
	int index;       /* of the sink (DATA, LATE) or scan (DEAD) */
	const char *key; /* relative to the sink's location (DATA), or "late/<sink>/…", "dead/<stream>/…" */
	uint64_t rows;
	uint64_t bytes;
	uint8_t sha256[32];
	size_t range_count;
	PackRange *ranges;
} OutputFile;

typedef struct OutputFileList
{
	size_t count;
	OutputFile *files; /* in order of kind, index, key */
} OutputFileList;

typedef struct OutputsOpen
{
	const JobPlan *plan;
	const TypeContext *context; /* constant during an epoch */
	int worker_count;
	const char *job_name;
	const char *job_uuid8; /* first 8 hex digits of the job's uuid */
	int shard;
	const int *revisions; /* per sink; from 2 on the key begins with r<rev>/ */
	size_t memory_limit;  /* of the job, in bytes; 0 = no limit */
	const Fs *fs;         /* where chunks go that do not fit memory */
} OutputsOpen;

/* Provenance and reason of a dead letter or late row. */
typedef struct Diversion
{
	int scan;
	int sink; /* the sink for which the row failed or was late; -1 = the message is dead for all */
	int32_t partition;
	const Message *message; /* NULL for an emitted group */
	const char *field;      /* column, or NULL */
	SqlStateName state;
	const char *reason;
	/* Of an emitted group, or of the window a row was late for; window_start == INT64_MIN: none. */
	int64_t window_start;
	int64_t window_end;
	const char *group; /* JSON array of the grouping values, or NULL */
} Diversion;

extern bool outputs_open(const OutputsOpen *open, Outputs **out, Error *err) WARN_UNUSED;
/* Begins an epoch: nothing is pending, fragments go to the target until the next begin. */
extern void outputs_begin(Outputs *outputs, const PackTarget *target);
/*
 * Which rows can't be written, because the sink's format can't hold a value or a folder's name would be too
 * long: their bits are set, the return value counts them; rows whose bits are set before are not looked at.
 * Such a row is the caller's to treat as failed, with outputs_explain()'s reason, before the rest goes to
 * append or collect.
 */
extern uint32_t outputs_check(Outputs *outputs, int worker, int sink, const Batch *batch,
							  const Column *partition_columns, uint64_t *failed);
extern void outputs_explain(Outputs *outputs, int worker, int sink, const Batch *batch,
							const Column *partition_columns, uint32_t row, const char **field, Error *err);
/* A stateless sink's rows: one partition, in offset order. partition_columns: TEXT, one per
 * SinkPlan.partition_keys. */
extern bool outputs_append(Outputs *outputs, int worker, int sink, const Batch *batch,
						   const Column *partition_columns, Error *err) WARN_UNUSED;
/* A windowed sink's emitted rows (visible and hidden columns); copied. */
extern bool outputs_collect(Outputs *outputs, int worker, int sink, const Batch *batch,
							const Column *partition_columns, Error *err) WARN_UNUSED;
extern bool outputs_late(Outputs *outputs, int worker, const Diversion *d, Error *err) WARN_UNUSED;
/* Until outputs_settle(), the letters of a worker are of one partition. */
extern bool outputs_dead_letter(Outputs *outputs, int worker, const Diversion *d, Error *err) WARN_UNUSED;
/* Some consecutive messages of a partition are through: their dead letters are written, in order of offset
 * and sink. */
extern bool outputs_settle(Outputs *outputs, int worker, Error *err) WARN_UNUSED;
/* Whether compressing failed: the epoch is lost, and outputs_finish() says why. Any thread may ask. */
extern bool outputs_failed(const Outputs *outputs);
/* Bytes of a worker's render and collect buffers now, for the memory limit; asked by that worker. */
extern size_t outputs_memory(const Outputs *outputs, int worker);
/*
 * Renders what was collected, flushes, and lists the epoch's objects; the list lives in the arena. Sorting,
 * rendering and compression are done by the workers of the pool; NULL: by the caller.
 */
extern bool outputs_finish(Outputs *outputs, WorkerPool *pool, uint64_t epoch, Arena *arena,
						   OutputFileList *list, Error *err) WARN_UNUSED;
/* The epoch will not be finished: nothing is appended to its pack any more. */
extern void outputs_abandon(Outputs *outputs);
extern void outputs_close(Outputs *outputs);

#endif
