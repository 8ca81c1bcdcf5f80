"""weir.py: running the program under test."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("WEIR_BUILD", ROOT / "build"))
WEIR = BUILD / "weir"
SANITIZED = BUILD.name.startswith("sanitize-")  # it takes a multiple of the memory and of the time then


def failure_points(*without):
    """Names of failure_point_list.h in its order, but those that begin so."""
    text = (ROOT / "executor" / "failure_point_list.h").read_text()
    return [point for point in re.findall(r"^FAILURE_POINT\((\w+)", text, re.M) if not point.startswith(without)]


def scratch(case, name, big=False):
    """A folder for the tests of a class, removed with them: in memory where that is offered, unless it gets big."""
    memory = pathlib.Path("/dev/shm")
    where = memory if not big and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 1 << 30 else None
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"weir-{name}-", dir=where))
    case.addClassCleanup(shutil.rmtree, folder)
    folder.chmod(0o755)
    return folder


def command(*args):
    """The argument list of a run: no start-up file, no variables of the user's."""
    return [str(WEIR), "-X", *map(str, args)]


def run(*args, stdin=None, env=None, cwd=None, timeout=120, check=None):
    """Runs to the end. check: the exit code that is expected, or None for any."""
    done = subprocess.run(command(*args), input=stdin, capture_output=True, text=True, errors="replace", cwd=cwd,
                          timeout=timeout, env={**os.environ, **(env or {})},
                          stdin=subprocess.DEVNULL if stdin is None else None)
    if check is not None and done.returncode != check:
        raise AssertionError(f"weir {' '.join(map(str, args))}: exit code {done.returncode}, not {check}\n"
                             f"{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return done


def start(*args, env=None, cwd=None, **options):
    """Starts in the background; the caller ends it."""
    return subprocess.Popen(command(*args), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True, errors="replace", cwd=cwd, env={**os.environ, **(env or {})}, **options)
