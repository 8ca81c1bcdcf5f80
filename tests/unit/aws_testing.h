/*
 * aws_testing.h: what the tests of AWS credentials share: an environment, a clock and a home directory of
 * their own, and a network that answers by a script and remembers what it was asked.
 */
#ifndef WEIR_TESTS_AWS_TESTING_H
#define WEIR_TESTS_AWS_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
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
	int64_t step;        /* how much the monotonic clock goes on with each look */
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

	test->looks += test->step;
	return test->now + test->looks;
}

static TestClock test_clock = {.clock = {test_now, test_monotonic}};

/* ---- the network ---- */

typedef struct TestReply
{
	int status; /* 0: the fault */
	HttpFault fault;
	const char *body;
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
	test_set("HOME", test_home);
	test_set("AWS_EC2_METADATA_DISABLED", "true");
	test_shell("rm -rf");
	test_shell("mkdir -m 700");
	test_forget_requests();
	test_paused = 0;
	test_clock.now = (calendar_days(2026, 1, 1) * 24 + 12) * MICROS_PER_HOUR;
	test_clock.step = test_clock.looks = 0;
	return 0;
}

#endif
