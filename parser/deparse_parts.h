/*
 * deparse_parts.h: what the files of the deparser share; for the parser folder only.
 */
#ifndef WEIR_PARSER_DEPARSE_PARTS_H
#define WEIR_PARSER_DEPARSE_PARTS_H

#include "parser/deparse.h"

/*
 * How tightly an expression holds together, in the order of gram.y's precedence. An operand is put in
 * parentheses when it binds less tightly than its place demands.
 */
typedef enum Binding
{
	BINDING_ANY,
	BINDING_OR,
	BINDING_AND,
	BINDING_NOT,
	BINDING_IS,
	BINDING_COMPARISON,
	BINDING_LIKE,
	BINDING_OPERATOR,
	BINDING_ADD,
	BINDING_MULTIPLY,
	BINDING_POWER,
	BINDING_AT,
	BINDING_COLLATE,
	BINDING_UNARY,
	BINDING_CAST,
	BINDING_PRIMARY
} Binding;

/* An expression in a place that demands at least that binding. */
extern void deparse_operand(const SyntaxNode *node, Binding demanded, StrBuf *out);

/* The items with ", " between them; nothing for an empty list. */
extern void deparse_list(const SyntaxList *list, StrBuf *out);
/* word, then the items; nothing for an empty list. */
extern void deparse_clause(const char *word, const SyntaxList *list, StrBuf *out);
/* Identifiers with dots between them. */
extern void deparse_names(const SyntaxList *names, StrBuf *out);
/* A function's or generic type's name, which may be words that a column's may not. */
extern void deparse_function_name(const SyntaxList *names, StrBuf *out);

/* A word where any key word may stand: in quotes only when the scanner would change it. */
extern void deparse_label(const char *word, StrBuf *out);

/* One for each file; they know the kinds that tree.h has under the heading. */
extern void deparse_expression(const SyntaxNode *node, StrBuf *out);
extern void deparse_call(const FunctionCall *call, StrBuf *out);
extern void deparse_type(const TypeName *type, StrBuf *out);
extern void deparse_typed_literal(const TypeCast *cast, StrBuf *out);
extern void deparse_query_part(const SyntaxNode *node, StrBuf *out);
extern void deparse_statement(const SyntaxNode *node, StrBuf *out);

#endif
