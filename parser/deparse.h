/*
 * deparse.h: from raw syntax trees back to SQL text.
 *
 * The idea: one canonical spelling for each tree (key words in capitals, parentheses only where precedence
 * asks for them, aliases with AS, one line but for definitions, which have one for each column and clause),
 * such that parsing the text gives a tree with the same text again. SHOW CREATE prints it. Comments, the
 * source's spacing and alternative spellings (!=, TABLE t, EXPLAIN ANALYZE) are not kept.
 */
#ifndef WEIR_PARSER_DEPARSE_H
#define WEIR_PARSER_DEPARSE_H

#include "common/str.h"
#include "parser/tree.h"

/* Appends the text of a statement, an expression or a part of one. */
extern void deparse(const SyntaxNode *tree, StrBuf *out);

/* Appends a name of a column, table or the like, in double quotes where it would not be read back as it is.
 */
extern void deparse_name(const char *name, StrBuf *out);

/* Appends a string literal. */
extern void deparse_string(const char *text, StrBuf *out);

#endif
