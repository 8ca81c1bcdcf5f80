"""values.py: random and extreme values of every SQL type, as JSON text and as what must arrive in Snowflake."""
import datetime
import decimal
import json
import math
import re
import struct
import uuid

Decimal = decimal.Decimal
MICROSECOND = datetime.timedelta(microseconds=1)
UTC = datetime.timezone.utc
INT32, INT64 = 2 ** 31 - 1, 2 ** 63 - 1
LETTERS = "aN \"\"\n\r\\,;'\t.é☃0#|\x01\x7f\u00a0\u2028\ufeff\ufffd\U0001f600\U0010ffffNULL"
WORDS = ["", "NULL", "null", "\\N", "\\.", "\n\\.\n", "\\", "\\\\", '"', '""', '","', "\n", "\r\n", "\r", ",", " ", " lead", "trail ",
         "\t", "ends in \\", 'ends in "', '\\"', "a\\", "true", "1", "1e5", "NaN", "2026-01-31", "{}", "é☃\U0001f600", "\ufeffbom",
         "__HIVE_DEFAULT_PARTITION__", "'", "''", "$$", "-- x", "/* x */", "\x7f", "\x01", "0x22", "%", "x" * 70000, "é" * 3000,
         '"' * 999, "\n" * 500, '"\n",' * 300]

# Every column of a stream: name and SQL type.
COLUMNS = [("b", "boolean"), ("i", "integer"), ("l", "bigint"), ("d", "double precision"), ("n0", "numeric(38,0)"),
           ("n10", "numeric(38,10)"), ("n37", "numeric(38,37)"), ("m", "numeric(12,2)"), ("n", "numeric"), ("n50", "numeric(50,10)"),
           ("t", "text"), ("da", "date"), ("ts", "timestamp"), ("tz", "timestamptz"), ("iv", "interval"), ("u", "uuid"), ("j", "jsonb")]


def plain(number):
    """A decimal without exponent, as PostgreSQL prints numeric."""
    return format(number, "f")


def quantized(number, precision, scale):
    """The number rounded to numeric(precision, scale), halves away from zero; None when it does not fit."""
    with decimal.localcontext() as context:
        context.prec = 2000
        value = number.quantize(Decimal(1).scaleb(-scale), decimal.ROUND_HALF_UP)
        return value if value.copy_abs() < Decimal(10) ** (precision - scale) else None


def interval_iso(months, days, micros):
    """ISO 8601 as PostgreSQL's intervalstyle iso_8601 writes it."""
    def parts(pairs):
        return "".join(f"{value}{unit}" for value, unit in pairs if value not in (0, "0"))

    def split(value, unit):
        sign = -1 if value < 0 else 1
        return sign * (abs(value) // unit), sign * (abs(value) % unit)
    years, months = split(months, 12)
    hours, rest = split(micros, 3600000000)
    minutes, rest = split(rest, 60000000)
    seconds, fraction = split(rest, 1000000)
    second = ("-" if rest < 0 else "") + f"{abs(seconds)}.{abs(fraction):06}".rstrip("0").rstrip(".") if rest else "0"
    date = parts(((years, "Y"), (months, "M"), (days, "D")))
    time = parts(((hours, "H"), (minutes, "M"), (second, "S")))
    return "P" + date + ("T" + time if time else "") if date or time else "PT0S"


class Values:
    """Makes values from a random.Random: each method returns (JSON text, what arrives)."""

    def __init__(self, rng):
        self.rng = rng

    def pick(self, column):
        return getattr(self, f"make_{column}")()

    def refused(self, column):
        """JSON text of a value that its column or no CSV can hold and the SQLSTATE, or None where there is none."""
        if column in ("da", "ts", "tz"):
            time, zone = ("" if column == "da" else " 00:00:00"), ("+00" if column == "tz" else "")
            values = ["infinity", "-infinity", f"10000-01-01{time}{zone}", f"294000-12-31{time}{zone}", f"0001-12-31{time}{zone} BC",
                      f"4000-01-01{time}{zone} BC"]
            if column == "tz":
                values += ["9999-12-31 23:59:59.999999-00:01", "0001-01-01 00:00:00+00:01"]
            return json.dumps(self.rng.choice(values)), "22008"
        if column in ("n0", "n10", "n37", "m"):
            return json.dumps(self.rng.choice(["NaN", "Infinity", "-Infinity", "1" + "0" * 38])), "22003"
        return None

    def integer(self, most):
        edges = [0, 1, -1, most, -most - 1, most - 1, 10 ** self.rng.randrange(len(str(most)))]
        return self.rng.choice(edges + [self.rng.randint(-most - 1, most)] * 3)

    def make_b(self):
        value = self.rng.random() < 0.5
        return json.dumps(value), value

    def make_i(self):
        value = self.integer(INT32)
        return str(value), Decimal(value)

    def make_l(self):
        value = self.integer(INT64)
        return str(value), Decimal(value)

    def make_d(self):
        edges = [0.0, -0.0, 5e-324, -5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, -1.7976931348623157e308, 0.1, 1e15, 1e16,
                 1e22, 1e23, 1 / 3, math.nan, math.inf, -math.inf, float(INT64), 123456789.0]
        value = self.rng.choice(edges + [struct.unpack("d", self.rng.randbytes(8))[0]] * 9 + [self.rng.uniform(-1e6, 1e6)] * 9)
        names = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
        return json.dumps(names[repr(value)]) if repr(value) in names else repr(value), value

    def decimal(self, precision, scale):
        """At most a digit more than the scale, so that rounding is seen."""
        digits = self.rng.choice([precision, self.rng.randint(1, precision)])
        number = Decimal(self.rng.randrange(10 ** digits)).scaleb(-self.rng.choice([0, scale, scale + 1, self.rng.randint(0, scale)]))
        nines = Decimal("9" * precision).scaleb(-scale)
        value = self.rng.choice([number] * 3 + [nines, Decimal(1).scaleb(-scale), Decimal(0)])
        return value.copy_negate() if self.rng.random() < 0.5 else value

    def bounded(self, precision, scale):
        with decimal.localcontext() as context:
            context.prec = 2000
            while True:
                number = self.decimal(precision, scale)
                value = quantized(number, precision, scale)
                if value is not None:
                    return plain(number), value.copy_abs() if value == 0 else value

    def make_n0(self):
        return self.bounded(38, 0)

    def make_n10(self):
        return self.bounded(38, 10)

    def make_n37(self):
        return self.bounded(38, 37)

    def make_m(self):
        return self.bounded(12, 2)

    def make_n(self):
        """Any precision; arrives as text."""
        digits = self.rng.choice([1, 9, 18, 38, 39, 60, 1000])
        text = str(self.rng.randrange(10 ** digits))
        if self.rng.random() < 0.5:
            text += "." + "".join(self.rng.choices("0123456789", k=self.rng.choice([1, 9, 38, 300])))
        if self.rng.random() < 0.5 and text.strip("0."):
            text = "-" + text
        special = self.rng.choice([None] * 12 + ["NaN", "Infinity", "-Infinity", "1e400", "1e-400"])
        if special is None:
            return text, text
        return json.dumps(special), plain(Decimal(special)) if special[1] == "e" else special

    def make_n50(self):
        text, value = self.bounded(50, 10)
        return text, plain(value)

    def text(self, most=12):
        return "".join(self.rng.choices(LETTERS, k=self.rng.randrange(most)))

    def make_t(self):
        value = self.rng.choice(WORDS) if self.rng.random() < 0.2 else self.text(20)
        return json.dumps(value, ensure_ascii=self.rng.random() < 0.5), value

    def day(self):
        first, last = datetime.date.min.toordinal(), datetime.date.max.toordinal()
        edges = [first, last, datetime.date(1582, 10, 15).toordinal(), datetime.date(2000, 2, 29).toordinal(), 719163]
        return datetime.date.fromordinal(self.rng.choice(edges + [self.rng.randint(first, last)] * 5))

    def make_da(self):
        value = self.day()
        return json.dumps(value.isoformat()), value

    def moment(self):
        micros = self.rng.choice([0, 1, 86399999999, 86399000000, 43200000000, self.rng.randrange(86400000000)])
        return datetime.datetime.combine(self.day(), datetime.time.min) + micros * MICROSECOND

    def make_ts(self):
        value = self.moment()
        return json.dumps(value.isoformat(self.rng.choice(" T"))), value

    def make_tz(self):
        value = self.moment().replace(tzinfo=UTC)
        minutes = self.rng.choice([0, 60, -300, 330, 765, -1 * self.rng.randint(0, 959), self.rng.randint(0, 959)])
        try:
            local = value.astimezone(datetime.timezone(datetime.timedelta(minutes=minutes)))
        except OverflowError:
            local = value
        return json.dumps(local.isoformat(self.rng.choice(" T"))), value

    def make_iv(self):
        months = self.rng.choice([0, 0, self.integer(INT32)])
        days = self.rng.choice([0, 0, self.integer(INT32)])
        micros = self.rng.choice([0, 1, -1, 86400000000, -999999, self.rng.randint(-10 ** 10, 10 ** 10),
                                  self.rng.randint(-7000000000000000000, 7000000000000000000)])
        hours, rest = divmod(abs(micros), 3600000000)
        minutes, rest = divmod(rest, 60000000)
        time = f"{'-' if micros < 0 else '+'}{hours:02}:{minutes:02}:{rest // 1000000:02}.{rest % 1000000:06}"
        return json.dumps(f"{months} mons {days} days {time}"), interval_iso(months, days, micros)

    def make_u(self):
        value = uuid.UUID(bytes=self.rng.randbytes(16))
        spelling = self.rng.choice([str(value), str(value).upper(), f"{{{value}}}", value.hex])
        return json.dumps(spelling), str(value)

    def json_value(self, depth):
        kind = self.rng.randrange(8 if depth < 3 else 6)
        if kind == 0:
            return None
        if kind == 1:
            return self.rng.random() < 0.5
        if kind == 2:
            return Decimal(self.integer(INT64))
        if kind == 3:
            return Decimal(self.rng.randrange(10 ** 20)).scaleb(-self.rng.randrange(25))
        if kind in (4, 5):
            return self.text()
        if kind == 6:
            return [self.json_value(depth + 1) for _ in range(self.rng.randrange(4))]
        return {self.text(): self.json_value(depth + 1) for _ in range(self.rng.randrange(4))}

    def make_j(self):
        """Never null at the top: that is SQL's NULL."""
        value = None
        while value is None:
            value = self.json_value(0)
        return json_text(value, self.rng), value

    def row(self, refuse=0.02, null=0.1):
        """A dict of JSON texts, a dict of what arrives, and (column, SQLSTATE) when the row is refused."""
        texts, arrives, refused = {}, {}, None
        for column, _ in COLUMNS:
            texts[column], arrives[column] = ("null", None) if self.rng.random() < null else self.pick(column)
        if self.rng.random() < refuse:
            column = self.rng.choice([name for name, _ in COLUMNS if self.refused(name)])
            texts[column], state = self.refused(column)
            refused = column, state
        return texts, arrives, refused


def json_text(value, rng):
    """JSON with numbers as they are, blanks here and there."""
    blank = rng.choice(["", " ", "\t"])
    if isinstance(value, Decimal):
        return str(value).replace("E", "e")
    if isinstance(value, list):
        return "[" + ",".join(blank + json_text(v, rng) for v in value) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k)}{blank}:{json_text(v, rng)}" for k, v in value.items()) + "}"
    return json.dumps(value)


def line(texts):
    """One message."""
    return "{" + ", ".join(f'"{key}": {text}' for key, text in texts.items()) + "}\n"


def canonical(value):
    """Something that is equal only when value and type are: true is not 1, -0 is not 0, NaN is NaN."""
    if isinstance(value, float):
        return "float", repr(value)
    if isinstance(value, Decimal):
        return "number", value.normalize(decimal.Context(prec=2000)) if value else Decimal(0)
    if isinstance(value, list):
        return [canonical(v) for v in value]
    if isinstance(value, dict):
        return {k: canonical(v) for k, v in value.items()}
    return type(value).__name__, value


def read_interval(text):
    """Months, days and microseconds of an ISO 8601 duration with a sign at each part."""
    match = re.fullmatch(r"P(?:(-?\d+)Y)?(?:(-?\d+)M)?(?:(-?\d+)D)?(?:T(?:(-?\d+)H)?(?:(-?\d+)M)?(?:(-?\d+(?:\.\d{1,6})?)S)?)?", text)
    years, months, days, hours, minutes, seconds = (Decimal(part or 0) for part in match.groups())
    return years * 12 + months, days, (hours * 3600 + minutes * 60 + seconds) * 1000000
