"""test_partitions.py: thousands of open partitions in little memory: one object each, every row once, whatever they are called."""
import collections
import gzip
import os
import pathlib
import random
import re
import subprocess
import time
import unittest
import urllib.parse

from lib import weir

PARTITIONS, ROWS = 10_000, 200_000
LIMIT = 64  # MB
HEAD = """
SET memory_limit = '{limit}MB'; SET workers = 2; SET job_name = 'j'; SET state_location = '{folder}/state';
CREATE STREAM s (n integer, k text, pad text, t timestamptz NOT NULL, WATERMARK FOR t AS t)
    WITH (connector = 'file', path = '{folder}/*.jsonl', format = 'json');
"""
RAW = "CREATE SINK raw WITH (location = '{folder}/out', compression = 'gzip', partition_by = 'k') AS SELECT n, k, pad FROM s;"
WINDOWED = """CREATE SINK win WITH (location = '{folder}/out', partition_by = 'k') AS
    SELECT k, count(*) AS c, sum(n) AS n FROM TUMBLE(s, t, INTERVAL '1 day') GROUP BY window_start, window_end, k;"""


class Partitions(unittest.TestCase):
    def setUp(self):
        self.folder = weir.scratch(self, "partitions")

    def run_job(self, sink, limit):
        """Runs to the end; returns the greatest memory in MB."""
        (self.folder / "j.sql").write_text((HEAD + sink).format(folder=self.folder, limit=limit))
        child = subprocess.Popen(weir.command("-q", "--batch", "-f", self.folder / "j.sql"), stderr=subprocess.PIPE,
                                 env={**os.environ, "TMPDIR": str(self.folder)})
        most = 0
        while child.poll() is None:  # its rusage would begin with this process's memory
            status = pathlib.Path(f"/proc/{child.pid}/status").read_text()
            most = max(most, *(int(kb) for kb in re.findall(r"^VmHWM:\s+(\d+) kB", status, re.M)), 0)
            time.sleep(0.002)
        self.assertEqual((child.returncode, child.stderr.read().decode()), (0, ""))
        child.stderr.close()
        return most / 1024

    def assert_within(self, most, limit):
        if not weir.SANITIZED:
            self.assertLess(most, limit)

    def write_input(self, rows):
        """In two files, so that two workers read; each has rows of every partition."""
        files = [open(self.folder / f"{number}.jsonl", "w") for number in range(2)]
        for n, k, pad in rows:
            files[n % 2].write(f'{{"n":{n},"k":"{k}","pad":"{pad}","t":"2024-01-01T00:00:{n % 60:02}Z"}}\n')
        for file in files:
            file.close()

    def objects(self):
        """The rows of each object, by folder."""
        found = collections.defaultdict(list)
        for path in (self.folder / "out").rglob("*.csv*"):
            data = path.read_bytes()
            found[path.parent.name].append((gzip.decompress(data) if path.suffix == ".gz" else data).decode())
        return found

    def test_raw(self):
        """What is rendered is more than memory_limit, at most a handful of rows of a partition come together."""
        rng = random.Random(4)
        pads = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=500)) for _ in range(100)]
        self.write_input((n, f"p{n * 7919 % PARTITIONS}", pads[n % 100]) for n in range(ROWS))
        most = self.run_job(RAW, LIMIT)
        found = self.objects()
        self.assertEqual((len(found), {len(texts) for texts in found.values()}), (PARTITIONS, {1}))
        for folder, [text] in found.items():
            key = folder.removeprefix("k=")
            rows = [line.split(",") for line in text.splitlines()]
            expected = sorted((n for n in range(int(key[1:]) * pow(7919, -1, PARTITIONS) % PARTITIONS, ROWS, PARTITIONS)),
                              key=lambda n: (n % 2, n))
            self.assertEqual(rows, [[str(n), f'"{key}"', f'"{pads[n % 100]}"'] for n in expected])
        self.assert_within(most, LIMIT * 1.1)

    def test_windowed(self):
        self.write_input((n, f"p{n * 7919 % PARTITIONS}", "") for n in range(ROWS))
        most = self.run_job(WINDOWED, LIMIT)
        found = self.objects()
        self.assertEqual((len(found), {len(texts) for texts in found.values()}), (PARTITIONS, {1}))
        count = ROWS // PARTITIONS
        for folder, [text] in found.items():
            first = int(folder[3:]) * pow(7919, -1, PARTITIONS) % PARTITIONS
            self.assertEqual(text, f'"{folder[2:]}",{count},{sum(range(first, ROWS, PARTITIONS))}\n')
        self.assert_within(most, LIMIT * 1.1)

    def test_many_groups(self):
        """Rows of windows that close together are more than memory_limit, and are in their order."""
        self.write_input((n, f"{n * 7919 % ROWS:0300}", "") for n in range(ROWS))
        most = self.run_job("SET commit_rows = 5000;" + WINDOWED.replace(", partition_by = 'k'", ""), LIMIT)
        [[text]] = self.objects().values()
        inverse = pow(7919, -1, ROWS)
        lines = text.splitlines()
        self.assertEqual(len(lines), ROWS)
        for k, line in enumerate(lines):
            self.assertEqual(line, f'"{k:0300}",1,{k * inverse % ROWS}')
        self.assert_within(most, LIMIT * 1.1 + 40)  # 30 are the program itself

    def test_names(self):
        """Any text is one folder below the location; what is too long for a path is a dead letter that says so."""
        keys = ["a/b", "../x", "..", ".", "", "a b", "ü", "%2F", "A-Z_a.z", "x=y", "__HIVE_DEFAULT_PARTITION__", "k" * 247, "ü" * 40]
        long = ["k" * 300, "ü" * 400, "/" * 90]
        self.write_input((n, key, "") for n, key in enumerate(keys + long))
        with open(self.folder / "0.jsonl", "a") as file:
            file.write('{"n":100,"k":null,"pad":"","t":"2024-01-01T00:00:00Z"}\n')
        self.run_job(RAW, LIMIT)
        found = self.objects()
        expected = {"k=" + urllib.parse.quote(key, safe="").replace("~", "%7E") for key in keys if key != "__HIVE_DEFAULT_PARTITION__"}
        self.assertEqual(set(found), expected | {"k=__HIVE_DEFAULT_PARTITION__", "k=%5F_HIVE_DEFAULT_PARTITION__"})
        dead = "".join(gzip.decompress(path.read_bytes()).decode() for path in self.folder.rglob("dead/**/*.jsonl*"))
        self.assertEqual(len(dead.splitlines()), len(long))
        self.assertEqual(dead.count('the folder of partition \\"k\\" would have a name of'), len(long), dead)

    def test_table(self):
        """A reference table that does not fit is refused with its size, and fits when there is more memory."""
        with open(self.folder / "table.csv", "w") as table:
            table.writelines(f"{n},{n % 1000:0100}\n" for n in range(100_000))
        self.write_input([(7, "p", "")])
        sql = HEAD + """CREATE TABLE d (id integer PRIMARY KEY, name text) WITH (connector = 'file', path = '{folder}/table.csv', format = 'csv');
            CREATE SINK raw WITH (location = '{folder}/out') AS SELECT n, d.id FROM s JOIN d ON d.id = s.n;"""
        for limit, code in ((32, 4), (256, 0)):
            (self.folder / "j.sql").write_text(sql.format(folder=self.folder, limit=limit))
            done = weir.run("-q", "--batch", "-f", self.folder / "j.sql", check=code)
            if code:
                self.assertRegex(done.stderr, r'ERROR:  table "d" does not fit its share of memory_limit\n'
                                 r"DETAIL:  Its first \d+ rows need \d+ MB; there is room for 8 MB\.\n")
        self.assertEqual(list(self.objects().values()), [["7,7\n"]])


if __name__ == "__main__":
    unittest.main()
