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

size_t
output_path_length(const char *name, const StrView *value)
{
	size_t len = encoded_length(str_from_cstr(name)) + 1;

	if (value == NULL)
		return len + null_value.len;
	return len + encoded_length(*value) + (str_equal(*value, null_value) ? 2 : 0);
}
