/*
 * s3_call.h: what the files of the S3 client share: the client, its calls, and the decisions on them.
 *
 * A call is in one place at a time, all but the last in lists of the client:
 *
 *   QUEUED   to be attempted when the engine has room
 *   WAITING  likewise, but not before it is due
 *   SENT     the HTTP engine has it
 *   REPLIED  the HTTP engine has called back; the client's thread will judge
 *   ENDED    the caller's
 *
 * Only the client's thread attempts, judges and ends. The lock guards the lists, `place`, `http` and the
 * traffic; all else of an open call is the thread's.
 */
#ifndef WEIR_CONNECTORS_S3_CALL_H
#define WEIR_CONNECTORS_S3_CALL_H

#include <pthread.h>
#include <sys/queue.h>

#include "connectors/s3_client.h"
#include "connectors/s3_error.h"

enum
{
	S3_BUDGET = 500 /* of retries, as Amazon's SDKs */
};

typedef enum S3Place
{
	S3_QUEUED,
	S3_WAITING, /* by due */
	S3_SENT,
	S3_REPLIED,
	S3_ENDED
} S3Place;

typedef TAILQ_HEAD(S3CallList, S3Call) S3CallList;

struct S3Call
{
	S3Client *client;
	TAILQ_ENTRY(S3Call) link;
	S3Place place;
	atomic_bool cancelled;
	HttpCall *http; /* while SENT */
	/* What is asked for. */
	Arena arena;
	S3Request request;
	char payload_sha256[HEX_SHA256];
	bool xml;         /* the body of a good reply is XML */
	bool conditional; /* If-None-Match */
	/* How it goes. */
	int64_t begun;         /* monotonic, like all times here */
	int64_t due;           /* while WAITING */
	int64_t failing_since; /* 0 = does not */
	int attempts;
	int failures;        /* that had a pause after them */
	double charge;       /* of the retry budget, to be given back on success */
	bool looking;        /* the attempt under way is a HEAD of the bucket, for its region */
	bool followed;       /* to another region or host */
	bool set_clock;      /* signed again for its sake */
	int refreshed;       /* times that credentials were refused */
	char host[256];      /* instead of the usual one; "" = none */
	char region[64];     /* of the last attempt */
	uint64_t generation; /* of its credentials */
	bool hopeless;       /* they were refused before and never expire */
	StrBuf
		secrets; /* of the last attempt: secret and token, each with a NUL behind: not to appear in texts */
	HttpReply raw;
	char reason[600]; /* of the last failure */
	/* What came of it. */
	bool good;
	S3Reply reply;
	Error error;
};

struct S3Client
{
	S3Open open;
	S3Endpoint endpoint;
	char region[64];
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work;  /* for the thread */
	pthread_cond_t ended; /* for who waits */
	bool closing;
	bool cancels; /* a call was cancelled since the thread last looked */
	S3CallList lists[S3_ENDED];
	int sent_count; /* SENT and REPLIED */
	S3Traffic traffic;
	/* Of the thread. */
	SigV4Cache signing_key;
	int64_t clock_offset; /* S3's clock minus ours, microseconds */
	bool answered;        /* once at least */
	double budget;        /* may be negative: then retries are spread */
	int64_t budget_at;
	int64_t stopped_at; /* when *stop was first seen; 0 = not */
	int64_t looked_at;  /* when deadlines were last looked at */
	int64_t told_at;    /* of the trouble; 0 = untold */
};

static inline int64_t
s3_now(const S3Client *client)
{
	return clock_monotonic(client->open.clock);
}

/* ---- s3_attempt.c ---- */

/* Signs and sends, or ends the call or lets it wait when there are no credentials. */
extern void s3_attempt(S3Call *call);
/* Empties a text and overwrites what it was. */
extern void s3_wipe(StrBuf *text);

/* ---- s3_judge.c ---- */

/* Decides by call->raw what becomes of the call. */
extern void s3_judge(S3Call *call);
/* Ends the call or lets it wait, after a failure that may pass. A pause in microseconds is the least. */
extern void s3_try_later(S3Call *call, S3ErrorKind kind, const char *reason, int64_t pause);
/* Ends it with an error that the reply accounts for. */
extern void s3_end_failed(S3Call *call);
/* Ends it because time is up, or the caller or the job does not want it any more. */
extern void s3_end_unanswered(S3Call *call);
/* "could not write \"s3://bucket/key\"" */
extern void s3_append_operation(const S3Client *client, const S3Request *request, StrBuf *out);

/* ---- s3_client.c ---- */

extern void s3_end(S3Call *call, bool good);
extern void s3_queue(S3Call *call);
extern void s3_wait_until(S3Call *call, int64_t due);
/* Whether time is up: patience, or stop and grace. */
extern bool s3_is_over(const S3Call *call);

#endif
