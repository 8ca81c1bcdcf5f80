/*
 * s3_attempt.c: one attempt of a call: credentials, headers, signature, and off (contract in s3_call.h).
 *
 * Everything is made anew for each attempt: a signature counts for 15 minutes, credentials for an hour or so,
 * and region and clock may have been corrected. A call that does not know its region looks for it with a HEAD
 * of the bucket, whose reply names the region also when it is a refusal.
 */
#include "connectors/s3_call.h"

#include <openssl/crypto.h>
#include <stdio.h>

#include "common/memory.h"

enum
{
	EXPECT_FROM = 16 << 10,
	STALL_BYTES = 1024
};

/* The attempt in the making. */
typedef struct Draft
{
	S3Call *call;
	const char *method;
	StrBuf host, path, target, url, authorization;
	char date[SIGV4_DATE_SIZE];
	HttpHeader *headers;
	size_t header_count;
} Draft;

static void
add_header(Draft *draft, const char *name, const char *value)
{
	draft->headers[draft->header_count++] = (HttpHeader){name, value};
}

static void
make_headers(Draft *draft, const AwsCredentials *credentials)
{
	const S3Call *call = draft->call;
	const S3Request *request = &call->request;

	draft->headers = mem_alloc(sizeof *draft->headers * (request->header_count + 6));
	add_header(draft, "host", str_cstr(&draft->host));
	add_header(draft, "x-amz-date", draft->date);
	add_header(draft, "x-amz-content-sha256", call->looking ? SIGV4_EMPTY_PAYLOAD : call->payload_sha256);
	if (credentials->session_token != NULL)
		add_header(draft, "x-amz-security-token", credentials->session_token);
	if (call->client->open.requester_pays)
		add_header(draft, "x-amz-request-payer", "requester");
	for (size_t i = 0; i < request->header_count && !call->looking; i++)
		add_header(draft, request->headers[i].name, request->headers[i].value);
}

static void
sign(Draft *draft, const AwsCredentials *credentials, int64_t time)
{
	S3Call *call = draft->call;
	SigV4Request request = {.method = draft->method,
							.path = str_cstr(&draft->path),
							.parameters = call->request.parameters,
							.parameter_count = call->looking ? 0 : call->request.parameter_count,
							.headers = draft->headers,
							.header_count = draft->header_count,
							.payload_sha256 = draft->headers[2].value};
	SigV4Key key = {.key_id = credentials->key_id,
					.secret = credentials->secret,
					.region = call->region,
					.service = "s3",
					.time = time,
					.cache = &call->client->signing_key};

	sigv4_target(&request, &draft->target);
	sigv4_authorize(&request, &key, &draft->authorization);
	add_header(draft, "authorization", str_cstr(&draft->authorization));
}

/* By the HTTP engine's thread. */
static void
replied(void *context, HttpReply *reply)
{
	S3Call *call = context;
	S3Client *client = call->client;

	pthread_mutex_lock(&client->lock);
	call->raw = *reply;
	call->http = NULL;
	client->traffic.sent += reply->sent;
	client->traffic.received += reply->received;
	TAILQ_REMOVE(&client->lists[S3_SENT], call, link);
	call->place = S3_REPLIED;
	TAILQ_INSERT_TAIL(&client->lists[S3_REPLIED], call, link);
	pthread_cond_signal(&client->work);
	pthread_mutex_unlock(&client->lock);
}

static void
send_draft(Draft *draft)
{
	S3Call *call = draft->call;
	S3Client *client = call->client;
	HttpRequest request = {
		.method = draft->method,
		.headers = draft->headers,
		.header_count = draft->header_count,
		.body = call->looking ? (StrView){"", 0} : call->request.body,
		/* A server that refuses before it has read the body may close, and the refusal be lost. */
		.expect = call->failures > 0 && call->request.body.len > EXPECT_FROM,
		.ca_file = aws_ca_file(client->open.identity),
		.max_reply = call->request.max_reply,
		/* The completion of an upload may take minutes, with a blank now and then. */
		.stall_bytes = strcmp(draft->method, "POST") == 0 ? 0 : STALL_BYTES,
		.no_proxy = client->endpoint.loopback,
		.stall_timeout = client->open.stall_timeout};

	str_appendf(&draft->url, "%s://%s%s", client->endpoint.scheme, str_cstr(&draft->host),
				str_cstr(&draft->target));
	request.url = str_cstr(&draft->url);
	pthread_mutex_lock(&client->lock);
	client->traffic.requests++;
	client->traffic.retries += call->attempts > 0;
	call->attempts++;
	call->place = S3_SENT;
	TAILQ_INSERT_TAIL(&client->lists[S3_SENT], call, link);
	client->sent_count++;
	call->http = http_begin(client->open.http, &request, replied, call);
	pthread_mutex_unlock(&client->lock);
}

void
s3_wipe(StrBuf *text)
{
	if (text->len > 0)
		OPENSSL_cleanse(text->data, text->len);
	str_clear(text);
}

/* Keeps what must not appear in texts. Returns whether it is what it was. */
static bool
remember_secrets(S3Call *call, const AwsCredentials *credentials)
{
	StrBuf secrets = {0};
	bool same;

	str_append(&secrets, credentials->secret, strlen(credentials->secret) + 1);
	if (credentials->session_token != NULL)
		str_append(&secrets, credentials->session_token, strlen(credentials->session_token) + 1);
	same = str_equal(str_view(&secrets), str_view(&call->secrets));
	s3_wipe(&call->secrets);
	str_free(&call->secrets);
	call->secrets = secrets;
	return same;
}

static bool
get_credentials(S3Call *call, AwsCredentials *credentials)
{
	S3Client *client = call->client;
	Error error = {0};

	if (!aws_credentials_get(client->open.identity, credentials, &error))
	{
		if (error.retriable)
		{
			s3_try_later(call, S3_AGAIN, error.message, 0);
			error_clear(&error);
		}
		else
		{
			error_move(&call->error, &error);
			s3_end(call, false);
		}
		return false;
	}
	call->generation = credentials->generation;
	/* They were refused, and nothing but they can be had. */
	call->hopeless =
		remember_secrets(call, credentials) && call->refreshed > 0 && credentials->expires == INT64_MAX;
	return true;
}

void
s3_attempt(S3Call *call)
{
	S3Client *client = call->client;
	Draft draft = {.call = call};
	AwsCredentials credentials = {0};
	const char *host = call->host[0] != '\0' ? call->host : NULL;
	int64_t time;

	if (!get_credentials(call, &credentials))
		return;
	(void)snprintf(call->region, sizeof call->region, "%s", client->region);
	draft.method = call->looking ? "HEAD" : call->request.method;
	if (host != NULL)
		str_append_cstr(&draft.host, host);
	else
		s3_endpoint_host(&client->endpoint, call->region, &draft.host);
	s3_endpoint_path(&client->endpoint, host, call->looking ? NULL : call->request.key, &draft.path);
	time = clock_now(client->open.clock) + client->clock_offset;
	sigv4_date(time, draft.date);
	make_headers(&draft, &credentials);
	sign(&draft, &credentials, time);
	send_draft(&draft);
	aws_credentials_free(&credentials);
	mem_free(draft.headers);
	str_free(&draft.host);
	str_free(&draft.path);
	str_free(&draft.target);
	str_free(&draft.url);
	str_free(&draft.authorization);
}
