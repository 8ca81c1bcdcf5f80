/*
 * connectors_job: whole batch jobs on a directory: exactly once whatever call the process dies at, the same
 * bytes with any number of workers, runs that are resumed, repeated and extended, changed plans, gaps in the
 * source.
 *
 * Expected rows are computed here from the messages, by rules that share no code with the executor.
 */
#include "executor/manifest.h"
#include "tests/unit/job_testing.h"

/* ---- input and what must come of it ---- */

enum
{
	ROWS = 60 /* per partition */
};

/* Deterministic values, out of order within the watermark's delay. */
static int64_t
row_time(int32_t partition, int i)
{
	return (int64_t)i * 7000 + (i * 37 + partition * 11) % 50 * 90 + partition * 200;
}

static int
row_value(int32_t partition, int i)
{
	return (i * 13 + partition * 5) % 23 - 2; /* sometimes negative: filtered from the raw sink */
}

static const char *
row_key(int i)
{
	static const char *const keys[] = {"a", "b", "c"};

	return keys[i % 3];
}

static void
fill_log(int32_t partitions, int from, int to)
{
	for (int32_t p = 0; p < partitions; p++)
		for (int i = from; i < to; i++)
			log_put(p, row_key(i), row_value(p, i), row_time(p, i));
}

static const char *
sort_text(TestJob *job, char **lines, size_t count)
{
	StrBuf text = {0};
	const char *result;

	qsort(lines, count, sizeof *lines, compare_lines);
	for (size_t i = 0; i < count; i++)
		str_appendf(&text, "%s\n", lines[i]);
	result = arena_strdup(&job->arena, str_cstr(&text));
	str_free(&text);
	return result;
}

static const char *
expected_raw(TestJob *job, int32_t partitions, int to)
{
	char **lines = ARENA_ARRAY(&job->arena, char *, partitions *to);
	size_t n = 0;

	for (int32_t p = 0; p < partitions; p++)
		for (int i = 0; i < to; i++)
			if (row_value(p, i) >= 0)
				lines[n++] = arena_printf(&job->arena, "\"%s\",%d", row_key(i), row_value(p, i));
	return sort_text(job, lines, n);
}

static const char *
expected_counts(TestJob *job, int32_t partitions, int to)
{
	enum
	{
		MINUTES = 60
	};
	char **lines = ARENA_ARRAY(&job->arena, char *, MINUTES * 3);
	int count[MINUTES][3] = {{0}};
	long sum[MINUTES][3] = {{0}};
	size_t n = 0;

	for (int32_t p = 0; p < partitions; p++)
		for (int i = 0; i < to; i++)
		{
			int64_t minute = row_time(p, i) / 60000;

			count[minute][i % 3]++;
			sum[minute][i % 3] += row_value(p, i);
		}
	for (int m = 0; m < MINUTES; m++)
		for (int k = 0; k < 3; k++)
			if (count[m][k] > 0)
				lines[n++] = arena_printf(&job->arena, "2024-01-01 00:%02d:00.000000+00:00,\"%s\",%d,\"%ld\"",
										  m, row_key(k), count[m][k], sum[m][k]);
	return sort_text(job, lines, n);
}

static void
check_output(TestJob *job, int32_t partitions, int to)
{
	assert_string_equal(job_rows(job, "raw"), expected_raw(job, partitions, to));
	assert_string_equal(job_rows(job, "counts"), expected_counts(job, partitions, to));
}

static int
setup(void **state)
{
	TestJob *job = test_malloc(sizeof *job);

	job_setup(job);
	log_reset(3);
	*state = job;
	return 0;
}

static int
teardown(void **state)
{
	job_teardown(*state);
	test_free(*state);
	log_reset(0);
	return 0;
}

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
	job_declare(
		job,
		arena_printf(&job->arena,
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
	StoreSet stores = {job->stores, 1, &job->fs.base, &job->points};
	JobReset reset = {
		name, job->settings.state_location, sink, &stores, &job->clock.base, &job->random.random};

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
#define JOB_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		JOB_TEST(one_run_gives_every_row_once),
		JOB_TEST(a_second_run_adds_nothing_and_then_only_what_is_new),
		JOB_TEST(workers_do_not_change_the_bytes),
		JOB_TEST(a_slow_partition_holds_the_watermark),
		JOB_TEST(ledger_counts_gaps_tombstones_and_dead_letters),
		JOB_TEST(a_gap_may_be_wider_than_the_grid),
		JOB_TEST(what_csv_cannot_hold_is_a_dead_letter),
		JOB_TEST(any_call_may_be_the_last),
		JOB_TEST(any_call_may_fail),
		JOB_TEST(every_point_may_fail_like_a_lost_reply),
		JOB_TEST(an_unfinished_run_keeps_its_ends),
		JOB_TEST(a_stopped_batch_says_so_and_goes_on),
		JOB_TEST(state_is_held_by_one_process),
		JOB_TEST(a_broken_chain_is_refused),
		JOB_TEST(a_foreign_object_under_our_name_is_a_clash),
		JOB_TEST(the_state_does_not_pile_up),
		JOB_TEST(a_changed_stateless_part_goes_on_as_a_revision),
		JOB_TEST(a_changed_aggregate_is_refused),
		JOB_TEST(a_vanished_sink_is_named),
		JOB_TEST(a_reset_sink_begins_anew),
		JOB_TEST(a_reset_sink_leaves_no_windows_behind),
		JOB_TEST(a_new_windowed_sink_begins_with_whole_windows),
		JOB_TEST(a_new_sink_knows_where_its_windows_lie),
		JOB_TEST(a_resumed_run_keeps_its_table),
		JOB_TEST(a_table_is_read_again_at_a_cut),
		JOB_TEST(deleted_messages_are_a_gap),
		JOB_TEST(a_recreated_topic_is_recognised),
		JOB_TEST(a_recreated_topic_may_be_accepted),
		JOB_TEST(too_many_bad_messages_stop_before_the_commit),
		JOB_TEST(a_final_result_takes_no_new_input),
	};

	pthread_mutex_init(&test_log.lock, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
