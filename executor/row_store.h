/*
 * row_store.h: rows kept in memory: columns that grow.
 *
 * The idea: what must outlive its batch (a reference table, the rows to be sorted) is copied into columns of
 * any length, text and big numbers included. Row numbers are 32 bits wide; ROW_NONE is none.
 */
#ifndef WEIR_EXECUTOR_ROW_STORE_H
#define WEIR_EXECUTOR_ROW_STORE_H

#include "executor/rows.h"

/* Invariant: every column has room for capacity rows (a multiple of 64), of which n are filled. */
typedef struct RowStore
{
	Arena arena; /* of texts and numbers */
	uint32_t column_count;
	Column *columns; /* heap arrays; unread columns have none */
	uint32_t n;
	uint32_t capacity;
	size_t row_bytes; /* of the arrays */
} RowStore;

/* kept: the columns that are stored (NULL = all); the others stay without data. */
extern void row_store_init(RowStore *store, const TypeId *types, uint32_t column_count, const bool *kept);
extern void row_store_release(RowStore *store);

/* Copies the batch's rows. False: more rows than row numbers can count. */
extern bool row_store_append(RowStore *store, const Batch *batch, Error *err) WARN_UNUSED;
/* Adds a row of NULLs to be filled by the caller, whose values' memory is store->arena's. */
extern bool row_store_add_null_row(RowStore *store, Error *err) WARN_UNUSED;
/* Sets a column of a row that is NULL. */
extern void row_store_set(RowStore *store, uint32_t column, uint32_t row, const void *value);

extern size_t row_store_memory(const RowStore *store);

#endif
