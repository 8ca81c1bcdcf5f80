/*
 * candidates.h: which function, operator or aggregate a name and argument types mean.
 *
 * The idea: PostgreSQL 15's rules (func_match_argtypes, func_select_candidate, binary_oper_exact) over the
 * rows of function_list.h and aggregate_list.h. Arguments are then coerced to what the chosen row takes.
 * Errors are PostgreSQL's: "function f(integer) does not exist", "operator is not unique: unknown + unknown".
 */
#ifndef WEIR_PLANNER_CANDIDATES_H
#define WEIR_PLANNER_CANDIDATES_H

#include "planner/types.h"

/* left NULL: a prefix operator. */
extern Expr *candidates_operator(const PlanContext *context, const char *name, Expr *left, Expr *right,
								 int position, Error *err);

/* A scalar function call; also a call of a type's name as a cast. display is the name as the message shows
 * it. */
extern Expr *candidates_function(const PlanContext *context, const char *name, const char *display,
								 Expr **args, int arg_count, int position, Error *err);

/* Some aggregate has the name. */
extern bool candidates_is_aggregate(const char *name);
/* Chooses an aggregate and coerces args in place. star: count(*). NULL on error. */
extern const AggregateInfo *candidates_aggregate(const PlanContext *context, const char *name, Expr **args,
												 int arg_count, bool star, int position, Error *err);

/* "name(integer, text)", in the context's arena. */
extern const char *candidates_signature(const PlanContext *context, const char *name, Expr *const *args,
										int count);

#endif
