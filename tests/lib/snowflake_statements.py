"""snowflake_statements.py: reads the statements that the tests' Snowflake executes: what they say as dicts, or SnowflakeError as
Snowflake would answer. Queries are not read here but translated (snowflake_query.py).

Each kind of object has a table of its properties. What a document bars is refused, and so is what nobody needs here.
"""
import collections
import re

from lib import snowflake

Token = collections.namedtuple("Token", "kind value start end")
TOKEN = re.compile(r"""\s+ | --[^\n]* | //[^\n]* | /\*.*?\*/ | (?P<string>'(?:[^'\\]|''|\\.)*') | \$\$(?P<dollar>.*?)\$\$
                       | (?P<name>"(?:[^"]|"")+") | (?P<word>[A-Za-z_][\w$]*) | (?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)
                       | (?P<field>\$\d+) | (?P<mark>::|=>|<=|>=|<>|!=|\|\||.)""", re.X | re.S | re.A)


class SnowflakeError(Exception):
    """What the SQL API answers with status 422."""

    def __init__(self, message, code="001003", sqlstate="42000"):
        self.message, self.code, self.sqlstate = message, code, sqlstate
        super().__init__(f"{code}/{sqlstate}: {message}")


def compilation(text, code="001003", sqlstate="42000"):
    return SnowflakeError(f"SQL compilation error:\n{text}", code, sqlstate)


def unknown(kind, name):
    return compilation(f"{kind.capitalize()} '{'.'.join(name)}' does not exist or not authorized.", "002003", "02000")


def there_already(name):
    return compilation(f"Object '{'.'.join(name)}' already exists.", "002002", "42710")


def read_tokens(sql):
    """Words and marks as they stand, names and strings without quotes; the last one is 'end'."""
    found, at = [], 0
    while at < len(sql):
        match = TOKEN.match(sql, at)
        kind, value = match.lastgroup, match[0]
        if kind == "string":
            value = snowflake.unquote_string(value)
        elif kind == "dollar":
            kind, value = "string", match["dollar"]
        elif kind == "name":
            value = value[1:-1].replace('""', '"')
        elif kind == "mark" and value in "'\"":
            raise compilation(f"parse error line {sql.count(chr(10), 0, at) + 1}: {value} is not closed")
        if kind:
            found.append(Token(kind, value, at, match.end()))
        at = match.end()
    return found + [Token("end", "", at, at)]


def split(sql):
    """The statements of a script, without those that are empty."""
    parts, start = [], None
    for token in read_tokens(sql):
        if token.kind == "end" or token.kind == "mark" and token.value == ";":
            if start is not None:
                parts.append(sql[start:token.start].rstrip())
            start = None
        elif start is None:
            start = token.start
    return parts


WORDS = {"TRUE": True, "FALSE": False}
# Of a file format with TYPE = JSON; the CSV options stand for values that are cast.
JSON_OPTIONS = {**{name: (default, WORDS, False) for name, default in (
    ("TRIM_SPACE", False), ("MULTI_LINE", True), ("ENABLE_OCTAL", False), ("ALLOW_DUPLICATE", False), ("STRIP_OUTER_ARRAY", False),
    ("STRIP_NULL_VALUES", False), ("REPLACE_INVALID_CHARACTERS", False), ("SKIP_BYTE_ORDER_MARK", True))},
    **{name: snowflake.FORMAT_OPTIONS[name] for name in ("COMPRESSION", "DATE_FORMAT", "TIME_FORMAT", "TIMESTAMP_FORMAT", "BINARY_FORMAT")}}
JSON_NOT_HERE = ("TRIM_SPACE", "ENABLE_OCTAL", "ALLOW_DUPLICATE", "STRIP_NULL_VALUES")
# Kind of object: its properties, each with the kind of value: s(tring), b(oolean), n(umber), (list of) l(iterals), i(dentifier),
# g(roup), f(ormat), or a tuple of words. Those in REQUIRED must be there.
PROPERTIES = {
    "INTEGRATION": {"TYPE": ("EXTERNAL_STAGE",), "STORAGE_PROVIDER": "s", "STORAGE_AWS_ROLE_ARN": "s", "ENABLED": "b",
                    "STORAGE_AWS_EXTERNAL_ID": "s", "STORAGE_AWS_OBJECT_ACL": "s", "USE_PRIVATELINK_ENDPOINT": "b",
                    "STORAGE_ALLOWED_LOCATIONS": "l", "STORAGE_BLOCKED_LOCATIONS": "l", "COMMENT": "s"},
    "STAGE": {"URL": "s", "STORAGE_INTEGRATION": "i", "ENCRYPTION": "g", "DIRECTORY": "g", "FILE_FORMAT": "f", "COMMENT": "s",
              "USE_PRIVATELINK_ENDPOINT": "b", "AWS_ACCESS_POINT_ARN": "s"},
    "PIPE": {"AUTO_INGEST": "b", "ERROR_INTEGRATION": "i", "AWS_SNS_TOPIC": "s", "INTEGRATION": "s", "COMMENT": "s"},
    "TASK": {"WAREHOUSE": "i", "SCHEDULE": "s", "USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE": "s", "COMMENT": "s",
             "ALLOW_OVERLAPPING_EXECUTION": "b", "SUSPEND_TASK_AFTER_NUM_FAILURES": "n", "USER_TASK_TIMEOUT_MS": "n"},
    "ROLE": {"COMMENT": "s"}, "VIEW": {"COMMENT": "s"}, "DATABASE": {"COMMENT": "s"}, "SCHEMA": {"COMMENT": "s"},
    "WAREHOUSE": {"WAREHOUSE_SIZE": "w", "AUTO_SUSPEND": "n", "AUTO_RESUME": "b", "INITIALLY_SUSPENDED": "b", "COMMENT": "s"},
    "USER": {"TYPE": ("PERSON", "SERVICE", "LEGACY_SERVICE"), "LOGIN_NAME": "s", "RSA_PUBLIC_KEY": "s", "RSA_PUBLIC_KEY_2": "s",
             "DEFAULT_ROLE": "i", "DEFAULT_WAREHOUSE": "i", "COMMENT": "s"},
    "COPY": {"FILES": "l", "PATTERN": "s", "FILE_FORMAT": "f", "ON_ERROR": "w", "FORCE": "b", "PURGE": "b", "SIZE_LIMIT": "n",
             "ENFORCE_LENGTH": "b", "TRUNCATECOLUMNS": "b", "RETURN_FAILED_ONLY": "b", "LOAD_UNCERTAIN_FILES": "b"},
}
REQUIRED = {"INTEGRATION": ("TYPE", "STORAGE_PROVIDER", "STORAGE_AWS_ROLE_ARN", "ENABLED", "STORAGE_ALLOWED_LOCATIONS")}
NOT_IN_PIPES = ("FILES", "FORCE", "PURGE", "SIZE_LIMIT", "RETURN_FAILED_ONLY")
ON_ERROR = re.compile(r"ABORT_STATEMENT|CONTINUE|SKIP_FILE(_\d+%?)?")
KINDS = {"STORAGE INTEGRATION": "INTEGRATION", "FILE FORMAT": "FILE FORMAT", **{kind: kind for kind in (
    "STAGE", "TABLE", "VIEW", "PIPE", "TASK", "ROLE", "DATABASE", "SCHEMA", "WAREHOUSE", "INTEGRATION", "USER")}}
IN_ACCOUNT = ("INTEGRATION", "ROLE", "DATABASE", "WAREHOUSE", "USER")
TYPES = {  # alias: type, most arguments
    **dict.fromkeys(("NUMBER", "DECIMAL", "NUMERIC"), ("NUMBER", 2)), **dict.fromkeys(
        ("INT", "INTEGER", "BIGINT", "SMALLINT", "TINYINT", "BYTEINT"), ("NUMBER", 0)),
    **dict.fromkeys(("FLOAT", "FLOAT4", "FLOAT8", "DOUBLE", "REAL"), ("FLOAT", 0)), "DECFLOAT": ("DECFLOAT", 0),
    **dict.fromkeys(("VARCHAR", "STRING", "TEXT", "CHAR", "CHARACTER"), ("VARCHAR", 1)),
    "BINARY": ("BINARY", 1), "VARBINARY": ("BINARY", 1), "BOOLEAN": ("BOOLEAN", 0), "DATE": ("DATE", 0), "TIME": ("TIME", 1),
    "TIMESTAMP_NTZ": ("TIMESTAMP_NTZ", 1), "TIMESTAMP_LTZ": ("TIMESTAMP_LTZ", 1), "TIMESTAMP_TZ": ("TIMESTAMP_TZ", 1),
    "TIMESTAMP": ("TIMESTAMP_NTZ", 1), "DATETIME": ("TIMESTAMP_NTZ", 1), "UUID": ("UUID", 0),
    "VARIANT": ("VARIANT", 0), "ARRAY": ("ARRAY", 0), "OBJECT": ("OBJECT", 0),
}
NOT_A_COLUMN = {"CONSTRAINT", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "CURRENT_USER", "LOCALTIME", "LOCALTIMESTAMP"}
RESERVED = set("""ALL ALTER AND ANY AS BETWEEN BY CHECK COLUMN CONNECT CREATE CURRENT DELETE DISTINCT DROP ELSE EXISTS FOLLOWING FOR
    FROM GRANT GROUP HAVING ILIKE IN INCREMENT INSERT INTERSECT INTO IS LIKE MINUS NOT NULL OF ON OR ORDER QUALIFY REGEXP REVOKE
    RLIKE ROW ROWS SAMPLE SELECT SET SOME START TABLE TABLESAMPLE THEN TO TRIGGER UNION UNIQUE UPDATE VALUES WHENEVER WHERE WINDOW
    WITH""".split())
METADATA = ("METADATA$FILENAME", "METADATA$FILE_ROW_NUMBER", "METADATA$FILE_CONTENT_KEY", "METADATA$FILE_LAST_MODIFIED",
            "METADATA$START_SCAN_TIME")
FUNCTIONS = {"PARSE_JSON": (1, 1), "NULLIF": (2, 2), "NVL": (2, 2), "TO_BINARY": (1, 2), "TO_BOOLEAN": (1, 1), "TO_VARIANT": (1, 1),
             "TO_ARRAY": (1, 1), "TO_OBJECT": (1, 1), "TO_DOUBLE": (1, 1), "TRIM": (1, 1)}


class Reader:
    """One run over the tokens of a statement."""

    def __init__(self, sql):
        self.sql, self.tokens, self.at = sql, read_tokens(sql), 0

    # ---- tokens ----

    @property
    def token(self):
        return self.tokens[self.at]

    def fail(self, wanted=""):
        token, line = self.token, self.sql.count("\n", 0, self.token.start)
        position = token.start - (self.sql.rfind("\n", 0, token.start) + 1)
        what = "unexpected '<EOF>'" if token.kind == "end" else f"unexpected '{self.sql[token.start:token.end]}'"
        raise compilation(f"syntax error line {line + 1} at position {position} {what}." + (f" ({wanted} expected)" if wanted else ""))

    def is_word(self, index, word):
        token = self.tokens[min(index, len(self.tokens) - 1)]
        return token.kind in ("word", "mark") and token.value.upper() == word

    def accept(self, *words):
        if not all(self.is_word(self.at + index, word) for index, word in enumerate(words)):
            return False
        self.at += len(words)
        return True

    def expect(self, *words):
        if not self.accept(*words):
            self.fail(" ".join(words))

    def take(self, *kinds):
        if self.token.kind not in kinds:
            self.fail(" or ".join(kinds))
        self.at += 1
        return self.tokens[self.at - 1].value

    def word(self):
        return self.take("word").upper()

    def end(self):
        self.accept(";")
        if self.token.kind != "end":
            self.fail("the end")

    def rest(self):
        """What is left, as text."""
        start, end = self.token.start, self.tokens[-1].start
        self.at = len(self.tokens) - 1
        return self.sql[start:end].rstrip().rstrip(";")

    # ---- names ----

    def part(self):
        if self.token.kind == "word" and self.token.value.upper() in RESERVED:
            self.fail("a name")
        kind, value = self.token.kind, self.take("name", "word")
        if len(value) > 255:
            raise compilation(f"identifier '{value[:20]}...' is too long")
        return value if kind == "name" else value.upper()

    def name(self, parts=3):
        found = [self.part()]
        while len(found) < parts and self.accept("."):
            found.append(self.part())
        return tuple(found)

    def column(self):
        if self.token.kind == "word" and self.token.value.upper() in NOT_A_COLUMN:
            self.fail("a column")
        return self.part()

    def listed(self, one):
        """(one, one, …)"""
        self.expect("(")
        found = [one()]
        while self.accept(","):
            found.append(one())
        self.expect(")")
        return found

    def location(self):
        """@stage/path, bare or in a string: stage's name, path."""
        if self.token.kind == "string":
            inner = Reader(self.take("string"))
            found = inner.bare_location(to_end=True)
            return found
        return self.bare_location()

    def bare_location(self, to_end=False):
        self.expect("@")
        name = self.name()
        start = self.tokens[self.at - 1].end
        if to_end:
            path = self.sql[start:]
            self.at = len(self.tokens) - 1
        else:
            end = start
            while self.token.start == end and self.token.kind != "end" and self.token.value not in (")", ";", ","):
                end = self.token.end
                self.at += 1
            path = self.sql[start:end]
        if path and path[0] != "/":
            self.fail("a path")
        return name, path[1:]

    # ---- properties ----

    def value(self, kind, key):
        if kind == "s":
            return self.take("string")
        if kind == "n":
            return int(self.take("number"))
        if kind == "b":
            word = self.word()
            if word not in WORDS:
                raise compilation(f"invalid value [{word}] for parameter '{key}'", "001008", "22023")
            return WORDS[word]
        if kind == "i":
            return self.name()
        if kind == "w":
            return self.take("word", "string").upper()
        if kind == "l":
            return self.listed(lambda: self.take("string"))
        if kind == "g":
            return self.group()
        if kind == "f":
            self.expect("(")
            found = self.format_reference()
            self.expect(")")
            return found
        word = self.take("word", "string").upper()
        if word not in kind:
            raise compilation(f"invalid value [{word}] for parameter '{key}'", "001008", "22023")
        return word

    def group(self):
        self.expect("(")
        found = {}
        while not self.accept(")"):
            key = self.word()
            self.expect("=")
            found[key] = self.take("string", "word", "number")
        return found

    def properties(self, kind, stop=("AS",)):
        allowed, found = PROPERTIES[kind], {}
        while self.token.kind == "word" and self.token.value.upper() not in stop:
            key = self.word()
            if key not in allowed:
                raise compilation(f"invalid property '{key}' for '{kind}'", "001420", "22023")
            if key in found:
                raise compilation(f"duplicate property '{key}'", "001421", "22023")
            self.expect("=")
            found[key] = self.value(allowed[key], key)
            self.accept(",")
        for key in REQUIRED.get(kind, ()):
            if key not in found:
                raise compilation(f"missing required property '{key}'", "001422", "22023")
        return found

    def format_reference(self):
        """FORMAT_NAME = 'name', or options on the spot: a name or a dict."""
        if self.accept("FORMAT_NAME", "="):
            if self.token.kind != "string":
                return self.name()
            inner = Reader(self.take("string"))
            name = inner.name()
            inner.end()
            return name
        return self.format_options(stop=(")",))

    def format_option(self, known, key):
        _, choices, takes_string = known[key]
        token = self.token
        word = token.value.upper()
        if choices == "list":
            if self.accept("(", ")"):
                return ()
            return tuple(self.listed(lambda: self.take("string"))) if self.is_word(self.at, "(") else (self.take("string"),)
        if choices == "number" and token.kind == "number":
            return int(self.take("number"))
        if choices != "number" and token.kind == "word" and word in choices:
            self.at += 1
            return choices[word] if isinstance(choices, dict) else word
        if token.kind == "string" and takes_string:
            self.at += 1
            text = re.sub(r"^0x([0-9a-fA-F]{2})$", lambda match: chr(int(match[1], 16)), token.value)
            return None if text.upper() == "NONE" else text
        if token.kind == "string" and isinstance(choices, tuple) and word in choices:
            self.at += 1
            return word
        raise compilation(f"invalid value [{token.value}] for parameter '{key}'", "001008", "22023")

    def format_options(self, stop=()):
        kind = "JSON" if self.accept("TYPE", "=", "JSON") else "CSV"
        known = JSON_OPTIONS if kind == "JSON" else snowflake.FORMAT_OPTIONS
        options = {"TYPE": kind, "ENCODING": "UTF8", **{key: default for key, (default, _, _) in known.items()}}
        given = {"TYPE"} if kind == "JSON" else set()
        while self.token.kind == "word":
            key = self.word()
            if key in given:
                raise compilation(f"duplicate property '{key}'", "001421", "22023")
            given.add(key)
            self.expect("=")
            if key == "TYPE":
                self.value(("CSV",), key)
            elif key in ("COMMENT", "FILE_EXTENSION"):
                options[key] = self.take("string")
            elif key in known:
                options[key] = self.format_option(known, key)
            else:
                raise compilation(f"invalid parameter '{key}'", "001006", "22023")
            self.accept(",")
        if self.token.value not in stop:
            self.end()
        self.check_format(options, given)
        return options

    @staticmethod
    def check_format(options, given):
        wrong = None
        if options["TYPE"] == "JSON":
            wrong = next((key for key in JSON_NOT_HERE if options[key]), None)
        elif "TYPE" not in given:
            wrong = "TYPE"
        elif options["PARSE_HEADER"] and "SKIP_HEADER" in given:
            wrong = "SKIP_HEADER"
        elif options["FIELD_OPTIONALLY_ENCLOSED_BY"] not in (None, '"', "'"):
            wrong = "FIELD_OPTIONALLY_ENCLOSED_BY"
        elif options["FIELD_DELIMITER"] and options["RECORD_DELIMITER"] and any(
                end in options["FIELD_DELIMITER"] for end in options["RECORD_DELIMITER"]):
            wrong = "RECORD_DELIMITER"
        elif any(options[key] is not None and len(options[key]) != 1 for key in ("ESCAPE", "ESCAPE_UNENCLOSED_FIELD")):
            wrong = "ESCAPE"
        if wrong:
            raise compilation(f"invalid value for parameter '{wrong}'", "001008", "22023")

    # ---- types and expressions ----

    def type(self):
        word = self.word()
        if word not in TYPES:
            raise compilation(f"Unsupported data type '{word}'.", "002040", "0A000")
        kind, most = TYPES[word]
        arguments = [int(value) for value in self.listed(lambda: self.take("number"))] if self.is_word(self.at, "(") else []
        if len(arguments) > most:
            self.fail("fewer arguments")
        if kind == "NUMBER":
            arguments = (arguments + [38, 0][len(arguments):])[:2]
            valid = 1 <= arguments[0] <= 38 and 0 <= arguments[1] <= min(37, arguments[0])
        elif kind == "VARCHAR":
            arguments = arguments or [16777216]
            valid = 1 <= arguments[0] <= 134217728
        elif kind == "BINARY":
            arguments = arguments or [8388608]
            valid = 1 <= arguments[0] <= 67108864
        else:
            arguments = arguments or ([9] if most else [])
            valid = all(0 <= value <= 9 for value in arguments)
        if not valid:
            raise compilation(f"invalid type '{word}({','.join(map(str, arguments))})'", "002041", "42601")
        return (kind, *arguments)

    def skip_expression(self, stop):
        """The text of an expression up to a word or mark outside parentheses."""
        start, depth = self.token.start, 0
        while self.token.kind != "end":
            value = self.token.value.upper() if self.token.kind in ("word", "mark") else None
            if depth == 0 and value in stop:
                break
            depth += {"(": 1, ")": -1}.get(value, 0)
            self.at += 1
        return self.sql[start:self.token.start].strip()

    def column_definition(self):
        column = {"name": self.column(), "type": self.type(), "not_null": False, "default": None, "comment": None}
        while True:
            if self.accept("NOT", "NULL"):
                column["not_null"] = True
            elif self.accept("NULL") or self.accept("PRIMARY", "KEY") or self.accept("UNIQUE"):
                pass
            elif self.accept("DEFAULT"):
                column["default"] = self.skip_expression((",", ")", "NOT", "COMMENT", ";"))
            elif self.accept("COMMENT"):
                column["comment"] = self.take("string")
            else:
                return column

    def table_item(self):
        """A column, or None for a constraint, which is recorded but not enforced."""
        if self.accept("CONSTRAINT"):
            self.part()
        elif not (self.is_word(self.at, "PRIMARY") or self.is_word(self.at, "UNIQUE")):
            return self.column_definition()
        if not self.accept("PRIMARY", "KEY"):
            self.expect("UNIQUE")
        self.listed(self.column)
        return None

    def selected(self):
        """An expression of COPY's SELECT: ('field', n), ('metadata', name), ('text', s), ('call', name, arguments), ('cast', e, type)."""
        value = self.selected_value()
        while self.accept("::"):
            value = ("cast", value, self.type())
        if self.accept("AS"):
            self.part()
        return value

    def selected_value(self):
        if self.token.kind == "string":
            return ("text", self.take("string"))
        if self.token.kind == "field":
            return ("field", int(self.take("field")[1:]))
        word = self.word()
        if word in METADATA:
            return ("metadata", word)
        if self.accept("."):
            if self.token.kind == "field":
                return ("field", int(self.take("field")[1:]))
            return ("metadata", self.value(METADATA, "column"))
        if word == "CAST":
            self.expect("(")
            value = self.selected_value()
            self.expect("AS")
            kind = self.type()
            self.expect(")")
            return ("cast", value, kind)
        if word not in FUNCTIONS or not self.is_word(self.at, "("):
            raise compilation(f"Unknown function {word}", "002140", "42601")
        arguments = self.listed(self.selected)
        if not FUNCTIONS[word][0] <= len(arguments) <= FUNCTIONS[word][1]:
            raise compilation(f"wrong number of arguments for function [{word}]", "000939", "22023")
        return ("call", word, arguments)

    # ---- COPY and what is created ----

    def copy(self, in_pipe=False):
        self.expect("COPY", "INTO")
        copy = {"do": "copy", "table": self.name(), "columns": None, "select": None}
        if self.is_word(self.at, "("):
            copy["columns"] = self.listed(self.column)
        self.expect("FROM")
        if self.accept("(", "SELECT"):
            copy["select"] = [self.selected()]
            while self.accept(","):
                copy["select"].append(self.selected())
            self.expect("FROM")
            copy["stage"], copy["path"] = self.location()
            if not self.accept(")"):
                self.accept("AS")
                self.part()
                self.expect(")")
        else:
            copy["stage"], copy["path"] = self.location()
        options = self.properties("COPY", stop=())
        if copy["columns"] and copy["select"] and len(copy["columns"]) != len(copy["select"]):
            raise compilation("Insert value list does not match column list", "002020", "21S01")
        self.check_copy(options, in_pipe)
        copy["on_error"] = options.pop("ON_ERROR", "SKIP_FILE" if in_pipe else "ABORT_STATEMENT")
        copy["options"] = options
        return copy

    @staticmethod
    def check_copy(options, in_pipe):
        for key in NOT_IN_PIPES:
            if in_pipe and key in options:
                raise compilation(f"invalid parameter '{key}' in a pipe's COPY", "001006", "22023")
        on_error = options.get("ON_ERROR", "SKIP_FILE")
        if not ON_ERROR.fullmatch(on_error) or in_pipe and on_error == "ABORT_STATEMENT":
            raise compilation(f"invalid value [{on_error}] for parameter 'ON_ERROR'", "001008", "22023")
        if len(options.get("FILES", ())) > 1000:
            raise compilation("maximum number of files in FILES is 1,000", "001015", "54000")
        if "FILES" in options and "PATTERN" in options:
            raise compilation("FILES and PATTERN exclude each other here", "001016", "22023")
        try:
            re.compile(options.get("PATTERN", ""))
        except re.error as error:
            raise compilation(f"invalid regular expression: {error}", "100048", "2201B") from error

    def create(self):
        replace = self.accept("OR", "REPLACE")
        temporary = self.accept("TEMPORARY") or self.accept("TEMP")
        self.accept("TRANSIENT") or self.accept("SECURE")
        kind = next((KINDS[words] for words in KINDS if self.accept(*words.split())), None)
        if kind is None or temporary:
            self.fail("a kind of object")
        if_not_exists = self.accept("IF", "NOT", "EXISTS")
        if replace and if_not_exists:
            raise compilation("options OR REPLACE and IF NOT EXISTS are incompatible", "001020", "42601")
        name = self.name(1 if kind in IN_ACCOUNT else 2 if kind == "SCHEMA" else 3)
        made = getattr(self, "create_" + kind.lower().replace(" ", "_"), lambda: self.properties(kind))()
        self.end()
        return {"do": "create", "kind": kind, "name": name, "or_replace": replace, "if_not_exists": if_not_exists, "body": made}

    def create_integration(self):
        made = self.properties("INTEGRATION")
        if made["STORAGE_PROVIDER"].upper() not in ("S3", "S3CHINA", "S3GOV"):
            raise compilation("invalid value for parameter 'STORAGE_PROVIDER'", "001008", "22023")
        if not re.fullmatch(r"arn:aws[\w-]*:iam::\d{12}:role/.+", made["STORAGE_AWS_ROLE_ARN"], re.A):
            raise compilation("invalid value for parameter 'STORAGE_AWS_ROLE_ARN'", "001008", "22023")
        for place in made["STORAGE_ALLOWED_LOCATIONS"] + made.get("STORAGE_BLOCKED_LOCATIONS", []):
            if place != "*" and not re.match(r"s3(gov|china)?://", place):
                raise compilation(f"invalid location '{place}'", "001008", "22023")
        return made

    def create_stage(self):
        made = self.properties("STAGE")
        if "STORAGE_INTEGRATION" in made and "URL" not in made:
            raise compilation("missing required property 'URL'", "001422", "22023")
        if "URL" in made and not re.fullmatch(r"s3(gov|china)?://[^/]+/(.*/)?", made["URL"], re.S):
            raise compilation(f"invalid URL '{made['URL']}': it must end in '/'", "001008", "22023")
        return made

    def create_file_format(self):
        return self.format_options()

    def create_table(self):
        columns = [column for column in self.listed(self.table_item) if column]
        made = {"columns": columns, "COMMENT": None}
        names = [column["name"] for column in columns]
        for name in names:
            if names.count(name) > 1:
                raise compilation(f"duplicate column name '{name}'", "002025", "42S21")
        while self.token.kind == "word":
            if self.accept("CLUSTER", "BY"):
                self.listed(self.column)
            else:
                self.expect("COMMENT", "=")
                made["COMMENT"] = self.take("string")
        return made

    def create_view(self):
        columns = self.listed(self.column) if self.is_word(self.at, "(") else None
        keeps = self.accept("COPY", "GRANTS")
        made = self.properties("VIEW")
        self.expect("AS")
        return {**made, "columns": columns, "query": self.rest(), "keeps_grants": keeps}

    def create_pipe(self):
        made = self.properties("PIPE")
        if "AWS_SNS_TOPIC" in made and "INTEGRATION" in made:
            raise compilation("AWS_SNS_TOPIC and INTEGRATION exclude each other", "001020", "42601")
        self.expect("AS")
        made["definition"] = self.sql[self.token.start:self.tokens[-1].start].rstrip().rstrip(";")
        made["copy"] = self.copy(in_pipe=True)
        if "ERROR_INTEGRATION" in made and not made["copy"]["on_error"].startswith("SKIP_FILE"):
            raise compilation("ERROR_INTEGRATION works only with ON_ERROR = SKIP_FILE", "001020", "42601")
        return made

    def create_task(self):
        made = self.properties("TASK", stop=("AS", "WHEN"))
        if "WAREHOUSE" in made and "USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE" in made:
            raise compilation("WAREHOUSE excludes a managed warehouse", "001020", "42601")
        if not re.fullmatch(r"\d+ +(MINUTES?|M|SECONDS?|S|HOURS?|H)|USING CRON( +\S+){5} +\S+", made.get("SCHEDULE", "1 MINUTE"), re.I):
            raise compilation(f"invalid schedule '{made['SCHEDULE']}'", "001008", "22023")
        made["when"] = self.skip_expression(("AS",)) if self.accept("WHEN") else None
        self.expect("AS")
        made["definition"] = self.rest()
        return made

    # ---- everything else ----

    def kind(self):
        for words, kind in KINDS.items():
            if self.accept(*words.split()):
                return kind
        return self.fail("a kind of object")

    def alter(self):
        kind = self.kind()
        found = {"do": "alter", "kind": kind, "if_exists": self.accept("IF", "EXISTS"), "name": self.name(), "set": None}
        if kind == "PIPE" and self.accept("REFRESH"):
            found["refresh"] = {}
            while self.token.kind == "word":
                key = self.word()
                if key not in ("PREFIX", "MODIFIED_AFTER"):
                    self.fail()
                self.expect("=")
                found["refresh"][key] = self.take("string")
        elif kind == "TABLE" and self.accept("ADD"):
            self.accept("COLUMN")
            found["if_not_exists"] = self.accept("IF", "NOT", "EXISTS")
            found["add"] = [self.column_definition()]
            while self.accept(","):
                found["add"].append(self.column_definition())
        elif kind == "TASK" and self.token.value.upper() in ("RESUME", "SUSPEND"):
            found["started"] = self.word() == "RESUME"
        elif self.accept("SET"):
            found["set"] = self.settings({"PIPE": {"PIPE_EXECUTION_PAUSED": "b", "COMMENT": "s"}, "USER": {
                "RSA_PUBLIC_KEY": "s", "RSA_PUBLIC_KEY_2": "s", "DEFAULT_ROLE": "i"}}.get(kind, {"COMMENT": "s"}))
        else:
            self.fail()
        self.end()
        return found

    def settings(self, allowed):
        found = {}
        while self.token.kind == "word":
            key = self.word()
            if key not in allowed:
                raise compilation(f"invalid property '{key}'", "001420", "22023")
            self.expect("=")
            found[key] = self.value(allowed[key], key)
            self.accept(",")
        return found

    def grant(self, revoke=False):
        found = {"do": "revoke" if revoke else "grant"}
        if self.accept("ROLE"):
            found["role"] = self.part()
        else:
            found["privileges"] = [self.privilege()]
            while self.accept(","):
                found["privileges"].append(self.privilege())
            self.expect("ON")
            found["every"] = self.word() if self.token.value.upper() in ("ALL", "FUTURE") else None
            account = self.accept("ACCOUNT")
            found["kind"] = "ACCOUNT" if account else self.kind()
            found["name"] = () if account else self.name()
        self.expect("FROM" if revoke else "TO")
        to = "USER" if self.accept("USER") else "ROLE"
        self.accept("ROLE")
        found["to"] = (to, self.part())
        self.end()
        return found

    def privilege(self):
        words = [self.word()]
        while self.token.kind == "word" and self.token.value.upper() != "ON":
            words.append(self.word())
        return " ".join(words)

    def show(self):
        words = [self.word()]
        while self.token.kind == "word" and self.token.value.upper() not in ("LIKE", "IN", "ON", "TO"):
            words.append(self.word())
        found = {"do": "show", "what": " ".join(words), "like": None, "in": None}
        if self.accept("LIKE"):
            found["like"] = self.take("string")
        if found["what"] == "GRANTS":
            found["grants"] = (self.word(), self.kind(), self.name())
        elif self.accept("IN"):
            kind = self.word() if self.token.value.upper() in ("SCHEMA", "DATABASE", "ACCOUNT") else "SCHEMA"
            found["in"] = (kind, self.name() if kind != "ACCOUNT" else ())
        self.end()
        return found

    def describe(self):
        found = {"do": "describe", "kind": self.kind(), "name": self.name()}
        self.end()
        return found

    def use(self):
        kind = self.kind() if self.token.value.upper() in KINDS and self.tokens[self.at + 1].kind != "end" else "DATABASE"
        found = {"do": "use", "kind": kind, "name": self.name()}
        self.end()
        return found

    def drop(self):
        kind = self.kind()
        if kind not in ("TABLE", "VIEW", "STAGE", "FILE FORMAT", "PIPE", "TASK"):
            self.fail()
        found = {"do": "drop", "kind": kind, "if_exists": self.accept("IF", "EXISTS"), "name": self.name()}
        self.end()
        return found

    def delete(self):
        self.expect("FROM")
        found = {"do": "delete", "name": self.name(), "where": self.rest() if self.accept("WHERE") else None}
        return found

    def execute(self):
        self.expect("TASK")
        found = {"do": "execute", "name": self.name()}
        self.end()
        return found


def read(sql):
    """What a statement says."""
    reader = Reader(sql)
    if reader.is_word(0, "COPY"):
        found = reader.copy()
        reader.end()
        return found
    if reader.is_word(0, "SELECT") or reader.is_word(0, "WITH"):
        return {"do": "query", "sql": sql}
    for words, method in (("CREATE", reader.create), ("ALTER", reader.alter), ("GRANT", reader.grant), ("SHOW", reader.show),
                          ("REVOKE", lambda: reader.grant(revoke=True)), ("DESC", reader.describe), ("DESCRIBE", reader.describe),
                          ("USE", reader.use), ("EXECUTE", reader.execute), ("DROP", reader.drop), ("DELETE", reader.delete)):
        if reader.accept(words):
            return method()
    return reader.fail("a statement")
