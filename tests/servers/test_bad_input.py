"""test_bad_input.py: every kind of bad message over real Kafka, with keys, timestamps, tombstones and large messages; the same
reasons as PostgreSQL gives; on_error = 'stop' names the offset."""
import datetime
import json
import os
import random
import unittest

from lib import bad_input, servers, suite, weir

SEED = suite.seed()
CHANGED = 40000 if suite.WORLD else 3000
START = datetime.datetime(2024, 3, 1, 10, 0, tzinfo=datetime.timezone.utc)
ORACLE = """
CREATE TABLE bad ({columns});
CREATE FUNCTION attempt(doc text) RETURNS text LANGUAGE plpgsql AS $f$
DECLARE state text; message text; detail text; parsed jsonb;
BEGIN
    parsed := doc::jsonb;
    INSERT INTO bad SELECT {casts} FROM jsonb_array_elements(jsonb_build_array(parsed)) AS row(j); -- not folded: columns in order
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


PIECES = [text.encode() for text in """{ } [ ] : , " \\ - + . 0 1 9 e E t f n u l / a x T Z \u00e9 \u20ac""".split()] + [b" ", b"\t"]
VALUES = [text.encode() for text in """null true false "" {} [] -0 1e5 1e400 1.5E-3 9223372036854775808 "\\u0041" "\\ud83d\\ude00" "\\ud800"
    "infinity" "NaN" "2024-02-30" "24:00" 12345678901234567890.123456789 "allballs" "epoch" "-1" "0x1A" "1_000" "t" "of" "P1Y" "1e-7"
    "BC" "+infinity" "J2451187" "20240301T101112" "99999-01-01" "2024-060" "1.2.3" "23:59:60" "1" "-1-2" 00.1 -01 1.e5 1e+
    "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}" "a0eebc999c0b4ef8bb6d6bb9bd380a11" "\\u0000" """.split()] + [
        b'" 7 "', b'"2024-03-01 10:00 Europe/Berlin"', b'"0001-01-01 BC"', b'"mar 3 2024"', b'"2024-02-29 23:59:59.9999999"',
        b'"-1-2 3 -4:5:6"', b'"@ 1 minute ago"', b'"1 day"']


def changed(chance):
    """A good message, changed in one to three places."""
    text = bytearray(bad_input.GOOD)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        at, lot = chance.randrange(len(text) + 1), chance.randrange(7)
        if lot == 0:
            del text[at:at + chance.choice((1, 1, 2, 5))]
        elif lot == 1:
            text[at:at] = chance.choice(PIECES)
        elif lot == 2:
            text[at:at + 1] = chance.choice(PIECES)
        elif lot == 3:
            begin = chance.randrange(len(text) + 1)
            text[at:at] = text[begin:begin + chance.randrange(12)]
        elif lot == 4 and chance.random() < 0.2:
            del text[at:]
        else:
            name, (_, value) = chance.choice(list(bad_input.COLUMNS.items()))
            text = text.replace(f'"{name}":{value}'.encode(), f'"{name}":'.encode() + chance.choice(VALUES))
    return bytes(text)


class Oracle(unittest.TestCase):
    """What the table of kinds says is what PostgreSQL says of the same values."""

    def attempts(self, values):
        """What PostgreSQL answers to each message."""
        casts = ", ".join("nullif(j->'j', 'null')" if name == "j" else f"(j->>'{name}')::{type_.replace(' NOT NULL', '')}"
                          for name, (type_, _) in bad_input.COLUMNS.items())
        columns = ", ".join(f"{name} {type_}" for name, (type_, _) in bad_input.COLUMNS.items())
        calls = "".join(f"SELECT to_json(attempt($w${value.decode()}$w$));\n" for value in values)
        answers = servers.shared(servers.Postgres).psql("BEGIN;" + ORACLE.format(columns=columns, casts=casts) + calls + "ROLLBACK;")
        answers = [json.loads(line) for line in answers.splitlines()]
        self.assertEqual(len(answers), len(values))
        return answers

    def test_reasons(self):
        kinds = [kind for kind in bad_input.KINDS if self.is_known(kind)] + [bad_input.Kind("good", bad_input.GOOD, *[None] * 3)]
        answers = self.attempts([kind.value for kind in kinds])
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

    def test_random_changes(self):
        """Random changes to a good message: what is dead, and why, is as PostgreSQL says."""
        print(f"seed {SEED}", flush=True)
        chance = random.Random(SEED)
        values = list(filter(self.is_text, (changed(chance) for _ in range(CHANGED))))
        self.assertGreater(len(values), CHANGED / 2)
        folder = weir.scratch(type(self), "changed")
        (folder / "in").write_bytes(b"".join(value + b"\n" for value in values))
        # numbers and times that no CSV object can hold are another matter
        job = bad_input.JOB.replace(" n, z, day, ts, tz, iv,", " n::text AS n, z::text AS z, day::text AS day, "
                                                            "ts::text AS ts, tz::text AS tz, iv::text AS iv,")
        bad_input.run(folder / "job", f"connector = 'file', path = '{folder}/in'", job, commit_rows=1000000)
        dead = {d.fields["offset"]: d.fields for d in bad_input.kept(folder / "job").check().dead()}
        self.assertGreater(len(dead), len(values) / 4)
        self.assertEqual(sorted([*dead, *(o for _, o in bad_input.rows(folder / "job"))]), list(range(len(values))))
        for offset, (value, answer) in enumerate(zip(values, self.attempts(values))):
            fields = dead.get(offset)
            if not self.is_excused(fields or {}, answer):
                expected = f"{fields['sqlstate']} {fields['reason']}" if fields else "a row"
                self.assertEqual(answer[:900], expected.split(" (byte")[0][:900], value)

    @staticmethod
    def is_text(value):
        try:
            return b"\n" not in value and b"\0" not in value and b"$w$" not in value and value.strip() != b"" and value.decode()
        except UnicodeDecodeError:
            return False

    @staticmethod
    def is_excused(fields, answer):
        """Where we say more, or something else first: PostgreSQL converts all strings and numbers while it parses, wanted or not,
        and all fields before it looks for NULL."""
        reason = fields.get("reason", "")
        return (reason.startswith(("event time ", "message is not")) and answer[:5] in ("a row", "23502")
                or "ended unexpectedly" in reason and answer.startswith("22P02 invalid input syntax for type json")
                or answer.startswith(("22P05 unsupported Unicode escape", "22003 value overflows numeric format"))
                or fields.get("sqlstate") == "23502" and answer.startswith("22"))

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
