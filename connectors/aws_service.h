/*
 * aws_service.h: asking a service for credentials, and what its answer says.
 *
 * The idea: a provider makes one attempt; whether the next one may succeed is said by the error. Answers are
 * never repeated in messages: they hold secrets, or may quote some. Of an error only its code is told, if it
 * looks like one.
 */
#ifndef WEIR_CONNECTORS_AWS_SERVICE_H
#define WEIR_CONNECTORS_AWS_SERVICE_H

#include "connectors/aws_provider.h"

struct json_t;

enum
{
	AWS_REPLY_LIMIT = 256 * 1024, /* bytes of an answer with credentials, far more than there are */
	AWS_CODE_SIZE = 64
};

/* http_perform() or the test's. */
extern void aws_perform(const AwsConfiguration *c, const HttpRequest *request, HttpReply *reply);
/* Overwrites what the reply holds, and frees it. */
extern void aws_reply_wipe(HttpReply *reply);
/* Fills err for a reply that has no credentials. code: of the service; "" = none. Returns false. */
extern bool aws_reply_error(const AwsProvider *provider, const HttpReply *reply, const char *code,
							Error *err);
/* Copies a code of an error; "" when it does not look like one. */
extern void aws_code_copy(StrView text, char out[AWS_CODE_SIZE]);

/* {"AccessKeyId": …, "SecretAccessKey": …, <token_name>: …, "Expiration": …}; the latter two may be missing.
 */
extern bool aws_json_credentials(const AwsProvider *provider, StrView json, const char *token_name,
								 AwsCredentials *out, Error *err) WARN_UNUSED;
/* What stands at "Code" or "code", copied by aws_code_copy(). */
extern void aws_json_code(StrView json, char out[AWS_CODE_SIZE]);
/* Overwrites the texts of an object, and frees it. NULL is allowed. */
extern void aws_json_release(struct json_t *root);

#endif
