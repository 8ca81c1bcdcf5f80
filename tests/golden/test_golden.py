"""test_golden.py: every NAME.sql of this folder, run by weir -f, prints exactly NAME.out (both streams, exit code last).

WEIR_ACCEPT=1 writes what was printed in place of comparing; read the difference before committing it.
"""
import difflib
import os
import pathlib
import subprocess
import tempfile
import unittest

from lib import weir

FOLDER = pathlib.Path(__file__).resolve().parent


def actual_output(path):
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        (pathlib.Path(folder) / path.name).write_text(path.read_text())
        for data in FOLDER.glob("data/*"):
            (pathlib.Path(folder) / data.name).write_bytes(data.read_bytes())
        arguments = ["-v", "ON_ERROR_STOP=0", "-f", path.name]
        done = subprocess.run(weir.command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", stdin=subprocess.DEVNULL, cwd=folder, env=env, timeout=60)
    return f"{done.stdout}exit code {done.returncode}\n"


class Golden(unittest.TestCase):
    def compare(self, path):
        expected_path = path.with_suffix(".out")
        actual = actual_output(path)
        if os.environ.get("WEIR_ACCEPT") == "1":
            expected_path.write_text(actual)
        expected = expected_path.read_text() if expected_path.exists() else ""
        if actual != expected:
            difference = difflib.unified_diff(expected.splitlines(), actual.splitlines(), expected_path.name, "actual",
                                              lineterm="")
            self.fail("\n" + "\n".join(difference))


def add_tests():
    for path in sorted(FOLDER.glob("*.sql")):
        setattr(Golden, f"test_{path.stem}", lambda self, path=path: self.compare(path))


add_tests()
