/*
 * The generator: reproducible from any position, JSON by the rules, and the shares of spoiled messages.
 */
#include "tests/unit/source_testing.h"

#include <jansson.h>

#include "connectors/generator.h"
#include "connectors/generator_rule.h"

/* What a rule makes for message n, or the error's message. */
static const char *
make(const char *text, int64_t n, StrBuf *out)
{
	GeneratorMoment moment = {.seed = 7, .number = n, .time = 1};
	GeneratorRule *rule;
	Error err = {0};
	Arena arena;

	str_clear(out);
	arena_init(&arena, "rule");
	if (!generator_rule_parse(str_from_cstr(text), 5, &rule, &arena, &err))
		str_append_cstr(out, err.message);
	else if (!generator_rule_make(rule, &moment, 1, out))
		str_append_cstr(out, "missing");
	error_clear(&err);
	arena_release(&arena);
	return str_cstr(out);
}

static void
test_rules(void **state)
{
	static const struct
	{
		const char *rule;
		int64_t n;
		const char *expected;
	} cases[] = {
		{"sequence()", 0, "1"},
		{"sequence()", 41, "42"},
		{"sequence(10, -0.5)", 3, "8.5"},
		{"uniform(3, 3)", 9, "3"},
		{"uniform(-1.50, -1.5)", 9, "-1.50"},
		{"zipf(1)", 9, "1"},
		{"choice(view)", 1, "\"view\""},
		{"choice(view:0, click:1, buy:0)", 1, "\"click\""},
		{"choice(\"a, \"\"b\"\"\")", 1, "\"a, \\\"b\\\"\""},
		{"boolean(1)", 1, "true"},
		{"boolean(0)", 1, "false"},
		{"constant(x y)", 1, "\"x y\""},
		{"json(\"[1, 2]\")", 1, "[1, 2]"},
		{"time()", 1, "\"2000-01-01T00:00:00.000001Z\""},
		{"time(unix_s)", 1, "946684800"},
		{"time(unix_us)", 1, "946684800000001"},
		{"prefix(c-, sequence(), 4)", 6, "\"c-0007\""},
		{"prefix(c-, choice(x))", 6, "\"c-x\""},
		{"prefix(\"a\"\"\", choice(\"b\"\"\\\"))", 6, "\"a\\\"b\\\"\\\\\""},
		{"prefix(a, object(k: constant(v)))", 6, "\"a{\\\"k\\\":\\\"v\\\"}\""},
		{"object(a: sequence(), b: missing(1, uuid()), c: object(d: constant(e)))", 0,
		 "{\"a\":1,\"c\":{\"d\":\"e\"}}"},
		{"object(a: missing(1, uuid()), b: sequence())", 0, "{\"b\":1}"},
		{"object()", 0, "{}"},
		{"array(sequence(), 3)", 0, "[1,1,1]"},
		{"null(1, uuid())", 0, "null"},
		{"null(0, constant(a))", 0, "\"a\""},
		{"missing(1, uuid())", 0, "missing"},
		{"unifrom(1, 2)", 0, "generator rule \"unifrom\" does not exist"},
		{"uniform(2, 1)", 0, "invalid generator rule: uniform() takes two numbers, the lower one first"},
		{"uniform(1)", 0, "invalid generator rule: uniform() got the wrong number of arguments"},
		{"uniform(1, 2", 0, "invalid generator rule \"uniform(1, 2\": syntax error at character 13"},
		{"uniform(1, 2) x", 0, "invalid generator rule \"uniform(1, 2) x\": syntax error at character 15"},
		{"uniform", 0, "invalid generator rule \"uniform\": syntax error at character 8"},
		{"", 0, "invalid generator rule \"\": syntax error at character 1"},
		{"boolean(1.5)", 0, "invalid generator rule: boolean() takes a probability from 0 to 1"},
		{"choice(a:0)", 0, "invalid generator rule: choice() needs a weight above 0"},
		{"zipf(0)", 0, "invalid generator rule: zipf() takes a number from 1 to 1000000 and an exponent"},
		{"hex(0)", 0, "invalid generator rule: hex() takes a number of digits from 1 to 1048576"},
		{"time(sundial)", 0, "invalid generator rule: time() takes iso, unix_s, unix_ms or unix_us"},
		{"object(uuid())", 0,
		 "invalid generator rule: object() takes keys with rules, such as country: choice(DE, FR)"},
	};
	StrBuf out = {0};

	(void)state;
	for (size_t i = 0; i < lengthof(cases); i++)
		assert_string_equal(make(cases[i].rule, cases[i].n, &out), cases[i].expected);
	str_free(&out);
}

/* uniform() reaches both ends evenly, zipf() follows its law, uuid() and hex() have their form. */
static void
test_distributions(void **state)
{
	int64_t uniform[5] = {0}, zipf[4] = {0};
	StrBuf out = {0};

	(void)state;
	for (int64_t n = 0; n < 20000; n++)
	{
		uniform[atoi(make("uniform(-2, 2)", n, &out)) + 2]++;
		zipf[atoi(make("zipf(4)", n, &out)) - 1]++;
	}
	for (int i = 0; i < 5; i++)
		assert_in_range(uniform[i], 3800, 4200);
	/* weights 1, 1/2, 1/3, 1/4 of 25/12 */
	assert_in_range(zipf[0], 9300, 9900);
	assert_in_range(zipf[1], 4600, 5000);
	assert_in_range(zipf[2], 3000, 3400);
	assert_in_range(zipf[3], 2200, 2600);
	(void)make("uuid()", 3, &out);
	assert_int_equal(out.len, 38);
	assert_true(out.data[15] == '4' && strchr("89ab", out.data[20]) != NULL);
	assert_int_equal(strlen(make("hex(21)", 3, &out)), 23);
	str_free(&out);
}

static void
clicks_stream(TestStream *s, const char *rows, const char *partitions, const char *seed)
{
	static ColumnDef columns[3];
	static PathStep paths[3];
	static const char *const names[] = {"user_id", "kind", "at"};
	static const TypeId types[] = {TYPE_BIGINT, TYPE_TEXT, TYPE_TIMESTAMPTZ};

	test_stream(s, &generator_source_class.info, "json", "rows", rows, "partitions", partitions, "seed", seed,
				"column.kind", "choice(a, b, c)", NULL);
	for (int i = 0; i < 3; i++)
	{
		paths[i] = (PathStep){.key = names[i]};
		columns[i] = (ColumnDef){
			.name = names[i], .type = {types[i], NO_MODIFIER}, .path_length = 1, .path = &paths[i]};
	}
	s->def.columns = columns;
	s->def.column_count = 3;
}

static void
read_from(const TestStream *s, int32_t partition, int64_t offset, uint32_t max, StrBuf *out)
{
	Source *source = open_source(s);

	str_clear(out);
	assign(source, partition, offset);
	(void)read_partition(source, partition, max, out);
	source->class->close(source);
}

static void
test_reproducible(void **state)
{
	TestStream s, other;
	StrBuf a = {0}, b = {0};
	Source *source;

	(void)state;
	clicks_stream(&s, "1000", "3", "5");
	read_from(&s, 1, 0, 100, &a);
	read_from(&s, 1, 0, 7, &b);
	assert_string_equal(str_cstr(&a), str_cstr(&b));
	read_from(&s, 1, 200, 100, &b);
	assert_string_equal(str_cstr(&b), strstr(str_cstr(&a), "\n200:") + 1);
	clicks_stream(&other, "1000", "3", "6");
	read_from(&other, 1, 0, 100, &b);
	assert_string_not_equal(str_cstr(&a), str_cstr(&b));
	source = open_source(&s);
	assert_int_equal(end_of(source, 0), 334);
	assert_int_equal(end_of(source, 1), 333);
	assert_int_equal(end_of(source, 2), 333);
	source->class->close(source);
	str_free(&a);
	str_free(&b);
}

/* Each line of read_partition() without its offset. */
static char *
next_message(char **p)
{
	char *line = strsep(p, "\n");

	return line != NULL && *line != '\0' ? strchr(line, ':') + 1 : NULL;
}

static void
test_spoiled_messages(void **state)
{
	TestStream s;
	StrBuf text = {0};
	char *p, *message;
	int malformed = 0, late = 0, nulls = 0, values = 0;
	json_int_t n = 0;

	(void)state;
	test_stream(&s, &generator_source_class.info, "raw", "rows", "10000", "malformed_ratio", "0.02",
				"late_ratio", "0.05", "null_ratio", "0.1", "late_by", "1 h", "time_step", "1 s", "column.n",
				"sequence()", "column.v", "uniform(1, 9)", "column.at", "time(unix_s)", NULL);
	read_from(&s, 0, 0, 1000, &text);
	for (p = text.data; (message = next_message(&p)) != NULL; n++)
	{
		json_t *document = json_loads(message, 0, NULL);

		if (document == NULL)
			malformed++;
		else
		{
			json_int_t at = json_integer_value(json_object_get(document, "at"));

			assert_int_equal(json_object_size(document), 3);
			/* 2026-01-01 UTC is 1767225600 */
			assert_true(at == 1767225600 + n || at == 1767225600 + n - 3600);
			late += at != 1767225600 + n;
			nulls += json_is_null(json_object_get(document, "v"));
			values++;
		}
		json_decref(document);
	}
	assert_int_equal(n, 10000);
	assert_in_range(malformed, 150, 250);
	assert_in_range(late, 400, 600);
	assert_in_range(nulls, 400, 600); /* half of a tenth */
	str_free(&text);
}

typedef struct TestClock
{
	Clock clock;
	int64_t micros;
} TestClock;

static int64_t
test_clock_monotonic(const Clock *clock)
{
	return ((const TestClock *)clock)->micros;
}

static void
test_rate(void **state)
{
	TestClock clock = {.clock = {.monotonic = test_clock_monotonic}};
	TestStream s;
	SourceOpen open = {.stream = &s.def, .clock = &clock.clock};
	Source *source;
	StrBuf text = {0};

	(void)state;
	test_stream(&s, &generator_source_class.info, "raw", "rows_per_second", "10", "partitions", "2",
				"column.n", "sequence()", NULL);
	assert_true(generator_source_class.open(&open, &source, NULL));
	assign(source, 0, 0);
	assign(source, 1, 0);
	assert_int_equal(read_partition(source, 0, 100, &text), 0);
	clock.micros += 300000; /* messages 0, 1, 2 */
	assert_int_equal(read_partition(source, 0, 100, &text), 2);
	assert_int_equal(read_partition(source, 1, 100, &text), 1);
	assert_string_equal(str_cstr(&text), "0:{\"n\":1}\n1:{\"n\":3}\n0:{\"n\":2}\n");
	source->class->close(source);
	str_free(&text);
}

static void
test_checks(void **state)
{
	TestStream s;
	Error err;

	(void)state;
	test_stream(&s, &generator_source_class.info, "csv", "rows", "1", NULL);
	err = check_failure(&s);
	expect_error(&err, SQLSTATE_INVALID_PARAMETER_VALUE,
				 "connector \"generator\" makes JSON: use format = 'json' or 'raw'");
	test_stream(&s, &generator_source_class.info, "json", NULL);
	err = check_failure(&s);
	expect_error(&err, SQLSTATE_FDW_OPTION_NAME_NOT_FOUND,
				 "option \"rows\" or \"rows_per_second\" is required");
	test_stream(&s, &generator_source_class.info, "json", "rows", "1", "column.x", "uuid()", NULL);
	err = check_failure(&s);
	expect_error(&err, SQLSTATE_UNDEFINED_COLUMN, "column \"x\" does not exist");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),        cmocka_unit_test(test_distributions),
		cmocka_unit_test(test_reproducible), cmocka_unit_test(test_spoiled_messages),
		cmocka_unit_test(test_rate),         cmocka_unit_test(test_checks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
