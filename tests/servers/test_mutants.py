"""test_mutants.py: broken commit protocols, patched into the program, are caught (tests/mutants.py). Each patch must apply; in make
check-world each is built, and the test that is named for it must fail."""
import unittest

import mutants
from lib import suite


class Mutants(unittest.TestCase):
    def test_every_patch_applies(self):
        self.assertEqual({path.stem for path in mutants.PATCHES.glob("*.patch")}, set(mutants.MUTANTS))
        for name in mutants.MUTANTS:
            with self.subTest(name):
                mutants.check_applies(name)


def add(name):
    @suite.world_only
    def test(self):
        self.assertEqual([test for test, _ in mutants.catch(name)], list(mutants.MUTANTS[name]))
    setattr(Mutants, f"test_{name}_is_caught", test)


for mutant in mutants.MUTANTS:
    add(mutant)

if __name__ == "__main__":
    unittest.main()
