/*
 * aggregate_count.c: count(*) and count(x). Rows whose x is NULL never get here, so both are the same.
 */
#include "executor/aggregate.h"

static void
count_update(void *states, const AggregateInput *in)
{
	uint64_t *counts = states;

	AGGREGATE_FOR_ROWS(in, i, counts[in->groups[i]]++);
}

static void
count_merge(void *to, const void *from, Arena *arena UNUSED)
{
	*(uint64_t *)to += *(const uint64_t *)from;
}

static bool
count_result(const uint64_t *count, int64_t *out, bool *isnull UNUSED, Arena *arena UNUSED, Error *err UNUSED)
{
	*out = (int64_t)*count;
	return true;
}

AGGREGATE_EMIT(count_emit, uint64_t, int64_t, count_result)

static void
count_write(const void *state, StrBuf *out)
{
	bytes_put_varint(out, *(const uint64_t *)state);
}

static void
count_read(ByteReader *in, void *state, Arena *arena UNUSED)
{
	*(uint64_t *)state = bytes_get_varint(in);
}

const AggregateClass aggregate_count_star = {
	.name = "count(*)",
	.state_size = sizeof(uint64_t),
	.update = count_update,
	.merge = count_merge,
	.emit = count_emit,
	.write = count_write,
	.read = count_read,
};

const AggregateClass aggregate_count = {
	.name = "count",
	.state_size = sizeof(uint64_t),
	.update = count_update,
	.merge = count_merge,
	.emit = count_emit,
	.write = count_write,
	.read = count_read,
};
