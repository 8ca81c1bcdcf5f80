"""test_command_line.py: the program as scripts and services use it: options, order, exit codes, signals."""
import json
import os
import re
import signal
import subprocess
import time
import unittest

from lib import csv_reader, weir

STREAM = ("CREATE STREAM s (id int, name text, t timestamptz NOT NULL, WATERMARK FOR t AS t - INTERVAL '5 s')\n"
          "    WITH (connector = 'file', path = :'input', format = 'json'{options});\n")
TABLE = ("CREATE TABLE k (name text PRIMARY KEY, v int) WITH (connector = 'file', path = :'table', format = 'csv', "
         "header = true);\n")
SINKS = ("CREATE SINK raw WITH (location = 'raw/', format = 'csv') AS SELECT id, name FROM s;\n"
         "CREATE SINK win WITH (location = 'win/', format = 'csv', snowflake_table = 'A.B.C')\n"
         "AS SELECT window_start, {aggregate} AS n FROM TUMBLE(s, t, INTERVAL '1 minute') GROUP BY window_start;\n"
         )
ROWS = [{"id": n, "name": "ab"[n % 2], "t": f"2024-01-01 00:{n:02d}:30Z"} for n in range(10)]
ENDLESS = ("CREATE STREAM g (n bigint, t timestamptz NOT NULL, WATERMARK FOR t AS t - INTERVAL '1 s')\n"
           "    WITH (connector = 'generator', format = 'json', rows_per_second = 500, partitions = 4);\n")


class CommandLine(unittest.TestCase):
    def setUp(self):
        self.folder = weir.scratch(type(self), "command")
        self.write("input.jsonl", "".join(json.dumps(row) + "\n" for row in ROWS))
        self.write("table.csv", "name,v\na,1\nb,2\n")
        self.job()
        self.write("endless.sql", ENDLESS + "CREATE SINK gs WITH (location = 'gs/', format = 'csv') AS SELECT n, t FROM g;\n")

    def write(self, name, text):
        (self.folder / name).write_text(text)

    def job(self, options="", aggregate="count(*)", name="job.sql"):
        self.write("declare.sql", STREAM.format(options=options) + TABLE)
        self.write(name, STREAM.format(options=options) + TABLE + SINKS.format(aggregate=aggregate))

    def run_weir(self, *args, code=0, stdin=None, env=None):
        home = {"HOME": str(self.folder), **(env or {})}
        return weir.run("-v", "input=input.jsonl", "-v", "table=table.csv", *args, check=code, stdin=stdin, cwd=self.folder,
                        env=home)

    def out(self, *args, **options):
        return self.run_weir("-A", "-t", "-q", *args, **options).stdout

    def error(self, *args, code=3, **options):
        return self.run_weir(*args, code=code, **options).stderr

    def start(self, *args, **options):
        process = subprocess.Popen(weir.command("-v", "input=input.jsonl", "-v", "table=table.csv", *args), cwd=self.folder,
                                   text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        self.addCleanup(process.kill)
        return process

    def wait_for(self, what):
        deadline = time.monotonic() + 60
        while not what():
            self.assertLess(time.monotonic(), deadline, "it did not come to that")
            time.sleep(0.02)


class Order(CommandLine):
    def test_commands_and_files_in_their_order(self):
        self.write("one.sql", "SELECT 1;\n\\set x 5\nSELECT 'no semicolon'")
        self.write("two.sql", "SELECT :x;")
        self.assertEqual(self.out("-c", "SELECT 0", "-f", "one.sql", "-c", "SELECT 2; SELECT 3", "-f", "two.sql", "-c",
                                  "\\echo :x", "--command=VALUES (4)", "--file=two.sql"), "0\n1\nno semicolon\n2\n3\n5\n5\n4\n5\n")

    def test_a_file_ends_at_quit(self):
        self.write("one.sql", "SELECT 1;\n\\q\nSELECT 'not';")
        self.assertEqual(self.out("-f", "one.sql", "-c", "SELECT 2"), "1\n2\n")

    def test_sinks_start_after_the_last(self):
        self.assertEqual(self.out("--batch", "-f", "job.sql", "-c", "\\! ls raw 2>&1 | wc -l").split()[-1], "1")
        self.assertEqual(len(csv_reader.read_folder(self.folder / "raw")), 10)

    def test_standard_input(self):
        for args in ((), ("-f", "-")):
            self.assertEqual(self.out(*args, stdin="SELECT 1;\nSELECT\n 2;\\echo x\nSELECT 3"), "1\n2\nx\n3\n")
        self.assertEqual(self.error(stdin="\nSELECT 1/0;"), "ERROR:  division by zero\n")
        self.assertEqual(self.error("-f", "-", stdin="\nSELECT 1/0;"), "weir:<stdin>:2: ERROR:  division by zero\n")
        self.run_weir("--batch", "-q", "-c", "SET job_name = 'j'", "-f", "-", stdin=(self.folder / "job.sql").read_text())
        self.assertEqual(len(csv_reader.read_folder(self.folder / "raw")), 10)

    def test_statements_run_as_they_come(self):
        process = self.start("-A", "-t", "-q", stdin=subprocess.PIPE)
        process.stdin.write("SELECT 1;\nSELECT 'half")
        process.stdin.flush()
        self.assertEqual(process.stdout.readline(), "1\n")
        out, _ = process.communicate("';\n", timeout=60)
        self.assertEqual((out, process.returncode), ("half\n", 0))

    def test_the_first_error_ends_it(self):
        done = self.run_weir("-A", "-t", "-c", "SELECT 1", "-c", "SELECT 1/0; SELECT 2", "-c", "SELECT 3", code=3)
        self.assertEqual((done.stdout, done.stderr), ("1\n", "ERROR:  division by zero\n"))
        done = self.run_weir("-A", "-t", "-v", "ON_ERROR_STOP=off", "-c", "SELECT 1/0; SELECT 2", "-c", "\\nix", "-c", "SELECT 3",
                             code=3)
        self.assertEqual((done.stdout, done.stderr),
                         ("2\n3\n", "ERROR:  division by zero\ninvalid command \\nix\n"))
        self.write("bad.sql", "SELECT 1;\n\nSELECT nix\nFROM k;\n")
        self.assertEqual(self.error("-f", "declare.sql", "-f", "bad.sql"),
                         'weir:bad.sql:4: ERROR:  column "nix" does not exist\nLINE 1: SELECT nix\n               ^\n')


class Options(CommandLine):
    def test_variables(self):
        self.assertEqual(self.out("-v", "n=5", "--set", "t=it's", "--variable=c=My Col", "-c",
                                  """SELECT :n, :'t', 1 AS :"c", ':n', :{?n}, :{?m}"""), "5|it's|1|:n|t|f\n")
        self.assertIn("My Col", self.run_weir("-v", "c=My Col", "-c", """SELECT 1 AS :"c" """).stdout)
        self.assertEqual(self.error("-c", "SELECT :nix, 1"), 'ERROR:  variable "nix" is not set (in ":nix")\n'
                         "HINT:  Set it with -v nix=… or \\set nix ….\n")
        for text, option in (("x", "variable"), ("=x", "variable")):
            self.assertIn(f'weir: error: --{option} takes NAME=VALUE, not "{text}"\n', self.error("-v", text, code=1))

    def test_output_formats(self):
        two = "SELECT 1 AS a, NULL::text AS b UNION ALL SELECT 2, 'x,y'"
        for args, expected in ((("-A",), "a|b\n1|\n2|x,y\n(2 rows)\n"), (("-A", "-t"), "1|\n2|x,y\n"),
                               (("-A", "-F:", "-R;"), "a:b;1:;2:x,y;(2 rows)\n"), (("--csv",), 'a,b\n1,\n2,"x,y"\n'),
                               (("-t",), " 1 | \n 2 | x,y\n\n"), (("-x", "-A", "-t"), "a|1\nb|\n\na|2\nb|x,y\n"),
                               ((), " a |  b  \n---+-----\n 1 | \n 2 | x,y\n(2 rows)\n\n")):
            self.assertEqual(self.run_weir(*args, "-c", two).stdout, expected, args)
        self.assertEqual(self.out("-e", "-c", "SELECT 1"), "SELECT 1\n1\n")
        self.assertEqual(self.out("-o", "results", "-c", "SELECT 1"), "")
        self.assertEqual((self.folder / "results").read_text(), "1\n")
        self.assertIn('could not open file "no/results"', self.error("-o", "no/results", "-c", "SELECT 1", code=1))

    def test_results_that_cannot_be_written(self):
        for args in (("-o", "/dev/full"), ()):
            with open("/dev/full" if not args else os.devnull, "w") as full:
                done = subprocess.run(weir.command(*args, "-c", "SELECT 1"), stdout=full, stderr=subprocess.PIPE, text=True,
                                      stdin=subprocess.DEVNULL, timeout=60)
            self.assertEqual(done.returncode, 1)
            self.assertIn("weir: error: could not write all results", done.stderr)
        process = self.start("-q", "-c", ENDLESS, "-c", "SELECT n FROM g")
        process.stdout.readline()
        process.stdout.close()  # as head does
        self.assertEqual(process.wait(timeout=60), 1)

    def test_tags_and_quiet(self):
        create = "CREATE VIEW v AS SELECT 1 AS a"
        self.assertEqual(self.run_weir("-c", create).stdout, "CREATE VIEW\n")
        for args in (("-q", "-c", create), ("-v", "QUIET=on", "-c", create)):
            self.assertEqual(self.run_weir(*args).stdout, "")

    def test_verbosity(self):
        def fails(verbosity):
            return self.error("-v", f"VERBOSITY={verbosity}", "-c", "SELECT nix")
        self.assertEqual(fails("verbose"), 'ERROR:  42703: column "nix" does not exist\nLINE 1: SELECT nix\n               ^\n')
        self.assertEqual(fails("terse"), 'ERROR:  column "nix" does not exist at character 8\n')
        self.assertEqual(fails("sqlstate"), "ERROR:  42703\n")

    def test_usage(self):
        for args, message in ((("--nix",), "unrecognized option '--nix'"), (("-c",), "option requires an argument -- 'c'"),
                              (("words",), 'weir: error: unexpected argument "words"'), (("--input", "x"), "--input takes NAME=VALUE")):
            printed = self.error(*args, code=1)
            self.assertIn(message, printed)
            self.assertIn('Try "weir --help" for more information.', printed)
        self.assertEqual(self.error("-f", "nix.sql", code=1), "weir: error: nix.sql: No such file or directory\n")

    def test_help_and_version(self):
        for option in ("--help", "-?"):
            text = self.out(option)
            for part in ("-c, --command=COMMAND", "--batch", "--input=STREAM=FILE", "-X, --no-weirrc", "\nExit codes:\n  0  "):
                self.assertIn(part, text)
        for option in ("--version", "-V"):
            self.assertRegex(self.out(option), r"^weir \(Weir\) \d+\.\d+\.\d+\nlibrdkafka 2")

    def test_start_up_file(self):
        self.write(".weirrc", "SET workers = 3;\n\\set x 5\n")
        self.write("other", "SELECT 'other';\n")

        def run(*args, **env):
            command = [str(weir.WEIR), "-A", "-t", *args]
            done = subprocess.run(command, capture_output=True, text=True, cwd=self.folder, stdin=subprocess.DEVNULL, timeout=60,
                                  env={**os.environ, "HOME": str(self.folder), **env})
            return done.returncode, done.stdout, done.stderr
        self.assertEqual(run("-c", "SHOW workers", "-c", "SELECT :x"), (0, "3\n5\n", ""))
        self.assertEqual(run("-X", "-c", "SHOW workers"), (0, "0\n", ""))
        self.assertEqual(run("--no-psqlrc", "-c", "SHOW workers"), (0, "0\n", ""))
        self.assertEqual(run("-c", "SHOW workers", WEIRRC="other"), (0, "other\n0\n", ""))
        self.assertEqual(run("-c", "SHOW workers", WEIRRC="nix"), (0, "0\n", ""))
        self.write(".weirrc", "SELECT 1/0;\n")
        code, out, error = run("-c", "SHOW workers")
        self.assertEqual((code, out), (3, ""))
        self.assertIn(".weirrc:1: ERROR:  division by zero\n", error)

    def test_check_connects_to_nothing_and_writes_nothing(self):
        self.write("far.sql", "CREATE STREAM f (a int) WITH (connector = 'kafka', brokers = '192.0.2.1:9092', topic = 't', "
                   "format = 'json', kafka.sasl.password = 'env:NOT_SET');\n"
                   "CREATE SINK fs WITH (location = 'fs/', format = 'csv') AS SELECT a FROM f;\n"
                   "INSERT INTO f VALUES (1);\nSELECT * FROM f;\nRUN;\n")
        before = sorted(self.folder.rglob("*"))
        start = time.monotonic()
        self.assertEqual(self.run_weir("--check", "-f", "far.sql", "-f", "job.sql").stderr, "")
        self.assertLess(time.monotonic() - start, 20)
        self.assertEqual(sorted(self.folder.rglob("*")), before)
        self.assertIn('column "b" does not exist', self.error("--check", "-f", "far.sql", "-c",
                                                              "CREATE SINK x WITH (location = 'x/') AS SELECT b FROM f"))

    def test_explain_and_snowflake_ddl_print_nothing_else(self):
        self.assertTrue(self.run_weir("--explain", "-f", "job.sql").stdout.startswith("File Sink on raw\n  Location: raw/\n"))
        ddl = self.run_weir("--snowflake-ddl", "-f", "job.sql")
        self.assertTrue(ddl.stdout.startswith("-- Snowflake objects for job job\n\n-- To be run as"))
        self.assertEqual((ddl.stderr, (self.folder / "raw").exists()), ("", False))
        self.assertIn("no sink names a Snowflake table", self.error("--snowflake-ddl", "-f", "declare.sql", "-c",
                                                                    "CREATE SINK r WITH (location = 'r/') AS SELECT id FROM s"))

    def test_input(self):
        self.write("other.jsonl", json.dumps({"id": 77, "name": "c", "t": "2024-01-01 00:00:00Z"}) + "\n")
        self.write("other.csv", "name,v\nc,9\n")
        self.assertEqual(self.out("--batch", "--input", "s=other.jsonl", "-f", "declare.sql", "-c", "SELECT id FROM s"), "77\n")
        inputs = ("--input", "s=other.jsonl", "--input", "k=other.csv")
        self.assertEqual(self.out(*inputs, "-f", "declare.sql", "-c", "SELECT * FROM k"), "c|9\n")
        self.assertEqual(self.out("--batch", *inputs, "-f", "declare.sql", "-c",
                                  "SELECT id, v FROM s JOIN k USING (name)"), "77|9\n")
        self.run_weir("--batch", *inputs, "-f", "job.sql")
        self.assertEqual(csv_reader.read_folder(self.folder / "raw"), [("77", "c")])
        for source in ("-", "/dev/stdin"):
            self.assertEqual(self.out("--input", f"k={source}", "-f", "declare.sql", "-c", "SELECT * FROM k", stdin="name,v\nd,4\n"), "d|4\n")
        taken = 'ERROR:  standard input can\'t be read for "k": '
        self.write("twice.sql", "CREATE TABLE j (name text, v int) WITH (connector = 'file', path = '-', format = 'csv');\n")
        self.assertIn(taken + "it was read before", self.error("--input", "k=-", "-f", "declare.sql", "-f", "twice.sql", "-c",
                                                               "SELECT * FROM j; SELECT * FROM k", stdin="d,4\n"))
        for args in ((), ("-f", "-")):
            self.assertIn(taken + "the statements come from it",
                          self.error("--input", "k=-", *args, stdin="\\i declare.sql\nSELECT * FROM k;\nname,v\nd,4\n"))
        os.mkfifo(self.folder / "pipe")
        feed = subprocess.Popen(["sh", "-c", "cat other.csv > pipe"], cwd=self.folder)
        self.assertEqual(self.out("--input", "k=pipe", "-f", "declare.sql", "-c", "SELECT * FROM k"), "c|9\n")
        self.assertEqual(feed.wait(), 0)
        waiting = self.start("--input", "k=pipe", "-f", "declare.sql", "-c", "SELECT * FROM k")
        time.sleep(0.3)
        waiting.send_signal(signal.SIGINT)
        self.assertIn("ERROR:  canceling statement due to user request", waiting.communicate(timeout=60)[1])
        self.assertEqual(self.error("--input", "s=other.jsonl", "--input", "s=input.jsonl", "-f", "declare.sql", code=1),
                         'ERROR:  --input: "s" is given twice\n')
        self.assertEqual(self.error("--input", "nix=other.csv", "-f", "declare.sql"),
                         'ERROR:  --input: relation "nix" does not exist\n')
        self.assertEqual(self.error("--input", "s=nix.jsonl", "-f", "job.sql", code=1),
                         'ERROR:  --input: could not open file "nix.jsonl": No such file or directory\n')

    def test_secrets_are_not_shown(self):
        """However a secret is written: in no excerpt, no message, no echo."""
        start = "CREATE STREAM k (a int) WITH (connector = 'kafka', brokers = 'b', topic = 't', format = 'json', "
        for value in ("= 'hun''ter2')", "= E'hun\\'ter2')", "= $$hunter2$$)", "= $a$hun$ter2$a$)", "= /* x */ 'hunter2')",
                      "= -- x\n 'hunter2')", "= U&'hunter2')", "'hunter2')", "= 'env:X' 'hunter2')", "= 'a' 'hunter2')",
                      "= hunter2)", "= 'hun'\n'ter2')", "= 'hunter2", "=\r\n'hunter2')"):
            for name in ("kafka.sasl.password", '"kafka.ssl.key.pem"', "kafka.sasl.pasword", "kafka.ssl.kay.pem",
                         "sasl.passwrd", "kafka.oauth.token", "kafka_private_key"):
                if value == "= hunter2)" and not name.strip('"').startswith("kafka."):
                    continue  # a name
                with self.subTest(name + value):
                    done = self.run_weir("-X", "-e", "-c", start + name + " " + value, code=3)
                    self.assertIn("ERROR:  ", done.stderr)
                    self.assertNotRegex(done.stdout + done.stderr, "hun|ter2")
        self.assertIn("'env:hunter2'", self.out("-X", "-e", "-c", start + "kafka.sasl.password = 'env:hunter2')"))
        for shown in ("topics", "kafka.client.idd", "s3.regions"):
            self.assertIn("'hunter2'", self.error("-X", "-c", f"CREATE STREAM k (a int) WITH ({shown} = 'hunter2', connector = 'kafka')"))
        self.assertIn("'hunter2'", self.error("-X", "-c", "SELECT nix FROM k WHERE key = 'hunter2' AND package = 'hunter2'"))
        self.assertIn("LINE 1: SELECT password FROM users", self.error("-X", "-c", "SELECT password FROM users WHERE secret = b"))

    def test_name_and_place_of_the_state(self):
        (self.folder / "jobs").mkdir()
        os.rename(self.folder / "job.sql", self.folder / "jobs/clicks.v2.sql")
        self.run_weir("--batch", "-q", "-f", "jobs/clicks.v2.sql")
        self.assertTrue((self.folder / "jobs/.weir/clicks.v2/job.json").exists())
        self.run_weir("--batch", "-q", "-c", "SET job_name = 'other'; SET state_location = 'state'", "-f", "jobs/clicks.v2.sql")
        self.assertTrue((self.folder / "state/other/job.json").exists())
        text = (self.folder / "jobs/clicks.v2.sql").read_text()
        self.assertEqual(self.error("--batch", "-q", stdin=text, code=4), "ERROR:  the job has no name\n"
                         "HINT:  SET job_name = '…': the job's state is kept under that name.\n")

    def test_a_job_name_is_the_name_of_a_folder(self):
        for name in ("x/../y", "/tmp/x", "..", ".weir-tmp", "a\tb", "x" * 201):
            self.assertIn(f'ERROR:  invalid job name "{name}"\nHINT:  SET job_name to at most 200 bytes',
                          self.error("--batch", "-q", "-c", f"SET job_name = '{name}'", "-f", "job.sql", code=4))
        os.rename(self.folder / "job.sql", self.folder / "..sql")
        self.assertIn('invalid job name "."', self.error("--batch", "-q", "-f", "..sql", code=4))
        self.assertFalse((self.folder / ".weir").exists() or (self.folder / "raw").exists())
        self.run_weir("--batch", "-q", "-c", f"SET job_name = '{'ä ' * 9}'", "-f", "..sql")

    def test_one_place_has_one_sink(self):
        """Two spellings of a folder are one place; what merely begins alike is another."""
        sink = "CREATE SINK {} WITH (location = '{}', format = 'csv') AS SELECT id FROM s;\n"
        (self.folder / "lake/a").mkdir(parents=True)
        (self.folder / "link").symlink_to("lake")
        self.write("two.sql", STREAM.format(options="") + sink.format("one", "lake/a")
                   + sink.replace("'{}'", "{}").format("two", ":'there'"))
        for same in ("lake//a", "./lake/./a", f"{self.folder}/lake/a", "lake/b/../a/", "link/a", f"file://{self.folder}/lake/a/new",
                     "lake/../lake"):
            with self.subTest(same):
                self.assertIn('location of sink "two" overlaps location of sink "one"',
                              self.error("--check", "-v", f"there={same}", "-f", "two.sql"))
        for other in ("lake/ab", "lake/a/../b", "link/b", "/lake/a"):
            with self.subTest(other):
                self.run_weir("--check", "-v", f"there={other}", "-f", "two.sql")
        self.write("state.sql", STREAM.format(options="") + sink.format("one", "lake/a").replace("format =", "late_location = "
                   "'lake/b/../a/late', format =") + sink.format("two", "x/../.weir/out") + sink.format("three", ".weir/../lake//s"))
        stop = "\\set ON_ERROR_STOP off"
        self.assertEqual([line for line in self.error("--check", "-c", stop, "-f", "state.sql").split("\n") if "ERROR" in line],
                         ['weir:state.sql:3: ERROR:  location of sink "one" overlaps late_location of sink "one"',
                          'weir:state.sql:4: ERROR:  location of sink "two" overlaps the state location'])
        self.assertIn("overlaps the state location", self.error("--check", "-c", stop, "-c", f"SET state_location = '{self.folder}/lake'",
                                                                "-f", "state.sql").split("HINT")[-2])

    def test_a_stage_has_one_sink(self):
        """What is copied to an external stage is loaded from there: nothing else may lie in it."""
        stage = "CREATE SINK {} WITH (location = '{}', format = 'csv', snowflake_table = 'T', snowflake_url = '{}'{}) AS SELECT id FROM s;\n"
        self.write("stage.sql", STREAM.format(options="") + stage.format("one", "lake/one", "s3://bucket/x/", "")
                   + stage.format("two", "lake/two", "s3://bucket/x/y", "") + stage.format("three", "lake/three", "s3://bucket/xy/", ""))
        self.assertEqual([line for line in self.error("--check", "-c", "\\set ON_ERROR_STOP off", "-f", "stage.sql").split("\n") if "ERROR" in line],
                         ['weir:stage.sql:4: ERROR:  snowflake_url of sink "two" overlaps snowflake_url of sink "one"'])


class Statements(CommandLine):
    def test_bounded_select(self):
        self.assertEqual(self.out("-f", "declare.sql", "-c", "SELECT v % 2 AS odd, count(*), max(name) FROM k GROUP BY 1 ORDER BY 1 DESC "
                                  "LIMIT 1", "-c", "SELECT * FROM (VALUES (3, 'c'), (1, 'a'), (2, NULL)) x (n, t) ORDER BY t NULLS FIRST "
                                  "OFFSET 1"), "1|1|a\n1|a\n3|c\n")

    def test_limit_counts_rows_of_all_workers(self):
        query = ["-c", "SET workers = 4", "-c", ENDLESS]
        for sql, rows in (("SELECT n FROM g LIMIT 7", 7), ("SELECT n FROM g LIMIT 5 OFFSET 3", 5)):
            self.assertEqual(len(self.out(*query, "-c", sql).split()), rows, sql)
        self.assertEqual(self.out(*query, "--batch", "-c", "CREATE STREAM b (n int) WITH (connector = 'generator', format = 'json', "
                                  "rows = 100, partitions = 4)", "-c", "SELECT count(*) FROM (SELECT n FROM b LIMIT 10) x"), "10\n")

    def test_run(self):
        self.assertIn("there is no sink to run", self.error("-c", "RUN"))
        self.assertIn("RUN FOR cannot take an interval with months", self.error("-f", "job.sql", "-c", "RUN FOR INTERVAL '1 month'"))
        process = self.start("-q", "-c", "SET job_name = 'long'", "-f", "endless.sql", "-c",
                             "RUN FOR INTERVAL '1000000000 days'")
        with self.assertRaises(subprocess.TimeoutExpired):
            process.wait(1.5)
        self.run_weir("-q", "-f", "job.sql", "-c", "RUN UNTIL LATEST")
        self.assertEqual(len(csv_reader.read_folder(self.folder / "raw")), 10)
        self.assertEqual(len(csv_reader.read_folder(self.folder / "win")), 9)  # the last window is still open
        for until in ("FOR INTERVAL '0.3 s'", "UNTIL now() + INTERVAL '0.3 s'"):
            self.run_weir("-q", "-f", "endless.sql", "-c", f"RUN {until}", "-c", "SELECT 1")
        self.assertTrue(csv_reader.read_folder(self.folder / "gs"))

    def test_definitions(self):
        out = self.out("-f", "declare.sql", "-c", "CREATE STREAM IF NOT EXISTS s (x int)", "-c", "CREATE VIEW v AS SELECT id FROM s", "-c",
                       "CREATE OR REPLACE VIEW v AS SELECT id, name FROM s", "-c", "ALTER STREAM s ADD COLUMN extra int", "-c",
                       "SHOW CREATE s", "-c", "SHOW CREATE VIEW v", "-c", "DROP VIEW IF EXISTS v, nix", "-c", "SHOW VIEWS")
        self.assertEqual(out, "s|CREATE STREAM s (\n    id integer,\n    name text,\n    t timestamptz NOT NULL,\n    extra integer,\n"
                         "    WATERMARK FOR t AS t - interval '5 s'\n"
                         ") WITH (connector = 'file', path = 'input.jsonl', format = 'json')\nv|CREATE VIEW v AS\nSELECT id, name FROM s\n")
        self.assertIn("cannot drop stream s because other objects depend on it", self.error("-f", "job.sql", "-c", "DROP STREAM s"))
        done = self.run_weir("--check", "-A", "-t", "-q", "-f", "job.sql", "-c", "DROP STREAM s CASCADE", "-c", "SHOW SINKS")
        self.assertEqual((done.stdout, done.stderr), ("", "NOTICE:  drop cascades to 2 other objects\n"
                                                      "DETAIL:  drop cascades to sink raw\ndrop cascades to sink win\n"))

    def test_show(self):
        self.assertEqual(self.out("--check", "-f", "job.sql", "-c", "SHOW STREAMS", "-c", "SHOW TABLES", "-c", "SHOW SINKS", "-c", "DESCRIBE win"),
                         "s|file|json\nk|file|csv\nraw|not run yet|||||\nwin|not run yet|A.B.C|auto_ingest|||\nwindow_start|timestamp with time zone\nn|bigint\n")
        self.assertIn("date_trunc|timestamp with time zone|text, timestamp with time zone|function\n", self.out("-c", "SHOW FUNCTIONS"))
        self.assertEqual(self.out("-c", "SET workers = 3; SHOW workers; SET workers TO DEFAULT; SHOW workers; SET TIME ZONE 'Asia/Tokyo'; "
                                  "SHOW TIME ZONE; RESET ALL; SHOW timezone"), "3\n0\nAsia/Tokyo\nUTC\n")
        for look in ("DESCRIBE raw", "\\d raw"):
            self.assertIn('ERROR:  location of sink "raw" overlaps the state location',
                          self.error("--check", "-f", "job.sql", "-c", "SET state_location = 'raw'", "-c", look))
        for sql, hint in (("SHOW STREMS", "Perhaps you meant SHOW streams."), ("SHOW workrs", 'parameter "workers".'),
                          ("SET drain_timeot = 1", 'parameter "drain_timeout".')):
            self.assertIn(hint, self.error("-c", sql))

    def test_show_watermarks_and_state(self):
        self.assertIn('there is no state of job "job" in ".weir"', self.error("--check", "-f", "job.sql", "-c", "SHOW STATE"))
        self.run_weir("--batch", "-q", "-f", "job.sql")
        self.assertEqual(self.out("--check", "-f", "job.sql", "-c", "SHOW WATERMARKS", "-c", "SHOW STATE"),
                         "s|0|10|2024-01-01 00:09:30+00|idle|2024-01-01 00:09:25+00|\n"
                         "raw|1|10|0|0|0|\nwin|1|10|0|0|0|2024-01-01 00:10:00+00\n")

    def test_what_only_parses_says_what_to_do(self):
        for sql, caret, hint in (("COPY s FROM 'x'", "^", "INSERT INTO the stream SELECT"), ("ASSERT QUERY (SELECT 1) RETURNS (VALUES (1))", "^", "--batch"),
                                 ("EXPLAIN (FORMAT JSON) SELECT 1", "^", "FORMAT TEXT"),
                                 ("EXPLAIN ANALYZE SELECT 1", "^", "\\timing")):
            error = self.error("-v", "VERBOSITY=verbose", "-f", "declare.sql", "-c", sql)
            self.assertIn("ERROR:  0A000: ", error)
            self.assertIn(caret + "\n", error)
            self.assertIn(hint, error.split("HINT:  ")[1])
        for where in ("'gs://bucket/p/'",):
            self.assertIn("0A000", self.error("-v", "VERBOSITY=verbose", "-f", "declare.sql", "-c",
                                              f"CREATE SINK x WITH (location = {where}) AS SELECT id FROM s"))


class Settings(CommandLine):
    def test_log_format(self):
        done = self.run_weir("--batch", "-c", "SET log_format = json", "-f", "job.sql", "-c", "SET commit_rows = 5")
        lines = [json.loads(line) for line in done.stderr.splitlines()]
        self.assertIn("read 10 messages in ", lines[0]["message"])
        self.assertEqual([line["level"] for line in lines], ["INFO"] * 3)
        error = json.loads(self.error("-c", "SET log_format = json", "-c", "SELECT nix"))
        self.assertEqual((error["level"], error["sqlstate"], error["message"]), ("ERROR", "42703", 'column "nix" does not exist'))

    def test_log_level(self):
        create = ("-f", "declare.sql", "-c", "CREATE STREAM IF NOT EXISTS s (x int)")
        self.assertIn('NOTICE:  relation "s" already exists, skipping', self.run_weir(*create).stderr)
        self.assertEqual(self.run_weir("-c", "SET log_level = warning", *create).stderr, "")
        self.assertEqual(self.run_weir("--batch", "-c", "SET log_format = json; SET log_level = notice", "-f", "job.sql").stderr, "")

    def test_commit_bytes_cuts(self):
        self.run_weir("-q", "-f", "endless.sql", "-c", "SET commit_bytes = '1kB'", "-c", "RUN FOR INTERVAL '1 s'")
        self.assertGreater(len(list(self.folder.glob("gs/*.csv"))), 1)
        self.run_weir("-q", "-f", "endless.sql", "-c", "SET job_name = 'one'", "-c", "RUN FOR INTERVAL '0.5 s'")
        self.assertEqual(len(list(self.folder.glob("gs/one-*.csv"))), 1)

    def test_commit_rows_is_the_grid(self):
        self.run_weir("--batch", "-q", "-c", "SET commit_rows = 4", "-f", "job.sql")
        self.assertEqual(len(list(self.folder.glob("raw/*.csv"))), 3)

    def test_max_future(self):
        self.write("input.jsonl", '{"id": 1, "t": "2300-01-01"}\n{"id": 2, "t": "2024-01-01"}\n')
        self.run_weir("-q", "-f", "job.sql", "-c", "RUN UNTIL LATEST")
        self.assertEqual(csv_reader.read_folder(self.folder / "raw", 2), [("2", None)])

    def test_timezone(self):
        self.assertEqual(self.out("-c", "SET timezone = 'Asia/Tokyo'", "-c", "SELECT timestamptz '2024-01-01 00:00Z'"), "2024-01-01 09:00:00+09\n")

    def test_units_and_ranges(self):
        for sql, text in (("commit_interval = '90 s'", "90s"), ("memory_limit = '1 GB'", "1GB"), ("idle_advance = on", "on")):
            name = sql.split(" ")[0]
            self.assertEqual(self.out("-c", f"SET {sql}", "-c", f"SHOW {name}"), text + "\n")
        for sql, message in (("workers = 2000", 'is outside the valid range for parameter "workers" (0 .. 1024)'),
                             ("memory_limit = '1 kB'", 'is outside the valid range for parameter "memory_limit"'),
                             ("log_level = loud", "Available values: debug, info, notice, warning, error."),
                             ("timezone = 'Mars/Olympus'", 'invalid value for parameter "timezone"'),
                             ("idle_advance = maybe", 'parameter "idle_advance" requires a Boolean value')):
            self.assertIn(message, self.error("-c", f"SET {sql}"))


class ExitCodes(CommandLine):
    def test_2_connection(self):
        error = self.error("-q", "-c", "CREATE STREAM f (a int) WITH (connector = 'kafka', brokers = '127.0.0.1:1', topic = 't', format = 'json')",
                           "-c", "SELECT * FROM f LIMIT 1", code=2)
        self.assertIn("ERROR:  could not connect to Kafka (Kafka brokers: 127.0.0.1:1)\n", error)

    def test_4_job_failed(self):
        self.write("input.jsonl", "nonsense\n" + json.dumps(ROWS[0]) + "\n")
        self.job(options=", max_error_ratio = 0.1")
        self.assertIn("messages of stream \"s\" can't be decoded", self.error("--batch", "-q", "-f", "job.sql", code=4))

    def test_5_drain_timed_out(self):
        process = self.start("-q", "-c", "SET drain_timeout = 0", "-f", "endless.sql")
        self.wait_for((self.folder / ".weir/endless/s0/m/0000000000000001.json").exists)
        time.sleep(0.3)
        process.terminate()
        _, error = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 5, error)

    def test_6_another_writer(self):
        process = self.start("-q", "-f", "endless.sql")
        self.wait_for((self.folder / ".weir/endless/job.json").exists)
        self.wait_for(lambda: list(self.folder.glob(".weir/endless/s0/m/*.json")))
        self.assertIn("ERROR:  ", self.error("-q", "-f", "endless.sql", code=6))
        process.terminate()
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)

    def test_7_data_gap(self):
        self.run_weir("--batch", "-q", "-f", "job.sql")
        self.write("input.jsonl", json.dumps(ROWS[0]) + "\n")
        self.assertIn("ends at offset 1, before offset 10", self.error("--batch", "-q", "-f", "job.sql", code=7))
        self.run_weir("--batch", "-q", "--accept-gap", "-f", "job.sql")

    def test_8_incompatible(self):
        self.run_weir("--batch", "-q", "-f", "job.sql")
        self.job(aggregate="count(id)")
        self.assertIn('sink "win" does not fit the stored state', self.error("--batch", "-q", "-f", "job.sql", code=8))


class Signals(CommandLine):
    def test_while_statements_are_awaited(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            process = self.start("-q", "-A", "-t", stdin=subprocess.PIPE)
            process.stdin.write("SELECT 1;\n")
            process.stdin.flush()
            self.assertEqual(process.stdout.readline(), "1\n")
            process.send_signal(number)
            process.wait(timeout=60)
            self.assertEqual((process.returncode, process.stderr.read()), (5, "ERROR:  the session was stopped before its end\n"))
            process.stdin.close()

    def test_a_job_drains(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            process = self.start("-q", "-c", f"SET job_name = 'j{number}'", "-f", "endless.sql", "-c", "RUN", "-c", "SELECT 'not reached'")
            self.wait_for((self.folder / f".weir/j{number}/s0/m/0000000000000001.json").exists)
            time.sleep(0.3)
            process.send_signal(number)
            out, error = process.communicate(timeout=60)
            self.assertEqual((process.returncode, error), (0, ""))
            self.assertNotIn("not reached", out)
            self.assertTrue(list(self.folder.glob(f"gs/j{number}-*")))

    def test_a_batch_is_not_done(self):
        endless = (self.folder / "endless.sql").read_text()
        self.write("endless.sql", endless.replace("rows_per_second = 500", "rows = 1000000000"))
        process = self.start("--batch", "-q", "-f", "endless.sql")
        self.wait_for((self.folder / ".weir/endless/s0/m/0000000000000001.json").exists)
        time.sleep(0.2)
        process.terminate()
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 5)

    def test_a_live_select_ends(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            process = self.start("-A", "-q", "-c", ENDLESS, "-c", "SELECT n FROM g", "-c", "SELECT 'not reached'")
            for _ in range(3):
                process.stdout.readline()
            process.send_signal(number)
            out, error = process.communicate(timeout=60)
            self.assertEqual((process.returncode, error), (0, ""))
            self.assertTrue(re.search(r"\(\d+ rows, stopped by user\)\n$", out), out[-200:])

    def test_a_bounded_select_is_canceled(self):
        process = self.start("-q", "-c", "CREATE TABLE b (n int) WITH (connector = 'generator', format = 'json', rows = 100000000)", "-c",
                             "SELECT count(*) FROM b", "-c", "SELECT 'not reached'")
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=60)
        self.assertEqual((process.returncode, out), (3, ""))
        self.assertEqual(error, "ERROR:  canceling statement due to user request\n")


if __name__ == "__main__":
    unittest.main()
