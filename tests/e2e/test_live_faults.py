"""test_live_faults.py: a streaming job over files that grow, killed at every step of the commit protocol, one strike after the
other on one state. Its cuts are made by a clock, so what was read before a crash is cut elsewhere after it: every message must
still have one fate, and no name two contents."""
import signal
import time
import unittest

from lib import accounts, clicks, weir

STEPS = weir.failure_points("directory_", "s3_", "mark_loaded")
KAFKA_ONLY = {"commit_hint"}


class LiveFaults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = weir.scratch(cls, "live-faults")
        cls.made = clicks.make(cls.folder, 12000, seed=61, minutes=90, late=0.03, malformed=0.01)

    def run_into(self, job, fault):
        """Until the fault strikes, or all that was fed is read and it was told to stop."""
        child = weir.start(*job.command(), env={"WEIR_FAILURE_POINT": f"{fault}:kill"})
        self.addCleanup(lambda: (child.kill(), child.communicate()))
        until = time.monotonic() + 60
        while child.poll() is None and not job.done() and time.monotonic() < until:
            time.sleep(0.005)
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
        _, errors = child.communicate(timeout=60)
        self.assertIn(child.returncode, (0, -signal.SIGKILL, -signal.SIGTERM), errors)
        return child.returncode == -signal.SIGKILL

    def test_killed_at_every_step(self):
        job = accounts.Accounts(self.folder / "job", self.made)
        strikes = [(step, f"{step}.{moment}:{number}") for number in (1, 2) for step in STEPS for moment in ("before", "after")]
        struck = dict.fromkeys(STEPS, 0)
        for number, (step, fault) in enumerate(strikes, 1):
            job.feed(number / len(strikes))
            struck[step] += self.run_into(job, fault)
        self.assertEqual({step for step, hits in struck.items() if not hits}, KAFKA_ONLY)
        for _ in range(2):  # one may have to finish a run that was struck
            job.run(batch=True)
        self.assertEqual(job.close(), [])  # names with two contents
        job.check()


if __name__ == "__main__":
    unittest.main()
