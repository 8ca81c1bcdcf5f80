"""test_snowflake_rules.py: the rules that the tests' Snowflake keeps, one by one: statements, rights, file formats, COPY and pipes.
What is left out or changed shows in what is loaded."""
import datetime
import gzip
import unittest
import zlib

from lib import servers, snowflake_account, snowflake_client, snowflake_jwt, snowflake_pipes, snowflake_server, suite
from lib.snowflake_statements import SnowflakeError

ROLE_ARN = "arn:aws:iam::123456789012:role/snow"
INTEGRATION = (f"CREATE STORAGE INTEGRATION IF NOT EXISTS INT TYPE = EXTERNAL_STAGE STORAGE_PROVIDER = 'S3' STORAGE_AWS_ROLE_ARN = "
               f"'{ROLE_ARN}' ENABLED = TRUE STORAGE_ALLOWED_LOCATIONS = ('s3://lake/a/', 's3://lake/b/') "
               "STORAGE_BLOCKED_LOCATIONS = ('s3://lake/a/secret/')")
# All options as they should be for RFC 4180 with NULL as nothing and "" as the empty string.
GOOD = {"COMPRESSION": "NONE", "RECORD_DELIMITER": r"'\n'", "FIELD_DELIMITER": "','", "SKIP_HEADER": "0", "SKIP_BLANK_LINES": "FALSE",
        "FIELD_OPTIONALLY_ENCLOSED_BY": "'\"'", "ESCAPE": "NONE", "ESCAPE_UNENCLOSED_FIELD": "NONE", "NULL_IF": "()",
        "EMPTY_FIELD_AS_NULL": "TRUE", "TRIM_SPACE": "FALSE", "ERROR_ON_COLUMN_COUNT_MISMATCH": "TRUE", "ENCODING": "'UTF8'",
        "REPLACE_INVALID_CHARACTERS": "FALSE", "BINARY_FORMAT": "HEX", "DATE_FORMAT": "'YYYY-MM-DD'", "TIME_FORMAT": "'HH24:MI:SS.FF9'",
        "TIMESTAMP_FORMAT": "'YYYY-MM-DD HH24:MI:SS.FF9TZH:TZM'"}
STAGE = ("DB", "SC", "ST")


@suite.needs_servers
class WithAccount(unittest.TestCase):
    """An account with database DB and schema SC for each test; there is an internal stage ST."""

    def setUp(self):
        self.account = snowflake_account.Account(servers.shared(servers.Postgres))
        self.addCleanup(self.account.close)
        self.account.add_database("DB", "SC")
        self.run_sql("CREATE STAGE ST")

    def run_sql(self, script, role="ACCOUNTADMIN"):
        """First rows of the last statement."""
        return self.account.script(script, role, "DB", "SC")[-1]

    def query(self, sql, role="ACCOUNTADMIN"):
        return self.account.query(sql, role, "DB", "SC")

    def assert_refused(self, sql, text="", role="ACCOUNTADMIN"):
        with self.assertRaises(SnowflakeError, msg=sql) as caught:
            self.run_sql(sql, role)
        self.assertIn(text, caught.exception.message)

    def put(self, path, data):
        self.account.put(STAGE, path, data)

    def pipe(self, name="P"):
        return self.account.loads.pipes["DB", "SC", name]

    def send(self, *paths, name="P"):
        return self.account.loads.insert_files(self.pipe(name), paths)

    def load(self, *paths):
        """Sends names and works the queue off."""
        found = self.send(*paths)
        self.account.loads.work_all()
        return found

    def statuses(self):
        return [(event["path"], event["status"]) for event in self.pipe().events]


class Statements(WithAccount):
    def test_made_twice(self):
        for sql in (INTEGRATION, "CREATE STAGE IF NOT EXISTS S1", "CREATE FILE FORMAT IF NOT EXISTS F TYPE = CSV",
                    "CREATE TABLE IF NOT EXISTS T (A INT)", "CREATE VIEW IF NOT EXISTS V AS SELECT A FROM T",
                    "CREATE PIPE IF NOT EXISTS P AS COPY INTO T FROM @ST", "CREATE ROLE IF NOT EXISTS R",
                    "CREATE USER IF NOT EXISTS U TYPE = SERVICE DEFAULT_ROLE = R",
                    "CREATE TASK IF NOT EXISTS K WAREHOUSE = WH SCHEDULE = '5 MINUTE' AS INSERT INTO T SELECT 1"):
            self.assertIn("successfully created", self.run_sql(sql)[0][0])
            self.assertIn("already exists, statement succeeded", self.run_sql(sql)[0][0])
            self.assert_refused(sql.replace("IF NOT EXISTS ", ""), "already exists")

    def test_refused(self):
        self.run_sql(INTEGRATION)
        self.run_sql("CREATE TABLE T (A INT, B VARCHAR)")
        pipe = "CREATE PIPE P AS COPY INTO T FROM @ST "
        for sql, text in (
                ("CREATE OR REPLACE TABLE IF NOT EXISTS T (A INT)", "incompatible"),
                ("CREATE STAGE S URL = 's3://lake/a' STORAGE_INTEGRATION = INT", "must end in '/'"),
                ("CREATE STAGE S URL = 's3://lake/c/' STORAGE_INTEGRATION = INT", "not allowed by integration"),
                ("CREATE STAGE S URL = 's3://lake/a/secret/x/' STORAGE_INTEGRATION = INT", "not allowed by integration"),
                ("CREATE STAGE S URL = 's3://lake/a/' STORAGE_INTEGRATION = OTHER", "does not exist"),
                ("CREATE STAGE S STORAGE_INTEGRATION = INT", "URL"), ("CREATE STAGE S ON_ERROR = SKIP_FILE", "ON_ERROR"),
                ("CREATE STAGE S FILE_FORMAT = (FORMAT_NAME = 'NOPE')", "does not exist"),
                ("CREATE STORAGE INTEGRATION I TYPE = EXTERNAL_STAGE STORAGE_PROVIDER = 'S3' ENABLED = TRUE "
                 "STORAGE_ALLOWED_LOCATIONS = ('*')", "STORAGE_AWS_ROLE_ARN"),
                (INTEGRATION.replace(" INT ", " I2 ").replace("'S3'", "'AZURE'"), "STORAGE_PROVIDER"),
                (INTEGRATION.replace(" INT ", " I2 ").replace("('s3://lake/a/', 's3://lake/b/')", "'s3://lake/a/'"), "unexpected"),
                ("CREATE FILE FORMAT F TYPE = CSV ESCAPED = NONE", "ESCAPED"), ("CREATE FILE FORMAT F SKIP_HEADER = 1", "TYPE"),
                ("CREATE FILE FORMAT F TYPE = CSV FIELD_OPTIONALLY_ENCLOSED_BY = '|'", "FIELD_OPTIONALLY_ENCLOSED_BY"),
                ("CREATE FILE FORMAT F TYPE = CSV PARSE_HEADER = TRUE SKIP_HEADER = 1", "SKIP_HEADER"),
                ("CREATE FILE FORMAT F TYPE = CSV TRIM_SPACE = FALSE TRIM_SPACE = FALSE", "duplicate"),
                ("CREATE FILE FORMAT F TYPE = CSV COMPRESSION = LZ4", "COMPRESSION"),
                ("CREATE TABLE U (A NUMBER(39,0))", "NUMBER(39,0)"), ("CREATE TABLE U (A NUMBER(38,38))", "NUMBER(38,38)"),
                ("CREATE TABLE U (A INT, a INT)", "duplicate column"), ("CREATE TABLE U (SELECT INT)", "unexpected 'SELECT'"),
                ("CREATE TABLE U (CURRENT_DATE INT)", "unexpected 'CURRENT_DATE'"), ("CREATE TABLE U (A TIMESTAMP_NTZ(10))", "TIMESTAMP_NTZ"),
                ("CREATE TABLE U (A INT COMMENT = 'x')", "unexpected '='"), ("CREATE TABLE NODB.SC.U (A INT)", "does not exist"),
                ("CREATE TABLE U (A JSONB)", "Unsupported data type"), (f"CREATE TABLE {'x' * 256} (A INT)", "too long"),
                (pipe + "ON_ERROR = ABORT_STATEMENT", "ON_ERROR"), (pipe + "FILES = ('a')", "FILES"), (pipe + "FORCE = TRUE", "FORCE"),
                (pipe + "PURGE = FALSE", "PURGE"), (pipe + "SIZE_LIMIT = 1", "SIZE_LIMIT"), (pipe + "PATTERN = '('", "regular expression"),
                (pipe + "VALIDATION_MODE = RETURN_ERRORS", "VALIDATION_MODE"),
                ("CREATE PIPE P AUTO_INGEST = TRUE AS COPY INTO T FROM @ST", "external stage"),
                ("CREATE PIPE P IF NOT EXISTS AS COPY INTO T FROM @ST", "IF"), ("CREATE PIPE P AS COPY INTO NOPE FROM @ST", "does not exist"),
                ("CREATE PIPE P AS COPY INTO T FROM @NOPE", "does not exist"), ("CREATE PIPE P AS COPY INTO T (NOPE) FROM @ST", "NOPE"),
                ("COPY INTO T FROM (SELECT $1, $2 FROM @ST WHERE $1 > 0)", "unexpected 'WHERE'"),
                ("COPY INTO T FROM (SELECT $1, $2 FROM @ST t LIMIT 1)", "unexpected 'LIMIT'"),
                ("COPY INTO T FROM (SELECT $1, NOFUNC($2) FROM @ST)", "NOFUNC"), ("COPY INTO T (A) FROM (SELECT $1, $2 FROM @ST)", "match"),
                ("COPY INTO T FROM @ST FILES = (" + ", ".join(["'x'"] * 1001) + ")", "1,000"),
                ("COPY INTO T FROM @ST FILES = ('x') PATTERN = '.*'", "exclude"),
                ("CREATE TASK K WAREHOUSE = WH SCHEDULE = 'often' AS SELECT 1", "schedule"),
                ("CREATE TASK K WAREHOUSE = WH SCHEDULE = '1 MINUTE' AS INSERT INTO NOPE SELECT 1", "does not exist"),
                ("CREATE VIEW V AS SELECT NOPE FROM T", "NOPE"), ("DROP SCHEMA SC", "unexpected 'SC'"), ("TRUNCATE TABLE T", "TRUNCATE"),
                ("CREATE STREAM S ON TABLE T", "unexpected 'STREAM'"), ("ALTER TABLE T DROP COLUMN A", "unexpected 'DROP'"),
                ("ALTER TABLE T ADD COLUMN A INT", "already exists"), ("GRANT SELECT ON TABLE T TO ROLE NOPE", "does not exist")):
            with self.subTest(sql):
                self.assert_refused(sql, text)

    def test_names(self):
        self.run_sql('CREATE TABLE "low" ("a" INT, B INT)')
        for sql in ('SELECT * FROM low', 'SELECT a FROM "low"', 'SELECT "b" FROM "low"'):
            with self.assertRaises(SnowflakeError):
                self.query(sql)
        self.assertEqual(self.query('SELECT "a", b FROM DB.sc."low"'), [])
        wide = "W" * 255
        self.run_sql(f'CREATE TABLE "{wide}" ("{wide}" INT, "{wide[:-1]}x" INT)')
        found = self.account.execute(snowflake_account.Session("A", "ACCOUNTADMIN", "DB", "SC", "WH"), f'SELECT * FROM "{wide}"')
        self.assertEqual([column["name"] for column in found.columns], [wide, wide[:-1] + "x"])

    def test_added_columns(self):
        self.run_sql("CREATE TABLE T (A INT)")
        self.run_sql("ALTER TABLE T ADD COLUMN B VARCHAR DEFAULT 'x', C DATE")
        self.run_sql("ALTER TABLE T ADD COLUMN IF NOT EXISTS B VARCHAR")
        self.assertEqual([row[0] for row in self.run_sql("DESC TABLE T")], ["A", "B", "C"])
        self.put("a.csv", b"1\n")
        self.run_sql("COPY INTO T (A) FROM @ST")
        self.assertEqual(self.query("SELECT * FROM T"), [["1", "x", None]])

    def test_view_that_drops_doubles(self):
        self.run_sql("CREATE TABLE T (ID INT, V VARCHAR, FILE VARCHAR)")
        self.put("a.csv", b"1,old,a\n2,x,a\n1,new,b\n")
        self.run_sql("COPY INTO T FROM @ST")
        self.run_sql("CREATE VIEW U AS SELECT * FROM T QUALIFY ROW_NUMBER() OVER (PARTITION BY ID ORDER BY FILE DESC) = 1")
        self.assertEqual(self.query("SELECT ID, V FROM U ORDER BY ID"), [["1", "new"], ["2", "x"]])

    def test_is_distinct_from(self):
        """Where FROM is not before a table."""
        self.run_sql("CREATE TABLE T (A INT, B INT)")
        self.put("a.csv", b"1,1\n2,\n,\n")
        self.run_sql("COPY INTO T FROM @ST")
        self.assertEqual(self.query("SELECT A, T.A IS DISTINCT FROM T.B FROM T WHERE A IS DISTINCT FROM 2 OR B IS NOT DISTINCT FROM T.A"),
                         [["1", "false"], [None, "false"]])

    def test_tasks(self):
        self.run_sql("CREATE TABLE T (A INT); CREATE TABLE U (N INT); "
                     "CREATE TASK K WAREHOUSE = WH SCHEDULE = '5 MINUTE' AS INSERT INTO U SELECT COUNT(*) FROM T")
        self.account.run_tasks()  # a task is suspended until it is resumed
        self.assertEqual(self.query("SELECT * FROM U"), [])
        self.run_sql("ALTER TASK K RESUME")
        self.account.run_tasks()
        self.assertEqual(self.query("SELECT * FROM U"), [["0"]])
        self.run_sql("EXECUTE TASK K")
        self.assertEqual(len(self.query("SELECT * FROM U")), 2)

    def test_shown(self):
        self.run_sql(INTEGRATION + "; CREATE TABLE T (A INT) COMMENT = 'job x'; CREATE STAGE S2 URL = 's3://lake/a/' STORAGE_INTEGRATION = "
                     "INT; CREATE PIPE P AUTO_INGEST = TRUE AS COPY INTO T FROM @S2")
        properties = {row[0]: row[2] for row in self.run_sql("DESC INTEGRATION INT")}
        self.assertTrue(properties["STORAGE_AWS_IAM_USER_ARN"].startswith("arn:aws:iam::"))
        self.assertTrue(properties["STORAGE_AWS_EXTERNAL_ID"])
        [pipe] = self.run_sql("SHOW PIPES LIKE 'p%' IN SCHEMA DB.SC")
        self.assertTrue(any(str(value).startswith("arn:aws:sqs:") for value in pipe))
        self.assertEqual(self.run_sql("SHOW PIPES LIKE 'x%'"), [])
        self.assertEqual([row[-1] for row in self.run_sql("SHOW TABLES")], ["job x"])

    def test_queries(self):
        self.run_sql("CREATE TABLE T (ID INT, DOC VARIANT, AT TIMESTAMP_NTZ(6))")
        self.put("a.csv", b"1;{\"a\":{\"b\":\"x\"},\"n\":5};2026-01-01 00:00:00\n2;null;\n3;;\n")
        self.run_sql("COPY INTO T FROM (SELECT $1, PARSE_JSON($2), $3 FROM @ST) FILE_FORMAT = (TYPE = CSV FIELD_DELIMITER = ';')")
        for sql, rows in (
                ("SELECT doc:a.b::VARCHAR AS x FROM T WHERE ID = 1", [["x"]]), ("SELECT doc:n::INT + 1 AS x FROM T WHERE ID = 1", [["6"]]),
                ("SELECT ID FROM T WHERE DOC IS NULL", [["3"]]), ("SELECT COUNT(*), COUNT_IF(ID > 1) FROM T", [["3", "2"]]),
                ("SELECT IFF(ID = 1, 'one', 'more') AS x, COUNT(*) n FROM T GROUP BY x ORDER BY n", [["one", "1"], ["more", "2"]]),
                ("WITH c AS (SELECT ID FROM T) SELECT MAX(t.id) AS m FROM c t", [["3"]]),
                ("WITH m (f, n) AS (SELECT * FROM VALUES ('a', 1), ('b', 2)) SELECT n FROM m WHERE f = 'b'", [["2"]]),
                ("SELECT column2 FROM VALUES ('a', 1), ('b', 2) WHERE column1 = 'a'", [["1"]]),
                ("SELECT m.n, t.ID FROM (VALUES (1), (9)) AS m (n) LEFT JOIN T t ON t.ID = m.n ORDER BY 1", [["1", "1"], ["9", None]]),
                ("SELECT n + 1 AS x FROM VALUES (1) AS m (n)", [["2"]]), ("SELECT STARTSWITH('abc', 'ab') AS x", [["true"]]),
                ("SELECT DATEADD(day, 1, AT) AS x FROM T WHERE ID = 1", [["1767312000.000000000"]]),
                ("SELECT a.ID FROM T a JOIN T b ON a.ID = b.ID + 1 ORDER BY 1 LIMIT 1", [["2"]]),
                (r"SELECT 'it''s \\ \'q\'' AS x", [["it's \\ 'q'"]]), ("SELECT $$it's$$ AS x", [["it's"]])):
            with self.subTest(sql):
                self.assertEqual(self.query(sql), rows)


class Rights(WithAccount):
    """A loader with least privileges can do its work; without any one of them, something fails."""

    GRANTS = {"GRANT USAGE ON DATABASE DB TO ROLE R": "all", "GRANT USAGE ON SCHEMA DB.SC TO ROLE R": "all",
              "GRANT USAGE ON WAREHOUSE WH TO ROLE R": "copy query", "GRANT INSERT ON TABLE DB.SC.T TO ROLE R": "copy",
              "GRANT SELECT ON TABLE DB.SC.T TO ROLE R": "query", "GRANT READ ON STAGE DB.SC.ST TO ROLE R": "copy",
              "GRANT USAGE ON FILE FORMAT DB.SC.F TO ROLE R": "copy", "GRANT OPERATE ON PIPE DB.SC.P TO ROLE R": "insert",
              "GRANT MONITOR ON PIPE DB.SC.P TO ROLE R": "report"}
    ACTS = ("copy", "query", "insert", "report")

    def may(self, act):
        if act in ("insert", "report"):
            call = (lambda: self.client.insert("DB.SC.P", ["x"])) if act == "insert" else (lambda: self.client.report("DB.SC.P"))
            return call().status == 200
        try:
            self.query("SELECT COUNT(*) FROM T", "R") if act == "query" else self.run_sql(
                "COPY INTO T FROM @ST FILE_FORMAT = (FORMAT_NAME = 'F')", "R")
        except SnowflakeError:
            return False
        return True

    def test_each_grant_is_needed(self):
        with servers.tempfile.TemporaryDirectory() as folder:
            keys = snowflake_jwt.KeyPair(folder)
            server = snowflake_server.SnowflakeServer(self.account, pipes_run=False)
            self.addCleanup(server.close)
            self.client = snowflake_client.Client(server, keys)
            self.account.add_user("loader", keys.public, role="R")
            self.run_sql("CREATE ROLE R; CREATE TABLE T (A INT); CREATE FILE FORMAT F TYPE = CSV; CREATE PIPE P AS COPY INTO T FROM @ST; "
                         "GRANT ROLE R TO USER loader; " + "; ".join(self.GRANTS))
            self.assertEqual([act for act in self.ACTS if not self.may(act)], [])
            for grant, acts in self.GRANTS.items():
                self.run_sql(grant.replace("GRANT", "REVOKE").replace(" TO ", " FROM "))
                failing = [act for act in self.ACTS if not self.may(act)]
                self.assertEqual(failing, list(self.ACTS) if acts == "all" else acts.split(), grant)
                self.run_sql(grant)

    def test_grants_of_a_view_that_is_replaced(self):
        self.run_sql("CREATE TABLE T (A INT); CREATE VIEW V AS SELECT A FROM T; CREATE ROLE R; GRANT SELECT ON VIEW V TO ROLE R")
        for how, kept in (("COPY GRANTS COMMENT = 'x'", 1), ("COPY GRANTS", 1), ("", 0)):
            self.run_sql(f"CREATE OR REPLACE VIEW V {how} AS SELECT A, A AS B FROM T")
            self.assertEqual(len([grant for grant in self.account.grants if grant[:2] == ("SELECT", "VIEW")]), kept, how)

    def test_wrong_kinds(self):
        self.run_sql(INTEGRATION + "; CREATE ROLE R; CREATE STAGE E URL = 's3://lake/a/' STORAGE_INTEGRATION = INT; CREATE TABLE T (A INT)")
        for grant in ("READ ON STAGE E", "USAGE ON STAGE ST", "OPERATE ON TABLE T", "USAGE ON TABLE T", "SELECT ON TABLE NOPE"):
            self.assert_refused(f"GRANT {grant} TO ROLE R")
        self.run_sql("GRANT USAGE ON STAGE E TO ROLE R; GRANT USAGE ON INTEGRATION INT TO ROLE R; GRANT SELECT, INSERT ON TABLE T TO ROLE R")

    def test_pipes_and_tasks_of_a_role(self):
        """Who owns a pipe reads and writes its table; who owns a task may execute tasks."""
        self.run_sql("CREATE ROLE A; CREATE TABLE T (A INT); CREATE TABLE U (A INT); GRANT USAGE ON DATABASE DB TO ROLE A; GRANT USAGE, "
                     "CREATE PIPE, CREATE TASK ON SCHEMA DB.SC TO ROLE A; GRANT USAGE ON WAREHOUSE WH TO ROLE A")
        pipe = "CREATE PIPE P AS COPY INTO T FROM @ST"
        for grant in ("INSERT ON TABLE T", "READ ON STAGE ST", "SELECT ON TABLE T"):
            self.assert_refused(pipe, "", "A")
            self.run_sql(f"GRANT {grant} TO ROLE A")
        self.run_sql(pipe, "A")
        self.run_sql("CREATE TASK K WAREHOUSE = WH SCHEDULE = '1 MINUTE' AS SELECT COUNT(*) FROM T", "A")
        self.assert_refused("ALTER TASK K RESUME", "EXECUTE TASK", "A")
        self.assert_refused("GRANT EXECUTE TASK ON ACCOUNT TO ROLE A", "Insufficient", "A")
        self.run_sql("GRANT EXECUTE TASK ON ACCOUNT TO ROLE A")
        self.run_sql("ALTER TASK K RESUME", "A")
        self.assert_refused(INTEGRATION, "Insufficient", "A")
        self.run_sql("GRANT CREATE INTEGRATION ON ACCOUNT TO ROLE A")
        self.run_sql(INTEGRATION, "A")

    def test_roles_of_roles_and_owners(self):
        self.run_sql("CREATE ROLE A; CREATE ROLE B; GRANT ROLE A TO ROLE B; GRANT USAGE ON DATABASE DB TO ROLE A; "
                     "GRANT USAGE, CREATE TABLE ON SCHEMA DB.SC TO ROLE A; GRANT USAGE ON WAREHOUSE WH TO ROLE A")
        self.run_sql("CREATE TABLE OWN (A INT)", "A")
        self.assertEqual(self.query("SELECT * FROM OWN", "B"), [])
        self.assert_refused("CREATE STAGE S", "Insufficient privileges", "B")
        self.assert_refused("CREATE ROLE C", "Insufficient privileges", "B")
        self.run_sql("CREATE ROLE C; GRANT USAGE ON DATABASE DB TO ROLE C; GRANT USAGE ON SCHEMA DB.SC TO ROLE C; "
                     "GRANT USAGE ON WAREHOUSE WH TO ROLE C")
        with self.assertRaises(SnowflakeError):
            self.query("SELECT * FROM OWN", "C")
        self.run_sql("GRANT OWNERSHIP ON TABLE OWN TO ROLE C")
        self.assertEqual(self.query("SELECT * FROM OWN", "C"), [])


class Formats(WithAccount):
    """Files under file formats: what each option does, and what is done where it is left out."""

    def loaded(self, data, columns="A VARCHAR, B VARCHAR", select=None, path="a.csv", **changed):
        """Rows, or the error's text. changed: options other than the good ones; None leaves one out."""
        options = {**GOOD, **changed}
        self.run_sql(f"CREATE OR REPLACE TABLE T ({columns})")
        self.put(path, data if isinstance(data, bytes) else data.encode())
        words = " ".join(f"{key} = {value}" for key, value in options.items() if value is not None)
        source = f"(SELECT {select} FROM @ST)" if select else "@ST"
        try:
            self.run_sql(f"COPY INTO T FROM {source} FILE_FORMAT = (TYPE = CSV {words})")
        except SnowflakeError as error:
            return error.message.split("\n")[0]
        return self.account.rows(("DB", "SC", "T"))

    def test_every_option_shows(self):
        """Each case loads by the good options as it should; by the changed one (None: left out) something else comes out."""
        packed = gzip.compress(b"1,2\n")
        for data, columns, right, option, *values in (
                ("1,2\n", "A VARCHAR, B VARCHAR", [["1", "2"]], "COMPRESSION", "GZIP", "ZSTD"),
                ("1,2;3,4\n", "A VARCHAR, B VARCHAR, C VARCHAR", [["1", "2;3", "4"]], "RECORD_DELIMITER", "';'"),
                ("\"1\",2\r\n", "A VARCHAR, B VARCHAR", [["1", "2\r"]], "RECORD_DELIMITER", None),
                ("1,2\n", "A VARCHAR, B VARCHAR", [["1", "2"]], "FIELD_DELIMITER", "';'", "NONE"),
                ("1,2\n", "A VARCHAR, B VARCHAR", [["1", "2"]], "SKIP_HEADER", "1"),
                ("1,2\n\n", "A VARCHAR, B VARCHAR", "end of record instead of a field", "SKIP_BLANK_LINES", "TRUE"),
                ("\"x\",\"a,b\n\"\"\"\n", "A VARCHAR, B VARCHAR", [["x", "a,b\n\""]], "FIELD_OPTIONALLY_ENCLOSED_BY", None, "'\\''"),
                ("x,\"a\\\"\n", "A VARCHAR, B VARCHAR", [["x", "a\\"]], "ESCAPE", "'\\\\'"),
                ("a\\,2\n", "A VARCHAR, B VARCHAR", [["a\\", "2"]], "ESCAPE_UNENCLOSED_FIELD", None),
                ("\"\\N\",\"NULL\"\n", "A VARCHAR, B VARCHAR", [["\\N", "NULL"]], "NULL_IF", None, "('NULL')"),
                ("\"\",\n", "A VARCHAR, B VARCHAR", [["", None]], "EMPTY_FIELD_AS_NULL", "FALSE"),
                (" a,\" b \"\n", "A VARCHAR, B VARCHAR", [[" a", " b "]], "TRIM_SPACE", "TRUE"),
                ("1\n", "A VARCHAR, B VARCHAR", "Number of columns in file (1) does not match that of the corresponding table (2)",
                 "ERROR_ON_COLUMN_COUNT_MISMATCH", "FALSE"),
                (b"\xc3\xa9,1\n", "A VARCHAR, B VARCHAR", [["é", "1"]], "ENCODING", "'ISO88591'"),
                ("00ff,1\n", "A BINARY, B VARCHAR", [["\\x00ff", "1"]], "BINARY_FORMAT", "BASE64", "UTF8"),
                ("2026-02-03,1\n", "A DATE, B VARCHAR", [["2026-02-03", "1"]], "DATE_FORMAT", "'YYYY-DD-MM'"),
                ("01:02:03.5,1\n", "A TIME, B VARCHAR", [["01:02:03.5", "1"]], "TIME_FORMAT", "'HH24:MI:SS'"),
                ("2026-02-03 04:05:06.7+00:00,1\n", "A TIMESTAMP_TZ, B VARCHAR", [["2026-02-03 04:05:06.7+00", "1"]],
                 "TIMESTAMP_FORMAT", "'YYYY-MM-DD HH24:MI:SS.FF9'")):
            self.assertEqual(self.loaded(data, columns), right, (option, data))
            for value in values:
                with self.subTest(f"{option} = {value}"):
                    self.assertNotEqual(self.loaded(data, columns, **{option: value}), right)
        self.assertEqual(self.loaded(packed, COMPRESSION="GZIP"), [["1", "2"]])
        self.assertEqual(self.loaded(packed, COMPRESSION=None), [["1", "2"]])  # AUTO knows gzip
        self.assertNotEqual(self.loaded(packed), [["1", "2"]])
        self.assertEqual(self.loaded(zlib.compress(b"1,2\n"), COMPRESSION="DEFLATE"), [["1", "2"]])

    def test_invalid_text(self):
        self.assertIn("invalid UTF8", self.loaded(b"\xff,1\n"))
        self.assertEqual(self.loaded(b"\xff,1\n", REPLACE_INVALID_CHARACTERS="TRUE"), [["\ufffd", "1"]])
        self.assertEqual(self.loaded(b"\xef\xbb\xbf1,2\n"), [["1", "2"]])
        self.assertIn("does not end", self.loaded('1,"x\n'))
        self.assertIn("instead of a delimiter", self.loaded('1,"x"y\n'))
        self.assertEqual(self.loaded('1, "x"\n'), [["1", ' "x"']])

    def test_values(self):
        """Type, text, what is kept, or None where it is refused."""
        for kind, text, kept in (
                ("BOOLEAN", "true", "t"), ("BOOLEAN", "FALSE", "f"), ("BOOLEAN", "t", None), ("BOOLEAN", "1", None),
                ("NUMBER(5,0)", "99999", "99999"), ("NUMBER(5,0)", "100000", None), ("NUMBER(5,2)", "1.005", "1.01"),
                ("NUMBER(38,0)", "9" * 38, "9" * 38), ("NUMBER(38,0)", "9" * 39, None), ("NUMBER(38,0)", "NaN", None),
                ("NUMBER(3,0)", "abc", None), ("NUMBER(3,0)", '""', None), ("FLOAT", "NaN", "NaN"), ("FLOAT", "-Infinity", "-Infinity"),
                ("FLOAT", "1.7976931348623157e308", "1.7976931348623157e+308"), ("FLOAT", "5e-324", "5e-324"), ("FLOAT", "x", None),
                ("VARCHAR(2)", '"éß"', "éß"), ("VARCHAR(2)", "abc", None), ("BINARY(2)", "ABcd", "\\xabcd"), ("BINARY(2)", "abcdef", None),
                ("BINARY", "\\x00", None), ("BINARY", "abc", None), ("BINARY", '""', "\\x"), ("DATE", "0001-01-01", "0001-01-01"),
                ("DATE", "9999-12-31", "9999-12-31"), ("DATE", "10000-01-01", None), ("DATE", "infinity", None), ("DATE", "2026-02-29", None),
                ("TIME(6)", "23:59:59.999999", "23:59:59.999999"), ("TIME(6)", "24:00:00.0", None),
                ("TIMESTAMP_NTZ(6)", "2026-01-01 00:00:00.0+05:00", "2026-01-01 00:00:00"),
                ("TIMESTAMP_TZ(6)", "2026-01-01 00:00:00.0+05:00", "2026-01-01 00:00:00+05"),
                ("TIMESTAMP_TZ(6)", "0001-01-01 00:00:00.000001-12:34", "0001-01-01 00:00:00.000001-12:34"),
                ("TIMESTAMP_TZ(6)", "0001-01-01 00:00:00.0+00:01", None), ("TIMESTAMP_TZ(6)", "9999-12-31 23:59:59.9-00:01", None),
                ("TIMESTAMP_LTZ(6)", "2026-01-01 00:00:00.0+05:00", "2025-12-31 19:00:00+00"),
                ("TIMESTAMP_NTZ(3)", "2026-01-01 00:00:00.123456+00:00", "2026-01-01 00:00:00.123"),
                ("TIMESTAMP_TZ(6)", "2026-01-01 00:00:00.0", None), ("TIMESTAMP_TZ(6)", "infinity", None),
                ("UUID", "A0EEBC99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"), ("UUID", "x", None),
                ("VARIANT", '"{}"', None)):
            with self.subTest(f"{kind} {text}"):
                found = self.loaded(f"{text},x\n", f"A {kind}, B VARCHAR")
                self.assertEqual(found if isinstance(found, list) else None, None if kept is None else [[kept, "x"]])

    def test_zone_of_the_session(self):
        """A timestamp without an offset is not taken for UTC."""
        data, plain = "2026-01-01 00:00:00.0,x\n", "'YYYY-MM-DD HH24:MI:SS.FF9'"
        self.assertEqual(self.loaded(data, "A TIMESTAMP_TZ, B VARCHAR", TIMESTAMP_FORMAT=plain), [["2026-01-01 00:00:00-08", "x"]])
        self.account.parameters["TIMEZONE"] = "UTC"
        self.assertEqual(self.loaded(data, "A TIMESTAMP_LTZ, B VARCHAR", TIMESTAMP_FORMAT=plain), [["2026-01-01 00:00:00+00", "x"]])

    def test_select(self):
        self.assertEqual(self.loaded('1,"{""a"": 1.10}"\n', "A INT, D VARIANT", "$1, PARSE_JSON($2)"), [["1", '{"a": 1.10}']])
        self.assertEqual(self.loaded('1,"null"\n2,\n', "A INT, D VARIANT", "$1, PARSE_JSON($2)"), [["1", "null"], ["2", None]])
        self.assertIn("not JSON", self.loaded('1,"{"\n', "A INT, D VARIANT", "$1, PARSE_JSON($2)"))
        self.assertIn("unreadable", self.loaded('1,"""\\u0000"""\n', "A INT, D VARIANT", "$1, PARSE_JSON($2)"))
        self.assertEqual(self.loaded("1\n", "A INT, B VARCHAR", "$1, $2"), [["1", None]])  # nobody counts a SELECT's fields
        self.assertEqual(self.loaded("7,x\n8,y\n", "A INT, F VARCHAR, N INT", "$1, METADATA$FILENAME, METADATA$FILE_ROW_NUMBER",
                                     path="a.csv"), [["7", "a.csv", "1"], ["8", "a.csv", "2"]])
        self.assertEqual(self.loaded("00ff,\n", "A BINARY, B VARCHAR", "TO_BINARY($1, 'HEX'), NVL($2, 'none')"), [["\\x00ff", "none"]])

    def test_not_null_and_blank_lines(self):
        self.assertIn("non-nullable", self.loaded(",1\n", "A INT NOT NULL, B INT"))
        self.assertIn("end of record", self.loaded("\n", "A INT"))  # NULL in a table of one column
        self.assertEqual(self.loaded('a,b\n"x\ny",2\n', SKIP_HEADER="1"), [["x\ny", "2"]])
        self.assertEqual(self.loaded("1,2"), [["1", "2"]])  # the last record needs no end


class Moments(WithAccount):
    """TIMESTAMP_TZ keeps its offset, and is compared as the moment that it means."""

    def setUp(self):
        super().setUp()
        self.run_sql("CREATE TABLE T (A TIMESTAMP_TZ(6), L TIMESTAMP_LTZ(6), N INT); CREATE VIEW V AS SELECT A, L FROM T")
        moments = ("2026-01-01 00:00:00.5+05:30", "2025-12-31 18:30:00.5+00:00", "2025-12-31 23:00:00-01:00", "1969-12-31 23:59:59+00:00")
        self.put("a.csv", "".join(f"{moment},{moment},{number}\n" for number, moment in enumerate(moments)).encode() + b",,4\n")
        self.run_sql("COPY INTO T FROM @ST")

    def test_shown(self):
        shown = [["1767205800.500000000 1770", "1767205800.500000000"], ["1767205800.500000000 1440", "1767205800.500000000"],
                 ["1767225600.000000000 1380", "1767225600.000000000"], ["-1.000000000 1440", "-1.000000000"], [None, None]]
        self.assertEqual(self.query("SELECT A, L FROM T ORDER BY N"), shown)
        self.assertEqual(sorted(self.query("SELECT * FROM V"), key=str), sorted(shown, key=str))
        session = snowflake_account.Session("ADMIN", "ACCOUNTADMIN", "DB", "SC", "WH")
        for table in ("T", "V"):
            found = self.account.execute(session, f"SELECT A, L, CURRENT_TIMESTAMP() AS C FROM {table}")
            self.assertEqual([column["type"] for column in found.columns], ["timestamp_tz", "timestamp_ltz", "timestamp_ltz"])

    def test_compared(self):
        for condition, found in (
                ("A = '2025-12-31 18:30:00.5+00'", "0 1"), ("A > '2026-01-01 00:00:00 +00:00'::TIMESTAMP_TZ", ""),
                ("A >= '2026-01-01 00:00:00+00:00'", "2"), ("A < CURRENT_TIMESTAMP()", "0 1 2 3"), ("A = L", "0 1 2 3"),
                ("A IN (SELECT MAX(A) FROM T)", "2"), ("A <> (SELECT MIN(A) FROM T)", "0 1 2"), ("A::DATE = '2026-01-01'", "0"),
                ("A::TIMESTAMP_NTZ = '2025-12-31 23:00:00'", "2"), ("A BETWEEN '1970-01-01 00:00:00+00' AND '2026-01-01 00:00:00+00'", "0 1 2"),
                ("DATEADD(hour, 1, A) = '2025-12-31 19:30:00.5+00'", "0 1"), ("A IS NULL", "4")):
            self.assertEqual(" ".join(row[0] for row in self.query(f"SELECT N FROM T WHERE {condition} ORDER BY N")), found, condition)
        self.assertEqual(self.query("SELECT N FROM T ORDER BY A DESC NULLS LAST, N"), [["2"], ["0"], ["1"], ["3"], ["4"]])
        self.assertEqual(self.query("SELECT COUNT(DISTINCT A) AS C, COUNT(*) AS D FROM T"), [["3", "5"]])
        self.assertEqual(self.query("SELECT COUNT(*) AS C FROM T a JOIN T b ON a.A = b.A"), [["6"]])
        self.assertEqual(self.query("SELECT COUNT(*) AS C FROM (SELECT A FROM T GROUP BY A) g"), [["4"]])

    def test_texts(self):
        self.assertEqual(self.query("SELECT '2026-01-31 01:02:03.25 +05:30'::TIMESTAMP_TZ AS a, TO_TIMESTAMP_TZ('2026-01-31 00:00:00-08') AS b, "
                                    "DATEADD(day, 1, '2026-01-31 00:00:00 -08:00'::TIMESTAMP_TZ) AS c"),
                         [["1769801523.250000000 1770", "1769846400.000000000 960", "1769932800.000000000 960"]])
        self.assert_refused("SELECT 'soon'::TIMESTAMP_TZ AS a", "not recognized")


class JsonFormats(WithAccount):
    def loaded(self, text, options=""):
        self.run_sql("CREATE OR REPLACE TABLE T (R VARIANT, F VARCHAR, N INT)")
        self.put("a.jsonl", text.encode())
        try:
            self.run_sql("COPY INTO T FROM (SELECT $1, METADATA$FILENAME, METADATA$FILE_ROW_NUMBER FROM @ST) "
                         f"FILE_FORMAT = (TYPE = JSON {options})")
        except SnowflakeError as error:
            return error.message
        return self.account.rows(("DB", "SC", "T"))

    def test_lines(self):
        self.assertEqual(self.loaded('{"a": 1.0}\n"x"\n'), [['{"a": 1.0}', "a.jsonl", "1"], ['"x"', "a.jsonl", "2"]])
        self.assertEqual(self.loaded("[1, 2]"), [["[1, 2]", "a.jsonl", "1"]])
        self.assertEqual([row[0] for row in self.loaded("[1, 2]", "STRIP_OUTER_ARRAY = TRUE")], ["1", "2"])
        self.assertIn("line 2", self.loaded('{"a": 1}\n{"a": \n'))
        self.assertIn("twice", self.loaded('{"a": 1, "a": 2}'))

    def test_refused(self):
        for options in ("TYPE = JSON SKIP_HEADER = 1", "TYPE = CSV ENABLE_OCTAL = FALSE", "TYPE = JSON STRIP_NULL_VALUES = TRUE"):
            self.assert_refused(f"CREATE FILE FORMAT F {options}")


class Copies(WithAccount):
    def setUp(self):
        super().setUp()
        self.run_sql("CREATE TABLE T (A INT)")

    def copy(self, options=""):
        return self.run_sql(f"COPY INTO T FROM @ST {options}")

    def values(self):
        return sorted(int(row[0]) for row in self.account.rows(("DB", "SC", "T")))

    def test_errors(self):
        self.put("bad.csv", b"1\nx\n2\n")
        self.put("good.csv", b"3\n")
        self.assert_refused("COPY INTO T FROM @ST", "File 'bad.csv', line 2")
        self.assertEqual(self.values(), [])
        rows = {row[0]: row[1:] for row in self.copy("ON_ERROR = SKIP_FILE")}
        self.assertEqual(rows["bad.csv"][:5], ["LOAD_FAILED", "3", "0", "1", "1"])
        self.assertEqual((rows["bad.csv"][5], rows["bad.csv"][6], rows["bad.csv"][8]), ("'x' is no number", "2", '"T"["A":1]'))
        self.assertEqual(rows["good.csv"][:3], ["LOADED", "1", "1"])
        self.assertEqual(self.copy("ON_ERROR = SKIP_FILE_2")[0][:4], ["bad.csv", "PARTIALLY_LOADED", "3", "2"])
        self.assertEqual(self.values(), [1, 2, 3])
        self.assertEqual(self.copy("FORCE = TRUE FILES = ('bad.csv') ON_ERROR = 'SKIP_FILE_33%'")[0][1], "LOAD_FAILED")
        self.assertEqual(self.copy("FORCE = TRUE FILES = ('bad.csv') ON_ERROR = CONTINUE")[0][1], "PARTIALLY_LOADED")
        self.assertEqual(self.values(), [1, 1, 2, 2, 3])

    def test_memory(self):
        self.put("a.csv", b"1\n")
        self.copy()
        self.assertEqual(self.copy(), [["Copy executed with 0 files processed."]])
        self.account.advance(days=63)
        self.assertEqual(self.copy(), [["Copy executed with 0 files processed."]])
        self.put("a.csv", b"2\n")  # other bytes: another ETag
        self.copy()
        self.assertEqual(self.values(), [1, 2])
        self.copy("FORCE = TRUE")
        self.assertEqual(self.values(), [1, 2, 2])
        self.run_sql("CREATE OR REPLACE TABLE T (A INT)")
        self.copy()
        self.assertEqual(self.values(), [2])

    def test_files_and_patterns(self):
        for number, path in enumerate(("t/a.csv", "t/b.csv", "t/c.txt", "u/a.csv")):
            self.put(path, b"%d\n" % number)
        self.run_sql("COPY INTO T FROM @ST/t/ PATTERN = '.*[.]csv'")
        self.assertEqual(self.values(), [0, 1])
        self.run_sql("COPY INTO T FROM @ST/t/ FILES = ('c.txt', 'b.csv')")
        self.assertEqual(self.values(), [0, 1, 2])
        self.assert_refused("COPY INTO T FROM @ST FILES = ('u/a.csv', 'u/none.csv')", "was not found")
        self.assertEqual(self.values(), [0, 1, 2])  # one statement, one transaction
        self.run_sql("COPY INTO T FROM @ST/u FILES = ('/a.csv')")  # nothing is put between path and name
        self.assertEqual(self.values(), [0, 1, 2, 3])

    def test_history(self):
        self.put("a.csv", b"1\n2\n")
        self.copy()
        sql = ("SELECT FILE_NAME, ROW_COUNT, STATUS, PIPE_NAME FROM TABLE(INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => 'T', "
               "START_TIME => DATEADD(hour, -1, CURRENT_TIMESTAMP())))")
        self.assertEqual(self.query(sql), [["a.csv", "2", "Loaded", None]])
        self.account.advance(hours=2)
        self.assertEqual(self.query(sql), [])
        self.assertEqual(len(self.query(sql.replace("hour, -1", "day, -13"))), 1)
        self.account.advance(days=14)
        self.assertEqual(self.query(sql.replace("hour, -1", "day, -60")), [])

    def test_history_is_the_tables(self):
        """Who may not see the table sees no history, and with the table it goes."""
        sql = ("SELECT FILE_NAME FROM TABLE(INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => 'T', "
               "START_TIME => DATEADD(hour, -1, CURRENT_TIMESTAMP())))")
        self.put("a.csv", b"1\n")
        self.copy()
        self.run_sql("CREATE ROLE A; GRANT USAGE ON DATABASE DB TO ROLE A; GRANT USAGE ON SCHEMA DB.SC TO ROLE A; "
                     "GRANT USAGE ON WAREHOUSE WH TO ROLE A")
        self.assert_refused(sql, "does not exist or not authorized", "A")
        self.run_sql("GRANT SELECT ON TABLE T TO ROLE A")
        self.assertEqual(self.query(sql, "A"), [["a.csv"]])
        self.run_sql("DROP TABLE T")
        self.assert_refused(sql, "does not exist or not authorized")
        self.run_sql("CREATE TABLE T (A INT)")
        self.assertEqual(self.query(sql), [])
        self.copy()
        self.assertEqual(self.query(sql), [["a.csv"]])

    def test_delete(self):
        self.put("a.csv", b"1\n2\n3\n")
        self.copy()
        self.assertEqual(self.run_sql("DELETE FROM T WHERE A IN (1, 3)"), [["2"]])
        self.assertEqual(self.query("SELECT A FROM T"), [["2"]])
        self.assertEqual(self.run_sql("DELETE FROM T"), [["1"]])
        self.assert_refused("DELETE FROM NOPE", "does not exist")


class Drops(WithAccount):
    def test_each_kind(self):
        self.run_sql("CREATE TABLE T (A INT); CREATE VIEW V AS SELECT A FROM T; CREATE FILE FORMAT F TYPE = CSV; "
                     "CREATE PIPE P AS COPY INTO T FROM @ST; CREATE TASK K SCHEDULE = '1 MINUTE' AS SELECT COUNT(*) FROM T; CREATE ROLE A")
        for kind, name in (("TASK", "K"), ("PIPE", "P"), ("STAGE", "ST"), ("FILE FORMAT", "F"), ("VIEW", "V"), ("TABLE", "T")):
            with self.subTest(kind):
                self.assert_refused(f"DROP {kind} {name}", "", "A")
                self.run_sql(f"DROP {kind} {name}")
                self.assertNotIn((kind, ("DB", "SC", name)), self.account.things)
                self.assert_refused(f"DROP {kind} {name}", "does not exist")
                self.run_sql(f"DROP {kind} IF EXISTS {name}")
        self.assertEqual(self.account.loads.pipes, {})
        self.assert_refused("DROP DATABASE DB")


class Pipes(WithAccount):
    def setUp(self):
        super().setUp()
        self.run_sql("CREATE TABLE T (A INT); CREATE PIPE P AS COPY INTO T FROM @ST/t/ PATTERN = '.*[.]csv'")
        self.put("t/a.csv", b"1\n")

    def values(self):
        return sorted(int(row[0]) for row in self.account.rows(("DB", "SC", "T")))

    def test_a_name_loads_once_in_14_days(self):
        self.load("t/a.csv")
        self.put("t/a.csv", b"2\n")
        self.assertEqual(self.load("t/a.csv"), (["t/a.csv"], []))
        self.account.advance(days=13, hours=23)
        self.load("t/a.csv")
        self.assertEqual(self.values(), [1])
        self.account.advance(hours=2)
        self.load("t/a.csv")
        self.assertEqual(self.values(), [1, 2])

    def test_created_anew_it_has_forgotten(self):
        self.load("t/a.csv")
        self.run_sql("CREATE PIPE IF NOT EXISTS P AS COPY INTO T FROM @ST/t/")
        self.load("t/a.csv")
        self.assertEqual(self.values(), [1])
        self.run_sql("CREATE OR REPLACE PIPE P AS COPY INTO T FROM @ST/t/")
        self.load("t/a.csv")
        self.assertEqual(self.values(), [1, 1])

    def test_copy_and_pipe_do_not_know_each_other(self):
        self.load("t/a.csv")
        self.run_sql("COPY INTO T FROM @ST/t/")
        self.assertEqual(self.values(), [1, 1])

    def test_other_names(self):
        self.put("t/b.txt", b"2\n")
        self.put("u/a.csv", b"3\n")
        self.assertEqual(self.load("t/b.txt", "u/a.csv", "t/none.csv"), ([], ["t/b.txt", "u/a.csv"]))
        self.assertEqual(self.statuses(), [("t/none.csv", "LOAD_FAILED")])
        self.assertEqual(self.values(), [])
        self.put("t/none.csv", b"4\n")  # it was not there: it is not known
        self.load("t/none.csv")
        self.assertEqual(self.values(), [4])

    def test_skip_file(self):
        self.put("t/bad.csv", b"1\nx\n")
        self.load("t/bad.csv", "t/a.csv")
        self.assertEqual(sorted(self.statuses()), [("t/a.csv", "LOADED"), ("t/bad.csv", "LOAD_FAILED")])
        self.assertEqual(self.values(), [1])
        [event] = [event for event in self.pipe().events if event["path"] == "t/bad.csv"]
        self.assertEqual((event["firstErrorLineNum"], event["rowsInserted"], event["rowsParsed"]), (2, 0, 2))
        self.put("t/bad.csv", b"1\n")
        self.load("t/bad.csv")
        self.assertEqual(self.values(), [1])

    def test_paused(self):
        self.run_sql("ALTER PIPE P SET PIPE_EXECUTION_PAUSED = TRUE")
        self.load("t/a.csv")
        self.assertEqual(self.values(), [])
        self.assertIn('"executionState": "PAUSED", "pendingFileCount": 1', self.query("SELECT SYSTEM$PIPE_STATUS('DB.SC.P')")[0][0])
        self.run_sql("ALTER PIPE P SET PIPE_EXECUTION_PAUSED = FALSE")
        self.account.loads.work_all()
        self.assertEqual(self.values(), [1])

    def test_refresh(self):
        self.put("t/b.csv", b"2\n")
        self.load("t/a.csv")
        self.assertEqual(self.run_sql("ALTER PIPE P REFRESH"), [["t/b.csv", "SENT"]])
        self.account.loads.work_all()
        self.assertEqual(self.values(), [1, 2])
        self.assertEqual(self.run_sql("ALTER PIPE P REFRESH PREFIX = 'x'"), [])

    def test_report(self):
        loads, pipe = self.account.loads, self.pipe()
        self.assertEqual(loads.report(pipe, None), (True, "1_0", []))
        self.load("t/a.csv")
        complete, mark, events = loads.report(pipe, "1_0")
        self.assertEqual((complete, [event["path"] for event in events]), (True, ["t/a.csv"]))
        self.assertEqual(loads.report(pipe, mark), (True, mark, []))
        loads.overlap = 1
        self.assertEqual(loads.report(pipe, mark), (True, mark, events))
        loads.overlap = 0
        self.account.advance(minutes=11)
        self.assertEqual(loads.report(pipe, "1_0"), (False, mark, []))  # the event was missed
        self.assertEqual(loads.report(pipe, mark), (True, mark, []))
        pipe.events += [{**pipe.events[0], "~at": self.account.now()}] * 10001
        complete, _, events = loads.report(pipe, mark)
        self.assertEqual((complete, len(events)), (False, 10000))

    def test_marks(self):
        """A mark is the pipe's that gave it; what was missed since another one, nobody knows."""
        loads = self.account.loads
        self.load("t/a.csv")
        _, mark, events = loads.report(self.pipe(), None)
        for other in ("1_2", "2_0", "0_1", "x", "1_", "1_1 "):
            self.assertEqual(loads.report(self.pipe(), other), (False, mark, events), other)
        self.run_sql("CREATE OR REPLACE PIPE P AS COPY INTO T FROM @ST/t/")
        self.load("t/a.csv")
        complete, other, events = loads.report(self.pipe(), mark)
        self.assertEqual((complete, len(events)), (False, 1))
        self.assertNotEqual(other, mark)
        self.assertEqual(loads.report(self.pipe(), other), (True, other, []))

    def test_late_events(self):
        loads, pipe = self.account.loads, self.pipe()
        start = self.account.now()
        loads.lag = datetime.timedelta(minutes=2)
        self.load("t/a.csv")
        self.assertEqual(loads.report(pipe, None), (True, "1_0", []))
        self.assertEqual(loads.scan(pipe, start, self.account.now())[:2], (True, []))
        self.account.advance(minutes=2)
        self.assertEqual([len(found) for found in loads.report(pipe, "1_0")[1:]], [3, 1])
        self.assertEqual(len(loads.scan(pipe, start, self.account.now())[1]), 1)
        loads.lag = datetime.timedelta(minutes=11)  # it is too late when it could be seen
        self.put("t/b.csv", b"2\n")
        self.load("t/b.csv")
        self.account.advance(minutes=12)
        self.assertEqual(loads.report(pipe, "1_1"), (False, "1_2", []))

    def test_in_progress(self):
        loads, pipe = self.account.loads, self.pipe()
        loads.progress = (8, 60)
        for path, data in (("t/big.csv", b"11\n12\n13\n"), ("t/bad.csv", b"11\n12\nxxx\n"), ("t/one.csv", b"123456789\n")):
            self.put(path, data)
        self.load("t/big.csv", "t/a.csv", "t/bad.csv", "t/one.csv")
        self.assertEqual(sorted(self.statuses()), [("t/a.csv", "LOADED"), ("t/bad.csv", "LOAD_FAILED"), ("t/big.csv", "LOAD_IN_PROGRESS"),
                                                   ("t/one.csv", "LOADED")])
        [event] = [event for event in pipe.events if event["path"] == "t/big.csv"]
        self.assertEqual((event["complete"], event["rowsInserted"], event["rowsParsed"]), (False, 1, 1))
        self.assertEqual(self.values(), [1, 11, 123456789])
        self.assertEqual(self.load("t/big.csv"), (["t/big.csv"], []))
        self.assertIn('"pendingFileCount": 1', self.query("SELECT SYSTEM$PIPE_STATUS('DB.SC.P')")[0][0])
        history = ("SELECT STATUS, ROW_COUNT FROM TABLE(INFORMATION_SCHEMA.COPY_HISTORY(TABLE_NAME => 'T', START_TIME => "
                   "DATEADD(hour, -1, CURRENT_TIMESTAMP()))) WHERE FILE_NAME = 't/big.csv'")
        self.assertEqual(self.query(history), [["Load in progress", "1"]])
        self.account.advance(seconds=61)
        loads.work_all()
        self.assertEqual(self.values(), [1, 11, 12, 13, 123456789])
        self.assertEqual((pipe.events[-1]["status"], pipe.events[-1]["complete"], pipe.events[-1]["rowsInserted"]), ("LOADED", True, 3))
        self.assertEqual(self.query(history), [["Loaded", "3"]])

    def test_the_owner_may_load(self):
        """The rights of who owns a pipe count when it loads."""
        grants = [f"{what} TO ROLE A" for what in ("USAGE ON DATABASE DB", "USAGE ON SCHEMA DB.SC", "SELECT ON TABLE T", "INSERT ON TABLE T",
                                                   "READ ON STAGE ST", "USAGE ON FILE FORMAT F")]
        self.run_sql("CREATE ROLE A; CREATE FILE FORMAT F TYPE = CSV; GRANT CREATE PIPE ON SCHEMA DB.SC TO ROLE A; "
                     + "; ".join(f"GRANT {grant}" for grant in grants))
        self.run_sql("CREATE PIPE Q AS COPY INTO T FROM @ST/t/ FILE_FORMAT = (FORMAT_NAME = 'F')", "A")
        for number, grant in enumerate(grants):
            self.run_sql("REVOKE " + grant.replace(" TO ", " FROM "))
            self.put(f"t/{number}.csv", f"{number}\n".encode())
            self.send(f"t/{number}.csv", name="Q")
            self.account.loads.work_all()
            self.assertEqual((self.values(), len(self.pipe("Q").queue)), ([*range(number)], 1), grant)
            status = self.query("SELECT SYSTEM$PIPE_STATUS('DB.SC.Q')")[0][0]
            self.assertIn('"executionState": "STALLED_COMPILATION_ERROR", "pendingFileCount": 1, "error": "SQL', status)
            self.run_sql("GRANT " + grant)
            self.account.loads.work_all()
            self.assertEqual(self.values(), [*range(number + 1)])
        self.load("t/a.csv")  # another pipe's owner is not in question
        self.assertEqual(self.statuses(), [("t/a.csv", "LOADED")])

    def test_scan(self):
        loads, pipe = self.account.loads, self.pipe()
        start = self.account.now()
        self.load("t/a.csv")
        self.account.advance(minutes=30)
        self.assertEqual(len(loads.scan(pipe, start, self.account.now())[1]), 1)
        self.assertEqual(loads.scan(pipe, self.account.now(), self.account.now())[1], [])
        pipe.events += [{**pipe.events[0], "~at": self.account.now()}] * 10001
        complete, events, until = loads.scan(pipe, start, self.account.now())
        self.assertEqual((complete, len(events), until), (False, 10000, pipe.events[10000]["~at"]))
        self.account.advance(days=15)
        self.assertEqual(loads.scan(pipe, start, self.account.now())[1], [])


class Calls(WithAccount):
    """Snowpipe's calls over HTTP."""

    def setUp(self):
        super().setUp()
        folder = servers.tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        keys = snowflake_jwt.KeyPair(folder.name)
        self.account.add_user("loader", keys.public)
        self.server = snowflake_server.SnowflakeServer(self.account, pipes_run=False)
        self.addCleanup(self.server.close)
        self.client = snowflake_client.Client(self.server, keys)
        self.run_sql("CREATE TABLE T (A INT); CREATE PIPE P AS COPY INTO T FROM @ST/t/; "
                     'CREATE SCHEMA "my sc"; CREATE PIPE "my sc"."p/t" AS COPY INTO T FROM @ST')

    def test_insert_files(self):
        reply = self.client.insert("DB.SC.P", ["t/a", "u/a"], requestId="r-1")
        self.assertEqual((reply.status, reply.body), (200, {"requestId": "r-1", "status": "success", "unmatchedPatternFiles": ["u/a"]}))
        self.assertEqual(self.client.insert("DB.SC.P", ["t/a"], showSkippedFiles="true").body["skippedFiles"], ["t/a"])
        self.assertNotIn("skippedFiles", self.client.insert("DB.SC.P", ["t/a"]).body)
        self.assertEqual(self.client.insert("DB.SC.P", [f"t/{n}" for n in range(5000)]).status, 200)
        self.assertEqual(self.client.insert("DB.SC.P", [f"t/{n}" for n in range(5001)]).status, 400)
        self.assertEqual(self.client.insert("DB.SC.P", ["t/" + "é" * 511]).status, 200)
        self.assertEqual(self.client.insert("DB.SC.P", ["t/" + "é" * 511 + "x"]).status, 400)
        for body in (b"{", {}, {"files": []}, {"files": ["x"]}, {"files": [{"path": 1}]}, {"files": [{"path": "x", "size": "1"}]}):
            self.assertEqual(self.client.send("POST", "/v1/data/pipes/DB.SC.P/insertFiles", body).status, 400, body)
        plain = self.client.send("POST", "/v1/data/pipes/DB.SC.P/insertFiles", b"t/x\nt/y\n", {"Content-Type": "text/plain"})
        self.assertEqual(plain.status, 200)
        self.assertEqual([queued.path for queued in self.pipe().queue][-2:], ["t/x", "t/y"])

    def test_names_of_pipes(self):
        for name, status in (("DB.SC.P", 200), ("db.sc.p", 404), ("DB.SC.NOPE", 404), ("P", 404), ("%22DB%22.%22SC%22.%22P%22", 200),
                             ("DB.%22my%20sc%22.%22p/t%22", 200), ("DB.%22my%20sc%22.%22p%2Ft%22", 200)):
            self.assertEqual(self.client.report(name).status, status, name)

    def test_reports(self):
        self.account.put(STAGE, "t/a", b"1\n")
        self.client.insert("DB.SC.P", ["t/a"])
        self.assertEqual(self.client.report("DB.SC.P").body["statistics"], {"activeFilesCount": 1})
        self.account.loads.work_all()
        body = self.client.report("DB.SC.P", beginMark="1_0").body
        self.assertEqual((body["pipe"], body["completeResult"], body["nextBeginMark"]), ("DB.SC.P", True, "1_1"))
        self.assertEqual([(file["path"], file["status"], file["complete"]) for file in body["files"]], [("t/a", "LOADED", True)])
        start = "2020-01-01T00:00:00.000Z"
        self.assertEqual(len(self.client.scan("DB.SC.P", startTimeInclusive=start).body["files"]), 1)
        self.assertEqual(self.client.scan("DB.SC.P", startTimeInclusive=start, endTimeExclusive="2021-01-01T00:00:00Z").body["files"], [])
        self.assertEqual(self.client.scan("DB.SC.P").status, 400)
        self.assertEqual(self.client.scan("DB.SC.P", startTimeInclusive="yesterday").status, 400)
        self.server.scans_left = 1
        self.assertEqual([self.client.scan("DB.SC.P", startTimeInclusive=start).status for _ in range(2)], [200, 429])

    def test_faults_in_reports(self):
        """Each is told at some time, and what is missing is said to be, or comes later."""
        start = self.account.now().isoformat()
        for number in range(4):
            self.account.put(STAGE, f"t/{number}", b"1\n")
        self.client.insert("DB.SC.P", [f"t/{number}" for number in range(4)])
        self.account.loads.work_all()

        def ask(call, **query):
            body = getattr(self.client, call)("DB.SC.P", **query).body
            return body["completeResult"], len(body["files"]), body.get("nextBeginMark") or body["rangeEndTime"]
        for fault, found in (("late", (True, 0, "1_1")), ("incomplete", (False, 1, "1_4")), ("repeated", (True, 4, "1_4"))):
            self.server.add_fault(fault)
            self.assertEqual(self.client.insert("DB.SC.P", ["t/0"]).status, 200)  # it strikes reports only
            self.assertEqual(ask("report", beginMark="1_1"), found, fault)
            self.assertEqual(ask("report", beginMark="1_1"), (True, 3, "1_4"))
        self.server.add_fault("incomplete", "insertReport")
        self.assertEqual(ask("report", beginMark="1_4"), (False, 0, "1_4"))
        self.account.advance(seconds=6)
        self.account.put(STAGE, "t/4", b"1\n")
        self.client.insert("DB.SC.P", ["t/4"])
        self.account.loads.work_all()
        for fault, found in (("late", (True, 4)), ("incomplete", (False, 2)), ("repeated", (True, 10))):
            self.server.add_fault(fault)
            complete, count, end = ask("scan", startTimeInclusive=start)
            self.assertEqual((complete, count), found, fault)
            if not complete:
                complete, count, _ = ask("scan", startTimeInclusive=end)
                self.assertTrue(complete and count >= 3, count)  # those of the same millisecond are told again
        self.server.storm(7, 0.5, ("late",))
        self.assertEqual({ask("report", beginMark="1_4")[1] for _ in range(20)}, {0, 1})
        self.assertEqual({seen.fault for seen in self.server.seen if seen.call == "insertFiles"}, {None})

    def test_lost_answers(self):
        self.server.add_fault("500-after", "insertFiles")
        self.assertEqual(self.client.insert("DB.SC.P", ["t/a"]).status, 500)
        self.assertEqual(self.client.insert("DB.SC.P", ["t/a"], showSkippedFiles="true").body["skippedFiles"], ["t/a"])
        self.server.add_fault(429, "insertFiles")
        self.assertEqual(self.client.insert("DB.SC.P", ["t/b"]).status, 429)
        self.assertEqual([queued.path for queued in self.pipe().queue], ["t/a"])


class FromS3(WithAccount):
    """External stages, and notifications of a bucket."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.s3 = servers.shared(servers.S3Proxy)

    def setUp(self):
        super().setUp()
        self.bucket = self.s3.bucket("snow")
        self.account.s3 = self.s3.client()
        self.run_sql(INTEGRATION.replace("s3://lake", f"s3://{self.bucket}") + f"""; CREATE TABLE T (A INT, F VARCHAR);
            CREATE STAGE E URL = 's3://{self.bucket}/a/' STORAGE_INTEGRATION = INT;
            CREATE PIPE P AUTO_INGEST = TRUE AS COPY INTO T FROM (SELECT $1, METADATA$FILENAME FROM @E/t/) PATTERN = '.*[.]csv'""")
        self.written = []

    def write(self, key, text):
        self.s3.client().put(self.bucket, key, text.encode())
        self.written.append(key)

    def rows(self):
        return sorted((int(number), name) for number, name in self.account.rows(("DB", "SC", "T")))

    def test_notifications(self):
        for number in range(12):
            self.write(f"a/t/dt=1/{number}.csv", f"{number}\n")
        self.write("a/t/x.txt", "99\n")
        self.write("a/u/y.csv", "99\n")
        told = snowflake_pipes.Notifications(self.account, self.bucket, seed=3, duplicate=0.5, lost=0.3)
        told.poll()
        told.poll(last=True)
        self.account.loads.work_all()
        self.assertGreater(len(told.never), 0)
        self.assertGreater(len(self.account.loads.notified), len(set(self.account.loads.notified)))
        self.assertNotEqual(self.account.loads.notified, sorted(self.account.loads.notified))
        lost = [key for key in told.never if key.startswith("a/t/dt")]
        self.assertEqual(self.rows(), [(n, f"a/t/dt=1/{n}.csv") for n in range(12) if f"a/t/dt=1/{n}.csv" not in lost])
        self.run_sql("ALTER PIPE P REFRESH")
        self.account.loads.work_all()
        self.assertEqual(self.rows(), [(n, f"a/t/dt=1/{n}.csv") for n in range(12)])

    def test_bulk_copy(self):
        self.write("a/t/1.csv", "1\n")
        self.write("a/t2/2.csv", "2\n")
        copy = "COPY INTO T FROM (SELECT $1, METADATA$FILENAME FROM @E/t/)"
        [[file, status, *_]] = self.run_sql(copy)
        self.assertEqual((file, status), (f"s3://{self.bucket}/a/t/1.csv", "LOADED"))
        self.assertEqual(self.run_sql(copy), [["Copy executed with 0 files processed."]])
        self.run_sql(copy.replace("@E/t/", "@E/t"))  # without the slash, t2/ is meant, too
        self.assertEqual(self.rows(), [(1, "a/t/1.csv"), (2, "a/t2/2.csv")])

    def test_pattern_of_bulk_copy_sees_the_whole_place(self):
        self.write("a/t/1.csv", "1\n")
        copy = "COPY INTO T FROM (SELECT $1, METADATA$FILENAME FROM @E/t/) PATTERN = "
        self.assertEqual(self.run_sql(copy + "'1[.]csv'"), [["Copy executed with 0 files processed."]])
        self.assertEqual(self.run_sql(copy + "'.*/1[.]csv'")[0][1], "LOADED")

    def test_without_integration(self):
        self.write("a/t/1.csv", "1\n")
        self.run_sql(f"CREATE STAGE O URL = 's3://{self.bucket}/a/'; CREATE TABLE U (A INT); CREATE PIPE Q AS COPY INTO U FROM @O/t/")
        self.assert_refused("COPY INTO U FROM @O/t/", "Access Denied")
        self.assert_refused("COPY INTO U FROM @O/t/ FILES = ('1.csv')", "credentials may be missing")
        self.send("t/1.csv", name="Q")
        self.account.loads.work_all()
        self.assertEqual([event["status"] for event in self.pipe("Q").events], ["LOAD_FAILED"])

    def test_without_auto_ingest(self):
        self.run_sql("CREATE TABLE U (A INT); CREATE PIPE Q AS COPY INTO U FROM @E/t/")
        self.write("a/t/1.csv", "1\n")
        self.account.loads.notify(self.bucket, "a/t/1.csv")
        self.account.loads.work_all()
        self.assertEqual(self.account.rows(("DB", "SC", "U")), [])
        self.assertEqual(self.rows(), [(1, "a/t/1.csv")])
        self.load("t/1.csv", "t/1.csv")
        self.assertEqual(self.rows(), [(1, "a/t/1.csv")])


if __name__ == "__main__":
    unittest.main()
