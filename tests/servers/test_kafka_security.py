"""test_kafka_security.py: SASL and TLS listeners of a real broker: a job and an INSERT work over each with the right credentials;
with wrong ones, a wrong protocol, an unknown topic, or nobody there, one clear error says why, soon. Secrets are never shown."""
import contextlib
import os
import re
import socket
import subprocess
import unittest

from lib import csv_reader, servers, weir

CANARY = "s3cr3t-canary"
ENVIRONMENT = {"PW": "alice-pw", "BOB": "bob-pw", "WRONG": CANARY}
SECONDS = 40  # much more than the program waits, on any machine
JOB = """
CREATE STREAM clicks (n integer) WITH (connector = 'kafka', brokers = '{brokers}', topic = '{topic}', format = 'json'{options});
CREATE SINK out WITH (location = '{folder}/out/', format = 'csv') AS SELECT n FROM clicks;
"""


def sasl(mechanism="PLAIN", user="alice", password="env:PW", protocol="SASL_PLAINTEXT"):
    return (f", kafka.security.protocol = '{protocol}', kafka.sasl.mechanism = '{mechanism}', kafka.sasl.username = '{user}', "
            f"kafka.sasl.password = '{password}'")


class Security(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kafka = servers.shared(servers.Kafka)
        cls.folder = weir.scratch(cls, "security")
        cls.topic = servers.create_topic(cls.kafka, f"secure-{os.getpid()}", 2)
        servers.produce(cls.kafka, cls.topic, [[servers.Record(b'{"n":%d}' % n) for n in (p, p + 2)] for p in range(2)])
        cls.ca = f", kafka.ssl.ca.location = '{cls.kafka.tls}/ca.crt'"
        (cls.folder / "password").write_text("alice-pw\n")
        (cls.folder / "wrong").write_text(CANARY + "\n")

    def command(self, name, brokers, options="", topic=None):
        folder = self.folder / name
        folder.mkdir()
        (folder / "job.sql").write_text(JOB.format(brokers=brokers, options=options, topic=topic or self.topic, folder=folder))
        return ["--batch", "-q", "-v", "VERBOSITY=verbose", "-f", folder / "job.sql"]

    def assert_works(self, name, brokers, options):
        with self.subTest(name):
            weir.run(*self.command(name, brokers, options), env=ENVIRONMENT, timeout=SECONDS, check=0)
            self.assertEqual(sorted(csv_reader.read_folder(self.folder / name / "out")), [(str(n),) for n in range(4)])

    def test_right_credentials(self):
        kafka = self.kafka
        self.assert_works("plain", kafka.brokers, "")
        self.assert_works("sasl-plain", kafka.sasl, sasl())
        self.assert_works("password-file", kafka.sasl, sasl(password=f"file:{self.folder}/password"))
        self.assert_works("ssl", kafka.ssl, ", kafka.security.protocol = 'SSL'" + self.ca)
        self.assert_works("ssl-client", kafka.ssl, ", kafka.security.protocol = 'SSL'" + self.ca
                          + f", kafka.ssl.certificate.location = '{kafka.tls}/client.crt'"
                          + f", kafka.ssl.key.location = '{kafka.tls}/client.key'")
        self.assert_works("ssl-key", kafka.ssl, ", kafka.security.protocol = 'SSL'" + self.ca
                          + f", kafka.ssl.certificate.location = '{kafka.tls}/client.crt'"
                          + f", kafka.ssl.key.pem = 'file:{kafka.tls}/client.key'")
        self.assert_works("sasl-ssl", kafka.sasl_ssl, sasl(protocol="SASL_SSL") + self.ca)
        self.assert_works("one-of-two", f"127.0.0.1:{servers.free_port()},{kafka.brokers}", "")

    def test_scram(self):
        """Works where librdkafka can; else the error names the way out."""
        version = re.search(r"librdkafka (\d+)\.(\d+)\.(\d+)", weir.run("--version").stdout)
        listeners = [(256, self.kafka.sasl, ""), (512, self.kafka.sasl, ""), (512, self.kafka.sasl_ssl, self.ca)]
        for number, (bits, brokers, more) in enumerate(listeners):
            options = sasl(f"SCRAM-SHA-{bits}", "bob", "env:BOB", "SASL_SSL" if more else "SASL_PLAINTEXT") + more
            if tuple(map(int, version.groups())) >= (2, 6, 1):
                self.assert_works(f"scram-{number}", brokers, options)
                continue
            with self.subTest(bits=bits, brokers=brokers):
                done = weir.run(*self.command(f"scram-{number}", brokers, options), env=ENVIRONMENT, timeout=SECONDS, check=2)
                self.assertRegex(done.stderr, r"^ERROR:  28000: Kafka brokers \S+ refused the authentication\n")
                self.assertIn(f"HINT:  librdkafka {version.group(0).split()[1]} can't do SCRAM", done.stderr)
                self.assertIn('Run "make librdkafka"', done.stderr)

    def test_insert(self):
        options = sasl(protocol="SASL_SSL") + self.ca
        for name, bad, code in (("right", options, 0), ("wrong", options.replace("env:PW", "env:WRONG"), 2)):
            sql = (f"CREATE STREAM s (n integer) WITH (connector = 'kafka', brokers = '{self.kafka.sasl_ssl}', "
                   f"topic = 'inserted-{os.getpid()}', format = 'json'{bad}); INSERT INTO s VALUES (7), (8);")
            with self.subTest(name):
                done = weir.run("-v", "VERBOSITY=verbose", "-c", sql, env=ENVIRONMENT, timeout=SECONDS, check=code)
                if code == 0:
                    self.assertIn("INSERT 0 2", done.stdout)
                else:
                    self.assertRegex(done.stderr, "^ERROR:  28000: Kafka brokers .* refused the authentication")

    def test_clear_errors(self):
        """All wait at the same time. One error, nothing before it, with SQLSTATE, detail and hint; the canary nowhere."""
        kafka, tls = self.kafka, ", kafka.security.protocol = 'SSL'"
        silent = socket.socket()
        silent.bind(("127.0.0.1", 0))
        silent.listen(50)
        credentials = 'Check the options "kafka.sasl.mechanism", "kafka.sasl.username" and "kafka.sasl.password".'
        protocol = '"kafka.security.protocol"'
        hung_up = "(connecting to a SSL listener|might require SASL|Broken pipe|Disconnected|brokers are down)"  # as librdkafka's version puts it
        authority = 'Set the option "kafka.ssl.ca.location" to the file with the certificate'
        cases = {
            "wrong password": (kafka.sasl, sasl(password="env:WRONG"), "28000", "Invalid username or password", credentials),
            "wrong password in a file": (kafka.sasl, sasl(password=f"file:{self.folder}/wrong"), "28000", "Invalid username",
                                         credentials),
            "wrong password with TLS": (kafka.sasl_ssl, sasl(password="env:WRONG", protocol="SASL_SSL") + self.ca, "28000",
                                        "Invalid username or password", credentials),
            "unknown user": (kafka.sasl, sasl(user="mallory"), "28000", "Invalid username or password", credentials),
            "unknown mechanism": (kafka.sasl_ssl, sasl("SCRAM-SHA-256", "bob", "env:BOB", "SASL_SSL") + self.ca, "28000",
                                  "supported mechanisms: PLAIN,SCRAM-SHA-512", 'Set the option "kafka.sasl.mechanism"'),
            "SASL to a plain listener": (kafka.brokers, sasl(), "28000", "SASL", "The listener may not use SASL"),
            "plaintext to TLS": (kafka.ssl, "", "08006", hung_up, protocol),
            "plaintext to SASL": (kafka.sasl, "", "08006", hung_up, protocol),
            "plaintext to both": (kafka.sasl_ssl, "", "08006", hung_up, protocol),
            "TLS to a plain listener": (kafka.brokers, tls + self.ca, "08006", "SSL", protocol),
            "no authority": (kafka.ssl, tls, "08006", "certificate verify failed", authority),
            "wrong authority": (kafka.ssl, tls + f", kafka.ssl.ca.location = '{kafka.tls}/client.crt'", "08006",
                                "certificate verify failed", authority),
            "unreachable": (f"127.0.0.1:{servers.free_port()}", "", "08006", "Connection refused", "Check that a broker is running"),
            "no such host": ("no-such-host.invalid:9092", "", "08006", "Failed to resolve", "Check the host names"),
            "silent": (f"127.0.0.1:{silent.getsockname()[1]}", "", "08006", "(No broker answered|Timed out)", 'Check the options "brokers" and'),
        }
        with contextlib.ExitStack() as stack:
            stack.enter_context(silent)
            children = {}
            for name, (brokers, options, *_) in cases.items():
                children[name] = weir.start(*self.command(name, brokers, options + ", kafka.debug = 'security,broker'"),
                                            env=ENVIRONMENT)
                stack.callback(children[name].kill)
            for name, (_, _, state, detail, hint) in cases.items():
                with self.subTest(name):
                    out, err = children[name].communicate(timeout=SECONDS)
                    self.assertEqual((children[name].returncode, out), (2, ""), err)
                    self.assertRegex(err, rf"^ERROR:  {state}: .*\nDETAIL:  .*{detail}.*\nHINT:  .*{re.escape(hint)}.*\n"
                                          r'CONTEXT:  stream "clicks"\n')
                    self.assertEqual(err.count("ERROR"), 1)
                    self.assertNotIn("[thrd:", err)
                    self.assertNotIn(CANARY, err)

    def test_topics(self):
        for topic, code, text in (
                (self.topic[:-1], 2, f'ERROR:  42P01: Kafka topic "{self.topic[:-1]}" does not exist\n'
                                     f'HINT:  Perhaps you meant the topic "{self.topic}".\n'),
                ("nothing-like-it", 2, 'ERROR:  42P01: Kafka topic "nothing-like-it" does not exist\n'
                                       'HINT:  Check the option "topic", or create the topic.\n'),
                ("no name", 4, 'ERROR:  42602: invalid Kafka topic name "no name"\n')):
            with self.subTest(topic):
                done = weir.run(*self.command(topic, self.kafka.brokers, topic=topic), timeout=SECONDS, check=code)
                self.assertTrue(done.stderr.startswith(text), done.stderr)

    def test_a_file_of_an_authority_that_is_not_there(self):
        done = weir.run(*self.command("missing", self.kafka.ssl, ", kafka.security.protocol = 'SSL'"
                                      ", kafka.ssl.ca.location = '/nonexistent/ca.crt'"), timeout=SECONDS)
        self.assertRegex(done.stderr, r'^ERROR:  22023: could not use the Kafka properties of "clicks"\n'
                                      r"DETAIL:  ssl.ca.location failed: .*No such file or directory.*/nonexistent/ca.crt")

    # ---- secrets ----

    def test_literal_secrets_are_refused(self):
        for option in ("sasl.password", "ssl.key.password", "ssl.key.pem", "ssl.keystore.password", "sasl.oauthbearer.client.secret"):
            with self.subTest(option):
                done = weir.run("-c", f"CREATE STREAM s (n integer) WITH (connector = 'kafka', brokers = 'b:1', topic = 't', "
                                      f"format = 'json', kafka.{option} = '{CANARY}')", check=3)
                self.assertIn(f'"kafka.{option}"', done.stderr)
                self.assertIn("'env:NAME'", done.stderr)
                self.assertIn("LINE 1:", done.stderr)
                self.assertNotIn(CANARY[:8], done.stderr)

    def test_secrets_that_are_not_there(self):
        for number, (secret, what) in enumerate((("env:NOT_SET_ANYWHERE", "NOT_SET_ANYWHERE"), ("file:/nonexistent/pw", "/nonexistent/pw"))):
            with self.subTest(secret):
                done = weir.run(*self.command(f"absent-{number}", self.kafka.sasl, sasl(password=secret)), timeout=SECONDS)
                self.assertNotEqual(done.returncode, 0)
                self.assertRegex(done.stderr, f"^ERROR:  .*\n?.*{what}")

    def test_secrets_are_never_shown(self):
        """Not with all of librdkafka's debugging, not in EXPLAIN and the state."""
        options = sasl(protocol="SASL_SSL") + self.ca + ", kafka.debug = 'all'"
        command = self.command("shown", self.kafka.sasl_ssl, options)
        shown = [weir.run("-c", "SET log_level = 'debug'", *command, env=ENVIRONMENT, timeout=SECONDS, check=0)]
        shown.append(weir.run("--explain", "-f", self.folder / "shown" / "job.sql", env=ENVIRONMENT, check=0))
        self.assertIn("sasl", shown[0].stderr.lower())  # it did say something
        for text in [done.stdout + done.stderr for done in shown]:
            self.assertNotIn("alice-pw", text)
        found = subprocess.run(["grep", "-r", "-l", "alice-pw", self.folder / "shown"], capture_output=True, text=True)
        self.assertEqual(found.stdout, "")


if __name__ == "__main__":
    unittest.main()
