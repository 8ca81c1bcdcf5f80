/*
 * s3_judge.c: what becomes of a call after an attempt (contract in s3_call.h).
 *
 * Three things can happen: it ends, it is signed anew and sent at once (region, clock, credentials), or it
 * waits. Pauses are random below a bound that doubles, as "Exponential Backoff And Jitter" of Amazon's
 * Architecture Blog has it, and never shorter than what the server asks for. A budget as in Amazon's SDKs
 * keeps many failing calls from becoming a storm; here it makes retries wait, and never gives one up.
 */
#include "connectors/s3_call.h"

#include <stdio.h>

#include "common/ascii.h"
#include "common/memory.h"
#include "common/types/calendar.h"

/* ---- texts ---- */

static const char *
verb_of(const S3Request *request)
{
	if (strcmp(request->method, "GET") == 0)
		return request->key != NULL ? "read" : "list";
	if (strcmp(request->method, "HEAD") == 0)
		return "look at";
	return strcmp(request->method, "DELETE") == 0 ? "remove" : "write";
}

void
s3_append_operation(const S3Client *client, const S3Request *request, StrBuf *out)
{
	const char *key = request->key != NULL ? request->key : "";

	str_appendf(out, "could not %s \"s3://%s/", verb_of(request), client->endpoint.bucket);
	for (; *key != '\0'; key++)
		str_append_char(out, ascii_control(*key) ? ' ' : *key);
	str_append_char(out, '"');
}

/* Overwrites every place of a text that has one of the call's secrets. */
static void
hide_secrets(const S3Call *call, char *text)
{
	const char *secret = str_cstr(&call->secrets), *end = secret + call->secrets.len;

	for (; secret < end; secret += strlen(secret) + 1)
		for (char *at = text; *secret != '\0' && (at = strstr(at, secret)) != NULL;)
			memset(at, '*', strlen(secret));
}

static void
append_ids(const S3Error *e, StrBuf *out)
{
	if (e->request_id[0] == '\0')
		return;
	str_appendf(out, "%s(request %s", out->len > 0 ? " " : "", e->request_id);
	if (e->host_id[0] != '\0')
		str_appendf(out, ", host %s", e->host_id);
	str_append_char(out, ')');
}

static void
fill_reply(S3Call *call, const S3Error *e)
{
	S3Reply *reply = &call->reply;
	StrBuf detail = {0};

	str_append_cstr(&detail, e->message);
	append_ids(e, &detail);
	reply->status = e->status;
	memcpy(reply->code, e->code, sizeof reply->code);
	reply->detail[0] = '\0';
	strncat(reply->detail, str_cstr(&detail), sizeof reply->detail - 1);
	hide_secrets(call, reply->detail);
	hide_secrets(call, reply->code);
	str_free(&detail);
}

bool
s3_failed(const S3Client *client, const S3Request *request, const S3Reply *reply, Error *err)
{
	StrBuf text = {0};
	const char *hint = s3_error_hint(reply->code);

	s3_append_operation(client, request, &text);
	if (reply->code[0] != '\0')
		error_set(err, s3_error_sqlstate(reply->code, reply->status), NO_POSITION, "%s: %s", str_cstr(&text),
				  reply->code);
	else
		error_set(err, s3_error_sqlstate("", reply->status), NO_POSITION, "%s: HTTP status %d",
				  str_cstr(&text), reply->status);
	if (reply->detail[0] != '\0')
		error_detail(err, "%s", reply->detail);
	if (hint != NULL)
		error_hint(err, "%s", hint);
	str_free(&text);
	return false;
}

/* ---- ending ---- */

static void
take_raw(S3Call *call)
{
	http_reply_free(&call->reply.http);
	call->reply.http = call->raw;
	call->raw = (HttpReply){0};
}

void
s3_end_failed(S3Call *call)
{
	s3_failed(call->client, &call->request, &call->reply, &call->error);
	s3_end(call, false);
}

static void
end_with(S3Call *call, SqlStateName state, bool retriable, const char *why, const char *detail)
{
	StrBuf text = {0};

	s3_append_operation(call->client, &call->request, &text);
	error_clear(&call->error);
	error_set(&call->error, state, NO_POSITION, "%s: %s", str_cstr(&text), why);
	if (detail[0] != '\0')
		error_detail(&call->error, "%s", detail);
	call->error.retriable = retriable;
	str_free(&text);
	s3_end(call, false);
}

void
s3_end_unanswered(S3Call *call)
{
	const atomic_bool *stop = call->client->open.stop;

	if (call->cancelled || (stop != NULL && atomic_load(stop)))
		end_with(call, SQLSTATE_QUERY_CANCELED, true, "stopped before there was an answer", call->reason);
	else
		end_with(call, SQLSTATE_CONNECTION_FAILURE, true, "there was no answer in time", call->reason);
}

/* ---- trying again ---- */

enum
{
	THROTTLE_FACTOR = 20, /* of the base of pauses */
	CAP_FACTOR = 400,
	RETRY_COST = 5,
	TIMEOUT_COST = 10,
	BUDGET_RATE = 50 /* per second */
};

/* The longest that a server may ask for. */
#define PAUSE_LIMIT (2 * MICROS_PER_MINUTE)

static int64_t
pause_base(const S3Client *client)
{
	return client->open.backoff_base > 0 ? client->open.backoff_base : 50 * MICROS_PER_MILLISECOND;
}

/* Takes a retry's cost out of the budget. Returns how long it has to wait for its turn, up to the longest
 * pause. */
static int64_t
charge(S3Call *call, double cost)
{
	S3Client *client = call->client;
	int64_t now = s3_now(client);
	double rate = (double)BUDGET_RATE / MICROS_PER_SECOND;
	double least = -rate * (double)(pause_base(client) * CAP_FACTOR);

	client->budget = Min((double)S3_BUDGET, client->budget + (double)(now - client->budget_at) * rate);
	client->budget_at = now;
	client->budget = Max(client->budget - cost, least);
	call->charge += cost;
	if (client->budget >= 0)
		return 0;
	return (int64_t)(-client->budget / rate * (0.5 + 0.5 * random_unit(client->open.random)));
}

/* Full jitter. */
static int64_t
backoff(S3Call *call, bool throttled)
{
	int64_t base = pause_base(call->client);
	int64_t cap = base * CAP_FACTOR, bound = throttled ? base * THROTTLE_FACTOR : base;

	for (int i = 1; i < call->failures && bound < cap; i++)
		bound *= 2;
	return (int64_t)(random_unit(call->client->open.random) * (double)Min(bound, cap));
}

void
s3_try_later(S3Call *call, S3ErrorKind kind, const char *reason, int64_t pause)
{
	S3Client *client = call->client;
	int64_t now = s3_now(client), turn;

	(void)snprintf(call->reason, sizeof call->reason, "%s", reason);
	hide_secrets(call, call->reason);
	if (call->failing_since == 0)
		call->failing_since = now;
	if (call->cancelled || s3_is_over(call))
	{
		s3_end_unanswered(call);
		return;
	}
	if (call->request.once && call->reply.uncertain)
	{
		end_with(call, SQLSTATE_CONNECTION_FAILURE, true, "the outcome of the one attempt is not known",
				 call->reason);
		return;
	}
	call->failures++;
	turn = charge(call, call->reply.http.fault == HTTP_TIMEOUT ? TIMEOUT_COST : RETRY_COST);
	pause = Max(Min(pause, PAUSE_LIMIT), backoff(call, kind == S3_THROTTLED));
	s3_wait_until(call, now + Max(pause, turn));
}

/* ---- what may be put right ---- */

/* How far S3's clock is ahead of ours, by the reply; false when it does not say. */
static bool
clock_difference(const S3Call *call, int64_t *out)
{
	if (!http_reply_date(&call->reply.http, out))
		return false;
	*out -= clock_now(call->client->open.clock);
	return true;
}

/* What could not be put right at once may pass if it ever went well, else the configuration is wrong. */
static void
give_time(S3Call *call)
{
	if (call->client->answered)
		s3_try_later(call, S3_AGAIN,
					 call->reply.code[0] != '\0' ? call->reply.code : "S3 refuses the request", 0);
	else
		s3_end_failed(call);
}

static void
set_clock(S3Call *call)
{
	int64_t difference;
	bool known = clock_difference(call, &difference);

	if (known)
		call->client->clock_offset = difference;
	if (known && !call->set_clock)
	{
		call->set_clock = true;
		s3_queue(call);
	}
	else
		give_time(call);
}

enum
{
	REFUSALS = 3 /* of ever new credentials, before any was accepted */
};

/* New ones at once, then ever again after a pause: the service that makes them may lag behind, and keys that
 * never expire may be given back their rights. */
static void
refresh_credentials(S3Call *call)
{
	S3Client *client = call->client;

	if (!client->answered && (call->hopeless || call->refreshed >= REFUSALS))
	{
		s3_end_failed(call);
		return;
	}
	aws_credentials_refused(client->open.identity, call->generation);
	if (call->refreshed++ == 0)
		s3_queue(call);
	else
		s3_try_later(call, S3_AGAIN, call->reply.code, 0);
}

/* The region of the bucket, once it is known. */
static void
use_region(S3Call *call, const char *region)
{
	(void)snprintf(call->client->region, sizeof call->client->region, "%s", region);
	call->followed = true;
	s3_queue(call);
}

/* Once; who sends a call away a second time is not believed. */
static void
follow(S3Call *call, const S3Error *e)
{
	S3Client *client = call->client;
	/* Another call may have found it meanwhile. */
	const char *region = strcmp(call->region, client->region) != 0 ? client->region : e->region;

	if (call->followed)
	{
		call->host[0] = '\0';
		give_time(call);
	}
	else if (region[0] != '\0' && strcmp(region, call->region) != 0)
		use_region(call, region);
	else if (e->status == 307 && s3_endpoint_may_follow(&client->endpoint, client->region, e->endpoint))
	{
		(void)snprintf(call->host, sizeof call->host, "%s", e->endpoint);
		call->followed = true;
		s3_queue(call);
	}
	else if (region[0] != '\0')
		use_region(call, region);
	else
	{
		call->looking = true;
		s3_queue(call);
	}
}

/* The reply to the HEAD of the bucket: whatever it says else, it may name the region. */
static void
end_look(S3Call *call, const S3Error *e)
{
	call->looking = false;
	if (e->region[0] != '\0')
		use_region(call, e->region);
	else if (e->kind == S3_AGAIN || e->kind == S3_THROTTLED)
	{
		call->looking = true;
		s3_try_later(call, e->kind, "the bucket's region is not known", 0);
	}
	else
	{
		call->followed = true;
		give_time(call);
	}
}

enum
{
	GUESSES = 5 /* pauses before a refusal without a reason is final */
};

/* A refused HEAD has no body that would say why: the clock and the credentials are tried in turn. */
static void
guess(S3Call *call, const S3Error *e)
{
	int64_t difference;

	if (e->region[0] != '\0' && strcmp(e->region, call->region) != 0)
		follow(call, e);
	else if (!call->set_clock && clock_difference(call, &difference) &&
			 llabs(difference - call->client->clock_offset) > 5 * MICROS_PER_MINUTE)
		set_clock(call);
	else if (call->refreshed == 0)
		refresh_credentials(call);
	else if (call->failures < GUESSES)
		give_time(call);
	else
		s3_end_failed(call);
}

/* ---- judging ---- */

/* What the server asks for, microseconds; 0 = nothing. */
static int64_t
asked_pause(const S3Call *call)
{
	StrBuf value = {0};
	const char *text = http_reply_header(&call->reply.http, "x-amz-retry-after", &value);
	int64_t millis =
		text != NULL ? strtoll(text, NULL, 10) : http_reply_retry_after(&call->reply.http) / 1000;

	str_free(&value);
	return Max(0, Min(millis, PAUSE_LIMIT / 1000)) * 1000;
}

static void
judge_failure(S3Call *call, const S3Error *e)
{
	char reason[600];

	if (e->status >= 500 || e->in_success)
		call->reply.uncertain = true;
	if (e->code[0] != '\0')
		(void)snprintf(reason, sizeof reason, "%s%s%s", e->code, call->reply.detail[0] != '\0' ? ": " : "",
					   call->reply.detail);
	else
		(void)snprintf(reason, sizeof reason, "HTTP status %d%s%s", call->reply.http.status,
					   call->reply.detail[0] != '\0' ? ": " : "", call->reply.detail);
	s3_try_later(call, e->kind, reason, asked_pause(call));
}

/* A refusal by something else than S3: the endpoint is wrong, or, once S3 has answered, it will pass. */
static void
judge_strange(S3Call *call, const S3Error *e)
{
	if (call->client->answered)
	{
		judge_failure(call, e);
		return;
	}
	s3_failed(call->client, &call->request, &call->reply, &call->error);
	error_hint(&call->error, "The reply is not one of S3: check the endpoint.");
	s3_end(call, false);
}

static void
judge_status(S3Call *call)
{
	S3Error e;

	s3_error_of(&call->raw, call->looking ? "HEAD" : call->request.method, call->xml && !call->looking, &e);
	fill_reply(call, &e);
	take_raw(call);
	if (call->looking)
	{
		end_look(call, &e);
		return;
	}
	/* Of an upload that was to create a name nothing is left: all of it is sent anew. */
	if (e.kind == S3_CONFLICT && call->conditional && strcmp(call->request.method, "POST") == 0)
		e.kind = S3_ANSWER;
	switch (e.kind)
	{
		case S3_ANSWER:
			call->client->answered = true;
			s3_end(call, true);
			return;
		case S3_CLOCK: set_clock(call); return;
		case S3_CREDENTIALS: refresh_credentials(call); return;
		case S3_REGION: follow(call, &e); return;
		case S3_UNSAID: guess(call, &e); return;
		case S3_STRANGE: judge_strange(call, &e); return;
		case S3_FINAL: s3_end_failed(call); return;
		default: judge_failure(call, &e); return;
	}
}

static void
judge_fault(S3Call *call)
{
	HttpFault fault = call->raw.fault;
	char message[sizeof call->raw.message];

	(void)snprintf(message, sizeof message, "%s", call->raw.message);
	if (!call->raw.unsent && !call->looking)
		call->reply.uncertain = true;
	fill_reply(call, &(S3Error){0});
	take_raw(call);
	switch (fault)
	{
		case HTTP_REFUSED: end_with(call, SQLSTATE_IO_ERROR, false, message, ""); return;
		case HTTP_CANCELED: s3_end_unanswered(call); return;
		case HTTP_UNTRUSTED:
			if (call->client->answered)
				break;
			end_with(call, SQLSTATE_CONNECTION_EXCEPTION, false, message, "");
			error_hint(&call->error, "Check the endpoint and the CA file.");
			return;
		default: break;
	}
	s3_try_later(call, S3_AGAIN, message, 0);
}

void
s3_judge(S3Call *call)
{
	if (call->raw.fault == HTTP_DONE)
		judge_status(call);
	else
		judge_fault(call);
}
