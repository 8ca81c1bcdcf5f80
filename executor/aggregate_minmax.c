/*
 * aggregate_minmax.c: min and max, one class per C type and direction.
 *
 * A state holds the best value so far and the partition it came from: of equal values that print differently
 * (1.0 and 1.00) the last of the highest partition stays, which for one partition is PostgreSQL's choice.
 * Text has a buffer in the arena that is used again while it is large enough.
 */
#include "executor/aggregate.h"

#include "common/types/float.h"
#include "common/types/interval.h"
#include "common/types/numeric.h"
#include "common/types/text.h"

#define BEST_STATE(State, T) \
	typedef struct State     \
	{                        \
		T value;             \
		int32_t partition;   \
		bool any;            \
	} State;

BEST_STATE(BestInteger, int32_t)
BEST_STATE(BestBigint, int64_t)
BEST_STATE(BestDouble, double)
BEST_STATE(BestNumeric, Numeric)
BEST_STATE(BestInterval, Interval)

typedef struct BestText
{
	Text value;
	uint32_t capacity; /* bytes at value.data, which are this state's own */
	int32_t partition;
	bool any;
} BestText;

#define INTEGER_ORDER(a, b) (((a) > (b)) - ((a) < (b)))
#define KEEP_PLAIN(state, new_value, arena) ((state)->value = (new_value))
#define KEEP_NUMERIC(state, new_value, arena) ((state)->value = numeric_copy((new_value), (arena)))
#define KEEP_TEXT(state, new_value, arena) keep_text((state), (new_value), (arena))

enum
{
	TEXT_FIRST_CAPACITY = 16
};

static void
keep_text(BestText *state, Text value, Arena *arena)
{
	char *data = (char *)state->value.data;

	if (value.len > state->capacity || data == NULL)
	{
		size_t capacity = TEXT_FIRST_CAPACITY;

		while (capacity < value.len)
			capacity *= 2;
		state->capacity = (uint32_t)Min(capacity, UINT32_MAX);
		data = arena_alloc(arena, state->capacity);
	}
	if (value.len > 0)
		memcpy(data, value.data, value.len);
	state->value = text_make(data, value.len);
}

/* direction is 1 for min and -1 for max. */
#define BEST_CLASS(prefix, symbol, State, T, type_id, compare, keep, direction)                          \
	static inline void prefix##_take(State *state, T value, int32_t partition, Arena *arena UNUSED)      \
	{                                                                                                    \
		int order = state->any ? (direction)*compare(value, state->value) : -1;                          \
                                                                                                         \
		if (order > 0 || (order == 0 && partition < state->partition))                                   \
			return;                                                                                      \
		keep(state, value, arena);                                                                       \
		state->partition = partition;                                                                    \
		state->any = true;                                                                               \
	}                                                                                                    \
                                                                                                         \
	static void prefix##_update(void *states, const AggregateInput *in)                                  \
	{                                                                                                    \
		const T *values = COLUMN_DATA(in->arg, T);                                                       \
                                                                                                         \
		AGGREGATE_FOR_ROWS(                                                                              \
			in, i, prefix##_take((State *)states + in->groups[i], values[i], in->partition, in->arena)); \
	}                                                                                                    \
                                                                                                         \
	static void prefix##_merge(void *to, const void *from_state, Arena *arena)                           \
	{                                                                                                    \
		const State *from = from_state;                                                                  \
                                                                                                         \
		if (from->any)                                                                                   \
			prefix##_take(to, from->value, from->partition, arena);                                      \
	}                                                                                                    \
                                                                                                         \
	static bool prefix##_result(const State *state, T *out, bool *isnull, Arena *arena UNUSED,           \
								Error *err UNUSED)                                                       \
	{                                                                                                    \
		*isnull = !state->any;                                                                           \
		*out = state->value;                                                                             \
		return true;                                                                                     \
	}                                                                                                    \
                                                                                                         \
	AGGREGATE_EMIT(prefix##_emit, State, T, prefix##_result)                                             \
                                                                                                         \
	static void prefix##_write(const void *state_bytes, StrBuf *out)                                     \
	{                                                                                                    \
		const State *state = state_bytes;                                                                \
                                                                                                         \
		bytes_put_u8(out, state->any);                                                                   \
		if (!state->any)                                                                                 \
			return;                                                                                      \
		bytes_put_signed(out, state->partition);                                                         \
		bytes_put_value(out, type_id, &state->value);                                                    \
	}                                                                                                    \
                                                                                                         \
	static void prefix##_read(ByteReader *in, void *state, Arena *arena)                                 \
	{                                                                                                    \
		T value;                                                                                         \
		int32_t partition;                                                                               \
                                                                                                         \
		if (bytes_get_u8(in) == 0)                                                                       \
			return;                                                                                      \
		partition = (int32_t)bytes_get_ranged(in, INT32_MIN, INT32_MAX);                                 \
		bytes_get_value(in, type_id, &value, arena);                                                     \
		prefix##_take(state, value, partition, arena);                                                   \
	}                                                                                                    \
                                                                                                         \
	const AggregateClass symbol = {                                                                      \
		.name = #symbol,                                                                                 \
		.state_size = sizeof(State),                                                                     \
		.update = prefix##_update,                                                                       \
		.merge = prefix##_merge,                                                                         \
		.emit = prefix##_emit,                                                                           \
		.write = prefix##_write,                                                                         \
		.read = prefix##_read,                                                                           \
	};

#define MIN_AND_MAX(suffix, State, T, type_id, compare, keep)                             \
	BEST_CLASS(min_##suffix, aggregate_min_##suffix, State, T, type_id, compare, keep, 1) \
	BEST_CLASS(max_##suffix, aggregate_max_##suffix, State, T, type_id, compare, keep, -1)

MIN_AND_MAX(integer, BestInteger, int32_t, TYPE_INTEGER, INTEGER_ORDER, KEEP_PLAIN)
MIN_AND_MAX(bigint, BestBigint, int64_t, TYPE_BIGINT, INTEGER_ORDER, KEEP_PLAIN)
MIN_AND_MAX(double, BestDouble, double, TYPE_DOUBLE, double_compare, KEEP_PLAIN)
MIN_AND_MAX(numeric, BestNumeric, Numeric, TYPE_NUMERIC, numeric_compare, KEEP_NUMERIC)
MIN_AND_MAX(interval, BestInterval, Interval, TYPE_INTERVAL, interval_compare, KEEP_PLAIN)
MIN_AND_MAX(text, BestText, Text, TYPE_TEXT, text_compare, KEEP_TEXT)
