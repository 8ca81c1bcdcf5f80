"""test_kafka_damage.py: batches of records that are damaged in the broker's log. Each is one dead letter that names the offsets
that are lost; everything around it comes out; the ledger counts what the batch held as gaps."""
import os
import re
import struct
import unittest

from lib import bad_input, servers, weir

JOB = """
CREATE STREAM bad (n integer, o bigint METADATA FROM 'offset', p integer METADATA FROM 'partition')
WITH ({source}, format = 'json'{options});
CREATE SINK out WITH (location = '{folder}/out/', format = 'csv') AS SELECT p, o, n FROM bad;
"""
VALUE = b'{"n":%d,"text":"' + b"some text that is long " * 120 + b'"}'
TABLE = []
for byte in range(256):
    for _ in range(8):
        byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
    TABLE.append(byte)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


# What happens to a batch. In its bytes: length at 8, magic at 16, checksum at 17, attributes at 21, records from 61 on.
def flip_value(batch):
    batch[-5] ^= 1


def flip_checksum(batch):
    batch[18] ^= 0x80


def unknown_magic(batch):
    batch[16] = 9


def claim_gzip(batch):
    """A batch that says it is compressed and is not, with a checksum that is right."""
    batch[22] = batch[22] & ~7 | 1
    batch[17:21] = struct.pack(">I", crc32c(batch[21:]))


def unknown_codec(batch):
    batch[22] = batch[22] & ~7 | 7
    batch[17:21] = struct.pack(">I", crc32c(batch[21:]))


# By partition: sizes of its batches, and what happens to which. Values are long texts: behind a batch with a wrong checksum
# librdkafka parses on within the batch, and short records could make it fail an assertion of its own.
CASES = [
    ((5, 7, 6), {1: flip_value}),
    ((4, 9), {0: flip_value}),
    ((3, 300), {1: flip_value}),
    ((3, 1, 3), {1: flip_checksum}),
    ((3, 4, 5, 6), {1: flip_value, 2: flip_value}),
    ((3, 30, 3, 40), {1: claim_gzip, 3: claim_gzip}),
    ((3, 5, 3), {1: unknown_codec}),
    ((3,), {0: flip_value}),
    ((3, 3), {}),
]


def offsets(sizes, number):
    first = sum(sizes[:number])
    return range(first, first + sizes[number])


class Damage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kafka = servers.shared(servers.Kafka)
        cls.folder = weir.scratch(cls, "damage")
        cls.topic = servers.create_topic(cls.kafka, f"damage-{os.getpid()}", len(CASES))
        for number in range(max(len(sizes) for sizes, _ in CASES)):  # one batch each
            servers.produce(cls.kafka, cls.topic, [
                [servers.Record(VALUE % o, None, 1700000000000) for o in offsets(sizes, number)] if number < len(sizes) else []
                for sizes, _ in CASES], linger_ms=500)
        for p, (sizes, damages) in enumerate(CASES):
            cls.damage(cls.kafka.folder / "data" / f"{cls.topic}-{p}" / f"{0:020d}.log", sizes, damages)
        cls.source = f"connector = 'kafka', brokers = '{cls.kafka.brokers}', topic = '{cls.topic}'"

    @staticmethod
    def damage(path, sizes, damages):
        """Changes bytes of the log that the running broker serves."""
        data = path.read_bytes()
        at = 0
        with open(path, "r+b") as log:
            for number, size in enumerate(sizes):
                length = 12 + struct.unpack_from(">i", data, at + 8)[0]
                batch = bytearray(data[at:at + length])
                assert struct.unpack_from(">q", batch)[0] == offsets(sizes, number).start, "not one batch each"
                assert struct.unpack_from(">I", batch, 17)[0] == crc32c(batch[21:])
                if number in damages:
                    damages[number](batch)
                    log.seek(at)
                    log.write(batch)
                at += length

    def test_each_damage_is_one_dead_letter(self):
        bad_input.run(self.folder / "job", self.source, JOB)
        self.check(self.folder / "job")
        bad_input.run(self.folder / "job", self.source, JOB)
        self.check(self.folder / "job")

    def test_any_cuts_and_workers(self):
        for rows, workers in ((1, 2), (3, 1), (4, 4)):
            folder = self.folder / f"cut-{rows}"
            with self.subTest(rows=rows, workers=workers):
                bad_input.run(folder, self.source, f"SET workers = {workers};" + JOB, commit_rows=rows * 100)
                self.check(folder)

    def check(self, folder):
        kept = bad_input.kept(folder).check()
        dead = {(d.fields["partition"], d.fields["offset"]): d.fields for d in kept.dead()}
        out = sorted(bad_input.rows(folder))
        self.assertEqual(len(dead), len(kept.dead()))
        for p, (sizes, damages) in enumerate(CASES):
            lost = [offsets(sizes, number) for number in damages]
            with self.subTest(partition=p):
                good = [(p, o) for o in range(sum(sizes)) if not any(o in gone for gone in lost)]
                self.assertEqual([place for place in out if place[0] == p], good)
                for gone in lost:
                    fields = dead.pop((p, gone.start))
                    what = f"offsets {gone.start} to {gone.stop - 1}" if len(gone) > 1 else f"offset {gone.start}"
                    self.assertRegex(fields["reason"], f"^could not read {what}: .*({gone.start}|codec)")
                    self.assertEqual((fields["sqlstate"], fields["topic"]), ("XX001", self.topic))
                    self.assertFalse({"field", "value", "key", "timestamp"} & set(fields))
                counts = kept.partitions("bad")[p]
                self.assertEqual([counts[name] for name in ("next", "decoded", "dead", "gaps")],
                                 [sum(sizes), len(good), len(lost), sum(len(gone) - 1 for gone in lost)])
        self.assertEqual(dead, {})

    def test_the_job_stops_when_asked_to(self):
        done = bad_input.run(self.folder / "stop", self.source, JOB, ", on_error = 'stop'", check=4)
        place = re.search(r'CONTEXT:  stream "bad", column "-", partition (\d+), offset (\d+)', done.stderr)
        self.assertIsNotNone(place, done.stderr)
        sizes, damages = CASES[int(place.group(1))]
        self.assertIn(int(place.group(2)), [offsets(sizes, number).start for number in damages])
        self.assertIn("ERROR:  XX001: could not read offset", done.stderr)

    def test_a_start_within_the_damage(self):
        starts = ",".join(f"{p}:{7 if p == 0 else sum(sizes)}" for p, (sizes, _) in enumerate(CASES))
        bad_input.run(self.folder / "within", self.source, JOB, f", start = '{starts}'")
        (letter,) = bad_input.kept(self.folder / "within").dead()
        self.assertEqual((letter.fields["partition"], letter.fields["offset"]), (0, 7))
        self.assertRegex(letter.fields["reason"], "^could not read offsets 7 to 11: ")
        self.assertEqual(sorted(bad_input.rows(self.folder / "within")), [(0, o) for o in range(12, 18)])

    def test_z_more_input(self):
        """A start after damage at the very end finds its place, and goes on. (Runs last: the topic grows.)"""
        bad_input.run(self.folder / "more", self.source, JOB)
        before = set(bad_input.rows(self.folder / "more")), len(bad_input.kept(self.folder / "more").dead())
        servers.produce(self.kafka, self.topic, [[servers.Record(VALUE % sum(sizes), None, 1700000000000)] for sizes, _ in CASES])
        bad_input.run(self.folder / "more", self.source, JOB)
        kept = bad_input.kept(self.folder / "more").check()
        new = {(p, sum(sizes)) for p, (sizes, _) in enumerate(CASES)}
        self.assertEqual((set(bad_input.rows(self.folder / "more")), len(kept.dead())), (before[0] | new, before[1]))
        self.assertEqual([p["next"] for p in kept.partitions("bad")], [sum(sizes) + 1 for sizes, _ in CASES])


if __name__ == "__main__":
    unittest.main()
