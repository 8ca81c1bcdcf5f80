/*
 * store_testing.h: a state and a data store in a test, and the words in which tests speak of them.
 */
#ifndef WEIR_TESTS_STORE_TESTING_H
#define WEIR_TESTS_STORE_TESTING_H

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/memory.h"
#include "executor/store.h"

/* Of the test that runs: where state and data lie. */
typedef struct Place
{
	char folder[64];
	ObjectStore *state;
	ObjectStore *data;
	Arena arena;
	Error err;
} Place;

/* The test opens the stores. */
static inline Place *
place_make(void)
{
	Place *place = test_calloc(1, sizeof *place);

	strcpy(place->folder, "/tmp/weir-store-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	arena_init(&place->arena, "test");
	return place;
}

static inline int
remove_entry(const char *path, const struct stat *st UNUSED, int type UNUSED, struct FTW *at UNUSED)
{
	return remove(path);
}

static inline void
place_remove(Place *place)
{
	store_close(place->state);
	store_close(place->data);
	nftw(place->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	error_clear(&place->err);
	arena_release(&place->arena);
	test_free(place);
}

static inline void
must(Place *place, bool ok)
{
	if (!ok)
		fail_msg("%s%s%s", place->err.message, place->err.detail ? ": " : "",
				 place->err.detail ? place->err.detail : "");
}

static inline void
must_fail(Place *place, bool ok, SqlStateName expected)
{
	assert_false(ok);
	if (place->err.state != expected)
		fail_msg("want %s, got %s: %s", sqlstate_code(expected), sqlstate_code(place->err.state),
				 place->err.message);
	error_clear(&place->err);
}

static inline PutResult
put(Place *place, const char *key, const char *text)
{
	PutResult result = PUT_CLASH;

	must(place,
		 place->state->class->put_if_absent(place->state, key, str_from_cstr(text), &result, &place->err));
	return result;
}

/* Text in the arena; NULL = there is no such object. */
static inline const char *
get_from(Place *place, ObjectStore *store, const char *key, uint64_t offset, uint64_t len)
{
	StrBuf out = {0};
	bool found;
	const char *text = NULL;

	must(place, store->class->get(store, key, offset, len, &out, &found, &place->err));
	if (found)
		text = arena_strndup(&place->arena, str_cstr(&out), out.len);
	str_free(&out);
	return text;
}

static inline const char *
get(Place *place, const char *key, uint64_t offset, uint64_t len)
{
	return get_from(place, place->state, key, offset, len);
}

static inline bool
append_name(void *context, const StoreEntry *entry)
{
	str_appendf(context, "%s:%" PRIu64 " ", entry->key, entry->size);
	return true;
}

/* "key:size " of each. */
static inline const char *
list(Place *place, const char *prefix, bool recursive)
{
	StrBuf names = {0};
	const char *text;

	must(place, place->state->class->list(place->state, prefix, recursive, append_name, &names, &place->err));
	text = arena_strdup(&place->arena, str_cstr(&names));
	str_free(&names);
	return text;
}

#endif
