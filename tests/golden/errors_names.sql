\set VERBOSITY verbose
CREATE STREAM clicks (id int, name text, price numeric(12,2), t timestamptz NOT NULL, WATERMARK FOR t AS t - INTERVAL '5 s')
    WITH (connector = 'file', path = 'clicks.jsonl', format = 'json');
CREATE TABLE campaigns (id int PRIMARY KEY, title text) WITH (connector = 'file', path = 'campaigns.csv', format = 'csv');
-- Names that are not there, or not in this place.
-- as PostgreSQL
SELECT nosuch;
SELECT nosuch FROM clicks;
SELECT nam FROM clicks;
SELECT clicks.nosuch FROM clicks;
SELECT k.nam FROM clicks k;
SELECT clicks.name FROM clicks k;
SELECT other.name FROM clicks;
SELECT * FROM nosuch;
SELECT * FROM public.nosuch;
SELECT * FROM nowhere.clicks;
SELECT x.* FROM clicks;
SELECT *;
SELECT id FROM clicks JOIN campaigns ON clicks.id = campaigns.id;
SELECT 1 FROM clicks JOIN campaigns USING (title);
SELECT 1 FROM clicks JOIN campaigns USING (nosuch);
SELECT 1 FROM clicks JOIN campaigns ON nosuch = 1;
SELECT 1 FROM clicks, clicks;
SELECT 1 FROM clicks k JOIN campaigns k ON true;
SELECT a FROM (VALUES (1)) t(a, b);
SELECT a FROM (VALUES (1, 2)) t(a, a);
SELECT nosuch(1);
SELECT nowhere.lower('a');
SELECT lower('a', 'b');
SELECT 1 +* 2;
SELECT 1 FROM clicks ORDER BY nosuch;
SELECT name FROM clicks GROUP BY nosuch;
SELECT name AS n FROM clicks WHERE n = 'x';
SELECT name AS x, id AS x FROM clicks ORDER BY x;
SELECT a FROM (VALUES (1)) t(a) ORDER BY 2;
SELECT a FROM (VALUES (1)) t(a) GROUP BY 0;
SELECT a FROM (VALUES (1)) t(a) ORDER BY 'a';
SELECT a FROM (VALUES (1)) t(a) ORDER BY 1.5;
WITH a AS (SELECT 1), a AS (SELECT 2) SELECT * FROM a;
WITH a (x, y) AS (SELECT 1) SELECT * FROM a;
INSERT INTO nosuch VALUES (1);
INSERT INTO clicks (nosuch) VALUES (1);
INSERT INTO clicks (id, id) VALUES (1, 2);
INSERT INTO clicks (id) VALUES (1, 2);
INSERT INTO clicks (id, name) VALUES (1);
INSERT INTO clicks SELECT 1, 'x', 1.5, now(), 5;
DROP VIEW nosuch;
-- state and position
SELECT lowr('A');
SELECT 1::nosuch;
SELECT nosuch '1';
SHOW nosuch;
SET nosuch = 1;
-- own
DROP STREAM nosuch;
DROP SINK nosuch;
DESCRIBE nosuch;
SHOW CREATE STREAM nosuch;
SHOW CREATE TABLE clicks;
EXPLAIN SINK nosuch;
RESET nosuch;
