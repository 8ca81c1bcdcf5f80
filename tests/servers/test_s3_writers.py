"""test_s3_writers.py: a job on S3 and its surroundings: two workers on one job, a worker that slept, a store that is away at full
input, a bucket in another region, TLS by an own CA, a store that is not safe; and the other S3 servers."""
import json
import os
import pathlib
import re
import signal
import subprocess
import time
import unittest

from lib import clicks, s3_faults, s3_runs, servers, suite, weir

EVENTS = 4000
QUICK = ("commit_rows = 300", "commit_interval = '50 ms'", "max_drift = '0'")

# full input: what the store takes is less than what Kafka offers
OUTAGE_EVENTS, OUTAGE_SECONDS = (6_000_000, 360) if suite.WORLD else (2_000_000, 20)
MEMORY_LIMIT = 192  # MB
# over memory_limit: the program, libraries, curl, librdkafka's and the allocator's own
MARGIN = 64
OUTAGE_JOB = """
CREATE STREAM events (event_id uuid, user_id bigint, campaign_id text, event_type text, amount numeric(12,2), country text,
    event_time timestamptz NOT NULL, p integer METADATA FROM 'partition', o bigint METADATA FROM 'offset',
    WATERMARK FOR event_time AS event_time - INTERVAL '5 seconds')
    WITH (connector = 'kafka', brokers = :'brokers', topic = :'topic', format = 'json');
CREATE SINK raw WITH (location = :'raw', format = 'csv') AS SELECT p, o, event_id, user_id, campaign_id, amount FROM events;
"""


class S3Case(unittest.TestCase):
    kind = servers.S3Proxy

    @classmethod
    def setUpClass(cls):
        cls.server = servers.shared(cls.kind)
        cls.folder = weir.scratch(cls, "s3-writers")
        cls.made = clicks.make(cls.folder, EVENTS, seed=41, minutes=60, late=0.02, malformed=0.01)

    def setUp(self):
        self.name = self.id().rsplit(".", 1)[-1]
        self.bucket = self.server.bucket("writers")
        self.proxy = s3_faults.FaultProxy(self.server)
        self.addCleanup(self.proxy.close)

    def wait_for(self, condition, *children, seconds=90):
        until = time.monotonic() + seconds
        while not condition():
            for child in children:
                if child.poll() is not None:
                    self.fail(f"ended with {child.returncode}: {child.stderr.read()}")
            self.assertLess(time.monotonic(), until, f"waited too long\n{self.proxy.last_requests()}")
            time.sleep(0.02)

    def end(self, child, sig=signal.SIGTERM, code=0):
        if sig:
            child.send_signal(sig)
        _, errors = child.communicate(timeout=90)
        self.assertEqual(child.returncode, code, errors)
        return errors

    def begin(self, job, **options):
        child = job.start(**options)
        self.addCleanup(lambda: (child.kill(), child.communicate()))
        return child


class Writers(S3Case):
    def setUp(self):
        super().setUp()
        kafka = servers.shared(servers.Kafka)
        self.topic = servers.create_topic(kafka, f"{self.name}-{os.getpid()}", len(self.made.files))
        self.job = s3_runs.S3Accounts(self.folder / self.name, self.made, self.server, self.bucket, self.proxy.endpoint,
                                      brokers=kafka.brokers, topic=self.topic)
        self.reader = s3_runs.Reader(self.server.client(), self.bucket, manifests="state/accounts/s0/m/")

    def tearDown(self):
        self.assertEqual(self.reader.stop(), [])
        self.assertEqual(self.proxy.rewritten, [])

    def feed(self, share):
        files = self.job.feed(share)
        subprocess.run([weir.BUILD / "bench" / "produce_lines", servers.shared(servers.Kafka).brokers, self.topic, *files], check=True)

    def check_all(self):
        self.job.run(batch=True)
        self.job.fetch().check()

    def test_newcomer_wins(self):
        """The old one exits 6 at its next commit, also with its next epoch half read, and nothing is doubled."""
        self.feed(0.3)
        old = self.begin(self.job, settings=QUICK)
        for share in (0.4, 0.6, 0.8, 1.0):
            self.wait_for(self.job.done, old)
            new = self.begin(self.job, settings=QUICK)
            manifests = self.job.manifests()
            self.wait_for(lambda: self.job.manifests() > manifests, new)
            self.feed(share)
            errors = self.end(old, sig=None, code=6)
            self.assertIn("another", errors)
            old = new
        self.wait_for(self.job.done, old)
        self.end(old)
        self.check_all()

    def test_sleeper_writes_nothing_new(self):
        """A worker that was stopped in mid-epoch, and goes on when another one has taken over: whatever it still sends, it adds
        nothing to what the other has committed."""
        self.feed(0.3)
        old = self.begin(self.job, settings=QUICK)
        self.wait_for(lambda: self.job.commits() > 0, old)
        old.send_signal(signal.SIGSTOP)
        self.feed(0.6)
        new = self.begin(self.job, settings=QUICK)
        self.wait_for(self.job.done, new)
        before = self.proxy.digests(self.bucket, "out/")
        old.send_signal(signal.SIGCONT)
        self.end(old, sig=None, code=6)
        self.assertEqual(self.proxy.digests(self.bucket, "out/"), before)
        self.assertIsNone(new.poll())
        self.feed(1.0)
        self.wait_for(self.job.done, new)
        self.end(new)
        self.check_all()

    def test_killed_and_taken_over(self):
        self.feed(0.2)
        for share in (0.4, 0.6, 0.8, 1.0):
            child = self.begin(self.job, settings=QUICK)
            self.wait_for(lambda: self.job.manifests() > 0, child)
            self.feed(share)
            before = self.job.commits()
            self.wait_for(lambda: self.job.commits() > before or self.job.done(), child)
            child.kill()
            child.communicate()
        self.check_all()


class Places(S3Case):
    """One batch run of the main job each, and its objects."""

    def run_job(self, endpoint, server=None, check=0, env=None, **options):
        self.job = s3_runs.S3MainJob(self.folder / self.name, 400, server or self.server, self.bucket, endpoint,
                                    files=f"{self.folder}/clicks-*.jsonl")
        return self.job.run(check=check, env=env, **options)

    def assert_complete(self):
        kept = self.job.fetch().state.check()
        self.assertEqual(kept.sum("clicks", "read"), EVENTS)
        self.assertEqual(len(self.job.rows("clicks_raw")), kept.sink("clicks", "clicks_raw")[0])

    def test_other_region(self):
        """The region is found out, by each kind of answer that S3 gives to a wrong one, and remembered."""
        for answer in ("wrong_region", "redirect_301", "redirect_307"):
            with self.subTest(answer):
                self.name = f"region-{answer}"
                self.bucket = self.server.bucket("region")
                self.proxy.region, self.proxy.check_region = "eu-west-3", answer
                self.proxy.struck.clear()
                self.run_job(self.proxy.endpoint)
                self.assert_complete()
                self.assertGreater(sum(self.proxy.struck.values()), 0)
                self.assertLess(sum(self.proxy.struck.values()), 20)

    def test_tls_by_its_own_ca(self):
        done = self.run_job(self.server.tls_endpoint, check=None)
        self.assertNotEqual(done.returncode, 0, "an unknown CA was trusted")
        self.assertRegex(done.stderr, "(?i)certificate|SSL|TLS|CA")
        self.name += "-trusted"
        self.run_job(self.server.tls_endpoint, env={"AWS_CA_BUNDLE": str(self.server.ca)})
        self.assert_complete()

    def test_wrong_secret(self):
        done = self.run_job(self.server.endpoint, env={"AWS_SECRET_ACCESS_KEY": "not-the-secret-zu3Ba9"}, check=None)
        self.assertIn(done.returncode, (2, 4))
        self.assertIn("SignatureDoesNotMatch", done.stderr)
        self.assertNotIn("zu3Ba9", done.stderr + done.stdout)

    def test_two_probe_the_same_place(self):
        """What one start has made for its probe another one removes, at the worst moment: that is no fault of the store."""
        class Rival(s3_faults.FaultProxy):
            removed = 0

            def choose(self, request):
                if request.call == "GetObject" and request.key.endswith(".weir-probe") and self.removed < 2:
                    self.own.delete(request.bucket, request.key)
                    self.removed += 1
                return super().choose(request)

        rival = Rival(self.server)
        self.addCleanup(rival.close)
        self.run_job(rival.endpoint)
        self.assertEqual(rival.removed, 2)
        self.assert_complete()

    def test_unsafe_store(self):
        """A store that takes a second create of a name is refused before anything is read."""
        class Careless(s3_faults.FaultProxy):
            def choose(self, request):
                request.head = re.sub(rb"(?i)\r\nif-none-match: *\*", b"", request.head)
                return super().choose(request)

        server = servers.S3Proxy(S3PROXY_AUTHORIZATION="none")  # it does not miss what was signed
        self.addCleanup(server.close)
        self.bucket = server.bucket("unsafe")
        careless = Careless(server)
        self.addCleanup(careless.close)
        done = self.run_job(careless.endpoint, server, check=4)
        self.assertRegex(done.stderr, "exactly.once|If-None-Match")
        self.assertEqual(server.client().list(self.bucket, "out/"), {})
        self.name += "-safe"
        self.run_job(server.endpoint, server)


class Outage(S3Case):
    def test_store_is_away_at_full_input(self):
        kafka = servers.shared(servers.Kafka)
        topic = servers.create_topic(kafka, f"outage-{os.getpid()}", 4)
        subprocess.run([weir.BUILD / "bench" / "produce_events", kafka.brokers, topic, "4", str(OUTAGE_EVENTS)], check=True)
        folder = self.folder / "outage"
        folder.mkdir()
        job = folder / "outage.sql"
        job.write_text(OUTAGE_JOB)
        client, env = self.server.client(), self.server.environment(self.proxy.endpoint)
        child = weir.start("-c", f"SET state_location = 's3://{self.bucket}/state'", "-c", f"SET memory_limit = '{MEMORY_LIMIT}MB'",
                           "-c", "SET commit_interval = '250 ms'", "-c", "SET max_drift = '0'", "-v", f"brokers={kafka.brokers}",
                           "-v", f"topic={topic}", "-v", f"raw=s3://{self.bucket}/out/", "-f", job, env=env)
        self.addCleanup(lambda: (child.kill(), child.communicate()))
        self.wait_for(lambda: rows_read(client, self.bucket), child)
        self.proxy.outage(True)
        self.assertLess(rows_read(client, self.bucket), OUTAGE_EVENTS // 2)  # most of the input is still to come
        begun = time.monotonic()
        while time.monotonic() - begun < OUTAGE_SECONDS:
            self.assertIsNone(child.poll())
            time.sleep(0.5)
        during = peak_memory(child)
        before = rows_read(client, self.bucket)
        self.proxy.outage(False)
        self.wait_for(lambda: rows_read(client, self.bucket) == OUTAGE_EVENTS, child, seconds=300)
        peak = peak_memory(child)
        errors = self.end(child)
        print(f"outage of {OUTAGE_SECONDS} s: peak {during:.0f} MB at its end, {peak:.0f} MB in all, memory_limit {MEMORY_LIMIT} MB; "
              f"{before} of {OUTAGE_EVENTS} rows committed before its end", flush=True)
        if not weir.SANITIZED:
            self.assertLess(peak, MEMORY_LIMIT + MARGIN)
        self.assertRegex(errors, "(?i)s3")  # a person has been told
        places = set()
        for key in client.list(self.bucket, "out/"):
            for line in client.get(self.bucket, key).split(b"\n")[:-1]:
                p, o, _ = line.split(b",", 2)
                places.add(int(p) << 40 | int(o))
                self.count = getattr(self, "count", 0) + 1
        self.assertEqual((self.count, len(places)), (OUTAGE_EVENTS, OUTAGE_EVENTS))
        self.assertEqual(self.proxy.rewritten, [])


def peak_memory(child):
    """VmHWM in MB."""
    text = pathlib.Path(f"/proc/{child.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", text)[1]) / 1024


def rows_read(client, bucket):
    """Messages that the newest manifest has accounted for."""
    manifests = [key for key in client.list(bucket, "state/outage/s0/m/") if key.endswith(".json")]
    newest = json.loads(client.get(bucket, max(manifests))) if manifests else {"scans": ()}
    return sum(p["read"] for scan in newest["scans"] for p in scan["partitions"])


if suite.WORLD:
    class VersityGatewayPlaces(Places):
        kind = servers.VersityGateway
        test_other_region = test_unsafe_store = None  # it insists on its own region; that test has a server of its own

    class MinioPlaces(VersityGatewayPlaces):
        kind = servers.Minio
        test_tls_by_its_own_ca = None  # another folder


if __name__ == "__main__":
    unittest.main()
