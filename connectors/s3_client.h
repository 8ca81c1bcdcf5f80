/*
 * s3_client.h: calls of the S3 API, each tried until there is an answer that counts.
 *
 * The idea: a call is one operation on one key, whatever number of attempts it takes. Each attempt is signed
 * anew (credentials, clock and region may have changed meanwhile); what may pass is tried again with backoff
 * and jitter, as long as the job may wait: an outage never drops a call. The thread of the client does that
 * beside its callers, so that uploads go on while workers work.
 *
 * What the caller must know: `uncertain` says that an earlier attempt may have got through unseen, so that a
 * 412 may be one's own success. Replies that say that nothing was done (another region, another clock, new
 * credentials wanted, a conflict) do not make it so.
 *
 * Threads: every function may be called by several threads at once.
 */
#ifndef WEIR_CONNECTORS_S3_CLIENT_H
#define WEIR_CONNECTORS_S3_CLIENT_H

#include "common/clock.h"
#include "common/random.h"
#include "connectors/aws_credentials.h"
#include "connectors/http.h"
#include "connectors/s3_endpoint.h"
#include "connectors/sigv4.h"

typedef struct S3Client S3Client;
typedef struct S3Call S3Call;

typedef struct S3Open
{
	const char *bucket;
	const char *endpoint; /* NULL = the identity's, else Amazon's of the region */
	S3Addressing addressing;
	bool allow_plaintext; /* http to hosts other than this one is not refused */
	bool requester_pays;
	AwsIdentity *identity; /* the client closes it */
	HttpEngine *http;      /* shared, outlives the client */
	const Clock *clock;
	Random *random;          /* for jitter */
	const atomic_bool *stop; /* NULL = never */
	int64_t patience;        /* microseconds a call is tried for; 0, INT64_MAX = as long as stop is not set */
	int64_t grace;           /* microseconds that calls still go on after *stop became true */
	int64_t backoff_base;  /* microseconds; 0 = 50 ms; throttling takes 20 times that, the cap is 400 times */
	int64_t stall_timeout; /* as in HttpRequest */
	/* Told about twice a minute while calls fail: since when (monotonic), and why; once with a reason of NULL
	 * when one has succeeded again. By the client's thread. May be NULL. */
	void (*trouble)(void *context, int64_t since, const char *reason);
	void *trouble_context;
} S3Open;

typedef struct S3Request
{
	const char *method;
	const char *key; /* not encoded; NULL = the bucket */
	const SigV4Parameter *parameters;
	size_t parameter_count;
	const HttpHeader *headers; /* besides host, x-amz-date, x-amz-content-sha256, token, requester */
	size_t header_count;
	StrView body;               /* must stay until the call is freed */
	const char *payload_sha256; /* hexadecimal; NULL = computed */
	uint64_t max_reply;         /* bytes; 0 = 64 MiB */
	bool once; /* a single attempt that may be carried out, for a call whose repetition is decided by the
				* caller: only what was surely not carried out for a reason of region, clock or credentials is
				* sent again */
} S3Request;

/* What an ended call has: the last attempt's reply. */
typedef struct S3Reply
{
	int status;       /* HTTP's; of an error in the body of a 200, what S3 would have sent instead */
	bool uncertain;   /* an attempt, the last one apart if it was answered, may have been carried out */
	char code[64];    /* <Code> of an error, else "" */
	char detail[256]; /* <Message> and request ids, for error texts */
	HttpReply http;
} S3Reply;

/* Fetches nothing. On failure the identity is the caller's still. */
extern bool s3_client_open(const S3Open *open, S3Client **out, Error *err) WARN_UNUSED;
/* No call may be open. NULL is allowed. */
extern void s3_client_close(S3Client *client);

/* Begins; nothing waits. Everything but the body is copied. Computes the body's sha256 unless it is given. */
extern S3Call *s3_begin(S3Client *client, const S3Request *request);
extern bool s3_ended(S3Call *call);
/* What was asked for; it lasts as long as the call. */
extern const S3Request *s3_call_request(const S3Call *call);
/*
 * Waits. False: no answer within patience (CONNECTION_FAILURE, retriable) or before stop and grace were over
 * (QUERY_CANCELED, retriable), or one that no repetition can change (no such bucket, access denied, signature
 * refused, invalid request …). True: a status of 2xx, 404 NoSuchKey, 412, 501 or another 4xx, for the caller
 * to judge; 409 only of codes other than ConditionalRequestConflict and OperationAborted, which are repeated,
 * but for those of a POST with If-None-Match. The reply is filled in both cases; free it with
 * s3_reply_free(). Once per call.
 */
extern bool s3_wait(S3Call *call, S3Reply *reply, Error *err) WARN_UNUSED;
/* Cancels it if it is still open: the body may go when this returns. */
extern void s3_call_free(S3Call *call);
extern void s3_reply_free(S3Reply *reply);
/* begin, wait, free. */
extern bool s3_perform(S3Client *client, const S3Request *request, S3Reply *reply, Error *err) WARN_UNUSED;
/* Fills err from a reply that the caller takes for a failure. Returns false. */
extern bool s3_failed(const S3Client *client, const S3Request *request, const S3Reply *reply, Error *err);

/* Requests sent and bytes in both directions since the client was opened. */
typedef struct S3Traffic
{
	uint64_t requests, retries, sent, received;
} S3Traffic;
extern S3Traffic s3_traffic(S3Client *client);

#endif
