-- Told by REST: the rows, the late rows and the dead letters, in a bucket of two integrations.
CREATE STREAM clicks (user_id bigint, at timestamptz, WATERMARK FOR at AS at - INTERVAL '5 seconds')
    WITH (connector = 'file', path = 'x', format = 'json', dead_letter_location = 's3://lake/letters/', s3.region = 'eu-west-1');
CREATE SINK minutes WITH (location = 's3://lake/minutes/', s3.region = 'eu-west-1', compression = 'gzip', late_location = 's3://lake/letters/',
    snowflake_load = 'rest', snowflake_table = 'lake.raw.minutes', snowflake_late_table = 'lake.raw.minutes_late',
    snowflake_dead_table = 'lake.raw.minutes_dead', snowflake_integration = 's3_int', snowflake_warehouse = 'load_wh')
AS SELECT window_start, user_id, count(*) AS n FROM TUMBLE(clicks, at, INTERVAL '1 minute') GROUP BY window_start, user_id;
SHOW SNOWFLAKE DDL;
DROP SINK minutes;
