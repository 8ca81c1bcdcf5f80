/*
 * windows.c: tumbling windows (contract in windows.h).
 */
#include "planner/windows.h"

#include "common/clock.h"
#include "common/types/calendar.h"
#include "common/types/datetime_field.h"
#include "planner/expr_text.h"
#include "planner/fold.h"
#include "planner/nodes.h"
#include "planner/types.h"

/* ---- TUMBLE in FROM ---- */

static bool
refuse_kind(const WindowTable *table, Error *err)
{
	static const char *const names[] = {[WINDOW_TABLE_TUMBLE] = "TUMBLE",
										[WINDOW_TABLE_HOP] = "HOP",
										[WINDOW_TABLE_CUMULATE] = "CUMULATE",
										[WINDOW_TABLE_SESSION] = "SESSION"};

	if (table->window == WINDOW_TABLE_TUMBLE)
		return true;
	error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, table->node.position, "%s windows are not supported",
			  names[table->window]);
	return error_hint(err, "Use TUMBLE.");
}

/* An interval without months, in microseconds; days count 24 hours. */
static bool
fixed_length(const Interval *interval, const char *what, int position, int64_t *micros, Error *err)
{
	if (interval->months != 0)
	{
		error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, position, "%s must not contain months or years", what);
		return error_hint(err, "Months have no fixed length; use days, hours, minutes or seconds.");
	}
	if (__builtin_mul_overflow((int64_t)interval->days, MICROS_PER_DAY, micros) ||
		__builtin_add_overflow(*micros, interval->micros, micros))
		return error_set(err, SQLSTATE_INTERVAL_FIELD_OVERFLOW, position, "%s is out of range", what);
	return true;
}

static bool
constant_interval(const PlanContext *context, const SyntaxNode *node, const char *what, int64_t *micros,
				  Error *err)
{
	Analyzer a = {.context = context,
				  .place = "TUMBLE",
				  .no_columns = arena_printf(context->arena, "%s must be a constant", what),
				  .err = err};
	Expr *expr = analyze_expr(&a, node);
	TypeId type = expr != NULL ? expr->type.id : TYPE_UNKNOWN;
	const Datum *value;

	if (expr == NULL)
		return false;
	expr = types_coerce(context, expr, TYPE_PLAIN(TYPE_INTERVAL), CAST_IMPLICIT, NO_POSITION, err);
	if (expr == NULL && !err->set)
		return error_set(err, SQLSTATE_DATATYPE_MISMATCH, tree_start(node),
						 "%s must be of type interval, not type %s", what, types_name(type));
	if (expr == NULL)
		return false;
	value = expr_constant_value(fold_expr(context, expr));
	if (value == NULL)
		return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, tree_start(node), "%s must be a constant",
						 what);
	return fixed_length(&value->value.interval, what, tree_start(node), micros, err);
}

/* The argument of that name or place, or NULL. */
static bool
window_arguments(const WindowTable *table, const SyntaxNode **size, const SyntaxNode **offset, Error *err)
{
	const SyntaxNode **slots[] = {size, offset};
	static const char *const names[] = {"size", "offset"};

	*size = *offset = NULL;
	for (int i = 0; i < table->arguments.count; i++)
	{
		const SyntaxNode *argument = table->arguments.items[i];
		size_t slot = (size_t)i;

		if (argument->kind == SYNTAX_NAMED_ARGUMENT)
		{
			const NamedArgument *named = (const NamedArgument *)argument;

			for (slot = 0; slot < lengthof(slots) && strcmp(names[slot], named->name) != 0;)
				slot++;
			argument = named->value;
		}
		if (slot >= lengthof(slots) || *slots[slot] != NULL)
			*size = NULL;
		else
			*slots[slot] = argument;
		if (slot >= lengthof(slots))
			break;
	}
	if (*size != NULL && table->time != NULL)
		return true;
	error_set(err, SQLSTATE_UNDEFINED_FUNCTION, table->node.position, "wrong arguments of TUMBLE");
	return error_hint(err, "Write TUMBLE(stream, event_time_column, size [, offset]).");
}

static bool
check_time_column(const Scope *scope, const ColumnRef *ref, int column, Error *err)
{
	const Expr *expr = scope->columns[column].expr;
	const StreamDef *stream = node_stream(scope->node);
	int time_column = node_time_column(scope->node);

	if (expr->type.id != TYPE_TIMESTAMP && expr->type.id != TYPE_TIMESTAMPTZ)
		return error_set(err, SQLSTATE_DATATYPE_MISMATCH, ref->node.position,
						 "time column of TUMBLE must be a timestamp, not type %s", types_name(expr->type.id));
	if (stream == NULL || (expr->kind == EXPR_COLUMN && expr->column == time_column))
		return true;
	error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, ref->node.position,
			  "column \"%s\" is not the event-time column of stream \"%s\"", scope->columns[column].name,
			  stream->name);
	if (stream->time_column < 0)
		return error_hint(err, "Add WATERMARK FOR %s AS %s - INTERVAL '5 seconds' to CREATE STREAM.",
						  scope->columns[column].name, scope->columns[column].name);
	return error_hint(err, "The event-time column is \"%s\".", stream->columns[stream->time_column].name);
}

static FunctionId
function_of_time(const char *name, TypeId time)
{
	const FunctionInfo *info;
	int next = 0;

	while ((info = function_next(str_from_cstr(name), &next)) != NULL && info->args[0] != time)
		;
	assert(info != NULL);
	return info->id;
}

static void
add_window_columns(Arena *arena, Scope *scope, Expr *time, int64_t size, int64_t offset)
{
	static const char *const functions[] = {"$tumble_start", "$tumble_end"};
	static const char *const names[] = {"window_start", "window_end"};
	int count = scope->column_count;
	ScopeColumn *columns = ARENA_ARRAY(arena, ScopeColumn, count + 2);
	int *visible = ARENA_ARRAY(arena, int, scope->visible_count + 2);
	Expr *args[3] = {time, expr_interval(arena, size), expr_interval(arena, offset)};

	memcpy(columns, scope->columns, sizeof *columns * (size_t)count);
	memcpy(visible, scope->visible, sizeof *visible * (size_t)scope->visible_count);
	for (int i = 0; i < 2; i++)
	{
		columns[count + i] = (ScopeColumn){
			names[i], scope->tables[0].name,
			expr_function(arena, function_of_time(functions[i], time->type.id), NO_POSITION, 3, args)};
		visible[scope->visible_count++] = count + i;
	}
	scope->columns = columns;
	scope->visible = visible;
	scope->column_count += 2;
	scope->tables[0].count += 2;
}

bool
analyze_window_table(const PlanContext *context, const WindowTable *table, const WithScope *with, Scope **out,
					 Error *err)
{
	const SyntaxNode *size_node;
	const SyntaxNode *offset_node;
	int64_t size;
	int64_t offset = 0;
	Analyzer a = {.context = context, .place = "TUMBLE", .err = err};
	Expr *time;
	SyntaxNode *input = table->input;
	RangeSubquery named;
	static const Alias no_alias = {.name = ""};

	if (!refuse_kind(table, err) || !window_arguments(table, &size_node, &offset_node, err))
		return false;
	if (input->kind == SYNTAX_RANGE_SUBQUERY)
	{
		named = *(RangeSubquery *)input;
		named.alias = (Alias *)&no_alias;
		input = &named.node;
	}
	if (!analyze_from_item(context, input, with, out, err))
		return false;
	a.scope = *out;
	time = analyze_column(&a, table->time);
	if (time == NULL || !check_time_column(*out, table->time, time->column, err) ||
		!constant_interval(context, size_node, "window size", &size, err) ||
		(offset_node != NULL && !constant_interval(context, offset_node, "window offset", &offset, err)))
		return false;
	if (size <= 0)
		return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, tree_start(size_node),
						 "window size must be greater than zero");
	offset = floor_mod(offset, size);
	add_window_columns(context->arena, *out, (*out)->columns[time->column].expr, size, offset);
	return true;
}

/* ---- which keys are a window ---- */

static bool
interval_argument(const Expr *expr, int64_t *micros)
{
	const Datum *value = expr_constant_value(expr);

	return value != NULL && fixed_length(&value->value.interval, "", NO_POSITION, micros, NULL);
}

static bool
tumble_window(const Expr *key, WindowPlan *window)
{
	window->origin = "TUMBLE";
	return interval_argument(key->args[1], &window->size) && interval_argument(key->args[2], &window->offset);
}

/*
 * GROUP BY date_trunc(unit, time): a window where the unit always has the same length; months and longer have
 * not. In a time zone, only units up to the minute begin when they begin in UTC.
 */
static bool
trunc_window(const PlanContext *context, const Expr *key, WindowPlan *window, Error *err)
{
	const Datum *name = expr_constant_value(key->args[0]);
	bool utc = key->type.id == TYPE_TIMESTAMP || strcmp(context->settings->timezone, "UTC") == 0;
	DateTimeUnit unit;

	window->origin = "date_trunc";
	if (name == NULL || key->arg_count != 2)
		return false;
	unit = trunc_unit(text_view(name->value.text));
	window->size = unit == UNIT_WEEK ? 7 * MICROS_PER_DAY : trunc_unit_micros(unit);
	window->offset = unit == UNIT_WEEK ? 4 * MICROS_PER_DAY : 0; /* 1970-01-05 was a Monday */
	if (window->size == 0)
		return false;
	if (utc || window->size <= MICROS_PER_MINUTE)
		return true;
	error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, key->position,
			  "windows by date_trunc of that unit are not supported in time zone \"%s\"",
			  context->settings->timezone);
	error_hint(err, "Use TUMBLE, or SET timezone = 'UTC'.");
	return false;
}

static bool
bin_window(const Expr *key, WindowPlan *window)
{
	const Datum *origin = expr_constant_value(key->args[2]);
	int64_t since_1970;

	window->origin = "date_bin";
	if (origin == NULL || !interval_argument(key->args[0], &window->size) || window->size <= 0 ||
		__builtin_add_overflow(origin->value.i64, CLOCK_UNIX_EPOCH_OFFSET * MICROS_PER_SECOND, &since_1970))
		return false;
	window->offset = floor_mod(since_1970, window->size);
	return true;
}

/* Whether the key is a tumbling window over the time column, as its start or end. */
static bool
key_window(const PlanContext *context, const Expr *key, int time_column, WindowPlan *window, bool *is_end,
		   Error *err)
{
	bool trunc = expr_is_call(key, "date_trunc");
	bool bin = expr_is_call(key, "date_bin");
	bool start = expr_is_call(key, "$tumble_start");
	const Expr *time;

	*is_end = expr_is_call(key, "$tumble_end");
	if (!trunc && !bin && !start && !*is_end)
		return false;
	time = key->args[trunc || bin ? 1 : 0];
	if (time->kind != EXPR_COLUMN || time->column != time_column)
		return false;
	window->time_column = time_column;
	if (trunc)
		return trunc_window(context, key, window, err);
	return bin ? bin_window(key, window) : tumble_window(key, window);
}

/* The shortest window among the keys; NULL when there is none or err is set. */
static WindowPlan *
find_window(const PlanContext *context, const ExprList *keys, int time_column, Error *err)
{
	WindowPlan *best = NULL;

	for (int k = 0; k < keys->count && time_column >= 0; k++)
	{
		WindowPlan window = {0};
		bool is_end;

		if (!key_window(context, keys->items[k], time_column, &window, &is_end, err))
		{
			if (err->set)
				return NULL;
			continue;
		}
		if (best == NULL)
			best = ARENA_NEW(context->arena, WindowPlan);
		else if (best->size <= window.size)
			continue;
		*best = window;
	}
	return best;
}

static bool
refuse_unwindowed(const PlanContext *context, const PlanNode *node, const char *clause, int position,
				  Error *err)
{
	const StreamDef *stream = node_stream(node);
	int time_column = node_time_column(node);

	if (node_aggregate(node) != NULL)
	{
		error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, position,
				  "%s over an aggregate of stream \"%s\" is not supported", clause, stream->name);
		return error_hint(err, "Write the inner result to a sink and read it as a stream.");
	}
	if (context->batch)
		return true;
	error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, position,
			  "%s without a window on stream \"%s\" never ends", clause, stream->name);
	if (stream->time_column < 0)
		return error_hint(err,
						  "Add WATERMARK FOR a timestamp column to CREATE STREAM %s, and window_start and "
						  "window_end of TUMBLE to the GROUP BY clause; or run with --batch.",
						  stream->name);
	if (time_column < 0)
		return error_hint(err, "The query must pass on the event-time column \"%s\"; or run with --batch.",
						  stream->columns[stream->time_column].name);
	return error_hint(
		err,
		"Add window_start and window_end of TUMBLE(%s, %s, INTERVAL '1 minute') to the GROUP BY "
		"clause; or run with --batch.",
		stream->name, stream->columns[stream->time_column].name);
}

/* The output column of a key that is this window's start or end; -1 when it is an ordinary key. */
static int
window_column(const PlanContext *context, const Expr *key, const WindowPlan *window)
{
	WindowPlan other = {0};
	bool is_end;

	if (window == NULL || !key_window(context, key, window->time_column, &other, &is_end, NULL) ||
		other.size != window->size || other.offset != window->offset)
		return -1;
	return is_end;
}

bool
windows_aggregate(const PlanContext *context, PlanNode *node, const ExprList *keys, AggregateCall *calls,
				  int call_count, const char *clause, int position, int *key_columns, PlanNode **out,
				  Error *err)
{
	const StreamDef *stream = node_stream(node);
	int time_column = stream != NULL ? node_time_column(node) : -1;
	WindowPlan *window = find_window(context, keys, time_column, err);
	PlanNode *aggregate;
	uint32_t next = window != NULL ? 2 : 0;

	if (err->set)
		return false;
	if (stream != NULL && (window == NULL || node_aggregate(node) != NULL) &&
		!refuse_unwindowed(context, node, clause, position, err))
		return false;
	aggregate = node_new(context->arena, NODE_AGGREGATE, node, next + (uint32_t)(keys->count + call_count));
	aggregate->aggregate.window = window;
	aggregate->aggregate.keys = ARENA_ARRAY(context->arena, Expr *, keys->count);
	aggregate->aggregate.calls = calls;
	aggregate->aggregate.call_count = call_count;
	if (window != NULL)
	{
		TypeSpec time = TYPE_PLAIN(node->columns[window->time_column].type.id);

		aggregate->columns[0] = (ResultColumn){"window_start", time};
		aggregate->columns[1] = (ResultColumn){"window_end", time};
	}
	for (int k = 0; k < keys->count; k++)
	{
		key_columns[k] = window_column(context, keys->items[k], window);
		if (key_columns[k] >= 0)
			continue;
		key_columns[k] = (int)next;
		aggregate->columns[next++] =
			(ResultColumn){expr_text(context->arena, node->columns, keys->items[k]), keys->items[k]->type};
		aggregate->aggregate.keys[aggregate->aggregate.key_count++] = keys->items[k];
	}
	for (int i = 0; i < call_count; i++)
		aggregate->columns[next++] =
			(ResultColumn){expr_call_text(context->arena, node->columns, &calls[i]), calls[i].type};
	aggregate->column_count = next;
	*out = aggregate;
	return true;
}

/* ---- watermarks ---- */

bool
windows_watermark(const PlanContext *context, const Expr *expr, int time_column, int64_t *delay, Error *err)
{
	const Expr *column = expr;
	const Datum *interval = NULL;

	if (expr_is_call(expr, "-") && expr->arg_count == 2 && expr->args[1]->type.id == TYPE_INTERVAL)
	{
		column = expr->args[0];
		interval = expr_constant_value(fold_expr(context, expr->args[1]));
	}
	*delay = 0;
	if (column->kind != EXPR_COLUMN || column->column != time_column || (column != expr && interval == NULL))
	{
		error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, expr_start(expr),
				  "a watermark must be the column or the column minus a constant interval");
		return error_hint(err, "For example, WATERMARK FOR ts AS ts - INTERVAL '5 seconds'.");
	}
	if (interval == NULL)
		return true;
	if (!fixed_length(&interval->value.interval, "watermark delay", expr->args[1]->position, delay, err))
		return false;
	if (*delay < 0)
		return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, expr->args[1]->position,
						 "watermark delay must not be negative");
	return true;
}
