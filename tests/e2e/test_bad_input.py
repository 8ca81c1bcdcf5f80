"""test_bad_input.py: every kind of bad message over the file source: one dead letter that says where and why, and the job goes
on. What on_error and max_error_ratio do, and expressions that fail on rows and on groups."""
import unittest

from lib import bad_input, csv_reader, weir

STREAM = """
CREATE STREAM bad (i integer, g text, event_time timestamptz NOT NULL, o bigint METADATA FROM 'offset',
    WATERMARK FOR event_time AS event_time) WITH ({source}, format = 'json'{options});
"""
ALL = "CREATE SINK out WITH (location = '{folder}/out/', format = 'csv') AS SELECT o, i FROM bad;"
DIVIDING = """
CREATE SINK {name} WITH (location = '{{folder}}/{name}/', format = 'csv'{options}) AS SELECT o, 6 / i AS r, g FROM bad;
"""


class Kinds(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = weir.scratch(cls, "bad-input")

    def source(self, name, lists, good, header=b""):
        for p, entries in enumerate(lists):
            (self.folder / f"{name}-{p}").write_bytes(header + b"".join(bad_input.value_of(entry, good) + b"\n" for entry in entries))
        return f"connector = 'file', path = '{self.folder}/{name}-*'"

    def test_each_kind_is_a_dead_letter(self):
        names = [kind.name for kind in bad_input.KINDS + bad_input.CSV_KINDS]
        self.assertGreater(len(set(names)), 120)
        self.assertEqual(len({kind.name for kind in bad_input.KINDS}), len(bad_input.KINDS))
        lists = bad_input.layout("file")
        bad_input.run(self.folder / "json", self.source("in", lists, bad_input.GOOD))
        bad_input.check_run(self, self.folder / "json", lists, f"{self.folder}/in-*")

    def test_each_kind_of_csv_is_a_dead_letter(self):
        lists = bad_input.layout("file", 2, bad_input.CSV_KINDS, bad_input.CSV_ODD)
        source = self.source("csv", lists, bad_input.CSV_GOOD, b"id,t,n,event_time\r\n") + ", header = true"
        bad_input.run(self.folder / "job", source, bad_input.CSV_JOB)
        bad_input.check_run(self, self.folder / "job", lists, f"{self.folder}/csv-*", good=bad_input.CSV_ROW)

    def test_a_quote_that_stays_open_takes_the_rest_of_a_file(self):
        lists = [[None, None, bad_input.CSV_KINDS[0]._replace(
            value=b'1,"x,2.5,2024-03-01\n' + bad_input.CSV_GOOD.replace(b'"', b"") + b"\n", reason="unterminated CSV quoted field")]]
        bad_input.run(self.folder / "open", self.source("open", lists, bad_input.CSV_GOOD), bad_input.CSV_JOB)
        (letter,) = bad_input.kept(self.folder / "open").check().dead()
        self.assertEqual((letter.fields["offset"], letter.fields["reason"]), (2, "unterminated CSV quoted field"))
        self.assertEqual(sorted(bad_input.rows(self.folder / "open")), [(0, 0), (0, 1)])


class Policies(unittest.TestCase):
    """Six messages of which two are no rows, and two that fail as an expression divides by them."""

    def setUp(self):
        self.folder = weir.scratch(type(self), "policies")
        values = ("1", "0", '"x"', "2", "[]", "0")
        text = "".join(f'{{"i":{value},"g":"{number % 2}","event_time":"2024-03-01T10:00:{10 * number}Z"}}\n'
                       for number, value in enumerate(values))
        (self.folder / "in.jsonl").write_text(text.replace(":0Z", ":00Z"))

    def run_job(self, sinks, options="", check=0, commit_rows=40):
        source = f"connector = 'file', path = '{self.folder}/in.jsonl'"
        return bad_input.run(self.folder / "job", source, STREAM + sinks, options, commit_rows, check)

    def rows(self, sink="out"):
        return csv_reader.read_folder(self.folder / "job" / sink)

    @property
    def kept(self):
        return bad_input.kept(self.folder / "job").check()

    # ---- messages ----

    def test_stop(self):
        done = self.run_job(ALL, ", on_error = 'stop'", check=4)
        self.assertIn('ERROR:  22P02: invalid input syntax for type integer: "x"', done.stderr)
        self.assertIn('stream "bad", column "i", partition 0, offset 2', done.stderr)
        self.assertEqual(self.kept.commits, [])
        self.run_job(ALL, ", on_error = 'stop'", check=4)
        self.assertEqual(self.rows(), [])

    def test_stop_keeps_what_was_committed(self):
        for _ in range(2):
            done = self.run_job(ALL, ", on_error = 'stop'", check=4, commit_rows=1)
            self.assertIn("offset 2", done.stderr)
            self.assertEqual(self.rows(), [("0", "1"), ("1", "0")])
        self.run_job(ALL, check=0, commit_rows=1)
        self.assertEqual(self.rows(), [("0", "1"), ("1", "0"), ("3", "2"), ("5", "0")])
        self.assertEqual([d.fields["offset"] for d in self.kept.dead()], [2, 4])

    def test_skip(self):
        self.run_job(ALL, ", on_error = 'skip'")
        self.assertEqual([row[0] for row in self.rows()], ["0", "1", "3", "5"])
        self.assertEqual(self.kept.dead(), [])
        self.assertEqual((self.kept.sum("bad", "read"), self.kept.sum("bad", "dead")), (6, 2))

    def test_ratio(self):
        done = self.run_job(ALL, ", max_error_ratio = 0.3", check=4)
        self.assertIn('2 of 6 messages of stream "bad" can\'t be decoded', done.stderr)
        self.assertIn("HINT:", done.stderr)
        self.assertEqual((self.kept.commits, self.kept.dead(), self.rows()), ([], [], []))
        self.run_job(ALL, ", max_error_ratio = 0.34")
        self.assertEqual((len(self.kept.dead()), len(self.rows())), (2, 4))

    # ---- expressions ----

    def test_an_expression_that_fails_on_a_row(self):
        """One dead letter per message and sink; for each sink by its own policy."""
        self.run_job("".join(DIVIDING.format(name=name, options=options) for name, options in
                             (("one", ""), ("two", ", on_error = 'dead_letter'"), ("quiet", ", on_error = 'skip'"))))
        failed = [(d.fields["offset"], d.fields.get("sink"), d.fields.get("field"), d.fields["sqlstate"], d.fields["reason"])
                  for d in self.kept.dead() if "sink" in d.fields]
        self.assertEqual(sorted(failed), [(o, sink, "r", "22012", "division by zero") for o in (1, 5) for sink in ("one", "two")])
        for d in self.kept.dead():
            self.assertEqual((d.owner, d.fields["stream"], d.fields["partition"]), ("bad", "bad", 0))
            self.assertEqual(d.value, (self.folder / "in.jsonl").read_bytes().split(b"\n")[d.fields["offset"]])
        self.assertEqual(len(self.kept.dead()), 4 + 2)
        for sink in ("one", "two", "quiet"):
            self.assertEqual(self.kept.sink("bad", sink), (2, 0, 0, 2), "used, filtered, late, failed")
            self.assertEqual(self.rows(sink), [("0", "6", "0"), ("3", "3", "1")])

    def test_an_expression_that_fails_twice_on_a_row(self):
        """In both branches of a union; the message is failed once, and is no row of either."""
        self.run_job("CREATE SINK out WITH (location = '{folder}/out/', format = 'csv') AS "
                     "SELECT o, 6 / i AS r FROM bad UNION ALL SELECT o, 8 / i FROM bad;")
        self.assertEqual(sorted(self.rows()), [("0", "6"), ("0", "8"), ("3", "3"), ("3", "4")])
        self.assertEqual([d.fields["offset"] for d in self.kept.dead() if "sink" in d.fields], [1, 5])
        self.assertEqual(self.kept.sink("bad", "out"), (2, 0, 0, 2))

    def test_a_table_that_is_not_good(self):
        """Nothing is read before the user mends it: the error says which row."""
        table = self.folder / "table.csv"
        sinks = (f"CREATE TABLE t (i integer PRIMARY KEY, name text NOT NULL) WITH (connector = 'file', path = '{table}', "
                 "format = 'csv', header = true);"
                 "CREATE SINK out WITH (location = '{folder}/out/', format = 'csv') AS SELECT o, name FROM bad JOIN t USING (i);")
        for text, message, context in (
                (b"i,n\n1,a\nx,b\n", '22P02: invalid input syntax for type integer: "x"', 'table "t", row 2, column "i"'),
                (b"i,n\n1,a\n2\n", '22P04: missing data for column "name"', 'table "t", row 2'),
                (b"i,n\n1,\n", '23502: null value in column "name" of relation "t" violates not-null constraint',
                 'table "t", row 1, column "name"'),
                (b'i,n\n1,"a\n', "22P04: unterminated CSV quoted field", 'table "t", row 1'),
                (b"i,n\n1,\xff\n", '22021: invalid byte sequence for encoding "UTF8": 0xff', 'table "t", row 1')):
            with self.subTest(message):
                table.write_bytes(text)
                done = self.run_job(sinks, check=4)
                self.assertEqual(done.stderr, f"ERROR:  {message}\nCONTEXT:  {context}\n")
                self.assertEqual((self.kept.commits, self.rows()), ([], []))
        table.write_bytes(b"i,n\n1,a\n2,b\n")
        self.run_job(sinks)
        self.assertEqual(self.rows(), [("0", "a"), ("3", "b")])

    def test_a_sink_that_stops(self):
        done = self.run_job(DIVIDING.format(name="out", options=", on_error = 'stop'"), check=4)
        self.assertIn("ERROR:  22012: division by zero", done.stderr)
        self.assertIn('sink "out", column "r", stream "bad", partition 0, offset 1', done.stderr)
        self.assertEqual((self.kept.commits, self.kept.dead(), self.rows()), ([], [], []))

    def test_a_filter_that_fails_on_a_row(self):
        self.run_job("CREATE SINK out WITH (location = '{folder}/out/', format = 'csv') AS SELECT o FROM bad WHERE 2 / i = 2;")
        self.assertEqual(self.rows(), [("0",)])
        self.assertEqual(self.kept.sink("bad", "out"), (1, 1, 0, 2))
        failed = [(d.fields["offset"], d.fields["sqlstate"]) for d in self.kept.dead() if "sink" in d.fields]
        self.assertEqual(failed, [(1, "22012"), (5, "22012")])

    def test_an_emitted_group_that_fails(self):
        """Group 1 has a sum of 2 in its window; the error tells window and group, and belongs to no message."""
        sinks = """CREATE SINK out WITH (location = '{folder}/out/', format = 'csv') AS
            SELECT window_start, g, count(*) / (sum(i) - 2) AS r FROM TUMBLE(bad, event_time, INTERVAL '1 minute')
            GROUP BY window_start, window_end, g;"""
        self.run_job(sinks)
        self.assertEqual(self.rows(), [("2024-03-01 10:00:00.000000+00:00", "0", "-1")])
        (letter,) = [d for d in self.kept.dead() if "sink" in d.fields]
        self.assertEqual(letter.fields, {
            "stream": "bad", "topic": f"{self.folder}/in.jsonl", "sink": "out", "field": "r", "sqlstate": "22012", "reason": "division by zero", "group": ["1"],
            "window_start": "2024-03-01 10:00:00+00", "window_end": "2024-03-01 10:01:00+00"})
        self.assertEqual(self.kept.sink("bad", "out"), (4, 0, 0, 0))
        done = bad_input.run(self.folder / "stopping", f"connector = 'file', path = '{self.folder}/in.jsonl'",
                             STREAM + sinks.replace("'csv'", "'csv', on_error = 'stop'"), check=4)
        self.assertIn("ERROR:  22012: division by zero", done.stderr)
        self.assertIn('sink "out", column "r", group ["1"]', done.stderr)


if __name__ == "__main__":
    unittest.main()
