/*
 * http_transfer.c: options and callbacks of libcurl for one request (contract in http_transfer.h).
 *
 * PUT and POST go out as uploads of a known size, since libcurl would give a POST a Content-Type and send
 * what has no size in chunks. A body beyond 1 MiB is announced with "Expect: 100-continue", so that a refusal
 * comes before the body. Nothing of a request is ever printed: verbose output stays off.
 */
#include "connectors/http_transfer.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>

#include "common/ascii.h"
#include "common/version.h"

enum
{
	EXPECT_FROM = 1 << 20,
	HEAD_LIMIT = 256 << 10,
	/* How much the kernel takes ahead of the wire: a stall is seen, and little looks sent that is not. */
	UNSENT_LIMIT = 256 << 10,
	TRANSFER_BUFFER = 256 << 10,
	IDLE_SECONDS = 60 /* for which a connection is kept */
};

/* ---- what libcurl calls ---- */

static size_t
read_body(char *to, size_t size, size_t count, void *context)
{
	HttpTransfer *t = context;
	size_t n = Min(size * count, t->body.len - t->position);

	if (n > 0)
		memcpy(to, t->body.data + t->position, n);
	t->position += n;
	return n;
}

static int
seek_body(void *context, curl_off_t offset, int origin)
{
	HttpTransfer *t = context;

	if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > t->body.len)
		return CURL_SEEKFUNC_FAIL;
	t->position = (size_t)offset;
	return CURL_SEEKFUNC_OK;
}

static size_t
write_body(char *data, size_t size, size_t count, void *context)
{
	HttpTransfer *t = context;
	size_t n = size * count;

	if (n > t->max_reply - t->reply.body.len)
	{
		t->too_large = true;
		return 0;
	}
	str_append(&t->reply.body, data, n);
	return n;
}

/* One line of a head: "Name: value\r\n" becomes "name: value\n". A status line begins a new head: what came
 * before was an interim reply. */
static size_t
write_head(char *data, size_t size, size_t count, void *context)
{
	HttpTransfer *t = context;
	StrBuf *head = &t->reply.head;
	size_t n = size * count, end = n;
	const char *colon;

	while (end > 0 && ascii_space(data[end - 1]))
		end--;
	if (end >= 5 && memcmp(data, "HTTP/", 5) == 0)
	{
		str_clear(head);
		t->head_ended = false;
		return n;
	}
	t->head_ended = t->head_ended || end == 0;
	colon = memchr(data, ':', end);
	if (colon == NULL || colon == data || ascii_space(data[0]))
		return n;
	if (end > HEAD_LIMIT - Min(head->len, HEAD_LIMIT))
	{
		t->too_large = true;
		return 0;
	}
	for (const char *p = data; p < colon; p++)
		str_append_char(head, ascii_lower(*p));
	do
		colon++;
	while (colon < data + end && ascii_space(*colon));
	str_append_cstr(head, ": ");
	str_append(head, colon, (size_t)(data + end - colon));
	str_append_char(head, '\n');
	return n;
}

/* Called before each time that the request is sent on a connection. */
static int
before_request(void *context, char *local UNUSED, char *remote UNUSED, int port UNUSED, int local_port UNUSED)
{
	HttpTransfer *t = context;
	long sent = 0, status = 0;

	curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &sent);
	if (!t->begun)
	{
		t->begun = true;
		t->sent_ahead = sent;
		return CURL_PREREQFUNC_OK;
	}
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	/* 417: the server does not know Expect, and has done nothing. */
	return sent == t->sent_ahead || status == 417 ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

static int
prepare_socket(void *context UNUSED, curl_socket_t socket, curlsocktype purpose UNUSED)
{
	int limit = UNSENT_LIMIT;

	/* Programs that are started are not to hold connections open. */
	(void)fcntl(socket, F_SETFD, FD_CLOEXEC);
	/* A kernel that does not know it only sees stalls later. */
	(void)setsockopt(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &limit, sizeof limit);
	return CURL_SOCKOPT_OK;
}

/* ---- setting up ---- */

static bool
is_token(const char *name)
{
	if (*name == '\0')
		return false;
	for (; *name != '\0'; name++)
		if (!ascii_alpha(*name) && !ascii_digit(*name) && strchr("!#$%&'*+-.^_`|~", *name) == NULL)
			return false;
	return true;
}

static bool
refuse(HttpTransfer *t, const char *why)
{
	t->reply.fault = HTTP_REFUSED;
	t->reply.unsent = true;
	(void)snprintf(t->reply.message, sizeof t->reply.message, "%s", why);
	return false;
}

static void
append_line(HttpTransfer *t, const char *line)
{
	struct curl_slist *list = curl_slist_append(t->headers, line);

	if (list != NULL)
		t->headers = list;
}

static bool
append_headers(HttpTransfer *t, const HttpRequest *request)
{
	StrBuf line = {0};

	for (size_t i = 0; i < request->header_count; i++)
	{
		const HttpHeader *header = &request->headers[i];

		if (!is_token(header->name) || strpbrk(header->value, "\r\n") != NULL)
		{
			str_free(&line);
			return refuse(t, "a header is invalid");
		}
		str_clear(&line);
		/* This is how libcurl is told of a header without a value. */
		if (header->value[0] == '\0')
			str_appendf(&line, "%s;", header->name);
		else
			str_appendf(&line, "%s: %s", header->name, header->value);
		append_line(t, str_cstr(&line));
	}
	str_free(&line);
	append_line(t, "Accept:");
	if (t->body.len <= EXPECT_FROM && !(request->expect && t->body.len > 0))
		append_line(t, "Expect:");
	return true;
}

static bool
set_method(HttpTransfer *t, const HttpRequest *request)
{
	const char *method = request->method;

	if (strcmp(method, "HEAD") == 0)
		curl_easy_setopt(t->easy, CURLOPT_NOBODY, 1L);
	else if (strcmp(method, "PUT") == 0 || strcmp(method, "POST") == 0)
	{
		curl_easy_setopt(t->easy, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(t->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)t->body.len);
		curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, method);
		curl_easy_setopt(t->easy, CURLOPT_READFUNCTION, read_body);
		curl_easy_setopt(t->easy, CURLOPT_READDATA, t);
		curl_easy_setopt(t->easy, CURLOPT_SEEKFUNCTION, seek_body);
		curl_easy_setopt(t->easy, CURLOPT_SEEKDATA, t);
		if (t->body.len > EXPECT_FROM)
			curl_easy_setopt(t->easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)TRANSFER_BUFFER);
	}
	else if (t->body.len > 0 || !is_token(method))
		return refuse(t, "the method is invalid");
	else
		curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, method);
	return true;
}

/* What may be talked to, and how. */
static bool
set_safety(CURL *easy, const HttpRequest *request)
{
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	if (request->ca_file != NULL && curl_easy_setopt(easy, CURLOPT_CAINFO, request->ca_file) != CURLE_OK)
		return false;
	if (request->no_proxy)
		curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	return true;
}

static void
set_times(CURL *easy, const HttpRequest *request)
{
	int64_t connect = request->connect_timeout > 0 ? request->connect_timeout : 10 * INT64_C(1000000);

	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)Max(1, connect / 1000));
	if (request->timeout > 0)
		curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)Max(1, request->timeout / 1000));
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)IDLE_SECONDS);
}

static void
set_callbacks(HttpTransfer *t)
{
	curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, write_body);
	curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, write_head);
	curl_easy_setopt(t->easy, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_PREREQFUNCTION, before_request);
	curl_easy_setopt(t->easy, CURLOPT_PREREQDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_SOCKOPTFUNCTION, prepare_socket);
	curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->error);
	curl_easy_setopt(t->easy, CURLOPT_BUFFERSIZE, (long)TRANSFER_BUFFER);
}

bool
http_transfer_init(HttpTransfer *t, const HttpRequest *request)
{
	*t = (HttpTransfer){.easy = curl_easy_init(),
						.body = request->body,
						.max_reply = request->max_reply > 0 ? request->max_reply : 64 << 20};
	if (t->easy == NULL)
		return refuse(t, "libcurl could not make a handle");
	if (curl_easy_setopt(t->easy, CURLOPT_URL, request->url) != CURLE_OK)
		return refuse(t, "the URL is invalid");
	curl_easy_setopt(t->easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(t->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(t->easy, CURLOPT_USERAGENT, "weir/" WEIR_VERSION);
	if (!set_method(t, request) || !append_headers(t, request))
		return false;
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
	if (!set_safety(t->easy, request))
		return refuse(t, "the CA file cannot be used");
	if (request->compressed)
		curl_easy_setopt(t->easy, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
	set_times(t->easy, request);
	set_callbacks(t);
	return true;
}

/* ---- ending ---- */

uint64_t
http_transfer_moved(const HttpTransfer *t)
{
	curl_off_t up = 0, down = 0;
	long request = 0, head = 0;

	curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &request);
	curl_easy_getinfo(t->easy, CURLINFO_HEADER_SIZE, &head);
	curl_easy_getinfo(t->easy, CURLINFO_SIZE_UPLOAD_T, &up);
	curl_easy_getinfo(t->easy, CURLINFO_SIZE_DOWNLOAD_T, &down);
	return (uint64_t)(request + head + up + down);
}

static void
count_bytes(HttpTransfer *t)
{
	curl_off_t up = 0;
	long request = 0, head = 0;

	curl_easy_getinfo(t->easy, CURLINFO_REQUEST_SIZE, &request);
	curl_easy_getinfo(t->easy, CURLINFO_HEADER_SIZE, &head);
	curl_easy_getinfo(t->easy, CURLINFO_SIZE_UPLOAD_T, &up);
	t->reply.unsent = !t->begun || request == t->sent_ahead;
	t->reply.sent = (uint64_t)request + (uint64_t)up;
	t->reply.received = (uint64_t)head + t->reply.body.len;
}

static HttpFault
fault_of(const HttpTransfer *t, CURLcode result)
{
	if (t->too_large)
		return HTTP_REFUSED;
	switch (result)
	{
		case CURLE_URL_MALFORMAT:
		case CURLE_UNSUPPORTED_PROTOCOL:
		case CURLE_BAD_FUNCTION_ARGUMENT:
		case CURLE_LOGIN_DENIED: return HTTP_REFUSED;
		case CURLE_PEER_FAILED_VERIFICATION:
		case CURLE_SSL_CACERT_BADFILE: return HTTP_UNTRUSTED;
		default: break;
	}
	if (!t->begun)
		return HTTP_CONNECT;
	return result == CURLE_OPERATION_TIMEDOUT ? HTTP_TIMEOUT : HTTP_LOST;
}

void
http_transfer_end(HttpTransfer *t, CURLcode result)
{
	long status = 0;

	count_bytes(t);
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	/* libcurl takes half a head for a whole one. */
	if (result == CURLE_OK && status > 0 && t->head_ended)
	{
		t->reply.fault = HTTP_DONE;
		t->reply.unsent = false;
		t->reply.status = (int)status;
		return;
	}
	t->reply.fault = fault_of(t, result);
	if (t->too_large)
		(void)snprintf(t->reply.message, sizeof t->reply.message, "the reply is too large");
	else if (result == CURLE_ABORTED_BY_CALLBACK)
		(void)snprintf(t->reply.message, sizeof t->reply.message, "the connection broke after the request");
	else if (result == CURLE_OK)
		(void)snprintf(t->reply.message, sizeof t->reply.message, "the reply was cut off");
	else
		(void)snprintf(t->reply.message, sizeof t->reply.message, "%s",
					   t->error[0] != '\0' ? t->error : curl_easy_strerror(result));
}

void
http_transfer_abort(HttpTransfer *t, HttpFault fault, const char *why)
{
	if (t->easy != NULL)
		count_bytes(t);
	t->reply.fault = fault;
	(void)snprintf(t->reply.message, sizeof t->reply.message, "%s", why);
}

void
http_transfer_free(HttpTransfer *t)
{
	if (t->easy != NULL)
		curl_easy_cleanup(t->easy);
	curl_slist_free_all(t->headers);
}
