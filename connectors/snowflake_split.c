/*
 * snowflake_split.c: cutting text into statements (contract in snowflake_split.h).
 */
#include "connectors/snowflake_split.h"

#include "common/ascii.h"

static bool
starts(StrView text, size_t at, const char *what)
{
	size_t len = strlen(what);

	return text.len - at >= len && memcmp(text.data + at, what, len) == 0;
}

/* Behind the next place of what, or the end of the text. */
static size_t
behind(StrView text, size_t at, const char *what)
{
	const char *found = memmem(text.data + at, text.len - at, what, strlen(what));

	return found != NULL ? (size_t)(found - text.data) + strlen(what) : text.len;
}

/* Behind the quote that closes the one at the place. A doubled one closes and opens again. */
static size_t
behind_quote(StrView text, size_t at)
{
	char quote = text.data[at++];

	for (; at < text.len && text.data[at] != quote; at++)
		at += quote == '\'' && text.data[at] == '\\' && at + 1 < text.len;
	return Min(at + 1, text.len);
}

/* Behind a comment; at itself when there is none. */
static size_t
behind_comment(StrView text, size_t at)
{
	if (starts(text, at, "--") || starts(text, at, "//"))
		return behind(text, at, "\n");
	return starts(text, at, "/*") ? behind(text, at + 2, "*/") : at;
}

/* Behind what stands at the place: a string, a quoted name, a comment, or one byte. */
static size_t
behind_token(StrView text, size_t at)
{
	size_t comment = behind_comment(text, at);

	if (comment > at)
		return comment;
	if (text.data[at] == '\'' || text.data[at] == '"')
		return behind_quote(text, at);
	return starts(text, at, "$$") ? behind(text, at + 2, "$$") : at + 1;
}

static size_t
skip_filling(StrView text, size_t at)
{
	while (at < text.len)
	{
		size_t next = ascii_space(text.data[at]) || text.data[at] == ';' ? at + 1 : behind_comment(text, at);

		if (next == at)
			break;
		at = next;
	}
	return at;
}

bool
snowflake_split(StrView text, size_t *at, StrView *statement)
{
	size_t begin = skip_filling(text, *at), end = begin;

	while (end < text.len && text.data[end] != ';')
		end = behind_token(text, end);
	*at = Min(end + 1, text.len);
	while (end > begin && ascii_space(text.data[end - 1]))
		end--;
	*statement = (StrView){text.data + begin, end - begin};
	return end > begin;
}
