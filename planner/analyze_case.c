/*
 * analyze_case.c: CASE, COALESCE, NULLIF, GREATEST and LEAST: expressions whose branches share a type.
 */
#include "planner/analyze.h"

#include "planner/candidates.h"
#include "planner/types.h"

/* WHEN value of CASE argument is the condition argument = value. */
static Expr *
when_condition(Analyzer *a, Expr *argument, const CaseWhen *when)
{
	Expr *value;

	if (argument == NULL)
		return analyze_condition(a, when->condition, "CASE/WHEN");
	value = analyze_part(a, when->condition);
	if (value == NULL)
		return NULL;
	return candidates_operator(a->context, "=", argument, value, when->node.position, a->err);
}

static bool
analyze_argument(Analyzer *a, const CaseExpr *node, Expr **argument)
{
	*argument = NULL;
	if (node->argument == NULL)
		return true;
	*argument = analyze_part(a, node->argument);
	if (*argument == NULL)
		return false;
	*argument = types_resolve_unknown(a->context, *argument);
	if (expr_is_volatile(*argument))
	{
		error_set(a->err, SQLSTATE_FEATURE_NOT_SUPPORTED, node->argument->position,
				  "CASE with a volatile argument is not supported");
		return error_hint(a->err, "Compute the argument in a subquery in FROM.");
	}
	return true;
}

/* Gives the results a common type; PostgreSQL looks at ELSE first. */
static bool
unify_results(Analyzer *a, Expr *expr)
{
	int count = expr->arg_count / 2 + 1;
	Expr **results = ARENA_ARRAY(a->context->arena, Expr *, count);
	TypeId type;

	results[0] = expr->args[expr->arg_count - 1];
	for (int i = 1; i < count; i++)
		results[i] = expr->args[2 * i - 1];
	type = types_common(results, count, "CASE", a->err);
	if (type == TYPE_UNKNOWN || !types_unify(a->context, results, count, type, "CASE/WHEN", a->err))
		return false;
	expr->type = (TypeSpec){type, types_common_modifier(results, count, type)};
	expr->args[expr->arg_count - 1] = results[0];
	for (int i = 1; i < count; i++)
		expr->args[2 * i - 1] = results[i];
	return true;
}

Expr *
analyze_case(Analyzer *a, const CaseExpr *node)
{
	int count = 2 * node->whens.count + 1;
	Expr *expr = expr_new(a->context->arena, EXPR_CASE, TYPE_PLAIN(TYPE_UNKNOWN), node->node.position, count);
	Expr *argument;

	if (!analyze_argument(a, node, &argument))
		return NULL;
	for (int i = 0; i < node->whens.count; i++)
	{
		const CaseWhen *when = (const CaseWhen *)node->whens.items[i];

		expr->args[2 * i] = when_condition(a, argument, when);
		if (expr->args[2 * i] == NULL)
			return NULL;
		expr->args[2 * i + 1] = analyze_part(a, when->result);
		if (expr->args[2 * i + 1] == NULL)
			return NULL;
	}
	expr->args[count - 1] = node->otherwise != NULL ? analyze_part(a, node->otherwise)
													: expr_null(a->context->arena, TYPE_UNKNOWN, NO_POSITION);
	return expr->args[count - 1] != NULL && unify_results(a, expr) ? expr : NULL;
}

static Expr *
analyze_nullif(Analyzer *a, const ListExpr *node)
{
	Expr *left = analyze_part(a, node->items.items[0]);
	Expr *right = left != NULL ? analyze_part(a, node->items.items[1]) : NULL;
	Expr *equal =
		right != NULL ? candidates_operator(a->context, "=", left, right, node->node.position, a->err) : NULL;
	Expr *expr;

	if (equal == NULL)
		return NULL;
	expr = expr_binary(a->context->arena, EXPR_NULLIF, equal->args[0]->type, node->node.position,
					   equal->args[0], equal->args[1]);
	expr->function = equal->function;
	/* PostgreSQL compares integer with bigint without a cast, so that the result is an integer. */
	if (left->type.id == TYPE_INTEGER && expr->type.id == TYPE_BIGINT)
		return types_cast(a->context, expr, left->type, 0, NO_POSITION, a->err);
	return expr;
}

Expr *
analyze_choice(Analyzer *a, const ListExpr *node)
{
	static const struct
	{
		SyntaxKind syntax;
		ExprKind kind;
		const char *name;
	} kinds[] = {{SYNTAX_COALESCE, EXPR_COALESCE, "COALESCE"},
				 {SYNTAX_GREATEST, EXPR_GREATEST, "GREATEST"},
				 {SYNTAX_LEAST, EXPR_LEAST, "LEAST"}};
	int count = node->items.count;
	size_t k = 0;
	Expr *expr;
	TypeId type;

	if (node->node.kind == SYNTAX_NULLIF)
		return analyze_nullif(a, node);
	while (kinds[k].syntax != node->node.kind)
		k++;
	expr = expr_new(a->context->arena, kinds[k].kind, TYPE_PLAIN(TYPE_UNKNOWN), node->node.position, count);
	for (int i = 0; i < count; i++)
	{
		expr->args[i] = analyze_part(a, node->items.items[i]);
		if (expr->args[i] == NULL)
			return NULL;
	}
	type = types_common(expr->args, count, kinds[k].name, a->err);
	if (type == TYPE_UNKNOWN || !types_unify(a->context, expr->args, count, type, kinds[k].name, a->err))
		return NULL;
	expr->type = (TypeSpec){type, types_common_modifier(expr->args, count, type)};
	return expr;
}
