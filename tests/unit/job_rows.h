/*
 * job_rows.h: the usual input of batch jobs, and the rows that must come of it, computed here from the
 * messages by rules that share no code with the executor.
 */
#ifndef WEIR_TESTS_JOB_ROWS_H
#define WEIR_TESTS_JOB_ROWS_H

#include "tests/unit/job_testing.h"

enum
{
	ROWS = 60 /* per partition */
};

/* Deterministic values, out of order within the watermark's delay. */
static inline int64_t
row_time(int32_t partition, int i)
{
	return (int64_t)i * 7000 + (i * 37 + partition * 11) % 50 * 90 + partition * 200;
}

static inline int
row_value(int32_t partition, int i)
{
	return (i * 13 + partition * 5) % 23 - 2; /* sometimes negative: filtered from the raw sink */
}

static inline const char *
row_key(int i)
{
	static const char *const keys[] = {"a", "b", "c"};

	return keys[i % 3];
}

static inline void
fill_log(int32_t partitions, int from, int to)
{
	for (int32_t p = 0; p < partitions; p++)
		for (int i = from; i < to; i++)
			log_put(p, row_key(i), row_value(p, i), row_time(p, i));
}

static inline const char *
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

static inline const char *
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

static inline const char *
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

static inline void
check_output(TestJob *job, int32_t partitions, int to)
{
	assert_string_equal(job_rows(job, "raw"), expected_raw(job, partitions, to));
	assert_string_equal(job_rows(job, "counts"), expected_counts(job, partitions, to));
}

static inline int
setup(void **state)
{
	TestJob *job = test_malloc(sizeof *job);

	job_setup(job);
	log_reset(3);
	*state = job;
	return 0;
}

static inline int
teardown(void **state)
{
	job_teardown(*state);
	test_free(*state);
	log_reset(0);
	return 0;
}

#define JOB_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
