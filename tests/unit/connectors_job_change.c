/*
 * connectors_job_change: batch jobs whose world changed between two runs: definitions, reference tables, the
 * source.
 */
#include "executor/manifest.h"
#include "tests/unit/job_rows.h"

/* ---- changed plans ---- */

static void
redeclare(TestJob *job, const char *raw_where, const char *counts_key)
{
	catalog_release(&job->catalog);
	catalog_init(&job->catalog);
	job_declare(job,
				"CREATE STREAM s (k text, v bigint, t timestamptz NOT NULL, "
				"WATERMARK FOR t AS t - INTERVAL '5 seconds') WITH (connector = 'log', format = 'json')");
	if (raw_where != NULL)
		job_declare(job,
					arena_printf(&job->arena,
								 "CREATE SINK raw WITH (location = '%s/raw', format = 'csv', compression = "
								 "'none') AS SELECT k, v FROM s WHERE %s",
								 job->folder, raw_where));
	job_declare(
		job,
		arena_printf(&job->arena,
					 "CREATE SINK counts WITH (location = '%s/counts', format = 'csv', compression = 'none')"
					 " AS SELECT window_start, k, count(*) AS n, sum(v) AS s "
					 "FROM TUMBLE(s, t, INTERVAL '1 minute') GROUP BY window_start, window_end, %s",
					 job->folder, counts_key));
}

static void
a_changed_stateless_part_goes_on_as_a_revision(void **state)
{
	TestJob *job = *state;

	job_declare_usual(job);
	fill_log(3, 0, 10);
	job_must(job, UNTIL_END);
	redeclare(job, "v >= 5", "k");
	fill_log(3, 10, 20);
	job_must(job, UNTIL_END);
	assert_non_null(strstr(job->notices.data, "sink \"raw\" was changed: its output goes on as revision 2"));
	assert_null(strstr(job->notices.data, "sink \"counts\""));
	assert_true(job_files(job, "raw/r2") > 0);
	/* Once changed it is the same again. */
	str_clear(&job->notices);
	job_must(job, UNTIL_END);
	assert_int_equal(job->notices.len, 0);
}

static void
a_changed_aggregate_is_refused(void **state)
{
	TestJob *job = *state;

	job_declare_usual(job);
	fill_log(3, 0, 10);
	job_must(job, UNTIL_END);
	redeclare(job, "v >= 0", "k, v");
	job_must_fail(job, UNTIL_END, SQLSTATE_INCOMPATIBLE_STATE);
	assert_string_equal(job->err.message, "sink \"counts\" does not fit the stored state");
	assert_non_null(job->err.detail);
	assert_non_null(job->err.hint);
	/* Nothing was harmed. */
	redeclare(job, "v >= 0", "k");
	job_must(job, UNTIL_END);
	check_output(job, 3, 10);
}

/* Neither a manifest nor a word about the sink that did fit: what is there stays as it is, for the old plan.
 */
static void
a_refused_start_changes_nothing(void **state)
{
	TestJob *job = *state;
	size_t manifests;

	job_declare_usual(job);
	fill_log(3, 0, 10);
	assert_true(failure_points_parse(&job->points, "publish.before:1:error", &job->err));
	assert_false(job_start(job, UNTIL_END)); /* there is a commit that is not published */
	job->points.armed = false;
	manifests = job_files(job, "state/job/s0");
	redeclare(job, "v >= 5", "k, v");
	str_clear(&job->notices);
	job_must_fail(job, UNTIL_END, SQLSTATE_INCOMPATIBLE_STATE);
	assert_int_equal(job_files(job, "state/job/s0"), manifests);
	assert_int_equal(job_files(job, "raw"), 0);
	assert_int_equal(job->notices.len, 0);
	redeclare(job, "v >= 0", "k");
	job_must(job, UNTIL_END);
	check_output(job, 3, 10);
}

static void
a_vanished_sink_is_named(void **state)
{
	TestJob *job = *state;

	job_declare_usual(job);
	fill_log(3, 0, 10);
	job_must(job, UNTIL_END);
	redeclare(job, NULL, "k");
	job_must_fail(job, UNTIL_END, SQLSTATE_INCOMPATIBLE_STATE);
	assert_string_equal(job->err.message, "sink \"raw\" of the stored state is not in this job");
	assert_non_null(strstr(job->err.hint, "weir reset --sink=raw"));
}

static bool
reset_sink(TestJob *job, const char *name, const char *sink)
{
	StoreSet stores = {
		.classes = job->stores, .count = 1, .fs = &job->fs.base, .failure_points = &job->points};
	JobReset reset = {.job_name = name,
					  .state_location = job->settings.state_location,
					  .sink = sink,
					  .stores = &stores,
					  .clock = &job->clock.base,
					  .random = &job->random.random};

	error_clear(&job->err);
	return job_reset_sink(&reset, &job->err);
}

/* What was refused is let through once the state no longer knows the sink; it goes on with new rows only. */
static void
a_reset_sink_begins_anew(void **state)
{
	TestJob *job = *state;

	job_declare_usual(job);
	fill_log(3, 0, 10); /* up to 00:01:07 */
	job_must(job, UNTIL_END);
	assert_false(reset_sink(job, "job", "nobody"));
	assert_int_equal(job->err.state, SQLSTATE_UNDEFINED_OBJECT);
	assert_false(reset_sink(job, "other", "counts"));
	assert_int_equal(job->err.state, SQLSTATE_UNDEFINED_OBJECT);
	assert_int_equal(access(job_path(job, "state/other"), F_OK), -1);
	if (!reset_sink(job, "job", "counts"))
		fail_msg("%s", job->err.message);
	redeclare(job, "v >= 0", "k, v");
	fill_log(3, 10, ROWS);
	job_must(job, UNTIL_END);
	assert_string_equal(job_rows(job, "raw"), expected_raw(job, 3, ROWS));
	assert_non_null(strstr(job->notices.data, "sink \"counts\" is new"));
	/* A sink that is gone for good. */
	if (!reset_sink(job, "job", "raw"))
		fail_msg("%s", job->err.message);
	redeclare(job, NULL, "k, v");
	job_must(job, UNTIL_END);
}

/* Open windows of a sink that was reset do not come back with a sink of its name. */
static void
a_reset_sink_leaves_no_windows_behind(void **state)
{
	TestJob *job = *state;

	job_declare_usual(job);
	fill_log(3, 0, 10); /* up to 00:01:07 */
	job_must(job, UNTIL_LATEST);
	if (!reset_sink(job, "job", "counts"))
		fail_msg("%s", job->err.message);
	/* The next life writes its first manifest, which names the sink again, and dies. */
	assert_true(failure_points_parse(&job->points, "assign.after:1:error", &job->err));
	job->points.armed = true;
	(void)!job_start(job, UNTIL_LATEST);
	job->points.armed = false;
	fill_log(3, 20, ROWS); /* from 00:02:20 on */
	job_must(job, UNTIL_END);
	assert_null(strstr(job_rows(job, "counts"), "00:01:00"));
	assert_non_null(strstr(job_rows(job, "counts"), "00:02:00"));
}

/* A windowed sink that is added later begins with windows of which it misses nothing. */
static void
a_new_windowed_sink_begins_with_whole_windows(void **state)
{
	TestJob *job = *state;
	const char *rows;

	job_declare_usual(job);
	fill_log(3, 0, 10); /* up to 00:01:07 */
	job_must(job, UNTIL_END);
	job_declare(
		job,
		arena_printf(&job->arena,
					 "CREATE SINK later WITH (location = '%s/later', format = 'csv', compression = 'none') "
					 "AS SELECT window_start, count(*) AS n FROM TUMBLE(s, t, INTERVAL '1 minute') "
					 "GROUP BY window_start, window_end",
					 job->folder));
	fill_log(3, 10, ROWS);
	job_must(job, UNTIL_END);
	assert_non_null(strstr(job->notices.data, "sink \"later\" is new"));
	rows = job_rows(job, "later");
	assert_null(strstr(rows, "00:00:00"));
	assert_null(strstr(rows, "00:01:00"));
	assert_non_null(strstr(rows, "2024-01-01 00:02:00"));
}

/* Weeks are counted from a Thursday, 1970-01-01: one that was begun is not the new sink's. */
static void
a_new_sink_knows_where_its_windows_lie(void **state)
{
	TestJob *job = *state;

	job_declare_usual(job);
	log_put_raw(0, "{\"k\":\"a\",\"v\":1,\"t\":\"2024-01-05T00:00:00Z\"}"); /* a Friday */
	job_must(job, UNTIL_END);
	job_declare(
		job,
		arena_printf(&job->arena,
					 "CREATE SINK weeks WITH (location = '%s/weeks', format = 'csv', compression = 'none') "
					 "AS SELECT window_start, count(*) AS n FROM TUMBLE(s, t, INTERVAL '7 days') "
					 "GROUP BY window_start, window_end",
					 job->folder));
	log_put_raw(0, "{\"k\":\"a\",\"v\":1,\"t\":\"2024-01-10T23:59:59Z\"}");
	log_put_raw(0, "{\"k\":\"a\",\"v\":1,\"t\":\"2024-01-11T00:00:00Z\"}");
	job_must(job, UNTIL_END);
	assert_string_equal(job_rows(job, "weeks"), "2024-01-11 00:00:00.000000+00:00,1\n");
	assert_int_equal(job->sinks[2].late, 1);
}

/* ---- reference tables ---- */

static void
write_table(TestJob *job, const char *text)
{
	FILE *f = fopen(job_path(job, "names.csv"), "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
declare_join(TestJob *job, const char *refresh)
{
	job_declare(job,
				"CREATE STREAM s (k text, v bigint, t timestamptz NOT NULL, "
				"WATERMARK FOR t AS t - INTERVAL '5 seconds') WITH (connector = 'log', format = 'json')");
	job_declare(job,
				arena_printf(&job->arena,
							 "CREATE TABLE names (k text PRIMARY KEY, name text) WITH (connector = 'file', "
							 "path = '%s/names.csv', format = 'csv'%s)",
							 job->folder, refresh));
	job_declare(
		job,
		arena_printf(&job->arena,
					 "CREATE SINK raw WITH (location = '%s/raw', format = 'csv', compression = 'none') AS "
					 "SELECT name, v FROM s JOIN names USING (k)",
					 job->folder));
}

/* A run that is resumed joins with the version it began with; the next run with the new one. */
static void
a_resumed_run_keeps_its_table(void **state)
{
	TestJob *job = *state;

	job->settings.commit_rows = 2;
	write_table(job, "a,old\n");
	declare_join(job, "");
	for (int i = 0; i < 6; i++)
		log_put(0, "a", i, i);
	assert_true(failure_points_parse(&job->points, "commit.before:2:error", &job->err));
	assert_false(job_start(job, UNTIL_END));
	job->points.armed = false;
	write_table(job, "a,new\n");
	job_must(job, UNTIL_END);
	log_put(0, "a", 6, 6);
	job_must(job, UNTIL_END);
	assert_string_equal(job_rows(job, "raw"),
						"\"new\",6\n\"old\",0\n\"old\",1\n\"old\",2\n\"old\",3\n\"old\",4\n"
						"\"old\",5\n");
}

static void
change_table_midway(TestJob *job)
{
	job->hook_state++;
	if (job->hook_state == 10)
		write_table(job, "a,first\na,twice\n"); /* refused: the old version stays */
	if (job->hook_state == 30)
		write_table(job, "a,second\n");
	if (job->hook_state == 25 || job->hook_state == 50)
	{
		pthread_mutex_lock(&test_log.lock);
		log_put(0, "a", job->hook_state, 0);
		pthread_mutex_unlock(&test_log.lock);
	}
	if (job->hook_state > 60)
		job->stop = true;
}

static void
a_table_is_read_again_at_a_cut(void **state)
{
	TestJob *job = *state;

	job->clock.step = 50000;
	job->settings.commit_interval = 1000000;
	write_table(job, "a,first\n");
	declare_join(job, ", refresh = '1 s'");
	log_put(0, "a", 1, 0);
	job->hook = change_table_midway;
	job_must(job, UNTIL_STOPPED);
	assert_string_equal(job_rows(job, "raw"), "\"first\",1\n\"first\",25\n\"second\",50\n");
	assert_non_null(
		strstr(job->notices.data, "table \"names\" could not be refreshed, its old version stays"));
}

/* A stream has nothing to drain then, and a batch is not done. */
static void
a_stop_while_tables_are_read(void **state)
{
	TestJob *job = *state;

	write_table(job, "a,first\n");
	declare_join(job, "");
	log_put(0, "a", 1, 0);
	job->stopped_at_start = true;
	job_must_fail(job, UNTIL_END, SQLSTATE_STOPPED_EARLY);
	assert_string_equal(job->err.message, "the batch run was stopped before its end");
	job_must(job, UNTIL_STOPPED);
	assert_string_equal(job_rows(job, "raw"), "");
	job->stopped_at_start = false;
	job_must(job, UNTIL_END);
	assert_string_equal(job_rows(job, "raw"), "\"first\",1\n");
}

/* ---- the source is not what it was ---- */

static void
deleted_messages_are_a_gap(void **state)
{
	TestJob *job = *state;

	job_declare_usual(job);
	fill_log(3, 0, 10);
	job_must(job, UNTIL_END);
	fill_log(3, 10, 20);
	log_delete(1, 15);
	job_must_fail(job, UNTIL_END, SQLSTATE_DATA_GAP);
	assert_string_equal(job->err.message, "partition 1 of stream \"s\" lacks the offsets [10, 15)");
	job->accept_gap = true;
	job_must(job, UNTIL_END);
	assert_int_equal(job->last.read, 25);
	/* Accepted once, it is recorded, and no gap any more. */
	job->accept_gap = false;
	job_must(job, UNTIL_END);
}

static void
a_recreated_topic_is_recognised(void **state)
{
	TestJob *job = *state;

	job_declare_usual(job);
	fill_log(3, 0, 10);
	job_must(job, UNTIL_END);
	/* As many messages and more, but others. */
	log_reset(3);
	for (int32_t p = 0; p < 3; p++)
		for (int i = 0; i < 15; i++)
			log_put(p, "other", i, i * 1000);
	job_must_fail(job, UNTIL_END, SQLSTATE_DATA_GAP);
	assert_non_null(strstr(job->err.detail, "the topic was recreated"));
	/* Fewer messages. */
	log_reset(3);
	fill_log(3, 0, 5);
	job_must_fail(job, UNTIL_END, SQLSTATE_DATA_GAP);
	/* Fewer partitions. */
	log_reset(2);
	fill_log(2, 0, 10);
	job_must_fail(job, UNTIL_END, SQLSTATE_DATA_GAP);
	assert_string_equal(job->err.message, "stream \"s\" has 2 partitions, but the state knows 3");
	/* The one that was read. */
	log_reset(3);
	fill_log(3, 0, 10);
	job_must(job, UNTIL_END);
	check_output(job, 3, 10);
}

/* A run that was not finished then ends where the new topic does. */
static void
a_recreated_topic_may_be_accepted(void **state)
{
	TestJob *job = *state;

	job->settings.commit_rows = 5;
	job_declare_usual(job);
	fill_log(3, 0, 10);
	assert_true(failure_points_parse(&job->points, "commit.before:2:error", &job->err));
	assert_false(job_start(job, UNTIL_END));
	job->points.armed = false;
	log_reset(3);
	fill_log(3, 0, 3);
	job_must_fail(job, UNTIL_END, SQLSTATE_DATA_GAP);
	job->accept_gap = true;
	job_must(job, UNTIL_END);
	assert_int_equal(job->last.read, 9);
	assert_int_equal(job->last.gaps, 0);
	job->accept_gap = false;
	fill_log(3, 3, 4);
	job_must(job, UNTIL_END);
	assert_int_equal(job->last.read, 3);
}

static void
too_many_bad_messages_stop_before_the_commit(void **state)
{
	TestJob *job = *state;

	job_declare(job, "CREATE STREAM s (k text, v bigint, t timestamptz NOT NULL, "
					 "WATERMARK FOR t AS t - INTERVAL '5 seconds') "
					 "WITH (connector = 'log', format = 'json', max_error_ratio = 0.1)");
	job_declare(
		job,
		arena_printf(&job->arena,
					 "CREATE SINK raw WITH (location = '%s/raw', format = 'csv', compression = 'none') AS "
					 "SELECT k, v FROM s",
					 job->folder));
	fill_log(3, 0, 8);
	for (int i = 0; i < 3; i++)
		log_put_raw(0, "?");
	job_must_fail(job, UNTIL_END, SQLSTATE_ERROR_RATIO_EXCEEDED);
	assert_string_equal(job->err.message, "3 of 27 messages of stream \"s\" can't be decoded");
	assert_int_equal(job_files(job, "raw"), 0);
	assert_int_equal(job_files(job, "state/job/dead"), 0);
}

/* An aggregate without window is final at the end of the batch. */
static void
a_final_result_takes_no_new_input(void **state)
{
	TestJob *job = *state;

	job_declare(
		job, "CREATE STREAM s (k text, v bigint, t timestamptz NOT NULL) WITH (connector = 'log', format = "
			 "'json')");
	job_declare(
		job,
		arena_printf(&job->arena,
					 "CREATE SINK total WITH (location = '%s/total', format = 'csv', compression = 'none') "
					 "AS SELECT count(*) AS n, sum(v) AS s FROM s",
					 job->folder));
	fill_log(3, 0, 4);
	job_must(job, UNTIL_END);
	assert_int_equal(count_rows(job_rows(job, "total")), 1);
	job_must(job, UNTIL_END);
	assert_int_equal(count_rows(job_rows(job, "total")), 1);
	fill_log(3, 4, 5);
	job_must_fail(job, UNTIL_END, SQLSTATE_INCOMPATIBLE_STATE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		JOB_TEST(a_changed_stateless_part_goes_on_as_a_revision),
		JOB_TEST(a_changed_aggregate_is_refused),
		JOB_TEST(a_refused_start_changes_nothing),
		JOB_TEST(a_vanished_sink_is_named),
		JOB_TEST(a_reset_sink_begins_anew),
		JOB_TEST(a_reset_sink_leaves_no_windows_behind),
		JOB_TEST(a_new_windowed_sink_begins_with_whole_windows),
		JOB_TEST(a_new_sink_knows_where_its_windows_lie),
		JOB_TEST(a_resumed_run_keeps_its_table),
		JOB_TEST(a_table_is_read_again_at_a_cut),
		JOB_TEST(a_stop_while_tables_are_read),
		JOB_TEST(deleted_messages_are_a_gap),
		JOB_TEST(a_recreated_topic_is_recognised),
		JOB_TEST(a_recreated_topic_may_be_accepted),
		JOB_TEST(too_many_bad_messages_stop_before_the_commit),
		JOB_TEST(a_final_result_takes_no_new_input),
	};

	pthread_mutex_init(&test_log.lock, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
