/*
 * connectors_snowflake_pipe: Snowpipe's calls against a scripted server: what is sent, and what is made of
 * answers as documents, clients and servers have them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "common/types/timestamp.h"
#include "connectors/snowflake_pipe.h"
#include "tests/unit/snowflake_testing.h"

#define PIPE(f) ((SnowflakePipe){.server = &(f)->server, .database = "DB", .schema = "SC", .name = "T_PIPE"})

/* ---- what is heard ---- */

static void
note_event(void *context, const SnowflakePipeEvent *event)
{
	Fixture *f = context;

	str_appendf(&f->rows, "%s|%d|%" PRIu64 "|%s\n", event->path, event->status, event->rows,
				event->error != NULL ? event->error : "NULL");
}

static void
note_refusal(void *context, const char *path, bool known)
{
	Fixture *f = context;

	str_appendf(&f->rows, "%s %s\n", path, known ? "known" : "unmatched");
}

static void
answer(Fixture *f, const ServerStep *steps, int count)
{
	f->steps = steps;
	f->step_count = count;
}

static bool
insert(Fixture *f, const SnowflakePipe *pipe, Error *err)
{
	const SnowflakePipeFile files[] = {{STR_LIT("a=1/x\"y.csv"), 7}, {STR_LIT("b.csv"), 0}};

	return snowflake_pipe_insert(pipe, files, lengthof(files), note_refusal, f, err);
}

static void
must_insert(Fixture *f, const char *body)
{
	const ServerStep step = {.status = 200, .body = body};
	const SnowflakePipe pipe = PIPE(f);
	Error err = {0};

	answer(f, &step, 1);
	if (!insert(f, &pipe, &err))
		fail_msg("%s", err.message);
}

/* ---- insertFiles ---- */

static void
test_insert(void **state)
{
	Fixture *f = *state;
	const ServerRequest *request;

	must_insert(f, "{\"requestId\":\"1\",\"status\":\"success\",\"more\":[1]}");
	request = server_request(f->http, 0);
	assert_string_equal(request->method, "POST");
	assert_int_equal(strncmp(request->target, "/v1/data/pipes/DB.SC.T_PIPE/insertFiles?requestId=", 50), 0);
	assert_string_equal(request->target + 50 + 36, "&showSkippedFiles=true");
	assert_string_equal(
		str_cstr(&request->body),
		"{\"files\":[{\"path\":\"a=1/x\\\"y.csv\",\"size\":7},{\"path\":\"b.csv\",\"size\":0}]}");
	assert_string_equal(str_cstr(&f->rows), "");
}

static void
test_success_in_other_words(void **state)
{
	must_insert(*state, "{\"responseCode\":\"SUCCESS\"}");
	must_insert(*state, "{\"status\":\"Success\",\"responseCode\":\"?\"}");
}

/* Names, or objects with names. */
static void
test_refused_files(void **state)
{
	Fixture *f = *state;

	must_insert(f, "{\"status\":\"success\",\"skippedFiles\":[\"b.csv\",{\"path\":\"c\"},3],"
				   "\"unmatchedPatternFiles\":[\"a\"]}");
	assert_string_equal(str_cstr(&f->rows), "b.csv known\nc known\na unmatched\n");
}

static void
test_names(void **state)
{
	Fixture *f = *state;
	const ServerStep step = {.status = 200, .body = "{\"status\":\"success\"}"};
	const SnowflakePipe pipe = {
		.server = &f->server, .database = "My \"db\"", .schema = "low", .name = "T.\xc3\xa4_PIPE$1"};

	answer(f, &step, 1);
	assert_true(insert(f, &pipe, NULL));
	assert_int_equal(
		strncmp(server_request(f->http, 0)->target,
				"/v1/data/pipes/%22My%20%22%22db%22%22%22.low.%22T.%C3%A4_PIPE$1%22/insertFiles?", 76),
		0);
}

/* All attempts are one request. */
static void
test_repetitions(void **state)
{
	Fixture *f = *state;
	static const ServerStep steps[] = {
		{.status = 429}, {.status = 500}, {.status = 0}, {.status = 200, .body = "{\"status\":\"success\"}"}};
	const SnowflakePipe pipe = PIPE(f);

	answer(f, steps, lengthof(steps));
	assert_true(insert(f, &pipe, NULL));
	assert_int_equal(server_request_count(f->http), lengthof(steps));
	for (int i = 1; i < (int)lengthof(steps); i++)
		assert_string_equal(server_request(f->http, i)->target, server_request(f->http, 0)->target);
}

static void
test_bad_answers(void **state)
{
	Fixture *f = *state;
	static const struct
	{
		int status;
		const char *body;
		SqlStateName state;
		const char *message;
	} cases[] = {
		{200, "", SQLSTATE_CONNECTION_EXCEPTION, "not a JSON object"},
		{200, "{}", SQLSTATE_CONNECTION_EXCEPTION, "does not say that files were queued"},
		{200, "{\"status\":\"failure\"}", SQLSTATE_CONNECTION_EXCEPTION,
		 "does not say that files were queued"},
		{400, "{\"code\":\"390142\",\"message\":\"bad payload\"}", SQLSTATE_FDW_ERROR, "bad payload"},
		{404, "{}", SQLSTATE_UNDEFINED_OBJECT, "pipe \"DB.SC.T_PIPE\" does not exist in Snowflake"},
		{401, "{\"message\":\"JWT token is invalid\"}", SQLSTATE_INVALID_AUTHORIZATION,
		 "JWT token is invalid"},
	};
	const SnowflakePipe pipe = PIPE(f);

	for (size_t i = 0; i < lengthof(cases); i++)
	{
		const ServerStep step = {.status = cases[i].status, .body = cases[i].body};
		Error err = {0};

		answer(f, &step, 1);
		assert_false(insert(f, &pipe, &err));
		if (err.state != cases[i].state || strstr(err.message, cases[i].message) == NULL)
			fail_msg("%zu: %s", i, err.message);
		if (cases[i].status == 404)
			assert_non_null(strstr(err.hint, "MYORG-ACCT.LOADER"));
		error_clear(&err);
	}
}

/* ---- insertReport ---- */

/* As the Java client's documents have it, with what is not known here. */
#define EVENTS                                                                                            \
	"\"files\":[{\"path\":\"a.csv\",\"stageLocation\":\"s3://b/\",\"fileSize\":57,\"timeReceived\":"      \
	"\"2026-06-01T00:00:00.000Z\",\"lastInsertTime\":\"2026-06-01T00:00:01.000Z\",\"rowsInserted\":1,"    \
	"\"rowsParsed\":1,"                                                                                   \
	"\"errorsSeen\":0,\"errorLimit\":1,\"complete\":true,\"status\":\"LOADED\",\"new\":{}},"              \
	"{\"path\":\"b.csv\",\"rowsInserted\":0,\"firstError\":\"Numeric value 'x'\\nis "                     \
	"not\",\"firstErrorLineNum\":3,"                                                                      \
	"\"firstErrorCharacterPos\":1,\"firstErrorColumnName\":\"\\\"T\\\"[\\\"A\\\":1]\",\"status\":\"LOAD_" \
	"FAILED\"},"                                                                                          \
	"{\"path\":\"c.csv\",\"rowsInserted\":2,\"systemError\":\"Remote file was not "                       \
	"found\",\"status\":\"PARTIALLY_LOADED\"},"                                                           \
	"{\"path\":\"d.csv\",\"rowsInserted\":5,\"complete\":false,\"status\":\"LOAD_IN_PROGRESS\"},"         \
	"{\"path\":\"e.csv\",\"status\":\"ON_ITS_WAY\"},{\"status\":\"LOADED\"},{\"path\":\"a.csv\","         \
	"\"rowsInserted\":1,"                                                                                 \
	"\"status\":\"loaded\"}]"
#define HEARD                                                                              \
	"a.csv|2|1|NULL\nb.csv|4|0|Numeric value 'x' is not (line 3, column \"T\"[\"A\":1])\n" \
	"c.csv|3|2|Remote file was not found\nd.csv|1|5|NULL\na.csv|2|1|NULL\n"

static void
test_report(void **state)
{
	Fixture *f = *state;
	static const ServerStep steps[] = {
		{.status = 200,
		 .body = "{\"pipe\":\"P\",\"completeResult\":true,\"nextBeginMark\":\"1_39&x\"," EVENTS
				 ",\"statistics\":{}}"},
		{.status = 200, .body = "{\"completeResult\":false,\"nextBeginMark\":\"1_40\",\"files\":[]}"},
		{.status = 200, .body = "{\"nextBeginMark\":null}"},
	};
	static const char *const marks[] = {"", "&beginMark=1_39%26x", "&beginMark=1_40"};
	SnowflakePipe pipe = PIPE(f);
	bool complete;

	answer(f, steps, lengthof(steps));
	for (int i = 0; i < 3; i++)
	{
		complete = i == 1;
		assert_true(snowflake_pipe_report(&pipe, &complete, note_event, f, NULL));
		assert_int_equal(complete, i != 1);
		assert_string_equal(server_request(f->http, i)->method, "GET");
		assert_string_equal(strchr(server_request(f->http, i)->target, '?') + 11 + 36, marks[i]);
	}
	assert_string_equal(str_cstr(&f->rows), HEARD);
	assert_string_equal(str_cstr(&pipe.mark), "1_40");
	snowflake_pipe_free(&pipe);
}

static void
test_no_list(void **state)
{
	Fixture *f = *state;
	const ServerStep step = {.status = 200, .body = "{\"files\":3,\"nextBeginMark\":\"1_1\"}"};
	SnowflakePipe pipe = PIPE(f);
	Error err = {0};
	bool complete;

	answer(f, &step, 1);
	assert_false(snowflake_pipe_report(&pipe, &complete, note_event, f, &err));
	assert_non_null(strstr(err.message, "files is no list"));
	assert_int_equal(pipe.mark.len, 0);
	error_clear(&err);
}

/* ---- loadHistoryScan ---- */

static int64_t
moment(const char *text)
{
	bool zone;
	int64_t ts;

	assert_true(timestamp_parse_iso(str_from_cstr(text), NULL, &zone, &ts));
	return ts;
}

static void
test_scan(void **state)
{
	Fixture *f = *state;
	static const ServerStep steps[] = {
		{.status = 200,
		 .body = "{\"completeResult\":false,\"rangeEndTime\":\"2026-06-01T00:05:00.5Z\",\"files\":[]}"},
		{.status = 200, .body = "{\"completeResult\":true," EVENTS "}"},
	};
	static const char *const starts[] = {"&startTimeInclusive=2026-06-01T00%3A00%3A00.000001Z",
										 "&startTimeInclusive=2026-06-01T00%3A05%3A00.5Z"};
	const SnowflakePipe pipe = PIPE(f);

	answer(f, steps, lengthof(steps));
	assert_true(snowflake_pipe_scan(&pipe, moment("2026-06-01 00:00:00.000001Z"), note_event, f, NULL));
	assert_int_equal(server_request_count(f->http), 2);
	for (int i = 0; i < 2; i++)
		assert_string_equal(strchr(server_request(f->http, i)->target, '?') + 11 + 36, starts[i]);
	assert_string_equal(str_cstr(&f->rows), HEARD);
}

static void
test_endless_scan(void **state)
{
	Fixture *f = *state;
	const ServerStep step = {
		.status = 200,
		.body = "{\"completeResult\":false,\"rangeEndTime\":\"2026-06-01T00:05:00Z\",\"files\":[]}"};
	const SnowflakePipe pipe = PIPE(f);
	Error err = {0};

	answer(f, &step, 1);
	assert_false(snowflake_pipe_scan(&pipe, moment("2026-06-01 00:00:00Z"), note_event, f, &err));
	assert_non_null(strstr(err.message, "the range of events does not end"));
	error_clear(&err);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(test_insert),        TEST(test_success_in_other_words),
		TEST(test_refused_files), TEST(test_names),
		TEST(test_repetitions),   TEST(test_bad_answers),
		TEST(test_report),        TEST(test_no_list),
		TEST(test_scan),          TEST(test_endless_scan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
