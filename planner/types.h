/*
 * types.h: type resolution: which casts apply and what common type several expressions have, as PostgreSQL 15
 * does it.
 *
 * The idea: an untyped literal is a constant of TYPE_UNKNOWN that carries its text; coercing it means reading
 * the text as the wanted type at plan time. Everything else is coerced by the function that cast_list.h
 * names. Choosing among functions and operators of one name is candidates.h.
 */
#ifndef WEIR_PLANNER_TYPES_H
#define WEIR_PLANNER_TYPES_H

#include "planner/expr_build.h"
#include "planner/plan_context.h"

/* "integer", "unknown". */
extern const char *types_name(TypeId type);
extern char types_category(TypeId type); /* 'X' for TYPE_UNKNOWN */
extern bool types_is_preferred(TypeId type);

extern bool types_can_coerce(TypeId from, TypeId to, CastContext context);

/*
 * The expression as the type, by casts that the context allows; its modifier is applied when to.modifier is
 * set. position is the cast's own, NO_POSITION for implicit ones. NULL with *err unset when there is no such
 * cast, NULL with *err set when a literal does not read as the type.
 */
extern Expr *types_coerce(const PlanContext *context, Expr *expr, TypeSpec to, CastContext cast, int position,
						  Error *err);
/* CAST(expr AS to): 42846 when there is no such cast. fields: of an interval literal's qualifier, 0 = none.
 */
extern Expr *types_cast(const PlanContext *context, Expr *expr, TypeSpec to, unsigned fields, int position,
						Error *err);
/* An unknown literal becomes text; others stay. */
extern Expr *types_resolve_unknown(const PlanContext *context, Expr *expr);
/* "argument of WHERE must be type boolean, not type integer" unless it is or reads as one. */
extern Expr *types_coerce_to(const PlanContext *context, Expr *expr, TypeId to, const char *construct,
							 Error *err);

/*
 * The type that all expressions can become, by PostgreSQL's rules for UNION, CASE and related constructs;
 * NULL construct asks silently. TYPE_UNKNOWN: there is none, err says "CASE types integer and text cannot be
 * matched".
 */
extern TypeId types_common(Expr *const *exprs, int count, const char *construct, Error *err);
/* The modifier that all share, when they are all of the type. */
extern int32_t types_common_modifier(Expr *const *exprs, int count, TypeId type);
/* Coerces to the common type in place. */
extern bool types_unify(const PlanContext *context, Expr **exprs, int count, TypeId type,
						const char *construct, Error *err) WARN_UNUSED;

#endif
