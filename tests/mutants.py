#!/usr/bin/env python3
"""mutants.py [NAME…]: each broken protocol of tests/mutants/, of committing or of loading, patched into a copy of the tree, must be caught.

A mutant is a patch of the program. This copies the tree with what is built, applies one patch, builds what depends on it, and
runs the tests that are named for it, each of which must fail: one that passes then would not notice that fault in the program.
A patch that no longer applies is a failure, too. The model has mutants of committing with the same
names (tests/model/protocol.c).

To add one: a patch, made by git diff with a sentence above it, and a line below.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PATCHES = ROOT / "tests" / "mutants"

# What catches it: a program of unit tests, or tests of unittest under tests/.
RIVALS = "build/unit/connectors_job_rivals"  # a second writer at every call of the first, on a store without locks
KILLS = "e2e.test_faults.Faults.test_kill_at_every_point"  # kill -9 at every failure point, rows and names compared
LIVE = "e2e.test_live_faults.LiveFaults.test_killed_at_every_step"  # the same with cuts made by a clock
ON_S3 = "servers.test_s3_writers.Writers.test_newcomer_wins"  # two processes on one job, Kafka to S3
ON_KAFKA = "servers.test_kafka_faults.KafkaFaults.test_killed_at_points"  # killed before the group is told
INTO_TABLES = "servers.test_snowflake_seeded.Seeded.test_seeded_runs"  # everything at once, Snowflake's tables compared
MUTANTS = {
    "publish_first": (KILLS,),     # rows twice
    "overwrite": (RIVALS, ON_S3),  # rows twice, a manifest with two contents
    "any_clash": (RIVALS, ON_S3),  # rows twice or missing, a writer that was overtaken and goes on
    "no_republish": (KILLS,),      # rows missing
    "offset_names": (LIVE,),       # a name with two contents
    "group_offsets": (ON_KAFKA,),  # rows twice
    # of loading, which the model does not have: rows not yet there, missing, missing, twice
    "told_is_loaded": (INTO_TABLES,),
    "forgotten_loads": (INTO_TABLES,),
    "loaded_too_far": (INTO_TABLES,),
    "forced_copy": (INTO_TABLES,),
}


class Survived(AssertionError):
    """A mutant was not caught, or could not be made."""


def patch(name, tree, *options):
    done = subprocess.run(["patch", "-p1", "--fuzz=0", "--batch", "--no-backup-if-mismatch", *options, "-i",
                           PATCHES / f"{name}.patch"], cwd=tree, capture_output=True, text=True)
    if done.returncode:
        raise Survived(f"{name}.patch does not apply:\n{done.stdout}{done.stderr}")


def check_applies(name):
    patch(name, ROOT, "--dry-run")


def copy_tree(to):
    """As it is, times included: make builds only what a patch touches."""
    build = ROOT / "build"

    def left_behind(folder, names):
        return {name for name in names if name in (".git", "__pycache__")
                or pathlib.Path(folder) == build and (name == "servers" or name.startswith("sanitize-"))}

    shutil.copytree(ROOT, to, ignore=left_behind, symlinks=True)
    fetched = build / "servers"
    fetched.mkdir(parents=True, exist_ok=True)
    (to / "build" / "servers").symlink_to(fetched)


def run(tree, command, timeout, **env):
    clean = {name: value for name, value in os.environ.items() if name not in ("WEIR_BUILD", "MAKEFLAGS", "MAKELEVEL")}
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, errors="replace", timeout=timeout,
                          env={**clean, **env})


def run_test(tree, test):
    if "/" in test:
        return run(tree, [tree / test], 1200)
    return run(tree / "tests", [sys.executable, "-m", "unittest", "-f", test], 1200, WEIR_TEST_SERVERS="1", WEIR_TEST_WORLD="",
               WEIR_TEST_RUNS="30", PYTHONDONTWRITEBYTECODE="1")


def must_fail(name, tree, test):
    done = run_test(tree, test)
    output = done.stdout + done.stderr
    if done.returncode == 0 or "skipped" in output:
        raise Survived(f"{name} is not caught by {test}:\n{output[-2000:]}")
    if "/" not in test and not re.search(r"^FAIL:|^subprocess\.TimeoutExpired", output, re.M):
        raise Survived(f"{test} broke without failing:\n{output[-2000:]}")
    return output


def catch(name):
    """Yields each test that was to fail, and did, with what it said."""
    programs = [test for test in MUTANTS[name] if "/" in test]
    with tempfile.TemporaryDirectory(prefix="weir-mutant-") as folder:
        tree = pathlib.Path(folder) / name
        copy_tree(tree)
        patch(name, tree)
        built = run(tree, ["make", "-s", "-j2", "build/weir", "bench-programs", *programs], 1200)
        if built.returncode:
            raise Survived(f"{name} does not build:\n{built.stderr[-2000:]}")
        for test in MUTANTS[name]:
            yield test, must_fail(name, tree, test)


def main():
    unknown = [name for name in sys.argv[1:] if name not in MUTANTS]
    if unknown:
        sys.exit(__doc__)
    survivors = 0
    for name in sys.argv[1:] or MUTANTS:
        start = time.monotonic()
        try:
            for test, output in catch(name):
                print(f"caught {name} by {test} ({time.monotonic() - start:.0f} s)", flush=True)
                if os.environ.get("WEIR_MUTANTS_VERBOSE"):
                    print(output[-3000:])
        except Survived as survived:
            survivors += 1
            print(f"SURVIVED {survived}", flush=True)
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
