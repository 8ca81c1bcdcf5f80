"""test_snowflake_ddl.py: the statements that Weir prints, run on the tests' Snowflake, which shares nothing with lib/snowflake.py: every
golden script runs again as it stands and changes nothing, neither when all is new nor when files were loaded; the role that it makes can
load, compare, and no more."""
import gzip
import json
import re
import subprocess
import unittest

from e2e.test_round_trip import objects
from golden import test_snowflake
from lib import snowflake_account, weir
from lib.snowflake_statements import read, split
from servers import test_snowflake_rules


class Bucket:
    """An S3 client whose one bucket stands for all, and is public: objects by key."""

    public = True

    def __init__(self):
        self.objects = {}

    def list(self, _, prefix=""):
        return {key: len(data) for key, data in self.objects.items() if key.startswith(prefix)}

    def get(self, _, key):
        return self.objects.get(key)

    def head(self, _, key):
        return {"etag": f'"{key}"', "last-modified": "Sat, 31 Jan 2026 10:00:00 GMT"} if key in self.objects else None


def name_for(pattern):
    """A name that a PATTERN of Weir's takes."""
    name = re.sub(r"\([^)]*\)\?", "", pattern).replace("[^/]*", "x").replace("[.]", ".")
    assert re.fullmatch(pattern, name), (pattern, name)
    return name


def fields_of(copy, columns):
    """How many fields the files of a COPY have; columns: of its table."""
    items = [item[-1][0] if item[0] == "call" else item for item in copy["select"] or ()]
    return max([number for kind, number in items if kind == "field"], default=columns)


def contents_for(copy, columns):
    """Two rows that a COPY can load, whatever the types: NULLs, or 1 where that would be a blank line."""
    options = copy["format"]
    if options["TYPE"] == "JSON":
        text = '{"a": 1}\n' * 2
    else:
        row = "," * (fields_of(copy, columns) - 1) or "1"
        text = "head\n" * int(options["SKIP_HEADER"]) + f"{row}\n" * 2
    kind = options["COMPRESSION"]
    if kind == "ZSTD":
        return subprocess.run(["zstd", "-cq"], input=text.encode(), capture_output=True, check=True).stdout
    return gzip.compress(text.encode()) if kind == "GZIP" else text.encode()


class Ddl(test_snowflake_rules.WithAccount):
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

    def definitions(self):
        things = {key: (thing.owner, thing.created, repr(thing.body)) for key, thing in self.account.things.items()}
        return things, set(self.account.grants), repr(self.account.roles), dict(self.account.schemas)

    def contents(self):
        """Rows of tables and views, the history of loads, and what COPY and pipes remember."""
        account = self.account
        rows = {name: account.rows(name) for kind, name in account.things if kind in ("TABLE", "VIEW")}
        history = account.pg.query("SELECT * FROM snowflake.history ORDER BY 1, 2, 3").rows
        pipes = {name: (pipe.generation, list(pipe.queue), dict(pipe.known), list(pipe.events)) for name, pipe in account.loads.pipes.items()}
        return rows, history, pipes, dict(account.metadata)

    def run_all(self, statements):
        """What each answers."""
        return [self.run_sql(statement) for statement in statements]

    def put_file(self, copy):
        """A file that a COPY or a pipe takes; its name."""
        name = name_for(copy["options"]["PATTERN"])
        data = contents_for(copy, len(self.account.loads.columns(copy)))
        url = self.account.loads.enclosing(copy)
        if url is None:
            self.account.put(copy["stage"], name, data)
        else:
            self.account.s3.objects[self.account.loads.place(url, name)[1]] = data
        return name

    def load_files(self, statements):
        """A file comes through each pipe, and one for each COPY among the statements, which are run."""
        loads = self.account.loads
        for pipe in loads.pipes.values():
            self.assertEqual(loads.insert_files(pipe, [self.put_file(pipe.copy)]), ([], []))
        loads.work_all()
        copies = [statement for statement in statements if read(statement)["do"] == "copy"]
        for statement in copies:
            copy = read(statement)
            loads.check_copy(snowflake_account.Session("ADMIN", snowflake_account.ADMIN, "DB", "SC", "WH"), copy)
            self.put_file(copy)
            self.assertIn("LOADED", self.run_sql(statement)[0])
        self.assertEqual([event["status"] for pipe in loads.pipes.values() for event in pipe.events], ["LOADED"] * len(loads.pipes))
        return len(loads.pipes) + len(copies)

    def test_again(self):
        self.assertGreater(len(test_snowflake.SCRIPTS), 24)
        for path in test_snowflake.SCRIPTS:
            with self.subTest(path.name):
                self.setUp()
                self.account.s3 = Bucket()
                statements = split(test_snowflake.shown(path))
                self.prepare(statements)
                there = len(self.account.things)
                self.run_all(statements)
                before, kept = self.definitions(), dict(self.account.things)
                self.assertGreater(len(kept), there + 4)
                self.run_all(statements)
                self.assertEqual(self.definitions(), before)
                files = self.load_files(statements)
                contents = self.contents()
                self.assertEqual(len(contents[1]), files)
                for statement, [answer, *_] in zip(statements, self.run_all(statements)):
                    expected = {"CREATE": "already exists, statement succeeded.", "COPY": "Copy executed with 0 files processed."}
                    self.assertIn(expected.get(statement.split()[0], "Statement executed successfully."), answer[0])
                self.assertEqual(self.definitions(), before)
                self.assertEqual(self.contents(), contents)
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
