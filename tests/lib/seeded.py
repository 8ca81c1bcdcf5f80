"""seeded.py: runs of a job on S3 under everything at once, drawn from a seed: kill -9 at any time and at chosen points, rivals that
are stopped and go on, every fault of the proxy, outages. A test adds its job, what else may befall it, and what must come of it.

What a run does follows from its seed; what the machine makes of it does not wholly. main() runs one again.
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

from lib import clicks, s3_faults, servers, weir

# done, Kafka unreachable, failed with its state safe, fenced; and the signals of the test
ALLOWED = (0, 2, 4, 6, -signal.SIGKILL)
COMMIT_ROWS = 100
POINTS = ("claim", "assign", "seal", "commit", "commit", "publish", "mark", "close_state")


class World:
    """What all runs share: servers, and a topic with the input."""

    def __init__(self, case, name, events, seed):
        self.server = servers.shared(servers.S3Proxy)
        self.kafka = servers.shared(servers.Kafka)
        self.folder = weir.scratch(case, name)
        self.made = clicks.make(self.folder, events, seed=seed, minutes=60, late=0.03, malformed=0.01, tombstones=0.01)
        self.topic = servers.create_topic(self.kafka, f"{name}-{os.getpid()}", len(self.made.files))
        subprocess.run([weir.BUILD / "bench" / "produce_lines", self.kafka.brokers, self.topic, *self.made.files], check=True)


class Run:
    """One run. Those who inherit set job, and have check() and perhaps more acts."""

    module = None  # that repeats it
    points = POINTS

    def __init__(self, world, seed):
        self.world, self.seed, self.chance = world, seed, random.Random(seed)
        self.proxy = s3_faults.FaultProxy(world.server)
        self.children, self.stopped, self.codes, self.story, self.errors = [], [], [], [], ""

    def __str__(self):
        return f"seed {self.seed}: {', '.join(self.story)}: exit codes {self.codes}"

    # ---- the disturbances ----

    def environment(self):
        """The variables of a start: now and then a kill that hits where it hurts."""
        if self.chance.random() >= 0.3:
            return {}
        point, moment = self.chance.choice(self.points), self.chance.choice(("before", "after"))
        return {"WEIR_FAILURE_POINT": f"{point}.{moment}:{self.chance.randint(1, 12)}:kill"}

    def start(self):
        env = self.environment()
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

    def storm(self):
        faults = self.chance.sample(s3_faults.PASSING, self.chance.randint(1, len(s3_faults.PASSING)))
        self.proxy.storm(f"{self.seed} {len(self.story)}", self.chance.choice((0.02, 0.1, 0.3)), faults)

    def tell(self, what):
        self.story.append(what)

    def acts(self):
        """One of them is drawn each time."""
        return [self.kill, self.kill, self.rival, self.stop_one, self.resume_one, self.outage, self.storm]

    def wait(self):
        """Between two acts."""
        time.sleep(self.chance.uniform(0.0, 0.35))

    def act(self, number):
        return self.chance.choice(self.acts())

    def disturb(self):
        if self.chance.random() < 0.6:
            self.tell("storm")
            self.storm()
        for number in range(self.chance.randint(3, 10)):
            for child in [child for child in self.children if child.poll() is not None]:
                self.resume(child)
                self.reap(child)
            if not [child for child in self.children if child not in self.stopped]:
                self.start()
            self.wait()
            act = self.act(number)
            self.tell(act.__name__)
            act()

    def calm(self):
        """No more faults."""
        self.proxy.calm()

    # ---- a run ----

    def run(self):
        try:
            self.disturb()
            self.calm()
            for child in list(self.children):
                self.resume(child)
                self.reap(child)
            self.finish()
            self.check()
        except BaseException as error:
            raise AssertionError(f"{error}\n{self}\nagain, from tests/: WEIR_TEST_SERVERS=1 python3 -m {self.module} --seed {self.seed}\n"
                                 f"{self.errors[-3000:]}\n{self.proxy.last_requests()}") from error
        finally:
            self.close()
        return self

    def finish(self):
        for _ in range(4):
            done = self.job.run(check=None)
            self.codes.append(done.returncode)
            self.errors += done.stderr
            if done.returncode == 0:
                return
        raise AssertionError(f"does not come to its end: {self.codes}")

    def close(self):
        for child in self.children:
            child.kill()
            child.communicate()
        self.proxy.close()


def run_all(world, kind, seeds, at_once=3, alone=lambda seed: False):
    """{seed: future of a Run of that kind}, all done: some at once, since they wait more than they work, and others alone."""
    print(f"seeds {seeds[0]} to {seeds[-1]}", flush=True)
    runs = {}
    for at_once, chosen in ((at_once, [seed for seed in seeds if not alone(seed)]), (1, [seed for seed in seeds if alone(seed)])):
        with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
            runs |= {seed: pool.submit(lambda seed=seed: kind(world, seed).run()) for seed in chosen}
    return runs


def main(world, kind):
    """One run, from the command line. world is made for a test case."""
    parser = argparse.ArgumentParser(description="One seeded run.")
    parser.add_argument("--seed", type=int, required=True)
    seed = parser.parse_args().seed

    class One(unittest.TestCase):
        def test_one(self):
            print(kind(world(type(self)), seed).run())

    result = unittest.TextTestRunner().run(unittest.defaultTestLoader.loadTestsFromTestCase(One))
    sys.exit(not result.wasSuccessful())
