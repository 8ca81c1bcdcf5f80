/*
 * common_random: the seeded sequence is SplitMix64 and repeats; the derived draws stay in range; the clocks
 * run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/clock.h"
#include "common/random.h"

static void
seeded_is_splitmix64(void **state UNUSED)
{
	/* The reference sequence of SplitMix64 for seed 1234567, from its author's test data. */
	static const uint64_t expected[] = {UINT64_C(6457827717110365317), UINT64_C(3203168211198807973),
										UINT64_C(9817491932198370423), UINT64_C(4593380528125082431),
										UINT64_C(16408922859458223821)};
	RandomSeeded seeded;

	random_seeded_init(&seeded, 1234567);
	for (size_t i = 0; i < lengthof(expected); i++)
		assert_true(random_seeded_next(&seeded) == expected[i]);
}

static void
fill_cuts_words_into_bytes(void **state UNUSED)
{
	RandomSeeded a, b;
	uint8_t bytes[11];
	uint64_t first, second;

	random_seeded_init(&a, 42);
	random_seeded_init(&b, 42);
	random_fill(&a.random, bytes, sizeof bytes);
	first = random_u64(&b.random);
	second = random_u64(&b.random);
	for (int i = 0; i < 11; i++)
		assert_int_equal(bytes[i], (uint8_t)((i < 8 ? first : second) >> (8 * (i % 8))));
}

static void
draws_stay_in_range(void **state UNUSED)
{
	RandomSeeded seeded;
	int seen[7] = {0};

	random_seeded_init(&seeded, 1);
	for (int i = 0; i < 7000; i++)
	{
		double unit = random_unit(&seeded.random);

		assert_true(unit >= 0 && unit < 1);
		seen[random_below(&seeded.random, 7)]++;
	}
	for (int i = 0; i < 7; i++)
		assert_in_range(seen[i], 800, 1200);
}

static void
system_random_varies(void **state UNUSED)
{
	assert_true(random_u64(random_system()) != random_u64(random_system()));
}

static void
clocks_run(void **state UNUSED)
{
	int64_t before = clock_monotonic(&system_clock);

	assert_true(clock_monotonic(&system_clock) >= before);
	/* 2024-01-01 in microseconds since 2000-01-01: the wall clock is later. */
	assert_true(clock_now(&system_clock) > INT64_C(757382400) * 1000000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seeded_is_splitmix64), cmocka_unit_test(fill_cuts_words_into_bytes),
		cmocka_unit_test(draws_stay_in_range),  cmocka_unit_test(system_random_varies),
		cmocka_unit_test(clocks_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
