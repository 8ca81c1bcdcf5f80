/*
 * s3_options.c: what the options of S3 mean (contract in s3_options.h).
 */
#include "connectors/s3_options.h"

#include "common/hex.h"
#include "common/memory.h"
#include "connectors/s3_error.h"
#include "connectors/s3_place.h"
#include "connectors/secret.h"

enum
{
	MAX_TAGS = 10,
	MAX_HEADERS = 8
};

static const OptionInfo option_table[] = {
#define S3_OPTION(field, option, TYPE, words, text) \
	{.name = option, .type = OPTION_##TYPE, .choices = words, .help = text},
#include "common/s3_option_list.h"
#undef S3_OPTION
};

const OptionInfo *
s3_options(size_t *count)
{
	*count = lengthof(option_table);
	return option_table;
}

/* ---- checks ---- */

static bool
needs(const Options *options, const char *name, const char *other, Error *err)
{
	const Option *option = options_find(options, name);

	if (option == NULL || options_find(options, other) != NULL)
		return true;
	return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, option->position,
					 "option \"%s\" needs option \"%s\"", name, other);
}

/* A setting that the statement's own option makes pointless. */
static bool
is_overridden(const Option *option, const Option *other)
{
	return option != NULL && other != NULL && !option->given && other->given;
}

/* Keys or a profile: one of the two says who we are. */
static bool
check_keys_and_profile(const Options *options, Error *err)
{
	const Option *keys = options_find(options, "s3.access_key_id");
	const Option *profile = options_find(options, "s3.profile");

	if (keys == NULL || profile == NULL || is_overridden(keys, profile) || is_overridden(profile, keys))
		return true;
	return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, keys->position,
					 "options \"s3.access_key_id\" and \"s3.profile\" exclude each other");
}

static bool
encrypts_by_kms(const Options *options)
{
	const char *sse = options_text(options, "s3.sse");

	return sse != NULL && strcmp(sse, "kms") == 0;
}

static bool
needs_kms(const Options *options, const char *name, Error *err)
{
	const Option *option = options_find(options, name);

	if (option == NULL || encrypts_by_kms(options) || is_overridden(option, options_find(options, "s3.sse")))
		return true;
	return error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, option->position,
					 "option \"%s\" needs option \"s3.sse\" = 'kms'", name);
}

/* What goes into a header as it is. */
static bool
is_plain(const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~')
			return false;
	return *text != '\0';
}

static bool
check_plain(const Options *options, const char *name, Error *err)
{
	const Option *option = options_find(options, name);

	return option == NULL || is_plain(option->text) ||
		   option_invalid_value(option, "It has letters, digits and punctuation of ASCII only.", err);
}

/* One "key=value", percent-encoded: letters, digits, the unreserved marks, '+' for a blank, and %XX. */
static bool
is_tag(StrView tag)
{
	size_t equals = 0;

	for (size_t i = 0; i < tag.len; i++)
	{
		char c = tag.data[i];
		bool hex =
			c == '%' && i + 2 < tag.len && hex_value(tag.data[i + 1]) >= 0 && hex_value(tag.data[i + 2]) >= 0;

		equals += c == '=';
		if (c == '%'   ? !hex
			: c == '=' ? equals > 1
					   : c <= ' ' || c > '~' || strchr("&\"<>\\^`{|}", c) != NULL)
			return false;
	}
	return equals == 1 && tag.data[0] != '=';
}

static bool
check_tags(const Options *options, Error *err)
{
	const Option *option = options_find(options, "s3.tags");
	int count = 0;

	if (option == NULL)
		return true;
	for (const char *p = option->text;; p++)
	{
		StrView tag = {p, strcspn(p, "&")};

		if (!is_tag(tag) || ++count > MAX_TAGS)
			return option_invalid_value(
				option,
				"Write up to ten tags as 'key=value&key2=value2', with other characters "
				"percent-encoded.",
				err);
		p += tag.len;
		if (*p == '\0')
			return true;
	}
}

static bool
check_endpoint(const Options *options, const char *bucket, Error *err)
{
	const Option *option = options_find(options, "s3.endpoint");
	const Option *style = options_find(options, "s3.path_style");
	S3Endpoint endpoint = {.bucket = NULL};
	bool ok =
		s3_endpoint_init(&endpoint, bucket, option != NULL ? option->text : NULL,
						 s3_options_addressing(options), options_boolean(options, "s3.allow_plaintext"), err);

	s3_endpoint_free(&endpoint);
	if (!ok && err != NULL)
		err->position = option != NULL ? option->position : style != NULL ? style->position : NO_POSITION;
	return ok;
}

static bool
check_region(const Options *options, Error *err)
{
	const Option *option = options_find(options, "s3.region");

	return option == NULL || s3_region_is_valid(option->text) ||
		   option_invalid_value(option, "A region has letters, digits and hyphens only, as in eu-west-1.",
								err);
}

bool
s3_options_check(const char *location, const Options *options, int position, Error *err)
{
	Arena arena;
	S3Place place;
	bool ok;

	arena_init(&arena, "location");
	ok =
		s3_place_parse(location, &arena, &place, position, err) && check_endpoint(options, place.bucket, err);
	arena_release(&arena);
	return ok && needs(options, "s3.access_key_id", "s3.secret_access_key", err) &&
		   needs(options, "s3.secret_access_key", "s3.access_key_id", err) &&
		   needs(options, "s3.session_token", "s3.access_key_id", err) &&
		   check_keys_and_profile(options, err) && needs(options, "s3.external_id", "s3.role_arn", err) &&
		   needs_kms(options, "s3.kms_key_id", err) && needs_kms(options, "s3.bucket_key", err) &&
		   check_plain(options, "s3.kms_key_id", err) && check_plain(options, "s3.storage_class", err) &&
		   check_region(options, err) && check_plain(options, "s3.role_arn", err) && check_tags(options, err);
}

/* ---- use ---- */

static bool
read_secret(const Options *options, const char *name, StrBuf *out, const char **text, Error *err)
{
	const Option *option = options_find(options, name);

	if (option == NULL)
		return true;
	if (!secret_read(option, out, err))
		return false;
	*text = str_cstr(out);
	return true;
}

void
s3_options_chain(const Options *options, AwsOpen *open)
{
	const Option *keys = options_find(options, "s3.access_key_id");
	const Option *profile = options_find(options, "s3.profile");
	bool has_profile = profile != NULL && !is_overridden(profile, keys);
	bool has_keys = keys != NULL && !is_overridden(keys, profile);

	open->profile = has_profile ? profile->text : NULL;
	open->region = options_text(options, "s3.region");
	open->ca_file = options_text(options, "s3.ca_file");
	open->role_arn = options_text(options, "s3.role_arn");
	open->external_id = options_text(options, "s3.external_id");
	open->allow_plaintext = options_boolean(options, "s3.allow_plaintext");
	open->access_key_id = open->secret_access_key = has_keys ? "" : NULL;
	open->session_token = NULL;
}

bool
s3_options_identity(const Options *options, AwsOpen *open, S3Secrets *secrets, Error *err)
{
	s3_options_chain(options, open);
	if (open->access_key_id == NULL)
		return true;
	return read_secret(options, "s3.access_key_id", &secrets->key_id, &open->access_key_id, err) &&
		   read_secret(options, "s3.secret_access_key", &secrets->secret, &open->secret_access_key, err) &&
		   read_secret(options, "s3.session_token", &secrets->token, &open->session_token, err);
}

void
s3_secrets_wipe(S3Secrets *secrets)
{
	secret_wipe(&secrets->key_id);
	secret_wipe(&secrets->secret);
	secret_wipe(&secrets->token);
}

S3Addressing
s3_options_addressing(const Options *options)
{
	const Option *style = options_find(options, "s3.path_style");

	if (style == NULL)
		return S3_ADDRESSING_AUTO;
	return style->value.boolean ? S3_ADDRESSING_PATH : S3_ADDRESSING_VIRTUAL;
}

static void
add_header(HttpHeader *headers, size_t *count, const char *name, const char *value, Arena *arena)
{
	if (value != NULL)
		headers[(*count)++] = (HttpHeader){name, arena_strdup(arena, value)};
	assert(*count <= MAX_HEADERS);
}

size_t
s3_options_headers(const Options *options, Arena *arena, const HttpHeader **out)
{
	HttpHeader *headers = ARENA_ARRAY(arena, HttpHeader, MAX_HEADERS);
	const char *sse = options_text(options, "s3.sse");
	bool kms = encrypts_by_kms(options);
	size_t count = 0;

	if (sse != NULL && strcmp(sse, "none") != 0)
		add_header(headers, &count, "x-amz-server-side-encryption", kms ? "aws:kms" : "AES256", arena);
	if (kms)
		add_header(headers, &count, "x-amz-server-side-encryption-aws-kms-key-id",
				   options_text(options, "s3.kms_key_id"), arena);
	if (kms && options_find(options, "s3.bucket_key") != NULL)
		add_header(headers, &count, "x-amz-server-side-encryption-bucket-key-enabled",
				   options_boolean(options, "s3.bucket_key") ? "true" : "false", arena);
	add_header(headers, &count, "x-amz-storage-class", options_text(options, "s3.storage_class"), arena);
	add_header(headers, &count, "x-amz-tagging", options_text(options, "s3.tags"), arena);
	add_header(headers, &count, "x-amz-acl", options_text(options, "s3.acl"), arena);
	*out = headers;
	return count;
}
