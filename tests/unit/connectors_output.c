/*
 * connectors_output.c: the same rows give the same objects, however they are cut into batches and spread over
 * workers, and however little memory there is; objects respect max_file_size, paths and order; dead letters
 * carry their provenance; what fails while compressing fails the epoch.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <zlib.h>

#include "common/memory.h"
#include "connectors/csv_writer.h"
#include "executor/output.h"

enum
{
	ROWS = 20000
};

/* ---- a pack in memory ---- */

static pthread_mutex_t pack_lock = PTHREAD_MUTEX_INITIALIZER;
static size_t pack_room = SIZE_MAX; /* bytes until the disk is full */

static bool
memory_append(void *context, const void *data, size_t len, uint64_t *offset, Error *err)
{
	StrBuf *pack = context;
	bool fits;

	pthread_mutex_lock(&pack_lock);
	*offset = pack->len;
	fits = len <= pack_room - pack->len;
	if (fits)
		str_append(pack, data, len);
	pthread_mutex_unlock(&pack_lock);
	return fits || error_set(err, SQLSTATE_DISK_FULL, NO_POSITION, "the pack is full");
}

static bool
memory_read(void *context, uint64_t offset, void *data, size_t len, Error *err)
{
	const StrBuf *pack = context;

	(void)err;
	assert_true(offset + len <= pack->len);
	memcpy(data, pack->data + offset, len);
	return true;
}

/* ---- a job of one scan and one sink (id bigint, country text, note text) ---- */

typedef struct Fixture
{
	Arena arena;
	StreamDef stream;
	ScanPlan scan;
	PlanNode node;
	ResultColumn columns[4];
	SinkPlan sink;
	ScanPlan *scans[1];
	SinkPlan *sinks[1];
	JobPlan plan;
	Option options[3];
	PartitionKey key;
	Outputs *outputs;
	StrBuf pack;
	OutputFileList files;
	TypeContext context;
	int countries; /* 0: the four that are hard to write */
} Fixture;

static void
fixture_open(Fixture *f, const char *compression, int64_t max_file_size, bool partitioned, int workers,
			 size_t memory_limit)
{
	Error err = {0};

	memset(f, 0, sizeof *f);
	arena_init(&f->arena, "test");
	f->columns[0] = (ResultColumn){"id", {TYPE_BIGINT, NO_MODIFIER}};
	f->columns[1] = (ResultColumn){"country", {TYPE_TEXT, NO_MODIFIER}};
	f->columns[2] = (ResultColumn){"note", {TYPE_TEXT, NO_MODIFIER}};
	f->columns[3] = (ResultColumn){"order", {TYPE_BIGINT, NO_MODIFIER}};
	f->stream = (StreamDef){.name = "clicks", .time_column = -1};
	f->scan = (ScanPlan){.stream = &f->stream, .time_column = -1};
	f->node = (PlanNode){.kind = NODE_SCAN, .column_count = 3, .columns = f->columns, .scan = &f->scan};
	f->options[0] = (Option){.name = "compression", .text = compression};
	f->options[1] = (Option){.name = "max_file_size", .text = "", .value.integer = max_file_size};
	f->options[2] = (Option){.name = "header", .text = "false", .value.boolean = false};
	f->key = (PartitionKey){.name = "country"};
	f->sink = (SinkPlan){.name = "raw sink",
						 .input = &f->node,
						 .visible_count = 3,
						 .format = &csv_sink_class.info,
						 .options = {f->options, 3},
						 .partition_key_count = partitioned,
						 .partition_keys = &f->key};
	f->scans[0] = &f->scan;
	f->sinks[0] = &f->sink;
	f->plan = (JobPlan){.scan_count = 1, .scans = f->scans, .sink_count = 1, .sinks = f->sinks};
	assert_true(outputs_open(&(OutputsOpen){.plan = &f->plan,
											.context = &f->context,
											.worker_count = workers,
											.job_name = "job",
											.job_uuid8 = "0123abcd",
											.memory_limit = memory_limit,
											.fs = &system_fs},
							 &f->outputs, &err));
	outputs_begin(f->outputs, &(PackTarget){&f->pack, memory_append, memory_read});
}

static void
fixture_init(Fixture *f, const char *compression, int64_t max_file_size, bool partitioned, int workers)
{
	fixture_open(f, compression, max_file_size, partitioned, workers, 0);
}

static void
fixture_free(Fixture *f)
{
	outputs_close(f->outputs);
	str_free(&f->pack);
	arena_release(&f->arena);
}

/* Row i of a partition: text that needs quoting now and then, NULL now and then. */
static void
set_row(const Fixture *f, Batch *batch, uint32_t row, int partition, int i, Arena *arena)
{
	static const char *const countries[] = {"de", "fr", "a/b", "../x"};
	static const char *const notes[] = {"plain", "", "with \"quotes\", and, commas", "line\nbreak\\"};
	const char *country =
		f->countries > 0 ? arena_printf(arena, "c%d", i * 7 % f->countries) : countries[i * 7 % 4];
	const char *note = arena_printf(arena, "%s %d", notes[i % 4], i % 97);

	COLUMN_DATA(&batch->columns[0], int64_t)[row] = partition * 1000000 + i;
	COLUMN_DATA(&batch->columns[1], Text)[row] = text_make(country, strlen(country));
	COLUMN_DATA(&batch->columns[2], Text)[row] = text_make(note, strlen(note));
}

/* Appends all rows of a partition in batches of the given size by one worker. */
static void
append_partition(Fixture *f, int partition, uint32_t batch_rows, int worker)
{
	static const TypeId types[] = {TYPE_BIGINT, TYPE_TEXT, TYPE_TEXT};
	Error err = {0};

	for (int at = 0; at < ROWS; at += (int)batch_rows)
	{
		Arena arena;
		Batch batch;
		uint32_t n = Min(batch_rows, (uint32_t)(ROWS - at));

		arena_init(&arena, "batch");
		batch_init(&batch, types, 3, &arena);
		for (uint32_t row = 0; row < n; row++)
			set_row(f, &batch, row, partition, at + (int)row, &arena);
		batch.n = n;
		batch.partition = partition;
		assert_true(outputs_append(f->outputs, worker, 0, &batch, &batch.columns[1], &err));
		arena_release(&arena);
	}
}

static void
read_object(const Fixture *f, const OutputFile *file, StrBuf *out)
{
	uint8_t digest[32];

	str_clear(out);
	for (size_t i = 0; i < file->range_count; i++)
		str_append(out, f->pack.data + file->ranges[i].offset, file->ranges[i].len);
	assert_int_equal(out->len, file->bytes);
	SHA256((const unsigned char *)out->data, out->len, digest);
	assert_memory_equal(digest, file->sha256, 32);
}

static void
finish(Fixture *f)
{
	Error err = {0};

	assert_true(outputs_finish(f->outputs, NULL, 7, &f->arena, &f->files, &err));
}

static void
expect_equal(const Fixture *a, const Fixture *b)
{
	StrBuf x = {0}, y = {0};

	assert_true(a->files.count > 0);
	assert_int_equal(a->files.count, b->files.count);
	for (size_t i = 0; i < a->files.count; i++)
	{
		assert_string_equal(a->files.files[i].key, b->files.files[i].key);
		assert_int_equal(a->files.files[i].rows, b->files.files[i].rows);
		read_object(a, &a->files.files[i], &x);
		read_object(b, &b->files.files[i], &y);
		assert_int_equal(x.len, y.len);
		assert_memory_equal(x.data, y.data, x.len);
	}
	str_free(&x);
	str_free(&y);
}

static void
compare_runs(const char *compression, int64_t max_file_size, bool partitioned)
{
	Fixture one, many;

	fixture_init(&one, compression, max_file_size, partitioned, 1);
	for (int p = 0; p < 4; p++)
		append_partition(&one, p, BATCH_ROWS, 0);
	finish(&one);
	fixture_init(&many, compression, max_file_size, partitioned, 3);
	for (int p = 3; p >= 0; p--)
		append_partition(&many, p, 37 + (uint32_t)p * 100, p % 3);
	finish(&many);
	expect_equal(&one, &many);
	fixture_free(&one);
	fixture_free(&many);
}

static void
test_same_bytes(void **state)
{
	(void)state;
	compare_runs("gzip", INT64_C(1) << 30, false);
	compare_runs("none", 100000, false);
	compare_runs("gzip", 20000, true);
	compare_runs("zstd", INT64_C(1) << 30, true);
}

/* Thousands of paths: their chunks go to a temporary file, and give the same objects. */
static void
test_little_memory(void **state)
{
	enum
	{
		COUNTRIES = 3000,
		ROUNDS = 8 /* of the same rows: a chunk is spilled more than once */
	};
	static const char *const compressions[] = {"none", "gzip", "zstd"};

	(void)state;
	for (size_t c = 0; c < lengthof(compressions); c++)
	{
		Fixture ample, scarce;
		size_t most = 0;

		fixture_open(&ample, compressions[c], 20000, true, 1, 0);
		fixture_open(&scarce, compressions[c], 20000, true, 2, 1 << 20);
		ample.countries = scarce.countries = COUNTRIES;
		for (int round = 0; round < ROUNDS; round++)
			for (int p = 0; p < 2; p++)
			{
				append_partition(&ample, p, BATCH_ROWS, 0);
				append_partition(&scarce, p, 700, p);
				most = Max(most, outputs_memory(scarce.outputs, p));
			}
		assert_true(most > 0 && most < 3 << 20);
		assert_true(outputs_memory(ample.outputs, 0) > 4 << 20);
		finish(&ample);
		finish(&scarce);
		assert_true(ample.files.count >= COUNTRIES);
		expect_equal(&ample, &scarce);
		fixture_free(&ample);
		fixture_free(&scarce);
	}
}

/* Whoever compresses meets the full disk, the epoch fails with that; the next one is whole again. */
static void
test_full_pack(void **state)
{
	Fixture f, whole;
	Error err = {0};

	(void)state;
	fixture_init(&whole, "gzip", INT64_C(1) << 30, false, 2);
	append_partition(&whole, 0, BATCH_ROWS, 0);
	finish(&whole);
	fixture_init(&f, "gzip", INT64_C(1) << 30, false, 2);
	for (pack_room = 0; pack_room < whole.pack.len - 100; pack_room += whole.pack.len / 5)
	{
		append_partition(&f, 0, BATCH_ROWS, 0);
		assert_false(outputs_finish(f.outputs, NULL, 7, &f.arena, &f.files, &err));
		assert_int_equal(err.state, SQLSTATE_DISK_FULL);
		error_clear(&err);
		outputs_abandon(f.outputs);
		str_clear(&f.pack);
		outputs_begin(f.outputs, &(PackTarget){&f.pack, memory_append, memory_read});
	}
	pack_room = SIZE_MAX;
	append_partition(&f, 0, BATCH_ROWS, 0);
	finish(&f);
	expect_equal(&f, &whole);
	fixture_free(&f);
	fixture_free(&whole);
}

static void
test_size_and_rows(void **state)
{
	Fixture f;
	uint64_t rows = 0;

	(void)state;
	fixture_init(&f, "none", 100000, false, 1);
	append_partition(&f, 0, BATCH_ROWS, 0);
	append_partition(&f, 1, BATCH_ROWS, 0);
	finish(&f);
	assert_true(f.files.count > 5);
	for (size_t i = 0; i < f.files.count; i++)
	{
		assert_true(f.files.files[i].bytes <= 100000);
		if (i + 1 < f.files.count)
			assert_true(f.files.files[i].bytes > 100000 / 8 * 7 - 100);
		assert_int_equal(f.files.files[i].kind, OUTPUT_DATA);
		rows += f.files.files[i].rows;
	}
	assert_int_equal(rows, 2 * ROWS);
	assert_string_equal(f.files.files[0].key, "job-0123abcd-raw%20sink-s0e00000007-0000.csv");
	fixture_free(&f);
}

static void
test_paths(void **state)
{
	Fixture f;

	(void)state;
	fixture_init(&f, "gzip", INT64_C(1) << 30, true, 1);
	append_partition(&f, 0, BATCH_ROWS, 0);
	finish(&f);
	assert_int_equal(f.files.count, 4);
	assert_string_equal(f.files.files[0].key,
						"country=..%2Fx/job-0123abcd-raw%20sink-s0e00000007-0000.csv.gz");
	assert_string_equal(f.files.files[1].key,
						"country=a%2Fb/job-0123abcd-raw%20sink-s0e00000007-0001.csv.gz");
	fixture_free(&f);
}

/* Collected rows come out by hidden columns, then visible ones, whoever collected them. */
static void
test_sorted(void **state)
{
	static const TypeId types[] = {TYPE_BIGINT, TYPE_TEXT, TYPE_TEXT, TYPE_BIGINT};
	static const char *const expected = "2,\"b\",\"x\"\n1,\"b\",\n1,\"a\",\"x\"\n3,\"a\",\"x\"\n";
	/* id, country, note or NULL, window end */
	static const struct
	{
		int id;
		const char *country, *note;
		int end;
	} rows[] = {{3, "a", "x", 30}, {1, "b", NULL, 20}, {2, "b", "x", 10}, {1, "a", "x", 30}};
	Fixture f;
	StrBuf bytes = {0};
	Error err = {0};

	(void)state;
	fixture_init(&f, "none", 1 << 20, false, 2);
	f.node.column_count = 4;
	f.sink.hidden_count = 1;
	for (uint32_t i = 0; i < lengthof(rows); i++)
	{
		Batch batch;

		batch_init(&batch, types, 4, &f.arena);
		batch.n = 1;
		batch.partition = -1;
		*COLUMN_DATA(&batch.columns[0], int64_t) = rows[i].id;
		*COLUMN_DATA(&batch.columns[1], Text) = text_make(rows[i].country, 1);
		if (rows[i].note != NULL)
			*COLUMN_DATA(&batch.columns[2], Text) = text_make(rows[i].note, 1);
		else
		{
			batch.columns[2].validity = batch.columns[2].validity_space;
			bitmap_clear(batch.columns[2].validity, 0);
		}
		*COLUMN_DATA(&batch.columns[3], int64_t) = rows[i].end;
		assert_true(outputs_collect(f.outputs, (int)i % 2, 0, &batch, NULL, &err));
	}
	finish(&f);
	assert_int_equal(f.files.count, 1);
	read_object(&f, &f.files.files[0], &bytes);
	assert_string_equal(str_cstr(&bytes), expected);
	str_free(&bytes);
	fixture_free(&f);
}

/* ---- many collected rows ---- */

enum
{
	GROUPS = 40000 /* rows; several units of rendering */
};

typedef struct Group
{
	int64_t end;       /* a few of them infinity, or NULL (-1) */
	const char *group; /* NULL now and then; all others begin alike */
	int64_t id;
} Group;

static int
compare_groups(const void *pa, const void *pb)
{
	const Group *a = pa, *b = pb;
	int order;

	if (a->end != b->end)
		return a->end == -1 || (b->end != -1 && a->end > b->end) ? 1 : -1;
	if (a->group == NULL || b->group == NULL)
		order = (a->group == NULL) - (b->group == NULL);
	else
		order = strcmp(a->group, b->group);
	return order != 0 ? order : (a->id > b->id) - (a->id < b->id);
}

static void
make_groups(Group *groups, Arena *arena)
{
	uint64_t x = 7;

	for (int i = 0; i < GROUPS; i++)
	{
		x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		groups[i].end = x >> 60 == 0 ? -1 : x >> 60 == 1 ? INT64_MAX : (int64_t)(x >> 40 & 7);
		groups[i].group = arena_printf(arena, "common-%.*s%u", (int)(x >> 33 & 15), "xxxxxxxxxxxxxxx",
									   (unsigned)(x >> 45 & 15));
		if ((x >> 50 & 31) == 0)
			groups[i].group = NULL;
		groups[i].id = i;
	}
}

static void
put_or_null(Batch *batch, uint32_t column, uint32_t row, const Datum *value)
{
	Datum null = datum_null(batch->columns[column].type);

	column_set(&batch->columns[column], row, value != NULL ? value : &null);
}

/* Collects the groups in batches of BATCH_ROWS, by the workers in turn. */
static void
collect_groups(Fixture *f, const Group *groups, int workers)
{
	static const TypeId types[] = {TYPE_BIGINT, TYPE_TEXT, TYPE_TEXT, TYPE_TIMESTAMPTZ, TYPE_TEXT};
	Error err = {0};

	f->node.column_count = 5;
	f->sink.hidden_count = 2;
	for (int at = 0; at < GROUPS; at += BATCH_ROWS)
	{
		Batch batch;

		batch_init(&batch, types, 5, &f->arena);
		batch.n = (uint32_t)Min(GROUPS - at, BATCH_ROWS);
		batch.partition = -1;
		for (uint32_t row = 0; row < batch.n; row++)
		{
			const Group *g = &groups[at + (int)row];
			Datum id = {.type = TYPE_BIGINT, .value.i64 = g->id},
				  end = {.type = TYPE_TIMESTAMPTZ, .value.i64 = g->end};
			Datum text = {.type = TYPE_TEXT};

			if (g->group != NULL)
				text.value.text = text_make(g->group, strlen(g->group));
			put_or_null(&batch, 0, row, &id);
			put_or_null(&batch, 1, row, NULL);
			put_or_null(&batch, 2, row, NULL);
			put_or_null(&batch, 3, row, g->end != -1 ? &end : NULL);
			put_or_null(&batch, 4, row, g->group != NULL ? &text : NULL);
		}
		assert_true(outputs_collect(f->outputs, at / BATCH_ROWS % workers, 0, &batch, NULL, &err));
	}
}

/* Keys that begin alike, NULLs and infinity are ordered as values are; units end anywhere. */
static void
test_many_sorted(void **state)
{
	Group *groups = mem_alloc(GROUPS * sizeof *groups);
	static const size_t limits[] = {0, 0, 4 << 20, 64 << 10};
	Fixture fixtures[lengthof(limits)];
	StrBuf bytes = {0}, expected = {0};
	Arena arena;

	(void)state;
	arena_init(&arena, "groups");
	make_groups(groups, &arena);
	for (size_t i = 0; i < lengthof(limits); i++)
	{
		int workers = i % 2 == 0 ? 1 : 3;

		fixture_open(&fixtures[i], "none", 1 << 30, false, workers, limits[i]);
		collect_groups(&fixtures[i], groups, workers);
		assert_true(limits[i] == 0 || outputs_memory(fixtures[i].outputs, 0) < 3 << 20);
		finish(&fixtures[i]);
		expect_equal(&fixtures[0], &fixtures[i]);
	}
	qsort(groups, GROUPS, sizeof *groups, compare_groups);
	for (int i = 0; i < GROUPS; i++)
		str_appendf(&expected, "%" PRId64 ",,\n", groups[i].id);
	assert_int_equal(fixtures[1].files.count, 1);
	read_object(&fixtures[1], &fixtures[1].files.files[0], &bytes);
	assert_string_equal(str_cstr(&bytes), str_cstr(&expected));
	for (size_t i = 0; i < lengthof(limits); i++)
		fixture_free(&fixtures[i]);
	str_free(&bytes);
	str_free(&expected);
	arena_release(&arena);
	mem_free(groups);
}

static void
test_dead_letter(void **state)
{
	Message m = {.value = "{\"a", .value_len = 3, .offset = 42, .timestamp = 0, .key = "k", .key_len = 1};
	Diversion d = {.scan = 0,
				   .sink = -1,
				   .partition = 3,
				   .message = &m,
				   .field = "a",
				   .state = SQLSTATE_INVALID_TEXT_REPRESENTATION,
				   .reason = "bad \"x\"",
				   .window_start = INT64_MIN,
				   .window_end = INT64_MIN};
	Fixture f;
	StrBuf bytes = {0};
	Error err = {0};

	(void)state;
	fixture_init(&f, "none", 1 << 20, false, 1);
	assert_true(outputs_dead_letter(f.outputs, 0, &d, &err));
	assert_true(outputs_settle(f.outputs, 0, &err));
	finish(&f);
	assert_int_equal(f.files.count, 1);
	assert_int_equal(f.files.files[0].kind, OUTPUT_DEAD);
	assert_string_equal(f.files.files[0].key, "dead/clicks/job-0123abcd-clicks-s0e00000007-0000.jsonl");
	read_object(&f, &f.files.files[0], &bytes);
	assert_string_equal(str_cstr(&bytes),
						"{\"stream\":\"clicks\",\"topic\":\"clicks\",\"field\":\"a\",\"sqlstate\":\"22P02\","
						"\"reason\":\"bad \\\"x\\\"\",\"partition\":3,\"offset\":42,"
						"\"timestamp\":\"2000-01-01 00:00:00+00\",\"key\":\"aw==\",\"value\":\"eyJh\"}\n");
	str_free(&bytes);
	fixture_free(&f);
}

/* One letter of the message at an offset, by a sink or (-1) by the decoder. */
static void
add_letter(Fixture *f, int64_t offset, int sink)
{
	Message m = {.value = "x", .value_len = 1, .offset = offset};
	Diversion d = {.sink = sink,
				   .message = &m,
				   .state = SQLSTATE_DIVISION_BY_ZERO,
				   .window_start = INT64_MIN,
				   .window_end = INT64_MIN,
				   .reason = "r"};
	Error err = {0};

	assert_true(outputs_dead_letter(f->outputs, 0, &d, &err));
}

/* Where a batch ends does not show in the order of dead letters. */
static void
test_dead_letter_order(void **state)
{
	static const struct
	{
		int64_t offset;
		int sink;
	} letters[] = {{5, -1}, {8, -1}, {4, 0}, {6, 0}, {9, 0}}; /* first the decoder, then a sink */
	static const int64_t bounds[] = {0, 7, 10};
	Fixture one, two;
	Error err = {0};

	(void)state;
	fixture_init(&one, "none", 1 << 20, false, 1);
	fixture_init(&two, "none", 1 << 20, false, 1);
	for (size_t i = 0; i < lengthof(letters); i++)
		add_letter(&one, letters[i].offset, letters[i].sink);
	assert_true(outputs_settle(one.outputs, 0, &err));
	for (size_t part = 0; part + 1 < lengthof(bounds); part++)
	{
		for (size_t i = 0; i < lengthof(letters); i++)
			if (letters[i].offset >= bounds[part] && letters[i].offset < bounds[part + 1])
				add_letter(&two, letters[i].offset, letters[i].sink);
		assert_true(outputs_settle(two.outputs, 0, &err));
	}
	finish(&one);
	finish(&two);
	expect_equal(&one, &two);
	assert_int_equal(one.files.files[0].rows, 5);
	fixture_free(&one);
	fixture_free(&two);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_bytes),
		cmocka_unit_test(test_little_memory),
		cmocka_unit_test(test_full_pack),
		cmocka_unit_test(test_size_and_rows),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_sorted),
		cmocka_unit_test(test_many_sorted),
		cmocka_unit_test(test_dead_letter),
		cmocka_unit_test(test_dead_letter_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
