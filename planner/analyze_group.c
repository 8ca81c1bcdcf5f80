/*
 * analyze_group.c: GROUP BY items, and the check that everything else is grouped or aggregated.
 */
#include "planner/analyze.h"

#include "planner/fold.h"
#include "planner/types.h"

/* ---- items ---- */

static bool
is_plain_name(const SyntaxNode *node, const char **name)
{
	const ColumnRef *ref = (const ColumnRef *)node;

	if (node->kind != SYNTAX_COLUMN_REF || ref->star || ref->parts.count != 1)
		return false;
	*name = tree_last_name(&ref->parts);
	return true;
}

static Expr *
ordinal_target(Analyzer *a, const Literal *literal, const TargetList *targets, const char *clause)
{
	if (literal->literal != LITERAL_INTEGER)
	{
		error_set(a->err, SQLSTATE_SYNTAX_ERROR, literal->node.position, "non-integer constant in %s",
				  clause);
		return NULL;
	}
	if (literal->integer >= 1 && literal->integer <= targets->visible)
		return targets->exprs[literal->integer - 1];
	error_set(a->err, SQLSTATE_INVALID_COLUMN_REFERENCE, literal->node.position,
			  "%s position %d is not in select list", clause, literal->integer);
	return NULL;
}

static Expr *
named_target(Analyzer *a, const char *name, int position, const TargetList *targets)
{
	Expr *found = NULL;

	for (int i = 0; i < targets->visible; i++)
	{
		if (strcmp(targets->names[i], name) != 0)
			continue;
		if (found != NULL && !expr_equal(found, targets->exprs[i]))
		{
			error_set(a->err, SQLSTATE_AMBIGUOUS_COLUMN, position, "GROUP BY \"%s\" is ambiguous", name);
			return NULL;
		}
		found = targets->exprs[i];
	}
	return found;
}

typedef struct CallSearch
{
	int call; /* the first one found */
} CallSearch;

static bool
find_call(const Expr *expr, void *context)
{
	CallSearch *search = context;

	if (expr->kind != EXPR_COLUMN || expr->column >= 0)
		return false;
	search->call = expr->position;
	return true;
}

static Expr *
analyze_item(Analyzer *a, const SyntaxNode *item, const TargetList *targets)
{
	CallSearch search = {NO_POSITION};
	const char *name;
	Expr *expr = NULL;

	if (item->kind == SYNTAX_LITERAL)
		expr = ordinal_target(a, (const Literal *)item, targets, "GROUP BY");
	else if (is_plain_name(item, &name) && scope_find_visible(a->scope, name) < 0)
		expr = named_target(a, name, item->position, targets);
	if (expr == NULL && !a->err->set)
		expr = analyze_expr(a, item);
	if (expr == NULL)
		return NULL;
	if (expr_any(expr, find_call, &search))
	{
		error_set(a->err, SQLSTATE_GROUPING_ERROR, search.call,
				  "aggregate functions are not allowed in GROUP BY");
		return NULL;
	}
	return types_resolve_unknown(a->context, expr);
}

bool
analyze_group_by(Analyzer *a, const SyntaxList *items, const TargetList *targets, ExprList *keys)
{
	for (int i = 0; i < items->count; i++)
	{
		const SyntaxNode *item = items->items[i];
		Expr *expr;

		if (item->kind == SYNTAX_GROUPING_SET)
		{
			error_set(a->err, SQLSTATE_FEATURE_NOT_SUPPORTED, item->position,
					  "GROUPING SETS, ROLLUP and CUBE are not supported");
			return error_hint(a->err, "Write one query for each grouping and unite them with UNION ALL.");
		}
		if (item->kind == SYNTAX_ROW)
		{
			if (!analyze_group_by(a, &((const ListExpr *)item)->items, targets, keys))
				return false;
			continue;
		}
		expr = analyze_item(a, item, targets);
		if (expr == NULL)
			return false;
		if (expr_list_find(keys, expr) < 0)
			expr_list_add(a->context->arena, keys, expr);
	}
	return true;
}

/* ---- the check ---- */

typedef struct Grouping
{
	Analyzer *a;
	ExprList *keys;
} Grouping;

static Expr *
key_reference(Analyzer *a, const ExprList *keys, int key, int position)
{
	return expr_column(a->context->arena, KEY_COLUMN(key), keys->items[key]->type, position);
}

/* All columns of the table's primary key are among the keys. */
static bool
is_key_grouped(const ScopeTable *table, const ExprList *keys)
{
	int key_columns = 0;

	if (table->table == NULL || table->table->column_count != (uint32_t)table->count)
		return false;
	for (int c = 0; c < table->count; c++)
	{
		bool found = false;

		if (!table->table->columns[c].primary_key)
			continue;
		key_columns++;
		for (int k = 0; k < keys->count; k++)
			found |= keys->items[k]->kind == EXPR_COLUMN && keys->items[k]->column == table->first + c;
		if (!found)
			return false;
	}
	return key_columns > 0;
}

/* A column that the grouped primary key of its table determines is grouped by, too. */
static Expr *
take_determined(Grouping *g, const Expr *column)
{
	const Scope *scope = g->a->scope;

	for (int i = 0; i < scope->table_count; i++)
	{
		const ScopeTable *table = &scope->tables[i];

		if (column->column < table->first || column->column >= table->first + table->count ||
			!is_key_grouped(table, g->keys))
			continue;
		expr_list_add(g->a->context->arena, g->keys, (Expr *)column);
		return key_reference(g->a, g->keys, g->keys->count - 1, column->position);
	}
	return NULL;
}

static Expr *
ungrouped(Grouping *g, const Expr *column)
{
	const ScopeColumn *from = &g->a->scope->columns[column->column];

	if (!g->a->err->set)
		error_set(g->a->err, SQLSTATE_GROUPING_ERROR, column->position,
				  "column \"%s%s%s\" must appear in the GROUP BY clause or be used in an aggregate function",
				  from->table, from->table[0] != '\0' ? "." : "", from->name);
	return (Expr *)column;
}

static Expr *
replace_grouped(const Expr *expr, void *context)
{
	Grouping *g = context;
	int key = expr_list_find(g->keys, expr);
	Expr *determined;

	if (key >= 0)
		return key_reference(g->a, g->keys, key, expr->position);
	if (expr->kind != EXPR_COLUMN)
		return NULL;
	if (expr->column < 0)
		return (Expr *)expr;
	determined = take_determined(g, expr);
	return determined != NULL ? determined : ungrouped(g, expr);
}

Expr *
analyze_grouped(Analyzer *a, const Expr *expr, ExprList *keys)
{
	Grouping g = {a, keys};
	Expr *result = expr_rewrite(a->context->arena, expr, replace_grouped, &g);

	return a->err->set ? NULL : result;
}
