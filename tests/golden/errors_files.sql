\set VERBOSITY verbose
-- Files that are read whole: what is wrong in them, and where.
CREATE TABLE missing (id int PRIMARY KEY, title text) WITH (connector = 'file', path = 'missing.csv', format = 'csv');
CREATE TABLE doubled (id int PRIMARY KEY, title text) WITH (connector = 'file', path = 'doubled.csv', format = 'csv', header = true);
CREATE TABLE wrong (id int, title text) WITH (connector = 'file', path = 'wrong.csv', format = 'csv');
CREATE TABLE open (id int, title text) WITH (connector = 'file', path = 'open.csv', format = 'csv');
CREATE TABLE wide (id int, title text) WITH (connector = 'file', path = 'wide.csv', format = 'csv');
CREATE TABLE nulls (id int NOT NULL, title text, extra text NOT NULL) WITH (connector = 'file', path = 'wrong.csv', format = 'csv');
CREATE TABLE folder (id int) WITH (connector = 'file', path = '.', format = 'csv');
CREATE TABLE json (id int) WITH (connector = 'file', path = 'wrong.csv', format = 'json');
SELECT * FROM missing;
SELECT * FROM doubled;
SELECT * FROM wrong;
SELECT * FROM open;
SELECT * FROM wide;
SELECT * FROM nulls;
SELECT * FROM folder;
SELECT * FROM json;
