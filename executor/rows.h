/*
 * rows.h: sets of rows as bitmaps and as lists, and columns gathered by them.
 *
 * The idea: what an expression says about rows is bytes (a boolean column), what kernels and ledgers want is
 * bits, and what moves data is a list of row numbers. Gathering is always out of place, because the batch
 * that a filter or join gets is read by other branches too.
 */
#ifndef WEIR_EXECUTOR_ROWS_H
#define WEIR_EXECUTOR_ROWS_H

#include "executor/batch.h"

enum
{
	BATCH_WORDS = (BATCH_ROWS + 63) / 64 /* of a bitmap over a batch's rows */
};

/* In a row list: a row of NULLs. */
#define ROW_NONE UINT32_MAX

/* The first n bits of the word that holds bits [word * 64, …). */
static inline uint64_t
rows_word_mask(uint32_t n, uint32_t word)
{
	return n - word * 64 >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << (n - word * 64)) - 1;
}

/* bits: which of n booleans (bytes 0 or 1) are true; bits beyond n are 0. */
extern void rows_from_bools(const bool *values, uint32_t n, uint64_t *bits);
/* The row numbers of the set bits among the first n, ascending; returns how many. */
extern uint32_t rows_list(const uint64_t *bits, uint32_t n, uint32_t *list);

/*
 * out (arrays of its own for count rows) gets rows list[0..count) of in. Values are copied shallowly.
 * rows_gather_with_none: the list may hold ROW_NONE.
 */
extern void rows_gather(Column *out, const Column *in, const uint32_t *list, uint32_t count);
extern void rows_gather_with_none(Column *out, const Column *in, const uint32_t *list, uint32_t count);

/*
 * A batch that is gathered out of others. Columns with needed[i] (NULL = all) have room of their own; the
 * others are the input's as they are: valid values, but of other rows. Provenance and arena are the input's.
 */
typedef struct RowPicker
{
	Batch batch;
	Column *own;
	const bool *needed;
	uint32_t *message_index;
} RowPicker;

extern void row_picker_init(RowPicker *picker, const TypeId *types, uint32_t count, const bool *needed,
							Arena *arena);
/* The listed rows of in (of the types given); valid until the next call. */
extern const Batch *row_picker_gather(RowPicker *picker, const Batch *in, const uint32_t *list,
									  uint32_t count);

#endif
