/*
 * connectors_job_stream: jobs that run until they are stopped: watermarks over partitions that stall, are
 * idle or appear; late rows; draining; fencing; console queries. Time is virtual: every look at the clock
 * moves it.
 */
#include "executor/chain.h"
#include "tests/unit/job_testing.h"

enum
{
	SECOND = 1000000
};

#define LOG_EPOCH (INT64_C(757382400) * SECOND) /* 2024-01-01, which log_put() counts from */

static int
setup(void **state)
{
	TestJob *job = test_malloc(sizeof *job);

	job_setup(job);
	job->clock.step = 50000;
	job->settings.commit_interval = 1 * SECOND;
	job->settings.idle_timeout = 5 * SECOND;
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

static int64_t
total(const TestJob *job)
{
	return (int64_t)job->last.read;
}

/* ---- manifests as they lie on the disk ---- */

/* Every manifest links to the one before, offsets join, and no W goes back; the number of manifests. */
static uint64_t
check_chain(TestJob *job)
{
	char previous[HEX_SHA256] = "";
	Manifest before = {.seq = 0};
	uint64_t seq;

	for (seq = 1;; seq++)
	{
		const char *path = job_path(job, arena_printf(&job->arena, "state/job/s0/m/%016d.json", (int)seq));
		StrBuf text = {0};
		Manifest now;

		if (fs_read_file(&system_fs, path, &text) != 0)
			break;
		if (!manifest_parse(str_view(&text), path, &job->arena, &now, &job->err))
			fail_msg("%s", job->err.message);
		if (seq > 1)
			assert_string_equal(now.previous, previous);
		for (int s = 0; s < before.scan_count; s++)
		{
			assert_true(now.scans[s].watermark >= before.scans[s].watermark);
			for (int32_t p = 0; p < before.scans[s].partition_count; p++)
				assert_true(now.scans[s].partitions[p].totals.next_offset >=
							before.scans[s].partitions[p].totals.next_offset);
		}
		manifest_hex_sha256(str_view(&text), previous);
		before = now;
		str_free(&text);
	}
	return seq - 1;
}

/* ---- draining and going on ---- */

static void
a_stopped_stream_keeps_its_windows_and_goes_on(void **state)
{
	TestJob *job = *state;

	job_declare_usual(job);
	for (int i = 0; i < 30; i++)
		log_put(i % 3, "a", i, i * 3000); /* up to 00:01:27 */
	job->stop_after_read = 30;
	job_must(job, UNTIL_STOPPED);
	assert_int_equal(count_rows(job_rows(job, "raw")), 30);
	/* W is 1:21 - 5 s: the least of the partitions' last rows. So one window is closed. */
	assert_string_equal(job_rows(job, "counts"), "2024-01-01 00:00:00.000000+00:00,\"a\",20,\"190\"\n");
	for (int i = 30; i < 60; i++)
		log_put(i % 3, "a", i, i * 3000);
	job->stop_after_read = 30;
	job_must(job, UNTIL_STOPPED);
	assert_int_equal(count_rows(job_rows(job, "raw")), 60);
	assert_string_equal(job_rows(job, "counts"), "2024-01-01 00:00:00.000000+00:00,\"a\",20,\"190\"\n"
												 "2024-01-01 00:01:00.000000+00:00,\"a\",20,\"590\"\n");
	/* A batch run of the same state closes the rest. */
	job_must(job, UNTIL_END);
	assert_int_equal(count_rows(job_rows(job, "counts")), 3);
	assert_int_equal(job->sinks[1].late, 0);
	(void)check_chain(job);
}

static void
put_long_keys(int count)
{
	char value[400];

	for (int i = 0; i < count; i++)
	{
		snprintf(value, sizeof value, "{\"k\":\"%0250d\",\"v\":1,\"t\":\"2024-01-01T00:00:01Z\"}", i);
		log_put_raw(i % 3, value);
	}
}

/* More than is read of a pack at once; and smaller changes of the same units, in a later pack. */
static void
a_large_state_is_restored(void **state)
{
	enum
	{
		KEYS = 30000,
		MORE = 500
	};
	TestJob *job = *state;

	job_declare_usual(job);
	job->settings.commit_interval = 3600 * (int64_t)SECOND;
	put_long_keys(KEYS);
	job->stop_after_read = KEYS;
	job_must(job, UNTIL_STOPPED);
	put_long_keys(MORE);
	job->stop_after_read = MORE;
	job_must(job, UNTIL_STOPPED);
	assert_int_equal(job->sinks[1].groups, KEYS);
	job_must(job, UNTIL_END);
	assert_int_equal(job->sinks[1].rows, KEYS);
	assert_int_equal(count_rows(job_rows(job, "counts")), KEYS);
	assert_non_null(strstr(job_rows(job, "counts"), "0499\",2,\"2\"\n"));
	assert_non_null(strstr(job_rows(job, "counts"), "0500\",1,\"1\"\n"));
}

static void
until_latest_ends_by_itself(void **state)
{
	TestJob *job = *state;

	job_declare_usual(job);
	for (int i = 0; i < 30; i++)
		log_put(i % 3, "a", i, i * 3000);
	job_must(job, UNTIL_LATEST);
	assert_int_equal(count_rows(job_rows(job, "raw")), 30);
	assert_int_equal(count_rows(job_rows(job, "counts")), 1);
	assert_int_equal(job->sinks[1].open_windows, 1);
}

static void
until_a_deadline(void **state)
{
	TestJob *job = *state;

	job_declare_usual(job);
	log_put(0, "a", 1, 0);
	job->deadline = atomic_load(&job->clock.now) + 10 * SECOND;
	job_must(job, UNTIL_DEADLINE);
	assert_true(atomic_load(&job->clock.now) >= job->deadline);
	assert_int_equal(count_rows(job_rows(job, "raw")), 1);
}

/* ---- epochs without content ---- */

static void
count_to_stop(TestJob *job)
{
	if (++job->hook_state == 60)
		job->stop = true;
}

static void
silence_writes_no_manifests(void **state)
{
	TestJob *job = *state;

	job_declare_usual(job);
	for (int i = 0; i < 9; i++)
		log_put(i % 3, "a", i, i * 3000);
	job->hook = count_to_stop; /* 60 reports are 30 s, or 30 epochs */
	job_must(job, UNTIL_STOPPED);
	assert_true(job->last.epoch > 10);
	/* Claim, start offsets, a commit or two of the rows, the end. */
	assert_in_range(check_chain(job), 4, 5);
}

/* Open windows that nothing falls into are not written again and again. */
static void
open_windows_alone_write_no_manifests(void **state)
{
	TestJob *job = *state;
	char key[16];

	job_declare_usual(job);
	for (int i = 0; i < 300; i++)
	{
		snprintf(key, sizeof key, "k%d", i);
		log_put(i % 3, key, i, i);
	}
	job->hook = count_to_stop;
	job_must(job, UNTIL_STOPPED);
	assert_int_equal(job->sinks[1].open_windows, 1);
	assert_in_range(check_chain(job), 4, 6);
}

/* ---- watermarks ---- */

static void
stop_when_windows_are_out(TestJob *job)
{
	if (job->sinks[1].rows > 0 || ++job->hook_state > 400)
		job->stop = true;
	/* The other partitions stay busy: when all are idle, W stays. */
	pthread_mutex_lock(&test_log.lock);
	log_put(job->hook_state % 2, "b", 1, 118000);
	pthread_mutex_unlock(&test_log.lock);
}

/* A partition that never had a row is idle after the timeout, not before, and then no longer holds W. */
static void
an_empty_partition_becomes_idle(void **state)
{
	TestJob *job = *state;
	int64_t began = atomic_load(&job->clock.now);

	job_declare_usual(job);
	for (int i = 0; i < 40; i++)
		log_put(i % 2, "a", 1, i * 3000); /* partition 2 has none */
	job->hook = stop_when_windows_are_out;
	job_must(job, UNTIL_STOPPED);
	assert_string_equal(job_rows(job, "counts"), "2024-01-01 00:00:00.000000+00:00,\"a\",20,\"20\"\n");
	assert_true(atomic_load(&job->clock.now) - began >= 5 * SECOND);
}

static void
release_stall_later(TestJob *job)
{
	if (++job->hook_state == 40)
	{
		pthread_mutex_lock(&test_log.lock);
		test_log.partitions[2].stalled_at = INT64_MAX;
		pthread_mutex_unlock(&test_log.lock);
	}
	if (total(job) == 90)
		job->stop = true;
}

/* A partition that has unread data but delivers nothing is never idle, however long it takes. */
static void
a_stalled_partition_is_not_idle(void **state)
{
	TestJob *job = *state;

	job_declare_usual(job);
	for (int i = 0; i < 90; i++)
		log_put(i % 3, "a", 1, i * 3000);
	test_log.partitions[2].stalled_at = 1;
	job->hook = release_stall_later; /* after 20 s: four timeouts */
	job_must(job, UNTIL_STOPPED);
	assert_int_equal(job->sinks[1].late, 0);
	job_must(job, UNTIL_END);
	assert_int_equal(job->sinks[1].late, 0);
	/* 90 rows, 3 s apart: 20 in each full minute. */
	assert_string_equal(job_rows(job, "counts"), "2024-01-01 00:00:00.000000+00:00,\"a\",20,\"20\"\n"
												 "2024-01-01 00:01:00.000000+00:00,\"a\",20,\"20\"\n"
												 "2024-01-01 00:02:00.000000+00:00,\"a\",20,\"20\"\n"
												 "2024-01-01 00:03:00.000000+00:00,\"a\",20,\"20\"\n"
												 "2024-01-01 00:04:00.000000+00:00,\"a\",10,\"10\"\n");
}

/* Partition 1 has its first row while nobody can see it; the other one goes on. */
static void
hide_a_partition(TestJob *job)
{
	if (strcmp(job->last.phase, "FILL") != 0)
		return;
	pthread_mutex_lock(&test_log.lock);
	if (job->hook_state++ == 0)
	{
		test_log.silent = 1;
		log_put(1, "a", 1, 0);
	}
	log_put(0, "b", 1, 200000 + job->hook_state);
	if (job->hook_state == 40) /* after 20 s: four timeouts */
		test_log.silent = -1;
	pthread_mutex_unlock(&test_log.lock);
	if (job->hook_state > 60)
		job->stop = true;
}

/* Nor is one whose server does not answer, although nothing came since it was at its end. */
static void
a_partition_out_of_reach_is_not_idle(void **state)
{
	TestJob *job = *state;

	job_declare_usual(job);
	log_reset(2);
	job->hook = hide_a_partition;
	job_must(job, UNTIL_STOPPED);
	assert_true(job->last.read > 40);
	assert_int_equal(job->sinks[1].late, 0);
	job_must(job, UNTIL_END);
	assert_non_null(strstr(job_rows(job, "counts"), "2024-01-01 00:00:00.000000+00:00,\"a\",1,"));
}

/* With W at exactly 00:01:00 a row of the window that ends there is late; one of the next is not. */
static void
a_row_is_late_when_its_window_ends_at_the_watermark(void **state)
{
	TestJob *job = *state;

	job_teardown(job);
	for (int64_t w = -1; w <= 1; w++)
	{
		job_setup(job);
		job->clock.step = 50000;
		job->settings.commit_interval = 1 * SECOND;
		job_declare_usual(job);
		log_reset(1);
		log_put(0, "a", 1, 30000);
		log_put(0, "a", 1, 65000 + w);
		job->stop_after_read = 2;
		job_must(job, UNTIL_STOPPED);
		assert_int_equal(job->last.watermark, INT64_C(757382460) * 1000000 + w * 1000);
		log_put(0, "late?", 1, 59999);
		log_put(0, "next", 1, 60000);
		job->stop_after_read = 2;
		job_must(job, UNTIL_STOPPED);
		assert_int_equal(job->sinks[1].late, w < 0 ? 0 : 1);
		assert_int_equal(job->sinks[1].used, w < 0 ? 2 : 1);
		assert_int_equal(count_rows(job_rows(job, "state/job/late")), w < 0 ? 0 : 1);
		if (w < 1)
			job_teardown(job);
	}
}

static void
stop_when_closed(TestJob *job)
{
	if (job->sinks[1].rows > 0 || ++job->hook_state > 100)
		job->stop = true;
}

/* When all partitions are idle, W stays, however late it gets; unless it is to go with the clock. */
static void
when_all_are_idle_w_stays_unless_told(void **state)
{
	TestJob *job = *state;

	job_teardown(job);
	for (int advance = 0; advance <= 1; advance++)
	{
		job_setup(job);
		job->clock.step = 200000;
		job->settings.commit_interval = 1 * SECOND;
		job->settings.idle_timeout = 5 * SECOND;
		job->settings.idle_advance = advance;
		job_declare_usual(job);
		log_reset(2);
		for (int i = 0; i < 30; i++)
			log_put(i % 2, "a", 1, i * 1000);
		job->hook_state = 0;
		job->hook = stop_when_closed;
		job_must(job, UNTIL_STOPPED);
		assert_string_equal(job_rows(job, "counts"),
							advance ? "2024-01-01 00:00:00.000000+00:00,\"a\",30,\"30\"\n" : "");
		if (advance == 0)
			assert_true(job->hook_state > 100);
		if (advance == 0)
			job_teardown(job);
	}
}

typedef struct Punctual
{
	int64_t until; /* the virtual clock's reading by which the window must be out */
	int64_t seen;
} Punctual;

static Punctual punctual;

/* A message a report and partition, of that very moment. */
static void
put_now(TestJob *job)
{
	int64_t now = atomic_load(&job->clock.now);

	pthread_mutex_lock(&test_log.lock);
	for (int32_t p = 0; p < 3; p++)
		log_put(p, "a", 1, (now - LOG_EPOCH) / 1000);
	pthread_mutex_unlock(&test_log.lock);
	if (punctual.seen == 0 && job_files(job, "counts") > 0)
		punctual.seen = now;
	job->stop = punctual.seen != 0 || ++job->hook_state > 1000;
}

/* A result is out at the latest at window end + delay + 2 * commit_interval. */
static void
a_window_is_out_in_time(void **state)
{
	TestJob *job = *state;
	int64_t began = LOG_EPOCH + 30 * (int64_t)SECOND;

	punctual = (Punctual){.until = LOG_EPOCH + (60 + 5 + 2 * 7) * (int64_t)SECOND};
	job->settings.commit_interval = 7 * SECOND;
	atomic_store(&job->clock.now, began);
	job_declare_usual(job);
	job->hook = put_now;
	job_must(job, UNTIL_STOPPED);
	assert_in_range(punctual.seen, LOG_EPOCH + (60 + 5) * (int64_t)SECOND, punctual.until);
}

/* ---- partitions that appear ---- */

static void
add_partition_later(TestJob *job)
{
	if (++job->hook_state == 10)
	{
		pthread_mutex_lock(&test_log.lock);
		test_log.partition_count = 4;
		for (int i = 0; i < 5; i++)
			log_put(3, "new", 1, 20000 + i);
		pthread_mutex_unlock(&test_log.lock);
	}
	if (total(job) == 35 || job->hook_state > 400)
		job->stop = true;
}

static void
a_new_partition_joins_from_its_start(void **state)
{
	TestJob *job = *state;

	job_declare_usual(job);
	for (int i = 0; i < 30; i++)
		log_put(i % 3, "a", 1, i * 1000);
	job->hook = add_partition_later;
	job_must(job, UNTIL_STOPPED);
	assert_int_equal(total(job), 35);
	assert_non_null(strstr(job->notices.data, "stream \"s\" has 4 partitions now, 3 before"));
	job_must(job, UNTIL_END);
	assert_string_equal(job_rows(job, "counts"), "2024-01-01 00:00:00.000000+00:00,\"a\",30,\"30\"\n"
												 "2024-01-01 00:00:00.000000+00:00,\"new\",5,\"5\"\n");
}

/* ---- failures that pass ---- */

/* A directory that has trouble with packs, and says so. */
static StoreClass troubled;
static StoreOpen trouble;

static bool
open_troubled(const StoreClass *class, const StoreOpen *open, ObjectStore **out, Error *err)
{
	if (open->restricted) /* the state */
		trouble = *open;
	return directory_store_class.open(class, open, out, err);
}

static bool
finish_with_trouble(PackWriter *pack, Error *err)
{
	if (trouble.notice != NULL)
		trouble.notice(trouble.notice_context, "WARNING", "the store is away");
	return directory_store_class.pack_finish(pack, err);
}

static int64_t
kept_for_a_day(Source *source UNUSED)
{
	return 86400 * (int64_t)SECOND;
}

/* What a store tells of its trouble goes to the job's notices, with the time that is left for it. */
static void
trouble_of_a_store_is_told_with_the_time_that_is_left(void **state)
{
	TestJob *job = *state;

	troubled = directory_store_class;
	troubled.open = open_troubled;
	troubled.pack_finish = finish_with_trouble;
	job->stores[0] = &troubled;
	job->log_class.retention = kept_for_a_day;
	job->infos[0] = &job->log_class.info;
	job_declare_usual(job);
	for (int i = 0; i < 30; i++)
	{
		log_put(i % 3, "a", i, i * 3000);
		test_log.partitions[i % 3].records[i / 3].timestamp = LOG_EPOCH;
	}
	job_must(job, UNTIL_LATEST);
	assert_non_null(strstr(str_cstr(&job->notices),
						   "WARNING: the store is away; the source keeps what is not committed yet for "));
}

static void
a_source_that_fails_is_tried_again(void **state)
{
	TestJob *job = *state;

	job_declare_usual(job);
	for (int i = 0; i < 30; i++)
		log_put(i % 3, "a", i, i * 3000);
	test_log.failures = 5;
	job->stop_after_read = 30;
	job_must(job, UNTIL_STOPPED);
	assert_int_equal(count_rows(job_rows(job, "raw")), 30);
	assert_non_null(strstr(job->notices.data, "broker is away; trying again in 0."));
}

/* ---- limits ---- */

typedef struct TwoWriters
{
	StoreOpen open;
	ObjectStore *store;
	ManifestChain a, b;
	Arena arena;
	Manifest manifest;
} TwoWriters;

static void
open_writers(TestJob *job, TwoWriters *two)
{
	two->open = (StoreOpen){.location = job_path(job, "chain"),
							.owner = "test",
							.clock = &job->clock.base,
							.random = &job->random.random,
							.fs = &system_fs};
	assert_true(directory_store_class.open(&directory_store_class, &two->open, &two->store, &job->err));
	two->a = (ManifestChain){
		.store = two->store, .clock = &job->clock.base, .random = &job->random.random, .folder = "s0/"};
	chain_uuid(&job->random.random, two->a.job_uuid);
	memset(two->a.sha256, '0', HEX_SHA256 - 1);
	two->b = two->a;
	chain_uuid(&job->random.random, two->a.writer);
	chain_uuid(&job->random.random, two->b.writer);
	arena_init(&two->arena, "test");
	two->manifest = (Manifest){.settings = "", .tzdata = "", .now = INT64_MIN};
}

/* A partition far ahead of W waits for the others, however much it has; nobody is late, nothing hangs. */
static void
a_partition_far_ahead_waits(void **state)
{
	TestJob *job = *state;

	job->settings.max_drift = 60 * (int64_t)SECOND;
	job->settings.commit_interval = 3600 * (int64_t)SECOND; /* so that only drift cuts */
	job_declare_usual(job);
	for (int32_t p = 0; p < 3; p++)
		log_put(p, "a", 1, 0);
	job_must(job, UNTIL_LATEST); /* now there is a W */
	for (int i = 1; i < 200; i++)
	{
		log_put(0, "a", 1, i * 10000);
		log_put(1, "a", 1, i * 10000);
		if (i % 10 == 0)
			log_put(2, "a", 1, i * 10000);
	}
	job->stop_after_read = 199 * 2 + 19;
	job_must(job, UNTIL_STOPPED);
	assert_int_equal(job->last.read, 199 * 2 + 19);
	assert_true(job->last.epoch > 5); /* of 33 minutes, one or two at a time */
	assert_int_equal(job->sinks[1].late, 0);
}

static void
a_drain_that_takes_too_long_is_given_up(void **state)
{
	TestJob *job = *state;

	job_declare_usual(job);
	for (int i = 0; i < 30; i++)
		log_put(i % 3, "a", i, i * 3000);
	job->settings.drain_timeout = 0;
	job->settings.commit_interval = 3600 * (int64_t)SECOND;
	job->stop_after_read = 1;
	job_must_fail(job, UNTIL_STOPPED, SQLSTATE_STOPPED_EARLY);
	assert_int_equal(count_rows(job_rows(job, "raw")), 0);
	job->settings.drain_timeout = 25 * (int64_t)SECOND;
	job->stop_after_read = 30;
	job_must(job, UNTIL_STOPPED);
	assert_int_equal(count_rows(job_rows(job, "raw")), 30);
}

/* Names of manifests stay for 30 days, so that a sleeper can't make a link that was made before. */
static void
old_manifests_go_but_not_the_newest(void **state)
{
	TestJob *job = *state;
	TwoWriters two;

	open_writers(job, &two);
	for (int i = 0; i < 50; i++)
		assert_true(chain_append(&two.a, &two.manifest, FAIL_commit, &job->err));
	assert_true(chain_trim(&two.a, 49, &job->err));
	assert_int_equal(job_files(job, "chain/s0/m"), 50);
	/* The files are of today, the test's clock says 2024. */
	atomic_store(&job->clock.now, clock_now(&system_clock) + INT64_C(31) * 86400 * SECOND);
	assert_true(chain_trim(&two.a, 10, &job->err));
	assert_int_equal(job_files(job, "chain/s0/m"), 41); /* 10 is the newest that is published */
	assert_true(chain_trim(&two.a, 49, &job->err));
	assert_int_equal(job_files(job, "chain/s0/m"), 21);
	assert_true(chain_find(&two.b, &two.arena, &two.manifest, &job->err) || job->err.set);
	arena_release(&two.arena);
	store_close(two.store);
}

/* ---- writers ---- */

/* Somebody else makes the next link while this process fills its epoch. */
static void
take_over(TestJob *job)
{
	const char *path;
	FILE *f;

	if (job->hook_state++ != 3)
		return;
	for (int seq = 1;; seq++)
	{
		path = job_path(job, arena_printf(&job->arena, "state/job/s0/m/%016d.json", seq));
		if (access(path, F_OK) != 0)
			break;
	}
	f = fopen(path, "w");
	fputs("{}\n", f);
	fclose(f);
	pthread_mutex_lock(&test_log.lock);
	for (int i = 30; i < 60; i++)
		log_put(i % 3, "a", i, i * 3000);
	pthread_mutex_unlock(&test_log.lock);
}

static void
an_overtaken_writer_is_fenced_and_writes_nothing(void **state)
{
	TestJob *job = *state;
	size_t files;

	job_declare_usual(job);
	for (int i = 0; i < 30; i++)
		log_put(i % 3, "a", i, i * 3000);
	job->hook = take_over;
	job->settings.commit_interval = 2 * SECOND;
	job_must_fail(job, UNTIL_STOPPED, SQLSTATE_FENCED);
	files = count_rows(job_rows(job, "raw"));
	assert_true(files == 0 || files == 30);
}

/* Of two writers that race for each link exactly one gets it, whichever it is. */
static void
one_of_two_writers_gets_a_link(void **state)
{
	TestJob *job = *state;
	TwoWriters two;
	RandomSeeded dice;

	open_writers(job, &two);
	random_seeded_init(&dice, 42);
	for (int i = 0; i < 200; i++)
	{
		bool first = random_below(&dice.random, 2) == 0;
		ManifestChain *winner = first ? &two.a : &two.b, *loser = first ? &two.b : &two.a;
		Manifest newest;

		assert_true(chain_append(winner, &two.manifest, FAIL_commit, &job->err));
		assert_false(chain_append(loser, &two.manifest, FAIL_commit, &job->err));
		assert_int_equal(job->err.state, SQLSTATE_FENCED);
		assert_true(chain_find(loser, &two.arena, &newest, &job->err));
		assert_int_equal(newest.seq, i + 1);
		assert_string_equal(newest.writer, winner->writer);
	}
	arena_release(&two.arena);
	store_close(two.store);
}

/* A reply that was lost is asked for again: the link with our nonce is ours. */
static void
a_lost_reply_is_no_fence(void **state)
{
	TestJob *job = *state;
	TwoWriters two;

	open_writers(job, &two);
	assert_true(failure_points_parse(&job->points, "commit.after:1:error", &job->err));
	two.a.failure_points = &job->points;
	assert_true(chain_append(&two.a, &two.manifest, FAIL_commit, &job->err));
	assert_int_equal(two.a.seq, 1);
	arena_release(&two.arena);
	store_close(two.store);
}

/* A writer that slept finds out before it publishes. */
static void
a_sleeper_proves_that_it_is_the_newest(void **state)
{
	TestJob *job = *state;
	TwoWriters two;
	Manifest newest;

	open_writers(job, &two);
	assert_true(chain_append(&two.a, &two.manifest, FAIL_commit, &job->err));
	assert_true(chain_find(&two.b, &two.arena, &newest, &job->err));
	assert_true(chain_append(&two.b, &two.manifest, FAIL_commit, &job->err));
	assert_true(chain_prove(&two.a, &job->err)); /* young proofs are believed */
	atomic_fetch_add(&job->clock.now, INT64_C(11) * 60 * SECOND);
	assert_true(chain_prove(&two.b, &job->err));
	assert_false(chain_prove(&two.a, &job->err));
	assert_int_equal(job->err.state, SQLSTATE_FENCED);
	arena_release(&two.arena);
	store_close(two.store);
}

/* ---- random lives ---- */

/* Messages with late ones among them; the number of each is v, so that every row can be told. */
static void
fill_randomly(RandomSeeded *dice, int from, int to)
{
	for (int i = from; i < to; i++)
	{
		int64_t late = random_below(&dice->random, 10) == 0 ? 120000 : 4000;
		int64_t t = i * INT64_C(1500) - (int64_t)random_below(&dice->random, (uint64_t)late);

		log_put((int32_t)random_below(&dice->random, 3), "k", i, Max(t, 0));
	}
}

static void
check_each_once(TestJob *job, int rows)
{
	bool *seen = ARENA_ARRAY_ZERO(&job->arena, bool, rows);
	const char *line = job_rows(job, "raw");
	int n = 0;

	for (; *line != '\0'; line = strchr(line, '\n') + 1, n++)
	{
		int v = atoi(strchr(line, ',') + 1);

		assert_in_range(v, 0, rows - 1);
		assert_false(seen[v]);
		seen[v] = true;
	}
	assert_int_equal(n, rows);
}

/* Sum of a column of a CSV text. */
static long
sum_column(const char *text, int column)
{
	long sum = 0;

	for (; *text != '\0'; text = strchr(text, '\n') + 1)
	{
		const char *field = text;

		for (int i = 0; i < column; i++)
			field = strchr(field, ',') + 1;
		sum += atol(field + (*field == '"'));
	}
	return sum;
}

/* Lives of random length end by death or stop; afterwards every row was used once or diverted once. */
static void
rows_are_used_or_diverted_once(void **state)
{
	TestJob *job = *state;

	job_teardown(job);
	for (uint64_t seed = 1; seed <= 12; seed++)
	{
		RandomSeeded dice;
		int rows = 0;

		random_seeded_init(&dice, seed);
		job_setup(job);
		job->clock.step = 50000;
		job->settings.commit_interval = 1 * SECOND;
		job->settings.idle_timeout = 5 * SECOND;
		job_declare_usual(job);
		log_reset(3);
		for (int life = 0; life < 6; life++)
		{
			int more = 20 + (int)random_below(&dice.random, 60);

			fill_randomly(&dice, rows, rows + more);
			rows += more;
			job->stop_after_read = 1 + random_below(&dice.random, (uint64_t)more);
			job->fs.dies_at =
				random_below(&dice.random, 3) == 0 ? 0 : 5 + (int)random_below(&dice.random, 60);
			(void)!job_start(job, UNTIL_STOPPED);
		}
		job->fs.dies_at = 0;
		job->stop_after_read = 0;
		job_must(job, UNTIL_END);
		check_each_once(job, rows);
		assert_int_equal(
			sum_column(job_rows(job, "counts"), 2) + (long)count_rows(job_rows(job, "state/job/late")), rows);
		(void)check_chain(job);
		if (seed < 12)
			job_teardown(job);
	}
}

/* ---- console queries ---- */

typedef struct Collector
{
	RowReceiver receiver;
	uint64_t rows;
	uint64_t limit;
} Collector;

static bool
collect(void *context, const Batch *batch)
{
	Collector *c = context;

	c->rows += batch->n;
	return c->rows < c->limit;
}

static void
declare_query(TestJob *job)
{
	job_declare(job,
				"CREATE STREAM s (k text, v bigint, t timestamptz NOT NULL, "
				"WATERMARK FOR t AS t - INTERVAL '5 seconds') WITH (connector = 'log', format = 'json')");
	job_declare(job, arena_printf(&job->arena,
								  "CREATE SINK q WITH (location = '%s/q', format = 'csv') AS "
								  "SELECT window_start, count(*) AS n FROM TUMBLE(s, t, INTERVAL '1 minute') "
								  "GROUP BY window_start, window_end",
								  job->folder));
}

static void
a_console_query_stops_when_it_has_enough(void **state)
{
	TestJob *job = *state;
	Collector collector = {.limit = 2};

	collector.receiver = (RowReceiver){.context = &collector, .receive = collect};
	job->receiver = &collector.receiver;
	declare_query(job);
	for (int i = 0; i < 300; i++)
		log_put(i % 3, "a", 1, i * 3000);
	job_must(job, UNTIL_STOPPED);
	assert_true(collector.rows >= 2);
	/* It leaves nothing behind. */
	assert_int_equal(job_files(job, "."), 0);
}

/* Also when more was read at once than it looks at: what is left over is no row that went missing. */
static void
a_console_query_leaves_what_it_did_not_need(void **state)
{
	TestJob *job = *state;
	Collector collector = {.limit = 1};

	collector.receiver = (RowReceiver){.context = &collector, .receive = collect};
	job->receiver = &collector.receiver;
	job_declare(job, "CREATE STREAM s (k text, v bigint) WITH (connector = 'log', format = 'json')");
	job_declare(job, arena_printf(&job->arena,
								  "CREATE SINK q WITH (location = '%s/q', format = 'csv') AS SELECT v FROM s",
								  job->folder));
	log_reset(1);
	test_log.poll = 3 * BATCH_ROWS;
	for (int i = 0; i < 3 * BATCH_ROWS; i++)
		log_put(0, "a", i, 0);
	job_must(job, UNTIL_STOPPED);
	assert_int_equal(collector.rows, BATCH_ROWS);
	job_must(job, UNTIL_END);
}

/* The grid of a batch is no end: a query reads on from line to line. */
static void
a_console_query_reads_to_the_end(void **state)
{
	TestJob *job = *state;
	Collector collector = {.limit = 1000};

	collector.receiver = (RowReceiver){.context = &collector, .receive = collect};
	job->receiver = &collector.receiver;
	job->settings.commit_rows = 10;
	declare_query(job);
	for (int i = 0; i < 300; i++)
		log_put(i % 3, "a", 1, i * 3000);
	job_must(job, UNTIL_END);
	assert_int_equal(collector.rows, 15);
}

static void
stop_when_told(TestJob *job)
{
	if (job->notices.len > 0 || ++job->hook_state > 400)
		job->stop = true;
}

static void
silence_is_explained(void **state)
{
	TestJob *job = *state;
	Collector collector = {.limit = 2};

	collector.receiver = (RowReceiver){.context = &collector, .receive = collect};
	job->receiver = &collector.receiver;
	declare_query(job);
	for (int i = 0; i < 10; i++)
		log_put(0, "a", 1, i * 3000);
	job->hook = stop_when_told;
	job_must(job, UNTIL_STOPPED);
	assert_non_null(strstr(job->notices.data,
						   "all windows with rows are still open; the watermark is held by partition"));
	log_reset(3);
	for (int i = 0; i < 10; i++)
		log_put_raw(0, "bad");
	str_clear(&job->notices);
	job->hook_state = 0;
	job_must(job, UNTIL_STOPPED);
	assert_non_null(strstr(job->notices.data, "all messages are dead letters"));
}

int
main(void)
{
#define JOB_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		JOB_TEST(a_stopped_stream_keeps_its_windows_and_goes_on),
		JOB_TEST(a_large_state_is_restored),
		JOB_TEST(until_latest_ends_by_itself),
		JOB_TEST(until_a_deadline),
		JOB_TEST(silence_writes_no_manifests),
		JOB_TEST(open_windows_alone_write_no_manifests),
		JOB_TEST(an_empty_partition_becomes_idle),
		JOB_TEST(when_all_are_idle_w_stays_unless_told),
		JOB_TEST(a_window_is_out_in_time),
		JOB_TEST(a_stalled_partition_is_not_idle),
		JOB_TEST(a_partition_out_of_reach_is_not_idle),
		JOB_TEST(a_row_is_late_when_its_window_ends_at_the_watermark),
		JOB_TEST(a_new_partition_joins_from_its_start),
		JOB_TEST(trouble_of_a_store_is_told_with_the_time_that_is_left),
		JOB_TEST(a_source_that_fails_is_tried_again),
		JOB_TEST(a_partition_far_ahead_waits),
		JOB_TEST(a_drain_that_takes_too_long_is_given_up),
		JOB_TEST(old_manifests_go_but_not_the_newest),
		JOB_TEST(an_overtaken_writer_is_fenced_and_writes_nothing),
		JOB_TEST(one_of_two_writers_gets_a_link),
		JOB_TEST(a_lost_reply_is_no_fence),
		JOB_TEST(a_sleeper_proves_that_it_is_the_newest),
		JOB_TEST(rows_are_used_or_diverted_once),
		JOB_TEST(a_console_query_stops_when_it_has_enough),
		JOB_TEST(a_console_query_leaves_what_it_did_not_need),
		JOB_TEST(a_console_query_reads_to_the_end),
		JOB_TEST(silence_is_explained),
	};

	pthread_mutex_init(&test_log.lock, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
