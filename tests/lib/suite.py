"""suite.py: which run of the tests this is: what run.py and people say by variables, read in one place."""
import os
import random
import unittest

WORLD = os.environ.get("WEIR_TEST_WORLD") == "1"  # make check-world: more of the same
world_only = unittest.skipUnless(WORLD, "part of make check-world")
needs_servers = unittest.skipUnless(os.environ.get("WEIR_TEST_SERVERS") == "1", "needs servers")


def seed():
    """Of random tests, which print it: WEIR_TEST_SEED, or another one each time."""
    return int(os.environ.get("WEIR_TEST_SEED", random.SystemRandom().randrange(1 << 30)))
