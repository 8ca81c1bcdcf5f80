-- One filter, a 10 s tumbling count and an exact sum by 1,000 campaigns: one result row for about ten events.
CREATE SINK per_campaign
    WITH (location = :'location', format = 'csv', compression = 'none')
AS SELECT window_start, campaign_id, count(*) AS views, sum(amount) AS amount
   FROM TUMBLE(events, event_time, INTERVAL '10 seconds')
   WHERE event_type = 'view'
   GROUP BY window_start, window_end, campaign_id;
