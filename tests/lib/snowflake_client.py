"""snowflake_client.py: a client of the SQL API and of Snowpipe's calls for tests, which signs by the openssl program and does nothing
by itself: no repetition, no polling. Reply.body is the JSON, uncompressed."""
import collections
import gzip
import http.client
import json
import time
import urllib.parse

Reply = collections.namedtuple("Reply", "status headers body")
HEADERS = {"X-Snowflake-Authorization-Token-Type": "KEYPAIR_JWT", "Accept": "application/json", "Content-Type": "application/json",
           "User-Agent": "weir-tests/1"}


class Client:
    """keys: a KeyPair. Every request has a token of its own unless token is set."""

    def __init__(self, server, keys, account="MYORG-MYACCT", user="LOADER"):
        self.server, self.keys, self.account, self.user, self.token = server, keys, account, user, None

    def send(self, method, path, body=None, headers=None, **query):
        """headers: to add; None takes one away."""
        token = self.token or self.keys.token(self.account, self.user, time.time())
        headers = {**HEADERS, "Authorization": f"Bearer {token}", **(headers or {})}
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        try:
            connection.request(method, path + ("?" + urllib.parse.urlencode(query) if query else ""), data,
                               {name: value for name, value in headers.items() if value is not None})
            reply = connection.getresponse()
            found = reply.read()
            if reply.headers.get("Content-Encoding") == "gzip":
                found = gzip.decompress(found)
            return Reply(reply.status, reply.headers, json.loads(found))
        finally:
            connection.close()

    def sql(self, statement, query=None, **body):
        return self.send("POST", "/api/v2/statements", {"statement": statement, **body}, **(query or {}))

    def get(self, handle, **query):
        return self.send("GET", f"/api/v2/statements/{handle}", **query)

    def cancel(self, handle):
        return self.send("POST", f"/api/v2/statements/{handle}/cancel")

    def insert(self, pipe, paths, **query):
        return self.send("POST", f"/v1/data/pipes/{pipe}/insertFiles", {"files": [{"path": path} for path in paths]}, **query)

    def report(self, pipe, **query):
        return self.send("GET", f"/v1/data/pipes/{pipe}/insertReport", **query)

    def scan(self, pipe, **query):
        return self.send("GET", f"/v1/data/pipes/{pipe}/loadHistoryScan", **query)
