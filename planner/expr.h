/*
 * expr.h: typed, resolved expressions: what analysis makes of raw trees and what the executor compiles.
 *
 * The idea: every node has a type; every implicit cast is an explicit node; columns are positions in the
 * input row. Expressions are immutable once planned, live in the plan's arena, and may be shared.
 */
#ifndef WEIR_PLANNER_EXPR_H
#define WEIR_PLANNER_EXPR_H

#include "planner/functions.h"

typedef enum ExprKind
{
	EXPR_CONSTANT, /* constant */
	EXPR_COLUMN,   /* column: position in the input row */
	EXPR_FUNCTION, /* function(args), casts and operators included */
	EXPR_MODIFIER, /* args[0] coerced to type.modifier */
	EXPR_AND,      /* args, two or more; three-valued; a later argument guards against an earlier one */
	EXPR_OR,
	EXPR_NOT,
	EXPR_IS_NULL, /* never NULL themselves */
	EXPR_IS_NOT_NULL,
	EXPR_IS_TRUE,
	EXPR_IS_NOT_TRUE,
	EXPR_IS_FALSE,
	EXPR_IS_NOT_FALSE,
	EXPR_IS_DISTINCT, /* args[0], args[1] of one type, by the type's compare; never NULL */
	EXPR_IS_NOT_DISTINCT,
	EXPR_CASE, /* args: condition, result, condition, result, … , else (always there, maybe a NULL) */
	EXPR_COALESCE,
	EXPR_NULLIF, /* args[0] unless function(args[0], args[1]) (the "=" operator) is true */
	EXPR_IN,     /* args[0] = any of args[1..], all of one type, by compare; three-valued */
	EXPR_GREATEST,
	EXPR_LEAST
} ExprKind;

typedef struct Expr Expr;

struct Expr
{
	ExprKind kind;
	TypeSpec type;
	int position; /* in the statement's source, or NO_POSITION */
	FunctionId function;
	int column;
	Datum constant;
	int arg_count;
	Expr **args;
};

/* Computes an expression without columns: implemented by the executor as a one-row batch (see fold.h). */
typedef struct Evaluator
{
	/* The result's memory is in the arena. False with the error of the failing function. */
	bool (*evaluate)(const Expr *expr, const TypeContext *context, Arena *arena, Datum *result, Error *err);
} Evaluator;

#endif
