/*
 * explain_node.h: plan nodes as lines of EXPLAIN; for explain.c only.
 */
#ifndef WEIR_PLANNER_EXPLAIN_NODE_H
#define WEIR_PLANNER_EXPLAIN_NODE_H

#include "planner/explain.h"

/*
 * The node and all below it. depth 0 is the top line; others begin with "->". Projections and filters show as
 * Output and Filter of the node they belong to, as in PostgreSQL. visible: how many output columns to list.
 */
extern void explain_print_node(const PlanContext *context, const PlanNode *node,
							   const ExplainOptions *options, int depth, uint32_t visible, StrBuf *out);

extern void explain_capitalised(StrView word, StrBuf *out);

#endif
