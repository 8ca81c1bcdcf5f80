"""test_repeated.py: the main job over files, run again: into fresh state and with any number of workers it gives the same
bytes; on the same state nothing more; after more input exactly what that input alone would give; and a run that was
interrupted keeps the ends it began with."""
import os
import shutil
import signal
import unittest

from lib import clicks, main_job, weir

COMMIT_ROWS = 400
EVENTS = 12000


class Repeated(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = weir.scratch(cls, "repeated")
        cls.late = clicks.make(cls.folder, EVENTS, seed=51, minutes=90, late=0.02, malformed=0.01)
        # the second part begins when all windows of the first are over, and has nothing that names offsets
        cls.first = clicks.make(cls.folder, EVENTS, seed=52, minutes=60, name="first")
        cls.second = clicks.make(cls.folder, EVENTS, seed=53, minutes=60, name="second", start_minute=70)

    def open_job(self, name, *parts, files=None):
        """A job with files of its own, unless they are given, which hold the parts one after the other."""
        folder = self.folder / f"{self.id().rsplit('.', 1)[-1]}-{name}"
        job = main_job.MainJob(folder, COMMIT_ROWS, files=files or f"{folder}/in-*.jsonl")
        self.addCleanup(shutil.rmtree, folder)
        for part in parts:
            self.append(job, part)
        return job

    def append(self, job, part):
        for number, path in enumerate(part.files):
            with open(job.folder / f"in-{number}.jsonl", "ab") as file:
                file.write(path.read_bytes())

    def contents(self, job, without=()):
        """Folders and bytes in the order of names."""
        return [(os.path.dirname(name), path.read_bytes()) for name, path in job.objects().items() if name not in without]

    def assert_same(self, actual, expected):
        self.assertEqual([folder for folder, _ in actual], [folder for folder, _ in expected])
        self.assertTrue(actual == expected, "an object has other bytes")

    def test_fresh_state_and_workers(self):
        expected = None
        for name, workers in (("a", None), ("b", None), ("c", 1), ("d", 2), ("e", 4)):
            job = self.open_job(name, files=f"{self.folder}/clicks-*.jsonl")  # diverted rows name them
            job.run(workers=workers)
            job.state.check()
            found = list(job.contents().items())
            self.assertGreater(len(found), 30)
            self.assertTrue(any(name.startswith(".weir/clicks_job/late") for name, _ in found))
            with self.subTest(workers=workers):
                self.assert_same(found, expected or found)
            expected = found

    def test_same_state_once_more(self):
        job = self.open_job("a", self.late)
        for _ in range(3):
            before = job.contents()
            job.run()
            self.assertIn(before, ({}, job.contents()))
        kept = job.state.check()
        self.assertEqual([p["next"] for p in kept.partitions("clicks")], self.late.sizes)

    def test_more_input_gives_exactly_its_windows(self):
        """What the new input would give alone, with other epochs in the names."""
        alone = self.open_job("alone", self.second)
        alone.run()
        job = self.open_job("both", self.first)
        job.run()
        before = job.contents()
        self.append(job, self.second)
        job.run()
        after = job.contents()
        self.assertEqual({name: after.get(name) for name in before}, before)
        self.assert_same(self.contents(job, without=before), self.contents(alone))
        self.assertEqual(job.state.check().sink("clicks", "campaign_minutes")[2], 0)

    def test_interrupted_run_keeps_its_ends(self):
        """Whatever was appended meanwhile is of the next run: both together are as if nobody had interrupted them."""
        plain = self.open_job("plain", self.first)
        plain.run()
        self.append(plain, self.second)
        plain.run()
        job = self.open_job("struck", self.first)
        job.run(env={"WEIR_FAILURE_POINT": "commit.after:5:kill"}, check=-signal.SIGKILL)
        self.append(job, self.second)
        job.run()
        self.assertEqual([p["next"] for p in job.state.check().partitions("clicks")], self.first.sizes)
        job.run()
        self.assertEqual(job.state.check().sum("clicks", "next"), 2 * EVENTS)
        self.assert_same(self.contents(job), self.contents(plain))


if __name__ == "__main__":
    unittest.main()
