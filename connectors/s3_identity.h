/*
 * s3_identity.h: identities that stores share.
 *
 * The idea: a job has a store for its state and for each of its sinks, and most of them are the same somebody
 * to AWS. Those whose options say the same get one identity, so that credentials are fetched once, and a
 * service that gives them out by the piece, or a program that gives them, is asked once.
 *
 * Threads: any.
 */
#ifndef WEIR_CONNECTORS_S3_IDENTITY_H
#define WEIR_CONNECTORS_S3_IDENTITY_H

#include <pthread.h>

#include "connectors/aws_credentials.h"
#include "connectors/sigv4.h"

typedef struct S3Identity
{
	AwsIdentity *identity;
	char what[HEX_SHA256]; /* the sha256 of what it was opened with */
	const atomic_bool *stop;
	int64_t grace;
	int users;
	struct S3Identity *next;
} S3Identity;

/* Invariant: all of them have users. */
typedef struct S3Identities
{
	pthread_mutex_t lock;
	S3Identity *first;
} S3Identities;

extern void s3_identities_init(S3Identities *identities);
/* None may be in use. */
extern void s3_identities_release(S3Identities *identities);
/* One that was opened with the same, else a new one. */
extern bool s3_identities_get(S3Identities *identities, const AwsOpen *open, S3Identity **out,
							  Error *err) WARN_UNUSED;
extern void s3_identities_put(S3Identities *identities, S3Identity *identity); /* NULL is allowed */

#endif
