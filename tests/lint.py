#!/usr/bin/env python3
"""lint.py: rules of the house that a compiler does not know.

Fails when an include points up the layers, a folder has no README or the README misses a file, a source file has no
opening comment or is longer than 1,000 lines, or a fixed text that must not be in the tree is there.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LAYERS = ["common", "parser", "planner", "executor", "connectors", "repl"]
MAX_LINES = 1000


def sources(layer):
    for suffix in ("*.c", "*.h", "*.l", "*.y"):
        yield from sorted((ROOT / layer).rglob(suffix))


def check_includes(path, layer, problems):
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = re.match(r'\s*#\s*include\s+"([a-z_]+)/', line)
        if match and match.group(1) in LAYERS and LAYERS.index(match.group(1)) > LAYERS.index(layer):
            problems.append(f"{path.relative_to(ROOT)}:{number}: {layer} must not include {match.group(1)}")


def check_file(path, problems):
    text = path.read_text()
    name = path.relative_to(ROOT)
    if text.count("\n") > MAX_LINES:
        problems.append(f"{name}: longer than {MAX_LINES} lines: split it")
    if "/*" not in text[:600]:
        problems.append(f"{name}: does not begin with a comment on what it is")
    if re.search(r"\b(TODO|FIXME|XXX)\b", text):
        problems.append(f"{name}: has an unfinished place")


def check_readme(layer, problems):
    readme = ROOT / layer / "README.md"
    if not readme.exists():
        problems.append(f"{layer}/README.md is missing")
        return
    text = readme.read_text() + "".join(inner.read_text() for inner in (ROOT / layer).glob("*/README.md"))
    for path in sources(layer):
        stem = path.stem
        if not re.search(rf"(?<![A-Za-z0-9_]){re.escape(stem)}(?![A-Za-z0-9_])", text):
            problems.append(f"{layer}/README.md does not mention {path.relative_to(ROOT / layer)}")


def main():
    problems = []
    for layer in LAYERS:
        check_readme(layer, problems)
        for path in sources(layer):
            check_includes(path, layer, problems)
            check_file(path, problems)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
