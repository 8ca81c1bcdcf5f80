/*
 * scope.c: looking names up in a FROM clause (contract in analyze.h).
 *
 * The idea: PostgreSQL's rules and texts: an unqualified name must be visible once, a qualified one needs its
 * table's alias; what is not found comes with the nearest name as a hint.
 */
#include "planner/analyze.h"

#include "common/suggest.h"

const ScopeTable *
scope_find_table(const Scope *scope, const char *table)
{
	for (int i = 0; i < scope->table_count; i++)
	{
		if (strcmp(scope->tables[i].name, table) == 0 && table[0] != '\0')
			return &scope->tables[i];
	}
	return NULL;
}

int
scope_find_visible(const Scope *scope, const char *column)
{
	for (int i = 0; i < scope->visible_count; i++)
	{
		if (strcmp(scope->columns[scope->visible[i]].name, column) == 0)
			return scope->visible[i];
	}
	return -1;
}

/* PostgreSQL's wording: Perhaps you meant to reference the column "t.x". */
static void
suggest_column(const Scope *scope, const char *table, const char *wanted, Error *err)
{
	Suggestion near = suggest_begin(str_from_cstr(wanted));
	const ScopeColumn *best = NULL;

	for (int i = 0; i < scope->column_count; i++)
	{
		const ScopeColumn *column = &scope->columns[i];
		int before = near.distance;

		if (table != NULL && strcmp(table, column->table) != 0)
			continue;
		suggest_offer(&near, column->name);
		if (near.distance < before)
			best = column;
	}
	if (best == NULL)
		return;
	error_hint(err, "Perhaps you meant to reference the column \"%s%s%s\".", best->table,
			   best->table[0] != '\0' ? "." : "", best->name);
}

static int
find_unqualified(const Scope *scope, const char *column, int position, Error *err)
{
	int found = scope_find_visible(scope, column);
	int matches = 0;

	for (int i = 0; i < scope->visible_count; i++)
		matches += strcmp(scope->columns[scope->visible[i]].name, column) == 0;
	if (matches == 1)
		return found;
	if (matches > 1)
		error_set(err, SQLSTATE_AMBIGUOUS_COLUMN, position, "column reference \"%s\" is ambiguous", column);
	else
	{
		error_set(err, SQLSTATE_UNDEFINED_COLUMN, position, "column \"%s\" does not exist", column);
		suggest_column(scope, NULL, column, err);
	}
	return -1;
}

static int
find_in_table(const Scope *scope, const ScopeTable *table, const char *column, int position, Error *err)
{
	int found = -1;

	for (int i = table->first; i < table->first + table->count; i++)
	{
		if (strcmp(scope->columns[i].name, column) != 0)
			continue;
		if (found >= 0)
		{
			error_set(err, SQLSTATE_AMBIGUOUS_COLUMN, position, "column reference \"%s\" is ambiguous",
					  column);
			return -1;
		}
		found = i;
	}
	if (found >= 0)
		return found;
	error_set(err, SQLSTATE_UNDEFINED_COLUMN, position, "column %s.%s does not exist", table->name, column);
	suggest_column(scope, table->name, column, err);
	return -1;
}

static void
missing_table(const Scope *scope, const char *table, int position, Error *err)
{
	Suggestion near = suggest_begin(str_from_cstr(table));

	error_set(err, SQLSTATE_UNDEFINED_TABLE, position, "missing FROM-clause entry for table \"%s\"", table);
	for (int i = 0; i < scope->table_count; i++)
	{
		if (scope->tables[i].table != NULL && strcmp(scope->tables[i].table->name, table) == 0 &&
			scope->tables[i].name[0] != '\0')
		{
			error_set(err, SQLSTATE_UNDEFINED_TABLE, position,
					  "invalid reference to FROM-clause entry for table \"%s\"", table);
			error_hint(err, "Perhaps you meant to reference the table alias \"%s\".", scope->tables[i].name);
			return;
		}
		suggest_offer(&near, scope->tables[i].name);
	}
	if (near.best != NULL)
		error_hint(err, "Perhaps you meant to reference the table alias \"%s\".", near.best);
}

int
scope_find_column(const Scope *scope, const char *table, const char *column, int position, Error *err)
{
	const ScopeTable *found;

	if (table == NULL)
		return find_unqualified(scope, column, position, err);
	found = scope_find_table(scope, table);
	if (found != NULL)
		return find_in_table(scope, found, column, position, err);
	missing_table(scope, table, position, err);
	return -1;
}

/* What to put for scope columns, and where. */
typedef struct Resolution
{
	Arena *arena;
	const Scope *scope;
} Resolution;

/* A plain column keeps the position of the reference, for messages. */
static Expr *
take_scope_column(const Expr *expr, void *context)
{
	const Resolution *resolution = context;
	Expr *column;

	if (expr->kind != EXPR_COLUMN || expr->column < 0 || expr->column >= resolution->scope->column_count)
		return NULL;
	column = resolution->scope->columns[expr->column].expr;
	if (column->kind != EXPR_COLUMN)
		return expr_retyped(resolution->arena, column, expr->type);
	return expr_column(resolution->arena, column->column, expr->type, expr->position);
}

Expr *
scope_resolve(Arena *arena, const Scope *scope, const Expr *expr)
{
	Resolution resolution = {arena, scope};

	return expr_rewrite(arena, expr, take_scope_column, &resolution);
}

Scope *
scope_of_node(Arena *arena, PlanNode *node, const char *table)
{
	Scope *scope = ARENA_NEW(arena, Scope);
	int count = (int)node->column_count;

	scope->node = node;
	scope->column_count = scope->visible_count = count;
	scope->columns = ARENA_ARRAY(arena, ScopeColumn, count);
	scope->visible = ARENA_ARRAY(arena, int, count);
	scope->tables = ARENA_ARRAY(arena, ScopeTable, 1);
	scope->table_count = 1;
	scope->tables[0] = (ScopeTable){.name = table, .count = count};
	if (node->kind == NODE_SCAN)
		scope->tables[0].table = node->scan->stream;
	else if (node->kind == NODE_TABLE)
		scope->tables[0].table = node->table->table;
	for (int i = 0; i < count; i++)
	{
		Expr *column = expr_column(arena, i, node->columns[i].type, NO_POSITION);

		scope->columns[i] = (ScopeColumn){node->columns[i].name, table, column};
		scope->visible[i] = i;
	}
	return scope;
}
