"""test_snowflake_query.py: weir snowflake query, weir snowflake apply and \\snow before a server that says what the test tells it to."""
import http.server
import json
import re
import signal
import subprocess
import threading
import time
import unittest

from lib import weir
from lib.terminal import CTRL_C, Terminal

HANDLE = "01b2c3d4-0000-0000-0000-00000000abcd"
JOB = """CREATE STREAM s (n integer, t timestamptz NOT NULL, WATERMARK FOR t AS t)
    WITH (connector = 'generator', format = 'json', rows_per_second = 1);
CREATE SINK raw WITH (location = 'lake/raw/', format = 'csv', snowflake_table = 'LAKE.RAW.CLICKS') AS SELECT n FROM s;
"""


def answer(columns, rows):
    types = [{"name": name, "type": kind} for name, kind in columns]
    return 200, {"code": "090001", "statementHandle": HANDLE, "data": rows,
                 "resultSetMetaData": {"numRows": len(rows), "rowType": types, "partitionInfo": [{"rowCount": len(rows)}]}}


def said(text):
    return answer([("status", "text")], [[text]])


class Snowflake:
    """Answers POST with answer(statement), everything else with `running`; keeps the bodies and the targets."""

    def __init__(self, case, answer):
        self.bodies, self.targets = [], []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                outer.targets.append(self.path)
                text = self.rfile.read(int(self.headers["Content-Length"]))
                if not text:
                    return self.reply(200, {"code": "000604"})
                outer.bodies.append(json.loads(text))
                self.reply(*answer(outer.bodies[-1]["statement"]))

            def do_GET(self):
                outer.targets.append(self.path)
                self.reply(202, {"code": "333334", "statementHandle": HANDLE})

            def reply(self, status, body):
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", len(data))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        case.addCleanup(self.server.server_close)
        case.addCleanup(self.server.shutdown)

    @property
    def statements(self):
        return [body["statement"] for body in self.bodies]


def simple(statement):
    """SELECT n: n. Anything with "nx" fails; "wait" never ends."""
    if "nx" in statement:
        return 422, {"code": "000904", "sqlState": "42000", "statementHandle": HANDLE,
                     "message": "SQL compilation error: error line 1 at position 7\ninvalid identifier 'NX'"}
    if "wait" in statement:
        return 202, {"code": "333334", "statementHandle": HANDLE}
    number = re.fullmatch(r"SELECT (\d+)", statement)
    return answer([("N", "fixed")], [[number[1]]]) if number else said(f"{statement.split()[1]} done.")


class Asking(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = weir.scratch(cls, "snowflake")
        for arguments in (("genrsa", "-out", "plain.pem", "2048"),
                          ("pkcs8", "-topk8", "-in", "plain.pem", "-out", "key.p8", "-v2", "aes256", "-passout", "pass:horse")):
            subprocess.run(["openssl", *arguments], cwd=cls.folder, check=True, capture_output=True)
        (cls.folder / "job.sql").write_text(JOB)

    def setUp(self):
        self.snowflake = Snowflake(self, simple)
        self.env = {"SNOWFLAKE_ACCOUNT": "myorg-acct", "SNOWFLAKE_USER": "loader", "SNOWFLAKE_HOST": self.snowflake.url,
                    "SNOWFLAKE_PRIVATE_KEY_PATH": str(self.folder / "key.p8"), "SNOWFLAKE_PRIVATE_KEY_PASSPHRASE": "horse",
                    "SNOWFLAKE_ROLE": "reader", "HOME": str(self.folder)}

    def run_weir(self, *arguments, code=0, **env):
        return weir.run(*arguments, env={**self.env, **env}, cwd=self.folder, check=code)

    def query(self, *arguments, code=0, **env):
        return self.run_weir("snowflake", "query", *arguments, code=code, **env)


class Query(Asking):
    def test_result(self):
        self.snowflake = Snowflake(self, lambda _: answer(
            [("ID", "fixed"), ("At", "timestamp_ntz"), ("OK", "boolean"), ("T", "text")],
            [["1", "1616173619.123000000", "true", "ä"], ["22", None, "false", ""]]))
        self.assertEqual(self.query("SELECT * FROM t", SNOWFLAKE_HOST=self.snowflake.url).stdout,
                         " ID |           At            | OK | T \n"
                         "----+-------------------------+----+---\n"
                         "  1 | 2021-03-19 17:06:59.123 | t  | ä\n"
                         " 22 |                         | f  | \n"
                         "(2 rows)\n\n")
        self.assertEqual(self.query("--csv", "SELECT * FROM t", SNOWFLAKE_HOST=self.snowflake.url).stdout,
                         'ID,At,OK,T\n1,2021-03-19 17:06:59.123,t,ä\n22,,f,\n')

    def test_settings_go_before_the_environment(self):
        (self.folder / "set.sql").write_text("SET snowflake.user = 'other';\nSET snowflake.role = '\"mixed Case\"';\n"
                                             "SET snowflake.warehouse TO wh;\nSET snowflake.private_key = 'env:PEM';\n")
        self.query("-f", "set.sql", "SELECT 1", SNOWFLAKE_PRIVATE_KEY_PATH="/nowhere", PEM=(self.folder / "plain.pem").read_text())
        self.assertEqual(self.snowflake.bodies, [{"statement": "SELECT 1", "role": "mixed Case", "warehouse": "WH"}])
        self.assertEqual(self.query("SELECT 1").stderr, "")
        self.assertEqual(self.snowflake.bodies[1], {"statement": "SELECT 1", "role": "READER"})

    def test_several_statements(self):
        self.assertEqual(self.query("-A", "-t", "SELECT 1; -- one;\nSELECT 2 ;").stdout, "1\n2\n")
        self.assertEqual(self.snowflake.statements, ["SELECT 1", "SELECT 2"])

    def test_error_ends_it(self):
        done = self.query("SELECT 1; SELECT nx; SELECT 2", code=3)
        self.assertEqual(done.stderr, "ERROR:  SQL compilation error: error line 1 at position 7\ninvalid identifier 'NX'\n"
                                      "LINE 1: SELECT nx\n               ^\n"
                                      "DETAIL:  Snowflake's error code is 000904, its SQLSTATE 42000.\n")
        self.assertEqual(self.snowflake.statements, ["SELECT 1", "SELECT nx"])

    def test_what_is_missing(self):
        for name, message in (("ACCOUNT", "snowflake.account is not set"), ("USER", "snowflake.user is not set"),
                              ("PRIVATE_KEY_PATH", "snowflake.private_key is not set"),
                              ("PRIVATE_KEY_PASSPHRASE", "is encrypted, and no passphrase is given")):
            self.assertIn(message, self.query("SELECT 1", code=2 if "PASS" in name else 3, **{f"SNOWFLAKE_{name}": ""}).stderr)
        self.assertIn("does not take a literal value", self.query("-c", "SET snowflake.private_key = 'abc'", "SELECT 1", code=3).stderr)
        self.assertIn("is not encrypted", self.query("SELECT 1", code=3, SNOWFLAKE_HOST="http://192.0.2.1").stderr)
        for words, message in ((("snowflake",), "snowflake takes apply or query"), (("snowflake", "query"), "takes a statement"),
                               (("snowflake", "query", " ; \n"), "takes a statement"),
                               (("snowflake", "query", "a", "b"), 'unexpected argument "b"')):
            self.assertIn(message, self.run_weir(*words, code=1).stderr)
        self.assertEqual(self.snowflake.bodies, [])

    def test_a_signal_cancels_the_statement(self):
        for name in (signal.SIGINT, signal.SIGTERM):
            process = weir.start("snowflake", "query", "SELECT wait; SELECT 1", env=self.env, cwd=self.folder)
            self.addCleanup(process.kill)
            deadline = time.monotonic() + 60
            while f"/api/v2/statements/{HANDLE}" not in self.snowflake.targets and time.monotonic() < deadline:
                time.sleep(0.02)
            process.send_signal(name)
            out, err = process.communicate(timeout=60)
            self.assertEqual((process.returncode, out, err), (5, "", "ERROR:  canceling statement due to user request\n"))
            self.assertEqual(self.snowflake.targets[-1], f"/api/v2/statements/{HANDLE}/cancel")
            self.snowflake.targets.clear()
        self.assertEqual(self.snowflake.statements, ["SELECT wait"] * 2)


class Snow(Asking):
    def test_in_a_file(self):
        (self.folder / "mixed.sql").write_text("SELECT 5;\n\\snow SELECT 6; SELECT 7\nSELECT\n 8\n\\snow\n\\snow SELECT nx\nSELECT 9;\n")
        done = self.run_weir("-A", "-t", "-f", "mixed.sql", code=3)
        self.assertEqual(done.stdout, "5\n6\n7\n8 done.\n")
        self.assertEqual(self.snowflake.statements, ["SELECT 6", "SELECT 7", "SELECT\n 8", "SELECT nx"])
        self.assertIn("weir:mixed.sql:6: ERROR:  SQL compilation error", done.stderr)

    def test_without_a_statement(self):
        self.assertEqual(self.run_weir("-c", "\\snow", code=3).stderr, "\\snow: type a statement behind it, or before it\n")

    def test_timing(self):
        self.assertRegex(self.run_weir("-A", "-t", "-c", "\\timing", "-c", "\\snow SELECT 6; SELECT nx", code=3).stdout,
                         r"^Timing is on\.\n6\nTime: \d+\.\d{3} ms\nTime: \d+\.\d{3} ms\n$")

    def test_in_the_terminal(self):
        terminal = Terminal(home=self.folder, env=self.env, cwd=self.folder)
        self.addCleanup(terminal.close)
        terminal.expect("weir=> ")
        self.assertEqual(terminal.line("\\snow SELECT 6"), " N \n---\n 6\n(1 row)\n\n")
        self.assertIn("invalid identifier 'NX'", terminal.line("\\snow SELECT nx;"))
        terminal.type("\\snow SELECT wait\r")
        deadline = time.monotonic() + 60
        while f"/api/v2/statements/{HANDLE}" not in self.snowflake.targets and time.monotonic() < deadline:
            time.sleep(0.02)
        terminal.send(CTRL_C)
        terminal.expect("Cancel request sent\nERROR:  canceling statement due to user request\n")
        terminal.expect("weir=> ")
        self.assertEqual(self.snowflake.targets[-1], f"/api/v2/statements/{HANDLE}/cancel")
        self.assertEqual(terminal.line("\\snow SELECT 6"), " N \n---\n 6\n(1 row)\n\n")
        terminal.type("\\q\r")
        self.assertEqual(terminal.end(), 0)


class Apply(Asking):
    def test_all_statements(self):
        for _ in range(2):
            done = self.run_weir("snowflake", "apply", "--yes", "-f", "job.sql")
            self.assertEqual(done.stderr, "")
        ddl = self.run_weir("-q", "--snowflake-ddl", "-f", "job.sql").stdout
        half = len(self.snowflake.statements) // 2
        self.assertEqual(self.snowflake.statements[:half], self.snowflake.statements[half:])
        self.assertGreaterEqual(half, 4)
        for statement in self.snowflake.statements:
            self.assertIn(statement + ";\n", ddl)
        lines = done.stdout.splitlines()
        self.assertIn('CREATE TABLE IF NOT EXISTS "LAKE"."RAW"."CLICKS": TABLE done.', lines)
        self.assertEqual(lines[-2:], [f"{half} statements were executed in Snowflake", "What is left to do stands in the comments of "
                                      "--snowflake-ddl: who has the role, and, with an integration, AWS."])
        self.assertEqual(self.run_weir("-q", "snowflake", "apply", "--yes", "-f", "job.sql").stdout, "")

    def test_the_first_error_ends_it(self):
        self.snowflake = Snowflake(self, lambda statement: simple("SELECT nx" if "CREATE TABLE" in statement else statement))
        done = self.run_weir("snowflake", "apply", "--yes", "-f", "job.sql", code=3, SNOWFLAKE_HOST=self.snowflake.url)
        self.assertIn("ERROR:  SQL compilation error", done.stderr)
        self.assertRegex(done.stderr, r'CONTEXT:  statement \d+: CREATE TABLE IF NOT EXISTS "LAKE"\."RAW"\."CLICKS"\n')
        self.assertIn("CREATE TABLE", self.snowflake.statements[-1])

    def test_a_role_that_may_not(self):
        self.snowflake = Snowflake(self, lambda _: (422, {"code": "003001", "sqlState": "42501", "message": "Insufficient privileges"}))
        done = self.run_weir("snowflake", "apply", "--yes", "-f", "job.sql", code=3, SNOWFLAKE_HOST=self.snowflake.url)
        self.assertIn("HINT:  The first lines of --snowflake-ddl say what the role needs; SET snowflake.role names another", done.stderr)

    def test_grants_are_asked_for(self):
        done = self.run_weir("snowflake", "apply", "-f", "job.sql", code=1)
        self.assertIn("nothing was executed in Snowflake: this must be confirmed", done.stderr)
        self.assertEqual(self.snowflake.bodies, [])
        for word, code in (("n", 5), ("y", 0)):
            terminal = Terminal("snowflake", "apply", "-f", "job.sql", home=self.folder, env=self.env, cwd=self.folder)
            self.addCleanup(terminal.close)
            asked = terminal.expect("Apply all statements? (y/N) ")
            self.assertIn("This grants privileges in Snowflake:\n  GRANT ", asked)
            self.assertEqual(self.snowflake.bodies, [])
            terminal.send(word + "\r")
            self.assertEqual(terminal.end(), code)
        self.assertTrue(any(statement.startswith("GRANT ") for statement in self.snowflake.statements))

    def test_nothing_to_apply(self):
        for words in ((), ("-c", "SELECT 1")):
            self.assertIn("no sink names a Snowflake table", self.run_weir("snowflake", "apply", *words, code=3).stderr)
        (self.folder / "none.sql").write_text(JOB.replace(", snowflake_table = 'LAKE.RAW.CLICKS'", ""))
        self.assertIn("no sink names a Snowflake table", self.run_weir("snowflake", "apply", "-f", "none.sql", code=3).stderr)
        self.assertEqual(self.snowflake.bodies, [])


if __name__ == "__main__":
    unittest.main()
