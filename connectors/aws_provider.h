/*
 * aws_provider.h: one way of getting credentials.
 *
 * The idea: a provider says at its opening whether it is configured at all, without asking anybody; then it
 * fetches as often as it is told to, and keeps no credentials. What it fetched lasts how long, when it is
 * time for new ones and what to do while that fails is aws_credentials.c's business; which provider it is,
 * aws_chain.c's.
 *
 * An error is retriable when a service did not answer or asked for patience; it never contains what came from
 * a reply, a file or a variable, except names and codes.
 *
 * Threads: a provider is used by one at a time.
 */
#ifndef WEIR_CONNECTORS_AWS_PROVIDER_H
#define WEIR_CONNECTORS_AWS_PROVIDER_H

#include "connectors/aws_configuration.h"

typedef struct AwsProvider AwsProvider;

/* The profiles that lead to a provider by source_profile, last first. */
typedef struct AwsTrail
{
	const char *profile;
	const struct AwsTrail *previous;
} AwsTrail;

typedef struct AwsProviderOpen
{
	const AwsConfiguration *configuration;
	const char *profile;
	const AwsTrail *trail; /* NULL = the chain itself, not a source_profile of a role */
} AwsProviderOpen;

typedef struct AwsProviderClass
{
	const char *source;   /* as credential_source calls it; NULL = it can't be one */
	bool of_profile;      /* what it needs stands in a profile, so that it may be a source_profile's */
	bool yields;          /* an option that names a profile goes before it */
	const char *looks_at; /* for the error that there are no credentials; NULL = nothing to say */
	/* *out stays NULL when it is not configured. */
	bool (*open)(const AwsProviderOpen *open, AwsProvider **out, Error *err);
	bool (*fetch)(AwsProvider *provider, AwsCredentials *out, Error *err);
	void (*close)(AwsProvider *provider); /* NULL = there is nothing but the base to free */
} AwsProviderClass;

/* Instances embed it first. */
struct AwsProvider
{
	const AwsProviderClass *class;
	const AwsConfiguration *configuration;
	char *profile;
	char *name; /* for EXPLAIN and errors */
};

#define AWS_PROVIDER(class) extern const AwsProviderClass class;
#include "connectors/aws_provider_list.h"
#undef AWS_PROVIDER

/* Fills the base. */
extern void aws_provider_init(AwsProvider *provider, const AwsProviderClass *class,
							  const AwsProviderOpen *open, const char *name_format, ...) PRINTF_LIKE(4, 5);
extern void aws_provider_close(AwsProvider *provider); /* NULL is allowed */

static inline bool
aws_provider_fetch(AwsProvider *provider, AwsCredentials *out, Error *err)
{
	return provider->class->fetch(provider, out, err);
}

/* Copies; token NULL or empty = none. False: one is missing, or holds what no header can. */
extern bool aws_provider_fill(const AwsProvider *provider, const char *key_id, const char *secret,
							  const char *token, int64_t expires, AwsCredentials *out,
							  Error *err) WARN_UNUSED;
/* "2026-01-31T12:00:00Z", with a fraction or an offset too. */
extern bool aws_time_parse(const char *text, int64_t *out) WARN_UNUSED;
/* The first of the two settings of the profile; NULL = neither. */
extern const AwsSetting *aws_either_setting(const AwsSection *section, const char *first, const char *second);

#endif
