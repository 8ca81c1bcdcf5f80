/*
 * node_list.h: every kind of raw syntax tree node, the only list of them.
 *
 * NODE(KIND, Struct, children): enum SyntaxKind is SYNTAX_<KIND>; a node of that kind is a Struct of tree.h. Kinds
 * that differ in meaning only share a Struct. The children are the members that hold nodes, in the order of the
 * text: CHILD(member) a pointer, CHILDREN(member) a SyntaxList.
 * To add a node: a line here, its struct in tree.h.
 */

/* names */
NODE(IDENTIFIER, Identifier, )
NODE(QUALIFIED_NAME, QualifiedName, CHILDREN(parts))
NODE(TYPE_NAME, TypeName, CHILDREN(names) CHILDREN(modifiers) CHILDREN(array_bounds))
NODE(OPTION_ITEM, OptionItem, )

/* expressions */
NODE(LITERAL, Literal, )
NODE(PARAMETER, Parameter, )
NODE(COLUMN_REF, ColumnRef, CHILDREN(parts))
NODE(TYPE_CAST, TypeCast, CHILD(operand) CHILD(type))
NODE(OPERATOR, OperatorExpr, CHILD(left) CHILD(right))
NODE(BOOLEAN, BooleanExpr, CHILDREN(operands))
NODE(IS_TEST, IsTestExpr, CHILD(operand))
NODE(DISTINCT_FROM, DistinctFromExpr, CHILD(left) CHILD(right))
NODE(BETWEEN, BetweenExpr, CHILD(operand) CHILD(low) CHILD(high))
NODE(IN, InExpr, CHILD(operand) CHILDREN(items) CHILD(query))
NODE(LIKE, LikeExpr, CHILD(operand) CHILD(pattern) CHILD(escape))
NODE(CASE, CaseExpr, CHILD(argument) CHILDREN(whens) CHILD(otherwise))
NODE(CASE_WHEN, CaseWhen, CHILD(condition) CHILD(result))
NODE(COALESCE, ListExpr, CHILDREN(items))
NODE(NULLIF, ListExpr, CHILDREN(items))
NODE(GREATEST, ListExpr, CHILDREN(items))
NODE(LEAST, ListExpr, CHILDREN(items))
NODE(ROW, ListExpr, CHILDREN(items))
NODE(ARRAY, ListExpr, CHILDREN(items))
NODE(GROUPING, ListExpr, CHILDREN(items))
NODE(FUNCTION_CALL, FunctionCall, CHILDREN(name) CHILDREN(arguments) CHILDREN(order_by) CHILD(filter) CHILD(over))
NODE(NAMED_ARGUMENT, NamedArgument, CHILD(value))
NODE(CURRENT_VALUE, CurrentValue, )
NODE(COLLATE, CollateExpr, CHILD(operand) CHILDREN(collation))
NODE(SUBSCRIPT, SubscriptExpr, CHILD(operand) CHILD(lower) CHILD(upper))
NODE(FIELD_SELECT, FieldSelect, CHILD(operand) CHILD(field))
NODE(SUBQUERY, SubqueryExpr, CHILD(query))
NODE(QUANTIFIED, QuantifiedExpr, CHILD(operand) CHILD(array) CHILD(query))
NODE(SET_TO_DEFAULT, SetToDefault, )

/* queries */
NODE(SELECT, SelectStatement,
	 CHILDREN(with) CHILD(left) CHILD(right) CHILDREN(values) CHILDREN(distinct_on) CHILDREN(targets) CHILDREN(from)
		 CHILD(where) CHILDREN(group_by) CHILD(having) CHILDREN(windows) CHILDREN(order_by) CHILD(limit) CHILD(offset))
NODE(CTE, CommonTableExpr, CHILDREN(columns) CHILD(query))
NODE(TARGET, Target, CHILD(value))
NODE(SORT_ITEM, SortItem, CHILD(value))
NODE(GROUPING_SET, GroupingSet, CHILDREN(items))
NODE(WINDOW_DEFINITION, WindowDefinition,
	 CHILDREN(partition_by) CHILDREN(order_by) CHILD(start.offset) CHILD(end.offset))
NODE(ALIAS, Alias, CHILDREN(columns) CHILDREN(definitions))
NODE(RELATION, Relation, CHILD(name) CHILD(alias))
NODE(RANGE_SUBQUERY, RangeSubquery, CHILD(query) CHILD(alias))
NODE(RANGE_FUNCTION, RangeFunction, CHILD(function) CHILD(alias))
NODE(WINDOW_TABLE, WindowTable,
	 CHILD(input) CHILD(time) CHILDREN(arguments) CHILDREN(partition_by) CHILD(alias))
NODE(TABLE_ARGUMENT, TableArgument, CHILD(name) CHILDREN(partition_by))
NODE(JOIN, JoinExpr,
	 CHILD(left) CHILD(right) CHILDREN(using_columns) CHILD(using_alias) CHILD(on) CHILD(alias))

/* parts of definitions */
NODE(COLUMN_DEFINITION, ColumnDefinition,
	 CHILD(type) CHILDREN(collation) CHILD(default_value) CHILD(generated) CHILDREN(options))
NODE(WATERMARK, Watermark, CHILD(column) CHILD(expression))

/* statements (SELECT above is one, too) */
NODE(CREATE_STREAM, CreateRelationStatement,
	 CHILD(name) CHILDREN(columns) CHILD(watermark) CHILDREN(primary_key) CHILDREN(options))
NODE(CREATE_TABLE, CreateRelationStatement,
	 CHILD(name) CHILDREN(columns) CHILD(watermark) CHILDREN(primary_key) CHILDREN(options))
NODE(CREATE_VIEW, CreateViewStatement, CHILD(name) CHILDREN(columns) CHILD(query))
NODE(CREATE_SINK, CreateSinkStatement, CHILD(name) CHILD(from) CHILDREN(options) CHILD(query))
NODE(INSERT, InsertStatement, CHILD(name) CHILDREN(columns) CHILD(query))
NODE(COPY, CopyStatement, CHILD(name) CHILDREN(columns) CHILD(query) CHILDREN(options))
NODE(RUN, RunStatement, CHILD(expression))
NODE(EXPLAIN, ExplainStatement, CHILDREN(options) CHILD(statement))
NODE(SINK_REFERENCE, SinkReference, CHILD(name))
NODE(SHOW, ShowStatement, )
NODE(SHOW_CREATE, ShowCreateStatement, CHILD(name))
NODE(SHOW_SNOWFLAKE_DDL, ShowSnowflakeDdlStatement, CHILD(sink))
NODE(DESCRIBE, DescribeStatement, CHILD(name))
NODE(DROP, DropStatement, CHILDREN(names))
NODE(ALTER_ADD_COLUMN, AlterAddColumnStatement, CHILD(name) CHILD(column))
NODE(SET, SetStatement, CHILDREN(values))
NODE(RESET, ResetStatement, )
NODE(ASSERT_QUERY, AssertQueryStatement, CHILD(query) CHILD(expected))
