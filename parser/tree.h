/*
 * tree.h: the raw syntax tree.
 *
 * The idea: what the grammar recognised and nothing more: names are not looked up, types not resolved,
 * settings not consulted. Every node begins with a SyntaxNode (its kind and its place in the source text);
 * one kind, one struct (node_list.h). Trees live in the arena given to the parser and are not changed after
 * it.
 *
 * Conventions:
 *   - Names and texts are NUL-terminated, in the tree's arena; identifiers are already folded, unescaped and
 * cut to 63 bytes. Optional pointers are NULL and optional lists empty when the clause is absent.
 *   - position is where PostgreSQL's caret would be: an operator's node points at the operator, a call at the
 *     function's name, a cast with :: at the "::". tree_start() gives the leftmost position of an expression.
 *   - Special spellings become calls of functions in pg_catalog as in PostgreSQL: EXTRACT(f FROM x) is
 *     pg_catalog.extract('f', x), x AT TIME ZONE z is pg_catalog.timezone(z, x), TRIM(BOTH y FROM x) is
 *     pg_catalog.btrim(x, y), POSITION(a IN b) is pg_catalog.position(b, a); FunctionCall.syntax tells them
 * apart.
 *   - Types that have a spelling of their own in the grammar carry PostgreSQL's internal name, qualified:
 *     "double precision" is pg_catalog.float8, "timestamp with time zone" is pg_catalog.timestamptz. Others
 *     (text, uuid, jsonb, date ...) are one plain name.
 */
#ifndef WEIR_PARSER_TREE_H
#define WEIR_PARSER_TREE_H

#include "common/arena.h"
#include "common/base.h"

typedef enum SyntaxKind
{
#define NODE(kind, type, children) SYNTAX_##kind,
#include "parser/node_list.h"
#undef NODE
	SYNTAX_KIND_COUNT
} SyntaxKind;

typedef struct SyntaxNode
{
	SyntaxKind kind;
	int position; /* byte offset in the source text */
} SyntaxNode;

/* Invariant: count <= capacity; items[0..count-1] are not NULL. Zero-initialised it is empty. */
typedef struct SyntaxList
{
	SyntaxNode **items;
	int count;
	int capacity;
} SyntaxList;

#define NODE(kind, type, children) typedef struct type type;
#include "parser/node_list.h"
#undef NODE

/* ---- names ---- */

struct Identifier
{
	SyntaxNode node;
	const char *name;
};

/* A possibly qualified name of an object; the last part is the object's own. */
struct QualifiedName
{
	SyntaxNode node;
	SyntaxList parts; /* Identifier, at least one */
};

typedef enum IntervalFields
{
	INTERVAL_FIELDS_ALL, /* none given */
	INTERVAL_FIELDS_YEAR,
	INTERVAL_FIELDS_MONTH,
	INTERVAL_FIELDS_DAY,
	INTERVAL_FIELDS_HOUR,
	INTERVAL_FIELDS_MINUTE,
	INTERVAL_FIELDS_SECOND,
	INTERVAL_FIELDS_YEAR_TO_MONTH,
	INTERVAL_FIELDS_DAY_TO_HOUR,
	INTERVAL_FIELDS_DAY_TO_MINUTE,
	INTERVAL_FIELDS_DAY_TO_SECOND,
	INTERVAL_FIELDS_HOUR_TO_MINUTE,
	INTERVAL_FIELDS_HOUR_TO_SECOND,
	INTERVAL_FIELDS_MINUTE_TO_SECOND
} IntervalFields;

struct TypeName
{
	SyntaxNode node;
	SyntaxList names;        /* Identifier */
	SyntaxList modifiers;    /* expressions: numeric(10, 2), timestamp(3), interval second(3) */
	IntervalFields fields;   /* of pg_catalog.interval */
	SyntaxList array_bounds; /* Literal, one for each dimension: INTEGER, or NULL for [] */
};

typedef enum OptionValueKind
{
	OPTION_VALUE_NONE, /* a bare name */
	OPTION_VALUE_STRING,
	OPTION_VALUE_INTEGER,
	OPTION_VALUE_NUMERIC,
	OPTION_VALUE_WORD /* true, false, on, off, csv ... : as written, folded when it is an identifier */
} OptionValueKind;

/* One of WITH (name = value), OPTIONS (name value), EXPLAIN (name value), COPY ... (name value). */
struct OptionItem
{
	SyntaxNode node;  /* at the name */
	const char *name; /* folded; dotted names joined by '.' */
	OptionValueKind value_kind;
	const char *value; /* NULL for NONE; numbers as written, with their sign */
	int value_position;
};

/* ---- expressions ---- */

typedef enum LiteralKind
{
	LITERAL_NULL,
	LITERAL_BOOLEAN,
	LITERAL_INTEGER, /* fits int4; like PostgreSQL, larger ones are NUMERIC */
	LITERAL_NUMERIC, /* digits with point or exponent, or more than int4 holds */
	LITERAL_STRING,
	LITERAL_BITS /* text is 'b' or 'x' and the digits */
} LiteralKind;

struct Literal
{
	SyntaxNode node;
	LiteralKind literal;
	bool boolean;
	int32_t integer;  /* of INTEGER */
	const char *text; /* number as written, string unescaped; "" for NULL and BOOLEAN */
};

struct Parameter
{
	SyntaxNode node;
	int number; /* of $number */
};

/* a, t.a, s.t.a, *, t.* */
struct ColumnRef
{
	SyntaxNode node;
	SyntaxList parts; /* Identifier; the qualifiers only when star */
	bool star;
};

typedef enum CastSyntax
{
	CAST_OPERATOR, /* x::type */
	CAST_FUNCTION, /* CAST(x AS type) */
	CAST_LITERAL   /* type 'text': the operand is a STRING Literal */
} CastSyntax;

struct TypeCast
{
	SyntaxNode node;
	SyntaxNode *operand;
	TypeName *type;
	CastSyntax syntax;
};

/* a op b, or op b. Also the comparison operators; "<>" for both spellings of unequal. */
struct OperatorExpr
{
	SyntaxNode node;
	const char *name;
	SyntaxList schema; /* Identifier, of OPERATOR(schema.op) */
	SyntaxNode *left;  /* NULL: prefix operator */
	SyntaxNode *right;
};

typedef enum BooleanOperator
{
	BOOLEAN_AND,
	BOOLEAN_OR,
	BOOLEAN_NOT
} BooleanOperator;

/* AND and OR are flattened: a AND b AND c has three operands. */
struct BooleanExpr
{
	SyntaxNode node;
	BooleanOperator op;
	SyntaxList operands;
};

typedef enum IsTest
{
	IS_NULL,
	IS_TRUE,
	IS_FALSE,
	IS_UNKNOWN
} IsTest;

/* x IS [NOT] NULL | TRUE | FALSE | UNKNOWN; ISNULL and NOTNULL too. */
struct IsTestExpr
{
	SyntaxNode node;
	SyntaxNode *operand;
	IsTest test;
	bool negated;
};

/* left IS [NOT] DISTINCT FROM right; negated is IS NOT DISTINCT. */
struct DistinctFromExpr
{
	SyntaxNode node;
	SyntaxNode *left;
	SyntaxNode *right;
	bool negated;
};

struct BetweenExpr
{
	SyntaxNode node;
	SyntaxNode *operand;
	SyntaxNode *low;
	SyntaxNode *high;
	bool symmetric;
	bool negated;
};

/* operand [NOT] IN (items), or IN (query): exactly one of items and query is there. */
struct InExpr
{
	SyntaxNode node;
	SyntaxNode *operand;
	SyntaxList items;
	SelectStatement *query;
	bool negated;
};

typedef enum LikeKind
{
	LIKE_LIKE,
	LIKE_ILIKE,
	LIKE_SIMILAR
} LikeKind;

struct LikeExpr
{
	SyntaxNode node;
	LikeKind like;
	SyntaxNode *operand;
	SyntaxNode *pattern;
	SyntaxNode *escape;
	bool negated;
};

struct CaseExpr
{
	SyntaxNode node;
	SyntaxNode *argument;  /* of CASE argument WHEN value ... */
	SyntaxList whens;      /* CaseWhen */
	SyntaxNode *otherwise; /* of ELSE */
};

struct CaseWhen
{
	SyntaxNode node;
	SyntaxNode *condition;
	SyntaxNode *result;
};

/* COALESCE, NULLIF (two items), GREATEST, LEAST, ROW(...) and (a, b), ARRAY[...], GROUPING(...). */
struct ListExpr
{
	SyntaxNode node;
	SyntaxList items;
};

typedef enum FunctionSyntax
{
	FUNCTION_PLAIN,
	FUNCTION_EXTRACT,      /* extract('field', x) */
	FUNCTION_SUBSTRING,    /* substring(x, from [, for]) */
	FUNCTION_SIMILAR,      /* substring(x, pattern, escape) of SUBSTRING(x SIMILAR p ESCAPE e) */
	FUNCTION_TRIM,         /* btrim, ltrim, rtrim(x [, characters]) */
	FUNCTION_POSITION,     /* position(haystack, needle) */
	FUNCTION_OVERLAY,      /* overlay(x, with, from [, for]) */
	FUNCTION_AT_TIME_ZONE, /* timezone(zone, x) */
	FUNCTION_NORMALIZE     /* normalize(x [, 'form']) */
} FunctionSyntax;

struct FunctionCall
{
	SyntaxNode node;
	SyntaxList name; /* Identifier */
	FunctionSyntax syntax;
	SyntaxList arguments; /* expressions and NamedArgument */
	bool star;            /* count(*) */
	bool distinct;
	bool variadic;       /* the last argument is VARIADIC */
	bool within_group;   /* order_by is that of WITHIN GROUP */
	SyntaxList order_by; /* SortItem */
	SyntaxNode *filter;
	WindowDefinition *over; /* OVER name: a definition with only base set and by_name */
};

/* name => value (or name := value) */
struct NamedArgument
{
	SyntaxNode node;
	const char *name;
	SyntaxNode *value;
};

typedef enum CurrentValueKind
{
	CURRENT_VALUE_DATE,
	CURRENT_VALUE_TIME,
	CURRENT_VALUE_TIMESTAMP,
	CURRENT_VALUE_LOCALTIME,
	CURRENT_VALUE_LOCALTIMESTAMP,
	CURRENT_VALUE_CATALOG,
	CURRENT_VALUE_ROLE,
	CURRENT_VALUE_SCHEMA,
	CURRENT_VALUE_USER,
	CURRENT_VALUE_SESSION_USER,
	CURRENT_VALUE_USER_SHORT /* USER */
} CurrentValueKind;

struct CurrentValue
{
	SyntaxNode node;
	CurrentValueKind value;
	int precision; /* -1: none given */
};

struct CollateExpr
{
	SyntaxNode node;
	SyntaxNode *operand;
	SyntaxList collation; /* Identifier */
};

/* operand[index], or operand[lower:upper] when slice (either bound may be NULL). */
struct SubscriptExpr
{
	SyntaxNode node;
	SyntaxNode *operand;
	bool slice;
	SyntaxNode *lower; /* the index, when not a slice */
	SyntaxNode *upper;
};

/* (operand).field, or (operand).* when field is NULL */
struct FieldSelect
{
	SyntaxNode node;
	SyntaxNode *operand;
	Identifier *field;
};

typedef enum SubqueryKind
{
	SUBQUERY_SCALAR,
	SUBQUERY_EXISTS,
	SUBQUERY_ARRAY
} SubqueryKind;

struct SubqueryExpr
{
	SyntaxNode node;
	SubqueryKind subquery;
	SelectStatement *query;
};

/* operand op ANY | ALL (array), or (query); SOME is ANY. Exactly one of array and query is there. */
struct QuantifiedExpr
{
	SyntaxNode node;
	SyntaxNode *operand;
	const char *op; /* LIKE is "~~", NOT LIKE "!~~", ILIKE "~~*", NOT ILIKE "!~~*" */
	bool all;
	SyntaxNode *array;
	SelectStatement *query;
};

/* DEFAULT in the VALUES of an INSERT */
struct SetToDefault
{
	SyntaxNode node;
};

/* ---- queries ---- */

typedef enum SetOperation
{
	SET_OPERATION_NONE,
	SET_OPERATION_UNION,
	SET_OPERATION_INTERSECT,
	SET_OPERATION_EXCEPT
} SetOperation;

/*
 * A query. Exactly one of three shapes:
 *   set operation   op != NONE: left and right
 *   VALUES          values is not empty
 *   SELECT          otherwise: targets (may be empty) to windows
 * WITH, ORDER BY, LIMIT and OFFSET may go with each. TABLE t is SELECT * FROM t.
 */
struct SelectStatement
{
	SyntaxNode node;
	bool recursive;
	SyntaxList with; /* CommonTableExpr */

	SetOperation op;
	bool all;
	SelectStatement *left;
	SelectStatement *right;

	SyntaxList values; /* ListExpr (ROW) */

	bool distinct;
	SyntaxList distinct_on; /* expressions; then distinct is true */
	SyntaxList targets;     /* Target */
	SyntaxList from;        /* Relation, RangeSubquery, RangeFunction, WindowTable, JoinExpr */
	SyntaxNode *where;
	bool group_distinct;
	SyntaxList group_by; /* expressions (an INTEGER Literal is an ordinal) and GroupingSet */
	SyntaxNode *having;
	SyntaxList windows; /* WindowDefinition with name */

	SyntaxList order_by; /* SortItem */
	SyntaxNode *limit;   /* NULL: no limit, or LIMIT ALL */
	SyntaxNode *offset;
	bool with_ties; /* FETCH FIRST n ROWS WITH TIES */
};

typedef enum Materialization
{
	MATERIALIZE_DEFAULT,
	MATERIALIZE_ALWAYS,
	MATERIALIZE_NEVER
} Materialization;

struct CommonTableExpr
{
	SyntaxNode node;
	const char *name;
	SyntaxList columns; /* Identifier */
	Materialization materialization;
	SelectStatement *query;
};

/* An item of the select list. position is the value's start. */
struct Target
{
	SyntaxNode node;
	SyntaxNode *value;
	const char *alias; /* NULL: none given */
};

typedef enum SortDirection
{
	SORT_DEFAULT,
	SORT_ASCENDING,
	SORT_DESCENDING
} SortDirection;

typedef enum SortNulls
{
	SORT_NULLS_DEFAULT,
	SORT_NULLS_FIRST,
	SORT_NULLS_LAST
} SortNulls;

struct SortItem
{
	SyntaxNode node;
	SyntaxNode *value;
	SortDirection direction;
	SortNulls nulls;
};

typedef enum GroupingSetKind
{
	GROUPING_SET_EMPTY, /* () */
	GROUPING_SET_ROLLUP,
	GROUPING_SET_CUBE,
	GROUPING_SET_SETS
} GroupingSetKind;

/* Items are expressions, ROW ListExpr for (a, b), and, in GROUPING SETS, GroupingSet. */
struct GroupingSet
{
	SyntaxNode node;
	GroupingSetKind grouping;
	SyntaxList items;
};

typedef enum FrameMode
{
	FRAME_DEFAULT, /* no frame clause */
	FRAME_RANGE,
	FRAME_ROWS,
	FRAME_GROUPS
} FrameMode;

typedef enum FrameBoundKind
{
	FRAME_UNBOUNDED_PRECEDING,
	FRAME_OFFSET_PRECEDING,
	FRAME_CURRENT_ROW,
	FRAME_OFFSET_FOLLOWING,
	FRAME_UNBOUNDED_FOLLOWING
} FrameBoundKind;

typedef struct FrameBound
{
	FrameBoundKind kind;
	SyntaxNode *offset; /* of OFFSET_* */
} FrameBound;

typedef enum FrameExclusion
{
	FRAME_EXCLUDE_NO_OTHERS,
	FRAME_EXCLUDE_CURRENT_ROW,
	FRAME_EXCLUDE_GROUP,
	FRAME_EXCLUDE_TIES
} FrameExclusion;

struct WindowDefinition
{
	SyntaxNode node;
	const char *name; /* in a WINDOW clause */
	const char *base; /* the window it refers to */
	bool by_name;     /* OVER name, without parentheses */
	SyntaxList partition_by;
	SyntaxList order_by; /* SortItem */
	FrameMode mode;
	FrameBound start; /* these three only when mode is not DEFAULT; end is CURRENT_ROW when not given */
	FrameBound end;
	FrameExclusion exclusion;
};

struct Alias
{
	SyntaxNode node;
	const char *name;       /* NULL: a function's column definitions without a name */
	SyntaxList columns;     /* Identifier */
	SyntaxList definitions; /* ColumnDefinition: f() AS t (a int, b text) */
};

struct Relation
{
	SyntaxNode node;
	QualifiedName *name;
	Alias *alias;
};

struct RangeSubquery
{
	SyntaxNode node;
	SelectStatement *query; /* may be VALUES */
	Alias *alias;
	bool lateral;
};

struct RangeFunction
{
	SyntaxNode node;
	SyntaxNode *function; /* FunctionCall or another call-like expression */
	Alias *alias;
	bool lateral;
	bool ordinality;
};

typedef enum WindowTableKind
{
	WINDOW_TABLE_TUMBLE,
	WINDOW_TABLE_HOP,
	WINDOW_TABLE_CUMULATE,
	WINDOW_TABLE_SESSION
} WindowTableKind;

/*
 * TUMBLE(input, time, size [, offset]) and its kin, also written TUMBLE(TABLE input, DESCRIPTOR(time), size)
 * and with named arguments (data =>, timecol =>). The number and types of arguments are the planner's to
 * check.
 */
struct WindowTable
{
	SyntaxNode node; /* at the function's name */
	WindowTableKind window;
	SyntaxNode *input;       /* Relation without alias, or RangeSubquery without alias */
	ColumnRef *time;         /* NULL when there was one argument only */
	SyntaxList arguments;    /* what follows: expressions and NamedArgument */
	SyntaxList partition_by; /* of SESSION(..., PARTITION BY a, b) */
	Alias *alias;
};

/* TABLE t [PARTITION BY (...)], or PARTITION BY ... alone (name is NULL), as an argument; the parser turns it
 * into part of a WindowTable. */
struct TableArgument
{
	SyntaxNode node;
	QualifiedName *name;
	SyntaxList partition_by;
};

typedef enum JoinType
{
	JOIN_INNER,
	JOIN_LEFT,
	JOIN_RIGHT,
	JOIN_FULL,
	JOIN_CROSS
} JoinType;

struct JoinExpr
{
	SyntaxNode node; /* at JOIN, or the word before it that begins the join */
	JoinType type;
	bool natural;
	SyntaxNode *left;
	SyntaxNode *right;
	SyntaxList using_columns; /* Identifier */
	Alias *using_alias;       /* JOIN ... USING (...) AS alias */
	SyntaxNode *on;
	Alias *alias; /* (a JOIN b ...) AS alias */
};

/* ---- definitions ---- */

struct ColumnDefinition
{
	SyntaxNode node; /* at the name */
	const char *name;
	TypeName *type;
	SyntaxList collation; /* Identifier, of COLLATE */
	bool not_null;
	bool primary_key;
	SyntaxNode *default_value;
	SyntaxNode *generated; /* of GENERATED ALWAYS AS (...) STORED */
	SyntaxList options;    /* OptionItem, of OPTIONS (...) */
	const char *metadata;  /* of METADATA FROM '...' */
	int metadata_position;
};

struct Watermark
{
	SyntaxNode node;
	Identifier *column;
	SyntaxNode *expression;
};

/* CREATE STREAM and CREATE TABLE */
struct CreateRelationStatement
{
	SyntaxNode node;
	bool or_replace;
	bool if_not_exists;
	QualifiedName *name;
	SyntaxList columns; /* ColumnDefinition */
	Watermark *watermark;
	SyntaxList primary_key; /* Identifier, of PRIMARY KEY (a, b) */
	SyntaxList options;     /* OptionItem */
};

struct CreateViewStatement
{
	SyntaxNode node;
	bool or_replace;
	bool if_not_exists;
	QualifiedName *name;
	SyntaxList columns; /* Identifier */
	SelectStatement *query;
};

/* Exactly one of query and from is there. */
struct CreateSinkStatement
{
	SyntaxNode node;
	bool or_replace;
	bool if_not_exists;
	QualifiedName *name;
	SelectStatement *query;
	QualifiedName *from;
	SyntaxList options; /* OptionItem */
};

typedef enum ObjectKind
{
	OBJECT_ANY, /* SHOW CREATE name */
	OBJECT_STREAM,
	OBJECT_TABLE,
	OBJECT_VIEW,
	OBJECT_SINK
} ObjectKind;

typedef enum DropBehavior
{
	DROP_DEFAULT,
	DROP_RESTRICT,
	DROP_CASCADE
} DropBehavior;

struct DropStatement
{
	SyntaxNode node;
	ObjectKind object;
	SyntaxList names; /* QualifiedName */
	bool if_exists;
	DropBehavior behavior;
};

struct AlterAddColumnStatement
{
	SyntaxNode node;
	ObjectKind object; /* STREAM or TABLE */
	bool if_exists;
	QualifiedName *name;
	bool if_not_exists;
	ColumnDefinition *column;
};

/* ---- other statements ---- */

struct InsertStatement
{
	SyntaxNode node;
	QualifiedName *name;
	SyntaxList columns;     /* Identifier */
	SelectStatement *query; /* NULL: DEFAULT VALUES */
};

/* Exactly one of name and query is there; query only with TO. */
struct CopyStatement
{
	SyntaxNode node;
	QualifiedName *name;
	SyntaxList columns; /* Identifier */
	SelectStatement *query;
	bool is_from;       /* else TO */
	const char *file;   /* NULL: STDIN or STDOUT */
	SyntaxList options; /* OptionItem */
};

typedef enum RunKind
{
	RUN_FOREVER,
	RUN_UNTIL_LATEST,
	RUN_UNTIL_TIME,
	RUN_FOR
} RunKind;

struct RunStatement
{
	SyntaxNode node;
	RunKind run;
	SyntaxNode *expression; /* of UNTIL_TIME and FOR */
};

/* The options of both spellings: EXPLAIN ANALYZE VERBOSE is EXPLAIN (ANALYZE, VERBOSE). */
struct ExplainStatement
{
	SyntaxNode node;
	SyntaxList options;    /* OptionItem */
	SyntaxNode *statement; /* SELECT, INSERT, CREATE_SINK or SINK_REFERENCE */
};

/* EXPLAIN SINK name */
struct SinkReference
{
	SyntaxNode node;
	QualifiedName *name;
};

/* SHOW name: "streams", "state", a setting, "all"; dotted names joined; SHOW TIME ZONE is "timezone". */
struct ShowStatement
{
	SyntaxNode node;
	const char *name;
	int name_position;
};

struct ShowCreateStatement
{
	SyntaxNode node;
	ObjectKind object;
	QualifiedName *name;
};

struct ShowSnowflakeDdlStatement
{
	SyntaxNode node;
	QualifiedName *sink; /* NULL: for all sinks */
};

struct DescribeStatement
{
	SyntaxNode node;
	QualifiedName *name;
};

/* SET name = value, ...; SET TIME ZONE value is "timezone". */
struct SetStatement
{
	SyntaxNode node;
	const char *name;
	int name_position;
	bool to_default;
	SyntaxList values; /* Literal (STRING, INTEGER, NUMERIC, with their sign; words are STRING); empty when
						to_default */
};

struct ResetStatement
{
	SyntaxNode node;
	const char *name; /* NULL: RESET ALL */
	int name_position;
};

/* ASSERT QUERY (query) RETURNS (expected) */
struct AssertQueryStatement
{
	SyntaxNode node;
	SelectStatement *query;
	SelectStatement *expected;
};

/* ---- functions ---- */

/* A zeroed node of the kind's struct. */
extern SyntaxNode *tree_new_node(Arena *arena, SyntaxKind kind, int position) WARN_UNUSED;
#define TREE_NEW(arena, KIND, Struct, position) ((Struct *)tree_new_node((arena), SYNTAX_##KIND, (position)))

extern void syntax_list_append(Arena *arena, SyntaxList *list, SyntaxNode *node);

/* Visits the node's direct children in the order of the text until a visit returns false; true: all were
 * visited. */
typedef bool (*TreeVisitor)(SyntaxNode *child, void *context);
extern bool tree_visit_children(const SyntaxNode *node, TreeVisitor visit, void *context);

/*
 * Trees are bounded, so that code that recurses over them needs no guard: a node at a greater depth makes the
 * parser refuse the text. Returns the first node that is too deep, or NULL.
 */
#define TREE_MAX_DEPTH 2000
extern const SyntaxNode *tree_find_too_deep(const SyntaxNode *root);

/* The kind's name as in node_list.h, for messages of the developer's kind. */
extern const char *syntax_kind_name(SyntaxKind kind);

/* The leftmost position of the expression, what PostgreSQL calls its location. */
extern int tree_start(const SyntaxNode *node);

/* The last identifier of a list of them (never empty): the object's own name. */
extern const char *tree_last_name(const SyntaxList *names);

#endif
