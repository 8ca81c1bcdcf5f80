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
CREATE SINK k WITH (location = '/lake/k/', format = 'csv', snowflake_table = 't', snowflake_role = 'a.b') AS SELECT a FROM s;
CREATE SINK k WITH (location = '/lake/k/', format = 'csv', snowflake_table = 't', snowflake_warehouse = '1') AS SELECT a FROM s;
CREATE SINK k WITH (location = '/lake/k/', format = 'csv', snowflake_table = 't', snowflake_late_table = 'l') AS SELECT a FROM s;
CREATE SINK k WITH (location = '/lake/k/', format = 'csv', snowflake_table = 't', snowflake_dead_table = 'd') AS SELECT a FROM s;
CREATE SINK k WITH (location = '/lake/k/', format = 'csv', snowflake_table = 't', snowflake_dead_table = 'a b', late_location = '/lake/l/') AS SELECT a FROM s;
CREATE SINK k WITH (location = '/lake/k/', format = 'csv', snowflake_table = 't', snowflake_aws_role = 'arn:aws:iam::123456789012:role/r') AS SELECT a FROM s;
CREATE SINK k WITH (location = '/lake/k/', format = 'csv', snowflake_table = 't', snowflake_integration = 'i', snowflake_external_id = 'x1') AS SELECT a FROM s;
CREATE SINK k WITH (location = '/lake/k/', format = 'csv', snowflake_table = 't', snowflake_integration = 'i', snowflake_aws_role = 'arn:aws:iam::12:role/r') AS SELECT a FROM s;
CREATE SINK k WITH (location = '/lake/k/', format = 'csv', snowflake_table = 't', snowflake_integration = 'i', snowflake_aws_role = 'arn:aws:iam::123456789012:role/r', snowflake_external_id = 'a b') AS SELECT a FROM s;
CREATE SINK k WITH (location = '/lake/k/', format = 'csv', snowflake_table = 't', snowflake_task_minutes = 5) AS SELECT a FROM s;
CREATE SINK k WITH (location = '/lake/k/', format = 'csv', snowflake_table = 't', snowflake_load = 'copy', snowflake_task_minutes = 0) AS SELECT a FROM s;
CREATE SINK k WITH (location = '/lake/k/', format = 'csv', snowflake_table = 't', snowflake_metadata = true) AS SELECT a AS weir_row FROM s;
CREATE SINK k WITH (location = '/lake/k/', format = 'csv', snowflake_metadata = true) AS SELECT a FROM s;
CREATE SINK k WITH (location = '/lake/k/', format = 'csv') AS SELECT a, "A" FROM s;
SHOW SNOWFLAKE DDL;
SHOW SNOWFLAKE DDL FOR SINK k;
SHOW SNOWFLAKE DDL FOR SINK nothing;
CREATE SINK one WITH (location = '/lake/one/', format = 'csv', snowflake_table = 'db.t') AS SELECT a FROM s;
CREATE SINK two WITH (location = '/lake/two/', format = 'csv', snowflake_table = '"DB"."T"') AS SELECT a FROM s;
SHOW SNOWFLAKE DDL;
CREATE SINK late WITH (location = '/lake/late/', late_location = '/lake/letters/', snowflake_table = 'u', snowflake_late_table = 'U')
AS SELECT a FROM s;
SHOW SNOWFLAKE DDL FOR SINK late;
DROP SINK late;
CREATE SINK ours WITH (location = '/lake/ours/', snowflake_url = 's3://b/1/', snowflake_table = 'v', snowflake_integration = 'i',
    snowflake_aws_role = 'arn:aws:iam::123456789012:role/r') AS SELECT a FROM s;
CREATE SINK theirs WITH (location = '/lake/theirs/', snowflake_url = 's3://b/2/', snowflake_table = 'w', snowflake_integration = 'I',
    snowflake_aws_role = 'arn:aws:iam::123456789012:role/other') AS SELECT a FROM s;
DROP SINK one;
DROP SINK two;
SHOW SNOWFLAKE DDL;
DROP SINK ours;
DROP SINK theirs;
DROP SINK k;
