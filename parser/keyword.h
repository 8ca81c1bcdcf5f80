/*
 * keyword.h: looking a word up in keyword_list.h.
 *
 * Serves the scanner (which words are tokens), printers (which names must be quoted) and the terminal
 * (completion). It knows nothing of the grammar but the token numbers.
 */
#ifndef WEIR_PARSER_KEYWORD_H
#define WEIR_PARSER_KEYWORD_H

#include "common/base.h"
#include "common/str.h"

typedef enum KeywordCategory
{
	KEYWORD_UNRESERVED,
	KEYWORD_COLUMN_NAME,
	KEYWORD_TYPE_FUNCTION_NAME,
	KEYWORD_RESERVED
} KeywordCategory;

typedef struct Keyword
{
	const char *name; /* in upper case */
	int token;
	KeywordCategory category;
	bool bare_label;
} Keyword;

/* The keyword that the word is, whatever its case (ASCII), or NULL. */
extern const Keyword *keyword_lookup(StrView word);

/* The i-th keyword in the order of names, 0 <= i < keyword_count(). */
extern int keyword_count(void);
extern const Keyword *keyword_at(int i);

#endif
