/*
 * aws_configuration.c: what environment variables and the two files say (contract in aws_configuration.h).
 */
#include "connectors/aws_configuration.h"

#include <pwd.h>
#include <stdio.h>
#include <strings.h>
#include <unistd.h>

#include "common/ascii.h"
#include "common/memory.h"
#include "common/suggest.h"
#include "connectors/secret.h"

static const char *
process_environment(const char *name)
{
	return getenv(name);
}

const char *
aws_variable(const AwsConfiguration *c, const char *name)
{
	const char *value = c->environment(name);

	return value != NULL && *value != '\0' ? value : NULL;
}

/* ---- paths ---- */

static void
append_home(const AwsConfiguration *c, StrBuf *out)
{
	const char *home = aws_variable(c, "HOME");
	struct passwd entry, *found = NULL;
	char room[4096];

	/* A service may have no HOME. */
	if (home == NULL && getpwuid_r(geteuid(), &entry, room, sizeof room, &found) == 0 && found != NULL)
		home = entry.pw_dir;
	str_append_cstr(out, home != NULL ? home : "");
}

/* "$NAME" or "${NAME}" at *p, which is moved behind it; what is not set stays as it is. */
static void
append_variable(const AwsConfiguration *c, const char **p, StrBuf *out)
{
	const char *start = *p, *name = start + 1 + (start[1] == '{'), *end = name;
	const char *value = NULL;
	StrBuf copy = {0};

	while (ascii_alpha(*end) || ascii_digit(*end) || *end == '_')
		end++;
	str_append(&copy, name, (size_t)(end - name));
	if (copy.len > 0 && (start[1] != '{' || *end == '}'))
		value = aws_variable(c, copy.data);
	*p = value != NULL && start[1] == '{' ? end + 1 : value != NULL ? end : start + 1;
	if (value != NULL)
		str_append_cstr(out, value);
	else
		str_append_char(out, '$');
	str_free(&copy);
}

void
aws_expand_path(const AwsConfiguration *c, const char *path, StrBuf *out)
{
	if (path[0] == '~' && (path[1] == '/' || path[1] == '\0'))
	{
		append_home(c, out);
		path++;
	}
	while (*path != '\0')
	{
		if (*path == '$')
			append_variable(c, &path, out);
		else
			str_append_char(out, *path++);
	}
}

void
aws_file_path(const AwsConfiguration *c, AwsIniRole role, StrBuf *out)
{
	bool credentials = role == AWS_INI_CREDENTIALS;
	const char *path = aws_variable(c, credentials ? "AWS_SHARED_CREDENTIALS_FILE" : "AWS_CONFIG_FILE");

	aws_expand_path(c, path != NULL ? path : credentials ? "~/.aws/credentials" : "~/.aws/config", out);
}

/* ---- settings ---- */

const AwsSetting *
aws_profile_setting(const AwsConfiguration *c, const char *profile, const char *name)
{
	const AwsSetting *setting =
		aws_section_get(aws_ini_find(&c->credentials, AWS_SECTION_PROFILE, profile), name);

	if (setting == NULL)
		setting = aws_section_get(aws_ini_find(&c->config, AWS_SECTION_PROFILE, profile), name);
	return setting;
}

const char *
aws_profile_value(const AwsConfiguration *c, const char *profile, const char *name)
{
	const AwsSetting *setting = aws_profile_setting(c, profile, name);

	return setting != NULL && *setting->value != '\0' ? setting->value : NULL;
}

bool
aws_profile_exists(const AwsConfiguration *c, const char *profile)
{
	return aws_ini_find(&c->credentials, AWS_SECTION_PROFILE, profile) != NULL ||
		   aws_ini_find(&c->config, AWS_SECTION_PROFILE, profile) != NULL;
}

const char *
aws_value(const AwsConfiguration *c, const char *variable, const char *setting)
{
	const char *value = aws_variable(c, variable);

	return value != NULL ? value : aws_profile_value(c, c->profile, setting);
}

bool
aws_flag(const AwsConfiguration *c, const char *variable, const char *setting)
{
	const char *value = aws_value(c, variable, setting);

	return value != NULL && strcasecmp(value, "true") == 0;
}

bool
aws_number(const AwsConfiguration *c, const char *variable, const char *setting, int fallback, int *out,
		   Error *err)
{
	const char *value = aws_value(c, variable, setting);
	char *end;
	long number = value != NULL ? strtol(value, &end, 10) : fallback;

	*out = fallback;
	if (value != NULL && (*end != '\0' || number < 1 || number > 1000))
		return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION,
						 "%s must be a number from 1 to 1000",
						 aws_variable(c, variable) != NULL ? variable : setting);
	*out = (int)number;
	return true;
}

static const char *
services_endpoint(const AwsConfiguration *c, const char *service)
{
	const char *services = aws_profile_value(c, c->profile, "services");
	const AwsSection *section =
		services != NULL ? aws_ini_find(&c->config, AWS_SECTION_SERVICES, services) : NULL;
	char name[64];
	const AwsSetting *setting;

	snprintf(name, sizeof name, "%s.endpoint_url", service);
	setting = aws_section_get(section, name);
	return setting != NULL && *setting->value != '\0' ? setting->value : NULL;
}

const char *
aws_configured_endpoint(const AwsConfiguration *c, const char *service)
{
	char variable[64] = "AWS_ENDPOINT_URL_";
	size_t len = strlen(variable);
	const char *url;

	if (aws_flag(c, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls"))
		return NULL;
	assert(len + strlen(service) < sizeof variable);
	for (const char *p = service; *p; p++)
		variable[len++] = ascii_upper(*p);
	url = aws_variable(c, variable);
	if (url == NULL)
		url = aws_variable(c, "AWS_ENDPOINT_URL");
	if (url == NULL)
		url = services_endpoint(c, service);
	return url != NULL ? url : aws_profile_value(c, c->profile, "endpoint_url");
}

bool
aws_setting_error(Error *err, const AwsSetting *setting, const char *fmt, ...)
{
	StrBuf reason = {0};
	va_list args;

	va_start(args, fmt);
	str_vappendf(&reason, fmt, args);
	va_end(args);
	error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION, "%s", str_cstr(&reason));
	str_free(&reason);
	return error_detail(err, "It is \"%s\" in line %d of file \"%s\".", setting->name, setting->line,
						setting->path);
}

void
aws_pause(const AwsConfiguration *c, int64_t micros)
{
	if (c->seams != NULL)
		c->seams->pause(c->seams->context, micros);
	else
		(void)clock_pause(c->clock, micros, c->stop);
}

/* ---- opening ---- */

static bool
load_file(AwsConfiguration *c, AwsIniRole role, Error *err)
{
	StrBuf path = {0};
	bool ok;

	aws_file_path(c, role, &path);
	ok = aws_ini_load(role == AWS_INI_CREDENTIALS ? &c->credentials : &c->config, role, str_cstr(&path), err);
	str_free(&path);
	return ok;
}

static void
offer_profiles(const AwsIni *ini, Suggestion *suggestion)
{
	for (size_t i = 0; i < ini->count; i++)
		if (ini->sections[i].kind == AWS_SECTION_PROFILE)
			suggest_offer(suggestion, ini->sections[i].name);
}

static bool
no_profile(const AwsConfiguration *c, Error *err)
{
	Suggestion suggestion = suggest_begin(str_from_cstr(c->profile));

	offer_profiles(&c->credentials, &suggestion);
	offer_profiles(&c->config, &suggestion);
	error_set(err, SQLSTATE_UNDEFINED_OBJECT, NO_POSITION, "there is no AWS profile \"%s\"", c->profile);
	error_detail(err, "Searched files \"%s\" and \"%s\".", c->credentials.path, c->config.path);
	if (suggestion.best != NULL)
		error_hint(err, "Perhaps you meant the profile \"%s\".", suggestion.best);
	return false;
}

/* A services section that a profile names must be there. */
static bool
check_services(const AwsConfiguration *c, Error *err)
{
	const AwsSetting *setting = aws_profile_setting(c, c->profile, "services");

	if (setting != NULL && aws_ini_find(&c->config, AWS_SECTION_SERVICES, setting->value) == NULL)
		return aws_setting_error(
			err, setting, "the services section that AWS profile \"%s\" names does not exist", c->profile);
	return true;
}

static char *
first_of(const char *option, const char *variable, const char *setting)
{
	return secret_copy(option != NULL ? option : variable != NULL ? variable : setting);
}

bool
aws_configuration_open(AwsConfiguration *c, const AwsOpen *open, Error *err)
{
	const char *variable;
	bool named;

	*c = (AwsConfiguration){.http = open->http,
							.clock = open->clock,
							.seams = open->seams,
							.environment = open->environment ? open->environment : process_environment,
							.stop = open->stop,
							.allow_plaintext = open->allow_plaintext,
							.profile_given = open->profile != NULL,
							.key_id = secret_copy(open->access_key_id),
							.secret = secret_copy(open->secret_access_key),
							.session_token = secret_copy(open->session_token),
							.role_arn = secret_copy(open->role_arn),
							.external_id = secret_copy(open->external_id)};
	variable = aws_variable(c, "AWS_PROFILE");
	variable = variable != NULL ? variable : aws_variable(c, "AWS_DEFAULT_PROFILE");
	named = open->profile != NULL || variable != NULL;
	c->profile = first_of(open->profile, variable, "default");
	if (!load_file(c, AWS_INI_CREDENTIALS, err) || !load_file(c, AWS_INI_CONFIG, err))
		return false;
	if (named && !aws_profile_exists(c, c->profile))
		return no_profile(c, err);
	if (!check_services(c, err))
		return false;
	variable = aws_variable(c, "AWS_REGION");
	c->region = first_of(open->region, variable != NULL ? variable : aws_variable(c, "AWS_DEFAULT_REGION"),
						 aws_profile_value(c, c->profile, "region"));
	c->ca_bundle =
		first_of(NULL, aws_variable(c, "AWS_CA_BUNDLE"), aws_profile_value(c, c->profile, "ca_bundle"));
	c->ca_file = first_of(open->ca_file, c->ca_bundle, NULL);
	return true;
}

void
aws_configuration_close(AwsConfiguration *c)
{
	aws_ini_free(&c->credentials);
	aws_ini_free(&c->config);
	secret_free(c->key_id);
	secret_free(c->secret);
	secret_free(c->session_token);
	secret_free(c->role_arn);
	secret_free(c->external_id);
	mem_free(c->profile);
	mem_free(c->region);
	mem_free(c->ca_bundle);
	mem_free(c->ca_file);
}
