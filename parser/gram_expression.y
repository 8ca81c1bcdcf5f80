/*
 * gram_expression.y: expressions.
 *
 * a_expr is any expression, b_expr one without AND, OR, NOT, IS NULL, IN, LIKE and BETWEEN (where those words may
 * follow it), c_expr what needs no parentheses as an operand.
 */

%type <node> a_expr b_expr c_expr;

a_expr:
	  c_expr
	| a_expr TYPECAST type_name			{ $$ = make_cast(parser, @2.start, $1, $3, CAST_OPERATOR); }
	| a_expr "collate" any_name			{ $$ = make_collate(parser, @2.start, $1, $3); }
	| a_expr "at" "time" "zone" a_expr %prec "at"
		{
			$$ = make_special_call(parser, @2.start, FUNCTION_AT_TIME_ZONE, "timezone",
								   list_add(parser, list_one(parser, $5), $1));
		}
	| '+' a_expr %prec UMINUS			{ $$ = make_operator(parser, @1.start, "+", NULL, $2); }
	| '-' a_expr %prec UMINUS			{ $$ = make_minus(parser, @1.start, $2); }
	| a_expr '+' a_expr					{ $$ = make_operator(parser, @2.start, "+", $1, $3); }
	| a_expr '-' a_expr					{ $$ = make_operator(parser, @2.start, "-", $1, $3); }
	| a_expr '*' a_expr					{ $$ = make_operator(parser, @2.start, "*", $1, $3); }
	| a_expr '/' a_expr					{ $$ = make_operator(parser, @2.start, "/", $1, $3); }
	| a_expr '%' a_expr					{ $$ = make_operator(parser, @2.start, "%", $1, $3); }
	| a_expr '^' a_expr					{ $$ = make_operator(parser, @2.start, "^", $1, $3); }
	| a_expr '<' a_expr					{ $$ = make_operator(parser, @2.start, "<", $1, $3); }
	| a_expr '>' a_expr					{ $$ = make_operator(parser, @2.start, ">", $1, $3); }
	| a_expr '=' a_expr					{ $$ = make_operator(parser, @2.start, "=", $1, $3); }
	| a_expr LESS_EQUALS a_expr			{ $$ = make_operator(parser, @2.start, "<=", $1, $3); }
	| a_expr GREATER_EQUALS a_expr		{ $$ = make_operator(parser, @2.start, ">=", $1, $3); }
	| a_expr NOT_EQUALS a_expr			{ $$ = make_operator(parser, @2.start, "<>", $1, $3); }
	| a_expr named_operator a_expr %prec OP
		{ $$ = make_named_operator(parser, @2.start, $2, $1, $3); }
	| named_operator a_expr %prec OP	{ $$ = make_named_operator(parser, @1.start, $1, NULL, $2); }
	| a_expr "and" a_expr				{ $$ = make_and_or(parser, @2.start, BOOLEAN_AND, $1, $3); }
	| a_expr "or" a_expr				{ $$ = make_and_or(parser, @2.start, BOOLEAN_OR, $1, $3); }
	| "not" a_expr						{ $$ = make_not(parser, @1.start, $2); }
	| NOT_LA a_expr %prec "not"			{ $$ = make_not(parser, @1.start, $2); }
	| a_expr "like" a_expr %prec "like"
		{ $$ = make_like(parser, @2.start, LIKE_LIKE, $1, $3, NULL, false); }
	| a_expr "like" a_expr "escape" a_expr %prec "like"
		{ $$ = make_like(parser, @2.start, LIKE_LIKE, $1, $3, $5, false); }
	| a_expr NOT_LA "like" a_expr %prec NOT_LA
		{ $$ = make_like(parser, @2.start, LIKE_LIKE, $1, $4, NULL, true); }
	| a_expr NOT_LA "like" a_expr "escape" a_expr %prec NOT_LA
		{ $$ = make_like(parser, @2.start, LIKE_LIKE, $1, $4, $6, true); }
	| a_expr "ilike" a_expr %prec "ilike"
		{ $$ = make_like(parser, @2.start, LIKE_ILIKE, $1, $3, NULL, false); }
	| a_expr "ilike" a_expr "escape" a_expr %prec "ilike"
		{ $$ = make_like(parser, @2.start, LIKE_ILIKE, $1, $3, $5, false); }
	| a_expr NOT_LA "ilike" a_expr %prec NOT_LA
		{ $$ = make_like(parser, @2.start, LIKE_ILIKE, $1, $4, NULL, true); }
	| a_expr NOT_LA "ilike" a_expr "escape" a_expr %prec NOT_LA
		{ $$ = make_like(parser, @2.start, LIKE_ILIKE, $1, $4, $6, true); }
	| a_expr "similar" "to" a_expr %prec "similar"
		{ $$ = make_like(parser, @2.start, LIKE_SIMILAR, $1, $4, NULL, false); }
	| a_expr "similar" "to" a_expr "escape" a_expr %prec "similar"
		{ $$ = make_like(parser, @2.start, LIKE_SIMILAR, $1, $4, $6, false); }
	| a_expr NOT_LA "similar" "to" a_expr %prec NOT_LA
		{ $$ = make_like(parser, @2.start, LIKE_SIMILAR, $1, $5, NULL, true); }
	| a_expr NOT_LA "similar" "to" a_expr "escape" a_expr %prec NOT_LA
		{ $$ = make_like(parser, @2.start, LIKE_SIMILAR, $1, $5, $7, true); }
	| a_expr "is" "null" %prec "is"		{ $$ = make_is(parser, @2.start, $1, IS_NULL, false); }
	| a_expr "isnull"					{ $$ = make_is(parser, @2.start, $1, IS_NULL, false); }
	| a_expr "is" "not" "null" %prec "is"	{ $$ = make_is(parser, @2.start, $1, IS_NULL, true); }
	| a_expr "notnull"					{ $$ = make_is(parser, @2.start, $1, IS_NULL, true); }
	| a_expr "is" "true" %prec "is"		{ $$ = make_is(parser, @2.start, $1, IS_TRUE, false); }
	| a_expr "is" "not" "true" %prec "is"	{ $$ = make_is(parser, @2.start, $1, IS_TRUE, true); }
	| a_expr "is" "false" %prec "is"	{ $$ = make_is(parser, @2.start, $1, IS_FALSE, false); }
	| a_expr "is" "not" "false" %prec "is"	{ $$ = make_is(parser, @2.start, $1, IS_FALSE, true); }
	| a_expr "is" "unknown" %prec "is"	{ $$ = make_is(parser, @2.start, $1, IS_UNKNOWN, false); }
	| a_expr "is" "not" "unknown" %prec "is"
		{ $$ = make_is(parser, @2.start, $1, IS_UNKNOWN, true); }
	| a_expr "is" "distinct" "from" a_expr %prec "is"
		{ $$ = make_distinct_from(parser, @2.start, $1, $5, false); }
	| a_expr "is" "not" "distinct" "from" a_expr %prec "is"
		{ $$ = make_distinct_from(parser, @2.start, $1, $6, true); }
	| a_expr "between" asymmetric b_expr "and" a_expr %prec "between"
		{ $$ = make_between(parser, @2.start, $1, $4, $6, false, false); }
	| a_expr "between" "symmetric" b_expr "and" a_expr %prec "between"
		{ $$ = make_between(parser, @2.start, $1, $4, $6, true, false); }
	| a_expr NOT_LA "between" asymmetric b_expr "and" a_expr %prec NOT_LA
		{ $$ = make_between(parser, @2.start, $1, $5, $7, false, true); }
	| a_expr NOT_LA "between" "symmetric" b_expr "and" a_expr %prec NOT_LA
		{ $$ = make_between(parser, @2.start, $1, $5, $7, true, true); }
	| a_expr "in" in_operand			{ $$ = make_in(parser, @2.start, $1, $3, false); }
	| a_expr NOT_LA "in" in_operand %prec NOT_LA
		{ $$ = make_in(parser, @2.start, $1, $4, true); }
	| a_expr quantified_operator quantifier select_with_parens %prec OP
		{ $$ = make_quantified(parser, @2.start, $1, $2, $3, NULL, $4); }
	| a_expr quantified_operator quantifier '(' a_expr ')' %prec OP
		{ $$ = make_quantified(parser, @2.start, $1, $2, $3, $5, NULL); }
	| "default"							{ $$ = tree_new_node(parser->arena, SYNTAX_SET_TO_DEFAULT, @1.start); }
;

asymmetric:
	  %empty
	| "asymmetric"
;

b_expr:
	  c_expr
	| b_expr TYPECAST type_name			{ $$ = make_cast(parser, @2.start, $1, $3, CAST_OPERATOR); }
	| '+' b_expr %prec UMINUS			{ $$ = make_operator(parser, @1.start, "+", NULL, $2); }
	| '-' b_expr %prec UMINUS			{ $$ = make_minus(parser, @1.start, $2); }
	| b_expr '+' b_expr					{ $$ = make_operator(parser, @2.start, "+", $1, $3); }
	| b_expr '-' b_expr					{ $$ = make_operator(parser, @2.start, "-", $1, $3); }
	| b_expr '*' b_expr					{ $$ = make_operator(parser, @2.start, "*", $1, $3); }
	| b_expr '/' b_expr					{ $$ = make_operator(parser, @2.start, "/", $1, $3); }
	| b_expr '%' b_expr					{ $$ = make_operator(parser, @2.start, "%", $1, $3); }
	| b_expr '^' b_expr					{ $$ = make_operator(parser, @2.start, "^", $1, $3); }
	| b_expr '<' b_expr					{ $$ = make_operator(parser, @2.start, "<", $1, $3); }
	| b_expr '>' b_expr					{ $$ = make_operator(parser, @2.start, ">", $1, $3); }
	| b_expr '=' b_expr					{ $$ = make_operator(parser, @2.start, "=", $1, $3); }
	| b_expr LESS_EQUALS b_expr			{ $$ = make_operator(parser, @2.start, "<=", $1, $3); }
	| b_expr GREATER_EQUALS b_expr		{ $$ = make_operator(parser, @2.start, ">=", $1, $3); }
	| b_expr NOT_EQUALS b_expr			{ $$ = make_operator(parser, @2.start, "<>", $1, $3); }
	| b_expr named_operator b_expr %prec OP
		{ $$ = make_named_operator(parser, @2.start, $2, $1, $3); }
	| named_operator b_expr %prec OP	{ $$ = make_named_operator(parser, @1.start, $1, NULL, $2); }
	| b_expr "is" "distinct" "from" b_expr %prec "is"
		{ $$ = make_distinct_from(parser, @2.start, $1, $5, false); }
	| b_expr "is" "not" "distinct" "from" b_expr %prec "is"
		{ $$ = make_distinct_from(parser, @2.start, $1, $6, true); }
;

c_expr:
	  column_ref
	| constant
	| PARAM indirection_or_none
		{
			$$ = make_indirection(parser, make_parameter(parser, @1.start, $1), $2);
			CHECKED($$);
		}
	| '(' a_expr ')' indirection_or_none
		{
			$$ = make_indirection(parser, $2, $4);
			CHECKED($$);
		}
	| case_expr
	| function_expr
	| select_with_parens %prec UMINUS
		{ $$ = make_subquery(parser, @1.start, SUBQUERY_SCALAR, $1); }
	| select_with_parens indirection
		{
			$$ = make_indirection(parser, make_subquery(parser, @1.start, SUBQUERY_SCALAR, $1), $2);
			CHECKED($$);
		}
	| "exists" select_with_parens		{ $$ = make_subquery(parser, @1.start, SUBQUERY_EXISTS, $2); }
	| "array" select_with_parens		{ $$ = make_subquery(parser, @1.start, SUBQUERY_ARRAY, $2); }
	| "array" array_items				{ $$ = make_list_expr(parser, SYNTAX_ARRAY, @1.start, $2); }
	| "row" '(' expression_list ')'		{ $$ = make_list_expr(parser, SYNTAX_ROW, @1.start, $3); }
	| "row" '(' ')'						{ $$ = make_list_expr(parser, SYNTAX_ROW, @1.start, (SyntaxList){0}); }
	| '(' expression_list ',' a_expr ')'
		{ $$ = make_list_expr(parser, SYNTAX_ROW, @1.start, list_add(parser, $2, $4)); }
	| "grouping" '(' expression_list ')'	{ $$ = make_list_expr(parser, SYNTAX_GROUPING, @1.start, $3); }
;

%type <list> array_items array_item_list;

array_items:
	  '[' expression_list ']'			{ $$ = $2; }
	| '[' array_item_list ']'			{ $$ = $2; }
	| '[' ']'							{ $$ = (SyntaxList){0}; }
;

/* Inner dimensions of ARRAY[[1, 2], [3, 4]]. */
array_item_list:
	  array_items
		{ $$ = list_one(parser, make_list_expr(parser, SYNTAX_ARRAY, @1.start, $1)); }
	| array_item_list ',' array_items
		{ $$ = list_add(parser, $1, make_list_expr(parser, SYNTAX_ARRAY, @3.start, $3)); }
;

/* ---- names and steps into values ---- */

%type <node> column_ref indirection_step;
%type <list> indirection indirection_or_none;

column_ref:
	  column_id							{ $$ = make_column_ref(parser, @1.start, $1, (SyntaxList){0}); }
	| column_id indirection
		{
			$$ = make_column_ref(parser, @1.start, $1, $2);
			CHECKED($$);
		}
;

indirection_step:
	  '.' attribute_name				{ $$ = N(make_identifier(parser, @2.start, $2)); }
	| '.' '*'							{ $$ = make_star(parser, @2.start); }
	| '[' a_expr ']'					{ $$ = make_subscript(parser, @1.start, false, $2, NULL); }
	| '[' slice_bound ':' slice_bound ']'	{ $$ = make_subscript(parser, @1.start, true, $2, $4); }
;

indirection:
	  indirection_step					{ $$ = list_one(parser, $1); }
	| indirection indirection_step		{ $$ = list_add(parser, $1, $2); }
;

indirection_or_none:
	  %empty							{ $$ = (SyntaxList){0}; }
	| indirection_or_none indirection_step	{ $$ = list_add(parser, $1, $2); }
;

%type <node> slice_bound;

slice_bound:
	  %empty							{ $$ = NULL; }
	| a_expr
;

/* ---- operators as names ---- */

%type <list> named_operator operator_name;
%type <text> any_operator symbol_operator quantified_operator;
%type <boolean> quantifier;

named_operator:
	  OP								{ $$ = list_one(parser, N(make_identifier(parser, @1.start, $1))); }
	| "operator" '(' operator_name ')'	{ $$ = $3; }
;

operator_name:
	  any_operator						{ $$ = list_one(parser, N(make_identifier(parser, @1.start, $1))); }
	| column_id '.' operator_name
		{ $$ = list_join(parser, list_one(parser, N(make_identifier(parser, @1.start, $1))), $3); }
;

any_operator:
	  OP
	| symbol_operator
;

symbol_operator:
	  '+'								{ $$ = "+"; }
	| '-'								{ $$ = "-"; }
	| '*'								{ $$ = "*"; }
	| '/'								{ $$ = "/"; }
	| '%'								{ $$ = "%"; }
	| '^'								{ $$ = "^"; }
	| '<'								{ $$ = "<"; }
	| '>'								{ $$ = ">"; }
	| '='								{ $$ = "="; }
	| LESS_EQUALS						{ $$ = "<="; }
	| GREATER_EQUALS					{ $$ = ">="; }
	| NOT_EQUALS						{ $$ = "<>"; }
;

quantified_operator:
	  any_operator
	| "operator" '(' operator_name ')'	{ $$ = tree_last_name(&$3); }
	| "like"							{ $$ = "~~"; }
	| NOT_LA "like"						{ $$ = "!~~"; }
	| "ilike"							{ $$ = "~~*"; }
	| NOT_LA "ilike"					{ $$ = "!~~*"; }
;

quantifier:
	  "any"								{ $$ = false; }
	| "some"							{ $$ = false; }
	| "all"								{ $$ = true; }
;

/* ---- lists ---- */

%type <list> expression_list;
%type <node> in_operand;

expression_list:
	  a_expr							{ $$ = list_one(parser, $1); }
	| expression_list ',' a_expr		{ $$ = list_add(parser, $1, $3); }
;

in_operand:
	  select_with_parens				{ $$ = make_subquery(parser, @1.start, SUBQUERY_SCALAR, $1); }
	| '(' expression_list ')'			{ $$ = make_list_expr(parser, SYNTAX_ROW, @1.start, $2); }
;

/* ---- CASE ---- */

%type <node> case_expr case_argument case_when case_else;
%type <list> case_when_list;

case_expr:
	"case" case_argument case_when_list case_else "end"
		{ $$ = make_case(parser, @1.start, $2, $3, $4); }
;

case_argument:
	  %empty							{ $$ = NULL; }
	| a_expr
;

case_when_list:
	  case_when							{ $$ = list_one(parser, $1); }
	| case_when_list case_when			{ $$ = list_add(parser, $1, $2); }
;

case_when:
	"when" a_expr "then" a_expr			{ $$ = make_case_when(parser, @1.start, $2, $4); }
;

case_else:
	  %empty							{ $$ = NULL; }
	| "else" a_expr						{ $$ = $2; }
;

/* ---- constants ---- */

%type <node> constant;

constant:
	  ICONST							{ $$ = make_literal(parser, @1.start, LITERAL_INTEGER, $1); }
	| FCONST							{ $$ = make_literal(parser, @1.start, LITERAL_NUMERIC, $1); }
	| SCONST							{ $$ = make_literal(parser, @1.start, LITERAL_STRING, $1); }
	| BCONST							{ $$ = make_literal(parser, @1.start, LITERAL_BITS, $1); }
	| "true"							{ $$ = make_boolean_literal(parser, @1.start, true); }
	| "false"							{ $$ = make_boolean_literal(parser, @1.start, false); }
	| "null"							{ $$ = make_literal(parser, @1.start, LITERAL_NULL, NULL); }
	| function_name SCONST
		{
			$$ = make_function_literal(parser, @1, $1, (SyntaxList){0}, @2, $2);
			CHECKED($$);
		}
	| function_name '(' argument_list optional_order_by ')' SCONST
		{
			if ($4.count > 0)
			{
				(void)parser_error(parser, @4.start, "type modifier cannot have ORDER BY");
				YYABORT;
			}
			$$ = make_function_literal(parser, @1, $1, $3, @6, $6);
			CHECKED($$);
		}
	| constant_type SCONST				{ $$ = make_typed_literal(parser, @1, $1, @2, $2); }
	| interval_type SCONST interval_fields
		{
			$1->fields = $3.fields;
			$1->modifiers = $3.modifiers;
			$$ = make_typed_literal(parser, @1, $1, @2, $2);
		}
	| interval_type '(' ICONST ')' SCONST
		{
			$1->modifiers = list_one(parser, make_literal(parser, @3.start, LITERAL_INTEGER, $3));
			$$ = make_typed_literal(parser, @1, $1, @5, $5);
		}
;
