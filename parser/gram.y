/*
 * gram.y: the grammar's head: tokens, precedence, and what a text of statements is.
 *
 * The idea: the grammar is PostgreSQL 15's where they overlap, in one file per subject: this one,
 * gram_expression.y, gram_type.y, gram_select.y, gram_definition.y, gram_statement.y. The build joins them with the
 * tokens and name classes made from keyword_list.h (keywords.awk) and gives the whole to Bison. Key words are
 * written in quotes and lower case. Actions are one call of a make_*() function; a tree is all they build.
 *
 * No conflict is tolerated (%expect 0): a new rule that brings one needs a better rule, not a bigger number.
 */
%require "3.8"
%define api.pure full
%define api.location.type {Location}
%locations
%expect 0
%parse-param {Parser *parser}
%lex-param {Parser *parser}

%code requires {
#include "common/memory.h"
#include "parser/grammar.h"
}

%code {
#include "parser/gram_lex.h"

#define YYMALLOC mem_alloc
#define YYFREE mem_free

/* From the first to the last place that is not empty. */
#define YYLLOC_DEFAULT(current, rhs, n) ((current) = join_locations(&YYRHSLOC(rhs, 0), n))

/* Ends the parse when the call failed; the Error is set. */
#define CHECKED(value)                                                                                                \
	do                                                                                                                \
	{                                                                                                                 \
		if (!(value))                                                                                                 \
			YYABORT;                                                                                                  \
	} while (0)
#define N(pointer) (&(pointer)->node)

static Location
join_locations(const Location *before_first, int n)
{
	Location all = {-1, -1};

	for (int i = 1; i <= n; i++)
	{
		if (all.start < 0)
			all.start = before_first[i].start;
		all.end = Max(all.end, before_first[i].end);
	}
	return all;
}
}

%union {
	int32_t integer;
	bool boolean;
	const char *text;
	SyntaxNode *node;
	SyntaxList list;
	TypeName *type;
	QualifiedName *name;
	SelectStatement *select;
	Alias *alias;
	FunctionCall *call;
	WindowDefinition *window;
	ColumnQualifier *qualifier;
	NewName new_name;
	SelectLimit select_limit;
	FrameClause frame;
	FrameBound bound;
	TableElements elements;
	IntervalSuffix interval;
	FlaggedList flagged;
	JoinCondition join_condition;
	OptionValue option_value;
}

%token <text> IDENT UIDENT FCONST SCONST USCONST BCONST OP ICONST
%token <integer> PARAM
%token TYPECAST DOT_DOT COLON_EQUALS EQUALS_GREATER LESS_EQUALS GREATER_EQUALS NOT_EQUALS

/* Words whose meaning depends on the next one; parse.c tells them apart. */
%token <text> NOT_LA NULLS_LA WITH_LA
/* What to parse when it is not statements. */
%token MODE_TARGETS

/* Precedence, lowest first. */
%left "union" "except"
%left "intersect"
%left "or"
%left "and"
%right "not"
%nonassoc "is" "isnull" "notnull"
%nonassoc '<' '>' '=' LESS_EQUALS GREATER_EQUALS NOT_EQUALS
%nonassoc "between" "in" "like" "ilike" "similar" NOT_LA
%nonassoc "escape"
/*
 * These words may begin a clause where a name would be possible as well; as low as IDENT, so that the clause wins
 * where the grammar allows it ("partition by" after "over (", a frame's bounds, "cube (").
 */
%nonassoc "unbounded"
%nonassoc IDENT "partition" "range" "rows" "groups" "preceding" "following" "cube" "rollup"
%left OP "operator"
%left '+' '-'
%left '*' '/' '%'
%left '^'
%left "at"
%left "collate"
%right UMINUS
%left '[' ']'
%left '(' ')'
%left TYPECAST
%left '.'
/* A join binds its left side first. */
%left "join" "cross" "left" "full" "right" "inner" "natural"

%start text

%%

text:
	  statements
	| MODE_TARGETS target_list			{ parser->targets = $2; }
;

statements:
	  statement
	| statements ';' statement
;

statement:
	  %empty
	| any_statement						{ parser_add_statement(parser, $1, @1); }
;

%type <node> any_statement;

any_statement:
	  select_statement					{ $$ = N($1); }
	| create_relation_statement
	| create_view_statement
	| create_sink_statement
	| alter_statement
	| drop_statement
	| insert_statement
	| copy_statement
	| run_statement
	| explain_statement
	| show_statement
	| describe_statement
	| set_statement
	| reset_statement
	| assert_statement
;
