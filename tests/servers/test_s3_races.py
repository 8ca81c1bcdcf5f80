"""test_s3_races.py: two processes create the same names at the same time, through the program's own store: both bodies are with
the server but for their last byte before either is whole. One wins each race, the other is told so, and the winner's bytes are
what lies there. Through the tests' own client: the same with 16 writers, so that the server itself is beyond doubt."""
import os
import subprocess
import threading
import time
import unittest

from lib import s3_faults, servers, suite, weir

RACES = 10_000 if suite.WORLD else 1_000
LANES = 4  # pairs of processes at once


class Races(unittest.TestCase):
    kind = servers.S3Proxy

    def setUp(self):
        self.server = servers.shared(self.kind)
        self.bucket = self.server.bucket("races")
        self.proxy = s3_faults.FaultProxy(self.server)
        self.addCleanup(self.proxy.close)

    def race(self, location, env, races):
        """{number: [what each of the two writers was told]}"""
        share = races // LANES
        children = [subprocess.Popen([weir.BUILD / "bench" / "create_race", location, writer, str(lane * share), str(share)],
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **env})
                    for lane in range(LANES) for writer in ("one", "two")]
        told, replies = {}, [None] * len(children)

        def collect(number):
            replies[number] = children[number].communicate(timeout=1200)

        threads = [threading.Thread(target=collect, args=(number,)) for number in range(len(children))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for number, (output, errors) in enumerate(replies):
            self.assertEqual(children[number].returncode, 0, f"{errors}\n{self.proxy.last_requests()}")
            for line in output.splitlines():
                told.setdefault(int(line.split()[0]), []).append((line.split()[1], ("one", "two")[number % 2]))
        return told

    def check(self, told, races, content):
        self.assertEqual(len(told), races)
        for number, results in told.items():
            self.assertEqual(sorted(word for word, _ in results), ["clash", "created"], f"{number}: {results}")
            winner = next(writer for word, writer in results if word == "created")
            self.assertEqual(content(number), f"object {number} of writer {winner}, which won\n".encode())

    def test_one_winner_each(self):
        self.proxy.hold(2, patience=5)
        begun = time.monotonic()
        told = self.race(f"s3://{self.bucket}/", self.server.environment(self.proxy.endpoint), RACES)
        seconds = time.monotonic() - begun
        self.proxy.hold(0)
        client = self.server.client()
        self.check(told, RACES, lambda number: client.get(self.bucket, f"race/{number:06d}"))
        held = sum(self.proxy.released.values())
        print(f"{RACES} races, {held} with both writers held at the last byte, in {seconds:.0f} s", flush=True)
        self.assertGreaterEqual(held, RACES * 0.99)
        self.assertEqual(self.proxy.rewritten, [])

    def test_one_winner_each_while_replies_are_lost(self):
        """A reply that was lost is no defeat: the winner recognizes its own bytes."""
        races = RACES // 10
        self.proxy.storm(7, 0.3, ("lose_reply", "error_500_late", "exists", "cut_request", "conflict", "slow_down"))
        told = self.race(f"s3://{self.bucket}/", self.server.environment(self.proxy.endpoint), races)
        self.assertGreater(sum(self.proxy.struck.values()), races // 5)
        self.proxy.calm()
        client = self.server.client()
        # a winner that lost the reply finds its own bytes: "same"
        told = {number: [("created" if word == "same" else word, writer) for word, writer in results] for number, results in told.items()}
        self.check(told, races, lambda number: client.get(self.bucket, f"race/{number:06d}"))
        self.assertEqual(self.proxy.rewritten, [])

    def test_the_server_itself(self):
        client, writers = self.server.client(self.proxy.endpoint), 16
        self.proxy.hold(writers)
        for number in range(200 if suite.WORLD else 20):
            results = []
            threads = [threading.Thread(target=lambda n=n: results.append(
                (client.put(self.bucket, f"raced/{number}", b"%d" % n * 1000, if_absent=True), n))) for n in range(writers)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            winners = [n for won, n in results if won]
            self.assertEqual((len(results), len(winners)), (writers, 1))
            self.assertEqual(client.get(self.bucket, f"raced/{number}"), b"%d" % winners[0] * 1000)
        self.assertEqual(self.proxy.rewritten, [])


if suite.WORLD:
    class VersityGatewayRaces(Races):
        kind = servers.VersityGateway


if __name__ == "__main__":
    unittest.main()
