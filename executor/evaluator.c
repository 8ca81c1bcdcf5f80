/*
 * evaluator.c: the evaluator that the planner folds constants with (contract in planner/expr.h and query.h).
 *
 * The idea: an expression without columns is a program over a batch of one row and no columns.
 */
#include "executor/program_code.h"
#include "executor/query.h"

static bool
evaluate(const Expr *expr, const TypeContext *context, Arena *arena, Datum *result, Error *err)
{
	uint64_t failed[BATCH_WORDS];
	const Instruction *failed_at;
	Error reason = {0};
	Arena registers;
	Batch row = {.n = 1, .stream = -1, .partition = -1, .arena = &registers};
	Program *program;

	arena_init(&registers, "constant folding");
	program = program_compile_sized(&expr, 1, NULL, 0, PROGRAM_ONE_ROW, &registers);
	failed_at = program_execute(program, &row, NULL, context, failed, &reason);
	if (failed_at == NULL)
	{
		Datum value = column_get(program_result(program, 0), 0);

		*result = value;
		if (!value.isnull)
			type_copy_value(value.type, &result->value, datum_pointer(&value), arena);
	}
	else if (err != NULL)
	{
		error_clear(err);
		error_move(err, &reason);
	}
	error_clear(&reason);
	arena_release(&registers);
	return failed_at == NULL;
}

const Evaluator executor_evaluator = {
	.evaluate = evaluate,
};
