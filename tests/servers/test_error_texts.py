"""test_error_texts.py: the errors of tests/golden that PostgreSQL has too are PostgreSQL's.

In the golden files a comment line that begins with "-- as PostgreSQL" begins statements whose errors must be PostgreSQL 15's in
every respect: SQLSTATE, message, detail, hint, excerpt and caret. Behind "-- state and position" the SQLSTATE and the place of the
caret must be equal, because Weir says more. Any other "-- own…" comment ends such a part.
"""
import pathlib
import re
import unittest

from lib import oracle, servers

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "golden"
WHOLE, PLACE = "-- as PostgreSQL", "-- state and position"
TABLES = ("CREATE TABLE IF NOT EXISTS clicks (id int, name text, price numeric(12,2), t timestamptz NOT NULL);"
          "CREATE TABLE IF NOT EXISTS campaigns (id int PRIMARY KEY, title text);")


def parts(path):
    """(how, statement) in the order of the file; a statement may have several lines.

    How: what is compared, None for nothing, and "" for what stands before the first such comment and prepares the rest.
    """
    how, text = "", ""
    for line in path.read_text().splitlines():
        if line.startswith(WHOLE) or line.startswith(PLACE):
            how = WHOLE if line.startswith(WHOLE) else PLACE
        elif line.startswith("-- own"):
            how = None
        elif line and not line.startswith(("--", "\\set")):
            text += line
            if line.endswith(";"):
                yield how, text
                text = ""
            else:
                text += "\n"


def place(output):
    """The SQLSTATE and the column under the caret of the first error."""
    state = re.search(r"^ERROR:  (\w{5}):", output, re.M)
    caret = re.search(r"^LINE \d+: .*\n *\^", output, re.M)
    return state and state.group(1), caret and caret.group(0)


class ErrorTexts(unittest.TestCase):
    def compare(self, path):
        compared = list(parts(path))
        servers.shared(servers.Postgres).psql(TABLES, "-c", "SET client_min_messages = error", "-f", "-", check=False)
        wanted = [(how, statement) for how, statement in compared if how]
        before = [statement for how, statement in compared if how == ""]
        expected, actual = oracle.outputs([s for _, s in wanted], before=before)
        self.assertEqual((len(expected), len(actual)), (len(wanted), len(wanted)))
        for (how, statement), e, a in zip(wanted, expected, actual):
            with self.subTest(statement):
                self.assertRegex(e, "(ERROR|WARNING):  ", "PostgreSQL accepts it")
                self.assertEqual(a, e) if how == WHOLE else self.assertEqual(place(a), place(e))


def add_tests():
    for path in sorted(FOLDER.glob("*.sql")):
        if any(how for how, _ in parts(path)):
            setattr(ErrorTexts, f"test_{path.stem}", lambda self, path=path: self.compare(path))


add_tests()
