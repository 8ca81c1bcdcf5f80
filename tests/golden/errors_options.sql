\set VERBOSITY verbose
-- What CREATE refuses, with the nearest name or the clause to add.
CREATE STREAM s (a int) WITH (connector = 'kafkaa', topic = 't', format = 'json');
CREATE STREAM s (a int) WITH (connector = 'kafka', brokers = 'b:1', topick = 't', format = 'json');
CREATE STREAM s (a int) WITH (connector = 'kafka', brokers = 'b:1', topic = 't', format = 'jsn');
CREATE STREAM s (a int) WITH (connector = 'kafka', topic = 't', format = 'json');
CREATE STREAM s (a int, a text) WITH (connector = 'file', path = 'x', format = 'json');
CREATE STREAM s (a intt) WITH (connector = 'file', path = 'x', format = 'json');
CREATE STREAM s (a int, WATERMARK FOR b AS b) WITH (connector = 'file', path = 'x', format = 'json');
CREATE STREAM s (t timestamptz, WATERMARK FOR t AS t + INTERVAL '1 s') WITH (connector = 'file', path = 'x', format = 'json');
CREATE STREAM s (t timestamptz, WATERMARK FOR t AS t - INTERVAL '1 month') WITH (connector = 'file', path = 'x', format = 'json');
CREATE STREAM clicks (id int, name text, t timestamptz NOT NULL, WATERMARK FOR t AS t - INTERVAL '5 s')
    WITH (connector = 'file', path = 'clicks.jsonl', format = 'json');
CREATE STREAM clicks (id int) WITH (connector = 'file', path = 'x', format = 'json');
CREATE SINK k WITH (location = 'out/', format = 'csv') AS SELECT name, count(*) FROM clicks GROUP BY name;
CREATE SINK k WITH (location = 'out/', format = 'csv') AS SELECT DISTINCT name FROM clicks;
CREATE SINK k WITH (location = 'out/', format = 'csv') AS SELECT name FROM clicks ORDER BY name;
CREATE SINK k WITH (location = 'out/', format = 'csv', compresion = 'gzip') AS SELECT id, name FROM clicks;
CREATE SINK k WITH (location = 'out/', format = 'csv', compression = 'lz4') AS SELECT id, name FROM clicks;
CREATE SINK k WITH (location = 'out/', format = 'csv', max_file_size = 'big') AS SELECT id, name FROM clicks;
CREATE SINK k WITH (format = 'csv') AS SELECT id, name FROM clicks;
CREATE SINK k WITH (location = 'out/', format = 'csv') AS SELECT id, id FROM clicks;
CREATE SINK k WITH (location = 'out/', format = 'csv') AS SELECT nam FROM clicks;
CREATE SINK k WITH (location = 'out/', format = 'csv') AS SELECT window_start, count(*) FROM HOP(clicks, t, INTERVAL '1 s', INTERVAL '5 s') GROUP BY window_start;
DROP STREAM nothing;
DROP STREAM IF EXISTS nothing;
SET commit_intervall = '1 s';
SET commit_interval = 'soon';
SET workers = -1;
RUN;
