/*
 * explain_node.c: plan nodes as lines of EXPLAIN (contract in explain_node.h).
 */
#include "planner/explain_node.h"

#include <stdio.h>

#include "common/ascii.h"
#include "common/units.h"
#include "parser/deparse.h"
#include "planner/expr_text.h"
#include "planner/nodes.h"

/* A node with the filter and projection that stand over it. */
typedef struct Step
{
	const PlanNode *node;
	const PlanNode *filter;  /* or NULL */
	const PlanNode *project; /* or NULL */
	uint32_t visible;
} Step;

typedef struct Explainer
{
	const PlanContext *context;
	const ExplainOptions *options;
	StrBuf *out;
} Explainer;

static void print_step(const Explainer *e, const PlanNode *node, int depth, uint32_t visible);

void
explain_capitalised(StrView word, StrBuf *out)
{
	for (size_t i = 0; i < word.len; i++)
		str_append_char(out, i == 0 ? ascii_upper(word.data[i]) : word.data[i]);
}

static void
indent(const Explainer *e, int spaces)
{
	for (int i = 0; i < spaces; i++)
		str_append_char(e->out, ' ');
}

/* The column where the properties of a node at this depth begin. */
static int
property_column(int depth)
{
	return depth == 0 ? 2 : 6 * depth - 6 + 2 + 6;
}

static void
begin_property(const Explainer *e, int depth, const char *key)
{
	indent(e, property_column(depth));
	str_appendf(e->out, "%s: ", key);
}

static void
print_property(const Explainer *e, int depth, const char *key, const char *value)
{
	begin_property(e, depth, key);
	str_appendf(e->out, "%s\n", value);
}

static void
print_condition(const Explainer *e, int depth, const char *key, const ResultColumn *columns,
				const Expr *condition)
{
	if (condition == NULL)
		return;
	begin_property(e, depth, key);
	expr_print_condition(&(ExprPrinter){.columns = columns}, condition, e->out);
	str_append_char(e->out, '\n');
}

/* ---- lines ---- */

static void
print_relation(const Explainer *e, const StreamDef *def)
{
	explain_capitalised(str_from_cstr(def->source->name), e->out);
	str_append_cstr(e->out, " Scan on ");
	deparse_name(def->name, e->out);
}

static void
print_title(const Explainer *e, const PlanNode *node)
{
	switch (node->kind)
	{
		case NODE_SCAN: print_relation(e, node->scan->stream); break;
		case NODE_TABLE: print_relation(e, node->table->table); break;
		case NODE_VALUES:
			str_append_cstr(e->out, node->column_count == 0 ? "Result" : "Values Scan on \"*VALUES*\"");
			break;
		case NODE_JOIN_TABLE:
			str_append_cstr(e->out, node->join.key_count > 0
										? (node->join.left ? "Hash Left Join" : "Hash Join")
										: (node->join.left ? "Nested Loop Left Join" : "Nested Loop"));
			break;
		case NODE_AGGREGATE:
			str_append_cstr(e->out, node->aggregate.window != NULL  ? "Window Aggregate"
									: node->aggregate.key_count > 0 ? "HashAggregate"
																	: "Aggregate");
			break;
		case NODE_APPEND: str_append_cstr(e->out, "Append"); break;
		case NODE_SORT: str_append_cstr(e->out, "Sort"); break;
		case NODE_LIMIT: str_append_cstr(e->out, "Limit"); break;
		case NODE_FILTER:
		case NODE_PROJECT: str_append_cstr(e->out, "Result"); break;
	}
}

/* ---- properties ---- */

static void
print_output(const Explainer *e, int depth, const Step *step)
{
	const PlanNode *columns = step->project != NULL ? step->project->input : step->node;

	if (!e->options->verbose || step->visible == 0)
		return;
	begin_property(e, depth, "Output");
	for (uint32_t i = 0; i < step->visible; i++)
	{
		if (i > 0)
			str_append_cstr(e->out, ", ");
		if (step->project != NULL)
			expr_print(&(ExprPrinter){.columns = columns->columns}, step->project->project.exprs[i], e->out);
		else
			str_append_cstr(e->out, step->node->columns[i].name);
	}
	str_append_char(e->out, '\n');
}

static uint32_t
count_origin(const StreamDef *def, ColumnOrigin origin)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < def->column_count; i++)
		n += def->columns[i].origin == origin;
	return n;
}

static void
print_decode(const Explainer *e, int depth, const ScanPlan *scan)
{
	uint32_t fields = 0;
	int last = -1;

	/* Several values of one declared field stand side by side. */
	for (uint32_t i = 0; i < scan->field_count; i++)
	{
		if (scan->fields[i].origin != COLUMN_FIELD || scan->fields[i].csv_index == last)
			continue;
		last = scan->fields[i].csv_index;
		fields++;
	}
	begin_property(e, depth, "Decode");
	str_appendf(e->out, "%s, %u of %u fields\n",
				scan->stream->format != NULL ? scan->stream->format->name : "rows", fields,
				count_origin(scan->stream, COLUMN_FIELD));
	if (!e->options->verbose)
		return;
	begin_property(e, depth, "Fields");
	for (uint32_t i = 0; i < scan->field_count; i++)
		str_appendf(e->out, "%s%s", i > 0 ? ", " : "", scan->fields[i].name);
	str_append_char(e->out, '\n');
}

static void
print_time(const Explainer *e, int depth, const StreamDef *stream)
{
	const ColumnDef *column;
	StrBuf text = {0};

	if (stream->time_column < 0)
		return;
	column = &stream->columns[stream->time_column];
	print_property(e, depth, "Event Time", column->name);
	str_append_cstr(&text, column->name);
	if (stream->watermark_delay > 0)
	{
		str_append_cstr(&text, " - ");
		units_print_duration(stream->watermark_delay, &text);
	}
	print_property(e, depth, "Watermark", str_cstr(&text));
	str_clear(&text);
	units_print_duration(e->context->settings->idle_timeout, &text);
	print_property(e, depth, "Idle Timeout", str_cstr(&text));
	str_free(&text);
}

static void
print_scan(const Explainer *e, int depth, const PlanNode *node)
{
	const ScanPlan *scan = node->scan;

	print_decode(e, depth, scan);
	for (uint32_t i = 0; i < scan->generated_count && e->options->verbose; i++)
	{
		begin_property(e, depth, "Generated");
		str_appendf(e->out, "%s = ", scan->generated_names[i]);
		expr_print(&(ExprPrinter){.columns = node->columns}, scan->generated[i], e->out);
		str_append_char(e->out, '\n');
	}
	print_condition(e, depth, "Pushed Filter", node->columns, scan->filter);
	print_time(e, depth, scan->stream);
}

static void
print_join(const Explainer *e, int depth, const PlanNode *node)
{
	const PlanNode *input = node->input;

	if (node->join.key_count > 0)
	{
		begin_property(e, depth, "Hash Cond");
		if (node->join.key_count > 1)
			str_append_char(e->out, '(');
		for (int i = 0; i < node->join.key_count; i++)
		{
			str_append_cstr(e->out, i > 0 ? " AND (" : "(");
			expr_print(&(ExprPrinter){.columns = input->columns}, node->join.input_keys[i], e->out);
			str_appendf(e->out, " = %s)",
						node->columns[input->column_count + (uint32_t)node->join.table_keys[i]].name);
		}
		str_append_cstr(e->out, node->join.key_count > 1 ? ")\n" : "\n");
	}
	print_condition(e, depth, "Join Filter", node->columns, node->join.condition);
}

static void
print_window(const Explainer *e, int depth, const PlanNode *node)
{
	const WindowPlan *window = node->aggregate.window;
	StrBuf text = {0};

	str_append_cstr(&text, "tumble ");
	units_print_duration(window->size, &text);
	str_appendf(&text, " on %s", node->input->columns[window->time_column].name);
	if (window->offset != 0)
	{
		str_append_cstr(&text, ", offset ");
		units_print_duration(window->offset, &text);
	}
	str_appendf(&text, " (by %s)", window->origin);
	print_property(e, depth, "Window", str_cstr(&text));
	str_free(&text);
}

static void
print_aggregate(const Explainer *e, int depth, const PlanNode *node)
{
	ExprPrinter printer = {.columns = node->input->columns};
	bool any = false;

	if (node->aggregate.window != NULL)
		print_window(e, depth, node);
	if (node->aggregate.window != NULL || node->aggregate.key_count > 0)
	{
		begin_property(e, depth, "Group Key");
		str_append_cstr(e->out, node->aggregate.window != NULL ? "window_start, window_end" : "");
		any = node->aggregate.window != NULL;
		for (int i = 0; i < node->aggregate.key_count; i++, any = true)
		{
			str_append_cstr(e->out, any ? ", " : "");
			expr_print(&printer, node->aggregate.keys[i], e->out);
		}
		str_append_char(e->out, '\n');
	}
	if (node->aggregate.call_count > 0)
	{
		begin_property(e, depth, "Aggregates");
		for (int i = 0; i < node->aggregate.call_count; i++)
		{
			str_append_cstr(e->out, i > 0 ? ", " : "");
			expr_print_call(&printer, &node->aggregate.calls[i], e->out);
		}
		str_append_char(e->out, '\n');
	}
	if (node->aggregate.window != NULL)
		print_property(e, depth, "Emit", "once, when the watermark passes the end of the window");
}

static void
print_sort(const Explainer *e, int depth, const PlanNode *node)
{
	begin_property(e, depth, "Sort Key");
	for (int i = 0; i < node->sort.key_count; i++)
	{
		const SortKey *key = &node->sort.keys[i];

		str_appendf(e->out, "%s%s%s", i > 0 ? ", " : "", node->columns[key->column].name,
					key->descending ? " DESC" : "");
		if (key->nulls_first != key->descending)
			str_append_cstr(e->out, key->nulls_first ? " NULLS FIRST" : " NULLS LAST");
	}
	str_append_char(e->out, '\n');
}

static void
print_properties(const Explainer *e, int depth, const Step *step)
{
	const PlanNode *node = step->node;

	print_output(e, depth, step);
	switch (node->kind)
	{
		case NODE_SCAN: print_scan(e, depth, node); break;
		case NODE_JOIN_TABLE: print_join(e, depth, node); break;
		case NODE_AGGREGATE: print_aggregate(e, depth, node); break;
		case NODE_SORT: print_sort(e, depth, node); break;
		default: break;
	}
	if (step->filter != NULL)
		print_condition(e, depth, "Filter", step->filter->columns, step->filter->filter.condition);
	if (e->options->verbose &&
		(node->kind == NODE_SCAN || (node->kind == NODE_AGGREGATE && node_stream(node) != NULL)))
		print_property(e, depth, "Stage", node->kind == NODE_SCAN ? "0" : "1, 256 buckets");
}

/* ---- the tree ---- */

static void
begin_line(const Explainer *e, int depth)
{
	if (depth == 0)
		return;
	indent(e, 6 * depth - 4);
	str_append_cstr(e->out, "->  ");
}

/* The looked-up side, as PostgreSQL shows the inner side of a hash join. */
static void
print_inner(const Explainer *e, const PlanNode *node, int depth)
{
	const TablePlan *table = node->join.table;

	if (node->join.key_count > 0)
	{
		begin_line(e, depth++);
		str_append_cstr(e->out, "Hash\n");
	}
	begin_line(e, depth);
	print_relation(e, table->table);
	str_append_char(e->out, '\n');
	if (table->refresh > 0)
	{
		begin_property(e, depth, "Refresh");
		units_print_duration(table->refresh, e->out);
		str_append_char(e->out, '\n');
	}
}

static Step
find_step(const PlanNode *node, uint32_t visible)
{
	Step step = {.node = node, .visible = visible};

	if (node->kind == NODE_PROJECT)
	{
		step.project = node;
		node = node->input;
	}
	if (node->kind == NODE_FILTER)
	{
		step.filter = node;
		node = node->input;
	}
	step.node = node;
	/* A projection over another, or over rows that were put together, is a node of its own. */
	if (step.project != NULL && step.filter == NULL &&
		(node->kind == NODE_PROJECT || node->kind == NODE_APPEND || node->kind == NODE_SORT ||
		 node->kind == NODE_LIMIT))
		step.node = step.project;
	return step;
}

static void
print_step(const Explainer *e, const PlanNode *node, int depth, uint32_t visible)
{
	Step step = find_step(node, visible);

	begin_line(e, depth);
	print_title(e, step.node);
	str_append_char(e->out, '\n');
	print_properties(e, depth, &step);
	for (int i = 0; i < node_input_count(step.node); i++)
	{
		const PlanNode *input = node_input(step.node, i);

		print_step(e, input, depth + 1, input->column_count);
	}
	if (step.node->kind == NODE_JOIN_TABLE)
		print_inner(e, step.node, depth + 1);
}

void
explain_print_node(const PlanContext *context, const PlanNode *node, const ExplainOptions *options, int depth,
				   uint32_t visible, StrBuf *out)
{
	Explainer e = {context, options, out};

	print_step(&e, node, depth, visible);
}
