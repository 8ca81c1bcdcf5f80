/*
 * executor_pack: the state map against a plain model; footers survive encoding, and any changed byte is
 * found.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "common/random.h"
#include "executor/file_list.h"

enum
{
	SINKS = 2,
	BUCKETS = 4,
	PANES = 3,
	UNITS = SINKS * BUCKETS * PANES,
	CHUNKS = 8
};

/* What the map must say of a unit: the epochs whose chunks make it up, oldest first. */
typedef struct Model
{
	int count;
	int epochs[CHUNKS];
} Model;

static StateUnit
unit_of(int i)
{
	return (StateUnit){.sink = i % SINKS,
					   .bucket = i / SINKS % BUCKETS,
					   .pane = (i / SINKS / BUCKETS - 1) * INT64_C(60000000)};
}

static const char *
pack_of(Arena *arena, int epoch)
{
	return arena_printf(arena, "s0/p/%016d-x.pack", epoch);
}

static void
change_model(Model *m, StateChange change, int epoch)
{
	if (change != STATE_PARTIAL)
		m->count = 0;
	if (change != STATE_GONE)
		m->epochs[m->count++] = epoch;
}

static void
compare_with_model(const StateMap *map, const Model *model, Arena *arena)
{
	size_t entries = 0;

	for (int i = 0; i < UNITS; i++)
		entries += model[i].count > 0;
	assert_int_equal(map->count, entries);
	for (size_t e = 0; e < map->count; e++)
	{
		const StateMapEntry *entry = &map->entries[e];
		int i = entry->unit.sink +
				SINKS * (entry->unit.bucket + BUCKETS * (int)(entry->unit.pane / 60000000 + 1));

		assert_int_equal(entry->chunk_count, model[i].count);
		for (uint32_t c = 0; c < entry->chunk_count; c++)
		{
			assert_string_equal(entry->chunks[c].pack, pack_of(arena, model[i].epochs[c]));
			assert_int_equal(entry->chunks[c].offset, i * 100);
		}
	}
}

/* Random epochs; after each the map, also after a round trip, says what the model says. */
static void
the_map_follows_its_changes(void **state UNUSED)
{
	Model model[UNITS] = {{0}};
	RandomSeeded dice;
	StateMap map;
	Arena arena;

	random_seeded_init(&dice, 3);
	arena_init(&arena, "test");
	state_map_init(&map);
	for (int epoch = 1; epoch <= 300; epoch++)
	{
		UnitChange changes[UNITS];
		size_t n = 0;
		StateMap next;

		for (int i = UNITS - 1; i >= 0; i--)
		{
			StateChange change = (StateChange)random_below(&dice.random, 3);

			if (random_below(&dice.random, 3) != 0 || (change == STATE_PARTIAL && model[i].count == CHUNKS))
				continue;
			changes[n++] =
				(UnitChange){unit_of(i), change, {pack_of(&arena, epoch), (uint64_t)i * 100, 5, 7}};
			change_model(&model[i], change, epoch);
		}
		state_map_apply(&map, changes, n, &next);
		state_map_release(&map);
		map = next;
		compare_with_model(&map, model, &arena);
	}
	state_map_release(&map);
	arena_release(&arena);
}

static PackFooter
make_footer(Arena *arena)
{
	static const char *names[] = {"one", "two"};
	static const PackRange ranges[] = {{5, 10}, {70, UINT64_C(1) << 40}};
	PackFooter footer = {.sink_count = 2, .sink_names = names, .file_count = 2};
	UnitChange changes[] = {
		{{1, 255, INT64_MIN}, STATE_WHOLE, {pack_of(arena, 2), 0, 11, 12}},
		{{0, 0, -60000000}, STATE_PARTIAL, {pack_of(arena, 1), 200, 300, UINT64_MAX}},
	};
	StateMap empty;

	state_map_init(&empty);
	state_map_apply(&empty, changes, 2, &footer.map);
	footer.files = ARENA_ARRAY_ZERO(arena, PackFile, 2);
	for (int i = 0; i < 2; i++)
	{
		PackFile *f = &footer.files[i];

		f->kind = i == 0 ? OUTPUT_DATA : OUTPUT_DEAD;
		f->owner = names[i];
		f->location = i == 0 ? "/data" : "";
		f->key = "k=v/file.csv";
		f->rows = 12345678901;
		memset(f->sha256, 0x5a + i, 32);
		f->stored = (StoredBytes){"s0/p/x.pack.0", 2, ranges, 15, f->sha256};
	}
	return footer;
}

static void
a_footer_survives(void **state UNUSED)
{
	Arena arena;
	PackFooter footer, back;
	StrBuf bytes = {0}, again = {0};
	Error err = {0};

	arena_init(&arena, "test");
	footer = make_footer(&arena);
	pack_footer_print(&footer, &bytes);
	assert_true(pack_footer_parse(str_view(&bytes), "p", &arena, &back, &err));
	assert_int_equal(back.map.count, 2);
	assert_true(back.map.entries[1].unit.pane == INT64_MIN);
	assert_int_equal(back.map.entries[0].unit.pane, -60000000);
	assert_int_equal(back.files[1].stored.ranges[1].len, UINT64_C(1) << 40);
	assert_string_equal(back.files[0].location, "/data");
	assert_memory_equal(back.files[1].stored.sha256, footer.files[1].sha256, 32);
	pack_footer_print(&back, &again);
	assert_int_equal(bytes.len, again.len);
	assert_memory_equal(bytes.data, again.data, bytes.len);
	state_map_release(&footer.map);
	state_map_release(&back.map);
	str_free(&bytes);
	str_free(&again);
	arena_release(&arena);
}

static void
any_changed_byte_is_found(void **state UNUSED)
{
	Arena arena;
	PackFooter footer, back;
	StrBuf bytes = {0};
	Error err = {0};

	arena_init(&arena, "test");
	footer = make_footer(&arena);
	pack_footer_print(&footer, &bytes);
	for (size_t i = 0; i < bytes.len; i++)
		for (int bit = 0; bit < 8; bit++)
		{
			bytes.data[i] ^= (char)(1 << bit);
			assert_false(pack_footer_parse(str_view(&bytes), "p", &arena, &back, &err));
			assert_int_equal(err.state, SQLSTATE_DATA_CORRUPTED);
			bytes.data[i] ^= (char)(1 << bit);
		}
	for (size_t len = 0; len < bytes.len; len++)
		assert_false(pack_footer_parse((StrView){bytes.data, len}, "p", &arena, &back, &err));
	error_clear(&err);
	state_map_release(&footer.map);
	str_free(&bytes);
	arena_release(&arena);
}

static void
sinks_are_renumbered_and_dropped(void **state UNUSED)
{
	Arena arena;
	PackFooter footer;
	const int swap[] = {1, 0}, drop[] = {-1, 0};

	arena_init(&arena, "test");
	footer = make_footer(&arena);
	state_map_renumber(&footer.map, swap);
	assert_int_equal(footer.map.entries[0].unit.sink, 0);
	assert_int_equal(footer.map.entries[0].unit.bucket, 255);
	state_map_renumber(&footer.map, drop);
	assert_int_equal(footer.map.count, 1);
	assert_int_equal(footer.map.entries[0].unit.bucket, 0);
	state_map_release(&footer.map);
	arena_release(&arena);
}

/* The text's sha256 stands in manifests: it must not change. Nothing that is cut off or changed is believed.
 */
static void
a_list_of_objects_survives(void **state UNUSED)
{
	PackFile files[] = {{.kind = OUTPUT_DATA,
						 .owner = "s\"1",
						 .location = "s3://b/p/",
						 .key = "k=a%2Fb/x.csv",
						 .rows = 7,
						 .sha256 = {0x0a, 0xff},
						 .stored = {.bytes = 99}},
						{.kind = OUTPUT_DEAD, .owner = "c", .location = "", .key = "dead/c/y.jsonl"}};
	PackFile *back;
	size_t count;
	StrBuf text = {0}, again = {0};
	Arena arena;
	Error err = {0};

	arena_init(&arena, "test");
	file_list_print(files, 2, &text);
	assert_string_equal(
		text.data,
		"{\"kind\":\"data\",\"name\":\"s\\\"1\",\"location\":\"s3://b/p/\",\"key\":\"k=a%2Fb/"
		"x.csv\",\"rows\":7,"
		"\"bytes\":99,\"sha256\":\"0aff000000000000000000000000000000000000000000000000000000000000\"}\n"
		"{\"kind\":\"dead\",\"name\":\"c\",\"location\":\"\",\"key\":\"dead/c/"
		"y.jsonl\",\"rows\":0,\"bytes\":0,"
		"\"sha256\":\"0000000000000000000000000000000000000000000000000000000000000000\"}\n");
	assert_true(file_list_parse(str_view(&text), "l", &arena, &back, &count, &err));
	file_list_print(back, count, &again);
	assert_string_equal(text.data, again.data);
	assert_true(file_list_parse((StrView){NULL, 0}, "l", &arena, &back, &count, &err));
	assert_int_equal(count, 0);
	for (size_t len = 1; len < text.len; len++)
	{
		bool whole = text.data[len - 1] == '\n';

		assert_true(file_list_parse((StrView){text.data, len}, "l", &arena, &back, &count, &err) == whole);
		error_clear(&err);
	}
	str_free(&text);
	str_free(&again);
	arena_release(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_map_follows_its_changes), cmocka_unit_test(a_footer_survives),
		cmocka_unit_test(any_changed_byte_is_found),   cmocka_unit_test(sinks_are_renumbered_and_dropped),
		cmocka_unit_test(a_list_of_objects_survives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
