/*
 * common_to_char: formats of to_char() on timestamp, timestamptz and interval.
 *
 * Expected texts are what PostgreSQL 15 gives.
 */
#include "common/types/datetime_format.h"
#include "common/types/interval.h"
#include "tests/unit/datetime_fixture.h"

typedef struct FormatCase
{
	const char *value;
	const char *format;
	const char *expected;
} FormatCase;

static const FormatCase timestamps[] = {
	{"2020-01-01 00:05:06.000789", "YYYY-MM-DD HH24:MI:SS.US", "2020-01-01 00:05:06.000789"},
	{"2020-01-01 00:05:06.000789", "HH12:MI am", "12:05 am"},
	{"1999-12-31 13:59:59.999999", "HH:MI P.M. FF1 FF2 FF3 FF4 FF5 FF6 MS",
	 "01:59 P.M. 9 99 999 9999 99999 999999 999"},
	{"0044-03-15 12:00 BC", "YYYY AD b.c. CC Y,YYY YYY YY Y", "0044 BC b.c. -01 0,044 044 44 4"},
	{"12345-06-11 23:00:01", "YYYY YYY YY Y Y,YYY", "12345 345 45 5 12,345"},
	{"2021-01-03", "IYYY-IW-ID IDDD IYY IY I", "2020-53-7 371 020 20 0"},
	{"2021-01-03", "DAY|Day|day|DY|Dy|dy|D|DDD|DD|W|WW",
	 "SUNDAY   |Sunday   |sunday   |SUN|Sun|sun|1|003|03|1|01"},
	{"2021-05-03", "FMDAY|FMDay|FMday|TMDay", "MONDAY|Monday|monday|Monday"},
	{"2021-05-03", "MONTH|Month|month|MON|Mon|mon|MM|Q|RM|rm",
	 "MAY      |May      |may      |MAY|May|may|05|2|V   |v   "},
	{"2021-05-03", "FMMonth FMDDth, FMDDTH FMRM", "May 3rd, 3RD V"},
	{"2021-05-13", "FMDDth", "13th"},
	{"2021-05-22", "DDth DDTH", "22nd 22ND"},
	{"2021-05-01", "\"Year\" YYYY \"a\\\"b\" \\\"q\\\"", "Year 2021 a\"b \"2\""},
	{"2021-05-01 01:02:03", "SSSS SSSSS J", "3723 3723 2459336"},
	{"2021-05-01 01:02:03", "FMHH24:FMMI:FMSS", "1:2:3"},
	{"2021-05-01 01:02:03", "HH24TH FXMI DDSP", "01ST 02 01"},
	{"2021-05-01", "YYYY\"unclosed MM", "2021unclosed MM"},
	{"2021-05-01", "yyyymmdd", "20210501"},
	{"2021-05-01", "TZ OF TZH:TZM", " +00 +00:00"},
	{"0001-01-01", "YYYY IYYY CC", "0001 0001 01"},
	{"2000-12-31", "CC IW", "20 52"},
	{"2001-01-01", "CC Y,YYYth", "21 2,001st"},
	{"2021-05-01", "TH th FM zz 日本", "TH th  zz 日本"},
};

/* America/St_Johns, which is half an hour off */
static const FormatCase instants[] = {
	{"2021-01-01 12:00Z", "TZ tz OF TZH TZM", "NST nst -03:30 -03 30"},
	{"2021-07-01 12:00Z", "TZ tz OF TZH TZM YYYY-MM-DD HH24:MI", "NDT ndt -02:30 -02 30 2021-07-01 09:30"},
	{"1880-07-01 12:00Z", "TZ OF TZH:TZM", "LMT -03:30 -03:30"},
};

static const FormatCase intervals[] = {
	{"1 year 2 mons 3 days 04:05:06.007", "YYYY MM DD HH24:MI:SS.MS", "0001 02 03 04:05:06.007"},
	{"-1 year -2 mons -3 days -04:05:06.007", "YYYY MM DD HH24 MI SS MS", "-0001 -02 -3 -04 -05 -06 -07"},
	{"100:00:01", "HH24 HH12 AM SSSS", "100 04 AM 360001"},
	{"14:00", "HH12 pm", "02 pm"},
	{"1 mon", "Month", "22007 invalid format specification for an interval value"},
	{"1 mon", "D", "22007 invalid format specification for an interval value"},
	{"1 mon", "TZ", "22007 invalid format specification for an interval value"},
	{"-1 mon", "RM|Q|CC|J|WW|IW|DDD", "XII |1|00|1720998|-3|43|-30"},
	{"0", "RM|Q|CC|YYYY", "||00|0000"},
	{"12 mons", "RM rm", "XII  xii "},
	{"400 days", "DDDth DD", "400th 400"},
};

static void
check_formats(const TypeClass *type, const char *zone, const FormatCase *cases, size_t count)
{
	DateTimeFixture f;

	fixture_init(&f, zone);
	for (size_t i = 0; i < count; i++)
	{
		DateTimeFormat format = datetime_format_compile(str_from_cstr(cases[i].format), &f.arena);
		StrBuf out = {0};
		Error err = {0};
		Value v;
		bool ok;

		assert_true(type->parse(str_from_cstr(cases[i].value), &f.context, &f.arena, &v, NULL));
		if (type->id == TYPE_TIMESTAMP)
			ok = timestamp_format(&format, v.i64, &out, &err);
		else if (type->id == TYPE_TIMESTAMPTZ)
			ok = timestamptz_format(&format, v.i64, f.context.zone, &out, &err);
		else
			ok = interval_format(&format, v.interval, &out, &err);
		assert_string_equal(ok ? str_cstr(&out) : fixture_error(&f, &err), cases[i].expected);
		str_free(&out);
	}
	fixture_release(&f);
}

static void
formats_timestamps(void **state UNUSED)
{
	check_formats(&timestamp_class, "UTC", timestamps, lengthof(timestamps));
}

static void
formats_instants(void **state UNUSED)
{
	check_formats(&timestamptz_class, "America/St_Johns", instants, lengthof(instants));
}

static void
formats_intervals(void **state UNUSED)
{
	check_formats(&interval_class, "UTC", intervals, lengthof(intervals));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats_timestamps),
		cmocka_unit_test(formats_instants),
		cmocka_unit_test(formats_intervals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
