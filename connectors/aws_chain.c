/*
 * aws_chain.c: which provider of credentials it is (contract in aws_chain.h).
 */
#include "connectors/aws_chain.h"

#include <strings.h>

static const AwsProviderClass *const classes[] = {
#define AWS_PROVIDER(class) &class,
#include "connectors/aws_provider_list.h"
#undef AWS_PROVIDER
};

void
aws_chain_places(StrBuf *out)
{
	size_t start = out->len;

	for (size_t i = 0; i < lengthof(classes); i++)
		if (classes[i]->looks_at != NULL)
			str_appendf(out, "%s%s", out->len > start ? ", " : "", classes[i]->looks_at);
}

static bool
no_credentials(Error *err)
{
	StrBuf places = {0};

	aws_chain_places(&places);
	error_set(err, SQLSTATE_INVALID_AUTHORIZATION, NO_POSITION, "there are no AWS credentials");
	error_detail(err, "Searched: %s.", str_cstr(&places));
	str_free(&places);
	return false;
}

bool
aws_chain_open(const AwsConfiguration *c, AwsProvider **out, Error *err)
{
	AwsProviderOpen open = {.configuration = c, .profile = c->profile};

	*out = NULL;
	for (size_t i = 0; i < lengthof(classes); i++)
	{
		if (classes[i]->yields && c->profile_given)
			continue;
		if (!classes[i]->open(&open, out, err))
			return false;
		if (*out != NULL)
			return true;
	}
	return no_credentials(err);
}

bool
aws_chain_open_profile(const AwsProviderOpen *open, AwsProvider **out, Error *err)
{
	*out = NULL;
	for (size_t i = 0; *out == NULL && i < lengthof(classes); i++)
		if (classes[i]->of_profile && !classes[i]->open(open, out, err))
			return false;
	return true;
}

static bool
unknown_source(const AwsSetting *source, Error *err)
{
	StrBuf names = {0};

	for (size_t i = 0; i < lengthof(classes); i++)
		if (classes[i]->source != NULL)
			str_appendf(&names, "%s%s", names.len > 0 ? ", " : "", classes[i]->source);
	aws_setting_error(err, source, "credential_source must be one of %s", str_cstr(&names));
	str_free(&names);
	return false;
}

bool
aws_chain_open_source(const AwsProviderOpen *open, const AwsSetting *source, AwsProvider **out, Error *err)
{
	*out = NULL;
	for (size_t i = 0; i < lengthof(classes); i++)
		if (classes[i]->source != NULL && strcasecmp(classes[i]->source, source->value) == 0)
			return classes[i]->open(open, out, err);
	return unknown_source(source, err);
}
