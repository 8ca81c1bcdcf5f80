/*
 * executor_batch.c: columns and batches: NULLs, constants, compaction of every element size.
 */
#include "tests/unit/type_support.h"

#include "common/types/text.h"
#include "executor/batch.h"

static const TypeId all_types[] = {TYPE_BOOLEAN, TYPE_INTEGER, TYPE_BIGINT,   TYPE_NUMERIC,
								   TYPE_TEXT,    TYPE_UUID,    TYPE_INTERVAL, TYPE_DOUBLE};

/* A value that tells the row, in any type. */
static Datum
datum_of_row(TypeId type, size_t row)
{
	Datum d = {.type = type, .isnull = row % 5 == 3};

	switch (type)
	{
		case TYPE_BOOLEAN: d.value.b = row % 3 == 0; break;
		case TYPE_INTEGER: d.value.i32 = (int32_t)row; break;
		case TYPE_DOUBLE: d.value.f64 = (double)row; break;
		case TYPE_NUMERIC: d.value.numeric = (Numeric){.small = (int128)row, .dscale = 2}; break;
		case TYPE_TEXT: d.value.text = text_make("abcdefgh", row % 9); break;
		case TYPE_UUID: d.value.uuid.bytes[15] = (uint8_t)row; break;
		case TYPE_INTERVAL: d.value.interval.months = (int32_t)row; break;
		default: d.value.i64 = (int64_t)row; break;
	}
	return d;
}

static void
expect_row(const Column *c, size_t at, size_t row)
{
	Datum expected = datum_of_row(c->type, row);
	Datum d = column_get(c, at);

	assert_int_equal(d.isnull, expected.isnull);
	if (!d.isnull)
		assert_int_equal(type_class(c->type)->compare(datum_pointer(&d), datum_pointer(&expected)), 0);
}

static void
fill(Batch *b, uint32_t n)
{
	b->n = n;
	for (uint32_t c = 0; c < b->column_count; c++)
	{
		for (uint32_t row = 0; row < n; row++)
		{
			Datum d = datum_of_row(b->columns[c].type, row);

			column_set(&b->columns[c], row, &d);
		}
	}
	for (uint32_t row = 0; row < n; row++)
		b->message_index[row] = row * 2;
}

/* Keeps the rows whose number leaves a rest below limit when divided by modulus. */
static void
check_compaction(uint32_t n, uint32_t modulus, uint32_t limit)
{
	static const Message messages[1];
	uint64_t keep[BITMAP_WORDS(BATCH_ROWS)] = {0};
	Arena arena;
	Batch b;
	uint32_t at = 0;

	arena_init(&arena, "test");
	batch_init(&b, all_types, lengthof(all_types), &arena);
	b.messages = messages;
	fill(&b, n);
	for (uint32_t row = 0; row < BATCH_ROWS; row++)
		bitmap_put(keep, row, row % modulus < limit);
	batch_compact(&b, keep);
	for (uint32_t row = 0; row < n; row++)
	{
		if (row % modulus >= limit)
			continue;
		for (uint32_t c = 0; c < b.column_count; c++)
			expect_row(&b.columns[c], at, row);
		assert_int_equal(b.message_index[at], row * 2);
		at++;
	}
	assert_int_equal(b.n, at);
	batch_check(&b);
	arena_release(&arena);
}

static void
test_compaction(void **state)
{
	static const uint32_t sizes[] = {0, 1, 63, 64, 65, 127, 128, 1000, BATCH_ROWS};

	(void)state;
	for (size_t i = 0; i < lengthof(sizes); i++)
	{
		check_compaction(sizes[i], 1, 1); /* all */
		check_compaction(sizes[i], 1, 0); /* none */
		check_compaction(sizes[i], 2, 1);
		check_compaction(sizes[i], 7, 6);
		check_compaction(sizes[i], 67, 1);
	}
}

static void
test_constant(void **state)
{
	uint64_t keep[BITMAP_WORDS(BATCH_ROWS)] = {2};
	Arena arena;
	Batch b;
	Datum seven = {.type = TYPE_INTEGER, .value.i32 = 7};
	Datum null = datum_null(TYPE_TEXT);

	(void)state;
	arena_init(&arena, "test");
	batch_init(&b, (const TypeId[]){TYPE_INTEGER, TYPE_TEXT}, 2, &arena);
	column_fill_constant(&b.columns[0], &seven, BATCH_ROWS);
	column_fill_constant(&b.columns[1], &null, BATCH_ROWS);
	b.n = BATCH_ROWS;
	assert_int_equal(column_get(&b.columns[0], BATCH_ROWS - 1).value.i32, 7);
	assert_true(column_get(&b.columns[1], BATCH_ROWS - 1).isnull);
	batch_compact(&b, keep);
	assert_int_equal(b.n, 1);
	assert_int_equal(column_get(&b.columns[0], 0).value.i32, 7);
	assert_true(column_get(&b.columns[1], 0).isnull);
	arena_release(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compaction),
		cmocka_unit_test(test_constant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
