/*
 * op_limit.c: LIMIT and OFFSET: passes over so many rows, then lets so many through.
 */
#include "executor/operator.h"

typedef struct Limit
{
	Operator base;
	int64_t skip; /* rows still to be passed over */
	int64_t left; /* rows still to be let through; INT64_MAX without LIMIT */
	RowPicker picker;
} Limit;

static Operator *
limit_open(const OperatorOpen *open)
{
	const PlanNode *node = open->node;
	Limit *l = ARENA_NEW(open->arena, Limit);

	operator_init(&l->base, &op_limit, open);
	l->skip = Max(node->limit.offset, 0);
	l->left = node->limit.limit < 0 ? INT64_MAX : node->limit.limit;
	l->base.full = l->left == 0;
	row_picker_init(&l->picker, node_types(node, open->arena), node->column_count, open->needed, open->arena);
	return &l->base;
}

static bool
limit_push(Operator *op, const Batch *batch, Error *err)
{
	Limit *l = (Limit *)op;
	uint32_t list[BATCH_ROWS];
	uint32_t from = (uint32_t)Min(l->skip, (int64_t)batch->n);
	uint32_t count = (uint32_t)Min(l->left, (int64_t)(batch->n - from));

	l->skip -= from;
	if (l->left != INT64_MAX)
		l->left -= count;
	op->full = l->left == 0;
	if (count == batch->n)
		return operator_push(op->next, batch, err);
	if (count == 0)
		return true;
	for (uint32_t i = 0; i < count; i++)
		list[i] = from + i;
	return operator_push(op->next, row_picker_gather(&l->picker, batch, list, count), err);
}

const OpClass op_limit = {
	.name = "Limit",
	.open = limit_open,
	.push = limit_push,
};
