/*
 * planner_errors.c: statements that PostgreSQL 15 refuses, too: SQLSTATE, position and message are its own.
 *
 * The expected values were taken from a PostgreSQL 15 server that had the tables of fixture_setup_tables().
 */
#include "planner_fixture.h"

typedef struct ErrorCase
{
	const char *sql;
	const char *state;
	int position; /* byte offset; -1 = PostgreSQL gives none */
	const char *message;
} ErrorCase;

static const ErrorCase cases[] = {
	{"select 1 + 'a'::text", "42883", 9, "operator does not exist: integer + text"},
	{"select a + c from t", "42883", 9, "operator does not exist: integer + text"},
	{"select foo(a) from t", "42883", 7, "function foo(integer) does not exist"},
	{"select lower(1)", "42883", 7, "function lower(integer) does not exist"},
	{"select x from t", "42703", 7, "column \"x\" does not exist"},
	{"select t.x from t", "42703", 7, "column t.x does not exist"},
	{"select z.a from t", "42P01", 7, "missing FROM-clause entry for table \"z\""},
	{"select a from t, u", "42702", 7, "column reference \"a\" is ambiguous"},
	{"select t.a from t k", "42P01", 7, "invalid reference to FROM-clause entry for table \"t\""},
	{"select 1 where 1", "42804", 15, "argument of WHERE must be type boolean, not type integer"},
	{"select 'abc'::integer", "22P02", 7, "invalid input syntax for type integer: \"abc\""},
	{"select integer 'abc'", "22P02", 15, "invalid input syntax for type integer: \"abc\""},
	{"select 1 + 'abc'", "22P02", 11, "invalid input syntax for type integer: \"abc\""},
	{"select a from t where a", "42804", 22, "argument of WHERE must be type boolean, not type integer"},
	{"select a from t where 'abc'", "22P02", 22, "invalid input syntax for type boolean: \"abc\""},
	{"select a from t where count(*) > 1", "42803", 22, "aggregate functions are not allowed in WHERE"},
	{"select a, count(*) from t", "42803", 7,
	 "column \"t.a\" must appear in the GROUP BY clause or be used in an aggregate function"},
	{"select a+1, count(*) from t group by a+2", "42803", 7,
	 "column \"t.a\" must appear in the GROUP BY clause or be used in an aggregate function"},
	{"select coalesce(j, '{\"a\":1.0}') from t group by coalesce(j, '{\"a\":1.00}')", "42803", 16,
	 "column \"t.j\" must appear in the GROUP BY clause or be used in an aggregate function"},
	{"select d + '-0' from t group by d + '0'", "42803", 7,
	 "column \"t.d\" must appear in the GROUP BY clause or be used in an aggregate function"},
	{"select i + '1 day' from t group by i + '24:00'", "42803", 7,
	 "column \"t.i\" must appear in the GROUP BY clause or be used in an aggregate function"},
	{"select j between 'x'::text and '2024-02-31'::date from t", "42883", 9,
	 "operator does not exist: jsonb >= text"},
	{"select a in ('x') from t", "22P02", 13, "invalid input syntax for type integer: \"x\""},
	{"select a not in (c) from t", "42883", 9, "operator does not exist: integer <> text"},
	{"select a not in (1, c) from t", "42883", 9, "operator does not exist: integer <> text"},
	{"select t.a from t group by b", "42803", 7,
	 "column \"t.a\" must appear in the GROUP BY clause or be used in an aggregate function"},
	{"select count(count(a)) from t", "42803", 13, "aggregate function calls cannot be nested"},
	{"select a from t group by 5", "42P10", 25, "GROUP BY position 5 is not in select list"},
	{"select a from t group by 0", "42P10", 25, "GROUP BY position 0 is not in select list"},
	{"select a from t group by 'x'", "42601", 25, "non-integer constant in GROUP BY"},
	{"select a from t order by 5", "42P10", 25, "ORDER BY position 5 is not in select list"},
	{"select a from t order by 'x'", "42601", 25, "non-integer constant in ORDER BY"},
	{"select distinct a from t order by b", "42P10", 34,
	 "for SELECT DISTINCT, ORDER BY expressions must appear in select list"},
	{"select a from t limit 'x'", "22P02", 22, "invalid input syntax for type bigint: \"x\""},
	{"select a from t limit a", "42P10", 22, "argument of LIMIT must not contain variables"},
	{"select a from t limit -1", "2201W", -1, "LIMIT must not be negative"},
	{"select a from t offset -1", "2201X", -1, "OFFSET must not be negative"},
	{"select a as x, b as x from t order by x", "42702", 38, "ORDER BY \"x\" is ambiguous"},
	{"select case when 1 then 2 end", "42804", 17,
	 "argument of CASE/WHEN must be type boolean, not type integer"},
	{"select case when true then 1 else 'x' end", "22P02", 34,
	 "invalid input syntax for type integer: \"x\""},
	{"select case when true then 1 else 'x'::text end", "42804", 27,
	 "CASE types text and integer cannot be matched"},
	{"select case a when 'x' then 1 end from t", "22P02", 19, "invalid input syntax for type integer: \"x\""},
	{"select coalesce(1, 'x')", "22P02", 19, "invalid input syntax for type integer: \"x\""},
	{"select coalesce(1, 'x'::text)", "42804", 19, "COALESCE types integer and text cannot be matched"},
	{"select coalesce(a, c) from t", "42804", 19, "COALESCE types integer and text cannot be matched"},
	{"select nullif(1, 'x'::text)", "42883", 7, "operator does not exist: integer = text"},
	{"select greatest(1, 'x'::text)", "42804", 19, "GREATEST types integer and text cannot be matched"},
	{"select a in (1, 'x') from t", "22P02", 16, "invalid input syntax for type integer: \"x\""},
	{"select a in (1, 'x'::text) from t", "42883", 9, "operator does not exist: integer = text"},
	{"select a in (c, b) from t", "42883", 9, "operator does not exist: integer = text"},
	{"select a between 'x' and 2 from t", "22P02", 17, "invalid input syntax for type integer: \"x\""},
	{"select a between c and 2 from t", "42883", 9, "operator does not exist: integer >= text"},
	{"select a like 'x' from t", "42883", 9, "operator does not exist: integer ~~ unknown"},
	{"select not a from t", "42804", 11, "argument of NOT must be type boolean, not type integer"},
	{"select a and f from t", "42804", 7, "argument of AND must be type boolean, not type integer"},
	{"select a is true from t", "42804", 7, "argument of IS TRUE must be type boolean, not type integer"},
	{"select f is null and 1 from t", "42804", 21, "argument of AND must be type boolean, not type integer"},
	{"select a is distinct from c from t", "42883", 9, "operator does not exist: integer = text"},
	{"select a::uuid from t", "42846", 8, "cannot cast type integer to uuid"},
	{"select cast(a as jsonb) from t", "42846", 7, "cannot cast type integer to jsonb"},
	{"select a::foo from t", "42704", 10, "type \"foo\" does not exist"},
	{"select a::numeric(2000) from t", "22023", 10, "NUMERIC precision 2000 must be between 1 and 1000"},
	{"select a::numeric(5,3,2) from t", "22023", 10, "invalid NUMERIC type modifier"},
	{"select a::numeric(5,2000) from t", "22023", 10, "NUMERIC scale 2000 must be between -1000 and 1000"},
	{"select a::integer(3) from t", "42601", 17, "syntax error at or near \"(\""},
	{"select a::timestamp(-1) from t", "42601", 20, "syntax error at or near \"-\""},
	{"select ts + ts from t", "42883", 10,
	 "operator does not exist: timestamp with time zone + timestamp with time zone"},
	{"select ts + 1 from t", "42883", 10, "operator does not exist: timestamp with time zone + integer"},
	{"select dt + ts from t", "42883", 10, "operator does not exist: date + timestamp with time zone"},
	{"select -c from t", "42883", 7, "operator does not exist: - text"},
	{"select - f from t", "42883", 7, "operator does not exist: - boolean"},
	{"select a || b from t", "42883", 9, "operator does not exist: integer || bigint"},
	{"select sum(c) from t", "42883", 7, "function sum(text) does not exist"},
	{"select min(f) from t", "42883", 7, "function min(boolean) does not exist"},
	{"select avg(ts) from t", "42883", 7, "function avg(timestamp with time zone) does not exist"},
	{"select count() from t", "42809", 7, "count(*) must be used to call a parameterless aggregate function"},
	{"select count(distinct) from t", "42601", 21, "syntax error at or near \")\""},
	{"select sum(*) from t", "42883", 7, "function sum() does not exist"},
	{"select lower(*) from t", "42883", 7, "function lower() does not exist"},
	{"select lower(distinct c) from t", "42809", 7,
	 "DISTINCT specified, but lower is not an aggregate function"},
	{"select lower(c) filter (where f) from t", "42809", 7,
	 "FILTER specified, but lower is not an aggregate function"},
	{"select count(*) filter (where a) from t", "42804", 30,
	 "argument of FILTER must be type boolean, not type integer"},
	{"select count(*) filter (where count(*) > 1) from t", "42803", 30,
	 "aggregate functions are not allowed in FILTER"},
	{"select sum(a) filter (where c > 1) from t", "42883", 30, "operator does not exist: text > integer"},
	{"select a from t having a > 1", "42803", 7,
	 "column \"t.a\" must appear in the GROUP BY clause or be used in an aggregate function"},
	{"select count(*) from t having a > 1", "42803", 30,
	 "column \"t.a\" must appear in the GROUP BY clause or be used in an aggregate function"},
	{"select a from t group by a having b > 1", "42803", 34,
	 "column \"t.b\" must appear in the GROUP BY clause or be used in an aggregate function"},
	{"select a from t group by count(*)", "42803", 25, "aggregate functions are not allowed in GROUP BY"},
	{"select a, b from t group by 1", "42803", 10,
	 "column \"t.b\" must appear in the GROUP BY clause or be used in an aggregate function"},
	{"select * from nope", "42P01", 14, "relation \"nope\" does not exist"},
	{"select * from t join u on a = 1", "42702", 26, "column reference \"a\" is ambiguous"},
	{"select * from t join u on t.a = u.x", "42883", 30, "operator does not exist: integer = text"},
	{"select * from t join u on t.a", "42804", 26,
	 "argument of JOIN/ON must be type boolean, not type integer"},
	{"select * from t join u using (zz)", "42703", -1,
	 "column \"zz\" specified in USING clause does not exist in left table"},
	{"select * from t join u using (c)", "42804", -1, "JOIN/USING types text and integer cannot be matched"},
	{"select * from t join u using (a, a)", "42701", -1,
	 "column name \"a\" appears more than once in USING clause"},
	{"select * from t join u using (a) where a > 'x'", "22P02", 43,
	 "invalid input syntax for type integer: \"x\""},
	{"select y from t join u using (a) where c > 1", "42702", 39, "column reference \"c\" is ambiguous"},
	{"select * from t, t", "42712", -1, "table name \"t\" specified more than once"},
	{"select * from t join t using (a)", "42712", -1, "table name \"t\" specified more than once"},
	{"select * from t natural join v", "42804", -1, "JOIN/USING types integer and text cannot be matched"},
	{"select * from (select 1)", "42601", 14, "subquery in FROM must have an alias"},
	{"select * from (select 1) x(a, b)", "42P10", -1,
	 "table \"x\" has 1 columns available but 2 columns specified"},
	{"select * from t x(a,b,c,d,e,f,g,h,i,j,k,l,m)", "42P10", -1,
	 "table \"x\" has 12 columns available but 13 columns specified"},
	{"values (1), (1, 2)", "42601", 13, "VALUES lists must all be the same length"},
	{"values (1), ('a')", "22P02", 13, "invalid input syntax for type integer: \"a\""},
	{"values (1), ('a'::text)", "42804", 13, "VALUES types integer and text cannot be matched"},
	{"values (a)", "42703", 8, "column \"a\" does not exist"},
	{"values (count(*))", "42803", 8, "aggregate functions are not allowed in VALUES"},
	{"select 1 union all select 'x'::text", "42804", 26, "UNION types integer and text cannot be matched"},
	{"select 1 union all select 'x'", "22P02", 26, "invalid input syntax for type integer: \"x\""},
	{"select 1, 2 union all select 1", "42601", 29, "each UNION query must have the same number of columns"},
	{"select 1 as a union all select 2 order by b", "42703", 42, "column \"b\" does not exist"},
	{"select 1 as a union all select 2 order by a + 1", "0A000", 42,
	 "invalid UNION/INTERSECT/EXCEPT ORDER BY clause"},
	{"select 2147483648::integer + 'x'", "22P02", 29, "invalid input syntax for type integer: \"x\""},
	{"select '12:00'::timestamptz", "22007", 7,
	 "invalid input syntax for type timestamp with time zone: \"12:00\""},
	{"select timestamp '2024-13-01'", "22008", 17, "date/time field value out of range: \"2024-13-01\""},
	{"select date 'x'", "22007", 12, "invalid input syntax for type date: \"x\""},
	{"select interval 'x'", "22007", 16, "invalid input syntax for type interval: \"x\""},
	{"select '{'::jsonb", "22P02", 7, "invalid input syntax for type json"},
	{"select 'x'::boolean", "22P02", 7, "invalid input syntax for type boolean: \"x\""},
	{"select true + 1", "42883", 12, "operator does not exist: boolean + integer"},
	{"select *", "42601", 7, "SELECT * with no tables specified is not valid"},
	{"select t.* from u", "42P01", 7, "missing FROM-clause entry for table \"t\""},
	{"select $1", "42P02", 7, "there is no parameter $1"},
	{"select round(c) from t", "42883", 7, "function round(text) does not exist"},
	{"select round(1.5, 'x')", "22P02", 18, "invalid input syntax for type integer: \"x\""},
	{"select substring(c from 'x' for 1) from t", "22P02", 24,
	 "invalid input syntax for type integer: \"x\""},
	{"select date_trunc(1, ts) from t", "42883", 7,
	 "function date_trunc(integer, timestamp with time zone) does not exist"},
	{"select date_trunc('hour', a) from t", "42883", 7,
	 "function date_trunc(unknown, integer) does not exist"},
	{"select date_trunc('hour', '2024') from t", "42725", 7,
	 "function date_trunc(unknown, unknown) is not unique"},
	{"select j -> 1.5 from t", "42883", 9, "operator does not exist: jsonb -> numeric"},
	{"select j ->> f from t", "42883", 9, "operator does not exist: jsonb ->> boolean"},
	{"select j + 1 from t", "42883", 9, "operator does not exist: jsonb + integer"},
	{"select u = 'x' from t", "22P02", 11, "invalid input syntax for type uuid: \"x\""},
	{"select u = a from t", "42883", 9, "operator does not exist: uuid = integer"},
	{"select d % 2 from t", "42883", 9, "operator does not exist: double precision % integer"},
	{"select a % d from t", "42883", 9, "operator does not exist: integer % double precision"},
	{"select i * i from t", "42883", 9, "operator does not exist: interval * interval"},
	{"select default", "42601", 7, "DEFAULT is not allowed in this context"},
	{"select a from t group by a order by b", "42803", 36,
	 "column \"t.b\" must appear in the GROUP BY clause or be used in an aggregate function"},
	{"select a from t order by count(*)", "42803", 7,
	 "column \"t.a\" must appear in the GROUP BY clause or be used in an aggregate function"},
	{"select a a1, a+1 a1 from t group by a1", "42702", 36, "GROUP BY \"a1\" is ambiguous"},
	{"select b as a from t group by a", "42803", 7,
	 "column \"t.b\" must appear in the GROUP BY clause or be used in an aggregate function"},
	{"select pg_catalog.foo(1)", "42883", 7, "function pg_catalog.foo(integer) does not exist"},
	{"select nos.foo(1)", "3F000", 7, "schema \"nos\" does not exist"},
	{"select abs('x')", "22P02", 11, "invalid input syntax for type double precision: \"x\""},
	{"select abs(c) from t", "42883", 7, "function abs(text) does not exist"},
	{"select length(a) from t", "42883", 7, "function length(integer) does not exist"},
	{"select upper(a, c) from t", "42883", 7, "function upper(integer, text) does not exist"},
	{"select a from t where a = c", "42883", 24, "operator does not exist: integer = text"},
	{"select a from t where a = 'x'", "22P02", 26, "invalid input syntax for type integer: \"x\""},
	{"select a from t where n = 'x'", "22P02", 26, "invalid input syntax for type numeric: \"x\""},
	{"select a from t where ts > 'yesterdayy'", "22007", 27,
	 "invalid input syntax for type timestamp with time zone: \"yesterdayy\""},
	{"select a from t where ts > 1", "42883", 25,
	 "operator does not exist: timestamp with time zone > integer"},
	{"select a from t where dt > a", "42883", 25, "operator does not exist: date > integer"},
	{"select count(*) + c from t", "42883", 16, "operator does not exist: bigint + text"},
	{"select sum(a) / c from t group by c", "42883", 14, "operator does not exist: bigint / text"},
	{"select sum(a) / 'x' from t", "22P02", 16, "invalid input syntax for type bigint: \"x\""},
	{"with w as (select 1) select * from w, w", "42712", -1, "table name \"w\" specified more than once"},
	{"with w as (select 1), w as (select 2) select 1", "42712", 22,
	 "WITH query name \"w\" specified more than once"},
	{"with w as (select nope) select 1", "42703", 18, "column \"nope\" does not exist"},
	{"with w(a,b) as (select 1) select * from w", "42P10", 5,
	 "WITH query \"w\" has 1 columns available but 2 columns specified"},
	{"select case when f then 1 when a then 2 end from t", "42804", 31,
	 "argument of CASE/WHEN must be type boolean, not type integer"},
	{"select case when f then 1 when f then ts end from t", "42804", 38,
	 "CASE types integer and timestamp with time zone cannot be matched"},
	{"select least(a, ts) from t", "42804", 16,
	 "LEAST types integer and timestamp with time zone cannot be matched"},
	{"select 1.5 like 'x'", "42883", 11, "operator does not exist: numeric ~~ unknown"},
	{"select c like 1 from t", "42883", 9, "operator does not exist: text ~~ integer"},
	{"select c like 'x' escape 1 from t", "42883", 9,
	 "function pg_catalog.like_escape(unknown, integer) does not exist"},
	{"select a from t where a is null = 1", "42883", 32, "operator does not exist: boolean = integer"},
	{"select a.b.c.d from t", "0A000", 7, "cross-database references are not implemented: a.b.c.d"},
};

static void
test_errors(void **state)
{
	Fixture *f = *state;

	for (size_t i = 0; i < lengthof(cases); i++)
	{
		if (fixture_query(f, cases[i].sql) != NULL)
			fail_msg("no error: %s", cases[i].sql);
		fixture_assert_error(f, cases[i].sql, cases[i].state, cases[i].position, cases[i].message);
		arena_reset(&f->arena);
	}
}

/* Hints that are PostgreSQL's, and nearest names, which go further than it does. */
static const struct
{
	const char *sql;
	const char *hint;
} hints[] = {
	{"select 1 + true",
	 "No operator matches the given name and argument types. You might need to add explicit type casts."},
	{"select - true",
	 "No operator matches the given name and argument type. You might need to add an explicit type cast."},
	{"select '1' + '2'",
	 "Could not choose a best candidate operator. You might need to add explicit type casts."},
	{"select uper('a')", "Perhaps you meant the function \"upper\"."},
	{"select t.tss from t", "Perhaps you meant to reference the column \"t.ts\"."},
	{"select click.a from t clicks", "Perhaps you meant to reference the table alias \"clicks\"."},
	{"select t.a from t k", "Perhaps you meant to reference the table alias \"k\"."},
	{"select 1::bigintt", "Perhaps you meant the type \"bigint\"."},
	{"select 1::smallint", "Use the type integer."},
};

static void
test_hints(void **state)
{
	Fixture *f = *state;

	for (size_t i = 0; i < lengthof(hints); i++)
	{
		assert_null(fixture_query(f, hints[i].sql));
		assert_non_null(f->err.hint);
		assert_string_equal(f->err.hint, hints[i].hint);
	}
}

/* What PostgreSQL has and Weir has not yet: refused with a position, not misunderstood. */
static const struct
{
	const char *sql;
	int position;
} unsupported[] = {
	{"select (select 1)", 7},
	{"select a from t where a in (select 1)", 24},
	{"select count(*) over () from t", 7},
	{"select a from t where (a, b) = (1, 2)", 29},
	{"select array[1]", 7},
	{"select c ilike 'x' from t", 9},
	{"select c ~ 'x' from t", 9},
	{"select 1 union select 2", 9},
	{"select distinct on (a) a from t", 20},
	{"select a from t group by rollup (a)", 25},
	{"select t from t", 7},
	{"select * from t full join u using (a)", 16},
};

static void
test_unsupported(void **state)
{
	Fixture *f = *state;

	for (size_t i = 0; i < lengthof(unsupported); i++)
	{
		assert_null(fixture_query(f, unsupported[i].sql));
		if (f->err.state != SQLSTATE_FEATURE_NOT_SUPPORTED || f->err.position != unsupported[i].position)
			fail_msg("%s\ngot %s at %d: %s", unsupported[i].sql, sqlstate_code(f->err.state), f->err.position,
					 f->err.message);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_errors, fixture_setup_tables, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_hints, fixture_setup_tables, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_unsupported, fixture_setup_tables, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
