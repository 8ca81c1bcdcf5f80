-- Late rows and dead letters in directories, loaded by COPY.
CREATE STREAM clicks (user_id bigint, at timestamptz, WATERMARK FOR at AS at - INTERVAL '5 seconds')
    WITH (connector = 'file', path = 'x', format = 'json', dead_letter_location = '/lake/letters');
CREATE SINK minutes WITH (location = '/lake/minutes/', compression = 'zstd', late_location = '/lake/letters/', snowflake_load = 'copy',
    snowflake_table = 'minutes', snowflake_late_table = 'late', snowflake_dead_table = 'dead')
AS SELECT window_start, user_id, count(*) AS n FROM TUMBLE(clicks, at, INTERVAL '1 minute') GROUP BY window_start, user_id;
SHOW SNOWFLAKE DDL;
DROP SINK minutes;
