"""test_csv_copy.py: PostgreSQL's server-side COPY (FORMAT csv) reads the objects into columns of the types that the stream had, and
finds the values that PostgreSQL itself makes of the input; so does DuckDB, which shares no code with either."""
import csv
import io
import json
import random
import subprocess
import unittest

from lib import csv_reader, servers, suite, values, weir

SEED = suite.seed()
ROWS = 3000
NAMES = ", ".join(name for name, _ in values.COLUMNS)
TYPED = ", ".join(f"{name} {kind}" for name, kind in values.COLUMNS)
JOB = f"""
CREATE STREAM s (id bigint, {TYPED}) WITH (connector = 'file', path = 'in.jsonl', format = 'json');
CREATE SINK plain WITH (location = 'plain/', format = 'csv', max_file_size = '200kB') AS SELECT id, {NAMES} FROM s;
CREATE SINK zipped WITH (location = 'zipped/', format = 'csv', compression = 'gzip', header = true, partition_by = 'b')
AS SELECT {NAMES}, id FROM s;
"""


# It would find out the end of records by itself, and take a CR in a text for one. What is cast where it is read is not even parsed as its
# type: so there is a table between.
# Types of DuckDB for those that it has otherwise; what only fits into text is text.
DUCKDB_TYPES = {"double precision": "DOUBLE", "numeric": "VARCHAR", "numeric(50,10)": "VARCHAR", "text": "VARCHAR", "interval": "VARCHAR",
                "jsonb": "JSON"}
DUCKDB_READ = """
import duckdb, json, sys
asked = json.load(sys.stdin)
connection = duckdb.connect()
connection.execute("SET TimeZone = 'UTC'")
connection.execute("CREATE TABLE files AS FROM read_csv({files}, columns = {columns}, header = {header}, compression = '{compression}', "
                   "auto_detect = false, delim = ',', quote = '{quote}', escape = '{quote}', nullstr = '', allow_quoted_nulls = false, hive_partitioning = false, "
                   "new_line = '{line}')".format(**asked, quote=chr(34), line=chr(92) + "n"))
types = connection.execute("SELECT column_name, column_type FROM (DESCRIBE files)").fetchall()
rows = connection.execute("SELECT CAST(COLUMNS(*) AS VARCHAR) FROM files ORDER BY files.id").fetchall()
json.dump([dict(types), rows], sys.stdout)
"""


@suite.needs_servers
class WithObjects(unittest.TestCase):
    """What a job has written, and what PostgreSQL makes of its input in a table of its own."""

    @classmethod
    def setUpClass(cls):
        print(f"WEIR_TEST_SEED={SEED}", flush=True)
        cls.postgres = servers.shared(servers.Postgres)
        cls.folder = weir.scratch(cls, "copy")
        make = values.Values(random.Random(SEED))
        lines = [values.line({"id": str(number), **make.row(refuse=0)[0]}) for number in range(ROWS)]
        (cls.folder / "in.jsonl").write_text("".join(lines))
        (cls.folder / "job.sql").write_text(JOB)
        weir.run("-q", "--batch", "-f", "job.sql", cwd=cls.folder, check=0)
        converted = ", ".join(f"(line->>'{name}')::{kind} AS {name}" if name != "j" else
                              "CASE WHEN line->>'j' IS NOT NULL THEN (line->'j')::jsonb END AS j" for name, kind in values.COLUMNS)
        cls.postgres.psql(f"""
            CREATE SCHEMA csv_copy; SET search_path = csv_copy;
            CREATE TABLE lines (line json);
            COPY lines FROM '{cls.folder}/in.jsonl' (FORMAT csv, DELIMITER E'\\x02', QUOTE E'\\x03');
            CREATE TABLE source AS SELECT (line->>'id')::bigint AS id, {converted} FROM lines;""")
        cls.addClassCleanup(cls.postgres.psql, "SET client_min_messages = warning; DROP SCHEMA csv_copy CASCADE")


class Copy(WithObjects):
    def load(self, sink, columns, options=""):
        """The objects of a sink in a table of its name; what was compressed is unpacked first."""
        script = [f"SET search_path = csv_copy; CREATE TABLE {sink} ({columns});"]
        for number, path in enumerate(csv_reader.data_objects(self.folder / sink)):
            file = self.folder / f"{sink}-{number}.csv"
            file.write_bytes(csv_reader.read_bytes(path))
            script.append(f"COPY {sink} FROM '{file}' (FORMAT csv{options});")
        self.assertGreater(len(script), 3, "one object only")
        self.postgres.psql("\n".join(script))

    def assert_equal(self, sink):
        """Rows and each column, in PostgreSQL's text form: equal intervals or doubles may differ in it."""
        counts = self.postgres.psql(f"SELECT count(*), count(DISTINCT id) FROM csv_copy.{sink}")
        self.assertEqual(counts, f"{ROWS}|{ROWS}\n")
        for name, _ in values.COLUMNS:
            different = self.postgres.psql(f"""SELECT id, a.{name}, b.{name} FROM csv_copy.source a FULL JOIN csv_copy.{sink} b USING (id)
                WHERE a.{name}::text IS DISTINCT FROM b.{name}::text LIMIT 5""")
            self.assertEqual(different, "", f"column {name}: id, what PostgreSQL makes of the input, what it reads back")

    def test_plain(self):
        self.load("plain", f"id bigint, {TYPED}")
        self.assert_equal("plain")

    def test_zipped(self):
        self.load("zipped", f"{TYPED}, id bigint", ", HEADER")
        self.assert_equal("zipped")

    def test_intervals_are_spelled_as_postgresql_spells_them(self):
        read = dict(self.interval_texts())
        texts = self.postgres.psql("SET intervalstyle = iso_8601; SELECT id, iv FROM csv_copy.source WHERE iv IS NOT NULL")
        self.assertEqual(read, dict(line.split("|") for line in texts.splitlines()))

    def interval_texts(self):
        column = [name for name, _ in values.COLUMNS].index("iv") + 1
        return [(row[0], row[column]) for row in csv_reader.read_folder(self.folder / "plain") if row[column] is not None]


class DuckDb(WithObjects):
    maxDiff = None
    @classmethod
    def setUpClass(cls):
        cls.duckdb = servers.from_pypi("duckdb", "duckdb==2.0.0")
        super().setUpClass()
        csv.field_size_limit(1 << 30)
        out = cls.folder / "source.csv"
        cls.postgres.psql(f"SET intervalstyle = iso_8601; COPY (SELECT id, {NAMES} FROM csv_copy.source ORDER BY id) TO STDOUT (FORMAT csv, "
                          "NULL '~NULL~')", "-o", out)
        rows = csv.reader(io.StringIO(out.read_bytes().decode(), newline=""), strict=True)
        cls.source = [[None if value == "~NULL~" else value for value in row] for row in rows]

    def read(self, sink, columns, header, compression):
        files = [str(path) for path in csv_reader.data_objects(self.folder / sink)]
        asked = {"files": files, "columns": {name: DUCKDB_TYPES.get(kind, kind.upper()) for name, kind in columns}, "header": header,
                 "compression": compression}
        done = subprocess.run([self.duckdb, "-c", DUCKDB_READ], input=json.dumps(asked), capture_output=True, text=True,
                              timeout=300, check=False)
        self.assertEqual(done.stderr[-2000:], "")
        return json.loads(done.stdout)

    def assert_equal(self, sink, columns, header, compression):
        """DuckDB's texts of each column; its doubles are spelled otherwise."""
        types, rows = self.read(sink, columns, header, compression)
        self.assertEqual([types[name] for name in ("b", "l", "d", "n37", "ts", "tz", "u", "j")],
                         ["BOOLEAN", "BIGINT", "DOUBLE", "DECIMAL(38,37)", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "UUID", "JSON"])
        self.assertEqual(len(rows), ROWS)
        source = dict(zip(["id", *(name for name, _ in values.COLUMNS)], zip(*self.source)))
        for (name, _), found in zip(columns, zip(*rows)):
            spelled = {"d": lambda text: text and repr(float(text)), "b": lambda text: text and text[0]}.get(name, lambda text: text)
            different = [pair for pair in zip(map(spelled, found), map(spelled, source[name])) if pair[0] != pair[1]]
            self.assertEqual(different[:5], [], f"column {name}: what DuckDB reads, what PostgreSQL makes of the input")

    def test_plain(self):
        self.assert_equal("plain", [("id", "bigint"), *values.COLUMNS], False, "none")

    def test_zipped(self):
        self.assert_equal("zipped", [*values.COLUMNS, ("id", "bigint")], True, "gzip")


if __name__ == "__main__":
    unittest.main()
