/*
 * aws_sts.h: calls of the Security Token Service that give credentials.
 *
 * The idea: a call is a form that is sent with POST, signed or not; the answer is XML with four values, or
 * the code of an error. The service is that of the region, or the configured endpoint; without either it is
 * the global one.
 */
#ifndef WEIR_CONNECTORS_AWS_STS_H
#define WEIR_CONNECTORS_AWS_STS_H

#include "connectors/aws_provider.h"
#include "connectors/sigv4.h"

enum
{
	AWS_SESSION_NAME_SIZE = 32
};

/* parameters: "Action" and its own; a value of NULL leaves one out. signer: NULL = the call is not signed. */
extern bool aws_sts_call(const AwsProvider *provider, const SigV4Parameter *parameters, size_t count,
						 const AwsCredentials *signer, AwsCredentials *out, Error *err) WARN_UNUSED;
/* A name for a session that was given none: "weir-" and the time. */
extern void aws_sts_session_name(const AwsConfiguration *c, char out[AWS_SESSION_NAME_SIZE]);

/* What an answer says; zero-initialise, wipe after use. */
typedef struct AwsStsAnswer
{
	StrBuf key_id, secret, token, expiration;
	StrBuf code; /* of an error */
} AwsStsAnswer;

/* False: it is not XML, and out is empty. */
extern bool aws_sts_parse(StrView xml, AwsStsAnswer *out) WARN_UNUSED;
extern void aws_sts_wipe(AwsStsAnswer *answer);

#endif
