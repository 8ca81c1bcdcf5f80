/*
 * s3_place.c: reading locations on S3 (contract in s3_place.h).
 *
 * The idea: a key is bytes to S3, so that "a//b", "a/./b" and "a/b" are three; to people they are one. So
 * runs of slashes are one slash, and parts that mean something else to file systems and URLs are refused.
 * Names of buckets are checked by the rules for new ones, which keep them fit for host names.
 */
#include "connectors/s3_place.h"

#include <utf8proc.h>

#include "common/ascii.h"
#include "common/str.h"

#define SCHEME "s3://"

static bool
is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Like 192.168.5.4. */
static bool
is_address(StrView name)
{
	int dots = 0;

	for (size_t i = 0; i < name.len; i++)
	{
		if (name.data[i] >= 'a')
			return false;
		dots += name.data[i] == '.';
	}
	return dots == 3;
}

static bool
is_bucket(StrView name)
{
	if (name.len < 3 || name.len > 63 || !is_name_byte(name.data[0]) ||
		!is_name_byte(name.data[name.len - 1]))
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (!is_name_byte(name.data[i]) && name.data[i] != '-' &&
			(name.data[i] != '.' || name.data[i + 1] == '.'))
			return false;
	return !is_address(name);
}

static bool
is_part(StrView part)
{
	for (size_t i = 0; i < part.len; i++)
		if (ascii_control(part.data[i]))
			return false;
	return !str_equal(part, STR_LIT(".")) && !str_equal(part, STR_LIT(".."));
}

static bool
is_utf8(StrView text)
{
	utf8proc_int32_t c;

	for (size_t at = 0; at < text.len;)
	{
		utf8proc_ssize_t n =
			utf8proc_iterate((const utf8proc_uint8_t *)text.data + at, (utf8proc_ssize_t)(text.len - at), &c);

		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	return true;
}

static bool
invalid(const char *location, const char *hint, int position, Error *err)
{
	error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, position, "invalid location \"%s\"", location);
	return error_hint(err, "%s", hint);
}

bool
s3_place_parse(const char *location, Arena *arena, S3Place *out, int position, Error *err)
{
	const char *p = strncmp(location, SCHEME, strlen(SCHEME)) == 0 ? location + strlen(SCHEME) : "";
	StrView bucket = {p, strcspn(p, "/")};
	StrBuf prefix = {0};
	bool ok = true;

	if (!is_bucket(bucket))
		return invalid(
			location,
			"Write s3://bucket/prefix/; a bucket's name has 3 to 63 small letters, digits, dots and "
			"hyphens.",
			position, err);
	for (p += bucket.len; *p != '\0';)
	{
		StrView part = {p, strcspn(p, "/")};

		ok = ok && is_part(part) && is_utf8(part);
		if (part.len > 0)
		{
			str_append_view(&prefix, part);
			str_append_char(&prefix, '/');
		}
		p += part.len;
		p += *p == '/';
	}
	*out = (S3Place){.bucket = arena_strndup(arena, bucket.data, bucket.len),
					 .prefix = arena_strdup(arena, str_cstr(&prefix))};
	ok = ok && prefix.len < S3_KEY_MAX;
	str_free(&prefix);
	return ok ||
		   invalid(location,
				   "A prefix has no part \".\" or \"..\", no control characters, and fewer than 1,024 bytes "
				   "of UTF-8.",
				   position, err);
}

const char *
s3_place(const char *location, Arena *arena)
{
	S3Place place;
	size_t len;

	if (!s3_place_parse(location, arena, &place, NO_POSITION, NULL))
		return location;
	len = strlen(place.prefix);
	return arena_printf(arena, SCHEME "%s%s%.*s", place.bucket, len > 0 ? "/" : "",
						(int)(len > 0 ? len - 1 : 0), place.prefix);
}
