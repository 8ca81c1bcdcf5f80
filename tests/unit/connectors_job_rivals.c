/*
 * connectors_job_rivals: whole batch jobs on a store that locks nobody out: a rival takes over before any
 * call of a writer that sleeps there and wakes up later; and random histories of runs, crashes and long
 * pauses, in which clean-up never removes what a start could need.
 */
#include "tests/unit/bucket_job.h"

/* ---- a rival ---- */

typedef struct Rival
{
	int dies_after; /* changing calls; 0 = it lives */
	bool ran;
	bool ok;
} Rival;

/* Runs while the other sleeps, maybe in the other's publisher. */
static void
run_rival(void *context)
{
	Rival *rival = context;
	TestJob job;

	bucket_setup(&job);
	job.random.seeded.state = 99;
	if (rival->dies_after > 0)
		bucket.dies_at = atomic_load(&bucket.calls) + rival->dies_after;
	rival->ran = true;
	rival->ok = job_start(&job, UNTIL_END);
	bucket.dies_at = 0;
	job_teardown(&job);
}

/* One that sleeps before its n-th call; both calls and outcome of the last run are checked. */
static void
sleep_at(int n, int dies_after)
{
	Rival rival = {.dies_after = dies_after};
	TestJob job;
	bool ok;

	log_reset(3);
	fill_log(3, 0, ROWS);
	bucket_setup(&job);
	bucket_reset(&job.clock.base);
	bucket.hook_at = n;
	bucket.hook = run_rival;
	bucket.context = &rival;
	ok = job_start(&job, UNTIL_END);
	assert_true(rival.ran);
	assert_true(rival.ok || dies_after > 0);
	if (!ok && job.err.state != SQLSTATE_FENCED)
		fail_msg("sleeping at call %d, the rival dying after %d: %s", n, dies_after, job.err.message);
	job_must(&job, UNTIL_END);
	check_bucket(&job, ROWS);
	job_teardown(&job);
}

static int
count_bucket_calls(void)
{
	TestJob job;
	int calls;

	log_reset(3);
	fill_log(3, 0, ROWS);
	bucket_setup(&job);
	bucket_reset(&job.clock.base);
	job_must(&job, UNTIL_END);
	check_bucket(&job, ROWS);
	calls = atomic_load(&bucket.calls);
	job_teardown(&job);
	return calls;
}

/* The newcomer wins; the other learns it at its next link, and what it does until then harms nobody. */
static void
a_sleeper_is_fenced_wherever_it_sleeps(void **state UNUSED)
{
	int calls = count_bucket_calls();

	assert_true(calls > 15);
	for (int n = 1; n <= calls; n++)
		sleep_at(n, 0);
	bucket_reset(NULL);
}

static void
the_rival_may_die(void **state UNUSED)
{
	int calls = count_bucket_calls();

	for (int n = 1; n <= calls; n++)
		for (int after = 1; after <= calls; after += 1 + n % 2)
			sleep_at(n, after);
	bucket_reset(NULL);
}

/* ---- histories ---- */

enum
{
	HISTORIES = 1000,
	STEPS = 9,
	KEPT_LINKS = 20 /* the newest ones stay, whatever their age */
};

#define DAY (INT64_C(86400) * 1000000)

/* What clean-up did, and the first thing that was wrong. */
static struct
{
	size_t packs, links;
	char wrong[300];
} cleaned;

/* Whether the state of the newest link lies in this pack, or objects that are not out yet. */
static bool
pack_is_needed(const char *pack, Arena *arena)
{
	Manifest newest, link;
	PackFooter footer;
	StrBuf bytes = {0};
	bool needed = false;

	if (!read_link(newest_link(), arena, &newest) || newest.footer_pack == NULL)
		return false;
	for (uint64_t seq = newest.published_upto + 1; seq <= newest.seq; seq++)
		if (!bucket_get(arena_printf(arena, "mem://bucket/state/job/s0/m/%016" PRIu64 ".published", seq),
						&bytes) &&
			read_link(seq, arena, &link) && link.file_count > 0)
			needed = needed || strcmp(link.footer_pack, pack) == 0;
	needed = needed || strcmp(newest.footer_pack, pack) == 0;
	if (bucket_get(arena_printf(arena, "mem://bucket/state/job/%s", newest.footer_pack), &bytes) &&
		pack_footer_parse((StrView){bytes.data + newest.footer_offset, newest.footer_len}, "footer", arena,
						  &footer, NULL))
	{
		for (size_t i = 0; i < footer.map.count; i++)
			for (uint32_t c = 0; c < footer.map.entries[i].chunk_count; c++)
				needed = needed || strcmp(footer.map.entries[i].chunks[c].pack, pack) == 0;
		state_map_release(&footer.map);
	}
	str_free(&bytes);
	return needed;
}

static bool
link_is_needed(const char *key, Arena *arena)
{
	uint64_t seq = strtoull(strstr(key, "/m/") + 3, NULL, 10);
	uint64_t last = newest_link();
	Manifest newest;
	size_t at = bucket_find(key);

	return !read_link(last, arena, &newest) || seq + KEPT_LINKS > last || seq >= newest.published_upto ||
		   seq > newest.loaded_upto || !bucket_has(at, key) ||
		   clock_now(bucket.clock) - bucket.items[at].modified < 30 * DAY;
}

/* Before each removal. */
static void
check_removal(void *context UNUSED, const char *key)
{
	const char *pack = strstr(key, "s0/p/");
	Arena arena;
	bool needed;

	arena_init(&arena, "removal");
	pthread_mutex_lock(&bucket.lock);
	needed = pack != NULL ? pack_is_needed(pack, &arena) : link_is_needed(key, &arena);
	cleaned.packs += pack != NULL;
	cleaned.links += pack == NULL;
	if (needed && cleaned.wrong[0] == '\0')
		snprintf(cleaned.wrong, sizeof cleaned.wrong,
				 "\"%s\" is removed while link %" PRIu64 " is the newest", key, newest_link());
	pthread_mutex_unlock(&bucket.lock);
	arena_release(&arena);
}

/* Runs until done or dead, sometimes long after the step before. */
static void
live_through_step(TestJob *job, RandomSeeded *chance)
{
	if (random_below(&chance->random, 2) == 0)
		atomic_fetch_add(&job->clock.now, (int64_t)random_below(&chance->random, 50) * DAY);
	bucket.dies_at = random_below(&chance->random, 4) == 0
						 ? 0
						 : atomic_load(&bucket.calls) + 1 + (int)random_below(&chance->random, 40);
	if (!job_start(job, UNTIL_END) && bucket.dies_at == 0)
		fail_msg("%s", job->err.message);
	bucket.dies_at = 0;
	if (cleaned.wrong[0] != '\0')
		fail_msg("%s", cleaned.wrong);
}

static void
live_through(uint64_t seed)
{
	RandomSeeded chance;
	TestJob job;

	random_seeded_init(&chance, seed);
	log_reset(3);
	bucket_setup(&job);
	bucket_reset(&job.clock.base);
	bucket.removing = check_removal;
	job.settings.commit_rows = 2 + (int64_t)random_below(&chance.random, 8);
	job.settings.workers = 1 + (int64_t)random_below(&chance.random, 2);
	fill_log(3, 0, ROWS);
	for (int step = 0; step < STEPS; step++)
		live_through_step(&job, &chance);
	job_must(&job, UNTIL_END);
	if (cleaned.wrong[0] != '\0')
		fail_msg("%s", cleaned.wrong);
	check_bucket(&job, ROWS);
	job_teardown(&job);
}

/* I9, with clean-up after every commit and every start; a start never misses anything, and no row is lost or
 * doubled. */
static void
clean_up_removes_nothing_that_is_needed(void **state UNUSED)
{
	cleaned.packs = cleaned.links = 0;
	for (uint64_t seed = 1; seed <= HISTORIES; seed++)
		live_through(seed);
	print_message("%zu packs and %zu links removed\n", cleaned.packs, cleaned.links);
	assert_true(cleaned.packs > HISTORIES);
	assert_true(cleaned.links > HISTORIES / 10);
	bucket_reset(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sleeper_is_fenced_wherever_it_sleeps),
		cmocka_unit_test(the_rival_may_die),
		cmocka_unit_test(clean_up_removes_nothing_that_is_needed),
	};

	pthread_mutex_init(&test_log.lock, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
