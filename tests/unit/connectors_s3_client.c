/*
 * connectors_s3_client: calls of S3 against a scripted server: how often each kind of answer and fault is
 * tried again, with which signature, and what the caller is told. Credentials come from functions here, which
 * take the place of aws_credentials.c's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "common/types/calendar.h"
#include "connectors/s3_client.h"
#include "tests/unit/http_server.h"

#define SECRET "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
#define XML(code)                                                                  \
	"<?xml version=\"1.0\"?>\n<Error><Code>" code "</Code><Message>Told</Message>" \
	"<RequestId>REQ1</RequestId></Error>"

/* ---- credentials ---- */

struct AwsIdentity
{
	pthread_mutex_t lock;
	const char *region;
	bool temporary; /* the credentials expire, and differ with each fetch */
	uint64_t generation;
	int refusals;
	int failures; /* gets that fail before one succeeds */
	bool broken;  /* they fail for good */
};

bool
aws_credentials_get(AwsIdentity *identity, AwsCredentials *out, Error *err)
{
	char token[32];

	pthread_mutex_lock(&identity->lock);
	if (identity->broken || identity->failures > 0)
	{
		error_set(err, SQLSTATE_INVALID_AUTHORIZATION, NO_POSITION, "there are no credentials");
		if (!identity->broken)
		{
			err->retriable = true;
			identity->failures--;
		}
		pthread_mutex_unlock(&identity->lock);
		return false;
	}
	(void)snprintf(token, sizeof token, "TOKEN%d", (int)identity->generation);
	*out = (AwsCredentials){.key_id = mem_strdup("AKID"),
							.secret = mem_strdup(SECRET),
							.session_token = identity->temporary ? mem_strdup(token) : NULL,
							.expires = identity->temporary ? INT64_MAX - 1 : INT64_MAX,
							.generation = identity->generation};
	pthread_mutex_unlock(&identity->lock);
	return true;
}

void
aws_credentials_refused(AwsIdentity *identity, uint64_t generation)
{
	pthread_mutex_lock(&identity->lock);
	if (generation == identity->generation)
		identity->generation++;
	identity->refusals++;
	pthread_mutex_unlock(&identity->lock);
}

void
aws_credentials_free(AwsCredentials *credentials)
{
	mem_free(credentials->key_id);
	mem_free(credentials->secret);
	mem_free(credentials->session_token);
}

void
aws_identity_close(AwsIdentity *identity UNUSED)
{
}

const char *
aws_region(const AwsIdentity *identity)
{
	return identity->region;
}

const char *
aws_endpoint_url(const AwsIdentity *identity UNUSED)
{
	return NULL;
}

const char *
aws_ca_file(const AwsIdentity *identity UNUSED)
{
	return NULL;
}

/* ---- the clock: a second later each time that it is asked ---- */

typedef struct SteppingClock
{
	Clock base;
	atomic_llong asked;
	int64_t speed; /* of the monotonic clock */
} SteppingClock;

static int64_t
stepping_now(const Clock *clock)
{
	SteppingClock *c = container_of((Clock *)(uintptr_t)clock, SteppingClock, base);

	return (calendar_days(2026, 3, 1) * SECONDS_PER_DAY + atomic_fetch_add(&c->asked, 1)) * MICROS_PER_SECOND;
}

static int64_t
stepping_monotonic(const Clock *clock)
{
	const SteppingClock *c = container_of((Clock *)(uintptr_t)clock, SteppingClock, base);

	return clock_monotonic(&system_clock) * c->speed;
}

/* ---- fixture ---- */

typedef struct Trouble
{
	int told;
	int64_t since;
	char reason[256];
	bool over;
} Trouble;

typedef struct Fixture
{
	HttpServer *server;
	HttpEngine *engine;
	S3Client *client;
	AwsIdentity identity;
	SteppingClock clock;
	RandomSeeded random;
	atomic_bool stop;
	const ServerStep *steps; /* the last one is repeated */
	int step_count;
	char endpoint[64];
	S3Open open;
	Trouble trouble;
} Fixture;

static ServerStep
next_step(void *context, const ServerRequest *request UNUSED, int number)
{
	const Fixture *f = context;

	return f->steps[Min(number, f->step_count - 1)];
}

static void
note_trouble(void *context, int64_t since, const char *reason)
{
	Trouble *trouble = context;

	trouble->told++;
	trouble->over = reason == NULL;
	if (reason == NULL)
		return;
	trouble->since = since;
	(void)snprintf(trouble->reason, sizeof trouble->reason, "%s", reason);
}

static void
prepare(Fixture *f, const ServerStep *steps, int step_count)
{
	*f = (Fixture){.steps = steps, .step_count = step_count};
	f->clock = (SteppingClock){.base = {stepping_now, stepping_monotonic}, .speed = 1};
	f->identity.region = "us-east-1";
	f->identity.temporary = true;
	pthread_mutex_init(&f->identity.lock, NULL);
	random_seeded_init(&f->random, 1);
	f->server = server_start(next_step, f);
	assert_true(http_engine_open(4, &f->engine, NULL));
	(void)snprintf(f->endpoint, sizeof f->endpoint, "http://127.0.0.1:%d", f->server->port);
	f->open = (S3Open){.bucket = "my-bucket",
					   .endpoint = f->endpoint,
					   .identity = &f->identity,
					   .http = f->engine,
					   .clock = &f->clock.base,
					   .random = &f->random.random,
					   .stop = &f->stop,
					   .patience = INT64_MAX,
					   .backoff_base = 500,
					   .stall_timeout = 200000,
					   .trouble = note_trouble,
					   .trouble_context = &f->trouble};
}

static void
set_up(Fixture *f, const ServerStep *steps, int step_count)
{
	prepare(f, steps, step_count);
	assert_true(s3_client_open(&f->open, &f->client, NULL));
}

static void
tear_down(Fixture *f)
{
	s3_client_close(f->client);
	http_engine_close(f->engine);
	server_stop(f->server);
}

static S3Request
put_of(const char *key)
{
	static const HttpHeader headers[] = {{"if-none-match", "*"}, {"content-type", "text/csv"}};

	return (S3Request){.method = "PUT",
					   .key = key,
					   .headers = headers,
					   .header_count = lengthof(headers),
					   .body = STR_LIT("body")};
}

static void
percent_decode(const char *text, size_t len, char *out)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] == '%')
		{
			unsigned byte;

			sscanf(text + i + 1, "%2x", &byte);
			*out++ = (char)byte;
			i += 2;
		}
		else
			*out++ = text[i];
	*out = '\0';
}

/* Signs what was received as a server does, from the wire alone. */
static void
assert_signed(const ServerRequest *request, const char *region)
{
	char values[16][2048], names[2048], given[2048], path[2048], payload[2048], pairs[16][2][512], *name,
		*rest;
	HttpHeader headers[16];
	SigV4Parameter parameters[16];
	SigV4Request signed_request = {
		.method = request->method, .path = path, .headers = headers, .parameters = parameters};
	SigV4Key key = {.key_id = "AKID", .secret = SECRET, .region = region, .service = "s3"};
	const char *query = strchr(request->target, '?');
	StrBuf authorization = {0};
	DateTime dt = {0};

	percent_decode(request->target,
				   query != NULL ? (size_t)(query - request->target) : strlen(request->target), path);
	while (query != NULL)
	{
		const char *from = query + 1, *equals = strchr(from, '='), *end = strchr(from, '&');
		size_t n = signed_request.parameter_count++;

		query = end;
		end = end != NULL ? end : from + strlen(from);
		percent_decode(from, (size_t)(equals - from), pairs[n][0]);
		percent_decode(equals + 1, (size_t)(end - equals - 1), pairs[n][1]);
		parameters[n] = (SigV4Parameter){pairs[n][0], pairs[n][1]};
	}
	server_header(request, "authorization", given);
	assert_int_equal(sscanf(given, "%*[^,], SignedHeaders=%2047[^,]", names), 1);
	for (name = strtok_r(names, ";", &rest); name != NULL; name = strtok_r(NULL, ";", &rest))
	{
		size_t n = signed_request.header_count++;

		headers[n] = (HttpHeader){name, server_header(request, name, values[n])};
	}
	signed_request.payload_sha256 = server_header(request, "x-amz-content-sha256", payload);
	server_header(request, "x-amz-date", values[15]);
	assert_int_equal(sscanf(values[15], "%4d%2d%2dT%2d%2d%2dZ", &dt.year, &dt.month, &dt.day, &dt.hour,
							&dt.minute, &dt.second),
					 6);
	assert_true(calendar_join_micros(&dt, &key.time));
	sigv4_authorize(&signed_request, &key, &authorization);
	assert_string_equal(given, str_cstr(&authorization));
	str_free(&authorization);
}

/* ---- one attempt ---- */

static void
test_what_goes_out(void **state UNUSED)
{
	static const ServerStep steps[] = {{.status = 200, .headers = "ETag: \"e\"\r\n"}};
	const SigV4Parameter parameters[] = {{"uploadId", "a/b+c=="}, {"partNumber", "7"}};
	Fixture f;
	S3Request request = put_of("dt=2026-03-01/a b+\xc3\xbc.csv.gz");
	S3Reply reply;
	const ServerRequest *seen;
	char value[2048];
	S3Traffic traffic;

	set_up(&f, steps, 1);
	request.parameters = parameters;
	request.parameter_count = lengthof(parameters);
	assert_true(s3_perform(f.client, &request, &reply, NULL));
	assert_int_equal(reply.status, 200);
	assert_false(reply.uncertain);
	assert_int_equal(server_request_count(f.server), 1);
	seen = server_request(f.server, 0);
	assert_string_equal(
		seen->target,
		"/my-bucket/dt%3D2026-03-01/a%20b%2B%C3%BC.csv.gz?partNumber=7&uploadId=a%2Fb%2Bc%3D%3D");
	assert_string_equal(str_cstr(&seen->body), "body");
	assert_string_equal(server_header(seen, "if-none-match", value), "*");
	assert_string_equal(server_header(seen, "x-amz-security-token", value), "TOKEN0");
	assert_string_equal(server_header(seen, "x-amz-content-sha256", value),
						"230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5");
	server_header(seen, "authorization", value);
	assert_non_null(strstr(value, "SignedHeaders=content-type;host;if-none-match;x-amz-content-sha256;"
								  "x-amz-date;x-amz-security-token"));
	assert_signed(seen, "us-east-1");
	traffic = s3_traffic(f.client);
	assert_int_equal(traffic.requests, 1);
	assert_int_equal(traffic.retries, 0);
	assert_true(traffic.sent == seen->head.len + 2 + 4);
	assert_true(traffic.received > 30);
	s3_reply_free(&reply);
	tear_down(&f);
}

/* ---- what is tried again ---- */

typedef struct Again
{
	const char *what;
	ServerStep step;
	const char *method;
	bool uncertain;
} Again;

static const Again agains[] = {
	{"500", {.status = 500, .body = XML("InternalError")}, "PUT", true},
	{"502", {.status = 502, .body = "<html>bad gateway"}, "PUT", true},
	{"503 without a body", {.status = 503}, "PUT", true},
	{"504", {.status = 504}, "GET", true},
	{"SlowDown", {.status = 503, .body = XML("SlowDown")}, "PUT", true},
	{"429", {.status = 429}, "PUT", false},
	{"RequestTimeout", {.status = 400, .body = XML("RequestTimeout")}, "PUT", false},
	{"a conflict", {.status = 409, .body = XML("ConditionalRequestConflict")}, "PUT", false},
	{"another conflict", {.status = 409, .body = XML("OperationAborted")}, "DELETE", false},
	{"a lost reply", {.status = 0}, "PUT", true},
	{"a reset", {.deaf = true}, "PUT", true},
	{"a reply that is cut off", {.status = 200, .body = "<a>1</a>", .cut = 4}, "POST", true},
	{"no reply", {.hangs = true}, "PUT", true},
	{"an error in a 200", {.status = 200, .body = "  \n" XML("InternalError")}, "POST", true},
	{"an unknown error in a 200", {.status = 200, .body = XML("Unheard")}, "POST", true},
	{"half an XML body", {.status = 200, .body = "<A><B>"}, "POST", true},
	{"no XML body", {.status = 200, .body = ""}, "POST", true},
};

static void
test_tried_again(void **state UNUSED)
{
	for (size_t i = 0; i < lengthof(agains); i++)
	{
		ServerStep steps[] = {agains[i].step, agains[i].step, {.status = 200, .body = "<Result/>"}};
		char dates[3][2048], signatures[3][2048];
		Fixture f;
		S3Request request = put_of("key");
		S3Reply reply;

		print_message("%s\n", agains[i].what);
		set_up(&f, steps, lengthof(steps));
		request.method = agains[i].method;
		if (strcmp(request.method, "GET") == 0 || strcmp(request.method, "DELETE") == 0)
			request.body = (StrView){"", 0};
		assert_true(s3_perform(f.client, &request, &reply, NULL));
		assert_int_equal(reply.status, 200);
		assert_int_equal(reply.uncertain, agains[i].uncertain);
		assert_string_equal(reply.code, "");
		assert_int_equal(server_request_count(f.server), 3);
		assert_int_equal(s3_traffic(f.client).retries, 2);
		for (int n = 0; n < 3; n++)
		{
			const ServerRequest *seen = server_request(f.server, n);

			server_header(seen, "x-amz-date", dates[n]);
			server_header(seen, "authorization", signatures[n]);
			assert_signed(seen, "us-east-1");
		}
		/* Each attempt is signed anew, at its own time. */
		assert_true(strcmp(dates[0], dates[1]) < 0 && strcmp(dates[1], dates[2]) < 0);
		assert_string_not_equal(signatures[0], signatures[1]);
		assert_string_not_equal(signatures[1], signatures[2]);
		s3_reply_free(&reply);
		tear_down(&f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_goes_out),
		cmocka_unit_test(test_tried_again),
	};

	setenv("no_proxy", "127.0.0.1", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
