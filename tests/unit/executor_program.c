/*
 * executor_program: expression programs against a row-at-a-time interpreter written the naive way, on random
 * expressions; and the promises that random trees would not show: guards, sharing, explanations.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "common/random.h"
#include "executor/program_code.h"
#include "executor/query.h"
#include "executor/row_error.h"
#include "tests/unit/plan_helper.h"

static const TypeContext utc;

/* ---- the naive interpreter ---- */

typedef struct Result
{
	bool failed;
	bool isnull;
	int64_t value; /* of booleans and integers */
} Result;

static Result naive(const Expr *e, const Batch *batch, uint32_t row);

static Result
known(int64_t value)
{
	return (Result){.value = value};
}

static const Result unknown = {.isnull = true};
static const Result failure = {.failed = true};

static bool
is_true(Result r)
{
	return !r.isnull && r.value != 0;
}

static Result
naive_function(const Expr *e, const Batch *batch, uint32_t row)
{
	Result a = naive(e->args[0], batch, row);
	Result b = naive(e->args[1], batch, row);

	if (a.failed || b.failed)
		return failure;
	if (a.isnull || b.isnull)
		return unknown;
	switch (e->function)
	{
		case FUNCTION_ID_INTEGER_ADD:
			return a.value + b.value != (int32_t)(a.value + b.value) ? failure : known(a.value + b.value);
		case FUNCTION_ID_INTEGER_DIVIDE:
			return b.value == 0 || (a.value == INT32_MIN && b.value == -1) ? failure
																		   : known(a.value / b.value);
		case FUNCTION_ID_INTEGER_EQ: return known(a.value == b.value);
		case FUNCTION_ID_INTEGER_LT: return known(a.value < b.value);
		default: fail_msg("a function the interpreter does not know"); return failure;
	}
}

/* AND when decisive is false, OR when it is true. */
static Result
naive_logic(const Expr *e, const Batch *batch, uint32_t row, bool decisive)
{
	Result result = known(!decisive);

	for (int i = 0; i < e->arg_count; i++)
	{
		Result r = naive(e->args[i], batch, row);

		if (r.failed || (!r.isnull && (r.value != 0) == decisive))
			return r;
		if (r.isnull)
			result = unknown;
	}
	return result;
}

static Result
naive_case(const Expr *e, const Batch *batch, uint32_t row)
{
	for (int i = 0; i + 1 < e->arg_count; i += 2)
	{
		Result condition = naive(e->args[i], batch, row);

		if (condition.failed)
			return failure;
		if (is_true(condition))
			return naive(e->args[i + 1], batch, row);
	}
	return naive(e->args[e->arg_count - 1], batch, row);
}

static Result
naive_coalesce(const Expr *e, const Batch *batch, uint32_t row)
{
	Result r = unknown;

	for (int i = 0; i < e->arg_count && r.isnull; i++)
		r = naive(e->args[i], batch, row);
	return r;
}

/* Constants first, then the others up to the first that is equal. */
static Result
naive_in(const Expr *e, const Batch *batch, uint32_t row)
{
	Result needle = naive(e->args[0], batch, row);
	bool maybe = needle.isnull;

	if (needle.failed)
		return failure;
	for (int constants = 1; constants >= 0; constants--)
	{
		for (int i = 1; i < e->arg_count; i++)
		{
			Result r;

			if ((e->args[i]->kind == EXPR_CONSTANT) != constants)
				continue;
			r = naive(e->args[i], batch, row);
			if (r.failed)
				return failure;
			maybe |= r.isnull;
			if (!r.isnull && !needle.isnull && r.value == needle.value)
				return known(1);
		}
	}
	return maybe ? unknown : known(0);
}

static Result
naive_extreme(const Expr *e, const Batch *batch, uint32_t row, int sign)
{
	Result best = unknown;

	for (int i = 0; i < e->arg_count; i++)
	{
		Result r = naive(e->args[i], batch, row);

		if (r.failed)
			return failure;
		if (!r.isnull && (best.isnull || sign * (r.value - best.value) > 0))
			best = r;
	}
	return best;
}

static Result
naive_pair(const Expr *e, const Batch *batch, uint32_t row)
{
	Result a = naive(e->args[0], batch, row);
	Result b = naive(e->args[1], batch, row);
	bool same = a.isnull == b.isnull && (a.isnull || a.value == b.value);

	if (a.failed || b.failed)
		return failure;
	if (e->kind == EXPR_NULLIF)
		return !a.isnull && !b.isnull && a.value == b.value ? unknown : a;
	return known(e->kind == EXPR_IS_NOT_DISTINCT ? same : !same);
}

static Result
naive_test(const Expr *e, const Batch *batch, uint32_t row)
{
	Result r = naive(e->args[0], batch, row);
	bool is_false = !r.isnull && r.value == 0;

	if (r.failed)
		return failure;
	switch (e->kind)
	{
		case EXPR_NOT: return r.isnull ? unknown : known(!r.value);
		case EXPR_IS_NULL: return known(r.isnull);
		case EXPR_IS_NOT_NULL: return known(!r.isnull);
		case EXPR_IS_TRUE: return known(is_true(r));
		case EXPR_IS_NOT_TRUE: return known(!is_true(r));
		case EXPR_IS_FALSE: return known(is_false);
		default: return known(!is_false);
	}
}

static Result
naive_value(const Datum *d)
{
	if (d->isnull)
		return unknown;
	return known(d->type == TYPE_BOOLEAN ? d->value.b : d->value.i32);
}

static Result
naive(const Expr *e, const Batch *batch, uint32_t row)
{
	Datum d;

	switch (e->kind)
	{
		case EXPR_CONSTANT: return naive_value(&e->constant);
		case EXPR_COLUMN: d = column_get(&batch->columns[e->column], row); return naive_value(&d);
		case EXPR_FUNCTION: return naive_function(e, batch, row);
		case EXPR_AND: return naive_logic(e, batch, row, false);
		case EXPR_OR: return naive_logic(e, batch, row, true);
		case EXPR_CASE: return naive_case(e, batch, row);
		case EXPR_COALESCE: return naive_coalesce(e, batch, row);
		case EXPR_IN: return naive_in(e, batch, row);
		case EXPR_GREATEST: return naive_extreme(e, batch, row, 1);
		case EXPR_LEAST: return naive_extreme(e, batch, row, -1);
		case EXPR_NULLIF:
		case EXPR_IS_DISTINCT:
		case EXPR_IS_NOT_DISTINCT: return naive_pair(e, batch, row);
		default: return naive_test(e, batch, row);
	}
}

/* ---- random expressions ---- */

enum
{
	INTEGER_COLUMNS = 3,
	BOOLEAN_COLUMNS = 2
};

typedef struct Maker
{
	Arena *arena;
	Random *random;
} Maker;

static int
pick(Maker *m, int bound)
{
	return (int)random_below(m->random, (uint64_t)bound);
}

static Expr *random_integer(Maker *m, int depth);

static Expr *
random_boolean(Maker *m, int depth)
{
	static const ExprKind tests[] = {EXPR_NOT,      EXPR_IS_NULL,      EXPR_IS_NOT_NULL, EXPR_IS_TRUE,
									 EXPR_IS_FALSE, EXPR_IS_NOT_FALSE, EXPR_IS_NOT_TRUE};
	Arena *a = m->arena;

	if (depth == 0)
		return pick(m, 4) == 0 ? (pick(m, 2) == 0 ? make_null(a, TYPE_BOOLEAN) : make_boolean(a, pick(m, 2)))
							   : make_column(a, TYPE_BOOLEAN, INTEGER_COLUMNS + pick(m, BOOLEAN_COLUMNS));
	depth--;
	switch (pick(m, 10))
	{
		case 0:
		case 1:
			return make_expr(a, EXPR_AND, TYPE_BOOLEAN, 3, random_boolean(m, depth), random_boolean(m, depth),
							 random_boolean(m, depth));
		case 2:
		case 3:
			return make_expr(a, EXPR_OR, TYPE_BOOLEAN, 2, random_boolean(m, depth), random_boolean(m, depth));
		case 4:
			return make_expr(a, tests[pick(m, lengthof(tests))], TYPE_BOOLEAN, 1, random_boolean(m, depth));
		case 5:
			return make_expr(a, EXPR_IN, TYPE_BOOLEAN, 5, random_integer(m, depth),
							 make_integer(a, pick(m, 5)),
							 pick(m, 4) == 0 ? make_null(a, TYPE_INTEGER) : make_integer(a, 3),
							 random_integer(m, depth), random_integer(m, depth));
		case 6:
			return make_expr(a, pick(m, 2) == 0 ? EXPR_IS_DISTINCT : EXPR_IS_NOT_DISTINCT, TYPE_BOOLEAN, 2,
							 random_integer(m, depth), random_integer(m, depth));
		case 7:
			return make_expr(a, EXPR_CASE, TYPE_BOOLEAN, 3, random_boolean(m, depth),
							 random_boolean(m, depth), random_boolean(m, depth));
		default:
			return make_call(a, pick(m, 2) == 0 ? FUNCTION_ID_INTEGER_EQ : FUNCTION_ID_INTEGER_LT,
							 random_integer(m, depth), random_integer(m, depth));
	}
}

static Expr *
random_integer(Maker *m, int depth)
{
	Arena *a = m->arena;
	Expr *e;

	if (depth == 0)
		return pick(m, 3) == 0 ? make_integer(a, pick(m, 5) - 1)
							   : make_column(a, TYPE_INTEGER, pick(m, INTEGER_COLUMNS));
	depth--;
	switch (pick(m, 8))
	{
		case 0:
			return make_expr(a, EXPR_CASE, TYPE_INTEGER, 5, random_boolean(m, depth),
							 random_integer(m, depth), random_boolean(m, depth), random_integer(m, depth),
							 random_integer(m, depth));
		case 1:
			return make_expr(a, EXPR_COALESCE, TYPE_INTEGER, 3, random_integer(m, depth),
							 random_integer(m, depth), random_integer(m, depth));
		case 2:
			e = make_expr(a, EXPR_NULLIF, TYPE_INTEGER, 2, random_integer(m, depth),
						  random_integer(m, depth));
			e->function = FUNCTION_ID_INTEGER_EQ;
			return e;
		case 3:
			return make_expr(a, pick(m, 2) == 0 ? EXPR_GREATEST : EXPR_LEAST, TYPE_INTEGER, 3,
							 random_integer(m, depth), random_integer(m, depth), random_integer(m, depth));
		default:
			return make_call(a, pick(m, 2) == 0 ? FUNCTION_ID_INTEGER_ADD : FUNCTION_ID_INTEGER_DIVIDE,
							 random_integer(m, depth), random_integer(m, depth));
	}
}

static void
fill_random(Maker *m, Batch *batch, uint32_t n)
{
	for (uint32_t c = 0; c < batch->column_count; c++)
	{
		Column *column = &batch->columns[c];
		bool nulls = pick(m, 3) > 0;

		column->validity = NULL;
		for (uint32_t row = 0; row < n; row++)
		{
			Datum d = {.type = column->type, .isnull = nulls && pick(m, 5) == 0};

			if (column->type == TYPE_BOOLEAN)
				d.value.b = pick(m, 2);
			else
				d.value.i32 = pick(m, 20) == 0 ? INT32_MAX : pick(m, 5) - 1;
			column_set(column, row, &d);
		}
	}
	batch->n = n;
}

static void
check_row(Program *p, const Expr *const *exprs, int count, const Batch *batch, uint32_t row,
		  const uint64_t *failed)
{
	bool any = false;

	for (int i = 0; i < count; i++)
		any |= naive(exprs[i], batch, row).failed;
	assert_int_equal(bitmap_get(failed, row), any);
	for (int i = 0; i < count && !any; i++)
	{
		Datum d = column_get(program_result(p, i), row);
		Result expected = naive(exprs[i], batch, row);
		Result got = naive_value(&d);

		assert_int_equal(got.isnull, expected.isnull);
		if (!got.isnull)
			assert_int_equal(got.value, expected.value);
	}
}

static void
random_expressions_agree_with_the_interpreter(void **state UNUSED)
{
	static const TypeId types[] = {TYPE_INTEGER, TYPE_INTEGER, TYPE_INTEGER, TYPE_BOOLEAN, TYPE_BOOLEAN};
	RandomSeeded seeded;
	Arena arena;

	arena_init(&arena, "test");
	random_seeded_init(&seeded, 20261122);
	for (int round = 0; round < 600; round++)
	{
		Maker m = {&arena, &seeded.random};
		const Expr *exprs[4];
		uint64_t failed[BATCH_WORDS];
		uint64_t active[BATCH_WORDS];
		Program *p;
		Batch batch;

		batch_init(&batch, types, lengthof(types), &arena);
		for (int i = 0; i < 4; i++)
			exprs[i] = i % 2 == 0 ? random_integer(&m, 1 + pick(&m, 4)) : random_boolean(&m, 1 + pick(&m, 4));
		p = program_compile(exprs, 4, types, lengthof(types), &arena);
		for (int run = 0; run < 3; run++)
		{
			fill_random(&m, &batch, (uint32_t)(1 + pick(&m, 200)));
			for (size_t w = 0; w < BATCH_WORDS; w++)
				active[w] = run == 0 ? ~UINT64_C(0) : random_u64(&seeded.random);
			program_run(p, &batch, run == 2 ? NULL : active, &utc, failed);
			for (uint32_t row = 0; row < batch.n; row++)
			{
				if (run == 2 || bitmap_get(active, row))
					check_row(p, exprs, 4, &batch, row, failed);
				else
					assert_false(bitmap_get(failed, row));
			}
		}
		arena_reset(&arena);
	}
	arena_release(&arena);
}

/* ---- guards, written out ---- */

/* Two integer columns: (6, 2), (6, 0), (NULL, 0), (7, NULL). */
static void
fill_pairs(Batch *batch, Arena *arena)
{
	static const TypeId types[] = {TYPE_INTEGER, TYPE_INTEGER};
	static const int32_t rows[][2] = {{6, 2}, {6, 0}, {INT32_MIN, 0}, {7, INT32_MIN}};

	batch_init(batch, types, 2, arena);
	batch->n = lengthof(rows);
	for (uint32_t row = 0; row < batch->n; row++)
		for (uint32_t c = 0; c < 2; c++)
			column_set(&batch->columns[c], row,
					   &(Datum){.type = TYPE_INTEGER,
								.isnull = rows[row][c] == INT32_MIN,
								.value.i32 = rows[row][c]});
}

static void
assert_results(const Expr *expr, const char *expected, uint64_t expected_failed)
{
	static const TypeId types[] = {TYPE_INTEGER, TYPE_INTEGER};
	uint64_t failed[BATCH_WORDS];
	StrBuf text = {0};
	Column column;
	Arena arena;
	Batch batch;
	Batch out;
	Program *p;

	arena_init(&arena, "test");
	fill_pairs(&batch, &arena);
	p = program_compile(&expr, 1, types, 2, &arena);
	program_run(p, &batch, NULL, &utc, failed);
	column = *program_result(p, 0);
	out = (Batch){.n = batch.n, .column_count = 1, .columns = &column};
	print_batch(&out, &text);
	assert_string_equal(str_cstr(&text), expected);
	assert_int_equal(failed[0], expected_failed);
	str_free(&text);
	arena_release(&arena);
}

static void
guards_keep_rows_from_failing(void **state UNUSED)
{
	Arena arena, *m = &arena;
	Expr *a, *b, *quotient, *nonzero, *big;

	arena_init(m, "test");
	a = make_column(m, TYPE_INTEGER, 0);
	b = make_column(m, TYPE_INTEGER, 1);
	quotient = make_call(m, FUNCTION_ID_INTEGER_DIVIDE, a, b);
	nonzero = make_call(m, FUNCTION_ID_INTEGER_NE, b, make_integer(m, 0));
	big = make_call(m, FUNCTION_ID_INTEGER_GT, quotient, make_integer(m, 1));

	/* NULL / 0 is NULL: a strict function is not called. */
	assert_results(quotient, "3\n0\n\n\n", 2);
	assert_results(make_expr(m, EXPR_CASE, TYPE_INTEGER, 3, nonzero, quotient, make_null(m, TYPE_INTEGER)),
				   "3\n\n\n\n", 0);
	assert_results(make_expr(m, EXPR_AND, TYPE_BOOLEAN, 2, nonzero, big), "t\nf\nf\n\n", 0);
	assert_results(make_expr(m, EXPR_AND, TYPE_BOOLEAN, 2, big, nonzero), "t\nf\nf\n\n", 2);
	assert_results(
		make_expr(m, EXPR_OR, TYPE_BOOLEAN, 2, make_expr(m, EXPR_NOT, TYPE_BOOLEAN, 1, nonzero), big),
		"t\nt\nt\n\n", 0);
	assert_results(make_expr(m, EXPR_COALESCE, TYPE_INTEGER, 2, a, quotient), "6\n6\n\n7\n", 0);
	assert_results(make_expr(m, EXPR_IN, TYPE_BOOLEAN, 3, b, make_integer(m, 0), quotient), "f\nt\nt\n\n", 0);
	arena_release(m);
}

/* A quotient computed for all rows elsewhere must not be taken from a narrower mask, nor guard it away. */
static void
guarded_and_open_uses_do_not_mix(void **state UNUSED)
{
	static const TypeId types[] = {TYPE_INTEGER, TYPE_INTEGER};
	Arena arena, *m = &arena;
	uint64_t failed[BATCH_WORDS];
	const Expr *exprs[2];
	Batch batch;
	Program *p;
	Expr *quotient, *nonzero;

	arena_init(m, "test");
	fill_pairs(&batch, m);
	quotient = make_call(m, FUNCTION_ID_INTEGER_DIVIDE, make_column(m, TYPE_INTEGER, 0),
						 make_column(m, TYPE_INTEGER, 1));
	nonzero = make_call(m, FUNCTION_ID_INTEGER_NE, make_column(m, TYPE_INTEGER, 1), make_integer(m, 0));
	exprs[0] = make_expr(m, EXPR_CASE, TYPE_INTEGER, 3, nonzero, quotient, make_integer(m, -1));
	exprs[1] = quotient;
	p = program_compile(exprs, 2, types, 2, m);
	assert_false(program_run(p, &batch, NULL, &utc, failed));
	assert_int_equal(failed[0], 2);
	arena_release(m);
}

static void
equal_subexpressions_are_computed_once(void **state UNUSED)
{
	static const TypeId types[] = {TYPE_INTEGER, TYPE_INTEGER};
	Arena arena, *m = &arena;
	const Expr *exprs[3];
	Program *p;

	arena_init(m, "test");
	for (int i = 0; i < 3; i++)
	{
		/* Each time new nodes for a + b; then a + b, (a + b) + 1, (a + b) + 1. */
		Expr *sum = make_call(m, FUNCTION_ID_INTEGER_ADD, make_column(m, TYPE_INTEGER, 0),
							  make_column(m, TYPE_INTEGER, 1));

		exprs[i] = i == 0 ? sum : make_call(m, FUNCTION_ID_INTEGER_ADD, sum, make_integer(m, 1));
	}
	p = program_compile(exprs, 3, types, 2, m);
	assert_int_equal(p->code_count, 2);
	assert_ptr_equal(program_result(p, 1), program_result(p, 2));
	arena_release(m);
}

static void
columns_are_borrowed(void **state UNUSED)
{
	static const TypeId types[] = {TYPE_INTEGER, TYPE_INTEGER};
	Arena arena, *m = &arena;
	uint64_t failed[BATCH_WORDS];
	const Expr *expr;
	Batch batch;
	Program *p;

	arena_init(m, "test");
	fill_pairs(&batch, m);
	expr = make_column(m, TYPE_INTEGER, 1);
	p = program_compile(&expr, 1, types, 2, m);
	assert_true(program_run(p, &batch, NULL, &utc, failed));
	assert_ptr_equal(program_result(p, 0)->data, batch.columns[1].data);
	arena_release(m);
}

/* ---- explanations ---- */

static void
a_failed_row_is_explained(void **state UNUSED)
{
	static const TypeId types[] = {TYPE_INTEGER, TYPE_INTEGER};
	Arena arena, *m = &arena;
	uint64_t failed[BATCH_WORDS];
	const Expr *exprs[2];
	Error err = {0};
	Expr *quotient;
	Batch batch;
	Program *p;
	int result;

	arena_init(m, "test");
	fill_pairs(&batch, m);
	quotient = make_call(m, FUNCTION_ID_INTEGER_DIVIDE, make_column(m, TYPE_INTEGER, 0),
						 make_column(m, TYPE_INTEGER, 1));
	quotient->position = 17;
	exprs[0] = make_column(m, TYPE_INTEGER, 0);
	exprs[1] = quotient;
	p = program_compile(exprs, 2, types, 2, m);
	assert_false(program_run(p, &batch, NULL, &utc, failed));
	assert_false(row_error_explain(p, &batch, 1, &utc, &result, &err));
	assert_int_equal(err.state, SQLSTATE_DIVISION_BY_ZERO);
	assert_string_equal(err.message, "division by zero");
	assert_int_equal(err.position, 17);
	assert_int_equal(result, 1);
	/* The explanation runs in registers of its own. */
	assert_int_equal(COLUMN_DATA(program_result(p, 1), int32_t)[0], 3);
	error_clear(&err);
	arena_release(m);
}

static void
modifiers_round_and_refuse(void **state UNUSED)
{
	Arena arena, *m = &arena;
	Datum result;
	Error err = {0};
	Expr *value, *coerced;

	arena_init(m, "test");
	value = make_expr(m, EXPR_CONSTANT, TYPE_NUMERIC, 0);
	value->constant = (Datum){.type = TYPE_NUMERIC, .value.numeric = numeric_small(12345, 3)};
	coerced = make_expr(m, EXPR_MODIFIER, TYPE_NUMERIC, 1, value);
	coerced->type.modifier = NUMERIC_MODIFIER(4, 2);
	assert_true(executor_evaluator.evaluate(coerced, &utc, m, &result, &err));
	assert_true(result.value.numeric.small == 1235 && result.value.numeric.dscale == 2);
	value->constant.value.numeric = numeric_small(99995, 3);
	assert_false(executor_evaluator.evaluate(coerced, &utc, m, &result, &err));
	assert_int_equal(err.state, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE);
	assert_string_equal(err.message, "numeric field overflow");
	error_clear(&err);
	arena_release(m);
}

static void
evaluation_copies_into_the_arena(void **state UNUSED)
{
	Arena arena, *m = &arena;
	Datum result;
	Error err = {0};

	arena_init(m, "test");
	assert_true(executor_evaluator.evaluate(make_call(m, FUNCTION_ID_TEXT_CONCAT,
													  make_text(m, "a longer left side, "),
													  make_text(m, "and a right one")),
											&utc, m, &result, &err));
	assert_false(result.isnull);
	assert_int_equal(result.value.text.len, 35);
	assert_memory_equal(result.value.text.data, "a longer left side, and a right one", 35);
	assert_true(executor_evaluator.evaluate(
		make_call(m, FUNCTION_ID_TEXT_CONCAT, make_text(m, "x"), make_null(m, TYPE_TEXT)), &utc, m, &result,
		&err));
	assert_true(result.isnull);
	arena_release(m);
}

/* IN with more constants than are compared one by one, NULL among them, over text. */
static void
long_lists_are_searched(void **state UNUSED)
{
	static const TypeId types[] = {TYPE_TEXT};
	Arena arena, *m = &arena;
	uint64_t failed[BATCH_WORDS];
	const Expr *exprs[2];
	Batch batch;
	Program *p;

	arena_init(m, "test");
	batch_init(&batch, types, 1, m);
	batch.n = 3;
	column_set(&batch.columns[0], 0, &make_text(m, "word 7")->constant);
	column_set(&batch.columns[0], 1, &make_text(m, "word 70")->constant);
	column_set(&batch.columns[0], 2, &make_null(m, TYPE_TEXT)->constant);
	for (int with_null = 0; with_null < 2; with_null++)
	{
		Expr *in = make_expr(m, EXPR_IN, TYPE_BOOLEAN, 0);

		in->args = ARENA_ARRAY(m, Expr *, 40);
		in->args[in->arg_count++] = make_column(m, TYPE_TEXT, 0);
		for (int i = 0; i < 30; i++)
			in->args[in->arg_count++] = make_text(m, arena_printf(m, "word %d", (i * 7) % 30));
		if (with_null)
			in->args[in->arg_count++] = make_null(m, TYPE_TEXT);
		exprs[with_null] = in;
	}
	p = program_compile(exprs, 2, types, 1, m);
	assert_true(program_run(p, &batch, NULL, &utc, failed));
	for (int i = 0; i < 2; i++)
	{
		assert_true(column_get(program_result(p, i), 0).value.b);
		assert_true(column_is_null(program_result(p, i), 2));
	}
	assert_false(column_is_null(program_result(p, 0), 1));
	assert_false(column_get(program_result(p, 0), 1).value.b);
	assert_true(column_is_null(program_result(p, 1), 1));
	arena_release(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_expressions_agree_with_the_interpreter),
		cmocka_unit_test(guards_keep_rows_from_failing),
		cmocka_unit_test(guarded_and_open_uses_do_not_mix),
		cmocka_unit_test(equal_subexpressions_are_computed_once),
		cmocka_unit_test(columns_are_borrowed),
		cmocka_unit_test(a_failed_row_is_explained),
		cmocka_unit_test(modifiers_round_and_refuse),
		cmocka_unit_test(evaluation_copies_into_the_arena),
		cmocka_unit_test(long_lists_are_searched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
