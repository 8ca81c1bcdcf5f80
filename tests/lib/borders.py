"""borders.py: values at the borders of every SQL type and every kind of text, as JSON texts, which are spread over rows; and values
that a warehouse can't hold, with the SQLSTATE of the dead letter that they become."""
import json
import random

from lib import values

BIG = "9" * 38
TEXTS = values.WORDS + [
    "\ufeff", "\ufeffa\ufeff", "\x01", "\x01\x02\x1f", "\x7f\x80\x9f", "  both ends  ", "\ttab\t", "\u00a0nbsp\u3000", "\u2028\u2029",
    "\U0001f600\U0010ffff", "\ufffd\uffff", "e\u0301 is not \u00e9", "lone \" quote", "'", "a,b", "a\nb", "a\r\nb", "a\rb", "\\\n", "\\\r\n",
    "\\,", "\\\"", "x\\", "\\N\n", "\\\\N", "\n\\.", "\\.\r\n", "\r\\.\n", "NULL\n", "nan", "inf", "t", "false", "0x0a", "=1+1", "-", "--",
    "#", "$$x$$", "%s", "\b\f\v", "\n" * 3, "\"\n\"", "\",\"\n\"", "'\\''", "x" * 100000, "\U0001f600" * 30000, "\"\\\n,\r" * 20000]


def decimals(precision, scale):
    """Texts that fit into numeric(precision, scale): the greatest and least, the smallest step, zeros behind, what is rounded away."""
    def point(digits):
        digits = digits.rjust(scale + 1, "0")
        return digits[:-scale] + "." + digits[-scale:] if scale else digits
    nines, step, tenth = point("9" * precision), point("1"), "" if scale else "."
    texts = [nines, "-" + nines, step, "-" + step, point("1" + "0" * (precision - 1)), point("120"), "0", "-0", "0.0", "100", "1.50",
             f"{step}{tenth}4", f"{step}{tenth}5", f"-{step}{tenth}5", f"-{step}{tenth}6", f"{nines[:-1]}8{tenth}49", f"1e-{scale}"]
    return [text for text in texts if values.quantized(values.Decimal(text), precision, scale) is not None] + ["null"]


def strings(*texts):
    return [json.dumps(text) for text in texts]


MOMENTS = ("0001-01-01 00:00:00", "9999-12-31 23:59:59.999999", "1969-12-31 23:59:59.999999", "1970-01-01 00:00:00", "2000-01-01 00:00:00",
           "2000-02-29T12:00:00.000001", "1582-10-04 23:59:59", "1582-10-15 00:00:00", "1900-02-28 23:59:59.1", "2026-01-31 24:00:00",
           "2026-06-30 23:59:60", "2026-01-31 01:02:03.1234565", "2026-01-31 01:02:03.1234575", "0099-12-31 00:00:00.5")
TYPES = {
    "b": ("boolean", ["true", "false", "null"]),
    "i": ("integer", ["-2147483648", "2147483647", "0", "-1", "1", "null"]),
    "l": ("bigint", ["-9223372036854775808", "9223372036854775807", "0", "-1", "9007199254740993", "null"]),
    "d": ("double precision", ["0.0", "-0.0", "5e-324", "-5e-324", "2.2250738585072009e-308", "2.2250738585072014e-308",
                               "1.7976931348623157e308", "-1.7976931348623157e308", "0.1", "0.3333333333333333", "1e15", "1e16", "1e22",
                               "1e23", "123456789012345680", "1e-5", "0.0001", *strings("NaN", "Infinity", "-Infinity"), "null"]),
    **{f"n{scale}": (f"numeric(38,{scale})", decimals(38, scale)) for scale in range(38)},
    "p1": ("numeric(1,0)", decimals(1, 0)), "p1_1": ("numeric(1,1)", decimals(1, 1)), "p12": ("numeric(12,2)", decimals(12, 2)),
    "free": ("numeric", ["0", "-0", "1.10", "-1.100", BIG + BIG, "1" + "0" * 999, "-" + "9" * 1000 + "." + "9" * 300, "1e400", "1e-400",
                         "0." + "0" * 300, *strings("NaN", "Infinity", "-Infinity"), "null"]),
    "n50": ("numeric(50,10)", decimals(50, 10)), "n38_38": ("numeric(38,38)", decimals(38, 38)),
    "wide": ("numeric(1000,500)", decimals(1000, 500)), "minus": ("numeric(5,-2)", ["0", "50", "49", "-9999949", "9999900", "123456", "null"]),
    "small": ("numeric(2,5)", ["0", "0.00099", "-0.00099", "0.000005", "0.000004", "null"]),
    "t": ("text", [*(json.dumps(text) for text in TEXTS), *(json.dumps(text, ensure_ascii=False) for text in TEXTS[:40]), "null"]),
    "da": ("date", strings("0001-01-01", "9999-12-31", "1582-10-04", "1582-10-15", "1900-03-01", "1969-12-31", "1970-01-01", "2000-02-29",
                           "0099-12-31") + ["null"]),
    "ts": ("timestamp", strings(*MOMENTS) + ["null"]),
    "tz": ("timestamptz", strings(*(moment + zone for moment in MOMENTS for zone in ("Z", "+00")),
                                  "9999-12-31 18:00:00.999999-05:59", "0001-01-01 12:34:00+12:34", "2026-01-31 00:00:00+15:59",
                                  "2026-01-31 00:00:00-15:59", "2026-01-31T23:30:00.5-05", "2026-01-31 00:00:00+0545") + ["null"]),
    "iv": ("interval", strings("0", "1 year 2 mons 3 days 04:05:06.789", "-1 mons +1 day -00:00:01", "00:00:00.000001", "-00:00:00.000001",
                               "178000000 years", "-178000000 years", "2147483647 days", "-2147483648 days", "2562047788:00:54.775807",
                               "-2562047788:00:54.775807", "11 mons", "-11 mons", "25:00:00", "P1Y2M3DT4H5M6.5S") + ["null"]),
    "u": ("uuid", strings("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
                          "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "{a0eebc999c0b4ef8bb6d6bb9bd380a11}") + ["null"]),
    "j": ("jsonb", ["{}", "[]", '""', "true", "0", "-0", "1.10", "1e2", "-1.5e-10", BIG, "-" + BIG, "0." + BIG, BIG + "9", "1" + "0" * 60, "0." + BIG + "9",
                    "[" * 50 + "]" * 50, '{"a": null}', '{"a": 1, "a": 2}', '{"b": [1, {"a": "x"}], "a": {"a": null}}', '{"": "", " ": " "}',
                    '{"a": "\\u00e9\\ud83d\\ude00\\t"}', '{"a": 1.0}', "[null]", *(json.dumps({text[:300]: text[:3000]}) for text in TEXTS),
                    *(json.dumps(text[:3000]) for text in TEXTS), json.dumps({"a": TEXTS}), "null"]),
}
COLUMNS = [(name, kind) for name, (kind, _) in TYPES.items()]


def rows():
    """Rows as dicts of JSON texts: each value of each column in some row, and a row of NULLs."""
    count = max(len(texts) for _, texts in TYPES.values())
    spread = [{name: texts[number % len(texts)] for name, (_, texts) in TYPES.items()} for number in range(count)]
    return spread + [dict.fromkeys(TYPES, "null")]


def fuzz(seed, count, columns=("t1", "t2", "t3")):
    """Rows of random texts, of the characters that matter to CSV."""
    rng = random.Random(seed)

    def text():
        if rng.random() < 0.15:
            return "null"
        letters = rng.choices('aN"\n\r\\,;\' \t.é☃0#|\x01', k=rng.choice((0, 1, 1, 2, 3, 5, 12)))
        return json.dumps("".join(letters), ensure_ascii=rng.random() < 0.5)
    return [{column: text() for column in columns} for _ in range(count)]


# Column, JSON text, SQLSTATE: no file is to have these.
REFUSED = [(column, text, "22008") for column, texts in (
    ("da", ("infinity", "-infinity", "10000-01-01", "294000-12-31", "0001-12-31 BC", "4713-01-01 BC")),
    ("ts", ("infinity", "-infinity", "10000-01-01 00:00:00", "294276-12-31 23:59:59.999999", "0001-12-31 23:59:59.999999 BC",
            "9999-12-31 23:59:59.9999996", "9999-12-31 24:00:00")),
    ("tz", ("infinity", "-infinity", "10000-01-01 00:00:00+00", "9999-12-31 23:59:59.999999-00:01", "0001-01-01 00:00:00+00:01",
            "0001-12-31 00:00:00+00 BC"))) for text in strings(*texts)]
REFUSED += [(f"n{scale}", text, "22003") for scale in (0, 1, 10, 37) for text in (
    '"NaN"', '"Infinity"', '"-Infinity"', "1" + "0" * (38 - scale), "-1" + "0" * (38 - scale), "9" * (38 - scale) + "." + "9" * (scale + 1))]
REFUSED += [("t", '"a\\u0000b"', "22P05"), ("j", '"\\u0000"', "22P05"), ("j", '{"\\u0000": 1}', "22P05"), ("i", "2147483648", "22003"),
            ("l", "9223372036854775808", "22003"), ("p1", "9.5", "22003"), ("d", "1e400", "22003"), ("u", '"x"', "22P02"),
            ("b", '"maybe"', "22P02")]
