/*
 * output_runs.h: rows of closed windows that do not fit memory: sorted runs in the temporary file.
 *
 * The idea: a collector that has grown too large is sorted and written as a run, block by block, and begins
 * anew. At the cut all runs of a sink are merged: a cursor on each holds one block as bytes and one row as
 * values; a heap has the cursor whose row comes first at its top. So the merge needs a block for each run,
 * whatever the number of rows.
 */
#ifndef WEIR_EXECUTOR_OUTPUT_RUNS_H
#define WEIR_EXECUTOR_OUTPUT_RUNS_H

#include "executor/output_collect.h"
#include "executor/spill_file.h"

/* Rows in their order; a block holds whole rows. */
typedef struct Run
{
	SpillPiece *blocks;
	size_t count;
	size_t capacity;
} Run;

/* The runs that one worker has written for one sink. Zero-initialise. */
typedef struct Runs
{
	Run *runs;
	size_t count;
	size_t capacity;
	TypeId *types; /* of the rows' columns */
	uint32_t column_count;
} Runs;

/* Writes what was collected, if anything, as a run, and empties the collector. */
extern bool runs_spill(Runs *runs, Collector *collector, const SinkPlan *sink, SpillFile *file,
					   Error *err) WARN_UNUSED;
/* Forgets all runs; the file's bytes are its owner's. */
extern void runs_clear(Runs *runs);

typedef struct RunsMerge RunsMerge;

/* Begins to merge the runs of several workers; there is at least one run. */
extern bool runs_merge_open(const Runs *const *all, int count, const SinkPlan *sink, SpillFile *file,
							RunsMerge **out, Error *err) WARN_UNUSED;
/* Types of the rows' columns: the sink's input, then its partition columns. */
extern const TypeId *runs_merge_types(const RunsMerge *merge, uint32_t *count);
/* The next row is row 0 of the batch, until the next call; NULL behind the last one. */
extern bool runs_merge_next(RunsMerge *merge, const Batch **row, Error *err) WARN_UNUSED;
extern void runs_merge_close(RunsMerge *merge); /* NULL is allowed */

#endif
