"""test_oracle.py: every statement of tests/oracle/*.sql gives the same text, or the same error, as PostgreSQL 15.

Both programs run the same file; results are compared statement by statement: rows, SQLSTATE, message, detail, hint and
the position of the caret. A statement stands on one line.
"""
import pathlib
import re
import subprocess
import tempfile
import unittest

from lib import servers, weir

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "oracle"
MARK = "=====mark====="


def statements(path):
    lines = [line.rstrip() for line in path.read_text().splitlines()]
    return [line for line in lines if line and not line.startswith("--")]


def script(lines):
    """The statements with a mark behind each, so that outputs can be told apart."""
    parts = ["\\set VERBOSITY verbose"]
    for line in lines:
        parts += [line, f"\\echo {MARK}"]
    return "\n".join(parts) + "\n"


def split_output(text):
    """Per statement: its output without what only one of the programs prints."""
    text = re.sub(r"^(psql|weir):[^ ]*:\d+: ", "", text, flags=re.M)
    text = re.sub(r"^LOCATION:.*\n", "", text, flags=re.M)
    return [part.strip("\n") for part in text.split(MARK)[:-1]]


class Oracle(unittest.TestCase):
    def compare(self, path):
        postgres = servers.shared(servers.Postgres)
        lines = statements(path)
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
            file.write(script(lines))
            file.flush()
            expected = subprocess.run(["psql", "-X", "-A", "-t", "-q", "-h", postgres.folder, "-U", "postgres", "-f",
                                       file.name], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            actual = subprocess.run(weir.command("-A", "-t", "-q", "-v", "ON_ERROR_STOP=0", "-f", file.name),
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        expected, actual = split_output(expected.stdout), split_output(actual.stdout)
        self.assertEqual(len(expected), len(lines))
        self.assertEqual(len(actual), len(lines), "the program ended early")
        wrong = [f"{line}\n  PostgreSQL: {e!r}\n  Weir:       {a!r}"
                 for line, e, a in zip(lines, expected, actual) if e != a]
        self.assertFalse(wrong, f"{len(wrong)} of {len(lines)} differ:\n" + "\n".join(wrong[:20]))


def add_tests():
    for path in sorted(FOLDER.glob("*.sql")):
        setattr(Oracle, f"test_{path.stem}", lambda self, path=path: self.compare(path))


add_tests()
