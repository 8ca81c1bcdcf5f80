/*
 * executor_join: reference tables (loading, keys, bytes) and joins with them. Expected rows are what
 * PostgreSQL 15 prints for the statement in the comment, in input order and table order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "executor/query.h"
#include "executor/table.h"
#include "tests/unit/fake_source.h"

#define NONE INT32_MIN

static bool
catch_rows(void *context, const Batch *batch)
{
	print_batch(batch, context);
	return true;
}

static bool
run(Arena *arena, PlanNode *root, TablePlan *table, StrBuf *out, Error *err)
{
	QueryPlan plan = {.root = root, .table_count = 1, .tables = ARENA_NEW(arena, TablePlan *)};
	TypeContext context = {0};
	RowReceiver receiver = {out, catch_rows};
	Settings settings;

	*plan.tables = table;
	settings_init(&settings);
	return query_run(&plan, &settings, &context, &system_clock, NULL, &receiver, err);
}

static void
assert_rows(Arena *arena, PlanNode *root, TablePlan *table, const char *expected)
{
	StrBuf out = {0};
	Error err = {0};

	assert_true(run(arena, root, table, &out, &err));
	assert_string_equal(str_cstr(&out), expected);
	str_free(&out);
}

static const int32_t inputs[] = {2, 9, NONE, 1, 2};

/* FROM (VALUES (2),(9),(NULL),(1),(2)) v(k) [LEFT] JOIN facts f ON f.c0 = v.k */
static void
unique_keys(void **state UNUSED)
{
	Arena arena, *m = &arena;
	TablePlan *table;
	PlanNode *values;
	Expr *key;

	arena_init(m, "test");
	key = make_column(m, TYPE_INTEGER, 0);
	values = make_integer_values(m, 5, 1, inputs);
	table = make_table(m, 0, "it", 1, "1,one\n2,two\n3,three\n4,four\n");
	assert_rows(m, make_join(m, values, table, false, key, 0, NULL), table, "2|2|two\n1|1|one\n2|2|two\n");
	assert_rows(m, make_join(m, values, table, true, key, 0, NULL), table,
				"2|2|two\n9||\n||\n1|1|one\n2|2|two\n");
	assert_rows(m, make_table_node(m, table), table, "1|one\n2|two\n3|three\n4|four\n");
	arena_release(m);
}

/* Two rows of key 2, a NULL key, and rows that match nothing. */
static void
duplicate_and_null_keys(void **state UNUSED)
{
	Arena arena, *m = &arena;
	TablePlan *table;
	PlanNode *values;
	Expr *key;

	arena_init(m, "test");
	key = make_column(m, TYPE_INTEGER, 0);
	values = make_integer_values(m, 5, 1, inputs);
	table = make_table(m, 0, "it", 0, "2,two\n,none\n1,one\n2,deux\n");
	assert_rows(m, make_join(m, values, table, false, key, 0, NULL), table,
				"2|2|two\n2|2|deux\n1|1|one\n2|2|two\n2|2|deux\n");
	assert_rows(m, make_join(m, values, table, true, key, 0, NULL), table,
				"2|2|two\n2|2|deux\n9||\n||\n1|1|one\n2|2|two\n2|2|deux\n");
	arena_release(m);
}

/* … ON f.c0 = v.k AND f.c1 <> 'two': a left row stays alone when no pair passes. */
static void
rest_of_the_condition(void **state UNUSED)
{
	Arena arena, *m = &arena;
	TablePlan *table;
	PlanNode *values;
	Expr *key, *rest;

	arena_init(m, "test");
	key = make_column(m, TYPE_INTEGER, 0);
	rest = make_call(m, FUNCTION_ID_TEXT_NE, make_column(m, TYPE_TEXT, 2), make_text(m, "one"));
	values = make_integer_values(m, 5, 1, inputs);
	table = make_table(m, 0, "it", 0, "2,one\n1,one\n2,deux\n");
	assert_rows(m, make_join(m, values, table, false, key, 0, rest), table, "2|2|deux\n2|2|deux\n");
	assert_rows(m, make_join(m, values, table, true, key, 0, rest), table,
				"2|2|deux\n9||\n||\n1||\n2|2|deux\n");
	/* Without keys: ON f.c0 < v.k. */
	rest = make_call(m, FUNCTION_ID_INTEGER_LT, make_column(m, TYPE_INTEGER, 1), key);
	assert_rows(m, make_join(m, values, table, true, NULL, 0, rest), table,
				"2|1|one\n9|2|one\n9|1|one\n9|2|deux\n||\n1||\n2|1|one\n");
	arena_release(m);
}

/* 3,000 input rows by 3 matches: pairs are flushed in the middle of an input row. */
static void
more_pairs_than_a_batch(void **state UNUSED)
{
	Arena arena, *m = &arena;
	int32_t *numbers = mem_alloc(sizeof *numbers * 3000);
	StrBuf expected = {0};
	TablePlan *table;
	PlanNode *values;
	Expr *key, *rest;

	arena_init(m, "test");
	for (int i = 0; i < 3000; i++)
	{
		numbers[i] = i % 3;
		for (int r = 0; i % 3 == 1 && r < 3; r++)
			str_appendf(&expected, "1|1|%c\n", 'a' + r);
		if (i % 3 != 1)
			str_appendf(&expected, "%d||\n", i % 3);
	}
	key = make_column(m, TYPE_INTEGER, 0);
	values = make_integer_values(m, 3000, 1, numbers);
	table = make_table(m, 0, "it", 0, "1,a\n1,b\n1,c\n2,x\n2,x\n");
	rest = make_call(m, FUNCTION_ID_TEXT_NE, make_column(m, TYPE_TEXT, 2), make_text(m, "x"));
	assert_rows(m, make_join(m, values, table, true, key, 0, rest), table, str_cstr(&expected));
	str_free(&expected);
	mem_free(numbers);
	arena_release(m);
}

/* SELECT f.c1 FROM v JOIN f …: only what is read is gathered. */
static void
unread_columns(void **state UNUSED)
{
	Arena arena, *m = &arena;
	TablePlan *table;
	PlanNode *join;

	arena_init(m, "test");
	table = make_table(m, 0, "it", 1, "1,one\n2,two\n");
	join = make_join(m, make_integer_values(m, 5, 1, inputs), table, true, make_column(m, TYPE_INTEGER, 0), 0,
					 NULL);
	assert_rows(m, make_project(m, join, 1, make_column(m, TYPE_TEXT, 2)), table, "two\n\n\none\ntwo\n");
	arena_release(m);
}

static void
assert_refused(const char *types, int keys, const char *lines, SqlStateName state, const char *message,
			   const char *extra)
{
	TypeContext context = {0};
	TableData *data = NULL;
	Error err = {0};
	Arena arena;

	arena_init(&arena, "test");
	assert_false(
		table_load(make_table(&arena, 0, types, keys, lines), &context, &system_clock, NULL, 0, &data, &err));
	assert_int_equal(err.state, state);
	assert_string_equal(err.message, message);
	assert_string_equal(err.detail ? err.detail : err.context, extra);
	error_clear(&err);
	arena_release(&arena);
}

static void
bad_tables_are_refused(void **state UNUSED)
{
	assert_refused("it", 1, "1,one\n2,two\n3,x\n4,y\n2,deux\n", SQLSTATE_UNIQUE_VIOLATION,
				   "duplicate key value violates unique constraint \"facts_pkey\"",
				   "Key (c0)=(2) already exists.");
	assert_refused("it", 2, "1,one\n1,two\n1,one\n", SQLSTATE_UNIQUE_VIOLATION,
				   "duplicate key value violates unique constraint \"facts_pkey\"",
				   "Key (c0, c1)=(1, one) already exists.");
	assert_refused("it", 0, "1,one\n2,two\n3,x\nvier,four\n", SQLSTATE_INVALID_TEXT_REPRESENTATION,
				   "invalid input syntax for type integer: \"vier\"",
				   "table \"facts\", row 4, column \"c0\"");
	assert_refused("it", 1, "1,one\n,none\n", SQLSTATE_NOT_NULL_VIOLATION, "null",
				   "table \"facts\", row 2, column \"c0\"");
}

/* What is written is read back, with the same digest; damaged bytes are refused. */
static void
tables_survive_as_bytes(void **state UNUSED)
{
	static const char *const lines = "1,one\n,\n3,drei mit \xc3\xa4\n";
	TypeContext context = {0};
	TableData *first, *second;
	StrBuf bytes = {0}, again = {0};
	Error err = {0};
	Arena arena;
	TablePlan *plan;

	arena_init(&arena, "test");
	plan = make_table(&arena, 0, "it", 0, lines);
	assert_true(table_load(plan, &context, &system_clock, NULL, 0, &first, &err));
	assert_int_equal(table_rows(first), 3);
	table_write(first, &bytes);
	assert_true(table_read(plan, str_view(&bytes), &second, &err));
	table_write(second, &again);
	assert_true(str_equal(str_view(&bytes), str_view(&again)));
	assert_memory_equal(table_sha256(first), table_sha256(second), 32);
	table_free(second);

	for (size_t len = 0; len < bytes.len; len++)
	{
		assert_false(table_read(plan, (StrView){bytes.data, len}, &second, &err));
		assert_int_equal(err.state, SQLSTATE_DATA_CORRUPTED);
		error_clear(&err);
	}
	assert_false(table_read(make_table(&arena, 0, "ii", 0, ""), str_view(&bytes), &second, &err));
	error_clear(&err);
	table_free(first);
	str_free(&bytes);
	str_free(&again);
	arena_release(&arena);
}

/* The same rows in another order are another version of the table; other rows are, too. */
static void
digests_tell_tables_apart(void **state UNUSED)
{
	static const char *const lines[] = {"1,one\n2,two\n", "2,two\n1,one\n", "1,one\n2,tw\n",
										"1,one\n2,two\n"};
	TypeContext context = {0};
	TableData *tables[lengthof(lines)];
	Error err = {0};
	Arena arena;

	arena_init(&arena, "test");
	for (size_t i = 0; i < lengthof(lines); i++)
		assert_true(table_load(make_table(&arena, 0, "it", 0, lines[i]), &context, &system_clock, NULL, 0,
							   &tables[i], &err));
	assert_memory_not_equal(table_sha256(tables[0]), table_sha256(tables[1]), 32);
	assert_memory_not_equal(table_sha256(tables[0]), table_sha256(tables[2]), 32);
	assert_memory_equal(table_sha256(tables[0]), table_sha256(tables[3]), 32);
	for (size_t i = 0; i < lengthof(lines); i++)
		table_free(tables[i]);
	arena_release(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unique_keys),
		cmocka_unit_test(duplicate_and_null_keys),
		cmocka_unit_test(rest_of_the_condition),
		cmocka_unit_test(more_pairs_than_a_batch),
		cmocka_unit_test(unread_columns),
		cmocka_unit_test(bad_tables_are_refused),
		cmocka_unit_test(tables_survive_as_bytes),
		cmocka_unit_test(digests_tell_tables_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
