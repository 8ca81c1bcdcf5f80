-- The same without a warehouse, with file and row, in folders.
CREATE STREAM clicks (user_id bigint, day date) WITH (connector = 'file', path = 'x', format = 'json');
CREATE SINK copied WITH (location = 's3://lake/a.b+c/', s3.region = 'eu-west-1', partition_by = 'day', snowflake_table = '"Db"."Sc"."Copied"',
    snowflake_integration = 's3_int', snowflake_load = 'copy', snowflake_task_minutes = 11520, snowflake_metadata = true) AS SELECT * FROM clicks;
SHOW SNOWFLAKE DDL;
DROP SINK copied;
