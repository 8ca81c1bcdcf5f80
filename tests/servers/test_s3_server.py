"""test_s3_server.py: the S3 servers that tests judge by, and the tests' own client: signatures are verified, a second create of a
name is refused, and what was written is what is read."""
import datetime
import os
import unittest

from lib import s3, servers, suite

KEYS = ("plain", "a/b/c.csv.gz", "day=2024-03-01/x y+z.csv", "perc%25ent", "umläut/日本語", "quo'te!*()", "a=b&c=d")


class S3Server:
    kind = None

    @classmethod
    def setUpClass(cls):
        cls.server = servers.shared(cls.kind)
        cls.client = cls.server.client()

    def setUp(self):
        self.bucket = self.server.bucket("own")

    def test_objects(self):
        data = {key: (key * 100).encode() for key in KEYS}
        for key, body in data.items():
            self.client.put(self.bucket, key, body)
        self.assertEqual(self.client.list(self.bucket), {key: len(body) for key, body in data.items()})
        self.assertEqual({key: self.client.get(self.bucket, key) for key in KEYS}, data)
        self.assertEqual(list(self.client.list(self.bucket, "a/b/")), ["a/b/c.csv.gz"])
        self.assertEqual(self.client.get(self.bucket, "plain", 5, 9), b"plain")
        self.assertEqual(self.client.head(self.bucket, "plain")["content-length"], "500")
        self.client.delete(self.bucket, "plain")
        self.assertEqual((self.client.get(self.bucket, "plain"), self.client.head(self.bucket, "plain")), (None, None))

    def test_long_lists_come_in_pages(self):
        keys = [f"p/{number:04d}" for number in range(1005)]
        for key in keys:
            self.client.put(self.bucket, key, b"x")
        self.assertEqual(sorted(self.client.list(self.bucket, "p/")), keys)

    def test_uploads(self):
        big = os.urandom(5 << 20)
        for complete in (True, False):
            upload = self.client.begin_upload(self.bucket, "big")
            self.assertEqual(self.client.uploads(self.bucket), [s3.Upload("big", upload)])
            tags = [self.client.upload_part(self.bucket, "big", upload, number, body) for number, body in ((1, big), (2, b"end"))]
            if complete:
                self.assertTrue(self.client.complete_upload(self.bucket, "big", upload, tags, if_absent=True))
            else:
                self.client.abort_upload(self.bucket, "big", upload)
            self.assertEqual(self.client.uploads(self.bucket), [])
        self.assertEqual(self.client.get(self.bucket, "big"), big + b"end")
        upload = self.client.begin_upload(self.bucket, "big")
        tags = [self.client.upload_part(self.bucket, "big", upload, 1, b"other")]
        self.assertFalse(self.client.complete_upload(self.bucket, "big", upload, tags, if_absent=True))
        self.assertEqual(self.client.get(self.bucket, "big"), big + b"end")

    def test_a_second_create_is_refused(self):
        self.assertTrue(self.client.put(self.bucket, "once", b"first", if_absent=True))
        self.assertFalse(self.client.put(self.bucket, "once", b"second", if_absent=True))
        self.assertEqual(self.client.get(self.bucket, "once"), b"first")

    def test_wrong_signatures_are_refused(self):
        with self.assertRaises(s3.Refused) as caught:
            self.server.client(secret="wrong").list(self.bucket)
        self.assertEqual((caught.exception.status, caught.exception.code), (403, "SignatureDoesNotMatch"))
        with self.assertRaises(s3.Refused):
            s3.Client(self.server.endpoint, "nobody", self.server.secret).list(self.bucket)

        class Tampering(s3.Client):
            def signed(self, method, path, query, headers, body, now=None):
                return super().signed(method, path, query, headers, body + b"!", now)

        class Old(s3.Client):
            def signed(self, method, path, query, headers, body, now=None):
                then = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)
                return super().signed(method, path, query, headers, body, then)

        for kind in (Tampering, Old):
            with self.subTest(kind.__name__), self.assertRaises(s3.Refused):
                kind(self.server.endpoint, self.server.key, self.server.secret).put(self.bucket, "wrong", b"data")
        self.assertEqual(self.client.list(self.bucket), {})

    def test_tls_by_its_own_ca(self):
        client = self.server.client(self.server.tls_endpoint)
        if self.kind is servers.Minio:  # it has another folder there
            client.make_bucket(self.bucket)
        client.put(self.bucket, "safe", b"data")
        self.assertEqual(client.get(self.bucket, "safe"), b"data")
        with self.assertRaises(OSError):
            s3.Client(self.server.tls_endpoint, self.server.key, self.server.secret).list(self.bucket)


class S3ProxyServer(S3Server, unittest.TestCase):
    kind = servers.S3Proxy


if suite.WORLD:
    class VersityGatewayServer(S3Server, unittest.TestCase):
        kind = servers.VersityGateway

    class MinioServer(S3Server, unittest.TestCase):
        kind = servers.Minio


class Signature(unittest.TestCase):
    """The example of AWS's documentation of Signature Version 4 for S3 ("GET Object")."""

    def test_published_example(self):
        client = s3.Client("http://examplebucket.s3.amazonaws.com", "AKIAIOSFODNN7EXAMPLE",
                           "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
        now = datetime.datetime(2013, 5, 24, tzinfo=datetime.timezone.utc)
        headers = client.signed("GET", "/test.txt", "", {"range": "bytes=0-9"}, b"", now)
        self.assertTrue(headers["authorization"].endswith(
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"), headers)


if __name__ == "__main__":
    unittest.main()
