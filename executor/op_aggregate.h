/*
 * op_aggregate.h: the AGGREGATE operator, and what the job's state needs of it.
 *
 * The idea: push computes keys, filters and arguments, finds each row's window, and feeds the worker's
 * scratch: one set of groups for all panes of the epoch. In a pipeline that is all; at the cut the scratch is
 * listed by bucket (aggregate_split) and state.c folds it into the state and emits through the emitting
 * worker's operator. In a bounded query the operator emits its groups itself when the input ends.
 */
#ifndef WEIR_EXECUTOR_OP_AGGREGATE_H
#define WEIR_EXECUTOR_OP_AGGREGATE_H

#include "executor/group_emit.h"

/* The pane of aggregates without window, which ends at infinity. */
#define NO_PANE INT64_MIN

/* What programs are asked for, by place in AggregateOp.program's results; -1 = there is none. */
typedef struct AggregateInputs
{
	int arg;
	int filter;
} AggregateInputs;

/* The rows of one bucket of a scratch are order[start[b] .. start[b + 1]). */
typedef struct AggregateOp
{
	Operator base;
	const PlanNode *node;
	GroupsLayout layout;
	int *scans; /* indexes of the scans that feed it */
	int scan_count;

	Program *program; /* keys, then filters and arguments */
	ResultColumn *names;
	AggregateInputs *inputs; /* per call */
	const Column **keys;

	Groups scratch;
	bool split; /* the scratch was listed, and has been folded by the next push */
	uint32_t *order;
	size_t order_capacity;
	uint32_t start[STATE_BUCKETS + 1];

	/* Of one batch. */
	int64_t *scopes;
	uint64_t *hashes;
	uint32_t *numbers;
	int64_t pane_start; /* the pane of the row before */
	int64_t pane_end;
	int64_t late_until; /* windows that end here or before are closed */

	/* For the worker's turn as emitter. */
	GroupEmitter emitter;
	Groups merged; /* partials of several workers for windows that close at once */
	Groups joined; /* the same, of all partitions */
} AggregateOp;

/* Lists the scratch's groups by bucket. Groups that were listed before, and folded, are dropped first. */
extern void aggregate_split(AggregateOp *op);

/* The window of a moment; false if it would leave the range of timestamps. Aligned to 1970-01-01 plus the
 * offset. */
extern bool aggregate_find_pane(const WindowPlan *window, int64_t time, int64_t *start, int64_t *end);

/* The bucket of a key hash. */
static inline int
aggregate_bucket(uint64_t hash)
{
	return (int)(hash >> 56);
}

/* The end of the pane; INT64_MAX without window. */
static inline int64_t
aggregate_pane_end(const PlanNode *node, int64_t pane)
{
	return node->aggregate.window == NULL ? INT64_MAX : pane + node->aggregate.window->size;
}

/* A result without GROUP BY has its one row even if the input has none. */
static inline bool
aggregate_always_has_row(const PlanNode *node)
{
	return node->aggregate.key_count == 0 && node->aggregate.window == NULL;
}

/* Adds that group; returns its number. */
extern uint32_t aggregate_add_empty_group(const PlanNode *node, Groups *groups);

#endif
