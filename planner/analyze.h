/*
 * analyze.h: from raw trees to typed expressions and wide plan nodes; what the analyze_*.c files share.
 *
 * The idea: a FROM clause becomes a Scope: a plan node and named columns, each an expression over that node's
 * columns. Subqueries and views that only project and filter never become nodes of their own: their output
 * expressions are the scope's columns. Expressions are analysed over the scope's column numbers, so that
 * names are known for messages and grouping is checked as written, and are then resolved to the node's
 * columns. Scans are still wide here: a scan delivers all declared columns; rewrite.h narrows them.
 */
#ifndef WEIR_PLANNER_ANALYZE_H
#define WEIR_PLANNER_ANALYZE_H

#include "parser/tree.h"
#include "planner/catalog.h"
#include "planner/expr_build.h"
#include "planner/plan.h"
#include "planner/plan_context.h"

/* ---- scopes ---- */

typedef struct ScopeColumn
{
	const char *name;
	const char *table; /* the alias it belongs to, for messages; "" when there is none */
	Expr *expr;        /* over the columns of Scope.node */
} ScopeColumn;

/* An alias: its columns are [first, first + count). */
typedef struct ScopeTable
{
	const char *name; /* "" can't be referred to */
	int first;
	int count;
	const StreamDef *table; /* a reference table, whose primary key determines its other columns; else NULL */
} ScopeTable;

/* visible: the columns that * stands for and that unqualified names find, in order (USING merges pairs). */
typedef struct Scope
{
	PlanNode *node;
	ScopeColumn *columns;
	int column_count;
	ScopeTable *tables;
	int table_count;
	int *visible;
	int visible_count;
} Scope;

/* ---- expressions ---- */

/* Aggregate calls met in one query; equal ones share a number. Arguments are over scope columns. */
typedef struct CallList
{
	AggregateCall *items;
	int count;
	int capacity;
	int first_position; /* in the source, of call 0 */
} CallList;

/* In analysed expressions, the result of call i and the value of grouping key k stand as these column
 * numbers. */
#define CALL_COLUMN(i) (-1 - (i))
#define KEY_COLUMN(k) ((1 << 24) + (k))

typedef struct Analyzer
{
	const PlanContext *context;
	const Scope *scope; /* NULL: columns can't be referred to */
	const char *place;  /* as messages name it: "WHERE", "JOIN conditions" */
	const char
		*no_columns; /* with scope NULL: the message for a column reference; NULL = it does not exist */
	CallList *calls; /* NULL: aggregates are not allowed in this place */
	bool inside_aggregate;
	Error *err;
} Analyzer;

/* Over scope columns, folded; may be of TYPE_UNKNOWN. NULL: a->err is set. */
extern Expr *analyze_expr(Analyzer *a, const SyntaxNode *node);
/* The same without folding, for parts of an expression. */
extern Expr *analyze_part(Analyzer *a, const SyntaxNode *node);
/* Coerced to boolean, as the place demands. */
extern Expr *analyze_condition(Analyzer *a, const SyntaxNode *node, const char *construct);
extern Expr *analyze_call(Analyzer *a, const FunctionCall *call);
extern Expr *analyze_column(Analyzer *a, const ColumnRef *ref);
/* An operator by name over analysed operands; left NULL = prefix. */
extern Expr *analyze_apply(Analyzer *a, const char *name, Expr *left, Expr *right, int position);
extern Expr *analyze_is_test(Analyzer *a, const IsTestExpr *node);
extern Expr *analyze_distinct_from(Analyzer *a, const DistinctFromExpr *node);
extern Expr *analyze_between(Analyzer *a, const BetweenExpr *node);
extern Expr *analyze_in(Analyzer *a, const InExpr *node);
extern Expr *analyze_like(Analyzer *a, const LikeExpr *node);
extern Expr *analyze_case(Analyzer *a, const CaseExpr *node);
/* COALESCE, NULLIF, GREATEST, LEAST. */
extern Expr *analyze_choice(Analyzer *a, const ListExpr *node);
extern Expr *analyze_current_value(Analyzer *a, const CurrentValue *node);
/* Sets 0A000 "… is not supported" and returns NULL. */
extern Expr *analyze_unsupported(Analyzer *a, int position, const char *what, const char *hint);

/* numeric(12,2) and so on. fields (may be NULL): the qualifier of an interval, as bits of IntervalField. */
extern bool type_name_resolve(const PlanContext *context, const TypeName *name, TypeSpec *out,
							  unsigned *fields, Error *err) WARN_UNUSED;

/* The name that PostgreSQL gives an unnamed output column. */
extern const char *analyze_column_name(const SyntaxNode *node);

/* ---- scopes ---- */

/* The column's number; -1: err is set (42703, 42702, 42P01). table NULL: unqualified. */
extern int scope_find_column(const Scope *scope, const char *table, const char *column, int position,
							 Error *err);
/* -1 when there is none; no error. */
extern int scope_find_visible(const Scope *scope, const char *column);
extern const ScopeTable *scope_find_table(const Scope *scope, const char *table);
/* Over the node's columns. */
extern Expr *scope_resolve(Arena *arena, const Scope *scope, const Expr *expr);
/* A scope of one table whose columns are the node's. */
extern Scope *scope_of_node(Arena *arena, PlanNode *node, const char *table);

/* ---- queries ---- */

/* A query's output before it is a node: expressions over node's columns. */
typedef struct Projection
{
	PlanNode *node;
	int count;
	const char **names;
	Expr **exprs;
} Projection;

/* WITH queries that are visible, innermost first. */
typedef struct WithScope
{
	const CommonTableExpr *query;
	const struct WithScope *visible; /* to that query itself */
	const struct WithScope *next;
} WithScope;

/* keep_unknown: untyped literals of the select list stay so (for INSERT); else they become text. */
extern bool analyze_query(const PlanContext *context, const SelectStatement *query, const WithScope *with,
						  bool keep_unknown, Projection *out, Error *err) WARN_UNUSED;
extern bool analyze_set_operation(const PlanContext *context, const SelectStatement *query,
								  const WithScope *with, Projection *out, Error *err) WARN_UNUSED;
extern bool analyze_values(const PlanContext *context, const SyntaxList *rows, Projection *out,
						   Error *err) WARN_UNUSED;
extern bool analyze_plain_select(const PlanContext *context, const SelectStatement *query,
								 const WithScope *with, bool keep_unknown, Projection *out,
								 Error *err) WARN_UNUSED;
extern bool analyze_from(const PlanContext *context, const SyntaxList *from, const WithScope *with,
						 Scope **out, Error *err) WARN_UNUSED;
extern bool analyze_from_item(const PlanContext *context, const SyntaxNode *item, const WithScope *with,
							  Scope **out, Error *err) WARN_UNUSED;
extern bool analyze_join(const PlanContext *context, const JoinExpr *join, const WithScope *with, Scope **out,
						 Error *err) WARN_UNUSED;
/* a, b in FROM. */
extern bool analyze_cross_join(const PlanContext *context, Scope *left, Scope *right, int position,
							   Scope **out, Error *err) WARN_UNUSED;
extern bool analyze_window_table(const PlanContext *context, const WindowTable *table, const WithScope *with,
								 Scope **out, Error *err) WARN_UNUSED;

/* A select list being analysed: output columns, then hidden ones that only ORDER BY uses. */
typedef struct TargetList
{
	Expr **exprs; /* over scope columns, later over the node's */
	const char **names;
	const SyntaxNode **sources; /* the Target's value, for names and positions; NULL for columns of a star */
	int count;
	int capacity; /* of each of the three */
	int visible;
} TargetList;

extern bool analyze_targets(Analyzer *a, const SyntaxList *targets, TargetList *list) WARN_UNUSED;
extern int analyze_add_target(Arena *arena, TargetList *list, Expr *expr, const char *name,
							  const SyntaxNode *source);

/* GROUP BY items as expressions over scope columns, duplicates left out. */
extern bool analyze_group_by(Analyzer *a, const SyntaxList *items, const TargetList *targets,
							 ExprList *keys) WARN_UNUSED;
/* Puts KEY_COLUMNs for the keys; 42803 for what is neither grouped nor aggregated. May add keys (primary key
 * rule). */
extern Expr *analyze_grouped(Analyzer *a, const Expr *expr, ExprList *keys);

/* ORDER BY items: sort keys over target numbers; may add hidden targets. fixed: only outputs may be named
 * (UNION). */
extern bool analyze_order_by(Analyzer *a, const SyntaxList *items, TargetList *targets, bool fixed,
							 SortKey **keys, int *key_count) WARN_UNUSED;
/* scope: what the arguments may be found to refer to, which is then refused; NULL = nothing. */
extern bool analyze_limit(const PlanContext *context, const Scope *scope, const SelectStatement *query,
						  int64_t *limit, int64_t *offset, Error *err) WARN_UNUSED;

#endif
