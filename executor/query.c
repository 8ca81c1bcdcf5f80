/*
 * query.c: bounded SELECTs (contract in query.h).
 *
 * The idea: the plan becomes a chain whose end is the receiver; then each leaf, left to right, pushes its
 * rows and finishes. What blocks (aggregate, sort) emits when it is finished. The first failure ends the
 * query.
 */
#include "executor/query.h"

#include "common/memory.h"
#include "executor/op_chain.h"
#include "executor/table.h"

typedef struct Query
{
	const QueryPlan *plan;
	const atomic_bool *stop; /* or NULL */
	Arena arena;             /* of the operators */
	Arena batch_arena;       /* of the batch being pushed */
	Chain chain;
	ChainBuild build;
	TableData **tables; /* by TablePlan.index */
	int table_count;    /* size of that array */
} Query;

/* ---- leaves ---- */

static bool
fill_value(Query *q, const Expr *expr, Column *column, uint32_t row, Error *err)
{
	Datum value;

	if (expr->kind == EXPR_CONSTANT)
	{
		column_set(column, row, &expr->constant);
		return true;
	}
	if (!executor_evaluator.evaluate(expr, q->chain.context, &q->batch_arena, &value, err))
	{
		if (err != NULL)
			err->position = NO_POSITION; /* as all failures at run time */
		return false;
	}
	column_set(column, row, &value);
	return true;
}

static bool
fill_rows(Query *q, const ChainEntry *entry, uint32_t from, Batch *batch, Error *err)
{
	const PlanNode *node = entry->leaf;

	for (uint32_t c = 0; c < node->column_count; c++)
	{
		batch->columns[c].validity = NULL;
		for (uint32_t row = 0; entry->needed[c] && row < batch->n; row++)
			if (!fill_value(q, node->values.rows[from + row][c], &batch->columns[c], row, err))
				return false;
	}
	return true;
}

static bool
may_go_on(const Query *q, Error *err)
{
	return q->stop == NULL || !*q->stop ||
		   error_set(err, SQLSTATE_QUERY_CANCELED, NO_POSITION, "canceling statement due to user request");
}

static bool
run_values(Query *q, const ChainEntry *entry, Error *err)
{
	const PlanNode *node = entry->leaf;
	uint32_t count = node->values.row_count;
	Batch batch;

	batch_init(&batch, node_types(node, &q->arena), node->column_count, &q->arena);
	batch.arena = &q->batch_arena;
	for (uint32_t from = 0; from < count && !operator_full(entry->head); from += BATCH_ROWS)
	{
		arena_reset(&q->batch_arena);
		batch.n = Min(count - from, (uint32_t)BATCH_ROWS);
		if (!may_go_on(q, err) || !fill_rows(q, entry, from, &batch, err) ||
			!operator_push(entry->head, &batch, err))
			return false;
	}
	return true;
}

/* Batches are slices of the table's arrays. */
static bool
run_table(Query *q, const ChainEntry *entry, Error *err)
{
	const RowStore *rows = table_row_store(q->tables[entry->leaf->table->index]);
	Batch batch;

	batch_init(&batch, NULL, 0, &q->arena);
	batch.arena = &q->batch_arena;
	batch.column_count = rows->column_count;
	batch.columns = ARENA_ARRAY(&q->arena, Column, rows->column_count + 1);
	for (uint32_t from = 0; from < rows->n && !operator_full(entry->head); from += BATCH_ROWS)
	{
		arena_reset(&q->batch_arena);
		batch.n = Min(rows->n - from, (uint32_t)BATCH_ROWS);
		for (uint32_t c = 0; c < rows->column_count; c++)
		{
			const Column *column = &rows->columns[c];

			batch.columns[c] = *column;
			batch.columns[c].data = (char *)column->data + from * type_size(column->type);
			if (column->validity != NULL)
				batch.columns[c].validity = column->validity + from / 64;
		}
		if (!may_go_on(q, err) || !operator_push(entry->head, &batch, err))
			return false;
	}
	return true;
}

static bool
run_leaf(Query *q, const ChainEntry *entry, Error *err)
{
	bool ok = entry->leaf->kind == NODE_VALUES ? run_values(q, entry, err) : run_table(q, entry, err);

	return ok && operator_finish(entry->head, err);
}

/* ---- the whole ---- */

static bool
load_tables(Query *q, const Clock *clock, Error *err)
{
	for (int i = 0; i < q->plan->table_count; i++)
		q->table_count = Max(q->table_count, q->plan->tables[i]->index + 1);
	q->tables = mem_alloc_zero(sizeof *q->tables * ((size_t)q->table_count + 1));
	for (int i = 0; i < q->plan->table_count; i++)
	{
		const TablePlan *table = q->plan->tables[i];

		if (!table_load(table, q->chain.context, clock, q->stop, 0, &q->tables[table->index], err))
			return false;
	}
	return true;
}

static bool
run_plan(Query *q, Error *err)
{
	const PlanNode *root = q->plan->root;
	bool *all = ARENA_ARRAY(&q->arena, bool, root->column_count + 1);
	Operator *end;

	memset(all, true, sizeof *all * (root->column_count + 1));
	q->chain.tables = q->tables;
	end = chain_build_operator(&q->build, &op_receive, NULL, NULL, NULL);
	chain_build(&q->build, root, all, end);
	for (size_t i = 0; i < q->build.entry_count; i++)
		if (!run_leaf(q, &q->build.entries[i], err))
			return false;
	return true;
}

bool
query_run(const QueryPlan *plan, const Settings *settings, TypeContext *context, const Clock *clock,
		  const atomic_bool *stop, RowReceiver *receiver, Error *err)
{
	Query q = {
		.plan = plan,
		.stop = stop,
		.chain =
			{
				.on_error = ON_ERROR_STOP,
				.context = context,
				.settings = settings,
				.receiver = receiver,
				.partition = -1,
			},
	};
	bool ok;

	assert(plan->scan_count == 0);
	arena_init(&q.arena, "query");
	arena_init(&q.batch_arena, "batch");
	q.build = (ChainBuild){.chain = &q.chain, .arena = &q.arena};
	ok = load_tables(&q, clock, err) && run_plan(&q, err);
	chain_build_release(&q.build);
	for (int i = 0; i < q.table_count; i++)
		table_free(q.tables[i]);
	mem_free(q.tables);
	arena_release(&q.batch_arena);
	arena_release(&q.arena);
	return ok;
}
