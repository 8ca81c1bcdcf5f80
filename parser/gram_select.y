/*
 * gram_select.y: queries.
 *
 * Parentheses around a query are read by select_with_parens only, never by the rules of expressions and FROM, so
 * that ((SELECT 1)) has one reading.
 */

%type <select> select_statement select_with_parens select_no_parens select_clause simple_select values_clause;
%type <list> order_by optional_order_by;

select_statement:
	  select_no_parens %prec UMINUS
	| select_with_parens %prec UMINUS
;

select_with_parens:
	  '(' select_no_parens ')'			{ $$ = $2; }
	| '(' select_with_parens ')'		{ $$ = $2; }
;

/* A query with at least its own clauses outside parentheses. */
select_no_parens:
	  simple_select
	| select_clause order_by
		{
			$$ = make_select_complete(parser, $1, $2, $2.items[0]->position, (SelectLimit){0});
			CHECKED($$);
		}
	| select_clause optional_order_by select_limit
		{
			$$ = make_select_complete(parser, $1, $2, $2.count ? $2.items[0]->position : -1, $3);
			CHECKED($$);
		}
	| with_clause select_clause
		{
			$$ = make_with(parser, $2, $1.recursive, $1.list, @1.start);
			CHECKED($$);
		}
	| with_clause select_clause order_by
		{
			$$ = make_select_complete(parser, $2, $3, $3.items[0]->position, (SelectLimit){0});
			CHECKED($$ && make_with(parser, $$, $1.recursive, $1.list, @1.start));
		}
	| with_clause select_clause optional_order_by select_limit
		{
			$$ = make_select_complete(parser, $2, $3, $3.count ? $3.items[0]->position : -1, $4);
			CHECKED($$ && make_with(parser, $$, $1.recursive, $1.list, @1.start));
		}
;

select_clause:
	  simple_select
	| select_with_parens
;

simple_select:
	  "select" all target_list_or_none from_clause where_clause group_clause having_clause window_clause
		{
			$$ = TREE_NEW(parser->arena, SELECT, SelectStatement, @1.start);
			$$->targets = $3;
			$$->from = $4;
			$$->where = $5;
			$$->group_distinct = $6.distinct;
			$$->group_by = $6.list;
			$$->having = $7;
			$$->windows = $8;
		}
	| "select" distinct_clause target_list from_clause where_clause group_clause having_clause window_clause
		{
			$$ = TREE_NEW(parser->arena, SELECT, SelectStatement, @1.start);
			$$->distinct = true;
			$$->distinct_on = $2;
			$$->targets = $3;
			$$->from = $4;
			$$->where = $5;
			$$->group_distinct = $6.distinct;
			$$->group_by = $6.list;
			$$->having = $7;
			$$->windows = $8;
		}
	| values_clause
	| "table" qualified_name			{ $$ = make_table_query(parser, @1.start, $2); }
	| select_clause "union" set_quantifier select_clause
		{ $$ = make_set_operation(parser, @2.start, SET_OPERATION_UNION, $3, $1, $4); }
	| select_clause "intersect" set_quantifier select_clause
		{ $$ = make_set_operation(parser, @2.start, SET_OPERATION_INTERSECT, $3, $1, $4); }
	| select_clause "except" set_quantifier select_clause
		{ $$ = make_set_operation(parser, @2.start, SET_OPERATION_EXCEPT, $3, $1, $4); }
;

all:
	  %empty
	| "all"
;

/* true: ALL */
%type <boolean> set_quantifier;

set_quantifier:
	  %empty							{ $$ = false; }
	| "all"								{ $$ = true; }
	| "distinct"						{ $$ = false; }
;

%type <list> distinct_clause;

distinct_clause:
	  "distinct"						{ $$ = (SyntaxList){0}; }
	| "distinct" "on" '(' expression_list ')'	{ $$ = $4; }
;

values_clause:
	  "values" '(' expression_list ')'
		{
			$$ = TREE_NEW(parser->arena, SELECT, SelectStatement, @1.start);
			$$->values = list_one(parser, make_list_expr(parser, SYNTAX_ROW, @2.start, $3));
		}
	| values_clause ',' '(' expression_list ')'
		{
			$$ = $1;
			$$->values = list_add(parser, $$->values, make_list_expr(parser, SYNTAX_ROW, @3.start, $4));
		}
;

/* ---- WITH ---- */

%type <flagged> with_clause;
%type <list> cte_list;
%type <node> cte;
%type <integer> materialization;

with_clause:
	  "with" cte_list					{ $$ = (FlaggedList){.list = $2}; }
	| WITH_LA cte_list					{ $$ = (FlaggedList){.list = $2}; }
	| "with" "recursive" cte_list		{ $$ = (FlaggedList){.list = $3, .recursive = true}; }
;

cte_list:
	  cte								{ $$ = list_one(parser, $1); }
	| cte_list ',' cte					{ $$ = list_add(parser, $1, $3); }
;

cte:
	column_id column_names_or_none "as" materialization select_with_parens
		{
			CommonTableExpr *n = TREE_NEW(parser->arena, CTE, CommonTableExpr, @1.start);

			n->name = $1;
			n->columns = $2;
			n->materialization = (Materialization)$4;
			n->query = $5;
			$$ = N(n);
		}
;

materialization:
	  %empty							{ $$ = MATERIALIZE_DEFAULT; }
	| "materialized"					{ $$ = MATERIALIZE_ALWAYS; }
	| "not" "materialized"				{ $$ = MATERIALIZE_NEVER; }
;

/* ---- the select list ---- */

%type <list> target_list target_list_or_none;
%type <node> target;

target_list_or_none:
	  %empty							{ $$ = (SyntaxList){0}; }
	| target_list
;

target_list:
	  target							{ $$ = list_one(parser, $1); }
	| target_list ',' target			{ $$ = list_add(parser, $1, $3); }
;

target:
	  a_expr "as" column_label			{ $$ = make_target(parser, @1.start, $1, $3); }
	| a_expr bare_column_label			{ $$ = make_target(parser, @1.start, $1, $2); }
	| a_expr							{ $$ = make_target(parser, @1.start, $1, NULL); }
	| '*'								{ $$ = make_target(parser, @1.start, make_star(parser, @1.start), NULL); }
;

/* ---- FROM ---- */

%type <list> from_clause from_list using_columns;
%type <node> table_ref joined_table;
%type <alias> alias_clause optional_alias function_alias join_alias;
%type <integer> join_type;
%type <boolean> ordinality;

from_clause:
	  %empty							{ $$ = (SyntaxList){0}; }
	| "from" from_list					{ $$ = $2; }
;

from_list:
	  table_ref							{ $$ = list_one(parser, $1); }
	| from_list ',' table_ref			{ $$ = list_add(parser, $1, $3); }
;

table_ref:
	  qualified_name optional_alias		{ $$ = make_relation(parser, $1, $2); }
	| windowless_function ordinality function_alias
		{
			$$ = make_range_function(parser, @1.start, $1, $2, $3, false);
			CHECKED($$);
		}
	| "lateral" windowless_function ordinality function_alias
		{
			$$ = make_range_function(parser, @2.start, $2, $3, $4, true);
			CHECKED($$);
		}
	| select_with_parens optional_alias
		{
			CHECKED(check_subquery_alias(parser, @1.start, $1, $2));
			$$ = make_range_subquery(parser, @1.start, $1, $2, false);
		}
	| "lateral" select_with_parens optional_alias
		{
			CHECKED(check_subquery_alias(parser, @2.start, $2, $3));
			$$ = make_range_subquery(parser, @2.start, $2, $3, true);
		}
	| joined_table
	| '(' joined_table ')' alias_clause
		{
			((JoinExpr *)$2)->alias = $4;
			$$ = $2;
		}
;

joined_table:
	  '(' joined_table ')'				{ $$ = $2; }
	| table_ref "cross" "join" table_ref
		{ $$ = N(make_join(parser, @2.start, JOIN_CROSS, false, $1, $4)); }
	| table_ref join_type "join" table_ref join_condition
		{ $$ = complete_join(make_join(parser, @2.start, (JoinType)$2, false, $1, $4), $5); }
	| table_ref "join" table_ref join_condition
		{ $$ = complete_join(make_join(parser, @2.start, JOIN_INNER, false, $1, $3), $4); }
	| table_ref "natural" join_type "join" table_ref
		{ $$ = N(make_join(parser, @2.start, (JoinType)$3, true, $1, $5)); }
	| table_ref "natural" "join" table_ref
		{ $$ = N(make_join(parser, @2.start, JOIN_INNER, true, $1, $4)); }
;

join_type:
	  "full" outer						{ $$ = JOIN_FULL; }
	| "left" outer						{ $$ = JOIN_LEFT; }
	| "right" outer						{ $$ = JOIN_RIGHT; }
	| "inner"							{ $$ = JOIN_INNER; }
;

outer:
	  %empty
	| "outer"
;

%type <join_condition> join_condition;

join_condition:
	  "using" '(' using_columns ')' join_alias
		{ $$ = (JoinCondition){.using_columns = $3, .using_alias = $5}; }
	| "on" a_expr						{ $$ = (JoinCondition){.on = $2}; }
;

using_columns:
	column_names
;

join_alias:
	  %empty							{ $$ = NULL; }
	| "as" column_id
		{ $$ = make_alias(parser, @2.start, $2, (SyntaxList){0}, (SyntaxList){0}); }
;

alias_clause:
	  "as" column_id '(' column_names ')'	{ $$ = make_alias(parser, @2.start, $2, $4, (SyntaxList){0}); }
	| "as" column_id					{ $$ = make_alias(parser, @2.start, $2, (SyntaxList){0}, (SyntaxList){0}); }
	| column_id '(' column_names ')'	{ $$ = make_alias(parser, @1.start, $1, $3, (SyntaxList){0}); }
	| column_id							{ $$ = make_alias(parser, @1.start, $1, (SyntaxList){0}, (SyntaxList){0}); }
;

optional_alias:
	  %empty							{ $$ = NULL; }
	| alias_clause
;

function_alias:
	  optional_alias
	| "as" '(' field_definitions ')'
		{ $$ = make_alias(parser, @1.start, NULL, (SyntaxList){0}, $3); }
	| "as" column_id '(' field_definitions ')'
		{ $$ = make_alias(parser, @2.start, $2, (SyntaxList){0}, $4); }
	| column_id '(' field_definitions ')'
		{ $$ = make_alias(parser, @1.start, $1, (SyntaxList){0}, $3); }
;

ordinality:
	  %empty							{ $$ = false; }
	| WITH_LA "ordinality"				{ $$ = true; }
;

%type <list> field_definitions;
%type <node> field_definition;

field_definitions:
	  field_definition					{ $$ = list_one(parser, $1); }
	| field_definitions ',' field_definition	{ $$ = list_add(parser, $1, $3); }
;

field_definition:
	column_id type_name					{ $$ = make_column_definition(parser, @1.start, $1, $2, NULL); }
;

/* ---- WHERE, GROUP BY, HAVING ---- */

%type <node> where_clause having_clause group_item;
%type <flagged> group_clause;
%type <list> group_list;

where_clause:
	  %empty							{ $$ = NULL; }
	| "where" a_expr					{ $$ = $2; }
;

group_clause:
	  %empty							{ $$ = (FlaggedList){0}; }
	| "group" "by" group_quantifier group_list	{ $$ = (FlaggedList){.list = $4, .distinct = $3}; }
;

/* true: DISTINCT */
%type <boolean> group_quantifier;

group_quantifier:
	  %empty							{ $$ = false; }
	| "all"								{ $$ = false; }
	| "distinct"						{ $$ = true; }
;

group_list:
	  group_item						{ $$ = list_one(parser, $1); }
	| group_list ',' group_item			{ $$ = list_add(parser, $1, $3); }
;

group_item:
	  a_expr
	| '(' ')'
		{ $$ = make_grouping_set(parser, @1.start, GROUPING_SET_EMPTY, (SyntaxList){0}); }
	| "rollup" '(' expression_list ')'
		{ $$ = make_grouping_set(parser, @1.start, GROUPING_SET_ROLLUP, $3); }
	| "cube" '(' expression_list ')'
		{ $$ = make_grouping_set(parser, @1.start, GROUPING_SET_CUBE, $3); }
	| "grouping" "sets" '(' group_list ')'
		{ $$ = make_grouping_set(parser, @1.start, GROUPING_SET_SETS, $4); }
;

having_clause:
	  %empty							{ $$ = NULL; }
	| "having" a_expr					{ $$ = $2; }
;

/* ---- windows ---- */

%type <list> window_clause window_list partition_clause;
%type <node> window_definition;
%type <window> window_specification;
%type <text> existing_window;
%type <frame> frame_clause frame_extent;
%type <bound> frame_bound;
%type <integer> frame_exclusion frame_mode;

window_clause:
	  %empty							{ $$ = (SyntaxList){0}; }
	| "window" window_list				{ $$ = $2; }
;

window_list:
	  window_definition					{ $$ = list_one(parser, $1); }
	| window_list ',' window_definition	{ $$ = list_add(parser, $1, $3); }
;

window_definition:
	column_id "as" window_specification
		{
			$3->name = $1;
			$$ = N($3);
		}
;

window_specification:
	'(' existing_window partition_clause optional_order_by frame_clause ')'
		{
			$$ = TREE_NEW(parser->arena, WINDOW_DEFINITION, WindowDefinition, @1.start);
			$$->base = $2;
			$$->partition_by = $3;
			$$->order_by = $4;
			$$->mode = $5.mode;
			$$->start = $5.start;
			$$->end = $5.end;
			$$->exclusion = $5.exclusion;
		}
;

/* The precedence lets a word that begins a clause do so, rather than be a window's name. */
existing_window:
	  column_id
	| %empty %prec OP					{ $$ = NULL; }
;

partition_clause:
	  %empty							{ $$ = (SyntaxList){0}; }
	| "partition" "by" expression_list	{ $$ = $3; }
;

frame_clause:
	  %empty							{ $$ = (FrameClause){0}; }
	| frame_mode frame_extent frame_exclusion
		{
			$$ = $2;
			$$.mode = (FrameMode)$1;
			$$.exclusion = (FrameExclusion)$3;
		}
;

frame_mode:
	  "range"							{ $$ = FRAME_RANGE; }
	| "rows"							{ $$ = FRAME_ROWS; }
	| "groups"							{ $$ = FRAME_GROUPS; }
;

frame_extent:
	  frame_bound
		{
			$$ = (FrameClause){.start = $1, .end = {.kind = FRAME_CURRENT_ROW}};
			CHECKED(check_frame(parser, &$$, @1.start, -1));
		}
	| "between" frame_bound "and" frame_bound
		{
			$$ = (FrameClause){.start = $2, .end = $4};
			CHECKED(check_frame(parser, &$$, @2.start, @4.start));
		}
;

frame_bound:
	  "unbounded" "preceding"			{ $$ = (FrameBound){.kind = FRAME_UNBOUNDED_PRECEDING}; }
	| "unbounded" "following"			{ $$ = (FrameBound){.kind = FRAME_UNBOUNDED_FOLLOWING}; }
	| "current" "row"					{ $$ = (FrameBound){.kind = FRAME_CURRENT_ROW}; }
	| a_expr "preceding"				{ $$ = (FrameBound){FRAME_OFFSET_PRECEDING, $1}; }
	| a_expr "following"				{ $$ = (FrameBound){FRAME_OFFSET_FOLLOWING, $1}; }
;

frame_exclusion:
	  %empty							{ $$ = FRAME_EXCLUDE_NO_OTHERS; }
	| "exclude" "current" "row"			{ $$ = FRAME_EXCLUDE_CURRENT_ROW; }
	| "exclude" "group"					{ $$ = FRAME_EXCLUDE_GROUP; }
	| "exclude" "ties"					{ $$ = FRAME_EXCLUDE_TIES; }
	| "exclude" "no" "others"			{ $$ = FRAME_EXCLUDE_NO_OTHERS; }
;

/* ---- ORDER BY, LIMIT ---- */

%type <list> sort_list;
%type <node> sort_item limit_value offset_value fetch_value;
%type <integer> direction nulls_order;
%type <select_limit> select_limit limit_clause;

optional_order_by:
	  %empty							{ $$ = (SyntaxList){0}; }
	| order_by
;

order_by:
	"order" "by" sort_list				{ $$ = $3; }
;

sort_list:
	  sort_item							{ $$ = list_one(parser, $1); }
	| sort_list ',' sort_item			{ $$ = list_add(parser, $1, $3); }
;

sort_item:
	a_expr direction nulls_order
		{ $$ = make_sort_item(parser, $1, (SortDirection)$2, (SortNulls)$3); }
;

direction:
	  %empty							{ $$ = SORT_DEFAULT; }
	| "asc"								{ $$ = SORT_ASCENDING; }
	| "desc"							{ $$ = SORT_DESCENDING; }
;

nulls_order:
	  %empty							{ $$ = SORT_NULLS_DEFAULT; }
	| NULLS_LA "first"					{ $$ = SORT_NULLS_FIRST; }
	| NULLS_LA "last"					{ $$ = SORT_NULLS_LAST; }
;

select_limit:
	  limit_clause offset_value
		{
			$$ = $1;
			$$.offset = $2;
		}
	| offset_value limit_clause
		{
			$$ = $2;
			$$.offset = $1;
		}
	| limit_clause
	| offset_value						{ $$ = (SelectLimit){.offset = $1}; }
;

limit_clause:
	  "limit" limit_value				{ $$ = (SelectLimit){.limit = $2}; }
	| "limit" limit_value ',' a_expr
		{
			(void)parser_error(parser, @1.start, "LIMIT #,# syntax is not supported");
			(void)error_hint(parser->err, "Use separate LIMIT and OFFSET clauses.");
			YYABORT;
		}
	| "fetch" first_or_next fetch_value row_or_rows "only"	{ $$ = (SelectLimit){.limit = $3}; }
	| "fetch" first_or_next fetch_value row_or_rows "with" "ties"
		{ $$ = (SelectLimit){.limit = $3, .with_ties = true}; }
	| "fetch" first_or_next row_or_rows "only"
		{ $$ = (SelectLimit){.limit = make_literal(parser, @1.start, LITERAL_INTEGER, "1")}; }
	| "fetch" first_or_next row_or_rows "with" "ties"
		{
			$$ = (SelectLimit){.limit = make_literal(parser, @1.start, LITERAL_INTEGER, "1"), .with_ties = true};
		}
;

/* LIMIT ALL is LIMIT NULL. */
limit_value:
	  a_expr
	| "all"								{ $$ = make_literal(parser, @1.start, LITERAL_NULL, NULL); }
;

offset_value:
	  "offset" a_expr					{ $$ = $2; }
	| "offset" fetch_value row_or_rows	{ $$ = $2; }
;

fetch_value:
	  c_expr
	| '+' ICONST						{ $$ = make_literal(parser, @2.start, LITERAL_INTEGER, $2); }
	| '+' FCONST						{ $$ = make_literal(parser, @2.start, LITERAL_NUMERIC, $2); }
	| '-' ICONST
		{ $$ = make_minus(parser, @1.start, make_literal(parser, @2.start, LITERAL_INTEGER, $2)); }
	| '-' FCONST
		{ $$ = make_minus(parser, @1.start, make_literal(parser, @2.start, LITERAL_NUMERIC, $2)); }
;

first_or_next:
	  "first"
	| "next"
;

row_or_rows:
	  "row"
	| "rows"
;
