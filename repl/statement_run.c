/*
 * statement_run.c: RUN: the session's sinks in the foreground.
 */
#include "executor/query.h"
#include "planner/analyze.h"
#include "planner/types.h"
#include "repl/job.h"
#include "repl/statement.h"

/* The constant value of RUN's expression as a type. */
static bool
evaluate_as(StatementRun *run, const SyntaxNode *node, TypeId type, Datum *out, Error *err)
{
	Analyzer analyzer = {.context = &run->plan, .place = "RUN", .err = err};
	Expr *expr = analyze_expr(&analyzer, node);

	if (expr != NULL)
		expr = types_coerce_to(&run->plan, expr, type, "RUN", err);
	if (expr == NULL || !executor_evaluator.evaluate(expr, &run->types, run->arena, out, err))
		return false;
	if (out->isnull)
		return error_set(err, SQLSTATE_NULL_VALUE_NOT_ALLOWED, tree_start(node), "RUN cannot end at NULL");
	return true;
}

static bool
read_deadline(StatementRun *run, const RunStatement *statement, int64_t *deadline, Error *err)
{
	Datum value;

	if (statement->run == RUN_UNTIL_TIME)
	{
		if (!evaluate_as(run, statement->expression, TYPE_TIMESTAMPTZ, &value, err))
			return false;
		*deadline = value.value.i64;
		return true;
	}
	if (!evaluate_as(run, statement->expression, TYPE_INTERVAL, &value, err))
		return false;
	if (value.value.interval.months != 0)
	{
		error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, tree_start(statement->expression),
				  "RUN FOR cannot take an interval with months");
		return error_hint(err, "Months have no fixed length; use days, hours, minutes or seconds.");
	}
	/* what lies beyond all time has no end */
	if (__builtin_mul_overflow((int64_t)value.value.interval.days, MICROS_PER_DAY, deadline) ||
		__builtin_add_overflow(*deadline, value.value.interval.micros, deadline) ||
		__builtin_add_overflow(*deadline, run->types.now, deadline))
		*deadline = value.value.interval.days < 0 || value.value.interval.micros < 0 ? INT64_MIN : INT64_MAX;
	return true;
}

bool
statement_run(StatementRun *run, Error *err)
{
	const RunStatement *statement = (const RunStatement *)run->tree;
	JobUntil until = UNTIL_STOPPED;
	int64_t deadline = INT64_MAX;
	const SinkDef *const *sinks;
	int count;

	if (statement->run == RUN_UNTIL_LATEST)
		until = UNTIL_LATEST;
	else if (statement->run != RUN_FOREVER)
	{
		until = UNTIL_DEADLINE;
		if (!read_deadline(run, statement, &deadline, err))
			return false;
	}
	if (run->session->line->batch)
		until = UNTIL_END;
	sinks = job_collect_sinks(run->session, true, run->arena, &count);
	if (count == 0)
	{
		error_set(err, SQLSTATE_OBJECT_NOT_IN_PREREQUISITE_STATE, run->tree->position,
				  "there is no sink to run");
		return error_hint(err, "Declare one with CREATE SINK.");
	}
	if (run->session->line->mode != MODE_RUN)
		return true;
	run->of_job = true;
	if (!job_execute(run->session, sinks, count, until, deadline, err))
		return false;
	statement_tag(run, "RUN");
	return true;
}
