/*
 * aws_environment.c: keys in environment variables.
 *
 * AWS_ACCESS_KEY_ID says that they are there; AWS_SECRET_ACCESS_KEY must be, too, and a token and an expiry
 * may be. An option that names a profile goes before the environment.
 */
#include "common/memory.h"
#include "connectors/aws_provider.h"

static bool
environment_open(const AwsProviderOpen *open, AwsProvider **out, Error *err UNUSED)
{
	if (aws_variable(open->configuration, "AWS_ACCESS_KEY_ID") == NULL)
		return true;
	*out = mem_alloc_zero(sizeof **out);
	aws_provider_init(*out, &aws_environment_class, open, "environment");
	return true;
}

static bool
environment_fetch(AwsProvider *provider, AwsCredentials *out, Error *err)
{
	const AwsConfiguration *c = provider->configuration;
	const char *token = aws_variable(c, "AWS_SECURITY_TOKEN");
	const char *expiration = aws_variable(c, "AWS_CREDENTIAL_EXPIRATION");
	int64_t expires = INT64_MAX;

	if (token == NULL)
		token = aws_variable(c, "AWS_SESSION_TOKEN");
	if (aws_variable(c, "AWS_SECRET_ACCESS_KEY") == NULL)
		return error_set(err, SQLSTATE_INVALID_AUTHORIZATION, NO_POSITION,
						 "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not");
	if (expiration != NULL && !aws_time_parse(expiration, &expires))
		return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION,
						 "AWS_CREDENTIAL_EXPIRATION is not a time like 2026-01-31T12:00:00Z");
	return aws_provider_fill(provider, aws_variable(c, "AWS_ACCESS_KEY_ID"),
							 aws_variable(c, "AWS_SECRET_ACCESS_KEY"), token, expires, out, err);
}

const AwsProviderClass aws_environment_class = {
	.source = "Environment",
	.yields = true,
	.looks_at = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
	.open = environment_open,
	.fetch = environment_fetch,
};
