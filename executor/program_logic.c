/*
 * program_logic.c: the steps of three-valued logic, of masks and of choice.
 *
 * The idea: a boolean column is bytes of 0 or 1 and a validity bitmap. Values are combined by byte loops;
 * NULL is decided a word of 64 rows at a time from the bits "true", "false" and "not NULL". What is not valid
 * has the value 0.
 */
#include "executor/program_code.h"

/* Validity before values were looked at: the caller has one of its own to fill. */
static uint64_t *
own_validity(Column *out)
{
	out->validity = out->validity_space;
	return out->validity;
}

void
step_not(const Run *run, const Instruction *ins)
{
	const bool *a = ins->columns[0]->data;
	Column *out = run_out(run, ins);
	bool *result = out->data;

	for (uint32_t i = 0; i < run->n; i++)
		result[i] = !a[i];
	column_combine_validity(out, ins->columns, 1, run->words);
	column_zero_nulls(out, run->n);
}

/* Whether argument i was computed in this run. */
static bool
was_computed(const Run *run, const Instruction *ins, int i)
{
	return !run->program->masks[ins->arg_masks[i]].empty;
}

static void
copy_column(const Run *run, const Instruction *ins)
{
	Column *out = run_out(run, ins);

	memcpy(out->data, ins->columns[0]->data, type_size(out->type) * run->n);
	column_combine_validity(out, ins->columns, 1, run->words);
}

/*
 * The value that decides alone is false for AND, true for OR. A row that the second argument was not computed
 * for has a first one that decides; whatever the second one's element is then, the result is right.
 */
static ALWAYS_INLINE void
combine(const Run *run, const Instruction *ins, bool decides)
{
	const bool *a = ins->columns[0]->data;
	const bool *b = ins->columns[1]->data;
	Column *out = run_out(run, ins);
	bool *result = out->data;
	uint64_t true_a[BATCH_WORDS];
	uint64_t true_b[BATCH_WORDS];
	uint64_t flip = decides ? 0 : ~UINT64_C(0);
	bool nulls = ins->columns[0]->validity != NULL || ins->columns[1]->validity != NULL;

	if (!was_computed(run, ins, 1))
	{
		copy_column(run, ins);
		return;
	}
	if (nulls)
	{
		rows_from_bools(a, run->n, true_a);
		rows_from_bools(b, run->n, true_b);
	}
	for (uint32_t i = 0; i < run->n; i++)
		result[i] = decides ? a[i] | b[i] : a[i] & b[i];
	out->validity = NULL;
	for (uint32_t w = 0; nulls && w < run->words; w++)
	{
		uint64_t va = validity_word(ins->columns[0], w);
		uint64_t vb = validity_word(ins->columns[1], w);

		own_validity(out)[w] = (va & vb) | (va & (true_a[w] ^ flip)) | (vb & (true_b[w] ^ flip));
	}
	column_zero_nulls(out, run->n);
}

void
step_and(const Run *run, const Instruction *ins)
{
	combine(run, ins, false);
}

void
step_or(const Run *run, const Instruction *ins)
{
	combine(run, ins, true);
}

/* ---- tests that are never NULL ---- */

/* out: 1 where the row's validity bit equals valid. */
static void
bools_from_validity(const Run *run, const Instruction *ins, bool valid)
{
	const Column *a = ins->columns[0];
	Column *out = run_out(run, ins);
	bool *result = out->data;

	out->validity = NULL;
	if (a->validity == NULL)
	{
		memset(result, valid, run->n);
		return;
	}
	for (uint32_t i = 0; i < run->n; i++)
		result[i] = bitmap_get(a->validity, i) == valid;
}

void
step_is_null(const Run *run, const Instruction *ins)
{
	bools_from_validity(run, ins, false);
}

void
step_is_not_null(const Run *run, const Instruction *ins)
{
	bools_from_validity(run, ins, true);
}

/* out: whether (valid and value == wanted) == answer. */
static void
test_truth(const Run *run, const Instruction *ins, bool wanted, bool answer)
{
	const Column *c = ins->columns[0];
	const bool *a = c->data;
	Column *out = run_out(run, ins);
	bool *result = out->data;

	out->validity = NULL;
	if (c->validity == NULL)
		for (uint32_t i = 0; i < run->n; i++)
			result[i] = (a[i] == wanted) == answer;
	else
		for (uint32_t i = 0; i < run->n; i++)
			result[i] = (bitmap_get(c->validity, i) && a[i] == wanted) == answer;
}

void
step_is_true(const Run *run, const Instruction *ins)
{
	test_truth(run, ins, true, true);
}

void
step_is_not_true(const Run *run, const Instruction *ins)
{
	test_truth(run, ins, true, false);
}

void
step_is_false(const Run *run, const Instruction *ins)
{
	test_truth(run, ins, false, true);
}

void
step_is_not_false(const Run *run, const Instruction *ins)
{
	test_truth(run, ins, false, false);
}

/* ---- masks ---- */

/* Begins a mask: its words are to be and-ed with what this returns for the parent. */
static uint64_t
parent_word(const Run *run, const Instruction *ins, uint32_t word)
{
	const uint64_t *active = run_active(run, ins);
	uint64_t rows = rows_word_mask(run->n, word);

	return active == NULL ? rows : rows & active[word];
}

static void
set_mask_word(const Run *run, const Instruction *ins, uint32_t word, uint64_t bits)
{
	Mask *mask = &run->program->masks[ins->out_mask];

	mask->bits[word] = bits & parent_word(run, ins, word);
	if (mask->bits[word] != 0)
		mask->empty = false;
}

void
step_mask_true(const Run *run, const Instruction *ins)
{
	const Column *c = ins->columns[0];
	uint64_t bits[BATCH_WORDS];

	rows_from_bools(c->data, run->n, bits);
	for (uint32_t w = 0; w < run->words; w++)
		set_mask_word(run, ins, w, bits[w] & validity_word(c, w));
}

void
step_mask_not_true(const Run *run, const Instruction *ins)
{
	const Column *c = ins->columns[0];
	uint64_t bits[BATCH_WORDS];

	rows_from_bools(c->data, run->n, bits);
	for (uint32_t w = 0; w < run->words; w++)
		set_mask_word(run, ins, w, ~(bits[w] & validity_word(c, w)));
}

void
step_mask_not_false(const Run *run, const Instruction *ins)
{
	const Column *c = ins->columns[0];
	uint64_t bits[BATCH_WORDS];

	rows_from_bools(c->data, run->n, bits);
	for (uint32_t w = 0; w < run->words; w++)
		set_mask_word(run, ins, w, bits[w] | ~validity_word(c, w));
}

void
step_mask_null(const Run *run, const Instruction *ins)
{
	for (uint32_t w = 0; w < run->words; w++)
		set_mask_word(run, ins, w, ~validity_word(ins->columns[0], w));
}

void
step_mask_not_null(const Run *run, const Instruction *ins)
{
	for (uint32_t w = 0; w < run->words; w++)
		set_mask_word(run, ins, w, validity_word(ins->columns[0], w));
}

/* ---- choice ---- */

/* Copies the elements of the word's rows. */
static void
merge_word(char *to, const char *from, size_t size, uint64_t rows)
{
	if (rows == ~UINT64_C(0))
	{
		memcpy(to, from, size * 64);
		return;
	}
	for (; rows != 0; rows &= rows - 1)
	{
		size_t i = (size_t)__builtin_ctzll(rows);

		memcpy(to + i * size, from + i * size, size);
	}
}

/* Rows of no argument's mask are not wanted; they become NULL. */
void
step_merge(const Run *run, const Instruction *ins)
{
	Column *out = run_out(run, ins);
	size_t size = type_size(out->type);
	uint64_t *validity = own_validity(out);

	memset(out->data, 0, size * run->n);
	memset(validity, 0, sizeof *validity * run->words);
	for (int i = 0; i < ins->arg_count; i++)
	{
		const Mask *mask = &run->program->masks[ins->arg_masks[i]];
		const char *data = ins->columns[i]->data;

		if (mask->empty)
			continue;
		for (uint32_t w = 0; w < run->words; w++)
		{
			uint64_t rows = rows_word_mask(run->n, w) & (mask->bits == NULL ? ~UINT64_C(0) : mask->bits[w]);

			merge_word((char *)out->data + w * 64 * size, data + w * 64 * size, size, rows);
			validity[w] |= rows & validity_word(ins->columns[i], w);
		}
	}
}

void
step_null_if(const Run *run, const Instruction *ins)
{
	const Column *equal = ins->columns[1];
	Column *out = run_out(run, ins);
	uint64_t *validity = own_validity(out);
	uint64_t bits[BATCH_WORDS];

	memcpy(out->data, ins->columns[0]->data, type_size(out->type) * run->n);
	rows_from_bools(equal->data, run->n, bits);
	for (uint32_t w = 0; w < run->words; w++)
		validity[w] = validity_word(ins->columns[0], w) & ~(bits[w] & validity_word(equal, w));
	column_zero_nulls(out, run->n);
}
