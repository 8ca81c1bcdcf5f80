"""test_retention.py: a job says how long the topic still keeps what is not committed, and warns before that is over."""
import datetime
import json
import os
import re
import signal
import subprocess
import time
import unittest

from lib import servers, weir

HOUR = 3_600_000  # ms
JOB = """
CREATE STREAM s (n integer) WITH (connector = 'kafka', brokers = '{brokers}', topic = '{topic}', format = 'json');
CREATE SINK out WITH (location = '{folder}/out/', format = 'csv') AS SELECT n FROM s;
"""


class Retention(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kafka = servers.shared(servers.Kafka)
        cls.folder = weir.scratch(cls, "retention")

    def begin(self, name, age, log_format, **settings):
        """A job over a topic whose partition 0 has messages that are so many minutes old, and partition 1 a new one."""
        topic = servers.create_topic(self.kafka, f"{name}-{os.getpid()}", 2, **settings)
        self.now = int(time.time() * 1000)
        old = [servers.Record(b'{"n":%d}' % n, None, self.now - age * 60_000 + n) for n in range(5)]
        servers.produce(self.kafka, topic, [old, [servers.Record(b'{"n":9}', None, self.now)]])
        self.job = self.folder / f"{name}.sql"
        self.job.write_text(JOB.format(brokers=self.kafka.brokers, topic=topic, folder=self.folder / name))
        with open(self.folder / "log", "w") as log:
            child = subprocess.Popen(weir.command("-q", "-c", f"SET log_format = {log_format}", "-c", "SET commit_interval = '3s'",
                                                  "-f", self.job), stdin=subprocess.DEVNULL, stderr=log)
        self.addCleanup(child.kill)
        return child

    def end(self, child, until):
        """Stops the job when it is as far as it should be, and returns the lines of its log."""
        deadline = time.monotonic() + 60
        while not until() and time.monotonic() < deadline:
            time.sleep(0.2)
        child.send_signal(signal.SIGTERM)
        self.assertEqual(child.wait(60), 0)
        return (self.folder / "log").read_text().splitlines()

    def warned(self):
        return "WARNING" in (self.folder / "log").read_text() and self.committed()

    def watermarks(self):
        done = weir.run("--check", "-q", "-A", "-t", "-f", self.job, "-c", "SHOW WATERMARKS")
        return [line.split("|") for line in done.stdout.splitlines()]

    def committed(self):
        return sum(int(row[2]) for row in self.watermarks()) == 6

    def test_short_in_text(self):
        lines = self.end(self.begin("text", 50, "text", retention_ms=HOUR), self.warned)
        told = [line for line in lines if "WARNING" in line]
        self.assertEqual(len(told), 1, lines)
        found = re.fullmatch(r'WARNING:  partition 0 of stream "s": the source keeps what is not committed yet only (\d+)min longer', told[0])
        self.assertIn(int(found[1]), (8, 9, 10), told)
        kept = [datetime.datetime.fromisoformat(row[6]).timestamp() * 1000 for row in self.watermarks()]
        self.assertEqual([round(t) for t in kept], [self.now - 50 * 60_000 + 4 + HOUR, self.now + HOUR])

    def test_over_in_json(self):
        """The broker deletes by segment, and looks now and then: what it may delete is still there, and is read."""
        lines = self.end(self.begin("json", 50, "json", retention_ms=49 * 60_000), self.warned)
        told = [json.loads(line) for line in lines]
        self.assertIn('partition 0 of stream "s": the source may already delete what is not committed yet',
                      [line["message"] for line in told if line["level"] == "WARNING"])

    def test_unlimited_or_long(self):
        for name, milliseconds in (("ever", -1), ("long", 10 * HOUR)):
            with self.subTest(name):
                lines = self.end(self.begin(name, 50, "text", retention_ms=milliseconds), self.committed)
                self.assertEqual([line for line in lines if "WARNING" in line], [])
                self.assertEqual([bool(row[6]) for row in self.watermarks()], [name == "long"] * 2)


if __name__ == "__main__":
    unittest.main()
