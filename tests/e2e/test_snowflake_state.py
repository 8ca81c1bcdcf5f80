"""test_snowflake_state.py: the Snowflake statements of a job that has run: COPY names the objects that are out, a changed query gets a
revision with objects of its own, and what old and new statements load together is what the job wrote."""
import json
import re
import unittest

from lib import snowflake, weir
from golden.test_snowflake import commented_copies
from e2e.test_round_trip import objects

ROWS = 1005
JOB = """
CREATE STREAM s (id bigint, t text) WITH (connector = 'file', path = 'in.jsonl', format = 'json');
CREATE SINK k WITH (location = 'lake/k/', format = 'csv', partition_by = 'id AS p', snowflake_table = 'db.sc.k', snowflake_load = '{load}'{options})
AS SELECT {columns} FROM s;
"""


class State(unittest.TestCase):
    def setUp(self):
        self.folder = weir.scratch(self, "snowflake-state")
        self.append(range(ROWS))

    def append(self, ids):
        with open(self.folder / "in.jsonl", "a") as file:
            file.writelines(json.dumps({"id": n, "t": f"t{n}"}) + "\n" for n in ids)

    def job(self, columns="id", load="copy", options=""):
        (self.folder / "job.sql").write_text(JOB.format(load=load, options=options, columns=columns))

    def run_job(self):
        weir.run("-q", "--batch", "-f", "job.sql", cwd=self.folder, check=0)

    def ddl(self):
        return weir.run("-q", "--snowflake-ddl", "-f", "job.sql", cwd=self.folder, check=0).stdout

    def test_files(self):
        """All of them, each once, at most 1,000 in a statement."""
        self.job()
        self.assertNotIn("FILES", self.ddl())
        self.run_job()
        warehouse = snowflake.Warehouse(self.ddl())
        files = objects(self.folder / "lake/k")
        self.assertEqual([len(copy["files"]) for copy in warehouse.copies], [1000, ROWS - 1000])
        self.assertEqual(sorted(name for copy in warehouse.copies for name in copy["files"]), sorted(files))
        loaded = [row["ID"] for copy in warehouse.copies for name in copy["files"] for row in warehouse.load_file(copy, files[name], name)]
        self.assertEqual(sorted(map(int, loaded)), list(range(ROWS)))
        [pattern] = commented_copies(self.ddl())
        self.assertIn("PATTERN", pattern)

    def test_comparison(self):
        """The query has the rows of each object as the manifests say; of many, those of the newest thousand."""
        for load, options in (("rest", ""), ("copy", "")):
            self.job(load=load, options=options)
            self.run_job()
            [query] = commented_copies(self.ddl(), "SELECT")
            pairs = re.findall(r"\('([^']*)', (\d+)\)", query)
            self.assertEqual(len(pairs), 1000)
            self.assertLessEqual({name for name, _ in pairs}, set(objects(self.folder / "lake/k")))
            self.assertEqual({rows for _, rows in pairs}, {"1"})

    def test_revision(self):
        self.job(load="rest", options=", snowflake_metadata = true")
        self.run_job()
        first = self.ddl()
        self.assertNotIn("_R2", first)
        warehouse = snowflake.Warehouse(first)
        old = objects(self.folder / "lake/k")
        self.job("id, t AS word", load="rest", options=", snowflake_metadata = true, header = true")
        second = self.ddl()  # before the job is started again
        self.append(range(ROWS, ROWS + 7))
        self.run_job()
        files = objects(self.folder / "lake/k")
        new = {path: data for path, data in files.items() if path not in old}
        self.assertEqual({path[:3] for path in new}, {"r2/"})
        third = self.ddl()
        for ddl in (second, third):
            self.assertIn('CREATE STAGE IF NOT EXISTS "DB"."SC"."K_STAGE_R2"', ddl)
            self.assertIn('ALTER TABLE "DB"."SC"."K" ADD COLUMN IF NOT EXISTS "WORD" VARCHAR;', ddl)
            self.assertIn("COMMENT = 'Weir job job, sink k, revision 2'", ddl)
            for _ in range(2):
                warehouse.run_again(ddl)
        self.assertEqual(list(warehouse.all("TABLE")["DB", "SC", "K"]), ["ID", "WEIR_FILE", "WEIR_ROW", "WORD"])
        self.assertEqual(warehouse.all("VIEW")["DB", "SC", "K_DEDUP"]["columns"], ["ID", "WORD", "WEIR_FILE", "WEIR_ROW"])
        rows = self.piped(warehouse, files)
        self.assertEqual(sorted((int(row["ID"]), row["WORD"]) for row in rows if row["WORD"]), [(n, f"t{n}") for n in range(ROWS, ROWS + 7)])
        self.assertEqual(sorted(int(row["ID"]) for row in rows), list(range(ROWS + 7)))
        self.assertEqual(len(re.findall(r"\('[^']*', \d+\)", commented_copies(third, "SELECT")[0])), 7)

    @staticmethod
    def piped(warehouse, files):
        """What all pipes load; each sees the objects below its stage. Folders of revisions lie below the first one's."""
        rows = []
        for pipe in warehouse.all("PIPE").values():
            name = pipe["copy"]["stage"][-1]
            below = "r2/" if name.endswith("_R2") else ""
            for path, data in files.items():
                if path.startswith(below) and re.fullmatch(pipe["copy"]["pattern"], path[len(below):]):
                    rows += warehouse.load_file(pipe["copy"], data, path[len(below):])
        return rows

    def test_damaged_state(self):
        """Names that can't be known are not guessed."""
        self.job()
        self.run_job()
        [marker] = (self.folder / ".weir").rglob("*.published")
        marker.write_text("x")
        done = weir.run("-q", "--snowflake-ddl", "-f", "job.sql", cwd=self.folder, check=None)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(done.stdout, "")

    def test_letters(self):
        """Late rows and dead letters of two streams: their tables get every line that was written, once, from where it lies."""
        (self.folder / "a.jsonl").write_text('{"at": "2026-01-01 00:10:00"}\n{"at": "2026-01-01 00:00:01"}\nbroken\n{"at": "2026-01-01 00:20:00"}\n')
        (self.folder / "b b.jsonl").write_text('[]\n{"at": "x"}\n{"at": "2026-01-01 00:20:00"}\n')
        (self.folder / "job.sql").write_text("".join(f"""
            CREATE STREAM "{name}" (at timestamp, WATERMARK FOR at AS at) WITH (connector = 'file', path = '{name}.jsonl', format = 'json',
                dead_letter_location = 'letters/');""" for name in ("a", "b b")) + """
            CREATE SINK k WITH (location = 'lake/', compression = 'gzip', late_location = 'letters/', snowflake_table = 'k', snowflake_load = 'copy',
                snowflake_late_table = 'late', snowflake_dead_table = 'dead')
            AS SELECT window_start, count(*) AS n FROM TUMBLE(a, at, INTERVAL '1 minute') GROUP BY window_start;
            CREATE SINK union_all WITH (location = 'both/', compression = 'zstd', snowflake_table = 'both', snowflake_load = 'copy',
                snowflake_dead_table = 'both_dead') AS SELECT at FROM a UNION ALL SELECT at FROM "b b";""")
        self.run_job()
        with open(self.folder / "a.jsonl", "a") as file:
            file.write('{"at": "2026-01-01 00:00:02"}\n')  # its window is closed by now
        self.run_job()
        ddl = self.ddl()
        warehouse = snowflake.Warehouse(ddl)
        for table, folders in (("LATE", ["late/k"]), ("DEAD", ["dead/a"]), ("BOTH_DEAD", ["dead/a", "dead/b%20b"])):
            copies = [copy for copy in warehouse.copies if copy["table"] == (table,)]
            places = re.findall(rf"""PUT 'file://{self.folder}/letters/([^*]*)/\*.jsonl\*' '@"{table}_STAGE""", ddl)
            self.assertEqual(places, folders)
            lines, rows = [], []
            for place, copy in zip(places, copies, strict=True):
                for path in (self.folder / "letters" / place).iterdir():
                    self.assertTrue(re.fullmatch(copy["pattern"], path.name))
                    lines += [json.loads(line) for line in snowflake.inflate(path.read_bytes(), "AUTO").splitlines()]
                    rows += warehouse.load_file(copy, path.read_bytes(), path.name)
            self.assertGreater(len(lines), 0, table)
            self.assertEqual([row["RECORD"] for row in rows], lines)
            self.assertEqual(len({(row["WEIR_FILE"], row["WEIR_ROW"]) for row in rows}), len(lines))


if __name__ == "__main__":
    unittest.main()
