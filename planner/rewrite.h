/*
 * rewrite.h: moving filters to where they cost least.
 *
 * The idea: conjuncts travel from the root towards the leaves, through projections by substitution, and stop
 * at what they depend on; equalities between a join's sides become its keys on the way. Nodes are changed in
 * place: a tree that analysis made belongs to one plan.
 */
#ifndef WEIR_PLANNER_REWRITE_H
#define WEIR_PLANNER_REWRITE_H

#include "planner/expr_build.h"
#include "planner/plan.h"

/* The new root. */
extern PlanNode *rewrite_filters(Arena *arena, PlanNode *root);

#endif
