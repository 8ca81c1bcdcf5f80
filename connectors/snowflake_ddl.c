/*
 * snowflake_ddl.c: generating the Snowflake statements (contract in snowflake_ddl.h).
 */
#include "connectors/snowflake_ddl.h"

#include "common/compression.h"
#include "common/hashmap.h"
#include "common/memory.h"
#include "connectors/directory_place.h"
#include "connectors/s3_place.h"
#include "connectors/snowflake_name.h"

/* The longest of what is appended to a table's name. */
#define LONGEST_SUFFIX "_FORMAT"

/* What printing the statements of one sink knows. */
typedef struct Ddl
{
	const SinkPlan *sink;
	const CsvFormat *format;
	const char *job_name;
	StrBuf *out;
	const SnowflakeName *table;
	const char *url; /* of the external stage, or NULL: an internal one */
} Ddl;

static bool
wanted(const SinkPlan *sink)
{
	return options_text(&sink->options, "snowflake_table") != NULL;
}

static bool
read_table_name(const SinkPlan *sink, SnowflakeName *name)
{
	return snowflake_name_read(name, str_from_cstr(options_text(&sink->options, "snowflake_table")),
							   SNOWFLAKE_NAME_PARTS, strlen(LONGEST_SUFFIX));
}

static bool
read_integration(const SinkPlan *sink, SnowflakeName *name)
{
	return snowflake_name_read(name, str_from_cstr(options_text(&sink->options, "snowflake_integration")), 1,
							   0);
}

/* ---- what can't be loaded ---- */

static bool
invalid_name(const Option *option, const char *what, const char *hint, Error *err)
{
	error_set(err, SQLSTATE_INVALID_NAME, option->position, "invalid Snowflake %s name: \"%s\"", what,
			  option->text);
	return error_hint(err, "%s", hint);
}

static bool
check_names(const SinkPlan *sink, Error *err)
{
	const Option *integration = options_find(&sink->options, "snowflake_integration");
	SnowflakeName name;
	bool ok = read_table_name(sink, &name);

	snowflake_name_free(&name);
	if (!ok)
		return invalid_name(options_find(&sink->options, "snowflake_table"), "table",
							"Write it as TABLE, SCHEMA.TABLE or DATABASE.SCHEMA.TABLE; put parts with other "
							"characters in double quotes.",
							err);
	if (integration == NULL)
		return true;
	ok = read_integration(sink, &name);
	snowflake_name_free(&name);
	return ok ||
		   invalid_name(integration, "integration",
						"Integrations are in no schema; put a name with other characters in double quotes.",
						err);
}

static bool
check_url(const SinkPlan *sink, Error *err)
{
	static const char *const schemes[] = {"s3://", "s3gov://", "s3china://"};
	const Option *url = options_find(&sink->options, "snowflake_url");

	if (url == NULL)
		return true;
	for (size_t i = 0; i < lengthof(schemes); i++)
	{
		size_t len = strlen(schemes[i]);

		if (strncmp(url->text, schemes[i], len) == 0 && url->text[len] != '\0' && url->text[len] != '/')
			return true;
	}
	error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, url->position,
			  "invalid value for option \"snowflake_url\": \"%s\"", url->text);
	return error_hint(err, "Write s3://bucket/path/, where the files of the directory will be copied to.");
}

/* Names that differ in Weir may be the same in Snowflake, where those without quotes have no case. */
static bool
check_columns(const SinkPlan *sink, Error *err)
{
	HashMap names = {0};
	StrBuf folded = {0};
	bool ok = true;

	for (uint32_t i = 0; ok && i < sink->visible_count; i++)
	{
		const char *name = sink->input->columns[i].name;
		HashMapEntry *entry;

		str_clear(&folded);
		snowflake_fold_column(&folded, name);
		entry = hashmap_add(&names, str_view(&folded));
		if (entry->value != NULL)
		{
			error_set(err, SQLSTATE_DUPLICATE_COLUMN,
					  options_find(&sink->options, "snowflake_table")->position,
					  "columns \"%s\" and \"%s\" would have the same name in Snowflake",
					  (const char *)entry->value, name);
			ok = error_hint(err, "Give one of them another name with AS.");
		}
		entry->value = (void *)(uintptr_t)name;
	}
	hashmap_free(&names);
	str_free(&folded);
	return ok;
}

bool
snowflake_check(const SinkPlan *sink, Error *err)
{
	static const char *const others[] = {"snowflake_integration", "snowflake_url"};

	if (wanted(sink))
		return check_names(sink, err) && check_url(sink, err) && check_columns(sink, err);
	for (size_t i = 0; i < lengthof(others); i++)
	{
		const Option *option = options_find(&sink->options, others[i]);

		if (option == NULL)
			continue;
		error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, option->position,
				  "option \"%s\" needs option \"snowflake_table\"", option->name);
		return error_hint(err, "Name the table that the files are loaded into.");
	}
	return true;
}

/* ---- statements ---- */

static void
append_object(const Ddl *ddl, const char *suffix)
{
	snowflake_append_name(ddl->out, ddl->table, suffix);
}

static void
append_comment(const Ddl *ddl)
{
	StrBuf text = {0};

	str_appendf(&text, "Weir job %s, sink %s", ddl->job_name, ddl->sink->name);
	str_append_cstr(ddl->out, "\n    COMMENT = ");
	snowflake_append_literal(ddl->out, str_view(&text));
	str_free(&text);
}

/* What a line begins with: a name must not end the comment. */
static void
append_title(const Ddl *ddl)
{
	str_append_cstr(ddl->out, "-- Snowflake objects for sink ");
	for (const char *p = ddl->sink->name; *p != '\0'; p++)
		str_append_char(ddl->out, (unsigned char)*p < 0x20 ? ' ' : *p);
	str_append_cstr(ddl->out, "\n\n");
}

static const char *
snowflake_compression(const CsvFormat *format)
{
	if (strcmp(format->compression, "gzip") == 0)
		return "GZIP";
	return strcmp(format->compression, "zstd") == 0 ? "ZSTD" : "NONE";
}

/* Behind ".csv". */
static const char *
file_extension(const CsvFormat *format)
{
	return compression_find(format->compression)->extension;
}

static void
append_file_format(const Ddl *ddl)
{
	StrBuf *out = ddl->out;

	str_append_cstr(out, "CREATE FILE FORMAT IF NOT EXISTS ");
	append_object(ddl, "_FORMAT");
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

	snowflake_append_name(&name, ddl->table, "_FORMAT");
	str_append_cstr(ddl->out, "FILE_FORMAT = (FORMAT_NAME = ");
	snowflake_append_literal(ddl->out, str_view(&name));
	str_append_char(ddl->out, ')');
	str_free(&name);
}

/* A URL without the last slash would match the names of its siblings, too. */
static void
append_url(const Ddl *ddl)
{
	StrBuf url = {0};

	str_append_cstr(&url, ddl->url);
	if (url.data[url.len - 1] != '/')
		str_append_char(&url, '/');
	str_append_cstr(ddl->out, "\n    URL = ");
	snowflake_append_literal(ddl->out, str_view(&url));
	str_free(&url);
}

static void
append_stage(const Ddl *ddl)
{
	bool integrated = options_text(&ddl->sink->options, "snowflake_integration") != NULL;
	StrBuf *out = ddl->out;

	if (ddl->url != NULL && !integrated)
		str_append_cstr(out, "-- Without snowflake_integration only a public place can be read.\n");
	str_append_cstr(out, "CREATE STAGE IF NOT EXISTS ");
	append_object(ddl, "_STAGE");
	if (ddl->url != NULL)
		append_url(ddl);
	if (ddl->url != NULL && integrated)
	{
		SnowflakeName integration;
		bool ok = read_integration(ddl->sink, &integration);

		assert(ok);
		(void)ok;
		str_append_cstr(out, "\n    STORAGE_INTEGRATION = ");
		snowflake_append_name(out, &integration, "");
		snowflake_name_free(&integration);
	}
	str_append_cstr(out, "\n    ");
	append_format_reference(ddl);
	append_comment(ddl);
	str_append_cstr(out, ";\n\n");
}

static void
append_table(const Ddl *ddl)
{
	const CsvFormat *format = ddl->format;
	StrBuf *out = ddl->out;

	str_append_cstr(out, "CREATE TABLE IF NOT EXISTS ");
	append_object(ddl, "");
	str_append_cstr(out, " (");
	for (uint32_t i = 0; i < format->column_count; i++)
	{
		const CsvColumn *column = &format->columns[i];

		str_append_cstr(out, "\n    ");
		snowflake_append_column(out, column->name);
		str_appendf(out, " %s%s", column->snowflake_type, i + 1 < format->column_count ? "," : "");
		if (column->note != NULL)
			str_appendf(out, " -- %s", column->note);
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

/* @stage; a name that needs its quotes stands in a string. */
static void
append_stage_location(const Ddl *ddl)
{
	StrBuf location = {0};

	str_append_char(&location, '@');
	snowflake_append_name(&location, ddl->table, "_STAGE");
	if (snowflake_name_is_plain(ddl->table))
		str_append_view(ddl->out, str_view(&location));
	else
		snowflake_append_literal(ddl->out, str_view(&location));
	str_free(&location);
}

/* JSON goes through PARSE_JSON: text put straight into a VARIANT is parsed by other rules. */
static void
append_copy_source(const Ddl *ddl)
{
	StrBuf *out = ddl->out;

	if (!needs_select(ddl->format))
	{
		append_stage_location(ddl);
		return;
	}
	str_append_cstr(out, "(SELECT ");
	for (uint32_t i = 0; i < ddl->format->column_count; i++)
		str_appendf(out, ddl->format->columns[i].parse_json ? "%sPARSE_JSON(t.$%u)" : "%st.$%u",
					i > 0 ? ", " : "", i + 1);
	str_append_cstr(out, " FROM ");
	append_stage_location(ddl);
	str_append_cstr(out, " t)");
}

static void
append_copy(const Ddl *ddl, const char *on_error)
{
	const char *extension = file_extension(ddl->format);
	StrBuf *out = ddl->out;

	str_append_cstr(out, "COPY INTO ");
	append_object(ddl, "");
	str_append_cstr(out, " (");
	for (uint32_t i = 0; i < ddl->format->column_count; i++)
	{
		str_append_cstr(out, i > 0 ? ", " : "");
		snowflake_append_column(out, ddl->format->columns[i].name);
	}
	str_append_cstr(out, ")\n    FROM ");
	append_copy_source(ddl);
	str_append_cstr(out, "\n    ");
	append_format_reference(ddl);
	/* the extension as a pattern: its only special character is the point it begins with */
	str_appendf(out, "\n    PATTERN = '.*[.]csv%s%s'\n    ON_ERROR = %s", extension[0] != '\0' ? "[.]" : "",
				extension + (extension[0] != '\0'), on_error);
}

static void
append_pipe(const Ddl *ddl, bool auto_ingest)
{
	StrBuf *out = ddl->out;

	str_append_cstr(out, "CREATE PIPE IF NOT EXISTS ");
	append_object(ddl, "_PIPE");
	str_appendf(out, "\n    AUTO_INGEST = %s", auto_ingest ? "TRUE" : "FALSE");
	append_comment(ddl);
	str_append_cstr(out, "\n    AS ");
	append_copy(ddl, "SKIP_FILE");
	str_append_cstr(out, ";\n\n");
}

/* ---- putting files into an internal stage ---- */

/* PUT takes no files of several directories, and keeps no directories. */
static void
append_put_comment(const Ddl *ddl, Arena *arena)
{
	const char *folder = ddl->sink->partition_key_count > 0 ? "<folder>/" : "";
	StrBuf source = {0};
	StrBuf target = {0};

	str_appendf(&source, "file://%s/%s*.csv%s", directory_place(ddl->sink->location, arena), folder,
				file_extension(ddl->format));
	str_append_char(&target, '@');
	snowflake_append_name(&target, ddl->table, "_STAGE");
	str_appendf(&target, "%s%s", folder[0] != '\0' ? "/" : "", folder);
	str_appendf(
		ddl->out,
		"-- The sink writes to a directory: upload its files to the internal stage with%s\n--     PUT ",
		folder[0] != '\0' ? ", for each <folder>," : "");
	snowflake_append_literal(ddl->out, str_view(&source));
	str_append_char(ddl->out, ' ');
	snowflake_append_literal(ddl->out, str_view(&target));
	str_append_cstr(
		ddl->out,
		" AUTO_COMPRESS = FALSE;\n"
		"-- Files that the sink writes after its query was changed are in r2/, then r3/, and so on: "
		"upload these, too,\n-- into folders of the same names.\n\n");
	str_free(&source);
	str_free(&target);
}

/* ---- loading ---- */

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

/* Where Snowflake finds the files; NULL: in an internal stage. A URL of S3 is a prefix of names: without the
 * slash at its end, another folder whose name begins alike would be loaded too. */
static const char *
stage_url(const SinkPlan *sink, Arena *arena)
{
	const char *url = options_text(&sink->options, "snowflake_url");

	if (url != NULL)
		return url;
	if (strstr(sink->location, "://") == NULL || strncmp(sink->location, "file://", 7) == 0)
		return NULL;
	return arena_printf(arena, "%s/", s3_place(sink->location, arena));
}

static void
append_sink(const SinkPlan *sink, const SnowflakeName *table, const char *job_name, Arena *arena, StrBuf *out)
{
	CsvFormat format;
	Ddl ddl = {.sink = sink, .format = &format, .job_name = job_name, .out = out, .table = table};

	csv_format_describe(sink, arena, &format);
	ddl.url = stage_url(sink, arena);
	append_title(&ddl);
	append_file_format(&ddl);
	append_stage(&ddl);
	append_table(&ddl);
	if (ddl.url == NULL)
		append_put_comment(&ddl, arena);
	append_load(&ddl);
}

/* The second stage would not be created, and its files would never be loaded. */
static bool
check_distinct(const SinkPlan *sink, const SnowflakeName *name, const SinkPlan *other,
			   const SnowflakeName *other_name, Error *err)
{
	if (!snowflake_name_equal(name, other_name))
		return true;
	error_set(err, SQLSTATE_INVALID_PARAMETER_VALUE, NO_POSITION,
			  "sinks \"%s\" and \"%s\" name the same Snowflake table", other->name, sink->name);
	return error_hint(err, "Unite their queries in one sink with UNION ALL, or load them into two tables.");
}

bool
snowflake_ddl(const JobPlan *plan, const char *job_name, Arena *arena, StrBuf *out, int *count, Error *err)
{
	SnowflakeName *names = mem_alloc_zero(((size_t)plan->sink_count + 1) * sizeof *names);
	bool ok = true;

	*count = 0;
	for (int i = 0; ok && i < plan->sink_count; i++)
	{
		const SinkPlan *sink = plan->sinks[i];

		if (!wanted(sink))
			continue;
		ok = read_table_name(sink, &names[i]);
		assert(ok); /* by snowflake_check() */
		for (int k = 0; ok && k < i; k++)
			ok = check_distinct(sink, &names[i], plan->sinks[k], &names[k], err);
		if (!ok)
			break;
		if ((*count)++ > 0)
			str_append_char(out, '\n');
		append_sink(sink, &names[i], job_name, arena, out);
	}
	for (int i = 0; i < plan->sink_count; i++)
		snowflake_name_free(&names[i]);
	mem_free(names);
	return ok;
}
