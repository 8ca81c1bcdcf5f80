/*
 * deparse_query.c: queries and their clauses as text.
 */
#include "parser/deparse_parts.h"

static void
append_clause_node(const char *word, const SyntaxNode *node, StrBuf *out)
{
	if (!node)
		return;
	str_append_cstr(out, word);
	deparse(node, out);
}

static void
append_parenthesised(const SyntaxList *list, StrBuf *out)
{
	str_append_char(out, '(');
	deparse_list(list, out);
	str_append_char(out, ')');
}

/* ---- SELECT ---- */

/* The rows of VALUES have no ROW before them. */
static void
append_values(const SelectStatement *n, StrBuf *out)
{
	str_append_cstr(out, "VALUES ");
	for (int i = 0; i < n->values.count; i++)
	{
		if (i > 0)
			str_append_cstr(out, ", ");
		append_parenthesised(&((const ListExpr *)n->values.items[i])->items, out);
	}
}

static void
append_windows(const SelectStatement *n, StrBuf *out)
{
	for (int i = 0; i < n->windows.count; i++)
	{
		str_append_cstr(out, i > 0 ? ", " : " WINDOW ");
		deparse_name(((const WindowDefinition *)n->windows.items[i])->name, out);
		str_append_cstr(out, " AS ");
		deparse(n->windows.items[i], out);
	}
}

static void
append_plain_select(const SelectStatement *n, StrBuf *out)
{
	str_append_cstr(out, n->distinct ? "SELECT DISTINCT" : "SELECT");
	if (n->distinct_on.count > 0)
	{
		str_append_cstr(out, " ON ");
		append_parenthesised(&n->distinct_on, out);
	}
	deparse_clause(" ", &n->targets, out);
	deparse_clause(" FROM ", &n->from, out);
	append_clause_node(" WHERE ", n->where, out);
	deparse_clause(n->group_distinct ? " GROUP BY DISTINCT " : " GROUP BY ", &n->group_by, out);
	append_clause_node(" HAVING ", n->having, out);
	append_windows(n, out);
}

static int
set_operation_binding(SetOperation op)
{
	return op == SET_OPERATION_NONE ? 3 : op == SET_OPERATION_INTERSECT ? 2 : 1;
}

static void
append_set_operand(const SelectStatement *n, int demanded, StrBuf *out)
{
	bool parentheses = n->with.count > 0 || n->order_by.count > 0 || n->limit || n->offset ||
					   set_operation_binding(n->op) < demanded;

	if (parentheses)
		str_append_char(out, '(');
	deparse(&n->node, out);
	if (parentheses)
		str_append_char(out, ')');
}

static void
append_set_operation(const SelectStatement *n, StrBuf *out)
{
	static const char *const words[] = {[SET_OPERATION_UNION] = " UNION ",
										[SET_OPERATION_INTERSECT] = " INTERSECT ",
										[SET_OPERATION_EXCEPT] = " EXCEPT "};
	int binding = set_operation_binding(n->op);

	append_set_operand(n->left, binding, out);
	str_append_cstr(out, words[n->op]);
	if (n->all)
		str_append_cstr(out, "ALL ");
	append_set_operand(n->right, binding + 1, out);
}

static void
append_limit(const SelectStatement *n, StrBuf *out)
{
	append_clause_node(" OFFSET ", n->offset, out);
	if (!n->with_ties)
	{
		append_clause_node(" LIMIT ", n->limit, out);
		return;
	}
	str_append_cstr(out, " FETCH FIRST (");
	deparse(n->limit, out);
	str_append_cstr(out, ") ROWS WITH TIES");
}

static void
deparse_select(const SelectStatement *n, StrBuf *out)
{
	deparse_clause(n->recursive ? "WITH RECURSIVE " : "WITH ", &n->with, out);
	if (n->with.count > 0)
		str_append_char(out, ' ');
	if (n->op != SET_OPERATION_NONE)
		append_set_operation(n, out);
	else if (n->values.count > 0)
		append_values(n, out);
	else
		append_plain_select(n, out);
	deparse_clause(" ORDER BY ", &n->order_by, out);
	append_limit(n, out);
}

static void
deparse_cte(const CommonTableExpr *n, StrBuf *out)
{
	static const char *const words[] = {[MATERIALIZE_DEFAULT] = "",
										[MATERIALIZE_ALWAYS] = "MATERIALIZED ",
										[MATERIALIZE_NEVER] = "NOT MATERIALIZED "};

	deparse_name(n->name, out);
	if (n->columns.count > 0)
		append_parenthesised(&n->columns, out);
	str_appendf(out, " AS %s(", words[n->materialization]);
	deparse(&n->query->node, out);
	str_append_char(out, ')');
}

static void
deparse_sort_item(const SortItem *n, StrBuf *out)
{
	static const char *const directions[] = {
		[SORT_DEFAULT] = "", [SORT_ASCENDING] = " ASC", [SORT_DESCENDING] = " DESC"};
	static const char *const nulls[] = {
		[SORT_NULLS_DEFAULT] = "", [SORT_NULLS_FIRST] = " NULLS FIRST", [SORT_NULLS_LAST] = " NULLS LAST"};

	deparse(n->value, out);
	str_append_cstr(out, directions[n->direction]);
	str_append_cstr(out, nulls[n->nulls]);
}

static void
deparse_grouping_set(const GroupingSet *n, StrBuf *out)
{
	static const char *const words[] = {[GROUPING_SET_EMPTY] = "",
										[GROUPING_SET_ROLLUP] = "ROLLUP ",
										[GROUPING_SET_CUBE] = "CUBE ",
										[GROUPING_SET_SETS] = "GROUPING SETS "};

	str_append_cstr(out, words[n->grouping]);
	append_parenthesised(&n->items, out);
}

/* ---- windows ---- */

static void
append_bound(const FrameBound *bound, StrBuf *out)
{
	static const char *const words[] = {[FRAME_UNBOUNDED_PRECEDING] = "UNBOUNDED PRECEDING",
										[FRAME_OFFSET_PRECEDING] = " PRECEDING",
										[FRAME_CURRENT_ROW] = "CURRENT ROW",
										[FRAME_OFFSET_FOLLOWING] = " FOLLOWING",
										[FRAME_UNBOUNDED_FOLLOWING] = "UNBOUNDED FOLLOWING"};

	if (bound->offset)
		deparse_operand(bound->offset, BINDING_PRIMARY, out);
	str_append_cstr(out, words[bound->kind]);
}

static void
append_frame(const WindowDefinition *n, StrBuf *out)
{
	static const char *const modes[] = {
		[FRAME_DEFAULT] = "", [FRAME_RANGE] = "RANGE", [FRAME_ROWS] = "ROWS", [FRAME_GROUPS] = "GROUPS"};
	static const char *const exclusions[] = {[FRAME_EXCLUDE_NO_OTHERS] = "",
											 [FRAME_EXCLUDE_CURRENT_ROW] = " EXCLUDE CURRENT ROW",
											 [FRAME_EXCLUDE_GROUP] = " EXCLUDE GROUP",
											 [FRAME_EXCLUDE_TIES] = " EXCLUDE TIES"};

	str_appendf(out, " %s BETWEEN ", modes[n->mode]);
	append_bound(&n->start, out);
	str_append_cstr(out, " AND ");
	append_bound(&n->end, out);
	str_append_cstr(out, exclusions[n->exclusion]);
}

static void
deparse_window_definition(const WindowDefinition *n, StrBuf *out)
{
	str_append_char(out, '(');
	if (n->base)
		deparse_name(n->base, out);
	deparse_clause(" PARTITION BY ", &n->partition_by, out);
	deparse_clause(" ORDER BY ", &n->order_by, out);
	if (n->mode != FRAME_DEFAULT)
		append_frame(n, out);
	str_append_char(out, ')');
}

/* ---- FROM ---- */

static void
append_alias(const Alias *alias, StrBuf *out)
{
	if (!alias)
		return;
	str_append_cstr(out, " AS ");
	if (alias->name)
		deparse_name(alias->name, out);
	if (alias->columns.count > 0)
		append_parenthesised(&alias->columns, out);
	if (alias->definitions.count > 0)
		append_parenthesised(&alias->definitions, out);
}

static void
deparse_range_subquery(const RangeSubquery *n, StrBuf *out)
{
	str_append_cstr(out, n->lateral ? "LATERAL (" : "(");
	deparse(&n->query->node, out);
	str_append_char(out, ')');
	append_alias(n->alias, out);
}

static void
deparse_range_function(const RangeFunction *n, StrBuf *out)
{
	if (n->lateral)
		str_append_cstr(out, "LATERAL ");
	deparse(n->function, out);
	if (n->ordinality)
		str_append_cstr(out, " WITH ORDINALITY");
	append_alias(n->alias, out);
}

static void
deparse_window_table(const WindowTable *n, StrBuf *out)
{
	static const char *const words[] = {[WINDOW_TABLE_TUMBLE] = "tumble(",
										[WINDOW_TABLE_HOP] = "hop(",
										[WINDOW_TABLE_CUMULATE] = "cumulate(",
										[WINDOW_TABLE_SESSION] = "session("};

	str_append_cstr(out, words[n->window]);
	deparse(n->input, out);
	append_clause_node(", ", n->time ? &n->time->node : NULL, out);
	deparse_clause(", ", &n->arguments, out);
	deparse_clause(", PARTITION BY ", &n->partition_by, out);
	str_append_char(out, ')');
	append_alias(n->alias, out);
}

/* A join on the right, or a named one, is in parentheses. */
static void
append_join_operand(const SyntaxNode *node, bool right, StrBuf *out)
{
	bool parentheses = right && node->kind == SYNTAX_JOIN && !((const JoinExpr *)node)->alias;

	if (parentheses)
		str_append_char(out, '(');
	deparse(node, out);
	if (parentheses)
		str_append_char(out, ')');
}

static void
append_join(const JoinExpr *n, StrBuf *out)
{
	static const char *const words[] = {[JOIN_INNER] = "JOIN ",
										[JOIN_LEFT] = "LEFT JOIN ",
										[JOIN_RIGHT] = "RIGHT JOIN ",
										[JOIN_FULL] = "FULL JOIN ",
										[JOIN_CROSS] = "CROSS JOIN "};

	append_join_operand(n->left, false, out);
	str_append_cstr(out, n->natural ? " NATURAL " : " ");
	str_append_cstr(out, words[n->type]);
	append_join_operand(n->right, true, out);
	append_clause_node(" ON ", n->on, out);
	if (n->using_columns.count > 0)
	{
		str_append_cstr(out, " USING ");
		append_parenthesised(&n->using_columns, out);
	}
	append_alias(n->using_alias, out);
}

static void
deparse_join(const JoinExpr *n, StrBuf *out)
{
	if (!n->alias)
	{
		append_join(n, out);
		return;
	}
	str_append_char(out, '(');
	append_join(n, out);
	str_append_char(out, ')');
	append_alias(n->alias, out);
}

void
deparse_query_part(const SyntaxNode *node, StrBuf *out)
{
	switch (node->kind)
	{
		case SYNTAX_SELECT: deparse_select((const SelectStatement *)node, out); break;
		case SYNTAX_CTE: deparse_cte((const CommonTableExpr *)node, out); break;
		case SYNTAX_TARGET:
			deparse(((const Target *)node)->value, out);
			if (((const Target *)node)->alias)
			{
				str_append_cstr(out, " AS ");
				deparse_name(((const Target *)node)->alias, out);
			}
			break;
		case SYNTAX_SORT_ITEM: deparse_sort_item((const SortItem *)node, out); break;
		case SYNTAX_GROUPING_SET: deparse_grouping_set((const GroupingSet *)node, out); break;
		case SYNTAX_WINDOW_DEFINITION: deparse_window_definition((const WindowDefinition *)node, out); break;
		case SYNTAX_ALIAS: append_alias((const Alias *)node, out); break;
		case SYNTAX_RELATION:
			deparse(&((const Relation *)node)->name->node, out);
			append_alias(((const Relation *)node)->alias, out);
			break;
		case SYNTAX_RANGE_SUBQUERY: deparse_range_subquery((const RangeSubquery *)node, out); break;
		case SYNTAX_RANGE_FUNCTION: deparse_range_function((const RangeFunction *)node, out); break;
		case SYNTAX_WINDOW_TABLE: deparse_window_table((const WindowTable *)node, out); break;
		case SYNTAX_JOIN: deparse_join((const JoinExpr *)node, out); break;
		default: break; /* a TableArgument is part of a WindowTable by now */
	}
}
