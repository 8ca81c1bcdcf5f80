/*
 * AWS credentials that expire: when new ones are fetched, who waits for them, and what happens while the
 * service has trouble. Time is virtual; the container endpoint gives what each test tells it to.
 */
#include "tests/unit/aws_testing.h"

#include <pthread.h>

#include "common/types/timestamp.h"

static char *bodies[TESTING_REPLIES];
static int body_count;

/* The next answer: keys of that name that last so many seconds from now on. */
static void
answer(const char *key_id, int64_t seconds)
{
	StrBuf body = {0};
	char time[TIMESTAMP_ISO_SIZE];

	*timestamp_put_iso(time, test_clock.now + seconds * MICROS_PER_SECOND, NULL) = '\0';
	str_appendf(&body, "{\"AccessKeyId\":\"%s\",\"SecretAccessKey\":\"" CANARY "\",\"Expiration\":\"%sZ\"}",
				key_id, time);
	bodies[body_count++] = body.data;
	test_reply(200, body.data);
}

static int
setup(void **state)
{
	test_aws_setup(state);
	test_set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://localhost/");
	while (body_count > 0)
		mem_free(bodies[--body_count]);
	return 0;
}

/* Gets; says which keys, and remembers their generation. */
static uint64_t generation;

static void
check_key(const char *key_id, int requests)
{
	AwsCredentials got = {0};
	Error err = {0};

	if (!aws_credentials_get(test_identity, &got, &err))
		fail_msg("%s", err.message);
	assert_string_equal(got.key_id, key_id);
	generation = got.generation;
	aws_credentials_free(&got);
	aws_credentials_settle(test_identity);
	assert_int_equal(test_request_count, requests);
}

static void
advance(int64_t micros)
{
	test_clock.now += micros;
}

/* Five minutes ahead, not a microsecond earlier; the old ones are handed out meanwhile. */
static void
test_five_minutes(void **state UNUSED)
{
	test_identity_open();
	answer("first", 3600);
	check_key("first", 1);
	assert_int_equal(generation, 1);
	advance(55 * MICROS_PER_MINUTE - 1);
	check_key("first", 1);
	advance(1);
	answer("second", 3600);
	check_key("first", 2);
	check_key("second", 2);
	assert_int_equal(generation, 2);
}

/* The old ones are good up to the last microsecond, and not one longer. */
static void
test_last_moment(void **state UNUSED)
{
	test_identity_open();
	answer("first", 3600);
	check_key("first", 1);
	advance(MICROS_PER_HOUR - 1);
	test_reply(500, "");
	check_key("first", 2);
	advance(1);
	answer("second", 3600);
	check_key("second", 3);
}

/* Nobody waits for a service in trouble while the old ones are good; it is asked after 10, 20, 40, 60 … s. */
static void
test_trouble_ahead(void **state UNUSED)
{
	static const int64_t pauses[] = {10, 20, 40, 60, 60};

	test_identity_open();
	answer("first", 3600);
	check_key("first", 1);
	advance(55 * MICROS_PER_MINUTE);
	for (size_t i = 0; i < lengthof(pauses); i++)
	{
		if (i % 2 == 0)
			test_reply(503, "");
		else
			test_fault(HTTP_TIMEOUT);
		check_key("first", 2 + (int)i);
		advance(pauses[i] * MICROS_PER_SECOND - 1);
		check_key("first", 2 + (int)i);
		advance(1);
	}
	assert_int_equal(test_paused, 0);
	answer("second", 3600);
	check_key("first", 7);
	check_key("second", 7);
}

/* Without good ones there is waiting, three times; the error says that it may pass, whatever it is. */
static void
test_trouble_after(void **state UNUSED)
{
	test_identity_open();
	answer("first", 3600);
	check_key("first", 1);
	advance(MICROS_PER_HOUR);
	test_reply(503, "");
	test_reply(404, "");
	test_reply(503, "");
	test_get_refused("could not fetch AWS credentials of container endpoint: HTTP status 503", true);
	assert_int_equal(test_request_count, 4);
	assert_int_equal(test_paused, 3 * MICROS_PER_SECOND);
	test_reply(503, "");
	answer("second", 3600);
	check_key("second", 6);
}

/* What is expired when it comes is no credentials. */
static void
test_expired_at_once(void **state UNUSED)
{
	test_identity_open();
	answer("late", 0);
	test_get_refused("AWS credentials of container endpoint have expired", false);
	answer("first", 3600);
	check_key("first", 2);
}

/* Those that last less than ten minutes are exchanged after half of their time, so that not every call asks.
 */
static void
test_short_lived(void **state UNUSED)
{
	test_identity_open();
	answer("first", 240);
	check_key("first", 1);
	advance(120 * MICROS_PER_SECOND - 1);
	check_key("first", 1);
	advance(1);
	answer("second", 600);
	check_key("first", 2);
	advance(300 * MICROS_PER_SECOND - 1);
	check_key("second", 2);
	advance(1);
	answer("third", 601);
	check_key("second", 3);
	advance(301 * MICROS_PER_SECOND - 1);
	check_key("third", 3);
	advance(1);
	answer("fourth", 3600);
	check_key("third", 4);
}

static void
test_refused(void **state UNUSED)
{
	test_identity_open();
	answer("first", 3600);
	check_key("first", 1);
	advance(MICROS_PER_MINUTE);
	/* Somebody else's old ones. */
	aws_credentials_refused(test_identity, generation - 1);
	check_key("first", 1);
	aws_credentials_refused(test_identity, generation);
	answer("second", 3600);
	check_key("second", 2);
	/* Late news of the first. */
	aws_credentials_refused(test_identity, generation - 1);
	check_key("second", 2);
	/* Refused ones are never handed out again, however long they would last. */
	advance(MICROS_PER_MINUTE);
	aws_credentials_refused(test_identity, generation);
	for (int i = 0; i < 3; i++)
		test_reply(500, "");
	test_get_refused("could not fetch AWS credentials of container endpoint: HTTP status 500", true);
	answer("third", 3600);
	check_key("third", 6);
}

/* A server that refuses whatever it is given does not make a fetch of every call. */
static void
test_refused_always(void **state UNUSED)
{
	test_identity_open();
	answer("first", 3600);
	check_key("first", 1);
	for (int i = 0; i < 10; i++)
	{
		aws_credentials_refused(test_identity, generation);
		answer("again", 3600);
		check_key("again", 2 + i);
	}
	assert_int_equal(test_paused, 10 * MICROS_PER_SECOND);
}

/* ---- threads ---- */

static pthread_barrier_t together;

static void
perform_slowly(void *context, const HttpRequest *request, HttpReply *reply)
{
	usleep(20 * 1000);
	test_perform(context, request, reply);
}

static void *
get_in_thread(void *argument)
{
	AwsCredentials got = {0};
	const char *expected = argument;
	bool same;

	pthread_barrier_wait(&together);
	same = aws_credentials_get(test_identity, &got, NULL) && strcmp(got.key_id, expected) == 0;
	aws_credentials_free(&got);
	return same ? argument : NULL;
}

static void
get_in_threads(const char *expected)
{
	pthread_t threads[8];

	pthread_barrier_init(&together, NULL, lengthof(threads));
	for (size_t i = 0; i < lengthof(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, get_in_thread, (void *)(uintptr_t)expected), 0);
	for (size_t i = 0; i < lengthof(threads); i++)
	{
		void *got;

		pthread_join(threads[i], &got);
		assert_ptr_equal(got, expected);
	}
	pthread_barrier_destroy(&together);
}

/* Eight at once make one request, whether they wait for it or not. */
static void
test_threads(void **state UNUSED)
{
	static const AwsSeams slow = {.perform = perform_slowly, .pause = test_pause};

	test_identity_open();
	test_identity_close(NULL);
	test_open.seams = &slow;
	assert_true(aws_identity_open(&test_open, &test_identity, NULL));
	answer("first", 3600);
	get_in_threads("first");
	assert_int_equal(test_request_count, 1);
	advance(56 * MICROS_PER_MINUTE);
	answer("second", 3600);
	get_in_threads("first");
	aws_credentials_settle(test_identity);
	assert_int_equal(test_request_count, 2);
	aws_credentials_refused(test_identity, 2);
	answer("third", 3600);
	get_in_threads("third");
	assert_int_equal(test_request_count, 3);
}

static atomic_bool stop;

static void
pause_and_stop(void *context UNUSED, int64_t micros UNUSED)
{
	atomic_store(&stop, true);
}

static void
test_stop(void **state UNUSED)
{
	static const AwsSeams stopping = {.perform = test_perform, .pause = pause_and_stop};

	atomic_store(&stop, false);
	test_identity_open();
	test_identity_close(NULL);
	test_open.seams = &stopping;
	test_open.stop = &stop;
	assert_true(aws_identity_open(&test_open, &test_identity, NULL));
	test_reply(500, "");
	test_get_refused("stopped while fetching AWS credentials", false);
	assert_int_equal(test_request_count, 1);
}

/* What a stopped job still has to write is signed with credentials that are fetched for it, as long as it
 * may. */
static void
test_grace(void **state UNUSED)
{
	atomic_store(&stop, true);
	test_identity_open();
	test_identity_close(NULL);
	test_open.stop = &stop;
	test_open.grace = MICROS_PER_MINUTE;
	assert_true(aws_identity_open(&test_open, &test_identity, NULL));
	test_reply(503, "");
	answer("first", 30);
	check_key("first", 2);
	advance(40 * MICROS_PER_SECOND);
	answer("second", 3600);
	check_key("second", 3);
	advance(MICROS_PER_MINUTE);
	aws_credentials_refused(test_identity, generation);
	test_get_refused("stopped while fetching AWS credentials", false);
	assert_int_equal(test_request_count, 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, test_identity_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_five_minutes),  TEST(test_last_moment),     TEST(test_trouble_ahead),
		TEST(test_trouble_after), TEST(test_expired_at_once), TEST(test_short_lived),
		TEST(test_refused),       TEST(test_refused_always),  TEST(test_threads),
		TEST(test_stop),          TEST(test_grace),
	};

	return cmocka_run_group_tests(tests, test_home_setup, test_home_teardown);
}
