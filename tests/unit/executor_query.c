/*
 * executor_query: bounded plans from their leaves to the receiver: VALUES, UNION ALL, WHERE, SELECT list,
 * ORDER BY, LIMIT, GROUP BY, and errors. Expected rows are what PostgreSQL 15 prints for the statement in the
 * comment.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "common/memory.h"
#include "executor/query.h"
#include "tests/unit/plan_helper.h"

#define NONE INT32_MIN

typedef struct Catch
{
	StrBuf text;
	uint64_t rows;
	uint64_t stop_after;  /* rows; 0 = never */
	int64_t memory_limit; /* 0 = the default */
} Catch;

static bool
catch_rows(void *context, const Batch *batch)
{
	Catch *c = context;

	print_batch(batch, &c->text);
	c->rows += batch->n;
	return c->stop_after == 0 || c->rows < c->stop_after;
}

static bool
run(PlanNode *root, Catch *caught, Error *err)
{
	QueryPlan plan = {.root = root};
	TypeContext context = {0};
	RowReceiver receiver = {caught, catch_rows};
	Settings settings;

	settings_init(&settings);
	if (caught->memory_limit > 0)
		settings.memory_limit = caught->memory_limit;
	return query_run(&plan, &settings, &context, &system_clock, NULL, &receiver, err);
}

static void
assert_rows(PlanNode *root, const char *expected)
{
	Catch caught = {0};
	Error err = {0};

	assert_true(run(root, &caught, &err));
	assert_string_equal(str_cstr(&caught.text), expected);
	str_free(&caught.text);
}

static PlanNode *
make_sort(Arena *m, PlanNode *input, int column, bool descending, bool nulls_first)
{
	PlanNode *node = make_node(m, NODE_SORT, input, input->column_count);

	node->sort.key_count = 1;
	node->sort.keys = ARENA_NEW(m, SortKey);
	*node->sort.keys = (SortKey){column, descending, nulls_first};
	return node;
}

static PlanNode *
make_limit(Arena *m, PlanNode *input, int64_t limit, int64_t offset)
{
	PlanNode *node = make_node(m, NODE_LIMIT, input, input->column_count);

	node->limit.limit = limit;
	node->limit.offset = offset;
	return node;
}

static const int32_t pairs[] = {3, 1, NONE, 2, 1, 3, 3, 4, 2, NONE};

/* SELECT b, a + b FROM (VALUES (3,1),(NULL,2),(1,3),(3,4),(2,NULL)) v(a,b) WHERE a > 1 */
static void
filter_and_project(void **state UNUSED)
{
	Arena arena, *m = &arena;
	PlanNode *values, *filter;
	Expr *a, *b;

	arena_init(m, "test");
	a = make_column(m, TYPE_INTEGER, 0);
	b = make_column(m, TYPE_INTEGER, 1);
	values = make_integer_values(m, 5, 2, pairs);
	filter = make_filter(m, values, make_call(m, FUNCTION_ID_INTEGER_GT, a, make_integer(m, 1)));
	assert_rows(make_project(m, filter, 2, b, make_call(m, FUNCTION_ID_INTEGER_ADD, a, b)), "1|4\n4|7\n|\n");
	arena_release(m);
}

/* … ORDER BY a [DESC] [NULLS FIRST]; rows of equal keys stay in their order. */
static void
sort_places_nulls_and_is_stable(void **state UNUSED)
{
	Arena arena, *m = &arena;
	PlanNode *values;

	arena_init(m, "test");
	values = make_integer_values(m, 5, 2, pairs);
	assert_rows(make_sort(m, values, 0, false, false), "1|3\n2|\n3|1\n3|4\n|2\n");
	assert_rows(make_sort(m, values, 0, false, true), "|2\n1|3\n2|\n3|1\n3|4\n");
	assert_rows(make_sort(m, values, 0, true, true), "|2\n3|1\n3|4\n2|\n1|3\n");
	assert_rows(make_sort(m, values, 0, true, false), "3|1\n3|4\n2|\n1|3\n|2\n");
	/* SELECT b FROM … ORDER BY a: the key is kept though nothing after the sort reads it. */
	assert_rows(make_project(m, make_sort(m, values, 0, false, false), 1, make_column(m, TYPE_INTEGER, 1)),
				"3\n\n1\n4\n2\n");
	arena_release(m);
}

static void
limit_and_offset(void **state UNUSED)
{
	Arena arena, *m = &arena;
	PlanNode *values;

	arena_init(m, "test");
	values = make_integer_values(m, 5, 2, pairs);
	assert_rows(make_limit(m, values, 2, 0), "3|1\n|2\n");
	assert_rows(make_limit(m, values, 2, 3), "3|4\n2|\n");
	assert_rows(make_limit(m, values, -1, 4), "2|\n");
	assert_rows(make_limit(m, values, 0, 0), "");
	assert_rows(make_limit(m, values, 10, 10), "");
	arena_release(m);
}

/* (SELECT a FROM v LIMIT 1) UNION ALL (SELECT b FROM v WHERE b > 2): a full branch does not stop the next. */
static void
append_runs_every_branch(void **state UNUSED)
{
	Arena arena, *m = &arena;
	PlanNode *values, *append, *big;
	Expr *b;

	arena_init(m, "test");
	b = make_column(m, TYPE_INTEGER, 1);
	values = make_integer_values(m, 5, 2, pairs);
	big = make_filter(m, values, make_call(m, FUNCTION_ID_INTEGER_GT, b, make_integer(m, 2)));
	append = make_node(m, NODE_APPEND, NULL, 1);
	append->columns[0].type = (TypeSpec){TYPE_INTEGER, NO_MODIFIER};
	append->append.input_count = 2;
	append->append.inputs = ARENA_ARRAY(m, PlanNode *, 2);
	append->append.inputs[0] =
		make_limit(m, make_project(m, values, 1, make_column(m, TYPE_INTEGER, 0)), 1, 0);
	append->append.inputs[1] = make_project(m, big, 1, b);
	assert_rows(append, "3\n3\n4\n");
	assert_rows(make_sort(m, append, 0, true, false), "4\n3\n3\n");
	arena_release(m);
}

/* Several batches through every kind of node: 5,000 rows 0..4999. */
static void
more_rows_than_a_batch(void **state UNUSED)
{
	Arena arena, *m = &arena;
	int32_t *numbers = mem_alloc(sizeof *numbers * 5000);
	Catch caught = {0};
	Error err = {0};
	PlanNode *values;

	arena_init(m, "test");
	for (int i = 0; i < 5000; i++)
		numbers[i] = i;
	values = make_integer_values(m, 5000, 1, numbers);
	assert_rows(make_limit(m, make_sort(m, values, 0, true, false), 3, 0), "4999\n4998\n4997\n");
	assert_rows(make_limit(m, values, 2, 4095), "4095\n4096\n");
	assert_rows(make_limit(m, make_sort(m, values, 0, false, false), 2, 2047), "2047\n2048\n");
	caught.stop_after = 1;
	assert_true(run(values, &caught, &err));
	assert_int_equal(caught.rows, BATCH_ROWS);
	str_free(&caught.text);
	mem_free(numbers);
	arena_release(m);
}

/* SELECT a, count(*), sum(b) FROM v GROUP BY a ORDER BY a; SELECT count(*) FROM v WHERE false */
static void
aggregate_with_and_without_keys(void **state UNUSED)
{
	Arena arena, *m = &arena;
	PlanNode *values, *groups;

	arena_init(m, "test");
	values = make_integer_values(m, 5, 2, pairs);
	groups = make_node(m, NODE_AGGREGATE, NULL, 3);
	groups->input = values;
	groups->columns[0].type = (TypeSpec){TYPE_INTEGER, NO_MODIFIER};
	groups->columns[1].type = groups->columns[2].type = (TypeSpec){TYPE_BIGINT, NO_MODIFIER};
	groups->aggregate.key_count = 1;
	groups->aggregate.keys = ARENA_NEW(m, Expr *);
	groups->aggregate.keys[0] = make_column(m, TYPE_INTEGER, 0);
	groups->aggregate.call_count = 2;
	groups->aggregate.calls = ARENA_ARRAY_ZERO(m, AggregateCall, 2);
	groups->aggregate.calls[0].id = AGGREGATE_COUNT_STAR;
	groups->aggregate.calls[0].type = (TypeSpec){TYPE_BIGINT, NO_MODIFIER};
	groups->aggregate.calls[1].id = AGGREGATE_SUM_INTEGER;
	groups->aggregate.calls[1].type = (TypeSpec){TYPE_BIGINT, NO_MODIFIER};
	groups->aggregate.calls[1].arg_count = 1;
	groups->aggregate.calls[1].args = ARENA_NEW(m, Expr *);
	groups->aggregate.calls[1].args[0] = make_column(m, TYPE_INTEGER, 1);
	assert_rows(make_sort(m, groups, 0, false, false), "1|1|3\n2|1|\n3|2|5\n|1|2\n");

	groups = make_node(m, NODE_AGGREGATE, NULL, 1);
	groups->input = make_filter(m, values, make_boolean(m, false));
	groups->columns[0].type = (TypeSpec){TYPE_BIGINT, NO_MODIFIER};
	groups->aggregate.call_count = 1;
	groups->aggregate.calls = ARENA_ARRAY_ZERO(m, AggregateCall, 1);
	groups->aggregate.calls[0].id = AGGREGATE_COUNT_STAR;
	groups->aggregate.calls[0].type = (TypeSpec){TYPE_BIGINT, NO_MODIFIER};
	assert_rows(groups, "0\n");
	arena_release(m);
}

/* SELECT 12 / b FROM … : division by zero, without a position, unless LIMIT has enough before. */
static void
a_failed_expression_ends_the_query(void **state UNUSED)
{
	static const int32_t divisors[] = {1, 2, 0, 3};
	Arena arena, *m = &arena;
	Catch caught = {0};
	Error err = {0};
	Expr *quotient;

	arena_init(m, "test");
	quotient = make_call(m, FUNCTION_ID_INTEGER_DIVIDE, make_integer(m, 12), make_column(m, TYPE_INTEGER, 0));
	quotient->position = 10;
	assert_false(run(make_project(m, make_integer_values(m, 4, 1, divisors), 1, quotient), &caught, &err));
	assert_int_equal(err.state, SQLSTATE_DIVISION_BY_ZERO);
	assert_string_equal(err.message, "division by zero");
	assert_int_equal(err.position, NO_POSITION);
	assert_null(err.context);
	error_clear(&err);
	str_free(&caught.text);
	assert_rows(make_limit(m, make_project(m, make_integer_values(m, 4, 1, divisors), 1, quotient), 2, 0),
				"12\n6\n");
	caught = (Catch){0};
	assert_false(
		run(make_limit(m, make_project(m, make_integer_values(m, 4, 1, divisors), 1, quotient), 3, 0),
			&caught, &err));
	error_clear(&err);
	str_free(&caught.text);
	/* A column that nobody reads is not computed. */
	assert_rows(make_project(m,
							 make_project(m, make_integer_values(m, 4, 1, divisors), 2, quotient,
										  make_column(m, TYPE_INTEGER, 0)),
							 1, make_column(m, TYPE_INTEGER, 1)),
				"1\n2\n0\n3\n");
	arena_release(m);
}

static void
rows_beyond_the_memory_limit_are_not_sorted(void **state UNUSED)
{
	Arena arena, *m = &arena;
	Catch caught = {.memory_limit = 1000};
	Error err = {0};

	arena_init(m, "test");
	assert_false(run(make_sort(m, make_integer_values(m, 5, 2, pairs), 0, false, false), &caught, &err));
	assert_int_equal(err.state, SQLSTATE_OUT_OF_MEMORY);
	assert_string_equal(err.message, "rows to be sorted exceed memory_limit");
	error_clear(&err);
	arena_release(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filter_and_project),
		cmocka_unit_test(sort_places_nulls_and_is_stable),
		cmocka_unit_test(limit_and_offset),
		cmocka_unit_test(append_runs_every_branch),
		cmocka_unit_test(more_rows_than_a_batch),
		cmocka_unit_test(aggregate_with_and_without_keys),
		cmocka_unit_test(a_failed_expression_ends_the_query),
		cmocka_unit_test(rows_beyond_the_memory_limit_are_not_sorted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
