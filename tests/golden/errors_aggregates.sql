\set VERBOSITY verbose
-- Aggregates and grouping.
-- as PostgreSQL
SELECT a, count(*) FROM (VALUES (1)) t(a);
SELECT a, b FROM (VALUES (1, 2)) t(a, b) GROUP BY a;
SELECT a + b FROM (VALUES (1, 2)) t(a, b) GROUP BY a;
SELECT t.* FROM (VALUES (1, 2)) t(a, b) GROUP BY a;
SELECT a FROM (VALUES (1, 2)) t(a, b) GROUP BY a ORDER BY b;
SELECT a FROM (VALUES (1, 2)) t(a, b) GROUP BY a HAVING b > 1;
SELECT a FROM (VALUES (1, 2)) t(a, b) ORDER BY count(*);
SELECT a FROM (VALUES (1)) t(a) HAVING a > 0;
SELECT count(*) FROM (VALUES (1)) t(a) WHERE count(*) > 1;
SELECT count(*) FROM (VALUES (1)) t(a) GROUP BY count(*);
SELECT count(*) AS n FROM (VALUES (1)) t(a) GROUP BY n;
SELECT sum(sum(a)) FROM (VALUES (1)) t(a);
SELECT count(*) FILTER (WHERE count(*) > 1) FROM (VALUES (1)) t(a);
SELECT count(*) FILTER (WHERE a) FROM (VALUES (1)) t(a);
SELECT lower('A') FILTER (WHERE true);
SELECT lower(DISTINCT 'A');
SELECT lower(*);
SELECT count(DISTINCT *) FROM (VALUES (1)) t(a);
SELECT count();
SELECT count(1, 2);
SELECT sum('a'::text);
SELECT sum(true);
SELECT avg(date '2026-01-01');
SELECT min(true);
SELECT sum(*);
SELECT a FROM (VALUES (1)) t(a) LIMIT count(*);
SELECT a FROM (VALUES (1)) t(a) LIMIT a;
SELECT a FROM (VALUES (1)) t(a) LIMIT -1;
SELECT a FROM (VALUES (1)) t(a) OFFSET -1;
SELECT a FROM (VALUES (1)) t(a) GROUP BY 5;
SELECT a FROM (VALUES (1)) t(a) GROUP BY 'x';
SELECT DISTINCT a FROM (VALUES (1, 2)) t(a, b) ORDER BY b;
SELECT a FROM (VALUES (1)) t(a) GROUP BY a HAVING count(*);
-- own: what is not executed
SELECT count(*) OVER () FROM (VALUES (1)) t(a);
SELECT a, count(*) FROM (VALUES (1)) t(a) GROUP BY ROLLUP (a);
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY a) FROM (VALUES (1)) t(a);
SELECT sum(a ORDER BY a) FROM (VALUES (1)) t(a);
SELECT string_agg(a, ',') FROM (VALUES ('x')) t(a);
SELECT DISTINCT ON (a) a FROM (VALUES (1)) t(a);
