"""test_damage.py: a state that was damaged from outside: bits that changed, files that were cut or are gone, also under a
running job. Each is refused with an error that says what is wrong; no row is ever lost or doubled without a word."""
import random
import shutil
import signal
import time
import unittest

from lib import accounts, clicks, weir

REFUSED = r"ERROR:  .*(checksum|is invalid|not valid JSON|is missing|does not match|belongs to another job|too short|was removed)"


class Damage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = weir.scratch(cls, "damage")
        cls.made = clicks.make(cls.folder, 4000, seed=41, minutes=60, late=0.05, malformed=0.01)

    def open_job(self, share):
        self.job = accounts.Accounts(self.folder / self.id().rsplit(".", 1)[-1], self.made)
        self.addCleanup(self.job.close)
        self.job.feed(share)

    def stream(self, end=signal.SIGTERM):
        """Reads what there is, and leaves windows open."""
        child = self.job.start()
        self.addCleanup(lambda: (child.kill(), child.communicate()))
        for _ in range(4000):
            if self.job.done() and self.files("s0/m/*.json")[-1].with_suffix(".published").exists():
                break
            self.assertIsNone(child.poll())
            time.sleep(0.005)
        if end:
            child.send_signal(end)
            child.communicate(timeout=60)
        return child

    def keep(self):
        self.good = self.job.folder.with_suffix(".good")
        shutil.copytree(self.job.folder, self.good)

    def restore(self):
        shutil.rmtree(self.job.folder)
        shutil.copytree(self.good, self.job.folder)

    def files(self, pattern):
        return sorted(self.job.kept.glob(pattern))

    def assert_refused(self, text=REFUSED):
        """And nothing was written."""
        before = set(self.job.folder.rglob("*.gz"))
        done = self.job.run(batch=True, check=4)
        self.assertRegex(done.stderr, text)
        self.assertEqual(set(self.job.folder.rglob("*.gz")), before)

    def damage(self, path, cuts=4, flips=8):
        """A file that lacks an end, has a bit changed, or is gone."""
        data = path.read_bytes()
        chance = random.Random(len(data))
        for n in range(flips):
            at = chance.randrange(len(data))
            yield f"bit at {at}", data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1:]
        for n in range(cuts):
            yield f"cut by {n}", data[:len(data) * n // cuts]
        yield "gone", None

    def assert_all_damage_is_refused(self, pattern):
        self.keep()
        paths = self.files(pattern)
        self.assertTrue(paths)
        for path in paths:
            for name, mutant in self.damage(path):
                with self.subTest(path.name, damage=name):
                    path.unlink()
                    if mutant is not None:
                        path.write_bytes(mutant)
                    self.assert_refused()
                self.restore()
        self.job.feed()
        self.job.run(batch=True)
        self.job.check()

    # ---- tests ----

    def test_identity(self):
        self.open_job(0.5)
        self.stream()
        self.assert_all_damage_is_refused("job.json")

    def test_newest_manifest(self):
        """Of a job that was killed, and one that was drained: a manifest less would mean rows once more."""
        for end in (signal.SIGKILL, signal.SIGTERM):
            with self.subTest(end):
                self.open_job(0.5)
                self.stream(end)
                newest = self.files("s0/m/*.json")[-1]
                self.keep()
                for name, mutant in self.damage(newest, flips=20):
                    if mutant is None and end == signal.SIGTERM:
                        continue  # all that a CLOSE says is that its writer left in order
                    with self.subTest(damage=name):
                        newest.unlink()
                        if mutant is not None:
                            newest.write_bytes(mutant)
                        self.assert_refused()
                    self.restore()
                self.job.feed()
                self.job.run(batch=True)
                self.job.check()
                shutil.rmtree(self.job.folder)
                shutil.rmtree(self.good)

    def test_manifests_are_gone(self):
        self.open_job(0.5)
        self.stream()
        self.keep()
        for count in (2, 3, 1000):
            with self.subTest(count):
                for path in self.files("s0/m/*.json")[-count:]:
                    path.unlink()
                self.assert_refused()
            self.restore()
        shutil.rmtree(self.job.kept / "s0" / "m")
        self.assert_refused()

    def test_what_waits_for_publication(self):
        """Objects and pack of an epoch that was committed, and whose process died before they were out."""
        self.open_job(1.0)
        self.job.run(batch=True, env={"WEIR_FAILURE_POINT": "commit.after:2:kill"}, check=-signal.SIGKILL)
        self.assert_all_damage_is_refused("s0/p/*.pack.*")

    def assert_packs_are_checked(self):
        """Damage is refused, or it is where nothing is that is needed."""
        self.keep()
        refused = 0
        for path in self.files("s0/p/*.pack"):
            for name, mutant in self.damage(path, flips=12):
                with self.subTest(path.name, damage=name):
                    path.unlink()
                    if mutant is not None:
                        path.write_bytes(mutant)
                    done = self.job.run(batch=True, check=None)
                    refused += done.returncode == 4
                    if done.returncode:
                        self.assertRegex(done.stderr, REFUSED)
                    else:
                        self.job.check()
                self.restore()
        self.assertGreater(refused, 4)

    def test_packs(self):
        """What a job that was killed between commit and publication keeps."""
        self.open_job(1.0)
        self.job.run(batch=True, env={"WEIR_FAILURE_POINT": "commit.after:2:kill"}, check=-signal.SIGKILL)
        self.assert_packs_are_checked()

    def test_open_windows(self):
        """What one that was drained keeps."""
        self.open_job(0.5)
        self.stream()
        self.assert_packs_are_checked()

    def test_state_removed_under_a_running_job(self):
        """It does not go on as if nothing had happened."""
        self.open_job(0.5)
        child = self.stream(end=None)
        shutil.rmtree(self.job.kept)
        child.send_signal(signal.SIGTERM)
        _, errors = child.communicate(timeout=60)
        self.assertEqual(child.returncode, 4)
        self.assertRegex(errors, "ERROR:  state .* was removed")


if __name__ == "__main__":
    unittest.main()
