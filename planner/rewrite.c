/*
 * rewrite.c: filter pushdown and join keys (contract in rewrite.h).
 */
#include "planner/rewrite.h"

#include "planner/nodes.h"

static PlanNode *push(Arena *arena, PlanNode *node, const ExprList *conjuncts);

/* The list as a filter over node. */
static PlanNode *
keep_above(Arena *arena, PlanNode *node, const ExprList *conjuncts)
{
	return node_filter(arena, node, expr_list_and(arena, conjuncts));
}

/* Its outputs must not be computed a second time, or are too large for that. */
static bool
is_barrier(const PlanNode *node)
{
	for (uint32_t i = 0; i < node->column_count; i++)
	{
		if (expr_is_larger(node->project.exprs[i], EXPR_INLINE_LIMIT / 2) ||
			expr_is_volatile(node->project.exprs[i]))
			return true;
	}
	return false;
}

static PlanNode *
push_through_project(Arena *arena, PlanNode *node, const ExprList *conjuncts)
{
	ExprList below = {0};

	if (is_barrier(node))
	{
		node->input = push(arena, node->input, &below);
		return keep_above(arena, node, conjuncts);
	}
	for (int i = 0; i < conjuncts->count; i++)
		expr_list_add_conjuncts(arena, &below,
								expr_substitute(arena, conjuncts->items[i], node->project.exprs));
	node->input = push(arena, node->input, &below);
	return node;
}

static PlanNode *
push_through_append(Arena *arena, PlanNode *node, const ExprList *conjuncts)
{
	for (int i = 0; i < node->append.input_count; i++)
		node->append.inputs[i] = push(arena, node->append.inputs[i], conjuncts);
	return node;
}

/* ---- joins ---- */

/* Whether conjunct is input expression = table column; then the parts, the column counted from the table's
 * first. */
static bool
is_join_key(const Expr *conjunct, int width, Expr **input_key, int *table_key)
{
	if (!expr_is_call(conjunct, "=") || conjunct->arg_count != 2)
		return false;
	for (int i = 0; i < 2; i++)
	{
		const Expr *column = conjunct->args[i];
		Expr *other = conjunct->args[1 - i];

		if (column->kind != EXPR_COLUMN || column->column < width ||
			expr_uses_columns(other, width, INT32_MAX) || !expr_has_columns(other))
			continue;
		*input_key = other;
		*table_key = column->column - width;
		return true;
	}
	return false;
}

static void
find_join_keys(Arena *arena, PlanNode *join, const ExprList *conjuncts)
{
	int width = (int)join->input->column_count;
	ExprList rest = {0};

	join->join.key_count = 0;
	join->join.input_keys = ARENA_ARRAY(arena, Expr *, conjuncts->count);
	join->join.table_keys = ARENA_ARRAY(arena, int, conjuncts->count);
	for (int i = 0; i < conjuncts->count; i++)
	{
		int k = join->join.key_count;

		if (is_join_key(conjuncts->items[i], width, &join->join.input_keys[k], &join->join.table_keys[k]))
			join->join.key_count++;
		else
			expr_list_add(arena, &rest, conjuncts->items[i]);
	}
	join->join.condition = expr_list_and(arena, &rest);
}

/* Conjuncts over the input alone go below; those over the table join in, unless NULLs may stand for its rows.
 */
static PlanNode *
push_into_join(Arena *arena, PlanNode *node, const ExprList *conjuncts)
{
	int width = (int)node->input->column_count;
	ExprList below = {0};
	ExprList on = {0};
	ExprList own = {0};
	ExprList above = {0};

	expr_list_add_conjuncts(arena, &own, node->join.condition);
	for (int i = 0; i < own.count; i++)
	{
		bool is_below = !node->join.left && !expr_uses_columns(own.items[i], width, INT32_MAX);

		expr_list_add(arena, is_below ? &below : &on, own.items[i]);
	}
	for (int i = 0; i < conjuncts->count; i++)
	{
		Expr *conjunct = conjuncts->items[i];

		if (!expr_uses_columns(conjunct, width, INT32_MAX))
			expr_list_add(arena, &below, conjunct);
		else
			expr_list_add(arena, node->join.left ? &above : &on, conjunct);
	}
	node->input = push(arena, node->input, &below);
	find_join_keys(arena, node, &on);
	return keep_above(arena, node, &above);
}

static PlanNode *
push(Arena *arena, PlanNode *node, const ExprList *conjuncts)
{
	ExprList all = {0};

	switch (node->kind)
	{
		case NODE_FILTER:
			expr_list_add_conjuncts(arena, &all, node->filter.condition);
			for (int i = 0; i < conjuncts->count; i++)
				expr_list_add(arena, &all, conjuncts->items[i]);
			return push(arena, node->input, &all);
		case NODE_PROJECT: return push_through_project(arena, node, conjuncts);
		case NODE_APPEND: return push_through_append(arena, node, conjuncts);
		case NODE_JOIN_TABLE: return push_into_join(arena, node, conjuncts);
		case NODE_SORT: node->input = push(arena, node->input, conjuncts); return node;
		case NODE_AGGREGATE:
		case NODE_LIMIT:
			node->input = push(arena, node->input, &all);
			return keep_above(arena, node, conjuncts);
		default: return keep_above(arena, node, conjuncts);
	}
}

PlanNode *
rewrite_filters(Arena *arena, PlanNode *root)
{
	static const ExprList none;

	return push(arena, root, &none);
}
