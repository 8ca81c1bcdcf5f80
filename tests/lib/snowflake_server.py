"""snowflake_server.py: the tests' Snowflake on loopback: SQL API v2 and Snowpipe's REST calls before an Account, with key-pair tokens
checked, and faults on demand.

SnowflakeServer(account) listens and works off the queues of pipes until close(). A Rule says which fault strikes which call how often;
storm() draws them from a seed. Faults: an HTTP status (before anything is done), the same with "-after" (done, but the answer is
lost), "reset" and "stall" (no answer), both also with "-after", "slow" (two answers 202 first), "login" (401 of a token that is fine);
of insertReport and loadHistoryScan only: "incomplete" (events are missing, and completeResult says so), "repeated", "late" (the newest
events are missing).
"""
import collections
import gzip
import http.server
import json
import random
import re
import ssl
import sys
import threading
import time
import urllib.parse
import uuid

from lib import snowflake_calls, snowflake_jwt
from lib.snowflake_account import Session
from lib.snowflake_calls import MAX_TIMEOUT, Refusal
from lib.snowflake_statements import SnowflakeError, split

SQL_CALLS = ("submit", "status", "partition", "cancel")
PIPE_CALLS = ("insertFiles", "insertReport", "loadHistoryScan")
CALLS = SQL_CALLS + PIPE_CALLS
REPORTS = ("insertReport", "loadHistoryScan")
REPORT_FAULTS = ("incomplete", "repeated", "late")
STATUS_CODES = {429: "390505", 500: "390000", 502: "390000", 503: "390503", 504: "390504", 408: "000630", 522: "390522"}
Seen = collections.namedtuple("Seen", "call target status fault")


def fits(fault, call):
    return fault not in REPORT_FAULTS or call in REPORTS


class Rule:
    """A fault for some calls: the first `skip` are spared, the next `times` are struck (None: all)."""

    def __init__(self, fault, calls=CALLS, skip=0, times=1):
        self.fault, self.calls, self.skip, self.times = str(fault), (calls,) if isinstance(calls, str) else calls, skip, times

    def strikes(self, call):
        if call not in self.calls or self.times == 0 or not fits(self.fault, call):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


class Statement:
    """One statement that was submitted: it runs in a thread of its own until it is done, failed, timed out or cancelled."""

    def __init__(self, server, session, sql, bindings=None, timeout=0, nullable=True, user=None):
        self.server, self.session, self.sql, self.bindings, self.user = server, session, sql, bindings, user
        self.timeout, self.nullable = timeout or MAX_TIMEOUT, nullable
        self.handle, self.created = str(uuid.uuid4()), int(time.time() * 1000)
        self.result, self.error, self.state, self.children = None, None, "running", []
        self.done, self.hidden = threading.Event(), 0  # hidden: so many answers more say that it still runs
        server.handles[self.handle] = self

    def start(self, parts=None):
        threading.Thread(target=self.run, args=(parts,), daemon=True).start()

    def run(self, parts=None):
        try:
            if self.delayed():
                self.execute(parts)
        except SnowflakeError as error:
            self.end("failed", error=error)
        except Exception as error:
            self.server.problems.append(repr(error))
            self.end("failed", error=SnowflakeError(f"internal error: {error!r}", "300002", "XX000"))

    def delayed(self):
        """Waits as the server says, or until it is cancelled or out of time; whether it may run."""
        end = time.monotonic() + self.timeout
        wait = re.fullmatch(r"\s*SELECT\s+SYSTEM\$WAIT\s*\(\s*([\d.]+).*", self.sql, re.I | re.S)
        seconds = (self.server.delay if self.server.delays(self.sql) else 0) + (float(wait[1]) if wait else 0)
        self.session.waited = True
        if self.session.cancelled.wait(min(seconds, max(0, end - time.monotonic()))):
            return False
        if seconds >= self.timeout:
            self.end("timed out", error=SnowflakeError(
                f"Statement reached its statement or warehouse timeout of {self.timeout} second(s) and was canceled.", "000630", "57014"))
            return False
        return self.state == "running"

    def execute(self, parts):
        with self.server.account.lock:  # whoever cancels now comes too late
            if self.state != "running":
                return
            if parts is None:
                self.end("done", result=self.server.run(self.session, self.sql, self.bindings))
                return
            for sql in parts:
                child = Statement(self.server, self.session, sql, None, self.timeout, self.nullable, self.user)
                self.children.append(child.handle)
                try:
                    child.end("done", result=self.server.run(self.session, sql, None))
                except SnowflakeError as error:
                    child.end("failed", error=error)
                    raise SnowflakeError(f"JavaScript execution error: Uncaught Execution of multiple statements failed on statement "
                                         f"\"{sql[:60]}\" (at line 1, position 0).\n{error.message}", "100132", "P0000") from error
            self.end("done", result=snowflake_calls.multiple())

    def end(self, state, result=None, error=None):
        if self.state == "running":
            self.state, self.result, self.error = state, result, error
        self.done.set()

    def cancel(self):
        if self.state != "running":
            return False
        self.session.cancelled.set()
        self.end("cancelled", error=SnowflakeError("SQL execution canceled", "000604", "57014"))
        return True


class Listener(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """Whoever asks may be killed."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class SnowflakeServer:
    """Listens until close(). tls: (certificate, key) files. patience: seconds that a statement may run before the answer is 202."""

    def __init__(self, account, tls=None, patience=45, rows_per_partition=1000, delay=0, pipes_run=True):
        self.account, self.patience, self.rows_per_partition, self.delay = account, patience, rows_per_partition, delay
        self.delays = lambda sql: True  # whether a statement takes the delay
        self.skew = 0  # of the clock by which tokens are judged, in seconds
        self.login_each_time = True  # a token must be fresh at every call; False: only where it is seen first
        self.stall_seconds = 30
        self.scans_left = None  # of loadHistoryScan, before it is refused with 429
        self.handles, self.by_request, self.logins, self.login_failures = {}, {}, set(), {}
        self.rules, self.storms, self.seen, self.problems = [], None, [], []
        self.lock, self.closing = threading.Lock(), threading.Event()
        handler = type("Bound", (Handler,), {"server_": self})
        self.server = Listener(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.server.handle_error = self.note_error
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_port
        self.endpoint = f"http{'s' if tls else ''}://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        if pipes_run:
            threading.Thread(target=self.work_pipes, daemon=True).start()

    def note_error(self, *_):
        """Of a connection: those that break, since who asked was killed, are no problem."""
        if not isinstance(sys.exc_info()[1], (ConnectionError, ssl.SSLError)):
            self.problems.append(repr(sys.exc_info()[1]))

    def close(self):
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()

    def work_pipes(self):
        while not self.closing.is_set():
            try:
                if self.account.loads.work():
                    continue
            except Exception as error:
                self.problems.append(repr(error))
            self.closing.wait(0.02)

    # ---- faults ----

    def add_fault(self, fault, calls=CALLS, skip=0, times=1):
        self.rules.append(Rule(fault, calls, skip, times))

    def storm(self, seed, rate, faults=("429", "500", "503", "503-after", "reset", "reset-after", "slow", *REPORT_FAULTS), calls=CALLS):
        """From now on a part of the calls is struck, drawn from a seed; rate 0 ends it."""
        self.storms = (random.Random(seed), rate, faults, calls) if rate else None

    def fault_of(self, call):
        with self.lock:
            for rule in self.rules:
                if rule.strikes(call):
                    return rule.fault
            if self.storms and call in self.storms[3] and self.storms[0].random() < self.storms[1]:
                fault = self.storms[0].choice(self.storms[2])
                return fault if fits(fault, call) else None
        return None

    def pause(self, pipe, seconds):
        """Pauses a pipe (its full name) for a while."""
        body = self.account.things["PIPE", pipe].body
        body["PIPE_EXECUTION_PAUSED"] = True
        timer = threading.Timer(seconds, body.update, kwargs={"PIPE_EXECUTION_PAUSED": False})
        timer.daemon = True
        timer.start()

    # ---- who asks ----

    def log_in(self, headers, kind_needed):
        """The user of a request's token."""
        scheme, _, token = headers.get("Authorization", "").partition(" ")
        kind = headers.get("X-Snowflake-Authorization-Token-Type")
        if scheme.lower() != "bearer" or not token:
            raise Refusal(401, "390303", "Invalid OAuth access token. " if token else "Authorization header is missing")
        if kind != "KEYPAIR_JWT" and (kind is not None or kind_needed):  # without a kind, it is taken for one of OAuth's
            raise Refusal(401, "390303", "Invalid OAuth access token. ")
        now = time.time() + self.skew
        try:
            known = not self.login_each_time and token in self.logins
            user = snowflake_jwt.check(token, self.account.name, {name: user.keys for name, user in self.account.users.items()}, now,
                                       logged_in=known)
        except snowflake_jwt.LoginFailure as failure:
            number = str(uuid.uuid4())
            self.login_failures[number] = failure
            raise Refusal(401, "390144", f"JWT token is invalid. [{number}]") from failure
        self.logins.add(token)
        return self.account.users[user]

    def session(self, user, body):
        role = body.get("role") or user.settings["role"]
        if not self.account.may_use_role(user, role):
            raise Refusal(403, "390189", f"Role '{role}' specified in the connect string does not exist or not authorized.")
        return Session(user, role, body.get("database") or user.settings.get("database"), body.get("schema") or
                       user.settings.get("schema"), body.get("warehouse") or user.settings.get("warehouse"), body.get("parameters"))

    def run(self, session, sql, bindings):
        if re.match(r"\s*(PUT|GET)\b", sql, re.I):
            raise SnowflakeError("Unsupported feature 'PUT/GET'.", "000002", "0A000")
        return self.account.execute(session, sql, bindings)

    # ---- SQL API ----

    def submit(self, user, query, body):
        """The Statement of a request, which a retried request has in common with the first."""
        request = query.get("requestId")
        with self.lock:
            if request and query.get("retry") == "true" and (user.name, request) in self.by_request:
                return self.by_request[user.name, request]
            snowflake_calls.check_body(body)
            wanted = int(body.get("parameters", {}).get("MULTI_STATEMENT_COUNT", 1))
            session = self.session(user, body)
            statement = Statement(self, session, body["statement"], body.get("bindings"), body.get("timeout", 0),
                                  query.get("nullable") != "false", user.name)
            if request:
                self.by_request[user.name, request] = statement
        try:
            parts = split(body["statement"])
            snowflake_calls.check_together(parts, wanted, body)
            statement.start(parts if wanted != 1 else None)
        except SnowflakeError as error:
            statement.end("failed", error=error)
        return statement

    def statement(self, user, handle):
        found = self.handles.get(handle)
        if found is None or found.user != user.name:
            raise Refusal(422, "000709", f"Statement {handle} not found", sqlState="02000", statementHandle=handle)
        return found

    def answer(self, statement, partition=0):
        """(status, headers, body) on a statement, whatever its state."""
        url = f"/api/v2/statements/{statement.handle}"
        ends = {"statementHandle": statement.handle, "statementStatusUrl": url}
        if statement.hidden > 0 or not statement.done.is_set():
            statement.hidden = max(0, statement.hidden - 1)
            return 202, {}, {"code": "333334", "message": "Asynchronous execution in progress. Use provided query id to perform query "
                             "monitoring and management.", **ends}
        if statement.error:
            error = statement.error
            status = 408 if statement.state == "timed out" else 422
            return status, {}, {"code": error.code, "message": error.message, "sqlState": error.sqlstate, **ends}
        return snowflake_calls.result_set(statement, partition, self.rows_per_partition, ends)


class Handler(http.server.BaseHTTPRequestHandler):
    """One request after the other."""

    protocol_version = "HTTP/1.1"
    timeout = 120
    disable_nagle_algorithm = True  # an answer is written in two parts

    def log_message(self, *_):
        pass

    def date_time_string(self, timestamp=None):
        return super().date_time_string((timestamp or time.time()) + self.server_.skew)

    def do_GET(self):
        self.serve("GET")

    def do_POST(self):
        self.serve("POST")

    def do_PUT(self):
        self.serve("PUT")

    def do_DELETE(self):
        self.serve("DELETE")

    def serve(self, method):
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path, _, words = self.path.partition("?")
        query = dict(urllib.parse.parse_qsl(words, keep_blank_values=True))
        call, name = self.name_call(method, path, query)
        fault = self.server_.fault_of(call) if call else None
        status, headers, body = None, {}, None
        done = fault is None or fault.endswith("-after") or fault in ("slow", *REPORT_FAULTS)
        if done:
            status, headers, body = self.perform(call, name, query, raw, fault)
        self.server_.seen.append(Seen(call, self.path, status, fault))
        plain = (fault or "").removesuffix("-after")
        if plain.isdigit():
            code = STATUS_CODES.get(int(plain), "390000")
            status, headers, body = int(plain), {"Retry-After": "1"} if plain in ("429", "503") else {}, {"code": code, "message": "fault"}
        elif plain == "login":
            status, headers, body = 401, {}, {"code": "390144", "message": f"JWT token is invalid. [{uuid.uuid4()}]"}
        elif plain in ("reset", "stall"):
            self.server_.closing.wait(self.server_.stall_seconds if plain == "stall" else 0)
            self.close_connection = True
            self.connection.close()
            return
        self.send(status, headers, body)

    def send(self, status, headers, body):
        data = json.dumps(body).encode()
        if headers.get("Content-Encoding") == "gzip":
            data = gzip.compress(data, mtime=0)
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    @staticmethod
    def name_call(method, path, query):
        """Which call it is, and the handle or pipe in its path."""
        match = re.fullmatch(r"/v1/data/pipes/(.+)/(\w+)", path)
        if match and match[2] in PIPE_CALLS and method == ("POST" if match[2] == "insertFiles" else "GET"):
            return match[2], match[1]
        if path in ("/api/v2/statements", "/api/v2/statements/") and method == "POST":
            return "submit", None
        match = re.fullmatch(r"/api/v2/statements/([^/]+)(/cancel)?", path)
        if match and method == ("POST" if match[2] else "GET"):
            return "cancel" if match[2] else "partition" if query.get("partition", "0") != "0" else "status", match[1]
        return None, path

    def perform(self, call, name, query, raw, fault):
        try:
            if call is None:
                known = name.startswith(("/api/v2/statements", "/v1/data/pipes/"))
                raise Refusal(405 if known else 404, "391405" if known else "390404", "no such call")
            if call in SQL_CALLS:
                snowflake_calls.check_headers(self.headers)
            user = self.server_.log_in(self.headers, call in SQL_CALLS)
            if call in PIPE_CALLS:
                return 200, {}, snowflake_calls.pipe_call(self.server_, call, user, name, query, self.headers, raw, fault)
            return getattr(self, call)(user, name, query, raw, fault)
        except Refusal as refusal:
            return refusal.status, {}, refusal.body
        except SnowflakeError as error:
            return 422, {}, {"code": error.code, "message": error.message, "sqlState": error.sqlstate}
        except Exception as error:
            self.server_.problems.append(repr(error))
            return 500, {}, {"code": "390000", "message": repr(error)}

    def submit(self, user, _, query, raw, fault):
        statement = self.server_.submit(user, query, snowflake_calls.parse(raw))
        if fault == "slow":
            statement.hidden = 2
        elif query.get("async") == "true":
            statement.hidden = max(statement.hidden, 1)
        else:
            statement.done.wait(self.server_.patience)
        return self.server_.answer(statement)

    def status(self, user, handle, query, raw, fault):
        statement = self.server_.statement(user, handle)
        if fault == "slow":
            statement.hidden += 2
        return self.server_.answer(statement)

    def partition(self, user, handle, query, raw, fault):
        if not re.fullmatch(r"\d+", query["partition"], re.A):
            raise Refusal(400, "390142", "partition is no number")
        return self.server_.answer(self.server_.statement(user, handle), int(query["partition"]))

    def cancel(self, user, handle, query, raw, fault):
        statement = self.server_.statement(user, handle)
        if not statement.cancel():
            raise Refusal(422, "000709", f"Statement {handle} is not running", sqlState="02000", statementHandle=handle)
        return 200, {}, {"code": "000604", "message": "SQL execution canceled", "sqlState": "57014", "statementHandle": handle,
                         "statementStatusUrl": f"/api/v2/statements/{handle}"}
