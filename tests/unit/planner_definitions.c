/*
 * planner_definitions.c: CREATE, DROP, ALTER, their options, and the targets of INSERT.
 */
#include "planner_fixture.h"

#define LOG_STREAM " with (connector = 'log', topic = 't', format = 'json')"

static const struct
{
	const char *sql;
	const char *state;
	int position;
	const char *message;
	const char *hint;
} refusals[] = {
	/* options */
	{"create stream x (a int) with (conector = 'log')", "HV00D", 30, "invalid option \"conector\"",
	 "Perhaps you meant the option \"connector\"."},
	{"create stream x (a int) with (connector = 'lok')", "42704", 42, "connector \"lok\" does not exist",
	 "Perhaps you meant the connector \"log\"."},
	{"create stream x (a int) with (connector = 'log', format = 'json')", "HV00J", 14,
	 "option \"topic\" is required", NULL},
	{"create stream x (a int) with (connector = 'log', topic = 't', format = 'json', partitons = 3)", "HV00D",
	 79, "invalid option \"partitons\"", "Perhaps you meant the option \"partitions\"."},
	{"create stream x (a int) with (connector = 'log', topic = 't', format = 'json', partitions = 0)",
	 "22023", 92, "0 is outside the valid range for option \"partitions\" (1 .. 1000)", NULL},
	{"create stream x (a int) with (connector = 'log', topic = 't', format = 'json', partitions = 'many')",
	 "22023", 92, "invalid value for option \"partitions\": \"many\"", NULL},
	{"create stream x (a int) with (connector = 'log', topic = 't', format = 'json', refresh = '5 parsecs')",
	 "22023", 89, "invalid value for option \"refresh\": \"5 parsecs\"",
	 "Valid units for this parameter are \"us\", \"ms\", \"s\", \"min\", \"h\", and \"d\"."},
	{"create stream x (a int) with (connector = 'log', topic = 't', format = 'json', ratio = 1.5)", "22023",
	 87, "1.5 is outside the valid range for option \"ratio\" (0 .. 1)", NULL},
	{"create stream x (a int) with (connector = 'log', topic = 't', format = 'json', on_error = 'ignore')",
	 "22023", 90, "invalid value for option \"on_error\": \"ignore\"",
	 "Available values: dead_letter, stop, skip."},
	{"create stream x (a int) with (connector = 'log', topic = 't', topic = 'u', format = 'json')", "42601",
	 62, "option \"topic\" provided more than once", NULL},
	{"create stream x (a int) with (connector = 'log', topic = 't', format = 'json', password = 'hunter2')",
	 "HV024", 90, "option \"password\" does not take a literal value",
	 "Write 'env:NAME' or 'file:/path', which is read when the value is used."},
	{"create table x (a int) with (connector = 'log', topic = 't', format = 'json')", "0A000", 41,
	 "a table can't be read from connector \"log\"", NULL},
	/* columns */
	{"create stream x (a int, a text)" LOG_STREAM, "42701", 24, "column \"a\" specified more than once",
	 NULL},
	{"create stream x (a numbr)" LOG_STREAM, "42704", 19, "type \"numbr\" does not exist", NULL},
	{"create stream x (a varchar(3))" LOG_STREAM, "0A000", 19, "type character varying is not supported",
	 "Use the type text."},
	{"create stream x (a int[])" LOG_STREAM, "0A000", 19, "arrays are not supported", NULL},
	{"create stream x (a int default 'one')" LOG_STREAM, "22P02", 31,
	 "invalid input syntax for type integer: \"one\"", NULL},
	{"create stream x (a int default now())" LOG_STREAM, "42804", 31,
	 "column \"a\" is of type integer but default expression is of type timestamp with time zone",
	 "You will need to rewrite or cast the expression."},
	{"create stream x (a int, b int default a)" LOG_STREAM, "0A000", 38,
	 "cannot use column reference in DEFAULT expression", NULL},
	{"create stream x (a int generated always as (b) stored, b int generated always as (1) "
	 "stored)" LOG_STREAM,
	 "42P17", 44, "cannot use generated column \"b\" in column generation expression", NULL},
	{"create stream x (a int generated always as (count(*)) stored)" LOG_STREAM, "42803", 44,
	 "aggregate functions are not allowed in column generation expressions", NULL},
	{"create stream x (a int metadata from 'offset')" LOG_STREAM, "42804", 19,
	 "metadata \"offset\" is of type bigint but column \"a\" is of type integer", NULL},
	{"create stream x (a int metadata from 'ofset')" LOG_STREAM, "42704", 37,
	 "metadata \"ofset\" does not exist",
	 "Available values: key, topic, partition, offset, timestamp, headers."},
	{"create stream x (a int options (path 'b'))" LOG_STREAM, "22023", 37, "invalid path \"b\"",
	 "Write a path like $.a.b[0]."},
	/* watermarks */
	{"create stream x (a int, watermark for b as b)" LOG_STREAM, "42703", 38, "column \"b\" does not exist",
	 NULL},
	{"create stream x (a int, watermark for a as a)" LOG_STREAM, "42804", 38,
	 "event-time column \"a\" must be a timestamp, not type integer", NULL},
	{"create stream x (a timestamp, watermark for a as a + interval '1 s')" LOG_STREAM, "0A000", 49,
	 "a watermark must be the column or the column minus a constant interval",
	 "For example, WATERMARK FOR ts AS ts - INTERVAL '5 seconds'."},
	{"create stream x (a timestamp, watermark for a as a - interval '1 month')" LOG_STREAM, "0A000", 62,
	 "watermark delay must not contain months or years",
	 "Months have no fixed length; use days, hours, minutes or seconds."},
	/* names */
	{"create stream clicks (a int)" LOG_STREAM, "42P07", -1, "relation \"clicks\" already exists", NULL},
	{"create or replace table clicks (a int) with (connector = 'file', format = 'json')", "42809", -1,
	 "\"clicks\" is not a table", NULL},
	{"drop stream nope", "42P01", -1, "stream \"nope\" does not exist", NULL},
	{"drop stream clicsk", "42P01", -1, "stream \"clicsk\" does not exist",
	 "Perhaps you meant the stream \"clicks\"."},
	{"drop table clicks", "42809", -1, "\"clicks\" is not a table", "It is a stream."},
	{"create view w (a, b, c) as select 1, 2", "42601", -1,
	 "CREATE VIEW specifies more column names than columns", NULL},
	{"create view w as select 1 as a, 2 as a", "42701", -1, "column \"a\" specified more than once", NULL},
	{"alter stream clicks add column geo text", "42701", -1,
	 "column \"geo\" of relation \"clicks\" already exists", NULL},
	/* sinks */
	{"create sink s with (location = 'a') as select * from campaigns", "0A000", 39,
	 "sink \"s\" reads no stream", "A sink's query must read a stream; use SELECT for tables."},
	{"create sink s with (location = 'a') as select user_id, user_id from clicks", "42701", 12,
	 "column \"user_id\" specified more than once", "Give it another name with AS."},
	{"create sink s with (locaton = 'a') as select 1 from clicks", "HV00D", 20, "invalid option \"locaton\"",
	 "Perhaps you meant the option \"location\"."},
	{"create sink s with (location = 'gs://x/') as select 1 from clicks", "0A000", 31,
	 "locations that begin with \"gs://\" are not supported", "Write a directory, or s3://bucket/prefix/."},
	{"create sink s with (location = 'a', late_location = 'abfs://x/') as select 1 from clicks", "0A000", 52,
	 "locations that begin with \"abfs://\" are not supported", "Write a directory, or s3://bucket/prefix/."},
	{"create sink s with (location = 'a', format = 'cvs') as select 1 from clicks", "42704", 45,
	 "format \"cvs\" does not exist", "Perhaps you meant the format \"csv\"."},
	{"create sink s with (location = 'a', partition_by = 'nope') as select 1 as x from clicks", "42703", 51,
	 "column \"nope\" does not exist", NULL},
	{"create sink s with (location = 'a') as select user_id from clicks limit 3", "0A000", 72,
	 "LIMIT in a sink is not supported", "A stream has no end after which rows could be counted."},
};

static void
test_refusals(void **state)
{
	Fixture *f = *state;

	for (size_t i = 0; i < lengthof(refusals); i++)
	{
		if (fixture_define(f, refusals[i].sql))
			fail_msg("no error: %s", refusals[i].sql);
		fixture_assert_error(f, refusals[i].sql, refusals[i].state, refusals[i].position,
							 refusals[i].message);
		if (refusals[i].hint != NULL)
		{
			assert_non_null(f->err.hint);
			assert_string_equal(f->err.hint, refusals[i].hint);
		}
	}
}

/* No part of an error repeats a literal secret. */
static void
test_secret(void **state)
{
	Fixture *f = *state;

	assert_false(
		fixture_define(f, "create stream x (a int) with (connector = 'log', topic = 't', format = 'json', "
						  "password = 'hunter2')"));
	assert_null(strstr(f->err.message, "hunter2"));
	assert_null(strstr(f->err.hint, "hunter2"));
	assert_null(f->err.detail);
	fixture_must_define(f, "create stream x (a int) with (connector = 'log', topic = 't', format = 'json', "
						   "password = 'env:WEIR_TEST_SECRET')");
}

static void
test_stream(void **state)
{
	Fixture *f = *state;
	const StreamDef *def;

	fixture_must_define(
		f, "create stream x (id int not null default 7, t timestamp options (path '$.a.b[3]', "
		   "timestamp_format 'unix_ms'), k text metadata from 'key', "
		   "watermark for t as t - interval '1 min 30 s') with (connector = 'log', topic = 't', "
		   "format = 'json', timestamp_format = 'unix_s', extra.anything = 'yes', refresh = '5 minutes')");
	def = catalog_find(&f->catalog, "x")->stream;
	assert_int_equal(def->column_count, 3);
	assert_true(def->columns[0].not_null);
	assert_int_equal(def->columns[0].default_value->constant.value.i32, 7);
	assert_int_equal(def->columns[1].path_length, 3);
	assert_string_equal(def->columns[1].path[1].key, "b");
	assert_int_equal(def->columns[1].path[2].index, 3);
	assert_int_equal(def->columns[1].timestamp_format, TIMESTAMP_UNIX_MS);
	assert_int_equal(def->columns[2].metadata, METADATA_KEY);
	assert_int_equal(def->time_column, 1);
	assert_int_equal(def->watermark_delay, 90 * INT64_C(1000000));
	assert_int_equal(options_integer(&def->options, "refresh", 0), 300 * INT64_C(1000000));
	assert_string_equal(options_text(&def->options, "extra.anything"), "yes");
	assert_string_equal(options_text(&def->options, "on_error"), "dead_letter");
}

static void
test_replace_and_skip(void **state)
{
	Fixture *f = *state;
	const StreamDef *before = catalog_find(&f->catalog, "clicks")->stream;

	fixture_must_define(f, "create stream if not exists clicks (a int)" LOG_STREAM);
	assert_string_equal(str_cstr(&f->notices), "NOTICE: relation \"clicks\" already exists, skipping\n");
	assert_ptr_equal(catalog_find(&f->catalog, "clicks")->stream, before);
	fixture_must_define(f, "create or replace stream clicks (a int)" LOG_STREAM);
	assert_int_equal(catalog_find(&f->catalog, "clicks")->stream->column_count, 1);
	assert_int_equal(before->column_count, 7);
	fixture_must_define(f, "alter stream clicks add column b text");
	assert_int_equal(catalog_find(&f->catalog, "clicks")->stream->column_count, 2);
}

static void
test_cascade(void **state)
{
	Fixture *f = *state;

	fixture_must_define(f, "create view v as with k as (select * from clicks) select user_id from k");
	fixture_must_define(f, "create sink s from v with (location = 'out')");
	assert_false(fixture_define(f, "drop stream clicks"));
	fixture_assert_error(f, "drop", "2BP01", -1,
						 "cannot drop stream clicks because other objects depend on it");
	assert_string_equal(f->err.detail, "view v depends on stream clicks");
	fixture_must_define(f, "drop stream clicks cascade");
	assert_string_equal(str_cstr(&f->notices), "NOTICE: drop cascades to 2 other objects\n");
	assert_null(catalog_find(&f->catalog, "s"));
	str_clear(&f->notices);
	/* all or nothing; what reads another of the list is no obstacle */
	fixture_must_define(f, "create view a as select 1 as x");
	fixture_must_define(f, "create view b as select x from a");
	assert_false(fixture_define(f, "drop view b, nix"));
	fixture_assert_error(f, "drop", "42P01", -1, "view \"nix\" does not exist");
	assert_non_null(catalog_find(&f->catalog, "b"));
	fixture_must_define(f, "drop view a, b");
	assert_null(catalog_find(&f->catalog, "a"));
	assert_null(catalog_find(&f->catalog, "b"));
	str_clear(&f->notices);
	fixture_must_define(f, "drop stream if exists clicks");
	assert_string_equal(str_cstr(&f->notices), "NOTICE: stream \"clicks\" does not exist, skipping\n");
}

/* A view may not come to read itself, be it through another; a WITH query of its name is something else. */
static void
test_circles(void **state)
{
	Fixture *f = *state;

	fixture_must_define(f, "create view a as select 1 as x");
	fixture_must_define(f, "create view b as with k as (select x from a) select x from k");
	assert_false(fixture_define(f, "create or replace view a as select x from b"));
	fixture_assert_error(f, "circle", "42P17", -1, "view \"a\" refers to itself");
	assert_false(
		fixture_define(f, "create or replace view a as with a as (select x from a) select x from a"));
	fixture_assert_error(f, "own", "42P17", -1, "view \"a\" refers to itself");
	fixture_must_define(f,
						"create view c as with c as (select 1 as x), d as (select x from c) select x from d");
	assert_int_equal(catalog_find(&f->catalog, "c")->reference_count, 0);
	fixture_must_define(f, "create or replace view a as with b as (select 2 as x) select x from b");
	fixture_must_define(f, "drop view b");
}

/* A view keeps its columns: where what it reads has others now, it says so. */
static void
test_changed_below_view(void **state)
{
	Fixture *f = *state;

	fixture_must_define(f, "create view a as select 1 as x");
	fixture_must_define(f, "create view b (y) as select * from a");
	fixture_must_define(f, "create or replace view a as select 1 as x, 2 as z");
	assert_null(fixture_query(f, "select * from b"));
	fixture_assert_error(f, "more", "42P17", 14, "view \"b\" has 1 columns but its query gives 2");
	assert_string_equal(f->err.hint, "What the view reads has changed since; create the view again.");
	fixture_must_define(f, "create or replace view a as select 3 as z");
	fixture_must_query(f, "select y from b");
}

/* Names are compared as paths: a common beginning is no overlap. */
static void
test_locations(void **state)
{
	static const char *const overlapping[] = {"lake/a", "lake/a/", "lake/a/b/c", "lake"};
	static const char *const apart[] = {"lake/ab", "lake/b", "lak"};
	Fixture *f = *state;
	char sql[200];

	fixture_must_define(f, "create sink s with (location = 'lake/a/') as select user_id from clicks");
	for (size_t i = 0; i < lengthof(overlapping); i++)
	{
		snprintf(sql, sizeof sql, "create sink z with (location = '%s') as select user_id from clicks",
				 overlapping[i]);
		assert_false(fixture_define(f, sql));
		fixture_assert_error(f, sql, "22023", 31, "location of sink \"z\" overlaps location of sink \"s\"");
	}
	for (size_t i = 0; i < lengthof(apart); i++)
	{
		snprintf(sql, sizeof sql, "create sink z%d with (location = '%s') as select user_id from clicks",
				 (int)i, apart[i]);
		fixture_must_define(f, sql);
	}
	f->state_location = "lake/a/state";
	assert_null(fixture_job(f));
	fixture_assert_error(f, "job", "22023", -1, "location of sink \"s\" overlaps the state location");
}

static void
test_partition_keys(void **state)
{
	Fixture *f = *state;
	const SinkPlan *sink;

	fixture_must_define(
		f, "create sink s with (location = 'a', partition_by = 'user_id % 4 AS k, upper(kind)') as "
		   "select event_type as kind, user_id from clicks");
	sink = fixture_job(f)->sinks[0];
	assert_int_equal(sink->partition_key_count, 2);
	assert_string_equal(sink->partition_keys[0].name, "k");
	assert_int_equal(sink->partition_keys[0].expr->type.id, TYPE_TEXT);
	assert_string_equal(sink->partition_keys[1].name, "upper");
	assert_int_equal(sink->partition_keys[1].expr->args[0]->column, 0);
}

/* ---- INSERT ---- */

static bool
insert(Fixture *f, const char *sql, InsertPlan **plan)
{
	PlanContext context = fixture_context(f, sql);

	return plan_insert(&context, (InsertStatement *)fixture_parse(f, sql), plan, &f->err);
}

static void
test_insert(void **state)
{
	Fixture *f = *state;
	InsertPlan *plan;
	const PlanNode *root;

	assert_true(insert(f, "insert into plain (note, id) values ('a', 1), (default, '2')", &plan));
	root = plan->query->root;
	assert_int_equal(plan->column_count, 4);
	assert_int_equal(root->values.row_count, 2);
	assert_int_equal(root->values.rows[1][0]->constant.value.i32, 2);
	assert_true(root->values.rows[1][1]->constant.isnull);
	assert_true(insert(f, "insert into plain select 1, name from campaigns", &plan));
	assert_int_equal(plan->query->table_count, 1);
	assert_int_equal(plan->query->root->column_count, 4);
}

/* As PostgreSQL's, on a table of the same columns. */
static const struct
{
	const char *sql;
	const char *state;
	int position;
	const char *message;
} insert_errors[] = {
	{"insert into w values ('x', 'x')", "22P02", 22, "invalid input syntax for type integer: \"x\""},
	{"insert into w (a, q) values (1, 2)", "42703", 18, "column \"q\" of relation \"w\" does not exist"},
	{"insert into w (a, a) values (1, 2)", "42701", 18, "column \"a\" specified more than once"},
	{"insert into w (a) values (1, 2)", "42601", 29, "INSERT has more expressions than target columns"},
	{"insert into w (a, b) values (1)", "42601", 18, "INSERT has more target columns than expressions"},
	{"insert into w (a, b) values (1, 2), (3)", "42601", 37, "VALUES lists must all be the same length"},
	{"insert into w (a, b) values (now(), 'x')", "42804", 29,
	 "column \"a\" is of type integer but expression is of type timestamp with time zone"},
	{"insert into w (a) select 'x'", "22P02", 25, "invalid input syntax for type integer: \"x\""},
	{"insert into w (a) select a, b from w", "42601", 28, "INSERT has more expressions than target columns"},
	{"insert into w (a) select b from w", "42804", 25,
	 "column \"a\" is of type integer but expression is of type text"},
	{"insert into w (g) values (1)", "428C9", -1, "cannot insert a non-DEFAULT value into column \"g\""},
	{"insert into w (a) values (a)", "42703", 26, "column \"a\" does not exist"},
	{"insert into w (a) values (count(*))", "42803", 26, "aggregate functions are not allowed in VALUES"},
};

static void
test_insert_errors(void **state)
{
	Fixture *f = *state;
	InsertPlan *plan;

	fixture_must_define(
		f, "create stream w (a int, b text not null, g int generated always as (a) stored)" LOG_STREAM);
	for (size_t i = 0; i < lengthof(insert_errors); i++)
	{
		if (insert(f, insert_errors[i].sql, &plan))
			fail_msg("no error: %s", insert_errors[i].sql);
		fixture_assert_error(f, insert_errors[i].sql, insert_errors[i].state, insert_errors[i].position,
							 insert_errors[i].message);
	}
}

int
main(void)
{
#define STREAM_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup_streams, fixture_teardown)
	const struct CMUnitTest tests[] = {
		STREAM_TEST(test_refusals),
		STREAM_TEST(test_secret),
		STREAM_TEST(test_stream),
		STREAM_TEST(test_replace_and_skip),
		STREAM_TEST(test_cascade),
		STREAM_TEST(test_locations),
		STREAM_TEST(test_partition_keys),
		STREAM_TEST(test_insert),
		STREAM_TEST(test_insert_errors),
		STREAM_TEST(test_circles),
		STREAM_TEST(test_changed_below_view),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
