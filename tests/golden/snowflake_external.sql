-- The directory will be copied to S3: an external stage with its integration, a pipe that S3 tells of files.
CREATE STREAM clicks (user_id bigint, at timestamp) WITH (connector = 'file', path = 'x', format = 'json');
CREATE SINK raw WITH (location = '/lake/raw', format = 'csv', compression = 'gzip', snowflake_table = 'lake.raw.clicks',
    snowflake_url = 's3://bucket/it''s here', snowflake_integration = 's3_int') AS SELECT user_id, at FROM clicks;
SHOW SNOWFLAKE DDL FOR SINK raw;
DROP SINK raw;
