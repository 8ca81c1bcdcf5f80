"""test_oracle.py: every statement of tests/oracle/*.sql and of lib/oracle_matrix.py gives the same text, or the same error, as
PostgreSQL 15; so do random expressions (lib/expressions.py; WEIR_TEST_SEED repeats the printed seed).
"""
import pathlib
import random
import unittest

from lib import expressions, oracle, oracle_matrix, suite

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "oracle"
RANDOM_STATEMENTS = 20000 if suite.WORLD else 2000
CHUNK = 250


class Oracle(unittest.TestCase):
    def test_random_expressions(self):
        seed = suite.seed()
        print(f"random expressions: WEIR_TEST_SEED={seed}", flush=True)
        source = expressions.Statements(random.Random(seed))
        for _ in range(0, RANDOM_STATEMENTS, CHUNK):
            zone = source.random.choice(expressions.ZONES)
            with self.subTest(seed=seed, zone=zone):
                self.compare_random(f"SET timezone = '{zone}';", [source.statement() for _ in range(CHUNK)])

    def compare_random(self, setting, lines):
        """Of several rows that fail in different ways, the programs may name different ones."""
        wrong = oracle.differences([setting, *lines])
        for line, expected, actual in wrong:
            if expected.startswith("ERROR") and actual.startswith("ERROR"):
                self.assertIn(actual, oracle.outputs([setting, *expressions.single_rows(line)])[0], line)
            else:
                self.fail(oracle.describe([(line, expected, actual)], len(lines)))


def add_tests():
    for path in sorted(FOLDER.glob("*.sql")):
        setattr(Oracle, f"test_{path.stem}", lambda self, path=path: oracle.compare(self, oracle.statements(path)))
    for matrix in oracle_matrix.MATRICES:
        setattr(Oracle, f"test_all_{matrix.__name__}", lambda self, matrix=matrix: oracle.compare(self, list(matrix())))


add_tests()
