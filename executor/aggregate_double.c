/*
 * aggregate_double.c: sum and avg of double precision.
 *
 * Rounding makes both depend on the order of rows, so they are ordered classes. Finite values whose sum is
 * not finite are an overflow, which PostgreSQL reports at the row and Weir for the group. avg keeps the sum
 * of squared differences too, as PostgreSQL 15 does (Youngs and Cramer), only because its overflow is an
 * error there.
 */
#include "executor/aggregate.h"

#include <math.h>

#include "common/types/float.h"

typedef struct DoubleSum
{
	double sum;
	bool any;
	bool overflow;
} DoubleSum;

static inline void
sum_add(DoubleSum *state, double value)
{
	double sum = state->any ? state->sum + value : value; /* 0 + -0 would lose the sign */

	if (unlikely(isinf(sum)) && !isinf(value) && !isinf(state->sum))
		state->overflow = true;
	state->sum = sum;
	state->any = true;
}

static void
sum_update(void *states, const AggregateInput *in)
{
	const double *values = COLUMN_DATA(in->arg, double);

	AGGREGATE_FOR_ROWS(in, i, sum_add((DoubleSum *)states + in->groups[i], values[i]));
}

static void
sum_merge(void *to, const void *from_state, Arena *arena UNUSED)
{
	const DoubleSum *from = from_state;

	if (from->any)
		sum_add(to, from->sum);
	((DoubleSum *)to)->overflow |= from->overflow;
}

static bool
sum_result(const DoubleSum *state, double *out, bool *isnull, Arena *arena UNUSED, Error *err)
{
	*isnull = !state->any;
	*out = state->sum;
	return !state->overflow || double_overflow(err);
}

AGGREGATE_EMIT(sum_emit, DoubleSum, double, sum_result)

static void
sum_write(const void *state, StrBuf *out)
{
	const DoubleSum *sum = state;

	bytes_put_u8(out, (uint8_t)(sum->any | sum->overflow << 1));
	bytes_put_double(out, sum->sum);
}

static void
sum_read(ByteReader *in, void *state, Arena *arena UNUSED)
{
	uint8_t flags = bytes_get_u8(in);

	*(DoubleSum *)state =
		(DoubleSum){.any = flags & 1, .overflow = flags >> 1 & 1, .sum = bytes_get_double(in)};
}

const AggregateClass aggregate_sum_double = {
	.name = "sum(double precision)",
	.state_size = sizeof(DoubleSum),
	.ordered = true,
	.update = sum_update,
	.merge = sum_merge,
	.emit = sum_emit,
	.write = sum_write,
	.read = sum_read,
};

typedef struct DoubleAverage
{
	uint64_t count;
	double sum;
	double squares; /* sum of squared differences from the mean; NaN once a value is not finite */
	bool overflow;
} DoubleAverage;

static inline void
average_add(DoubleAverage *state, double value)
{
	double before = state->sum;
	double n = (double)(state->count + 1);
	double difference;

	state->sum += value;
	if (state->count++ == 0)
	{
		state->squares = isfinite(value) ? 0 : (double)NAN;
		return;
	}
	difference = value * n - state->sum;
	state->squares += difference * difference / (n * (n - 1));
	if (likely(!isinf(state->sum) && !isinf(state->squares)))
		return;
	if (!isinf(before) && !isinf(value))
		state->overflow = true;
	state->squares = (double)NAN;
}

static void
average_update(void *states, const AggregateInput *in)
{
	const double *values = COLUMN_DATA(in->arg, double);

	AGGREGATE_FOR_ROWS(in, i, average_add((DoubleAverage *)states + in->groups[i], values[i]));
}

static void
average_merge(void *to_state, const void *from_state, Arena *arena UNUSED)
{
	DoubleAverage *to = to_state;
	DoubleAverage from = *(const DoubleAverage *)from_state;
	double n1 = (double)to->count, n2 = (double)from.count;
	DoubleAverage both = {.count = to->count + from.count, .sum = to->sum + from.sum};
	double difference = to->sum / n1 - from.sum / n2;

	if (to->count == 0 || from.count == 0)
	{
		if (to->count == 0)
			*to = from;
		return;
	}
	both.squares = to->squares + from.squares + n1 * n2 * difference * difference / (n1 + n2);
	both.overflow = to->overflow || from.overflow ||
					(isinf(both.sum) && !isinf(to->sum) && !isinf(from.sum)) ||
					(isinf(both.squares) && !isinf(to->squares) && !isinf(from.squares));
	*to = both;
}

static bool
average_result(const DoubleAverage *state, double *out, bool *isnull, Arena *arena UNUSED, Error *err)
{
	*isnull = state->count == 0;
	if (*isnull)
		return true;
	*out = state->sum / (double)state->count;
	return !state->overflow || double_overflow(err);
}

AGGREGATE_EMIT(average_emit, DoubleAverage, double, average_result)

static void
average_write(const void *state, StrBuf *out)
{
	const DoubleAverage *average = state;

	bytes_put_varint(out, average->count);
	bytes_put_u8(out, average->overflow);
	bytes_put_double(out, average->sum);
	bytes_put_double(out, average->squares);
}

static void
average_read(ByteReader *in, void *state, Arena *arena UNUSED)
{
	DoubleAverage *average = state;

	average->count = bytes_get_varint(in);
	average->overflow = bytes_get_u8(in) != 0;
	average->sum = bytes_get_double(in);
	average->squares = bytes_get_double(in);
}

const AggregateClass aggregate_avg_double = {
	.name = "avg(double precision)",
	.state_size = sizeof(DoubleAverage),
	.ordered = true,
	.update = average_update,
	.merge = average_merge,
	.emit = average_emit,
	.write = average_write,
	.read = average_read,
};
