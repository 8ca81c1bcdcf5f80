/*
 * aws_testing.h: what the tests of AWS credentials share: an environment, a clock and a home directory of
 * their own, and a network that answers by a script and remembers what it was asked.
 */
#ifndef WEIR_TESTS_AWS_TESTING_H
#define WEIR_TESTS_AWS_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/memory.h"
#include "common/types/calendar.h"
#include "connectors/aws_credentials.h"

/* In every secret of these tests, and in no message. */
#define CANARY "cAnArY+/5ecret"

/* ---- the environment ---- */

enum
{
	TESTING_VARIABLES = 32,
	TESTING_REPLIES = 64
};

static struct
{
	const char *name, *value;
} test_variables[TESTING_VARIABLES];

static inline const char *
test_environment(const char *name)
{
	for (int i = TESTING_VARIABLES - 1; i >= 0; i--)
		if (test_variables[i].name != NULL && strcmp(test_variables[i].name, name) == 0)
			return test_variables[i].value;
	return NULL;
}

/* The texts are borrowed. NULL takes it away. */
static inline void
test_set(const char *name, const char *value)
{
	int i = 0;

	while (test_variables[i].name != NULL && strcmp(test_variables[i].name, name) != 0)
		assert_true(++i < TESTING_VARIABLES);
	test_variables[i].name = name;
	test_variables[i].value = value;
}

/* ---- the clock ---- */

typedef struct TestClock
{
	Clock clock;
	_Atomic int64_t now; /* 0 = 2000-01-01 */
	int64_t step;        /* how much the monotonic clock goes on with each look … */
	const char *after;   /* … once this file is there; NULL = from the start */
	_Atomic int64_t looks;
} TestClock;

static int64_t
test_now(const Clock *clock)
{
	return ((const TestClock *)(const void *)clock)->now;
}

static int64_t
test_monotonic(const Clock *clock)
{
	TestClock *test = (TestClock *)(uintptr_t)clock;

	if (test->after == NULL || access(test->after, F_OK) == 0)
		test->looks += test->step;
	return test->now + test->looks;
}

static TestClock test_clock = {.clock = {.now = test_now, .monotonic = test_monotonic}};

/* ---- the network ---- */

typedef struct TestReply
{
	int status; /* 0: the fault */
	HttpFault fault;
	const char *body;
	const char *date; /* of the header; NULL = there is none */
} TestReply;

static TestReply test_replies[TESTING_REPLIES];
static int test_reply_count;
static char *test_requests[TESTING_REPLIES]; /* "METHOD url\nname: value\n\nbody" */
static atomic_int test_request_count;
static _Atomic int64_t test_paused; /* microseconds in all */

static void
test_perform(void *context UNUSED, const HttpRequest *request, HttpReply *reply)
{
	int n = test_request_count;
	StrBuf text = {0};

	*reply = (HttpReply){0};
	str_appendf(&text, "%s %s\n", request->method, request->url);
	if (request->ca_file != NULL)
		str_appendf(&text, "(trusting %s)\n", request->ca_file);
	for (size_t i = 0; i < request->header_count; i++)
		str_appendf(&text, "%s: %s\n", request->headers[i].name, request->headers[i].value);
	str_append_char(&text, '\n');
	str_append_view(&text, request->body);
	if (n >= test_reply_count)
	{
		fprintf(stderr, "an unexpected request: %s\n", str_cstr(&text));
		abort();
	}
	test_requests[n] = text.data;
	reply->status = test_replies[n].status;
	reply->fault = test_replies[n].fault;
	if (test_replies[n].body != NULL)
		str_append_cstr(&reply->body, test_replies[n].body);
	if (test_replies[n].date != NULL)
		str_appendf(&reply->head, "date: %s\n", test_replies[n].date);
	if (reply->fault != HTTP_DONE)
		snprintf(reply->message, sizeof reply->message, "the network says no");
	test_request_count = n + 1;
}

static void
test_pause(void *context UNUSED, int64_t micros)
{
	test_paused += micros;
}

static const AwsSeams test_seams = {.perform = test_perform, .pause = test_pause};

static inline void
test_reply(int status, const char *body)
{
	assert_true(test_reply_count < TESTING_REPLIES);
	test_replies[test_reply_count++] = (TestReply){.status = status, .body = body};
}

static inline void
test_fault(HttpFault fault)
{
	assert_true(test_reply_count < TESTING_REPLIES);
	test_replies[test_reply_count++] = (TestReply){.fault = fault};
}

static inline void
test_forget_requests(void)
{
	for (int i = 0; i < test_request_count; i++)
		mem_free(test_requests[i]);
	test_request_count = test_reply_count = 0;
}

static inline void
test_check_request(int number, const char *part)
{
	assert_true(number < test_request_count);
	if (strstr(test_requests[number], part) == NULL)
		fail_msg("\"%s\" is not in request %d: %s", part, number, test_requests[number]);
}

static inline void
test_check_no_part(int number, const char *part)
{
	assert_true(number < test_request_count);
	if (strstr(test_requests[number], part) != NULL)
		fail_msg("\"%s\" is in request %d: %s", part, number, test_requests[number]);
}

/* What the identity is opened with, besides the seams. */
static AwsOpen test_open;

/* ---- files ---- */

static char test_home[] = "/tmp/weir-aws-XXXXXX";

/* Under the home directory. The path is valid until the next call. */
static inline const char *
test_write(const char *name, const char *text)
{
	static char path[256];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", test_home, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	return path;
}

static inline void
test_shell(const char *command)
{
	char full[256];

	snprintf(full, sizeof full, "%s %s", command, test_home);
	assert_int_equal(system(full), 0);
}

static inline int
test_home_setup(void **state UNUSED)
{
	assert_non_null(mkdtemp(test_home));
	return 0;
}

static inline int
test_home_teardown(void **state UNUSED)
{
	test_shell("rm -rf");
	return 0;
}

/* Before each test: nothing is configured, not even Amazon's metadata service; it is 2026-01-01 12:00. */
static inline int
test_aws_setup(void **state UNUSED)
{
	memset(test_variables, 0, sizeof test_variables);
	memset(&test_open, 0, sizeof test_open);
	test_set("HOME", test_home);
	test_set("AWS_EC2_METADATA_DISABLED", "true");
	test_shell("rm -rf");
	test_shell("mkdir -m 700");
	test_forget_requests();
	test_paused = 0;
	test_clock.now = (calendar_days(2026, 1, 1) * 24 + 12) * MICROS_PER_HOUR;
	test_clock.step = test_clock.looks = 0;
	test_clock.after = NULL;
	return 0;
}

/* ---- an identity ---- */

static AwsIdentity *test_identity;

/* No text of an error has a secret in it. Clears the error. */
static inline void
test_check_error(Error *err, const char *message)
{
	const char *texts[] = {err->message, err->detail, err->hint, err->context};

	for (size_t i = 0; i < lengthof(texts); i++)
		if (texts[i] != NULL && strstr(texts[i], CANARY) != NULL)
			fail_msg("a secret in \"%s\"", texts[i]);
	assert_true(err->set);
	if (message != NULL)
		assert_string_equal(err->message, message);
	error_clear(err);
}

static inline int
test_identity_close(void **state UNUSED)
{
	aws_identity_close(test_identity);
	test_identity = NULL;
	return 0;
}

static inline void
test_identity_open(void)
{
	Error err = {0};

	test_identity_close(NULL);
	test_open.clock = &test_clock.clock;
	test_open.seams = &test_seams;
	test_open.environment = test_environment;
	if (!aws_identity_open(&test_open, &test_identity, &err))
		fail_msg("%s: %s", err.message, err.detail ? err.detail : "");
}

/* detail NULL = whatever it is. */
static inline void
test_open_refused(const char *message, const char *detail)
{
	Error err = {0};

	test_identity_close(NULL);
	test_open.clock = &test_clock.clock;
	test_open.seams = &test_seams;
	test_open.environment = test_environment;
	assert_false(aws_identity_open(&test_open, &test_identity, &err));
	assert_null(test_identity);
	if (detail != NULL)
		assert_string_equal(err.detail, detail);
	test_check_error(&err, message);
}

/* token NULL = none; expires in seconds from now, -1 = never. */
static inline void
test_get(const char *key_id, const char *secret, const char *token, int64_t expires)
{
	AwsCredentials got = {0};
	Error err = {0};

	if (!aws_credentials_get(test_identity, &got, &err))
		fail_msg("%s: %s", err.message, err.detail ? err.detail : "");
	assert_string_equal(got.key_id, key_id);
	assert_string_equal(got.secret, secret);
	assert_true((token == NULL) == (got.session_token == NULL));
	if (token != NULL)
		assert_string_equal(got.session_token, token);
	assert_int_equal(got.expires, expires < 0 ? INT64_MAX : test_clock.now + expires * MICROS_PER_SECOND);
	aws_credentials_free(&got);
}

static inline void
test_get_refused(const char *message, bool retriable)
{
	AwsCredentials got = {0};
	Error err = {0};

	assert_false(aws_credentials_get(test_identity, &got, &err));
	assert_int_equal(err.retriable, retriable);
	test_check_error(&err, message);
}

#endif
