/*
 * create_race.c LOCATION WRITER FIRST COUNT: creates the objects race/FIRST, race/FIRST+1 ... through the
 * store of the location, each only if it is absent, and prints of each what came of it: created, same or
 * clash.
 *
 * Two processes with different WRITERs race for every name: servers/test_s3_races.py starts them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectors/store_directory.h"
#include "connectors/store_s3.h"

static int
fail(const Error *err)
{
	fprintf(stderr, "create_race: %s %s\n", err->message, err->detail != NULL ? err->detail : "");
	return 1;
}

static bool
race(ObjectStore *store, const char *writer, long number, Error *err)
{
	static const char *const words[] = {"created", "same", "clash"};
	char key[64], body[128];
	PutResult result;

	snprintf(key, sizeof key, "race/%06ld", number);
	snprintf(body, sizeof body, "object %ld of writer %s, which won\n", number, writer);
	if (!store->class->put_if_absent(store, key, (StrView){body, strlen(body)}, &result, err))
		return false;
	printf("%ld %s\n", number, words[result]);
	return true;
}

int
main(int argc, char **argv)
{
	Error err = {0};
	S3Stores s3;
	ObjectStore *store;
	const StoreClass *classes[2];
	StoreSet set = {.classes = classes, .count = 2, .fs = &system_fs};
	bool ok = true;

	if (argc != 5)
	{
		fprintf(stderr, "usage: create_race LOCATION WRITER FIRST COUNT\n");
		return 1;
	}
	s3_stores_init(&s3);
	classes[0] = &directory_store_class;
	classes[1] = &s3.class;
	if (!store_open(
			&set,
			&(StoreOpen){
				.location = argv[1], .owner = "race", .clock = &system_clock, .random = random_system()},
			&store, &err))
		return fail(&err);
	for (long n = 0; ok && n < atol(argv[4]); n++)
		ok = race(store, argv[2], atol(argv[3]) + n, &err);
	store_close(store);
	s3_stores_release(&s3);
	return ok ? 0 : fail(&err);
}
