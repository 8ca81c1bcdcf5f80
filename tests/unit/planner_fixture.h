/*
 * planner_fixture.h: a catalog and a planning context for tests of the planner.
 *
 * The connectors are names and options only: planning needs no more. Statements are given as text; a test
 * looks at the plan, or at the error.
 */
#ifndef WEIR_TESTS_PLANNER_FIXTURE_H
#define WEIR_TESTS_PLANNER_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "parser/parse.h"
#include "planner/define.h"
#include "planner/explain.h"
#include "planner/nodes.h"
#include "planner/plan_job.h"
#include "planner/plan_query.h"

static const OptionInfo fixture_source_options[] = {
	{.name = "topic", .type = OPTION_TEXT, .required = true},
	{.name = "partitions", .type = OPTION_INTEGER, .minimum = 1, .maximum = 1000},
	{.name = "password", .type = OPTION_SECRET},
	{.name = "ratio", .type = OPTION_DOUBLE, .minimum = 0, .maximum = 1},
	{.name = "refresh", .type = OPTION_INTERVAL, .minimum = INT64_C(1000000), .maximum = INT64_MAX},
	{.name = "extra.*", .type = OPTION_TEXT},
};
static const OptionInfo fixture_sink_options[] = {
	{.name = "header", .type = OPTION_BOOLEAN, .default_text = "false"},
};
static const ConnectorInfo fixture_log = {.name = "log",
										  .kind = CONNECTOR_SOURCE,
										  .options = fixture_source_options,
										  .option_count = lengthof(fixture_source_options)};
static const ConnectorInfo fixture_file = {.name = "file", .kind = CONNECTOR_SOURCE, .bounded = true};
static const ConnectorInfo fixture_json = {.name = "json", .kind = CONNECTOR_FORMAT, .nested = true};
static const ConnectorInfo fixture_flat = {.name = "flat", .kind = CONNECTOR_FORMAT};
static const ConnectorInfo fixture_csv = {.name = "csv",
										  .kind = CONNECTOR_SINK,
										  .options = fixture_sink_options,
										  .option_count = lengthof(fixture_sink_options)};
static const ConnectorInfo fixture_store = {.name = "file", .kind = CONNECTOR_STORE};
static const ConnectorInfo *const fixture_connectors[] = {&fixture_log,  &fixture_file, &fixture_json,
														  &fixture_flat, &fixture_csv,  &fixture_store};

typedef struct Fixture
{
	Catalog catalog;
	Settings settings;
	ConnectorSet connectors;
	TypeContext types;
	Arena arena;
	Error err;
	const char *state_location;
	bool batch;
	int shards;
	StrBuf notices;
} Fixture;

static inline void
fixture_notice(const PlanContext *context, const char *severity, const Error *what)
{
	str_appendf(&((Fixture *)context->notice_context)->notices, "%s: %s\n", severity, what->message);
}

static inline PlanContext
fixture_context(Fixture *f, const char *sql)
{
	return (PlanContext){.catalog = &f->catalog,
						 .connectors = &f->connectors,
						 .settings = &f->settings,
						 .types = &f->types,
						 .state_location = f->state_location,
						 .batch = f->batch,
						 .shards = f->shards,
						 .source = str_from_cstr(sql),
						 .arena = &f->arena,
						 .notice = fixture_notice,
						 .notice_context = f};
}

static inline int
fixture_setup(void **state)
{
	Fixture *f = test_calloc(1, sizeof *f);

	catalog_init(&f->catalog);
	settings_init(&f->settings);
	arena_init(&f->arena, "statement");
	f->connectors = (ConnectorSet){fixture_connectors, lengthof(fixture_connectors)};
	*state = f;
	return 0;
}

static inline int
fixture_teardown(void **state)
{
	Fixture *f = *state;

	error_clear(&f->err);
	arena_release(&f->arena);
	catalog_release(&f->catalog);
	str_free(&f->notices);
	test_free(f);
	return 0;
}

static inline SyntaxNode *
fixture_parse(Fixture *f, const char *sql)
{
	StatementList list;

	error_clear(&f->err);
	if (!parse_statements(str_from_cstr(sql), &f->arena, &list, &f->err))
		return NULL;
	assert_int_equal(list.count, 1);
	return list.items[0].tree;
}

/* Runs a definition. */
static inline bool
fixture_define(Fixture *f, const char *sql)
{
	PlanContext context = fixture_context(f, sql);
	SyntaxNode *tree = fixture_parse(f, sql);

	if (tree == NULL)
		return false;
	switch (tree->kind)
	{
		case SYNTAX_CREATE_STREAM:
		case SYNTAX_CREATE_TABLE: return define_relation(&context, (CreateRelationStatement *)tree, &f->err);
		case SYNTAX_CREATE_VIEW: return define_view(&context, (CreateViewStatement *)tree, &f->err);
		case SYNTAX_CREATE_SINK: return define_sink(&context, (CreateSinkStatement *)tree, &f->err);
		case SYNTAX_DROP: return define_drop(&context, (DropStatement *)tree, &f->err);
		case SYNTAX_ALTER_ADD_COLUMN:
			return define_add_column(&context, (AlterAddColumnStatement *)tree, &f->err);
		default: fail_msg("not a definition: %s", sql); return false;
	}
}

static inline void
fixture_must_define(Fixture *f, const char *sql)
{
	if (!fixture_define(f, sql))
		fail_msg("%s\n%s", sql, f->err.message);
}

/* NULL: f->err is set. */
static inline QueryPlan *
fixture_query(Fixture *f, const char *sql)
{
	PlanContext context = fixture_context(f, sql);
	SyntaxNode *tree = fixture_parse(f, sql);
	QueryPlan *plan = NULL;

	if (tree == NULL || !plan_query(&context, (SelectStatement *)tree, &plan, &f->err))
		return NULL;
	return plan;
}

static inline QueryPlan *
fixture_must_query(Fixture *f, const char *sql)
{
	QueryPlan *plan = fixture_query(f, sql);

	if (plan == NULL)
		fail_msg("%s\n%s", sql, f->err.message);
	return plan;
}

/* All sinks of the catalog as one job. */
static inline JobPlan *
fixture_job(Fixture *f)
{
	PlanContext context = fixture_context(f, "");
	const SinkDef *sinks[16];
	const CatalogObject *object;
	JobPlan *job;
	int count = 0;
	int next = 0;

	while ((object = catalog_next(&f->catalog, OBJECT_SINK, &next)) != NULL)
		sinks[count++] = object->sink;
	error_clear(&f->err);
	return plan_job(&context, sinks, count, &job, &f->err) ? job : NULL;
}

/* The error of the last statement, as one line: "42601 12 message". */
static inline void
fixture_assert_error(Fixture *f, const char *sql, const char *state, int position, const char *message)
{
	if (!f->err.set)
		fail_msg("no error: %s", sql);
	if (strcmp(sqlstate_code(f->err.state), state) != 0 || f->err.position != position ||
		strcmp(f->err.message, message) != 0)
		fail_msg("%s\nwant %s at %d: %s\ngot  %s at %d: %s", sql, state, position, message,
				 sqlstate_code(f->err.state), f->err.position, f->err.message);
}

/* The tables that the cases of planner_errors.c and planner_types.c refer to; PostgreSQL had the same. */
static inline int
fixture_setup_tables(void **state)
{
	fixture_setup(state);
	fixture_must_define(
		*state,
		"CREATE TABLE t (a int, b bigint, c text, d double precision, n numeric(12,2), ts timestamptz, "
		"tt timestamp, dt date, i interval, u uuid, j jsonb, f boolean) "
		"WITH (connector = 'file', format = 'json')");
	fixture_must_define(
		*state, "CREATE TABLE u (a int, x text, y int, c int) WITH (connector = 'file', format = 'json')");
	fixture_must_define(*state, "CREATE TABLE v (a text, q int) WITH (connector = 'file', format = 'json')");
	return 0;
}

/* The streams of the other tests. */
static inline int
fixture_setup_streams(void **state)
{
	fixture_setup(state);
	fixture_must_define(
		*state, "CREATE STREAM clicks (event_id uuid, user_id bigint, campaign_id text, event_type text, "
				"amount numeric(12,2), geo jsonb, event_time timestamptz NOT NULL, "
				"WATERMARK FOR event_time AS event_time - INTERVAL '5 seconds') "
				"WITH (connector = 'log', topic = 'clicks', format = 'json')");
	fixture_must_define(*state, "CREATE STREAM plain (id int, note text, doc jsonb, ts timestamptz) "
								"WITH (connector = 'log', topic = 'plain', format = 'flat')");
	fixture_must_define(*state,
						"CREATE TABLE campaigns (campaign_id text PRIMARY KEY, name text, advertiser text) "
						"WITH (connector = 'file', format = 'json')");
	return 0;
}

#endif
