"""servers.py: the real servers of the tests: fetched, started on free loopback ports, stopped by process id."""
import atexit
import collections
import contextlib
import fcntl
import os
import pathlib
import random
import shutil
import socket
import struct
import subprocess
import tempfile
import unittest

from lib import s3

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "tests" / "servers"
FETCHED = ROOT / "build" / "servers"
BUILD = pathlib.Path(os.environ.get("WEIR_BUILD", ROOT / "build"))


def free_port():
    """
    A port that is free and whose successor is free too (a broker takes both). It is none that connections are given as their
    own: while a server restarts, nobody else may get its port.
    """
    with open("/proc/sys/net/ipv4/ip_local_port_range") as file:
        first_given = int(file.read().split()[0])
    while True:
        port = random.SystemRandom().randrange(10000, first_given - 1) if first_given > 12000 else 0
        with socket.socket() as first, socket.socket() as second:
            try:
                first.bind(("127.0.0.1", port))
                port = first.getsockname()[1]
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


@contextlib.contextmanager
def alone():
    """One process at a time fetches programs: the others find them there."""
    FETCHED.mkdir(parents=True, exist_ok=True)
    with open(FETCHED / "lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def script(name, *args, env=None, timeout=300):
    with alone() if args[0] == "install" else contextlib.nullcontext():
        done = subprocess.run([SCRIPTS / name, *map(str, args)], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=timeout, env={**os.environ, **(env or {})})
    if done.returncode != 0:
        raise unittest.SkipTest(f"{name} {args[0]} failed: {(done.stderr or done.stdout)[-500:]}")


def from_pypi(name, *requirements):
    """The Python of an environment with these packages, which is made when they are not what it has."""
    folder = FETCHED / name
    script("from_pypi.sh", "install", folder, *requirements, timeout=900)
    return folder / "bin" / "python"


SCRAM_USERS = " ".join(f"--add-scram SCRAM-SHA-{bits}=[name=bob,password=bob-pw]" for bits in (256, 512))


class Kafka:
    """One Apache Kafka broker: a plain listener, and three with SASL, TLS, and both (kafka/secure.properties.in)."""

    def __init__(self, **environment):
        jars = FETCHED / "kafka"
        script("kafka.sh", "install", jars)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-kafka-"))
        self.port, *others = (free_port() for _ in range(4))
        self.sasl, self.ssl, self.sasl_ssl = (f"127.0.0.1:{port}" for port in others)
        self.tls = self.folder / "tls"
        extra = self.folder / "secure.properties"
        script("kafka/mktls.sh", self.tls)
        text = (SCRIPTS / "kafka/secure.properties.in").read_text().replace("@TLS@", str(self.tls))
        for name, port in zip(("@PORT@", "@CPORT@", "@P2@", "@P3@", "@P4@"), (self.port, self.port + 1, *others)):
            text = text.replace(name, str(port))
        extra.write_text(text)
        self.env = {"KAFKA_JARS": str(jars), "KAFKA_EXTRA": str(extra), "KAFKA_FORMAT_ARGS": SCRAM_USERS, **environment}
        script("kafka.sh", "format", self.folder, self.port, env=self.env)
        self.start()
        atexit.register(self.close)

    @property
    def brokers(self):
        return f"127.0.0.1:{self.port}"

    def start(self):
        script("kafka.sh", "start", self.folder, self.port, env=self.env)

    def stop(self):
        script("kafka.sh", "stop", self.folder, env=self.env)

    def close(self):
        if self.folder.exists():
            self.stop()
            shutil.rmtree(self.folder, ignore_errors=True)


class S3Server:
    """A server of the S3 API, plain and with TLS by a CA of its own. What differs between them is how they are started."""

    key, secret, region = "weir-test-key", "weir/test+secret", "us-east-1"
    script_name = None

    def __init__(self, **environment):
        self.script_environment = {"S3_KEY": self.key, "S3_SECRET": self.secret, **environment}
        self.program = FETCHED / pathlib.Path(self.script_name).stem
        script(self.script_name, "install", self.program, timeout=1800)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"weir-{self.program.name}-"))
        self.port, self.tls_port = free_port(), free_port()
        script("s3tls.sh", self.folder / "tls")
        self.start()
        atexit.register(self.close)

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def tls_endpoint(self):
        return f"https://127.0.0.1:{self.tls_port}"

    @property
    def ca(self):
        return self.folder / "tls" / "ca.crt"

    def environment(self, endpoint=None, **others):
        """The variables by which a program finds the server, and nothing else of the user's."""
        return {"AWS_ACCESS_KEY_ID": self.key, "AWS_SECRET_ACCESS_KEY": self.secret, "AWS_REGION": self.region,
                "AWS_ENDPOINT_URL_S3": endpoint or self.endpoint, "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", **others}

    def client(self, endpoint=None, secret=None, region=None):
        return s3.Client(endpoint or self.endpoint, self.key, secret or self.secret, region or self.region, self.ca)

    def bucket(self, name):
        """Makes a bucket that no other run has; its name."""
        unique = f"{name}-{os.getpid()}-{os.urandom(3).hex()}".lower().replace("_", "-")
        self.client().make_bucket(unique)
        return unique

    def start(self):
        script(self.script_name, "start", self.program, self.folder, self.port, self.tls_port, env=self.script_environment)

    def stop(self):
        script(self.script_name, "stop", self.folder)

    def close(self):
        if self.folder.exists():
            self.stop()
            shutil.rmtree(self.folder, ignore_errors=True)


class S3Proxy(S3Server):
    """s3proxy: the one that tests use. It does not look at the region."""

    script_name = "s3proxy.sh"


class VersityGateway(S3Server):
    """versitygw: a second opinion (make check-world). It refuses the wrong region."""

    script_name = "versitygw.sh"


class Minio(S3Server):
    """MinIO: a third one (make check-world), which also knows session tokens."""

    script_name = "minio.sh"


class Postgres:
    """One PostgreSQL 15 cluster."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-postgres-"))
        os.chmod(self.folder, 0o755)
        script("postgres.sh", "start", self.folder)
        atexit.register(self.close)

    def psql(self, sql, *args, check=True):
        """Unaligned tuples of a script given as text."""
        done = subprocess.run(["psql", "-X", "-A", "-t", "-q", "-h", self.folder, "-U", "postgres", *args],
                              input=sql, capture_output=True, text=True, timeout=600)
        if check and (done.returncode != 0 or done.stderr):
            raise AssertionError(f"psql: {done.stderr[-2000:]}")
        return done.stdout

    def close(self):
        if self.folder.exists():
            script("postgres.sh", "stop", self.folder)
            shutil.rmtree(self.folder, ignore_errors=True)


def create_topic(kafka, name, partitions, **settings):
    """Makes a topic through the admin API and returns its name; retention_ms = 60000 and the like are the topic's settings."""
    words = [word for key, value in settings.items() for word in (key.replace("_", "."), str(value))]
    done = subprocess.run([BUILD / "bench" / "create_topic", kafka.brokers, name, str(partitions), *words],
                          capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise AssertionError(f"topic {name}: {done.stderr}")
    return name


Record = collections.namedtuple("Record", "value key time headers", defaults=(None, 0, ()))


def produce(kafka, topic, partitions, **properties):
    """Sends to each partition its Records, in order. value and key may be None; time is in ms since 1970, 0 = now."""
    send(kafka, topic, ((number, record) for number, records in enumerate(partitions) for record in records), properties)


def produce_by_key(kafka, topic, records, partitioner):
    """Sends Records to where librdkafka's partitioner of that name puts their keys."""
    send(kafka, topic, ((-1, record) for record in records), {"partitioner": partitioner})


def send(kafka, topic, numbered, properties):
    def packed(data):
        return struct.pack("=i", -1) if data is None else struct.pack("=i", len(data)) + data

    stream = b"".join(struct.pack("=iqi", number, record.time, len(record.headers)) + packed(record.key) + packed(record.value)
                      + b"".join(packed(part) for header in record.headers for part in header)
                      for number, record in numbered)
    words = [word for name, value in properties.items() for word in (name.replace("_", "."), str(value))]
    done = subprocess.run([BUILD / "bench" / "produce_messages", kafka.brokers, topic, *words], input=stream,
                          capture_output=True, timeout=120)
    if done.returncode != 0:
        raise AssertionError(f"topic {topic}: {done.stderr.decode()}")


_shared = {}


def shared(kind):
    """The server of this kind that all tests of a run share: Kafka, Postgres, S3Proxy ..."""
    if kind not in _shared:
        _shared[kind] = kind()
    return _shared[kind]
