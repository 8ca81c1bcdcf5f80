"""snowflake_load.py: how the tests' Snowflake reads a file into a table's rows: records with their lines, COPY's SELECT, values by
type, errors counted as ON_ERROR says; and values on their way out, as the SQL API writes them.

Rows are texts for PostgreSQL's COPY.
"""
import base64
import collections
import datetime
import decimal
import json
import re
import subprocess
import zoneinfo

from lib import pg_wire, snowflake
from lib.snowflake import LoadError
from lib.snowflake_statements import SnowflakeError

MINUTE = datetime.timedelta(minutes=1)
Loaded = collections.namedtuple("Loaded", "status rows parsed errors limit first line character column")
Result = collections.namedtuple("Result", "columns rows stats", defaults=(None,))
PG_TYPES = {"NUMBER": "numeric", "FLOAT": "float8", "DECFLOAT": "numeric", "VARCHAR": "text", "BINARY": "bytea", "BOOLEAN": "boolean",
            "DATE": "date", "TIME": "time", "TIMESTAMP_NTZ": "timestamp", "TIMESTAMP_LTZ": "timestamptz", "UUID": "uuid",
            "TIMESTAMP_TZ": "snowflake.timestamp_tz", "VARIANT": "jsonb", "ARRAY": "jsonb", "OBJECT": "jsonb"}


def pg_type(kind):
    return f"numeric({kind[1]},{kind[2]})" if kind[0] == "NUMBER" else PG_TYPES[kind[0]]


def decompress(data, how):
    if how == "ZSTD" or how == "AUTO" and data[:4] == b"\x28\xb5\x2f\xfd":
        done = subprocess.run(["zstd", "-dcq"], input=data, capture_output=True, check=False, timeout=120)
        if done.returncode != 0:
            raise LoadError(f"not ZSTD: {done.stderr.decode()}")
        return done.stdout
    return snowflake.inflate(data, how)


# ---- records ----

def numbered_records(text, options):
    """(line, character, fields or LoadError) of every record; after an error of structure there are no more."""
    skipped = 0
    for _ in range(options["SKIP_HEADER"] or (1 if options["PARSE_HEADER"] else 0)):
        skipped += len(text[skipped:].partition("\n")[0]) + 1
    fields = snowflake.Fields(text[skipped:], options)
    line, start, record = 1 + text.count("\n", 0, skipped), 0, []
    while fields.at < len(fields.text):
        try:
            ended, blank = read_record(fields, record)
        except LoadError as error:
            yield line, fields.at - start + 1, error
            return
        if not ended:
            yield line, fields.at - start + 1, LoadError("the last record ends with a field delimiter")
            return
        if blank and not options["SKIP_BLANK_LINES"]:
            yield line, 1, LoadError("end of record instead of a field")
        elif not blank:
            yield line, 1, record
        line += fields.text.count("\n", start, fields.at)
        start, record = fields.at, []


def read_record(fields, record):
    """Fills in the fields of one record; whether it ended, and whether it is a blank line."""
    start, end = fields.at, "field"
    while end == "field":
        if fields.at >= len(fields.text):
            return False, False
        value, end = fields.next()
        record.append(value)
    return True, len(record) == 1 and fields.text[start:fields.at] in fields.records


def json_records(text, options):
    """The same of a file of JSON: one record for each value, with one field, which is a VARIANT."""
    decoder, at, space = json.JSONDecoder(), 0, re.compile(r"[ \t\r\n]*")
    while (at := space.match(text, at).end()) < len(text):
        line = 1 + text.count("\n", 0, at)
        try:
            value, end = decoder.raw_decode(text, at)
            inner = [json.dumps(item) for item in value] if options["STRIP_OUTER_ARRAY"] and isinstance(value, list) else [text[at:end]]
            yield from ((line, 1, [snowflake.Json(item)]) for item in inner)
        except (ValueError, LoadError) as error:
            yield line, 1, LoadError(f"Error parsing JSON: {error}")
            return
        at = end


# ---- values ----

def to_binary(text, how):
    try:
        if how == "UTF8":
            data = text.encode()
        elif how == "BASE64":
            data = base64.b64decode(text, validate=True)
        else:
            if not re.fullmatch(r"([0-9a-fA-F]{2})*", text):
                raise ValueError(text)
            data = bytes.fromhex(text)
    except ValueError as error:
        raise LoadError(f"The following string is not a legal {how}-encoded value: '{text[:50]}'") from error
    return "\\x" + data.hex()


def to_bytes(value, options, length):
    text = value if value.startswith("\\x") and isinstance(value, Converted) else to_binary(value, options["BINARY_FORMAT"])
    if len(text) // 2 - 1 > length:
        raise LoadError(f"{len(text) // 2 - 1} bytes in BINARY({length})")
    return text


class Converted(str):
    """A value of BINARY out of TO_BINARY, in PostgreSQL's hexadecimal form."""


def to_plain_text(value, length):
    text = snowflake.to_text(value, length)
    if "\0" in text:
        raise LoadError("text with a NUL can't be kept here")
    return text


def at_most(value, digits):
    """Cut to the digits of a second that the type has."""
    return value.replace(microsecond=value.microsecond // 10 ** (6 - digits) * 10 ** (6 - digits)) if digits < 6 else value


def iso(value):
    """As PostgreSQL reads it, years with four digits."""
    return value.isoformat(sep=" ")


def with_zone(value, options, session, digits):
    """A moment where its offset is; without one it is in the session's zone, which is not UTC unless somebody says so."""
    found = snowflake.moment(value, "TIMESTAMP", options, session)
    if found.tzinfo is None:
        found = found.replace(tzinfo=zoneinfo.ZoneInfo(session["TIMEZONE"]))
    try:
        found.astimezone(datetime.timezone.utc)
        return at_most(found.astimezone(datetime.timezone(datetime.timedelta(minutes=found.utcoffset() // MINUTE))), digits)
    except OverflowError as error:
        raise LoadError(f"{value!r} is out of range") from error


def with_offset(value, options, session, digits):
    """As PostgreSQL writes it, in the zone where it was."""
    found = with_zone(value, options, session, digits)
    minutes = found.utcoffset() // MINUTE
    local, _, fraction = iso(found.replace(tzinfo=None)).partition(".")
    offset = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}".removesuffix(":00")
    return local + ("." + fraction.rstrip("0") if fraction else "") + offset


def in_utc(value, options, session, digits):
    return iso(with_zone(value, options, session, digits).astimezone(datetime.timezone.utc))


def dump(value):
    """JSON for PostgreSQL, numbers with all their digits."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{dump(key)}: {dump(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(dump, value)) + "]"
    if isinstance(value, str) and "\0" in value:
        raise LoadError("\\u0000 makes a VARIANT unreadable")
    return format(value, "f") if isinstance(value, decimal.Decimal) else json.dumps(value)


def to_semi_structured(value, kind):
    found = snowflake.to_variant(value)
    if kind == "ARRAY" and not isinstance(found, list) or kind == "OBJECT" and not isinstance(found, dict):
        raise LoadError(f"no {kind}: {dump(found)[:50]}")
    return dump(found)


def to_uuid(value):
    if not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", value, re.I | re.A):
        raise LoadError(f"{value!r} is no UUID")
    return value.lower()


def to_decfloat(value):
    number = decimal.Decimal(snowflake.to_number(value, 10000, 5000)) if len(value) < 5000 else None
    if number is None or len(number.normalize(snowflake.WIDE).as_tuple().digits) > 38:
        raise LoadError(f"{value!r} has more than 38 digits")
    return format(number, "f")


CONVERSIONS = {
    "BOOLEAN": lambda v, f, s: str(snowflake.to_boolean(v)).lower(),
    "NUMBER": lambda v, f, s, precision, scale: format(snowflake.to_number(v, precision, scale), "f"),
    "FLOAT": lambda v, f, s: repr(snowflake.to_float(v)), "DECFLOAT": lambda v, f, s: to_decfloat(v),
    "VARCHAR": lambda v, f, s, length: to_plain_text(v, length), "BINARY": lambda v, f, s, length: to_bytes(v, f, length),
    "DATE": lambda v, f, s: snowflake.moment(v, "DATE", f, s).date().isoformat(),
    "TIME": lambda v, f, s, digits: at_most(snowflake.moment(v, "TIME", f, s), digits).time().isoformat(),
    "TIMESTAMP_NTZ": lambda v, f, s, digits: iso(at_most(snowflake.moment(v, "TIMESTAMP", f, s).replace(tzinfo=None), digits)),
    "TIMESTAMP_TZ": with_offset, "TIMESTAMP_LTZ": in_utc, "UUID": lambda v, f, s: to_uuid(v),
    "VARIANT": lambda v, f, s: to_semi_structured(v, "VARIANT"), "ARRAY": lambda v, f, s: to_semi_structured(v, "ARRAY"),
    "OBJECT": lambda v, f, s: to_semi_structured(v, "OBJECT"),
}


def convert(value, kind, options, session):
    if value is None:
        return None
    if isinstance(value, snowflake.Json) and kind[0] not in ("VARIANT", "ARRAY", "OBJECT"):
        raise LoadError(f"a VARIANT for {kind[0]}")
    return CONVERSIONS[kind[0]](value, options, session, *kind[1:])


# ---- COPY's SELECT ----

class Source:
    """What the expressions of one file's SELECT see."""

    def __init__(self, options, session, metadata):
        self.options, self.session, self.metadata, self.fields, self.row = options, session, metadata, [], 0

    def value(self, expression):
        what, *rest = expression
        return getattr(self, "value_of_" + what)(*rest)

    def value_of_field(self, number):
        """A field that is not there is NULL."""
        return self.fields[number - 1] if number <= len(self.fields) else None

    def value_of_text(self, text):
        return text

    def value_of_metadata(self, name):
        return str(self.row) if name == "METADATA$FILE_ROW_NUMBER" else self.metadata[name]

    def value_of_cast(self, expression, kind):
        return convert(self.value(expression), kind, self.options, self.session)

    def value_of_call(self, name, arguments):
        values = [self.value(argument) for argument in arguments]
        if name == "NVL":
            return values[1] if values[0] is None else values[0]
        if name == "NULLIF":
            return None if values[0] == values[1] else values[0]
        if values[0] is None:
            return None
        if name == "TO_BINARY":
            return Converted(to_binary(values[0], values[1].upper() if len(values) > 1 else "HEX"))
        if name in ("TO_ARRAY", "TO_OBJECT", "TO_VARIANT"):
            snowflake.to_variant(values[0])
            return values[0]
        return {"PARSE_JSON": snowflake.Json, "TO_BOOLEAN": to_boolean_word, "TRIM": str.strip,
                "TO_DOUBLE": lambda text: repr(snowflake.to_float(text))}[name](values[0])


def to_boolean_word(text):
    for words, value in ((("true", "t", "yes", "y", "on", "1"), "true"), (("false", "f", "no", "n", "off", "0"), "false")):
        if text.lower() in words:
            return value
    raise LoadError(f"Boolean value '{text}' is not recognized")


# ---- files ----

class FileLoader:
    """Reads one file for a COPY. columns: [(name, type, not null)] that it fills, in its order."""

    def __init__(self, copy, table, columns, options, session, metadata):
        self.copy, self.table, self.columns, self.options, self.session = copy, table, columns, options, session
        self.source = Source(options, session, metadata)
        self.rows, self.parsed, self.errors, self.first = [], 0, 0, (None, None, None, None)

    def load(self, data):
        try:
            text = snowflake.decode(decompress(data, self.options["COMPRESSION"]), self.options)
        except LoadError as error:
            self.note(error, 1, 1, None)
            return self.verdict()
        records = json_records if self.options.get("TYPE") == "JSON" else numbered_records
        for line, character, record in records(text, self.options):
            self.parsed += 1
            if isinstance(record, LoadError):
                self.note(record, line, character, None)
            else:
                self.take(line, record)
        return self.verdict()

    def note(self, error, line, character, column):
        if self.errors == 0:
            self.first = (str(error), line, character, column)
        self.errors += 1

    def take(self, line, record):
        self.source.fields, self.source.row = record, self.source.row + 1
        if self.copy["select"] is None and len(record) != len(self.columns):
            if self.options.get("ERROR_ON_COLUMN_COUNT_MISMATCH", True):
                self.note(LoadError(f"Number of columns in file ({len(record)}) does not match that of the corresponding table "
                                    f"({len(self.columns)})"), line, 1, None)
                return
            record = (record + [None] * len(self.columns))[:len(self.columns)]
        row = []
        for number, (name, kind, not_null) in enumerate(self.columns):
            try:
                value = self.source.value(self.copy["select"][number]) if self.copy["select"] else record[number]
                value = convert(value, kind, self.options, self.session)
                if value is None and not_null:
                    raise LoadError("NULL result in a non-nullable column")
            except LoadError as error:
                self.note(error, line, 1, f'"{self.table}"["{name}":{number + 1}]')
                return
            row.append(value)
        self.rows.append(row)

    def verdict(self):
        how = self.copy["on_error"]
        match = re.fullmatch(r"SKIP_FILE_(\d+)(%?)", how)
        limit = 1 if how in ("ABORT_STATEMENT", "SKIP_FILE") else max(self.parsed, 1)
        if match:
            limit = max(1, int(match[1])) if not match[2] else max(1, -(-self.parsed * int(match[1]) // 100))
        failed = self.errors >= limit if how != "CONTINUE" else self.errors > 0 and not self.rows
        status = "LOAD_FAILED" if failed else "PARTIALLY_LOADED" if self.errors else "LOADED"
        return Loaded(status, [] if failed else self.rows, self.parsed, self.errors, limit, *self.first)


# ---- on the way out ----

def moment_of(text):
    """Of a timestamp as PostgreSQL writes it."""
    text = re.sub(r"\.(\d+)", lambda match: "." + match[1].ljust(6, "0"), text)
    return datetime.datetime.fromisoformat(re.sub(r"(:[\d.]+) ?([+-]\d\d)$", r"\1\2:00", text))


def seconds_of(text):
    """Seconds since 1970 with nine digits, of PostgreSQL's timestamp, with UTC's offset or none."""
    moment = moment_of(text).replace(tzinfo=None)
    micros = (moment - datetime.datetime(1970, 1, 1)) // datetime.timedelta(microseconds=1)
    sign, micros = "-" if micros < 0 else "", abs(micros)
    return f"{sign}{micros // 10 ** 6}.{micros % 10 ** 6:06}000"


def seconds_and_offset_of(text):
    """The same of a TIMESTAMP_TZ, and its offset: minutes east of Greenwich and 1440."""
    try:
        local = moment_of(re.sub(r" +([+-])", r"\1", text))
    except ValueError as error:
        raise SnowflakeError(f"Timestamp '{text}' is not recognized", "100035", "22007") from error
    offset = local.utcoffset() or datetime.timedelta()
    return f"{seconds_of(str(local.replace(tzinfo=None) - offset))} {1440 + offset // MINUTE}"


def time_of(text):
    hours, minutes, rest = text.split(":")
    whole, _, fraction = rest.partition(".")
    return f"{int(hours) * 3600 + int(minutes) * 60 + int(whole)}.{fraction.ljust(9, '0')}"


def days_of(text):
    return str((datetime.date.fromisoformat(text) - datetime.date(1970, 1, 1)).days)


def pretty(value, indent="\n"):
    """JSON as Snowflake shows a VARIANT: keys in order, two blanks a level, numbers with all their digits."""
    inner = indent + "  "
    if isinstance(value, dict) and value:
        return "{" + ",".join(f"{inner}{dump(key)}: {pretty(value[key], inner)}" for key in sorted(value)) + indent + "}"
    if isinstance(value, list) and value:
        return "[" + ",".join(inner + pretty(item, inner) for item in value) + indent + "]"
    return dump(value) if not isinstance(value, str) else json.dumps(value, ensure_ascii=False)


TIMESTAMP_TZ = -1  # stands for the OID of snowflake.timestamp_tz, which each database has another for
# OID of PostgreSQL's type: type, value's text
OUT = {16: ("boolean", lambda text: "true" if text == "t" else "false"), 17: ("binary", lambda text: text[2:].upper()),
       20: ("fixed", str), 21: ("fixed", str), 23: ("fixed", str), 1700: ("fixed", str), 700: ("real", str),
       701: ("real", lambda text: {"Infinity": "inf", "-Infinity": "-inf"}.get(text, text)), 1082: ("date", days_of),
       1083: ("time", time_of), 1114: ("timestamp_ntz", seconds_of), 1184: ("timestamp_ltz", seconds_of),
       TIMESTAMP_TZ: ("timestamp_tz", seconds_and_offset_of),
       3802: ("variant", lambda text: pretty(json.loads(text, parse_int=decimal.Decimal, parse_float=decimal.Decimal)))}


def described(column, name, nullable=True):
    """rowType's entry of a column of a result of PostgreSQL's."""
    kind = OUT.get(column.oid, ("text", str))[0]
    precision = scale = length = None
    if kind == "fixed":
        precision, scale = (38, 0) if column.modifier < 0 else ((column.modifier - 4) >> 16, (column.modifier - 4) & 0xFFFF)
    elif kind.startswith("time"):
        precision, scale = 0, 9
    elif kind == "text":
        length = 16777216
    return {"name": name, "database": "", "schema": "", "table": "", "nullable": nullable, "type": kind, "precision": precision,
            "scale": scale, "length": length, "byteLength": length and length * 4, "collation": None}


def shown(column, text):
    return None if text is None else OUT.get(column.oid, ("text", str))[1](text)


def text_column(name, oid=25):
    """rowType's entry of a column that is no table's."""
    return described(pg_wire.Column(name, 0, 0, oid, -1), name)
