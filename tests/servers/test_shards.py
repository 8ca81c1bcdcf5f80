"""test_shards.py: one job in several processes over real Kafka, whose messages librdkafka's own partitioners have placed; partitions
that are added meanwhile; a standby over Kafka, and one on S3, where no lock says who lives."""
import collections
import json
import os
import signal
import subprocess
import time
import unittest

from lib import csv_reader, servers, weir

PARTITIONS = 6
SHARDS = 3
EVENTS = 6000

JOB = """
SET commit_rows = 200;
SET commit_interval = '300 ms';
CREATE STREAM events (k text METADATA FROM 'key', p integer METADATA FROM 'partition', o bigint METADATA FROM 'offset',
    v bigint, t timestamptz NOT NULL, WATERMARK FOR t AS t - INTERVAL '5 seconds')
WITH (connector = 'kafka', brokers = :'brokers', topic = :'topic', format = 'json' :partitioner);
CREATE SINK raw WITH (location = :'raw', format = 'csv') AS SELECT p, o, k, v FROM events;
"""
KEYED = """
CREATE SINK sums WITH (location = :'sums', format = 'csv')
AS SELECT window_start, k, count(*), sum(v) FROM TUMBLE(events, t, INTERVAL '1 minute') GROUP BY window_start, window_end, k;
"""
ENDLESS = """
SET commit_interval = '500 ms';
CREATE STREAM s (o bigint METADATA FROM 'offset', t timestamptz NOT NULL, WATERMARK FOR t AS t - INTERVAL '1 second')
WITH (connector = 'generator', format = 'json', rows_per_second = 200);
CREATE SINK raw WITH (location = :'raw', format = 'csv') AS SELECT o FROM s;
"""
IDLE = """
SET commit_interval = '500 ms';
CREATE STREAM s (v bigint) WITH (connector = 'file', path = '{folder}/input.jsonl', format = 'json');
CREATE SINK raw WITH (location = :'raw', format = 'csv') AS SELECT v FROM s;
"""


def event(i):
    value = {"v": i, "t": f"2024-01-01T00:{i * 10 // EVENTS:02}:{i * 600 // EVENTS % 60:02}Z"}
    return servers.Record(json.dumps(value).encode(), f"key-{i * 7919 % 211}".encode())


class Waiting(unittest.TestCase):
    def wait_for(self, condition, what, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return
            time.sleep(0.1)
        self.fail(f"waited too long for {what}")

    def watch(self, child):
        """Ends it with the test, whatever becomes of that."""
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        self.addCleanup(child.send_signal, signal.SIGCONT)
        return child

    def background(self, log, *words, env=None):
        with open(log, "w", encoding="utf-8") as file:
            return self.watch(subprocess.Popen(weir.command(*words), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=file,
                                               env={**os.environ, **(env or {})}))


class OverKafka(Waiting):
    @classmethod
    def setUpClass(cls):
        cls.kafka = servers.shared(servers.Kafka)
        cls.folder = weir.scratch(cls, "kafka-shards")

    def topic(self, name, partitioner, count=EVENTS):
        topic = servers.create_topic(self.kafka, f"{name}-{os.getpid()}", PARTITIONS)
        servers.produce_by_key(self.kafka, topic, [event(i) for i in range(count)], partitioner)
        return topic

    def words(self, topic, shard, *more, partitioner="crc32", keyed=True):
        place = self.folder / topic
        place.mkdir(exist_ok=True)
        (place / "job.sql").write_text(JOB + (KEYED if keyed else ""))
        declared = f", partitioner = '{partitioner}'" if partitioner else ""
        return [*([f"--shard={shard}/{SHARDS}"] if shard is not None else []), *more, "-q", "-v", f"brokers={self.kafka.brokers}",
                "-v", f"topic={topic}", "-v", f"partitioner={declared}", "-v", f"raw={place}/raw/", "-v", f"sums={place}/sums/",
                "-c", f"SET state_location = '{place}/state'", "-f", place / "job.sql"]

    def rows(self, topic, sink):
        return csv_reader.read_folder(self.folder / topic / sink) if (self.folder / topic / sink).is_dir() else []

    def assert_each_once(self, topic, count=EVENTS):
        values = collections.Counter(int(row[3]) for row in self.rows(topic, "raw"))
        self.assertEqual(values, collections.Counter(range(count)))

    def test_keys_where_producers_put_them(self):
        for partitioner, name in (("murmur2", "murmur2_random"), ("crc32", "consistent_random")):
            with self.subTest(partitioner=partitioner):
                topic = self.topic(f"shards-{partitioner}", name)
                children = [weir.start(*self.words(topic, shard, "--batch", partitioner=partitioner)) for shard in range(SHARDS)]
                for child in children:
                    output = child.communicate(timeout=120)
                    self.assertEqual(child.returncode, 0, output)
                self.assert_each_once(topic)
                sums = collections.defaultdict(lambda: [0, 0])
                for i in range(EVENTS):
                    group = sums[f"2024-01-01 00:{i * 10 // EVENTS:02}:00.000000+00:00", event(i).key.decode()]
                    group[0] += 1
                    group[1] += i
                self.assertEqual(sorted(self.rows(topic, "sums")),
                                 sorted((*key, *map(str, group)) for key, group in sums.items()))

    def test_the_wrong_partitioner_commits_nothing(self):
        topic = self.topic("shards-wrong", "consistent_random")
        refused = weir.run(*self.words(topic, 0, "--batch", partitioner="murmur2"), check=4)
        self.assertIn('by "murmur2"', refused.stderr)
        self.assertEqual(self.rows(topic, "raw") + self.rows(topic, "sums"), [])

    def test_a_standby_of_a_killed_shard(self):
        topic = self.topic("shards-standby", "consistent_random", EVENTS // 2)
        writers = [self.background(self.folder / f"w{shard}.log", *self.words(topic, shard)) for shard in range(SHARDS)]
        self.wait_for(lambda: len(self.rows(topic, "raw")) == EVENTS // 2, "the first half")
        log = self.folder / "standby.log"
        standby = self.background(log, *self.words(topic, 1, "--standby"))
        self.wait_for(lambda: "waiting for writer" in log.read_text(), "the standby")
        writers[1].kill()
        servers.produce_by_key(self.kafka, topic, [event(i) for i in range(EVENTS // 2, EVENTS)], "consistent_random")
        self.wait_for(lambda: len(self.rows(topic, "raw")) == EVENTS, "the second half")
        self.assertIn("nobody holds the lock", log.read_text())
        for child in (writers[0], standby, writers[2]):
            child.send_signal(signal.SIGTERM)
            self.assertEqual(child.wait(timeout=60), 0)
        self.assert_each_once(topic)

    def test_partitions_that_are_added(self):
        for keyed in (False, True):
            with self.subTest(keyed=keyed):
                topic = self.topic(f"shards-grow-{keyed}", "consistent_random")
                logs = [self.folder / f"{topic}-{shard}.log" for shard in range(SHARDS)]
                children = [self.background(logs[shard], *self.words(topic, shard, keyed=keyed)) for shard in range(SHARDS)]
                self.wait_for(lambda: len(self.rows(topic, "raw")) == EVENTS, "what was there")
                subprocess.run([weir.BUILD / "bench" / "alter_topic", self.kafka.brokers, topic, "grow", "8"], check=True, timeout=60)
                if keyed:
                    for shard, child in enumerate(children):
                        self.assertEqual(child.wait(timeout=120), 8, logs[shard].read_text())
                        self.assertIn("has 8 partitions now and had 6", logs[shard].read_text())
                    continue
                servers.produce(self.kafka, topic, [[]] * PARTITIONS + [[event(EVENTS)], [event(EVENTS + 1)]])
                self.wait_for(lambda: len(self.rows(topic, "raw")) == EVENTS + 2, "the new partitions", 120)
                for child in children:
                    child.send_signal(signal.SIGTERM)
                    self.assertEqual(child.wait(timeout=60), 0)
                names = {path.name.rsplit("-", 2)[1].split("e")[0]: path.read_text()
                         for path in sorted((self.folder / topic / "raw").glob("*.csv"))}
                self.assertEqual([[name for name, text in names.items() if text.startswith(f"{p},")] for p in (6, 7)], [["s0"], ["s1"]])
                self.assert_each_once(topic, EVENTS + 2)


class Place:
    """A job on S3 in a bucket of its own."""

    def __init__(self, case, name, sql):
        self.case, self.server = case, servers.shared(servers.S3Proxy)
        self.folder = weir.scratch(type(case), f"s3-standby-{name}")
        self.bucket, self.client = self.server.bucket("standby"), self.server.client()
        self.sql, self.log = self.folder / "job.sql", self.folder / "standby.log"
        self.sql.write_text(sql.format(folder=self.folder))

    def words(self, *more):
        return [*more, "-q", "-v", f"raw=s3://{self.bucket}/raw/", "-c", f"SET state_location = 's3://{self.bucket}/state'", "-f", self.sql]

    def writer_and_standby(self):
        """The standby once the writer has written."""
        begin, env = self.case.background, self.server.environment()
        writer = begin(self.folder / "writer.log", *self.words(), env=env)
        self.case.wait_for(lambda: self.client.list(self.bucket, "raw/"), "the writer")
        standby = begin(self.log, *self.words("--standby"), env=env)
        self.case.wait_for(lambda: self.said("waiting for writer"), "the standby")
        return writer, standby

    def said(self, text):
        return text in self.log.read_text()

    def manifests(self):
        return len([key for key in self.client.list(self.bucket, "state/job/s0/m/") if str(key).endswith(".json")])

    def values(self):
        self.client.mirror(self.bucket, "raw/", self.folder / "raw")
        return sorted(int(row[0]) for row in csv_reader.read_folder(self.folder / "raw"))


class OnS3(Waiting):
    """A store without lock: a writer that makes no manifest for 3 commit intervals and 30 s is taken for gone."""

    def test_who_sleeps_is_overtaken_and_who_is_idle_is_not(self):
        """Two jobs at the same time, as both take their half a minute."""
        idle = Place(self, "idle", IDLE)
        (idle.folder / "input.jsonl").write_text('{"v": 1}\n')
        idle_writer, idle_standby = idle.writer_and_standby()
        before, since = idle.manifests(), time.monotonic()
        self.overtake(Place(self, "sleeping", ENDLESS))
        time.sleep(max(0, since + 36 - time.monotonic()))
        self.assertFalse(idle.said("taking over"))
        self.assertGreater(idle.manifests(), before + 10)
        idle_writer.send_signal(signal.SIGTERM)
        self.assertEqual(idle_writer.wait(timeout=60), 0)
        self.wait_for(lambda: idle.said("it has left in order"), "the take-over", 15)
        idle_standby.send_signal(signal.SIGTERM)
        self.assertEqual(idle_standby.wait(timeout=60), 0, idle.log.read_text())
        self.assertEqual(idle.values(), [1])

    def overtake(self, place):
        writer, standby = place.writer_and_standby()
        writer.send_signal(signal.SIGSTOP)
        stopped = time.monotonic()
        self.wait_for(lambda: place.said("it has made no manifest for too long"), "the take-over", 120)
        self.assertGreater(time.monotonic() - stopped, 28)
        before = place.manifests()
        self.wait_for(lambda: place.manifests() > before + 3, "the new writer")
        writer.send_signal(signal.SIGCONT)
        self.assertEqual(writer.wait(timeout=60), 6, (place.folder / "writer.log").read_text())
        standby.send_signal(signal.SIGTERM)
        self.assertEqual(standby.wait(timeout=60), 0, place.log.read_text())
        offsets = place.values()
        self.assertEqual(offsets, list(range(len(offsets))))
        weir.run(*place.words("verify"), env=place.server.environment(), check=0)


if __name__ == "__main__":
    unittest.main()
