/*
 * executor_datetime: the functions of the date and time types, through the registry and their kernels.
 *
 * Expected texts are what PostgreSQL 15 gives in the zone Europe/Berlin.
 */
#include "tests/unit/datetime_fixture.h"

#include "common/types/timestamp.h"
#include "executor/kernel_table.h"

typedef struct CallCase
{
	const char *function;
	TypeId result; /* for casts, which have one name; else TYPE_UNKNOWN */
	struct
	{
		TypeId type;
		const char *text;
	} args[3];
	const char *expected;
} CallCase;

static const CallCase calls[] = {
#include "tests/unit/executor_datetime_cases.h"
};

enum
{
	MAX_ARGS = 3
};

static const FunctionInfo *
find_function(const char *name, TypeId result, const TypeId *types, int count)
{
	int next = 0;
	const FunctionInfo *info;

	while ((info = function_next(str_from_cstr(name), &next)) != NULL)
		if (info->arg_count == count && (result == TYPE_UNKNOWN || info->result == result) &&
			memcmp(info->args, types, sizeof *types * (size_t)count) == 0)
			return info;
	fail_msg("no function %s", name);
	return NULL;
}

/* The printed result of a call on one row, "NULL", or its error. */
static const char *
evaluate(DateTimeFixture *f, const CallCase *c)
{
	TypeId types[MAX_ARGS];
	Value values[MAX_ARGS], result;
	Column columns[MAX_ARGS] = {{0}};
	const Column *args[MAX_ARGS];
	uint64_t failed = 0, validity = 0;
	Column out = {.data = &result, .validity_space = &validity};
	Error err = {0};
	StrBuf text = {0};
	const char *printed;
	int count = 0;

	for (; count < MAX_ARGS && c->args[count].text != NULL; count++)
	{
		types[count] = c->args[count].type;
		columns[count] = (Column){.type = types[count], .constant = true, .data = &values[count]};
		args[count] = &columns[count];
		if (!type_class(types[count])
				 ->parse(str_from_cstr(c->args[count].text), &f->context, &f->arena, &values[count], &err))
			return fixture_error(f, &err);
	}
	const FunctionInfo *info = find_function(c->function, c->result, types, count);
	out.type = info->result;
	kernel_of(info->id)(&(KernelCall){.n = 1,
									  .arg_count = count,
									  .args = args,
									  .out = &out,
									  .failed = &failed,
									  .arena = &f->arena,
									  .context = &f->context,
									  .type = {info->result, NO_MODIFIER},
									  .err = &err});
	if (failed != 0)
		return fixture_error(f, &err);
	if (column_is_null(&out, 0))
		return "NULL";
	type_class(info->result)->print(&result, &f->context, &text);
	printed = arena_strndup(&f->arena, str_cstr(&text), text.len);
	str_free(&text);
	return printed;
}

static void
calls_give_what_postgresql_gives(void **state UNUSED)
{
	DateTimeFixture f;

	fixture_init(&f, "Europe/Berlin");
	for (size_t i = 0; i < lengthof(calls); i++)
	{
		const char *got = evaluate(&f, &calls[i]);

		if (strcmp(got, calls[i].expected) != 0)
			fail_msg("%s(%s, %s): expected %s, got %s", calls[i].function, calls[i].args[0].text,
					 calls[i].args[1].text ? calls[i].args[1].text : "", calls[i].expected, got);
	}
	fixture_release(&f);
}

/* ---- many rows ---- */

enum
{
	ROWS = 200
};

typedef struct Rows
{
	DateTimeFixture fixture;
	int64_t ts[ROWS];
	Text units[ROWS];
	Interval sizes[ROWS];
	Interval offsets[ROWS];
	Value out[ROWS]; /* room for any type; the kernel sees an array of its result type */
	uint64_t out_validity[BITMAP_WORDS(ROWS)];
	uint64_t ts_validity[BITMAP_WORDS(ROWS)];
	uint64_t failed[BITMAP_WORDS(ROWS)];
} Rows;

/* Seven minutes apart; every third row is NULL, every fifth is infinite. */
static void
rows_init(Rows *r)
{
	memset(r, 0, sizeof *r);
	fixture_init(&r->fixture, "UTC");
	bitmap_fill(r->ts_validity, ROWS, true);
	for (int i = 0; i < ROWS; i++)
	{
		r->ts[i] = i % 5 == 4 ? TIMESTAMP_INFINITY : FIXTURE_NOW + i * 7 * MICROS_PER_MINUTE;
		r->units[i] = text_make("hour", 4);
		r->sizes[i] = (Interval){.micros = MICROS_PER_HOUR};
		if (i % 3 == 2)
		{
			r->ts[i] = 0;
			bitmap_clear(r->ts_validity, (size_t)i);
		}
	}
}

static bool
row_is_null(int i)
{
	return i % 3 == 2;
}

static bool
row_is_infinite(int i)
{
	return i % 5 == 4 && !row_is_null(i);
}

/* An infinite moment has no hour: NULL, not a failure; a unit that doesn't exist fails only rows that are not
 * NULL. */
static void
extract_gives_null(void **state UNUSED)
{
	Rows *r = calloc(1, sizeof *r);

	rows_init(r);
	Column units = {.type = TYPE_TEXT, .data = r->units};
	Column ts = {.type = TYPE_TIMESTAMP, .data = r->ts, .validity = r->ts_validity};
	Column out = {.type = TYPE_NUMERIC, .data = r->out, .validity_space = r->out_validity};
	const Column *args[] = {&units, &ts};
	KernelCall call = {.n = ROWS,
					   .arg_count = 2,
					   .args = args,
					   .out = &out,
					   .failed = r->failed,
					   .arena = &r->fixture.arena,
					   .context = &r->fixture.context};

	r->units[9] = text_make("nonsense", 8);  /* an infinite row */
	r->units[11] = text_make("nonsense", 8); /* a NULL row */
	r->units[12] = text_make("nonsense", 8);
	kernel_of(FUNCTION_ID_TIMESTAMP_EXTRACT)(&call);
	for (int i = 0; i < ROWS; i++)
	{
		const Numeric *n = (const Numeric *)(const void *)r->out + i;
		bool fails = i == 9 || i == 12;

		assert_int_equal(bitmap_get(r->failed, (size_t)i), fails);
		if (!fails)
			assert_int_equal(column_is_null(&out, (size_t)i), row_is_null(i) || row_is_infinite(i));
		if (fails || column_is_null(&out, (size_t)i))
			assert_memory_equal(n, &(Numeric){.small = 0}, sizeof *n);
		else
			assert_true(n->small == (12 + i * 7 / 60) % 24 && n->dscale == 0);
	}
	fixture_release(&r->fixture);
	free(r);
}

/* Window functions agree with date_bin from 1970, with constant and with changing sizes, and fail on infinite
 * rows. */
static void
tumbles(void **state UNUSED)
{
	const int64_t epoch = -CALENDAR_UNIX_EPOCH_DAYS * MICROS_PER_DAY;

	for (int changing = 0; changing < 2; changing++)
		for (int want_end = 0; want_end < 2; want_end++)
		{
			Rows *r = calloc(1, sizeof *r);

			rows_init(r);
			for (int i = 0; i < ROWS; i++)
			{
				r->sizes[i] = (Interval){.micros = (changing ? 1 + i % 4 : 1) * 17 * MICROS_PER_MINUTE};
				r->offsets[i] =
					(Interval){.micros = changing ? -i * MICROS_PER_SECOND : 90 * MICROS_PER_SECOND};
			}
			Column ts = {.type = TYPE_TIMESTAMPTZ, .data = r->ts, .validity = r->ts_validity};
			Column sizes = {.type = TYPE_INTERVAL, .constant = !changing, .data = r->sizes};
			Column offsets = {.type = TYPE_INTERVAL, .constant = !changing, .data = r->offsets};
			Column out = {.type = TYPE_TIMESTAMPTZ, .data = r->out, .validity = r->ts_validity};
			const Column *args[] = {&ts, &sizes, &offsets};
			KernelCall call = {.n = ROWS,
							   .arg_count = 3,
							   .args = args,
							   .out = &out,
							   .failed = r->failed,
							   .context = &r->fixture.context};

			kernel_of(want_end ? FUNCTION_ID_TIMESTAMPTZ_TUMBLE_END
							   : FUNCTION_ID_TIMESTAMPTZ_TUMBLE_START)(&call);
			for (int i = 0; i < ROWS; i++)
			{
				int64_t expected;

				assert_int_equal(bitmap_get(r->failed, (size_t)i), row_is_infinite(i));
				if (row_is_null(i) || row_is_infinite(i))
					continue;
				assert_true(
					timestamp_bin(r->sizes[i], r->ts[i], epoch + r->offsets[i].micros, &expected, NULL));
				if (want_end)
					expected += r->sizes[i].micros;
				assert_true(COLUMN_DATA(&out, int64_t)[i] == expected);
			}
			fixture_release(&r->fixture);
			free(r);
		}
}

static void
now_is_the_statements_time(void **state UNUSED)
{
	DateTimeFixture f;
	int64_t result[3];
	Column out = {.type = TYPE_TIMESTAMPTZ, .data = result};

	fixture_init(&f, "UTC");
	kernel_of(FUNCTION_ID_NOW)(&(KernelCall){.n = 3, .out = &out, .context = &f.context});
	for (int i = 0; i < 3; i++)
		assert_true(result[i] == FIXTURE_NOW);
	fixture_release(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_give_what_postgresql_gives),
		cmocka_unit_test(extract_gives_null),
		cmocka_unit_test(tumbles),
		cmocka_unit_test(now_is_the_statements_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
