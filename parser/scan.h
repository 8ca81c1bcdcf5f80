/*
 * scan.h: the one scanner of SQL text, for the parser and for the terminal.
 *
 * The idea: PostgreSQL's lexical rules once, in scan.l, used in two ways. For the parser, a token carries its
 * value, comments are skipped and a malformed token is an error. For the splitter (split.h), which must find
 * the end of a statement in text that may not be complete or correct, the scanner starts and ends in any
 * state (inside a string, a comment ...), reports no errors, and returns comments, variables (:name) and
 * backslashes as tokens.
 */
#ifndef WEIR_PARSER_SCAN_H
#define WEIR_PARSER_SCAN_H

#include "common/arena.h"
#include "common/error.h"
#include "common/str.h"

typedef enum ScanMode
{
	SCAN_PARSE,
	SCAN_SPLIT
} ScanMode;

/* Where the text so far ends; what the terminal's prompt shows. */
typedef enum ScanPlace
{
	SCAN_PLACE_PLAIN,
	SCAN_PLACE_COMMENT,
	SCAN_PLACE_STRING,
	SCAN_PLACE_IDENTIFIER,
	SCAN_PLACE_DOLLAR
} ScanPlace;

/* Token codes that the grammar does not know, below all of Bison's. */
enum
{
	SCAN_COMMENT = -1,  /* a block comment */
	SCAN_VARIABLE = -2, /* :name, text is the name */
	SCAN_VARIABLE_LITERAL = -3,
	SCAN_VARIABLE_IDENTIFIER = -4,
	SCAN_VARIABLE_TEST = -5, /* :{?name} */
	SCAN_BACKSLASH = -6
};

typedef struct Token
{
	int code;  /* of gram.h, a character, SCAN_..., or 0 at the end */
	int start; /* byte offsets in the source */
	int end;
	const char *text; /* in the arena; NULL when the code says it all */
	int32_t integer;  /* of ICONST and PARAM */
} Token;

typedef struct ScanNotice
{
	struct ScanNotice *next;
	const char *severity;
	SqlStateName state;
	int position;
	const char *message;
} ScanNotice;

/* State that survives from one piece of text to the next, when splitting. Zero-initialise. */
typedef struct ScanResume
{
	int condition; /* Flex's start condition */
	int comment_depth;
	char *dollar_tag; /* on the heap: the opening $tag$ of the string we are in, or NULL */
} ScanResume;

/* Invariant: start <= consumed <= fed <= source.len; the current token is source[start..consumed). */
typedef struct Scanner
{
	StrView source;
	Arena *arena;
	Error *err;
	ScanMode mode;
	void *flex;
	size_t fed; /* bytes given to Flex */
	int consumed;
	int start;      /* of the current token */
	StrBuf literal; /* value of the string being scanned */
	bool saw_non_ascii_escape;
	unsigned first_surrogate; /* of a \u pair, or 0 */
	int string_condition;     /* where a string that may be continued came from */
	ScanResume resume;
	Token *token; /* being filled */
	ScanNotice *notices;
	ScanNotice **notices_end;
} Scanner;

/*
 * Prepares to scan source from offset 0. In SCAN_SPLIT mode, resume may be a state left by an earlier scan;
 * it is moved into the scanner. Every open is paired with a close, which gives the state back when asked for.
 */
extern void scan_open(Scanner *scanner, StrView source, ScanMode mode, Arena *arena, ScanResume *resume,
					  Error *err);
extern void scan_close(Scanner *scanner, ScanResume *resume);
extern void scan_resume_release(ScanResume *resume);

/* The next token; false: err is set (SCAN_PARSE only). */
extern bool scan_next(Scanner *scanner, Token *token) WARN_UNUSED;

/* Where the text consumed so far ends. */
extern ScanPlace scan_place(const ScanResume *resume);

/* Reports a syntax error at source[start..end): message, "at or near" and the text, or "at end of input". */
extern bool scan_error_at(Scanner *scanner, SqlStateName state, const char *message, int start, int end);

/* The name of an identifier: an over-long one is cut as PostgreSQL does, with its notice. */
extern const char *scan_name(Scanner *scanner, const char *name);

/* Adds a notice in the arena. */
extern void scan_notice(Scanner *scanner, SqlStateName state, const char *message);

#endif
