-- The rows of windows, with what aggregates make of types.
CREATE STREAM k (user_id bigint, amount numeric(12,2), score double precision, at timestamp, WATERMARK FOR at AS at)
    WITH (connector = 'file', path = 'x', format = 'json');
CREATE SINK windows WITH (location = 's3://lake/windows/', s3.region = 'eu-west-1', compression = 'zstd', snowflake_table = 'marts.windows',
    snowflake_integration = 'i')
AS SELECT window_start, window_end, user_id, count(*) AS n, sum(amount) AS total, avg(score) AS mean, max(score) AS best,
          sum(amount)::numeric(20,2) AS exact FROM TUMBLE(k, at, INTERVAL '1 hour') GROUP BY window_start, window_end, user_id;
SHOW SNOWFLAKE DDL;
DROP SINK windows;
