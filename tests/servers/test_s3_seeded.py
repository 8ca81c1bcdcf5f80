"""test_s3_seeded.py: the main job from Kafka to S3, under everything at once: kill -9, rivals that are stopped and go on, every
fault of the proxy, outages, restarts of the broker, and full disks where a folder is involved. After each run its objects are,
byte for byte, those of an undisturbed run to a folder, which equal PostgreSQL's recount; no name had two contents, and whoever
listed meanwhile saw whole objects that were committed.

What a run does follows from its seed; what the machine makes of it does not wholly. One run again, from the folder tests:

    WEIR_TEST_SERVERS=1 python3 -m servers.test_s3_seeded --seed N
"""
import argparse
import concurrent.futures
import os
import random
import signal
import subprocess
import sys
import time
import unittest

from lib import clicks, main_job, recorder, recount, s3_faults, s3_runs, servers, suite, weir

EVENTS, COMMIT_ROWS = 3000, 100
RUNS = 300 if suite.WORLD else 30
AT_ONCE = 3  # they wait more than they work
SEED = suite.seed()
# done, Kafka unreachable, failed with its state safe, fenced; and the signals of the test
ALLOWED = (0, 2, 4, 6, -signal.SIGKILL)
COMMAND = "cd tests && WEIR_TEST_SERVERS=1 python3 -m servers.test_s3_seeded --seed {}"


class World:
    """What all runs share: servers, a topic with the input, and what must come of it."""

    def __init__(self, case):
        self.server = servers.shared(servers.S3Proxy)
        self.kafka = servers.shared(servers.Kafka)
        self.folder = weir.scratch(case, "s3-seeded")
        self.made = clicks.make(self.folder, EVENTS, seed=14, minutes=60, late=0.03, malformed=0.01, tombstones=0.01)
        self.topic = servers.create_topic(self.kafka, f"seeded-{os.getpid()}", len(self.made.files))
        subprocess.run([weir.BUILD / "bench" / "produce_lines", self.kafka.brokers, self.topic, *self.made.files], check=True)
        self.reference = main_job.MainJob(self.folder / "reference", COMMIT_ROWS, brokers=self.kafka.brokers, topic=self.topic)
        self.reference.run()
        self.expected = s3_runs.in_order(self.reference)


def restarts_broker(seed):
    """Such a run is alone: others would meet a fault that is not of their seed."""
    return random.Random(f"broker {seed}").random() < 0.15


class Run:
    """One seeded run."""

    def __init__(self, world, seed):
        self.world, self.seed, self.chance = world, seed, random.Random(seed)
        self.where = self.chance.choice(("s3", "s3", "s3", "s3", "state", "sinks"))
        self.proxy = s3_faults.FaultProxy(world.server)
        self.job = s3_runs.S3MainJob(world.folder / f"seed-{seed}", COMMIT_ROWS, world.server, world.server.bucket("seeded"),
                                    self.proxy.endpoint, self.where, brokers=world.kafka.brokers, topic=world.topic)
        self.children, self.stopped, self.codes, self.story, self.errors = [], [], [], [], ""
        self.watch()

    def watch(self):
        self.reader = self.recorder = None
        if self.where in ("state", "none"):
            self.recorder = recorder.Recorder(self.job.folder / "raw", self.job.folder / "minutes")
        else:
            self.reader = s3_runs.Reader(self.world.server.client(), self.job.bucket,
                                        manifests="state/clicks_job/s0/m/" if self.where == "s3" else None)

    # ---- the disturbances ----

    def start(self):
        env = {}
        if self.where != "s3" and self.chance.random() < 0.5:
            point = self.chance.choice(("directory_write", "directory_create", "directory_sync", "directory_link"))
            env["WEIR_FAILURE_POINT"] = f"{point}.before:{self.chance.randint(1, 20)}:full"
        elif self.chance.random() < 0.3:  # a kill that hits where it hurts
            point = self.chance.choice(("claim", "assign", "seal", "commit", "commit", "publish", "mark", "close_state"))
            moment = self.chance.choice(("before", "after"))
            env["WEIR_FAILURE_POINT"] = f"{point}.{moment}:{self.chance.randint(1, 12)}:kill"
        self.tell(f"start {env or ''}")
        self.children.append(self.job.start(env=env, workers=self.chance.choice((1, 2))))

    def reap(self, child):
        _, errors = child.communicate(timeout=120)
        self.children.remove(child)
        self.codes.append(child.returncode)
        self.errors += errors
        self.tell(f"exit {child.returncode}")
        if child.returncode not in ALLOWED:
            raise AssertionError(f"exit code {child.returncode}: {errors}")

    def kill(self):
        if self.children:
            child = self.chance.choice(self.children)
            self.resume(child)
            child.kill()
            self.reap(child)

    def stop_one(self):
        running = [child for child in self.children if child not in self.stopped and child.poll() is None]
        if running:
            child = self.chance.choice(running)
            child.send_signal(signal.SIGSTOP)
            self.stopped.append(child)

    def resume(self, child):
        if child in self.stopped:
            self.stopped.remove(child)
            if child.poll() is None:
                child.send_signal(signal.SIGCONT)

    def resume_one(self):
        if self.stopped:
            self.resume(self.chance.choice(self.stopped))

    def rival(self):
        if len(self.children) < 3:
            self.start()

    def outage(self):
        self.proxy.outage(True)
        time.sleep(self.chance.uniform(0.1, 1.0))
        self.proxy.outage(False)

    def restart_broker(self):
        self.world.kafka.stop()
        self.world.kafka.start()

    def storm(self):
        faults = self.chance.sample(s3_faults.PASSING, self.chance.randint(1, len(s3_faults.PASSING)))
        self.proxy.storm(f"{self.seed} {len(self.story)}", self.chance.choice((0.02, 0.1, 0.3)), faults)

    def tell(self, what):
        self.story.append(what)

    def disturb(self):
        acts = [self.kill, self.kill, self.rival, self.stop_one, self.resume_one, self.outage, self.storm]
        broker = restarts_broker(self.seed)
        if self.chance.random() < 0.6:
            self.tell("storm")
            self.storm()
        for number in range(self.chance.randint(3, 10)):
            for child in [child for child in self.children if child.poll() is not None]:
                self.resume(child)
                self.reap(child)
            if not [child for child in self.children if child not in self.stopped]:
                self.start()
            time.sleep(self.chance.uniform(0.0, 0.35))
            act = self.restart_broker if broker and number == 2 else self.chance.choice(acts)
            self.tell(act.__name__)
            act()

    # ---- a run ----

    def run(self):
        try:
            self.disturb()
            self.proxy.calm()
            for child in list(self.children):
                self.resume(child)
                self.reap(child)
            self.finish()
            self.check()
        except BaseException as error:
            raise AssertionError(f"seed {self.seed}: {error}\nagain: {COMMAND.format(self.seed)}\n{self.where}: "
                                 f"{', '.join(self.story)}\n{self.errors[-3000:]}\n{self.proxy.last_requests()}") from error
        finally:
            self.close()

    def finish(self):
        for _ in range(4):
            done = self.job.run(check=None)
            self.codes.append(done.returncode)
            self.errors += done.stderr
            if done.returncode == 0:
                return
        raise AssertionError(f"does not come to its end: {self.codes}")

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
        for child in self.children:
            child.kill()
            child.communicate()
        for watch in (self.reader, self.recorder):
            if watch:
                watch.stop()
        self.proxy.close()


class Seeded(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = World(cls)

    def test_reference_equals_the_recount(self):
        counted = recount.Recount(servers.shared(servers.Postgres), self.world.folder, "seeded", COMMIT_ROWS)
        self.addCleanup(counted.drop)
        counted.load(self.world.made.files, self.world.reference.campaigns)
        counted.divert(self.world.reference.dead(), self.world.reference.late())
        counted.derive()
        self.assertEqual((counted.wrongly_dead(), counted.compare_late()[1:3]), ([], (0, 0)))
        for sink in main_job.SINKS:
            self.assertEqual(counted.compare(sink, self.world.reference.rows(sink))[1:3], (0, 0))

    def one(self, seed):
        run = Run(self.world, seed)
        run.run()
        return run

    def test_seeded_runs(self):
        print(f"seeds {SEED} to {SEED + RUNS - 1}", flush=True)
        codes, struck, seeds = [], 0, range(SEED, SEED + RUNS)
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            runs = {seed: pool.submit(self.one, seed) for seed in seeds if not restarts_broker(seed)}
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            runs |= {seed: pool.submit(self.one, seed) for seed in seeds if restarts_broker(seed)}
        for seed, run in runs.items():
            with self.subTest(seed=seed):
                codes += run.result().codes
                struck += sum(run.result().proxy.struck.values())
        # it was a disturbance
        self.assertGreater(struck, RUNS)
        self.assertGreater(codes.count(-signal.SIGKILL), RUNS // 3)
        self.assertGreater(codes.count(6), RUNS // 10)


def main():
    parser = argparse.ArgumentParser(description="One seeded run.")
    parser.add_argument("--seed", type=int, required=True)
    seed = parser.parse_args().seed

    class One(unittest.TestCase):
        def test_one(self):
            run = Run(World(type(self)), seed)
            run.run()
            print(f"seed {seed}, {run.where}: {', '.join(run.story)}: exit codes {run.codes}, {dict(run.proxy.struck)}")

    result = unittest.TextTestRunner().run(unittest.defaultTestLoader.loadTestsFromTestCase(One))
    sys.exit(not result.wasSuccessful())


if __name__ == "__main__":
    main()
