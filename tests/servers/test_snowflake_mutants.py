"""test_snowflake_mutants.py: wrong statements are caught: each option of the file formats and each clause of pipes, stages, tables and
COPY, left out or changed, and the files that a job has written load otherwise, or damaged files load at all; or it can't matter, and
lib/ddl_mutants.py says why."""
import hashlib
import json
import subprocess
import unittest

from lib import ddl_mutants, pg_wire, snowflake_load, suite, values
from lib.snowflake_statements import SnowflakeError, split
from servers.test_snowflake_values import Place

STREAM = """CREATE STREAM s (id bigint, t text, x text, d date, ts timestamp, tz timestamptz, n numeric(9,2), f double precision, j jsonb)
    WITH (connector = 'file', path = 'in.jsonl', format = 'json', dead_letter_location = 's3://{bucket}/letters/');
"""
COLUMNS = {"PLAIN": ("ID", "T", "X", "D", "TS", "TZ", "N", "F"),
           "ZIPPED": ("ID", "T", "X", "D", "TS", "TZ", "N", "F", "J", "WEIR_FILE", "WEIR_ROW"), "ALONE": ("t,x",),
           "BAD": ("RECORD", "WEIR_FILE", "WEIR_ROW")}
# Tables that were there before: the columns in another order, and one more.
OLDER = "CREATE TABLE {table} (ADDED VARCHAR, {columns});\n"
TYPES = {"ID": "NUMBER(19,0)", "D": "DATE", "TS": "TIMESTAMP_NTZ(6)", "TZ": "TIMESTAMP_TZ(6)", "N": "NUMBER(9,2)", "F": "FLOAT",
         "J": "VARIANT", "RECORD": "VARIANT", "WEIR_ROW": "NUMBER(19,0)"}
# An account may have other habits than Snowflake's own: they count where the file format says nothing.
HABITS = {"DATE_INPUT_FORMAT": "DD/MM/YYYY", "TIME_INPUT_FORMAT": "HH24:MI", "TIMESTAMP_INPUT_FORMAT": "YYYY-MM-DD HH24:MI"}


class Frozen:
    """Buckets whose objects are in memory: {key: bytes}."""

    def __init__(self, objects):
        self.objects = objects

    def list(self, bucket, prefix=""):
        return {key: len(data) for key, data in self.objects.items() if key.startswith(prefix)}

    def head(self, bucket, key):
        found = self.objects.get(key)
        return found and {"etag": hashlib.md5(found).hexdigest(), "last-modified": "Sat, 31 Jan 2026 00:00:00 GMT"}

    def get(self, bucket, key):
        return self.objects.get(key)


def packed(data, *program):
    return subprocess.run(program, input=data, capture_output=True, check=True, timeout=60).stdout


@suite.needs_servers
class Mutants(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = Place(cls, "WEIR_JOB")
        words = [word for word in values.WORDS if len(word) < 1000]
        rows = [{"t": word, "x": f"x{word}", "j": word} for word in words]
        rows += [{"x": ""}, {"x": "x", "n": -1.5, "f": 1e300}, {"x": "y", "d": "2026-01-31"}, {"x": "z", "ts": "2026-01-31 23:59:59.123456"},
                 {"x": "ä", "tz": "2026-01-31 23:59:59.123456+02"}, {"x": "w", "j": [1, None, "\\"], "f": "NaN"}, {"x": "v", "n": 1234567.89}, {"n": "many \u00e4"}, {"d": "soon"}]
        (cls.place.folder / "in.jsonl").write_text("".join(json.dumps({"id": 9000 + i, **row}) + "\n" for i, row in enumerate(rows)))
        columns = "id, t, x, d, ts, tz, n, f"
        cls.place.load(STREAM.format(bucket=cls.place.bucket) + cls.place.sink("plain", f"SELECT {columns} FROM s")
                       + cls.place.sink("zipped", f"SELECT {columns}, j FROM s", ", compression = 'gzip', header = true, snowflake_metadata = true, "
                                         "snowflake_dead_table = 'db.sc.bad'", "rest")
                       + cls.place.sink("alone", 'SELECT x AS "t,x" FROM s', ", compression = 'zstd', header = true", "copy"))
        ddl = cls.place.run("-q", "--snowflake-ddl", "-f", "job.sql").stdout
        [copy] = [sql for _, sql in cls.place.account.statements if sql.startswith("COPY INTO") and ".csv.zst" in sql]
        cls.objects = cls.place.s3.client()
        cls.objects = {key: cls.objects.get(cls.place.bucket, key) for key in cls.objects.list(cls.place.bucket)}
        cls.add_others()
        names = [key.removeprefix("alone/") for key in cls.objects if key.startswith("alone/bad")]
        cls.ddl = ddl + copy.replace("FILES = (", "FILES = (" + "".join(f"'{name}', " for name in names)) + ";\n"
        cls.place.account.s3 = Frozen(cls.objects)
        cls.schemas = 0
        cls.right = cls.loaded(cls.ddl)

    @classmethod
    def add_others(cls):
        """Files that must not load, beside those that must: damaged ones, of a later revision, of another sink, of nobody."""
        written = {name: next(data for key, data in cls.objects.items() if key.startswith(name))
                   for name in ("plain", "zipped", "alone", "letters/dead/s/")}
        plain, zipped, alone = written["plain"], packed(written["zipped"], "gzip", "-dc"), packed(written["alone"], "zstd", "-dcq")
        last = plain.rindex(b"\n", 0, -1) + 1
        damaged = [plain[:-1].rpartition(b",")[0] + b"\n", plain[:-1] + b",1\n", plain[:last] + b"\n" + plain[last:],
                   plain.replace("ä".encode(), b"\xe4"), plain[:-2] + b'"', plain.replace(b"\n9001,", b"\nx,", 1)]
        cls.objects.update({f"plain/bad{number}.csv": data for number, data in enumerate(damaged)})
        cls.objects["zipped/bad.csv.gz"] = packed(zipped.replace(b"[1, null", b"[1, nil"), "gzip", "-nc")
        cls.objects["alone/bad.csv.zst"] = packed(alone.replace(b"\n", b",1\n"), "zstd", "-cq")
        cls.objects["alone/bad2.csv.zst"] = packed(alone + b"\n", "zstd", "-cq")
        letters = snowflake_load.decompress(written["letters/dead/s/"], "AUTO")
        cls.objects["letters/dead/s/bad1.jsonl"] = letters[:-5]
        cls.objects["letters/dead/s/bad2.jsonl"] = letters + b'"\xe4"\n'
        cls.objects["letters/dead/x.jsonl"] = letters
        cls.objects["letters/dead/s/more.jsonl.gz"] = packed(letters, "gzip", "-nc")  # of a time when the first sink was another
        cls.objects.update({"plain/r2/x.csv": plain, "plain2/x.csv": plain, "plain/x.txt": plain, "zipped/r2/x.csv.gz": written["zipped"],
                            "zipped/x.csv.gz.txt": written["zipped"]})

    @classmethod
    def loaded(cls, ddl, older=False, **parameters):
        """{table: rows} by a script in a schema of its own; a text where a statement is refused."""
        cls.schemas += 1
        schema, account = f"M{cls.schemas}", cls.place.account
        kept = dict(account.parameters)
        account.parameters.update(parameters)
        statements = split(ddl.replace('"DB"."SC"', f'"DB"."{schema}"'))
        try:
            account.script(f"CREATE SCHEMA DB.{schema}")
            for table, columns in COLUMNS.items() if older else ():
                typed = ", ".join(f"{pg_wire.name(name)} {TYPES.get(name, 'VARCHAR')}" for name in reversed(columns))
                account.script(OLDER.format(table=f"DB.{schema}.{table}", columns=typed))
            for statement in statements:
                if not statement.startswith(("CREATE ROLE", "CREATE VIEW", "GRANT", "ALTER USER")):
                    account.script(statement, database="DB", schema=schema)
            cls.tell(schema)
        except SnowflakeError as error:
            return error.message
        finally:
            account.parameters = kept
            account.loads.pipes = {name: pipe for name, pipe in account.loads.pipes.items() if name[1] != schema}
        return {table: cls.rows(schema, table) for table in COLUMNS}

    @classmethod
    def tell(cls, schema):
        """Of every object in the bucket, as S3 does, and of those below a stage by REST."""
        loads = cls.place.account.loads
        for key in cls.objects:
            loads.notify(cls.place.bucket, key)
        for pipe in (loads.pipes["DB", schema, name] for name in ("ZIPPED_PIPE", "BAD_PIPE")):
            _, prefix = loads.place(loads.enclosing(pipe.copy), "")
            loads.insert_files(pipe, [key[len(prefix):] for key in cls.objects if key.startswith(prefix)])
        loads.work_all()

    @classmethod
    def rows(cls, schema, table):
        with cls.place.account.lock:
            names = ", ".join(map(pg_wire.name, COLUMNS[table]))
            return sorted(cls.place.account.pg.query(f"SELECT {names} FROM {cls.place.account.pg_table(('DB', schema, table))}").rows, key=str)

    def matters(self, ddl, **otherwise):
        """In a new schema, or where something is otherwise."""
        return self.loaded(ddl) != self.right or self.loaded(ddl, **otherwise) != self.right

    def test_right(self):
        """What the job has had loaded, letters twice, and nothing of the other files."""
        for table, rows in self.right.items():
            once = [row for row in rows if "more.jsonl" not in str(row)]
            self.assertEqual(once, self.rows("SC", table))
            self.assertEqual((len(once), len(rows)) if table == "BAD" else len(once) > 40, (2, 4) if table == "BAD" else True)
        self.assertFalse(self.matters(self.ddl, older=True))
        self.assertFalse(self.matters(self.ddl, **HABITS))

    def check(self, mutants, **otherwise):
        for mutant in mutants:
            with self.subTest(mutant.what):
                self.assertEqual(self.matters(mutant.ddl, **otherwise), not mutant.reason, mutant.reason or "nothing notices")

    def test_options(self):
        self.check(ddl_mutants.of_options(self.ddl), **HABITS)

    def test_options_of_json(self):
        self.assertEqual(set(ddl_mutants.options(self.ddl, "JSON")), set(ddl_mutants.JSON_DEFAULTS))
        self.check(ddl_mutants.of_options(self.ddl, "JSON"), **HABITS)

    def test_clauses(self):
        mutants = list(ddl_mutants.of_clauses(self.ddl))
        self.assertGreaterEqual(len(mutants), len(ddl_mutants.CLAUSES) + len(ddl_mutants.NARROWER) + len(ddl_mutants.FORMATS) + 1)
        self.check(mutants, older=True)


if __name__ == "__main__":
    unittest.main()
