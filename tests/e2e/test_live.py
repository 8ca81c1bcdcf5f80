"""test_live.py: SELECT over streams that have no end: it stops by itself at its LIMIT, sleeps while there is nothing, and goes
by the least of the watermarks of the streams it unites."""
import json
import os
import pathlib
import signal
import time
import unittest

from lib import weir

STREAM = """CREATE STREAM {name} (id bigint, t timestamptz NOT NULL, WATERMARK FOR t AS t)
    WITH (connector = 'file', path = '{folder}/{name}.jsonl', format = 'json');
"""
MINUTES = "SELECT window_start, count(*) FROM TUMBLE({source}, t, INTERVAL '1 minute') GROUP BY window_start, window_end"
BOTH = "(SELECT t FROM a UNION ALL SELECT t FROM b)"


class Live(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = weir.scratch(cls, "live")
        # ten a minute: 10 minutes in one stream, 5 in the other
        for name, minutes in (("a", 10), ("b", 5)):
            with open(cls.folder / f"{name}.jsonl", "w") as file:
                for n in range(minutes * 10):
                    file.write(json.dumps({"id": n, "t": f"2024-01-01T00:{n // 10:02d}:{n % 10 * 6:02d}Z"}) + "\n")
        (cls.folder / "streams.sql").write_text("".join(STREAM.format(name=name, folder=cls.folder) for name in ("a", "b")))

    def command(self, query):
        return ["-q", "-A", "-t", "-c", "SET idle_timeout = '1 h'", "-f", self.folder / "streams.sql", "-c", query]

    def rows(self, *counts):
        return "".join(f"2024-01-01 00:{n:02d}:00+00|{count}\n" for n, count in enumerate(counts))

    def test_ends_at_its_limit(self):
        """Whether the rows come one by one, or out of windows that are closed."""
        for query, expected in (("SELECT id FROM a LIMIT 3", "0\n1\n2\n"),
                                (f"{MINUTES.format(source='a')} LIMIT 3", self.rows(10, 10, 10)),
                                (f"{MINUTES.format(source='a')} LIMIT 2 OFFSET 1", self.rows(10, 10, 10).split("\n", 1)[1]),
                                (f"{MINUTES.format(source=BOTH)} LIMIT 4", self.rows(20, 20, 20, 20))):
            with self.subTest(query):
                self.assertEqual(weir.run(*self.command(query), check=0, timeout=30).stdout, expected)

    def test_the_least_watermark_counts(self):
        """The shorter stream holds the windows that the longer one could close; without work there is no work."""
        child = weir.start(*self.command(MINUTES.format(source=BOTH)))
        self.addCleanup(lambda: (child.kill(), child.communicate()))
        output = "".join(child.stdout.readline() for _ in range(4))
        before = self.processor_time(child)
        time.sleep(1)
        self.assertLess(self.processor_time(child) - before, 0.2)
        child.send_signal(signal.SIGTERM)
        rest, errors = child.communicate(timeout=30)
        self.assertEqual(output + rest, self.rows(20, 20, 20, 20))
        self.assertEqual(child.returncode, 0, errors)

    def processor_time(self, child):
        fields = pathlib.Path(f"/proc/{child.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    unittest.main()
