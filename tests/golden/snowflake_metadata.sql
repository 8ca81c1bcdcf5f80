-- File and row of each row, and the view that uses them.
CREATE STREAM clicks (user_id bigint, doc jsonb) WITH (connector = 'file', path = 'x', format = 'json');
CREATE SINK kept WITH (location = 's3://lake/kept/', s3.region = 'eu-west-1', snowflake_table = 'lake.raw.kept', snowflake_metadata = true,
    snowflake_integration = 's3_int') AS SELECT * FROM clicks;
SHOW SNOWFLAKE DDL;
DROP SINK kept;
