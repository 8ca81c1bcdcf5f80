/*
 * plan_context.h: everything that planning a statement may look at, as one value.
 *
 * The idea: the caller fills it for each statement; planning has no other inputs, so the same context and
 * tree give the same plan. Results live in the arena.
 */
#ifndef WEIR_PLANNER_PLAN_CONTEXT_H
#define WEIR_PLANNER_PLAN_CONTEXT_H

#include "common/error.h"
#include "common/settings.h"
#include "planner/connector.h"
#include "planner/expr.h"

struct Catalog;

typedef struct PlanContext PlanContext;

struct PlanContext
{
	struct Catalog *catalog; /* changed by definitions only */
	const ConnectorSet *connectors;
	const Settings *settings;
	const Evaluator *evaluator; /* NULL: nothing is folded */
	const TypeContext *types;   /* time zone and now of the statement, for literals */
	const char *state_location; /* where a job of this session keeps its state; NULL: nowhere */
	bool batch;                 /* streams are read to their end: unwindowed aggregation is allowed */
	int shards;                 /* processes that the job is divided over; 0 and 1: one */
	StrView source;             /* the text that positions of the tree refer to */
	Arena *arena;
	/* What is worth saying of a statement that is no error; positions are in source. May be NULL. */
	void (*notice)(const PlanContext *context, const char *severity, const Error *what);
	void *notice_context;
};

/* Tells context->notice. */
extern void plan_notice(const PlanContext *context, const char *severity, SqlStateName state, int position,
						const char *fmt, ...) PRINTF_LIKE(5, 6);

#endif
