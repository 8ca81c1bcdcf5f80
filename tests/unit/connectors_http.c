/*
 * connectors_http: requests against a scripted server: what goes out, what comes of each kind of reply and
 * fault, and what is said about a request that may have been carried out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "common/clock.h"
#include "connectors/http.h"
#include "tests/unit/http_server.h"

typedef struct Fixture
{
	HttpServer *server;
	HttpEngine *engine;
	const ServerStep *steps; /* the last one is repeated */
	int step_count;
	char url[128];
} Fixture;

static ServerStep
next_step(void *context, const ServerRequest *request UNUSED, int number)
{
	const Fixture *f = context;

	return f->steps[Min(number, f->step_count - 1)];
}

static void
set_up(Fixture *f, int connections, const ServerStep *steps, int step_count)
{
	f->steps = steps;
	f->step_count = step_count;
	f->server = server_start(next_step, f);
	assert_true(http_engine_open(connections, &f->engine, NULL));
	(void)snprintf(f->url, sizeof f->url, "http://127.0.0.1:%d/", f->server->port);
}

static void
tear_down(Fixture *f)
{
	http_engine_close(f->engine);
	server_stop(f->server);
}

static HttpRequest
get_of(const Fixture *f)
{
	return (HttpRequest){.method = "GET", .url = f->url};
}

static void
test_what_goes_out(void **state UNUSED)
{
	static const ServerStep steps[] = {
		{.status = 200, .headers = "X-Id:  7 \r\nETag: \"e\"\r\n", .body = "hello"}};
	const HttpHeader headers[] = {{"Host", "bucket.test"}, {"x-empty", ""}, {"x-amz-meta-a", "b c"}};
	static Fixture f;
	HttpRequest request;
	HttpReply reply = {0};
	StrBuf value = {0};
	char buffer[2048], url[256];
	const ServerRequest *seen;

	set_up(&f, 2, steps, 1);
	(void)snprintf(url, sizeof url, "%sa/../b//%%3D%%2F?x=%%20&y=", f.url);
	request = (HttpRequest){.method = "PUT",
							.url = url,
							.headers = headers,
							.header_count = lengthof(headers),
							.body = STR_LIT("body")};
	http_perform(f.engine, &request, NULL, &reply);
	assert_int_equal(reply.fault, HTTP_DONE);
	assert_int_equal(reply.status, 200);
	assert_false(reply.unsent);
	assert_string_equal(str_cstr(&reply.body), "hello");
	assert_string_equal(http_reply_header(&reply, "x-id", &value), "7");
	assert_string_equal(http_reply_header(&reply, "etag", &value), "\"e\"");
	assert_null(http_reply_header(&reply, "x", &value));
	assert_int_equal(server_request_count(f.server), 1);
	seen = server_request(f.server, 0);
	assert_string_equal(seen->method, "PUT");
	assert_string_equal(seen->target, "/a/../b//%3D%2F?x=%20&y=");
	assert_string_equal(str_cstr(&seen->body), "body");
	assert_string_equal(server_header(seen, "host", buffer), "bucket.test");
	assert_string_equal(server_header(seen, "x-amz-meta-a", buffer), "b c");
	assert_string_equal(server_header(seen, "content-length", buffer), "4");
	assert_string_equal(server_header(seen, "transfer-encoding", buffer), "");
	assert_string_equal(server_header(seen, "content-type", buffer), "");
	assert_string_equal(server_header(seen, "expect", buffer), "");
	assert_non_null(strstr(str_cstr(&seen->head), "x-empty:"));
	assert_true(reply.sent == seen->head.len + 2 + 4);
	http_reply_free(&reply);
	str_free(&value);
	tear_down(&f);
}

/* Each method, with and without a body, has the length that servers ask for and no type of its own. */
static void
test_methods(void **state UNUSED)
{
	static const ServerStep steps[] = {{.status = 200, .body = "x"}};
	static const struct
	{
		const char *method, *body, *length;
	} cases[] = {{"GET", "", ""},     {"HEAD", "", ""},  {"DELETE", "", ""},   {"PUT", "", "0"},
				 {"PUT", "abc", "3"}, {"POST", "", "0"}, {"POST", "abcd", "4"}};
	static Fixture f;

	set_up(&f, 1, steps, 1);
	for (size_t i = 0; i < lengthof(cases); i++)
	{
		HttpRequest request = {.method = cases[i].method, .url = f.url, .body = str_from_cstr(cases[i].body)};
		HttpReply reply = {0};
		char buffer[2048];

		http_perform(f.engine, &request, NULL, &reply);
		assert_int_equal(reply.status, 200);
		assert_string_equal(server_request(f.server, i)->method, cases[i].method);
		assert_string_equal(server_header(server_request(f.server, i), "content-length", buffer),
							cases[i].length);
		assert_string_equal(server_header(server_request(f.server, i), "content-type", buffer), "");
		assert_int_equal(server_request(f.server, i)->connection, 0); /* one connection serves them all */
		assert_int_equal(reply.body.len, strcmp(cases[i].method, "HEAD") == 0 ? 0 : 1);
		http_reply_free(&reply);
	}
	tear_down(&f);
}

/* A large body is announced first: a refusal then comes without it. */
static void
test_expect(void **state UNUSED)
{
	static const ServerStep steps[] = {{.status = 412, .body = "no", .early = true}, {.status = 200}};
	size_t size = 3 << 20;
	char *body = mem_alloc_zero(size), buffer[2048];
	static Fixture f;
	HttpRequest request;
	HttpReply reply = {0};

	set_up(&f, 1, steps, lengthof(steps));
	request = (HttpRequest){.method = "PUT", .url = f.url, .body = {body, size}};
	http_perform(f.engine, &request, NULL, &reply);
	assert_int_equal(reply.status, 412);
	assert_true(reply.sent < 65536);
	assert_string_equal(server_header(server_request(f.server, 0), "expect", buffer), "100-continue");
	http_reply_free(&reply);
	http_perform(f.engine, &request, NULL, &reply);
	assert_int_equal(reply.status, 200);
	assert_int_equal(server_request(f.server, 1)->body.len, size);
	assert_true(reply.sent > size);
	http_reply_free(&reply);
	mem_free(body);
	tear_down(&f);
}

/* Half a head is no reply, not even to what has no body: what it lacks may be what matters. */
static void
test_cut_head(void **state UNUSED)
{
	static const char *const methods[] = {"GET", "HEAD"};
	const char *status = "HTTP/1.1 200 Scripted\r\n";
	const size_t cuts[] = {strlen("HTTP/1.1"), strlen(status), strlen(status) + 5,
						   strlen(status) + strlen("a: 1\r\n"),
						   strlen(status) + strlen("a: 1\r\nContent-Length: 0\r\n")};

	for (size_t i = 0; i < lengthof(cuts) * lengthof(methods); i++)
	{
		static Fixture f;
		ServerStep step = {.status = 200, .headers = "a: 1\r\n", .cut_head = cuts[i / lengthof(methods)]};
		HttpRequest request;
		HttpReply reply = {0};

		set_up(&f, 1, &step, 1);
		request = get_of(&f);
		request.method = methods[i % lengthof(methods)];
		http_perform(f.engine, &request, NULL, &reply);
		assert_int_equal(reply.fault, HTTP_LOST);
		assert_int_equal(reply.status, 0);
		assert_true(reply.message[0] != '\0');
		http_reply_free(&reply);
		tear_down(&f);
	}
}

/* What is said of each fault. */
static void
test_faults(void **state UNUSED)
{
	static const ServerStep broken = {.status = 0}, deaf = {.deaf = true}, hangs = {.hangs = true},
							cut = {.status = 200, .body = "hello", .cut = 2},
							large = {.status = 200, .body = "more than sixteen bytes"};
	static const struct
	{
		const ServerStep *step;
		HttpFault fault;
	} cases[] = {{&broken, HTTP_LOST},
				 {&deaf, HTTP_LOST},
				 {&hangs, HTTP_TIMEOUT},
				 {&cut, HTTP_LOST},
				 {&large, HTTP_REFUSED}};

	for (size_t i = 0; i < lengthof(cases); i++)
	{
		static Fixture f;
		HttpRequest request;
		HttpReply reply = {0};

		set_up(&f, 1, cases[i].step, 1);
		request = get_of(&f);
		request.stall_timeout = 100000;
		request.max_reply = 16;
		http_perform(f.engine, &request, NULL, &reply);
		assert_int_equal(reply.fault, cases[i].fault);
		assert_int_equal(reply.status, 0);
		assert_false(reply.unsent);
		assert_true(reply.message[0] != '\0');
		assert_int_equal(server_request_count(f.server), 1);
		http_reply_free(&reply);
		tear_down(&f);
	}
}

static void
test_time_out(void **state UNUSED)
{
	static const ServerStep steps[] = {{.status = 200, .delay = 10000}};
	static Fixture f;
	HttpRequest request;
	HttpReply reply = {0};

	set_up(&f, 1, steps, 1);
	request = get_of(&f);
	request.timeout = 50000;
	http_perform(f.engine, &request, NULL, &reply);
	assert_int_equal(reply.fault, HTTP_TIMEOUT);
	assert_false(reply.unsent);
	http_reply_free(&reply);
	tear_down(&f);
}

/* A reply that drips is one that stalls, if the caller says how many bytes there must be. */
static void
test_drip(void **state UNUSED)
{
	static const ServerStep steps[] = {{.status = 200, .body = "0123456789", .drip = 60}};
	static const uint64_t least[] = {0, 100};

	for (size_t i = 0; i < lengthof(least); i++)
	{
		static Fixture f;
		HttpRequest request;
		HttpReply reply = {0};

		set_up(&f, 1, steps, 1);
		request = get_of(&f);
		request.stall_timeout = 400000;
		request.stall_bytes = least[i];
		http_perform(f.engine, &request, NULL, &reply);
		assert_int_equal(reply.fault, least[i] == 0 ? HTTP_DONE : HTTP_TIMEOUT);
		http_reply_free(&reply);
		tear_down(&f);
	}
}

static void
test_refused_connection(void **state UNUSED)
{
	static const ServerStep steps[] = {{.status = 200}};
	static Fixture f;
	HttpRequest request;
	HttpReply reply = {0};

	set_up(&f, 1, steps, 1);
	server_stop(f.server);
	request = get_of(&f);
	http_perform(f.engine, &request, NULL, &reply);
	assert_int_equal(reply.fault, HTTP_CONNECT);
	assert_true(reply.unsent);
	http_reply_free(&reply);
	http_engine_close(f.engine);
}

/*
 * A kept connection breaks after the second request was read: libcurl would send it again by itself, and a
 * create that got through would seem to be refused. The caller must hear of it.
 */
static void
test_kept_connection_breaks(void **state UNUSED)
{
	static const ServerStep steps[] = {{.status = 200}, {.status = 0}, {.status = 412}};
	static const char *const methods[] = {"GET", "PUT", "POST", "DELETE"};

	for (size_t i = 0; i < lengthof(methods); i++)
	{
		static Fixture f;
		HttpRequest request;
		HttpReply reply = {0};

		set_up(&f, 1, steps, lengthof(steps));
		request = (HttpRequest){.method = methods[i], .url = f.url};
		if (methods[i][0] == 'P')
			request.body = STR_LIT("body");
		http_perform(f.engine, &request, NULL, &reply);
		assert_int_equal(reply.status, 200);
		http_reply_free(&reply);
		http_perform(f.engine, &request, NULL, &reply);
		assert_int_equal(server_request(f.server, 1)->connection, 0);
		assert_int_equal(reply.fault, HTTP_LOST);
		assert_false(reply.unsent);
		assert_int_equal(server_request_count(f.server), 2);
		http_reply_free(&reply);
		tear_down(&f);
	}
}

/* Nothing is sent of what is not fit to be sent. */
static void
test_invalid_requests(void **state UNUSED)
{
	static const ServerStep steps[] = {{.status = 200}};
	static const HttpHeader bad_value = {"x-a", "1\r\nx-b: 2"}, bad_name = {"x a", "1"}, no_name = {"", "1"};
	static Fixture f;
	char user[160];

	set_up(&f, 1, steps, 1);
	(void)snprintf(user, sizeof user, "http://me:secret@127.0.0.1:%d/", f.server->port);
	{
		const HttpRequest requests[] = {
			{.method = "GET", .url = f.url, .headers = &bad_value, .header_count = 1},
			{.method = "GET", .url = f.url, .headers = &bad_name, .header_count = 1},
			{.method = "GET", .url = f.url, .headers = &no_name, .header_count = 1},
			{.method = "GET /", .url = f.url},
			{.method = "GET", .url = f.url, .body = STR_LIT("body")},
			{.method = "GET", .url = "file:///etc/passwd"},
			{.method = "GET", .url = "ftp://127.0.0.1/"},
			{.method = "GET", .url = "http://127.0.0.1:1/a b"},
			{.method = "GET", .url = user},
		};

		for (size_t i = 0; i < lengthof(requests); i++)
		{
			HttpReply reply = {0};

			http_perform(f.engine, &requests[i], NULL, &reply);
			assert_int_equal(reply.fault, HTTP_REFUSED);
			assert_true(reply.unsent);
			assert_null(strstr(reply.message, "secret"));
			http_reply_free(&reply);
		}
	}
	assert_int_equal(server_request_count(f.server), 0);
	tear_down(&f);
}

/* A redirect is a reply like any other. */
static void
test_nothing_is_followed(void **state UNUSED)
{
	static const ServerStep steps[] = {{.status = 307, .headers = "Location: /elsewhere\r\n"}};
	static Fixture f;
	HttpRequest request;
	HttpReply reply = {0};

	set_up(&f, 1, steps, 1);
	request = get_of(&f);
	http_perform(f.engine, &request, NULL, &reply);
	assert_int_equal(reply.status, 307);
	assert_int_equal(server_request_count(f.server), 1);
	http_reply_free(&reply);
	tear_down(&f);
}

/* ---- many calls ---- */

typedef struct Count
{
	pthread_mutex_t lock;
	pthread_cond_t wake;
	int done, cancelled, answered;
} Count;

static void
count_reply(void *context, HttpReply *reply)
{
	Count *count = context;

	pthread_mutex_lock(&count->lock);
	count->done++;
	count->cancelled += reply->fault == HTTP_CANCELED;
	count->answered += reply->fault == HTTP_DONE && reply->status == 200;
	pthread_cond_signal(&count->wake);
	pthread_mutex_unlock(&count->lock);
	http_reply_free(reply);
}

static void
count_init(Count *count)
{
	*count = (Count){0};
	pthread_mutex_init(&count->lock, NULL);
	pthread_cond_init(&count->wake, NULL);
}

static void
count_wait(Count *count, int done)
{
	pthread_mutex_lock(&count->lock);
	while (count->done < done)
		pthread_cond_wait(&count->wake, &count->lock);
	pthread_mutex_unlock(&count->lock);
}

/* More calls than connections: all get their turn, on no more connections than were asked for. */
static void
test_connection_limit(void **state UNUSED)
{
	static const ServerStep steps[] = {{.status = 200, .body = "x", .delay = 2}};
	static Fixture f;
	Count count;
	HttpRequest request;

	set_up(&f, 3, steps, 1);
	count_init(&count);
	request = get_of(&f);
	request.connect_timeout = 1000000;
	for (int i = 0; i < 60; i++)
		http_begin(f.engine, &request, count_reply, &count);
	count_wait(&count, 60);
	assert_int_equal(count.answered, 60);
	assert_int_equal(f.server->connection_count, 3);
	tear_down(&f);
}

/* Calls are cancelled wherever they are: on the wire, in the queue. */
static void
test_cancel_and_close(void **state UNUSED)
{
	static const ServerStep steps[] = {{.hangs = true}};
	static Fixture f;
	Count count, rest;
	HttpRequest request;
	HttpCall *calls[6];

	set_up(&f, 2, steps, 1);
	count_init(&count);
	count_init(&rest);
	request = get_of(&f);
	for (int i = 0; i < 6; i++)
		calls[i] = http_begin(f.engine, &request, count_reply, &count);
	for (int i = 0; i < 6; i++)
		http_begin(f.engine, &request, count_reply, &rest);
	while (server_request_count(f.server) < 2)
		usleep(1000);
	for (int i = 0; i < 6; i++)
		http_cancel(f.engine, calls[i]);
	count_wait(&count, 6);
	assert_int_equal(count.cancelled, 6);
	assert_int_equal(rest.done, 0);
	http_engine_close(f.engine);
	assert_int_equal(rest.done, 6);
	assert_int_equal(rest.cancelled, 6);
	server_stop(f.server);
}

typedef struct Stopper
{
	Fixture *fixture;
	atomic_bool stop;
} Stopper;

static void *
stop_when_read(void *context)
{
	Stopper *stopper = context;

	while (server_request_count(stopper->fixture->server) < 1)
		usleep(1000);
	atomic_store(&stopper->stop, true);
	return NULL;
}

static void
test_stop(void **state UNUSED)
{
	static const ServerStep steps[] = {{.hangs = true}};
	static Fixture f;
	Stopper stopper = {.fixture = &f};
	pthread_t thread;
	HttpRequest request;
	HttpReply reply = {0};

	set_up(&f, 1, steps, 1);
	pthread_create(&thread, NULL, stop_when_read, &stopper);
	request = get_of(&f);
	http_perform(f.engine, &request, &stopper.stop, &reply);
	assert_int_equal(reply.fault, HTTP_CANCELED);
	assert_false(reply.unsent);
	http_reply_free(&reply);
	pthread_join(thread, NULL);
	tear_down(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_goes_out),
		cmocka_unit_test(test_methods),
		cmocka_unit_test(test_expect),
		cmocka_unit_test(test_cut_head),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_time_out),
		cmocka_unit_test(test_drip),
		cmocka_unit_test(test_refused_connection),
		cmocka_unit_test(test_kept_connection_breaks),
		cmocka_unit_test(test_invalid_requests),
		cmocka_unit_test(test_nothing_is_followed),
		cmocka_unit_test(test_connection_limit),
		cmocka_unit_test(test_cancel_and_close),
		cmocka_unit_test(test_stop),
	};

	setenv("no_proxy", "127.0.0.1", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
