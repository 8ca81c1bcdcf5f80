"""test_shards.py: one job in several processes over files whose rows lie where a producer with keys puts them: the same rows as
in one process and as counted here, whatever is killed; who may run beside whom, what is refused, and who takes over."""
import collections
import json
import os
import pathlib
import random
import signal
import subprocess
import time
import unittest
import zlib

from lib import csv_reader, suite, weir

PARTITIONS = 5
EVENTS = 30000
SHARDS = 3
SEED = suite.seed()

JOB = """
SET commit_rows = 500;
CREATE STREAM clicks (user_id bigint, amount integer, event_time timestamptz NOT NULL,
    p integer METADATA FROM 'partition', o bigint METADATA FROM 'offset',
    WATERMARK FOR event_time AS event_time - INTERVAL '5 seconds'
) WITH (connector = 'file', path = :'input', format = 'json', partitioner = :'partitioner', message_key = 'user_id');
CREATE TABLE users (user_id bigint PRIMARY KEY, name text) WITH (connector = 'file', path = :'users', format = 'json');
CREATE SINK raw WITH (location = :'raw', format = 'csv') AS SELECT p, o, user_id, amount FROM clicks WHERE amount > 0;
CREATE SINK totals WITH (location = :'totals', format = 'csv', compression = 'gzip')
AS SELECT window_start, user_id, name, count(*), sum(amount)
   FROM TUMBLE(clicks, event_time, INTERVAL '10 seconds') JOIN users USING (user_id)
   GROUP BY window_start, window_end, user_id, name;
"""


def place(user):
    return zlib.crc32(str(user).encode()) % PARTITIONS


class Job:
    """The job of the class, with state and outputs in a folder of its own."""

    def __init__(self, source, name):
        self.folder = source.folder / name
        self.folder.mkdir()
        self.state = self.folder / "state" / "job"
        self.log = self.folder / "standby.log"
        self.source = source

    def arguments(self, shard, batch=True, shards=SHARDS, partitioner="crc32"):
        division = [] if shard is None else ["--shard", f"{shard}/{shards}"]
        variables = {"input": f"{self.source.folder}/part-*.jsonl", "users": self.source.folder / "users.json",
                     "raw": f"{self.folder}/raw/", "totals": f"{self.folder}/totals/", "partitioner": partitioner}
        return [*(["--batch"] if batch else []), *division, "-q",
                *(word for name, value in variables.items() for word in ("-v", f"{name}={value}")),
                "-c", f"SET state_location = '{self.folder}/state'", "-c", "SET workers = 2",
                "-c", "SET commit_interval = '200 ms'", "-f", self.source.job]

    def run(self, shard, check=0, **options):
        return weir.run(*self.arguments(shard, **options), check=check)

    def start(self, shard, *more, **options):
        child = weir.start(*more, *self.arguments(shard, **options))
        self.source.addCleanup(child.communicate)
        self.source.addCleanup(child.kill)
        return child

    def start_standby(self, shard=None):
        """In the background; what it says goes to a file, so that it can be read while it runs."""
        with open(self.log, "w", encoding="utf-8") as log:
            child = subprocess.Popen(weir.command("--standby", *self.arguments(shard, batch=False)), stderr=log,
                                     stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.source.addCleanup(child.wait)
        self.source.addCleanup(child.kill)
        return child

    def said(self, text):
        return text in self.log.read_text()

    def rows(self, sink):
        return sorted(csv_reader.read_folder(self.folder / sink), key=str)

    def manifests(self, shard):
        return sorted((self.state / f"s{shard}" / "m").glob("*.json"))

    def writers(self, shard):
        return {json.loads(path.read_text())["writer"]["uuid"] for path in self.manifests(shard)}


class WithFiles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        print(f"seed {SEED}", flush=True)
        cls.folder = weir.scratch(cls, "shards")
        cls.job = cls.folder / "job.sql"
        cls.job.write_text(JOB)
        chance = random.Random(SEED)
        events = [{"user_id": chance.randrange(300), "amount": chance.randrange(-2, 9),
                   "event_time": f"2024-01-01T00:{i // 1000:02}:{i // 17 % 59:02}.{i % 1000:03}Z"} for i in range(EVENTS)]
        events.sort(key=lambda event: event["event_time"])
        lines = [[event for event in events if place(event["user_id"]) == p] for p in range(PARTITIONS)]
        for p in range(PARTITIONS):
            (cls.folder / f"part-{p}.jsonl").write_text("".join(json.dumps(event) + "\n" for event in lines[p]))
        (cls.folder / "users.json").write_text("".join(f'{{"user_id":{u},"name":"u{u}"}}\n' for u in range(0, 300, 2)))
        cls.raw = sorted(((str(p), str(o), str(e["user_id"]), str(e["amount"])) for p in range(PARTITIONS)
                          for o, e in enumerate(lines[p]) if e["amount"] > 0), key=str)
        counts = collections.defaultdict(lambda: [0, 0])
        for e in events:
            if e["user_id"] % 2 == 0:
                start = f"{e['event_time'][:10]} {e['event_time'][11:18]}0.000000+00:00"
                group = counts[start, str(e["user_id"]), f"u{e['user_id']}"]
                group[0] += 1
                group[1] += e["amount"]
        cls.totals = sorted(((*key, *map(str, value)) for key, value in counts.items()), key=str)

    def assert_complete(self, job):
        self.assertTrue(job.rows("raw") == self.raw, "raw rows are not those that were counted here")
        self.assertTrue(job.rows("totals") == self.totals, "groups are not those that were counted here")

    def wait_for(self, condition, what="something"):
        for _ in range(400):
            if condition():
                return
            time.sleep(0.05)
        self.fail(f"waited too long for {what}")

    def end(self, child, code=0):
        child.send_signal(signal.SIGTERM)
        output = child.communicate(timeout=60)
        self.assertEqual(child.returncode, code, output)
        return output[1]


class Shards(WithFiles):
    def test_one_process_is_right(self):
        job = Job(self, "one")
        job.run(None)
        self.assert_complete(job)

    def test_shards_at_once_are_right(self):
        job = Job(self, "three")
        children = [job.start(shard) for shard in range(SHARDS)]
        for child in children:
            output = child.communicate(timeout=120)
            self.assertEqual(child.returncode, 0, output)
        self.assert_complete(job)
        for shard in range(SHARDS):
            job.run(shard)  # there is nothing new
        self.assert_complete(job)
        names = {path.name.rsplit("-", 2)[1].split("e")[0] for path in (job.folder / "raw").glob("*.csv")}
        self.assertEqual(names, {f"s{shard}" for shard in range(SHARDS)})
        self.assertEqual(json.loads((job.state / "job.json").read_text())["shards"], SHARDS)

    def test_a_killed_shard_goes_on(self):
        chance = random.Random(SEED)
        job = Job(self, "killed")
        for shard in range(SHARDS):
            for _ in range(4):
                before = len(job.manifests(shard))
                child = job.start(shard, batch=False)
                self.wait_for(lambda: len(job.manifests(shard)) > before, "a manifest")
                time.sleep(chance.uniform(0, 0.05))
                child.kill()
                child.communicate()
            job.run(shard)
        self.assert_complete(job)

    def test_one_process_per_shard(self):
        job = Job(self, "beside")
        first = job.start(1, batch=False)
        self.wait_for(lambda: job.manifests(1), "the first")
        refused = job.run(1, check=6, batch=False)
        self.assertIn("is in use by another process", refused.stderr)
        other = job.start(0, batch=False)
        self.wait_for(lambda: job.manifests(0), "another shard")
        self.end(first)
        self.end(other)
        for shard in range(SHARDS):
            job.run(shard)
        self.assert_complete(job)

    def test_number_of_shards_is_fixed(self):
        job, whole = Job(self, "divided"), Job(self, "whole")
        job.run(2)
        whole.run(None)
        for shard, options, hint in ((0, {"shards": 2}, "--shard 0/3 to 2/3"), (None, {}, "--shard 0/3 to 2/3")):
            self.assertIn(hint, job.run(shard, check=8, **options).stderr)
        self.assertIn("without --shard", whole.run(0, check=8).stderr)
        self.assert_complete(whole)

    def test_a_drain_of_no_shard_is_not_asked_about(self):
        job = Job(self, "undrained")
        job.run(1)
        refused = weir.run("drain", *job.arguments(None, batch=False), check=8)
        self.assertIn("--shard 0/3 to 2/3", refused.stderr)
        self.assertNotIn("confirmed", refused.stderr)

    def test_keys_elsewhere_stop_the_job(self):
        job = Job(self, "murmur")
        refused = job.run(0, check=4, partitioner="murmur2")
        self.assertRegex(refused.stderr, r'the key at offset \d+ of partition \d belongs to partition \d by "murmur2"')
        self.assertEqual(list((job.folder / "raw").glob("*.csv")), [])
        Job(self, "trusted").run(None, partitioner="murmur2")  # asked of nobody in one process

    def test_a_shard_without_partition_waits(self):
        job = Job(self, "empty")
        child = job.start(6, batch=False, shards=7)
        self.wait_for(lambda: job.manifests(6), "the shard without partition")
        time.sleep(1)
        self.assertIsNone(child.poll())
        ticks = sum(map(int, pathlib.Path(f"/proc/{child.pid}/stat").read_text().rsplit(") ", 1)[1].split()[11:13]))
        self.assertLess(ticks / os.sysconf("SC_CLK_TCK"), 1, "idling takes the processor")
        self.assertIn("shard 6 of 7 has no partition of any stream and waits for one", self.end(child))
        self.assertIn("has no partition of any stream and nothing to do", job.run(6, shards=7).stderr)

    def test_what_is_shown_of_a_shard(self):
        job = Job(self, "shown")
        job.run(1)
        words = ["-q", "-A", "-t", "-c", f"SET state_location = '{job.folder}/state'", "-c", "SET job_name = 'job'"]
        for division in ([], ["--shard=0/2"]):
            refused = weir.run(*division, *words, "-c", "SHOW WATERMARKS", check=3)
            self.assertIn("the job runs in 3 shards\nHINT:  Say which one is meant, with --shard.", refused.stderr)
        shown = weir.run("--shard=1/3", *words, "-c", "SHOW WATERMARKS", check=0).stdout.splitlines()
        self.assertEqual([line.split("|")[1] for line in shown], ["1", "4"])
        used = weir.run("--shard=1/3", *words, "-c", "SHOW STATE", check=0).stdout
        self.assertIn("totals|1|", used)
        epochs = weir.run(*words, "-c", "SHOW EPOCHS", check=0).stdout.splitlines()
        self.assertRegex(epochs[-1], r"^1\|\d+\|CLOSE\|.*\|clicks=1:\d+,4:\d+\|")

    def test_reset_of_a_shard(self):
        job = Job(self, "reset")
        job.run(0)
        job.run(1)
        words = ["-c", f"SET state_location = '{job.folder}/state'", "-c", "SET job_name = 'job'"]
        weir.run("reset", "--sink=totals", "--yes", *words, check=8)
        weir.run("reset", "--shard=1/3", "--sink=totals", "--yes", *words, check=0)
        sinks = [[sink["name"] for sink in json.loads(job.manifests(shard)[-1].read_text())["sinks"]] for shard in (0, 1)]
        self.assertEqual(sinks, [["raw", "totals"], ["raw"]])

    def test_words_that_are_no_shard(self):
        for word in ("3/3", "1", "a/b", "1/", "/2", "-1/2", "1/2x", "1/99999", "0/0"):
            refused = weir.run(f"--shard={word}", "-c", "SELECT 1", check=1)
            self.assertIn("--shard takes I/N", refused.stderr)


class Standby(WithFiles):
    """On a directory, where the lock says who lives."""

    def writer_and_standby(self, name, shard=None):
        job = Job(self, name)
        writer = job.start(shard, batch=False)
        self.wait_for(lambda: len(job.manifests(shard or 0)) > 1, "the writer")
        standby = job.start_standby(shard)
        self.wait_for(lambda: job.said("waiting for writer"), "the standby")
        return job, writer, standby

    def take_over(self, job, standby, shards=(None,)):
        """The standby is a normal job now; a batch closes the windows."""
        self.wait_for(lambda: job.said("nobody holds the lock"), "the take-over")
        self.wait_for(lambda: any(len(job.writers(shard or 0)) > 1 for shard in shards), "the new writer")
        standby.send_signal(signal.SIGTERM)
        self.assertEqual(standby.wait(timeout=60), 0, job.log.read_text())
        for shard in shards:
            job.run(shard)
        self.assert_complete(job)

    def test_after_a_kill(self):
        job, writer, standby = self.writer_and_standby("standby-kill")
        writer.kill()
        self.take_over(job, standby)

    def test_after_a_clean_stop(self):
        job, writer, standby = self.writer_and_standby("standby-stop")
        self.end(writer)
        self.take_over(job, standby)

    def test_a_stopped_writer_still_has_the_lock(self):
        job, writer, standby = self.writer_and_standby("standby-sleep")
        writer.send_signal(signal.SIGSTOP)
        time.sleep(2)
        self.assertFalse(job.said("taking over"))
        writer.send_signal(signal.SIGCONT)
        self.assertIsNone(writer.poll())
        writer.kill()
        self.take_over(job, standby)

    def test_of_a_shard(self):
        job, writer, standby = self.writer_and_standby("standby-shard", 1)
        job.run(0)
        writer.kill()
        self.take_over(job, standby, shards=(0, 1, 2))

    def test_told_to_stop_while_it_waits(self):
        job, writer, standby = self.writer_and_standby("standby-told")
        for number in (signal.SIGINT, signal.SIGTERM):
            standby.send_signal(number)
            self.assertEqual(standby.wait(timeout=30), 0, job.log.read_text())
            self.assertTrue(job.said("told to stop while it waited"))
            self.assertEqual(len(job.writers(0)), 1)
            standby = job.start_standby()
            self.wait_for(lambda: job.said("waiting for writer"), "the standby")
        self.end(writer)

    def test_a_wrong_file_is_found_before_the_emergency(self):
        job = Job(self, "standby-wrong")
        writer = job.start(None, batch=False)
        self.wait_for(lambda: len(job.manifests(0)) > 1, "the writer")
        wrong = self.folder / "wrong" / "job.sql"
        wrong.parent.mkdir()
        wrong.write_text(JOB.replace("sum(amount)", "max(amount)"))
        words = [str(wrong) if word == str(self.job) else word for word in map(str, job.arguments(None, batch=False))]
        refused = weir.run("--standby", *words, check=8)
        self.assertIn("does not fit the stored state", refused.stderr)
        self.end(writer)

    def test_a_batch_has_none(self):
        refused = weir.run("--standby", "--batch", "-c", "SELECT 1", check=1)
        self.assertIn("--standby and --batch exclude each other", refused.stderr)


if __name__ == "__main__":
    unittest.main()
