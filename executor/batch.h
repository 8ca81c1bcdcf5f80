/*
 * batch.h: rows in columns, the unit in which everything moves.
 *
 * The idea: a Batch is up to BATCH_ROWS rows in dense typed arrays with one validity bitmap per column. A
 * column's arrays are owned by whoever made the batch (decoder, operator, expression program) and are valid
 * until that owner makes its next batch; Text points into a message payload, a constant or the batch's arena.
 *
 * Invariant: every element of data[0..n) is a valid value of the column's type, also where it is NULL (then
 * it is all zero bytes, which is a valid value of every type). So a kernel may compute all rows and never
 * faults.
 */
#ifndef WEIR_EXECUTOR_BATCH_H
#define WEIR_EXECUTOR_BATCH_H

#include "common/arena.h"
#include "common/bitmap.h"
#include "common/types/type.h"

enum
{
	BATCH_ROWS = 2048
};

typedef struct Column
{
	TypeId type;
	bool constant;      /* all n rows hold the value of row 0 (the array is filled all the same) */
	void *data;         /* n elements of the type's ctype */
	uint64_t *validity; /* bit set = not NULL; NULL = no row is NULL */
	uint64_t
		*validity_space; /* BITMAP_WORDS(BATCH_ROWS) words that validity may be pointed at by the owner */
} Column;

/* One record as a source delivers it. Memory belongs to the source until it is released. */
typedef struct Message
{
	const char *key;   /* NULL when absent */
	const char *value; /* NULL = tombstone, or fault */
	size_t key_len;
	size_t value_len;
	int64_t offset;
	int64_t timestamp; /* TIMESTAMP of the record in Weir's microseconds; INT64_MIN when unknown */
	void *native;      /* the source's own handle of this message (headers); may be NULL */
	const char *fault; /* why the source could not read what lies here: the message is dead; NULL = nothing */
} Message;

/*
 * Rows that are still one input message each carry where they came from: all rows of such a batch are of one
 * partition, and row i is messages[message_index[i]]. Emitted rows of a stateful operator have messages ==
 * NULL.
 */
typedef struct Batch
{
	uint32_t n;
	uint32_t column_count;
	Column *columns;
	int32_t stream;    /* index into JobPlan.scans; -1 when not of one stream */
	int32_t partition; /* -1 when not of one partition */
	const Message *messages;
	uint32_t *message_index;
	Arena *arena; /* lives as long as the batch; kernels take variable-length results from here */
} Batch;

/* Typed access to a column's array: COLUMN_DATA(c, int64_t)[row]. */
#define COLUMN_DATA(column, ctype) ((ctype *)(column)->data)

static inline bool
column_is_null(const Column *c, size_t row)
{
	return c->validity != NULL && !bitmap_get(c->validity, row);
}

/* Allocates the arrays for BATCH_ROWS rows (zeroed) from the arena, which must outlive the column. */
extern void column_init(Column *c, TypeId type, Arena *arena);
/* Fills so many rows with one value. */
extern void column_fill_constant(Column *c, const Datum *value, uint32_t rows);
/* The value at a row, borrowed. */
extern Datum column_get(const Column *c, size_t row);
/* Stores a datum (shallow). */
extern void column_set(Column *c, size_t row, const Datum *value);

/* A batch with its own columns of the given types and message_index, all from the arena. */
extern void batch_init(Batch *b, const TypeId *types, uint32_t column_count, Arena *arena);
/* Keeps the rows whose bit is set in keep, moved together, in order; columns are compacted in place. */
extern void batch_compact(Batch *b, const uint64_t *keep);
extern void batch_check(const Batch *b); /* asserts the invariants above */

#endif
