"""recount.py: what the main job must have written, counted by PostgreSQL from the job's input.

PostgreSQL itself reads the lines as JSON, casts, joins, groups and formats. Which rows are late is computed from the input by
the rule of batch runs: cuts lie every commit_rows messages of each partition; at a cut the watermark is the least, over the
partitions that are not at their end, of the greatest event time so far, less the delay; a row is late when its window's end is
not after the watermark of the last cut before it.
"""
import csv
import datetime
import os
import pathlib

UNIX = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
DELAY = 5 * 1000000

SCHEMA = r"""
-- cell: of the grid of cuts, counted from 0 where the run began
CREATE UNLOGGED TABLE line (p integer, o bigint, cell bigint, text text);
CREATE TABLE campaigns (campaign_id text PRIMARY KEY, name text, advertiser text);
CREATE TABLE dead (p integer, o bigint, sqlstate text);
CREATE TABLE late (p integer, o bigint, window_start timestamptz, window_end timestamptz);
CREATE TABLE watermark (cell bigint, w timestamptz);
-- a line's bytes came in as LATIN1, so that any bytes can be loaded
CREATE FUNCTION parsed(text) RETURNS jsonb IMMUTABLE AS
    $$ SELECT convert_from(convert_to($1, 'LATIN1'), 'UTF8')::jsonb $$ LANGUAGE sql;
-- the SQLSTATE for which a message can't be a row; NULL: it can
CREATE FUNCTION fault_of(text) RETURNS text AS $$
DECLARE
    j jsonb;
BEGIN
    j := parsed($1);
    PERFORM (j->>'event_id')::uuid, (j->>'user_id')::bigint, (j->>'amount')::numeric(12,2), (j->>'event_time')::timestamptz;
    IF j->>'event_time' IS NULL THEN
        RAISE not_null_violation;
    END IF;
    RETURN NULL;
EXCEPTION WHEN others THEN
    RETURN SQLSTATE;
END $$ LANGUAGE plpgsql;
"""

LOAD = r"""
CREATE UNLOGGED TABLE incoming (o bigint GENERATED ALWAYS AS IDENTITY (MINVALUE 0 START {start}), text text);
COPY incoming (text) FROM '{path}' (FORMAT csv, QUOTE e'\x01', DELIMITER e'\x02', ENCODING 'LATIN1');
INSERT INTO line SELECT {partition}, o, (o - {start}) / {commit_rows}, text FROM incoming;
DROP TABLE incoming;
"""

EVENTS = r"""
CREATE INDEX ON line (p, o);
CREATE UNLOGGED TABLE event AS
SELECT p, o, cell, (j->>'event_id')::uuid AS event_id, (j->>'user_id')::bigint AS user_id, j->>'campaign_id' AS campaign_id,
       j->>'event_type' AS event_type, (j->>'amount')::numeric(12,2) AS amount, j->'geo' AS geo,
       (j->>'event_time')::timestamptz AS event_time
FROM (SELECT p, o, cell, parsed(text) AS j FROM line
      WHERE text IS NOT NULL AND NOT EXISTS (SELECT FROM dead WHERE (dead.p, dead.o) = (line.p, line.o)) OFFSET 0) x;
"""

EXPECTED = r"""
CREATE FUNCTION stamp(timestamptz) RETURNS text STABLE AS
    $$ SELECT to_char($1 AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00:00' $$ LANGUAGE sql;
CREATE VIEW joined AS
SELECT e.*, c.name, date_bin('1 minute', event_time, '1970-01-01 00:00:00+00') AS window_start
FROM event e JOIN campaigns c USING (campaign_id);
CREATE TABLE expected_late AS {late};
CREATE UNLOGGED TABLE expected_clicks_raw AS
SELECT event_id::text, user_id::text, campaign_id, event_type, amount::text, geo->>'country' AS country, stamp(event_time)
FROM event WHERE user_id IS NOT NULL;
CREATE TABLE expected_campaign_minutes AS
SELECT stamp(window_start) AS a, stamp(window_start + interval '1 minute') AS b, name, count(*)::text AS c,
       count(DISTINCT user_id)::text AS d, (sum(amount) FILTER (WHERE event_type = 'purchase'))::text AS e
FROM joined WHERE NOT EXISTS (SELECT FROM expected_late late WHERE (late.p, late.o) = (joined.p, joined.o))
GROUP BY window_start, name HAVING count(*) > 1;
"""

LATE = """SELECT p, o, window_start, window_start + interval '1 minute' AS window_end
FROM joined JOIN watermark USING (cell) WHERE window_start + interval '1 minute' <= w"""

DIFFERENCE = r"""
SET work_mem = '256MB';
CREATE TEMP TABLE missing AS SELECT * FROM {a} EXCEPT ALL SELECT * FROM {b};
CREATE TEMP TABLE surplus AS SELECT * FROM {b} EXCEPT ALL SELECT * FROM {a};
SELECT count(*) FROM {a};
SELECT count(*) FROM missing;
SELECT count(*) FROM surplus;
(SELECT '-', * FROM missing LIMIT 3) UNION ALL (SELECT '+', * FROM surplus LIMIT 3);
"""
NULL = "\x02"  # stands for NULL in what is loaded


class Recount:
    """A database with the input and what follows from it. Order: load, divert, derive, then compare as often as wanted."""

    def __init__(self, postgres, folder, name, commit_rows):
        self.postgres = postgres
        self.folder = pathlib.Path(folder)
        self.database = f"recount_{os.getpid()}_{name}"
        self.commit_rows = commit_rows
        postgres.psql(f"CREATE DATABASE {self.database}")
        self.psql(SCHEMA)

    def psql(self, sql):
        return self.postgres.psql("SET client_min_messages = warning;\n" + sql, "-d", self.database, "-v", "ON_ERROR_STOP=1")

    def drop(self):
        self.postgres.psql(f"DROP DATABASE IF EXISTS {self.database}")

    def number(self, sql):
        return int(self.psql(sql))

    # ---- the input ----

    def load(self, files, campaigns, starts=None):
        """starts: the offsets of the files' first lines, where the run began; 0 unless given."""
        for partition, path in enumerate(files):
            self.psql(LOAD.format(path=path, partition=partition, start=starts[partition] if starts else 0,
                                  commit_rows=self.commit_rows))
        self.psql(f"COPY campaigns FROM '{campaigns}' (FORMAT csv, HEADER)")

    def divert(self, dead, late):
        """dead: (partition, offset, SQLSTATE); late: (partition, offset, window_start, window_end), as the job says."""
        self.psql("TRUNCATE dead, late")
        self.fill("dead", dead)
        self.fill("late", late)

    def fill(self, table, rows):
        path = self.folder / f"{self.database}.rows"
        with open(path, "w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([NULL if v is None else v for v in row] for row in rows)
        path.chmod(0o644)
        self.psql(f"COPY {table} FROM '{path}' (FORMAT csv, NULL '{NULL}', ENCODING 'UTF8')")
        path.unlink()

    # ---- what follows ----

    def derive(self, before=None, streamed=False):
        """before: the Recount of the run before, whose end this one goes on from. streamed: a stream's cuts lie wherever they lie;
        late is what the job says."""
        self.psql(EVENTS)
        if not streamed:
            self.fill("watermark", self.watermarks(before))
        self.psql(EXPECTED.format(late="TABLE late" if streamed else LATE))

    def watermarks(self, before):
        """(cell, moment): by which watermark the rows of a cell of the grid are judged; one more is what the last cut leaves."""
        sizes = self.integers("SELECT p, count(*) FROM line GROUP BY p ORDER BY p")
        greatest = {(p, cell): time for p, cell, time in self.integers(
            "SELECT p, cell, (extract(epoch FROM max(event_time)) * 1000000)::bigint FROM event GROUP BY 1, 2")}
        last = -(min(-size for _, size in sizes) // self.commit_rows)
        watermark = before.watermark if before else None
        self.seen = dict(before.seen) if before else {}
        # at the end of a batch all windows were closed; the greatest end judges too
        found = [(0, max(watermark, before.closed_end()))] if before else []
        for cut in range(1, last + 1):
            for p, _ in sizes:
                if (p, cut - 1) in greatest:
                    self.seen[p] = max(self.seen.get(p, greatest[p, cut - 1]), greatest[p, cut - 1])
            unfinished = [p for p, size in sizes if size > cut * self.commit_rows]
            holding = unfinished or list(self.seen)
            if all(p in self.seen for p in holding):
                watermark = max(watermark or 0, min(self.seen[p] for p in holding) - DELAY)
            found.append((cut, watermark if watermark is None or not before else max(watermark, found[0][1])))
        self.watermark = watermark
        return [(cell, None if w is None else stamp(w)) for cell, w in found]

    def closed_end(self):
        """The greatest window end of the whole input."""
        return self.number("SELECT (extract(epoch FROM max(window_start)) * 1000000)::bigint + 60000000 FROM joined")

    def integers(self, sql):
        return [tuple(map(int, line.split("|"))) for line in self.psql(sql).splitlines()]

    # ---- verdicts ----

    def wrongly_dead(self):
        """Messages called dead that PostgreSQL makes rows of, or refuses for another reason; (partition, offset, theirs, ours)."""
        return self.psql("SELECT p, o, sqlstate, fault_of(text) FROM dead LEFT JOIN line USING (p, o) "
                         "WHERE sqlstate IS DISTINCT FROM fault_of(text) OR line IS NULL LIMIT 10").splitlines()

    def difference(self, expected, actual):
        """Number of expected rows, of missing ones, of surplus ones, and samples of both."""
        lines = self.psql(DIFFERENCE.format(a=expected, b=actual)).split("\n", 3)
        return int(lines[0]), int(lines[1]), int(lines[2]), lines[3]

    def compare_late(self):
        return self.difference("expected_late", "late")

    def compare(self, sink, rows):
        self.psql(f"DROP TABLE IF EXISTS actual; CREATE UNLOGGED TABLE actual (LIKE expected_{sink})")
        self.fill("actual", rows)
        return self.difference(f"expected_{sink}", "actual")


def stamp(micros):
    return (UNIX + datetime.timedelta(microseconds=micros)).isoformat()
