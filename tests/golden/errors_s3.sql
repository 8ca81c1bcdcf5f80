\set VERBOSITY verbose
-- What can be said of a location on S3 without asking anybody.
CREATE STREAM clicks (id int, name text, t timestamptz NOT NULL, WATERMARK FOR t AS t - INTERVAL '5 s')
    WITH (connector = 'file', path = 'clicks.jsonl', format = 'json');
CREATE SINK k WITH (location = 's3://') AS SELECT id FROM clicks;
CREATE SINK k WITH (location = 's3://Lake/clicks/') AS SELECT id FROM clicks;
CREATE SINK k WITH (location = 's3://192.168.1.7/clicks/') AS SELECT id FROM clicks;
CREATE SINK k WITH (location = 's3://lake..old/clicks/') AS SELECT id FROM clicks;
CREATE SINK k WITH (location = 's3://lake/../clicks/') AS SELECT id FROM clicks;
CREATE SINK k WITH (location = 's3a://lake/clicks/') AS SELECT id FROM clicks;
CREATE SINK k WITH (location = 'out/', late_location = 's3://l/') AS SELECT id FROM clicks;
CREATE STREAM d (id int) WITH (connector = 'file', path = 'x', format = 'json', dead_letter_location = 's3://-lake/');
CREATE STREAM d (id int) WITH (connector = 'file', path = 'x', format = 'json', s3.region = 'eu-west-1');
CREATE SINK k WITH (location = 'out/', s3.region = 'eu-west-1') AS SELECT id FROM clicks;
CREATE SINK k WITH (location = 's3://lake/a/', s3.regoin = 'eu-west-1') AS SELECT id FROM clicks;
CREATE SINK k WITH (location = 's3://lake/a/', s3.endpoint = 'minio:9000') AS SELECT id FROM clicks;
CREATE SINK k WITH (location = 's3://lake/a/', s3.endpoint = 'https://minio:9000/lake') AS SELECT id FROM clicks;
CREATE SINK k WITH (location = 's3://lake/a/', s3.endpoint = 'http://minio:9000') AS SELECT id FROM clicks;
CREATE SINK k WITH (location = 's3://lake/a/', s3.secret_access_key = 'abc') AS SELECT id FROM clicks;
CREATE SINK k WITH (location = 's3://lake/a/', s3.secret_access_key = 'env:S') AS SELECT id FROM clicks;
CREATE SINK k WITH (location = 's3://lake/a/', s3.session_token = 'env:T') AS SELECT id FROM clicks;
CREATE SINK k WITH (location = 's3://lake/a/', s3.access_key_id = 'env:K', s3.secret_access_key = 'env:S', s3.profile = 'p') AS SELECT id FROM clicks;
CREATE SINK k WITH (location = 's3://lake/a/', s3.external_id = '4711') AS SELECT id FROM clicks;
CREATE SINK k WITH (location = 's3://lake/a/', s3.sse = 'aes') AS SELECT id FROM clicks;
CREATE SINK k WITH (location = 's3://lake/a/', s3.kms_key_id = 'alias/x') AS SELECT id FROM clicks;
CREATE SINK k WITH (location = 's3://lake/a/', s3.sse = 's3', s3.bucket_key = true) AS SELECT id FROM clicks;
CREATE SINK k WITH (location = 's3://lake/a/', s3.tags = 'team') AS SELECT id FROM clicks;
CREATE SINK k WITH (location = 's3://lake/a/', s3.tags = 'team=a b') AS SELECT id FROM clicks;
CREATE SINK k WITH (location = 's3://lake/a/', s3.storage_class = 'STANDARD IA') AS SELECT id FROM clicks;
CREATE SINK k WITH (location = 's3://lake/a/', s3.path_style = 'perhaps') AS SELECT id FROM clicks;
CREATE SINK k WITH (location = 's3://lake/a/', s3.access_key_id = 'env:K') AS SELECT id FROM clicks;
CREATE SINK k WITH (location = 's3://lake/a/', s3.endpoint = 'https://10.0.0.7:9000', s3.path_style = false) AS SELECT id FROM clicks;
CREATE SINK k WITH (location = 's3://lake.old/a/', s3.path_style = false) AS SELECT id FROM clicks;
CREATE SINK k WITH (location = 's3://lake/a/', s3.endpoint = 'http://169.254.169.254') AS SELECT id FROM clicks;
CREATE SINK k WITH (location = 's3://lake/a/', s3.region = 'eu-west-1.example.com/') AS SELECT id FROM clicks;
CREATE SINK k WITH (location = 's3://lake/a/', s3.role_arn = '') AS SELECT id FROM clicks;
CREATE SINK k WITH (location = 's3://lake/a/', s3.tags = 'a=1&b=2&c=3&d=4&e=5&f=6&g=7&h=8&i=9&j=10&k=11') AS SELECT id FROM clicks;

-- One place, however it is written.
CREATE SINK a WITH (location = 's3://lake/a', s3.sse = 'kms', s3.kms_key_id = 'alias/x', s3.tags = 'team=a%20b&cost=7')
    AS SELECT id FROM clicks;
CREATE SINK k WITH (location = 's3://lake//a//') AS SELECT id FROM clicks;
CREATE SINK k WITH (location = 's3://lake/a/b/') AS SELECT id FROM clicks;
CREATE SINK k WITH (location = 's3://lake') AS SELECT id FROM clicks;
CREATE SINK k WITH (location = 's3://lake/ab/') AS SELECT id FROM clicks;
SET state_location = 's3://lake/a/state';
CREATE SINK k2 WITH (location = 's3://lake/k2/') AS SELECT id FROM clicks;
RESET state_location;

-- Settings stand in for options that are not given.
SET s3.secret_access_key = 'abc';
SET s3.secret_access_kye = 'env:S';
SET s3.sse = 'aes';
CREATE SINK b WITH (location = 's3://lake/b/') AS SELECT id FROM clicks;
SET s3.sse = 'none';
SET s3.kms_key_id = 'alias/x';
CREATE SINK b WITH (location = 's3://lake/b/') AS SELECT id FROM clicks;
CREATE SINK b WITH (location = 's3://lake/b/', s3.sse = 'kms') AS SELECT id FROM clicks;
DROP SINK k;
CREATE SINK b WITH (location = 's3://lake/b/', s3.sse = 'kms') AS SELECT id FROM clicks;
CREATE SINK c WITH (location = 's3://lake/c/', s3.sse = 'none') AS SELECT id FROM clicks;
CREATE SINK d WITH (location = 'd/') AS SELECT id FROM clicks;
SHOW s3.kms_key_id;
DROP SINK a, b, c, d;

-- The state's place is a setting, and so are the options of its store.
RESET ALL;
CREATE SINK a WITH (location = 'a/') AS SELECT id FROM clicks;
SET state_location = 's3://State/';
CREATE SINK d WITH (location = 'd/') AS SELECT id FROM clicks;
SET state_location = 'gs://state/';
CREATE SINK d WITH (location = 'd/') AS SELECT id FROM clicks;
SET state_location = 's3://state/';
SET s3.storage_class = 'STANDARD IA';
EXPLAIN CREATE SINK d WITH (location = 'd/') AS SELECT id FROM clicks;
RESET s3.storage_class;
SET s3.requester_pays = 'perhaps';
SHOW SNOWFLAKE DDL;
EXPLAIN SINK a;
RUN;
