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
	f->clock = (SteppingClock){.base = {.now = stepping_now, .monotonic = stepping_monotonic}, .speed = 1};
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
					   .stall_timeout = 10 * MICROS_PER_SECOND,
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
	static Fixture f;
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
	{"an error in the 200 of a create", {.status = 200, .body = XML("InternalError")}, "PUT", true},
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
		static Fixture f;
		S3Request request = put_of("key");
		S3Reply reply;

		print_message("%s\n", agains[i].what);
		prepare(&f, steps, lengthof(steps));
		if (agains[i].step.hangs)
			f.open.stall_timeout = 200000;
		assert_true(s3_client_open(&f.open, &f.client, NULL));
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

/* A create whose reply was lost: the 412 may be one's own success. */
static void
test_uncertain(void **state UNUSED)
{
	static const struct
	{
		ServerStep first;
		bool uncertain;
	} cases[] = {{{.status = 0}, true},
				 {{.status = 500}, true},
				 {{.hangs = true}, true},
				 {{.status = 429}, false},
				 {{.status = 409, .body = XML("ConditionalRequestConflict")}, false},
				 {{.status = 400, .body = XML("ExpiredToken")}, false},
				 {{.status = 412, .body = XML("PreconditionFailed")}, false}};

	for (size_t i = 0; i < lengthof(cases); i++)
	{
		ServerStep steps[] = {cases[i].first, {.status = 412, .body = XML("PreconditionFailed")}};
		static Fixture f;
		S3Request request = put_of("key");
		S3Reply reply;

		prepare(&f, steps, lengthof(steps));
		if (cases[i].first.hangs)
			f.open.stall_timeout = 200000;
		assert_true(s3_client_open(&f.open, &f.client, NULL));
		assert_true(s3_perform(f.client, &request, &reply, NULL));
		assert_int_equal(reply.status, 412);
		assert_string_equal(reply.code, "PreconditionFailed");
		assert_int_equal(reply.uncertain, cases[i].uncertain);
		s3_reply_free(&reply);
		tear_down(&f);
	}
}

/* A kept connection that breaks with the second request: not sent again unseen. */
static void
test_uncertain_on_kept_connection(void **state UNUSED)
{
	static const ServerStep steps[] = {{.status = 200}, {.status = 0}, {.status = 412}};
	static Fixture f;
	S3Request request = put_of("key");
	S3Reply reply;

	set_up(&f, steps, lengthof(steps));
	assert_true(s3_perform(f.client, &request, &reply, NULL));
	s3_reply_free(&reply);
	assert_true(s3_perform(f.client, &request, &reply, NULL));
	assert_int_equal(server_request(f.server, 1)->connection, 0);
	assert_int_equal(reply.status, 412);
	assert_true(reply.uncertain);
	assert_int_equal(s3_traffic(f.client).requests, 3);
	s3_reply_free(&reply);
	tear_down(&f);
}

/* A server that refuses before it has read the body, and closes: the answer is had, in the end by asking
 * first. */
static void
test_early_refusal(void **state UNUSED)
{
	static const ServerStep steps[] = {{.deaf = true}, {.status = 412, .early = true}};
	size_t size = 900 << 10;
	char *body = mem_alloc_zero(size), value[2048];
	static Fixture f;
	S3Request request = put_of("key");
	S3Reply reply;

	set_up(&f, steps, lengthof(steps));
	request.body = (StrView){body, size};
	assert_true(s3_perform(f.client, &request, &reply, NULL));
	assert_int_equal(reply.status, 412);
	assert_int_equal(server_request_count(f.server), 2);
	assert_string_equal(server_header(server_request(f.server, 0), "expect", value), "");
	assert_string_equal(server_header(server_request(f.server, 1), "expect", value), "100-continue");
	s3_reply_free(&reply);
	mem_free(body);
	tear_down(&f);
}

/* What asks for a longer pause gets it. */
static void
test_asked_pause(void **state UNUSED)
{
	static const ServerStep steps[] = {{.status = 503, .headers = "x-amz-retry-after: 80\r\n"},
									   {.status = 200},
									   {.status = 429, .headers = "Retry-After: 1\r\n"},
									   {.status = 200}};
	static const int64_t pauses[] = {80000, 1000000};
	static Fixture f;

	set_up(&f, steps, lengthof(steps));
	for (size_t i = 0; i < lengthof(pauses); i++)
	{
		int64_t begun = clock_monotonic(&system_clock);
		S3Request request = put_of("key");
		S3Reply reply;

		assert_true(s3_perform(f.client, &request, &reply, NULL));
		assert_true(clock_monotonic(&system_clock) - begun >= pauses[i]);
		s3_reply_free(&reply);
	}
	tear_down(&f);
}

/* An attempt whose outcome is open is the last one, if the caller wants that; others are not counted. */
static void
test_once(void **state UNUSED)
{
	static const struct
	{
		ServerStep first;
		int attempts;
		bool good;
	} cases[] = {{{.status = 500}, 1, false},
				 {{.status = 0}, 1, false},
				 {{.status = 400, .body = XML("ExpiredToken")}, 2, true},
				 {{.status = 429}, 2, true},
				 {{.status = 404, .body = XML("NoSuchUpload")}, 1, true}};

	for (size_t i = 0; i < lengthof(cases); i++)
	{
		ServerStep steps[] = {cases[i].first, {.status = 200, .body = "<R/>"}};
		static Fixture f;
		S3Request request = {.method = "POST", .key = "key", .body = STR_LIT("<C/>"), .once = true};
		S3Reply reply;
		Error err = {0};

		set_up(&f, steps, lengthof(steps));
		assert_int_equal(s3_perform(f.client, &request, &reply, &err), cases[i].good);
		assert_int_equal(server_request_count(f.server), cases[i].attempts);
		assert_int_equal(err.retriable, !cases[i].good);
		assert_int_equal(reply.uncertain, !cases[i].good);
		error_clear(&err);
		s3_reply_free(&reply);
		tear_down(&f);
	}
}

/* ---- what is not ---- */

typedef struct Final
{
	ServerStep step;
	SqlStateName state;
	const char *message;
	const char *hint;
} Final;

static const Final finals[] = {
	{{.status = 403, .body = XML("AccessDenied")},
	 SQLSTATE_INSUFFICIENT_PRIVILEGE,
	 "could not write \"s3://my-bucket/key\": AccessDenied",
	 "Check the policies of the identity, the bucket and its key."},
	{{.status = 403, .body = XML("SignatureDoesNotMatch")},
	 SQLSTATE_INVALID_AUTHORIZATION,
	 "could not write \"s3://my-bucket/key\": SignatureDoesNotMatch",
	 "Check the secret access key."},
	{{.status = 404, .body = XML("NoSuchBucket")},
	 SQLSTATE_UNDEFINED_OBJECT,
	 "could not write \"s3://my-bucket/key\": NoSuchBucket",
	 "Check the bucket's name and the endpoint."},
	{{.status = 400, .body = XML("InvalidRequest")},
	 SQLSTATE_INVALID_PARAMETER_VALUE,
	 "could not write \"s3://my-bucket/key\": InvalidRequest",
	 NULL},
	{{.status = 400, .body = XML("EntityTooLarge")},
	 SQLSTATE_PROGRAM_LIMIT_EXCEEDED,
	 "could not write \"s3://my-bucket/key\": EntityTooLarge",
	 NULL},
	{{.status = 400, .body = XML("KeyTooLongError")},
	 SQLSTATE_NAME_TOO_LONG,
	 "could not write \"s3://my-bucket/key\": KeyTooLongError",
	 "Keys have at most 1024 bytes."},
	{{.status = 403, .headers = "x-amz-request-id: REQ1\r\n", .body = "<html>"},
	 SQLSTATE_INSUFFICIENT_PRIVILEGE,
	 "could not write \"s3://my-bucket/key\": HTTP status 403",
	 "The reply is not one of S3: check the endpoint."},
};

static void
test_final(void **state UNUSED)
{
	for (size_t i = 0; i < lengthof(finals); i++)
	{
		static Fixture f;
		S3Request request = put_of("key");
		S3Reply reply;
		Error err = {0};

		print_message("%s\n", finals[i].message);
		set_up(&f, &finals[i].step, 1);
		assert_false(s3_perform(f.client, &request, &reply, &err));
		assert_int_equal(server_request_count(f.server), 1);
		assert_int_equal(err.state, finals[i].state);
		assert_false(err.retriable);
		assert_string_equal(err.message, finals[i].message);
		assert_non_null(strstr(err.detail, "(request REQ1)"));
		if (finals[i].hint == NULL)
			assert_null(err.hint);
		else
			assert_string_equal(err.hint, finals[i].hint);
		assert_int_equal(reply.status, finals[i].step.status);
		error_clear(&err);
		s3_reply_free(&reply);
		tear_down(&f);
	}
}

/* A gateway that says 404 for a while is not S3 that says so. */
static void
test_strange_replies(void **state UNUSED)
{
	static const ServerStep steps[] = {{.status = 404, .body = XML("NoSuchKey")},
									   {.status = 404, .body = "<html>no such page"},
									   {.status = 403, .body = ""},
									   {.status = 200, .body = "here"}};
	static Fixture f;
	S3Request request = {.method = "GET", .key = "key"};
	S3Reply reply;

	set_up(&f, steps, lengthof(steps));
	assert_true(s3_perform(f.client, &request, &reply, NULL));
	assert_int_equal(reply.status, 404);
	s3_reply_free(&reply);
	assert_true(s3_perform(f.client, &request, &reply, NULL));
	assert_int_equal(reply.status, 200);
	assert_string_equal(str_cstr(&reply.http.body), "here");
	assert_int_equal(server_request_count(f.server), 4);
	s3_reply_free(&reply);
	tear_down(&f);
}

/* Answers for the caller to judge. */
static void
test_answers(void **state UNUSED)
{
	static const struct
	{
		const char *method;
		ServerStep step;
		int status;
		const char *code;
	} cases[] = {
		{"GET", {.status = 404, .body = XML("NoSuchKey")}, 404, "NoSuchKey"},
		{"HEAD", {.status = 404}, 404, ""},
		{"DELETE", {.status = 204}, 204, ""},
		{"PUT", {.status = 412, .body = XML("PreconditionFailed")}, 412, "PreconditionFailed"},
		{"PUT", {.status = 409, .body = XML("BucketAlreadyOwnedByYou")}, 409, "BucketAlreadyOwnedByYou"},
		{"PUT", {.status = 501, .body = XML("NotImplemented")}, 501, "NotImplemented"},
		{"GET", {.status = 416, .body = XML("InvalidRange")}, 416, "InvalidRange"},
		{"GET", {.status = 200, .body = "<Error><Code>data, not a reply</Code></Error>"}, 200, ""},
		{"POST",
		 {.status = 409, .body = XML("ConditionalRequestConflict")},
		 409,
		 "ConditionalRequestConflict"},
		/* errors in a 200 */
		{"POST", {.status = 200, .body = XML("PreconditionFailed")}, 412, "PreconditionFailed"},
		{"POST", {.status = 200, .body = XML("NoSuchUpload")}, 404, "NoSuchUpload"},
		/* of which this is none */
		{"POST",
		 {.status = 200, .body = "<DeleteResult><Error><Code>AccessDenied</Code></Error></DeleteResult>"},
		 200,
		 ""}};

	for (size_t i = 0; i < lengthof(cases); i++)
	{
		static Fixture f;
		S3Request request = {.method = cases[i].method, .key = "key"};
		S3Reply reply;

		set_up(&f, &cases[i].step, 1);
		if (strcmp(request.method, "POST") == 0)
			request = put_of("key");
		request.method = cases[i].method;
		assert_true(s3_perform(f.client, &request, &reply, NULL));
		assert_int_equal(server_request_count(f.server), 1);
		assert_int_equal(reply.status, cases[i].status);
		assert_string_equal(reply.code, cases[i].code);
		assert_false(reply.uncertain);
		if (strcmp(request.method, "HEAD") != 0 && cases[i].step.body != NULL)
			assert_string_equal(str_cstr(&reply.http.body), cases[i].step.body);
		s3_reply_free(&reply);
		tear_down(&f);
	}
}

/* An upload that is begun, or a pack's that is completed, has no condition that could have failed. */
static void
test_conflict_without_condition(void **state UNUSED)
{
	static const ServerStep steps[] = {{.status = 409, .body = XML("OperationAborted")},
									   {.status = 200, .body = "<Result/>"}};
	static Fixture f;
	S3Request request = {.method = "POST", .key = "key"};
	S3Reply reply;

	set_up(&f, steps, lengthof(steps));
	assert_true(s3_perform(f.client, &request, &reply, NULL));
	assert_int_equal(reply.status, 200);
	assert_int_equal(server_request_count(f.server), 2);
	s3_reply_free(&reply);
	tear_down(&f);
}

/* A byte now and then is as good as none; but the completion of an upload may send blanks for minutes. */
static void
test_drip(void **state UNUSED)
{
	static const ServerStep steps[] = {{.status = 200, .body = "<a>123</a>", .drip = 250},
									   {.status = 200, .body = "<a/>"}};
	static const struct
	{
		const char *method;
		int requests;
	} cases[] = {{"GET", 2}, {"PUT", 2}, {"POST", 1}};

	for (size_t i = 0; i < lengthof(cases); i++)
	{
		static Fixture f;
		S3Request request = {.method = cases[i].method, .key = "key"};
		S3Reply reply;

		prepare(&f, steps, lengthof(steps));
		f.open.stall_timeout = 1500000;
		assert_true(s3_client_open(&f.open, &f.client, NULL));
		assert_true(s3_perform(f.client, &request, &reply, NULL));
		assert_int_equal(reply.status, 200);
		assert_int_equal(server_request_count(f.server), cases[i].requests);
		s3_reply_free(&reply);
		tear_down(&f);
	}
}

/* ---- clock ---- */

/* S3's time is taken from its reply, and kept. */
static void
test_clock_skew(void **state UNUSED)
{
	static const ServerStep steps[] = {{.status = 403,
										.headers = "Date: Sat, 28 Feb 2026 22:00:00 GMT\r\n",
										.body = XML("RequestTimeTooSkewed")},
									   {.status = 200}};
	static Fixture f;
	S3Request request = put_of("key");
	S3Reply reply;
	char value[2048];

	set_up(&f, steps, lengthof(steps));
	for (int i = 0; i < 2; i++)
	{
		assert_true(s3_perform(f.client, &request, &reply, NULL));
		assert_false(reply.uncertain);
		s3_reply_free(&reply);
	}
	assert_int_equal(server_request_count(f.server), 3);
	assert_memory_equal(server_header(server_request(f.server, 0), "x-amz-date", value), "20260301T0000", 13);
	assert_memory_equal(server_header(server_request(f.server, 1), "x-amz-date", value), "20260228T2200", 13);
	assert_memory_equal(server_header(server_request(f.server, 2), "x-amz-date", value), "20260228T2200", 13);
	for (int i = 0; i < 3; i++)
		assert_signed(server_request(f.server, i), "us-east-1");
	tear_down(&f);
}

/* The same of a HEAD, whose refusal does not say why. */
static void
test_clock_skew_of_head(void **state UNUSED)
{
	static const ServerStep steps[] = {{.status = 403, .headers = "Date: Sat, 28 Feb 2026 22:00:00 GMT\r\n"},
									   {.status = 200}};
	static Fixture f;
	S3Request request = {.method = "HEAD", .key = "key"};
	S3Reply reply;
	char value[2048];

	set_up(&f, steps, lengthof(steps));
	assert_true(s3_perform(f.client, &request, &reply, NULL));
	assert_int_equal(server_request_count(f.server), 2);
	assert_memory_equal(server_header(server_request(f.server, 1), "x-amz-date", value), "20260228T2200", 13);
	assert_int_equal(f.identity.refusals, 0);
	s3_reply_free(&reply);
	tear_down(&f);
}

/* ---- credentials ---- */

static void
test_expired_credentials(void **state UNUSED)
{
	static const struct
	{
		const char *method;
		ServerStep step;
	} cases[] = {{"PUT", {.status = 400, .body = XML("ExpiredToken")}},
				 {"PUT", {.status = 403, .body = XML("InvalidAccessKeyId")}},
				 {"PUT", {.status = 400, .body = XML("InvalidToken")}},
				 {"HEAD", {.status = 400}},
				 {"HEAD", {.status = 403}}};

	for (size_t i = 0; i < lengthof(cases); i++)
	{
		ServerStep steps[] = {cases[i].step, {.status = 200}};
		static Fixture f;
		S3Request request = {.method = cases[i].method, .key = "key"};
		S3Reply reply;
		char value[2048];

		set_up(&f, steps, lengthof(steps));
		assert_true(s3_perform(f.client, &request, &reply, NULL));
		assert_int_equal(server_request_count(f.server), 2);
		assert_int_equal(f.identity.refusals, 1);
		assert_string_equal(server_header(server_request(f.server, 0), "x-amz-security-token", value),
							"TOKEN0");
		assert_string_equal(server_header(server_request(f.server, 1), "x-amz-security-token", value),
							"TOKEN1");
		assert_false(reply.uncertain);
		s3_reply_free(&reply);
		tear_down(&f);
	}
}

/* Ever new credentials that are refused after others were accepted: the call goes on. */
static void
test_credentials_refused_for_long(void **state UNUSED)
{
	enum
	{
		REFUSED = 12
	};
	ServerStep steps[REFUSED + 2] = {{.status = 200}};
	static Fixture f;
	S3Request request = put_of("key");
	S3Reply reply;

	for (int i = 1; i <= REFUSED; i++)
		steps[i] = (ServerStep){.status = 400, .body = XML("ExpiredToken")};
	steps[REFUSED + 1] = (ServerStep){.status = 200};
	set_up(&f, steps, lengthof(steps));
	for (int i = 0; i < 2; i++)
	{
		assert_true(s3_perform(f.client, &request, &reply, NULL));
		assert_false(reply.uncertain);
		s3_reply_free(&reply);
	}
	assert_int_equal(server_request_count(f.server), REFUSED + 2);
	assert_int_equal(f.identity.refusals, REFUSED);
	tear_down(&f);
}

/* Credentials that are what they are: asked for once more, then it is an error. */
static void
test_permanent_credentials(void **state UNUSED)
{
	static const ServerStep steps[] = {{.status = 403, .body = XML("InvalidAccessKeyId")}};
	static Fixture f;
	S3Request request = put_of("key");
	S3Reply reply;
	Error err = {0};

	prepare(&f, steps, 1);
	f.identity.temporary = false;
	assert_true(s3_client_open(&f.open, &f.client, NULL));
	assert_false(s3_perform(f.client, &request, &reply, &err));
	assert_int_equal(server_request_count(f.server), 2);
	assert_int_equal(err.state, SQLSTATE_INVALID_AUTHORIZATION);
	assert_false(err.retriable);
	assert_string_equal(err.hint, "Check the access key id and the endpoint.");
	error_clear(&err);
	s3_reply_free(&reply);
	tear_down(&f);
}

static void
test_no_credentials(void **state UNUSED)
{
	static const ServerStep steps[] = {{.status = 200}};
	static Fixture f;
	S3Request request = put_of("key");
	S3Reply reply;
	Error err = {0};

	set_up(&f, steps, 1);
	f.identity.failures = 3; /* the service is not there for a while */
	assert_true(s3_perform(f.client, &request, &reply, NULL));
	assert_false(reply.uncertain);
	assert_int_equal(server_request_count(f.server), 1);
	s3_reply_free(&reply);
	f.identity.broken = true;
	assert_false(s3_perform(f.client, &request, &reply, &err));
	assert_string_equal(err.message, "there are no credentials");
	assert_int_equal(server_request_count(f.server), 1);
	error_clear(&err);
	s3_reply_free(&reply);
	tear_down(&f);
}

/* A server that sends back what it should not does not bring it into an error. */
static void
test_secrets_stay_hidden(void **state UNUSED)
{
	static const ServerStep steps[] = {{.status = 403,
										.body = "<Error><Code>AccessDenied</Code><Message>not with " SECRET
												" and TOKEN0\r\nand</Message></Error>"}};
	static Fixture f;
	S3Request request = put_of("key");
	S3Reply reply;
	Error err = {0};

	set_up(&f, steps, 1);
	assert_false(s3_perform(f.client, &request, &reply, &err));
	assert_string_equal(err.detail, "not with **************************************** and ****** and");
	assert_null(strstr(reply.detail, SECRET));
	error_clear(&err);
	s3_reply_free(&reply);
	tear_down(&f);
}

/* ---- regions ---- */

static void
test_other_region(void **state UNUSED)
{
	static const struct
	{
		const char *method;
		ServerStep steps[3];
		int attempts;
	} cases[] = {
		{"PUT",
		 {{.status = 301, .headers = "x-amz-bucket-region: eu-west-3\r\n", .body = XML("PermanentRedirect")},
		  {.status = 200}},
		 2},
		{"PUT",
		 {{.status = 400,
		   .body = "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-3</Region></Error>"},
		  {.status = 200}},
		 2},
		{"HEAD", {{.status = 400, .headers = "x-amz-bucket-region: eu-west-3\r\n"}, {.status = 200}}, 2},
		{"PUT",
		 {{.status = 400, .body = XML("IllegalLocationConstraintException")},
		  {.status = 403, .headers = "x-amz-bucket-region: eu-west-3\r\n"},
		  {.status = 200}},
		 3},
		{"PUT",
		 {{.status = 301}, {.status = 301, .headers = "x-amz-bucket-region: eu-west-3\r\n"}, {.status = 200}},
		 3},
	};

	for (size_t i = 0; i < lengthof(cases); i++)
	{
		static Fixture f;
		S3Request request = put_of("key");
		S3Reply reply;

		request.method = cases[i].method;
		if (strcmp(request.method, "HEAD") == 0)
			request.body = (StrView){"", 0};
		set_up(&f, cases[i].steps, cases[i].attempts);
		for (int n = 0; n < 2; n++)
		{
			assert_true(s3_perform(f.client, &request, &reply, NULL));
			assert_int_equal(reply.status, 200);
			assert_false(reply.uncertain);
			s3_reply_free(&reply);
		}
		assert_int_equal(server_request_count(f.server), cases[i].attempts + 1);
		assert_signed(server_request(f.server, 0), "us-east-1");
		if (cases[i].attempts == 3)
		{
			assert_string_equal(server_request(f.server, 1)->method, "HEAD");
			assert_string_equal(server_request(f.server, 1)->target, "/my-bucket");
		}
		/* The second call knows it. */
		assert_signed(server_request(f.server, cases[i].attempts - 1), "eu-west-3");
		assert_signed(server_request(f.server, cases[i].attempts), "eu-west-3");
		tear_down(&f);
	}
}

/* Not more than once, not without a region, and not to anywhere. */
static void
test_not_followed(void **state UNUSED)
{
	static const struct
	{
		ServerStep steps[2];
		int attempts;
	} cases[] = {
		{{{.status = 301, .headers = "x-amz-bucket-region: eu-west-3\r\n"},
		  {.status = 301, .headers = "x-amz-bucket-region: eu-west-1\r\n"}},
		 2},
		{{{.status = 301}, {.status = 404}}, 2},
		{{{.status = 301, .headers = "x-amz-bucket-region: evil.example/\r\n"}, {.status = 404}}, 2},
		{{{.status = 307, .headers = "Location: http://evil.example/my-bucket/key\r\n"}, {.status = 404}}, 2},
	};

	for (size_t i = 0; i < lengthof(cases); i++)
	{
		static Fixture f;
		S3Request request = put_of("key");
		S3Reply reply;
		Error err = {0};

		set_up(&f, cases[i].steps, 2);
		assert_false(s3_perform(f.client, &request, &reply, &err));
		assert_int_equal(server_request_count(f.server), cases[i].attempts);
		assert_false(err.retriable);
		error_clear(&err);
		s3_reply_free(&reply);
		tear_down(&f);
	}
}

/* What would be final at the start may pass in a job that has been running: each of these twice in one call.
 */
static void
test_refusals_on_the_way(void **state UNUSED)
{
	static const ServerStep refusals[] = {
		{.status = 301, .headers = "x-amz-bucket-region: us-east-1\r\n", .body = XML("PermanentRedirect")},
		{.status = 307, .headers = "Location: http://evil.example/\r\n", .body = XML("TemporaryRedirect")},
		{.status = 400,
		 .body = "<Error><Code>AuthorizationHeaderMalformed</Code><Region>us-east-1</Region></Error>"},
		{.status = 400, .body = XML("ExpiredToken")},
		{.status = 403, .body = XML("RequestTimeTooSkewed")},
		{.status = 403,
		 .headers = "Date: Sun, 01 Mar 2026 00:00:00 GMT\r\n",
		 .body = XML("RequestTimeTooSkewed")},
	};

	for (size_t i = 0; i < lengthof(refusals); i++)
	{
		ServerStep steps[] = {{.status = 200}, refusals[i], refusals[i], refusals[i], {.status = 200}};
		static Fixture f;
		S3Request request = put_of("key");
		S3Reply reply;

		prepare(&f, steps, lengthof(steps));
		f.identity.temporary = false;
		assert_true(s3_client_open(&f.open, &f.client, NULL));
		for (int n = 0; n < 2; n++)
		{
			assert_true(s3_perform(f.client, &request, &reply, NULL));
			assert_int_equal(reply.status, 200);
			assert_false(reply.uncertain);
			s3_reply_free(&reply);
		}
		assert_int_equal(server_request_count(f.server), 5);
		for (int n = 0; n < 5; n++)
			assert_signed(server_request(f.server, n), "us-east-1");
		tear_down(&f);
	}
}

/* A redirect to the endpoint itself is followed once. */
static void
test_temporary_redirect(void **state UNUSED)
{
	ServerStep steps[] = {{.status = 307}, {.status = 200}};
	static Fixture f;
	S3Request request = put_of("key");
	S3Reply reply;
	char headers[128];

	set_up(&f, steps, lengthof(steps));
	(void)snprintf(headers, sizeof headers, "Location: %s/my-bucket/key\r\n", f.endpoint);
	steps[0].headers = headers;
	assert_true(s3_perform(f.client, &request, &reply, NULL));
	assert_int_equal(server_request_count(f.server), 2);
	assert_string_equal(server_request(f.server, 1)->target, "/my-bucket/key");
	assert_string_equal(str_cstr(&server_request(f.server, 1)->body), "body");
	assert_signed(server_request(f.server, 1), "us-east-1");
	s3_reply_free(&reply);
	tear_down(&f);
}

/* ---- time ---- */

static void
test_patience(void **state UNUSED)
{
	static const ServerStep steps[] = {{.status = 503, .body = XML("SlowDown")}, {.hangs = true}};

	for (int n = 1; n <= 2; n++)
	{
		static Fixture f;
		S3Request request = put_of("key");
		S3Reply reply;
		Error err = {0};

		prepare(&f, steps, n);
		f.open.patience = 500000;
		f.open.stall_timeout = 60 * MICROS_PER_SECOND;
		assert_true(s3_client_open(&f.open, &f.client, NULL));
		assert_false(s3_perform(f.client, &request, &reply, &err));
		assert_true(err.retriable);
		assert_int_equal(err.state, SQLSTATE_CONNECTION_FAILURE);
		assert_string_equal(err.message,
							"could not write \"s3://my-bucket/key\": there was no answer in time");
		assert_string_equal(err.detail, "SlowDown: Told (request REQ1)");
		assert_true(server_request_count(f.server) >= 2);
		error_clear(&err);
		s3_reply_free(&reply);
		tear_down(&f);
	}
}

static void
test_refused_connections(void **state UNUSED)
{
	static const ServerStep steps[] = {{.status = 200}};
	static Fixture f;
	S3Request request = put_of("key");
	S3Reply reply;
	Error err = {0};

	prepare(&f, steps, 1);
	f.open.patience = 100000;
	assert_true(s3_client_open(&f.open, &f.client, NULL));
	server_stop(f.server);
	assert_false(s3_perform(f.client, &request, &reply, &err));
	assert_true(err.retriable);
	assert_false(reply.uncertain);
	assert_int_equal(reply.http.fault, HTTP_CONNECT);
	assert_true(s3_traffic(f.client).requests > 2);
	error_clear(&err);
	s3_reply_free(&reply);
	s3_client_close(f.client);
	http_engine_close(f.engine);
}

/* After a stop calls go on for the time of grace, new ones too: a drain must still upload. */
static void
test_stop_and_grace(void **state UNUSED)
{
	static const ServerStep steps[] = {{.status = 200}, {.status = 500}, {.status = 200}, {.status = 500}};
	static Fixture f;
	S3Request request = put_of("key");
	S3Reply reply;
	Error err = {0};

	prepare(&f, steps, lengthof(steps));
	f.open.grace = 1000000;
	assert_true(s3_client_open(&f.open, &f.client, NULL));
	assert_true(s3_perform(f.client, &request, &reply, NULL));
	s3_reply_free(&reply);
	atomic_store(&f.stop, true);
	assert_true(s3_perform(f.client, &request, &reply, NULL));
	assert_true(reply.uncertain);
	s3_reply_free(&reply);
	assert_false(s3_perform(f.client, &request, &reply, &err));
	assert_int_equal(err.state, SQLSTATE_QUERY_CANCELED);
	assert_true(err.retriable);
	error_clear(&err);
	s3_reply_free(&reply);
	tear_down(&f);
}

static void
test_cancel(void **state UNUSED)
{
	static const ServerStep steps[] = {{.hangs = true}};
	enum
	{
		CALLS = 12
	};
	static Fixture f;
	S3Call *calls[CALLS];
	char *bodies[CALLS];

	set_up(&f, steps, 1);
	for (int i = 0; i < CALLS; i++)
	{
		S3Request request = put_of("key");

		bodies[i] = mem_strdup("body");
		request.body = str_from_cstr(bodies[i]);
		calls[i] = s3_begin(f.client, &request);
	}
	while (server_request_count(f.server) < 4)
		usleep(1000);
	/* On the wire, in the queue, and waiting for the next attempt; the body goes with the call. */
	for (int i = 0; i < CALLS; i++)
	{
		s3_call_free(calls[i]);
		mem_free(bodies[i]);
	}
	tear_down(&f);
}

/* Trouble is told of while it lasts, and once when it is over. */
typedef struct Outage
{
	int status;
	atomic_bool over;
} Outage;

static Outage outage;

static ServerStep
outage_step(void *context UNUSED, const ServerRequest *request UNUSED, int number UNUSED)
{
	return atomic_load(&outage.over) ? (ServerStep){.status = 200}
									 : (ServerStep){.status = outage.status, .body = XML("Unheard")};
}

static void
end_outage(void *context, int64_t since, const char *reason)
{
	Trouble *trouble = context;

	note_trouble(trouble, since, reason);
	if (trouble->told >= 3)
		atomic_store(&outage.over, true);
}

static void
test_trouble(void **state UNUSED)
{
	static Fixture f;
	S3Request request = put_of("key");
	S3Reply reply;
	int64_t begun;

	prepare(&f, NULL, 0);
	outage.status = 503;
	f.server->script = outage_step;
	f.clock.speed = 200; /* half a minute passes in 150 ms */
	f.open.trouble = end_outage;
	f.open.stall_timeout = 60 * MICROS_PER_SECOND;
	assert_true(s3_client_open(&f.open, &f.client, NULL));
	begun = stepping_monotonic(&f.clock.base);
	assert_true(s3_perform(f.client, &request, &reply, NULL));
	assert_true(stepping_monotonic(&f.clock.base) - begun >= 65 * MICROS_PER_SECOND);
	assert_int_equal(f.trouble.told, 4);
	assert_true(f.trouble.over);
	assert_true(f.trouble.since - begun < 60 * MICROS_PER_SECOND);
	assert_string_equal(f.trouble.reason, "Unheard: Told (request REQ1)");
	s3_reply_free(&reply);
	tear_down(&f);
}

/* ---- many ---- */

/* Many calls that fail are no storm: their retries are spread, and none is given up. */
static void
test_budget(void **state UNUSED)
{
	enum
	{
		CALLS = 40
	};
	static Fixture f;
	S3Call *calls[CALLS];
	S3Request request = put_of("key");
	uint64_t retries;

	prepare(&f, NULL, 0);
	atomic_store(&outage.over, false);
	f.server->script = outage_step;
	outage.status = 500;
	f.open.trouble = NULL;
	f.open.backoff_base = 1000;
	assert_true(s3_client_open(&f.open, &f.client, NULL));
	for (int i = 0; i < CALLS; i++)
		calls[i] = s3_begin(f.client, &request);
	usleep(500000);
	retries = s3_traffic(f.client).retries;
	/* A hundred at once, a few more after a while; by their pauses alone it would be about 380. */
	assert_in_range(retries, 1, 260);
	atomic_store(&outage.over, true);
	for (int i = 0; i < CALLS; i++)
	{
		S3Reply reply;

		assert_true(s3_wait(calls[i], &reply, NULL));
		assert_int_equal(reply.status, 200);
		s3_reply_free(&reply);
		s3_call_free(calls[i]);
	}
	tear_down(&f);
}

/* Every kind of fault in turn, by a hash of the request's number. */
static ServerStep
storm_step(void *context UNUSED, const ServerRequest *request UNUSED, int number)
{
	uint32_t draw = (uint32_t)number * 2654435761u >> 16;

	if (draw % 3 == 0)
		return (ServerStep){.status = 200, .body = "<R/>"};
	return agains[draw / 3 % lengthof(agains)].step;
}

enum
{
	STORM_THREADS = 4,
	STORM_CALLS = 25
};

static void *
call_in_storm(void *context)
{
	Fixture *f = context;
	S3Call *calls[STORM_CALLS];

	for (int i = 0; i < STORM_CALLS; i++)
	{
		S3Request request = {.method = "POST", .key = "key", .body = STR_LIT("body")};

		calls[i] = s3_begin(f->client, &request);
	}
	for (int i = 0; i < STORM_CALLS; i++)
	{
		S3Reply reply;

		/* One in five is given up. */
		if (i % 5 != 0)
		{
			assert_true(s3_wait(calls[i], &reply, NULL));
			assert_true(s3_ended(calls[i]));
			assert_true(reply.status == 200 || reply.status == 409);
			s3_reply_free(&reply);
		}
		s3_call_free(calls[i]);
	}
	return NULL;
}

static void
test_storm(void **state UNUSED)
{
	static Fixture f;
	pthread_t threads[STORM_THREADS];

	prepare(&f, NULL, 0);
	f.server->script = storm_step;
	f.open.stall_timeout = 40000;
	f.open.backoff_base = 100;
	assert_true(s3_client_open(&f.open, &f.client, NULL));
	for (int i = 0; i < STORM_THREADS; i++)
		pthread_create(&threads[i], NULL, call_in_storm, &f);
	for (int i = 0; i < STORM_THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_true(s3_traffic(f.client).retries > 0);
	tear_down(&f);
}

/* ---- endpoints ---- */

static void
test_addresses(void **state UNUSED)
{
	static const struct
	{
		const char *bucket, *endpoint, *region;
		S3Addressing addressing;
		const char *host, *path;
	} cases[] = {
		{"logs", NULL, "eu-west-1", S3_ADDRESSING_AUTO, "logs.s3.eu-west-1.amazonaws.com", "/a b/k"},
		{"logs", NULL, "eu-west-1", S3_ADDRESSING_PATH, "s3.eu-west-1.amazonaws.com", "/logs/a b/k"},
		{"logs.old", NULL, "us-east-1", S3_ADDRESSING_AUTO, "s3.us-east-1.amazonaws.com", "/logs.old/a b/k"},
		{"Logs_1", NULL, "us-east-1", S3_ADDRESSING_AUTO, "s3.us-east-1.amazonaws.com", "/Logs_1/a b/k"},
		{"logs", NULL, "cn-north-1", S3_ADDRESSING_AUTO, "logs.s3.cn-north-1.amazonaws.com.cn", "/a b/k"},
		{"logs", NULL, "us-isof-south-1", S3_ADDRESSING_AUTO, "logs.s3.us-isof-south-1.csp.hci.ic.gov",
		 "/a b/k"},
		{"logs", NULL, "us-gov-west-1", S3_ADDRESSING_AUTO, "logs.s3.us-gov-west-1.amazonaws.com", "/a b/k"},
		{"logs", "https://minio.test:9000/", "x", S3_ADDRESSING_AUTO, "minio.test:9000", "/logs/a b/k"},
		{"logs", "https://minio.test:443", "x", S3_ADDRESSING_AUTO, "minio.test", "/logs/a b/k"},
		{"logs", "https://minio.test", "x", S3_ADDRESSING_VIRTUAL, "logs.minio.test", "/a b/k"},
		{"logs", "http://localhost:80", "x", S3_ADDRESSING_AUTO, "localhost", "/logs/a b/k"},
		{"logs", "http://127.0.0.1:9000", "x", S3_ADDRESSING_PATH, "127.0.0.1:9000", "/logs/a b/k"},
		{"logs", "http://[::1]:9000", "x", S3_ADDRESSING_AUTO, "[::1]:9000", "/logs/a b/k"},
		{"logs", "https://[2001:db8::1]", "x", S3_ADDRESSING_AUTO, "[2001:db8::1]", "/logs/a b/k"},
	};

	for (size_t i = 0; i < lengthof(cases); i++)
	{
		S3Endpoint e;
		StrBuf text = {0};

		assert_true(
			s3_endpoint_init(&e, cases[i].bucket, cases[i].endpoint, cases[i].addressing, false, NULL));
		s3_endpoint_host(&e, cases[i].region, &text);
		assert_string_equal(str_cstr(&text), cases[i].host);
		str_clear(&text);
		s3_endpoint_path(&e, NULL, "a b/k", &text);
		assert_string_equal(str_cstr(&text), cases[i].path);
		str_free(&text);
		s3_endpoint_free(&e);
	}
}

static void
test_refused_addresses(void **state UNUSED)
{
	static const struct
	{
		const char *bucket, *endpoint;
		S3Addressing addressing;
		const char *message;
	} cases[] = {
		{"logs", "http://minio.test:9000", S3_ADDRESSING_AUTO,
		 "the S3 endpoint \"http://minio.test:9000\" is not encrypted"},
		{"logs", "http://127.0.0.1.evil.example", S3_ADDRESSING_AUTO,
		 "the S3 endpoint \"http://127.0.0.1.evil.example\" is not encrypted"},
		{"logs", "https://169.254.169.254", S3_ADDRESSING_AUTO,
		 "the S3 endpoint \"https://169.254.169.254\" is the instance metadata service"},
		{"logs", "ftp://minio.test", S3_ADDRESSING_AUTO, "the S3 endpoint is not valid"},
		{"logs", "minio.test", S3_ADDRESSING_AUTO, "the S3 endpoint is not valid"},
		{"logs", "https://me:secret@minio.test", S3_ADDRESSING_AUTO, "the S3 endpoint is not valid"},
		{"logs", "https://minio.test/prefix", S3_ADDRESSING_AUTO, "the S3 endpoint is not valid"},
		{"logs", "https://minio.test?x", S3_ADDRESSING_AUTO, "the S3 endpoint is not valid"},
		{"logs", "https://10.0.0.1", S3_ADDRESSING_VIRTUAL,
		 "the S3 endpoint \"https://10.0.0.1\" cannot have buckets in its host name"},
		{"logs.old", NULL, S3_ADDRESSING_VIRTUAL, "the bucket \"logs.old\" cannot be a part of a host name"},
		{"logs/x", NULL, S3_ADDRESSING_AUTO, "\"logs/x\" is not the name of an S3 bucket"},
		{"", NULL, S3_ADDRESSING_AUTO, "the name of the S3 bucket is empty"},
	};
	S3Endpoint e;

	for (size_t i = 0; i < lengthof(cases); i++)
	{
		Error err = {0};

		assert_false(
			s3_endpoint_init(&e, cases[i].bucket, cases[i].endpoint, cases[i].addressing, false, &err));
		assert_string_equal(err.message, cases[i].message);
		error_clear(&err);
	}
	assert_true(s3_endpoint_init(&e, "logs", "http://minio.test:9000", S3_ADDRESSING_AUTO, true, NULL));
	s3_endpoint_free(&e);
}

/* Signed requests go to Amazon's hosts, or to the endpoint, and to no other. */
static void
test_hosts_to_follow(void **state UNUSED)
{
	static const struct
	{
		const char *endpoint, *host;
		bool follow;
		const char *path;
	} cases[] = {
		{NULL, "logs.s3-us-west-2.amazonaws.com", true, "/key"},
		{NULL, "s3-us-west-2.amazonaws.com", true, "/logs/key"},
		{NULL, "logs.s3.amazonaws.com.evil.example", false, NULL},
		{NULL, "amazonaws.com", false, NULL},
		{NULL, ".amazonaws.com", false, NULL},
		{NULL, "evilamazonaws.com", false, NULL},
		{NULL, "evil.example/x.amazonaws.com", false, NULL},
		{NULL, "me@x.amazonaws.com", false, NULL},
		{"https://minio.test", "minio.test", true, "/logs/key"},
		{"https://minio.test", "logs.minio.test", true, "/key"},
		{"https://minio.test", "minio.test:9000", false, NULL},
		{"https://minio.test", "s3.eu-west-1.amazonaws.com", false, NULL},
	};

	for (size_t i = 0; i < lengthof(cases); i++)
	{
		S3Endpoint e;
		StrBuf path = {0};

		assert_true(s3_endpoint_init(&e, "logs", cases[i].endpoint, S3_ADDRESSING_AUTO, false, NULL));
		assert_int_equal(s3_endpoint_may_follow(&e, "us-east-1", cases[i].host), cases[i].follow);
		if (cases[i].follow)
		{
			s3_endpoint_path(&e, cases[i].host, "key", &path);
			assert_string_equal(str_cstr(&path), cases[i].path);
		}
		str_free(&path);
		s3_endpoint_free(&e);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_goes_out),
		cmocka_unit_test(test_tried_again),
		cmocka_unit_test(test_uncertain),
		cmocka_unit_test(test_uncertain_on_kept_connection),
		cmocka_unit_test(test_early_refusal),
		cmocka_unit_test(test_asked_pause),
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_final),
		cmocka_unit_test(test_strange_replies),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_conflict_without_condition),
		cmocka_unit_test(test_drip),
		cmocka_unit_test(test_clock_skew),
		cmocka_unit_test(test_clock_skew_of_head),
		cmocka_unit_test(test_expired_credentials),
		cmocka_unit_test(test_credentials_refused_for_long),
		cmocka_unit_test(test_permanent_credentials),
		cmocka_unit_test(test_no_credentials),
		cmocka_unit_test(test_secrets_stay_hidden),
		cmocka_unit_test(test_other_region),
		cmocka_unit_test(test_not_followed),
		cmocka_unit_test(test_refusals_on_the_way),
		cmocka_unit_test(test_temporary_redirect),
		cmocka_unit_test(test_patience),
		cmocka_unit_test(test_refused_connections),
		cmocka_unit_test(test_stop_and_grace),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_trouble),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_storm),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_refused_addresses),
		cmocka_unit_test(test_hosts_to_follow),
	};

	setenv("no_proxy", "127.0.0.1", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
