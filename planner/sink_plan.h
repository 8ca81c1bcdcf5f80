/*
 * sink_plan.h: one CREATE SINK statement to a sink over a tree that is still wide.
 */
#ifndef WEIR_PLANNER_SINK_PLAN_H
#define WEIR_PLANNER_SINK_PLAN_H

#include "planner/catalog.h"
#include "planner/plan.h"
#include "planner/plan_context.h"

/* Everything but index, aggregate and texts, which are set when the job's trees are narrow. */
extern bool sink_plan(const PlanContext *context, const CreateSinkStatement *statement, SinkPlan **out,
					  Error *err) WARN_UNUSED;
/* What is before "://"; "file" for a directory: the name of the store. */
extern StrView sink_location_scheme(const char *location);
/* False (22023) when one location is, or lies in, the other. what: "late_location of sink "x"" and so on. */
extern bool sink_check_locations(const char *a, const char *what_a, const char *b, const char *what_b,
								 int position, Error *err) WARN_UNUSED;

#endif
