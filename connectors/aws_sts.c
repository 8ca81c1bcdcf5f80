/*
 * aws_sts.c: calls of the Security Token Service (contract in aws_sts.h).
 *
 * A signature that the service calls too old or too new is made once more by the service's own clock, as its
 * answer tells it.
 */
#include "connectors/aws_sts.h"

#include <curl/curl.h>
#include <stdio.h>

#include "common/memory.h"
#include "common/types/timestamp.h"
#include "connectors/aws_domain.h"
#include "connectors/aws_service.h"
#include "connectors/secret.h"

#define STS_VERSION "2011-06-15"
#define STS_TIMEOUT (30 * MICROS_PER_SECOND)
#define STS_GLOBAL_REGION "us-east-1"
#define STS_CONTENT_TYPE "application/x-www-form-urlencoded; charset=utf-8"
/* Signatures are good for a quarter of an hour; clocks that differ by less are none of the trouble. */
#define SKEW_LEAST (4 * MICROS_PER_MINUTE)

typedef struct StsPlace
{
	char *url;  /* ends with the path */
	char *host; /* as the header has it */
	char *path;
	const char *region; /* to sign for */
	bool loopback;
} StsPlace;

void
aws_sts_session_name(const AwsConfiguration *c, char out[AWS_SESSION_NAME_SIZE])
{
	snprintf(out, AWS_SESSION_NAME_SIZE, "weir-%" PRId64, timestamp_unix_seconds(clock_now(c->clock)));
}

/* ---- where it is ---- */

static char *
service_url(const AwsConfiguration *c)
{
	const char *configured = aws_configured_endpoint(c, "sts");
	StrBuf url = {0};

	if (configured != NULL)
		str_append_cstr(&url, configured);
	else if (c->region != NULL)
		str_appendf(&url, "https://sts.%s.%s/", c->region, aws_domain(c->region));
	else
		str_append_cstr(&url, "https://sts.amazonaws.com/");
	return url.data;
}

static void
close_place(StsPlace *place)
{
	curl_free(place->url);
	mem_free(place->host);
	curl_free(place->path);
}

/* Tokens go there and secrets come back. */
static bool
check_place(const AwsConfiguration *c, const StsPlace *place, const char *url, Error *err)
{
	if (strncmp(url, "http:", 5) != 0 || place->loopback || c->allow_plaintext)
		return true;
	error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION,
			  "the endpoint of the Security Token Service is not encrypted");
	return error_hint(err, "Use https; plain http is for endpoints on this machine.");
}

static bool
find_place(const AwsConfiguration *c, StsPlace *place, Error *err)
{
	CURLU *url = curl_url();
	char *text = service_url(c), *host = NULL, *port = NULL;
	StrBuf header = {0};
	bool ok = curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK &&
			  curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
			  curl_url_get(url, CURLUPART_PATH, &place->path, 0) == CURLUE_OK &&
			  curl_url_get(url, CURLUPART_URL, &place->url, CURLU_NO_DEFAULT_PORT) == CURLUE_OK;

	/* The port is part of the host unless it is the scheme's own. */
	if (ok && curl_url_get(url, CURLUPART_PORT, &port, CURLU_NO_DEFAULT_PORT) == CURLUE_OK)
		str_appendf(&header, "%s:%s", host, port);
	else if (ok)
		str_append_cstr(&header, host);
	place->host = header.data;
	place->region = c->region != NULL ? c->region : STS_GLOBAL_REGION;
	place->loopback = ok && http_is_loopback(host);
	if (!ok)
		error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION,
				  "the endpoint of the Security Token Service is not a URL");
	ok = ok && check_place(c, place, place->url, err);
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(url);
	mem_free(text);
	return ok;
}

/* ---- the request ---- */

static void
append_form(const SigV4Parameter *parameters, size_t count, StrBuf *out)
{
	str_reserve(out, 16384); /* a token is in it: no copies */
	str_append_cstr(out, "Version=" STS_VERSION);
	for (size_t i = 0; i < count; i++)
	{
		if (parameters[i].value == NULL)
			continue;
		str_appendf(out, "&%s=", parameters[i].name);
		sigv4_encode(parameters[i].value, false, out);
	}
}

/* Sends it, signed as of that time. */
static void
send_form(const AwsProvider *provider, const StsPlace *place, const StrBuf *form,
		  const AwsCredentials *signer, int64_t time, HttpReply *reply)
{
	char date[SIGV4_DATE_SIZE], digest[HEX_SHA256];
	StrBuf authorization = {0};
	HttpHeader headers[6] = {
		{"host", place->host}, {"content-type", STS_CONTENT_TYPE}, {"accept", "text/xml"}};
	HttpRequest request = {.method = "POST",
						   .url = place->url,
						   .headers = headers,
						   .header_count = 3,
						   .body = str_view(form),
						   .ca_file = provider->configuration->ca_bundle,
						   .max_reply = AWS_REPLY_LIMIT,
						   .timeout = STS_TIMEOUT,
						   .no_proxy = place->loopback};

	if (signer != NULL)
	{
		SigV4Request signing = {.method = "POST", .path = place->path, .headers = headers};
		SigV4Key key = {signer->key_id, signer->secret, place->region, "sts", time, NULL};

		sigv4_date(time, date);
		sigv4_sha256(request.body, digest);
		signing.payload_sha256 = digest;
		headers[request.header_count++] = (HttpHeader){"x-amz-date", date};
		if (signer->session_token != NULL)
			headers[request.header_count++] = (HttpHeader){"x-amz-security-token", signer->session_token};
		signing.header_count = request.header_count;
		sigv4_authorize(&signing, &key, &authorization);
		headers[request.header_count++] = (HttpHeader){"authorization", str_cstr(&authorization)};
	}
	aws_perform(provider->configuration, &request, reply);
	str_free(&authorization);
}

/* ---- the answer ---- */

/* By how much the service's clock is ahead, if that is why it refused the signature; else 0. */
static int64_t
skew_of(const AwsProvider *provider, const HttpReply *reply, const char *code)
{
	int64_t date, skew;

	if ((strcmp(code, "SignatureDoesNotMatch") != 0 && strcmp(code, "RequestExpired") != 0 &&
		 strcmp(code, "RequestTimeTooSkewed") != 0) ||
		!http_reply_date(reply, &date))
		return 0;
	skew = date - clock_now(provider->configuration->clock);
	return skew > SKEW_LEAST || skew < -SKEW_LEAST ? skew : 0;
}

static bool
read_answer(const AwsProvider *provider, const AwsStsAnswer *answer, AwsCredentials *out, Error *err)
{
	int64_t expires;

	if (!aws_time_parse(str_cstr(&answer->expiration), &expires))
		return error_set(err, SQLSTATE_INVALID_AUTHORIZATION, NO_POSITION,
						 "AWS credentials of %s do not say when they expire", provider->name);
	return aws_provider_fill(provider, str_cstr(&answer->key_id), str_cstr(&answer->secret),
							 str_cstr(&answer->token), expires, out, err);
}

static bool
read_reply(const AwsProvider *provider, const HttpReply *reply, const AwsStsAnswer *answer, const char *code,
		   AwsCredentials *out, Error *err)
{
	if (reply->fault != HTTP_DONE || reply->status != 200)
		return aws_reply_error(provider, reply, code, err);
	if (read_answer(provider, answer, out, err))
		return true;
	if (err != NULL)
		err->retriable = true;
	return false;
}

static bool
call(const AwsProvider *provider, const StsPlace *place, const StrBuf *form, const AwsCredentials *signer,
	 AwsCredentials *out, Error *err)
{
	int64_t skew = 0;
	bool ok;

	for (;;)
	{
		HttpReply reply = {0};
		AwsStsAnswer answer = {0};
		char code[AWS_CODE_SIZE] = "";
		int64_t other = 0;

		send_form(provider, place, form, signer, clock_now(provider->configuration->clock) + skew, &reply);
		if (reply.fault == HTTP_DONE && aws_sts_parse(str_view(&reply.body), &answer))
			aws_code_copy(str_view(&answer.code), code);
		if (signer != NULL && skew == 0)
			other = skew_of(provider, &reply, code);
		ok = read_reply(provider, &reply, &answer, code, out, err);
		aws_sts_wipe(&answer);
		aws_reply_wipe(&reply);
		if (ok || other == 0)
			return ok;
		if (err != NULL)
			error_clear(err);
		skew = other;
	}
}

bool
aws_sts_call(const AwsProvider *provider, const SigV4Parameter *parameters, size_t count,
			 const AwsCredentials *signer, AwsCredentials *out, Error *err)
{
	StsPlace place = {0};
	StrBuf form = {0};
	bool ok = find_place(provider->configuration, &place, err);

	if (ok)
	{
		append_form(parameters, count, &form);
		ok = call(provider, &place, &form, signer, out, err);
	}
	secret_wipe(&form);
	close_place(&place);
	return ok;
}
