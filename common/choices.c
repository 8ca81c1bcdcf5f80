/*
 * choices.c: finding and listing choices (contract in choices.h).
 */
#include "common/choices.h"

#include <strings.h>

/* Takes the first word from the front of the text, which is not empty. */
static StrView
next_word(const char **choices)
{
	StrView word = {*choices, strcspn(*choices, "|")};

	*choices += word.len + ((*choices)[word.len] == '|');
	return word;
}

int
choices_find(const char *choices, StrView word)
{
	for (int number = 0; *choices != '\0'; number++)
	{
		StrView choice = next_word(&choices);

		if (choice.len == word.len && strncasecmp(choice.data, word.data, word.len) == 0)
			return number;
	}
	return -1;
}

StrView
choices_word(const char *choices, int number)
{
	StrView word = next_word(&choices);

	for (; number > 0; number--)
	{
		assert(*choices != '\0');
		word = next_word(&choices);
	}
	return word;
}

void
choices_print(const char *choices, StrBuf *out)
{
	const char *separator = "";

	while (*choices != '\0')
	{
		str_append_cstr(out, separator);
		str_append_view(out, next_word(&choices));
		separator = ", ";
	}
}
