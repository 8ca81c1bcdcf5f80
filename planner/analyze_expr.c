/*
 * analyze_expr.c: raw expressions to typed ones: literals, columns, operators, casts.
 *
 * The idea: one function per kind of node, chosen in analyze_part(); order of checks, texts and positions
 * follow PostgreSQL's parse_expr.c. Comparisons are in analyze_compare.c, calls in analyze_call.c, CASE and
 * its kin in analyze_case.c.
 */
#include "planner/analyze.h"

#include "planner/candidates.h"
#include "planner/fold.h"
#include "planner/types.h"

Expr *
analyze_unsupported(Analyzer *a, int position, const char *what, const char *hint)
{
	error_set(a->err, SQLSTATE_FEATURE_NOT_SUPPORTED, position, "%s", what);
	error_hint(a->err, "%s", hint);
	return NULL;
}

static Expr *
read_number(Analyzer *a, const char *text, int position)
{
	static const TypeId types[] = {TYPE_INTEGER, TYPE_BIGINT, TYPE_NUMERIC};
	bool whole = strspn(text, "-0123456789") == strlen(text);

	for (size_t i = whole ? 0 : 2; i < lengthof(types); i++)
	{
		Datum value = {.type = types[i]};
		Error *err = i + 1 == lengthof(types) ? a->err : NULL;

		if (type_class(types[i])->parse(str_from_cstr(text), a->context->types, a->context->arena,
										&value.value, err))
			return expr_constant(a->context->arena, value, position);
	}
	if (a->err->position < 0)
		a->err->position = position;
	return NULL;
}

/* They have no type here; wrong digits are told first, as PostgreSQL would. */
static Expr *
refuse_bits(Analyzer *a, const Literal *literal)
{
	bool binary = literal->text[0] == 'b';
	const char *digits = literal->text + 1;
	const char *wrong = digits + strspn(digits, binary ? "01" : "0123456789abcdefABCDEF");
	int length = 1; /* of a character of UTF-8 */

	while ((wrong[0] & 0x80) != 0 && (wrong[length] & 0xc0) == 0x80)
		length++;
	if (*wrong == '\0')
		return analyze_unsupported(a, literal->node.position, "bit string literals are not supported",
								   "Use an integer, or a text.");
	error_set(a->err, SQLSTATE_INVALID_TEXT_REPRESENTATION, literal->node.position,
			  "\"%.*s\" is not a valid %s digit", length, wrong, binary ? "binary" : "hexadecimal");
	return NULL;
}

static Expr *
analyze_literal(Analyzer *a, const Literal *literal)
{
	Arena *arena = a->context->arena;
	int position = literal->node.position;
	Datum value = {.type = TYPE_UNKNOWN};

	switch (literal->literal)
	{
		case LITERAL_NULL: return expr_null(arena, TYPE_UNKNOWN, position);
		case LITERAL_BOOLEAN:
			return expr_constant(arena, (Datum){.type = TYPE_BOOLEAN, .value.b = literal->boolean}, position);
		case LITERAL_INTEGER:
			return expr_constant(arena, (Datum){.type = TYPE_INTEGER, .value.i32 = literal->integer},
								 position);
		case LITERAL_NUMERIC: return read_number(a, literal->text, position);
		case LITERAL_STRING:
			value.value.text = text_make(literal->text, strlen(literal->text));
			return expr_constant(arena, value, position);
		case LITERAL_BITS: return refuse_bits(a, literal);
	}
	return NULL;
}

/* The name is a table's and no column's. */
static bool
is_whole_row(const Scope *scope, const char *name)
{
	return scope_find_visible(scope, name) < 0 && scope_find_table(scope, name) != NULL;
}

static Expr *
too_many_names(Analyzer *a, const ColumnRef *ref)
{
	StrBuf name = {0};

	for (int i = 0; i < ref->parts.count; i++)
		str_appendf(&name, "%s%s", i > 0 ? "." : "", ((const Identifier *)ref->parts.items[i])->name);
	if (ref->parts.count == 4)
		error_set(a->err, SQLSTATE_FEATURE_NOT_SUPPORTED, ref->node.position,
				  "cross-database references are not implemented: %s", str_cstr(&name));
	else
		error_set(a->err, SQLSTATE_SYNTAX_ERROR, ref->node.position,
				  "improper qualified name (too many dotted names): %s", str_cstr(&name));
	str_free(&name);
	return NULL;
}

/* schema.table.column: the only schema is public. */
static bool
is_in_public(Analyzer *a, const ColumnRef *ref)
{
	const char *table = ((const Identifier *)ref->parts.items[1])->name;

	if (strcmp(((const Identifier *)ref->parts.items[0])->name, "public") == 0)
		return true;
	if (a->scope == NULL || scope_find_table(a->scope, table) == NULL)
		return error_set(a->err, SQLSTATE_UNDEFINED_TABLE, ref->node.position,
						 "missing FROM-clause entry for table \"%s\"", table);
	error_set(a->err, SQLSTATE_UNDEFINED_TABLE, ref->node.position,
			  "invalid reference to FROM-clause entry for table \"%s\"", table);
	return error_hint(a->err,
					  "There is an entry for table \"%s\", but it cannot be referenced from this part of the "
					  "query.",
					  table);
}

Expr *
analyze_column(Analyzer *a, const ColumnRef *ref)
{
	const Identifier *last;
	const char *table = NULL;
	int column;

	if (ref->star)
	{
		error_set(a->err, SQLSTATE_SYNTAX_ERROR, ref->node.position,
				  "row expansion via \"*\" is not supported here");
		return NULL;
	}
	if (ref->parts.count > 3)
		return too_many_names(a, ref);
	if (ref->parts.count == 3 && !is_in_public(a, ref))
		return NULL;
	last = (const Identifier *)ref->parts.items[ref->parts.count - 1];
	if (a->scope == NULL && a->no_columns != NULL)
	{
		error_set(a->err, SQLSTATE_FEATURE_NOT_SUPPORTED, ref->node.position, "%s", a->no_columns);
		return NULL;
	}
	if (ref->parts.count > 1)
		table = ((const Identifier *)ref->parts.items[ref->parts.count - 2])->name;
	if (a->scope == NULL)
	{
		static const Scope empty;

		scope_find_column(&empty, table, last->name, ref->node.position, a->err);
		return NULL;
	}
	if (table == NULL && is_whole_row(a->scope, last->name))
		return analyze_unsupported(a, ref->node.position, "whole-row references are not supported",
								   "Name the columns, or write the table's name with .*.");
	column = scope_find_column(a->scope, table, last->name, ref->node.position, a->err);
	return column < 0 ? NULL
					  : expr_column(a->context->arena, column, a->scope->columns[column].expr->type,
									ref->node.position);
}

/* Operators that PostgreSQL has on the types of today, and Weir has not. */
static bool
is_known_operator(const char *name)
{
	static const char *const names[] = {"~",   "~*", "!~", "!~*", "~~*", "!~~*", "@>", "<@", "?",
										"?|",  "?&", "#>", "#>>", "#-",  "@?",   "@@", "^@", "|/",
										"||/", "&",  "|",  "#",   "<<",  ">>",   "^",  "@"};

	for (size_t i = 0; i < lengthof(names); i++)
	{
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

/* PostgreSQL's text || anynonarray and anynonarray || text: the other side is turned into text. */
static void
concat_as_text(Analyzer *a, const char *name, Expr **left, Expr **right)
{
	Expr **sides[2] = {left, right};

	if (strcmp(name, "||") != 0 || *left == NULL)
		return;
	for (int i = 0; i < 2; i++)
	{
		TypeId this = (*sides[i])->type.id;
		TypeId other = (*sides[1 - i])->type.id;

		if ((other != TYPE_TEXT && (other != TYPE_UNKNOWN || this == TYPE_JSONB)) || this == TYPE_TEXT ||
			this == TYPE_UNKNOWN)
			continue;
		*sides[i] = types_cast(a->context, *sides[i], TYPE_PLAIN(TYPE_TEXT), 0, NO_POSITION, a->err);
		return;
	}
}

/* In PostgreSQL a literal before -> may be json as well as jsonb. */
static Expr *
ambiguous_json(Analyzer *a, const char *name, const Expr *right, int position)
{
	error_set(a->err, SQLSTATE_AMBIGUOUS_FUNCTION, position, "operator is not unique: unknown %s %s", name,
			  types_name(right->type.id));
	error_hint(a->err,
			   "Could not choose a best candidate operator. You might need to add explicit type casts.");
	return NULL;
}

Expr *
analyze_apply(Analyzer *a, const char *name, Expr *left, Expr *right, int position)
{
	int next = 0;

	concat_as_text(a, name, &left, &right);
	if (left != NULL && left->type.id == TYPE_UNKNOWN && strncmp(name, "->", 2) == 0 &&
		(right->type.id == TYPE_UNKNOWN || right->type.id == TYPE_TEXT || right->type.id == TYPE_INTEGER))
		return ambiguous_json(a, name, right, position);

	if (is_known_operator(name) && function_next(str_from_cstr(name), &next) == NULL)
	{
		error_set(a->err, SQLSTATE_FEATURE_NOT_SUPPORTED, position, "operator %s is not supported", name);
		error_hint(a->err, "SHOW FUNCTIONS lists the functions and operators that are.");
		return NULL;
	}
	return candidates_operator(a->context, name, left, right, position, a->err);
}

static Expr *
analyze_operator(Analyzer *a, const OperatorExpr *node)
{
	Expr *left = NULL;
	Expr *right;

	if (node->left != NULL && node->left->kind == SYNTAX_ROW)
		return analyze_unsupported(a, node->node.position, "row comparison is not supported",
								   "Compare the columns one by one, with AND and OR.");
	if (node->left != NULL && (left = analyze_part(a, node->left)) == NULL)
		return NULL;
	right = analyze_part(a, node->right);
	return right == NULL ? NULL : analyze_apply(a, node->name, left, right, node->node.position);
}

static Expr *
analyze_boolean(Analyzer *a, const BooleanExpr *node)
{
	static const ExprKind kinds[] = {
		[BOOLEAN_AND] = EXPR_AND, [BOOLEAN_OR] = EXPR_OR, [BOOLEAN_NOT] = EXPR_NOT};
	static const char *const names[] = {[BOOLEAN_AND] = "AND", [BOOLEAN_OR] = "OR", [BOOLEAN_NOT] = "NOT"};
	Expr *expr = expr_new(a->context->arena, kinds[node->op], TYPE_PLAIN(TYPE_BOOLEAN), node->node.position,
						  node->operands.count);

	for (int i = 0; i < node->operands.count; i++)
	{
		expr->args[i] = analyze_condition(a, node->operands.items[i], names[node->op]);
		if (expr->args[i] == NULL)
			return NULL;
	}
	return expr;
}

static Expr *
analyze_cast(Analyzer *a, const TypeCast *node)
{
	TypeSpec type;
	unsigned fields;
	int position = node->node.position;
	Expr *operand;

	if (!type_name_resolve(a->context, node->type, &type, &fields, a->err))
		return NULL;
	operand = analyze_part(a, node->operand);
	if (operand == NULL)
		return NULL;
	if (position < 0)
		position = node->type->node.position;
	return types_cast(a->context, operand, type, fields, position, a->err);
}

static Expr *
no_such_parameter(Analyzer *a, const Parameter *node)
{
	error_set(a->err, SQLSTATE_UNDEFINED_PARAMETER, node->node.position, "there is no parameter $%d",
			  node->number);
	return NULL;
}

static Expr *
default_not_allowed(Analyzer *a, int position)
{
	error_set(a->err, SQLSTATE_SYNTAX_ERROR, position, "DEFAULT is not allowed in this context");
	return NULL;
}

Expr *
analyze_part(Analyzer *a, const SyntaxNode *node)
{
	switch (node->kind)
	{
		case SYNTAX_LITERAL: return analyze_literal(a, (const Literal *)node);
		case SYNTAX_PARAMETER: return no_such_parameter(a, (const Parameter *)node);
		case SYNTAX_COLUMN_REF: return analyze_column(a, (const ColumnRef *)node);
		case SYNTAX_TYPE_CAST: return analyze_cast(a, (const TypeCast *)node);
		case SYNTAX_OPERATOR: return analyze_operator(a, (const OperatorExpr *)node);
		case SYNTAX_BOOLEAN: return analyze_boolean(a, (const BooleanExpr *)node);
		case SYNTAX_IS_TEST: return analyze_is_test(a, (const IsTestExpr *)node);
		case SYNTAX_DISTINCT_FROM: return analyze_distinct_from(a, (const DistinctFromExpr *)node);
		case SYNTAX_BETWEEN: return analyze_between(a, (const BetweenExpr *)node);
		case SYNTAX_IN: return analyze_in(a, (const InExpr *)node);
		case SYNTAX_LIKE: return analyze_like(a, (const LikeExpr *)node);
		case SYNTAX_CASE: return analyze_case(a, (const CaseExpr *)node);
		case SYNTAX_COALESCE:
		case SYNTAX_NULLIF:
		case SYNTAX_GREATEST:
		case SYNTAX_LEAST: return analyze_choice(a, (const ListExpr *)node);
		case SYNTAX_FUNCTION_CALL: return analyze_call(a, (const FunctionCall *)node);
		case SYNTAX_CURRENT_VALUE: return analyze_current_value(a, (const CurrentValue *)node);
		case SYNTAX_SET_TO_DEFAULT: return default_not_allowed(a, node->position);
		case SYNTAX_ROW:
			return analyze_unsupported(a, node->position, "row expressions are not supported",
									   "Write the expressions one by one.");
		case SYNTAX_ARRAY:
		case SYNTAX_SUBSCRIPT:
			return analyze_unsupported(a, node->position, "arrays are not supported",
									   "Use jsonb for lists of values.");
		case SYNTAX_GROUPING:
			return analyze_unsupported(a, node->position, "GROUPING is not supported",
									   "Write one query for each grouping and unite them with UNION ALL.");
		case SYNTAX_COLLATE:
			return analyze_unsupported(a, node->position, "COLLATE is not supported",
									   "Text compares by bytes, as with COLLATE \"C\".");
		case SYNTAX_FIELD_SELECT:
			return analyze_unsupported(a, node->position, "selecting a field of a row is not supported",
									   "Name the column with its table, as in t.a.");
		case SYNTAX_SUBQUERY:
			return analyze_unsupported(a, node->position, "subqueries in expressions are not supported",
									   "Join with a table, or compute the value in a subquery in FROM.");
		case SYNTAX_QUANTIFIED:
			return analyze_unsupported(a, node->position, "ANY and ALL are not supported",
									   "Use IN, or AND and OR.");
		default:
			error_set(a->err, SQLSTATE_INTERNAL_ERROR, node->position,
					  "unexpected syntax node %s in an expression", syntax_kind_name(node->kind));
			return NULL;
	}
}

Expr *
analyze_expr(Analyzer *a, const SyntaxNode *node)
{
	Expr *expr = analyze_part(a, node);

	return expr != NULL ? fold_expr(a->context, expr) : NULL;
}

Expr *
analyze_condition(Analyzer *a, const SyntaxNode *node, const char *construct)
{
	Expr *expr = analyze_part(a, node);

	return expr != NULL ? types_coerce_to(a->context, expr, TYPE_BOOLEAN, construct, a->err) : NULL;
}
