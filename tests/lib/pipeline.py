"""pipeline.py: the main job with all that it writes in Snowflake, windows and raw rows, late rows and dead letters; and who works there.

An administrator applies the statements that Weir prints and does what their comments ask for; the job, and whoever asks for rows, have
the role that these statements make. Buckets are those of an S3 server, whose notifications Notifications stands in for.
"""
import contextlib
import csv
import datetime
import re

from lib import main_job, recount, s3_runs, snowflake_account, snowflake_pipes, snowflake_server, weir

LOADED = """,
          snowflake_load = :'mode', snowflake_integration = 'lake', snowflake_warehouse = 'loading',
          snowflake_aws_role = 'arn:aws:iam::123456789012:role/snowflake', """
ROLE, DATABASE = "WEIR_CLICKS_JOB", "ANALYTICS"
NULL = recount.NULL

# What the recount expects of each table, and which of the values are moments.
QUERIES = {
    "clicks_raw": ("SELECT event_id, user_id, campaign_id, event_type, amount, country, event_time FROM analytics.lake.clicks_raw", (6,)),
    "campaign_minutes": ("SELECT window_start, window_end, campaign, views, users, revenue FROM analytics.public.campaign_minutes", (0, 1)),
    "late": ("SELECT record:partition::INT, record:offset::INT, record:window_start::VARCHAR, record:window_end::VARCHAR "
             "FROM analytics.lake.clicks_late", ()),
    "dead": ("SELECT record:partition::INT, record:offset::INT, record:sqlstate::VARCHAR FROM analytics.lake.clicks_dead", ()),
}
TABLES = {"clicks_raw": ("LAKE", "CLICKS_RAW"), "campaign_minutes": ("PUBLIC", "CAMPAIGN_MINUTES"), "late": ("LAKE", "CLICKS_LATE"),
          "dead": ("LAKE", "CLICKS_DEAD")}


class LoadedJob(s3_runs.S3MainJob):
    """The main job, whose sinks say how their tables are loaded: auto_ingest, rest or copy."""

    places = ("raw", "minutes", "letters")
    definition = {
        "stream": ", dead_letter_location = :'letters'",
        "raw": f"{LOADED}snowflake_metadata = true,\n          snowflake_table = 'analytics.lake.clicks_raw', "
               "snowflake_dead_table = 'analytics.lake.clicks_dead'",
        "minutes": f"{LOADED}\n          late_location = :'letters', snowflake_late_table = 'analytics.lake.clicks_late'",
        "revenue": f"({main_job.REVENUE})::numeric(14,2)"}

    def __init__(self, folder, mode, commit_rows, server, **source):
        super().__init__(folder, commit_rows, server, server.bucket("pipeline"), **source)
        self.arguments += ["-v", f"mode={mode}", "-v", f"letters=s3://{self.bucket}/out/letters/"]

    def out(self):
        """URLs of the objects that belong into tables."""
        return sorted(f"s3://{self.bucket}/{key}" for key in self.client.list(self.bucket)
                      if key.startswith("out/") and "/." not in key)

    def command_line(self, *words):
        """Another command with the job."""
        return [*words, *(word for setting in self.state_settings for word in ("-c", f"SET {setting}")), *self.arguments, "-f", self.sql]


class Warehouse:
    """A Snowflake with database ANALYTICS, warehouse LOADING, an administrator and the user that the job has."""

    def __init__(self, postgres, client, keys):
        """client: of the S3 server with the buckets. keys: two KeyPairs."""
        self.account = snowflake_account.Account(postgres, client)
        self.account.add_database(DATABASE, "LAKE")
        self.account.script("CREATE WAREHOUSE loading")
        self.account.add_user("admin", keys[0].public)
        self.account.add_user("loader", keys[1].public, role="PUBLIC")
        self.server = snowflake_server.SnowflakeServer(self.account)
        self.keys = {"admin": keys[0], "loader": keys[1]}

    def close(self):
        self.server.close()
        self.account.close()

    def environment(self, user="loader"):
        return {"SNOWFLAKE_ACCOUNT": "myorg-myacct", "SNOWFLAKE_USER": user, "SNOWFLAKE_HOST": self.server.endpoint,
                "SNOWFLAKE_PRIVATE_KEY_PATH": str(self.keys[user].private), "SNOWFLAKE_WAREHOUSE": "loading"}

    # ---- what the administrator does ----

    def apply(self, job):
        """The statements, by weir snowflake apply; what they say of each."""
        done = weir.run(*job.command_line("snowflake", "apply", "--yes"), check=0, env={**job.environment, **self.environment("admin")})
        return done.stdout

    def commented(self, job, first):
        """The statements that stand in comments of what is printed for the job as it is now."""
        ddl = weir.run(*job.command_line("--snowflake-ddl"), check=0, env=job.environment).stdout
        return [match.replace("\n-- ", "\n")[3:] for match in re.findall(rf"^-- {first} (?:.*[^;\n]\n-- )*.*;\n", ddl, re.M)]

    def admit(self, job):
        """Makes the user of the job one who may load."""
        for statement in self.commented(job, "GRANT ROLE") + self.commented(job, "ALTER USER"):
            self.account.script(statement.replace("<user>", "loader"))

    def refresh(self, job):
        """Has the pipes look for what they were not told of."""
        for statement in self.commented(job, "ALTER PIPE"):
            self.account.script(statement)

    def notifications(self, job, seed, **rates):
        return snowflake_pipes.Notifications(self.account, job.bucket, seed, **rates)

    def settle(self):
        """Waits until the pipes have loaded all that they know of; what went wrong in the Snowflake itself."""
        self.account.wait(self.is_settled)
        return self.server.problems

    def is_settled(self):
        with self.account.lock:
            return not any(pipe.queue or pipe.begun for pipe in self.account.loads.pipes.values())

    def loaded(self):
        """[(URL of an object, status)] of every time that one was loaded, in order."""
        with self.account.lock:
            found = self.account.pg.query('SELECT "STAGE_LOCATION" || "FILE_NAME", "STATUS" FROM snowflake.history').rows
        return sorted(map(tuple, found))

    # ---- what its user sees ----

    def select(self, sql, folder, moments=(), user="loader"):
        """Rows as tuples of texts and None, by weir snowflake query; moments, by number of column, as the recount has them."""
        out = folder / "answer.csv"
        weir.run("-q", "-t", "--csv", "-c", f"\\pset null {NULL}", "-o", out, "snowflake", "query", sql, check=0,
                 env=self.environment(user))
        with open(out, encoding="utf-8", newline="") as file:
            rows = [[None if value == NULL else value for value in row] for row in csv.reader(file)]
        for row in rows:
            for number in moments:
                row[number] = datetime.datetime.fromisoformat(row[number]).isoformat(" ", "microseconds")
        return [tuple(row) for row in rows]

    def rows(self, name, folder, view=""):
        """What is in a table of QUERIES, or in the view of it."""
        sql, moments = QUERIES[name]
        return self.select(sql + view, folder, moments)

    @contextlib.contextmanager
    def changed(self, name, sql):
        """What a table would be like after a statement of PostgreSQL, in which TABLE stands for it."""
        self.account.pg.query("BEGIN")
        try:
            self.account.pg.query(sql.replace("TABLE", self.account.pg_table((DATABASE, *TABLES[name]))))
            yield
        finally:
            self.account.pg.query("ROLLBACK")
