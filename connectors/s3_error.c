/*
 * s3_error.c: from a reply to its meaning (contract in s3_error.h).
 */
#include "connectors/s3_error.h"

#include <curl/curl.h>
#include <stdio.h>

#include "common/ascii.h"
#include "connectors/s3_xml.h"

typedef struct Row
{
	const char *code;
	int status;
	S3ErrorKind kind;
	SqlStateName state;
	const char *hint;
} Row;

static const Row rows[] = {
#define S3_ERROR(code, status, kind, state, hint) {code, status, S3_##kind, SQLSTATE_##state, hint},
#include "connectors/s3_error_list.h"
#undef S3_ERROR
};

static const Row *
row_of(const char *code)
{
	for (size_t i = 0; i < lengthof(rows); i++)
		if (strcmp(rows[i].code, code) == 0)
			return &rows[i];
	return NULL;
}

/* Copies what fits; what is not printable becomes a blank, so that a reply cannot forge log lines. A UTF-8
 * character is not cut. */
static void
keep(char *to, size_t size, StrView text)
{
	size_t n = Min(text.len, size - 1);

	while (n > 0 && n < text.len && ((unsigned char)text.data[n] & 0xC0) == 0x80)
		n--;
	for (size_t i = 0; i < n; i++)
		to[i] = ascii_control(text.data[i]) ? ' ' : text.data[i];
	to[n] = '\0';
}

static bool
visit(void *context, const char *path, StrView text)
{
	S3Error *out = context;

	/* Only a root called Error is one; the result of a bulk delete has errors inside. */
	if (strcmp(path, "Error/Code") == 0)
		keep(out->code, sizeof out->code, text);
	else if (strcmp(path, "Error/Message") == 0)
		keep(out->message, sizeof out->message, text);
	else if (strcmp(path, "Error/RequestId") == 0)
		keep(out->request_id, sizeof out->request_id, text);
	else if (strcmp(path, "Error/HostId") == 0)
		keep(out->host_id, sizeof out->host_id, text);
	else if (strcmp(path, "Error/Region") == 0 && out->region[0] == '\0')
		keep(out->region, sizeof out->region, text);
	else if (strcmp(path, "Error/Endpoint") == 0)
		keep(out->endpoint, sizeof out->endpoint, text);
	else if (strcmp(path, "Error") == 0)
		out->in_success = true;
	return true;
}

static void
keep_header(const HttpReply *reply, const char *name, char *to, size_t size)
{
	StrBuf value = {0};

	if (to[0] == '\0' && http_reply_header(reply, name, &value) != NULL)
		keep(to, size, str_view(&value));
	str_free(&value);
}

/* The host, with its port, that a Location names. */
static void
keep_location(const HttpReply *reply, S3Error *out)
{
	StrBuf value = {0};
	CURLU *url = curl_url();
	char *host = NULL, *port = NULL;

	if (url != NULL && http_reply_header(reply, "location", &value) != NULL &&
		curl_url_set(url, CURLUPART_URL, str_cstr(&value), 0) == CURLUE_OK &&
		curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK)
	{
		(void)curl_url_get(url, CURLUPART_PORT, &port, CURLU_NO_DEFAULT_PORT);
		(void)snprintf(out->endpoint, sizeof out->endpoint, "%s%s%s", host, port != NULL ? ":" : "",
					   port != NULL ? port : "");
	}
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(url);
	str_free(&value);
}

/* Of a refusal that has no code, or none that is listed. */
static S3ErrorKind
kind_of_refusal(int status, const char *method, bool has_code)
{
	bool head = strcmp(method, "HEAD") == 0; /* whose replies have no body */

	switch (status)
	{
		case 400: return head ? S3_UNSAID : has_code ? S3_ANSWER : S3_STRANGE;
		case 401:
		case 403: return head ? S3_UNSAID : has_code ? S3_FINAL : S3_STRANGE;
		case 409:
		case 412:
		case 416: return S3_ANSWER;
		default: return head || has_code ? S3_ANSWER : S3_STRANGE;
	}
}

static S3ErrorKind
kind_of_status(int status, const char *method, bool has_code)
{
	switch (status)
	{
		case 408: return S3_AGAIN;
		case 429:
		case 503:
		case 509: return S3_THROTTLED;
		case 501:
		case 505: return S3_ANSWER;
		case 301:
		case 302:
		case 307:
		case 308: return S3_REGION;
		default: break;
	}
	if (status >= 400 && status < 500)
		return kind_of_refusal(status, method, has_code);
	return status >= 500 ? S3_AGAIN : S3_ANSWER;
}

bool
s3_region_is_valid(const char *region)
{
	for (const char *p = region; *p != '\0'; p++)
		if (!ascii_alpha(*p) && !ascii_digit(*p) && *p != '-')
			return false;
	return region[0] != '\0';
}

void
s3_error_of(const HttpReply *reply, const char *method, bool xml, S3Error *out)
{
	bool good = reply->status >= 200 && reply->status < 300;
	/* No server should, but a gateway may say so of anything; what an object's bytes say is no error. */
	bool may_say = strcmp(method, "GET") != 0 && reply->body.len > 0;
	bool parsed = true;
	const Row *row;

	*out = (S3Error){.status = reply->status};
	keep_header(reply, "x-amz-bucket-region", out->region, sizeof out->region);
	if (!good || xml || may_say)
		parsed = s3_xml_read(str_view(&reply->body), visit, out, NULL);
	out->in_success = good && (out->in_success || (xml && !parsed));
	keep_header(reply, "x-amz-request-id", out->request_id, sizeof out->request_id);
	keep_header(reply, "x-amz-id-2", out->host_id, sizeof out->host_id);
	keep_location(reply, out);
	if (!s3_region_is_valid(out->region))
		out->region[0] = '\0';
	if (good && !out->in_success)
		return;
	row = row_of(out->code);
	if (good)
		out->status = row != NULL ? row->status : 500;
	out->kind = row != NULL ? row->kind : kind_of_status(out->status, method, out->code[0] != '\0');
}

SqlStateName
s3_error_sqlstate(const char *code, int status)
{
	const Row *row = row_of(code);

	if (row != NULL)
		return row->state;
	switch (status)
	{
		case 401: return SQLSTATE_INVALID_AUTHORIZATION;
		case 403: return SQLSTATE_INSUFFICIENT_PRIVILEGE;
		case 404: return SQLSTATE_UNDEFINED_OBJECT;
		default: return status >= 500 || status == 429 ? SQLSTATE_CONNECTION_FAILURE : SQLSTATE_IO_ERROR;
	}
}

const char *
s3_error_hint(const char *code)
{
	const Row *row = row_of(code);

	return row != NULL ? row->hint : NULL;
}
