/*
 * executor_ledger: every kind of imbalance is found and named; totals add up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "executor/ledger.h"

/* Two scans of two partitions, two sinks; sink 0 reads scan 0, sink 1 both. */
static const bool reads[] = {true, false, true, true};

static void
fill(Ledger *ledger)
{
	ledger_init(ledger, 2, 2);
	for (int s = 0; s < 2; s++)
	{
		ledger_set_partitions(ledger, s, 2);
		for (int p = 0; p < 2; p++)
		{
			PartitionCounts *c = &ledger->scans[s].partitions[p];
			SinkCounts *sinks = c->sinks;

			*c = (PartitionCounts){.start_offset = 100,
								   .next_offset = 120,
								   .read = 17,
								   .gaps = 3,
								   .decoded = 12,
								   .dead = 4,
								   .tombstones = 1,
								   .max_time = 5,
								   .sinks = sinks};
			for (int k = 0; k < 2; k++)
				if (reads[k * 2 + s])
					sinks[k] = (SinkCounts){.used = 5, .filtered = 4, .late = 2, .failed = 1};
		}
	}
}

static void
a_balanced_ledger_passes(void **state UNUSED)
{
	Ledger ledger;
	Error err = {0};

	fill(&ledger);
	assert_true(ledger_check(&ledger, reads, &err));
	ledger_free(&ledger);
}

static void
expect_refusal(Ledger *ledger, const char *part)
{
	Error err = {0};

	assert_false(ledger_check(ledger, reads, &err));
	assert_int_equal(err.state, SQLSTATE_INTERNAL_ERROR);
	assert_non_null(strstr(err.message, part));
	error_clear(&err);
	ledger_free(ledger);
}

static void
each_imbalance_is_named(void **state UNUSED)
{
	Ledger ledger;

	fill(&ledger);
	ledger.scans[1].partitions[0].gaps++;
	expect_refusal(&ledger, "scan 1 partition 0 does not balance: offsets 100 to 120");
	fill(&ledger);
	ledger.scans[0].partitions[1].dead--;
	expect_refusal(&ledger, "scan 0 partition 1 does not balance: read 17");
	fill(&ledger);
	ledger.scans[1].partitions[1].sinks[1].late++;
	expect_refusal(&ledger, "sink 1, scan 1 partition 1");
	/* Sink 0 does not read scan 1: nothing is asked of it there. */
	fill(&ledger);
	ledger.scans[1].partitions[1].sinks[0].used = 0;
	assert_true(ledger_check(&ledger, reads, NULL));
	ledger_free(&ledger);
}

static void
an_epoch_begins_where_the_last_ended(void **state UNUSED)
{
	Ledger ledger, total;

	fill(&ledger);
	ledger_init(&total, 2, 2);
	ledger_add(&total, &ledger);
	ledger_add(&total, &ledger);
	ledger_begin(&ledger);
	assert_int_equal(ledger.scans[0].partitions[0].start_offset, 120);
	assert_int_equal(ledger.scans[0].partitions[0].next_offset, 120);
	assert_int_equal(ledger.scans[0].partitions[0].read, 0);
	assert_int_equal(ledger.scans[0].partitions[0].sinks[0].used, 0);
	assert_int_equal(ledger.scans[0].partitions[0].max_time, INT64_MIN);
	assert_int_equal(total.scans[1].partitions[1].read, 34);
	assert_int_equal(total.scans[1].partitions[1].sinks[1].failed, 2);
	assert_int_equal(total.scans[1].partitions[1].max_time, 5);
	ledger_set_partitions(&ledger, 0, 5);
	assert_int_equal(ledger.scans[0].partitions[0].start_offset, 120);
	assert_int_equal(ledger.scans[0].partitions[4].max_time, INT64_MIN);
	ledger_free(&ledger);
	ledger_free(&total);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_balanced_ledger_passes),
		cmocka_unit_test(each_imbalance_is_named),
		cmocka_unit_test(an_epoch_begins_where_the_last_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
