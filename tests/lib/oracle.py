"""oracle.py: the same statements through psql on PostgreSQL 15 and through weir, compared statement by statement.

Compared is everything that is printed: column names, rows, row count, NULLs apart from empty texts, and of errors and warnings
the SQLSTATE, message, detail, hint and the excerpt with the caret. A statement stands on one line.
"""
import re
import subprocess
import tempfile

from lib import servers, weir

MARK = "=====mark====="
NULL = "(null)"


def statements(path):
    """The statements of a file: one per line; lines that begin with two dashes are comments."""
    lines = [line.rstrip() for line in path.read_text().splitlines()]
    return [line for line in lines if line and not line.startswith("--")]


def script(lines):
    """The statements with a mark behind each, so that outputs can be told apart."""
    parts = ["\\set VERBOSITY verbose", f"\\pset null {NULL}"]
    for line in lines:
        parts += [line, f"\\echo {MARK}"]
    return "\n".join(parts) + "\n"


def split_output(text):
    """Per statement: its output without what only one of the programs prints."""
    text = re.sub(r"^(psql|weir):[^ ]*:\d+: ", "", text, flags=re.M)
    text = re.sub(r"^LOCATION:.*\n|^CONTEXT:  SQL function .*\n", "", text, flags=re.M)
    return [part.strip("\n") for part in text.split(MARK)[:-1]]


def outputs(lines, before=()):
    """What PostgreSQL and what Weir print, per statement; Weir runs the statements of before first."""
    postgres = servers.shared(servers.Postgres)
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script(lines))
        file.flush()
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "errors": "replace"}
        expected = subprocess.run(["psql", "-X", "-A", "-q", "-h", postgres.folder, "-U", "postgres", "-f", file.name],
                                  **streams)
        first = [option for statement in before for option in ("-c", statement)]
        actual = subprocess.run(weir.command("-A", "-q", "-v", "ON_ERROR_STOP=0", *first, "-f", file.name), **streams)
    return split_output(expected.stdout), split_output(actual.stdout)


def differences(lines):
    """(statement, what PostgreSQL prints, what Weir prints) where that differs."""
    expected, actual = outputs(lines)
    if len(expected) != len(lines):
        raise AssertionError(f"psql ended in: {lines[len(expected)]}")
    if len(actual) != len(lines):
        raise AssertionError(f"weir ended in: {lines[len(actual)]}")
    return [(line, e, a) for line, e, a in zip(lines, expected, actual) if e != a]


def describe(wrong, count):
    shown = [f"{line}\n  PostgreSQL: {e!r}\n  Weir:       {a!r}" for line, e, a in wrong[:20]]
    return f"{len(wrong)} of {count} differ:\n" + "\n".join(shown)


def compare(case, lines):
    """Fails with the first differences, if there are any."""
    wrong = differences(lines)
    if wrong:
        case.fail(describe(wrong, len(lines)))
