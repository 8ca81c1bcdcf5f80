/*
 * csv_format.c: from a sink's columns to the description of its files (contract in csv_format.h).
 */
#include "connectors/csv_format.h"

#include "common/types/numeric.h"

enum
{
	SNOWFLAKE_MAX_PRECISION = 38,
	SNOWFLAKE_MAX_SCALE = 37,
	SNOWFLAKE_VARCHAR = 16 * 1024 * 1024, /* characters, where no length is given */
	SNOWFLAKE_VARIANT = 128 * 1024 * 1024 /* bytes */
};

static void
describe_numeric(CsvColumn *column, Arena *arena)
{
	int precision, scale;

	column->form = CSV_QUOTED_NUMERIC;
	column->snowflake_type = "VARCHAR";
	column->note = "numeric, as text: NUMBER has at most 38 digits, 37 of them behind the point";
	if (column->type.modifier == NO_MODIFIER)
		return;
	precision = NUMERIC_MODIFIER_PRECISION(column->type.modifier);
	scale = NUMERIC_MODIFIER_SCALE(column->type.modifier);
	if (precision > SNOWFLAKE_MAX_PRECISION || scale < 0 || scale > SNOWFLAKE_MAX_SCALE || scale > precision)
		return;
	column->form = CSV_NUMBER;
	column->note = NULL;
	column->snowflake_type = arena_printf(arena, "NUMBER(%d,%d)", precision, scale);
}

static void
describe_column(CsvColumn *column, Arena *arena)
{
	static const struct
	{
		CsvForm form;
		const char *snowflake_type;
	} forms[TYPE_COUNT] = {
		[TYPE_BOOLEAN] = {CSV_BOOLEAN, "BOOLEAN"},
		[TYPE_INTEGER] = {CSV_INTEGER, "NUMBER(10,0)"},
		[TYPE_BIGINT] = {CSV_BIGINT, "NUMBER(19,0)"},
		[TYPE_DOUBLE] = {CSV_PLAIN, "FLOAT"},
		[TYPE_TEXT] = {CSV_QUOTED, "VARCHAR"},
		[TYPE_DATE] = {CSV_DATE, "DATE"},
		[TYPE_TIMESTAMP] = {CSV_TIMESTAMP, "TIMESTAMP_NTZ(6)"},
		[TYPE_TIMESTAMPTZ] = {CSV_TIMESTAMP, "TIMESTAMP_TZ(6)"},
		[TYPE_INTERVAL] = {CSV_QUOTED_INTERVAL, "VARCHAR"},
		[TYPE_UUID] = {CSV_PLAIN, "VARCHAR(36)"},
		[TYPE_JSONB] = {CSV_QUOTED, "VARIANT"},
	};

	if (column->type.id == TYPE_NUMERIC)
	{
		describe_numeric(column, arena);
		return;
	}
	column->form = forms[column->type.id].form;
	column->snowflake_type = forms[column->type.id].snowflake_type;
	if (column->type.id == TYPE_INTERVAL)
		column->note = "interval, as text: ISO 8601";
	column->parse_json = column->type.id == TYPE_JSONB;
	column->room = column->parse_json ? SNOWFLAKE_VARIANT : SNOWFLAKE_VARCHAR;
	assert(column->snowflake_type != NULL);
}

void
csv_format_describe(const SinkPlan *sink, Arena *arena, CsvFormat *out)
{
	const char *compression = options_text(&sink->options, "compression");

	*out = (CsvFormat){
		.header = options_boolean(&sink->options, "header"),
		.compression = compression ? compression : "none",
		.column_count = sink->visible_count,
		.columns = ARENA_ARRAY_ZERO(arena, CsvColumn, sink->visible_count),
	};
	for (uint32_t i = 0; i < sink->visible_count; i++)
	{
		CsvColumn *column = &out->columns[i];

		column->name = sink->input->columns[i].name;
		column->type = sink->input->columns[i].type;
		column->class = type_class(column->type.id);
		describe_column(column, arena);
		out->offset |= column->type.id == TYPE_TIMESTAMPTZ;
		out->has_timestamp |= column->form == CSV_TIMESTAMP;
	}
}

/* ---- the same for Snowflake's reader ---- */

/* A character as a string constant. */
static void
append_character(StrBuf *out, char c)
{
	if (c == '\n')
		str_append_cstr(out, "'\\n'");
	else
		str_appendf(out, "'%c'", c);
}

static const char *
snowflake_compression(const CsvFormat *format)
{
	if (strcmp(format->compression, "gzip") == 0)
		return "GZIP";
	return strcmp(format->compression, "zstd") == 0 ? "ZSTD" : "NONE";
}

/* All options that matter when files are read, also those whose value is the default: an account, or a later
 * release, may have other defaults. */
void
csv_format_append_options(const CsvFormat *format, StrBuf *out)
{
	str_appendf(out, "\n    COMPRESSION = %s\n    RECORD_DELIMITER = ", snowflake_compression(format));
	append_character(out, CSV_RECORD_END);
	str_append_cstr(out, "\n    FIELD_DELIMITER = ");
	append_character(out, CSV_DELIMITER);
	str_appendf(out,
				"\n    SKIP_HEADER = %d\n    SKIP_BLANK_LINES = FALSE\n    MULTI_LINE = TRUE"
				"\n    FIELD_OPTIONALLY_ENCLOSED_BY = ",
				format->header ? 1 : 0);
	append_character(out, CSV_QUOTE);
	str_appendf(out,
				"\n    ESCAPE = NONE\n    ESCAPE_UNENCLOSED_FIELD = NONE\n    NULL_IF = ()"
				"\n    EMPTY_FIELD_AS_NULL = TRUE\n    TRIM_SPACE = FALSE"
				"\n    ERROR_ON_COLUMN_COUNT_MISMATCH = TRUE\n    REPLACE_INVALID_CHARACTERS = FALSE"
				"\n    ENCODING = 'UTF8'\n    BINARY_FORMAT = HEX\n    DATE_FORMAT = 'YYYY-MM-DD'"
				"\n    TIME_FORMAT = 'HH24:MI:SS.FF9'\n    TIMESTAMP_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF9%s'",
				format->offset ? "TZH:TZM" : "");
}

bool
csv_format_check(const SinkPlan *sink, Error *err)
{
	for (uint32_t i = 0; i < sink->visible_count; i++)
	{
		const char *name = sink->input->columns[i].name;

		if (strpbrk(name, "\r\n") != NULL)
		{
			error_set(err, SQLSTATE_INVALID_NAME, NO_POSITION,
					  "column %u of sink \"%s\" has a line break in its name", i + 1, sink->name);
			return error_hint(err, "Give it another name with AS.");
		}
		for (uint32_t j = 0; j < i; j++)
			if (strcmp(name, sink->input->columns[j].name) == 0)
			{
				error_set(err, SQLSTATE_DUPLICATE_COLUMN, NO_POSITION,
						  "column \"%s\" specified more than once", name);
				return error_hint(err, "Give one of them another name with AS.");
			}
	}
	return true;
}
