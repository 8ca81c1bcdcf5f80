-- Every type, with a header line.
CREATE STREAM s (b boolean, i integer, l bigint, d double precision, n numeric, n12 numeric(12,2), n38 numeric(38,37), n38_38 numeric(38,38),
    n39 numeric(39,0), t text, da date, ts timestamp, tz timestamptz, iv interval, u uuid, j jsonb)
    WITH (connector = 'file', path = 'x', format = 'json');
CREATE SINK all_types WITH (location = '/lake/all/', format = 'csv', header = true, snowflake_table = 'sc.all_types') AS SELECT * FROM s;
SHOW SNOWFLAKE DDL;
DROP SINK all_types;
