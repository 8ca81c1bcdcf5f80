/*
 * common_interval: text, comparison, arithmetic and justification of intervals.
 *
 * Expected texts are what PostgreSQL 15 gives.
 */
#include "common/types/interval.h"
#include "tests/unit/datetime_fixture.h"

static const TextCase texts[] = {
	{"1 day", "1 day"},
	{"1 year 2 mons 3 days 04:05:06", "1 year 2 mons 3 days 04:05:06"},
	{"1-2 3 4:05:06", "1 year 2 mons 3 days 04:05:06"},
	{"-1-2", "-1 years -2 mons"},
	{"+1-2 -3 +4:05:06", "1 year 2 mons -3 days +04:05:06"},
	{"P1Y2M3DT4H5M6S", "1 year 2 mons 3 days 04:05:06"},
	{"P1.5D", "1 day 12:00:00"},
	{"P1.5Y", "1 year 6 mons"},
	{"P1.5M", "1 mon 15 days"},
	{"P2W", "14 days"},
	{"PT1.5H", "01:30:00"},
	{"P0001-02-03T04:05:06", "1 year 2 mons 3 days 04:05:06"},
	{"P00010203T040506", "1 year 2 mons 3 days 04:05:06"},
	{"P2020", "2020 years"},
	{"P1-2", "1 year 2 mons"},
	{"P1-2-3", "1 year 2 mons 3 days"},
	{"PT10:20:30", "10:20:30"},
	{"PT102030", "10:20:30"},
	{"P-1Y-2M", "-1 years -2 mons"},
	{"P1YT", "1 year"},
	{"PT", "00:00:00"},
	{"P", "22007 invalid input syntax for type interval: \"P\""},
	{"P1", "1 year"},
	{"1.5 years", "1 year 6 mons"},
	{"1.5 mons", "1 mon 15 days"},
	{"1.5 weeks", "10 days 12:00:00"},
	{"1.5 days", "1 day 12:00:00"},
	{"1.5 hours", "01:30:00"},
	{"1.5 mins", "00:01:30"},
	{"1.5 secs", "00:00:01.5"},
	{"1.5", "00:00:01.5"},
	{"10", "00:00:10"},
	{"-10", "-00:00:10"},
	{"1 day ago", "-1 days"},
	{"1 day -2 hours ago", "-1 days +02:00:00"},
	{"@ 1 day", "1 day"},
	{"@ 1 year 2 mons -3 days ago", "-1 years -2 mons +3 days"},
	{"1 century", "100 years"},
	{"1 millennium 2 decades", "1020 years"},
	{"2 millennia", "2000 years"},
	{"1.25 decades", "12 years 6 mons"},
	{"1 y 2 mon 3 d 4 h 5 m 6 s", "1 year 2 mons 3 days 04:05:06"},
	{"1 ms 2 us", "00:00:00.001002"},
	{"1.5 ms", "00:00:00.0015"},
	{"1500 microseconds", "00:00:00.0015"},
	{"1:2", "01:02:00"},
	{"1:2:3", "01:02:03"},
	{"1:2.5", "00:01:02.5"},
	{"1:60", "22015 interval field value out of range: \"1:60\""},
	{"1:2:60", "01:03:00"},
	{"1:2:61", "22015 interval field value out of range: \"1:2:61\""},
	{"100:00:00", "100:00:00"},
	{"-1:00", "-01:00:00"},
	{"+1:00", "01:00:00"},
	{"1 1:00", "1 day 01:00:00"},
	{"-1 1:00", "-1 days +01:00:00"},
	{"1 -1:00", "1 day -01:00:00"},
	{"2147483647 days", "2147483647 days"},
	{"2147483648 days", "22015 interval field value out of range: \"2147483648 days\""},
	{"-2147483648 days", "-2147483648 days"},
	{"9223372036854775807 us", "2562047788:00:54.775807"},
	{"9223372036854775808 us", "22015 interval field value out of range: \"9223372036854775808 us\""},
	{"2562047788:00:54.775807", "2562047788:00:54.775807"},
	{"2562047788:00:54.775808", "22015 interval field value out of range: \"2562047788:00:54.775808\""},
	{"-2562047788:00:54.775808",
	 "22007 invalid input syntax for type interval: \"-2562047788:00:54.775808\""},
	{"178956970 years 7 mons", "178956970 years 7 mons"},
	{"178956970 years 8 mons", "22008 interval out of range"},
	{"178956971 years", "22008 interval out of range"},
	{"1 day 1 day", "22007 invalid input syntax for type interval: \"1 day 1 day\""},
	{"1 foo", "22007 invalid input syntax for type interval: \"1 foo\""},
	{"foo", "22007 invalid input syntax for type interval: \"foo\""},
	{"", "22007 invalid input syntax for type interval: \"\""},
	{"  ", "22007 invalid input syntax for type interval: \"  \""},
	{"1 day 2", "1 day 00:00:02"},
	{"1 2 days", "22007 invalid input syntax for type interval: \"1 2 days\""},
	{"ago", "22007 invalid input syntax for type interval: \"ago\""},
	{"1 ago", "22007 invalid input syntax for type interval: \"1 ago\""},
	{"1 hour 30", "01:00:30"},
	{"3 4:05", "3 days 04:05:00"},
	{"3 4:05:06.789012345", "3 days 04:05:06.789012"},
	{"0", "00:00:00"},
	{"0.0000001", "00:00:00"},
	{"0.5", "00:00:00.5"},
	{".5", "00:00:00.5"},
	{"-.5", "22007 invalid input syntax for type interval: \"-.5\""},
	{"-0.5 mon", "-15 days"},
	{"1.123456789 days", "1 day 02:57:46.66657"},
	{"0.1 years", "1 mon"},
	{"0.3 mons", "9 days"},
	{"7.5 mons", "7 mons 15 days"},
	{"1 week 2 days", "9 days"},
	{"1 w", "7 days"},
	{"1e3", "22007 invalid input syntax for type interval: \"1e3\""},
	{"1e3 days", "22007 invalid input syntax for type interval: \"1e3 days\""},
	{"P1E3D", "1000 days"},
	{"PT1e2S", "00:01:40"},
	{"P1.5E0D", "1 day 12:00:00"},
	{"-1 day +02:03", "-1 days +02:03:00"},
	{"1 day 0.5 hours", "1 day 00:30:00"},
	{"1 mon 1 mons", "22007 invalid input syntax for type interval: \"1 mon 1 mons\""},
	{"1 day 10:00 hours", "1 day 10:00:00"},
	{"10:00 days", "10:00:00"},
	{"1 day, 2 hours", "1 day 02:00:00"},
	{"1 day-2 hours", "22007 invalid input syntax for type interval: \"1 day-2 hours\""},
	{"1d2h", "1 day 02:00:00"},
	{"1d 2h", "1 day 02:00:00"},
	{"1d2h3m4s", "1 day 02:03:04"},
	{"12:34:56 1 day", "1 day 12:34:56"},
	{"1.5 12:00", "1 day 24:00:00"},
	{"12:00 1.5 days", "1 day 12:00:00"},
	{"1.9999999 secs", "00:00:02"},
	{"0.9999995 secs", "00:00:00.999999"},
	{"59.9999999", "00:01:00"},
	{"23:59:59.9999999", "24:00:00"},
	{"1 timezone", "22007 invalid input syntax for type interval: \"1 timezone\""},
	{"1 quarter", "22007 invalid input syntax for type interval: \"1 quarter\""},
	{"1 qtr", "22007 invalid input syntax for type interval: \"1 qtr\""},
	{"1 microsecon", "00:00:00.000001"},
	{"1 microsecondfoo", "00:00:00.000001"},
	{"1 mseconds", "00:00:00.001"},
	{"1 yearss", "22007 invalid input syntax for type interval: \"1 yearss\""},
	{"1 millenniumfoo", "1000 years"},
	{"- 1 day", "-1 days"},
	{"+ 1 day", "1 day"},
	{"1 day +", "22007 invalid input syntax for type interval: \"1 day +\""},
	{"-1-12", "22015 interval field value out of range: \"-1-12\""},
	{"1-11", "1 year 11 mons"},
	{"1-12", "22015 interval field value out of range: \"1-12\""},
	{"99999999999-1", "22015 interval field value out of range: \"99999999999-1\""},
	{"-1.5-2", "22007 invalid input syntax for type interval: \"-1.5-2\""},
	{"1-2-3", "22007 invalid input syntax for type interval: \"1-2-3\""},
	{"1 1-2", "22007 invalid input syntax for type interval: \"1 1-2\""},
	{"2 1-2 3", "22007 invalid input syntax for type interval: \"2 1-2 3\""},
	{"+ 1:00", "01:00:00"},
	{"1::2", "01:00:02"},
	{"1:", "01:00:00"},
	{"5 minutes 30", "00:05:30"},
	{"1 year 1-2", "2 years 2 mons"},
	{"-1.5 mon", "-1 mons -15 days"},
	{"P1Y1Y", "2 years"},
	{"P1M1M", "2 mons"},
	{"P1DT1D", "22007 invalid input syntax for type interval: \"P1DT1D\""},
	{"P1H", "22007 invalid input syntax for type interval: \"P1H\""},
	{"PT1D", "22007 invalid input syntax for type interval: \"PT1D\""},
	{"PT1Y", "22007 invalid input syntax for type interval: \"PT1Y\""},
	{"P1YT1H2M3.5S", "1 year 01:02:03.5"},
	{"P-0.5Y", "-6 mons"},
	{"PT-0.5H", "-00:30:00"},
	{"P1.2345678901234D", "1 day 05:37:46.665707"},
	{"PT1e16S", "22015 interval field value out of range: \"PT1e16S\""},
	{"P1e15D", "22015 interval field value out of range: \"P1e15D\""},
	{"P.5D", "12:00:00"},
	{"P5.D", "5 days"},
	{"P1Yfoo", "22007 invalid input syntax for type interval: \"P1Yfoo\""},
	{"p1y", "22007 invalid input syntax for type interval: \"p1y\""},
	{"P 1Y", "22007 invalid input syntax for type interval: \"P 1Y\""},
	{"P1Y 2M", "22007 invalid input syntax for type interval: \"P1Y 2M\""},
	{"P10101", "10101 years"},
	{"P1010101", "1010101 years"},
	{"P101010101", "101010101 years"},
	{"P20200102T", "2020 years 1 mon 2 days"},
	{"PT1020", "1020:00:00"},
	{"PT10203", "10203:00:00"},
	{"PT102030.5", "10:20:30"},
	{"PT10:20", "10:20:00"},
	{"PT10:20:", "22007 invalid input syntax for type interval: \"PT10:20:\""},
	{"PT10:20:30.5", "10:20:30.5"},
	{"P2020-01T10", "2020 years 1 mon 10:00:00"},
	{"P2020-01-T", "22007 invalid input syntax for type interval: \"P2020-01-T\""},
	{"P2020T10:00", "2020 years 10:00:00"},
	{"1 day 2:3 ago", "-1 days -02:03:00"},
	{"@ ago 1 day", "-1 days"},
};

static const struct
{
	const char *input;
	unsigned fields;
	const char *expected;
} qualified[] = {
	{"10", INTERVAL_MINUTE, "00:10:00"},
	{"10", INTERVAL_YEAR | INTERVAL_MONTH, "10 mons"},
	{"1-2", INTERVAL_YEAR, "1 year"},
	{"1:2", INTERVAL_MINUTE | INTERVAL_SECOND, "00:01:02"},
	{"1 2:3:4.5", INTERVAL_DAY | INTERVAL_HOUR, "1 day 02:00:00"},
	{"1 2:3:4.5", INTERVAL_DAY, "1 day"},
	{"1 2:3:4.5", INTERVAL_HOUR | INTERVAL_MINUTE, "1 day 02:03:00"},
	{"1.5", INTERVAL_DAY, "1 day"},
	{"90", INTERVAL_SECOND, "00:01:30"},
	{"1 year 2 mons 3 days 4:05", INTERVAL_MONTH, "1 year 2 mons"},
};

static const struct
{
	char operator;
	const char *interval;
	double factor;
	const char *expected;
} scaled[] = {
	{'*', "1 mon", 0, "00:00:00"},
	{'/', "1 mon", 0, "22012 division by zero"},
	{'*', "1 mon", 1.5, "1 mon 15 days"},
	{'/', "1 mon", 1.5, "20 days"},
	{'*', "1 mon", -0.333333333, "-10 days"},
	{'/', "1 mon", -0.333333333, "-3 mons"},
	{'*', "1 mon", 3, "3 mons"},
	{'/', "1 mon", 3, "10 days"},
	{'*', "1 mon", 1e10, "22008 interval out of range"},
	{'/', "1 mon", 1e10, "00:00:00"},
	{'*', "1 mon", 7, "7 mons"},
	{'/', "1 mon", 7, "4 days 06:51:25.6896"},
	{'*', "-1 year -2 mons 3 days -04:05:06.789", 0, "00:00:00"},
	{'/', "-1 year -2 mons 3 days -04:05:06.789", 0, "22012 division by zero"},
	{'*', "-1 year -2 mons 3 days -04:05:06.789", 1.5, "-1 years -9 mons +4 days 05:52:19.8165"},
	{'/', "-1 year -2 mons 3 days -04:05:06.789", 1.5, "-9 mons -8 days -02:43:24.526"},
	{'*', "-1 year -2 mons 3 days -04:05:06.789", -0.333333333, "4 mons 20 days -22:38:17.736919"},
	{'/', "-1 year -2 mons 3 days -04:05:06.789", -0.333333333, "3 years 6 mons -9 days +12:15:20.452666"},
	{'*', "-1 year -2 mons 3 days -04:05:06.789", 3, "-3 years -6 mons +9 days -12:15:20.367"},
	{'/', "-1 year -2 mons 3 days -04:05:06.789", 3, "-4 mons -19 days -01:21:42.263"},
	{'*', "-1 year -2 mons 3 days -04:05:06.789", 1e10, "22008 interval out of range"},
	{'/', "-1 year -2 mons 3 days -04:05:06.789", 1e10, "00:00:00.000025"},
	{'*', "-1 year -2 mons 3 days -04:05:06.789", 7, "-8 years -2 mons +21 days -28:35:47.523"},
	{'/', "-1 year -2 mons 3 days -04:05:06.789", 7, "-2 mons +09:42:07.601572"},
	{'*', "1 day 12:00", 0, "00:00:00"},
	{'/', "1 day 12:00", 0, "22012 division by zero"},
	{'*', "1 day 12:00", 1.5, "1 day 30:00:00"},
	{'/', "1 day 12:00", 1.5, "24:00:00"},
	{'*', "1 day 12:00", -0.333333333, "-11:59:59.999957"},
	{'/', "1 day 12:00", -0.333333333, "-3 days -36:00:00.000389"},
	{'*', "1 day 12:00", 3, "3 days 36:00:00"},
	{'/', "1 day 12:00", 3, "12:00:00"},
	{'*', "1 day 12:00", 1e10, "22008 interval out of range"},
	{'/', "1 day 12:00", 1e10, "00:00:00.000013"},
	{'*', "1 day 12:00", 7, "7 days 84:00:00"},
	{'/', "1 day 12:00", 7, "05:08:34.285714"},
	{'*', "2147483647 days", 0, "00:00:00"},
	{'/', "2147483647 days", 0, "22012 division by zero"},
	{'*', "2147483647 days", 1.5, "22008 interval out of range"},
	{'/', "2147483647 days", 1.5, "1431655764 days 16:00:00.006866"},
	{'*', "2147483647 days", -0.333333333, "-715827881 days -14:49:12.469254"},
	{'/', "2147483647 days", -0.333333333, "22008 interval out of range"},
	{'*', "2147483647 days", 3, "22008 interval out of range"},
	{'/', "2147483647 days", 3, "715827882 days 08:00:00.003433"},
	{'*', "2147483647 days", 1e10, "22008 interval out of range"},
	{'/', "2147483647 days", 1e10, "05:09:14.25871"},
	{'*', "2147483647 days", 7, "22008 interval out of range"},
	{'/', "2147483647 days", 7, "306783378 days 03:25:42.856407"},
	{'*', "0", 0, "00:00:00"},
	{'/', "0", 0, "22012 division by zero"},
	{'*', "0", 1.5, "00:00:00"},
	{'/', "0", 1.5, "00:00:00"},
	{'*', "0", -0.333333333, "00:00:00"},
	{'/', "0", -0.333333333, "00:00:00"},
	{'*', "0", 3, "00:00:00"},
	{'/', "0", 3, "00:00:00"},
	{'*', "0", 1e10, "00:00:00"},
	{'/', "0", 1e10, "00:00:00"},
	{'*', "0", 7, "00:00:00"},
	{'/', "0", 7, "00:00:00"},
	{'*', "100 years 00:00:00.000001", 0, "00:00:00"},
	{'/', "100 years 00:00:00.000001", 0, "22012 division by zero"},
	{'*', "100 years 00:00:00.000001", 1.5, "150 years 00:00:00.000002"},
	{'/', "100 years 00:00:00.000001", 1.5, "66 years 8 mons 00:00:00.000001"},
	{'*', "100 years 00:00:00.000001", -0.333333333, "-33 years -3 mons -29 days -23:59:58.9632"},
	{'/', "100 years 00:00:00.000001", -0.333333333, "-300 years -00:00:09.331203"},
	{'*', "100 years 00:00:00.000001", 3, "300 years 00:00:00.000003"},
	{'/', "100 years 00:00:00.000001", 3, "33 years 4 mons"},
	{'*', "100 years 00:00:00.000001", 1e10, "22008 interval out of range"},
	{'/', "100 years 00:00:00.000001", 1e10, "00:00:00.3456"},
	{'*', "100 years 00:00:00.000001", 7, "700 years 00:00:00.000007"},
	{'/', "100 years 00:00:00.000001", 7, "14 years 3 mons 12 days 20:34:17.1552"},
};

static const struct
{
	const char *interval;
	const char *hours;
	const char *days;
	const char *both;
} justified[] = {
	{"29 days 25:00", "30 days 01:00:00", "29 days 25:00:00", "1 mon 01:00:00"},
	{"-29 days -25:00", "-30 days -01:00:00", "-29 days -25:00:00", "-1 mons -01:00:00"},
	{"1 mon -1 hour", "1 mon -01:00:00", "1 mon -01:00:00", "29 days 23:00:00"},
	{"35 days", "35 days", "1 mon 5 days", "1 mon 5 days"},
	{"-35 days", "-35 days", "-1 mons -5 days", "-1 mons -5 days"},
	{"1 mon -1 day", "1 mon -1 days", "29 days", "29 days"},
	{"-1 mon 1 day", "-1 mons +1 day", "-29 days", "-29 days"},
	{"30:00", "1 day 06:00:00", "30:00:00", "1 day 06:00:00"},
	{"-30:00", "-1 days -06:00:00", "-30:00:00", "-1 days -06:00:00"},
	{"1 day -30:00", "-06:00:00", "1 day -30:00:00", "-06:00:00"},
	{"2147483647 days 24:00", "22008 interval out of range", "5965232 years 4 mons 7 days 24:00:00",
	 "5965232 years 4 mons 8 days"},
	{"1 year 2 mons 65 days 100:00:01", "1 year 2 mons 69 days 04:00:01", "1 year 4 mons 5 days 100:00:01",
	 "1 year 4 mons 9 days 04:00:01"},
	{"2 mons -65 days 100:00:01", "2 mons -60 days -19:59:59", "-5 days +100:00:01", "-19:59:59"},
};

static void
reads_and_prints(void **state UNUSED)
{
	check_round_trips(&interval_class, "UTC", texts, lengthof(texts));
}

static Interval
interval_of(const char *text)
{
	Interval i;

	assert_true(interval_class.parse(str_from_cstr(text), NULL, NULL, &i, NULL));
	return i;
}

/* The interval's text, or the error if ok is false. */
static void
check_result(bool ok, const Interval *i, Error *err, const char *expected)
{
	StrBuf text = {0};

	if (ok)
		interval_class.print(i, NULL, &text);
	else
		str_appendf(&text, "%s %s", sqlstate_code(err->state), err->message);
	assert_string_equal(str_cstr(&text), expected);
	str_free(&text);
	error_clear(err);
}

static void
qualifiers_choose_and_cut(void **state UNUSED)
{
	for (size_t i = 0; i < lengthof(qualified); i++)
	{
		Error err = {0};
		Interval out;
		bool ok = interval_parse_fields(str_from_cstr(qualified[i].input), qualified[i].fields, &out, &err);

		check_result(ok, &out, &err, qualified[i].expected);
	}
}

static void
scales(void **state UNUSED)
{
	for (size_t i = 0; i < lengthof(scaled); i++)
	{
		Interval out, in = interval_of(scaled[i].interval);
		Error err = {0};
		bool ok = scaled[i].operator== '*' ? interval_multiply(in, scaled[i].factor, &out, &err)
										   : interval_divide(in, scaled[i].factor, &out, &err);

		check_result(ok, &out, &err, scaled[i].expected);
	}
}

static void
justifies(void **state UNUSED)
{
	for (size_t i = 0; i < lengthof(justified); i++)
	{
		Interval out, in = interval_of(justified[i].interval);
		Error err = {0};

		check_result(interval_justify_hours(in, &out, &err), &out, &err, justified[i].hours);
		check_result(interval_justify_days(in, &out, &err), &out, &err, justified[i].days);
		check_result(interval_justify(in, &out, &err), &out, &err, justified[i].both);
	}
}

static void
adds_with_overflow(void **state UNUSED)
{
	Interval most = {.micros = INT64_MAX, .days = INT32_MAX, .months = INT32_MAX}, out;
	Interval least = {.micros = INT64_MIN};

	assert_true(
		interval_plus(interval_of("1 mon 2 days 03:00"), interval_of("-1 mon 1 day -04:00"), &out, NULL));
	assert_true(out.months == 0 && out.days == 3 && out.micros == -MICROS_PER_HOUR);
	assert_false(interval_plus(most, (Interval){.months = 1}, &out, NULL));
	assert_false(interval_plus(most, (Interval){.days = 1}, &out, NULL));
	assert_false(interval_plus(most, (Interval){.micros = 1}, &out, NULL));
	assert_false(interval_negate(least, &out, NULL));
	assert_true(interval_minus(most, most, &out, NULL));
	assert_true(out.months == 0 && out.days == 0 && out.micros == 0);
}

/* 30-day months, 24-hour days; equal values have equal hashes. */
static void
compares_by_length(void **state UNUSED)
{
	Interval month = interval_of("1 mon"), days = interval_of("30 days"), hours = interval_of("720:00:00");

	assert_int_equal(interval_class.compare(&month, &days), 0);
	assert_int_equal(interval_class.compare(&days, &hours), 0);
	assert_true(interval_class.hash(&month) == interval_class.hash(&hours));
	hours.micros++;
	assert_true(interval_class.compare(&month, &hours) < 0);
	month = interval_of("178956970 years 7 mons");
	days = interval_of("-178956970 years -8 mons");
	assert_true(interval_class.compare(&days, &month) < 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_and_prints),
		cmocka_unit_test(qualifiers_choose_and_cut),
		cmocka_unit_test(scales),
		cmocka_unit_test(justifies),
		cmocka_unit_test(adds_with_overflow),
		cmocka_unit_test(compares_by_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
