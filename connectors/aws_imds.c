/*
 * aws_imds.c: the instance metadata service of EC2, version 2.
 *
 * A session token is asked for first and goes with every question. A service that refuses to give one (403,
 * 404, 405) or lets us wait is asked without, as version 1 was, unless that is forbidden. Nothing says that
 * the service is there but its answer: as the last of the chain it counts as configured unless it is
 * disabled, and if it can't be reached, that is final until it once was.
 *
 * When the service has trouble it hands out credentials that have expired; S3 goes on taking these for a
 * while. They are used, and asked for again a quarter of an hour later.
 */
#include "connectors/aws_imds.h"

#include <strings.h>

#include "common/memory.h"
#include "common/types/calendar.h"
#include "common/random.h"
#include "connectors/aws_chain.h"
#include "connectors/aws_service.h"
#include "connectors/secret.h"

#define IMDS_ADDRESS "http://169.254.169.254"
#define IMDS_ADDRESS_6 "http://[fd00:ec2::254]"
#define IMDS_ROLES "latest/meta-data/iam/security-credentials/"
#define IMDS_ZONE "latest/meta-data/placement/availability-zone/"
#define IMDS_TOKEN_SECONDS "21600"

/* Expired ones are kept so long: a quarter of an hour and some more, and the five minutes by which refreshing
 * is ahead. */
#define EXPIRED_KEPT (20 * MICROS_PER_MINUTE)
#define EXPIRED_JITTER_LEAST (2 * MICROS_PER_MINUTE)
#define EXPIRED_JITTER_SPAN (8 * MICROS_PER_MINUTE)

typedef struct ImdsProvider
{
	AwsProvider provider;
	char *address;
	int address_length; /* without the last '/' */
	int seconds;        /* that an answer may take */
	int attempts;       /* for each question */
	bool version_2_only;
} ImdsProvider;

/* ---- opening ---- */

static bool
choose_address(const AwsConfiguration *c, ImdsProvider *imds, Error *err)
{
	const char *mode =
		aws_value(c, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode");
	const char *address = aws_value(c, "AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint");
	bool six =
		mode != NULL ? strcasecmp(mode, "ipv6") == 0 : aws_flag(c, "AWS_IMDS_USE_IPV6", "imds_use_ipv6");

	if (mode != NULL && !six && strcasecmp(mode, "ipv4") != 0)
		return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION,
						 "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE must be ipv4 or ipv6");
	if (address != NULL && strncmp(address, "http://", 7) != 0 && strncmp(address, "https://", 8) != 0)
		return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION,
						 "AWS_EC2_METADATA_SERVICE_ENDPOINT must begin with http:// or https://");
	imds->address = mem_strdup(address != NULL ? address : six ? IMDS_ADDRESS_6 : IMDS_ADDRESS);
	imds->address_length = (int)strlen(imds->address);
	while (imds->address[imds->address_length - 1] == '/')
		imds->address_length--;
	return true;
}

static bool
imds_open(const AwsProviderOpen *open, AwsProvider **out, Error *err)
{
	const AwsConfiguration *c = open->configuration;
	const char *disabled = aws_variable(c, "AWS_EC2_METADATA_DISABLED");
	ImdsProvider *imds;

	if (disabled != NULL && strcasecmp(disabled, "true") == 0)
		return true;
	imds = mem_alloc_zero(sizeof *imds);
	aws_provider_init(&imds->provider, &aws_imds_class, open, "instance metadata");
	imds->version_2_only = aws_flag(c, "AWS_EC2_METADATA_V1_DISABLED", "ec2_metadata_v1_disabled");
	if (!choose_address(c, imds, err) ||
		!aws_number(c, "AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout", 1, &imds->seconds, err) ||
		!aws_number(c, "AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts", 1,
					&imds->attempts, err))
	{
		aws_provider_close(&imds->provider);
		return false;
	}
	*out = &imds->provider;
	return true;
}

/* ---- questions ---- */

static void
ask(ImdsProvider *imds, const char *method, const char *path, const HttpHeader *header, HttpReply *reply)
{
	StrBuf url = {0};
	HttpRequest request = {.method = method,
						   .headers = header,
						   .header_count = header->value != NULL && *header->value != '\0',
						   .max_reply = AWS_REPLY_LIMIT,
						   .connect_timeout = imds->seconds * MICROS_PER_SECOND,
						   .timeout = imds->seconds * MICROS_PER_SECOND,
						   .no_proxy = true};

	str_appendf(&url, "%.*s/%s", imds->address_length, imds->address, path);
	request.url = url.data;
	aws_perform(imds->provider.configuration, &request, reply);
	str_free(&url);
}

/* Fills err for a reply that is no answer. Most likely this is no EC2 instance, or one without a role. */
static bool
no_answer(ImdsProvider *imds, const HttpReply *reply, Error *err)
{
	StrBuf places = {0};

	aws_reply_error(&imds->provider, reply, "", err);
	if (err == NULL || reply->fault == HTTP_CANCELED)
		return false;
	err->retriable = err->retriable && reply->fault != HTTP_CONNECT;
	if (!err->retriable)
	{
		aws_chain_places(&places);
		error_hint(err, "AWS credentials may be given by %s.", str_cstr(&places));
		str_free(&places);
	}
	return false;
}

static bool
ended(const HttpReply *reply)
{
	return reply->fault == HTTP_CANCELED ||
		   (reply->fault == HTTP_DONE && (reply->status == 200 || reply->status / 100 == 4));
}

/* Appends the session token; nothing when version 1 is to be asked. */
static bool
fetch_token(ImdsProvider *imds, StrBuf *token, Error *err)
{
	HttpHeader header = {"x-aws-ec2-metadata-token-ttl-seconds", IMDS_TOKEN_SECONDS};
	HttpReply reply = {0};
	bool ok = true;

	for (int attempt = 1;; attempt++)
	{
		ask(imds, "PUT", "latest/api/token", &header, &reply);
		if (ended(&reply) || reply.fault == HTTP_TIMEOUT || attempt >= imds->attempts)
			break;
		aws_reply_wipe(&reply);
	}
	if (reply.fault == HTTP_DONE && reply.status == 200)
		str_append_view(token, str_view(&reply.body));
	else if (reply.fault == HTTP_CONNECT || reply.fault == HTTP_UNTRUSTED || reply.fault == HTTP_CANCELED ||
			 (reply.fault == HTTP_DONE && reply.status == 400) || imds->version_2_only)
		ok = no_answer(imds, &reply, err);
	aws_reply_wipe(&reply);
	return ok;
}

/* False: the answer is not 200, or empty. */
static bool
get(ImdsProvider *imds, const char *path, const StrBuf *token, StrBuf *body, Error *err)
{
	HttpHeader header = {"x-aws-ec2-metadata-token", str_cstr(token)};
	HttpReply reply = {0};
	bool ok;

	for (int attempt = 1;; attempt++)
	{
		ask(imds, "GET", path, &header, &reply);
		ok = reply.fault == HTTP_DONE && reply.status == 200 && reply.body.len > 0;
		if (ended(&reply) || attempt >= imds->attempts)
			break;
		aws_reply_wipe(&reply);
	}
	if (ok)
		str_append_view(body, str_view(&reply.body));
	else
		no_answer(imds, &reply, err);
	if (!ok && reply.status == 404)
		error_detail(err, "No role is attached to this instance.");
	aws_reply_wipe(&reply);
	return ok;
}

/* ---- credentials ---- */

/* The first line, which must be a role's name; the path behind it. */
static bool
role_path(const ImdsProvider *imds, const StrBuf *roles, StrBuf *path, Error *err)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+=,.@_-";
	size_t len = strcspn(str_cstr(roles), "\r\n");

	if (len == 0 || strspn(str_cstr(roles), allowed) != len)
		return error_set(err, SQLSTATE_INVALID_AUTHORIZATION, NO_POSITION,
						 "AWS credentials of %s have no name of a role", imds->provider.name);
	str_append_cstr(path, IMDS_ROLES);
	str_append(path, str_cstr(roles), len);
	return true;
}

static bool
read_credentials(ImdsProvider *imds, const StrBuf *body, AwsCredentials *out, Error *err)
{
	char code[AWS_CODE_SIZE];
	int64_t now = clock_now(imds->provider.configuration->clock);

	if (!aws_json_credentials(&imds->provider, str_view(body), "Token", out, err))
	{
		aws_json_code(str_view(body), code);
		if (*code != '\0' && strcmp(code, "Success") != 0)
			error_set(err, SQLSTATE_INVALID_AUTHORIZATION, NO_POSITION,
					  "could not fetch AWS credentials of %s: %s", imds->provider.name, code);
		return false;
	}
	if (out->expires <= now)
		out->expires = now + EXPIRED_KEPT + EXPIRED_JITTER_LEAST +
					   (int64_t)random_below(random_system(), EXPIRED_JITTER_SPAN);
	return true;
}

static bool
imds_fetch(AwsProvider *provider, AwsCredentials *out, Error *err)
{
	ImdsProvider *imds = container_of(provider, ImdsProvider, provider);
	StrBuf token = {0}, roles = {0}, path = {0}, body = {0};
	bool ok = fetch_token(imds, &token, err) && get(imds, IMDS_ROLES, &token, &roles, err) &&
			  role_path(imds, &roles, &path, err) && get(imds, path.data, &token, &body, err) &&
			  read_credentials(imds, &body, out, err);

	secret_wipe(&token);
	secret_wipe(&body);
	str_free(&roles);
	str_free(&path);
	return ok;
}

static void
imds_close(AwsProvider *provider)
{
	mem_free(container_of(provider, ImdsProvider, provider)->address);
}

/* ---- the region ---- */

bool
aws_imds_is(const AwsProvider *provider)
{
	return provider->class == &aws_imds_class;
}

char *
aws_imds_region(AwsProvider *provider)
{
	ImdsProvider *imds = container_of(provider, ImdsProvider, provider);
	StrBuf token = {0}, zone = {0};
	char *region = NULL;

	/* "eu-west-1a" */
	if (fetch_token(imds, &token, NULL) && get(imds, IMDS_ZONE, &token, &zone, NULL) && zone.len > 1)
	{
		region = mem_strdup(zone.data);
		region[zone.len - 1] = '\0';
	}
	secret_wipe(&token);
	str_free(&zone);
	return region;
}

const AwsProviderClass aws_imds_class = {
	.source = "Ec2InstanceMetadata",
	.looks_at = "the instance metadata service of EC2",
	.open = imds_open,
	.fetch = imds_fetch,
	.close = imds_close,
};
