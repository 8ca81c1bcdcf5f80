/*
 * table.h: reference tables in memory, and the hash index by which joins find rows (loading, writing and
 * reading a table are declared in pipeline.h).
 *
 * The idea: a table is a RowStore that never changes once it is loaded; a refresh makes another one. An index
 * over the columns of a join is built by the first worker that asks for it and shared by all.
 */
#ifndef WEIR_EXECUTOR_TABLE_H
#define WEIR_EXECUTOR_TABLE_H

#include "executor/pipeline.h"
#include "executor/row_store.h"

/*
 * Rows by the hash of some columns; rows with a NULL in one of them are not in it. Chains run through next in
 * row order. Immutable.
 */
typedef struct TableIndex
{
	struct TableIndex *sibling; /* other indexes of the table */
	int key_count;
	int *keys;             /* column numbers */
	uint32_t bucket_count; /* a power of two */
	uint32_t *buckets;     /* first row, or ROW_NONE */
	uint32_t *next;        /* per row */
	uint64_t *hashes;      /* per row */
} TableIndex;

/* The table's columns, all declared ones in order, with table_rows() rows. */
extern const RowStore *table_row_store(const TableData *table);
/* The index over these columns, built on first use. Thread-safe. */
extern const TableIndex *table_index(TableData *table, const int *keys, int key_count);

/*
 * The hashes of rows by their key columns, and which rows have no NULL in them (bits, BITMAP_WORDS(n)).
 */
extern void table_hash_keys(const Column *const *keys, int key_count, uint32_t n, uint64_t *hashes,
							uint64_t *complete);

/* The first row of the index, from row on (as buckets and next give it), whose hash and keys equal; or
 * ROW_NONE. */
extern uint32_t table_index_match(const TableIndex *index, const RowStore *rows, uint32_t row, uint64_t hash,
								  const Column *const *keys, uint32_t key_row);

static inline uint32_t
table_index_first(const TableIndex *index, uint64_t hash)
{
	return index->buckets[hash & (index->bucket_count - 1)];
}

/* Makes a table of rows that are in the store (which it takes over): checks the primary key, seals the hash.
 */
extern bool table_make(const TablePlan *plan, RowStore *rows, TableData **out, Error *err) WARN_UNUSED;

#endif
