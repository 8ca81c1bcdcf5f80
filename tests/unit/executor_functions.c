/*
 * executor_functions.c: every function and cast of numbers and text gives PostgreSQL's answers.
 *
 * The cases are the lines of tests/unit/values/<type>.tsv, fields separated by tabs, the last being the
 * answer: parse     type  text                      the text input of a type modifier  type  precision  scale
 * text    the same, then the type's modifier FUNCTION_ID     argument …                a function of
 * planner/function_list.h, arguments as text In fields, \\ \n \t \r \b \f are escapes and \e alone is the
 * empty text. An answer is what the type prints, <NULL>, or "SQLSTATE message | detail". Answers come from
 * PostgreSQL, never from Weir.
 *
 * Each function is called as a batch of rows, first without an Error, then, where rows failed, for one row
 * with one: both ways must agree.
 */
#include <stdio.h>

#include "executor/kernel_table.h"
#include "tests/unit/type_support.h"

enum
{
	MAX_FIELDS = 8,
	ROWS = 70, /* more than one word of the bitmaps */
	LONG_TEXT =
		2000 /* characters of arguments; longer ones are tried for two rows only: they take their time */
};

static const char *const function_names[] = {
#define FUNCTION(id, name, result, args, volatility, nulls, kernel) #id,
#include "planner/function_list.h"
#undef FUNCTION
};

static const FunctionInfo *
find_function(const char *id)
{
	for (size_t i = 0; i < lengthof(function_names); i++)
	{
		if (strcmp(function_names[i], id) == 0)
			return function_info((FunctionId)i);
	}
	fail_msg("no function %s in the list", id);
	return NULL;
}

/* Splits a line at its tabs and resolves the escapes, in place. */
static int
split(char *line, char **fields)
{
	static const char letters[] = "ntrbf\\";
	static const char values[] = "\n\t\r\b\f\\";
	char *out = line;
	int count = 0;

	fields[count++] = out;
	for (const char *p = line; *p != '\0' && *p != '\n'; p++)
	{
		if (*p == '\t')
		{
			*out++ = '\0';
			assert_true(count < MAX_FIELDS);
			fields[count++] = out;
		}
		else if (*p == '\\' && p[1] == 'e')
			p++;
		else if (*p == '\\')
			*out++ = values[strchr(letters, *++p) - letters];
		else
			*out++ = *p;
	}
	*out = '\0';
	return count;
}

static const char *
run_parse(char **fields, Arena *arena)
{
	TypeId type = type_by_name(str_from_cstr(fields[1]));
	bool modified = strcmp(fields[0], "modifier") == 0;
	TypeSpec spec = {type, modified ? NUMERIC_MODIFIER(atoi(fields[2]), atoi(fields[3])) : NO_MODIFIER};
	StrView text = str_from_cstr(fields[modified ? 4 : 2]);
	Error err = {0};
	Value value;

	memset(&value, 0, sizeof value);
	if (!type_class(type)->parse(text, NULL, arena, &value, &err) ||
		!type_apply_modifier(spec, &value, arena, &err))
		return support_error(arena, &err);
	return support_print(type, &value, arena);
}

/* Calls the kernel for n rows of the same arguments. */
static void
call_kernel(const FunctionInfo *f, char **args, uint32_t n, Column *out, uint64_t *failed, Arena *arena,
			Error *err)
{
	static const TypeContext context;
	Column columns[FUNCTION_MAX_ARGS];
	const Column *pointers[FUNCTION_MAX_ARGS];
	KernelCall call = {
		.n = n,
		.arg_count = f->arg_count,
		.args = pointers,
		.out = out,
		.failed = failed,
		.arena = arena,
		.context = &context,
		.type = {f->result, NO_MODIFIER},
		.err = err,
	};

	column_init(out, f->result, arena);
	for (int i = 0; i < f->arg_count; i++)
	{
		Datum d = {.type = f->args[i], .value = support_value(f->args[i], args[i], arena)};

		column_init(&columns[i], f->args[i], arena);
		column_fill_constant(&columns[i], &d, BATCH_ROWS);
		pointers[i] = &columns[i];
	}
	kernel_of(f->id)(&call);
}

static const char *
print_row(const Column *c, size_t row, Arena *arena)
{
	Datum d = column_get(c, row);

	return d.isnull ? "<NULL>" : support_print(c->type, datum_pointer(&d), arena);
}

static uint32_t
row_count(const FunctionInfo *f, char **args, Arena *arena)
{
	size_t length = 0;

	for (int i = 0; i < f->arg_count; i++)
	{
		Datum d = {.type = f->args[i], .value = support_value(f->args[i], args[i], arena)};

		length += strlen(support_print(d.type, datum_pointer(&d), arena));
	}
	return length > LONG_TEXT ? 2 : ROWS;
}

static const char *
run_function(const FunctionInfo *f, char **args, Arena *arena)
{
	uint32_t n = row_count(f, args, arena);
	uint64_t failed[BITMAP_WORDS(BATCH_ROWS)] = {0};
	uint64_t failed_one[BITMAP_WORDS(BATCH_ROWS)] = {0};
	Column many;
	Column one;
	Error err = {0};

	call_kernel(f, args, n, &many, failed, arena, NULL);
	call_kernel(f, args, 1, &one, failed_one, arena, &err);
	assert_true(bitmap_count(failed, n) == (err.set ? n : 0));
	assert_true(bitmap_get(failed_one, 0) == err.set);
	if (err.set)
		return support_error(arena, &err);
	assert_string_equal(print_row(&many, 0, arena), print_row(&one, 0, arena));
	assert_string_equal(print_row(&many, n - 1, arena), print_row(&one, 0, arena));
	batch_check(&(Batch){.n = n, .column_count = 1, .columns = &many});
	return print_row(&one, 0, arena);
}

/* True if the answer is the expected one. */
static bool
check_line(char **fields, int count, const char *file, int line, Arena *arena)
{
	const char *expected = fields[count - 1];
	const char *answer;

	if (strcmp(fields[0], "parse") == 0 || strcmp(fields[0], "modifier") == 0)
		answer = run_parse(fields, arena);
	else
		answer = run_function(find_function(fields[0]), fields + 1, arena);
	if (strcmp(answer, expected) == 0)
		return true;
	print_error("%s:%d: %s: expected %s\n  got %s\n", file, line, fields[0], expected, answer);
	return false;
}

/* *state is the name of the file. */
static void
test_file(void **state)
{
	const char *name = *state;
	FILE *file = fopen(name, "r");
	char *line = NULL;
	size_t capacity = 0;
	int number = 0;
	int wrong = 0;
	Arena arena;

	assert_non_null(file);
	arena_init(&arena, "test");
	while (getline(&line, &capacity, file) > 0)
	{
		char *fields[MAX_FIELDS];

		number++;
		if (line[0] == '#')
			continue;
		wrong += !check_line(fields, split(line, fields), name, number, &arena);
		arena_reset(&arena);
	}
	assert_true(number > 20);
	free(line);
	fclose(file);
	arena_release(&arena);
	assert_int_equal(wrong, 0);
}

#define VALUES(type)                                                    \
	{                                                                   \
#type, test_file, NULL, NULL, "tests/unit/values/" #type ".tsv" \
	}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		VALUES(boolean), VALUES(integer), VALUES(float), VALUES(numeric),
		VALUES(text),    VALUES(uuid),    VALUES(jsonb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
