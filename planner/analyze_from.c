/*
 * analyze_from.c: FROM items: relations, views, WITH queries, subqueries (joins are in analyze_join.c,
 * windows in windows.c).
 *
 * The idea: every item becomes a Scope. A view or subquery is analysed in place, and its output expressions
 * are the columns of the scope, so that it costs no node unless it aggregates, sorts or unites.
 */
#include "planner/analyze.h"

#include "planner/nodes.h"

/* Renames the table and, if the alias lists them, its first columns. */
static bool
apply_alias(Scope *scope, const char *name, const Alias *alias, Error *err)
{
	int count = alias != NULL ? alias->columns.count : 0;

	scope->tables[0].name = alias != NULL && alias->name != NULL ? alias->name : name;
	if (count > scope->column_count)
		return error_set(err, SQLSTATE_INVALID_COLUMN_REFERENCE, NO_POSITION,
						 "table \"%s\" has %d columns available but %d columns specified",
						 scope->tables[0].name, scope->column_count, count);
	for (int i = 0; i < scope->column_count; i++)
	{
		scope->columns[i].table = scope->tables[0].name;
		if (i < count)
			scope->columns[i].name = ((const Identifier *)alias->columns.items[i])->name;
	}
	return true;
}

/* The output of a query as a table. */
static Scope *
scope_of_projection(Arena *arena, const Projection *projection)
{
	Scope *scope = ARENA_NEW(arena, Scope);

	scope->node = projection->node;
	scope->column_count = scope->visible_count = projection->count;
	scope->columns = ARENA_ARRAY(arena, ScopeColumn, projection->count);
	scope->visible = ARENA_ARRAY(arena, int, projection->count);
	scope->tables = ARENA_ARRAY(arena, ScopeTable, 1);
	scope->tables[0] = (ScopeTable){.name = "", .count = projection->count};
	scope->table_count = 1;
	for (int i = 0; i < projection->count; i++)
	{
		scope->columns[i] = (ScopeColumn){projection->names[i], "", projection->exprs[i]};
		scope->visible[i] = i;
	}
	return scope;
}

/* Volatile outputs must be computed once, and large ones should be, so they get a node. */
static void
materialize(Arena *arena, Projection *projection)
{
	bool needed = false;

	for (int i = 0; i < projection->count; i++)
		needed |=
			expr_is_larger(projection->exprs[i], EXPR_INLINE_LIMIT) || expr_is_volatile(projection->exprs[i]);
	if (!needed)
		return;
	projection->node = node_project(arena, projection->node, (uint32_t)projection->count, projection->exprs,
									projection->names);
	for (int i = 0; i < projection->count; i++)
		projection->exprs[i] = expr_column(arena, i, projection->exprs[i]->type, NO_POSITION);
}

static bool
analyze_subquery(const PlanContext *context, const SelectStatement *query, const WithScope *with,
				 const char *name, const Alias *alias, Scope **out, Error *err)
{
	Projection projection;

	if (!analyze_query(context, query, with, false, &projection, err))
		return false;
	materialize(context->arena, &projection);
	*out = scope_of_projection(context->arena, &projection);
	return apply_alias(*out, name, alias, err);
}

/* WITH name (columns): the list renames before the reference's own alias does. */
static bool
analyze_with_reference(const PlanContext *context, const WithScope *with, const Relation *relation,
					   Scope **out, Error *err)
{
	const CommonTableExpr *query = with->query;
	Alias columns = {.name = query->name, .columns = query->columns, .node = query->node};

	return analyze_subquery(context, query->query, with->visible, query->name, &columns, out, err) &&
		   apply_alias(*out, query->name, relation->alias, err);
}

/* Errors inside a view belong to no place in the user's text. */
static bool
analyze_view(const PlanContext *context, const ViewDef *view, const Relation *relation, Scope **out,
			 Error *err)
{
	if (!analyze_subquery(context, view->query, NULL, view->name, NULL, out, err))
	{
		err->position = relation->node.position;
		error_context(err, "view \"%s\"", view->name);
		return false;
	}
	if ((uint32_t)(*out)->column_count != view->column_count)
	{
		error_set(err, SQLSTATE_INVALID_OBJECT_DEFINITION, relation->node.position,
				  "view \"%s\" has %u columns but its query gives %d", view->name, view->column_count,
				  (*out)->column_count);
		return error_hint(err, "What the view reads has changed since; create the view again.");
	}
	for (int i = 0; i < (*out)->column_count; i++)
		(*out)->columns[i].name = view->columns[i].name;
	return apply_alias(*out, view->name, relation->alias, err);
}

static bool
analyze_relation(const PlanContext *context, const Relation *relation, const WithScope *with, Scope **out,
				 Error *err)
{
	const char *name = tree_last_name(&relation->name->parts);
	const CatalogObject *object;
	PlanNode *node;

	for (; with != NULL && relation->name->parts.count == 1; with = with->next)
	{
		if (strcmp(with->query->name, name) == 0)
			return analyze_with_reference(context, with, relation, out, err);
	}
	object = catalog_require(context->catalog, OBJECT_ANY, relation->name, err);
	if (object == NULL)
		return false;
	if (object->kind == OBJECT_VIEW)
		return analyze_view(context, object->view, relation, out, err);
	if (object->kind == OBJECT_SINK)
	{
		error_set(err, SQLSTATE_WRONG_OBJECT_TYPE, relation->node.position,
				  "\"%s\" is a sink, which can't be read", name);
		return error_hint(err, "Read the files that it wrote, or put its query into a view.");
	}
	node = object->kind == OBJECT_STREAM ? node_wide_scan(context->arena, object->stream)
										 : node_table(context->arena, object->stream);
	*out = scope_of_node(context->arena, node, name);
	return apply_alias(*out, name, relation->alias, err);
}

static bool
unsupported(int position, const char *what, const char *hint, Error *err)
{
	error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, position, "%s", what);
	return error_hint(err, "%s", hint);
}

static bool
analyze_range_subquery(const PlanContext *context, const RangeSubquery *item, const WithScope *with,
					   Scope **out, Error *err)
{
	if (item->lateral)
		return unsupported(item->node.position, "LATERAL is not supported",
						   "Join with a table, or compute the columns in the query.", err);
	assert(item->alias != NULL); /* the parser sees to that */
	return analyze_subquery(context, item->query, with, "", item->alias, out, err);
}

bool
analyze_from_item(const PlanContext *context, const SyntaxNode *item, const WithScope *with, Scope **out,
				  Error *err)
{
	switch (item->kind)
	{
		case SYNTAX_RELATION: return analyze_relation(context, (const Relation *)item, with, out, err);
		case SYNTAX_RANGE_SUBQUERY:
			return analyze_range_subquery(context, (const RangeSubquery *)item, with, out, err);
		case SYNTAX_WINDOW_TABLE:
			return analyze_window_table(context, (const WindowTable *)item, with, out, err) &&
				   (((const WindowTable *)item)->alias == NULL ||
					apply_alias(*out, (*out)->tables[0].name, ((const WindowTable *)item)->alias, err));
		case SYNTAX_JOIN: return analyze_join(context, (const JoinExpr *)item, with, out, err);
		default:
			return unsupported(item->position, "functions in FROM are not supported",
							   "Only windows are, as TUMBLE; constants are listed with VALUES.", err);
	}
}

bool
analyze_from(const PlanContext *context, const SyntaxList *from, const WithScope *with, Scope **out,
			 Error *err)
{
	if (from->count == 0)
	{
		*out = ARENA_NEW(context->arena, Scope);
		(*out)->node = node_one_row(context->arena);
		return true;
	}
	if (!analyze_from_item(context, from->items[0], with, out, err))
		return false;
	for (int i = 1; i < from->count; i++)
	{
		Scope *next;

		if (!analyze_from_item(context, from->items[i], with, &next, err) ||
			!analyze_cross_join(context, *out, next, from->items[i]->position, out, err))
			return false;
	}
	return true;
}
