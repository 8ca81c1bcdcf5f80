/*
 * snowflake_ddl.c: generating the Snowflake statements (contract in snowflake_ddl.h).
 */
#include "connectors/snowflake_ddl.h"

enum
{
	MAX_PARTS = 3,
	MAX_IDENTIFIER = 255
};

/* What one call of snowflake_ddl() knows. */
typedef struct Ddl
{
	const SinkPlan *sink;
	const CsvFormat *format;
	const char *job_name;
	StrBuf *out;
	StrBuf parts[MAX_PARTS]; /* of the table's name, unquoted, as Snowflake stores them */
	int part_count;
	const char *url; /* of the external stage, or NULL: an internal one */
} Ddl;

bool
snowflake_wanted(const SinkPlan *sink)
{
	return options_text(&sink->options, "snowflake_table") != NULL;
}

/* ---- names and literals ---- */

static bool
is_plain_start(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static bool
is_plain(StrView name)
{
	if (name.len == 0 || !is_plain_start(name.data[0]))
		return false;
	for (size_t i = 1; i < name.len; i++)
		if (!is_plain_start(name.data[i]) && !(name.data[i] >= '0' && name.data[i] <= '9') &&
			name.data[i] != '$')
			return false;
	return true;
}

/* The name as Snowflake stores it: upper case when it could be written without quotes. */
static void
fold_name(StrBuf *out, StrView name)
{
	bool plain = is_plain(name);

	for (size_t i = 0; i < name.len; i++)
	{
		char c = name.data[i];

		str_append_char(out, plain && c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c);
	}
}

static void
append_quoted_name(StrBuf *out, StrView name)
{
	str_append_char(out, '"');
	for (size_t i = 0; i < name.len; i++)
	{
		if (name.data[i] == '"')
			str_append_char(out, '"');
		str_append_char(out, name.data[i]);
	}
	str_append_char(out, '"');
}

/* A string constant: quotes and backslashes doubled, control characters escaped. */
static void
append_literal(StrBuf *out, StrView s)
{
	str_append_char(out, '\'');
	for (size_t i = 0; i < s.len; i++)
	{
		unsigned char c = (unsigned char)s.data[i];

		if (c == '\'' || c == '\\')
			str_append_char(out, (char)c);
		if (c < 0x20)
			str_appendf(out, "\\x%02x", c);
		else
			str_append_char(out, (char)c);
	}
	str_append_char(out, '\'');
}

static void
append_column_name(StrBuf *out, const char *name)
{
	StrBuf folded = {0};

	fold_name(&folded, str_from_cstr(name));
	append_quoted_name(out, str_view(&folded));
	str_free(&folded);
}

/* "DB"."SCHEMA"."TABLE<suffix>" */
static void
append_object(const Ddl *ddl, StrBuf *out, const char *suffix)
{
	for (int i = 0; i < ddl->part_count; i++)
	{
		StrBuf name = {0};

		if (i > 0)
			str_append_char(out, '.');
		str_append_view(&name, str_view(&ddl->parts[i]));
		if (i == ddl->part_count - 1)
			str_append_cstr(&name, suffix);
		append_quoted_name(out, str_view(&name));
		str_free(&name);
	}
}

/* One part of a dotted name from *at on; quoted parts keep their letters. */
static bool
read_part(StrView text, size_t *at, StrBuf *part)
{
	size_t i = *at;

	if (i < text.len && text.data[i] == '"')
	{
		for (i++; i < text.len; i++)
		{
			if (text.data[i] == '"' && (i + 1 >= text.len || text.data[i + 1] != '"'))
				break;
			i += text.data[i] == '"';
			str_append_char(part, text.data[i]);
		}
		if (i >= text.len)
			return false;
		i++;
	}
	else
	{
		size_t start = i;

		while (i < text.len && text.data[i] != '.')
			i++;
		if (!is_plain((StrView){text.data + start, i - start}))
			return false;
		fold_name(part, (StrView){text.data + start, i - start});
	}
	*at = i;
	return part->len > 0 && part->len <= MAX_IDENTIFIER;
}

static bool
split_table_name(Ddl *ddl, StrView text)
{
	size_t at = 0;

	for (;;)
	{
		if (ddl->part_count == MAX_PARTS || !read_part(text, &at, &ddl->parts[ddl->part_count]))
			return false;
		ddl->part_count++;
		if (at == text.len)
			return true;
		if (text.data[at++] != '.')
			return false;
	}
}

/* ---- statements ---- */

static void
append_comment(const Ddl *ddl)
{
	StrBuf text = {0};

	str_appendf(&text, "Weir job %s, sink %s", ddl->job_name, ddl->sink->name);
	str_append_cstr(ddl->out, "\n    COMMENT = ");
	append_literal(ddl->out, str_view(&text));
	str_free(&text);
}

static const char *
snowflake_compression(const CsvFormat *format)
{
	if (strcmp(format->compression, "gzip") == 0)
		return "GZIP";
	return strcmp(format->compression, "zstd") == 0 ? "ZSTD" : "NONE";
}

static void
append_file_format(const Ddl *ddl)
{
	StrBuf *out = ddl->out;

	str_append_cstr(out, "CREATE FILE FORMAT IF NOT EXISTS ");
	append_object(ddl, out, "_FORMAT");
	str_appendf(
		out,
		"\n    TYPE = CSV\n    COMPRESSION = %s\n    RECORD_DELIMITER = '\\n'\n    FIELD_DELIMITER = ','"
		"\n    SKIP_HEADER = %d\n    SKIP_BLANK_LINES = FALSE\n    MULTI_LINE = TRUE"
		"\n    FIELD_OPTIONALLY_ENCLOSED_BY = '\"'\n    ESCAPE = NONE\n    ESCAPE_UNENCLOSED_FIELD = NONE"
		"\n    NULL_IF = ()\n    EMPTY_FIELD_AS_NULL = TRUE\n    TRIM_SPACE = FALSE"
		"\n    ERROR_ON_COLUMN_COUNT_MISMATCH = TRUE\n    REPLACE_INVALID_CHARACTERS = FALSE"
		"\n    ENCODING = 'UTF8'\n    BINARY_FORMAT = HEX\n    DATE_FORMAT = 'YYYY-MM-DD'"
		"\n    TIME_FORMAT = 'HH24:MI:SS.FF9'\n    TIMESTAMP_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF9%s'",
		snowflake_compression(ddl->format), ddl->format->header ? 1 : 0,
		ddl->format->offset ? "TZH:TZM" : "");
	append_comment(ddl);
	str_append_cstr(out, ";\n\n");
}

static void
append_format_reference(const Ddl *ddl)
{
	StrBuf name = {0};

	append_object(ddl, &name, "_FORMAT");
	str_append_cstr(ddl->out, "FILE_FORMAT = (FORMAT_NAME = ");
	append_literal(ddl->out, str_view(&name));
	str_append_char(ddl->out, ')');
	str_free(&name);
}

static void
append_stage(const Ddl *ddl)
{
	const char *integration = options_text(&ddl->sink->options, "snowflake_integration");
	StrBuf *out = ddl->out;

	str_append_cstr(out, "CREATE STAGE IF NOT EXISTS ");
	append_object(ddl, out, "_STAGE");
	if (ddl->url != NULL)
	{
		StrBuf url = {0};

		/* a URL without the last slash would match the names of its siblings too */
		str_append_cstr(&url, ddl->url);
		if (url.len > 0 && url.data[url.len - 1] != '/')
			str_append_char(&url, '/');
		str_append_cstr(out, "\n    URL = ");
		append_literal(out, str_view(&url));
		str_free(&url);
		if (integration != NULL)
		{
			str_append_cstr(out, "\n    STORAGE_INTEGRATION = ");
			append_column_name(out, integration);
		}
	}
	str_append_cstr(out, "\n    ");
	append_format_reference(ddl);
	append_comment(ddl);
	str_append_cstr(out, ";\n\n");
}

static void
append_table(const Ddl *ddl)
{
	StrBuf *out = ddl->out;

	str_append_cstr(out, "CREATE TABLE IF NOT EXISTS ");
	append_object(ddl, out, "");
	str_append_cstr(out, " (");
	for (uint32_t i = 0; i < ddl->format->column_count; i++)
	{
		str_append_cstr(out, i > 0 ? ",\n    " : "\n    ");
		append_column_name(out, ddl->format->columns[i].name);
		str_appendf(out, " %s", ddl->format->columns[i].snowflake_type);
	}
	str_append_cstr(out, "\n)");
	append_comment(ddl);
	str_append_cstr(out, ";\n\n");
}

static bool
needs_select(const CsvFormat *format)
{
	for (uint32_t i = 0; i < format->column_count; i++)
		if (format->columns[i].parse_json)
			return true;
	return false;
}

/* JSON goes through PARSE_JSON: text put straight into a VARIANT is parsed by other rules. */
static void
append_copy_source(const Ddl *ddl)
{
	StrBuf *out = ddl->out;

	if (!needs_select(ddl->format))
	{
		str_append_cstr(out, "@");
		append_object(ddl, out, "_STAGE");
		return;
	}
	str_append_cstr(out, "(SELECT ");
	for (uint32_t i = 0; i < ddl->format->column_count; i++)
		str_appendf(out, ddl->format->columns[i].parse_json ? "%sPARSE_JSON(t.$%u)" : "%st.$%u",
					i > 0 ? ", " : "", i + 1);
	str_append_cstr(out, " FROM @");
	append_object(ddl, out, "_STAGE");
	str_append_cstr(out, " t)");
}

static void
append_copy(const Ddl *ddl, const char *on_error)
{
	StrBuf *out = ddl->out;

	str_append_cstr(out, "COPY INTO ");
	append_object(ddl, out, "");
	str_append_cstr(out, " (");
	for (uint32_t i = 0; i < ddl->format->column_count; i++)
	{
		str_append_cstr(out, i > 0 ? ", " : "");
		append_column_name(out, ddl->format->columns[i].name);
	}
	str_append_cstr(out, ")\n    FROM ");
	append_copy_source(ddl);
	str_append_cstr(out, "\n    ");
	append_format_reference(ddl);
	str_appendf(out, "\n    PATTERN = '.*[.]csv%s'\n    ON_ERROR = %s",
				strcmp(ddl->format->compression, "gzip") == 0   ? "[.]gz"
				: strcmp(ddl->format->compression, "zstd") == 0 ? "[.]zst"
																: "",
				on_error);
}

static void
append_pipe(const Ddl *ddl, bool auto_ingest)
{
	StrBuf *out = ddl->out;

	str_append_cstr(out, "CREATE PIPE IF NOT EXISTS ");
	append_object(ddl, out, "_PIPE");
	str_appendf(out, "\n    AUTO_INGEST = %s", auto_ingest ? "TRUE" : "FALSE");
	append_comment(ddl);
	str_append_cstr(out, "\n    AS ");
	append_copy(ddl, "SKIP_FILE");
	str_append_cstr(out, ";\n\n");
}

static void
append_put_comment(const Ddl *ddl)
{
	str_append_cstr(
		ddl->out,
		"-- The sink writes to a directory: upload its files to the internal stage with\n--     PUT file://");
	str_append_cstr(ddl->out, ddl->sink->location);
	str_appendf(ddl->out, "%s*.csv%s @",
				ddl->sink->location[strlen(ddl->sink->location) - 1] == '/' ? "" : "/",
				strcmp(ddl->format->compression, "gzip") == 0   ? ".gz"
				: strcmp(ddl->format->compression, "zstd") == 0 ? ".zst"
																: "");
	append_object(ddl, ddl->out, "_STAGE");
	str_append_cstr(ddl->out, " AUTO_COMPRESS = FALSE;\n\n");
}

/* The COPY as comment lines: what is loaded by a pipe must not be loaded by a COPY too. */
static void
append_copy_comment(const Ddl *ddl)
{
	StrBuf text = {0};
	Ddl copy = *ddl;

	copy.out = &text;
	append_copy(&copy, "ABORT_STATEMENT");
	str_append_cstr(
		ddl->out,
		"-- To load without the pipe (never both on the same files: their histories are apart):\n-- ");
	for (size_t i = 0; i < text.len; i++)
	{
		str_append_char(ddl->out, text.data[i]);
		if (text.data[i] == '\n')
			str_append_cstr(ddl->out, "-- ");
	}
	str_append_cstr(ddl->out, ";\n");
	str_free(&text);
}

static void
append_load(const Ddl *ddl)
{
	const char *load = options_text(&ddl->sink->options, "snowflake_load");

	if (load != NULL && strcmp(load, "copy") == 0)
	{
		append_copy(ddl, "ABORT_STATEMENT");
		str_append_cstr(ddl->out, ";\n");
		return;
	}
	append_pipe(ddl, ddl->url != NULL && (load == NULL || strcmp(load, "auto_ingest") == 0));
	append_copy_comment(ddl);
}

static const char *
stage_url(const SinkPlan *sink)
{
	const char *url = options_text(&sink->options, "snowflake_url");

	if (url != NULL)
		return url;
	return strstr(sink->location, "://") != NULL && strncmp(sink->location, "file://", 7) != 0
			   ? sink->location
			   : NULL;
}

bool
snowflake_ddl(const SinkPlan *sink, const CsvFormat *format, const char *job_name, StrBuf *out, Error *err)
{
	const Option *table = options_find(&sink->options, "snowflake_table");
	Ddl ddl = {.sink = sink, .format = format, .job_name = job_name, .out = out, .url = stage_url(sink)};
	bool ok = split_table_name(&ddl, str_from_cstr(table->text));

	if (ok)
	{
		str_appendf(out, "-- Snowflake objects for sink %s\n\n", sink->name);
		append_file_format(&ddl);
		append_stage(&ddl);
		append_table(&ddl);
		if (ddl.url == NULL)
			append_put_comment(&ddl);
		append_load(&ddl);
	}
	for (int i = 0; i < MAX_PARTS; i++)
		str_free(&ddl.parts[i]);
	if (ok)
		return true;
	error_set(err, SQLSTATE_INVALID_NAME, table->position, "invalid Snowflake table name: \"%s\"",
			  table->text);
	return error_hint(err, "Write it as TABLE, SCHEMA.TABLE or DATABASE.SCHEMA.TABLE; put parts with other "
						   "characters in double quotes.");
}
