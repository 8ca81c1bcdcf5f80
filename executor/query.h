/*
 * query.h: bounded SELECTs (over VALUES and tables), and the evaluator that the planner folds constants with.
 */
#ifndef WEIR_EXECUTOR_QUERY_H
#define WEIR_EXECUTOR_QUERY_H

#include "executor/pipeline.h"

/* Runs a plan without scans to its end; rows come in order to the receiver. QUERY_CANCELED when stop (NULL =
 * never) is set on the way. */
extern bool query_run(const QueryPlan *plan, const Settings *settings, TypeContext *context,
					  const Clock *clock, const atomic_bool *stop, RowReceiver *receiver,
					  Error *err) WARN_UNUSED;

extern const Evaluator executor_evaluator;

#endif
