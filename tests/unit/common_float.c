/*
 * common_float.c: double precision comes back from its text, and no shorter text would do; order and hash
 * agree.
 *
 * Single values are in tests/unit/values/float.tsv (executor_functions.c).
 */
#include "tests/unit/type_support.h"

#include <math.h>
#include <stdio.h>

#include "common/types/float.h"

static uint64_t random_state = 88172645463325252u;

static double
random_double(int i)
{
	double value;

	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	memcpy(&value, &random_state, sizeof value);
	if (i % 3 == 0)
		value = (double)(int64_t)(random_state >> (i & 63));
	else if (i % 3 == 1)
		value = (double)(int32_t)random_state / 1000;
	return isfinite(value) && value != 0 ? value : 1;
}

/*
 * Reads back as itself; the nearest decimal with one digit less does not, unless it is an exact midpoint,
 * which takes 16 digits at least.
 */
static void
test_shortest(void **state)
{
	(void)state;
	for (int i = 0; i < 200000; i++)
	{
		double value = random_double(i);
		char text[DOUBLE_TEXT_MAX + 1];
		char shorter[64];
		double back;
		int exponent;
		char digits[24];
		int count;

		text[double_to_chars(value, text)] = '\0';
		assert_true(double_parse(str_from_cstr(text), &back, NULL));
		if (back != value)
			fail_msg("%.17g printed as %s", value, text);
		assert_true(strtod(text, NULL) == value);
		count = snprintf(digits, sizeof digits, "%" PRIu64, double_shortest(fabs(value), &exponent));
		assert_true(count <= 17 && (count == 1 || digits[count - 1] != '0'));
		if (count == 1)
			continue;
		snprintf(shorter, sizeof shorter, "%.*e", count - 2, value);
		if (strtod(shorter, NULL) == value && count < 16)
			fail_msg("%s could be %s", text, shorter);
	}
}

static void
test_order(void **state)
{
	static const char *const ascending[] = {"-Infinity", "-1e308", "-1", "-5e-324", "0",        "=",
											"-0",        "5e-324", "1",  "1e308",   "Infinity", "NaN"};

	(void)state;
	support_check_order(TYPE_DOUBLE, ascending, lengthof(ascending));
}

/* What the fast path takes is what strtod() says. */
static void
test_fast_parse(void **state)
{
	int taken = 0;

	(void)state;
	for (int i = 0; i < 100000; i++)
	{
		char text[64];
		double fast;

		snprintf(text, sizeof text, "%.*f", i % 7, random_double(i));
		if (!double_parse_fast(str_from_cstr(text), &fast))
			continue;
		taken++;
		assert_true(fast == strtod(text, NULL));
	}
	assert_true(taken > 10000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shortest),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_fast_parse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
