"""s3_faults.py: an HTTP proxy in front of an S3 server, which passes requests on as they are (signatures stay valid) and spoils
some of them on demand, in every way that a network, a server or its load balancer can.

It knows which call a request is. A rule says which fault strikes which call, how often; storm() draws them from a seed. It
records the contents of every object that the server accepted, whatever became of the reply: no name may ever get two. And it
can hold back the last byte of every body until a number of writers are that far. Bodies must have a Content-Length.
"""
import collections
import email.utils
import errno
import hashlib
import random
import re
import socket
import struct
import threading
import time
import urllib.parse

from lib import servers

CALLS = ("PutObject", "PutObjectIfAbsent", "GetObject", "HeadObject", "ListObjectsV2", "DeleteObject", "CreateMultipartUpload",
         "UploadPart", "CompleteMultipartUpload", "AbortMultipartUpload", "ListMultipartUploads")
CONDITIONAL = ("PutObjectIfAbsent", "CompleteMultipartUpload")
STORED = ("PutObject", "PutObjectIfAbsent", "CompleteMultipartUpload")

Accepted = collections.namedtuple("Accepted", "bucket key sha256 call time")
Seen = collections.namedtuple("Seen", "call key status fault")


class Gone(Exception):
    """The other side has closed the connection."""


class Rule:
    """A fault for some calls: the first `skip` that match are spared, the next `times` are struck (None: all)."""

    def __init__(self, fault, calls=CALLS, key="", skip=0, times=1):
        self.fault, self.calls, self.key = fault, (calls,) if isinstance(calls, str) else calls, re.compile(key)
        self.skip, self.times = skip, times

    def strikes(self, request):
        if request.call not in self.calls or not self.key.search(request.key):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


class Request:
    """The head of a request, and which call it is."""

    def __init__(self, head):
        self.head = head
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.target, _ = lines[0].split(" ")
        self.headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)}
        self.length = int(self.headers.get("content-length", 0))
        path, _, query = self.target.partition("?")
        self.query = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        parts = urllib.parse.unquote(path).lstrip("/").split("/", 1)
        host = self.headers.get("host", "").rpartition(":")[0]
        if host.endswith(".localhost"):  # virtual-hosted style
            parts = [host[:-len(".localhost")], "/".join(parts)]
        self.bucket, self.key = parts[0], parts[1] if len(parts) > 1 else ""
        self.call = self.name_call()

    def name_call(self):
        query, method = self.query, self.method
        if not self.key:
            if method == "GET":
                return "ListMultipartUploads" if "uploads" in query else "ListObjectsV2" if "list-type" in query else "GetBucket"
            return method.capitalize() + "Bucket"
        if method == "PUT":
            return ("UploadPart" if "partNumber" in query else
                    "PutObjectIfAbsent" if self.headers.get("if-none-match") == "*" else "PutObject")
        if method == "POST":
            return "CreateMultipartUpload" if "uploads" in query else "CompleteMultipartUpload"
        if method == "DELETE":
            return "AbortMultipartUpload" if "uploadId" in query else "DeleteObject"
        return method.capitalize() + "Object"

    @property
    def region(self):
        """What it was signed for."""
        match = re.search(r"Credential=[^/]+/\d+/([^/]+)/", self.headers.get("authorization", ""))
        return match[1] if match else None


class Exchange(threading.Thread):
    """One client's connection, with one of its own to the server: requests one after the other."""

    def __init__(self, proxy, client):
        super().__init__(daemon=True)
        self.proxy, self.client, self.server = proxy, client, None
        self.pending = b""  # read from the client, not yet used

    def run(self):
        try:
            while self.exchange():
                pass
        except (OSError, Gone):
            pass
        finally:
            self.close()

    def close(self):
        for each in (self.client, self.server):
            if each:
                each.close()
        self.proxy.ended(self)

    def exchange(self):
        """Serves one request; false: it was the last."""
        while b"\r\n\r\n" not in self.pending:
            self.pending += received(self.client)
        head, _, self.pending = self.pending.partition(b"\r\n\r\n")
        self.request, self.unread = Request(head), None
        self.unread = self.request.length
        fault = self.proxy.choose(self.request)
        self.status = None
        try:
            more = FAULTS[fault].act(self) if fault else self.pass_on()
        finally:
            self.proxy.log(self.request, self.status, fault)
        return more and self.request.headers.get("connection", "").lower() != "close"

    # ---- what a fault is made of ----

    def pass_on(self):
        self.answer(*self.forward())
        return True

    def body(self, upto):
        """The next bytes of the body, in pieces."""
        if self.request.headers.get("expect") == "100-continue" and self.unread == self.request.length and not self.pending:
            self.client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        while upto > 0:
            piece, self.pending = self.pending[:upto], self.pending[upto:]
            piece = piece or received(self.client, min(upto, 1 << 18))
            upto -= len(piece)
            self.unread -= len(piece)
            yield piece

    def connect(self):
        """A connection to the server; one that it has closed meanwhile is of no use."""
        if self.server:
            self.server.setblocking(False)
            try:
                self.server.recv(1)
            except BlockingIOError:
                self.server.setblocking(True)
                return
            except OSError:
                pass
            self.server.close()
        self.server = socket.create_connection(self.proxy.server, timeout=120)
        self.server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send_head(self):
        self.connect()
        lines = [line for line in self.request.head.split(b"\r\n") if not line.lower().startswith(b"expect:")]
        self.server.sendall(b"\r\n".join(lines) + b"\r\n\r\n")

    def forward(self):
        """Sends the request to the server; its reply: status, head, body."""
        digest, length = hashlib.sha256(), self.request.length
        self.send_head()
        try:
            for piece in self.body(length - 1):
                digest.update(piece)
                self.server.sendall(piece)
            self.proxy.hold_back(self.request)
            for piece in self.body(min(length, 1)):
                digest.update(piece)
                self.server.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it may have answered before it closed
        reply = self.read_reply()
        self.status = reply[0]
        if self.request.call in STORED and self.status == 200 and b"<Error>" not in reply[2]:
            self.proxy.accept(self.request, digest.hexdigest())
        return reply

    def read_reply(self):
        data = b""
        while b"\r\n\r\n" not in data:
            data += received(self.server)
        head, _, body = data.partition(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.I)
        if self.request.method == "HEAD" or status in (204, 304):
            return status, head, b""
        if re.search(rb"\r\ntransfer-encoding: *chunked", head, re.I):
            while not body.endswith(b"\r\n0\r\n\r\n") and body != b"0\r\n\r\n":
                body += received(self.server)
        else:
            pieces, missing = [body], int(length[1] if length else 0) - len(body)
            while missing > 0:
                pieces.append(received(self.server))
                missing -= len(pieces[-1])
            body = b"".join(pieces)
        return status, head, body

    def answer(self, status, head, body):
        self.status = status
        self.client.sendall(head + b"\r\n\r\n" + body)
        self.proxy.count(self.request, len(body))

    def skip_body(self):
        for _ in self.body(self.unread):
            pass

    def error(self, status, code, message="as asked for", **headers):
        """An answer of the proxy's own; the server has not been asked."""
        self.skip_body()
        self.send_error(status, code, message, **headers)
        return True

    def send_error(self, status, code, message="as asked for", extra="", **headers):
        body = "" if self.request.method == "HEAD" else (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message>{extra}'
            f"<Resource>/{self.request.bucket}</Resource><RequestId>PROXY</RequestId></Error>")
        lines = [f"HTTP/1.1 {status} {code}", "Content-Type: application/xml", f"Content-Length: {len(body)}",
                 f"Date: {email.utils.formatdate(usegmt=True)}", "x-amz-request-id: PROXY",
                 *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
        self.answer(status, "\r\n".join(lines).encode(), body.encode())

    def reset(self):
        """The client learns that the connection is gone, and nothing else."""
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False


def received(peer, most=1 << 18):
    data = peer.recv(most)
    if not data:
        raise Gone
    return data


# ---- the faults ----

def refuse(exchange):
    return exchange.reset()


def delay(exchange):
    time.sleep(exchange.proxy.delay)
    return exchange.pass_on()


def stall(exchange):
    """No answer, and no end, until the client gives up."""
    try:
        while exchange.client.recv(1 << 18):
            pass
    except OSError:
        pass
    return False


def cut_request(exchange):
    """Half of the body gets through, or the head without the end of it."""
    if exchange.request.length > 1:
        exchange.send_head()
        for piece in exchange.body(exchange.request.length // 2):
            exchange.server.sendall(piece)
    else:
        exchange.connect()
        exchange.server.sendall(exchange.request.head[:-10])
    return exchange.reset()


def lose_reply(exchange):
    exchange.forward()
    return exchange.reset()


def truncate_reply(exchange):
    """Half of the body, or of the head where there is no body."""
    _, head, body = exchange.forward()
    exchange.client.sendall(head + b"\r\n\r\n" + body[:len(body) // 2] if body else head[:len(head) // 2])
    exchange.client.close()
    return False


def error_500(exchange):
    return exchange.error(500, "InternalError")


def error_500_late(exchange):
    """The server did what it was asked for, and says that it failed."""
    exchange.forward()
    exchange.send_error(500, "InternalError")
    return True


def slow_down(exchange):
    return exchange.error(503, "SlowDown")


def conflict(exchange):
    return exchange.error(409, "ConditionalRequestConflict")


def exists(exchange):
    """As if someone on the way had sent it twice: the answer is that to the repetition."""
    reply = exchange.forward()
    if reply[0] != 200:
        exchange.answer(*reply)
    else:
        exchange.send_error(412, "PreconditionFailed")
    return True


def error_in_200(exchange):
    exchange.skip_body()
    return error_behind_blanks(exchange)


def error_in_200_late(exchange):
    exchange.forward()
    return error_behind_blanks(exchange)


def error_behind_blanks(exchange):
    body = (b'<?xml version="1.0" encoding="UTF-8"?>\n    <Error><Code>InternalError</Code><Message>as asked for</Message>'
            b"<RequestId>PROXY</RequestId></Error>")
    exchange.answer(200, b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: %d" % len(body), body)
    return True


def redirect_301(exchange):
    return exchange.error(301, "PermanentRedirect", x_amz_bucket_region=exchange.proxy.region)


def redirect_307(exchange):
    return exchange.error(307, "TemporaryRedirect", x_amz_bucket_region=exchange.proxy.region,
                          location=exchange.proxy.endpoint + exchange.request.target)


def wrong_region(exchange):
    exchange.skip_body()
    exchange.send_error(400, "AuthorizationHeaderMalformed", "the region is wrong", f"<Region>{exchange.proxy.region}</Region>",
                        x_amz_bucket_region=exchange.proxy.region)
    return True


def expired_token(exchange):
    return exchange.error(400, "ExpiredToken")


def skewed(exchange):
    return exchange.error(403, "RequestTimeTooSkewed")


def denied(exchange):
    return exchange.error(403, "AccessDenied")


def not_implemented(exchange):
    return exchange.error(501, "NotImplemented")


def missing(exchange):
    """As if someone had just removed it."""
    return exchange.error(404, "NoSuchKey")


def not_a_list(exchange):
    """Something in between answers with a page of its own."""
    exchange.skip_body()
    exchange.answer(200, b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 7", b"<html/>")
    return True


def unconditional(exchange):
    """Like a server that does not know the condition: every create succeeds."""
    reply = exchange.forward()
    if reply[0] != 412:
        exchange.answer(*reply)
    else:
        exchange.answer(200, b"HTTP/1.1 200 OK\r\nETag: \"0\"\r\nContent-Length: 0", b"")
    return True


Fault = collections.namedtuple("Fault", "act calls")
FAULTS = {act.__name__: Fault(act, calls) for act, calls in (
    (refuse, CALLS), (delay, CALLS), (stall, CALLS), (cut_request, CALLS), (lose_reply, CALLS), (truncate_reply, CALLS),
    (error_500, CALLS), (error_500_late, CALLS), (slow_down, CALLS), (conflict, CONDITIONAL), (exists, CONDITIONAL),
    (error_in_200, ("CompleteMultipartUpload",)), (error_in_200_late, ("CompleteMultipartUpload",)),
    (redirect_301, CALLS), (redirect_307, CALLS), (wrong_region, CALLS), (expired_token, CALLS), (skewed, CALLS),
    (denied, CALLS), (not_implemented, CALLS), (unconditional, ("PutObjectIfAbsent",)),
    (missing, ("GetObject",)), (not_a_list, ("ListObjectsV2",)))}
SLOW = ("stall",)  # end by the client's time-outs only
# what may befall any request to a good server, and passes
PASSING = [name for name in FAULTS if name not in SLOW + ("denied", "not_implemented", "unconditional", "missing",
                                                                     "not_a_list")]


class FaultProxy:
    """Listens on a free port of loopback until close(). server: a servers.S3Server."""

    def __init__(self, server):
        self.own = server.client()
        self.server = ("127.0.0.1", server.port)
        self.region = server.region
        self.delay = 0.3
        self.lock = threading.Condition()
        self.rules, self.storm_of, self.ordinals = [], None, collections.Counter()
        self.requests, self.struck = collections.Counter(), collections.Counter()
        self.uploaded = self.downloaded = 0
        self.accepted, self.contents, self.rewritten = [], {}, []
        self.recent = collections.deque(maxlen=2000)
        self.connections = set()
        self.holding, self.held_call, self.patience = 0, None, 0
        self.inside, self.released = collections.Counter(), collections.Counter()  # by key
        self.check_region = None
        self.down = self.closed = False
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.port = self.bind()
        self.listener.listen(256)
        threading.Thread(target=self.serve, daemon=True).start()

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    def bind(self):
        """To a port by its number: one that the system chooses would be another after an outage. Somebody may be faster."""
        while True:
            port = servers.free_port()
            try:
                self.listener.bind(("127.0.0.1", port))
                return port
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                with self.lock:
                    self.lock.wait_for(lambda: not self.down or self.closed)
                    if self.closed:
                        return
                continue
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            exchange = Exchange(self, client)
            with self.lock:
                self.connections.add(exchange)
            exchange.start()

    def ended(self, exchange):
        with self.lock:
            self.connections.discard(exchange)

    # ---- what is to go wrong ----

    def inject(self, fault, calls=None, **options):
        """Adds a Rule; by default for all calls that the fault can befall."""
        rule = Rule(fault, calls or FAULTS[fault].calls, **options)
        with self.lock:
            self.rules.append(rule)
        return rule

    def storm(self, seed, share, faults):
        """From now on a share of the requests is struck; the n-th call of a kind always has the same fate."""
        with self.lock:
            self.storm_of = (seed, share, tuple(faults))

    def calm(self):
        """No more faults."""
        with self.lock:
            self.rules, self.storm_of = [], None

    def outage(self, down):
        """Connections are refused, those that there are end; or all is well again."""
        with self.lock:
            if down == self.down:
                return
            self.down = down
            if down:
                self.listener.shutdown(socket.SHUT_RDWR)  # it stays bound: nobody else gets the port
                for exchange in self.connections:
                    cut(exchange.client)
            else:
                self.listener.listen(256)
            self.lock.notify_all()

    def hold(self, writers, call="PutObjectIfAbsent", patience=20):
        """Holds back the last byte of the bodies of a call until so many of one key are that far (0: no more)."""
        with self.lock:
            self.holding, self.held_call, self.patience = writers, call, patience
            self.inside.clear()
            self.lock.notify_all()

    def hold_back(self, request):
        key = request.key
        with self.lock:
            if not self.holding or request.call != self.held_call or not request.length:
                return
            self.inside[key] += 1
            before = self.released[key]
            if self.inside[key] == self.holding:
                del self.inside[key]
                self.released[key] += 1
                self.lock.notify_all()
            elif not self.lock.wait_for(lambda: self.released[key] != before or not self.holding, self.patience):
                self.inside[key] -= 1

    def choose(self, request):
        """The name of the fault that strikes this request, or None."""
        with self.lock:
            self.requests[request.call] += 1
            if self.check_region and request.region not in (None, self.region):
                fault = self.check_region
            else:
                fault = self.choose_rule(request) or self.choose_by_chance(request)
            if fault:
                self.struck[fault, request.call] += 1
            return fault

    def choose_rule(self, request):
        for rule in self.rules:
            if rule.times != 0 and rule.strikes(request):
                return rule.fault
        return None

    def choose_by_chance(self, request):
        if not self.storm_of or request.call not in CALLS:
            return None
        seed, share, faults = self.storm_of
        self.ordinals[request.call] += 1
        chance = random.Random(f"{seed} {request.call} {self.ordinals[request.call]}")
        if chance.random() >= share:
            return None
        fitting = [name for name in faults if request.call in FAULTS[name].calls]
        return chance.choice(fitting) if fitting else None

    # ---- what has happened ----

    def accept(self, request, digest):
        """The server has stored an object."""
        if request.call == "CompleteMultipartUpload":
            digest = hashlib.sha256(self.own.get(request.bucket, request.key) or b"").hexdigest()
        with self.lock:
            self.accepted.append(Accepted(request.bucket, request.key, digest, request.call, time.time()))
            known = self.contents.setdefault((request.bucket, request.key), digest)
            if known != digest:
                self.rewritten.append(request.key)

    def count(self, request, received_bytes):
        with self.lock:
            self.uploaded += request.length
            self.downloaded += received_bytes

    def log(self, request, status, fault):
        with self.lock:
            self.recent.append(Seen(request.call, request.key, status, fault))

    def digests(self, bucket, prefix=""):
        """{key: sha256} of what the server has accepted."""
        with self.lock:
            return {key: digest for (name, key), digest in self.contents.items() if name == bucket and key.startswith(prefix)}

    def last_requests(self, count=30):
        """Text for whoever looks for what went wrong."""
        with self.lock:
            return "\n".join(f"{seen.call} {seen.key} {seen.status} {seen.fault or ''}" for seen in list(self.recent)[-count:])

    def close(self):
        with self.lock:
            self.closed = True
            if not self.down:
                self.listener.shutdown(socket.SHUT_RDWR)
            for exchange in self.connections:
                cut(exchange.client)
            self.lock.notify_all()
        self.listener.close()


def cut(client):
    """Ends a connection that another thread is using."""
    try:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
