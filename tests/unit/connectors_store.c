/*
 * connectors_store: what every store promises, whatever it is made of: a directory, and S3 where WEIR_TEST_S3
 * names a location (s3://bucket/prefix; who and where is in AWS's variables). Data objects are published from
 * each into each.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>
#include <cmocka.h>

#include <openssl/evp.h>

#include "common/memory.h"
#include "connectors/store_directory.h"
#include "connectors/store_s3.h"
#include "tests/unit/store_testing.h"

enum
{
	MEGABYTE = 1 << 20,
	WRITERS = 3
};

static bool state_on_s3, data_on_s3;
static int opened; /* locations on S3 get numbers */
static FailurePoints *striking;
static S3Stores s3; /* of the test that runs */

static const StoreClass *
class_of(bool on_s3)
{
	return on_s3 ? &s3.class : &directory_store_class;
}

static ObjectStore *
open_store(Place *place, bool on_s3, const char *name)
{
	ObjectStore *store = NULL;
	StoreOpen open = {.owner = "0123456789abcdef",
					  .restricted = strcmp(name, "state") == 0,
					  .clock = &system_clock,
					  .random = random_system(),
					  .failure_points = striking,
					  .fs = &system_fs};

	open.location = on_s3 ? arena_printf(&place->arena, "%s/%ld/%d/%s", getenv("WEIR_TEST_S3"),
										 (long)getpid(), opened, name)
						  : arena_printf(&place->arena, "%s/%s", place->folder, name);
	if (!class_of(on_s3)->open(class_of(on_s3), &open, &store, &place->err))
		fail_msg("%s", place->err.message);
	return store;
}

static int
setup(void **state)
{
	Place *place = place_make();

	s3_stores_init(&s3);
	opened++;
	place->state = open_store(place, state_on_s3, "state");
	place->data = open_store(place, data_on_s3, "data");
	*state = place;
	return 0;
}

static int
teardown(void **state)
{
	place_remove(*state);
	s3_stores_release(&s3);
	return 0;
}

/* ---- objects ---- */

static void
a_name_is_created_once(void **state)
{
	Place *place = *state;

	assert_int_equal(put(place, "m/1.json", "hello"), PUT_CREATED);
	assert_int_equal(put(place, "m/1.json", "hello"), PUT_SAME);
	assert_int_equal(put(place, "m/1.json", "other"), PUT_CLASH);
	assert_int_equal(put(place, "m/1.json", "hell"), PUT_CLASH);
	assert_int_equal(put(place, "m/empty", ""), PUT_CREATED);
	assert_string_equal(get(place, "m/1.json", 0, UINT64_MAX), "hello");
	assert_string_equal(get(place, "m/1.json", 1, 3), "ell");
	assert_string_equal(get(place, "m/1.json", 4, 100), "o");
	assert_string_equal(get(place, "m/1.json", 50, 1), "");
	assert_string_equal(get(place, "m/empty", 0, UINT64_MAX), "");
	assert_null(get(place, "m/2.json", 0, 1));
	assert_null(get(place, "m/2.json", 0, UINT64_MAX));
}

static void
put_replaces(void **state)
{
	Place *place = *state;

	must(place, place->state->class->put(place->state, "tail", STR_LIT("1"), &place->err));
	must(place, place->state->class->put(place->state, "tail", STR_LIT("22"), &place->err));
	assert_string_equal(get(place, "tail", 0, UINT64_MAX), "22");
}

static void
names_do_not_lead_out(void **state)
{
	static const char *const bad[] = {"../x", "a/../../x", "/x", "a//b", "a/./b", "", "a/"};
	Place *place = *state;
	PutResult result;

	for (size_t i = 0; i < lengthof(bad); i++)
		must_fail(
			place,
			place->state->class->put_if_absent(place->state, bad[i], STR_LIT("x"), &result, &place->err),
			SQLSTATE_INVALID_NAME);
}

static void
any_name_is_taken_as_it_is(void **state)
{
	static const char *const names[] = {"day=2024-03-01/x.csv", "a%20b%2F", "a b+c&d", "\xc3\xbc\xe6\x97\xa5",
										"~!$'()*,;:@"};
	Place *place = *state;

	for (size_t i = 0; i < lengthof(names); i++)
		assert_int_equal(put(place, names[i], names[i]), PUT_CREATED);
	for (size_t i = 0; i < lengthof(names); i++)
		assert_string_equal(get(place, names[i], 0, UINT64_MAX), names[i]);
	assert_string_equal(list(place, "", false),
						"a b+c&d:7 a%20b%2F:8 ~!$'()*,;:@:11 \xc3\xbc\xe6\x97\xa5:5 ");
}

/* '-' and '.' come before '/', digits after it; what is deeper is listed where it is asked for. */
static void
lists_are_in_the_order_of_keys(void **state)
{
	Place *place = *state;

	assert_string_equal(list(place, "m/", false), "");
	for (int i = 12; i > 8; i--)
		(void)put(place, arena_printf(&place->arena, "m/%02d.json", i), "12345");
	(void)put(place, "m/10", "1");
	(void)put(place, "m/09/2", "1");
	(void)put(place, "m/09/1/x", "22");
	(void)put(place, "m/09-x", "333");
	(void)put(place, "m/090", "4444");
	(void)put(place, "m/09.x/c", "666666");
	(void)put(place, "n", "1");
	assert_string_equal(list(place, "m/", false),
						"m/09-x:3 m/09.json:5 m/090:4 m/10:1 m/10.json:5 m/11.json:5 "
						"m/12.json:5 ");
	assert_string_equal(list(place, "m/", true),
						"m/09-x:3 m/09.json:5 m/09.x/c:6 m/09/1/x:2 m/09/2:1 m/090:4 "
						"m/10:1 m/10.json:5 m/11.json:5 m/12.json:5 ");
	assert_string_equal(list(place, "m/09/", true), "m/09/1/x:2 m/09/2:1 ");
	assert_string_equal(list(place, "", false), "n:1 ");
	assert_string_equal(list(place, "", true), "m/09-x:3 m/09.json:5 m/09.x/c:6 m/09/1/x:2 m/09/2:1 m/090:4 "
											   "m/10:1 m/10.json:5 m/11.json:5 m/12.json:5 n:1 ");
}

static bool
append_first(void *context, const StoreEntry *entry)
{
	append_name(context, entry);
	return false;
}

static void
lists_end_when_told(void **state)
{
	Place *place = *state;
	StrBuf names = {0};

	(void)put(place, "m/a/1/x", "22");
	(void)put(place, "m/a/2", "1");
	for (int recursive = 0; recursive < 2; recursive++)
		must(place,
			 place->state->class->list(place->state, "m/a/", recursive, append_first, &names, &place->err));
	assert_string_equal(str_cstr(&names), "m/a/2:1 m/a/1/x:2 ");
	str_free(&names);
}

static bool
note_time(void *context, const StoreEntry *entry)
{
	*(int64_t *)context = entry->modified;
	return false;
}

static void
lists_say_when(void **state)
{
	Place *place = *state;
	int64_t modified = 0;

	(void)put(place, "m/1", "x");
	(void)put(place, "m/2", "x");
	must(place, place->state->class->list(place->state, "m/", false, note_time, &modified, &place->err));
	assert_true(llabs((long long)(clock_now(&system_clock) - modified)) < 60 * 1000000LL);
}

static void
what_is_removed_is_gone(void **state)
{
	Place *place = *state;

	(void)put(place, "m/1", "x");
	must(place, place->state->class->remove(place->state, "m/1", &place->err));
	must(place, place->state->class->remove(place->state, "m/1", &place->err));
	assert_null(get(place, "m/1", 0, 1));
	assert_int_equal(put(place, "m/1", "y"), PUT_CREATED);
}

static void
a_probe_leaves_nothing(void **state)
{
	Place *place = *state;

	for (int i = 0; i < 2; i++)
	{
		must(place, place->state->class->sweep(place->state, &place->err));
		must(place, place->state->class->probe(place->state, &place->err));
		must(place, place->data->class->sweep(place->data, &place->err));
		must(place, place->data->class->probe(place->data, &place->err));
	}
	assert_string_equal(list(place, "", true), "");
}

/* ---- packs and publishing ---- */

/* Output of several threads: numbered fragments, of which each thread makes its own objects. */
typedef struct Writer
{
	pthread_t thread;
	Place *place;
	PackWriter *pack;
	int number;
	size_t fragment_bytes;
	size_t count;
	PackRange *ranges;
} Writer;

static void
fill_fragment(const Writer *w, size_t fragment, char *bytes)
{
	RandomSeeded random;

	random_seeded_init(&random, (uint64_t)w->number * 1000003 + fragment);
	random_fill(&random.random, bytes, w->fragment_bytes);
}

static void *
write_fragments(void *context)
{
	Writer *w = context;
	char *bytes = mem_alloc(w->fragment_bytes);

	for (size_t i = 0; i < w->count; i++)
	{
		fill_fragment(w, i, bytes);
		w->ranges[i].len = w->fragment_bytes;
		if (!w->pack->store->class->pack_append_output(w->pack, bytes, w->fragment_bytes,
													   &w->ranges[i].offset, &w->place->err))
			w->count = 0;
	}
	mem_free(bytes);
	return NULL;
}

/* Reads back what was written, as joining does, and makes the checksum. */
static void
hash_fragments(Writer *w, uint8_t *sha256)
{
	char *wanted = mem_alloc(w->fragment_bytes), *there = mem_alloc(w->fragment_bytes);
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	EVP_DigestInit_ex(md, EVP_sha256(), NULL);
	for (size_t i = 0; i < w->count; i++)
	{
		fill_fragment(w, i, wanted);
		must(w->place, w->pack->store->class->pack_read_output(w->pack, w->ranges[i].offset, there,
															   w->fragment_bytes, &w->place->err));
		assert_memory_equal(wanted, there, w->fragment_bytes);
		EVP_DigestUpdate(md, there, w->fragment_bytes);
	}
	EVP_DigestFinal_ex(md, sha256, NULL);
	EVP_MD_CTX_free(md);
	mem_free(wanted);
	mem_free(there);
}

typedef struct Sealed
{
	StoredBytes stored[WRITERS];
	uint8_t sha256[WRITERS][32];
} Sealed;

static void
seal(Writer *w, Sealed *sealed)
{
	StoredBytes *stored = &sealed->stored[w->number];

	assert_true(w->count > 0);
	hash_fragments(w, sealed->sha256[w->number]);
	must(w->place, w->pack->store->class->pack_seal(w->pack, (uint32_t)w->number, w->ranges, w->count,
													w->fragment_bytes * w->count, &w->place->arena, stored,
													&w->place->err));
	stored->sha256 = sealed->sha256[w->number];
}

/* A pack with so many fragments of each thread, and so many bytes of state behind them. */
static void
make_pack(Place *place, size_t fragment_bytes, size_t count, size_t state_bytes, Sealed *sealed)
{
	const StoreClass *class = place->state->class;
	Writer writers[WRITERS];
	PackWriter *pack;
	char *bytes = mem_alloc_zero(Max(state_bytes, 1));
	uint64_t first, second;

	must(place, class->pack_begin(place->state, "p/1.pack", &pack, &place->err));
	for (int i = 0; i < WRITERS; i++)
	{
		writers[i] = (Writer){.place = place,
							  .pack = pack,
							  .number = i,
							  .fragment_bytes = fragment_bytes,
							  .count = count,
							  .ranges = ARENA_ARRAY_ZERO(&place->arena, PackRange, count)};
		pthread_create(&writers[i].thread, NULL, write_fragments, &writers[i]);
	}
	for (int i = 0; i < WRITERS; i++)
		pthread_join(writers[i].thread, NULL);
	must(place, class->pack_append(pack, STR_LIT("first"), &first, &place->err));
	for (int i = 0; i < WRITERS; i++)
		seal(&writers[i], sealed);
	for (size_t at = 0; at < state_bytes; at += MEGABYTE)
		must(place, class->pack_append(pack, (StrView){bytes + at, Min(state_bytes - at, (size_t)MEGABYTE)},
									   &second, &place->err));
	must(place, class->pack_append(pack, STR_LIT("footer"), &second, &place->err));
	must(place, class->pack_finish(pack, &place->err));
	mem_free(bytes);
	assert_string_equal(get(place, "p/1.pack", first, 5), "first");
	assert_string_equal(get(place, "p/1.pack", second, 100), "footer");
	assert_int_equal(second, first + 5 + state_bytes);
}

static void
publish(Place *place, Sealed *sealed, PutResult expected)
{
	Publication items[WRITERS];

	for (int i = 0; i < WRITERS; i++)
		items[i] =
			(Publication){.key = arena_printf(&place->arena, "day=1/%d.csv", i), .bytes = &sealed->stored[i]};
	must(place, place->data->class->publish(place->data, place->state, items, WRITERS, &place->err));
	must(place, place->data->class->flush(place->data, &place->err));
	for (int i = 0; i < WRITERS; i++)
		assert_int_equal(items[i].result, expected);
}

/* The objects are what was sealed, byte for byte. */
static void
check_published(Place *place, const Sealed *sealed)
{
	for (int i = 0; i < WRITERS; i++)
	{
		StrBuf there = {0};
		uint8_t sha256[32];
		bool found;

		must(place, place->data->class->get(place->data, arena_printf(&place->arena, "day=1/%d.csv", i), 0,
											UINT64_MAX, &there, &found, &place->err));
		assert_true(found);
		assert_int_equal(there.len, sealed->stored[i].bytes);
		EVP_Digest(str_cstr(&there), there.len, sha256, NULL, EVP_sha256(), NULL);
		assert_memory_equal(sha256, sealed->sha256[i], 32);
		str_free(&there);
	}
}

/* Closes the state, and with it what it remembers, as a restart does. */
static void
reopen(Place *place)
{
	store_close(place->state);
	place->state = open_store(place, state_on_s3, "state");
}

static void
pack_and_publish(Place *place, size_t fragment_bytes, size_t count, size_t state_bytes)
{
	Sealed sealed;

	make_pack(place, fragment_bytes, count, state_bytes, &sealed);
	publish(place, &sealed, PUT_CREATED);
	check_published(place, &sealed);
	publish(place, &sealed, PUT_SAME);
	for (int i = 0; i < WRITERS; i++)
		must(place, place->data->class->remove(place->data, arena_printf(&place->arena, "day=1/%d.csv", i),
											   &place->err));
	reopen(place);
	publish(place, &sealed, PUT_CREATED);
	check_published(place, &sealed);
}

static void
small_packs(void **state)
{
	pack_and_publish(*state, 1000, 50, 0);
}

static void
packs_of_several_segments(void **state)
{
	pack_and_publish(*state, 300000, 40, 3 * MEGABYTE);
}

/* More output than may wait in memory, and more state than one request makes of it. */
static void
packs_larger_than_memory(void **state)
{
	if (!state_on_s3 || data_on_s3)
		pack_and_publish(*state, 400000, 35, 36 * MEGABYTE);
}

/* Publishes a second time beside what another hand has put there. */
static PutResult
publish_beside(Place *place, const Sealed *sealed, const char *bytes, size_t len)
{
	Publication item = {.key = "day=1/0.csv", .bytes = &sealed->stored[0], .result = PUT_CREATED};

	must(place, place->data->class->put(place->data, item.key, (StrView){bytes, len}, &place->err));
	must(place, place->data->class->publish(place->data, place->state, &item, 1, &place->err));
	return item.result;
}

static void
an_object_of_the_same_name_is_compared(void **state)
{
	Place *place = *state;
	Sealed sealed;
	PutResult result;
	char text[10];
	const char *there;

	make_pack(place, 10, 1, 0, &sealed);
	memcpy(text, get(place, sealed.stored[0].key, sealed.stored[0].ranges[0].offset, 10), 10);
	for (int i = 0; i < WRITERS; i++)
		must(place,
			 place->data->class->put_if_absent(place->data, arena_printf(&place->arena, "day=1/%d.csv", i),
											   STR_LIT("ten bytes!"), &result, &place->err));
	publish(place, &sealed, PUT_CLASH);
	assert_string_equal(get_from(place, place->data, "day=1/0.csv", 0, UINT64_MAX), "ten bytes!");
	assert_int_equal(publish_beside(place, &sealed, text, 10), PUT_SAME);
	assert_int_equal(publish_beside(place, &sealed, text, 9), PUT_CLASH);
	text[9] ^= 1;
	assert_int_equal(publish_beside(place, &sealed, text, 10), PUT_CLASH);
	there = get_from(place, place->data, "day=1/0.csv", 0, UINT64_MAX);
	assert_memory_equal(there, text, 10);
}

static void
damaged_bytes_are_not_published(void **state)
{
	Place *place = *state;
	Sealed sealed;
	Publication item = {.key = "x.csv", .bytes = &sealed.stored[1]};

	if (!state_on_s3 && !data_on_s3)
		return; /* a link shares the bytes: connectors_store_directory */
	make_pack(place, 10, 1, 0, &sealed);
	reopen(place);
	sealed.sha256[1][0] ^= 1;
	must_fail(place, place->data->class->publish(place->data, place->state, &item, 1, &place->err),
			  SQLSTATE_DATA_CORRUPTED);
	assert_null(get_from(place, place->data, "x.csv", 0, 1));
	must(place, place->state->class->remove(place->state, sealed.stored[0].key, &place->err));
	must_fail(place, place->data->class->publish(place->data, place->state, &item, 1, &place->err),
			  SQLSTATE_DATA_CORRUPTED);
}

static void
a_discarded_pack_leaves_no_object(void **state)
{
	Place *place = *state;
	PackWriter *pack;
	uint64_t offset;

	must(place, place->state->class->pack_begin(place->state, "p/2.pack", &pack, &place->err));
	place->state->class->pack_discard(pack);
	must(place, place->state->class->pack_begin(place->state, "p/2.pack", &pack, &place->err));
	must(place, place->state->class->pack_append_output(pack, "x", 1, &offset, &place->err));
	place->state->class->pack_discard(pack);
	must(place, place->state->class->pack_begin(place->state, "p/2.pack", &pack, &place->err));
	must(place, place->state->class->pack_finish(pack, &place->err));
	assert_string_equal(list(place, "", true), "");
}

/* One worker learns that a segment was lost; what the others still append, and the end, must fail as well. */
static void
a_pack_that_lost_a_part_is_given_up(void **state)
{
	Place *place = *state;
	FailurePoints points = {0};
	char *megabytes;
	ObjectStore *store;
	PackWriter *pack;
	uint64_t offset;
	int appended = 0;

	if (!state_on_s3)
		skip();
	megabytes = mem_alloc_zero(8 * MEGABYTE);
	must(place, failure_points_parse(&points, "s3_put.after:1:error", &place->err));
	striking = &points;
	store = open_store(place, true, "broken");
	striking = NULL;
	must(place, store->class->pack_begin(store, "a.pack", &pack, &place->err));
	while (store->class->pack_append_output(pack, megabytes, 8 * MEGABYTE, &offset, &place->err))
		assert_true(appended++ < 32);
	must_fail(place, false, SQLSTATE_IO_ERROR);
	for (int i = 0; i < 3; i++)
		must_fail(place, store->class->pack_append_output(pack, megabytes, MEGABYTE, &offset, &place->err),
				  SQLSTATE_IO_ERROR);
	must_fail(place, store->class->pack_append(pack, STR_LIT("state"), &offset, &place->err),
			  SQLSTATE_IO_ERROR);
	must_fail(place, store->class->pack_finish(pack, &place->err), SQLSTATE_IO_ERROR);
	store_close(store);
	mem_free(megabytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		STORE_TEST(a_name_is_created_once),
		STORE_TEST(put_replaces),
		STORE_TEST(names_do_not_lead_out),
		STORE_TEST(any_name_is_taken_as_it_is),
		STORE_TEST(lists_are_in_the_order_of_keys),
		STORE_TEST(lists_end_when_told),
		STORE_TEST(lists_say_when),
		STORE_TEST(what_is_removed_is_gone),
		STORE_TEST(a_probe_leaves_nothing),
		STORE_TEST(small_packs),
		STORE_TEST(packs_of_several_segments),
		STORE_TEST(packs_larger_than_memory),
		STORE_TEST(an_object_of_the_same_name_is_compared),
		STORE_TEST(damaged_bytes_are_not_published),
		STORE_TEST(a_discarded_pack_leaves_no_object),
		STORE_TEST(a_pack_that_lost_a_part_is_given_up),
	};
	int failed = 0;

	/* All of it on directories and on S3, and with the two apart. */
	for (int places = 0; places < (getenv("WEIR_TEST_S3") != NULL ? 4 : 1); places++)
	{
		state_on_s3 = places == 1 || places == 2;
		data_on_s3 = places == 1 || places == 3;
		failed += cmocka_run_group_tests(tests, NULL, NULL);
	}
	return failed;
}
