/*
 * statement_help_list.h: the statements as \h shows them, the only list of them.
 *
 * STATEMENT_HELP("NAME", TOPIC, "description", "syntax"): TOPIC is whose options are printed below the syntax:
 * RELATION (streams and tables), SINK, SETTINGS, SHOWN (what SHOW knows), or NONE. In the order of names.
 */
STATEMENT_HELP("ALTER STREAM", NONE, "add a column to a stream or table",
			   "ALTER { STREAM | TABLE } [ IF EXISTS ] name ADD [ COLUMN ] [ IF NOT EXISTS ] column_name type [ ... ]")
STATEMENT_HELP("CREATE SINK", SINK, "declare where the rows of a query are written",
			   "CREATE [ OR REPLACE ] SINK [ IF NOT EXISTS ] name\n"
			   "    WITH ( option = value [, ...] )\n"
			   "    AS query\n"
			   "CREATE [ OR REPLACE ] SINK [ IF NOT EXISTS ] name FROM view WITH ( option = value [, ...] )")
STATEMENT_HELP("CREATE STREAM", RELATION, "declare a stream of messages",
			   "CREATE [ OR REPLACE ] STREAM [ IF NOT EXISTS ] name (\n"
			   "    column_name type [ NOT NULL ] [ DEFAULT expression ]\n"
			   "        [ GENERATED ALWAYS AS ( expression ) STORED ]\n"
			   "        [ OPTIONS ( path '$.a.b[0]' ) ]\n"
			   "        [ METADATA FROM { 'key' | 'topic' | 'partition' | 'offset' | 'timestamp' | 'headers' } ]\n"
			   "    [, ... ]\n"
			   "    [, WATERMARK FOR column_name AS expression ]\n"
			   ") WITH ( option = value [, ...] )")
STATEMENT_HELP("CREATE TABLE", RELATION, "declare bounded reference data",
			   "CREATE [ OR REPLACE ] TABLE [ IF NOT EXISTS ] name (\n"
			   "    column_name type [ NOT NULL ] [ PRIMARY KEY ] [ DEFAULT expression ]\n"
			   "    [, ... ]\n"
			   "    [, PRIMARY KEY ( column_name [, ...] ) ]\n"
			   ") WITH ( option = value [, ...] )")
STATEMENT_HELP("CREATE VIEW", NONE, "give a query a name",
			   "CREATE [ OR REPLACE ] VIEW [ IF NOT EXISTS ] name [ ( column_name [, ...] ) ] AS query")
STATEMENT_HELP("DESCRIBE", NONE, "show the columns of a stream, table, view or sink", "DESCRIBE name")
STATEMENT_HELP("DROP", NONE, "remove a declaration",
			   "DROP { STREAM | TABLE | VIEW | SINK } [ IF EXISTS ] name [, ...] [ CASCADE | RESTRICT ]")
STATEMENT_HELP("EXPLAIN", NONE, "show how a statement runs",
			   "EXPLAIN [ ( { VERBOSE | COSTS | FORMAT TEXT } [, ...] ) ] { query | INSERT ... | CREATE SINK ... | SINK name }")
STATEMENT_HELP("INSERT", NONE, "produce rows into a stream",
			   "INSERT INTO stream [ ( column_name [, ...] ) ] { VALUES ( expression [, ...] ) [, ...] | query }")
STATEMENT_HELP("RESET", SETTINGS, "give a setting its default", "RESET { name | ALL }")
STATEMENT_HELP("RUN", NONE, "run the sinks of the session; Ctrl-C drains",
			   "RUN [ UNTIL LATEST | UNTIL timestamp | FOR interval ]")
STATEMENT_HELP("SELECT", NONE, "retrieve rows from tables, or live from streams",
			   "[ WITH name AS ( query ) [, ...] ]\n"
			   "SELECT [ ALL | DISTINCT [ ON ( expression [, ...] ) ] ] { * | expression [ [ AS ] name ] } [, ...]\n"
			   "    [ FROM from_item [, ...] ]\n"
			   "    [ WHERE condition ]\n"
			   "    [ GROUP BY expression [, ...] ]\n"
			   "    [ HAVING condition ]\n"
			   "    [ UNION ALL query ]\n"
			   "    [ ORDER BY expression [ ASC | DESC ] [ NULLS { FIRST | LAST } ] [, ...] ]\n"
			   "    [ LIMIT count ] [ OFFSET start ]\n\n"
			   "where from_item can be one of:\n\n"
			   "    name [ [ AS ] alias ]\n"
			   "    ( query ) [ AS ] alias\n"
			   "    TUMBLE ( stream, time_column, size [, offset] ) [ [ AS ] alias ]\n"
			   "    from_item [ LEFT ] JOIN from_item { ON condition | USING ( column_name [, ...] ) }")
STATEMENT_HELP("SET", SETTINGS, "change a setting", "SET name { TO | = } { value | DEFAULT }")
STATEMENT_HELP("SHOW", SHOWN, "show a setting or what there is",
			   "SHOW name\n"
			   "SHOW CREATE [ STREAM | TABLE | VIEW | SINK ] name\n"
			   "SHOW SNOWFLAKE DDL [ FOR SINK name ]")
STATEMENT_HELP("VALUES", NONE, "compute rows",
			   "VALUES ( expression [, ...] ) [, ...] [ ORDER BY ... ] [ LIMIT count ]")
