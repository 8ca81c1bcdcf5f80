/*
 * op_chain.c: building chains (contract in op_chain.h).
 */
#include "executor/op_chain.h"

#include "common/memory.h"

Operator *
chain_build_operator(ChainBuild *build, const OpClass *class, const PlanNode *node, const bool *needed,
					 Operator *next)
{
	OperatorOpen open = {
		.node = node,
		.needed = needed,
		.next = next,
		.chain = build->chain,
		.arena = build->arena,
	};
	Operator *op = class->open(&open);

	mem_grow(&build->operators, &build->operator_capacity, build->operator_count, sizeof *build->operators);
	build->operators[build->operator_count++] = op;
	return op;
}

static void
add_entry(ChainBuild *build, const PlanNode *leaf, const bool *needed, Operator *head)
{
	mem_grow(&build->entries, &build->entry_capacity, build->entry_count, sizeof *build->entries);
	build->entries[build->entry_count++] = (ChainEntry){leaf, head, needed};
}

static void
mark_expr(const Expr *expr, bool *used)
{
	if (expr != NULL)
		expr_mark_columns(expr, used);
}

/* ---- what a node reads of its input ---- */

static void
project_reads(const PlanNode *node, const bool *needed, bool *used)
{
	for (uint32_t i = 0; i < node->column_count; i++)
		if (needed[i])
			mark_expr(node->project.exprs[i], used);
}

static void
join_reads(const PlanNode *node, const bool *needed, bool *used)
{
	uint32_t input_count = node->input->column_count;
	bool *pair = mem_alloc_zero(sizeof *pair * (node->column_count + 1));

	for (int i = 0; i < node->join.key_count; i++)
		mark_expr(node->join.input_keys[i], used);
	mark_expr(node->join.condition, pair);
	for (uint32_t i = 0; i < input_count; i++)
		used[i] |= needed[i] | pair[i];
	mem_free(pair);
}

static void
aggregate_reads(const PlanNode *node, bool *used)
{
	if (node->aggregate.window != NULL)
		used[node->aggregate.window->time_column] = true;
	for (int i = 0; i < node->aggregate.key_count; i++)
		mark_expr(node->aggregate.keys[i], used);
	for (int i = 0; i < node->aggregate.call_count; i++)
	{
		const AggregateCall *call = &node->aggregate.calls[i];

		for (int a = 0; a < call->arg_count; a++)
			mark_expr(call->args[a], used);
		mark_expr(call->filter, used);
	}
}

/* The columns of the node's input that it or what comes after it reads. */
static const bool *
input_needs(ChainBuild *build, const PlanNode *node, const bool *needed)
{
	uint32_t count = node->input->column_count;
	bool *used = ARENA_ARRAY_ZERO(build->arena, bool, count + 1);

	if (node->kind == NODE_FILTER || node->kind == NODE_SORT || node->kind == NODE_LIMIT)
		memcpy(used, needed, sizeof *used * count);
	switch (node->kind)
	{
		case NODE_FILTER: mark_expr(node->filter.condition, used); break;
		case NODE_PROJECT: project_reads(node, needed, used); break;
		case NODE_JOIN_TABLE: join_reads(node, needed, used); break;
		case NODE_AGGREGATE: aggregate_reads(node, used); break;
		case NODE_SORT:
			for (int i = 0; i < node->sort.key_count; i++)
				used[node->sort.keys[i].column] = true;
			break;
		default: break;
	}
	return used;
}

static const OpClass *
node_class(NodeKind kind)
{
	switch (kind)
	{
		case NODE_FILTER: return &op_filter;
		case NODE_PROJECT: return &op_project;
		case NODE_JOIN_TABLE: return &op_join_table;
		case NODE_AGGREGATE: return &op_aggregate;
		case NODE_APPEND: return &op_append;
		case NODE_SORT: return &op_sort;
		case NODE_LIMIT: return &op_limit;
		case NODE_SCAN:
		case NODE_TABLE:
		case NODE_VALUES: break;
	}
	return NULL;
}

void
chain_build(ChainBuild *build, const PlanNode *node, const bool *needed, Operator *next)
{
	const OpClass *class = node == build->stop ? NULL : node_class(node->kind);
	Operator *op;

	if (class == NULL)
	{
		add_entry(build, node, needed, next);
		return;
	}
	op = chain_build_operator(build, class, node, needed,
							  class == &op_aggregate && build->absorb ? NULL : next);
	if (class == &op_aggregate && build->aggregate == NULL)
		build->aggregate = op;
	if (node->kind != NODE_APPEND)
	{
		chain_build(build, node->input, input_needs(build, node, needed), op);
		return;
	}
	for (int i = 0; i < node->append.input_count; i++)
		chain_build(build, node->append.inputs[i], needed, op);
}

void
chain_build_release(ChainBuild *build)
{
	for (size_t i = 0; i < build->operator_count; i++)
		if (build->operators[i]->class->close != NULL)
			build->operators[i]->class->close(build->operators[i]);
	mem_free(build->operators);
	mem_free(build->entries);
}

/* Whether the join's keys include the table's whole primary key. */
static bool
joins_unique(const PlanNode *node)
{
	const StreamDef *table = node->join.table->table;
	bool any = false;

	for (uint32_t c = 0; c < table->column_count; c++)
	{
		bool found = false;

		if (!table->columns[c].primary_key)
			continue;
		any = true;
		for (int k = 0; k < node->join.key_count; k++)
			found |= node->join.table_keys[k] == (int)c;
		if (!found)
			return false;
	}
	return any;
}

bool
chain_fans_out(const PlanNode *node)
{
	if (node->kind == NODE_APPEND || (node->kind == NODE_JOIN_TABLE && !joins_unique(node)))
		return true;
	return node->input != NULL && chain_fans_out(node->input);
}
