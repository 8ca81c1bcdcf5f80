/*
 * The file source: lines and CSV records as offsets, positions, several files, growth, and what can't be
 * read.
 */
#include "tests/unit/source_testing.h"

#include <unistd.h>

#include "connectors/file_source.h"

static char folder[] = "/tmp/weir-file-source-XXXXXX";

static const char *
path_of(const char *name)
{
	static char path[4][200];
	static int next;
	char *p = path[next++ % 4];

	snprintf(p, sizeof path[0], "%s/%s", folder, name);
	return p;
}

static void
write_file(const char *name, const char *mode, const char *data, size_t len)
{
	FILE *file = fopen(path_of(name), mode);

	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, len, file), len);
	fclose(file);
}

static void
expect_records(const char *format, const char *header, const char *data, size_t len, const char *expected)
{
	TestStream stream;
	Source *source;
	StrBuf got = {0};

	write_file("one", "w", data, len);
	test_stream(&stream, &file_source_class.info, format, "path", path_of("one"), "header", header, NULL);
	source = open_source(&stream);
	assign(source, 0, 0);
	assert_int_equal(read_partition(source, 0, 3, &got), end_of(source, 0));
	assert_string_equal(str_cstr(&got), expected);
	source->class->close(source);
	str_free(&got);
}

#define EXPECT(format, header, data, expected) \
	expect_records(format, header, data, sizeof(data) - 1, expected)

static void
test_records(void **state)
{
	(void)state;
	EXPECT("json", "false", "", "");
	EXPECT("json", "false", "a\nb\n", "0:a\n1:b\n");
	EXPECT("json", "false", "a\nb", "0:a\n1:b\n");
	EXPECT("json", "false", "a\r\nb\r\n", "0:a\n1:b\n");
	EXPECT("json", "false", "a\n\n\r\nb\n\n", "0:a\n1:b\n");
	EXPECT("json", "false", "\xef\xbb\xbf{}\n", "0:{}\n");
	EXPECT("json", "false", "a \r b\n", "0:a \r b\n");
	EXPECT("csv", "false", "a,\"b\nc\"\nd\n", "0:a,\"b\nc\"\n1:d\n");
	EXPECT("csv", "false", "a,\"say \"\"hi\"\"\nc\"\r\nd", "0:a,\"say \"\"hi\"\"\nc\"\n1:d\n");
	EXPECT("csv", "true", "x,\"y\nz\"\r\n1,2\n3,4\n", "0:1,2\n1:3,4\n");
	EXPECT("csv", "true", "x,y\n", "");
	EXPECT("csv", "true", "", "");
	EXPECT("csv", "false", "a\n\nb\n", "0:a\n1:\n2:b\n");
	EXPECT("csv", "false", "a,\"open\nnever closed\n", "0:a,\"open\nnever closed\n\n");
}

/* Records of all lengths around the size of a block; every position can be read again. */
static void
test_blocks_and_positions(void **state)
{
	enum
	{
		COUNT = 3000
	};
	TestStream stream;
	Source *source;
	StrBuf data = {0}, all = {0};

	(void)state;
	for (int i = 0; i < COUNT; i++)
	{
		size_t len = i == 1500 ? (size_t)3 << 20 : (size_t)(i * 7919 % 1500);

		str_appendf(&data, "%d ", i);
		for (size_t k = 0; k < len; k++)
			str_append_char(&data, (char)('a' + k % 26));
		str_append_char(&data, '\n');
	}
	write_file("big", "w", data.data, data.len);
	test_stream(&stream, &file_source_class.info, "json", "path", path_of("big"), NULL);
	source = open_source(&stream);
	assert_int_equal(end_of(source, 0), COUNT);
	assign(source, 0, 0);
	assert_int_equal(read_partition(source, 0, 100, &all), COUNT);
	source->class->close(source);
	for (int offset = 0; offset <= COUNT; offset += 500)
	{
		StrBuf rest = {0};

		source = open_source(&stream);
		assign(source, 0, offset);
		assert_int_equal(read_partition(source, 0, 2048, &rest), COUNT);
		assert_true(rest.len <= all.len);
		assert_string_equal(str_cstr(&rest), str_cstr(&all) + all.len - rest.len);
		source->class->close(source);
		str_free(&rest);
	}
	str_free(&data);
	str_free(&all);
}

/* Messages stay valid until they are released, whatever is read meanwhile. */
static void
test_held_batches(void **state)
{
	TestStream stream;
	Source *source;
	MessageBatch held[4];
	StrBuf data = {0};
	Error err = {0};

	(void)state;
	for (int i = 0; i < 40; i++)
	{
		str_appendf(&data, "%02d", i);
		for (int k = 0; k < 100000; k++)
			str_append_char(&data, 'x');
		str_append_char(&data, '\n');
	}
	write_file("held", "w", data.data, data.len);
	test_stream(&stream, &file_source_class.info, "json", "path", path_of("held"), NULL);
	source = open_source(&stream);
	assign(source, 0, 0);
	for (size_t i = 0; i < lengthof(held); i++)
		assert_int_equal(source->class->poll(source, 0, 10, &held[i], &err), POLL_MESSAGES);
	for (size_t i = 0; i < lengthof(held); i++)
	{
		for (uint32_t k = 0; k < held[i].n; k++)
		{
			assert_int_equal(atoi(held[i].messages[k].value), held[i].messages[k].offset);
			assert_int_equal(held[i].messages[k].value_len, 100002);
		}
		source->class->release(source, 0, &held[i]);
	}
	source->class->close(source);
	str_free(&data);
}

static void
test_several_files(void **state)
{
	TestStream stream;
	Source *source;
	StrBuf got = {0};
	int32_t count;

	(void)state;
	write_file("part-b.jsonl", "w", "b0\nb1\n", 6);
	write_file("part-a.jsonl", "w", "a0\n", 3);
	write_file("other", "w", "x\n", 2);
	write_file("[other]", "w", "y\nz\n", 4);
	test_stream(&stream, &file_source_class.info, "json", "path", path_of("part-*.jsonl"), NULL);
	source = open_source(&stream);
	assert_true(source->class->partition_count(source, &count, NULL));
	assert_int_equal(count, 2);
	for (int32_t p = 0; p < count; p++)
	{
		assign(source, p, 0);
		(void)read_partition(source, p, 10, &got);
	}
	assert_string_equal(str_cstr(&got), "0:a0\n0:b0\n1:b1\n");
	source->class->close(source);
	/* a file that has this very name comes before what it matches */
	test_stream(&stream, &file_source_class.info, "json", "path", path_of("[other]"), NULL);
	source = open_source(&stream);
	assert_int_equal(end_of(source, 0), 2);
	source->class->close(source);
	str_free(&got);
}

/* What is appended is there at the next open, not before; what was cut off is a gap. */
static void
test_growth(void **state)
{
	TestStream stream;
	Source *source;
	StrBuf got = {0};
	Error err = {0};

	(void)state;
	write_file("grows", "w", "a\nb\n", 4);
	test_stream(&stream, &file_source_class.info, "json", "path", path_of("grows"), NULL);
	source = open_source(&stream);
	assign(source, 0, 0);
	write_file("grows", "a", "c\n", 2);
	assert_int_equal(read_partition(source, 0, 10, &got), 2);
	assert_int_equal(end_of(source, 0), 2);
	source->class->close(source);
	source = open_source(&stream);
	assert_int_equal(end_of(source, 0), 3);
	assign(source, 0, 2);
	str_clear(&got);
	assert_int_equal(read_partition(source, 0, 10, &got), 3);
	assert_string_equal(str_cstr(&got), "2:c\n");
	source->class->close(source);
	write_file("grows", "w", "a\n", 2);
	source = open_source(&stream);
	assert_false(source->class->assign(source, 0, 3, &err));
	assert_int_equal(err.state, SQLSTATE_DATA_GAP);
	error_clear(&err);
	source->class->close(source);
	str_free(&got);
}

static void
test_errors(void **state)
{
	TestStream stream;
	char expected[300];
	Error err;

	(void)state;
	test_stream(&stream, &file_source_class.info, "json", "path", path_of("absent"), NULL);
	err = open_failure(&stream);
	snprintf(expected, sizeof expected, "could not open file \"%s\": No such file or directory",
			 path_of("absent"));
	expect_error(&err, SQLSTATE_UNDEFINED_FILE, expected);
	test_stream(&stream, &file_source_class.info, "json", "path", path_of("absent-*"), NULL);
	err = open_failure(&stream);
	snprintf(expected, sizeof expected, "no file matches \"%s\"", path_of("absent-*"));
	expect_error(&err, SQLSTATE_UNDEFINED_FILE, expected);
	test_stream(&stream, &file_source_class.info, "json", "path", folder, NULL);
	err = open_failure(&stream);
	snprintf(expected, sizeof expected, "\"%s\" is a directory", folder);
	expect_error(&err, SQLSTATE_WRONG_OBJECT_TYPE, expected);
	test_stream(&stream, &file_source_class.info, "json", "path", "x", "header", "true", NULL);
	err = check_failure(&stream);
	expect_error(&err, SQLSTATE_INVALID_PARAMETER_VALUE, "option \"header\" requires format = 'csv'");
	test_stream(&stream, &file_source_class.info, "json", "path", "x", "refresh", "5 min", NULL);
	err = check_failure(&stream);
	expect_error(&err, SQLSTATE_INVALID_PARAMETER_VALUE, "option \"refresh\" can only be used with tables");
}

static int
make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) != NULL ? 0 : -1;
}

static int
remove_folder(void **state)
{
	static const char *const names[] = {"one",          "big",   "held",    "part-a.jsonl",
										"part-b.jsonl", "other", "[other]", "grows"};

	(void)state;
	for (size_t i = 0; i < lengthof(names); i++)
		unlink(path_of(names[i]));
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),      cmocka_unit_test(test_blocks_and_positions),
		cmocka_unit_test(test_held_batches), cmocka_unit_test(test_several_files),
		cmocka_unit_test(test_growth),       cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
