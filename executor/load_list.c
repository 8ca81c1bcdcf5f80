/*
 * load_list.c: outcomes of loading to JSON lines and back (contract in load_list.h).
 */
#include "executor/load_list.h"

#include "executor/file_list.h"
#include "executor/json_lines.h"

static const char *const status_names[] = {
	[LOAD_WAITING] = "waiting", [LOAD_SUBMITTED] = "submitted", [LOAD_LOADED] = "loaded",
	[LOAD_PARTLY] = "partly",   [LOAD_FAILED] = "failed",       [LOAD_UNKNOWN] = "unknown"};

const char *
load_status_name(LoadStatus status)
{
	return status_names[status];
}

static bool
find_final(const char *name, LoadStatus *out)
{
	for (size_t i = LOAD_LOADED; i < lengthof(status_names); i++)
		if (strcmp(name, status_names[i]) == 0)
		{
			*out = (LoadStatus)i;
			return true;
		}
	return false;
}

static void
print_record(const LoadRecord *record, StrBuf *out)
{
	str_append_char(out, '{');
	json_line_append("table", record->table, out);
	str_append_char(out, ',');
	json_line_append("kind", output_kind_name(record->kind), out);
	str_append_char(out, ',');
	json_line_append("name", record->name, out);
	str_append_char(out, ',');
	json_line_append("location", record->location, out);
	str_append_char(out, ',');
	json_line_append("key", record->key, out);
	str_append_char(out, ',');
	json_line_append("status", load_status_name(record->status), out);
	/* What a warehouse tells may be any number; JSON's are signed. */
	str_appendf(out, ",\"rows\":%" PRIu64 ",\"loaded\":%" PRIu64 ",", record->rows,
				Min(record->loaded, (uint64_t)INT64_MAX));
	json_line_append("error", record->error, out);
	str_append_cstr(out, "}\n");
}

void
load_list_print(const LoadRecord *records, size_t count, StrBuf *out)
{
	for (size_t i = 0; i < count; i++)
	{
		assert(load_is_final(records[i].status));
		print_record(&records[i], out);
	}
}

static bool
parse_line(void *context, size_t i, const json_t *object, Arena *arena)
{
	LoadRecord *record = &((LoadRecord *)context)[i];
	const char *table, *kind, *name, *location, *key, *status;
	const json_t *error = json_object_get(object, "error");
	json_int_t rows, loaded;

	if (json_unpack((json_t *)(uintptr_t)object, "{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I}", "table", &table,
					"kind", &kind, "name", &name, "location", &location, "key", &key, "status", &status,
					"rows", &rows, "loaded", &loaded) != 0 ||
		rows < 0 || loaded < 0 || !output_kind_find(kind, &record->kind) ||
		!find_final(status, &record->status) || !(json_is_null(error) || json_is_string(error)))
		return false;
	record->table = arena_strdup(arena, table);
	record->name = arena_strdup(arena, name);
	record->location = arena_strdup(arena, location);
	record->key = arena_strdup(arena, key);
	record->rows = (uint64_t)rows;
	record->loaded = (uint64_t)loaded;
	record->error = json_is_string(error) ? arena_strdup(arena, json_string_value(error)) : NULL;
	return true;
}

bool
load_list_parse(StrView text, const char *name, Arena *arena, LoadRecord **out, size_t *count, Error *err)
{
	*count = json_lines_count(text);
	*out = ARENA_ARRAY_ZERO(arena, LoadRecord, *count + 1);
	return json_lines_parse(text, parse_line, *out, arena) ||
		   error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION,
					 "the list of loaded objects in \"%s\" is not valid", name);
}
