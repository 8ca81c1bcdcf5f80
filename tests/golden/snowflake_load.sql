-- How Snowflake learns of files: told by REST, or loaded by COPY alone. Two sinks in one script.
CREATE STREAM clicks (user_id bigint, doc jsonb) WITH (connector = 'file', path = 'x', format = 'json');
CREATE SINK told WITH (location = '/lake/told/', format = 'csv', compression = 'zstd', snowflake_table = 'told', snowflake_load = 'rest',
    snowflake_url = 's3gov://bucket/told/', snowflake_integration = 's3_int') AS SELECT * FROM clicks;
CREATE SINK copied WITH (location = '/lake/copied/', format = 'csv', compression = 'gzip', snowflake_table = '"copied"', snowflake_load = 'copy',
    snowflake_url = 's3://bucket/copied/') AS SELECT * FROM clicks;
SHOW SNOWFLAKE DDL;
DROP SINK told;
DROP SINK copied;
