/*
 * meta_words.c: splitting a backslash command into words (contract in meta_words.h).
 */
#include "repl/meta_words.h"

#include <ctype.h>

#include "parser/split.h"

typedef struct WordReader
{
	StrView text;
	size_t at;
	const Variables *variables;
	StrBuf word;
	bool quoted;
} WordReader;

static bool
at_end(const WordReader *r)
{
	return r->at == r->text.len || r->text.data[r->at] == '\n';
}

static bool
at_space(const WordReader *r)
{
	return strchr(" \t\r\f\v", r->text.data[r->at]) != NULL;
}

static char
unescape(char c)
{
	switch (c)
	{
		case 'n': return '\n';
		case 't': return '\t';
		case 'b': return '\b';
		case 'r': return '\r';
		case 'f': return '\f';
		default: return c;
	}
}

/* What is in quotes, which are taken off. Without its second quote it goes to the end of the line. */
static void
read_quoted(WordReader *r, char quote)
{
	r->quoted = true;
	for (r->at++; !at_end(r); r->at++)
	{
		char c = r->text.data[r->at];
		char next = r->at + 1 < r->text.len ? r->text.data[r->at + 1] : '\n';

		if (c == quote && next != quote)
		{
			r->at++;
			return;
		}
		if (c == quote || (quote == '\'' && c == '\\' && next != '\n'))
		{
			r->at++;
			c = c == quote ? c : unescape(next);
		}
		str_append_char(&r->word, c);
	}
}

static void
append_value(WordReader *r, const char *value, char quote)
{
	if (quote == '\'')
		split_append_literal(&r->word, str_from_cstr(value));
	else if (quote == '"')
		str_append_quoted(&r->word, str_from_cstr(value));
	else
		str_append_cstr(&r->word, value);
}

/* A variable that is set; false: the colon is a plain character. */
static bool
read_variable(WordReader *r)
{
	size_t start = r->at + 1, end;
	char quote = '\0';
	const char *value;

	if (start < r->text.len && strchr("'\"", r->text.data[start]) != NULL)
		quote = r->text.data[start++];
	for (end = start; end < r->text.len; end++)
		if (r->text.data[end] != '_' && !isalnum((unsigned char)r->text.data[end]))
			break;
	if (end == start || (quote != '\0' && (end == r->text.len || r->text.data[end] != quote)))
		return false;
	value = variables_get(r->variables, (StrView){r->text.data + start, end - start});
	if (value == NULL)
		return false;
	append_value(r, value, quote);
	r->at = end + (quote != '\0');
	return true;
}

static void
read_word(WordReader *r)
{
	while (!at_end(r) && !at_space(r))
	{
		char c = r->text.data[r->at];

		if (c == '\\')
			return;
		if (c == '\'' || c == '"')
			read_quoted(r, c);
		else if (c != ':' || !read_variable(r))
		{
			str_append_char(&r->word, c);
			r->at++;
		}
	}
}

static void
add_word(WordReader *r, MetaWords *words, int *capacity, Arena *arena)
{
	if (words->count == *capacity)
	{
		MetaWord *items = ARENA_ARRAY(arena, MetaWord, 2 * (size_t)*capacity + 8);

		if (words->count > 0)
			memcpy(items, words->items, (size_t)words->count * sizeof *items);
		words->items = items;
		*capacity = 2 * *capacity + 8;
	}
	words->items[words->count++] = (MetaWord){arena_strdup(arena, str_cstr(&r->word)), r->quoted};
	str_clear(&r->word);
	r->quoted = false;
}

/* The name of the command goes up to white space or the next backslash; "\\" has none. */
static void
read_name(WordReader *r)
{
	while (!at_end(r) && !at_space(r) && r->text.data[r->at] != '\\')
		str_append_char(&r->word, r->text.data[r->at++]);
	if (r->word.len == 0 && !at_end(r) && r->text.data[r->at] == '\\')
		r->at++;
}

MetaWords
meta_words_read(StrView text, size_t *at, const Variables *variables, Arena *arena)
{
	WordReader r = {.text = text, .at = *at, .variables = variables};
	MetaWords words = {0};
	int capacity = 0;
	bool nameless;

	read_name(&r);
	nameless = r.word.len == 0;
	add_word(&r, &words, &capacity, arena);
	while (!nameless)
	{
		while (!at_end(&r) && at_space(&r))
			r.at++;
		if (at_end(&r) || text.data[r.at] == '\\')
			break;
		read_word(&r);
		add_word(&r, &words, &capacity, arena);
	}
	/* a second backslash right behind the first ends the command: "\\" */
	if (!nameless && !at_end(&r) && r.at + 1 < text.len && text.data[r.at + 1] == '\\')
		r.at += 2;
	str_free(&r.word);
	*at = r.at;
	return words;
}

const char *
meta_words_line(StrView text, size_t *at, Arena *arena)
{
	size_t start;

	while (*at < text.len && (text.data[*at] == ' ' || text.data[*at] == '\t'))
		(*at)++;
	start = *at;
	while (*at < text.len && text.data[*at] != '\n')
		(*at)++;
	return arena_strndup(arena, text.data + start, *at - start);
}
