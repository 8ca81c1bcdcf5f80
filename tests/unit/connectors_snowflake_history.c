/*
 * connectors_snowflake_history: what is asked of COPY_HISTORY, what its rows mean, and which key a file's
 * name is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "common/types/timestamp.h"
#include "connectors/snowflake_history.h"
#include "tests/unit/snowflake_testing.h"

#define TYPES                                                                                          \
	"{\"name\":\"FILE_NAME\",\"type\":\"text\"},{\"name\":\"STAGE_LOCATION\",\"type\":\"text\"},"      \
	"{\"name\":\"STATUS\",\"type\":\"text\"},{\"name\":\"ROW_COUNT\",\"type\":\"fixed\"},"             \
	"{\"name\":\"FIRST_ERROR_MESSAGE\",\"type\":\"text\"},{\"name\":\"PIPE_NAME\",\"type\":\"text\"}," \
	"{\"name\":\"LAST_LOAD_TIME\",\"type\":\"timestamp_ltz\"}"
#define HISTORY(count, rows) "{" META(count, "{}", TYPES) ",\"data\":[" rows "]}"

/* "file|stage|status|rows|error|pipe|time\n" */
static void
note(void *context, const SnowflakeLoaded *loaded)
{
	StrBuf *out = context;

	str_appendf(out, "%s|%s|%d|%" PRIu64 "|%s|%s|", loaded->file, loaded->stage, loaded->status, loaded->rows,
				loaded->error != NULL ? loaded->error : "NULL", loaded->pipe != NULL ? loaded->pipe : "NULL");
	if (loaded->time != 0)
		timestamptz_print(loaded->time, NULL, out);
	str_append_char(out, '\n');
}

static bool
visit(Fixture *f, const char *table, int64_t since, const char *body, Error *err)
{
	const ServerStep step = {.status = 200, .body = body};
	SnowflakeName name;
	bool ok;

	f->steps = &step;
	f->step_count = 1;
	assert_true(snowflake_name_read(&name, str_from_cstr(table), SNOWFLAKE_NAME_PARTS, 0));
	str_clear(&f->rows);
	ok = snowflake_history_visit(&f->server, &f->context, &name, since, note, &f->rows, err);
	snowflake_name_free(&name);
	return ok;
}

static void
must_visit(Fixture *f, const char *table, int64_t since, const char *body, const char *rows)
{
	Error err = {0};

	if (!visit(f, table, since, body, &err))
		fail_msg("%s", err.message);
	assert_string_equal(str_cstr(&f->rows), rows);
}

static void
test_rows(void **state)
{
	must_visit(
		*state, "t", 0,
		HISTORY("5",
				"[\"a/x.csv\",\"s3://b/out/\",\"Loaded\",\"7\",null,\"T_PIPE\",\"1616173619.123000000\"],"
				"[\"y.csv\",\"s3://b/out/\",\"Load failed\",\"0\",\"bad \\\"N\\\"\",null,\"1616173619\"],"
				"[\"y.csv\",null,\"Partially loaded\",\"18446744073709551615\",\"\",null,\"0\"],"
				"[\"z.csv\",\"\",\"LOAD IN PROGRESS\",null,null,null,null],"
				"[\"z.csv\",\"\",\"Load skipped\",\"0\",null,null,null]"),
		"a/x.csv|s3://b/out/|2|7|NULL|T_PIPE|2021-03-19 17:06:59.123+00\n"
		"y.csv|s3://b/out/|4|0|bad \"N\"|NULL|2021-03-19 17:06:59+00\n"
		"y.csv||3|18446744073709551615||NULL|1970-01-01 00:00:00+00\n"
		"z.csv||1|0|NULL|NULL|\n"
		"z.csv||0|0|NULL|NULL|\n");
}

static void
must_ask(Fixture *f, int number, const char *text)
{
	const char *body = str_cstr(&server_request(f->http, number)->body);

	if (strstr(body, text) == NULL)
		fail_msg("%s", body);
}

/* The session's zone, a table in another database, times within what is known and before. */
static void
test_questions(void **state)
{
	Fixture *f = *state;
	const char *none = HISTORY("0", "");
	TimeZoneCache zones;
	const int64_t now = clock_now(&system_clock);
	StrBuf start = {0};

	timezone_cache_init(&zones, NULL);
	f->context.zone = timezone_find(&zones, STR_LIT("Europe/Berlin"));
	must_visit(f, "t", INT64_MIN, none, "");
	must_ask(f, 0,
			 "FROM TABLE(INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => '\\\"T\\\"',"
			 "\\n        START_TIME => DATEADD(DAY, -14, CURRENT_TIMESTAMP()))) h\"");
	must_visit(f, "\"d b\".s.\"o'r\"", now - 14 * MICROS_PER_DAY, none, "");
	must_ask(f, 1,
			 "FROM TABLE(\\\"d b\\\".INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => "
			 "'\\\"d b\\\".\\\"S\\\".\\\"o''r\\\"',");
	must_ask(f, 1, "DATEADD(DAY, -14");
	must_visit(f, "t", now - 13 * MICROS_PER_DAY,
			   HISTORY("1", "[\"x\",\"\",\"Loaded\",\"1\",null,null,\"1616173619\"]"),
			   "x||2|1|NULL|NULL|2021-03-19 17:06:59+00\n");
	str_append_cstr(&start, "START_TIME => TO_TIMESTAMP_LTZ('");
	timestamp_print(now - 13 * MICROS_PER_DAY, &start);
	str_append_cstr(&start, " +0000')))");
	must_ask(f, 2, str_cstr(&start));
	str_free(&start);
	timezone_cache_release(&zones);
}

static void
test_strange_answers(void **state)
{
	static const struct
	{
		const char *body, *message;
	} cases[] = {
		{HISTORY("1", "[\"x\",\"\",\"Lo\\u001bst\",\"1\",null,null,\"0\"]"),
		 "Snowflake's load history is not understood: STATUS is \"Lo st\""},
		{HISTORY("1", "[null,\"\",\"Loaded\",\"1\",null,null,\"0\"]"),
		 "Snowflake's load history is not understood: FILE_NAME is NULL"},
		{HISTORY("1", "[\"x\",\"\",\"Loaded\",\"1.5\",null,null,\"0\"]"),
		 "Snowflake's load history is not understood: ROW_COUNT is \"1.5\""},
		{"{" META("1", "{}", "{\"name\":\"N\",\"type\":\"fixed\"}") ",\"data\":[[\"7\"]]}",
		 "Snowflake's load history is not understood: it has not the columns that were asked for"},
	};

	for (size_t i = 0; i < lengthof(cases); i++)
	{
		Error err = {0};

		assert_false(visit(*state, "t", 0, cases[i].body, &err));
		assert_string_equal(err.message, cases[i].message);
		assert_int_equal(err.state, SQLSTATE_CONNECTION_EXCEPTION);
		error_clear(&err);
	}
}

static void
test_keys(void **state UNUSED)
{
	static const struct
	{
		const char *stage, *file, *url;
		bool whole;
		const char *key;
	} cases[] = {
		{"s3://b/out/", "x.csv", "s3://b/out/", false, "x.csv"},
		{"s3://b/out", "a/x.csv", "s3://b/out/", false, "a/x.csv"},
		{"s3://b/out/r2/", "x.csv", "s3://b/out/", false, "r2/x.csv"},
		{"s3://b/out/a/", "x.csv", "s3://b/out/", false, "a/x.csv"},
		{"s3://b/other/", "x.csv", "s3://b/out/", false, NULL},
		{"s3://b/output/", "x.csv", "s3://b/out/", false, NULL},
		{"s3://b/", "out/x.csv", "s3://b/out/", false, "x.csv"},
		{"s3://b/out/", "out/x.csv", "s3://b/out/", false, "out/x.csv"},
		{"s3://b/out/", "out/x.csv", "s3://b/out/", true, "x.csv"},
		{"s3://b/out/", "x.csv", "s3://b/out/", true, NULL},
		{"s3://b/out/", "s3://b/out/x.csv", "s3://b/out/", false, NULL},
		{"s3://b/out/", "s3://b/out/x.csv", "s3://b/out/", true, "x.csv"},
		{"s3://b/out/", "s3://b/x.csv", "s3://b/out/", true, NULL},
		{"", "x.csv", "s3://b/out/", false, "x.csv"},
		{"@DB.SC.T_STAGE", "a/x.csv", "s3://b/out/", false, "a/x.csv"},
		{"stages/1234", "a/x.csv", NULL, false, "a/x.csv"},
		{"stages/1234", "a/x.csv", NULL, true, NULL},
	};
	Arena arena;

	arena_init(&arena, "test");
	for (size_t i = 0; i < lengthof(cases); i++)
	{
		const SnowflakeLoaded loaded = {.file = cases[i].file, .stage = cases[i].stage};
		const char *key = snowflake_history_key(&loaded, cases[i].url, cases[i].whole, &arena);

		if ((key == NULL) != (cases[i].key == NULL) || (key != NULL && strcmp(key, cases[i].key) != 0))
			fail_msg("%zu: %s", i, key != NULL ? key : "NULL");
	}
	arena_release(&arena);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_rows),
		TEST(test_questions),
		TEST(test_strange_answers),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
