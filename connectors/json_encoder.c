/*
 * json_encoder.c: rows as JSON objects (contract in json_encoder.h).
 */
#include "connectors/json_encoder.h"

#include <math.h>

#include "common/types/calendar.h"
#include "common/types/numeric.h"
#include "common/types/timestamp.h"

/* ---- values ---- */

static StrBuf
print_value(TypeId type, const void *value)
{
	TypeContext context = {0}; /* UTC */
	StrBuf text = {0};

	type_class(type)->print(value, &context, &text);
	return text;
}

static void
encode_printed(TypeId type, const void *value, bool quoted, StrBuf *out)
{
	StrBuf text = print_value(type, value);

	if (quoted)
		str_append_json_string(out, str_view(&text));
	else
		str_append_view(out, str_view(&text));
	str_free(&text);
}

/* "2026-11-22 10:00:00+00" becomes "2026-11-22T10:00:00+00:00"; infinities and BC stay. */
static void
encode_iso_time(TypeId type, int64_t value, StrBuf *out)
{
	StrBuf text = print_value(type, &value);
	char *blank = strchr(text.data, ' ');
	size_t zone = blank != NULL ? strcspn(blank, "+") : 0;

	if (blank == NULL)
		str_append_json_string(out, str_view(&text));
	else
	{
		*blank = 'T';
		if (blank[zone] == '+')
			str_appendf(out, "\"%.*s:00%s\"", (int)(blank + zone + 3 - text.data), text.data,
						blank + zone + 3);
		else
			str_append_json_string(out, str_view(&text));
	}
	str_free(&text);
}

/* A number since 1970; fractions of the unit as decimals. */
static void
encode_unix_time(int64_t value, TimestampFormat format, StrBuf *out)
{
	int decimals = format == TIMESTAMP_UNIX_S ? 6 : format == TIMESTAMP_UNIX_MS ? 3 : 0;
	int64_t unit = format == TIMESTAMP_UNIX_S ? 1000000 : format == TIMESTAMP_UNIX_MS ? 1000 : 1;
	int128 micros = (int128)value + (int128)CALENDAR_UNIX_EPOCH_DAYS * MICROS_PER_DAY;
	uint64_t magnitude = (uint64_t)(micros < 0 ? -micros : micros);

	str_appendf(out, "%s%" PRIu64, micros < 0 ? "-" : "", magnitude / (uint64_t)unit);
	if (magnitude % (uint64_t)unit != 0)
		str_appendf(out, ".%0*" PRIu64, decimals, magnitude % (uint64_t)unit);
}

static void
encode_time(TypeId type, const void *value, TimestampFormat format, StrBuf *out)
{
	int64_t ts;

	memcpy(&ts, value, sizeof ts);
	if (format == TIMESTAMP_ISO8601 || !timestamp_is_finite(ts))
		encode_iso_time(type, ts, out);
	else
		encode_unix_time(ts, format, out);
}

static void
encode_jsonb(const Text *json, StrBuf *out)
{
	if (json->len == 0)
		str_append_cstr(out, "null");
	else
		str_append(out, json->data, json->len);
}

void
json_encode_value(TypeId type, const void *value, TimestampFormat format, StrBuf *out)
{
	switch (type)
	{
		case TYPE_BOOLEAN: str_append_cstr(out, *(const bool *)value ? "true" : "false"); break;
		case TYPE_INTEGER:
		case TYPE_BIGINT: encode_printed(type, value, false, out); break;
		case TYPE_DOUBLE: encode_printed(type, value, !isfinite(*(const double *)value), out); break;
		case TYPE_NUMERIC:
			encode_printed(type, value, !numeric_is_finite(*(const Numeric *)value), out);
			break;
		case TYPE_TEXT: str_append_json_string(out, text_view(*(const Text *)value)); break;
		case TYPE_JSONB: encode_jsonb(value, out); break;
		case TYPE_TIMESTAMP:
		case TYPE_TIMESTAMPTZ: encode_time(type, value, format, out); break;
		default: encode_printed(type, value, true, out); break;
	}
}

/* ---- objects ---- */

static JsonMember *
find_member(const JsonMember *object, const char *key)
{
	for (int i = 0; i < object->member_count; i++)
	{
		if (strcmp(object->members[i].key, key) == 0)
			return &object->members[i];
	}
	return NULL;
}

static JsonMember *
add_member(JsonMember *object, const char *key, Arena *arena)
{
	JsonMember *members = ARENA_ARRAY(arena, JsonMember, object->member_count + 1);

	if (object->member_count > 0)
		memcpy(members, object->members, sizeof *members * (size_t)object->member_count);
	object->members = members;
	members[object->member_count] = (JsonMember){.key = key, .column = -1};
	return &members[object->member_count++];
}

static bool
cannot_write(const ColumnDef *column, const char *why, Error *err)
{
	return error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, column->position,
					 "column \"%s\" can't be written: %s", column->name, why);
}

static bool
add_column(JsonMember *root, const ColumnDef *column, int index, Arena *arena, Error *err)
{
	JsonMember *member = root;

	for (int i = 0; i < column->path_length; i++)
	{
		JsonMember *next;

		if (column->path[i].key == NULL)
			return cannot_write(column, "it is an element of an array", err);
		next = find_member(member, column->path[i].key);
		if (next == NULL)
			next = add_member(member, column->path[i].key, arena);
		if (next->column >= 0)
			return cannot_write(column, "it is part of another column", err);
		member = next;
	}
	if (column->path_length == 0 || member->member_count > 0)
		return cannot_write(column, "other columns are parts of it", err);
	member->column = index;
	member->timestamp_format = column->timestamp_format;
	return true;
}

bool
json_encoder_init(JsonEncoder *encoder, const StreamDef *stream, const int *columns, int column_count,
				  Arena *arena, Error *err)
{
	*encoder = (JsonEncoder){.root = {.column = -1}};
	for (int i = 0; i < column_count; i++)
	{
		const ColumnDef *column = &stream->columns[columns[i]];

		if (column->origin == COLUMN_FIELD && !add_column(&encoder->root, column, i, arena, err))
			return false;
	}
	return true;
}

static void
encode_member(const JsonMember *member, const Batch *batch, uint32_t row, StrBuf *out)
{
	const Column *c;

	if (member->column < 0)
	{
		str_append_char(out, '{');
		for (int i = 0; i < member->member_count; i++)
		{
			if (i > 0)
				str_append_char(out, ',');
			str_append_json_string(out, str_from_cstr(member->members[i].key));
			str_append_char(out, ':');
			encode_member(&member->members[i], batch, row, out);
		}
		str_append_char(out, '}');
		return;
	}
	c = &batch->columns[member->column];
	if (column_is_null(c, row))
		str_append_cstr(out, "null");
	else
		json_encode_value(c->type, (const char *)c->data + type_size(c->type) * row, member->timestamp_format,
						  out);
}

void
json_encoder_row(const JsonEncoder *encoder, const Batch *batch, uint32_t row, StrBuf *out)
{
	encode_member(&encoder->root, batch, row, out);
}
