/*
 * file_list.c: lists of objects to JSON lines and back (contract in file_list.h).
 */
#include "executor/file_list.h"

#include <jansson.h>

#include "common/hex.h"
#include "common/memory.h"
#include "executor/manifest.h"

static const char *const kind_names[] = {
	[OUTPUT_DATA] = "data", [OUTPUT_LATE] = "late", [OUTPUT_DEAD] = "dead"};

const char *
output_kind_name(OutputKind kind)
{
	return kind_names[kind];
}

/* ---- printing ---- */

static void
print_text(const char *name, const char *text, StrBuf *out)
{
	str_appendf(out, "\"%s\":", name);
	str_append_json_string(out, str_from_cstr(text));
	str_append_char(out, ',');
}

void
file_list_print(const PackFile *files, size_t count, StrBuf *out)
{
	for (size_t i = 0; i < count; i++)
	{
		char sha256[HEX_SHA256];

		hex_write(files[i].sha256, sizeof files[i].sha256, sha256);
		str_append_char(out, '{');
		print_text("kind", kind_names[files[i].kind], out);
		print_text("name", files[i].owner, out);
		print_text("location", files[i].location, out);
		print_text("key", files[i].key, out);
		str_appendf(out, "\"rows\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"sha256\":\"%s\"}\n", files[i].rows,
					files[i].stored.bytes, sha256);
	}
}

/* ---- parsing ---- */

static bool
parse_kind(const char *name, OutputKind *out)
{
	for (size_t i = 0; i < lengthof(kind_names); i++)
		if (strcmp(name, kind_names[i]) == 0)
		{
			*out = (OutputKind)i;
			return true;
		}
	return false;
}

static int
hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
parse_sha256(const char *text, uint8_t out[32])
{
	for (int i = 0; i < 32; i++)
	{
		int high = hex_digit(text[2 * i]);
		int low = high < 0 ? -1 : hex_digit(text[2 * i + 1]);

		if (low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return text[64] == '\0';
}

static bool
parse_line(StrView line, Arena *arena, PackFile *file)
{
	json_t *object = json_loadb(line.data, line.len, JSON_REJECT_DUPLICATES, NULL);
	const char *kind, *owner, *location, *key, *sha256;
	json_int_t rows, bytes;
	bool ok =
		json_unpack(object, "{s:s, s:s, s:s, s:s, s:I, s:I, s:s}", "kind", &kind, "name", &owner, "location",
					&location, "key", &key, "rows", &rows, "bytes", &bytes, "sha256", &sha256) == 0 &&
		rows >= 0 && bytes >= 0 && parse_kind(kind, &file->kind) && parse_sha256(sha256, file->sha256);

	if (ok)
	{
		file->owner = arena_strdup(arena, owner);
		file->location = arena_strdup(arena, location);
		file->key = arena_strdup(arena, key);
		file->rows = (uint64_t)rows;
		file->stored = (StoredBytes){.key = "", .bytes = (uint64_t)bytes, .sha256 = file->sha256};
	}
	json_decref(object);
	return ok;
}

static size_t
count_lines(StrView text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++)
		count += text.data[i] == '\n';
	return count;
}

bool
file_list_parse(StrView text, const char *name, Arena *arena, PackFile **out, size_t *count, Error *err)
{
	size_t lines = count_lines(text);
	bool ok = text.len == 0 || text.data[text.len - 1] == '\n';

	*out = ARENA_ARRAY_ZERO(arena, PackFile, lines + 1);
	for (*count = 0; ok && *count < lines; (*count)++)
	{
		size_t len = (size_t)((const char *)memchr(text.data, '\n', text.len) - text.data);

		ok = parse_line((StrView){text.data, len}, arena, &(*out)[*count]);
		text = (StrView){text.data + len + 1, text.len - len - 1};
	}
	return ok || error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION,
						   "the list of objects in \"%s\" is not valid", name);
}
