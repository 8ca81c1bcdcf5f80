/*
 * expr_build.h: making, comparing and rewriting typed expressions.
 *
 * The idea: expressions are immutable, so a rewrite copies the path from the root to what changed and shares
 * the rest. Nothing here decides types; that is types.h.
 */
#ifndef WEIR_PLANNER_EXPR_BUILD_H
#define WEIR_PLANNER_EXPR_BUILD_H

#include "common/bitmap.h"
#include "planner/expr.h"

#define TYPE_PLAIN(type_id) ((TypeSpec){(type_id), NO_MODIFIER})

/* Above this many nodes an expression is computed by a node of its own rather than copied to where it is
 * used. */
#define EXPR_INLINE_LIMIT 1000

extern Expr *expr_new(Arena *arena, ExprKind kind, TypeSpec type, int position, int arg_count);
extern Expr *expr_constant(Arena *arena, Datum value, int position);
extern Expr *expr_null(Arena *arena, TypeId type, int position);
extern Expr *expr_column(Arena *arena, int column, TypeSpec type, int position);
extern Expr *expr_function(Arena *arena, FunctionId function, int position, int arg_count, Expr *const *args);
extern Expr *expr_unary(Arena *arena, ExprKind kind, TypeSpec type, int position, Expr *arg);
extern Expr *expr_binary(Arena *arena, ExprKind kind, TypeSpec type, int position, Expr *a, Expr *b);
/* The same value under another modifier of its type; EXPR_MODIFIER, which computes with its own, stays. */
extern Expr *expr_retyped(Arena *arena, Expr *expr, TypeSpec type);
extern Expr *expr_interval(Arena *arena, int64_t micros);

/* The leftmost position in the source: what PostgreSQL's exprLocation() gives. */
extern int expr_start(const Expr *expr);

/* Same value for every row, positions aside. */
extern bool expr_equal(const Expr *a, const Expr *b);

/* Calls visit for the expression and all below it, parents first, until one call returns true; gives that. */
extern bool expr_any(const Expr *expr, bool (*visit)(const Expr *expr, void *context), void *context);
extern bool expr_has_columns(const Expr *expr);
extern bool expr_is_volatile(const Expr *expr);
/* It has more nodes than limit, shared ones counted each time they are met. */
extern bool expr_is_larger(const Expr *expr, int limit);
/* At least one column is in [from, to). */
extern bool expr_uses_columns(const Expr *expr, int from, int to);

/* The non-NULL constant, or NULL when it is something else. */
extern const Datum *expr_constant_value(const Expr *expr);
/* A call of a function of that name. */
extern bool expr_is_call(const Expr *expr, const char *name);

/*
 * A copy in which replace() had its say on every node, parents first: what it returns stands for the node and
 * everything below; NULL means go on below.
 */
typedef Expr *(*ExprReplace)(const Expr *expr, void *context);
extern Expr *expr_rewrite(Arena *arena, const Expr *expr, ExprReplace replace, void *context);
/* Column i becomes columns[i]. */
extern Expr *expr_substitute(Arena *arena, const Expr *expr, Expr *const *columns);
/* Column i becomes column i + by for i >= from. */
extern Expr *expr_shift(Arena *arena, const Expr *expr, int from, int by);

/* A growing list of expressions, as conjuncts or arguments. */
typedef struct ExprList
{
	Expr **items;
	int count;
	int capacity;
} ExprList;

extern void expr_list_add(Arena *arena, ExprList *list, Expr *expr);
/*
 * Adds the conjuncts of a condition in their order; a NULL expression adds none. NOT (a OR b) is a
 * conjunction, too, as they are to PostgreSQL: what comes later is not looked at where something earlier is
 * not true.
 */
extern void expr_list_add_conjuncts(Arena *arena, ExprList *list, Expr *expr);
/* The AND of all, the single one, or NULL when the list is empty. */
extern Expr *expr_list_and(Arena *arena, const ExprList *list);
extern int expr_list_find(const ExprList *list, const Expr *expr); /* by expr_equal; -1 = not there */

#endif
