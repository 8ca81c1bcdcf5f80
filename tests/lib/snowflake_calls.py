"""snowflake_calls.py: what the calls of the tests' Snowflake ask for and answer, as JSON: bodies and headers are checked by the
documents, result sets cut into partitions, Snowpipe's three calls answered.
"""
import datetime
import json
import re

from lib import snowflake_pipes
from lib.snowflake_load import Result, text_column
from lib.snowflake_statements import SnowflakeError

MAX_FILES = 5000
MAX_PATH = 1024
PARAMETERS = {"MULTI_STATEMENT_COUNT", "QUERY_TAG", "TIMEZONE", "ROWS_PER_RESULTSET", "CLIENT_RESULT_CHUNK_SIZE", "USE_CACHED_RESULT",
              *(f"{kind}_OUTPUT_FORMAT" for kind in ("BINARY", "DATE", "TIME", "TIMESTAMP", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ",
                                                     "TIMESTAMP_TZ"))}
MAX_TIMEOUT = 604800
ONLY_IN_MULTIPLE = re.compile(r"(USE|BEGIN|COMMIT|ROLLBACK|ALTER\s+SESSION|SET)\b", re.I)


class Refusal(Exception):
    """An answer other than 200: status, and what its body says."""

    def __init__(self, status, code, text, **others):
        self.status, self.body = status, {"code": code, "message": text, **others}
        super().__init__(f"{status} {code} {text}")


def refuse(status, code, text):
    raise Refusal(status, code, text)


def parse(raw):
    try:
        body = json.loads(raw)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        refuse(400, "390142", "Incoming request does not contain a valid payload.")
    return body


# ---- SQL API ----

def check_headers(headers):
    """Accept, Content-Type and User-Agent are required on all calls."""
    if not re.match(r"[^ /]+/\S+", headers.get("User-Agent", "")):
        refuse(400, "391902", "User-Agent must be name/version")
    if not {"application/json", "*/*"} & {part.split(";")[0].strip() for part in headers.get("Accept", "").split(",")}:
        refuse(400, "391902", "Unsupported Accept header; application/json is what there is.")
    if headers.get("Content-Type", "").split(";")[0].strip() != "application/json":
        refuse(415, "391903", "Unsupported Content-Type.")


def check_body(body):
    """What is not known is ignored; what is known has its type."""
    for key in ("statement", "database", "schema", "warehouse", "role"):
        if key in body and not isinstance(body[key], str):
            refuse(400, "390142", f"{key} is no string")
    if not body.get("statement", "").strip():
        refuse(400, "390142", "statement is missing")
    timeout = body.get("timeout", 0)
    if not isinstance(timeout, int) or isinstance(timeout, bool) or not 0 <= timeout <= MAX_TIMEOUT:
        refuse(400, "390142", "timeout is no number of seconds")
    bindings = body.get("bindings") or {}
    if not isinstance(bindings, dict) or not all(isinstance(binding, dict) for binding in bindings.values()):
        refuse(400, "390142", "bindings are no objects")
    parameters = body.get("parameters", {})
    if not isinstance(parameters, dict):
        refuse(400, "390142", "parameters are no object")
    if not re.fullmatch(r"\d+", str(parameters.get("MULTI_STATEMENT_COUNT", 1)), re.A):
        refuse(400, "390142", "MULTI_STATEMENT_COUNT is no number")
    for name in parameters:
        if name.upper() not in PARAMETERS:
            refuse(400, "390142", f"invalid parameter '{name}'")


def check_together(parts, wanted, body):
    """Whether these statements can be run in one request."""
    if wanted not in (0, len(parts)):
        raise SnowflakeError(f"Actual statement count {len(parts)} did not match the desired statement count {wanted}.", "000008", "0A000")
    if wanted == 1 and ONLY_IN_MULTIPLE.match(parts[0]):
        raise SnowflakeError("Unsupported statement type outside of a request with multiple statements", "391911", "0A000")
    if wanted != 1 and body.get("bindings"):
        raise SnowflakeError("Bind variables are not allowed with multiple statements", "391912", "0A000")


def multiple():
    return Result([text_column("multiple statement execution")], [["Multiple statements executed successfully."]])


def result_set(statement, number, rows_per_partition, ends):
    """(status, headers, body) of a partition; those after the first are compressed, and hold rows only."""
    result = statement.result
    limit = int(statement.session.parameters.get("ROWS_PER_RESULTSET", 0)) or None
    rows = result.rows[:limit]
    if not statement.nullable:
        rows = [["null" if value is None else value for value in row] for row in rows]
    parts = [rows[at:at + rows_per_partition] for at in range(0, len(rows), rows_per_partition)] or [[]]
    if number >= len(parts):
        refuse(400, "391904", f"there is no partition {number}")
    headers = {"Link": links(ends["statementStatusUrl"], number, len(parts))}
    if number > 0:
        return 200, {**headers, "Content-Encoding": "gzip"}, {"data": parts[number]}
    info = [{"rowCount": len(part), "uncompressedSize": len(json.dumps(part))} for part in parts]
    for part in info[1:]:
        part["compressedSize"] = part["uncompressedSize"] // 2 + 20
    body = {"resultSetMetaData": {"numRows": len(rows), "format": "jsonv2", "rowType": result.columns, "partitionInfo": info},
            "data": parts[0], "code": "090001", "sqlState": "00000", "message": "Statement executed successfully.",
            "createdOn": statement.created, **ends}
    if result.stats:
        body["stats"] = result.stats
    if statement.children:
        body["statementHandles"] = statement.children
    return 200, headers, body


def links(url, number, count):
    where = {"first": 0, "prev": number - 1, "next": number + 1, "last": count - 1}
    return ",".join(f'<{url}?partition={at}>;rel="{name}"' for name, at in where.items() if 0 <= at < count)


# ---- Snowpipe ----

def pipe_call(server, call, user, name, query, headers, raw, fault):
    """The body of the answer, which a fault in a report shows. A pipe that is not there and one that the user may not use look alike."""
    account = server.account
    full = snowflake_pipes.pipe_name(name)
    role = user.settings["role"]
    privilege = "OPERATE" if call == "insertFiles" else "MONITOR"
    with account.lock:
        pipe = account.loads.pipes.get(full)
        if pipe is None or not account.may_see(role, "PIPE", full) or not account.may(role, privilege, "PIPE", full):
            refuse(404, "390404", f"Pipe not found or insufficient privileges: {'.'.join(full)}")
    if call == "insertFiles":
        return insert_files(server, pipe, query, headers, raw)
    return {"insertReport": report, "loadHistoryScan": scan}[call](server, pipe, query, fault)


def paths_of(headers, raw):
    kind = headers.get("Content-Type", "").split(";")[0].strip()
    if kind == "text/plain":
        return raw.decode().split()
    if kind != "application/json":
        refuse(400, "390142", f"Content-Type {kind!r}")
    files = parse(raw).get("files")
    if not isinstance(files, list) or not files or not all(isinstance(file, dict) for file in files):
        refuse(400, "390142", "files is no list")
    for file in files:
        size = file.get("size")
        if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 0):
            refuse(400, "390142", f"size {size!r}")
    return [file.get("path") for file in files]


def insert_files(server, pipe, query, headers, raw):
    paths = paths_of(headers, raw)
    if len(paths) > MAX_FILES:
        refuse(400, "390142", f"{len(paths)} files, at most {MAX_FILES}")
    for path in paths:
        if not isinstance(path, str) or not path or len(path.encode()) > MAX_PATH:
            refuse(400, "390142", f"path {str(path)[:50]!r}")
    skipped, unmatched = server.account.loads.insert_files(pipe, paths)
    answer = {"requestId": query.get("requestId"), "status": "success"}
    if unmatched:
        answer["unmatchedPatternFiles"] = unmatched
    if skipped and query.get("showSkippedFiles") == "true":
        answer["skippedFiles"] = skipped
    return answer


def report(server, pipe, query, fault):
    complete, mark, events = server.account.loads.report(pipe, query.get("beginMark"), fault)
    return {"pipe": ".".join(pipe.thing.name), "completeResult": complete, "nextBeginMark": mark, "files": events,
            "statistics": {"activeFilesCount": len(pipe.queue) + len(pipe.begun)}}


def moment(text):
    try:
        found = datetime.datetime.fromisoformat((text or "").replace("Z", "+00:00"))
    except ValueError:
        refuse(400, "390142", f"{text!r} is no ISO 8601 time")
    if found.tzinfo is None:
        refuse(400, "390142", f"{text!r} has no zone")
    return found


def scan(server, pipe, query, fault):
    start = moment(query.get("startTimeInclusive"))
    end = moment(query["endTimeExclusive"]) if "endTimeExclusive" in query else server.account.now()
    if server.scans_left is not None:
        server.scans_left -= 1
        if server.scans_left < 0:
            refuse(429, "390505", "Too many requests")
    complete, events, until = server.account.loads.scan(pipe, start, end, fault)
    return {"pipe": ".".join(pipe.thing.name), "completeResult": complete, "startTimeInclusive": snowflake_pipes.iso(start),
            "endTimeExclusive": snowflake_pipes.iso(end), "rangeStartTime": snowflake_pipes.iso(start),
            "rangeEndTime": snowflake_pipes.iso(until), "files": events}
