/*
 * http_transfer.h: one request on one handle of libcurl: its options, its callbacks, what it came to.
 *
 * The idea: libcurl may send a request again by itself when a connection that it had kept turns out to be
 * dead. Here it may do so only while no byte of the request has gone out, so that one transfer is one attempt
 * and `unsent` can be relied on. What the engine (http.c) does with threads and time is not known here.
 */
#ifndef WEIR_CONNECTORS_HTTP_TRANSFER_H
#define WEIR_CONNECTORS_HTTP_TRANSFER_H

#include <curl/curl.h>

#include "connectors/http.h"

typedef struct HttpTransfer
{
	CURL *easy;
	struct curl_slist *headers;
	StrView body;
	size_t position; /* in the body */
	uint64_t max_reply;
	bool begun;      /* there was a connection: the request was about to be sent */
	long sent_ahead; /* bytes that went out before: what a proxy was told */
	bool too_large;
	bool head_ended; /* the empty line behind the reply's head has come */
	HttpReply reply;
	char error[CURL_ERROR_SIZE];
} HttpTransfer;

/* False: the request is invalid, which the reply then says. The address must not change until the end. */
extern bool http_transfer_init(HttpTransfer *transfer, const HttpRequest *request);
/* Bytes moved so far in both directions. */
extern uint64_t http_transfer_moved(const HttpTransfer *transfer);
/* Fills the reply. The handle must not be part of a multi handle any more. */
extern void http_transfer_end(HttpTransfer *transfer, CURLcode result);
/* For a transfer that is ended from outside. */
extern void http_transfer_abort(HttpTransfer *transfer, HttpFault fault, const char *why);
/* Frees all but the reply. */
extern void http_transfer_free(HttpTransfer *transfer);

#endif
