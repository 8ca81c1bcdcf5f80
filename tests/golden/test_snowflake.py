"""test_snowflake.py: the Snowflake statements of the golden files, as --snowflake-ddl prints them: the same as SHOW SNOWFLAKE DDL,
nothing else on standard output, and statements by the rules of lib/snowflake.py, also those that stand in comments."""
import copy
import json
import pathlib
import re
import tempfile
import unittest

from lib import snowflake, weir

FOLDER = pathlib.Path(__file__).resolve().parent
SCRIPTS = [path for path in sorted(FOLDER.glob("snowflake_*.sql")) if path.stem != "snowflake_errors"]
STREAM = "CREATE STREAM s (a integer, b text) WITH (connector = 'file', path = 'x', format = 'json');\n"


def shown(path):
    """What SHOW SNOWFLAKE DDL printed."""
    return re.sub(r"^(CREATE (STREAM|SINK)|DROP SINK|exit code 0)\n", "", path.with_suffix(".out").read_text(), flags=re.M)


def commented_copies(ddl, first="COPY INTO"):
    """The COPY statements (or others) that stand in comments."""
    return [match.replace("\n-- ", "\n")[3:] for match in re.findall(rf"^-- {first} (?:.*[^;\n]\n-- )*.*;\n", ddl, re.M)]


class Ddl(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="weir-ddl-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name).resolve()

    def ddl(self, script, *arguments, name="job.sql", check=0):
        (self.folder / name).write_text(script)
        return weir.run("--snowflake-ddl", *arguments, "-f", name, cwd=self.folder, check=check)

    def sink(self, options, query="SELECT a, b FROM s"):
        return STREAM + f"CREATE SINK k WITH (format = 'csv', {options}) AS {query};"

    def test_goldens(self):
        self.assertGreaterEqual(len(SCRIPTS), 24)
        for path in SCRIPTS:
            with self.subTest(path.name):
                declarations = path.read_text().partition("SHOW SNOWFLAKE DDL")[0]
                if "\nRUN " in declarations:
                    continue  # e2e/test_snowflake_state.py has these
                self.assertEqual(self.ddl(declarations, name=path.name).stdout, shown(path))

    def test_statements(self):
        for path in SCRIPTS:
            with self.subTest(path.name):
                ddl = shown(path)
                warehouse = snowflake.Warehouse(ddl)
                self.assertGreaterEqual(len(warehouse.all("FILE FORMAT")), len(warehouse.all("TABLE")))
                self.assertEqual(len(warehouse.all("STAGE")), len(warehouse.all("FILE FORMAT")))
                by_job = ddl.count("-- The job loads by COPY")
                self.assertEqual(len(warehouse.all("PIPE")) + len(warehouse.copies) + by_job, len(warehouse.all("STAGE")))
                copies = commented_copies(ddl)
                self.assertEqual(len(copies), len(warehouse.all("PIPE")) + by_job)
                for by_hand in copies:
                    snowflake.Parser(by_hand, warehouse).run()
                apart = {"on_error": None, "pattern": None}
                for by_hand, pipe in zip(warehouse.copies[-len(copies):], warehouse.all("PIPE").values()):
                    self.assertEqual({**by_hand, **apart}, {**pipe["copy"], **apart})

    def test_again(self):
        """Run twice, the statements change nothing, and nothing that has rows or a history is ever replaced."""
        for path in SCRIPTS:
            with self.subTest(path.name):
                ddl = shown(path)
                self.assertEqual(re.findall("(?i)or replace|drop |truncate ", re.sub(r"\"[^\"]*\"|'[^']*'|-- .*", "", ddl)), [])
                warehouse = snowflake.Warehouse(ddl)
                before = copy.deepcopy((warehouse.objects, warehouse.grants))
                warehouse.run_again(ddl)
                self.assertEqual((warehouse.objects, warehouse.grants), before)

    def test_every_object_is_tied_to_its_job(self):
        for path in SCRIPTS:
            created = re.findall(r"^CREATE (?:[^;']|'(?:[^'\\]|''|\\.)*')*;", shown(path), re.M)
            self.assertGreater(len(created), 4)
            for statement in created:
                self.assertIn(f"COMMENT = 'Weir job {path.stem}", statement)

    def test_comments_are_json(self):
        """Policies and notifications can be pasted as they stand."""
        found = 0
        for path in SCRIPTS:
            text = re.sub(r"^-- ", "", shown(path), flags=re.M)
            for start in re.finditer(r'^\{"(Version|QueueConfigurations)"', text, re.M):
                document, _ = json.JSONDecoder().raw_decode(text[start.start():])
                found += 1
                for statement in document.get("Statement", []):
                    self.assertEqual(statement["Effect"], "Allow")
                for queue in document.get("QueueConfigurations", []):
                    self.assertEqual(queue["Events"], ["s3:ObjectCreated:*"])
        self.assertGreater(found, 6)

    def test_a_pipe_takes_its_own_files(self):
        """Not those of another revision, nor of another sink, nor what is no object; a COPY, whose pattern is tried on the whole path,
        takes the same."""
        for partition, folder in (("", ""), (", partition_by = 'b AS \"k.é\"'", "k.%C3%A9=x%2Fy/")):
            for place in ("lake/a.b/", "lake/", "lake/r2/"):
                ddl = self.ddl(self.sink(f"location = 's3://{place}', s3.region = 'x', compression = 'gzip', snowflake_table = 't'{partition}")).stdout
                [pipe] = snowflake.Warehouse(ddl).all("PIPE").values()
                warehouse = snowflake.Warehouse(ddl)
                snowflake.Parser(commented_copies(ddl)[0], warehouse).run()
                name, path = folder + "job-0-k-s0e1-0.csv.gz", place.partition("/")[2]
                for key, taken in ((name, True), ("r2/" + name, False), (name[:-3], False), ("late/k/x.jsonl", False), ("xcsv.gz", False)):
                    self.assertEqual(bool(re.fullmatch(pipe["copy"]["pattern"], key)), taken, (place, key))
                    for before in (path, f"s3://{place}"):
                        self.assertEqual(bool(re.fullmatch(warehouse.copies[0]["pattern"], before + key)), taken, (before, key))

    def test_only_statements(self):
        noise = "\\echo noise\nSELECT 1;\nSHOW SNOWFLAKE DDL;\nSHOW SINKS;\n\\d\n"
        script = self.sink("location = '/k/', snowflake_table = 't'")
        plain = self.ddl(script).stdout
        self.assertEqual(plain[:3], "-- ")
        self.assertEqual(self.ddl(script + noise).stdout, plain)
        self.assertEqual(self.ddl(script + noise, "-o", "out.sql").stdout, "")
        self.assertEqual((self.folder / "out.sql").read_text(), plain)

    def test_errors(self):
        """Nothing is printed when something is wrong."""
        for script in (self.sink("location = '/k/'"), self.sink("location = '/k/', snowflake_table = 'a b'"),
                       self.sink("location = '/k/', snowflake_table = 't'") + "CREATE SINK two WITH (location = '/two/', "
                       "format = 'csv', snowflake_table = 'T') AS SELECT a FROM s;"):
            done = self.ddl(script, check=3)
            self.assertEqual(done.stdout, "")
            self.assertIn("ERROR:  ", done.stderr)

    def test_put_from_the_root(self):
        """A relative directory is that of the job, which runs here."""
        for location in ("lake/k", "./lake/k/", f"file://{self.folder}/lake/k"):
            ddl = self.ddl(self.sink(f"location = '{location}', snowflake_table = 't'")).stdout
            self.assertIn(f"""--     PUT 'file://{self.folder}/lake/k/*.csv' '@"T_STAGE"' AUTO_COMPRESS = FALSE;\n""", ddl)

    def test_length_of_names(self):
        """255 characters, with what may be appended; characters, not bytes."""
        for part in ("x" * 236, '"' + "é" * 236 + '"', '"' + '""' * 236 + '"'):
            warehouse = snowflake.Warehouse(self.ddl(self.sink(f"location = '/k/', snowflake_table = '{part}'")).stdout)
            self.assertEqual([len(name[-1]) for name in warehouse.all("FILE FORMAT")], [255 - len("_R2147483647")])
            longer = part[:-1] + 'x"' if part[0] == '"' else part + "x"
            self.ddl(self.sink(f"location = '/k/', snowflake_table = '{longer}'"), check=3)
        self.ddl(self.sink(f"location = '/k/', snowflake_table = '{'d' * 255}.{'s' * 255}.t'"))
        self.ddl(self.sink(f"location = '/k/', snowflake_table = '{'d' * 256}.s.t'"), check=3)


if __name__ == "__main__":
    unittest.main()
