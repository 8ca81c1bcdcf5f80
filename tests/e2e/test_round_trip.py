"""test_round_trip.py: what a sink writes, loaded by the statements that Weir prints for it, is what went in: values of every type at
random and at their borders, through each kind of sink. And each option of the file format is there for a reason."""
import json
import random
import unittest

from lib import ddl_mutants, snowflake, suite, values, weir

SEED = suite.seed()
ROWS = 6000 if suite.WORLD else 2000
PLACES = ["", "de", "a/b", "..", "=", "100%", "__HIVE_DEFAULT_PARTITION__", "é ☃", "\n", "'\"\\", None]
COLUMNS = ", ".join(name for name, _ in values.COLUMNS)
JOB = f"""
SET commit_rows = 700;
CREATE STREAM s (id bigint, k text, e timestamptz, {', '.join(' '.join(column) for column in values.COLUMNS)},
                 WATERMARK FOR e AS e - INTERVAL '1 hour')
    WITH (connector = 'file', path = 'in-*.jsonl', format = 'json');
CREATE SINK plain WITH (location = 'plain/', format = 'csv', max_file_size = '50kB', partition_by = 'k', snowflake_table = 'PLAIN')
AS SELECT id, k, {COLUMNS} FROM s;
CREATE SINK zipped WITH (location = 'zipped/', format = 'csv', compression = 'gzip', header = true, max_file_size = '20kB',
                         snowflake_table = 'db.sc."zipped"')
AS SELECT {COLUMNS}, id, k FROM s;
CREATE SINK no_zone WITH (location = 'no_zone/', format = 'csv', header = true, snowflake_table = 'NO_ZONE')
AS SELECT da, ts, id, t FROM s;
CREATE SINK grouped WITH (location = 'grouped/', format = 'csv', compression = 'gzip', snowflake_table = 'GROUPED')
AS SELECT window_start, id, b, i, l, d, n0, n10, n, t, da, ts, tz, iv, u, min(t) AS t2, max(ts) AS ts2, sum(n37) AS n37, count(*) AS c
   FROM TUMBLE(s, e, INTERVAL '1 hour')
   GROUP BY window_start, window_end, id, b, i, l, d, n0, n10, n, t, da, ts, tz, iv, u;
"""


def objects(folder):
    """{path below the folder: bytes}"""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*")
            if path.is_file() and ".weir-tmp" not in path.parts}


def setUpModule():
    print(f"WEIR_TEST_SEED={SEED}", flush=True)


class RoundTrip(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = weir.scratch(cls, "round-trip")
        make = values.Values(random.Random(SEED))
        cls.arrives, cls.refused, lines = {}, {}, []
        for number in range(ROWS):
            texts, arrives, refused = make.row()
            arrives.update(id=values.Decimal(number), k=make.rng.choice(PLACES))
            texts.update(id=str(number), k=json.dumps(arrives["k"]), e=f'"2026-01-01 {number * 24 // ROWS:02}:00:00+00"')
            cls.arrives[number] = arrives
            if refused:
                cls.refused[number] = refused
            lines.append(values.line(texts))
        for part in range(3):
            (cls.folder / f"in-{part}.jsonl").write_text("".join(lines[part::3]))
        (cls.folder / "job.sql").write_text(JOB)
        weir.run("-q", "--batch", "-f", "job.sql", cwd=cls.folder, check=0)
        cls.ddl = weir.run("-q", "--snowflake-ddl", "-f", "job.sql", cwd=cls.folder, check=0).stdout
        cls.warehouse = snowflake.Warehouse(cls.ddl)

    def compare(self, table, sink, columns):
        """Every row that the sink can hold has arrived once, each of its columns as it went in."""
        rows = self.warehouse.load(table, objects(self.folder / sink))
        loaded = {int(row["ID"]): row for row in rows}
        self.assertEqual(len(loaded), len(rows), "a row is there twice")
        self.assertEqual(set(loaded), {n for n in range(ROWS) if not self.is_refused(n, columns)})
        for number, row in loaded.items():
            for column, name in columns.items():
                expected, actual = self.arrives[number][column], row[name]
                self.assertEqual(values.canonical(actual), values.canonical(expected), f"row {number}, column {column}")
        return rows

    def is_refused(self, number, columns):
        """Whether no CSV can hold a column of the row, or none of its stream: then the message is dead for every sink."""
        column, _ = self.refused.get(number, (None, None))
        return column in columns or number in {letter["id"] for letter in self.dead() if "sink" not in letter}

    @classmethod
    def dead(cls):
        """All letters, each with the id of its row."""
        if not hasattr(cls, "letters"):
            lines = [line for path in (cls.folder / ".weir").rglob("dead/**/*.jsonl*")
                     for line in snowflake.inflate(path.read_bytes(), "AUTO").decode().split("\n") if line]
            cls.letters = [{"id": cls.id_of(letter), **letter} for letter in map(json.loads, lines)]
        return cls.letters

    @staticmethod
    def id_of(letter):
        return letter["group"][0] if "group" in letter else letter["offset"] * 3 + letter["partition"]

    def test_plain(self):
        """Without compression, in many folders and files."""
        columns = {name: name.upper() for name, _ in values.COLUMNS} | {"k": "K"}
        self.compare("PLAIN", "plain", columns)
        files = objects(self.folder / "plain")
        self.assertEqual(len({path.rpartition("/")[0] for path in files}), len(PLACES))
        self.assertGreater(len(files), 2 * len(PLACES))

    def test_zipped(self):
        self.compare("zipped", "zipped", {name: name.upper() for name, _ in values.COLUMNS} | {"k": "K"})
        self.assertGreater(len(objects(self.folder / "zipped")), 5)

    def test_without_zone(self):
        """A file without timestamptz has no offsets, and its format none."""
        self.compare("NO_ZONE", "no_zone", {"da": "DA", "ts": "TS", "t": "T"})
        self.assertNotIn(b"+00:00", min(objects(self.folder / "no_zone").values())[:100])

    def test_grouped(self):
        """Rows of windows are kept and ordered before they are written."""
        names = "b i l d n0 n10 n t da ts tz iv u".split()
        rows = self.compare("GROUPED", "grouped", {name: name.upper() for name in names})
        for row in rows:
            arrives = self.arrives[int(row["ID"])]
            sum37 = None if arrives["n37"] is None else values.plain(arrives["n37"])
            if self.refused.get(int(row["ID"]), ("",))[0] == "n37":
                sum37 = "NaN"  # what NUMBER can't hold, a numeric without precision can
            self.assertEqual((row["C"], row["T2"], row["TS2"], row["N37"]), (1, arrives["t"], arrives["ts"], sum37))

    def test_refused(self):
        """What only a value shows is a dead letter, with the column and the reason."""
        self.assertGreater(len(self.refused), ROWS // 100)
        expected = {(number, *pair) for number, pair in self.refused.items()}
        self.assertEqual({(letter["id"], letter["field"], letter["sqlstate"]) for letter in self.dead()}, expected)

    def test_intervals_lose_nothing(self):
        """The text form is what PostgreSQL writes; here the reader proves that it says months, days and time."""
        for arrives in self.arrives.values():
            if arrives["iv"] is not None:
                self.assertEqual(values.interval_iso(*map(int, values.read_interval(arrives["iv"]))), arrives["iv"])


class FileFormat(unittest.TestCase):
    """Every option of CREATE FILE FORMAT, left out or changed: either a file loads otherwise then (or a damaged file loads at all), or
    the option can't matter to files that Weir writes, and here is why."""

    JOB = """
        CREATE STREAM s (id bigint, t text, j jsonb, d date, ts timestamp, tz timestamptz, n numeric(9,2), x text)
            WITH (connector = 'file', path = 'in.jsonl', format = 'json');
        CREATE SINK plain WITH (location = 'plain/', format = 'csv', snowflake_table = 'PLAIN') AS SELECT id, t, d, ts, tz, n, x FROM s;
        CREATE SINK zipped WITH (location = 'zipped/', format = 'csv', compression = 'gzip', header = true, snowflake_table = 'ZIPPED')
        AS SELECT id, t, d, ts, tz, n, j FROM s;
        CREATE SINK alone WITH (location = 'alone/', format = 'csv', header = true, snowflake_table = 'ALONE') AS SELECT x AS "t,x" FROM s;
        """
    TABLES = ("PLAIN", "ZIPPED", "ALONE")
    # An account may have other habits than Snowflake's own: they count where the file format says nothing.
    SESSIONS = ({}, {"DATE_INPUT_FORMAT": "DD/MM/YYYY", "TIME_INPUT_FORMAT": "HH24:MI", "TIMESTAMP_INPUT_FORMAT": "YYYY-MM-DD HH24:MI"})
    @classmethod
    def setUpClass(cls):
        cls.folder = weir.scratch(cls, "file-format")
        cls.rows = [{"t": word, "j": word, "x": word} for word in values.WORDS]
        cls.rows += [{"x": ""}, {"x": "x", "n": -1.5}, {"x": "y", "d": "2026-01-31"}, {"x": "z", "ts": "2026-01-31 23:59:59.123456"},
                     {"x": "ä", "tz": "2026-01-31 23:59:59.123456+02"}, {"x": "w", "j": [1, None, "\\"]}]
        (cls.folder / "in.jsonl").write_text("".join(json.dumps({"id": i - 3, **row}) + "\n" for i, row in enumerate(cls.rows)))
        (cls.folder / "job.sql").write_text(cls.JOB)
        weir.run("-q", "--batch", "-f", "job.sql", cwd=cls.folder, check=0)
        cls.ddl = weir.run("-q", "--snowflake-ddl", "-f", "job.sql", cwd=cls.folder, check=0).stdout
        cls.files = {table: objects(cls.folder / table.lower()) for table in cls.TABLES}
        cls.loaded = cls.load(cls.ddl, {}, cls.files)

    @classmethod
    def load(cls, ddl, session, files):
        """Rows by table, or None when a file or statement is refused."""
        try:
            warehouse = snowflake.Warehouse(ddl, session)
            return {table: [values.canonical(row) for row in warehouse.load(table, files[table])] for table in cls.TABLES}
        except (snowflake.LoadError, snowflake.DdlError):
            return None

    def damaged(self):
        """Files that must not load: none may get in because an option is lenient."""
        [(path, data)] = self.files["PLAIN"].items()
        last = data.rindex(b"\n", 0, -1) + 1
        for other in (data[:-1].rpartition(b",")[0] + b"\n", data[:-1] + b",1\n", data[:last] + b"\n" + data[last:],
                      data.replace("ä".encode(), b"\xe4"), data[:-2]):
            yield {**self.files, "PLAIN": {path: other}}

    def matters(self, ddl):
        return (any(self.load(ddl, session, self.files) != self.loaded for session in self.SESSIONS)
                or any(self.load(ddl, {}, files) is not None for files in self.damaged()))

    def test_original(self):
        self.assertFalse(self.matters(self.ddl))
        for column, name in (("t", "T"), ("x", "X")):
            self.assertEqual([row[name] for row in self.loaded["PLAIN"]], [values.canonical(row.get(column)) for row in self.rows])
        self.assertEqual([row["J"] for row in self.loaded["ZIPPED"] if row["J"][0] == "str"],
                         [values.canonical(word) for word in values.WORDS])
        self.assertEqual([row["t,x"] for row in self.loaded["ALONE"]], [values.canonical(row["x"]) for row in self.rows])

    def test_every_option_matters(self):
        printed = ddl_mutants.options(self.ddl)
        self.assertEqual(set(printed), set(snowflake.FORMAT_OPTIONS) - {"PARSE_HEADER", "SKIP_BYTE_ORDER_MARK"})
        found = list(ddl_mutants.of_options(self.ddl))
        self.assertGreater(len(found), 3 * len(printed))
        for mutant in found:
            with self.subTest(mutant.what):
                self.assertEqual(self.matters(mutant.ddl), not mutant.reason, mutant.reason or "nothing notices")

    def test_defaults_are_the_documents(self):
        """What lib/snowflake.py takes for an option that is left out."""
        for option, default in ddl_mutants.DEFAULTS.items():
            if default:
                given = snowflake.Parser(f"TYPE = CSV {option} = {default}", None).file_format()
                self.assertEqual(given, snowflake.Parser("TYPE = CSV", None).file_format(), option)
        self.assertEqual(set(ddl_mutants.DEFAULTS), set(snowflake.FORMAT_OPTIONS))


if __name__ == "__main__":
    unittest.main()
