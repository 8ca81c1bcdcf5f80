/*
 * aws_container.c: the credentials endpoint beside a container (ECS, EKS Pod Identity).
 *
 * AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is a path at a fixed address; AWS_CONTAINER_CREDENTIALS_FULL_URI may
 * name a host, but without TLS only this machine or one of Amazon's addresses for it, so that the token is
 * sent to nobody else. The token's file is read again for each request, since it is replaced while it is in
 * use; it goes before the variable.
 */
#include <curl/curl.h>

#include "common/fs.h"
#include "common/memory.h"
#include "common/types/calendar.h"
#include "connectors/aws_service.h"
#include "connectors/secret.h"

#define CONTAINER_ADDRESS "http://169.254.170.2"
#define CONTAINER_TIMEOUT (2 * MICROS_PER_SECOND)

typedef struct ContainerProvider
{
	AwsProvider provider;
	char *url;
} ContainerProvider;

/* ---- the address ---- */

static bool
host_allowed(const char *scheme, const char *host)
{
	static const char *const allowed[] = {"169.254.170.2", "169.254.170.23", "fd00:ec2::23"};

	if (strcmp(scheme, "https") == 0)
		return true;
	if (strcmp(scheme, "http") != 0)
		return false;
	for (size_t i = 0; i < lengthof(allowed); i++)
		if (strcmp(host, allowed[i]) == 0)
			return true;
	return http_is_loopback(host);
}

/* An IPv6 address comes in brackets. */
static void
strip_brackets(char *host)
{
	size_t len = strlen(host);

	if (len > 1 && host[0] == '[' && host[len - 1] == ']')
	{
		memmove(host, host + 1, len - 2);
		host[len - 2] = '\0';
	}
}

static bool
url_allowed(const char *text)
{
	CURLU *url = curl_url();
	char *scheme = NULL, *host = NULL, *user = NULL;
	bool ok = curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK &&
			  curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
			  curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
			  curl_url_get(url, CURLUPART_USER, &user, 0) == CURLUE_NO_USER;

	if (ok)
	{
		strip_brackets(host);
		ok = host_allowed(scheme, host);
	}
	curl_free(scheme);
	curl_free(host);
	curl_free(user);
	curl_url_cleanup(url);
	return ok;
}

/* ---- the token ---- */

static bool
check_token(const StrBuf *token, const char *variable, Error *err)
{
	if (memchr(str_cstr(token), '\r', token->len) || memchr(str_cstr(token), '\n', token->len))
		return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION,
						 "the token of %s has a line end in it", variable);
	return true;
}

/* Appends the Authorization header's value; nothing when there is none. */
static bool
read_token(const AwsConfiguration *c, StrBuf *out, Error *err)
{
	const char *path = aws_variable(c, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	const char *token = aws_variable(c, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
	int rc;

	if (path == NULL)
	{
		str_append_cstr(out, token != NULL ? token : "");
		return check_token(out, "AWS_CONTAINER_AUTHORIZATION_TOKEN", err);
	}
	rc = fs_read_file(&system_fs, path, out);
	if (rc < 0)
		return fs_error(err, rc, "read file of AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", path);
	return check_token(out, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", err);
}

/* ---- the provider ---- */

static bool
container_open(const AwsProviderOpen *open, AwsProvider **out, Error *err)
{
	const char *relative = aws_variable(open->configuration, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
	const char *full = aws_variable(open->configuration, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
	ContainerProvider *container;
	StrBuf url = {0};

	if (relative == NULL && full == NULL)
		return true;
	if (relative == NULL && !url_allowed(full))
	{
		error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION,
				  "AWS_CONTAINER_CREDENTIALS_FULL_URI names a host that is not allowed");
		return error_hint(err, "Use https, a loopback address, localhost, 169.254.170.2, 169.254.170.23 or "
							   "[fd00:ec2::23].");
	}
	if (relative != NULL && relative[0] != '/')
		return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION,
						 "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not begin with \"/\"");
	str_appendf(&url, "%s%s", relative != NULL ? CONTAINER_ADDRESS : "", relative != NULL ? relative : full);
	container = mem_alloc_zero(sizeof *container);
	container->url = url.data;
	aws_provider_init(&container->provider, &aws_container_class, open, "container endpoint");
	*out = &container->provider;
	return true;
}

static bool
ask(AwsProvider *provider, const StrBuf *token, AwsCredentials *out, Error *err)
{
	HttpHeader headers[] = {{"accept", "application/json"}, {"authorization", str_cstr(token)}};
	HttpRequest request = {.method = "GET",
						   .url = container_of(provider, ContainerProvider, provider)->url,
						   .headers = headers,
						   .header_count = token->len > 0 ? 2 : 1,
						   .ca_file = provider->configuration->ca_bundle,
						   .max_reply = AWS_REPLY_LIMIT,
						   .connect_timeout = CONTAINER_TIMEOUT,
						   .timeout = CONTAINER_TIMEOUT,
						   .no_proxy = true};
	HttpReply reply = {0};
	char code[AWS_CODE_SIZE];
	bool ok;

	aws_perform(provider->configuration, &request, &reply);
	if (reply.fault == HTTP_DONE && reply.status == 200)
	{
		ok = aws_json_credentials(provider, str_view(&reply.body), "Token", out, err);
		if (!ok && err != NULL)
			err->retriable = true;
	}
	else
	{
		aws_json_code(str_view(&reply.body), code);
		ok = aws_reply_error(provider, &reply, code, err);
	}
	aws_reply_wipe(&reply);
	return ok;
}

static bool
container_fetch(AwsProvider *provider, AwsCredentials *out, Error *err)
{
	StrBuf token = {0};
	bool ok = read_token(provider->configuration, &token, err) && ask(provider, &token, out, err);

	secret_wipe(&token);
	return ok;
}

static void
container_close(AwsProvider *provider)
{
	mem_free(container_of(provider, ContainerProvider, provider)->url);
}

const AwsProviderClass aws_container_class = {
	.source = "EcsContainer",
	.looks_at = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and AWS_CONTAINER_CREDENTIALS_FULL_URI",
	.open = container_open,
	.fetch = container_fetch,
	.close = container_close,
};
