/*
 * common_text.c: order and hash of text, UTF-8 validity against the definition, LIKE against a plain matcher.
 *
 * Single values are in tests/unit/values/text.tsv (executor_functions.c).
 */
#include "tests/unit/type_support.h"

#include <utf8proc.h>

#include "common/types/text.h"

static uint64_t random_state = 88172645463325252u;

static uint32_t
random_below(uint32_t limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 20) % limit;
}

static void
test_order(void **state)
{
	static const char *const ascending[] = {
		"",         "A",         "a", "aaaa",     "aaaaa",        "aaaab",           "aaab", "ab", "abcd",
		"abcdefgh", "abcdefghi", "b", "\xc3\xa9", "\xe8\xaa\x9e", "\xf0\x9f\x98\x80"};

	(void)state;
	support_check_order(TYPE_TEXT, ascending, lengthof(ascending));
	for (size_t i = 0; i < lengthof(ascending); i++)
	{
		for (size_t j = 0; j < lengthof(ascending); j++)
			assert_true(text_equal(text_from_view(str_from_cstr(ascending[i])),
								   text_from_view(str_from_cstr(ascending[j]))) == (i == j));
	}
}

/* The prefix that utf8proc decodes, up to a NUL. */
static size_t
reference_prefix(const char *data, size_t len)
{
	size_t i = 0;

	while (i < len && data[i] != '\0')
	{
		utf8proc_int32_t c;
		utf8proc_ssize_t n =
			utf8proc_iterate((const utf8proc_uint8_t *)data + i, (utf8proc_ssize_t)(len - i), &c);

		if (n <= 0)
			break;
		i += (size_t)n;
	}
	return i;
}

static void
test_valid(void **state)
{
	static const char bytes[] = "aaaa\x80\xbf\xc1\xc2\xdf\xe0\xed\xef\xf0\xf4\xf5\xff\x9f\xa0\x90\x8f\0";

	(void)state;
	for (int i = 0; i < 300000; i++)
	{
		char data[24];
		size_t len = random_below(sizeof data);

		for (size_t k = 0; k < len; k++)
			data[k] = random_below(3) ? 'x' : bytes[random_below(sizeof bytes)];
		assert_int_equal(text_valid_prefix(data, len), reference_prefix(data, len));
	}
}

static void
test_check_error(void **state)
{
	Error err = {0};

	(void)state;
	assert_true(text_check("caf\xc3\xa9", 5, &err));
	assert_false(text_check("ab\xe3\x28\x41", 5, &err));
	assert_int_equal(err.state, SQLSTATE_CHARACTER_NOT_IN_REPERTOIRE);
	assert_string_equal(err.message, "invalid byte sequence for encoding \"UTF8\": 0xe3 0x28 0x41");
	assert_false(text_check("a\0b", 3, &err));
	assert_string_equal(err.message, "invalid byte sequence for encoding \"UTF8\": 0x00");
	error_clear(&err);
}

/* LIKE by its definition: tries every length for each '%'. No escapes. */
static bool
plain_like(const char *t, const char *p)
{
	if (*p == '\0')
		return *t == '\0';
	if (*p == '%')
		return plain_like(t, p + 1) || (*t != '\0' && plain_like(t + 1, p));
	return *t != '\0' && (*p == '_' || *p == *t) && plain_like(t + 1, p + 1);
}

static void
random_text(char *out, const char *letters, uint32_t max)
{
	uint32_t len = random_below(max);

	for (uint32_t i = 0; i < len; i++)
		*out++ = letters[random_below((uint32_t)strlen(letters))];
	*out = '\0';
}

static void
test_like(void **state)
{
	(void)state;
	for (int i = 0; i < 100000; i++)
	{
		char text[12];
		char pattern[9];
		bool found;

		random_text(text, "ab", sizeof text);
		random_text(pattern, "ab%_", sizeof pattern);
		assert_true(text_like(text_from_view(str_from_cstr(text)), text_from_view(str_from_cstr(pattern)),
							  &found, NULL));
		if (found != plain_like(text, pattern))
			fail_msg("'%s' LIKE '%s' gives %d", text, pattern, found);
	}
}

/* Every code point keeps its length class: mapping needs no more room than it is given, and is valid. */
static void
test_case_of_all_characters(void **state)
{
	Arena arena;

	(void)state;
	arena_init(&arena, "test");
	for (utf8proc_int32_t c = 1; c < 0x110000; c++)
	{
		utf8proc_uint8_t bytes[4];
		Text t;
		Text lower;
		Text upper;

		if (c >= 0xd800 && c < 0xe000)
			continue;
		t = text_make((char *)bytes, (size_t)utf8proc_encode_char(c, bytes));
		lower = text_lower(t, &arena);
		upper = text_upper(t, &arena);
		assert_true(text_valid(lower.data, lower.len) && text_count_chars(lower.data, lower.len) == 1);
		assert_true(text_valid(upper.data, upper.len) && text_count_chars(upper.data, upper.len) == 1);
		if (c % 4096 == 0)
			arena_reset(&arena);
	}
	arena_release(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_valid),
		cmocka_unit_test(test_check_error),
		cmocka_unit_test(test_like),
		cmocka_unit_test(test_case_of_all_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
