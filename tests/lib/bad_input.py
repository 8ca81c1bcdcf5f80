"""bad_input.py: the kinds of bad messages, each with what its dead letter must say; and the job that reads them.

One table serves the tests over files and over Kafka. A kind is a message that no row comes of: its bytes, the column at fault
(None: the message as a whole), SQLSTATE and reason. Where PostgreSQL has an answer, the reason is its own words, which
servers/test_bad_input.py lets it confirm.
"""
import base64
import collections
import hashlib
import pathlib

from lib import csv_reader, state, weir

COLUMNS = {
    "id": ("bigint", "7"), "b": ("boolean", "true"), "i": ("integer", "-2147483648"), "l": ("bigint", "9223372036854775807"),
    "d": ("double precision", "1.5e300"), "n": ("numeric(6,2)", "9999.994"), "z": ("numeric", "0.1"), "t": ("text", '"x"'),
    "day": ("date", '"2024-02-29"'), "ts": ("timestamp", '"2024-02-29 23:59:59.999999"'),
    "tz": ("timestamptz", '"2024-02-29T23:59:59+05:30"'), "iv": ("interval", '"1 mon 2 days 03:00:00"'),
    "u": ("uuid", '"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"'), "j": ("jsonb", '{"a":[1,{"b":null}]}'),
    "must": ("text NOT NULL", '"y"'), "event_time": ("timestamptz NOT NULL", '"2024-03-01T10:00:00Z"'),
}

# value: bytes. only: the source that can carry it ("kafka"), or None. key, headers, time: of a Kafka message.
Kind = collections.namedtuple("Kind", "name value field sqlstate reason only key headers", defaults=(None, None, None))


def message(**changes):
    """A good message, but for the changed members (JSON texts; None leaves one out). Lone surrogates become bytes."""
    members = {name: text for name, (_, text) in COLUMNS.items()} | changes
    text = "{" + ",".join(f'"{name}":{value}' for name, value in members.items() if value is not None) + "}"
    return text.encode("utf-8", "surrogateescape")


GOOD = message()
AT = GOOD.index(b'"t":') + 5  # where the value of t is, counted from 1
END = len(GOOD)
JSON = "invalid input syntax for type json: "


def whole(name, value, reason, sqlstate="22P02", **more):
    return Kind(name, value, None, sqlstate, (JSON if sqlstate == "22P02" else "") + reason, **more)


def token(name, text, reason):
    """A t that is no JSON."""
    value = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    return whole(name, GOOD.replace(b'"t":"x"', b'"t":' + value), f"{reason} (byte {AT})")


def string(name, content, reason, sqlstate="22P02", at=1):
    """A t whose string is at fault from byte at of its content on."""
    return whole(name, GOOD.replace(b'"t":"x"', b'"t":"' + content + b'"'), f"{reason} (byte {AT + at})", sqlstate)


def field(column, text, sqlstate, reason):
    """A column's value that can't be converted."""
    shown = text if text is None or len(text) < 40 else text[:20] + "..."
    return Kind(f"{column} {shown}", message(**{column: text}), column, sqlstate, reason)


def syntax(column, text, shown=None):
    name = {"ts": "timestamp", "tz": "timestamp with time zone", "event_time": "timestamp with time zone",
            "n": "numeric"}.get(column, COLUMNS[column][0])
    state_ = "22007" if column in ("day", "ts", "tz", "iv", "event_time") else "22P02"
    return field(column, text, state_, f'invalid input syntax for type {name}: "{text.strip(chr(34)) if shown is None else shown}"')


def null(column, text):
    return field(column, text, "23502", f'null value in column "{column}" of relation "bad" violates not-null constraint')


ROUND = "numeric field overflow: A field with precision 6, scale 2 must round to an absolute value less than 10^4."
INFINITE = "numeric field overflow: A field with precision 6, scale 2 cannot hold an infinite value."
ZERO = "unsupported Unicode escape sequence: \\u0000 cannot be converted to text."
LONE = "Unicode low surrogate must follow a high surrogate."
DEEP = "JSON is nested deeper than 1000 levels"

KINDS = [
    # ---- what is no JSON object ----
    whole("empty", b"", "The input string ended unexpectedly. (byte 1)", only="kafka"),
    whole("blanks only", b" \t ", "The input string ended unexpectedly. (byte 4)"),
    whole("truncated in the last string", GOOD[:-3], f"The input string ended unexpectedly. (byte {END - 2})"),
    whole("truncated before the brace", GOOD[:-1], f"The input string ended unexpectedly. (byte {END})"),
    whole("truncated after a colon", b'{"id":', "The input string ended unexpectedly. (byte 7)"),
    whole("truncated in an escape", b'{"t":"\\', "The input string ended unexpectedly. (byte 8)"),
    whole("trailing bytes", GOOD + b" x", f'Token "x" is invalid. (byte {END + 2})'),
    whole("trailing NUL", GOOD + b"\0", f'Token "\\u0000" is invalid. (byte {END + 1})'),
    whole("two objects", GOOD + GOOD, f'Expected end of input, but found "{{". (byte {END + 1})'),
    whole("a byte order mark", b"\xef\xbb\xbf" + GOOD, 'Token "\ufeff" is invalid. (byte 1)'),
    whole("UTF-16", GOOD.decode().encode("utf-16-be"), 'Token "\\u0000" is invalid. (byte 1)'),
    whole("bytes of another format", b"\x00\x00\x00\x00\x07\x02\x0e", 'Token "\\u0000" is invalid. (byte 1)'),
    whole("an array", b"[1]", "message is not a JSON object", "22023"),
    whole("a number", b"7", "message is not a JSON object", "22023"),
    whole("a string", b'"{}"', "message is not a JSON object", "22023"),
    whole("null", b"null", "message is not a JSON object", "22023"),
    whole("text", b"hello", 'Token "hello" is invalid. (byte 1)'),
    whole("a line break between tokens only", b"{\n\n", "The input string ended unexpectedly. (byte 4)", only="kafka"),
    # ---- what other parsers let pass ----
    whole("a comma at the end", GOOD[:-1] + b",}", f'Expected string, but found "}}". (byte {END + 1})'),
    whole("a comment", GOOD[:-1] + b"/* */}", f'Token "/" is invalid. (byte {END})'),
    whole("a comment in front", b"// x " + GOOD, 'Token "/" is invalid. (byte 1)'),
    whole("single quotes", GOOD.replace(b'"', b"'"), 'Token "\'" is invalid. (byte 2)'),
    whole("a key without quotes", b"{id:1}", 'Token "id" is invalid. (byte 2)'),
    whole("no colon", b'{"id" 1}', 'Expected ":", but found "1". (byte 7)'),
    whole("no comma", b'{"id":1 "b":true}', 'Expected "," or "}", but found ""b"". (byte 9)'),
    token("no value", "", 'Expected JSON value, but found ",".'),
    token("01", "01", 'Token "01" is invalid.'),
    token("+1", "+1", 'Token "+" is invalid.'),
    token(".5", ".5", 'Token "." is invalid.'),
    token("1.", "1.", 'Token "1." is invalid.'),
    token("-", "-", 'Token "-" is invalid.'),
    token("1e", "1e", 'Token "1e" is invalid.'),
    token("0x10", "0x10", 'Token "0x10" is invalid.'),
    token("1_000", "1_000", 'Token "1_000" is invalid.'),
    token("NaN", "NaN", 'Token "NaN" is invalid.'),
    token("Infinity", "Infinity", 'Token "Infinity" is invalid.'),
    token("-Infinity", "-Infinity", 'Token "-Infinity" is invalid.'),
    token("True", "True", 'Token "True" is invalid.'),
    token("nulls", "nulls", 'Token "nulls" is invalid.'),
    token("undefined", "undefined", 'Token "undefined" is invalid.'),
    token("no characters", b"\xff\xfe", 'Token "\ufffd\ufffd" is invalid.'),
    # ---- strings ----
    string("a tab", b"a\tb", "Character with value 0x09 must be escaped.", at=2),
    string("a NUL", b"\0", "Character with value 0x00 must be escaped."),
    string("a control character behind 40 others", b"z" * 40 + b"\x1f", "Character with value 0x1f must be escaped.", at=41),
    string("an unknown escape", b"\\x41", 'Escape sequence "\\x" is invalid.'),
    string("an escape of more than a byte", b"\\\xc3\xa9", 'Escape sequence "\\\u00e9" is invalid.'),
    string("three hexadecimal digits", b"\\u00e", '"\\u" must be followed by four hexadecimal digits.'),
    string("no hexadecimal digits", b"\\u00g0", '"\\u" must be followed by four hexadecimal digits.'),
    string("a lone high surrogate", b"\\ud800", LONE),
    string("a lone low surrogate", b"\\udc00", LONE),
    string("a high surrogate before text", b"\\ud83dx", LONE),
    string("two high surrogates", b"\\ud800\\ud800", "Unicode high surrogate must not follow a high surrogate.", at=7),
    string("invalid UTF-8", b"a\xffb", 'invalid byte sequence for encoding "UTF8": 0xff', "22021", at=2),
    string("UTF-8 cut off", b"\xe2\x82", 'invalid byte sequence for encoding "UTF8": 0xe2 0x82', "22021"),
    string("overlong UTF-8", b"\xc0\xaf", 'invalid byte sequence for encoding "UTF8": 0xc0 0xaf', "22021"),
    string("a surrogate in UTF-8", b"\xed\xa0\x80", 'invalid byte sequence for encoding "UTF8": 0xed 0xa0 0x80', "22021"),
    string("beyond Unicode", b"\xf4\x90\x80\x80", 'invalid byte sequence for encoding "UTF8": 0xf4 0x90 0x80 0x80', "22021"),
    string("Latin-1", "Caf\u00e9 au lait".encode("latin-1"), 'invalid byte sequence for encoding "UTF8": 0xe9', "22021", at=4),
    whole("invalid UTF-8 where nobody looks", GOOD[:-1] + b',"other":"\x80"}',
          f'invalid byte sequence for encoding "UTF8": 0x80 (byte {END + 10})', "22021"),
    whole("nonsense where nobody looks", GOOD[:-1] + b',"other":{"a":[1,}]}}',
          f'Expected JSON value, but found "}}". (byte {END + 17})'),
    field("t", '"a\\u0000b"', "22P05", ZERO),
    field("j", '{"a":"\\u0000"}', "22P05", ZERO),
    field("j", '{"\\u0000":1}', "22P05", ZERO),
    # ---- size ----
    whole("deep arrays", message(j="[" * 1001 + "]" * 1001), DEEP, "54001"),
    whole("deep objects where nobody looks", message(other='{"a":' * 5000 + "1" + "}" * 5000), DEEP, "54001"),
    whole("a deep beginning", b"[" * 200000, DEEP, "54001"),
    whole("longer than max_message_bytes", message(t='"%s"' % ("y" * 3500000)),
          f"message of {END - 1 + 3500000} bytes is longer than max_message_bytes (3145728)", "54000"),
    # ---- types ----
    syntax("b", "2"), syntax("b", '"maybe"'), syntax("b", '""'), syntax("b", '{"a": 1}'), syntax("b", "[]"),
    syntax("i", '"abc"'), syntax("i", '""'), syntax("i", "1.5"), syntax("i", "true"), syntax("i", "[1, 2]"), syntax("i", '"1 2"'),
    field("i", "2147483648", "22003", 'value "2147483648" is out of range for type integer'),
    field("i", "-2147483649", "22003", 'value "-2147483649" is out of range for type integer'),
    field("i", "1e10", "22003", 'value "10000000000" is out of range for type integer'),
    syntax("l", '"0x1f"'), syntax("l", "1e-1", "0.1"),
    field("l", "9223372036854775808", "22003", 'value "9223372036854775808" is out of range for type bigint'),
    field("l", "-9223372036854775809", "22003", 'value "-9223372036854775809" is out of range for type bigint'),
    field("l", "1e19", "22003", 'value "10000000000000000000" is out of range for type bigint'),
    syntax("d", '"1,5"'), syntax("d", "false"), syntax("d", '""'),
    field("d", '"1e999"', "22003", '"1e999" is out of range for type double precision'),
    field("d", '"-1e309"', "22003", '"-1e309" is out of range for type double precision'),
    field("d", '"1e-400"', "22003", '"1e-400" is out of range for type double precision'),
    field("d", "1e309", "22003", f'"1{"0" * 309}" is out of range for type double precision'),
    syntax("n", '"12,5"'), syntax("n", '"$7"'), syntax("n", "true"),
    field("n", "9999.995", "22003", ROUND), field("n", "-10000", "22003", ROUND), field("n", "1e4", "22003", ROUND),
    field("n", '"Infinity"', "22003", INFINITE),
    field("z", "1e131072", "22003", "value overflows numeric format"), field("z", '"1e200000"', "22003", "value overflows numeric format"),
    syntax("z", '"1.2.3"'), syntax("z", '"-"'),
    syntax("day", '"yesterdays"'), syntax("day", "true"),
    field("day", '"2023-02-29"', "22008", 'date/time field value out of range: "2023-02-29"'),
    field("day", '"2024-13-01"', "22008", 'date/time field value out of range: "2024-13-01"'),
    field("day", '"5874898-01-01"', "22008", 'date out of range: "5874898-01-01"'),
    syntax("ts", '"yes"'), syntax("ts", '""'),
    field("ts", '"2024-03-01 24:00:01"', "22008", 'date/time field value out of range: "2024-03-01 24:00:01"'),
    field("ts", '"2024-03-01 10:60"', "22008", 'date/time field value out of range: "2024-03-01 10:60"'),
    field("ts", '"294277-01-01"', "22008", 'timestamp out of range: "294277-01-01"'),
    field("ts", "1709287200000", "22008", 'date/time field value out of range: "1709287200000"'),
    syntax("tz", '"tomorrows"'),
    field("tz", '"2024-03-01 10:00 Nowhere/City"', "22023", 'time zone "nowhere/city" not recognized'),
    field("tz", '"2024-03-01 10:00+16:00"', "22009", 'time zone displacement out of range: "2024-03-01 10:00+16:00"'),
    field("tz", '"4714-01-01 BC"', "22008", 'timestamp out of range: "4714-01-01 BC"'),
    syntax("iv", '"1 fortnight"'), syntax("iv", '""'), syntax("iv", '"P1Y2X"'), syntax("iv", "true"),
    field("iv", '"200000000 years"', "22008", "interval out of range"),
    field("iv", '"99999999999 days"', "22015", 'interval field value out of range: "99999999999 days"'),
    syntax("u", '"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1"'), syntax("u", '"g0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"'), syntax("u", "12"),
    field("j", "1e200000", "22003", "value overflows numeric format"),
    Kind("the second of two keys counts", GOOD.replace(b'"i":-2147483648', b'"i":1,"i":"x"'), "i", "22P02",
         'invalid input syntax for type integer: "x"'),
    # ---- NULL and time ----
    null("must", "null"), null("must", None), null("event_time", "null"), null("event_time", None),
    syntax("event_time", '"soon"'),
    field("event_time", '"infinity"', "22008", "event time infinity is not finite"),
    field("event_time", '"-infinity"', "22008", "event time -infinity is not finite"),
    field("event_time", '"2024-03-01T11:00:30Z"', "22008",
          "event time 2024-03-01 11:00:30+00 is more than 01:00:00 (max_future) in the future")._replace(only="kafka"),
    # ---- what is beside the value ----
    Kind("a key that is no text", GOOD, "k", "22021", 'invalid byte sequence for encoding "UTF8": 0xff', "kafka", b"\xff\xfe"),
    Kind("a key with a NUL", GOOD, "k", "22021", 'invalid byte sequence for encoding "UTF8": 0x00', "kafka", b"a\0b"),
]

# Messages that look bad and are rows: what i, t and j come out as.
ODD = [
    ("2 MB", message(t='"%s"' % ("y" * (2 << 20))), "-2147483648", "y" * 20),
    ("a key twice, the last one counts", GOOD.replace(b'"i":-2147483648', b'"i":"x","i":5'), "5", "x"),
    ("1e3 is an integer", message(i="1e3"), "1000", "x"),
    ("a number as text", message(i='" 12 "'), "12", "x"),
    ("other members are nobody's business", message(other='["\\u0000", 1e999999, {}]'), "-2147483648", "x"),
    ("blanks around", b" \t" + GOOD + b"\r", "-2147483648", "x"),
    ("999 levels", message(j="[" * 999 + "]" * 999), "-2147483648", "x"),
    ("escapes", message(t='"\\ud83d\\ude00\\u20ac\\/\\b"'), "-2147483648", "\U0001f600\u20ac/\b"),
    ("text that is not text", message(t='{"a" :[1.50,true]}'), "-2147483648", '{"a": [1.50, true]}'),
]

TOMBSTONE = "tombstone"  # a message without a value, over Kafka

JOB = """
CREATE STREAM bad ({columns},
    o bigint METADATA FROM 'offset', p integer METADATA FROM 'partition', k text METADATA FROM 'key',
    WATERMARK FOR event_time AS event_time - INTERVAL '5 seconds'
) WITH ({source}, format = 'json', max_message_bytes = '3MB'{options});
CREATE SINK out WITH (location = '{folder}/out/', format = 'csv')
AS SELECT p, o, i, substring(t, 1, 20) AS t, id, b, l, d, n, z, day, ts, tz, iv, u, substring(j::text, 1, 20) AS j, must, k FROM bad;
"""

ROW = ("-2147483648", "x", "7", "true", "9223372036854775807", "1.5e+300", "9999.99", "0.1", "2024-02-29",
       "2024-02-29 23:59:59.999999+00:00", "2024-02-29 18:29:59.000000+00:00", "P1M2DT3H", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
       '{"a": [1, {"b": null', "y")


CSV_GOOD = b'1,"a ""quoted"", text",9999.994,2024-03-01 10:00:00+00'
CSV_ROW = ("1", 'a "quoted", text', "9999.99")
MISSING = 'missing data for column "%s"'


def csv(name, value, reason, sqlstate="22P04", column=None, **more):
    return Kind(name, value, column, sqlstate, reason, **more)


CSV_KINDS = [
    csv("no bytes", b"", MISSING % "t", only="kafka"),
    csv("one field", b"1", MISSING % "t"),
    csv("a field too few", b"1,x,2.5", MISSING % "event_time"),
    csv("a field too many", CSV_GOOD + b",", "extra data after last expected column"),
    csv("semicolons", CSV_GOOD.replace(b",", b";"), MISSING % "t"),
    csv("tabs", b"1\tx\t2.5\t2024-03-01", MISSING % "t"),
    csv("a quote in the middle", b'1,x"y,2.5,2024-03-01 10:00:00+00', "unterminated CSV quoted field", only="kafka"),
    csv("an unterminated quote", b'1,"x,2.5,2024-03-01 10:00:00+00', "unterminated CSV quoted field", only="kafka"),
    csv("a header", b"id,t,n,event_time", 'invalid input syntax for type integer: "id"', "22P02", "id"),
    csv("a byte order mark", b"\xef\xbb\xbf" + CSV_GOOD, 'invalid input syntax for type integer: "\ufeff1"', "22P02", "id"),
    csv("blanks before a number are fine, text is not", b" one" + CSV_GOOD[1:], 'invalid input syntax for type integer: " one"',
        "22P02", "id"),
    csv("an empty string is no number", b'""' + CSV_GOOD[1:], 'invalid input syntax for type integer: ""', "22P02", "id"),
    csv("an integer too large", b"2147483648" + CSV_GOOD[1:], 'value "2147483648" is out of range for type integer', "22003", "id"),
    csv("a numeric too large", CSV_GOOD.replace(b"994", b"995"), ROUND, "22003", "n"),
    csv("a decimal comma", b'1,x,"2,5",2024-03-01 10:00:00+00', 'invalid input syntax for type numeric: "2,5"', "22P02", "n"),
    csv("no event time", b"1,x,2.5,", 'null value in column "event_time" of relation "bad" violates not-null constraint', "23502",
        "event_time"),
    csv("a wrong event time", b"1,x,2.5,03/40/2024", 'date/time field value out of range: "03/40/2024"', "22008", "event_time"),
    csv("invalid UTF-8", b"1,\xffx,2.5,2024-03-01 10:00:00+00", 'invalid byte sequence for encoding "UTF8": 0xff', "22021"),
    csv("a NUL", b"1,\0,2.5,2024-03-01 10:00:00+00", 'invalid byte sequence for encoding "UTF8": 0x00', "22021"),
    csv("longer than max_message_bytes", b"1," + b"x" * 4000000 + b",2.5,2024-03-01 10:00:00+00",
        "message of 4000029 bytes is longer than max_message_bytes (3145728)", "54000"),
]
CSV_ODD = [
    ("2 MB", b"7," + b"x" * (2 << 20) + b",2.5,2024-03-01 10:00:00+00", "7", "x" * 20, "2.50"),
    ("NULLs", b',,,"2024-03-01 10:00:00+00"', None, None, None),
    ("a backslash is no escape", b'1,"x\\",2.5,2024-03-01 10:00:00+00', "1", "x\\", "2.50"),
    ("an empty string", b'8,"",3,2024-03-01 10:00:00+00', "8", "", "3.00"),
    ("quotes that open and close again", b'9,a"b,"c,4,2024-03-01 10:00:00+00', "9", "ab,c", "4.00"),
    ("a line break", b'10,"a\nb",-5,2024-03-01 10:00:00+00', "10", "a\nb", "-5.00"),
]
CSV_JOB = """
CREATE STREAM bad (id integer, t text, n numeric(6,2), event_time timestamptz NOT NULL,
    o bigint METADATA FROM 'offset', p integer METADATA FROM 'partition',
    WATERMARK FOR event_time AS event_time - INTERVAL '5 seconds'
) WITH ({source}, format = 'csv', max_message_bytes = '3MB'{options});
CREATE SINK out WITH (location = '{folder}/out/', format = 'csv') AS SELECT p, o, id, substring(t, 1, 20) AS t, n FROM bad;
"""


def layout(source, partitions=2, kinds=KINDS, odd=ODD):
    """What is in each partition: a list of Kinds, ODD entries, and None for good messages, which stand around each other one."""
    lists = [[None] for _ in range(partitions)]
    for number, entry in enumerate([kind for kind in kinds if kind.only in (None, source)] + odd):
        lists[number % partitions] += [entry, None]
    return lists


def value_of(entry, good=GOOD):
    return good if entry is None else entry.value if isinstance(entry, Kind) else entry[1]


def run(folder, source, job=JOB, options="", commit_rows=40, check=0):
    """Runs a job in batch in a folder of its own, where it also writes."""
    folder = pathlib.Path(folder)
    folder.mkdir(exist_ok=True)
    columns = ", ".join(f"{name} {type_}" for name, (type_, _) in COLUMNS.items())
    (folder / "bad.sql").write_text(job.format(columns=columns, source=source, options=options, folder=folder))
    return weir.run("--batch", "-q", "-v", "VERBOSITY=verbose", "-c", f"SET commit_rows = {commit_rows}",
                    "-f", folder / "bad.sql", check=check)


def kept(folder):
    return state.State(pathlib.Path(folder) / ".weir" / "bad")


def rows(folder):
    """Partition and offset of each row of the sink, and the rest of it."""
    found = [row for path in csv_reader.data_objects(pathlib.Path(folder) / "out") for row in csv_reader.read(path)]
    return {(int(row[0]), int(row[1])): row[2:] for row in found}


def check_run(case, folder, lists, topic, time=lambda partition, offset: None, good=ROW):
    """Every bad message is a dead letter that says where and why, every other one a row, and nothing else is there."""
    dead = {(d.fields["partition"], d.fields["offset"]): d for d in kept(folder).dead()}
    out = rows(folder)
    for p, entries in enumerate(lists):
        for o, entry in enumerate(entries):
            place = (p, o)
            with case.subTest(entry.name if isinstance(entry, Kind) else entry and entry[0], place=place):
                if entry == TOMBSTONE:
                    continue
                if not isinstance(entry, Kind):
                    case.assertNotIn(place, dead)
                    expected = good if entry is None else entry[2:]
                    case.assertEqual(out.pop(place)[:len(expected)], expected)
                    continue
                case.assertNotIn(place, out)
                letter = dead.pop(place)
                check_letter(case, letter, entry)
                case.assertEqual((letter.owner, letter.fields["stream"], letter.fields["topic"], letter.fields.get("timestamp")),
                                 ("bad", "bad", str(topic), time(p, o)))
    case.assertEqual((dead, out), ({}, {}))
    kept(folder).check()


def check_letter(case, letter, kind):
    fields = letter.fields
    case.assertEqual((fields.get("field"), fields["sqlstate"], fields["reason"]), (kind.field, kind.sqlstate, kind.reason))
    case.assertEqual(letter.value, kind.value[:64 * 1024])
    cut = len(kind.value) > 64 * 1024
    digest = hashlib.sha256(kind.value).hexdigest()
    case.assertEqual((fields.get("value_length"), fields.get("value_sha256")), (len(kind.value), digest) if cut else (None, None))
    case.assertEqual(fields.get("key"), kind.key and base64.b64encode(kind.key).decode())
