#!/usr/bin/env python3
"""lint.py: rules of the house that a compiler does not know.

Fails when an include points up the layers, a header is not guarded by its name or not the first that its .c includes,
the planner or the parser reaches for files, sockets or threads, a folder has no README or the README misses a file or
does not say how to add something, a source file has no opening comment with its name, is longer than 1,000 lines or
has a function of more than 70, an unfinished place is marked, or, where clang-format-14 is installed, a file is not
formatted by it.
"""
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LAYERS = ["common", "parser", "planner", "executor", "connectors", "repl"]
MAX_LINES = 1000
MAX_FUNCTION_LINES = 70
# What no file below the executor may touch, except common's seams and the readers of time zones.
OUTSIDE = re.compile(r"\b(fopen|opendir|socket|pthread_\w+|thrd_\w+|clock_gettime|gettimeofday|time)\s*\(")


def sources(layer):
    for suffix in ("*.c", "*.h", "*.l", "*.y"):
        yield from sorted((ROOT / layer).rglob(suffix))


def without_comments(text):
    return re.sub(r"/\*.*?\*/", lambda match: "\n" * match.group().count("\n"), text, flags=re.S)


def check_includes(path, layer, text, problems):
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s+"([a-z_]+)/', line)
        if match and match.group(1) in LAYERS and LAYERS.index(match.group(1)) > LAYERS.index(layer):
            problems.append(f"{path}:{number}: {layer} must not include {match.group(1)}")


def check_header(path, text, problems):
    """A header stands on its own: its .c includes it before all others. A list is no header but rows for macros."""
    if path.suffix == ".h" and not path.stem.endswith("_list"):
        guard = "WEIR_" + str(path.with_suffix("")).upper().replace("/", "_") + "_H"
        if f"#ifndef {guard}\n#define {guard}\n" not in text:
            problems.append(f"{path}: is not guarded by {guard}")
    header = path.with_suffix(".h")
    first = re.search(r'^#include "([^"]+)"', text, re.M)
    if path.suffix == ".c" and (ROOT / header).exists() and (not first or first.group(1) != str(header)):
        problems.append(f"{path}: does not include {header} first")


def check_functions(path, text, problems):
    start = None
    for number, line in enumerate(text.splitlines(), 1):
        if line == "{":
            start = number
        elif line == "}" and start is not None:
            if number - start - 1 > MAX_FUNCTION_LINES:
                problems.append(f"{path}:{start}: a function of more than {MAX_FUNCTION_LINES} lines: split it")
            start = None


def check_file(path, layer, problems):
    text = (ROOT / path).read_text()
    if text.count("\n") > MAX_LINES:
        problems.append(f"{path}: longer than {MAX_LINES} lines: split it")
    if f"{path.name}: " not in text[:300] or "/*" not in text[:300]:
        problems.append(f"{path}: does not begin with a comment on what it is")
    if re.search(r"\b(TODO|FIXME|XXX)\b", text):
        problems.append(f"{path}: has an unfinished place")
    if layer in ("parser", "planner") and (found := OUTSIDE.search(without_comments(text))):
        problems.append(f"{path}: {layer} must not call {found.group(1)}()")
    check_includes(path, layer, text, problems)
    check_header(path, text, problems)
    if path.suffix == ".c":
        check_functions(path, text, problems)


def check_readme(layer, problems):
    readme = ROOT / layer / "README.md"
    if not readme.exists():
        problems.append(f"{layer}/README.md is missing")
        return
    text = readme.read_text() + "".join(inner.read_text() for inner in (ROOT / layer).glob("*/README.md"))
    if not re.search(r"\*\*To add |## How to add", text):
        problems.append(f"{layer}/README.md does not say how to add something")
    for path in sources(layer):
        if not re.search(rf"(?<![A-Za-z0-9_]){re.escape(path.stem)}(?![A-Za-z0-9_])", text):
            problems.append(f"{layer}/README.md does not mention {path.relative_to(ROOT / layer)}")


def check_format(problems):
    tool = shutil.which("clang-format-14")
    if tool is None:
        return
    files = subprocess.run(["make", "-s", "-C", ROOT, "list-formatted"], stdout=subprocess.PIPE, text=True,
                           check=True).stdout.split()
    done = subprocess.run([tool, "--dry-run", *files], cwd=ROOT, stderr=subprocess.PIPE, text=True, check=True)
    for name in sorted(set(re.findall(r"^(\S+?):\d+:\d+: warning", done.stderr, re.M))):
        problems.append(f"{name}: is not formatted: make format")


def main():
    problems = []
    for layer in LAYERS:
        check_readme(layer, problems)
        for path in sources(layer):
            check_file(path.relative_to(ROOT), layer, problems)
    check_format(problems)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
