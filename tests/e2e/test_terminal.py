"""test_terminal.py: the interactive terminal, with a pseudo-terminal and no person."""
import os
import re
import signal
import stat
import subprocess
import time
import unittest

from lib import weir
from lib.terminal import CTRL_C, CTRL_D, PATIENCE, TAB, Terminal

STREAM = ("CREATE STREAM g (n bigint, t timestamptz NOT NULL, WATERMARK FOR t AS t - INTERVAL '1 s') "
          "WITH (connector = 'generator', format = 'json', rows_per_second = 200, seed = 1);\n")
ENDLESS = STREAM + ("CREATE SINK gs WITH (location = 'out/', format = 'csv') AS SELECT n, t FROM g;\n")


class Interactive(unittest.TestCase):
    def setUp(self):
        self.home = weir.scratch(type(self), "terminal")
        (self.home / "stream.sql").write_text(STREAM)
        (self.home / "job.sql").write_text(ENDLESS)

    def start(self, *args, **options):
        terminal = Terminal(*args, home=self.home, **options)
        self.addCleanup(terminal.close)
        terminal.expect("weir=> ")
        return terminal

    @property
    def history(self):
        return self.home / ".local/state/weir/history"

    def kept(self):
        return self.history.read_text().replace("\x01", "\n")


class Typing(Interactive):
    def test_prompts(self):
        t = self.start()
        self.assertEqual(t.screen, 'weir (0.1.0)\nType "\\?" for help.\n\nweir=> ')
        for line, prompt in (("SELECT", "weir-> "), ("(1 +", "weir(> "), ("2)::text || 'a", "weir'> "), ("b' AS", "weir-> "),
                             ('"two', 'weir"> '), ('words" /* a', "weir*> "), ("comment */,", "weir-> "), ("$$x", "weir$> ")):
            self.assertEqual(t.line(line, prompt), "")
        printed = t.line("y$$ AS z;")
        self.assertEqual(printed, "  two +| z \n words |   \n-------+---\n 3a   +| x+\n b     | y\n(1 row)\n\n")
        t.type("\\q\r")
        self.assertEqual(t.end(), 0)

    def test_several_statements_on_a_line(self):
        t = self.start()
        printed = t.line("SELECT 1 AS a; SELECT 1/0; SELECT 2 AS b; SELECT", "weir-> ")
        for part in (" a \n---\n 1\n(1 row)\n", "ERROR:  division by zero\n", " b \n---\n 2\n(1 row)\n"):
            self.assertIn(part, printed)
        self.assertIn("        3\n", t.line("3;"))

    def test_control_c_drops_what_was_typed(self):
        t = self.start()
        for lines in (("SELECT 'a",), ("SELECT (1", "+ (2"), ("/* comment",), ("SELECT $x$ y",)):
            for line in lines:
                t.type(line + "\r")
                t.expect(line + "\n")
                t.expect(re.compile(r"weir['(*$]> "))
            t.send(CTRL_C)
            t.expect("weir=> ")
        t.type("SELECT half a li")
        t.expect("half a li")
        t.send(CTRL_C)
        t.expect("weir=> ")
        self.assertIn("        7\n", t.line("SELECT 7;"))

    def test_ends(self):
        for keys in ("\\q\r", CTRL_D):
            t = self.start()
            t.type(keys)
            self.assertEqual(t.end(), 0, keys)
        t = self.start()
        t.line("SELECT", "weir-> ")
        self.assertEqual(t.end(signal.SIGTERM), 0)

    def test_characters_are_utf8(self):
        t = self.start(env={"LC_ALL": "C"})
        t.type("SELECT 'äü日")
        t.expect("日")
        t.type("\x7f\x7f;\r")  # one key takes one character away
        t.type("';\r")
        self.assertIn(" ä;      +\n", t.expect("(1 row)"))

    def test_errors_do_not_end_it(self):
        t = self.start()
        self.assertEqual(t.line("SELECT nix;"), 'ERROR:  column "nix" does not exist\nLINE 1: SELECT nix;\n               ^\n')
        self.assertEqual(t.line("\\nix"), "invalid command \\nix\nTry \\? for help.\n")
        self.assertEqual(t.line("SELECT :nix;").split("\n")[0], 'ERROR:  variable "nix" is not set (in ":nix")')
        t.type("\\q\r")
        self.assertEqual(t.end(), 0)

    def test_tab(self):
        (self.home / "some_file.sql").write_text("SELECT 99;\n")
        t = self.start("-q")
        t.line("\\i stream.sql")
        for keys, completed in (("SELEC", "SELECT "), ("selec", "select "), ("SET commit_i", "SET commit_interval "),
                                ("SHOW stre", "SHOW streams "), ("SELECT * FROM g", "SELECT * FROM g "), ("\\tim", "\\timing "),
                                ("\\i some_f", "\\i some_file.sql "), ("\\h CREATE SI", "\\h CREATE SINK "),
                                ("CREATE SINK x WITH (loca", "CREATE SINK x WITH (location "),
                                ("SELECT date_bi", "SELECT date_bin "), ("SHOW SNOW", "SHOW SNOWFLAKE "), ("\\sn", "\\snow "),
                                ("SHOW SNOWFLAKE D", "SHOW SNOWFLAKE DDL "), ("SHOW snowflake.acc", "SHOW snowflake.account "),
                                ("CREATE SINK x WITH (snowflake_load = 'c", "snowflake_load = 'copy'"),
                                ("CREATE SINK x WITH (location = 'x', header = t", "header = true ")):
            t.type(keys + TAB)
            t.expect(completed)
            t.send(CTRL_C)
            t.expect("weir=> ")


class Commands(Interactive):
    def test_describe(self):
        t = self.start("-q")
        self.assertEqual(t.line("\\d"), "Did not find any relations.\n")
        t.line("\\i job.sql")
        t.line("CREATE VIEW v AS SELECT n FROM g;")
        self.assertEqual(t.line("\\d"), "List of relations\n Name |  Type  \n------+--------\n g    | stream\n gs   | sink\n"
                                        " v    | view\n(3 rows)\n\n")
        self.assertEqual(t.line("\\dv"), "List of relations\n Name | Type \n------+------\n v    | view\n(1 row)\n\n")
        self.assertIn(" t      | timestamp with time zone | not null |         | event time\n", t.line("\\d G"))
        self.assertEqual(t.line("\\d nix"), 'Did not find any relation named "nix".\n')
        self.assertIn("CREATE VIEW v AS", t.line("\\sv v"))
        self.assertIn("| time zone\n", t.line("\\h nix") + "| time zone\n")

    def test_help(self):
        t = self.start("-q")
        self.assertIn('  \\d [NAME]                    list what is declared, or describe one object\n', t.line("\\?"))
        self.assertIn("  CREATE SINK         CREATE STREAM", t.line("\\h"))
        sink = t.line("\\h create sink")
        self.assertIn("Command:     CREATE SINK\n", sink)
        self.assertIn("  compression (none|gzip|zstd; default none)\n        how files are compressed\n", sink)
        self.assertIn("With format = 'csv':\n  header (boolean; default false)\n", sink)
        stream = t.line("\\h CREATE STREAM;")
        self.assertIn("With connector = 'kafka':\n  brokers (text; required)\n", stream)
        self.assertIn("  isolation (read_committed|read_uncommitted; default read_committed)\n", stream)
        settings = t.line("\\h SET")
        self.assertIn("  drain_timeout (0 to 1d; default 25s)\n", settings)
        self.assertIn("  s3.path_style (on|off)\n", settings)
        self.assertEqual(t.line("\\h SHOW SNOWFLAKE DDL"), t.line("\\h show"))
        self.assertEqual(t.line("\\h nix").split("\n")[0], 'No help available for "nix".')

    def test_output(self):
        t = self.start()
        self.assertEqual(t.line("\\x"), "Expanded display is on.\n")
        self.assertEqual(t.line("SELECT 1 AS a;"), "-[ RECORD 1 ]\na | 1\n\n")
        self.assertEqual(t.line("\\x off"), "Expanded display is off.\n")
        self.assertEqual(t.line("\\x maybe"), '\\x: unrecognized value "maybe": Boolean expected\n')
        self.assertEqual(t.line("\\pset null NIL"), 'Null display is "NIL".\n')
        self.assertIn(" NIL\n", t.line("SELECT NULL;"))
        self.assertEqual(t.line("\\a"), "Output format is unaligned.\n")
        self.assertEqual(t.line("\\f :"), 'Field separator is ":".\n')
        self.assertEqual(t.line("\\t"), "Tuples only is on.\n")
        self.assertEqual(t.line("SELECT 1, 2;"), "1:2\n")
        self.assertEqual(t.line("\\pset format nix"), "\\pset: allowed formats are aligned, csv, unaligned\n")
        self.assertEqual(t.line("\\o results"), "")
        self.assertEqual(t.line("SELECT 3;") + t.line("\\qecho four"), "")
        self.assertEqual(t.line("\\o"), "")
        self.assertEqual((self.home / "results").read_text(), "3\nfour\n")
        self.assertEqual(t.line("SELECT 5 \\g again"), "")
        self.assertEqual((self.home / "again").read_text(), "5\n")
        self.assertEqual(t.line("SELECT 6 \\g |tr 6 7"), "7\n")
        self.assertEqual(t.line("SELECT 8;"), "8\n")

    def test_timing(self):
        t = self.start("-q", "-A", "-t")
        t.line("\\timing on")
        self.assertRegex(t.line("SELECT 1;"), r"^1\nTime: \d+\.\d{3} ms\n$")
        t.line("\\timing off")
        self.assertEqual(t.line("SELECT 1;"), "1\n")

    def test_buffer(self):
        t = self.start("-q", "-A", "-t")
        self.assertEqual(t.line("SELECT 1", "weir-> "), "")
        self.assertEqual(t.line("\\p", "weir-> "), "SELECT 1\n")
        self.assertEqual(t.line("\\g"), "1\n")
        self.assertEqual(t.line("\\g"), "1\n")
        self.assertEqual(t.line("SELECT 2", "weir-> "), "")
        self.assertEqual(t.line("\\r"), "")
        self.assertEqual(t.line("SELECT 3 AS c \\gx"), "c|3\n")
        self.assertEqual(t.line("SELECT nix;").split("\n")[0], 'ERROR:  column "nix" does not exist')
        self.assertEqual(t.line("\\errverbose").split("\n")[0], 'ERROR:  42703: column "nix" does not exist')

    def test_variables_and_words(self):
        t = self.start("-q", "-A", "-t")
        t.line("\\set who 'O''Neil' \" \\\"x\\\"\"")
        t.line("\\set both a b")
        self.assertEqual(t.line("\\echo :both ':both' \"a  b\" -n \\echo second"), "ab :both a  b -n\nsecond\n")
        self.assertEqual(t.line("SELECT :'both';"), "ab\n")
        self.assertEqual(t.line("\\unset both"), "")
        self.assertEqual(t.line("\\echo :both"), ":both\n")
        self.assertEqual(t.line("\\getenv h HOME \\echo :h"), f"{self.home}\n")
        self.assertEqual(t.line("\\setenv E_X 5 \\! echo $E_X"), "5\n")
        self.assertEqual(t.line("\\! exit 3"), "\\!: the command failed\n")
        self.assertIn("VERBOSITY = 'default'\n", t.line("\\set"))

    def test_include(self):
        (self.home / "sub").mkdir()
        (self.home / "sub/a.sql").write_text("SELECT 'a';\n\\ir b.sql\nSELECT 1/0;\nSELECT 'c';\n\\q\nSELECT 'not';\n")
        (self.home / "sub/b.sql").write_text("SELECT 'b';\n")
        t = self.start("-q", "-A", "-t")
        self.assertEqual(t.line("\\i sub/a.sql"), "a\nb\nweir:sub/a.sql:3: ERROR:  division by zero\nc\n")
        self.assertEqual(t.line("\\i nix.sql"), "weir: error: nix.sql: No such file or directory\n")
        t.line("\\set ON_ERROR_STOP on")
        self.assertEqual(t.line("\\i sub/a.sql"), "a\nb\nweir:sub/a.sql:3: ERROR:  division by zero\n")
        (self.home / "loop.sql").write_text("\\i loop.sql\n")
        self.assertEqual(t.line("\\i loop.sql"), "weir:loop.sql:1: error: loop.sql: files include each other without end\n")

    def test_start_up_file(self):
        (self.home / ".weirrc").write_text("\\set greeting hello\nSET workers = 3;\n")
        t = self.start("-A", "-t", start_up=True)
        self.assertEqual(t.line("\\echo :greeting"), "hello\n")
        self.assertEqual(t.line("SHOW workers;"), "3\n")


class Remembering(Interactive):
    def test_history(self):
        t = self.start("-q")
        for line, prompt in (("SELECT 1", "weir-> "), ("+ 2;", "weir=> "), ("\\x", "weir=> "), ("SELECT 'dropped", "weir'> ")):
            t.line(line, prompt)
        t.send(CTRL_C)
        t.expect("weir=> ")
        t.type("\\q\r")
        self.assertEqual(t.end(), 0)
        self.assertEqual(self.kept(), "SELECT 1\n+ 2;\n\\x\nSELECT 'dropped\n\\q\n")
        self.assertEqual(stat.S_IMODE(self.history.stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(self.history.parent.stat().st_mode), 0o700)
        t = self.start("-q")
        t.type("\x10\x10\x10\x10\x10")  # five lines up: the first statement, with both of its lines
        t.expect("+ 2;")
        t.type("\r")
        self.assertIn("3\n", t.expect("weir=> "))
        t.type(CTRL_D)
        self.assertEqual(t.end(), 0)
        self.assertEqual(self.kept().count("SELECT 1\n+ 2;\n"), 2)

    def test_secrets_are_not_kept(self):
        t = self.start("-q")
        for text in ("CREATE STREAM s (a int) WITH (connector = 'kafka', brokers = 'b', topic = 't', format = 'json', "
                     "kafka.sasl.password = 'hunter2');",
                     "CREATE STREAM s (a int WITH (\"kafka.ssl.key.pem\" = 'hunter2'));", "SELECT kafka.sasl.PASSWORD 'hunter2';"):
            printed = t.line(text)
            self.assertIn("ERROR:  ", printed)
            self.assertNotIn("hunter2", printed)
            self.assertIn("WARNING:  the statement holds a secret in plain text and is left out of the history\n", printed)
        self.assertNotIn("hunter2", t.line("\\errverbose") + t.line("\\s"))
        t.line("CREATE STREAM s (a int) WITH (connector = 'kafka', brokers = 'b', topic = 't', format = 'json', "
               "kafka.sasl.password = 'env:PW');")
        t.type(CTRL_D)
        t.end()
        self.assertNotIn("hunter2", self.kept())
        self.assertIn("'env:PW'", self.kept())

    def test_where_and_how_much(self):
        place = self.home / "elsewhere"
        t = self.start("-q", "-v", "HISTCONTROL=ignoreboth", "-v", "HISTSIZE=3", env={"XDG_STATE_HOME": str(place)})
        for line in (" \\echo secret", *(f"\\echo {n}" for n in (1, 1, 2, 3, 4, 5, 6, 7))):
            t.line(line)
        t.type(CTRL_D)
        t.end()
        self.assertEqual((place / "weir/history").read_text(), "\\echo 5\n\\echo 6\n\\echo 7\n")
        self.assertFalse(self.history.exists())

    def test_two_sessions(self):
        first, second = self.start("-q"), self.start("-q")
        first.line("\\echo first")
        second.line("\\echo second")
        for t in (first, second):
            t.type(CTRL_D)
            t.end()
        self.assertEqual(self.kept(), "\\echo first\n\\echo second\n")


class Live(Interactive):
    def test_limit_over_the_embedded_broker(self):
        t = self.start()
        t.line("CREATE STREAM e (a int, b text) WITH (connector = 'embedded', topic = 't', format = 'json', partitions = 2);")
        self.assertEqual(t.line("INSERT INTO e VALUES (1, 'x'), (2, NULL), (3, 'z');"), "INSERT 0 3\n")
        self.assertEqual(sorted(t.line("SELECT a, b FROM e LIMIT 3;").splitlines()),
                         sorted([" a | b ", "---+---", " 1 | x", " 2 | ", " 3 | z", "(3 rows)", ""]))

    def test_control_c_stops_it_soon(self):
        t = self.start("-q")
        t.line("\\i stream.sql")
        took = []
        for _ in range(4):
            t.type("SELECT n FROM g;\r")
            t.expect("-----\n")
            t.expect(re.compile(r"\d+\n"))
            start = time.monotonic()
            t.send(CTRL_C)
            t.expect(", stopped by user)\n\nweir=> ")
            took.append(time.monotonic() - start)
            self.assertIn("        7\n", t.line("SELECT 7;"))
        self.assertLess(min(took), 0.5, took)

    def test_run_for_shows_progress_and_control_c_drains(self):
        t = self.start()
        t.line("\\i job.sql")
        self.assertIn("ERROR:  the job has no name\n", t.line("RUN FOR INTERVAL '1 s';"))
        t.line("SET job_name = 'j';")
        t.type("RUN;\r")
        t.expect(re.compile(r"\rFILL epoch \d+ · [1-9].* read, .*/s · .* · \^C stops"))
        t.send(CTRL_C)
        t.expect("\nRUN\nweir=> ")
        self.assertIn(" gs   | ", t.screen)
        self.assertTrue(list(self.home.glob("out/*.csv")))
        t.type("\\q\r")
        self.assertEqual(t.end(), 0)

    def test_why_no_rows(self):
        t = self.start("-q")
        t.line("\\i stream.sql")
        t.type("SELECT window_start, count(*) FROM TUMBLE(g, t, INTERVAL '30 days') GROUP BY window_start;\r")
        t.expect('NOTICE:  no rows yet: all windows with rows are still open; the watermark is held by partition 0 of stream "g"')
        t.send(CTRL_C)
        t.expect("weir=> ")


class Outside(Interactive):
    """Weir under a terminal, but not sitting at its prompt."""

    def test_progress_line_needs_a_terminal(self):
        command = weir.command("-c", "SET job_name = 'p'", "-f", "job.sql", "-c", "RUN FOR INTERVAL '1.5 s'")
        plain = subprocess.run(command, capture_output=True, text=True, cwd=self.home, timeout=60, stdin=subprocess.DEVNULL)
        self.assertEqual(plain.returncode, 0, plain.stderr)
        self.assertNotIn("\r", plain.stderr)
        self.assertIn("read ", plain.stderr)
        t = Terminal("-c", "SET job_name = 'q'", "-f", "job.sql", "-c", "RUN FOR INTERVAL '1.5 s'", home=self.home)
        t.expect("^C stops")
        self.assertEqual(t.end(), 0)
        narrow = Terminal("-c", "SET job_name = 's'", "-f", "job.sql", "-c", "RUN FOR INTERVAL '1.5 s'", home=self.home, columns=40)
        self.assertEqual(narrow.end(), 0)
        drawn = re.findall("\r([^\r\x1b]+)\x1b", narrow.screen)
        self.assertEqual(max(map(len, drawn)), 39, drawn)
        quiet = Terminal("-q", "-c", "SET job_name = 'r'", "-f", "job.sql", "-c", "RUN FOR INTERVAL '1.5 s'", home=self.home)
        self.assertEqual(quiet.end(), 0)
        self.assertEqual(quiet.screen, "")

    def test_control_c_drains_a_job(self):
        t = Terminal("-f", "job.sql", home=self.home)
        t.expect(re.compile(r"· [1-9][^·]* read"))
        t.send(CTRL_C)
        self.assertEqual(t.end(), 0)
        self.assertTrue(list(self.home.glob("out/*.csv")))


if __name__ == "__main__":
    unittest.main()
