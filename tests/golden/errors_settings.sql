\set VERBOSITY verbose
-- Settings, variables and statements that ask for something first.
SET nosuch = 1;
SET commit_intervall = '1 s';
SET commit_interval = 'soon';
SET commit_interval = '1 ms';
SET commit_interval = -1;
SET workers = -1;
SET workers = 'many';
SET workers = 1.5;
SET workers = 5000;
SET memory_limit = '1 kB';
SET memory_limit = '1 XB';
SET log_level = 'loud';
SET idle_advance = 'perhaps';
SET timezone = 'Nowhere/Land';
SET commit_rows = 0;
RESET nosuch;
SHOW commit_intervall;
SHOW nosuch;
RUN;
RUN FOR '1 month';
RUN UNTIL 'whenever';
SHOW SNOWFLAKE DDL;
SHOW SNOWFLAKE DDL FOR SINK nosuch;
EXPLAIN SINK nosuch;
EXPLAIN (COST off) SELECT 1;
EXPLAIN (FORMAT xml) SELECT 1;
EXPLAIN (COSTS maybe) SELECT 1;
\nosuch
\i nosuch.sql
\pset nosuch
\pset format nosuch
-- the statement fails when it ends; the next one runs
SELECT :nosuch;
SELECT 1 AS runs;
