/*
 * gram_lex.h: what the generated parser calls; both functions are in parse.c.
 */
#ifndef WEIR_PARSER_GRAM_LEX_H
#define WEIR_PARSER_GRAM_LEX_H

#include "parser/gram.h"

/* The next token with its value and place; YYerror after setting the parser's Error. */
extern int yylex(YYSTYPE *value, Location *location, Parser *parser);
/* Bison's message becomes the parser's Error, unless there is one already. */
extern void yyerror(const Location *location, Parser *parser, const char *message);

#endif
