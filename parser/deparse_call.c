/*
 * deparse_call.c: calls of functions as text, those with a spelling of their own among them.
 */
#include "parser/deparse_parts.h"
#include "parser/keyword.h"

/* A field of EXTRACT is a plain word where it can be. */
static void
append_field(const SyntaxNode *node, StrBuf *out)
{
	static const char *const words[] = {"year", "month", "day", "hour", "minute", "second"};
	const char *text = ((const Literal *)node)->text;
	size_t len = strlen(text);
	bool plain =
		len > 0 && strspn(text, "abcdefghijklmnopqrstuvwxyz_") == len && !keyword_lookup(str_from_cstr(text));

	for (size_t i = 0; i < lengthof(words); i++)
		plain = plain || strcmp(text, words[i]) == 0;
	if (plain)
		str_append_cstr(out, text);
	else
		deparse_string(text, out);
}

static void
append_argument(const char *before, const FunctionCall *call, int i, StrBuf *out)
{
	str_append_cstr(out, before);
	deparse(call->arguments.items[i], out);
}

/* The last argument is what to trim, when there is more than one. */
static void
append_trim(const FunctionCall *call, StrBuf *out)
{
	const char *name = tree_last_name(&call->name);
	SyntaxList texts = call->arguments;

	str_append_cstr(out, name[0] == 'b' ? "TRIM(BOTH " : name[0] == 'l' ? "TRIM(LEADING " : "TRIM(TRAILING ");
	if (texts.count > 1)
	{
		append_argument("", call, --texts.count, out);
		str_append_char(out, ' ');
	}
	str_append_cstr(out, "FROM ");
	deparse_list(&texts, out);
}

/* A function with words between its arguments, up to the closing parenthesis. */
static void
append_special(const FunctionCall *call, StrBuf *out)
{
	SyntaxNode **arguments = call->arguments.items;
	int count = call->arguments.count;

	switch (call->syntax)
	{
		case FUNCTION_EXTRACT:
			str_append_cstr(out, "EXTRACT(");
			append_field(arguments[0], out);
			append_argument(" FROM ", call, 1, out);
			break;
		case FUNCTION_SUBSTRING:
			append_argument("SUBSTRING(", call, 0, out);
			append_argument(" FROM ", call, 1, out);
			if (count > 2)
				append_argument(" FOR ", call, 2, out);
			break;
		case FUNCTION_SIMILAR:
			str_append_cstr(out, "SUBSTRING(");
			deparse_operand(arguments[0], BINDING_OPERATOR, out);
			str_append_cstr(out, " SIMILAR ");
			deparse_operand(arguments[1], BINDING_OPERATOR, out);
			append_argument(" ESCAPE ", call, 2, out);
			break;
		case FUNCTION_TRIM: append_trim(call, out); break;
		case FUNCTION_POSITION:
			str_append_cstr(out, "POSITION(");
			deparse_operand(arguments[1], BINDING_UNARY, out);
			str_append_cstr(out, " IN ");
			deparse_operand(arguments[0], BINDING_UNARY, out);
			break;
		case FUNCTION_OVERLAY:
			append_argument("OVERLAY(", call, 0, out);
			append_argument(" PLACING ", call, 1, out);
			append_argument(" FROM ", call, 2, out);
			if (count > 3)
				append_argument(" FOR ", call, 3, out);
			break;
		case FUNCTION_NORMALIZE:
			append_argument("NORMALIZE(", call, 0, out);
			if (count > 1)
				str_appendf(out, ", %s", ((const Literal *)arguments[1])->text);
			break;
		default: break;
	}
	str_append_char(out, ')');
}

static void
append_plain(const FunctionCall *call, StrBuf *out)
{
	deparse_function_name(&call->name, out);
	str_append_char(out, '(');
	if (call->distinct)
		str_append_cstr(out, "DISTINCT ");
	if (call->star)
		str_append_char(out, '*');
	for (int i = 0; i < call->arguments.count; i++)
	{
		if (i > 0)
			str_append_cstr(out, ", ");
		if (call->variadic && i == call->arguments.count - 1)
			str_append_cstr(out, "VARIADIC ");
		deparse(call->arguments.items[i], out);
	}
	if (!call->within_group)
		deparse_clause(" ORDER BY ", &call->order_by, out);
	str_append_char(out, ')');
}

static void
append_over(const WindowDefinition *over, StrBuf *out)
{
	str_append_cstr(out, " OVER ");
	if (over->by_name)
		deparse_name(over->base, out);
	else
		deparse(&over->node, out);
}

void
deparse_call(const FunctionCall *call, StrBuf *out)
{
	if (call->syntax == FUNCTION_AT_TIME_ZONE)
	{
		deparse_operand(call->arguments.items[1], BINDING_AT, out);
		str_append_cstr(out, " AT TIME ZONE ");
		deparse_operand(call->arguments.items[0], BINDING_COLLATE, out);
		return;
	}
	if (call->syntax == FUNCTION_PLAIN)
		append_plain(call, out);
	else
		append_special(call, out);
	if (call->within_group)
	{
		str_append_cstr(out, " WITHIN GROUP (");
		deparse_clause("ORDER BY ", &call->order_by, out);
		str_append_char(out, ')');
	}
	if (call->filter)
	{
		str_append_cstr(out, " FILTER (WHERE ");
		deparse(call->filter, out);
		str_append_char(out, ')');
	}
	if (call->over)
		append_over(call->over, out);
}
