/*
 * program.c: running programs, and the steps that call kernels (contract in program.h).
 *
 * The idea: the interpreter's loop runs once per instruction and batch, so it costs nothing per row. What
 * kernels leave to their caller is done here: validity of strict functions, failures only of wanted rows, and
 * zeroes where the result is NULL.
 */
#include "executor/program.h"

#include "executor/program_code.h"

void
column_combine_validity(Column *out, const Column *const *args, int count, uint32_t words)
{
	bool any = false;

	out->validity = NULL;
	for (int i = 0; i < count; i++)
	{
		const uint64_t *v = args[i]->validity;

		if (v == NULL)
			continue;
		if (!any)
			memcpy(out->validity_space, v, sizeof *v * words);
		for (uint32_t w = 0; any && w < words; w++)
			out->validity_space[w] &= v[w];
		any = true;
	}
	if (any)
		out->validity = out->validity_space;
}

void
column_zero_nulls(Column *c, uint32_t n)
{
	size_t size = type_size(c->type);

	if (c->validity == NULL)
		return;
	for (uint32_t w = 0; w * 64 < n; w++)
	{
		for (uint64_t nulls = ~c->validity[w] & rows_word_mask(n, w); nulls != 0; nulls &= nulls - 1)
			memset((char *)c->data + (w * 64 + (uint32_t)__builtin_ctzll(nulls)) * size, 0, size);
	}
}

/* Keeps failures of rows that were wanted: active, and not NULL already. Returns whether there are any. */
static bool
take_failures(const Run *run, const Instruction *ins, uint64_t *failed, const uint64_t *validity)
{
	const uint64_t *active = run_active(run, ins);
	uint64_t any = 0;

	for (uint32_t w = 0; w < run->words; w++)
	{
		uint64_t wanted = rows_word_mask(run->n, w);

		if (active != NULL)
			wanted &= active[w];
		if (validity != NULL)
			wanted &= validity[w];
		failed[w] &= wanted;
		run->failed[w] |= failed[w];
		any |= failed[w];
	}
	return any != 0;
}

/* The kernel may have spoken of a row that nobody asked for; a failure it did not explain is its bug. */
static void
check_explanation(const Run *run, const Instruction *ins, bool failed)
{
	if (run->err == NULL)
		return;
	if (!failed)
		error_clear(run->err);
	else if (!run->err->set)
		error_set(run->err, SQLSTATE_INTERNAL_ERROR, ins->position, "function failed without a reason");
	else
		run->err->position = ins->position;
}

void
step_call(const Run *run, const Instruction *ins)
{
	Column *out = run_out(run, ins);
	uint64_t failed[BATCH_WORDS];
	KernelCall call = {
		.n = run->n,
		.arg_count = ins->arg_count,
		.args = ins->columns,
		.out = out,
		.active = run_active(run, ins),
		.failed = failed,
		.arena = run->arena,
		.context = run->context,
		.type = ins->type,
		.err = run->err,
	};
	bool any;

	memset(failed, 0, sizeof *failed * run->words);
	out->validity = NULL;
	if (ins->strict)
		column_combine_validity(out, ins->columns, ins->arg_count, run->words);
	if (call.active != NULL)
		memset(out->data, 0, type_size(out->type) * run->n);
	ins->kernel(&call);
	any = take_failures(run, ins, failed, ins->strict ? out->validity : NULL);
	column_zero_nulls(out, run->n);
	check_explanation(run, ins, any);
}

void
step_modifier(const Run *run, const Instruction *ins)
{
	const TypeClass *class = type_class(ins->type.id);
	Column *out = run_out(run, ins);
	const uint64_t *active = run_active(run, ins);
	uint64_t failed[BATCH_WORDS];

	memset(failed, 0, sizeof *failed * run->words);
	memcpy(out->data, ins->columns[0]->data, class->size * run->n);
	column_combine_validity(out, ins->columns, 1, run->words);
	for (uint32_t i = 0; i < run->n; i++)
	{
		void *value = (char *)out->data + i * class->size;

		if (column_is_null(out, i) || (active != NULL && !bitmap_get(active, i)))
			continue;
		if (type_apply_modifier(ins->type, value, run->arena, run->err))
			continue;
		memset(value, 0, class->size);
		bitmap_set(failed, i);
	}
	check_explanation(run, ins, take_failures(run, ins, failed, out->validity));
}

static void
load_inputs(Program *p, const Batch *in)
{
	for (int i = 0; i < p->input_use_count; i++)
	{
		const InputUse *use = &p->input_uses[i];

		assert(in->columns[use->column].type == p->registers[use->reg].type);
		p->registers[use->reg] = in->columns[use->column];
	}
}

static void
reset_masks(Program *p, const uint64_t *active, uint32_t n)
{
	p->masks[0].bits = (uint64_t *)active;
	p->masks[0].empty = n == 0;
	for (int i = 1; i < p->mask_count; i++)
		p->masks[i].empty = true;
}

const Instruction *
program_execute(Program *program, const Batch *in, const uint64_t *active, const TypeContext *context,
				uint64_t *failed, Error *err)
{
	Run run = {
		.program = program,
		.n = in->n,
		.words = (uint32_t)BITMAP_WORDS(in->n),
		.arena = in->arena,
		.context = context,
		.failed = failed,
		.err = err,
	};

	assert(in->n <= program->capacity);
	memset(failed, 0, sizeof *failed * BITMAP_WORDS(program->capacity));
	load_inputs(program, in);
	reset_masks(program, active, in->n);
	for (int i = 0; i < program->code_count; i++)
	{
		const Instruction *ins = &program->code[i];

		if (program->masks[ins->mask].empty)
			continue;
		ins->step(&run, ins);
		if (unlikely(err != NULL && err->set))
			return ins;
	}
	return NULL;
}

bool
program_run(Program *program, const Batch *in, const uint64_t *active, const TypeContext *context,
			uint64_t *failed)
{
	uint64_t any = 0;

	(void)program_execute(program, in, active, context, failed, NULL);
	for (uint32_t w = 0; w < BITMAP_WORDS(in->n); w++)
		any |= failed[w];
	return any == 0;
}

int
program_result_count(const Program *program)
{
	return program->count;
}

const Column *
program_result(const Program *program, int i)
{
	assert(i >= 0 && i < program->count);
	return &program->registers[program->results[i]];
}

uint32_t
column_true_rows(const Column *c, uint32_t n, uint64_t *keep)
{
	uint32_t words = (uint32_t)BITMAP_WORDS(n);
	uint32_t count = 0;

	assert(c->type == TYPE_BOOLEAN);
	rows_from_bools(c->data, n, keep);
	for (uint32_t w = 0; w < words; w++)
	{
		keep[w] &= validity_word(c, w);
		count += (uint32_t)__builtin_popcountll(keep[w]);
	}
	for (uint32_t w = words; w < BATCH_WORDS; w++)
		keep[w] = 0;
	return count;
}

void
expr_mark_columns(const Expr *expr, bool *used)
{
	if (expr->kind == EXPR_COLUMN)
		used[expr->column] = true;
	for (int i = 0; i < expr->arg_count; i++)
		expr_mark_columns(expr->args[i], used);
}
