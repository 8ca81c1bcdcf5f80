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

/* A place that files are written to, and whose it is: "late_location of sink "x"" and so on. */
typedef struct SinkPlace
{
	const char *location;
	const char *what;
	int position;
	StrView name; /* as the store calls it, without slashes at the end */
	int sink;     /* whose it is, by number; -1 = shared, or the state's */
} SinkPlace;

extern SinkPlace sink_place(const PlanContext *context, const char *location, const char *what, int position);
/* False (22023, at a) when one place is, or lies in, the other. */
extern bool sink_check_places(const SinkPlace *a, const SinkPlace *b, Error *err) WARN_UNUSED;

#endif
