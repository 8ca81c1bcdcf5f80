/*
 * aws_words.c: a command line cut into words (contract in aws_words.h).
 */
#include "connectors/aws_words.h"

#include "common/memory.h"
#include "connectors/secret.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Appends what stands between quotes; *p is moved behind the closing one. */
static bool
take_quoted(const char **p, StrBuf *word)
{
	char quote = *(*p)++;

	for (; **p != quote; (*p)++)
	{
		/* Between double quotes a backslash means something only before these two. */
		if (quote == '"' && **p == '\\' && ((*p)[1] == '"' || (*p)[1] == '\\'))
			(*p)++;
		if (**p == '\0')
			return false;
		str_append_char(word, **p);
	}
	(*p)++;
	return true;
}

static bool
take_word(const char **p, StrBuf *word)
{
	while (**p != '\0' && !is_blank(**p))
	{
		if (**p == '\'' || **p == '"')
		{
			if (!take_quoted(p, word))
				return false;
			continue;
		}
		if (**p == '\\' && *++*p == '\0')
			return false;
		str_append_char(word, *(*p)++);
	}
	return true;
}

static void
add_word(AwsWords *words, const StrBuf *word)
{
	mem_grow(&words->items, &words->capacity, words->count + 1, sizeof *words->items);
	words->items[words->count++] = mem_strdup(str_cstr(word));
	words->items[words->count] = NULL;
}

bool
aws_words_split(const char *text, AwsWords *out)
{
	StrBuf word = {0};
	bool ok = true;

	while (ok)
	{
		while (is_blank(*text))
			text++;
		if (*text == '\0')
			break;
		str_clear(&word);
		ok = take_word(&text, &word);
		if (ok)
			add_word(out, &word);
	}
	secret_wipe(&word);
	return ok;
}

void
aws_words_free(AwsWords *words)
{
	for (size_t i = 0; i < words->count; i++)
		secret_free(words->items[i]);
	mem_free(words->items);
	*words = (AwsWords){0};
}
