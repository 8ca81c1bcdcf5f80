\set VERBOSITY verbose
\setenv SNOWFLAKE_ACCOUNT
\setenv SNOWFLAKE_USER
\setenv SNOWFLAKE_PRIVATE_KEY
\setenv SNOWFLAKE_PRIVATE_KEY_PATH
\setenv SNOWFLAKE_DATABASE
\setenv SNOWFLAKE_SCHEMA
\setenv AWS_REGION eu-west-1
-- What is missing or wrong for a job that loads tables, before anybody is asked.
\! openssl genrsa -out key.p8 2048 2>/dev/null
CREATE STREAM clicks (user_id bigint) WITH (connector = 'file', path = 'data.jsonl', format = 'json');
CREATE SINK hits WITH (location = 's3://lake/hits/', snowflake_table = 'hits', snowflake_load = 'rest') AS SELECT * FROM clicks;
SET snowflake.load = maybe;
SET snowflake.submit_again = '0s';
RUN UNTIL LATEST;
SET snowflake.account = 'acme-xy';
RUN UNTIL LATEST;
SET snowflake.user = 'WEIR';
RUN UNTIL LATEST;
SET snowflake.private_key = 'file:nothing.p8';
RUN UNTIL LATEST;
SET snowflake.private_key = 'file:key.p8';
RUN UNTIL LATEST;
SET snowflake.database = 'db';
RUN UNTIL LATEST;
DROP SINK hits;
CREATE SINK hits WITH (location = 's3://lake/hits/', snowflake_table = 'sc.hits', snowflake_load = 'copy') AS SELECT * FROM clicks;
CREATE SINK more WITH (location = 's3://lake/more/', snowflake_table = 'SC.HITS', snowflake_load = 'copy') AS SELECT * FROM clicks;
RUN UNTIL LATEST;
DROP SINK more;
DROP SINK hits;
