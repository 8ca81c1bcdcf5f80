/*
 * bucket_job.h: whole jobs whose state and objects lie in the bucket of memory_store.h.
 */
#ifndef WEIR_TESTS_BUCKET_JOB_H
#define WEIR_TESTS_BUCKET_JOB_H

#include "executor/manifest.h"
#include "executor/pack.h"
#include "tests/unit/job_rows.h"
#include "tests/unit/memory_store.h"

static inline void
bucket_setup(TestJob *job)
{
	job_setup(job);
	rmdir(job->folder);
	strcpy(job->folder, "mem://bucket");
	job->settings.state_location = job_path(job, "state");
	job->settings.commit_rows = 20;
	job->infos[3] = &memory_store_class.info;
	job->stores[0] = &memory_store_class;
	job_declare_usual(job);
}

/* The lines of all objects below a folder, sorted. */
static inline const char *
bucket_rows(TestJob *job, const char *folder)
{
	const char *prefix = arena_printf(&job->arena, "mem://bucket/%s/", folder);
	Lines lines = {0};
	StrBuf text = {0};
	const char *result;

	for (size_t i = 0; i < bucket.count; i++)
	{
		char *copy, *rest, *line;

		if (strncmp(bucket.items[i].key, prefix, strlen(prefix)) != 0)
			continue;
		rest = copy = mem_strdup(str_cstr(&bucket.items[i].bytes));
		while ((line = strsep(&rest, "\n")) != NULL && rest != NULL)
		{
			mem_grow(&lines.items, &lines.capacity, lines.count, sizeof *lines.items);
			lines.items[lines.count++] = arena_strdup(&job->arena, line);
		}
		mem_free(copy);
	}
	if (lines.count > 1)
		qsort(lines.items, lines.count, sizeof *lines.items, compare_lines);
	for (size_t i = 0; i < lines.count; i++)
		str_appendf(&text, "%s\n", lines.items[i]);
	mem_free(lines.items);
	result = arena_strdup(&job->arena, str_cstr(&text));
	str_free(&text);
	return result;
}

static inline void
check_bucket(TestJob *job, int to)
{
	assert_string_equal(bucket_rows(job, "raw"), expected_raw(job, 3, to));
	assert_string_equal(bucket_rows(job, "counts"), expected_counts(job, 3, to));
	assert_false(bucket.two_contents);
}

static inline bool
bucket_get(const char *key, StrBuf *out)
{
	size_t at = bucket_find(key);
	bool there = bucket_has(at, key);

	str_clear(out);
	if (there)
		str_append(out, bucket.items[at].bytes.data, bucket.items[at].bytes.len);
	return there;
}

/* The last link; *seq is its number. */
static inline uint64_t
newest_link(void)
{
	uint64_t newest = 0;

	for (size_t i = 0; i < bucket.count; i++)
	{
		const char *m = strstr(bucket.items[i].key, "/s0/m/");

		if (m != NULL && strstr(m, ".json") != NULL)
			newest = Max(newest, strtoull(m + 6, NULL, 10));
	}
	return newest;
}

static inline bool
read_link(uint64_t seq, Arena *arena, Manifest *out)
{
	StrBuf text = {0};
	const char *key = arena_printf(arena, "mem://bucket/state/job/s0/m/%016" PRIu64 ".json", seq);
	bool ok = bucket_get(key, &text) && manifest_parse(str_view(&text), key, arena, out, NULL);

	str_free(&text);
	return ok;
}

#endif
