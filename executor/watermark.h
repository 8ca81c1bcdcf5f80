/*
 * watermark.h: the rules by which a stream's watermark moves at a cut.
 *
 * The idea: W of a stream is the minimum, over the partitions that may still bring older rows, of their
 * greatest event time less the delay, and it never goes back. A partition leaves the minimum only when it is
 * known to have nothing unread: in batch when it is finished, in streaming when it has been at its end for
 * the idle timeout. So no row is ever late because partitions are read at different speeds. Pure functions:
 * no clock is read here.
 */
#ifndef WEIR_EXECUTOR_WATERMARK_H
#define WEIR_EXECUTOR_WATERMARK_H

#include "common/base.h"

/* No watermark yet; a partition without event time. */
#define WATERMARK_NONE INT64_MIN

typedef struct PartitionTime
{
	int64_t max_time; /* greatest event time ever decoded; WATERMARK_NONE = none */
	bool idle;        /* leaves the minimum: finished (batch), or at its end for long enough (streaming) */
} PartitionTime;

typedef struct WatermarkResult
{
	int64_t watermark;
	int32_t holder; /* the partition that decides it; -1 when none does */
} WatermarkResult;

/*
 * W at a cut of a stream that declares the given delay. When every partition is idle W stays, unless
 * advance_to (now less the delay, for idle_advance; WATERMARK_NONE = off) is greater.
 */
extern WatermarkResult watermark_at_cut(int64_t previous, int64_t delay, const PartitionTime *partitions,
										int32_t count, int64_t advance_to);

/*
 * What a finished batch records: the minimum over all partitions that had rows, since none of them is ahead
 * of what was read. Never less than previous.
 */
extern int64_t watermark_at_end(int64_t previous, int64_t delay, const PartitionTime *partitions,
								int32_t count);

/* Whether a partition that came to its end at end_since (monotonic microseconds; -1 = it is not there) is
 * idle. */
extern bool watermark_is_idle(int64_t end_since, int64_t now, int64_t idle_timeout);

/* time - delay, without wrapping. */
extern int64_t watermark_less_delay(int64_t time, int64_t delay);

#endif
