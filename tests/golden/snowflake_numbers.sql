-- Numbers at the borders of NUMBER: what fits is a number, what does not is text.
CREATE STREAM s (a numeric(1,0), b numeric(38,0), c numeric(38,37), d numeric(37,37), e numeric(2,-3), f numeric(3,5), g numeric(39,1), h numeric)
    WITH (connector = 'file', path = 'x', format = 'json');
CREATE SINK numbers WITH (location = 's3://lake/numbers', s3.region = 'eu-west-1', header = true, compression = 'gzip', snowflake_table = 'numbers',
    snowflake_integration = 'i') AS SELECT * FROM s;
SHOW SNOWFLAKE DDL;
DROP SINK numbers;
