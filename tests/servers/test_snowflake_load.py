"""test_snowflake_load.py: jobs that load their tables themselves, before the tests' Snowflake, which reads the objects from a real S3:
rows of the tables equal the input, whatever befalls the calls, the pipes and the job."""
import csv
import json
import re
import signal
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

    def start(self):
        process = weir.start("--batch", *self.define(), env=self.environment(), cwd=self.work)
        self.addCleanup(process.kill)
        return process

    def kill_while_held(self, condition):
        """Loading is held up, and stays so; the job is killed when the condition is true."""
        self.hold(True)
        process = self.start()
        self.account.wait(condition)
        process.kill()
        process.communicate()

    def show(self, *statements):
        return weir.run("-q", "-A", "-t", "--check", *self.define(), *(word for each in statements for word in ("-c", each)),
                        env=self.environment(), cwd=self.work, check=0).stdout

    def rows(self, table="K", columns="*"):
        return sorted(self.account.query(f"SELECT {columns} FROM DB.SC.{table}"), key=str)

    def ids(self):
        return sorted(int(row[0]) for row in self.rows(columns="ID"))

    def objects(self, folder="out/"):
        """Below the sink's location, without what the store is tried with."""
        return sorted(key for key in self.client_of_s3.list(self.bucket, folder) if "/." not in key)

    def calls(self, call):
        return [seen for seen in self.server.seen if seen.call == call]


class Both:
    """What holds for both ways of loading."""

    def test_all_tables(self):
        """Late rows and dead letters are loaded as the rows are; nothing is loaded twice by a second run."""
        self.extra = (f", late_location = 's3://{self.bucket}/letters/', snowflake_late_table = 'db.sc.late', "
                      "snowflake_dead_table = 'db.sc.dead'")
        self.query = "SELECT window_start, count(id) AS n FROM TUMBLE(s, at, INTERVAL '1 second') GROUP BY window_start"
        self.settings = ["max_drift = '0s'"]
        records = [record(n) for n in range(40)]
        records[30]["at"], records[35]["id"] = "2026-01-01T00:00:02Z", "x"
        self.write(records)
        applied = self.apply()
        self.assertNotIn("COPY INTO", applied)
        self.run_job()
        self.run_job()
        self.assertEqual(len(self.rows(columns="WINDOW_START, N")), 38)
        self.assertEqual(self.rows("LATE", "RECORD:offset::INT"), [["30"]])
        self.assertEqual(self.rows("DEAD", "RECORD:offset::INT"), [["35"]])

    def test_a_bad_row(self):
        """The file is skipped; the others are loaded, the run ends with an error that says where and why."""
        self.account.script("CREATE TABLE DB.SC.K (ID NUMBER(19,0), NAME VARCHAR(4), AT TIMESTAMP_TZ(6))")
        records = [record(n) for n in range(20)]
        records[7]["name"] = "too long"
        self.write(records)
        self.apply()
        err = self.run_job(check=4)
        self.assertEqual(self.ids(), [n for n in range(20) if not 5 <= n < 10])
        self.assertIn("1 of 4 objects", err)
        shown = self.show("SHOW SINKS", "SHOW FILES")
        self.assertIn(f"|was run|DB.SC.K|{self.mode}|3|0|1\n", shown)
        self.assertEqual(sorted(line.rpartition("|")[2] for line in shown.splitlines()[1:]), ["failed", "loaded", "loaded", "loaded"])
        self.assertRegex(err, r"WARNING:  object \"job-\S+\" was not loaded into table DB.SC.K: .*VARCHAR\(4\).*line 3, column ")

        markers = list(self.work.rglob("*.loaded"))
        self.assertEqual(len(markers), 4)
        for marker in markers:
            marker.unlink()
        self.assertIn(f"|DB.SC.K|{self.mode}|3|0|1\n", self.show("SHOW SINKS"))  # which are not read to count

    def test_left_behind(self):
        """A start that loads nothing of what is owed says how many objects that are."""
        self.apply()
        self.run_job(check=-signal.SIGKILL, WEIR_FAILURE_POINT="mark_loaded.before:1:kill")
        self.mode = "auto_ingest"
        left = len(self.objects())
        err = self.run_job()
        warning = re.search(r'WARNING:  (\d) objects? of sink "k" (is|are) not known to be loaded into table DB\.SC\.K, and this run '
                            r"does not load (it|them)\nHINT:  weir verify --snowflake", err)
        self.assertIn(int(warning.group(1)), (left, left + 1))  # the last epoch may have come out since
        self.assertNotIn("not known to be loaded", self.run_job())

    def test_wrong_key(self):
        self.apply()
        err = self.run_job(check=2, SNOWFLAKE_PRIVATE_KEY_PATH=str(self.other_keys.private))
        self.assertIn("JWT token is invalid", err)
        self.assertIn("Compare RSA_PUBLIC_KEY_FP of DESC USER", err)
        self.assertEqual(self.ids(), [])

    def test_nothing_applied(self):
        err = self.run_job(check=4)
        self.assertIn("weir snowflake apply -f job.sql", err)
        self.assertNotIn("COMMIT", err)

    def test_off(self):
        self.settings = ["snowflake.load = off"]
        self.apply()
        self.run_job(SNOWFLAKE_ACCOUNT="")
        self.assertEqual(self.ids(), [])
        self.settings = []
        self.run_job()
        self.assertEqual(self.ids(), [])  # what was not to be loaded then is not loaded later

    def test_partitions(self):
        """Names with folders, and with what is encoded in them."""
        self.extra = ", partition_by = 'name AS \"a b\"'"
        self.write([{**record(n), "name": name} for n, name in enumerate(["é/ü", "100%", "'", "a+b=c", None, "."])])
        self.apply()
        self.run_job()
        self.assertEqual(self.ids(), list(range(6)))

    def storm(self, rate):
        self.write([record(n) for n in range(60)])
        self.apply()
        seed = suite.seed()
        self.server.storm(seed, rate)
        self.run_job()
        self.assertEqual(self.ids(), list(range(60)), seed)

    def test_storm(self):
        """Of refused, broken and lost answers."""
        self.storm(0.3)

    def test_lost_answers(self):
        self.apply()
        for call in ("insertFiles", "submit", "status"):
            self.server.add_fault("reset-after", calls=call, times=2)
        self.run_job()
        self.assertEqual(self.ids(), list(range(20)))

    def test_away(self):
        """Nobody there at the start is a warning; the job runs, and loads when somebody is."""
        self.apply()
        self.server.add_fault("503", times=None)
        process = self.start()
        self.account.wait(self.objects)
        self.server.rules.clear()
        _, err = process.communicate(timeout=100)
        self.assertEqual((process.returncode, self.ids()), (0, list(range(20))), err)
        self.assertIn("WARNING:  objects can't be loaded yet, and are tried later", err)

    def test_killed(self):
        """While objects are under way: the next run asks first."""
        self.apply()
        self.kill_while_held(self.is_told)
        self.hold(False)
        self.run_job()
        self.run_job()
        self.assertEqual(self.ids(), list(range(20)))

    def test_stopped_while_nobody_answers(self):
        """A stream ends within drain_timeout, its state is closed, and the next run loads what waits."""
        self.apply()
        self.hold(True)
        process = weir.start(*self.define(), env=self.environment(), cwd=self.work)
        self.addCleanup(process.kill)
        self.account.wait(lambda: self.objects() and self.is_told())
        self.server.add_fault("stall", times=None)
        time.sleep(1)  # so that a call hangs, most likely
        process.terminate()
        _, err = process.communicate(timeout=25)
        self.assertEqual(process.returncode, 0, err)
        self.assertNotIn("drain_timeout", err)
        self.server.rules.clear()
        self.hold(False)
        self.run_job()
        self.assertEqual(self.ids(), list(range(20)))

    def test_killed_at_the_marker(self):
        """What became of an object is known, but not written down, or not known to be written: it is asked for again."""
        self.apply()
        for moment in ("before", "after"):
            for number in (1, 3):
                self.write([record(n) for n in range(20 + len(self.ids()))])
                err = self.run_job(check=-signal.SIGKILL, WEIR_FAILURE_POINT=f"mark_loaded.{moment}:{number}:kill")
                self.assertNotIn("ERROR", err)
                self.run_job()
                self.assertEqual(self.ids(), list(range(len(self.ids()))))
                self.assertEqual({row["load"] for row in self.shown("FILES")}, {"loaded"})
        self.assertEqual(len(self.ids()), 80)

    def shown(self, what, *settings):
        words = [word for setting in settings for word in ("-c", f"SET {setting}")]
        done = weir.run("-q", "--csv", "--check", *words, *self.define(), "-c", f"SHOW {what}", env=self.environment(), cwd=self.work, check=0)
        return list(csv.DictReader(done.stdout.splitlines()))

    def check_shown(self, files, loaded, pending, failed):
        self.assertEqual(sorted(row["load"] for row in self.shown("FILES")), files)
        [sink] = self.shown("SINKS")
        self.assertEqual([sink[name] for name in ("name", "snowflake_table", "snowflake_load", "loaded", "pending", "failed")],
                         ["k", "DB.SC.K", self.mode, loaded, pending, failed])

    def test_shown(self):
        """What waits, what is loaded and what was refused; nobody is asked for it."""
        self.account.script("CREATE TABLE DB.SC.K (ID NUMBER(19,0), NAME VARCHAR(4), AT TIMESTAMP_TZ(6))")
        records = [record(n) for n in range(20)]
        records[7]["name"] = "too long"
        self.write(records)
        self.apply()
        [sink] = self.shown("SINKS")
        self.assertEqual((sink["snowflake_table"], sink["loaded"]), ("DB.SC.K", ""))  # no state, no figures
        self.kill_while_held(lambda: len(self.objects()) == 4 and self.is_told())
        asked = len(self.server.seen)
        self.check_shown(["pending"] * 4, "0", "4", "0")
        self.assertEqual([row["load"] for row in self.shown("FILES", "snowflake.load = off")], [""] * 4)
        self.assertEqual(len(self.server.seen), asked)
        self.hold(False)
        self.run_job(check=4)
        self.check_shown(["failed", "loaded", "loaded", "loaded"], "3", "0", "1")
        self.assertEqual(sorted(row["load"] for row in self.shown("FILES", "snowflake.load = off")), ["failed", "loaded", "loaded", "loaded"])

    def test_reset(self):
        """Who is about to discard the state hears that objects are not known to be loaded."""
        self.apply()
        self.kill_while_held(lambda: len(self.objects()) == 4 and self.is_told())
        self.hold(False)
        told = weir.run("reset", "--yes", *self.define(), env=self.environment(), cwd=self.work, check=0)
        self.assertIn("  objects of 4 epochs are published and not known to be loaded: the job will not load them any more\n", told.stderr)
        self.run_job()
        told = weir.run("reset", "--yes", *self.define(), env=self.environment(), cwd=self.work, check=0)
        self.assertNotIn("known to be loaded", told.stderr)

    def test_gone(self):
        """An object that S3 does not have any more."""
        self.settings = ["snowflake.submit_again = '1s'"]
        self.apply()
        self.hold(True)
        process = self.start()
        self.account.wait(lambda: len(self.objects()) == 4)
        self.account.wait(self.is_told)
        gone = self.objects()[1]
        self.client_of_s3.delete(self.bucket, gone)
        self.hold(False)
        _, err = process.communicate(timeout=100)
        self.assertEqual(process.returncode, 4, err)
        self.assertEqual(self.ids(), [n for n in range(20) if not 5 <= n < 10])
        self.assertIn(f'object "{gone.removeprefix("out/")}" was not loaded into table DB.SC.K: ', err)


    def refuse_mode(self, mode, was):
        """A start with another mode, while objects are owed that the one before may have loaded, changes nothing."""
        self.mode = mode
        self.apply()
        err = self.run_job(check=8)
        self.assertIn('objects of sink "k" may be under way', err)
        self.assertIn(f"They were loaded by: {was}, table DB.SC.K. It is now: {mode}, table DB.SC.K.", err)
        self.mode = was

    def change(self, check):
        """Kills a job that has not loaded what it wrote, changes its query and lets it go on with more input; what it says then."""
        self.settings = ["commit_rows = 1000"]
        self.apply()
        self.hold(True)
        (self.work / "run.sql").write_text("RUN UNTIL LATEST;")
        words = ["-f", "run.sql"]
        process = weir.start(*self.define(), *words, env=self.environment(), cwd=self.work)
        self.addCleanup(process.kill)
        self.account.wait(self.objects)
        process.kill()
        process.communicate()
        self.hold(False)
        self.query = "SELECT id, name, at, id + 1 AS more FROM s"
        self.write([record(n) for n in range(30)])
        self.apply()
        done = weir.run(*self.define(), *words, env=self.environment(), cwd=self.work, check=check)
        weir.run(*self.define(), *words, env=self.environment(), cwd=self.work, check=0)
        self.assertEqual(len(self.objects("out/r2/")), 1)
        return done.stderr


class Rest(Both, Loading):
    def hold(self, on):
        self.account.things["PIPE", ("DB", "SC", "K_PIPE")].body["PIPE_EXECUTION_PAUSED"] = on

    def is_told(self):
        return any(seen.status == 200 for seen in self.calls("insertFiles"))

    def test_wrong_role(self):
        self.apply()
        self.account.users["LOADER"].settings["role"] = "PUBLIC"
        err = self.run_job(check=4)
        self.assertIn('pipe "DB.SC.K_PIPE" does not exist in Snowflake, or the user\'s default role may not use it', err)
        self.assertIn("DEFAULT_ROLE", err)

    def test_paused_pipe(self):
        """It is waited for, and is told again, which harms nothing."""
        self.settings = ["snowflake.submit_again = '1s'"]
        self.apply()
        self.server.pause(("DB", "SC", "K_PIPE"), 4)
        self.run_job()
        self.assertEqual(self.ids(), list(range(20)))
        self.assertGreater(len(self.calls("insertFiles")), 1)

    def test_reports(self):
        """Events that are lost, late and repeated."""
        self.settings = ["snowflake.submit_again = '2s'"]
        self.apply()
        for fault in ("incomplete", "late", "repeated"):
            self.server.add_fault(fault, calls="insertReport", skip=1, times=2)
        self.server.add_fault("late", calls="loadHistoryScan")
        self.run_job()
        self.assertEqual(self.ids(), list(range(20)))

    def test_changed(self):
        """What an earlier revision has left is loaded through its pipe."""
        self.change(check=0)
        self.assertEqual(self.rows(columns="ID, MORE"), sorted([[str(n), None if n < 20 else str(n + 1)] for n in range(30)], key=str))

    def test_lost_events(self):
        """All reports are incomplete: the history tells."""
        self.apply()
        self.server.add_fault("incomplete", calls="insertReport", times=None)
        self.run_job()
        self.assertEqual(self.ids(), list(range(20)))
        self.assertTrue(self.calls("loadHistoryScan"))

    def test_other_mode(self):
        """Objects that the pipe was told of are not given to COPY, too."""
        self.apply()
        self.kill_while_held(lambda: len(self.objects()) == 4 and self.is_told())
        self.refuse_mode("copy", "rest")
        self.hold(False)
        self.run_job()
        self.assertEqual(self.ids(), list(range(20)))
        self.mode = "copy"
        self.write([record(n) for n in range(30)])
        self.apply()
        self.run_job()
        self.assertEqual(self.ids(), list(range(30)))

    def test_another_pipe(self):
        """One that does not take the names: nobody loads them, and a person hears of it."""
        self.apply()
        self.account.things["PIPE", ("DB", "SC", "K_PIPE")].body["copy"]["options"]["PATTERN"] = "x.*"
        err = self.run_job(check=4)
        self.assertIn("4 of 4 objects were not loaded", err)
        self.assertIn("the pipe's PATTERN does not take a file of this name", err)


class Copy(Both, Loading):
    mode = "copy"

    def hold(self, on):
        """COPY is so long under way."""
        self.server.delay = 1.5 if on else 0

    def is_told(self):
        return any("out/" not in sql and "FILES" in sql and "csv" in sql for _, sql in self.account.statements) or \
            len([seen for seen in self.calls("submit")]) > 1

    def test_wrong_role(self):
        self.apply()
        self.extra = ", snowflake_role = 'accountadmin'"
        err = self.run_job(check=4)
        self.assertIn("table DB.SC.K (sink k): Role 'ACCOUNTADMIN' specified in the connect string does not exist or not authorized", err)

    def test_changed(self):
        """COPY has the columns of now: what an earlier revision has left is for a person, unless it was loaded."""
        err = self.change(check=4)
        self.assertEqual(self.ids(), list(range(20, 30)))
        self.assertIn("1 of 2 objects were not loaded", err)
        self.assertRegex(err, r'whether object "\S+" was loaded into table DB.SC.K can.t be known: it is of revision 1, and COPY has the '
                         "columns of revision 2")

    def test_other_mode(self):
        """A pipe is not told of objects that COPY may have loaded."""
        self.apply()
        self.run_job(check=-signal.SIGKILL, WEIR_FAILURE_POINT="mark_loaded.before:1:kill")
        self.refuse_mode("rest", "copy")
        self.run_job()
        self.assertEqual(self.ids(), list(range(20)))
        self.mode = "rest"
        self.write([record(n) for n in range(30)])
        self.apply()
        self.run_job()
        self.assertEqual(self.ids(), list(range(30)))

    def test_task(self):
        """A task loads, and the job leaves it to it."""
        self.extra = ", snowflake_task_minutes = 5"
        self.apply()
        self.run_job(SNOWFLAKE_ACCOUNT="")
        self.assertEqual(self.ids(), [])
        self.account.script("EXECUTE TASK DB.SC.K_TASK")
        self.assertEqual(self.ids(), list(range(20)))


if __name__ == "__main__":
    unittest.main()
