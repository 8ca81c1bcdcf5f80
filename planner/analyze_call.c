/*
 * analyze_call.c: function and aggregate calls, and CURRENT_TIMESTAMP and its kin.
 *
 * The idea: an aggregate call is put aside in the analyzer's CallList and stands in the expression as a
 * column with a negative number; everything else becomes a function node.
 */
#include "planner/analyze.h"

#include "common/types/timestamp.h"
#include "planner/candidates.h"
#include "planner/fold.h"

/* pg_catalog.f is f; the name as messages show it goes to *display. */
static const char *
call_name(Analyzer *a, const FunctionCall *call, const char **display)
{
	const char *last = tree_last_name(&call->name);
	const Identifier *schema = call->name.count > 1 ? (const Identifier *)call->name.items[0] : NULL;

	*display = last;
	if (schema == NULL)
		return last;
	*display = arena_printf(a->context->arena, "%s.%s", schema->name, last);
	if (strcmp(schema->name, "pg_catalog") == 0)
		return last;
	error_set(a->err, SQLSTATE_INVALID_SCHEMA_NAME, call->node.position, "schema \"%s\" does not exist",
			  schema->name);
	return NULL;
}

static Expr **
analyze_arguments(Analyzer *a, const FunctionCall *call)
{
	Expr **args = ARENA_ARRAY(a->context->arena, Expr *, call->arguments.count + 1);

	for (int i = 0; i < call->arguments.count; i++)
	{
		if (call->arguments.items[i]->kind == SYNTAX_NAMED_ARGUMENT)
			return (Expr **)analyze_unsupported(a, call->arguments.items[i]->position,
												"named arguments are not supported",
												"Give the arguments by position.");
		args[i] = analyze_part(a, call->arguments.items[i]);
		if (args[i] == NULL)
			return NULL;
	}
	return args;
}

static bool
check_supported(Analyzer *a, const FunctionCall *call)
{
	const char *what = NULL;
	const char *hint = "Aggregate with GROUP BY and join the result instead.";

	if (call->over != NULL)
		what = "window functions (OVER) are not supported";
	else if (call->variadic)
	{
		what = "VARIADIC is not supported";
		hint = "Give the arguments one by one.";
	}
	else if (call->within_group)
	{
		what = "ordered-set aggregates (WITHIN GROUP) are not supported";
		hint = "SHOW FUNCTIONS lists the aggregates that are.";
	}
	else if (call->order_by.count > 0)
	{
		what = "ORDER BY in an aggregate is not supported";
		hint = "Leave it out; no aggregate here depends on the order.";
	}
	if (what == NULL)
		return true;
	error_set(a->err, SQLSTATE_FEATURE_NOT_SUPPORTED, call->node.position, "%s", what);
	return error_hint(a->err, "%s", hint);
}

static Expr *
not_an_aggregate(Analyzer *a, const FunctionCall *call, const char *name)
{
	int position = call->node.position;

	if (call->star)
		error_set(a->err, SQLSTATE_WRONG_OBJECT_TYPE, position,
				  "%s(*) specified, but %s is not an aggregate function", name, name);
	else
		error_set(a->err, SQLSTATE_WRONG_OBJECT_TYPE, position,
				  "%s specified, but %s is not an aggregate function", call->distinct ? "DISTINCT" : "FILTER",
				  name);
	return NULL;
}

static bool
same_call(const AggregateCall *x, const AggregateCall *y)
{
	if (x->id != y->id || x->distinct != y->distinct || (x->filter == NULL) != (y->filter == NULL))
		return false;
	for (int i = 0; i < x->arg_count; i++)
	{
		if (!expr_equal(x->args[i], y->args[i]))
			return false;
	}
	return x->filter == NULL || expr_equal(x->filter, y->filter);
}

static int
add_call(Arena *arena, CallList *list, const AggregateCall *call, int position)
{
	for (int i = 0; i < list->count; i++)
	{
		if (same_call(&list->items[i], call))
			return i;
	}
	arena_grow(arena, &list->items, &list->capacity, list->count, sizeof *list->items);
	if (list->count == 0)
		list->first_position = position;
	list->items[list->count] = *call;
	return list->count++;
}

static bool
check_aggregate_allowed(Analyzer *a, const FunctionCall *call)
{
	if (a->inside_aggregate)
		return error_set(a->err, SQLSTATE_GROUPING_ERROR, call->node.position,
						 "aggregate function calls cannot be nested");
	if (a->calls == NULL)
		return error_set(a->err, SQLSTATE_GROUPING_ERROR, call->node.position,
						 "aggregate functions are not allowed in %s", a->place);
	return true;
}

static Expr *
analyze_filter(Analyzer *a, const SyntaxNode *filter)
{
	Analyzer inner = *a;
	Expr *condition;

	inner.calls = NULL;
	inner.inside_aggregate = false;
	inner.place = "FILTER";
	condition = analyze_condition(&inner, filter, "FILTER");
	return condition != NULL ? fold_expr(a->context, condition) : NULL;
}

static Expr *
analyze_aggregate(Analyzer *a, const FunctionCall *call, const char *name)
{
	Analyzer inner = *a;
	AggregateCall made = {.distinct = call->distinct, .arg_count = call->arguments.count};
	const AggregateInfo *info;
	Expr *result;

	inner.inside_aggregate = true;
	made.args = analyze_arguments(&inner, call);
	if (made.args == NULL)
		return NULL;
	if (call->filter != NULL && check_aggregate_allowed(a, call) &&
		(made.filter = analyze_filter(a, call->filter)) == NULL)
		return NULL;
	info = a->err->set ? NULL
					   : candidates_aggregate(a->context, name, made.args, made.arg_count, call->star,
											  call->node.position, a->err);
	if (info == NULL || !check_aggregate_allowed(a, call))
		return NULL;
	if (call->distinct && made.arg_count == 0)
	{
		error_set(a->err, SQLSTATE_SYNTAX_ERROR, call->node.position,
				  "DISTINCT specified, but %s has no argument", name);
		return NULL;
	}
	for (int i = 0; i < made.arg_count; i++)
		made.args[i] = fold_expr(a->context, made.args[i]);
	made.id = info->id;
	made.type = TYPE_PLAIN(info->result);
	result = expr_column(a->context->arena, 0, made.type, call->node.position);
	result->column = CALL_COLUMN(add_call(a->context->arena, a->calls, &made, call->node.position));
	return result;
}

static bool
is_other_function(const char *name)
{
	static const char *const names[] = {
#define OTHER_FUNCTION(name) name,
#include "planner/other_function_list.h"
#undef OTHER_FUNCTION
	};

	for (size_t i = 0; i < lengthof(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* substring with a pattern: the arguments behind the text are texts, or literals that would become texts. */
static bool
is_substring_pattern(const char *name, Expr *const *args, int count)
{
	int texts = 0, literals = 0;

	if (strcmp(name, "substring") != 0)
		return false;
	for (int i = 1; i < count; i++)
	{
		texts += args[i]->type.id == TYPE_TEXT;
		literals += args[i]->type.id == TYPE_UNKNOWN && !args[i]->constant.isnull;
	}
	return count > 1 && (texts > 0 || literals == count - 1);
}

static Expr *
analyze_function(Analyzer *a, const FunctionCall *call, const char *name, const char *display)
{
	int position = call->node.position;
	Expr **args = analyze_arguments(a, call);

	if (args == NULL)
		return NULL;
	if (is_substring_pattern(name, args, call->arguments.count))
		return analyze_unsupported(a, position, "substring with a regular expression is not supported",
								   "Use LIKE to test for a pattern, or substring with positions.");
	if (is_other_function(name))
	{
		error_set(a->err, SQLSTATE_FEATURE_NOT_SUPPORTED, position, "function %s is not supported", name);
		error_hint(a->err, "SHOW FUNCTIONS lists the functions and operators that are.");
		return NULL;
	}
	return candidates_function(a->context, name, display, args, call->arguments.count, position, a->err);
}

Expr *
analyze_call(Analyzer *a, const FunctionCall *call)
{
	const char *display;
	const char *name = call_name(a, call, &display);
	Expr *expr;

	if (name == NULL || !check_supported(a, call))
		return NULL;
	if (candidates_is_aggregate(name))
		return analyze_aggregate(a, call, name);
	expr = analyze_function(a, call, name, display);
	if (expr != NULL && (call->star || call->distinct || call->filter != NULL))
		return not_an_aggregate(a, call, name);
	return expr;
}

/* now() with a cast, which is what the SQL spellings mean. */
Expr *
analyze_current_value(Analyzer *a, const CurrentValue *node)
{
	int position = node->node.position;
	bool local = node->value == CURRENT_VALUE_LOCALTIMESTAMP;
	TypeSpec type = {TYPE_TIMESTAMPTZ,
					 node->precision < 0 ? NO_MODIFIER : Min(node->precision, TIMESTAMP_DIGITS_LIMIT)};
	Expr *now;

	switch (node->value)
	{
		case CURRENT_VALUE_DATE: type = TYPE_PLAIN(TYPE_DATE); break;
		case CURRENT_VALUE_TIMESTAMP: break;
		case CURRENT_VALUE_LOCALTIMESTAMP: type.id = TYPE_TIMESTAMP; break;
		case CURRENT_VALUE_TIME:
		case CURRENT_VALUE_LOCALTIME:
			return analyze_unsupported(a, position, "the type time is not supported",
									   "Use CURRENT_TIMESTAMP, or extract() from it.");
		default:
			return analyze_unsupported(a, position, "there are no users, schemas and databases to ask for",
									   "Leave the expression out.");
	}
	if (node->precision > TIMESTAMP_DIGITS_LIMIT)
		plan_notice(a->context, "WARNING", SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION,
					"TIMESTAMP(%d)%s precision reduced to maximum allowed, %d", node->precision,
					local ? "" : " WITH TIME ZONE", TIMESTAMP_DIGITS_LIMIT);
	now = candidates_function(a->context, "now", "now", NULL, 0, position, a->err);
	return now != NULL ? types_cast(a->context, now, type, 0, position, a->err) : NULL;
}
