/*
 * planner_types.c: names and types of output columns, as PostgreSQL 15 gives them.
 *
 * The expected values are what psql's \\gdesc printed on a PostgreSQL 15 server that had the tables of
 * fixture_setup_tables().
 */
#include "planner_fixture.h"

static const struct
{
	const char *sql;
	const char *columns;
} cases[] = {
	{"select 1, 2147483648, -2147483648, 99999999999999999999, 1.5, 'a', null, true, 1e10",
	 "?column? integer, ?column? bigint, ?column? integer, ?column? numeric, ?column? numeric, ?column? "
	 "text, ?column? text, ?column? boolean, ?column? numeric"},
	{"select a+b, a*d, n/2, n+a, b-1, d+n, a/b from t",
	 "?column? bigint, ?column? double precision, ?column? numeric, ?column? numeric, ?column? bigint, "
	 "?column? double precision, ?column? bigint"},
	{"select a || c, c || a, 'x' || 1, a || 'x' from t",
	 "?column? text, ?column? text, ?column? text, ?column? text"},
	{"select sum(a), sum(b), sum(n), sum(d), sum(i), avg(a), avg(d), min(c), max(ts), count(*), count(c) "
	 "from t",
	 "sum bigint, sum numeric, sum numeric, sum double precision, sum interval, avg numeric, avg double "
	 "precision, min text, max timestamp with time zone, count bigint, count bigint"},
	{"select case when f then 1 else 2.5 end, case when f then 1 else d end, case f when true then 'x' end "
	 "from t",
	 "case numeric, d double precision, case text"},
	{"select coalesce(n, 0), coalesce(a, b), coalesce(null, 'x'), coalesce(null, null), coalesce(n,n), "
	 "coalesce(dt, ts) from t",
	 "coalesce numeric, coalesce bigint, coalesce text, coalesce text, coalesce numeric(12,2), coalesce "
	 "timestamp with time zone"},
	{"select nullif(a, 1), nullif('a','b'), nullif(1, 2.5), greatest(a, b, n), least(dt, ts)   from t",
	 "nullif integer, nullif text, nullif numeric, greatest numeric, least timestamp with time zone"},
	{"select dt + 1, dt - dt, dt + i, ts - i, ts - ts, tt - tt, dt - 1, i * 2, i / 2, 2 * i, i + i, ts + i "
	 "from t",
	 "?column? date, ?column? integer, ?column? timestamp without time zone, ?column? timestamp with time "
	 "zone, ?column? interval, ?column? interval, ?column? date, ?column? interval, ?column? interval, "
	 "?column? interval, ?column? interval, ?column? timestamp with time zone"},
	{"select ts - tt, dt - ts, tt - dt, ts::date, dt::timestamp, tt::timestamptz from t",
	 "?column? interval, ?column? interval, ?column? interval, ts date, dt timestamp without time zone, tt "
	 "timestamp with time zone"},
	{"select j -> 'a', j ->> 'a', j -> 0, j -> 'a' ->> 'b', (j->>'a')::int from t",
	 "?column? jsonb, ?column? text, ?column? jsonb, ?column? text, int4 integer"},
	{"select extract(year from ts), extract(epoch from i), date_trunc('day', ts), date_trunc('day', tt), "
	 "date_trunc('day', dt), date_bin('1 h', ts, ts), to_char(ts, 'YYYY') from t",
	 "extract numeric, extract numeric, date_trunc timestamp with time zone, date_trunc timestamp without "
	 "time zone, date_trunc timestamp with time zone, date_bin timestamp with time zone, to_char text"},
	{"select substring(c from 1 for 2), substring(c, 2), trim(c), trim(leading 'x' from c), upper(c), "
	 "length(c), abs(a), abs(n), abs(d), round(n), round(n, 1), round(a), round(d) from t",
	 "substring text, substring text, btrim text, ltrim text, upper text, length integer, abs integer, abs "
	 "numeric, abs double precision, round numeric, round numeric, round double precision, round double "
	 "precision"},
	{"select a = 1, a = b, a = n, c = 'x', ts > '2024-01-01', dt = '2024-01-01', u = "
	 "'00000000-0000-0000-0000-000000000000', a in (1, 2), b in (1, 2.5), c like 'x%' from t",
	 "?column? boolean, ?column? boolean, ?column? boolean, ?column? boolean, ?column? boolean, ?column? "
	 "boolean, ?column? boolean, ?column? boolean, ?column? boolean, ?column? boolean"},
	{"select a between 1 and 2, a is null, f is not true, a is distinct from b, not f, f and f or f from t",
	 "?column? boolean, ?column? boolean, ?column? boolean, ?column? boolean, ?column? boolean, ?column? "
	 "boolean"},
	{"select current_date, current_timestamp, now(), localtimestamp, current_timestamp(2)",
	 "current_date date, current_timestamp timestamp with time zone, now timestamp with time zone, "
	 "localtimestamp timestamp without time zone, current_timestamp timestamp(2) with time zone"},
	{"select x.a, x.b from (select a, b as b from t) x where x.a > 1", "a integer, b bigint"},
	{"select * from t join u using (a)",
	 "a integer, b bigint, c text, d double precision, n numeric(12,2), ts timestamp with time zone, tt "
	 "timestamp without time zone, dt date, i interval, u uuid, j jsonb, f boolean, x text, y integer, c "
	 "integer"},
	{"select t.*, u.x from t left join u on t.a = u.a",
	 "a integer, b bigint, c text, d double precision, n numeric(12,2), ts timestamp with time zone, tt "
	 "timestamp without time zone, dt date, i interval, u uuid, j jsonb, f boolean, x text"},
	{"select a, x, k.c from t k join u m using (a)", "a integer, x text, c text"},
	{"select a % 10 as k, sum(n) filter (where f) from t group by k", "k integer, sum numeric"},
	{"select a % 10 as k, sum(n) filter (where f) from t group by 1 order by sum(n)",
	 "k integer, sum numeric"},
	{"select distinct a, b from t order by b", "a integer, b bigint"},
	{"select 1 union all select 2.5 union all select null", "?column? numeric"},
	{"select 'a' union all select 'b'", "?column? text"},
	{"select a, 'x' as l from t union all select b, c from t order by l", "a bigint, l text"},
	{"values (1, 'a', null), (2, 'b', 3)", "column1 integer, column2 text, column3 integer"},
	{"select column1 from (values (1), (2.5)) v", "column1 numeric"},
	{"with w as (select a, count(*) n from t group by a) select w.n, u.x from w join u on w.a = u.a",
	 "n bigint, x text"},
	{"select a as \"A\", a \"b c\", a c from t", "A integer, b c integer, c integer"},
	{"select (a), (((b))) from t", "a integer, b bigint"},
	{"select at.a from t at", "a integer"},
	{"select -a, +a, -n, - d, -i from t",
	 "?column? integer, ?column? integer, ?column? numeric, ?column? double precision, ?column? interval"},
	{"select 5 / 2, 5 % 2, -5 / 2, 5.0 / 2, 5 / 2.0, 2 * 1.5, 1 + 1.5::double precision",
	 "?column? integer, ?column? integer, ?column? integer, ?column? numeric, ?column? numeric, ?column? "
	 "numeric, ?column? double precision"},
	{"select '5' + 1, 1 + '5', 1.5 + '5', '2024-01-01'::date + '1'::int, ts - interval '1 day' from t",
	 "?column? integer, ?column? integer, ?column? numeric, ?column? date, ?column? timestamp with time "
	 "zone"},
	{"select ts::text, a::text, a::bigint, n::int, d::numeric(5,1), c::int, a::numeric, f::int, a::boolean "
	 "from t",
	 "ts text, a text, a bigint, n integer, d numeric(5,1), c integer, a numeric, f integer, a boolean"},
	{"select int4 '5', text(c), date(ts), float8(a), int8(n) from t",
	 "int4 integer, text text, date date, float8 double precision, int8 bigint"},
	{"select true is true, null is null, 1 is not null, null is unknown",
	 "?column? boolean, ?column? boolean, ?column? boolean, ?column? boolean"},
	{"select ts at time zone 'UTC', tt at time zone 'UTC' from t",
	 "timezone timestamp without time zone, timezone timestamp with time zone"},
	{"select case when f then n else n end, greatest(n, n), nullif(n, 1), n + 0 from t",
	 "n numeric(12,2), greatest numeric(12,2), nullif numeric(12,2), ?column? numeric"},
	{"select length('abc'), upper('a'), lower(null), abs(-5), abs(null), round(2.5), coalesce(1)",
	 "length integer, upper text, lower text, abs integer, abs double precision, round numeric, coalesce "
	 "integer"},
	{"select mod(a, 2), mod(b, a), ceil(n), ceil(a), floor(d), sign(n), trunc(n, 1) from t",
	 "mod integer, mod bigint, ceil numeric, ceil double precision, floor double precision, sign numeric, "
	 "trunc numeric"},
	{"select to_char(now(), 'x'), to_char(tt, 'x'), to_char(dt, 'x') from t",
	 "to_char text, to_char text, to_char text"},
	{"select make_date(2024, 1, 1), to_timestamp(1.5), date_part('year', dt), isfinite(ts) from t",
	 "make_date date, to_timestamp timestamp with time zone, date_part double precision, isfinite boolean"},
};

static void
test_columns(void **state)
{
	Fixture *f = *state;

	for (size_t i = 0; i < lengthof(cases); i++)
	{
		const PlanNode *root = fixture_must_query(f, cases[i].sql)->root;
		StrBuf got = {0};

		for (uint32_t c = 0; c < root->column_count; c++)
			str_appendf(&got, "%s%s %s", c > 0 ? ", " : "", root->columns[c].name,
						type_spec_name(root->columns[c].type, &f->arena));
		if (strcmp(str_cstr(&got), cases[i].columns) != 0)
			fail_msg("%s\nwant %s\ngot  %s", cases[i].sql, cases[i].columns, str_cstr(&got));
		str_free(&got);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_columns, fixture_setup_tables, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
