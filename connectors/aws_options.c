/*
 * aws_options.c: keys that the statement gives, as secrets. They go before everything else.
 */
#include "common/memory.h"
#include "connectors/aws_provider.h"

static bool
options_open(const AwsProviderOpen *open, AwsProvider **out, Error *err)
{
	const AwsConfiguration *c = open->configuration;

	if (c->key_id == NULL && c->secret == NULL && c->session_token == NULL)
		return true;
	if (c->key_id == NULL || c->secret == NULL)
		return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION,
						 "an access key id and a secret access key must be given together");
	*out = mem_alloc_zero(sizeof **out);
	aws_provider_init(*out, &aws_options_class, open, "options");
	return true;
}

static bool
options_fetch(AwsProvider *provider, AwsCredentials *out, Error *err)
{
	const AwsConfiguration *c = provider->configuration;

	return aws_provider_fill(provider, c->key_id, c->secret, c->session_token, INT64_MAX, out, err);
}

const AwsProviderClass aws_options_class = {
	.open = options_open,
	.fetch = options_fetch,
};
