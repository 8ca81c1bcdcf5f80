-- The storage integration is made, too: two sinks share it; with the trust that AWS must be told of, and a role by name.
CREATE STREAM clicks (user_id bigint, at timestamp) WITH (connector = 'file', path = 'x', format = 'json');
CREATE SINK one WITH (location = 's3://lake/one/', s3.region = 'eu-west-1', compression = 'gzip', snowflake_table = 'lake.raw.one',
    snowflake_integration = 's3_int', snowflake_aws_role = 'arn:aws:iam::123456789012:role/snowflake', snowflake_external_id = 'weir-1',
    snowflake_role = 'loader') AS SELECT user_id, at FROM clicks;
CREATE SINK two WITH (location = 's3://lake/two/', s3.region = 'eu-west-1', compression = 'gzip', snowflake_table = 'lake.raw.two',
    snowflake_integration = 'S3_INT', snowflake_role = 'loader') AS SELECT user_id, at FROM clicks WHERE user_id > 0;
SHOW SNOWFLAKE DDL;
DROP SINK one;
DROP SINK two;
