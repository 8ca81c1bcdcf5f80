/*
 * meta_words.h: the words of a backslash command.
 *
 * The idea: psql's rules. Words end at white space; the command ends at the end of the line or at the next
 * backslash that is not in quotes. '…' takes doubled quotes and the escapes \n \t \b \r \f \\ \'; "…" keeps
 * white space together and a name as it is; :name, :'name' and :"name" are variables, and one that is not set
 * stays as it was written.
 */
#ifndef WEIR_REPL_META_WORDS_H
#define WEIR_REPL_META_WORDS_H

#include "repl/variables.h"

typedef struct MetaWord
{
	const char *text;
	bool quoted; /* some part was in quotes: it is neither a name to fold nor an option */
} MetaWord;

/* items[0] is the command's name, "" when there is none. Everything is in the arena. */
typedef struct MetaWords
{
	MetaWord *items;
	int count;
} MetaWords;

/* Reads the command that begins at *at, behind its backslash; *at ends behind what belongs to it. */
extern MetaWords meta_words_read(StrView text, size_t *at, const Variables *variables, Arena *arena);

/* The whole rest of the line, for commands that take it as it is (\!). */
extern const char *meta_words_line(StrView text, size_t *at, Arena *arena);

#endif
