/*
 * fold.h: computing at plan time what is constant.
 *
 * The idea: the executor's Evaluator, passed down in PlanContext, computes a function of constants as a
 * one-row batch. Only immutable functions are folded; what fails (1/0) is left for run time, where a guard
 * may still keep it from being reached. AND, OR, NOT, CASE and COALESCE are simplified without the Evaluator.
 */
#ifndef WEIR_PLANNER_FOLD_H
#define WEIR_PLANNER_FOLD_H

#include "planner/expr_build.h"
#include "planner/plan_context.h"

/* An equivalent expression; the same one when nothing could be done. */
extern Expr *fold_expr(const PlanContext *context, Expr *expr);

#endif
