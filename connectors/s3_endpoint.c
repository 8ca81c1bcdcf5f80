/*
 * s3_endpoint.c: hosts and paths of buckets (contract in s3_endpoint.h).
 */
#include "connectors/s3_endpoint.h"

#include <curl/curl.h>
#include <strings.h>

#include "common/ascii.h"
#include "common/memory.h"
#include "connectors/aws_domain.h"
#include "connectors/http.h"

/* May be the first part of a host's name. Dots are no part of it: certificates have one level of names. */
static bool
is_host_label(const char *bucket)
{
	size_t len = strlen(bucket);

	for (size_t i = 0; i < len; i++)
		if (!(bucket[i] >= 'a' && bucket[i] <= 'z') && !ascii_digit(bucket[i]) && bucket[i] != '-')
			return false;
	return len >= 3 && len <= 63 && bucket[0] != '-' && bucket[len - 1] != '-';
}

static bool
check_bucket(const char *bucket, Error *err)
{
	for (const char *p = bucket; *p != '\0'; p++)
		if (!ascii_alpha(*p) && !ascii_digit(*p) && strchr(".-_", *p) == NULL)
			return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION,
							 "\"%s\" is not the name of an S3 bucket", bucket);
	if (bucket[0] == '\0')
		return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION,
						 "the name of the S3 bucket is empty");
	return true;
}

/* A host of digits and dots, or in brackets, has no names below it. */
static bool
is_address(const char *host)
{
	return host[0] == '[' || host[strspn(host, "0123456789.")] == '\0';
}

/* Where instances learn who they are: credentials come from there, nothing is sent there. */
static bool
is_metadata(const char *host)
{
	return strcmp(host, "169.254.169.254") == 0 || strcasecmp(host, "[fd00:ec2::254]") == 0;
}

static bool
part(CURLU *url, CURLUPart what, unsigned flags, char **out)
{
	char *text = NULL;

	*out = NULL;
	if (curl_url_get(url, what, &text, flags) == CURLUE_OK)
		*out = mem_strdup(text);
	curl_free(text);
	return *out != NULL;
}

/* Only scheme, host and port. */
static bool
has_more(CURLU *url)
{
	static const CURLUPart more[] = {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT};
	char *text;
	bool found = false;

	for (size_t i = 0; i < lengthof(more); i++)
	{
		found = part(url, more[i], 0, &text) || found;
		mem_free(text);
	}
	found = (part(url, CURLUPART_PATH, 0, &text) && strcmp(text, "/") != 0) || found;
	mem_free(text);
	return found;
}

static bool
check_parts(const S3Endpoint *e, const char *host, const char *endpoint, S3Addressing addressing,
			bool allow_plaintext, Error *err)
{
	if (is_metadata(host))
		return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION,
						 "the S3 endpoint \"%s\" is the instance metadata service", endpoint);
	if (strcmp(e->scheme, "http") == 0 && !allow_plaintext && !e->loopback)
	{
		error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION,
				  "the S3 endpoint \"%s\" is not encrypted", endpoint);
		return error_hint(err, "Use https, or say s3.allow_plaintext = true where the network is trusted.");
	}
	if (addressing == S3_ADDRESSING_VIRTUAL && is_address(host))
	{
		error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION,
				  "the S3 endpoint \"%s\" cannot have buckets in its host name", endpoint);
		return error_hint(err, "Use path style, or the endpoint's name.");
	}
	return true;
}

/* Not its text: it may have a password. */
static bool
refuse_endpoint(Error *err)
{
	error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION, "the S3 endpoint is not valid");
	return error_hint(err, "An endpoint is \"https://host\" or \"https://host:port\".");
}

static bool
read_endpoint(S3Endpoint *e, const char *endpoint, S3Addressing addressing, bool allow_plaintext, Error *err)
{
	CURLU *url = curl_url();
	char *host = NULL, *port = NULL;
	bool good = url != NULL && curl_url_set(url, CURLUPART_URL, endpoint, 0) == CURLUE_OK && !has_more(url) &&
				part(url, CURLUPART_SCHEME, 0, &e->scheme) && part(url, CURLUPART_HOST, 0, &host) &&
				(strcmp(e->scheme, "http") == 0 || strcmp(e->scheme, "https") == 0);

	e->loopback = good && http_is_loopback(host);
	if (!good)
		refuse_endpoint(err);
	else if ((good = check_parts(e, host, endpoint, addressing, allow_plaintext, err)))
	{
		StrBuf text = {0};

		str_append_cstr(&text, host);
		if (part(url, CURLUPART_PORT, CURLU_NO_DEFAULT_PORT, &port))
			str_appendf(&text, ":%s", port);
		e->host = mem_strdup(str_cstr(&text));
		str_free(&text);
	}
	mem_free(host);
	mem_free(port);
	curl_url_cleanup(url);
	return good;
}

bool
s3_endpoint_init(S3Endpoint *e, const char *bucket, const char *endpoint, S3Addressing addressing,
				 bool allow_plaintext, Error *err)
{
	*e = (S3Endpoint){.path_style =
						  addressing == S3_ADDRESSING_PATH ||
						  (addressing == S3_ADDRESSING_AUTO && (endpoint != NULL || !is_host_label(bucket)))};
	if (!check_bucket(bucket, err))
		return false;
	if (addressing == S3_ADDRESSING_VIRTUAL && !is_host_label(bucket))
	{
		error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION,
				  "the bucket \"%s\" cannot be a part of a host name", bucket);
		return error_hint(err, "Use path style.");
	}
	e->bucket = mem_strdup(bucket);
	if (endpoint == NULL)
		e->scheme = mem_strdup("https");
	else if (!read_endpoint(e, endpoint, addressing, allow_plaintext, err))
	{
		s3_endpoint_free(e);
		return false;
	}
	return true;
}

void
s3_endpoint_free(S3Endpoint *e)
{
	mem_free(e->bucket);
	mem_free(e->scheme);
	mem_free(e->host);
	*e = (S3Endpoint){0};
}

void
s3_endpoint_host(const S3Endpoint *e, const char *region, StrBuf *out)
{
	if (!e->path_style)
		str_appendf(out, "%s.", e->bucket);
	if (e->host != NULL)
		str_append_cstr(out, e->host);
	else
		str_appendf(out, "s3.%s.%s", region, aws_domain(region));
}

/* Whether the host's name begins with the bucket's. */
static bool
has_bucket(const S3Endpoint *e, const char *host)
{
	size_t len = strlen(e->bucket);

	return strncmp(host, e->bucket, len) == 0 && host[len] == '.';
}

void
s3_endpoint_path(const S3Endpoint *e, const char *host, const char *key, StrBuf *out)
{
	bool in_path = host != NULL ? !has_bucket(e, host) : e->path_style;

	str_append_char(out, '/');
	if (in_path)
		str_append_cstr(out, e->bucket);
	if (in_path && key != NULL)
		str_append_char(out, '/');
	if (key != NULL)
		str_append_cstr(out, key);
}

bool
s3_endpoint_may_follow(const S3Endpoint *e, const char *region, const char *host)
{
	const char *domain = aws_domain(region);
	size_t len = strlen(host), tail = strlen(domain);

	for (const char *p = host; *p != '\0'; p++)
		if (!ascii_alpha(*p) && !ascii_digit(*p) && strchr(".-:[]", *p) == NULL)
			return false;
	if (e->host != NULL)
		return strcmp(host, e->host) == 0 ||
			   (has_bucket(e, host) && strcmp(host + strlen(e->bucket) + 1, e->host) == 0);
	return len > tail + 1 && host[len - tail - 1] == '.' && strcmp(host + len - tail, domain) == 0;
}
