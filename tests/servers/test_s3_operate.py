"""test_s3_operate.py: verify, SHOW, drain and reset of a job whose objects and state are on S3, where no lock says whether it
runs: a writer that slept through a reset is fenced, and leaves nothing."""
import csv
import hashlib
import signal
import time
import unittest

from lib import servers, weir

JOB = """
CREATE STREAM s (k text, v bigint, t timestamptz NOT NULL, WATERMARK FOR t AS t)
WITH (connector = 'file', path = :'input', format = 'json');
CREATE SINK raw WITH (location = :'raw', format = 'csv', compression = 'gzip', partition_by = 'k') AS SELECT k, v FROM s;
CREATE SINK sums WITH (location = :'sums', format = 'csv')
AS SELECT window_start, sum(v) AS n FROM TUMBLE(s, t, INTERVAL '1 minute') GROUP BY window_start, window_end;
"""
ENDLESS = """
SET commit_interval = '200 ms';
CREATE STREAM s (k bigint, v bigint, t timestamptz NOT NULL, WATERMARK FOR t AS t - INTERVAL '1 second')
WITH (connector = 'generator', format = 'json', rows_per_second = 500);
CREATE SINK raw WITH (location = :'raw', format = 'csv', partition_by = 'k % 3 AS k') AS SELECT k, v FROM s;
CREATE SINK sums WITH (location = :'sums', format = 'csv')
AS SELECT window_start, count(*) AS n FROM TUMBLE(s, t, INTERVAL '1 second') GROUP BY window_start, window_end;
"""


class OnS3(unittest.TestCase):
    def setUp(self):
        self.server = servers.shared(servers.S3Proxy)
        self.folder = weir.scratch(type(self), "s3-operate")
        self.bucket = self.server.bucket("operate")
        self.client = self.server.client()
        self.job = self.folder / "job.sql"
        self.job.write_text(JOB)
        self.feed(range(10), "{bad")

    def feed(self, minutes, *lines):
        with (self.folder / "input.jsonl").open("a") as file:
            file.writelines(f'{{"k": "a/{i % 2}", "v": {i}, "t": "2024-01-01T00:{i:02}:00Z"}}\n' for i in minutes)
            file.writelines(line + "\n" for line in lines)

    def weir(self, *arguments, start=False, last=(), env=None, **options):
        call = weir.start if start else weir.run
        places = {"input": self.folder / "input.jsonl", "raw": f"s3://{self.bucket}/raw/", "sums": f"s3://{self.bucket}/out/sums"}
        return call("-q", *arguments, *[w for n, v in places.items() for w in ("-v", f"{n}={v}")],
                    "-c", f"SET state_location = 's3://{self.bucket}/state'", "-f", self.job, *last,
                    env={**self.server.environment(), **(env or {})}, **options)

    def stream(self, **options):
        return self.weir(last=("-c", "RUN UNTIL LATEST"), **options)

    def keys(self, prefix=""):
        return sorted(self.client.list(self.bucket, prefix))

    def verify(self, *arguments, check=0):
        """Findings as (finding, kind, key), and the objects that are right."""
        rows = list(csv.reader(self.weir("verify", "--csv", *arguments, check=check).stdout.splitlines()))
        at = next(i for i, row in enumerate(rows) if row[0] == "epochs")
        return [(f[0], f[2], f[4].removeprefix(f"s3://{self.bucket}/")) for f in rows[1:at]], int(rows[at + 1][4])

    def show(self, what):
        return list(csv.DictReader(self.weir("--csv", "--check", last=("-c", f"SHOW {what}"), check=0).stdout.splitlines()))

    def test_damage(self):
        self.stream(check=0)
        before = {key: self.client.get(self.bucket, key) for key in self.keys()}
        objects = [key for key in before if "/job-" in key]
        self.assertEqual(self.verify(), ([], len(objects)))
        self.assertEqual(self.verify("--quick"), ([], len(objects)))
        self.assertEqual({key.split("/")[0] for key in objects}, {"raw", "out", "state"})
        listed = {f"{r['location']}/{r['key']}".replace("//job", "/job").replace("raw//", "raw/"): r for r in self.show("FILES")}
        self.assertEqual(sorted(listed), [f"s3://{self.bucket}/{key}" for key in objects])
        for key in objects:
            row, data = listed[f"s3://{self.bucket}/{key}"], before[key]
            self.assertEqual((int(row["bytes"]), row["sha256"]), (len(data), hashlib.sha256(data).hexdigest()))
        self.assertEqual([r["read"] for r in self.show("EPOCHS")], ["0", "0", "11", "0"])
        kind = {"raw": "data", "out": "data", "state": "dead"}
        for key in objects:
            for damage, finding in ((None, "missing"), (before[key][:-1], "different"), (before[key][:-1] + b"?", "different")):
                self.client.delete(self.bucket, key)
                if damage is not None:
                    self.client.put(self.bucket, key, damage)
                self.assertEqual(self.verify(check=4)[0], [(finding, kind[key.split("/")[0]], key)])
            self.client.put(self.bucket, key, before[key])
        extra = objects[0].replace("-0000.", "-0123.")
        self.client.put(self.bucket, extra, b"")
        self.assertEqual(self.verify("--quick", check=4)[0], [("extra", "object", extra)])
        self.client.delete(self.bucket, extra)
        for key in (k for k in before if k.endswith((".published", ".pack", "3.json"))):
            self.client.delete(self.bucket, key)
            self.assertIn(("missing", key), [(f, k) for f, _, k in self.verify("--quick", check=4)[0]])
            self.client.put(self.bucket, key, before[key])
        self.assertEqual({key: self.client.get(self.bucket, key) for key in self.keys()}, before)

    def test_a_name_that_is_not_there(self):
        for command in (["verify"], ["reset", "--yes"], ["reset", "--yes", "--sink=raw"], ["drain", "--yes"]):
            self.assertIn('there is no state of job "job"', self.weir(*command, check=3).stderr)
        self.assertEqual(self.keys(), [])

    def test_beside_a_job(self):
        self.job.write_text(ENDLESS)
        job = self.weir(start=True)
        try:
            for _ in range(200):
                if len(self.keys("state/job/s0/m/")) >= 3:
                    break
                time.sleep(0.05)
            seen = [self.verify(*(["--quick"] if i % 2 else []))[1] for i in range(10)]
            self.assertIsNone(job.poll())
        finally:
            job.send_signal(signal.SIGTERM)
            _, err = job.communicate(timeout=60)
        self.assertEqual(job.returncode, 0, err)
        self.assertGreater(seen[-1], seen[0])
        self.verify()

    def test_drain_and_reset(self):
        self.stream(check=0)
        self.assertIn("1 window was closed before its time", self.weir("drain", "--yes", check=0).stderr)
        sums = [key for key in self.keys("out/sums/")]
        self.assertEqual(sum(len(self.client.get(self.bucket, key).splitlines()) for key in sums), 10)
        self.verify()
        before = {key: self.client.get(self.bucket, key) for key in self.keys() if "/job-" in key}
        self.weir("reset", "--yes", check=0)  # it has closed
        done = self.stream(check=0, env={"WEIR_FAILURE_POINT": ""})
        self.assertIn(f'location "s3://{self.bucket}/raw/" holds objects of an earlier job "job"', done.stderr)
        for key, data in before.items():
            self.assertEqual(self.client.get(self.bucket, key), data)
        self.assertEqual(len([key for key in self.keys() if "/job-" in key]), len(before) + 4)  # windows closed in one go
        self.verify()

    def test_a_writer_that_slept_through_a_reset(self):
        self.job.write_text(ENDLESS)
        job = self.weir(start=True)
        try:
            for _ in range(200):
                if len(self.keys("state/job/s0/m/")) >= 6:
                    break
                time.sleep(0.05)
            job.send_signal(signal.SIGSTOP)
            done = self.weir("reset", "--yes", check=6)
            self.assertIn("may be running: its newest manifest is no CLOSE", done.stderr)
            self.weir("reset", "--yes", "--yes", check=0)
            self.weir(last=("-c", "RUN FOR INTERVAL '2 seconds'"), check=0)
            made = self.keys()
        finally:
            job.send_signal(signal.SIGCONT)
        _, err = job.communicate(timeout=60)
        self.assertEqual(job.returncode, 6, err)
        later = set(self.keys()) - set(made)
        # what it had committed it may bring out, under the names of its own uuid; its attempt's pack is litter
        self.assertEqual([key for key in later if "/m/" in key and key.endswith(".json")], [])
        self.verify()


if __name__ == "__main__":
    unittest.main()
