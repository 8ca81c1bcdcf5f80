-- Buckets in China: one that is copied to, whose integration Snowflake gives the external id; one that the job writes to.
CREATE STREAM clicks (user_id bigint) WITH (connector = 'file', path = 'x', format = 'json');
CREATE SINK far WITH (location = '/lake/far/', format = 'csv', compression = 'zstd', snowflake_table = 'far', snowflake_url = 's3china://lake/far',
    snowflake_integration = 'i', snowflake_aws_role = 'arn:aws-cn:iam::123456789012:role/path/r') AS SELECT user_id FROM clicks;
CREATE SINK near WITH (location = 's3://lake/near/', s3.region = 'cn-north-1', snowflake_table = 'near', snowflake_load = 'rest') AS SELECT user_id FROM clicks;
SHOW SNOWFLAKE DDL;
DROP SINK far;
DROP SINK near;
