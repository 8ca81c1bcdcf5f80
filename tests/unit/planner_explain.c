/*
 * planner_explain.c: the text of EXPLAIN, and its options. The fixture has no evaluator, so constants stay as
 * written.
 */
#include "planner_fixture.h"

static void
assert_text(const char *got, const char *want)
{
	if (strcmp(got, want) != 0)
		fail_msg("want:\n%s\ngot:\n%s", want, got);
}

static void
assert_query(Fixture *f, const char *sql, bool verbose, const char *want)
{
	PlanContext context = fixture_context(f, sql);
	StrBuf text = {0};

	explain_query(&context, fixture_must_query(f, sql), &(ExplainOptions){.verbose = verbose}, &text);
	assert_text(str_cstr(&text), want);
	str_free(&text);
}

static void
test_queries(void **state)
{
	Fixture *f = *state;

	assert_query(f, "select 1", false, "Result\n");
	assert_query(f, "select * from (values (1, 'a'), (2, 'b')) v(x, y) where x > 1 order by y desc limit 1",
				 true,
				 "Limit\n"
				 "  Output: x, y\n"
				 "  ->  Sort\n"
				 "        Output: x, y\n"
				 "        Sort Key: y DESC\n"
				 "        ->  Values Scan on \"*VALUES*\"\n"
				 "              Output: column1, column2\n"
				 "              Filter: (column1 > 1)\n");
	assert_query(
		f, "select advertiser, count(*) from campaigns where name is not null group by 1 having count(*) > 2",
		false,
		"HashAggregate\n"
		"  Group Key: advertiser\n"
		"  Aggregates: count(*)\n"
		"  Filter: (count(*) > 2)\n"
		"  ->  File Scan on campaigns\n"
		"        Filter: (name IS NOT NULL)\n");
	assert_query(f, "select user_id from clicks where event_type in ('a', 'b') or geo->>'c' like 'x%'", false,
				 "Log Scan on clicks\n"
				 "  Decode: json, 4 of 7 fields\n"
				 "  Pushed Filter: ((event_type = ANY ('{a,b}'::text[])) OR "
				 "((geo ->> 'c'::text) ~~ 'x%'::text))\n"
				 "  Event Time: event_time\n"
				 "  Watermark: event_time - 5s\n"
				 "  Idle Timeout: 1min\n");
	assert_query(f,
				 "select 1 from campaigns where name in ('a,b', 'c d', '', 'null', 'q\"x', 'b\\s', 'it''s', "
				 "'{}', 'y')",
				 false,
				 "File Scan on campaigns\n"
				 "  Filter: (name = ANY ('{\"a,b\",\"c "
				 "d\",\"\",\"null\",\"q\\\"x\",\"b\\\\s\",it''s,\"{}\",y}'::text[]))\n");
	assert_query(f, "select 1 from campaigns where name in ('a', null) and advertiser <> 'b\\s'", false,
				 "File Scan on campaigns\n"
				 "  Filter: ((name = ANY ('{a,NULL}'::text[])) AND (advertiser <> 'b\\s'::text))\n");
}

static void
test_job(void **state)
{
	Fixture *f = *state;
	PlanContext context = fixture_context(f, "");
	StrBuf text = {0};

	fixture_must_define(
		f, "create sink raw with (location = 'lake/raw/', compression = 'gzip', "
		   "partition_by = 'event_type AS kind') as select user_id, event_type, geo->>'country' as country "
		   "from clicks where user_id is not null");
	fixture_must_define(
		f, "create sink minutes with (location = 'lake/minutes/') as "
		   "select window_start, c.name, sum(amount) filter (where event_type = 'buy') as revenue "
		   "from tumble(clicks, event_time, interval '1 minute', interval '10 s') k "
		   "left join campaigns c using (campaign_id) where user_id is not null and amount > 0 "
		   "group by window_start, c.name having count(*) > 1");
	explain_job(&context, fixture_job(f), &(ExplainOptions){0}, &text);
	assert_text(str_cstr(&text),
				"File Sink on raw\n"
				"  Location: lake/raw/\n"
				"  Partition Key: event_type AS kind\n"
				"  Format: csv, compression gzip, files of at most 128MB\n"
				"  Delivery: exactly once, create-only files\n"
				"  Order: partition, offset\n"
				"  On Error: dead letter\n"
				"  ->  Log Scan on clicks\n"
				"        Decode: json, 6 of 7 fields\n"
				"        Pushed Filter: (user_id IS NOT NULL)\n"
				"        Event Time: event_time\n"
				"        Watermark: event_time - 5s\n"
				"        Idle Timeout: 1min\n"
				"\n"
				"File Sink on minutes\n"
				"  Location: lake/minutes/\n"
				"  Format: csv, compression none, files of at most 128MB\n"
				"  Delivery: exactly once, create-only files\n"
				"  Order: window_end, campaigns.name\n"
				"  Late Rows: diverted, counted\n"
				"  On Error: dead letter\n"
				"  ->  Window Aggregate\n"
				"        Window: tumble 1min on event_time, offset 10s (by TUMBLE)\n"
				"        Group Key: window_start, window_end, campaigns.name\n"
				"        Aggregates: sum(amount) FILTER (WHERE (event_type = 'buy'::text)), count(*)\n"
				"        Emit: once, when the watermark passes the end of the window\n"
				"        Filter: (count(*) > 1)\n"
				"        ->  Hash Left Join\n"
				"              Hash Cond: (campaign_id = campaigns.campaign_id)\n"
				"              ->  Log Scan on clicks\n"
				"                    Decode: json, 6 of 7 fields\n"
				"                    Pushed Filter: (user_id IS NOT NULL)\n"
				"                    Event Time: event_time\n"
				"                    Watermark: event_time - 5s\n"
				"                    Idle Timeout: 1min\n"
				"                    Filter: (amount > 0)\n"
				"              ->  Hash\n"
				"                    ->  File Scan on campaigns\n");
	str_free(&text);
}

static bool
read_options(Fixture *f, const char *sql, ExplainOptions *options)
{
	ExplainStatement *statement = (ExplainStatement *)fixture_parse(f, sql);

	assert_non_null(statement);
	return explain_read_options(&statement->options, options, &f->err);
}

static void
test_options(void **state)
{
	Fixture *f = *state;
	ExplainOptions options;

	assert_true(
		read_options(f, "explain (verbose, costs off, settings true, format text) select 1", &options));
	assert_true(options.verbose && options.settings && !options.costs && !options.analyze);
	assert_false(read_options(f, "explain (format json) select 1", &options));
	fixture_assert_error(f, "json", "0A000", 16, "EXPLAIN format \"json\" is not supported");
	/* As PostgreSQL: SQLSTATE, position and text. */
	assert_false(read_options(f, "explain (format foo) select 1", &options));
	fixture_assert_error(f, "foo", "22023", 9, "unrecognized value for EXPLAIN option \"format\": \"foo\"");
	assert_false(read_options(f, "explain (costly) select 1", &options));
	fixture_assert_error(f, "costly", "42601", 9, "unrecognized EXPLAIN option \"costly\"");
	assert_false(read_options(f, "explain (costs perhaps) select 1", &options));
	fixture_assert_error(f, "perhaps", "42601", -1, "costs requires a Boolean value");
	assert_false(read_options(f, "explain (timing) select 1", &options));
	fixture_assert_error(f, "timing", "22023", -1, "EXPLAIN option TIMING requires ANALYZE");
	assert_false(read_options(f, "explain analyze select 1", &options));
	assert_int_equal(f->err.state, SQLSTATE_FEATURE_NOT_SUPPORTED);
}

static void
test_settings(void **state)
{
	Fixture *f = *state;
	PlanContext context = fixture_context(f, "");
	StrBuf text = {0};

	f->settings.timezone = "Asia/Tokyo";
	f->settings.workers = 3;
	explain_query(&context, fixture_must_query(f, "select 1"), &(ExplainOptions){.settings = true}, &text);
	assert_text(str_cstr(&text), "Result\nSettings: timezone = 'Asia/Tokyo', workers = '3'\n");
	str_free(&text);
}

int
main(void)
{
#define STREAM_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup_streams, fixture_teardown)
	const struct CMUnitTest tests[] = {
		STREAM_TEST(test_queries),
		STREAM_TEST(test_job),
		STREAM_TEST(test_options),
		STREAM_TEST(test_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
