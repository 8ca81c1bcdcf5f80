"""test_objects.py: what objects are made of, seen from outside: partition paths that say which value they stand for, rows that no
object can hold, one gzip member per object, cuts by size, headers."""
import base64
import gzip
import json
import random
import string
import subprocess
import unittest
from urllib.parse import unquote

from lib import csv_reader, suite, weir

SEED = suite.seed()
NULL = "__HIVE_DEFAULT_PARTITION__"
STREAM = """
CREATE STREAM s (o bigint METADATA FROM 'offset', %s) WITH (connector = 'file', path = 'in.jsonl', format = 'json');
CREATE SINK k WITH (location = 'out/', format = 'csv', %s) AS SELECT %s FROM s;
"""


def setUpModule():
    print(f"WEIR_TEST_SEED={SEED}", flush=True)


class Objects(unittest.TestCase):
    def setUp(self):
        self.folder = weir.scratch(type(self), "objects")

    def run_job(self, columns, options, rows, select="*", check=0):
        """Runs a batch over the rows (dicts); the job's state is .weir/job."""
        (self.folder / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        (self.folder / "job.sql").write_text(STREAM % (columns, options, select))
        return weir.run("-q", "--batch", "-f", "job.sql", cwd=self.folder, check=check)

    def objects(self):
        return sorted(path for path in (self.folder / "out").rglob("*") if path.is_file() and ".weir-tmp" not in path.parts)

    def dead(self):
        """Dead letters by offset."""
        letters = {}
        for path in (self.folder / ".weir").rglob("dead/**/*.jsonl*"):
            text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            for line in text.decode().splitlines():
                letter = json.loads(line)
                self.assertNotIn(letter["offset"], letters, "two letters for one message")
                letters[letter["offset"]] = letter
        return letters


class Paths(Objects):
    VALUES = [None, "", NULL, "%5F" + NULL[1:], "..", ".", "/", "a/b", "../../x", "a=b", "=", "%", "%2F", "%41", "A", "a", " ", "\t\n",
              "\\", "'", '"', "*", "?", "~", "-", "ä", "☃", "\U0001f600", "a b", "a+b", "a&b", ":", "null", "NULL", "\x7f", "x" * 253,
              "ä" * 42]

    def path_values(self, path):
        """The values that the folders of an object stand for, as anyone would read them."""
        texts = [segment.split("=", 1)[1] for segment in path.relative_to(self.folder / "out").parts[:-1]]
        return tuple(None if text == NULL else unquote(text, errors="strict") for text in texts)

    def test_say_their_value(self):
        self.run_job("t text, u text", "partition_by = 't AS t, u AS \"a=b/c\"'",
                     [{"t": t, "u": u} for t in self.VALUES for u in ("x", None, "..")], select="o, t, u")
        seen = {}
        for path in self.objects():
            values = self.path_values(path)
            self.assertEqual(path.relative_to(self.folder / "out").parts[1].split("=", 1)[0], "a%3Db%2Fc")
            self.assertNotIn(values, seen, "two folders for one value")
            seen[values] = csv_reader.read(path)
        self.assertEqual(set(seen), {(t, u) for t in self.VALUES for u in ("x", None, "..")})
        for values, rows in seen.items():
            self.assertEqual({row[1:] for row in rows}, {values})
        self.assertEqual({p.name for p in self.folder.iterdir()}, {"in.jsonl", "job.sql", "out", ".weir"})

    def test_random_values(self):
        rng = random.Random(SEED)
        letters = string.ascii_letters + "%/=._-\\\"' \n\r\tä☃\U0001f600\u00a0"
        values = sorted({"".join(rng.choices(letters, k=rng.randrange(12))) for _ in range(200)})
        self.run_job("t text", "partition_by = 't'", [{"t": t} for t in values])
        self.assertEqual(sorted(self.path_values(path)[0] for path in self.objects()), values)

    def test_too_long(self):
        """A folder's name has at most 255 bytes, encoded; what would be longer is a dead letter, and the job goes on."""
        values = ["x" * 254, "ä" * 43, "ok", "x" * 100000, "%" * 85]
        self.run_job("t text", "partition_by = 't AS t'", [{"t": t} for t in values])
        self.assertEqual([self.path_values(path) for path in self.objects()], [("ok",)])
        dead = self.dead()
        self.assertEqual(sorted(dead), [0, 1, 3, 4])
        for offset, letter in dead.items():
            self.assertEqual((letter["sqlstate"], letter["field"], letter["sink"]), ("22001", "t", "k"))
            whole = json.dumps({"t": values[offset]}).encode()
            self.assertEqual(base64.b64decode(letter["value"]), whole[:64 * 1024])
        self.assertIn("a name of 256 bytes, not at most 255", dead[0]["reason"])

    def test_path_too_long(self):
        """S3 takes keys of at most 1,024 bytes."""
        columns = ", ".join(f"c{i} text" for i in range(6))
        keys = ", ".join(f"c{i}" for i in range(6))
        self.run_job(columns, f"partition_by = '{keys}'", [{f"c{i}": "x" * n for i in range(6)} for n in (140, 240)])
        self.assertEqual(len(self.objects()), 1)
        self.assertEqual([(o, d["sqlstate"]) for o, d in self.dead().items()], [(1, "22001")])

    def test_file_names_too_long(self):
        (self.folder / "in.jsonl").write_text('{"t": "x"}\n')
        (self.folder / "job.sql").write_text(STREAM % ("t text", "header = false", "*"))
        done = weir.run("-q", "--batch", "-c", f"SET job_name = '{'ä' * 80}'", "-f", "job.sql", cwd=self.folder)
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn('names of files of sink "k" would be too long', done.stderr)
        self.assertEqual(self.objects(), [])


class Refused(Objects):
    """What only a value shows: a dead letter with the column, and the other rows are there."""

    def test_values(self):
        cases = [("d", "infinity", "22008"), ("d", "-infinity", "22008"), ("d", "10000-01-01", "22008"), ("d", "0001-12-31 BC", "22008"),
                 ("ts", "infinity", "22008"), ("ts", "10000-01-01 00:00:00", "22008"), ("ts", "0001-12-31 23:59:59.999999 BC", "22008"),
                 ("tz", "-infinity", "22008"), ("tz", "9999-12-31 23:59:59.999999-01", "22008"), ("tz", "0001-01-01 00:00:00+01", "22008"),
                 ("n", "NaN", "22003")]
        fine = [("d", "0001-01-01"), ("d", "9999-12-31"), ("ts", "0001-01-01 00:00:00"), ("ts", "9999-12-31 23:59:59.999999"),
                ("tz", "9999-12-31 22:59:59.999999-01"), ("tz", "0001-01-01 01:00:00+01"), ("m", "NaN"), ("m", "Infinity"),
                ("f", "NaN"), ("f", "-Infinity"), ("n", "9" * 36 + ".99")]
        rows = [{column: value} for column, value, _ in cases] + [dict([pair]) for pair in fine]
        self.run_job("d date, ts timestamp, tz timestamptz, n numeric(38,2), m numeric, f double precision, "
                     "x text DEFAULT 'x'", "compression = 'gzip', partition_by = 'x'", rows)
        dead = self.dead()
        self.assertEqual([(dead[o]["field"], dead[o]["sqlstate"]) for o in sorted(dead)], [(c, s) for c, _, s in cases])
        self.assertEqual(sorted(int(row[0]) for row in csv_reader.read_folder(self.folder / "out")),
                         list(range(len(cases), len(rows))))

    def test_text_of_any_length(self):
        """Snowflake's VARCHAR takes 16,777,216 characters."""
        texts = ["x" * 16777216, "é" * 16777216, "x" * 16777217, "é" * 16777217]
        (self.folder / "in.jsonl").write_text("".join(json.dumps({"t": t}, ensure_ascii=False) + "\n" for t in texts))
        (self.folder / "job.sql").write_text((STREAM % ("t text", "compression = 'gzip'", "*")).replace(
            "format = 'json'", "format = 'json', max_message_bytes = '64MB'"))
        weir.run("-q", "--batch", "-f", "job.sql", cwd=self.folder, check=0)
        self.assertTrue(csv_reader.read_folder(self.folder / "out") == [("0", texts[0]), ("1", texts[1])])
        self.assertEqual([(o, d["field"], d["sqlstate"]) for o, d in sorted(self.dead().items())], [(2, "t", "22001"), (3, "t", "22001")])

    def test_letters_are_in_order(self):
        """By offset, then sink, whoever refused the row first: so they don't depend on where a batch of messages ends."""
        rng = random.Random(SEED)
        rows = [rng.choice(({"d": "infinity"}, {"n": 0}, {"n": "x"}, {"n": 1}, {"t": "x" * 300}, {"n": 0, "d": "infinity"}))
                for _ in range(5000)]
        (self.folder / "in.jsonl").write_text("".join(json.dumps({"n": 2, "t": "t", **row}) + "\n" for row in rows))
        (self.folder / "job.sql").write_text("""
            CREATE STREAM s (n integer, d date, t text) WITH (connector = 'file', path = 'in.jsonl', format = 'json');
            CREATE SINK a WITH (location = 'out/a/', format = 'csv') AS SELECT d, 1 / n AS q FROM s;
            CREATE SINK b WITH (location = 'out/b/', format = 'csv', partition_by = 't') AS SELECT t, n, 10 % n AS q FROM s;""")
        weir.run("-q", "--batch", "-f", "job.sql", cwd=self.folder, check=0)
        [path] = (self.folder / ".weir").rglob("dead/**/*.jsonl")
        places = [(letter["offset"], letter.get("sink", "")) for letter in map(json.loads, path.read_text().splitlines())]
        expected = []
        for offset, row in enumerate(rows):
            if row.get("n") == "x":
                expected.append((offset, ""))
                continue
            expected += [(offset, "a")] * (row.get("n") == 0 or "d" in row) + [(offset, "b")] * (row.get("n") == 0 or "t" in row)
        self.assertEqual(places, expected)

    def test_stops_or_skips_as_told(self):
        self.run_job("d date", "on_error = 'skip'", [{"d": "infinity"}, {"d": "2026-01-01"}])
        self.assertEqual(csv_reader.read_folder(self.folder / "out"), [("1", "2026-01-01")])
        self.assertEqual(self.dead(), {})
        self.setUp()
        done = self.run_job("d date", "on_error = 'stop'", [{"d": "2026-01-01"}, {"d": "infinity"}], check=None)
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn('outside the years 1 to 9999', done.stderr)
        self.assertIn('sink "k", column "d", stream "s", partition 0, offset 1', done.stderr)
        self.assertEqual(self.objects(), [])

    def test_null_alone_is_no_record(self):
        self.run_job("t text", "header = true", [{"t": None}, {"t": ""}, {"t": "x"}], select="t")
        self.assertEqual(csv_reader.read_folder(self.folder / "out"), [("t",), ("",), ("x",)])
        self.assertEqual([(o, d["sqlstate"], d["field"]) for o, d in self.dead().items()], [(0, "22004", "t")])

    def test_groups(self):
        """A window's group that no object can hold."""
        (self.folder / "in.jsonl").write_text("".join(json.dumps({"t": t, "k": k}) + "\n" for t, k in (
            ("2026-01-01 00:00:00", "a"), ("2026-01-01 00:00:01", "b" * 300), ("2026-01-01 00:00:02", "a"))))
        (self.folder / "job.sql").write_text("""
            CREATE STREAM s (t timestamp, k text, WATERMARK FOR t AS t) WITH (connector = 'file', path = 'in.jsonl', format = 'json');
            CREATE SINK k WITH (location = 'out/', format = 'csv', partition_by = 'k')
            AS SELECT window_start, k, count(*) AS n FROM TUMBLE(s, t, INTERVAL '1 minute') GROUP BY window_start, window_end, k;""")
        weir.run("-q", "--batch", "-f", "job.sql", cwd=self.folder, check=0)
        self.assertEqual(csv_reader.read_folder(self.folder / "out"), [("2026-01-01 00:00:00.000000", "a", "2")])
        letters = [json.loads(line) for path in (self.folder / ".weir").rglob("dead/**/*.jsonl")
                   for line in path.read_text().splitlines()]
        self.assertEqual([(d["sqlstate"], d["field"], "b" * 300 in json.dumps(d)) for d in letters], [("22001", "k", True)])


class Sizes(Objects):
    """max_file_size counts compressed bytes; only a row that alone takes most of it makes an object larger."""

    def rows(self, count, size):
        rng = random.Random(SEED)
        return [{"t": "".join(rng.choices(string.printable, k=rng.randrange(size)))} for _ in range(count)]

    def cut(self, compression, limit, rows, header=False):
        """Runs and checks: every row is there once and whole, objects are full but the last, none is too large."""
        self.run_job("t text", f"compression = '{compression}', max_file_size = '{limit}kB', header = {header}", rows)
        head = [("o", "t")] if header else []
        objects = self.objects()
        read = [csv_reader.read(path) for path in objects]
        self.assertEqual([record for records in read for record in records[len(head):]],
                         [(str(i), row["t"]) for i, row in enumerate(rows)])
        self.assertEqual([records[:len(head)] for records in read], [head] * len(objects))
        self.assertGreater(min(len(records) for records in read), len(head), "an object without rows")
        return [path.stat().st_size for path in objects]

    def test_cuts(self):
        for compression in ("none", "gzip"):
            for limit, header in ((1, True), (10, False), (64, True), (1000, False)):
                with self.subTest(compression=compression, limit=limit, header=header):
                    self.setUp()
                    sizes = self.cut(compression, limit, self.rows(3000, 100), header)
                    self.assertLessEqual(max(sizes), limit * 1024)
                    self.assertGreater(min(sizes[:-1], default=1 << 30), limit * 1024 // 2)

    def test_rows_larger_than_a_file(self):
        sizes = self.cut("none", 1, self.rows(100, 3000))
        self.assertLess(max(sizes), 1024 // 8 + 3000 * 2 + 20)
        self.assertGreater(len(sizes), 50)

    def test_many_rows_compress_into_one(self):
        """1.7 MB of equal rows."""
        sizes = self.cut("gzip", 200, [{"t": "same" * 20}] * 20000)
        self.assertEqual(len(sizes), 1)


class Gzip(Objects):
    def test_one_member(self):
        """gzip itself, and a reader of members: one per object, without name, time or rest, ended by its checksum."""
        rng = random.Random(SEED)
        rows = [{"t": rng.choice(("", "x", "y" * 200, "\n")) + rng.randbytes(8).hex()} for _ in range(20000)]
        self.run_job("t text", "compression = 'gzip', header = true, partition_by = 'o % 3 AS third'", rows)
        objects = self.objects()
        self.assertEqual([path.parent.name for path in objects], ["third=0", "third=1", "third=2"])
        for path in objects:
            data = path.read_bytes()
            self.assertEqual(data[:10], b"\x1f\x8b\x08" + bytes(6) + b"\xff")
            self.assertEqual(csv_reader.read_bytes(path)[:8], b'"o","t"\n')  # and exactly one member, with nothing behind
            self.assertEqual(subprocess.run(["gzip", "-t", path], capture_output=True).returncode, 0)
            path.write_bytes(data[:-9] + bytes([data[-9] ^ 1]) + data[-8:])
            self.assertNotEqual(subprocess.run(["gzip", "-t", path], capture_output=True).returncode, 0)

    def test_no_rows_no_object(self):
        for rows in ([], [{"t": "x"}], [{"t": 1}]):
            for compression in ("none", "gzip"):
                self.setUp()
                self.run_job("t text NOT NULL", f"header = true, compression = '{compression}'", rows, "o, t FROM s WHERE t = 'y'; --")
                self.assertEqual(self.objects(), [])


if __name__ == "__main__":
    unittest.main()
