/*
 * analyze_compare.c: tests and comparisons that are not plain operators: IS, IS DISTINCT FROM, BETWEEN, IN,
 * LIKE.
 */
#include "planner/analyze.h"

#include "planner/candidates.h"
#include "planner/types.h"

Expr *
analyze_is_test(Analyzer *a, const IsTestExpr *node)
{
	static const ExprKind kinds[][2] = {[IS_NULL] = {EXPR_IS_NULL, EXPR_IS_NOT_NULL},
										[IS_TRUE] = {EXPR_IS_TRUE, EXPR_IS_NOT_TRUE},
										[IS_FALSE] = {EXPR_IS_FALSE, EXPR_IS_NOT_FALSE},
										[IS_UNKNOWN] = {EXPR_IS_NULL, EXPR_IS_NOT_NULL}};
	static const char *const names[][2] = {[IS_TRUE] = {"IS TRUE", "IS NOT TRUE"},
										   [IS_FALSE] = {"IS FALSE", "IS NOT FALSE"},
										   [IS_UNKNOWN] = {"IS UNKNOWN", "IS NOT UNKNOWN"}};
	Expr *operand;

	if (node->test == IS_NULL)
	{
		operand = analyze_part(a, node->operand);
		operand = operand != NULL ? types_resolve_unknown(a->context, operand) : NULL;
	}
	else
		operand = analyze_condition(a, node->operand, names[node->test][node->negated]);
	if (operand == NULL)
		return NULL;
	return expr_unary(a->context->arena, kinds[node->test][node->negated], TYPE_PLAIN(TYPE_BOOLEAN),
					  node->node.position, operand);
}

Expr *
analyze_distinct_from(Analyzer *a, const DistinctFromExpr *node)
{
	Expr *left = analyze_part(a, node->left);
	Expr *right = left != NULL ? analyze_part(a, node->right) : NULL;
	Expr *equal = right != NULL ? analyze_apply(a, "=", left, right, node->node.position) : NULL;
	Expr *expr;
	TypeId type;

	if (equal == NULL)
		return NULL;
	expr = expr_binary(a->context->arena, node->negated ? EXPR_IS_NOT_DISTINCT : EXPR_IS_DISTINCT,
					   TYPE_PLAIN(TYPE_BOOLEAN), node->node.position, equal->args[0], equal->args[1]);
	type = types_common(expr->args, 2, "IS DISTINCT FROM", a->err);
	if (type == TYPE_UNKNOWN || !types_unify(a->context, expr->args, 2, type, "IS DISTINCT FROM", a->err))
		return NULL;
	return expr;
}

/* Each bound is analysed when its turn comes, so that of several errors PostgreSQL's is the first. */
static Expr *
compare_bound(Analyzer *a, const BetweenExpr *node, const char *operator, Expr * operand,
			  const SyntaxNode *bound)
{
	Expr *value = analyze_part(a, bound);

	return value != NULL ? analyze_apply(a, operator, operand, value, node->node.position) : NULL;
}

/* low <= x <= high in one direction. */
static Expr *
between(Analyzer *a, const BetweenExpr *node, Expr *operand, const SyntaxNode *low, const SyntaxNode *high)
{
	Expr *above = compare_bound(a, node, node->negated ? "<" : ">=", operand, low);
	Expr *below = above != NULL ? compare_bound(a, node, node->negated ? ">" : "<=", operand, high) : NULL;

	if (below == NULL)
		return NULL;
	return expr_binary(a->context->arena, node->negated ? EXPR_OR : EXPR_AND, TYPE_PLAIN(TYPE_BOOLEAN),
					   node->node.position, above, below);
}

Expr *
analyze_between(Analyzer *a, const BetweenExpr *node)
{
	Expr *operand = analyze_part(a, node->operand);
	Expr *first = operand != NULL ? between(a, node, operand, node->low, node->high) : NULL;
	Expr *second;

	if (first == NULL || !node->symmetric)
		return first;
	second = between(a, node, operand, node->high, node->low);
	if (second == NULL)
		return NULL;
	return expr_binary(a->context->arena, node->negated ? EXPR_AND : EXPR_OR, TYPE_PLAIN(TYPE_BOOLEAN),
					   node->node.position, first, second);
}

static bool
analyze_list(Analyzer *a, const SyntaxNode *first, const SyntaxList *items, Expr **args)
{
	args[0] = analyze_part(a, first);
	for (int i = 0; i < items->count && args[i] != NULL; i++)
		args[i + 1] = analyze_part(a, items->items[i]);
	return args[items->count] != NULL && !a->err->set;
}

/* Without a type for all: x = a OR x = b, each by its own operator, as PostgreSQL does. */
static Expr *
in_one_by_one(Analyzer *a, const Expr *in)
{
	Expr *expr = expr_new(a->context->arena, EXPR_OR, in->type, in->position, in->arg_count - 1);

	for (int i = 1; i < in->arg_count; i++)
	{
		expr->args[i - 1] = analyze_apply(a, "=", in->args[0], in->args[i], in->position);
		if (expr->args[i - 1] == NULL)
			return NULL;
	}
	return expr;
}

Expr *
analyze_in(Analyzer *a, const InExpr *node)
{
	int count = node->items.count + 1;
	const char *operator= node->negated ? "<>" : "=";
	Expr *expr;
	TypeId type;

	if (node->query != NULL)
		return analyze_unsupported(a, node->node.position, "IN with a subquery is not supported",
								   "Join with the table, or list the values.");
	if (node->operand->kind == SYNTAX_ROW)
		return analyze_unsupported(a, node->node.position, "row comparison is not supported",
								   "Compare the columns one by one, with AND and OR.");
	expr = expr_new(a->context->arena, EXPR_IN, TYPE_PLAIN(TYPE_BOOLEAN), node->node.position, count);
	if (!analyze_list(a, node->operand, &node->items, expr->args))
		return NULL;
	if (count == 2)
		return analyze_apply(a, operator, expr->args[0], expr->args[1], node->node.position);
	/* There must be the operator for each pair; its error is the one that PostgreSQL gives. */
	for (int i = 1; i < count; i++)
	{
		if (analyze_apply(a, operator, expr->args[0], expr->args[i], node->node.position) == NULL)
			return NULL;
	}
	type = types_common(expr->args, count, NULL, NULL);
	if (type == TYPE_UNKNOWN)
		expr = in_one_by_one(a, expr);
	else if (!types_unify(a->context, expr->args, count, type, "IN", a->err))
		return NULL;
	if (expr == NULL)
		return NULL;
	return node->negated ? expr_unary(a->context->arena, EXPR_NOT, expr->type, node->node.position, expr)
						 : expr;
}

Expr *
analyze_like(Analyzer *a, const LikeExpr *node)
{
	int position = node->node.position;
	Expr *operand;
	Expr *pattern;

	if (node->like != LIKE_LIKE)
		return analyze_unsupported(
			a, position, node->like == LIKE_ILIKE ? "ILIKE is not supported" : "SIMILAR TO is not supported",
			node->like == LIKE_ILIKE ? "Use LIKE on lower() of both sides." : "Use LIKE, and AND and OR.");
	operand = analyze_part(a, node->operand);
	pattern = operand != NULL ? analyze_part(a, node->pattern) : NULL;
	if (pattern != NULL && node->escape != NULL)
	{
		Expr *args[2] = {pattern, analyze_part(a, node->escape)};

		pattern = args[1] == NULL ? NULL
								  : candidates_function(a->context, "like_escape", "pg_catalog.like_escape",
														args, 2, position, a->err);
	}
	return pattern != NULL ? analyze_apply(a, node->negated ? "!~~" : "~~", operand, pattern, position)
						   : NULL;
}
