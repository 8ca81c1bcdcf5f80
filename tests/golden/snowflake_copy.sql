-- What the job itself loads by COPY is a comment; late rows are loaded likewise.
CREATE STREAM clicks (user_id bigint, at timestamptz, WATERMARK FOR at AS at - INTERVAL '5 seconds')
    WITH (connector = 'file', path = 'x', format = 'json');
CREATE SINK minutes WITH (location = 's3://lake/minutes/', s3.region = 'eu-west-1', compression = 'gzip', late_location = 's3://lake/letters/',
    snowflake_table = 'lake.raw.minutes', snowflake_late_table = 'lake.raw.minutes_late', snowflake_load = 'copy', snowflake_integration = 's3_int')
AS SELECT window_start, user_id, count(*) AS n FROM TUMBLE(clicks, at, INTERVAL '1 minute') GROUP BY window_start, user_id;
SHOW SNOWFLAKE DDL;
DROP SINK minutes;
