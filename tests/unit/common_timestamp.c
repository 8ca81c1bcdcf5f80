/*
 * common_timestamp: text of timestamp and timestamptz, fast and general; rounding; windows.
 *
 * Expected texts are what PostgreSQL 15 gives.
 */
#include "common/types/timestamp.h"
#include "tests/unit/datetime_fixture.h"

static const TextCase texts[] = {
	{"2020-01-01", "2020-01-01 00:00:00-05"},
	{"2020-02-30", "22008 date/time field value out of range: \"2020-02-30\""},
	{"2020-13-01", "22008 date/time field value out of range: \"2020-13-01\""},
	{"01/02/2020", "2020-01-02 00:00:00-05"},
	{"13/02/2020", "22008 date/time field value out of range: \"13/02/2020\""},
	{"Jan 5 2020", "2020-01-05 00:00:00-05"},
	{"5 Jan 2020", "2020-01-05 00:00:00-05"},
	{"5-Jan-2020", "2020-01-05 00:00:00-05"},
	{"Jan-5-2020", "2020-01-05 00:00:00-05"},
	{"2020-Jan-05", "2020-01-05 00:00:00-05"},
	{"January 5, 2020", "2020-01-05 00:00:00-05"},
	{"20200131", "2020-01-31 00:00:00-05"},
	{"200131", "2020-01-31 00:00:00-05"},
	{"2020.045", "2020-02-14 00:00:00-05"},
	{"2020045", "22008 date/time field value out of range: \"2020045\""},
	{"2020-045", "2020-02-14 00:00:00-05"},
	{"99-01-08", "22008 date/time field value out of range: \"99-01-08\""},
	{"1/8/1999", "1999-01-08 00:00:00-05"},
	{"Jan 08 99", "1999-01-08 00:00:00-05"},
	{"J2451187", "1999-01-08 00:00:00-05"},
	{"j2451187.5", "1999-01-08 12:00:00-05"},
	{"January 8, 99 BC", "0099-01-08 00:00:00-04:56:02 BC"},
	{"2020-01-01 BC", "2020-01-01 00:00:00-04:56:02 BC"},
	{"0001-01-01", "0001-01-01 00:00:00-04:56:02"},
	{"0000-01-01", "22008 date/time field value out of range: \"0000-01-01\""},
	{"0001-01-01 BC", "0001-01-01 00:00:00-04:56:02 BC"},
	{"4714-11-24 BC", "4714-11-24 00:00:00-04:56:02 BC"},
	{"4714-11-23 BC", "22008 timestamp out of range: \"4714-11-23 BC\""},
	{"294276-12-31 23:59:59.999999", "22008 timestamp out of range: \"294276-12-31 23:59:59.999999\""},
	{"294277-01-01", "22008 timestamp out of range: \"294277-01-01\""},
	{"5874897-12-31", "22008 timestamp out of range: \"5874897-12-31\""},
	{"5874898-01-01", "22008 timestamp out of range: \"5874898-01-01\""},
	{"infinity", "infinity"},
	{"-infinity", "-infinity"},
	{"+infinity", "22007 invalid input syntax for type timestamp with time zone: \"+infinity\""},
	{"epoch", "1969-12-31 19:00:00-05"},
	{"allballs", "22007 invalid input syntax for type timestamp with time zone: \"allballs\""},
	{"2020-01-01 allballs", "2019-12-31 19:00:00-05"},
	{"2020-01-01 24:00:00", "2020-01-02 00:00:00-05"},
	{"2020-01-01 24:00:01", "22008 date/time field value out of range: \"2020-01-01 24:00:01\""},
	{"2020-01-01 23:59:60", "2020-01-02 00:00:00-05"},
	{"2020-01-01 23:59:60.5", "22008 date/time field value out of range: \"2020-01-01 23:59:60.5\""},
	{"2020-01-01 23:60:00", "22008 date/time field value out of range: \"2020-01-01 23:60:00\""},
	{"2020-01-01 10:00:61", "22008 date/time field value out of range: \"2020-01-01 10:00:61\""},
	{"2020-01-01 25:00", "22008 date/time field value out of range: \"2020-01-01 25:00\""},
	{"2020-01-01 10:00 AM", "2020-01-01 10:00:00-05"},
	{"2020-01-01 10:00 PM", "2020-01-01 22:00:00-05"},
	{"2020-01-01 12:00 AM", "2020-01-01 00:00:00-05"},
	{"2020-01-01 12:00 PM", "2020-01-01 12:00:00-05"},
	{"2020-01-01 13:00 PM", "22008 date/time field value out of range: \"2020-01-01 13:00 PM\""},
	{"2020-01-01T10:11:12", "2020-01-01 10:11:12-05"},
	{"2020-01-01T10:11:12Z", "2020-01-01 05:11:12-05"},
	{"2020-01-01t10:11:12z", "2020-01-01 05:11:12-05"},
	{"2020-01-01T10:11:12.5+02", "2020-01-01 03:11:12.5-05"},
	{"2020-01-01T10:11:12.123456789+02:30", "2020-01-01 02:41:12.123457-05"},
	{"2020-01-01 10:11:12 +0230", "2020-01-01 02:41:12-05"},
	{"2020-01-01 10:11:12-15:59:59", "2020-01-01 21:11:11-05"},
	{"2020-01-01 10:11:12 -16", "22009 time zone displacement out of range: \"2020-01-01 10:11:12 -16\""},
	{"2020-01-01 10:11:12 +02:60",
	 "22009 time zone displacement out of range: \"2020-01-01 10:11:12 +02:60\""},
	{"20200101T101112", "2020-01-01 10:11:12-05"},
	{"20200101T101112Z", "2020-01-01 05:11:12-05"},
	{"20200101T101112-07", "2020-01-01 12:11:12-05"},
	{"20200101T1011", "2020-01-01 10:11:00-05"},
	{"20200101 101112.5", "2020-01-01 10:11:12.5-05"},
	{"20200101 256199", "2020-01-02 02:02:39-05"},
	{"2020-01-01 1011", "2020-01-01 10:11:00-05"},
	{"2020-01-01 10", "22007 invalid input syntax for type timestamp with time zone: \"2020-01-01 10\""},
	{"Wed Jan 1 10:11:12 2020", "2020-01-01 10:11:12-05"},
	{"Wed Jan 1 10:11:12 2020 PST", "2020-01-01 13:11:12-05"},
	{"Wed Jan 1 10:11:12 PST 2020", "2020-01-01 13:11:12-05"},
	{"Wednesday, January 1, 2020 10:11 pm", "2020-01-01 22:11:00-05"},
	{"2020-01-01 10:00 Europe/Berlin", "2020-01-01 04:00:00-05"},
	{"2020-07-01 10:00 America/New_York", "2020-07-01 10:00:00-04"},
	{"2020-07-01 10:00 EST", "2020-07-01 11:00:00-04"},
	{"2020-07-01 10:00 EDT", "2020-07-01 10:00:00-04"},
	{"2020-07-01 10:00 CET", "2020-07-01 05:00:00-04"},
	{"2020-07-01 10:00 MSK", "2020-07-01 03:00:00-04"},
	{"2013-07-01 10:00 MSK", "2013-07-01 02:00:00-04"},
	{"2020-07-01 10:00 MET DST", "2020-07-01 04:00:00-04"},
	{"2020-07-01 10:00 Foo/Bar", "22023 time zone \"foo/bar\" not recognized"},
	{"2020-07-01 10:00 foo",
	 "22007 invalid input syntax for type timestamp with time zone: \"2020-07-01 10:00 foo\""},
	{"2020-07-01 10:00 UTC+3", "2020-07-01 09:00:00-04"},
	{"2020-07-01 10:00 GMT-8", "2020-06-30 22:00:00-04"},
	{"2020-07-01 10:00 EST5EDT", "2020-07-01 10:00:00-04"},
	{"2020-07-01 10:00 zulu", "2020-07-01 06:00:00-04"},
	{"2020-03-29 02:30 Europe/Berlin", "2020-03-28 21:30:00-04"},
	{"2020-10-25 02:30 Europe/Berlin", "2020-10-24 21:30:00-04"},
	{"2020-03-08 02:30 America/New_York", "2020-03-08 03:30:00-04"},
	{"2020-11-01 01:30 America/New_York", "2020-11-01 01:30:00-05"},
	{"1900-01-01 Europe/Amsterdam", "1899-12-31 18:40:28-05"},
	{"2100-07-01 Europe/Berlin", "2100-06-30 18:00:00-04"},
	{"3000-07-01 12:00 America/New_York", "3000-07-01 12:00:00-04"},
	{"", "22007 invalid input syntax for type timestamp with time zone: \"\""},
	{"   ", "22007 invalid input syntax for type timestamp with time zone: \"   \""},
	{" 2020-01-01 ", "2020-01-01 00:00:00-05"},
	{"x", "22007 invalid input syntax for type timestamp with time zone: \"x\""},
	{"2020-01", "22007 invalid input syntax for type timestamp with time zone: \"2020-01\""},
	{"2020", "22007 invalid input syntax for type timestamp with time zone: \"2020\""},
	{"10:00", "22007 invalid input syntax for type timestamp with time zone: \"10:00\""},
	{"10:00 2020-01-01",
	 "22007 invalid input syntax for type timestamp with time zone: \"10:00 2020-01-01\""},
	{"at 10:00 on 2020-01-01",
	 "22007 invalid input syntax for type timestamp with time zone: \"at 10:00 on 2020-01-01\""},
	{"y2020m02d04", "2020-02-04 00:00:00-05"},
	{"y2020m02d04h10mm11s12", "2020-02-04 10:11:12-05"},
	{"y2020m02d04 h10m11s12.5", "2020-02-04 10:11:12.5-05"},
	{"2020-01-01 h10", "2020-01-01 10:00:00-05"},
	{"2020-01-01 j2451187",
	 "22007 invalid input syntax for type timestamp with time zone: \"2020-01-01 j2451187\""},
	{"1.5", "22007 invalid input syntax for type timestamp with time zone: \"1.5\""},
	{"12.25.2020", "2020-12-25 00:00:00-05"},
	{"2020.12.25", "2020-12-25 00:00:00-05"},
	{"25.12.2020", "22008 date/time field value out of range: \"25.12.2020\""},
	{"2020/12/25", "2020-12-25 00:00:00-05"},
	{"2020-12/25", "22007 invalid input syntax for type timestamp with time zone: \"2020-12/25\""},
	{"2020-01-01 10:00:00.", "2020-01-01 10:00:00-05"},
	{"2020-01-01 10:00:00.0000005", "2020-01-01 10:00:00-05"},
	{"2020-01-01 10:00:00.0000004", "2020-01-01 10:00:00-05"},
	{"2020-01-01 10:00:00.9999999", "2020-01-01 10:00:01-05"},
	{"2020-01-01 23:59:59.9999999", "2020-01-02 00:00:00-05"},
	{"2020-01-01 10:11.5", "2020-01-01 00:10:11.5-05"},
	{"2020-01-01 10::12", "2020-01-01 10:00:12-05"},
	{"2020-01-01 10:", "2020-01-01 10:00:00-05"},
	{"2020-01-01 :10", "22007 invalid input syntax for type timestamp with time zone: \"2020-01-01 :10\""},
	{"2020-1-1 1:2:3", "2020-01-01 01:02:03-05"},
	{"2020-001", "2020-01-01 00:00:00-05"},
	{"2020-366", "2020-12-31 00:00:00-05"},
	{"2021-366", "2022-01-01 00:00:00-05"},
	{"2021-367", "22007 invalid input syntax for type timestamp with time zone: \"2021-367\""},
	{"20-01-01", "22008 date/time field value out of range: \"20-01-01\""},
	{"01-02-03", "2003-01-02 00:00:00-05"},
	{"1-2-3", "2003-01-02 00:00:00-05"},
	{"Feb 29 2020", "2020-02-29 00:00:00-05"},
	{"Feb 29 2021", "22008 date/time field value out of range: \"Feb 29 2021\""},
	{"feb 30", "22007 invalid input syntax for type timestamp with time zone: \"feb 30\""},
	{"2020-01-01 BC AD",
	 "22007 invalid input syntax for type timestamp with time zone: \"2020-01-01 BC AD\""},
	{"2020-01-01 10:00 am pm",
	 "22007 invalid input syntax for type timestamp with time zone: \"2020-01-01 10:00 am pm\""},
	{"99999999999-01-01", "22008 date/time field value out of range: \"99999999999-01-01\""},
	{"2020-99999999999-01", "22008 date/time field value out of range: \"2020-99999999999-01\""},
	{"2020-01-01 99999999999:00", "22008 date/time field value out of range: \"2020-01-01 99999999999:00\""},
	{"2020-01-01 10:99999999999", "22008 date/time field value out of range: \"2020-01-01 10:99999999999\""},
	{"2020-01-01 +99999999999", "22009 time zone displacement out of range: \"2020-01-01 +99999999999\""},
	{"2020-01-01 10:00+2", "2020-01-01 03:00:00-05"},
	{"2020-01-01 10:00+02:3", "2020-01-01 02:57:00-05"},
	{"2020-01-01 10:00+023", "2020-01-01 04:37:00-05"},
	{"2020-01-01 10:00+02:30:15", "2020-01-01 02:29:45-05"},
	{"2020-01-01 10:00 + 02", "2020-01-01 03:00:00-05"},
	{"2020-01-01 10:00 -",
	 "22007 invalid input syntax for type timestamp with time zone: \"2020-01-01 10:00 -\""},
	{"2020-01-01 10:00 - foo",
	 "22007 invalid input syntax for type timestamp with time zone: \"2020-01-01 10:00 - foo\""},
	{"infinity 10:00", "infinity"},
	{"epoch 10:00", "1969-12-31 19:00:00-05"},
	{"infinity BC", "infinity"},
	{"dow", "22007 invalid input syntax for type timestamp with time zone: \"dow\""},
	{"2020-01-01 dow", "2020-01-01 00:00:00-05"},
	{"J", "22007 invalid input syntax for type timestamp with time zone: \"J\""},
	{"j2451187 10:00", "1999-01-08 10:00:00-05"},
	{"J2451187-02", "1999-01-07 21:00:00-05"},
	{"j-5", "22007 invalid input syntax for type timestamp with time zone: \"j-5\""},
	{"j2451187.25 10:00",
	 "22007 invalid input syntax for type timestamp with time zone: \"j2451187.25 10:00\""},
	{"2020-01-01 T", "22007 invalid input syntax for type timestamp with time zone: \"2020-01-01 T\""},
	{"2020-01-01 T10", "22007 invalid input syntax for type timestamp with time zone: \"2020-01-01 T10\""},
	{"2020-01-01 T101112", "2020-01-01 10:11:12-05"},
	{"T10:00", "22007 invalid input syntax for type timestamp with time zone: \"T10:00\""},
	{"2020-01-01T", "22007 invalid input syntax for type timestamp with time zone: \"2020-01-01T\""},
	{"2020-01-01 d5", "22007 invalid input syntax for type timestamp with time zone: \"2020-01-01 d5\""},
	{"Janurary 1 2020", "22007 invalid input syntax for type timestamp with time zone: \"Janurary 1 2020\""},
	{"septemberrr 1 2020",
	 "22007 invalid input syntax for type timestamp with time zone: \"septemberrr 1 2020\""},
	{"Sept 1 2020", "2020-09-01 00:00:00-04"},
	{"2020-01-01 10:00 utc", "2020-01-01 05:00:00-05"},
	{"2020-01-01 10:00 ut", "2020-01-01 05:00:00-05"},
	{"2020-01-01 10:00Z", "2020-01-01 05:00:00-05"},
	{"2020-01-01 10:00z foo",
	 "22007 invalid input syntax for type timestamp with time zone: \"2020-01-01 10:00z foo\""},
	{"2020-01-01, 10:00", "2020-01-01 10:00:00-05"},
	{"2020-01-01_10:00", "2020-01-01 10:00:00-05"},
	{"(2020-01-01)", "2020-01-01 00:00:00-05"},
	{"2020-01-01 10:00 PDT PST",
	 "22007 invalid input syntax for type timestamp with time zone: \"2020-01-01 10:00 PDT PST\""},
	{"2020-01-01 mon tue",
	 "22007 invalid input syntax for type timestamp with time zone: \"2020-01-01 mon tue\""},
	{"2020-01-01 é", "22007 invalid input syntax for type timestamp with time zone: \"2020-01-01 é\""},
	{"97038", "22007 invalid input syntax for type timestamp with time zone: \"97038\""},
	{"970207 152327", "1997-02-07 15:23:27-05"},
	{"97038 152327", "22007 invalid input syntax for type timestamp with time zone: \"97038 152327\""},
	{"19970207T040506.789-07", "1997-02-07 06:05:06.789-05"},
	{"1997 02 07", "1997-02-07 00:00:00-05"},
	{"1997 feb 07", "1997-02-07 00:00:00-05"},
	{"feb 1997 07", "1997-02-07 00:00:00-05"},
	{"07 feb 1997", "1997-02-07 00:00:00-05"},
	{"07 1997 feb", "22007 invalid input syntax for type timestamp with time zone: \"07 1997 feb\""},
	{"1997-02", "22007 invalid input syntax for type timestamp with time zone: \"1997-02\""},
	{"02-1997", "22007 invalid input syntax for type timestamp with time zone: \"02-1997\""},
	{"20200101101112", "22008 timestamp out of range: \"20200101101112\""},
	{"202001011011", "22008 timestamp out of range: \"202001011011\""},
	{"2020010110", "202001-01-10 00:00:00-05"},
	{"99999999990101", "22008 timestamp out of range: \"99999999990101\""},
	{"2020-01-01 America/New_York 10:00", "2020-01-01 10:00:00-05"},
	{"2020-01-01 10:00:00 America/Los_Angeles BC", "2020-01-01 12:56:56-04:56:02 BC"},
	{"1 2 3 4 5 6 7 8", "22007 invalid input syntax for type timestamp with time zone: \"1 2 3 4 5 6 7 8\""},
	{"2020-01-01 12:30 +5:30", "2020-01-01 02:00:00-05"},
	{"294276-12-31 23:59:59 -15:59", "22008 timestamp out of range: \"294276-12-31 23:59:59 -15:59\""},
	{"4714-11-24 00:00 +05 BC", "22008 timestamp out of range: \"4714-11-24 00:00 +05 BC\""},
	{"2020-06-01 10:00 Asia/Calcutta", "2020-06-01 00:30:00-04"},
	{"2020-06-01 10:00 Asia/Kathmandu", "2020-06-01 00:15:00-04"},
	{"2020-06-01 10:00 Africa/Monrovia", "2020-06-01 06:00:00-04"},
	{"1960-06-01 10:00 Africa/Monrovia", "1960-06-01 06:44:30-04"},
	{"2020-06-01 10:00 ACST", "2020-05-31 20:30:00-04"},
	{"2020-06-01 10:00 LMT",
	 "22007 invalid input syntax for type timestamp with time zone: \"2020-06-01 10:00 LMT\""},
	{"2020-06-01 10:00 BST", "2020-06-01 05:00:00-04"},
	{"1970-06-01 10:00 BST", "1970-06-01 05:00:00-04"},
	{"2020-12-01 10:00 BST", "2020-12-01 04:00:00-05"},
	{"2020-01-01 10:00 <+03>-3",
	 "22007 invalid input syntax for type timestamp with time zone: \"2020-01-01 10:00 <+03>-3\""},
	{"2020-06-01 10:00 IST", "2020-06-01 04:00:00-04"},
	{"2020-06-01 10:00 posixrules", "2020-06-01 10:00:00-04"},
	{"2020-06-01 10:00 Etc/GMT+5", "2020-06-01 11:00:00-04"},
	{"1700-01-01 12:00 Europe/Berlin", "1700-01-01 06:10:30-04:56:02"},
	{"2020-01-01 24:00 Europe/Berlin", "2020-01-01 18:00:00-05"},
	{"2020-03-29 Europe/Berlin", "2020-03-28 19:00:00-04"},
	{"2020-09-06 America/Santiago", "2020-09-06 00:00:00-04"},
	{"2020-04-05 03:30 Antarctica/Troll", "2020-04-04 21:30:00-04"},
	{"2011-12-30 12:00 Pacific/Apia", "2011-12-30 17:00:00-05"},
	{"2020-01-01 00:00:00+14", "2019-12-31 05:00:00-05"},
	{"2020-01-01 Pacific/Kiritimati", "2019-12-31 05:00:00-05"},
};

static const TextCase local_texts[] = {
	{"2020-01-01T10:11:12.5+02", "2020-01-01 10:11:12.5"},
	{"2020-06-01 10:11:12", "2020-06-01 10:11:12"},
	{"2020-01-01 10:11:12.123456789 Europe/Berlin", "2020-01-01 10:11:12.123457"},
	{"20200101T101112Z", "2020-01-01 10:11:12"},
	{"294277-01-01", "22008 timestamp out of range: \"294277-01-01\""},
	{"4714-11-23 BC", "22008 timestamp out of range: \"4714-11-23 BC\""},
	{"epoch", "1970-01-01 00:00:00"},
	{"-infinity", "-infinity"},
	{"2020-01-01 24:00:00", "2020-01-02 00:00:00"},
	{"x", "22007 invalid input syntax for type timestamp: \"x\""},
};

static const TextCase indian_texts[] = {
	{"2020-01-01 10:00", "2020-01-01 10:00:00+05:30"},
	{"2020-01-01 10:00Z", "2020-01-01 15:30:00+05:30"},
	{"1900-01-01 10:00", "1900-01-01 10:00:00+05:21:10"},
	{"0044-03-15 12:00 BC", "0044-03-15 12:00:00+05:53:28 BC"},
	{"20000-01-01 00:00", "20000-01-01 00:00:00+05:30"},
};

static void
reads_and_prints_instants(void **state UNUSED)
{
	check_round_trips(&timestamptz_class, "America/New_York", texts, lengthof(texts));
	check_round_trips(&timestamptz_class, "Asia/Kolkata", indian_texts, lengthof(indian_texts));
}

static void
reads_and_prints_local_time(void **state UNUSED)
{
	check_round_trips(&timestamp_class, "America/New_York", local_texts, lengthof(local_texts));
}

static void
hints_at_the_datestyle(void **state UNUSED)
{
	Error err = {0};
	int64_t out;

	assert_false(timestamp_class.parse(STR_LIT("13/13/2020"), NULL, NULL, &out, &err));
	assert_string_equal(err.hint, "Perhaps you need a different \"datestyle\" setting.");
	error_clear(&err);
}

/* The fast reader agrees with the general one on all that it takes, and takes nothing wrong. */
static void
fast_reader_agrees(void **state UNUSED)
{
	static const char *const accepted[] = {
		"2026-11-22T10:00:00Z",       "2026-11-22 10:00:00.123+00",  "2026-11-22 10:00:00.123456-07:30",
		"2026-11-22T23:59:59+1545",   "2024-02-29 00:00:00.000001Z", "0001-01-01 00:00:00Z",
		"9999-12-31 23:59:59.999999", "2026-11-22 10:00:00",
	};
	static const char *const refused[] = {
		"2026-11-22",
		"2026-11-22 10:00",
		"2023-02-29 00:00:00",
		"2026-13-01 00:00:00",
		"2026-11-22 24:00:00",
		"2026-11-22 10:00:60",
		"2026-11-22 10:00:00.",
		"2026-11-22 10:00:00.1234567",
		"2026-11-22 10:00:00 +02",
		"2026-11-22 10:00:00+2",
		"2026-11-22 10:00:00+16",
		"2026-11-22 10:00:00z",
		"0000-01-01 00:00:00",
		"2026/11/22 10:00:00",
		" 2026-11-22 10:00:00",
		"2026-11-22 10:00:00 ",
		"2026-11-22 10:00:00+02:",
		"2026-1a-22 10:00:00",
		"2026-11-22 1a:00:00",
		"2026-11-32 10:00:00",
	};
	IsoDateCache cache = {0};
	bool has_zone;

	for (size_t i = 0; i < lengthof(accepted); i++)
	{
		int64_t fast, cached, general;
		StrView s = str_from_cstr(accepted[i]);
		char padded[64];

		/* a trailing blank keeps the fast reader out */
		snprintf(padded, sizeof padded, "%s ", accepted[i]);
		assert_true(timestamptz_class.parse(str_from_cstr(padded), NULL, NULL, &general, NULL));
		assert_true(timestamp_parse_iso(s, NULL, &has_zone, &fast));
		assert_true(timestamp_parse_iso(s, &cache, &has_zone, &cached));
		assert_true(fast == general && cached == general);
		assert_true(timestamp_class.parse(str_from_cstr(padded), NULL, NULL, &general, NULL));
		assert_true(timestamp_parse_iso_local(s, &cache, &fast));
		assert_true(fast == general);
	}
	for (size_t i = 0; i < lengthof(refused); i++)
	{
		int64_t out;

		if (timestamp_parse_iso(str_from_cstr(refused[i]), &cache, &has_zone, &out))
			fail_msg("the fast reader took '%s'", refused[i]);
	}
}

static void
fast_writer_is_fixed_width(void **state UNUSED)
{
	char text[TIMESTAMP_ISO_SIZE];
	IsoDateCache cache = {0};
	int64_t ts;

	assert_true(timestamp_class.parse(STR_LIT("2026-11-22 10:00:00.5"), NULL, NULL, &ts, NULL));
	for (int i = 0; i < 2; i++)
	{
		assert_ptr_equal(timestamp_put_iso(text, ts, &cache), text + 26);
		assert_memory_equal(text, "2026-11-22 10:00:00.500000", 26);
	}
	assert_ptr_equal(timestamp_put_iso(text, -1, &cache), text + 26);
	assert_memory_equal(text, "1999-12-31 23:59:59.999999", 26);
	assert_null(timestamp_put_iso(text, TIMESTAMP_INFINITY, &cache));
	assert_null(timestamp_put_iso(text, TIMESTAMP_MIN_MICROS, &cache));
	assert_null(timestamp_put_iso(text, TIMESTAMP_END_MICROS - 1, &cache));
}

static void
rounds_half_away_from_zero(void **state UNUSED)
{
	static const struct
	{
		int64_t in;
		int digits;
		int64_t out;
	} cases[] = {{1500000, 0, 2000000}, {1499999, 0, 1000000}, {-1500000, 0, -2000000}, {1234, 3, 1000},
				 {1500, 3, 2000},       {-1499, 3, -1000},     {1234567, 6, 1234567}};

	for (size_t i = 0; i < lengthof(cases); i++)
	{
		int64_t ts = cases[i].in;

		timestamp_round(&ts, cases[i].digits);
		assert_true(ts == cases[i].out);
	}
}

/* A window starts at a multiple of its size since 1970 plus the offset, and holds its moment. */
static void
tumbling_windows_hold_their_moment(void **state UNUSED)
{
	static const int64_t sizes[] = {1,          7,           1000000,         60000000,
									3600000000, 86400000000, 7 * 86400000000, 86400000007};
	static const int64_t moments[] = {
		0, 1, -1, 845899200123456, -845899200123456, TIMESTAMP_MIN_MICROS + 86400000000000};
	const int64_t epoch = CALENDAR_UNIX_EPOCH_DAYS * MICROS_PER_DAY;

	for (size_t s = 0; s < lengthof(sizes); s++)
		for (size_t m = 0; m < lengthof(moments); m++)
			for (int64_t shift = -3600000000; shift <= 3600000000; shift += 900000001)
			{
				Interval size = {.micros = sizes[s]}, offset = {.micros = shift};
				int64_t length, phase, start;

				assert_true(timestamp_tumble_size(size, offset, &length, &phase, NULL));
				assert_true(timestamp_tumble_start(moments[m], length, phase, &start, NULL));
				assert_true(start <= moments[m] && moments[m] - start < sizes[s]);
				assert_true((start + epoch - shift) % sizes[s] == 0);
			}
}

static void
windows_are_checked(void **state UNUSED)
{
	int64_t length, phase, start;
	Interval none = {0};
	Error err = {0};

	assert_false(timestamp_tumble_size((Interval){.months = 1}, none, &length, &phase, &err));
	assert_int_equal(err.state, SQLSTATE_FEATURE_NOT_SUPPORTED);
	error_clear(&err);
	assert_false(timestamp_tumble_size(none, none, &length, &phase, &err));
	assert_int_equal(err.state, SQLSTATE_DATETIME_FIELD_OVERFLOW);
	error_clear(&err);
	assert_false(
		timestamp_tumble_size((Interval){.days = 1, .micros = -MICROS_PER_DAY}, none, &length, &phase, NULL));
	assert_true(timestamp_tumble_size((Interval){.days = 1}, none, &length, &phase, NULL));
	assert_false(timestamp_tumble_start(TIMESTAMP_INFINITY, length, phase, &start, NULL));
	assert_false(timestamp_tumble_start(TIMESTAMP_END_MICROS - 1, length, phase, &start, NULL));
	assert_true(timestamp_tumble_size((Interval){.micros = INT64_MAX}, none, &length, &phase, NULL));
	assert_false(timestamp_tumble_start(TIMESTAMP_MIN_MICROS, length, phase, &start, NULL));
	assert_false(timestamp_bin((Interval){.micros = INT64_MAX}, -2, -1, &start, &err));
	assert_string_equal(err.message, "timestamp out of range");
	error_clear(&err);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_and_prints_instants),
		cmocka_unit_test(reads_and_prints_local_time),
		cmocka_unit_test(hints_at_the_datestyle),
		cmocka_unit_test(fast_reader_agrees),
		cmocka_unit_test(fast_writer_is_fixed_width),
		cmocka_unit_test(rounds_half_away_from_zero),
		cmocka_unit_test(tumbling_windows_hold_their_moment),
		cmocka_unit_test(windows_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
