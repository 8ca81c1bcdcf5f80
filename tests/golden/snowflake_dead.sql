-- Dead letters of two streams in one table; their pipes are told by REST, as the sink's is.
CREATE STREAM web (id bigint) WITH (connector = 'file', path = 'x', format = 'json', dead_letter_location = 's3://lake/letters/', s3.region = 'eu-west-1');
CREATE STREAM "mobile app" (id bigint) WITH (connector = 'file', path = 'y', format = 'json', dead_letter_location = 's3://lake/letters/', s3.region = 'eu-west-1');
CREATE SINK hits WITH (location = 's3://lake/hits/', s3.region = 'eu-west-1', snowflake_table = 'lake.raw.hits', snowflake_load = 'rest',
    snowflake_dead_table = 'lake.raw.bad', snowflake_integration = 's3_int') AS SELECT id FROM web UNION ALL SELECT id FROM "mobile app";
SHOW SNOWFLAKE DDL;
DROP SINK hits;
