/*
 * json_scan.c: the parts of JSON scanning that are not hot (contract in json_scan.h).
 *
 * The idea of skipping containers: no recursion; one bit per level says whether it is an object, so that
 * depth costs nothing but a counter, and the limit is checked in one place.
 */
#include "connectors/json_scan.h"

#include "common/bitmap.h"
#include "common/hex.h"

/* ---- strings ---- */

/* Four hexadecimal digits, or -1. */
static int32_t
read_hex4(const char *p, const char *end)
{
	int32_t value = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++)
	{
		int digit = hex_value(p[i]);

		if (digit < 0)
			return -1;
		value = value << 4 | digit;
	}
	return value;
}

static bool
is_high_surrogate(int32_t unit)
{
	return unit >= 0xd800 && unit <= 0xdbff;
}

static bool
is_low_surrogate(int32_t unit)
{
	return unit >= 0xdc00 && unit <= 0xdfff;
}

/* Four digits should stand at digits; a message that ends among them is cut off, not wrong there. */
static const char *
hex_fault(JsonScan *s, const char *digits, const char *escape)
{
	while (digits < s->end && hex_value(*digits) >= 0)
		digits++;
	return digits == s->end ? json_fault(s, JSON_FAULT_TOKEN, s->end) : json_fault(s, JSON_FAULT_HEX, escape);
}

/* p is behind "\u"; a surrogate pair is taken as one. Returns the end. */
static const char *
check_unicode_escape(JsonScan *s, const char *p)
{
	int32_t unit = read_hex4(p, s->end);

	if (unit < 0)
		return hex_fault(s, p, p - 2);
	if (is_low_surrogate(unit))
		return json_fault(s, JSON_FAULT_LOW_SURROGATE, p - 2);
	if (!is_high_surrogate(unit))
		return p + 4;
	p += 4;
	if (p == s->end || (s->end - p == 1 && p[0] == '\\'))
		return json_fault(s, JSON_FAULT_TOKEN, s->end);
	if (p[0] != '\\' || p[1] != 'u')
		return json_fault(s, JSON_FAULT_LOW_SURROGATE, p - 6);
	unit = read_hex4(p + 2, s->end);
	if (unit < 0)
		return hex_fault(s, p + 2, p);
	if (is_high_surrogate(unit))
		return json_fault(s, JSON_FAULT_HIGH_SURROGATE, p);
	if (!is_low_surrogate(unit))
		return json_fault(s, JSON_FAULT_LOW_SURROGATE, p);
	return p + 6;
}

/* p is at the backslash. */
static const char *
check_escape(JsonScan *s, const char *p)
{
	if (s->end - p < 2)
		return json_fault(s, JSON_FAULT_TOKEN, s->end);
	if (p[1] == 'u')
		return check_unicode_escape(s, p + 2);
	if (strchr("\"\\/bfnrt", p[1]) == NULL || p[1] == '\0')
		return json_fault(s, JSON_FAULT_ESCAPE, p);
	return p + 2;
}

static bool
is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* One code point beyond ASCII, as RFC 3629 allows it; NULL with a fault otherwise. */
static const char *
check_utf8(JsonScan *s, const char *p)
{
	const unsigned char *u = (const unsigned char *)p;
	ptrdiff_t left = s->end - p;

	if (u[0] >= 0xc2 && u[0] <= 0xdf && left >= 2 && is_continuation(p[1]))
		return p + 2;
	if ((u[0] & 0xf0) == 0xe0 && left >= 3 && is_continuation(p[1]) && is_continuation(p[2]) &&
		!(u[0] == 0xe0 && u[1] < 0xa0) && !(u[0] == 0xed && u[1] >= 0xa0))
		return p + 3;
	if (u[0] >= 0xf0 && u[0] <= 0xf4 && left >= 4 && is_continuation(p[1]) && is_continuation(p[2]) &&
		is_continuation(p[3]) && !(u[0] == 0xf0 && u[1] < 0x90) && !(u[0] == 0xf4 && u[1] >= 0x90))
		return p + 4;
	return json_fault(s, JSON_FAULT_UTF8, p);
}

const char *
json_scan_string_rest(JsonScan *s, const char *p, JsonToken *token)
{
	while (p < s->end)
	{
		if (*p == '"')
		{
			token->len = (uint32_t)(p - token->start);
			return p + 1;
		}
		if (*p == '\\')
		{
			token->special = true;
			p = check_escape(s, p);
		}
		else if ((unsigned char)*p >= 0x80)
			p = check_utf8(s, p);
		else
			return json_fault(s, JSON_FAULT_CONTROL, p);
		if (p == NULL)
			return NULL;
		if (p < s->end && ((unsigned char)*p < 0x80 && *p != '\\'))
			p = json_plain_end(p, s->begin, s->end);
	}
	return json_fault(s, JSON_FAULT_TOKEN, s->end);
}

const char *
json_expected(JsonScan *s, const char *what, const char *at)
{
	JsonToken token;

	if (at < s->end && *at == '"' && json_scan_string(s, at + 1, &token) == NULL &&
		s->fault != JSON_FAULT_TOKEN)
		return NULL;
	s->expected = what;
	return json_fault(s, JSON_FAULT_EXPECTED, at);
}

/* Appends a code point as UTF-8. */
static char *
put_utf8(char *q, int32_t c)
{
	if (c < 0x80)
		*q++ = (char)c;
	else if (c < 0x800)
	{
		*q++ = (char)(0xc0 | c >> 6);
		*q++ = (char)(0x80 | (c & 0x3f));
	}
	else if (c < 0x10000)
	{
		*q++ = (char)(0xe0 | c >> 12);
		*q++ = (char)(0x80 | (c >> 6 & 0x3f));
		*q++ = (char)(0x80 | (c & 0x3f));
	}
	else
	{
		*q++ = (char)(0xf0 | c >> 18);
		*q++ = (char)(0x80 | (c >> 12 & 0x3f));
		*q++ = (char)(0x80 | (c >> 6 & 0x3f));
		*q++ = (char)(0x80 | (c & 0x3f));
	}
	return q;
}

/* *p is behind "\u" of a checked string and is moved behind the escape, or the pair of them. */
static int32_t
read_unicode_escape(const char **p, const char *end)
{
	int32_t unit = read_hex4(*p, end);

	*p += 4;
	if (!is_high_surrogate(unit))
		return unit;
	unit = 0x10000 + ((unit & 0x3ff) << 10 | (read_hex4(*p + 2, end) & 0x3ff));
	*p += 6;
	return unit;
}

static char
simple_escape(char c)
{
	switch (c)
	{
		case 'b': return '\b';
		case 'f': return '\f';
		case 'n': return '\n';
		case 'r': return '\r';
		case 't': return '\t';
		default: return c;
	}
}

bool
json_unescape(const JsonToken *token, Arena *arena, StrView *out)
{
	const char *p = token->start;
	const char *end = p + token->len;
	char *text;
	char *q;

	*out = (StrView){token->start, token->len};
	if (!token->special)
		return true;
	q = text = arena_alloc(arena, token->len);
	while (p < end)
	{
		if (*p != '\\')
			*q++ = *p++;
		else if (p[1] != 'u')
		{
			*q++ = simple_escape(p[1]);
			p += 2;
		}
		else
		{
			int32_t c;

			p += 2;
			c = read_unicode_escape(&p, end);
			if (c == 0)
				return false;
			q = put_utf8(q, c);
		}
	}
	*out = (StrView){text, (size_t)(q - text)};
	return true;
}

/* ---- numbers and words ---- */

static const char *
skip_digits(const char *p, const char *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

/* Letters, digits and what else PostgreSQL takes as part of a wrong token. */
static bool
is_word_byte(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' ||
		   (unsigned char)c >= 0x80;
}

const char *
json_scan_number_rest(JsonScan *s, const char *p, JsonToken *token)
{
	const char *start = p;
	const char *digits;

	token->special = true;
	p += *p == '-';
	digits = p;
	p = skip_digits(p, s->end);
	if (p == digits || (*digits == '0' && p - digits > 1))
		return json_fault(s, JSON_FAULT_TOKEN, start);
	if (p < s->end && *p == '.')
	{
		digits = ++p;
		p = skip_digits(p, s->end);
		if (p == digits)
			return json_fault(s, JSON_FAULT_TOKEN, start);
	}
	if (p < s->end && (*p | 0x20) == 'e')
	{
		p++;
		if (p < s->end && (*p == '+' || *p == '-'))
			p++;
		digits = p;
		p = skip_digits(p, s->end);
		if (p == digits)
			return json_fault(s, JSON_FAULT_TOKEN, start);
	}
	if (p < s->end && is_word_byte(*p))
		return json_fault(s, JSON_FAULT_TOKEN, start);
	token->len = (uint32_t)(p - start);
	return p;
}

static bool
word_is(const JsonScan *s, const char *p, const char *word, size_t len)
{
	return (size_t)(s->end - p) >= len && memcmp(p, word, len) == 0 &&
		   (p + len == s->end || !is_word_byte(p[len]));
}

const char *
json_scan_word(JsonScan *s, const char *p, JsonToken *token)
{
	token->start = p;
	token->len = 4;
	token->special = false;
	if (word_is(s, p, "true", 4))
		token->kind = JSON_TOKEN_TRUE;
	else if (word_is(s, p, "null", 4))
		token->kind = JSON_TOKEN_NULL;
	else if (word_is(s, p, "false", 5))
	{
		token->kind = JSON_TOKEN_FALSE;
		token->len = 5;
	}
	else if (is_word_byte(*p))
		return json_fault(s, JSON_FAULT_TOKEN, p);
	else
		return json_expected(s, "JSON value", p);
	return p + token->len;
}

/* ---- containers ---- */

typedef struct SkipState
{
	int base;  /* depth of the container that is skipped */
	int depth; /* of the innermost open one */
	uint64_t objects[BITMAP_WORDS(JSON_MAX_DEPTH + 1)];
} SkipState;

static bool
in_object(const SkipState *k)
{
	return k->objects[k->depth >> 6] >> (k->depth & 63) & 1;
}

static const char *
open_container(JsonScan *s, SkipState *k, const char *p)
{
	uint64_t bit;

	if (++k->depth > JSON_MAX_DEPTH)
		return json_fault(s, JSON_FAULT_DEPTH, p);
	bit = UINT64_C(1) << (k->depth & 63);
	if (*p == '{')
		k->objects[k->depth >> 6] |= bit;
	else
		k->objects[k->depth >> 6] &= ~bit;
	return p + 1;
}

/* A member's key, colon and the blanks behind them. first: a '}' would have been right too. */
static const char *
skip_key(JsonScan *s, const char *p, bool first)
{
	JsonToken key;

	if (p == s->end || *p != '"')
		return json_expected(s, first ? "string or \"}\"" : "string", p);
	p = json_scan_string(s, p + 1, &key);
	if (p == NULL)
		return NULL;
	p = json_skip_blanks(p, s->end);
	if (p == s->end || *p != ':')
		return json_expected(s, "\":\"", p);
	return json_skip_blanks(p + 1, s->end);
}

/* Behind a value: closes what ends here, and takes a comma and, in an object, the next key. */
static const char *
after_value(JsonScan *s, SkipState *k, const char *p)
{
	for (;;)
	{
		bool object = in_object(k);

		p = json_skip_blanks(p, s->end);
		if (p < s->end && *p == ',')
		{
			p = json_skip_blanks(p + 1, s->end);
			return object ? skip_key(s, p, false) : p;
		}
		if (p == s->end || *p != (object ? '}' : ']'))
			return json_expected(s, object ? "\",\" or \"}\"" : "\",\" or \"]\"", p);
		p++;
		if (--k->depth < k->base)
			return p;
	}
}

const char *
json_skip_container(JsonScan *s, const char *p, int depth)
{
	SkipState k = {.base = depth, .depth = depth - 1};

	for (;;)
	{
		JsonToken token;

		if (p < s->end && (*p == '{' || *p == '['))
		{
			bool object = *p == '{';

			p = open_container(s, &k, p);
			if (p == NULL)
				return NULL;
			p = json_skip_blanks(p, s->end);
			if (p == s->end || *p != (object ? '}' : ']'))
			{
				if (object && (p = skip_key(s, p, true)) == NULL)
					return NULL;
				continue;
			}
			p++;
			if (--k.depth < k.base)
				return p;
		}
		else
		{
			p = p == s->end ? json_expected(s, "JSON value", p) : json_scan_scalar(s, p, &token);
			if (p == NULL)
				return NULL;
		}
		p = after_value(s, &k, p);
		if (p == NULL || k.depth < k.base)
			return p;
	}
}

/* ---- faults ---- */

enum
{
	FAULT_TOKEN_MAX = 1024 /* bytes of the message shown */
};

/* Where the character at p ends; one byte where there is none. */
static const char *
character_end(const JsonScan *s, const char *p)
{
	JsonScan rest = {.end = s->end};
	const char *end = (unsigned char)*p < 0x80 ? NULL : check_utf8(&rest, p);

	return end != NULL ? end : p + 1;
}

/* Whether the string at from is closed; *end is behind it. */
static bool
lex_string(const JsonScan *s, const char *from, const char **end)
{
	const char *p = from + 1;

	while (p < s->end && *p != '"')
		p += *p == '\\' && s->end - p > 1 ? 2 : 1;
	*end = Min(p + 1, s->end);
	return p < s->end;
}

static const char *
word_end(const JsonScan *s, const char *p)
{
	while (p < s->end && is_word_byte(*p))
		p = character_end(s, p);
	return p;
}

/* Behind what looks like a number, right or wrong, up to where no letter and no digit follows. */
static const char *
number_end(const JsonScan *s, const char *from)
{
	const char *p = from + (*from == '-');

	p = p < s->end && *p == '0' ? p + 1 : skip_digits(p, s->end);
	if (p < s->end && *p == '.')
		p = skip_digits(p + 1, s->end);
	if (p < s->end && (*p == 'e' || *p == 'E'))
	{
		p++;
		p = skip_digits(p + (p < s->end && (*p == '+' || *p == '-')), s->end);
	}
	return word_end(s, p);
}

/* Whether a token begins here, as PostgreSQL's lexer sees it, and where it ends: a whole word, or one
 * character. */
static bool
lex_token(const JsonScan *s, const char *from, const char **end)
{
	JsonScan copy = *s;
	JsonToken token;

	if (*from == '"')
		return lex_string(s, from, end);
	if (*from == '-' || (*from >= '0' && *from <= '9'))
	{
		*end = number_end(s, from);
		return json_scan_number_rest(&copy, from, &token) == *end;
	}
	if (is_word_byte(*from))
	{
		*end = word_end(s, from);
		return word_is(s, from, "true", 4) || word_is(s, from, "false", 5) || word_is(s, from, "null", 4);
	}
	*end = from + 1;
	return *from != '\0' && strchr("{}[]:,", *from) != NULL;
}

/* Bytes of the message as a reason may hold them: control characters escaped, what is no character replaced.
 */
static const char *
show(const JsonScan *s, const char *from, const char *to, Arena *arena)
{
	StrBuf text = {0};
	const char *shown;

	for (const char *p = from, *end; p < to && p - from < FAULT_TOKEN_MAX; p = end)
	{
		end = character_end(s, p);
		if ((unsigned char)*p < 0x20)
			str_appendf(&text, "\\u%04x", (unsigned)*p);
		else if ((unsigned char)*p >= 0x80 && end == p + 1)
			str_append_cstr(&text, "\xef\xbf\xbd");
		else
			str_append(&text, p, (size_t)(end - p));
	}
	shown = arena_strdup(arena, str_cstr(&text));
	str_free(&text);
	return shown;
}

static const char *
syntax_detail(const JsonScan *s, Arena *arena)
{
	const char *at = s->at;
	const char *end;

	switch (s->fault)
	{
		case JSON_FAULT_CONTROL:
			return arena_printf(arena, "Character with value 0x%02x must be escaped.", (unsigned char)*at);
		case JSON_FAULT_ESCAPE:
			return arena_printf(arena, "Escape sequence \"%s\" is invalid.",
								show(s, at, character_end(s, at + 1), arena));
		case JSON_FAULT_HEX: return "\"\\u\" must be followed by four hexadecimal digits.";
		case JSON_FAULT_HIGH_SURROGATE: return "Unicode high surrogate must not follow a high surrogate.";
		case JSON_FAULT_LOW_SURROGATE: return "Unicode low surrogate must follow a high surrogate.";
		default: break;
	}
	if (at >= s->end)
		return "The input string ended unexpectedly.";
	if (!lex_token(s, at, &end) || s->fault == JSON_FAULT_TOKEN)
		return arena_printf(arena, "Token \"%s\" is invalid.", show(s, at, end, arena));
	return arena_printf(arena, "Expected %s, but found \"%s\".", s->expected, show(s, at, end, arena));
}

static const char *
utf8_text(const JsonScan *s, Arena *arena)
{
	StrBuf bytes = {0};
	const char *text;

	for (const char *p = s->at; p < s->end && p < s->at + 4; p++)
	{
		if (p > s->at && !is_continuation(*p))
			break;
		str_appendf(&bytes, " 0x%02x", (unsigned char)*p);
	}
	text = arena_printf(arena, "invalid byte sequence for encoding \"UTF8\":%s (byte %td)", str_cstr(&bytes),
						s->at - s->begin + 1);
	str_free(&bytes);
	return text;
}

const char *
json_fault_text(const JsonScan *s, SqlStateName *state, Arena *arena)
{
	if (s->fault == JSON_FAULT_UTF8)
	{
		*state = SQLSTATE_CHARACTER_NOT_IN_REPERTOIRE;
		return utf8_text(s, arena);
	}
	if (s->fault == JSON_FAULT_DEPTH)
	{
		*state = SQLSTATE_STATEMENT_TOO_COMPLEX;
		return arena_printf(arena, "JSON is nested deeper than %d levels", JSON_MAX_DEPTH);
	}
	*state = SQLSTATE_INVALID_TEXT_REPRESENTATION;
	return arena_printf(arena, "invalid input syntax for type json: %s (byte %td)", syntax_detail(s, arena),
						s->at - s->begin + 1);
}
