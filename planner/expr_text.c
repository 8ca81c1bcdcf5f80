/*
 * expr_text.c: printing expressions (contract in expr_text.h); after PostgreSQL's ruleutils.c.
 */
#include "planner/expr_text.h"

#include <strings.h>

#include "common/arena.h"
#include "parser/deparse.h"
#include "planner/types.h"

static void
print_type(TypeSpec type, StrBuf *out)
{
	Arena arena;

	arena_init(&arena, "type name");
	str_append_cstr(out, type.id == TYPE_UNKNOWN ? "unknown" : type_spec_name(type, &arena));
	arena_release(&arena);
}

static void
print_constant(const Expr *expr, StrBuf *out)
{
	const Datum *value = &expr->constant;
	StrBuf text = {0};
	bool bare = value->type == TYPE_INTEGER || value->type == TYPE_NUMERIC || value->type == TYPE_BOOLEAN;

	if (value->isnull)
		str_append_cstr(out, "NULL");
	else if (value->type == TYPE_UNKNOWN)
		str_append_view(&text, text_view(value->value.text));
	else
	{
		type_class(value->type)->print(datum_pointer(value), &(TypeContext){0}, &text);
		bare = bare && strpbrk(str_cstr(&text), "-IN") == NULL;
	}
	if (!value->isnull && bare)
		str_append_view(out, str_view(&text));
	else if (!value->isnull)
		deparse_string(str_cstr(&text), out);
	if (value->isnull || !bare)
	{
		str_append_cstr(out, "::");
		print_type(expr->type, out);
	}
	str_free(&text);
}

static bool
is_cast(const Expr *expr)
{
	return expr->kind == EXPR_FUNCTION && expr->arg_count == 1 &&
		   strcmp(function_info(expr->function)->name, "$cast") == 0;
}

static void
print_list(const ExprPrinter *printer, Expr *const *args, int count, const char *separator, StrBuf *out)
{
	for (int i = 0; i < count; i++)
	{
		if (i > 0)
			str_append_cstr(out, separator);
		expr_print(printer, args[i], out);
	}
}

static void
print_cast(const ExprPrinter *printer, const Expr *arg, TypeSpec type, StrBuf *out)
{
	str_append_char(out, '(');
	expr_print(printer, arg, out);
	str_append_cstr(out, ")::");
	print_type(type, out);
}

static void
print_function(const ExprPrinter *printer, const Expr *expr, StrBuf *out)
{
	const char *name = function_info(expr->function)->name;

	if (is_cast(expr))
	{
		if (expr->position < 0 && !printer->canonical)
			expr_print(printer, expr->args[0], out);
		else
			print_cast(printer, expr->args[0], expr->type, out);
	}
	else if (function_is_callable(name) || name[0] == '$')
	{
		str_appendf(out, "%s(", name + (name[0] == '$'));
		print_list(printer, expr->args, expr->arg_count, ", ", out);
		str_append_char(out, ')');
	}
	else
	{
		str_append_char(out, '(');
		if (expr->arg_count == 2)
		{
			expr_print(printer, expr->args[0], out);
			str_append_char(out, ' ');
		}
		str_appendf(out, "%s ", name);
		expr_print(printer, expr->args[expr->arg_count - 1], out);
		str_append_char(out, ')');
	}
}

static void
print_modifier(const ExprPrinter *printer, const Expr *expr, StrBuf *out)
{
	const Expr *arg = expr->args[0];

	if (is_cast(arg) && !printer->canonical)
		arg = arg->args[0];
	print_cast(printer, arg, expr->type, out);
}

static void
print_case(const ExprPrinter *printer, const Expr *expr, StrBuf *out)
{
	str_append_cstr(out, "CASE");
	for (int i = 0; i + 1 < expr->arg_count; i += 2)
	{
		str_append_cstr(out, " WHEN ");
		expr_print(printer, expr->args[i], out);
		str_append_cstr(out, " THEN ");
		expr_print(printer, expr->args[i + 1], out);
	}
	str_append_cstr(out, " ELSE ");
	expr_print(printer, expr->args[expr->arg_count - 1], out);
	str_append_cstr(out, " END");
}

/* An element of PostgreSQL's array text: in quotes where it would be read as something else. */
static void
print_element(const Datum *value, StrBuf *out)
{
	StrBuf text = {0};
	const char *p;

	if (value->isnull)
	{
		str_append_cstr(out, "NULL");
		return;
	}
	type_class(value->type)->print(datum_pointer(value), &(TypeContext){0}, &text);
	p = str_cstr(&text);
	if (*p != '\0' && strcasecmp(p, "NULL") != 0 && strpbrk(p, "\"\\{}, \t\n\v\f\r") == NULL)
		str_append_cstr(out, p);
	else
	{
		str_append_char(out, '"');
		for (; *p != '\0'; p++)
		{
			if (*p == '"' || *p == '\\')
				str_append_char(out, '\\');
			str_append_char(out, *p);
		}
		str_append_char(out, '"');
	}
	str_free(&text);
}

/* '{a,b}' of constants. */
static void
print_array(Expr *const *elements, int count, StrBuf *out)
{
	StrBuf text = {0};

	str_append_char(&text, '{');
	for (int i = 0; i < count; i++)
	{
		if (i > 0)
			str_append_char(&text, ',');
		print_element(&elements[i]->constant, &text);
	}
	str_append_char(&text, '}');
	deparse_string(str_cstr(&text), out);
	str_free(&text);
}

/* All constants: PostgreSQL's '{a,b}'::text[]; else the elements one by one. */
static void
print_in(const ExprPrinter *printer, const Expr *expr, StrBuf *out)
{
	bool constant = true;

	for (int i = 1; i < expr->arg_count; i++)
		constant = constant && expr->args[i]->kind == EXPR_CONSTANT;
	str_append_char(out, '(');
	expr_print(printer, expr->args[0], out);
	str_append_cstr(out, " = ANY (");
	if (constant)
	{
		print_array(expr->args + 1, expr->arg_count - 1, out);
		str_append_cstr(out, "::");
		print_type(TYPE_PLAIN(expr->args[0]->type.id), out);
		str_append_cstr(out, "[]))");
	}
	else
	{
		str_append_cstr(out, "ARRAY[");
		print_list(printer, expr->args + 1, expr->arg_count - 1, ", ", out);
		str_append_cstr(out, "]))");
	}
}

static void
print_test(const ExprPrinter *printer, const Expr *expr, const char *test, StrBuf *out)
{
	str_append_char(out, '(');
	expr_print(printer, expr->args[0], out);
	str_appendf(out, " %s)", test);
}

static void
print_infix(const ExprPrinter *printer, const Expr *expr, const char *separator, StrBuf *out)
{
	str_append_char(out, '(');
	print_list(printer, expr->args, expr->arg_count, separator, out);
	str_append_char(out, ')');
}

static void
print_named(const ExprPrinter *printer, const Expr *expr, const char *name, StrBuf *out)
{
	str_appendf(out, "%s(", name);
	print_list(printer, expr->args, expr->arg_count, ", ", out);
	str_append_char(out, ')');
}

static void
print_column(const ExprPrinter *printer, const Expr *expr, StrBuf *out)
{
	const char *name = printer->columns != NULL ? printer->columns[expr->column].name : NULL;

	if (name != NULL)
		str_append_cstr(out, name);
	else
		str_appendf(out, "$%d", expr->column);
}

void
expr_print(const ExprPrinter *printer, const Expr *expr, StrBuf *out)
{
	switch (expr->kind)
	{
		case EXPR_CONSTANT: print_constant(expr, out); break;
		case EXPR_COLUMN: print_column(printer, expr, out); break;
		case EXPR_FUNCTION: print_function(printer, expr, out); break;
		case EXPR_MODIFIER: print_modifier(printer, expr, out); break;
		case EXPR_AND: print_infix(printer, expr, " AND ", out); break;
		case EXPR_OR: print_infix(printer, expr, " OR ", out); break;
		case EXPR_NOT:
			str_append_cstr(out, "(NOT ");
			expr_print(printer, expr->args[0], out);
			str_append_char(out, ')');
			break;
		case EXPR_IS_NULL: print_test(printer, expr, "IS NULL", out); break;
		case EXPR_IS_NOT_NULL: print_test(printer, expr, "IS NOT NULL", out); break;
		case EXPR_IS_TRUE: print_test(printer, expr, "IS TRUE", out); break;
		case EXPR_IS_NOT_TRUE: print_test(printer, expr, "IS NOT TRUE", out); break;
		case EXPR_IS_FALSE: print_test(printer, expr, "IS FALSE", out); break;
		case EXPR_IS_NOT_FALSE: print_test(printer, expr, "IS NOT FALSE", out); break;
		case EXPR_IS_DISTINCT: print_infix(printer, expr, " IS DISTINCT FROM ", out); break;
		case EXPR_IS_NOT_DISTINCT: print_infix(printer, expr, " IS NOT DISTINCT FROM ", out); break;
		case EXPR_CASE: print_case(printer, expr, out); break;
		case EXPR_COALESCE: print_named(printer, expr, "COALESCE", out); break;
		case EXPR_NULLIF: print_named(printer, expr, "NULLIF", out); break;
		case EXPR_IN: print_in(printer, expr, out); break;
		case EXPR_GREATEST: print_named(printer, expr, "GREATEST", out); break;
		case EXPR_LEAST: print_named(printer, expr, "LEAST", out); break;
	}
}

/* Whether expr_print() puts parentheses around it itself. */
static bool
has_parentheses(const Expr *expr)
{
	switch (expr->kind)
	{
		case EXPR_FUNCTION:
		{
			const char *name = function_info(expr->function)->name;

			return !function_is_callable(name) && name[0] != '$';
		}
		case EXPR_CONSTANT:
		case EXPR_COLUMN:
		case EXPR_MODIFIER:
		case EXPR_CASE:
		case EXPR_COALESCE:
		case EXPR_NULLIF:
		case EXPR_GREATEST:
		case EXPR_LEAST: return false;
		default: return true;
	}
}

void
expr_print_condition(const ExprPrinter *printer, const Expr *expr, StrBuf *out)
{
	bool add = !has_parentheses(expr) && expr->kind != EXPR_COLUMN && expr->kind != EXPR_FUNCTION;

	if (add)
		str_append_char(out, '(');
	expr_print(printer, expr, out);
	if (add)
		str_append_char(out, ')');
}

void
expr_print_call(const ExprPrinter *printer, const AggregateCall *call, StrBuf *out)
{
	str_appendf(out, "%s(%s", aggregate_info(call->id)->name, call->distinct ? "DISTINCT " : "");
	if (call->arg_count == 0)
		str_append_char(out, '*');
	print_list(printer, call->args, call->arg_count, ", ", out);
	str_append_char(out, ')');
	if (call->filter != NULL)
	{
		str_append_cstr(out, " FILTER (WHERE ");
		expr_print_condition(printer, call->filter, out);
		str_append_char(out, ')');
	}
}

static const char *
finish(Arena *arena, StrBuf *text)
{
	const char *copy = arena_strndup(arena, str_cstr(text), text->len);

	str_free(text);
	return copy;
}

const char *
expr_text(Arena *arena, const ResultColumn *columns, const Expr *expr)
{
	StrBuf text = {0};

	expr_print(&(ExprPrinter){.columns = columns}, expr, &text);
	return finish(arena, &text);
}

const char *
expr_call_text(Arena *arena, const ResultColumn *columns, const AggregateCall *call)
{
	StrBuf text = {0};

	expr_print_call(&(ExprPrinter){.columns = columns}, call, &text);
	return finish(arena, &text);
}
