/*
 * connectors_snowflake_sql: statements for Snowflake against a scripted server: what is sent, how often each
 * kind of answer and fault is tried again, what becomes of results, errors and cancellations; and values as
 * texts.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <zlib.h>

#include "tests/unit/snowflake_testing.h"

#define RUNNING "{\"code\":\"333334\",\"message\":\"running\",\"statementHandle\":\"" HANDLE "\"}"
#define ONE "{" META("1", "{\"rowCount\":1}", "{\"name\":\"N\",\"type\":\"fixed\"}") ",\"data\":[[\"7\"]]}"
#define FAILED(message)                                                                                     \
	"{\"code\":\"000904\",\"message\":\"" message "\",\"sqlState\":\"42000\",\"statementHandle\":\"" HANDLE \
	"\"}"

/* ---- executing ---- */

static void
begin(void *context, const SnowflakeColumn *columns, uint32_t count)
{
	Fixture *f = context;

	f->columns = count;
	for (uint32_t i = 0; i < count; i++)
		str_appendf(&f->rows, "%s%s", i > 0 ? "|" : "", columns[i].name);
	str_append_char(&f->rows, '\n');
}

static void
take_row(void *context, const StrView *texts)
{
	Fixture *f = context;

	for (uint32_t i = 0; i < f->columns; i++)
	{
		str_append_cstr(&f->rows, i > 0 ? "|" : "");
		if (texts[i].data != NULL)
			str_append_view(&f->rows, texts[i]);
		else
			str_append_cstr(&f->rows, "NULL");
	}
	str_append_char(&f->rows, '\n');
}

static bool
execute(Fixture *f, const ServerStep *steps, int count, const char *statement, Error *err)
{
	const SnowflakeReceiver receiver = {f, begin, take_row};

	f->steps = steps;
	f->step_count = count;
	return snowflake_sql_execute(&f->server, &f->context, str_from_cstr(statement), &receiver, err);
}

#define EXECUTE(f, steps, statement, err) execute(f, steps, lengthof(steps), statement, err)

static void
must_execute(Fixture *f, const ServerStep *steps, int count, const char *rows)
{
	Error err = {0};

	if (!execute(f, steps, count, "SELECT 1", &err))
		fail_msg("%s", err.message);
	assert_string_equal(str_cstr(&f->rows), rows);
	assert_int_equal(server_request_count(f->http), count);
}

#define MUST_EXECUTE(f, steps, rows) must_execute(f, steps, lengthof(steps), rows)

static void
must_fail(Fixture *f, const ServerStep *steps, int count, SqlStateName state, const char *message)
{
	Error err = {0};

	assert_false(execute(f, steps, count, "SELECT 1", &err));
	if (strstr(err.message, message) == NULL)
		fail_msg("%s", err.message);
	assert_int_equal(err.state, state);
	error_clear(&err);
}

#define MUST_FAIL(f, steps, state, message) must_fail(f, steps, lengthof(steps), state, message)

/* ---- requests ---- */

static void
test_request(void **state)
{
	Fixture *f = *state;
	static const ServerStep steps[] = {{.status = 200, .body = ONE}};
	const ServerRequest *request;
	char value[2048];

	MUST_EXECUTE(f, steps, "N\n7\n");
	request = server_request(f->http, 0);
	assert_string_equal(request->method, "POST");
	assert_int_equal(strncmp(request->target, "/api/v2/statements?requestId=", 29), 0);
	assert_string_equal(request->target + 29 + 36, "&async=true");
	assert_string_equal(str_cstr(&request->body), "{\"statement\":\"SELECT 1\",\"role\":\"LOADER\","
												  "\"database\":\"Data base\",\"schema\":\"PUBLIC\"}");
	assert_int_equal(strncmp(server_header(request, "authorization", value),
							 "Bearer eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.", 44),
					 0);
	assert_string_equal(server_header(request, "x-snowflake-authorization-token-type", value), "KEYPAIR_JWT");
	assert_string_equal(server_header(request, "accept", value), "application/json");
	assert_string_equal(server_header(request, "content-type", value), "application/json");
	assert_int_equal(strncmp(server_header(request, "user-agent", value), "weir/", 5), 0);
}

static void
test_hosts(void **state UNUSED)
{
	static const char *const good[][3] = {
		{"", "MyOrg-my_acct", "https://myorg-my-acct.snowflakecomputing.com"},
		{"", "xy12345.eu-central-1.aws", "https://xy12345.eu-central-1.aws.snowflakecomputing.com"},
		{"", "xy12345.cn-northwest-1.aws", "https://xy12345.cn-northwest-1.aws.snowflakecomputing.cn"},
		{"a.privatelink.snowflakecomputing.com", "a", "https://a.privatelink.snowflakecomputing.com"},
		{"proxy.example.com:8443", "a", "https://proxy.example.com:8443"},
		{"http://localhost:1/", "a", "http://localhost:1"},
	};
	static const char *const bad[] = {
		"http://example.com", "https://u:p@example.com", "https://a.b/path", "ftp://a", "a b", "https://a?x"};

	for (size_t i = 0; i < lengthof(good); i++)
	{
		StrBuf url = {0};

		assert_true(snowflake_url_append(good[i][0], good[i][1], &url, NULL));
		assert_string_equal(str_cstr(&url), good[i][2]);
		str_free(&url);
	}
	for (size_t i = 0; i < lengthof(bad); i++)
	{
		StrBuf url = {0};

		if (snowflake_url_append(bad[i], "a", &url, NULL))
			fail_msg("%s", bad[i]);
		str_free(&url);
	}
}

/* ---- attempts ---- */

/* The same request id every time, and told to be a repetition. */
static void
test_repetitions(void **state)
{
	Fixture *f = *state;
	static const ServerStep steps[] = {{.status = 503},
									   {.status = 0},
									   {.status = 429},
									   {.status = 500},
									   {.status = 200, .body = ONE, .cut = 5},
									   {.status = 200, .body = ONE}};
	const char *first;

	MUST_EXECUTE(f, steps, "N\n7\n");
	first = server_request(f->http, 0)->target;
	assert_null(strstr(first, "retry"));
	for (int i = 1; i < (int)lengthof(steps); i++)
	{
		const char *again = server_request(f->http, i)->target;

		assert_int_equal(strncmp(again, first, strlen(first)), 0);
		assert_string_equal(again + strlen(first), "&retry=true");
	}
}

static void
test_one_new_token(void **state)
{
	Fixture *f = *state;
	static const ServerStep steps[] = {{.status = 401, .body = FAILED("JWT token is invalid")},
									   {.status = 200, .body = ONE}};

	MUST_EXECUTE(f, steps, "N\n7\n");
}

static void
test_no_second_token(void **state)
{
	Fixture *f = *state;
	static const ServerStep steps[] = {
		{.status = 401,
		 .headers = "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n",
		 .body = "{\"code\":\"390144\",\"message\":\"JWT token is invalid. [uuid]\"}"}};
	Error err = {0};

	assert_false(EXECUTE(f, steps, "SELECT 1", &err));
	assert_string_equal(err.message, "JWT token is invalid. [uuid]");
	assert_int_equal(err.state, SQLSTATE_INVALID_AUTHORIZATION);
	assert_string_equal(err.detail, "Snowflake's error code is 390144.");
	assert_non_null(strstr(err.hint, "The clock of this machine is"));
	assert_int_equal(server_request_count(f->http), 2);
	error_clear(&err);
}

static void
test_giving_up(void **state)
{
	Fixture *f = *state;
	static const ServerStep steps[] = {{.status = 503}};

	f->server.patience = 500 * 1000; /* a busy machine takes long for the first answer */
	MUST_FAIL(f, steps, SQLSTATE_CONNECTION_FAILURE, "is in trouble: HTTP status 503");
	assert_true(server_request_count(f->http) > 1);
}

static void
test_nobody_there(void **state)
{
	Fixture *f = *state;
	static const ServerStep steps[] = {{.status = 503}};

	f->server.patience = 5000;
	f->server.url = "http://127.0.0.1:1";
	MUST_FAIL(f, steps, SQLSTATE_CONNECTION_FAILURE, "could not reach \"http://127.0.0.1:1\"");
}

/* ---- results ---- */

static void
test_polling(void **state)
{
	Fixture *f = *state;
	static const ServerStep steps[] = {{.status = 202, .body = RUNNING},
									   {.status = 202, .body = RUNNING},
									   {.status = 429},
									   {.status = 202, .body = RUNNING},
									   {.status = 200, .body = ONE}};

	MUST_EXECUTE(f, steps, "N\n7\n");
	assert_string_equal(server_request(f->http, 1)->method, "GET");
	assert_string_equal(server_request(f->http, 4)->target, "/api/v2/statements/" HANDLE);
}

static size_t
compress_text(const char *text, char *out, size_t size)
{
	z_stream z = {.next_in = (Bytef *)(uintptr_t)text,
				  .avail_in = (uInt)strlen(text),
				  .next_out = (Bytef *)out,
				  .avail_out = (uInt)size};

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return size - z.avail_out;
}

#define TWO_COLUMNS "{\"name\":\"A\",\"type\":\"TEXT\"},{\"name\":\"b\",\"type\":\"date\"}"

static void
test_partitions(void **state)
{
	Fixture *f = *state;
	char packed[256];
	const ServerStep steps[] = {
		{.status = 200,
		 .body = "{" META("4", "{},{},{}", TWO_COLUMNS) ",\"data\":[[\"x\",null],[\"\",\"0\"]]}"},
		{.status = 200,
		 .headers = "Content-Encoding: gzip\r\n",
		 .body = packed,
		 .body_len = compress_text("{\"data\":[[\"y\",\"-1\"]]}", packed, sizeof packed)},
		{.status = 200, .body = "{\"data\":[[\"\\u0000\xc3\xa4\",\"20000\"]]}"},
	};
	Error err = {0};

	if (!EXECUTE(f, steps, "SELECT 1", &err))
		fail_msg("%s", err.message);
	assert_int_equal(f->rows.len,
					 sizeof "A|b\nx|NULL\n|1970-01-01\ny|1969-12-31\n\0\xc3\xa4|2024-10-04\n" - 1);
	assert_memory_equal(f->rows.data, "A|b\nx|NULL\n|1970-01-01\ny|1969-12-31\n\0\xc3\xa4|2024-10-04\n",
						f->rows.len);
	assert_string_equal(server_request(f->http, 2)->target, "/api/v2/statements/" HANDLE "?partition=2");
}

static void
test_bad_answers(void **state)
{
	Fixture *f = *state;
	static const struct
	{
		const char *body, *message;
	} cases[] = {
		{"", "not a JSON object"},
		{"[]", "not a JSON object"},
		{"{}", "no handle"},
		{"{\"statementHandle\":\"../x\"}", "no handle"},
		{"{\"statementHandle\":\"1\"}", "no columns"},
		{"{" META("1", "{}", "{\"name\":\"N\"}") ",\"data\":[]}", "no type"},
		{"{" META("1", "{}", "{\"name\":\"N\",\"type\":\"fixed\"}") "}", "no rows"},
		{"{" META("1", "{}", "{\"name\":\"N\",\"type\":\"fixed\"}") ",\"data\":[[\"1\"],[\"2\"]]}",
		 "too many"},
		{"{" META("1", "{}", "{\"name\":\"N\",\"type\":\"fixed\"}") ",\"data\":[[\"1\",\"2\"]]}", "too many"},
		{"{" META("-9223372036854775808", "{}", "{\"name\":\"N\",\"type\":\"fixed\"}") ",\"data\":[[\"1\"]]}",
		 "too many"},
		{"{" META("1", "{}", "{\"name\":\"N\",\"type\":\"fixed\"}") ",\"data\":[[1]]}",
		 "not of its column's type"},
		{"{" META("1", "{}", "{\"name\":\"N\",\"type\":\"date\"}") ",\"data\":[[\"soon\"]]}",
		 "not of its column's type"},
		{"{" META("2", "{}", "{\"name\":\"N\",\"type\":\"fixed\"}") ",\"data\":[[\"1\"]]}",
		 "left out 1 rows"},
	};

	for (size_t i = 0; i < lengthof(cases); i++)
	{
		const ServerStep steps[] = {{.status = 200, .body = cases[i].body}};
		Error err = {0};

		assert_false(EXECUTE(f, steps, "SELECT 1", &err));
		if (strstr(err.message, cases[i].message) == NULL)
			fail_msg("%zu: %s", i, err.message);
		error_clear(&err);
	}
}

/* ---- failures of statements ---- */

static void
test_error(void **state)
{
	Fixture *f = *state;
	static const ServerStep steps[] = {
		{.status = 422,
		 .body =
			 FAILED("SQL compilation error: error line 2 at position 3\\ninvalid identifier 'N\\u001bX'")}};
	Error err = {0};

	assert_false(EXECUTE(f, steps, "SELECT \xc3\xa4,\n\xc3\xa4, nx", &err));
	assert_string_equal(err.message,
						"SQL compilation error: error line 2 at position 3\ninvalid identifier 'N X'");
	assert_string_equal(err.detail, "Snowflake's error code is 000904, its SQLSTATE 42000.");
	assert_string_equal(sqlstate_code(err.state), "42000");
	assert_int_equal(err.position, sizeof "SELECT \xc3\xa4,\n\xc3\xa4, " - 1);
	assert_int_equal(server_request_count(f->http), 1);
	error_clear(&err);
}

static void
test_error_while_running(void **state)
{
	Fixture *f = *state;
	static const ServerStep steps[] = {{.status = 202, .body = RUNNING},
									   {.status = 422, .body = FAILED("no such table")}};

	MUST_FAIL(f, steps, SQLSTATE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION, "no such table");
	assert_int_equal(server_request_count(f->http), 2);
}

static void
test_error_without_text(void **state)
{
	Fixture *f = *state;
	static const ServerStep steps[] = {{.status = 403, .body = "<html>"}};

	MUST_FAIL(f, steps, SQLSTATE_FDW_ERROR, "Snowflake answered with HTTP status 403");
}

/* ---- cancelling ---- */

static void
must_be_cancelled(Fixture *f, int last)
{
	assert_int_equal(server_request_count(f->http), last + 1);
	assert_string_equal(server_request(f->http, last)->method, "POST");
	assert_string_equal(server_request(f->http, last)->target, "/api/v2/statements/" HANDLE "/cancel");
}

static void
test_cancel_while_running(void **state)
{
	Fixture *f = *state;
	static const ServerStep steps[] = {
		{.status = 202, .body = RUNNING}, {.status = 202, .body = RUNNING}, {.status = 200, .body = "{}"}};

	f->stop_at = 1;
	MUST_FAIL(f, steps, SQLSTATE_QUERY_CANCELED, "canceling statement due to user request");
	must_be_cancelled(f, 2);
}

/* The answer to the submission is waited for, since only it has the handle. */
static void
test_cancel_while_submitting(void **state)
{
	Fixture *f = *state;
	static const ServerStep steps[] = {{.status = 202, .body = RUNNING, .delay = 200},
									   {.status = 200, .body = "{}"}};

	f->stop_at = 0;
	MUST_FAIL(f, steps, SQLSTATE_QUERY_CANCELED, "canceling statement due to user request");
	must_be_cancelled(f, 1);
}

/* ---- values ---- */

static void
test_values(void **state UNUSED)
{
	static const struct
	{
		const char *type, *text, *expected;
	} cases[] = {
		{"fixed", "-12345678901234567890123456789012345678", "-12345678901234567890123456789012345678"},
		{"fixed", "1.50", "1.50"},
		{"real", "1e-07", "1e-07"},
		{"REAL", "150000000000000000000", "1.5e+20"},
		{"real", "inf", "Infinity"},
		{"real", "NaN", "NaN"},
		{"boolean", "true", "t"},
		{"boolean", "FALSE", "f"},
		{"binary", "DEADBEEF", "\\xdeadbeef"},
		{"variant", "{\"a\": 1}", "{\"a\": 1}"},
		{"date", "0", "1970-01-01"},
		{"date", "-719162", "0001-01-01"},
		{"date", "2932896", "9999-12-31"},
		{"time", "82919.000000000", "23:01:59"},
		{"time", "0.000000001", "00:00:00.000000001"},
		{"timestamp_ntz", "0.000000000", "1970-01-01 00:00:00"},
		{"timestamp_ntz", "1616173619.123000000", "2021-03-19 17:06:59.123"},
		{"timestamp_ntz", "-0.000000001", "1969-12-31 23:59:59.999999999"},
		{"timestamp_ntz", "-1.500000000", "1969-12-31 23:59:58.5"},
		{"timestamp_ntz", "253402300799.999999999", "9999-12-31 23:59:59.999999999"},
		{"timestamp_ltz", "1616173619", "2021-03-19 17:06:59+00"},
		{"timestamp_tz", "1616173619.000000000 1500", "2021-03-19 18:06:59+01"},
		{"timestamp_tz", "1616173619.5 1110", "2021-03-19 11:36:59.5-05:30"},
		{"timestamp_tz", "1616173619.000000000 1440", "2021-03-19 17:06:59+00"},
		{"date", "1.5", NULL},
		{"date", "", NULL},
		{"date", "999999999999", NULL},
		{"time", "86400", NULL},
		{"time", "-1", NULL},
		{"boolean", "yes", NULL},
		{"real", "much", NULL},
		{"timestamp_ntz", "1616173619.1234567890", NULL},
		{"timestamp_ntz", "1616173619 1440", NULL},
		{"timestamp_ntz", "9999999999999", NULL},
		{"timestamp_tz", "1616173619", NULL},
		{"timestamp_tz", "1616173619 2881", NULL},
	};

	for (size_t i = 0; i < lengthof(cases); i++)
	{
		StrBuf out = {0};
		bool ok = snowflake_value_append(snowflake_type_find(cases[i].type), str_from_cstr(cases[i].text),
										 NULL, &out);

		if (ok != (cases[i].expected != NULL) || (ok && strcmp(str_cstr(&out), cases[i].expected) != 0))
			fail_msg("%s %s: %s", cases[i].type, cases[i].text, str_cstr(&out));
		str_free(&out);
	}
}

static void
test_zone(void **state UNUSED)
{
	TimeZoneCache zones;
	StrBuf out = {0};

	timezone_cache_init(&zones, NULL);
	assert_true(snowflake_value_append(SNOWFLAKE_TIMESTAMP_LTZ, STR_LIT("1751328000.25"),
									   timezone_find(&zones, STR_LIT("Europe/Berlin")), &out));
	assert_string_equal(str_cstr(&out), "2025-07-01 02:00:00.25+02");
	str_free(&out);
	timezone_cache_release(&zones);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_request),
		cmocka_unit_test(test_hosts),
		TEST(test_repetitions),
		TEST(test_one_new_token),
		TEST(test_no_second_token),
		TEST(test_giving_up),
		TEST(test_nobody_there),
		TEST(test_polling),
		TEST(test_partitions),
		TEST(test_bad_answers),
		TEST(test_error),
		TEST(test_error_while_running),
		TEST(test_error_without_text),
		TEST(test_cancel_while_running),
		TEST(test_cancel_while_submitting),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_zone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
