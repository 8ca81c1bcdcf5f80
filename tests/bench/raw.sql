-- The raw lake beside the windowed one, both compressed, from one scan.
CREATE SINK raw_events
    WITH (location = :'raw_location', format = 'csv', compression = 'gzip')
AS SELECT event_id, user_id, campaign_id, event_type, amount, country, event_time FROM events;

CREATE SINK per_campaign
    WITH (location = :'location', format = 'csv', compression = 'gzip')
AS SELECT window_start, campaign_id, count(*) AS views, sum(amount) AS amount
   FROM TUMBLE(events, event_time, INTERVAL '10 seconds')
   WHERE event_type = 'view'
   GROUP BY window_start, window_end, campaign_id;
