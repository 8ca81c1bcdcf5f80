/*
 * connectors_job_standby.c: a standby takes over when the writer is gone, and not before: on a store without
 * lock, by the clock it is given. Two jobs of one state run in threads of this process.
 */
#include "executor/discard.h"
#include "tests/unit/job_testing.h"

#define SECOND INT64_C(1000000)
#define PATIENCE (33 * SECOND) /* with a commit interval of a second */

/* A directory that nobody can lock. */
static StoreClass lockless;

typedef struct Pair
{
	TestJob a, b;
} Pair;

/* The usual job of folder; two of them are the same job in two processes. */
static void
set_up_job(TestJob *job, const char *folder, uint64_t seed)
{
	job_setup(job);
	if (folder != NULL)
	{
		rmdir(job->folder);
		snprintf(job->folder, sizeof job->folder, "%s", folder);
		job->settings.state_location = job_path(job, "state");
	}
	locked_random_init(&job->random, seed);
	job->stores[0] = &lockless;
	job->settings.workers = 1;
	job->settings.commit_interval = SECOND;
	job->settings.idle_timeout = 36000 * SECOND; /* an idle stream stays as it is */
	job->clock.step = SECOND / 5;
	job_declare_usual(job);
}

static int
setup(void **state)
{
	Pair *pair = mem_alloc_zero(sizeof *pair);

	pthread_mutex_init(&test_log.lock, NULL);
	log_reset(3);
	lockless = directory_store_class;
	lockless.lock = NULL;
	set_up_job(&pair->a, NULL, 1);
	set_up_job(&pair->b, pair->a.folder, 2);
	pair->b.standby = true;
	*state = pair;
	return 0;
}

static int
teardown(void **state)
{
	Pair *pair = *state;

	job_teardown(&pair->a);
	job_teardown(&pair->b);
	mem_free(pair);
	return 0;
}

/* ---- a job in a thread ---- */

typedef struct Running
{
	TestJob *job;
	JobUntil until;
	pthread_t thread;
	bool ok;
} Running;

static void *
run_job(void *context)
{
	Running *running = context;

	running->ok = job_start(running->job, running->until);
	return NULL;
}

static Running *
begin(TestJob *job, JobUntil until)
{
	Running *running = mem_alloc_zero(sizeof *running);

	running->job = job;
	running->until = until;
	pthread_create(&running->thread, NULL, run_job, running);
	return running;
}

static bool
finish(Running *running)
{
	bool ok;

	pthread_join(running->thread, NULL);
	ok = running->ok;
	mem_free(running);
	return ok;
}

/* Waits, in real time, until the job's clock stands so much later. */
static void
let_pass(TestJob *job, int64_t time)
{
	int64_t until = atomic_load(&job->clock.now) + time;

	for (int i = 0; atomic_load(&job->clock.now) < until; i++)
	{
		usleep(1000);
		if (i > 120 * 1000)
			fail_msg("the job has ended, or hangs: %s", job->err.message ? job->err.message : "");
	}
}

static void
put_rows(int from, int to)
{
	pthread_mutex_lock(&test_log.lock);
	for (int i = from; i < to; i++)
		log_put(i % 3, "a", i, i * 100);
	pthread_mutex_unlock(&test_log.lock);
}

static int64_t
virtual_time(const TestJob *job)
{
	return atomic_load(&job->clock.now);
}

static void
assert_notice(TestJob *job, const char *text)
{
	if (strstr(str_cstr(&job->notices), text) == NULL)
		fail_msg("no \"%s\" in:\n%s", text, str_cstr(&job->notices));
}

/* What is there while jobs run, whose arenas are theirs: lines, and *files. */
static size_t
count_beside(const TestJob *job, const char *name, size_t *files)
{
	TestJob *reader = mem_alloc_zero(sizeof *reader);
	size_t rows;

	memcpy(reader->folder, job->folder, sizeof reader->folder);
	arena_init(&reader->arena, "reader");
	rows = count_rows(job_rows(reader, name));
	*files = found_files;
	arena_release(&reader->arena);
	mem_free(reader);
	return rows;
}

static int
count_manifests(const TestJob *job)
{
	size_t files;

	(void)count_beside(job, "state/job/s0/m", &files);
	return (int)files;
}

/* Whoever waits alone waits no time: all of it passes at once. */
static void
pass_at_once(const Clock *clock, int64_t micros)
{
	atomic_fetch_add(&((TestClock *)(uintptr_t)clock)->now, micros);
}

/* Time passes by somebody else's readings. */
static void
doze(const Clock *clock UNUSED, int64_t micros UNUSED)
{
	usleep(1000);
}

/* Without a word, as soon as the writer has read something. */
static void
die(TestJob *job)
{
	if (job->last.read > 0)
		job->fs.dies_at = 1;
}

/* ---- the tests ---- */

/* The writer dies without a word: after three intervals and half a minute it is taken for gone. */
static void
silence_is_waited_for(void **state)
{
	Pair *pair = *state;
	int64_t began;

	put_rows(0, 30);
	pair->a.hook = die;
	assert_false(job_start(&pair->a, UNTIL_LATEST));
	pair->a.hook = NULL;
	began = virtual_time(&pair->b);
	pair->b.clock.base.sleep = pass_at_once;
	job_must(&pair->b, UNTIL_LATEST);
	if (virtual_time(&pair->b) - began <= PATIENCE)
		fail_msg("too early: %s\n%s", str_cstr(&pair->a.notices), str_cstr(&pair->b.notices));
	assert_true(virtual_time(&pair->b) - began < PATIENCE + 60 * SECOND);
	assert_notice(&pair->b, "standby: waiting for writer ");
	assert_notice(&pair->b, "it has made no manifest for too long");
	assert_int_equal(count_rows(job_rows(&pair->b, "raw")), 30);
	assert_int_equal(job_files(&pair->b, "state/job/s0/standby"), 0);
}

/* One that closed is gone at once, and so is one that never was. */
static void
an_end_in_order_is_not_waited_for(void **state)
{
	Pair *pair = *state;
	int64_t began = virtual_time(&pair->b);

	put_rows(0, 30);
	job_must(&pair->b, UNTIL_LATEST);
	assert_notice(&pair->b, "there is no writer yet");
	put_rows(30, 60);
	pair->a.standby = true;
	job_must(&pair->a, UNTIL_LATEST);
	assert_notice(&pair->a, "it has left in order");
	assert_true(virtual_time(&pair->b) - began < PATIENCE);
	assert_true(virtual_time(&pair->a) - began < PATIENCE);
	assert_int_equal(count_rows(job_rows(&pair->a, "raw")), 60);
}

/* Time passes by the writer's readings only: how the machine divides its own between threads does not matter.
 */
static TestClock *_Atomic followed;

static int64_t
follow(const Clock *clock)
{
	TestClock *leader = atomic_load(&followed);

	return leader != NULL ? atomic_load(&leader->now) : test_clock_read(clock);
}

/* An idle writer shows that it lives as long as a standby looks, and makes no manifest otherwise. */
static void
an_idle_writer_keeps_its_state(void **state)
{
	Pair *pair = *state;
	Running *a, *b;
	int alone;

	pair->a.clock.step = SECOND / 3;
	put_rows(0, 30);
	a = begin(&pair->a, UNTIL_STOPPED);
	let_pass(&pair->a, 20 * SECOND);
	atomic_store(&followed, &pair->a.clock);
	pair->b.clock.base = (Clock){.now = follow, .monotonic = follow, .sleep = doze};
	alone = count_manifests(&pair->b);
	let_pass(&pair->a, 20 * SECOND);
	assert_int_equal(count_manifests(&pair->b), alone);
	pair->b.stop_after_read = 30; /* of what comes once it has taken over */
	b = begin(&pair->b, UNTIL_STOPPED);
	let_pass(&pair->a, PATIENCE + 20 * SECOND);
	/* However seldom the standby gets a processor to show itself. */
	for (int i = 0; count_manifests(&pair->b) <= alone + 5 && i < 100; i++)
		let_pass(&pair->a, 10 * SECOND);
	assert_true(count_manifests(&pair->b) > alone + 5);
	pair->a.stop = true;
	assert_true(finish(a));
	atomic_store(&followed, NULL);
	put_rows(30, 60);
	assert_true(finish(b));
	assert_notice(&pair->b, "it has left in order");
	assert_null(strstr(str_cstr(&pair->b.notices), "too long"));
	assert_int_equal(count_rows(job_rows(&pair->b, "raw")), 60);
}

static atomic_bool asleep;

/* As SIGSTOP does, in the middle of an epoch. */
static void
sleep_in_fill(TestJob *job)
{
	if (job->last.read < 30 || job->hook_state++ > 0)
		return;
	atomic_store(&asleep, true);
	while (atomic_load(&asleep))
		usleep(1000);
}

/* A writer that slept for longer than a standby waits finds itself fenced; nothing is doubled or lost. */
static void
a_sleeper_is_fenced(void **state)
{
	Pair *pair = *state;
	Running *a;

	put_rows(0, 30);
	pair->a.hook = sleep_in_fill;
	pair->a.settings.commit_interval = 20 * SECOND; /* so that it sleeps on rows that it has not committed */
	a = begin(&pair->a, UNTIL_STOPPED);
	while (!atomic_load(&asleep))
		usleep(1000);
	put_rows(30, 60);
	pair->b.clock.base.sleep = pass_at_once;
	job_must(&pair->b, UNTIL_LATEST);
	assert_notice(&pair->b, "it has made no manifest for too long");
	atomic_store(&asleep, false);
	assert_false(finish(a));
	assert_int_equal(pair->a.err.state, SQLSTATE_FENCED);
	assert_int_equal(count_rows(job_rows(&pair->b, "raw")), 60);
}

/* One clock for both, which either moves on. */
static TestClock *shared;

static int64_t
read_shared(const Clock *clock UNUSED)
{
	return test_clock_read(&shared->base);
}

static void
rest(const Clock *clock UNUSED, int64_t micros UNUSED)
{
	usleep(5 * 1000);
}

/* A writer that gets no processor for a while must not seem gone: little time passes with each reading, and
 * whoever waits lets others run. */
static void
share_clock(Pair *pair)
{
	shared = &pair->a.clock;
	shared->step = SECOND / 50;
	pair->a.clock.base.sleep = rest;
	pair->b.clock.base = (Clock){.now = read_shared, .monotonic = read_shared, .sleep = rest};
}

/* Of two that wait one becomes the writer, and the other waits on until it is told to stop. */
static void
two_standbys_do_not_duel(void **state)
{
	Pair *pair = *state;
	Running *a, *b;
	size_t files;

	share_clock(pair);
	put_rows(0, 30);
	pair->a.hook = die;
	assert_false(job_start(&pair->a, UNTIL_LATEST));
	pair->a.hook = NULL;
	pair->a.fs.dies_at = 0;
	str_clear(&pair->a.notices);
	pair->a.standby = true;
	a = begin(&pair->a, UNTIL_STOPPED);
	b = begin(&pair->b, UNTIL_STOPPED);
	while (count_beside(&pair->b, "raw", &files) < 30)
		usleep(1000);
	usleep(200 * 1000); /* for the other to see that */
	pair->a.stop = pair->b.stop = true;
	if (!finish(a))
		fail_msg("a: %s", pair->a.err.message);
	if (!finish(b))
		fail_msg("b: %s", pair->b.err.message);
	assert_int_equal(count_rows(job_rows(&pair->b, "raw")), 30);
	assert_true((strstr(str_cstr(&pair->a.notices), "told to stop while it waited") != NULL) !=
				(strstr(str_cstr(&pair->b.notices), "told to stop while it waited") != NULL));
}

/* Before the emergency, and before a word of it: the state is not touched. */
static void
a_wrong_file_is_found_at_once(void **state)
{
	Pair *pair = *state;
	int before;

	job_must(&pair->a, UNTIL_LATEST);
	before = count_manifests(&pair->a);
	pair->b.catalog.count = 0;
	job_declare(&pair->b, "CREATE STREAM other (k text, v bigint) WITH (connector = 'log', format = 'json')");
	job_declare(
		&pair->b,
		arena_printf(&pair->b.arena,
					 "CREATE SINK raw WITH (location = '%s/raw', format = 'csv') AS SELECT k FROM other",
					 pair->b.folder));
	job_must_fail(&pair->b, UNTIL_STOPPED, SQLSTATE_INCOMPATIBLE_STATE);
	assert_null(strstr(str_cstr(&pair->b.notices), "standby"));
	assert_int_equal(count_manifests(&pair->a), before);
}

static bool
discard(TestJob *job, Error *err)
{
	StoreSet stores = {.classes = job->stores, .count = 1, .fs = &job->fs.base};
	StateLook look = {.stores = &stores,
					  .clock = &job->clock.base,
					  .random = &job->random.random,
					  .state_location = job->settings.state_location,
					  .job_name = "job"};

	return job_discard(&look, true, err);
}

/* Nor does it bring back what was reset while it waited, or begin it anew by its own definition; also when
 * the new life has begun before it looked. */
static void
a_reset_ends_the_waiting(void **state)
{
	Pair *pair = *state;
	TestJob *a = &pair->a, *b = &pair->b;

	put_rows(0, 30);
	b->settings.commit_interval = 3600 * SECOND; /* it waits for hours */
	b->clock.base.sleep = doze;
	for (int anew = 0; anew < 2; anew++)
	{
		Running *waiting;
		int manifests;

		a->hook = die;
		assert_false(job_start(a, UNTIL_LATEST));
		a->hook = NULL;
		a->fs.dies_at = 0;
		waiting = begin(b, UNTIL_STOPPED);
		let_pass(b, 60 * SECOND);
		error_clear(&a->err);
		if (!discard(a, &a->err))
			fail_msg("%s", a->err.message);
		if (anew)
			job_must(a, UNTIL_LATEST);
		manifests = count_manifests(a);
		assert_false(finish(waiting));
		assert_int_equal(b->err.state, SQLSTATE_FENCED);
		assert_non_null(strstr(b->err.message, "was reset or removed while this process waited for it"));
		assert_int_equal(count_manifests(a), manifests);
	}
	put_rows(30, 60);
	job_must(a, UNTIL_LATEST); /* nobody was in its way */
}

static bool
reset_raw(TestJob *job, const char *sink, bool force)
{
	StoreSet stores = {.classes = job->stores, .count = 1, .fs = &job->fs.base};
	JobReset reset = {.job_name = "job",
					  .state_location = job->settings.state_location,
					  .sink = sink,
					  .stores = &stores,
					  .clock = &job->clock.base,
					  .random = &job->random.random,
					  .force = force};

	error_clear(&job->err);
	return job_reset_sink(&reset, &job->err);
}

/* No lock can tell whether the writer is alive, so a sink is not taken from under it; a wrong name never
 * fences it. */
static void
a_sink_is_reset_when_the_writer_has_left(void **state)
{
	Pair *pair = *state;
	TestJob *a = &pair->a;
	int manifests;

	put_rows(0, 30);
	a->hook = die;
	assert_false(job_start(a, UNTIL_LATEST));
	a->hook = NULL;
	a->fs.dies_at = 0;
	manifests = count_manifests(a);
	assert_false(reset_raw(a, "raw", false));
	assert_int_equal(a->err.state, SQLSTATE_OBJECT_IN_USE);
	assert_non_null(strstr(a->err.message, "may be running"));
	assert_false(reset_raw(a, "rav", true));
	assert_int_equal(a->err.state, SQLSTATE_UNDEFINED_OBJECT);
	assert_int_equal(count_manifests(a), manifests);
	assert_true(reset_raw(a, "raw", true));
	job_must(a, UNTIL_LATEST);
	assert_true(reset_raw(a, "raw", false));
}

/* On a store with a lock the lock decides, however long it takes. */
static void
a_lock_is_waited_for(void **state)
{
	Pair *pair = *state;
	Running *a, *b;
	int manifests;

	pair->a.stores[0] = pair->b.stores[0] = &directory_store_class;
	put_rows(0, 30);
	a = begin(&pair->a, UNTIL_STOPPED);
	while (job_files(&pair->b, "raw") == 0)
		usleep(1000);
	pair->b.stop_after_read = 30; /* of what comes once it has taken over */
	b = begin(&pair->b, UNTIL_STOPPED);
	let_pass(&pair->a, 10 * SECOND);
	manifests = count_manifests(&pair->b);
	let_pass(&pair->b, PATIENCE + 10 * SECOND);
	assert_int_equal(count_manifests(&pair->b), manifests);
	pair->a.stop = true;
	assert_true(finish(a));
	put_rows(30, 60);
	assert_true(finish(b));
	assert_notice(&pair->b, "nobody holds the lock");
	assert_int_equal(count_rows(job_rows(&pair->b, "raw")), 60);
}

int
main(void)
{
#define STANDBY_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		STANDBY_TEST(silence_is_waited_for),
		STANDBY_TEST(an_end_in_order_is_not_waited_for),
		STANDBY_TEST(an_idle_writer_keeps_its_state),
		STANDBY_TEST(a_sleeper_is_fenced),
		STANDBY_TEST(two_standbys_do_not_duel),
		STANDBY_TEST(a_wrong_file_is_found_at_once),
		STANDBY_TEST(a_lock_is_waited_for),
		STANDBY_TEST(a_reset_ends_the_waiting),
		STANDBY_TEST(a_sink_is_reset_when_the_writer_has_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
