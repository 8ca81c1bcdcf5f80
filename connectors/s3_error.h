/*
 * s3_error.h: what replies of S3 mean for the call that they answer.
 *
 * The idea: the code in the body decides, for those that are listed (s3_error_list.h), else the HTTP status.
 * A reply is data from the network: only what is printable is taken from it, and little.
 */
#ifndef WEIR_CONNECTORS_S3_ERROR_H
#define WEIR_CONNECTORS_S3_ERROR_H

#include "common/error.h"
#include "connectors/http.h"

typedef enum S3ErrorKind
{
	S3_ANSWER,      /* for the caller to judge: success too */
	S3_AGAIN,       /* after a pause */
	S3_CONFLICT,    /* likewise; the outcome of a create is open */
	S3_THROTTLED,   /* after a longer pause */
	S3_CLOCK,       /* the signature's date is off */
	S3_CREDENTIALS, /* they are expired or unknown */
	S3_REGION,      /* another region or host */
	S3_UNSAID,      /* a HEAD that is refused without a code */
	S3_STRANGE,     /* a refusal that is not S3's: of something in between, or the endpoint is wrong */
	S3_FINAL        /* and the same for every repetition */
} S3ErrorKind;

typedef struct S3Error
{
	S3ErrorKind kind;
	bool in_success; /* an error in the body of a 200 */
	int status;      /* HTTP's; of an error in a 200: what it would have been */
	char code[64];
	char message[256];
	char request_id[128], host_id[128];
	char region[64];    /* of the bucket, if the reply tells */
	char endpoint[256]; /* host that the reply sends to */
} S3Error;

/* What a reply with a status means. xml: a 2xx must have an XML body (a 200 may turn out to be an error). */
extern void s3_error_of(const HttpReply *reply, const char *method, bool xml, S3Error *out);

extern SqlStateName s3_error_sqlstate(const char *code, int status);
/* NULL = none. */
extern const char *s3_error_hint(const char *code);

/* Letters, digits and hyphens: what may become a part of a host name. */
extern bool s3_region_is_valid(const char *region);

#endif
