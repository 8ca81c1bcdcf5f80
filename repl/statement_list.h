/*
 * statement_list.h: which function executes which statement, the only list of them.
 *
 * STATEMENT(KIND, handler): KIND of parser/node_list.h.
 * PARSED_ONLY(KIND, "name", "hint"): it parses and is refused (0A000); the hint says what to do instead.
 * To add a statement: a line here and its handler in a file statement_<what>.c.
 */
STATEMENT(SELECT, statement_select)
STATEMENT(INSERT, statement_insert)
STATEMENT(CREATE_STREAM, statement_create_relation)
STATEMENT(CREATE_TABLE, statement_create_relation)
STATEMENT(CREATE_VIEW, statement_create_view)
STATEMENT(CREATE_SINK, statement_create_sink)
STATEMENT(DROP, statement_drop)
STATEMENT(SET, statement_set)
STATEMENT(RESET, statement_reset)
STATEMENT(SHOW, statement_show)
STATEMENT(SHOW_CREATE, statement_show_create)
STATEMENT(SHOW_SNOWFLAKE_DDL, statement_show_snowflake_ddl)
STATEMENT(DESCRIBE, statement_describe)
STATEMENT(EXPLAIN, statement_explain)
STATEMENT(RUN, statement_run)
STATEMENT(ALTER_ADD_COLUMN, statement_add_column)
PARSED_ONLY(COPY, "COPY",
			"To load a file into a stream, declare it as a table with connector = 'file' and INSERT INTO the stream "
			"SELECT from it; to write the rows of a query to a file, use weir --csv -o FILE -c 'SELECT …', or \\o.")
PARSED_ONLY(ASSERT_QUERY, "ASSERT QUERY",
			"Run the query with weir --batch --input STREAM=FILE --csv, and compare what it prints with a file.")
