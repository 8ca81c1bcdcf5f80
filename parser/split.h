/*
 * split.h: cutting text into statements, for files, -c and the terminal.
 *
 * The idea: text comes in pieces (lines, files); the scanner says where strings, comments and parentheses
 * are, so that a statement ends at a semicolon outside of them, and a backslash outside of them begins a
 * meta-command. On the way the variables :name, :'name', :"name" and :{?name} are replaced, as psql does it,
 * except that a statement with a variable that is not set must not be run, and that a value is taken as it
 * is: it is not searched for variables, and a semicolon in it ends no piece. White space and line comments
 * before a statement are dropped; \; and \: give the plain character.
 */
#ifndef WEIR_PARSER_SPLIT_H
#define WEIR_PARSER_SPLIT_H

#include "parser/scan.h"

typedef enum SplitEnd
{
	SPLIT_STATEMENT, /* splitter->statement holds a statement with the semicolon that ends it */
	SPLIT_MORE,      /* the text is used up; the statement goes on in the next piece, or nothing has begun */
	SPLIT_BACKSLASH  /* a meta-command begins right behind what was consumed (its backslash was) */
} SplitEnd;

/* The value of a variable, or NULL. */
typedef const char *(*SplitLookup)(void *context, StrView name);

/* Zero-initialise; release with splitter_release(). */
typedef struct Splitter
{
	SplitLookup lookup; /* NULL: variables stay as they are */
	void *context;
	StrBuf
		statement; /* so far, with variables replaced; the caller clears it with splitter_reset() after use */
	ScanResume resume;
	int parentheses; /* open now */
	bool begun;      /* the statement has a token */
	Error failure;   /* set: the statement names a variable that is not set */
} Splitter;

/* Consumes text up to the end of a statement, a backslash, or its own end; *consumed is how many bytes. */
extern SplitEnd splitter_feed(Splitter *splitter, StrView text, size_t *consumed);
/* Forgets the statement so far. */
extern void splitter_reset(Splitter *splitter);
extern void splitter_release(Splitter *splitter);

/* What psql's prompt shows: '=' when nothing has begun, else '-', '(', '*', '\'', '"' or '$'. */
extern char splitter_prompt(const Splitter *splitter);

/* Appends a string as a SQL literal. (A name in double quotes: str_append_quoted().) */
extern void split_append_literal(StrBuf *out, StrView text);

#endif
