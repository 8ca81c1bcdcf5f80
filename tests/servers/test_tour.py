"""test_tour.py: the tour of README.md, command by command as it stands there, with Apache Kafka, an S3 server and the tests' Snowflake in the
places of the reader's. What it says is printed must be printed."""
import contextlib
import os
import threading
import unittest

from lib import servers, snowflake_account, snowflake_jwt, snowflake_pipes, snowflake_server, suite, tour, weir


@suite.needs_servers
class Tour(unittest.TestCase):
    def setUp(self):
        self.folder = weir.scratch(type(self), "tour")
        kafka, s3, postgres = map(servers.shared, (servers.Kafka, servers.S3Proxy, servers.Postgres))
        self.bucket = s3.bucket("lake")
        self.account = snowflake_account.Account(postgres, s3.client())
        self.addCleanup(self.account.close)
        keys = snowflake_jwt.KeyPair(self.folder, name="admin_key")
        self.account.add_user("admin", keys.public)
        self.server = snowflake_server.SnowflakeServer(self.account)
        self.addCleanup(self.server.close)
        self.notifications = snowflake_pipes.Notifications(self.account, self.bucket)
        self.shell = tour.Shell(self.folder, {
            **s3.environment(), "PATH": f"{weir.BUILD}:{os.environ['PATH']}", "HOME": str(self.folder), "LC_ALL": "C.UTF-8", "TZ": "UTC",
            "SNOWFLAKE_HOST": self.server.endpoint}, {
                "localhost:9092": kafka.brokers, "s3://lake/": f"s3://{self.bucket}/", "s3:::lake": f"s3:::{self.bucket}",
                "topic = 'clicks'": f"topic = 'tour-{os.getpid()}'"})

    @contextlib.contextmanager
    def told_by_s3(self):
        """Meanwhile S3 tells Snowflake of objects, until it is said that notifications are lost."""
        self.lost, self.polls = threading.Event(), 0

        def tell():
            while not self.lost.wait(0.05):
                self.notifications.poll(last=True)
                self.polls += 1

        self.thread = threading.Thread(target=tell)
        self.thread.start()
        try:
            yield
        finally:
            self.lost.set()
            self.thread.join()

    def settle(self):
        """Pipes have been told of what is there, unless that got lost, and have loaded what they know of."""
        seen = self.polls
        self.account.wait(lambda: self.polls > seen + 1 or not self.thread.is_alive())
        self.account.wait(lambda: not any(pipe.queue for pipe in self.account.loads.pipes.values()))

    def happens(self, event):
        if event.endswith(" minutes later"):
            self.account.advance(minutes=int(event.split()[0]))
        else:
            self.assertEqual(event, "S3's notifications are lost from here on")
            self.lost.set()
            self.thread.join()
            self.notifications.poll(last=True)
            self.settle()

    def take(self, step, output):
        """Does a step; what it printed, if it prints."""
        if step.kind == "file":
            self.shell.write(step.name, step.text)
        elif step.kind == "sh":
            output = self.shell.run(step.text)
            self.settle()
        elif step.kind == "text":
            self.assertIsNone(tour.missing(step.text, output), f"\n{output}")
        elif step.kind == "administrator":
            for name in step.text.split("'<")[1:]:  # what stands for the contents of a file
                name = name.partition(">'")[0]
                step.text = step.text.replace(f"<{name}>", (self.folder / name).read_text().strip())
            self.account.script(self.shell.here(step.text), database="LAKE", schema="PUBLIC")
            self.settle()
        else:
            self.assertEqual(step.kind, "event")
            self.happens(step.text)
        return output

    def test_tour(self):
        steps = tour.steps()
        self.assertGreater(len([step for step in steps if step.kind == "sh"]), 6)
        output = ""
        with self.told_by_s3():
            for step in steps:
                try:
                    output = self.take(step, output)
                except Exception as error:
                    raise AssertionError(f"{step}: {error}") from error
        self.assertEqual(self.server.problems, [])


if __name__ == "__main__":
    unittest.main()
