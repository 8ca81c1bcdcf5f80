/*
 * common_date: text and arithmetic of the type date.
 *
 * Expected texts are what PostgreSQL 15 gives.
 */
#include "common/types/date.h"
#include "tests/unit/datetime_fixture.h"

static const TextCase texts[] = {
	{"2020-01-01", "2020-01-01"},
	{"2020-02-30", "22008 date/time field value out of range: \"2020-02-30\""},
	{"2020-13-01", "22008 date/time field value out of range: \"2020-13-01\""},
	{"01/02/2020", "2020-01-02"},
	{"13/02/2020", "22008 date/time field value out of range: \"13/02/2020\""},
	{"Jan 5 2020", "2020-01-05"},
	{"5-Jan-2020", "2020-01-05"},
	{"January 5, 2020", "2020-01-05"},
	{"20200131", "2020-01-31"},
	{"200131", "2020-01-31"},
	{"2020.045", "2020-02-14"},
	{"2021-366", "2022-01-01"},
	{"2020-366", "2020-12-31"},
	{"99-01-08", "22008 date/time field value out of range: \"99-01-08\""},
	{"Jan 08 99", "1999-01-08"},
	{"J2451187", "1999-01-08"},
	{"January 8, 99 BC", "0099-01-08 BC"},
	{"0001-01-01", "0001-01-01"},
	{"0000-01-01", "22008 date/time field value out of range: \"0000-01-01\""},
	{"0001-01-01 BC", "0001-01-01 BC"},
	{"4714-11-24 BC", "4714-11-24 BC"},
	{"4714-11-23 BC", "22008 date out of range: \"4714-11-23 BC\""},
	{"5874897-12-31", "5874897-12-31"},
	{"5874898-01-01", "22008 date out of range: \"5874898-01-01\""},
	{"infinity", "infinity"},
	{"-infinity", "-infinity"},
	{"epoch", "1970-01-01"},
	{"2020-01-01 10:00 AM", "2020-01-01"},
	{"2020-01-01T23:11:12-07", "2020-01-01"},
	{"20200101T101112", "2020-01-01"},
	{"Wed Jan 1 10:11:12 2020 PST", "2020-01-01"},
	{" 2020-01-01 ", "2020-01-01"},
	{"x", "22007 invalid input syntax for type date: \"x\""},
	{"", "22007 invalid input syntax for type date: \"\""},
	{"2020-01", "22007 invalid input syntax for type date: \"2020-01\""},
	{"at 10:00 on 2020-01-01", "22007 invalid input syntax for type date: \"at 10:00 on 2020-01-01\""},
	{"y2020m02d04", "2020-02-04"},
	{"Feb 29 2021", "22008 date/time field value out of range: \"Feb 29 2021\""},
	{"2020-01-01 BC AD", "22007 invalid input syntax for type date: \"2020-01-01 BC AD\""},
	{"99999999999-01-01", "22008 date/time field value out of range: \"99999999999-01-01\""},
	{"dow", "22007 invalid input syntax for type date: \"dow\""},
	{"12.25.2020", "2020-12-25"},
	{"1997 feb 07", "1997-02-07"},
	{"10:00", "22007 invalid input syntax for type date: \"10:00\""},
};

static const TextCase relative[] = {
	/* in New York it is 08:00 of 2026-10-21; these follow from the fixture's clock */
	{"now", "2026-10-21"},
	{"today", "2026-10-21"},
	{"tomorrow", "2026-10-22"},
	{"yesterday", "2026-10-20"},
};

static void
reads_and_prints(void **state UNUSED)
{
	check_round_trips(&date_class, "UTC", texts, lengthof(texts));
}

static void
knows_the_clock(void **state UNUSED)
{
	check_round_trips(&date_class, "America/New_York", relative, lengthof(relative));
}

static void
adds_days(void **state UNUSED)
{
	Error err = {0};
	int32_t out;

	assert_true(date_plus_days(0, 366, &out, NULL));
	assert_int_equal(out, 366);
	assert_true(date_plus_days(DATE_INFINITY, 5, &out, NULL));
	assert_int_equal(out, DATE_INFINITY);
	assert_false(date_plus_days(DATE_END_DAYS - 1, 1, &out, &err));
	assert_string_equal(err.message, "date out of range");
	assert_int_equal(err.state, SQLSTATE_DATETIME_FIELD_OVERFLOW);
	error_clear(&err);
	assert_false(date_minus_days(DATE_MIN_DAYS, 1, &out, NULL));
	assert_true(date_minus_date(31, 1, &out, NULL));
	assert_int_equal(out, 30);
	assert_false(date_minus_date(31, DATE_INFINITY, &out, &err));
	assert_string_equal(err.message, "cannot subtract infinite dates");
	error_clear(&err);
}

/* Every day from 4714 BC on, in steps that are prime to weeks and months, is split and joined again. */
static void
calendar_is_its_own_inverse(void **state UNUSED)
{
	for (int64_t days = DATE_MIN_DAYS; days < DATE_END_DAYS; days += 10007)
	{
		DateTime dt;

		calendar_split_days(days, &dt);
		assert_in_range(dt.month, 1, 12);
		assert_in_range(dt.day, 1, calendar_days_in_month(dt.year, dt.month));
		assert_true(calendar_days(dt.year, dt.month, dt.day) == days);
	}
}

static void
iso_weeks(void **state UNUSED)
{
	int32_t year;

	/* 2021-01-03 is a Sunday of 2020's week 53; the Monday after begins 2021 */
	assert_int_equal(calendar_iso_week(calendar_days(2021, 1, 3), &year), 53);
	assert_int_equal(year, 2020);
	assert_int_equal(calendar_iso_week(calendar_days(2021, 1, 4), &year), 1);
	assert_int_equal(year, 2021);
	assert_int_equal(calendar_weekday(calendar_days(2021, 1, 3)), 0);
	assert_true(calendar_iso_week_start(2021, 1) == calendar_days(2021, 1, 4));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_and_prints), cmocka_unit_test(knows_the_clock),
		cmocka_unit_test(adds_days),        cmocka_unit_test(calendar_is_its_own_inverse),
		cmocka_unit_test(iso_weeks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
