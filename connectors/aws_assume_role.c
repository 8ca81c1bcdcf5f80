/*
 * aws_assume_role.c: a role that is assumed with other credentials.
 *
 * In a profile role_arn names it, and either source_profile says whose credentials ask for it (which may be
 * those of a role again) or credential_source which provider's. A profile may name itself, for the keys that
 * stand beside its role_arn; any other way back to a profile is a loop. As a source, a profile with keys
 * gives these and assumes nothing. The source's credentials are fetched anew each time, so that they are
 * never too old for the call.
 *
 * A role that asks for a device (mfa_serial) is refused: nobody is there to type its code every hour.
 */
#include "connectors/aws_assume_role.h"

#include "common/memory.h"
#include "connectors/aws_chain.h"
#include "connectors/aws_sts.h"
#include "connectors/secret.h"

enum
{
	DURATION_LEAST = 900,
	DURATION_MOST = 43200
};

typedef struct AssumeRole
{
	AwsProvider provider;
	AwsProvider *source;
	char *role_arn;
	char *external_id; /* NULL = none; likewise the others */
	char *session_name;
	char *duration;
} AssumeRole;

/* ---- what the profile says ---- */

static bool
has_keys(const AwsConfiguration *c, const char *profile)
{
	return aws_profile_setting(c, profile, "aws_access_key_id") != NULL ||
		   aws_profile_setting(c, profile, "aws_secret_access_key") != NULL;
}

static bool
check_duration(const AwsSetting *setting, Error *err)
{
	char *end;
	long seconds = setting != NULL ? strtol(setting->value, &end, 10) : DURATION_LEAST;

	if (setting != NULL && (*end != '\0' || seconds < DURATION_LEAST || seconds > DURATION_MOST))
		return aws_setting_error(err, setting, "duration_seconds must be a number from %d to %d",
								 DURATION_LEAST, DURATION_MOST);
	return true;
}

/* Follows the source_profile to see that it ends. */
static bool
check_loop(const AwsProviderOpen *open, const AwsSetting *source, Error *err)
{
	AwsTrail here = {open->profile, open->trail};

	for (const AwsTrail *t = &here; t != NULL; t = t->previous)
	{
		if (strcmp(t->profile, source->value) != 0)
			continue;
		if (t == &here && has_keys(open->configuration, source->value))
			return true;
		return aws_setting_error(err, source, "source_profile of AWS profile \"%s\" leads back to it",
								 t->profile);
	}
	return true;
}

static bool
open_source_profile(const AwsProviderOpen *open, const AwsSetting *setting, AwsProvider **out, Error *err)
{
	AwsTrail trail = {open->profile, open->trail};
	AwsProviderOpen source = {open->configuration, setting->value, &trail};

	if (!aws_profile_exists(open->configuration, setting->value))
		return aws_setting_error(err, setting, "the source_profile of AWS profile \"%s\" does not exist",
								 open->profile);
	if (!check_loop(open, setting, err) || !aws_chain_open_profile(&source, out, err))
		return false;
	if (*out == NULL)
		return aws_setting_error(err, setting, "the source_profile of AWS profile \"%s\" has no credentials",
								 open->profile);
	return true;
}

static bool
open_source(const AwsProviderOpen *open, const AwsSetting *role, AwsProvider **out, Error *err)
{
	const AwsConfiguration *c = open->configuration;
	const AwsSetting *profile = aws_profile_setting(c, open->profile, "source_profile");
	const AwsSetting *source = aws_profile_setting(c, open->profile, "credential_source");

	if (profile != NULL && source != NULL)
		return aws_setting_error(
			err, source, "AWS profile \"%s\" has both source_profile and credential_source", open->profile);
	if (profile != NULL)
		return open_source_profile(open, profile, out, err);
	if (source == NULL)
		return aws_setting_error(err, role,
								 "AWS profile \"%s\" has role_arn, but neither source_profile nor "
								 "credential_source",
								 open->profile);
	if (!aws_chain_open_source(open, source, out, err))
		return false;
	if (*out == NULL)
		return aws_setting_error(
			err, source, "the credential_source of AWS profile \"%s\" has no credentials", open->profile);
	return true;
}

static char *
copy_setting(const AwsProviderOpen *open, const char *name)
{
	return secret_copy(aws_profile_value(open->configuration, open->profile, name));
}

static bool
assume_role_open(const AwsProviderOpen *open, AwsProvider **out, Error *err)
{
	const AwsConfiguration *c = open->configuration;
	const AwsSetting *role = aws_profile_setting(c, open->profile, "role_arn");
	const AwsSetting *mfa = aws_profile_setting(c, open->profile, "mfa_serial");
	AwsProvider *source = NULL;
	AssumeRole *assume;

	if (role == NULL || aws_profile_setting(c, open->profile, "web_identity_token_file") != NULL ||
		(open->trail != NULL && has_keys(c, open->profile)))
		return true;
	if (mfa != NULL)
	{
		aws_setting_error(err, mfa, "the role of AWS profile \"%s\" asks for an MFA code", open->profile);
		return error_hint(err, "Let another profile or credential_process give the credentials: nobody can "
							   "type a code each time that they expire.");
	}
	if (!check_duration(aws_profile_setting(c, open->profile, "duration_seconds"), err) ||
		!open_source(open, role, &source, err))
		return false;
	assume = mem_alloc_zero(sizeof *assume);
	aws_provider_init(&assume->provider, &aws_assume_role_class, open, "role of profile \"%s\"",
					  open->profile);
	assume->source = source;
	assume->role_arn = mem_strdup(role->value);
	assume->external_id = copy_setting(open, "external_id");
	assume->session_name = copy_setting(open, "role_session_name");
	assume->duration = copy_setting(open, "duration_seconds");
	*out = &assume->provider;
	return true;
}

AwsProvider *
aws_assume_role_over(const AwsConfiguration *c, AwsProvider *source)
{
	AwsProviderOpen open = {.configuration = c, .profile = c->profile};
	AssumeRole *assume = mem_alloc_zero(sizeof *assume);

	aws_provider_init(&assume->provider, &aws_assume_role_class, &open, "role over %s", source->name);
	assume->source = source;
	assume->role_arn = mem_strdup(c->role_arn);
	assume->external_id = secret_copy(c->external_id);
	return &assume->provider;
}

/* ---- the call ---- */

static bool
assume_role_fetch(AwsProvider *provider, AwsCredentials *out, Error *err)
{
	AssumeRole *assume = container_of(provider, AssumeRole, provider);
	char session_name[AWS_SESSION_NAME_SIZE];
	AwsCredentials signer = {0};
	bool ok = aws_provider_fetch(assume->source, &signer, err);

	aws_sts_session_name(provider->configuration, session_name);
	if (ok)
	{
		SigV4Parameter parameters[] = {
			{"Action", "AssumeRole"},
			{"RoleArn", assume->role_arn},
			{"RoleSessionName", assume->session_name != NULL ? assume->session_name : session_name},
			{"ExternalId", assume->external_id},
			{"DurationSeconds", assume->duration},
		};

		ok = aws_sts_call(provider, parameters, lengthof(parameters), &signer, out, err);
	}
	aws_credentials_free(&signer);
	return ok;
}

static void
assume_role_close(AwsProvider *provider)
{
	AssumeRole *assume = container_of(provider, AssumeRole, provider);

	aws_provider_close(assume->source);
	mem_free(assume->role_arn);
	secret_free(assume->external_id);
	mem_free(assume->session_name);
	mem_free(assume->duration);
}

const AwsProviderClass aws_assume_role_class = {
	.of_profile = true,
	.open = assume_role_open,
	.fetch = assume_role_fetch,
	.close = assume_role_close,
};
