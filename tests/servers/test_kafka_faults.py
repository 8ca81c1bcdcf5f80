"""test_kafka_faults.py: what can happen to a job over real Kafka, and to Kafka under a job: kill -9 while messages come in, a
broker that goes and comes back, transactions that are aborted, partitions that are added, topics that are trimmed, deleted and
made anew. Every message is accounted for, by partition and offset."""
import json
import os
import random
import re
import signal
import subprocess
import threading
import time
import unittest

from lib import accounts, clicks, csv_reader, servers, state, suite, weir

EVENTS = 40000
SEED = suite.seed()
KILLS = 60 if suite.WORLD else 12


def tool(name, *arguments):
    return subprocess.run([weir.BUILD / "bench" / name, *map(str, arguments)], check=True, timeout=120)


class KafkaFaults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kafka = servers.shared(servers.Kafka)
        cls.folder = weir.scratch(cls, "kafka-faults")
        cls.made = clicks.make(cls.folder, EVENTS, seed=31, minutes=120, late=0.03, malformed=0.01)

    def setUp(self):
        self.name = self.id().rsplit(".", 1)[-1]
        self.topic = f"{self.name}-{os.getpid()}"
        self.job = None

    def tearDown(self):
        if self.job:
            self.assertEqual(self.job.close(), [])

    # ---- helpers ----

    def open_job(self, partitions=4, **options):
        servers.create_topic(self.kafka, self.topic, partitions)
        self.job = accounts.Accounts(self.folder / self.name, self.made, self.kafka.brokers, self.topic, **options)
        return self.job

    def feed(self, *arguments, **options):
        # an empty file would name a partition that there may not be yet
        files = self.job.feed(*arguments, **options)
        while not files[-1].stat().st_size:
            files.pop()
        tool("produce_lines", self.kafka.brokers, self.topic, *files)

    def start(self, *arguments, **options):
        child = weir.start(*arguments) if arguments else self.job.start(**options)
        self.addCleanup(lambda: (child.kill(), child.communicate()))
        return child

    def wait_for(self, condition, child, seconds=90):
        until = time.monotonic() + seconds
        while not condition():
            if child.poll() is not None:
                self.fail(f"ended with {child.returncode}: {child.stderr.read()}")
            if time.monotonic() > until:
                self.fail("waited too long")
            time.sleep(0.01)

    def terminate(self, child):
        child.send_signal(signal.SIGTERM)
        _, errors = child.communicate(timeout=60)
        self.assertEqual(child.returncode, 0, errors)
        return errors

    # ---- the job dies ----

    def test_killed_while_messages_come_in(self):
        print(f"seed {SEED}", flush=True)
        chance = random.Random(SEED)
        job = self.open_job()
        self.feed(0.2)
        child = self.start()
        self.wait_for(job.done, child)
        first = list(job.fed)
        producer = threading.Thread(target=lambda: [self.feed(0.2 + 0.1 * n) for n in range(1, 9)])
        producer.start()
        killed = 0
        while killed < KILLS:
            before = job.commits()
            time.sleep(chance.uniform(0.0, 0.3))
            if chance.random() < 0.5 and killed % 3:
                self.wait_for(lambda: job.commits() > before or not producer.is_alive(), child)
            self.assertEqual(job.run(check=6).returncode, 6)
            self.assertIsNone(child.poll())
            killed += 1
            child.kill()
            child.communicate()
            before = job.manifests()
            child = self.start()
            self.wait_for(lambda: job.manifests() > before, child)
        producer.join()
        self.wait_for(job.done, child)
        self.terminate(child)
        job.run(batch=True)
        late = job.check()
        self.assertEqual(late - self.made.late, set())
        self.assertGreater(len(late), 100)
        self.assertTrue(any(offset >= first[p] for p, offset in late))

    def test_killed_at_points(self):
        """The one failure point that files don't have; in the world run, all the others, too. One strike after the other on
        one state: each start recovers from the strike before."""
        chosen = weir.failure_points("s3_", "mark_loaded") if suite.WORLD else ["commit_hint"]  # test_s3_store, test_snowflake_load
        strikes = [(point, f"{point}.{moment}:{number}") for point in chosen for moment in ("before", "after") for number in (1, 2)]
        hits = dict.fromkeys(chosen, 0)
        self.open_job(group=f"group-{self.topic}")
        for number, (point, fault) in enumerate(strikes, 1):
            self.feed(number / len(strikes))  # there is always something to do
            done = self.job.run(batch=True, settings=("commit_rows = 100",), env={"WEIR_FAILURE_POINT": fault}, check=None)
            self.assertIn(done.returncode, (0, -signal.SIGKILL), done.stderr)
            hits[point] += done.returncode != 0
        missed = {point for point, count in hits.items() if not count}
        self.assertLessEqual(missed, {"create_job", "directory_make"})  # in a new state only, and there one hides the other
        for _ in range(2):  # one may have to finish the run that was struck
            self.job.run(batch=True)
        self.job.check()

    def test_stopped_batch_keeps_its_ends(self):
        """SIGTERM abandons the open epoch: exit 5; the next start finishes that run, and only the one after sees more input."""
        job = self.open_job()
        self.feed(0.7)
        first = list(job.fed)
        child = self.start(batch=True, settings=("commit_rows = 200",))
        self.wait_for(lambda: job.commits() > 1, child)
        child.send_signal(signal.SIGTERM)
        _, errors = child.communicate(timeout=60)
        self.assertEqual(child.returncode, 5, errors)
        self.assertIn("the batch run was stopped before its end", errors)
        self.feed()
        job.run(batch=True)
        self.assertEqual([p["next"] for p in job.state.partitions("clicks")], first)
        job.run(batch=True)
        self.assertEqual([p["next"] for p in job.state.partitions("clicks")], self.made.sizes)
        job.check()

    # ---- the broker dies ----

    def test_broker_restarts(self):
        """The job waits, says so, and goes on by itself; also when it was told to stop meanwhile."""
        job = self.open_job()
        self.feed(0.3)
        child = self.start()
        self.wait_for(job.done, child)
        self.feed(0.6)
        self.kafka.stop()
        time.sleep(1)
        self.assertIsNone(child.poll())
        self.kafka.start()
        self.feed(0.8)
        self.wait_for(job.done, child)
        self.kafka.stop()
        try:
            self.terminate(child)
            refused = job.run(batch=True, check=2)
            self.assertIn("ERROR:", refused.stderr)
        finally:
            self.kafka.start()
        self.feed()
        job.run(batch=True)
        self.assertEqual(job.check() - self.made.late, set())

    # ---- what lies in the topic ----

    def test_transactions(self):
        """Aborted messages and control records are gaps: never rows, and no end that is not reached; an idle partition that
        ends with them does not hold the watermark."""
        servers.create_topic(self.kafka, self.topic, 2)
        folder = self.folder / self.name
        folder.mkdir()
        lines = [json.dumps({"id": n, "event_time": f"2024-01-01T00:{n // 10:02d}:{n % 10 * 6:02d}Z"}) for n in range(300)]
        mixed = [[line, f"-{lines[0]}"] if n % 7 == 3 else [line] for n, line in enumerate(lines)]

        def produce(partition, groups):
            (folder / "text").write_text("".join(line + "\n" for group in groups for line in group))
            tool("produce_transactions", self.kafka.brokers, self.topic, partition, folder / "text", 5)

        produce(0, mixed[:100])
        produce(1, [[f"-{line}"] for line in lines[:20]])
        job = folder / "job.sql"
        job.write_text(f"""
            CREATE STREAM s (id bigint, event_time timestamptz NOT NULL, o bigint METADATA FROM 'offset',
                WATERMARK FOR event_time AS event_time)
                WITH (connector = 'kafka', brokers = '{self.kafka.brokers}', topic = '{self.topic}', format = 'json');
            CREATE SINK raw WITH (location = '{folder}/raw/', format = 'csv') AS SELECT id, o FROM s;
            CREATE SINK minutes WITH (location = '{folder}/minutes/', format = 'csv') AS
                SELECT window_start, count(*) AS n FROM TUMBLE(s, event_time, INTERVAL '1 minute')
                GROUP BY window_start, window_end;""")
        child = self.start("-c", "SET commit_interval = '100 ms'", "-c", "SET idle_timeout = '1 s'", "-f", job)
        for upto in (200, 300):  # partition 0 stays busy, while partition 1 becomes idle
            self.wait_for(lambda: self.read_so_far(folder) >= upto - 100, child)
            time.sleep(1.5)
            produce(0, mixed[upto - 100:upto])
        self.wait_for(lambda: len(csv_reader.read_folder(folder / "minutes")) == 29, child)
        self.terminate(child)
        weir.run("--batch", "-f", job, check=0)
        self.assertEqual(sorted(int(row[0]) for row in csv_reader.read_folder(folder / "raw")), list(range(300)))
        self.assertEqual([row[1] for row in csv_reader.read_folder(folder / "minutes")], ["10"] * 30)
        first, second = state.State(folder / ".weir" / "job").check().partitions("s")
        offsets = [int(row[1]) for row in csv_reader.read_folder(folder / "raw")]
        self.assertEqual((first["read"], first["next"] - first["gaps"]), (300, 300))
        self.assertGreater(first["next"], max(offsets) + 1)  # a control record at the end
        self.assertEqual((second["read"], second["next"], second["gaps"]), (0, 40, 40))  # 20 messages, 20 markers

    def read_so_far(self, folder):
        kept = state.State(folder / ".weir" / "job")
        return kept.sum("s", "read") if kept.manifests and kept.last["scans"] else 0

    def test_partitions_added_while_running(self):
        """They are read from offset 0 on, and nothing else is disturbed."""
        job = self.open_job(partitions=3)
        self.feed(0.5, without=(3,))
        child = self.start()
        self.wait_for(job.done, child)
        tool("alter_topic", self.kafka.brokers, self.topic, "grow", 4)
        self.feed(0.6)
        self.wait_for(job.done, child)
        self.assertIn('NOTICE:  stream "clicks" has 4 partitions now, 3 before', self.terminate(child))
        self.feed()
        job.run(batch=True)
        job.check()

    def test_deleted_messages_are_a_gap(self):
        """Exit 7, in batch and streaming; nothing is written; --accept-gap goes on behind it and records it."""
        job = self.open_job()
        self.feed(0.3)
        job.run(batch=True)
        first = list(job.fed)
        before = job.check()
        self.feed()
        tool("alter_topic", self.kafka.brokers, self.topic, "trim", 1, first[1] + 100)
        for batch in (True, False):
            refused = job.run(batch=batch, check=7)
            self.assertIn(f'partition 1 of stream "clicks" lacks the offsets [{first[1]}, {first[1] + 100})', refused.stderr)
            self.assertIn("--accept-gap", refused.stderr)
        weir.run("--accept-gap", *job.command(batch=True), check=0)
        self.assertEqual(job.state.check().last["accepted_gaps"],
                         [{"stream": "clicks", "partition": 1, "from": first[1], "to": first[1] + 100}])
        rows = {place for place, _ in job.rows("raw")}
        self.assertFalse(rows & {(1, first[1] + n) for n in range(100)})
        self.assertEqual(job.state.sum("clicks", "read"), EVENTS - 100)
        self.assertLessEqual(before, {(row.fields["partition"], row.fields["offset"]) for row in job.state.late()})
        job.run(batch=True)

    def test_recreated_topic(self):
        """Other messages under the same offsets, fewer of them, or no topic: exit 7, and what was written stays as it is."""
        job = self.open_job()
        self.feed(0.5)
        job.run(batch=True)
        before = sorted(job.rows("raw"))
        other = clicks.make(job.folder, EVENTS, seed=99, name="other")
        few = clicks.make(job.folder, 100, seed=98, name="few")
        for made in (other, few):
            tool("alter_topic", self.kafka.brokers, self.topic, "delete")
            servers.create_topic(self.kafka, self.topic, 4)
            tool("produce_lines", self.kafka.brokers, self.topic, *made.files)
            for batch in (True, False):
                refused = job.run(batch=batch, check=7)
                self.assertIn("the topic was recreated", refused.stderr.lower())
        tool("alter_topic", self.kafka.brokers, self.topic, "delete")
        gone = job.run(batch=True, check=2)
        self.assertIn(f'ERROR:  Kafka topic "{self.topic}" does not exist', gone.stderr)
        self.assertEqual(sorted(job.rows("raw")), before)
        job.check()

    def test_topic_recreated_while_running(self):
        """A topic that is gone under a running job, and there again with fewer messages."""
        job = self.open_job()
        self.feed(0.5)
        child = self.start()
        self.wait_for(job.done, child)
        tool("alter_topic", self.kafka.brokers, self.topic, "delete")
        servers.create_topic(self.kafka, self.topic, 4)
        _, errors = child.communicate(timeout=90)
        self.assertEqual(child.returncode, 7, errors)
        job.run(check=7)
        self.assertEqual(job.state.check().sum("clicks", "read"), sum(job.fed))


if __name__ == "__main__":
    unittest.main()
