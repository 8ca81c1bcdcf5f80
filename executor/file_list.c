/*
 * file_list.c: lists of objects to JSON lines and back (contract in file_list.h).
 */
#include "executor/file_list.h"

#include "common/hex.h"
#include "executor/json_lines.h"
#include "executor/manifest.h"

static const char *const kind_names[] = {
	[OUTPUT_DATA] = "data", [OUTPUT_LATE] = "late", [OUTPUT_DEAD] = "dead"};

const char *
output_kind_name(OutputKind kind)
{
	return kind_names[kind];
}

/* ---- printing ---- */

void
file_list_print(const PackFile *files, size_t count, StrBuf *out)
{
	for (size_t i = 0; i < count; i++)
	{
		char sha256[HEX_SHA256];

		hex_write(files[i].sha256, sizeof files[i].sha256, sha256);
		str_append_char(out, '{');
		json_line_append("kind", kind_names[files[i].kind], out);
		str_append_char(out, ',');
		json_line_append("name", files[i].owner, out);
		str_append_char(out, ',');
		json_line_append("location", files[i].location, out);
		str_append_char(out, ',');
		json_line_append("key", files[i].key, out);
		str_appendf(out, ",\"rows\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"sha256\":\"%s\"}\n", files[i].rows,
					files[i].stored.bytes, sha256);
	}
}

/* ---- parsing ---- */

bool
output_kind_find(const char *name, OutputKind *out)
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
parse_line(void *context, size_t i, const json_t *object, Arena *arena)
{
	PackFile *file = &((PackFile *)context)[i];
	const char *kind, *owner, *location, *key, *sha256;
	json_int_t rows, bytes;

	if (json_unpack((json_t *)(uintptr_t)object, "{s:s, s:s, s:s, s:s, s:I, s:I, s:s}", "kind", &kind, "name",
					&owner, "location", &location, "key", &key, "rows", &rows, "bytes", &bytes, "sha256",
					&sha256) != 0 ||
		rows < 0 || bytes < 0 || !output_kind_find(kind, &file->kind) || !parse_sha256(sha256, file->sha256))
		return false;
	file->owner = arena_strdup(arena, owner);
	file->location = arena_strdup(arena, location);
	file->key = arena_strdup(arena, key);
	file->rows = (uint64_t)rows;
	file->stored = (StoredBytes){.key = "", .bytes = (uint64_t)bytes, .sha256 = file->sha256};
	return true;
}

bool
file_list_parse(StrView text, const char *name, Arena *arena, PackFile **out, size_t *count, Error *err)
{
	*count = json_lines_count(text);
	*out = ARENA_ARRAY_ZERO(arena, PackFile, *count + 1);
	return json_lines_parse(text, parse_line, *out, arena) ||
		   error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION, "the list of objects in \"%s\" is not valid",
					 name);
}
