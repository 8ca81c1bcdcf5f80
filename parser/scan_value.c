/*
 * scan_value.c: the values of tokens, and the errors of malformed ones.
 */
#include "parser/scan_value.h"

#include <utf8proc.h>

#include "common/ascii.h"
#include "common/types/text.h"
#include "parser/grammar.h"
#include "parser/gram.h"

#define MAX_NAME_BYTES 63 /* PostgreSQL's NAMEDATALEN - 1 */

void
scan_value_begin(Scanner *scanner)
{
	str_clear(&scanner->literal);
	scanner->saw_non_ascii_escape = false;
	scanner->first_surrogate = 0;
}

/* ---- errors ---- */

bool
scan_error_at(Scanner *scanner, SqlStateName state, const char *message, int start, int end)
{
	if (start >= (int)scanner->source.len)
		return error_set(scanner->err, state, (int)scanner->source.len, "%s at end of input", message);
	return error_set(scanner->err, state, start, "%s at or near \"%.*s\"", message, end - start,
					 scanner->source.data + start);
}

int
scan_value_error_at(Scanner *scanner, const char *message, int position)
{
	(void)scan_error_at(scanner, SQLSTATE_SYNTAX_ERROR, message, position, scanner->consumed);
	return YYerror;
}

int
scan_value_error(Scanner *scanner, const char *message)
{
	return scan_value_error_at(scanner, message, scanner->start);
}

void
scan_notice(Scanner *scanner, SqlStateName state, const char *message)
{
	ScanNotice *notice = ARENA_NEW(scanner->arena, ScanNotice);

	*notice = (ScanNotice){.severity = "NOTICE", .state = state, .position = NO_POSITION, .message = message};
	*scanner->notices_end = notice;
	scanner->notices_end = &notice->next;
}

/* ---- identifiers ---- */

/* At most limit bytes of the text, without cutting a character in two. */
static size_t
clip_utf8(const char *text, size_t len, size_t limit)
{
	if (len <= limit)
		return len;
	while (limit > 0 && ((unsigned char)text[limit] & 0xc0) == 0x80)
		limit--;
	return limit;
}

const char *
scan_name(Scanner *scanner, const char *name)
{
	size_t len = strlen(name);
	size_t kept = clip_utf8(name, len, MAX_NAME_BYTES);
	char *cut;

	if (kept == len)
		return name;
	cut = arena_strndup(scanner->arena, name, kept);
	scan_notice(scanner, SQLSTATE_NAME_TOO_LONG,
				arena_printf(scanner->arena, "identifier \"%s\" will be truncated to \"%s\"", name, cut));
	return cut;
}

int
scan_value_identifier(Scanner *scanner, const char *text, size_t len)
{
	const Keyword *keyword;
	char *name;

	if (scanner->mode == SCAN_SPLIT)
		return IDENT;
	keyword = keyword_lookup((StrView){text, len});
	name = arena_strndup(scanner->arena, text, len);
	for (size_t i = 0; i < len; i++)
		name[i] = ascii_lower(name[i]);
	scanner->token->text = keyword ? name : scan_name(scanner, name);
	return keyword ? keyword->token : IDENT;
}

int
scan_value_keyword(Scanner *scanner, const Keyword *keyword)
{
	if (scanner->mode == SCAN_SPLIT)
		return IDENT;
	return scan_value_identifier(scanner, keyword->name, strlen(keyword->name));
}

int
scan_value_quoted_identifier(Scanner *scanner, int code)
{
	const char *name;

	if (scanner->mode == SCAN_SPLIT)
		return code;
	name = arena_strndup(scanner->arena, str_cstr(&scanner->literal), scanner->literal.len);
	/* A U&"..." is cut when its escapes are decoded (parse.c). */
	scanner->token->text = code == IDENT ? scan_name(scanner, name) : name;
	return code;
}

/* ---- strings ---- */

int
scan_value_string(Scanner *scanner, int code)
{
	if (scanner->mode == SCAN_SPLIT)
		return code;
	/* escapes can build what the text itself, already checked, cannot: bytes that are not UTF-8 */
	if (scanner->saw_non_ascii_escape &&
		!text_check(str_cstr(&scanner->literal), scanner->literal.len, scanner->err))
		return YYerror;
	return scan_value_text(scanner, code, str_cstr(&scanner->literal), scanner->literal.len);
}

void
scan_value_append_utf8(StrBuf *buf, unsigned code_point)
{
	utf8proc_uint8_t bytes[4];
	utf8proc_ssize_t n = utf8proc_encode_char((utf8proc_int32_t)code_point, bytes);

	str_append(buf, (const char *)bytes, (size_t)n);
}

static bool
is_first_surrogate(unsigned c)
{
	return c >= 0xd800 && c <= 0xdbff;
}

static bool
is_second_surrogate(unsigned c)
{
	return c >= 0xdc00 && c <= 0xdfff;
}

bool
scan_value_unicode_escape(Scanner *scanner, const char *digits, int position)
{
	unsigned c = (unsigned)strtoul(digits, NULL, 16);

	if (scanner->mode == SCAN_SPLIT)
		return true;
	if (scanner->first_surrogate)
	{
		if (!is_second_surrogate(c))
			return scan_value_error_at(scanner, "invalid Unicode surrogate pair", position) != YYerror;
		c = 0x10000 + ((scanner->first_surrogate - 0xd800) << 10) + (c - 0xdc00);
		scanner->first_surrogate = 0;
	}
	else if (is_second_surrogate(c))
		return scan_value_error_at(scanner, "invalid Unicode surrogate pair", position) != YYerror;
	else if (is_first_surrogate(c))
	{
		scanner->first_surrogate = c;
		return true;
	}
	if (c == 0 || c > 0x10ffff)
		return scan_value_error_at(scanner, "invalid Unicode escape value", position) != YYerror;
	scan_value_append_utf8(&scanner->literal, c);
	return true;
}

int
scan_value_bad_unicode_escape(Scanner *scanner, int position)
{
	(void)error_set(scanner->err, SQLSTATE_INVALID_ESCAPE_SEQUENCE, position, "invalid Unicode escape");
	(void)error_hint(scanner->err, "Unicode escapes must be \\uXXXX or \\UXXXXXXXX.");
	return YYerror;
}

void
scan_value_add_byte(Scanner *scanner, unsigned byte)
{
	byte &= 0xff;
	str_append_char(&scanner->literal, (char)byte);
	if (byte == 0 || byte >= 0x80)
		scanner->saw_non_ascii_escape = true;
}

void
scan_value_add_escape(Scanner *scanner, char c)
{
	switch (c)
	{
		case 'b': c = '\b'; break;
		case 'f': c = '\f'; break;
		case 'n': c = '\n'; break;
		case 'r': c = '\r'; break;
		case 't': c = '\t'; break;
		case 'v': c = '\v'; break;
		default:
			if ((unsigned char)c >= 0x80)
				scanner->saw_non_ascii_escape = true;
			break;
	}
	str_append_char(&scanner->literal, c);
}

/* ---- the rest ---- */

int
scan_value_text(Scanner *scanner, int code, const char *text, size_t len)
{
	if (scanner->mode == SCAN_PARSE)
		scanner->token->text = arena_strndup(scanner->arena, text, len);
	return code;
}

int
scan_value_variable(Scanner *scanner, int code, const char *name, size_t len)
{
	scanner->token->text = arena_strndup(scanner->arena, name, len);
	return code;
}

/* The value of decimal digits; false: more than int4 holds. */
static bool
digits_to_int32(const char *digits, size_t len, int32_t *out)
{
	int64_t value = 0;

	for (size_t i = 0; i < len; i++)
	{
		value = value * 10 + (digits[i] - '0');
		if (value > INT32_MAX)
			return false;
	}
	*out = (int32_t)value;
	return true;
}

int
scan_value_integer(Scanner *scanner, const char *digits, size_t len)
{
	bool fits = digits_to_int32(digits, len, &scanner->token->integer);

	return scan_value_text(scanner, fits ? ICONST : FCONST, digits, len);
}

int
scan_value_parameter(Scanner *scanner, const char *digits)
{
	if (!digits_to_int32(digits, strlen(digits), &scanner->token->integer) && scanner->mode == SCAN_PARSE)
		return scan_value_error(scanner, "parameter number too large");
	return PARAM;
}

static const char *
find_comment(const char *text, int length)
{
	for (int i = 0; i + 1 < length; i++)
		if ((text[i] == '/' && text[i + 1] == '*') || (text[i] == '-' && text[i + 1] == '-'))
			return text + i;
	return NULL;
}

static bool
has_character_of(const char *text, int length, const char *set)
{
	for (int i = 0; i < length; i++)
		if (strchr(set, text[i]))
			return true;
	return false;
}

int
scan_value_operator_length(const char *text, int length)
{
	const char *comment = find_comment(text, length);

	if (comment)
		length = (int)(comment - text);
	/* "+" and "-" may end an operator only if it has a character that SQL's own operators don't use. */
	while (length > 1 && (text[length - 1] == '+' || text[length - 1] == '-') &&
		   !has_character_of(text, length - 1, "~!@#^&|`?%"))
		length--;
	return length;
}

int
scan_value_operator(Scanner *scanner, const char *text, int length)
{
	static const struct
	{
		char text[3];
		int code;
	} known[] = {{"=>", EQUALS_GREATER},
				 {">=", GREATER_EQUALS},
				 {"<=", LESS_EQUALS},
				 {"<>", NOT_EQUALS},
				 {"!=", NOT_EQUALS}};

	if (length == 1 && strchr("+-*/%^<>=", text[0]))
		return text[0];
	if (length == 2)
		for (size_t i = 0; i < lengthof(known); i++)
			if (memcmp(text, known[i].text, 2) == 0)
				return known[i].code;
	if (length > MAX_NAME_BYTES && scanner->mode == SCAN_PARSE)
		return scan_value_error(scanner, "operator too long");
	return scan_value_text(scanner, OP, text, (size_t)length);
}
