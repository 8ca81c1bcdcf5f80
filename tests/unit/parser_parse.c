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

static void
test_errors(void **state)
{
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < lengthof(errors); i++)
	{
		const ErrorCase *c = &errors[i];
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
	assert_int_equal(wrong, 0);
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
