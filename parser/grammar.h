/*
 * grammar.h: what the grammar's files share; for the parser folder only.
 *
 * The idea: the grammar's actions are one call each, so that the .y files read as a grammar; the calls are
 * the make_*() functions below, in make.c (expressions, names) and make_statement.c (queries, definitions).
 * Those that can fail return NULL after setting the parser's Error; CHECKED() in gram.y turns that into the
 * parse's end.
 */
#ifndef WEIR_PARSER_GRAMMAR_H
#define WEIR_PARSER_GRAMMAR_H

#include "parser/parse.h"
#include "parser/scan.h"
#include "parser/tree.h"

/* source[start..end); both -1 for an empty rule. */
typedef struct Location
{
	int start;
	int end;
} Location;

typedef struct Parser
{
	Scanner scanner;
	Arena *arena;
	Error *err;
	int first_token; /* MODE_TARGETS, given to the grammar before the text's tokens; 0: none, or given */
	Token current;   /* given last */
	Token ahead;     /* read in advance */
	bool has_ahead;
	const char *relation; /* being created, for messages about its columns */
	Statement *statements;
	int statement_count;
	int statement_capacity;
	SyntaxList targets; /* result of MODE_TARGETS */
} Parser;

/* The name in CREATE ... [IF NOT EXISTS] name. */
typedef struct NewName
{
	QualifiedName *name;
	bool if_not_exists;
} NewName;

/* What follows INTERVAL, or an interval's text. */
typedef struct IntervalSuffix
{
	IntervalFields fields;
	SyntaxList modifiers;
} IntervalSuffix;

/* A list with the word before it: WITH RECURSIVE ..., GROUP BY DISTINCT ... */
typedef struct FlaggedList
{
	SyntaxList list;
	bool recursive;
	bool distinct;
} FlaggedList;

typedef struct JoinCondition
{
	SyntaxNode *on;
	SyntaxList using_columns;
	Alias *using_alias;
} JoinCondition;

typedef struct OptionValue
{
	OptionValueKind kind;
	const char *text;
} OptionValue;

/* A query's LIMIT or FETCH, and OFFSET; NULL where absent. */
typedef struct SelectLimit
{
	SyntaxNode *limit;
	SyntaxNode *offset;
	bool with_ties;
} SelectLimit;

typedef struct FrameClause
{
	FrameMode mode;
	FrameBound start;
	FrameBound end;
	FrameExclusion exclusion;
} FrameClause;

typedef enum ColumnQualifierKind
{
	QUALIFIER_NULL,
	QUALIFIER_NOT_NULL,
	QUALIFIER_PRIMARY_KEY,
	QUALIFIER_DEFAULT,
	QUALIFIER_GENERATED,
	QUALIFIER_COLLATE,
	QUALIFIER_OPTIONS,
	QUALIFIER_METADATA
} ColumnQualifierKind;

typedef struct ColumnQualifier
{
	struct ColumnQualifier *next;
	ColumnQualifierKind kind;
	int position;
	SyntaxNode *value;
	SyntaxList list;
	const char *text;
} ColumnQualifier;

/* The clauses of CREATE STREAM's parentheses. */
typedef struct TableElements
{
	SyntaxList columns;
	Watermark *watermark;
	SyntaxList primary_key;
} TableElements;

#define TABLE_ARGUMENT_MISPLACED \
	"TABLE and PARTITION BY are only allowed in TUMBLE, HOP, CUMULATE and SESSION in FROM"

/* Says where the parse failed and returns false. */
extern bool parser_error(Parser *parser, int position, const char *message);
/* The same, at the token read last: "at or near" it, or "at end of input". */
extern bool parser_error_at_current(Parser *parser, const char *message);
extern void parser_add_statement(Parser *parser, SyntaxNode *tree, Location location);

/* ---- make.c ---- */
extern SyntaxList list_one(Parser *parser, SyntaxNode *node);
extern SyntaxList list_add(Parser *parser, SyntaxList list, SyntaxNode *node);
extern SyntaxList list_join(Parser *parser, SyntaxList a, SyntaxList b);
extern Identifier *make_identifier(Parser *parser, int position, const char *name);
extern QualifiedName *make_qualified_name(Parser *parser, int position, SyntaxList parts);
/* Checks that an indirection holds names only. NULL on error. */
extern QualifiedName *make_name_from_indirection(Parser *parser, Location at, const char *first,
												 SyntaxList rest);
extern SyntaxList make_system_name(Parser *parser, int position, const char *name);

extern SyntaxNode *make_literal(Parser *parser, int position, LiteralKind kind, const char *text);
extern SyntaxNode *make_boolean_literal(Parser *parser, int position, bool value);
extern SyntaxNode *make_parameter(Parser *parser, int position, int number);
extern SyntaxNode *make_column_ref(Parser *parser, int position, const char *first, SyntaxList indirection);
extern SyntaxNode *make_star(Parser *parser, int position);
/* Wraps the operand into a subscript or field for each element. NULL on error. */
extern SyntaxNode *make_indirection(Parser *parser, SyntaxNode *operand, SyntaxList indirection);
extern SyntaxNode *make_subscript(Parser *parser, int position, bool slice, SyntaxNode *lower,
								  SyntaxNode *upper);

extern SyntaxNode *make_cast(Parser *parser, int position, SyntaxNode *operand, TypeName *type,
							 CastSyntax syntax);
extern SyntaxNode *make_typed_literal(Parser *parser, Location type_at, TypeName *type, Location text_at,
									  const char *text);
extern SyntaxNode *make_function_literal(Parser *parser, Location at, SyntaxList name, SyntaxList modifiers,
										 Location text_at, const char *text);
extern SyntaxNode *make_operator(Parser *parser, int position, const char *name, SyntaxNode *left,
								 SyntaxNode *right);
extern SyntaxNode *make_named_operator(Parser *parser, int position, SyntaxList name, SyntaxNode *left,
									   SyntaxNode *right);
/* -x; a number is negated at once. */
extern SyntaxNode *make_minus(Parser *parser, int position, SyntaxNode *operand);
extern SyntaxNode *make_and_or(Parser *parser, int position, BooleanOperator op, SyntaxNode *left,
							   SyntaxNode *right);
extern SyntaxNode *make_not(Parser *parser, int position, SyntaxNode *operand);
extern SyntaxNode *make_is(Parser *parser, int position, SyntaxNode *operand, IsTest test, bool negated);
extern SyntaxNode *make_distinct_from(Parser *parser, int position, SyntaxNode *left, SyntaxNode *right,
									  bool negated);
extern SyntaxNode *make_between(Parser *parser, int position, SyntaxNode *operand, SyntaxNode *low,
								SyntaxNode *high, bool symmetric, bool negated);
extern SyntaxNode *make_in(Parser *parser, int position, SyntaxNode *operand, SyntaxNode *right,
						   bool negated);
extern SyntaxNode *make_like(Parser *parser, int position, LikeKind like, SyntaxNode *operand,
							 SyntaxNode *pattern, SyntaxNode *escape, bool negated);
extern SyntaxNode *make_quantified(Parser *parser, int position, SyntaxNode *operand, const char *op,
								   bool all, SyntaxNode *array, SelectStatement *query);
extern SyntaxNode *make_case(Parser *parser, int position, SyntaxNode *argument, SyntaxList whens,
							 SyntaxNode *otherwise);
extern SyntaxNode *make_case_when(Parser *parser, int position, SyntaxNode *condition, SyntaxNode *result);
extern SyntaxNode *make_list_expr(Parser *parser, SyntaxKind kind, int position, SyntaxList items);
extern SyntaxNode *make_subquery(Parser *parser, int position, SubqueryKind kind, SelectStatement *query);
extern SyntaxNode *make_collate(Parser *parser, int position, SyntaxNode *operand, SyntaxList collation);
extern SyntaxNode *make_current_value(Parser *parser, int position, CurrentValueKind value, int precision);
extern SyntaxNode *make_named_argument(Parser *parser, int position, const char *name, SyntaxNode *value);
extern FunctionCall *make_call(Parser *parser, int position, SyntaxList name, SyntaxList arguments);
/* pg_catalog.name(arguments) with a spelling of its own */
extern SyntaxNode *make_special_call(Parser *parser, int position, FunctionSyntax syntax, const char *name,
									 SyntaxList arguments);
/* Refuses what is only allowed in FROM, and combinations that exclude each other. NULL on error. */
extern SyntaxNode *make_call_complete(Parser *parser, FunctionCall *call, SyntaxList within_group,
									  int within_position, SyntaxNode *filter, WindowDefinition *over);
/* name(arguments), of a function whose name is a key word. NULL on error. */
extern SyntaxNode *make_plain_call(Parser *parser, int position, const char *name, SyntaxList arguments);
extern TypeName *make_type(Parser *parser, int position, SyntaxList names, SyntaxList modifiers);
extern TypeName *make_system_type(Parser *parser, int position, const char *name, SyntaxList modifiers);
/* FLOAT(n). NULL on error. */
extern TypeName *make_float_type(Parser *parser, int position, const char *precision, int precision_position);
extern SyntaxNode *make_array_bound(Parser *parser, int position, const char *bound);

/* ---- make_statement.c ---- */
/* Adds the clauses to a query; an error when it has them already. NULL on error. */
extern SelectStatement *make_select_complete(Parser *parser, SelectStatement *select, SyntaxList order_by,
											 int order_position, SelectLimit limit);
extern SelectStatement *make_with(Parser *parser, SelectStatement *select, bool recursive, SyntaxList with,
								  int position);
extern SelectStatement *make_set_operation(Parser *parser, int position, SetOperation op, bool all,
										   SelectStatement *left, SelectStatement *right);
extern SelectStatement *make_table_query(Parser *parser, int position, QualifiedName *name);
extern SyntaxNode *make_target(Parser *parser, int position, SyntaxNode *value, const char *alias);
extern SyntaxNode *make_sort_item(Parser *parser, SyntaxNode *value, SortDirection direction,
								  SortNulls nulls);
extern SyntaxNode *make_grouping_set(Parser *parser, int position, GroupingSetKind kind, SyntaxList items);
/* False: an error, the bounds exclude each other. end_position < 0: only the start was given. */
extern bool check_frame(Parser *parser, const FrameClause *frame, int start_position, int end_position);
extern Alias *make_alias(Parser *parser, int position, const char *name, SyntaxList columns,
						 SyntaxList definitions);
extern SyntaxNode *make_relation(Parser *parser, QualifiedName *name, Alias *alias);
extern SyntaxNode *make_range_subquery(Parser *parser, int position, SelectStatement *query, Alias *alias,
									   bool lateral);
/* A table function; TUMBLE and its kin become a WindowTable. NULL on error. */
extern SyntaxNode *make_range_function(Parser *parser, int position, SyntaxNode *function, bool ordinality,
									   Alias *alias, bool lateral);
extern SyntaxNode *make_table_argument(Parser *parser, int position, QualifiedName *name,
									   SyntaxList partition_by);
extern JoinExpr *make_join(Parser *parser, int position, JoinType type, bool natural, SyntaxNode *left,
						   SyntaxNode *right);

/* PostgreSQL 15 wants a name for every subquery in FROM. */
extern bool check_subquery_alias(Parser *parser, int position, const SelectStatement *query,
								 const Alias *alias);
extern SyntaxNode *complete_join(JoinExpr *join, JoinCondition condition);

extern NewName new_name(Parser *parser, QualifiedName *name, bool if_not_exists);
extern SyntaxNode *make_option(Parser *parser, int position, const char *name, OptionValueKind kind,
							   const char *value, int value_position);
extern ColumnQualifier *make_qualifier(Parser *parser, ColumnQualifierKind kind, int position);
extern ColumnQualifier *append_qualifier(ColumnQualifier *list, ColumnQualifier *last);
/* NULL on error: qualifiers that exclude each other. */
extern SyntaxNode *make_column_definition(Parser *parser, int position, const char *name, TypeName *type,
										  ColumnQualifier *qualifiers);
/* Adds a column, a watermark or a PRIMARY KEY (an ROW ListExpr). */
extern bool add_table_element(Parser *parser, TableElements *elements, SyntaxNode *element);
extern SyntaxNode *make_create_relation(Parser *parser, SyntaxKind kind, int position, bool or_replace,
										NewName name, TableElements elements, SyntaxList options);
extern SyntaxNode *make_create_sink(Parser *parser, int position, bool or_replace, NewName name,
									SelectStatement *query, QualifiedName *from, SyntaxList options);
extern SyntaxNode *make_alter(Parser *parser, int position, ObjectKind object, bool if_exists,
							  QualifiedName *name);
extern SyntaxNode *make_drop(Parser *parser, int position, ObjectKind object, bool if_exists,
							 SyntaxList names, DropBehavior behavior);
extern SyntaxNode *make_insert(Parser *parser, int position, QualifiedName *name, SyntaxList columns,
							   SelectStatement *query);
/* What is copied is filled in by the caller. */
extern SyntaxNode *make_copy(Parser *parser, int position, bool is_from, const SyntaxNode *file,
							 SyntaxList options);
extern SyntaxNode *make_run(Parser *parser, int position, RunKind kind, SyntaxNode *expression);
extern SyntaxNode *make_explain(Parser *parser, int position, SyntaxList options, SyntaxNode *statement);
extern SyntaxNode *make_show(Parser *parser, int position, const char *name, int name_position);
extern SyntaxNode *make_show_create(Parser *parser, int position, ObjectKind object, QualifiedName *name);
extern SyntaxNode *make_show_ddl(Parser *parser, int position, QualifiedName *sink);
extern SyntaxNode *make_reset(Parser *parser, int position, const char *name, int name_position);
extern SyntaxNode *make_set(Parser *parser, int position, const char *name, int name_position,
							SyntaxList values);

#endif
