/*
 * s3_describe.c: how a location on S3 would be reached, and as whom: for EXPLAIN (contract in s3_options.h).
 *
 * The files and variables of AWS are read, but nobody is asked, so what only the network knows is not told.
 * Of credentials the provider's name is told, never a part of them: secrets that options name are not read.
 */
#include "connectors/s3_options.h"
#include "connectors/s3_place.h"

typedef struct Description
{
	const Options *options;
	const char *bucket;
	const AwsIdentity *identity;
	PropertyTeller tell;
	void *context;
} Description;

static void
tell_endpoint(const Description *d)
{
	const char *option = options_text(d->options, "s3.endpoint"), *region = aws_region(d->identity);
	S3Endpoint endpoint = {.bucket = NULL};
	StrBuf text = {0};
	Error err = {0};

	if (s3_endpoint_init(&endpoint, d->bucket, option != NULL ? option : aws_endpoint_url(d->identity),
						 s3_options_addressing(d->options), options_boolean(d->options, "s3.allow_plaintext"),
						 &err))
	{
		str_appendf(&text, "%s://", endpoint.scheme);
		s3_endpoint_host(&endpoint, region != NULL ? region : "<region>", &text);
		str_append_cstr(&text,
						endpoint.path_style ? ", bucket in the path" : ", bucket in the name of the host");
	}
	else
		str_append_cstr(&text, err.message);
	d->tell(d->context, "Endpoint", str_cstr(&text));
	d->tell(d->context, "Region", region != NULL ? region : "as S3 says when the job starts");
	error_clear(&err);
	s3_endpoint_free(&endpoint);
	str_free(&text);
}

void
s3_options_describe(const char *location, const Options *options, PropertyTeller tell, void *context)
{
	AwsOpen open = {.clock = &system_clock};
	Description d = {.options = options, .tell = tell, .context = context};
	AwsIdentity *identity = NULL;
	Arena arena;
	S3Place place;
	Error err = {0};

	arena_init(&arena, "location");
	s3_options_chain(options, &open);
	if (s3_place_parse(location, &arena, &place, NO_POSITION, &err) &&
		aws_identity_open(&open, &identity, &err))
	{
		d.bucket = place.bucket;
		d.identity = identity;
		tell_endpoint(&d);
		tell(context, "Credentials", aws_provider_name(identity));
	}
	else
		tell(context, "Credentials", err.message);
	error_clear(&err);
	aws_identity_close(identity);
	arena_release(&arena);
}
