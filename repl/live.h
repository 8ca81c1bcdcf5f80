/*
 * live.h: printing a result that has no end.
 *
 * The idea: rows are written and flushed as they come. In the aligned format the first rows choose the column
 * widths (never less than the header's); a longer value later on pushes its own line only, nothing is ever
 * redrawn.
 */
#ifndef WEIR_REPL_LIVE_H
#define WEIR_REPL_LIVE_H

#include "repl/print.h"

typedef struct Live
{
	const PlanNode *root;
	const PrintOptions *options;
	const TypeContext *types;
	FILE *out;
	int *widths; /* of aligned columns; chosen with the first rows */
	uint64_t rows;
} Live;

extern void live_begin(Live *live, const PlanNode *root, const PrintOptions *options,
					   const TypeContext *types, FILE *out);
/* For RowReceiver. */
extern bool live_receive(void *live, const Batch *batch);
typedef enum LiveEnd
{
	LIVE_COMPLETE,
	LIVE_STOPPED, /* by the user */
	LIVE_FAILED   /* an error will be printed instead of a count */
} LiveEnd;

/* Prints the count of rows and frees what was allocated. */
extern void live_end(Live *live, LiveEnd end);

#endif
