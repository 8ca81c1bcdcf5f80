/*
 * executor_group_table: random look-ups against a naive list of groups, with keys of every shape, scopes,
 * partitions, masks and growth; which of equal keys is shown; adding records of other tables.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "common/memory.h"
#include "common/random.h"
#include "common/types/numeric.h"
#include "executor/group_table.h"
#include "executor/rows.h"

enum
{
	MAX_KEYS = 3,
	ROUNDS = 12
};

/* A table with rows to look up, and all groups that were seen, by a text of their identity. */
typedef struct Case
{
	RandomSeeded seeded;
	Arena arena;
	TypeId types[MAX_KEYS];
	int key_count;
	GroupLayout layout;
	GroupTable table;
	Column columns[MAX_KEYS];
	const Column *keys[MAX_KEYS];
	StrBuf *seen;
	size_t seen_count, seen_capacity;
} Case;

static void
case_init(Case *c, const TypeId *types, int key_count, uint64_t seed)
{
	*c = (Case){.key_count = key_count};
	random_seeded_init(&c->seeded, seed);
	arena_init(&c->arena, "case");
	group_layout_init(&c->layout, types, key_count, &c->arena);
	group_table_init(&c->table, &c->layout, &c->arena);
	for (int k = 0; k < key_count; k++)
	{
		c->types[k] = types[k];
		column_init(&c->columns[k], types[k], &c->arena);
		c->keys[k] = &c->columns[k];
	}
}

static void
case_free(Case *c)
{
	for (size_t i = 0; i < c->seen_count; i++)
		str_free(&c->seen[i]);
	mem_free(c->seen);
	group_table_free(&c->table);
	arena_release(&c->arena);
}

static Datum
random_value(Case *c, TypeId type, uint64_t variety)
{
	uint64_t v = random_below(&c->seeded.random, variety);
	Datum d = {.type = type, .isnull = random_below(&c->seeded.random, 10) == 0};
	char *text;

	switch (type)
	{
		case TYPE_TEXT:
			/* Lengths from 0 to 44, so that every way of comparing is taken; equal beginnings. */
			text = arena_printf(&c->arena, "%.*s%" PRIu64, (int)(v % 40),
								"0123456789012345678901234567890123456789", v);
			d.value.text = v == 0 ? text_make("", 0) : text_make(text, strlen(text));
			break;
		case TYPE_NUMERIC: d.value.numeric = numeric_small((int128)v - 3, 2); break;
		case TYPE_DOUBLE: d.value.f64 = (double)v / 8; break;
		case TYPE_INTEGER: d.value.i32 = (int32_t)v - 5; break;
		case TYPE_BOOLEAN: d.value.b = v % 2; break;
		default: d.value.i64 = (int64_t)v - 5; break;
	}
	return d;
}

/* What tells groups apart, as text. */
static void
print_identity(const Case *c, uint32_t row, int64_t scope, int32_t partition, StrBuf *out)
{
	TypeContext context = {0};

	str_appendf(out, "%" PRId64 "/%d", scope, partition);
	for (int k = 0; k < c->key_count; k++)
	{
		Datum d = column_get(&c->columns[k], row);

		str_append_cstr(out, d.isnull ? "|null" : "|=");
		if (!d.isnull)
			type_class(d.type)->print(datum_pointer(&d), &context, out);
	}
}

/* The number that the naive list gives. */
static size_t
naive_number(Case *c, StrBuf *identity)
{
	for (size_t i = 0; i < c->seen_count; i++)
		if (str_equal(str_view(&c->seen[i]), str_view(identity)))
		{
			str_free(identity);
			return i;
		}
	mem_grow(&c->seen, &c->seen_capacity, c->seen_count, sizeof *c->seen);
	c->seen[c->seen_count] = *identity;
	return c->seen_count++;
}

static void
look_up(Case *c, uint32_t n, uint64_t variety, bool masked)
{
	uint64_t rows[BATCH_WORDS], hashes[BATCH_ROWS];
	int64_t scopes[BATCH_ROWS];
	uint32_t groups[BATCH_ROWS];
	GroupLookup lookup = {
		.n = n,
		.rows = masked ? rows : NULL,
		.keys = c->keys,
		.hashes = hashes,
		.scopes = scopes,
		.partition = (int32_t)random_below(&c->seeded.random, 2) - 1,
	};

	for (int k = 0; k < c->key_count; k++)
	{
		c->columns[k].validity = NULL;
		for (uint32_t i = 0; i < n; i++)
		{
			Datum d = random_value(c, c->types[k], variety);

			column_set(&c->columns[k], i, &d);
		}
	}
	for (uint32_t i = 0; i < n; i++)
	{
		scopes[i] = (int64_t)random_below(&c->seeded.random, 3) * 10000000;
		bitmap_put(rows, i, random_below(&c->seeded.random, 4) != 0);
	}
	group_layout_hash(&c->layout, c->keys, n, hashes);
	group_table_find(&c->table, &lookup, groups);
	for (uint32_t i = 0; i < n; i++)
	{
		StrBuf identity = {0};

		if (masked && !bitmap_get(rows, i))
		{
			assert_true(groups[i] == 0 || groups[i] < c->table.count);
			continue;
		}
		print_identity(c, i, scopes[i], lookup.partition, &identity);
		assert_int_equal(groups[i], naive_number(c, &identity));
	}
	assert_int_equal(c->table.count, c->seen_count);
	group_table_check(&c->table);
}

static void
random_keys_get_the_numbers_of_a_naive_list(void **state UNUSED)
{
	static const struct
	{
		int count;
		TypeId types[MAX_KEYS];
	} shapes[] = {
		{1, {TYPE_TEXT}},
		{1, {TYPE_BIGINT}},
		{1, {TYPE_INTEGER}},
		{1, {TYPE_NUMERIC}},
		{1, {TYPE_TIMESTAMPTZ}},
		{2, {TYPE_BOOLEAN, TYPE_TEXT}},
		{3, {TYPE_DOUBLE, TYPE_NUMERIC, TYPE_TEXT}},
		{0, {0}},
	};

	for (size_t s = 0; s < lengthof(shapes); s++)
	{
		Case c;

		case_init(&c, shapes[s].types, shapes[s].count, s + 1);
		for (int round = 0; round < ROUNDS; round++)
			look_up(&c, (uint32_t)random_below(&c.seeded.random, 500), round % 2 ? 8 : 60, round % 3 == 0);
		case_free(&c);
	}
}

/* The tables of two workers are added to a third: the same numbers as looking their rows up there. */
static void
records_are_added_as_rows_are(void **state UNUSED)
{
	static const TypeId types[] = {TYPE_TEXT};
	Case a, b;
	GroupTable both;
	uint32_t *list, *numbers;

	case_init(&a, types, 1, 11);
	case_init(&b, types, 1, 12);
	for (int round = 0; round < 6; round++)
	{
		look_up(&a, 300, 100, false);
		look_up(&b, 300, 100, false);
	}
	group_table_init(&both, &a.layout, NULL);
	list = mem_alloc(2000 * sizeof *list);
	numbers = mem_alloc(2000 * sizeof *numbers);
	for (uint32_t i = 0; i < 2000; i++)
		list[i] = i;
	group_table_add_list(&both, &a.table, list, a.table.count, false, numbers);
	for (uint32_t i = 0; i < a.table.count; i++)
		assert_int_equal(numbers[i], i);
	group_table_add_list(&both, &b.table, list, b.table.count, false, numbers);
	for (uint32_t i = 0; i < b.table.count; i++)
	{
		StrBuf identity = {0};

		str_append_view(&identity, str_view(&b.seen[i]));
		assert_int_equal(numbers[i], naive_number(&a, &identity));
	}
	assert_int_equal(both.count, a.seen_count);
	group_table_check(&both);
	/* Joined, groups that differ only by partition become one. */
	group_table_clear(&both);
	group_table_check(&both);
	group_table_add_list(&both, &a.table, list, a.table.count, true, numbers);
	for (uint32_t i = 0; i < a.table.count; i++)
		for (uint32_t j = 0; j < i; j++)
		{
			const char *x = strchr(str_cstr(&a.seen[i]), '|'), *y = strchr(str_cstr(&a.seen[j]), '|');
			bool same = strcmp(x, y) == 0 && group_head(&a.table, i)->scope == group_head(&a.table, j)->scope;

			assert_int_equal(numbers[i] == numbers[j], same);
		}
	group_table_free(&both);
	mem_free(list);
	mem_free(numbers);
	case_free(&a);
	case_free(&b);
}

/* One row of a numeric key from a partition. */
static void
see_number(Case *c, int32_t origin, int64_t tens, int32_t dscale)
{
	static const int64_t scopes[] = {0};
	uint64_t hash;
	uint32_t group;
	GroupLookup lookup = {.n = 1, .keys = c->keys, .hashes = &hash, .scopes = scopes, .partition = -1};
	Datum d = {.type = TYPE_NUMERIC, .value = {.numeric = numeric_small(tens, dscale)}};

	lookup.origin = origin;
	column_set(&c->columns[0], 0, &d);
	group_layout_hash(&c->layout, c->keys, 1, &hash);
	group_table_find(&c->table, &lookup, &group);
	assert_int_equal(group, 0);
}

/* 1.0, 1.00 and 1.000 are one group; it shows the first of the lowest partition. */
static void
the_first_key_of_the_lowest_partition_is_shown(void **state UNUSED)
{
	static const TypeId types[] = {TYPE_NUMERIC};
	const Numeric *shown;
	Case c;

	case_init(&c, types, 1, 21);
	see_number(&c, 3, 10, 1);
	shown = group_record_key(&c.layout, group_record(&c.table, 0), 0);
	assert_int_equal(shown->dscale, 1);
	see_number(&c, 3, 100, 2); /* not the first */
	assert_int_equal(shown->dscale, 1);
	see_number(&c, 5, 100, 2); /* a higher partition */
	assert_int_equal(shown->dscale, 1);
	see_number(&c, 2, 1000, 3); /* a lower one */
	assert_int_equal(shown->dscale, 3);
	see_number(&c, 2, 100, 2);
	assert_int_equal(shown->dscale, 3);
	assert_int_equal(c.table.count, 1);
	group_table_check(&c.table);
	case_free(&c);
}

/* Buckets of state files are cut by these hashes: they must never change. */
static void
hashes_are_fixed_for_ever(void **state UNUSED)
{
	static const TypeId types[] = {TYPE_TEXT, TYPE_INTEGER};
	Case c;
	uint64_t hashes[2];
	Datum text = {.type = TYPE_TEXT, .value = {.text = text_make("abc", 3)}};
	Datum number = {.type = TYPE_INTEGER, .value = {.i32 = 1}};

	case_init(&c, types, 1, 31);
	column_set(&c.columns[0], 0, &text);
	group_layout_hash(&c.layout, c.keys, 1, hashes);
	/* XXH3 of "abc" with seed 0, a published test vector. */
	assert_true(hashes[0] == UINT64_C(0x78af5f94892f3950));
	case_free(&c);
	case_init(&c, types + 1, 1, 32);
	column_set(&c.columns[0], 0, &number);
	group_layout_hash(&c.layout, c.keys, 1, hashes);
	/* MurmurHash3's fmix64(1). */
	assert_true(hashes[0] == UINT64_C(0xb456bcfc34c2cb2c));
	case_free(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_keys_get_the_numbers_of_a_naive_list),
		cmocka_unit_test(records_are_added_as_rows_are),
		cmocka_unit_test(the_first_key_of_the_lowest_partition_is_shown),
		cmocka_unit_test(hashes_are_fixed_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
