/*
 * program.h: expressions as a flat program over column registers.
 *
 * The idea: a set of expressions over one batch's columns is compiled once into a list of instructions
 * {kernel, out, arguments, mask}; running it over a batch is one plain loop per instruction. Equal
 * subexpressions are computed once. Constants are columns filled at compile time; input columns are borrowed.
 * Control flow is by masks of active rows: the later arguments of AND, OR, CASE, COALESCE and IN are computed
 * only for the rows that still need them, so "CASE WHEN b <> 0 THEN a / b END" never fails on a guarded row.
 *
 * A program holds its registers: it is used by one thread at a time, its results are valid until its next run
 * (those that are plain columns: as long as the input), and variable-length values live in the input's arena.
 * Compilation can't fail. Why a row failed is told by row_error.h.
 */
#ifndef WEIR_EXECUTOR_PROGRAM_H
#define WEIR_EXECUTOR_PROGRAM_H

#include "executor/rows.h"
#include "planner/expr.h"

typedef struct Program Program;

/*
 * The expressions (and their constants) are borrowed and must outlive the program; input_types are copied.
 * A program over no columns takes any batch and only looks at its row count.
 */
extern Program *program_compile(const Expr *const *exprs, int count, const TypeId *input_types,
								uint32_t input_count, Arena *arena) WARN_UNUSED;

/*
 * One condition, of which only the rows for which it is true count (WHERE, HAVING, ON): a later argument of
 * an AND at its top is computed only where the earlier ones are true, and not where they are NULL.
 */
extern Program *program_compile_condition(const Expr *condition, const TypeId *input_types,
										  uint32_t input_count, Arena *arena) WARN_UNUSED;

/*
 * Computes all expressions for the batch's active rows (NULL = all n). failed (BATCH_WORDS words,
 * overwritten) gets the rows for which any of them failed; their results, and those of inactive rows, are
 * some valid value. Returns whether no row failed. The batch is not changed, except that its arena grows.
 */
extern bool program_run(Program *program, const Batch *in, const uint64_t *active, const TypeContext *context,
						uint64_t *failed);

extern int program_result_count(const Program *program);
/* The result of expression i: n rows. */
extern const Column *program_result(const Program *program, int i);

/* keep (BATCH_WORDS words, overwritten): the rows, of n, for which a boolean column is true. Returns how
 * many. */
extern uint32_t column_true_rows(const Column *c, uint32_t n, uint64_t *keep);

/* Sets used[column] for every input column that the expression reads. */
extern void expr_mark_columns(const Expr *expr, bool *used);

#endif
