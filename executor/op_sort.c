/*
 * op_sort.c: ORDER BY over bounded input: keeps all rows, sorts their numbers, emits them in order.
 *
 * The sort is stable: rows with equal keys stay in the order in which they came.
 */
#include "common/memory.h"
#include "executor/operator.h"
#include "executor/row_store.h"

typedef struct Sort
{
	Operator base;
	const PlanNode *node;
	RowStore rows;
	const bool *needed;
	Column *own; /* of the output */
	Batch out;
} Sort;

static Operator *
sort_open(const OperatorOpen *open)
{
	const PlanNode *node = open->node;
	const TypeId *types = node_types(node, open->arena);
	Sort *s = ARENA_NEW(open->arena, Sort);
	bool *kept = ARENA_ARRAY_ZERO(open->arena, bool, node->column_count + 1);

	operator_init(&s->base, &op_sort, open);
	s->node = node;
	s->needed = open->needed;
	memcpy(kept, open->needed, sizeof *kept * node->column_count);
	for (int i = 0; i < node->sort.key_count; i++)
		kept[node->sort.keys[i].column] = true;
	row_store_init(&s->rows, types, node->column_count, kept);
	batch_init(&s->out, types, node->column_count, open->arena);
	return &s->base;
}

static bool
sort_push(Operator *op, const Batch *batch, Error *err)
{
	RowStore *rows = &((Sort *)op)->rows;

	if (!row_store_append(rows, batch, err))
		return false;
	if (row_store_memory(rows) <= (size_t)op->chain->settings->memory_limit)
		return true;
	(void)error_set(err, SQLSTATE_OUT_OF_MEMORY, NO_POSITION, "rows to be sorted exceed memory_limit");
	return error_hint(err, "Raise memory_limit, or sort fewer rows.");
}

static int
compare_by_key(const Column *c, const SortKey *key, uint32_t a, uint32_t b)
{
	const TypeClass *class = type_class(c->type);
	bool null_a = column_is_null(c, a);
	bool null_b = column_is_null(c, b);
	int order;

	if (null_a || null_b)
		return null_a == null_b ? 0 : (null_a == key->nulls_first ? -1 : 1);
	order = class->compare((const char *)c->data + a * class->size, (const char *)c->data + b * class->size);
	return key->descending ? -order : order;
}

static int
compare_rows(const void *a, const void *b, void *context)
{
	const Sort *s = context;
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;

	for (int i = 0; i < s->node->sort.key_count; i++)
	{
		const SortKey *key = &s->node->sort.keys[i];
		int order = compare_by_key(&s->rows.columns[key->column], key, x, y);

		if (order != 0)
			return order;
	}
	return (x > y) - (x < y);
}

/* Emits the listed rows as one batch. */
static bool
emit_rows(Sort *s, const uint32_t *list, uint32_t count, Error *err)
{
	for (uint32_t c = 0; c < s->out.column_count; c++)
		if (s->needed[c])
			rows_gather(&s->out.columns[c], &s->rows.columns[c], list, count);
	s->out.n = count;
	return operator_push(s->base.next, &s->out, err);
}

static bool
sort_finish(Operator *op, Error *err)
{
	Sort *s = (Sort *)op;
	uint32_t n = s->rows.n;
	uint32_t *order = mem_alloc(sizeof *order * ((size_t)n + 1));
	Arena arena;
	bool ok = true;

	arena_init(&arena, "sorted rows");
	s->out.arena = &arena;
	for (uint32_t i = 0; i < n; i++)
		order[i] = i;
	qsort_r(order, n, sizeof *order, compare_rows, s);
	for (uint32_t from = 0; ok && from < n && !operator_full(op->next); from += BATCH_ROWS)
	{
		ok = emit_rows(s, order + from, Min(n - from, BATCH_ROWS), err);
		arena_reset(&arena);
	}
	arena_release(&arena);
	mem_free(order);
	return ok && operator_finish(op->next, err);
}

static void
sort_close(Operator *op)
{
	row_store_release(&((Sort *)op)->rows);
}

const OpClass op_sort = {
	.name = "Sort",
	.open = sort_open,
	.push = sort_push,
	.finish = sort_finish,
	.close = sort_close,
};
