"""clicks.py: made-up click events of a web shop, as JSON lines, one file per partition; a line's offset is its number.

The same arguments give the same files. Event time moves evenly from START on; each event lies up to DISORDER seconds behind
the newest, and all partitions keep pace, so none is late for a watermark of five seconds. Whatever deviates is asked for and
remembered: rows far behind, messages that can't be rows (with the SQLSTATE that PostgreSQL has for them), tombstones (an
empty line). It knows the schema of the job, and nothing of the program that reads it.
"""
import collections
import datetime
import pathlib
import random
import re

START = datetime.datetime(2024, 3, 1, 22, 0, tzinfo=datetime.timezone.utc)
DISORDER = 4
WEIGHTS = (8, 4, 3, 1)  # partitions differ in length

TEXTS = ("view", "view", "view", "view", "click", "click", "purchase", "purchase", "Ansicht \u00e4\u00f6\u00fc\u00df", "quo\\\"te", "\\\"",
         "comma, semicolon;", "line\\nfeed", "cr\\r\\nlf", "tab\\t", "back\\\\slash", "\\\\N", "NULL", "", " ", " blanks ",
         "\u65e5\u672c\u8a9e", "\U0001f600", "\\u00e9\\ud83d\\ude00", "'quote'", "\\\\\\\"", "#", "-", "%s", "\u2028", "\\u0001")
TYPES = tuple(f'"{text}"' for text in TEXTS) + ("null",)
# Keys are case-sensitive: another spelling is another field, and the column is NULL.
KEYS = ('"amount"',) * 30 + ('"Amount"', '"amount "')
AMOUNTS = ("1.25", "0.01", "99.99", "12", "0", "-3.50", "1e2", "12.345", "0.005", "-0.005", "9999999999.99", '"7.70"', "1.10",
           "250.00", "33.3", "null")
GEOS = ('{"country":"de","city":"Berlin"}', '{"city":"Lyon","country":"fr","lat":45.76}', '{"country":"us","tags":["a","b"]}',
        '{"country":null}', '{"country":"","x":{"country":"no"}}', "null", '{"country":"C\u00f4te d\'Ivoire"}',
        '{"country":"quo\\"te,\\n"}', '[1,2]', '{}', '{"country":7}', '{"country":"se","x":[[[]]]}')
CAMPAIGNS = tuple(f'"campaign-{n}"' for n in range(24)) + ('"no-such-campaign"', '"no-such-campaign-2"', "null", '""')
USERS = tuple(str(1000 + n) for n in range(500)) + ("9007199254740993", "-1", "9223372036854775807", "null", '"42"')
FORMS = ("{0}T{1}.{2}Z", "{0}T{1}.{2}Z", "{0} {1}.{2}+00", "{0}T{1}.{2}+00:00", "{0}T{1}.{2}00Z")

# name, SQLSTATE, what the message becomes
MALFORMED = (
    ("truncated", "22P02", lambda line: line[:-20]),
    ("trailing bytes", "22P02", lambda line: line + "}"),
    ("empty object", "23502", lambda line: "{}"),
    ("not JSON", "22P02", lambda line: "nonsense"),
    ("invalid UTF-8", "22021", lambda line: line.replace('"geo":', '"note":"\udcff","geo":', 1)),
    ("user_id is text", "22P02", lambda line: line.replace('"user_id":', '"user_id":"x","u":', 1)),
    ("user_id too large", "22003", lambda line: line.replace('"user_id":', '"user_id":9223372036854775808,"u":', 1)),
    ("amount too large", "22003", lambda line: re.sub('"[Aa]mount ?":', '"amount":10000000000,"a":', line, count=1)),
    ("no such day", "22008", lambda line: line.replace('"event_time":"', '"event_time":"2024-02-30","t":"', 1)),
    ("event_time null", "23502", lambda line: line.replace('"event_time":', '"event_time":null,"t":', 1)),
    ("event_id is no uuid", "22P02", lambda line: line.replace('"event_id":"', '"event_id":"x', 1)),
)

Made = collections.namedtuple("Made", "files sizes late malformed tombstones")


def campaigns_csv():
    """The reference table of the job: names that need quoting, two campaigns with one name, a NULL, an empty name."""
    names = ['"Spring, ""early"""', '"two\nlines"', "Plain", "Plain", "", '""', "S\u00fcd", '"back\\slash"']
    lines = [f"campaign-{n},{names[n] if n < len(names) else f'Name {n % 20}'},advertiser {n % 3}" for n in range(24)]
    return "campaign_id,name,advertiser\n" + "\n".join(lines) + "\n"


class Times:
    """Text forms of moments, quickly."""

    def __init__(self, start):
        self.start = start
        self.seconds = {}

    def text(self, micros, form):
        second, rest = divmod(micros, 1000000)
        known = self.seconds.get(second)
        if known is None:
            moment = self.start + datetime.timedelta(seconds=second)
            known = self.seconds[second] = (moment.strftime("%Y-%m-%d"), moment.strftime("%H:%M:%S"))
        return form.format(*known, f"{rest // 1000:03d}")


def line_of(number, micros, times, chance):
    bits = chance.getrandbits(60)
    return (f'{{"event_id":"{number:08x}-{bits & 0xffff:04x}-4000-8000-{bits & 0xffffffffffff:012x}",'
            f'"user_id":{USERS[(bits >> 3) % len(USERS)]},"campaign_id":{CAMPAIGNS[(bits >> 13) % len(CAMPAIGNS)]},'
            f'"event_type":{TYPES[(bits >> 23) % len(TYPES)]},{KEYS[(bits >> 38) % len(KEYS)]}:{AMOUNTS[(bits >> 33) % len(AMOUNTS)]},'
            f'"geo":{GEOS[(bits >> 43) % len(GEOS)]},"event_time":"{times.text(micros, FORMS[(bits >> 51) % len(FORMS)])}"}}')


def make(folder, count, seed, minutes=120, late=0.0, malformed=0.0, tombstones=0.0, start_minute=0, first=0, name="clicks"):
    """
    Writes <name>-<partition>.jsonl and returns a Made: the files, their numbers of lines, and (partition, offset) sets of the
    rows that lie far behind and of tombstones, and a dict of the malformed to (kind, SQLSTATE). late, malformed, tombstones are
    shares of all messages. start_minute moves the first event; first is the number of the first event.
    """
    chance = random.Random(seed)
    draw = chance.random
    times = Times(START + datetime.timedelta(minutes=start_minute))
    step = minutes * 60 * 1000000 / count
    lines = [[] for _ in WEIGHTS]
    homes = [p for p, weight in enumerate(WEIGHTS) for _ in range(weight)]
    made = Made([], [], set(), {}, set())
    for n in range(count):
        p = homes[int(draw() * len(homes))]
        place = (p, len(lines[p]))
        micros = int(n * step) - int(draw() * DISORDER * 1000000)
        lot = draw()
        if lot < late:
            micros -= int((1 + 20 * draw()) * 60 * 1000000)
            made.late.add(place)
        line = line_of(first + n, micros, times, chance)
        if late <= lot < late + malformed:
            kind, state, change = MALFORMED[int(draw() * len(MALFORMED))]
            line = change(line)
            made.malformed[place] = (kind, state)
        elif late + malformed <= lot < late + malformed + tombstones:
            line = ""
            made.tombstones.add(place)
        lines[p].append(line)
    for p, texts in enumerate(lines):
        path = pathlib.Path(folder) / f"{name}-{p}.jsonl"
        path.write_bytes("".join(text + "\n" for text in texts).encode("utf-8", errors="surrogateescape"))
        path.chmod(0o644)
        made.files.append(path)
        made.sizes.append(len(texts))
    return made
