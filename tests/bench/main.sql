-- The main job over the stream of the benchmarks: a raw lake by day, and minutes by campaign, both compressed.
CREATE TABLE campaigns (campaign_id text PRIMARY KEY, name text, advertiser text)
    WITH (connector = 'file', path = :'campaigns', format = 'csv', header = true);

CREATE SINK raw_events
    WITH (location = :'raw_location', format = 'csv', compression = 'gzip',
          partition_by = 'to_char(event_time, ''YYYY-MM-DD'') AS day')
AS SELECT event_id, user_id, campaign_id, event_type, amount, country, event_time FROM events WHERE user_id IS NOT NULL;

CREATE SINK campaign_minutes
    WITH (location = :'location', format = 'csv', compression = 'gzip')
AS SELECT window_start, window_end, c.name AS campaign, count(*) AS views, count(DISTINCT user_id) AS users,
          sum(amount) FILTER (WHERE event_type = 'purchase') AS revenue
   FROM TUMBLE(events, event_time, INTERVAL '1 minute') k
   JOIN campaigns c USING (campaign_id)
   GROUP BY window_start, window_end, c.name
   HAVING count(*) > 1;
