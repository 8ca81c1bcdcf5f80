/*
 * gram_statement.y: the statements that act: INSERT, COPY, RUN, EXPLAIN, SHOW, SET and their kin.
 */

%type <node> insert_statement copy_statement run_statement explain_statement show_statement describe_statement;
%type <node> set_statement reset_statement assert_statement;

/* ---- INSERT ---- */

insert_statement:
	  "insert" "into" qualified_name select_statement
		{ $$ = make_insert(parser, @1.start, $3, (SyntaxList){0}, $4); }
	| "insert" "into" qualified_name '(' column_names ')' select_statement
		{ $$ = make_insert(parser, @1.start, $3, $5, $7); }
	| "insert" "into" qualified_name "default" "values"
		{ $$ = make_insert(parser, @1.start, $3, (SyntaxList){0}, NULL); }
;

/* ---- COPY ---- */

%type <node> copy_file old_copy_option;
%type <list> copy_options old_copy_options;
%type <boolean> copy_direction;

copy_statement:
	  "copy" qualified_name column_names_or_none copy_direction copy_file with_or_none copy_options
		{
			$$ = make_copy(parser, @1.start, $4, $5, $7);
			CHECKED($$);
			((CopyStatement *)$$)->name = $2;
			((CopyStatement *)$$)->columns = $3;
		}
	| "copy" select_with_parens "to" copy_file with_or_none copy_options
		{
			$$ = make_copy(parser, @1.start, false, $4, $6);
			CHECKED($$);
			((CopyStatement *)$$)->query = $2;
		}
;

/* true: FROM */
copy_direction:
	  "from"							{ $$ = true; }
	| "to"								{ $$ = false; }
;

/* A STRING Literal; an Identifier for the standard streams, of which either name will do, as in PostgreSQL. */
copy_file:
	  SCONST							{ $$ = make_literal(parser, @1.start, LITERAL_STRING, $1); }
	| "stdin"							{ $$ = N(make_identifier(parser, @1.start, $1)); }
	| "stdout"							{ $$ = N(make_identifier(parser, @1.start, $1)); }
;

with_or_none:
	  %empty
	| "with"
;

copy_options:
	  old_copy_options
	| '(' generic_options ')'			{ $$ = $2; }
;

/* The options as they were written before PostgreSQL 9. */
old_copy_options:
	  %empty							{ $$ = (SyntaxList){0}; }
	| old_copy_options old_copy_option	{ $$ = list_add(parser, $1, $2); }
;

old_copy_option:
	  "csv"								{ $$ = make_option(parser, @1.start, "format", OPTION_VALUE_WORD, "csv", @1.start); }
	| "header"							{ $$ = make_option(parser, @1.start, "header", OPTION_VALUE_NONE, NULL, @1.start); }
	| "delimiter" as SCONST
		{ $$ = make_option(parser, @1.start, "delimiter", OPTION_VALUE_STRING, $3, @3.start); }
	| "null" as SCONST					{ $$ = make_option(parser, @1.start, "null", OPTION_VALUE_STRING, $3, @3.start); }
	| "quote" as SCONST					{ $$ = make_option(parser, @1.start, "quote", OPTION_VALUE_STRING, $3, @3.start); }
	| "escape" as SCONST
		{ $$ = make_option(parser, @1.start, "escape", OPTION_VALUE_STRING, $3, @3.start); }
	| "encoding" SCONST
		{ $$ = make_option(parser, @1.start, "encoding", OPTION_VALUE_STRING, $2, @2.start); }
;

as:
	  %empty
	| "as"
;

/* ---- RUN ---- */

run_statement:
	  "run"								{ $$ = make_run(parser, @1.start, RUN_FOREVER, NULL); }
	| "run" "until" a_expr				{ $$ = make_run(parser, @1.start, RUN_UNTIL_TIME, $3); }
	| "run" "for" a_expr				{ $$ = make_run(parser, @1.start, RUN_FOR, $3); }
;

/* ---- EXPLAIN ---- */

%type <node> explainable explain_option explain_verbose;
%type <list> explain_options;
%type <text> explain_option_name analyze_word;

explain_statement:
	  "explain" explainable				{ $$ = make_explain(parser, @1.start, (SyntaxList){0}, $2); }
	| "explain" analyze_word explain_verbose explainable
		{
			SyntaxNode *analyze = make_option(parser, @2.start, "analyze", OPTION_VALUE_NONE, NULL, @2.start);
			SyntaxList options = list_one(parser, analyze);

			if ($3)
				options = list_add(parser, options, $3);
			$$ = make_explain(parser, @1.start, options, $4);
		}
	| "explain" "verbose" explainable
		{
			SyntaxNode *verbose = make_option(parser, @2.start, "verbose", OPTION_VALUE_NONE, NULL, @2.start);

			$$ = make_explain(parser, @1.start, list_one(parser, verbose), $3);
		}
	| "explain" '(' explain_options ')' explainable	{ $$ = make_explain(parser, @1.start, $3, $5); }
;

explainable:
	  select_statement					{ $$ = N($1); }
	| insert_statement
	| create_sink_statement
	| "sink" qualified_name
		{
			SinkReference *n = TREE_NEW(parser->arena, SINK_REFERENCE, SinkReference, @1.start);

			n->name = $2;
			$$ = N(n);
		}
;

explain_verbose:
	  %empty							{ $$ = NULL; }
	| "verbose"							{ $$ = make_option(parser, @1.start, "verbose", OPTION_VALUE_NONE, NULL, @1.start); }
;

explain_options:
	  explain_option					{ $$ = list_one(parser, $1); }
	| explain_options ',' explain_option	{ $$ = list_add(parser, $1, $3); }
;

explain_option:
	  explain_option_name option_value	{ $$ = make_option(parser, @1.start, $1, $2.kind, $2.text, @2.start); }
	| explain_option_name				{ $$ = make_option(parser, @1.start, $1, OPTION_VALUE_NONE, NULL, @1.start); }
;

explain_option_name:
	  any_word
	| analyze_word
;

analyze_word:
	  "analyze"							{ $$ = "analyze"; }
	| "analyse"							{ $$ = "analyze"; }
;

/* ---- SHOW, DESCRIBE ---- */

%type <text> setting_name;

show_statement:
	  "show" setting_name				{ $$ = make_show(parser, @1.start, $2, @2.start); }
	| "show" "all"						{ $$ = make_show(parser, @1.start, "all", @2.start); }
	| "show" "time" "zone"				{ $$ = make_show(parser, @1.start, "timezone", @2.start); }
	| "show" "create" qualified_name	{ $$ = make_show_create(parser, @1.start, OBJECT_ANY, $3); }
	| "show" "create" object_kind qualified_name
		{ $$ = make_show_create(parser, @1.start, (ObjectKind)$3, $4); }
	| "show" "snowflake" "ddl"			{ $$ = make_show_ddl(parser, @1.start, NULL); }
	| "show" "snowflake" "ddl" "for" "sink" qualified_name
		{ $$ = make_show_ddl(parser, @1.start, $6); }
;

describe_statement:
	"describe" qualified_name
		{
			DescribeStatement *n = TREE_NEW(parser->arena, DESCRIBE, DescribeStatement, @1.start);

			n->name = $2;
			$$ = N(n);
		}
;

/* ---- SET, RESET ---- */

%type <list> setting_values;
%type <node> setting_value time_zone_value;

set_statement:
	  "set" set_rest					{ $$ = $2; $$->position = @1.start; }
	| "set" "session" set_rest			{ $$ = $3; $$->position = @1.start; }
;

%type <node> set_rest;

set_rest:
	  setting_name to setting_values
		{ $$ = make_set(parser, @1.start, $1, @1.start, $3); }
	| setting_name to "default"
		{ $$ = make_set(parser, @1.start, $1, @1.start, (SyntaxList){0}); }
	| "time" "zone" time_zone_value
		{ $$ = make_set(parser, @1.start, "timezone", @1.start, list_one(parser, $3)); }
	| "time" "zone" "default"
		{ $$ = make_set(parser, @1.start, "timezone", @1.start, (SyntaxList){0}); }
	| "time" "zone" "local"
		{ $$ = make_set(parser, @1.start, "timezone", @1.start, (SyntaxList){0}); }
;

to:
	  "to"
	| '='
;

setting_name:
	  column_id
	| setting_name '.' column_label	{ $$ = arena_printf(parser->arena, "%s.%s", $1, $3); }
;

setting_values:
	  setting_value						{ $$ = list_one(parser, $1); }
	| setting_values ',' setting_value	{ $$ = list_add(parser, $1, $3); }
;

setting_value:
	  any_word							{ $$ = make_literal(parser, @1.start, LITERAL_STRING, $1); }
	| "true"							{ $$ = make_literal(parser, @1.start, LITERAL_STRING, "true"); }
	| "false"							{ $$ = make_literal(parser, @1.start, LITERAL_STRING, "false"); }
	| "on"								{ $$ = make_literal(parser, @1.start, LITERAL_STRING, "on"); }
	| SCONST							{ $$ = make_literal(parser, @1.start, LITERAL_STRING, $1); }
	| signed_number
;

%type <node> signed_number;

signed_number:
	  ICONST							{ $$ = make_literal(parser, @1.start, LITERAL_INTEGER, $1); }
	| FCONST							{ $$ = make_literal(parser, @1.start, LITERAL_NUMERIC, $1); }
	| '+' ICONST						{ $$ = make_literal(parser, @1.start, LITERAL_INTEGER, $2); }
	| '+' FCONST						{ $$ = make_literal(parser, @1.start, LITERAL_NUMERIC, $2); }
	| '-' ICONST
		{ $$ = make_minus(parser, @1.start, make_literal(parser, @2.start, LITERAL_INTEGER, $2)); }
	| '-' FCONST
		{ $$ = make_minus(parser, @1.start, make_literal(parser, @2.start, LITERAL_NUMERIC, $2)); }
;

time_zone_value:
	  SCONST							{ $$ = make_literal(parser, @1.start, LITERAL_STRING, $1); }
	| IDENT								{ $$ = make_literal(parser, @1.start, LITERAL_STRING, $1); }
	| signed_number
;

reset_statement:
	  "reset" setting_name				{ $$ = make_reset(parser, @1.start, $2, @2.start); }
	| "reset" "time" "zone"				{ $$ = make_reset(parser, @1.start, "timezone", @2.start); }
	| "reset" "all"						{ $$ = make_reset(parser, @1.start, NULL, @2.start); }
;

/* ---- ASSERT ---- */

assert_statement:
	"assert" "query" select_with_parens "returns" select_with_parens
		{
			AssertQueryStatement *n = TREE_NEW(parser->arena, ASSERT_QUERY, AssertQueryStatement, @1.start);

			n->query = $3;
			n->expected = $5;
			$$ = N(n);
		}
;
