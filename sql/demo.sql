-- demo.sql: Weir's main job on embedded defaults: no broker, no cloud, nothing to set up.
--
-- A generator makes raw click events, some of them late, malformed or full of NULLs; they are produced to an embedded
-- Kafka broker, read back, cleaned, enriched and aggregated; two sinks write CSV into directories.
-- Variables: campaigns (the CSV file of the reference table), raw_location and minutes_location (directories).
-- "make demo" runs it in a fresh temporary directory (tests/demo.sh).

\echo == the raw events of a web shop: 40,000 messages in 4 partitions of an embedded broker

CREATE TABLE shop (raw text) WITH (
    connector = 'generator', format = 'raw',
    rows = 40000, seed = 2026, start_time = '2026-11-22 10:00:00+00', time_step = '50 ms', disorder = '2 s',
    late_ratio = 0.002, late_by = '10 min', malformed_ratio = 0.001, null_ratio = 0.01,
    column.event_id    = 'uuid()',
    column.user_id     = 'null(0.02, zipf(5000))',
    column.campaign_id = 'prefix("campaign-", uniform(1, 9))',
    column.event_type  = 'choice(view:80, click:15, purchase:5)',
    column.amount      = 'uniform(0.99, 499.99)',
    column.geo         = 'object(country: choice(de:5, fr:3, us:8), city: choice(Berlin, Lyon, "New York"))',
    column.event_time  = 'time()'
);

CREATE STREAM shop_feed (raw text)
    WITH (connector = 'embedded', topic = 'clicks', partitions = 4, format = 'raw');

INSERT INTO shop_feed SELECT raw FROM shop;

\echo == the job

-- a cut, and with it a new watermark, every 2,000 messages of each partition
SET commit_rows = 2000;

CREATE STREAM clicks (
    event_id    uuid,
    user_id     bigint,
    campaign_id text,
    event_type  text,
    amount      numeric(12,2),
    geo         jsonb,
    event_time  timestamptz NOT NULL,
    WATERMARK FOR event_time AS event_time - INTERVAL '5 seconds'
) WITH (connector = 'embedded', topic = 'clicks', format = 'json');

CREATE TABLE campaigns (campaign_id text PRIMARY KEY, name text, advertiser text)
    WITH (connector = 'file', path = :'campaigns', format = 'csv', header = true);

-- the raw lake: every cleaned click, as it came
CREATE SINK clicks_raw
    WITH (location = :'raw_location', format = 'csv', compression = 'gzip',
          partition_by = 'geo->>''country'' AS country')
AS SELECT event_id, user_id, campaign_id, event_type, amount, geo, event_time
   FROM clicks WHERE user_id IS NOT NULL;

-- the transformed lake, loaded into Snowflake
CREATE SINK campaign_minutes
    WITH (location = :'minutes_location', format = 'csv', compression = 'gzip',
          snowflake_table = 'ANALYTICS.PUBLIC.CAMPAIGN_MINUTES')
AS SELECT window_start, window_end, c.name AS campaign, c.advertiser, count(*) AS views,
          count(DISTINCT user_id) AS users,
          (sum(amount) FILTER (WHERE event_type = 'purchase'))::numeric(14,2) AS revenue
   FROM TUMBLE(clicks, event_time, INTERVAL '1 minute') k
   JOIN campaigns c USING (campaign_id)
   GROUP BY window_start, window_end, c.name, c.advertiser
   HAVING count(*) > 1;

\echo == the Snowflake statements that load it

SHOW SNOWFLAKE DDL;

\echo == running both sinks to the end of the topic
