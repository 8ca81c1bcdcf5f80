"""test_s3_credentials.py: the main job on S3 with each way to get credentials, from stand-ins of the services that give them; ones
that end while the job writes, in the middle of a large upload too; and that nothing the job leaves or says holds a secret."""
import base64
import hashlib
import json
import random
import stat
import unittest

from lib import aws_stand_ins, clicks, s3_faults, s3_job, servers, suite, weir

EVENTS = 600
COMMIT_ROWS = 100
PROGRAM = "#!/bin/sh\necho credentials to standard error: $(cat \"$1\") >&2\ncat \"$1\"\n"


class S3Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = servers.shared(servers.S3Proxy)
        cls.folder = weir.scratch(cls, "s3-credentials")

    def setUp(self):
        self.own = self.folder / self.id().rpartition(".")[2]
        self.own.mkdir()
        self.services = aws_stand_ins.AwsStandIns(self.server.key, self.server.secret)
        self.addCleanup(self.services.close)
        self.proxy = s3_faults.FaultProxy(self.server)
        self.addCleanup(self.proxy.close)

    def tearDown(self):
        self.assertEqual(self.services.wrong, [])

    def environment(self, *others, config=""):
        """Where S3 is, and nothing of who we are but what others say."""
        (self.own / "config").write_text(config)
        found = {"AWS_ENDPOINT_URL_S3": self.proxy.endpoint, "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
                 "AWS_CONFIG_FILE": str(self.own / "config"), "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
        for other in others:
            found.update(other)
        return found

    def assert_no_secret(self, texts):
        for text in texts:
            for secret in (self.server.secret, *aws_stand_ins.SECRETS):
                self.assertNotIn(secret, text)


class MainJob(S3Test):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        clicks.make(cls.folder, EVENTS, seed=23, minutes=20, late=0.02, malformed=0.01)

    def run_job(self, environment, name="job"):
        """The job with all of it on S3; the objects that it wrote, checked."""
        job = s3_job.S3Job(self.own / name, COMMIT_ROWS, self.server, files=f"{self.folder}/clicks-*.jsonl")
        job.environment = environment
        done = job.run()
        job.state.check()
        self.assertGreater(len(job.rows("clicks_raw")), EVENTS // 2)
        files = [path.read_bytes().decode("latin-1") for path in job.folder.rglob("*") if path.is_file() and path.suffix != ".gz"]
        self.assert_no_secret([done.stdout, done.stderr, *files])
        return done

    def test_container(self):
        self.run_job(self.environment(self.services.container()))
        self.assertEqual({asked.service for asked in self.services.asked}, {"container"})

    def test_instance_metadata(self):
        environment = self.environment(self.services.metadata())
        del environment["AWS_REGION"]
        self.run_job(environment)
        self.assertIn("placement/availability-zone/", [asked.action for asked in self.services.asked])

    def test_web_identity(self):
        self.run_job(self.environment(self.services.web_identity(self.own)))
        self.assertEqual({asked.action for asked in self.services.asked}, {"AssumeRoleWithWebIdentity"})

    def test_role_of_a_profile(self):
        self.services.callers["user"] = ("user/secret", None)
        self.run_job(self.environment(self.services.sts(), {"AWS_PROFILE": "role"}, config=(
            f"[profile role]\nrole_arn = {aws_stand_ins.ROLE}\nsource_profile = user\nexternal_id = {aws_stand_ins.EXTERNAL_ID}\n"
            "[profile user]\naws_access_key_id = user\naws_secret_access_key = user/secret\n")))
        self.assertEqual({asked[1:] for asked in self.services.asked}, {("AssumeRole", "user")})

    def test_keys_of_a_profile(self):
        self.run_job(self.environment(config=f"[default]\naws_access_key_id = {self.server.key}\n"
                                             f"aws_secret_access_key = {self.server.secret}\n"))

    def test_program(self):
        program, keys = self.own / "give", self.own / "keys.json"
        program.write_text(PROGRAM)
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        keys.write_text(json.dumps({"Version": 1, **self.services.keys("SessionToken")}))
        self.run_job(self.environment(config=f"[default]\ncredential_process = {program} {keys}\n"))

    def test_they_end_while_the_job_writes(self):
        """The server calls them expired, though they should last an hour: new ones are fetched, and no row is lost."""
        self.proxy.inject("expired_token", "PutObjectIfAbsent", skip=3, times=2)
        self.proxy.inject("expired_token", "GetObject")
        self.run_job(self.environment(self.services.container()))
        self.assertGreater(sum(self.proxy.struck.values()), 1)
        self.assertGreater(len(self.services.asked), 1)


class LargeObject(S3Test):
    """One object of several parts."""

    ROWS, BYTES = 90, 1 << 20

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.source = weir.scratch(cls, "s3-credentials-large", big=True) / "large.jsonl"
        chance, digest = random.Random(5), hashlib.sha256()
        with open(cls.source, "w", encoding="ascii") as file:
            for number in range(cls.ROWS):
                text = base64.b64encode(chance.randbytes(cls.BYTES * 3 // 4)).decode()
                file.write(json.dumps({"id": number, "text": text}) + "\n")
                digest.update(f'{number},"{text}"\n'.encode())
        cls.expected = digest.hexdigest()

    def test_they_end_in_the_middle_of_the_upload(self):
        """Each step of it is refused once, after some went through; those for later parts are signed with new ones."""
        bucket, client = self.server.bucket("large"), self.server.client()
        sql = self.own / "large.sql"
        sql.write_text(f"""
            SET state_location = 's3://{bucket}/state';
            CREATE STREAM s (id int, text text) WITH (connector = 'file', path = '{self.source}', format = 'json');
            CREATE SINK k WITH (location = 's3://{bucket}/out/', max_file_size = '1GB') AS SELECT id, text FROM s;""")
        self.proxy.inject("expired_token", "UploadPart", key="^out/", skip=2)
        self.proxy.inject("expired_token", "CompleteMultipartUpload", key="^out/")
        self.services.lifetime = 4  # so that they are exchanged by their own time as well
        done = weir.run("-q", "--batch", "-f", sql, env=self.environment(self.services.web_identity(self.own)), check=0)
        self.assert_no_secret([done.stdout, done.stderr])
        (key,) = client.list(bucket, "out/")
        self.assertEqual(hashlib.sha256(client.get(bucket, key)).hexdigest(), self.expected)
        self.assertEqual(sum(self.proxy.struck.values()), 2)
        self.assertGreater(len(self.services.asked), 2)
        self.assertEqual(client.uploads(bucket), [])


@suite.world_only
class SessionTokens(unittest.TestCase):
    """MinIO gives them by a Security Token Service of its own, and asks for them."""

    def test_role_over_a_server_that_checks(self):
        folder = weir.scratch(type(self), "s3-sessions")
        server = servers.shared(servers.Minio)
        clicks.make(folder, EVENTS, seed=23, minutes=20)
        (folder / "config").write_text(f"[profile role]\nrole_arn = {aws_stand_ins.ROLE}\nsource_profile = user\n"
                                       f"[profile user]\naws_access_key_id = {server.key}\naws_secret_access_key = {server.secret}\n")
        job = s3_job.S3Job(folder / "job", COMMIT_ROWS, server, files=f"{folder}/clicks-*.jsonl")
        job.environment = {"AWS_ENDPOINT_URL": server.endpoint, "AWS_REGION": server.region, "AWS_CONFIG_FILE": str(folder / "config"),
                           "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_PROFILE": "role", "AWS_EC2_METADATA_DISABLED": "true"}
        job.run()
        job.state.check()
        self.assertGreater(len(job.rows("clicks_raw")), EVENTS // 2)


if __name__ == "__main__":
    unittest.main()
