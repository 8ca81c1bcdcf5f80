-- Folders: PUT takes one at a time. And a job's sinks without a table are not mentioned.
CREATE STREAM clicks (user_id bigint, country text, at date) WITH (connector = 'file', path = 'x', format = 'json');
CREATE SINK raw WITH (location = 'file:///lake/raw/', format = 'csv', compression = 'gzip', partition_by = 'country, at AS day',
    snowflake_table = 'clicks') AS SELECT * FROM clicks;
CREATE SINK quiet WITH (location = '/lake/quiet/', format = 'csv') AS SELECT user_id, at FROM clicks;
SHOW SNOWFLAKE DDL;
DROP SINK raw;
DROP SINK quiet;
