-- A whole bucket of a government: its URL has another scheme, and the notification no prefix.
CREATE STREAM s (id uuid) WITH (connector = 'file', path = 'x', format = 'json');
CREATE SINK whole WITH (location = 's3://lake', s3.region = 'us-gov-west-1', snowflake_table = 'whole', snowflake_integration = 'i',
    snowflake_aws_role = 'arn:aws-us-gov:iam::123456789012:role/r') AS SELECT * FROM s;
SHOW SNOWFLAKE DDL;
DROP SINK whole;
