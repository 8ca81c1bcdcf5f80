/*
 * deparse_expression.c: expressions as text.
 *
 * The idea: every kind has a Binding; deparse_operand() puts parentheses around what binds less tightly than
 * its place demands. Where the grammar wants a b_expr or c_expr, the place demands BINDING_UNARY or _PRIMARY.
 */
#include "parser/deparse_parts.h"

static Binding
operator_binding(const OperatorExpr *n)
{
	static const struct
	{
		const char *name;
		Binding binding;
	} known[] = {{"<", BINDING_COMPARISON},  {">", BINDING_COMPARISON},  {"=", BINDING_COMPARISON},
				 {"<=", BINDING_COMPARISON}, {">=", BINDING_COMPARISON}, {"<>", BINDING_COMPARISON},
				 {"+", BINDING_ADD},         {"-", BINDING_ADD},         {"*", BINDING_MULTIPLY},
				 {"/", BINDING_MULTIPLY},    {"%", BINDING_MULTIPLY},    {"^", BINDING_POWER}};

	if (n->schema.count > 0)
		return BINDING_OPERATOR;
	if (!n->left)
		return strcmp(n->name, "+") == 0 || strcmp(n->name, "-") == 0 ? BINDING_UNARY : BINDING_OPERATOR;
	for (size_t i = 0; i < lengthof(known); i++)
		if (strcmp(n->name, known[i].name) == 0)
			return known[i].binding;
	return BINDING_OPERATOR;
}

static Binding
boolean_binding(const BooleanExpr *n)
{
	return n->op == BOOLEAN_OR ? BINDING_OR : n->op == BOOLEAN_AND ? BINDING_AND : BINDING_NOT;
}

static Binding
binding_of(const SyntaxNode *node)
{
	switch (node->kind)
	{
		case SYNTAX_BOOLEAN: return boolean_binding((const BooleanExpr *)node);
		case SYNTAX_IS_TEST:
		case SYNTAX_DISTINCT_FROM: return BINDING_IS;
		case SYNTAX_QUANTIFIED: return BINDING_COMPARISON;
		case SYNTAX_BETWEEN:
		case SYNTAX_IN:
		case SYNTAX_LIKE: return BINDING_LIKE;
		case SYNTAX_OPERATOR: return operator_binding((const OperatorExpr *)node);
		case SYNTAX_COLLATE: return BINDING_COLLATE;
		case SYNTAX_LITERAL:
			return ((const Literal *)node)->text[0] == '-' &&
						   ((const Literal *)node)->literal != LITERAL_STRING
					   ? BINDING_UNARY
					   : BINDING_PRIMARY;
		case SYNTAX_TYPE_CAST:
			return ((const TypeCast *)node)->syntax == CAST_OPERATOR ? BINDING_CAST : BINDING_PRIMARY;
		case SYNTAX_FUNCTION_CALL:
			return ((const FunctionCall *)node)->syntax == FUNCTION_AT_TIME_ZONE ? BINDING_AT
																				 : BINDING_PRIMARY;
		case SYNTAX_SET_TO_DEFAULT: return BINDING_OR;
		default: return BINDING_PRIMARY;
	}
}

void
deparse_operand(const SyntaxNode *node, Binding demanded, StrBuf *out)
{
	bool parentheses = binding_of(node) < demanded;

	if (parentheses)
		str_append_char(out, '(');
	deparse(node, out);
	if (parentheses)
		str_append_char(out, ')');
}

/* ---- primary expressions ---- */

static void
deparse_literal(const Literal *n, StrBuf *out)
{
	switch (n->literal)
	{
		case LITERAL_NULL: str_append_cstr(out, "NULL"); break;
		case LITERAL_BOOLEAN: str_append_cstr(out, n->boolean ? "TRUE" : "FALSE"); break;
		case LITERAL_INTEGER:
		case LITERAL_NUMERIC: str_append_cstr(out, n->text); break;
		case LITERAL_STRING: deparse_string(n->text, out); break;
		case LITERAL_BITS:
			str_append_char(out, n->text[0]);
			deparse_string(n->text + 1, out);
			break;
	}
}

static void
deparse_column_ref(const ColumnRef *n, StrBuf *out)
{
	deparse_names(&n->parts, out);
	if (n->star)
		str_append_cstr(out, n->parts.count > 0 ? ".*" : "*");
}

static void
deparse_case(const CaseExpr *n, StrBuf *out)
{
	str_append_cstr(out, "CASE");
	if (n->argument)
	{
		str_append_char(out, ' ');
		deparse(n->argument, out);
	}
	for (int i = 0; i < n->whens.count; i++)
	{
		const CaseWhen *when = (const CaseWhen *)n->whens.items[i];

		str_append_cstr(out, " WHEN ");
		deparse(when->condition, out);
		str_append_cstr(out, " THEN ");
		deparse(when->result, out);
	}
	if (n->otherwise)
	{
		str_append_cstr(out, " ELSE ");
		deparse(n->otherwise, out);
	}
	str_append_cstr(out, " END");
}

static void
deparse_list_expr(const char *before, const ListExpr *n, const char *after, StrBuf *out)
{
	str_append_cstr(out, before);
	deparse_list(&n->items, out);
	str_append_cstr(out, after);
}

/* An inner dimension of an array has no word before it; an empty one at the top needs it. */
static void
deparse_array(const ListExpr *n, bool inner, StrBuf *out)
{
	str_append_cstr(out, inner ? "[" : "ARRAY[");
	for (int i = 0; i < n->items.count; i++)
	{
		if (i > 0)
			str_append_cstr(out, ", ");
		if (n->items.items[i]->kind == SYNTAX_ARRAY)
			deparse_array((const ListExpr *)n->items.items[i], true, out);
		else
			deparse(n->items.items[i], out);
	}
	str_append_char(out, ']');
}

static void
deparse_current_value(const CurrentValue *n, StrBuf *out)
{
	static const char *const words[] = {
		[CURRENT_VALUE_DATE] = "CURRENT_DATE",
		[CURRENT_VALUE_TIME] = "CURRENT_TIME",
		[CURRENT_VALUE_TIMESTAMP] = "CURRENT_TIMESTAMP",
		[CURRENT_VALUE_LOCALTIME] = "LOCALTIME",
		[CURRENT_VALUE_LOCALTIMESTAMP] = "LOCALTIMESTAMP",
		[CURRENT_VALUE_CATALOG] = "CURRENT_CATALOG",
		[CURRENT_VALUE_ROLE] = "CURRENT_ROLE",
		[CURRENT_VALUE_SCHEMA] = "CURRENT_SCHEMA",
		[CURRENT_VALUE_USER] = "CURRENT_USER",
		[CURRENT_VALUE_SESSION_USER] = "SESSION_USER",
		[CURRENT_VALUE_USER_SHORT] = "USER",
	};

	str_append_cstr(out, words[n->value]);
	if (n->precision >= 0)
		str_appendf(out, "(%d)", n->precision);
}

static void
append_query(const SelectStatement *query, StrBuf *out)
{
	str_append_char(out, '(');
	deparse(&query->node, out);
	str_append_char(out, ')');
}

static void
deparse_subquery(const SubqueryExpr *n, StrBuf *out)
{
	if (n->subquery == SUBQUERY_EXISTS)
		str_append_cstr(out, "EXISTS ");
	else if (n->subquery == SUBQUERY_ARRAY)
		str_append_cstr(out, "ARRAY");
	append_query(n->query, out);
}

/* What a subscript or field is taken from: a column or parameter, a step of the same kind, else in
 * parentheses. */
static void
append_container(const SyntaxNode *node, bool column_is_plain, StrBuf *out)
{
	bool plain =
		node->kind == SYNTAX_PARAMETER || node->kind == SYNTAX_SUBSCRIPT ||
		node->kind == SYNTAX_FIELD_SELECT ||
		(node->kind == SYNTAX_SUBQUERY && ((const SubqueryExpr *)node)->subquery == SUBQUERY_SCALAR) ||
		(column_is_plain && node->kind == SYNTAX_COLUMN_REF);

	if (!plain)
		str_append_char(out, '(');
	deparse(node, out);
	if (!plain)
		str_append_char(out, ')');
}

static void
deparse_subscript(const SubscriptExpr *n, StrBuf *out)
{
	append_container(n->operand, true, out);
	str_append_char(out, '[');
	if (n->lower)
		deparse(n->lower, out);
	if (n->slice)
		str_append_cstr(out, " : ");
	if (n->upper)
		deparse(n->upper, out);
	str_append_char(out, ']');
}

static void
deparse_field_select(const FieldSelect *n, StrBuf *out)
{
	append_container(n->operand, false, out);
	str_append_char(out, '.');
	if (n->field)
		deparse(&n->field->node, out);
	else
		str_append_char(out, '*');
}

static void
deparse_cast(const TypeCast *n, StrBuf *out)
{
	switch (n->syntax)
	{
		case CAST_LITERAL: deparse_typed_literal(n, out); break;
		case CAST_OPERATOR:
			deparse_operand(n->operand, BINDING_CAST, out);
			str_append_cstr(out, "::");
			deparse_type(n->type, out);
			break;
		case CAST_FUNCTION:
			str_append_cstr(out, "CAST(");
			deparse(n->operand, out);
			str_append_cstr(out, " AS ");
			deparse_type(n->type, out);
			str_append_char(out, ')');
			break;
	}
}

/* ---- operators ---- */

static void
append_operator(const OperatorExpr *n, StrBuf *out)
{
	if (n->schema.count == 0)
	{
		str_append_cstr(out, n->name);
		return;
	}
	str_append_cstr(out, "OPERATOR(");
	deparse_names(&n->schema, out);
	str_appendf(out, ".%s)", n->name);
}

static void
deparse_operator(const OperatorExpr *n, StrBuf *out)
{
	Binding binding = operator_binding(n);

	if (n->left)
	{
		/* comparisons do not chain */
		deparse_operand(n->left, binding == BINDING_COMPARISON ? binding + 1 : binding, out);
		str_append_char(out, ' ');
	}
	append_operator(n, out);
	str_append_char(out, ' ');
	deparse_operand(n->right, binding + 1, out);
}

static void
deparse_boolean(const BooleanExpr *n, StrBuf *out)
{
	Binding binding = boolean_binding(n);

	if (n->op == BOOLEAN_NOT)
	{
		str_append_cstr(out, "NOT ");
		deparse_operand(n->operands.items[0], binding, out);
		return;
	}
	for (int i = 0; i < n->operands.count; i++)
	{
		if (i > 0)
			str_append_cstr(out, n->op == BOOLEAN_AND ? " AND " : " OR ");
		deparse_operand(n->operands.items[i], binding + 1, out);
	}
}

static void
deparse_is_test(const IsTestExpr *n, StrBuf *out)
{
	static const char *const words[] = {
		[IS_NULL] = "NULL", [IS_TRUE] = "TRUE", [IS_FALSE] = "FALSE", [IS_UNKNOWN] = "UNKNOWN"};

	deparse_operand(n->operand, BINDING_COMPARISON, out);
	str_appendf(out, " IS %s%s", n->negated ? "NOT " : "", words[n->test]);
}

static void
deparse_distinct_from(const DistinctFromExpr *n, StrBuf *out)
{
	deparse_operand(n->left, BINDING_COMPARISON, out);
	str_append_cstr(out, n->negated ? " IS NOT DISTINCT FROM " : " IS DISTINCT FROM ");
	deparse_operand(n->right, BINDING_COMPARISON, out);
}

static void
deparse_between(const BetweenExpr *n, StrBuf *out)
{
	deparse_operand(n->operand, BINDING_OPERATOR, out);
	str_appendf(out, "%s BETWEEN %s", n->negated ? " NOT" : "", n->symmetric ? "SYMMETRIC " : "");
	deparse_operand(n->low, BINDING_UNARY, out);
	str_append_cstr(out, " AND ");
	deparse_operand(n->high, BINDING_OPERATOR, out);
}

static void
deparse_in(const InExpr *n, StrBuf *out)
{
	deparse_operand(n->operand, BINDING_OPERATOR, out);
	str_append_cstr(out, n->negated ? " NOT IN " : " IN ");
	if (n->query)
	{
		append_query(n->query, out);
		return;
	}
	str_append_char(out, '(');
	deparse_list(&n->items, out);
	str_append_char(out, ')');
}

static void
deparse_like(const LikeExpr *n, StrBuf *out)
{
	static const char *const words[] = {
		[LIKE_LIKE] = "LIKE ", [LIKE_ILIKE] = "ILIKE ", [LIKE_SIMILAR] = "SIMILAR TO "};

	deparse_operand(n->operand, BINDING_OPERATOR, out);
	str_append_cstr(out, n->negated ? " NOT " : " ");
	str_append_cstr(out, words[n->like]);
	deparse_operand(n->pattern, BINDING_OPERATOR, out);
	if (n->escape)
	{
		str_append_cstr(out, " ESCAPE ");
		deparse_operand(n->escape, BINDING_OPERATOR, out);
	}
}

static void
deparse_quantified(const QuantifiedExpr *n, StrBuf *out)
{
	deparse_operand(n->operand, BINDING_ADD, out);
	str_appendf(out, " %s %s (", n->op, n->all ? "ALL" : "ANY");
	deparse(n->query ? &n->query->node : n->array, out);
	str_append_char(out, ')');
}

void
deparse_expression(const SyntaxNode *node, StrBuf *out)
{
	switch (node->kind)
	{
		case SYNTAX_LITERAL: deparse_literal((const Literal *)node, out); break;
		case SYNTAX_PARAMETER: str_appendf(out, "$%d", ((const Parameter *)node)->number); break;
		case SYNTAX_COLUMN_REF: deparse_column_ref((const ColumnRef *)node, out); break;
		case SYNTAX_TYPE_CAST: deparse_cast((const TypeCast *)node, out); break;
		case SYNTAX_OPERATOR: deparse_operator((const OperatorExpr *)node, out); break;
		case SYNTAX_BOOLEAN: deparse_boolean((const BooleanExpr *)node, out); break;
		case SYNTAX_IS_TEST: deparse_is_test((const IsTestExpr *)node, out); break;
		case SYNTAX_DISTINCT_FROM: deparse_distinct_from((const DistinctFromExpr *)node, out); break;
		case SYNTAX_BETWEEN: deparse_between((const BetweenExpr *)node, out); break;
		case SYNTAX_IN: deparse_in((const InExpr *)node, out); break;
		case SYNTAX_LIKE: deparse_like((const LikeExpr *)node, out); break;
		case SYNTAX_CASE: deparse_case((const CaseExpr *)node, out); break;
		case SYNTAX_COALESCE: deparse_list_expr("COALESCE(", (const ListExpr *)node, ")", out); break;
		case SYNTAX_NULLIF: deparse_list_expr("NULLIF(", (const ListExpr *)node, ")", out); break;
		case SYNTAX_GREATEST: deparse_list_expr("GREATEST(", (const ListExpr *)node, ")", out); break;
		case SYNTAX_LEAST: deparse_list_expr("LEAST(", (const ListExpr *)node, ")", out); break;
		case SYNTAX_ROW: deparse_list_expr("ROW(", (const ListExpr *)node, ")", out); break;
		case SYNTAX_ARRAY: deparse_array((const ListExpr *)node, false, out); break;
		case SYNTAX_GROUPING: deparse_list_expr("GROUPING(", (const ListExpr *)node, ")", out); break;
		case SYNTAX_FUNCTION_CALL: deparse_call((const FunctionCall *)node, out); break;
		case SYNTAX_NAMED_ARGUMENT:
			deparse_name(((const NamedArgument *)node)->name, out);
			str_append_cstr(out, " => ");
			deparse(((const NamedArgument *)node)->value, out);
			break;
		case SYNTAX_CURRENT_VALUE: deparse_current_value((const CurrentValue *)node, out); break;
		case SYNTAX_COLLATE:
			deparse_operand(((const CollateExpr *)node)->operand, BINDING_COLLATE, out);
			str_append_cstr(out, " COLLATE ");
			deparse_names(&((const CollateExpr *)node)->collation, out);
			break;
		case SYNTAX_SUBSCRIPT: deparse_subscript((const SubscriptExpr *)node, out); break;
		case SYNTAX_FIELD_SELECT: deparse_field_select((const FieldSelect *)node, out); break;
		case SYNTAX_SUBQUERY: deparse_subquery((const SubqueryExpr *)node, out); break;
		case SYNTAX_QUANTIFIED: deparse_quantified((const QuantifiedExpr *)node, out); break;
		case SYNTAX_SET_TO_DEFAULT: str_append_cstr(out, "DEFAULT"); break;
		default: break;
	}
}
