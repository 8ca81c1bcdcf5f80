/*
 * output_path.c: names of partition paths (contract in output_path.h).
 */
#include "executor/output_path.h"

static bool
is_safe(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
		   c == '.' || c == '-';
}

void
output_path_encode(StrBuf *out, StrView s)
{
	for (size_t i = 0; i < s.len; i++)
		if (is_safe(s.data[i]))
			str_append_char(out, s.data[i]);
		else
			str_appendf(out, "%%%02X", (unsigned char)s.data[i]);
}

/* What stands for NULL, and so can't stand for a text. */
static const StrView null_value = {"__HIVE_DEFAULT_PARTITION__", 26};

void
output_path_append(StrBuf *out, const char *name, const StrView *value)
{
	output_path_encode(out, str_from_cstr(name));
	str_append_char(out, '=');
	if (value == NULL)
		str_append_view(out, null_value);
	else if (str_equal(*value, null_value))
		str_appendf(out, "%%%02X%s", (unsigned)null_value.data[0], null_value.data + 1);
	else
		output_path_encode(out, *value);
	str_append_char(out, '/');
}

static size_t
encoded_length(StrView s)
{
	size_t len = s.len;

	for (size_t i = 0; i < s.len; i++)
		len += is_safe(s.data[i]) ? 0 : 2;
	return len;
}

void
output_path_append_letters(StrBuf *out, bool late, StrView owner)
{
	str_append_cstr(out, late ? "late/" : "dead/");
	output_path_encode(out, owner);
	str_append_char(out, '/');
}

size_t
output_path_length(const char *name, const StrView *value)
{
	size_t len = encoded_length(str_from_cstr(name)) + 1;

	if (value == NULL)
		return len + null_value.len;
	return len + encoded_length(*value) + (str_equal(*value, null_value) ? 2 : 0);
}

/* ---- names ---- */

static const char *
skip_digits(const char *at, uint64_t *number)
{
	const char *start = at;

	for (*number = 0; *at >= '0' && *at <= '9'; at++)
		*number = *number * 10 + (uint64_t)(*at - '0');
	return at > start ? at : NULL;
}

/* "-s<shard>e<epoch>-<number>." */
static bool
parse_tail(const char *at, ObjectName *out)
{
	uint64_t shard, number;

	if (strncmp(at, "-s", 2) != 0 || (at = skip_digits(at + 2, &shard)) == NULL || *at != 'e' ||
		(at = skip_digits(at + 1, &out->epoch)) == NULL || *at != '-' ||
		(at = skip_digits(at + 1, &number)) == NULL || *at != '.')
		return false;
	out->shard = (int)shard;
	return true;
}

bool
output_path_parse_name(const char *key, StrView encoded_job, ObjectName *out)
{
	const char *slash = strrchr(key, '/');
	const char *name = slash ? slash + 1 : key;
	size_t len = strlen(name);
	const char *uuid8 = name + encoded_job.len + 1;

	if (len < encoded_job.len + 10 || memcmp(name, encoded_job.data, encoded_job.len) != 0 ||
		uuid8[-1] != '-' || uuid8[8] != '-' || strspn(uuid8, "0123456789abcdef") != 8)
		return false;
	out->uuid8 = (StrView){uuid8, 8};
	/* The owner's name may look like a tail, too: the last one counts. */
	for (const char *at = name + len; at > uuid8 + 8; at--)
		if (parse_tail(at, out))
			return true;
	return false;
}
