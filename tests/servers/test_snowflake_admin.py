"""test_snowflake_admin.py: what the comments in Weir's statements for Snowflake say, tried on the tests' Snowflake: a role with the rights
that they ask for, and no others, can run the golden scripts; the comparison of what was written with what was loaded finds each kind of
difference, and nothing else."""
import base64
import gzip
import json
import re
import tempfile
import unittest

from e2e.test_round_trip import objects
from golden import test_snowflake
from lib import snowflake_jwt, weir
from lib.snowflake_statements import read, split
from servers import test_snowflake_ddl

JOB = """
CREATE STREAM s (id bigint, t text) WITH (connector = 'file', path = 'in.jsonl', format = 'json');
CREATE SINK k WITH (location = 'k/', compression = 'gzip', partition_by = 'id % 7 AS p', snowflake_table = 'db.sc.k', snowflake_load = 'copy',
    snowflake_warehouse = 'wh')
AS SELECT id, t FROM s;
"""


class Runner(test_snowflake_ddl.Ddl):
    """The role that runs the statements."""
    test_again = test_the_role_loads = None

    def may(self, *grants):
        for grant in grants:
            self.run_sql(f"GRANT {grant} TO ROLE RUNNER")

    def prepare_role(self, statements):
        self.prepare(statements)
        self.run_sql("CREATE ROLE IF NOT EXISTS RUNNER")
        self.may("CREATE ROLE ON ACCOUNT", "CREATE INTEGRATION ON ACCOUNT", "MANAGE GRANTS ON ACCOUNT")
        for kind, name in list(self.account.things):
            quoted = ".".join('"' + part.replace('"', '""') + '"' for part in name)
            if kind in ("DATABASE", "SCHEMA"):
                self.may(f"USAGE ON {kind} {quoted}")
            if kind == "SCHEMA":
                self.may(*(f"CREATE {each} ON SCHEMA {quoted}" for each in ("FILE FORMAT", "STAGE", "TABLE", "VIEW", "PIPE", "TASK")))
            if kind == "INTEGRATION":
                self.may(f"USAGE ON INTEGRATION {quoted}")

    def test_rights(self):
        for path in test_snowflake.SCRIPTS:
            with self.subTest(path.name):
                self.setUp()
                self.account.s3 = test_snowflake_ddl.Bucket()
                text = test_snowflake.shown(path)
                self.prepare_role(split(text))
                if "EXECUTE TASK" in text:
                    self.may("EXECUTE TASK ON ACCOUNT")
                if "USAGE on the warehouse." in text:
                    self.may("USAGE ON WAREHOUSE LOAD_WH")
                if "EXECUTE MANAGED TASK" in text:
                    self.may("EXECUTE MANAGED TASK ON ACCOUNT")
                if "COPY INTO" in text:
                    self.may("USAGE ON WAREHOUSE WH")
                for _ in range(2):
                    for statement in split(text):
                        self.run_sql(statement, "RUNNER")

    def test_the_user_of_the_role(self):
        """Who is made as the comments say signs in with his key, and has the role."""
        with tempfile.TemporaryDirectory() as folder:
            key = snowflake_jwt.KeyPair(folder, name="key").public
        for path in test_snowflake.SCRIPTS:
            with self.subTest(path.name):
                self.setUp()
                ddl = test_snowflake.shown(path)
                roles = re.findall(r'^CREATE ROLE IF NOT EXISTS ("(?:[^"]|"")+")', ddl, re.M)
                steps = re.findall(r"^-- (?:CREATE USER|GRANT ROLE|ALTER USER) .*;$", ddl, re.M)
                self.assertEqual(len(steps), 3 * len(roles))
                for number, role in enumerate(roles):
                    name = f"U{number}"
                    self.run_sql(f"CREATE ROLE {role}")
                    for step in steps[3 * number:3 * number + 3]:
                        self.run_sql(step[3:].replace("<user>", name).replace("<public key>", base64.b64encode(key.der).decode()))
                    user = self.account.users[name]
                    self.assertEqual([each.fingerprint for each in user.keys], [key.fingerprint])
                    stored = role[1:-1].replace('""', '"')
                    self.assertEqual((user.settings["role"], self.account.may_use_role(user, stored)), (stored, True))

    def test_each_right_is_needed(self):
        [path] = [path for path in test_snowflake.SCRIPTS if path.stem == "snowflake_late"]
        statements = split(test_snowflake.shown(path))
        for grant in ("CREATE ROLE ON ACCOUNT", "CREATE INTEGRATION ON ACCOUNT", "MANAGE GRANTS ON ACCOUNT", "USAGE ON DATABASE LAKE",
                      "USAGE ON SCHEMA LAKE.RAW", "CREATE PIPE ON SCHEMA LAKE.RAW", "CREATE VIEW ON SCHEMA LAKE.RAW"):
            with self.subTest(grant):
                self.setUp()
                self.account.s3 = test_snowflake_ddl.Bucket()
                self.prepare_role(statements)
                self.run_sql(f"REVOKE {grant} FROM ROLE RUNNER")
                if grant.startswith("USAGE"):  # CREATE on a schema would be as good
                    for right in ("FILE FORMAT", "STAGE", "TABLE", "VIEW", "PIPE", "TASK"):
                        self.run_sql(f"REVOKE CREATE {right} ON SCHEMA LAKE.RAW FROM ROLE RUNNER")
                self.assert_refused(";\n".join(statements), role="RUNNER")


class Comparison(test_snowflake_ddl.Ddl):
    test_again = test_the_role_loads = None

    def setUp(self):
        super().setUp()
        self.folder = weir.scratch(self, "snowflake-comparison")
        (self.folder / "in.jsonl").write_text("".join(json.dumps({"id": n, "t": f"t{n}"}) + "\n" for n in range(70)))
        (self.folder / "job.sql").write_text(JOB)

    def statements(self):
        """Those that make objects, and the query in the last comment."""
        ddl = weir.run("-q", "--snowflake-ddl", "-f", "job.sql", cwd=self.folder, check=0).stdout
        statements = split(ddl)
        self.prepare(statements)
        [query] = test_snowflake.commented_copies(ddl, "SELECT")
        return [statement for statement in statements if read(statement)["do"] != "copy"], query.rstrip().rstrip(";")

    def copy(self, path, data, options="", fails=False):
        self.account.put(("DB", "SC", "K_STAGE"), path, data)
        statement = (f"COPY INTO db.sc.k FROM @db.sc.k_stage FILES = ('{path}') FILE_FORMAT = (FORMAT_NAME = 'DB.SC.K_FORMAT') "
                     f"ON_ERROR = SKIP_FILE {options}")
        self.assertEqual(self.run_sql(statement)[0][1], "LOAD_FAILED" if fails else "LOADED")

    def spoil_one_each(self):
        """Loads the job's files, one in each wrong way; their names by the way."""
        files = objects(self.folder / "k")
        good, late, missing, failed, short, twice, both = sorted(files)
        self.copy(good, files[good])
        self.copy(late, b"no gzip", fails=True)
        self.copy(late, files[late])
        self.copy(failed, b"no gzip", fails=True)
        lines = gzip.decompress(files[short]).splitlines(keepends=True)
        self.copy(short, gzip.compress(b"".join(lines[1:])))
        for _ in range(2):
            self.copy(twice, files[twice], "FORCE = TRUE")
        self.copy(both, files[both])
        return {"missing": missing, "failed": failed, "short": short, "twice": twice}

    def test_with_a_state(self):
        weir.run("-q", "--batch", "-f", "job.sql", cwd=self.folder, check=0)
        statements, query = self.statements()
        for statement in statements:
            self.run_sql(statement)
        names = self.spoil_one_each()
        found = {row[0]: row[1:4] for row in self.query(query, "WEIR_JOB")}
        self.assertEqual(found, {names["missing"]: ["10", "0", "unknown"], names["failed"]: ["10", "0", "Load failed"],
                                 names["short"]: ["10", "9", "Loaded"], names["twice"]: ["10", "20", "Loaded"]})

    def test_without_a_state(self):
        """What Snowflake itself can know: of a missing object, and of rows that never came, it knows nothing."""
        statements, query = self.statements()
        weir.run("-q", "--batch", "-f", "job.sql", cwd=self.folder, check=0)
        for statement in statements:
            self.run_sql(statement)
        names = self.spoil_one_each()
        found = {row[0]: row[2:4] for row in self.query(query, "WEIR_JOB")}
        self.assertEqual(found, {names["failed"]: ["0", "Load failed"], names["twice"]: ["20", "Loaded"]})


if __name__ == "__main__":
    unittest.main()
