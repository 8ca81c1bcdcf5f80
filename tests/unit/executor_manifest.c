/*
 * executor_manifest: manifests survive the way through JSON; whatever is missing or wrong is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "executor/manifest.h"

static void
set_hex(char *out, size_t size, char digit)
{
	memset(out, digit, size - 1);
	out[size - 1] = '\0';
}

static void
make_partition(ManifestPartition *p, SinkCounts *sinks, int64_t next)
{
	*p = (ManifestPartition){.last = {next - 1, INT64_C(-5), UINT64_C(0xfedcba9876543210)},
							 .max_time = 123456789,
							 .idle = true,
							 .batch_start = 7,
							 .batch_end = INT64_MAX};
	p->totals = (PartitionCounts){.next_offset = next,
								  .read = 90,
								  .gaps = 10,
								  .decoded = 80,
								  .dead = 8,
								  .tombstones = 2,
								  .bytes = 4000,
								  .sinks = sinks};
	sinks[0] = (SinkCounts){70, 5, 3, 2};
}

static ManifestPartition partitions[2];
static SinkCounts counts[2][1];
static ManifestScan scan = {
	.stream = "clicks \"x\"", .watermark = INT64_MIN, .partition_count = 2, .partitions = partitions};
static ManifestSink sink = {.name = "s\xc3\xa4nk",
							.stateful_text = "line\nline 2",
							.revision = 3,
							.closed_end = INT64_MAX,
							.load = "rest, table T"};
static ManifestTable table = {.name = "t", .pack = "s0/p/x.pack", .offset = 9, .len = 11};
static ManifestLoad load = {.sink = "s\xc3\xa4nk",
							.kind = OUTPUT_DEAD,
							.name = "clicks",
							.table = "A.B.T",
							.loading = true,
							.loaded = 12,
							.failed = 3};
static AcceptedGap gap = {.stream = "clicks", .partition = 1, .from = 5, .to = 50};

static Manifest
make_manifest(void)
{
	Manifest m = {.seq = 42,
				  .kind = MANIFEST_COMMIT,
				  .binary_version = "1.2",
				  .settings = "timezone=UTC",
				  .tzdata = "2025b",
				  .now = INT64_MIN,
				  .clock = 77,
				  .published_upto = 41,
				  .loaded_upto = 40,
				  .scan_count = 1,
				  .sink_count = 1,
				  .table_count = 1,
				  .scans = &scan,
				  .sinks = &sink,
				  .tables = &table,
				  .batch = {.number = 2, .commit_rows = 1000, .cuts = 3, .done = true},
				  .load_count = 1,
				  .loads = &load,
				  .gap_count = 1,
				  .gaps = &gap,
				  .footer_pack = "s0/p/y.pack",
				  .footer_offset = 1,
				  .footer_len = 2,
				  .file_count = 4};

	set_hex(m.previous, HEX_SHA256, 'a');
	set_hex(m.job_uuid, HEX_UUID, 'b');
	set_hex(m.writer, HEX_UUID, 'c');
	set_hex(m.nonce, HEX_UUID, 'd');
	set_hex(m.footer_sha256, HEX_SHA256, 'e');
	set_hex(m.files_sha256, HEX_SHA256, 'f');
	set_hex(sink.stateful_sha256, HEX_SHA256, '1');
	set_hex(sink.stateless_sha256, HEX_SHA256, '2');
	set_hex(table.sha256, HEX_SHA256, '3');
	make_partition(&partitions[0], counts[0], 100);
	make_partition(&partitions[1], counts[1], 200);
	partitions[1].last = (LastRecord){.offset = -1};
	partitions[1].max_time = INT64_MIN;
	partitions[1].batch_end = 500;
	return m;
}

static void
what_is_printed_is_read_back(void **state UNUSED)
{
	Manifest m = make_manifest(), back;
	StrBuf text = {0}, again = {0};
	Arena arena;
	Error err = {0};

	arena_init(&arena, "test");
	manifest_print(&m, &text);
	assert_true(manifest_parse(str_view(&text), "m", &arena, &back, &err));
	manifest_print(&back, &again);
	assert_string_equal(text.data, again.data);
	assert_int_equal(back.scans[0].partitions[0].last.hash, UINT64_C(0xfedcba9876543210));
	assert_int_equal(back.scans[0].partitions[0].last.timestamp, -5);
	assert_int_equal(back.scans[0].partitions[1].last.offset, -1);
	assert_true(back.scans[0].partitions[0].batch_end == INT64_MAX);
	assert_int_equal(back.scans[0].partitions[1].batch_end, 500);
	assert_true(back.scans[0].watermark == INT64_MIN);
	assert_true(back.sinks[0].closed_end == INT64_MAX);
	assert_string_equal(back.sinks[0].name, sink.name);
	assert_int_equal(back.scans[0].partitions[0].totals.sinks[0].late, 3);
	assert_int_equal(back.gaps[0].to, 50);
	assert_true(back.batch.done);
	assert_string_equal(back.sinks[0].load, "rest, table T");
	assert_int_equal(back.loads[0].kind, OUTPUT_DEAD);
	assert_string_equal(back.loads[0].table, "A.B.T");
	assert_true(back.loads[0].loading);
	assert_int_equal(back.loads[0].loaded, 12);
	assert_int_equal(back.loads[0].failed, 3);
	assert_int_equal(back.loaded_upto, 40);
	str_free(&text);
	str_free(&again);
	arena_release(&arena);
}

/* The version that wrote it loaded nothing, so nothing is owed. */
static void
a_manifest_of_before_loading_owes_nothing(void **state UNUSED)
{
	static const char field[] = "\"loaded_upto\":40,", seal[] = ",\"sha256\":\"";
	Manifest m = make_manifest(), back;
	StrBuf text = {0}, old = {0};
	Arena arena;
	Error err = {0};
	const char *at, *end, *next;

	arena_init(&arena, "test");
	manifest_print(&m, &text);
	at = strstr(text.data, field);
	assert_non_null(at);
	str_append(&old, text.data, (size_t)(at - text.data));
	for (end = next = strstr(text.data, seal); next != NULL; next = strstr(next + 1, seal))
		end = next;
	at += strlen(field);
	str_append(&old, at, (size_t)(end - at));
	str_append_char(&old, '}');
	manifest_seal(&old);
	assert_true(manifest_parse(str_view(&old), "m", &arena, &back, &err));
	assert_int_equal(back.loaded_upto, 42);
	str_free(&text);
	str_free(&old);
	arena_release(&arena);
}

/* Cut off anywhere, or with any field renamed, it is refused, never half believed. */
static void
damage_is_refused(void **state UNUSED)
{
	Manifest m = make_manifest(), back;
	StrBuf text = {0};
	Arena arena;
	Error err = {0};
	size_t fields = 0;

	arena_init(&arena, "test");
	manifest_print(&m, &text);
	for (size_t len = 0; len + 1 < text.len; len++)
	{
		assert_false(manifest_parse((StrView){text.data, len}, "m", &arena, &back, &err));
		assert_int_equal(err.state, SQLSTATE_DATA_CORRUPTED);
	}
	for (char *at = text.data; (at = strstr(at, "\":")) != NULL; at += 2)
	{
		char kept = at[-1];

		at[-1] = '?';
		/* The format is the one field that an old manifest may lack. */
		if (strncmp(at - 7, "\"forma?", 7) != 0)
		{
			assert_false(manifest_parse(str_view(&text), "m", &arena, &back, &err));
			assert_non_null(strstr(err.message, "manifest \"m\""));
			fields++;
		}
		at[-1] = kept;
	}
	assert_true(fields > 50);
	error_clear(&err);
	str_free(&text);
	arena_release(&arena);
}

/* A number that became another is as bad as text that can't be parsed: the newest manifest has no successor
 * that knows its checksum. */
static void
any_changed_byte_is_found(void **state UNUSED)
{
	Manifest m = make_manifest(), back;
	StrBuf text = {0};
	Arena arena;
	Error err = {0};

	arena_init(&arena, "test");
	manifest_print(&m, &text);
	for (size_t i = 0; i < text.len; i++)
		for (int bit = 0; bit < 8; bit++)
		{
			text.data[i] ^= (char)(1 << bit);
			assert_false(manifest_parse(str_view(&text), "m", &arena, &back, &err));
			assert_true(err.state == SQLSTATE_DATA_CORRUPTED || err.state == SQLSTATE_INCOMPATIBLE_STATE);
			text.data[i] ^= (char)(1 << bit);
		}
	assert_true(manifest_parse(str_view(&text), "m", &arena, &back, &err) || err.set);
	error_clear(&err);
	str_free(&text);
	arena_release(&arena);
}

static void
a_newer_format_is_named(void **state UNUSED)
{
	Manifest back;
	Arena arena;
	Error err = {0};

	arena_init(&arena, "test");
	assert_false(manifest_parse(STR_LIT("{\"format\":2}"), "m", &arena, &back, &err));
	assert_int_equal(err.state, SQLSTATE_INCOMPATIBLE_STATE);
	error_clear(&err);
	arena_release(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_printed_is_read_back),
		cmocka_unit_test(a_manifest_of_before_loading_owes_nothing),
		cmocka_unit_test(damage_is_refused),
		cmocka_unit_test(any_changed_byte_is_found),
		cmocka_unit_test(a_newer_format_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
