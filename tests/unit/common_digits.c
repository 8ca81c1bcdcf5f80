/*
 * common_digits.c: numbers around every power of ten, and the leading zeroes of a fixed width, against
 * printf.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "common/digits.h"

static void
expect_unsigned(uint64_t v)
{
	char expected[24], out[24] = {0};

	snprintf(expected, sizeof expected, "%" PRIu64, v);
	*digits_put(out, v) = '\0';
	assert_string_equal(out, expected);
	assert_int_equal(digits_count(v), strlen(expected));
}

static void
expect_signed(int64_t v)
{
	char expected[24], out[24] = {0};

	snprintf(expected, sizeof expected, "%" PRId64, v);
	*digits_put_signed(out, v) = '\0';
	assert_string_equal(out, expected);
}

static void
test_around_powers(void **state)
{
	(void)state;
	for (uint32_t n = 0; n < DIGITS_MAX; n++)
		for (int near = -1; near <= 1; near++)
		{
			uint64_t v = digit_powers[n] + (uint64_t)near;

			expect_unsigned(v);
			expect_signed((int64_t)v);
			expect_signed((int64_t)(0 - v));
		}
	expect_unsigned(UINT64_MAX);
	expect_signed(INT64_MIN);
	expect_signed(INT64_MAX);
}

static void
test_fixed(void **state)
{
	(void)state;
	for (uint64_t v = 0; v < 100000; v = v * 3 + 1)
		for (int width = 5; width <= 9; width++)
		{
			char expected[24], out[24] = {0};

			snprintf(expected, sizeof expected, "%0*" PRIu64, width, v);
			assert_ptr_equal(digits_put_fixed(out, v, (uint32_t)width), out + width);
			assert_string_equal(out, expected);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_around_powers),
		cmocka_unit_test(test_fixed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
