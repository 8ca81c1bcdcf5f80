"""snowflake_query.py: turns a query of Snowflake's into PostgreSQL's, token by token: names in upper case unless quoted, names of
tables by the catalog, QUALIFY, paths into VARIANTs, named arguments, types and functions that PostgreSQL has not.

What is left over of the differences, PostgreSQL refuses, and the user of the tests' Snowflake sees an error instead of a wrong answer.
"""
import hashlib

from lib import pg_wire
from lib.snowflake_statements import Reader, compilation

PG_NAME = 63
LONG_NAMES = {}  # the name that stands for a longer one: that one
KEYWORDS = set("""SELECT FROM WHERE GROUP BY HAVING ORDER LIMIT OFFSET FETCH FIRST NEXT ROWS ROW ONLY AS ON USING AND OR NOT IN IS NULL
    LIKE ILIKE BETWEEN EXISTS CASE WHEN THEN ELSE END CAST DISTINCT ALL UNION INTERSECT EXCEPT JOIN LEFT RIGHT FULL INNER OUTER CROSS
    NATURAL LATERAL WITH RECURSIVE VALUES TRUE FALSE ASC DESC NULLS LAST OVER PARTITION RANGE UNBOUNDED PRECEDING FOLLOWING CURRENT
    INTERVAL ANY SOME FILTER WITHIN EXTRACT INSERT INTO UPDATE SET DELETE MERGE MATCHED QUALIFY ESCAPE""".split())
TYPES = {"VARCHAR": "text", "STRING": "text", "TEXT": "text", "CHAR": "text", "NUMBER": "numeric", "DECIMAL": "numeric",
         "NUMERIC": "numeric", "INT": "numeric", "INTEGER": "numeric", "BIGINT": "numeric", "FLOAT": "float8", "DOUBLE": "float8",
         "REAL": "float8", "DECFLOAT": "numeric", "BOOLEAN": "boolean", "DATE": "date", "TIME": "time", "TIMESTAMP_NTZ": "timestamp",
         "TIMESTAMP_LTZ": "timestamptz", "TIMESTAMP_TZ": "snowflake.timestamp_tz", "TIMESTAMP": "timestamp", "VARIANT": "jsonb",
         "ARRAY": "jsonb", "OBJECT": "jsonb", "BINARY": "bytea", "UUID": "uuid"}
WITH_UNIT = ("DATEADD", "DATEDIFF", "TIMESTAMPADD", "TIMESTAMPDIFF", "DATE_TRUNC", "DATE_PART")
BARE_FUNCTIONS = {"CURRENT_TIMESTAMP": "snowflake.now_ltz()", "CURRENT_DATE": "snowflake.now_ltz()::date"}
BINDINGS = {"FIXED": "numeric", "REAL": "float8", "DECFLOAT": "numeric", "TEXT": "text", "BOOLEAN": "boolean"}

# TIMESTAMP_TZ: text with an offset, which is kept, compared as the moment that it means.
COMPARISON = """
CREATE FUNCTION snowflake.tz_{name}(snowflake.timestamp_tz, snowflake.timestamp_tz) RETURNS boolean LANGUAGE sql STABLE STRICT
    AS 'SELECT snowflake.moment($1) {operator} snowflake.moment($2)';
CREATE OPERATOR snowflake.{operator} (FUNCTION = snowflake.tz_{name}, LEFTARG = snowflake.timestamp_tz,
    RIGHTARG = snowflake.timestamp_tz, COMMUTATOR = OPERATOR(snowflake.{commutator}){more});
"""
LAST_OF = """
CREATE FUNCTION snowflake.{name}_of(snowflake.timestamp_tz, snowflake.timestamp_tz) RETURNS snowflake.timestamp_tz LANGUAGE sql
    STABLE STRICT AS 'SELECT CASE WHEN $1 OPERATOR(snowflake.{operator}) $2 THEN $1 ELSE $2 END';
CREATE AGGREGATE snowflake.{name}(snowflake.timestamp_tz) (sfunc = snowflake.{name}_of, stype = snowflake.timestamp_tz);
"""
TIMESTAMP_TZ = """
CREATE TYPE snowflake.timestamp_tz;
CREATE FUNCTION snowflake.tz_in(cstring) RETURNS snowflake.timestamp_tz LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION snowflake.tz_out(snowflake.timestamp_tz) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE snowflake.timestamp_tz (INPUT = snowflake.tz_in, OUTPUT = snowflake.tz_out, LIKE = text);
CREATE CAST (snowflake.timestamp_tz AS text) WITHOUT FUNCTION;
CREATE CAST (text AS snowflake.timestamp_tz) WITHOUT FUNCTION;
CREATE FUNCTION snowflake.moment(snowflake.timestamp_tz) RETURNS timestamptz LANGUAGE sql STABLE STRICT
    AS 'SELECT ($1::text)::timestamptz';
CREATE CAST (snowflake.timestamp_tz AS timestamptz) WITH FUNCTION snowflake.moment(snowflake.timestamp_tz) AS IMPLICIT;
CREATE FUNCTION snowflake.at_home(snowflake.timestamp_tz) RETURNS timestamp LANGUAGE sql STABLE STRICT
    AS 'SELECT ($1::text)::timestamp';
CREATE CAST (snowflake.timestamp_tz AS timestamp) WITH FUNCTION snowflake.at_home(snowflake.timestamp_tz);
CREATE FUNCTION snowflake.day_at_home(snowflake.timestamp_tz) RETURNS date LANGUAGE sql STABLE STRICT AS 'SELECT ($1::text)::date';
CREATE CAST (snowflake.timestamp_tz AS date) WITH FUNCTION snowflake.day_at_home(snowflake.timestamp_tz);
CREATE FUNCTION snowflake.with_offset(timestamptz) RETURNS snowflake.timestamp_tz LANGUAGE sql STABLE STRICT
    AS 'SELECT ($1::text)::snowflake.timestamp_tz';
CREATE CAST (timestamptz AS snowflake.timestamp_tz) WITH FUNCTION snowflake.with_offset(timestamptz) AS ASSIGNMENT;
""" + "".join(COMPARISON.format(name=name, operator=operator, commutator=commutator, more=", MERGES" if operator == "=" else "")
              for name, operator, commutator in (("lt", "<", ">"), ("gt", ">", "<"), ("le", "<=", ">="), ("ge", ">=", "<="),
                                                 ("eq", "=", "="), ("ne", "<>", "<>"))) + """
CREATE FUNCTION snowflake.tz_compare(snowflake.timestamp_tz, snowflake.timestamp_tz) RETURNS integer LANGUAGE sql STABLE STRICT
    AS 'SELECT timestamptz_cmp(snowflake.moment($1), snowflake.moment($2))';
CREATE OPERATOR CLASS snowflake.timestamp_tz_order DEFAULT FOR TYPE snowflake.timestamp_tz USING btree AS
    OPERATOR 1 snowflake.<, OPERATOR 2 snowflake.<=, OPERATOR 3 snowflake.=, OPERATOR 4 snowflake.>=, OPERATOR 5 snowflake.>,
    FUNCTION 1 snowflake.tz_compare(snowflake.timestamp_tz, snowflake.timestamp_tz);
""" + LAST_OF.format(name="min", operator="<=") + LAST_OF.format(name="max", operator=">=")

# Functions and tables that queries may use and PostgreSQL has not.
PRELUDE = """
SET timezone = 'UTC';
CREATE SCHEMA snowflake;
""" + TIMESTAMP_TZ + """
CREATE TABLE snowflake.clock (ahead interval NOT NULL);
INSERT INTO snowflake.clock VALUES ('0');
CREATE FUNCTION snowflake.now_ltz() RETURNS timestamptz LANGUAGE sql AS 'SELECT clock_timestamp() + ahead FROM snowflake.clock';
CREATE FUNCTION snowflake.iff(boolean, anyelement, anyelement) RETURNS anyelement LANGUAGE sql
    AS 'SELECT CASE WHEN $1 THEN $2 ELSE $3 END';
CREATE FUNCTION snowflake.nvl(anyelement, anyelement) RETURNS anyelement LANGUAGE sql AS 'SELECT coalesce($1, $2)';
CREATE FUNCTION snowflake.iff(boolean, text, text) RETURNS text LANGUAGE sql AS 'SELECT CASE WHEN $1 THEN $2 ELSE $3 END';
CREATE FUNCTION snowflake.nvl(text, text) RETURNS text LANGUAGE sql AS 'SELECT coalesce($1, $2)';
CREATE FUNCTION snowflake.startswith(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT starts_with($1, $2)';
CREATE FUNCTION snowflake.endswith(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT right($1, length($2)) = $2';
CREATE FUNCTION snowflake.contains(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT strpos($1, $2) > 0';
CREATE FUNCTION snowflake.equal_null(anyelement, anyelement) RETURNS boolean LANGUAGE sql AS 'SELECT $1 IS NOT DISTINCT FROM $2';
CREATE FUNCTION snowflake.zeroifnull(numeric) RETURNS numeric LANGUAGE sql AS 'SELECT coalesce($1, 0)';
CREATE FUNCTION snowflake.parse_json(text) RETURNS jsonb LANGUAGE sql AS 'SELECT $1::jsonb';
CREATE FUNCTION snowflake.to_json(jsonb) RETURNS text LANGUAGE sql AS 'SELECT $1::text';
CREATE FUNCTION snowflake.to_varchar(anyelement) RETURNS text LANGUAGE sql AS 'SELECT $1::text';
CREATE FUNCTION snowflake.to_number(text) RETURNS numeric LANGUAGE sql AS 'SELECT $1::numeric';
CREATE FUNCTION snowflake.count_one(bigint, boolean) RETURNS bigint LANGUAGE sql AS 'SELECT $1 + CASE WHEN $2 THEN 1 ELSE 0 END';
CREATE AGGREGATE snowflake.count_if(boolean) (sfunc = snowflake.count_one, stype = bigint, initcond = '0');
CREATE FUNCTION snowflake.dateadd(text, numeric, timestamptz) RETURNS timestamptz LANGUAGE sql
    AS $$SELECT $3 + ($2::text || ' ' || $1)::interval$$;
CREATE FUNCTION snowflake.dateadd(text, numeric, timestamp) RETURNS timestamp LANGUAGE sql
    AS $$SELECT $3 + ($2::text || ' ' || $1)::interval$$;
CREATE FUNCTION snowflake.dateadd(text, numeric, date) RETURNS date LANGUAGE sql
    AS $$SELECT ($3 + ($2::text || ' ' || $1)::interval)::date$$;
CREATE FUNCTION snowflake.to_timestamp_ltz(text) RETURNS timestamptz LANGUAGE sql AS 'SELECT $1::timestamptz';
CREATE FUNCTION snowflake.to_timestamp_ntz(text) RETURNS timestamp LANGUAGE sql AS 'SELECT $1::timestamp';
CREATE FUNCTION snowflake.to_timestamp_tz(text) RETURNS snowflake.timestamp_tz LANGUAGE sql AS 'SELECT $1::snowflake.timestamp_tz';
CREATE FUNCTION snowflake.dateadd(text, numeric, snowflake.timestamp_tz) RETURNS snowflake.timestamp_tz LANGUAGE sql
    AS $$SELECT (($3::timestamp + ($2::text || ' ' || $1)::interval)::text || substring($3::text from '[+-][0-9:]+$'))::snowflake.timestamp_tz$$;
CREATE TABLE snowflake.history ("FILE_NAME" text, "STAGE_LOCATION" text, "LAST_LOAD_TIME" timestamptz, "ROW_COUNT" numeric,
    "ROW_PARSED" numeric, "FILE_SIZE" numeric, "FIRST_ERROR_MESSAGE" text, "FIRST_ERROR_LINE_NUMBER" numeric,
    "FIRST_ERROR_CHARACTER_POS" numeric, "FIRST_ERROR_COLUMN_NAME" text, "ERROR_COUNT" numeric, "ERROR_LIMIT" numeric,
    "STATUS" text, "TABLE_CATALOG_NAME" text, "TABLE_SCHEMA_NAME" text, "TABLE_NAME" text, "PIPE_CATALOG_NAME" text,
    "PIPE_SCHEMA_NAME" text, "PIPE_NAME" text, "PIPE_RECEIVED_TIME" timestamptz);
CREATE FUNCTION snowflake.copy_history_of(db text, sc text, t text, start_time timestamptz, end_time timestamptz, pipe text)
    RETURNS SETOF snowflake.history LANGUAGE sql AS $$
    SELECT * FROM snowflake.history WHERE ("TABLE_CATALOG_NAME", "TABLE_SCHEMA_NAME", "TABLE_NAME") = (db, sc, t)
        AND "LAST_LOAD_TIME" >= greatest(start_time, snowflake.now_ltz() - interval '14 days')
        AND "LAST_LOAD_TIME" < coalesce(end_time, 'infinity')
        AND (pipe IS NULL OR pipe IN ("PIPE_NAME", concat_ws('.', "PIPE_CATALOG_NAME", "PIPE_SCHEMA_NAME", "PIPE_NAME"))) $$;
"""


def pg_name(text):
    """A name in PostgreSQL, which has at most 63 bytes."""
    if len(text.encode()) > PG_NAME:
        short = text.encode()[:30].decode(errors="ignore") + "~" + hashlib.md5(text.encode()).hexdigest()
        LONG_NAMES[short] = text
        text = short
    return pg_wire.name(text)


def bound(binding):
    kind, value = binding.get("type"), binding.get("value")
    if value is None:
        return "NULL"
    if not isinstance(value, str):
        raise compilation("the value of a binding is a string", "000400", "22023")
    if kind not in BINDINGS:
        raise compilation(f"bindings of type {kind} are not known here", "000400", "22023")
    # TEXT works for nearly every type
    return pg_wire.literal(value) + ("" if kind == "TEXT" else "::" + BINDINGS[kind])


class Translator:
    """resolve(name): the PostgreSQL name of a table or view; default: (database, schema) of COPY_HISTORY's table."""

    def __init__(self, sql, resolve, bindings=None, default=()):
        self.reader = Reader(sql)
        self.resolve, self.bindings, self.default = resolve, bindings or {}, default
        self.out, self.placeholders = [], 0
        tokens = self.reader.tokens
        self.own = {self.plain(tokens[at]) for at in range(len(tokens) - 2) if self.is_named_by_with(tokens, at)}

    @staticmethod
    def plain(token):
        return token.value if token.kind == "name" else token.value.upper()

    @staticmethod
    def is_named_by_with(tokens, at):
        """'name AS (', maybe with columns in parentheses between."""
        if tokens[at].kind not in ("word", "name"):
            return False
        at += 1
        if tokens[at].value == "(":
            while tokens[at].kind != "end" and tokens[at].value != ")":
                at += 1
            at = min(at + 1, len(tokens) - 2)
        return tokens[at].kind == "word" and tokens[at].value.upper() == "AS" and tokens[at + 1].value == "("

    # ---- one token after the other ----

    def translate(self):
        """The query in PostgreSQL's words."""
        depth, clauses = 0, {0: None}
        while self.reader.token.kind != "end":
            token = self.reader.token
            word = token.value.upper() if token.kind == "word" else None
            if token.kind == "mark":
                depth += {"(": 1, ")": -1}.get(token.value, 0)
                if token.value == "(":
                    clauses[depth] = None
            if word == "FROM" and self.out[-1:] == ["DISTINCT"]:  # IS DISTINCT FROM: no table follows
                self.keyword(word)
            elif word in ("SELECT", "FROM", "JOIN", "INTO", "UPDATE", "USING", "WHERE", "ON", "GROUP", "ORDER", "QUALIFY", "SET", "VALUES"):
                clauses[depth] = word
                self.keyword(word)
                if word in ("FROM", "JOIN", "INTO", "UPDATE") or word == "USING" and "MERGE" in self.out[:1]:
                    self.table()
            elif token.kind == "mark" and token.value == "," and clauses[depth] == "FROM":
                self.reader.at += 1
                self.out.append(",")
                self.table()
            else:
                self.one(token, word)
        return " ".join(self.out)

    def keyword(self, word):
        self.reader.at += 1
        self.out.append(word)

    def table(self):
        """What stands where a table is expected."""
        reader = self.reader
        if reader.accept("LATERAL"):
            self.out.append("LATERAL")
        if reader.is_word(reader.at, "TABLE") and reader.is_word(reader.at + 1, "("):
            return self.table_function()
        if reader.token.kind not in ("word", "name") or reader.token.value.upper() == "SELECT":
            return None
        if reader.accept("VALUES"):
            return self.values()
        name = reader.name()
        self.out.append(pg_name(name[0]) if len(name) == 1 and name[0] in self.own else self.resolve(name))
        return None

    def values(self):
        """FROM VALUES (…), (…) [AS name [(columns)]], whose columns are COLUMN1 and so on unless they are named."""
        reader, rows = self.reader, []
        while not rows or reader.accept(","):
            reader.expect("(")
            row = []
            while not row or reader.accept(","):
                start = reader.at
                reader.skip_expression((",", ")"))
                row.append(self.part(start, reader.at))
            reader.expect(")")
            rows.append(row)
        alias, columns = "VALUES", [f"COLUMN{number + 1}" for number in range(len(rows[0]))]
        given = reader.accept("AS")
        if given or reader.token.kind == "name" or reader.token.kind == "word" and reader.token.value.upper() not in KEYWORDS:
            alias = reader.part()
            columns = reader.listed(reader.part) if reader.is_word(reader.at, "(") else columns
        listed = ", ".join("(" + ", ".join(row) + ")" for row in rows)
        self.out.append(f"(VALUES {listed}) AS {pg_name(alias)} ({', '.join(map(pg_name, columns))})")

    def table_function(self):
        """TABLE(INFORMATION_SCHEMA.COPY_HISTORY(…))"""
        reader = self.reader
        reader.at += 2
        name = reader.name()
        if name[-2:] != ("INFORMATION_SCHEMA", "COPY_HISTORY"):
            raise compilation(f"Unknown table function {'.'.join(name)}", "002141", "42601")
        reader.expect("(")
        given = {}
        while not reader.accept(")"):
            key = reader.word()
            reader.expect("=>")
            start = reader.at
            reader.skip_expression((",", ")"))
            given[key] = self.part(start, reader.at)
            reader.accept(",")
        reader.expect(")")
        if not {"TABLE_NAME", "START_TIME"} <= set(given) <= {"TABLE_NAME", "START_TIME", "END_TIME", "PIPE_NAME"}:
            raise compilation("COPY_HISTORY takes TABLE_NAME, START_TIME, END_TIME, PIPE_NAME", "001044", "42P13")
        table = Reader(given["TABLE_NAME"][1:-1].replace("''", "'")).name()
        table = (*self.default[:3 - len(table)], *table)
        self.resolve(table)  # who may not see the table sees no history of it
        texts = ", ".join(map(pg_wire.literal, table))
        self.out.append(f"snowflake.copy_history_of({texts}, ({given['START_TIME']})::timestamptz, "
                        f"({given.get('END_TIME', 'NULL')})::timestamptz, {given.get('PIPE_NAME', 'NULL')})")

    def part(self, start, end):
        """The translation of some tokens."""
        inner = Translator("", self.resolve, self.bindings, self.default)
        inner.own = self.own
        inner.reader.sql = self.reader.sql
        inner.reader.tokens = self.reader.tokens[start:end] + [self.reader.tokens[-1]]
        return inner.translate()

    def one(self, token, word):
        reader = self.reader
        following = reader.tokens[min(reader.at + 1, len(reader.tokens) - 1)]
        reader.at += 1
        if token.kind == "string":
            self.out.append(pg_wire.literal(token.value))
        elif token.kind == "name":
            self.out.append(pg_name(token.value))
        elif token.kind == "mark" and token.value == "?":
            self.placeholders += 1
            if str(self.placeholders) not in self.bindings:
                raise compilation(f"Bind variable ? ({self.placeholders}) not set.", "002049", "42601")
            self.out.append(bound(self.bindings[str(self.placeholders)]))
        elif token.kind == "mark" and token.value == "::":
            self.out.append("::" + self.cast(reader.word()))
        elif token.kind == "mark" and token.value == ":":
            self.path()
        elif token.kind != "word":
            self.out.append(token.value)
        elif word in BARE_FUNCTIONS:
            reader.accept("(", ")")
            self.out.append(BARE_FUNCTIONS[word])
        elif following.value == "(" and word not in KEYWORDS:
            self.call(word)
        elif word in TYPES and self.out[-1:] == ["AS"] and following.value == ")":
            self.out.append(TYPES[word])
        elif word in KEYWORDS or word in ("DATE", "TIMESTAMP") and following.kind == "string":
            self.out.append(word)
        else:
            self.out.append(pg_name(word))

    def call(self, word):
        if self.out[-1:] == ["AS"] or word in self.own and self.out[-1:] in (["WITH"], [","], ["RECURSIVE"]):  # and its columns
            self.out.append(pg_name(word))
            return
        name = word.lower()
        self.out.append(name)
        if word in WITH_UNIT and self.reader.tokens[self.reader.at + 1].kind == "word":
            self.reader.at += 2
            self.out += ["(", pg_wire.literal(self.reader.tokens[self.reader.at - 1].value.lower())]

    def cast(self, word):
        if word not in TYPES:
            raise compilation(f"Unsupported data type '{word}'.", "002040", "0A000")
        kind = TYPES[word]
        if kind == "numeric" and self.reader.is_word(self.reader.at, "("):
            numbers = self.reader.listed(lambda: self.reader.take("number"))
            return f"numeric({','.join(numbers)})" if len(numbers) > 1 else f"numeric({numbers[0]},0)"
        if self.reader.is_word(self.reader.at, "("):
            self.reader.listed(lambda: self.reader.take("number"))
        return "numeric(38,0)" if kind == "numeric" else kind

    def path(self):
        """column:key.key, maybe before ::VARCHAR, which takes the quotes away."""
        keys = [self.reader.take("word", "name")]
        while self.reader.accept("."):
            keys.append(self.reader.take("word", "name"))
        text = self.reader.is_word(self.reader.at, "::") and TYPES.get(self.reader.tokens[self.reader.at + 1].value.upper()) != "jsonb"
        self.out.append("#>>" if text else "#>")
        self.out.append("ARRAY[" + ", ".join(map(pg_wire.literal, keys)) + "]")
        if text:  # the cast binds tighter than the path
            self.reader.at += 1
            kind = self.cast(self.reader.word())
            at = self.operand(len(self.out) - 2)
            self.out[at:] = ["((" + " ".join(self.out[at:]) + ")::" + kind + ")"]

    def operand(self, end):
        """Where the operand before a path begins: a dotted name, or something in parentheses."""
        at = end - 1
        while at >= 2 and self.out[at - 1] == ".":
            at -= 2
        return at


def clauses(sql):
    """Tokens at depth 0: [(word, start, end)] of SELECT, FROM, QUALIFY, ORDER and LIMIT, where they stand."""
    found, depth, before = [], 0, None
    for token in Reader(sql).tokens:
        word = token.value.upper() if token.kind == "word" else None
        if token.kind == "mark":
            depth += {"(": 1, ")": -1}.get(token.value, 0)
        elif depth == 0 and word in ("SELECT", "FROM", "QUALIFY", "ORDER", "LIMIT") and (before, word) != ("DISTINCT", "FROM"):
            found.append((word, token.start, token.end))
        before = word
    return found


def named_items(sql):
    """The query with a name for each item of its list, as Snowflake names it: by its text in upper case."""
    found = clauses(sql)
    starts = [end for word, _, end in found if word == "SELECT"]
    if len(starts) != 1:
        return sql
    end = next((start for word, start, _ in found if word in ("FROM", "QUALIFY", "ORDER", "LIMIT")), len(sql))
    reader = Reader(sql[starts[0]:end])
    lead = "DISTINCT " if reader.accept("DISTINCT") else ""
    items = []
    while reader.token.kind != "end":
        first = reader.at
        text = reader.skip_expression((",", ";"))
        tokens = reader.tokens[first:reader.at]
        simple = all(token.kind in ("name", "word") or token.value == "." for token in tokens)
        ends_in_star = tokens and tokens[-1].value == "*"
        aliased = len(tokens) > 1 and tokens[-1].kind in ("word", "name") and tokens[-1].value.upper() not in KEYWORDS and (
            tokens[-2].kind in ("word", "name", "string", "number") or tokens[-2].value == ")")
        if not (simple or ends_in_star or aliased):
            text += " AS " + pg_wire.name(text.upper())
        items.append(text)
        if not reader.accept(","):
            break
    return sql[:starts[0]] + " " + lead + ", ".join(items) + " " + sql[end:]


def without_qualify(sql):
    """(query with the condition as its last column, whether there is one, what comes behind): QUALIFY is no clause of PostgreSQL's."""
    found = clauses(sql)
    at = [index for index, (word, _, _) in enumerate(found) if word == "QUALIFY"]
    if not at:
        return sql, False, ""
    first = next(index for index, (word, _, _) in enumerate(found) if word == "FROM")
    _, start, end = found[at[0]]
    stop = found[at[0] + 1][1] if at[0] + 1 < len(found) else len(sql)
    source = found[first][1]
    return f'{sql[:source]}, ({sql[end:stop]}) AS "~QUALIFY" {sql[source:start]}', True, sql[stop:]
