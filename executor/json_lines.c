/*
 * json_lines.c: one JSON object on each line (contract in json_lines.h).
 */
#include "executor/json_lines.h"

void
json_line_append(const char *name, const char *text, StrBuf *out)
{
	str_appendf(out, "\"%s\":", name);
	if (text == NULL)
		str_append_cstr(out, "null");
	else
		str_append_json_string(out, str_from_cstr(text));
}

size_t
json_lines_count(StrView text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++)
		count += text.data[i] == '\n';
	return count + (text.len > 0 && text.data[text.len - 1] != '\n');
}

bool
json_lines_parse(StrView text, JsonLineTaker take, void *context, Arena *arena)
{
	bool ok = text.len == 0 || text.data[text.len - 1] == '\n';

	for (size_t i = 0; ok && text.len > 0; i++)
	{
		size_t len = (size_t)((const char *)memchr(text.data, '\n', text.len) - text.data);
		json_t *object = json_loadb(text.data, len, JSON_REJECT_DUPLICATES, NULL);

		ok = object != NULL && take(context, i, object, arena);
		json_decref(object);
		text = (StrView){text.data + len + 1, text.len - len - 1};
	}
	return ok;
}
