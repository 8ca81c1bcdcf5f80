\set VERBOSITY verbose
-- Lexical errors.
-- as PostgreSQL
SELECT 1 + @@@ 2 #;
SELECT E'\q\u00zz';
SELECT E'\ud800';
SELECT E'\u0000';
SELECT E'\U00110000';
SELECT E'\xff';
SELECT U&'\zzzz';
SELECT U&'\d800x';
SELECT U&'a' UESCAPE '+';
SELECT U&'a' UESCAPE 'ab';
SELECT U&'a' UESCAPE 5;
SELECT "";
SELECT 1 AS "";
SELECT 123abc;
SELECT 0x;
SELECT 1.5e+;
SELECT 'a' 'b';
SELECT $1;
SELECT $1a;
SELECT x'0g';
SELECT b'012';
SELECT 'é日本', 1 +;
SELECT a.b.c.d.e FROM (VALUES (1)) a(b);
SELECT 99999999999999999999 + 'x';
SELECT 'text
over lines' AS a, b;
-- what is not terminated takes the rest
SELECT /* never closed;
