/*
 * canonical.c: canonical texts of plans (contract in canonical.h).
 *
 * One line per fact, inputs first. A line changes exactly when what it tells changes.
 */
#include "planner/canonical.h"

#include "common/choices.h"
#include "planner/expr_text.h"
#include "planner/nodes.h"

static void
print_type(const PlanContext *context, TypeSpec type, StrBuf *out)
{
	str_append_cstr(out, type_spec_name(type, context->arena));
}

static void
print_expr(const ResultColumn *columns, const Expr *expr, StrBuf *out)
{
	expr_print(&(ExprPrinter){.columns = columns, .canonical = true}, expr, out);
}

static void
print_path(const PathStep *path, int length, StrBuf *out)
{
	str_append_char(out, '$');
	for (int i = 0; i < length; i++)
	{
		if (path[i].key != NULL)
		{
			str_append_char(out, '.');
			str_append_json_string(out, str_from_cstr(path[i].key));
		}
		else
			str_appendf(out, "[%d]", path[i].index);
	}
}

static void
print_declared(const PlanContext *context, const ColumnDef *column, const ResultColumn *columns, StrBuf *out)
{
	str_append_cstr(out, "  column ");
	str_append_json_string(out, str_from_cstr(column->name));
	str_append_char(out, ' ');
	print_type(context, column->type, out);
	if (column->origin == COLUMN_METADATA)
		str_appendf(out, " metadata %d", (int)column->metadata);
	else if (column->origin == COLUMN_GENERATED)
	{
		str_append_cstr(out, " = ");
		print_expr(columns, column->generated, out);
	}
	else
	{
		str_append_char(out, ' ');
		print_path(column->path, column->path_length, out);
	}
	if (column->type.id == TYPE_TIMESTAMP || column->type.id == TYPE_TIMESTAMPTZ)
	{
		str_append_char(out, ' ');
		str_append_view(out, choices_word(TIMESTAMP_FORMATS, (int)column->timestamp_format));
	}
	str_append_cstr(out, column->not_null ? " not null" : "");
	str_append_cstr(out, column->primary_key ? " primary key" : "");
	if (column->default_value != NULL)
	{
		str_append_cstr(out, " default ");
		print_expr(NULL, column->default_value, out);
	}
	str_append_char(out, '\n');
}

static void
print_stream(const StreamDef *stream, StrBuf *out)
{
	str_appendf(out, "%s %s format %s", stream->is_table ? "table" : "stream", stream->name,
				stream->format != NULL ? stream->format->name : "-");
	for (size_t i = 0; stream->format != NULL && i < stream->format->option_count; i++)
	{
		const char *name = stream->format->options[i].name;
		const char *value = options_text(&stream->options, name);

		if (value != NULL && stream->format->options[i].type != OPTION_SECRET)
			str_appendf(out, " %s=%s", name, value);
	}
	if (stream->time_column >= 0)
		str_appendf(out, " watermark %s - %" PRId64 " us", stream->columns[stream->time_column].name,
					stream->watermark_delay);
	str_append_char(out, '\n');
}

/* Columns that this plan does not use are not told: they may change. */
static void
print_scan(const PlanContext *context, const PlanNode *node, const bool *used, StrBuf *out)
{
	const StreamDef *stream = node->scan->stream;

	print_stream(stream, out);
	for (uint32_t i = 0; i < stream->column_count; i++)
	{
		if (used[i])
			print_declared(context, &stream->columns[i], node->columns, out);
	}
}

static void
print_table(const PlanContext *context, const StreamDef *table, StrBuf *out)
{
	print_stream(table, out);
	for (uint32_t i = 0; i < table->column_count; i++)
		print_declared(context, &table->columns[i], NULL, out);
}

static void
print_join(const PlanContext *context, const PlanNode *node, StrBuf *out)
{
	print_table(context, node->join.table->table, out);
	str_appendf(out, "%s join", node->join.left ? "left" : "inner");
	for (int i = 0; i < node->join.key_count; i++)
	{
		str_append_char(out, ' ');
		print_expr(node->input->columns, node->join.input_keys[i], out);
		str_appendf(out, " = %s", node->join.table->table->columns[node->join.table_keys[i]].name);
	}
	if (node->join.condition != NULL)
	{
		str_append_cstr(out, " on ");
		print_expr(node->columns, node->join.condition, out);
	}
	str_append_char(out, '\n');
}

static void
print_aggregate(const PlanNode *node, StrBuf *out)
{
	const WindowPlan *window = node->aggregate.window;
	ExprPrinter printer = {.columns = node->input->columns, .canonical = true};

	if (window != NULL)
		str_appendf(out, "window tumble %s size %" PRId64 " offset %" PRId64 " us\n",
					node->input->columns[window->time_column].name, window->size, window->offset);
	for (int i = 0; i < node->aggregate.key_count; i++)
	{
		str_append_cstr(out, "key ");
		expr_print(&printer, node->aggregate.keys[i], out);
		str_append_char(out, '\n');
	}
	for (int i = 0; i < node->aggregate.call_count; i++)
	{
		str_append_cstr(out, "call ");
		expr_print_call(&printer, &node->aggregate.calls[i], out);
		str_append_char(out, '\n');
	}
}

static void
print_project(const PlanNode *node, StrBuf *out)
{
	for (uint32_t i = 0; i < node->column_count; i++)
	{
		str_append_cstr(out, "output ");
		print_expr(node->input->columns, node->project.exprs[i], out);
		str_append_char(out, '\n');
	}
}

static void
print_filter(const PlanContext *context, const PlanNode *node, StrBuf *out)
{
	ExprList conjuncts = {0};

	expr_list_add_conjuncts(context->arena, &conjuncts, node->filter.condition);
	for (int i = 0; i < conjuncts.count; i++)
	{
		str_append_cstr(out, "filter ");
		print_expr(node->columns, conjuncts.items[i], out);
		str_append_char(out, '\n');
	}
}

/* ---- which columns of a scan a tree uses ---- */

typedef struct Used
{
	bool *columns;
	uint32_t count;
} Used;

static bool
mark(const Expr *expr, void *context)
{
	Used *used = context;

	if (expr->kind == EXPR_COLUMN && expr->column >= 0 && (uint32_t)expr->column < used->count)
		used->columns[expr->column] = true;
	return false;
}

static void
mark_expr(const Expr *expr, Used *used)
{
	if (expr != NULL)
		expr_any(expr, mark, used);
}

/* The scan below node, if its columns are still visible in the node's input. */
static const PlanNode *
visible_scan(const PlanNode *node)
{
	while (node != NULL && (node->kind == NODE_FILTER || node->kind == NODE_JOIN_TABLE))
		node = node->input;
	return node != NULL && node->kind == NODE_SCAN ? node : NULL;
}

static void
mark_node(const PlanNode *node, Used *used)
{
	switch (node->kind)
	{
		case NODE_FILTER: mark_expr(node->filter.condition, used); break;
		case NODE_JOIN_TABLE:
			for (int i = 0; i < node->join.key_count; i++)
				mark_expr(node->join.input_keys[i], used);
			mark_expr(node->join.condition, used);
			break;
		case NODE_PROJECT:
			for (uint32_t i = 0; i < node->column_count; i++)
				mark_expr(node->project.exprs[i], used);
			break;
		case NODE_AGGREGATE:
			for (int i = 0; i < node->aggregate.key_count; i++)
				mark_expr(node->aggregate.keys[i], used);
			for (int i = 0; i < node->aggregate.call_count; i++)
			{
				for (int k = 0; k < node->aggregate.calls[i].arg_count; k++)
					mark_expr(node->aggregate.calls[i].args[k], used);
				mark_expr(node->aggregate.calls[i].filter, used);
			}
			break;
		default: break;
	}
}

/* top is the node that reads the scan through filters and joins. */
static bool *
used_columns(const PlanContext *context, const PlanNode *top, const PlanNode *scan)
{
	Used used = {ARENA_ARRAY_ZERO(context->arena, bool, scan->column_count), scan->column_count};
	const StreamDef *stream = scan->scan->stream;

	for (const PlanNode *node = top; node != scan; node = node->input)
		mark_node(node, &used);
	for (uint32_t i = 0; i < stream->column_count; i++)
		used.columns[i] |= stream->columns[i].not_null || (int)i == stream->time_column;
	for (uint32_t i = 0; i < stream->column_count; i++)
	{
		if (used.columns[i])
			mark_expr(stream->columns[i].generated, &used);
	}
	return used.columns;
}

/* ---- trees ---- */

static void print_tree(const PlanContext *context, const PlanNode *node, const PlanNode *stop, StrBuf *out);

static void
print_inputs(const PlanContext *context, const PlanNode *node, const PlanNode *stop, StrBuf *out)
{
	const PlanNode *scan = visible_scan(node->input);
	bool is_top = node->kind != NODE_FILTER && node->kind != NODE_JOIN_TABLE;

	if (is_top && scan != NULL)
		print_scan(context, scan, used_columns(context, node, scan), out);
	for (int i = 0; i < node_input_count(node); i++)
		print_tree(context, node_input(node, i), stop, out);
}

/* Down to stop, which is left out; NULL = to the leaves. */
static void
print_tree(const PlanContext *context, const PlanNode *node, const PlanNode *stop, StrBuf *out)
{
	if (node == stop)
		return;
	print_inputs(context, node, stop, out);
	switch (node->kind)
	{
		case NODE_TABLE: print_table(context, node->table->table, out); break;
		case NODE_FILTER: print_filter(context, node, out); break;
		case NODE_PROJECT: print_project(node, out); break;
		case NODE_JOIN_TABLE: print_join(context, node, out); break;
		case NODE_AGGREGATE: print_aggregate(node, out); break;
		case NODE_APPEND: str_appendf(out, "union all of %d\n", node->append.input_count); break;
		default: break;
	}
}

static const char *
finish(const PlanContext *context, StrBuf *text)
{
	const char *copy = arena_strndup(context->arena, str_cstr(text), text->len);

	str_free(text);
	return copy;
}

const char *
canonical_stateful(const PlanContext *context, const PlanNode *aggregate)
{
	StrBuf text = {0};

	if (aggregate == NULL)
		return "";
	str_appendf(&text, "timezone %s\n", context->settings->timezone);
	print_tree(context, aggregate, NULL, &text);
	return finish(context, &text);
}

const char *
canonical_stateless(const PlanContext *context, const SinkPlan *sink)
{
	StrBuf text = {0};
	const PlanNode *aggregate = node_aggregate(sink->input);

	str_appendf(&text, "timezone %s\nmax_future %" PRId64 "\n", context->settings->timezone,
				context->settings->max_future);
	print_tree(context, sink->input, aggregate, &text);
	for (uint32_t i = 0; i < sink->visible_count; i++)
	{
		str_append_cstr(&text, "column ");
		str_append_json_string(&text, str_from_cstr(sink->input->columns[i].name));
		str_append_char(&text, ' ');
		print_type(context, sink->input->columns[i].type, &text);
		str_append_char(&text, '\n');
	}
	for (size_t i = 0; i < sink->options.count; i++)
	{
		const Option *option = &sink->options.items[i];

		if (option->info->type != OPTION_SECRET && strncmp(option->name, "snowflake_", 10) != 0)
			str_appendf(&text, "option %s = %s\n", option->name, option->text);
	}
	return finish(context, &text);
}
