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

void
output_path_append(StrBuf *out, const char *name, const StrView *value)
{
	output_path_encode(out, str_from_cstr(name));
	str_append_char(out, '=');
	if (value == NULL)
		str_append_cstr(out, "__HIVE_DEFAULT_PARTITION__");
	else
		output_path_encode(out, *value);
	str_append_char(out, '/');
}
