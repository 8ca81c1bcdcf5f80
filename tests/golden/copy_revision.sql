-- The same loaded by COPY, with the columns of file and row, which are new, too, and a view that is replaced.
\set QUIET on
CREATE STREAM clicks (user_id bigint, name text) WITH (connector = 'file', path = 'clicks.jsonl', format = 'json');
CREATE SINK kept WITH (location = 'kept/', snowflake_table = 'lake.raw.kept', snowflake_url = 's3://lake/kept/', snowflake_load = 'copy',
    snowflake_integration = 's3_int', snowflake_warehouse = 'wh', partition_by = 'user_id') AS SELECT user_id FROM clicks;
RUN UNTIL LATEST;
DROP SINK kept;
CREATE SINK kept WITH (location = 'kept/', snowflake_table = 'lake.raw.kept', snowflake_url = 's3://lake/kept/', snowflake_load = 'copy',
    snowflake_integration = 's3_int', snowflake_warehouse = 'wh', snowflake_metadata = true) AS SELECT user_id, name FROM clicks;
SHOW SNOWFLAKE DDL;
DROP SINK kept;
