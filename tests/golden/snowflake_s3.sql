-- A sink on S3: an external stage of its own place, whatever way that is written.
CREATE STREAM clicks (user_id bigint, at timestamp) WITH (connector = 'file', path = 'x', format = 'json');
CREATE SINK raw WITH (location = 's3://lake//raw', s3.region = 'eu-west-1', compression = 'gzip', snowflake_table = 'lake.raw.clicks',
    snowflake_integration = 's3_int') AS SELECT user_id, at FROM clicks;
SHOW SNOWFLAKE DDL FOR SINK raw;
DROP SINK raw;
