/*
 * store.c: opens a location with the store class of its scheme.
 */
#include "executor/store.h"

bool
store_open(const StoreSet *set, const StoreOpen *open, ObjectStore **out, Error *err)
{
	StoreOpen with_seams = *open;
	const char *colon = strstr(open->location, "://");
	StrView scheme = colon ? (StrView){open->location, (size_t)(colon - open->location)} : STR_LIT("file");

	*out = NULL;
	with_seams.fs = set->fs;
	with_seams.failure_points = set->failure_points;
	for (size_t i = 0; i < set->count; i++)
		if (str_equal(scheme, str_from_cstr(set->classes[i]->info.name)))
			return set->classes[i]->open(set->classes[i], &with_seams, out, err);
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
