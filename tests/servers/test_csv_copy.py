"""test_csv_copy.py: PostgreSQL's server-side COPY (FORMAT csv) reads the objects into columns of the types that the stream had, and
finds the values that PostgreSQL itself makes of the input."""
import random
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


@suite.needs_servers
class Copy(unittest.TestCase):
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


if __name__ == "__main__":
    unittest.main()
