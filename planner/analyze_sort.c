/*
 * analyze_sort.c: ORDER BY, LIMIT and OFFSET.
 */
#include "planner/analyze.h"

#include "planner/fold.h"
#include "planner/types.h"

static int
sort_ordinal(Analyzer *a, const Literal *literal, const TargetList *targets)
{
	if (literal->literal != LITERAL_INTEGER)
		error_set(a->err, SQLSTATE_SYNTAX_ERROR, literal->node.position, "non-integer constant in ORDER BY");
	else if (literal->integer < 1 || literal->integer > targets->visible)
		error_set(a->err, SQLSTATE_INVALID_COLUMN_REFERENCE, literal->node.position,
				  "ORDER BY position %d is not in select list", literal->integer);
	else
		return literal->integer - 1;
	return -1;
}

/* An output column's name; -1 when there is none. */
static int
sort_name(Analyzer *a, const SyntaxNode *node, const TargetList *targets)
{
	const ColumnRef *ref = (const ColumnRef *)node;
	const char *name;
	int found = -1;

	if (node->kind != SYNTAX_COLUMN_REF || ref->star || ref->parts.count != 1)
		return -1;
	name = tree_last_name(&ref->parts);
	for (int i = 0; i < targets->visible; i++)
	{
		if (strcmp(targets->names[i], name) != 0)
			continue;
		if (found >= 0 && !expr_equal(targets->exprs[found], targets->exprs[i]))
		{
			error_set(a->err, SQLSTATE_AMBIGUOUS_COLUMN, node->position, "ORDER BY \"%s\" is ambiguous",
					  name);
			return -1;
		}
		if (found < 0)
			found = i;
	}
	return found;
}

static int
sort_expression(Analyzer *a, const SyntaxNode *node, TargetList *targets)
{
	Expr *expr = analyze_expr(a, node);

	if (expr == NULL)
		return -1;
	expr = types_resolve_unknown(a->context, expr);
	for (int i = 0; i < targets->count; i++)
	{
		if (expr_equal(targets->exprs[i], expr))
			return i;
	}
	return analyze_add_target(a->context->arena, targets, expr, analyze_column_name(node), node);
}

static int
sort_target(Analyzer *a, const SyntaxNode *node, TargetList *targets, bool fixed)
{
	int target;

	if (node->kind == SYNTAX_LITERAL)
		return sort_ordinal(a, (const Literal *)node, targets);
	target = sort_name(a, node, targets);
	if (target >= 0 || a->err->set)
		return a->err->set ? -1 : target;
	if (!fixed)
		return sort_expression(a, node, targets);
	if (analyze_expr(a, node) == NULL)
		return -1;
	error_set(a->err, SQLSTATE_FEATURE_NOT_SUPPORTED, tree_start(node),
			  "invalid UNION/INTERSECT/EXCEPT ORDER BY clause");
	error_detail(a->err, "Only result column names can be used, not expressions or functions.");
	error_hint(a->err, "Add the expression/function to every SELECT, or move the UNION into a FROM clause.");
	return -1;
}

bool
analyze_order_by(Analyzer *a, const SyntaxList *items, TargetList *targets, bool fixed, SortKey **keys,
				 int *key_count)
{
	*keys = ARENA_ARRAY(a->context->arena, SortKey, items->count);
	*key_count = 0;
	for (int i = 0; i < items->count; i++)
	{
		const SortItem *item = (const SortItem *)items->items[i];
		bool descending = item->direction == SORT_DESCENDING;
		int target = sort_target(a, item->value, targets, fixed);

		if (target < 0)
			return false;
		(*keys)[(*key_count)++] = (SortKey){
			.column = target,
			.descending = descending,
			.nulls_first =
				item->nulls == SORT_NULLS_FIRST || (item->nulls == SORT_NULLS_DEFAULT && descending),
		};
	}
	return true;
}

static bool
note_column(const Expr *expr, void *context)
{
	*(int *)context = expr->position;
	return expr->kind == EXPR_COLUMN;
}

static int
first_column(const Expr *expr)
{
	int position = NO_POSITION;

	expr_any(expr, note_column, &position);
	return position;
}

/* Folding left it: it fails to evaluate, or depends on the time of the statement. */
static bool
fail_to_count(const PlanContext *context, const Expr *expr, const char *clause, Error *err)
{
	Datum value;

	if (context->evaluator != NULL &&
		!context->evaluator->evaluate(expr, context->types, context->arena, &value, err))
	{
		err->position = NO_POSITION;
		return false;
	}
	error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, expr_start(expr), "argument of %s must be a constant",
			  clause);
	return error_hint(err, "Write a number, or an expression of numbers.");
}

static bool
analyze_count(const PlanContext *context, const Scope *scope, const SyntaxNode *node, const char *clause,
			  int64_t otherwise, SqlStateName negative, int64_t *out, Error *err)
{
	Analyzer a = {.context = context, .scope = scope, .place = "LIMIT", .err = err};
	Expr *expr;
	const Datum *value;

	*out = otherwise;
	if (node == NULL)
		return true;
	expr = analyze_expr(&a, node);
	if (expr == NULL)
		return false;
	if (expr_has_columns(expr))
		return error_set(err, SQLSTATE_INVALID_COLUMN_REFERENCE, first_column(expr),
						 "argument of %s must not contain variables", clause);
	expr = types_coerce_to(context, expr, TYPE_BIGINT, clause, err);
	if (expr == NULL)
		return false;
	expr = fold_expr(context, expr);
	if (expr->kind == EXPR_FUNCTION && expr->arg_count == 1 && expr->args[0]->kind == EXPR_CONSTANT &&
		expr->args[0]->type.id == TYPE_INTEGER && !expr->args[0]->constant.isnull)
		expr = expr_constant(context->arena,
							 (Datum){.type = TYPE_BIGINT, .value.i64 = expr->args[0]->constant.value.i32},
							 NO_POSITION);
	value = expr_constant_value(expr);
	if (value == NULL && expr->kind == EXPR_CONSTANT)
		return true;
	if (value == NULL)
		return fail_to_count(context, expr, clause, err);
	if (value->value.i64 < 0)
		return error_set(err, negative, NO_POSITION, "%s must not be negative", clause);
	*out = value->value.i64;
	return true;
}

bool
analyze_limit(const PlanContext *context, const Scope *scope, const SelectStatement *query, int64_t *limit,
			  int64_t *offset, Error *err)
{
	return analyze_count(context, scope, query->offset, "OFFSET", 0, SQLSTATE_INVALID_ROW_COUNT_IN_OFFSET,
						 offset, err) &&
		   analyze_count(context, scope, query->limit, "LIMIT", -1, SQLSTATE_INVALID_ROW_COUNT_IN_LIMIT,
						 limit, err);
}
