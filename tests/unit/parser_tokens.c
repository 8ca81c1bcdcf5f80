/*
 * parser_tokens.c: key words, values and places of tokens.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parser/keyword.h"
#include "parser/parse.h"

static void
test_keywords_sorted(void **state)
{
	(void)state;
	for (int i = 1; i < keyword_count(); i++)
		assert_true(strcmp(keyword_at(i - 1)->name, keyword_at(i)->name) < 0);
	for (int i = 0; i < keyword_count(); i++)
		assert_ptr_equal(keyword_lookup(str_from_cstr(keyword_at(i)->name)), keyword_at(i));
	assert_string_equal(keyword_lookup(STR_LIT("sElEcT"))->name, "SELECT");
	assert_int_equal(keyword_lookup(STR_LIT("stream"))->category, KEYWORD_UNRESERVED);
	assert_int_equal(keyword_lookup(STR_LIT("left"))->category, KEYWORD_TYPE_FUNCTION_NAME);
	assert_null(keyword_lookup(STR_LIT("selec")));
	assert_null(keyword_lookup(STR_LIT("selects")));
	assert_null(keyword_lookup(STR_LIT("")));
}

/* The one expression of a SELECT. */
static const SyntaxNode *
parse_one(const char *sql, Arena *arena, StatementList *list)
{
	Error err = {0};

	if (!parse_statements(str_from_cstr(sql), arena, list, &err))
		fail_msg("%s: %s", sql, err.message);
	return ((const Target *)((const SelectStatement *)list->items[0].tree)->targets.items[0])->value;
}

/* Places are PostgreSQL's: the operator's, the function's name, the "::"; the start is the leftmost
 * operand's. */
static void
test_positions(void **state)
{
	static const struct
	{
		const char *sql;
		int position;
		int start;
	} cases[] = {
		{"select a + b", 9, 7},
		{"select  -  a", 8, 8},
		{"select - 1", 7, 7},
		{"select a::int", 8, 7},
		{"select cast(a as int)", 7, 7},
		{"select date '2020-01-01'", 7, 7},
		{"select f(a)", 7, 7},
		{"select a and b or c", 15, 7},
		{"select not a", 7, 7},
		{"select a is null", 9, 7},
		{"select a not in (1)", 9, 7},
		{"select a at time zone b", 9, 7},
		{"select (a + b) * c", 15, 8},
		{"select /* x */ t.a", 15, 15},
		{"select case when a then b end", 7, 7},
		{"select 'a' || 'b'", 11, 7},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++)
	{
		Arena arena;
		StatementList list;
		const SyntaxNode *node;

		arena_init(&arena, "test");
		node = parse_one(cases[i].sql, &arena, &list);
		assert_int_equal(node->position, cases[i].position);
		assert_int_equal(tree_start(node), cases[i].start);
		arena_release(&arena);
	}
}

static void
test_statement_places(void **state)
{
	static const char text[] = " ;; select 1 /* a */ ; -- b\n values (2)";
	Arena arena;
	StatementList list;
	Error err = {0};

	(void)state;
	arena_init(&arena, "test");
	assert_true(parse_statements(STR_LIT(text), &arena, &list, &err));
	assert_int_equal(list.count, 2);
	assert_memory_equal(text + list.items[0].start, "select 1", 8);
	assert_int_equal(list.items[0].end - list.items[0].start, 8);
	assert_memory_equal(text + list.items[1].start, "values (2)", 10);
	assert_int_equal(list.items[1].end, sizeof text - 1);
	arena_release(&arena);
}

/* 64 bytes are one too many; a character of two bytes is not cut in half. PostgreSQL gives the same notice.
 */
static void
check_long_name(const char *sql)
{
	Arena arena;
	StatementList list;
	const SyntaxNode *node;

	arena_init(&arena, "test");
	node = parse_one(sql, &arena, &list);
	assert_string_equal(tree_last_name(&((const ColumnRef *)node)->parts),
						"a23456789_123456789_123456789_123456789_123456789_123456789_12");
	assert_int_equal(list.notice_count, 1);
	assert_string_equal(sqlstate_code(list.notices[0].state), "42622");
	assert_string_equal(
		list.notices[0].message,
		"identifier \"a23456789_123456789_123456789_123456789_123456789_123456789_12\xc3\xa9x\" will be "
		"truncated to \"a23456789_123456789_123456789_123456789_123456789_123456789_12\"");
	arena_release(&arena);
}

static void
test_long_name(void **state)
{
	(void)state;
#define LONG_START "a23456789_123456789_123456789_123456789_123456789_123456789_12"
	check_long_name("select " LONG_START "\xc3\xa9x");
	check_long_name("select \"" LONG_START "\xc3\xa9x\"");
	check_long_name("select U&\"" LONG_START "\\00e9x\"");
	check_long_name("select U&\"" LONG_START "!00e9x\" uescape '!'");
}

/* Names are folded in ASCII only, and not at all in quotes. */
static void
test_folding(void **state)
{
	Arena arena;
	StatementList list;
	const SyntaxNode *node;

	(void)state;
	arena_init(&arena, "test");
	node = parse_one("select \xc3\x89Tat.\"\xc3\x89Tat\"", &arena, &list);
	assert_string_equal(((const Identifier *)((const ColumnRef *)node)->parts.items[0])->name, "\xc3\x89tat");
	assert_string_equal(tree_last_name(&((const ColumnRef *)node)->parts), "\xc3\x89Tat");
	arena_release(&arena);
}

/* Integers that int4 holds are INTEGER, also the smallest; everything else is NUMERIC, as written. */
static void
test_numbers(void **state)
{
	static const struct
	{
		const char *sql;
		LiteralKind kind;
		int32_t integer;
		const char *text;
	} cases[] = {
		{"select 2147483647", LITERAL_INTEGER, INT32_MAX, "2147483647"},
		{"select 2147483648", LITERAL_NUMERIC, 0, "2147483648"},
		{"select -1", LITERAL_INTEGER, -1, "-1"},
		{"select - - 7", LITERAL_INTEGER, 7, "7"},
		{"select -2147483648", LITERAL_NUMERIC, 0, "-2147483648"},
		{"select 1.50", LITERAL_NUMERIC, 0, "1.50"},
		{"select .5e-3", LITERAL_NUMERIC, 0, ".5e-3"},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++)
	{
		Arena arena;
		StatementList list;
		const Literal *literal;

		arena_init(&arena, "test");
		literal = (const Literal *)parse_one(cases[i].sql, &arena, &list);
		assert_int_equal(literal->literal, cases[i].kind);
		assert_int_equal(literal->integer, cases[i].integer);
		assert_string_equal(literal->text, cases[i].text);
		arena_release(&arena);
	}
}

static bool
stop_at_two(SyntaxNode *child, void *context)
{
	(void)child;
	return ++*(int *)context < 2;
}

/* Children come in the order of the text, until the visitor has seen enough. */
static void
test_visit(void **state)
{
	Arena arena;
	StatementList list;
	const SyntaxNode *node;
	int seen = 0;

	(void)state;
	arena_init(&arena, "test");
	node = parse_one("select a between b and c", &arena, &list);
	assert_false(tree_visit_children(node, stop_at_two, &seen));
	assert_int_equal(seen, 2);
	arena_release(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keywords_sorted),
		cmocka_unit_test(test_positions),
		cmocka_unit_test(test_statement_places),
		cmocka_unit_test(test_long_name),
		cmocka_unit_test(test_folding),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_visit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
