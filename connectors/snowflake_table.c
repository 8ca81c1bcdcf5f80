/*
 * snowflake_table.c: CREATE TABLE, the columns that a later revision adds, and the view without duplicates
 * (contract in snowflake_load.h).
 */
#include "connectors/snowflake_load.h"

static const char *const metadata_columns[] = {"\"" SNOWFLAKE_FILE_COLUMN "\" VARCHAR",
											   "\"" SNOWFLAKE_ROW_COLUMN "\" NUMBER(19,0)"};

static void
append_column(const SnowflakeLoad *load, const CsvColumn *column)
{
	snowflake_append_column(load->out, column->name);
	str_appendf(load->out, " %s", column->snowflake_type);
}

static void
append_columns(const SnowflakeLoad *load)
{
	const CsvFormat *format = load->format;
	StrBuf *out = load->out;

	if (format == NULL)
		str_append_cstr(out, "\n    \"" SNOWFLAKE_RECORD_COLUMN "\" VARIANT,");
	for (uint32_t i = 0; format != NULL && i < format->column_count; i++)
	{
		bool last = i + 1 == format->column_count && !load->metadata;

		str_append_cstr(out, "\n    ");
		append_column(load, &format->columns[i]);
		str_append_cstr(out, last ? "" : ",");
		if (format->columns[i].note != NULL)
			str_appendf(out, " -- %s", format->columns[i].note);
	}
	for (size_t i = 0; load->metadata && i < lengthof(metadata_columns); i++)
		str_appendf(out, "%s\n    %s", i > 0 ? "," : "", metadata_columns[i]);
}

/* ---- the view ---- */

static void
append_column_names(const SnowflakeLoad *load)
{
	if (load->format == NULL)
		str_append_cstr(load->out, "\"" SNOWFLAKE_RECORD_COLUMN "\", ");
	for (uint32_t i = 0; load->format != NULL && i < load->format->column_count; i++)
	{
		snowflake_append_column(load->out, load->format->columns[i].name);
		str_append_cstr(load->out, ", ");
	}
	str_append_cstr(load->out, "\"" SNOWFLAKE_FILE_COLUMN "\", \"" SNOWFLAKE_ROW_COLUMN "\"");
}

/* A view's columns are fixed when it is made; replacing it loses nothing, unlike a table or a pipe. */
static void
append_view(const SnowflakeLoad *load)
{
	bool replaces = load->suffix[0] != '\0' && load->format != NULL;
	StrBuf *out = load->out;

	str_append_cstr(
		out, "-- Every file is loaded once for as long as Snowflake remembers it: 14 days for a pipe, 64 for "
			 "COPY. The view has\n-- each row of a file once, also when the file is loaded again "
			 "after that, or by a pipe that was made anew;\n-- of rows that came before these columns it has "
			 "all.\n");
	str_appendf(out, "CREATE %sVIEW %s", replaces ? "OR REPLACE " : "", replaces ? "" : "IF NOT EXISTS ");
	snowflake_append_table(load, "_DEDUP");
	str_append_cstr(out, replaces ? "\n    COPY GRANTS" : "");
	snowflake_append_comment(load);
	str_append_cstr(out, "\n    AS SELECT ");
	append_column_names(load);
	str_append_cstr(out, "\n    FROM ");
	snowflake_append_table(load, "");
	str_append_cstr(out, "\n    QUALIFY \"" SNOWFLAKE_FILE_COLUMN
						 "\" IS NULL OR ROW_NUMBER() OVER (PARTITION BY \"" SNOWFLAKE_FILE_COLUMN
						 "\", \"" SNOWFLAKE_ROW_COLUMN "\" ORDER BY \"" SNOWFLAKE_ROW_COLUMN "\") = 1;\n\n");
}

/* ---- the table ---- */

/* The table may be older than the option. */
static void
append_metadata_columns(const SnowflakeLoad *load)
{
	for (size_t i = 0; i < lengthof(metadata_columns); i++)
	{
		str_append_cstr(load->out, "ALTER TABLE ");
		snowflake_append_table(load, "");
		str_appendf(load->out, " ADD COLUMN IF NOT EXISTS %s;\n", metadata_columns[i]);
	}
	str_append_char(load->out, '\n');
}

/* Which columns the table has by now is not known here: those that are there stay as they are. */
static void
append_added_columns(const SnowflakeLoad *load)
{
	StrBuf *out = load->out;

	str_appendf(out,
				"-- Revision %d: the columns that the table does not have yet. One that changed its type "
				"needs another name\n"
				"-- (AS) or a table of its own; one that is gone stays, and is NULL in new rows.\n",
				load->state->revision);
	for (uint32_t i = 0; i < load->format->column_count; i++)
	{
		str_append_cstr(out, "ALTER TABLE ");
		snowflake_append_table(load, "");
		str_append_cstr(out, " ADD COLUMN IF NOT EXISTS ");
		append_column(load, &load->format->columns[i]);
		str_append_cstr(out, ";\n");
	}
	str_append_char(out, '\n');
}

void
snowflake_append_table_statements(const SnowflakeLoad *load)
{
	StrBuf *out = load->out;

	if (load->format == NULL && load->suffix[0] != '\0')
		return; /* of the streams whose dead letters it has, the first made it */
	str_append_cstr(out, "CREATE TABLE IF NOT EXISTS ");
	snowflake_append_table(load, "");
	str_append_cstr(out, " (");
	append_columns(load);
	str_append_cstr(out, "\n)");
	snowflake_append_comment(load);
	str_append_cstr(out, ";\n\n");
	if (load->format != NULL && load->suffix[0] != '\0')
		append_added_columns(load);
	if (load->format != NULL && load->metadata)
		append_metadata_columns(load);
	if (load->metadata)
		append_view(load);
	else
		str_append_cstr(
			out,
			"-- No view without duplicates: rows that are equal may be different rows, so only file and row "
			"number can tell.\n-- snowflake_metadata = true adds these two as columns, and the view.\n\n");
}
