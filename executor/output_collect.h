/*
 * output_collect.h: rows of closed windows, kept until the cut, then put into their defined order.
 *
 * The idea: each worker copies what it emits into an arena of its own; the cut sorts references to all
 * workers' rows by the hidden columns (window end, grouping columns) and then by the visible ones, NULLs
 * last, text by bytes. So the order depends neither on threads nor on buckets.
 */
#ifndef WEIR_EXECUTOR_OUTPUT_COLLECT_H
#define WEIR_EXECUTOR_OUTPUT_COLLECT_H

#include "executor/batch.h"
#include "planner/plan.h"

typedef struct CollectedBatch CollectedBatch;

/* The rows that one worker collected for one sink. Zero-initialise. */
typedef struct Collector
{
	Arena arena;
	CollectedBatch *newest;
	uint64_t rows;
} Collector;

/* A row: its batch (columns of the sink's input, then the partition columns) and its number. */
typedef struct RowRef
{
	const Batch *batch;
	uint32_t row;
} RowRef;

extern void collector_add(Collector *collector, const Batch *batch, const Column *partition_columns,
						  int partition_column_count);
extern void collector_reset(Collector *collector);
extern void collector_free(Collector *collector);

/*
 * All rows of the collectors in their order; the array is in the arena, the rows stay
 * the collectors'. *n is their number.
 */
extern RowRef *collect_sorted_rows(const Collector *const *collectors, int count, const SinkPlan *sink,
								   Arena *arena, size_t *n);

#endif
