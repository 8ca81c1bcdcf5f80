/*
 * narrow.h: scans that decode only what is used, shared by all sinks of a job.
 *
 * The idea: first every expression of every tree is looked at, and for each stream it is noted which columns
 * are needed whole and of which jsonb columns only values under constant keys; then one ScanPlan per stream
 * is laid out, all column numbers are rewritten, and conjuncts that every reader of a scan has go into the
 * scan.
 */
#ifndef WEIR_PLANNER_NARROW_H
#define WEIR_PLANNER_NARROW_H

#include "planner/plan.h"
#include "planner/plan_context.h"

typedef struct NarrowedPlan
{
	int scan_count;
	ScanPlan **scans;
	int table_count;
	TablePlan **tables;
} NarrowedPlan;

/* roots are changed in place; roots[i] may be replaced. */
extern NarrowedPlan narrow_plan(const PlanContext *context, PlanNode **roots, int root_count);

#endif
