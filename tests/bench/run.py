#!/usr/bin/env python3
"""run.py [EVENTS]: the benchmarks of make bench, beside a bare librdkafka consumer; exits 1 when a goal is missed.

Five interleaved rounds from a real broker on loopback, which is filled once. CPU is that of the whole process, user
and system; a ratio is the median of the rounds' ratios, so that a machine that is busy for a while blurs it less.
The first round also counts what the jobs wrote, so that nothing is measured that was not done.
"""
import csv
import gzip
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from os import wait4

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
import s3  # noqa: E402
from lib import servers, weir  # noqa: E402

EVENTS = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
ROUNDS = 5
PARTITIONS = 4
STARTS = 11
NAMES = ["bare", "windowed", "raw"]
# of callgrind: what two runs differ by is what events cost, without the start
FEW_EVENTS, MORE_EVENTS = 20_000, 60_000
BENCH = ROOT / "tests" / "bench"
TOOLS = weir.BUILD / "bench"


def measure(arguments, cwd):
    """CPU ns per event, events per second, peak RSS in MB of one run."""
    start = time.monotonic()
    child = subprocess.Popen(list(map(str, arguments)), cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = child.stderr.read().decode(errors="replace")
    _, status, usage = wait4(child.pid, 0)
    wall = time.monotonic() - start
    if status != 0:
        sys.exit(f"{arguments[0]} failed: {errors[-2000:]}")
    cpu = usage.ru_utime + usage.ru_stime
    return cpu * 1e9 / EVENTS, EVENTS / wall, usage.ru_maxrss / 1024


def job(name, folder, *options, brokers="-", topic="-"):
    """The command line of a job into a fresh folder."""
    return weir.command("-q", "--batch", *options, "-v", f"brokers={brokers}", "-v", f"topic={topic}",
                        "-v", f"location={folder}/out", "-v", f"raw_location={folder}/raw",
                        "-c", f"SET state_location = '{folder}/state'", "-c", f"SET job_name = '{name}'",
                        "-f", BENCH / "events.sql", "-f", BENCH / f"{name}.sql")


def objects(folder):
    """The text of a location's objects."""
    for path in sorted(pathlib.Path(folder).glob("*.csv*")):
        with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else open(path, newline="") as file:
            yield file


def check_work(name, folder):
    """Every event is in the raw sink, every view is counted in some window, and there is about a row per ten events."""
    groups = views = 0
    for file in objects(f"{folder}/out"):
        for row in csv.reader(file):
            groups += 1
            views += int(row[2])
    if not EVENTS / 12 < groups < EVENTS / 8 or not EVENTS / 4 < views < EVENTS / 2:
        sys.exit(f"{name} wrote {groups} windows with {views} views of {EVENTS} events")
    if name != "raw":
        return
    rows = raw_views = 0
    for file in objects(f"{folder}/raw"):
        while text := file.read(1 << 24):
            text += file.readline()
            rows += text.count("\n")
            raw_views += text.count(',"view",')
    if rows != EVENTS or raw_views != views:
        sys.exit(f"raw wrote {rows} of {EVENTS} events, {raw_views} of {views} views")


def rounds(kafka, topic):
    """The figures of all rounds by name."""
    results = {name: [] for name in NAMES}
    for number in range(ROUNDS):
        for name in NAMES:
            folder = tempfile.mkdtemp(prefix="weir-bench-")
            command = ([TOOLS / "bare_consumer", kafka.brokers, topic, PARTITIONS] if name == "bare"
                       else job(name, folder, brokers=kafka.brokers, topic=topic))
            results[name].append(measure(command, folder))
            if number == 0 and name != "bare":
                check_work(name, folder)
            shutil.rmtree(folder)
        print(f"round {number + 1}: " + ", ".join(f"{n} {r[-1][0]:.0f} ns" for n, r in results.items()), flush=True)
    return results


def compare(results):
    """Prints the medians; returns the CPU ratios to the bare consumer and the peak RSS by name."""
    ratios, memory = {}, {}
    for name, runs in results.items():
        cpu, rate, memory[name] = [statistics.median(column) for column in zip(*runs)]
        ratios[name] = statistics.median(run[0] / bare[0] for run, bare in zip(runs, results["bare"]))
        print(f"{name:9} {cpu:7.0f} ns CPU per message  {rate / 1e6:5.2f} M messages/s  {memory[name]:5.0f} MB peak RSS"
              f"  {ratios[name]:.2f}x bare")
    return ratios, memory


def start_seconds():
    """The median time of weir -c 'SELECT 1'."""
    times = []
    for _ in range(STARTS):
        start = time.monotonic()
        subprocess.run(weir.command("-c", "SELECT 1"), stdout=subprocess.DEVNULL, check=True)
        times.append(time.monotonic() - start)
    return statistics.median(times)


def decode_nanoseconds():
    """The median of the decoder with the whole schema, CPU per message."""
    done = subprocess.run([TOOLS / "decode"], capture_output=True, text=True, check=True)
    print(done.stdout.strip())
    [line] = [line for line in done.stdout.splitlines() if line.endswith("ns/message")]
    return float(line.split()[-2])


def collected(folder, events):
    """Instructions of the windowed job over a file, one worker."""
    subprocess.run([TOOLS / "produce_events", "-", f"{folder}/events.jsonl", "1", str(events)], check=True)
    command = job("windowed", f"{folder}/{events}", "--input", f"events={folder}/events.jsonl",
                  "-c", "SET workers = 1")
    done = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/callgrind", *command],
                          capture_output=True, text=True, check=True)
    return int(done.stderr.split("Collected :")[1].split()[0])


def instructions():
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as folder:
        difference = collected(folder, MORE_EVENTS) - collected(folder, FEW_EVENTS)
    return difference / (MORE_EVENTS - FEW_EVENTS)


def main():
    kafka = servers.Kafka(KAFKA_TIER="4", KAFKA_HEAP="1g")
    topic = servers.create_topic(kafka, "events", PARTITIONS)
    subprocess.run([TOOLS / "produce_events", kafka.brokers, topic, str(PARTITIONS), str(EVENTS)], check=True)
    print(f"{EVENTS} events in {PARTITIONS} partitions, {ROUNDS} rounds", flush=True)
    ratios, memory = compare(rounds(kafka, topic))
    to_s3 = s3.compare(kafka, topic, EVENTS)
    kafka.close()
    decode = decode_nanoseconds()
    start = start_seconds()
    print(f"start of weir -c 'SELECT 1': {start * 1000:.0f} ms")
    print(f"instructions per message (file source, one worker, callgrind): {instructions():.0f}")
    goals = [("windowed at most 1.35x bare", ratios["windowed"] <= 1.35), ("raw at most 2x bare", ratios["raw"] <= 2),
             (f"main job to S3 at most {s3.GOAL}x the directory", to_s3 <= s3.GOAL),
             ("decode at most 120 ns/message", decode <= 120),
             ("RSS of windowed at most 150 MB", memory["windowed"] <= 150), ("start at most 50 ms", start <= 0.05)]
    for text, met in goals:
        print(f"goal {'met   ' if met else 'MISSED'} {text}")
    return 0 if all(met for _, met in goals) else 1


if __name__ == "__main__":
    sys.exit(main())
