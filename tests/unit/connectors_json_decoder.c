/*
 * The JSON decoder: values of every type against what PostgreSQL 15's jsonb_to_record() makes of them,
 * malformed messages against its messages, paths, keys, and a comparison with jansson on random documents.
 */
#include "tests/unit/decode_testing.h"

#include <jansson.h>

#include "common/random.h"
#include "connectors/json_decoder.h"
#include "connectors/json_match.h"

typedef struct ValueCase
{
	const char *json; /* value of the key "x" */
	TypeId type;
	int32_t modifier;
	const char *expected;
} ValueCase;

static const ValueCase value_cases[] = {
	{"42", TYPE_INTEGER, NO_MODIFIER, "42"},
	{"-42", TYPE_INTEGER, NO_MODIFIER, "-42"},
	{"0", TYPE_INTEGER, NO_MODIFIER, "0"},
	{"-0", TYPE_INTEGER, NO_MODIFIER, "0"},
	{"2147483647", TYPE_INTEGER, NO_MODIFIER, "2147483647"},
	{"2147483648", TYPE_INTEGER, NO_MODIFIER,
	 "22003 x: value \"2147483648\" is out of range for type integer"},
	{"1e3", TYPE_INTEGER, NO_MODIFIER, "1000"},
	{"1.0", TYPE_INTEGER, NO_MODIFIER, "22P02 x: invalid input syntax for type integer: \"1.0\""},
	{"\"17\"", TYPE_INTEGER, NO_MODIFIER, "17"},
	{"\" 17 \"", TYPE_INTEGER, NO_MODIFIER, "17"},
	{"\"abc\"", TYPE_INTEGER, NO_MODIFIER, "22P02 x: invalid input syntax for type integer: \"abc\""},
	{"true", TYPE_INTEGER, NO_MODIFIER, "22P02 x: invalid input syntax for type integer: \"true\""},
	{"{\"b\":1,\"a\":2}", TYPE_INTEGER, NO_MODIFIER,
	 "22P02 x: invalid input syntax for type integer: \"{\"a\": 2, \"b\": 1}\""},
	{"null", TYPE_INTEGER, NO_MODIFIER, "NULL"},
	{"9223372036854775807", TYPE_BIGINT, NO_MODIFIER, "9223372036854775807"},
	{"-9223372036854775808", TYPE_BIGINT, NO_MODIFIER, "-9223372036854775808"},
	{"9223372036854775808", TYPE_BIGINT, NO_MODIFIER,
	 "22003 x: value \"9223372036854775808\" is out of range for type bigint"},
	{"123456789012345", TYPE_BIGINT, NO_MODIFIER, "123456789012345"},
	{"12345678", TYPE_BIGINT, NO_MODIFIER, "12345678"},
	{"123456789", TYPE_BIGINT, NO_MODIFIER, "123456789"},
	{"307.83", TYPE_DOUBLE, NO_MODIFIER, "307.83"},
	{"1e400", TYPE_DOUBLE, NO_MODIFIER, NULL}, /* out of range; the text is checked below */
	{"1E-2", TYPE_DOUBLE, NO_MODIFIER, "0.01"},
	{"\"NaN\"", TYPE_DOUBLE, NO_MODIFIER, "NaN"},
	{"307.8", TYPE_NUMERIC, NUMERIC_MODIFIER(12, 2), "307.80"},
	{"307.835", TYPE_NUMERIC, NUMERIC_MODIFIER(12, 2), "307.84"},
	{"-307.835", TYPE_NUMERIC, NUMERIC_MODIFIER(12, 2), "-307.84"},
	{"0.5", TYPE_NUMERIC, NUMERIC_MODIFIER(12, 2), "0.50"},
	{"9999999999.99", TYPE_NUMERIC, NUMERIC_MODIFIER(12, 2), "9999999999.99"},
	{"9999999999.995", TYPE_NUMERIC, NUMERIC_MODIFIER(12, 2),
	 "22003 x: numeric field overflow: A field with precision 12, scale 2 must round to an absolute value "
	 "less "
	 "than 10^10."},
	{"10000000000", TYPE_NUMERIC, NUMERIC_MODIFIER(12, 2),
	 "22003 x: numeric field overflow: A field with precision 12, scale 2 must round to an absolute value "
	 "less "
	 "than 10^10."},
	{"1.50", TYPE_NUMERIC, NO_MODIFIER, "1.50"},
	{"1.5e-3", TYPE_NUMERIC, NO_MODIFIER, "0.0015"},
	{"123456789012345678901234567890.12345678901234567890", TYPE_NUMERIC, NO_MODIFIER,
	 "123456789012345678901234567890.12345678901234567890"},
	{"12345678.12345678", TYPE_NUMERIC, NO_MODIFIER, "12345678.12345678"},
	{"1.123456789", TYPE_NUMERIC, NO_MODIFIER, "1.123456789"},
	{"\"12.5\"", TYPE_NUMERIC, NUMERIC_MODIFIER(12, 2), "12.50"},
	{"true", TYPE_BOOLEAN, NO_MODIFIER, "t"},
	{"false", TYPE_BOOLEAN, NO_MODIFIER, "f"},
	{"\"yes\"", TYPE_BOOLEAN, NO_MODIFIER, "t"},
	{"1", TYPE_BOOLEAN, NO_MODIFIER, "t"},
	{"2", TYPE_BOOLEAN, NO_MODIFIER, "22P02 x: invalid input syntax for type boolean: \"2\""},
	{"\"\"", TYPE_TEXT, NO_MODIFIER, ""},
	{"\"abc\"", TYPE_TEXT, NO_MODIFIER, "abc"},
	{"\"a\\\"b\\\\c\\/d\\n\\t\\u0041\\u00e9\\ud83d\\ude00\"", TYPE_TEXT, NO_MODIFIER,
	 "a\"b\\c/d\n\tA\xc3\xa9\xf0\x9f\x98\x80"},
	{"\"gr\xc3\xbc\xc3\x9f\xe2\x82\xac\"", TYPE_TEXT, NO_MODIFIER, "gr\xc3\xbc\xc3\x9f\xe2\x82\xac"},
	{"\"a\\u0000b\"", TYPE_TEXT, NO_MODIFIER,
	 "22P05 x: unsupported Unicode escape sequence: \\u0000 cannot be converted to text."},
	{"1e3", TYPE_TEXT, NO_MODIFIER, "1000"},
	{"1.0", TYPE_TEXT, NO_MODIFIER, "1.0"},
	{"true", TYPE_TEXT, NO_MODIFIER, "true"},
	{"{\"x\" :1}", TYPE_TEXT, NO_MODIFIER, "{\"x\": 1}"},
	{"\"2026-11-22T10:00:00.123Z\"", TYPE_TIMESTAMPTZ, NO_MODIFIER, "2026-11-22 10:00:00.123+00"},
	{"\"2026-11-22T10:00:00+02:00\"", TYPE_TIMESTAMPTZ, NO_MODIFIER, "2026-11-22 08:00:00+00"},
	{"\"2026-11-22 10:00:00\"", TYPE_TIMESTAMPTZ, NO_MODIFIER, "2026-11-22 10:00:00+00"},
	{"\"Nov 22 2026 10:00\"", TYPE_TIMESTAMPTZ, NO_MODIFIER, "2026-11-22 10:00:00+00"},
	{"\"2026-13-22T10:00:00Z\"", TYPE_TIMESTAMPTZ, NO_MODIFIER,
	 "22008 x: date/time field value out of range: \"2026-13-22T10:00:00Z\""},
	{"\"nonsense\"", TYPE_TIMESTAMPTZ, NO_MODIFIER,
	 "22007 x: invalid input syntax for type timestamp with time zone: \"nonsense\""},
	{"\"2026-11-22T10:00:00.123456Z\"", TYPE_TIMESTAMP, NO_MODIFIER, "2026-11-22 10:00:00.123456"},
	{"\"2026-11-22T10:00:00.123456Z\"", TYPE_TIMESTAMPTZ, 3, "2026-11-22 10:00:00.123+00"},
	{"\"2026-11-22\"", TYPE_DATE, NO_MODIFIER, "2026-11-22"},
	{"20261122", TYPE_DATE, NO_MODIFIER, "2026-11-22"},
	{"\"1 day 2 hours\"", TYPE_INTERVAL, NO_MODIFIER, "1 day 02:00:00"},
	{"\"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11\"", TYPE_UUID, NO_MODIFIER,
	 "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
	{"\"a0eebc999c0b4ef8bb6d6bb9bd380a11\"", TYPE_UUID, NO_MODIFIER, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
	{"\"g0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\"", TYPE_UUID, NO_MODIFIER,
	 "22P02 x: invalid input syntax for type uuid: \"g0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\""},
	{"\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1@\"", TYPE_UUID, NO_MODIFIER,
	 "22P02 x: invalid input syntax for type uuid: \"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1@\""},
	{"\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1\xc3\xa9\"", TYPE_UUID, NO_MODIFIER,
	 "22P02 x: invalid input syntax for type uuid: \"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1\xc3\xa9\""},
	{"{\"bb\":1,\"a\":[1, 2.50,true,null,\"x\"]}", TYPE_JSONB, NO_MODIFIER,
	 "{\"a\": [1, 2.50, true, null, \"x\"], \"bb\": 1}"},
	{"\"s\"", TYPE_JSONB, NO_MODIFIER, "\"s\""},
	{"1e2", TYPE_JSONB, NO_MODIFIER, "100"},
	{"null", TYPE_JSONB, NO_MODIFIER, "NULL"},
};

/* The case's value alone, in the middle and at the end of the message, and again, when the keys are known. */
static void
test_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < lengthof(value_cases); i++)
	{
		const ValueCase *c = &value_cases[i];
		const char *forms[] = {"{\"x\":%s}", "{ \"x\" : %s , \"y\":\"something that is long enough\"}",
							   "{\"before\":[1,{}],\"x\":%s,\"y\":\"something that is long enough\"}"};
		Decoding d;

		decoding_begin(&d);
		decoding_field(&d, "x", c->type, c->modifier);
		decoding_open(&d, &json_format_class);
		for (size_t f = 0; f < 2 * lengthof(forms); f++)
		{
			StrBuf json = {0};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			str_appendf(&json, forms[f / 2], c->json);
#pragma GCC diagnostic pop
			decoding_message(&d, json.data, json.len);
			if (c->expected != NULL)
				assert_string_equal(decoding_outcome(&d), c->expected);
			else
				assert_int_equal(d.result.bad[0].state, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE);
			str_free(&json);
		}
		decoding_end(&d);
	}
}

typedef struct BadCase
{
	const char *json;
	const char *expected;
} BadCase;

#define SYNTAX "22P02 *: invalid input syntax for type json: "

static const BadCase bad_cases[] = {
	{"", SYNTAX "The input string ended unexpectedly. (byte 1)"},
	{"   ", SYNTAX "The input string ended unexpectedly. (byte 4)"},
	{"{\"x\":1", SYNTAX "The input string ended unexpectedly. (byte 7)"},
	{"{\"x\":\"abc", SYNTAX "The input string ended unexpectedly. (byte 10)"},
	{"{\"x\":\"\\u00", SYNTAX "The input string ended unexpectedly. (byte 11)"},
	{"{\"x\":\"\\ud83d", SYNTAX "The input string ended unexpectedly. (byte 13)"},
	{"{\"x\":\"\\ud83d\\", SYNTAX "The input string ended unexpectedly. (byte 14)"},
	{"{\"x\":\"\\ud83d\\ude0", SYNTAX "The input string ended unexpectedly. (byte 18)"},
	{"{\"x\":\"\\u0g", SYNTAX "\"\\u\" must be followed by four hexadecimal digits. (byte 7)"},
	{"{\"x\":", SYNTAX "The input string ended unexpectedly. (byte 6)"},
	{"{\"x", SYNTAX "The input string ended unexpectedly. (byte 4)"},
	{"{", SYNTAX "The input string ended unexpectedly. (byte 2)"},
	{"{\"x\":1}y", SYNTAX "Token \"y\" is invalid. (byte 8)"},
	{"{\"x\":1}{\"x\":1}", SYNTAX "Expected end of input, but found \"{\". (byte 8)"},
	{"{\"x\" 1}", SYNTAX "Expected \":\", but found \"1\". (byte 6)"},
	{"{x:1}", SYNTAX "Token \"x\" is invalid. (byte 2)"},
	{"{,}", SYNTAX "Expected string or \"}\", but found \",\". (byte 2)"},
	{"{\"x\":1,}", SYNTAX "Expected string, but found \"}\". (byte 8)"},
	{"{\"x\":1 2}", SYNTAX "Expected \",\" or \"}\", but found \"2\". (byte 8)"},
	{"{\"x\":tru}", SYNTAX "Token \"tru\" is invalid. (byte 6)"},
	{"{\"x\":True}", SYNTAX "Token \"True\" is invalid. (byte 6)"},
	{"{\"x\":nulls}", SYNTAX "Token \"nulls\" is invalid. (byte 6)"},
	{"{\"x\":NaN}", SYNTAX "Token \"NaN\" is invalid. (byte 6)"},
	{"{\"x\":01}", SYNTAX "Token \"01\" is invalid. (byte 6)"},
	{"{\"x\":-}", SYNTAX "Token \"-\" is invalid. (byte 6)"},
	{"{\"x\":+1}", SYNTAX "Token \"+\" is invalid. (byte 6)"},
	{"{\"x\":1.}", SYNTAX "Token \"1.\" is invalid. (byte 6)"},
	{"{\"x\":.5}", SYNTAX "Token \".\" is invalid. (byte 6)"},
	{"{\"x\":1e}", SYNTAX "Token \"1e\" is invalid. (byte 6)"},
	{"{\"x\":1a}", SYNTAX "Token \"1a\" is invalid. (byte 6)"},
	{"{\"x\":0x10}", SYNTAX "Token \"0x10\" is invalid. (byte 6)"},
	{"{\"x\":'a'}", SYNTAX "Token \"'\" is invalid. (byte 6)"},
	{"{\"x\":[1,]}", SYNTAX "Expected JSON value, but found \"]\". (byte 9)"},
	{"{\"y\":[1,]}", SYNTAX "Expected JSON value, but found \"]\". (byte 9)"},
	{"{\"y\":[1 \"a\tb\"]}", SYNTAX "Character with value 0x09 must be escaped. (byte 11)"},
	{"{\"x\" \"\\ud800\"}", SYNTAX "Unicode low surrogate must follow a high surrogate. (byte 7)"},
	{"{\"x\":1 \"abc", SYNTAX "Token \"\"abc\" is invalid. (byte 8)"},
	{"{\"y\":[1 2]}", SYNTAX "Expected \",\" or \"]\", but found \"2\". (byte 9)"},
	{"{\"y\":{\"a\":1,}}", SYNTAX "Expected string, but found \"}\". (byte 13)"},
	{"{\"y\":[}", SYNTAX "Expected JSON value, but found \"}\". (byte 7)"},
	{"{\"x\":\"a\nb\"}", SYNTAX "Character with value 0x0a must be escaped. (byte 8)"},
	{"{\"y\":\"a\tb\"}", SYNTAX "Character with value 0x09 must be escaped. (byte 8)"},
	{"{\"x\":\"\\x\"}", SYNTAX "Escape sequence \"\\x\" is invalid. (byte 7)"},
	{"{\"x\":\"\\u12\"}", SYNTAX "\"\\u\" must be followed by four hexadecimal digits. (byte 7)"},
	{"{\"x\":\"\\ud800\"}", SYNTAX "Unicode low surrogate must follow a high surrogate. (byte 7)"},
	{"{\"y\":\"\\udc00\"}", SYNTAX "Unicode low surrogate must follow a high surrogate. (byte 7)"},
	{"{\"x\":\"\\ud800\\ud800\"}",
	 SYNTAX "Unicode high surrogate must not follow a high surrogate. (byte 13)"},
	{"{\"x\":\"\xff\"}", "22021 *: invalid byte sequence for encoding \"UTF8\": 0xff (byte 7)"},
	{"{\"y\":\"\xc3\"}", "22021 *: invalid byte sequence for encoding \"UTF8\": 0xc3 (byte 7)"},
	{"{\"x\":\"\xed\xa0\x80\"}",
	 "22021 *: invalid byte sequence for encoding \"UTF8\": 0xed 0xa0 0x80 (byte 7)"},
	{"{\"x\":\"\xc0\x80\"}", "22021 *: invalid byte sequence for encoding \"UTF8\": 0xc0 0x80 (byte 7)"},
	{"{\"\xff\":1}", "22021 *: invalid byte sequence for encoding \"UTF8\": 0xff (byte 3)"},
	{"5", "22023 *: message is not a JSON object"},
	{"[{\"x\":1}]", "22023 *: message is not a JSON object"},
	{"null", "22023 *: message is not a JSON object"},
	{"{\"x\":1}/* */", SYNTAX "Token \"/\" is invalid. (byte 8)"},
	{"{\"x\":\"not a number\"}", "22P02 x: invalid input syntax for type integer: \"not a number\""},
};

static void
test_malformed(void **state)
{
	Decoding d;

	(void)state;
	decoding_begin(&d);
	decoding_field(&d, "x", TYPE_INTEGER, NO_MODIFIER);
	decoding_open(&d, &json_format_class);
	for (int round = 0; round < 2; round++)
	{
		for (size_t i = 0; i < lengthof(bad_cases); i++)
		{
			decoding_message(&d, bad_cases[i].json, strlen(bad_cases[i].json));
			assert_string_equal(decoding_outcome(&d), bad_cases[i].expected);
		}
		decoding_message(&d, "{\"x\":1}", 7);
		assert_string_equal(decoding_outcome(&d), "1");
	}
	decoding_end(&d);
}

/* 1,000 levels are taken, 1,001 are not, wanted or not. */
static void
test_depth(void **state)
{
	Decoding d;

	(void)state;
	decoding_begin(&d);
	decoding_field(&d, "x", TYPE_TEXT, NO_MODIFIER);
	decoding_open(&d, &json_format_class);
	for (int levels = 999; levels <= 1000; levels++)
	{
		for (int wanted = 0; wanted < 2; wanted++)
		{
			StrBuf json = {0};

			str_appendf(&json, "{\"%s\":", wanted ? "x" : "y");
			for (int i = 0; i < levels; i++)
				str_append_char(&json, '[');
			for (int i = 0; i < levels; i++)
				str_append_char(&json, ']');
			str_append_char(&json, '}');
			decoding_message(&d, json.data, json.len);
			if (levels == 999)
				assert_int_equal(d.result.bad_count, 0);
			else
				assert_string_equal(decoding_outcome(&d), "54001 *: JSON is nested deeper than 1000 levels");
			str_free(&json);
		}
	}
	decoding_end(&d);
}

static void
test_paths(void **state)
{
	static const BadCase cases[] = {
		{"{\"geo\":{\"country\":\"DE\",\"at\":[1,2.5]},\"id\":1}", "1|DE|2.5"},
		{"{\"id\":1,\"geo\":{\"at\":[1,2.5,3],\"city\":{},\"country\":\"DE\"}}", "1|DE|2.5"},
		{"{\"id\":1,\"geo\":{\"at\":[1]}}", "1|NULL|NULL"},
		{"{\"id\":1,\"geo\":null}", "1|NULL|NULL"},
		{"{\"id\":1,\"geo\":[{\"country\":\"DE\"}]}", "1|NULL|NULL"},
		{"{\"id\":1,\"geo\":\"country\"}", "1|NULL|NULL"},
		{"{}", "NULL|NULL|NULL"},
		/* of equal keys the last wins, also when it takes an object's place */
		{"{\"id\":1,\"id\":2}", "2|NULL|NULL"},
		{"{\"geo\":{\"country\":\"DE\"},\"geo\":5,\"id\":1}", "1|NULL|NULL"},
		{"{\"geo\":{\"country\":\"DE\",\"at\":[0,1]},\"geo\":{\"country\":\"FR\"},\"id\":1}", "1|FR|NULL"},
		{"{\"geo\":5,\"geo\":{\"country\":\"FR\"},\"id\":1}", "1|FR|NULL"},
		/* keys are compared as text, not as spelled */
		{"{\"\\u0069d\":7,\"g\\u0065o\":{\"country\":\"IT\"}}", "7|IT|NULL"},
		{"{\"i\\u0000d\":7}", "NULL|NULL|NULL"},
	};
	Decoding d;

	(void)state;
	decoding_begin(&d);
	decoding_field(&d, "id", TYPE_BIGINT, NO_MODIFIER);
	decoding_field(&d, "geo.country", TYPE_TEXT, NO_MODIFIER);
	decoding_field(&d, "geo.at.1", TYPE_NUMERIC, NO_MODIFIER);
	decoding_open(&d, &json_format_class);
	for (int round = 0; round < 3; round++)
	{
		for (size_t i = 0; i < lengthof(cases); i++)
		{
			decoding_message(&d, cases[i].json, strlen(cases[i].json));
			assert_string_equal(decoding_outcome(&d), cases[i].expected);
		}
	}
	decoding_end(&d);
}

/* A place and a place inside it are both wanted. */
static void
test_nested_places(void **state)
{
	static const BadCase cases[] = {
		{"{\"geo\":{\"country\":\"DE\", \"a\":1}}", "{\"a\": 1, \"country\": \"DE\"}|DE"},
		{"{\"geo\":7}", "7|NULL"},
		{"{\"geo\":{\"country\":\"DE\"},\"geo\":7}", "7|NULL"},
		{"{\"geo\":[]}", "[]|NULL"},
	};
	Decoding d;

	(void)state;
	decoding_begin(&d);
	decoding_field(&d, "geo", TYPE_JSONB, NO_MODIFIER);
	decoding_field(&d, "geo.country", TYPE_TEXT, NO_MODIFIER)->form = FIELD_JSON_TEXT;
	decoding_open(&d, &json_format_class);
	for (size_t i = 0; i < lengthof(cases); i++)
	{
		decoding_message(&d, cases[i].json, strlen(cases[i].json));
		assert_string_equal(decoding_outcome(&d), cases[i].expected);
	}
	decoding_end(&d);
}

/* ->> gives a string without quotes, NULL for null, and jsonb's text for the rest. */
static void
test_json_text(void **state)
{
	static const BadCase cases[] = {
		{"{\"x\":\"a\\nb\"}", "a\nb"}, {"{\"x\":1.50}", "1.50"}, {"{\"x\":1e2}", "100"},
		{"{\"x\":-0}", "0"},           {"{\"x\":null}", "NULL"}, {"{\"x\":true}", "true"},
		{"{\"x\":[1,2]}", "[1, 2]"},   {"{}", "NULL"},
	};
	Decoding d;

	(void)state;
	decoding_begin(&d);
	decoding_field(&d, "x", TYPE_TEXT, NO_MODIFIER)->form = FIELD_JSON_TEXT;
	decoding_open(&d, &json_format_class);
	for (size_t i = 0; i < lengthof(cases); i++)
	{
		decoding_message(&d, cases[i].json, strlen(cases[i].json));
		assert_string_equal(decoding_outcome(&d), cases[i].expected);
	}
	decoding_end(&d);
}

static void
test_null_and_default(void **state)
{
	Expr seven = {.kind = EXPR_CONSTANT,
				  .type = {TYPE_INTEGER, NO_MODIFIER},
				  .constant = {.type = TYPE_INTEGER, .value.i32 = 7}};
	Decoding d;

	(void)state;
	decoding_begin(&d);
	decoding_field(&d, "a", TYPE_INTEGER, NO_MODIFIER)->not_null = true;
	decoding_field(&d, "b", TYPE_INTEGER, NO_MODIFIER)->default_value = &seven;
	decoding_open(&d, &json_format_class);
	decoding_message(&d, "{\"a\":1}", 7);
	assert_string_equal(decoding_outcome(&d), "1|7");
	decoding_message(&d, "{\"a\":1,\"b\":null}", 16);
	assert_string_equal(decoding_outcome(&d), "1|NULL");
	decoding_message(&d, "{\"b\":1}", 7);
	assert_string_equal(
		decoding_outcome(&d),
		"23502 a: null value in column \"a\" of relation \"clicks\" violates not-null constraint");
	decoding_message(&d, "{\"a\":null,\"b\":\"x\"}", 18);
	assert_string_equal(
		decoding_outcome(&d),
		"23502 a: null value in column \"a\" of relation \"clicks\" violates not-null constraint");
	decoding_end(&d);
}

static void
test_unix_times(void **state)
{
	static const struct
	{
		TimestampFormat format;
		const char *json;
		const char *expected;
	} cases[] = {
		{TIMESTAMP_UNIX_S, "{\"x\":1763805600}", "2025-11-22 10:00:00+00"},
		{TIMESTAMP_UNIX_S, "{\"x\":1763805600.5}", "2025-11-22 10:00:00.5+00"},
		{TIMESTAMP_UNIX_MS, "{\"x\":1763805600123}", "2025-11-22 10:00:00.123+00"},
		{TIMESTAMP_UNIX_MS, "{\"x\":\"1763805600123\"}", "2025-11-22 10:00:00.123+00"},
		{TIMESTAMP_UNIX_US, "{\"x\":-1}", "1969-12-31 23:59:59.999999+00"},
		{TIMESTAMP_UNIX_S, "{\"x\":1e30}",
		 "22008 x: timestamp out of range: \"1000000000000000000000000000000\""},
		{TIMESTAMP_UNIX_S, "{\"x\":\"2025-11-22\"}",
		 "22P02 x: invalid input syntax for type numeric: \"2025-11-22\""},
		{TIMESTAMP_UNIX_S, "{\"x\":\"NaN\"}", "22008 x: timestamp out of range: \"NaN\""},
	};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++)
	{
		Decoding d;

		decoding_begin(&d);
		decoding_field(&d, "x", TYPE_TIMESTAMPTZ, NO_MODIFIER)->timestamp_format = cases[i].format;
		decoding_open(&d, &json_format_class);
		decoding_message(&d, cases[i].json, strlen(cases[i].json));
		assert_string_equal(decoding_outcome(&d), cases[i].expected);
		decoding_end(&d);
	}
}

static void
test_unknown_fields(void **state)
{
	static const char *const expected = "42703 z: field \"z\" is not a column of \"clicks\"";
	StrBuf text = {0};
	Decoding d;

	(void)state;
	decoding_begin(&d);
	decoding_option(&d, "unknown_fields", "error");
	decoding_field(&d, "x", TYPE_INTEGER, NO_MODIFIER);
	decoding_field(&d, "declared", TYPE_INTEGER, NO_MODIFIER);
	d.field_count = 1; /* declared, but not asked for */
	decoding_open(&d, &json_format_class);
	for (int round = 0; round < 3; round++)
	{
		decoding_message(&d, "{\"x\":1,\"z\":2}", 13);
		assert_string_equal(decoding_outcome(&d), expected);
		decoding_message(&d, "{\"x\":1,\"declared\":{\"z\":1}}", 26);
		assert_string_equal(decoding_outcome(&d), "1");
	}
	/* a long one is cut between characters */
	str_append_cstr(&text, "{\"z");
	for (int i = 0; i < 60; i++)
		str_append_cstr(&text, "\xc3\xa4");
	str_append_cstr(&text, "\":1}");
	decoding_message(&d, text.data, text.len);
	assert_int_equal(strlen(d.result.bad->field), 99);
	str_free(&text);
	decoding_end(&d);
}

static void
test_limits_and_tombstones(void **state)
{
	Message none = {.value = NULL};
	Decoding d;

	(void)state;
	decoding_begin(&d);
	decoding_option(&d, "max_message_bytes", "1024");
	decoding_field(&d, "x", TYPE_TEXT, NO_MODIFIER);
	decoding_open(&d, &json_format_class);
	for (size_t len = 1024; len <= 1025; len++)
	{
		char *json = mem_alloc(len);

		memset(json, 'a', len);
		memcpy(json, "{\"x\":\"", 6);
		memcpy(json + len - 2, "\"}", 2);
		decoding_message(&d, json, len);
		assert_int_equal(d.batch.n, len == 1024);
		if (len == 1025)
			assert_string_equal(decoding_outcome(&d),
								"54000 *: message of 1025 bytes is longer than max_message_bytes (1024)");
		mem_free(json);
	}
	decoding_run(&d, &none, 1);
	assert_string_equal(decoding_outcome(&d), "tombstone");
	assert_int_equal(d.result.bad_count, 0);
	decoding_end(&d);
}

/* A full batch in which bad rows of both kinds, tombstones and good rows mix. */
static void
test_batch(void **state)
{
	static const char *const kinds[] = {"{\"a\":%d,\"b\":\"r%d\"}", "{\"a\":\"x%d\",\"b\":\"r%d\"}",
										"{\"a\":%d,\"b\":%d", NULL, "{\"b\":\"r%2$d\",\"a\":%1$d}"};
	Message *messages = mem_alloc_zero(BATCH_ROWS * sizeof *messages);
	Arena texts;
	Decoding d;
	uint32_t row = 0, bad = 0;

	(void)state;
	arena_init(&texts, "texts");
	for (int i = 0; i < BATCH_ROWS; i++)
	{
		const char *kind = kinds[i * 7 % (int)lengthof(kinds)];

		messages[i].offset = i;
		if (kind == NULL)
			continue;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		messages[i].value = arena_printf(&texts, kind, i, i);
#pragma GCC diagnostic pop
		messages[i].value_len = strlen(messages[i].value);
	}
	decoding_begin(&d);
	decoding_field(&d, "b", TYPE_TEXT, NO_MODIFIER);
	decoding_field(&d, "a", TYPE_INTEGER, NO_MODIFIER);
	decoding_open(&d, &json_format_class);
	decoding_run(&d, messages, BATCH_ROWS);
	for (uint32_t i = 0; i < BATCH_ROWS; i++)
	{
		int kind = (int)(i * 7 % lengthof(kinds));

		if (kind == 1 || kind == 2)
		{
			assert_int_equal(d.result.bad[bad].message, i);
			assert_true((d.result.bad[bad].field == NULL) == (kind == 2));
			bad++;
		}
		if (kind != 0 && kind != 4)
			continue;
		assert_int_equal(d.batch.message_index[row], i);
		assert_int_equal(COLUMN_DATA(&d.batch.columns[1], int32_t)[row], i);
		assert_string_equal(decoding_value(&d, 0, row), arena_printf(&texts, "r%u", i));
		row++;
	}
	assert_int_equal(row, d.batch.n);
	assert_int_equal(bad, d.result.bad_count);
	assert_int_equal(d.result.tombstones, BATCH_ROWS - row - bad);
	decoding_end(&d);
	arena_release(&texts);
	mem_free(messages);
}

static void
test_metadata(void **state)
{
	static const MetadataKind kinds[] = {METADATA_KEY, METADATA_TOPIC, METADATA_PARTITION, METADATA_OFFSET,
										 METADATA_TIMESTAMP};
	static const TypeId types[] = {TYPE_TEXT, TYPE_TEXT, TYPE_INTEGER, TYPE_BIGINT, TYPE_TIMESTAMPTZ};
	Message m = {.key = "k1", .key_len = 2, .value = "{}", .value_len = 2, .offset = 99, .timestamp = 0};
	Decoding d;

	(void)state;
	decoding_begin(&d);
	for (size_t i = 0; i < lengthof(kinds); i++)
	{
		DecodeField *f = decoding_field(&d, "m", types[i], NO_MODIFIER);

		f->origin = COLUMN_METADATA;
		f->metadata = kinds[i];
		d.columns[i].origin = COLUMN_METADATA;
	}
	decoding_open(&d, &json_format_class);
	decoding_run(&d, &m, 1);
	assert_string_equal(decoding_outcome(&d), "k1|topic|3|99|2000-01-01 00:00:00+00");
	m = (Message){.value = "{}", .value_len = 2, .offset = 100, .timestamp = INT64_MIN};
	decoding_run(&d, &m, 1);
	assert_string_equal(decoding_outcome(&d), "NULL|topic|3|100|NULL");
	m.key = "\xff";
	m.key_len = 1;
	decoding_run(&d, &m, 1);
	assert_string_equal(decoding_outcome(&d), "22021 m: invalid byte sequence for encoding \"UTF8\": 0xff");
	decoding_end(&d);
}

/* ---- the quick ways against the types' own input ---- */

/* A byte of text is changed now and then; digits to digits mostly, so that many stay right. */
static void
vary(RandomSeeded *r, char *text)
{
	static const char other[] = "0123456789abcdefABCDEFgG:-.TZ+ \x7f";

	for (char *p = text; *p != '\0'; p++)
	{
		uint64_t dice = random_below(&r->random, 100);

		if (dice < 10 && *p >= '0' && *p <= '9')
			*p = (char)('0' + random_below(&r->random, 10));
		else if (dice == 10)
			*p = other[random_below(&r->random, sizeof other - 1)];
	}
}

static void
compare_with_input(Decoding *d, const char *value, const char *text)
{
	const DecodeField *f = &d->fields[0];
	const char *message = arena_printf(&d->arena, "{\"x\":%s, \"y\":\"a value that is long enough\"}", value);
	Value expected = {0};
	Error err = {0};
	bool ok = type_class(f->type.id)->parse(str_from_cstr(text), &d->context, &d->arena, &expected, &err) &&
			  (f->type.modifier == NO_MODIFIER || type_apply_modifier(f->type, &expected, &d->arena, &err));

	decoding_message(d, message, strlen(message));
	if (!ok)
	{
		StrBuf reason = {0};

		error_append_reason(&err, &reason);
		assert_int_equal(d->result.bad_count, 1);
		assert_string_equal(d->result.bad[0].reason, str_cstr(&reason));
		str_free(&reason);
	}
	else
	{
		StrBuf printed = {0};

		type_class(f->type.id)->print(&expected, &d->context, &printed);
		assert_string_equal(decoding_outcome(d), str_cstr(&printed));
		str_free(&printed);
	}
	error_clear(&err);
}

static void
run_variations(TypeId type, int32_t modifier, const char *pattern, bool quoted, int count)
{
	RandomSeeded r;
	Decoding d;
	Arena work;

	random_seeded_init(&r, (uint64_t)type);
	arena_init(&work, "texts");
	decoding_begin(&d);
	decoding_field(&d, "x", type, modifier);
	decoding_open(&d, &json_format_class);
	for (int i = 0; i < count; i++)
	{
		char *text = arena_strdup(&work, pattern);

		vary(&r, text);
		compare_with_input(&d, quoted ? arena_printf(&work, "\"%s\"", text) : text, text);
		if (i % 2 == 0) /* and cut */
		{
			text[random_below(&r.random, strlen(text)) + 1] = '\0';
			compare_with_input(&d, arena_printf(&work, "\"%s\"", text), text);
		}
	}
	decoding_end(&d);
	arena_release(&work);
}

static void
test_quick_ways(void **state)
{
	RandomSeeded r;
	Decoding d;

	(void)state;
	run_variations(TYPE_TIMESTAMPTZ, NO_MODIFIER, "2026-11-22T10:11:12.123Z", true, 3000);
	run_variations(TYPE_TIMESTAMP, NO_MODIFIER, "2026-11-22T10:11:12.123Z", true, 3000);
	run_variations(TYPE_UUID, NO_MODIFIER, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", true, 3000);
	random_seeded_init(&r, 3);
	for (int scale = 0; scale <= 10; scale += 2)
	{
		decoding_begin(&d);
		decoding_field(&d, "x", TYPE_NUMERIC, NUMERIC_MODIFIER(12, scale));
		decoding_open(&d, &json_format_class);
		for (int i = 0; i < 2000; i++)
		{
			uint64_t shift = random_below(&r.random, 64);
			const char *text =
				arena_printf(&d.arena, "%s%" PRIu64, random_below(&r.random, 4) == 0 ? "-" : "",
							 random_u64(&r.random) >> shift);

			if (random_below(&r.random, 3) > 0)
				text = arena_printf(&d.arena, "%s.%0*" PRIu64, text, (int)random_below(&r.random, 9) + 1,
									random_below(&r.random, 10));
			compare_with_input(&d, text, text);
		}
		decoding_end(&d);
	}
}

/* ---- against jansson ---- */

static void
random_string(RandomSeeded *r, StrBuf *out)
{
	static const char *const pieces[] = {"a",
										 "b",
										 "key",
										 "\\n",
										 "\\\"",
										 "\\\\",
										 "\\u0041",
										 "\\u00e9",
										 "\\ud83d\\ude00",
										 "\xc3\xa9",
										 "\xe2\x82\xac",
										 "\xf0\x9f\x98\x80",
										 " ",
										 "/",
										 "\\/",
										 "0123456789",
										 "the quick brown fox"};

	str_append_char(out, '"');
	for (uint64_t n = random_below(&r->random, 5); n > 0; n--)
		str_append_cstr(out, pieces[random_below(&r->random, lengthof(pieces))]);
	str_append_char(out, '"');
}

static void
random_blanks(RandomSeeded *r, StrBuf *out)
{
	if (random_below(&r->random, 6) == 0)
		str_append_char(out, " \n\t\r"[random_below(&r->random, 4)]);
}

static void
random_value(RandomSeeded *r, StrBuf *out, int depth)
{
	static const char *const scalars[] = {"0",
										  "-1",
										  "12",
										  "1.5",
										  "-0.25",
										  "1e5",
										  "1E-3",
										  "123456789012",
										  "true",
										  "false",
										  "null",
										  "12345678.87654321",
										  "1234567890.12345"};
	uint64_t kind = random_below(&r->random, depth > 0 ? 5 : 3);

	random_blanks(r, out);
	if (kind < 2)
		str_append_cstr(out, scalars[random_below(&r->random, lengthof(scalars))]);
	else if (kind == 2)
		random_string(r, out);
	else
	{
		uint64_t n = random_below(&r->random, 5);

		str_append_char(out, kind == 3 ? '{' : '[');
		for (uint64_t i = 0; i < n; i++)
		{
			if (i > 0)
				str_append_char(out, ',');
			random_blanks(r, out);
			if (kind == 3 && random_below(&r->random, 2) == 0)
				str_append_cstr(out, "\"a\":");
			else if (kind == 3)
			{
				random_string(r, out);
				str_append_char(out, ':');
			}
			random_value(r, out, depth - 1);
		}
		random_blanks(r, out);
		str_append_char(out, kind == 3 ? '}' : ']');
	}
	random_blanks(r, out);
}

/* Changes a byte or two, or cuts the end off. */
static void
mutate(RandomSeeded *r, StrBuf *text)
{
	static const char bytes[] = "{}[],:\"\\u0019.eE+-tfn \x01\x7f\x80\xc3\xed\xff";

	for (uint64_t n = random_below(&r->random, 3); n > 0 && text->len > 0; n--)
	{
		size_t at = random_below(&r->random, text->len);

		if (random_below(&r->random, 5) == 0)
			text->len = at;
		else
			text->data[at] = bytes[random_below(&r->random, sizeof bytes - 1)];
	}
}

/* What jansson can't represent, though it is JSON. */
static bool
is_beyond_jansson(const json_error_t *error)
{
	return strstr(error->text, "NUL byte") != NULL || strstr(error->text, "overflow") != NULL ||
		   strstr(error->text, "too big") != NULL;
}

static void
compare_member(const JsonToken *token, const json_t *document, Arena *arena)
{
	const json_t *value = json_is_object(document) ? json_object_get(document, "a") : NULL;
	StrView text;

	if (value == NULL)
	{
		assert_int_equal(token->kind, JSON_TOKEN_MISSING);
		return;
	}
	switch (json_typeof(value))
	{
		case JSON_STRING:
			assert_int_equal(token->kind, JSON_TOKEN_STRING);
			if (json_unescape(token, arena, &text))
			{
				assert_int_equal(text.len, json_string_length(value));
				assert_memory_equal(text.data, json_string_value(value), text.len);
			}
			break;
		case JSON_INTEGER:
		case JSON_REAL:
			assert_int_equal(token->kind, JSON_TOKEN_NUMBER);
			assert_true(strtod(arena_strndup(arena, token->start, token->len), NULL) ==
						json_number_value(value));
			break;
		default:
			assert_true(token->kind >= JSON_TOKEN_NULL && token->kind != JSON_TOKEN_NUMBER &&
						token->kind != JSON_TOKEN_STRING);
			break;
	}
}

static void
compare_with_jansson(JsonMatch *match, JsonPaths *paths, const StrBuf *text, Arena *arena)
{
	char *copy = mem_alloc(text->len + (text->len == 0));
	json_error_t error;
	json_t *document;
	bool accepted;

	memcpy(copy, str_cstr(text), text->len);
	accepted = json_match(match, paths, (StrView){copy, text->len});
	document =
		json_loadb(copy, text->len, JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &error);
	if (document == NULL && is_beyond_jansson(&error))
		accepted = false;
	if (accepted != (document != NULL))
	{
		SqlStateName state;

		fail_msg("%s: jansson says \"%s\", Weir \"%s\"", str_cstr(text),
				 document != NULL ? "fine" : error.text,
				 accepted ? "fine" : json_fault_text(&match->scan, &state, arena));
	}
	if (accepted)
		compare_member(&match->tokens[0], document, arena);
	json_decref(document);
	mem_free(copy);
}

static void
test_against_jansson(void **state)
{
	PathStep path = {.key = "a"};
	DecodeField field = {.name = "a", .path_length = 1, .path = &path};
	StreamDef stream = {.name = "s"};
	JsonToken tokens[2];
	JsonPaths paths;
	JsonMatch match = {.tokens = tokens};
	RandomSeeded r;
	StrBuf text = {0};
	Arena arena, work;
	int accepted = 0, refused = 0;

	(void)state;
	random_seeded_init(&r, 20261122);
	arena_init(&arena, "paths");
	arena_init(&work, "work");
	json_paths_build(&stream, &field, 1, &arena, &paths);
	match.arena = &work;
	for (int i = 0; i < 60000; i++)
	{
		arena_reset(&work);
		str_clear(&text);
		random_value(&r, &text, 4);
		if (i % 2 == 1)
			mutate(&r, &text);
		compare_with_jansson(&match, &paths, &text, &work);
		if (match.scan.fault == JSON_FAULT_NONE)
			accepted++;
		else
			refused++;
	}
	assert_true(accepted > 30000 && refused > 10000);
	str_free(&text);
	arena_release(&arena);
	arena_release(&work);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_nested_places),
		cmocka_unit_test(test_json_text),
		cmocka_unit_test(test_null_and_default),
		cmocka_unit_test(test_unix_times),
		cmocka_unit_test(test_unknown_fields),
		cmocka_unit_test(test_limits_and_tombstones),
		cmocka_unit_test(test_batch),
		cmocka_unit_test(test_metadata),
		cmocka_unit_test(test_quick_ways),
		cmocka_unit_test(test_against_jansson),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
