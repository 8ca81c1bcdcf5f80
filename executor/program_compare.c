/*
 * program_compare.c: the steps that compare by the type's own order: IN, IS DISTINCT FROM, GREATEST, LEAST.
 *
 * The idea: types whose equal values are equal bytes are compared by loops over their arrays, text by its
 * prefix first, everything else through the type's compare function.
 */
#include "common/types/text.h"
#include "executor/program_code.h"

enum
{
	LINEAR_LIST = 8 /* constants of IN up to which comparing with each is cheaper than a search */
};

/* out[i] = a[i * step_a] == b[i * step_b]: a step of 0 compares with a single value. */
#define EQUAL_LOOP(T)                            \
	do                                           \
	{                                            \
		const T *x = a;                          \
		const T *y = b;                          \
		for (uint32_t i = 0; i < n; i++)         \
			out[i] |= x[i] == y[single ? 0 : i]; \
	} while (0)

/* Adds to out (bytes) where the elements are equal; b is one value if single. */
static void
or_equal(const TypeClass *class, const void *a, const void *b, bool single, uint32_t n, bool *out)
{
	switch (class->id)
	{
		case TYPE_BOOLEAN: EQUAL_LOOP(bool); return;
		case TYPE_INTEGER:
		case TYPE_DATE: EQUAL_LOOP(int32_t); return;
		case TYPE_BIGINT:
		case TYPE_TIMESTAMP:
		case TYPE_TIMESTAMPTZ: EQUAL_LOOP(int64_t); return;
		case TYPE_TEXT:
			for (uint32_t i = 0; i < n; i++)
				out[i] |= text_equal(((const Text *)a)[i], ((const Text *)b)[single ? 0 : i]);
			return;
		default:
			for (uint32_t i = 0; i < n; i++)
				out[i] |= class->compare((const char *)a + i * class->size,
										 (const char *)b + (single ? 0 : i * class->size)) == 0;
	}
}

/* out: equal elements, NULL or not. */
static void
compare_columns(const Run *run, const Instruction *ins, Column *out)
{
	const Column *a = ins->columns[0];

	memset(out->data, 0, run->n);
	or_equal(type_class(a->type), a->data, ins->columns[1]->data, false, run->n, out->data);
}

void
step_equal(const Run *run, const Instruction *ins)
{
	Column *out = run_out(run, ins);

	compare_columns(run, ins, out);
	column_combine_validity(out, ins->columns, 2, run->words);
	column_zero_nulls(out, run->n);
}

static void
compare_distinct(const Run *run, const Instruction *ins, bool distinct)
{
	const Column *a = ins->columns[0];
	const Column *b = ins->columns[1];
	Column *out = run_out(run, ins);
	bool *result = out->data;

	compare_columns(run, ins, out);
	out->validity = NULL;
	if (a->validity != NULL || b->validity != NULL)
	{
		for (uint32_t i = 0; i < run->n; i++)
		{
			bool null_a = column_is_null(a, i);
			bool null_b = column_is_null(b, i);

			if (null_a || null_b)
				result[i] = null_a == null_b;
		}
	}
	for (uint32_t i = 0; distinct && i < run->n; i++)
		result[i] = !result[i];
}

void
step_is_distinct(const Run *run, const Instruction *ins)
{
	compare_distinct(run, ins, true);
}

void
step_is_not_distinct(const Run *run, const Instruction *ins)
{
	compare_distinct(run, ins, false);
}

/* ---- IN (constants) ---- */

static bool
list_contains(const ConstantList *list, const void *value)
{
	uint32_t low = 0;
	uint32_t high = list->count;

	while (low < high)
	{
		uint32_t middle = low + (high - low) / 2;
		int order = list->class->compare(value, &list->values[middle]);

		if (order == 0)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

static void
find_in_list(const ConstantList *list, const char *data, uint32_t n, bool *out)
{
	memset(out, 0, n);
	if (list->count <= LINEAR_LIST)
	{
		for (uint32_t c = 0; c < list->count; c++)
			or_equal(list->class, data, &list->values[c], true, n, out);
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		out[i] = list_contains(list, data + i * list->class->size);
}

/* NULL where the needle is, and where a NULL of the list might have been equal. */
void
step_in_list(const Run *run, const Instruction *ins)
{
	const Column *needle = ins->columns[0];
	Column *out = run_out(run, ins);
	uint64_t found[BATCH_WORDS];

	find_in_list(ins->list, needle->data, run->n, out->data);
	column_combine_validity(out, ins->columns, 1, run->words);
	if (ins->list->has_null)
	{
		rows_from_bools(out->data, run->n, found);
		out->validity = out->validity_space;
		for (uint32_t w = 0; w < run->words; w++)
			out->validity[w] = found[w] & validity_word(needle, w);
	}
	column_zero_nulls(out, run->n);
}

/* ---- GREATEST, LEAST ---- */

/* sign: 1 takes the greater. NULLs are passed over. */
static void
take_extreme(const Run *run, const Instruction *ins, int sign)
{
	const TypeClass *class = type_class(ins->type.id);
	Column *out = run_out(run, ins);

	memcpy(out->data, ins->columns[0]->data, class->size * run->n);
	column_combine_validity(out, ins->columns, 1, run->words);
	for (int a = 1; a < ins->arg_count; a++)
	{
		const Column *c = ins->columns[a];

		for (uint32_t i = 0; i < run->n; i++)
		{
			char *best = (char *)out->data + i * class->size;
			const char *value = (const char *)c->data + i * class->size;

			if (column_is_null(c, i))
				continue;
			if (!column_is_null(out, i) && class->compare(value, best) * sign <= 0)
				continue;
			memcpy(best, value, class->size);
			if (out->validity != NULL)
				bitmap_set(out->validity, i);
		}
	}
}

void
step_greatest(const Run *run, const Instruction *ins)
{
	take_extreme(run, ins, 1);
}

void
step_least(const Run *run, const Instruction *ins)
{
	take_extreme(run, ins, -1);
}
