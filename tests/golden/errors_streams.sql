\set VERBOSITY verbose
CREATE STREAM clicks (id int, name text, price numeric(12,2), t timestamptz NOT NULL, geo jsonb, WATERMARK FOR t AS t - INTERVAL '5 s')
    WITH (connector = 'file', path = 'clicks.jsonl', format = 'json');
CREATE STREAM plain (id int, at timestamp) WITH (connector = 'file', path = 'plain.jsonl', format = 'json');
CREATE TABLE campaigns (id int PRIMARY KEY, title text) WITH (connector = 'file', path = 'campaigns.csv', format = 'csv');
-- What has no end on a stream is refused, and the clause to add is named.
CREATE SINK k WITH (location = 'out/', format = 'csv') AS SELECT name, count(*) FROM clicks GROUP BY name;
CREATE SINK k WITH (location = 'out/', format = 'csv') AS SELECT count(*) FROM clicks;
CREATE SINK k WITH (location = 'out/', format = 'csv') AS SELECT DISTINCT name FROM clicks;
CREATE SINK k WITH (location = 'out/', format = 'csv') AS SELECT name FROM clicks ORDER BY name;
CREATE SINK k WITH (location = 'out/', format = 'csv') AS SELECT name FROM clicks LIMIT 10;
CREATE SINK k WITH (location = 'out/', format = 'csv') AS SELECT at, count(*) FROM plain GROUP BY at;
CREATE SINK k WITH (location = 'out/', format = 'csv') AS SELECT date_trunc('hour', at), count(*) FROM plain GROUP BY 1;
CREATE SINK k WITH (location = 'out/', format = 'csv') AS SELECT date_trunc('month', t), count(*) FROM clicks GROUP BY 1;
CREATE SINK k WITH (location = 'out/', format = 'csv') AS SELECT window_start, count(*) FROM TUMBLE(plain, at, INTERVAL '1 minute') GROUP BY window_start;
CREATE SINK k WITH (location = 'out/', format = 'csv') AS SELECT window_start, count(*) FROM TUMBLE(clicks, id, INTERVAL '1 minute') GROUP BY window_start;
CREATE SINK k WITH (location = 'out/', format = 'csv') AS SELECT window_start, count(*) FROM TUMBLE(clicks, nosuch, INTERVAL '1 minute') GROUP BY window_start;
CREATE SINK k WITH (location = 'out/', format = 'csv') AS SELECT window_start, count(*) FROM TUMBLE(nosuch, t, INTERVAL '1 minute') GROUP BY window_start;
CREATE SINK k WITH (location = 'out/', format = 'csv') AS SELECT window_start, count(*) FROM TUMBLE(clicks, t, INTERVAL '1 month') GROUP BY window_start;
CREATE SINK k WITH (location = 'out/', format = 'csv') AS SELECT window_start, count(*) FROM TUMBLE(clicks, t, INTERVAL '0') GROUP BY window_start;
CREATE SINK k WITH (location = 'out/', format = 'csv') AS SELECT window_start, count(*) FROM TUMBLE(clicks, t, id) GROUP BY window_start;
CREATE SINK k WITH (location = 'out/', format = 'csv') AS SELECT window_start, count(*) FROM TUMBLE(clicks, t, 5) GROUP BY window_start;
CREATE SINK k WITH (location = 'out/', format = 'csv') AS SELECT window_start, count(*) FROM TUMBLE(campaigns, id, INTERVAL '1 minute') GROUP BY window_start;
CREATE SINK k WITH (location = 'out/', format = 'csv') AS SELECT window_start, count(*) FROM HOP(clicks, t, INTERVAL '1 s', INTERVAL '5 s') GROUP BY window_start;
CREATE SINK k WITH (location = 'out/', format = 'csv') AS SELECT window_start, count(*) FROM SESSION(clicks, t, INTERVAL '5 s') GROUP BY window_start;
CREATE SINK k WITH (location = 'out/', format = 'csv') AS SELECT window_start, name FROM TUMBLE(clicks, t, INTERVAL '1 minute') GROUP BY window_start;
CREATE SINK k WITH (location = 'out/', format = 'csv') AS SELECT id, count(*) FROM TUMBLE(clicks, t, INTERVAL '1 minute') GROUP BY id;
CREATE SINK k WITH (location = 'out/', format = 'csv') AS SELECT max(n) FROM (SELECT window_start, count(*) AS n FROM TUMBLE(clicks, t, INTERVAL '1 minute') GROUP BY window_start) s;
CREATE SINK k WITH (location = 'out/', format = 'csv') AS SELECT c.id FROM clicks c JOIN plain p ON c.id = p.id;
CREATE SINK k WITH (location = 'out/', format = 'csv') AS SELECT c.id FROM campaigns c LEFT JOIN clicks k ON c.id = k.id;
CREATE SINK k WITH (location = 'out/', format = 'csv') AS SELECT id FROM campaigns;
CREATE SINK k WITH (location = 'out/', format = 'csv') AS SELECT id FROM clicks UNION ALL SELECT id FROM campaigns;
CREATE SINK k WITH (location = 'out/', format = 'csv') AS SELECT id, id FROM clicks;
CREATE SINK k WITH (location = 'out/', format = 'csv') AS SELECT id AS "a", id AS "A", name AS "a" FROM clicks;
CREATE SINK k WITH (location = 'out/', format = 'csv') AS VALUES (1);
INSERT INTO campaigns VALUES (1, 'x');
INSERT INTO clicks (t) VALUES ('2026-01-01');
SET timezone = 'America/New_York';
CREATE SINK k WITH (location = 'out/', format = 'csv') AS SELECT date_trunc('day', t), count(*) FROM clicks GROUP BY 1;
RESET timezone;
-- What --shard needs to know of a stream.
CREATE STREAM keyed (id numeric) WITH (connector = 'file', path = 'x', format = 'json', message_key = 'user_id');
CREATE STREAM keyed (id numeric) WITH (connector = 'file', path = 'x', format = 'json', message_key = 'id');
CREATE STREAM keyed (id int) WITH (connector = 'file', path = 'x', format = 'json', partitioner = 'fnv');
CREATE TABLE keyed (id int PRIMARY KEY) WITH (connector = 'file', path = 'x', format = 'csv', message_key = 'id');
CREATE TABLE keyed (id int PRIMARY KEY) WITH (connector = 'file', path = 'x', format = 'csv', partitioner = 'crc32');
