"""test_s3_seeded.py: the main job from Kafka to S3, under everything at once (lib/seeded.py), restarts of the broker, and full disks
where a folder is involved. After each run its objects are, byte for byte, those of an undisturbed run to a folder, which equal
PostgreSQL's recount; no name had two contents, and whoever listed meanwhile saw whole objects that were committed.

One run again, from the folder tests:

    WEIR_TEST_SERVERS=1 python3 -m servers.test_s3_seeded --seed N
"""
import random
import signal
import unittest

from lib import main_job, recorder, recount, s3_runs, seeded, servers, suite

RUNS = 300 if suite.WORLD else 30
SEED = suite.seed()


class World(seeded.World):
    """With what must come of the input."""

    def __init__(self, case):
        super().__init__(case, "s3-seeded", 3000, seed=14)
        self.reference = main_job.MainJob(self.folder / "reference", seeded.COMMIT_ROWS, brokers=self.kafka.brokers, topic=self.topic)
        self.reference.run()
        self.expected = s3_runs.in_order(self.reference)


def restarts_broker(seed):
    """Such a run is alone: others would meet a fault that is not of their seed."""
    return random.Random(f"broker {seed}").random() < 0.15


class Run(seeded.Run):
    """One seeded run."""

    module = "servers.test_s3_seeded"

    def __init__(self, world, seed):
        super().__init__(world, seed)
        self.where = self.chance.choice(("s3", "s3", "s3", "s3", "state", "sinks"))
        self.job = s3_runs.S3MainJob(world.folder / f"seed-{seed}", seeded.COMMIT_ROWS, world.server, world.server.bucket("seeded"),
                                    self.proxy.endpoint, self.where, brokers=world.kafka.brokers, topic=world.topic)
        self.watch()

    def __str__(self):
        return f"{self.where}, {super().__str__()}, {dict(self.proxy.struck)}"

    def watch(self):
        self.reader = self.recorder = None
        if self.where in ("state", "none"):
            self.recorder = recorder.Recorder(self.job.folder / "raw", self.job.folder / "minutes")
        else:
            self.reader = s3_runs.Reader(self.world.server.client(), self.job.bucket,
                                        manifests="state/clicks_job/s0/m/" if self.where == "s3" else None)

    def environment(self):
        if self.where != "s3" and self.chance.random() < 0.5:
            point = self.chance.choice(("directory_write", "directory_create", "directory_sync", "directory_link"))
            return {"WEIR_FAILURE_POINT": f"{point}.before:{self.chance.randint(1, 20)}:full"}
        return super().environment()

    def restart_broker(self):
        self.world.kafka.stop()
        self.world.kafka.start()

    def act(self, number):
        return self.restart_broker if number == 2 and restarts_broker(self.seed) else super().act(number)

    def check(self):
        faults = (self.recorder or self.reader).stop()
        self.reader = self.recorder = None
        if faults or self.proxy.rewritten:
            raise AssertionError(f"{faults} {self.proxy.rewritten}")
        actual = s3_runs.in_order(self.job.fetch())
        missing = set(self.world.expected) - set(actual)
        surplus = set(actual) - set(self.world.expected)
        if actual != self.world.expected:
            raise AssertionError(f"objects differ: missing {[name for name, _ in missing]}, surplus {[name for name, _ in surplus]}, "
                                 f"{len(actual)}, not {len(self.world.expected)}")
        self.job.check_listed()

    def close(self):
        for watch in (self.reader, self.recorder):
            if watch:
                watch.stop()
        super().close()


class Seeded(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = World(cls)

    def test_reference_equals_the_recount(self):
        counted = recount.Recount(servers.shared(servers.Postgres), self.world.folder, "seeded", seeded.COMMIT_ROWS)
        self.addCleanup(counted.drop)
        counted.load(self.world.made.files, self.world.reference.campaigns)
        counted.divert(self.world.reference.dead(), self.world.reference.late())
        counted.derive()
        self.assertEqual((counted.wrongly_dead(), counted.compare_late()[1:3]), ([], (0, 0)))
        for sink in main_job.SINKS:
            self.assertEqual(counted.compare(sink, self.world.reference.rows(sink))[1:3], (0, 0))

    def test_seeded_runs(self):
        codes, struck = [], 0
        for seed, run in seeded.run_all(self.world, Run, range(SEED, SEED + RUNS), alone=restarts_broker).items():
            with self.subTest(seed=seed):
                codes += run.result().codes
                struck += sum(run.result().proxy.struck.values())
        # it was a disturbance
        self.assertGreater(struck, RUNS)
        self.assertGreater(codes.count(-signal.SIGKILL), RUNS // 3)
        self.assertGreater(codes.count(6), RUNS // 10)


if __name__ == "__main__":
    seeded.main(World, Run)
