-- Names that need their quotes, here and there; none can end a comment, a string or a name.
CREATE STREAM clicks (id bigint, "Größe" text, "select" text, "a.b" text, "it's ""quoted""" text, "$1" text, x$1 text, "日本" text)
    WITH (connector = 'file', path = 'x', format = 'json');
CREATE SINK "raw
DROP TABLE users; --" WITH (location = '/my lake/o''brien/', format = 'csv', snowflake_table = 'lake."my ""raw"" schema".click$',
    snowflake_integration = '"int-1"') AS SELECT * FROM clicks;
SHOW SNOWFLAKE DDL;
DROP SINK "raw
DROP TABLE users; --";
