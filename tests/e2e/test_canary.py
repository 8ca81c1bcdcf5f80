"""test_canary.py: a secret in any option, variable or file comes out nowhere: not in a message, log, plan, listing, history, state or
DDL, nor when the program is killed or crashes. Options and settings are those that the program's own help lists as secrets."""
import os
import pathlib
import re
import resource
import secrets
import signal
import socket
import subprocess
import threading
import time
import unittest

from lib import terminal, weir

AWS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN")
SECRET = "'env:…' or 'file:…'"
STREAM = """CREATE STREAM s (n integer, t timestamptz, WATERMARK FOR t AS t) WITH (connector = 'kafka', brokers = '{brokers}',
    topic = 'x', format = 'json', kafka.security.protocol = '{protocol}', kafka.sasl.mechanism = 'PLAIN',
    kafka.sasl.username = 'me'{options});"""
SINK = "CREATE SINK k WITH (location = '{location}', format = 'csv', snowflake_table = 'A.B.C'{options}) AS SELECT n FROM s;"
LISTINGS = ("SHOW STREAMS", "SHOW SINKS", "SHOW CREATE STREAM s", "SHOW CREATE SINK k", "DESCRIBE s", "SHOW SETTINGS", "SHOW STATE",
            "SHOW WATERMARKS", "SHOW SNOWFLAKE DDL", "EXPLAIN SELECT n FROM s", "EXPLAIN VERBOSE SELECT n FROM s", "EXPLAIN SINK k",
            "EXPLAIN (FORMAT JSON) SINK k", "\\set", "SELECT nix FROM s", "\\errverbose")


class Deaf:
    """A server that takes every connection and closes it after a while, without a word."""

    def __init__(self, case):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.socket.getsockname()[1]}"
        self.asked = threading.Event()
        case.addCleanup(self.socket.close)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
                self.asked.set()
                time.sleep(0.05)
                connection.close()
            except OSError:
                return


def crashing_freely():
    """Variables by which a sanitizer leaves crashes and core dumps alone: those of the tests are none that it should explain."""
    return {name: f"{os.environ.get(name, '')}:handle_segv=0:handle_abort=0:disable_coredump=0" for name in ("ASAN_OPTIONS", "TSAN_OPTIONS")}


def listed(statement):
    """Names of the options that the help of a statement lists as secrets."""
    text = weir.run("-c", f"\\h {statement}", check=0).stdout
    return re.findall(rf"^  (\S+) \({re.escape(SECRET)}", text, re.M)


class Canary(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stream_options, cls.sink_options = listed("CREATE STREAM"), listed("CREATE SINK")
        settings = weir.run("-A", "-t", "-c", "SHOW SETTINGS", check=0).stdout.splitlines()
        cls.settings = [line.split("|")[0] for line in settings if "env:NAME" in line]

    def setUp(self):
        self.folder = weir.scratch(self, "canary")
        self.canary = "Canary" + secrets.token_hex(8)
        self.hidden = self.folder / "hidden"
        (self.hidden / ".aws").mkdir(parents=True)
        (self.hidden / "secret").write_text(self.canary + "\n")
        (self.hidden / "secret").chmod(0o600)
        (self.hidden / ".aws/credentials").write_text("[default]\n" + "".join(
            f"aws_{name} = {self.canary}\n" for name in ("access_key_id", "secret_access_key", "session_token")))
        (self.folder / "input.jsonl").write_text('{"n":1,"t":"2024-01-01"}\n{"n":"bad","t":"2024-01-01"}\n')
        self.environment = dict.fromkeys((*AWS, "CANARY"), self.canary) | {"HOME": str(self.hidden), "XDG_STATE_HOME": str(self.hidden / "state")}

    def check(self, *texts):
        """The canary is in no text, and in no file but those it was put into."""
        for text in texts:
            self.assertNotIn(self.canary, text)
        given = {self.hidden / "secret", self.hidden / ".aws/credentials"}
        for path in self.folder.rglob("*"):
            if path.is_file() and path not in given:
                self.assertNotIn(self.canary.encode(), path.read_bytes(), path)

    def declare(self, form, brokers="127.0.0.1:1", protocol="plaintext", location=None):
        """The statements with every secret option given in that form; S3's only where the sink is there."""
        location = location or f"{self.folder}/out"
        s3 = location.startswith("s3://")
        options = [[f", {name} = {form}" for name in names if s3 or not name.startswith("s3.")]
                   for names in (self.stream_options, self.sink_options)]
        options[0] += [", dead_letter_location = 's3://bucket/dead/'"] * s3
        return (STREAM.format(brokers=brokers, protocol=protocol, options="".join(options[0])),
                SINK.format(location=location, options="".join(options[1])))

    def run_weir(self, *arguments):
        done = weir.run(*arguments, env=self.environment, cwd=self.folder)
        self.check(done.stdout, done.stderr)
        return done

    def test_options_are_found(self):
        self.assertIn("kafka.sasl.password", self.stream_options)

    def test_listings(self):
        places = [None] + ["s3://bucket/prefix/"] * any(name.startswith("s3.") for name in self.sink_options)
        for place in places:
            for form in ("'env:CANARY'", f"'file:{self.hidden}/secret'"):
                declare = [word for text in self.declare(form, location=place) for word in ("-c", text)]
                for output in ((), ("-A",), ("-x",), ("--csv",)):
                    done = self.run_weir("--check", "-e", *output, "-v", "ON_ERROR_STOP=0", "-v", "VERBOSITY=verbose", "-c", "SET job_name = j",
                                         *declare, *(word for text in LISTINGS for word in ("-c", text)))
                    self.assertIn(form.strip("'"), done.stdout)
                for mode in ("--explain", "--snowflake-ddl"):
                    done = self.run_weir(mode, "-c", "SET job_name = j", *declare)
                    self.assertEqual(done.returncode, 0, done.stderr)

    def test_literals(self):
        """A literal is refused, also under a name that is none, and not repeated."""
        stream = STREAM.format(brokers="b", protocol="plaintext", options=", dead_letter_location = 's3://b/d/', {}")
        for names, template in ((self.stream_options, stream),
                                (self.sink_options, SINK.format(location="s3://b/p/", options=", {}")),
                                (self.settings, "SET {}")):
            for name in names:
                for given in (name, name[:-3] + name[-2:], name.replace("_", ""), name + "s"):
                    for value in (f"= '{self.canary}'", f"= $${self.canary}$$", f"'{self.canary}'", f"TO '{self.canary}'"):
                        for log_format in ("text", "json"):
                            with self.subTest(f"{given} {value}, {log_format}"):
                                done = self.run_weir("-e", "-v", "VERBOSITY=verbose", "-c", f"SET log_format = {log_format}",
                                                     "-c", template.format(f"{given} {value}"), "-c", "\\errverbose")
                                self.assertEqual(done.returncode, 3, done.stdout + done.stderr)

    def test_state(self):
        """A whole job, with a dead letter; secrets of the stream are not even read."""
        (self.folder / "job.sql").write_text("\n".join(self.declare("'env:CANARY'")))
        for log_format in ("text", "json"):
            done = self.run_weir("--batch", "-c", f"SET log_format = {log_format}", "-c", "SET log_level = debug", "--input", "s=input.jsonl",
                                 "-f", "job.sql")
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(list(self.folder.rglob("*.json")) and list(self.folder.rglob("*.jsonl")))

    def test_history(self):
        person = terminal.Terminal(home=self.hidden, env=self.environment, cwd=self.folder)
        self.addCleanup(person.close)
        person.expect("weir=> ")
        shown = person.line(f"CREATE STREAM s (n integer) WITH (kafka.sasl.pasword = '{self.canary}');")
        self.assertIn("left out of the history", shown)
        person.line("SELECT 4321;")
        person.send("\\q\r")
        person.end()
        [history] = [path for path in (self.hidden / "state").rglob("*") if path.is_file()]
        self.assertIn("4321", history.read_text())
        self.check()

    def start(self, statements, *arguments):
        """Begins a job that cannot reach its servers."""
        (self.folder / "job.sql").write_text("\n".join(statements))
        child = subprocess.Popen(weir.command("-c", "SET log_level = debug", *arguments, "-f", "job.sql"), cwd=self.folder,
                                 env={**os.environ, **self.environment, **crashing_freely()},
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (4096, 4096)))
        self.addCleanup(child.kill)
        return child

    def core_limit(self, child):
        [line] = [line for line in pathlib.Path(f"/proc/{child.pid}/limits").read_text().splitlines() if line.startswith("Max core")]
        return line.split()[4:6]

    def crash(self, server, statements, name, *arguments):
        server.asked.clear()
        child = self.start(statements, *arguments)
        self.assertTrue(server.asked.wait(60), "it asks no server")
        time.sleep(0.3)
        self.assertIsNone(child.poll(), "it ended by itself")
        self.check(pathlib.Path(f"/proc/{child.pid}/cmdline").read_text())
        self.assertEqual(self.core_limit(child), ["0", "0"])
        child.send_signal(name)
        out, err = child.communicate(timeout=60)
        self.check(out.decode(errors="replace"), err.decode(errors="replace"))
        self.assertEqual([path.name for path in self.folder.iterdir() if path.name.startswith("core")], [])

    def test_crashes(self):
        for form in ("'env:CANARY'", f"'file:{self.hidden}/secret'"):
            options = [name for name in self.stream_options if name.startswith("kafka.sasl.") and "oauth" not in name]
            server = Deaf(self)
            stream = STREAM.format(brokers=server.address, protocol="sasl_plaintext",
                                   options=", kafka.debug = 'all'" + "".join(f", {name} = {form}" for name in options))
            for name in (signal.SIGSEGV, signal.SIGABRT, signal.SIGKILL, signal.SIGTERM):
                with self.subTest(f"{form} {name.name}"):
                    self.crash(server, (stream, self.declare(form)[1]), name)

    def test_crashes_with_s3(self):
        if not any(name.startswith("s3.") for name in self.sink_options):
            self.skipTest("no secret of S3's is an option")
        sink = f"CREATE STREAM s (n integer) WITH (connector = 'file', path = '{self.folder}/input.jsonl', format = 'json');"
        for form in (None, "'env:CANARY'", f"'file:{self.hidden}/secret'"):
            server = Deaf(self)
            options = f", s3.endpoint = 'http://{server.address}', s3.region = 'eu-north-1'"
            if form is not None:
                options += "".join(f", {name} = {form}" for name in self.sink_options if name.startswith("s3."))
            for name in (signal.SIGSEGV, signal.SIGABRT):
                with self.subTest(f"{form} {name.name}"):
                    self.crash(server, (sink, SINK.format(location="s3://bucket/prefix/", options=options)), name, "--batch")

    def test_core_when_allowed(self):
        child = self.start(self.declare("'env:CANARY'", brokers=Deaf(self).address), "--allow-core")
        time.sleep(0.3)
        self.assertEqual(self.core_limit(child), ["4096", "4096"])
        child.kill()
        child.communicate(timeout=60)


if __name__ == "__main__":
    unittest.main()
