/*
 * aggregate.h: the interface that every aggregate function implements.
 *
 * The idea: an aggregate's states lie in one array, indexed by a dense group number. update() takes a batch:
 * one tight loop over rows, no call per row. merge() joins partial states of workers and epochs, emit() makes
 * the results of many groups, write() and read() carry a state through a restart.
 *
 * Rules:
 * - All zero bytes are the state of no rows.
 * - update() is given only rows whose argument is not NULL (and for which FILTER is true).
 * - Results don't depend on the order of rows, partitions or merges, save that
 *   - of an ordered class, whose result depends on the order of rows, states are kept per partition, fed in
 * offset order, and merged in partition order when the group is emitted;
 *   - where equal values print differently, a tie goes to the last row of the highest partition.
 * - What a state points to is copied into the arena passed to update, merge or read; nothing is borrowed.
 * - Bytes: equal states give equal bytes; write() and read() of a release go together by the format's
 * version.
 */
#ifndef WEIR_EXECUTOR_AGGREGATE_H
#define WEIR_EXECUTOR_AGGREGATE_H

#include "executor/value_bytes.h"
#include "executor/batch.h"
#include "planner/functions.h"

typedef struct AggregateInput
{
	uint32_t n;
	const uint64_t *rows;   /* the rows that count; NULL = all n */
	const uint32_t *groups; /* per row: the number of its state */
	const Column *arg;      /* NULL when there is none */
	int32_t partition;      /* of the rows */
	Arena *arena;
} AggregateInput;

typedef struct AggregateOutput
{
	uint32_t n;
	const uint32_t *groups; /* the states' numbers */
	Column *out;            /* of the result type, without NULLs so far */
	uint32_t first;         /* result i goes to row first + i */
	uint64_t *failed;       /* bits of rows (not of i) whose result can't be given */
	Arena *arena;
	Error *err; /* NULL, or says why (n is 1 then) */
} AggregateOutput;

typedef struct AggregateClass
{
	const char *name; /* in state files: fixed for ever */
	size_t state_size;
	bool ordered;
	void (*update)(void *states, const AggregateInput *in);
	/* Adds from to to; of an ordered class, from's rows come after those of to. */
	void (*merge)(void *to, const void *from, Arena *arena);
	void (*emit)(const void *states, const AggregateOutput *out);
	void (*write)(const void *state, StrBuf *out);
	void (*read)(ByteReader *in, void *state, Arena *arena); /* state is zero; checked by in->broken */
} AggregateClass;

/* The class of a function of aggregate_list.h. */
extern const AggregateClass *aggregate_class(AggregateId id);

#define AGGREGATE(id, name, result, args, class_symbol) extern const AggregateClass class_symbol;
#include "planner/aggregate_list.h"
#undef AGGREGATE

/* ---- for the classes ---- */

/* How many groups ahead states are asked for: groups of a bucket lie anywhere. */
enum
{
	AGGREGATE_PREFETCH = 12
};

/* Runs the statement for every row i that counts. */
#define AGGREGATE_FOR_ROWS(in, i, statement)                                                      \
	do                                                                                            \
	{                                                                                             \
		if ((in)->rows == NULL)                                                                   \
			for (uint32_t i = 0; i < (in)->n; i++)                                                \
				statement;                                                                        \
		else                                                                                      \
			for (uint32_t aggregate_word = 0; aggregate_word * 64 < (in)->n; aggregate_word++)    \
				for (uint64_t aggregate_bits = (in)->rows[aggregate_word]; aggregate_bits != 0;   \
					 aggregate_bits &= aggregate_bits - 1)                                        \
				{                                                                                 \
					uint32_t i = aggregate_word * 64 + (uint32_t)__builtin_ctzll(aggregate_bits); \
					statement;                                                                    \
				}                                                                                 \
	} while (0)

/*
 * Defines name(states, out): calls result(state, &value, &isnull, arena, err) for each group, which returns
 * false when there is no result to be had.
 */
#define AGGREGATE_EMIT(name, State, T, result)                                                   \
	static void name(const void *states, const AggregateOutput *out)                             \
	{                                                                                            \
		T *values = (T *)out->out->data;                                                         \
		for (uint32_t i = 0; i < out->n; i++)                                                    \
		{                                                                                        \
			const State *state = (const State *)states + out->groups[i];                         \
			T value;                                                                             \
			bool isnull = false;                                                                 \
			if (i + AGGREGATE_PREFETCH < out->n)                                                 \
				__builtin_prefetch((const State *)states + out->groups[i + AGGREGATE_PREFETCH]); \
			memset(&value, 0, sizeof value);                                                     \
			if (unlikely(!result(state, &value, &isnull, out->arena, out->err)))                 \
			{                                                                                    \
				bitmap_set(out->failed, out->first + i);                                         \
				memset(&value, 0, sizeof value);                                                 \
			}                                                                                    \
			values[out->first + i] = value;                                                      \
			if (isnull)                                                                          \
				aggregate_emit_null(out, i);                                                     \
		}                                                                                        \
	}

/* Makes result i NULL. */
extern void aggregate_emit_null(const AggregateOutput *out, uint32_t i);

#endif
