/*
 * s3_calls.c: requests of the S3 store (contract in s3_calls.h).
 */
#include "connectors/s3_calls.h"

#include <isa-l/crc.h>
#include <stdio.h>

#include "common/memory.h"
#include "connectors/s3_place.h"

/* ---- headers ---- */

void
s3_header(S3Headers *headers, const char *name, const char *value)
{
	assert(headers->count < S3_HEADER_MAX);
	headers->items[headers->count++] = (HttpHeader){name, value};
}

static const char *
content_type(const char *key)
{
	static const struct
	{
		const char *suffix, *type;
	} types[] = {
		{".gz", "application/gzip"},   {".zst", "application/zstd"},       {".csv", "text/csv"},
		{".json", "application/json"}, {".jsonl", "application/x-ndjson"},
	};
	size_t len = strlen(key);

	for (size_t i = 0; i < lengthof(types); i++)
	{
		size_t n = strlen(types[i].suffix);

		if (len > n && strcmp(key + len - n, types[i].suffix) == 0)
			return types[i].type;
	}
	return "application/octet-stream";
}

void
s3_object_headers(const S3Store *store, const char *key, S3Headers *headers)
{
	s3_header(headers, "content-type", content_type(key));
	for (size_t i = 0; i < store->header_count; i++)
		s3_header(headers, store->headers[i].name, store->headers[i].value);
}

void
s3_checksum_header(S3Headers *headers, StrView body)
{
	uint32_t crc = UINT32_MAX;
	uint8_t bytes[4];
	StrBuf text = {0};

	for (size_t at = 0; at < body.len;)
	{
		size_t n = Min(body.len - at, (size_t)1 << 30);

		crc = crc32_iscsi((unsigned char *)(uintptr_t)body.data + at, (int)n, crc);
		at += n;
	}
	crc = ~crc;
	for (int i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(crc >> (24 - 8 * i));
	str_append_base64(&text, bytes, sizeof bytes);
	snprintf(headers->checksum, sizeof headers->checksum, "%s", text.data);
	str_free(&text);
	s3_header(headers, "x-amz-checksum-crc32c", headers->checksum);
}

/* ---- keys ---- */

bool
s3_key(const S3Store *store, const char *key, char **out, Error *err)
{
	StrBuf whole = {0};

	*out = NULL;
	if (!store_check_key(key, err))
		return false;
	str_appendf(&whole, "%s%s", store->prefix, key);
	*out = whole.data;
	if (whole.len <= S3_KEY_MAX)
		return true;
	error_set(err, SQLSTATE_NAME_TOO_LONG, NO_POSITION, "the name of object \"%s\" in \"%s\" has %zu bytes",
			  key, store->base.location, whole.len);
	str_free(&whole);
	*out = NULL;
	return error_detail(err, "S3 takes up to %d.", S3_KEY_MAX);
}

bool
s3_is_segmented(const char *key)
{
	size_t len = strlen(key);

	return len > 4 && strcmp(key + len - 4, ".out") == 0;
}

char *
s3_segment_key(const char *key, uint64_t number)
{
	StrBuf out = {0};

	str_appendf(&out, "%s.%05" PRIu64, key, number);
	return out.data;
}

/* ---- requests ---- */

bool
s3_struck(int struck, const S3Request *request, Error *err)
{
	return fs_error(err, struck, request->method, request->key);
}

static bool
strike_before(S3Store *store, const S3Request *request, FailurePoint point, Error *err)
{
	int struck = failure_before(store->points, point);

	return struck == 0 || s3_struck(struck, request, err);
}

static bool
strike_after(S3Store *store, const S3Request *request, FailurePoint point, Error *err)
{
	int struck = failure_after(store->points, point);

	return struck == 0 || s3_struck(struck, request, err);
}

bool
s3_call(S3Store *store, const S3Request *request, FailurePoint point, S3Reply *reply, Error *err)
{
	return strike_before(store, request, point, err) && s3_perform(store->client, request, reply, err) &&
		   strike_after(store, request, point, err);
}

bool
s3_put_begin(S3Store *store, const S3Put *put, S3Call **out, Error *err)
{
	S3Headers headers = {.count = 0};
	S3Request request = {.method = "PUT", .body = put->body, .payload_sha256 = put->sha256};
	char *key;
	bool ok;

	*out = NULL;
	if (!s3_key(store, put->key, &key, err))
		return false;
	s3_object_headers(store, put->key, &headers);
	s3_checksum_header(&headers, put->body);
	if (put->if_absent)
		s3_header(&headers, "if-none-match", "*");
	if (put->sha256 != NULL)
		s3_header(&headers, "x-amz-meta-sha256", put->sha256);
	request.key = key;
	request.headers = headers.items;
	request.header_count = headers.count;
	ok = strike_before(store, &request, FAIL_s3_put, err);
	if (ok)
		*out = s3_begin(store->client, &request);
	mem_free(key);
	return ok;
}

bool
s3_put_end(S3Store *store, S3Call *call, bool *created, Error *err)
{
	const S3Request *request = s3_call_request(call);
	S3Reply reply = {0};
	bool ok = s3_wait(call, &reply, err);

	*created = ok && reply.status / 100 == 2;
	if (ok && !*created && reply.status != 412)
		ok = s3_failed(store->client, request, &reply, err);
	ok = ok && strike_after(store, request, FAIL_s3_put, err);
	s3_reply_free(&reply);
	s3_call_free(call);
	return ok;
}

/* ---- reading ---- */

/* One request; *more is false when the object ends within what was appended. */
static bool
fetch_piece(S3Store *store, const char *key, uint64_t offset, uint64_t len, StrBuf *out, bool *found,
			bool *more, Error *err)
{
	char range[64];
	HttpHeader header = {"range", range};
	S3Request request = {
		.method = "GET", .key = key, .headers = &header, .header_count = 1, .max_reply = S3_SINGLE_MAX * 2};
	S3Reply reply = {0};
	size_t skip;
	bool ok;

	snprintf(range, sizeof range, "bytes=%" PRIu64 "-%" PRIu64, offset, offset + len - 1);
	ok = s3_perform(store->client, &request, &reply, err);
	*found = ok && reply.status != 404;
	*more = false;
	if (ok && reply.status / 100 == 2)
	{
		/* A server that does not know ranges sends all. */
		skip = reply.status == 200 ? (size_t)Min(offset, reply.http.body.len) : 0;
		*more = reply.http.body.len - skip >= len;
		str_append(out, str_cstr(&reply.http.body) + skip, (size_t)Min(reply.http.body.len - skip, len));
	}
	else if (ok && reply.status != 404 && reply.status != 416)
		ok = s3_failed(store->client, &request, &reply, err);
	s3_reply_free(&reply);
	return ok;
}

bool
s3_fetch(S3Store *store, const char *key, uint64_t offset, uint64_t len, StrBuf *out, bool *found, Error *err)
{
	bool more = true, ok = true;
	char *whole;

	*found = false;
	if (!s3_key(store, key, &whole, err))
		return false;
	while (ok && more && len > 0)
	{
		uint64_t want = Min(len, (uint64_t)S3_SINGLE_MAX);

		ok = fetch_piece(store, whole, offset, want, out, found, &more, err);
		offset += want;
		if (len != UINT64_MAX)
			len -= want;
	}
	mem_free(whole);
	return ok;
}

bool
s3_head(S3Store *store, const char *key, S3Head *out, Error *err)
{
	S3Request request = {.method = "HEAD"};
	S3Reply reply = {0};
	StrBuf value = {0};
	char *whole;
	bool ok;

	*out = (S3Head){.found = false};
	if (!s3_key(store, key, &whole, err))
		return false;
	request.key = whole;
	ok = s3_perform(store->client, &request, &reply, err);
	out->found = ok && reply.status / 100 == 2;
	if (out->found)
	{
		if (http_reply_header(&reply.http, "content-length", &value) != NULL)
			out->size = strtoull(str_cstr(&value), NULL, 10);
		str_clear(&value);
		if (http_reply_header(&reply.http, "x-amz-meta-sha256", &value) != NULL &&
			value.len == HEX_SHA256 - 1)
			memcpy(out->sha256, value.data, HEX_SHA256);
	}
	else if (ok && reply.status != 404)
		ok = s3_failed(store->client, &request, &reply, err);
	str_free(&value);
	s3_reply_free(&reply);
	mem_free(whole);
	return ok;
}
