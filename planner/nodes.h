/*
 * nodes.h: making plan nodes and asking simple questions of them.
 */
#ifndef WEIR_PLANNER_NODES_H
#define WEIR_PLANNER_NODES_H

#include "planner/expr_build.h"
#include "planner/plan.h"

/* A zeroed node with room for its columns. */
extern PlanNode *node_new(Arena *arena, NodeKind kind, PlanNode *input, uint32_t column_count);
/* A filter over input; input itself when condition is NULL. */
extern PlanNode *node_filter(Arena *arena, PlanNode *input, Expr *condition);
extern PlanNode *node_project(Arena *arena, PlanNode *input, uint32_t count, Expr *const *exprs,
							  const char *const *names);
/* A scan of all declared columns, to be narrowed later. */
extern PlanNode *node_wide_scan(Arena *arena, const StreamDef *stream);
extern PlanNode *node_table(Arena *arena, const StreamDef *table);
/* One row without columns: SELECT without FROM. */
extern PlanNode *node_one_row(Arena *arena);

/* The inputs: one, or those of APPEND. */
extern int node_input_count(const PlanNode *node);
extern PlanNode *node_input(const PlanNode *node, int i);

/* The first stream that is read below, or NULL when the node is bounded. */
extern const StreamDef *node_stream(const PlanNode *node);
/* The column that carries the stream's event time unchanged, or -1. */
extern int node_time_column(const PlanNode *node);
/* The first aggregate below and including the node, or NULL. */
extern const PlanNode *node_aggregate(const PlanNode *node);
extern int node_count_kind(const PlanNode *node, NodeKind kind);

#endif
