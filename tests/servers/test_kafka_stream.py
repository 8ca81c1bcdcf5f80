"""test_kafka_stream.py: what a stream over a real broker offers: where reading starts, the columns beside the value, properties of
librdkafka, and writing: topics made on demand, keys, times, tombstones, and what a user sees when a broker refuses a message."""
import json
import os
import unittest

from lib import csv_reader, servers, state, weir

BEGIN = 1709280000000  # 2024-03-01 08:00:00 UTC
JOB = """
CREATE STREAM s (n integer, o bigint METADATA FROM 'offset', p integer METADATA FROM 'partition'{columns})
WITH (connector = 'kafka', brokers = '{brokers}', topic = '{topic}', format = 'json'{options});
CREATE SINK out WITH (location = '{folder}/out/', format = 'csv') AS SELECT p, o, n{selected} FROM s;
"""


class Base(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kafka = servers.shared(servers.Kafka)
        cls.folder = weir.scratch(cls, "stream")

    def name(self):
        return f"{self.id().rsplit('.', 1)[-1].replace('_', '-')}-{os.getpid()}"

    def topic(self, *partitions):
        """A topic with these Records."""
        name = servers.create_topic(self.kafka, self.name(), len(partitions))
        servers.produce(self.kafka, name, partitions)
        return name

    def numbers(self):
        """Numbers by ten; a partition's messages are a minute apart, and the second one's begin half a minute later."""
        return self.topic(*([servers.Record(b'{"n":%d}' % (10 * p + o), None, BEGIN + 60000 * o + 30000 * p) for o in range(6)]
                            for p in range(2)))

    def run_job(self, name, topic, options="", columns="", selected="", check=0, arguments=()):
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        (folder / "job.sql").write_text(JOB.format(brokers=self.kafka.brokers, topic=topic, options=options, columns=columns,
                                                   selected=selected, folder=folder))
        return weir.run("--batch", "-q", "-v", "VERBOSITY=verbose", *arguments, "-f", folder / "job.sql", check=check)

    def rows(self, name):
        return sorted(csv_reader.read_folder(self.folder / name / "out"))

    def places(self, name):
        return [(int(row[0]), int(row[1])) for row in self.rows(name)]


class Start(Base):
    def check(self, topic, start, first, second):
        """Reading begins at these offsets; afterwards, whatever the option says, where it ended."""
        name = f"{topic}-{start}".replace(" ", "-").replace(":", "-")
        expected = [(0, o) for o in range(first, 6)] + [(1, o) for o in range(second, 6)]
        with self.subTest(start):
            self.run_job(name, topic, f", start = '{start}'" if start else "")
            self.assertEqual(self.places(name), expected)
            kept = state.State(self.folder / name / ".weir" / "job")
            self.assertEqual([p["next"] for p in kept.partitions("s")], [6, 6])
        return name

    def test_starts(self):
        topic = self.numbers()
        names = [self.check(topic, "", 0, 0), self.check(topic, "earliest", 0, 0)]
        latest = self.check(topic, "latest", 6, 6)
        for start, first, second in (
                ("2024-03-01 08:00:00", 0, 0), ("2024-03-01 08:02:00+00", 2, 2), ("2024-03-01 08:02:00.001", 3, 2),
                ("2024-03-01 10:02:30+02", 3, 2), ("2024-03-01 08:05:00", 5, 5), ("2024-03-01 08:05:10", 6, 5),
                ("2100-01-01", 6, 6), ("0:1,1:4", 1, 4), ("1:0, 0:6", 6, 0)):
            names.append(self.check(topic, start, first, second))
        # more comes: each goes on where it was, also what began at the end
        servers.produce(self.kafka, topic, [[servers.Record(b'{"n":100}', None, BEGIN)], []])
        for name in (latest, *names[:2], names[-1]):
            before = self.places(name)
            weir.run("--batch", "-q", "-f", self.folder / name / "job.sql", check=0)
            self.assertEqual(sorted(set(self.places(name)) - set(before)), [(0, 6)])

    def test_what_can_not_be_a_start(self):
        topic = self.numbers()
        for start, code, text in (
                ("0:1", 4, 'ERROR:  22023: option "start" names 1 of the 2 partitions'),
                ("0:1,1:1,2:0", 4, f'ERROR:  22023: option "start" names partition 2, but topic "{topic}" has 2 partitions'),
                ("0:7,1:0", 7, f'ERROR:  WR002: offset 7 of partition 0 is not in topic "{topic}"'),
                ("0:1,0:2", 3, 'ERROR:  22023: option "start" names partition 0 twice'),
                ("0:x", 3, 'ERROR:  22023: invalid value for option "start": "0:x"'),
                ("tomorrowish", 3, 'ERROR:  22023: invalid value for option "start": "tomorrowish"')):
            with self.subTest(start):
                done = self.run_job(f"bad-{start}", topic, f", start = '{start}'", check=code)
                self.assertIn(text, done.stderr)
                self.assertFalse(self.rows(f"bad-{start}"))


class Columns(Base):
    def test_metadata(self):
        topic = self.topic([], [
            servers.Record(b'{"n":1}', b"key", BEGIN, ((b"a", b"x"), (b"b", b'q"\\'), (b"a", b"y"))),
            servers.Record(b'{"n":2}', None, BEGIN + 1),
            servers.Record(b'{"n":3}', b"", BEGIN + 2, ((b"null", None), (b"", b""))),
            servers.Record(b'{"n":4}', "schl\u00fcssel".encode(), BEGIN + 3, (("gr\u00f6\u00dfe".encode(), "\u20ac".encode()),)),
        ])
        self.run_job("metadata", topic, columns=", k text METADATA FROM 'key', t text METADATA FROM 'topic', "
                     "m timestamptz METADATA FROM 'timestamp', h jsonb METADATA FROM 'headers'", selected=", k, t, m, h")
        rows = self.rows("metadata")
        self.assertEqual([row[:5] for row in rows], [
            ("1", "0", "1", "key", topic), ("1", "1", "2", None, topic), ("1", "2", "3", "", topic), ("1", "3", "4", "schl\u00fcssel", topic)])
        self.assertEqual([row[5] for row in rows], [f"2024-03-01 08:00:00.{ms:03d}000+00:00" for ms in range(4)])
        headers = [row[6] and json.loads(row[6]) for row in rows]
        # as jsonb has it, the last of equal names counts
        self.assertEqual(headers, [{"a": "y", "b": 'q"\\'}, None, {"null": None, "": ""}, {"gr\u00f6\u00dfe": "\u20ac"}])

    def test_properties(self):
        topic = self.numbers()
        done = self.run_job("properties", topic, ", kafka.queued.min.messages = '2', kafka.client.id = 'somebody', kafka.debug = 'fetch'",
                            arguments=("-c", "SET log_level = 'debug'"))
        self.assertEqual(len(self.rows("properties")), 12)
        self.assertIn("[thrd:", done.stderr)
        done = self.run_job("contradiction", topic, ", kafka.fetch.max.bytes = '1000'", check=4)
        self.assertRegex(done.stderr, 'ERROR:  22023: could not use the Kafka properties of "s"\nDETAIL:  .*fetch.max.bytes.* must be')
        for property_, value, text, more in (
                ("fetch.wait.max", "1", 'HV00D: invalid option "kafka.fetch.wait.max": librdkafka ',
                 'HINT:  Perhaps you meant the option "kafka.fetch.wait.max.ms".'),
                ("nothing.like.it.at.all", "1", 'HV00D: invalid option "kafka.nothing.like.it.at.all"', ""),
                ("fetch.wait.max.ms", "soon", '22023: invalid value for option "kafka.fetch.wait.max.ms": "soon"', "DETAIL:  "),
                ("fetch.wait.max.ms", "-7", '22023: invalid value for option "kafka.fetch.wait.max.ms": "-7"', "DETAIL:  "),
                ("security.protocol", "TLS", '22023: invalid value for option "kafka.security.protocol": "TLS"', "DETAIL:  "),
                ("group.id", "g", 'HV00D: option "kafka.group.id" can\'t be set', 'HINT:  Use the option "group".'),
                ("auto.offset.reset", "latest", 'can\'t be set', 'HINT:  Use the option "start".'),
                ("enable.auto.commit", "true", 'can\'t be set', "HINT:  Offsets are kept in the job's state.")):
            with self.subTest(property_, value=value):
                done = self.run_job("refused", topic, f", kafka.{property_} = '{value}'", check=3)
                self.assertIn("ERROR:  ", done.stderr)
                self.assertIn(text, done.stderr)
                self.assertIn("LINE ", done.stderr)
                self.assertIn(more, done.stderr)


class Writing(Base):
    def sql(self, statements, topic, options="", columns="n integer, g text", check=0):
        return weir.run("-v", "VERBOSITY=verbose", "-c", f"CREATE STREAM w ({columns}) WITH (connector = 'kafka', brokers = "
                        f"'{self.kafka.brokers}', topic = '{topic}', format = 'json'{options}); {statements}", check=check)

    def test_topic_on_demand(self):
        topic = self.name()
        done = self.sql("INSERT INTO w VALUES (1, 'a'), (2, NULL), (NULL, ''); INSERT INTO w SELECT 4, 'x';", topic, ", partitions = 3")
        self.assertIn("INSERT 0 3", done.stdout)
        self.assertIn("INSERT 0 1", done.stdout)
        self.run_job("demand", topic, columns=", g text", selected=", g")
        rows = self.rows("demand")
        self.assertEqual(sorted((row[2] or "", row[3]) for row in rows), [("", ""), ("1", "a"), ("2", None), ("4", "x")])
        kept = state.State(self.folder / "demand" / ".weir" / "job")
        self.assertEqual(len(kept.partitions("s")), 3)

    def test_reading_makes_no_topic(self):
        topic = self.name()
        for _ in range(2):
            self.assertIn("does not exist", self.run_job("none", topic, check=2).stderr)

    def test_keys_times_and_tombstones(self):
        topic = self.name()
        columns = "raw text, k text METADATA FROM 'key', t timestamptz METADATA FROM 'timestamp'"
        values = ", ".join(f"('{{\"n\":{n}}}', 'key-{n % 5}', '2024-03-01 08:00:{n:02d}+00')" for n in range(20))
        self.sql(f"INSERT INTO w (raw, k, t) VALUES {values}, (NULL, 'key-1', '2024-03-01 09:00:00+00');", topic, ", partitions = 4",
                 columns)
        self.run_job("keys", topic, columns=", k text METADATA FROM 'key', t timestamptz METADATA FROM 'timestamp'", selected=", k, t")
        rows = self.rows("keys")
        self.assertEqual(sorted(row[2:] for row in rows), sorted(
            (str(n), f"key-{n % 5}", f"2024-03-01 08:00:{n:02d}.000000+00:00") for n in range(20)))
        homes = {}
        for row in rows:  # a key's messages are in one partition, in the order they were sent
            homes.setdefault(row[3], []).append((row[0], int(row[1]), int(row[2])))
        for places in homes.values():
            self.assertEqual(len({p for p, _, _ in places}), 1)
            self.assertEqual([n for _, _, n in sorted(places, key=lambda place: place[1])], sorted(n for _, _, n in places))
        self.assertEqual(state.State(self.folder / "keys" / ".weir" / "job").check().sum("s", "tombstones"), 1)

    def test_a_message_that_the_broker_refuses(self):
        """It takes 8 MB at most; the client could send more."""
        topic = servers.create_topic(self.kafka, self.name(), 1)
        (self.folder / "big.csv").write_text("small\n" + "x" * 9000000 + "\n")
        done = self.sql(f"CREATE TABLE big (raw text) WITH (connector = 'file', path = '{self.folder}/big.csv', format = 'csv', "
                        "max_message_bytes = '20MB'); INSERT INTO w SELECT raw FROM big;", topic, ", max_message_bytes = '20MB'",
                        "raw text", check=None)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertRegex(done.stderr, f'^ERROR:  54000: could not write to Kafka topic "{topic}": .*[Mm]essage')
        self.assertRegex(done.stderr, r"DETAIL:  [01] rows were delivered before.")
        # and one that the client itself refuses
        done = self.sql(f"CREATE TABLE big (raw text) WITH (connector = 'file', path = '{self.folder}/big.csv', format = 'csv', "
                        "max_message_bytes = '20MB'); INSERT INTO w SELECT raw FROM big;", topic, ", max_message_bytes = '1MB'",
                        "raw text", check=None)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertRegex(done.stderr, f'^ERROR:  54000: could not write to Kafka topic "{topic}": .*[Mm]essage')

    def test_a_broker_that_is_not_there(self):
        done = weir.run("-v", "VERBOSITY=verbose", "-c", "CREATE STREAM w (n integer) WITH (connector = 'kafka', brokers = "
                        f"'127.0.0.1:{servers.free_port()}', topic = 't', format = 'json'); INSERT INTO w VALUES (1);", check=2)
        self.assertRegex(done.stderr, "^ERROR:  08006: could not connect to Kafka .*\nDETAIL:  .*Connection refused.*\nHINT:  Check")


if __name__ == "__main__":
    unittest.main()
