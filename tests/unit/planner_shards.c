/*
 * planner_shards.c: which sinks may run in several processes, and what is said of the others.
 */
#include "planner_fixture.h"

static const char keyed[] =
	"CREATE STREAM keyed (k text METADATA FROM 'key', p int METADATA FROM 'partition', id bigint, doc jsonb, "
	"low text GENERATED ALWAYS AS (lower(doc->>'name')) STORED, ts timestamptz NOT NULL, "
	"WATERMARK FOR ts AS ts) WITH (connector = 'log', topic = 'keyed', format = 'json', partitioner = "
	"'crc32', "
	"message_key = 'id')";
static const char undeclared[] =
	"CREATE STREAM undeclared (k text METADATA FROM 'key', p int METADATA FROM 'partition', "
	"ts timestamptz NOT NULL, WATERMARK FOR ts AS ts) WITH (connector = 'log', topic = 'u', format = 'json')";

static const char no_key[] =
	"sink \"s\" can't be divided into shards: GROUP BY has neither the message's key "
	"nor its partition";
static const char no_group[] = "sink \"s\" can't be divided into shards: it aggregates without a GROUP BY "
							   "column other than the window";
static const char no_partitioner[] =
	"sink \"s\" can't be divided into shards: it is not said how keys are spread over partitions";

static const struct
{
	const char *query;
	const char *refusal; /* NULL: allowed */
	const char *caret;   /* the error's position is where this word stands last */
	int key;             /* allowed: the grouping key that is checked at run time; -1 = none */
} cases[] = {
	{"select id, k from keyed where id > 1", NULL, NULL, -1},
	{"select id from keyed union all select 1 from undeclared", NULL, NULL, -1},
	{"select k, count(*) from tumble(keyed, ts, '1 min') group by window_start, k", NULL, NULL, 0},
	{"select count(*) from tumble(keyed, ts, '1 min') group by window_start, lower(k), id", NULL, NULL, 1},
	{"select count(*) from tumble(keyed, ts, '1 min') group by window_start, p, k", NULL, NULL, -1},
	{"select p, count(*) from tumble(undeclared, ts, '1 min') group by window_start, p", NULL, NULL, -1},
	/* Through a subquery, a filter and a join. */
	{"select x, count(*) from (select id x, window_start w, k from tumble(keyed, ts, '1 min')) q "
	 "join campaigns c on c.campaign_id = q.k where x > 3 and c.name like 'a%' group by w, x",
	 NULL, NULL, 0},
	{"select distinct window_start, id from tumble(keyed, ts, '1 min')", NULL, NULL, 0},
	/* Something made of the key is not the key. */
	{"select lower(k), count(*) from tumble(keyed, ts, '1 min') group by window_start, lower(k)", no_key,
	 "lower(", -1},
	{"select count(*) from tumble(keyed, ts, '1 min') group by window_start, id + 0", no_key, "+", -1},
	{"select count(*) from tumble(keyed, ts, '1 min') group by window_start, low", no_key, "low", -1},
	{"select count(*) from tumble(keyed, ts, '1 min') group by window_start, p / 2", no_key, "/", -1},
	{"select name, count(*) from tumble(keyed, ts, '1 min') t join campaigns on campaign_id = k "
	 "group by window_start, name",
	 no_key, "name", -1},
	{"select count(*) from tumble(keyed, ts, '1 min') group by window_start", no_group, NULL, -1},
	{"select k, count(*) from tumble(undeclared, ts, '1 min') group by window_start, k", no_partitioner, "k",
	 -1},
};

static int
last_place(const char *text, const char *word)
{
	int place = NO_POSITION;

	for (const char *at = text; word != NULL && (at = strstr(at, word)) != NULL; at++)
		place = (int)(at - text);
	return place;
}

static void
sinks_are_bound_or_refused(void **state)
{
	Fixture *f = *state;

	fixture_must_define(f, keyed);
	fixture_must_define(f, undeclared);
	f->shards = 3;
	for (size_t i = 0; i < lengthof(cases); i++)
	{
		const char *sql = arena_printf(
			&f->arena, "CREATE SINK s WITH (location = 'out', format = 'csv') AS %s", cases[i].query);
		const ShardKey *key;

		if (cases[i].refusal != NULL)
		{
			assert_false(fixture_define(f, sql));
			fixture_assert_error(f, sql, "0A000", last_place(sql, cases[i].caret), cases[i].refusal);
			assert_non_null(strstr(f->err.hint, "one process, without --shard"));
			continue;
		}
		fixture_must_define(f, sql);
		key = fixture_job(f)->sinks[0]->shard_key;
		if ((key != NULL ? key->key : -1) != cases[i].key)
			fail_msg("%s: %d", cases[i].query, key != NULL ? key->key : -1);
		assert_true(key == NULL || key->partitioner == PARTITIONER_CRC32);
		fixture_must_define(f, "DROP SINK s");
	}
}

/* One process may run all of them. */
static void
one_process_is_asked_nothing(void **state)
{
	Fixture *f = *state;

	fixture_must_define(f, keyed);
	fixture_must_define(f, undeclared);
	for (f->shards = 0; f->shards < 2; f->shards++)
		for (size_t i = 0; i < lengthof(cases); i++)
		{
			fixture_must_define(f, arena_printf(&f->arena,
												"CREATE SINK s WITH (location = 'out', format = 'csv') AS %s",
												cases[i].query));
			assert_null(fixture_job(f)->sinks[0]->shard_key);
			fixture_must_define(f, "DROP SINK s");
		}
}

static void
the_options_are_checked(void **state)
{
	static const struct
	{
		const char *sql, *state, *message;
	} wrong[] = {
		{"CREATE STREAM x (a int) WITH (connector = 'log', topic = 'x', format = 'json', message_key = 'b')",
		 "42703", "column \"b\" named in option \"message_key\" does not exist"},
		{"CREATE STREAM x (a numeric) WITH (connector = 'log', topic = 'x', format = 'json', "
		 "message_key = 'a')",
		 "42804", "column \"a\" named in option \"message_key\" is of type numeric"},
		{"CREATE TABLE x (a int) WITH (connector = 'file', format = 'json', partitioner = 'crc32')", "HV00D",
		 "option \"partitioner\" is for streams only"},
		{"CREATE TABLE x (a int) WITH (connector = 'file', format = 'json', message_key = 'a')", "HV00D",
		 "option \"message_key\" is for streams only"},
	};

	for (size_t i = 0; i < lengthof(wrong); i++)
	{
		assert_false(fixture_define(*state, wrong[i].sql));
		fixture_assert_error(*state, wrong[i].sql, wrong[i].state,
							 last_place(wrong[i].sql, i < 2 || i == 3 ? "'" : "'crc32'") -
								 (i < 2 || i == 3 ? 2 : 0),
							 wrong[i].message);
	}
	assert_false(fixture_define(*state, "CREATE STREAM x (a int) WITH (connector = 'log', topic = 'x', "
										"format = 'json', partitioner = 'fnv')"));
	assert_non_null(strstr(((Fixture *)*state)->err.hint, "murmur2, crc32"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sinks_are_bound_or_refused, fixture_setup_streams, fixture_teardown),
		cmocka_unit_test_setup_teardown(one_process_is_asked_nothing, fixture_setup_streams,
										fixture_teardown),
		cmocka_unit_test_setup_teardown(the_options_are_checked, fixture_setup_streams, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
