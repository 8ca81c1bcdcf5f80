/*
 * aws_provider.c: what all providers share (contract in aws_provider.h).
 */
#include "connectors/aws_provider.h"

#include "common/ascii.h"
#include "common/memory.h"
#include "common/types/timestamp.h"
#include "connectors/secret.h"

void
aws_provider_init(AwsProvider *provider, const AwsProviderClass *class, const AwsProviderOpen *open,
				  const char *name_format, ...)
{
	StrBuf name = {0};
	va_list args;

	va_start(args, name_format);
	str_vappendf(&name, name_format, args);
	va_end(args);
	provider->class = class;
	provider->configuration = open->configuration;
	provider->profile = secret_copy(open->profile);
	provider->name = name.data;
}

void
aws_provider_close(AwsProvider *provider)
{
	if (provider == NULL)
		return;
	if (provider->class->close != NULL)
		provider->class->close(provider);
	mem_free(provider->profile);
	mem_free(provider->name);
	mem_free(provider);
}

/* Whether it may stand in a header: a value with a line end would become two. */
static bool
fits_header(const char *value)
{
	for (; *value; value++)
		if (ascii_control(*value))
			return false;
	return true;
}

static bool
check_part(const AwsProvider *provider, const char *what, const char *value, Error *err)
{
	if (value == NULL || *value == '\0')
		return error_set(err, SQLSTATE_INVALID_AUTHORIZATION, NO_POSITION, "AWS credentials of %s have no %s",
						 provider->name, what);
	if (!fits_header(value))
		return error_set(err, SQLSTATE_INVALID_AUTHORIZATION, NO_POSITION,
						 "the %s of AWS credentials of %s has a line end or another control character in it",
						 what, provider->name);
	return true;
}

bool
aws_provider_fill(const AwsProvider *provider, const char *key_id, const char *secret, const char *token,
				  int64_t expires, AwsCredentials *out, Error *err)
{
	if (token != NULL && *token == '\0')
		token = NULL;
	if (!check_part(provider, "access key id", key_id, err) ||
		!check_part(provider, "secret access key", secret, err) ||
		(token != NULL && !check_part(provider, "session token", token, err)))
		return false;
	*out = (AwsCredentials){.key_id = mem_strdup(key_id),
							.secret = mem_strdup(secret),
							.session_token = secret_copy(token),
							.expires = expires};
	return true;
}

bool
aws_time_parse(const char *text, int64_t *out)
{
	StrBuf copy = {0};
	const char *point = strchr(text, '.');
	bool has_zone, ok;

	/* Some programs print nanoseconds. */
	str_append_cstr(&copy, text);
	if (point != NULL)
	{
		size_t digits = strspn(point + 1, "0123456789"), start = (size_t)(point - text) + 1;

		if (digits > TIMESTAMP_DIGITS_LIMIT)
		{
			copy.len = start + TIMESTAMP_DIGITS_LIMIT;
			str_append_cstr(&copy, point + 1 + digits);
		}
	}
	ok = timestamp_parse_iso(str_view(&copy), NULL, &has_zone, out);
	str_free(&copy);
	return ok;
}

const AwsSetting *
aws_either_setting(const AwsSection *section, const char *first, const char *second)
{
	const AwsSetting *setting = aws_section_get(section, first);

	return setting != NULL && *setting->value != '\0' ? setting : aws_section_get(section, second);
}
