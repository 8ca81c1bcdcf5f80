-- A sink whose query was changed after it had written: format, stage and pipe for the folder r2/, and the columns that are new.
\set QUIET on
CREATE STREAM clicks (user_id bigint, name text, day date) WITH (connector = 'file', path = 'clicks.jsonl', format = 'json');
CREATE SINK kept WITH (location = 'kept/', snowflake_table = 'lake.raw.kept', snowflake_url = 's3://lake/kept/', snowflake_integration = 's3_int')
AS SELECT user_id FROM clicks;
RUN UNTIL LATEST;
DROP SINK kept;
CREATE SINK kept WITH (location = 'kept/', snowflake_table = 'lake.raw.kept', snowflake_url = 's3://lake/kept/', snowflake_integration = 's3_int',
    compression = 'zstd') AS SELECT user_id, name AS "Name", day FROM clicks;
SHOW SNOWFLAKE DDL;
DROP SINK kept;
