/*
 * executor_kernel_rows.c: kernels report exactly the rows that fail, among those they are asked for.
 *
 * The arithmetic kernels first compute all rows at once; a failure in a row that is inactive or NULL must not
 * be reported, and must not disturb the others.
 */
#include "tests/unit/type_support.h"

#include "executor/kernels.h"

enum
{
	ROWS = 200
};

typedef struct Fixture
{
	Arena arena;
	Column a;
	Column b;
	Column out;
	uint64_t active[BITMAP_WORDS(BATCH_ROWS)];
	uint64_t failed[BITMAP_WORDS(BATCH_ROWS)];
} Fixture;

static void
setup(Fixture *f, TypeId type, TypeId result)
{
	memset(f, 0, sizeof *f);
	arena_init(&f->arena, "test");
	column_init(&f->a, type, &f->arena);
	column_init(&f->b, type, &f->arena);
	column_init(&f->out, result, &f->arena);
}

static void
run(Fixture *f, Kernel kernel, bool masked)
{
	const Column *args[] = {&f->a, &f->b};
	KernelCall call = {
		.n = ROWS,
		.arg_count = 2,
		.args = args,
		.out = &f->out,
		.active = masked ? f->active : NULL,
		.failed = f->failed,
		.arena = &f->arena,
	};

	memset(f->failed, 0, sizeof f->failed);
	kernel(&call);
}

static int64_t
get(const Column *c, size_t row)
{
	return c->type == TYPE_INTEGER ? COLUMN_DATA(c, int32_t)[row] : COLUMN_DATA(c, int64_t)[row];
}

static void
put(Column *c, size_t row, int64_t value)
{
	if (c->type == TYPE_INTEGER)
		COLUMN_DATA(c, int32_t)[row] = (int32_t)value;
	else
		COLUMN_DATA(c, int64_t)[row] = value;
}

/* Rows 70 and 130 overflow; row 130 is not asked for. */
static void
check_overflow(TypeId type, Kernel kernel, int64_t a, int64_t b)
{
	Fixture f;

	setup(&f, type, type);
	for (size_t row = 0; row < ROWS; row++)
	{
		put(&f.a, row, row == 70 || row == 130 ? a : (int64_t)row);
		put(&f.b, row, row == 70 || row == 130 ? b : 1);
		bitmap_put(f.active, row, row != 130);
	}
	run(&f, kernel, false);
	assert_int_equal(bitmap_count(f.failed, ROWS), 2);
	assert_true(bitmap_get(f.failed, 70) && bitmap_get(f.failed, 130));
	assert_int_equal(get(&f.out, 70), 0);
	run(&f, kernel, true);
	assert_int_equal(bitmap_count(f.failed, ROWS), 1);
	assert_true(bitmap_get(f.failed, 70));
	assert_int_equal(get(&f.out, 130), 0);
	f.out.validity = f.out.validity_space;
	bitmap_fill(f.out.validity, ROWS, true);
	bitmap_clear(f.out.validity, 70);
	run(&f, kernel, true);
	assert_int_equal(bitmap_count(f.failed, ROWS), 0);
	arena_release(&f.arena);
}

static void
test_overflow(void **state)
{
	(void)state;
	check_overflow(TYPE_INTEGER, kernel_integer_add, INT32_MAX, INT32_MAX);
	check_overflow(TYPE_INTEGER, kernel_integer_subtract, INT32_MIN, INT32_MAX);
	check_overflow(TYPE_INTEGER, kernel_integer_multiply, INT32_MIN, INT32_MAX);
	check_overflow(TYPE_INTEGER, kernel_integer_divide, INT32_MIN, -1);
	check_overflow(TYPE_INTEGER, kernel_integer_divide, 1, 0);
	check_overflow(TYPE_INTEGER, kernel_integer_modulo, 1, 0);
	check_overflow(TYPE_BIGINT, kernel_bigint_add, INT64_MAX, INT64_MAX);
	check_overflow(TYPE_BIGINT, kernel_bigint_subtract, INT64_MIN, INT64_MAX);
	check_overflow(TYPE_BIGINT, kernel_bigint_multiply, INT64_MIN, INT64_MAX);
	check_overflow(TYPE_BIGINT, kernel_bigint_divide, INT64_MIN, -1);
	check_overflow(TYPE_BIGINT, kernel_bigint_modulo, 1, 0);
}

/* The vectorised loops agree with plain arithmetic. */
static void
test_results(void **state)
{
	Fixture f;

	(void)state;
	setup(&f, TYPE_BIGINT, TYPE_BIGINT);
	for (size_t row = 0; row < ROWS; row++)
	{
		put(&f.a, row, (int64_t)(row * UINT64_C(0x9e3779b97f4a7c15)) >> 2);
		put(&f.b, row, (int64_t)(row * UINT64_C(0xc4ceb9fe1a85ec53)) >> 2);
	}
	run(&f, kernel_bigint_add, false);
	for (size_t row = 0; row < ROWS; row++)
		assert_true(get(&f.out, row) == get(&f.a, row) + get(&f.b, row));
	run(&f, kernel_bigint_subtract, false);
	for (size_t row = 0; row < ROWS; row++)
		assert_true(get(&f.out, row) == get(&f.a, row) - get(&f.b, row));
	assert_int_equal(bitmap_count(f.failed, ROWS), 0);
	arena_release(&f.arena);
}

/* Rows without a member are NULL, also after a call where others were. */
static void
test_jsonb_nulls(void **state)
{
	Fixture f;
	Text with = text_make("{\"k\": \"v\"}", 10);
	Text without = text_make("{\"l\": 1}", 8);
	Text with_null = text_make("{\"k\": null}", 11);

	(void)state;
	setup(&f, TYPE_JSONB, TYPE_TEXT);
	f.b.type = TYPE_TEXT;
	for (size_t row = 0; row < ROWS; row++)
	{
		COLUMN_DATA(&f.a, Text)[row] = row % 3 == 0 ? with : row % 3 == 1 ? without : with_null;
		COLUMN_DATA(&f.b, Text)[row] = text_make("k", 1);
	}
	f.a.validity = f.a.validity_space;
	bitmap_fill(f.a.validity, ROWS, true);
	bitmap_clear(f.a.validity, 3);
	run(&f, kernel_jsonb_get_key_text, false);
	for (size_t row = 0; row < ROWS; row++)
	{
		assert_int_equal(column_is_null(&f.out, row), row % 3 != 0 || row == 3);
		if (!column_is_null(&f.out, row))
			assert_true(str_equal(text_view(COLUMN_DATA(&f.out, Text)[row]), STR_LIT("v")));
	}
	arena_release(&f.arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_jsonb_nulls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
