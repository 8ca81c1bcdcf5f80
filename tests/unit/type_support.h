/*
 * type_support.h: what the tests of value types share.
 *
 * A result is written as text: what the type prints, or, for an error, "SQLSTATE message | detail". Expected
 * values in the tables of these tests are PostgreSQL 15's.
 */
#ifndef WEIR_TESTS_UNIT_TYPE_SUPPORT_H
#define WEIR_TESTS_UNIT_TYPE_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "common/types/type.h"

typedef struct ParseCase
{
	const char *input;
	const char *output;
} ParseCase;

typedef struct BinaryCase
{
	const char *operator;
	const char *a;
	const char *b;
	const char *output;
} BinaryCase;

static inline const char *
support_error(Arena *arena, Error *err)
{
	const char *text = arena_printf(arena, "%s %s%s%s", sqlstate_code(err->state), err->message,
									err->detail ? " | " : "", err->detail ? err->detail : "");

	assert_true(err->set);
	error_clear(err);
	return text;
}

/* What the type prints of a value. */
static inline const char *
support_print(TypeId type, const void *value, Arena *arena)
{
	StrBuf text = {0};
	const char *copy;

	type_class(type)->print(value, NULL, &text);
	copy = arena_strndup(arena, str_cstr(&text), text.len);
	str_free(&text);
	return copy;
}

/* Reads a value that is known to be right. */
static inline Value
support_value(TypeId type, const char *text, Arena *arena)
{
	Value value;

	memset(&value, 0, sizeof value);
	assert_true(type_class(type)->parse(str_from_cstr(text), NULL, arena, &value, NULL));
	return value;
}

/* Reads each input, and prints the value or the error; without an Error the failure must be the same. */
static inline void
support_check_parse(TypeId type, const ParseCase *cases, size_t count)
{
	for (size_t i = 0; i < count; i++)
	{
		Arena arena;
		Error err = {0};
		Value value;
		const char *output;

		arena_init(&arena, "test");
		memset(&value, 0, sizeof value);
		if (type_class(type)->parse(str_from_cstr(cases[i].input), NULL, &arena, &value, &err))
			output = support_print(type, &value, &arena);
		else
		{
			output = support_error(&arena, &err);
			assert_false(type_class(type)->parse(str_from_cstr(cases[i].input), NULL, &arena, &value, NULL));
		}
		if (strcmp(output, cases[i].output) != 0)
			fail_msg("%s '%s': expected %s, got %s", type_class(type)->name, cases[i].input, cases[i].output,
					 output);
		arena_release(&arena);
	}
}

/* The inputs are in strictly ascending order, except that those separated by an entry "=" are equal (and hash
 * so). */
static inline void
support_check_order(TypeId type, const char *const *inputs, size_t count)
{
	const TypeClass *class = type_class(type);
	Arena arena;
	int rank_a = 0;

	arena_init(&arena, "test");
	for (size_t i = 0; i < count; i++)
	{
		Value a;
		int rank_b = 0;

		if (strcmp(inputs[i], "=") == 0)
			continue;
		rank_a += i > 0 && strcmp(inputs[i - 1], "=") != 0;
		a = support_value(type, inputs[i], &arena);
		for (size_t j = 0; j < count; j++)
		{
			Value b;
			int order;

			if (strcmp(inputs[j], "=") == 0)
				continue;
			rank_b += j > 0 && strcmp(inputs[j - 1], "=") != 0;
			b = support_value(type, inputs[j], &arena);
			order = class->compare(&a, &b);
			if ((order > 0) - (order < 0) != (rank_a > rank_b) - (rank_a < rank_b))
				fail_msg("%s: order of '%s' and '%s' is %d", class->name, inputs[i], inputs[j], order);
			if (order == 0)
				assert_int_equal(class->hash(&a), class->hash(&b));
		}
	}
	arena_release(&arena);
}

#endif
