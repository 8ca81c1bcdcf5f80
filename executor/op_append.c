/*
 * op_append.c: UNION ALL: rows of several inputs, one input after the other.
 *
 * All inputs have this operator as their next; it finishes what comes after it when the last one has
 * finished.
 */
#include "executor/operator.h"

typedef struct Append
{
	Operator base;
	int unfinished; /* inputs */
} Append;

static Operator *
append_open(const OperatorOpen *open)
{
	Append *a = ARENA_NEW(open->arena, Append);

	operator_init(&a->base, &op_append, open);
	a->unfinished = open->node->append.input_count;
	return &a->base;
}

static bool
append_push(Operator *op, const Batch *batch, Error *err)
{
	return operator_push(op->next, batch, err);
}

static bool
append_finish(Operator *op, Error *err)
{
	Append *a = (Append *)op;

	a->unfinished--;
	assert(a->unfinished >= 0);
	return a->unfinished > 0 || operator_finish(op->next, err);
}

const OpClass op_append = {
	.name = "Append",
	.open = append_open,
	.push = append_push,
	.finish = append_finish,
};
