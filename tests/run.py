#!/usr/bin/env python3
"""run.py test|check|world: runs the test suites and closes with the line "N passed, N failed".

test   lint, unit tests, and the tests under tests/golden and tests/e2e that need no server
check  the same plus those that need real servers (tests/lib/servers.py fetches and starts them), and the unit tests
       built with address and undefined-behaviour sanitizers
world  the same with more seeds, longer runs, and the tests that skip themselves elsewhere as "part of make check-world"
       (WEIR_TEST_WORLD=1)

WEIR_BUILD names another build to test, as one with sanitizers; its unit tests then run once.

A test that needs a server which cannot be had is skipped loudly; with CI=true that is a failure.
"""
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("WEIR_BUILD", ROOT / "build"))
sys.path.insert(0, str(ROOT / "tests"))
CORES = len(os.sched_getaffinity(0))
AT_ONCE = CORES + 1  # programs without a server: some only wait
LANE_MARK = "\0lane "
UNIT_TIMEOUT = 1800  # seconds; arithmetic on long numbers takes many minutes under ThreadSanitizer


class Tally:
    """Counts of passed, failed and skipped tests, and what failed."""

    def __init__(self):
        self.passed = 0
        self.skipped = []
        self.failed = []

    def report(self, name, ok, seconds, detail=""):
        if ok:
            self.passed += 1
        else:
            self.failed.append(name)
        print(f"{'ok  ' if ok else 'FAIL'} {name} ({seconds:.1f} s)", flush=True)
        if not ok and detail:
            print(detail.rstrip(), flush=True)


def run_lint(tally):
    start = time.time()
    done = subprocess.run([sys.executable, ROOT / "tests/lint.py"], capture_output=True, text=True)
    tally.report("lint", done.returncode == 0, time.time() - start, done.stdout + done.stderr)


def run_program(program):
    """One unit test program: whether it ended in time with 0, its output, and the seconds it took."""
    env = dict(os.environ, ASAN_OPTIONS="detect_leaks=1", UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1")
    start = time.time()
    try:
        done = subprocess.run([program], capture_output=True, text=True, errors="replace", env=env, cwd=ROOT,
                              timeout=UNIT_TIMEOUT)
    except subprocess.TimeoutExpired:
        return False, f"no end after {UNIT_TIMEOUT} s", time.time() - start
    return done.returncode == 0, done.stdout + done.stderr, time.time() - start


def run_unit(tally, folder, label):
    """Each cmocka test counts by itself; a program that dies counts as one failure. Some programs run at
    once, the largest first, since those tend to take longest; they are reported by name."""
    programs = sorted(p for p in folder.iterdir() if p.is_file() and os.access(p, os.X_OK)) if folder.is_dir() else []
    if not programs:
        tally.report(label, False, 0, f"no unit test programs in {folder}")
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        order = sorted(programs, key=lambda p: -p.stat().st_size)
        runs = {program: pool.submit(run_program, program) for program in order}
        for program in programs:
            ended, output, seconds = runs[program].result()
            passed = len(re.findall(r"^\[       OK \]", output, re.M))
            failed = len(set(re.findall(r"^\[  FAILED  \] (\S+)", output, re.M)))
            ok = ended and failed == 0 and passed > 0
            tally.passed += passed - (1 if ok else 0)
            tally.report(f"{label} {program.name}: {passed} tests", ok, seconds, output[-6000:])


class Reporter(unittest.TestResult):
    """Reports the tests of unittest as they end."""

    def __init__(self, tally):
        super().__init__()
        self.tally = tally

    def startTest(self, test):
        super().startTest(test)
        self.start = time.time()

    def end(self, test, ok, detail=""):
        self.tally.report(test.id(), ok, time.time() - getattr(self, "start", time.time()), detail)

    def addSuccess(self, test):
        self.end(test, True)

    def addFailure(self, test, err):
        self.end(test, False, self._exc_info_to_string(err, test))

    def addError(self, test, err):
        self.end(test, False, self._exc_info_to_string(err, test))

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.end(subtest, False, self._exc_info_to_string(err, test))

    def addSkip(self, test, reason):
        if reason == "part of make check-world":
            return
        if os.environ.get("CI") == "true":
            self.end(test, False, f"skipped: {reason}; with CI=true this is a failure")
            return
        self.tally.skipped.append(test.id())
        print(f"SKIP {test.id()}: {reason}", flush=True)


def run_python(tally, folder, pattern="test_*.py"):
    suite = unittest.defaultTestLoader.discover(str(ROOT / "tests" / folder), pattern, str(ROOT / "tests"))
    suite.run(Reporter(tally))


def serve_modules(folder):
    """A lane: runs the test files that it is told on standard input; behind the output of each, a line with its tally."""
    for line in sys.stdin:
        tally = Tally()
        run_python(tally, folder, line.strip())
        print(LANE_MARK + json.dumps(vars(tally)), flush=True)


class Lane:
    """A process that runs test files one after the other, which share its servers."""

    def __init__(self, folder):
        self.process = subprocess.Popen([sys.executable, __file__, "lane", folder], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")

    def run(self, name):
        """The output of a test file and its tally, None when the lane died."""
        lines = []
        try:
            self.process.stdin.write(name + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return lines, None
        for line in self.process.stdout:
            if line.startswith(LANE_MARK):
                return lines, json.loads(line[len(LANE_MARK):])
            lines.append(line)
        return lines, None

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def work_off(folder, names, tally, lock):
    """Runs files of the shared list until there are none; a lane that dies takes only the file with it."""
    lane = Lane(folder)
    while names:
        try:
            name = names.popleft()
        except IndexError:
            break
        lines, part = lane.run(name)
        with lock:
            if part is None:
                tally.report(f"{folder}/{name}", False, 0, "".join(lines)[-6000:])
                lane.close()
                lane = Lane(folder)
                continue
            print("".join(lines), end="", flush=True)
            tally.passed += part["passed"]
            tally.failed += part["failed"]
            tally.skipped += part["skipped"]
    lane.close()


def run_modules(tally, folder, at_once=AT_ONCE):
    """The test files of a folder, in so many lanes, the largest first; reported as they end."""
    sizes = {path.name: path.stat().st_size for path in (ROOT / "tests" / folder).glob("test_*.py")}
    names = collections.deque(sorted(sizes, key=sizes.get, reverse=True))
    lock = threading.Lock()
    lanes = [threading.Thread(target=work_off, args=(folder, names, tally, lock)) for _ in range(at_once)]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()


def main():
    what = sys.argv[1] if len(sys.argv) > 1 else "test"
    if what == "lane":
        return serve_modules(sys.argv[2])
    if what not in ("test", "check", "world"):
        sys.exit(__doc__)
    os.environ["WEIR_TEST_SERVERS"] = "0" if what == "test" else "1"
    if what == "world":
        os.environ["WEIR_TEST_WORLD"] = "1"
    start = time.time()
    tally = Tally()
    run_lint(tally)
    run_unit(tally, BUILD / "unit", "unit")
    if what != "test" and "WEIR_BUILD" not in os.environ:
        run_unit(tally, BUILD / "sanitize-address-undefined" / "unit", "unit asan+ubsan")
    run_modules(tally, "golden")
    run_modules(tally, "e2e")
    if what != "test":
        run_modules(tally, "servers", CORES)
    for name in tally.failed:
        print(f"failed: {name}")
    for name in tally.skipped:
        print(f"skipped: {name}")
    print(f"in {time.time() - start:.0f} s")
    extra = f", {len(tally.skipped)} skipped" if tally.skipped else ""
    print(f"{tally.passed} passed, {len(tally.failed)} failed{extra}")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
