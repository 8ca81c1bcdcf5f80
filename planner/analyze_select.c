/*
 * analyze_select.c: a SELECT from FROM to HAVING, and the select list.
 *
 * The idea: the steps follow PostgreSQL's order (FROM, select list, WHERE, HAVING, ORDER BY, GROUP BY,
 * DISTINCT, LIMIT), so that the first of several errors is the same one. The result is a Projection; only
 * grouping, sorting, DISTINCT and LIMIT make nodes.
 */
#include "planner/analyze.h"

#include "planner/fold.h"
#include "planner/nodes.h"
#include "planner/types.h"
#include "planner/windows.h"

/* ---- the select list ---- */

int
analyze_add_target(Arena *arena, TargetList *list, Expr *expr, const char *name, const SyntaxNode *source)
{
	int capacities[2] = {list->capacity, list->capacity};

	arena_grow(arena, &list->exprs, &capacities[0], list->count, sizeof *list->exprs);
	arena_grow(arena, &list->names, &capacities[1], list->count, sizeof *list->names);
	arena_grow(arena, &list->sources, &list->capacity, list->count, sizeof *list->sources);
	list->exprs[list->count] = expr;
	list->names[list->count] = name;
	list->sources[list->count] = source;
	return list->count++;
}

static void
add_scope_column(Analyzer *a, TargetList *list, int column, int position)
{
	const ScopeColumn *from = &a->scope->columns[column];

	analyze_add_target(a->context->arena, list,
					   expr_column(a->context->arena, column, from->expr->type, position), from->name, NULL);
}

static bool
expand_star(Analyzer *a, const ColumnRef *ref, TargetList *list)
{
	int position = ref->node.position;
	const ScopeTable *table;
	const char *name;

	if (ref->parts.count == 0)
	{
		if (a->scope->table_count == 0)
			return error_set(a->err, SQLSTATE_SYNTAX_ERROR, position,
							 "SELECT * with no tables specified is not valid");
		for (int i = 0; i < a->scope->visible_count; i++)
			add_scope_column(a, list, a->scope->visible[i], position);
		return true;
	}
	name = tree_last_name(&ref->parts);
	table = scope_find_table(a->scope, name);
	if (table == NULL)
	{
		scope_find_column(a->scope, name, "", position, a->err);
		return false;
	}
	for (int i = 0; i < table->count; i++)
		add_scope_column(a, list, table->first + i, position);
	return true;
}

bool
analyze_targets(Analyzer *a, const SyntaxList *targets, TargetList *list)
{
	for (int i = 0; i < targets->count; i++)
	{
		const Target *target = (const Target *)targets->items[i];
		const ColumnRef *ref = (const ColumnRef *)target->value;
		Expr *expr;

		if (target->value->kind == SYNTAX_COLUMN_REF && ref->star)
		{
			if (!expand_star(a, ref, list))
				return false;
			continue;
		}
		expr = analyze_expr(a, target->value);
		if (expr == NULL)
			return false;
		analyze_add_target(a->context->arena, list, expr,
						   target->alias != NULL ? target->alias : analyze_column_name(target->value),
						   target->value);
	}
	list->visible = list->count;
	return true;
}

/* ---- the body ---- */

/* A SELECT while it is analysed. Expressions are over scope columns until the query is grouped or resolved.
 */
typedef struct Body
{
	Analyzer a;
	const SelectStatement *query;
	Scope *scope;
	CallList calls;
	TargetList targets;
	Expr *where;
	Expr *having;
	ExprList keys;
	SortKey *sort;
	int sort_count;
	int64_t limit;
	int64_t offset;
} Body;

static bool
analyze_where(Body *b)
{
	if (b->query->where == NULL)
		return true;
	b->a.place = "WHERE";
	b->a.calls = NULL;
	b->where = analyze_condition(&b->a, b->query->where, "WHERE");
	if (b->where != NULL)
		b->where = fold_expr(b->a.context, b->where);
	return b->where != NULL;
}

static bool
analyze_having(Body *b)
{
	b->a.calls = &b->calls;
	if (b->query->having == NULL)
		return true;
	b->a.place = "HAVING";
	b->having = analyze_condition(&b->a, b->query->having, "HAVING");
	if (b->having != NULL)
		b->having = fold_expr(b->a.context, b->having);
	return b->having != NULL;
}

static bool
refuse_unsupported(const SelectStatement *query, Error *err)
{
	const SyntaxNode *node = NULL;
	const char *what = NULL;
	const char *hint = NULL;

	if (query->distinct_on.count > 0)
	{
		node = query->distinct_on.items[0];
		what = "DISTINCT ON is not supported";
		hint = "Use GROUP BY with min() or max() of the other columns.";
	}
	else if (query->windows.count > 0)
	{
		node = query->windows.items[0];
		what = "window functions (WINDOW) are not supported";
		hint = "Aggregate with GROUP BY and join the result instead.";
	}
	else if (query->with_ties)
	{
		node = query->limit;
		what = "FETCH FIRST … WITH TIES is not supported";
		hint = "Use LIMIT or FETCH FIRST … ROWS ONLY.";
	}
	if (what == NULL)
		return true;
	error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, node->position, "%s", what);
	return error_hint(err, "%s", hint);
}

static bool
analyze_clauses(Body *b, bool keep_unknown)
{
	const PlanContext *context = b->a.context;

	b->a.place = "SELECT";
	b->a.calls = &b->calls;
	if (!analyze_targets(&b->a, &b->query->targets, &b->targets) || !analyze_where(b) || !analyze_having(b))
		return false;
	b->a.place = "ORDER BY";
	if (!analyze_order_by(&b->a, &b->query->order_by, &b->targets, false, &b->sort, &b->sort_count))
		return false;
	b->a.place = "GROUP BY";
	b->a.calls = NULL;
	if (!analyze_group_by(&b->a, &b->query->group_by, &b->targets, &b->keys))
		return false;
	b->a.calls = &b->calls;
	for (int i = 0; i < b->targets.count; i++)
	{
		if (!keep_unknown || b->query->distinct || i >= b->targets.visible)
			b->targets.exprs[i] = types_resolve_unknown(context, b->targets.exprs[i]);
	}
	return analyze_limit(context, b->scope, b->query, &b->limit, &b->offset, b->a.err);
}

/* ---- grouping ---- */

static bool
check_grouped(Body *b)
{
	for (int i = 0; i < b->targets.count; i++)
	{
		b->targets.exprs[i] = analyze_grouped(&b->a, b->targets.exprs[i], &b->keys);
		if (b->targets.exprs[i] == NULL)
			return false;
	}
	if (b->having != NULL)
		b->having = analyze_grouped(&b->a, b->having, &b->keys);
	return b->query->having == NULL || b->having != NULL;
}

typedef struct GroupedColumns
{
	Arena *arena;
	const int *key_columns; /* output column of each key */
	int first_call;
} GroupedColumns;

static Expr *
take_grouped_column(const Expr *expr, void *context)
{
	const GroupedColumns *columns = context;

	if (expr->kind != EXPR_COLUMN)
		return NULL;
	return expr_column(columns->arena,
					   expr->column < 0 ? columns->first_call - 1 - expr->column
										: columns->key_columns[expr->column - KEY_COLUMN(0)],
					   expr->type, expr->position);
}

static void
resolve_calls(Body *b)
{
	Arena *arena = b->a.context->arena;

	for (int i = 0; i < b->keys.count; i++)
		b->keys.items[i] = scope_resolve(arena, b->scope, b->keys.items[i]);
	for (int i = 0; i < b->calls.count; i++)
	{
		AggregateCall *call = &b->calls.items[i];

		for (int k = 0; k < call->arg_count; k++)
			call->args[k] = scope_resolve(arena, b->scope, call->args[k]);
		if (call->filter != NULL)
			call->filter = scope_resolve(arena, b->scope, call->filter);
	}
}

static int
group_position(const Body *b)
{
	if (b->query->group_by.count > 0)
		return b->query->group_by.items[0]->position;
	if (b->calls.count > 0)
		return b->calls.first_position;
	return b->query->having != NULL ? b->query->having->position : b->query->node.position;
}

static const char *
group_clause(const Body *b)
{
	return b->query->group_by.count > 0 ? "GROUP BY" : "an aggregate";
}

/* The aggregate over node; targets and HAVING come to be over its columns. */
static bool
group(Body *b, PlanNode **node)
{
	const PlanContext *context = b->a.context;
	int *key_columns;
	PlanNode *aggregate;
	GroupedColumns columns = {.arena = context->arena};

	if (!check_grouped(b))
		return false;
	resolve_calls(b);
	key_columns = ARENA_ARRAY(context->arena, int, b->keys.count);
	if (!windows_aggregate(context, *node, &b->keys, b->calls.items, b->calls.count, group_clause(b),
						   group_position(b), key_columns, &aggregate, b->a.err))
		return false;
	columns.key_columns = key_columns;
	columns.first_call = (int)aggregate->column_count - b->calls.count;
	for (int i = 0; i < b->targets.count; i++)
		b->targets.exprs[i] =
			expr_rewrite(context->arena, b->targets.exprs[i], take_grouped_column, &columns);
	*node = aggregate;
	if (b->having != NULL)
		*node = node_filter(context->arena, aggregate,
							expr_rewrite(context->arena, b->having, take_grouped_column, &columns));
	return true;
}

/* ---- what follows the projection ---- */

static PlanNode *
project_targets(Arena *arena, TargetList *targets, PlanNode *node, int count)
{
	node = node_project(arena, node, (uint32_t)count, targets->exprs, targets->names);
	for (int i = 0; i < count; i++)
		targets->exprs[i] = expr_column(arena, i, targets->exprs[i]->type, NO_POSITION);
	return node;
}

/* SELECT DISTINCT groups by all output columns. */
static bool
make_distinct(Body *b, PlanNode **node)
{
	const PlanContext *context = b->a.context;
	ExprList keys = {0};
	int *key_columns = ARENA_ARRAY(context->arena, int, b->targets.count);

	if (b->targets.count > b->targets.visible)
		return error_set(b->a.err, SQLSTATE_INVALID_COLUMN_REFERENCE,
						 tree_start(b->targets.sources[b->targets.visible]),
						 "for SELECT DISTINCT, ORDER BY expressions must appear in select list");
	for (int i = 0; i < b->targets.count; i++)
		expr_list_add(context->arena, &keys, b->targets.exprs[i]);
	if (!windows_aggregate(context, *node, &keys, NULL, 0, "DISTINCT", b->query->node.position, key_columns,
						   node, b->a.err))
		return false;
	for (int i = 0; i < b->targets.count; i++)
		b->targets.exprs[i] =
			expr_column(context->arena, key_columns[i], b->targets.exprs[i]->type, NO_POSITION);
	return true;
}

static bool
refuse_unbounded(const PlanNode *node, const SyntaxNode *clause, const char *what, Error *err)
{
	const StreamDef *stream = node_stream(node);

	if (stream == NULL)
		return true;
	error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, clause->position, "%s on stream \"%s\" is not supported",
			  what, stream->name);
	return error_hint(
		err, "A stream has no end after which its rows could be put in order; leave out the ORDER BY "
			 "clause.");
}

static bool
sort_and_limit(Body *b, PlanNode **node)
{
	Arena *arena = b->a.context->arena;

	if (b->sort_count > 0)
	{
		PlanNode *sort;

		if (!refuse_unbounded(*node, b->query->order_by.items[0], "ORDER BY", b->a.err))
			return false;
		sort = node_new(arena, NODE_SORT, project_targets(arena, &b->targets, *node, b->targets.count), 0);
		sort->column_count = sort->input->column_count;
		sort->columns = sort->input->columns;
		sort->sort.key_count = b->sort_count;
		sort->sort.keys = b->sort;
		*node = sort;
	}
	if (b->limit >= 0 || b->offset > 0)
	{
		PlanNode *limit;

		if (b->sort_count == 0)
			*node = project_targets(arena, &b->targets, *node, b->targets.count);
		limit = node_new(arena, NODE_LIMIT, *node, 0);
		limit->column_count = (*node)->column_count;
		limit->columns = (*node)->columns;
		limit->limit.limit = b->limit;
		limit->limit.offset = b->offset;
		*node = limit;
	}
	return true;
}

bool
analyze_plain_select(const PlanContext *context, const SelectStatement *query, const WithScope *with,
					 bool keep_unknown, Projection *out, Error *err)
{
	Body b = {.query = query, .limit = -1};
	PlanNode *node;

	if (!refuse_unsupported(query, err) || !analyze_from(context, &query->from, with, &b.scope, err))
		return false;
	b.a = (Analyzer){.context = context, .scope = b.scope, .err = err};
	if (!analyze_clauses(&b, keep_unknown))
		return false;
	node = b.scope->node;
	if (b.where != NULL)
		node = node_filter(context->arena, node, scope_resolve(context->arena, b.scope, b.where));
	if (query->group_by.count > 0 || b.calls.count > 0 || b.having != NULL)
	{
		if (!group(&b, &node))
			return false;
	}
	else
	{
		for (int i = 0; i < b.targets.count; i++)
			b.targets.exprs[i] = scope_resolve(context->arena, b.scope, b.targets.exprs[i]);
	}
	if ((query->distinct && !make_distinct(&b, &node)) || !sort_and_limit(&b, &node))
		return false;
	out->node = node;
	out->count = b.targets.visible;
	out->exprs = b.targets.exprs;
	out->names = b.targets.names;
	return true;
}
