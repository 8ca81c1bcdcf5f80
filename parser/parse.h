/*
 * parse.h: from SQL text to raw syntax trees.
 *
 * The idea: one call parses a whole text of statements separated by semicolons; a syntax error anywhere
 * refuses the text as a whole. Messages, SQLSTATEs and positions are PostgreSQL 15's. The parser knows no
 * catalog, no types and no settings. (Text that must be cut into statements first, with variables and
 * meta-commands between them, goes through split.h.)
 */
#ifndef WEIR_PARSER_PARSE_H
#define WEIR_PARSER_PARSE_H

#include "common/arena.h"
#include "common/error.h"
#include "common/str.h"
#include "parser/tree.h"

/* source[start..end) is the statement's text, without the semicolon and the space around it. */
typedef struct Statement
{
	SyntaxNode *tree;
	int start;
	int end;
} Statement;

/* A warning or notice of the scanner: an identifier was cut to 63 bytes, an odd escape was used. */
typedef struct ParseNotice
{
	const char *severity; /* "NOTICE" or "WARNING" */
	SqlStateName state;
	int position; /* or NO_POSITION */
	const char *message;
} ParseNotice;

/* In the order of the text; empty statements are left out. Everything lives in the arena. */
typedef struct StatementList
{
	Statement *items;
	int count;
	ParseNotice *notices;
	int notice_count;
} StatementList;

/*
 * Parses all statements of source. Positions are byte offsets in source. False: err is set (42601 and kin,
 * 54001 for nesting too deep) and *out is empty. The tree does not point into source.
 */
extern bool parse_statements(StrView source, Arena *arena, StatementList *out, Error *err) WARN_UNUSED;

/*
 * Parses a comma-separated list of expressions, each with an optional AS name, as of an option value: the
 * list holds Targets. Positions are in source.
 */
extern bool parse_targets(StrView source, Arena *arena, SyntaxList *out, Error *err) WARN_UNUSED;

#endif
