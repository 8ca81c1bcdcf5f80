/*
 * snowflake_copy.c: COPY INTO: what is read of a file, and which files (contract in snowflake_load.h).
 *
 * The idea: where the state of the job says which objects are out, COPY names them; else a pattern does. A
 * pattern takes the file names of this revision alone: other revisions lie in folders below, and have other
 * columns.
 */
#include "common/compression.h"
#include "connectors/snowflake_aws.h"
#include "connectors/snowflake_load.h"
#include "executor/output_path.h"

/* ---- what is read ---- */

static bool
needs_select(const SnowflakeLoad *load)
{
	if (load->metadata || load->format == NULL)
		return true;
	for (uint32_t i = 0; i < load->format->column_count; i++)
		if (load->format->columns[i].parse_json)
			return true;
	return false;
}

/* JSON goes through PARSE_JSON: text put straight into a VARIANT is parsed by other rules. */
static void
append_source(const SnowflakeLoad *load)
{
	StrBuf *out = load->out;

	if (!needs_select(load))
	{
		snowflake_append_stage_location(load);
		return;
	}
	str_append_cstr(out, "(SELECT ");
	if (load->format == NULL)
		str_append_cstr(out, "t.$1");
	for (uint32_t i = 0; load->format != NULL && i < load->format->column_count; i++)
		str_appendf(out, load->format->columns[i].parse_json ? "%sPARSE_JSON(t.$%u)" : "%st.$%u",
					i > 0 ? ", " : "", i + 1);
	if (load->metadata)
		str_append_cstr(out, ", METADATA$FILENAME, METADATA$FILE_ROW_NUMBER");
	str_append_cstr(out, " FROM ");
	snowflake_append_stage_location(load);
	str_append_cstr(out, " t)");
}

static void
append_head(const SnowflakeLoad *load)
{
	StrBuf *out = load->out;

	str_append_cstr(out, "COPY INTO ");
	snowflake_append_table(load, "");
	str_append_cstr(out, " (");
	if (load->format == NULL)
		str_append_cstr(out, "\"" SNOWFLAKE_RECORD_COLUMN "\"");
	for (uint32_t i = 0; load->format != NULL && i < load->format->column_count; i++)
	{
		str_append_cstr(out, i > 0 ? ", " : "");
		snowflake_append_column(out, load->format->columns[i].name);
	}
	if (load->metadata)
		str_append_cstr(out, ", \"" SNOWFLAKE_FILE_COLUMN "\", \"" SNOWFLAKE_ROW_COLUMN "\"");
	str_append_cstr(out, ")\n    FROM ");
	append_source(load);
	str_append_cstr(out, "\n    ");
	snowflake_append_format_reference(load);
}

/* ---- which files ---- */

/* A regular expression that matches text; what might mean something in one becomes a point, which matches
 * it, too. */
static void
append_expression(StrBuf *out, const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
	{
		unsigned char c = (unsigned char)*p;
		bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
					 c >= 0x80 || strchr("_-/:=%,~ '@&;", c) != NULL;

		if (c == '.')
			str_append_cstr(out, "[.]");
		else
			str_append_char(out, plain ? (char)c : '.');
	}
}

/* The names of objects, below the stage's place. */
static void
append_names(const SnowflakeLoad *load, StrBuf *out)
{
	const char *extension;

	if (load->format == NULL)
	{
		str_append_cstr(out, "[^/]*[.]jsonl([.]gz|[.]zst)?");
		return;
	}
	for (int i = 0; i < load->sink->partition_key_count; i++)
	{
		StrBuf name = {0};

		output_path_encode(&name, str_from_cstr(load->sink->partition_keys[i].name));
		append_expression(out, str_cstr(&name));
		str_append_cstr(out, "=[^/]*/");
		str_free(&name);
	}
	extension = compression_find(load->format->compression)->extension;
	str_appendf(out, "[^/]*[.]csv%s%s", extension[0] != '\0' ? "[.]" : "",
				extension + (extension[0] != '\0'));
}

/* COPY tries the pattern on the whole path of an object, a pipe on what is below the stage's place. */
static void
append_pattern(const SnowflakeLoad *load, bool pipe)
{
	StrBuf pattern = {0};

	if (!pipe && load->url != NULL)
	{
		const char *path = snowflake_url_path(load->url);
		size_t before = strlen(load->url) - strlen(path);

		str_append_char(&pattern, '(');
		append_expression(&pattern, arena_strndup(load->arena, load->url, before));
		str_append_cstr(&pattern, ")?");
		if (path[0] != '\0')
		{
			str_append_char(&pattern, '(');
			append_expression(&pattern, path);
			str_append_cstr(&pattern, ")?");
		}
	}
	else if (!pipe)
		str_append_cstr(&pattern, "(.*/)?");
	append_names(load, &pattern);
	str_append_cstr(load->out, "\n    PATTERN = ");
	snowflake_append_literal(load->out, str_view(&pattern));
	str_free(&pattern);
}

/* ---- statements ---- */

void
snowflake_append_copy(const SnowflakeLoad *load, bool pipe, const char *on_error)
{
	append_head(load);
	append_pattern(load, pipe);
	str_appendf(load->out, "\n    ON_ERROR = %s", on_error);
}

void
snowflake_append_copy_files(const SnowflakeLoad *load, const SnowflakeFile *files, size_t count,
							const char *on_error)
{
	assert(count > 0 && count <= SNOWFLAKE_COPY_FILES);
	append_head(load);
	str_append_cstr(load->out, "\n    FILES = (");
	for (size_t i = 0; i < count; i++)
	{
		str_append_cstr(load->out, i > 0 ? ",\n             " : "");
		snowflake_append_literal(load->out, str_from_cstr(files[i].key));
	}
	str_appendf(load->out, ")\n    ON_ERROR = %s", on_error);
}

static void
append_pipe(const SnowflakeLoad *load)
{
	StrBuf *out = load->out;

	str_append_cstr(out, "CREATE PIPE IF NOT EXISTS ");
	snowflake_append_object(load, "_PIPE");
	str_appendf(out, "\n    AUTO_INGEST = %s",
				load->mode == SNOWFLAKE_AUTO_INGEST && load->url != NULL ? "TRUE" : "FALSE");
	snowflake_append_comment(load);
	str_append_cstr(out, "\n    AS ");
	snowflake_append_copy(load, true, "SKIP_FILE");
	str_append_cstr(out, ";\n\n");
}

/* What is loaded by a pipe must not be loaded by a COPY too. */
static void
append_copy_comment(const SnowflakeLoad *load, const char *when)
{
	StrBuf text = {0};
	SnowflakeLoad inner = *load;

	inner.out = &text;
	snowflake_append_copy(&inner, false, "ABORT_STATEMENT");
	str_append_cstr(&text, ";\n");
	str_append_cstr(load->out, when);
	snowflake_append_commented(load->out, str_view(&text));
	str_append_char(load->out, '\n');
	str_free(&text);
}

static void
append_copies(const SnowflakeLoad *load)
{
	size_t count = load->state != NULL ? load->state->file_count : 0;

	if (count == 0)
	{
		snowflake_append_copy(load, false, "ABORT_STATEMENT");
		str_append_cstr(load->out, ";\n\n");
		return;
	}
	str_append_cstr(load->out,
					"-- The objects that are out, by name. One that is loaded already is skipped.\n");
	for (size_t from = 0; from < count; from += SNOWFLAKE_COPY_FILES)
	{
		snowflake_append_copy_files(load, load->state->files + from,
									Min(count - from, (size_t)SNOWFLAKE_COPY_FILES), "ABORT_STATEMENT");
		str_append_cstr(load->out, ";\n\n");
	}
	append_copy_comment(load, "-- All that lies there, also what is older than the manifests of the job:\n");
}

/* Nobody tells the pipe of an internal stage. */
static void
append_refresh(const SnowflakeLoad *load)
{
	str_append_cstr(load->out,
					"-- After an upload, to have the pipe look for files that are new (7 days back):\n"
					"-- ALTER PIPE ");
	snowflake_append_object(load, "_PIPE");
	str_append_cstr(load->out, " REFRESH;\n\n");
}

void
snowflake_append_loading(const SnowflakeLoad *load)
{
	if (load->mode == SNOWFLAKE_COPY)
	{
		if (load->by_job)
			append_copy_comment(load,
								"-- The job loads by COPY as it writes. To load by hand what lies there:\n");
		else
			append_copies(load);
		return;
	}
	append_pipe(load);
	if (load->url == NULL)
		append_refresh(load);
	else if (load->mode == SNOWFLAKE_AUTO_INGEST)
		snowflake_append_aws_notification(load);
	append_copy_comment(
		load, "-- To load without the pipe (never both on the same files: their histories are apart):\n");
}
