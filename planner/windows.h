/*
 * windows.h: event-time windows: TUMBLE in FROM, and which grouping keys are a window.
 *
 * The idea: TUMBLE adds window_start and window_end as expressions of the row's time. Grouping by them, or by
 * date_trunc or date_bin of the event-time column with constant arguments, is a tumbling window of the
 * aggregate; otherwise they are ordinary columns. What can't be append-only on a stream is refused here.
 */
#ifndef WEIR_PLANNER_WINDOWS_H
#define WEIR_PLANNER_WINDOWS_H

#include "planner/analyze.h"

/*
 * The aggregate of node by keys (over its columns). key_columns[k] is set to the output column of key k.
 * clause
 * ("GROUP BY", "DISTINCT" …) and position are for messages. False: 0A000 on a stream where no window is
 * found.
 */
extern bool windows_aggregate(const PlanContext *context, PlanNode *node, const ExprList *keys,
							  AggregateCall *calls, int call_count, const char *clause, int position,
							  int *key_columns, PlanNode **out, Error *err) WARN_UNUSED;

/* "column" or "column - constant interval", as the watermark of a stream. */
extern bool windows_watermark(const PlanContext *context, const Expr *expr, int time_column, int64_t *delay,
							  Error *err) WARN_UNUSED;

#endif
