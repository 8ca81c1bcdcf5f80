-- Two sinks with roles, warehouses and integrations of their own; they share the dead letters of their stream, and the bucket.
CREATE STREAM clicks (user_id bigint, name text) WITH (connector = 'file', path = 'x', format = 'json',
    dead_letter_location = 's3://lake/letters/', s3.region = 'eu-west-1');
CREATE SINK one WITH (location = 's3://lake/one/', s3.region = 'eu-west-1', snowflake_table = 'a.x.one', snowflake_dead_table = 'a.x.dead',
    snowflake_integration = 'first', snowflake_aws_role = 'arn:aws:iam::123456789012:role/first', snowflake_role = 'reader', snowflake_warehouse = 'small')
AS SELECT user_id FROM clicks;
CREATE SINK two WITH (location = 's3://other/two/', s3.region = 'eu-west-1', snowflake_table = 'b.y.two', snowflake_dead_table = 'b.y.dead',
    snowflake_integration = 'first', snowflake_role = 'writer', snowflake_load = 'rest') AS SELECT name FROM clicks;
CREATE SINK three WITH (location = 's3://lake/three/', s3.region = 'eu-west-1', compression = 'zstd', snowflake_table = 'b.y.three',
    snowflake_integration = 'second', snowflake_role = 'writer', snowflake_load = 'copy', snowflake_warehouse = 'large') AS SELECT * FROM clicks;
SHOW SNOWFLAKE DDL;
DROP SINK one;
DROP SINK two;
DROP SINK three;
