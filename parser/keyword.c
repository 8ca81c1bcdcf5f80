/*
 * keyword.c: the keyword table and its binary search.
 *
 * The idea: keyword_list.h is sorted, so the table it expands to can be searched as it is.
 */
#include "parser/keyword.h"

#include "common/ascii.h"
#include "parser/grammar.h"
#include "parser/gram.h"

#define BARE_LABEL true
#define AS_LABEL false

static const Keyword keywords[] = {
#define KEYWORD(word, word_category, label) \
	{.name = #word, .token = KW_##word, .category = KEYWORD_##word_category, .bare_label = label},
#include "parser/keyword_list.h"
#undef KEYWORD
};

/* Compares the word, upper-cased, with a keyword's name, as strcmp does. */
static int
compare_word(StrView word, const char *name)
{
	for (size_t i = 0; i < word.len; i++)
	{
		int difference = (unsigned char)ascii_upper(word.data[i]) - (unsigned char)name[i];

		if (difference != 0)
			return difference;
	}
	return name[word.len] == 0 ? 0 : -1;
}

const Keyword *
keyword_lookup(StrView word)
{
	size_t low = 0;
	size_t high = lengthof(keywords);

	while (low < high)
	{
		size_t middle = low + (high - low) / 2;
		int difference = compare_word(word, keywords[middle].name);

		if (difference == 0)
			return &keywords[middle];
		if (difference < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

int
keyword_count(void)
{
	return (int)lengthof(keywords);
}

const Keyword *
keyword_at(int i)
{
	return &keywords[i];
}
