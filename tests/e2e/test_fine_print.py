"""test_fine_print.py: what a user meets when a job is started again and something is not as it was: the definition, a setting,
the reference table, the time zone data, the files. What fits goes on; what does not is refused with its exit code, and after
the refusal the old definition goes on as if nothing had been."""
import hashlib
import json
import re
import unittest

from lib import csv_reader, state, weir

STREAM = """
CREATE STREAM s (id bigint, t timestamptz NOT NULL, amount bigint, WATERMARK FOR t AS t)
    WITH (connector = 'file', path = '{folder}/in*.jsonl', format = 'json');
"""
RAW = "CREATE SINK raw WITH (location = '{folder}/raw/', format = 'csv') AS SELECT id, {columns} FROM s;\n"
MINUTES = """CREATE SINK minutes WITH (location = '{folder}/minutes/', format = 'csv') AS
    SELECT window_start, count(*) AS n{more} FROM TUMBLE(s, t, INTERVAL '1 minute') GROUP BY window_start, window_end;
"""
JOINED = """CREATE TABLE names (id bigint PRIMARY KEY, name text) WITH (connector = 'file', path = '{folder}/names.csv', format = 'csv');
CREATE SINK joined WITH (location = '{folder}/joined/', format = 'csv') AS SELECT id, name FROM s JOIN names USING (id);
"""


class FinePrint(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = weir.scratch(cls, "fine-print")

    def setUp(self):
        self.folder = self.root / self.id().rsplit(".", 1)[-1]
        self.folder.mkdir()
        self.count = 0
        self.add(100)

    # ---- helpers ----

    def add(self, count, name="in.jsonl"):
        """More messages, ten a minute."""
        with open(self.folder / name, "a") as file:
            for n in range(self.count, self.count + count):
                file.write(json.dumps({"id": n, "t": f"2024-01-01T{n // 600:02d}:{n // 10 % 60:02d}:{n % 10 * 6:02d}Z",
                                       "amount": n % 7}) + "\n")
        self.count += count

    def define(self, *parts, columns="amount", more=""):
        text = "".join(part.format(folder=self.folder, columns=columns, more=more) for part in (STREAM, *parts))
        (self.folder / "job.sql").write_text(text)

    def run_job(self, *settings, check=0):
        return weir.run("--batch", "-q", *(word for text in settings for word in ("-c", f"SET {text}")), "-f",
                        self.folder / "job.sql", check=check)

    def rows(self, sink):
        return csv_reader.read_folder(self.folder / sink)

    @property
    def state(self):
        return state.State(self.folder / ".weir" / "job")

    def assert_goes_on(self):
        """With the definition that it began with."""
        self.add(50)
        self.run_job()
        self.state.check()
        self.assertEqual([int(row[0]) for row in self.rows("raw")], list(range(self.count)))
        self.assertEqual(sum(int(row[1]) for row in self.rows("minutes")), self.count)

    # ---- definitions ----

    def test_changed_state_is_refused(self):
        """Another grouping, another aggregate, another window: each is named, exit 8."""
        self.define(RAW, MINUTES)
        self.run_job()
        for old, new, detail in (
                ("GROUP BY window_start, window_end", "GROUP BY window_start, window_end, id", 'It now has "key id", too.'),
                ("count(*) AS n", "count(amount) AS n", 'It was "call count(*)" and is now "call count(amount)".'),
                ("count(*) AS n", "count(*) AS n, sum(id) AS i", 'It now has "call sum(id)", too.'),
                ("INTERVAL '1 minute'", "INTERVAL '2 minutes'", "size 120000000"),
                ("GROUP BY", "WHERE id > 5 GROUP BY", """It now has "filter (id > '5'::bigint)", too.""")):
            with self.subTest(new):
                self.define(RAW, MINUTES.replace(old, new))
                refused = self.run_job(check=8)
                self.assertIn('ERROR:  sink "minutes" does not fit the stored state', refused.stderr)
                self.assertIn(detail, refused.stderr)
        self.define(RAW, MINUTES)
        self.assert_goes_on()

    def test_missing_sink_is_refused(self):
        self.define(RAW, MINUTES)
        self.run_job()
        self.define(MINUTES)
        self.assertIn('ERROR:  sink "raw" of the stored state is not in this job', self.run_job(check=8).stderr)
        self.define(RAW, MINUTES)
        self.assert_goes_on()

    def test_changed_output_is_a_revision(self):
        """The state fits, so it goes on, in a folder of its own; and back again as a third one."""
        self.define(RAW, MINUTES)
        self.run_job()
        old = {path.name: path.read_bytes() for path in (self.folder / "raw").glob("*.csv")}
        self.define(RAW, MINUTES, columns="amount * 2 AS amount")
        self.add(10)
        changed = self.run_job()
        self.assertIn('NOTICE:  sink "raw" was changed: its output goes on as revision 2', changed.stderr)
        self.assertNotIn('sink "minutes"', changed.stderr)
        self.assertEqual({path.name: path.read_bytes() for path in (self.folder / "raw").glob("*.csv")}, old)
        self.assertEqual([(int(row[0]), int(row[1])) for row in self.rows("raw/r2")], [(n, n % 7 * 2) for n in range(100, 110)])
        self.define(RAW, MINUTES)
        self.add(10)
        self.assertIn("revision 3", self.run_job().stderr)
        self.assertEqual(len(self.rows("raw/r3")), 10)

    def test_a_location_that_cannot_be_opened_changes_nothing(self):
        """The mistake is not a revision: after its correction the output goes on as if there had been none."""
        self.define(RAW, MINUTES)
        self.run_job()
        before = len(self.state.manifests)
        (self.folder / "file").write_text("in the way")
        self.define(RAW.replace("{folder}/raw", "{folder}/file/raw"), MINUTES)
        refused = self.run_job(check=4)
        self.assertIn('CONTEXT:  sink "raw"', refused.stderr)
        self.assertNotIn("NOTICE", refused.stderr)
        self.assertEqual(len(self.state.manifests), before)
        self.define(RAW, MINUTES)
        self.assertNotIn("NOTICE", self.run_job().stderr)
        self.assert_goes_on()

    def test_new_sinks(self):
        """A stateless one begins with what is new, a windowed one with windows that it misses nothing of."""
        self.define(MINUTES)
        self.run_job()
        self.add(45)  # windows 10 to 14
        self.define(MINUTES, RAW, MINUTES.replace("minutes", "later"))
        self.assertIn('NOTICE:  sink "later" is new: its first windows are those that start after the events seen so far',
                      self.run_job().stderr)
        self.assertEqual([int(row[0]) for row in self.rows("raw")], list(range(100, 145)))
        self.assertEqual([row[1] for row in self.rows("later")], ["10"] * 4 + ["5"])

    def test_result_without_window_is_final(self):
        total = "CREATE SINK total WITH (location = '{folder}/total/', format = 'csv') AS SELECT count(*) AS n FROM s;\n"
        self.define(total)
        self.run_job()
        self.run_job()
        self.assertEqual(self.rows("total"), [("100",)])
        self.add(1)
        refused = self.run_job(check=8)
        self.assertIn('ERROR:  the result of sink "total" is final, but stream "s" has new rows', refused.stderr)
        self.assertEqual(self.rows("total"), [("100",)])

    # ---- settings and time ----

    def test_settings_that_change_results(self):
        """The time zone is part of what windows mean, and of what text says; the number of workers is not."""
        self.define(RAW, MINUTES, columns="to_char(t, 'HH24:MI TZ') AS h")
        self.run_job("workers = 1", "commit_rows = 30")
        refused = self.run_job("timezone = 'Europe/Berlin'", check=8)
        self.assertIn('DETAIL:  It was "timezone UTC" and is now "timezone Europe/Berlin".', refused.stderr)
        self.assertEqual(self.run_job("workers = 3", "commit_rows = 40").stderr, "")

    def test_now_is_when_the_job_was_created(self):
        """In batch, so that a second run into a fresh state can only differ by that."""
        self.define(RAW, columns="now() AS moment")
        self.run_job()
        self.add(10)
        self.run_job()
        created = json.loads((self.state.folder / "job.json").read_bytes())["created"]
        text = state.moment(created).strftime("%Y-%m-%d %H:%M:%S.%f+00:00")
        self.assertEqual({row[1] for row in self.rows("raw")}, {text})

    def test_changed_time_zone_data_is_told(self):
        """Only to a job that uses zones."""
        for zone, told in (("Europe/Berlin", True), ("UTC", False)):
            with self.subTest(zone):
                self.define(RAW, columns="t AS t")
                self.run_job(f"timezone = '{zone}'", f"job_name = '{zone[:3]}'")
                path = state.State(self.folder / ".weir" / zone[:3]).paths[-1]
                text = re.sub(rb'"tzdata":"[^"]*"', b'"tzdata":"1999z"', path.read_bytes())
                text = text[:text.rindex(b',"sha256"')]
                path.write_bytes(text + f',"sha256":"{hashlib.sha256(text).hexdigest()}"}}\n'.encode())
                again = self.run_job(f"timezone = '{zone}'", f"job_name = '{zone[:3]}'")
                self.assertEqual('WARNING:  time zone data changed from version "1999z"' in again.stderr, told)

    # ---- reference tables ----

    def test_bad_table_refuses_the_start(self):
        """A bad row, a duplicate key, no file: exit 4, nothing read; the good table then joins all."""
        self.define(JOINED)
        table = self.folder / "names.csv"
        for text, message in (("1,one\n1,two\n", "duplicate key value violates unique constraint"),
                              ("1,one\nx,two\n", 'invalid input syntax for type bigint: "x"'),
                              (",none\n", "null value in column"), (None, "could not open file")):
            with self.subTest(text):
                table.write_text(text) if text else table.unlink()
                refused = self.run_job(check=4)
                self.assertIn(message, refused.stderr)
                self.assertIn("names", refused.stderr)
                self.assertFalse(list(self.folder.glob("joined/*.csv")))
        table.write_text("".join(f"{n},name {n}\n" for n in range(0, 100, 2)))
        self.run_job()
        self.assertEqual(self.rows("joined"), [(str(n), f"name {n}") for n in range(0, 100, 2)])
        self.assertEqual(self.state.sink("s", "joined"), (50, 50, 0, 0))  # no match: filtered

    def test_interrupted_run_keeps_its_table(self):
        """What follows the interruption joins with the version that the run began with."""
        self.define(JOINED)
        (self.folder / "names.csv").write_text("".join(f"{n},old\n" for n in range(200)))
        weir.run("--batch", "-q", "-c", "SET commit_rows = 30", "-f", self.folder / "job.sql", check=-9,
                 env={"WEIR_FAILURE_POINT": "commit.after:2:kill"})
        (self.folder / "names.csv").write_text("".join(f"{n},new\n" for n in range(200)))
        self.add(20)
        self.run_job()
        self.run_job()
        self.assertEqual(self.rows("joined"), [(str(n), "old" if n < 100 else "new") for n in range(120)])

    # ---- files ----

    def test_changed_files_are_a_gap(self):
        """Fewer files, a shorter one, one with other records: exit 7; one more is read from its start."""
        self.add(30, "in-2.jsonl")
        self.define(RAW)
        self.run_job()
        first = self.folder / "in-2.jsonl"
        text = first.read_text()
        for mutant, message in ((None, 'stream "s" has 1 partitions, but the state knows 2'),
                                ("".join(text.splitlines(keepends=True)[:20]), "ends at offset 20, before offset 30"),
                                (text.replace("2024", "2023"), "is not the one that was read before")):
            with self.subTest(message):
                first.write_text(mutant) if mutant else first.unlink()
                self.assertIn(message, self.run_job(check=7).stderr)
        first.write_text(text)
        self.add(10, "in.jsonl")
        self.add(10, "in3.jsonl")
        self.run_job()  # finishes the run that was refused last
        self.run_job()
        self.assertEqual(sorted(int(row[0]) for row in self.rows("raw")), list(range(150)))


if __name__ == "__main__":
    unittest.main()
