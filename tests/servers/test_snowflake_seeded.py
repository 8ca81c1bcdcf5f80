"""test_snowflake_seeded.py: the main job from Kafka over S3 into Snowflake's tables, under everything at once (lib/seeded.py), and
Snowflake with it: calls that are refused, stall, or lose their answers, pipes that pause, reports with holes, notifications that come
twice, in another order, or never. After each run the tables, those of late rows and dead letters too, are PostgreSQL's recount of
the input, row for row, and every object was loaded once.

What a job loads by itself is there when its last start has ended. Where S3 tells the pipes, what it did not tell is what the printed
comparison finds, and what the printed REFRESH mends.

One run again, from the folder tests:

    WEIR_TEST_SERVERS=1 python3 -m servers.test_snowflake_seeded --seed N
"""
import collections
import csv
import datetime
import json
import os
import pathlib
import signal
import threading
import time
import unittest

from lib import clicks, pg_wire, pipeline, recount, seeded, servers, snowflake_jwt, snowflake_server, state, suite, weir

RUNS = int(os.environ.get("WEIR_TEST_RUNS", 100 if suite.WORLD else 10))
SEED = suite.seed()
MODES = ("auto_ingest", "rest", "copy")
PASSING = ("429", "500", "502", "503", "504", "500-after", "503-after", "reset", "reset-after", "stall", "stall-after", "login")
FAULTS = {"auto_ingest": (), "rest": (*PASSING, *snowflake_server.REPORT_FAULTS), "copy": (*PASSING, "slow")}  # of what the job calls
SURE = 5  # kinds of them that strike in each run
LOOKS = len(pipeline.TABLES)  # calls of each start before there is anything to load
COLUMNS = {"late": "p, o, stamp(window_start), stamp(window_end)"}  # of an expected table; all unless given
MOMENTS = {"late": (2, 3)}


class World(seeded.World):
    """With what must come of the input, and the keys of who signs in."""

    def __init__(self, case):
        super().__init__(case, "snowflake-seeded", 2000, seed=15)
        self.keys = [snowflake_jwt.KeyPair(self.folder, name=name) for name in ("admin", "loader")]
        dead = sorted((str(p), str(o), sqlstate) for (p, o), (_, sqlstate) in self.made.malformed.items())
        self.expected = {**self.recount(case, dead), "dead": collections.Counter(dead)}

    def recount(self, case, dead):
        campaigns = self.folder / "campaigns.csv"
        campaigns.write_text(clicks.campaigns_csv(), encoding="utf-8")
        counted = recount.Recount(servers.shared(servers.Postgres), self.folder, "snowflake_seeded", seeded.COMMIT_ROWS)
        case.addClassCleanup(counted.drop)
        counted.load(self.made.files, campaigns)
        counted.divert(dead, ())
        counted.derive()
        connection = pg_wire.Connection(counted.postgres.folder, counted.database)
        try:
            return {name: collections.Counter(map(tuple, connection.query(
                f"SELECT {COLUMNS.get(name, '*')} FROM expected_{name}").rows)) for name in pipeline.TABLES if name != "dead"}
        finally:
            connection.close()


class Teller(threading.Thread):
    """Passes on what S3 tells, until stop()."""

    def __init__(self, notifications):
        super().__init__(daemon=True)
        self.notifications, self.ended, self.error = notifications, threading.Event(), None
        self.start()

    def run(self):
        try:
            while not self.ended.wait(0.15):
                self.notifications.poll()
        except Exception as error:
            self.error = error

    def stop(self):
        self.ended.set()
        self.join(60)
        if self.error:
            raise self.error


def is_load(sql):
    """Whether a statement loads something: a start of the job only looks whether it may."""
    return sql.startswith("COPY") and "weir-asks" not in sql


class Killing(snowflake_server.Rule):
    """A call during which its caller, and whoever else runs the job, is killed: before or after it is done."""

    def __init__(self, run, fault, skip):
        super().__init__(fault, skip=skip)
        self.run = run

    def strikes(self, call):
        strikes = super().strikes(call)
        if strikes:
            self.run.befell["killed while calling"] += 1
            for child in list(self.run.children):
                child.kill()
        return strikes


class Run(seeded.Run):
    """One seeded run."""

    module = "servers.test_snowflake_seeded"
    points = (*seeded.POINTS, "mark_loaded", "mark_loaded", "mark_loaded")

    def __init__(self, world, seed):
        super().__init__(world, seed)
        self.mode = MODES[seed % len(MODES)]
        self.befell = collections.Counter()
        self.snow = pipeline.Warehouse(servers.shared(servers.Postgres), world.server.client(), world.keys)
        self.job = pipeline.LoadedJob(world.folder / f"seed-{seed}", self.mode, seeded.COMMIT_ROWS, world.server,
                                      endpoint=self.proxy.endpoint, brokers=world.kafka.brokers, topic=world.topic)
        self.job.environment |= self.snow.environment()
        self.job.arguments += ["-c", f"SET snowflake.submit_again = '{self.chance.choice(('10 min', '5 s'))}'"]
        self.snow.apply(self.job)
        self.snow.admit(self.job)
        self.prepare_calls()
        self.told = self.snow.notifications(self.job, seed, duplicate=self.chance.choice((0.1, 0.5)), lost=self.chance.choice((0.1, 0.3)))
        self.teller = Teller(self.told)

    def __str__(self):
        return f"{self.mode}, {super().__str__()}, S3 {dict(self.proxy.struck)}, Snowflake {dict(self.struck())}, {dict(self.befell)}"

    def prepare_calls(self):
        """What is so from the start: reports that lag and repeat themselves; and some faults that surely strike."""
        server, loads, kinds = self.snow.server, self.snow.account.loads, FAULTS[self.mode]
        server.stall_seconds = 1
        server.delay, server.delays = self.chance.choice((1, 3)), is_load  # a COPY outlives who asked for it
        loads.overlap = self.chance.choice((0, 0, 1, 50))
        loads.lag = datetime.timedelta(seconds=self.chance.choice((0.5, 1, 3) if self.mode == "copy" else (0, 0.3, 1)))
        loads.progress = self.chance.choice((None, (0, 0.5), (0, 1.5)))
        for number in range(SURE if kinds else 0):
            server.add_fault(kinds[(self.seed // len(MODES) * SURE + number) % len(kinds)], skip=LOOKS + self.chance.randint(0, 2))

    def struck(self):
        """What befell the calls of Snowflake, by kind."""
        return collections.Counter(seen.fault for seen in self.snow.server.seen if seen.fault)

    # ---- the disturbances ----

    def pipes(self):
        return list(self.snow.account.loads.pipes.values())

    def pause_pipes(self):
        for pipe in self.chance.sample(self.pipes(), self.chance.randint(1, len(self.pipes()))):
            self.snow.server.pause(pipe.thing.name, self.chance.uniform(0.2, 2.0))
            self.befell["paused"] += 1

    def storm_calls(self):
        kinds = self.chance.sample(FAULTS[self.mode], self.chance.randint(1, 6))
        self.snow.server.storm(f"{self.seed} {len(self.story)}", self.chance.choice((0.05, 0.2)), kinds)

    def cut_off(self):
        """Nobody answers for a while."""
        rule = snowflake_server.Rule("reset", times=None)
        self.snow.server.rules.insert(0, rule)
        time.sleep(self.chance.uniform(0.1, 1.0))
        self.snow.server.rules.remove(rule)
        self.befell["cut off"] += 1

    def lose_events(self):
        """Some of the reports to come leave out half of what is new."""
        self.snow.server.add_fault("incomplete", "insertReport", skip=self.chance.choice((0, LOOKS)), times=4)
        self.befell["reports with holes"] += 1

    def ration_scans(self):
        self.snow.server.scans_left = self.chance.randint(0, 3)
        self.befell["scans rationed"] += 1

    def kill_at_call(self):
        """One of those to come, mostly behind the looks of a start."""
        skip = self.chance.choice((0, *range(LOOKS, LOOKS + 8)))
        self.snow.server.rules.insert(0, Killing(self, self.chance.choice(("reset", "reset-after")), skip))

    def start(self):
        if FAULTS[self.mode] and self.chance.random() < 0.5:
            self.kill_at_call()
        super().start()

    def loads(self):
        """How often the job has set out to load something."""
        copies = sum(is_load(statement.sql) for statement in list(self.snow.server.handles.values()))
        return copies + sum(seen.call == "insertFiles" for seen in self.snow.server.seen)

    def wait(self):
        """Now and then until the job loads."""
        super().wait()
        if FAULTS[self.mode] and self.chance.random() < 0.5:
            before, end = self.loads(), time.monotonic() + 4
            while self.loads() == before and time.monotonic() < end and any(child.poll() is None for child in self.children):
                time.sleep(0.02)

    def acts(self):
        own = {"auto_ingest": [self.pause_pipes], "copy": [self.storm_calls, self.cut_off, self.kill_at_call],
               "rest": [self.pause_pipes, self.storm_calls, self.cut_off, self.kill_at_call, self.ration_scans, self.lose_events]}
        return [*super().acts(), *own[self.mode]]

    def disturb(self):
        if self.pipes():
            self.pause_pipes()
        if self.mode == "rest":
            self.lose_events()
        if FAULTS[self.mode] and self.chance.random() < 0.6:
            self.storm_calls()
        super().disturb()

    def calm(self):
        super().calm()
        self.snow.server.rules = [rule for rule in self.snow.server.rules if not isinstance(rule, Killing)]
        self.snow.server.storm(None, 0)
        self.snow.server.scans_left = None
        self.snow.server.delay = 0

    def reap(self, child):
        super().reap(child)
        if child.returncode == 0:
            self.check_ended()

    def check_ended(self):
        """Pipes that S3 tells may still be at it."""
        if self.mode == "rest":
            self.expect("whether all is loaded when the job has ended", self.snow.is_settled(), True)

    def finish(self):
        """Whoever does not wait for pipes that pause leaves before the rows are there."""
        if self.mode == "rest":
            self.pause_pipes()
        super().finish()
        self.check_ended()

    # ---- what must come of it ----

    def check(self):
        self.teller.stop()
        self.told.poll(last=True)
        if self.mode == "auto_ingest":
            self.mend()
        self.expect("what went wrong in the Snowflake", self.snow.server.problems, [])
        self.expect("names with two contents", self.proxy.rewritten, [])
        for name, expected in self.world.expected.items():
            query, moments = pipeline.QUERIES[name]
            rows = collections.Counter(self.snow.select(query, self.job.folder, moments + MOMENTS.get(name, ())))
            if rows != expected:
                raise AssertionError(f"{name}: {rows.total()} rows, not {expected.total()}; missing {list((expected - rows).items())[:3]}, "
                                     f"surplus {list((rows - expected).items())[:3]}")
        self.expect("what was loaded", self.snow.loaded(), [(url, "Loaded") for url in self.job.out()])
        self.expect("the comparison of what was written with what was loaded", self.unloaded(), [])
        self.expect("what weir verify misses", self.verified(), (0, 0))
        self.job.fetch().check_listed()
        self.expect("what the job has noted of its objects", self.noted(),
                    [] if self.mode == "auto_ingest" else [(url, "loaded", True) for url in self.job.out()])

    def noted(self):
        """(URL, status, whether all its rows were loaded) of each object in a marker of what was loaded."""
        lines = [json.loads(line) for path in (self.job.state.folder / "s0" / "m").glob("*.loaded") for line in path.read_bytes().splitlines()]
        return sorted((line["location"] + line["key"], line["status"], line["rows"] == line["loaded"]) for line in lines)

    @staticmethod
    def expect(what, actual, expected):
        if actual != expected:
            raise AssertionError(f"{what}: {actual}, not {expected}")

    def unloaded(self):
        """Names of the objects that the printed queries find: those of sinks, not those of late rows and dead letters."""
        self.snow.account.loads.lag = datetime.timedelta()
        queries = self.snow.commented(self.job, 'SELECT m."FILE",')
        self.expect("tables that can be compared", len(queries), 2)
        return sorted(pathlib.PurePath(row[0]).name for query in queries for row in self.snow.select(query.rstrip(";\n"), self.job.folder))

    def verified(self):
        """Exit code of weir verify, and how many objects of all tables it does not find loaded."""
        done = weir.run(*self.job.command_line("verify", "--quick", "--snowflake", "-q", "-t", "--csv"), env=self.job.environment)
        tables = {".".join((pipeline.DATABASE, *name)) for name in pipeline.TABLES.values()}
        told = {name: counts for name, *counts in csv.reader(done.stdout.splitlines()) if name in tables}
        self.expect("tables that are verified", set(told), tables)
        return done.returncode, sum(int(files) - int(loaded) for files, _, loaded, *_ in told.values())

    def mend(self):
        """What an administrator does about notifications that got lost."""
        self.snow.settle()
        account = self.snow.account
        account.wait(lambda: not any(pipe.paused for pipe in account.loads.pipes.values()))  # one that stands still is a finding
        objects = {url.partition(f"{self.job.bucket}/")[2] for url in self.job.out()}
        missed = sorted(objects.intersection(self.told.never))
        self.expect("what the comparison finds", self.unloaded(), sorted(pathlib.PurePath(key).name for key in missed if "/letters/" not in key))
        self.expect("what weir verify takes to be under way", self.verified(), (0, len(missed)))
        self.count_notifications([key for _, key in self.snow.account.loads.notified if key in objects], missed)
        self.snow.refresh(self.job)
        self.snow.settle()

    def count_notifications(self, told, missed):
        epochs = [int(state.name_parts(key)["epoch"]) for key in told]
        self.befell.update({"not told": len(missed), "told twice": len(told) - len(set(told)),
                            "told in another order": sum(a > b for a, b in zip(epochs, epochs[1:]))})

    def close(self):
        self.teller.ended.set()
        super().close()
        self.teller.join(60)
        self.snow.close()


class Seeded(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = World(cls)

    def test_seeded_runs(self):
        codes, modes, s3, calls, befell = [], *(collections.Counter() for _ in range(4))
        for seed, run in seeded.run_all(self.world, Run, range(SEED, SEED + RUNS), at_once=5).items():
            with self.subTest(seed=seed):
                run = run.result()
                codes += run.codes
                modes[run.mode] += 1
                for fault, _ in run.proxy.struck.elements():
                    s3[fault] += 1
                calls += run.struck()
                befell += run.befell
        kills, fenced = codes.count(-signal.SIGKILL), codes.count(6)
        print(f"{dict(modes)}: {kills} times kill -9, {fenced} fenced; S3 {dict(s3)}; Snowflake {dict(calls)}; {dict(befell)}", flush=True)
        # it was a disturbance
        self.assertEqual(set(modes), set(MODES))
        self.assertGreater(kills, RUNS // 3)
        self.assertGreater(fenced, RUNS // 20)
        self.assertGreater(s3.total(), RUNS)
        self.assertEqual({kind for mode in MODES for kind in FAULTS[mode]} - set(calls), set())
        self.assertEqual({"paused", "killed while calling", "not told", "told twice", "told in another order"} - set(befell), set())


if __name__ == "__main__":
    seeded.main(World, Run)
