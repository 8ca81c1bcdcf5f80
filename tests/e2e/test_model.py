"""test_model.py: the commit protocol explored exhaustively: build/model/protocol (tests/model/protocol.c) goes through every
world that crashes, lost and delayed requests and several writers can lead to, by the product's own table of steps. The sound
protocol breaks no invariant; each of six broken ones does, in the way that a user would see."""
import re
import subprocess
import unittest

from lib import suite, weir

LIST = (weir.ROOT / "executor" / "protocol_list.h").read_text()
STEPS = set(re.findall(r"^PROTOCOL_STEP\((\w+), (\w+),", LIST, re.M))
# a cut that changes nothing, and a record that is changed without reading: neither touches the store
NOT_IN_MODEL = {("CUT", "NOTHING"), ("RESTORE", "END")}

SMALL = {  # every step, several ways to lose a request, early and late loaders: a second or two
    "records=2 writers=2 starts=2 delays=1 drain=0 standby=1 lazy=0": 100_000,
    "records=2 writers=3 starts=3 delays=0 drain=0 standby=0 lazy=0": 100_000,
}
BIG = {  # about ten million states in all
    "records=4 writers=2 starts=2 delays=1 drain=0 standby=0 lazy=0": 1_000_000,
    "records=2 writers=3 starts=3 delays=0 drain=0 standby=1 lazy=0": 1_000_000,
    "records=1 writers=3 starts=3 delays=1 drain=0 standby=0 lazy=0": 1_000_000,
    "records=2 writers=2 starts=2 delays=1 drain=1 standby=1 lazy=1": 1_000_000,
    "records=2 writers=2 starts=2 delays=2 drain=1 standby=1 lazy=0": 500_000,
    "records=3 writers=2 starts=3 delays=0 drain=1 standby=0 lazy=0": 100_000,
}
BROKEN = {
    "publish_first": {"I2 not committed", "I5 doubled rows"},
    "overwrite": {"I1 chain", "I5 doubled rows"},
    "any_clash": {"I1 chain", "I5 doubled rows"},
    "no_republish": {"I3 not published", "I5 missing rows"},
    "offset_names": {"I4 two contents", "I5 doubled rows"},
    "group_offsets": {"I1 chain", "I5 doubled rows", "state sums"},
}


class Model(unittest.TestCase):
    def explore(self, arguments, sound=True):
        done = subprocess.run([weir.BUILD / "model" / "protocol", *arguments.split()], capture_output=True, text=True, timeout=1200)
        self.assertEqual(done.returncode, 0 if sound else 1, done.stdout[-4000:] + done.stderr)
        self.found = set(re.findall(r"^violated: ([^,]+),", done.stdout, re.M))
        self.steps = set(re.findall(r"^step (\w+) (\w+):", done.stdout, re.M))
        states, transitions = map(int, re.search(r"^(\d+) states, (\d+) transitions", done.stdout, re.M).groups())
        print(f"{arguments}: {states} states, {transitions} transitions", flush=True)
        return states

    def assert_sound(self, configurations):
        steps = set()
        for arguments, least in configurations.items():
            with self.subTest(arguments):
                self.assertGreater(self.explore(arguments), least)
                self.assertEqual(self.found, set())
                steps |= self.steps
        return steps

    def test_small_worlds(self):
        """And every step of the table is taken."""
        steps = self.assert_sound(SMALL)
        self.assertEqual(STEPS - steps, NOT_IN_MODEL)

    @suite.world_only
    def test_big_worlds(self):
        self.assert_sound(BIG)

    def test_broken_protocols(self):
        for name, expected in BROKEN.items():
            with self.subTest(name):
                self.explore(f"records=2 writers=2 starts=2 delays=0 drain=0 standby=0 lazy=1 broken={name}", sound=False)
                self.assertLessEqual(expected, self.found)


if __name__ == "__main__":
    unittest.main()
