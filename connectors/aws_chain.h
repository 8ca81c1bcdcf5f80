/*
 * aws_chain.h: which provider of credentials it is.
 *
 * The idea: the providers of aws_provider_list.h are asked in their order whether they are configured; the
 * first that is decides, and if it is configured wrongly, that is an error. A role's source_profile asks
 * those of profiles only, its credential_source one by its name.
 */
#ifndef WEIR_CONNECTORS_AWS_CHAIN_H
#define WEIR_CONNECTORS_AWS_CHAIN_H

#include "connectors/aws_provider.h"

/* False: none is configured, or one wrongly. */
extern bool aws_chain_open(const AwsConfiguration *c, AwsProvider **out, Error *err) WARN_UNUSED;
/* *out stays NULL when the profile has no credentials. */
extern bool aws_chain_open_profile(const AwsProviderOpen *open, AwsProvider **out, Error *err) WARN_UNUSED;
/* *out stays NULL when the source is not configured. */
extern bool aws_chain_open_source(const AwsProviderOpen *open, const AwsSetting *source, AwsProvider **out,
								  Error *err) WARN_UNUSED;
/* Appends where the chain looks. */
extern void aws_chain_places(StrBuf *out);

#endif
