/*
 * analyze_query.c: queries as a whole: WITH, VALUES, UNION ALL, and SELECT (analyze_select.c).
 */
#include "planner/analyze.h"

#include "planner/fold.h"
#include "planner/nodes.h"
#include "planner/types.h"

/* ---- VALUES ---- */

static bool
analyze_rows(const PlanContext *context, const SyntaxList *rows, Expr ***out, int width, Error *err)
{
	Analyzer a = {.context = context, .place = "VALUES", .err = err};

	for (int r = 0; r < rows->count; r++)
	{
		const ListExpr *row = (const ListExpr *)rows->items[r];

		if (row->items.count != width)
			return error_set(err, SQLSTATE_SYNTAX_ERROR, tree_start(row->items.items[0]),
							 "VALUES lists must all be the same length");
		out[r] = ARENA_ARRAY(context->arena, Expr *, width);
		for (int c = 0; c < width; c++)
		{
			out[r][c] = analyze_expr(&a, row->items.items[c]);
			if (out[r][c] == NULL)
				return false;
		}
	}
	return true;
}

/* Gives column c of all rows one type. */
static bool
unify_column(const PlanContext *context, Expr ***rows, int row_count, int c, TypeSpec *type, Error *err)
{
	Expr **column = ARENA_ARRAY(context->arena, Expr *, row_count);

	for (int r = 0; r < row_count; r++)
		column[r] = rows[r][c];
	type->id = types_common(column, row_count, "VALUES", err);
	if (type->id == TYPE_UNKNOWN || !types_unify(context, column, row_count, type->id, "VALUES", err))
		return false;
	type->modifier = types_common_modifier(column, row_count, type->id);
	for (int r = 0; r < row_count; r++)
		rows[r][c] = fold_expr(context, column[r]);
	return true;
}

bool
analyze_values(const PlanContext *context, const SyntaxList *list, Projection *out, Error *err)
{
	Arena *arena = context->arena;
	int width = ((const ListExpr *)list->items[0])->items.count;
	Expr ***rows = ARENA_ARRAY(arena, Expr **, list->count);

	if (!analyze_rows(context, list, rows, width, err))
		return false;
	out->node = node_new(arena, NODE_VALUES, NULL, (uint32_t)width);
	out->node->values.row_count = (uint32_t)list->count;
	out->node->values.rows = rows;
	out->count = width;
	out->names = ARENA_ARRAY(arena, const char *, width);
	out->exprs = ARENA_ARRAY(arena, Expr *, width);
	for (int c = 0; c < width; c++)
	{
		ResultColumn *column = &out->node->columns[c];

		if (!unify_column(context, rows, list->count, c, &column->type, err))
			return false;
		column->name = out->names[c] = arena_printf(arena, "column%d", c + 1);
		out->exprs[c] = expr_column(arena, c, column->type, NO_POSITION);
	}
	return true;
}

/* ---- UNION ALL ---- */

static const char *
operation_name(const SelectStatement *query)
{
	switch (query->op)
	{
		case SET_OPERATION_INTERSECT: return "INTERSECT";
		case SET_OPERATION_EXCEPT: return "EXCEPT";
		default: return "UNION";
	}
}

/* The branches of a UNION ALL of UNION ALLs, left to right. */
typedef struct Branches
{
	Projection *items;
	int count;
} Branches;

static int
count_branches(const SelectStatement *query)
{
	bool plain =
		query->with.count == 0 && query->order_by.count == 0 && query->limit == NULL && query->offset == NULL;

	if (query->op == SET_OPERATION_UNION && query->all && plain)
		return count_branches(query->left) + count_branches(query->right);
	return 1;
}

static int
first_position(const SelectStatement *query)
{
	while (query->op != SET_OPERATION_NONE)
		query = query->left;
	if (query->values.count > 0)
		return tree_start(((const ListExpr *)query->values.items[0])->items.items[0]);
	return query->targets.count > 0 ? tree_start(((const Target *)query->targets.items[0])->value)
									: query->node.position;
}

static bool analyze_branches(const PlanContext *context, const SelectStatement *query, const WithScope *with,
							 Branches *branches, Error *err) WARN_UNUSED;

static bool
analyze_branch(const PlanContext *context, const SelectStatement *query, const WithScope *with,
			   Branches *branches, Error *err)
{
	if (count_branches(query) > 1)
		return analyze_branches(context, query, with, branches, err);
	return analyze_query(context, query, with, true, &branches->items[branches->count++], err);
}

static bool
unify_branches(const PlanContext *context, Branches *branches, int right, const SelectStatement *query,
			   Error *err)
{
	int width = branches->items[0].count;
	Expr **column = ARENA_ARRAY(context->arena, Expr *, branches->count);

	if (branches->items[right].count != width)
		return error_set(err, SQLSTATE_SYNTAX_ERROR, first_position(query->right),
						 "each %s query must have the same number of columns", operation_name(query));
	for (int c = 0; c < width; c++)
	{
		TypeId type;

		for (int b = 0; b < branches->count; b++)
			column[b] = branches->items[b].exprs[c];
		type = types_common(column, branches->count, operation_name(query), err);
		if (type == TYPE_UNKNOWN ||
			!types_unify(context, column, branches->count, type, operation_name(query), err))
			return false;
		for (int b = 0; b < branches->count; b++)
			branches->items[b].exprs[c] = fold_expr(context, column[b]);
	}
	return true;
}

static bool
analyze_branches(const PlanContext *context, const SelectStatement *query, const WithScope *with,
				 Branches *branches, Error *err)
{
	Branches own = {branches->items + branches->count, 0};
	int right;

	if (!analyze_branch(context, query->left, with, &own, err))
		return false;
	right = own.count;
	if (!analyze_branch(context, query->right, with, &own, err) ||
		!unify_branches(context, &own, right, query, err))
		return false;
	branches->count += own.count;
	return true;
}

bool
analyze_set_operation(const PlanContext *context, const SelectStatement *query, const WithScope *with,
					  Projection *out, Error *err)
{
	Arena *arena = context->arena;
	Branches branches = {
		ARENA_ARRAY_ZERO(arena, Projection, count_branches(query->left) + count_branches(query->right)), 0};
	const Projection *first = branches.items;

	if (query->op != SET_OPERATION_UNION || !query->all)
	{
		error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, query->node.position, "%s%s is not supported",
				  operation_name(query), query->all ? " ALL" : "");
		return error_hint(err, query->op == SET_OPERATION_UNION
								   ? "Use UNION ALL."
								   : "Join the queries' tables, or filter with WHERE.");
	}
	if (!analyze_branches(context, query, with, &branches, err))
		return false;
	*out = (Projection){.count = first->count, .names = first->names};
	out->node = node_new(arena, NODE_APPEND, NULL, (uint32_t)first->count);
	out->node->append.input_count = branches.count;
	out->node->append.inputs = ARENA_ARRAY(arena, PlanNode *, branches.count);
	out->exprs = ARENA_ARRAY(arena, Expr *, first->count);
	for (int b = 0; b < branches.count; b++)
		out->node->append.inputs[b] = node_project(arena, branches.items[b].node, (uint32_t)first->count,
												   branches.items[b].exprs, first->names);
	for (int c = 0; c < first->count; c++)
	{
		Expr **column = ARENA_ARRAY(arena, Expr *, branches.count);
		TypeSpec type = {first->exprs[c]->type.id, NO_MODIFIER};

		for (int b = 0; b < branches.count; b++)
			column[b] = branches.items[b].exprs[c];
		type.modifier = types_common_modifier(column, branches.count, type.id);
		out->node->columns[c] = (ResultColumn){first->names[c], type};
		out->exprs[c] = expr_column(arena, c, type, NO_POSITION);
	}
	return true;
}

/* ---- ORDER BY and LIMIT of VALUES and UNION ---- */

static bool
sort_output(const PlanContext *context, const SelectStatement *query, Projection *out, Error *err)
{
	Scope *scope = scope_of_node(context->arena, out->node, "");
	Analyzer a = {.context = context, .scope = scope, .place = "ORDER BY", .err = err};
	TargetList targets = {
		.exprs = out->exprs, .names = out->names, .count = out->count, .visible = out->count};
	PlanNode *sort;

	if (query->order_by.count == 0)
		return true;
	sort = node_new(context->arena, NODE_SORT, out->node, 0);
	sort->column_count = out->node->column_count;
	sort->columns = out->node->columns;
	if (!analyze_order_by(&a, &query->order_by, &targets, true, &sort->sort.keys, &sort->sort.key_count))
		return false;
	if (node_stream(out->node) != NULL)
		return error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, query->order_by.items[0]->position,
						 "ORDER BY on stream \"%s\" is not supported", node_stream(out->node)->name);
	out->node = sort;
	return true;
}

static bool
limit_output(const PlanContext *context, const SelectStatement *query, Projection *out, Error *err)
{
	int64_t count;
	int64_t offset;
	PlanNode *limit;

	if (!analyze_limit(context, NULL, query, &count, &offset, err))
		return false;
	if (count < 0 && offset == 0)
		return true;
	limit = node_new(context->arena, NODE_LIMIT, out->node, 0);
	limit->column_count = out->node->column_count;
	limit->columns = out->node->columns;
	limit->limit.limit = count;
	limit->limit.offset = offset;
	out->node = limit;
	return true;
}

/* ---- WITH ---- */

/* Each query of the list sees those before it. Queries that are never read are analysed for their errors
 * only. */
static bool
push_with(const PlanContext *context, const SelectStatement *query, const WithScope **with, Error *err)
{
	const WithScope *outer = *with;

	if (query->recursive && query->with.count > 0)
	{
		error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, query->with.items[0]->position,
				  "WITH RECURSIVE is not supported");
		return error_hint(err, "Leave RECURSIVE out if no query reads itself.");
	}
	for (int i = 0; i < query->with.count; i++)
	{
		WithScope *scope = ARENA_NEW(context->arena, WithScope);
		Projection ignored;

		*scope = (WithScope){(const CommonTableExpr *)query->with.items[i], *with, *with};
		for (const WithScope *other = *with; other != outer; other = other->next)
		{
			if (strcmp(other->query->name, scope->query->name) == 0)
				return error_set(err, SQLSTATE_DUPLICATE_ALIAS, scope->query->node.position,
								 "WITH query name \"%s\" specified more than once", scope->query->name);
		}
		if (!analyze_query(context, scope->query->query, scope->visible, false, &ignored, err))
			return false;
		if (scope->query->columns.count > ignored.count)
			return error_set(err, SQLSTATE_INVALID_COLUMN_REFERENCE, scope->query->node.position,
							 "WITH query \"%s\" has %d columns available but %d columns specified",
							 scope->query->name, ignored.count, scope->query->columns.count);
		*with = scope;
	}
	return true;
}

bool
analyze_query(const PlanContext *context, const SelectStatement *query, const WithScope *with,
			  bool keep_unknown, Projection *out, Error *err)
{
	memset(out, 0, sizeof *out);
	if (!push_with(context, query, &with, err))
		return false;
	if (query->values.count == 0 && query->op == SET_OPERATION_NONE)
		return analyze_plain_select(context, query, with, keep_unknown, out, err);
	if (query->values.count > 0 ? !analyze_values(context, &query->values, out, err)
								: !analyze_set_operation(context, query, with, out, err))
		return false;
	return sort_output(context, query, out, err) && limit_output(context, query, out, err);
}
