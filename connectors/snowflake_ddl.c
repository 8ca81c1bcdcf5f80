/*
 * snowflake_ddl.c: the statements of a job's tables in their order (contract in snowflake_ddl.h).
 */
#include "connectors/snowflake_ddl.h"

#include "connectors/snowflake_account.h"
#include "connectors/snowflake_load.h"

static void
append_title(StrBuf *out, const char *what)
{
	str_append_cstr(out, "-- Snowflake objects for ");
	snowflake_append_safe(out, what);
	str_append_cstr(out, "\n\n");
}

static void
append_load(const SnowflakeLoad *load)
{
	append_title(load->out, load->what);
	snowflake_append_format(load);
	snowflake_append_stage(load);
	snowflake_append_table_statements(load);
	snowflake_append_loading(load);
	snowflake_append_task(load);
	snowflake_append_grants(load);
	snowflake_append_earlier(load);
	snowflake_append_reconciliation(load);
}

static bool
append_all(const SnowflakeLoads *loads, Error *err)
{
	if (loads->count == 0)
		return true;
	append_title(loads->out, arena_printf(loads->arena, "job %s", loads->job_name));
	if (!snowflake_append_account(loads->items, loads->count, err))
		return false;
	for (int i = 0; i < loads->count; i++)
		append_load(&loads->items[i]);
	while (loads->out->len > 1 && loads->out->data[loads->out->len - 2] == '\n')
		loads->out->data[--loads->out->len] = '\0'; /* blank lines are between statements only */
	return true;
}

bool
snowflake_ddl(const JobPlan *plan, const char *job_name, const SnowflakeSinkState *states, Arena *arena,
			  StrBuf *out, int *count, Error *err)
{
	SnowflakeLoads loads;
	bool ok = snowflake_loads_make(plan, job_name, states, arena, out, &loads, err) &&
			  snowflake_loads_check(&loads, err) && append_all(&loads, err);

	*count = loads.sink_count;
	snowflake_loads_free(&loads);
	return ok;
}
