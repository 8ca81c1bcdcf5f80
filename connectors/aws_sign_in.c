/*
 * aws_sign_in.c: profiles for which a person signs in with a browser (IAM Identity Center, "aws login").
 *
 * They are refused, with the way that works: what somebody types once a day does not keep a service running.
 */
#include "connectors/aws_provider.h"

static bool
refuse(const AwsProviderOpen *open, const AwsSetting *setting, const char *what, Error *err)
{
	aws_setting_error(err, setting,
					  "AWS profile \"%s\" takes its credentials from %s, which is not supported",
					  open->profile, what);
	return error_hint(err,
					  "A profile with \"credential_process = aws configure export-credentials --profile %s "
					  "--format process\" gets them from the AWS CLI.",
					  open->profile);
}

static bool
sso_open(const AwsProviderOpen *open, AwsProvider **out UNUSED, Error *err)
{
	const AwsSetting *role = aws_profile_setting(open->configuration, open->profile, "sso_role_name");
	const AwsSetting *account = aws_profile_setting(open->configuration, open->profile, "sso_account_id");

	if (role == NULL && account == NULL)
		return true;
	return refuse(open, role != NULL ? role : account, "IAM Identity Center (SSO)", err);
}

static bool
login_open(const AwsProviderOpen *open, AwsProvider **out UNUSED, Error *err)
{
	const AwsSetting *session = aws_profile_setting(open->configuration, open->profile, "login_session");

	return session == NULL || refuse(open, session, "\"aws login\"", err);
}

const AwsProviderClass aws_sso_class = {.of_profile = true, .open = sso_open};
const AwsProviderClass aws_login_class = {.of_profile = true, .open = login_open};
