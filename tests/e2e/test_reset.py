"""test_reset.py: weir reset discards one sink of a job's state, when asked twice and nobody runs the job."""
import shutil
import signal
import time
import unittest

from lib import terminal, weir

STREAM = """
CREATE STREAM s (k text, v bigint, t timestamptz NOT NULL, WATERMARK FOR t AS t)
WITH (connector = 'file', path = :'input', format = 'json');
"""
RAW = "CREATE SINK raw WITH (location = :'raw', format = 'csv') AS SELECT k, v FROM s;\n"
SUMS = """CREATE SINK sums WITH (location = :'sums', format = 'csv')
AS SELECT window_start, {} AS n FROM TUMBLE(s, t, INTERVAL '1 minute') GROUP BY window_start, window_end;
"""


class Reset(unittest.TestCase):
    def setUp(self):
        self.folder = weir.scratch(type(self), "reset")
        self.job = self.folder / "job.sql"
        self.job.write_text(STREAM + RAW + SUMS.format("sum(v)"))
        (self.folder / "input.jsonl").write_text(
            "".join(f'{{"k": "a", "v": {i}, "t": "2024-01-01T00:{i:02}:00Z"}}\n' for i in range(10)))

    def weir(self, *arguments, start=False, quiet=True, **options):
        variables = [v for name in ("input.jsonl", "raw", "sums") for v in
                     ("-v", f"{name.split('.')[0]}={self.folder}/{name}")]
        call = weir.start if start else weir.run
        return call(*["-q"] * quiet, *arguments, *variables, "-f", self.job, **options)

    def ask(self, answer):
        """The exit code of a reset at a terminal, where a person answers."""
        variables = [v for name in ("input.jsonl", "raw", "sums") for v in
                     ("-v", f"{name.split('.')[0]}={self.folder}/{name}")]
        screen = terminal.Terminal("reset", "--sink=sums", *variables, "-f", self.job, home=self.folder)
        screen.expect('Open windows of sink "sums" of job "job" will be lost. Discard its state? (y/N) ')
        screen.send(answer)
        return screen.end()

    def rows(self, sink):
        return sorted(line for f in (self.folder / sink).rglob("*.csv") for line in f.read_text().splitlines())

    def test_a_changed_sink_begins_anew(self):
        self.weir("--batch", check=0)
        before = self.rows("sums")
        self.assertEqual(len(before), 10)
        self.job.write_text(STREAM + RAW + SUMS.format("count(*)"))
        self.assertIn("weir reset --sink=sums, after weir drain with the old definition", self.weir("--batch", check=8).stderr)
        for refused in ({}, {"stdin": ""}, {"stdin": "y\n"}):
            done = self.weir("reset", "--sink=sums", check=1, **refused)
            self.assertIn("nothing was discarded: this must be confirmed", done.stderr)
            self.assertIn("Give --yes, or run it at a terminal.", done.stderr)
        self.assertEqual(self.ask("n\n"), 5)
        self.weir("--batch", check=8)
        self.assertEqual(self.ask("y\n"), 0)
        self.weir("--batch", check=0)
        self.assertEqual(self.rows("sums"), before)  # what was read before is not read again
        with (self.folder / "input.jsonl").open("a") as more:
            more.write('{"k": "a", "v": 7, "t": "2024-01-01T00:20:00Z"}\n' * 3)
        self.weir("--batch", check=0)
        self.assertEqual(self.rows("sums"), before + ["2024-01-01 00:20:00.000000+00:00,3"])
        self.assertEqual(len(self.rows("raw")), 13)

    def test_what_is_left_in_snowflake(self):
        """The statements of every revision, and nothing without a table, or for who wants no words."""
        options = "format = 'csv', snowflake_table = 'lake.raw.sums', snowflake_load = 'rest'"
        sums = SUMS.replace("format = 'csv'", options)
        for columns in ("sum(v)", "sum(v) + 1"):
            self.job.write_text(STREAM + RAW + sums.format(columns))
            self.weir("--batch", check=0)
        self.job.write_text(STREAM + RAW + sums.format("count(*)"))
        self.weir("--batch", check=8)
        copy = self.folder / "copy"
        shutil.copytree(self.folder / ".weir", copy)
        done = self.weir("reset", "--yes", "--sink=sums", check=0)
        self.assertEqual(done.stdout, "")
        shutil.rmtree(self.folder / ".weir")
        shutil.copytree(copy, self.folder / ".weir")
        done = self.weir("reset", "--yes", "--sink=sums", check=0, quiet=False)
        kinds = (("PIPE", "PIPE"), ("STAGE", "STAGE"), ("FILE FORMAT", "FORMAT"))
        self.assertEqual([line for line in done.stdout.splitlines() if not line.startswith(("-- ", "CREATE "))],
                         ['the state of sink "sums" of job "job" is discarded',
                          *(f'DROP {kind} IF EXISTS "LAKE"."RAW"."SUMS_{name}{suffix}";' for suffix in ("", "_R2", "_R3") for kind, name in kinds)])
        done = self.weir("reset", "--yes", "--sink=raw", check=0, quiet=False)
        self.assertEqual(done.stdout.splitlines()[-1], 'the state of sink "raw" of job "job" is discarded')

    def test_a_sink_that_is_gone_is_left_out(self):
        self.weir("--batch", check=0)
        self.job.write_text(STREAM + RAW)
        self.assertIn('sink "sums" of the stored state is not in this job', self.weir("--batch", check=8).stderr)
        self.weir("reset", "--sink=sums", "--yes", check=0)
        self.weir("--batch", check=0)
        self.assertEqual(len(self.rows("raw")), 10)
        self.assertEqual(len(self.rows("sums")), 10)  # objects stay

    def test_what_is_not_there(self):
        done = self.weir("reset", "--sink=sums", "--yes", check=3)
        self.assertIn('there is no state of job "job"', done.stderr)
        self.assertFalse((self.folder / ".weir").exists())
        self.weir("--batch", check=0)
        self.assertIn('sink "suns" is not in the state', self.weir("reset", "--sink=suns", "--yes", check=3).stderr)
        self.weir("--batch", check=0)

    def test_usage(self):
        for arguments, text in ((["--sink=sums"], "belongs to reset"),
                                (["reset", "--sink=sums", "now"], 'unexpected argument "now"'),
                                (["undo"], 'unexpected argument "undo"')):
            self.assertIn(text, weir.run(*arguments, check=1).stderr)

    def test_a_running_job_keeps_its_state(self):
        job = self.weir(start=True)
        try:
            while not list(self.folder.glob(".weir/job/s0/m/*2.json")):
                self.assertIsNone(job.poll())
                time.sleep(0.05)
            done = self.weir("reset", "--sink=sums", "--yes", check=6)
            self.assertIn("is in use by another process", done.stderr)
        finally:
            job.send_signal(signal.SIGTERM)
            out, err = job.communicate(timeout=60)
        self.assertEqual(job.returncode, 0, err)


if __name__ == "__main__":
    unittest.main()
