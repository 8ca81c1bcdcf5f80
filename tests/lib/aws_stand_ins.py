"""aws_stand_ins.py: the services of AWS that give credentials, as one small server on loopback: the Security Token Service, the
metadata service of EC2, and the endpoint beside a container. They check what they are asked by AWS's own rules, signatures
included, and hand out one identity, which a test's S3 server knows.

What was wrong with a request is in `wrong`, and the request is refused; a test's last look is that the list is empty.
"""
import collections
import datetime
import hashlib
import http.server
import json
import re
import threading
import urllib.parse
import xml.sax.saxutils

from lib import s3

ROLE = "arn:aws:iam::123456789012:role/weir"
ROLE_NAME = "weir-instance"
METADATA_TOKEN = "metadata-token-5ecret=="
CONTAINER_TOKEN = "Basic container/5ecret+=="
WEB_TOKEN = "web.identity.token-5ecret"
EXTERNAL_ID = "external/5ecret id"
SECRETS = (METADATA_TOKEN, CONTAINER_TOKEN, WEB_TOKEN, EXTERNAL_ID)  # what no output may hold

Asked = collections.namedtuple("Asked", "service action who")


class Wrong(Exception):
    """The request is not what AWS would take."""


def expect(what, is_so):
    if not is_so:
        raise Wrong(what)


class AwsStandIns:
    """Listens until close(). key, secret, token: what is handed out, good for `lifetime` seconds; callers: {key: (secret, token)} of
    those who may assume the role. `failures[service]` counts down: so many requests get a 503 first. version_1: the metadata
    service knows nothing of tokens."""

    def __init__(self, key, secret, token=None, lifetime=3600, region="eu-west-1"):
        self.key, self.secret, self.token, self.lifetime, self.region = key, secret, token, lifetime, region
        self.callers = {key: (secret, token)}
        self.failures = collections.Counter()
        self.version_1 = False
        self.web_token = WEB_TOKEN
        self.asked, self.wrong = [], []
        self.lock = threading.Lock()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"stand_ins": self}))
        self.server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def expiration(self):
        end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=self.lifetime)
        return end.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"

    def keys(self, token_name):
        """As the JSON of several services has it."""
        found = {"AccessKeyId": self.key, "SecretAccessKey": self.secret, "Expiration": self.expiration()}
        return {**found, **({token_name: self.token} if self.token else {})}

    # ---- where a program finds them ----

    def sts(self):
        return {"AWS_ENDPOINT_URL_STS": self.endpoint}

    def metadata(self):
        return {"AWS_EC2_METADATA_SERVICE_ENDPOINT": self.endpoint + "/", "AWS_EC2_METADATA_DISABLED": "false"}

    def container(self):
        return {"AWS_CONTAINER_CREDENTIALS_FULL_URI": self.endpoint + "/container?x=y",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN": CONTAINER_TOKEN}

    def web_identity(self, folder):
        """Writes the token's file."""
        (folder / "web-token").write_text(self.web_token)
        return {"AWS_WEB_IDENTITY_TOKEN_FILE": str(folder / "web-token"), "AWS_ROLE_ARN": ROLE, **self.sts()}

    # ---- what they do ----

    def answer(self, method, target, headers, body):
        """(status, content type, text)"""
        path = urllib.parse.urlsplit(target).path
        service = "sts" if method == "POST" else "container" if path == "/container" else "metadata"
        with self.lock:
            self.failures[service] -= 1
            if self.failures[service] >= 0:
                return 503, "text/plain", f"not now, {body} {headers}"
        act = {"sts": self.answer_sts, "container": self.answer_container, "metadata": self.answer_metadata}[service]
        try:
            return act(method, path, headers, body)
        except Wrong as wrong:
            self.wrong.append(f"{method} {target}: {wrong}")
            return 403, "text/xml", error_xml("Wrong", f"{wrong} {headers} {body}")

    def answer_container(self, method, _, headers, __):
        expect("GET", method == "GET")
        expect("the token", headers.get("authorization") == CONTAINER_TOKEN)
        self.asked.append(Asked("container", "credentials", None))
        return 200, "application/json", json.dumps(self.keys("Token"))

    def answer_metadata(self, method, path, headers, _):
        if path == "/latest/api/token":
            if self.version_1:
                return 404, "text/plain", "no such page"
            expect("PUT with a time to live", method == "PUT" and headers.get("x-aws-ec2-metadata-token-ttl-seconds") == "21600")
            return 200, "text/plain", METADATA_TOKEN
        expect("a token" if not self.version_1 else "no token",
               headers.get("x-aws-ec2-metadata-token") == (None if self.version_1 else METADATA_TOKEN))
        self.asked.append(Asked("metadata", path.rpartition("meta-data/")[2], None))
        pages = {"placement/availability-zone/": self.region + "a", "iam/security-credentials/": ROLE_NAME,
                 f"iam/security-credentials/{ROLE_NAME}": json.dumps({"Code": "Success", "Type": "AWS-HMAC", **self.keys("Token")})}
        page = pages.get(path.rpartition("/latest/meta-data/")[2])
        return (200, "text/plain", page) if page else (404, "text/plain", "no such page")

    def answer_sts(self, _, path, headers, body):
        form = dict(urllib.parse.parse_qsl(body, keep_blank_values=True, strict_parsing=True))
        expect("the version", form.get("Version") == "2011-06-15")
        expect("the role", form.get("RoleArn") == ROLE)
        expect("a session's name", re.fullmatch(r"[\w+=,.@-]{2,64}", form.get("RoleSessionName", "")))
        if form["Action"] == "AssumeRoleWithWebIdentity":
            expect("no signature", "authorization" not in headers)
            if form["WebIdentityToken"] != self.web_token:
                return 400, "text/xml", error_xml("ExpiredTokenException", form["WebIdentityToken"])
            who = None
        else:
            expect("an action", form["Action"] == "AssumeRole")
            expect("the external id", form.get("ExternalId", EXTERNAL_ID) == EXTERNAL_ID)
            who = self.verify(path, headers, body)
            if who is None:
                return 403, "text/xml", error_xml("SignatureDoesNotMatch", f"{headers} {body}")
        self.asked.append(Asked("sts", form["Action"], who))
        return 200, "text/xml", result_xml(form["Action"], self)

    def verify(self, path, headers, body):
        """The key that signed; None: nobody who may, or not by AWS's rules."""
        match = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/]+)/((\d{8})/([^/]+)/sts/aws4_request), SignedHeaders=([a-z0-9;-]+), "
                             r"Signature=([0-9a-f]{64})", headers.get("authorization", ""))
        expect("a signature", match)
        key, scope, day, _, names, signature = match.groups()
        secret, token = self.callers.get(key, (None, None))
        moment = datetime.datetime.strptime(headers["x-amz-date"] + "+0000", "%Y%m%dT%H%M%SZ%z")
        expect("what must be signed", {"host", "x-amz-date", "content-type"} <= set(names.split(";")))
        expect("the day", headers["x-amz-date"].startswith(day))
        expect("the time", abs((datetime.datetime.now(datetime.timezone.utc) - moment).total_seconds()) < 900)
        if secret is None or headers.get("x-amz-security-token") != token:
            return None
        request = "\n".join(["POST", path, "", *(f"{name}:{headers[name]}" for name in names.split(";")), "", names,
                             hashlib.sha256(body.encode()).hexdigest()])
        text = "\n".join(["AWS4-HMAC-SHA256", headers["x-amz-date"], scope, hashlib.sha256(request.encode()).hexdigest()])
        signing = f"AWS4{secret}".encode()
        for part in scope.split("/"):
            signing = s3.keyed(signing, part)
        return key if s3.keyed(signing, text).hex() == signature else None


def error_xml(code, message):
    return (f'<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>{code}</Code>'
            f"<Message>{xml.sax.saxutils.escape(str(message))}</Message></Error><RequestId>1</RequestId></ErrorResponse>")


def result_xml(action, stand_ins):
    escape = xml.sax.saxutils.escape
    token = f"<SessionToken>{escape(stand_ins.token)}</SessionToken>" if stand_ins.token else ""
    return (f'<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n  <{action}Result>\n    <AssumedRoleUser>'
            f"<AssumedRoleId>A:b</AssumedRoleId><Arn>{ROLE}</Arn></AssumedRoleUser>\n    <Credentials>\n"
            f"      <AccessKeyId>{escape(stand_ins.key)}</AccessKeyId>\n"
            f"      <SecretAccessKey>{escape(stand_ins.secret)}</SecretAccessKey>\n      {token}\n"
            f"      <Expiration>{stand_ins.expiration()}</Expiration>\n    </Credentials>\n  </{action}Result>\n"
            f"  <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>\n</{action}Response>\n")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stand_ins = None

    def respond(self):
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0))).decode()
        status, kind, text = self.stand_ins.answer(self.command, self.path, headers, body)
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_PUT = do_POST = respond

    def log_message(self, *_):
        pass
