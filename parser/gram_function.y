/*
 * gram_function.y: calls of functions, and what only looks like one.
 */

%type <node> function_expr special_function windowless_function argument;
%type <call> function_call;
%type <list> argument_list within_group;
%type <node> filter_clause;
%type <window> over_clause;

function_expr:
	  function_call within_group filter_clause over_clause
		{
			$$ = make_call_complete(parser, $1, $2, @2.start, $3, $4);
			CHECKED($$);
		}
	| special_function
;

/* What may stand in FROM. */
windowless_function:
	  function_call						{ $$ = N($1); }
	| special_function
;

function_call:
	  function_name '(' ')'				{ $$ = make_call(parser, @1.start, $1, (SyntaxList){0}); }
	| function_name '(' argument_list optional_order_by ')'
		{
			$$ = make_call(parser, @1.start, $1, $3);
			$$->order_by = $4;
		}
	| function_name '(' "variadic" argument optional_order_by ')'
		{
			$$ = make_call(parser, @1.start, $1, list_one(parser, $4));
			$$->variadic = true;
			$$->order_by = $5;
		}
	| function_name '(' argument_list ',' "variadic" argument optional_order_by ')'
		{
			$$ = make_call(parser, @1.start, $1, list_add(parser, $3, $6));
			$$->variadic = true;
			$$->order_by = $7;
		}
	| function_name '(' "all" argument_list optional_order_by ')'
		{
			$$ = make_call(parser, @1.start, $1, $4);
			$$->order_by = $5;
		}
	| function_name '(' "distinct" argument_list optional_order_by ')'
		{
			$$ = make_call(parser, @1.start, $1, $4);
			$$->distinct = true;
			$$->order_by = $5;
		}
	| function_name '(' '*' ')'
		{
			$$ = make_call(parser, @1.start, $1, (SyntaxList){0});
			$$->star = true;
		}
	| function_name '(' argument_list ',' "partition" "by" expression_list ')'
		{
			SyntaxNode *partition = make_table_argument(parser, @5.start, NULL, $7);

			$$ = make_call(parser, @1.start, $1, list_add(parser, $3, partition));
		}
;

argument_list:
	  argument							{ $$ = list_one(parser, $1); }
	| argument_list ',' argument		{ $$ = list_add(parser, $1, $3); }
;

argument:
	  a_expr
	| parameter_name COLON_EQUALS argument_value
		{ $$ = make_named_argument(parser, @1.start, $1, $3); }
	| parameter_name EQUALS_GREATER argument_value
		{ $$ = make_named_argument(parser, @1.start, $1, $3); }
	| table_argument
;

%type <node> argument_value table_argument;

argument_value:
	  a_expr
	| table_argument
;

/* The input of TUMBLE and its kin, in the standard's spelling. */
table_argument:
	  "table" qualified_name			{ $$ = make_table_argument(parser, @1.start, $2, (SyntaxList){0}); }
	| "table" qualified_name "partition" "by" '(' expression_list ')'
		{ $$ = make_table_argument(parser, @1.start, $2, $6); }
;

within_group:
	  %empty							{ $$ = (SyntaxList){0}; }
	| "within" "group" '(' order_by ')'	{ $$ = $4; }
;

filter_clause:
	  %empty							{ $$ = NULL; }
	| "filter" '(' "where" a_expr ')'	{ $$ = $4; }
;

over_clause:
	  %empty							{ $$ = NULL; }
	| "over" window_specification		{ $$ = $2; }
	| "over" column_id
		{
			$$ = TREE_NEW(parser->arena, WINDOW_DEFINITION, WindowDefinition, @2.start);
			$$->base = $2;
			$$->by_name = true;
		}
;

/* ---- functions with a syntax of their own ---- */

%type <text> extract_field;

special_function:
	  "current_date"					{ $$ = make_current_value(parser, @1.start, CURRENT_VALUE_DATE, -1); }
	| "current_time"					{ $$ = make_current_value(parser, @1.start, CURRENT_VALUE_TIME, -1); }
	| "current_time" '(' ICONST ')'
		{ $$ = make_current_value(parser, @1.start, CURRENT_VALUE_TIME, (int)strtol($3, NULL, 10)); }
	| "current_timestamp"				{ $$ = make_current_value(parser, @1.start, CURRENT_VALUE_TIMESTAMP, -1); }
	| "current_timestamp" '(' ICONST ')'
		{ $$ = make_current_value(parser, @1.start, CURRENT_VALUE_TIMESTAMP, (int)strtol($3, NULL, 10)); }
	| "localtime"						{ $$ = make_current_value(parser, @1.start, CURRENT_VALUE_LOCALTIME, -1); }
	| "localtime" '(' ICONST ')'
		{ $$ = make_current_value(parser, @1.start, CURRENT_VALUE_LOCALTIME, (int)strtol($3, NULL, 10)); }
	| "localtimestamp"
		{ $$ = make_current_value(parser, @1.start, CURRENT_VALUE_LOCALTIMESTAMP, -1); }
	| "localtimestamp" '(' ICONST ')'
		{ $$ = make_current_value(parser, @1.start, CURRENT_VALUE_LOCALTIMESTAMP, (int)strtol($3, NULL, 10)); }
	| "current_role"					{ $$ = make_current_value(parser, @1.start, CURRENT_VALUE_ROLE, -1); }
	| "current_user"					{ $$ = make_current_value(parser, @1.start, CURRENT_VALUE_USER, -1); }
	| "session_user"
		{ $$ = make_current_value(parser, @1.start, CURRENT_VALUE_SESSION_USER, -1); }
	| "user"							{ $$ = make_current_value(parser, @1.start, CURRENT_VALUE_USER_SHORT, -1); }
	| "current_catalog"					{ $$ = make_current_value(parser, @1.start, CURRENT_VALUE_CATALOG, -1); }
	| "current_schema"					{ $$ = make_current_value(parser, @1.start, CURRENT_VALUE_SCHEMA, -1); }
	| "cast" '(' a_expr "as" type_name ')'	{ $$ = make_cast(parser, @1.start, $3, $5, CAST_FUNCTION); }
	| "extract" '(' extract_field "from" a_expr ')'
		{
			SyntaxNode *field = make_literal(parser, @3.start, LITERAL_STRING, $3);

			$$ = make_special_call(parser, @1.start, FUNCTION_EXTRACT, "extract",
								   list_add(parser, list_one(parser, field), $5));
		}
	| "normalize" '(' a_expr ')'
		{ $$ = make_special_call(parser, @1.start, FUNCTION_NORMALIZE, "normalize", list_one(parser, $3)); }
	| "normalize" '(' a_expr ',' normal_form ')'
		{
			SyntaxNode *form = make_literal(parser, @5.start, LITERAL_STRING, $5);

			$$ = make_special_call(parser, @1.start, FUNCTION_NORMALIZE, "normalize",
								   list_add(parser, list_one(parser, $3), form));
		}
	| "overlay" '(' overlay_arguments ')'
		{ $$ = make_special_call(parser, @1.start, FUNCTION_OVERLAY, "overlay", $3); }
	| "overlay" '(' ')'
		{ $$ = make_plain_call(parser, @1.start, "overlay", (SyntaxList){0}); }
	| "overlay" '(' argument_list ')'
		{
			$$ = make_plain_call(parser, @1.start, "overlay", $3);
			CHECKED($$);
		}
	| "position" '(' b_expr "in" b_expr ')'
		{
			$$ = make_special_call(parser, @1.start, FUNCTION_POSITION, "position",
								   list_add(parser, list_one(parser, $5), $3));
		}
	| "substring" '(' substring_arguments ')'
		{ $$ = make_special_call(parser, @1.start, FUNCTION_SUBSTRING, "substring", $3); }
	| "substring" '(' a_expr "similar" a_expr "escape" a_expr ')'
		{
			$$ = make_special_call(parser, @1.start, FUNCTION_SIMILAR, "substring",
								   list_add(parser, list_add(parser, list_one(parser, $3), $5), $7));
		}
	| "substring" '(' ')'
		{ $$ = make_plain_call(parser, @1.start, "substring", (SyntaxList){0}); }
	| "substring" '(' argument_list ')'
		{
			$$ = make_plain_call(parser, @1.start, "substring", $3);
			CHECKED($$);
		}
	| "trim" '(' "both" trim_arguments ')'
		{ $$ = make_special_call(parser, @1.start, FUNCTION_TRIM, "btrim", $4); }
	| "trim" '(' "leading" trim_arguments ')'
		{ $$ = make_special_call(parser, @1.start, FUNCTION_TRIM, "ltrim", $4); }
	| "trim" '(' "trailing" trim_arguments ')'
		{ $$ = make_special_call(parser, @1.start, FUNCTION_TRIM, "rtrim", $4); }
	| "trim" '(' trim_arguments ')'
		{ $$ = make_special_call(parser, @1.start, FUNCTION_TRIM, "btrim", $3); }
	| "nullif" '(' a_expr ',' a_expr ')'
		{ $$ = make_list_expr(parser, SYNTAX_NULLIF, @1.start, list_add(parser, list_one(parser, $3), $5)); }
	| "coalesce" '(' expression_list ')'	{ $$ = make_list_expr(parser, SYNTAX_COALESCE, @1.start, $3); }
	| "greatest" '(' expression_list ')'	{ $$ = make_list_expr(parser, SYNTAX_GREATEST, @1.start, $3); }
	| "least" '(' expression_list ')'	{ $$ = make_list_expr(parser, SYNTAX_LEAST, @1.start, $3); }
;

extract_field:
	  IDENT
	| "year"
	| "month"
	| "day"
	| "hour"
	| "minute"
	| "second"
	| SCONST
;

%type <text> normal_form;
%type <list> overlay_arguments substring_arguments trim_arguments;

normal_form:
	  "nfc"								{ $$ = "NFC"; }
	| "nfd"								{ $$ = "NFD"; }
	| "nfkc"							{ $$ = "NFKC"; }
	| "nfkd"							{ $$ = "NFKD"; }
;

overlay_arguments:
	  a_expr "placing" a_expr "from" a_expr
		{ $$ = list_add(parser, list_add(parser, list_one(parser, $1), $3), $5); }
	| a_expr "placing" a_expr "from" a_expr "for" a_expr
		{ $$ = list_add(parser, list_add(parser, list_add(parser, list_one(parser, $1), $3), $5), $7); }
;

/* SUBSTRING(x FOR n) begins at 1. */
substring_arguments:
	  a_expr "from" a_expr				{ $$ = list_add(parser, list_one(parser, $1), $3); }
	| a_expr "from" a_expr "for" a_expr
		{ $$ = list_add(parser, list_add(parser, list_one(parser, $1), $3), $5); }
	| a_expr "for" a_expr "from" a_expr
		{ $$ = list_add(parser, list_add(parser, list_one(parser, $1), $5), $3); }
	| a_expr "for" a_expr
		{
			SyntaxNode *one = make_literal(parser, @2.start, LITERAL_INTEGER, "1");
			SyntaxNode *length = make_cast(parser, @3.start, $3,
										   make_system_type(parser, @3.start, "int4", (SyntaxList){0}), CAST_FUNCTION);

			$$ = list_add(parser, list_add(parser, list_one(parser, $1), one), length);
		}
;

/* The characters to trim come after the text, as in btrim(text, characters). */
trim_arguments:
	  a_expr "from" expression_list
		{ $$ = list_add(parser, $3, $1); }
	| "from" expression_list			{ $$ = $2; }
	| expression_list
;
