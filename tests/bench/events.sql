-- The stream of the benchmarks; :brokers and :topic come from the command line.
CREATE STREAM events (
    event_id    uuid,
    user_id     bigint,
    campaign_id text,
    event_type  text,
    amount      numeric(12,2),
    country     text,
    event_time  timestamptz NOT NULL,
    WATERMARK FOR event_time AS event_time - INTERVAL '5 seconds'
) WITH (connector = 'kafka', brokers = :'brokers', topic = :'topic', format = 'json');
