/*
 * fold.c: constant folding (contract in fold.h).
 */
#include "planner/fold.h"

static bool
is_boolean_constant(const Expr *expr, bool value)
{
	return expr->kind == EXPR_CONSTANT && expr->type.id == TYPE_BOOLEAN && !expr->constant.isnull &&
		   expr->constant.value.b == value;
}

static Expr *
boolean_constant(Arena *arena, bool value, int position)
{
	return expr_constant(arena, (Datum){.type = TYPE_BOOLEAN, .value.b = value}, position);
}

/* neutral: true for AND, false for OR. The opposite constant decides, the neutral ones drop out. */
static Expr *
fold_connective(Arena *arena, Expr *expr, bool neutral)
{
	ExprList kept = {0};
	Expr *result;

	for (int i = 0; i < expr->arg_count; i++)
	{
		if (is_boolean_constant(expr->args[i], !neutral))
			return kept.count == 0 ? expr->args[i] : expr;
		if (!is_boolean_constant(expr->args[i], neutral))
			expr_list_add(arena, &kept, expr->args[i]);
	}
	if (kept.count == expr->arg_count)
		return expr;
	if (kept.count <= 1)
		return kept.count == 0 ? boolean_constant(arena, neutral, expr->position) : kept.items[0];
	result = expr_new(arena, expr->kind, expr->type, expr->position, kept.count);
	memcpy(result->args, kept.items, sizeof *kept.items * (size_t)kept.count);
	return result;
}

/* Branches that can't be taken go; a branch that must be taken becomes the ELSE. */
static Expr *
fold_case(Arena *arena, Expr *expr)
{
	ExprList kept = {0};
	Expr *otherwise = expr->args[expr->arg_count - 1];
	Expr *result;

	for (int i = 0; i + 1 < expr->arg_count; i += 2)
	{
		const Expr *condition = expr->args[i];

		if (is_boolean_constant(condition, true))
		{
			otherwise = expr->args[i + 1];
			break;
		}
		if (condition->kind == EXPR_CONSTANT)
			continue;
		expr_list_add(arena, &kept, expr->args[i]);
		expr_list_add(arena, &kept, expr->args[i + 1]);
	}
	if (kept.count == 0)
		return expr_retyped(arena, otherwise, expr->type);
	if (kept.count == expr->arg_count - 1)
		return expr;
	expr_list_add(arena, &kept, otherwise);
	result = expr_new(arena, EXPR_CASE, expr->type, expr->position, kept.count);
	memcpy(result->args, kept.items, sizeof *kept.items * (size_t)kept.count);
	return result;
}

static Expr *
fold_coalesce(Arena *arena, Expr *expr)
{
	int first = 0;
	Expr *result;

	while (first < expr->arg_count - 1 && expr->args[first]->kind == EXPR_CONSTANT &&
		   expr->args[first]->constant.isnull)
		first++;
	if (first == expr->arg_count - 1 || expr_constant_value(expr->args[first]) != NULL)
		return expr_retyped(arena, expr->args[first], expr->type);
	if (first == 0)
		return expr;
	result = expr_new(arena, EXPR_COALESCE, expr->type, expr->position, expr->arg_count - first);
	memcpy(result->args, expr->args + first, sizeof *expr->args * (size_t)result->arg_count);
	return result;
}

static bool
is_foldable(const Expr *expr)
{
	if (expr->kind == EXPR_CONSTANT || expr->kind == EXPR_COLUMN || expr->type.id == TYPE_UNKNOWN)
		return false;
	if (expr->kind == EXPR_FUNCTION && function_info(expr->function)->volatility != IMMUTABLE)
		return false;
	for (int i = 0; i < expr->arg_count; i++)
	{
		if (expr->args[i]->kind != EXPR_CONSTANT || expr->args[i]->type.id == TYPE_UNKNOWN)
			return false;
	}
	return true;
}

static bool
is_strict_of_null(const Expr *expr)
{
	if (expr->kind != EXPR_FUNCTION || function_info(expr->function)->nulls != STRICT)
		return false;
	for (int i = 0; i < expr->arg_count; i++)
	{
		if (expr->args[i]->kind == EXPR_CONSTANT && expr->args[i]->constant.isnull)
			return true;
	}
	return false;
}

static Expr *
evaluate(const PlanContext *context, Expr *expr)
{
	Error failure = {0};
	Datum value;
	Expr *result;

	if (is_strict_of_null(expr) && function_info(expr->function)->volatility != VOLATILE)
		return expr_null(context->arena, expr->type.id, expr->position);
	if (context->evaluator == NULL || !is_foldable(expr))
		return expr;
	if (!context->evaluator->evaluate(expr, context->types, context->arena, &value, &failure))
	{
		error_clear(&failure);
		return expr;
	}
	result = expr_constant(context->arena, value, expr_start(expr));
	result->type = expr->type;
	result->constant.type = expr->type.id;
	return result;
}

static Expr *
fold_node(const PlanContext *context, Expr *expr)
{
	switch (expr->kind)
	{
		case EXPR_CONSTANT:
		case EXPR_COLUMN: return expr;
		case EXPR_AND:
		case EXPR_OR: return fold_connective(context->arena, expr, expr->kind == EXPR_AND);
		case EXPR_CASE: return fold_case(context->arena, expr);
		case EXPR_COALESCE: return fold_coalesce(context->arena, expr);
		default: return evaluate(context, expr);
	}
}

Expr *
fold_expr(const PlanContext *context, Expr *expr)
{
	Expr *copy = expr;

	for (int i = 0; i < expr->arg_count; i++)
	{
		Expr *arg = fold_expr(context, expr->args[i]);

		if (arg == expr->args[i])
			continue;
		if (copy == expr)
		{
			copy = expr_new(context->arena, expr->kind, expr->type, expr->position, expr->arg_count);
			copy->function = expr->function;
			memcpy(copy->args, expr->args, sizeof *expr->args * (size_t)expr->arg_count);
		}
		copy->args[i] = arg;
	}
	return fold_node(context, copy);
}
