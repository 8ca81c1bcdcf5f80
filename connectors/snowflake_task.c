/*
 * snowflake_task.c: the task that loads by itself, and the query that compares what was written with what was
 * loaded (contract in snowflake_load.h).
 */
#include "connectors/snowflake_history.h"
#include "connectors/snowflake_load.h"

enum
{
	COMPARED_MAX = 1000 /* objects in the query: the newest */
};

void
snowflake_append_task(const SnowflakeLoad *load)
{
	const Options *options = &load->sink->options;
	const char *warehouse = options_text(options, "snowflake_warehouse");
	StrBuf *out = load->out;

	if (options_find(options, "snowflake_task_minutes") == NULL)
		return;
	str_append_cstr(out, "-- Loads what is new; a file that fails is skipped, and tried again in the next "
						 "run. The role that runs\n-- this needs EXECUTE TASK on the account");
	str_append_cstr(out, warehouse != NULL
							 ? ", and USAGE on the warehouse.\n"
							 : ", and EXECUTE MANAGED TASK,\n-- since snowflake_warehouse names none.\n");
	str_append_cstr(out, "CREATE TASK IF NOT EXISTS ");
	snowflake_append_object(load, "_TASK");
	if (warehouse != NULL)
	{
		str_append_cstr(out, "\n    WAREHOUSE = ");
		snowflake_append_option_name(load, "snowflake_warehouse", out);
	}
	str_appendf(out, "\n    SCHEDULE = '%" PRId64 " MINUTE'",
				options_integer(options, "snowflake_task_minutes", 1));
	snowflake_append_comment(load);
	str_append_cstr(out, "\n    AS ");
	snowflake_append_copy(load, false, "SKIP_FILE"); /* one bad file must not stop all later ones */
	str_append_cstr(out, ";\n\nALTER TASK ");
	snowflake_append_object(load, "_TASK");
	str_append_cstr(out, " RESUME;\n\n");
}

/* ---- what was written, and what was loaded ---- */

/* What Snowflake knows of the last 14 days, as h. */
static void
append_history(const SnowflakeLoad *load, StrBuf *out)
{
	snowflake_append_history(out, load->table, SNOWFLAKE_HISTORY_START);
	str_append_cstr(out, " h");
}

/* A file that failed and was loaded later has two lines of history, and so has one that was loaded twice. */
static void
append_comparison(const SnowflakeLoad *load, size_t from, StrBuf *out)
{
	str_append_cstr(out, "SELECT m.\"FILE\", m.\"WRITTEN\", COALESCE(SUM(h.ROW_COUNT), 0) AS \"LOADED\","
						 "\n        COALESCE(MAX(h.STATUS), 'unknown') AS \"STATUS\", "
						 "MAX(h.FIRST_ERROR_MESSAGE) AS \"ERROR\"\n    FROM (VALUES ");
	for (size_t i = from; i < load->state->file_count; i++)
	{
		str_append_cstr(out, i > from ? ",\n        (" : "(");
		snowflake_append_literal(out, str_from_cstr(load->state->files[i].key));
		str_appendf(out, ", %" PRIu64 ")", load->state->files[i].rows);
	}
	str_append_cstr(out, ") AS m (\"FILE\", \"WRITTEN\")\n    LEFT JOIN ");
	append_history(load, out);
	str_append_cstr(out, "\n    ON ENDSWITH(h.FILE_NAME, m.\"FILE\")\n    GROUP BY m.\"FILE\", m.\"WRITTEN\""
						 "\n    HAVING COUNT_IF(h.STATUS = 'Loaded') <> 1 OR SUM(h.ROW_COUNT) <> "
						 "m.\"WRITTEN\"\n    ORDER BY m.\"FILE\";\n");
}

static void
append_failures(const SnowflakeLoad *load, StrBuf *out)
{
	str_append_cstr(out,
					"SELECT h.FILE_NAME AS \"FILE\", MAX(h.ROW_PARSED) AS \"PARSED\", SUM(h.ROW_COUNT) AS "
					"\"LOADED\",\n        MAX(h.STATUS) AS \"STATUS\", MAX(h.FIRST_ERROR_MESSAGE) AS "
					"\"ERROR\"\n    FROM ");
	append_history(load, out);
	str_append_cstr(out, "\n    GROUP BY h.FILE_NAME\n    HAVING COUNT_IF(h.STATUS = 'Loaded') <> 1 OR "
						 "SUM(h.ROW_COUNT) <> MAX(h.ROW_PARSED)\n    ORDER BY h.FILE_NAME;\n");
}

static void
append_title(StrBuf *out, const char *what)
{
	str_appendf(
		out,
		"-- %s that were not loaded, or not with all their rows, or twice (no row is the good answer). "
		"Snowflake\n-- forgets after 14 days; SNOWFLAKE.ACCOUNT_USAGE.COPY_HISTORY has a year.\n",
		what);
}

/* Without a state there is nothing to compare with: only what Snowflake itself knows to be wrong. */
void
snowflake_append_reconciliation(const SnowflakeLoad *load)
{
	size_t count = load->state != NULL ? load->state->file_count : 0;
	size_t from = count > COMPARED_MAX ? count - COMPARED_MAX : 0;
	StrBuf text = {0};

	if (count > 0)
	{
		append_title(load->out, from > 0 ? "Objects, of the newest thousand," : "Objects");
		append_comparison(load, from, &text);
	}
	else
	{
		append_title(load->out, "Files");
		append_failures(load, &text);
	}
	snowflake_append_commented(load->out, str_view(&text));
	str_append_char(load->out, '\n');
	str_free(&text);
}
