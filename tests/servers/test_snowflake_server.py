"""test_snowflake_server.py: the tests' Snowflake over HTTP: tokens, the SQL API's states and answers, faults; and clients that others
wrote before it."""
import http.client
import json
import subprocess
import tempfile
import time
import unittest

from lib import servers, snowflake_account, snowflake_client, snowflake_jwt, snowflake_server, suite

# snowflake-ingest does not start with connectors from 5 on.
CLIENTS = ("snowflake-ingest==1.0.13", "snowflake-connector-python<5", "snowflake-sql-api==0.1.4")


@suite.needs_servers
class WithServer(unittest.TestCase):
    """An account with database DB, schema SC and user loader, and a server before it, for each test."""

    options = {}

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.keys, cls.other_keys = (snowflake_jwt.KeyPair(cls.folder.name, name=name) for name in ("one", "two"))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def setUp(self):
        self.account = snowflake_account.Account(servers.shared(servers.Postgres))
        self.account.add_database("DB", "SC")
        self.account.add_user("loader", self.keys.public, database="DB", schema="SC", warehouse="WH")
        self.server = snowflake_server.SnowflakeServer(self.account, **{"patience": 10, "rows_per_partition": 2, **self.options})
        self.client = snowflake_client.Client(self.server, self.keys)

    def tearDown(self):
        self.server.close()
        self.account.close()
        self.assertEqual(self.server.problems, [])

    def assert_failed(self, reply, code, sqlstate=None, status=422):
        self.assertEqual((reply.status, reply.body["code"], reply.body.get("sqlState")), (status, code, sqlstate))


class Tokens(WithServer):
    def token(self, alg="RS256", keys=None, life=3540, age=0, **claims):
        keys = keys or self.keys
        issued = int(time.time()) - age
        made = {"iss": f"MYORG-MYACCT.LOADER.{keys.public.fingerprint}", "sub": "MYORG-MYACCT.LOADER", "iat": issued, "exp": issued + life}
        made.update(claims)
        return keys.sign({"alg": alg}, {name: value for name, value in made.items() if value is not None})

    def failure(self, token):
        """The code that an administrator finds, or None."""
        self.client.token = token
        reply = self.client.sql("SELECT 1")
        if reply.status == 200:
            return None
        self.assert_failed(reply, "390144", status=401)
        number = reply.body["message"].partition("[")[2].rstrip("]")
        return self.server.login_failures[number].code

    def test_good_tokens(self):
        self.assertIsNone(self.failure(self.token()))
        self.assertIsNone(self.failure(self.token(life=3600)))
        self.assertIsNone(self.failure(self.token(age=50)))
        now = int(time.time() * 1000)
        self.assertIsNone(self.failure(self.token(iat=now, exp=now + 3540000)))

    def test_refused(self):
        fingerprint = self.keys.public.fingerprint
        for token, code in (
                (self.token(iss=f"MYORG-MYACCT.loader.{fingerprint}"), 394304), (self.token(sub="MYORG-MYACCT.loader"), 394300),
                (self.token(sub="myorg-myacct.LOADER"), 394307), (self.token(sub="OTHER.LOADER"), 394307),
                (self.token(sub="MYORG-MYACCT.NOBODY"), 394300), (self.token(iss="MYORG-MYACCT.LOADER"), 394304),
                (self.token(iss=f"MYORG-MYACCT.LOADER.{fingerprint.rstrip('=')}"), 394304),
                (self.token(keys=self.other_keys), 394304), (self.token(iat=None), 394301), (self.token(exp=None), 394301),
                (self.token(iat="1"), 394301), (self.token(age=70), 394302), (self.token(age=-120), 394302),
                (self.token(age=3700), 394303), (self.token(life=3601), 394303), (self.token(alg="RS512"), 394305)):
            self.assertEqual(self.failure(token), code)

    def test_signature(self):
        good = self.token()
        head, claims, signature = good.split(".")
        _, _, other = self.other_keys.token("MYORG-MYACCT", "LOADER", time.time()).split(".")
        for wrong in (other, signature[:-4], signature + "==", ("A" if signature[5] != "A" else "B").join([signature[:5], signature[6:]])):
            self.assertEqual(self.failure(f"{head}.{claims}.{wrong}"), 394306)
        self.assertIsNone(self.failure(good))

    def test_age_counts_at_login(self):
        self.server.login_each_time = False
        token = self.token()
        self.assertIsNone(self.failure(token))
        self.server.skew = 600
        self.assertIsNone(self.failure(token))
        self.assertEqual(self.failure(self.token(age=1)), 394302)
        self.server.login_each_time = True
        self.assertEqual(self.failure(token), 394302)
        self.server.skew = 3600
        self.assertEqual(self.failure(token), 394303)

    def test_skew_shows_in_the_date(self):
        self.server.skew = 7200
        reply = self.client.sql("SELECT 1")
        self.assertEqual(reply.status, 401)
        self.assertAlmostEqual(time.mktime(time.strptime(reply.headers["Date"], "%a, %d %b %Y %H:%M:%S GMT")) - time.timezone,
                               time.time() + 7200, delta=60)

    def test_second_key(self):
        self.assertEqual(self.failure(self.token(keys=self.other_keys)), 394304)
        public = self.other_keys.openssl("pkey", "-in", self.other_keys.private, "-pubout").decode()
        body = "".join(line for line in public.splitlines() if "-----" not in line)
        self.account.script(f"ALTER USER loader SET RSA_PUBLIC_KEY_2 = '{body}'")
        self.assertIsNone(self.failure(self.token(keys=self.other_keys)))
        self.assertIsNone(self.failure(self.token()))

    def test_short_keys_are_refused(self):
        short = snowflake_jwt.KeyPair(self.folder.name, name="short", bits=1024)
        public = short.openssl("pkey", "-in", short.private, "-pubout").decode()
        with self.assertRaises(ValueError):
            snowflake_jwt.PublicKey(public)

    def test_fingerprint_is_what_openssl_says(self):
        openssl = self.keys.openssl
        digest = openssl("dgst", "-sha256", "-binary", data=openssl("pkey", "-in", self.keys.private, "-pubout", "-outform", "DER"))
        self.assertEqual(self.keys.public.fingerprint, "SHA256:" + openssl("enc", "-base64", data=digest).decode().strip())

    def test_kind_of_token(self):
        kind = "X-Snowflake-Authorization-Token-Type"
        for value in (None, "OAUTH"):
            reply = self.client.send("POST", "/api/v2/statements", {"statement": "SELECT 1"}, {kind: value})
            self.assert_failed(reply, "390303", status=401)
        # Snowpipe's own client sends none
        self.assertEqual(self.client.send("GET", "/v1/data/pipes/DB.SC.P/insertReport", headers={kind: None}).status, 404)
        self.assertEqual(self.client.send("GET", "/v1/data/pipes/DB.SC.P/insertReport", headers={kind: "OAUTH"}).status, 401)
        self.assertEqual(self.client.sql("SELECT 1", role="ACCOUNTADMIN").status, 200)
        self.assert_failed(self.client.sql("SELECT 1", role="accountadmin"), "390189", status=403)


class Statements(WithServer):
    def fill(self, count=5):
        values = " UNION ALL ".join(f"SELECT {number} AS n, 'r{number}' AS t" for number in range(count))
        self.account.script(f"CREATE VIEW DB.SC.V AS {values}", database="DB", schema="SC")

    def test_partitions(self):
        self.fill()
        reply = self.client.sql("SELECT N, T FROM V ORDER BY N")
        self.assertEqual((reply.status, reply.body["code"], reply.body["sqlState"]), (200, "090001", "00000"))
        meta = reply.body["resultSetMetaData"]
        self.assertEqual((meta["numRows"], meta["format"]), (5, "jsonv2"))
        self.assertEqual([part["rowCount"] for part in meta["partitionInfo"]], [2, 2, 1])
        self.assertEqual(["compressedSize" in part for part in meta["partitionInfo"]], [False, True, True])
        self.assertEqual(reply.body["data"], [["0", "r0"], ["1", "r1"]])
        self.assertIsNone(reply.headers["Content-Encoding"])
        handle = reply.body["statementHandle"]
        second = self.client.get(handle, partition=1)
        self.assertEqual((second.headers["Content-Encoding"], second.body), ("gzip", {"data": [["2", "r2"], ["3", "r3"]]}))
        self.assertIn(f'</api/v2/statements/{handle}?partition=2>;rel="next"', second.headers["Link"])
        self.assertEqual(self.client.get(handle, partition=2).body, {"data": [["4", "r4"]]})
        self.assertEqual(self.client.get(handle, partition=3).status, 400)
        self.assertEqual(self.client.get(handle).body["resultSetMetaData"], meta)

    def test_values(self):
        reply = self.client.sql("SELECT 1.50::NUMBER(10,2) AS n, 0.1::FLOAT AS f, TRUE AS b, 'x' AS t, DATE '1970-02-01' AS d, "
                                "'01:02:03.5'::TIME AS ti, '1969-12-31 23:59:59.5'::TIMESTAMP_NTZ AS ntz, "
                                "'2026-01-01 00:00:00+01'::TIMESTAMP_TZ AS tz, PARSE_JSON('{\"b\": 1.0, \"a\": []}') AS v, NULL AS x")
        kinds = [column["type"] for column in reply.body["resultSetMetaData"]["rowType"]]
        self.assertEqual(kinds, ["fixed", "real", "boolean", "text", "date", "time", "timestamp_ntz", "timestamp_tz", "variant", "text"])
        self.assertEqual(reply.body["data"], [["1.50", "0.1", "true", "x", "31", "3723.500000000", "-0.500000000",
                                              "1767222000.000000000 1500", '{\n  "a": [],\n  "b": 1.0\n}', None]])
        [number] = [c for c in reply.body["resultSetMetaData"]["rowType"] if c["name"] == "N"]
        self.assertEqual((number["precision"], number["scale"]), (10, 2))
        self.assertEqual(self.client.sql("SELECT NULL AS x", {"nullable": "false"}).body["data"], [["null"]])

    def test_runs_on(self):
        self.server.patience = 0.05
        self.server.delay = 0.3
        reply = self.client.sql("SELECT 7 AS x")
        self.assertEqual((reply.status, reply.body["code"]), (202, "333334"))
        handle = reply.body["statementHandle"]
        self.assertEqual(reply.body["statementStatusUrl"], f"/api/v2/statements/{handle}")
        self.assertEqual(self.client.get(handle).status, 202)
        self.account.wait(lambda: self.client.get(handle).status == 200)
        self.assertEqual(self.client.get(handle).body["data"], [["7"]])

    def test_async(self):
        reply = self.client.sql("SELECT 1 AS x", {"async": "true"})
        self.assertEqual(reply.status, 202)
        self.account.wait(lambda: self.client.get(reply.body["statementHandle"]).status == 200)

    def test_slow(self):
        self.server.add_fault("slow", "submit")
        reply = self.client.sql("SELECT 1 AS x")
        self.assertEqual(reply.status, 202)
        self.assertEqual([self.client.get(reply.body["statementHandle"]).status for _ in range(2)], [202, 200])

    def test_cancel(self):
        self.server.patience = 0.05
        handle = self.client.sql("SELECT SYSTEM$WAIT(60)").body["statementHandle"]
        self.assertEqual(self.client.get(handle).status, 202)
        self.assert_failed(self.client.cancel(handle), "000604", "57014", 200)
        self.assert_failed(self.client.get(handle), "000604", "57014")
        self.assert_failed(self.client.cancel(handle), "000709", "02000")
        self.assert_failed(self.client.cancel("01aa-nothing"), "000709", "02000")
        self.assert_failed(self.client.get("01aa-nothing"), "000709", "02000")

    def test_cancelled_before_it_ran(self):
        self.server.patience, self.server.delay = 0.05, 30
        handle = self.client.sql("CREATE TABLE T (A INT)").body["statementHandle"]
        self.client.cancel(handle)
        self.assertNotIn(("TABLE", ("DB", "SC", "T")), self.account.things)

    def test_timeout(self):
        self.assert_failed(self.client.sql("SELECT SYSTEM$WAIT(60)", timeout=1), "000630", "57014", 408)

    def test_errors(self):
        self.account.script("CREATE TABLE DB.SC.T (A INT)")
        for sql, code, sqlstate in (
                ("SELECT B FROM T", "000904", "42000"), ("SELECT A FROM NOPE", "002003", "02000"), ("SELEC 1", "001003", "42000"),
                ("SELECT 1 +", "001003", "42000"), ("SELECT 1/0", "100051", "22012"), ("DROP TABLE NOPE", "002003", "02000"),
                ("SELECT 'a", "001003", "42000"), ("PUT file://x @~", "000002", "0A000"), ("SELECT ?", "002049", "42601"),
                ("CREATE TABLE T (A INT)", "002002", "42710"), ("SELECT NOFUNC(1)", "002140", "42601"),
                ("SELECT 1; SELECT 2", "000008", "0A000"), ("USE SCHEMA SC", "391911", "0A000")):
            with self.subTest(sql):
                reply = self.client.sql(sql)
                self.assert_failed(reply, code, sqlstate)
                self.assertTrue(reply.body["message"] and reply.body.get("statementHandle"))

    def test_bindings(self):
        reply = self.client.sql("SELECT ? AS a, ? + 1 AS b, ?::DATE AS c, ? AS d", bindings={
            "1": {"type": "TEXT", "value": "it's \\"}, "2": {"type": "FIXED", "value": "41"}, "3": {"type": "TEXT", "value": "1970-01-02"},
            "4": {"type": "TEXT", "value": None}})
        self.assertEqual(reply.body["data"], [["it's \\", "42", "1", None]])

    def test_multiple_statements(self):
        several = {"parameters": {"MULTI_STATEMENT_COUNT": "0"}}
        reply = self.client.sql("CREATE TABLE T (A INT); SELECT 5 AS x;", **several)
        self.assertEqual([self.client.get(handle).body["data"] for handle in reply.body["statementHandles"]],
                         [[["Table T successfully created."]], [["5"]]])
        self.assert_failed(self.client.sql("CREATE TABLE U (A INT); SELECT nope; CREATE TABLE W (A INT)", **several), "100132", "P0000")
        self.assertIn(("TABLE", ("DB", "SC", "U")), self.account.things)
        self.assertNotIn(("TABLE", ("DB", "SC", "W")), self.account.things)
        self.assertEqual(self.client.sql("USE SCHEMA PUBLIC; SELECT 1", parameters={"MULTI_STATEMENT_COUNT": "2"}).status, 200)
        self.assert_failed(self.client.sql("SELECT 1; SELECT 1", parameters={"MULTI_STATEMENT_COUNT": "3"}), "000008", "0A000")

    def test_bad_requests(self):
        def status(body, headers=None, method="POST", path="/api/v2/statements"):
            return self.client.send(method, path, body, headers).status
        for body in (b"{", b"[]", {"statement": 1}, {}, {"statement": " "}, {"statement": "SELECT 1", "timeout": "x"},
                     {"statement": "SELECT 1", "parameters": {"NO_SUCH": "1"}}, {"statement": "SELECT 1", "bindings": ["x"]}):
            self.assertEqual(status(body), 400, body)
        fine = {"statement": "SELECT 1", "resultSetMetaData": {"format": "json"}, "unknown": 1}
        self.assertEqual(status(fine), 200)
        self.assertEqual(status(fine, {"User-Agent": None}), 400)
        self.assertEqual(status(fine, {"Accept": "text/html"}), 400)
        self.assertEqual(status(fine, {"Content-Type": "text/plain"}), 415)
        self.assertEqual(status(fine, {"Authorization": None}), 401)
        self.assertEqual(status(fine, {"Authorization": "Basic x"}), 401)
        self.assertEqual(status(None, method="GET"), 405)
        self.assertEqual(status(fine, path="/api/v1/statements"), 404)

    # ---- faults ----

    def test_retry_by_request(self):
        self.account.script("CREATE TABLE DB.SC.T (A INT)")
        for fault in ("503-after", "500-after", "reset-after"):
            name = "C" + fault[:3]
            sql, query = f"CREATE TABLE {name} (A INT)", {"requestId": fault}
            self.server.add_fault(fault, "submit")
            if fault == "reset-after":
                with self.assertRaises((ConnectionError, http.client.HTTPException)):
                    self.client.sql(sql, query)
            else:
                self.assertEqual(self.client.sql(sql, query).status, int(fault[:3]))
            self.assertIn(("TABLE", ("DB", "SC", name.upper())), self.account.things)
            self.assertEqual(self.client.sql(sql, {**query, "retry": "true"}).body["data"], [[f"Table {name.upper()} successfully created."]])
            self.assertEqual(self.client.sql(sql, query).status, 422)  # without retry=true, it runs again
            self.assertEqual(self.client.sql(sql, {"requestId": fault + "2", "retry": "true"}).status, 422)

    def test_refused_calls_do_nothing(self):
        for fault in (429, 500, 502, 503, 504):
            self.server.add_fault(fault, "submit")
            self.assertEqual(self.client.sql(f"CREATE TABLE T{fault} (A INT)").status, fault)
        self.assertFalse([kind for kind, _ in self.account.things if kind == "TABLE"])
        self.server.add_fault("login", "submit")
        self.assert_failed(self.client.sql("SELECT 1"), "390144", status=401)
        self.assertEqual(self.client.sql("SELECT 1").status, 200)

    def test_rules_spare_and_strike(self):
        self.server.add_fault(503, "submit", skip=1, times=2)
        self.assertEqual([self.client.sql("SELECT 1").status for _ in range(4)], [200, 503, 503, 200])
        self.assertEqual([seen.fault for seen in self.server.seen], [None, "503", "503", None])

    def test_storm_is_the_seeds(self):
        def statuses(seed):
            self.server.storm(seed, 0.5, ("429", "503"))
            return [self.client.sql("SELECT 1").status for _ in range(20)]
        first = statuses(1)
        self.assertEqual(statuses(1), first)
        self.assertNotEqual(statuses(2), first)
        self.assertEqual(set(first), {200, 429, 503})
        self.server.storm(1, 0)
        self.assertEqual([self.client.sql("SELECT 1").status for _ in range(5)], [200] * 5)


SQL_CLIENT = """
import ssl, sys, json, httpx
from snowflake_sql_api import SnowflakeClient
import snowflake_sql_api
port, key, ca = sys.argv[1:]
client = SnowflakeClient('myorg-myacct', 'loader', private_key_path=key, host='127.0.0.1:' + port, database='DB', schema='SC',
                         warehouse='WH', http_client=httpx.Client(verify=ssl.create_default_context(cafile=ca)), poll_interval=0.05)
"""


class OthersClients(WithServer):
    """snowflake-ingest and snowflake-sql-api, as they are published."""

    @classmethod
    def setUpClass(cls):
        cls.environment = servers.from_pypi("snowflake_clients", *CLIENTS)
        super().setUpClass()
        servers.script("s3tls.sh", cls.folder.name + "/tls")

    def python(self, code, *words):
        done = subprocess.run([self.environment, "-c", code, *map(str, words)], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr[-3000:])
        return json.loads(done.stdout)

    INGEST = """
import json, sys, time
from snowflake.ingest import SimpleIngestManager, StagedFile
port, key = sys.argv[1:]
manager = SimpleIngestManager(account='myorg-myacct', user='loader', pipe='DB.SC.P', private_key=open(key).read(), scheme='http',
                              host='127.0.0.1', port=int(port))
answer = manager.ingest_files([StagedFile('t/a.csv', 4), StagedFile('t/b c+\\u00fc.csv', None)])
files, mark = [], None
while sum(file['complete'] for file in files) < 2:
    history = manager.get_history(recent_seconds=60) if mark is None else manager.get_history()
    mark = history['nextBeginMark']
    files += history['files']
    time.sleep(0.05)
scan = manager.get_history_range(time.strftime('%Y-%m-%dT00:00:00.000Z', time.gmtime()))
json.dump([answer, sorted((f['path'], f['status'], f['rowsInserted']) for f in files), len(scan['files'])], sys.stdout)
"""

    def test_snowflake_ingest(self):
        self.account.script("CREATE TABLE T (A INT, B VARCHAR); CREATE STAGE ST FILE_FORMAT = (TYPE = CSV); "
                            "CREATE PIPE P AS COPY INTO T FROM @ST", database="DB", schema="SC")
        self.account.put(("DB", "SC", "ST"), "t/a.csv", b"1,x\n2,y\n")
        self.account.put(("DB", "SC", "ST"), "t/b c+ü.csv", b"3,z\n")
        self.account.loads.progress = (5, 0.2)
        self.server.add_fault(503, "insertFiles")
        self.server.add_fault("late", "insertReport")
        answer, files, scanned = self.python(self.INGEST, self.server.port, self.keys.private)
        self.assertEqual(answer["status"], "success")
        self.assertEqual(files, [["t/a.csv", "LOADED", 2], ["t/a.csv", "LOAD_IN_PROGRESS", 1], ["t/b c+ü.csv", "LOADED", 1]])
        self.assertEqual(scanned, 3)
        self.assertEqual(sorted(self.account.rows(("DB", "SC", "T"))), [["1", "x"], ["2", "y"], ["3", "z"]])

    QUERY = SQL_CLIENT + """
rows = [row.values() if isinstance(row, dict) else row
        for row in client.query("select n, t, tz from v where n >= ? order by n", [0])]
try:
    client.query("select nope from v")
    error = None
except Exception as caught:
    error = type(caught).__name__
json.dump([[str(value) for value in row] for row in rows] + [error], sys.stdout)
"""

    def test_snowflake_sql_api(self):
        self.server.close()
        tls = self.folder.name + "/tls/"
        self.server = snowflake_server.SnowflakeServer(self.account, (tls + "server.crt", tls + "server.key"), rows_per_partition=2)
        self.account.script("CREATE VIEW DB.SC.V AS SELECT 0 AS n, 'a' AS t, '2026-01-01 00:00:00+01:30'::TIMESTAMP_TZ AS tz UNION ALL "
                            "SELECT 1, 'b', NULL UNION ALL SELECT 2, 'c', NULL UNION ALL SELECT 3, 'd', NULL")
        self.server.add_fault("slow", "submit")
        found = self.python(self.QUERY, self.server.port, self.keys.private, tls + "ca.crt")
        self.assertEqual(found, [["0", "a", "2026-01-01 00:00:00+01:30"], ["1", "b", "None"], ["2", "c", "None"], ["3", "d", "None"], "SnowflakeProgrammingError"])
        self.assertTrue({"status", "partition"} <= {seen.call for seen in self.server.seen})


if __name__ == "__main__":
    unittest.main()
