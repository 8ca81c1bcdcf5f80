/*
 * http.h: HTTP requests, many at a time, on one thread with curl_multi.
 *
 * The idea: the caller describes a request and goes on; the engine's thread sends it and hands the reply to a
 * callback, or to whoever waits. One attempt is made, nothing is followed, nothing is tried again: what a
 * reply means is the caller's business (s3_client.h, aws_credentials.h). URLs, headers and bodies go out
 * exactly as they are given, since they may be signed.
 *
 * Threads: every function may be called by several threads at once. Callbacks run on the engine's thread and
 * must not wait.
 */
#ifndef WEIR_CONNECTORS_HTTP_H
#define WEIR_CONNECTORS_HTTP_H

#include <stdatomic.h>

#include "common/error.h"
#include "common/str.h"

typedef struct HttpEngine HttpEngine;
typedef struct HttpCall HttpCall;

typedef struct HttpHeader
{
	const char *name;
	const char *value; /* without CR and LF, which are refused */
} HttpHeader;

typedef struct HttpRequest
{
	const char *method; /* "GET", "HEAD", "PUT", "POST", "DELETE" */
	const char *url;    /* percent-encoded; http or https */
	const HttpHeader *headers;
	size_t header_count;
	StrView body;            /* of PUT and POST; must stay until the call has ended */
	bool expect;             /* asks before a body is sent ("Expect: 100-continue"); always beyond 1 MiB */
	const char *ca_file;     /* PEM; NULL = the system's */
	uint64_t max_reply;      /* bytes of the body; 0 = 64 MiB */
	int64_t connect_timeout; /* microseconds; 0 = 10 s */
	int64_t timeout;         /* microseconds for all; 0 = none: only a stall ends the call */
	int64_t stall_timeout;   /* microseconds without a byte in either direction; 0 = 30 s */
	uint64_t stall_bytes;    /* with fewer bytes than this; 0 = 1 */
	int64_t stop_grace;      /* microseconds that http_perform() still waits when it is stopped */
	bool compressed;         /* asks for a compressed reply, whose body is given as it was before */
	bool no_proxy;           /* for metadata services; else the environment's proxy is used */
} HttpRequest;

typedef enum HttpFault
{
	HTTP_DONE,      /* there is a status */
	HTTP_CONNECT,   /* name, connection or TLS: the request was surely not sent */
	HTTP_UNTRUSTED, /* likewise: the server's certificate is not good, or the CA file is not */
	HTTP_LOST,      /* the connection broke: the request may have been carried out */
	HTTP_TIMEOUT,   /* likewise */
	HTTP_REFUSED,   /* the reply is larger than max_reply, or the request is invalid */
	HTTP_CANCELED
} HttpFault;

/* Zero-initialise; free with http_reply_free(). Header names are lower case. */
typedef struct HttpReply
{
	HttpFault fault;
	bool unsent; /* no byte of the request went out */
	int status;  /* of HTTP_DONE, else 0 */
	StrBuf head; /* "name: value\n" lines */
	StrBuf body;
	uint64_t sent, received; /* bytes, heads included */
	char message[256];       /* of a fault: what libcurl says; never a header or a body */
} HttpReply;

/* The reply is the callback's: it moves it away or frees it. */
typedef void (*HttpCallback)(void *context, HttpReply *reply);

/* connections: at once, over all hosts. */
extern bool http_engine_open(int connections, HttpEngine **out, Error *err) WARN_UNUSED;
/* Cancels what is open; every callback has been called when it returns. NULL is allowed. */
extern void http_engine_close(HttpEngine *engine);

/* How many connections were asked for. */
extern int http_engine_connections(const HttpEngine *engine);

/* Sends; the callback is called once, for a cancelled call too. The call is valid until it has returned.
 * Everything but the body is copied. */
extern HttpCall *http_begin(HttpEngine *engine, const HttpRequest *request, HttpCallback done, void *context);
/* Ends it soon, with HTTP_CANCELED. */
extern void http_cancel(HttpEngine *engine, HttpCall *call);
/* Sends and waits; gives up soon after *stop becomes true (NULL = never). Not for the engine's thread. */
extern void http_perform(HttpEngine *engine, const HttpRequest *request, const atomic_bool *stop,
						 HttpReply *reply);

/* Whether a URL's host is this machine. */
extern bool http_is_loopback(const char *host);

/* The value of a header (name in lower case); NULL when there is none. Copied into the buffer. */
extern const char *http_reply_header(const HttpReply *reply, const char *name, StrBuf *value);
/* The time that it is for the server, TIMESTAMPTZ; false when it does not say. */
extern bool http_reply_date(const HttpReply *reply, int64_t *out) WARN_UNUSED;
/* How many microseconds the server asks to wait; 0 = it does not say so, or by a date. */
extern int64_t http_reply_retry_after(const HttpReply *reply);
extern void http_reply_free(HttpReply *reply);

#endif
