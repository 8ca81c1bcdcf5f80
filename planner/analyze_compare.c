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

/*
 * The operand and the items without columns, of one type, as EXPR_IN; items that are taken become NULL. NULL
 * when there are fewer than two or they have no common type: then nothing is taken, or the error is set.
 */
static Expr *
in_constants(Analyzer *a, const InExpr *node, Expr **args, int count)
{
	Expr *in = expr_new(a->context->arena, EXPR_IN, TYPE_PLAIN(TYPE_BOOLEAN), node->node.position, count);
	int taken = 1;
	TypeId type;

	in->args[0] = args[0];
	for (int i = 1; i < count; i++)
		if (!expr_has_columns(args[i]))
			in->args[taken++] = args[i];
	in->arg_count = taken;
	type = taken > 2 ? types_common(in->args, taken, NULL, NULL) : TYPE_UNKNOWN;
	if (type == TYPE_UNKNOWN || !types_unify(a->context, in->args, taken, type, "IN", a->err))
		return NULL;
	for (int i = 1; i < count; i++)
		if (!expr_has_columns(args[i]))
			args[i] = NULL;
	return in;
}

/*
 * As PostgreSQL: two or more constants are one list of one type; every other item is compared by its own
 * operator, behind it.
 */
Expr *
analyze_in(Analyzer *a, const InExpr *node)
{
	int count = node->items.count + 1;
	int position = node->node.position;
	const char *sign = node->negated ? "<>" : "=";
	Expr **args = ARENA_ARRAY(a->context->arena, Expr *, count);
	Expr *result, *in;

	if (node->query != NULL)
		return analyze_unsupported(a, position, "IN with a subquery is not supported",
								   "Join with the table, or list the values.");
	if (node->operand->kind == SYNTAX_ROW)
		return analyze_unsupported(a, position, "row comparison is not supported",
								   "Compare the columns one by one, with AND and OR.");
	if (!analyze_list(a, node->operand, &node->items, args))
		return NULL;
	/* There must be the operator for each pair; its error is the one that PostgreSQL gives. */
	for (int i = 1; i < count; i++)
		if (analyze_apply(a, sign, args[0], args[i], position) == NULL)
			return NULL;
	in = in_constants(a, node, args, count);
	if (a->err->set)
		return NULL;
	result = expr_new(a->context->arena, node->negated ? EXPR_AND : EXPR_OR, TYPE_PLAIN(TYPE_BOOLEAN),
					  position, count);
	result->arg_count = 0;
	if (in != NULL)
		result->args[result->arg_count++] =
			node->negated ? expr_unary(a->context->arena, EXPR_NOT, in->type, position, in) : in;
	for (int i = 1; i < count; i++)
		if (args[i] != NULL)
			result->args[result->arg_count++] = analyze_apply(a, sign, args[0], args[i], position);
	return result->arg_count == 1 ? result->args[0] : result;
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
