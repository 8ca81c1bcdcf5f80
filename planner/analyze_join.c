/*
 * analyze_join.c: JOIN in its spellings, as the join of rows with a reference table.
 *
 * The idea: one side must be a reference table (perhaps filtered), which is looked up for each row of the
 * other side; sides are swapped when the table stands left. The scope's columns keep the order of the text
 * whatever the node's columns are. Which conditions are equality keys is found by rewrite.c.
 */
#include "planner/analyze.h"

#include "planner/candidates.h"
#include "planner/fold.h"
#include "planner/nodes.h"

/* A side that can be looked up: a table under filters, its columns passed on unchanged. */
static bool
is_lookup(const Scope *side, bool outer)
{
	const PlanNode *node = side->node;

	while (node->kind == NODE_FILTER)
		node = node->input;
	if (node->kind != NODE_TABLE)
		return false;
	for (int i = 0; i < side->column_count && outer; i++)
	{
		if (side->columns[i].expr->kind != EXPR_COLUMN)
			return false;
	}
	return true;
}

static bool
no_lookup_side(const Scope *left, const Scope *right, JoinType type, int position, Error *err)
{
	const StreamDef *a = node_stream(left->node);
	const StreamDef *b = node_stream(right->node);

	if (a != NULL && b != NULL)
	{
		error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, position,
				  "joining stream \"%s\" with stream \"%s\" is not supported", a->name, b->name);
		return error_hint(err, "Join a stream with tables (CREATE TABLE).");
	}
	if (type != JOIN_INNER && (is_lookup(left, false) || is_lookup(right, false)))
	{
		error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, position,
				  "an outer join that adds NULLs to this side of the join is not supported");
		return error_hint(err,
						  "Put the table, without computed columns, on the side that is filled with NULLs.");
	}
	error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, position, "this join is not supported");
	return error_hint(err, "One side of a join must be a table (CREATE TABLE), perhaps with a filter.");
}

static Expr *
shifted(Arena *arena, const Expr *expr, int by)
{
	return expr_shift(arena, expr, 0, by);
}

/* The combined scope; by_left, by_right: where each side's node columns begin in the joined row. */
static Scope *
combine(Arena *arena, const Scope *left, int by_left, const Scope *right, int by_right)
{
	Scope *scope = ARENA_NEW(arena, Scope);
	int n = left->column_count;

	scope->column_count = n + right->column_count;
	scope->columns = ARENA_ARRAY(arena, ScopeColumn, scope->column_count + right->visible_count);
	scope->visible_count = left->visible_count + right->visible_count;
	scope->visible = ARENA_ARRAY(arena, int, scope->visible_count);
	scope->table_count = left->table_count + right->table_count;
	scope->tables = ARENA_ARRAY(arena, ScopeTable, scope->table_count + 1);
	for (int i = 0; i < scope->column_count; i++)
	{
		scope->columns[i] = i < n ? left->columns[i] : right->columns[i - n];
		scope->columns[i].expr = shifted(arena, scope->columns[i].expr, i < n ? by_left : by_right);
	}
	for (int i = 0; i < scope->visible_count; i++)
		scope->visible[i] =
			i < left->visible_count ? left->visible[i] : right->visible[i - left->visible_count] + n;
	for (int i = 0; i < scope->table_count; i++)
	{
		scope->tables[i] = i < left->table_count ? left->tables[i] : right->tables[i - left->table_count];
		if (i >= left->table_count)
			scope->tables[i].first += n;
	}
	return scope;
}

static bool
check_aliases(const Scope *left, const Scope *right, Error *err)
{
	for (int i = 0; i < right->table_count; i++)
	{
		if (scope_find_table(left, right->tables[i].name) != NULL)
			return error_set(err, SQLSTATE_DUPLICATE_ALIAS, NO_POSITION,
							 "table name \"%s\" specified more than once", right->tables[i].name);
	}
	return true;
}

/* What a column of the looked-up table is called in EXPLAIN and canonical texts. */
static const char *
joined_name(Arena *arena, const PlanNode *input, const StreamDef *table, const char *column)
{
	const char *name = arena_printf(arena, "%s.%s", table->name, column);

	for (int n = 1;; n++)
	{
		bool taken = false;

		for (uint32_t i = 0; i < input->column_count; i++)
			taken |= strcmp(input->columns[i].name, name) == 0;
		if (!taken)
			return name;
		name = arena_printf(arena, "%s_%d.%s", table->name, n, column);
	}
}

/* The join node without its condition; filters over the table are added to conditions, over the joined row.
 */
static PlanNode *
lookup_node(Arena *arena, PlanNode *input, const PlanNode *side, bool outer, ExprList *conditions)
{
	int by = (int)input->column_count;
	PlanNode *node;

	for (; side->kind == NODE_FILTER; side = side->input)
		expr_list_add_conjuncts(arena, conditions, shifted(arena, side->filter.condition, by));
	node = node_new(arena, NODE_JOIN_TABLE, input, input->column_count + side->column_count);
	memcpy(node->columns, input->columns, sizeof *node->columns * input->column_count);
	for (uint32_t i = 0; i < side->column_count; i++)
		node->columns[by + (int)i] = (ResultColumn){
			joined_name(arena, input, side->table->table, side->columns[i].name), side->columns[i].type};
	node->join.table = side->table;
	node->join.left = outer;
	return node;
}

/* Joins two sides; *swapped: the left one is looked up. */
static Scope *
join_sides(const PlanContext *context, Scope *left, Scope *right, JoinType type, int position,
		   ExprList *conditions, Error *err)
{
	bool outer = type == JOIN_LEFT || type == JOIN_RIGHT;
	bool right_ok = type != JOIN_RIGHT && is_lookup(right, outer);
	bool left_ok = type != JOIN_LEFT && is_lookup(left, outer);
	const Scope *input = right_ok ? left : right;
	const Scope *side = right_ok ? right : left;
	Scope *scope;

	if (!check_aliases(left, right, err))
		return NULL;
	if (!right_ok && !left_ok)
	{
		no_lookup_side(left, right, type, position, err);
		return NULL;
	}
	scope = combine(context->arena, left, right_ok ? 0 : (int)right->node->column_count, right,
					right_ok ? (int)left->node->column_count : 0);
	scope->node = lookup_node(context->arena, input->node, side->node, outer, conditions);
	return scope;
}

/* ---- USING and NATURAL ---- */

static int
find_common(const Scope *side, const char *column, const char *which, Error *err)
{
	int found = scope_find_visible(side, column);
	int matches = 0;

	for (int i = 0; i < side->visible_count; i++)
		matches += strcmp(side->columns[side->visible[i]].name, column) == 0;
	if (matches > 1)
	{
		error_set(err, SQLSTATE_AMBIGUOUS_COLUMN, NO_POSITION,
				  "common column name \"%s\" appears more than once in %s table", column, which);
		return -1;
	}
	if (found < 0)
		error_set(err, SQLSTATE_UNDEFINED_COLUMN, NO_POSITION,
				  "column \"%s\" specified in USING clause does not exist in %s table", column, which);
	return found;
}

/* Makes left = right a condition (over the scope's columns) and the pair one visible column. */
static bool
merge_column(const PlanContext *context, Scope *scope, int left, int right, const JoinExpr *join,
			 ExprList *conditions, int *merged, Error *err)
{
	Arena *arena = context->arena;
	Expr *pair[2] = {expr_column(arena, left, scope->columns[left].expr->type, NO_POSITION),
					 expr_column(arena, right, scope->columns[right].expr->type, NO_POSITION)};
	bool take_right = join->type == JOIN_RIGHT;
	TypeId type = types_common(pair, 2, "JOIN/USING", err);
	Expr *equal;

	if (type == TYPE_UNKNOWN)
		return false;
	equal = candidates_operator(context, "=", pair[0], pair[1], NO_POSITION, err);
	if (equal == NULL)
		return false;
	expr_list_add(arena, conditions, equal);
	*merged = take_right ? right : left;
	if (scope->columns[*merged].expr->type.id == type)
		return true;
	if (!types_unify(context, pair, 2, type, "JOIN/USING", err))
		return false;
	scope->columns[scope->column_count] = scope->columns[*merged];
	scope->columns[scope->column_count].expr = scope_resolve(arena, scope, pair[take_right]);
	*merged = scope->column_count++;
	return true;
}

/* The visible columns become: merged ones, the rest of the left, the rest of the right. */
static bool
merge_columns(const PlanContext *context, Scope *scope, int left_visible, const SyntaxList *names,
			  const JoinExpr *join, ExprList *conditions, Error *err)
{
	Scope sides[2] = {*scope, *scope};
	int *visible = ARENA_ARRAY(context->arena, int, scope->visible_count);
	bool *gone = ARENA_ARRAY_ZERO(context->arena, bool, scope->column_count);
	int count = 0;

	sides[0].visible_count = left_visible;
	sides[1].visible = scope->visible + left_visible;
	sides[1].visible_count = scope->visible_count - left_visible;
	for (int i = 0; i < names->count; i++)
	{
		const Identifier *name = (const Identifier *)names->items[i];
		int left = find_common(&sides[0], name->name, "left", err);
		int right = left >= 0 ? find_common(&sides[1], name->name, "right", err) : -1;

		if (right >= 0 && (gone[left] || gone[right]))
			return error_set(err, SQLSTATE_DUPLICATE_COLUMN, NO_POSITION,
							 "column name \"%s\" appears more than once in USING clause", name->name);
		if (right < 0 || !merge_column(context, scope, left, right, join, conditions, &visible[count], err))
			return false;
		gone[left] = gone[right] = true;
		count++;
	}
	for (int i = 0; i < scope->visible_count; i++)
	{
		if (!gone[scope->visible[i]])
			visible[count++] = scope->visible[i];
	}
	scope->visible = visible;
	scope->visible_count = count;
	return true;
}

static SyntaxList
natural_names(const PlanContext *context, const Scope *left, const Scope *right, const JoinExpr *join)
{
	SyntaxList names = {0};

	for (int i = 0; i < left->visible_count; i++)
	{
		const char *name = left->columns[left->visible[i]].name;
		Identifier *identifier;

		if (scope_find_visible(right, name) < 0)
			continue;
		identifier = TREE_NEW(context->arena, IDENTIFIER, Identifier, join->node.position);
		identifier->name = name;
		syntax_list_append(context->arena, &names, &identifier->node);
	}
	return names;
}

static bool
analyze_on(const PlanContext *context, const Scope *scope, const SyntaxNode *on, ExprList *conditions,
		   Error *err)
{
	Analyzer a = {.context = context, .scope = scope, .place = "JOIN conditions", .err = err};
	Expr *condition;

	if (on == NULL)
		return true;
	condition = analyze_condition(&a, on, "JOIN/ON");
	if (condition == NULL)
		return false;
	expr_list_add_conjuncts(context->arena, conditions, fold_expr(context, condition));
	return true;
}

/* (a JOIN b …) AS alias hides the tables and their aliases behind one. */
static bool
apply_join_alias(const PlanContext *context, Scope *scope, const Alias *alias, Error *err)
{
	int count = scope->visible_count;
	ScopeColumn *columns = ARENA_ARRAY(context->arena, ScopeColumn, count);

	if (alias->columns.count > count)
		return error_set(err, SQLSTATE_INVALID_COLUMN_REFERENCE, NO_POSITION,
						 "join expression \"%s\" has %d columns available but %d columns specified",
						 alias->name, count, alias->columns.count);
	for (int i = 0; i < count; i++)
	{
		columns[i] = scope->columns[scope->visible[i]];
		columns[i].table = alias->name;
		if (i < alias->columns.count)
			columns[i].name = ((const Identifier *)alias->columns.items[i])->name;
	}
	for (int i = 0; i < count; i++)
		scope->visible[i] = i;
	scope->columns = columns;
	scope->column_count = count;
	scope->tables[0] = (ScopeTable){.name = alias->name, .count = count};
	scope->table_count = 1;
	return true;
}

bool
analyze_join(const PlanContext *context, const JoinExpr *join, const WithScope *with, Scope **out, Error *err)
{
	ExprList filters = {0};
	ExprList conditions = {0};
	Scope *left;
	Scope *right;
	Scope *scope;
	SyntaxList names = join->using_columns;

	if (!analyze_from_item(context, join->left, with, &left, err) ||
		!analyze_from_item(context, join->right, with, &right, err))
		return false;
	if (join->type == JOIN_FULL)
	{
		error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, join->node.position, "FULL JOIN is not supported");
		return error_hint(err, "Use LEFT JOIN.");
	}
	if (join->using_alias != NULL)
	{
		error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, join->using_alias->node.position,
				  "an alias for JOIN USING is not supported");
		return error_hint(err, "Leave the alias out; the columns have their plain names.");
	}
	scope = join_sides(context, left, right, join->type, join->right->position, &filters, err);
	if (scope == NULL)
		return false;
	if (join->natural)
		names = natural_names(context, left, right, join);
	if (!merge_columns(context, scope, left->visible_count, &names, join, &conditions, err) ||
		!analyze_on(context, scope, join->on, &conditions, err))
		return false;
	for (int i = 0; i < conditions.count; i++)
		expr_list_add(context->arena, &filters, scope_resolve(context->arena, scope, conditions.items[i]));
	scope->node->join.condition = expr_list_and(context->arena, &filters);
	*out = scope;
	return join->alias == NULL || apply_join_alias(context, scope, join->alias, err);
}

bool
analyze_cross_join(const PlanContext *context, Scope *left, Scope *right, int position, Scope **out,
				   Error *err)
{
	ExprList filters = {0};
	Scope *scope = join_sides(context, left, right, JOIN_INNER, position, &filters, err);

	if (scope == NULL)
		return false;
	scope->node->join.condition = expr_list_and(context->arena, &filters);
	*out = scope;
	return true;
}
