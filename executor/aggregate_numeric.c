/*
 * aggregate_numeric.c: sum and avg of numeric.
 *
 * The idea: nearly always all values of a group have one scale and the sum fits 128 bits: then a row costs an
 * addition. What doesn't fit moves to a Numeric of any size; special values are only noted. The result's
 * scale is the greatest of the values', as in PostgreSQL.
 */
#include "executor/aggregate.h"

#include "common/types/numeric.h"

enum
{
	SEEN_NAN = 1,
	SEEN_INFINITY = 2,
	SEEN_MINUS_INFINITY = 4,
	OVERFLOWED = 8, /* beyond the format's 131072 digits */
	ALL_FLAGS = 15
};

/* The sum of the finite values is sum / 10^dscale + *rest. */
typedef struct NumericSum
{
	int128 sum;
	const Numeric *rest; /* NULL = 0 */
	uint64_t count;      /* of all values */
	int32_t dscale;      /* the greatest of the finite values */
	uint32_t flags;
} NumericSum;

static void
add_rest(NumericSum *state, Numeric value, Arena *arena)
{
	Numeric *rest = ARENA_NEW(arena, Numeric);

	if (state->rest == NULL)
		*rest = numeric_copy(value, arena);
	else if (!numeric_add(*state->rest, value, rest, arena, NULL))
	{
		state->flags |= OVERFLOWED;
		return;
	}
	state->rest = rest;
}

static void
move_to_rest(NumericSum *state, Arena *arena)
{
	if (state->sum != 0)
		add_rest(state, numeric_from_int128(state->sum, state->dscale, arena), arena);
	state->sum = 0;
}

/* coefficient * 10^digits; false if it does not fit (out is as before). */
static bool
scale_up(int128 coefficient, int32_t digits, int128 *out)
{
	int128 scaled = coefficient;

	if (coefficient != 0 && digits != 0 &&
		(digits > NUMERIC_SMALL_DIGITS ||
		 __builtin_mul_overflow(coefficient, (int128)numeric_power_of_10[digits], &scaled)))
		return false;
	*out = scaled;
	return true;
}

static void
raise_scale(NumericSum *state, int32_t dscale, Arena *arena)
{
	if (dscale <= state->dscale)
		return;
	if (!scale_up(state->sum, dscale - state->dscale, &state->sum))
		move_to_rest(state, arena);
	state->dscale = dscale;
}

static void
note_special(NumericSum *state, NumericKind kind)
{
	state->flags |= kind == NUMERIC_NAN             ? SEEN_NAN
					: kind == NUMERIC_PLUS_INFINITY ? SEEN_INFINITY
													: SEEN_MINUS_INFINITY;
}

static void
add_finite(NumericSum *state, Numeric value, Arena *arena)
{
	int128 scaled;

	raise_scale(state, value.dscale, arena);
	if (value.kind == NUMERIC_BIG || !scale_up(value.small, state->dscale - value.dscale, &scaled))
	{
		add_rest(state, value, arena);
		return;
	}
	if (__builtin_add_overflow(state->sum, scaled, &scaled))
	{
		move_to_rest(state, arena);
		add_finite(state, value, arena);
	}
	else
		state->sum = scaled;
}

static NOINLINE void
add_slow(NumericSum *state, const Numeric *value, Arena *arena)
{
	state->count++;
	if (!numeric_is_finite(*value))
		note_special(state, value->kind);
	else
		add_finite(state, *value, arena);
}

static inline void
add_value(NumericSum *state, const Numeric *value, Arena *arena)
{
	int128 sum;

	if (likely(value->kind == NUMERIC_SMALL && value->dscale == state->dscale) &&
		likely(!__builtin_add_overflow(state->sum, value->small, &sum)))
	{
		state->sum = sum;
		state->count++;
	}
	else
		add_slow(state, value, arena);
}

static void
sum_update(void *states, const AggregateInput *in)
{
	const Numeric *values = COLUMN_DATA(in->arg, Numeric);

	AGGREGATE_FOR_ROWS(in, i, add_value((NumericSum *)states + in->groups[i], &values[i], in->arena));
}

/* A sum that is all in state->sum is added like a value; it may exceed what a SMALL holds. */
static void
merge_sum(NumericSum *to, const NumericSum *from, Arena *arena)
{
	int128 scaled;

	raise_scale(to, from->dscale, arena);
	if (scale_up(from->sum, to->dscale - from->dscale, &scaled) &&
		!__builtin_add_overflow(to->sum, scaled, &scaled))
		to->sum = scaled;
	else
		add_rest(to, numeric_from_int128(from->sum, from->dscale, arena), arena);
}

static void
sum_merge(void *to_state, const void *from_state, Arena *arena)
{
	NumericSum *to = to_state;
	const NumericSum *from = from_state;

	to->count += from->count;
	to->flags |= from->flags;
	merge_sum(to, from, arena);
	if (from->rest != NULL)
		add_rest(to, *from->rest, arena);
}

/* The sum of the finite values, with the greatest scale. */
static bool
sum_total(const NumericSum *state, Numeric *out, Arena *arena, Error *err)
{
	Numeric sum = numeric_from_int128(state->sum, state->dscale, arena);

	if (state->flags & OVERFLOWED)
		return error_set(err, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE, NO_POSITION,
						 "value overflows numeric format");
	if (state->rest != NULL)
		return numeric_add(*state->rest, sum, out, arena, err);
	*out = sum;
	return true;
}

/* True if the values' sum (and so their average) is a special value. */
static bool
special_result(const NumericSum *state, Numeric *out)
{
	uint32_t infinities = state->flags & (SEEN_INFINITY | SEEN_MINUS_INFINITY);

	if ((state->flags & SEEN_NAN) || infinities == (SEEN_INFINITY | SEEN_MINUS_INFINITY))
		*out = numeric_special(NUMERIC_NAN);
	else if (infinities == SEEN_INFINITY)
		*out = numeric_special(NUMERIC_PLUS_INFINITY);
	else if (infinities != 0)
		*out = numeric_special(NUMERIC_MINUS_INFINITY);
	else
		return false;
	return true;
}

static bool
sum_result(const NumericSum *state, Numeric *out, bool *isnull, Arena *arena, Error *err)
{
	*isnull = state->count == 0;
	return *isnull || special_result(state, out) || sum_total(state, out, arena, err);
}

static bool
average_result(const NumericSum *state, Numeric *out, bool *isnull, Arena *arena, Error *err)
{
	Numeric total;

	*isnull = state->count == 0;
	if (*isnull || special_result(state, out))
		return true;
	return sum_total(state, &total, arena, err) &&
		   numeric_divide(total, numeric_from_int128((int128)state->count, 0, arena), out, arena, err);
}

AGGREGATE_EMIT(emit_sum, NumericSum, Numeric, sum_result)
AGGREGATE_EMIT(emit_average, NumericSum, Numeric, average_result)

/* The total is written, not its parts, so that equal sums have equal bytes. */
static void
sum_write(const void *state, StrBuf *out)
{
	const NumericSum *sum = state;
	Numeric total = numeric_small(0, 0);
	Arena arena;

	bytes_put_varint(out, sum->count);
	bytes_put_u8(out, (uint8_t)sum->flags);
	bytes_put_varint(out, (uint64_t)sum->dscale);
	arena_init(&arena, "numeric total");
	if (!sum_total(sum, &total, &arena, NULL))
		total = numeric_small(0, sum->dscale); /* the flag says that there is none */
	bytes_put_value(out, TYPE_NUMERIC, &total);
	arena_release(&arena);
}

static void
sum_read(ByteReader *in, void *state, Arena *arena)
{
	NumericSum *sum = state;
	Numeric total;

	sum->count = bytes_get_varint(in);
	sum->flags = bytes_get_u8(in);
	sum->dscale = (int32_t)bytes_get_varint(in);
	bytes_get_value(in, TYPE_NUMERIC, &total, arena);
	if (sum->flags > ALL_FLAGS || !numeric_is_finite(total) || total.dscale != sum->dscale)
		bytes_break(in);
	else if (total.kind == NUMERIC_SMALL)
		sum->sum = total.small;
	else
		add_rest(sum, total, arena);
}

#define NUMERIC_CLASS(symbol, text, emit_function) \
	const AggregateClass symbol = {                \
		.name = text,                              \
		.state_size = sizeof(NumericSum),          \
		.update = sum_update,                      \
		.merge = sum_merge,                        \
		.emit = emit_function,                     \
		.write = sum_write,                        \
		.read = sum_read,                          \
	};

NUMERIC_CLASS(aggregate_sum_numeric, "sum(numeric)", emit_sum)
NUMERIC_CLASS(aggregate_avg_numeric, "avg(numeric)", emit_average)
