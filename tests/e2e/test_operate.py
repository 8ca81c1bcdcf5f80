"""test_operate.py: what a person does to a job that is there: reset discards its state, also one that is damaged or whose
reset is killed at any moment; drain reads all and closes all windows, and what comes later is late."""
import contextlib
import json
import re
import shutil
import signal
import time
import unittest

from lib import state, terminal, weir

STREAM = """
CREATE STREAM s (k text, v bigint, t timestamptz NOT NULL, WATERMARK FOR t AS t)
WITH (connector = 'file', path = :'input', format = 'json');
"""
RAW = "CREATE SINK raw WITH (location = :'raw', format = 'csv', partition_by = 'k') AS SELECT k, v FROM s;\n"
SUMS = """CREATE SINK sums WITH (location = :'sums', format = 'csv')
AS SELECT window_start, sum(v) AS n FROM TUMBLE(s, t, INTERVAL '1 minute') GROUP BY window_start, window_end;
"""


class Job(unittest.TestCase):
    def setUp(self):
        self.folder = weir.scratch(type(self), "operate")
        self.job = self.folder / "job.sql"
        self.job.write_text(STREAM + RAW + SUMS)
        self.kept = self.folder / ".weir" / "job"
        self.feed(range(10))

    def feed(self, minutes):
        with (self.folder / "input.jsonl").open("a") as file:
            file.writelines(f'{{"k": "a", "v": {i}, "t": "2024-01-01T00:{i:02}:00Z"}}\n' for i in minutes)

    def variables(self):
        return [v for name in ("input.jsonl", "raw", "sums") for v in ("-v", f"{name.split('.')[0]}={self.folder}/{name}")]

    def weir(self, *arguments, start=False, last=(), **options):
        call = weir.start if start else weir.run
        return call(*arguments, *self.variables(), "-f", self.job, *last, **options)

    def stream(self, **options):
        """Reads what there is; windows stay open."""
        return self.weir("-q", last=("-c", "RUN UNTIL LATEST"), **options)

    def ask(self, command, question, answer):
        """The exit code of a command at a terminal, where a person answers, and what was shown before the question."""
        screen = terminal.Terminal(command, *self.variables(), "-f", self.job, home=self.folder)
        before = screen.expect(question)
        screen.send(answer)
        return screen.end(), before

    def rows(self, sink, uuid="*"):
        return sorted(line for f in (self.folder / sink).rglob(f"job-{uuid}-*") for line in f.read_text().splitlines())

    def uuid(self):
        return json.loads((self.kept / "job.json").read_text())["uuid"][:8]

    def objects(self):
        return {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in self.folder.rglob("job-*") if p.is_file()}

    @contextlib.contextmanager
    def running(self):
        before = len(list(self.kept.glob("s0/m/*.json")))
        job = self.weir("-q", start=True)
        try:
            while len(list(self.kept.glob("s0/m/*.json"))) <= before:
                self.assertIsNone(job.poll())
                time.sleep(0.02)
            yield job
        finally:
            job.send_signal(signal.SIGTERM)
            _, err = job.communicate(timeout=60)
        self.assertEqual(job.returncode, 0, err)


class Reset(Job):
    def test_a_job_begins_anew(self):
        self.stream(check=0)
        first, before = self.uuid(), self.objects()
        code, shown = self.ask("reset", "Type the name of the job to discard its state: ", "job\n")
        self.assertEqual(code, 0)
        self.assertEqual(re.sub(r"\d+ bytes", "N bytes", shown[shown.index("Job "):]), f"""\
Job "job" in "{self.folder}/.weir" is about to lose all that it knows:
  4 manifests; it goes on reading at s=0:10 (10 messages read so far)
  open windows of sink "sums": 1 pane, N bytes of state
Objects that are published stay. The next start reads anew and makes objects under new names: rows that
were loaded once would be loaded again.
""")
        self.assertEqual(self.objects(), before)
        second = self.uuid()
        self.assertNotEqual(second, first)
        for point in ("claim.after", "assign.after"):  # a first start that dies at once
            self.weir("--batch", env={"WEIR_FAILURE_POINT": point}, check=-9)
        done = self.weir("--batch", check=0)
        self.assertIn(f'NOTICE:  location "{self.folder}/raw" holds objects of an earlier job "job" ("k=a/job-{first}-', done.stderr)
        self.assertIn(f'NOTICE:  location "{self.folder}/sums" holds objects of an earlier job "job" ("job-{first}-', done.stderr)
        self.assertEqual(self.rows("raw", second), self.rows("raw", first))
        self.assertEqual(len(self.rows("sums", second)), 10)
        self.weir("verify", check=0)
        numbers = [int(p.stem) for p in sorted((self.kept / "s0" / "m").glob("*.json"))]
        self.assertEqual(numbers, list(range(1, len(numbers) + 1)))
        self.feed(range(10, 12))
        self.assertNotIn("NOTICE", self.weir("--batch", check=0).stderr)
        self.assertEqual(len(self.rows("raw", second)), 12)
        self.assertEqual({p.name.split("-")[0] for p in (self.kept / "s0" / "p").iterdir()} & {f"{3:016d}"}, set())
        self.weir("reset", "--yes", check=0)  # and again
        self.weir("--batch", check=0)
        self.assertEqual(len(self.rows("raw", self.uuid())), 12)
        self.weir("verify", check=0)

    def test_it_asks(self):
        self.stream(check=0)
        before = (self.kept / "job.json").read_bytes()
        for stdin in (None, "", "job\n"):
            done = self.weir("reset", check=1, stdin=stdin)
            self.assertEqual(done.stderr, "ERROR:  nothing was discarded: this must be confirmed\n"
                                          "HINT:  Give --yes, or run it at a terminal.\n")
        for answer in ("y\n", "jobs\n", "\n", terminal.CTRL_D):
            self.assertEqual(self.ask("reset", "discard its state: ", answer)[0], 5, answer)
        self.assertEqual((self.kept / "job.json").read_bytes(), before)
        shutil.rmtree(self.folder / ".weir")
        self.assertIn('there is no state of job "job"', self.weir("reset", "--yes", check=3).stderr)
        self.assertFalse((self.folder / ".weir").exists())

    def test_what_is_not_published_is_lost(self):
        self.stream(env={"WEIR_FAILURE_POINT": "publish.before"}, check=-9)
        done = self.weir("reset", "--yes", check=0)
        self.assertIn("  2 objects that are committed and not published yet\n", done.stderr)
        self.assertEqual(self.objects(), {})
        self.weir("--batch", check=0)
        self.assertEqual((len(self.rows("raw")), len(self.rows("sums"))), (10, 10))

    def test_a_running_job_keeps_its_state(self):
        with self.running():
            done = self.weir("reset", "--yes", "--yes", check=6)
            self.assertIn("is in use by another process", done.stderr)

    def test_a_damaged_state(self):
        self.stream(check=0)
        newest = max((self.kept / "s0" / "m").glob("*.json"))
        newest.write_bytes(newest.read_bytes()[:-9])
        self.stream(check=4)
        done = self.weir("reset", "--yes", check=0)
        self.assertIn("what it holds can't be said: manifest", done.stderr)
        self.weir("--batch", check=0)
        self.assertEqual(len(self.rows("sums", self.uuid())), 10)
        self.weir("verify", check=0)

    def test_a_reset_that_is_killed(self):
        """At every moment the job has its old life or its new one, whole."""
        self.stream(check=0)
        first, rows = self.uuid(), self.rows("raw")
        good = self.folder / "good"
        shutil.copytree(self.folder / ".weir", good)
        struck = set()
        for point in ("create_job", "close_state", "directory_create", "directory_write", "directory_sync", "directory_link",
                      "directory_sync_names", "directory_remove"):
            for moment in ("before", "after"):
                for n in (1, 2):
                    shutil.rmtree(self.folder / ".weir")
                    shutil.rmtree(self.folder / "raw", ignore_errors=True)
                    shutil.copytree(good, self.folder / ".weir")
                    done = self.weir("reset", "--yes", env={"WEIR_FAILURE_POINT": f"{point}.{moment}:{n}"})
                    self.assertIn(done.returncode, (0, -9))
                    if done.returncode == 0:
                        continue
                    struck.add((point, moment))
                    with self.subTest(f"{point}.{moment}:{n}"):
                        self.weir("--batch", check=0)
                        self.assertEqual(self.rows("raw"), [] if self.uuid() == first else rows)
                        state_of = self.weir("verify", "--csv", check=None if self.uuid() == first else 0)
                        self.assertNotIn("manifest", state_of.stdout.split("epochs")[0].replace("finding", ""))
        self.assertGreaterEqual(len(struck), 13)

    def test_shards(self):
        (self.folder / "in").mkdir()
        for p in range(2):
            shutil.copy(self.folder / "input.jsonl", self.folder / "in" / f"{p}.jsonl")
        self.job.write_text(STREAM.replace("path = :'input'", f"path = '{self.folder}/in/*.jsonl'") + RAW)
        shards = [["--shard", f"{i}/2"] for i in range(2)]
        for shard in shards:
            self.stream_shard(shard)
        self.assertEqual(len(self.rows("raw")), 20)
        self.weir("verify", check=0)
        for what in ("EPOCHS", "FILES"):
            shown = self.weir("-q", "--csv", "--check", last=("-c", f"SHOW {what}"), check=0).stdout.splitlines()
            self.assertEqual(shown[0].split(",")[0], "shard")
            self.assertEqual({line.split(",")[0] for line in shown[1:]}, {"0", "1"})
        done = self.weir("reset", "--yes", check=0)
        self.assertIn("shard 1:\n  4 manifests; it goes on reading at s=", done.stderr)
        for shard in shards:
            self.stream_shard(shard)
        self.assertEqual(len(self.rows("raw", self.uuid())), 20)
        self.weir("verify", check=0)
        victim = next(p for p in (self.folder / "raw").rglob(f"job-{self.uuid()}-raw-s1e*"))
        victim.unlink()
        epoch = int(state.name_parts(victim)["epoch"])
        self.assertIn(f"missing,{epoch},data,raw,{victim},", self.weir("verify", "--csv", check=4).stdout)

    def stream_shard(self, shard):
        weir.run("-q", *shard, *self.variables(), "-f", self.job, "-c", "RUN UNTIL LATEST", check=0)

    def test_usage(self):
        for arguments, text in ((["reset", "--batch"], "reset and --batch can't be combined"),
                                (["reset", "--quick"], "--quick belongs to verify"),
                                (["reset", "now"], 'unexpected argument "now"')):
            self.assertIn(text, weir.run(*arguments, check=1).stderr)


class Drain(Job):
    QUESTION = "Drain it? (y/N) "

    def test_all_windows_close(self):
        self.stream(check=0)
        self.assertEqual(len(self.rows("sums")), 9)
        self.feed([10])
        code, shown = self.ask("drain", self.QUESTION, "y\n")
        self.assertEqual(code, 0)
        self.assertEqual(re.sub(r"\d+ bytes", "N bytes", shown[shown.index("Job "):]), f"""\
Job "job" in "{self.folder}/.weir" will read its streams to their present end and then close all windows:
  open windows of sink "sums": 1 pane, N bytes of state
Their results are final: rows that come later are late. """)
        drained = self.rows("sums")
        self.assertEqual(len(drained), 11)
        self.weir("verify", check=0)
        self.assertEqual(state.State(self.kept).check().last["kind"], "CLOSE")
        other = self.folder / "batch"
        weir.run("-q", "--batch", *self.variables(), "-v", f"sums={other}", "-v", f"raw={other}.raw", "-f", self.job,
                 "-c", f"SET state_location = '{other}.state'", check=0)
        self.assertEqual(sorted(r for f in other.glob("job-*") for r in f.read_text().splitlines()), drained)

    def test_what_comes_later(self):
        self.stream(check=0)
        done = self.weir("drain", "--yes", check=0)
        self.assertIn('NOTICE:  sink "sums": 1 window was closed before its time; rows that still come are late\n', done.stderr)
        self.assertTrue(done.stdout.endswith('job "job" is drained\n'))
        before = self.rows("sums")
        self.feed([9, 9, 10, 11, 12])  # the last window that was closed; new ones
        self.stream(check=0)
        self.assertEqual(self.rows("sums"), before + [f'2024-01-01 00:{m}:00.000000+00:00,"{m}"' for m in (10, 11)])
        self.assertEqual([json.loads(d.value)["v"] for d in state.State(self.kept).late()], [9, 9])
        self.weir("drain", "--yes", check=0)
        self.assertEqual(len(self.rows("sums")), 13)
        done = self.weir("drain", "--yes", check=0)  # nothing is left
        self.assertNotIn("before", done.stderr)
        self.assertEqual((len(self.rows("sums")), len(self.rows("raw"))), (13, 15))
        self.weir("verify", check=0)

    def test_windows_that_emit_nothing_close_too(self):
        self.job.write_text(STREAM + SUMS.replace("end;", "end HAVING count(*) > 5;"))
        self.stream(check=0)
        self.weir("drain", "--yes", check=0)
        self.assertEqual(self.rows("sums"), [])
        shown = self.ask("drain", self.QUESTION, "n\n")[1]
        self.assertNotIn("pane", shown)

    def test_it_asks(self):
        self.assertIn('there is no state of job "job"', self.weir("drain", "--yes", check=3).stderr)
        self.assertFalse(self.kept.exists())
        self.stream(check=0)
        self.assertEqual(self.weir("drain", "-q", check=1, stdin="y\n").stderr,
                         "ERROR:  nothing was drained: this must be confirmed\n"
                         "HINT:  Give --yes, or run it at a terminal.\n")
        self.assertEqual(self.ask("drain", self.QUESTION, "n\n")[0], 5)
        self.assertEqual(len(self.rows("sums")), 9)
        for arguments, text in ((["drain", "--batch"], "drain and --batch can't be combined"),
                                (["drain", "--input", "s=x"], "drain and --input can't be combined")):
            self.assertIn(text, weir.run(*arguments, check=1).stderr)
        with self.running():
            self.assertIn("is in use by another process", self.weir("drain", "--yes", check=6).stderr)

    def test_a_batch_run_that_is_not_finished(self):
        self.feed(range(10, 60))
        self.weir("--batch", "-c", "SET commit_rows = 10", env={"WEIR_FAILURE_POINT": "commit.before:3"}, check=-9)
        done = self.weir("drain", "--yes", check=8)
        self.assertIn('a batch run of job "job" is not finished', done.stderr)
        self.assertIn("Finish it with --batch", done.stderr)
        self.weir("--batch", check=0)
        self.weir("drain", "--yes", check=0)
        self.assertEqual((len(self.rows("raw")), len(self.rows("sums"))), (60, 60))

    def test_a_drain_that_is_stopped_or_killed(self):
        self.stream(check=0)
        self.feed(range(10, 20))
        for point in ("claim.after", "seal.before", "commit.before", "commit.after", "commit.after:2", "publish.before:2",
                      "mark.after:2", "close_state.before"):
            self.weir("drain", "--yes", env={"WEIR_FAILURE_POINT": point})
            self.weir("verify", check=0)
        self.weir("drain", "--yes", check=0)
        self.assertEqual((len(self.rows("raw")), len(self.rows("sums"))), (20, 20))
        self.job.write_text("""
            CREATE STREAM s (v bigint, t timestamptz NOT NULL, WATERMARK FOR t AS t) WITH (connector = 'generator',
                format = 'json', rows = 1000000000);
            CREATE SINK sums WITH (location = :'sums', format = 'csv') AS SELECT window_start, count(*) AS n
            FROM TUMBLE(s, t, INTERVAL '36500 days') GROUP BY window_start, window_end;""")
        shutil.rmtree(self.folder / "sums")
        shutil.rmtree(self.folder / ".weir")
        self.weir("-q", last=("-c", "RUN FOR INTERVAL '10 milliseconds'"), check=0)
        child = self.weir("-q", "drain", "--yes", start=True)
        while len(list(self.folder.glob(".weir/job/s0/m/*.json"))) < 6:
            self.assertIsNone(child.poll())
            time.sleep(0.02)
        child.send_signal(signal.SIGTERM)
        _, err = child.communicate(timeout=60)
        self.assertEqual(child.returncode, 5, err)
        self.assertIn("the drain was stopped before its end", err)
        self.assertEqual(self.rows("sums"), [])
        self.assertEqual(state.State(self.kept).last["kind"], "CLOSE")


class Namesakes(Job):
    def test_a_state_that_was_deleted(self):
        self.assertNotIn("NOTICE", self.weir("--batch", check=0).stderr)
        shutil.rmtree(self.folder / ".weir")
        (self.folder / "raw" / "other-00000000-raw-s0e00000003-0000.csv").touch()
        done = self.weir("--batch", check=0)
        self.assertEqual(done.stderr.count("NOTICE:  location"), 2)
        self.assertIn("rows that both make will be there twice", done.stderr)
        self.assertNotIn("NOTICE", self.weir("--batch", check=0).stderr)
        state.State(self.kept).check()


if __name__ == "__main__":
    unittest.main()
