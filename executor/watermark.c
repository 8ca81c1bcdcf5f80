/*
 * watermark.c: the watermark rules; see watermark.h.
 */
#include "executor/watermark.h"

int64_t
watermark_less_delay(int64_t time, int64_t delay)
{
	/* The smallest value means "none", so the least watermark is one above it. */
	if (time == WATERMARK_NONE || time < INT64_MIN + 1 + delay)
		return time == WATERMARK_NONE ? WATERMARK_NONE : INT64_MIN + 1;
	return time - delay;
}

WatermarkResult
watermark_at_cut(int64_t previous, int64_t delay, const PartitionTime *partitions, int32_t count,
				 int64_t advance_to)
{
	WatermarkResult result = {.watermark = INT64_MAX, .holder = -1};

	for (int32_t p = 0; p < count; p++)
	{
		int64_t w = watermark_less_delay(partitions[p].max_time, delay);

		/* The first partition without any time holds W where it is. */
		if (!partitions[p].idle && (w < result.watermark || result.holder < 0))
			result = (WatermarkResult){.watermark = w, .holder = p};
	}
	if (result.holder < 0)
		result.watermark = advance_to;
	if (result.watermark < previous)
		result.watermark = previous;
	return result;
}

int64_t
watermark_at_end(int64_t previous, int64_t delay, const PartitionTime *partitions, int32_t count)
{
	int64_t least = INT64_MAX;

	for (int32_t p = 0; p < count; p++)
		if (partitions[p].max_time != WATERMARK_NONE)
			least = Min(least, watermark_less_delay(partitions[p].max_time, delay));
	return least == INT64_MAX ? previous : Max(previous, least);
}

bool
watermark_is_idle(int64_t end_since, int64_t now, int64_t idle_timeout)
{
	return idle_timeout > 0 && end_since >= 0 && now - end_since >= idle_timeout;
}
