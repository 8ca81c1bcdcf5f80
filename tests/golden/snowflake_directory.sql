-- A sink that writes to a directory: an internal stage, its PUT in a comment, a pipe that is told of files by hand.
CREATE STREAM clicks (user_id bigint, at timestamptz) WITH (connector = 'file', path = 'x', format = 'json');
CREATE SINK raw WITH (location = '/lake/raw/', format = 'csv', snowflake_table = 'clicks') AS SELECT user_id, at FROM clicks;
SHOW SNOWFLAKE DDL;
DROP SINK raw;
