/*
 * sigv4.h: AWS Signature Version 4, for S3 and STS.
 *
 * The idea: a request is described by its parts, in any order; signing makes the canonical form, from which
 * the URL's path and query are taken too, so that what is signed is what is sent. The rules are those of
 * "Signature Calculations for the Authorization Header" in Amazon's S3 API reference. S3 encodes the path
 * once; other services encode it twice, which here makes no difference, since only "/" is asked of them.
 */
#ifndef WEIR_CONNECTORS_SIGV4_H
#define WEIR_CONNECTORS_SIGV4_H

#include "common/hex.h"
#include "common/str.h"
#include "connectors/http.h"

#define SIGV4_UNSIGNED_PAYLOAD "UNSIGNED-PAYLOAD"
#define SIGV4_EMPTY_PAYLOAD "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

typedef struct SigV4Parameter
{
	const char *name;
	const char *value; /* both not encoded */
} SigV4Parameter;

typedef struct SigV4Request
{
	const char *method;
	const char *path; /* not encoded; begins with '/' */
	const SigV4Parameter *parameters;
	size_t parameter_count;
	const HttpHeader *headers; /* all that are to be signed, host among them */
	size_t header_count;
	const char *payload_sha256; /* hexadecimal, or SIGV4_UNSIGNED_PAYLOAD */
} SigV4Request;

/* A derived signing key, which changes once a day. Zero-initialise; used by one thread at a time. */
typedef struct SigV4Cache
{
	bool filled;
	uint8_t of[32]; /* sha256 of secret, date, region and service */
	uint8_t key[32];
} SigV4Cache;

typedef struct SigV4Key
{
	const char *key_id;
	const char *secret;
	const char *region;
	const char *service; /* "s3", "sts" */
	int64_t time;        /* TIMESTAMPTZ; the same as in the header x-amz-date */
	SigV4Cache *cache;   /* NULL = the signing key is derived each time */
} SigV4Key;

enum
{
	SIGV4_DATE_SIZE = 17 /* "YYYYMMDDTHHMMSSZ" and a NUL */
};

/* Percent-encodes once, upper case; keeps A-Za-z0-9-._~ and, in a path, '/'. */
extern void sigv4_encode(const char *text, bool path, StrBuf *out);
/* "path?query" as it is to be sent: encoded, sorted. */
extern void sigv4_target(const SigV4Request *request, StrBuf *out);
extern void sigv4_canonical_request(const SigV4Request *request, StrBuf *out);
/* "YYYYMMDDTHHMMSSZ" of a finite time in the years 1 to 9999. */
extern void sigv4_date(int64_t time, char out[SIGV4_DATE_SIZE]);
/* Hexadecimal, lower case: of a body, for payload_sha256 and x-amz-content-sha256. */
extern void sigv4_sha256(StrView bytes, char out[HEX_SHA256]);
/* The key that signatures of a day, region and service are made with. */
extern void sigv4_signing_key(const SigV4Key *key, uint8_t out[32]);
/* The signature of a canonical request, hexadecimal. */
extern void sigv4_sign(StrView canonical_request, const SigV4Key *key, char out[HEX_SHA256]);
/* Appends the value of the Authorization header. */
extern void sigv4_authorize(const SigV4Request *request, const SigV4Key *key, StrBuf *out);
/* Overwrites what the cache holds. */
extern void sigv4_cache_wipe(SigV4Cache *cache);

#endif
