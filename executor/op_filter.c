/*
 * op_filter.c: keeps the rows for which a condition is true.
 *
 * When all rows stay, the batch goes on as it is; else the columns that something downstream reads are
 * gathered.
 */
#include "executor/operator.h"

typedef struct Filter
{
	Operator base;
	Program *program;
	RowPicker picker;
} Filter;

static Operator *
filter_open(const OperatorOpen *open)
{
	const PlanNode *input = open->node->input;
	const TypeId *types = node_types(input, open->arena);
	const Expr *condition = open->node->filter.condition;
	Filter *f = ARENA_NEW(open->arena, Filter);

	operator_init(&f->base, &op_filter, open);
	f->program = program_compile_condition(condition, types, input->column_count, open->arena);
	row_picker_init(&f->picker, types, input->column_count, open->needed, open->arena);
	return &f->base;
}

static bool
filter_push(Operator *op, const Batch *batch, Error *err)
{
	Filter *f = (Filter *)op;
	uint64_t keep[BATCH_WORDS];
	uint64_t failed[BATCH_WORDS];
	uint32_t list[BATCH_ROWS];
	uint32_t count;
	bool ok = program_run(f->program, batch, NULL, op->chain->context, failed);

	count = column_true_rows(program_result(f->program, 0), batch->n, keep);
	if (unlikely(!ok))
	{
		chain_drop_failed(op->chain, failed, batch->n, keep);
		count = (uint32_t)bitmap_count(keep, batch->n);
	}
	if (count == batch->n)
		return operator_push(op->next, batch, err);
	if (count > 0)
	{
		count = rows_list(keep, batch->n, list);
		if (!operator_push(op->next, row_picker_gather(&f->picker, batch, list, count), err))
			return false;
	}
	return ok || operator_full(op->next) || chain_fail_rows(op->chain, f->program, batch, failed, NULL, err);
}

const OpClass op_filter = {
	.name = "Filter",
	.open = filter_open,
	.push = filter_push,
};
