/*
 * connectors_job_loads: jobs that load what they publish, into a warehouse that outlives them. Whatever dies,
 * fails or is taken over: every item is final in one marker, with the warehouse's own outcome, and no
 * manifest says that nothing is owed while something is.
 */
#include "executor/file_list.h"
#include "executor/load_list.h"
#include "executor/loads.h"
#include "tests/unit/bucket_job.h"
#include "tests/unit/fake_loader.h"

#define SECOND INT64_C(1000000)
#define DAY (86400 * SECOND)

enum
{
	HISTORIES = 60,
	STEPS = 6
};

/* ---- what is in the bucket ---- */

static const char *
marker_key(Arena *arena, uint64_t seq, const char *suffix)
{
	return arena_printf(arena, "mem://bucket/state/job/s0/m/%016" PRIu64 "%s", seq, suffix);
}

static size_t
targets_of(const PackFile *file)
{
	size_t n = 0;

	for (int t = 0; t < (int)lengthof(fake_targets); t++)
		n += fake_takes(NULL, t, file);
	return n;
}

/* The objects of an epoch that is out; false: it is not. */
static bool
read_published(uint64_t seq, Arena *arena, PackFile **files, size_t *count)
{
	StrBuf text = {0};
	bool there = bucket_get(marker_key(arena, seq, ".published"), &text);

	*count = 0;
	if (there && !file_list_parse(str_view(&text), "published", arena, files, count, NULL))
		warehouse_wrong("not a list", "published");
	str_free(&text);
	return there;
}

static bool
has_loaded_marker(uint64_t seq)
{
	char key[80];
	bool there;

	snprintf(key, sizeof key, "mem://bucket/state/job/s0/m/%016" PRIu64 ".loaded", seq);
	pthread_mutex_lock(&bucket.lock);
	there = bucket_has(bucket_find(key), key);
	pthread_mutex_unlock(&bucket.lock);
	return there;
}

static bool
owes(uint64_t seq, Arena *arena)
{
	PackFile *files;
	size_t count, items = 0;
	StrBuf text = {0};
	bool loaded = bucket_get(marker_key(arena, seq, ".loaded"), &text);

	(void)read_published(seq, arena, &files, &count);
	for (size_t i = 0; i < count; i++)
		items += targets_of(&files[i]);
	str_free(&text);
	return items > 0 && !loaded;
}

static size_t removed; /* by clean-up */

static void
add_marker(uint64_t seq, const char *table, LoadTotals *totals, Arena *arena)
{
	StrBuf text = {0};
	LoadRecord *records;
	size_t count = 0;

	if (bucket_get(marker_key(arena, seq, ".loaded"), &text) &&
		!load_list_parse(str_view(&text), "loaded", arena, &records, &count, NULL))
		warehouse_wrong("not a list", "loaded");
	for (size_t i = 0; i < count; i++)
		if (strcmp(records[i].table, table) == 0)
			load_totals_count(totals, records[i].status);
	str_free(&text);
}

/* The totals are those of the markers up to loaded_upto, as long as all are kept. */
static void
check_totals(const Manifest *link, Arena *arena)
{
	for (int i = 0; removed == 0 && i < link->load_count; i++)
	{
		const ManifestLoad *load = &link->loads[i];
		LoadTotals totals = {0};

		for (uint64_t seq = 1; load->loading && seq <= Min(link->loaded_upto, link->seq); seq++)
			add_marker(seq, load->table, &totals, arena);
		if (load->loading && (totals.loaded != load->loaded || totals.failed != load->failed))
			warehouse_wrong("totals are wrong",
							arena_printf(arena,
										 "link %" PRIu64 " up to %" PRIu64 ", %s: %" PRIu64 " and %" PRIu64
										 " instead of %" PRIu64 " and %" PRIu64,
										 link->seq, link->loaded_upto, load->table, load->loaded,
										 load->failed, totals.loaded, totals.failed));
	}
}

/* Under the bucket's lock, as a link is made: it must not be ahead of the markers. */
static void
check_link(void *context UNUSED, const char *key, StrView bytes)
{
	Manifest link;
	Arena arena;

	if (strstr(key, "/s0/m/") == NULL || strstr(key, ".json") == NULL)
		return;
	arena_init(&arena, "link");
	if (!manifest_parse(bytes, key, &arena, &link, NULL))
		warehouse_wrong("not a manifest", key);
	if (link.loaded_upto > link.published_upto)
		warehouse_wrong("loaded_upto is ahead of published_upto", key);
	for (uint64_t seq = 1; seq <= Min(link.loaded_upto, link.seq); seq++)
		if (owes(seq, &arena))
			warehouse_wrong("loaded_upto is ahead", key);
	check_totals(&link, &arena);
	arena_release(&arena);
}

static void
check_nothing_wrong(void)
{
	if (warehouse.wrong[0] != '\0')
		fail_msg("%s", warehouse.wrong);
}

static const LoadRecord *
find_record(const LoadRecord *records, size_t count, int target, const char *key)
{
	const LoadRecord *found = NULL;

	for (size_t i = 0; i < count; i++)
		if (strcmp(records[i].table, fake_targets[target].table) == 0 && strcmp(records[i].key, key) == 0)
		{
			assert_null(found);
			found = &records[i];
		}
	return found;
}

/* Each item of the epoch has its line, with what the warehouse says of it; the number of lines. */
static size_t
check_marker(uint64_t seq, const PackFile *files, size_t file_count, Arena *arena)
{
	StrBuf text = {0};
	LoadRecord *records;
	size_t count, items = 0;

	assert_true(bucket_get(marker_key(arena, seq, ".loaded"), &text));
	assert_true(load_list_parse(str_view(&text), "loaded", arena, &records, &count, NULL));
	str_free(&text);
	for (size_t i = 0; i < file_count; i++)
		for (int t = 0; t < (int)lengthof(fake_targets); t++)
		{
			const LoadRecord *record = find_record(records, count, t, files[i].key);
			const TableObject *object = warehouse_find(t, files[i].key);

			if (!fake_takes(NULL, t, &files[i]))
			{
				assert_null(record);
				continue;
			}
			assert_non_null(record);
			assert_non_null(object);
			assert_true(object->told >= 1);
			assert_int_equal(record->status, warehouse_outcome(t, files[i].key));
			assert_int_equal(record->loaded, record->status == LOAD_LOADED ? files[i].rows : 0);
			assert_int_equal(record->rows, files[i].rows);
			assert_string_equal(record->location, files[i].location);
			assert_string_equal(record->name, files[i].owner);
			if (record->status == LOAD_LOADED)
				assert_null(record->error);
			else
				assert_string_equal(record->error, arena_printf(arena, "%s is bad", files[i].key));
			items++;
		}
	assert_int_equal(items, count);
	return items;
}

static void
sum_totals(const Manifest *link, LoadTotals *out)
{
	*out = (LoadTotals){0};
	for (int i = 0; i < link->load_count; i++)
	{
		out->loaded += link->loads[i].loaded;
		out->failed += link->loads[i].failed;
	}
}

/* All that is out is loaded, and the newest manifest says so. The number of items. */
static size_t
check_all_loaded(void)
{
	Manifest newest;
	LoadTotals totals;
	Arena arena;
	size_t all = 0;
	uint64_t last = newest_link();

	check_nothing_wrong();
	arena_init(&arena, "check");
	assert_true(read_link(last, &arena, &newest));
	for (uint64_t seq = 1; seq <= last; seq++)
	{
		PackFile *files;
		size_t count, items = 0;
		StrBuf text = {0};

		if (read_published(seq, &arena, &files, &count))
			assert_true(seq <= newest.loaded_upto);
		for (size_t i = 0; i < count; i++)
			items += targets_of(&files[i]);
		if (items > 0)
			all += check_marker(seq, files, count, &arena);
		else
			assert_false(bucket_get(marker_key(&arena, seq, ".loaded"), &text));
		str_free(&text);
	}
	sum_totals(&newest, &totals);
	assert_int_equal(totals.loaded + totals.failed, all);
	arena_release(&arena);
	return all;
}

/* ---- jobs ---- */

/* Time passes as fast as it can. */
static void
hurry(const Clock *clock, int64_t micros)
{
	TestClock *c = (TestClock *)(uintptr_t)clock;

	atomic_fetch_add(&c->now, micros);
	sched_yield();
}

/* The thread rests for a tenth of its time, while others make the time pass. */
static void
doze(const Clock *clock UNUSED, int64_t micros)
{
	usleep((useconds_t)(micros / 10));
}

/* A run that waits for a warehouse that is away must be told to stop. */
static void
give_up_loading(TestJob *job)
{
	if (warehouse.away && strcmp(job->last.phase, "LOAD") == 0)
		job->stop = true;
}

static void
loads_setup(TestJob *job)
{
	bucket_setup(job);
	job->clock.base.sleep = hurry;
	job->hook = give_up_loading;
}

/* A process with a loader of its own. */
static bool
run_process(TestJob *job, JobUntil until)
{
	FakeLoader loader;
	bool ok;

	fake_loader_init(&loader);
	job->loader = &loader.base;
	ok = job_start(job, until);
	job->loader = NULL;
	return ok;
}

static void
begin_test(TestJob *job, uint64_t seed, int rows)
{
	log_reset(3);
	warehouse_reset(seed);
	removed = 0;
	loads_setup(job);
	bucket_reset(&job->clock.base);
	bucket.making = check_link;
	warehouse.is_settled = has_loaded_marker;
	fill_log(3, 0, rows);
}

static void
end_test(TestJob *job)
{
	job_teardown(job);
	bucket_reset(NULL);
}

/* Goes on until a batch run is done; whether some objects were refused is no matter. */
static void
run_to_the_end(TestJob *job)
{
	if (!run_process(job, UNTIL_END) && job->err.state != SQLSTATE_FDW_ERROR)
		fail_msg("%s", job->err.message);
}

static void
outcomes_are_written_down(void **state UNUSED)
{
	TestJob job;
	size_t items;

	begin_test(&job, 1, ROWS);
	warehouse.sound = warehouse.alone = true;
	assert_true(run_process(&job, UNTIL_END));
	items = check_all_loaded();
	assert_true(items >= 6);
	assert_int_equal(job.last.loads.loaded, items);
	assert_int_equal(job.last.loads.pending, 0);
	assert_int_equal(job.last.loads.failed, 0);
	assert_int_equal(job.sinks[0].loads.loaded, items);
	assert_int_equal(job.sinks[1].loads.loaded, 0);
	check_bucket(&job, ROWS);
	end_test(&job);
}

static size_t
count_refused(void)
{
	size_t n = 0;

	for (size_t i = 0; i < warehouse.count; i++)
		n += warehouse_outcome(warehouse.objects[i].target, warehouse.objects[i].key) != LOAD_LOADED;
	return n;
}

/* Whoever waits for the end is told; the next run has nothing to do with it. */
static void
refused_objects_end_a_batch_with_an_error(void **state UNUSED)
{
	TestJob job;
	const char *want;
	int calls;

	begin_test(&job, 2, ROWS);
	assert_false(run_process(&job, UNTIL_END));
	assert_int_equal(job.err.state, SQLSTATE_FDW_ERROR);
	assert_true(count_refused() > 0);
	want = arena_printf(&job.arena, "%zu of %zu objects were not loaded, or not wholly", count_refused(),
						check_all_loaded());
	assert_string_equal(job.err.message, want);
	assert_non_null(strstr(job.err.detail, "The first: "));
	assert_non_null(strstr(str_cstr(&job.notices), " is bad"));
	assert_int_equal(job.last.loads.failed, count_refused());
	calls = warehouse.calls;
	assert_true(run_process(&job, UNTIL_END));
	assert_int_equal(warehouse.calls, calls); /* nobody is asked again */
	end_test(&job);
}

/* ---- what dies, fails, or is taken over ---- */

static int
count_calls(void)
{
	TestJob job;
	int calls;

	begin_test(&job, 3, ROWS);
	run_to_the_end(&job);
	calls = atomic_load(&bucket.calls);
	end_test(&job);
	return calls;
}

static void
it_may_die_at_any_call(void **state UNUSED)
{
	int calls = count_calls();

	for (int n = 1; n <= calls + 2; n++)
	{
		TestJob job;

		begin_test(&job, (uint64_t)n, ROWS);
		warehouse.alone = true;
		bucket.dies_at = n;
		(void)!run_process(&job, UNTIL_END);
		bucket.dies_at = 0;
		run_to_the_end(&job);
		assert_true(check_all_loaded() >= 6);
		check_bucket(&job, ROWS);
		end_test(&job);
	}
}

/* The steps of failure_point_list.h: an error before, or after the call was made. */
static void
any_step_may_fail(void **state UNUSED)
{
	int failed = 0;

	for (int point = 0; point < FAILURE_POINT_COUNT; point++)
		for (int after = 0; after < 2; after++)
			for (int hit = 1; hit < 3; hit++)
			{
				TestJob job;

				begin_test(&job, (uint64_t)(point * 2 + after), ROWS);
				job.points = (FailurePoints){.armed = true,
											 .after = after != 0,
											 .point = (FailurePoint)point,
											 .action = FAILURE_ERROR,
											 .remaining = hit};
				failed += !run_process(&job, UNTIL_END) && job.err.state != SQLSTATE_FDW_ERROR;
				/* Of the marker, a later round makes up for it. */
				if (point == FAIL_mark_loaded)
				{
					assert_true(atomic_load(&job.points.remaining) <= 0);
					assert_true(check_all_loaded() >= 6);
					assert_non_null(strstr(str_cstr(&job.notices), "objects can't be loaded for now"));
				}
				job.points.armed = false;
				run_to_the_end(&job);
				assert_true(check_all_loaded() >= 6);
				end_test(&job);
			}
	assert_true(failed > 10);
}

static bool rival_ran;

static void
run_rival(void *context UNUSED)
{
	TestJob job;

	loads_setup(&job);
	job.random.seeded.state = 99;
	rival_ran = true;
	if (!run_process(&job, UNTIL_END) && job.err.state != SQLSTATE_FDW_ERROR &&
		job.err.state != SQLSTATE_FENCED)
		warehouse_wrong("the rival failed", job.err.message);
	job_teardown(&job);
}

/* Both load what they know of; the first to know writes it down. */
static void
a_rival_may_take_over_at_any_call(void **state UNUSED)
{
	int calls = count_calls();

	for (int n = 1; n <= calls; n++)
	{
		TestJob job;

		begin_test(&job, (uint64_t)n, ROWS);
		bucket.hook_at = n;
		bucket.hook = run_rival;
		rival_ran = false;
		if (!run_process(&job, UNTIL_END) && job.err.state != SQLSTATE_FENCED &&
			job.err.state != SQLSTATE_FDW_ERROR)
			fail_msg("%s", job.err.message);
		run_to_the_end(&job);
		assert_true(check_all_loaded() >= 6);
		check_bucket(&job, ROWS);
		end_test(&job);
	}
}

/* ---- histories ---- */

static void
live_through_step(TestJob *job, RandomSeeded *chance, int step)
{
	int left = STEPS - step;

	warehouse.troubles = (int)random_below(&chance->random, 3) * 4;
	warehouse.away = random_below(&chance->random, 5) == 0;
	job->stop_after_read = 0;
	/* One that waits for a warehouse that is away must be told to stop, or die. */
	if (warehouse.away || random_below(&chance->random, 2) == 0)
		bucket.dies_at = atomic_load(&bucket.calls) + 1 + (int)random_below(&chance->random, 30);
	fill_log(3, ROWS - left * 4, ROWS - left * 4 + 4);
	(void)!run_process(job, random_below(&chance->random, 2) == 0 ? UNTIL_END : UNTIL_LATEST);
	bucket.dies_at = 0;
	check_nothing_wrong();
}

static void
live_through(uint64_t seed)
{
	RandomSeeded chance;
	TestJob job;

	random_seeded_init(&chance, seed);
	begin_test(&job, seed, ROWS - STEPS * 4);
	warehouse.slowness = 1 + (int)random_below(&chance.random, 6);
	warehouse.alone = true;
	job.settings.commit_rows = 2 + (int64_t)random_below(&chance.random, 12);
	for (int step = 0; step < STEPS; step++)
		live_through_step(&job, &chance, step);
	warehouse.away = false;
	while (!run_process(&job, UNTIL_END) && job.err.state != SQLSTATE_FDW_ERROR)
		if (bucket.dies_at == 0 && job.err.state != SQLSTATE_FDW_ERROR)
			fail_msg("%s", job.err.message);
	assert_true(check_all_loaded() > 0);
	end_test(&job);
}

static void
whatever_happens_all_is_loaded(void **state UNUSED)
{
	for (uint64_t seed = 1; seed <= HISTORIES; seed++)
		live_through(seed);
}

/* ---- the start and the end ---- */

static void
who_is_not_believed_claims_nothing(void **state UNUSED)
{
	FakeLoader loader;
	TestJob job;

	begin_test(&job, 4, ROWS);
	fake_loader_init(&loader);
	loader.refuses = 1;
	job.loader = &loader.base;
	job_must_fail(&job, UNTIL_END, SQLSTATE_INVALID_AUTHORIZATION);
	assert_int_equal(loader.begun, 1);
	assert_int_equal(loader.revised, 2);
	assert_int_equal(newest_link(), 0);
	end_test(&job);
}

static void
nobody_there_is_a_warning(void **state UNUSED)
{
	FakeLoader loader;
	TestJob job;

	begin_test(&job, 5, ROWS);
	warehouse.sound = true;
	fake_loader_init(&loader);
	loader.refuses = 2;
	job.loader = &loader.base;
	job_must(&job, UNTIL_END);
	assert_non_null(strstr(str_cstr(&job.notices),
						   "WARNING: objects can't be loaded yet, and are tried later: "
						   "nobody answers"));
	assert_non_null(strstr(str_cstr(&job.notices), "NOTICE: objects can be loaded again"));
	(void)check_all_loaded();
	end_test(&job);
}

/* A job that nobody answers at its start hears a stop all the same. */
static void
a_look_that_hangs_is_given_up(void **state UNUSED)
{
	TestJob job;

	begin_test(&job, 6, ROWS);
	warehouse.hanging = true;
	job.stopped_at_start = true;
	assert_false(run_process(&job, UNTIL_END));
	assert_int_equal(job.err.state, SQLSTATE_STOPPED_EARLY);
	assert_int_equal(newest_link(), 0);
	assert_true(run_process(&job, UNTIL_STOPPED)); /* a stream has nothing to drain yet */
	end_test(&job);
}

static size_t
count_published(void)
{
	Arena arena;
	size_t all = 0;

	arena_init(&arena, "count");
	for (uint64_t seq = 1; seq <= newest_link(); seq++)
	{
		PackFile *files;
		size_t count;

		(void)read_published(seq, &arena, &files, &count);
		for (size_t i = 0; i < count; i++)
			all += targets_of(&files[i]);
	}
	arena_release(&arena);
	return all;
}

/* Once the first epoch was told of, there is another, and a stop while the thread rests. */
static void
feed_and_stop(TestJob *job)
{
	bool told;

	pthread_mutex_lock(&warehouse.lock);
	told = warehouse.count > 0;
	pthread_mutex_unlock(&warehouse.lock);
	if (job->hook_state == 0 && told)
	{
		job->hook_state = 1;
		pthread_mutex_lock(&test_log.lock);
		fill_log(3, ROWS / 2, ROWS);
		pthread_mutex_unlock(&test_log.lock);
	}
	if (job->last.read >= 3 * ROWS)
		job->stop = true;
}

/* Its outcomes are for the next start, which asks. */
static void
a_stream_that_is_stopped_has_told_of_all(void **state UNUSED)
{
	TestJob job;
	size_t items;

	begin_test(&job, 7, ROWS / 2);
	warehouse.slowness = 0; /* nothing is ever known */
	warehouse.sound = warehouse.alone = true;
	job.settings.commit_interval = SECOND;
	job.hook = feed_and_stop;
	job.clock.base.sleep = doze; /* between two rounds there is time for epochs */
	assert_true(run_process(&job, UNTIL_STOPPED));
	items = count_published();
	assert_true(items >= 4);
	assert_int_equal(warehouse.count, items);
	assert_int_equal(job.last.loads.pending, items);
	check_nothing_wrong();
	for (size_t i = 0; i < warehouse.count; i++)
		warehouse.objects[i].due = 0;
	job.hook = give_up_loading;
	job.clock.base.sleep = hurry;
	assert_true(run_process(&job, UNTIL_LATEST));
	assert_int_equal(check_all_loaded(), items);
	for (size_t i = 0; i < warehouse.count; i++)
		assert_int_equal(warehouse.objects[i].told, 1);
	end_test(&job);
}

static void
hang_once_all_is_read(TestJob *job)
{
	if (job->last.read >= 3 * ROWS / 2)
		warehouse.hanging = true;
	if (job->last.read >= 3 * ROWS)
		job->stop = true;
}

/* It ends, that is: a call that is not answered is given up in time. */
static void
a_call_that_hangs_holds_up_no_stop(void **state UNUSED)
{
	TestJob job;

	begin_test(&job, 8, ROWS);
	job.hook = hang_once_all_is_read;
	job.settings.drain_timeout = 2 * SECOND;
	if (!run_process(&job, UNTIL_STOPPED))
		fail_msg("%s", job.err.message);
	assert_int_equal(job.last.read, 3 * ROWS);
	warehouse.hanging = false;
	job.hook = give_up_loading;
	run_to_the_end(&job);
	assert_true(check_all_loaded() >= 2);
	end_test(&job);
}

/* Everything is committed; what waits is the next start's. */
static void
a_batch_that_waits_can_be_stopped(void **state UNUSED)
{
	TestJob job;
	Manifest newest;
	Arena arena;

	begin_test(&job, 9, ROWS);
	warehouse.away = true;
	warehouse.sound = true;
	assert_false(run_process(&job, UNTIL_END));
	assert_int_equal(job.err.state, SQLSTATE_STOPPED_EARLY);
	assert_string_equal(job.err.message, "the run was stopped before its objects were loaded");
	arena_init(&arena, "newest");
	assert_true(read_link(newest_link(), &arena, &newest));
	assert_int_equal(newest.kind, MANIFEST_CLOSE);
	assert_true(newest.batch.done);
	assert_true(newest.loaded_upto < newest.published_upto);
	arena_release(&arena);
	check_bucket(&job, ROWS);
	assert_true(run_process(&job, UNTIL_LATEST)); /* told to stop, it is over as if it had been told before */
	assert_non_null(strstr(str_cstr(&job.notices), "objects wait to be loaded; the next start goes on"));
	warehouse.away = false;
	assert_true(run_process(&job, UNTIL_END));
	assert_true(check_all_loaded() >= 6);
	end_test(&job);
}

/* Trouble is told once, not at every round. */
static void
trouble_is_told_once(void **state UNUSED)
{
	TestJob job;
	const char *first;

	begin_test(&job, 10, ROWS);
	warehouse.away = true;
	job.hook = NULL;
	job.stop_after_read = 3 * ROWS;
	assert_true(run_process(&job, UNTIL_STOPPED));
	first = strstr(str_cstr(&job.notices), "the warehouse is away");
	assert_non_null(first);
	assert_null(strstr(first + 1, "the warehouse is away"));
	end_test(&job);
}

/* ---- without a loader ---- */

static const char *
expected_forgotten(TestJob *job, const char *table, size_t objects)
{
	return arena_printf(&job->arena,
						"WARNING: %zu object%s of sink \"raw\" %s not known to be loaded into table %s, and "
						"this run does not load %s\n",
						objects, objects == 1 ? "" : "s", objects == 1 ? "is" : "are", table,
						objects == 1 ? "it" : "them");
}

static void
a_run_without_a_loader_owes_nothing(void **state UNUSED)
{
	TestJob job;
	size_t objects;
	Manifest newest;
	Arena arena;

	begin_test(&job, 11, ROWS / 2);
	warehouse.away = true;
	assert_false(run_process(&job, UNTIL_END));
	objects = count_published() / 2;
	assert_true(objects >= 2);
	str_clear(&job.notices);
	fill_log(3, ROWS / 2, ROWS);
	bucket.making = NULL;
	job_must(&job, UNTIL_END);
	assert_non_null(strstr(str_cstr(&job.notices), expected_forgotten(&job, "RAW", objects)));
	assert_non_null(strstr(str_cstr(&job.notices), expected_forgotten(&job, "RAW_COPY", objects)));
	assert_null(strstr(str_cstr(&job.notices), "table LATE"));
	arena_init(&arena, "newest");
	assert_true(read_link(newest_link(), &arena, &newest));
	assert_true(newest.loaded_upto == newest.published_upto);
	arena_release(&arena);
	str_clear(&job.notices);
	job_must(&job, UNTIL_END);
	assert_null(strstr(str_cstr(&job.notices), "not known to be loaded"));
	warehouse.away = false;
	assert_true(run_process(&job, UNTIL_END));
	assert_int_equal(warehouse.count, 0);
	end_test(&job);
}

/* The last epoch of a run that died is out since this start: it is given up as those before it are. */
static void
what_is_published_late_is_given_up_aloud(void **state UNUSED)
{
	TestJob job;
	const char *want;

	begin_test(&job, 16, ROWS);
	job.settings.commit_rows = 1000;
	job.points = (FailurePoints){.armed = true, .point = FAIL_mark, .action = FAILURE_ERROR, .remaining = 1};
	assert_false(run_process(&job, UNTIL_END));
	job.points.armed = false;
	bucket.making = NULL;
	job_must(&job, UNTIL_END);
	want = expected_forgotten(&job, "RAW", count_published() / 2);
	if (strstr(str_cstr(&job.notices), want) == NULL)
		fail_msg("%s", str_cstr(&job.notices));
	str_clear(&job.notices);
	/* It loads nothing, nor did the one before, which is no news. */
	fill_log(3, ROWS, ROWS + 10);
	job.points = (FailurePoints){
		.armed = true, .point = FAIL_mark, .action = FAILURE_ERROR, .after = true, .remaining = 1};
	assert_false(job_start(&job, UNTIL_END));
	job.points.armed = false;
	job_must(&job, UNTIL_END);
	assert_null(strstr(str_cstr(&job.notices), "not known to be loaded"));
	end_test(&job);
}

/* What one way of loading was given, another does not know: it must not be given it again. */
static void
what_is_owed_is_loaded_as_it_was_begun(void **state UNUSED)
{
	LoadTarget targets[lengthof(fake_targets)];
	FakeLoader loader;
	TestJob job;
	uint64_t links;

	begin_test(&job, 15, ROWS);
	warehouse.away = warehouse.sound = true;
	assert_false(run_process(&job, UNTIL_END));
	links = newest_link();
	memcpy(targets, fake_targets, sizeof targets);
	targets[0].mode = "copy";
	fake_loader_init(&loader);
	loader.base.targets = targets;
	job.loader = &loader.base;
	job_must_fail(&job, UNTIL_END, SQLSTATE_INCOMPATIBLE_STATE);
	assert_string_equal(job.err.message,
						"objects of sink \"raw\" may be under way, and would be loaded in another way");
	assert_string_equal(job.err.detail, "They were loaded by: rest, table RAW; copy, table RAW_COPY. It is "
										"now: copy, table RAW; copy, table RAW_COPY.");
	assert_int_equal(loader.begun, 0);
	assert_int_equal(newest_link(), links);
	targets[0].kind = targets[1].kind = OUTPUT_DEAD;
	job_must_fail(&job, UNTIL_END, SQLSTATE_INCOMPATIBLE_STATE);
	assert_non_null(strstr(job.err.detail, "It is now: others than the job."));
	warehouse.away = false;
	run_to_the_end(&job);
	assert_true(check_all_loaded() >= 6);
	/* Nothing is owed now. */
	job.loader = &loader.base;
	job_must(&job, UNTIL_END);
	end_test(&job);
}

static void
reset_sink(TestJob *job, const char *sink)
{
	StoreSet stores = {.classes = job->stores, .count = 1, .fs = &job->fs.base};
	JobReset reset = {.job_name = "job",
					  .state_location = job->settings.state_location,
					  .sink = sink,
					  .stores = &stores,
					  .clock = &job->clock.base,
					  .random = &job->random.random};

	error_clear(&job->err);
	assert_true(job_reset_sink(&reset, &job->err));
}

/* A process that loads late rows only. */
static void
run_process_for_late_rows(TestJob *job)
{
	FakeLoader loader;

	fake_loader_init(&loader);
	loader.base.targets = &fake_targets[2];
	loader.base.target_count = 1;
	job->loader = &loader.base;
	str_clear(&job->notices);
	job_must(job, UNTIL_END);
	job->loader = NULL;
}

/* Its objects are nobody's to load any more, and somebody hears of it. */
static void
a_sink_that_is_removed_is_not_forgotten_silently(void **state UNUSED)
{
	TestJob job;
	Manifest newest;
	size_t objects;

	begin_test(&job, 16, ROWS);
	warehouse.away = true;
	assert_false(run_process(&job, UNTIL_END));
	warehouse.away = false;
	objects = count_published() / 2;
	reset_sink(&job, "raw");
	catalog_remove(&job.catalog, "raw");
	bucket.making = NULL;
	run_process_for_late_rows(&job);
	assert_non_null(strstr(str_cstr(&job.notices), expected_forgotten(&job, "RAW", objects)));
	assert_non_null(strstr(str_cstr(&job.notices), expected_forgotten(&job, "RAW_COPY", objects)));
	assert_true(read_link(newest_link(), &job.arena, &newest));
	assert_int_equal(newest.load_count, 1);
	assert_true(newest.loaded_upto == newest.published_upto);
	run_process_for_late_rows(&job);
	assert_null(strstr(str_cstr(&job.notices), "not known to be loaded"));
	end_test(&job);
}

/* weir reset --sink loads nothing, and forgets nothing that is to be loaded. */
static void
a_reset_keeps_what_is_owed(void **state UNUSED)
{
	TestJob job;

	begin_test(&job, 12, ROWS);
	warehouse.away = true;
	assert_false(run_process(&job, UNTIL_END));
	warehouse.away = false;
	reset_sink(&job, "counts");
	run_to_the_end(&job);
	assert_true(check_all_loaded() >= 6);
	end_test(&job);
}

/* ---- totals ---- */

/* What counts is what is written down, also when another process came first and knew otherwise. */
static void
totals_are_those_of_the_markers(void **state UNUSED)
{
	static const LoadRecord record = {
		.table = "RAW", .name = "raw", .location = "x", .key = "y", .status = LOAD_FAILED};
	StrBuf text = {0};
	Manifest newest;
	TestJob job;

	begin_test(&job, 17, ROWS);
	warehouse.sound = true;
	load_list_print(&record, 1, &text);
	for (uint64_t seq = 3; seq <= 4; seq++) /* the first epochs with objects */
		(void)bucket_put(marker_key(&job.arena, seq, ".loaded"), str_view(&text), false);
	str_free(&text);
	assert_true(run_process(&job, UNTIL_END));
	check_nothing_wrong();
	assert_true(read_link(newest_link(), &job.arena, &newest));
	assert_int_equal(newest.loads[0].failed, 2);
	assert_int_equal(newest.loads[1].failed, 0);
	assert_true(newest.loads[0].loaded >= 1 && newest.loads[0].loaded == newest.loads[1].loaded);
	end_test(&job);
}

/* A run that loads nothing keeps them for the next one that does. */
static void
totals_outlive_runs_without_a_loader(void **state UNUSED)
{
	Manifest newest;
	TestJob job;
	size_t items;

	begin_test(&job, 18, ROWS / 2);
	warehouse.sound = true;
	assert_true(run_process(&job, UNTIL_END));
	items = check_all_loaded();
	fill_log(3, ROWS / 2, ROWS);
	bucket.making = NULL;
	job_must(&job, UNTIL_END);
	assert_true(read_link(newest_link(), &job.arena, &newest));
	assert_false(newest.loads[0].loading);
	fill_log(3, ROWS, 2 * ROWS);
	assert_true(run_process(&job, UNTIL_END));
	assert_true(read_link(newest_link(), &job.arena, &newest));
	assert_true(newest.loads[0].loading);
	assert_int_equal(newest.load_count, 3);
	assert_int_equal(newest.loads[0].loaded + newest.loads[1].loaded, items + job.last.loads.loaded);
	assert_true(job.last.loads.loaded > 0);
	end_test(&job);
}

/* ---- clean-up ---- */

static void
check_removal(void *context UNUSED, const char *key)
{
	Manifest newest;
	Arena arena;
	uint64_t seq;

	if (strstr(key, "/s0/m/") == NULL)
		return;
	arena_init(&arena, "removal");
	seq = strtoull(strstr(key, "/m/") + 3, NULL, 10);
	if (!read_link(newest_link(), &arena, &newest) || seq > newest.loaded_upto)
		warehouse_wrong("it is still to be loaded", key);
	removed++;
	arena_release(&arena);
}

/* A day of virtual time at each report: clean-up comes again and again. */
static void
let_days_pass(TestJob *job)
{
	atomic_fetch_add(&job->clock.now, DAY);
	if (job->hook_state++ > 40)
		job->stop = true;
}

/* For as long as the warehouse is away, though older than names are kept. */
static void
what_waits_is_not_cleaned_up(void **state UNUSED)
{
	TestJob job;
	size_t items;

	begin_test(&job, 13, ROWS);
	warehouse.away = true;
	warehouse.sound = true;
	bucket.removing = check_removal;
	job.settings.commit_rows = 1;
	assert_false(run_process(&job, UNTIL_END));
	job.hook = let_days_pass;
	for (int i = 0; i < 4; i++)
	{
		job.hook_state = 0;
		assert_true(run_process(&job, UNTIL_STOPPED));
	}
	check_nothing_wrong();
	assert_true(removed <= 3); /* those before the first epoch */
	items = count_published();
	assert_true(items > 20);
	warehouse.away = false;
	job.hook = give_up_loading;
	assert_true(run_process(&job, UNTIL_LATEST));
	assert_int_equal(check_all_loaded(), items);
	/* Once it is loaded, it goes. */
	job.hook = let_days_pass;
	job.hook_state = 0;
	assert_true(run_process(&job, UNTIL_STOPPED));
	check_nothing_wrong();
	assert_true(removed > 20);
	end_test(&job);
}

/* Whatever the warehouse says of numbers, what is written down can be read again. */
static void
a_list_of_outcomes_survives(void **state UNUSED)
{
	const LoadRecord record = {.table = "T",
							   .name = "raw",
							   .location = "x",
							   .key = "k\xc3\xa4y",
							   .status = LOAD_PARTLY,
							   .rows = 7,
							   .loaded = UINT64_MAX,
							   .error = "\"bad\"\n"};
	StrBuf text = {0};
	LoadRecord *back;
	size_t count;
	Arena arena;

	arena_init(&arena, "list");
	load_list_print(&record, 1, &text);
	assert_true(load_list_parse(str_view(&text), "list", &arena, &back, &count, NULL));
	assert_int_equal(count, 1);
	assert_string_equal(back->key, record.key);
	assert_int_equal(back->status, LOAD_PARTLY);
	assert_int_equal(back->rows, 7);
	assert_int_equal(back->loaded, INT64_MAX);
	assert_string_equal(back->error, record.error);
	str_free(&text);
	arena_release(&arena);
}

/* ---- memory ---- */

enum
{
	EPOCHS = 100000
};

/* A store in which every epoch is out, and none is loaded: made up as it is asked for. */
static atomic_int reads;

static bool
endless_get(ObjectStore *store UNUSED, const char *key, uint64_t offset UNUSED, uint64_t len UNUSED,
			StrBuf *out, bool *found, Error *err UNUSED)
{
	uint64_t seq = chain_key_seq(key);
	char name[40];
	PackFile file = {.kind = OUTPUT_DATA, .owner = "raw", .location = "x", .key = name};
	Manifest manifest = {.seq = seq, .settings = "", .tzdata = "", .binary_version = "", .file_count = 1};
	StrBuf list = {0};

	atomic_fetch_add(&reads, 1);
	snprintf(name, sizeof name, "object-%" PRIu64, seq);
	file_list_print(&file, 1, &list);
	memset(manifest.previous, 'a', HEX_SHA256 - 1);
	memset(manifest.job_uuid, 'b', HEX_UUID - 1);
	memset(manifest.writer, 'c', HEX_UUID - 1);
	memset(manifest.nonce, 'd', HEX_UUID - 1);
	manifest_hex_sha256(str_view(&list), manifest.files_sha256);
	if (chain_key_is(key, ".json"))
		manifest_print(&manifest, out);
	else
		str_append_view(out, str_view(&list));
	str_free(&list);
	*found = true;
	return true;
}

static atomic_bool unreadable;

static bool
endless_list(ObjectStore *store UNUSED, const char *prefix UNUSED, bool recursive UNUSED, StoreVisitor visit,
			 void *context, Error *err)
{
	if (atomic_load(&unreadable))
		return error_set(err, SQLSTATE_IO_ERROR, NO_POSITION, "it can't be listed");
	for (uint64_t seq = 1; seq <= EPOCHS; seq++)
	{
		char key[60];

		snprintf(key, sizeof key, "s0/m/%016" PRIu64 ".published", seq);
		if (!visit(context, &(StoreEntry){.key = key}))
			break;
	}
	return true;
}

/* The thread alone, without a job, on that store. */
typedef struct Endless
{
	StoreClass class;
	ObjectStore store;
	TestClock clock;
	FakeLoader loader;
	Loads *loads;
} Endless;

static void
endless_open(Endless *endless, uint64_t epochs)
{
	static const char *const sinks[] = {"raw"};
	LoadsOpen open = {.loader = &endless->loader.base, .sink_count = 1, .sinks = sinks};
	ManifestChain chain = {.store = &endless->store, .folder = "s0/", .seq = epochs};
	Error err = {0};

	endless->class = (StoreClass){.get = endless_get, .list = endless_list};
	endless->store = (ObjectStore){.class = &endless->class, .location = "endless"};
	endless->clock = (TestClock){
		.base = {.now = test_clock_read, .monotonic = test_clock_read, .sleep = hurry}, .step = 1000};
	open.clock = chain.clock = &endless->clock.base;
	memset(chain.job_uuid, 'b', HEX_UUID - 1);
	warehouse_reset(14);
	warehouse.slowness = 0;
	fake_loader_init(&endless->loader);
	assert_true(loads_open(&open, &endless->loads, &err));
	loads_start(endless->loads, &chain, 0, (LoadTotals[lengthof(fake_targets)]){{0}});
}

static void
endless_close(Endless *endless)
{
	loads_close(endless->loads);
	warehouse_reset(0);
}

static void
a_long_queue_takes_little_memory(void **state UNUSED)
{
	LoadCounts counts, all = {0};
	Endless endless;

	endless_open(&endless, EPOCHS);
	while (all.pending < 4000)
	{
		usleep(10000);
		loads_counts(endless.loads, &counts, &all);
	}
	usleep(300000);
	loads_counts(endless.loads, &counts, &all);
	assert_true(all.pending <= 4002);
	pthread_mutex_lock(&warehouse.lock);
	assert_true(warehouse.most <= 4002);
	pthread_mutex_unlock(&warehouse.lock);
	assert_true(atomic_load(&reads) <= 2 * 2001);
	assert_true(loads_upto(endless.loads) == 0);
	endless_close(&endless);
}

/* Whoever no longer waits because the state can't be read says why, even if it can be read by then. */
static void
why_nobody_waits_is_known(void **state UNUSED)
{
	Endless endless;

	atomic_store(&unreadable, true);
	endless_open(&endless, 3);
	while (!loads_wait(endless.loads, SECOND))
		;
	atomic_store(&unreadable, false);
	loads_finish(endless.loads, SECOND);
	assert_true(loads_upto(endless.loads) == 0);
	assert_string_equal(loads_trouble(endless.loads), "it can't be listed");
	endless_close(&endless);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outcomes_are_written_down),
		cmocka_unit_test(refused_objects_end_a_batch_with_an_error),
		cmocka_unit_test(it_may_die_at_any_call),
		cmocka_unit_test(any_step_may_fail),
		cmocka_unit_test(a_rival_may_take_over_at_any_call),
		cmocka_unit_test(whatever_happens_all_is_loaded),
		cmocka_unit_test(who_is_not_believed_claims_nothing),
		cmocka_unit_test(nobody_there_is_a_warning),
		cmocka_unit_test(a_look_that_hangs_is_given_up),
		cmocka_unit_test(a_stream_that_is_stopped_has_told_of_all),
		cmocka_unit_test(a_call_that_hangs_holds_up_no_stop),
		cmocka_unit_test(a_batch_that_waits_can_be_stopped),
		cmocka_unit_test(trouble_is_told_once),
		cmocka_unit_test(a_run_without_a_loader_owes_nothing),
		cmocka_unit_test(what_is_published_late_is_given_up_aloud),
		cmocka_unit_test(what_is_owed_is_loaded_as_it_was_begun),
		cmocka_unit_test(a_reset_keeps_what_is_owed),
		cmocka_unit_test(a_sink_that_is_removed_is_not_forgotten_silently),
		cmocka_unit_test(totals_are_those_of_the_markers),
		cmocka_unit_test(totals_outlive_runs_without_a_loader),
		cmocka_unit_test(what_waits_is_not_cleaned_up),
		cmocka_unit_test(a_list_of_outcomes_survives),
		cmocka_unit_test(a_long_queue_takes_little_memory),
		cmocka_unit_test(why_nobody_waits_is_known),
	};

	pthread_mutex_init(&test_log.lock, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
