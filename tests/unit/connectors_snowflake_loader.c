/*
 * connectors_snowflake_loader: rounds of the loader before a Snowflake that answers by a script, on a clock
 * that the test moves: when a pipe is told, asked and looked up in its history, what COPY names, and what is
 * taken for the outcome.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "common/types/calendar.h"
#include "connectors/snowflake_loader.h"
#include "tests/unit/snowflake_testing.h"

#define SUCCESS "{\"status\":\"success\"}"
#define NO_EVENTS "{\"completeResult\":true,\"nextBeginMark\":\"1_1\",\"files\":[]}"
#define EVENT(path, status, rows) \
	"{\"path\":\"" path "\",\"status\":\"" status "\",\"rowsInserted\":" rows "}"
#define EVENTS(files) "{\"completeResult\":true,\"nextBeginMark\":\"1_2\",\"files\":[" files "]}"
#define COPY_TYPES                                                                                     \
	"{\"name\":\"file\",\"type\":\"text\"},{\"name\":\"status\",\"type\":\"text\"},{\"name\":\"rows_"  \
	"loaded\","                                                                                        \
	"\"type\":\"fixed\"},{\"name\":\"first_error\",\"type\":\"text\"},{\"name\":\"first_error_line\"," \
	"\"type\":"                                                                                        \
	"\"fixed\"}"
#define COPIED(count, rows) "{" META(count, "{}", COPY_TYPES) ",\"data\":[" rows "]}"
#define NOTHING "{" META("1", "{}", "{\"name\":\"status\",\"type\":\"text\"}") ",\"data\":[[\"0 files\"]]}"
#define HISTORY_TYPES                                                                                  \
	"{\"name\":\"FILE_NAME\",\"type\":\"text\"},{\"name\":\"STAGE_LOCATION\",\"type\":\"text\"},"      \
	"{\"name\":\"STATUS\",\"type\":\"text\"},{\"name\":\"ROW_COUNT\",\"type\":\"fixed\"},"             \
	"{\"name\":\"FIRST_ERROR_MESSAGE\",\"type\":\"text\"},{\"name\":\"PIPE_NAME\",\"type\":\"text\"}," \
	"{\"name\":\"LAST_LOAD_TIME\",\"type\":\"timestamp_ltz\"}"
#define HISTORY(count, rows) "{" META(count, "{}", HISTORY_TYPES) ",\"data\":[" rows "]}"

enum
{
	ITEMS = 6000
};

typedef struct MovedClock
{
	Clock clock;
	int64_t now;
} MovedClock;

/* ---- fixture ---- */

typedef struct World
{
	Fixture *f;
	HttpServer *http;
	MovedClock clock;
	char url[64];
	const char *insert, *report, *scan, *copy, *history; /* what is answered to which call */
	int refused;                                         /* status of all answers; 0 = they are good */
	StrBuf calls;                                        /* since they were looked at */
	Arena arena;                                         /* of the plan and the items */
	JobPlan plan;
	Loader *loader;
	LoadItem items[ITEMS];
	LoadItem *list[ITEMS];
	size_t count;
	Error err;
} World;

static int64_t
moved_now(const Clock *clock)
{
	return container_of(clock, const MovedClock, clock)->now;
}

static void
moved_sleep(const Clock *clock, int64_t micros)
{
	((MovedClock *)(uintptr_t)clock)->now += micros;
}

static int
count_text(const char *text, const char *what)
{
	int n = 0;

	for (; (text = strstr(text, what)) != NULL; text += strlen(what))
		n++;
	return n;
}

/* Which call it is, noted, and the answer to it. */
static const char *
choose(void *context, const ServerRequest *request)
{
	World *w = context;
	const char *body = str_cstr(&request->body), *start = strstr(request->target, "startTimeInclusive=");
	const char *pipe = strstr(request->target, "T_PIPE_");

	if (pipe != NULL)
		str_appendf(&w->calls, "%.3s ", pipe + 7);
	if (strstr(request->target, "/insertFiles?") != NULL)
	{
		str_appendf(&w->calls, "insert %d\n", count_text(body, "\"path\""));
		return w->insert;
	}
	if (strstr(request->target, "/insertReport?") != NULL)
	{
		str_append_cstr(&w->calls, "report\n");
		return w->report;
	}
	if (start != NULL)
	{
		str_appendf(&w->calls, "scan %.10s\n", start + 19);
		return w->scan;
	}
	if (strstr(body, "COPY INTO") != NULL)
	{
		str_appendf(&w->calls, "copy %d\n", count_text(body, ".csv"));
		return w->copy;
	}
	str_appendf(&w->calls, "history%s\n", strstr(body, "DATEADD(DAY, -14") != NULL ? " all" : "");
	return w->history;
}

static ServerStep
script(void *context, const ServerRequest *request UNUSED, int number UNUSED)
{
	World *w = context;

	if (w->refused != 0)
		return (ServerStep){.status = w->refused, .body = "{\"message\":\"refused\"}"};
	return (ServerStep){.status = 200, .choose = choose};
}

static SinkPlan *
make_sink(World *w, int index, const char *table, int mode)
{
	static const char *const names[] = {"k", "other"};
	static const char *const places[] = {"s3://lake/out/", "s3://lake/other/"};
	static const OptionInfo text = {.type = OPTION_TEXT}, word = {.type = OPTION_ENUM};
	SinkPlan *sink = ARENA_NEW(&w->arena, SinkPlan);
	ResultColumn *column = ARENA_NEW(&w->arena, ResultColumn);
	Option *options = ARENA_ARRAY_ZERO(&w->arena, Option, 3);

	options[0] = (Option){.name = "snowflake_table", .info = &text, .text = table, .given = true};
	options[1] =
		(Option){.name = "snowflake_load", .info = &word, .text = "", .given = true, .value.integer = mode};
	options[2] = (Option){.name = "compression", .info = &word, .text = "none"};
	column->name = "id";
	column->type = (TypeSpec){TYPE_BIGINT, NO_MODIFIER};
	sink->index = index;
	sink->name = names[index];
	sink->location = places[index];
	sink->input = ARENA_NEW(&w->arena, PlanNode);
	sink->input->columns = column;
	sink->input->column_count = sink->visible_count = 1;
	sink->options = (Options){options, 3};
	return sink;
}

static void
open_loader(World *w, int mode, const char *second)
{
	SinkPlan **sinks = ARENA_ARRAY(&w->arena, SinkPlan *, 2);

	sinks[0] = make_sink(w, 0, "DB.SC.T", mode);
	sinks[1] = second != NULL ? make_sink(w, 1, second, mode) : NULL;
	w->plan = (JobPlan){.sinks = sinks, .sink_count = second != NULL ? 2 : 1};
	assert_true(snowflake_loader_is_needed(&w->plan));
	if (!snowflake_loader_open(&(SnowflakeLoaderOpen){.plan = &w->plan,
													  .job_name = "job",
													  .server = &w->f->server,
													  .context = &w->f->context,
													  .submit_again = 10 * MICROS_PER_MINUTE},
							   &w->loader, &w->err))
		fail_msg("%s", w->err.message);
}

static int
build(void **state)
{
	World *w = mem_alloc_zero(sizeof *w);
	void *fixture;

	assert_int_equal(set_up(&fixture), 0);
	w->f = fixture;
	w->http = server_start(script, w);
	(void)snprintf(w->url, sizeof w->url, "http://127.0.0.1:%d", w->http->port);
	w->clock = (MovedClock){{moved_now, moved_now, moved_sleep}, 800 * MICROS_PER_DAY};
	w->f->server.url = w->url;
	w->f->server.clock = &w->clock.clock;
	w->insert = SUCCESS;
	w->report = w->scan = NO_EVENTS;
	w->copy = NOTHING;
	w->history = HISTORY("0", "");
	arena_init(&w->arena, "test");
	*state = w;
	return 0;
}

static int
take_down(void **state)
{
	World *w = *state;
	void *fixture = w->f;

	if (w->loader != NULL)
		w->loader->class->close(w->loader);
	assert_int_equal(tear_down(&fixture), 0);
	server_stop(w->http);
	str_free(&w->calls);
	error_clear(&w->err);
	arena_release(&w->arena);
	mem_free(w);
	return 0;
}

/* ---- items and rounds ---- */

static LoadItem *
add(World *w, const char *key, int64_t age)
{
	PackFile *file = ARENA_NEW(&w->arena, PackFile);
	LoadItem *item = &w->items[w->count];

	*file =
		(PackFile){.owner = "k", .location = "s3://lake/out/", .key = key, .rows = 5, .stored.bytes = 100};
	*item = (LoadItem){.file = file, .epoch = 1, .committed = w->clock.now - age};
	w->list[w->count++] = item;
	return item;
}

static LoadItem *
add_earlier(World *w, const char *key, int64_t age)
{
	LoadItem *item = add(w, key, age);

	item->earlier = true;
	return item;
}

/* As the executor does: what is final is left out. */
static bool
go_round(World *w)
{
	LoadItem *open[ITEMS];
	size_t count = 0;

	for (size_t i = 0; i < w->count; i++)
		if (!load_is_final(w->list[i]->status))
			open[count++] = w->list[i];
	error_clear(&w->err);
	return w->loader->class->work(w->loader, open, count, &w->arena, &w->err);
}

/* A round that goes well, and the calls that it makes. */
static void
must_call(World *w, const char *calls)
{
	str_clear(&w->calls);
	if (!go_round(w))
		fail_msg("%s", w->err.message);
	assert_string_equal(str_cstr(&w->calls), calls);
	w->clock.now += MICROS_PER_SECOND;
}

/* Rounds of a minute each, in which the pipe is asked and says nothing. */
static void
wait_minutes(World *w, int minutes)
{
	for (int i = 0; i < minutes; i++)
	{
		w->clock.now += MICROS_PER_MINUTE;
		must_call(w, "report\n");
	}
}

static void
must_be(const LoadItem *item, LoadStatus status, uint64_t rows, const char *error)
{
	assert_int_equal(item->status, status);
	assert_int_equal(item->loaded, rows);
	if (error == NULL)
		assert_null(item->error);
	else if (item->error == NULL || strstr(item->error, error) == NULL)
		fail_msg("%s", item->error != NULL ? item->error : "NULL");
}

/* ---- which objects ---- */

static void
test_takes(void **state)
{
	World *w = *state;
	PackFile file = {.owner = "k", .location = "s3://lake/out/", .key = "x.csv"};

	open_loader(w, 1, "DB.SC.OTHER");
	assert_int_equal(w->loader->target_count, 2);
	assert_string_equal(w->loader->targets[0].table, "DB.SC.T");
	assert_string_equal(w->loader->targets[0].what, "sink k");
	assert_string_equal(w->loader->targets[0].mode, "rest");
	assert_true(w->loader->class->takes(w->loader, 0, &file));
	assert_false(w->loader->class->takes(w->loader, 1, &file));
	file.location = "s3://lake/out"; /* the same, written otherwise */
	assert_true(w->loader->class->takes(w->loader, 0, &file));
	file.location = "s3://lake/other/";
	assert_false(w->loader->class->takes(w->loader, 0, &file));
	file = (PackFile){.kind = OUTPUT_LATE, .owner = "k", .location = "s3://lake/out/"};
	assert_false(w->loader->class->takes(w->loader, 0, &file));
}

static void
test_not_needed(void **state)
{
	World *w = *state;
	SinkPlan *sink = make_sink(w, 0, "T", 1);
	const JobPlan plan = {.sinks = &sink, .sink_count = 1};

	assert_true(snowflake_loader_is_needed(&plan));
	sink->location = "/lake/out/";
	assert_false(snowflake_loader_is_needed(&plan));
	assert_false(snowflake_loader_is_needed(
		&(JobPlan){.sinks = (SinkPlan *[]){make_sink(w, 0, "T", 0)}, .sink_count = 1}));
}

/* ---- rest ---- */

static void
test_told_and_asked(void **state)
{
	World *w = *state;
	LoadItem *a, *b;

	open_loader(w, 1, NULL);
	a = add(w, "a.csv", 0);
	b = add(w, "p=1/b.csv", 0);
	must_call(w, "insert 2\n");
	must_be(a, LOAD_SUBMITTED, 0, NULL);
	must_call(w, "report\n");
	w->report = EVENTS(EVENT("p=1/b.csv", "LOAD_IN_PROGRESS", "2") "," EVENT("a.csv", "LOADED", "5"));
	must_call(w, "report\n");
	must_be(a, LOAD_LOADED, 5, NULL);
	must_be(b, LOAD_SUBMITTED, 2, NULL);
	w->report = EVENTS(
		"{\"path\":\"p=1/b.csv\",\"status\":\"LOAD_FAILED\",\"firstError\":\"bad\",\"firstErrorLineNum\":3}");
	must_call(w, "report\n");
	must_be(b, LOAD_FAILED, 0, "bad (line 3)");
	must_call(w, "");
}

static void
test_told_again(void **state)
{
	World *w = *state;

	open_loader(w, 1, NULL);
	add(w, "a.csv", 0);
	must_call(w, "insert 1\n");
	wait_minutes(w, 9);
	w->clock.now += MICROS_PER_MINUTE;
	must_call(w, "report\ninsert 1\n");
	must_call(w, "report\n");
}

static void
test_many(void **state)
{
	World *w = *state;

	open_loader(w, 1, NULL);
	for (int i = 0; i < 5001; i++)
		add(w, arena_printf(&w->arena, "%d.csv", i), 0);
	must_call(w, "insert 5000\ninsert 1\n");
}

/* Reports tell of ten minutes. */
static void
test_silence(void **state)
{
	World *w = *state;
	LoadItem *a;

	open_loader(w, 1, NULL);
	a = add(w, "a.csv", 0);
	must_call(w, "insert 1\n");
	w->clock.now += 9 * MICROS_PER_MINUTE + MICROS_PER_SECOND;
	w->scan = EVENTS(EVENT("a.csv", "LOADED", "5"));
	must_call(w, "report\nscan 2002-03-10\n");
	must_be(a, LOAD_LOADED, 5, NULL);
}

/* A pipe that had nothing to load was not asked: nothing was missed, and Snowflake rations the history. */
static void
test_seldom(void **state)
{
	World *w = *state;

	open_loader(w, 1, NULL);
	for (int i = 0; i < 3; i++)
	{
		LoadItem *item = add(w, "a.csv", 0);

		w->report = NO_EVENTS;
		must_call(w, "insert 1\n");
		must_call(w, "report\n");
		w->report = EVENTS(EVENT("a.csv", "LOADED", "5"));
		must_call(w, "report\n");
		must_be(item, LOAD_LOADED, 5, NULL);
		w->clock.now += MICROS_PER_HOUR;
	}
}

/* Events were missed; the history is late, too, and is not asked too often. */
static void
test_incomplete(void **state)
{
	World *w = *state;
	LoadItem *a;

	open_loader(w, 1, NULL);
	a = add(w, "a.csv", 0);
	must_call(w, "insert 1\n");
	w->report = "{\"completeResult\":false,\"nextBeginMark\":\"1_9\"}";
	must_call(w, "report\nscan 2002-03-10\n");
	w->report = NO_EVENTS;
	w->clock.now += 3 * MICROS_PER_SECOND;
	must_call(w, "report\n");
	w->clock.now += 7 * MICROS_PER_SECOND;
	must_call(w, "report\nscan 2002-03-10\n");
	w->clock.now += 10 * MICROS_PER_SECOND;
	must_call(w, "report\n");
	w->clock.now += 10 * MICROS_PER_SECOND;
	w->scan = EVENTS(EVENT("a.csv", "LOADED", "5"));
	must_call(w, "report\nscan 2002-03-10\n");
	must_be(a, LOAD_LOADED, 5, NULL);
}

/* What another process may have told of is looked up first. */
static void
test_earlier(void **state)
{
	World *w = *state;
	LoadItem *loaded, *open;

	open_loader(w, 1, NULL);
	loaded = add_earlier(w, "a.csv", 3 * MICROS_PER_DAY);
	open = add_earlier(w, "b.csv", MICROS_PER_DAY);
	add(w, "c.csv", 0);
	w->scan = EVENTS(EVENT("a.csv", "LOADED", "5"));
	must_call(w, "insert 1\nscan 2002-03-07\ninsert 1\n");
	must_be(loaded, LOAD_LOADED, 5, NULL);
	must_be(open, LOAD_SUBMITTED, 0, NULL);
	assert_true(open->asked);
	must_call(w, "report\n");
}

/* Another process told of it, and it is under way: it is asked for, and told again if need be. */
static void
test_earlier_under_way(void **state)
{
	World *w = *state;
	LoadItem *a;

	open_loader(w, 1, NULL);
	a = add_earlier(w, "a.csv", MICROS_PER_DAY);
	w->scan = EVENTS(EVENT("a.csv", "LOAD_IN_PROGRESS", "1"));
	must_call(w, "scan 2002-03-09\n");
	must_be(a, LOAD_SUBMITTED, 1, NULL);
	must_call(w, "report\n");
	wait_minutes(w, 9);
	w->clock.now += MICROS_PER_MINUTE;
	must_call(w, "report\ninsert 1\n");
}

/* Snowflake rations the history: it is asked again after a while, and holds up nothing that is new. */
static void
test_refused_history(void **state)
{
	World *w = *state;
	LoadItem *a;

	open_loader(w, 1, NULL);
	a = add_earlier(w, "a.csv", 0);
	add(w, "b.csv", 0);
	w->scan = "{\"files\":\"?\"}";
	assert_false(go_round(w));
	assert_string_equal(str_cstr(&w->calls), "insert 1\nscan 2002-03-10\n");
	must_be(a, LOAD_WAITING, 0, NULL);
	w->clock.now += 9 * MICROS_PER_SECOND;
	must_call(w, "report\n");
	w->scan = NO_EVENTS;
	must_call(w, "report\nscan 2002-03-10\ninsert 1\n");
}

/* The pipe may have forgotten them. */
static void
test_old(void **state)
{
	World *w = *state;
	LoadItem *loaded, *unknown, *lately;

	open_loader(w, 1, NULL);
	loaded = add_earlier(w, "a.csv", 20 * MICROS_PER_DAY);
	unknown = add_earlier(w, "b.csv", 13 * MICROS_PER_DAY + 1);
	lately = add_earlier(w, "c.csv", 13 * MICROS_PER_DAY - MICROS_PER_MINUTE);
	w->scan = EVENTS(EVENT("a.csv", "LOADED", "5"));
	must_call(w, "scan 2002-02-25\ninsert 1\n");
	must_be(loaded, LOAD_LOADED, 5, NULL);
	must_be(unknown, LOAD_UNKNOWN, 0, "more than 13 days ago");
	must_be(lately, LOAD_SUBMITTED, 0, NULL);
}

/* The same of what this process told of long ago; what it could never tell of is told of at any age. */
static void
test_own_and_old(void **state)
{
	World *w = *state;
	LoadItem *told, *never;

	open_loader(w, 1, NULL);
	told = add(w, "a.csv", 0);
	must_call(w, "insert 1\n");
	w->clock.now += 13 * MICROS_PER_DAY;
	never = add(w, "b.csv", 20 * MICROS_PER_DAY);
	must_call(w, "report\ninsert 1\nscan 2002-03-10\n");
	must_be(told, LOAD_UNKNOWN, 0, "more than 13 days ago");
	must_be(never, LOAD_SUBMITTED, 0, NULL);
}

/* A pipe that knows a name that it was told before has news of it; the first time, an answer was lost. */
static void
test_known(void **state)
{
	World *w = *state;
	LoadItem *a;

	open_loader(w, 1, NULL);
	a = add(w, "a.csv", 0);
	w->insert = "{\"status\":\"success\",\"skippedFiles\":[\"a.csv\"]}";
	must_call(w, "insert 1\n");
	wait_minutes(w, 9);
	w->clock.now += MICROS_PER_MINUTE;
	w->scan = EVENTS(EVENT("a.csv", "PARTIALLY_LOADED", "4"));
	must_call(w, "report\ninsert 1\nscan 2002-03-10\n");
	must_be(a, LOAD_PARTLY, 4, NULL);
}

/* An answer was lost, and then nobody answered for so long that reports tell of it no more. */
static void
test_known_long_ago(void **state)
{
	World *w = *state;
	LoadItem *a;

	open_loader(w, 1, NULL);
	a = add(w, "a.csv", 20 * MICROS_PER_MINUTE);
	w->insert = "{\"status\":\"success\",\"skippedFiles\":[\"a.csv\"]}";
	w->scan = EVENTS(EVENT("a.csv", "LOADED", "5"));
	must_call(w, "insert 1\nscan 2002-03-10\n");
	must_be(a, LOAD_LOADED, 5, NULL);
}

/* An answer was lost, and then nobody answered for longer than names are surely known. */
static void
lost_long_ago(World *w, int mode, int days, const char *calls)
{
	LoadItem *a;

	open_loader(w, mode, NULL);
	a = add(w, "a.csv", 0);
	w->refused = 400;
	assert_false(go_round(w));
	must_be(a, LOAD_WAITING, 0, NULL);
	str_clear(&w->calls);
	error_clear(&w->err);
	w->refused = 0;
	w->clock.now += days * MICROS_PER_DAY + 1;
	must_call(w, calls);
	must_be(a, LOAD_UNKNOWN, 0, "can't be known");
}

static void
test_lost_long_ago(void **state)
{
	lost_long_ago(*state, 1, 13, "scan 2002-03-10\n");
}

static void
test_copy_lost_long_ago(void **state)
{
	lost_long_ago(*state, 2, 63, "history all\n");
}

/* It gets old while it waits: the history is asked before it is given up. */
static void
test_gets_old(void **state)
{
	World *w = *state;
	LoadItem *a;

	open_loader(w, 1, NULL);
	a = add(w, "a.csv", 13 * MICROS_PER_DAY - 5 * MICROS_PER_MINUTE);
	must_call(w, "insert 1\n");
	wait_minutes(w, 4);
	w->scan = EVENTS(EVENT("a.csv", "LOADED", "5"));
	w->clock.now += MICROS_PER_MINUTE;
	must_call(w, "report\nscan 2002-02-25\n");
	must_be(a, LOAD_LOADED, 5, NULL);
}

/* The clock of the process that committed it was ahead: what it says of the time is worth nothing. */
static void
test_future(void **state)
{
	World *w = *state;
	LoadItem *a;

	open_loader(w, 1, NULL);
	a = add_earlier(w, "a.csv", -MICROS_PER_DAY);
	w->insert = "{\"status\":\"success\",\"skippedFiles\":[\"a.csv\"]}";
	must_call(w, "scan 2002-02-25\ninsert 1\n");
	w->clock.now += 4 * MICROS_PER_SECOND;
	w->scan = EVENTS(EVENT("a.csv", "LOADED", "5"));
	must_call(w, "report\nscan 2002-02-25\n");
	must_be(a, LOAD_LOADED, 5, NULL);
}

/* It was ahead, and by now it is no more: looks that find nothing go further back. */
static void
test_ahead(void **state)
{
	World *w = *state;

	open_loader(w, 1, NULL);
	add_earlier(w, "a.csv", 0);
	w->insert = "{\"status\":\"success\",\"skippedFiles\":[\"a.csv\"]}";
	must_call(w, "scan 2002-03-10\ninsert 1\n");
	for (int i = 0; i < 12; i++)
	{
		w->clock.now += 8 * MICROS_PER_MINUTE;
		error_clear(&w->err);
		if (!go_round(w))
			fail_msg("%s", w->err.message);
	}
	assert_non_null(strstr(str_cstr(&w->calls), "scan 2002-03-10\n"));
	assert_non_null(strstr(str_cstr(&w->calls), "scan 2002-03-09\n"));
}

static void
test_unmatched(void **state)
{
	World *w = *state;
	LoadItem *a;

	open_loader(w, 1, NULL);
	a = add(w, "a.csv", 0);
	w->insert = "{\"status\":\"success\",\"unmatchedPatternFiles\":[\"a.csv\"]}";
	must_call(w, "insert 1\n");
	must_be(a, LOAD_FAILED, 0, "PATTERN does not take a file of this name");
}

/* Once it was not found, then it was loaded; told in any order, and twice. */
static void
test_order(void **state)
{
	World *w = *state;
	LoadItem *a, *b;

	open_loader(w, 1, NULL);
	a = add(w, "a.csv", 0);
	b = add(w, "b.csv", 0);
	must_call(w, "insert 2\n");
	w->report = EVENTS(EVENT("a.csv", "LOAD_FAILED", "0") "," EVENT("a.csv", "LOADED", "5") "," EVENT(
		"b.csv", "LOADED", "5") "," EVENT("b.csv", "LOAD_FAILED", "0") "," EVENT("b.csv", "LOAD_IN_PROGRESS",
																				 "1"));
	must_call(w, "report\n");
	must_be(a, LOAD_LOADED, 5, NULL);
	must_be(b, LOAD_LOADED, 5, NULL);
}

static void
test_revisions(void **state)
{
	World *w = *state;
	LoadItem *two;

	open_loader(w, 1, NULL);
	w->loader->class->revise(w->loader, "k", 2);
	two = add(w, "r2/p=r3/b.csv", 0);
	add(w, "r2=x/a.csv", 0);
	must_call(w, "insert 1\nR2/ insert 1\n");
	w->report = EVENTS(EVENT("p=r3/b.csv", "LOADED", "5"));
	must_call(w, "report\nR2/ report\n");
	must_be(two, LOAD_LOADED, 5, NULL);
}

/* What is wrong with one table does not keep another from being loaded; it is named. */
static void
test_trouble(void **state)
{
	World *w = *state;
	LoadItem *a;

	open_loader(w, 1, "DB.SC.\"o\"");
	a = add(w, "a.csv", 0);
	w->refused = 404;
	assert_false(go_round(w));
	assert_int_equal(w->err.state, SQLSTATE_UNDEFINED_OBJECT);
	assert_int_equal(
		strncmp(w->err.message, "table DB.SC.T (sink k): pipe \"DB.SC.T_PIPE\" does not exist", 58), 0);
	must_be(a, LOAD_WAITING, 0, NULL);
	w->refused = 0;
	must_call(w, "insert 1\n");
}

static void
test_begin(void **state)
{
	World *w = *state;
	bool absent = true;

	open_loader(w, 1, "DB.SC.U");
	w->loader->class->revise(w->loader, "k", 2);
	assert_true(w->loader->class->begin(w->loader, &absent, &w->err));
	assert_string_equal(str_cstr(&w->calls), "R2/ report\nreport\n");
	w->refused = 404;
	assert_false(w->loader->class->begin(w->loader, &absent, &w->err));
	assert_false(absent);
	assert_non_null(strstr(w->err.hint, "weir snowflake apply"));
	error_clear(&w->err);
	w->refused = 503;
	assert_false(w->loader->class->begin(w->loader, &absent, &w->err));
	assert_true(absent);
	/* Who was told to stop has not found out whether somebody is there. */
	error_clear(&w->err);
	atomic_store(&w->loader->stop, true);
	assert_false(w->loader->class->begin(w->loader, &absent, &w->err));
	assert_int_equal(w->err.state, SQLSTATE_QUERY_CANCELED);
	assert_false(absent);
}

/* ---- copy ---- */

static void
test_copy(void **state)
{
	World *w = *state;
	LoadItem *a, *b, *c;

	open_loader(w, 2, NULL);
	a = add(w, "a.csv", 0);
	b = add(w, "p=1/b.csv", 0);
	c = add(w, "c.csv", 0);
	w->copy = COPIED("3", "[\"s3://lake/out/a.csv\",\"LOADED\",\"5\",null,null],"
						  "[\"out/p=1/b.csv\",\"LOAD_FAILED\",\"0\",\"bad\",\"3\"],"
						  "[\"c.csv\",\"PARTIALLY_LOADED\",\"4\",\"bad\",\"1\"]");
	must_call(w, "copy 3\n");
	must_be(a, LOAD_LOADED, 5, NULL);
	must_be(b, LOAD_FAILED, 0, "bad (line 3)");
	must_be(c, LOAD_PARTLY, 4, "bad (line 1)");
	must_call(w, "");
}

static void
test_copy_text(void **state)
{
	World *w = *state;

	open_loader(w, 2, NULL);
	add(w, "it's.csv", 0);
	must_call(w, "copy 1\nhistory\n");
	assert_non_null(strstr(str_cstr(&server_request(w->http, 0)->body),
						   "COPY INTO \\\"DB\\\".\\\"SC\\\".\\\"T\\\" (\\\"ID\\\")\\n    FROM "
						   "@\\\"DB\\\".\\\"SC\\\".\\\"T_STAGE\\\"\\n    FILE_FORMAT = (FORMAT_NAME = "
						   "'\\\"DB\\\".\\\"SC\\\".\\\"T_FORMAT\\\"')\\n    FILES = ('it''s.csv')\\n    "
						   "ON_ERROR = SKIP_FILE"));
}

static void
test_copy_many(void **state)
{
	World *w = *state;

	open_loader(w, 2, NULL);
	for (int i = 0; i < 1001; i++)
		add(w, arena_printf(&w->arena, "%d.csv", i), 0);
	must_call(w, "copy 1000\nhistory\ncopy 1\nhistory\n");
}

/* An answer was lost: COPY passes over what it has loaded. What nobody knows is tried once more. */
static void
test_passed_over(void **state)
{
	World *w = *state;
	LoadItem *a, *b;

	open_loader(w, 2, NULL);
	a = add(w, "a.csv", 0);
	b = add(w, "b.csv", 0);
	w->history = HISTORY("2", "[\"a.csv\",\"s3://lake/out/\",\"Loaded\",\"5\",null,null,\"1\"],"
							  "[\"b.csv\",\"s3://lake/elsewhere/\",\"Loaded\",\"5\",null,null,\"1\"]");
	must_call(w, "copy 2\nhistory\n");
	must_be(a, LOAD_LOADED, 5, NULL);
	must_be(b, LOAD_SUBMITTED, 0, NULL);
	must_call(w, "");
	w->clock.now += 10 * MICROS_PER_MINUTE;
	must_call(w, "copy 1\nhistory all\n");
	must_be(b, LOAD_FAILED, 0, "COPY did not find it in the stage");
}

/* A COPY that is still at it when it is asked for again is looked for in the history, more and more seldom.
 */
static void
test_slow_copy(void **state)
{
	World *w = *state;
	LoadItem *a;

	open_loader(w, 2, NULL);
	a = add(w, "a.csv", 0);
	must_call(w, "copy 1\nhistory\n");
	must_call(w, "");
	w->clock.now += 5 * MICROS_PER_SECOND;
	must_call(w, "history\n");
	w->clock.now += 5 * MICROS_PER_SECOND;
	must_call(w, "");
	w->clock.now += 5 * MICROS_PER_SECOND;
	w->history = HISTORY("1", "[\"a.csv\",\"s3://lake/out/\",\"Loaded\",\"5\",null,null,\"1\"]");
	must_call(w, "history\n");
	must_be(a, LOAD_LOADED, 5, NULL);
	must_call(w, "");
}

static void
test_copy_earlier(void **state)
{
	World *w = *state;
	LoadItem *loaded, *open, *old, *uncertain;

	open_loader(w, 2, NULL);
	loaded = add_earlier(w, "a.csv", MICROS_PER_DAY);
	open = add_earlier(w, "b.csv", 13 * MICROS_PER_DAY);
	old = add_earlier(w, "c.csv", 63 * MICROS_PER_DAY + 1);
	uncertain = add_earlier(w, "d.csv", 20 * MICROS_PER_DAY);
	w->history = HISTORY("2", "[\"a.csv\",\"s3://lake/out/\",\"Loaded\",\"5\",null,null,\"1\"],"
							  "[\"b.csv\",\"s3://lake/out/\",\"Load failed\",\"0\",\"bad\",null,\"1\"]");
	w->copy = COPIED("1", "[\"b.csv\",\"LOADED\",\"5\",null,null]");
	must_call(w, "history all\ncopy 2\nhistory all\n");
	must_be(loaded, LOAD_LOADED, 5, NULL);
	must_be(open, LOAD_LOADED, 5, NULL); /* what was wrong was put right */
	must_be(old, LOAD_UNKNOWN, 0, "more than 63 days ago");
	must_be(uncertain, LOAD_UNKNOWN, 0, "goes back 14 days");
}

/* What a clock that was ahead says is not taken for the time: the history is asked, and further back. */
static void
test_copy_ahead(void **state)
{
	World *w = *state;
	LoadItem *future, *ahead;

	open_loader(w, 2, NULL);
	future = add_earlier(w, "a.csv", -MICROS_PER_DAY);
	must_call(w, "history all\ncopy 1\nhistory all\n");
	future->status = LOAD_LOADED;
	ahead = add_earlier(w, "b.csv", 0);
	must_call(w, "history\ncopy 1\nhistory\n");
	w->clock.now += 10 * MICROS_PER_MINUTE;
	w->history = HISTORY("1", "[\"b.csv\",\"s3://lake/out/\",\"Loaded\",\"5\",null,null,\"1\"]");
	must_call(w, "copy 1\nhistory all\n");
	must_be(ahead, LOAD_LOADED, 5, NULL);
}

/* COPY has the columns of now. */
static void
test_copy_revisions(void **state)
{
	World *w = *state;
	LoadItem *loaded, *open, *now;

	open_loader(w, 2, NULL);
	w->loader->class->revise(w->loader, "k", 2);
	loaded = add_earlier(w, "a.csv", 0);
	open = add_earlier(w, "b.csv", 0);
	now = add(w, "r2/c.csv", 0);
	w->history = HISTORY("1", "[\"a.csv\",\"s3://lake/out/\",\"Loaded\",\"5\",null,null,\"1\"]");
	w->copy = COPIED("1", "[\"s3://lake/out/r2/c.csv\",\"LOADED\",\"5\",null,null]");
	must_call(w, "history\ncopy 1\n");
	must_be(loaded, LOAD_LOADED, 5, NULL);
	must_be(open, LOAD_UNKNOWN, 0, "it is of revision 1, and COPY has the columns of revision 2");
	must_be(now, LOAD_LOADED, 5, NULL);
}

static void
test_copy_trouble(void **state)
{
	World *w = *state;
	LoadItem *a;
	bool absent;

	open_loader(w, 2, NULL);
	w->refused = 422;
	assert_false(w->loader->class->begin(w->loader, &absent, &w->err));
	assert_false(absent);
	assert_string_equal(w->err.message, "table DB.SC.T (sink k): refused");
	assert_non_null(strstr(w->err.hint, "weir snowflake apply"));
	a = add(w, "a.csv", 0);
	assert_false(go_round(w));
	assert_string_equal(w->err.message, "table DB.SC.T (sink k): refused");
	must_be(a, LOAD_WAITING, 0, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, build, take_down)
		TEST(test_takes),
		TEST(test_not_needed),
		TEST(test_told_and_asked),
		TEST(test_told_again),
		TEST(test_many),
		TEST(test_silence),
		TEST(test_seldom),
		TEST(test_incomplete),
		TEST(test_earlier),
		TEST(test_old),
		TEST(test_own_and_old),
		TEST(test_known),
		TEST(test_known_long_ago),
		TEST(test_refused_history),
		TEST(test_earlier_under_way),
		TEST(test_gets_old),
		TEST(test_lost_long_ago),
		TEST(test_copy_lost_long_ago),
		TEST(test_future),
		TEST(test_ahead),
		TEST(test_unmatched),
		TEST(test_order),
		TEST(test_revisions),
		TEST(test_trouble),
		TEST(test_begin),
		TEST(test_copy),
		TEST(test_copy_text),
		TEST(test_copy_many),
		TEST(test_passed_over),
		TEST(test_slow_copy),
		TEST(test_copy_earlier),
		TEST(test_copy_ahead),
		TEST(test_copy_revisions),
		TEST(test_copy_trouble),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
