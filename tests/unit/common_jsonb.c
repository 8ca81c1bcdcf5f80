/*
 * common_jsonb.c: order and hash of jsonb, depth, contexts of errors, and that canonical text is canonical.
 *
 * Single values are in tests/unit/values/jsonb.tsv (executor_functions.c).
 */
#include "tests/unit/type_support.h"

#include "common/types/jsonb.h"

/* PostgreSQL's order; a scalar is between the empty array and the others. */
static void
test_order(void **state)
{
	static const char *const ascending[] = {
		"[]",
		"null",
		"\"\"",
		"\"a\"",
		"\"a\\n\"",
		"\"aa\"",
		"-1.5",
		"0",
		"=",
		"-0.0",
		"1",
		"=",
		"1.000",
		"=",
		"1e0",
		"1.5",
		"1e200",
		"false",
		"true",
		"[null]",
		"[1]",
		"=",
		"[1.0]",
		"[[]]",
		"[1, 2]",
		"[1, {\"a\": 1}]",
		"{}",
		"{\"a\": 1}",
		"=",
		"{\"a\": 1.0}",
		"=",
		"{\"a\": 2, \"a\": 1}",
		"{\"a\": 1.5}",
		"{\"a\": [1]}",
		"{\"b\": 0}",
		"{\"a\": 1, \"b\": 2}",
		"=",
		"{\"b\": 2, \"a\": 1}",
	};

	(void)state;
	support_check_order(TYPE_JSONB, ascending, lengthof(ascending));
}

static void
test_depth(void **state)
{
	StrBuf text = {0};
	Arena arena;
	Error err = {0};
	Text out;

	(void)state;
	arena_init(&arena, "test");
	for (int i = 0; i < JSONB_MAX_DEPTH; i++)
		str_append_cstr(&text, i % 2 ? "[" : "{\"k\":");
	str_append_cstr(&text, "1");
	for (int i = JSONB_MAX_DEPTH; i-- > 0;)
		str_append_cstr(&text, i % 2 ? "]" : "}");
	assert_true(jsonb_parse(str_view(&text), &out, &arena, &err));
	assert_int_equal(out.len, text.len + JSONB_MAX_DEPTH / 2);
	assert_int_equal(jsonb_compare(out, out), 0);
	str_clear(&text);
	for (int i = 0; i <= JSONB_MAX_DEPTH; i++)
		str_append_char(&text, '[');
	assert_false(jsonb_parse(str_view(&text), &out, &arena, &err));
	assert_int_equal(err.state, SQLSTATE_STATEMENT_TOO_COMPLEX);
	error_clear(&err);
	str_free(&text);
	arena_release(&arena);
}

/* Numbers with exponents may be long, but not so many of them that a short text takes all memory. */
static void
test_growth(void **state)
{
	StrBuf text = {0};
	Arena arena;
	Error err = {0};
	Text out;

	(void)state;
	arena_init(&arena, "test");
	str_append_cstr(&text, "[1e300");
	for (int i = 0; i < 3000; i++)
		str_append_cstr(&text, ", 1e300");
	str_append_cstr(&text, "]");
	assert_true(jsonb_parse(str_view(&text), &out, &arena, &err));
	assert_int_equal(out.len, 3001 * 301 + 3000 * 2 + 2);
	str_clear(&text);
	str_append_cstr(&text,
					"[1e131071, 1e131071, 1e131071, 1e131071, 1e131071, 1e131071, 1e131071, 1e131071]");
	assert_true(jsonb_parse(str_view(&text), &out, &arena, &err));
	text.len--;
	for (int i = 0; i < 3000; i++)
		str_append_cstr(&text, ", 1e131071");
	str_append_cstr(&text, "]");
	assert_false(jsonb_parse(str_view(&text), &out, &arena, &err));
	assert_int_equal(err.state, SQLSTATE_PROGRAM_LIMIT_EXCEEDED);
	assert_string_equal(err.message, "jsonb value is too long");
	error_clear(&err);
	str_free(&text);
	arena_release(&arena);
}

static void
expect_context(const char *text, const char *context)
{
	Arena arena;
	Error err = {0};
	Text out;

	arena_init(&arena, "test");
	assert_false(jsonb_parse(str_from_cstr(text), &out, &arena, &err));
	assert_string_equal(err.context, context);
	error_clear(&err);
	arena_release(&arena);
}

static void
test_context(void **state)
{
	(void)state;
	expect_context("{\"a\":1,}", "JSON data, line 1: {\"a\":1,}");
	expect_context("[1,\n 2,\n x, 3]", "JSON data, line 3:  x...");
	expect_context("[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,x,21]",
				   "JSON data, line 1: ...,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,x...");
	expect_context("\"\\u0000\"", "JSON data, line 1: \"\\u0000...");
}

/* Many members in bad order, many twice: sorted by length and bytes, the last value kept. */
static void
test_large_object(void **state)
{
	StrBuf text = {0};
	Arena arena;
	Text out;
	Text again;
	Text value;

	(void)state;
	arena_init(&arena, "test");
	for (int i = 0; i < 3000; i++)
		str_appendf(&text, "%s\"%d\": %d", i ? "," : "{", i * 7919 % 2000, i);
	str_append_cstr(&text, "}");
	assert_true(jsonb_parse(str_view(&text), &out, &arena, NULL));
	assert_true(jsonb_parse(text_view(out), &again, &arena, NULL));
	assert_true(str_equal(text_view(out), text_view(again)));
	for (int i = 0; i < 2000; i++)
	{
		const char *key = arena_printf(&arena, "%d", i * 7919 % 2000);
		const char *expected = arena_printf(&arena, "%d", i < 1000 ? i + 2000 : i);

		assert_true(jsonb_get_key(out, text_make(key, strlen(key)), &value));
		assert_true(str_equal(text_view(value), str_from_cstr(expected)));
	}
	assert_memory_equal(out.data, "{\"0\": 2000, \"1\": ", 17);
	str_free(&text);
	arena_release(&arena);
}

/* A row without a value is null. */
static void
test_empty(void **state)
{
	Text empty = {0};
	Text null_value = text_make("null", 4);
	Text out;

	(void)state;
	assert_int_equal(jsonb_kind(empty), JSONB_NULL);
	assert_int_equal(jsonb_compare(empty, null_value), 0);
	assert_int_equal(jsonb_hash(empty), jsonb_hash(null_value));
	assert_false(jsonb_get_key(empty, null_value, &out));
	assert_false(jsonb_to_plain_text(empty, &out, NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),   cmocka_unit_test(test_depth),        cmocka_unit_test(test_growth),
		cmocka_unit_test(test_context), cmocka_unit_test(test_large_object), cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
