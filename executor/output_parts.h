/*
 * output_parts.h: what output.c and output_cut.c share: the parts of Outputs, and how rows get into streams.
 *
 * The idea: output.c is what workers call while they read and reduce; output_cut.c makes objects of that at
 * the cut. Nobody else includes this.
 */
#ifndef WEIR_EXECUTOR_OUTPUT_PARTS_H
#define WEIR_EXECUTOR_OUTPUT_PARTS_H

#include <limits.h>
#include <stdatomic.h>

#include "common/hashmap.h"
#include "executor/letter_box.h"
#include "executor/output_join.h"
#include "executor/output_route.h"
#include "executor/output_runs.h"

/* Scan number of streams that hold rows of no partition; it sorts last. */
#define NO_SCAN INT_MAX

/* What one worker writes with; used by one thread at a time. */
typedef struct OutputWorker
{
	RowEncoder **encoders; /* per sink */
	Collector *collectors; /* per sink */
	Runs *runs;            /* per sink: what did not fit the collectors */
	HashMap streams;       /* key bytes to OutputStream * */
	CompressionScratch scratch;
	FlushContext flush; /* how chunks are flushed while messages are read */
	size_t rendered;    /* bytes of the streams' chunks */
	StrBuf key;
	StrBuf path;
	OutputRoutes routes; /* of the batch at hand */
	LetterBox letters;   /* of the messages that are being pushed */
	/* Dead letters of emitted groups: sorted at the cut, since no partition orders them. */
	char **group_lines;
	int *group_scans;
	size_t group_count;
	size_t group_capacity;
	size_t scan_capacity;
} OutputWorker;

struct Outputs
{
	const JobPlan *plan;
	OutputNaming naming;
	PackTarget target;
	int worker_count;
	OutputWorker *workers;
	size_t *path_room; /* per sink: bytes that a partition path may have */
	size_t memory_limit;
	size_t chunks_limit; /* bytes of chunks that a worker may keep */
	SpillFile spill;
	Compressors *compressors;
	atomic_size_t collected; /* bytes in all collectors */
};

/* The worker's stream of that identity, made when it is new. */
extern OutputStream *output_find_stream(Outputs *outputs, OutputWorker *worker, const OutputStreamKey *key);
/* After the memory of a stream's chunk has changed. */
extern void output_count_chunk(OutputWorker *worker, OutputStream *stream);
/* After n rows were rendered into a stream's chunk. */
extern bool output_rows_rendered(Outputs *outputs, OutputWorker *worker, OutputStream *stream, uint32_t n,
								 Error *err) WARN_UNUSED;
/* Rows of a batch, each into the stream of its path; the rows of one path stay in order. */
extern bool output_route_rows(Outputs *outputs, OutputWorker *worker, int sink, int scan, const Batch *batch,
							  const Column *partition_columns, Error *err) WARN_UNUSED;
/* Writes what a worker has collected for a sink as a run. */
extern bool output_spill_collector(Outputs *outputs, int worker, int sink, Error *err) WARN_UNUSED;

#endif
