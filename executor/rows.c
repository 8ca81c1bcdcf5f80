/*
 * rows.c: row bitmaps, row lists and gathering (contract in rows.h).
 */
#include "executor/rows.h"

/* Eight bytes of 0 or 1 become eight bits: the product brings byte k's bit to bit 56 + k. */
#define BYTES_TO_BITS UINT64_C(0x0102040810204080)

static uint64_t
pack_bools(const bool *values, uint32_t n)
{
	uint64_t word = 0;
	uint32_t i = 0;

	for (; i + 8 <= n; i += 8)
	{
		uint64_t bytes;

		memcpy(&bytes, values + i, sizeof bytes);
		word |= (bytes * BYTES_TO_BITS >> 56) << i;
	}
	for (; i < n; i++)
		word |= (uint64_t)values[i] << i;
	return word;
}

void
rows_from_bools(const bool *values, uint32_t n, uint64_t *bits)
{
	uint32_t words = (uint32_t)BITMAP_WORDS(n);

	for (uint32_t w = 0; w < words; w++)
		bits[w] = pack_bools(values + w * 64, Min(64, n - w * 64));
}

uint32_t
rows_list(const uint64_t *bits, uint32_t n, uint32_t *list)
{
	uint32_t count = 0;
	uint32_t words = (uint32_t)BITMAP_WORDS(n);

	for (uint32_t w = 0; w < words; w++)
	{
		for (uint64_t rest = bits[w] & rows_word_mask(n, w); rest != 0; rest &= rest - 1)
			list[count++] = w * 64 + (uint32_t)__builtin_ctzll(rest);
	}
	return count;
}

#define GATHER(T)                            \
	do                                       \
	{                                        \
		T *to = out->data;                   \
		const T *from = in->data;            \
		for (uint32_t i = 0; i < count; i++) \
			to[i] = from[list[i]];           \
	} while (0)

typedef struct Bytes16
{
	uint64_t words[2];
} Bytes16;

typedef struct Bytes32
{
	uint64_t words[4];
} Bytes32;

/* One loop for each element size that types have. */
static void
gather_data(Column *out, const Column *in, const uint32_t *list, uint32_t count)
{
	size_t size = type_size(in->type);

	switch (size)
	{
		case 1: GATHER(uint8_t); break;
		case 4: GATHER(uint32_t); break;
		case 8: GATHER(uint64_t); break;
		case 16: GATHER(Bytes16); break;
		case 32: GATHER(Bytes32); break;
		default:
			for (uint32_t i = 0; i < count; i++)
				memcpy((char *)out->data + i * size, (const char *)in->data + list[i] * size, size);
	}
}

static void
gather_validity(Column *out, const Column *in, const uint32_t *list, uint32_t count)
{
	uint32_t words = (uint32_t)BITMAP_WORDS(count);

	out->validity = out->validity_space;
	for (uint32_t w = 0; w < words; w++)
	{
		uint32_t end = Min(64, count - w * 64);
		uint64_t word = 0;

		for (uint32_t i = 0; i < end; i++)
			word |= (uint64_t)bitmap_get(in->validity, list[w * 64 + i]) << i;
		out->validity[w] = word;
	}
}

void
rows_gather(Column *out, const Column *in, const uint32_t *list, uint32_t count)
{
	assert(out->type == in->type);
	out->constant = in->constant;
	out->validity = NULL;
	gather_data(out, in, list, count);
	if (in->validity != NULL)
		gather_validity(out, in, list, count);
}

void
rows_gather_with_none(Column *out, const Column *in, const uint32_t *list, uint32_t count)
{
	size_t size = type_size(in->type);

	assert(out->type == in->type);
	out->constant = false;
	out->validity = out->validity_space;
	bitmap_fill(out->validity, count, true);
	for (uint32_t i = 0; i < count; i++)
	{
		char *to = (char *)out->data + i * size;

		if (list[i] != ROW_NONE && !column_is_null(in, list[i]))
			memcpy(to, (const char *)in->data + list[i] * size, size);
		else
		{
			memset(to, 0, size);
			bitmap_clear(out->validity, i);
		}
	}
}

void
row_picker_init(RowPicker *picker, const TypeId *types, uint32_t count, const bool *needed, Arena *arena)
{
	*picker = (RowPicker){
		.own = ARENA_ARRAY_ZERO(arena, Column, count),
		.needed = needed,
		.message_index = ARENA_ARRAY_ZERO(arena, uint32_t, BATCH_ROWS),
		.batch = {.column_count = count, .columns = ARENA_ARRAY_ZERO(arena, Column, count)},
	};
	for (uint32_t i = 0; i < count; i++)
		if (needed == NULL || needed[i])
			column_init(&picker->own[i], types[i], arena);
}

const Batch *
row_picker_gather(RowPicker *picker, const Batch *in, const uint32_t *list, uint32_t count)
{
	Batch *out = &picker->batch;
	Column *columns = out->columns;

	for (uint32_t i = 0; i < in->column_count; i++)
	{
		if (picker->needed != NULL && !picker->needed[i])
			columns[i] = in->columns[i];
		else
		{
			rows_gather(&picker->own[i], &in->columns[i], list, count);
			columns[i] = picker->own[i];
		}
	}
	*out = *in;
	out->n = count;
	out->columns = columns;
	if (in->message_index != NULL)
	{
		for (uint32_t i = 0; i < count; i++)
			picker->message_index[i] = in->message_index[list[i]];
		out->message_index = picker->message_index;
	}
	return out;
}
