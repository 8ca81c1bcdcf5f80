#!/usr/bin/env python3
"""s3.py [EVENTS]: the main job to S3 and the same job to a directory, interleaved; and what the way to S3 takes in requests,
bytes and objects. A part of run.py, also runnable alone.

The server shares the cores with the job, so that the ratio of CPU, of the whole process, says more about the job than that of
time, which is printed beside it. Bytes and requests are counted by the fault proxy in a run that is not timed.
"""
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from os import environ, wait4

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from lib import s3_faults, servers, weir  # noqa: E402

ROUNDS = 5
GOAL = 1.2
BENCH = ROOT / "tests" / "bench"


def job(kafka, topic, campaigns, out, state):
    return weir.command("-q", "--batch", "-v", f"brokers={kafka.brokers}", "-v", f"topic={topic}", "-v", f"campaigns={campaigns}",
                        "-v", f"location={out}/minutes/", "-v", f"raw_location={out}/raw/", "-c", f"SET state_location = '{state}'",
                        "-c", "SET job_name = 'main'", "-f", BENCH / "events.sql", "-f", BENCH / "main.sql")


def measure(command, env):
    """CPU seconds and wall seconds."""
    start = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={**environ, **env})
    errors = child.stderr.read().decode(errors="replace")
    _, status, usage = wait4(child.pid, 0)
    if status != 0:
        sys.exit(f"main job failed: {errors[-2000:]}")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - start


class Comparison:
    """One topic, one server, and the folder of the runs."""

    def __init__(self, kafka, topic, events):
        self.kafka, self.topic, self.events = kafka, topic, events
        self.server = servers.S3Proxy(S3PROXY_HEAP="512m")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-bench-"))
        self.campaigns = self.folder / "campaigns.csv"
        self.campaigns.write_text("campaign_id,name,advertiser\n" + "".join(
            f"campaign-{n:04d},Campaign {n},Advertiser {n % 50}\n" for n in range(1000)))

    def to_directory(self, number):
        folder = self.folder / f"run-{number}"
        measured = measure(job(self.kafka, self.topic, self.campaigns, f"{folder}/out", f"{folder}/state"), {})
        shutil.rmtree(folder)
        return measured

    def to_s3(self, endpoint=None):
        """The figures, and the bucket."""
        bucket = self.server.bucket("bench")
        command = job(self.kafka, self.topic, self.campaigns, f"s3://{bucket}/out", f"s3://{bucket}/state")
        return measure(command, self.server.environment(endpoint)), bucket

    def remove(self, bucket):
        """Objects only: what is on the disk counts."""
        client = self.server.client()
        for key in client.list(bucket):
            client.delete(bucket, key)

    def traffic(self):
        """Prints what a run sends; counted by a proxy, which also sees that nothing is sent twice."""
        proxy = s3_faults.FaultProxy(self.server)
        _, bucket = self.to_s3(proxy.endpoint)
        millions = self.events / 1e6
        objects = self.server.client().list(bucket, "out/")
        requests = sum(proxy.requests.values())
        print(f"to S3, per million rows: {proxy.uploaded / millions / 1e6:.1f} MB sent, {proxy.downloaded / millions / 1e6:.1f} MB "
              f"received, {requests / millions:.1f} requests, {len(objects) / millions:.1f} objects of "
              f"{sum(objects.values()) / millions / 1e6:.1f} MB in sum")
        print("  " + ", ".join(f"{call} {count}" for call, count in sorted(proxy.requests.items())))
        if sum(objects.values()) < self.events * 10:
            sys.exit("the main job wrote too little to S3")
        proxy.close()
        self.remove(bucket)

    def close(self):
        self.server.close()
        shutil.rmtree(self.folder)


def compare(kafka, topic, events):
    """Prints the comparison; the median ratio of CPU."""
    comparison = Comparison(kafka, topic, events)
    comparison.traffic()
    cpu, wall = [], []
    for number in range(ROUNDS):
        directory = comparison.to_directory(number)
        s3, bucket = comparison.to_s3()
        comparison.remove(bucket)
        cpu.append(s3[0] / directory[0])
        wall.append(s3[1] / directory[1])
        print(f"main job, round {number + 1}: to a directory {directory[0]:.2f} s CPU, {directory[1]:.2f} s; "
              f"to S3 {s3[0]:.2f} s CPU, {s3[1]:.2f} s", flush=True)
    comparison.close()
    print(f"main job to S3: {statistics.median(cpu):.2f}x the CPU of a directory, {statistics.median(wall):.2f}x its time")
    return statistics.median(cpu)


def main():
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    kafka = servers.Kafka(KAFKA_TIER="4", KAFKA_HEAP="1g")
    topic = servers.create_topic(kafka, "events", 4)
    subprocess.run([weir.BUILD / "bench" / "produce_events", kafka.brokers, topic, "4", str(events)], check=True)
    ratio = compare(kafka, topic, events)
    kafka.close()
    print(f"goal {'met   ' if ratio <= GOAL else 'MISSED'} main job to S3 at most {GOAL}x the directory")
    return 0 if ratio <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
