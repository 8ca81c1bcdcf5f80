/*
 * row_store.c: growing columns (contract in row_store.h).
 */
#include "executor/row_store.h"

#include "common/memory.h"

enum
{
	FIRST_CAPACITY = 256
};

void
row_store_init(RowStore *store, const TypeId *types, uint32_t column_count, const bool *kept)
{
	*store = (RowStore){
		.column_count = column_count,
		.columns = mem_alloc_zero(sizeof(Column) * (column_count + 1)),
	};
	arena_init(&store->arena, "rows");
	for (uint32_t i = 0; i < column_count; i++)
	{
		store->columns[i].type = types[i];
		/* An array of nothing tells a kept column from another until rows come. */
		if (kept == NULL || kept[i])
			store->columns[i].data = mem_alloc(1);
	}
}

void
row_store_release(RowStore *store)
{
	for (uint32_t i = 0; i < store->column_count; i++)
	{
		mem_free(store->columns[i].data);
		mem_free(store->columns[i].validity_space);
	}
	mem_free(store->columns);
	arena_release(&store->arena);
	*store = (RowStore){0};
}

static void
grow_column(Column *c, uint32_t old_capacity, uint32_t capacity)
{
	size_t old_words = BITMAP_WORDS(old_capacity);
	size_t words = BITMAP_WORDS(capacity);

	c->data = mem_realloc(c->data, type_size(c->type) * capacity);
	c->validity_space = mem_realloc(c->validity_space, sizeof *c->validity_space * words);
	memset(c->validity_space + old_words, 0, sizeof *c->validity_space * (words - old_words));
	if (c->validity != NULL)
		c->validity = c->validity_space;
}

static bool
make_room(RowStore *store, uint32_t more, Error *err)
{
	uint64_t wanted = (uint64_t)store->n + more;
	uint64_t capacity = Max(store->capacity, FIRST_CAPACITY);

	if (wanted >= ROW_NONE)
		return error_set(err, SQLSTATE_PROGRAM_LIMIT_EXCEEDED, NO_POSITION,
						 "cannot keep more than %u rows in memory", ROW_NONE - 1);
	if (wanted <= store->capacity)
		return true;
	while (capacity < wanted)
		capacity *= 2;
	capacity = Min(capacity, (uint64_t)ROW_NONE & ~UINT64_C(63));
	store->row_bytes = 0;
	for (uint32_t i = 0; i < store->column_count; i++)
	{
		if (store->columns[i].data == NULL)
			continue;
		grow_column(&store->columns[i], store->capacity, (uint32_t)capacity);
		store->row_bytes += type_size(store->columns[i].type) * capacity;
	}
	store->capacity = (uint32_t)capacity;
	return true;
}

/* From the first NULL on, a column has a bitmap; the rows before it are not NULL. */
static void
begin_validity(RowStore *store, Column *c)
{
	if (c->validity != NULL)
		return;
	bitmap_fill(c->validity_space, store->n, true);
	c->validity = c->validity_space;
}

static void
append_column(RowStore *store, Column *to, const Column *from, uint32_t count)
{
	size_t size = type_size(to->type);
	char *data = (char *)to->data + store->n * size;
	bool deep = to->type == TYPE_TEXT || to->type == TYPE_JSONB || to->type == TYPE_NUMERIC;

	assert(to->type == from->type);
	memcpy(data, from->data, size * count);
	if (from->validity != NULL)
		begin_validity(store, to);
	for (uint32_t i = 0; i < count && (deep || to->validity != NULL); i++)
	{
		bool isnull = column_is_null(from, i);

		if (to->validity != NULL)
			bitmap_put(to->validity, store->n + i, !isnull);
		if (isnull)
			memset(data + i * size, 0, size);
		else if (deep)
			type_copy_value(to->type, data + i * size, (const char *)from->data + i * size, &store->arena);
	}
}

bool
row_store_append(RowStore *store, const Batch *batch, Error *err)
{
	if (!make_room(store, batch->n, err))
		return false;
	for (uint32_t i = 0; i < store->column_count; i++)
		if (store->columns[i].data != NULL)
			append_column(store, &store->columns[i], &batch->columns[i], batch->n);
	store->n += batch->n;
	return true;
}

bool
row_store_add_null_row(RowStore *store, Error *err)
{
	if (!make_room(store, 1, err))
		return false;
	for (uint32_t i = 0; i < store->column_count; i++)
	{
		Column *c = &store->columns[i];
		size_t size = type_size(c->type);

		if (c->data == NULL)
			continue;
		memset((char *)c->data + store->n * size, 0, size);
		begin_validity(store, c);
		bitmap_clear(c->validity, store->n);
	}
	store->n++;
	return true;
}

void
row_store_set(RowStore *store, uint32_t column, uint32_t row, const void *value)
{
	Column *c = &store->columns[column];
	size_t size = type_size(c->type);

	memcpy((char *)c->data + row * size, value, size);
	bitmap_set(c->validity, row);
}

size_t
row_store_memory(const RowStore *store)
{
	return store->row_bytes + store->arena.bytes;
}
