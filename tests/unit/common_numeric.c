/*
 * common_numeric.c: properties of numerics beyond single values: order and hash agree, arithmetic identities
 * hold across the boundary between int128 and limbs, the fast decoder path never disagrees with the full one.
 *
 * Single values are in tests/unit/values/numeric.tsv (executor_functions.c).
 */
#include "tests/unit/type_support.h"

#include <stdio.h>

#include "common/types/numeric.h"

static uint64_t random_state = 88172645463325252u;

static uint64_t
random_u64(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* Digits around the limit of int128, with a point somewhere. */
static Numeric
random_numeric(Arena *arena)
{
	char text[128];
	size_t digits = 1 + random_u64() % 60;
	size_t point = random_u64() % (digits + 1);
	size_t len = 0;
	Numeric n;

	if (random_u64() % 2)
		text[len++] = '-';
	text[len++] = (char)('0' + random_u64() % 10);
	for (size_t i = 0; i < digits; i++)
	{
		if (i == point)
			text[len++] = '.';
		text[len++] = (char)('0' + (random_u64() % 3 == 0 ? 0 : random_u64() % 10));
	}
	assert_true(numeric_parse((StrView){text, len}, &n, arena, NULL));
	numeric_check(n);
	return n;
}

static void
test_order(void **state)
{
	static const char *const ascending[] = {
		"-Infinity",
		"-1e200",
		"-100000000000000000000000000000000000000.5",
		"-99999999999999999999999999999999999999",
		"-1.000000000000000000000000000000000000000000000000001",
		"-1",
		"=",
		"-1.00",
		"=",
		"-1.0000000000000000000000000000000000000000000000000000000",
		"-1e-100",
		"0",
		"=",
		"-0.000",
		"=",
		"0.00000000000000000000000000000000000000000000000000",
		"1e-16383",
		"0.5",
		"=",
		"0.500000000000000000000000000000000000000000000",
		"9.99",
		"10",
		"=",
		"10.0",
		"=",
		"1e1",
		"99999999999999999999999999999999999999",
		"100000000000000000000000000000000000000",
		"=",
		"1e38",
		"=",
		"100000000000000000000000000000000000000.000",
		"1e38000",
		"Infinity",
		"NaN",
	};

	(void)state;
	support_check_order(TYPE_NUMERIC, ascending, lengthof(ascending));
}

static void
expect_equal(Numeric a, Numeric b, Arena *arena)
{
	if (numeric_compare(a, b) != 0)
		fail_msg("%s is not %s", support_print(TYPE_NUMERIC, &a, arena),
				 support_print(TYPE_NUMERIC, &b, arena));
	assert_int_equal(numeric_hash(a), numeric_hash(b));
}

/* (a + b) - b = a; (a * b) / b = a as far as the quotient's scale goes; a = trunc(a / b) * b + a % b. */
static void
check_identities(Numeric a, Numeric b, Arena *arena)
{
	Numeric x;
	Numeric y;

	assert_true(numeric_add(a, b, &x, arena, NULL));
	numeric_check(x);
	assert_true(numeric_subtract(x, b, &y, arena, NULL));
	expect_equal(y, a, arena);
	assert_true(numeric_subtract(a, b, &x, arena, NULL));
	assert_int_equal(numeric_compare(numeric_sign(x), numeric_from_int64(0)), numeric_compare(a, b));
	if (numeric_compare(b, numeric_from_int64(0)) == 0)
		return;
	assert_true(numeric_multiply(a, b, &x, arena, NULL));
	numeric_check(x);
	assert_true(numeric_divide(x, b, &y, arena, NULL));
	numeric_check(y);
	expect_equal(y, a, arena);
	assert_true(numeric_modulo(a, b, &x, arena, NULL));
	assert_true(numeric_subtract(a, x, &y, arena, NULL));
	assert_true(numeric_modulo(y, b, &y, arena, NULL));
	expect_equal(y, numeric_from_int64(0), arena);
	assert_true(numeric_compare(numeric_abs(x, arena), numeric_abs(b, arena)) < 0);
}

static void
test_identities(void **state)
{
	Arena arena;

	(void)state;
	arena_init(&arena, "test");
	for (int i = 0; i < 20000; i++)
	{
		Numeric a = random_numeric(&arena);
		Numeric b = random_numeric(&arena);

		check_identities(a, b, &arena);
		arena_reset(&arena);
	}
	arena_release(&arena);
}

static void
test_text_comes_back(void **state)
{
	Arena arena;

	(void)state;
	arena_init(&arena, "test");
	for (int i = 0; i < 20000; i++)
	{
		Numeric a = random_numeric(&arena);
		Text text = numeric_to_text(a, &arena);
		StrBuf printed = {0};
		Numeric b;

		numeric_print(a, &printed);
		assert_true(str_equal(text_view(text), str_view(&printed)));
		assert_true(numeric_parse(text_view(text), &b, &arena, NULL));
		expect_equal(a, b, &arena);
		assert_int_equal(a.dscale, b.dscale);
		assert_int_equal(a.kind, b.kind);
		str_free(&printed);
		arena_reset(&arena);
	}
	arena_release(&arena);
}

/* What the fast path takes, the full one reads the same; what it must take is taken. */
static void
test_fast_parse(void **state)
{
	static const char *const taken[] = {
		"0", "-1", "12.34", "123456789012345678", "-0.00", "007", "1234567890123456.78"};
	static const char *const left[] = {
		"", "-", ".5", "5.", "+1", " 1", "1 ", "1e5", "NaN", "1.2.3", "12345678901234567890"};
	Arena arena;

	(void)state;
	arena_init(&arena, "test");
	for (size_t i = 0; i < lengthof(taken); i++)
	{
		char text[32];
		Numeric fast;
		Numeric full;

		assert_true(numeric_parse_fast(str_from_cstr(taken[i]), &fast));
		snprintf(text, sizeof text, " %s", taken[i]); /* a blank keeps it from the fast path */
		assert_true(numeric_parse(str_from_cstr(text), &full, &arena, NULL));
		assert_true(fast.small == full.small && fast.dscale == full.dscale && fast.kind == full.kind);
	}
	for (size_t i = 0; i < lengthof(left); i++)
	{
		Numeric n;

		assert_false(numeric_parse_fast(str_from_cstr(left[i]), &n));
	}
	arena_release(&arena);
}

/* A copy and a result live on when the arena of what they came from is gone. */
static void
test_memory(void **state)
{
	Arena source;
	Arena target;
	Numeric n;
	Numeric copy;
	Numeric sum;

	(void)state;
	arena_init(&source, "source");
	arena_init(&target, "target");
	assert_true(numeric_parse(STR_LIT("123456789012345678901234567890123456789012345"), &n, &source, NULL));
	type_copy_value(TYPE_NUMERIC, &copy, &n, &target);
	assert_true(numeric_add(n, numeric_from_int64(0), &sum, &target, NULL));
	n = numeric_negate(n, &target);
	arena_release(&source);
	assert_string_equal(support_print(TYPE_NUMERIC, &copy, &target),
						"123456789012345678901234567890123456789012345");
	assert_string_equal(support_print(TYPE_NUMERIC, &sum, &target),
						"123456789012345678901234567890123456789012345");
	assert_string_equal(support_print(TYPE_NUMERIC, &n, &target),
						"-123456789012345678901234567890123456789012345");
	arena_release(&target);
}

static void
test_from_int128(void **state)
{
	int128 limit = (int128)(~(uint128)0 >> 1);
	Arena arena;
	Numeric n;

	(void)state;
	arena_init(&arena, "test");
	n = numeric_from_int128(limit, 2, &arena);
	numeric_check(n);
	assert_string_equal(support_print(TYPE_NUMERIC, &n, &arena), "1701411834604692317316873037158841057.27");
	n = numeric_from_int128(-limit - 1, 0, &arena);
	numeric_check(n);
	assert_string_equal(support_print(TYPE_NUMERIC, &n, &arena), "-170141183460469231731687303715884105728");
	n = numeric_from_int128(-5, 1, &arena);
	assert_string_equal(support_print(TYPE_NUMERIC, &n, &arena), "-0.5");
	arena_release(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),           cmocka_unit_test(test_identities),
		cmocka_unit_test(test_text_comes_back), cmocka_unit_test(test_fast_parse),
		cmocka_unit_test(test_memory),          cmocka_unit_test(test_from_int128),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
