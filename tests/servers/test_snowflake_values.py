"""test_snowflake_values.py: every type at its borders and every kind of text, written to S3 by a job and loaded by the statements that
Weir prints, each way of loading with each way of writing: a value in the table is that of the same query by Weir's console and by
PostgreSQL."""
import csv
import decimal
import io
import json
import os
import subprocess
import tempfile
import unittest

from lib import borders, pg_wire, servers, snowflake_account, snowflake_jwt, snowflake_load, snowflake_pipes, snowflake_server, suite, values, weir

SEED = suite.seed()
NULL = "~NULL~"
NAMES = [name for name, _ in borders.COLUMNS]
TYPED = ", ".join(f"{name} {kind}" for name, kind in borders.COLUMNS)
QUERY = f"SELECT t, id, {', '.join(name for name in NAMES if name != 't')}, j -> 'a' AS ja FROM s"
FUZZED = "SELECT t1, t2, id, t3 FROM f"
STREAMS = f"""
CREATE STREAM s (id bigint, {TYPED}) WITH (connector = 'file', path = 'borders.jsonl', format = 'json');
CREATE STREAM f (id bigint, t1 text, t2 text, t3 text) WITH (connector = 'file', path = 'fuzz.jsonl', format = 'json');
"""
MODES = {"none": "auto_ingest", "gzip": "rest", "zstd": "copy"}
# Sink: query, compression, header
SINKS = {**{f"b_{compression}_{header}": (QUERY, compression, header) for compression in MODES for header in ("on", "off")},
         "f_none": (FUZZED, "none", "off"), "f_gzip": (FUZZED, "gzip", "on"), "f_zstd": (FUZZED, "zstd", "off")}


class Place:
    """Where jobs of a class of tests write and load: an S3 server with a bucket, and an account with ADMIN and LOADER, who has ROLE."""

    def __init__(self, case, role):
        self.role, self.s3 = role, servers.shared(servers.S3Proxy)
        self.bucket, self.folder = self.s3.bucket("values"), weir.scratch(case, "values")
        folder = tempfile.TemporaryDirectory()
        case.addClassCleanup(folder.cleanup)
        self.keys = {name: snowflake_jwt.KeyPair(folder.name, name=name) for name in ("admin", "loader")}
        self.account = snowflake_account.Account(servers.shared(servers.Postgres), self.s3.client())
        case.addClassCleanup(self.account.close)
        self.account.add_database("DB", "SC")
        self.account.add_user("admin", self.keys["admin"].public, warehouse="WH")
        self.account.add_user("loader", self.keys["loader"].public, role="PUBLIC")
        self.server = snowflake_server.SnowflakeServer(self.account)
        case.addClassCleanup(self.server.close)
        self.told = snowflake_pipes.Notifications(self.account, self.bucket, seed=SEED, duplicate=0.2)

    def environment(self, user="loader"):
        return {**self.s3.environment(), "SNOWFLAKE_ACCOUNT": "myorg-myacct", "SNOWFLAKE_USER": user, "SNOWFLAKE_HOST": self.server.endpoint,
                "SNOWFLAKE_WAREHOUSE": "wh", "SNOWFLAKE_PRIVATE_KEY_PATH": str(self.keys[user].private)}

    def run(self, *words, user="loader"):
        """weir in the folder of the job."""
        return weir.run(*words, env=self.environment(user), cwd=self.folder, check=0)

    def load(self, job):
        """Has a job's statements executed, the job run and its notifications delivered, until nothing is left to load."""
        (self.folder / "job.sql").write_text(job)
        self.run("snowflake", "apply", "--yes", "-f", "job.sql", user="admin")
        self.account.script(f"GRANT ROLE {self.role} TO USER loader; ALTER USER loader SET DEFAULT_ROLE = {self.role}")
        self.run("-q", "--batch", "-f", "job.sql")
        self.told.poll()
        self.told.poll(last=True)
        self.account.wait(lambda: not any(pipe.queue for pipe in self.account.loads.pipes.values()))
        assert not self.server.problems, self.server.problems

    def sink(self, name, query, options="", load="auto_ingest"):
        return (f"CREATE SINK {name} WITH (location = 's3://{self.bucket}/{name}/', format = 'csv', snowflake_table = 'db.sc.{name}', "
                f"snowflake_load = '{load}', snowflake_integration = 'int', snowflake_warehouse = 'wh', "
                f"snowflake_aws_role = 'arn:aws:iam::123456789012:role/snow'{options}) AS {query};\n")

    def table(self, name, expressions="*", order="ID"):
        """Texts of PostgreSQL, which has the tables."""
        with self.account.lock:
            return self.account.pg.query(f"SELECT {expressions} FROM {self.account.pg_table(('DB', 'SC', name.upper()))} "
                                         f"ORDER BY {pg_wire.name(order)}").rows

    def failures(self):
        with self.account.lock:
            return self.account.pg.query('SELECT "FILE_NAME", "FIRST_ERROR_MESSAGE" FROM snowflake.history WHERE "STATUS" <> '
                                         "'Loaded'").rows


def records(text):
    """Rows of CSV as psql and COPY write it."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    return [[None if field == NULL else field for field in row] for row in reader][1:]


def variant(text):
    """What a VARIANT is of a jsonb: numbers of more than 38 digits are doubles in it."""
    def number(digits):
        found = decimal.Decimal(digits)
        exact = len(found.as_tuple().digits) <= 38 and abs(found.adjusted()) < 38
        return found if exact else float(digits)
    return values.canonical(json.loads(text, parse_int=number, parse_float=number))


def same_json(found, expected):
    return same_variant(variant(found), variant(expected))


def same_variant(found, expected):
    """found may write a double with all its digits."""
    if isinstance(expected, tuple) and expected[0] == "float":
        return isinstance(found, tuple) and float(found[1]) == float(expected[1])
    if isinstance(expected, list):
        return isinstance(found, list) and len(found) == len(expected) and all(map(same_variant, found, expected))
    if isinstance(expected, dict):
        return isinstance(found, dict) and found.keys() == expected.keys() and all(same_variant(found[key], expected[key]) for key in found)
    return found == expected


@suite.needs_servers
class Values(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        print(f"WEIR_TEST_SEED={SEED}", flush=True)
        csv.field_size_limit(1 << 30)
        cls.place = Place(cls, "WEIR_JOB")
        cls.borders, cls.fuzz = borders.rows(), borders.fuzz(SEED, 5000)
        cls.postgres = servers.shared(servers.Postgres)
        for name, rows in (("borders", cls.borders), ("fuzz", cls.fuzz)):
            (cls.place.folder / f"{name}.jsonl").write_text("".join(values.line({"id": str(n), **row}) for n, row in enumerate(rows)))
        cls.place.load("SET commit_rows = 150;\n" + STREAMS + "".join(
            cls.place.sink(name, query, f", compression = '{compression}', header = {header}", MODES[compression])
            for name, (query, compression, header) in SINKS.items()))

    def console(self, query):
        """Rows in Weir's console: the stream's file as a table is read to its end."""
        return self.printed(STREAMS.replace("CREATE STREAM", "CREATE TABLE") + f"\\pset null '{NULL}'\n{query};\n")

    def printed(self, script):
        (self.place.folder / "console.sql").write_text(script)
        done = subprocess.run(weir.command("-q", "--csv", "-f", "console.sql"), cwd=self.place.folder, capture_output=True, timeout=120,
                              env={**os.environ, **self.place.environment()}, check=False)
        self.assertEqual(done.stderr, b"")
        return records(done.stdout.decode())

    def by_postgres(self, query, style="postgres"):
        """The same of PostgreSQL, which reads the file by itself."""
        def of(columns):
            return ", ".join(["(line->>'id')::bigint AS id"] + [
                f"(line->>'{name}')::{kind} AS {name}" if kind != "jsonb" else
                f"CASE WHEN line->>'{name}' IS NOT NULL THEN (line->'{name}')::jsonb END AS {name}" for name, kind in columns])
        copy = "COPY {0} FROM '{1}/{2}.jsonl' (FORMAT csv, DELIMITER E'\\x02', QUOTE E'\\x03');"
        out = self.place.folder / "psql.csv"
        self.postgres.psql(f"""
            BEGIN; CREATE TEMP TABLE s_lines (line json); CREATE TEMP TABLE f_lines (line json);
            {copy.format('s_lines', self.place.folder, 'borders')} {copy.format('f_lines', self.place.folder, 'fuzz')}
            CREATE TEMP VIEW s AS SELECT {of(borders.COLUMNS)} FROM s_lines;
            CREATE TEMP VIEW f AS SELECT {of([('t1', 'text'), ('t2', 'text'), ('t3', 'text')])} FROM f_lines;
            SET intervalstyle = {style};
            COPY ({query}) TO STDOUT (FORMAT csv, HEADER, NULL '{NULL}'); ROLLBACK;""", "-o", out)
        return records(out.read_bytes().decode())

    def assert_same(self, name, texts, wanted):
        """Of a column."""
        same = same_json if name in ("j", "ja") else str.__eq__
        different = [pair for pair in zip(texts, wanted) if pair != (None, None) and (None in pair or not same(*pair))]
        self.assertEqual(different, [], "what the table has, and what it should have")

    def test_borders(self):
        query = QUERY + " ORDER BY id"
        expected = self.console(query)
        self.assertEqual(expected, self.by_postgres(query))
        self.assertEqual(len(expected), len(self.borders))
        names = ["t", "id", *(name for name in NAMES if name != "t"), "ja"]
        intervals = [row[names.index("iv")] for row in self.by_postgres(query, "iso_8601")]
        shown = ", ".join(pg_wire.name(name.upper()) + ("::interval::text" if name == "iv" else "") for name in names)
        for sink in SINKS:
            if not sink.startswith("b_"):
                continue
            found = self.place.table(sink, shown)
            self.assertEqual(len(found), len(expected), sink)
            for name, texts, wanted in zip(names, zip(*found), zip(*expected)):
                with self.subTest(sink=sink, column=name):
                    self.assert_same(name, texts, wanted)
            self.assertEqual([row[0] for row in self.place.table(sink, '"IV"')], intervals)

    def test_asked(self):
        """The console asks Snowflake: the same values, but for what a table has in another form."""
        names = ["t", "id", *(name for name in NAMES if name not in ("t", "iv")), "ja"]
        listed = ", ".join(names)
        found = self.printed(f"\\pset null '{NULL}'\n\\snow SELECT {listed} FROM db.sc.b_gzip_on ORDER BY id\n")
        for name, texts, wanted in zip(names, zip(*found), zip(*self.console(f"SELECT {listed} FROM ({QUERY}) q ORDER BY id"))):
            with self.subTest(name):
                self.assert_same(name, texts, wanted)
        self.assertEqual(len(found), len(self.borders))

    def test_fuzz(self):
        expected = self.console(FUZZED + " ORDER BY id")
        self.assertEqual(expected, self.by_postgres(FUZZED + " ORDER BY id"))
        for sink in ("f_none", "f_gzip", "f_zstd"):
            self.assertEqual(self.place.table(sink), expected, sink)

    def test_nothing_failed(self):
        self.assertEqual(self.place.failures(), [])
        loaded = {name[2].rsplit("_", 1)[0]: len(pipe.events) for name, pipe in self.place.account.loads.pipes.items() if pipe.events}
        self.assertEqual(set(loaded), {name.upper() for name, (_, compression, _) in SINKS.items() if compression != "zstd"})
        self.assertGreater(min(loaded.values()), 1)
        copied = {table[2] for table, _, _ in self.place.account.metadata}
        self.assertEqual(copied, {name.upper() for name, (_, compression, _) in SINKS.items() if compression == "zstd"})


@suite.needs_servers
class Refused(unittest.TestCase):
    """What the tables can't hold becomes a dead letter with its column and SQLSTATE; the rows beside it are loaded."""

    LONGEST = 16777216  # characters of a VARCHAR

    def test_dead_letters(self):
        place = Place(self, "WEIR_JOB")
        alone = [({"t": '"x"'}, None), ({}, ("t", "22004")), ({"t": '""'}, None)]
        part = json.dumps("é" * (self.LONGEST // 16), ensure_ascii=False)
        long = [({"t": part, "more": '""'}, None), ({"t": part, "more": '"x"'}, ("t", "22001"))]
        cases = [({column: text}, (column, state)) for column, text, state in borders.REFUSED]
        cases += [(row, None) for row in borders.rows()[:3]]
        queries = {"alone": "t", "long": f"id, {' || '.join(['t'] * 16)} || more AS t"}
        streams = {"s": cases, "alone": alone, "long": long}
        job = STREAMS.partition("CREATE STREAM f")[0] + place.sink("of_s", QUERY)
        for name, rows in streams.items():
            (place.folder / ("borders.jsonl" if name == "s" else f"{name}.jsonl")).write_text(
                "".join(values.line({"id": str(number), **row}) for number, (row, _) in enumerate(rows)))
            if name != "s":
                job += (f"CREATE STREAM {name} (id bigint, t text, more text) WITH (connector = 'file', path = '{name}.jsonl', format = 'json');\n"
                        + place.sink(f"of_{name}", f"SELECT {queries[name]} FROM {name}", ", compression = 'zstd'"))
        place.load(job)
        self.assertEqual(place.failures(), [])
        self.assertEqual(self.letters(place), {(name, number, *letter) for name, rows in streams.items()
                                               for number, (_, letter) in enumerate(rows) if letter})
        self.assertEqual([row[0] for row in place.table("of_s", '"ID"')], [str(n) for n, (_, letter) in enumerate(cases) if not letter])
        self.assertEqual(place.table("of_alone", order="T"), [[""], ["x"]])
        self.assertEqual(place.table("of_long", '"ID", length("T")'), [["0", str(self.LONGEST)]])

    @staticmethod
    def letters(place):
        """(stream, number of the row, field, SQLSTATE)"""
        found = [json.loads(line) for path in (place.folder / ".weir").rglob("dead/**/*.jsonl*")
                 for line in snowflake_load.decompress(path.read_bytes(), "AUTO").splitlines()]
        return {(letter["stream"], letter["offset"], letter.get("field"), letter["sqlstate"]) for letter in found}


if __name__ == "__main__":
    unittest.main()
