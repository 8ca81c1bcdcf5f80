"""test_snowflake_ddl.py: the statements that Weir prints, run on the tests' Snowflake, which shares nothing with lib/snowflake.py: every
golden script runs twice and changes nothing the second time; the role that it makes can load, compare, and no more.

The tests' Snowflake reads no JSON files: the tables of late rows and dead letters are left to e2e/test_snowflake_state.py."""
import json
import re
import unittest

from e2e.test_round_trip import objects
from golden import test_snowflake
from lib import servers, snowflake_account, suite, weir
from lib.snowflake_statements import SnowflakeError, split

SCRIPTS = [path for path in test_snowflake.SCRIPTS if "TYPE = JSON" not in test_snowflake.shown(path)]
INTEGRATION = ("CREATE STORAGE INTEGRATION {} TYPE = EXTERNAL_STAGE STORAGE_PROVIDER = 'S3' ENABLED = TRUE "
               "STORAGE_AWS_ROLE_ARN = 'arn:aws:iam::123456789012:role/r' STORAGE_ALLOWED_LOCATIONS = ('*')")


def is_copy(statement):
    return re.sub(r"(?m)^--.*\n", "", statement).lstrip().startswith("COPY INTO")


@suite.needs_servers
class Ddl(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.postgres = servers.Postgres()

    @classmethod
    def tearDownClass(cls):
        cls.postgres.close()

    def account(self):
        """With the databases, schemas and warehouses that the scripts name."""
        account = snowflake_account.Account(self.postgres)
        self.addCleanup(account.close)
        for database, *schemas in (("DB", "SC", "MARTS"), ("LAKE", "RAW", 'my "raw" schema'), ("Db", "Sc")):
            account.add_database(database, *schemas)
        account.script("CREATE WAREHOUSE IF NOT EXISTS LOAD_WH")
        return account

    @staticmethod
    def session(account, role="ACCOUNTADMIN"):
        return snowflake_account.Session("ADMIN", role, "DB", "SC", "WH")

    @staticmethod
    def state(account):
        return {key: (thing.owner, repr(thing.body)) for key, thing in account.things.items()}, set(account.grants), repr(account.roles)

    def test_twice(self):
        self.assertGreater(len(SCRIPTS), 14)
        for path in SCRIPTS:
            with self.subTest(path.name):
                ddl, account = test_snowflake.shown(path), self.account()
                for name in re.findall(r'^-- Storage integration (".*?") must be there', ddl, re.M):
                    account.script(INTEGRATION.format(name))
                session, states = self.session(account), []
                for _ in range(2):
                    for statement in split(ddl):
                        if not is_copy(statement):  # the bucket is not there
                            account.execute(session, statement)
                    states.append(self.state(account))
                self.assertGreater(len(states[0][0]), 8)
                self.assertEqual(states[0], states[1])

    def test_the_role_loads(self):
        """By COPY, with the names from the state; as the role that the statements make, which may not do what it need not."""
        folder = weir.scratch(self, "snowflake-role")
        (folder / "in.jsonl").write_text("".join(json.dumps({"id": n, "t": t}) + "\n" for n, t in enumerate(["", None, 'a"\n,\\N', "NULL", "é"])))
        (folder / "job.sql").write_text("""
            CREATE STREAM s (id bigint, t text) WITH (connector = 'file', path = 'in.jsonl', format = 'json');
            CREATE SINK k WITH (location = 'k/', compression = 'gzip', partition_by = 'id % 2 AS p', snowflake_table = 'db.sc.k',
                snowflake_load = 'copy', snowflake_metadata = true, snowflake_warehouse = 'wh') AS SELECT id, t FROM s;""")
        weir.run("-q", "--batch", "-f", "job.sql", cwd=folder, check=0)
        ddl = weir.run("-q", "--snowflake-ddl", "-f", "job.sql", cwd=folder, check=0).stdout
        account = self.account()
        admin, role = self.session(account), self.session(account, "WEIR_JOB")
        copies = [statement for statement in split(ddl) if is_copy(statement)]
        for statement in split(ddl):
            if not is_copy(statement):
                account.execute(admin, statement)
        for path, data in objects(folder / "k").items():
            account.put(("DB", "SC", "K_STAGE"), path, data)
        self.assertEqual(len(copies), 1)
        for _ in range(2):
            account.execute(role, copies[0])
        self.assertEqual(account.execute(role, 'SELECT id, t FROM db.sc.k_dedup ORDER BY id').rows,
                         [["0", ""], ["1", None], ["2", 'a"\n,\\N'], ["3", "NULL"], ["4", "é"]])
        for statement in ("DELETE FROM db.sc.k", "DROP TABLE db.sc.k", "CREATE TABLE db.sc.other (a VARCHAR)", "ALTER TABLE db.sc.k ADD COLUMN z VARCHAR"):
            with self.subTest(statement), self.assertRaises(SnowflakeError):
                account.execute(role, statement)


if __name__ == "__main__":
    unittest.main()
