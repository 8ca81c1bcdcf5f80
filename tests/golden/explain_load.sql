-- Who loads the table of a sink.
\set VERBOSITY verbose
\setenv SNOWFLAKE_ACCOUNT
\setenv AWS_REGION eu-west-1
CREATE STREAM clicks (user_id bigint) WITH (connector = 'file', path = 'x', format = 'json');
CREATE SINK told WITH (location = 's3://lake/told/', snowflake_table = 'db.sc.told') AS SELECT * FROM clicks;
CREATE SINK rest WITH (location = 's3://lake/rest/', snowflake_table = 'db.sc.rest', snowflake_load = 'rest') AS SELECT * FROM clicks;
CREATE SINK copied WITH (location = 's3://lake/copied/', snowflake_table = 'copied', snowflake_load = 'copy') AS SELECT * FROM clicks;
CREATE SINK tasked WITH (location = 's3://lake/tasked/', snowflake_table = 'tasked', snowflake_load = 'copy', snowflake_task_minutes = 5)
AS SELECT * FROM clicks;
CREATE SINK local WITH (location = '/lake/local/', snowflake_table = 'local', snowflake_load = 'rest') AS SELECT * FROM clicks;
CREATE SINK elsewhere WITH (location = '/lake/elsewhere/', snowflake_table = 'elsewhere', snowflake_load = 'copy', snowflake_url = 's3://lake/e/')
AS SELECT * FROM clicks;
EXPLAIN SINK told;
EXPLAIN SINK rest;
EXPLAIN SINK copied;
EXPLAIN SINK tasked;
EXPLAIN SINK local;
EXPLAIN SINK elsewhere;
DROP SINK told;
DROP SINK rest;
DROP SINK copied;
DROP SINK tasked;
DROP SINK local;
DROP SINK elsewhere;
