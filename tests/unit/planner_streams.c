/*
 * planner_streams.c: queries over streams: windows, refusals, what is decoded, what sinks share.
 */
#include "planner_fixture.h"

/* ---- windows ---- */

static const PlanNode *
aggregate_of(Fixture *f, const char *sql)
{
	const PlanNode *aggregate = node_aggregate(fixture_must_query(f, sql)->root);

	assert_non_null(aggregate);
	return aggregate;
}

static const struct
{
	const char *sql;
	int64_t size;
	int64_t offset; /* from 1970-01-01 00:00 UTC, in seconds as the size */
	const char *origin;
} windows[] = {
	{"select window_start, count(*) from tumble(clicks, event_time, '1 minute') group by window_start", 60, 0,
	 "TUMBLE"},
	{"select window_end from tumble(clicks, event_time, '1 hour', '-5 min') group by window_end", 3600, 3300,
	 "TUMBLE"},
	{"select date_trunc('hour', event_time), count(*) from clicks group by 1", 3600, 0, "date_trunc"},
	{"select date_trunc('DAYS', event_time) d, count(*) from clicks group by d", 86400, 0, "date_trunc"},
	/* 1970-01-01 was a Thursday; PostgreSQL's weeks begin on Monday. */
	{"select date_trunc('week', event_time), count(*) from clicks group by 1", 604800, 345600, "date_trunc"},
	{"select date_bin('10 s', event_time, '2001-01-01 00:00:03+00'), count(*) from clicks group by 1", 10, 3,
	 "date_bin"},
	{"select date_bin('15 min', event_time, '1969-12-31 23:50:00+00'), count(*) from clicks group by 1", 900,
	 300, "date_bin"},
	/* Of several windows the shortest holds all rows of its groups. */
	{"select date_trunc('hour', event_time), date_trunc('minute', event_time) from clicks group by 1, 2", 60,
	 0, "date_trunc"},
	/* Through a subquery. */
	{"select w, count(*) from (select window_start as w from tumble(clicks, event_time, '5 s') k where "
	 "user_id > 1) x "
	 "group by w",
	 5, 0, "TUMBLE"},
};

static void
test_windows(void **state)
{
	for (size_t i = 0; i < lengthof(windows); i++)
	{
		const WindowPlan *window = aggregate_of(*state, windows[i].sql)->aggregate.window;

		if (window == NULL || window->size != windows[i].size * 1000000 ||
			window->offset != windows[i].offset * 1000000 || strcmp(window->origin, windows[i].origin) != 0)
			fail_msg("%s", windows[i].sql);
	}
	/* All words that date_trunc() itself knows. */
	assert_int_equal(
		aggregate_of(*state, "select date_trunc('mseconds', event_time), count(*) from clicks group by 1")
			->aggregate.window->size,
		1000);
}

static void
test_window_columns(void **state)
{
	const PlanNode *a = aggregate_of(*state, "select campaign_id, window_end, sum(amount), window_start "
											 "from tumble(clicks, event_time, '1 min') "
											 "group by window_start, window_end, campaign_id");

	assert_int_equal(a->column_count, 4);
	assert_string_equal(a->columns[0].name, "window_start");
	assert_string_equal(a->columns[1].name, "window_end");
	assert_int_equal(a->aggregate.key_count, 1);
	assert_int_equal(a->aggregate.call_count, 1);
	assert_int_equal(a->input->columns[a->aggregate.window->time_column].type.id, TYPE_TIMESTAMPTZ);
	assert_string_equal(a->input->columns[a->aggregate.window->time_column].name, "event_time");
}

/* UNION ALL keeps an event time that is the same column of every branch, and no other. */
static void
test_window_over_union(void **state)
{
	Fixture *f = *state;
	const PlanNode *a =
		aggregate_of(f, "select window_start, count(*) from tumble((select event_time, user_id from clicks "
						"union all select event_time, 1 from clicks), event_time, '1 min') "
						"group by window_start, window_end");

	assert_non_null(a->aggregate.window);
	assert_int_equal(a->input->columns[a->aggregate.window->time_column].type.id, TYPE_TIMESTAMPTZ);
	assert_null(
		fixture_query(f, "select * from tumble((select event_time from clicks union all select event_time + "
						 "interval '1 day' from clicks), event_time, '1 min')"));
	assert_int_equal(f->err.state, SQLSTATE_FEATURE_NOT_SUPPORTED);
	assert_string_equal(f->err.message,
						"column \"event_time\" is not the event-time column of stream \"clicks\"");
}

/* Without a window the aggregate never ends, except in batch mode. */
static const char *const unwindowed[] = {
	"select count(*) from clicks",
	"select user_id, count(*) from clicks group by user_id",
	"select distinct user_id from clicks",
	"select date_trunc('month', event_time), count(*) from clicks group by 1",
	"select date_trunc('minute', ts), count(*) from plain group by 1",
	"select count(*) from plain having count(*) > 1",
};

static void
test_unwindowed(void **state)
{
	Fixture *f = *state;

	for (size_t i = 0; i < lengthof(unwindowed); i++)
	{
		f->batch = false;
		assert_null(fixture_query(f, unwindowed[i]));
		assert_int_equal(f->err.state, SQLSTATE_FEATURE_NOT_SUPPORTED);
		assert_non_null(strstr(f->err.hint, "--batch"));
		f->batch = true;
		assert_null(aggregate_of(f, unwindowed[i])->aggregate.window);
	}
}

static const struct
{
	const char *sql;
	const char *state;
	int position;
	const char *message;
} refusals[] = {
	{"select * from clicks order by 1", "0A000", 30, "ORDER BY on stream \"clicks\" is not supported"},
	{"select * from hop(clicks, event_time, '1 min', '2 min')", "0A000", 14, "HOP windows are not supported"},
	{"select * from tumble(clicks, user_id, '1 min')", "42804", 29,
	 "time column of TUMBLE must be a timestamp, not type bigint"},
	{"select * from tumble(plain, ts, '1 min')", "0A000", 28,
	 "column \"ts\" is not the event-time column of stream \"plain\""},
	{"select * from tumble(clicks, event_time, '1 month')", "0A000", 41,
	 "window size must not contain months or years"},
	{"select * from tumble(clicks, event_time, '0 s')", "22023", 41, "window size must be greater than zero"},
	{"select * from tumble(clicks, event_time, 5)", "42804", 41,
	 "window size must be of type interval, not type integer"},
	{"select * from clicks a join clicks b using (user_id)", "0A000", 28,
	 "joining stream \"clicks\" with stream \"clicks\" is not supported"},
	{"select k.user_id from campaigns c left join clicks k using (campaign_id)", "0A000", 44,
	 "an outer join that adds NULLs to this side of the join is not supported"},
	{"select window_start, window_end from tumble(clicks, event_time, '1 min') group by window_start",
	 "42803", 21,
	 "column \"clicks.window_end\" must appear in the GROUP BY clause or be used in an aggregate function"},
	{"select count(*) from (select window_start w, count(*) n from tumble(clicks, event_time, '1 min') group "
	 "by 1) x "
	 "group by w",
	 "0A000", 120, "GROUP BY over an aggregate of stream \"clicks\" is not supported"},
};

static void
test_refusals(void **state)
{
	for (size_t i = 0; i < lengthof(refusals); i++)
	{
		if (fixture_query(*state, refusals[i].sql) != NULL)
			fail_msg("no error: %s", refusals[i].sql);
		fixture_assert_error(*state, refusals[i].sql, refusals[i].state, refusals[i].position,
							 refusals[i].message);
	}
}

static void
test_local_days(void **state)
{
	Fixture *f = *state;

	f->settings.timezone = "Europe/Berlin";
	assert_null(fixture_query(f, "select date_trunc('day', event_time), count(*) from clicks group by 1"));
	fixture_assert_error(
		f, "day", "0A000", 7,
		"windows by date_trunc of that unit are not supported in time zone \"Europe/Berlin\"");
	fixture_must_query(f, "select date_trunc('minute', event_time), count(*) from clicks group by 1");
}

/* ---- what is decoded ---- */

static void
assert_fields(Fixture *f, const char *sql, const char *expected)
{
	const QueryPlan *plan = fixture_must_query(f, sql);
	StrBuf got = {0};

	assert_int_equal(plan->scan_count, 1);
	for (uint32_t i = 0; i < plan->scans[0]->field_count; i++)
	{
		const DecodeField *field = &plan->scans[0]->fields[i];

		str_append_cstr(&got, i > 0 ? " " : "");
		for (int k = 0; k < field->path_length; k++)
		{
			if (field->path[k].key != NULL)
				str_appendf(&got, "%s%s", k > 0 ? "." : "", field->path[k].key);
			else
				str_appendf(&got, "[%d]", field->path[k].index);
		}
		str_append_cstr(&got, field->form == FIELD_JSON_TEXT ? ":text" : "");
	}
	if (strcmp(str_cstr(&got), expected) != 0)
		fail_msg("%s\nwant %s\ngot  %s", sql, expected, str_cstr(&got));
	str_free(&got);
}

static void
test_fields(void **state)
{
	Fixture *f = *state;

	/* NOT NULL and event-time columns are always decoded. */
	assert_fields(f, "select user_id from clicks", "user_id event_time");
	assert_fields(f, "select 1 from clicks where amount > 5", "amount event_time");
	assert_fields(f, "select user_id from (select * from clicks) x", "user_id event_time");
	assert_fields(f, "select id from plain", "id");
	/* Values under constant keys are decoded alone, unless the whole is used somewhere. */
	assert_fields(f, "select geo->>'country' from clicks", "geo.country:text event_time");
	assert_fields(f, "select geo->'a'->0->>'b', geo->'a'->0->>'b' from clicks where geo->>'c' is null",
				  "geo.c:text geo.a[0].b:text event_time");
	assert_fields(f, "select geo->>'country', geo->'x' from clicks", "geo event_time");
	assert_fields(f, "select geo->>'country', geo from clicks", "geo event_time");
	assert_fields(f, "select geo->>campaign_id from clicks", "campaign_id geo event_time");
	assert_fields(f, "select geo->>-1 from clicks", "geo event_time");
	/* A format without nested values delivers columns whole. */
	assert_fields(f, "select doc->>'a' from plain", "doc");
	assert_fields(
		f, "select k.user_id, c.name from clicks k left join campaigns c on c.campaign_id = k.campaign_id",
		"user_id campaign_id event_time");
}

static void
test_generated(void **state)
{
	Fixture *f = *state;
	const ScanPlan *scan;

	fixture_must_define(f, "create stream g (a int, b int generated always as (a + 1) stored, c int, "
						   "o bigint metadata from 'offset', d int options (path '$.x.y[2]')) "
						   "with (connector = 'log', topic = 'g', format = 'json')");
	assert_fields(f, "select d from g", "x.y[2]");
	scan = fixture_must_query(f, "select b, o from g where b > 3")->scans[0];
	assert_int_equal(scan->field_count, 2);
	assert_int_equal(scan->fields[1].origin, COLUMN_METADATA);
	assert_int_equal(scan->generated_count, 1);
	assert_int_equal(scan->generated[0]->args[0]->column, 0);
	assert_non_null(scan->filter);
}

/* ---- filters and joins ---- */

static int
conjuncts(const Expr *expr)
{
	if (expr == NULL)
		return 0;
	return expr->kind == EXPR_AND ? expr->arg_count : 1;
}

static void
test_filters(void **state)
{
	const QueryPlan *plan = fixture_must_query(
		*state, "select c.name from clicks k, campaigns c where k.campaign_id = c.campaign_id "
				"and k.amount > 5 and c.advertiser = 'x' and k.user_id > length(c.name)");
	const PlanNode *join = plan->root->input;

	assert_int_equal(join->kind, NODE_JOIN_TABLE);
	assert_int_equal(join->join.key_count, 1);
	assert_int_equal(join->join.table_keys[0], 0);
	assert_int_equal(conjuncts(join->join.condition), 2);
	assert_int_equal(join->input->kind, NODE_SCAN);
	assert_int_equal(conjuncts(plan->scans[0]->filter), 1);
}

/* What WHERE says of the table's columns stays above a left join. */
static void
test_left_join(void **state)
{
	const PlanNode *filter = fixture_must_query(*state, "select c.name from clicks k left join campaigns c "
														"on k.campaign_id = c.campaign_id and k.user_id > 5 "
														"where c.name is null and k.user_id < 9")
								 ->root->input;

	assert_int_equal(filter->kind, NODE_FILTER);
	assert_int_equal(filter->filter.condition->kind, EXPR_IS_NULL);
	assert_true(filter->input->join.left);
	assert_int_equal(conjuncts(filter->input->join.condition), 1);
	assert_int_equal(conjuncts(filter->input->input->scan->filter), 1);
}

/* ---- sinks of one job ---- */

static void
test_shared_scan(void **state)
{
	Fixture *f = *state;
	const JobPlan *job;

	fixture_must_define(
		f, "create sink a with (location = 'out/a') as select user_id, geo->>'x' as x from clicks "
		   "where user_id > 1 and amount > 2");
	fixture_must_define(f, "create sink b with (location = 'out/b') as select event_type from clicks "
						   "where user_id > 1 and event_type = 'y'");
	job = fixture_job(f);
	assert_non_null(job);
	assert_int_equal(job->scan_count, 1);
	assert_int_equal(conjuncts(job->scans[0]->filter), 1);
	assert_ptr_equal(job->sinks[0]->input->input->input->scan, job->scans[0]);
	assert_int_equal(conjuncts(job->sinks[0]->input->input->filter.condition), 1);
	assert_ptr_equal(job->sinks[1]->input->input->input->scan, job->scans[0]);
	assert_int_equal(job->scans[0]->field_count, 5);
}

/* A conjunct that another one guards is not evaluated before it. */
static void
test_guarded_filter(void **state)
{
	Fixture *f = *state;

	fixture_must_define(f, "create sink a with (location = 'out/a') as select user_id from clicks "
						   "where user_id <> 0 and 10 / user_id > 1");
	fixture_must_define(f, "create sink b with (location = 'out/b') as select event_type from clicks "
						   "where 10 / user_id > 1");
	assert_null(fixture_job(f)->scans[0]->filter);
}

static void
test_hidden_columns(void **state)
{
	Fixture *f = *state;
	const SinkPlan *sink;

	fixture_must_define(f, "create sink a with (location = 'a') as select count(*) as n, c.name "
						   "from tumble(clicks, event_time, '1 min') k join campaigns c using (campaign_id) "
						   "group by window_start, c.name, user_id having count(*) > 1");
	sink = fixture_job(f)->sinks[0];
	assert_int_equal(sink->visible_count, 2);
	assert_int_equal(sink->hidden_count, 3);
	assert_string_equal(sink->input->columns[2].name, "window_end");
	assert_int_equal(sink->input->columns[3].type.id, TYPE_TEXT);
	assert_int_equal(sink->input->columns[4].type.id, TYPE_BIGINT);
	assert_non_null(sink->aggregate);
}

/* A sink's texts are its own: other sinks, aliases and layout don't change them, what it computes does. */
static void
test_canonical_texts(void **state)
{
	Fixture *f = *state;
	const SinkPlan *sink;
	char *stateful;
	char *stateless;

	fixture_must_define(
		f, "create sink a with (location = 'a') as select window_start, geo->>'x' as x, count(*) as n "
		   "from tumble(clicks, event_time, '1 min') k where user_id > 1 group by 1, 2");
	sink = fixture_job(f)->sinks[0];
	stateful = strdup(sink->stateful_text);
	stateless = strdup(sink->stateless_text);
	fixture_must_define(
		f, "create sink b with (location = 'b') as select geo, amount from clicks where amount > 1");
	fixture_must_define(f, "create or replace sink a with (location = 'a') as select q.window_start, "
						   "q.geo->>'x' as x, count(*) AS n from tumble(clicks, event_time, '60 s') as q "
						   "where q.user_id > 1 group by window_start, q.geo->>'x'");
	sink = fixture_job(f)->sinks[0];
	assert_string_equal(sink->stateful_text, stateful);
	assert_string_equal(sink->stateless_text, stateless);
	fixture_must_define(
		f, "create or replace sink a with (location = 'a') as select window_start, geo->>'x' as x, "
		   "count(*) as n from tumble(clicks, event_time, '1 min') k where user_id > 1 group by 1, 2 "
		   "having count(*) > 1");
	sink = fixture_job(f)->sinks[0];
	assert_string_equal(sink->stateful_text, stateful);
	assert_string_not_equal(sink->stateless_text, stateless);
	fixture_must_define(
		f, "create or replace sink a with (location = 'a') as select window_start, geo->>'x' as x, "
		   "count(*) as n from tumble(clicks, event_time, '1 min') k where user_id > 2 group by 1, 2");
	assert_string_not_equal(fixture_job(f)->sinks[0]->stateful_text, stateful);
	free(stateful);
	free(stateless);
}

/* Lists that print alike to the eye are told apart. */
static void
test_canonical_lists(void **state)
{
	static const char *const lists[] = {"'a,b'",    "'a', 'b'", "'a', 'b', null", "'a', 'b', 'NULL'",
										"'a\", b'", "'{a,b}'"};
	Fixture *f = *state;
	char sql[200];
	char *texts[lengthof(lists)];

	for (size_t i = 0; i < lengthof(lists); i++)
	{
		snprintf(sql, sizeof sql,
				 "create or replace sink a with (location = 'a') as select user_id from clicks "
				 "where event_type in (%s)",
				 lists[i]);
		fixture_must_define(f, sql);
		texts[i] = strdup(fixture_job(f)->sinks[0]->stateless_text);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(texts[i], texts[k]);
	}
	for (size_t i = 0; i < lengthof(lists); i++)
		free(texts[i]);
}

int
main(void)
{
#define STREAM_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup_streams, fixture_teardown)
	const struct CMUnitTest tests[] = {
		STREAM_TEST(test_windows),
		STREAM_TEST(test_window_columns),
		STREAM_TEST(test_window_over_union),
		STREAM_TEST(test_unwindowed),
		STREAM_TEST(test_refusals),
		STREAM_TEST(test_local_days),
		STREAM_TEST(test_fields),
		STREAM_TEST(test_generated),
		STREAM_TEST(test_filters),
		STREAM_TEST(test_left_join),
		STREAM_TEST(test_shared_scan),
		STREAM_TEST(test_guarded_filter),
		STREAM_TEST(test_hidden_columns),
		STREAM_TEST(test_canonical_texts),
		STREAM_TEST(test_canonical_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
