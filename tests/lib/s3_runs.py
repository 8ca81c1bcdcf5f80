"""s3_runs.py: the jobs of the tests with sinks and state on S3, and a reader that watches what becomes visible meanwhile.

What a job has written is fetched into the job's folder, where it lies as if it had been written there: the same checks go for
both. `where` says what is on S3: "s3" both, "state" the state alone, "sinks" the sinks alone.
"""
import hashlib
import pathlib
import re
import threading

from lib import accounts, csv_reader, main_job, state, weir

UNFINISHED = re.compile(r"-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")


class OnS3:
    """Mixed into a job before its class: where things are on S3, and how they get here."""

    def place_on(self, server, bucket, endpoint=None, where="s3"):
        """Before the job's own __init__; the location of its sinks (None: its folder). The bucket is its own."""
        self.server, self.bucket, self.where = server, bucket, where
        self.client = server.client()
        self.environment = server.environment(endpoint)
        return f"s3://{bucket}/out/" if where in ("s3", "sinks") else None

    @property
    def state_settings(self):
        return (f"state_location = 's3://{self.bucket}/state'",) if self.where in ("s3", "state") else ()

    def fetch(self):
        """Brings here what is on S3 now."""
        for name in self.places if self.where in ("s3", "sinks") else ():
            self.client.mirror(self.bucket, f"out/{name}/", self.folder / name)
        if self.where in ("s3", "state"):
            self.client.mirror(self.bucket, "state/", self.folder / ".weir")
        return self

    def check_listed(self):
        """The objects are those that the markers list, and have their sizes and digests. (After fetch().)"""
        kept = self.state.check()
        folders = [self.folder / name for name in self.places] + [kept.folder / "late", kept.folder / "dead"]
        there = {path for folder in folders for path in folder.rglob("*") if path.is_file()
                 and ".weir-tmp" not in path.parts and not path.name.startswith(".")}
        for item in kept.listed():
            path = (self.folder / pathlib.PurePath(item["location"]).name if item["location"] else kept.folder) / item["key"]
            if path not in there:
                raise state.Wrong(f"{path} is missing, or there are two of it")
            there.discard(path)
            data = path.read_bytes()
            if (len(data), hashlib.sha256(data).hexdigest()) != (item["bytes"], item["sha256"]):
                raise state.Wrong(f"{path} is not what its marker says")
        if there:
            raise state.Wrong(f"no marker lists {sorted(map(str, there))}")

    def start(self, env=None, **options):
        return weir.start(*self.command(**options), env={**self.environment, **(env or {})})

    def run(self, check=0, env=None, timeout=300, **options):
        return weir.run(*self.command(**options), check=check, env={**self.environment, **(env or {})}, timeout=timeout)


class S3MainJob(OnS3, main_job.MainJob):
    """The main job."""

    places = ("raw", "minutes")

    def __init__(self, folder, commit_rows, server, bucket, endpoint=None, where="s3", **source):
        super().__init__(folder, commit_rows, location=self.place_on(server, bucket, endpoint, where), **source)

    def command(self, settings=(), **options):
        return super().command(settings=(*self.state_settings, *settings), **options)


class S3Accounts(OnS3, accounts.Accounts):
    """The streaming job that tells what became of every message."""

    places = ("raw", "windowed")

    def __init__(self, folder, made, server, bucket, endpoint=None, where="s3", **source):
        super().__init__(folder, made, location=self.place_on(server, bucket, endpoint, where), **source)

    def watch(self):
        return None  # the fault proxy and the reader do

    def command(self, batch=False, settings=accounts.BUSY):
        return super().command(batch=batch, settings=(*self.state_settings, *settings))

    def listed(self, suffix):
        return sorted(key for key in self.client.list(self.bucket, "state/accounts/s0/m/") if key.endswith(suffix))

    def commits(self):
        return len(self.listed(".published"))

    def manifests(self):
        return len(self.listed(".json"))

    @property
    def state(self):
        self.client.mirror(self.bucket, "state/", self.folder / ".weir")
        return super().state


def in_order(job):
    """Folder with owner, and bytes, of each object of a MainJob in the order of names; epochs are left out: each start takes
    some."""
    return [(re.sub(r"-s\d+e\d+-", "-", name), path.read_bytes()) for name, path in job.objects().items()]


class Reader(threading.Thread):
    """Lists a prefix again and again, as one who loads objects would: whatever is visible is whole, was committed before, and
    stays as it is. stop() gives the list of faults."""

    def __init__(self, client, bucket, out="out/", manifests="state/clicks_job/s0/m/", pause=0.03):
        super().__init__(daemon=True)
        self.client, self.bucket, self.out, self.manifests, self.pause = client, bucket, out, manifests, pause
        self.seen, self.faults, self.rounds = {}, [], 0
        self.ended = threading.Event()
        self.start()

    def run(self):
        try:
            while not self.ended.wait(self.pause):
                self.look()
        except Exception as error:  # of the reader itself: then it has seen nothing
            self.faults.append(f"the reader ended: {error!r}")

    def look(self):
        listed = self.client.list(self.bucket, self.out)
        # readers pass over names that begin with a point; s3proxy lists what it is still writing as <name>-<uuid>
        listed = {key: size for key, size in listed.items() if "/." not in key and not UNFINISHED.search(key)}
        for key in sorted(set(self.seen) - set(listed)):
            self.faults.append(f"{key} is gone")
            del self.seen[key]
        for key, size in listed.items():
            if key not in self.seen:
                self.seen[key] = self.read(key, size)
        self.rounds += 1

    def read(self, key, size):
        body = self.client.get(self.bucket, key)
        try:
            if body is None or len(body) != size:
                raise csv_reader.Malformed("not of the size that it was listed with")
            csv_reader.parse(csv_reader.unpack(key, body).decode("utf-8"))
            epoch = int(state.name_parts(key)["epoch"])
            if self.manifests and self.client.head(self.bucket, f"{self.manifests}{epoch:016d}.json") is None:
                raise csv_reader.Malformed("visible before it was committed")
        except (csv_reader.Malformed, state.Wrong, UnicodeDecodeError) as error:
            self.faults.append(f"{key}: {error}")
        return hashlib.sha256(body or b"").hexdigest()

    def stop(self):
        self.ended.set()
        self.join(60)
        self.look()
        for key, digest in self.seen.items():
            if hashlib.sha256(self.client.get(self.bucket, key) or b"").hexdigest() != digest:
                self.faults.append(f"{key} has another content than when it appeared")
        return self.faults
