/*
 * statement_query.c: SELECT: bounded ones over VALUES and tables, live ones over streams.
 *
 * The idea: a bounded result is collected and printed whole, since aligned output needs all widths. A live
 * one is printed as it comes (live.h).
 */
#include "executor/query.h"
#include "planner/plan_query.h"
#include "repl/interrupt.h"
#include "repl/job.h"
#include "repl/live.h"
#include "repl/statement.h"

typedef struct Collect
{
	Result result;
	const TypeContext *types;
} Collect;

static bool
collect_rows(void *context, const Batch *batch)
{
	Collect *collect = context;

	result_add_batch(&collect->result, batch, collect->types);
	return !*interrupt_flag();
}

static bool
select_bounded(StatementRun *run, const QueryPlan *plan, Error *err)
{
	Collect collect = {.types = &run->types};
	RowReceiver receiver = {.context = &collect, .receive = collect_rows};
	bool ok;

	if (!job_replace_tables(run->session, plan->tables, plan->table_count, run->arena, err))
		return false;
	result_init(&collect.result, plan->root->columns, plan->root->column_count);
	ok = query_run(plan, &run->session->settings, &run->types, &system_clock, interrupt_flag(), &receiver,
				   err);
	if (ok && *interrupt_flag())
		ok = error_set(err, SQLSTATE_QUERY_CANCELED, NO_POSITION, "canceling statement due to user request");
	if (ok)
		statement_print(run, &collect.result);
	result_free(&collect.result);
	return ok;
}

static bool
select_live(StatementRun *run, const QueryPlan *plan, Error *err)
{
	Session *session = run->session;
	const JobPlan *job = plan_console_job(&run->plan, plan);
	Live live;
	RowReceiver receiver = {.context = &live, .receive = live_receive};
	bool ok;

	run->of_job = true;
	live_begin(&live, plan->root, &session->print, &run->types, session->out);
	ok = job_execute_query(session, job, session->line->batch ? UNTIL_END : UNTIL_STOPPED, &receiver,
						   &run->types, err);
	live_end(&live, !ok ? LIVE_FAILED : *interrupt_flag() ? LIVE_STOPPED : LIVE_COMPLETE);
	if (session->interactive)
		interrupt_clear();
	return ok;
}

bool
statement_select(StatementRun *run, Error *err)
{
	QueryPlan *plan;

	if (!plan_query(&run->plan, (const SelectStatement *)run->tree, &plan, err))
		return false;
	if (run->session->line->mode != MODE_RUN)
		return true;
	return plan->scan_count > 0 ? select_live(run, plan, err) : select_bounded(run, plan, err);
}
