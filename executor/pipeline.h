/*
 * pipeline.h: one worker's chains: from messages to terminals; and the state of a job's aggregates.
 *
 * The idea: a Pipeline is a worker's private instance of every chain of the plan: decode, filter, join,
 * project and then a terminal: a sink (outputs_append) or an aggregate, which absorbs rows into the worker's
 * scratch. At the cut the scratches are split into 256 buckets by group hash; job_state_reduce() folds one
 * bucket of all scratches into the state and emits the groups of closed windows through the emitting worker's
 * stage-1 chain (HAVING, project) into outputs_collect. No locks: FILL touches only the worker's own memory,
 * REDUCE only one bucket, and the barrier between them is the epoch loop's.
 */
#ifndef WEIR_EXECUTOR_PIPELINE_H
#define WEIR_EXECUTOR_PIPELINE_H

#include <stdatomic.h>

#include "common/clock.h"
#include "common/fs.h"
#include "common/settings.h"
#include "executor/format.h"
#include "executor/ledger.h"
#include "executor/output.h"
#include "planner/plan.h"

typedef struct Pipeline Pipeline;
typedef struct JobState JobState;
typedef struct TableData TableData;

enum
{
	STATE_BUCKETS = 256
};

/* Takes result rows of a console SELECT; false stops the query (LIMIT reached, user cancelled). */
typedef struct RowReceiver
{
	void *context;
	bool (*receive)(void *context, const Batch *batch);
} RowReceiver;

/* What an epoch is judged by; recorded in manifests, so that replay judges alike. */
typedef struct EpochStart
{
	bool batch;
	int64_t now;   /* TIMESTAMPTZ: what now() returns during the epoch */
	int64_t clock; /* streaming: the clock recorded in the previous manifest; max_future is added to it */
	const int64_t *watermarks;  /* per scan: W of the previous manifest; INT64_MIN = none yet */
	const int64_t *closed_ends; /* per sink: greatest window_end closed so far; INT64_MIN = none */
} EpochStart;

typedef struct PipelineOpen
{
	const JobPlan *plan;
	const Settings *settings;
	TypeContext *context; /* owned by the job; pipeline_begin does not change it */
	int worker;
	Outputs *outputs;      /* NULL for a console query */
	RowReceiver *receiver; /* of the console query's single sink; else NULL */
	JobState *state;
	Ledger *ledger;
	TableData *const *tables; /* [JobPlan.table_count]; the pointers are replaced between epochs only */
} PipelineOpen;

extern bool pipeline_open(const PipelineOpen *open, Pipeline **out, Error *err) WARN_UNUSED;
extern void pipeline_begin(Pipeline *pipeline, const EpochStart *start);
/*
 * Runs n messages (any number) of one partition through all chains of the scan and counts them in the ledger:
 * decoded, dead, tombstones, max_time and the sinks' counts (read, gaps, offsets and bytes are the caller's).
 * False: a failure that ends the job (on_error = 'stop', output failed); *stopped: the receiver wants no
 * more.
 */
extern bool pipeline_push(Pipeline *pipeline, int scan, int32_t partition, const Message *messages,
						  uint32_t n, bool *stopped, Error *err) WARN_UNUSED;
/* Whether all that a console query emits from state has reached its LIMIT. */
extern bool pipeline_emitted_enough(const Pipeline *pipeline);
extern size_t pipeline_memory(const Pipeline *pipeline); /* bytes of scratch, which a cut makes free */
extern void pipeline_close(Pipeline *pipeline);

/* ---- state ---- */

/* What is closed at a cut, per sink: windows with end <= watermark; all of them when close_all (batch end).
 */
typedef struct CutPlan
{
	const int64_t *watermarks; /* per sink: minimum over its scans */
	bool close_all;
} CutPlan;

/* A piece of state that is saved and restored on its own. */
typedef struct StateUnit
{
	int sink; /* the sink whose aggregate it is */
	int bucket;
	int64_t pane; /* window start; INT64_MIN for an aggregate without window */
} StateUnit;

typedef enum StateChange
{
	STATE_PARTIAL, /* bytes hold the groups that changed, as they are now; to be read onto what is saved */
	STATE_WHOLE,   /* bytes replace what is saved */
	STATE_GONE     /* the unit was closed; no bytes */
} StateChange;

typedef bool (*StateVisitor)(void *context, const StateUnit *unit, StateChange change, StrView bytes,
							 Error *err);

/* fs: where state goes that does not fit memory. */
extern JobState *job_state_open(const JobPlan *plan, const Settings *settings, const Fs *fs) WARN_UNUSED;
/* Tables take so much of the state's share of memory. */
extern void job_state_leave_room(JobState *state, size_t bytes);
/* Splits the scratch of one worker into buckets; workers may do theirs in parallel. */
extern void job_state_split(JobState *state, Pipeline *pipeline);
/*
 * Folds bucket b of all pipelines' scratches into the state, closes windows, and emits through emitter.
 * Different buckets in parallel, with different emitters. closed_ends[sink] is raised to the greatest window
 * end closed (each emitter has its own array; the caller takes the maximum).
 */
extern bool job_state_reduce(JobState *state, int bucket, const CutPlan *cut, Pipeline *const *pipelines,
							 int pipeline_count, Pipeline *emitter, int64_t *closed_ends,
							 Error *err) WARN_UNUSED;
/* After reduce: reports every unit of the bucket that changed since the last call; whole = write all units
 * whole. */
extern bool job_state_changes(JobState *state, int bucket, bool whole, StateVisitor visit, void *context,
							  Error *err) WARN_UNUSED;
/* At start: merges saved bytes (whole or partial, in the order they were written) into a unit. */
extern bool job_state_restore(JobState *state, const StateUnit *unit, StrView bytes, Error *err) WARN_UNUSED;
extern void job_state_totals(const JobState *state, int sink, uint64_t *groups, uint64_t *open_windows,
							 size_t *bytes);
/* How many windows of a sink were closed by the last reduce of all buckets. */
extern uint64_t job_state_closed_windows(const JobState *state, int sink);
extern size_t job_state_memory(const JobState *state);
extern void job_state_close(JobState *state);

/* ---- reference tables ---- */

/* Reads a table whole through its source and format; refuses bad rows, duplicate primary keys, and more than
 * memory bytes (0 = no limit).
 * QUERY_CANCELED when stop (NULL = never) is set on the way. */
extern bool table_load(const TablePlan *plan, const TypeContext *context, const Clock *clock,
					   const atomic_bool *stop, size_t memory, TableData **out, Error *err) WARN_UNUSED;
extern size_t table_memory(const TableData *table);
extern const uint8_t *table_sha256(const TableData *table); /* of the serialised rows */
extern void table_write(const TableData *table, StrBuf *out);
extern bool table_read(const TablePlan *plan, StrView bytes, TableData **out, Error *err) WARN_UNUSED;
extern uint64_t table_rows(const TableData *table);
extern void table_free(TableData *table);

#endif
