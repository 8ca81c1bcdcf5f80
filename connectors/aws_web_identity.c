/*
 * aws_web_identity.c: a role that is assumed with a token from a file (EKS service accounts, CI systems).
 *
 * AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME, or the profile's settings of like
 * names, say which; each variable goes before its setting, unless an option names the profile or it is the
 * source of a role. The token is read again for each call, since it lives shorter than the credentials.
 */
#include "common/ascii.h"
#include "common/fs.h"
#include "common/memory.h"
#include "connectors/aws_sts.h"
#include "connectors/secret.h"

typedef struct WebIdentity
{
	AwsProvider provider;
	char *token_path;
	char *role_arn;
	char *session_name; /* NULL = one is made */
} WebIdentity;

static const char *
value_of(const AwsProviderOpen *open, const char *variable, const char *setting)
{
	const AwsConfiguration *c = open->configuration;
	const char *value = NULL;

	if (!c->profile_given && open->trail == NULL)
		value = aws_variable(c, variable);
	return value != NULL ? value : aws_profile_value(c, open->profile, setting);
}

static bool
web_identity_open(const AwsProviderOpen *open, AwsProvider **out, Error *err)
{
	const char *path = value_of(open, "AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file");
	const char *role = value_of(open, "AWS_ROLE_ARN", "role_arn");
	WebIdentity *web;
	StrBuf full = {0};

	if (path == NULL)
		return true;
	if (role == NULL)
		return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION,
						 "a web identity token is configured, but neither AWS_ROLE_ARN nor role_arn of AWS "
						 "profile \"%s\"",
						 open->profile);
	aws_expand_path(open->configuration, path, &full);
	web = mem_alloc_zero(sizeof *web);
	aws_provider_init(&web->provider, &aws_web_identity_class, open, "web identity");
	web->token_path = full.data;
	web->role_arn = mem_strdup(role);
	web->session_name = secret_copy(value_of(open, "AWS_ROLE_SESSION_NAME", "role_session_name"));
	*out = &web->provider;
	return true;
}

static bool
read_token(const WebIdentity *web, StrBuf *token, Error *err)
{
	int rc = fs_read_file(&system_fs, web->token_path, token);

	if (rc < 0)
		return fs_error(err, rc, "read web identity token", web->token_path);
	while (token->len > 0 && ascii_space(token->data[token->len - 1]))
		token->data[--token->len] = '\0';
	if (token->len == 0)
		return error_set(err, SQLSTATE_INVALID_AUTHORIZATION, NO_POSITION,
						 "the web identity token in file \"%s\" is empty", web->token_path);
	return true;
}

static bool
web_identity_fetch(AwsProvider *provider, AwsCredentials *out, Error *err)
{
	WebIdentity *web = container_of(provider, WebIdentity, provider);
	char session_name[AWS_SESSION_NAME_SIZE];
	StrBuf token = {0};
	bool ok = read_token(web, &token, err);

	aws_sts_session_name(provider->configuration, session_name);
	if (ok)
	{
		SigV4Parameter parameters[] = {
			{"Action", "AssumeRoleWithWebIdentity"},
			{"RoleArn", web->role_arn},
			{"RoleSessionName", web->session_name != NULL ? web->session_name : session_name},
			{"WebIdentityToken", str_cstr(&token)},
		};

		ok = aws_sts_call(provider, parameters, lengthof(parameters), NULL, out, err);
	}
	secret_wipe(&token);
	return ok;
}

static void
web_identity_close(AwsProvider *provider)
{
	WebIdentity *web = container_of(provider, WebIdentity, provider);

	mem_free(web->token_path);
	mem_free(web->role_arn);
	mem_free(web->session_name);
}

const AwsProviderClass aws_web_identity_class = {
	.of_profile = true,
	.looks_at = "AWS_WEB_IDENTITY_TOKEN_FILE",
	.open = web_identity_open,
	.fetch = web_identity_fetch,
	.close = web_identity_close,
};
