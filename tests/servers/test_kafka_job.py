"""test_kafka_job.py: a raw and a windowed sink over real Apache Kafka, in batch mode, against a recount by PostgreSQL, with
kill -9 on the way; and what a user sees when topic or broker are not there."""
import gzip
import os
import pathlib
import random
import shutil
import subprocess
import tempfile
import time
import unittest

from lib import csv_reader, servers, suite, weir

EVENTS = int(os.environ.get("WEIR_TEST_EVENTS", "1000000"))
SEED = suite.seed()

STREAM = """
CREATE STREAM events (event_id uuid, user_id bigint, campaign_id text, event_type text, amount numeric(12,2),
    country text, event_time timestamptz NOT NULL,
    p integer METADATA FROM 'partition', o bigint METADATA FROM 'offset',
    WATERMARK FOR event_time AS event_time - INTERVAL '5 seconds'
) WITH (connector = 'kafka', brokers = :'brokers', topic = :'topic', format = 'json');
"""
JOB = "SET commit_rows = 20000;" + STREAM + """
CREATE SINK raw WITH (location = :'raw', format = 'csv', compression = 'gzip')
AS SELECT p, o, event_id, amount FROM events WHERE event_type <> 'click';
CREATE SINK windows WITH (location = :'windows', format = 'csv', compression = 'gzip')
AS SELECT window_start, campaign_id, count(*) AS views, sum(amount)::numeric(14,2) AS amount,
          count(DISTINCT user_id) AS users
   FROM TUMBLE(events, event_time, INTERVAL '10 seconds') WHERE event_type = 'view'
   GROUP BY window_start, window_end, campaign_id;
"""
RECOUNT = """
CREATE TABLE line (text text);
COPY line FROM '{input}' (FORMAT csv, QUOTE e'\\x01', DELIMITER e'\\x02');
CREATE TABLE event AS SELECT text::jsonb AS j FROM line;
CREATE TABLE expected AS
SELECT date_bin('10 s', (j->>'event_time')::timestamptz, '1970-01-01 00:00:00+00') AS window_start,
       j->>'campaign_id' AS campaign_id, count(*) AS views, sum((j->>'amount')::numeric) AS amount,
       count(DISTINCT j->>'user_id') AS users
FROM event WHERE j->>'event_type' = 'view' GROUP BY 1, 2;
CREATE TABLE actual (LIKE expected);
COPY actual FROM '{output}' (FORMAT csv);
SELECT (SELECT count(*) FROM expected),
       (SELECT count(*) FROM (SELECT * FROM expected EXCEPT ALL SELECT * FROM actual) x),
       (SELECT count(*) FROM (SELECT * FROM actual EXCEPT ALL SELECT * FROM expected) x),
       (SELECT count(*) FROM event WHERE j->>'event_type' <> 'click');
"""


class KafkaJob(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kafka = servers.shared(servers.Kafka)
        cls.postgres = servers.shared(servers.Postgres)
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-kafka-job-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        os.chmod(cls.folder, 0o755)
        cls.topic = servers.create_topic(cls.kafka, f"events-{os.getpid()}", 4)
        tool = weir.BUILD / "bench" / "produce_events"
        subprocess.run([tool, cls.kafka.brokers, cls.topic, "4", str(EVENTS)], check=True)
        subprocess.run([tool, "-", cls.folder / "input.jsonl", "1", str(EVENTS)], check=True)
        (cls.folder / "job.sql").write_text(JOB)

    def arguments(self, name, topic=None, brokers=None):
        place = self.folder / name
        return ["--batch", "-q", "-v", f"brokers={brokers or self.kafka.brokers}", "-v", f"topic={topic or self.topic}",
                "-v", f"raw={place}/raw/", "-v", f"windows={place}/windows/",
                "-c", f"SET state_location = '{place}/state'", "-f", self.folder / "job.sql"]

    def recount(self, name):
        """Differences between the windowed sink and PostgreSQL's count, and the number of raw rows there should be."""
        output = self.folder / f"{name}.csv"
        objects = sorted((self.folder / name / "windows").rglob("*.gz"))
        output.write_bytes(b"".join(csv_reader.read_bytes(path) for path in objects))
        os.chmod(output, 0o644)
        database = f"recount_{os.getpid()}_{name}"
        self.postgres.psql(f"CREATE DATABASE {database}")
        answer = self.postgres.psql(RECOUNT.format(input=self.folder / "input.jsonl", output=output), "-d", database)
        return [int(n) for n in answer.strip().split("|")]

    def check_result(self, name):
        groups, missing, surplus, raw = self.recount(name)
        self.assertGreater(groups, 1000)
        self.assertEqual((missing, surplus), (0, 0))
        places = [(int(row[0]), int(row[1])) for row in csv_reader.read_folder(self.folder / name / "raw", 4)]
        self.assertEqual(len(places), raw)
        self.assertEqual(len(set(places)), raw)

    def test_equals_recount(self):
        weir.run(*self.arguments("plain"), check=0)
        self.check_result("plain")
        before = sorted((self.folder / "plain").rglob("*.gz"))
        weir.run(*self.arguments("plain"), check=0)
        self.assertEqual(sorted((self.folder / "plain").rglob("*.gz")), before)

    def test_recount_sees_a_changed_row(self):
        weir.run(*self.arguments("mutant"), check=0)
        victim = sorted((self.folder / "mutant" / "windows").rglob("*.gz"))[0]
        lines = csv_reader.read_bytes(victim).splitlines(keepends=True)
        plain = victim.with_name(victim.name[:-3])
        victim.unlink()
        victim.write_bytes(gzip.compress(b"".join(lines[1:] + lines[-1:])))
        groups, missing, surplus, _ = self.recount("mutant")
        self.assertEqual((missing, surplus), (1, 1))
        victim.write_bytes(gzip.compress(lines[0].replace(b'"', b"'", 1) + b"".join(lines[1:])))
        with self.assertRaises(csv_reader.Malformed):
            csv_reader.read(victim)
        self.assertFalse(plain.exists())

    def test_kill_and_restart(self):
        print(f"seed {SEED}", flush=True)
        chance = random.Random(SEED)
        manifests = self.folder / "killed" / "state" / "job" / "s0" / "m"
        killed = 0
        for _ in range(4):
            # by what was committed, not by time: a quiet machine would be done before
            enough = len(list(manifests.glob("*.published"))) + chance.randrange(1, 3)
            child = weir.start(*self.arguments("killed"))
            while child.poll() is None and len(list(manifests.glob("*.published"))) < enough:
                time.sleep(0.001)
            time.sleep(chance.uniform(0, 0.02))
            killed += child.poll() is None
            child.kill()
            child.communicate()
        self.assertGreaterEqual(killed, 3)
        weir.run(*self.arguments("killed"), check=0)
        self.check_result("killed")

    def test_unknown_topic(self):
        done = weir.run(*self.arguments("unknown", topic="no-such-topic"))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("no-such-topic", done.stderr)

    def test_unreachable_broker(self):
        done = weir.run(*self.arguments("unreachable", brokers=f"127.0.0.1:{servers.free_port()}"))
        self.assertEqual(done.returncode, 2, done.stderr)


if __name__ == "__main__":
    unittest.main()
