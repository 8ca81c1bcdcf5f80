/*
 * job_testing.h: whole jobs in a test: a log in memory as source, real planner, JSON, CSV and directory
 * store, a clock that the test moves, and a file system that can die at any call.
 *
 * A "crash" is a file system on which every changing call fails from the n-th on: to the disk that is the
 * same as a process that was killed there.
 */
#ifndef WEIR_TESTS_JOB_TESTING_H
#define WEIR_TESTS_JOB_TESTING_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/memory.h"
#include "connectors/csv_decoder.h"
#include "connectors/csv_writer.h"
#include "connectors/file_source.h"
#include "connectors/json_decoder.h"
#include "connectors/store_directory.h"
#include "executor/job.h"
#include "executor/source.h"
#include "parser/parse.h"
#include "planner/define.h"
#include "planner/plan_job.h"

/* ---- a log in memory ---- */

enum
{
	LOG_PARTITIONS = 8,
	LOG_POLL = 7 /* messages in one poll, unless a test says so */
};

/* Invariant: records ascend by offset and lie in [low, end). */
typedef struct LogPartition
{
	Message *records;
	size_t count;
	size_t capacity;
	int64_t low;
	int64_t end;
	int64_t stalled_at; /* nothing from this offset on is delivered for now; INT64_MAX = no stall */
} LogPartition;

typedef struct TestLog
{
	int32_t partition_count;
	LogPartition partitions[LOG_PARTITIONS];
	uint32_t poll;  /* messages in one poll */
	int failures;   /* polls that fail, retriably */
	int32_t silent; /* partition whose server is away: nothing comes, its end stays where it was; -1 = none */
	pthread_mutex_t lock;
} TestLog;

/* The one that "connector = 'log'" reads: a source is opened by its options alone. */
static TestLog test_log;

typedef struct LogSource
{
	Source base;
	int64_t next[LOG_PARTITIONS];
} LogSource;

static inline void
log_reset(int32_t partitions)
{
	for (int32_t p = 0; p < LOG_PARTITIONS; p++)
	{
		for (size_t i = 0; i < test_log.partitions[p].count; i++)
			mem_free((char *)test_log.partitions[p].records[i].value);
		mem_free(test_log.partitions[p].records);
		test_log.partitions[p] = (LogPartition){.stalled_at = INT64_MAX};
	}
	test_log.poll = LOG_POLL;
	test_log.failures = 0;
	test_log.silent = -1;
	test_log.partition_count = partitions;
}

static inline void
log_put_raw(int32_t partition, const char *value)
{
	LogPartition *p = &test_log.partitions[partition];

	mem_grow(&p->records, &p->capacity, p->count, sizeof *p->records);
	p->records[p->count++] = (Message){.value = value ? mem_strdup(value) : NULL,
									   .value_len = value ? strlen(value) : 0,
									   .offset = p->end++,
									   .timestamp = INT64_MIN};
}

/* One row {k, v, t}: t in milliseconds after 2024-01-01 00:00:00. */
static inline void
log_put(int32_t partition, const char *k, int v, int64_t ms)
{
	char value[160];

	snprintf(value, sizeof value, "{\"k\":\"%s\",\"v\":%d,\"t\":\"2024-01-01T%02d:%02d:%02d.%03dZ\"}", k, v,
			 (int)(ms / 3600000), (int)(ms / 60000 % 60), (int)(ms / 1000 % 60), (int)(ms % 1000));
	log_put_raw(partition, value);
}

/* As retention does: the first count records of a partition without holes are gone. */
static inline void
log_delete(int32_t partition, size_t count)
{
	LogPartition *p = &test_log.partitions[partition];

	for (size_t i = 0; i < count; i++)
		mem_free((char *)p->records[i].value);
	memmove(p->records, p->records + count, (p->count - count) * sizeof *p->records);
	p->count -= count;
	p->low += (int64_t)count;
}

static inline bool log_open(const SourceOpen *open, Source **out, Error *err);

static inline bool
log_partition_count(Source *source UNUSED, int32_t *count, Error *err UNUSED)
{
	*count = test_log.partition_count;
	return true;
}

static inline bool
log_bounds(Source *source UNUSED, int32_t partition, int64_t *low, int64_t *end, Error *err)
{
	if (test_log.silent == partition)
		return error_set(err, SQLSTATE_CONNECTION_FAILURE, NO_POSITION, "broker is away");
	pthread_mutex_lock(&test_log.lock);
	*low = test_log.partitions[partition].low;
	*end = test_log.partitions[partition].end;
	pthread_mutex_unlock(&test_log.lock);
	return true;
}

static inline bool
log_start_offset(Source *source UNUSED, int32_t partition, int64_t *offset, Error *err UNUSED)
{
	*offset = test_log.partitions[partition].low;
	return true;
}

static inline bool
log_assign(Source *source, int32_t partition, int64_t offset, Error *err UNUSED)
{
	((LogSource *)source)->next[partition] = offset;
	return true;
}

static inline PollStatus
log_poll_locked(LogSource *source, int32_t partition, uint32_t max, MessageBatch *out)
{
	LogPartition *p = &test_log.partitions[partition];
	size_t i = 0;
	uint32_t n = 0;

	while (i < p->count && p->records[i].offset < source->next[partition])
		i++;
	while (i + n < p->count && n < Min(max, test_log.poll) && p->records[i + n].offset < p->stalled_at)
		n++;
	if (n == 0)
	{
		out->next_offset = Max(p->end, source->next[partition]);
		return p->stalled_at < p->end ? POLL_EMPTY : POLL_END;
	}
	/* A copy: the log may grow while the messages are held. */
	out->native = mem_alloc(sizeof(Message) * n);
	memcpy(out->native, p->records + i, sizeof(Message) * n);
	out->messages = out->native;
	out->n = n;
	out->next_offset = source->next[partition] = p->records[i + n - 1].offset + 1;
	return POLL_MESSAGES;
}

static inline PollStatus
log_poll(Source *base, int32_t partition, uint32_t max, MessageBatch *out, Error *err)
{
	PollStatus status;

	pthread_mutex_lock(&test_log.lock);
	if (test_log.failures > 0)
	{
		test_log.failures--;
		error_set(err, SQLSTATE_CONNECTION_FAILURE, NO_POSITION, "broker is away");
		err->retriable = true;
		status = POLL_FAILED;
	}
	else if (test_log.silent == partition)
	{
		out->next_offset = ((LogSource *)base)->next[partition];
		status = POLL_END;
	}
	else
		status = log_poll_locked((LogSource *)base, partition, max, out);
	pthread_mutex_unlock(&test_log.lock);
	return status;
}

static inline void
log_release(Source *source UNUSED, int32_t partition UNUSED, MessageBatch *batch)
{
	mem_free(batch->native);
}

static inline void
log_close(Source *source)
{
	mem_free(source);
}

static const OptionInfo log_options[] = {
	{.name = "max_error_ratio", .type = OPTION_DOUBLE, .minimum = 0, .maximum = 1},
};

static const SourceClass log_source = {
	.info = {.name = "log", .kind = CONNECTOR_SOURCE},
	.remote = true,
	.open = log_open,
	.partition_count = log_partition_count,
	.bounds = log_bounds,
	.start_offset = log_start_offset,
	.assign = log_assign,
	.poll = log_poll,
	.release = log_release,
	.close = log_close,
};

static inline bool
log_open(const SourceOpen *open UNUSED, Source **out, Error *err UNUSED)
{
	LogSource *source = mem_alloc_zero(sizeof *source);

	source->base.class = &log_source;
	*out = &source->base;
	return true;
}

/* ---- a clock that moves by itself a little, and by the test's will ---- */

typedef struct TestClock
{
	Clock base;
	_Atomic int64_t now;
	int64_t step; /* microseconds per reading */
} TestClock;

static inline int64_t
test_clock_read(const Clock *clock)
{
	TestClock *c = (TestClock *)(uintptr_t)clock;

	return atomic_fetch_add(&c->now, c->step);
}

/* ---- a file system that dies ---- */

typedef struct DyingFs
{
	Fs base;
	atomic_int calls; /* that change something, so far */
	int dies_at;      /* the n-th such call and all after it fail; 0 = never */
	int fails_at;     /* only the n-th fails */
	int error;        /* -errno of failing calls */
} DyingFs;

static inline int
dying_call(const Fs *fs)
{
	DyingFs *d = (DyingFs *)(uintptr_t)fs;
	int n = atomic_fetch_add(&d->calls, 1) + 1;

	return (d->dies_at > 0 && n >= d->dies_at) || n == d->fails_at ? d->error : 0;
}

static inline int
dying_open(const Fs *fs, const char *path, int flags, unsigned mode)
{
	int dead = flags & O_CREAT ? dying_call(fs) : 0;

	return dead < 0 ? dead : system_fs.open(fs, path, flags, mode);
}

static inline int64_t
dying_write(const Fs *fs, int fd, const void *data, size_t len)
{
	int dead = dying_call(fs);

	return dead < 0 ? dead : system_fs.write(fs, fd, data, len);
}

static inline int64_t
dying_pwrite(const Fs *fs, int fd, const void *data, size_t len, uint64_t offset)
{
	int dead = dying_call(fs);

	return dead < 0 ? dead : system_fs.pwrite(fs, fd, data, len, offset);
}

static inline int64_t
dying_copy(const Fs *fs, int from, uint64_t offset, int to, uint64_t len)
{
	int dead = dying_call(fs);

	return dead < 0 ? dead : system_fs.copy(fs, from, offset, to, len);
}

/* Nothing survives a power cut here that would not survive a kill, so syncs only count. */
static inline int
dying_sync(const Fs *fs, int fd UNUSED)
{
	return dying_call(fs);
}

static inline int
dying_link(const Fs *fs, const char *from, const char *to)
{
	int dead = dying_call(fs);

	return dead < 0 ? dead : system_fs.link(fs, from, to);
}

static inline int
dying_rename(const Fs *fs, const char *from, const char *to)
{
	int dead = dying_call(fs);

	return dead < 0 ? dead : system_fs.rename(fs, from, to);
}

static inline int
dying_unlink(const Fs *fs, const char *path)
{
	int dead = dying_call(fs);

	return dead < 0 ? dead : system_fs.unlink(fs, path);
}

static inline int
dying_mkdir(const Fs *fs, const char *path, unsigned mode)
{
	int dead = dying_call(fs);

	return dead < 0 ? dead : system_fs.mkdir(fs, path, mode);
}

static inline void
dying_fs_init(DyingFs *d)
{
	*d = (DyingFs){.base = system_fs, .error = -EIO};
	d->base.open = dying_open;
	d->base.write = dying_write;
	d->base.pwrite = dying_pwrite;
	d->base.copy = dying_copy;
	d->base.sync = dying_sync;
	d->base.link = dying_link;
	d->base.rename = dying_rename;
	d->base.unlink = dying_unlink;
	d->base.mkdir = dying_mkdir;
}

/* ---- randomness that repeats, for several threads ---- */

typedef struct LockedRandom
{
	Random random;
	pthread_mutex_t lock;
	RandomSeeded seeded;
} LockedRandom;

static inline void
locked_random_fill(Random *random, void *bytes, size_t len)
{
	LockedRandom *r = container_of(random, LockedRandom, random);

	pthread_mutex_lock(&r->lock);
	random_fill(&r->seeded.random, bytes, len);
	pthread_mutex_unlock(&r->lock);
}

static inline void
locked_random_init(LockedRandom *random, uint64_t seed)
{
	random->random.fill = locked_random_fill;
	pthread_mutex_init(&random->lock, NULL);
	random_seeded_init(&random->seeded, seed);
}

/* ---- a job ---- */

/* state_location and the sinks' locations lie in folder. */
typedef struct TestJob
{
	char folder[64];
	Arena arena;
	Catalog catalog;
	Settings settings;
	TypeContext types;
	ConnectorInfo log_info;
	SourceClass log_class;
	const ConnectorInfo *infos[6];
	ConnectorSet connectors;
	const StoreClass *stores[1];
	TestClock clock;
	LockedRandom random;
	DyingFs fs;
	FailurePoints points;
	Error err;
	StrBuf notices;
	atomic_bool stop;
	bool stopped_at_start;
	uint64_t stop_after_read; /* the progress callback stops the job once so many were read; 0 = never */
	uint64_t stop_after_rows;
	JobProgress last;
	SinkTotals sinks[8];
	bool accept_gap;
	int shard, shards;
	bool standby;
	RowReceiver *receiver;
	Loader *loader;
	int64_t deadline;
	void (*hook)(struct TestJob *job); /* after each progress report; may set stop, or change the world */
	int hook_state;
} TestJob;

static inline void
job_declare(TestJob *job, const char *sql)
{
	PlanContext context = {.catalog = &job->catalog,
						   .connectors = &job->connectors,
						   .settings = &job->settings,
						   .types = &job->types,
						   .batch = true,
						   .source = str_from_cstr(sql),
						   .arena = &job->arena};
	StatementList list;
	bool ok = parse_statements(context.source, &job->arena, &list, &job->err);

	for (size_t i = 0; ok && i < (size_t)list.count; i++)
	{
		SyntaxNode *tree = list.items[i].tree;

		if (tree->kind == SYNTAX_CREATE_SINK)
			ok = define_sink(&context, (CreateSinkStatement *)tree, &job->err);
		else
			ok = define_relation(&context, (CreateRelationStatement *)tree, &job->err);
	}
	if (!ok)
		fail_msg("%s\n%s", sql, job->err.message);
}

static inline const char *
job_path(TestJob *job, const char *name)
{
	return arena_printf(&job->arena, "%s/%s", job->folder, name);
}

static inline void
job_setup(TestJob *job)
{
	*job = (TestJob){.clock = {.base = {.now = test_clock_read, .monotonic = test_clock_read}, .step = 1000}};
	snprintf(job->folder, sizeof job->folder, "/tmp/weir-job-XXXXXX");
	assert_non_null(mkdtemp(job->folder));
	arena_init(&job->arena, "test");
	catalog_init(&job->catalog);
	settings_init(&job->settings);
	job->settings.state_location = job_path(job, "state");
	job->settings.workers = 2;
	job->log_class = log_source;
	job->infos[0] = &log_source.info;
	job->infos[1] = &json_format_class.info;
	job->infos[2] = &csv_sink_class.info;
	job->infos[3] = &directory_store_class.info;
	job->infos[4] = &file_source_class.info;
	job->infos[5] = &csv_format_class.info;
	job->connectors = (ConnectorSet){job->infos, 6};
	job->stores[0] = &directory_store_class;
	/* 2024-01-01, so that event times are not in the future */
	atomic_store(&job->clock.now, INT64_C(757382400) * 1000000 + INT64_C(86400) * 1000000);
	locked_random_init(&job->random, 1);
	dying_fs_init(&job->fs);
}

static inline int
remove_entry(const char *path, const struct stat *st UNUSED, int type UNUSED, struct FTW *at UNUSED)
{
	return remove(path);
}

static inline void
job_teardown(TestJob *job)
{
	nftw(job->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	error_clear(&job->err);
	str_free(&job->notices);
	catalog_release(&job->catalog);
	arena_release(&job->arena);
}

static inline void
job_take_progress(void *context, const JobProgress *progress)
{
	TestJob *job = context;
	uint64_t rows = 0;

	assert_true(progress->sink_count <= 8);
	job->last = *progress;
	if (progress->sink_count > 0)
		memcpy(job->sinks, progress->sinks, sizeof *job->sinks * (size_t)progress->sink_count);
	job->last.sinks = job->sinks;
	for (int k = 0; k < progress->sink_count; k++)
		rows += progress->sinks[k].rows;
	if ((job->stop_after_read > 0 && progress->read >= job->stop_after_read) ||
		(job->stop_after_rows > 0 && rows >= job->stop_after_rows))
		job->stop = true;
	if (job->hook != NULL)
		job->hook(job);
}

static inline void
job_take_notice(void *context, const char *severity, const char *text)
{
	str_appendf(&((TestJob *)context)->notices, "%s: %s\n", severity, text);
}

static inline JobPlan *
job_plan(TestJob *job)
{
	PlanContext context = {.catalog = &job->catalog,
						   .connectors = &job->connectors,
						   .settings = &job->settings,
						   .types = &job->types,
						   .batch = true,
						   .shards = job->shards,
						   .arena = &job->arena};
	const SinkDef *sinks[8];
	const CatalogObject *object;
	JobPlan *plan;
	int count = 0, next = 0;

	error_clear(&job->err);
	while ((object = catalog_next(&job->catalog, OBJECT_SINK, &next)) != NULL)
		sinks[count++] = object->sink;
	if (!plan_job(&context, sinks, count, &plan, &job->err))
		fail_msg("%s", job->err.message);
	return plan;
}

/* Runs the catalog's sinks; job->err says what went wrong. */
static inline bool
job_start(TestJob *job, JobUntil until)
{
	StoreSet stores = {
		.classes = job->stores, .count = 1, .fs = &job->fs.base, .failure_points = &job->points};
	JobOpen open = {.plan = job_plan(job),
					.settings = &job->settings,
					.context = &job->types,
					.clock = &job->clock.base,
					.random = &job->random.random,
					.job_name = "job",
					.state_location = job->receiver ? NULL : job->settings.state_location,
					.stores = &stores,
					.until = until,
					.deadline = job->deadline,
					.shard = job->shard,
					.shards = job->shards,
					.standby = job->standby,
					.accept_gap = job->accept_gap,
					.loader = job->loader,
					.receiver = job->receiver,
					.stop = &job->stop,
					.progress = job_take_progress,
					.notice = job_take_notice,
					.callback_context = job};

	error_clear(&job->err);
	job->stop = job->stopped_at_start;
	atomic_store(&job->fs.calls, 0);
	return job_run(&open, &job->err);
}

static inline void
job_must(TestJob *job, JobUntil until)
{
	if (!job_start(job, until))
		fail_msg("%s\n%s", job->err.message, job->err.detail ? job->err.detail : "");
}

static inline void
job_must_fail(TestJob *job, JobUntil until, SqlStateName state)
{
	assert_false(job_start(job, until));
	if (job->err.state != state)
		fail_msg("want %s, got %s: %s", sqlstate_code(state), sqlstate_code(job->err.state),
				 job->err.message);
}

/* ---- what came out ---- */

typedef struct Lines
{
	char **items;
	size_t count;
	size_t capacity;
} Lines;

static Lines found_lines; /* nftw() takes no context */
static size_t found_files;

static inline int
read_lines_of(const char *path, const struct stat *st UNUSED, int type, struct FTW *at UNUSED)
{
	StrBuf text = {0};
	char *rest, *line;
	int failed;

	if (type != FTW_F)
		return 0;
	failed = fs_read_file(&system_fs, path, &text);
	if (failed == -ENOENT)
		return 0; /* temporary, of a job that runs */
	assert_int_equal(failed, 0);
	found_files++;
	rest = text.data;
	while (rest != NULL && *rest != '\0')
	{
		line = strsep(&rest, "\n");
		mem_grow(&found_lines.items, &found_lines.capacity, found_lines.count, sizeof *found_lines.items);
		found_lines.items[found_lines.count++] = mem_strdup(line);
	}
	str_free(&text);
	return 0;
}

static inline int
compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All lines of all files under a folder of the job, sorted, one text in the job's arena. */
static inline const char *
job_rows(TestJob *job, const char *name)
{
	StrBuf text = {0};
	const char *result;

	found_lines.count = 0;
	found_files = 0;
	nftw(job_path(job, name), read_lines_of, 16, FTW_PHYS);
	if (found_lines.count > 1)
		qsort(found_lines.items, found_lines.count, sizeof *found_lines.items, compare_lines);
	for (size_t i = 0; i < found_lines.count; i++)
	{
		str_append_cstr(&text, found_lines.items[i]);
		str_append_char(&text, '\n');
		mem_free(found_lines.items[i]);
	}
	mem_free(found_lines.items);
	found_lines = (Lines){0};
	result = arena_strdup(&job->arena, str_cstr(&text));
	str_free(&text);
	return result;
}

static inline size_t
job_files(TestJob *job, const char *name)
{
	(void)job_rows(job, name);
	return found_files;
}

/* How many lines a text has. */
static inline size_t
count_rows(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += *text == '\n';
	return n;
}

/* The usual stream, a raw sink and a windowed one. */
static inline void
job_declare_usual(TestJob *job)
{
	job_declare(job,
				"CREATE STREAM s (k text, v bigint, t timestamptz NOT NULL, "
				"WATERMARK FOR t AS t - INTERVAL '5 seconds') WITH (connector = 'log', format = 'json')");
	job_declare(
		job,
		arena_printf(&job->arena,
					 "CREATE SINK raw WITH (location = '%s/raw', format = 'csv', compression = 'none') AS "
					 "SELECT k, v FROM s WHERE v >= 0",
					 job->folder));
	job_declare(
		job,
		arena_printf(&job->arena,
					 "CREATE SINK counts WITH (location = '%s/counts', format = 'csv', compression = 'none') "
					 "AS SELECT window_start, k, count(*) AS n, sum(v) AS s "
					 "FROM TUMBLE(s, t, INTERVAL '1 minute') GROUP BY window_start, window_end, k",
					 job->folder));
}

#endif
