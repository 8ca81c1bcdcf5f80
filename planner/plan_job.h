/*
 * plan_job.h: from the session's sinks to one job.
 *
 * The idea: each sink's query is analysed by itself; then all of them share one scan per stream, which
 * decodes what any of them needs and applies the filters that all of them have.
 */
#ifndef WEIR_PLANNER_PLAN_JOB_H
#define WEIR_PLANNER_PLAN_JOB_H

#include "planner/catalog.h"
#include "planner/plan.h"
#include "planner/plan_context.h"

/* False also when two sinks' locations are equal or nested (22023), or one overlaps settings->state_location.
 */
extern bool plan_job(const PlanContext *context, const SinkDef *const *sinks, int sink_count, JobPlan **out,
					 Error *err) WARN_UNUSED;

/* One sink that is being created: positions of errors are in context->source. */
extern bool plan_sink_statement(const PlanContext *context, const CreateSinkStatement *statement,
								JobPlan **out, Error *err) WARN_UNUSED;

#endif
