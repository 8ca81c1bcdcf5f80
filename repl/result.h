/*
 * result.h: a query's result as text, the thing that gets printed.
 *
 * The idea: rows arrive as batches and are turned into text at once, since every output format prints the
 * types' text; column widths are known only when all rows are there.
 */
#ifndef WEIR_REPL_RESULT_H
#define WEIR_REPL_RESULT_H

#include "executor/batch.h"
#include "planner/plan.h"

typedef struct ResultField
{
	const char *name;
	bool right_aligned; /* numbers */
} ResultField;

/* cells[row * field_count + field]; data NULL is SQL's NULL. All memory is in the arena. */
typedef struct Result
{
	Arena arena;
	uint32_t field_count;
	ResultField *fields;
	size_t row_count;
	size_t cell_capacity;
	StrView *cells;
} Result;

extern void result_init(Result *result, const ResultColumn *columns, uint32_t count);
/* A result of text columns, for SHOW and the like. */
extern void result_init_text(Result *result, const char *const *names, uint32_t count);
extern void result_add_batch(Result *result, const Batch *batch, const TypeContext *context);
/* Adds a row of field_count texts; NULL is SQL's NULL. Copied. */
extern void result_add_texts(Result *result, const char *const *texts);
/* The same; data NULL is SQL's NULL. */
extern void result_add_views(Result *result, const StrView *texts);
extern void result_free(Result *result);

#endif
