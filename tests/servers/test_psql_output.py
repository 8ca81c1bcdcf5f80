"""test_psql_output.py: weir prints results and errors byte for byte as psql does: every format and flag, over results with wide and
combining characters, line breaks, tabs, control characters, NULLs, no rows, no columns and long headers.
"""
import itertools
import pathlib
import subprocess
import tempfile
import unittest

from lib import servers, weir

STATEMENTS = """
SELECT 1 AS a, 'x' AS b;
SELECT 1 AS a, 'x' AS b WHERE false;
SELECT 'one' AS only;
SELECT NULL AS a, '' AS b, 'x' AS c;
SELECT 1 AS "a very long header indeed", 22 AS b;
SELECT 1.5 AS num, 1::bigint AS big, 1e10::double precision AS dbl, true AS bool, date '2026-01-01' AS d, interval '1 day' AS i,
    '{"a":1}'::jsonb AS j, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid AS u, timestamptz '2026-01-01 00:00+00' AS tz;
SELECT '日本語' AS "列", 'abc' AS x, 1 AS n;
SELECT '😀 emoji' AS e, E'e\\u0301' AS combining, 'ﬁ' AS lig, E'a\\u200bb' AS zwsp, E'\\u0e33' AS thai, E'\\u1112\\u1161\\u11ab' AS h;
SELECT E'two\\nlines' AS a, 1 AS b, E'three\\nlines\\nhere' AS c;
SELECT E'two\\nlines\\n' AS a, E'\\n' AS b, E'\\n\\nx' AS c;
SELECT E'tab\\there' AS a, E'\\ttab' AS b, E'a\\tb\\tc' AS c, E'日\\tx' AS d;
SELECT E'cr\\rhere' AS a, E'bell\\x07' AS b, E'\\x1b[31m' AS esc, E'\\x7f' AS del, E'\\r\\n' AS crlf;
SELECT 'a|b' AS x, 'c,d' AS y, 'e"f' AS z, 'g''h' AS w, '\\.' AS dot, 'back\\slash' AS bs, 'semi;colon' AS sc;
SELECT 'x' AS "a
b", 1 AS "c
d
e";
SELECT x, length(x) AS l FROM (VALUES ('a'), ('bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb'), (NULL)) t(x);
SELECT n, -n AS m, n::text AS t FROM (VALUES (1), (1000000), (-5), (NULL)) v(n);
SELECT;
SELECT FROM (VALUES (1), (2)) t(a);
SELECT FROM (VALUES (1), (2)) t(a) WHERE false;
SELECT a FROM (VALUES (1), (2), (3)) t(a) WHERE a > 5;
SELECT E'multi\\nline' AS "long name here", E'x' AS y, E'z\\nzz\\nzzz' AS "multi
name" FROM (VALUES (1), (2)) t(a);
SELECT E'日本\\n語' AS w, 'é' AS "é", 5 AS "日";
SELECT ' lead' AS a, 'trail ' AS b, '   ' AS c;
SELECT a::text || 'x' AS s FROM (VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9), (10), (11)) t(a);
SELECT E'\\u0085' AS c1, E'\\u00a0' AS nbsp, E'\\u00ad' AS soft, E'\\ufeff' AS bom, E'\\u20dd' AS enclosing, E'a\\u0300\\u0301' AS two;
"""
FLAGS = [[], ["-A"], ["-t"], ["-A", "-t"], ["-x"], ["-x", "-t"], ["-A", "-x"], ["-A", "-x", "-t"], ["--csv"], ["--csv", "-t"],
         ["--csv", "-x"], ["--csv", "-x", "-t"], ["-q"], ["-A", "-F", "; "], ["-A", "-F", "\t"], ["-A", "-F", ""],
         ["-A", "-R", "@@"], ["-A", "-F", ";", "-R", "@"], ["-A", "-t", "-R", "@"], ["-A", "-x", "-R", "@"], ["-A", "-z"],
         ["-A", "-0"], ["-A", "-z", "-0"], ["-A", "-t", "-0"], ["-A", "-x", "-0"], ["-A", "-x", "-z"], ["-F", ";"]]
SETTINGS = [["\\pset null NULL"], ["\\pset null 'n i l'", "\\x"], ["\\x"], ["\\x on", "\\t on"], ["\\t"], ["\\a"], ["\\a", "\\t"],
            ["\\a", "\\a"], ["\\f ;", "\\a"], ["\\pset fieldsep ';'", "\\a"], ["\\pset recordsep '|'", "\\a"],
            ["\\pset format unaligned"], ["\\pset format csv"], ["\\pset format csv", "\\x"], ["\\pset tuples_only on"],
            ["\\pset expanded"], ["\\pset expanded on", "\\pset expanded off"], ["\\pset tuples_only", "\\pset tuples_only"]]
ERRORS = """
SELECT 1 AS before;
SELECT nosuch;

SELECT 1,
    2,
  nosuch;
SELECT 'a long line before the place' AS a, 'and more of it' AS b, nosuch, 'and behind it' AS c, 'more' AS d;
SELECT '日本語', nosuch, '日本語日本語日本語日本語日本語日本語日本語';
SELECT	'tab',	nosuch;
SELECT foo(1);
SELECT '{"a":}'::jsonb;
SELECT 1/0;
SELECT '2026-01-01'::timestamp(7);
SELECT 1; SELECT nosuch; SELECT 3;
\\set VERBOSITY verbose
SELECT nosuch;
\\set VERBOSITY terse
SELECT nosuch;
\\set VERBOSITY sqlstate
SELECT nosuch;
\\set VERBOSITY default
\\nosuch
\\i nosuch.sql
\\pset nosuch
\\unset
SELECT 2 AS behind
"""
COMMANDS = [["SELECT 1"], ["SELECT 1; SELECT 2"], ["SELECT nosuch"], ["SELECT 1", "SELECT nosuch", "SELECT 3"], ["SELECT 1 +"],
            ["SELECT\n nosuch"], ["\\x", "SELECT 1 AS a"], ["\\echo hello", "SELECT 1"], ["\\pset nosuch"], ["-bad"]]


class PsqlOutput(unittest.TestCase):
    def compare(self, flags, text=None):
        """Both programs with the same flags, over a file of the same name or -c alone; the exit code is each one's own."""
        with tempfile.TemporaryDirectory() as folder:
            if text is not None:
                (pathlib.Path(folder) / "file.sql").write_text(text)
                flags = [*flags, "-f", "file.sql"]
            run = {"capture_output": True, "cwd": folder, "stdin": subprocess.DEVNULL}
            server = ["-h", servers.shared(servers.Postgres).folder, "-U", "postgres"]
            expected = subprocess.run(["psql", "-X", *server, *flags], **run)
            actual = subprocess.run(weir.command(*flags), **run)
        stderr = expected.stderr.replace(b"psql:", b"weir:")
        lines = b"".join(line for line in stderr.splitlines(True) if not line.startswith(b"LOCATION:"))
        self.assertEqual(expected.stdout, actual.stdout)
        self.assertEqual(lines, actual.stderr)

    def test_flags(self):
        for flags in FLAGS:
            with self.subTest(flags):
                self.compare(flags, STATEMENTS)

    def test_settings(self):
        for settings, quiet in itertools.product(SETTINGS, ([], ["-q"])):
            with self.subTest(settings, quiet=quiet):
                self.compare(quiet, "\n".join(settings) + STATEMENTS)

    def test_errors_of_files(self):
        self.compare(["-v", "ON_ERROR_STOP=0"], ERRORS)

    def test_the_first_error_of_a_file(self):
        self.compare(["-v", "ON_ERROR_STOP=1"], ERRORS)

    def test_errors_of_commands(self):
        for commands in COMMANDS:
            with self.subTest(commands):
                self.compare(["-v", "ON_ERROR_STOP=1", *itertools.chain(*(["-c", command] for command in commands))])
