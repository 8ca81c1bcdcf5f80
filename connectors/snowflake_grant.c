/*
 * snowflake_grant.c: what the role of the job may do with the objects of a table (contract in
 * snowflake_load.h).
 *
 * The idea: the role owns nothing, and gets what Weir does in this mode and no more: tell a pipe of files and
 * ask it (REST), load (COPY), ask the load history, compare. Pipes and tasks work with the rights of the role
 * that owns them, which is the one that ran these statements; for REST, Snowflake's list of the least that
 * the caller needs ("Data loading preparation using the Snowpipe REST API") has stage, format and INSERT as
 * well.
 */
#include "connectors/snowflake_load.h"

static void
append_to_role(const SnowflakeLoad *load)
{
	str_append_cstr(load->out, " TO ROLE ");
	snowflake_append_name(load->out, load->role, "");
	str_append_cstr(load->out, ";\n");
}

static void
append_grant(const SnowflakeLoad *load, const char *privileges, const char *suffix, bool of_table)
{
	str_appendf(load->out, "GRANT %s ", privileges);
	if (of_table)
		snowflake_append_table(load, suffix);
	else
		snowflake_append_object(load, suffix);
	append_to_role(load);
}

static void
append_container_grants(const SnowflakeLoad *load)
{
	StrBuf *out = load->out;
	int count = load->table->count;

	if (count == SNOWFLAKE_NAME_PARTS)
	{
		str_append_cstr(out, "GRANT USAGE ON DATABASE ");
		snowflake_append_name_parts(out, load->table, 1);
		append_to_role(load);
	}
	if (count > 1)
	{
		str_append_cstr(out, "GRANT USAGE ON SCHEMA ");
		snowflake_append_name_parts(out, load->table, count - 1);
		append_to_role(load);
	}
	if (count < SNOWFLAKE_NAME_PARTS)
		str_appendf(out, "-- The role needs USAGE on the %s, too, which snowflake_table does not name.\n",
					count == 1 ? "database and on the schema" : "database");
}

/* What COPY reads and writes with; rows can be added, not changed. */
static void
append_loading_grants(const SnowflakeLoad *load)
{
	append_grant(load, "INSERT ON TABLE", "", true);
	append_grant(load, "USAGE ON FILE FORMAT", "_FORMAT", false);
	if (load->url != NULL)
		append_grant(load, "USAGE ON STAGE", "_STAGE", false);
}

static void
append_mode_grants(const SnowflakeLoad *load)
{
	switch (load->mode)
	{
		case SNOWFLAKE_AUTO_INGEST:
			str_append_cstr(load->out, "-- To ask how far the pipe is:\n");
			append_grant(load, "MONITOR ON PIPE", "_PIPE", false);
			break;
		case SNOWFLAKE_REST:
			str_append_cstr(
				load->out,
				"-- To tell the pipe of files (OPERATE), and to ask what became of them (MONITOR):\n");
			append_grant(load, "OPERATE, MONITOR ON PIPE", "_PIPE", false);
			str_append_cstr(load->out,
							"-- What Snowflake asks of a role that tells a pipe of files, although "
							"the pipe loads with its owner's rights:\n");
			append_loading_grants(load);
			break;
		case SNOWFLAKE_COPY:
			str_append_cstr(load->out, "-- To load by COPY:\n");
			append_loading_grants(load);
			break;
	}
	if (load->url == NULL)
	{
		str_append_cstr(load->out, "-- To upload files to the stage, and to read them there:\n");
		append_grant(load, "READ ON STAGE", "_STAGE", false);
		append_grant(load, "WRITE ON STAGE", "_STAGE", false);
	}
}

void
snowflake_append_grants(const SnowflakeLoad *load)
{
	str_append_cstr(load->out, "-- To reach the objects:\n");
	append_container_grants(load);
	append_mode_grants(load);
	str_append_cstr(load->out,
					"-- To compare what was loaded with what was written, and to read the load history:\n");
	append_grant(load, "SELECT ON TABLE", "", true);
	if (load->metadata)
		append_grant(load, "SELECT ON VIEW", "_DEDUP", true);
	str_append_char(load->out, '\n');
}
