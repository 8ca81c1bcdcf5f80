/*
 * gram_type.y: types, and which words may name what.
 */

%type <type> type_name simple_type generic_type numeric_type character_type datetime_type bit_type constant_type;
%type <type> interval_type;
%type <list> array_bounds type_modifiers attributes;
%type <boolean> varying with_time_zone;
%type <text> character_length;

type_name:
	  simple_type array_bounds
		{
			$$ = $1;
			$$->array_bounds = $2;
		}
	| simple_type "array" '[' ICONST ']'
		{
			$$ = $1;
			$$->array_bounds = list_one(parser, make_array_bound(parser, @4.start, $4));
		}
	| simple_type "array"
		{
			$$ = $1;
			$$->array_bounds = list_one(parser, make_array_bound(parser, @2.start, NULL));
		}
;

array_bounds:
	  %empty							{ $$ = (SyntaxList){0}; }
	| array_bounds '[' ']'				{ $$ = list_add(parser, $1, make_array_bound(parser, @2.start, NULL)); }
	| array_bounds '[' ICONST ']'		{ $$ = list_add(parser, $1, make_array_bound(parser, @3.start, $3)); }
;

simple_type:
	  generic_type
	| numeric_type
	| bit_type
	| character_type
	| datetime_type
	| interval_type interval_fields
		{
			$$ = $1;
			$$->fields = $2.fields;
			$$->modifiers = $2.modifiers;
		}
	| interval_type '(' ICONST ')'
		{
			$$ = $1;
			$$->modifiers = list_one(parser, make_literal(parser, @3.start, LITERAL_INTEGER, $3));
		}
;

/* Those that may precede a string to make a typed literal, besides generic ones and interval. */
constant_type:
	  numeric_type
	| bit_type
	| character_type
	| datetime_type
;

generic_type:
	  type_function_name type_modifiers
		{ $$ = make_type(parser, @1.start, list_one(parser, N(make_identifier(parser, @1.start, $1))), $2); }
	| type_function_name attributes type_modifiers
		{
			SyntaxList names = list_one(parser, N(make_identifier(parser, @1.start, $1)));

			$$ = make_type(parser, @1.start, list_join(parser, names, $2), $3);
		}
;

attributes:
	  '.' attribute_name				{ $$ = list_one(parser, N(make_identifier(parser, @2.start, $2))); }
	| attributes '.' attribute_name		{ $$ = list_add(parser, $1, N(make_identifier(parser, @3.start, $3))); }
;

type_modifiers:
	  %empty							{ $$ = (SyntaxList){0}; }
	| '(' expression_list ')'			{ $$ = $2; }
;

numeric_type:
	  "int"								{ $$ = make_system_type(parser, @1.start, "int4", (SyntaxList){0}); }
	| "integer"							{ $$ = make_system_type(parser, @1.start, "int4", (SyntaxList){0}); }
	| "smallint"						{ $$ = make_system_type(parser, @1.start, "int2", (SyntaxList){0}); }
	| "bigint"							{ $$ = make_system_type(parser, @1.start, "int8", (SyntaxList){0}); }
	| "real"							{ $$ = make_system_type(parser, @1.start, "float4", (SyntaxList){0}); }
	| "float"							{ $$ = make_float_type(parser, @1.start, NULL, -1); }
	| "float" '(' ICONST ')'
		{
			$$ = make_float_type(parser, @1.start, $3, @3.start);
			CHECKED($$);
		}
	| "double" "precision"				{ $$ = make_system_type(parser, @1.start, "float8", (SyntaxList){0}); }
	| "decimal" type_modifiers			{ $$ = make_system_type(parser, @1.start, "numeric", $2); }
	| "dec" type_modifiers				{ $$ = make_system_type(parser, @1.start, "numeric", $2); }
	| "numeric" type_modifiers			{ $$ = make_system_type(parser, @1.start, "numeric", $2); }
	| "boolean"							{ $$ = make_system_type(parser, @1.start, "bool", (SyntaxList){0}); }
;

/* BIT is BIT(1). */
bit_type:
	  "bit" varying '(' expression_list ')'
		{ $$ = make_system_type(parser, @1.start, $2 ? "varbit" : "bit", $4); }
	| "bit" varying
		{
			SyntaxList one = {0};

			if (!$2)
				one = list_one(parser, make_literal(parser, @1.start, LITERAL_INTEGER, "1"));
			$$ = make_system_type(parser, @1.start, $2 ? "varbit" : "bit", one);
		}
;

/* CHAR is CHAR(1); VARCHAR has no limit. */
character_type:
	  character_name character_length
		{
			SyntaxList length = {0};

			if ($2)
				length = list_one(parser, make_literal(parser, @2.start, LITERAL_INTEGER, $2));
			else if (!$1)
				length = list_one(parser, make_literal(parser, @1.start, LITERAL_INTEGER, "1"));
			$$ = make_system_type(parser, @1.start, $1 ? "varchar" : "bpchar", length);
		}
;

/* true: varying */
%type <boolean> character_name;

character_name:
	  "character" varying				{ $$ = $2; }
	| "char" varying					{ $$ = $2; }
	| "varchar"							{ $$ = true; }
	| "national" "character" varying	{ $$ = $3; }
	| "national" "char" varying			{ $$ = $3; }
	| "nchar" varying					{ $$ = $2; }
;

varying:
	  %empty							{ $$ = false; }
	| "varying"							{ $$ = true; }
;

character_length:
	  %empty							{ $$ = NULL; }
	| '(' ICONST ')'					{ $$ = $2; }
;

datetime_type:
	  "timestamp" with_time_zone
		{ $$ = make_system_type(parser, @1.start, $2 ? "timestamptz" : "timestamp", (SyntaxList){0}); }
	| "timestamp" '(' ICONST ')' with_time_zone
		{
			SyntaxList digits = list_one(parser, make_literal(parser, @3.start, LITERAL_INTEGER, $3));

			$$ = make_system_type(parser, @1.start, $5 ? "timestamptz" : "timestamp", digits);
		}
	| "time" with_time_zone
		{ $$ = make_system_type(parser, @1.start, $2 ? "timetz" : "time", (SyntaxList){0}); }
	| "time" '(' ICONST ')' with_time_zone
		{
			SyntaxList digits = list_one(parser, make_literal(parser, @3.start, LITERAL_INTEGER, $3));

			$$ = make_system_type(parser, @1.start, $5 ? "timetz" : "time", digits);
		}
;

with_time_zone:
	  %empty							{ $$ = false; }
	| WITH_LA "time" "zone"				{ $$ = true; }
	| "without" "time" "zone"			{ $$ = false; }
;

interval_type:
	"interval"							{ $$ = make_system_type(parser, @1.start, "interval", (SyntaxList){0}); }
;

%type <interval> interval_fields;
%type <list> interval_second;

interval_fields:
	  %empty							{ $$ = (IntervalSuffix){.fields = INTERVAL_FIELDS_ALL}; }
	| "year"							{ $$ = (IntervalSuffix){.fields = INTERVAL_FIELDS_YEAR}; }
	| "month"							{ $$ = (IntervalSuffix){.fields = INTERVAL_FIELDS_MONTH}; }
	| "day"								{ $$ = (IntervalSuffix){.fields = INTERVAL_FIELDS_DAY}; }
	| "hour"							{ $$ = (IntervalSuffix){.fields = INTERVAL_FIELDS_HOUR}; }
	| "minute"							{ $$ = (IntervalSuffix){.fields = INTERVAL_FIELDS_MINUTE}; }
	| interval_second					{ $$ = (IntervalSuffix){INTERVAL_FIELDS_SECOND, $1}; }
	| "year" "to" "month"				{ $$ = (IntervalSuffix){.fields = INTERVAL_FIELDS_YEAR_TO_MONTH}; }
	| "day" "to" "hour"					{ $$ = (IntervalSuffix){.fields = INTERVAL_FIELDS_DAY_TO_HOUR}; }
	| "day" "to" "minute"				{ $$ = (IntervalSuffix){.fields = INTERVAL_FIELDS_DAY_TO_MINUTE}; }
	| "day" "to" interval_second		{ $$ = (IntervalSuffix){INTERVAL_FIELDS_DAY_TO_SECOND, $3}; }
	| "hour" "to" "minute"				{ $$ = (IntervalSuffix){.fields = INTERVAL_FIELDS_HOUR_TO_MINUTE}; }
	| "hour" "to" interval_second		{ $$ = (IntervalSuffix){INTERVAL_FIELDS_HOUR_TO_SECOND, $3}; }
	| "minute" "to" interval_second		{ $$ = (IntervalSuffix){INTERVAL_FIELDS_MINUTE_TO_SECOND, $3}; }
;

interval_second:
	  "second"							{ $$ = (SyntaxList){0}; }
	| "second" '(' ICONST ')'
		{ $$ = list_one(parser, make_literal(parser, @3.start, LITERAL_INTEGER, $3)); }
;

/* ---- which words may name what ---- */

%type <text> column_id type_function_name any_word column_label bare_column_label attribute_name parameter_name;
%type <text> unreserved_keyword column_name_keyword type_function_name_keyword reserved_keyword bare_label_keyword;

/* Columns, tables and most other things. */
column_id:
	  IDENT
	| unreserved_keyword
	| column_name_keyword
;

type_function_name:
	  IDENT
	| unreserved_keyword
	| type_function_name_keyword
;

/* Any but a reserved word. */
any_word:
	  IDENT
	| unreserved_keyword
	| column_name_keyword
	| type_function_name_keyword
;

column_label:
	  IDENT
	| unreserved_keyword
	| column_name_keyword
	| type_function_name_keyword
	| reserved_keyword
;

bare_column_label:
	  IDENT
	| bare_label_keyword
;

attribute_name:
	column_label
;

parameter_name:
	type_function_name
;

%type <list> function_name any_name any_name_list column_names column_names_or_none;
%type <name> qualified_name;

function_name:
	  type_function_name				{ $$ = list_one(parser, N(make_identifier(parser, @1.start, $1))); }
	| column_id indirection
		{
			QualifiedName *name = make_name_from_indirection(parser, @1, $1, $2);

			CHECKED(name);
			$$ = name->parts;
		}
;

qualified_name:
	  column_id
		{
			SyntaxList parts = list_one(parser, N(make_identifier(parser, @1.start, $1)));

			$$ = make_qualified_name(parser, @1.start, parts);
		}
	| column_id indirection
		{
			$$ = make_name_from_indirection(parser, @1, $1, $2);
			CHECKED($$);
		}
;

any_name:
	  column_id							{ $$ = list_one(parser, N(make_identifier(parser, @1.start, $1))); }
	| column_id attributes
		{ $$ = list_join(parser, list_one(parser, N(make_identifier(parser, @1.start, $1))), $2); }
;

any_name_list:
	  any_name							{ $$ = list_one(parser, N(make_qualified_name(parser, @1.start, $1))); }
	| any_name_list ',' any_name
		{ $$ = list_add(parser, $1, N(make_qualified_name(parser, @3.start, $3))); }
;

column_names:
	  column_id							{ $$ = list_one(parser, N(make_identifier(parser, @1.start, $1))); }
	| column_names ',' column_id		{ $$ = list_add(parser, $1, N(make_identifier(parser, @3.start, $3))); }
;

column_names_or_none:
	  %empty							{ $$ = (SyntaxList){0}; }
	| '(' column_names ')'				{ $$ = $2; }
;
