"""test_snowflake_ddl.py: the statements that Weir prints, run on the tests' Snowflake, which shares nothing with lib/snowflake.py: every
golden script runs twice as it stands and changes nothing the second time; the role that it makes can load, compare, and no more."""
import json
import unittest

from e2e.test_round_trip import objects
from golden import test_snowflake
from lib import weir
from lib.snowflake_statements import read, split
from servers import test_snowflake_rules


class Ddl(test_snowflake_rules.WithAccount):
    class Nothing:
        """Buckets without objects."""

        @staticmethod
        def list(bucket, prefix=""):
            return {}

    def prepare(self, statements):
        """What an administrator has: the databases, schemas and warehouses that are named, and integrations that are not created."""
        found = [read(statement) for statement in statements]
        names = [each.get("name") or each.get("table") for each in found]
        names += [each["name"] for each in found if each["do"] == "grant" and "name" in each]
        places = {name[:2] for name in names if name and len(name) == 3} | {("DB", name[0]) for name in names if name and len(name) == 2}
        for database, schema in sorted(places):
            self.account.add_database(database, schema)
        created = {each["name"] for each in found if each["do"] == "create" and each["kind"] == "INTEGRATION"}
        used = {each["body"]["STORAGE_INTEGRATION"] for each in found if each["do"] == "create" and "STORAGE_INTEGRATION" in each["body"]}
        warehouses = {each["body"]["WAREHOUSE"] for each in found if each["do"] == "create" and "WAREHOUSE" in each["body"]}
        warehouses |= {each["name"] for each in found if each["do"] == "grant" and each.get("kind") == "WAREHOUSE"}
        self.run_sql("SELECT 1;" + "".join(f'CREATE WAREHOUSE IF NOT EXISTS "{name}";' for [name] in warehouses))
        self.run_sql("SELECT 1;" + "".join(
            f"CREATE STORAGE INTEGRATION \"{name}\" TYPE = EXTERNAL_STAGE STORAGE_PROVIDER = 'S3' STORAGE_AWS_ROLE_ARN = "
            f"'{test_snowflake_rules.ROLE_ARN}' ENABLED = TRUE STORAGE_ALLOWED_LOCATIONS = ('*');" for [name] in used - created))

    def state(self):
        things = {key: (thing.owner, repr(thing.body)) for key, thing in self.account.things.items()}
        return things, set(self.account.grants), repr(self.account.roles)

    def test_twice(self):
        self.assertGreater(len(test_snowflake.SCRIPTS), 14)
        for path in test_snowflake.SCRIPTS:
            with self.subTest(path.name):
                self.setUp()
                self.account.s3 = self.Nothing
                statements = split(test_snowflake.shown(path))
                self.prepare(statements)
                there = len(self.account.things)
                for statement in statements:
                    self.run_sql(statement)
                before, kept = self.state(), dict(self.account.things)
                self.assertGreater(len(kept), there + 4)
                for statement in statements:
                    [[answer]] = self.run_sql(statement)
                    if statement.startswith("CREATE"):
                        self.assertIn("already exists, statement succeeded.", answer)
                self.assertEqual(self.state(), before)
                self.assertTrue(all(self.account.things[key] is thing for key, thing in kept.items()))

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
        statements = split(ddl)
        copies = [statement for statement in statements if read(statement)["do"] == "copy"]
        self.assertEqual(len(copies), 1)
        self.prepare(statements)
        for statement in statements:
            if statement not in copies:
                self.run_sql(statement)
        for path, data in objects(folder / "k").items():
            self.account.put(("DB", "SC", "K_STAGE"), path, data)
        for _ in range(2):
            self.run_sql(copies[0], "WEIR_JOB")
        self.assertEqual(self.query("SELECT id, t FROM db.sc.k_dedup ORDER BY id", "WEIR_JOB"),
                         [["0", ""], ["1", None], ["2", 'a"\n,\\N'], ["3", "NULL"], ["4", "é"]])
        for statement in ("DELETE FROM db.sc.k", "DROP TABLE db.sc.k", "CREATE TABLE db.sc.other (a VARCHAR)", "ALTER TABLE db.sc.k ADD COLUMN z VARCHAR"):
            with self.subTest(statement):
                self.assert_refused(statement, role="WEIR_JOB")


if __name__ == "__main__":
    unittest.main()
