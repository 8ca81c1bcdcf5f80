"""test_s3_tunnel.py: S3 where the network is left by a proxy only (HTTPS_PROXY, NO_PROXY): requests to S3 go through its tunnels,
encrypted end to end, and nothing that is on this machine is asked for there."""
import base64
import contextlib
import socket
import ssl
import subprocess
import threading
import unittest

from lib import aws_stand_ins, clicks, s3_job, servers, weir

EVENTS = 400
COMMIT_ROWS = 100
HOST = "s3.behind.test"  # a name that only the proxy knows
PASSWORD = "proxy-5ecret"


class Tunnels:
    """A proxy that knows one host. asked: the heads that it got; refusal: what it answers instead of a tunnel."""

    def __init__(self, server, certificate, key):
        self.server, self.asked, self.refusal = ("127.0.0.1", server.port), [], None
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(certificate, key)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with contextlib.suppress(OSError), client:
            head = b""
            while b"\r\n\r\n" not in head:
                piece = client.recv(1)  # what follows the head is TLS
                if not piece:
                    return
                head += piece
            self.asked.append(head.decode())
            if self.refusal or not head.startswith(b"CONNECT %s:443 " % HOST.encode()):
                client.sendall(self.refusal or b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
                return
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with self.tls.wrap_socket(client, server_side=True) as inner, socket.create_connection(self.server) as server:
                back = threading.Thread(target=pump, args=(server, inner), daemon=True)
                back.start()
                pump(inner, server)
                back.join()


def pump(source, target):
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)


class S3ThroughTunnels(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = servers.shared(servers.S3Proxy)
        cls.folder = weir.scratch(cls, "s3-tunnel")
        clicks.make(cls.folder, EVENTS, seed=31, minutes=20)
        cls.certificate, cls.key = cls.folder / "tunnel.crt", cls.folder / "tunnel.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}", "-keyout", cls.key, "-out", cls.certificate],
                       check=True, capture_output=True)

    def setUp(self):
        self.proxy = Tunnels(self.server, self.certificate, self.key)
        self.addCleanup(self.proxy.close)

    def new_job(self, **environment):
        job = s3_job.S3Job(self.folder / self.id().rpartition(".")[2], COMMIT_ROWS, self.server, files=f"{self.folder}/clicks-*.jsonl")
        address = f"http://me:{PASSWORD}@127.0.0.1:{self.proxy.port}"
        job.environment = {**self.server.environment(), "AWS_ENDPOINT_URL_S3": f"https://{HOST}", "AWS_CA_BUNDLE": str(self.certificate),
                           "HTTPS_PROXY": address, "http_proxy": address, "no_proxy": "", **environment}
        return job

    def assert_complete(self, job):
        job.state.check()
        self.assertGreater(len(job.rows("clicks_raw")), EVENTS // 2)

    def test_all_through_tunnels(self):
        job = self.new_job()
        done = job.run()
        self.assert_complete(job)
        self.assertGreater(len(self.proxy.asked), 0)
        for head in self.proxy.asked:
            self.assertTrue(head.startswith(f"CONNECT {HOST}:443 HTTP/1.1\r\n"), head)
            self.assertIn("Basic " + base64.b64encode(f"me:{PASSWORD}".encode()).decode(), head)
            self.assertNotIn("AWS4-HMAC-SHA256", head)
        self.assertNotIn(PASSWORD, done.stdout + done.stderr)

    def test_not_for_this_machine(self):
        """Neither an endpoint nor a service that gives credentials."""
        services = aws_stand_ins.AwsStandIns(self.server.key, self.server.secret)
        self.addCleanup(services.close)
        job = self.new_job(AWS_ENDPOINT_URL_S3=self.server.tls_endpoint, AWS_CA_BUNDLE=str(self.server.ca), **services.container())
        del job.environment["AWS_ACCESS_KEY_ID"], job.environment["AWS_SECRET_ACCESS_KEY"]
        job.run()
        self.assert_complete(job)
        self.assertEqual(self.proxy.asked, [])
        self.assertEqual(len(services.asked), 1)

    def assert_waits(self, job, reason):
        """It says why S3 can't be reached, and goes on trying."""
        child = job.start()
        try:
            line = child.stderr.readline()
            self.assertRegex(line, r'^WARNING:  S3 location "s3://.*" has not answered for \d+s: ' + reason)
            self.assertNotIn(PASSWORD, line)
            self.assertIsNone(child.poll())
        finally:
            child.kill()
            child.communicate()

    def test_a_host_that_is_excepted(self):
        self.assert_waits(self.new_job(no_proxy=HOST), ".*[Cc]ould not resolve host")
        self.assertEqual(self.proxy.asked, [])

    def test_a_proxy_that_refuses(self):
        self.proxy.refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
        self.assert_waits(self.new_job(), ".*407")


if __name__ == "__main__":
    unittest.main()
