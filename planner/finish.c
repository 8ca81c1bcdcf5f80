/*
 * finish.c: the last steps of analysis (contract in finish.h).
 */
#include "planner/finish.h"

#include "planner/fold.h"
#include "planner/rewrite.h"

/* The node's columns, all of them and in order, and the node is not one that narrowing changes the columns
 * of. */
static bool
is_identity(const Projection *projection)
{
	const PlanNode *node = projection->node;

	if (node->kind == NODE_SCAN || node->kind == NODE_FILTER || node->kind == NODE_JOIN_TABLE ||
		node->column_count != (uint32_t)projection->count)
		return false;
	for (int i = 0; i < projection->count; i++)
	{
		if (projection->exprs[i]->kind != EXPR_COLUMN || projection->exprs[i]->column != i)
			return false;
	}
	return true;
}

PlanNode *
finish_projection(Arena *arena, const Projection *projection)
{
	PlanNode *node = projection->node;
	ResultColumn *columns;

	if (!is_identity(projection))
		return node_project(arena, node, (uint32_t)projection->count, projection->exprs, projection->names);
	columns = ARENA_ARRAY(arena, ResultColumn, projection->count);
	for (int i = 0; i < projection->count; i++)
		columns[i] = (ResultColumn){projection->names[i], node->columns[i].type};
	node->columns = columns;
	return node;
}

static void
fold_all(const PlanContext *context, Expr **exprs, int count)
{
	for (int i = 0; i < count; i++)
		exprs[i] = fold_expr(context, exprs[i]);
}

static void
fold_node_exprs(const PlanContext *context, PlanNode *node)
{
	switch (node->kind)
	{
		case NODE_FILTER: fold_all(context, &node->filter.condition, 1); break;
		case NODE_PROJECT: fold_all(context, node->project.exprs, (int)node->column_count); break;
		case NODE_JOIN_TABLE:
			fold_all(context, node->join.input_keys, node->join.key_count);
			if (node->join.condition != NULL)
				fold_all(context, &node->join.condition, 1);
			break;
		case NODE_AGGREGATE: fold_all(context, node->aggregate.keys, node->aggregate.key_count); break;
		default: break;
	}
	for (int i = 0; i < node_input_count(node); i++)
		fold_node_exprs(context, node_input(node, i));
}

PlanNode *
finish_tree(const PlanContext *context, PlanNode *root)
{
	root = rewrite_filters(context->arena, root);
	fold_node_exprs(context, root);
	return root;
}
