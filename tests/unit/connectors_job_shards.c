/*
 * connectors_job_shards.c: a job in several processes, one after the other here: whose partitions are whose,
 * also those that are added, and what the number of partitions and shards forbids.
 */
#include "tests/unit/job_testing.h"

static int
setup(void **state)
{
	TestJob *job = mem_alloc_zero(sizeof *job);

	pthread_mutex_init(&test_log.lock, NULL);
	log_reset(5);
	job_setup(job);
	job->shards = 3;
	*state = job;
	return 0;
}

static int
teardown(void **state)
{
	job_teardown(*state);
	mem_free(*state);
	return 0;
}

/* Row v of partition p is 100 p + v. */
static void
fill_log(int32_t from, int32_t to, int rows)
{
	for (int32_t p = from; p < to; p++)
		for (int v = 0; v < rows; v++)
			log_put(p, "a", 100 * p + v, v * 1000);
}

static void
declare_raw(TestJob *job)
{
	job_declare(job, "CREATE STREAM s (k text, v bigint, p integer METADATA FROM 'partition', "
					 "t timestamptz NOT NULL, WATERMARK FOR t AS t - INTERVAL '5 seconds') "
					 "WITH (connector = 'log', format = 'json', partitioner = 'crc32', message_key = 'k')");
	job_declare(
		job, arena_printf(&job->arena,
						  "CREATE SINK raw WITH (location = '%s/raw', format = 'csv', compression = 'none') "
						  "AS SELECT p, v FROM s",
						  job->folder));
}

static void
declare_keyed(TestJob *job)
{
	declare_raw(job);
	job_declare(
		job,
		arena_printf(&job->arena,
					 "CREATE SINK counts WITH (location = '%s/counts', format = 'csv', compression = 'none') "
					 "AS SELECT window_start, k, count(*) FROM TUMBLE(s, t, INTERVAL '1 minute') "
					 "GROUP BY window_start, window_end, k",
					 job->folder));
}

static void
partitions_go_by_number(void **state)
{
	static const char *const after[] = {
		"0,0\n0,1\n3,300\n3,301\n",
		"0,0\n0,1\n1,100\n1,101\n3,300\n3,301\n4,400\n4,401\n",
		"0,0\n0,1\n1,100\n1,101\n2,200\n2,201\n3,300\n3,301\n4,400\n4,401\n",
	};
	TestJob *job = *state;

	declare_raw(job);
	fill_log(0, 5, 2);
	for (job->shard = 0; job->shard < 3; job->shard++)
	{
		job_must(job, UNTIL_LATEST);
		assert_string_equal(job_rows(job, "raw"), after[job->shard]);
	}
}

static void
add_partitions(TestJob *job)
{
	if (job->last.read > 0 && job->hook_state++ == 0)
	{
		fill_log(5, 8, 2);
		test_log.partition_count = 8;
	}
}

/* Partitions 5, 6 and 7 appear while shard 2 runs: 5 is its own. */
static void
new_partitions_join_their_shard(void **state)
{
	TestJob *job = *state;

	declare_raw(job);
	fill_log(0, 5, 2);
	job->shard = 2;
	job->hook = add_partitions;
	job->stop_after_read = 4;
	job->clock.step = 50 * 1000;
	job->settings.commit_interval = INT64_C(1000) * 1000;
	job_must(job, UNTIL_STOPPED);
	assert_string_equal(job_rows(job, "raw"), "2,200\n2,201\n5,500\n5,501\n");
	assert_non_null(strstr(str_cstr(&job->notices), "has 8 partitions now, 5 before"));
	job->hook = NULL;
	job->stop_after_read = 0;
	job_must(job, UNTIL_LATEST);
	assert_string_equal(job_rows(job, "raw"), "2,200\n2,201\n5,500\n5,501\n");
	job->shard = 0; /* the first time for this one: from the beginning of all it knows */
	job_must(job, UNTIL_LATEST);
	assert_string_equal(job_rows(job, "raw"),
						"0,0\n0,1\n2,200\n2,201\n3,300\n3,301\n5,500\n5,501\n6,600\n6,601\n");
}

/* "a" by crc32 over 5 partitions lies in one of them. */
static int32_t
place_of_a(void)
{
	return partitioner_place(PARTITIONER_CRC32, "a", 1, 5);
}

static void
keys_stay_where_they_are(void **state)
{
	TestJob *job = *state;
	int32_t place = place_of_a();

	declare_keyed(job);
	fill_log(place, place + 1, 3);
	job->shard = place % 3;
	job_must(job, UNTIL_LATEST);
	test_log.partition_count = 6;
	job_must_fail(job, UNTIL_LATEST, SQLSTATE_INCOMPATIBLE_STATE);
	assert_string_equal(job->err.message, "stream \"s\" has 6 partitions now and had 5 when this job began");
	assert_non_null(strstr(job->err.hint, "begin a new job"));
}

static void
keyed_jobs_end_when_partitions_are_added(void **state)
{
	TestJob *job = *state;
	int32_t place = place_of_a();

	declare_keyed(job);
	fill_log(place, place + 1, 3);
	job->shard = place % 3;
	job->hook = add_partitions;
	job->clock.step = 50 * 1000;
	job->settings.commit_interval = INT64_C(1000) * 1000;
	job_must_fail(job, UNTIL_STOPPED, SQLSTATE_INCOMPATIBLE_STATE);
	assert_int_equal(count_rows(job_rows(job, "raw")), 3);
}

static void
a_key_elsewhere_stops_before_the_commit(void **state)
{
	TestJob *job = *state;
	int32_t place = place_of_a();
	int32_t other = (place + 3) % 5; /* of the same shard when place is 0 or 1, else not */

	declare_keyed(job);
	fill_log(other, other + 1, 3);
	job->shard = other % 3;
	job_must_fail(job, UNTIL_LATEST, SQLSTATE_DATA_EXCEPTION);
	assert_string_equal(
		job->err.message,
		arena_printf(&job->arena, "the key at offset 0 of partition %d belongs to partition %d by \"crc32\"",
					 other, place));
	assert_int_equal(job_files(job, "raw"), 0);
}

static void
rows_without_key_stop_the_job(void **state)
{
	TestJob *job = *state;

	declare_keyed(job);
	log_put_raw(2, "{\"v\":1,\"t\":\"2024-01-01T00:00:00Z\"}");
	job->shard = 2;
	job_must_fail(job, UNTIL_LATEST, SQLSTATE_DATA_EXCEPTION);
	assert_string_equal(job->err.message, "the message at offset 0 of partition 2 has no key");
}

int
main(void)
{
#define SHARD_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		SHARD_TEST(partitions_go_by_number),
		SHARD_TEST(new_partitions_join_their_shard),
		SHARD_TEST(keys_stay_where_they_are),
		SHARD_TEST(keyed_jobs_end_when_partitions_are_added),
		SHARD_TEST(a_key_elsewhere_stops_before_the_commit),
		SHARD_TEST(rows_without_key_stop_the_job),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
