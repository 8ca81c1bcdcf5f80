/*
 * aggregate_integer.c: sum and avg of integer and bigint.
 *
 * The sum is kept in 128 bits, which no number of rows overflows; whether a result fits its type is asked
 * once, when it is emitted, so it does not depend on the order of rows.
 */
#include "executor/aggregate.h"

#include "common/types/integer.h"
#include "common/types/numeric.h"

typedef struct IntegerSum
{
	int128 sum;
	uint64_t count;
} IntegerSum;

static inline void
add_value(IntegerSum *state, int64_t value)
{
	state->sum += value;
	state->count++;
}

static void
update_integer(void *states, const AggregateInput *in)
{
	const int32_t *values = COLUMN_DATA(in->arg, int32_t);

	AGGREGATE_FOR_ROWS(in, i, add_value((IntegerSum *)states + in->groups[i], values[i]));
}

static void
update_bigint(void *states, const AggregateInput *in)
{
	const int64_t *values = COLUMN_DATA(in->arg, int64_t);

	AGGREGATE_FOR_ROWS(in, i, add_value((IntegerSum *)states + in->groups[i], values[i]));
}

static void
sum_merge(void *to, const void *from, Arena *arena UNUSED)
{
	((IntegerSum *)to)->sum += ((const IntegerSum *)from)->sum;
	((IntegerSum *)to)->count += ((const IntegerSum *)from)->count;
}

static void
sum_write(const void *state, StrBuf *out)
{
	bytes_put_varint(out, ((const IntegerSum *)state)->count);
	bytes_put_signed(out, ((const IntegerSum *)state)->sum);
}

static void
sum_read(ByteReader *in, void *state, Arena *arena UNUSED)
{
	((IntegerSum *)state)->count = bytes_get_varint(in);
	((IntegerSum *)state)->sum = bytes_get_signed(in);
}

static bool
sum_to_bigint(const IntegerSum *state, int64_t *out, bool *isnull, Arena *arena UNUSED, Error *err)
{
	*isnull = state->count == 0;
	*out = (int64_t)state->sum;
	return *out == state->sum || bigint_out_of_range(err);
}

static bool
sum_to_numeric(const IntegerSum *state, Numeric *out, bool *isnull, Arena *arena, Error *err UNUSED)
{
	*isnull = state->count == 0;
	*out = numeric_from_int128(state->sum, 0, arena);
	return true;
}

static bool
average(const IntegerSum *state, Numeric *out, bool *isnull, Arena *arena, Error *err)
{
	*isnull = state->count == 0;
	return *isnull || numeric_divide(numeric_from_int128(state->sum, 0, arena),
									 numeric_from_int128((int128)state->count, 0, arena), out, arena, err);
}

AGGREGATE_EMIT(emit_bigint, IntegerSum, int64_t, sum_to_bigint)
AGGREGATE_EMIT(emit_numeric, IntegerSum, Numeric, sum_to_numeric)
AGGREGATE_EMIT(emit_average, IntegerSum, Numeric, average)

#define INTEGER_CLASS(symbol, text, update_function, emit_function) \
	const AggregateClass symbol = {                                 \
		.name = text,                                               \
		.state_size = sizeof(IntegerSum),                           \
		.update = update_function,                                  \
		.merge = sum_merge,                                         \
		.emit = emit_function,                                      \
		.write = sum_write,                                         \
		.read = sum_read,                                           \
	};

INTEGER_CLASS(aggregate_sum_integer, "sum(integer)", update_integer, emit_bigint)
INTEGER_CLASS(aggregate_sum_bigint, "sum(bigint)", update_bigint, emit_numeric)
INTEGER_CLASS(aggregate_avg_integer, "avg(integer)", update_integer, emit_average)
INTEGER_CLASS(aggregate_avg_bigint, "avg(bigint)", update_bigint, emit_average)
