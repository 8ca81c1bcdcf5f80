"""test_s3_refused.py: what a user sees of a start that S3, or the configuration of access to it, refuses: one error, the exit code of
its kind, and a state that is as it was; and what happens to credentials that are needed when a job is told to stop."""
import signal
import time
import unittest

from lib import aws_stand_ins, clicks, s3_faults, s3_job, servers, weir

EVENTS = 400
COMMIT_ROWS = 100


class S3Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = servers.shared(servers.S3Proxy)
        cls.folder = weir.scratch(cls, "s3-refused")
        clicks.make(cls.folder, EVENTS, seed=29, minutes=20)

    def setUp(self):
        self.own = self.folder / self.id().rpartition(".")[2]
        self.own.mkdir()

    def new_job(self, name="job", **options):
        return s3_job.S3Job(self.own / name, COMMIT_ROWS, self.server, files=f"{self.folder}/clicks-*.jsonl", **options)

    def proxied(self):
        proxy = s3_faults.FaultProxy(self.server)
        self.addCleanup(proxy.close)
        return proxy

    def services(self):
        services = aws_stand_ins.AwsStandIns(self.server.key, self.server.secret)
        self.addCleanup(services.close)
        return services

    def nobody(self, *others):
        """The environment without anything that says who we are, but for others."""
        found = {"AWS_ENDPOINT_URL_S3": self.server.endpoint, "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
                 "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
        for other in others:
            found.update(other)
        return found


class Refused(S3Test):
    # what is wrong, in the environment; the message; the exit code: 2 = who we are was not to be had or is not believed,
    # 4 = what we want is not there or not ours
    IDENTITIES = (
        ("no credentials", {}, "there are no AWS credentials", 2),
        ("no such profile", {"AWS_PROFILE": "nobody"}, 'there is no AWS profile "nobody"', 2),
        ("half a key", {"AWS_ACCESS_KEY_ID": "x"}, "AWS_SECRET_ACCESS_KEY is not", 2),
        ("no token", {"AWS_WEB_IDENTITY_TOKEN_FILE": "/nonexistent", "AWS_ROLE_ARN": "r"}, 'web identity token "/nonexistent"', 2),
        ("no service", {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://example.com/"}, "names a host that is not allowed", 2),
        ("wrong secret", {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": "wrong"}, "SignatureDoesNotMatch", 2),
        ("wrong key", {"AWS_ACCESS_KEY_ID": "unknown", "AWS_SECRET_ACCESS_KEY": "wrong"}, "could not", 2))

    def assert_one_error(self, done, code):
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertRegex(done.stderr, r"\A(?:WARNING:[^\n]*\n)?[^\n]*ERROR:  ")
        self.assertEqual(done.stderr.count("NOTICE"), 0, done.stderr)

    def test_who_we_are(self):
        """Alike for the state and for a sink."""
        for state in (True, False):
            for what, wrong, message, code in self.IDENTITIES:
                with self.subTest(what, state=state):
                    job = self.new_job(f"{what}-{state}".replace(" ", "-"), state=state)
                    job.environment = self.nobody({name: value or self.server.key for name, value in wrong.items()})
                    done = job.run(check=None)
                    self.assert_one_error(done, code)
                    self.assertIn(message, done.stderr)

    def test_a_bucket_that_is_not_there(self):
        """For the sinks: the state does not learn of it, and a correction is no change."""
        job = self.new_job(data=False)
        job.run()
        before = job.keys("state/")
        wrong = [*job.arguments, "-v", "raw=s3://no-such-bucket/raw/"]
        job.arguments, right = wrong, job.arguments
        done = job.run(check=None)
        self.assert_one_error(done, 4)
        self.assertIn("NoSuchBucket", done.stderr)
        self.assertEqual(job.keys("state/"), before)
        job.arguments = right
        self.assertNotIn("revision", job.run().stderr)

    def test_a_standby_looks_at_once(self):
        """Not when it is needed."""
        job = self.new_job(data=False)
        writer = job.start(batch=False)
        self.addCleanup(writer.communicate)
        self.addCleanup(writer.kill)
        while not any("/m/" in key for key in job.keys("state/")):
            self.assertIsNone(writer.poll())
            time.sleep(0.05)
        words = [*job.command(batch=False)[:-2], "-v", "minutes=s3://no-such-bucket/minutes/", "-f", job.sql]
        standby = job.weir("--standby", *words, check=4)
        self.assertIn("NoSuchBucket", standby.stderr)
        self.assertIsNone(writer.poll())

    def test_access_that_is_denied(self):
        for fault, code in (("denied", "AccessDenied"), ("not_implemented", "NotImplemented")):
            with self.subTest(fault):
                proxy = self.proxied()
                job = self.new_job(fault, endpoint=proxy.endpoint)
                proxy.inject(fault, "PutObjectIfAbsent", key="^raw/", times=None)
                done = job.run(check=None)
                self.assert_one_error(done, 4)
                self.assertIn(f'could not write "s3://{job.bucket}/raw/.weir-probe": {code}\n', done.stderr)
                self.assertEqual([key for key in job.keys("state/") if key.endswith(".json") and "/m/" in key], [])

    def test_lists_that_are_none(self):
        """Neither an empty state, nor the end of what is there, nor another writer."""
        proxy = self.proxied()
        job = self.new_job(endpoint=proxy.endpoint)
        job.run()
        before = job.keys()
        proxy.inject("not_a_list", "ListObjectsV2", times=None)
        done = job.run(check=4)
        self.assertIn("is not one of S3", done.stderr)
        self.assertEqual(job.keys(), before)
        proxy.calm()
        job.run()
        job.state.check()

    def test_probes_side_by_side(self):
        """Another process that probes the same place may remove the object between its creation and its reading."""
        proxy = self.proxied()
        job = self.new_job(endpoint=proxy.endpoint)
        proxy.inject("missing", "GetObject", key=r"\.weir-probe$", times=2)
        job.run()
        self.assertEqual(sum(proxy.struck.values()), 2)


class Asked(S3Test):
    """How often credentials are asked for, and when."""

    def test_once_for_all_stores(self):
        services, job = self.services(), self.new_job()
        job.environment = self.nobody(services.container())
        job.run()
        self.assertEqual(len(services.asked), 1, services.asked)

    def test_by_other_options_for_themselves(self):
        """Others for the sinks: nobody gets somebody else's."""
        services = self.services()
        bucket = self.server.bucket("others")
        sql = self.own / "others.sql"
        source = self.own / "rows.jsonl"
        source.write_text('{"id": 1}\n')
        sql.write_text(f"""
            SET state_location = '{self.own}/state';
            CREATE STREAM s (id int) WITH (connector = 'file', path = '{source}', format = 'json');
            CREATE SINK a WITH (location = 's3://{bucket}/a/', s3.access_key_id = 'env:KEY', s3.secret_access_key = 'env:SECRET')
                AS SELECT id FROM s;
            CREATE SINK b WITH (location = 's3://{bucket}/b/') AS SELECT id FROM s;""")
        environment = self.nobody(services.container(), {"KEY": self.server.key, "SECRET": "wrong"})
        self.assertIn("SignatureDoesNotMatch", weir.run("-q", "--batch", "-f", sql, env=environment, check=2).stderr)
        environment["SECRET"] = self.server.secret
        weir.run("-q", "--batch", "-f", sql, env=environment, check=0)
        self.assertEqual(len(self.server.client().list(bucket)), 2)

    def test_while_the_job_drains(self):
        """They have ended when the job is told to stop: it fetches new ones and writes what it has read."""
        services, job = self.services(), self.new_job()
        services.lifetime = 3
        job.environment = self.nobody(services.container())
        child = job.start(batch=False, settings=("commit_interval = '1h'", "commit_rows = 1000000"))
        time.sleep(4)
        self.assertIsNone(child.poll())
        child.send_signal(signal.SIGTERM)
        _, errors = child.communicate(timeout=60)
        self.assertEqual((child.returncode, errors), (0, ""))
        job.mirror()
        self.assertEqual([manifest["kind"] for manifest in job.state.manifests][-2:], ["COMMIT", "CLOSE"])
        self.assertGreater(len(services.asked), 1)


if __name__ == "__main__":
    unittest.main()
