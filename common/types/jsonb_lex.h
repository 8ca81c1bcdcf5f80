/*
 * jsonb_lex.h: the tokens of JSON text, and PostgreSQL's errors about them.
 *
 * The idea: PostgreSQL's jsonapi.c, token by token, so that what is refused, and in which words, is the same.
 * Strings come out unescaped; one without escapes is a view of the input.
 */
#ifndef WEIR_COMMON_TYPES_JSONB_LEX_H
#define WEIR_COMMON_TYPES_JSONB_LEX_H

#include "common/arena.h"
#include "common/error.h"
#include "common/str.h"

typedef enum JsonbToken
{
	JSONB_TOKEN_NONE,
	JSONB_TOKEN_STRING,
	JSONB_TOKEN_NUMBER,
	JSONB_TOKEN_TRUE,
	JSONB_TOKEN_FALSE,
	JSONB_TOKEN_NULL,
	JSONB_TOKEN_OBJECT_START,
	JSONB_TOKEN_OBJECT_END,
	JSONB_TOKEN_ARRAY_START,
	JSONB_TOKEN_ARRAY_END,
	JSONB_TOKEN_COMMA,
	JSONB_TOKEN_COLON,
	JSONB_TOKEN_END
} JsonbToken;

typedef struct JsonbLexer
{
	const char *at; /* where the next token is looked for */
	const char *end;
	const char *line_start;
	int line;
	JsonbToken token;
	const char *token_start; /* the token as written */
	const char *token_end;
	StrView string; /* of a string token: its value */
	bool escaped;   /* the value came out of escapes, so it may need some when printed */
	Arena *arena;
	Error *err;
} JsonbLexer;

extern void jsonb_lex_open(JsonbLexer *lex, StrView input, Arena *arena, Error *err);
/* Reads the next token. */
extern bool jsonb_lex_next(JsonbLexer *lex) WARN_UNUSED;

/*
 * The error that the present token is not what was expected ("\"]\"", "JSON value" …), or that the input
 * ended too early; returns false.
 */
extern bool jsonb_lex_expected(JsonbLexer *lex, const char *what);

#endif
