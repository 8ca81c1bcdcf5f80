"""snowflake.py: what Snowflake does with a CSV file, by its documents: the statements are parsed, and files are read by the options
of CREATE FILE FORMAT, loaded by the COPY, and typed by CREATE TABLE. Options that the statement forgets have Snowflake's defaults.

Shares nothing with Weir. Stricter than Snowflake where silence would hide a fault: an unknown option or type is an error.
"""
import bz2
import datetime
import decimal
import gzip
import json
import re
import zlib


class DdlError(Exception):
    """Snowflake would not take the statement."""


class LoadError(Exception):
    """Snowflake would not take the file."""


# ---- statements ----

TOKEN = re.compile(r"""\s+ | --[^\n]* | (?P<string>'(?:[^'\\]|''|\\.)*') | (?P<name>"(?:[^"]|"")+") | (?P<word>[A-Za-z_][\w$]*)
                       | (?P<number>\d+) | (?P<field>\$\d+) | (?P<punctuation>[(),.;=@/])""", re.X | re.S)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "0": "\0"}


def unquote_string(text):
    """The value of a string constant: '' is a quote, a backslash escapes."""
    def value(match):
        code = match[1]
        if code == "'":
            return "'"
        if code[0] in "xu":
            return chr(int(code[1:], 16))
        return ESCAPES.get(code, code)
    return re.sub(r"'(')|\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)", lambda m: value([None, m[1] or m[2]]), text[1:-1], flags=re.S)


def tokens(sql):
    """(kind, value) of every token; words in upper case, names and strings without quotes."""
    at = 0
    while at < len(sql):
        match = TOKEN.match(sql, at)
        if not match:
            raise DdlError(f"unexpected {sql[at:at + 30]!r}")
        at = match.end()
        kind = match.lastgroup
        if kind == "string":
            yield kind, unquote_string(match[0])
        elif kind == "name":
            yield kind, match[0][1:-1].replace('""', '"')
        elif kind == "word":
            yield kind, match[0].upper()
        elif kind:
            yield kind, match[0]
    yield "end", ""


BOOLEAN = {"TRUE": True, "FALSE": False}
NO = {"NONE": None}
# Option: default, words that it takes, whether it takes a string.
FORMAT_OPTIONS = {
    "COMPRESSION": ("AUTO", ("AUTO", "GZIP", "BZ2", "BROTLI", "ZSTD", "DEFLATE", "RAW_DEFLATE", "NONE"), False),
    "RECORD_DELIMITER": (("\r\n", "\n"), NO, True), "FIELD_DELIMITER": (",", NO, True), "MULTI_LINE": (True, BOOLEAN, False),
    "PARSE_HEADER": (False, BOOLEAN, False), "SKIP_HEADER": (0, "number", False), "SKIP_BLANK_LINES": (False, BOOLEAN, False),
    "DATE_FORMAT": ("AUTO", ("AUTO",), True), "TIME_FORMAT": ("AUTO", ("AUTO",), True),
    "TIMESTAMP_FORMAT": ("AUTO", ("AUTO",), True), "BINARY_FORMAT": ("HEX", ("HEX", "BASE64", "UTF8"), False),
    "ESCAPE": (None, NO, True), "ESCAPE_UNENCLOSED_FIELD": ("\\", NO, True), "TRIM_SPACE": (False, BOOLEAN, False),
    "FIELD_OPTIONALLY_ENCLOSED_BY": (None, NO, True), "NULL_IF": (("\\N",), "list", False),
    "ERROR_ON_COLUMN_COUNT_MISMATCH": (True, BOOLEAN, False), "REPLACE_INVALID_CHARACTERS": (False, BOOLEAN, False),
    "EMPTY_FIELD_AS_NULL": (True, BOOLEAN, False), "SKIP_BYTE_ORDER_MARK": (True, BOOLEAN, False),
    "ENCODING": ("UTF8", ("UTF8",), True),
}


class Parser:
    """One run over the tokens of a script; what it declares is added to the warehouse."""

    def __init__(self, sql, warehouse):
        self.tokens = list(tokens(sql))
        self.warehouse = warehouse

    def next(self):
        return self.tokens.pop(0)

    def accept(self, *words):
        if [value for _, value in self.tokens[:len(words)]] != list(words) or self.tokens[0][0] in ("name", "string"):
            return False
        del self.tokens[:len(words)]
        return True

    def expect(self, *words):
        if not self.accept(*words):
            raise DdlError(f"expected {' '.join(words)}, not {self.tokens[:4]}")

    def take(self, kind):
        if self.tokens[0][0] != kind:
            raise DdlError(f"expected a {kind}, not {self.tokens[:4]}")
        return self.next()[1]

    def part(self):
        kind, value = self.next()
        if kind not in ("name", "word") or len(value) > 255:
            raise DdlError(f"{value!r} is not a name")
        return value

    def name(self):
        parts = [self.part()]
        while self.accept("."):
            parts.append(self.part())
        if len(parts) > 3:
            raise DdlError(f"too many parts: {parts}")
        return tuple(parts)

    def location(self):
        """@stage, or the same as a string: that is how a stage is named whose name has other characters."""
        if self.tokens[0][0] == "string":
            parser = Parser(self.take("string"), None)
            name = parser.location()
            parser.take("end")
            return name
        self.expect("@")
        return self.bare_name()

    def bare_name(self):
        name = self.name()
        self.accept("/")
        return name

    def assigned(self, kind):
        self.expect("=")
        return self.take(kind)

    def run(self):
        while self.tokens[0][0] != "end":
            self.statement()
            self.expect(";")

    KINDS = {"FILE FORMAT": "file_format", "STAGE": "stage", "TABLE": "table", "PIPE": "pipe", "ROLE": "role", "TASK": "task",
             "STORAGE INTEGRATION": "integration", "VIEW": "view"}

    def statement(self):
        if self.accept("COPY", "INTO"):
            self.warehouse.copies.append(self.copy())
        elif self.accept("GRANT"):
            self.grant()
        elif self.accept("ALTER", "TASK"):
            self.exists("TASK", self.name())["resumed"] = True
            self.expect("RESUME")
        elif self.accept("ALTER", "TABLE"):
            table = self.exists("TABLE", self.name())
            self.expect("ADD", "COLUMN", "IF", "NOT", "EXISTS")
            table.setdefault(self.part(), self.type())
        else:
            self.create()

    def create(self):
        """IF NOT EXISTS: what is there stays. Only a view may be replaced, which has no rows and no history."""
        self.expect("CREATE")
        replace = self.accept("OR", "REPLACE")
        for kind in ("VIEW",) if replace else self.KINDS:
            if not self.accept(*kind.split()):
                continue
            if not replace:
                self.expect("IF", "NOT", "EXISTS")
            name = self.name()
            there = (kind, name) in self.warehouse.objects
            if there and not self.warehouse.again:
                raise DdlError(f"{kind} {name} is there: the statement does nothing")
            new = getattr(self, self.KINDS[kind])()
            if replace or not there:
                self.warehouse.objects[kind, name] = new
            return
        raise DdlError(f"unknown statement: {self.tokens[:4]}")

    def exists(self, kind, name):
        if (kind, name) not in self.warehouse.objects:
            raise DdlError(f"no {kind} {name}")
        return self.warehouse.objects[kind, name]

    PRIVILEGES = {"DATABASE": {"USAGE"}, "SCHEMA": {"USAGE"}, "WAREHOUSE": {"USAGE"}, "FILE FORMAT": {"USAGE"}, "VIEW": {"SELECT"},
                  "STAGE": {"USAGE", "READ", "WRITE"}, "TABLE": {"SELECT", "INSERT"}, "PIPE": {"OPERATE", "MONITOR"}}

    def grant(self):
        privileges = [self.take("word")]
        while self.accept(","):
            privileges.append(self.take("word"))
        self.expect("ON")
        [kind] = [kind for kind in self.PRIVILEGES if self.accept(*kind.split())]
        name = self.name()
        if kind not in ("DATABASE", "SCHEMA", "WAREHOUSE"):
            self.exists(kind, name)
        if not set(privileges) <= self.PRIVILEGES[kind]:
            raise DdlError(f"{privileges} on {kind}")
        if kind == "STAGE" and (self.exists(kind, name)["url"] is None) == ("USAGE" in privileges):
            raise DdlError(f"{privileges} on the stage {name}")
        if privileges == ["WRITE"] and ("READ", "STAGE", name) not in self.warehouse.grants:
            raise DdlError("WRITE needs READ")
        self.expect("TO", "ROLE")
        self.exists("ROLE", (self.part(),))
        self.warehouse.grants |= {(privilege, kind, name) for privilege in privileges}

    def role(self):
        self.comment()
        return {}

    def integration(self):
        self.expect("TYPE", "=", "EXTERNAL_STAGE", "STORAGE_PROVIDER")
        provider = self.assigned("string")
        self.expect("ENABLED", "=", "TRUE", "STORAGE_AWS_ROLE_ARN")
        role = self.assigned("string")
        if not re.fullmatch(r"arn:aws[a-z-]*:iam::\d{12}:role/.+", role):
            raise DdlError(f"ARN {role!r}")
        external_id = self.assigned("string") if self.accept("STORAGE_AWS_EXTERNAL_ID") else None
        self.expect("STORAGE_ALLOWED_LOCATIONS", "=")
        allowed = self.strings()
        scheme = {"S3": "s3://", "S3GOV": "s3gov://", "S3CHINA": "s3china://"}[provider]
        if not allowed or not all(url.startswith(scheme) and url.endswith("/") for url in allowed):
            raise DdlError(f"allowed: {allowed}")
        self.comment()
        return {"role": role, "external_id": external_id, "allowed": allowed}

    def view(self):
        """The one kind of view there is: a column list of a table, and each row of a file once."""
        self.accept("COPY", "GRANTS")
        self.comment()
        self.expect("AS", "SELECT")
        columns = [self.part()]
        while self.accept(","):
            columns.append(self.part())
        self.expect("FROM")
        table = self.exists("TABLE", self.name())
        self.expect("QUALIFY")
        file = self.part()
        self.expect("IS", "NULL", "OR", "ROW_NUMBER", "(", ")", "OVER", "(", "PARTITION", "BY")
        key = [self.part()]
        self.expect(",")
        key.append(self.part())
        self.expect("ORDER", "BY")
        order = self.part()
        self.expect(")", "=", "1")
        if file != key[0] or order != key[1] or not set(columns) <= set(table) or key != columns[-2:]:
            raise DdlError(f"view of {columns} by {key}")
        return {"columns": columns, "key": key}

    def task(self):
        task = {"warehouse": None, "resumed": False}
        if self.accept("WAREHOUSE", "="):
            task["warehouse"] = self.part()
        self.expect("SCHEDULE")
        task["schedule"] = self.assigned("string")
        if not re.fullmatch(r"\d+ MINUTE", task["schedule"]):
            raise DdlError(f"schedule {task['schedule']!r}")
        self.comment()
        self.expect("AS", "COPY", "INTO")
        task["copy"] = self.copy()
        return task

    def option_value(self, name):
        _, choices, string = FORMAT_OPTIONS[name]
        self.expect("=")
        kind, value = self.tokens[0]
        if choices == "list":
            return self.strings()
        if choices == "number" and kind == "number":
            return int(self.next()[1])
        if string and kind == "string":
            return self.next()[1]
        if kind == "word" and value in choices:
            self.next()
            return choices[value] if isinstance(choices, dict) else value
        raise DdlError(f"{name} = {value!r}")

    def strings(self):
        values = []
        self.expect("(")
        while not self.accept(")"):
            values.append(self.take("string"))
            self.accept(",")
        return tuple(values)

    def file_format(self):
        if self.accept("TYPE", "=", "JSON"):
            return self.json_format()
        options = {"TYPE": "CSV", **{name: default for name, (default, _, _) in FORMAT_OPTIONS.items()}}
        given = set()
        self.expect("TYPE", "=", "CSV")
        while self.tokens[0][0] == "word":
            name = self.next()[1]
            if name in given:
                raise DdlError(f"{name} is given twice")
            given.add(name)
            if name == "COMMENT":
                self.assigned("string")
            elif name in FORMAT_OPTIONS:
                options[name] = self.option_value(name)
            else:
                raise DdlError(f"unknown option {name}")
        if options["PARSE_HEADER"] and "SKIP_HEADER" in given:
            raise DdlError("PARSE_HEADER excludes SKIP_HEADER")
        if options["FIELD_OPTIONALLY_ENCLOSED_BY"] not in (None, '"', "'"):
            raise DdlError("FIELD_OPTIONALLY_ENCLOSED_BY takes a quote only")
        return options

    def json_format(self):
        """Only what reads one object per line."""
        self.expect("COMPRESSION", "=", "AUTO", "ENABLE_OCTAL", "=", "FALSE", "ALLOW_DUPLICATE", "=", "FALSE", "STRIP_OUTER_ARRAY", "=",
                    "FALSE", "STRIP_NULL_VALUES", "=", "FALSE", "REPLACE_INVALID_CHARACTERS", "=", "FALSE")
        self.comment()
        return {"TYPE": "JSON", "COMPRESSION": "AUTO"}

    def format_reference(self):
        self.expect("FILE_FORMAT", "=", "(", "FORMAT_NAME", "=")
        inner = Parser(self.take("string"), None)
        name = inner.name()
        inner.take("end")
        self.expect(")")
        if self.warehouse.objects.get(("FILE FORMAT", name)) is None:
            raise DdlError(f"no file format {name}")
        return name

    def comment(self):
        if self.accept("COMMENT"):
            self.assigned("string")

    def stage(self):
        stage = {"url": None, "integration": None}
        if self.accept("URL"):
            stage["url"] = self.assigned("string")
            if not re.fullmatch(r"s3(gov|china)?://[^/]+/(.*/)?", stage["url"], re.S):
                raise DdlError(f"URL {stage['url']!r}")
        if self.accept("STORAGE_INTEGRATION"):
            self.expect("=")
            stage["integration"] = self.part()
            if stage["url"] is None:
                raise DdlError("an internal stage has no integration")
            known = self.warehouse.objects.get(("STORAGE INTEGRATION", (stage["integration"],)))
            if known and not any(stage["url"].startswith(url) for url in known["allowed"]):
                raise DdlError(f"{stage['url']} is not allowed")
        stage["format"] = self.format_reference()
        self.comment()
        return stage

    def table(self):
        columns = {}
        self.expect("(")
        while True:
            name = self.part()
            if name in columns:
                raise DdlError(f"column {name} is there twice")
            columns[name] = self.type()
            if self.accept(")"):
                break
            self.expect(",")
        self.comment()
        return columns

    def type(self):
        word = self.take("word")
        arguments = []
        if self.accept("("):
            arguments.append(int(self.take("number")))
            while self.accept(","):
                arguments.append(int(self.take("number")))
            self.expect(")")
        if word not in CONVERSIONS:
            raise DdlError(f"unknown type {word}")
        if word == "NUMBER" and not (1 <= arguments[0] <= 38 and 0 <= arguments[1] <= min(37, arguments[0])):
            raise DdlError(f"NUMBER{arguments}")
        return word, *arguments

    def pipe(self):
        self.expect("AUTO_INGEST", "=")
        auto_ingest = BOOLEAN[self.take("word")]
        self.comment()
        self.expect("AS", "COPY", "INTO")
        copy = self.copy()
        if copy["on_error"] == "ABORT_STATEMENT":
            raise DdlError("a pipe can't abort")
        if copy["files"] is not None:
            raise DdlError("a pipe names no files")
        if auto_ingest and self.warehouse.objects["STAGE", copy["stage"]]["url"] is None:
            raise DdlError("nothing tells of files in an internal stage")
        return {"auto_ingest": auto_ingest, "copy": copy}

    def copy(self):
        copy = {"table": self.name(), "select": None}
        if self.warehouse.objects.get(("TABLE", copy["table"])) is None:
            raise DdlError(f"no table {copy['table']}")
        self.expect("(")
        copy["columns"] = [self.part()]
        while self.accept(","):
            copy["columns"].append(self.part())
        self.expect(")", "FROM")
        if self.accept("(", "SELECT"):
            copy["select"] = [self.selected()]
            while self.accept(","):
                copy["select"].append(self.selected())
            self.expect("FROM")
            copy["stage"] = self.location()
            self.expect("T", ")")
        else:
            copy["stage"] = self.location()
        if self.warehouse.objects.get(("STAGE", copy["stage"])) is None:
            raise DdlError(f"no stage {copy['stage']}")
        copy["format"] = self.format_reference()
        copy["files"] = copy["pattern"] = None
        if self.accept("FILES", "="):
            copy["files"] = self.strings()
            if not 0 < len(copy["files"]) <= 1000:
                raise DdlError(f"{len(copy['files'])} files")
        else:
            self.expect("PATTERN", "=")
            copy["pattern"] = self.take("string")
        self.expect("ON_ERROR", "=")
        copy["on_error"] = self.take("word")
        return copy

    def selected(self):
        """t.$1 or PARSE_JSON(t.$1): number of the field, and whether it is parsed; or what Snowflake knows of the row."""
        for word in ("METADATA$FILENAME", "METADATA$FILE_ROW_NUMBER"):
            if self.accept(word):
                return word, False
        parse = self.accept("PARSE_JSON", "(")
        self.expect("T", ".")
        number = int(self.take("field")[1:])
        if parse:
            self.expect(")")
        return number, parse


# ---- files ----

def inflate(data, how):
    if how == "AUTO":
        how = "GZIP" if data[:2] == b"\x1f\x8b" else "BZ2" if data[:3] == b"BZh" else "NONE"
    if how == "NONE":
        return data
    try:
        return {"GZIP": gzip.decompress, "BZ2": bz2.decompress, "DEFLATE": zlib.decompress,
                "RAW_DEFLATE": lambda d: zlib.decompress(d, -15)}[how](data)
    except (OSError, EOFError, zlib.error, KeyError) as error:
        raise LoadError(f"not {how}: {error}") from error


def decode(data, options):
    encoding = {"ISO88591": "latin-1", "WINDOWS1252": "cp1252"}.get(options["ENCODING"], options["ENCODING"])
    try:
        text = data.decode(encoding, errors="replace" if options["REPLACE_INVALID_CHARACTERS"] else "strict")
    except UnicodeDecodeError as error:
        raise LoadError(f"invalid {encoding}: {error}") from error
    return text[1:] if options["SKIP_BYTE_ORDER_MARK"] and text[:1] == "\ufeff" else text


class Fields:
    """The fields of a text, one after the other."""

    def __init__(self, text, options):
        self.text, self.at, self.options = text, 0, options
        records = options["RECORD_DELIMITER"] or ()
        self.records = (records,) if isinstance(records, str) else records
        self.delimiter = options["FIELD_DELIMITER"]
        ends = [re.escape(end) for end in (*self.records, self.delimiter or "") if end]
        escape = options["ESCAPE_UNENCLOSED_FIELD"]
        self.bare = re.compile("|".join(ends + [re.escape(escape) + "." if escape else "(?!)"]), re.S)
        quote, escape = options["FIELD_OPTIONALLY_ENCLOSED_BY"], options["ESCAPE"]
        if quote:
            self.enclosed = re.compile(f"{quote}{quote}?" + (f"|{re.escape(escape)}." if escape else ""), re.S)

    def end(self):
        """What ends the field here: "record" or "field", or None."""
        if self.at >= len(self.text):
            return "record"
        for delimiter in self.records:
            if self.text.startswith(delimiter, self.at):
                self.at += len(delimiter)
                return "record"
        if self.delimiter and self.text.startswith(self.delimiter, self.at):
            self.at += len(self.delimiter)
            return "field"
        return None

    def skip_space(self):
        while self.options["TRIM_SPACE"] and self.at < len(self.text) and self.text[self.at] in " \t":
            self.at += 1

    def next(self):
        """Value or None, and what ended it."""
        self.skip_space()
        quote = self.options["FIELD_OPTIONALLY_ENCLOSED_BY"]
        if quote and self.text.startswith(quote, self.at):
            value = self.read_enclosed(quote)
            self.skip_space()
            end = self.end()
            if end is None:
                raise LoadError(f"character {self.at}: {self.text[self.at:self.at + 20]!r} instead of a delimiter")
            return None if value in self.options["NULL_IF"] else value, end
        raw, value, end = self.read_bare()
        if raw in self.options["NULL_IF"] or value in self.options["NULL_IF"]:
            return None, end
        return None if value == "" and self.options["EMPTY_FIELD_AS_NULL"] else value, end

    def read_enclosed(self, quote):
        parts, start = [], self.at + 1
        for match in self.enclosed.finditer(self.text, start):
            parts.append(self.text[start:match.start()])
            start = match.end()
            if match[0] == quote:
                self.at = start
                value = "".join(parts)
                if not self.options["MULTI_LINE"] and any(delimiter in value for delimiter in self.records):
                    raise LoadError("a record delimiter in a field")
                return value
            parts.append(quote if match[0] == quote * 2 else ESCAPES.get(match[0][1], match[0][1]))
        raise LoadError("the last field does not end")

    def read_bare(self):
        parts, begin, start = [], self.at, self.at
        escape = self.options["ESCAPE_UNENCLOSED_FIELD"]
        stop = len(self.text)
        for match in self.bare.finditer(self.text, start):
            if not escape or not match[0].startswith(escape):
                stop = match.start()
                break
            parts += self.text[start:match.start()], ESCAPES.get(match[0][1:], match[0][1:])
            start = match.end()
        raw = self.text[begin:stop]
        value = "".join(parts) + self.text[start:stop]
        if self.options["TRIM_SPACE"]:
            value = value.strip(" \t")
        self.at = stop
        return raw, value, self.end()


def records(text, options):
    """Lists of fields (text or None)."""
    for _ in range(options["SKIP_HEADER"]):
        text = text.partition("\n")[2]
    fields, record = Fields(text, options), []
    while fields.at < len(text):
        start = fields.at
        value, end = fields.next()
        record.append(value)
        if end == "field":
            if fields.at >= len(text):
                raise LoadError("the last record ends with a field delimiter")
            continue
        blank = len(record) == 1 and text[start:fields.at] in fields.records
        if blank and not options["SKIP_BLANK_LINES"]:
            raise LoadError("end of record instead of a field")
        if not blank:
            yield record
        record = []


# ---- values ----

ELEMENTS = {"YYYY": r"(?P<year>\d{4})", "MM": r"(?P<month>\d\d)", "DD": r"(?P<day>\d\d)", "HH24": r"(?P<hour>\d\d)",
            "MI": r"(?P<minute>\d\d)", "SS": r"(?P<second>\d\d)", "FF9": r"(?P<fraction>\d{1,9})", "FF6": r"(?P<fraction>\d{1,6})",
            "FF3": r"(?P<fraction>\d{1,3})", "FF": r"(?P<fraction>\d{1,9})", "TZH": r"(?P<zone_hour>[+-]\d\d)",
            "TZM": r"(?P<zone_minute>\d\d)"}
AUTO = {"DATE": ["YYYY-MM-DD", "MM/DD/YYYY"], "TIME": ["HH24:MI:SS.FF9", "HH24:MI:SS", "HH24:MI"],
        "TIMESTAMP": [f"YYYY-MM-DD{t}HH24:MI{rest}" for t in " T" for rest in
                      ("", ":SS", ":SS.FF9", "TZH:TZM", ":SSTZH:TZM", ":SS.FF9TZH:TZM", ":SS TZH:TZM", ":SS.FF9 TZH:TZM")]}


def match_moment(text, kind, options, session):
    """The parts of a date, time or timestamp by the format's option; AUTO leaves it to the session, whose AUTO knows some."""
    format_ = options[f"{kind}_FORMAT"]
    if format_ == "AUTO":
        format_ = session.get(f"{kind}_INPUT_FORMAT", "AUTO")
    for candidate in AUTO[kind] if format_ == "AUTO" else [format_]:
        pattern = re.sub("|".join(ELEMENTS), lambda m: ELEMENTS[m[0]], re.escape(candidate).replace("\\-", "-"))
        match = re.fullmatch(pattern, text, re.A)
        if match:
            return {name: value for name, value in match.groupdict().items() if value is not None}
    raise LoadError(f"{kind} {text!r} is not {format_}")


def moment(text, kind, options, session):
    parts = match_moment(text, kind, options, session)
    zone = None
    if "zone_hour" in parts:
        sign = -1 if parts["zone_hour"][0] == "-" else 1
        zone = datetime.timezone(sign * datetime.timedelta(hours=int(parts["zone_hour"][1:]), minutes=int(parts["zone_minute"])))
    fraction = parts.get("fraction", "").ljust(9, "0")
    if fraction[6:] != "000":
        raise LoadError(f"{text!r} has more than microseconds")
    try:
        return datetime.datetime(int(parts.get("year", 1)), int(parts.get("month", 1)), int(parts.get("day", 1)),
                                 int(parts.get("hour", 0)), int(parts.get("minute", 0)), int(parts.get("second", 0)),
                                 int(fraction[:6]), zone)
    except ValueError as error:
        raise LoadError(f"{text!r}: {error}") from error


WIDE = decimal.Context(prec=100000, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)


def to_number(text, precision, scale):
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", text, re.A | re.I):
        raise LoadError(f"{text!r} is no number")
    value = WIDE.create_decimal(text).quantize(decimal.Decimal(1).scaleb(-scale), decimal.ROUND_HALF_UP, WIDE)
    if value.copy_abs() >= decimal.Decimal(10) ** (precision - scale):
        raise LoadError(f"{text} is out of NUMBER({precision},{scale})")
    return value


def to_float(text):
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|nan|[+-]?inf(inity)?", text, re.A | re.I):
        raise LoadError(f"{text!r} is no number")
    return float(text)


def to_text(text, length=16777216):
    if len(text) > length:
        raise LoadError(f"{len(text)} characters in VARCHAR({length})")
    return text


def to_boolean(text):
    if text.lower() not in ("true", "false"):
        raise LoadError(f"{text!r} is no boolean")
    return text.lower() == "true"


def to_variant(value):
    if isinstance(value, str):
        raise LoadError("text straight into a VARIANT is parsed by rules of its own")
    return value.value


class Json:
    """The result of PARSE_JSON: a variant, which may be JSON's null. Numbers are NUMBER(38), or else doubles."""

    def __init__(self, text):
        def number(digits):
            value = decimal.Decimal(digits)
            return value if len(value.as_tuple().digits) <= 38 and abs(value.adjusted()) < 38 else float(digits)

        def members(pairs):
            if len(dict(pairs)) < len(pairs):
                raise LoadError("a key is there twice")
            return dict(pairs)

        def constant(word):
            raise LoadError(f"{word} is not JSON")
        try:
            self.value = json.loads(text, parse_int=number, parse_float=number, parse_constant=constant, object_pairs_hook=members)
        except ValueError as error:
            raise LoadError(f"{text[:100]!r} is not JSON: {error}") from error


CONVERSIONS = {
    "BOOLEAN": lambda v, f, s: to_boolean(v),
    "NUMBER": lambda v, f, s, precision, scale: to_number(v, precision, scale),
    "FLOAT": lambda v, f, s: to_float(v),
    "VARCHAR": lambda v, f, s, *length: to_text(v, *length),
    "DATE": lambda v, f, s: moment(v, "DATE", f, s).date(),
    "TIMESTAMP_NTZ": lambda v, f, s, digits: moment(v, "TIMESTAMP", f, s).replace(tzinfo=None),
    "TIMESTAMP_TZ": lambda v, f, s, digits: moment(v, "TIMESTAMP", f, s).astimezone(datetime.timezone.utc),
    "VARIANT": lambda v, f, s: to_variant(v),
}


class Warehouse:
    """What the statements of a script made, and what can be loaded into it."""

    def __init__(self, script, session=None):
        self.objects, self.copies, self.session = {}, [], session or {}
        self.grants, self.again = set(), False
        Parser(script, self).run()

    def run_again(self, script):
        """Runs statements where objects may be there already."""
        self.again = True
        Parser(script, self).run()

    def all(self, kind):
        return {name: value for (k, name), value in self.objects.items() if k == kind}

    def copy_of(self, table):
        """The COPY that loads a table, of a pipe or by itself."""
        found = [pipe["copy"] for pipe in self.all("PIPE").values()] + self.copies
        [copy] = [copy for copy in found if copy["table"][-1] == table]
        return copy

    def load(self, table, files):
        """Rows of a table (dicts by column) out of files: {path below the stage: bytes}."""
        copy = self.copy_of(table)
        rows = []
        for path, data in sorted(files.items()):
            if path in copy["files"] if copy["files"] is not None else re.fullmatch(copy["pattern"], path, re.S):
                rows += self.load_file(copy, data, path)
        return rows

    def load_file(self, copy, data, path):
        options = self.objects["FILE FORMAT", copy["format"]]
        columns = self.objects["TABLE", copy["table"]]
        types = [columns[name] for name in copy["columns"]]
        text = inflate(data, options["COMPRESSION"])
        if options["TYPE"] == "JSON":
            lines = ([Json(line)] for line in text.decode().splitlines())
        else:
            lines = records(decode(text, options), options)
        for number, record in enumerate(lines, 1):
            if copy["select"] is not None:
                known = {"METADATA$FILENAME": path, "METADATA$FILE_ROW_NUMBER": str(number)}
                record = [known.get(field) or self.select(record, field, parse) for field, parse in copy["select"]]
            elif len(record) != len(types):
                if options["ERROR_ON_COLUMN_COUNT_MISMATCH"]:
                    raise LoadError(f"{len(record)} fields for {len(types)} columns")
                record = (record + [None] * len(types))[:len(types)]
            row = dict.fromkeys(columns)
            for name, (kind, *arguments), value in zip(copy["columns"], types, record):
                if value is not None:
                    row[name] = CONVERSIONS[kind](value, options, self.session, *arguments)
            yield row

    @staticmethod
    def select(record, number, parse):
        """A field that is not there is NULL."""
        value = record[number - 1] if number <= len(record) else None
        return Json(value) if parse and value is not None else value
