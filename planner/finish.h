/*
 * finish.h: from an analysed query to a tree that can be narrowed.
 */
#ifndef WEIR_PLANNER_FINISH_H
#define WEIR_PLANNER_FINISH_H

#include "planner/analyze.h"
#include "planner/narrow.h"
#include "planner/nodes.h"

/* The projection as a node, unless its node already has just these columns; unknown literals become text. */
extern PlanNode *finish_projection(Arena *arena, const Projection *projection);
/* Filters pushed down, expressions folded once more. */
extern PlanNode *finish_tree(const PlanContext *context, PlanNode *root);

#endif
