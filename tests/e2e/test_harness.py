"""test_harness.py: the checkers of the other tests catch what they are there to catch: each is given good input, which it must
accept, and mutants, which it must refuse."""
import datetime
import gzip
import hashlib
import json
import os
import pathlib
import shutil
import tempfile
import time
import unittest
from decimal import Decimal

from lib import clicks, csv_reader, recorder, snowflake, state

CSV = '1,"a ""quoted"" text","x,y\nz"\n2,,""\n'


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-harness-"))
        self.addCleanup(shutil.rmtree, self.folder)


class Reader(Folder):
    def read(self, data):
        path = self.folder / "o.csv.gz"
        path.write_bytes(data)
        return csv_reader.read(path)

    def test_reads_what_was_written(self):
        self.assertEqual(self.read(gzip.compress(CSV.encode())), [("1", 'a "quoted" text', "x,y\nz"), ("2", None, "")])

    def test_refuses_mutants(self):
        mutants = {
            "a quote less": CSV.replace('"a ', "a ", 1), "a quote not doubled": CSV.replace('""quoted', '"quoted', 1),
            "a quote that does not end": CSV.replace('z"', "z", 1), "no last line feed": CSV[:-1],
            "a field more": CSV.replace("2,,", "2,,,"), "a field less": CSV.replace("2,,", "2,"),
            "CR LF": CSV.replace("\n2", "\r\n2"), "a blank line": CSV + "\n", "text behind a quote": CSV.replace('z"', 'z" '),
            "swapped quote": CSV.replace('"a ', 'a" ', 1), "nothing": ""}
        for name, text in mutants.items():
            with self.subTest(name), self.assertRaises(csv_reader.Malformed):
                self.read(gzip.compress(text.encode()))

    def test_refuses_other_bytes(self):
        good = gzip.compress(CSV.encode())
        for name, data in (("two members", good + good), ("rubbish behind", good + b"x"), ("cut", good[:-3])):
            with self.subTest(name), self.assertRaises(csv_reader.Malformed):
                self.read(data)
        with self.assertRaises(UnicodeDecodeError):
            self.read(gzip.compress(b'1,"\xff"\n'))


class SnowflakeRules(unittest.TestCase):
    """The reader by the examples of Snowflake's documents, and the defaults of an empty CREATE FILE FORMAT."""

    SCRIPT = """CREATE FILE FORMAT IF NOT EXISTS F TYPE = CSV {options};
        CREATE STAGE IF NOT EXISTS S FILE_FORMAT = (FORMAT_NAME = 'f');
        CREATE TABLE IF NOT EXISTS T (A {type}, B VARCHAR);
        COPY INTO T (A, B) FROM @S FILE_FORMAT = (FORMAT_NAME = 'F') PATTERN = '.*' ON_ERROR = CONTINUE;"""
    QUOTES = "FIELD_OPTIONALLY_ENCLOSED_BY = '\"' "

    def load(self, options, data, type_="VARCHAR", session=None):
        data = data if isinstance(data, bytes) else data.encode()
        try:
            rows = snowflake.Warehouse(self.SCRIPT.format(options=options, type=type_), session).load("T", {"f": data})
        except snowflake.LoadError:
            return None
        return [tuple(row.values()) for row in rows]

    def test_fields(self):
        blank = "| \"Hello world\" |x\n"[1:]
        cases = [
            ("", "a,b\r\n,\\N\n", [("a", "b"), (None, None)]), ("", '"a",b\n', [('"a"', "b")]), ("", "a\\,b,c\n", [("a,b", "c")]),
            ("", "a,b\\\nc,d\n", None), ("", "a\n", None), ("", "a,b,c\n", None), ("", "a,b\n\nc,d\n", None), ("", "a,b", [("a", "b")]),
            (self.QUOTES, 'a,"\\N"\n"",\n', [("a", None), ("", None)]), (self.QUOTES, '"a""b","c\nd"\n', [('a"b', "c\nd")]),
            (self.QUOTES, '"a"x,b\n', None), (self.QUOTES, '"a,b\n', None), (self.QUOTES + "MULTI_LINE = FALSE", '"a\nb",c\n', None),
            (self.QUOTES + "ESCAPE = '\\\\'", '"a\\"b","\\n"\n', [('a"b', "\n")]), (self.QUOTES + "NULL_IF = ('x', '')", '"x",""\n', [(None, None)]),
            (self.QUOTES + "NULL_IF = () ESCAPE_UNENCLOSED_FIELD = NONE", '"\\N",\\N\n', [("\\N", "\\N")]),
            (self.QUOTES + "FIELD_DELIMITER = '|'", blank, [(' "Hello world" ', "x")]),
            (self.QUOTES + "FIELD_DELIMITER = '|' TRIM_SPACE = TRUE", blank, [("Hello world", "x")]),
            (self.QUOTES + "FIELD_DELIMITER = '|' TRIM_SPACE = TRUE", '" Hello world "| x \n', [(" Hello world ", "x")]),
            ("EMPTY_FIELD_AS_NULL = FALSE", ",b\n", [("", "b")]), ("SKIP_HEADER = 1", '"a\nb",c\n', [('b"', "c")]),
            ("SKIP_BLANK_LINES = TRUE", "a,b\n\nc,d\n", [("a", "b"), ("c", "d")]),
            ("ERROR_ON_COLUMN_COUNT_MISMATCH = FALSE", "a\nb,c,d\n", [("a", None), ("b", "c")]),
            ("", b"\xef\xbb\xbfa,\xff\n", None), ("REPLACE_INVALID_CHARACTERS = TRUE", b"\xef\xbb\xbfa,\xff\n", [("a", "\ufffd")]),
            ("ENCODING = 'ISO88591'", b"a,\xff\n", [("a", "ÿ")]), ("", gzip.compress(b"a,b\n"), [("a", "b")]),
            ("COMPRESSION = GZIP", "a,b\n", None), ("RECORD_DELIMITER = '|' FIELD_DELIMITER = ';'", "a;b|c;d\n|", [("a", "b"), ("c", "d\n")])]
        for options, data, expected in cases:
            with self.subTest(options=options, data=data):
                self.assertEqual(self.load(options, data), expected)

    def test_values(self):
        day, second = datetime.date(2026, 1, 31), datetime.datetime(2026, 1, 31, 23, 59, 59)
        zone = "TIMESTAMP_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF9TZH:TZM'"
        cases = [
            ("BOOLEAN", "", "TRUE", True), ("BOOLEAN", "", "t", None), ("NUMBER(3,1)", "", "-99.95", None), ("NUMBER(3,1)", "", "1.25", Decimal("1.3")),
            ("NUMBER(3,1)", "", "NaN", None), ("FLOAT", "", "-Infinity", float("-inf")), ("FLOAT", "", "1.5.2", None), ("VARCHAR(2)", "", "abc", None),
            ("DATE", "", "2026-01-31", day), ("DATE", "DATE_FORMAT = 'DD/MM/YYYY'", "2026-01-31", None), ("DATE", "", "2026-02-30", None),
            ("DATE", "", "infinity", None), ("DATE", "", "12026-01-31", None), ("TIMESTAMP_NTZ(6)", zone, "2026-01-31 23:59:59.0+05:00", second),
            ("TIMESTAMP_NTZ(6)", zone, "2026-01-31 23:59:59.0", None), ("VARIANT", "", "1", None),
            ("TIMESTAMP_TZ(6)", zone, "2026-01-31 23:59:59.0-00:01", (second + datetime.timedelta(minutes=1)).replace(tzinfo=datetime.timezone.utc))]
        for type_, options, text, expected in cases:
            with self.subTest(type=type_, text=text):
                self.assertEqual(self.load(options, f"{text},x\n", type_), None if expected is None else [(expected, "x")])
        self.assertIsNone(self.load("", "2026-01-31,x\n", "DATE", {"DATE_INPUT_FORMAT": "DD/MM/YYYY"}))

    def test_statements(self):
        for options in ("COMPRESSION = LZ4", "COLOUR = RED", "NULL_IF = 'x'", "SKIP_HEADER = 1 PARSE_HEADER = TRUE", "ESCAPE = NONE ESCAPE = NONE",
                        "FIELD_OPTIONALLY_ENCLOSED_BY = '|'", "MULTI_LINE = 'TRUE'", "COMMENT = 'it's'"):
            with self.subTest(options), self.assertRaises(snowflake.DdlError):
                self.load(options, "a,b\n")

    def test_what_a_parser_lets_pass(self):
        """Statements that sqlfluff takes and Snowflake does not, or takes for something else."""
        base = self.SCRIPT.format(options="", type="VARCHAR")
        copy = "COPY INTO T (A, B) FROM @S FILE_FORMAT = (FORMAT_NAME = 'F') "
        pipe = "CREATE PIPE IF NOT EXISTS P AUTO_INGEST = FALSE AS "
        integration = ("CREATE STORAGE INTEGRATION IF NOT EXISTS I TYPE = EXTERNAL_STAGE STORAGE_PROVIDER = 'S3' ENABLED = TRUE {} "
                       "STORAGE_ALLOWED_LOCATIONS = ('{}');")
        arn = "STORAGE_AWS_ROLE_ARN = 'arn:aws:iam::123456789012:role/r'"
        snowflake.Warehouse(base + pipe + copy + "PATTERN = 'x' ON_ERROR = SKIP_FILE;" + integration.format(arn, "s3://b/")
                            + "CREATE ROLE IF NOT EXISTS R; GRANT OPERATE, MONITOR ON PIPE P TO ROLE R;")
        for wrong in (
                "CREATE OR REPLACE TABLE IF NOT EXISTS U (A VARCHAR);", "CREATE OR REPLACE TABLE U (A VARCHAR);", "CREATE TABLE U (A VARCHAR);",
                "CREATE TABLE IF NOT EXISTS U (A NUMBER(39,0));", integration.format("", "s3://b/"), integration.format(arn, "s3gov://b/"),
                integration.format(arn, "s3://b/x"), pipe + copy + "PATTERN = 'x' ON_ERROR = ABORT_STATEMENT;",
                *(pipe + copy + f"PATTERN = 'x' ON_ERROR = SKIP_FILE {option};" for option in ("FORCE = TRUE", "PURGE = TRUE", "SIZE_LIMIT = 1")),
                pipe + copy + "FILES = ('x') ON_ERROR = SKIP_FILE;",
                copy.replace("@S", "(SELECT t.$1, t.$2 FROM @S t WHERE TRUE)") + "PATTERN = 'x' ON_ERROR = SKIP_FILE;",
                copy.replace("@S", "(SELECT t.$1, GUESS(t.$2) FROM @S t)") + "PATTERN = 'x' ON_ERROR = SKIP_FILE;",
                copy + "FILES = (" + ", ".join(f"'{n}'" for n in range(1001)) + ") ON_ERROR = ABORT_STATEMENT;",
                "CREATE ROLE IF NOT EXISTS R; GRANT OPERATE ON TABLE T TO ROLE R;", "CREATE ROLE IF NOT EXISTS R; GRANT USAGE ON STAGE S TO ROLE R;",
                "CREATE ROLE IF NOT EXISTS R; GRANT WRITE ON STAGE S TO ROLE R;", "GRANT SELECT ON TABLE T TO ROLE R;"):
            with self.subTest(wrong), self.assertRaises(snowflake.DdlError):
                snowflake.Warehouse(base + wrong)


class Recorder(Folder):
    """Everything is done in a temporary folder, as a program would do it."""

    def record(self, action):
        watched = recorder.Recorder(self.folder)
        (self.folder / ".weir-tmp").mkdir()
        action()
        time.sleep(0.1)
        return watched.stop()

    def publish(self, name, content=b"content"):
        temporary = self.folder / ".weir-tmp" / "t"
        temporary.write_bytes(content)
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        os.link(temporary, self.folder / name)
        temporary.unlink()

    def test_accepts_links(self):
        def action():
            for n in range(50):
                self.publish(f"day={n % 7}/hour={n % 3}/o{n}")
        self.assertEqual(self.record(action), [])

    def test_refuses_mutants(self):
        def rewritten():
            self.publish("o")
            (self.folder / "o").write_bytes(b"other")

        def piecemeal():
            with open(self.folder / "o", "wb") as file:
                for _ in range(3):
                    file.write(b"part")
                    file.flush()

        def replaced():
            self.publish("o")
            (self.folder / "new").write_bytes(b"other")
            os.rename(self.folder / "new", self.folder / "o")

        def removed():
            self.publish("d/o")
            time.sleep(0.1)
            (self.folder / "d" / "o").unlink()

        def doubled():
            removed()
            self.publish("d/o")

        def through_another_name():
            temporary = self.folder / ".weir-tmp" / "t"
            temporary.write_bytes(b"half")
            os.link(temporary, self.folder / "o")
            time.sleep(0.1)
            with open(temporary, "ab") as file:
                file.write(b"rest")

        for action in (rewritten, piecemeal, replaced, removed, doubled, through_another_name):
            with self.subTest(action.__name__):
                self.setUp()
                self.assertNotEqual(self.record(action), [])


class Chain(Folder):
    def write(self, change):
        folder = self.folder / "job"
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "s0" / "m").mkdir(parents=True)
        (folder / "job.json").write_bytes(b"{}")
        previous = hashlib.sha256(b"{}").hexdigest()
        for seq in range(1, 5):
            part = {"next": 10 * seq, "read": 10 * seq, "gaps": 0, "decoded": 9 * seq, "dead": seq, "tombstones": 0,
                    "sinks": [[8 * seq, 0, seq, 0]]}
            m = {"seq": seq, "kind": "COMMIT", "previous_sha256": previous, "files": 1,
                 "files_sha256": hashlib.sha256(b"{}\n").hexdigest(),
                 "scans": [{"stream": "s", "watermark": seq * 1000, "partitions": [part]}]}
            change(m, part)
            path = folder / "s0" / "m" / f"{seq:016d}.json"
            text = json.dumps(m)[:-1]
            path.write_text(f'{text},"sha256":"{hashlib.sha256(text.encode()).hexdigest()}"}}\n')
            path.with_suffix(".published").write_bytes(b"{}\n")
            previous = hashlib.sha256(path.read_bytes()).hexdigest()
        return folder

    def test_accepts_and_refuses(self):
        state.State(self.write(lambda m, p: None)).check()
        mutants = {
            "lost message": lambda m, p: p.update(read=p["read"] - (m["seq"] == 3)),
            "lost row": lambda m, p: p["sinks"][0].__setitem__(0, 7),
            "dead not counted": lambda m, p: p.update(dead=0),
            "watermark back": lambda m, p: m["scans"][0].update(watermark=-m["seq"]),
            "offset back": lambda m, p: p.update({n: 0 for n in p if n != "sinks"}, sinks=[]) if m["seq"] == 3 else None,
            "other chain": lambda m, p: m.update(previous_sha256="0" * 64) if m["seq"] == 2 else None,
        }
        for name, change in mutants.items():
            with self.subTest(name), self.assertRaises(state.Wrong):
                state.State(self.write(change)).check()
        folder = self.write(lambda m, p: None)
        (folder / "s0" / "m" / f"{2:016d}.published").unlink()
        with self.assertRaises(state.Wrong):
            state.State(folder).check()
        folder = self.write(lambda m, p: None)
        (folder / "s0" / "m" / f"{2:016d}.published").write_bytes(b"{ }\n")
        with self.assertRaisesRegex(state.Wrong, "not the list"):
            state.State(folder).check()
        folder = self.write(lambda m, p: None)
        newest = folder / "s0" / "m" / f"{4:016d}.json"
        newest.write_text(newest.read_text().replace('"files": 1', '"files": 2'))
        with self.assertRaisesRegex(state.Wrong, "not sealed"):
            state.State(folder).check()


class Clicks(Folder):
    def test_same_arguments_same_files(self):
        for name in ("a", "b"):
            (self.folder / name).mkdir()
        made = [clicks.make(self.folder / name, 2000, 7, late=0.01, malformed=0.01, tombstones=0.01) for name in ("a", "b")]
        self.assertEqual([p.read_bytes() for p in made[0].files], [p.read_bytes() for p in made[1].files])
        self.assertEqual(made[0][1:], made[1][1:])
        self.assertTrue(made[0].late and made[0].malformed and made[0].tombstones)
        self.assertEqual(sum(made[0].sizes), 2000)


if __name__ == "__main__":
    unittest.main()
