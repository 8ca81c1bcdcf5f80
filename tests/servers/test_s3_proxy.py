"""test_s3_proxy.py: the fault proxy itself: whatever it is not asked to spoil passes unharmed, every fault strikes every call as it
says, and what it says of contents is so."""
import contextlib
import hashlib
import http.client
import threading
import unittest

from lib import s3, s3_faults, servers

BODY = b"0123456789" * 3000


class Calls:
    """One request per call, with what it needs made beforehand, unspoilt."""

    def __init__(self, server, bucket):
        self.direct, self.bucket, self.number = server.client(), bucket, 0

    def make(self, call, client):
        """A function that does the call, and one that says whether the server has carried it out."""
        self.number += 1
        key, direct, bucket = f"{call}/{self.number}", self.direct, self.bucket
        if call in ("GetObject", "HeadObject", "DeleteObject", "ListObjectsV2"):
            direct.put(bucket, key, BODY)
        upload = direct.begin_upload(bucket, key) if "Upload" in call and call != "CreateMultipartUpload" else None
        tags = [direct.upload_part(bucket, key, upload, 1, BODY)] if call == "CompleteMultipartUpload" else []

        def there():
            return direct.get(bucket, key) == BODY

        def begun():
            return any(known.key == key for known in direct.uploads(bucket))

        return {
            "PutObject": (lambda: client.put(bucket, key, BODY), there),
            "PutObjectIfAbsent": (lambda: client.call("PUT", bucket, key, headers={"if-none-match": "*"}, body=BODY), there),
            "GetObject": (lambda: client.get(bucket, key), there),
            "HeadObject": (lambda: client.head(bucket, key), there),
            "ListObjectsV2": (lambda: client.list(bucket, key), there),
            "DeleteObject": (lambda: client.delete(bucket, key), lambda: not there()),
            "CreateMultipartUpload": (lambda: client.begin_upload(bucket, key), begun),
            "UploadPart": (lambda: client.upload_part(bucket, key, upload, 1, BODY), begun),
            "CompleteMultipartUpload": (lambda: client.call("POST", bucket, key, query={"uploadId": upload}, headers={"if-none-match": "*"},
                                                            body=b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber>"
                                                                 b"<ETag>%s</ETag></Part></CompleteMultipartUpload>" % "".join(tags).encode()),
                                        there),
            "AbortMultipartUpload": (lambda: client.abort_upload(bucket, key, upload), lambda: not begun()),
            "ListMultipartUploads": (lambda: client.uploads(bucket), lambda: True),
        }[call]


# fault: what the client sees (an exception, or the status of the refusal), and whether the server carries out the call
OUTCOMES = {
    "refuse": (OSError, False), "delay": (None, True), "cut_request": (OSError, False), "lose_reply": (OSError, True),
    "truncate_reply": (http.client.HTTPException, True), "error_500": (500, False), "error_500_late": (500, True),
    "slow_down": (503, False), "conflict": (409, False), "exists": (412, True), "redirect_301": (301, False),
    "redirect_307": (307, False), "wrong_region": (400, False), "expired_token": (400, False), "skewed": (403, False),
    "error_in_200": (None, False), "error_in_200_late": (None, True), "denied": (403, False), "not_implemented": (501, False),
    "unconditional": (None, True), "missing": (None, False), "not_a_list": (None, False),
}
BODILESS = ("PutObject", "PutObjectIfAbsent", "HeadObject", "DeleteObject", "UploadPart", "AbortMultipartUpload")
CHANGES = ("PutObject", "PutObjectIfAbsent", "DeleteObject", "CreateMultipartUpload", "CompleteMultipartUpload", "AbortMultipartUpload")


class FaultProxy(unittest.TestCase):
    def setUp(self):
        self.server = servers.shared(servers.S3Proxy)
        self.bucket = self.server.bucket("proxy")
        self.proxy = s3_faults.FaultProxy(self.server)
        self.addCleanup(self.proxy.close)
        self.client = self.server.client(self.proxy.endpoint)
        self.calls = Calls(self.server, self.bucket)

    def test_what_is_not_spoilt_passes(self):
        for call in s3_faults.CALLS:
            with self.subTest(call):
                act, done = self.calls.make(call, self.client)
                act()
                self.assertTrue(done())
                self.assertEqual(self.proxy.requests[call], 1)
        self.assertEqual(self.proxy.struck, {})
        big = bytes(range(256)) * 50000
        self.assertTrue(self.client.put(self.bucket, "big key ü", big, if_absent=True))
        self.assertEqual(self.client.get(self.bucket, "big key ü"), big)
        self.assertEqual(self.proxy.digests(self.bucket, "big"), {"big key ü": hashlib.sha256(big).hexdigest()})
        with self.assertRaises(s3.Refused):
            self.server.client(self.proxy.endpoint, secret="wrong").list(self.bucket)

    def test_every_fault_on_every_call(self):
        self.assertEqual(set(OUTCOMES), set(s3_faults.FAULTS) - set(s3_faults.SLOW))
        for fault, (seen, carried_out) in OUTCOMES.items():
            for call in s3_faults.FAULTS[fault].calls:
                with self.subTest(fault=fault, call=call):
                    act, done = self.calls.make(call, self.client)
                    self.proxy.inject(fault, call)
                    if isinstance(seen, int):
                        with self.assertRaises(s3.Refused) as caught:
                            act()
                        self.assertEqual(caught.exception.status, seen)
                    elif fault == "truncate_reply" and call in BODILESS:  # half a head is enough for Python's library
                        with contextlib.suppress(KeyError):
                            act()
                    elif seen:
                        self.assertRaises(seen, act)
                    else:
                        act()
                    self.assertEqual(self.proxy.struck.pop((fault, call)), 1)
                    if call in CHANGES:
                        self.assertEqual(done(), carried_out)
                    self.calls.make(call, self.client)[0]()  # it strikes once
        self.assertEqual(self.proxy.rewritten, [])

    def test_two_contents_are_seen(self):
        for body in (b"one", b"one", b"another"):
            self.client.put(self.bucket, "twice", body)
        self.assertEqual(self.proxy.rewritten, ["twice"])

    def test_outage(self):
        for _ in range(2):
            self.client.list(self.bucket)
            self.proxy.outage(True)
            self.assertRaises(ConnectionRefusedError, self.client.list, self.bucket)
            self.proxy.outage(False)
        self.client.list(self.bucket)

    def test_rules_and_storms(self):
        self.proxy.inject("slow_down", "GetObject", key="^b", skip=1, times=2)
        seen = [self.client.send("GET", self.bucket, key).status for key in "aabbbb"]
        self.assertEqual(seen, [404, 404, 404, 503, 503, 404])
        fates = []
        for _ in range(2):
            self.proxy.ordinals.clear()
            self.proxy.storm(7, 0.3, ("slow_down", "error_500", "conflict"))
            fates.append([self.client.send("GET", self.bucket, "a").status for _ in range(60)])
            self.proxy.calm()
        self.assertEqual(*fates)
        self.assertEqual(set(fates[0]), {404, 500, 503})

    def test_all_writers_are_inside(self):
        """All bodies but their last bytes are with the server before the first is whole: one wins."""
        self.proxy.hold(8)
        results = []
        writers = [threading.Thread(target=lambda n=n: results.append(self.client.put(self.bucket, "raced", b"%d" % n * 100, True)))
                   for n in range(8)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        self.assertEqual(sorted(results), [False] * 7 + [True])
        self.assertEqual(self.proxy.released, {"raced": 1})

    def test_region(self):
        self.proxy.region, self.proxy.check_region = "eu-west-1", "wrong_region"
        reply = self.client.send("GET", self.bucket, query={"list-type": 2})
        self.assertEqual((reply.status, reply.headers["x-amz-bucket-region"]), (400, "eu-west-1"))
        self.assertEqual(self.server.client(self.proxy.endpoint, region="eu-west-1").list(self.bucket), {})


if __name__ == "__main__":
    unittest.main()
