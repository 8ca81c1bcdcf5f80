"""expressions.py: random well-typed statements over VALUES, for comparison with PostgreSQL.

The idea: a production makes a type from others ("{} + {}" of two integers is an integer); an expression is grown from them,
top down, until its leaves are columns and literals. Every call has a column below it: PostgreSQL evaluates calls of
constants while it plans, Weir leaves those that fail to the rows that reach them, and may then have no error at all.
For the same reason the table has several rows: PostgreSQL treats a single one as constants. And a WHERE is one test, IS TRUE:
PostgreSQL looks at the cheapest of several conditions first, so that the others may not come to fail.
"""
import itertools

ROWS = 4

VALUES = {
    "boolean": ["true", "false"],
    "integer": ["0", "1", "-1", "7", "-12", "100", "46341", "2147483647", "-2147483648"],
    "bigint": ["0", "3", "-5", "1000000007", "3037000500", "9223372036854775807", "-9223372036854775808"],
    "double precision": ["0", "-0", "0.1", "1.5", "2.5", "-2.5", "1e15", "1e-7", "123456.789", "1e300", "1e-300", "NaN",
                         "Infinity", "-Infinity"],
    "numeric": ["0", "0.00", "1.10", "-2.5", "3", "0.000001", "99999.99", "12345678901234567890.123456789", "-7", "1e30",
                "NaN", "Infinity"],
    "text": ["", " ", "a", "abc", "ABC", " x y ", "äÖü", "日本語", "50%", "a_b", "12", "-3.5", "e\u0301", "it''s", "😀"],
    "date": ["2026-02-28", "2024-02-29", "1999-12-31", "0001-01-01", "0044-03-15 BC", "2020-12-28", "infinity"],
    "timestamp": ["2026-02-28 23:59:59.999999", "2024-02-29 12:34:56.5", "1970-01-01", "0044-03-15 01:02:03 BC",
                  "2021-01-03 00:00:01", "-infinity", "12000-06-15 08:00"],
    "timestamptz": ["2026-02-28 23:59:59.999999+00", "2024-03-31 01:30:00+00", "1970-01-01 00:00+05:30",
                    "2026-11-01 05:59:59+00", "infinity", "1900-01-01 00:00+00"],
    "interval": ["0", "1 day", "-1 day", "1 mon", "24:00:00", "1 year 2 mons 3 days 04:05:06.789", "-00:00:00.000001",
                 "-5 mons +3 days -04:00:00", "1000 years", "15 minutes"],
    "uuid": ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "00000000-0000-0000-0000-000000000000",
             "ffffffff-ffff-ffff-ffff-ffffffffffff"],
    "jsonb": ["1", "-2.50", "\"x\"", "null", "true", "[1, \"a\", null, [2]]", "{\"a\": 1, \"b\": {\"c\": [1, 2]}, \"ä\": \"x\"}",
              "{}", "[]", "1e3"],
}
COLUMNS = {"boolean": "b", "integer": "i", "bigint": "l", "double precision": "d", "numeric": "n", "text": "s", "date": "da",
           "timestamp": "ts", "timestamptz": "tz", "interval": "iv", "uuid": "u", "jsonb": "j"}

NUMBERS = ["integer", "bigint", "double precision", "numeric"]
TIMES = ["date", "timestamp", "timestamptz"]
COMPARABLE = ([(t, t) for t in VALUES] + list(itertools.permutations(NUMBERS, 2)) + list(itertools.permutations(TIMES, 2)))
FIELDS = ["microseconds", "milliseconds", "second", "minute", "hour", "day", "month", "quarter", "year", "decade", "century",
          "millennium", "epoch"]
DATE_FIELDS = ["week", "dow", "isodow", "doy", "isoyear", "julian"]
TRUNCATE = ["microseconds", "milliseconds", "second", "minute", "hour", "day", "month", "quarter", "year", "decade", "century",
            "millennium"]
PATTERNS = ["YYYY-MM-DD HH24:MI:SS.US", "FMDay, DDth Mon YYYY", "IYYY-IW-ID", "HH12:MI AM", "J Q CC DDD", "FMMonth FMRM BC",
            "Y,YYY SSSS MS", "YY IY WW W D"]
ZONES = ["UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Europe/London", "-03:30"]


def wider(a, b):
    """The type of arithmetic between two numbers."""
    order = ["integer", "bigint", "numeric", "double precision"]
    return max(a, b, key=order.index)


def productions():
    """Pairs (type, (template, argument types)); the text {0}, {1} … stands for the arguments."""
    for a, b in COMPARABLE:
        for op in ("=", "<>", "<", "<=", ">", ">="):
            yield "boolean", (f"({{0}} {op} {{1}})", (a, b))
        yield "boolean", ("({0} IS DISTINCT FROM {1})", (a, b))
        yield "boolean", ("({0} BETWEEN {1} AND {1})", (a, b))
        yield "boolean", ("({0} IN ({1}, {2}))", (a, b, a))
        yield "boolean", ("({0} NOT IN ({1}, {2}))", (a, b, b))
    for t in VALUES:
        yield "boolean", ("({0} IS NULL)", (t,))
        yield "boolean", ("({0} IS NOT NULL)", (t,))
        for _ in range(3):
            yield t, ("CASE WHEN {0} THEN {1} ELSE {2} END", ("boolean", t, t))
            yield t, ("coalesce({0}, {1})", (t, t))
        yield t, ("CASE {0} WHEN {1} THEN {2} END", ("integer", "integer", t))
        yield t, ("nullif({0}, {1})", (t, t))
        yield t, ("{0}::text::" + t, (t,))
        yield "text", ("{0}::text", (t,))
        if t not in ("text", "jsonb"):
            yield "text", ("({0} || {1})", ("text", t))
            yield "text", ("({0} || {1})", (t, "text"))
    for test in ("TRUE", "NOT TRUE", "FALSE", "NOT FALSE", "UNKNOWN", "NOT UNKNOWN"):
        yield "boolean", (f"({{0}} IS {test})", ("boolean",))
    for _ in range(8):
        yield "boolean", ("({0} AND {1})", ("boolean", "boolean"))
        yield "boolean", ("({0} OR {1})", ("boolean", "boolean"))
        yield "boolean", ("(NOT {0})", ("boolean",))
    for pattern in ("%a%", "a_%", "_", "%\\%", "", "%", "_b%"):
        yield "boolean", (f"({{0}} LIKE '{pattern}')", ("text",))
        yield "boolean", (f"({{0}} NOT LIKE '{pattern}')", ("text",))
    yield "boolean", ("({0} LIKE {1} || '%')", ("text", "text"))
    yield "integer", ("{0}::integer", ("boolean",))
    for a, b in itertools.product(NUMBERS, NUMBERS):
        for op in ("+", "-", "*", "/") + (() if "double precision" in (a, b) else ("%",)):
            yield wider(a, b), (f"({{0}} {op} {{1}})", (a, b))
        if a != b:
            yield b, ("{0}::" + b, (a,))
    for t in NUMBERS:
        yield t, ("abs({0})", (t,))
        yield t, ("(- {0})", (t,))
        yield t, ("(+ {0})", (t,))
    for name in ("round", "ceil", "floor", "trunc", "sign"):
        yield "numeric", (name + "({0})", ("numeric",))
        yield "double precision", (name + "({0})", ("double precision",))
    for scale in (-2, 0, 1, 4):
        yield "numeric", (f"round({{0}}, {scale})", ("numeric",))
        yield "numeric", (f"trunc({{0}}, {scale})", ("numeric",))
    for modifier in ("(6,2)", "(20,5)", "(3)", "(5,-2)"):
        yield "numeric", (f"{{0}}::numeric{modifier}", ("numeric",))
    yield "bigint", ("mod({0}, {1})", ("bigint", "integer"))
    yield "numeric", ("mod({0}, {1})", ("numeric", "numeric"))
    for name in ("lower", "upper", "trim", "btrim", "ltrim", "rtrim"):
        yield "text", (name + "({0})", ("text",))
    for name in ("length", "char_length", "octet_length"):
        yield "integer", (name + "({0})", ("text",))
    yield "text", ("trim({1} from {0})", ("text", "text"))
    yield "text", ("ltrim({0}, {1})", ("text", "text"))
    yield "text", ("({0} || {1})", ("text", "text"))
    yield "text", ("substring({0} FROM {1})", ("text", "integer"))
    yield "text", ("substring({0} FROM {1} FOR 2)", ("text", "integer"))
    yield "text", ("substr({0}, 2, {1})", ("text", "integer"))
    for t in TIMES + ["interval"]:
        for field in FIELDS + (DATE_FIELDS if t != "interval" else []):
            if not (t == "date" and field in FIELDS[:5]):
                yield "numeric", (f"extract({field} FROM {{0}})", (t,))
                yield "double precision", (f"date_part('{field}', {{0}})", (t,))
        for field in TRUNCATE + (["week"] if t != "interval" else []):
            yield ("timestamptz" if t == "date" else t), (f"date_trunc('{field}', {{0}})", (t,))
        yield "boolean", ("isfinite({0})", (t,))
    for t in TIMES + ["interval"]:
        for pattern in PATTERNS:
            if t != "interval" or not any(p in pattern for p in ("Day", "Month", "IW", "J ", "IY")):
                yield "text", (f"to_char({{0}}, '{pattern}')", (t,))
    for field in ("hour", "day", "week", "month"):
        yield "timestamptz", (f"date_trunc('{field}', {{0}}, 'America/New_York')", ("timestamptz",))
    for step in ("15 minutes", "1 day", "7 days", "00:00:00.5"):
        yield "timestamp", (f"date_bin('{step}', {{0}}, {{1}})", ("timestamp", "timestamp"))
        yield "timestamptz", (f"date_bin('{step}', {{0}}, {{1}})", ("timestamptz", "timestamptz"))
    for a, b in itertools.permutations(TIMES, 2):
        yield b, ("{0}::" + b, (a,))
    for t in ("timestamp", "timestamptz"):
        other = "timestamptz" if t == "timestamp" else "timestamp"
        for op in ("+", "-"):
            yield t, (f"({{0}} {op} {{1}})", (t, "interval"))
        yield t, ("({1} + {0})", (t, "interval"))
        yield "interval", ("({0} - {1})", (t, t))
        for zone in ZONES:
            yield other, (f"({{0}} AT TIME ZONE '{zone}')", (t,))
        for precision in (0, 3):
            yield t, (f"{{0}}::{t}({precision})", (t,))
    yield "date", ("({0} + {1})", ("date", "integer"))
    yield "date", ("({0} - {1})", ("date", "integer"))
    yield "integer", ("({0} - {1})", ("date", "date"))
    yield "timestamp", ("({0} + {1})", ("date", "interval"))
    yield "timestamp", ("({0} - {1})", ("date", "interval"))
    for op in ("+", "-"):
        yield "interval", (f"({{0}} {op} {{1}})", ("interval", "interval"))
    for t in NUMBERS:
        yield "interval", ("({0} * {1})", ("interval", t))
        yield "interval", ("({0} / {1})", ("interval", t))
    yield "interval", ("({1} * {0})", ("interval", "double precision"))
    yield "interval", ("(- {0})", ("interval",))
    for name in ("justify_days", "justify_hours", "justify_interval"):
        yield "interval", (name + "({0})", ("interval",))
    for precision in (0, 2):
        yield "interval", (f"{{0}}::interval({precision})", ("interval",))
    for key in ("'a'", "'b'", "'ä'", "0", "1", "-1", "3"):
        yield "jsonb", (f"({{0}} -> {key})", ("jsonb",))
        yield "text", (f"({{0}} ->> {key})", ("jsonb",))
    yield "jsonb", ("({0} -> {1})", ("jsonb", "text"))
    yield "text", ("({0} ->> {1})", ("jsonb", "integer"))
    for t in NUMBERS + ["boolean"]:
        yield t, ("{0}::" + t, ("jsonb",))


PRODUCTIONS = {}
for _type, _production in productions():
    PRODUCTIONS.setdefault(_type, []).append(_production)

AGGREGATES = (["count({0})", "count(DISTINCT {0})"],
              {t: ["sum({0})", "avg({0})", "min({0})", "max({0})", "sum(DISTINCT {0})"] for t in NUMBERS + ["interval"]}
              | {t: ["min({0})", "max({0})"] for t in TIMES + ["text"]})


# Calls that PostgreSQL shortens while it plans, when their first argument is a constant; for the first two, any argument.
SHORTENED = ("({0} AND", "({0} OR", "coalesce", "CASE", "nullif")


def single_rows(statement):
    """The statement over each row of its table alone (twice, so that it is no constant)."""
    before, rest = statement.split("(VALUES (", 1)
    rows, after = rest.split(")) v(", 1)
    return [f"{before}(VALUES ({row}), ({row})) v({after}" for row in rows.split("), (")]


def literal(type_name, value):
    return f"NULL::{type_name}" if value is None else f"'{value}'::{type_name}"


class Statements:
    """Statements of one random generator, as long as the caller wants them."""

    def __init__(self, random):
        self.random = random

    def value(self, type_name):
        return None if self.random.random() < 0.12 else self.random.choice(VALUES[type_name])

    def table(self):
        rows = ["(" + ", ".join(literal(t, self.value(t)) for t in VALUES) + ")" for _ in range(ROWS)]
        return f"(VALUES {', '.join(rows)}) v({', '.join(COLUMNS.values())})"

    def expression(self, type_name, depth):
        if depth == 0 or self.random.random() < 0.1:
            return COLUMNS[type_name]
        template, arguments = self.random.choice(PRODUCTIONS[type_name])
        parts = [self.expression(t, depth - 1) for t in arguments]
        if len(parts) > 1 and self.random.random() < 0.3 and not template.startswith(SHORTENED[:2]):
            at = self.random.randrange(template.startswith(SHORTENED), len(parts))
            parts[at] = literal(arguments[at], self.random.choice(VALUES[arguments[at]]))
        return template.format(*parts)

    def statement(self):
        kind = self.random.random()
        type_name = self.random.choice(list(VALUES))
        expression = self.expression(type_name, self.random.choice((1, 2, 2, 3)))
        if kind < 0.75:
            return f"SELECT {expression} FROM {self.table()};"
        if kind < 0.85:
            aggregate = self.random.choice(AGGREGATES[0] + AGGREGATES[1].get(type_name, [])).format(expression)
            condition = f" FILTER (WHERE {self.expression('boolean', 1)})" if self.random.random() < 0.3 else ""
            return f"SELECT {aggregate}{condition} FROM {self.table()};"
        if kind < 0.93:
            return f"SELECT {expression}::text, count(*) FROM {self.table()} GROUP BY 1 ORDER BY 1, 2;"
        return f"SELECT i, s FROM {self.table()} WHERE ({self.expression('boolean', 2)}) IS TRUE;"
