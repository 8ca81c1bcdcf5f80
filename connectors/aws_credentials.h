/*
 * aws_credentials.h: who we are to AWS: the usual chain of credential providers, and what else its
 * configuration says.
 *
 * The idea: an AwsIdentity is opened once for a location; the first provider of the chain that is configured
 * decides, and a configured one that fails is an error, not a reason to try the next. Credentials that expire
 * are fetched anew five minutes ahead; while that fails, the old ones are used as long as they last. Order,
 * names and limits are botocore's, but for SSO, which is refused with a message.
 *
 * Secrets are in no message and no log, and are wiped before memory is freed.
 */
#ifndef WEIR_CONNECTORS_AWS_CREDENTIALS_H
#define WEIR_CONNECTORS_AWS_CREDENTIALS_H

#include "common/clock.h"
#include "connectors/http.h"

typedef struct AwsIdentity AwsIdentity;

/* What tests put in the place of the network and of waiting. */
typedef struct AwsSeams
{
	void *context;
	void (*perform)(void *context, const HttpRequest *request, HttpReply *reply); /* http_perform() */
	void (*pause)(void *context, int64_t micros); /* between attempts; ends early when *stop is set */
} AwsSeams;

typedef struct AwsOpen
{
	HttpEngine *http; /* NULL = nobody is asked: nothing can be fetched */
	const Clock *clock;
	const AwsSeams *seams;                        /* NULL = the real ones */
	const char *(*environment)(const char *name); /* NULL = getenv */
	const char *profile; /* option s3.profile; NULL = AWS_PROFILE, AWS_DEFAULT_PROFILE, "default" */
	const char *region;  /* option s3.region; NULL = environment, profile, metadata */
	const char *ca_file; /* option s3.ca_file; NULL = AWS_CA_BUNDLE, profile ca_bundle */
	/* Given in the statement as secrets ('env:…', 'file:…'); NULL = the chain. */
	const char *access_key_id, *secret_access_key, *session_token;
	const char *role_arn,
		*external_id;        /* options: assume this role with the chain's credentials; NULL = no */
	bool allow_plaintext;    /* a Security Token Service on another machine may be asked by http */
	const atomic_bool *stop; /* NULL = never; outlives the identity */
	int64_t grace;           /* microseconds that fetching still goes on after *stop became true */
} AwsOpen;                   /* texts are copied */

/* A copy, on the heap. */
typedef struct AwsCredentials
{
	char *key_id;
	char *secret;
	char *session_token; /* NULL = none */
	int64_t expires;     /* TIMESTAMPTZ; INT64_MAX = never */
	uint64_t generation; /* counts fetches: says which ones a server has refused */
} AwsCredentials;

/* False: no provider is configured, or its configuration is wrong. Fetches nothing yet, except the region. */
extern bool aws_identity_open(const AwsOpen *open, AwsIdentity **out, Error *err) WARN_UNUSED;
/* For one more user, who closes it, too. */
extern AwsIdentity *aws_identity_share(AwsIdentity *identity);
extern void aws_identity_close(AwsIdentity *identity); /* NULL is allowed */

/* The credentials to sign with now; waits while they are fetched. False with err->retriable: a service did
 * not answer. SQLSTATEs: CONNECTION_FAILURE, QUERY_CANCELED (stop and grace are over), and of all else, as of
 * a failed opening, INVALID_AUTHORIZATION. Free with aws_credentials_free(). Threads: any. */
extern bool aws_credentials_get(AwsIdentity *identity, AwsCredentials *out, Error *err) WARN_UNUSED;
/* A server has called the credentials of this generation expired or unknown: the next get fetches new ones.
 */
extern void aws_credentials_refused(AwsIdentity *identity, uint64_t generation);
/* Waits until no fetch is running. */
extern void aws_credentials_settle(AwsIdentity *identity);
extern void aws_credentials_free(AwsCredentials *credentials);

/* What the environment and the profile say besides; NULL = nothing. Valid until close. */
extern const char *aws_region(const AwsIdentity *identity);
extern const char *
aws_endpoint_url(const AwsIdentity *identity); /* AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, profile */
extern const char *aws_ca_file(const AwsIdentity *identity);
/* Which provider it is, for EXPLAIN and SHOW: "environment", "profile \"dev\"", "web identity", … */
extern const char *aws_provider_name(const AwsIdentity *identity);

#endif
