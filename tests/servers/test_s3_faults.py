"""test_s3_faults.py: the main job with sinks and state on S3, while one request is spoilt: every fault on every call. The job goes
on by itself or ends with a clean exit, and then the next start goes on; what lies there in the end is, byte for byte, what the
same job writes to a directory, and that equals PostgreSQL's recount; no name had two contents, and whoever listed the prefix
meanwhile saw whole objects only."""
import hashlib
import json
import random
import time
import unittest

from lib import clicks, main_job, recount, s3_faults, s3_runs, servers, suite, weir

EVENTS, COMMIT_ROWS = 1200, 150
SEED = suite.seed()
SHARE = 1 if suite.WORLD else 3  # one case in so many
CLEAN = (0, 2, 4, 6)  # exit codes that a spoilt request may lead to; none of them is a crash

BIG_CALLS = ("CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload", "AbortMultipartUpload")
SMALL_CALLS = [call for call in s3_faults.CALLS if call not in BIG_CALLS]
CASES = [(fault, call) for fault in s3_faults.PASSING for call in s3_faults.FAULTS[fault].calls]

# An object of more than 64 MiB, which takes a multipart upload.
BIG_JOB = """
SET commit_rows = 1000;
CREATE STREAM s (id bigint, payload text) WITH (connector = 'file', path = :'input', format = 'json');
CREATE SINK big WITH (location = :'location', format = 'csv', max_file_size = '1GB') AS SELECT id, payload FROM s;
"""
BIG_ROWS, BIG_PAYLOAD = 144, 1 << 19
BIG_CASES = 4  # of them in make check


class S3Job(unittest.TestCase):
    """What the test classes below share: the input, and what must come of it."""

    commit_rows = COMMIT_ROWS

    @classmethod
    def setUpClass(cls):
        cls.server = servers.shared(servers.S3Proxy)
        cls.proxy = s3_faults.FaultProxy(cls.server)
        cls.addClassCleanup(cls.proxy.close)
        cls.folder = weir.scratch(cls, "s3-faults")
        cls.made = clicks.make(cls.folder, EVENTS, seed=12, minutes=30, late=0.03, malformed=0.01)
        reference = main_job.MainJob(cls.folder / "reference", cls.commit_rows, files=f"{cls.folder}/clicks-*.jsonl")
        reference.run()
        cls.reference, cls.expected = reference, s3_runs.in_order(reference)

    def setUp(self):
        self.open_job(self.id().rsplit(".", 1)[-1])

    def open_job(self, name, where="s3"):
        self.job = s3_runs.S3MainJob(self.folder / name, self.commit_rows, self.server, self.server.bucket("faults"),
                                    self.proxy.endpoint, where, files=f"{self.folder}/clicks-*.jsonl")
        self.reader = s3_runs.Reader(self.server.client(), self.job.bucket)
        self.addCleanup(self.reader.ended.set)
        self.proxy.calm()
        self.proxy.struck.clear()
        return self.job

    def assert_complete(self):
        self.assertEqual(self.reader.stop(), [])
        self.assertEqual(self.proxy.rewritten, [])
        actual = s3_runs.in_order(self.job.fetch())
        self.assertEqual([place for place, _ in actual], [place for place, _ in self.expected])
        self.assertTrue(actual == self.expected, "an object has other bytes")
        self.job.check_listed()
        self.assertEqual(self.job.client.uploads(self.job.bucket), [], "an upload was left")

    def run_to_the_end(self, tries=3):
        """The exit codes of the starts that it took."""
        codes, errors = [], ""
        while not codes or codes[-1] != 0:
            self.assertLess(len(codes), tries, f"{codes}: {errors}\n{self.proxy.last_requests()}")
            done = self.job.run(check=None)
            codes.append(done.returncode)
            errors += done.stderr
            self.assertIn(done.returncode, CLEAN, done.stderr)
        return codes


class Faults(S3Job):
    def test_reference_equals_the_recount(self):
        self.reader.stop()
        counted = recount.Recount(servers.shared(servers.Postgres), self.folder, "s3", self.commit_rows)
        self.addCleanup(counted.drop)
        counted.load(self.made.files, self.reference.campaigns)
        counted.divert(self.reference.dead(), self.reference.late())
        counted.derive()
        self.assertEqual(counted.wrongly_dead(), [])
        self.assertEqual(counted.compare_late()[1:3], (0, 0))
        for sink in main_job.SINKS:
            self.assertEqual(counted.compare(sink, self.reference.rows(sink))[1:3], (0, 0))

    def test_without_faults(self):
        self.assertEqual(self.run_to_the_end(), [0])
        self.assert_complete()
        self.assertLessEqual(set(SMALL_CALLS) - {"HeadObject"}, set(self.proxy.requests))

    def test_every_fault_on_every_call(self):
        print(f"seed {SEED}", flush=True)
        chance = random.Random(SEED)
        self.reader.stop()
        cases = [(fault, call) for fault, call in CASES if call in SMALL_CALLS]
        for fault, call in chance.sample(cases, len(cases) // SHARE):
            skip, times = chance.choice(((0, 1), (0, 2), (1, 1), (3, 1), (5, 2)))
            with self.subTest(fault=fault, call=call, skip=skip, times=times, seed=SEED):
                self.strike(f"{fault}-{call}", fault, call, skip, times)

    def strike(self, name, fault, call, skip, times):
        """One case; when a job has fewer calls of this kind than were to be spared, the first is struck."""
        for spared in dict.fromkeys((skip, 0)):
            self.open_job(f"{name}-{spared}")
            self.proxy.inject(fault, call, skip=spared, times=times)
            if call == "HeadObject":  # asked for when it is not sure whose an object is
                self.proxy.inject("lose_reply", "PutObjectIfAbsent", key="^out/.*gz", skip=spared)
            self.run_to_the_end()
            self.assert_complete()
            if self.proxy.struck[fault, call] or call == "DeleteObject":
                return
        self.fail("the call was never struck")

    def test_storms(self):
        """A fifth of all requests is spoilt, by every fault in turn."""
        self.reader.stop()
        for number in range(20 if suite.WORLD else 3):
            with self.subTest(seed=SEED, number=number):
                self.open_job(f"storm-{number}")
                self.proxy.storm(f"{SEED} {number}", 0.2, s3_faults.PASSING)
                self.run_to_the_end(tries=12)
                self.assertGreater(sum(self.proxy.struck.values()), 0)
                self.assert_complete()

    def test_state_or_sinks_alone_on_s3(self):
        self.reader.stop()
        for where in ("state", "sinks"):
            with self.subTest(where=where):
                self.open_job(f"where-{where}", where)
                self.reader.stop()
                self.proxy.storm(f"{SEED} {where}", 0.1, ("lose_reply", "error_500_late", "cut_request", "slow_down", "exists"))
                self.run_to_the_end(tries=12)
                self.reader = s3_runs.Reader(self.server.client(), self.job.bucket, manifests=None)
                self.assert_complete()


class BigObjects(unittest.TestCase):
    """Multipart uploads: the same with the calls that they are made of."""

    @classmethod
    def setUpClass(cls):
        cls.server = servers.shared(servers.S3Proxy)
        cls.proxy = s3_faults.FaultProxy(cls.server)
        cls.addClassCleanup(cls.proxy.close)
        cls.folder = weir.scratch(cls, "s3-big", big=True)
        cls.input, cls.job = cls.folder / "big.jsonl", cls.folder / "big.sql"
        cls.job.write_text(BIG_JOB)
        chance, digest = random.Random(1), hashlib.sha256()
        with open(cls.input, "w") as file:
            for number in range(BIG_ROWS):
                payload = chance.randbytes(BIG_PAYLOAD // 2).hex()
                file.write(json.dumps({"id": number, "payload": payload}) + "\n")
                digest.update(f'{number},"{payload}"\n'.encode())
        cls.digest = digest.hexdigest()

    def start(self, bucket):
        return weir.run("-q", "--batch", "-v", f"input={self.input}", "-v", f"location=s3://{bucket}/out/",
                        "-c", f"SET state_location = 's3://{bucket}/state'", "-f", self.job,
                        env=self.server.environment(self.proxy.endpoint))

    def run_to_the_end(self, bucket):
        for _ in range(3):
            done = self.start(bucket)
            self.assertIn(done.returncode, CLEAN, done.stderr)
            if done.returncode == 0:
                return
        self.fail(f"{done.stderr}\n{self.proxy.last_requests()}")

    def assert_complete(self, bucket):
        client = self.server.client()
        [key] = client.list(bucket, "out/")
        self.assertEqual(hashlib.sha256(client.get(bucket, key)).hexdigest(), self.digest)
        self.assertEqual(self.proxy.rewritten, [])
        if client.uploads(bucket):  # one whose reply was lost: the next start aborts it
            self.run_to_the_end(bucket)
        self.assertEqual(client.uploads(bucket), [], "an upload was left")

    def test_without_faults(self):
        bucket = self.server.bucket("big")
        self.proxy.requests.clear()
        self.run_to_the_end(bucket)
        self.assert_complete(bucket)
        self.assertEqual(self.proxy.requests["CompleteMultipartUpload"], 1)
        self.assertGreater(self.proxy.requests["UploadPart"], 4)

    def test_every_fault_on_every_call(self):
        print(f"seed {SEED}", flush=True)
        chance = random.Random(SEED)
        cases = [(fault, call) for fault, call in CASES if call in BIG_CALLS[:3]]
        for fault, call in cases if suite.WORLD else chance.sample(cases, BIG_CASES):
            skip = chance.choice((0, 3)) if call == "UploadPart" else 0
            with self.subTest(fault=fault, call=call, skip=skip, seed=SEED):
                bucket = self.server.bucket("big")
                self.proxy.calm()
                self.proxy.struck.clear()
                self.proxy.inject(fault, call, skip=skip)
                self.run_to_the_end(bucket)
                self.assert_complete(bucket)
                self.assertEqual(self.proxy.struck[fault, call], 1)

    def test_left_uploads_are_aborted_at_start(self):
        """Also when the first abort is spoilt; those of others are left alone."""
        for fault in ("lose_reply", "error_500", "slow_down") if suite.WORLD else ("error_500_late",):
            with self.subTest(fault):
                bucket, client = self.server.bucket("big"), self.server.client()
                foreign = client.begin_upload(bucket, "elsewhere/object")
                self.proxy.calm()
                self.proxy.inject("stall", "CompleteMultipartUpload", times=None)
                child = weir.start("-q", "--batch", "-v", f"input={self.input}", "-v", f"location=s3://{bucket}/out/",
                                   "-c", f"SET state_location = 's3://{bucket}/state'", "-f", self.job,
                                   env=self.server.environment(self.proxy.endpoint))
                self.addCleanup(lambda child=child: (child.kill(), child.communicate()))
                self.proxy.struck.clear()
                while not self.proxy.struck["stall", "CompleteMultipartUpload"]:
                    self.assertIsNone(child.poll())
                    time.sleep(0.05)
                child.kill()
                child.communicate()
                self.assertEqual(len(client.uploads(bucket)), 2)
                self.proxy.calm()
                self.proxy.inject(fault, "AbortMultipartUpload")
                self.run_to_the_end(bucket)
                client.abort_upload(bucket, "elsewhere/object", foreign)  # it is still there
                self.assert_complete(bucket)


if __name__ == "__main__":
    unittest.main()
