/*
 * statement_show.c: SHOW, SHOW CREATE, SHOW SNOWFLAKE DDL, DESCRIBE.
 */
#include "common/suggest.h"
#include "planner/plan_job.h"
#include "repl/job.h"
#include "repl/show.h"
#include "repl/snowflake_state.h"
#include "repl/statement.h"

/* A setting; the error names what is nearest of settings and lists. */
static const SettingInfo *
find_shown(const char *name, Error *err)
{
	Suggestion near = suggest_begin(str_from_cstr(name));
	const SettingInfo *info = settings_find(str_from_cstr(name), err);

	for (size_t i = 0; info == NULL && show_name(i) != NULL; i++)
		suggest_offer(&near, show_name(i));
	if (near.best != NULL && err->hint == NULL)
		error_hint(err, "Perhaps you meant SHOW %s.", near.best);
	return info;
}

static bool
show_setting(StatementRun *run, const ShowStatement *show, Error *err)
{
	const SettingInfo *info = find_shown(show->name, err);
	StrBuf value = {0};
	Result result;
	const char *text;

	if (info == NULL)
		return false;
	settings_print(&run->session->settings, info, &value);
	text = str_cstr(&value);
	result_init_text(&result, &info->name, 1);
	result_add_texts(&result, &text);
	statement_print(run, &result);
	result_free(&result);
	str_free(&value);
	return true;
}

bool
statement_show(StatementRun *run, Error *err)
{
	const ShowStatement *show = (const ShowStatement *)run->tree;
	ShowCallback callback = show_find(show->name);
	Result result;

	if (callback == NULL)
		return show_setting(run, show, err);
	if (!callback(run->session, &result, err))
		return false;
	statement_print(run, &result);
	result_free(&result);
	return true;
}

bool
statement_show_create(StatementRun *run, Error *err)
{
	const ShowCreateStatement *show = (const ShowCreateStatement *)run->tree;
	const CatalogObject *object = catalog_require(&run->session->catalog, show->object, show->name, err);
	static const char *const names[] = {"name", "statement"};
	const char *texts[2];
	Result result;

	if (object == NULL)
		return false;
	texts[0] = object->name;
	texts[1] = show_definition(object, run->arena);
	result_init_text(&result, names, 2);
	result_add_texts(&result, texts);
	statement_print(run, &result);
	result_free(&result);
	return true;
}

bool
statement_describe(StatementRun *run, Error *err)
{
	const DescribeStatement *describe = (const DescribeStatement *)run->tree;
	const CatalogObject *object = catalog_require(&run->session->catalog, OBJECT_ANY, describe->name, err);
	Result result;

	if (object == NULL || !show_columns(run->session, object, &result, err))
		return false;
	statement_print(run, &result);
	result_free(&result);
	return true;
}

/* ---- Snowflake ---- */

bool
statement_snowflake_ddl(StatementRun *run, const SinkDef *const *sinks, int sink_count, StrBuf *out,
						Error *err)
{
	SnowflakeSinkState *states;
	const char *job_name;
	JobPlan *plan;
	int count = 0;
	bool ok = plan_job(&run->plan, sinks, sink_count, &plan, err);

	if (ok && sink_count > 0)
		ok = job_name_of(run->session, run->arena, &job_name, err) &&
			 snowflake_state_read(run->session, plan, run->arena, &states, err) &&
			 snowflake_ddl(plan, job_name, states, run->arena, out, &count, err);
	if (ok && count == 0)
	{
		error_set(err, SQLSTATE_OBJECT_NOT_IN_PREREQUISITE_STATE, NO_POSITION,
				  "no sink names a Snowflake table");
		ok = error_hint(err, "Add snowflake_table = '…' to the WITH clause of CREATE SINK.");
	}
	return ok;
}

bool
statement_print_snowflake_ddl(StatementRun *run, const SinkDef *const *sinks, int sink_count, Error *err)
{
	StrBuf text = {0};
	bool ok = statement_snowflake_ddl(run, sinks, sink_count, &text, err);

	if (ok)
		fputs(str_cstr(&text), run->session->out);
	str_free(&text);
	return ok;
}

bool
statement_show_snowflake_ddl(StatementRun *run, Error *err)
{
	const ShowSnowflakeDdlStatement *show = (const ShowSnowflakeDdlStatement *)run->tree;
	const SinkDef *const *sinks;
	const SinkDef *one;
	int count = 1;

	if (show->sink != NULL)
	{
		const CatalogObject *object = catalog_require(&run->session->catalog, OBJECT_SINK, show->sink, err);

		if (object == NULL)
			return false;
		one = object->sink;
		sinks = &one;
	}
	else
		sinks = job_collect_sinks(run->session, true, run->arena, &count);
	return statement_print_snowflake_ddl(run, sinks, count, err);
}
