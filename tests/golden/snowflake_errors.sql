\set VERBOSITY verbose
-- What Snowflake would not take, or would take for something else, is refused when the sink is declared.
CREATE STREAM s (a integer, "A" integer) WITH (connector = 'file', path = 'x', format = 'json');
SHOW SNOWFLAKE DDL;
CREATE SINK k WITH (location = '/lake/k/', format = 'csv', snowflake_table = 'a b') AS SELECT a FROM s;
CREATE SINK k WITH (location = '/lake/k/', format = 'csv', snowflake_table = '') AS SELECT a FROM s;
CREATE SINK k WITH (location = '/lake/k/', format = 'csv', snowflake_table = 'a..b') AS SELECT a FROM s;
CREATE SINK k WITH (location = '/lake/k/', format = 'csv', snowflake_table = 'a.b.c.d') AS SELECT a FROM s;
CREATE SINK k WITH (location = '/lake/k/', format = 'csv', snowflake_table = '"a') AS SELECT a FROM s;
CREATE SINK k WITH (location = '/lake/k/', format = 'csv', snowflake_table = '"a"b') AS SELECT a FROM s;
CREATE SINK k WITH (location = '/lake/k/', format = 'csv', snowflake_table = E'"a\nb"') AS SELECT a FROM s;
CREATE SINK k WITH (location = '/lake/k/', format = 'csv', snowflake_table = '1a') AS SELECT a FROM s;
CREATE SINK k WITH (location = '/lake/k/', format = 'csv', snowflake_table = 't', snowflake_integration = 'a.b') AS SELECT a FROM s;
CREATE SINK k WITH (location = '/lake/k/', format = 'csv', snowflake_table = 't', snowflake_url = 'bucket/path') AS SELECT a FROM s;
CREATE SINK k WITH (location = '/lake/k/', format = 'csv', snowflake_table = 't', snowflake_url = 's3:///path') AS SELECT a FROM s;
CREATE SINK k WITH (location = '/lake/k/', format = 'csv', snowflake_url = 's3://bucket/') AS SELECT a FROM s;
CREATE SINK k WITH (location = '/lake/k/', format = 'csv', snowflake_integration = 'i') AS SELECT a FROM s;
CREATE SINK k WITH (location = '/lake/k/', format = 'csv', snowflake_table = 't') AS SELECT a, "A" FROM s;
CREATE SINK k WITH (location = '/lake/k/', format = 'csv') AS SELECT a, "A" FROM s;
SHOW SNOWFLAKE DDL;
SHOW SNOWFLAKE DDL FOR SINK k;
SHOW SNOWFLAKE DDL FOR SINK nothing;
CREATE SINK one WITH (location = '/lake/one/', format = 'csv', snowflake_table = 'db.t') AS SELECT a FROM s;
CREATE SINK two WITH (location = '/lake/two/', format = 'csv', snowflake_table = '"DB"."T"') AS SELECT a FROM s;
SHOW SNOWFLAKE DDL;
DROP SINK k;
DROP SINK one;
DROP SINK two;
