/*
 * executor_output_route.c: rows are grouped by partition path as comparing each row with each earlier one
 * would group them.
 */
#include "tests/unit/type_support.h"

#include <stdio.h>

#include "common/random.h"
#include "executor/output_route.h"

enum
{
	KEYS = 2
};

static void
fill_key(Column *key, uint32_t n, uint64_t values, RandomSeeded *random, Arena *arena)
{
	column_init(key, TYPE_TEXT, arena);
	for (uint32_t row = 0; row < n; row++)
	{
		char *text = arena_alloc(arena, 32);
		Datum d = {.type = TYPE_TEXT, .isnull = random_seeded_next(random) % 7 == 0};

		snprintf(text, 32, "%.*s", (int)(random_seeded_next(random) % values), "long enough for no prefix");
		d.value.text = text_make(text, strlen(text));
		column_set(key, row, &d);
	}
}

static bool
equal(const Column *key, uint32_t a, uint32_t b)
{
	Datum x = column_get(key, a), y = column_get(key, b);

	return x.isnull == y.isnull && (x.isnull || str_equal(text_view(x.value.text), text_view(y.value.text)));
}

/* The first row that a row shares its keys with: itself, when no earlier one does. */
static uint32_t
naive_first(const Column *keys, int count, uint32_t row)
{
	for (uint32_t earlier = 0; earlier < row; earlier++)
	{
		bool same = true;

		for (int k = 0; k < count; k++)
			same = same && equal(&keys[k], earlier, row);
		if (same)
			return earlier;
	}
	return row;
}

static void
check_routes(const OutputRoutes *routes, const Column *keys, int count, uint32_t n)
{
	uint32_t paths = 0;

	assert_int_equal(routes->starts[0], 0);
	assert_int_equal(routes->starts[routes->count], n);
	for (uint32_t i = 0; i < routes->count; i++)
	{
		const uint32_t *rows = routes->rows + routes->starts[i];
		uint32_t size = routes->starts[i + 1] - routes->starts[i];

		assert_true(size > 0);
		assert_true(i == 0 || rows[0] > routes->rows[routes->starts[i - 1]]);
		for (uint32_t r = 0; r < size; r++)
		{
			assert_true(r == 0 || rows[r] > rows[r - 1]);
			assert_int_equal(naive_first(keys, count, rows[r]), rows[0]);
		}
	}
	for (uint32_t row = 0; row < n; row++)
		paths += naive_first(keys, count, row) == row;
	assert_int_equal(routes->count, paths);
}

static void
try(uint32_t n, int count, uint64_t values, uint64_t seed)
{
	static OutputRoutes routes;
	RandomSeeded random;
	Column keys[KEYS];
	Arena arena;

	arena_init(&arena, "routes");
	random_seeded_init(&random, seed);
	for (int k = 0; k < count; k++)
		fill_key(&keys[k], n, values, &random, &arena);
	output_route(&routes, keys, count, n);
	check_routes(&routes, keys, count, n);
	arena_release(&arena);
}

static void
test_one_path(void **state)
{
	(void)state;
	try(0, 0, 1, 1);
	try(1, 0, 1, 1);
	try(BATCH_ROWS, 0, 1, 1);
	try(BATCH_ROWS, 1, 1, 2);
}

static void
test_paths(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++)
	{
		try(300, 1, 20, seed);
		try(300, 2, 3, seed);
		try(BATCH_ROWS, 2, 20, seed);
	}
}

/* The table is as full as it can be. */
static void
test_a_path_for_each_row(void **state)
{
	static OutputRoutes routes;
	Column key;
	Arena arena;

	(void)state;
	arena_init(&arena, "routes");
	column_init(&key, TYPE_TEXT, &arena);
	for (uint32_t row = 0; row < BATCH_ROWS; row++)
	{
		char *text = arena_alloc(&arena, 16);
		Datum d = {.type = TYPE_TEXT};

		snprintf(text, 16, "%u", row);
		d.value.text = text_make(text, strlen(text));
		column_set(&key, row, &d);
	}
	output_route(&routes, &key, 1, BATCH_ROWS);
	assert_int_equal(routes.count, BATCH_ROWS);
	for (uint32_t row = 0; row < BATCH_ROWS; row++)
		assert_int_equal(routes.rows[row], row);
	arena_release(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_path),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_a_path_for_each_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
