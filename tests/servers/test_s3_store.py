"""test_s3_store.py: the main job with its sinks and its state on S3: the same objects as on directories, also when it is killed at
every request that changes the bucket; large objects and the uploads that a kill leaves; what a bucket forbids, and what it must
not allow."""
import base64
import hashlib
import json
import os
import random
import re
import signal
import subprocess
import time
import unittest
import urllib.parse

from lib import clicks, csv_reader, main_job, s3_faults, s3_job, servers, suite, weir
from servers.test_main_job import open_recount

EVENTS = 3000
COMMIT_ROWS = 300
POINTS = weir.failure_points("directory_")
MULTIPART = ("s3_create_upload", "s3_part", "s3_complete", "s3_abort")  # of large objects
NOT_HERE = (*MULTIPART, "commit_hint", "mark_loaded")


def in_order(job):
    """Folder with owner, and bytes, of each object in the order of names. Epochs are left out: each start takes some."""
    return [(re.sub(r"-s\d+e\d+-", "-", name), path.read_bytes()) for name, path in job.objects().items()]


class S3Test(unittest.TestCase):
    kind = servers.S3Proxy

    @classmethod
    def setUpClass(cls):
        cls.server = servers.shared(cls.kind)
        cls.folder = weir.scratch(cls, "s3-store")

    def proxied(self):
        proxy = s3_faults.FaultProxy(self.server)
        self.addCleanup(proxy.close)
        return proxy


class MainJobOnS3(S3Test):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.made = clicks.make(cls.folder, EVENTS, seed=17, minutes=90, late=0.02, malformed=0.01)
        cls.source = {"files": f"{cls.folder}/clicks-*.jsonl"}
        cls.local = main_job.MainJob(cls.folder / "local", COMMIT_ROWS, **cls.source)
        cls.local.run()
        cls.expected = in_order(cls.local)

    def new_job(self, name=None, commit_rows=COMMIT_ROWS, **options):
        folder = self.folder / (name or self.id().rsplit(".", 1)[-1])
        return s3_job.S3Job(folder, commit_rows, self.server, **options, **self.source)

    def assert_complete(self, job):
        actual = in_order(job)
        self.assertEqual([place for place, _ in actual], [place for place, _ in self.expected])
        self.assertTrue(actual == self.expected, "an object has other bytes")
        job.state.check()

    # ---- what comes out ----

    def test_equal_to_the_recount(self):
        job = self.new_job()
        job.run(workers=2)
        self.assert_complete(job)
        counted = open_recount(self, job, self.made.files, "s3")
        for sink in main_job.SINKS:
            expected, missing, surplus, samples = counted.compare(sink, job.rows(sink))
            self.assertGreater(expected, 0)
            self.assertEqual((missing, surplus), (0, 0), samples)
        self.assertEqual({key.split("/")[0] for key in job.keys()}, {"raw", "minutes", "state"})
        self.assertEqual([key for key in job.keys() if "probe" in key], [])

    def test_what_objects_say_of_themselves(self):
        job = self.new_job()
        job.run(env={"AWS_REGION": "eu-central-1"})
        for key in job.keys("raw/"):
            head = job.client.head(job.bucket, key)
            self.assertEqual(head["content-type"], "application/gzip")
            self.assertEqual(head["x-amz-meta-sha256"], hashlib.sha256(job.client.get(job.bucket, key)).hexdigest())

    def test_state_there_and_data_here(self):
        job = self.new_job(data=False)
        job.run()
        self.assert_complete(job)
        self.assertEqual({key.split("/")[0] for key in job.keys()}, {"state"})

    def test_data_there_and_state_here(self):
        job = self.new_job(state=False)
        job.run()
        self.assert_complete(job)
        self.assertEqual({key.split("/")[0] for key in job.keys()}, {"raw", "minutes"})

    def test_options_instead_of_the_environment(self):
        """Who and where: as settings, for the state and for sinks that do not say it themselves."""
        job = self.new_job()
        job.environment = {"AWS_EC2_METADATA_DISABLED": "true", "SOME_KEY": self.server.key}
        secret = self.folder / "secret"
        secret.write_text(self.server.secret + "\n")
        job.run(settings=(f"s3.endpoint = '{self.server.endpoint}'", "s3.access_key_id = 'env:SOME_KEY'",
                          f"s3.secret_access_key = 'file:{secret}'", "s3.region = 'us-east-1'", "s3.path_style = on"))
        self.assert_complete(job)
        done = job.run(settings=(f"s3.endpoint = '{self.server.endpoint}'", "s3.access_key_id = 'env:NO_KEY'",
                                 f"s3.secret_access_key = 'file:{secret}'"), check=None)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn('environment variable "NO_KEY" of option "s3.access_key_id" is not set', done.stderr)

    def test_no_disk(self):
        """Nothing is written on this machine."""
        job = self.new_job()
        before = sorted(path for path in job.folder.rglob("*"))
        done = super(s3_job.S3Job, job).run(env={**job.environment, "TMPDIR": "/nonexistent"})
        self.assertEqual(sorted(path for path in job.folder.rglob("*")), before, done.stderr)
        job.mirror()
        self.assert_complete(job)

    # ---- killed ----

    def test_kill_at_every_point(self):
        for point in (point for point in POINTS if point not in NOT_HERE):
            for moment in ("before", "after"):
                job, hits = self.new_job(f"{point}-{moment}"), 0
                for number in (2, 1, 6) if point == "s3_put" else (1, 6):  # the second put is the probe's
                    with self.subTest(f"{point}.{moment}", number=number):
                        done = job.run(env={"WEIR_FAILURE_POINT": f"{point}.{moment}:{number}:kill"}, check=None)
                        self.assertIn(done.returncode, (0, -signal.SIGKILL), done.stderr)
                        hits += done.returncode != 0
                with self.subTest(f"{point}.{moment}"):
                    self.assertGreater(hits, 0, "the point was never hit")
                    job.run()
                    self.assert_complete(job)
                    self.assertEqual([key for key in job.keys() if "probe" in key], [])

    def test_kill_with_state_and_data_apart(self):
        for options in ({"state": False}, {"data": False}):
            job = self.new_job("apart-" + "-".join(options), **options)
            for fault in ("commit.after:3", "publish.before:4", "publish.after:2", "s3_put.after:4", "mark.before", "remove.before"):
                done = job.run(env={"WEIR_FAILURE_POINT": f"{fault}:kill"}, check=None)
                self.assertEqual(done.returncode, -signal.SIGKILL, (fault, done.stderr))
            job.run()
            self.assert_complete(job)

    def test_failed_requests(self):
        job = self.new_job()
        for fault in ("s3_put.before:9:error", "s3_put.after:12:error", "s3_remove.before:5:error", "s3_remove.after:5:full"):
            done = job.run(env={"WEIR_FAILURE_POINT": fault}, check=4)
            self.assertRegex(done.stderr, "ERROR: .*(Input/output error|No space left on device)")
        job.run()
        self.assert_complete(job)

    # ---- what the store does ----

    def test_no_name_has_two_contents(self):
        proxy = self.proxied()
        job = self.new_job(endpoint=proxy.endpoint)
        for call in ("PutObjectIfAbsent", "PutObject"):
            proxy.inject("lose_reply", call, times=5)
        proxy.inject("error_500_late", "PutObjectIfAbsent", skip=9, times=3)
        job.run()
        self.assert_complete(job)
        self.assertEqual(proxy.rewritten, [])
        self.assertGreater(sum(proxy.struck.values()), 10)

    def test_a_foreign_object_is_never_overwritten(self):
        job = self.new_job()
        job.run(env={"WEIR_FAILURE_POINT": "commit.after:5:kill"}, check=None)
        # the epoch that was committed and not published would create this one
        taken = re.sub(r"-s0e\d+-", f"-s0e{job.state.last['seq']:08d}-", max(job.keys("raw/")))
        job.client.put(job.bucket, taken, b"another's", if_absent=True)
        done = job.run(check=4)
        self.assertIn("exists with other contents", done.stderr)
        self.assertEqual(job.client.get(job.bucket, taken), b"another's")
        job.client.delete(job.bucket, taken)
        job.run()
        self.assert_complete(job)

    def test_deleting_is_forbidden_where_data_lie(self):
        """A policy without DeleteObject: nothing fails, and the one object of the probe stays the only one."""
        proxy = self.proxied()
        job = self.new_job(endpoint=proxy.endpoint)
        proxy.inject("denied", "DeleteObject", key="^(raw|minutes)/", times=None)
        proxy.inject("denied", "ListMultipartUploads", times=None)
        for _ in range(2):
            done = job.run()
            self.assertIn("NOTICE:  uploads that an earlier process left", done.stderr)
        self.assert_complete(job)
        self.assertEqual([key for key in job.keys() if "probe" in key], ["minutes/.weir-probe", "raw/.weir-probe"])

    def test_a_store_that_ignores_the_condition_is_refused(self):
        proxy = self.proxied()
        for place in ("state/", "minutes/"):
            job = self.new_job(f"unsafe-{place[:-1]}", endpoint=proxy.endpoint)
            proxy.inject("unconditional", key=f"^{place}.*probe", times=None)
            done = job.run(check=4)
            self.assertIn("does not refuse to create a name that exists", done.stderr)
            self.assertIn("If-None-Match", done.stderr)
            self.assertEqual(job.rows("clicks_raw"), [])
            proxy.calm()

    def test_a_server_without_lists_of_uploads(self):
        proxy = self.proxied()
        job = self.new_job(endpoint=proxy.endpoint)
        proxy.inject("not_implemented", "ListMultipartUploads", times=None)
        done = job.run()
        self.assertIn("NOTICE:  uploads that an earlier process left", done.stderr)
        self.assert_complete(job)

    def test_folders_made_by_a_console(self):
        job = self.new_job()
        for key in ("raw/", "state/", "state/clicks_job/", "state/clicks_job/s0/m/"):
            job.client.put(job.bucket, key, b"")
        super(s3_job.S3Job, job).run(env=job.environment)
        for key in job.keys():
            if key.endswith("/"):
                job.client.delete(job.bucket, key)
        job.mirror()
        self.assert_complete(job)

    def test_two_starts(self):
        """Nothing locks: the second one takes over, and the first is fenced at its next commit."""
        job = self.new_job()
        proxy = self.proxied()
        proxy.delay = 3
        proxy.inject("delay", "PutObjectIfAbsent", key="0005.json$")
        first = job.start(env={"AWS_ENDPOINT_URL_S3": proxy.endpoint})
        while not proxy.struck:
            self.assertIsNone(first.poll())
        job.run()
        _, errors = first.communicate(timeout=60)
        self.assertEqual(first.returncode, 6, errors)
        self.assert_complete(job)


    # ---- a store that does not answer ----

    def start_into_outage(self, name, **options):
        """A run whose store is gone in its middle."""
        proxy = self.proxied()
        proxy.delay = 0.02
        job = self.new_job(name, endpoint=proxy.endpoint)
        proxy.inject("delay", ("PutObject", "PutObjectIfAbsent"), times=None)
        child = job.start(**options)
        self.wait(child, lambda: proxy.requests["PutObjectIfAbsent"] >= 15)
        proxy.outage(True)
        return job, proxy, child

    def wait(self, child, condition):
        while not condition():
            self.assertIsNone(child.poll(), "the job has ended")
            time.sleep(0.02)

    def test_an_outage_is_a_delay(self):
        job, proxy, child = self.start_into_outage("outage")
        warning = child.stderr.readline()
        self.assertRegex(warning, r'^WARNING:  S3 location "s3://.*" has not answered for \d+s: ')
        proxy.calm()
        proxy.outage(False)
        self.assertRegex(child.communicate(timeout=60)[1], r'NOTICE:  S3 location "s3://.*" answers again')
        self.assertEqual(child.returncode, 0)
        job.mirror()
        self.assert_complete(job)

    def assert_stopped_early(self, child):
        begun = time.monotonic()
        child.send_signal(signal.SIGTERM)
        _, errors = child.communicate(timeout=60)
        self.assertEqual(child.returncode, 5, errors)
        self.assertIn("Its state is safe", errors)
        self.assertGreater(time.monotonic() - begun, 0.9)

    def test_a_stop_in_an_outage(self):
        """Takes as long as a drain may; the next start goes on."""
        job, proxy, child = self.start_into_outage("stopped", settings=("drain_timeout = '1s'",))
        self.assert_stopped_early(child)
        job.environment = self.server.environment()
        job.run()
        self.assert_complete(job)

    def test_a_drain_in_an_outage(self):
        proxy = self.proxied()
        job = self.new_job(commit_rows=1000000, endpoint=proxy.endpoint)
        child = job.start(batch=False, settings=("commit_interval = '1h'", "drain_timeout = '1s'"))
        time.sleep(1)
        proxy.outage(True)
        self.assert_stopped_early(child)

    def test_a_stop_drains_to_the_store(self):
        """A stream that is told to stop still uploads what it has read; the next start reads the rest, if there is any."""
        job = self.new_job(commit_rows=1000000)
        child = job.start(batch=False, settings=("commit_interval = '1h'",))
        self.wait(child, lambda: any(key.endswith(".json") for key in job.keys("state/clicks_job/s0/m/")))
        time.sleep(1)
        self.assertIsNone(child.poll())
        child.send_signal(signal.SIGTERM)
        _, errors = child.communicate(timeout=60)
        self.assertEqual((child.returncode, errors), (0, ""))
        job.mirror()
        self.assertEqual([manifest["kind"] for manifest in job.state.manifests][-2:], ["COMMIT", "CLOSE"])
        kept = job.state.check()
        self.assertGreater(kept.sum("clicks", "read"), 0)
        self.assertEqual(len(job.rows("clicks_raw")), kept.sink("clicks", "clicks_raw")[0])
        job.run()
        self.assertTrue(sorted(job.rows("clicks_raw")) == sorted(self.local.rows("clicks_raw")), "a row is lost or doubled")


class EveryStore(S3Test):
    def test_promises(self):
        """unit/connectors_store.c on this server, too."""
        location = f"s3://{self.server.bucket('unit')}/some/prefix"
        done = subprocess.run([weir.BUILD / "unit" / "connectors_store"], capture_output=True, text=True, timeout=1200,
                              env={**os.environ, **self.server.environment(), "WEIR_TEST_S3": location})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(len(re.findall(r"^\[  PASSED  \]", done.stdout + done.stderr, re.M)), 4)


class Partitions(S3Test):
    VALUES = ["plain", "a b+c", "x=y&z", "50%", "ü/日本", "..", "", "a\"b'c", "\U0001f600", "tab\there"]

    def test_keys_are_safe(self):
        rows = [{"id": number, "v": value, "at": "2024-03-01T00:00:00Z"} for number, value in enumerate(self.VALUES)]
        rows.append({"id": len(rows), "v": None})
        source = self.folder / "rows.jsonl"
        source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        bucket = self.server.bucket("parts")
        sql = self.folder / "parts.sql"
        sql.write_text(f"""
            SET state_location = 's3://{bucket}/état';
            CREATE STREAM s (id int, v text) WITH (connector = 'file', path = '{source}', format = 'json');
            CREATE SINK k WITH (location = 's3://{bucket}/à la carte/', partition_by = 'v') AS SELECT id, v FROM s;""")
        weir.run("-q", "--batch", "-f", sql, env=self.server.environment(), check=0)
        client, found = self.server.client(), {}
        for key in client.list(bucket, "à la carte/"):
            folder = key.split("/")[1]
            self.assertRegex(folder, r"^v=[A-Za-z0-9_.%-]*$")
            value = urllib.parse.unquote(folder[2:])
            for (id_, v) in csv_reader.parse(client.get(bucket, key).decode()):
                found[int(id_)] = v
                self.assertEqual(value, "__HIVE_DEFAULT_PARTITION__" if v is None else v)
        self.assertEqual(found, {row["id"]: row["v"] for row in rows})


class LargeObjects(S3Test):
    """More than one request may carry, and more than may wait in memory."""

    ROWS, BYTES = 105, 1 << 20
    FEWER = 66  # that are still too much for one request
    finds_uploads = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = weir.scratch(cls, "s3-large", big=True)
        cls.source = cls.folder / "large.jsonl"
        chance, digest = random.Random(3), hashlib.sha256()
        with open(cls.source, "w", encoding="ascii") as file:
            for number in range(cls.ROWS):
                text = base64.b64encode(chance.randbytes(cls.BYTES * 3 // 4)).decode()
                file.write(json.dumps({"id": number, "text": text}) + "\n")
                digest.update(f'{number},"{text}"\n'.encode())
                if number == cls.FEWER - 1:
                    cls.expected_of_fewer = digest.hexdigest()
        cls.expected = digest.hexdigest()

    def setUp(self):
        self.bucket = self.server.bucket("large")
        self.client = self.server.client()
        self.sql = self.folder / f"{self.bucket}.sql"
        whole = self.id().endswith("megabytes")
        self.wanted = self.expected if whole else self.expected_of_fewer
        self.sql.write_text(f"""
            SET state_location = 's3://{self.bucket}/state';
            CREATE STREAM s (id int, text text) WITH (connector = 'file', path = '{self.source}', format = 'json');
            CREATE SINK k WITH (location = 's3://{self.bucket}/out/', max_file_size = '1GB')
                AS SELECT id, text FROM s WHERE id < {self.ROWS if whole else self.FEWER};""")

    def run_job(self, fault="", check=0, endpoint=None):
        env = {**self.server.environment(endpoint), "WEIR_FAILURE_POINT": fault}
        return weir.run("-q", "--batch", "-f", self.sql, env=env, check=check)

    def assert_complete(self):
        keys = self.client.list(self.bucket, "out/")
        self.assertEqual(len(keys), 1, keys)
        (key,) = keys
        self.assertEqual(hashlib.sha256(self.client.get(self.bucket, key)).hexdigest(), self.wanted)
        self.assertEqual(self.client.head(self.bucket, key)["x-amz-meta-sha256"], self.wanted)
        if self.finds_uploads:
            self.assertEqual(self.client.uploads(self.bucket), [])
        # what was needed to publish it is gone
        self.assertEqual([key for key in self.client.list(self.bucket, "state/") if ".out." in key], [])

    def test_one_of_105_megabytes(self):
        foreign = self.client.begin_upload(self.bucket, "out/another.csv")
        self.run_job()
        self.assertEqual([upload.key for upload in self.client.uploads(self.bucket)], ["out/another.csv"])
        self.client.abort_upload(self.bucket, "out/another.csv", foreign)
        self.assert_complete()

    def test_lost_replies(self):
        proxy = s3_faults.FaultProxy(self.server)
        self.addCleanup(proxy.close)
        proxy.inject("lose_reply", "UploadPart", times=2)
        proxy.inject("error_in_200", "CompleteMultipartUpload")
        proxy.inject("lose_reply", "CompleteMultipartUpload")
        self.run_job(endpoint=proxy.endpoint)
        self.assert_complete()
        self.assertEqual(proxy.rewritten, [])
        self.assertEqual(len(proxy.struck), 3)

    def test_kill(self):
        """At each step of an upload; the next start aborts what is left, also when it is killed itself."""
        for fault in ("s3_create_upload.before", "s3_create_upload.after", "s3_part.before:3", "s3_part.after:3", "s3_abort.before",
                      "s3_complete.before", "s3_abort.after", "s3_complete.after"):
            if "abort" in fault and not self.finds_uploads:
                continue
            with self.subTest(fault):
                done = self.run_job(f"{fault}:kill", check=None)
                self.assertEqual(done.returncode, -signal.SIGKILL, done.stderr)
        self.run_job()
        self.assert_complete()


@suite.world_only
class EveryStoreOnMinio(EveryStore):
    kind = servers.Minio


@suite.world_only
class LargeObjectsOnMinio(LargeObjects):
    kind = servers.Minio
    finds_uploads = False  # it lists those of whole names only, and removes them after a day


@suite.world_only
class EveryStoreOnVersity(EveryStore):
    kind = servers.VersityGateway


@suite.world_only
class LargeObjectsOnVersity(LargeObjects):
    kind = servers.VersityGateway


if __name__ == "__main__":
    unittest.main()
