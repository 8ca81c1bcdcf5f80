/*
 * op_join_table.c: joins rows with the matching rows of a reference table (inner and left).
 *
 * The idea: input rows become pairs (input row, table row) in input order, table order within a row; a left
 * join adds a pair (input row, ROW_NONE). A full set of pairs is flushed: the rest of the ON condition, if
 * there is one, is computed over them, and the pairs that stay are gathered. With a rest condition each input
 * row's pairs are followed by its (row, ROW_NONE), which stays only if none of the pairs before it did.
 *
 * NULL keys match nothing. When every input row has exactly one match, the input's columns are borrowed.
 */
#include "executor/operator.h"
#include "executor/table.h"

typedef struct JoinTable
{
	Operator base;
	const PlanNode *node;
	uint32_t input_count; /* columns */
	Program *keys;        /* NULL when there is none */
	const Column **key_columns;
	Program *condition; /* NULL when there is none */
	const bool *needed;
	bool *condition_reads;
	Column *own; /* of the output; room only for what is read */
	Batch out;
	uint32_t *message_index;
	uint32_t pair_count;
	uint32_t *left;  /* row of the input batch */
	uint32_t *right; /* row of the table, or ROW_NONE */
	bool any_none;
	/* While a batch is pushed: */
	const Batch *in;
	const RowStore *rows;
	uint32_t last_matched; /* the last input row of which a pair stayed, or failed */
} JoinTable;

static void
open_programs(JoinTable *j, const OperatorOpen *open)
{
	const PlanNode *node = open->node;
	TypeId *types = node_types(node, open->arena); /* those of the input come first */
	int key_count = node->join.key_count;

	j->condition_reads = ARENA_ARRAY_ZERO(open->arena, bool, node->column_count + 1);
	j->key_columns = ARENA_ARRAY(open->arena, const Column *, key_count + 1);
	if (key_count > 0)
		j->keys = program_compile((const Expr *const *)node->join.input_keys, key_count, types,
								  j->input_count, open->arena);
	if (node->join.condition != NULL)
	{
		const Expr *condition = node->join.condition;

		expr_mark_columns(condition, j->condition_reads);
		j->condition = program_compile_condition(condition, types, node->column_count, open->arena);
	}
}

/* Columns that are read have room for rows; the others are zeroes that all share. */
static void
open_columns(JoinTable *j, const OperatorOpen *open)
{
	uint32_t count = open->node->column_count;
	void *zeroes = NULL;

	j->own = ARENA_ARRAY_ZERO(open->arena, Column, count + 1);
	for (uint32_t i = 0; i < count; i++)
	{
		TypeId type = open->node->columns[i].type.id;

		if (j->needed[i] || j->condition_reads[i])
		{
			column_init(&j->own[i], type, open->arena);
			continue;
		}
		if (zeroes == NULL)
			zeroes = arena_alloc_zero(open->arena, sizeof(Value) * BATCH_ROWS);
		j->own[i] = (Column){.type = type, .data = zeroes};
	}
	j->out.column_count = count;
	j->out.columns = ARENA_ARRAY_ZERO(open->arena, Column, count + 1);
}

static Operator *
join_open(const OperatorOpen *open)
{
	JoinTable *j = ARENA_NEW(open->arena, JoinTable);

	operator_init(&j->base, &op_join_table, open);
	j->node = open->node;
	j->input_count = open->node->input->column_count;
	j->needed = open->needed;
	j->left = ARENA_ARRAY(open->arena, uint32_t, BATCH_ROWS);
	j->right = ARENA_ARRAY(open->arena, uint32_t, BATCH_ROWS);
	j->message_index = ARENA_ARRAY_ZERO(open->arena, uint32_t, BATCH_ROWS);
	open_programs(j, open);
	open_columns(j, open);
	return &j->base;
}

/* ---- output ---- */

/* Whether the pairs are the input's rows, each once: then its columns need no gathering. */
static bool
pairs_are_input(const JoinTable *j)
{
	if (j->pair_count != j->in->n)
		return false;
	for (uint32_t i = 0; i < j->pair_count; i++)
		if (j->left[i] != i)
			return false;
	return true;
}

static void
gather_input(JoinTable *j, const bool *reads)
{
	const Batch *in = j->in;

	if (pairs_are_input(j))
	{
		memcpy(j->out.columns, in->columns, sizeof *in->columns * j->input_count);
		j->out.message_index = in->message_index;
		return;
	}
	for (uint32_t i = 0; i < j->input_count; i++)
	{
		if (reads[i])
			rows_gather(&j->own[i], &in->columns[i], j->left, j->pair_count);
		j->out.columns[i] = j->own[i];
	}
	for (uint32_t i = 0; in->message_index != NULL && i < j->pair_count; i++)
		j->message_index[i] = in->message_index[j->left[i]];
	j->out.message_index = in->message_index ? j->message_index : NULL;
}

static void
gather_table(JoinTable *j, const bool *reads)
{
	for (uint32_t i = j->input_count; i < j->node->column_count; i++)
	{
		const Column *from = &j->rows->columns[i - j->input_count];

		if (reads[i] && j->any_none)
			rows_gather_with_none(&j->own[i], from, j->right, j->pair_count);
		else if (reads[i])
			rows_gather(&j->own[i], from, j->right, j->pair_count);
		j->out.columns[i] = j->own[i];
	}
}

/* Makes out the pairs' rows; columns that reads[] does not name may hold anything valid. */
static void
gather_pairs(JoinTable *j, const bool *reads)
{
	Column *columns = j->out.columns;

	j->out = *j->in;
	j->out.n = j->pair_count;
	j->out.columns = columns;
	j->out.column_count = j->node->column_count;
	gather_input(j, reads);
	gather_table(j, reads);
}

static bool
push_pairs(JoinTable *j, Error *err)
{
	if (j->pair_count == 0)
		return true;
	gather_pairs(j, j->needed);
	return operator_push(j->base.next, &j->out, err);
}

/* ---- the rest of the condition ---- */

/* Keeps the pairs that the condition says yes of, and the ROW_NONE of rows that are left without any. */
static void
keep_pairs(JoinTable *j, const uint64_t *keep, const uint64_t *failed)
{
	uint32_t count = 0;

	j->any_none = false;
	for (uint32_t i = 0; i < j->pair_count; i++)
	{
		bool none = j->right[i] == ROW_NONE;
		bool stays = none ? j->last_matched != j->left[i] : bitmap_get(keep, i) && !bitmap_get(failed, i);

		if (!none && (stays || bitmap_get(failed, i)))
			j->last_matched = j->left[i];
		if (!stays)
			continue;
		j->any_none |= none;
		j->left[count] = j->left[i];
		j->right[count++] = j->right[i];
	}
	j->pair_count = count;
}

static bool
apply_condition(JoinTable *j, Error *err)
{
	uint64_t real[BATCH_WORDS] = {0};
	uint64_t keep[BATCH_WORDS];
	uint64_t failed[BATCH_WORDS];

	for (uint32_t i = 0; i < j->pair_count; i++)
		bitmap_put(real, i, j->right[i] != ROW_NONE);
	gather_pairs(j, j->condition_reads);
	if (!program_run(j->condition, &j->out, real, j->base.chain->context, failed) &&
		!chain_fail_rows(j->base.chain, j->condition, &j->out, failed, NULL, err))
		return false;
	column_true_rows(program_result(j->condition, 0), j->pair_count, keep);
	keep_pairs(j, keep, failed);
	return true;
}

static bool
flush_pairs(JoinTable *j, Error *err)
{
	bool ok = j->pair_count == 0 || ((j->condition == NULL || apply_condition(j, err)) && push_pairs(j, err));

	j->pair_count = 0;
	j->any_none = false;
	return ok;
}

static inline bool
add_pair(JoinTable *j, uint32_t left, uint32_t right, Error *err)
{
	j->left[j->pair_count] = left;
	j->right[j->pair_count++] = right;
	j->any_none |= right == ROW_NONE;
	return j->pair_count < BATCH_ROWS || flush_pairs(j, err);
}

/* After an input row's pairs: what a left join adds. */
static bool
end_row(JoinTable *j, uint32_t row, bool matched, Error *err)
{
	if (!j->node->join.left || (matched && j->condition == NULL))
		return true;
	return add_pair(j, row, ROW_NONE, err);
}

/* ---- finding pairs ---- */

/* Without keys every pair is a candidate. */
static bool
pair_all(JoinTable *j, Error *err)
{
	for (uint32_t row = 0; row < j->in->n; row++)
	{
		for (uint32_t t = 0; t < j->rows->n; t++)
			if (!add_pair(j, row, t, err))
				return false;
		if (!end_row(j, row, j->rows->n > 0, err))
			return false;
	}
	return true;
}

static bool
pair_row(JoinTable *j, const TableIndex *index, uint32_t row, uint64_t hash, Error *err)
{
	uint32_t t = table_index_match(index, j->rows, table_index_first(index, hash), hash, j->key_columns, row);
	bool matched = t != ROW_NONE;

	while (t != ROW_NONE)
	{
		if (!add_pair(j, row, t, err))
			return false;
		t = table_index_match(index, j->rows, index->next[t], hash, j->key_columns, row);
	}
	return end_row(j, row, matched, err);
}

static bool
pair_by_keys(JoinTable *j, TableData *table, Error *err)
{
	int count = j->node->join.key_count;
	const TableIndex *index = table_index(table, j->node->join.table_keys, count);
	uint64_t failed[BATCH_WORDS];
	uint64_t complete[BATCH_WORDS];
	uint64_t hashes[BATCH_ROWS];

	if (!program_run(j->keys, j->in, NULL, j->base.chain->context, failed) &&
		!chain_fail_rows(j->base.chain, j->keys, j->in, failed, NULL, err))
		return false;
	for (int k = 0; k < count; k++)
		j->key_columns[k] = program_result(j->keys, k);
	table_hash_keys(j->key_columns, count, j->in->n, hashes, complete);
	for (uint32_t row = 0; row < j->in->n; row++)
	{
		bool ok = true;

		if (likely(bitmap_get(complete, row) && !bitmap_get(failed, row)))
			ok = pair_row(j, index, row, hashes[row], err);
		else if (!bitmap_get(failed, row))
			ok = end_row(j, row, false, err);
		if (!ok)
			return false;
	}
	return true;
}

static bool
join_push(Operator *op, const Batch *batch, Error *err)
{
	JoinTable *j = (JoinTable *)op;
	TableData *table = op->chain->tables[j->node->join.table->index];
	bool ok;

	j->in = batch;
	j->rows = table_row_store(table);
	j->last_matched = ROW_NONE;
	ok = j->keys == NULL ? pair_all(j, err) : pair_by_keys(j, table, err);
	return ok && flush_pairs(j, err);
}

const OpClass op_join_table = {
	.name = "Join Table",
	.open = join_open,
	.push = join_push,
};
