/*
 * failure_point.h: where tests kill the process, or make a call fail, on purpose.
 *
 * The idea: every call that changes something outside the process (store, file, Kafka) is wrapped in a named
 * point of failure_point_list.h: failure_before() ahead of it, failure_after() behind it. The environment
 * variable WEIR_FAILURE_POINT, read once by main, arms one of them:
 *
 *     WEIR_FAILURE_POINT=<name>.before|after[:<n>][:kill|error|full]
 *
 * At the n-th hit (default 1) the process dies by SIGKILL (default), or the call fails with EIO or ENOSPC:
 * "before" without having been made, "after" although it was made, like a lost reply. Unarmed it costs one
 * branch.
 */
#ifndef WEIR_EXECUTOR_FAILURE_POINT_H
#define WEIR_EXECUTOR_FAILURE_POINT_H

#include <stdatomic.h>

#include "common/error.h"

typedef enum FailurePoint
{
#define FAILURE_POINT(name, what) FAIL_##name,
#include "executor/failure_point_list.h"
#undef FAILURE_POINT
	FAILURE_POINT_COUNT
} FailurePoint;

typedef enum FailureAction
{
	FAILURE_KILL,
	FAILURE_ERROR,
	FAILURE_FULL
} FailureAction;

/* Zero-initialised: nothing is armed. A NULL FailurePoints is allowed everywhere. */
typedef struct FailurePoints
{
	bool armed;
	bool after;
	FailurePoint point;
	FailureAction action;
	atomic_int remaining; /* hits until it strikes */
} FailurePoints;

/* Arms points from the variable's text (NULL or empty: nothing). False: the text names no such point. */
extern bool failure_points_parse(FailurePoints *points, const char *text, Error *err) WARN_UNUSED;
extern const char *failure_point_name(FailurePoint point);

extern int failure_strike(FailurePoints *points);

/* 0, or the -errno that the wrapped call must be made to fail with. */
static inline int
failure_before(FailurePoints *points, FailurePoint point)
{
	assert((unsigned)point < FAILURE_POINT_COUNT);
	if (likely(points == NULL || !points->armed || points->after || points->point != point))
		return 0;
	return failure_strike(points);
}

static inline int
failure_after(FailurePoints *points, FailurePoint point)
{
	assert((unsigned)point < FAILURE_POINT_COUNT);
	if (likely(points == NULL || !points->armed || !points->after || points->point != point))
		return 0;
	return failure_strike(points);
}

#endif
