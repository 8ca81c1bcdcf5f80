/*
 * s3_options.h: the options of locations on S3: their table, what goes together, and what they mean for a
 * store.
 */
#ifndef WEIR_CONNECTORS_S3_OPTIONS_H
#define WEIR_CONNECTORS_S3_OPTIONS_H

#include "connectors/s3_client.h"
#include "planner/connector.h"

extern const OptionInfo *s3_options(size_t *count);

/* Whether location and options can be used, as far as that can be said without asking anybody. For
 * ConnectorInfo.check_location. */
extern bool s3_options_check(const char *location, const Options *options, int position, Error *err);

/* Fills what the options say of who we are. Secrets are read into the buffers, which the caller wipes. */
typedef struct S3Secrets
{
	StrBuf key_id, secret, token;
} S3Secrets;
extern bool s3_options_identity(const Options *options, AwsOpen *open, S3Secrets *secrets,
								Error *err) WARN_UNUSED;
extern void s3_secrets_wipe(S3Secrets *secrets);
/* The same without reading secrets: keys that options name have no value then. */
extern void s3_options_chain(const Options *options, AwsOpen *open);
/* How a location is reached, and as whom. For ConnectorInfo.describe. */
extern void s3_options_describe(const char *location, const Options *options, PropertyTeller tell,
								void *context);

extern S3Addressing s3_options_addressing(const Options *options);

/* Headers that every new object gets (encryption, storage class, tags, ACL); the texts are in the arena. */
extern size_t s3_options_headers(const Options *options, Arena *arena, const HttpHeader **out);

#endif
