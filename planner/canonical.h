/*
 * canonical.h: texts of a plan that tell when a job has changed.
 *
 * The idea: two plans with equal texts do the same; the texts are hashed into the manifest, and kept there so
 * that a difference can be named. What determines the state of a windowed aggregate is one text; what else
 * determines the output is the other. Names of connectors' hosts and other ways to reach the same data are in
 * neither.
 */
#ifndef WEIR_PLANNER_CANONICAL_H
#define WEIR_PLANNER_CANONICAL_H

#include "planner/plan.h"
#include "planner/plan_context.h"

/* The state of the aggregate: its input, window, keys and calls. */
extern const char *canonical_stateful(const PlanContext *context, const PlanNode *aggregate);
/* Everything else of the sink: what is above the aggregate (or the whole tree), format, place, partitioning.
 */
extern const char *canonical_stateless(const PlanContext *context, const SinkPlan *sink);

#endif
