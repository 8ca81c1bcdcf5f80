#!/usr/bin/env python3
"""run.py [EVENTS]: the benchmarks of make bench, beside a bare librdkafka consumer; exits 1 when a goal is missed.

Five interleaved rounds from a real broker on loopback; medians. CPU is that of the whole process, user and system.
"""
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from lib import servers, weir  # noqa: E402

EVENTS = int(sys.argv[1]) if len(sys.argv) > 1 else 4_000_000
ROUNDS = 5
PARTITIONS = 4
BENCH = ROOT / "tests" / "bench"
TOOLS = weir.BUILD / "bench"


def measure(arguments, cwd):
    """CPU ns per event, events per second, peak RSS in MB of one run."""
    start = time.monotonic()
    child = subprocess.Popen(list(map(str, arguments)), cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = child.stderr.read().decode(errors="replace")
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - start
    if status != 0:
        sys.exit(f"{arguments[0]} failed: {errors[-2000:]}")
    cpu = usage.ru_utime + usage.ru_stime
    return cpu * 1e9 / EVENTS, EVENTS / wall, usage.ru_maxrss / 1024


def job(kafka, name, folder):
    """The command line of a job into a fresh folder."""
    return weir.command("-q", "--batch", "-v", f"brokers={kafka.brokers}", "-v", "topic=events",
                        "-v", f"location={folder}/out", "-v", f"raw_location={folder}/raw",
                        "-c", f"SET state_location = '{folder}/state'", "-c", f"SET job_name = '{name}'",
                        "-f", BENCH / "events.sql", "-f", BENCH / f"{name}.sql")


def rounds(kafka):
    results = {"bare": [], "windowed": [], "raw": []}
    for number in range(ROUNDS):
        for name in results:
            folder = tempfile.mkdtemp(prefix="weir-bench-")
            command = ([TOOLS / "bare_consumer", kafka.brokers, "events", PARTITIONS] if name == "bare"
                       else job(kafka, name, folder))
            results[name].append(measure(command, folder))
            shutil.rmtree(folder)
        print(f"round {number + 1}: " + ", ".join(f"{n} {r[-1][0]:.0f} ns" for n, r in results.items()), flush=True)
    return {name: [statistics.median(column) for column in zip(*runs)] for name, runs in results.items()}


def start_seconds():
    """The median time of weir -c 'SELECT 1'."""
    times = []
    for _ in range(11):
        start = time.monotonic()
        subprocess.run(weir.command("-c", "SELECT 1"), stdout=subprocess.DEVNULL, check=True)
        times.append(time.monotonic() - start)
    return statistics.median(times)


def decode_nanoseconds():
    done = subprocess.run([TOOLS / "decode"], capture_output=True, text=True, check=True)
    print(done.stdout.strip())
    return min(float(line.split()[-2]) for line in done.stdout.splitlines() if line.endswith("ns/message"))


def instructions():
    """Instructions per message of the windowed job over a file, one worker, counted by callgrind."""
    if shutil.which("valgrind") is None:
        print("instructions per message: valgrind is not installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        counts = []
        for events in (20000, 40000):
            subprocess.run([TOOLS / "produce_events", "-", f"{folder}/events.jsonl", "1", str(events)], check=True)
            command = weir.command("-q", "--batch", "--input", f"events={folder}/events.jsonl", "-v", "brokers=-",
                                   "-v", "topic=-", "-v", f"location={folder}/out{events}", "-c", "SET workers = 1",
                                   "-c", f"SET state_location = '{folder}/state{events}'", "-c", "SET job_name = 'w'",
                                   "-f", BENCH / "events.sql", "-f", BENCH / "windowed.sql")
            done = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/callgrind", *command],
                                  capture_output=True, text=True, check=True)
            counts.append(int(done.stderr.split("Collected :")[1].split()[0]))
        print(f"instructions per message (file source, one worker): {(counts[1] - counts[0]) / 20000:.0f}")


def main():
    kafka = servers.Kafka(KAFKA_TIER="4", KAFKA_HEAP="1g")
    topic = servers.create_topic(kafka, "events", PARTITIONS)
    subprocess.run([TOOLS / "produce_events", kafka.brokers, topic, str(PARTITIONS), str(EVENTS)], check=True)
    print(f"{EVENTS} events in {PARTITIONS} partitions, {ROUNDS} rounds")
    medians = rounds(kafka)
    for name, (cpu, rate, rss) in medians.items():
        print(f"{name:9} {cpu:7.0f} ns CPU per message  {rate / 1e6:5.2f} M messages/s  {rss:5.0f} MB peak RSS  "
              f"{cpu / medians['bare'][0]:.2f}x bare")
    start = start_seconds()
    print(f"start of weir -c 'SELECT 1': {start * 1000:.0f} ms")
    decode = decode_nanoseconds()
    instructions()
    goals = [("windowed at most 1.35x bare", medians["windowed"][0] <= 1.35 * medians["bare"][0]),
             ("raw at most 2x bare", medians["raw"][0] <= 2 * medians["bare"][0]),
             ("RSS of windowed at most 150 MB", medians["windowed"][2] <= 150),
             ("start at most 50 ms", start <= 0.05), ("decode at most 120 ns", decode <= 120)]
    for text, met in goals:
        print(f"goal {'met   ' if met else 'MISSED'} {text}")
    return 0 if all(met for _, met in goals) else 1


if __name__ == "__main__":
    sys.exit(main())
