/*
 * row_error.h: says why an expression failed on a row.
 *
 * The idea: kernels only set a bit for a failed row. The program is run once more for that row alone, by a
 * twin with room for one row, this time with an Error for the kernels to fill: the same code, so that it
 * can't say something else. The twin is made at the first failure.
 */
#ifndef WEIR_EXECUTOR_ROW_ERROR_H
#define WEIR_EXECUTOR_ROW_ERROR_H

#include "executor/program.h"

/*
 * Fills err with the first failure of the row: SQLSTATE, message, and the position of the expression in the
 * statement's source. *result, if not NULL, is the index of the expression of the set that failed. Always
 * returns false, so that it can end a function.
 */
extern bool row_error_explain(Program *program, const Batch *in, uint32_t row, const TypeContext *context,
							  int *result, Error *err);

#endif
