"""tour.py: the tour of README.md, taken out of the text: its fenced blocks, in order, and what is to be done with each.

```sh``` is run by bash, in one folder, with the variables that blocks before it exported. ```text``` behind it: lines that come in the
output, in that order; "…" in a line stands for anything. A comment <!-- tour: … --> before a block says what else it is: "file NAME", which
is written; "administrator", statements that Snowflake's administrator runs. Alone, it is an event.
"""
import pathlib
import re
import subprocess

README = pathlib.Path(__file__).resolve().parents[2] / "README.md"
BEGIN, END = "<!-- tour begins -->", "<!-- tour ends -->"
STEP = re.compile(r"^(?:<!-- tour: (?P<directive>[^\n]*) -->\n+)?^```(?P<language>\w+)\n(?P<text>.*?)^```$|^<!-- tour: (?P<event>[^\n]*) -->$", re.M | re.S)


class Step:
    """kind: sh, text, file, administrator or event."""

    def __init__(self, match, line):
        directive, event = match["directive"] or "", match["event"]
        self.line, self.text = line, match["text"] or event
        self.kind, _, self.name = directive.partition(" ") if directive else ("event" if event else match["language"], "", "")

    def __repr__(self):
        return f"README.md:{self.line}: {self.kind} {self.name}"


def steps():
    """The steps of the tour as it stands in README.md."""
    text = README.read_text(encoding="utf-8")
    start, end = text.index(BEGIN), text.index(END)
    return [Step(match, text.count("\n", 0, match.start()) + 1) for match in STEP.finditer(text, start, end)]


def missing(lines, output):
    """The first line of a text that does not come in the output, behind those before it; None: all do."""
    there = iter(output.splitlines())
    for line in lines.splitlines():
        pattern = re.compile(".*".join(map(re.escape, line.rstrip().split("…"))))
        if line.strip() not in ("", "…") and not any(pattern.fullmatch(each.rstrip()) for each in there):
            return line
    return None


class Shell:
    """Runs blocks one after the other. environment: of the first; exchanged: {what the tour has: what it is here}."""

    def __init__(self, folder, environment, exchanged):
        self.folder, self.environment, self.exchanged = folder, environment, exchanged

    def here(self, text):
        for theirs, ours in self.exchanged.items():
            text = text.replace(theirs, ours)
        return text

    def there(self, text):
        for theirs, ours in self.exchanged.items():
            text = text.replace(ours, theirs)
        return text

    def write(self, name, text):
        (self.folder / name).write_text(self.here(text), encoding="utf-8")

    def run(self, text, timeout=120):
        """What it prints, in the words of the tour; AssertionError when it fails."""
        script = f"set -eu\n[ ! -f .exported ] || . ./.exported\n{self.here(text)}\nexport -p > .exported\n"
        done = subprocess.run(["bash", "-c", script], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout)
        if done.returncode != 0:
            raise AssertionError(f"exit code {done.returncode}:\n{text}\n{done.stdout}")
        return self.there(done.stdout)
