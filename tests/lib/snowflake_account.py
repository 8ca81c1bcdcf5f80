"""snowflake_account.py: one account of the tests' Snowflake: users, roles and what they may do, objects and the statements that make
and show them. Rows are in a database of a PostgreSQL cluster of the tests'; who has no right to an object does not see it.

Knows nothing of HTTP (snowflake_server.py); COPY and pipes are in snowflake_pipes.py.
"""
import collections
import datetime
import json
import os
import re
import threading
import time

from lib import pg_wire, snowflake_load, snowflake_pipes, snowflake_query
from lib.snowflake_jwt import PublicKey
from lib.snowflake_load import Result, text_column
from lib.snowflake_statements import IN_ACCOUNT, Reader, SnowflakeError, compilation, read, split, there_already, unknown

ADMIN = "ACCOUNTADMIN"
PRIVILEGES = {
    "DATABASE": {"USAGE", "MONITOR", "CREATE SCHEMA"}, "WAREHOUSE": {"USAGE", "OPERATE", "MONITOR"}, "INTEGRATION": {"USAGE"},
    "SCHEMA": {"USAGE", "MONITOR", *(f"CREATE {kind}" for kind in ("TABLE", "STAGE", "FILE FORMAT", "PIPE", "VIEW", "TASK"))},
    "TABLE": {"SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES"}, "VIEW": {"SELECT"}, "FILE FORMAT": {"USAGE"},
    "STAGE": {"USAGE", "READ", "WRITE"}, "PIPE": {"OPERATE", "MONITOR"}, "TASK": {"OPERATE", "MONITOR"}, "ROLE": set(), "USER": set(),
    "ACCOUNT": {"EXECUTE TASK", "EXECUTE MANAGED TASK", "MANAGE GRANTS", *(f"CREATE {kind}" for kind in IN_ACCOUNT)},
}
PG_ERRORS = {"42P01": ("002003", "02000"), "42703": ("000904", "42000"), "42601": ("001003", "42000"), "22012": ("100051", "22012"),
             "22P02": ("100038", "22018"), "42883": ("002140", "42601")}
SQS = "arn:aws:sqs:us-east-1:123456789012:sf-snowpipe-AIDAEXAMPLE"

User = collections.namedtuple("User", "name keys settings")


class Thing:
    """An object: its body is what CREATE said, and what was altered since."""

    def __init__(self, kind, name, owner, body, created):
        self.kind, self.name, self.owner, self.body, self.created = kind, name, owner, body, created
        self.number = None  # of a table in PostgreSQL

    @property
    def comment(self):
        return self.body.get("COMMENT")


class Session:
    """For whom a statement runs, and where."""

    def __init__(self, user, role, database=None, schema=None, warehouse=None, parameters=None):
        self.user, self.role, self.database, self.schema, self.warehouse = user, role, database, schema, warehouse
        self.parameters = parameters or {}
        self.bindings, self.cancelled, self.waited = {}, threading.Event(), False


def message(text):
    return Result([text_column("status")], [[text]])


class Account:
    """name: as in the host's name. postgres: servers.Postgres. s3: an s3.Client for the buckets of stages."""

    def __init__(self, postgres, s3=None, name="myorg-myacct"):
        self.name, self.s3 = name.split(".")[0].upper(), s3
        self.lock = threading.RLock()
        self.ahead = 0.0  # of the virtual clock, in seconds
        self.users, self.roles, self.grants, self.things = {}, {ADMIN: set(), "PUBLIC": set()}, set(), {}
        self.parameters = {"TIMEZONE": "America/Los_Angeles"}
        self.internal = {}  # (stage, path): bytes
        self.metadata = {}  # (table, path): of COPY
        self.statements = []  # every statement that was executed, with the role
        self.postgres, self.database = postgres, f"snow_{os.getpid()}_{os.urandom(4).hex()}"
        postgres.psql(f"CREATE DATABASE {self.database} TEMPLATE template0")
        self.pg = pg_wire.Connection(postgres.folder, self.database)
        self.pg.query(snowflake_query.PRELUDE)
        self.pg.query("SET search_path = snowflake, pg_catalog; SET extra_float_digits = 3")
        self.timestamp_tz = int(self.pg.query("SELECT 'snowflake.timestamp_tz'::regtype::oid").rows[0][0])
        self.columns_of, self.schemas, self.tables = {}, {}, 0
        self.loads = snowflake_pipes.Loads(self)

    def close(self):
        self.pg.close()
        self.postgres.psql(f"DROP DATABASE {self.database} WITH (FORCE)")

    # ---- time ----

    def now(self):
        return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=self.ahead)

    def advance(self, **duration):
        """Moves the virtual clock: days=14 and the like. Tokens are checked by the real one."""
        with self.lock:
            self.ahead += datetime.timedelta(**duration).total_seconds()
            self.pg.query(f"UPDATE snowflake.clock SET ahead = make_interval(secs => {self.ahead})")

    # ---- who may what ----

    def add_user(self, name, *keys, role=ADMIN, **settings):
        """A user by LOGIN_NAME, with up to two public keys; settings: DEFAULT_ROLE and the like are role=, warehouse=, …"""
        self.users[name.upper()] = User(name.upper(), list(keys), {"role": role, **settings})
        return self.users[name.upper()]

    def add_database(self, name, *schemas):
        """A database with PUBLIC and other schemas, and warehouse WH, as an administrator would have made them."""
        session = Session("ADMIN", ADMIN)
        self.execute(session, f"CREATE DATABASE IF NOT EXISTS {pg_wire.name(name)}")
        for schema in schemas:
            self.execute(session, f"CREATE SCHEMA IF NOT EXISTS {pg_wire.name(name)}.{pg_wire.name(schema)}")
        self.execute(session, "CREATE WAREHOUSE IF NOT EXISTS WH")

    def roles_of(self, role):
        """A role with all that were granted to it."""
        found, open_ = set(), [role, "PUBLIC"]
        while open_:
            each = open_.pop()
            if each not in found:
                found.add(each)
                open_ += [granted for granted, to in self.grants_of_roles() if to == ("ROLE", each)]
        return found

    def grants_of_roles(self):
        return [(grant[1], grant[3]) for grant in self.grants if grant[0] == "ROLE"]

    def may_use_role(self, user, role):
        ours = user.settings["role"] if user.settings.get("has_role", True) else "PUBLIC"
        return role in (ours, "PUBLIC") or (role, ("USER", user.name)) in self.grants_of_roles()

    def may(self, role, privilege, kind, name):
        roles = self.roles_of(role)
        thing = self.things.get((kind, name))
        if ADMIN in roles or thing and thing.owner in roles:
            return True
        return any((privilege, kind, name, ("ROLE", each)) in self.grants for each in roles)

    def may_see(self, role, kind, name):
        """USAGE on what it lies in."""
        above = [("DATABASE", name[:1]), ("SCHEMA", name[:2])][:len(name) - 1] if kind not in IN_ACCOUNT else []
        return all(self.may(role, "USAGE", each, of) for each, of in above)

    def need(self, session, privilege, kind, name):
        """The object, or the error of who must not know that it is there."""
        if (kind, name) not in self.things or not self.may_see(session.role, kind, name):
            raise unknown(kind, name)
        if not self.may(session.role, privilege, kind, name):
            any_right = any(self.may(session.role, each, kind, name) for each in PRIVILEGES[kind])
            raise compilation(f"Insufficient privileges to operate on {kind.lower()} '{name[-1]}'", "003001", "42501") \
                if any_right else unknown(kind, name)
        return self.things[kind, name]

    def need_warehouse(self, session):
        name = session.warehouse
        if not name or not self.may(session.role, "USAGE", "WAREHOUSE", (name,)) or ("WAREHOUSE", (name,)) not in self.things:
            raise SnowflakeError("No active warehouse selected in the current session.  Select an active warehouse with the 'use "
                                 "warehouse' command.\n", "000606", "57P03")

    # ---- names ----

    def full(self, session, kind, name):
        """The name with database and schema."""
        if kind in IN_ACCOUNT:
            return tuple(name[-1:])
        wanted = 2 if kind == "SCHEMA" else 3
        around = (session.database, session.schema or "PUBLIC")[:wanted - 1]
        name = (*around[:wanted - len(name)], *name)
        if None in name:
            raise SnowflakeError(f"Cannot perform operation on {kind}. This session does not have a current database. Call 'USE "
                                 "DATABASE', or use a qualified name.", "090105", "22000")
        return name

    def pg_table(self, name):
        return f"{self.schemas[name[:2]]}.{snowflake_query.pg_name(name[2])}"

    def resolver(self, session):
        def resolve(name):
            if len(name) > 1 and name[-2] == "INFORMATION_SCHEMA":
                raise compilation(f"{'.'.join(name)} is not known here", "000002", "0A000")
            name = self.full(session, "TABLE", name)
            kind = "VIEW" if ("VIEW", name) in self.things else "TABLE"
            if (kind, name) not in self.things:
                raise compilation(f"Object '{'.'.join(name)}' does not exist or not authorized.", "002003", "02000")
            self.need(session, "SELECT", kind, name)
            return self.pg_table(name)
        return resolve

    # ---- statements ----

    def execute(self, session, sql, bindings=None):
        """The Result of one statement."""
        statement = read(sql)
        if bindings and statement["do"] != "query":
            raise compilation("bindings are for queries here", "000400", "22023")
        session.bindings = bindings or {}
        waiting = re.fullmatch(r"\s*SELECT\s+SYSTEM\$WAIT\s*\((.*)\)\s*", sql, re.I | re.S)
        if waiting:  # others may go on
            return self.system(session, "WAIT", waiting[1])
        with self.lock:
            self.statements.append((session.role, sql))
            return getattr(self, "do_" + statement["do"])(session, statement)

    def do_create(self, session, statement):
        kind, name = statement["kind"], self.full(session, statement["kind"], statement["name"])
        label = "Integration" if kind == "INTEGRATION" else kind.capitalize() if kind != "FILE FORMAT" else "File format"
        self.need_to_create(session, kind, name)
        same = [each for each in (("TABLE", "VIEW") if kind in ("TABLE", "VIEW") else (kind,)) if (each, name) in self.things]
        if same and statement["if_not_exists"]:
            return message(f"{name[-1]} already exists, statement succeeded.")
        if same and not statement["or_replace"]:
            raise there_already(name)
        thing = Thing(kind, name, session.role, statement["body"], self.now())
        old = self.things.pop((kind, name), None)
        try:
            if old and kind in ("TABLE", "VIEW"):
                self.pg.query(f"DROP {kind} {self.pg_table(name)} CASCADE")
            getattr(self, "make_" + kind.lower().replace(" ", "_"), lambda session, thing: None)(session, thing)
        except Exception:
            if old and kind not in ("TABLE", "VIEW"):
                self.things[kind, name] = old
            raise
        self.things[kind, name] = thing
        if not thing.body.get("keeps_grants"):
            self.grants -= {grant for grant in self.grants if grant[1:3] == (kind, name)}
        self.loads.made(thing)
        return message(f"{label} {name[-1]} successfully created.")

    def need_to_create(self, session, kind, name):
        if kind in IN_ACCOUNT:
            allowed = self.may(session.role, f"CREATE {kind}", "ACCOUNT", ())
        elif kind == "SCHEMA":
            allowed = bool(self.need(session, "CREATE SCHEMA", "DATABASE", name[:1]))
        else:
            if ("SCHEMA", name[:2]) not in self.things or not self.may(session.role, "USAGE", "DATABASE", name[:1]):
                raise unknown("SCHEMA", name[:2])
            allowed = self.may(session.role, f"CREATE {kind}", "SCHEMA", name[:2])
        if not allowed:
            raise compilation(f"Insufficient privileges to create {kind.lower()} '{name[-1]}'", "003001", "42501")

    def make_role(self, session, thing):
        self.roles[thing.name[0]] = set()

    def make_database(self, session, thing):
        self.do_create(session, {"kind": "SCHEMA", "name": (*thing.name, "PUBLIC"), "body": {}, "if_not_exists": False,
                                 "or_replace": False}) if self.things.setdefault(("DATABASE", thing.name), thing) else None

    def make_schema(self, session, thing):
        self.schemas[thing.name] = f"s{len(self.schemas)}"
        self.pg.query(f"CREATE SCHEMA {self.schemas[thing.name]}")

    def pg_column(self, session, column):
        default = f" DEFAULT {self.translate(session, column['default'])}" if column["default"] else ""
        return (f"{snowflake_query.pg_name(column['name'])} {snowflake_load.pg_type(column['type'])}{default}"
                + (" NOT NULL" if column["not_null"] else ""))

    def make_table(self, session, thing):
        columns = ", ".join(self.pg_column(session, column) for column in thing.body["columns"])
        self.run(f"CREATE TABLE {self.pg_table(thing.name)} ({columns})")
        self.number(thing)

    def number(self, thing):
        found = self.pg.query(f"SELECT {pg_wire.literal(self.pg_table(thing.name))}::regclass::oid")
        thing.number = int(found.rows[0][0])
        for number, column in enumerate(thing.body["columns"], 1):
            self.columns_of[thing.number, number] = column

    def make_view(self, session, thing):
        query = self.prepared(session, thing.body["query"])
        names = thing.body["columns"]
        columns = "(" + ", ".join(map(snowflake_query.pg_name, names)) + ")" if names else ""
        self.run(f"CREATE VIEW {self.pg_table(thing.name)} {columns} AS {query}")

    def make_stage(self, session, thing):
        body = thing.body
        if "STORAGE_INTEGRATION" in body:
            integration = self.need(session, "USAGE", "INTEGRATION", body["STORAGE_INTEGRATION"])
            within = [[place for place in integration.body.get(key, []) if place == "*" or body["URL"].startswith(place)]
                      for key in ("STORAGE_ALLOWED_LOCATIONS", "STORAGE_BLOCKED_LOCATIONS")]
            if not within[0] or within[1]:
                raise compilation(f"Location '{body['URL']}' is not allowed by integration '{integration.name[0]}'. Please use "
                                  "DESCRIBE INTEGRATION to check out allowed and blocked locations.", "003098", "42601")
        self.format_of(session, body.get("FILE_FORMAT"))

    def make_pipe(self, session, thing):
        copy = thing.body["copy"]
        self.loads.check_copy(session, copy)
        self.need(session, "SELECT", "TABLE", copy["table"])
        if thing.body.get("AUTO_INGEST") and "URL" not in self.things["STAGE", copy["stage"]].body:
            raise compilation("AUTO_INGEST needs an external stage", "001023", "22023")

    def make_task(self, session, thing):
        body = thing.body
        if "WAREHOUSE" in body:
            self.need(session, "USAGE", "WAREHOUSE", body["WAREHOUSE"])
        body.update(started=False, session=session)
        if not re.match(r"(SELECT|WITH|INSERT|MERGE|UPDATE|DELETE|COPY|ALTER|CREATE)\b", body["definition"], re.I):
            raise compilation("syntax error in the task's statement")
        self.check_task(session, body["definition"])

    def check_task(self, session, definition):
        """A task's statement is compiled when the task is created."""
        if re.match(r"(COPY|ALTER|CREATE)\b", definition, re.I):
            read(definition)
        else:
            self.run("EXPLAIN " + self.prepared(session, definition))

    def make_user(self, session, thing):
        """A role that is his default one is not granted by that."""
        body = thing.body
        keys = [PublicKey(body[key]) for key in ("RSA_PUBLIC_KEY", "RSA_PUBLIC_KEY_2") if key in body]
        self.add_user(body.get("LOGIN_NAME", thing.name[0]), *keys, role=body.get("DEFAULT_ROLE", ("PUBLIC",))[0], has_role=False,
                      warehouse=body.get("DEFAULT_WAREHOUSE", (None,))[0])

    def format_of(self, session, reference):
        """Options of a file format: by name, on the spot, or the defaults."""
        if isinstance(reference, tuple):
            return self.need(session, "USAGE", "FILE FORMAT", self.full(session, "FILE FORMAT", reference)).body
        return reference

    def do_alter(self, session, statement):
        kind, name = statement["kind"], self.full(session, statement["kind"], statement["name"])
        if kind == "USER":
            return self.alter_user(session, name[0], statement["set"])
        if (kind, name) not in self.things and statement["if_exists"]:
            return message("Statement executed successfully.")
        thing = self.need(session, "OPERATE" if kind in ("PIPE", "TASK") else "OWNERSHIP", kind, name)
        if "add" in statement:
            self.add_columns(session, thing, statement)
        elif "refresh" in statement:
            return self.loads.refresh(thing, **statement["refresh"])
        elif "started" in statement:
            if not self.may(thing.owner, "EXECUTE TASK", "ACCOUNT", ()):
                raise SnowflakeError(f"Cannot execute task , EXECUTE TASK privilege must be granted to owner role {thing.owner}", "091089",
                                     "42501")
            thing.body["started"] = statement["started"]
        else:
            thing.body.update(statement["set"])
        return message("Statement executed successfully.")

    def alter_user(self, session, name, settings):
        if ADMIN not in self.roles_of(session.role) or name not in self.users:
            raise unknown("USER", (name,))
        user = self.users[name]
        for key, index in (("RSA_PUBLIC_KEY", 0), ("RSA_PUBLIC_KEY_2", 1)):
            if key in settings:
                user.keys[index:index + 1] = [PublicKey(settings[key])]
        if "DEFAULT_ROLE" in settings:
            user.settings["role"] = settings["DEFAULT_ROLE"][0]
        return message("Statement executed successfully.")

    def add_columns(self, session, thing, statement):
        there = [column["name"] for column in thing.body["columns"]]
        for column in statement["add"]:
            if column["name"] in there and not statement["if_not_exists"]:
                raise compilation(f"column '{column['name']}' already exists", "001430", "42601")
            if column["name"] not in there:
                self.run(f"ALTER TABLE {self.pg_table(thing.name)} ADD COLUMN {self.pg_column(session, column)}")
                thing.body["columns"].append(column)
        self.number(thing)

    def do_grant(self, session, statement):
        for grant in self.granted(session, statement):
            if grant[0] == "OWNERSHIP":
                self.things[grant[1:3]].owner = grant[3][1]
            else:
                self.grants.add(grant)
        return message("Statement executed successfully.")

    def do_revoke(self, session, statement):
        self.grants -= self.granted(session, statement)
        return message("Statement executed successfully.")

    def granted(self, session, statement):
        to = statement["to"]
        if to[0] == "ROLE" and to[1] not in self.roles or to[0] == "USER" and to[1] not in self.users:
            raise unknown(to[0], to[1:])
        if "role" in statement:
            if statement["role"] not in self.roles:
                raise unknown("ROLE", (statement["role"],))
            return {("ROLE", statement["role"], None, to)}
        if statement["every"]:
            raise compilation("grants on ALL or FUTURE objects are not known here", "000002", "0A000")
        kind = statement["kind"]
        name = self.full(session, kind, statement["name"]) if kind != "ACCOUNT" else ()
        thing = self.things.get((kind, name))
        if kind == "ACCOUNT" and ADMIN not in self.roles_of(session.role):
            raise compilation("Insufficient privileges to operate on account", "003001", "42501")
        manages = self.may(session.role, "MANAGE GRANTS", "ACCOUNT", ())
        if kind != "ACCOUNT" and (thing is None or not manages and thing.owner not in self.roles_of(session.role)):
            raise unknown(kind, name)
        for privilege in statement["privileges"]:
            barred = kind == "STAGE" and ("URL" in thing.body) == (privilege in ("READ", "WRITE"))
            if privilege not in (*PRIVILEGES[kind], "OWNERSHIP") or barred:
                raise compilation(f"Invalid privilege '{privilege}' for {kind.lower()} '{'.'.join(name)}'", "003008", "42601")
        return {(privilege, kind, name, to) for privilege in statement["privileges"]}

    def do_show(self, session, statement):
        if statement["what"] == "GRANTS":
            return self.show_grants(session, *statement["grants"])
        kind = {"FILE FORMATS": "FILE FORMAT", "STORAGE INTEGRATIONS": "INTEGRATION"}.get(statement["what"], statement["what"].rstrip("S"))
        if kind not in PRIVILEGES:
            raise compilation(f"syntax error: SHOW {statement['what']}")
        pattern = re.compile(re.escape(statement["like"] or "%").replace("%", ".*").replace("_", "."), re.I | re.S)
        place = self.shown_place(session, statement["in"])
        rows = []
        for (each, name), thing in sorted(self.things.items(), key=lambda item: item[0][1]):
            visible = self.may_see(session.role, kind, name) and any(
                self.may(session.role, privilege, kind, name) for privilege in (*PRIVILEGES[kind], "OWNERSHIP"))
            if each == kind and visible and pattern.fullmatch(name[-1]) and name[:len(place)] == place:
                rows.append(self.shown(thing))
        names = list(self.shown(Thing(kind, ("", "", ""), "", {}, self.now())))
        return Result([text_column(name) for name in names], [list(row.values()) for row in rows])

    def shown_place(self, session, place):
        if place is None:
            return tuple(part for part in (session.database, session.schema) if part)
        return self.full(session, *place) if place[0] != "ACCOUNT" else ()

    def shown(self, thing):
        row = {"created_on": thing.created.isoformat(), "name": thing.name[-1]}
        if thing.kind not in IN_ACCOUNT:
            row.update(database_name=thing.name[0], schema_name=thing.name[1] if len(thing.name) > 2 else "")
        if thing.kind == "PIPE":
            row.update(definition=thing.body.get("definition"),
                       notification_channel=SQS if thing.body.get("AUTO_INGEST") else None)
        elif thing.kind == "STAGE":
            row.update(url=thing.body.get("URL", ""), storage_integration=".".join(thing.body.get("STORAGE_INTEGRATION", ())) or None)
        elif thing.kind == "TASK":
            row.update(state="started" if thing.body.get("started") else "suspended", schedule=thing.body.get("SCHEDULE"),
                       definition=thing.body.get("definition"))
        return {**row, "owner": thing.owner, "comment": thing.comment}

    def show_grants(self, session, preposition, kind, name):
        name = self.full(session, kind, name)
        rows = []
        for grant in sorted(self.grants, key=str):
            if preposition == "TO" and grant[3] == (kind, name[0]) or preposition == "ON" and grant[1:3] == (kind, name):
                what = grant[2] if grant[2] else (grant[1],)
                rows.append(["USAGE" if grant[0] == "ROLE" else grant[0], grant[1] if grant[2] else "ROLE", ".".join(what), *grant[3]])
        return Result([text_column(each) for each in ("privilege", "granted_on", "name", "granted_to", "grantee_name")], rows)

    def do_describe(self, session, statement):
        kind, name = statement["kind"], self.full(session, statement["kind"], statement["name"])
        privilege = {"TABLE": "SELECT", "VIEW": "SELECT", "PIPE": "MONITOR", "TASK": "MONITOR"}.get(kind, "USAGE")
        thing = self.need(session, privilege, kind, name)
        if kind == "TABLE":
            names = ("name", "type", "kind", "null?", "default", "primary key", "unique key", "check", "expression", "comment")
            rows = [[column["name"], self.type_text(column["type"]), "COLUMN", "N" if column["not_null"] else "Y", column["default"],
                     "N", "N", None, None, column["comment"]] for column in thing.body["columns"]]
        elif kind in ("INTEGRATION", "STAGE", "FILE FORMAT"):
            names = ("property", "property_type", "property_value", "property_default")
            extra = {"STORAGE_AWS_IAM_USER_ARN": "arn:aws:iam::123456789001:user/abc1-b-self1234", "STORAGE_AWS_EXTERNAL_ID":
                     thing.body.get("STORAGE_AWS_EXTERNAL_ID", "MYACCOUNT_SFCRole=2_a123456/s0aBCDEfGHIJklmNoPq=")}
            values = {**thing.body, **(extra if kind == "INTEGRATION" else {})}
            rows = [[key, "String", self.property_text(value), ""] for key, value in values.items()]
        else:
            row = self.shown(thing)
            names, rows = list(row), [list(row.values())]
        return Result([text_column(each) for each in names], rows)

    @staticmethod
    def property_text(value):
        if isinstance(value, bool):
            return str(value).lower()
        return value if isinstance(value, str) else ",".join(map(str, value)) if isinstance(value, (list, tuple)) else json.dumps(value)

    @staticmethod
    def type_text(kind):
        arguments = "" if len(kind) == 1 else "(" + ",".join(map(str, kind[1:])) + ")"
        return kind[0] + arguments

    def do_use(self, session, statement):
        kind, name = statement["kind"], statement["name"]
        if kind == "SCHEMA":
            session.database, session.schema = self.full(session, "SCHEMA", name)
        else:
            setattr(session, kind.lower(), name[0])
        return message("Statement executed successfully.")

    def do_drop(self, session, statement):
        kind, name = statement["kind"], self.full(session, statement["kind"], statement["name"])
        if statement["if_exists"] and (kind, name) not in self.things:
            return message(f"Drop statement executed successfully ({name[-1]} already dropped).")
        self.need(session, "OWNERSHIP", kind, name)
        if kind in ("TABLE", "VIEW"):
            self.pg.query(f"DROP {kind} {self.pg_table(name)} CASCADE")
        del self.things[kind, name]
        self.grants -= {grant for grant in self.grants if grant[1:3] == (kind, name)}
        self.loads.dropped(kind, name)
        return message(f"{name[-1]} successfully dropped.")

    def do_delete(self, session, statement):
        self.need_warehouse(session)
        name = self.full(session, "TABLE", statement["name"])
        self.need(session, "DELETE", "TABLE", name)
        where = f" WHERE {self.translate(session, statement['where'])}" if statement["where"] else ""
        gone = self.run(f"DELETE FROM {self.pg_table(name)}{where} RETURNING 1").rows
        return Result([text_column("number of rows deleted", 1700)], [[str(len(gone))]])

    def do_execute(self, session, statement):
        name = self.full(session, "TASK", statement["name"])
        thing = self.need(session, "OPERATE", "TASK", name)
        self.run_task(thing)
        return message(f"Task {name[-1]} is scheduled to run immediately.")

    @staticmethod
    def as_owner(thing):
        """For what runs by itself: a task, or a pipe, which needs no warehouse."""
        return Session("SYSTEM", thing.owner, *thing.name[:2], warehouse=(thing.body.get("WAREHOUSE") or (None,))[0])

    def run_task(self, thing):
        """What the task says, as its owner."""
        session = self.as_owner(thing)
        if re.match(r"(COPY|ALTER|CREATE)\b", thing.body["definition"], re.I):
            return self.execute(session, thing.body["definition"])
        return self.run(self.prepared(session, thing.body["definition"]))

    def run_tasks(self):
        """All tasks that are resumed, once: what their schedules would do."""
        with self.lock:
            for (kind, _), thing in list(self.things.items()):
                if kind == "TASK" and thing.body["started"]:
                    self.run_task(thing)

    def do_copy(self, session, statement):
        self.need_warehouse(session)
        return self.loads.copy(session, statement)

    # ---- queries ----

    def run(self, sql):
        """PostgreSQL's answer, or its error as Snowflake's."""
        try:
            return self.pg.query(sql)
        except pg_wire.PgError as error:
            code, sqlstate = PG_ERRORS.get(error.sqlstate, ("100000", error.sqlstate))
            identifier = re.search(r'column "?([^" ]+)"? does not exist', error.message)
            text = f"error line 1 at position 0\ninvalid identifier '{identifier[1]}'" if identifier else error.message
            raise compilation(text, code, sqlstate) from error

    def translate(self, session, sql):
        return snowflake_query.Translator(sql, self.resolver(session), session.bindings,
                                          (session.database, session.schema or "PUBLIC")).translate()

    def prepared(self, session, sql):
        """A query for PostgreSQL."""
        parts = split(sql)
        if len(parts) != 1:
            raise compilation("one statement expected")
        sql, qualified, rest = snowflake_query.without_qualify(parts[0])
        query = self.translate(session, snowflake_query.named_items(sql))
        if not qualified:
            return query
        names = [column.name for column in self.run(f"SELECT * FROM ({query}) q LIMIT 0").columns if column.name != "~QUALIFY"]
        return f'SELECT {", ".join(map(pg_wire.name, names))} FROM ({query}) q WHERE "~QUALIFY" {self.translate(session, rest)}'

    def do_query(self, session, statement):
        called = re.fullmatch(r"\s*SELECT\s+SYSTEM\$(\w+)\s*\((.*)\)\s*;?\s*", statement["sql"], re.I | re.S)
        if called:
            return self.system(session, called[1].upper(), called[2])
        if re.search(r"\bFROM\b", statement["sql"], re.I):
            self.need_warehouse(session)
        found = self.run(self.prepared(session, statement["sql"]))
        there = [column._replace(oid=snowflake_load.TIMESTAMP_TZ) if column.oid == self.timestamp_tz else column for column in found.columns]
        columns = [snowflake_load.described(column, snowflake_query.LONG_NAMES.get(column.name, column.name),
                                            not self.columns_of.get((column.table, column.number), {}).get("not_null", False))
                   for column in there]
        rows = [[snowflake_load.shown(column, value) for column, value in zip(there, row)] for row in found.rows]
        return Result(columns, rows)

    def system(self, session, name, arguments):
        """SYSTEM$ functions with one constant."""
        text = re.fullmatch(r"\s*'((?:[^']|'')*)'\s*(,.*)?", arguments, re.S)
        if name == "WAIT":
            seconds = float(arguments.split(",")[0])
            if not session.waited:
                session.cancelled.wait(seconds)
            answer = f"waited {seconds:g} seconds"
        elif name == "PIPE_STATUS" and text:
            pipe = self.full(session, "PIPE", Reader(text[1].replace("''", "'")).name())
            answer = json.dumps(self.loads.status(self.need(session, "MONITOR", "PIPE", pipe)))
        else:
            raise compilation(f"Unknown function SYSTEM${name}", "002140", "42601")
        return Result([text_column(f"SYSTEM${name}({arguments})")], [[answer]])

    # ---- for tests ----

    def query(self, sql, role=ADMIN, database=None, schema=None):
        """Rows of a query, values as the SQL API has them."""
        return self.execute(Session("ADMIN", role, database, schema, "WH"), sql).rows

    def script(self, sql, role=ADMIN, database=None, schema=None):
        """Runs the statements of a script one after the other; their statuses."""
        session = Session("ADMIN", role, database, schema, "WH")
        return [self.execute(session, statement).rows for statement in split(sql)]

    def rows(self, table):
        """All rows of a table by its full name, as PostgreSQL's texts, in no order."""
        with self.lock:
            return self.pg.query(f"SELECT * FROM {self.pg_table(table)}").rows

    def put(self, stage, path, data):
        """A file into an internal stage."""
        self.internal[stage, path] = data

    def wait(self, condition, seconds=60):
        """Waits until a condition holds: of what pipes have loaded, mostly."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise AssertionError("it does not become true")
            time.sleep(0.02)
