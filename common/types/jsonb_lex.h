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

typedef enum JsonToken
{
	JSON_TOKEN_NONE,
	JSON_TOKEN_STRING,
	JSON_TOKEN_NUMBER,
	JSON_TOKEN_TRUE,
	JSON_TOKEN_FALSE,
	JSON_TOKEN_NULL,
	JSON_TOKEN_OBJECT_START,
	JSON_TOKEN_OBJECT_END,
	JSON_TOKEN_ARRAY_START,
	JSON_TOKEN_ARRAY_END,
	JSON_TOKEN_COMMA,
	JSON_TOKEN_COLON,
	JSON_TOKEN_END
} JsonToken;

typedef struct JsonLexer
{
	const char *at; /* where the next token is looked for */
	const char *end;
	const char *line_start;
	int line;
	JsonToken token;
	const char *token_start; /* the token as written */
	const char *token_end;
	StrView string; /* of a string token: its value */
	bool escaped;   /* the value came out of escapes, so it may need some when printed */
	Arena *arena;
	Error *err;
} JsonLexer;

extern void json_lex_open(JsonLexer *lex, StrView input, Arena *arena, Error *err);
/* Reads the next token. */
extern bool json_lex_next(JsonLexer *lex) WARN_UNUSED;

/*
 * The error that the present token is not what was expected ("\"]\"", "JSON value" …), or that the input
 * ended too early; returns false.
 */
extern bool json_lex_expected(JsonLexer *lex, const char *what);

#endif
