/*
 * aggregate_interval.c: sum and avg of interval.
 *
 * Months, days and microseconds are summed apart, in wider integers, and checked against the type's range
 * when the result is emitted, so the result does not depend on the order of rows.
 */
#include "executor/aggregate.h"

#include "common/types/interval.h"

typedef struct IntervalSum
{
	int128 micros;
	int64_t days;
	int64_t months;
	uint64_t count;
} IntervalSum;

static inline void
add_value(IntervalSum *state, const Interval *value)
{
	state->micros += value->micros;
	state->days += value->days;
	state->months += value->months;
	state->count++;
}

static void
sum_update(void *states, const AggregateInput *in)
{
	const Interval *values = COLUMN_DATA(in->arg, Interval);

	AGGREGATE_FOR_ROWS(in, i, add_value((IntervalSum *)states + in->groups[i], &values[i]));
}

static void
sum_merge(void *to_state, const void *from_state, Arena *arena UNUSED)
{
	IntervalSum *to = to_state;
	const IntervalSum *from = from_state;

	to->micros += from->micros;
	to->days += from->days;
	to->months += from->months;
	to->count += from->count;
}

static bool
sum_result(const IntervalSum *state, Interval *out, bool *isnull, Arena *arena UNUSED, Error *err)
{
	*isnull = state->count == 0;
	*out = (Interval){
		.micros = (int64_t)state->micros, .days = (int32_t)state->days, .months = (int32_t)state->months};
	if (out->micros != state->micros || out->days != state->days || out->months != state->months)
		return error_set(err, SQLSTATE_DATETIME_FIELD_OVERFLOW, NO_POSITION, "interval out of range");
	return true;
}

static bool
average_result(const IntervalSum *state, Interval *out, bool *isnull, Arena *arena, Error *err)
{
	Interval sum;

	if (!sum_result(state, &sum, isnull, arena, err))
		return false;
	return *isnull || interval_divide(sum, (double)state->count, out, err);
}

AGGREGATE_EMIT(emit_sum, IntervalSum, Interval, sum_result)
AGGREGATE_EMIT(emit_average, IntervalSum, Interval, average_result)

static void
sum_write(const void *state, StrBuf *out)
{
	const IntervalSum *sum = state;

	bytes_put_varint(out, sum->count);
	bytes_put_signed(out, sum->months);
	bytes_put_signed(out, sum->days);
	bytes_put_signed(out, sum->micros);
}

static void
sum_read(ByteReader *in, void *state, Arena *arena UNUSED)
{
	IntervalSum *sum = state;

	sum->count = bytes_get_varint(in);
	sum->months = bytes_get_ranged(in, INT64_MIN, INT64_MAX);
	sum->days = bytes_get_ranged(in, INT64_MIN, INT64_MAX);
	sum->micros = bytes_get_signed(in);
}

#define INTERVAL_CLASS(symbol, text, emit_function) \
	const AggregateClass symbol = {                 \
		.name = text,                               \
		.state_size = sizeof(IntervalSum),          \
		.update = sum_update,                       \
		.merge = sum_merge,                         \
		.emit = emit_function,                      \
		.write = sum_write,                         \
		.read = sum_read,                           \
	};

INTERVAL_CLASS(aggregate_sum_interval, "sum(interval)", emit_sum)
INTERVAL_CLASS(aggregate_avg_interval, "avg(interval)", emit_average)
