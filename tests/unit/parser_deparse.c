/*
 * parser_deparse.c: what the grammar understood, seen through the text it is written back as.
 *
 * The idea: the canonical text shows precedence and clauses; parentheses appear only where the tree needs
 * them. Every text is parsed again and must give the same text. That random expressions mean the same to
 * PostgreSQL before and after was checked against a server when this was written; these cases keep it so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "parser/deparse.h"
#include "parser/parse.h"

typedef struct TextCase
{
	const char *sql;
	const char *canonical; /* NULL: the same as sql */
} TextCase;

static const TextCase expressions[] = {
	/* precedence, lowest to highest: OR AND NOT IS comparison LIKE/IN/BETWEEN other + * ^ AT COLLATE unary ::
	 */
	{"a or b and not c = d", "a OR b AND NOT c = d"},
	{"(a or b) and c", "(a OR b) AND c"},
	{"a and (b and c)", "a AND (b AND c)"},
	{"(a and b) and c", "a AND b AND c"},
	{"not (a and b)", "NOT (a AND b)"},
	{"(not a) = b", "(NOT a) = b"},
	{"not a is null", "NOT a IS NULL"},
	{"a = b is true", "a = b IS TRUE"},
	{"a = (b is true)", "a = (b IS TRUE)"},
	{"(a < b) = (c < d)", NULL},
	{"a + b < c || d", "a + b < c || d"},
	{"a || b + c", "a || b + c"},
	{"(a || b) + c", NULL},
	{"a - b - c", NULL},
	{"a - (b - c)", NULL},
	{"a + b * c ^ d", NULL},
	{"((a + b) * c) ^ d", NULL},
	{"a ^ b ^ c", NULL},
	{"- a ^ b", NULL},
	{"-(a ^ b)", "- (a ^ b)"},
	{"-2 ^ 2", NULL},
	{"- - 1", "1"},
	{"a - -1", NULL},
	{"-1::text", "- 1::text"},
	{"(-1)::text", NULL},
	{"- a::text", NULL},
	{"a::int::text", "a::integer::text"},
	{"(a || b)::text", NULL},
	{"a at time zone 'UTC' at time zone b", "a AT TIME ZONE 'UTC' AT TIME ZONE b"},
	{"a + b at time zone c", "a + b AT TIME ZONE c"},
	{"a || b collate \"C\"", "a || b COLLATE \"C\""},
	{"a between b - 1 and c and d", "a BETWEEN (b - 1) AND c AND d"},
	{"a not between symmetric 1 and 2 or b", "a NOT BETWEEN SYMMETRIC 1 AND 2 OR b"},
	{"not a in (1, 2)", "NOT a IN (1, 2)"},
	{"a not in (select 1)", "a NOT IN (SELECT 1)"},
	{"a like b || '%' escape 'x'", "a LIKE b || '%' ESCAPE 'x'"},
	{"(a is distinct from b) is null", "(a IS DISTINCT FROM b) IS NULL"},
	{"a != b", "a <> b"},
	{"a isnull or b notnull", "a IS NULL OR b IS NOT NULL"},
	{"a = any (array[1])", "a = ANY (ARRAY[1])"},
	{"a not ilike all (select 'x')", "a !~~* ALL (SELECT 'x')"},
	{"a -> 'b' ->> 'c' = 'd'", "a -> 'b' ->> 'c' = 'd'"},
	{"a @> b @> c", NULL},
	{"@ a + 1", NULL},
	{"(@ a) + 1", NULL},
	{"a operator(pg_catalog.+) b * c", "a OPERATOR(pg_catalog.+) b * c"},
	{"1 *-- x\n 2", "1 * 2"},
	/* primary expressions */
	{"'it''s \\n'", "'it''s \\n'"},
	{"E'it\\'s \\t'", "'it''s \t'"},
	{"$tag$a$b$tag$", "'a$b'"},
	{"'a'\n  'b'", "'ab'"},
	{"U&'\\0061!' ", "'a!'"},
	{"x'1F'", NULL},
	{"2147483648", NULL},
	{"1e5 + .5", NULL},
	{"\"A b\".\"select\".\"x\"\"y\"", "\"A b\".\"select\".\"x\"\"y\""},
	{"Name.Value", "name.value"},
	{"\"rows\"", NULL},
	{"t.*", NULL},
	{"(t).a.b", NULL},
	{"(f(a)).*", NULL},
	{"a[1].b[2:3][:]", "a[1].b[2 : 3][ : ]"},
	{"date '2020-01-01'", NULL},
	{"interval '1' day", NULL},
	{"interval '1 2:3:4.5' day to second(3)", NULL},
	{"interval(3) '1'", NULL},
	{"timestamp(3) with time zone 'now'", NULL},
	{"a::dec(10,2)", "a::numeric(10, 2)"},
	{"a::char", "a::character(1)"},
	{"a::pg_catalog.bpchar", NULL},
	{"a::varchar(3)[][2]", "a::character varying(3)[][2]"},
	{"cast(a as float(24))", "CAST(a AS real)"},
	{"case a when 1 then 2 else 3 end", "CASE a WHEN 1 THEN 2 ELSE 3 END"},
	{"(1, a)", "ROW(1, a)"},
	{"array[[1, 2], [3, 4]]", "ARRAY[[1, 2], [3, 4]]"},
	{"coalesce(a, nullif(b, c), greatest(d), least(e, f))",
	 "COALESCE(a, NULLIF(b, c), GREATEST(d), LEAST(e, f))"},
	{"current_timestamp(3) - localtime", "CURRENT_TIMESTAMP(3) - LOCALTIME"},
	{"extract(year from a)", "EXTRACT(year FROM a)"},
	{"extract('epoch' from a)", "EXTRACT(epoch FROM a)"},
	{"substring(a from 2 for 3)", "SUBSTRING(a FROM 2 FOR 3)"},
	{"substring(a for 3)", "SUBSTRING(a FROM 1 FOR CAST(3 AS integer))"},
	{"trim(leading 'x' from a)", "TRIM(LEADING 'x' FROM a)"},
	{"trim(a)", "TRIM(BOTH FROM a)"},
	{"position('a' || 'b' in c)", "POSITION(('a' || 'b') IN c)"},
	{"overlay(a placing b from 1 for 2)", "OVERLAY(a PLACING b FROM 1 FOR 2)"},
	{"count(distinct a) filter (where b > 1)", "count(DISTINCT a) FILTER (WHERE b > 1)"},
	{"string_agg(a, ',' order by b desc nulls last)", "string_agg(a, ',' ORDER BY b DESC NULLS LAST)"},
	{"percentile_cont(0.5) within group (order by a)", "percentile_cont(0.5) WITHIN GROUP (ORDER BY a)"},
	{"f(a => 1, b := 2, variadic c)", "f(a => 1, b => 2, VARIADIC c)"},
	{"sum(a) over (partition by b order by c rows 1 preceding)",
	 "sum(a) OVER ( PARTITION BY b ORDER BY c ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)"},
	{"exists (select 1)", "EXISTS (SELECT 1)"},
};

static const TextCase statements[] = {
	{"select distinct on (a) a b, c from t as x(d), u", "SELECT DISTINCT ON (a) a AS b, c FROM t AS x(d), u"},
	{"select a from t join u using (a) left join (v cross join w) on b",
	 "SELECT a FROM t JOIN u USING (a) LEFT JOIN (v CROSS JOIN w) ON b"},
	{"select a from (t natural join u) as j", "SELECT a FROM (t NATURAL JOIN u) AS j"},
	{"select a from (values (1, 2)) v(a, b) group by a, rollup (b), grouping sets ((), (a, b)) having c",
	 "SELECT a FROM (VALUES (1, 2)) AS v(a, b) GROUP BY a, ROLLUP (b), GROUPING SETS ((), ROW(a, b)) HAVING "
	 "c"},
	{"select 1 union select 2 intersect select 3", "SELECT 1 UNION SELECT 2 INTERSECT SELECT 3"},
	{"(select 1 union select 2) intersect select 3", "(SELECT 1 UNION SELECT 2) INTERSECT SELECT 3"},
	{"select 1 except (select 2 except select 3) order by 1 limit all",
	 "SELECT 1 EXCEPT (SELECT 2 EXCEPT SELECT 3) ORDER BY 1 LIMIT NULL"},
	{"with recursive a(b) as not materialized (table t) select * from a offset 1 rows fetch first row only",
	 "WITH RECURSIVE a(b) AS NOT MATERIALIZED (SELECT * FROM t) SELECT * FROM a OFFSET 1 LIMIT 1"},
	{"select a from tumble(table s, descriptor(e), interval '1' minute) w",
	 "SELECT a FROM tumble(s, e, interval '1' minute) AS w"},
	{"select a from session(s, e, interval '1' minute, partition by b, c)",
	 "SELECT a FROM session(s, e, interval '1' minute, PARTITION BY b, c)"},
	{"select a from hop(data => table s, timecol => descriptor(e), slide => b, size => c)",
	 "SELECT a FROM hop(s, e, slide => b, size => c)"},
	{"create or replace stream if not exists s (a numeric(12,2) not null default 1 + 2, b text options (path "
	 "'$.x[0]'), c text metadata from 'key', d int generated always as (a * 2) stored, watermark for e as e "
	 "- "
	 "interval '5 s', primary key (a, b)) with (connector = 'kafka', kafka.security.protocol = ssl, rate = "
	 "-1.5, "
	 "header)",
	 "CREATE OR REPLACE STREAM IF NOT EXISTS s (\n    a numeric(12, 2) NOT NULL DEFAULT (1 + 2),\n"
	 "    b text OPTIONS (path '$.x[0]'),\n    c text METADATA FROM 'key',\n"
	 "    d integer GENERATED ALWAYS AS (a * 2) STORED,\n    WATERMARK FOR e AS e - interval '5 s',\n"
	 "    PRIMARY KEY (a, b)\n) WITH (connector = 'kafka', kafka.security.protocol = ssl, rate = -1.5, "
	 "header)"},
	{"create table t (a text primary key, \"B\" int) with ('path' = 'x.csv', header = true)",
	 "CREATE TABLE t (\n    a text PRIMARY KEY,\n    \"B\" integer\n) WITH (path = 'x.csv', header = true)"},
	{"create view v (a, b) as select 1, 2", "CREATE VIEW v (a, b) AS\nSELECT 1, 2"},
	{"create sink k as select a from s with (location = 'o')",
	 "CREATE SINK k\n    WITH (location = 'o')\nAS SELECT a FROM s"},
	{"create sink if not exists k from v with (location = 'o')",
	 "CREATE SINK IF NOT EXISTS k FROM v\n    WITH (location = 'o')"},
	{"insert into s (a, b) values (1, default), (2, 'x')",
	 "INSERT INTO s (a, b) VALUES (1, DEFAULT), (2, 'x')"},
	{"insert into s default values", "INSERT INTO s DEFAULT VALUES"},
	{"copy s (a) from 'f' with csv header null as ''",
	 "COPY s (a) FROM 'f' WITH (format csv, header, null '')"},
	{"copy (select 1) to stdout (format json)", "COPY (SELECT 1) TO STDOUT WITH (format json)"},
	{"run until latest", "RUN UNTIL LATEST"},
	{"run until timestamp '2020-01-01'", "RUN UNTIL timestamp '2020-01-01'"},
	{"run for interval '5 min'", "RUN FOR interval '5 min'"},
	{"explain analyse verbose select 1", "EXPLAIN (analyze, verbose) SELECT 1"},
	{"explain (costs off, format json) sink k", "EXPLAIN (costs off, format json) SINK k"},
	{"show streams", "SHOW streams"},
	{"show time zone", "SHOW timezone"},
	{"show all", "SHOW ALL"},
	{"show create sink k", "SHOW CREATE SINK k"},
	{"show create k", "SHOW CREATE k"},
	{"show snowflake ddl for sink k", "SHOW SNOWFLAKE DDL FOR SINK k"},
	{"describe s", "DESCRIBE s"},
	{"drop sink if exists a, b.c cascade", "DROP SINK IF EXISTS a, b.c CASCADE"},
	{"alter stream s add c int not null", "ALTER STREAM s ADD COLUMN c integer NOT NULL"},
	{"set a.b = on", "SET a.b TO 'on'"},
	{"set session a to 1, -2.5, 'x'", "SET a TO 1, -2.5, 'x'"},
	{"set time zone local", "SET timezone TO DEFAULT"},
	{"reset all", "RESET ALL"},
	{"reset a.b", "RESET a.b"},
	{"assert query (select 1) returns (values (1))", "ASSERT QUERY (SELECT 1) RETURNS (VALUES (1))"},
};

/* Parses the text, which is one statement, and appends its canonical form. */
static void
canonical(StrView sql, StrBuf *out)
{
	Arena arena;
	StatementList list;
	Error err = {0};

	arena_init(&arena, "test");
	if (!parse_statements(sql, &arena, &list, &err))
		fail_msg("%.*s: %s", (int)sql.len, sql.data, err.message);
	assert_int_equal(list.count, 1);
	deparse(list.items[0].tree, out);
	arena_release(&arena);
}

static void
check(const char *sql, const char *expected)
{
	StrBuf once = {0};
	StrBuf twice = {0};

	canonical(str_from_cstr(sql), &once);
	assert_string_equal(str_cstr(&once), expected);
	canonical(str_view(&once), &twice);
	assert_string_equal(str_cstr(&twice), expected);
	str_free(&once);
	str_free(&twice);
}

static void
test_expressions(void **state)
{
	(void)state;
	for (size_t i = 0; i < lengthof(expressions); i++)
	{
		const TextCase *c = &expressions[i];
		StrBuf sql = {0};
		StrBuf expected = {0};

		str_appendf(&sql, "select %s", c->sql);
		str_appendf(&expected, "SELECT %s", c->canonical ? c->canonical : c->sql);
		check(str_cstr(&sql), str_cstr(&expected));
		str_free(&sql);
		str_free(&expected);
	}
}

static void
test_statements(void **state)
{
	(void)state;
	for (size_t i = 0; i < lengthof(statements); i++)
		check(statements[i].sql, statements[i].canonical);
}

/* A chain as deep as trees may be is written and read again; one deeper is refused, and does not crash. */
static void
test_depth(void **state)
{
	StrBuf sql = {0};
	StrBuf text = {0};
	Arena arena;
	StatementList list;
	Error err = {0};

	(void)state;
	arena_init(&arena, "test");
	str_append_cstr(&sql, "SELECT a");
	for (int i = 0; i < TREE_MAX_DEPTH - 5; i++)
		str_append_cstr(&sql, " + b");
	canonical(str_view(&sql), &text);
	assert_string_equal(str_cstr(&text), str_cstr(&sql));
	for (int i = 0; i < 50000; i++)
		str_append_cstr(&sql, " + b");
	assert_false(parse_statements(str_view(&sql), &arena, &list, &err));
	assert_string_equal(sqlstate_code(err.state), "54001");
	error_clear(&err);
	arena_release(&arena);
	str_free(&sql);
	str_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expressions),
		cmocka_unit_test(test_statements),
		cmocka_unit_test(test_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
