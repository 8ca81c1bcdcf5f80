/*
 * s3_upload.c: multipart uploads (contract in s3_upload.h).
 *
 * S3 takes 10,000 parts of at least 5 MiB. Parts of an object whose size is known are equal, which some
 * servers ask for; others double every thousand, which is enough for 5 TiB.
 */
#include "connectors/s3_upload.h"

#include <stdio.h>

#include "common/memory.h"
#include "connectors/s3_xml.h"

enum
{
	MOST_PARTS = 10000,
	PARTS_OF_A_SIZE = 1000
};

typedef struct Part
{
	StrBuf body; /* empty once it was sent */
	S3Call *call;
	char *etag;
	char checksum[12];
} Part;

/* Invariants: id is NULL until there is a multipart upload; parts before oldest have been sent; on_its_way is
 * the sum of the bodies from oldest on. */
struct S3Upload
{
	S3Store *store;
	char *key;
	char *whole_key;
	char sha256[HEX_SHA256];
	bool if_absent;
	uint64_t known_size;
	uint64_t limit;
	uint64_t size;
	StrBuf gathered;
	char *id;
	Part *parts;
	size_t count;
	size_t capacity;
	size_t oldest;
	uint64_t on_its_way;
};

S3Upload *
s3_upload_begin(S3Store *store, const S3UploadOpen *open)
{
	S3Upload *upload = mem_alloc_zero(sizeof *upload);

	upload->store = store;
	upload->key = mem_strdup(open->key);
	upload->if_absent = open->if_absent;
	upload->known_size = open->size;
	upload->limit = open->limit;
	if (open->sha256 != NULL)
		memcpy(upload->sha256, open->sha256, HEX_SHA256);
	return upload;
}

uint64_t
s3_upload_size(const S3Upload *upload)
{
	return upload->size;
}

static void
free_upload(S3Upload *upload)
{
	for (size_t i = 0; i < upload->count; i++)
	{
		if (upload->parts[i].call != NULL)
			s3_call_free(upload->parts[i].call);
		str_free(&upload->parts[i].body);
		mem_free(upload->parts[i].etag);
	}
	mem_free(upload->parts);
	str_free(&upload->gathered);
	mem_free(upload->id);
	mem_free(upload->key);
	mem_free(upload->whole_key);
	mem_free(upload);
}

/* ---- requests ---- */

/* For s3_xml_read(). */
static bool
take_id(void *context, const char *path, StrView text)
{
	if (strcmp(path, "InitiateMultipartUploadResult/UploadId") == 0)
		str_append_view(context, text);
	return true;
}

static bool
create(S3Upload *upload, Error *err)
{
	SigV4Parameter parameter = {"uploads", ""};
	S3Headers headers = {.count = 0};
	S3Request request = {.method = "POST", .parameters = &parameter, .parameter_count = 1};
	S3Reply reply = {0};
	StrBuf id = {0};
	bool ok;

	if (!s3_key(upload->store, upload->key, &upload->whole_key, err))
		return false;
	s3_object_headers(upload->store, upload->key, &headers);
	s3_header(&headers, "x-amz-checksum-algorithm", "CRC32C");
	if (upload->sha256[0] != '\0')
		s3_header(&headers, "x-amz-meta-sha256", upload->sha256);
	request.key = upload->whole_key;
	request.headers = headers.items;
	request.header_count = headers.count;
	ok = s3_call(upload->store, &request, FAIL_s3_create_upload, &reply, err);
	if (ok && reply.status / 100 != 2)
		ok = s3_failed(upload->store->client, &request, &reply, err);
	ok = ok && s3_xml_read(str_view(&reply.http.body), take_id, &id, err);
	if (ok && id.len == 0)
		ok = error_set(err, SQLSTATE_IO_ERROR, NO_POSITION, "the upload of \"%s\" to \"%s\" got no id",
					   upload->key, upload->store->base.location);
	if (ok)
		upload->id = id.data;
	else
		str_free(&id);
	s3_reply_free(&reply);
	return ok;
}

void
s3_upload_abort(S3Store *store, const char *whole_key, const char *id)
{
	SigV4Parameter parameter = {"uploadId", id};
	S3Request request = {
		.method = "DELETE", .key = whole_key, .parameters = &parameter, .parameter_count = 1};
	S3Reply reply = {0};
	Error err = {0};

	(void)!s3_call(store, &request, FAIL_s3_abort, &reply, &err);
	s3_reply_free(&reply);
	error_clear(&err);
}

/* Waits for the oldest part that is on its way. */
static bool
end_part(S3Upload *upload, Error *err)
{
	Part *part = &upload->parts[upload->oldest];
	const S3Request *request = s3_call_request(part->call);
	S3Reply reply = {0};
	StrBuf etag = {0};
	bool ok = s3_wait(part->call, &reply, err);
	int struck;

	if (ok && (reply.status / 100 != 2 || http_reply_header(&reply.http, "etag", &etag) == NULL))
		ok = s3_failed(upload->store->client, request, &reply, err);
	if (ok && (struck = failure_after(upload->store->points, FAIL_s3_part)) < 0)
		ok = s3_struck(struck, request, err);
	s3_reply_free(&reply);
	part->etag = etag.data;
	s3_call_free(part->call);
	part->call = NULL;
	upload->on_its_way -= part->body.len;
	str_free(&part->body);
	upload->oldest++;
	return ok;
}

static bool
begin_part(S3Upload *upload, StrView bytes, Error *err)
{
	S3Headers headers = {.count = 0};
	char number[16];
	SigV4Parameter parameters[] = {{"partNumber", number}, {"uploadId", upload->id}};
	S3Request request = {
		.method = "PUT", .key = upload->whole_key, .parameters = parameters, .parameter_count = 2};
	Part *part;
	int struck = failure_before(upload->store->points, FAIL_s3_part);

	snprintf(number, sizeof number, "%zu", upload->count + 1);
	if (struck < 0)
		return s3_struck(struck, &request, err);
	while (upload->oldest < upload->count && (upload->on_its_way + bytes.len > s3_share(upload->store) ||
											  upload->count - upload->oldest >= S3_IN_FLIGHT))
		if (!end_part(upload, err))
			return false;
	mem_grow(&upload->parts, &upload->capacity, upload->count, sizeof *upload->parts);
	part = &upload->parts[upload->count++];
	*part = (Part){.call = NULL};
	str_append_view(&part->body, bytes);
	upload->on_its_way += bytes.len;
	s3_checksum_header(&headers, str_view(&part->body));
	memcpy(part->checksum, headers.checksum, sizeof part->checksum);
	request.body = str_view(&part->body);
	request.headers = headers.items;
	request.header_count = headers.count;
	part->call = s3_begin(upload->store->client, &request);
	return true;
}

/* ---- gathering ---- */

static uint64_t
part_size(const S3Upload *upload)
{
	if (upload->known_size > 0)
		return Max((uint64_t)S3_PIECE, (upload->known_size + MOST_PARTS - 1) / MOST_PARTS);
	return (uint64_t)S3_PIECE << (upload->count / PARTS_OF_A_SIZE);
}

/* Sends what is enough for a part; or all of it. */
static bool
send_parts(S3Upload *upload, bool all, Error *err)
{
	StrView rest = str_view(&upload->gathered);

	while (rest.len > 0 && (all || rest.len >= part_size(upload)))
	{
		size_t n = (size_t)Min((uint64_t)rest.len, part_size(upload));

		if (!begin_part(upload, (StrView){rest.data, n}, err))
			return false;
		rest = (StrView){rest.data + n, rest.len - n};
	}
	if (rest.len > 0)
		memmove(upload->gathered.data, rest.data, rest.len);
	upload->gathered.len = rest.len;
	return true;
}

bool
s3_upload_append(S3Upload *upload, StrView bytes, Error *err)
{
	upload->size += bytes.len;
	if (upload->id == NULL && upload->size > upload->limit && !create(upload, err))
		return false;
	/* No more than a part is gathered at once, however large the append is. */
	while (upload->id != NULL && bytes.len > 0)
	{
		size_t n = (size_t)Min((uint64_t)bytes.len, part_size(upload));

		str_append(&upload->gathered, bytes.data, n);
		bytes = (StrView){bytes.data + n, bytes.len - n};
		if (!send_parts(upload, false, err))
			return false;
	}
	str_append_view(&upload->gathered, bytes);
	return true;
}

/* ---- the end ---- */

static void
append_escaped(const char *text, StrBuf *out)
{
	for (; *text != '\0'; text++)
		switch (*text)
		{
			case '<': str_append_cstr(out, "&lt;"); break;
			case '>': str_append_cstr(out, "&gt;"); break;
			case '&': str_append_cstr(out, "&amp;"); break;
			default: str_append_char(out, *text);
		}
}

static void
print_parts(const S3Upload *upload, StrBuf *out)
{
	str_append_cstr(out, "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
	for (size_t i = 0; i < upload->count; i++)
	{
		str_appendf(out, "<Part><PartNumber>%zu</PartNumber><ETag>", i + 1);
		append_escaped(upload->parts[i].etag, out);
		str_appendf(out, "</ETag><ChecksumCRC32C>%s</ChecksumCRC32C></Part>", upload->parts[i].checksum);
	}
	str_append_cstr(out, "</CompleteMultipartUpload>");
}

/* The upload is gone: it was completed by a request whose reply was lost, or nothing was made of it. */
static bool
look_for_object(S3Upload *upload, S3Uploaded *result, Error *err)
{
	S3Head head;

	if (!s3_head(upload->store, upload->key, &head, err))
		return false;
	if (!head.found)
		*result = S3_UPLOAD_LOST;
	else if (head.size == upload->size && strcmp(head.sha256, upload->sha256) == 0)
		*result = S3_UPLOADED;
	else
		*result = S3_UPLOAD_EXISTS;
	return true;
}

/* An error in the body of a 200 is no answer to the client, which tries again. */
static bool
request_complete(S3Upload *upload, const S3Request *request, S3Uploaded *result, Error *err)
{
	S3Store *store = upload->store;
	S3Reply reply = {0};
	bool ok = s3_call(store, request, FAIL_s3_complete, &reply, err);

	if (ok && reply.status / 100 == 2)
		*result = S3_UPLOADED;
	else if (ok && reply.status == 412)
		*result = S3_UPLOAD_EXISTS;
	else if (ok && reply.status == 409)
		*result = S3_UPLOAD_LOST;
	else if (ok && reply.status == 404)
		ok = look_for_object(upload, result, err);
	else if (ok)
		ok = s3_failed(store->client, request, &reply, err);
	s3_reply_free(&reply);
	return ok;
}

static bool
complete(S3Upload *upload, S3Uploaded *result, Error *err)
{
	SigV4Parameter parameter = {"uploadId", upload->id};
	S3Headers headers = {.count = 0};
	StrBuf body = {0};
	S3Request request = {
		.method = "POST", .key = upload->whole_key, .parameters = &parameter, .parameter_count = 1};
	bool ok;

	print_parts(upload, &body);
	s3_header(&headers, "content-type", "application/xml");
	if (upload->if_absent)
		s3_header(&headers, "if-none-match", "*");
	request.headers = headers.items;
	request.header_count = headers.count;
	request.body = str_view(&body);
	ok = request_complete(upload, &request, result, err);
	/* An upload whose name is taken stays until it is aborted. */
	if (ok && *result != S3_UPLOADED)
		s3_upload_abort(upload->store, upload->whole_key, upload->id);
	str_free(&body);
	return ok;
}

static bool
put_whole(S3Upload *upload, S3Uploaded *result, Error *err)
{
	S3Put put = {.key = upload->key,
				 .body = str_view(&upload->gathered),
				 .if_absent = upload->if_absent,
				 .sha256 = upload->sha256[0] != '\0' ? upload->sha256 : NULL};
	S3Call *call;
	bool created;

	if (!s3_put_begin(upload->store, &put, &call, err) || !s3_put_end(upload->store, call, &created, err))
		return false;
	*result = created ? S3_UPLOADED : S3_UPLOAD_EXISTS;
	return true;
}

bool
s3_upload_finish(S3Upload *upload, S3Uploaded *result, Error *err)
{
	bool ok = true;

	*result = S3_UPLOAD_LOST;
	if (upload->id == NULL)
		ok = put_whole(upload, result, err);
	else
	{
		ok = send_parts(upload, true, err);
		while (ok && upload->oldest < upload->count)
			ok = end_part(upload, err);
		ok = ok && complete(upload, result, err);
	}
	if (!ok)
	{
		s3_upload_discard(upload);
		return false;
	}
	free_upload(upload);
	return true;
}

void
s3_upload_discard(S3Upload *upload)
{
	if (upload == NULL)
		return;
	for (size_t i = upload->oldest; i < upload->count; i++)
		if (upload->parts[i].call != NULL)
		{
			s3_call_free(upload->parts[i].call);
			upload->parts[i].call = NULL;
		}
	if (upload->id != NULL)
		s3_upload_abort(upload->store, upload->whole_key, upload->id);
	free_upload(upload);
}
