/*
 * aws_service.c: asking a service for credentials (contract in aws_service.h).
 */
#include "connectors/aws_service.h"

#include <jansson.h>
#include <openssl/crypto.h>

#include "common/ascii.h"
#include "connectors/secret.h"

void
aws_perform(const AwsConfiguration *c, const HttpRequest *request, HttpReply *reply)
{
	if (c->seams != NULL)
		c->seams->perform(c->seams->context, request, reply);
	else
		http_perform(c->http, request, c->stop, reply);
}

void
aws_reply_wipe(HttpReply *reply)
{
	if (reply->body.data != NULL)
		OPENSSL_cleanse(reply->body.data, reply->body.capacity);
	http_reply_free(reply);
}

static bool
may_pass(const HttpReply *reply, const char *code)
{
	if (reply->fault != HTTP_DONE)
		return reply->fault != HTTP_REFUSED && reply->fault != HTTP_UNTRUSTED;
	return reply->status >= 500 || reply->status == 429 || reply->status == 408 ||
		   strncmp(code, "Throttling", 10) == 0 || strcmp(code, "IDPCommunicationError") == 0;
}

bool
aws_reply_error(const AwsProvider *provider, const HttpReply *reply, const char *code, Error *err)
{
	if (reply->fault == HTTP_CANCELED)
		return error_set(err, SQLSTATE_QUERY_CANCELED, NO_POSITION, "stopped while fetching AWS credentials");
	if (reply->fault != HTTP_DONE)
		error_set(err, SQLSTATE_CONNECTION_FAILURE, NO_POSITION, "could not fetch AWS credentials of %s: %s",
				  provider->name, reply->message);
	else
		error_set(err, SQLSTATE_INVALID_AUTHORIZATION, NO_POSITION,
				  "could not fetch AWS credentials of %s: HTTP status %d%s%s", provider->name, reply->status,
				  *code != '\0' ? ", " : "", code);
	if (err != NULL)
		err->retriable = may_pass(reply, code);
	return false;
}

void
aws_code_copy(StrView text, char out[AWS_CODE_SIZE])
{
	bool plain = text.len > 0 && text.len < AWS_CODE_SIZE;

	for (size_t i = 0; plain && i < text.len; i++)
		plain = ascii_alpha(text.data[i]) || text.data[i] == '.';
	if (!plain)
		text.len = 0;
	memcpy(out, text.data, text.len);
	out[text.len] = '\0';
}

/* ---- JSON ---- */

static const char *
member(const json_t *root, const char *name)
{
	return json_string_value(json_object_get(root, name));
}

void
aws_json_release(json_t *root)
{
	const char *name;
	json_t *value;

	json_object_foreach(root, name, value)
	{
		/* The memory that jansson is about to free. */
		if (json_is_string(value))
			OPENSSL_cleanse((void *)(uintptr_t)json_string_value(value), json_string_length(value));
	}
	json_decref(root);
}

static bool
read_members(const AwsProvider *provider, const json_t *root, const char *token_name, AwsCredentials *out,
			 Error *err)
{
	const char *expiration = member(root, "Expiration");
	int64_t expires = INT64_MAX;

	if (expiration != NULL && *expiration != '\0' && !aws_time_parse(expiration, &expires))
		return error_set(err, SQLSTATE_INVALID_AUTHORIZATION, NO_POSITION,
						 "the \"Expiration\" of AWS credentials of %s is not a time", provider->name);
	return aws_provider_fill(provider, member(root, "AccessKeyId"), member(root, "SecretAccessKey"),
							 member(root, token_name), expires, out, err);
}

bool
aws_json_credentials(const AwsProvider *provider, StrView json, const char *token_name, AwsCredentials *out,
					 Error *err)
{
	json_t *root = json_loadb(json.data, json.len, 0, NULL);
	bool ok;

	if (json_is_object(root))
		ok = read_members(provider, root, token_name, out, err);
	else
		ok = error_set(err, SQLSTATE_INVALID_AUTHORIZATION, NO_POSITION,
					   "AWS credentials of %s are not a JSON object", provider->name);
	aws_json_release(root);
	return ok;
}

void
aws_json_code(StrView json, char out[AWS_CODE_SIZE])
{
	json_t *root = json_loadb(json.data, json.len, 0, NULL);
	const char *code = member(root, "Code") != NULL ? member(root, "Code") : member(root, "code");

	aws_code_copy(str_from_cstr(code != NULL ? code : ""), out);
	aws_json_release(root);
}
