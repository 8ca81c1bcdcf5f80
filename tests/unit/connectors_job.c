/*
 * connectors_job: whole batch jobs on a directory: exactly once whatever call the process dies at, the same
 * bytes with any number of workers, runs that are resumed, repeated and extended.
 */
#include "executor/manifest.h"
#include "tests/unit/job_rows.h"

/* ---- plain runs ---- */

static void
one_run_gives_every_row_once(void **state)
{
	TestJob *job = *state;

	job_declare_usual(job);
	fill_log(3, 0, ROWS);
	job_must(job, UNTIL_END);
	check_output(job, 3, ROWS);
	assert_int_equal(job->last.read, 3 * ROWS);
	assert_int_equal(job->sinks[1].used, 3 * ROWS);
	assert_int_equal(job->sinks[0].used + job->sinks[0].filtered, 3 * ROWS);
}

static void
a_second_run_adds_nothing_and_then_only_what_is_new(void **state)
{
	TestJob *job = *state;
	const char *raw, *counts;

	job_declare_usual(job);
	fill_log(3, 0, 20);
	job_must(job, UNTIL_END);
	raw = job_rows(job, "raw");
	counts = job_rows(job, "counts");
	job_must(job, UNTIL_END);
	assert_string_equal(job_rows(job, "raw"), raw);
	assert_string_equal(job_rows(job, "counts"), counts);
	assert_int_equal(job_files(job, "raw"), 1);
	/* Windows that were closed stay closed: their rows are late now. */
	fill_log(3, 20, ROWS);
	job_must(job, UNTIL_END);
	assert_string_equal(job_rows(job, "raw"), expected_raw(job, 3, ROWS));
	assert_int_equal(job->sinks[1].used + job->sinks[1].late, 3 * (ROWS - 20));
	assert_true(strncmp(job_rows(job, "counts"), counts, 20) == 0);
}

/* The contents of all files, in the order of their names. */
static const char *
contents(TestJob *job)
{
	return arena_printf(&job->arena, "%s|%s", job_rows(job, "raw"), job_rows(job, "counts"));
}

static void
workers_do_not_change_the_bytes(void **state)
{
	TestJob *job = *state;
	const char *first = NULL;
	size_t files = 0;

	job_teardown(job);
	for (int workers = 1; workers <= 5; workers++)
	{
		job_setup(job);
		job->settings.workers = workers;
		job->settings.commit_rows = 11;
		job_declare_usual(job);
		log_reset(3);
		fill_log(3, 0, ROWS);
		job_must(job, UNTIL_END);
		if (first == NULL)
			first = mem_strdup(contents(job));
		else
			assert_string_equal(contents(job), first);
		files = job_files(job, "raw");
		if (workers < 5)
			job_teardown(job);
	}
	assert_int_equal(files, 6); /* ceil(60 / 11) cuts */
	mem_free((char *)first);
}

/* No row is late because partitions are read at different speeds: here one has all the old events. */
static void
a_slow_partition_holds_the_watermark(void **state)
{
	TestJob *job = *state;

	job->settings.commit_rows = 5;
	job_declare_usual(job);
	for (int i = 0; i < 200; i++)
		log_put(0, "new", 1, INT64_C(3000000) + i * 1000);
	for (int i = 0; i < 10; i++)
		log_put(1, "old", 1, i * 1000);
	for (int i = 0; i < 100; i++)
		log_put(2, "mid", 1, i * 20000);
	job_must(job, UNTIL_END);
	/* Partition 1 is finished after two cuts; only then may W follow partition 2, which is in order. */
	assert_int_equal(job->sinks[1].late, 0);
	assert_int_equal(job->sinks[1].used, 310);
}

static void
ledger_counts_gaps_tombstones_and_dead_letters(void **state)
{
	TestJob *job = *state;

	job_declare_usual(job);
	log_put(0, "a", 1, 1000);
	test_log.partitions[0].end += 4; /* control records, say */
	log_put(0, "a", 2, 2000);
	log_put_raw(0, NULL);
	log_put_raw(0, "{broken");
	log_put_raw(0, "{\"k\":\"a\",\"v\":1}"); /* no event time */
	test_log.partitions[0].end += 2;
	log_put(1, "b", 3, 3000);
	job_must(job, UNTIL_END);
	assert_int_equal(job->last.read, 6);
	assert_int_equal(job->last.gaps, 6);
	assert_int_equal(job->last.tombstones, 1);
	assert_int_equal(job->last.dead, 2);
	assert_int_equal(job->last.decoded, 3);
	assert_int_equal(count_rows(job_rows(job, "state/job/dead")), 2);
}

/* A hole wider than the grid of cuts is passed over, cut by cut; so is one at the end. */
static void
a_gap_may_be_wider_than_the_grid(void **state)
{
	TestJob *job = *state;

	job->settings.commit_rows = 10;
	job_declare(job, "CREATE STREAM s (k text, v bigint) WITH (connector = 'log', format = 'json')");
	job_declare(
		job,
		arena_printf(&job->arena,
					 "CREATE SINK raw WITH (location = '%s/raw', format = 'csv', compression = 'none') AS "
					 "SELECT k, v FROM s",
					 job->folder));
	log_put(0, "a", 1, 1000);
	test_log.partitions[0].end += 55;
	log_put(0, "a", 2, 2000);
	test_log.partitions[0].end += 100;
	job_must(job, UNTIL_END);
	assert_int_equal(job->last.read, 2);
	assert_int_equal(job->last.gaps, 155);
	assert_int_equal(count_rows(job_rows(job, "raw")), 2);
	job_must(job, UNTIL_END);
	assert_int_equal(job->last.read, 0);
}

/* A row that the sink's format has no form for fails for that sink, before it or its group is written. */
static void
what_csv_cannot_hold_is_a_dead_letter(void **state)
{
	TestJob *job = *state;
	const char *dead;

	job_declare_usual(job);
	job_declare(job,
				arena_printf(
					&job->arena,
					"CREATE SINK years WITH (location = '%s/years', format = 'csv', compression = 'none') AS "
					"SELECT k, t + v * INTERVAL '1 year' AS later FROM s",
					job->folder));
	job_declare(
		job,
		arena_printf(&job->arena,
					 "CREATE SINK ends WITH (location = '%s/ends', format = 'csv', compression = 'none') AS "
					 "SELECT k, window_start + sum(v)::bigint * INTERVAL '1 year' AS later "
					 "FROM TUMBLE(s, t, INTERVAL '1 minute') GROUP BY window_start, window_end, k",
					 job->folder));
	log_put(0, "near", 1, 1000);
	log_put(0, "far", 9000, 2000);
	job_must(job, UNTIL_END);
	assert_string_equal(job_rows(job, "years"), "\"near\",2025-01-01 00:00:01.000000+00:00\n");
	assert_string_equal(job_rows(job, "ends"), "\"near\",2025-01-01 00:00:00.000000+00:00\n");
	assert_int_equal(job->sinks[2].used, 1);
	assert_int_equal(job->sinks[2].failed, 1);
	dead = job_rows(job, "state/job/dead");
	assert_int_equal(count_rows(dead), 2);
	assert_non_null(strstr(dead, "\"sink\":\"years\",\"field\":\"later\",\"sqlstate\":\"22008\""));
	assert_non_null(strstr(dead, "\"sink\":\"ends\",\"field\":\"later\",\"sqlstate\":\"22008\""));
	assert_non_null(strstr(dead, "outside the years 1 to 9999"));
}

/* Windows lie in the same places for rows and for groups, up to the last that the type has room for. */
static void
windows_reach_the_end_of_time(void **state)
{
	TestJob *job = *state;

	job_declare(job, "CREATE STREAM s (t timestamptz NOT NULL, WATERMARK FOR t AS t) "
					 "WITH (connector = 'log', format = 'json')");
	job_declare(
		job,
		arena_printf(&job->arena,
					 "CREATE SINK ends WITH (location = '%s/ends', format = 'csv', compression = 'none') AS "
					 "SELECT window_start::text AS start, count(*) AS n FROM TUMBLE(s, t, INTERVAL '1 day') "
					 "GROUP BY window_start, window_end",
					 job->folder));
	log_put_raw(0, "{\"t\":\"4713-01-01 00:00:00+00 BC\"}");
	log_put_raw(0, "{\"t\":\"294276-12-30 23:59:59+00\"}");
	log_put_raw(0, "{\"t\":\"294276-12-31 23:59:59+00\"}"); /* its window would end beyond */
	job_must(job, UNTIL_END);
	assert_string_equal(job_rows(job, "ends"),
						"\"294276-12-30 00:00:00+00\",1\n\"4713-01-01 00:00:00+00 BC\",1\n");
	assert_int_equal(job->sinks[0].failed, 1);
}

/* ---- memory ---- */

static void
put_keys(int count)
{
	char key[40];

	for (int i = 0; i < count; i++)
	{
		snprintf(key, sizeof key, "key number %d", i);
		log_put(i % 3, key, 1, i % 1000);
	}
}

/* What lies between two cuts of a batch must fit; memory does not decide where they lie. */
static void
a_batch_that_needs_too_much_between_cuts_is_refused(void **state)
{
	TestJob *job = *state;

	job_declare_usual(job);
	put_keys(20000);
	job->settings.memory_limit = 1 << 20;
	job_must_fail(job, UNTIL_END, SQLSTATE_CONFIGURATION_LIMIT_EXCEEDED);
	assert_string_equal(job->err.message,
						"groups and output between two cuts of the batch exceed memory_limit");
	job->settings.memory_limit = 64 << 20;
	job_must(job, UNTIL_END);
	assert_int_equal(count_rows(job_rows(job, "counts")), 20000);
}

/* The state spills, and so do the rows of windows that close together. */
static void
windows_that_close_at_once_need_not_fit(void **state)
{
	TestJob *job = *state;

	job_declare_usual(job);
	put_keys(20000);
	job->settings.memory_limit = 1 << 20;
	job->settings.commit_rows = 100;
	job_must(job, UNTIL_END);
	assert_int_equal(count_rows(job_rows(job, "counts")), 20000);
}

/* State that spills may find the disk full; the next start goes on. */
static void
a_spill_may_fail(void **state)
{
	TestJob *job = *state;
	int spills = 0;

	job_declare_usual(job);
	put_keys(10000);
	job->settings.memory_limit = 1 << 20;
	job->settings.commit_rows = 1000;
	job->fs.error = -ENOSPC;
	for (int calls = 400; spills < 2; calls += 100)
	{
		job->fs.fails_at = calls;
		job_must_fail(job, UNTIL_END, SQLSTATE_DISK_FULL);
		spills += strstr(job->err.message, "could not spill to") != NULL;
	}
	job->fs.fails_at = 0;
	job->settings.memory_limit = 64 << 20;
	job_must(job, UNTIL_END);
	assert_int_equal(count_rows(job_rows(job, "counts")), 10000);
	assert_int_equal(count_rows(job_rows(job, "raw")), 10000);
}

/* ---- crashes ---- */

/* How many changing calls an undisturbed run makes. */
static int
count_calls(TestJob *job)
{
	fill_log(3, 0, ROWS);
	job_must(job, UNTIL_END);
	return atomic_load(&job->fs.calls);
}

static void
fresh_job(TestJob *job)
{
	job_setup(job);
	job->settings.commit_rows = 25;
	job_declare_usual(job);
	log_reset(3);
}

/* Dies at call n of the first run and, if it lives that long, at call m of the second; then runs to the end.
 */
static void
crash_twice(TestJob *job, int n, int m)
{
	fresh_job(job);
	fill_log(3, 0, ROWS);
	job->fs.dies_at = n;
	(void)!job_start(job, UNTIL_END);
	job->fs.dies_at = m;
	(void)!job_start(job, UNTIL_END);
	job->fs.dies_at = 0;
	job_must(job, UNTIL_END);
	check_output(job, 3, ROWS);
	job_teardown(job);
}

static void
any_call_may_be_the_last(void **state)
{
	TestJob *job = *state;
	int calls;

	job_teardown(job);
	fresh_job(job);
	calls = count_calls(job);
	job_teardown(job);
	assert_true(calls > 60);
	for (int n = 1; n <= calls; n++)
		crash_twice(job, n, 1 + n * 7 % calls);
	job_setup(job);
}

/* A call that fails once ends the run with an error; nothing is lost or doubled by the next. */
static void
any_call_may_fail(void **state)
{
	TestJob *job = *state;
	int calls;

	job_teardown(job);
	fresh_job(job);
	calls = count_calls(job);
	job_teardown(job);
	for (int n = 1; n <= calls; n++)
	{
		bool ok;

		fresh_job(job);
		fill_log(3, 0, ROWS);
		job->fs.fails_at = n;
		job->fs.error = -ENOSPC;
		ok = job_start(job, UNTIL_END);
		if (!ok)
			assert_int_equal(job->err.state, SQLSTATE_DISK_FULL);
		job->fs.fails_at = 0;
		job_must(job, UNTIL_END);
		check_output(job, 3, ROWS);
		job_teardown(job);
	}
	job_setup(job);
}

static void
every_point_may_fail_like_a_lost_reply(void **state)
{
	TestJob *job = *state;

	job_teardown(job);
	for (int point = 0; point < FAILURE_POINT_COUNT; point++)
		for (int n = 1; n <= 3; n++)
		{
			char text[80];

			fresh_job(job);
			fill_log(3, 0, ROWS);
			snprintf(text, sizeof text, "%s.after:%d:error", failure_point_name((FailurePoint)point), n);
			assert_true(failure_points_parse(&job->points, text, &job->err));
			(void)!job_start(job, UNTIL_END);
			job->points.armed = false;
			job_must(job, UNTIL_END);
			check_output(job, 3, ROWS);
			job_teardown(job);
		}
	job_setup(job);
}

/* A run that was interrupted is finished with the ends that it began with. */
static void
an_unfinished_run_keeps_its_ends(void **state)
{
	TestJob *job = *state;

	job->settings.commit_rows = 10;
	job_declare_usual(job);
	fill_log(3, 0, 30);
	assert_true(failure_points_parse(&job->points, "commit.before:2:error", &job->err));
	assert_false(job_start(job, UNTIL_END));
	job->points.armed = false;
	fill_log(3, 30, ROWS);
	job_must(job, UNTIL_END);
	assert_string_equal(job_rows(job, "raw"), expected_raw(job, 3, 30));
	assert_string_equal(job_rows(job, "counts"), expected_counts(job, 3, 30));
	/* The grid is the one that the run began with, whatever the setting says now. */
	assert_int_equal(job_files(job, "raw"), 3);
}

static void
a_stopped_batch_says_so_and_goes_on(void **state)
{
	TestJob *job = *state;

	job->settings.commit_rows = 10;
	job_declare_usual(job);
	fill_log(3, 0, ROWS);
	test_log.partitions[1].stalled_at = 20;
	job->stop_after_read = 50;
	job_must_fail(job, UNTIL_END, SQLSTATE_STOPPED_EARLY);
	test_log.partitions[1].stalled_at = INT64_MAX;
	job->stop_after_read = 0;
	job_must(job, UNTIL_END);
	check_output(job, 3, ROWS);
}

/* ---- the state and its writers ---- */

static void
state_is_held_by_one_process(void **state)
{
	TestJob *job = *state;
	int fd;

	job_declare_usual(job);
	fill_log(3, 0, 5);
	job_must(job, UNTIL_END);
	fd = open(job_path(job, "state/job/job.json"), O_RDWR);
	assert_int_equal(system_fs.lock(&system_fs, fd), 0);
	job_must_fail(job, UNTIL_END, SQLSTATE_OBJECT_IN_USE);
	close(fd);
	job_must(job, UNTIL_END);
}

static void
replace_in_manifest(TestJob *job, const char *name, const char *from, const char *to)
{
	const char *path = job_path(job, name);
	StrBuf text = {0}, changed = {0};
	char *at;
	FILE *f;

	assert_int_equal(fs_read_file(&system_fs, path, &text), 0);
	at = strstr(text.data, from);
	assert_non_null(at);
	str_append(&changed, text.data, (size_t)(at - text.data));
	str_append_cstr(&changed, to);
	str_append_cstr(&changed, at + strlen(from));
	/* With the right checksum of its own: only the chain can tell. */
	changed.len -= strlen(",\"sha256\":\"\"}\n") + HEX_SHA256 - 1;
	str_append_char(&changed, '}');
	manifest_seal(&changed);
	f = fopen(path, "w");
	fputs(changed.data, f);
	fclose(f);
	str_free(&text);
	str_free(&changed);
}

/* A log of manifests that was tampered with is not gone on from. */
static void
a_broken_chain_is_refused(void **state)
{
	TestJob *job = *state;

	job_declare_usual(job);
	fill_log(3, 0, 5);
	job_must(job, UNTIL_END);
	/* 1 and 2 open, 3 commits, 4 closes; 4 says that 3 is published, and names its checksum. */
	replace_in_manifest(job, "state/job/s0/m/0000000000000003.json", "\"read\":5", "\"read\":6");
	job_must_fail(job, UNTIL_END, SQLSTATE_DATA_CORRUPTED);
	replace_in_manifest(job, "state/job/s0/m/0000000000000003.json", "\"read\":6", "\"read\":5");
	job_must(job, UNTIL_END);
}

static void
a_foreign_object_under_our_name_is_a_clash(void **state)
{
	TestJob *job = *state;
	const char *name;
	FILE *f;

	job_declare_usual(job);
	fill_log(3, 0, 5);
	assert_true(failure_points_parse(&job->points, "publish.before:1:error", &job->err));
	assert_false(job_start(job, UNTIL_END));
	job->points.armed = false;
	{
		StrBuf identity = {0};
		char *uuid;

		assert_int_equal(fs_read_file(&system_fs, job_path(job, "state/job/job.json"), &identity), 0);
		uuid = strstr(identity.data, "\"uuid\":\"") + 8;
		name = job_path(job, arena_printf(&job->arena, "raw/job-%.8s-raw-s0e00000003-0000.csv", uuid));
		str_free(&identity);
	}
	f = fopen(name, "w");
	assert_non_null(f);
	fputs("somebody else's\n", f);
	fclose(f);
	job_must_fail(job, UNTIL_END, SQLSTATE_NAME_CLASH);
	unlink(name);
	job_must(job, UNTIL_END);
	assert_string_equal(job_rows(job, "raw"), expected_raw(job, 3, 5));
}

/* Packs and sealed objects that nothing refers to any more do not stay. */
static void
the_state_does_not_pile_up(void **state)
{
	TestJob *job = *state;

	job->settings.commit_rows = 2;
	job_declare_usual(job);
	fill_log(3, 0, ROWS);
	job_must(job, UNTIL_END);
	check_output(job, 3, ROWS);
	assert_int_equal(job_files(job, "state/job/s0/p"), 1);
	assert_int_equal(job_files(job, "state/job/.weir-tmp"), 0);
	assert_int_equal(job_files(job, "raw/.weir-tmp"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		JOB_TEST(one_run_gives_every_row_once),
		JOB_TEST(a_second_run_adds_nothing_and_then_only_what_is_new),
		JOB_TEST(workers_do_not_change_the_bytes),
		JOB_TEST(a_slow_partition_holds_the_watermark),
		JOB_TEST(ledger_counts_gaps_tombstones_and_dead_letters),
		JOB_TEST(a_gap_may_be_wider_than_the_grid),
		JOB_TEST(what_csv_cannot_hold_is_a_dead_letter),
		JOB_TEST(windows_reach_the_end_of_time),
		JOB_TEST(a_batch_that_needs_too_much_between_cuts_is_refused),
		JOB_TEST(windows_that_close_at_once_need_not_fit),
		JOB_TEST(a_spill_may_fail),
		JOB_TEST(any_call_may_be_the_last),
		JOB_TEST(any_call_may_fail),
		JOB_TEST(every_point_may_fail_like_a_lost_reply),
		JOB_TEST(an_unfinished_run_keeps_its_ends),
		JOB_TEST(a_stopped_batch_says_so_and_goes_on),
		JOB_TEST(state_is_held_by_one_process),
		JOB_TEST(a_broken_chain_is_refused),
		JOB_TEST(a_foreign_object_under_our_name_is_a_clash),
		JOB_TEST(the_state_does_not_pile_up),
	};

	pthread_mutex_init(&test_log.lock, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
