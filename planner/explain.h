/*
 * explain.h: plans as text, in the shape of PostgreSQL's EXPLAIN.
 *
 * The idea: one line per node with "->" and indentation, properties below it under PostgreSQL's key names,
 * and what a stream adds (event time, watermark, window, delivery). The text is stable: nothing in it depends
 * on the moment.
 */
#ifndef WEIR_PLANNER_EXPLAIN_H
#define WEIR_PLANNER_EXPLAIN_H

#include "parser/tree.h"
#include "planner/plan.h"
#include "planner/plan_context.h"

typedef struct ExplainOptions
{
	bool analyze;
	bool verbose;
	bool costs;    /* no cost is estimated: accepted, and without effect on the text */
	bool settings; /* list the settings that were changed */
} ExplainOptions;

/* False: 42601 for an unknown option, 0A000 for ANALYZE and for a FORMAT other than TEXT, with position. */
extern bool explain_read_options(const SyntaxList *items, ExplainOptions *out, Error *err) WARN_UNUSED;

/* Lines end in '\n'. */
extern void explain_query(const PlanContext *context, const QueryPlan *plan, const ExplainOptions *options,
						  StrBuf *out);
extern void explain_job(const PlanContext *context, const JobPlan *plan, const ExplainOptions *options,
						StrBuf *out);

#endif
