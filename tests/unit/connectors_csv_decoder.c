/*
 * The CSV and raw decoders: what COPY ... WITH (FORMAT csv) of PostgreSQL 15 makes of the same lines.
 */
#include "tests/unit/decode_testing.h"

#include "connectors/csv_decoder.h"
#include "connectors/raw_decoder.h"

typedef struct Case
{
	const char *line;
	const char *expected;
} Case;

static void
run_cases(Decoding *d, const Case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++)
	{
		decoding_message(d, cases[i].line, strlen(cases[i].line));
		assert_string_equal(decoding_outcome(d), cases[i].expected);
	}
}

static void
test_records(void **state)
{
	static const Case cases[] = {
		{"a,1,2026-11-22", "a|1|2026-11-22"},
		{"a,1,2026-11-22\r\n", "a|1|2026-11-22"},
		{",,", "NULL|NULL|NULL"},
		{"\"\",1,", "|1|NULL"},
		{"\"a,b\",\"1\",\"2026-11-22\"", "a,b|1|2026-11-22"},
		{"\"say \"\"hi\"\"\",2,", "say \"hi\"|2|NULL"},
		{"\"two\nlines\",2,", "two\nlines|2|NULL"},
		{"ab\"c,d\"e,3,", "abc,de|3|NULL"},
		{"\"abc\"def,3,", "abcdef|3|NULL"},
		{" a , 1 ,", " a |1|NULL"},
		{"gr\xc3\xbc\xc3\x9f,4,", "gr\xc3\xbc\xc3\x9f|4|NULL"},
		{"a,\"\",", "22P02 n: invalid input syntax for type integer: \"\""},
		{"a,x,", "22P02 n: invalid input syntax for type integer: \"x\""},
		{"a,1,yesterday morning", "22007 d: invalid input syntax for type date: \"yesterday morning\""},
		{"a,1", "22P04 *: missing data for column \"d\""},
		{"", "22P04 *: missing data for column \"n\""},
		{"a,1,2026-11-22,", "22P04 *: extra data after last expected column"},
		{"\"a,1,2026-11-22", "22P04 *: unterminated CSV quoted field"},
		{"a,1,2026-11-22\"", "22P04 *: unterminated CSV quoted field"},
		{"\xff,1,", "22021 *: invalid byte sequence for encoding \"UTF8\": 0xff"},
	};
	Decoding d;

	(void)state;
	decoding_begin(&d);
	decoding_field(&d, "t", TYPE_TEXT, NO_MODIFIER);
	decoding_field(&d, "n", TYPE_INTEGER, NO_MODIFIER);
	decoding_field(&d, "d", TYPE_DATE, NO_MODIFIER);
	decoding_open(&d, &csv_format_class);
	run_cases(&d, cases, lengthof(cases));
	decoding_end(&d);
}

/* Only the second column is asked for: the others are still split, counted and checked for UTF-8. */
static void
test_projection(void **state)
{
	static const Case cases[] = {
		{"x,1,y", "1"},
		{"\"x,x\",,y",
		 "23502 n: null value in column \"n\" of relation \"clicks\" violates not-null constraint"},
		{"x,1", "22P04 *: missing data for column \"d\""},
		{"x,1,\xff", "22021 *: invalid byte sequence for encoding \"UTF8\": 0xff"},
	};
	Decoding d;

	(void)state;
	decoding_begin(&d);
	decoding_field(&d, "t", TYPE_TEXT, NO_MODIFIER);
	decoding_field(&d, "n", TYPE_INTEGER, NO_MODIFIER);
	decoding_field(&d, "d", TYPE_DATE, NO_MODIFIER);
	d.fields[0] = d.fields[1];
	d.fields[0].not_null = true;
	d.field_count = 1;
	decoding_open(&d, &csv_format_class);
	run_cases(&d, cases, lengthof(cases));
	decoding_end(&d);
}

static void
test_raw(void **state)
{
	static const Case cases[] = {
		{"{\"x\": 1", "{\"x\": 1|7"},
		{"", "|7"},
		{"\xc3", "22021 raw: invalid byte sequence for encoding \"UTF8\": 0xc3"},
	};
	Decoding d;

	(void)state;
	decoding_begin(&d);
	decoding_field(&d, "raw", TYPE_TEXT, NO_MODIFIER);
	decoding_field(&d, "at", TYPE_BIGINT, NO_MODIFIER)->origin = COLUMN_METADATA;
	d.fields[1].metadata = METADATA_OFFSET;
	decoding_open(&d, &raw_format_class);
	run_cases(&d, cases, lengthof(cases));
	decoding_message(&d, "a\0b", 3);
	assert_string_equal(decoding_outcome(&d), "22021 raw: invalid byte sequence for encoding \"UTF8\": 0x00");
	decoding_end(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_projection),
		cmocka_unit_test(test_raw),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
