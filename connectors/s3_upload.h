/*
 * s3_upload.h: an object that is written piece by piece: by one request if it is small, else in parts.
 *
 * The idea: bytes are gathered; what grows beyond a limit becomes a multipart upload, whose parts the S3
 * client's thread sends while the caller goes on, until so many bytes are on their way that the caller has to
 * wait. All of it happens within one attempt of an epoch: an upload is completed or aborted, never resumed,
 * and one that a crash leaves behind is aborted by the next start.
 *
 * Threads: one at a time.
 */
#ifndef WEIR_CONNECTORS_S3_UPLOAD_H
#define WEIR_CONNECTORS_S3_UPLOAD_H

#include "connectors/s3_calls.h"

typedef struct S3Upload S3Upload;

typedef struct S3UploadOpen
{
	const char *key;
	uint64_t size;  /* of all, to cut equal parts; 0 = not known */
	uint64_t limit; /* bytes up to which one request makes the object */
	bool if_absent;
	const char *sha256; /* of all, hexadecimal; NULL = not known. Goes along as metadata */
} S3UploadOpen;

typedef enum S3Uploaded
{
	S3_UPLOADED,
	S3_UPLOAD_EXISTS, /* the name was there, and not by us */
	S3_UPLOAD_LOST    /* nothing was made, and the same bytes must be uploaded anew */
} S3Uploaded;

extern S3Upload *s3_upload_begin(S3Store *store, const S3UploadOpen *open);
extern bool s3_upload_append(S3Upload *upload, StrView bytes, Error *err) WARN_UNUSED;
extern uint64_t s3_upload_size(const S3Upload *upload);
/* Makes the object, and frees the upload, also on failure. */
extern bool s3_upload_finish(S3Upload *upload, S3Uploaded *result, Error *err) WARN_UNUSED;
/* Forgets it; what was sent is aborted. NULL is allowed. */
extern void s3_upload_discard(S3Upload *upload);

/* Aborts an upload, for a reason that is known: a failure to do so is left to the next start. */
extern void s3_upload_abort(S3Store *store, const char *whole_key, const char *id);

#endif
