/*
 * jsonb_lex.c: the tokens of JSON text (contract in jsonb_lex.h).
 */
#include "common/types/jsonb_lex.h"

#include <stdio.h>
#include <utf8proc.h>

#include "common/hex.h"
#include "common/types/input.h"
#include "common/types/text.h"

enum
{
	CONTEXT_BYTES = 50 /* of input that an error shows */
};

/* Adds the CONTEXT line: the part of the line that ends with the token. */
static void
add_context(JsonbLexer *lex)
{
	const char *start = lex->line_start;
	bool cut;
	bool more = lex->token != JSONB_TOKEN_END && lex->token_end < lex->end && *lex->token_end != '\n' &&
				*lex->token_end != '\r';

	while (lex->token_end - start >= CONTEXT_BYTES)
		start += text_char_len(*start);
	if (start - lex->line_start <= 3)
		start = lex->line_start;
	cut = start > lex->line_start;
	error_context(lex->err, "JSON data, line %d: %s%.*s%s", lex->line, cut ? "..." : "",
				  (int)(lex->token_end - start), start, more ? "..." : "");
}

/* Finishes an error whose detail is set by the caller; returns false. */
static bool
fail(JsonbLexer *lex, SqlStateName state, const char *detail)
{
	if (lex->err == NULL)
		return false;
	error_set(lex->err, state, NO_POSITION,
			  state == SQLSTATE_UNTRANSLATABLE_CHARACTER ? "unsupported Unicode escape sequence"
														 : "invalid input syntax for type json");
	error_detail(lex->err, "%s", detail);
	add_context(lex);
	return false;
}

/* A syntax error whose detail quotes the token. */
#define FAIL_TOKEN(lex, before, after) \
	fail_token((lex), (before), (after), (lex)->token_start, (size_t)((lex)->token_end - (lex)->token_start))

static bool
fail_token(JsonbLexer *lex, const char *before, const char *after, const char *token, size_t len)
{
	StrBuf detail = {0};

	if (lex->err == NULL)
		return false;
	str_append_cstr(&detail, before);
	str_append(&detail, token, len);
	str_append_cstr(&detail, after);
	fail(lex, SQLSTATE_INVALID_TEXT_REPRESENTATION, str_cstr(&detail));
	str_free(&detail);
	return false;
}

static bool
invalid_token(JsonbLexer *lex, const char *end)
{
	lex->token_end = end;
	return FAIL_TOKEN(lex, "Token \"", "\" is invalid.");
}

bool
jsonb_lex_expected(JsonbLexer *lex, const char *what)
{
	StrBuf before = {0};

	if (lex->err == NULL)
		return false;
	if (lex->token == JSONB_TOKEN_END)
		return fail(lex, SQLSTATE_INVALID_TEXT_REPRESENTATION, "The input string ended unexpectedly.");
	str_appendf(&before, "Expected %s, but found \"", what);
	FAIL_TOKEN(lex, str_cstr(&before), "\".");
	str_free(&before);
	return false;
}

/* Sets the end of the token behind the character at p, and fails. */
static bool
fail_at_char(JsonbLexer *lex, const char *p, const char *detail)
{
	size_t left = (size_t)(lex->end - p);

	lex->token_end = p + Min(left, text_char_len(*p));
	return fail(lex, SQLSTATE_INVALID_TEXT_REPRESENTATION, detail);
}

static bool
surrogate_missing(JsonbLexer *lex, const char *p)
{
	return fail_at_char(lex, p, "Unicode low surrogate must follow a high surrogate.");
}

/* Reads the four digits after \u; *p is at the u, and then at the last digit. */
static bool
read_hex(JsonbLexer *lex, const char **p, uint32_t *out)
{
	*out = 0;
	for (int i = 0; i < 4; i++)
	{
		int digit;

		if (++*p == lex->end)
			return invalid_token(lex, *p);
		digit = hex_value(**p);
		if (digit < 0)
			return fail_at_char(lex, *p, "\"\\u\" must be followed by four hexadecimal digits.");
		*out = *out * 16 + (uint32_t)digit;
	}
	return true;
}

/* An escape \uXXXX at *p (the u). A high surrogate is kept in *high; else the character is appended. */
static bool
read_unicode(JsonbLexer *lex, const char **p, uint32_t *high, char *out, size_t *len)
{
	uint32_t c;

	if (!read_hex(lex, p, &c))
		return false;
	if (c >= 0xd800 && c <= 0xdbff)
	{
		if (*high != 0)
			return fail_at_char(lex, *p, "Unicode high surrogate must not follow a high surrogate.");
		*high = c;
		return true;
	}
	if ((c >= 0xdc00 && c <= 0xdfff) != (*high != 0))
		return surrogate_missing(lex, *p);
	if (*high != 0)
		c = 0x10000 + ((*high & 0x3ff) << 10) + (c & 0x3ff);
	*high = 0;
	if (c == 0)
	{
		lex->token_end = *p + 1;
		return fail(lex, SQLSTATE_UNTRANSLATABLE_CHARACTER, "\\u0000 cannot be converted to text.");
	}
	*len += (size_t)utf8proc_encode_char((utf8proc_int32_t)c, (utf8proc_uint8_t *)out + *len);
	return true;
}

/* The escape at *p, the character after the backslash. */
static bool
read_escape(JsonbLexer *lex, const char **p, uint32_t *high, char *out, size_t *len)
{
	static const char letters[] = "\"\\/bfnrt";
	static const char values[] = "\"\\/\b\f\n\r\t";
	const char *found;

	if (*p == lex->end)
		return invalid_token(lex, *p);
	if (**p == 'u')
		return read_unicode(lex, p, high, out, len);
	if (*high != 0)
		return surrogate_missing(lex, *p);
	found = **p != '\0' ? strchr(letters, **p) : NULL;
	if (found == NULL)
	{
		size_t left = (size_t)(lex->end - *p);

		lex->token_start = *p;
		lex->token_end = *p + Min(left, text_char_len(**p));
		return FAIL_TOKEN(lex, "Escape sequence \"\\", "\" is invalid.");
	}
	out[(*len)++] = values[found - letters];
	return true;
}

static bool
must_be_escaped(JsonbLexer *lex, const char *p)
{
	char detail[64];

	lex->token_end = p;
	snprintf(detail, sizeof detail, "Character with value 0x%02x must be escaped.", (unsigned char)*p);
	return fail(lex, SQLSTATE_INVALID_TEXT_REPRESENTATION, detail);
}

/* A string with an escape; p is at the first backslash. The value is never longer than what is written. */
static bool
lex_escaped_string(JsonbLexer *lex, const char *p)
{
	const char *close = p;
	char *out;
	size_t len = (size_t)(p - lex->token_start - 1);
	uint32_t high = 0;

	while (close < lex->end && *close != '"')
		close += *close == '\\' && close + 1 < lex->end ? 2 : 1;
	out = arena_alloc(lex->arena, (size_t)(close - lex->token_start));
	memcpy(out, lex->token_start + 1, len);
	for (; p < lex->end && *p != '"'; p++)
	{
		if (*p == '\\')
		{
			p++;
			if (!read_escape(lex, &p, &high, out, &len))
				return false;
			continue;
		}
		if ((unsigned char)*p < 0x20)
			return must_be_escaped(lex, p);
		if (high != 0)
			return surrogate_missing(lex, p);
		out[len++] = *p;
	}
	if (p == lex->end)
		return invalid_token(lex, p);
	if (high != 0)
		return surrogate_missing(lex, p);
	lex->token = JSONB_TOKEN_STRING;
	lex->token_end = lex->at = p + 1;
	lex->string = (StrView){out, len};
	lex->escaped = true;
	return true;
}

static bool
lex_string(JsonbLexer *lex)
{
	const char *p = lex->token_start + 1;

	while (p < lex->end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20)
		p++;
	if (p == lex->end)
		return invalid_token(lex, p);
	if (*p == '\\')
		return lex_escaped_string(lex, p);
	if (*p != '"')
		return must_be_escaped(lex, p);
	lex->token = JSONB_TOKEN_STRING;
	lex->token_end = lex->at = p + 1;
	lex->string = (StrView){lex->token_start + 1, (size_t)(p - lex->token_start - 1)};
	lex->escaped = false;
	return true;
}

static bool
is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || ascii_digit(c) || c == '_' || (c & 0x80) != 0;
}

/* Skips digits; false if there is none. */
static bool
skip_digits(const char **p, const char *end)
{
	const char *start = *p;

	while (*p < end && ascii_digit(**p))
		++*p;
	return *p > start;
}

static bool
lex_number(JsonbLexer *lex)
{
	const char *p = lex->token_start;
	const char *end = lex->end;
	bool ok = true;

	p += *p == '-';
	if (p < end && *p == '0')
		p++;
	else
		ok = skip_digits(&p, end);
	if (p < end && *p == '.')
	{
		p++;
		ok &= skip_digits(&p, end);
	}
	if (p < end && (*p == 'e' || *p == 'E'))
	{
		p++;
		p += p < end && (*p == '+' || *p == '-');
		ok &= skip_digits(&p, end);
	}
	for (; p < end && is_word_char(*p); p++)
		ok = false;
	if (!ok)
		return invalid_token(lex, p);
	lex->token = JSONB_TOKEN_NUMBER;
	lex->token_end = lex->at = p;
	return true;
}

static bool
lex_word(JsonbLexer *lex)
{
	const char *p = lex->token_start;
	StrView word;

	while (p < lex->end && is_word_char(*p))
		p++;
	word = (StrView){lex->token_start, (size_t)(p - lex->token_start)};
	if (str_equal(word, STR_LIT("true")))
		lex->token = JSONB_TOKEN_TRUE;
	else if (str_equal(word, STR_LIT("false")))
		lex->token = JSONB_TOKEN_FALSE;
	else if (str_equal(word, STR_LIT("null")))
		lex->token = JSONB_TOKEN_NULL;
	else
		return invalid_token(lex, word.len == 0 ? p + 1 : p);
	lex->token_end = lex->at = p;
	return true;
}

static bool
lex_punctuation(JsonbLexer *lex, JsonbToken token)
{
	lex->token = token;
	lex->token_end = ++lex->at;
	return true;
}

static void
skip_blanks(JsonbLexer *lex)
{
	for (; lex->at < lex->end; lex->at++)
	{
		char c = *lex->at;

		if (c == '\n')
		{
			lex->line++;
			lex->line_start = lex->at + 1;
		}
		else if (c != ' ' && c != '\t' && c != '\r')
			break;
	}
}

void
jsonb_lex_open(JsonbLexer *lex, StrView input, Arena *arena, Error *err)
{
	*lex = (JsonbLexer){
		.at = input.data,
		.end = input.data + input.len,
		.line_start = input.data,
		.line = 1,
		.arena = arena,
		.err = err,
	};
}

bool
jsonb_lex_next(JsonbLexer *lex)
{
	skip_blanks(lex);
	lex->token_start = lex->at;
	if (lex->at == lex->end)
	{
		lex->token = JSONB_TOKEN_END;
		lex->token_end = lex->at;
		return true;
	}
	switch (*lex->at)
	{
		case '{': return lex_punctuation(lex, JSONB_TOKEN_OBJECT_START);
		case '}': return lex_punctuation(lex, JSONB_TOKEN_OBJECT_END);
		case '[': return lex_punctuation(lex, JSONB_TOKEN_ARRAY_START);
		case ']': return lex_punctuation(lex, JSONB_TOKEN_ARRAY_END);
		case ',': return lex_punctuation(lex, JSONB_TOKEN_COMMA);
		case ':': return lex_punctuation(lex, JSONB_TOKEN_COLON);
		case '"': return lex_string(lex);
		default: return *lex->at == '-' || ascii_digit(*lex->at) ? lex_number(lex) : lex_word(lex);
	}
}
