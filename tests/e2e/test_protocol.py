"""test_protocol.py: the promise on a directory of a real disk: same bytes with any number of workers, sums of floats included;
nothing lost or doubled by kill -9; one writer at a time, signals that drain."""
import pathlib
import random
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from lib import csv_reader, suite, weir

ROOT = weir.ROOT
PARTITIONS = 4
EVENTS = 40000
SEED = suite.seed()

JOB = """
SET commit_rows = 1000;
CREATE STREAM clicks (event_id uuid, user_id bigint, campaign_id text, event_type text, amount numeric(12,2),
    country text, event_time timestamptz NOT NULL,
    p integer METADATA FROM 'partition', o bigint METADATA FROM 'offset',
    WATERMARK FOR event_time AS event_time - INTERVAL '5 seconds'
) WITH (connector = 'file', path = :'input', format = 'json');
CREATE SINK raw WITH (location = :'raw', format = 'csv', compression = 'gzip', partition_by = 'event_type AS type')
AS SELECT p, o, event_id, event_type, amount, event_time FROM clicks;
CREATE SINK minutes WITH (location = :'minutes', format = 'csv', compression = 'gzip')
AS SELECT window_start, campaign_id, count(*) AS views, sum(amount) AS amount, avg(amount::double precision) AS mean,
          count(DISTINCT user_id) AS users, min(event_type) AS least
   FROM TUMBLE(clicks, event_time, INTERVAL '10 seconds')
   GROUP BY window_start, window_end, campaign_id;
"""

KILLS = 10  # test_faults.py has many more, in memory; these are on a disk


class Job:
    """A job over the files of the class, with state and outputs in a folder of its own."""

    def __init__(self, source, name):
        self.folder = source.folder / name
        self.folder.mkdir()
        self.arguments = ["-q", "-v", f"input={source.inputs}", "-v", f"raw={self.folder}/raw/",
                          "-v", f"minutes={self.folder}/minutes/", "-c", f"SET state_location = '{self.folder}/state'",
                          "-f", source.job]

    def run(self, workers=2, env=None, check=0, batch=True):
        mode = ["--batch"] if batch else []
        return weir.run(*mode, "-c", f"SET workers = {workers}", *self.arguments, env=env, check=check)

    def start(self, batch=True):
        return weir.start(*(["--batch"] if batch else []), *self.arguments)

    def objects(self):
        """Folder and bytes of every object, in the order of names without the job's uuid. (Epoch numbers differ: every
        start takes some.)"""
        named = sorted((re.sub(r"-[0-9a-f]{8}-(raw|minutes)-", r"-\1-", str(path.relative_to(self.folder))), path)
                       for sink in ("raw", "minutes") for path in (self.folder / sink).rglob("*.gz"))
        return [(str(path.parent.relative_to(self.folder)), path.read_bytes()) for _, path in named]

    def rows(self, sink):
        return sorted(csv_reader.read_folder(self.folder / sink), key=str)


class Protocol(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-protocol-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        whole = cls.folder / "all.jsonl"
        subprocess.run([weir.BUILD / "bench" / "produce_events", "-", whole, "1", str(EVENTS)], check=True)
        lines = whole.read_text().splitlines(keepends=True)
        for p in range(PARTITIONS):
            (cls.folder / f"part-{p}.jsonl").write_text("".join(lines[p::PARTITIONS]))
        cls.inputs = cls.folder / "part-*.jsonl"
        cls.job = cls.folder / "job.sql"
        cls.job.write_text(JOB)
        cls.reference = Job(cls, "reference")
        cls.reference.run(workers=1)
        cls.expected = cls.reference.objects()

    def assert_complete(self, job):
        actual = job.objects()
        self.assertEqual([folder for folder, _ in actual], [folder for folder, _ in self.expected])
        self.assertTrue(actual == self.expected, "an object has other bytes")

    def test_reference_has_every_row_once(self):
        rows = self.reference.rows("raw")
        places = sorted((int(row[0]), int(row[1])) for row in rows)
        self.assertEqual(places, [(p, o) for p in range(PARTITIONS) for o in range(EVENTS // PARTITIONS)])
        self.assertEqual(sum(int(row[2]) for row in self.reference.rows("minutes")), EVENTS)

    def test_workers_do_not_show(self):
        for workers in (1, 2, 4):
            with self.subTest(workers=workers):
                job = Job(self, f"workers{workers}")
                job.run(workers=workers)
                self.assert_complete(job)
                job.run(workers=workers)
                self.assert_complete(job)

    def test_kill_at_random_moments(self):
        print(f"seed {SEED}", flush=True)
        chance = random.Random(SEED)
        start = time.monotonic()
        Job(self, "timed").run()
        seconds = time.monotonic() - start
        job, killed, number = Job(self, "random0"), 0, 0
        while killed < KILLS and number < 20 * KILLS:
            number += 1
            child = job.start()
            time.sleep(chance.uniform(0.01, seconds))
            killed += child.poll() is None
            child.kill()
            child.communicate()
            if child.returncode == 0:
                self.assert_complete(job)
                job = Job(self, f"random{number}")
        self.assertEqual(killed, KILLS, f"seed {SEED}")
        job.run()
        self.assert_complete(job)

    def test_second_writer_is_refused(self):
        job = Job(self, "writers")
        first = job.start(batch=False)
        self.wait_for(lambda: (job.folder / "state" / "job" / "s0" / "m").is_dir())
        self.assertEqual(job.run(check=None, batch=False).returncode, 6)
        first.send_signal(signal.SIGTERM)
        output = first.communicate(timeout=30)
        self.assertEqual(first.returncode, 0, output)
        job.run(workers=1)
        # sums of floats depend on the cuts, which a clock made here: all other columns are equal
        self.assertEqual([row[:4] + row[5:] for row in job.rows("minutes")],
                         [row[:4] + row[5:] for row in self.reference.rows("minutes")])
        self.assertEqual(job.rows("raw"), self.reference.rows("raw"))

    def wait_for(self, condition):
        for _ in range(200):
            if condition():
                return
            time.sleep(0.05)
        self.fail("waited too long")


if __name__ == "__main__":
    unittest.main()
