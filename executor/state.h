/*
 * state.h: how the state of a job's aggregates is held (its functions are in pipeline.h).
 *
 * The idea: sink, then bucket (the top eight bits of the key hash), then pane, in order of its start. One
 * bucket is worked on by one thread at a time, and nothing is shared between buckets but the count of bytes;
 * so there are no locks. state_reduce.c folds and emits, state.c keeps, reports and restores.
 */
#ifndef WEIR_EXECUTOR_STATE_H
#define WEIR_EXECUTOR_STATE_H

#include "executor/state_spill.h"

enum
{
	/* Smaller panes stay. */
	SPILL_LEAST = 4096,
	/* Every unit is written whole once in so many reports, so that old packs can go. */
	WHOLE_EVERY = 20
};

/* Invariant: panes are in ascending order of pane; gone are panes that were reported and are closed now. */
typedef struct BucketState
{
	PaneState **panes;
	size_t count, capacity;
	int64_t *gone;
	size_t gone_count, gone_capacity;
	int64_t *closed; /* by the last reduce; the same pane may come several times */
	size_t closed_count, closed_capacity;
	uint32_t reports;
	size_t bytes; /* as last added to JobState.bytes */
} BucketState;

typedef struct SinkState
{
	const PlanNode *node; /* the aggregate; NULL: the sink has no state */
	GroupsLayout layout;
	BucketState *buckets; /* [STATE_BUCKETS] */
} SinkState;

struct JobState
{
	const JobPlan *plan;
	const Settings *settings;
	Arena arena;
	SinkState *sinks;
	SpillFile spill;
	size_t spill_above; /* bytes */
	size_t spill_least; /* bytes of a pane */
	atomic_size_t bytes;
};

/* The place of the first pane that does not start before the given one. */
extern size_t bucket_state_place(const BucketState *bucket, int64_t pane);
/* The pane; NULL if it has no state, or a new one. */
extern PaneState *bucket_state_find(const BucketState *bucket, int64_t pane);
extern PaneState *bucket_state_find_or_add(BucketState *bucket, const GroupsLayout *layout, int64_t pane);
/* Drops the first count panes, and notes those that were reported. */
extern void bucket_state_drop_first(JobState *state, BucketState *bucket, size_t count);
/* When nothing more is to be done with the bucket: counts its bytes, and spills it if the state is too large.
 */
extern bool bucket_state_settle(JobState *state, BucketState *bucket, Error *err) WARN_UNUSED;

#endif
