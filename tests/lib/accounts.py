"""accounts.py: a streaming job whose output tells of each message what became of it: in a sink, late, dead or filtered.

A clock makes the cuts of such a job, so what is late can't be said beforehand. But the name of a raw row's object tells the
epoch that read it, and the manifest before that epoch the watermark by which the row was judged: so each row's fate is checked
against what the job itself has recorded.
"""
import datetime
import functools
import pathlib
import re

from lib import csv_reader, main_job, recorder, state, weir

# Many epochs: reading waits for the watermark every two minutes of event time.
BUSY = ("commit_rows = 600", "commit_interval = '20 ms'", "max_drift = '2 min'")
KAFKA = "connector = 'kafka', brokers = :'brokers', topic = :'topic'"
FILE = "connector = 'file', path = :'input'"

# A group per message: what a window holds can be counted.
JOB = """
CREATE STREAM clicks (user_id bigint, amount numeric(12,2), event_time timestamptz NOT NULL, event_id uuid,
    p integer METADATA FROM 'partition', o bigint METADATA FROM 'offset',
    WATERMARK FOR event_time AS event_time - INTERVAL '5 seconds')
    WITH ({source}, format = 'json');
CREATE SINK raw WITH (location = :'raw', format = 'csv', compression = 'gzip')
    AS SELECT p, o, event_id, amount FROM clicks WHERE user_id IS NOT NULL;
CREATE SINK windowed WITH (location = :'windowed', format = 'csv', compression = 'gzip')
    AS SELECT window_start, p, o, count(*) AS n, sum(amount) AS amount, count(DISTINCT event_id) AS ids
       FROM TUMBLE(clicks, event_time, INTERVAL '1 minute')
       GROUP BY window_start, window_end, p, o;
"""
SINKS = {"raw": (4, 0), "windowed": (6, 1)}  # columns, and where partition and offset begin
MINUTE = re.compile(rb'"event_time":"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)')


class Wrong(AssertionError):
    """A message has no fate, several, or not the right one."""


class Accounts:
    """One such job, with what it has been given so far."""

    def __init__(self, folder, made, brokers=None, topic=None, group=None, location=None):
        """location: where raw/ and windowed/ are, if not in the folder."""
        self.folder = pathlib.Path(folder)
        location = location or f"{self.folder}/"
        self.made = made
        self.inputs = self.folder / "in"
        self.inputs.mkdir(parents=True)
        self.fed = [0] * len(made.files)
        self.sql = self.folder / "accounts.sql"
        self.sql.write_text(JOB.format(source=(KAFKA if brokers else FILE) + (f", \"group\" = '{group}'" if group else "")))
        variables = {"input": f"{self.inputs}/*.jsonl", "brokers": brokers, "topic": topic, "raw": f"{location}raw/",
                     "windowed": f"{location}windowed/"}
        self.variables = ["-q", *(word for name, value in variables.items() if value for word in ("-v", f"{name}={value}"))]
        self.kept = self.folder / ".weir" / "accounts"
        self.recorder = self.watch()

    def watch(self):
        return recorder.Recorder(self.folder / "raw", self.folder / "windowed", self.kept / "late", self.kept / "dead",
                                 self.kept / "s0" / "m")

    # ---- input ----

    @functools.cached_property
    def lines(self):
        return [path.read_bytes().split(b"\n")[:-1] for path in self.made.files]

    def feed(self, share=1.0, without=()):
        """Appends to the job's files as many lines as make this share of all, except those of some partitions; the files with
        the new lines alone."""
        new = []
        for p, lines in enumerate(self.lines):
            upto = self.fed[p] if p in without else max(int(len(lines) * share), self.fed[p])
            data = b"".join(line + b"\n" for line in lines[self.fed[p]:upto])
            if data or p not in without:
                with open(self.inputs / f"clicks-{p}.jsonl", "ab") as file:
                    file.write(data)
            new.append(self.folder / f"new-{p}.jsonl")
            new[-1].write_bytes(data)
            self.fed[p] = upto
        return new

    def window_end(self, place):
        day, minute = MINUTE.search(self.lines[place[0]][place[1]]).groups()
        return datetime.datetime.fromisoformat(f"{day.decode()}T{minute.decode()}:00+00:00") + datetime.timedelta(minutes=1)

    # ---- running ----

    def command(self, batch=False, settings=BUSY):
        return [*(["--batch"] if batch else []), *(word for text in settings for word in ("-c", f"SET {text}")), *self.variables,
                "-f", self.sql]

    def start(self, **options):
        return weir.start(*self.command(**options))

    def run(self, check=0, env=None, **options):
        return weir.run(*self.command(**options), check=check, env=env)

    @property
    def state(self):
        return state.State(self.kept)

    def commits(self):
        return len(list((self.kept / "s0" / "m").glob("*.published")))

    def manifests(self):
        return len(list((self.kept / "s0" / "m").glob("*.json")))

    def done(self):
        """The newest manifest says that all it was given was read."""
        manifests = self.state.manifests
        return bool(manifests and manifests[-1]["scans"]) and self.state.sum("clicks", "read") == sum(self.fed)

    # ---- the reckoning ----

    def rows(self, sink):
        """(partition, offset) and epoch of each row."""
        columns, at = SINKS[sink]
        for path in csv_reader.data_objects(self.folder / sink):
            epoch = int(state.name_parts(path)["epoch"])
            rows = csv_reader.read(path, columns)
            keys = [(*row[:at], int(row[at]), int(row[at + 1])) for row in rows]
            if keys != sorted(keys):  # by partition and offset; of windows, by their ends first
                raise Wrong(f"{path}: its rows are not in order")
            for key in keys:
                yield key[at:], epoch

    def check(self):
        """Every message that was given has one fate, and the right one; the set of the late."""
        kept = self.state.check()
        given = {(p, o) for p, size in enumerate(self.fed) for o in range(size)}
        dead = {place for place in self.made.malformed if place in given}
        nameless = {place for place in given - dead if b'"user_id":null' in self.lines[place[0]][place[1]]}
        read_in = dict(self.rows("raw"))
        late = {main_job.place(row): row.epoch for row in kept.late()}
        windowed = [place for place, _ in self.rows("windowed")]
        equal_places("dead letters", [main_job.place(row) for row in kept.dead()], dead)
        equal_places("raw rows", [place for place, _ in self.rows("raw")], given - dead - nameless)
        equal_places("late and windowed rows", windowed + [main_job.place(row) for row in kept.late()], given - dead)
        for place, epoch in {**read_in, **late}.items():
            limit = judged_by(kept, epoch)
            if (place in late) != (limit is not None and self.window_end(place) <= limit):
                raise Wrong(f"{place} of epoch {epoch}, window end {self.window_end(place)}, watermark {limit}: "
                            f"{'late' if place in late else 'not late'}")
        self.check_ledger(kept, given, dead, nameless, late)
        return set(late)

    def check_ledger(self, kept, given, dead, nameless, late):
        decoded = len(given) - len(dead)
        equal("next offsets", [p["next"] - p["gaps"] for p in kept.partitions("clicks")], self.fed)
        equal("the raw sink's counts", kept.sink("clicks", "raw"), (decoded - len(nameless), len(nameless), 0, 0))
        equal("the windowed sink's counts", kept.sink("clicks", "windowed"), (decoded - len(late), 0, len(late), 0))

    def close(self):
        """Ends the recorder: what it found wrong."""
        return self.recorder.stop()


def judged_by(kept, epoch):
    """Windows that end here or before were closed for the rows of an epoch; None: none was."""
    before = kept.by_seq(epoch - 1)
    sink = next((sink for sink in before["sinks"] if sink["name"] == "windowed"), {})
    micros = [t for t in (before["scans"][0]["watermark"] if before["scans"] else None, sink.get("closed_end")) if t is not None]
    return state.moment(max(micros)) if micros else None


def equal(what, actual, expected):
    if actual != expected:
        raise Wrong(f"{what}: {actual}, not {expected}")


def equal_places(what, actual, expected):
    if sorted(actual) != sorted(expected):
        more, less = set(actual) - set(expected), set(expected) - set(actual)
        raise Wrong(f"{what}: {len(actual)}, not {len(expected)}; surplus {sorted(more)[:5]}, missing {sorted(less)[:5]}")
