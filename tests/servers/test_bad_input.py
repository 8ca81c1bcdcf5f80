"""test_bad_input.py: every kind of bad message over real Kafka, with keys, timestamps, tombstones and large messages; the same
reasons as PostgreSQL gives; on_error = 'stop' names the offset."""
import datetime
import os
import unittest

from lib import bad_input, servers, weir

START = datetime.datetime(2024, 3, 1, 10, 0, tzinfo=datetime.timezone.utc)
ORACLE = """
CREATE TABLE bad ({columns});
CREATE FUNCTION attempt(doc text) RETURNS text LANGUAGE plpgsql AS $f$
DECLARE state text; message text; detail text; j jsonb;
BEGIN
    j := doc::jsonb;
    INSERT INTO bad SELECT {casts};
    RETURN 'a row';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
    RETURN state || ' ' || message || CASE WHEN detail <> '' AND detail NOT LIKE 'Failing row%' THEN ': ' || detail ELSE '' END;
END $f$;
"""
COPY = """
CREATE FUNCTION copied(path text) RETURNS text LANGUAGE plpgsql AS $f$
DECLARE state text; message text; detail text;
BEGIN
    EXECUTE format('COPY bad FROM %L (FORMAT csv)', path);
    RETURN 'a row';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
    RETURN state || ' ' || message || CASE WHEN detail <> '' AND detail NOT LIKE 'Failing row%' THEN ': ' || detail ELSE '' END;
END $f$;
"""


class Kafka(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kafka = servers.shared(servers.Kafka)
        cls.folder = weir.scratch(cls, "bad-kafka")

    def produce(self, name, kinds, odd, good):
        """A topic of three partitions with a tombstone in place of every third good message."""
        lists = [[bad_input.TOMBSTONE if n % 6 == 2 else entry for n, entry in enumerate(entries)]
                 for entries in bad_input.layout("kafka", 3, kinds, odd)]
        topic = servers.create_topic(self.kafka, f"{name}-{os.getpid()}", 3)
        servers.produce(self.kafka, topic, [[record(entry, o, good) for o, entry in enumerate(entries)] for entries in lists])
        return lists, topic, f"connector = 'kafka', brokers = '{self.kafka.brokers}', topic = '{topic}'"

    def check_ledger(self, name, lists, kinds):
        kept = bad_input.kept(self.folder / name)
        self.assertEqual([p["next"] for p in kept.partitions("bad")], [len(entries) for entries in lists])
        tombstones = sum(entries.count(bad_input.TOMBSTONE) for entries in lists)
        self.assertGreater(tombstones, 5)
        self.assertEqual((kept.sum("bad", "tombstones"), kept.sum("bad", "gaps")), (tombstones, 0))
        self.assertEqual(kept.sum("bad", "dead"), len(kinds))

    def test_each_kind_is_a_dead_letter(self):
        lists, topic, source = self.produce("bad", bad_input.KINDS, bad_input.ODD, bad_input.GOOD)
        bad_input.run(self.folder / "json", source)
        bad_input.check_run(self, self.folder / "json", lists, topic, moment)
        self.check_ledger("json", lists, bad_input.KINDS)
        # once more: nothing new
        bad_input.run(self.folder / "json", source)
        bad_input.check_run(self, self.folder / "json", lists, topic, moment)

    def test_each_kind_of_csv_is_a_dead_letter(self):
        lists, topic, source = self.produce("bad-csv", bad_input.CSV_KINDS, bad_input.CSV_ODD, bad_input.CSV_GOOD)
        bad_input.run(self.folder / "csv", source, bad_input.CSV_JOB)
        bad_input.check_run(self, self.folder / "csv", lists, topic, moment, bad_input.CSV_ROW)
        self.check_ledger("csv", lists, bad_input.CSV_KINDS)

    def test_stop_names_the_offset(self):
        topic = servers.create_topic(self.kafka, f"stop-{os.getpid()}", 2)
        kind = next(kind for kind in bad_input.KINDS if kind.name == "i 2147483648")
        servers.produce(self.kafka, topic, [[record(None, 0)] * 5, [record(None, 0)] * 7 + [record(kind, 0), record(None, 0)]])
        source = f"connector = 'kafka', brokers = '{self.kafka.brokers}', topic = '{topic}'"
        for _ in range(2):  # and again: nothing was skipped
            done = bad_input.run(self.folder / "stop", source, options=", on_error = 'stop'", check=4)
            self.assertIn('ERROR:  22003: value "2147483648" is out of range for type integer', done.stderr)
            self.assertIn('CONTEXT:  stream "bad", column "i", partition 1, offset 7', done.stderr)
        self.assertEqual(bad_input.rows(self.folder / "stop"), {})
        self.assertEqual(bad_input.kept(self.folder / "stop").dead(), [])
        # the way on
        bad_input.run(self.folder / "stop", source, options=", on_error = 'skip'")
        self.assertEqual(sorted(bad_input.rows(self.folder / "stop")), [(0, o) for o in range(5)] + [(1, o) for o in (*range(7), 8)])
        self.assertEqual(bad_input.kept(self.folder / "stop").check().sum("bad", "dead"), 1)


def record(entry, offset, good=bad_input.GOOD):
    time = int(START.timestamp() * 1000) + offset
    if entry == bad_input.TOMBSTONE:
        return servers.Record(None, b"gone", time)
    return servers.Record(bad_input.value_of(entry, good), getattr(entry, "key", None), time)


def moment(_, offset):
    """A record's time as PostgreSQL prints it."""
    text = (START + datetime.timedelta(milliseconds=offset)).strftime("%Y-%m-%d %H:%M:%S.%f")
    return text.rstrip("0").rstrip(".") + "+00"


class Oracle(unittest.TestCase):
    """What the table of kinds says is what PostgreSQL says of the same values."""

    def test_reasons(self):
        postgres = servers.shared(servers.Postgres)
        casts = ", ".join("nullif(j->'j', 'null')" if name == "j" else f"(j->>'{name}')::{type_.replace(' NOT NULL', '')}"
                          for name, (type_, _) in bad_input.COLUMNS.items())
        columns = ", ".join(f"{name} {type_}" for name, (type_, _) in bad_input.COLUMNS.items())
        kinds = [kind for kind in bad_input.KINDS if self.is_known(kind)] + [bad_input.Kind("good", bad_input.GOOD, *[None] * 3)]
        calls = "".join(f"SELECT attempt($w${kind.value.decode()}$w$);\n" for kind in kinds)
        answers = postgres.psql("BEGIN;" + ORACLE.format(columns=columns, casts=casts) + calls + "ROLLBACK;").splitlines()
        self.assertEqual(len(answers), len(kinds))
        self.assertGreater(len(kinds), 80)
        for kind, answer in zip(kinds, answers):
            with self.subTest(kind.name):
                expected = "a row" if kind.name == "good" else f"{kind.sqlstate} {kind.reason}".split(" (byte")[0]
                if expected.endswith("ended unexpectedly."):  # which says more than PostgreSQL's: Token "... is invalid.
                    expected, answer = expected.rsplit(":", 1)[0], answer.split(": Token")[0].split(": The")[0]
                self.assertEqual(answer, expected)

    @staticmethod
    def is_known(kind):
        """PostgreSQL has none of our limits, keys and event times, and takes no text that is no text."""
        try:
            kind.value.decode()
        except UnicodeDecodeError:
            return False
        return (kind.sqlstate not in ("22023", "54000", "54001") or kind.field) and b"\0" not in kind.value \
            and "event time " not in kind.reason and kind.key is None

    def test_csv_reasons(self):
        """COPY says the same of each record."""
        postgres = servers.shared(servers.Postgres)
        folder = weir.scratch(type(self), "copy")
        # COPY converts a field before it knows how many there are
        kinds = [kind for kind in bad_input.CSV_KINDS
                 if kind.sqlstate != "54000" and kind.value and kind.name not in ("semicolons", "tabs")]
        script = "BEGIN; CREATE TABLE bad (id integer, t text, n numeric(6,2), event_time timestamptz NOT NULL); SET DateStyle = ISO, MDY;"
        for number, kind in enumerate(kinds):
            path = folder / str(number)
            path.write_bytes(kind.value + b"\n")
            path.chmod(0o644)
            script += f"SELECT copied('{path}');\n"
        script = script.replace("SELECT", COPY + "SELECT", 1)
        answers = postgres.psql(script + "ROLLBACK;").splitlines()
        self.assertEqual(len(answers), len(kinds))
        for kind, answer in zip(kinds, answers):
            with self.subTest(kind.name):
                self.assertEqual(answer, f"{kind.sqlstate} {kind.reason}")


if __name__ == "__main__":
    unittest.main()
