"""test_demo.py: what "make demo" runs: the summary agrees with the files, and the Snowflake statements are there."""
import gzip
import os
import re
import subprocess
import unittest

from lib import csv_reader, weir


def lines(folder, pattern):
    return [line for path in folder.glob(pattern) for line in gzip.open(path, "rt").read().splitlines()]


class Demo(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = weir.scratch(cls, "demo")
        done = subprocess.run([weir.ROOT / "tests/demo.sh", weir.WEIR], capture_output=True, text=True, timeout=120,
                              env={**os.environ, "TMPDIR": str(folder)}, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)
        cls.printed, cls.said = done.stdout, done.stderr
        cls.folder, = folder.glob("weir-demo-*")

    def counts(self, sink):
        row, = re.findall(rf"^ {sink} +\|(.*)$", self.said, re.M)
        return [int(cell) for cell in row.split("|")[:-1]]

    def test_the_summary_is_that_of_the_files(self):
        read, decoded, dead = map(int, re.search(r"read (\d+) messages in .*: (\d+) decoded, (\d+) dead", self.said).groups())
        self.assertEqual((read, dead > 0), (40000, True))
        self.assertEqual(decoded + dead, read)
        self.assertEqual(len(lines(self.folder, "state/demo/dead/**/*.gz")), dead)
        for sink in ("clicks_raw", "campaign_minutes"):
            used, filtered, late, failed, windows, rows, files, size = self.counts(sink)
            self.assertEqual(used + filtered + late + failed, decoded)
            self.assertEqual(len(lines(self.folder, f"state/demo/late/{sink}/**/*.gz")), late)
            objects = list((self.folder / sink).glob("**/*.csv.gz"))
            self.assertEqual((len(objects), sum(path.stat().st_size for path in objects)), (files, size))
            self.assertEqual(len(csv_reader.read_folder(self.folder / sink)), rows)
        self.assertGreater(late, 0)
        self.assertGreater(windows, 30)

    def test_every_click_is_counted_once(self):
        views = sum(int(row[4]) for row in csv_reader.read_folder(self.folder / "campaign_minutes"))
        used = self.counts("campaign_minutes")[0]
        self.assertLessEqual(used - views, 41 * 8)  # HAVING leaves groups of one click out
        self.assertGreater(views, 30000)

    def test_the_statements_that_load_it(self):
        for statement in ("FILE FORMAT", "STAGE", "TABLE", "PIPE"):
            self.assertEqual(self.printed.count(f"CREATE {statement} IF NOT EXISTS \"ANALYTICS\".\"PUBLIC\".\"CAMPAIGN_MINUTES"), 1)
        self.assertIn(f"PUT 'file://{self.folder.resolve()}/campaign_minutes/*.csv.gz'", self.printed)


if __name__ == "__main__":
    unittest.main()
