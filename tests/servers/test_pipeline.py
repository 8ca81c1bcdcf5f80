"""test_pipeline.py: the whole way, as a user goes it: a producer, real Kafka, the main job, S3, and tables in Snowflake, whose rows are
asked for by weir snowflake query and must be PostgreSQL's recount of what was produced; once for each way of loading, in batches and as
a stream. The job is killed on the way, more than once. And mutants: tables with one thing wrong, each of which must be seen."""
import csv
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import unittest

from lib import clicks, pipeline, recount, servers, snowflake_jwt, weir

EVENTS, COMMIT_ROWS, SEED = 4000, 200, 11
COMPARED = ("clicks_raw", "campaign_minutes", "late")


class Input:
    """What is produced, once for all modes, and what must come of it, which follows from the input alone."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-pipeline-"))
        unittest.addModuleCleanup(shutil.rmtree, self.folder)
        self.folder.chmod(0o755)
        self.kafka, self.s3, self.postgres = map(servers.shared, (servers.Kafka, servers.S3Proxy, servers.Postgres))
        self.keys = [snowflake_jwt.KeyPair(self.folder, name=name) for name in ("admin", "loader")]
        self.made = clicks.make(self.folder, EVENTS, SEED, minutes=150, late=0.04, malformed=0.01, tombstones=0.002)
        self.topic = self.create_topic("whole")
        self.produce(self.topic, self.made.files)
        self.dead = sorted((str(p), str(o), sqlstate) for (p, o), (_, sqlstate) in self.made.malformed.items())
        (self.folder / "campaigns.csv").write_text(clicks.campaigns_csv(), encoding="utf-8")
        self.counted = self.recount("batch", ())

    def create_topic(self, name):
        return servers.create_topic(self.kafka, f"pipeline-{name}-{os.getpid()}", len(self.made.files))

    def produce(self, topic, files):
        subprocess.run([weir.BUILD / "bench" / "produce_lines", self.kafka.brokers, topic, *files], check=True)

    def parts(self):
        """The files in two parts, by the numbers of events, which is by event time."""
        heads, tails = [], []
        for path in self.made.files:
            lines = path.read_bytes().splitlines(keepends=True)
            numbers = [int(found[1], 16) if (found := re.match(rb'{"event_id":"([0-9a-f]{8})-', line)) else 0 for line in lines]
            at = next(index for index, number in enumerate(numbers) if number >= EVENTS // 2)
            for name, part, files in (("head", lines[:at], heads), ("tail", lines[at:], tails)):
                files.append(path.with_suffix(f".{name}"))
                files[-1].write_bytes(b"".join(part))
        return heads, tails

    def recount(self, name, late, **options):
        counted = recount.Recount(self.postgres, self.folder, f"pipeline_{name}", COMMIT_ROWS)
        unittest.addModuleCleanup(counted.drop)
        counted.load(self.made.files, self.folder / "campaigns.csv")
        counted.divert(self.dead, late)
        counted.derive(**options)
        return counted


def setUpModule():
    Pipeline.input = Input()


class Pipeline:
    """One way of loading: after this set-up everything is in its tables."""

    input = None
    mode = None
    kills = ("publish.after:9", "commit.after:6")  # failure points at which the job dies, one start after the other
    ends = (-signal.SIGKILL, -signal.SIGKILL, 0)
    least, fewest_commits = 10, 7  # rows of a table; epochs
    topic = counted = None  # those of the input

    @classmethod
    def setUpClass(cls):
        cls.folder = cls.input.folder / cls.mode
        cls.snow = pipeline.Warehouse(cls.input.postgres, cls.input.s3.client(), cls.input.keys)
        cls.addClassCleanup(cls.snow.close)
        cls.counted = cls.input.counted
        cls.job = pipeline.LoadedJob(cls.folder, cls.mode, COMMIT_ROWS, cls.input.s3, brokers=cls.input.kafka.brokers,
                                     topic=cls.topic or cls.input.topic)
        cls.snow.apply(cls.job)
        cls.snow.admit(cls.job)
        # pipes that load by themselves alone may listen to it
        cls.told = cls.snow.notifications(cls.job, SEED, duplicate=0.3, lost=0.1)
        cls.codes = cls.run_all()
        cls.after_the_run()
        cls.problems = cls.snow.settle()

    @classmethod
    def run_all(cls):
        """The exit codes of as many starts as it takes."""
        return [cls.run_job(point) for point in (*cls.kills, None)]

    @classmethod
    def run_job(cls, point=None):
        """A start of the job, which is killed at a failure point, and what S3 tells of meanwhile; its exit code."""
        armed = {"WEIR_FAILURE_POINT": point} if point else {}
        done = cls.job.run(check=None, env={**cls.snow.environment(), **armed})
        if done.returncode not in (0, -signal.SIGKILL):
            raise AssertionError(f"exit code {done.returncode}: {done.stderr}")
        cls.told.poll(last=point is None)
        return done.returncode

    @classmethod
    def after_the_run(cls):
        """What is left to do when the job has ended."""

    def differences(self, name, view=""):
        """How many rows of the recount are not in a table, or in its view, how many more are there than should be, and samples."""
        expected, *found = self.counted.compare(name, self.snow.rows(name, self.folder, view))
        self.assertGreaterEqual(expected, self.least)
        return tuple(found)

    def assert_equal(self, name, view=""):
        *numbers, samples = self.differences(name, view)
        self.assertEqual(numbers, [0, 0], samples)

    def test_a1_tables_are_the_recount(self):
        for name in COMPARED:
            with self.subTest(name):
                self.assert_equal(name)
        self.assertEqual(sorted(self.snow.rows("dead", self.folder)), self.input.dead)

    def test_a2_the_job_was_killed_and_has_files_enough(self):
        self.assertEqual(self.codes, list(self.ends))
        kept = self.job.fetch().state.check()
        self.assertGreaterEqual(len(kept.commits), self.fewest_commits)
        self.assertEqual(sorted(item["location"] + item["key"] for item in kept.listed()), self.job.out())
        self.assertEqual(self.problems, [])

    def test_a3_every_object_is_loaded_once(self):
        self.assertEqual(self.snow.loaded(), [(url, "Loaded") for url in self.job.out()])
        compared = [statement for statement in self.snow.commented(self.job, "SELECT") if "COPY_HISTORY" in statement]
        self.assertEqual(len(compared), len(pipeline.TABLES))
        for statement in compared:
            self.assertEqual(self.snow.select(statement.rstrip(";\n"), self.folder), [])

    def test_a5_verify_says_so(self):
        done = weir.run(*self.job.command_line("verify", "--snowflake", "-q", "-t", "--csv"), check=0,
                        env={**self.job.environment, **self.snow.environment()})
        tables = {".".join((pipeline.DATABASE, *name)) for name in pipeline.TABLES.values()}
        told = {name: counts for name, *counts in csv.reader(done.stdout.splitlines()) if name in tables}
        self.assertEqual(set(told), tables)
        for files, _, loaded, *others in told.values():
            self.assertEqual((loaded, set(others)), (files, {"0"}))
        self.assertEqual(sum(int(files) for files, *_ in told.values()), len(self.job.out()))

    def test_b1_again(self):
        """The job is started once more: nothing comes of it."""
        self.assertEqual(self.run_job(), 0)
        self.assertEqual(self.snow.settle(), [])
        self.test_a1_tables_are_the_recount()


class AutoIngest(Pipeline, unittest.TestCase):
    mode = "auto_ingest"

    @classmethod
    def after_the_run(cls):
        """Notifications that were lost: the pipes look by themselves."""
        cls.snow.settle()
        cls.loaded_before = cls.snow.loaded()
        cls.snow.refresh(cls.job)

    def test_a4_notifications_were_lost(self):
        not_told = {f"s3://{self.job.bucket}/{key}" for key in self.told.never} & set(self.job.out())
        self.assertGreater(len(not_told), 1)
        self.assertEqual({url for url, _ in self.loaded_before}, set(self.job.out()) - not_told)

    def test_c1_a_change_of_a_table_is_seen(self):
        mutants = {
            "clicks_raw": {
                "a row is there twice": "INSERT INTO TABLE SELECT * FROM TABLE LIMIT 1",
                "a row is not there": "DELETE FROM TABLE WHERE ctid = (SELECT max(ctid) FROM TABLE)",
                "an empty text for NULL": """UPDATE TABLE SET "COUNTRY" = '' WHERE ctid = (SELECT max(ctid) FROM TABLE WHERE "COUNTRY" IS NULL)""",
                "NULL for an empty text": """UPDATE TABLE SET "COUNTRY" = NULL WHERE ctid = (SELECT max(ctid) FROM TABLE WHERE "COUNTRY" = '')""",
                "a microsecond": """UPDATE TABLE SET "EVENT_TIME" = "EVENT_TIME" + '1 us' WHERE ctid = (SELECT max(ctid) FROM TABLE)""",
                "a file is not loaded": """DELETE FROM TABLE WHERE "WEIR_FILE" = (SELECT max("WEIR_FILE") FROM TABLE)""",
                "a file is loaded twice": """INSERT INTO TABLE SELECT * FROM TABLE WHERE "WEIR_FILE" = (SELECT max("WEIR_FILE") FROM TABLE)""",
                "columns are swapped": 'UPDATE TABLE SET "EVENT_TYPE" = "CAMPAIGN_ID", "CAMPAIGN_ID" = "EVENT_TYPE"'},
            "campaign_minutes": {
                "a row is there twice": "INSERT INTO TABLE SELECT * FROM TABLE LIMIT 1",
                "0 for NULL": 'UPDATE TABLE SET "REVENUE" = 0 WHERE ctid = (SELECT max(ctid) FROM TABLE WHERE "REVENUE" IS NULL)',
                "an empty text for NULL": """UPDATE TABLE SET "CAMPAIGN" = '' WHERE ctid = (SELECT max(ctid) FROM TABLE WHERE "CAMPAIGN" IS NULL)""",
                "columns are swapped": 'UPDATE TABLE SET "VIEWS" = "USERS", "USERS" = "VIEWS"'},
            "late": {
                "a row is there twice": "INSERT INTO TABLE SELECT * FROM TABLE LIMIT 1",
                "a row is not there": "DELETE FROM TABLE WHERE ctid = (SELECT max(ctid) FROM TABLE)"}}
        expected = {"a row is there twice": (0, 1), "a row is not there": (1, 0)}
        for name, changes in mutants.items():
            for mutant, sql in changes.items():
                with self.subTest(mutant, table=name), self.snow.changed(name, sql):
                    missing, surplus, _ = self.differences(name)
                    self.assertNotEqual((missing, surplus), (0, 0))
                    if mutant in expected:
                        self.assertEqual((missing, surplus), expected[mutant])
            self.assert_equal(name)

    def test_c2_pipes_made_anew_load_all_again(self):
        """Which nobody should do: the rows are doubled, and the view still has each once. It stays so: the last test."""
        raw = ("ANALYTICS", "LAKE", "CLICKS_RAW_PIPE")
        self.snow.account.script(f'CREATE OR REPLACE PIPE {".".join(raw)} AUTO_INGEST = TRUE AS '
                                 + self.snow.account.things["PIPE", raw].body["definition"])
        self.snow.notifications(self.job, SEED).poll(last=True)
        self.snow.settle()
        there = self.counted.number("SELECT count(*) FROM expected_clicks_raw")
        self.assertEqual(self.differences("clicks_raw")[:2], (0, there))
        self.assert_equal("clicks_raw", "_dedup")


class Rest(Pipeline, unittest.TestCase):
    """A stream, whose rows are in the tables while it runs; a batch closes the windows in the end."""

    mode = "rest"
    ends = (-signal.SIGKILL, -signal.SIGKILL, 0, 0)
    least, fewest_commits = 0, 2  # where its cuts lie is not known, and so which rows are late

    @classmethod
    def setUpClass(cls):
        cls.topic = cls.input.create_topic("stream")
        super().setUpClass()

    @classmethod
    def run_all(cls):
        head, tail = cls.input.parts()
        cls.input.produce(cls.topic, head)
        stream = cls.start()
        cls.snow.account.wait(lambda: cls.count_raw() > 0)
        codes = [cls.end(stream, signal.SIGKILL)]
        cls.input.produce(cls.topic, tail)
        codes.append(cls.end(cls.start(WEIR_FAILURE_POINT="mark_loaded.before")))
        stream = cls.start()
        cls.snow.account.wait(lambda: cls.count_raw() == cls.input.counted.number("SELECT count(*) FROM expected_clicks_raw"))
        codes += [cls.end(stream, signal.SIGTERM), cls.run_job()]
        cls.late = cls.snow.rows("late", cls.folder)
        cls.counted = cls.input.recount("stream", cls.late, streamed=True)
        return codes

    @classmethod
    def start(cls, **env):
        process = cls.job.start(batch=False, settings=("commit_interval = '200 ms'",), env={**cls.snow.environment(), **env})
        cls.addClassCleanup(process.communicate)
        cls.addClassCleanup(process.kill)
        return process

    @staticmethod
    def end(process, number=None):
        """The exit code of a process that runs until now, and gets a signal, or that ends by itself."""
        if number and process.poll() is None:
            process.send_signal(number)
        process.communicate(timeout=60)
        return process.returncode

    @classmethod
    def count_raw(cls):
        return len(cls.snow.account.rows((pipeline.DATABASE, *pipeline.TABLES["clicks_raw"])))

    def test_a6_late_is_what_lay_behind(self):
        self.assertEqual({(int(p), int(o)) for p, o, *_ in self.late} - self.input.made.late, set())


class Copy(Pipeline, unittest.TestCase):
    mode = "copy"
    kills = ("publish.after:9", "mark_loaded.before:2")

    def test_b2_by_hand(self):
        """An administrator runs the COPY of each table, which stand in comments: all objects are loaded already."""
        copies = self.snow.commented(self.job, "COPY INTO")
        self.assertEqual(len(copies), len(pipeline.TABLES))
        for statement in copies:
            self.assertEqual(self.snow.select(statement.rstrip(";\n"), self.folder, user="admin"),
                             [("Copy executed with 0 files processed.",)])
        self.test_a1_tables_are_the_recount()


if __name__ == "__main__":
    unittest.main()
