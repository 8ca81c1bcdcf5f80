/*
 * connectors_s3_options: places on S3 by their one name, and what options put into requests. What is refused,
 * and how that is told, is in golden/errors_s3.sql.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "connectors/s3_options.h"
#include "connectors/s3_place.h"
#include "planner/options.h"

static int
setup(void **state)
{
	Arena *arena = test_calloc(1, sizeof *arena);

	arena_init(arena, "test");
	*state = arena;
	return 0;
}

static int
teardown(void **state)
{
	arena_release(*state);
	test_free(*state);
	return 0;
}

static void
places_have_one_name(void **state)
{
	static const char *const names[][2] = {
		{"s3://lake/a/b/", "s3://lake/a/b"},
		{"s3://lake/a//b", "s3://lake/a/b"},
		{"s3://lake", "s3://lake"},
		{"s3://lake///", "s3://lake"},
		{"s3://lake/a b/\xc3\xbc", "s3://lake/a b/\xc3\xbc"},
		{"s3://lake/a%20b/", "s3://lake/a%20b"},
		{"s3://LAKE/a", "s3://LAKE/a"}, /* refused, and so left alone */
	};

	for (size_t i = 0; i < lengthof(names); i++)
		assert_string_equal(s3_place(names[i][0], *state), names[i][1]);
}

static void
prefixes_are_whole_parts(void **state)
{
	S3Place place;

	assert_true(s3_place_parse("s3://lake-1.x//a//b", *state, &place, NO_POSITION, NULL));
	assert_string_equal(place.bucket, "lake-1.x");
	assert_string_equal(place.prefix, "a/b/");
	assert_true(s3_place_parse("s3://lake", *state, &place, NO_POSITION, NULL));
	assert_string_equal(place.prefix, "");
}

static void
bad_places_are_refused(void **state)
{
	static const char *const bad[] = {"s3:/lake",        "s3://",        "s3://la",        "s3://-lake",
									  "s3://lake-",      "s3://la..ke",  "s3://10.0.0.1",  "s3://la_ke",
									  "s3://lake/a/./b", "s3://lake/..", "s3://lake/a\nb", "s3://lake/\xff",
									  "s3://lake./x"};
	S3Place place;

	for (size_t i = 0; i < lengthof(bad); i++)
	{
		Error err = {0};

		if (s3_place_parse(bad[i], *state, &place, 7, &err))
			fail_msg("%s", bad[i]);
		assert_int_equal(err.position, 7);
		assert_string_equal(sqlstate_code(err.state), "22023");
		error_clear(&err);
	}
}

/* What a statement gives, and what is set. */
static Options
options_of(Arena *arena, const char *const (*given)[2], size_t count, const Settings *settings)
{
	SyntaxList list = {0};
	OptionTable table;
	Options options;
	Error err = {0};

	table.items = s3_options(&table.count);
	for (size_t i = 0; i < count; i++)
	{
		OptionItem *item = ARENA_NEW(arena, OptionItem);

		item->name = given[i][0];
		item->value = given[i][1];
		syntax_list_append(arena, &list, &item->node);
	}
	if (!options_validate(&list, &table, 1, settings, NO_POSITION, arena, &options, &err))
		fail_msg("%s", err.message);
	return options;
}

static const char *
headers_of(Arena *arena, const Options *options)
{
	const HttpHeader *headers;
	size_t count = s3_options_headers(options, arena, &headers);
	const char *text = "";

	for (size_t i = 0; i < count; i++)
		text = arena_printf(arena, "%s%s: %s\n", text, headers[i].name, headers[i].value);
	return text;
}

static void
options_become_headers(void **state)
{
	static const char *const all[][2] = {{"s3.sse", "kms"},
										 {"s3.kms_key_id", "alias/x"},
										 {"s3.bucket_key", "true"},
										 {"s3.tags", "team=a%20b"},
										 {"s3.storage_class", "STANDARD_IA"},
										 {"s3.acl", "bucket-owner-full-control"}};
	static const char *const s3[][2] = {{"s3.sse", "s3"}};
	static const char *const none[][2] = {{"s3.sse", "none"}};
	Options options = options_of(*state, all, lengthof(all), NULL);

	assert_string_equal(headers_of(*state, &options),
						"x-amz-server-side-encryption: aws:kms\n"
						"x-amz-server-side-encryption-aws-kms-key-id: alias/x\n"
						"x-amz-server-side-encryption-bucket-key-enabled: true\n"
						"x-amz-storage-class: STANDARD_IA\n"
						"x-amz-tagging: team=a%20b\n"
						"x-amz-acl: bucket-owner-full-control\n");
	options = options_of(*state, s3, 1, NULL);
	assert_string_equal(headers_of(*state, &options), "x-amz-server-side-encryption: AES256\n");
	options = options_of(*state, none, 1, NULL);
	assert_string_equal(headers_of(*state, &options), "");
	assert_int_equal(s3_options_addressing(&options), S3_ADDRESSING_AUTO);
}

static void
settings_stand_in_and_give_way(void **state)
{
	static const char *const own[][2] = {{"s3.sse", "s3"}, {"s3.profile", "dev"}};
	Settings settings;
	Options options;
	AwsOpen aws = {.profile = NULL};
	S3Secrets secrets = {.key_id = {0}};

	settings_init(&settings);
	settings.s3_sse = "kms";
	settings.s3_kms_key_id = "alias/y";
	settings.s3_access_key_id = settings.s3_secret_access_key = "env:NO_SUCH_VARIABLE";
	options = options_of(*state, NULL, 0, &settings);
	assert_string_equal(headers_of(*state, &options),
						"x-amz-server-side-encryption: aws:kms\n"
						"x-amz-server-side-encryption-aws-kms-key-id: alias/y\n");
	assert_true(s3_options_check("s3://lake/a", &options, NO_POSITION, NULL));
	assert_false(s3_options_identity(&options, &aws, &secrets, NULL)); /* the variable is not there */
	/* The statement's own profile makes the keys pointless, and its encryption the key. */
	options = options_of(*state, own, lengthof(own), &settings);
	assert_true(s3_options_check("s3://lake/a", &options, NO_POSITION, NULL));
	assert_string_equal(headers_of(*state, &options), "x-amz-server-side-encryption: AES256\n");
	assert_true(s3_options_identity(&options, &aws, &secrets, NULL));
	assert_string_equal(aws.profile, "dev");
	assert_null(aws.access_key_id);
	s3_secrets_wipe(&secrets);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(places_have_one_name, setup, teardown),
		cmocka_unit_test_setup_teardown(prefixes_are_whole_parts, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_places_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(options_become_headers, setup, teardown),
		cmocka_unit_test_setup_teardown(settings_stand_in_and_give_way, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
