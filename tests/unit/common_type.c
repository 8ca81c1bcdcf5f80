/*
 * common_type.c: every type is found by its id and name; names, modifiers and copies of values of any
 * type.
 */
#include "tests/unit/type_support.h"

#include "common/types/integer.h"
#include "common/types/text.h"
#include "common/types/uuid.h"

static void
test_table(void **state)
{
	(void)state;
#define TYPE(ID, class)                                     \
	assert_int_equal(type_class(TYPE_##ID)->id, TYPE_##ID); \
	assert_int_equal(type_by_name(str_from_cstr(type_class(TYPE_##ID)->name)), TYPE_##ID);
#include "common/types/type_list.h"
#undef TYPE
	assert_int_equal(type_size(TYPE_NUMERIC), sizeof(Numeric));
	assert_int_equal(type_size(TYPE_DATE), sizeof(int32_t));
	assert_int_equal(type_size(TYPE_UNKNOWN), 0);
	assert_int_equal(type_by_name(STR_LIT("nothing")), TYPE_UNKNOWN);
	assert_int_equal(type_by_name(STR_LIT("int44")), TYPE_UNKNOWN);
	assert_int_equal(type_by_name(STR_LIT("decimal")), TYPE_NUMERIC);
}

static void
expect_name(TypeId id, int32_t modifier, const char *name)
{
	Arena arena;

	arena_init(&arena, "test");
	assert_string_equal(type_spec_name((TypeSpec){id, modifier}, &arena), name);
	arena_release(&arena);
}

/* As format_type() prints them. */
static void
test_spec_names(void **state)
{
	(void)state;
	expect_name(TYPE_NUMERIC, NUMERIC_MODIFIER(12, 2), "numeric(12,2)");
	expect_name(TYPE_NUMERIC, NUMERIC_MODIFIER(3, -2), "numeric(3,-2)");
	expect_name(TYPE_NUMERIC, NO_MODIFIER, "numeric");
	expect_name(TYPE_TIMESTAMP, 3, "timestamp(3) without time zone");
	expect_name(TYPE_TIMESTAMPTZ, 0, "timestamp(0) with time zone");
	expect_name(TYPE_TIMESTAMPTZ, NO_MODIFIER, "timestamp with time zone");
	expect_name(TYPE_INTERVAL, 6, "interval(6)");
	expect_name(TYPE_DOUBLE, NO_MODIFIER, "double precision");
	expect_name(TYPE_UNKNOWN, NO_MODIFIER, "unknown");
}

static void
expect_modified(TypeId id, int32_t modifier, const char *before, const char *after)
{
	Arena arena;
	Value value;

	arena_init(&arena, "test");
	value = support_value(id, before, &arena);
	assert_true(type_apply_modifier((TypeSpec){id, modifier}, &value, &arena, NULL));
	assert_string_equal(support_print(id, &value, &arena), after);
	arena_release(&arena);
}

static void
test_modifiers(void **state)
{
	(void)state;
	expect_modified(TYPE_NUMERIC, NUMERIC_MODIFIER(12, 2), "1.005", "1.01");
	expect_modified(TYPE_NUMERIC, NO_MODIFIER, "1.005", "1.005");
	expect_modified(TYPE_TIMESTAMP, 0, "2024-02-29 23:59:59.5", "2024-03-01 00:00:00");
	expect_modified(TYPE_INTERVAL, 1, "1.25 seconds", "00:00:01.3");
	expect_modified(TYPE_TEXT, NO_MODIFIER, "x", "x");
}

/* The copy lives on when the original's memory is overwritten. */
static void
test_copies(void **state)
{
	char bytes[] = "longer than the prefix";
	Text text = text_make(bytes, sizeof bytes - 1);
	Text copy;
	Arena arena;

	(void)state;
	arena_init(&arena, "test");
	type_copy_value(TYPE_TEXT, &copy, &text, &arena);
	memset(bytes, 'x', sizeof bytes);
	assert_true(str_equal(text_view(copy), STR_LIT("longer than the prefix")));
	arena_release(&arena);
}

/* The decoders' fast paths take what they must, and nothing else. */
static void
test_fast_integers(void **state)
{
	static const char *const left[] = {"", "-", "+1", " 1", "1 ", "1.0", "1234567890123456789", "--1", "0x1"};
	int64_t big = 0;
	int32_t small = 0;

	(void)state;
	assert_true(bigint_parse_fast(STR_LIT("-123456789012345678"), &big));
	assert_true(big == INT64_C(-123456789012345678));
	assert_true(bigint_parse_fast(STR_LIT("007"), &big) && big == 7);
	assert_true(integer_parse_fast(STR_LIT("-2147483648"), &small) && small == INT32_MIN);
	assert_false(integer_parse_fast(STR_LIT("2147483648"), &small));
	for (size_t i = 0; i < lengthof(left); i++)
		assert_false(bigint_parse_fast(str_from_cstr(left[i]), &big));
}

static void
test_integer_text(void **state)
{
	static const int64_t values[] = {0, 9, 10, 99, 100, 101, -1, -10, 12345678, INT64_MAX, INT64_MIN};
	static const char *const texts[] = {"0",
										"9",
										"10",
										"99",
										"100",
										"101",
										"-1",
										"-10",
										"12345678",
										"9223372036854775807",
										"-9223372036854775808"};

	(void)state;
	for (size_t i = 0; i < lengthof(values); i++)
	{
		char out[INTEGER_TEXT_MAX];

		assert_true(str_equal((StrView){out, bigint_to_chars(values[i], out)}, str_from_cstr(texts[i])));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),         cmocka_unit_test(test_spec_names),
		cmocka_unit_test(test_modifiers),     cmocka_unit_test(test_copies),
		cmocka_unit_test(test_fast_integers), cmocka_unit_test(test_integer_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
