/*
 * snowflake_name.c: names and string constants of Snowflake (contract in snowflake_name.h).
 */
#include "connectors/snowflake_name.h"

static bool
is_plain_start(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static bool
is_plain(StrView name)
{
	if (name.len == 0 || !is_plain_start(name.data[0]))
		return false;
	for (size_t i = 1; i < name.len; i++)
		if (!is_plain_start(name.data[i]) && !(name.data[i] >= '0' && name.data[i] <= '9') &&
			name.data[i] != '$')
			return false;
	return true;
}

/* Upper case when it could be written without quotes. */
static void
fold(StrBuf *out, StrView name)
{
	bool plain = is_plain(name);

	for (size_t i = 0; i < name.len; i++)
	{
		char c = name.data[i];

		str_append_char(out, plain && c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c);
	}
}

/* ---- reading ---- */

static bool
is_usable(StrView part, size_t reserve)
{
	size_t characters = 0;

	for (size_t i = 0; i < part.len; i++)
	{
		if ((unsigned char)part.data[i] < 0x20)
			return false;
		characters += ((unsigned char)part.data[i] & 0xC0) != 0x80;
	}
	return characters > 0 && characters + reserve <= SNOWFLAKE_NAME_MAX;
}

/* The part in double quotes that begins at *at. */
static bool
read_quoted(StrView text, size_t *at, StrBuf *part)
{
	size_t i = *at + 1;

	for (; i < text.len; i++)
	{
		if (text.data[i] == '"' && (i + 1 == text.len || text.data[i + 1] != '"'))
			break;
		i += text.data[i] == '"';
		str_append_char(part, text.data[i]);
	}
	*at = i + 1;
	return i < text.len;
}

static bool
read_bare(StrView text, size_t *at, StrBuf *part)
{
	StrView bare = {text.data + *at, 0};

	while (*at + bare.len < text.len && bare.data[bare.len] != '.')
		bare.len++;
	*at += bare.len;
	fold(part, bare);
	return is_plain(bare);
}

bool
snowflake_name_read(SnowflakeName *name, StrView text, int max_parts, size_t reserve)
{
	size_t at = 0;

	*name = (SnowflakeName){.count = 0};
	for (;;)
	{
		StrBuf *part = &name->parts[name->count];

		if (name->count == max_parts)
			return false;
		name->count++;
		if (at < text.len && text.data[at] == '"' ? !read_quoted(text, &at, part)
												  : !read_bare(text, &at, part))
			return false;
		if (!is_usable(str_view(part), at == text.len ? reserve : 0))
			return false;
		if (at == text.len)
			return true;
		if (text.data[at++] != '.')
			return false;
	}
}

bool
snowflake_name_equal(const SnowflakeName *a, const SnowflakeName *b)
{
	if (a->count != b->count)
		return false;
	for (int i = 0; i < a->count; i++)
		if (!str_equal(str_view(&a->parts[i]), str_view(&b->parts[i])))
			return false;
	return true;
}

void
snowflake_name_free(SnowflakeName *name)
{
	for (int i = 0; i < SNOWFLAKE_NAME_PARTS; i++)
		str_free(&name->parts[i]);
}

/* ---- writing ---- */

void
snowflake_append_name(StrBuf *out, const SnowflakeName *name, const char *suffix)
{
	for (int i = 0; i < name->count; i++)
	{
		StrBuf part = {0};

		if (i > 0)
			str_append_char(out, '.');
		str_append_view(&part, str_view(&name->parts[i]));
		if (i == name->count - 1)
			str_append_cstr(&part, suffix);
		str_append_quoted(out, str_view(&part));
		str_free(&part);
	}
}

void
snowflake_append_name_parts(StrBuf *out, const SnowflakeName *name, int count)
{
	for (int i = 0; i < count; i++)
	{
		if (i > 0)
			str_append_char(out, '.');
		str_append_quoted(out, str_view(&name->parts[i]));
	}
}

void
snowflake_append_shown_name(StrBuf *out, const SnowflakeName *name)
{
	if (!snowflake_name_is_plain(name))
	{
		snowflake_append_name(out, name, "");
		return;
	}
	for (int i = 0; i < name->count; i++)
	{
		str_append_cstr(out, i > 0 ? "." : "");
		str_append_view(out, str_view(&name->parts[i]));
	}
}

bool
snowflake_name_is_plain(const SnowflakeName *name)
{
	for (int i = 0; i < name->count; i++)
		if (!is_plain(str_view(&name->parts[i])))
			return false;
	return true;
}

void
snowflake_fold_column(StrBuf *out, const char *name)
{
	fold(out, str_from_cstr(name));
}

void
snowflake_append_column(StrBuf *out, const char *name)
{
	StrBuf folded = {0};

	snowflake_fold_column(&folded, name);
	str_append_quoted(out, str_view(&folded));
	str_free(&folded);
}

void
snowflake_append_literal(StrBuf *out, StrView s)
{
	str_append_char(out, '\'');
	for (size_t i = 0; i < s.len; i++)
	{
		unsigned char c = (unsigned char)s.data[i];

		if (c == '\'' || c == '\\')
			str_append_char(out, (char)c);
		if (c < 0x20)
			str_appendf(out, "\\x%02x", c);
		else
			str_append_char(out, (char)c);
	}
	str_append_char(out, '\'');
}
