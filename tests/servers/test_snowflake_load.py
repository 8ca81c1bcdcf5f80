"""test_snowflake_load.py: jobs that load their tables themselves, before the tests' Snowflake, which reads the objects from a real S3:
rows of the tables equal the input, whatever befalls the calls, the pipes and the job."""
import json
import time
import unittest

from lib import servers, snowflake_account, snowflake_jwt, snowflake_server, suite, weir
from servers import test_snowflake_server

SCHEMA = "id bigint, name text, at timestamptz NOT NULL, WATERMARK FOR at AS at"
ROLE = "WEIR_JOB"


def record(n, **others):
    return {"id": n, "name": f"n{n}", "at": f"2026-01-01T00:00:{n % 60:02}Z", **others}


@suite.needs_servers
class Loading(test_snowflake_server.WithServer):
    """An account that sees the S3 server, an administrator ADMIN, and LOADER with the role that Weir's statements make."""

    mode = "rest"

    def setUp(self):
        self.s3 = servers.shared(servers.S3Proxy)
        self.bucket = self.s3.bucket("load")
        self.client_of_s3 = self.s3.client()
        self.account = snowflake_account.Account(servers.shared(servers.Postgres), self.client_of_s3)
        self.account.add_database("DB", "SC")
        self.account.add_user("admin", self.other_keys.public, warehouse="WH")
        self.account.add_user("loader", self.keys.public, role="PUBLIC")
        self.server = snowflake_server.SnowflakeServer(self.account)
        self.work = weir.scratch(type(self), "load")
        self.extra, self.settings = "", []
        self.query = "SELECT id, name, at FROM s"
        self.write([record(n) for n in range(20)])

    # ---- the job ----

    def write(self, records):
        (self.work / "in.jsonl").write_text("".join(json.dumps(each) + "\n" for each in records))

    def define(self):
        (self.work / "job.sql").write_text(f"""
            CREATE STREAM s ({SCHEMA}) WITH (connector = 'file', path = 'in.jsonl', format = 'json',
                dead_letter_location = 's3://{self.bucket}/letters/');
            CREATE SINK k WITH (location = 's3://{self.bucket}/out/', format = 'csv', compression = 'gzip',
                snowflake_table = 'db.sc.k', snowflake_load = '{self.mode}', snowflake_integration = 'int', snowflake_warehouse = 'wh',
                snowflake_aws_role = 'arn:aws:iam::123456789012:role/snow'{self.extra}) AS {self.query};""")
        return [*(word for setting in ("commit_rows = 5", *self.settings) for word in ("-c", f"SET {setting}")), "-f", "job.sql"]

    def environment(self, user="loader", **others):
        keys = self.keys if user == "loader" else self.other_keys
        return {**self.s3.environment(), "SNOWFLAKE_ACCOUNT": "myorg-myacct", "SNOWFLAKE_USER": user,
                "SNOWFLAKE_HOST": self.server.endpoint, "SNOWFLAKE_PRIVATE_KEY_PATH": str(keys.private), **others}

    def apply(self):
        done = weir.run("snowflake", "apply", "--yes", *self.define(), env=self.environment("admin"), cwd=self.work, check=0)
        self.account.script(f"GRANT ROLE {ROLE} TO USER loader; ALTER USER loader SET DEFAULT_ROLE = {ROLE}")
        return done.stdout

    def run_job(self, check=0, **env):
        done = weir.run("--batch", *self.define(), env=self.environment(**env), cwd=self.work, check=check)
        return done.stderr

    # ---- what became of it ----

    def rows(self, table="K", columns="*"):
        return sorted(self.account.query(f"SELECT {columns} FROM DB.SC.{table}"), key=str)

    def ids(self):
        return sorted(int(row[0]) for row in self.rows(columns="ID"))

    def calls(self, call):
        return [seen for seen in self.server.seen if seen.call == call]


class Rest(Loading):
    def test_plain(self):
        self.apply()
        self.run_job()
        self.assertEqual(self.ids(), list(range(20)))


class Copy(Loading):
    mode = "copy"

    def test_plain(self):
        self.apply()
        self.run_job()
        self.assertEqual(self.ids(), list(range(20)))


if __name__ == "__main__":
    unittest.main()
