/*
 * nodes.c: making plan nodes and asking simple questions of them (contract in nodes.h).
 */
#include "planner/nodes.h"

PlanNode *
node_new(Arena *arena, NodeKind kind, PlanNode *input, uint32_t column_count)
{
	PlanNode *node = ARENA_NEW(arena, PlanNode);

	node->kind = kind;
	node->input = input;
	node->column_count = column_count;
	node->columns = ARENA_ARRAY_ZERO(arena, ResultColumn, column_count);
	return node;
}

PlanNode *
node_filter(Arena *arena, PlanNode *input, Expr *condition)
{
	PlanNode *node;

	if (condition == NULL)
		return input;
	node = node_new(arena, NODE_FILTER, input, 0);
	node->column_count = input->column_count;
	node->columns = input->columns;
	node->filter.condition = condition;
	return node;
}

PlanNode *
node_project(Arena *arena, PlanNode *input, uint32_t count, Expr *const *exprs, const char *const *names)
{
	PlanNode *node = node_new(arena, NODE_PROJECT, input, count);

	node->project.exprs = ARENA_ARRAY(arena, Expr *, count);
	for (uint32_t i = 0; i < count; i++)
	{
		node->project.exprs[i] = exprs[i];
		node->columns[i] = (ResultColumn){names[i], exprs[i]->type};
	}
	return node;
}

static void
take_declared_columns(PlanNode *node, const StreamDef *def)
{
	for (uint32_t i = 0; i < def->column_count; i++)
		node->columns[i] = (ResultColumn){def->columns[i].name, def->columns[i].type};
}

PlanNode *
node_wide_scan(Arena *arena, const StreamDef *stream)
{
	PlanNode *node = node_new(arena, NODE_SCAN, NULL, stream->column_count);

	take_declared_columns(node, stream);
	node->scan = ARENA_NEW(arena, ScanPlan);
	node->scan->index = -1;
	node->scan->stream = stream;
	node->scan->time_column = stream->time_column;
	return node;
}

PlanNode *
node_table(Arena *arena, const StreamDef *table)
{
	PlanNode *node = node_new(arena, NODE_TABLE, NULL, table->column_count);

	take_declared_columns(node, table);
	node->table = ARENA_NEW(arena, TablePlan);
	node->table->index = -1;
	node->table->table = table;
	node->table->refresh = options_integer(&table->options, "refresh", 0);
	return node;
}

PlanNode *
node_one_row(Arena *arena)
{
	PlanNode *node = node_new(arena, NODE_VALUES, NULL, 0);

	node->values.row_count = 1;
	node->values.rows = ARENA_ARRAY_ZERO(arena, Expr **, 1);
	return node;
}

int
node_input_count(const PlanNode *node)
{
	if (node->kind == NODE_APPEND)
		return node->append.input_count;
	return node->input != NULL;
}

PlanNode *
node_input(const PlanNode *node, int i)
{
	return node->kind == NODE_APPEND ? node->append.inputs[i] : node->input;
}

const StreamDef *
node_stream(const PlanNode *node)
{
	if (node->kind == NODE_SCAN)
		return node->scan->stream;
	for (int i = 0; i < node_input_count(node); i++)
	{
		const StreamDef *stream = node_stream(node_input(node, i));

		if (stream != NULL)
			return stream;
	}
	return NULL;
}

static int
projected_time_column(const PlanNode *node)
{
	int below = node_time_column(node->input);

	for (uint32_t i = 0; i < node->column_count && below >= 0; i++)
	{
		if (node->project.exprs[i]->kind == EXPR_COLUMN && node->project.exprs[i]->column == below)
			return (int)i;
	}
	return -1;
}

/* UNION ALL keeps an event time that is the same column of every branch. */
static int
appended_time_column(const PlanNode *node)
{
	int column = node_time_column(node->append.inputs[0]);

	for (int i = 1; i < node->append.input_count; i++)
	{
		if (node_time_column(node->append.inputs[i]) != column)
			return -1;
	}
	return column;
}

int
node_time_column(const PlanNode *node)
{
	switch (node->kind)
	{
		case NODE_SCAN: return node->scan->time_column;
		case NODE_FILTER:
		case NODE_JOIN_TABLE: return node_time_column(node->input);
		case NODE_PROJECT: return projected_time_column(node);
		case NODE_APPEND: return appended_time_column(node);
		default: return -1;
	}
}

const PlanNode *
node_aggregate(const PlanNode *node)
{
	if (node->kind == NODE_AGGREGATE)
		return node;
	for (int i = 0; i < node_input_count(node); i++)
	{
		const PlanNode *aggregate = node_aggregate(node_input(node, i));

		if (aggregate != NULL)
			return aggregate;
	}
	return NULL;
}

int
node_count_kind(const PlanNode *node, NodeKind kind)
{
	int count = node->kind == kind;

	for (int i = 0; i < node_input_count(node); i++)
		count += node_count_kind(node_input(node, i), kind);
	return count;
}
