/*
 * batch.c: making, reading and compacting batches and columns (contract in batch.h).
 *
 * The idea of compaction: the kept rows' numbers are listed once, then each array is gathered by that list,
 * by a loop for its element size. It moves nothing when all rows are kept.
 */
#include "executor/batch.h"

#include "common/types/numeric.h"
#include "common/types/text.h"

void
column_init(Column *c, TypeId type, Arena *arena)
{
	*c = (Column){
		.type = type,
		.data = arena_alloc_zero(arena, type_size(type) * BATCH_ROWS),
		.validity_space = ARENA_ARRAY_ZERO(arena, uint64_t, BITMAP_WORDS(BATCH_ROWS)),
	};
}

void
column_fill_constant(Column *c, const Datum *value, uint32_t rows)
{
	size_t size = type_size(c->type);

	c->constant = true;
	c->validity = NULL;
	if (value->isnull)
	{
		memset(c->data, 0, size * rows);
		c->validity = c->validity_space;
		bitmap_fill(c->validity, rows, false);
		return;
	}
	assert(value->type == c->type);
	for (size_t row = 0; row < rows; row++)
		memcpy((char *)c->data + row * size, datum_pointer(value), size);
}

Datum
column_get(const Column *c, size_t row)
{
	Datum d = {.type = c->type, .isnull = column_is_null(c, row)};
	size_t size = type_size(c->type);

	memcpy(&d.value, (const char *)c->data + row * size, size);
	return d;
}

void
column_set(Column *c, size_t row, const Datum *value)
{
	size_t size = type_size(c->type);
	char *element = (char *)c->data + row * size;

	if (value->isnull)
		memset(element, 0, size);
	else
		memcpy(element, datum_pointer(value), size);
	if (c->validity == NULL)
	{
		if (!value->isnull)
			return;
		c->validity = c->validity_space;
		bitmap_fill(c->validity, BATCH_ROWS, true);
	}
	bitmap_put(c->validity, row, !value->isnull);
}

void
batch_init(Batch *b, const TypeId *types, uint32_t column_count, Arena *arena)
{
	*b = (Batch){
		.column_count = column_count,
		.columns = ARENA_ARRAY_ZERO(arena, Column, column_count),
		.stream = -1,
		.partition = -1,
		.message_index = ARENA_ARRAY_ZERO(arena, uint32_t, BATCH_ROWS),
		.arena = arena,
	};
	for (uint32_t i = 0; i < column_count; i++)
		column_init(&b->columns[i], types[i], arena);
}

/* The numbers of the set bits among the first n; returns how many. */
static uint32_t
list_rows(const uint64_t *keep, uint32_t n, uint16_t *rows)
{
	uint32_t count = 0;

	for (uint32_t w = 0; w < BITMAP_WORDS(n); w++)
	{
		uint64_t bits = keep[w];

		if (w == n / 64)
			bits &= (UINT64_C(1) << (n & 63)) - 1;
		for (; bits != 0; bits &= bits - 1)
			rows[count++] = (uint16_t)(w * 64 + (uint32_t)__builtin_ctzll(bits));
	}
	return count;
}

#define GATHER(T)                            \
	do                                       \
	{                                        \
		T *a = data;                         \
		for (uint32_t i = 0; i < count; i++) \
			a[i] = a[rows[i]];               \
	} while (0)

/* Moves element rows[i] to i; rows[i] >= i. */
static void
gather(void *data, size_t size, const uint16_t *rows, uint32_t count)
{
	switch (size)
	{
		case sizeof(uint8_t): GATHER(uint8_t); break;
		case sizeof(uint32_t): GATHER(uint32_t); break;
		case sizeof(uint64_t): GATHER(uint64_t); break;
		case sizeof(Text): GATHER(Text); break;
		case sizeof(Numeric): GATHER(Numeric); break;
		default:
			for (uint32_t i = 0; i < count; i++)
				memmove((char *)data + i * size, (char *)data + rows[i] * size, size);
	}
}

/* As gather(), for bits, out of one bitmap into another or the same. */
static void
gather_bits(uint64_t *to, const uint64_t *from, const uint16_t *rows, uint32_t count)
{
	for (uint32_t w = 0; w < BITMAP_WORDS(count); w++)
	{
		uint32_t end = Min(count, (w + 1) * 64);
		uint64_t bits = 0;

		for (uint32_t i = w * 64; i < end; i++)
			bits |= (uint64_t)bitmap_get(from, rows[i]) << (i & 63);
		to[w] = bits;
	}
}

void
batch_compact(Batch *b, const uint64_t *keep)
{
	uint16_t rows[BATCH_ROWS];
	uint32_t count = list_rows(keep, b->n, rows);

	if (count == b->n)
		return;
	for (uint32_t i = 0; i < b->column_count; i++)
	{
		Column *c = &b->columns[i];

		if (c->constant)
			continue;
		gather(c->data, type_size(c->type), rows, count);
		if (c->validity != NULL)
		{
			gather_bits(c->validity_space, c->validity, rows, count);
			c->validity = c->validity_space;
		}
	}
	if (b->messages != NULL)
		gather(b->message_index, sizeof *b->message_index, rows, count);
	b->n = count;
}

static void
check_element(const Column *c, size_t row)
{
	if (c->type == TYPE_TEXT || c->type == TYPE_JSONB)
	{
		Text t UNUSED = COLUMN_DATA(c, Text)[row];
		char prefix[4] UNUSED = {0};

		memcpy(prefix, t.data ? t.data : "", t.len < 4 ? t.len : 4);
		assert(memcmp(prefix, t.prefix, sizeof prefix) == 0);
		assert(text_valid(t.data, t.len));
	}
	else if (c->type == TYPE_NUMERIC)
		numeric_check(COLUMN_DATA(c, Numeric)[row]);
	else if (c->type == TYPE_BOOLEAN)
		assert(COLUMN_DATA(c, uint8_t)[row] <= 1);
}

void
batch_check(const Batch *b)
{
	assert(b->n <= BATCH_ROWS);
	for (uint32_t i = 0; i < b->column_count; i++)
	{
		assert(b->columns[i].data != NULL);
		for (size_t row = 0; row < b->n; row++)
			check_element(&b->columns[i], row);
	}
}
