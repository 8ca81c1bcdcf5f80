/*
 * s3_endpoint.h: where a bucket is: scheme, host and path of its keys.
 *
 * The idea: Amazon's hosts follow from region and bucket; an endpoint of one's own is a scheme, a host and
 * perhaps a port. In virtual-hosted style the bucket is the first part of the host's name, in path style the
 * first part of the path. Plain http is refused when it would leave this machine.
 */
#ifndef WEIR_CONNECTORS_S3_ENDPOINT_H
#define WEIR_CONNECTORS_S3_ENDPOINT_H

#include "common/error.h"

typedef enum S3Addressing
{
	S3_ADDRESSING_AUTO, /* path style for a custom endpoint and for bucket names that are no host name */
	S3_ADDRESSING_PATH,
	S3_ADDRESSING_VIRTUAL
} S3Addressing;

/* Texts are on the heap. */
typedef struct S3Endpoint
{
	char *bucket;
	char *scheme; /* "http" or "https" */
	char *host;   /* of a custom endpoint: with its port unless that is the scheme's; NULL = Amazon's */
	bool path_style;
	bool loopback; /* it is this machine, which no proxy is in front of */
} S3Endpoint;

/* endpoint: a URL; NULL = Amazon's hosts. */
extern bool s3_endpoint_init(S3Endpoint *e, const char *bucket, const char *endpoint, S3Addressing addressing,
							 bool allow_plaintext, Error *err) WARN_UNUSED;
extern void s3_endpoint_free(S3Endpoint *e);

/* Appends the value of the header Host. */
extern void s3_endpoint_host(const S3Endpoint *e, const char *region, StrBuf *out);
/* Appends the path, not encoded, of a key (NULL = the bucket) on a host (NULL = the usual one). */
extern void s3_endpoint_path(const S3Endpoint *e, const char *host, const char *key, StrBuf *out);
/* Whether signed requests may go to the host that a reply names. */
extern bool s3_endpoint_may_follow(const S3Endpoint *e, const char *region, const char *host);

#endif
