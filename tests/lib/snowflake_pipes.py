"""snowflake_pipes.py: COPY and pipes of the tests' Snowflake: which files are taken, what is remembered of them, and for how long.

COPY remembers name, size and ETag per table for 64 days; a pipe remembers path and name for 14 days, whatever the bytes, and not what
COPY has loaded. Where the documents are silent, the choice is the one that hides least: a file that failed in a pipe is known to it
too, unless it was not there at all; a paused pipe takes names and loads nothing, nor does one whose owner may not load any more; the
order of a pipe's queue is drawn from a seed; a file under way shows in the table by half.
"""
import collections
import datetime
import email.utils
import random
import re
import urllib.parse

from lib import pg_wire, snowflake, snowflake_load, snowflake_query
from lib.snowflake_load import Result, text_column
from lib.snowflake_statements import SnowflakeError, compilation, unknown

PIPE_MEMORY = datetime.timedelta(days=14)
COPY_MEMORY = datetime.timedelta(days=64)
REFRESHED = datetime.timedelta(days=7)
REPORTED = datetime.timedelta(minutes=10)
REPORTED_EVENTS = 10000
HISTORY = {"LOADED": "Loaded", "LOAD_FAILED": "Load failed", "PARTIALLY_LOADED": "Partially loaded",
           "LOAD_IN_PROGRESS": "Load in progress"}
LATE = datetime.timedelta(seconds=5)  # so far behind is the history of loads when it is late
COPY_COLUMNS = ("file", "status", "rows_parsed", "rows_loaded", "error_limit", "errors_seen", "first_error", "first_error_line",
                "first_error_character", "first_error_column_name")

Object = collections.namedtuple("Object", "path data etag modified")
Queued = collections.namedtuple("Queued", "path received")
Begun = collections.namedtuple("Begun", "queued object loaded rows due")  # so many rows are in the table


class Pipe:
    """The state of a pipe, which goes when it is created anew. generation: how often that was."""

    def __init__(self, thing, generation):
        self.thing, self.generation = thing, generation
        self.queue, self.begun, self.known, self.events = [], [], {}, []

    @property
    def copy(self):
        return self.thing.body["copy"]

    @property
    def paused(self):
        return self.thing.body.get("PIPE_EXECUTION_PAUSED", False)


class Loads:
    """What loads files into an account's tables."""

    def __init__(self, account):
        self.account, self.pipes, self.random = account, {}, random.Random(0)
        self.overlap = 0  # so many events before its mark a report repeats
        self.lag = datetime.timedelta()  # after an event, before a report or the history shows it
        self.progress = None  # (bytes, seconds): files of that size or more are so long under way
        self.notified = []  # (bucket, key) of every notification that came

    def made(self, thing):
        if thing.kind == "PIPE":
            before = self.pipes.get(thing.name)
            self.pipes[thing.name] = Pipe(thing, before.generation + 1 if before else 1)
        if thing.kind == "TABLE":
            self.dropped("TABLE", thing.name)

    def dropped(self, kind, name):
        """With a table goes what is remembered of its files."""
        if kind == "PIPE":
            del self.pipes[name]
        if kind == "TABLE":
            self.account.metadata = {key: value for key, value in self.account.metadata.items() if key[0] != name}
            listed = ", ".join(map(pg_wire.literal, name))
            self.account.pg.query('DELETE FROM snowflake.history WHERE ("TABLE_CATALOG_NAME", "TABLE_SCHEMA_NAME", "TABLE_NAME") = '
                                  f"({listed})")

    # ---- what a COPY means ----

    def check_copy(self, session, copy):
        """Completes the names in a COPY and checks that all is there and may be used."""
        account = self.account
        for key, kind in (("table", "TABLE"), ("stage", "STAGE")):
            copy[key] = account.full(session, kind, copy[key])
        table = account.need(session, "INSERT", "TABLE", copy["table"])
        if ("STAGE", copy["stage"]) not in account.things or not account.may_see(session.role, "STAGE", copy["stage"]):
            raise unknown("STAGE", copy["stage"])
        stage = account.need(session, "USAGE" if "URL" in account.things["STAGE", copy["stage"]].body else "READ", "STAGE", copy["stage"])
        copy["format"] = account.format_of(session, copy["options"].get("FILE_FORMAT", stage.body.get("FILE_FORMAT"))) \
            or {key: default for key, (default, _, _) in snowflake.FORMAT_OPTIONS.items()}
        there = {column["name"]: column for column in table.body["columns"]}
        for name in copy["columns"] or ():
            if name not in there:
                raise compilation(f"error line 1 at position 0\ninvalid identifier '\"{name}\"'", "000904", "42000")
        wanted = copy["columns"] or list(there)
        if copy["select"] and len(copy["select"]) != len(wanted):
            raise compilation("Insert value list does not match column list", "002020", "21S01")
        copy["columns"] = copy["columns"] or (wanted if copy["select"] else None)

    def columns(self, copy):
        there = {column["name"]: column for column in self.account.things["TABLE", copy["table"]].body["columns"]}
        return [(name, there[name]["type"], there[name]["not_null"]) for name in copy["columns"] or there]

    def enclosing(self, copy):
        """URL of the stage, or None for an internal one."""
        return self.account.things["STAGE", copy["stage"]].body.get("URL")

    def place(self, url, path):
        """Bucket and key of a path below a URL: nothing is put between them."""
        bucket, _, prefix = url.partition("://")[2].partition("/")
        return bucket, prefix + path

    def is_trusted(self, copy):
        """Whether S3 lets the stage in: buckets are private, unless the client says that they are public."""
        return "STORAGE_INTEGRATION" in self.account.things["STAGE", copy["stage"]].body or getattr(self.account.s3, "public", False)

    def listed(self, copy, prefix=""):
        """Paths below the stage that begin with COPY's path and a prefix."""
        url, begin = self.enclosing(copy), copy["path"] + prefix
        if url is None:
            return sorted(path for stage, path in self.account.internal if stage == copy["stage"] and path.startswith(begin))
        if not self.is_trusted(copy):
            raise SnowflakeError("Failure using stage area. Cause: [Access Denied (Status Code: 403; Error Code: AccessDenied)]", "091003",
                                 "22000")
        bucket, key = self.place(url, begin)
        base = len(key) - len(begin)
        return sorted(found[base:] for found in self.account.s3.list(bucket, key))

    def fetch(self, copy, path):
        """The Object, or None."""
        url = self.enclosing(copy)
        if url is None:
            data = self.account.internal.get((copy["stage"], path))
            return None if data is None else Object(path, data, str(hash(data)), self.account.now())
        bucket, key = self.place(url, path)
        head = self.account.s3.head(bucket, key) if self.is_trusted(copy) else None
        data = None if head is None else self.account.s3.get(bucket, key)
        if data is None:
            return None
        return Object(path, data, head.get("etag"), email.utils.parsedate_to_datetime(head["last-modified"]))

    def not_found(self, copy, path):
        return (f"Remote file '{self.enclosing(copy) or '@' + copy['stage'][-1] + '/'}{path}' was not found. There are several potential "
                "causes. The file might not exist. The required credentials may be missing or invalid.")

    def read(self, session_parameters, copy, object_):
        """Loaded, without any effect yet."""
        options = copy["format"]
        metadata = {"METADATA$FILENAME": self.file_name(copy, object_.path), "METADATA$FILE_CONTENT_KEY": object_.etag,
                    "METADATA$FILE_LAST_MODIFIED": object_.modified.strftime("%Y-%m-%d %H:%M:%S"),
                    "METADATA$START_SCAN_TIME": self.account.now().strftime("%Y-%m-%d %H:%M:%S.%f+00:00")}
        session = {**self.account.parameters, **session_parameters}
        return snowflake_load.FileLoader(copy, copy["table"][-1], self.columns(copy), options, session, metadata).load(object_.data)

    def file_name(self, copy, path):
        """METADATA$FILENAME: the whole path in the bucket, or below an internal stage."""
        url = self.enclosing(copy)
        return self.place(url, path)[1] if url else path

    def write(self, copy, files, pipe=None, received=None, begun=0):
        """Rows and history of files [(Object, Loaded)], as one transaction. begun: so many rows are there already."""
        pg, now = self.account.pg, self.account.now()
        pg.query("BEGIN")
        try:
            names = ", ".join(snowflake_query.pg_name(name) for name, _, _ in self.columns(copy))
            for object_, loaded in files:
                if begun:
                    of_file = ", ".join(map(pg_wire.literal, (HISTORY["LOAD_IN_PROGRESS"], object_.path, *pipe)))
                    pg.query('DELETE FROM snowflake.history WHERE ("STATUS", "FILE_NAME", "PIPE_CATALOG_NAME", "PIPE_SCHEMA_NAME", '
                             f'"PIPE_NAME") = ({of_file})')
                if loaded.rows[begun:]:
                    pg.copy(f"{self.account.pg_table(copy['table'])} ({names})", loaded.rows[begun:])
                pg.copy("snowflake.history", [self.history_row(copy, object_, loaded, pipe, received, now)])
            pg.query("COMMIT")
        except Exception:
            pg.query("ROLLBACK")
            raise

    def history_row(self, copy, object_, loaded, pipe, received, now):
        values = [object_.path, self.enclosing(copy) or "@" + ".".join(copy["stage"]), now.isoformat(), len(loaded.rows),
                  loaded.parsed, len(object_.data), loaded.first, loaded.line, loaded.character, loaded.column, loaded.errors,
                  loaded.limit, HISTORY[loaded.status], *copy["table"], *(pipe or (None,) * 3), received and received.isoformat()]
        return [None if value is None else str(value) for value in values]

    # ---- COPY INTO ----

    def chosen(self, copy):
        """Paths below the stage that COPY names or finds."""
        if "FILES" in copy["options"]:
            return [copy["path"] + name for name in copy["options"]["FILES"]]
        pattern, url = copy["options"].get("PATTERN"), self.enclosing(copy) or ""
        return [path for path in self.listed(copy) if pattern is None or re.fullmatch(pattern, url + path, re.S)]

    def is_known(self, copy, object_):
        """Whether COPY has loaded the same bytes of that name, or can't know."""
        now, key = self.account.now(), (copy["table"], copy["stage"], object_.path)
        if copy["options"].get("FORCE"):
            return False
        found = self.account.metadata.get(key)
        if found and now - found[2] < COPY_MEMORY:
            return found[:2] == (len(object_.data), object_.etag)
        firsts = [value[2] for (table, *_), value in self.account.metadata.items() if table == copy["table"]]
        uncertain = now - object_.modified > COPY_MEMORY and firsts and now - min(firsts) > COPY_MEMORY
        return bool(uncertain and not copy["options"].get("LOAD_UNCERTAIN_FILES"))

    def copy(self, session, copy):
        account = self.account
        self.check_copy(session, copy)
        results, loaded, paths = [], [], []
        for path in self.chosen(copy):
            object_ = self.fetch(copy, path)
            if object_ is None:
                if copy["on_error"] == "ABORT_STATEMENT":
                    raise SnowflakeError(self.not_found(copy, path), "091016", "22000")
                continue
            if self.is_known(copy, object_):
                continue
            found = self.read(session.parameters, copy, object_)
            if found.errors and copy["on_error"] == "ABORT_STATEMENT":
                raise SnowflakeError(f"{found.first}\n  File '{path}', line {found.line}, character {found.character}\n  Row "
                                     f"{found.parsed}, column {found.column}\n  If you would like to continue loading when an error is "
                                     "encountered, use other values such as 'SKIP_FILE' or 'CONTINUE' for the ON_ERROR option.",
                                     "100038", "22018")
            loaded.append((object_, found))
            paths.append(path)
            results.append([self.result_file(copy, path), found.status, found.parsed, len(found.rows), found.limit, found.errors,
                            found.first, found.line, found.character, found.column])
        self.write(copy, loaded)
        for object_, found in loaded:
            if found.status != "LOAD_FAILED":
                account.metadata[copy["table"], copy["stage"], object_.path] = len(object_.data), object_.etag, account.now()
        return self.copy_result(results, sum(len(found.rows) for _, found in loaded), copy)

    def result_file(self, copy, path):
        return (self.enclosing(copy) or "") + path

    def copy_result(self, results, rows, copy):
        if not results:
            return Result([text_column("status")], [["Copy executed with 0 files processed."]])
        if copy["options"].get("RETURN_FAILED_ONLY"):
            results = [result for result in results if result[1] != "LOADED"]
        columns = [text_column(name, 1700 if name in ("rows_parsed", "rows_loaded", "error_limit", "errors_seen", "first_error_line",
                                                      "first_error_character") else 25) for name in COPY_COLUMNS]
        texts = [[None if value is None else str(value) for value in result] for result in results]
        return Result(columns, texts, {"numRowsInserted": rows, "numRowsUpdated": 0, "numRowsDeleted": 0, "numDuplicateRowsUpdated": 0})

    # ---- pipes ----

    def takes(self, pipe, path):
        """Whether a path below the stage is one of the pipe's: PATTERN sees what is behind COPY's path."""
        copy = pipe.copy
        if not path.startswith(copy["path"]):
            return False
        pattern = copy["options"].get("PATTERN")
        return pattern is None or re.fullmatch(pattern, path[len(copy["path"]):], re.S) is not None

    def knows(self, pipe, path):
        at = pipe.known.get(path)
        return at is not None and self.account.now() - at < PIPE_MEMORY

    def submit(self, pipe, paths):
        """Queues names; those that are known, and those that are not the pipe's."""
        skipped, unmatched = [], []
        for path in paths:
            if not self.takes(pipe, path):
                unmatched.append(path)
            elif self.knows(pipe, path) or any(queued.path == path for queued in pipe.queue):
                skipped.append(path)
            else:
                pipe.queue.append(Queued(path, self.account.now()))
        return skipped, unmatched

    def notify(self, bucket, key):
        """S3's notification that an object was created, to every pipe that listens there."""
        with self.account.lock:
            self.notified.append((bucket, key))
            for pipe in self.pipes.values():
                url = self.enclosing(pipe.copy)
                if not pipe.thing.body.get("AUTO_INGEST") or url is None:
                    continue
                own, prefix = self.place(url, "")
                if own == bucket and key.startswith(prefix):
                    self.submit(pipe, [key[len(prefix):]])

    def refresh(self, thing, PREFIX="", MODIFIED_AFTER=None):
        pipe, now = self.pipes[thing.name], self.account.now()
        after = datetime.datetime.fromisoformat(MODIFIED_AFTER.replace("Z", "+00:00")) if MODIFIED_AFTER else now - REFRESHED
        rows = []
        for path in self.listed(pipe.copy, PREFIX):
            object_ = self.fetch(pipe.copy, path)
            in_time = object_ is not None and object_.modified >= max(after, now - REFRESHED).replace(microsecond=0)
            if in_time and (pipe.copy["table"], pipe.copy["stage"], path) not in self.account.metadata:
                skipped, unmatched = self.submit(pipe, [path])
                if not skipped and not unmatched:
                    rows.append([path, "SENT"])
        return Result([text_column("File"), text_column("Status")], rows)

    def status(self, thing):
        pipe, why = self.pipes[thing.name], self.stalled(self.pipes[thing.name])
        found = {"executionState": "PAUSED" if pipe.paused else "STALLED_COMPILATION_ERROR" if why else "RUNNING",
                 "pendingFileCount": len(pipe.queue) + len(pipe.begun)}
        if why:
            found["error"] = why
        if pipe.events:
            found.update(lastIngestedFilePath=pipe.events[-1]["path"], lastIngestedTimestamp=pipe.events[-1]["lastInsertTime"])
        if thing.body.get("AUTO_INGEST"):
            found["notificationChannelName"] = "arn:aws:sqs:us-east-1:123456789012:sf-snowpipe-AIDAEXAMPLE"
        return found

    def stalled(self, pipe):
        """Why the pipe's owner may not load now, or None."""
        session = self.account.as_owner(pipe.thing)
        try:
            self.check_copy(session, dict(pipe.copy))
            self.account.need(session, "SELECT", "TABLE", pipe.copy["table"])
        except SnowflakeError as error:
            return error.message
        return None

    def work(self):
        """Loads one queued file of a pipe that runs, or the rest of one; whether there was one."""
        with self.account.lock:
            now = self.account.now()
            busy = [pipe for pipe in self.pipes.values() if (pipe.queue or any(begun.due <= now for begun in pipe.begun))
                    and not pipe.paused and not self.stalled(pipe)]
            if not busy:
                return False
            pipe = self.random.choice(busy)
            due = [begun for begun in pipe.begun if begun.due <= now]
            if due:
                self.end(pipe, due[0])
            else:
                self.load_queued(pipe, pipe.queue.pop(self.random.randrange(len(pipe.queue))))
            return True

    def work_all(self):
        while self.work():
            pass

    def load_queued(self, pipe, queued):
        copy = pipe.copy
        object_ = self.fetch(copy, queued.path)
        if object_ is None:
            text = self.not_found(copy, queued.path)
            lost = Object(queued.path, b"", None, self.account.now())
            self.add_event(pipe, queued, lost, snowflake_load.Loaded("LOAD_FAILED", [], 0, 1, 1, text, 0, 0, None), system_error=text)
            return
        loaded = self.read({}, copy, object_)
        pipe.known[queued.path] = self.account.now()
        if self.progress and len(object_.data) >= self.progress[0] and loaded.status == "LOADED" and len(loaded.rows) > 1:
            self.begin(pipe, queued, object_, loaded)
            return
        self.write(copy, [(object_, loaded)], pipe.thing.name, queued.received)
        self.add_event(pipe, queued, object_, loaded)

    def begin(self, pipe, queued, object_, loaded):
        """The first half of a file's rows."""
        rows = len(loaded.rows) // 2
        part = loaded._replace(status="LOAD_IN_PROGRESS", rows=loaded.rows[:rows], parsed=rows)
        self.write(pipe.copy, [(object_, part)], pipe.thing.name, queued.received)
        self.add_event(pipe, queued, object_, part)
        due = self.account.now() + datetime.timedelta(seconds=self.progress[1])
        pipe.begun.append(Begun(queued, object_, loaded, rows, due))

    def end(self, pipe, begun):
        pipe.begun.remove(begun)
        self.write(pipe.copy, [(begun.object, begun.loaded)], pipe.thing.name, begun.queued.received, begun.rows)
        self.add_event(pipe, begun.queued, begun.object, begun.loaded)

    def add_event(self, pipe, queued, object_, loaded, system_error=None):
        now = self.account.now()
        event = {"path": queued.path, "stageLocation": self.enclosing(pipe.copy) or "", "fileSize": len(object_.data),
                 "timeReceived": iso(queued.received), "lastInsertTime": iso(now), "rowsInserted": len(loaded.rows),
                 "rowsParsed": loaded.parsed, "errorsSeen": loaded.errors, "errorLimit": loaded.limit,
                 "complete": loaded.status != "LOAD_IN_PROGRESS", "status": loaded.status}
        if loaded.first:
            event.update(firstError=loaded.first, firstErrorLineNum=loaded.line, firstErrorCharacterPos=loaded.character,
                         firstErrorColumnName=loaded.column)
        if system_error:
            event["systemError"] = system_error
        pipe.events.append({**event, "~at": now})

    # ---- Snowpipe's REST calls ----

    def insert_files(self, pipe, paths):
        with self.account.lock:
            return self.submit(pipe, paths)

    def report(self, pipe, mark, fault=None):
        """(complete, next mark, events): what is new since a mark, in the last ten minutes and ten thousand events. A mark that this pipe
        has not given may have missed anything. fault: "incomplete", events are lost; "repeated", all are told again; "late", none yet."""
        with self.account.lock:
            now = self.account.now()
            count = sum(event["~at"] <= now - self.lag for event in pipe.events)
            kept = sum(now - event["~at"] > REPORTED for event in pipe.events)
            oldest = min(max(kept, count - REPORTED_EVENTS), count)
            since = self.number_of(pipe, mark) if mark else oldest
            if fault == "late":
                count = max(min(since, count), oldest)
            elif fault == "incomplete":
                oldest = count - (count - max(since, oldest)) // 2
            start = oldest if fault == "repeated" else max(since - self.overlap, oldest)
            events = [public(event) for event in pipe.events[start:count]]
            return since >= oldest and fault != "incomplete", f"{pipe.generation}_{max(count, since)}", events

    @staticmethod
    def number_of(pipe, mark):
        match = re.fullmatch(r"(\d+)_(\d+)", mark, re.A)
        known = match and int(match[1]) == pipe.generation and int(match[2]) <= len(pipe.events)
        return int(match[2]) if known else -1

    def scan(self, pipe, start, end, fault=None):
        """(complete, events, end of the range): all of a time, at most ten thousand. fault: "incomplete", at most half of them;
        "repeated", each twice; "late", the newest are not there."""
        with self.account.lock:
            now = self.account.now()
            until = min(end, now - self.lag - (LATE if fault == "late" else datetime.timedelta()))
            found = [event for event in pipe.events if max(start, now - PIPE_MEMORY) <= event["~at"] < end and event["~at"] <= until]
            most = min(REPORTED_EVENTS, len(found) // 2 if fault == "incomplete" else len(found))
            times = 2 if fault == "repeated" else 1
            complete = most == len(found)
            return complete, [public(event) for event in found[:most] for _ in range(times)], end if complete else found[most]["~at"]


def iso(moment):
    return moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def public(event):
    return {key: value for key, value in event.items() if not key.startswith("~")}


def pipe_name(text):
    """The parts of a pipe's name as it stands in an URL (still encoded there): case counts, quotes are for what needs them."""
    parts = re.findall(r'"((?:[^"]|"")+)"|([^."]+)', urllib.parse.unquote(text))
    return tuple(quoted.replace('""', '"') or plain for quoted, plain in parts)


class Notifications:
    """Stands in for S3's notifications: poll() looks what is new in a bucket, and tells, by a seed, twice, in another order, or never.
    rates: duplicate and lost, of one."""

    def __init__(self, account, bucket, seed=0, duplicate=0.0, lost=0.0, reorder=True):
        self.account, self.bucket, self.random = account, bucket, random.Random(seed)
        self.duplicate, self.lost, self.reorder = duplicate, lost, reorder
        self.seen, self.held, self.never = set(), [], []

    def poll(self, last=False):
        """last: nothing is held back any more."""
        fresh = sorted(set(self.account.s3.list(self.bucket)) - self.seen)
        self.seen.update(fresh)
        for key in fresh:
            if self.random.random() < self.lost:
                self.never.append(key)
            else:
                self.held += [key] * (2 if self.random.random() < self.duplicate else 1)
        if self.reorder:
            self.random.shuffle(self.held)
        keep = 0 if last or not self.reorder else len(self.held) // 3
        told, self.held = self.held[keep:], self.held[:keep]
        for key in told:
            self.account.loads.notify(self.bucket, key)
