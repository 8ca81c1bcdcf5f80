/*
 * common_settings.c: SET and SHOW: units, ranges and errors are those of PostgreSQL's configuration
 * parameters.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/settings.h"
#include "common/suggest.h"

typedef struct Fixture
{
	Settings settings;
	Arena arena;
	TimeZoneCache zones;
	Error err;
} Fixture;

static int
setup(void **state)
{
	Fixture *f = test_calloc(1, sizeof *f);

	settings_init(&f->settings);
	arena_init(&f->arena, "test");
	timezone_cache_init(&f->zones, NULL);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	Fixture *f = *state;

	error_clear(&f->err);
	arena_release(&f->arena);
	timezone_cache_release(&f->zones);
	test_free(f);
	return 0;
}

static bool
set(Fixture *f, const char *name, const char *text)
{
	error_clear(&f->err);
	return settings_set(&f->settings, str_from_cstr(name), str_from_cstr(text), &f->zones, &f->arena,
						&f->err);
}

/* What SHOW prints after SET. */
static const struct
{
	const char *name;
	const char *text;
	const char *shown;
} values[] = {
	{"commit_interval", "60 s", "1min"},
	{"commit_interval", "90", "90s"},
	{"commit_interval", "1.5 min", "90s"},
	{"commit_interval", " 250ms ", "250ms"},
	{"commit_interval", "2 minutes", "2min"},
	{"idle_timeout", "0", "0"},
	{"max_future", "48h", "2d"},
	{"memory_limit", "64MB", "64MB"},
	{"memory_limit", "67108864", "64MB"},
	{"memory_limit", "1.5GB", "1536MB"},
	{"commit_rows", "2.5", "2"},
	{"commit_rows", "3.5", "4"},
	{"workers", "4", "4"},
	{"WORKERS", "5", "5"},
	{"idle_advance", "yes", "on"},
	{"idle_advance", "0", "off"},
	{"log_format", "JSON", "json"},
	{"timezone", "europe/berlin", "Europe/Berlin"},
	{"timezone", "utc", "UTC"},
	{"job_name", "Nightly run", "Nightly run"},
};

static void
test_values(void **state)
{
	Fixture *f = *state;

	for (size_t i = 0; i < lengthof(values); i++)
	{
		StrBuf shown = {0};

		if (!set(f, values[i].name, values[i].text))
			fail_msg("%s = %s: %s", values[i].name, values[i].text, f->err.message);
		settings_print(&f->settings, settings_find(str_from_cstr(values[i].name), &f->err), &shown);
		assert_string_equal(str_cstr(&shown), values[i].shown);
		str_free(&shown);
	}
}

/* The texts are PostgreSQL's for work_mem, lock_timeout and other parameters of the same kinds. */
static const struct
{
	const char *name;
	const char *text;
	const char *state;
	const char *message;
	const char *hint;
} errors[] = {
	{"memory_limit", "abc", "22023", "invalid value for parameter \"memory_limit\": \"abc\"", NULL},
	{"memory_limit", "5min", "22023", "invalid value for parameter \"memory_limit\": \"5min\"",
	 "Valid units for this parameter are \"B\", \"kB\", \"MB\", \"GB\", and \"TB\"."},
	{"memory_limit", "1kB", "22023",
	 "1kB is outside the valid range for parameter \"memory_limit\" (16MB .. 1024TB)", NULL},
	{"commit_interval", "10 foo", "22023", "invalid value for parameter \"commit_interval\": \"10 foo\"",
	 "Valid units for this parameter are \"us\", \"ms\", \"s\", \"min\", \"h\", and \"d\"."},
	{"commit_interval", "-5s", "22023",
	 "-5s is outside the valid range for parameter \"commit_interval\" (10ms .. 1d)", NULL},
	{"idle_timeout", "99999999999999999999", "22023",
	 "invalid value for parameter \"idle_timeout\": \"99999999999999999999\"",
	 "Value exceeds integer range."},
	{"workers", "1MB", "22023", "invalid value for parameter \"workers\": \"1MB\"", NULL},
	{"workers", "99999", "22023", "99999 is outside the valid range for parameter \"workers\" (0 .. 1024)",
	 NULL},
	{"idle_advance", "maybe", "22023", "parameter \"idle_advance\" requires a Boolean value", NULL},
	{"log_format", "xml", "22023", "invalid value for parameter \"log_format\": \"xml\"",
	 "Available values: text, json."},
	{"timezone", "Mars/Olympus", "22023", "invalid value for parameter \"timezone\": \"Mars/Olympus\"", NULL},
	{"timezone", "", "22023", "invalid value for parameter \"timezone\": \"\"", NULL},
	{"comit_interval", "1", "42704", "unrecognized configuration parameter \"comit_interval\"",
	 "Perhaps you meant the configuration parameter \"commit_interval\"."},
	{"x", "1", "42704", "unrecognized configuration parameter \"x\"", NULL},
};

static void
test_errors(void **state)
{
	Fixture *f = *state;
	Settings before = f->settings;

	for (size_t i = 0; i < lengthof(errors); i++)
	{
		assert_false(set(f, errors[i].name, errors[i].text));
		assert_string_equal(sqlstate_code(f->err.state), errors[i].state);
		assert_string_equal(f->err.message, errors[i].message);
		if (errors[i].hint == NULL)
			assert_null(f->err.hint);
		else
			assert_string_equal(f->err.hint, errors[i].hint);
	}
	assert_memory_equal(&before, &f->settings, sizeof before);
}

static void
test_reset(void **state)
{
	Fixture *f = *state;

	assert_true(set(f, "workers", "3"));
	assert_true(set(f, "timezone", "Asia/Tokyo"));
	assert_true(settings_reset(&f->settings, STR_LIT("workers"), &f->err));
	assert_true(settings_reset(&f->settings, STR_LIT("TimeZone"), &f->err));
	assert_int_equal(f->settings.workers, 0);
	assert_string_equal(f->settings.timezone, "UTC");
	assert_false(settings_reset(&f->settings, STR_LIT("nope"), &f->err));
}

/* SHOW ALL prints them in the order of the list. */
static void
test_order(void **state)
{
	(void)state;
	for (size_t i = 1; i < settings_count(); i++)
		assert_true(strcmp(settings_info(i - 1)->name, settings_info(i)->name) < 0);
}

static void
test_suggestions(void **state)
{
	static const struct
	{
		const char *wanted;
		const char *best; /* of: event_time, event_type, amount */
	} cases[] = {{"event_tim", "event_time"},
				 {"event_tpye", "event_type"},
				 {"amout", "amount"},
				 {"event_time", "event_time"},
				 {"users", NULL},
				 {"", NULL}};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++)
	{
		Suggestion near = suggest_begin(str_from_cstr(cases[i].wanted));

		suggest_offer(&near, "event_time");
		suggest_offer(&near, "event_type");
		suggest_offer(&near, "amount");
		if (cases[i].best == NULL)
			assert_null(near.best);
		else
			assert_string_equal(near.best, cases[i].best);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_values, setup, teardown),
		cmocka_unit_test_setup_teardown(test_errors, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reset, setup, teardown),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_suggestions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
