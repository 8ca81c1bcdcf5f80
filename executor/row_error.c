/*
 * row_error.c: one row of a program once more, with an Error (contract in row_error.h).
 */
#include "executor/row_error.h"

#include "executor/program_code.h"

static Program *
one_row_twin(Program *program)
{
	if (program->twin == NULL)
		program->twin = program_compile_twin(program);
	return program->twin;
}

/* A batch whose only row is the given one: arrays are borrowed from the row on, validity is one word. */
static void
view_row(const Program *program, const Batch *in, uint32_t row, Arena *arena, Batch *out)
{
	*out = (Batch){
		.n = 1,
		.column_count = in->column_count,
		.columns = ARENA_ARRAY_ZERO(arena, Column, in->column_count + 1),
		.stream = in->stream,
		.partition = in->partition,
		.arena = arena,
	};
	for (int i = 0; i < program->input_use_count; i++)
	{
		uint32_t column = program->input_uses[i].column;
		const Column *from = &in->columns[column];
		Column *to = &out->columns[column];

		to->type = from->type;
		to->data = (char *)from->data + row * type_size(from->type);
		if (from->validity == NULL)
			continue;
		to->validity = to->validity_space = ARENA_NEW(arena, uint64_t);
		*to->validity = bitmap_get(from->validity, row);
	}
}

bool
row_error_explain(Program *program, const Batch *in, uint32_t row, const TypeContext *context, int *result,
				  Error *err)
{
	Program *twin = one_row_twin(program);
	const Instruction *failed_at;
	uint64_t failed[BATCH_WORDS];
	Error reason = {0};
	Arena arena;
	Batch view;

	arena_init(&arena, "row error");
	view_row(twin, in, row, &arena, &view);
	failed_at = program_execute(twin, &view, NULL, context, failed, &reason);
	if (failed_at == NULL)
		error_set(&reason, SQLSTATE_INTERNAL_ERROR, NO_POSITION, "a row failed and then did not");
	if (result != NULL)
		*result = failed_at == NULL ? 0 : failed_at->expression;
	arena_release(&arena);
	if (err != NULL)
	{
		error_clear(err);
		error_move(err, &reason);
	}
	error_clear(&reason);
	return false;
}
