"""main_job.py: the main job, as a user writes it: clicks in, a raw lake and a windowed, enriched one out.

The one difference to the documentation: where things lie is given by variables, and the stream can be read from files.
"""
import pathlib

from lib import clicks, csv_reader, recount, state, weir

KAFKA = "connector = 'kafka', brokers = :'brokers', topic = :'topic'"
FILE = "connector = 'file', path = :'input'"

JOB = """
SET commit_rows = :commit_rows;

CREATE STREAM clicks (
    event_id    uuid,
    user_id     bigint,
    campaign_id text,
    event_type  text,
    amount      numeric(12,2),
    geo         jsonb,
    event_time  timestamptz NOT NULL,
    WATERMARK FOR event_time AS event_time - INTERVAL '5 seconds'
) WITH ({source}, format = 'json'{stream});

CREATE TABLE campaigns (campaign_id text PRIMARY KEY, name text, advertiser text)
    WITH (connector = 'file', path = :'campaigns', format = 'csv', header = true);

-- the raw lake: every cleaned click, as it came
CREATE SINK clicks_raw
    WITH (location = :'raw', format = 'csv', compression = 'gzip',
          partition_by = 'to_char(event_time, ''YYYY-MM-DD'')'{raw})
AS SELECT event_id, user_id, campaign_id, event_type, amount, geo->>'country' AS country, event_time
   FROM clicks WHERE user_id IS NOT NULL;

-- the transformed lake, loaded into Snowflake
CREATE SINK campaign_minutes
    WITH (location = :'minutes', format = 'csv', compression = 'gzip',
          snowflake_table = 'ANALYTICS.PUBLIC.CAMPAIGN_MINUTES'{minutes})
AS SELECT window_start, window_end, c.name AS campaign, count(*) AS views, count(DISTINCT user_id) AS users,
          {revenue} AS revenue
   FROM TUMBLE(clicks, event_time, INTERVAL '1 minute') k
   JOIN campaigns c USING (campaign_id)
   GROUP BY window_start, window_end, c.name
   HAVING count(*) > 1;
"""
REVENUE = "sum(amount) FILTER (WHERE event_type = 'purchase')"
SINKS = {"clicks_raw": ("raw", 7), "campaign_minutes": ("minutes", 6)}
PLACES = [place for place, _ in SINKS.values()]


class MainJob:
    """One run of it, in a folder of its own: what goes in, what comes out."""

    # what the definitions have besides: options of the stream and of the sinks, and what revenue is
    definition = {"stream": "", "raw": "", "minutes": "", "revenue": REVENUE}

    def __init__(self, folder, commit_rows, brokers=None, topic=None, files=None, location=None):
        """location: where raw/ and minutes/ are, if not in the folder."""
        self.folder = pathlib.Path(folder)
        location = location or f"{self.folder}/"
        self.folder.mkdir(parents=True)
        self.commit_rows = commit_rows
        self.sql = self.folder / "clicks_job.sql"
        self.sql.write_text(JOB.format(source=KAFKA if brokers else FILE, **self.definition))
        self.campaigns = self.folder / "campaigns.csv"
        self.campaigns.write_text(clicks.campaigns_csv(), encoding="utf-8")
        variables = {"commit_rows": commit_rows, "brokers": brokers, "topic": topic, "input": files,
                     "campaigns": self.campaigns, "raw": f"{location}raw/", "minutes": f"{location}minutes/"}
        self.arguments = ["-q"]
        for name, value in variables.items():
            if value is not None:
                self.arguments += ["-v", f"{name}={value}"]

    def command(self, workers=None, batch=True, settings=()):
        chosen = [f"SET {setting}" for setting in settings] + ([f"SET workers = {workers}"] if workers else [])
        return [*(["--batch"] if batch else []), *(word for text in chosen for word in ("-c", text)), *self.arguments,
                "-f", self.sql]

    def run(self, check=0, env=None, **options):
        return weir.run(*self.command(**options), check=check, env=env, timeout=300)

    def start(self, env=None, **options):
        return weir.start(*self.command(**options), env=env)

    @property
    def state(self):
        """The default state location is beside the file."""
        return state.State(self.folder / ".weir" / "clicks_job")

    def objects(self):
        """Paths of all data objects, late rows and dead letters by name without the job's uuid, in order of names."""
        found = {}
        for place in (self.folder / "raw", self.folder / "minutes", self.folder / ".weir/clicks_job/late",
                      self.folder / ".weir/clicks_job/dead"):
            for path in place.rglob("*.gz"):
                if ".weir-tmp" not in path.parts:
                    found[state.without_uuid(path.relative_to(self.folder))] = path
        return dict(sorted(found.items()))

    def contents(self):
        return {name: path.read_bytes() for name, path in self.objects().items()}

    def rows(self, sink):
        return [row for _, rows in self.read(sink) for row in rows]

    def read(self, sink):
        """Path and rows of each object, in order of names."""
        place, columns = SINKS[sink]
        return ((path, csv_reader.read(path, columns)) for path in csv_reader.data_objects(self.folder / place))

    def late(self):
        return [(*place(d), d.fields["window_start"], d.fields["window_end"]) for d in self.state.late()]

    def dead(self):
        return [(*place(d), d.fields["sqlstate"]) for d in self.state.dead()]


def place(diverted):
    """Partition and offset of a diverted message."""
    return diverted.fields["partition"], diverted.fields["offset"]
