/*
 * gram_definition.y: CREATE, ALTER, DROP.
 */

%type <node> create_relation_statement create_view_statement create_sink_statement alter_statement drop_statement;
%type <boolean> or_replace;
%type <new_name> new_name;

or_replace:
	  %empty							{ $$ = false; }
	| "or" "replace"					{ $$ = true; }
;

new_name:
	  qualified_name					{ $$ = new_name(parser, $1, false); }
	| "if" "not" "exists" qualified_name	{ $$ = new_name(parser, $4, true); }
;

/* ---- streams and tables ---- */

%type <elements> table_elements table_element_list;
%type <node> table_element column_definition;
%type <qualifier> column_qualifiers column_qualifier;
%type <list> with_options with_options_or_none;

create_relation_statement:
	  "create" or_replace "stream" new_name table_elements with_options_or_none
		{ $$ = make_create_relation(parser, SYNTAX_CREATE_STREAM, @1.start, $2, $4, $5, $6); }
	| "create" or_replace "table" new_name table_elements with_options_or_none
		{ $$ = make_create_relation(parser, SYNTAX_CREATE_TABLE, @1.start, $2, $4, $5, $6); }
;

table_elements:
	  '(' ')'							{ $$ = (TableElements){0}; }
	| '(' table_element_list ')'		{ $$ = $2; }
;

table_element_list:
	  table_element
		{
			$$ = (TableElements){0};
			CHECKED(add_table_element(parser, &$$, $1));
		}
	| table_element_list ',' table_element
		{
			$$ = $1;
			CHECKED(add_table_element(parser, &$$, $3));
		}
;

table_element:
	  column_definition
	| "watermark" "for" column_id "as" a_expr
		{
			Watermark *n = TREE_NEW(parser->arena, WATERMARK, Watermark, @1.start);

			n->column = make_identifier(parser, @3.start, $3);
			n->expression = $5;
			$$ = N(n);
		}
	| "primary" "key" '(' column_names ')'	{ $$ = make_list_expr(parser, SYNTAX_ROW, @1.start, $4); }
;

column_definition:
	column_id type_name column_qualifiers
		{
			$$ = make_column_definition(parser, @1.start, $1, $2, $3);
			CHECKED($$);
		}
;

column_qualifiers:
	  %empty							{ $$ = NULL; }
	| column_qualifiers column_qualifier	{ $$ = append_qualifier($1, $2); }
;

column_qualifier:
	  "not" "null"						{ $$ = make_qualifier(parser, QUALIFIER_NOT_NULL, @1.start); }
	| "null"							{ $$ = make_qualifier(parser, QUALIFIER_NULL, @1.start); }
	| "primary" "key"					{ $$ = make_qualifier(parser, QUALIFIER_PRIMARY_KEY, @1.start); }
	| "default" b_expr
		{
			$$ = make_qualifier(parser, QUALIFIER_DEFAULT, @1.start);
			$$->value = $2;
		}
	| "generated" "always" "as" '(' a_expr ')' "stored"
		{
			$$ = make_qualifier(parser, QUALIFIER_GENERATED, @1.start);
			$$->value = $5;
		}
	| "collate" any_name
		{
			$$ = make_qualifier(parser, QUALIFIER_COLLATE, @1.start);
			$$->list = $2;
		}
	| "options" '(' generic_options ')'
		{
			$$ = make_qualifier(parser, QUALIFIER_OPTIONS, @1.start);
			$$->list = $3;
		}
	| "metadata" "from" SCONST
		{
			$$ = make_qualifier(parser, QUALIFIER_METADATA, @3.start);
			$$->text = $3;
		}
;

/* ---- views and sinks ---- */

create_view_statement:
	"create" or_replace "view" new_name column_names_or_none "as" select_statement
		{
			CreateViewStatement *n = TREE_NEW(parser->arena, CREATE_VIEW, CreateViewStatement, @1.start);

			n->or_replace = $2;
			n->if_not_exists = $4.if_not_exists;
			n->name = $4.name;
			n->columns = $5;
			n->query = $7;
			$$ = N(n);
		}
;

create_sink_statement:
	  "create" or_replace "sink" new_name with_options "as" select_statement
		{ $$ = make_create_sink(parser, @1.start, $2, $4, $7, NULL, $5); }
	| "create" or_replace "sink" new_name "as" select_statement with_options_or_none
		{ $$ = make_create_sink(parser, @1.start, $2, $4, $6, NULL, $7); }
	| "create" or_replace "sink" new_name "from" qualified_name with_options_or_none
		{ $$ = make_create_sink(parser, @1.start, $2, $4, NULL, $6, $7); }
;

/* ---- options ---- */

with_options:
	"with" '(' assignments ')'			{ $$ = $3; }
;

with_options_or_none:
	  %empty							{ $$ = (SyntaxList){0}; }
	| with_options
;

%type <list> assignments generic_options;
%type <node> assignment generic_option;
%type <text> option_name;
%type <option_value> option_value;

/* name = value, ... */
assignments:
	  assignment						{ $$ = list_one(parser, $1); }
	| assignments ',' assignment		{ $$ = list_add(parser, $1, $3); }
;

assignment:
	  option_name '=' option_value
		{ $$ = make_option(parser, @1.start, $1, $3.kind, $3.text, @3.start); }
	| option_name						{ $$ = make_option(parser, @1.start, $1, OPTION_VALUE_NONE, NULL, @1.start); }
;

/* name value, ... */
generic_options:
	  generic_option					{ $$ = list_one(parser, $1); }
	| generic_options ',' generic_option	{ $$ = list_add(parser, $1, $3); }
;

generic_option:
	  column_label option_value			{ $$ = make_option(parser, @1.start, $1, $2.kind, $2.text, @2.start); }
	| column_label						{ $$ = make_option(parser, @1.start, $1, OPTION_VALUE_NONE, NULL, @1.start); }
;

/* Names of librdkafka and S3 have dots; Flink writes names as strings. */
option_name:
	  column_label
	| option_name '.' column_label		{ $$ = arena_printf(parser->arena, "%s.%s", $1, $3); }
	| SCONST
;

option_value:
	  SCONST							{ $$ = (OptionValue){OPTION_VALUE_STRING, $1}; }
	| ICONST							{ $$ = (OptionValue){OPTION_VALUE_INTEGER, $1}; }
	| FCONST							{ $$ = (OptionValue){OPTION_VALUE_NUMERIC, $1}; }
	| '+' ICONST						{ $$ = (OptionValue){OPTION_VALUE_INTEGER, $2}; }
	| '+' FCONST						{ $$ = (OptionValue){OPTION_VALUE_NUMERIC, $2}; }
	| '-' ICONST						{ $$ = (OptionValue){OPTION_VALUE_INTEGER, arena_printf(parser->arena, "-%s", $2)}; }
	| '-' FCONST						{ $$ = (OptionValue){OPTION_VALUE_NUMERIC, arena_printf(parser->arena, "-%s", $2)}; }
	| column_label						{ $$ = (OptionValue){OPTION_VALUE_WORD, $1}; }
;

/* ---- ALTER, DROP ---- */

%type <integer> object_kind altered_kind drop_behavior;
%type <boolean> column_word;

object_kind:
	  "stream"							{ $$ = OBJECT_STREAM; }
	| "table"							{ $$ = OBJECT_TABLE; }
	| "view"							{ $$ = OBJECT_VIEW; }
	| "sink"							{ $$ = OBJECT_SINK; }
;

altered_kind:
	  "stream"							{ $$ = OBJECT_STREAM; }
	| "table"							{ $$ = OBJECT_TABLE; }
;

%type <node> alter_target;

alter_statement:
	  alter_target "add" column_word column_definition
		{
			((AlterAddColumnStatement *)$1)->column = (ColumnDefinition *)$4;
			$$ = $1;
		}
	| alter_target "add" column_word "if" "not" "exists" column_definition
		{
			((AlterAddColumnStatement *)$1)->if_not_exists = true;
			((AlterAddColumnStatement *)$1)->column = (ColumnDefinition *)$7;
			$$ = $1;
		}
;

alter_target:
	  "alter" altered_kind qualified_name
		{ $$ = make_alter(parser, @1.start, (ObjectKind)$2, false, $3); }
	| "alter" altered_kind "if" "exists" qualified_name
		{ $$ = make_alter(parser, @1.start, (ObjectKind)$2, true, $5); }
;

column_word:
	  %empty							{ $$ = false; }
	| "column"							{ $$ = true; }
;

drop_statement:
	  "drop" object_kind any_name_list drop_behavior
		{ $$ = make_drop(parser, @1.start, (ObjectKind)$2, false, $3, (DropBehavior)$4); }
	| "drop" object_kind "if" "exists" any_name_list drop_behavior
		{ $$ = make_drop(parser, @1.start, (ObjectKind)$2, true, $5, (DropBehavior)$6); }
;

drop_behavior:
	  %empty							{ $$ = DROP_DEFAULT; }
	| "cascade"							{ $$ = DROP_CASCADE; }
	| "restrict"						{ $$ = DROP_RESTRICT; }
;
