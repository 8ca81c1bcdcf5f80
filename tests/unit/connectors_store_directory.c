/*
 * connectors_store_directory: what is a directory's own: files, links, modes, locks; what a file system may
 * do to them is done through the Fs table. What every store promises is in connectors_store.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>
#include <sys/stat.h>
#include <cmocka.h>

#include <openssl/evp.h>

#include "connectors/store_directory.h"
#include "tests/unit/store_testing.h"

/* A file system with faults. */
typedef struct FaultyFs
{
	Fs base;
	int link_error;     /* -errno of every link; 0 = none */
	bool link_lies;     /* links, but says that it failed */
	bool link_replaces; /* like a file system that does not refuse an existing name */
	int write_error;
	int sync_error;
	int syncs; /* of files and directories */
} FaultyFs;

static FaultyFs *
faulty(const Fs *fs)
{
	return (FaultyFs *)(uintptr_t)fs;
}

static int
faulty_link(const Fs *fs, const char *from, const char *to)
{
	FaultyFs *f = faulty(fs);
	int result;

	if (f->link_error != 0)
		return f->link_error;
	if (f->link_replaces)
		(void)unlink(to);
	result = system_fs.link(fs, from, to);
	return f->link_lies ? -EIO : result;
}

static int64_t
faulty_write(const Fs *fs, int fd, const void *data, size_t len)
{
	if (faulty(fs)->write_error != 0)
		return faulty(fs)->write_error;
	/* One byte less than asked for, to see that callers go on. */
	return system_fs.write(fs, fd, data, len > 1 ? len - 1 : len);
}

static int
faulty_sync(const Fs *fs, int fd)
{
	faulty(fs)->syncs++;
	return faulty(fs)->sync_error != 0 ? faulty(fs)->sync_error : system_fs.sync(fs, fd);
}

/* Of the test that runs. */
static FaultyFs faults;
static RandomSeeded chance;

static ObjectStore *
open_store(Place *place, const char *name, const char *owner)
{
	ObjectStore *store = NULL;
	StoreOpen open = {.location = arena_printf(&place->arena, "%s/%s", place->folder, name),
					  .owner = owner,
					  .restricted = strcmp(name, "state") == 0,
					  .random = &chance.random,
					  .fs = &faults.base};

	if (!directory_store_class.open(&directory_store_class, &open, &store, &place->err))
		fail_msg("%s", place->err.message);
	return store;
}

static int
setup(void **state)
{
	Place *place = place_make();

	random_seeded_init(&chance, 5);
	faults = (FaultyFs){.base = system_fs};
	faults.base.link = faulty_link;
	faults.base.write = faulty_write;
	faults.base.sync = faulty_sync;
	place->state = open_store(place, "state", "job");
	place->data = open_store(place, "a/b/data/", "job");
	*state = place;
	return 0;
}

static int
teardown(void **state)
{
	place_remove(*state);
	return 0;
}

static const char *
path_of(Place *place, const char *name)
{
	return arena_printf(&place->arena, "%s/%s", place->folder, name);
}

static bool
exists(Place *place, const char *name)
{
	return access(path_of(place, name), F_OK) == 0;
}

static bool
count_entry(void *context, const char *name UNUSED)
{
	++*(int *)context;
	return true;
}

static int
count_entries(Place *place, const char *name)
{
	int n = 0;

	(void)system_fs.list(&system_fs, path_of(place, name), count_entry, &n);
	return n;
}

/* ---- objects ---- */

/* Each write takes a byte less than it was given. */
static void
short_writes_go_on_and_leave_nothing_else(void **state)
{
	Place *place = *state;

	assert_int_equal(put(place, "m/1.json", "hello"), PUT_CREATED);
	assert_int_equal(put(place, "m/1.json", "hello"), PUT_SAME);
	assert_int_equal(put(place, "m/1.json", "other"), PUT_CLASH);
	must(place, place->state->class->put(place->state, "tail", STR_LIT("22"), &place->err));
	assert_string_equal(get(place, "m/1.json", 0, UINT64_MAX), "hello");
	assert_string_equal(get(place, "tail", 0, UINT64_MAX), "22");
	assert_int_equal(count_entries(place, "state/.weir-tmp"), 0);
}

static void
temporary_files_are_not_listed(void **state)
{
	Place *place = *state;

	(void)put(place, "p/a", "1");
	fclose(fopen(path_of(place, "state/.weir-tmp/job-1"), "w"));
	assert_string_equal(list(place, "", true), "p/a:1 ");
}

static void
reading_makes_nothing(void **state)
{
	Place *place = *state;
	StoreOpen open = {.location = path_of(place, "elsewhere/data"),
					  .read_only = true,
					  .owner = "job",
					  .random = &chance.random,
					  .fs = &faults.base};
	StrBuf keys = {0};
	ObjectStore *store;
	bool found = true;

	must(place, directory_store_class.open(&directory_store_class, &open, &store, &place->err));
	must(place, store->class->list(store, "", true, append_name, &keys, &place->err));
	must(place, store->class->get(store, "a", 0, UINT64_MAX, &keys, &found, &place->err));
	store_close(store);
	assert_int_equal(keys.len, 0);
	assert_false(found);
	assert_false(exists(place, "elsewhere"));
}

static void
an_object_is_durable_before_it_has_a_name(void **state)
{
	Place *place = *state;
	PutResult result;

	(void)put(place, "m/1", "x");
	faults.syncs = 0;
	(void)put(place, "m/2", "x");
	assert_int_equal(faults.syncs, 2); /* the file, then the directory with its name */
	faults.sync_error = -EIO;
	must_fail(place,
			  place->state->class->put_if_absent(place->state, "m/3", STR_LIT("x"), &result, &place->err),
			  SQLSTATE_IO_ERROR);
	faults.sync_error = 0;
	assert_false(exists(place, "state/m/3"));
}

static void
a_full_disk_is_told(void **state)
{
	Place *place = *state;
	PutResult result;

	faults.write_error = -ENOSPC;
	must_fail(place,
			  place->state->class->put_if_absent(place->state, "m/1", STR_LIT("x"), &result, &place->err),
			  SQLSTATE_DISK_FULL);
	faults.write_error = 0;
	assert_false(exists(place, "state/m/1"));
	assert_int_equal(count_entries(place, "state/.weir-tmp"), 0);
}

static void
a_lost_reply_of_link_counts_by_what_happened(void **state)
{
	Place *place = *state;

	faults.link_lies = true;
	assert_int_equal(put(place, "m/1", "x"), PUT_CREATED);
	assert_string_equal(get(place, "m/1", 0, UINT64_MAX), "x");
}

/* ---- safety ---- */

static void
a_probe_tells_safe_from_unsafe(void **state)
{
	Place *place = *state;

	must(place, place->data->class->probe(place->data, &place->err));
	faults.link_replaces = true;
	must_fail(place, place->data->class->probe(place->data, &place->err), SQLSTATE_UNSAFE_STORE);
	faults.link_replaces = false;
	faults.link_error = -EPERM;
	must_fail(place, place->data->class->probe(place->data, &place->err), SQLSTATE_UNSAFE_STORE);
	faults.link_error = -ENOSPC;
	must_fail(place, place->data->class->probe(place->data, &place->err), SQLSTATE_DISK_FULL);
	faults.link_error = 0;
	assert_int_equal(count_entries(place, "a/b/data/.weir-tmp"), 0);
}

static void
a_lock_is_held_until_close(void **state)
{
	Place *place = *state;
	ObjectStore *second = open_store(place, "state", "job");

	(void)put(place, "job.json", "{}");
	must(place, place->state->class->lock(place->state, "job.json", &place->err));
	must_fail(place, second->class->lock(second, "job.json", &place->err), SQLSTATE_OBJECT_IN_USE);
	store_close(place->state);
	place->state = second;
	must(place, second->class->lock(second, "job.json", &place->err));
}

static void
sweeping_removes_only_our_own(void **state)
{
	Place *place = *state;

	assert_int_equal(mkdir(path_of(place, "state/.weir-tmp"), 0700), 0);
	for (int i = 0; i < 3; i++)
	{
		static const char *const names[] = {"state/.weir-tmp/job-1", "state/.weir-tmp/jobber-1",
											"state/.weir-tmp/other-1"};

		fclose(fopen(path_of(place, names[i]), "w"));
	}
	must(place, place->state->class->sweep(place->state, &place->err));
	assert_false(exists(place, "state/.weir-tmp/job-1"));
	assert_true(exists(place, "state/.weir-tmp/jobber-1"));
	assert_true(exists(place, "state/.weir-tmp/other-1"));
}

/* ---- packs and publishing ---- */

/* Three fragments out of order: "one ", "two ", "three". */
static void
make_pack(Place *place, StoredBytes *stored)
{
	const StoreClass *class = place->state->class;
	static uint8_t sha256[32];
	PackWriter *pack;
	PackRange ranges[3];
	char back[8] = "";
	uint64_t offset;

	must(place, class->pack_begin(place->state, "p/1.pack", &pack, &place->err));
	assert_false(exists(place, "state/p"));
	must(place, class->pack_append_output(pack, "two ", 4, &ranges[1].offset, &place->err));
	must(place, class->pack_append_output(pack, "three", 5, &ranges[2].offset, &place->err));
	must(place, class->pack_append_output(pack, "one ", 4, &ranges[0].offset, &place->err));
	ranges[0].len = ranges[1].len = 4;
	ranges[2].len = 5;
	must(place, class->pack_read_output(pack, ranges[2].offset, back, 5, &place->err));
	assert_string_equal(back, "three");
	must(place, class->pack_append(pack, STR_LIT("state"), &offset, &place->err));
	assert_int_equal(offset, 0);
	must(place, class->pack_append(pack, STR_LIT("footer"), &offset, &place->err));
	assert_int_equal(offset, 5);
	must(place, class->pack_seal(pack, 0, ranges, 3, 13, &place->arena, stored, &place->err));
	must(place, class->pack_finish(pack, &place->err));
	EVP_Digest("one two three", 13, sha256, NULL, EVP_sha256(), NULL);
	stored->sha256 = sha256;
	assert_string_equal(get(place, "p/1.pack", 5, 6), "footer");
}

static ino_t
inode_of(Place *place, const char *name)
{
	struct stat st;

	assert_int_equal(stat(path_of(place, name), &st), 0);
	return st.st_ino;
}

static const char *
read_data(Place *place, const char *name)
{
	StrBuf text = {0};
	const char *copy;

	assert_int_equal(fs_read_file(&system_fs, path_of(place, name), &text), 0);
	copy = arena_strdup(&place->arena, str_cstr(&text));
	str_free(&text);
	return copy;
}

static PutResult
publish(Place *place, const StoredBytes *stored)
{
	Publication item = {.key = "day=1/x.csv", .bytes = stored, .result = PUT_CLASH};

	must(place, place->data->class->publish(place->data, place->state, &item, 1, &place->err));
	must(place, place->data->class->flush(place->data, &place->err));
	return item.result;
}

static void
sealed_bytes_are_published_without_a_copy(void **state)
{
	Place *place = *state;
	StoredBytes stored;

	make_pack(place, &stored);
	assert_int_equal(publish(place, &stored), PUT_CREATED);
	assert_string_equal(read_data(place, "a/b/data/day=1/x.csv"), "one two three");
	assert_int_equal(inode_of(place, "a/b/data/day=1/x.csv"),
					 inode_of(place, arena_printf(&place->arena, "state/%s", stored.key)));
	/* Again, as a restart would. */
	assert_int_equal(publish(place, &stored), PUT_SAME);
}

/* Only links out of the state fail: they would cross file systems. */
static int
link_within(const Fs *fs, const char *from, const char *to)
{
	return strstr(from, "/p/") != NULL ? -EXDEV : system_fs.link(fs, from, to);
}

static void
across_file_systems_bytes_are_copied_and_checked(void **state)
{
	Place *place = *state;
	StoredBytes stored;
	FILE *f;

	make_pack(place, &stored);
	faults.base.link = link_within;
	assert_int_equal(publish(place, &stored), PUT_CREATED);
	assert_string_equal(read_data(place, "a/b/data/day=1/x.csv"), "one two three");
	assert_int_equal(count_entries(place, "a/b/data/.weir-tmp"), 0);
	/* Bytes that rotted in the state are not published. */
	unlink(path_of(place, "a/b/data/day=1/x.csv"));
	f = fopen(path_of(place, arena_printf(&place->arena, "state/%s", stored.key)), "r+");
	fputs("ONE", f);
	fclose(f);
	must_fail(place,
			  place->data->class->publish(place->data, place->state,
										  &(Publication){.key = "day=1/x.csv", .bytes = &stored}, 1,
										  &place->err),
			  SQLSTATE_DATA_CORRUPTED);
	assert_false(exists(place, "a/b/data/day=1/x.csv"));
}

static void
a_discarded_pack_leaves_no_folder(void **state)
{
	Place *place = *state;
	PackWriter *pack;

	must(place, place->state->class->pack_begin(place->state, "p/2.pack", &pack, &place->err));
	place->state->class->pack_discard(pack);
	assert_false(exists(place, "state/p"));
}

/* State is for its owner alone; data is as open as the umask says. */
static void
state_is_private(void **state)
{
	Place *place = *state;
	struct stat st;
	mode_t mask = umask(022);
	StoredBytes stored;

	umask(022);
	(void)put(place, "m/1", "x");
	assert_int_equal(stat(path_of(place, "state/m/1"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(path_of(place, "state"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	make_pack(place, &stored);
	(void)publish(place, &stored);
	assert_int_equal(stat(path_of(place, "a/b/data/day=1/x.csv"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	umask(mask);
}

int
main(void)
{
#define STORE_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		STORE_TEST(short_writes_go_on_and_leave_nothing_else),
		STORE_TEST(temporary_files_are_not_listed),
		STORE_TEST(reading_makes_nothing),
		STORE_TEST(an_object_is_durable_before_it_has_a_name),
		STORE_TEST(a_full_disk_is_told),
		STORE_TEST(a_lost_reply_of_link_counts_by_what_happened),
		STORE_TEST(a_probe_tells_safe_from_unsafe),
		STORE_TEST(a_lock_is_held_until_close),
		STORE_TEST(sweeping_removes_only_our_own),
		STORE_TEST(sealed_bytes_are_published_without_a_copy),
		STORE_TEST(across_file_systems_bytes_are_copied_and_checked),
		STORE_TEST(a_discarded_pack_leaves_no_folder),
		STORE_TEST(state_is_private),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
