-- Every name with dots, quotes and letters that are not ours: database, schema, table, role, warehouse, integration, folders.
CREATE STREAM "s.t" ("a.b" bigint, "c""d" text, "ж'" date) WITH (connector = 'file', path = 'x', format = 'json');
CREATE SINK "k.""1""" WITH (location = 's3://lake/a b/é/', s3.region = 'eu-west-1', partition_by = '"ж''" AS "d.""x""", "c""d" AS "ж"',
    snowflake_table = '"my.db"."sc""hema"."t.''able"', snowflake_integration = '"in.t"', snowflake_role = '"ro""le"',
    snowflake_warehouse = '"wh.1"', snowflake_aws_role = 'arn:aws:iam::123456789012:role/p/r', snowflake_metadata = true)
AS SELECT * FROM "s.t";
SHOW SNOWFLAKE DDL;
DROP SINK "k.""1""";
