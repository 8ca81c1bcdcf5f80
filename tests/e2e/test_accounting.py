"""test_accounting.py: streaming jobs, whose cuts a clock makes: every message is in a sink, late, dead or filtered, once, by
partition and offset, and late only by the watermark that was recorded, however often the job was killed or told to stop. And
what signals and a second start do. Late rows are certain: input grows from start to start, so that its rows far behind meet a
watermark that the starts before have recorded."""
import datetime
import gzip
import json
import random
import shutil
import signal
import socket
import time
import unittest

from lib import accounts, clicks, csv_reader, state, suite, weir

EVENTS = 20000
SEED = suite.seed()
KILLS = 120 if suite.WORLD else 30


class Accounting(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = weir.scratch(cls, "accounting")
        cls.made = clicks.make(cls.folder, EVENTS, seed=21, minutes=120, late=0.05, malformed=0.01)

    def setUp(self):
        self.job = accounts.Accounts(self.folder / self.id().rsplit(".", 1)[-1], self.made)

    def tearDown(self):
        self.assertEqual(self.job.close(), [])
        shutil.rmtree(self.job.folder)

    # ---- helpers ----

    def wait_for(self, condition, child=None):
        for _ in range(4000):
            if condition():
                return
            if child is not None and child.poll() is not None:
                self.fail(f"ended with {child.returncode}: {child.stderr.read()}")
            time.sleep(0.005)
        self.fail("waited too long")

    def start(self, **options):
        child = self.job.start(**options)
        self.addCleanup(lambda: (child.kill(), child.communicate()))
        return child

    def terminate(self, child):
        """SIGTERM drains: exit 0, and no word of complaint."""
        child.send_signal(signal.SIGTERM)
        output, errors = child.communicate(timeout=60)
        self.assertEqual((child.returncode, errors), (0, ""))
        return output

    def stream_until_done(self, share):
        self.job.feed(share)
        child = self.start()
        self.wait_for(self.job.done, child)
        return child

    def assert_some_late(self, first_share, closed=False):
        """At least the rows that were given after that share of the input, and lie far behind it, are late. closed: a batch
        had closed all windows, so others may be late too."""
        late = self.job.check()
        self.assertEqual(sorted(late - self.made.late)[:5] if not closed else [], [])
        begun = [int(size * first_share) for size in self.made.sizes]
        least = min(self.job.window_end((p, size - 1)) for p, size in enumerate(begun))
        far_behind = {(p, o) for p, o in self.made.late
                      if o >= begun[p] and (least - self.job.window_end((p, o))).total_seconds() > 60}
        self.assertGreater(len(far_behind), 10)
        self.assertEqual(sorted(far_behind - late)[:5], [])

    # ---- tests ----

    def test_terminated_while_streaming(self):
        """SIGTERM at any moment: nothing is doubled or lost by going on."""
        print(f"seed {SEED}", flush=True)
        chance = random.Random(SEED)
        self.terminate(self.stream_until_done(0.4))
        for life in range(5):
            before = self.job.manifests()
            self.job.feed(0.5 + life / 10)
            child = self.start()
            self.wait_for(lambda: self.job.manifests() > before, child)
            time.sleep(chance.uniform(0.0, 0.03))
            self.terminate(child)
            self.assertEqual(self.job.state.check().last["kind"], "CLOSE")
        self.job.feed()
        self.job.run(batch=True)
        self.assert_some_late(0.4)

    def test_drained_keeps_windows_open(self):
        """What SIGTERM leaves open comes with the next run, whole."""
        self.terminate(self.stream_until_done(0.5))
        kept = self.job.state
        watermark = state.moment(kept.last["scans"][0]["watermark"])
        starts = {row[0] for row in csv_reader.read_folder(self.job.folder / "windowed", 6)}
        newest = watermark.replace(second=0, microsecond=0) - datetime.timedelta(minutes=1)
        self.assertEqual(max(starts), newest.strftime("%Y-%m-%d %H:%M:%S.000000+00:00"))
        self.assertGreater(kept.sink("clicks", "windowed")[0], len(list(self.job.rows("windowed"))))
        self.job.feed()
        self.job.run(batch=True)
        self.assert_some_late(0.5)

    def test_killed_while_streaming(self):
        print(f"seed {SEED}", flush=True)
        chance = random.Random(SEED)
        killed = 0
        self.terminate(self.stream_until_done(0.2))
        for life in range(KILLS):
            self.job.feed(0.2 + 0.8 * life / KILLS)
            child = self.start()
            before = self.job.commits()
            time.sleep(chance.uniform(0.0, 0.05))
            if chance.random() < 0.5:  # some die after they have done something
                self.wait_for(lambda: self.job.commits() > before or self.job.done(), child)
            killed += child.poll() is None
            child.kill()
            child.communicate()
        self.assertGreaterEqual(killed, 25)
        self.job.feed()
        self.job.run(batch=True)
        self.assert_some_late(0.2)

    def test_killed_in_batch_then_streaming(self):
        """Kinds of runs can follow one another on one state."""
        self.job.feed(0.3)
        for number in (1, 2):
            self.job.run(batch=True, env={"WEIR_FAILURE_POINT": f"commit.after:{number}"}, check=-signal.SIGKILL)
        child = self.stream_until_done(0.6)
        child.kill()
        child.communicate()
        self.job.run(batch=True)
        self.terminate(self.stream_until_done(1.0))
        self.job.run(batch=True)
        self.assert_some_late(0.6, closed=True)

    def test_second_start_is_refused_at_once(self):
        """While one runs, and also while it is stopped and could wake at any moment."""
        first = self.stream_until_done(0.5)
        for asleep in (False, True):
            if asleep:
                first.send_signal(signal.SIGSTOP)
            for batch in (False, True):
                begun = time.monotonic()
                second = self.job.run(batch=batch, check=6)
                self.assertLess(time.monotonic() - begun, 5)
                self.assertRegex(second.stderr, "ERROR: .*in use by another process")
        first.send_signal(signal.SIGCONT)
        self.assertIsNone(first.poll())
        self.terminate(first)
        self.job.feed()
        self.job.run(batch=True)
        self.assert_some_late(0.5)

    def test_many_starts_at_once(self):
        """One of them runs, the others exit 6; no row suffers."""
        self.job.feed()
        children = [self.start(batch=True) for _ in range(6)]
        errors = [child.communicate(timeout=60)[1] for child in children]
        codes = [child.returncode for child in children]
        self.assertIn(0, codes)
        self.assertLessEqual(set(codes), {0, 6}, errors)
        self.job.check()

    def test_run_statement_drains(self):
        """RUN in a file: SIGTERM drains it, exit 0, and what follows is not run."""
        text = self.job.sql.read_text()
        self.job.sql.write_text(text + "RUN;\nSELECT 'not reached';\n")
        self.assertNotIn("not reached", self.terminate(self.stream_until_done(0.5)))
        self.job.sql.write_text(text)
        self.job.feed()
        self.job.run(batch=True)
        self.assert_some_late(0.5)

    def test_terminated_before_it_could_read(self):
        """While the broker is looked for: a stream has nothing to drain, a batch is not done."""
        with socket.socket() as silent:  # takes connections, and says nothing
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            self.job.close()
            self.job = accounts.Accounts(self.folder / "nowhere", self.made, f"127.0.0.1:{silent.getsockname()[1]}", "clicks")
            for batch, code in ((False, 0), (True, 5)):
                before = self.job.manifests()
                child = self.start(batch=batch)
                self.wait_for(lambda: self.job.manifests() > before, child)
                time.sleep(0.2)
                child.send_signal(signal.SIGTERM)
                _, errors = child.communicate(timeout=60)
                self.assertEqual(child.returncode, code, errors)
                self.assertNotIn("canceling statement", errors)

    @unittest.skipIf(weir.BUILD.name.endswith("thread"), "ThreadSanitizer keeps signals back")
    def test_a_second_signal_ends_at_once(self):
        """The second signal does not wait for the drain; the state is safe."""
        child = self.stream_until_done(0.5)
        child.send_signal(signal.SIGSTOP)  # both signals meet it at once, before it could have drained
        child.send_signal(signal.SIGTERM)
        child.send_signal(signal.SIGINT)
        child.send_signal(signal.SIGCONT)
        child.communicate(timeout=60)
        self.assertIn(child.returncode, (128 + signal.SIGINT, 128 + signal.SIGTERM))
        self.assertNotEqual(self.job.state.last["kind"], "CLOSE")
        self.job.feed()
        self.job.run(batch=True)
        self.assert_some_late(0.5)


class Mutants(unittest.TestCase):
    """What the accounting is worth: good output passes, and every mutant is caught."""

    @classmethod
    def setUpClass(cls):
        cls.folder = weir.scratch(cls, "accounting-mutants")
        cls.made = clicks.make(cls.folder, 3000, seed=22, minutes=60, late=0.05, malformed=0.01)

    def setUp(self):
        self.job = accounts.Accounts(self.folder / self.id().rsplit(".", 1)[-1], self.made)
        self.addCleanup(self.job.close)
        for share in (0.5, 1.0):
            self.job.feed(share)
            self.job.run(batch=True)

    def lines_of(self, folder):
        path = sorted(path for path in folder.rglob("*.gz") if ".weir-tmp" not in path.parts)[-1]
        return path, gzip.decompress(path.read_bytes()).splitlines(keepends=True)

    def test_good_output_passes(self):
        self.assertGreater(len(self.job.check()), 0)

    def test_mutants_are_caught(self):
        for folder in (self.job.folder / "raw", self.job.folder / "windowed", self.job.kept / "late", self.job.kept / "dead"):
            path, lines = self.lines_of(folder)
            good = path.read_bytes()
            for name, mutant in (("dropped", lines[1:]), ("doubled", lines + lines[:1]), ("one for another", lines[1:] + lines[-1:])):
                path.write_bytes(gzip.compress(b"".join(mutant)))
                with self.subTest(folder=folder.name, mutant=name), self.assertRaises(AssertionError):
                    self.job.check()
            path.write_bytes(good)
        self.job.check()

    def test_a_row_that_is_wrongly_late_is_caught(self):
        """It is taken out of its window; every message still has one fate."""
        late, lines = self.lines_of(self.job.kept / "late")
        (partition, offset), _ = max(self.job.rows("windowed"))
        form = json.loads(lines[0])
        form.update(partition=partition, offset=offset)
        path, rows = next((path, rows) for path, rows in ((path, gzip.decompress(path.read_bytes()).splitlines(keepends=True))
                                                          for path in (self.job.folder / "windowed").rglob("*.gz"))
                          if any(b",%d,%d," % (partition, offset) in row for row in rows))
        path.write_bytes(gzip.compress(b"".join(row for row in rows if b",%d,%d," % (partition, offset) not in row)))
        late.write_bytes(gzip.compress(b"".join(lines) + json.dumps(form).encode() + b"\n"))
        with self.assertRaisesRegex(accounts.Wrong, ": late$"):
            self.job.check()


if __name__ == "__main__":
    unittest.main()
