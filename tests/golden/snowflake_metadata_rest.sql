-- The same without JSON, and told by REST.
CREATE STREAM clicks (user_id bigint, name text) WITH (connector = 'file', path = 'x', format = 'json');
CREATE SINK kept WITH (location = 's3://lake/kept/', s3.region = 'eu-west-1', compression = 'gzip', snowflake_table = 'sc.kept', snowflake_metadata = true,
    snowflake_integration = 's3_int', snowflake_load = 'rest') AS SELECT * FROM clicks;
SHOW SNOWFLAKE DDL;
DROP SINK kept;
