/*
 * window_table.c: TUMBLE, HOP, CUMULATE and SESSION in FROM.
 *
 * The idea: the grammar reads them as calls of functions; here a call of one of the four names becomes a
 * WindowTable, whichever of the spellings was used: (stream, time, ...), (TABLE stream, DESCRIPTOR(time),
 * ...), (data => ..., timecol => ..., ...). Whether the remaining arguments make sense is the planner's
 * question.
 */
#include "parser/grammar.h"

static const struct
{
	const char *name;
	WindowTableKind kind;
} window_names[] = {{"tumble", WINDOW_TABLE_TUMBLE},
					{"hop", WINDOW_TABLE_HOP},
					{"cumulate", WINDOW_TABLE_CUMULATE},
					{"session", WINDOW_TABLE_SESSION}};

/* The window kind that the call names, or -1. */
static int
window_kind(const SyntaxNode *function)
{
	const FunctionCall *call = (const FunctionCall *)function;

	if (function->kind != SYNTAX_FUNCTION_CALL || call->name.count != 1 || call->syntax != FUNCTION_PLAIN)
		return -1;
	for (size_t i = 0; i < lengthof(window_names); i++)
		if (strcmp(tree_last_name(&call->name), window_names[i].name) == 0)
			return (int)window_names[i].kind;
	return -1;
}

/* Takes the argument of that name, else the first if it has no name, out of the list; NULL: there is none. */
static SyntaxNode *
take_argument(SyntaxList *arguments, const char *name)
{
	SyntaxNode *taken = NULL;
	int at = -1;

	for (int i = 0; i < arguments->count && at < 0; i++)
	{
		NamedArgument *named = (NamedArgument *)arguments->items[i];

		if (named->node.kind != SYNTAX_NAMED_ARGUMENT)
			taken = arguments->items[at = i];
		else if (strcmp(named->name, name) == 0)
			taken = arguments->items[at = i], taken = named->value;
	}
	if (at < 0)
		return NULL;
	memmove(arguments->items + at, arguments->items + at + 1,
			sizeof(*arguments->items) * (size_t)(arguments->count - at - 1));
	arguments->count--;
	return taken;
}

/* The input: a name, TABLE name, or a query in parentheses. NULL on error. */
static SyntaxNode *
window_input(Parser *parser, WindowTable *window, SyntaxNode *argument)
{
	if (argument->kind == SYNTAX_TABLE_ARGUMENT)
	{
		TableArgument *table = (TableArgument *)argument;

		window->partition_by = list_join(parser, window->partition_by, table->partition_by);
		return make_relation(parser, table->name, NULL);
	}
	if (argument->kind == SYNTAX_COLUMN_REF && !((ColumnRef *)argument)->star)
	{
		SyntaxList parts = ((ColumnRef *)argument)->parts;

		return make_relation(parser, make_qualified_name(parser, argument->position, parts), NULL);
	}
	if (argument->kind == SYNTAX_SUBQUERY && ((SubqueryExpr *)argument)->subquery == SUBQUERY_SCALAR)
		return make_range_subquery(parser, argument->position, ((SubqueryExpr *)argument)->query, NULL,
								   false);
	(void)parser_error(parser, tree_start(argument),
					   "the first argument of a window function in FROM must be a relation");
	return NULL;
}

/* The time column: a column, or DESCRIPTOR(column). NULL on error. */
static ColumnRef *
window_time(Parser *parser, SyntaxNode *argument)
{
	const FunctionCall *call = (const FunctionCall *)argument;

	if (argument->kind == SYNTAX_FUNCTION_CALL && call->name.count == 1 && call->arguments.count == 1 &&
		strcmp(tree_last_name(&call->name), "descriptor") == 0)
		argument = call->arguments.items[0];
	if (argument->kind == SYNTAX_COLUMN_REF && !((ColumnRef *)argument)->star)
		return (ColumnRef *)argument;
	(void)parser_error(parser, tree_start(argument),
					   "the time argument of a window function in FROM must be a column");
	return NULL;
}

/* Fills window from the call's arguments. */
static bool
read_arguments(Parser *parser, WindowTable *window, const FunctionCall *call)
{
	SyntaxNode *input;
	SyntaxNode *time;

	for (int i = 0; i < call->arguments.count; i++)
	{
		TableArgument *partition = (TableArgument *)call->arguments.items[i];

		if (partition->node.kind == SYNTAX_TABLE_ARGUMENT && !partition->name)
			window->partition_by = partition->partition_by;
		else
			window->arguments = list_add(parser, window->arguments, &partition->node);
	}
	input = take_argument(&window->arguments, "data");
	if (!input)
		return parser_error(parser, call->node.position,
							"a window function in FROM needs a relation as first argument");
	time = take_argument(&window->arguments, "timecol");
	window->input = window_input(parser, window, input);
	if (!window->input)
		return false;
	if (time)
		window->time = window_time(parser, time);
	return !time || window->time;
}

/* What only an aggregate or a window table may have must not be on another function in FROM. */
static bool
check_plain_function(Parser *parser, const SyntaxNode *function)
{
	const FunctionCall *call = (const FunctionCall *)function;

	if (function->kind != SYNTAX_FUNCTION_CALL)
		return true;
	for (int i = 0; i < call->arguments.count; i++)
		if (call->arguments.items[i]->kind == SYNTAX_TABLE_ARGUMENT)
			return parser_error(parser, call->arguments.items[i]->position, TABLE_ARGUMENT_MISPLACED);
	return true;
}

SyntaxNode *
make_range_function(Parser *parser, int position, SyntaxNode *function, bool ordinality, Alias *alias,
					bool lateral)
{
	int kind = window_kind(function);
	RangeFunction *n;

	if (kind >= 0 && !ordinality)
	{
		WindowTable *window = TREE_NEW(parser->arena, WINDOW_TABLE, WindowTable, position);

		window->window = (WindowTableKind)kind;
		window->alias = alias;
		return read_arguments(parser, window, (FunctionCall *)function) ? &window->node : NULL;
	}
	if (!check_plain_function(parser, function))
		return NULL;
	n = TREE_NEW(parser->arena, RANGE_FUNCTION, RangeFunction, position);
	n->function = function;
	n->ordinality = ordinality;
	n->alias = alias;
	n->lateral = lateral;
	return &n->node;
}
