/*
 * unicode_escape.c: the values of U&'…' and U&"…" (contract in unicode_escape.h).
 */
#include "parser/unicode_escape.h"

#include <ctype.h>

#include "common/memory.h"
#include "parser/scan_value.h"

bool
unicode_escape_is_valid(const char *text)
{
	unsigned char c = (unsigned char)text[0];

	return c != '\0' && text[1] == '\0' && !isxdigit(c) && c != '+' && c != '\'' && c != '"' && !isspace(c);
}

/* The number of n hexadecimal digits, or -1. */
static int64_t
read_digits(const char *text, int n)
{
	int64_t value = 0;

	for (int i = 0; i < n; i++)
	{
		unsigned char c = (unsigned char)text[i];

		if (!isxdigit(c))
			return -1;
		value = value * 16 + (isdigit(c) ? c - '0' : tolower(c) - 'a' + 10);
	}
	return value;
}

/* Appends a code point; the halves of a surrogate pair become one. False: they do not fit. */
static bool
append_code_point(StrBuf *out, int64_t code, unsigned *first_surrogate)
{
	bool is_first = code >= 0xd800 && code <= 0xdbff;
	bool is_second = code >= 0xdc00 && code <= 0xdfff;

	if ((*first_surrogate != 0) != is_second)
		return false;
	if (is_first)
	{
		*first_surrogate = (unsigned)code;
		return true;
	}
	if (is_second)
		code = 0x10000 + (((int64_t)*first_surrogate & 0x3ff) << 10) + (code & 0x3ff);
	*first_surrogate = 0;
	scan_value_append_utf8(out, (unsigned)code);
	return true;
}

static bool
fail(Error *err, const char *message, int position)
{
	return error_set(err, SQLSTATE_SYNTAX_ERROR, position, "%s", message);
}

static bool
decode(const char *text, char escape, int position, StrBuf *out, Error *err)
{
	unsigned first_surrogate = 0;
	const char *p = text;

	while (*p != '\0')
	{
		int at = position + (int)(p - text);
		int digits = p[0] == escape && p[1] == '+' ? 6 : 4;
		const char *number = p + 1 + (digits == 6);
		int64_t code;

		if (*p != escape || p[1] == escape)
		{
			if (first_surrogate != 0)
				return fail(err, "invalid Unicode surrogate pair", at);
			str_append_char(out, *p);
			p += *p == escape ? 2 : 1;
			continue;
		}
		code = read_digits(number, digits);
		if (code < 0)
		{
			fail(err, "invalid Unicode escape", at);
			return error_hint(err, "Unicode escapes must be \\XXXX or \\+XXXXXX.");
		}
		if (code == 0 || code > 0x10ffff)
			return fail(err, "invalid Unicode escape value", at);
		if (!append_code_point(out, code, &first_surrogate))
			return fail(err, "invalid Unicode surrogate pair", at);
		p = number + digits;
	}
	return first_surrogate == 0 || fail(err, "invalid Unicode surrogate pair", position + (int)(p - text));
}

const char *
unicode_escape_decode(const char *text, char escape, int position, Arena *arena, Error *err)
{
	StrBuf out = {0};
	const char *result = NULL;

	if (decode(text, escape, position, &out, err))
		result = arena_strndup(arena, str_cstr(&out), out.len);
	str_free(&out);
	return result;
}
