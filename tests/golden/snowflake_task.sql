-- Loaded by COPY, by a task with a warehouse.
CREATE STREAM clicks (user_id bigint, name text) WITH (connector = 'file', path = 'x', format = 'json');
CREATE SINK copied WITH (location = 's3://lake/r2/', s3.region = 'eu-west-1', compression = 'gzip', snowflake_table = 'db.sc.copied',
    snowflake_integration = 's3_int', snowflake_load = 'copy', snowflake_task_minutes = 5, snowflake_warehouse = 'load_wh') AS SELECT * FROM clicks;
SHOW SNOWFLAKE DDL;
DROP SINK copied;
