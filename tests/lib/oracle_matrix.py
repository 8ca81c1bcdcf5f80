"""oracle_matrix.py: statements for comparison with PostgreSQL where all combinations count: types, units, patterns."""
import itertools

VALUES = {
    "boolean": ["true", "false", None],
    "integer": ["0", "1", "-1", "2147483647", "-2147483648", None],
    "bigint": ["0", "7", "2147483648", "-2147483649", "9223372036854775807", "-9223372036854775808", None],
    "double precision": ["0", "-0", "0.5", "1.5", "2.5", "-2.5", "1e15", "1e16", "1e-7", "123456789.123456789",
                         "2147483647.4", "2147483647.5", "9223372036854775807", "1e300", "1e-300", "NaN", "Infinity",
                         "-Infinity", None],
    "numeric": ["0", "0.5", "1.5", "-2.5", "1.10", "9999.994", "9999.995", "2147483647.4", "2147483647.5",
                "9223372036854775807.5", "1e400", "1e-400", "12345678901234567890.123456789", "NaN", "Infinity",
                "-Infinity", None],
    "text": ["", " 1 ", "t", "yes", "1.5", "abc", "12345678901", "1e5", "0x10", "2026-02-28", "2026-02-30",
             "2026-02-28 23:59:59.9999995", "2026-02-28 12:00+02", "1 day 02:03:04", "P1Y2M", "infinity", "now x",
             "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "{\"a\":1}", "{bad", "null", None],
    "date": ["2026-02-28", "0001-01-01", "0044-03-15 BC", "5874897-12-31", "infinity", "-infinity", None],
    "timestamp": ["2026-02-28 13:14:15.678901", "0001-01-01 00:00:00", "294276-12-31 23:59:59.999999",
                  "4714-11-24 00:00:00 BC", "infinity", "-infinity", None],
    "timestamptz": ["2026-02-28 13:14:15.678901+00", "2026-02-28 13:14:15-07:30", "294276-12-31 23:59:59.999999+00",
                    "infinity", None],
    "interval": ["0", "1 year 2 mons 3 days 04:05:06.789", "-1 day +02:03", "178000000 years", None],
    "uuid": ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "00000000-0000-0000-0000-000000000000", None],
    "jsonb": ["1", "1.5", "1e40", "-7", "true", "null", "\"abc\"", "\"1\"", "[1, 2]", "{\"a\": null}", "3000000000", None],
}
MODIFIED = ["numeric(6,2)", "numeric(3)", "numeric(4,-2)", "timestamp(0)", "timestamp(3)", "timestamptz(2)", "interval(1)",
            "interval day to minute", "interval year", "interval hour to second(2)"]
OPERATORS = ["=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "||", "->", "->>", "~~"]
# What PostgreSQL has beyond the contract.
NOT_OURS = {("jsonb", "-", "integer"), ("jsonb", "-", "text"), ("jsonb", "||", "jsonb")}


def literal(type_name, value):
    if value is None:
        return f"NULL::{type_name}"
    return "'{}'::{}".format(value.replace("'", "''"), type_name)


def casts():
    """Every value of every type as every type: explicit casts, with and without modifiers, allowed or not."""
    for source, target in itertools.product(VALUES, [*VALUES, *MODIFIED]):
        for value in VALUES[source]:
            yield f"SELECT ({literal(source, value)})::{target};"


def pairs():
    """Every operator and every choice of a common type over every pair of types."""
    for left, right in itertools.product(VALUES, VALUES):
        a, b = literal(left, VALUES[left][1]), literal(right, VALUES[right][1])
        if right == "text":
            b = "'a'::text"
        for operator in OPERATORS:
            if (left, operator, right) not in NOT_OURS:
                yield f"SELECT {a} {operator} {b};"
        yield f"SELECT coalesce({a}, {b});"
        yield f"SELECT CASE WHEN true THEN {a} ELSE {b} END;"
        yield f"SELECT greatest({a}, {b});"
        yield f"SELECT {a} UNION ALL SELECT {b};"
        yield f"SELECT * FROM (VALUES ({a}), ({b})) v;"
        yield f"SELECT {a} IN ({b}, NULL);"
        yield f"SELECT nullif({a}, {b});"
        yield f"SELECT {a} IS DISTINCT FROM {b};"
        yield f"SELECT {a} BETWEEN {b} AND {b};"


UNITS = ("microseconds milliseconds second minute hour day week month quarter year decade century millennium dow isodow doy epoch "
         "isoyear julian timezone timezone_hour timezone_minute usec msec sec mins hrs qtr yrs mil MONTH Year nonsense now "
         "infinity").split()
MOMENTS = ["timestamp '2026-02-08 03:04:05.067089'", "timestamp '1999-12-31 23:59:59.999999'", "timestamp '2001-01-01'",
           "timestamp '0044-03-15 12:00 BC'", "timestamp '2020-12-31 00:00'", "timestamp 'infinity'", "timestamp '-infinity'",
           "timestamptz '2026-07-01 15:30:00.5+05:30'", "timestamptz 'infinity'",
           "interval '1 year 2 mons 30 days 04:05:06.789'", "interval '-1000 years -13 mons -02:03:04.5'",
           "interval '25:61:00'", "date '2026-02-08'", "date '0001-01-01 BC'", "date 'infinity'", "NULL::timestamp"]
STEPS = ["15 minutes", "1 day", "7 days 01:00", "1 us", "1 month", "0", "-1 hour", "100000 days", "290000 years"]
ORIGINS = ["timestamp '2001-01-01'", "timestamp '2026-02-08 12:34:56.789'", "timestamptz '2001-01-01+00'",
           "timestamp 'infinity'", "NULL", "date '2020-01-01'", "'2020-01-01'"]


def units():
    """extract, date_part, date_trunc and date_bin with every unit, over every kind of moment."""
    for moment in MOMENTS:
        for unit in UNITS:
            yield f"SELECT extract({unit} FROM {moment});"
            yield f"SELECT date_part('{unit}', {moment});"
            yield f"SELECT date_trunc('{unit}', {moment});"
        yield f"SELECT date_trunc('day', {moment}, 'America/New_York');"
    for step, moment, origin in itertools.product(STEPS, [*MOMENTS[:9], "date '2026-02-08'", "'2026-01-01'"], ORIGINS):
        yield f"SELECT date_bin(interval '{step}', {moment}, {origin});"


PATTERNS = ("HH HH12 HH24 MI SS MS US FF1 FF2 FF3 FF4 FF5 FF6 SSSS SSSSS AM A.M. PM P.M. am a.m. pm p.m. Y,YYY YYYY YYY YY Y IYYY "
            "IYY IY I BC B.C. AD A.D. bc b.c. ad a.d. MONTH Month month MON Mon mon MM DAY Day day DY Dy dy DDD IDDD DD D ID W WW "
            "IW CC J Q RM rm TZ tz TZH TZM OF SP").split()
COMPOSED = ['"quoted" YYYY', 'YYYY"MM"MM', 'FMHH12:FMMI', '\\"YYYY', '\\\\YYYY', '"a\\"b"', '"unterminated YYYY', "x y z",
            "日本YYYY年", "Yyyy", "yyyy-mm-dd hh24:mi:ss.us", "MMM", "DDDD", "YYYYY", "HH24MISS", "Day, DD Month YYYY",
            "FMDay, FMDDth FMMonth YYYY", "IYYY-IW-ID", "", " ", "AMAM", "Y,YYY TH", "FMY,YYY", "TMMonth TMDay TMMon TMDy",
            "FMRM FMrm", "DthD", "%Y", "HH:MI:SS AM TZ", "TZH:TZM OF", "FM FM FMMM", "MMFM", "FMMMFM DD"]
FORMATTED = ["timestamp '2026-02-08 03:04:05.067089'", "timestamp '1999-12-31 23:59:59.999999'",
             "timestamp '0044-03-15 00:00:00 BC'", "timestamp '12026-11-30 12:00:00'",
             "timestamptz '2026-07-01 15:30:00.5+05:30'", "timestamp 'infinity'", "date '2026-02-08'",
             "interval '1 year 2 mons 3 days 04:05:06.789'", "interval '-1 day -02:03:04.5'", "interval '100:00:00'",
             "NULL::timestamp"]


def to_char():
    """Every pattern of to_char, plain and with every modifier; then time zones."""
    for value in FORMATTED:
        for p in PATTERNS:
            yield f"SELECT to_char({value}, '{p}|FM{p}|{p}TH|{p}th|TM{p}|FM{p}th|FX{p}|{p}SP');"
        for p in COMPOSED:
            yield f"SELECT to_char({value}, '{p}');"
    for zone in ("America/New_York", "Asia/Kolkata", "-03:30", "UTC"):
        yield f"SET timezone = '{zone}';"
        for p, moment in itertools.product(("TZ", "tz", "TZH:TZM", "OF", "HH24 TZ"), ("2026-01-15", "2026-07-15", "1850-07-15")):
            yield f"SELECT to_char(timestamptz '{moment} 12:00+00', '{p}');"


MATRICES = [casts, pairs, units, to_char]
