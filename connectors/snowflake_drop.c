/*
 * snowflake_drop.c: dropping what loads a sink's rows (contracts in snowflake_load.h and snowflake_ddl.h).
 *
 * The idea: tables have rows and are never dropped here; format, stage, pipe and task have none, and are made
 * anew by the statements that made them.
 */
#include "connectors/snowflake_load.h"

static void
append_drop(const SnowflakeLoad *load, const char *kind, const char *suffix)
{
	str_appendf(load->out, "DROP %s IF EXISTS ", kind);
	snowflake_append_object(load, suffix);
	str_append_cstr(load->out, ";\n");
}

/* What uses another comes first. */
static void
append_drops(const SnowflakeLoad *load)
{
	if (options_find(&load->sink->options, "snowflake_task_minutes") != NULL)
		append_drop(load, "TASK", "_TASK");
	if (load->mode != SNOWFLAKE_COPY)
		append_drop(load, "PIPE", "_PIPE");
	append_drop(load, "STAGE", "_STAGE");
	append_drop(load, "FILE FORMAT", "_FORMAT");
}

/* Of revisions up to one; out instead of the load's own. */
static void
append_revisions(const SnowflakeLoad *load, int last, StrBuf *out)
{
	for (int revision = 1; revision <= last; revision++)
	{
		SnowflakeLoad each = *load;

		each.out = out;
		snowflake_load_revise(&each, revision);
		append_drops(&each);
	}
}

void
snowflake_append_earlier(const SnowflakeLoad *load)
{
	StrBuf text = {0};

	if (load->kind != OUTPUT_DATA || load->revision == 1)
		return;
	str_appendf(load->out,
				"-- The objects of %s stay, for what was written with them. When all of it is loaded\n"
				"-- (weir verify --snowflake says so), they can go:\n",
				load->revision == 2 ? "revision 1" : "earlier revisions");
	append_revisions(load, load->revision - 1, &text);
	snowflake_append_commented(load->out, str_view(&text));
	str_append_char(load->out, '\n');
	str_free(&text);
}

bool
snowflake_drop_ddl(const JobPlan *plan, const char *job_name, const SnowflakeSinkState *states,
				   const char *sink, Arena *arena, StrBuf *out, Error *err)
{
	SnowflakeLoads loads;
	bool ok = snowflake_loads_make(plan, job_name, states, arena, out, &loads, err);

	for (int i = 0; ok && i < loads.count; i++)
		if (loads.items[i].kind == OUTPUT_DATA && strcmp(loads.items[i].sink->name, sink) == 0)
			append_revisions(&loads.items[i], loads.items[i].revision, out);
	snowflake_loads_free(&loads);
	return ok;
}
