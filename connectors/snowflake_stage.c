/*
 * snowflake_stage.c: CREATE STAGE, and how files get into an internal one (contract in snowflake_load.h).
 */
#include "common/compression.h"
#include "connectors/snowflake_load.h"

/* A URL without the last slash would match the names of its siblings, too: all URLs here have it. */
static void
append_place(const SnowflakeLoad *load)
{
	StrBuf *out = load->out;

	str_append_cstr(out, "\n    URL = ");
	snowflake_append_literal(out, str_from_cstr(load->url));
	if (options_text(&load->sink->options, "snowflake_integration") == NULL)
		return;
	str_append_cstr(out, "\n    STORAGE_INTEGRATION = ");
	snowflake_append_option_name(load, "snowflake_integration", out);
}

/* PUT takes no files of several directories, and keeps no directories. */
static void
append_put(const SnowflakeLoad *load)
{
	bool folders = load->format != NULL && load->sink->partition_key_count > 0;
	const char *folder = folders ? "<folder>/" : "";
	const char *files =
		load->format == NULL
			? "*.jsonl*"
			: arena_printf(load->arena, "*.csv%s", compression_find(load->format->compression)->extension);
	const char *source = arena_printf(load->arena, "file://%s/%s%s", load->directory, folder, files);
	StrBuf target = {0};

	str_append_char(&target, '@');
	snowflake_append_object_to(load, "_STAGE", &target);
	str_appendf(&target, "%s%s", folders ? "/" : "", folder);
	str_appendf(load->out,
				"-- The files are in a directory: upload them to the internal stage with%s\n--     PUT ",
				folders ? ", for each <folder>," : "");
	snowflake_append_literal(load->out, str_from_cstr(source));
	str_append_char(load->out, ' ');
	snowflake_append_literal(load->out, str_view(&target));
	str_append_cstr(load->out, " AUTO_COMPRESS = FALSE;\n\n");
	str_free(&target);
}

void
snowflake_append_stage(const SnowflakeLoad *load)
{
	StrBuf *out = load->out;

	if (load->url != NULL && options_text(&load->sink->options, "snowflake_integration") == NULL)
		str_append_cstr(out, "-- Without snowflake_integration only a public place can be read.\n");
	str_append_cstr(out, "CREATE STAGE IF NOT EXISTS ");
	snowflake_append_object(load, "_STAGE");
	if (load->url != NULL)
		append_place(load);
	str_append_cstr(out, "\n    ");
	snowflake_append_format_reference(load);
	snowflake_append_comment(load);
	str_append_cstr(out, ";\n\n");
	if (load->url == NULL)
		append_put(load);
}
