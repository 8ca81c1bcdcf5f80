/*
 * parser_parse.c: texts that parse, texts that are refused, deep nesting, and damaged texts.
 *
 * The idea: the expected errors were taken from a PostgreSQL 15 server. Damaged texts need only end in a
 * tree or an error; the sanitizers watch. It does not look at the trees.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "parser/parse.h"

typedef struct ErrorCase
{
	const char *sql;
	const char *state;
	int position; /* byte offset; -1 = PostgreSQL gives none */
	const char *message;
} ErrorCase;

static const ErrorCase errors[] = {
	{"select 1 +", "42601", 10, "syntax error at end of input"},
	{"selec 1", "42601", 0, "syntax error at or near \"selec\""},
	{"select 1 1", "42601", 9, "syntax error at or near \"1\""},
	{"select from from t", "42601", 12, "syntax error at or near \"from\""},
	{"select (1", "42601", 9, "syntax error at end of input"},
	{"select 1)", "42601", 8, "syntax error at or near \")\""},
	{"select a from t where", "42601", 21, "syntax error at end of input"},
	{"select a from t group", "42601", 21, "syntax error at end of input"},
	{"select a from t order a", "42601", 22, "syntax error at or near \"a\""},
	{"select a from t limit", "42601", 21, "syntax error at end of input"},
	{"select 'abc", "42601", 7, "unterminated quoted string at or near \"'abc\""},
	{"select \"abc", "42601", 7, "unterminated quoted identifier at or near \"\"abc\""},
	{"select \"\"", "42601", 7, "zero-length delimited identifier at or near \"\"\"\""},
	{"select $$abc", "42601", 7, "unterminated dollar-quoted string at or near \"$$abc\""},
	{"select /* abc", "42601", 7, "unterminated /* comment at or near \"/* abc\""},
	{"select 1 as", "42601", 11, "syntax error at end of input"},
	{"select case when 1 then 2", "42601", 25, "syntax error at end of input"},
	{"select case end", "42601", 12, "syntax error at or near \"end\""},
	{"select cast(1 text)", "42601", 14, "syntax error at or near \"text\""},
	{"select cast(1 as)", "42601", 16, "syntax error at or near \")\""},
	{"select 1::", "42601", 10, "syntax error at end of input"},
	{"select a in () from t", "42601", 13, "syntax error at or near \")\""},
	{"select a between 1 from t", "42601", 19, "syntax error at or near \"from\""},
	{"select not", "42601", 10, "syntax error at end of input"},
	{"select * from", "42601", 13, "syntax error at end of input"},
	{"select * from t join u", "42601", 22, "syntax error at end of input"},
	{"select * from t left u", "42601", 21, "syntax error at or near \"u\""},
	{"select * from (select 1", "42601", 23, "syntax error at end of input"},
	{"select * from t natural u", "42601", 24, "syntax error at or near \"u\""},
	{"select * from t where a =", "42601", 25, "syntax error at end of input"},
	{"select 1 union", "42601", 14, "syntax error at end of input"},
	{"select 1 order by", "42601", 17, "syntax error at end of input"},
	{"values", "42601", 6, "syntax error at end of input"},
	{"values (1", "42601", 9, "syntax error at end of input"},
	{"values ()", "42601", 8, "syntax error at or near \")\""},
	{"with x select 1", "42601", 7, "syntax error at or near \"select\""},
	{"with x as select 1", "42601", 10, "syntax error at or near \"select\""},
	{"with x as (select 1)", "42601", 20, "syntax error at end of input"},
	{"insert t values (1)", "42601", 7, "syntax error at or near \"t\""},
	{"insert into values (1)", "42601", 20, "syntax error at or near \"1\""},
	{"insert into t values", "42601", 20, "syntax error at end of input"},
	{"insert into t (a b) values (1)", "42601", 17, "syntax error at or near \"b\""},
	{"drop", "42601", 4, "syntax error at end of input"},
	{"drop table", "42601", 10, "syntax error at end of input"},
	{"drop view if x", "42601", 13, "syntax error at or near \"x\""},
	{"create", "42601", 6, "syntax error at end of input"},
	{"create view v", "42601", 13, "syntax error at end of input"},
	{"create view v as", "42601", 16, "syntax error at end of input"},
	{"create view as select 1", "42601", 12, "syntax error at or near \"as\""},
	{"select count(*", "42601", 14, "syntax error at end of input"},
	{"select f(a,) from t", "42601", 11, "syntax error at or near \")\""},
	{"select f(,a) from t", "42601", 9, "syntax error at or near \",\""},
	{"select array[1", "42601", 14, "syntax error at end of input"},
	{"select array 1", "42601", 13, "syntax error at or near \"1\""},
	{"select row(1", "42601", 12, "syntax error at end of input"},
	{"select a[1 from t", "42601", 11, "syntax error at or near \"from\""},
	{"select extract(from a)", "42601", 15, "syntax error at or near \"from\""},
	{"select 1 from t having", "42601", 22, "syntax error at end of input"},
	{"select distinct on a from t", "42601", 19, "syntax error at or near \"a\""},
	{"select U&'\\00zz'", "42601", 10, "invalid Unicode escape"},
	{"select 123abc", "42601", 7, "trailing junk after numeric literal at or near \"123abc\""},
	{"select 1.2.3", "42601", 10, "syntax error at or near \".3\""},
	{"select . from t", "42601", 7, "syntax error at or near \".\""},
	{"select a..b from t", "42601", 8, "syntax error at or near \"..\""},
	{"select @", "42601", 8, "syntax error at end of input"},
	{"select ; select )", "42601", 16, "syntax error at or near \")\""},
	{"select 1 /*/ 2", "42601", 9, "unterminated /* comment at or near \"/*/ 2\""},
	{"select 1_0", "42601", 7, "trailing junk after numeric literal at or near \"1_0\""},
	{"select 0x1f", "42601", 7, "trailing junk after numeric literal at or near \"0x1f\""},
	{"select $1x", "42601", 7, "trailing junk after parameter at or near \"$1x\""},
	{"select 1e+", "42601", 7, "trailing junk after numeric literal at or near \"1e+\""},
	{"select E'\\u00'", "22025", 9, "invalid Unicode escape"},
	{"select E'\\ud83dx'", "42601", 15, "invalid Unicode surrogate pair at or near \"x\""},
	{"select E'\\ude00'", "42601", 9, "invalid Unicode surrogate pair at or near \"\\ude00\""},
	{"select E'\\Uffffffff'", "42601", 9, "invalid Unicode escape value at or near \"\\Uffffffff\""},
	{"select E'\\000'", "22021", -1, "invalid byte sequence for encoding \"UTF8\": 0x00"},
	{"select E'\\xff'", "22021", -1, "invalid byte sequence for encoding \"UTF8\": 0xff"},
	{"select u&'a' uescape 'a'", "42601", 21, "invalid Unicode escape character at or near \"'a'\""},
	{"select u&'a' uescape 1", "42601", 21,
	 "UESCAPE must be followed by a simple string literal at or near \"1\""},
	{"select U&'\\d83d'", "42601", 15, "invalid Unicode surrogate pair"},
	{"select U&'\\+110000'", "42601", 10, "invalid Unicode escape value"},
	{"select b'01", "42601", 7, "unterminated bit string literal at or near \"b'01\""},
	{"select x'01", "42601", 7, "unterminated hexadecimal string literal at or near \"x'01\""},
	{"select a.*.b", "42601", 12, "improper use of \"*\" at end of input"},
	{"select * from a.b.c.d", "42601", 14, "improper qualified name (too many dotted names): a.b.c.d"},
	{"select * from (select 1)", "42601", 14, "subquery in FROM must have an alias"},
	{"select * from (values (1))", "42601", 14, "VALUES in FROM must have an alias"},
	{"select 1 limit 1, 2", "42601", 9, "LIMIT #,# syntax is not supported"},
	{"(select 1 limit 1) limit 2", "42601", 25, "multiple LIMIT clauses not allowed"},
	{"(select 1 order by 1) order by 2", "42601", 31, "multiple ORDER BY clauses not allowed"},
	{"with a as (select 1) (with b as (select 2) select * from b)", "42601", 0,
	 "multiple WITH clauses not allowed"},
	{"select 1 fetch first 1 rows with ties", "42601", -1,
	 "WITH TIES cannot be specified without ORDER BY clause"},
	{"select sum(1) over (rows unbounded following)", "42P20", 25,
	 "frame start cannot be UNBOUNDED FOLLOWING"},
	{"select sum(1) over (rows 1 following)", "42P20", 25,
	 "frame starting from following row cannot end with current row"},
	{"select f(distinct a) within group (order by b)", "42601", 21, "cannot use DISTINCT with WITHIN GROUP"},
	{"select f(a order by b) within group (order by c)", "42601", 23,
	 "cannot use multiple ORDER BY clauses with WITHIN GROUP"},
	{"select foo(a order by b) 'x'", "42601", 13, "type modifier cannot have ORDER BY"},
	{"select 1::float(54)", "22023", 16, "precision for type float must be less than 54 bits"},
	{"select float(0) '1'", "22023", 13, "precision for type float must be at least 1 bit"},
	{"select 1 = 2 = 3", "42601", 13, "syntax error at or near \"=\""},
	{"select a between 1 or 2 and 3", "42601", 19, "syntax error at or near \"or\""},
	{"select a like b like c", "42601", 16, "syntax error at or near \"like\""},
	{"select \\ a", "42601", 7, "syntax error at or near \"\\\""},
	{"select a : b", "42601", 9, "syntax error at or near \":\""},
	{"select a[1:2:3]", "42601", 12, "syntax error at or near \":\""},
	{"select ()", "42601", 8, "syntax error at or near \")\""},
	{"select \xc3\xa9"
	 " \xc3\xa9"
	 " \xc3\xa9"
	 "",
	 "42601", 13,
	 "syntax error at or near \"\xc3\xa9"
	 "\""},
	{"create table t (a int, )", "42601", 23, "syntax error at or near \")\""},
	{"create table t (a int default)", "42601", 29, "syntax error at or near \")\""},
	{"drop table a b", "42601", 13, "syntax error at or near \"b\""},
	{"copy (select 1) from 'x'", "42601", 16, "syntax error at or near \"from\""},
	{"explain ()", "42601", 9, "syntax error at or near \")\""},
	{"set a", "42601", 5, "syntax error at end of input"},
	{"insert into t () values (1)", "42601", 15, "syntax error at or near \")\""},
	{"alter table t add", "42601", 17, "syntax error at end of input"},
};

/* What PostgreSQL does not know: Weir's own statements, in its manner. */
static const ErrorCase own_errors[] = {
	{"create stream s", "42601", 15, "syntax error at end of input"},
	{"create stream s (a int, watermark for)", "42601", 37, "syntax error at or near \")\""},
	{"create stream s (a int, watermark for a)", "42601", 39, "syntax error at or near \")\""},
	{"create stream s (watermark for a as b, watermark for c as d)", "42601", 39,
	 "multiple WATERMARK clauses not allowed"},
	{"create stream s (a int null not null)", "42601", 28,
	 "conflicting NULL/NOT NULL declarations for column \"a\" of table \"s\""},
	{"create stream s (a int default 1 generated always as (2) stored)", "42601", 33,
	 "both default and generation expression specified for column \"a\" of table \"s\""},
	{"create stream s (a int primary key, primary key (a))", "42P16", 36,
	 "multiple primary keys for table \"s\" are not allowed"},
	{"create stream s (a int) with (a = )", "42601", 34, "syntax error at or near \")\""},
	{"create stream s (a int) with (a.= 1)", "42601", 32, "syntax error at or near \"=\""},
	{"create sink k", "42601", 13, "syntax error at end of input"},
	{"create sink k with (a = 1)", "42601", 26, "syntax error at end of input"},
	{"run until", "42601", 9, "syntax error at end of input"},
	{"run for ever after", "42601", 13, "syntax error at or near \"after\""},
	{"show snowflake ddl for k", "42601", 23, "syntax error at or near \"k\""},
	{"describe", "42601", 8, "syntax error at end of input"},
	{"assert query select 1", "42601", 13, "syntax error at or near \"select\""},
	{"select 1 from tumble()", "42601", 14, "a window function in FROM needs a relation as first argument"},
	{"select 1 from tumble(1, a)", "42601", 21,
	 "the first argument of a window function in FROM must be a relation"},
	{"select 1 from tumble(s, 1)", "42601", 24,
	 "the time argument of a window function in FROM must be a column"},
	{"select overlay(a, table t)", "42601", 18,
	 "TABLE and PARTITION BY are only allowed in TUMBLE, HOP, CUMULATE and SESSION in FROM"},
	{"select f(table t)", "42601", 9,
	 "TABLE and PARTITION BY are only allowed in TUMBLE, HOP, CUMULATE and SESSION in FROM"},
};

static const char *const valid[] = {
	"CREATE OR REPLACE STREAM s (a int NOT NULL DEFAULT 1, e timestamptz, WATERMARK FOR e AS e - INTERVAL '5 "
	"s')"
	" WITH (connector = 'kafka', topic = 't')",
	"CREATE STREAM IF NOT EXISTS s (a int, b int GENERATED ALWAYS AS (a + 1) STORED) WITH (format = 'json')",
	"CREATE TABLE c (id text PRIMARY KEY, name text) WITH (connector = 'file', path = 'c.csv', header = "
	"true)",
	"CREATE VIEW v AS SELECT 1",
	"CREATE SINK k WITH (location = 'o') AS SELECT a FROM s",
	"CREATE SINK k AS SELECT a FROM s WITH (location = 'o')",
	"CREATE SINK k FROM v WITH (location = 'o')",
	"SELECT a, count(*) FILTER (WHERE b > 1) FROM TUMBLE(s, e, INTERVAL '1 minute') GROUP BY a HAVING "
	"count(*) > 1",
	"WITH x AS (SELECT 1) SELECT * FROM x UNION ALL VALUES (2) ORDER BY 1 LIMIT 3",
	"INSERT INTO s (a, b) VALUES (1, 'x'), (2, E'\\n')",
	"INSERT INTO s SELECT 1",
	"COPY s FROM 'f.csv' WITH (FORMAT csv, HEADER)",
	"COPY s FROM STDIN",
	"COPY (SELECT 1) TO STDOUT",
	"RUN",
	"RUN UNTIL LATEST",
	"EXPLAIN (ANALYZE, VERBOSE, FORMAT JSON) SELECT 1",
	"EXPLAIN SINK k",
	"SHOW STREAMS",
	"SHOW CREATE STREAM s",
	"DESCRIBE s",
	"SHOW SNOWFLAKE DDL FOR SINK k",
	"SHOW WATERMARKS",
	"SHOW STATE",
	"SHOW EPOCHS",
	"SHOW FILES",
	"DROP STREAM IF EXISTS s CASCADE",
	"ALTER STREAM s ADD COLUMN c int",
	"SET workers = 4",
	"RESET workers",
	"SHOW workers",
	"ASSERT QUERY (SELECT 1) RETURNS (VALUES (1))",
};

static bool
parses(StrView text, Error *err)
{
	Arena arena;
	StatementList list;
	bool ok;

	arena_init(&arena, "test");
	ok = parse_statements(text, &arena, &list, err);
	arena_release(&arena);
	return ok;
}

static void
test_valid(void **state)
{
	(void)state;
	for (size_t i = 0; i < lengthof(valid); i++)
	{
		Error err = {0};

		if (!parses(str_from_cstr(valid[i]), &err))
			fail_msg("%s: %s", valid[i], err.message);
	}
}

/* The number of cases that end otherwise than expected. */
static int
count_wrong(const ErrorCase *cases, size_t count)
{
	int wrong = 0;

	for (size_t i = 0; i < count; i++)
	{
		const ErrorCase *c = &cases[i];
		Error err = {0};
		bool ok = parses(str_from_cstr(c->sql), &err);

		if (ok || strcmp(sqlstate_code(err.state), c->state) != 0 || err.position != c->position ||
			strcmp(err.message, c->message) != 0)
		{
			print_error("%s: %s %d %s\n", c->sql, ok ? "parsed" : sqlstate_code(err.state), err.position,
						ok ? "" : err.message);
			wrong++;
		}
		error_clear(&err);
	}
	return wrong;
}

static void
test_errors(void **state)
{
	(void)state;
	assert_int_equal(count_wrong(errors, lengthof(errors)), 0);
	assert_int_equal(count_wrong(own_errors, lengthof(own_errors)), 0);
}

static void
test_deep(void **state)
{
	enum
	{
		DEPTH = 100000
	};
	char *text = malloc(7 + DEPTH);
	Error err = {0};

	(void)state;
	assert_non_null(text);
	memcpy(text, "SELECT ", 7);
	memset(text + 7, '(', DEPTH);
	assert_false(parses((StrView){text, 7 + DEPTH}, &err));
	assert_string_equal(sqlstate_code(err.state), "54001");
	error_clear(&err);
	free(text);
}

/* One to four bytes of a copy are replaced by bytes that mean something to the scanner, or it is cut short.
 */
static void
test_mutants(void **state)
{
	static const char bytes[] = "()'\"$;:,.*/-+[]\\ \n\tEeUx&0a9\x80\xff";
	uint64_t seed = 1;

	(void)state;
	for (int i = 0; i < 20000; i++)
	{
		const char *source = valid[(size_t)i % lengthof(valid)];
		size_t length = strlen(source);
		char *text = malloc(length);
		Error err = {0};

		assert_non_null(text);
		memcpy(text, source, length);
		for (int n = i % 4; n >= 0; n--)
		{
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			text[(seed >> 40) % length] = bytes[(seed >> 20) % (sizeof(bytes) - 1)];
		}
		if (parses((StrView){text, i % 5 == 0 ? (seed >> 33) % length : length}, &err))
			assert_false(err.set);
		else
			assert_true(err.set);
		error_clear(&err);
		free(text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_valid),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_mutants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
