/*
 * state_summary.h: what a shard's state holds, in numbers, for who is about to end it.
 *
 * The idea: as state_view.h: it is read, not touched. A state that can't be read has a summary, too: why not.
 */
#ifndef WEIR_EXECUTOR_STATE_SUMMARY_H
#define WEIR_EXECUTOR_STATE_SUMMARY_H

#include "executor/state_view.h"

/* What the state knows of a sink beyond the manifest. */
typedef struct StateContent
{
	const char *name;
	uint64_t panes; /* of windows that are open */
	uint64_t bytes;
} StateContent;

/* What a shard would lose. */
typedef struct StateSummary
{
	bool readable; /* else only problem is set */
	const char *problem;
	Manifest newest;   /* seq 0 = the shard never ran */
	size_t sink_count; /* of those with state */
	StateContent *sinks;
	uint64_t manifests;   /* of this life */
	uint64_t unpublished; /* objects */
	uint64_t unloaded;    /* epochs that are out, of which the job may have to load something */
	bool may_run;         /* no lock can tell whether a writer is alive, and it did not say that it left */
} StateSummary;

/* Looks at a shard of an open view; everything is in the arena. False: the store can't be read. */
extern bool state_summary(StateView *view, int shard, Arena *arena, StateSummary *out,
						  Error *err) WARN_UNUSED;
/* Whether no writer can be alive. False: OBJECT_IN_USE. */
extern bool state_summary_check_stopped(const StateSummary *summary, const char *job_name,
										Error *err) WARN_UNUSED;

#endif
