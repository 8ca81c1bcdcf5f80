"""test_snowflake_query.py: weir snowflake query and weir snowflake apply before the tests' Snowflake, which shares no code with them."""
import signal
import time
import unittest

from lib import servers, snowflake_jwt, weir
from lib.snowflake_server import Rule
from servers import test_snowflake_server

JOB = """CREATE STREAM s (n integer, at timestamptz NOT NULL, WATERMARK FOR at AS at)
    WITH (connector = 'generator', format = 'json', rows_per_second = 1);
CREATE SINK raw WITH (location = 'lake/raw/', format = 'csv', compression = 'gzip', snowflake_table = 'DB.SC.CLICKS')
AS SELECT n, at, n::text AS t FROM s;
"""


class Asking(test_snowflake_server.WithServer):
    def setUp(self):
        super().setUp()
        self.work = weir.scratch(type(self), "snowflake")
        (self.work / "job.sql").write_text(JOB)
        self.env = {"SNOWFLAKE_ACCOUNT": "myorg-myacct", "SNOWFLAKE_USER": "loader", "SNOWFLAKE_HOST": self.server.endpoint,
                    "SNOWFLAKE_PRIVATE_KEY_PATH": str(self.keys.private)}

    def run_weir(self, *words, code=0, **env):
        return weir.run(*words, env={**self.env, **env}, cwd=self.work, check=code)

    def query(self, text, code=0, **env):
        done = self.run_weir("snowflake", "query", "-A", "-t", text, code=code, **env)
        return done.stdout if code == 0 else done.stderr

    def calls(self):
        return [seen.call for seen in self.server.seen]


class Query(Asking):
    def test_values(self):
        for expression, shown in (
                ("1.50::NUMBER(5,2)", "1.50"), ("TRUE", "t"), ("NULL::DATE", ""), ("'0001-01-01'::DATE", "0001-01-01"),
                ("'9999-12-31 23:59:59.999999'::TIMESTAMP_NTZ", "9999-12-31 23:59:59.999999"),
                ("'1969-12-31 23:59:59.5'::TIMESTAMP_NTZ", "1969-12-31 23:59:59.5"),
                ("'2026-01-31 01:02:03.25 +05:30'::TIMESTAMP_TZ", "2026-01-31 01:02:03.25+05:30"), ("1.5::FLOAT", "1.5"), ("'ä|'", "ä|")):
            with self.subTest(expression):
                self.assertEqual(self.query(f"SELECT {expression}"), shown + "\n")

    def test_partitions(self):
        numbers = " UNION ALL ".join(f"SELECT {n} AS N" for n in range(1, 8))
        self.assertEqual(self.query(f"{numbers} ORDER BY N"), "".join(f"{n}\n" for n in range(1, 8)))
        self.assertEqual(self.calls().count("partition"), 3)

    def test_faults(self):
        for fault in ("429", "500", "503", "500-after", "reset", "reset-after", "slow", "login"):
            for call in ("submit", "status", "partition"):
                with self.subTest(f"{fault} of {call}"):
                    self.server.rules = [Rule(fault, call)]
                    before = len(self.account.statements)
                    self.assertEqual(self.query("SELECT 1 AS N UNION ALL SELECT 2 UNION ALL SELECT 3 ORDER BY N"), "1\n2\n3\n")
                    self.assertEqual(len(self.account.statements), before + 1)

    def test_encrypted_key(self):
        keys = snowflake_jwt.KeyPair(self.folder.name, passphrase="correct horse", name="hidden")
        self.account.add_user("other", keys.public)
        env = {"SNOWFLAKE_USER": "Other", "SNOWFLAKE_PRIVATE_KEY_PATH": str(keys.private)}
        self.assertEqual(self.query("SELECT 1", SNOWFLAKE_PRIVATE_KEY_PASSPHRASE="correct horse", **env), "1\n")
        self.assertIn("cannot be decrypted", self.query("SELECT 1", code=2, SNOWFLAKE_PRIVATE_KEY_PASSPHRASE="wrong", **env))

    def test_refusals(self):
        self.assertIn("JWT token is invalid", self.query("SELECT 1", code=2, SNOWFLAKE_USER="nobody"))
        self.assertEqual(self.calls(), ["submit"] * 2)
        self.server.skew = 3000
        self.assertIn("HINT:", self.query("SELECT 1", code=2))
        self.server.skew = 0
        self.assertIn("does not exist or not authorized", self.query("SELECT * FROM nosuch", code=3))

    def test_a_signal_cancels_the_statement(self):
        process = weir.start("snowflake", "query", "SELECT SYSTEM$WAIT(50)", env=self.env, cwd=self.work)
        self.addCleanup(process.kill)
        deadline = time.monotonic() + 60
        while "status" not in self.calls() and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        self.assertEqual((process.returncode, err), (5, "ERROR:  canceling statement due to user request\n"))
        [statement] = self.server.handles.values()
        self.assertEqual(statement.state, "cancelled")


class Apply(Asking):
    def test_twice(self):
        for _ in range(2):
            done = self.run_weir("snowflake", "apply", "--yes", "-f", "job.sql", SNOWFLAKE_ROLE="accountadmin")
            self.assertIn('CREATE TABLE IF NOT EXISTS "DB"."SC"."CLICKS": ', done.stdout)
        self.assertEqual(self.query("SELECT * FROM DB.SC.CLICKS", SNOWFLAKE_ROLE="accountadmin"), "")


class Private(Asking):
    """Behind a certificate that only its own authority vouches for."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        servers.script("s3tls.sh", cls.folder.name + "/tls")
        servers.script("s3tls.sh", cls.folder.name + "/other")

    def setUp(self):
        self.ca, self.other = (f"{self.folder.name}/{name}/ca.crt" for name in ("tls", "other"))
        tls = self.folder.name + "/tls/server"
        self.options = {"tls": (tls + ".crt", tls + ".key")}
        super().setUp()

    def test_its_own_authority(self):
        self.assertEqual(self.query("SELECT 1", SNOWFLAKE_CA_FILE=self.ca), "1\n")
        (self.work / "ca.sql").write_text(f"SET snowflake.ca_file = '{self.ca}';\n\\snow SELECT 1 AS N\n")
        done = self.run_weir("-A", "-t", "-f", "ca.sql", SNOWFLAKE_CA_FILE=self.other)
        self.assertEqual(done.stdout, "SET\n1\n")

    def test_unknown_authorities(self):
        for env in ({}, {"SNOWFLAKE_CA_FILE": self.other}):
            with self.subTest(env):
                error = self.query("SELECT 1", code=2, **env)
                self.assertIn(f'could not reach "{self.server.endpoint}"', error)
                self.assertIn("HINT:  A private endpoint", error)
        self.assertIn("could not reach", self.query("SELECT 1", code=2, SNOWFLAKE_CA_FILE=self.ca + ".none"))
        self.assertEqual(self.calls(), [])


if __name__ == "__main__":
    unittest.main()
