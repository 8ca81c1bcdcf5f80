"""s3.py: a small S3 client of the tests' own: it signs by AWS's description of Signature Version 4 and shares nothing with the
program under test. One connection per request, the body in memory, no repetition of anything.
"""
import collections
import datetime
import hashlib
import hmac
import http.client
import pathlib
import ssl
import urllib.parse
import xml.etree.ElementTree

Reply = collections.namedtuple("Reply", "status headers body")
Upload = collections.namedtuple("Upload", "key id")


class Refused(AssertionError):
    """The server answered with an error."""

    def __init__(self, what, reply):
        self.status = reply.status
        self.code = text_of(reply.body, "Code")
        super().__init__(f"{what}: {reply.status} {self.code} {text_of(reply.body, 'Message')}")


def elements(body, name):
    """The elements of this name, whatever their namespace."""
    root = xml.etree.ElementTree.fromstring(body)
    return [node for node in root.iter() if node.tag.rpartition("}")[2] == name]


def text_of(body, name):
    try:
        return next((node.text or "" for node in elements(body, name)), None)
    except xml.etree.ElementTree.ParseError:
        return None


def child(node, name):
    return next(inner.text or "" for inner in node if inner.tag.rpartition("}")[2] == name)


def encode(text, safe=""):
    return urllib.parse.quote(text, safe=safe + "-._~")


def keyed(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class Client:
    """Who asks a server, and where it is. token: of a session; ca: a file to trust, for https."""

    def __init__(self, endpoint, key, secret, region="us-east-1", ca=None, token=None, timeout=60):
        self.endpoint = urllib.parse.urlsplit(endpoint)
        self.key, self.secret, self.region, self.token, self.timeout = key, secret, region, token, timeout
        self.context = ssl.create_default_context(cafile=ca) if self.endpoint.scheme == "https" else None

    # ---- Signature Version 4 ----

    def signed(self, method, path, query, headers, body, now=None):
        """The headers with those that sign them."""
        moment = (now or datetime.datetime.now(datetime.timezone.utc)).strftime("%Y%m%dT%H%M%SZ")
        headers = {"host": self.endpoint.netloc, "x-amz-date": moment,
                   "x-amz-content-sha256": hashlib.sha256(body).hexdigest(),
                   **({"x-amz-security-token": self.token} if self.token else {}),
                   **{name.lower(): str(value).strip() for name, value in headers.items()}}
        names = ";".join(sorted(headers))
        request = "\n".join([method, path, query, *(f"{name}:{headers[name]}" for name in sorted(headers)), "", names,
                             headers["x-amz-content-sha256"]])
        scope = f"{moment[:8]}/{self.region}/s3/aws4_request"
        text = "\n".join(["AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(request.encode()).hexdigest()])
        key = f"AWS4{self.secret}".encode()
        for part in scope.split("/"):
            key = keyed(key, part)
        headers["authorization"] = (f"AWS4-HMAC-SHA256 Credential={self.key}/{scope}, SignedHeaders={names}, "
                                    f"Signature={keyed(key, text).hex()}")
        return headers

    def send(self, method, bucket, key="", query=None, headers=None, body=b""):
        """One request; the Reply, whatever it is."""
        path = "/" + encode(bucket) + ("/" + encode(key, safe="/") if key else "")
        words = "&".join(f"{encode(name)}={encode(str(value))}" for name, value in sorted((query or {}).items()))
        signed = self.signed(method, path, words, headers or {}, body)
        kind = http.client.HTTPSConnection if self.context else http.client.HTTPConnection
        options = {"context": self.context} if self.context else {}
        connection = kind(self.endpoint.hostname, self.endpoint.port, timeout=self.timeout, **options)
        try:
            connection.request(method, path + (f"?{words}" if words else ""), body or None, signed)
            reply = connection.getresponse()
            return Reply(reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read())
        finally:
            connection.close()

    def call(self, method, bucket, key="", allowed=(200, 204, 206), **options):
        """One request that must end with one of the allowed statuses."""
        reply = self.send(method, bucket, key, **options)
        if reply.status not in allowed:
            raise Refused(f"{method} {bucket}/{key}", reply)
        return reply

    # ---- buckets ----

    def make_bucket(self, bucket):
        self.call("PUT", bucket)

    def list(self, bucket, prefix=""):
        """{key: size} of all objects that begin with the prefix."""
        found, query = {}, {"list-type": 2, "prefix": prefix, "encoding-type": "url"}
        while True:
            body = self.call("GET", bucket, query=query).body
            # a server that can't encode keys does not say that it has
            plain = urllib.parse.unquote_plus if text_of(body, "EncodingType") == "url" else str
            found.update((plain(child(node, "Key")), int(child(node, "Size"))) for node in elements(body, "Contents"))
            if text_of(body, "IsTruncated") != "true":
                return found
            query["continuation-token"] = text_of(body, "NextContinuationToken")

    def uploads(self, bucket, prefix=""):
        """Multipart uploads that were begun and neither completed nor aborted."""
        body = self.call("GET", bucket, query={"uploads": "", "prefix": prefix}).body
        return [Upload(child(node, "Key"), child(node, "UploadId")) for node in elements(body, "Upload")]

    # ---- objects ----

    def put(self, bucket, key, body, if_absent=False, **headers):
        """True; False when the object is there and if_absent."""
        condition = {"if-none-match": "*"} if if_absent else {}
        return self.call("PUT", bucket, key, headers={**condition, **headers}, body=body, allowed=(200, 412)).status == 200

    def get(self, bucket, key, first=None, last=None):
        """The bytes of an object, or those from first to last; None when there is none."""
        headers = {} if first is None else {"range": f"bytes={first}-{'' if last is None else last}"}
        reply = self.call("GET", bucket, key, headers=headers, allowed=(200, 206, 404))
        return None if reply.status == 404 else reply.body

    def head(self, bucket, key):
        """The headers; None when there is none."""
        reply = self.call("HEAD", bucket, key, allowed=(200, 404))
        return None if reply.status == 404 else reply.headers

    def delete(self, bucket, key):
        self.call("DELETE", bucket, key)

    def begin_upload(self, bucket, key):
        """The id of a multipart upload."""
        return text_of(self.call("POST", bucket, key, query={"uploads": ""}).body, "UploadId")

    def upload_part(self, bucket, key, upload, number, body):
        """The part's ETag."""
        return self.call("PUT", bucket, key, query={"partNumber": number, "uploadId": upload}, body=body).headers["etag"]

    def complete_upload(self, bucket, key, upload, tags, if_absent=False):
        """True; False when the object is there and if_absent."""
        parts = "".join(f"<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>" for number, tag in enumerate(tags, 1))
        reply = self.call("POST", bucket, key, query={"uploadId": upload}, allowed=(200, 412),
                          headers={"if-none-match": "*"} if if_absent else {},
                          body=f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode())
        if reply.status == 200 and elements(reply.body, "Code"):
            raise Refused(f"complete {bucket}/{key}", reply)
        return reply.status == 200

    def abort_upload(self, bucket, key, upload):
        self.call("DELETE", bucket, key, query={"uploadId": upload})

    # ---- whole prefixes ----

    def mirror(self, bucket, prefix, folder):
        """Makes a folder hold what is below a prefix (which ends in '/'), and nothing else; its keys and sizes. What goes
        meanwhile is left out."""
        folder = pathlib.Path(folder)
        listed = self.list(bucket, prefix)
        wanted = {folder / key[len(prefix):]: key for key in listed}
        for path in folder.rglob("*"):
            if path.is_file() and path not in wanted:
                path.unlink()
        for path, key in wanted.items():
            body = self.get(bucket, key)
            if body is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(body)
        return listed
