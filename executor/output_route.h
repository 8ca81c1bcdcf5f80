/*
 * output_route.h: which rows of a batch go to the same partition path.
 *
 * The idea: the rows' partition keys are hashed column by column; a table as large as two batches finds equal
 * ones, and a counting sort lays the rows out path by path, each path's rows in their order. So the cost does
 * not depend on how many paths there are. It does not know what the paths are called (output_path.h).
 */
#ifndef WEIR_EXECUTOR_OUTPUT_ROUTE_H
#define WEIR_EXECUTOR_OUTPUT_ROUTE_H

#include "executor/batch.h"

/* Scratch and result of output_route(); used by one thread at a time. */
typedef struct OutputRoutes
{
	uint32_t count;                  /* of paths */
	uint32_t starts[BATCH_ROWS + 1]; /* path i has rows[starts[i]] to rows[starts[i + 1] - 1] */
	uint32_t rows[BATCH_ROWS];
	uint32_t first[BATCH_ROWS]; /* the first row of a path */
	uint16_t path[BATCH_ROWS];  /* of a row */
	uint64_t hashes[BATCH_ROWS];
	uint16_t slots[2 * BATCH_ROWS]; /* path + 1; 0 = free */
} OutputRoutes;

/* Groups rows 0 to n - 1 by the text columns keys; paths come in the order of their first rows. */
extern void output_route(OutputRoutes *routes, const Column *keys, int key_count, uint32_t n);

#endif
