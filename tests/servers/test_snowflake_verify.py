"""test_snowflake_verify.py: weir verify --snowflake, as the user that the statements make, before the tests' Snowflake and objects on
S3: what is not loaded, not loaded right, or not this job's is found, and what is printed as the remedy, pasted by an administrator,
mends it. Ages are those of Snowflake's clock."""
import csv
import gzip
import json
import re
import unittest

from lib import pipeline, servers, snowflake_jwt, suite, weir
from lib.snowflake_server import Rule

OPTIONS = """format = 'csv', compression = 'gzip', snowflake_load = :'mode', snowflake_integration = 'lake',
    snowflake_aws_role = 'arn:aws:iam::123456789012:role/snowflake', snowflake_warehouse = 'loading'"""
JOB = f"""
CREATE STREAM s (day text, v bigint, t timestamptz NOT NULL, WATERMARK FOR t AS t)
WITH (connector = 'file', path = :'input', format = 'json', dead_letter_location = :'letters');
CREATE SINK raw WITH (location = :'raw', {OPTIONS}, partition_by = 'day', snowflake_metadata = true,
    snowflake_table = 'analytics.lake.raw', snowflake_dead_table = 'analytics.lake.dead') AS SELECT day, v FROM s;
CREATE SINK sums WITH (location = :'sums', {OPTIONS}, snowflake_table = 'analytics.lake.sums', late_location = :'letters',
    snowflake_late_table = 'analytics.lake.sums_late')
AS SELECT window_start, sum(v) AS n FROM TUMBLE(s, t, INTERVAL '1 minute') GROUP BY window_start, window_end;
"""
TABLES = ["ANALYTICS.LAKE.RAW", "ANALYTICS.LAKE.DEAD", "ANALYTICS.LAKE.SUMS", "ANALYTICS.LAKE.SUMS_LATE"]
FINDINGS = "finding,epoch,table,object,detail"
COUNTS = "table,files,rows,loaded,pending,unknown,foreign,failed,skipped,different,twice,missing"
RAW = TABLES[0]


class Job:
    """A folder with the job; what it writes lies in a bucket of its own, the state beside it."""

    def __init__(self, folder, server, mode, text=JOB):
        self.folder, self.server, self.sql = folder, server, folder / "job.sql"
        self.bucket, self.client, self.environment = server.bucket("verify"), server.client(), server.environment()
        self.sql.write_text(text)
        (folder / "input.jsonl").write_text("")
        self.variables = {"mode": mode, "input": folder / "input.jsonl", "out": folder / "out",
                          **{name: f"s3://{self.bucket}/{name}/" for name in ("raw", "sums", "letters")}}

    def command_line(self, *words):
        return [*words, *(word for name, value in self.variables.items() for word in ("-v", f"{name}={value}")), "-f", self.sql]

    def feed(self, minutes, *lines):
        with (self.folder / "input.jsonl").open("a") as file:
            for i in minutes:
                file.write(json.dumps({"day": f"d/{i % 2}", "v": i, "t": f"2024-01-01T{i // 60:02}:{i % 60:02}:00Z"}) + "\n")
            file.writelines(line + "\n" for line in lines)

    def run(self, env, *settings):
        weir.run("-q", *self.command_line(), *(word for each in settings for word in ("-c", each)), "-c", "RUN UNTIL LATEST", check=0, env={**self.environment, **env})

    def keys(self, prefix=""):
        return [key for key in self.client.list(self.bucket, prefix) if "/." not in key]


@suite.needs_servers
class WithJob(unittest.TestCase):
    """A job whose tables are made, and that has run once: nothing is loaded yet."""

    mode, text, tables = "auto_ingest", JOB, TABLES

    @classmethod
    def setUpClass(cls):
        cls.keys = [snowflake_jwt.KeyPair(weir.scratch(cls, "keys"), name=name) for name in ("admin", "loader", "other")]
        cls.s3, cls.postgres = servers.shared(servers.S3Proxy), servers.shared(servers.Postgres)

    def setUp(self):
        self.job = Job(weir.scratch(type(self), "verify"), self.s3, self.mode, self.text)
        self.snow = pipeline.Warehouse(self.postgres, self.s3.client(), self.keys[:2])
        self.addCleanup(self.snow.close)
        self.account = self.snow.account
        self.snow.apply(self.job)
        self.snow.admit(self.job)
        self.told = self.snow.notifications(self.job, 1, reorder=False)
        self.job.feed(range(10, 20), "{bad")
        self.run_job()
        self.job.feed([*range(20, 30), 1])
        self.run_job()

    def run_job(self):
        self.job.run(self.snow.environment())

    def load(self, but=()):
        """S3 tells of every object but some, and all is loaded."""
        self.told.seen.update(but)
        self.told.poll(last=True)
        self.assertEqual(self.snow.settle(), [])

    def weir(self, *words, code, env=None, **options):
        return weir.run(*self.job.command_line(*words), check=code, **options,
                        env={**self.job.environment, **self.snow.environment(), **(env or {})})

    def verify(self, code=0, *words, **options):
        """Findings as (finding, table, object, detail), counts by table, and the remedies' text."""
        done = self.weir("verify", "--snowflake", "--csv", *words, code=code, **options)
        self.notices = done.stderr
        lines = done.stdout.splitlines()
        at = lines.index(COUNTS)
        found = [row[:1] + row[2:] for row in csv.reader(lines[lines.index(FINDINGS) + 1:at])] if FINDINGS in lines else []
        rows = [row for row in csv.reader(lines[at + 1:]) if row and row[0] in self.tables]
        counts = {row[0]: dict(zip(COUNTS.split(",")[1:], map(int, row[1:]))) for row in rows}
        self.assertEqual(list(counts), self.tables)
        remedies = "\n".join(lines[at + 1 + len(self.tables):])
        for name in ("failed", "skipped", "different", "twice", "missing"):
            self.assertEqual(sum(count[name] for count in counts.values()), sum(row[0] == name for row in found))
        if code == 4:
            said = ", ".join(f"{n} {name}" for name in ("pending", "failed", "skipped", "different", "twice", "missing")
                             if (n := sum(row[0] == name for row in found)))
            self.assertEqual(done.stderr.splitlines()[-1],
                             f'ERROR:  what Snowflake has of job "job" is not what its manifests say: {said}')
        self.assertEqual(bool(found), code == 4)
        self.assertEqual(bool(remedies), code == 4)
        return found, counts, remedies

    def paste(self, remedies):
        """An administrator runs what is printed."""
        self.assertTrue(re.search("^[^-\n]", remedies, re.M), remedies)
        self.account.script(remedies, database="ANALYTICS", schema="LAKE")
        self.assertEqual(self.snow.settle(), [])

    def url(self, key):
        return f"s3://{self.job.bucket}/{key}"

    def one(self, prefix="raw/"):
        """Of the objects below a prefix the first."""
        return self.job.keys(prefix)[0]

    def assert_right(self):
        found, counts, _ = self.verify()
        self.assertEqual(found, [])
        for table, count in counts.items():
            self.assertGreater(count["files"], 0, table)
            self.assertEqual(count["loaded"], count["files"], table)
        return counts


class Findings(WithJob):
    def test_all_is_loaded(self):
        self.load()
        counts = self.assert_right()
        self.assertEqual(sum(count["files"] for count in counts.values()), len(self.job.keys()))
        self.assertEqual([count["rows"] for count in counts.values()], [21, 1, counts[TABLES[2]]["rows"], 1])
        self.assertEqual(self.notices, "")

    def test_what_is_out_for_a_while_is_pending(self):
        found, counts, _ = self.verify()
        self.assertEqual((found, [count["pending"] == count["files"] > 0 for count in counts.values()]), ([], [True] * 4))
        self.account.advance(minutes=61)
        found, counts, remedies = self.verify(4)
        self.assertEqual(sorted(row[2] for row in found), sorted(map(self.url, self.job.keys())))
        self.assertEqual({(row[0], row[3][:10]) for row in found}, {("pending", "out since ")})
        self.paste(remedies)
        self.assert_right()

    def test_a_lost_notification(self):
        lost = [key for key in self.job.keys("raw/") if "/day=d%2F1/" in key]
        self.assertGreater(len(lost), 1)
        self.load(but=lost)
        self.assertEqual(self.verify()[1][RAW]["pending"], len(lost))
        self.account.advance(hours=2)
        found, counts, remedies = self.verify(4)
        self.assertEqual([row[:3] for row in found], [["pending", RAW, self.url(key)] for key in lost])
        self.assertIn("""ALTER PIPE "ANALYTICS"."LAKE"."RAW_PIPE" REFRESH PREFIX = 'day=d%2F1/';""", remedies)
        self.paste(remedies)
        self.assert_right()

    def test_too_late_for_refresh(self):
        self.load(but=[self.one()])
        self.account.advance(days=8)
        _, _, remedies = self.verify(4)
        self.assertNotIn("REFRESH;", remedies)
        self.paste(remedies)
        self.assert_right()

    def test_a_bad_file(self):
        key = self.one()
        good = self.job.client.get(self.job.bucket, key)
        self.job.client.put(self.job.bucket, key, gzip.compress(b"d/0,many\n"))
        self.load()
        self.job.client.put(self.job.bucket, key, good)
        found, counts, remedies = self.verify(4)
        self.assertEqual([row[:3] for row in found], [["failed", RAW, self.url(key)]])
        self.assertIn("many", found[0][3])
        self.assertEqual(counts[RAW]["loaded"], counts[RAW]["files"] - 1)
        self.paste(remedies)
        self.assert_right()

    def test_changed_rows(self):
        keys = [key for key in self.job.keys("raw/") if "/day=d%2F0/" in key][:2]
        good = [self.job.client.get(self.job.bucket, key) for key in keys]
        lines = [gzip.decompress(data).splitlines(keepends=True) for data in good]
        for key, changed in zip(keys, (lines[0] + lines[0][:1], lines[1][1:])):
            self.job.client.put(self.job.bucket, key, gzip.compress(b"".join(changed)))
        self.load()
        for key, data in zip(keys, good):
            self.job.client.put(self.job.bucket, key, data)
        found, _, remedies = self.verify(4)
        self.assertEqual(found, [["different", RAW, self.url(keys[0]), f"{len(lines[0]) + 1} rows, not {len(lines[0])}"],
                                 ["different", RAW, self.url(keys[1]), f"{len(lines[1]) - 1} rows, not {len(lines[1])}"]])
        values = self.values()
        self.paste_comments(remedies)
        self.assertNotEqual(values, self.values())
        self.assertEqual(self.values(), sorted([*range(10, 30), 1]))

    def test_a_paused_pipe(self):
        self.account.script("ALTER PIPE ANALYTICS.LAKE.SUMS_PIPE SET PIPE_EXECUTION_PAUSED = TRUE")
        self.told.poll(last=True)
        self.account.wait(lambda: not any(pipe.queue for pipe in self.account.loads.pipes.values() if not pipe.paused))
        found, counts, remedies = self.verify(4)
        self.assertEqual({(row[0], row[1], row[3].partition("; ")[2]) for row in found},
                         {("pending", TABLES[2], "the pipe is PAUSED")})
        self.assertEqual(counts[TABLES[2]]["pending"], counts[TABLES[2]]["files"])
        self.paste(remedies)
        self.assert_right()

    def test_loaded_by_a_pipe_and_by_copy(self):
        self.load()
        [copy] = [text for text in self.snow.commented(self.job, "COPY INTO") if '"RAW" ' in text]
        self.account.script(copy)
        found, counts, remedies = self.verify(4)
        self.assertEqual(sorted(row[2] for row in found), [self.url(key) for key in self.job.keys("raw/")])
        for verdict, table, _, detail in found:
            self.assertEqual((verdict, table), ("twice", RAW))
            self.assertRegex(detail, r"^(\d+) rows by (pipe RAW_PIPE|COPY) at .*, \1 rows by (pipe RAW_PIPE|COPY) at ")
        self.assertEqual(self.values(), sorted([*range(10, 30), 1] * 2))
        self.paste_comments(remedies)
        self.assertEqual(self.values(), sorted([*range(10, 30), 1]))

    def paste_comments(self, remedies):
        """What removes rows is a comment until somebody has looked."""
        self.assertNotRegex(remedies, "(?m)^[^-\n]")
        [text] = re.findall(r"^-- BEGIN;\n-- (DELETE .*?;)\n-- COMMIT;$", remedies, re.M | re.S)
        self.account.script(text.replace("\n-- ", "\n"))

    def values(self):
        return sorted(int(row[0]) for row in self.account.query("SELECT V FROM ANALYTICS.LAKE.RAW"))

    def test_other_files(self):
        self.load()
        key = self.one()
        name = key.removeprefix("raw/")
        self.account.script(f"CREATE STAGE ANALYTICS.LAKE.OTHER URL = 's3://{self.job.bucket}/raw/' STORAGE_INTEGRATION = LAKE "
                            "FILE_FORMAT = (FORMAT_NAME = ANALYTICS.LAKE.RAW_FORMAT)")
        for other in (f"deep/{name}", name.rpartition("/")[2]):  # one ends as a key of the job does, one is the end of one
            self.job.client.put(self.job.bucket, "raw/" + other, self.job.client.get(self.job.bucket, key))
            self.account.script(f"COPY INTO ANALYTICS.LAKE.RAW (\"DAY\", \"V\") FROM @ANALYTICS.LAKE.OTHER FILES = ('{other}')")
            self.job.client.delete(self.job.bucket, "raw/" + other)
        found, counts, _ = self.verify()
        self.assertEqual((found, counts[RAW]["foreign"]), ([], 2))
        self.assertIn("2 files of Snowflake's load history are known to no manifest", self.notices)

    def test_older_than_the_history(self):
        self.load(but=[self.one()])
        self.account.advance(days=13)
        self.verify(4)
        self.account.advance(days=2)
        found, counts, _ = self.verify()
        self.assertEqual((found, [(c["unknown"] == c["files"], c["loaded"]) for c in counts.values()]), ([], [(True, 0)] * 4))
        self.assertIn(f"NOTICE:  {len(self.job.keys())} objects can't be judged in Snowflake", self.notices)
        before = len(self.job.keys())
        self.job.feed(range(40, 45))
        self.run_job()  # by its own clock long ago
        self.assertGreater(len(self.job.keys()), before)

    def test_both_checks(self):
        self.load()
        key = self.one()
        self.job.client.delete(self.job.bucket, key)
        done = self.weir("verify", "--snowflake", "--quick", code=4)
        self.assertEqual(done.stderr.splitlines()[-1], 'ERROR:  what is there of job "job" is not what its manifests say: 1 missing')
        self.account.pg.query("DELETE FROM snowflake.history WHERE \"TABLE_NAME\" = 'SUMS'")
        self.account.advance(hours=2)
        done = self.weir("verify", "--snowflake", "--quick", code=4)
        self.assertRegex(done.stderr.splitlines()[-1], r"say: 1 missing; nor is what Snowflake has: \d+ pending$")
        done = self.weir("verify", "--snowflake", "--quick", "-q", code=4)
        self.assertNotIn("ALTER PIPE", done.stdout)


class Uploaded(WithJob):
    """Objects in a directory, which a person brings to where Snowflake finds them: a stage of its own, or a bucket."""

    mode, options, tables = "auto_ingest", "", [RAW]
    text = """
CREATE STREAM s (day text, v bigint, t timestamptz NOT NULL, WATERMARK FOR t AS t) WITH (connector = 'file', path = :'input', format = 'json');
CREATE SINK raw WITH (location = :'out', format = 'csv', partition_by = 'day', snowflake_load = :'mode', snowflake_warehouse = 'loading',
    snowflake_table = 'analytics.lake.raw'{}) AS SELECT day, v FROM s;
"""

    def setUp(self):
        self.text = self.text.format(self.options)
        super().setUp()

    def objects(self):
        out = self.job.folder / "out"
        return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*.csv"))}

    def upload(self):
        for key, data in self.objects().items():
            self.account.put(("ANALYTICS", "LAKE", "RAW_STAGE"), key, data)

    def test_uploaded(self):
        self.assertEqual(self.verify()[1][RAW]["pending"], len(self.objects()))
        self.account.advance(minutes=59)
        self.verify()
        self.upload()
        self.account.advance(minutes=2)
        found, _, remedies = self.verify(4)
        self.assertEqual([row[:2] for row in found], [["pending", RAW]] * len(self.objects()))
        self.paste(remedies)
        self.assert_right()


class UploadedRest(Uploaded):
    mode = "rest"


class UploadedCopy(Uploaded):
    mode = "copy"


class UploadedForTask(Uploaded):
    mode, options = "copy", ", snowflake_task_minutes = 30"


class CopiedToBucket(Uploaded):
    def setUp(self):
        bucket = self.s3.bucket("copied")
        self.options = (f", snowflake_url = 's3://{bucket}/x/', snowflake_integration = 'lake', "
                        "snowflake_aws_role = 'arn:aws:iam::123456789012:role/snowflake'")
        super().setUp()
        self.job.bucket = bucket

    def upload(self):
        for key, data in self.objects().items():
            self.job.client.put(self.job.bucket, "x/" + key, data)


class Changed(WithJob):
    """A sink whose query was changed: what is printed of what is left in Snowflake is what must go."""

    def change(self):
        """The definition of the sums, which their state does not fit; an administrator adds the column."""
        self.load()
        self.job.sql.write_text(JOB.replace("sum(v) AS n", "sum(v) AS n, count(*) AS c"))
        self.account.script('ALTER TABLE ANALYTICS.LAKE.SUMS ADD COLUMN C NUMBER(19,0)')
        return self.weir("reset", "--yes", "--sink=sums", code=0).stdout

    def go_on(self):
        self.snow.apply(self.job)
        self.job.feed(range(40, 50))
        self.run_job()
        self.load()

    def sums(self):
        return [int(row[0]) for row in self.account.query("SELECT C FROM ANALYTICS.LAKE.SUMS WHERE C IS NOT NULL")]

    def test_reset(self):
        printed = self.change()
        self.paste("".join(line + "\n" for line in printed.splitlines() if line.startswith("DROP ")))
        self.assertNotIn(("PIPE", ("ANALYTICS", "LAKE", "SUMS_PIPE")), self.account.things)
        self.go_on()
        self.assertEqual(self.sums(), [1] * 9)
        self.assert_right()

    def test_reset_without(self):
        self.change()
        self.go_on()
        self.assertEqual(self.sums(), [])
        self.assertEqual({tuple(row[:2]) for row in self.verify(4)[0]}, {("failed", TABLES[2])})

    def test_earlier_revisions(self):
        self.load()
        self.job.sql.write_text(JOB.replace("SELECT day, v FROM s", "SELECT day, v, v + 1 AS w FROM s"))
        self.job.feed(range(40, 50))
        self.run_job()
        self.snow.apply(self.job)
        drops = self.snow.commented(self.job, "DROP")
        self.account.script("".join(drops))
        self.assertEqual([text.split()[1] for text in drops], ["PIPE", "STAGE", "FILE"])
        self.load()
        found, counts, remedies = self.verify()
        self.assertEqual((found, counts[RAW]["pending"]), ([], 0))
        self.assertEqual(len(self.account.query("SELECT W FROM ANALYTICS.LAKE.RAW WHERE W IS NOT NULL")), 10)
        self.assertIn("/raw/r2/", "\n".join(map(self.url, self.job.keys("raw/"))))


class ByTheJob(WithJob):
    """What the job loads itself, it remembers longer than Snowflake."""

    mode = "rest"

    def test_it_remembers(self):
        self.assert_right()
        self.account.advance(days=15)
        self.assert_right()

    def test_a_table_made_anew(self):
        [made] = [text for text in self.printed("CREATE TABLE") if '"SUMS"' in text]
        self.account.script(f"DROP TABLE ANALYTICS.LAKE.SUMS; {made}; GRANT SELECT ON TABLE ANALYTICS.LAKE.SUMS TO ROLE WEIR_JOB")
        found, counts, remedies = self.verify(4)
        self.assertEqual({tuple(row[:2]) for row in found}, {("missing", TABLES[2])})
        self.assertEqual(counts[TABLES[2]]["missing"], counts[TABLES[2]]["files"])
        self.paste(remedies)
        self.assert_right()

    def test_left_to_others(self):
        self.job.feed(range(50, 60))
        self.job.run({}, "SET snowflake.load = off")
        self.assertGreater(self.verify()[1][RAW]["pending"], 0)
        self.account.advance(hours=2)
        _, _, remedies = self.verify(4)
        self.paste(remedies)
        self.assert_right()
        self.run_job()
        self.assert_right()

    def printed(self, first):
        ddl = self.weir("--snowflake-ddl", code=0).stdout
        return re.findall(rf"^{first} .*?(?=;$)", ddl, re.M | re.S)


class ByCopy(ByTheJob):
    mode = "copy"


class Refusals(WithJob):
    def fails(self, code, text, **env):
        done = self.weir("verify", "--snowflake", code=code, env=env)
        self.assertIn(text, done.stderr)
        return done

    def test_refusals(self):
        self.load()
        self.fails(2, "could not reach", SNOWFLAKE_HOST="http://127.0.0.1:1")
        self.fails(2, "JWT token is invalid", SNOWFLAKE_PRIVATE_KEY_PATH=str(self.keys[2].private))
        self.fails(3, "snowflake.account is not set", SNOWFLAKE_ACCOUNT="")
        self.account.script("CREATE ROLE NOBODY; GRANT ROLE NOBODY TO USER loader; GRANT USAGE ON WAREHOUSE LOADING TO ROLE NOBODY; "
                            "GRANT USAGE ON DATABASE ANALYTICS TO ROLE NOBODY; GRANT USAGE ON SCHEMA ANALYTICS.LAKE TO ROLE NOBODY")
        done = self.fails(3, "does not exist or not authorized", SNOWFLAKE_ROLE="nobody")
        self.assertIn("CONTEXT:  load history of ANALYTICS.LAKE.RAW\n", done.stderr)
        self.assertIn("HINT:  weir snowflake apply", done.stderr)
        self.account.script("DROP TABLE ANALYTICS.LAKE.SUMS")
        done = self.fails(3, "does not exist or not authorized")
        self.assertIn("CONTEXT:  load history of ANALYTICS.LAKE.SUMS\n", done.stderr)

    def test_usage(self):
        done = self.weir("--snowflake", code=1)
        self.assertIn("--snowflake belongs to verify", done.stderr)
        plain = re.sub(r"(,\s*)?snowflake_\w+ = [^,)]+", "", JOB)
        self.assertNotIn("snowflake", plain)
        self.job.sql.write_text(plain)
        done = self.weir("verify", "--snowflake", code=3)
        self.assertIn("no sink names a Snowflake table", done.stderr)

    def test_faults(self):
        self.load()
        for fault in ("429", "503", "reset-after", "slow"):
            self.snow.server.rules = [Rule(fault, "submit", skip=2)]
            self.assert_right()


if __name__ == "__main__":
    unittest.main()
