/*
 * node_list.h: every kind of raw syntax tree node, the only list of them.
 *
 * NODE(KIND, Struct): enum SyntaxKind is SYNTAX_<KIND>; a node of that kind is a Struct of tree.h. Kinds that
 * differ in meaning only share a Struct.
 * To add a node: a line here, its struct in tree.h, its text in deparse_*.c.
 */

/* names */
NODE(IDENTIFIER, Identifier)
NODE(QUALIFIED_NAME, QualifiedName)
NODE(TYPE_NAME, TypeName)
NODE(OPTION_ITEM, OptionItem)

/* expressions */
NODE(LITERAL, Literal)
NODE(PARAMETER, Parameter)
NODE(COLUMN_REF, ColumnRef)
NODE(TYPE_CAST, TypeCast)
NODE(OPERATOR, OperatorExpr)
NODE(BOOLEAN, BooleanExpr)
NODE(IS_TEST, IsTestExpr)
NODE(DISTINCT_FROM, DistinctFromExpr)
NODE(BETWEEN, BetweenExpr)
NODE(IN, InExpr)
NODE(LIKE, LikeExpr)
NODE(CASE, CaseExpr)
NODE(CASE_WHEN, CaseWhen)
NODE(COALESCE, ListExpr)
NODE(NULLIF, ListExpr)
NODE(GREATEST, ListExpr)
NODE(LEAST, ListExpr)
NODE(ROW, ListExpr)
NODE(ARRAY, ListExpr)
NODE(GROUPING, ListExpr)
NODE(FUNCTION_CALL, FunctionCall)
NODE(NAMED_ARGUMENT, NamedArgument)
NODE(CURRENT_VALUE, CurrentValue)
NODE(COLLATE, CollateExpr)
NODE(SUBSCRIPT, SubscriptExpr)
NODE(FIELD_SELECT, FieldSelect)
NODE(SUBQUERY, SubqueryExpr)
NODE(QUANTIFIED, QuantifiedExpr)
NODE(SET_TO_DEFAULT, SetToDefault)

/* queries */
NODE(SELECT, SelectStatement)
NODE(CTE, CommonTableExpr)
NODE(TARGET, Target)
NODE(SORT_ITEM, SortItem)
NODE(GROUPING_SET, GroupingSet)
NODE(WINDOW_DEFINITION, WindowDefinition)
NODE(ALIAS, Alias)
NODE(RELATION, Relation)
NODE(RANGE_SUBQUERY, RangeSubquery)
NODE(RANGE_FUNCTION, RangeFunction)
NODE(WINDOW_TABLE, WindowTable)
NODE(TABLE_ARGUMENT, TableArgument)
NODE(JOIN, JoinExpr)

/* parts of definitions */
NODE(COLUMN_DEFINITION, ColumnDefinition)
NODE(WATERMARK, Watermark)

/* statements (SELECT above is one, too) */
NODE(CREATE_STREAM, CreateRelationStatement)
NODE(CREATE_TABLE, CreateRelationStatement)
NODE(CREATE_VIEW, CreateViewStatement)
NODE(CREATE_SINK, CreateSinkStatement)
NODE(INSERT, InsertStatement)
NODE(COPY, CopyStatement)
NODE(RUN, RunStatement)
NODE(EXPLAIN, ExplainStatement)
NODE(SINK_REFERENCE, SinkReference)
NODE(SHOW, ShowStatement)
NODE(SHOW_CREATE, ShowCreateStatement)
NODE(SHOW_SNOWFLAKE_DDL, ShowSnowflakeDdlStatement)
NODE(DESCRIBE, DescribeStatement)
NODE(DROP, DropStatement)
NODE(ALTER_ADD_COLUMN, AlterAddColumnStatement)
NODE(SET, SetStatement)
NODE(RESET, ResetStatement)
NODE(ASSERT_QUERY, AssertQueryStatement)
