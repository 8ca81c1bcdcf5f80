/*
 * narrow.c: what scans deliver (contract in narrow.h).
 *
 * The columns of a scan keep their numbers through filters and joins (they come first there), so an
 * expression over such a node speaks of them directly; above projections and aggregates nothing of a scan is
 * visible any more.
 */
#include "planner/narrow.h"

#include "planner/nodes.h"
#include "planner/scan_use.h"

typedef struct Narrowing
{
	const PlanContext *context;
	Arena *arena;
	ScanUse *uses;
	int use_count;
	NarrowedPlan plan;
} Narrowing;

/* ---- what is used ---- */

static ScanUse *
use_of_stream(Narrowing *n, const StreamDef *stream)
{
	for (int i = 0; i < n->use_count; i++)
	{
		if (n->uses[i].stream == stream)
			return &n->uses[i];
	}
	scan_use_init(&n->uses[n->use_count], n->arena, stream, n->use_count);
	return &n->uses[n->use_count++];
}

static void
note_aggregate(Narrowing *n, ScanUse *use, const PlanNode *node)
{
	for (int i = 0; i < node->aggregate.key_count; i++)
		scan_use_note(n->arena, use, node->aggregate.keys[i]);
	for (int i = 0; i < node->aggregate.call_count; i++)
	{
		const AggregateCall *call = &node->aggregate.calls[i];

		for (int k = 0; k < call->arg_count; k++)
			scan_use_note(n->arena, use, call->args[k]);
		scan_use_note(n->arena, use, call->filter);
	}
}

/* The scan whose columns are the node's first ones, or NULL. */
static ScanUse *
note_node(Narrowing *n, const PlanNode *node)
{
	ScanUse *use = NULL;

	if (node->kind == NODE_APPEND)
	{
		for (int i = 0; i < node->append.input_count; i++)
			note_node(n, node->append.inputs[i]);
		return NULL;
	}
	if (node->kind == NODE_SCAN)
		return use_of_stream(n, node->scan->stream);
	if (node->input != NULL)
		use = note_node(n, node->input);
	switch (node->kind)
	{
		case NODE_FILTER: scan_use_note(n->arena, use, node->filter.condition); return use;
		case NODE_JOIN_TABLE:
			for (int i = 0; i < node->join.key_count; i++)
				scan_use_note(n->arena, use, node->join.input_keys[i]);
			scan_use_note(n->arena, use, node->join.condition);
			return use;
		case NODE_PROJECT:
			for (uint32_t i = 0; i < node->column_count; i++)
				scan_use_note(n->arena, use, node->project.exprs[i]);
			return NULL;
		case NODE_AGGREGATE: note_aggregate(n, use, node); return NULL;
		default: assert(use == NULL); return NULL;
	}
}

/* ---- rewriting ---- */

static void
narrow_scan_node(Narrowing *n, const ScanUse *use, PlanNode *node)
{
	const ScanPlan *plan = use->plan;

	node->scan = use->plan;
	node->column_count = plan->field_count + plan->generated_count;
	node->columns = ARENA_ARRAY(n->arena, ResultColumn, node->column_count);
	for (uint32_t i = 0; i < plan->field_count; i++)
		node->columns[i] = (ResultColumn){plan->fields[i].name, plan->fields[i].type};
	for (uint32_t i = 0; i < plan->generated_count; i++)
		node->columns[plan->field_count + i] =
			(ResultColumn){plan->generated_names[i], plan->generated[i]->type};
}

/* before: how many columns the input had when wide. */
static void
narrow_join(Narrowing *n, const ScanUse *use, PlanNode *node, uint32_t before)
{
	uint32_t width = node->input->column_count;
	uint32_t table = node->column_count - before;
	ResultColumn *columns = ARENA_ARRAY(n->arena, ResultColumn, width + table);
	int shift = (int)width - (int)before;

	for (int i = 0; i < node->join.key_count; i++)
		node->join.input_keys[i] = scan_use_rewrite(n->arena, use, node->join.input_keys[i], shift);
	node->join.condition = scan_use_rewrite(n->arena, use, node->join.condition, shift);
	memcpy(columns, node->input->columns, sizeof *columns * width);
	memcpy(columns + width, node->columns + before, sizeof *columns * table);
	node->columns = columns;
	node->column_count = width + table;
}

static void
narrow_aggregate(Narrowing *n, const ScanUse *use, PlanNode *node, int shift)
{
	for (int i = 0; i < node->aggregate.key_count; i++)
		node->aggregate.keys[i] = scan_use_rewrite(n->arena, use, node->aggregate.keys[i], shift);
	for (int i = 0; i < node->aggregate.call_count; i++)
	{
		AggregateCall *call = &node->aggregate.calls[i];

		for (int k = 0; k < call->arg_count; k++)
			call->args[k] = scan_use_rewrite(n->arena, use, call->args[k], shift);
		call->filter = scan_use_rewrite(n->arena, use, call->filter, shift);
	}
	if (use != NULL && node->aggregate.window != NULL)
		node->aggregate.window->time_column = use->plan->time_column;
}

/* Rewrites the subtree; the scan whose columns still are the node's first ones, or NULL. */
static ScanUse *
narrow_node(Narrowing *n, PlanNode *node)
{
	uint32_t before = node->input != NULL ? node->input->column_count : 0;
	ScanUse *use = NULL;
	int shift;

	for (int i = 0; i < node_input_count(node); i++)
		use = narrow_node(n, node_input(node, i));
	shift = node->input != NULL ? (int)node->input->column_count - (int)before : 0;
	switch (node->kind)
	{
		case NODE_SCAN:
			use = use_of_stream(n, node->scan->stream);
			narrow_scan_node(n, use, node);
			return use;
		case NODE_FILTER:
			node->filter.condition = scan_use_rewrite(n->arena, use, node->filter.condition, shift);
			node->columns = node->input->columns;
			node->column_count = node->input->column_count;
			return use;
		case NODE_JOIN_TABLE: narrow_join(n, use, node, before); return use;
		case NODE_PROJECT:
			for (uint32_t i = 0; i < node->column_count; i++)
				node->project.exprs[i] = scan_use_rewrite(n->arena, use, node->project.exprs[i], shift);
			return NULL;
		case NODE_AGGREGATE: narrow_aggregate(n, use, node, shift); return NULL;
		default: return NULL;
	}
}

/* ---- filters that all readers share ---- */

/* The places of a tree where a scan is read: each points at a filter over the scan, or at the scan. */
typedef struct Readers
{
	PlanNode ***slots;
	ExprList *filters;
	int count;
} Readers;

static void
find_readers(Narrowing *n, PlanNode **slot, const ScanPlan *scan, Readers *readers)
{
	PlanNode *node = *slot;
	const PlanNode *below = node->kind == NODE_FILTER ? node->input : node;

	if (below->kind == NODE_SCAN)
	{
		if (below->scan != scan)
			return;
		if (node->kind == NODE_FILTER)
			expr_list_add_conjuncts(n->arena, &readers->filters[readers->count], node->filter.condition);
		readers->slots[readers->count++] = slot;
	}
	else if (node->kind == NODE_APPEND)
	{
		for (int i = 0; i < node->append.input_count; i++)
			find_readers(n, &node->append.inputs[i], scan, readers);
	}
	else if (node->input != NULL)
		find_readers(n, &node->input, scan, readers);
}

/* Whether all that the list evaluates before the conjunct is shared already, so that no guard is lost. */
static bool
is_next_shared(const ExprList *list, const ExprList *shared, const Expr *conjunct)
{
	for (int i = 0; i < list->count; i++)
	{
		if (expr_equal(list->items[i], conjunct))
			return true;
		if (expr_list_find(shared, list->items[i]) < 0)
			return false;
	}
	return false;
}

static void
find_shared(Narrowing *n, const Readers *readers, ExprList *shared)
{
	for (int i = 0; i < readers->filters[0].count; i++)
	{
		Expr *conjunct = readers->filters[0].items[i];

		if (expr_is_volatile(conjunct))
			return;
		for (int r = 1; r < readers->count; r++)
		{
			if (!is_next_shared(&readers->filters[r], shared, conjunct))
				return;
		}
		expr_list_add(n->arena, shared, conjunct);
	}
}

static void
share_filters(Narrowing *n, PlanNode **roots, int root_count, ScanUse *use, int reader_count)
{
	Readers readers = {.slots = ARENA_ARRAY(n->arena, PlanNode **, reader_count),
					   .filters = ARENA_ARRAY_ZERO(n->arena, ExprList, reader_count)};
	ExprList shared = {0};

	for (int i = 0; i < root_count; i++)
		find_readers(n, &roots[i], use->plan, &readers);
	find_shared(n, &readers, &shared);
	use->plan->filter = expr_list_and(n->arena, &shared);
	for (int r = 0; r < readers.count && shared.count > 0; r++)
	{
		PlanNode *filter = *readers.slots[r];
		ExprList rest = {0};

		for (int i = 0; i < readers.filters[r].count; i++)
		{
			if (expr_list_find(&shared, readers.filters[r].items[i]) < 0)
				expr_list_add(n->arena, &rest, readers.filters[r].items[i]);
		}
		if (rest.count == 0)
			*readers.slots[r] = filter->input;
		else
			filter->filter.condition = expr_list_and(n->arena, &rest);
	}
}

/* ---- tables ---- */

static TablePlan *
shared_table(Narrowing *n, TablePlan *table)
{
	for (int i = 0; i < n->plan.table_count; i++)
	{
		if (n->plan.tables[i]->table == table->table)
			return n->plan.tables[i];
	}
	table->index = n->plan.table_count;
	n->plan.tables[n->plan.table_count++] = table;
	return table;
}

static void
share_tables(Narrowing *n, PlanNode *node)
{
	if (node->kind == NODE_TABLE)
		node->table = shared_table(n, node->table);
	if (node->kind == NODE_JOIN_TABLE)
		node->join.table = shared_table(n, node->join.table);
	for (int i = 0; i < node_input_count(node); i++)
		share_tables(n, node_input(node, i));
}

NarrowedPlan
narrow_plan(const PlanContext *context, PlanNode **roots, int root_count)
{
	Narrowing n = {.context = context, .arena = context->arena};
	int scans = 0;
	int tables = 0;

	for (int i = 0; i < root_count; i++)
	{
		scans += node_count_kind(roots[i], NODE_SCAN);
		tables += node_count_kind(roots[i], NODE_TABLE) + node_count_kind(roots[i], NODE_JOIN_TABLE);
	}
	n.uses = ARENA_ARRAY_ZERO(n.arena, ScanUse, scans);
	n.plan.tables = ARENA_ARRAY(n.arena, TablePlan *, tables);
	for (int i = 0; i < root_count; i++)
		note_node(&n, roots[i]);
	for (int i = 0; i < n.use_count; i++)
		scan_use_lay_out(n.arena, &n.uses[i]);
	for (int i = 0; i < root_count; i++)
		narrow_node(&n, roots[i]);
	n.plan.scans = ARENA_ARRAY(n.arena, ScanPlan *, n.use_count);
	n.plan.scan_count = n.use_count;
	for (int i = 0; i < n.use_count; i++)
	{
		share_filters(&n, roots, root_count, &n.uses[i], scans);
		n.plan.scans[i] = n.uses[i].plan;
	}
	for (int i = 0; i < root_count; i++)
		share_tables(&n, roots[i]);
	return n.plan;
}
