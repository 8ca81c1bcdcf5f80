"""test_faults.py: the main job, in batch over files, struck at every failure point and at random moments: killed, or a call
failed, or the disk full; then started again until it is done. What lies there in the end is what an uninterrupted run leaves,
late rows and dead letters included; and no name ever had two contents."""
import random
import re
import shutil
import signal
import time
import unittest

from lib import clicks, main_job, recorder, suite, weir

EVENTS = 8000
COMMIT_ROWS = 400
FINE_ROWS = 50  # many more epochs, for what strikes by time
SEED = suite.seed()
RANDOM_KILLS = 150 if suite.WORLD else 30

# Those of S3 are struck by servers/test_s3_store.py, and that of loading by servers/test_snowflake_load.py.
POINTS = weir.failure_points("s3_", "mark_loaded")
MOMENTS = [f"{point}.{moment}" for point in POINTS for moment in ("before", "after")]
KAFKA_ONLY = {"commit_hint"}  # struck by servers/test_kafka_faults.py
# A reply that is lost is no loss: what is there turns out to be one's own.
RECOGNIZED = {"claim.after", "assign.after", "commit.after", "close_state.after", "directory_link.after"}
# Where a failure harms nothing: the file is litter, and the next start sweeps it.
HARMLESS = {"directory_remove.before", "directory_remove.after"}


class Faults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = weir.scratch(cls, "faults")
        cls.made = clicks.make(cls.folder, EVENTS, seed=11, minutes=90, late=0.02, malformed=0.01)
        cls.expected = {rows: cls.uninterrupted(rows) for rows in (COMMIT_ROWS, FINE_ROWS)}

    @classmethod
    def uninterrupted(cls, commit_rows):
        job = cls.new_job(f"reference-{commit_rows}", commit_rows)
        job.run(workers=1)
        return in_order(job)

    @classmethod
    def new_job(cls, name, commit_rows):
        return main_job.MainJob(cls.folder / name, commit_rows, files=f"{cls.folder}/clicks-*.jsonl")

    def setUp(self):
        self.job = self.new_job(self.id().rsplit(".", 1)[-1], FINE_ROWS if "random" in self.id() else COMMIT_ROWS)
        self.watch()

    def watch(self):
        kept = self.job.folder / ".weir" / "clicks_job"
        self.recorder = recorder.Recorder(self.job.folder / "raw", self.job.folder / "minutes", kept / "late", kept / "dead",
                                          kept / "s0" / "m")

    def fresh(self):
        """Ends what was recorded, and begins anew."""
        self.assertEqual(self.recorder.stop(), [])
        shutil.rmtree(self.job.folder)
        self.job = self.new_job(self.job.folder.name, self.job.commit_rows)
        self.watch()

    def tearDown(self):
        self.assertEqual(self.recorder.stop(), [])

    def assert_partly(self):
        """Whatever is visible is whole, and is to be there."""
        wanted = {}
        for place, content in self.expected[self.job.commit_rows]:
            wanted.setdefault(place, []).append(content)
        for place, content in in_order(self.job):
            self.assertIn(content, wanted.get(place, []), place)

    def assert_complete(self):
        actual = in_order(self.job)
        expected = self.expected[self.job.commit_rows]
        self.assertEqual([place for place, _ in actual], [place for place, _ in expected])
        self.assertTrue(actual == expected, "an object has other bytes")
        self.job.state.check()

    def strike(self, fault):
        """Runs with a fault; what came of it."""
        done = self.job.run(env={"WEIR_FAILURE_POINT": fault}, check=None)
        self.assert_partly()
        return done

    # ---- every point ----

    def test_kill_at_every_point(self):
        for point in MOMENTS:
            with self.subTest(point):
                hits = 0
                for number in (1, 5):
                    done = self.strike(f"{point}:{number}:kill")
                    self.assertIn(done.returncode, (0, -signal.SIGKILL), done.stderr)
                    hits += done.returncode != 0
                    self.job.run()
                    self.assert_complete()
                    self.fresh()
                    if not done.returncode:
                        break
                if point.split(".")[0] not in KAFKA_ONLY:
                    self.assertGreater(hits, 0, "the point was never hit")

    def test_kill_again_while_recovering(self):
        """Each point strikes the start that mends what was killed between commit and publication."""
        for point in MOMENTS:
            with self.subTest(point):
                for fault in ("commit.after:3:kill", f"{point}:kill", "publish.after:2:kill", f"{point}:3:kill"):
                    self.strike(fault)
                self.job.run()
                self.assert_complete()
                self.fresh()

    def test_failed_calls(self):
        texts = {"error": "Input/output error", "full": "No space left on device"}
        for point in MOMENTS:
            for action, text in texts.items():
                with self.subTest(point=point, action=action):
                    done = self.strike(f"{point}:2:{action}")
                    if done.returncode == 0:
                        done = self.strike(f"{point}:1:{action}")  # a point that comes once in a run, or not in this state
                    if done.returncode == 0:
                        self.fresh()
                        done = self.strike(f"{point}:1:{action}")
                    if point in RECOGNIZED:
                        self.assertEqual((done.returncode, done.stderr), (0, ""))
                    elif point.split(".")[0] not in KAFKA_ONLY and point not in HARMLESS:
                        self.assertEqual(done.returncode, 4, done.stderr)
                        self.assertRegex(done.stderr, rf"ERROR: .*{text}")
                    self.job.run()
                    self.assert_complete()
                    self.fresh()

    def test_unknown_points_are_refused(self):
        for text in ("nothing.before", "commit", "commit.during", "commit.before:0", "commit.before:often"):
            done = self.job.run(env={"WEIR_FAILURE_POINT": text}, check=1)
            self.assertIn("invalid failure point", done.stderr)

    # ---- any moment ----

    def test_kill_at_random_moments(self):
        print(f"seed {SEED}", flush=True)
        chance = random.Random(SEED)
        begun = time.monotonic()
        self.job.run()
        seconds = time.monotonic() - begun
        self.fresh()
        killed = tries = 0
        while killed < RANDOM_KILLS and tries < 20 * RANDOM_KILLS:
            tries += 1
            child = self.job.start(workers=chance.choice((1, 2, 4)))
            time.sleep(chance.uniform(0.0, seconds))
            running = child.poll() is None
            child.kill()
            child.communicate()
            self.assertIn(child.returncode, (0, -signal.SIGKILL))
            killed += running
            self.assert_partly()
            if child.returncode == 0:
                self.assert_complete()
                self.fresh()
        self.assertGreaterEqual(killed, 25)
        self.job.run()
        self.assert_complete()

    def test_terminated_at_random_moments(self):
        """SIGTERM abandons the open epoch of a batch: exit 5, and the next start goes on."""
        chance = random.Random(SEED)
        codes = []
        for _ in range(200):
            child = self.job.start()
            time.sleep(chance.uniform(0.0, 0.1))
            child.send_signal(signal.SIGTERM)
            child.communicate(timeout=30)
            codes.append(child.returncode)
            # before the program has its handlers the signal simply ends it
            self.assertIn(child.returncode, (0, 5, -signal.SIGTERM))
            self.assert_partly()
            if child.returncode == 0:
                self.assert_complete()
                self.fresh()
            if codes.count(5) >= 10:
                break
        self.assertGreaterEqual(codes.count(5), 10)
        self.job.run()
        self.assert_complete()


def in_order(job):
    """Folder with owner, and bytes, of each object in the order of names. Epochs are left out: each start takes some."""
    return [(re.sub(r"-s\d+e\d+-", "-", name), path.read_bytes()) for name, path in job.objects().items()]


if __name__ == "__main__":
    unittest.main()
