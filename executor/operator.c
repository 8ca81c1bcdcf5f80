/*
 * operator.c: what every operator can do (contract in operator.h).
 */
#include "executor/operator.h"

bool
operator_finish(Operator *op, Error *err)
{
	if (op->class->finish != NULL)
		return op->class->finish(op, err);
	return op->next == NULL || operator_finish(op->next, err);
}

bool
operator_full(const Operator *op)
{
	for (; op != NULL; op = op->next)
		if (op->full)
			return true;
	return false;
}

TypeId *
node_types(const PlanNode *node, Arena *arena)
{
	TypeId *types = ARENA_ARRAY(arena, TypeId, Max(node->column_count, 1));

	for (uint32_t i = 0; i < node->column_count; i++)
		types[i] = node->columns[i].type.id;
	return types;
}
