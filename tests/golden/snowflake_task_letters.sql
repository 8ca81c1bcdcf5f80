-- A task that loads rows, and what becomes of late rows and dead letters then, in a region of a government.
CREATE STREAM clicks (user_id bigint, at timestamptz, WATERMARK FOR at AS at - INTERVAL '5 seconds')
    WITH (connector = 'file', path = 'x', format = 'json', dead_letter_location = 's3://lake/letters/', s3.region = 'us-gov-east-1');
CREATE SINK minutes WITH (location = 's3://lake/minutes/', s3.region = 'us-gov-east-1', compression = 'gzip', late_location = 's3://lake/letters/',
    snowflake_load = 'copy', snowflake_task_minutes = 1, snowflake_warehouse = 'load_wh', snowflake_table = 'lake.raw.minutes',
    snowflake_late_table = 'lake.raw.minutes_late', snowflake_dead_table = 'lake.raw.minutes_dead', snowflake_integration = 's3_int',
    snowflake_aws_role = 'arn:aws-us-gov:iam::123456789012:role/snowflake', snowflake_external_id = 'weir:lake')
AS SELECT window_start, user_id, count(*) AS n FROM TUMBLE(clicks, at, INTERVAL '1 minute') GROUP BY window_start, user_id;
SHOW SNOWFLAKE DDL;
DROP SINK minutes;
