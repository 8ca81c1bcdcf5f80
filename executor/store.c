/*
 * store.c: opens a location with the store class of its scheme.
 */
#include "executor/store.h"

#include "executor/memory_share.h"
#include "planner/options.h"

/* Opens with the options of the settings, which need to live no longer than that. */
static bool
open_by_settings(const StoreSet *set, const StoreClass *class, const StoreOpen *open, ObjectStore **out,
				 Error *err)
{
	const SyntaxList nothing = {0};
	const OptionTable table = {class->info.options, class->info.option_count};
	StoreOpen with_options = *open;
	Options options;
	Arena arena;
	bool ok;

	arena_init(&arena, "options");
	with_options.options = &options;
	ok = options_validate(&nothing, &table, 1, set->settings, NO_POSITION, &arena, &options, err) &&
		 (class->info.check_location == NULL ||
		  class->info.check_location(open->location, &options, NO_POSITION, err)) &&
		 class->open(class, &with_options, out, err);
	arena_release(&arena);
	return ok;
}

static void
take_from_set(const StoreSet *set, StoreOpen *open)
{
	open->fs = set->fs;
	open->failure_points = set->failure_points;
	if (open->notice == NULL)
	{
		open->notice = set->notice;
		open->notice_context = set->notice_context;
	}
	if (set->settings == NULL)
		return;
	open->memory = (uint64_t)set->settings->memory_limit / SHARE_UPLOADS;
	open->grace = set->settings->drain_timeout;
}

bool
store_open(const StoreSet *set, const StoreOpen *open, ObjectStore **out, Error *err)
{
	StoreOpen completed = *open;
	const char *colon = strstr(open->location, "://");
	StrView scheme = colon ? (StrView){open->location, (size_t)(colon - open->location)} : STR_LIT("file");

	*out = NULL;
	take_from_set(set, &completed);
	for (size_t i = 0; i < set->count; i++)
	{
		const StoreClass *class = set->classes[i];

		if (!str_equal(scheme, str_from_cstr(class->info.name)))
			continue;
		return open->options == NULL ? open_by_settings(set, class, &completed, out, err)
									 : class->open(class, &completed, out, err);
	}
	return error_set(err, SQLSTATE_FEATURE_NOT_SUPPORTED, NO_POSITION,
					 "storage scheme \"%.*s\" of location \"%s\" is not supported", (int)scheme.len,
					 scheme.data, open->location);
}

void
store_close(ObjectStore *store)
{
	if (store != NULL)
		store->class->close(store);
}

bool
store_check_key(const char *key, Error *err)
{
	const char *part = key;

	for (;;)
	{
		size_t len = strcspn(part, "/");

		if (len == 0 || (len == 1 && part[0] == '.') || (len == 2 && part[0] == '.' && part[1] == '.'))
			return error_set(err, SQLSTATE_INVALID_NAME, NO_POSITION, "invalid object name \"%s\"", key);
		if (part[len] == '\0')
			return true;
		part += len + 1;
	}
}
