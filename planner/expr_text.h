/*
 * expr_text.h: typed expressions as SQL text, the way PostgreSQL's EXPLAIN prints them.
 *
 * The idea: one printer for EXPLAIN and for the canonical texts that are hashed into the manifest. Implicit
 * casts (those without a position) are shown only in canonical texts, which must tell everything that
 * matters.
 */
#ifndef WEIR_PLANNER_EXPR_TEXT_H
#define WEIR_PLANNER_EXPR_TEXT_H

#include "planner/expr.h"
#include "planner/plan.h"

typedef struct ExprPrinter
{
	const ResultColumn *columns; /* of the input row */
	bool canonical;
} ExprPrinter;

extern void expr_print(const ExprPrinter *printer, const Expr *expr, StrBuf *out);
/* With the outer parentheses that PostgreSQL puts around a condition. */
extern void expr_print_condition(const ExprPrinter *printer, const Expr *expr, StrBuf *out);
extern void expr_print_call(const ExprPrinter *printer, const AggregateCall *call, StrBuf *out);

/* Text in the arena. */
extern const char *expr_text(Arena *arena, const ResultColumn *columns, const Expr *expr);
extern const char *expr_call_text(Arena *arena, const ResultColumn *columns, const AggregateCall *call);

#endif
