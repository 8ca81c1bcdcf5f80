/*
 * make.c: the grammar's actions for names and expressions.
 *
 * The idea: one function per kind of node, which allocates and fills it; where PostgreSQL's grammar
 * normalises (a minus before a number, AND of AND, a call's clauses) it happens here, so that later layers
 * see one form.
 */
#include "parser/grammar.h"

/* A new node of the kind, assigned to a variable of its type. */
#define NEW(KIND, Struct, position) TREE_NEW(parser->arena, KIND, Struct, position)

bool
parser_error(Parser *parser, int position, const char *message)
{
	return error_set(parser->err, SQLSTATE_SYNTAX_ERROR, position, "%s", message);
}

/* ---- lists ---- */

SyntaxList
list_add(Parser *parser, SyntaxList list, SyntaxNode *node)
{
	syntax_list_append(parser->arena, &list, node);
	return list;
}

SyntaxList
list_one(Parser *parser, SyntaxNode *node)
{
	return list_add(parser, (SyntaxList){0}, node);
}

SyntaxList
list_join(Parser *parser, SyntaxList a, SyntaxList b)
{
	for (int i = 0; i < b.count; i++)
		a = list_add(parser, a, b.items[i]);
	return a;
}

/* ---- names ---- */

Identifier *
make_identifier(Parser *parser, int position, const char *name)
{
	Identifier *n = NEW(IDENTIFIER, Identifier, position);

	n->name = name;
	return n;
}

QualifiedName *
make_qualified_name(Parser *parser, int position, SyntaxList parts)
{
	QualifiedName *n = NEW(QUALIFIED_NAME, QualifiedName, position);

	n->parts = parts;
	return n;
}

QualifiedName *
make_name_from_indirection(Parser *parser, Location at, const char *first, SyntaxList rest)
{
	SyntaxList parts = list_one(parser, &make_identifier(parser, at.start, first)->node);

	for (int i = 0; i < rest.count; i++)
		if (rest.items[i]->kind != SYNTAX_IDENTIFIER)
		{
			(void)parser_error_at_current(parser, "syntax error");
			return NULL;
		}
	if (rest.count > 2)
	{
		StrBuf text = {0};

		str_append_cstr(&text, first);
		for (int i = 0; i < rest.count; i++)
			str_appendf(&text, ".%s", ((Identifier *)rest.items[i])->name);
		(void)error_set(parser->err, SQLSTATE_SYNTAX_ERROR, at.start,
						"improper qualified name (too many dotted names): %s", str_cstr(&text));
		str_free(&text);
		return NULL;
	}
	return make_qualified_name(parser, at.start, list_join(parser, parts, rest));
}

SyntaxList
make_system_name(Parser *parser, int position, const char *name)
{
	SyntaxList names = list_one(parser, &make_identifier(parser, position, "pg_catalog")->node);

	return list_add(parser, names, &make_identifier(parser, position, name)->node);
}

TypeName *
make_type(Parser *parser, int position, SyntaxList names, SyntaxList modifiers)
{
	TypeName *n = NEW(TYPE_NAME, TypeName, position);

	n->names = names;
	n->modifiers = modifiers;
	return n;
}

TypeName *
make_system_type(Parser *parser, int position, const char *name, SyntaxList modifiers)
{
	return make_type(parser, position, make_system_name(parser, position, name), modifiers);
}

TypeName *
make_float_type(Parser *parser, int position, const char *precision, int precision_position)
{
	long bits = precision ? strtol(precision, NULL, 10) : 53;

	if (bits < 1)
	{
		(void)error_set(parser->err, SQLSTATE_INVALID_PARAMETER_VALUE, precision_position,
						"precision for type float must be at least 1 bit");
		return NULL;
	}
	if (bits > 53)
	{
		(void)error_set(parser->err, SQLSTATE_INVALID_PARAMETER_VALUE, precision_position,
						"precision for type float must be less than 54 bits");
		return NULL;
	}
	return make_system_type(parser, position, bits <= 24 ? "float4" : "float8", (SyntaxList){0});
}

SyntaxNode *
make_array_bound(Parser *parser, int position, const char *bound)
{
	return make_literal(parser, position, bound ? LITERAL_INTEGER : LITERAL_NULL, bound);
}

/* ---- primary expressions ---- */

SyntaxNode *
make_literal(Parser *parser, int position, LiteralKind kind, const char *text)
{
	Literal *n = NEW(LITERAL, Literal, position);

	n->literal = kind;
	n->text = text ? text : "";
	if (kind == LITERAL_INTEGER)
		n->integer = (int32_t)strtol(n->text, NULL, 10);
	return &n->node;
}

SyntaxNode *
make_boolean_literal(Parser *parser, int position, bool value)
{
	Literal *n = (Literal *)make_literal(parser, position, LITERAL_BOOLEAN, NULL);

	n->boolean = value;
	return &n->node;
}

SyntaxNode *
make_parameter(Parser *parser, int position, int number)
{
	Parameter *n = NEW(PARAMETER, Parameter, position);

	n->number = number;
	return &n->node;
}

SyntaxNode *
make_star(Parser *parser, int position)
{
	ColumnRef *n = NEW(COLUMN_REF, ColumnRef, position);

	n->star = true;
	return &n->node;
}

static bool
is_star(const SyntaxNode *node)
{
	return node->kind == SYNTAX_COLUMN_REF && ((const ColumnRef *)node)->star;
}

SyntaxNode *
make_subscript(Parser *parser, int position, bool slice, SyntaxNode *lower, SyntaxNode *upper)
{
	SubscriptExpr *n = NEW(SUBSCRIPT, SubscriptExpr, position);

	n->slice = slice;
	n->lower = lower;
	n->upper = upper;
	return &n->node;
}

SyntaxNode *
make_indirection(Parser *parser, SyntaxNode *operand, SyntaxList indirection)
{
	for (int i = 0; i < indirection.count; i++)
	{
		SyntaxNode *step = indirection.items[i];

		if (step->kind == SYNTAX_SUBSCRIPT)
		{
			((SubscriptExpr *)step)->operand = operand;
			operand = step;
			continue;
		}
		if (is_star(step) && i < indirection.count - 1)
		{
			(void)parser_error_at_current(parser, "improper use of \"*\"");
			return NULL;
		}
		FieldSelect *n = NEW(FIELD_SELECT, FieldSelect, step->position);

		n->operand = operand;
		n->field = is_star(step) ? NULL : (Identifier *)step;
		operand = &n->node;
	}
	return operand;
}

SyntaxNode *
make_column_ref(Parser *parser, int position, const char *first, SyntaxList indirection)
{
	ColumnRef *n = NEW(COLUMN_REF, ColumnRef, position);
	int i = 0;

	n->parts = list_one(parser, &make_identifier(parser, position, first)->node);
	for (; i < indirection.count && indirection.items[i]->kind == SYNTAX_IDENTIFIER; i++)
		n->parts = list_add(parser, n->parts, indirection.items[i]);
	if (i < indirection.count && is_star(indirection.items[i]) && i == indirection.count - 1)
	{
		n->star = true;
		i++;
	}
	indirection.items += i;
	indirection.count -= i;
	return make_indirection(parser, &n->node, indirection);
}

SyntaxNode *
make_case(Parser *parser, int position, SyntaxNode *argument, SyntaxList whens, SyntaxNode *otherwise)
{
	CaseExpr *n = NEW(CASE, CaseExpr, position);

	n->argument = argument;
	n->whens = whens;
	n->otherwise = otherwise;
	return &n->node;
}

SyntaxNode *
make_case_when(Parser *parser, int position, SyntaxNode *condition, SyntaxNode *result)
{
	CaseWhen *n = NEW(CASE_WHEN, CaseWhen, position);

	n->condition = condition;
	n->result = result;
	return &n->node;
}

SyntaxNode *
make_list_expr(Parser *parser, SyntaxKind kind, int position, SyntaxList items)
{
	ListExpr *n = (ListExpr *)tree_new_node(parser->arena, kind, position);

	n->items = items;
	return &n->node;
}

SyntaxNode *
make_subquery(Parser *parser, int position, SubqueryKind kind, SelectStatement *query)
{
	SubqueryExpr *n = NEW(SUBQUERY, SubqueryExpr, position);

	n->subquery = kind;
	n->query = query;
	return &n->node;
}

SyntaxNode *
make_current_value(Parser *parser, int position, CurrentValueKind value, int precision)
{
	CurrentValue *n = NEW(CURRENT_VALUE, CurrentValue, position);

	n->value = value;
	n->precision = precision;
	return &n->node;
}

/* ---- casts ---- */

SyntaxNode *
make_cast(Parser *parser, int position, SyntaxNode *operand, TypeName *type, CastSyntax syntax)
{
	TypeCast *n = NEW(TYPE_CAST, TypeCast, position);

	n->operand = operand;
	n->type = type;
	n->syntax = syntax;
	return &n->node;
}

SyntaxNode *
make_typed_literal(Parser *parser, Location type_at, TypeName *type, Location text_at, const char *text)
{
	SyntaxNode *literal = make_literal(parser, text_at.start, LITERAL_STRING, text);

	return make_cast(parser, type_at.start, literal, type, CAST_LITERAL);
}

SyntaxNode *
make_function_literal(Parser *parser, Location at, SyntaxList name, SyntaxList modifiers, Location text_at,
					  const char *text)
{
	for (int i = 0; i < modifiers.count; i++)
		if (modifiers.items[i]->kind == SYNTAX_NAMED_ARGUMENT)
		{
			(void)parser_error(parser, modifiers.items[i]->position,
							   "type modifier cannot have parameter name");
			return NULL;
		}
	return make_typed_literal(parser, at, make_type(parser, at.start, name, modifiers), text_at, text);
}

SyntaxNode *
make_collate(Parser *parser, int position, SyntaxNode *operand, SyntaxList collation)
{
	CollateExpr *n = NEW(COLLATE, CollateExpr, position);

	n->operand = operand;
	n->collation = collation;
	return &n->node;
}

/* ---- operators ---- */

SyntaxNode *
make_operator(Parser *parser, int position, const char *name, SyntaxNode *left, SyntaxNode *right)
{
	OperatorExpr *n = NEW(OPERATOR, OperatorExpr, position);

	n->name = strcmp(name, "!=") == 0 ? "<>" : name;
	n->left = left;
	n->right = right;
	return &n->node;
}

SyntaxNode *
make_named_operator(Parser *parser, int position, SyntaxList name, SyntaxNode *left, SyntaxNode *right)
{
	OperatorExpr *n = (OperatorExpr *)make_operator(parser, position, tree_last_name(&name), left, right);

	n->schema = name;
	n->schema.count--;
	return &n->node;
}

SyntaxNode *
make_minus(Parser *parser, int position, SyntaxNode *operand)
{
	Literal *literal = (Literal *)operand;

	if (operand->kind != SYNTAX_LITERAL ||
		(literal->literal != LITERAL_INTEGER && literal->literal != LITERAL_NUMERIC))
		return make_operator(parser, position, "-", NULL, operand);
	literal->text =
		literal->text[0] == '-' ? literal->text + 1 : arena_printf(parser->arena, "-%s", literal->text);
	literal->integer = -literal->integer;
	literal->node.position = position;
	return operand;
}

SyntaxNode *
make_and_or(Parser *parser, int position, BooleanOperator op, SyntaxNode *left, SyntaxNode *right)
{
	BooleanExpr *n = (BooleanExpr *)left;

	if (left->kind != SYNTAX_BOOLEAN || n->op != op)
	{
		n = NEW(BOOLEAN, BooleanExpr, position);
		n->op = op;
		n->operands = list_one(parser, left);
	}
	n->operands = list_add(parser, n->operands, right);
	return &n->node;
}

SyntaxNode *
make_not(Parser *parser, int position, SyntaxNode *operand)
{
	BooleanExpr *n = NEW(BOOLEAN, BooleanExpr, position);

	n->op = BOOLEAN_NOT;
	n->operands = list_one(parser, operand);
	return &n->node;
}

SyntaxNode *
make_is(Parser *parser, int position, SyntaxNode *operand, IsTest test, bool negated)
{
	IsTestExpr *n = NEW(IS_TEST, IsTestExpr, position);

	n->operand = operand;
	n->test = test;
	n->negated = negated;
	return &n->node;
}

SyntaxNode *
make_distinct_from(Parser *parser, int position, SyntaxNode *left, SyntaxNode *right, bool negated)
{
	DistinctFromExpr *n = NEW(DISTINCT_FROM, DistinctFromExpr, position);

	n->left = left;
	n->right = right;
	n->negated = negated;
	return &n->node;
}

SyntaxNode *
make_between(Parser *parser, int position, SyntaxNode *operand, SyntaxNode *low, SyntaxNode *high,
			 bool symmetric, bool negated)
{
	BetweenExpr *n = NEW(BETWEEN, BetweenExpr, position);

	n->operand = operand;
	n->low = low;
	n->high = high;
	n->symmetric = symmetric;
	n->negated = negated;
	return &n->node;
}

SyntaxNode *
make_in(Parser *parser, int position, SyntaxNode *operand, SyntaxNode *right, bool negated)
{
	InExpr *n = NEW(IN, InExpr, position);

	n->operand = operand;
	n->negated = negated;
	/* The right side comes as a ROW (of a list) or as a scalar subquery. */
	if (right->kind == SYNTAX_SUBQUERY)
		n->query = ((SubqueryExpr *)right)->query;
	else
		n->items = ((ListExpr *)right)->items;
	return &n->node;
}

SyntaxNode *
make_like(Parser *parser, int position, LikeKind like, SyntaxNode *operand, SyntaxNode *pattern,
		  SyntaxNode *escape, bool negated)
{
	LikeExpr *n = NEW(LIKE, LikeExpr, position);

	n->like = like;
	n->operand = operand;
	n->pattern = pattern;
	n->escape = escape;
	n->negated = negated;
	return &n->node;
}

SyntaxNode *
make_quantified(Parser *parser, int position, SyntaxNode *operand, const char *op, bool all,
				SyntaxNode *array, SelectStatement *query)
{
	QuantifiedExpr *n = NEW(QUANTIFIED, QuantifiedExpr, position);

	n->operand = operand;
	n->op = strcmp(op, "!=") == 0 ? "<>" : op;
	n->all = all;
	n->array = array;
	n->query = query;
	return &n->node;
}

/* ---- calls ---- */

SyntaxNode *
make_named_argument(Parser *parser, int position, const char *name, SyntaxNode *value)
{
	NamedArgument *n = NEW(NAMED_ARGUMENT, NamedArgument, position);

	n->name = name;
	n->value = value;
	return &n->node;
}

FunctionCall *
make_call(Parser *parser, int position, SyntaxList name, SyntaxList arguments)
{
	FunctionCall *n = NEW(FUNCTION_CALL, FunctionCall, position);

	n->name = name;
	n->arguments = arguments;
	return n;
}

SyntaxNode *
make_special_call(Parser *parser, int position, FunctionSyntax syntax, const char *name, SyntaxList arguments)
{
	FunctionCall *n = make_call(parser, position, make_system_name(parser, position, name), arguments);

	n->syntax = syntax;
	return &n->node;
}

/* What WITHIN GROUP excludes, or NULL. */
static const char *
within_group_conflict(const FunctionCall *call)
{
	if (call->order_by.count > 0)
		return "cannot use multiple ORDER BY clauses with WITHIN GROUP";
	if (call->distinct)
		return "cannot use DISTINCT with WITHIN GROUP";
	if (call->variadic)
		return "cannot use VARIADIC with WITHIN GROUP";
	return NULL;
}

SyntaxNode *
make_call_complete(Parser *parser, FunctionCall *call, SyntaxList within_group, int within_position,
				   SyntaxNode *filter, WindowDefinition *over)
{
	for (int i = 0; i < call->arguments.count; i++)
		if (call->arguments.items[i]->kind == SYNTAX_TABLE_ARGUMENT)
		{
			(void)parser_error(parser, call->arguments.items[i]->position, TABLE_ARGUMENT_MISPLACED);
			return NULL;
		}
	if (within_group.count > 0)
	{
		const char *conflict = within_group_conflict(call);

		if (conflict)
		{
			(void)parser_error(parser, within_position, conflict);
			return NULL;
		}
		call->order_by = within_group;
		call->within_group = true;
	}
	call->filter = filter;
	call->over = over;
	return &call->node;
}

SyntaxNode *
make_plain_call(Parser *parser, int position, const char *name, SyntaxList arguments)
{
	SyntaxList names = list_one(parser, &make_identifier(parser, position, name)->node);
	FunctionCall *call = make_call(parser, position, names, arguments);

	return make_call_complete(parser, call, (SyntaxList){0}, NO_POSITION, NULL, NULL);
}
