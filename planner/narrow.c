/*
 * narrow.c: what scans deliver (contract in narrow.h).
 *
 * The columns of a scan keep their numbers through filters and joins (they come first there), so an
 * expression over such a node speaks of them directly; above projections and aggregates nothing of a scan is
 * visible any more.
 */
#include "planner/narrow.h"

#include "planner/expr_text.h"
#include "planner/nodes.h"

/* A value under constant keys of a jsonb column, as text: column -> 'a' -> 'b' ->> 'c'. */
typedef struct Chain
{
	const Expr *expr; /* over the declared columns */
	int column;
	int output;
} Chain;

/* What is used of one stream by the whole plan. */
typedef struct ScanUse
{
	const StreamDef *stream;
	ScanPlan *plan;
	bool *whole; /* by declared column */
	int *output; /* by declared column: its column in the narrowed scan, -1 = none */
	Chain *chains;
	int chain_count;
	int chain_capacity;
} ScanUse;

typedef struct Narrowing
{
	const PlanContext *context;
	Arena *arena;
	ScanUse *uses;
	int use_count;
	NarrowedPlan plan;
} Narrowing;

/* ---- chains ---- */

static bool
is_constant_key(const Expr *key)
{
	const Datum *value = expr_constant_value(key);

	return value != NULL &&
		   (value->type == TYPE_TEXT || (value->type == TYPE_INTEGER && value->value.i32 >= 0));
}

/* The declared column at the end of ->> and -> with constant keys; -1 when the expression is something else.
 */
static int
chain_column(const ScanUse *use, const Expr *expr)
{
	const ColumnDef *column;

	if (!expr_is_call(expr, "->>"))
		return -1;
	do
	{
		if (!is_constant_key(expr->args[1]))
			return -1;
		expr = expr->args[0];
	} while (expr_is_call(expr, "->"));
	if (expr->kind != EXPR_COLUMN || expr->column < 0 || (uint32_t)expr->column >= use->stream->column_count)
		return -1;
	column = &use->stream->columns[expr->column];
	if (column->type.id != TYPE_JSONB || column->origin != COLUMN_FIELD || column->default_value != NULL ||
		use->stream->format == NULL || !use->stream->format->nested)
		return -1;
	return expr->column;
}

static Chain *
find_chain(const ScanUse *use, const Expr *expr)
{
	for (int i = 0; i < use->chain_count; i++)
	{
		if (expr_equal(use->chains[i].expr, expr))
			return &use->chains[i];
	}
	return NULL;
}

static void
note_chain(Arena *arena, ScanUse *use, const Expr *expr, int column)
{
	if (find_chain(use, expr) != NULL)
		return;
	if (use->chain_count == use->chain_capacity)
	{
		int capacity = Max(8, 2 * use->chain_capacity);
		Chain *chains = ARENA_ARRAY(arena, Chain, capacity);

		if (use->chain_count > 0)
			memcpy(chains, use->chains, sizeof *chains * (size_t)use->chain_count);
		use->chains = chains;
		use->chain_capacity = capacity;
	}
	use->chains[use->chain_count++] = (Chain){expr, column, -1};
}

/* ---- what is used ---- */

static void
note_expr(Arena *arena, ScanUse *use, const Expr *expr)
{
	int column;

	if (use == NULL || expr == NULL)
		return;
	column = chain_column(use, expr);
	if (column >= 0)
	{
		note_chain(arena, use, expr, column);
		return;
	}
	if (expr->kind == EXPR_COLUMN && (uint32_t)expr->column < use->stream->column_count)
		use->whole[expr->column] = true;
	for (int i = 0; i < expr->arg_count; i++)
		note_expr(arena, use, expr->args[i]);
}

static ScanUse *
use_of_stream(Narrowing *n, const StreamDef *stream)
{
	ScanUse *use;

	for (int i = 0; i < n->use_count; i++)
	{
		if (n->uses[i].stream == stream)
			return &n->uses[i];
	}
	use = &n->uses[n->use_count];
	*use = (ScanUse){.stream = stream,
					 .plan = ARENA_NEW(n->arena, ScanPlan),
					 .whole = ARENA_ARRAY_ZERO(n->arena, bool, stream->column_count),
					 .output = ARENA_ARRAY(n->arena, int, stream->column_count)};
	use->plan->stream = stream;
	use->plan->index = n->use_count++;
	return use;
}

static void
note_aggregate(Narrowing *n, ScanUse *use, const PlanNode *node)
{
	for (int i = 0; i < node->aggregate.key_count; i++)
		note_expr(n->arena, use, node->aggregate.keys[i]);
	for (int i = 0; i < node->aggregate.call_count; i++)
	{
		const AggregateCall *call = &node->aggregate.calls[i];

		for (int k = 0; k < call->arg_count; k++)
			note_expr(n->arena, use, call->args[k]);
		note_expr(n->arena, use, call->filter);
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
		case NODE_FILTER: note_expr(n->arena, use, node->filter.condition); return use;
		case NODE_JOIN_TABLE:
			for (int i = 0; i < node->join.key_count; i++)
				note_expr(n->arena, use, node->join.input_keys[i]);
			note_expr(n->arena, use, node->join.condition);
			return use;
		case NODE_PROJECT:
			for (uint32_t i = 0; i < node->column_count; i++)
				note_expr(n->arena, use, node->project.exprs[i]);
			return NULL;
		case NODE_AGGREGATE: note_aggregate(n, use, node); return NULL;
		default: assert(use == NULL); return NULL;
	}
}

/* ---- layout ---- */

static int
count_steps(const Expr *chain)
{
	int steps = 0;

	for (; chain->kind == EXPR_FUNCTION; chain = chain->args[0])
		steps++;
	return steps;
}

static void
add_field(Narrowing *n, ScanUse *use, int column, int csv_index)
{
	const ColumnDef *def = &use->stream->columns[column];

	use->output[column] = (int)use->plan->field_count;
	use->plan->fields[use->plan->field_count++] = (DecodeField){
		.name = def->name,
		.type = def->type,
		.form = FIELD_VALUE,
		.origin = def->origin,
		.metadata = def->metadata,
		.path_length = def->path_length,
		.path = def->path,
		.csv_index = csv_index,
		.timestamp_format = def->timestamp_format,
		.not_null = def->not_null,
		.default_value = def->default_value,
	};
	(void)n;
}

static ResultColumn *
declared_columns(Arena *arena, const StreamDef *stream)
{
	ResultColumn *columns = ARENA_ARRAY(arena, ResultColumn, stream->column_count);

	for (uint32_t i = 0; i < stream->column_count; i++)
		columns[i] = (ResultColumn){stream->columns[i].name, stream->columns[i].type};
	return columns;
}

static void
add_chain_field(Narrowing *n, ScanUse *use, Chain *chain, int csv_index)
{
	const ColumnDef *def = &use->stream->columns[chain->column];
	int steps = count_steps(chain->expr);
	DecodeField *field = &use->plan->fields[use->plan->field_count];
	const Expr *expr = chain->expr;

	*field = (DecodeField){.name = expr_text(n->arena, declared_columns(n->arena, use->stream), expr),
						   .type = TYPE_PLAIN(TYPE_TEXT),
						   .form = FIELD_JSON_TEXT,
						   .origin = COLUMN_FIELD,
						   .path_length = def->path_length + steps,
						   .csv_index = csv_index};
	field->path = ARENA_ARRAY_ZERO(n->arena, PathStep, field->path_length);
	memcpy(field->path, def->path, sizeof *def->path * (size_t)def->path_length);
	for (int i = field->path_length - 1; i >= def->path_length; i--, expr = expr->args[0])
	{
		const Datum *key = &expr->args[1]->constant;

		if (key->type == TYPE_TEXT)
			field->path[i].key = arena_strndup(n->arena, key->value.text.data, key->value.text.len);
		else
			field->path[i].index = key->value.i32;
	}
	chain->output = (int)use->plan->field_count++;
}

static void
lay_out_fields(Narrowing *n, ScanUse *use)
{
	const StreamDef *stream = use->stream;
	int csv_index = 0;

	use->plan->fields = ARENA_ARRAY_ZERO(n->arena, DecodeField, (int)stream->column_count + use->chain_count);
	for (uint32_t c = 0; c < stream->column_count; c++)
	{
		use->output[c] = -1;
		if (stream->columns[c].origin == COLUMN_GENERATED)
			continue;
		if (use->whole[c])
			add_field(n, use, (int)c, csv_index);
		for (int i = 0; i < use->chain_count && !use->whole[c]; i++)
		{
			if (use->chains[i].column == (int)c)
				add_chain_field(n, use, &use->chains[i], csv_index);
		}
		csv_index += stream->columns[c].origin == COLUMN_FIELD;
	}
}

static Expr *narrow_expr(Narrowing *n, const ScanUse *use, const Expr *expr, int shift);

static void
lay_out_generated(Narrowing *n, ScanUse *use)
{
	const StreamDef *stream = use->stream;
	ScanPlan *plan = use->plan;
	bool *not_null = ARENA_ARRAY_ZERO(n->arena, bool, stream->column_count);

	plan->generated = ARENA_ARRAY(n->arena, Expr *, stream->column_count);
	plan->generated_names = ARENA_ARRAY(n->arena, const char *, stream->column_count);
	plan->generated_not_null = not_null;
	for (uint32_t c = 0; c < stream->column_count; c++)
	{
		const ColumnDef *def = &stream->columns[c];
		uint32_t g = plan->generated_count;

		if (def->origin != COLUMN_GENERATED || !use->whole[c])
			continue;
		plan->generated[g] = narrow_expr(n, use, def->generated, 0);
		plan->generated_names[g] = def->name;
		not_null[g] = def->not_null;
		use->output[c] = (int)(plan->field_count + g);
		plan->generated_count++;
	}
}

/* What is decoded whatever the queries use: NOT NULL columns, the event time, and what generated columns
 * need. */
static void
note_always_used(Narrowing *n, ScanUse *use)
{
	const StreamDef *stream = use->stream;

	for (uint32_t c = 0; c < stream->column_count; c++)
		use->whole[c] |= stream->columns[c].not_null || (int)c == stream->time_column;
	for (uint32_t c = 0; c < stream->column_count; c++)
	{
		if (use->whole[c] && stream->columns[c].origin == COLUMN_GENERATED)
			note_expr(n->arena, use, stream->columns[c].generated);
	}
}

static void
lay_out(Narrowing *n, ScanUse *use)
{
	note_always_used(n, use);
	lay_out_fields(n, use);
	lay_out_generated(n, use);
	use->plan->time_column = use->stream->time_column >= 0 ? use->output[use->stream->time_column] : -1;
}

/* ---- rewriting ---- */

/* Column numbers of an expression: those of use's scan by its layout, those behind them shifted. */
typedef struct Renumbering
{
	Narrowing *n;
	const ScanUse *use;
	int shift;
} Renumbering;

static Expr *
renumber(const Expr *expr, void *context)
{
	const Renumbering *r = context;
	int column = chain_column(r->use, expr);

	if (column >= 0 && !r->use->whole[column])
		return expr_column(r->n->arena, find_chain(r->use, expr)->output, expr->type, expr->position);
	if (expr->kind != EXPR_COLUMN)
		return NULL;
	if ((uint32_t)expr->column < r->use->stream->column_count)
		column = r->use->output[expr->column];
	else
		column = expr->column + r->shift;
	return expr_column(r->n->arena, column, expr->type, expr->position);
}

static Expr *
narrow_expr(Narrowing *n, const ScanUse *use, const Expr *expr, int shift)
{
	Renumbering r = {n, use, shift};

	return use == NULL || expr == NULL ? (Expr *)expr : expr_rewrite(n->arena, expr, renumber, &r);
}

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
		node->join.input_keys[i] = narrow_expr(n, use, node->join.input_keys[i], shift);
	node->join.condition = narrow_expr(n, use, node->join.condition, shift);
	memcpy(columns, node->input->columns, sizeof *columns * width);
	memcpy(columns + width, node->columns + before, sizeof *columns * table);
	node->columns = columns;
	node->column_count = width + table;
}

static void
narrow_aggregate(Narrowing *n, const ScanUse *use, PlanNode *node, int shift)
{
	for (int i = 0; i < node->aggregate.key_count; i++)
		node->aggregate.keys[i] = narrow_expr(n, use, node->aggregate.keys[i], shift);
	for (int i = 0; i < node->aggregate.call_count; i++)
	{
		AggregateCall *call = &node->aggregate.calls[i];

		for (int k = 0; k < call->arg_count; k++)
			call->args[k] = narrow_expr(n, use, call->args[k], shift);
		call->filter = narrow_expr(n, use, call->filter, shift);
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
			node->filter.condition = narrow_expr(n, use, node->filter.condition, shift);
			node->columns = node->input->columns;
			node->column_count = node->input->column_count;
			return use;
		case NODE_JOIN_TABLE: narrow_join(n, use, node, before); return use;
		case NODE_PROJECT:
			for (uint32_t i = 0; i < node->column_count; i++)
				node->project.exprs[i] = narrow_expr(n, use, node->project.exprs[i], shift);
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

/* ---- tables and numbers ---- */

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
number_nodes(Narrowing *n, PlanNode *node)
{
	node->id = n->plan.node_count++;
	if (node->kind == NODE_TABLE)
		node->table = shared_table(n, node->table);
	if (node->kind == NODE_JOIN_TABLE)
		node->join.table = shared_table(n, node->join.table);
	for (int i = 0; i < node_input_count(node); i++)
		number_nodes(n, node_input(node, i));
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
		lay_out(&n, &n.uses[i]);
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
		number_nodes(&n, roots[i]);
	return n.plan;
}
