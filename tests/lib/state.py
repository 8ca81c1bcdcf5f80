"""state.py: reads what a job keeps: its manifests, late rows and dead letters; and checks what must always hold of them.

It goes by the documented layout and the words in the files, and shares nothing with the program.
"""
import base64
import collections
import datetime
import hashlib
import json
import pathlib
import re

from lib import csv_reader

EPOCH = datetime.datetime(2000, 1, 1, tzinfo=datetime.timezone.utc)
NAME = re.compile(r"^(?P<job>.+)-(?P<uuid>[0-9a-f]{8})-(?P<owner>.+)-s(?P<shard>\d+)e(?P<epoch>\d+)-(?P<number>\d+)\.\w+(\.gz)?$")

SEAL = re.compile(rb'(.*),"sha256":"([0-9a-f]{64})"}\n', re.S)  # of a manifest: all before it, and its checksum

Diverted = collections.namedtuple("Diverted", "owner epoch fields value")


class Wrong(AssertionError):
    """The state breaks one of its invariants."""


def no_duplicates(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise Wrong(f"a key is there twice: {names}")
    return dict(pairs)


def moment(micros):
    """A manifest's time as a datetime."""
    return None if micros is None else EPOCH + datetime.timedelta(microseconds=micros)


def name_parts(path):
    """Job, uuid, owner, epoch and number of an object, from its name."""
    match = NAME.match(pathlib.Path(path).name)
    if not match:
        raise Wrong(f"{path}: not the name of an object")
    return match.groupdict()


def without_uuid(path):
    """A name as it is in every run of the same job."""
    return re.sub(r"-[0-9a-f]{8}-(?=[^/]*-s\d+e\d+-\d+\.)", "-uuid-", str(path))


class State:
    """The state of one job: <state_location>/<job_name>."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.paths = sorted((self.folder / "s0" / "m").glob("*.json"))
        self.manifests = [json.loads(path.read_bytes(), object_pairs_hook=no_duplicates) for path in self.paths]

    @property
    def last(self):
        return self.manifests[-1]

    @property
    def commits(self):
        return [m for m in self.manifests if m["kind"] == "COMMIT"]

    def by_seq(self, seq):
        return self.manifests[seq - self.manifests[0]["seq"]]

    # ---- what must hold of every chain ----

    def check(self):
        """Manifests form one hash chain, the ledger balances in each, watermarks and offsets never go back, and the objects of
        every epoch are marked as published."""
        previous = hashlib.sha256((self.folder / "job.json").read_bytes()).hexdigest()
        for number, (path, m) in enumerate(zip(self.paths, self.manifests), 1):
            if m["seq"] != number or int(path.stem) != number or m["previous_sha256"] != previous:
                raise Wrong(f"{path}: not the next link of the chain")
            data = path.read_bytes()
            seal = SEAL.fullmatch(data)
            if not seal or hashlib.sha256(seal[1]).hexdigest() != seal[2].decode():
                raise Wrong(f"{path}: not sealed")
            previous = hashlib.sha256(data).hexdigest()
            self.check_ledger(m)
            if number > 1:
                self.check_order(self.manifests[number - 2], m)
            if m["kind"] == "COMMIT" and m["files"]:
                self.check_marker(path.with_suffix(".published"), m)
        return self

    @staticmethod
    def check_marker(path, m):
        if not path.exists():
            raise Wrong(f"{path}: its objects are not out")
        text = path.read_bytes()
        if hashlib.sha256(text).hexdigest() != m["files_sha256"]:
            raise Wrong(f"{path}: not the list of objects that its manifest knows")
        if len([json.loads(line, object_pairs_hook=no_duplicates) for line in text.splitlines()]) != m["files"]:
            raise Wrong(f"{path}: not as many objects as its manifest says")

    @staticmethod
    def check_ledger(m):
        for scan in m["scans"]:
            for number, p in enumerate(scan["partitions"]):
                where = f"manifest {m['seq']}, {scan['stream']}, partition {number}: {p}"
                accepted = sum(gap["to"] - gap["from"] for gap in m.get("accepted_gaps", ())
                               if (gap["stream"], gap["partition"]) == (scan["stream"], number))
                if p["next"] != p["read"] + p["gaps"] + accepted or p["read"] != p["decoded"] + p["dead"] + p["tombstones"]:
                    raise Wrong(f"messages don't balance: {where}")
                if any(sum(counts) not in (0, p["decoded"]) for counts in p["sinks"]):
                    raise Wrong(f"rows don't balance: {where}")

    @staticmethod
    def check_order(before, after):
        for old, new in zip(before["scans"], after["scans"]):
            if old["watermark"] is not None and (new["watermark"] is None or new["watermark"] < old["watermark"]):
                raise Wrong(f"manifest {after['seq']}: the watermark went back")
            accepted = len(after.get("accepted_gaps", ())) > len(before.get("accepted_gaps", ()))
            if not accepted and any(q["next"] < p["next"] for p, q in zip(old["partitions"], new["partitions"])):
                raise Wrong(f"manifest {after['seq']}: an offset went back")

    def listed(self):
        """What the markers say of every object: kind, name, location, key, rows, bytes, sha256."""
        for path in sorted((self.folder / "s0" / "m").glob("*.published")):
            for line in path.read_bytes().splitlines():
                yield json.loads(line, object_pairs_hook=no_duplicates)

    # ---- sums ----

    def partitions(self, stream):
        return next(scan["partitions"] for scan in self.last["scans"] if scan["stream"] == stream)

    def sum(self, stream, field):
        return sum(p[field] for p in self.partitions(stream))

    def sink(self, stream, name):
        """used, filtered, late, failed of a sink, over all partitions."""
        index = next(i for i, sink in enumerate(self.last["sinks"]) if sink["name"] == name)
        return tuple(map(sum, zip(*(p["sinks"][index] for p in self.partitions(stream)))))

    # ---- diverted messages ----

    def diverted(self, kind):
        """The lines below late/ or dead/, in order of names."""
        found = []
        for path in sorted(p for p in (self.folder / kind).rglob("*") if p.is_file() and ".weir-tmp" not in p.parts):
            parts = name_parts(path)
            if path.parent.name != parts["owner"]:
                raise Wrong(f"{path}: in the folder of another")
            text = csv_reader.read_bytes(path).decode("utf-8")
            if not text.endswith("\n"):
                raise Wrong(f"{path}: the last line does not end")
            for line in text[:-1].split("\n"):
                fields = json.loads(line, object_pairs_hook=no_duplicates)
                value = base64.b64decode(fields["value"], validate=True) if "value" in fields else None
                found.append(Diverted(parts["owner"], int(parts["epoch"]), fields, value))
        return found

    def late(self):
        return self.diverted("late")

    def dead(self):
        return self.diverted("dead")
