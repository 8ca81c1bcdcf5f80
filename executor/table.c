/*
 * table.c: tables in memory: primary key, hash index, bytes (contract in table.h and pipeline.h). How rows
 * get into one is table_load.c's business.
 */
#include "executor/table.h"

#include <openssl/sha.h>
#include <pthread.h>

#include "common/hash.h"
#include "common/memory.h"
#include "common/types/text.h"
#include "executor/value_bytes.h"

struct TableData
{
	const TablePlan *plan;
	RowStore rows;
	uint8_t sha256[SHA256_DIGEST_LENGTH];
	pthread_mutex_t lock; /* of the list of indexes; an index itself never changes */
	TableIndex *indexes;
};

/* Of the bytes that table_write() makes. */
#define TABLE_MAGIC "weir table 1\n"

const RowStore *
table_row_store(const TableData *table)
{
	return &table->rows;
}

size_t
table_memory(const TableData *table)
{
	size_t bytes = row_store_memory(&table->rows);

	for (const TableIndex *index = table->indexes; index != NULL; index = index->sibling)
		bytes += index->bucket_count * sizeof *index->buckets +
				 table->rows.n * (sizeof *index->next + sizeof *index->hashes);
	return bytes;
}

uint64_t
table_rows(const TableData *table)
{
	return table->rows.n;
}

const uint8_t *
table_sha256(const TableData *table)
{
	return table->sha256;
}

/* ---- hashing ---- */

#define HASH_LOOP(T, expr)                               \
	do                                                   \
	{                                                    \
		const T *values = c->data;                       \
		for (uint32_t i = 0; i < n; i++)                 \
			hashes[i] = hash_combine(hashes[i], (expr)); \
	} while (0)

static void
hash_column(const Column *c, uint32_t n, uint64_t *hashes)
{
	const TypeClass *class = type_class(c->type);

	switch (c->type)
	{
		case TYPE_INTEGER:
		case TYPE_DATE: HASH_LOOP(int32_t, (uint64_t)values[i]); break;
		case TYPE_BIGINT:
		case TYPE_TIMESTAMP:
		case TYPE_TIMESTAMPTZ: HASH_LOOP(int64_t, (uint64_t)values[i]); break;
		case TYPE_TEXT: HASH_LOOP(Text, hash_bytes(values[i].data, values[i].len)); break;
		default:
			for (uint32_t i = 0; i < n; i++)
				hashes[i] = hash_combine(hashes[i], class->hash((const char *)c->data + i * class->size));
	}
}

void
table_hash_keys(const Column *const *keys, int key_count, uint32_t n, uint64_t *hashes, uint64_t *complete)
{
	memset(hashes, 0, sizeof *hashes * n);
	bitmap_fill(complete, n, true);
	for (int k = 0; k < key_count; k++)
	{
		hash_column(keys[k], n, hashes);
		for (size_t w = 0; keys[k]->validity != NULL && w < BITMAP_WORDS(n); w++)
			complete[w] &= keys[k]->validity[w];
	}
}

/* ---- the index ---- */

static bool
equal_values(const Column *a, uint32_t row_a, const Column *b, uint32_t row_b)
{
	const TypeClass *class = type_class(a->type);

	if (a->type == TYPE_TEXT)
		return text_equal(COLUMN_DATA(a, Text)[row_a], COLUMN_DATA(b, Text)[row_b]);
	return class->compare((const char *)a->data + row_a * class->size,
						  (const char *)b->data + row_b * class->size) == 0;
}

uint32_t
table_index_match(const TableIndex *index, const RowStore *rows, uint32_t row, uint64_t hash,
				  const Column *const *keys, uint32_t key_row)
{
	for (; row != ROW_NONE; row = index->next[row])
	{
		int k = 0;

		if (index->hashes[row] != hash)
			continue;
		while (k < index->key_count && equal_values(&rows->columns[index->keys[k]], row, keys[k], key_row))
			k++;
		if (k == index->key_count)
			return row;
	}
	return ROW_NONE;
}

static void
index_free(TableIndex *index)
{
	mem_free(index->keys);
	mem_free(index->buckets);
	mem_free(index->next);
	mem_free(index->hashes);
	mem_free(index);
}

/* Rows are put in front of their chain from the last to the first, so that chains are in row order. */
static void
index_fill(TableIndex *index, uint32_t n, const uint64_t *complete)
{
	memset(index->buckets, 0xff, sizeof *index->buckets * index->bucket_count);
	for (uint32_t row = n; row-- > 0;)
	{
		uint32_t *bucket = &index->buckets[index->hashes[row] & (index->bucket_count - 1)];

		if (!bitmap_get(complete, row))
			continue;
		index->next[row] = *bucket;
		*bucket = row;
	}
}

static TableIndex *
index_build(const RowStore *rows, const int *keys, int key_count)
{
	TableIndex *index = mem_alloc_zero(sizeof *index);
	const Column **columns = mem_alloc(sizeof *columns * ((size_t)key_count + 1));
	uint64_t *complete = mem_alloc(sizeof *complete * (BITMAP_WORDS(rows->n) + 1));

	index->key_count = key_count;
	index->keys = mem_alloc(sizeof *keys * ((size_t)key_count + 1));
	index->bucket_count = 16;
	while (index->bucket_count < rows->n && index->bucket_count < UINT32_C(1) << 31)
		index->bucket_count *= 2;
	index->buckets = mem_alloc(sizeof *index->buckets * index->bucket_count);
	index->next = mem_alloc(sizeof *index->next * ((size_t)rows->n + 1));
	index->hashes = mem_alloc(sizeof *index->hashes * ((size_t)rows->n + 1));
	for (int k = 0; k < key_count; k++)
	{
		index->keys[k] = keys[k];
		columns[k] = &rows->columns[keys[k]];
	}
	table_hash_keys(columns, key_count, rows->n, index->hashes, complete);
	index_fill(index, rows->n, complete);
	mem_free(complete);
	mem_free(columns);
	return index;
}

const TableIndex *
table_index(TableData *table, const int *keys, int key_count)
{
	TableIndex *index;

	pthread_mutex_lock(&table->lock);
	for (index = table->indexes; index != NULL; index = index->sibling)
		if (index->key_count == key_count && memcmp(index->keys, keys, sizeof *keys * (size_t)key_count) == 0)
			break;
	if (index == NULL)
	{
		index = index_build(&table->rows, keys, key_count);
		index->sibling = table->indexes;
		table->indexes = index;
	}
	pthread_mutex_unlock(&table->lock);
	return index;
}

/* ---- the primary key ---- */

static bool
report_duplicate(const TableData *table, const int *keys, int key_count, uint32_t row, Error *err)
{
	static const TypeContext utc = {0};
	const StreamDef *def = table->plan->table;
	StrBuf names = {0};
	StrBuf values = {0};

	for (int k = 0; k < key_count; k++)
	{
		const Column *c = &table->rows.columns[keys[k]];
		const TypeClass *class = type_class(c->type);

		str_appendf(&names, "%s%s", k > 0 ? ", " : "", def->columns[keys[k]].name);
		str_append_cstr(&values, k > 0 ? ", " : "");
		class->print((const char *)c->data + row * class->size, &utc, &values);
	}
	error_set(err, SQLSTATE_UNIQUE_VIOLATION, NO_POSITION,
			  "duplicate key value violates unique constraint \"%s_pkey\"", def->name);
	error_detail(err, "Key (%s)=(%s) already exists.", str_cstr(&names), str_cstr(&values));
	str_free(&names);
	str_free(&values);
	return false;
}

/* Every row must be the first of its key. */
static bool
check_primary_key(TableData *table, Error *err)
{
	const StreamDef *def = table->plan->table;
	const RowStore *rows = &table->rows;
	int *keys = mem_alloc(sizeof *keys * (def->column_count + 1));
	const Column **columns = mem_alloc(sizeof *columns * (def->column_count + 1));
	const TableIndex *index;
	int count = 0;
	bool ok = true;

	for (uint32_t c = 0; c < def->column_count; c++)
	{
		if (!def->columns[c].primary_key)
			continue;
		columns[count] = &rows->columns[c];
		keys[count++] = (int)c;
	}
	if (count > 0)
	{
		index = table_index(table, keys, count);
		for (uint32_t row = 0; ok && row < rows->n; row++)
		{
			uint64_t hash = index->hashes[row];

			if (table_index_match(index, rows, table_index_first(index, hash), hash, columns, row) != row)
				ok = report_duplicate(table, keys, count, row, err);
		}
	}
	mem_free(columns);
	mem_free(keys);
	return ok;
}

/* ---- bytes ---- */

void
table_write(const TableData *table, StrBuf *out)
{
	const RowStore *rows = &table->rows;

	str_append_cstr(out, TABLE_MAGIC);
	bytes_put_varint(out, rows->column_count);
	for (uint32_t c = 0; c < rows->column_count; c++)
		bytes_put_text(out, str_from_cstr(type_class(rows->columns[c].type)->name));
	bytes_put_varint(out, rows->n);
	for (uint32_t c = 0; c < rows->column_count; c++)
	{
		const Column *column = &rows->columns[c];
		size_t size = type_size(column->type);

		for (uint32_t row = 0; row < rows->n; row++)
		{
			bool isnull = column_is_null(column, row);

			bytes_put_u8(out, isnull);
			if (!isnull)
				bytes_put_value(out, column->type, (const char *)column->data + row * size);
		}
	}
}

/* The header: magic, types (which must be the plan's), number of rows. */
static bool
read_header(const TablePlan *plan, ByteReader *in, uint64_t *rows)
{
	const StreamDef *def = plan->table;
	size_t magic = sizeof TABLE_MAGIC - 1;

	if (bytes_left(in) < magic || memcmp(in->next, TABLE_MAGIC, magic) != 0)
		return false;
	in->next += magic;
	if (bytes_get_varint(in) != def->column_count)
		return false;
	for (uint32_t c = 0; c < def->column_count; c++)
		if (!str_equal(bytes_get_text(in), str_from_cstr(type_class(def->columns[c].type.id)->name)))
			return false;
	*rows = bytes_get_varint(in);
	/* Each value takes at least a byte: a wrong count can't make us allocate without end. */
	return !in->broken && (def->column_count == 0 || *rows <= bytes_left(in) / def->column_count);
}

static bool
read_columns(RowStore *store, ByteReader *in, uint64_t rows, Error *err)
{
	for (uint64_t row = 0; row < rows; row++)
		if (!row_store_add_null_row(store, err))
			return false;
	for (uint32_t c = 0; c < store->column_count; c++)
	{
		for (uint32_t row = 0; row < store->n && !in->broken; row++)
		{
			Value value;

			if (bytes_get_u8(in) != 0)
				continue;
			bytes_get_value(in, store->columns[c].type, &value, &store->arena);
			row_store_set(store, c, row, &value);
		}
	}
	return true;
}

bool
table_read(const TablePlan *plan, StrView bytes, TableData **out, Error *err)
{
	ByteReader in = byte_reader(bytes);
	const StreamDef *def = plan->table;
	TypeId *types;
	RowStore store;
	uint64_t rows;

	if (!read_header(plan, &in, &rows))
		return error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION,
						 "the saved rows of table \"%s\" do not fit its definition", def->name);
	types = mem_alloc(sizeof *types * (def->column_count + 1));
	for (uint32_t c = 0; c < def->column_count; c++)
		types[c] = def->columns[c].type.id;
	row_store_init(&store, types, def->column_count, NULL);
	mem_free(types);
	if (read_columns(&store, &in, rows, err) && !in.broken && bytes_left(&in) == 0)
		return table_make(plan, &store, out, err);
	row_store_release(&store);
	if (err != NULL && err->set)
		return false;
	return error_set(err, SQLSTATE_DATA_CORRUPTED, NO_POSITION, "the saved rows of table \"%s\" are damaged",
					 def->name);
}

/* ---- making and freeing ---- */

bool
table_make(const TablePlan *plan, RowStore *rows, TableData **out, Error *err)
{
	TableData *table = mem_alloc_zero(sizeof *table);
	StrBuf bytes = {0};

	table->plan = plan;
	table->rows = *rows;
	*rows = (RowStore){0};
	pthread_mutex_init(&table->lock, NULL);
	if (!check_primary_key(table, err))
	{
		table_free(table);
		return false;
	}
	table_write(table, &bytes);
	SHA256((const unsigned char *)str_cstr(&bytes), bytes.len, table->sha256);
	str_free(&bytes);
	*out = table;
	return true;
}

void
table_free(TableData *table)
{
	if (table == NULL)
		return;
	while (table->indexes != NULL)
	{
		TableIndex *index = table->indexes;

		table->indexes = index->sibling;
		index_free(index);
	}
	row_store_release(&table->rows);
	pthread_mutex_destroy(&table->lock);
	mem_free(table);
}
