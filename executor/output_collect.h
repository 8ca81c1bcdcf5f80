/*
 * output_collect.h: rows of closed windows, kept until the cut, then put into their defined order.
 *
 * The idea: each worker copies what it emits into an arena of its own and, at the cut, sorts references to
 * its rows by the hidden columns (window end, grouping columns) and then by the visible ones, NULLs last,
 * text by bytes; the coordinator merges them. So the order depends neither on threads nor on buckets.
 *
 * Most comparisons are of two integers: a reference carries the beginning of its row's sort key. Of a text
 * that is the eight bytes after those that all collected texts of the column begin with.
 */
#ifndef WEIR_EXECUTOR_OUTPUT_COLLECT_H
#define WEIR_EXECUTOR_OUTPUT_COLLECT_H

#include "executor/batch.h"
#include "planner/plan.h"

typedef struct CollectedBatch CollectedBatch;

/*
 * A row: its batch (columns of the sink's input, then the partition columns) and its number. Invariant: where
 * the keys of two rows of a sink differ, the first difference is the rows' order, unless key[0] is
 * UINT64_MAX.
 */
typedef struct RowRef
{
	uint64_t key[2];
	const Batch *batch;
	uint32_t row;
} RowRef;

/* The bytes that all texts of a column begin with. */
typedef struct CommonPrefix
{
	const char *data; /* NULL: no text yet */
	uint32_t len;
} CommonPrefix;

/* The rows that one worker collected for one sink. Zero-initialise. */
typedef struct Collector
{
	Arena arena;
	CollectedBatch *newest;
	uint64_t rows;
	CommonPrefix prefix; /* of the second sort column, if it is text */
	RowRef *sorted;      /* rows of them; set by collector_sort() */
	RowRef *space;
} Collector;

extern void collector_add(Collector *collector, const SinkPlan *sink, const Batch *batch,
						  const Column *partition_columns);
extern void collector_reset(Collector *collector);
extern void collector_free(Collector *collector);

/* The prefix of all texts of both. */
extern CommonPrefix common_prefix_join(CommonPrefix a, CommonPrefix b);

/* A reference of its own kind: not to be compared with those of collector_sort() by their keys. */
extern RowRef collected_row(const SinkPlan *sink, const Batch *batch, uint32_t row);
/* Whether a does not come after b. */
extern bool collected_in_order(const RowRef *a, const RowRef *b, const SinkPlan *sink);

/* Puts a collector's rows in order; prefix is that of all collectors which will be merged. */
extern void collector_sort(Collector *collector, const SinkPlan *sink, CommonPrefix prefix);

/*
 * The sorted rows of all collectors in their order; the array is in the arena, or is the one collector's own;
 * the rows stay the collectors'. *n is their number.
 */
extern const RowRef *collectors_merge(const Collector *const *collectors, int count, const SinkPlan *sink,
									  Arena *arena, size_t *n);

#endif
