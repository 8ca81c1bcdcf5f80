/*
 * aws_shared_file.c: keys of a profile in the credentials file, or in the config file.
 *
 * The file is read again at each fetch, so that keys that were exchanged in it are taken without a restart.
 */
#include "common/memory.h"
#include "connectors/aws_provider.h"

static const AwsSection *
find_section(const AwsConfiguration *c, AwsIniRole role, const char *profile)
{
	return aws_ini_find(role == AWS_INI_CREDENTIALS ? &c->credentials : &c->config, AWS_SECTION_PROFILE,
						profile);
}

static bool
open_file(const AwsProviderOpen *open, AwsIniRole role, const AwsProviderClass *class, AwsProvider **out)
{
	const AwsSection *section = find_section(open->configuration, role, open->profile);

	if (aws_section_get(section, "aws_access_key_id") == NULL)
		return true;
	*out = mem_alloc_zero(sizeof **out);
	aws_provider_init(*out, class, open, "profile \"%s\"", open->profile);
	return true;
}

static const char *
value_of(const AwsSetting *setting)
{
	return setting != NULL ? setting->value : NULL;
}

static bool
fetch_file(AwsProvider *provider, AwsIniRole role, AwsCredentials *out, Error *err)
{
	AwsIni ini = {0};
	StrBuf path = {0};
	const AwsSection *section;
	bool ok;

	aws_file_path(provider->configuration, role, &path);
	ok = aws_ini_load(&ini, role, str_cstr(&path), err);
	if (ok)
	{
		section = aws_ini_find(&ini, AWS_SECTION_PROFILE, provider->profile);
		ok = aws_provider_fill(
			provider, value_of(aws_section_get(section, "aws_access_key_id")),
			value_of(aws_section_get(section, "aws_secret_access_key")),
			value_of(aws_either_setting(section, "aws_security_token", "aws_session_token")), INT64_MAX, out,
			err);
		if (!ok)
			error_detail(err, "They are in file \"%s\".", str_cstr(&path));
	}
	aws_ini_free(&ini);
	str_free(&path);
	return ok;
}

static bool
credentials_open(const AwsProviderOpen *open, AwsProvider **out, Error *err UNUSED)
{
	return open_file(open, AWS_INI_CREDENTIALS, &aws_shared_credentials_class, out);
}

static bool
credentials_fetch(AwsProvider *provider, AwsCredentials *out, Error *err)
{
	return fetch_file(provider, AWS_INI_CREDENTIALS, out, err);
}

static bool
config_open(const AwsProviderOpen *open, AwsProvider **out, Error *err UNUSED)
{
	return open_file(open, AWS_INI_CONFIG, &aws_shared_config_class, out);
}

static bool
config_fetch(AwsProvider *provider, AwsCredentials *out, Error *err)
{
	return fetch_file(provider, AWS_INI_CONFIG, out, err);
}

const AwsProviderClass aws_shared_credentials_class = {
	.of_profile = true,
	.looks_at = "profiles in ~/.aws/credentials and ~/.aws/config",
	.open = credentials_open,
	.fetch = credentials_fetch,
};

const AwsProviderClass aws_shared_config_class = {
	.of_profile = true,
	.open = config_open,
	.fetch = config_fetch,
};
