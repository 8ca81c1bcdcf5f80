/*
 * executor_watermark: W is the minimum over partitions that may still bring older rows, and never goes back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/random.h"
#include "executor/watermark.h"

static void
w_is_the_least_of_the_active(void **state UNUSED)
{
	const PartitionTime p[] = {{500, false}, {300, false}, {100, true}};
	WatermarkResult r = watermark_at_cut(WATERMARK_NONE, 50, p, 3, WATERMARK_NONE);

	assert_int_equal(r.watermark, 250);
	assert_int_equal(r.holder, 1);
}

static void
a_partition_without_rows_holds_w_where_it_is(void **state UNUSED)
{
	const PartitionTime p[] = {{500, false}, {WATERMARK_NONE, false}};
	WatermarkResult r = watermark_at_cut(120, 50, p, 2, 9999);

	assert_int_equal(r.watermark, 120);
	assert_int_equal(r.holder, 1);
	r = watermark_at_cut(WATERMARK_NONE, 50, p, 2, WATERMARK_NONE);
	assert_int_equal(r.watermark, WATERMARK_NONE);
}

static void
w_never_goes_back(void **state UNUSED)
{
	const PartitionTime p[] = {{100, false}};

	assert_int_equal(watermark_at_cut(400, 0, p, 1, WATERMARK_NONE).watermark, 400);
}

static void
all_idle_means_w_stays_unless_it_is_to_advance(void **state UNUSED)
{
	const PartitionTime p[] = {{500, true}, {700, true}};

	assert_int_equal(watermark_at_cut(10, 0, p, 2, WATERMARK_NONE).watermark, 10);
	assert_int_equal(watermark_at_cut(10, 0, p, 2, 900).watermark, 900);
	assert_int_equal(watermark_at_cut(10, 0, p, 2, 5).watermark, 10);
	assert_int_equal(watermark_at_cut(10, 0, p, 2, 900).holder, -1);
	assert_int_equal(watermark_at_cut(10, 0, NULL, 0, WATERMARK_NONE).watermark, 10);
}

static void
a_finished_batch_records_a_finite_w(void **state UNUSED)
{
	const PartitionTime p[] = {{500, true}, {WATERMARK_NONE, true}, {300, true}};

	assert_int_equal(watermark_at_end(WATERMARK_NONE, 50, p, 3), 250);
	assert_int_equal(watermark_at_end(260, 50, p, 3), 260);
	assert_int_equal(watermark_at_end(WATERMARK_NONE, 50, p + 1, 1), WATERMARK_NONE);
}

static void
idleness_needs_the_end_and_the_timeout(void **state UNUSED)
{
	assert_false(watermark_is_idle(-1, 1000000, 10));
	assert_false(watermark_is_idle(100, 109, 10));
	assert_true(watermark_is_idle(100, 110, 10));
	assert_false(watermark_is_idle(100, 1000000, 0)); /* 0 never */
}

static void
the_delay_does_not_wrap(void **state UNUSED)
{
	assert_int_equal(watermark_less_delay(WATERMARK_NONE, 5), WATERMARK_NONE);
	assert_int_equal(watermark_less_delay(INT64_MIN + 3, 5), INT64_MIN + 1);
	assert_int_equal(watermark_less_delay(10, 5), 5);
}

/* Random histories: W never decreases, and never passes an active partition's time less the delay. */
static void
random_histories(void **state UNUSED)
{
	RandomSeeded dice;
	PartitionTime p[4] = {
		{WATERMARK_NONE, false}, {WATERMARK_NONE, false}, {WATERMARK_NONE, false}, {WATERMARK_NONE, false}};
	int64_t w = WATERMARK_NONE;

	random_seeded_init(&dice, 7);
	for (int cut = 0; cut < 5000; cut++)
	{
		int64_t before = w, least = INT64_MAX;
		bool active = false;

		for (int i = 0; i < 4; i++)
		{
			if (random_below(&dice.random, 2) == 0)
				p[i].max_time = Max(p[i].max_time, (int64_t)random_below(&dice.random, 50) + cut);
			p[i].idle = random_below(&dice.random, 3) == 0;
			active = active || !p[i].idle;
			if (!p[i].idle)
				least = Min(least, p[i].max_time == WATERMARK_NONE ? WATERMARK_NONE : p[i].max_time - 20);
		}
		w = watermark_at_cut(before, 20, p, 4, WATERMARK_NONE).watermark;
		assert_true(w >= before);
		assert_true(w == (active ? Max(before, least) : before));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(w_is_the_least_of_the_active),
		cmocka_unit_test(a_partition_without_rows_holds_w_where_it_is),
		cmocka_unit_test(w_never_goes_back),
		cmocka_unit_test(all_idle_means_w_stays_unless_it_is_to_advance),
		cmocka_unit_test(a_finished_batch_records_a_finite_w),
		cmocka_unit_test(idleness_needs_the_end_and_the_timeout),
		cmocka_unit_test(the_delay_does_not_wrap),
		cmocka_unit_test(random_histories),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
