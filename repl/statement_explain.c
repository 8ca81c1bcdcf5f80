/*
 * statement_explain.c: EXPLAIN of SELECT, INSERT, CREATE SINK and declared sinks.
 */
#include "planner/explain.h"
#include "planner/plan_job.h"
#include "planner/plan_query.h"
#include "repl/statement.h"

/* The text as psql shows a plan: one row per line under the title QUERY PLAN. */
static void
print_plan(const StatementRun *run, StrView text)
{
	static const char *const name = "QUERY PLAN";
	Result result;
	size_t at = 0;

	result_init_text(&result, &name, 1);
	while (at < text.len)
	{
		const char *end = memchr(text.data + at, '\n', text.len - at);
		size_t len = end ? (size_t)(end - text.data) - at : text.len - at;
		const char *line = arena_strndup(run->arena, text.data + at, len);

		result_add_texts(&result, &line);
		at += len + 1;
	}
	statement_print(run, &result);
	result_free(&result);
}

static bool
explain_one_query(StatementRun *run, const SelectStatement *select, const ExplainOptions *options,
				  StrBuf *out, Error *err)
{
	QueryPlan *plan;

	if (!plan_query(&run->plan, select, &plan, err))
		return false;
	explain_query(&run->plan, plan, options, out);
	return true;
}

static bool
explain_insert(StatementRun *run, const InsertStatement *insert, const ExplainOptions *options, StrBuf *out,
			   Error *err)
{
	InsertPlan *plan;

	if (!plan_insert(&run->plan, insert, &plan, err))
		return false;
	str_appendf(out, "Insert on %s\n", plan->stream->name);
	explain_query(&run->plan, plan->query, options, out);
	return true;
}

static bool
explain_sink(StatementRun *run, const SinkReference *reference, const ExplainOptions *options, StrBuf *out,
			 Error *err)
{
	const CatalogObject *object = catalog_require(&run->session->catalog, OBJECT_SINK, reference->name, err);
	const SinkDef *sink;
	JobPlan *plan;

	if (object == NULL)
		return false;
	sink = object->sink;
	if (!plan_job(&run->plan, &sink, 1, &plan, err))
		return false;
	explain_job(&run->plan, plan, options, out);
	return true;
}

bool
statement_explain(StatementRun *run, Error *err)
{
	const ExplainStatement *explain = (const ExplainStatement *)run->tree;
	ExplainOptions options;
	StrBuf text = {0};
	JobPlan *job;
	bool ok = false;

	if (!explain_read_options(&explain->options, &options, err))
		return false;
	if (explain->statement->kind == SYNTAX_SELECT)
		ok = explain_one_query(run, (const SelectStatement *)explain->statement, &options, &text, err);
	else if (explain->statement->kind == SYNTAX_INSERT)
		ok = explain_insert(run, (const InsertStatement *)explain->statement, &options, &text, err);
	else if (explain->statement->kind == SYNTAX_SINK_REFERENCE)
		ok = explain_sink(run, (const SinkReference *)explain->statement, &options, &text, err);
	else if ((ok = plan_sink_statement(&run->plan, (const CreateSinkStatement *)explain->statement, &job,
									   err)))
		explain_job(&run->plan, job, &options, &text);
	if (ok)
		print_plan(run, str_view(&text));
	str_free(&text);
	return ok;
}
