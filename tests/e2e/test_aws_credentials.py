"""test_aws_credentials.py: every way that AWS gives credentials, over real connections to stand-ins of its services: what a program
gets, when it gets new ones, and that no message holds a secret."""
import json
import os
import stat
import subprocess
import unittest

from lib import aws_stand_ins, weir

KEY, SECRET, TOKEN = "ASIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCY5ecret", "session//token+5ecret=="
LONG_TERM = {"key": "AKIAIOSFODNN7EXAMPLE", "secret": "long/term+5ecret"}
PROGRAM = """#!/bin/sh
echo "a 5ecret" >&2
cat "$1"
"""


class Credentials(unittest.TestCase):
    def setUp(self):
        self.folder = weir.scratch(type(self), "aws")
        self.services = aws_stand_ins.AwsStandIns(KEY, SECRET, TOKEN)
        self.services.callers = {LONG_TERM["key"]: (LONG_TERM["secret"], None), KEY: (SECRET, TOKEN)}
        self.addCleanup(self.services.close)
        self.config = ""

    def tearDown(self):
        self.assertEqual(self.services.wrong, [])

    def run_program(self, *environment, count=1, code=0, **variables):
        """What it printed, a line each. A list of environments is put together."""
        (self.folder / "config").write_text(self.config)
        merged = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "AWS_CONFIG_FILE": str(self.folder / "config"),
                  "AWS_EC2_METADATA_DISABLED": "true", "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")}
        for each in (*environment, variables):
            merged.update(each)
        done = subprocess.run([weir.BUILD / "bench" / "aws_identity", str(count)], env=merged, capture_output=True, text=True,
                              timeout=60, stdin=subprocess.DEVNULL)
        self.assertEqual((done.returncode, done.stderr), (code, ""), done.stdout)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def check_keys(self, provider, *environment, **variables):
        found, = self.run_program(*environment, **variables)
        self.assertEqual((found["provider"], found["key"], found["secret"], found["token"]), (provider, KEY, SECRET, TOKEN))
        return found

    def check_refused(self, message, *environment, **variables):
        """It is an error, and no text of it holds a secret."""
        found, = self.run_program(*environment, code=1, **variables)
        self.assertEqual(found["message"], message)
        text = json.dumps(found)
        for secret in ("5ecret", *aws_stand_ins.SECRETS):
            self.assertNotIn(secret, text)
        return found

    def configure(self, text):
        self.config = text


class Providers(Credentials):
    def test_container(self):
        self.check_keys("container endpoint", self.services.container())
        token = self.folder / "container-token"
        token.write_text(aws_stand_ins.CONTAINER_TOKEN)
        self.check_keys("container endpoint", self.services.container(), AWS_CONTAINER_AUTHORIZATION_TOKEN="wrong",
                        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=str(token))
        self.assertEqual(len(self.services.asked), 2)

    def test_instance_metadata(self):
        found = self.check_keys("instance metadata", self.services.metadata())
        self.assertEqual(found["region"], "eu-west-1")
        role = f"iam/security-credentials/{aws_stand_ins.ROLE_NAME}"
        self.assertEqual([action for _, action, _ in self.services.asked],
                         ["placement/availability-zone/", "iam/security-credentials/", role])

    def test_instance_metadata_version_1(self):
        self.services.version_1 = True
        self.check_keys("instance metadata", self.services.metadata())
        self.check_refused("could not fetch AWS credentials of instance metadata: HTTP status 404", self.services.metadata(),
                           AWS_EC2_METADATA_V1_DISABLED="true")

    def test_web_identity(self):
        self.check_keys("web identity", self.services.web_identity(self.folder))
        self.assertEqual(self.services.asked, [("sts", "AssumeRoleWithWebIdentity", None)])

    def test_role_of_a_profile(self):
        self.configure(f"[profile user]\naws_access_key_id = {LONG_TERM['key']}\naws_secret_access_key = {LONG_TERM['secret']}\n"
                       f"[profile first]\nrole_arn = {aws_stand_ins.ROLE}\nsource_profile = user\n"
                       f"[profile second]\nrole_arn = {aws_stand_ins.ROLE}\nsource_profile = first\nregion = eu-west-3\n"
                       f"external_id = {aws_stand_ins.EXTERNAL_ID}\nduration_seconds = 3600\n")
        self.check_keys('role of profile "second"', self.services.sts(), AWS_PROFILE="second")
        self.assertEqual(self.services.asked, [("sts", "AssumeRole", LONG_TERM["key"]), ("sts", "AssumeRole", KEY)])

    def test_role_of_a_credential_source(self):
        for source, environment in (("EcsContainer", self.services.container()), ("Ec2InstanceMetadata", self.services.metadata())):
            self.configure(f"[profile p]\nrole_arn = {aws_stand_ins.ROLE}\ncredential_source = {source}\n")
            self.check_keys('role of profile "p"', self.services.sts(), environment, AWS_PROFILE="p")
            self.assertEqual(self.services.asked[-1], ("sts", "AssumeRole", KEY))

    def test_program(self):
        program = self.folder / "give credentials"
        program.write_text(PROGRAM)
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        (self.folder / "keys.json").write_text(json.dumps({"Version": 1, **self.services.keys("SessionToken")}))
        self.configure(f"[default]\ncredential_process = '{program}' {self.folder}/keys.json\n")
        self.check_keys('credential_process of profile "default"')
        (self.folder / "keys.json").unlink()
        self.check_refused('credential_process of profile "default" ended with exit code 1')


class Refresh(Credentials):
    """Credentials that last a few seconds are exchanged before they end; the program has good ones all the time."""

    def test_each_service(self):
        self.services.lifetime = 2
        self.configure(f"[profile p]\nrole_arn = {aws_stand_ins.ROLE}\ncredential_source = EcsContainer\n")
        for name, *environment in (("container", self.services.container()), ("metadata", self.services.metadata()),
                                   ("web", self.services.web_identity(self.folder)),
                                   ("role", self.services.container(), self.services.sts(), {"AWS_PROFILE": "p"})):
            with self.subTest(name):
                self.assertEqual(len(self.run_program(*environment, count=2)), 2)

    def test_a_service_in_trouble_is_asked_again(self):
        environment = self.services.web_identity(self.folder)
        self.services.failures["sts"] = 2
        self.check_keys("web identity", environment)
        self.services.failures["sts"] = 3
        self.assertTrue(self.check_refused("could not fetch AWS credentials of web identity: HTTP status 503", environment)["retriable"])


class Refusals(Credentials):
    """The stand-ins answer what is wrong with all that they were sent, secrets included; no message repeats it."""

    def test_wrong_keys(self):
        self.configure(f"[default]\nrole_arn = {aws_stand_ins.ROLE}\nsource_profile = default\nexternal_id = {aws_stand_ins.EXTERNAL_ID}\n"
                       f"aws_access_key_id = {LONG_TERM['key']}\naws_secret_access_key = another+5ecret\n")
        self.check_refused('could not fetch AWS credentials of role of profile "default": HTTP status 403, SignatureDoesNotMatch',
                           self.services.sts())

    def test_expired_web_token(self):
        environment = self.services.web_identity(self.folder)
        self.services.web_token = "another"
        self.check_refused("could not fetch AWS credentials of web identity: HTTP status 400, ExpiredTokenException", environment)

    def test_wrong_container_token(self):
        self.check_refused("could not fetch AWS credentials of container endpoint: HTTP status 403", self.services.container(),
                           AWS_CONTAINER_AUTHORIZATION_TOKEN="another 5ecret")
        self.assertEqual(len(self.services.wrong), 1)
        self.services.wrong.clear()

    def test_nobody_listens(self):
        self.services.close()
        for name, environment in (("web identity", self.services.web_identity(self.folder)),
                                  ("instance metadata", self.services.metadata())):
            with self.subTest(name):
                found, = self.run_program(environment, code=1)
                self.assertTrue(found["message"].startswith(f"could not fetch AWS credentials of {name}: "), found)
                self.assertNotIn("5ecret", json.dumps(found))


class Explained(unittest.TestCase):
    """EXPLAIN VERBOSE says how a sink on S3 would be reached and as whom, asks nobody, and tells no secret."""

    OPTIONS = ", s3.access_key_id = 'env:SOME_KEY', s3.secret_access_key = 'env:SOME_SECRET'"

    def explain(self, options="", **environment):
        names = [name for name in os.environ if name.startswith("AWS_")]
        found = {**dict.fromkeys(names, ""), "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", **environment}
        done = weir.run("-q", "--check", "-A", "-t", "-c", f"""
            CREATE STREAM s (id int) WITH (connector = 'file', path = 'none', format = 'json');
            CREATE SINK k WITH (location = 's3://some-bucket/k/'{options}) AS SELECT id FROM s;
            EXPLAIN VERBOSE SINK k""", env=found, check=0)
        self.assertNotIn("5ecret", done.stdout + done.stderr)
        return dict(line.strip().split(": ", 1) for line in done.stdout.splitlines() if ": " in line)

    def test_where_and_who(self):
        keys = {"AWS_ACCESS_KEY_ID": LONG_TERM["key"], "AWS_SECRET_ACCESS_KEY": LONG_TERM["secret"]}
        for options, environment, endpoint, region, credentials in (
                ("", {**keys, "AWS_REGION": "eu-west-1"},
                 "https://some-bucket.s3.eu-west-1.amazonaws.com, bucket in the name of the host", "eu-west-1", "environment"),
                (", s3.region = 'cn-north-1', s3.path_style = 'on'", keys,
                 "https://s3.cn-north-1.amazonaws.com.cn, bucket in the path", "cn-north-1", "environment"),
                ("", {"AWS_ENDPOINT_URL": "https://minio.test:9000"},
                 "https://minio.test:9000, bucket in the path", "as S3 says when the job starts", "instance metadata"),
                (self.OPTIONS, {**keys, "SOME_SECRET": "5ecret"}, "https://some-bucket.s3.<region>.amazonaws.com, bucket in the name of "
                 "the host", "as S3 says when the job starts", "options"),
                (", s3.role_arn = 'arn:x'", keys, "https://some-bucket.s3.<region>.amazonaws.com, bucket in the name of the host",
                 "as S3 says when the job starts", "role over environment"),
                ("", {"AWS_ENDPOINT_URL_S3": "http://me:5ecret@minio.test"}, "the S3 endpoint is not valid",
                 "as S3 says when the job starts", "instance metadata"),
                ("", {"AWS_EC2_METADATA_DISABLED": "true"}, None, None, "there are no AWS credentials")):
            with self.subTest(options=options, environment=sorted(environment)):
                told = self.explain(options, **environment)
                self.assertEqual((told.get("Endpoint"), told.get("Region"), told["Credentials"]), (endpoint, region, credentials))


if __name__ == "__main__":
    unittest.main()
