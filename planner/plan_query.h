/*
 * plan_query.h: from a SELECT or INSERT to a plan.
 *
 * The idea: analysis makes a wide plan, rewrite.h narrows it; the result lives in the context's arena. A
 * SELECT that reads a stream is live: plan_console_job() makes it the one sink of a job, whose rows go to the
 * caller.
 */
#ifndef WEIR_PLANNER_PLAN_QUERY_H
#define WEIR_PLANNER_PLAN_QUERY_H

#include "parser/tree.h"
#include "planner/plan.h"
#include "planner/plan_context.h"

extern bool plan_query(const PlanContext *context, const SelectStatement *query, QueryPlan **out,
					   Error *err) WARN_UNUSED;

/*
 * The job of a live query: one sink named "console" without format and location; its rows are the query's.
 * NULL never; the query must have scans. A LIMIT stays the query's topmost node.
 */
extern JobPlan *plan_console_job(const PlanContext *context, const QueryPlan *query);

/*
 * INSERT INTO stream: rows of the query's columns, which are coerced to the stream's: column i goes to
 * stream->columns[columns[i]]. All COLUMN_FIELD columns are there, in declared order, defaults filled in;
 * then the key and timestamp metadata columns that the statement names.
 */
typedef struct InsertPlan
{
	const StreamDef *stream;
	const QueryPlan *query;
	int column_count;
	int *columns;
} InsertPlan;

extern bool plan_insert(const PlanContext *context, const InsertStatement *insert, InsertPlan **out,
						Error *err) WARN_UNUSED;

#endif
