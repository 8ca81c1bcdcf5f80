/*
 * executor_state: random jobs through real pipelines, against a naive recount.
 *
 * A job has three sinks over one stream: windows by a text key; windows by a numeric key (equal values that
 * print differently) with a sum of doubles and distinct counts; and a result without window. Epochs are
 * filled by several workers in random order, reduced by threads, saved unit by unit, and at random moments
 * everything is thrown away and restored with another number of workers. Every row must be counted once, late
 * ones as late.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>
#include <errno.h>
#include <pthread.h>

#include "common/hash.h"
#include "common/random.h"
#include "common/types/calendar.h"
#include "common/types/numeric.h"
#include "common/types/text.h"
#include "executor/op_aggregate.h"
#include "executor/state.h"
#include "tests/unit/aggregate_fixture.h"

enum
{
	PARTITIONS = 5,
	MAX_WORKERS = 4,
	SINK_TEXT = 0,
	SINK_NUMERIC = 1,
	SINK_TOTAL = 2,
	SINKS = 3
};

/* ---- input ---- */

typedef struct Row
{
	int64_t time;
	char key[32];
	Numeric number; /* key of SINK_NUMERIC */
	int64_t cents;  /* summed as numeric(…,2) */
	bool cents_null;
	double real;
	int64_t user;
	bool user_null;
	int32_t partition;
} Row;

enum
{
	FIELD_TIME,
	FIELD_KEY,
	FIELD_NUMBER,
	FIELD_CENTS,
	FIELD_REAL,
	FIELD_USER,
	FIELDS
};

static const TypeId field_types[FIELDS] = {TYPE_TIMESTAMPTZ, TYPE_TEXT,   TYPE_NUMERIC,
										   TYPE_NUMERIC,     TYPE_DOUBLE, TYPE_BIGINT};

static bool
test_decoder_open(const DecoderOpen *open UNUSED, Decoder **out, Error *err UNUSED)
{
	extern const FormatClass test_format;

	*out = mem_alloc_zero(sizeof **out);
	(*out)->class = &test_format;
	return true;
}

/* A message's native pointer is its Row. */
static void
test_decode(Decoder *decoder UNUSED, const Message *messages, uint32_t n, int32_t partition, Batch *out,
			DecodeResult *result)
{
	*result = (DecodeResult){0};
	out->n = n;
	out->messages = messages;
	out->partition = partition;
	for (uint32_t c = 0; c < FIELDS; c++)
		out->columns[c].validity = NULL;
	for (uint32_t i = 0; i < n; i++)
	{
		const Row *row = messages[i].native;
		Datum values[FIELDS] = {
			{TYPE_TIMESTAMPTZ, false, {.i64 = row->time}},
			{TYPE_TEXT, row->key[0] == '\0', {.text = text_make(row->key, strlen(row->key))}},
			{TYPE_NUMERIC, false, {.numeric = row->number}},
			{TYPE_NUMERIC, row->cents_null, {.numeric = numeric_small(row->cents, 2)}},
			{TYPE_DOUBLE, false, {.f64 = row->real}},
			{TYPE_BIGINT, row->user_null, {.i64 = row->user}},
		};

		out->message_index[i] = i;
		for (uint32_t c = 0; c < FIELDS; c++)
			column_set(&out->columns[c], i, &values[c]);
	}
}

static void
test_decoder_close(Decoder *decoder)
{
	mem_free(decoder);
}

extern const FormatClass test_format;
const FormatClass test_format = {
	.info = {.name = "rows", .kind = 0},
	.open = test_decoder_open,
	.decode = test_decode,
	.close = test_decoder_close,
};

/* ---- the job's plan ---- */

typedef struct Job
{
	Fixture fixture;
	JobPlan plan;
	StreamDef stream;
	ScanPlan scan;
	PlanNode *scan_node;
	SinkPlan sinks[SINKS];
	WindowPlan windows[SINKS];
} Job;

static void
add_sink(Job *job, int index, const char *name, WindowPlan *window)
{
	Fixture *f = &job->fixture;
	SinkPlan *sink = &job->sinks[index];

	f->window = window;
	*sink = (SinkPlan){.index = index,
					   .name = name,
					   .input = fixture_node(f, job->scan_node),
					   .on_error = ON_ERROR_SKIP,
					   .late_rows = LATE_COUNT};
	sink->aggregate = sink->input;
	sink->visible_count = sink->input->column_count;
	/* The node keeps its own keys and calls; the next sink has others. */
	sink->input->aggregate.keys =
		memcpy(ARENA_ARRAY(&f->arena, Expr *, FIXTURE_MAX), f->keys, sizeof f->keys);
	sink->input->aggregate.calls =
		memcpy(ARENA_ARRAY(&f->arena, AggregateCall, FIXTURE_MAX), f->calls, sizeof f->calls);
	f->key_count = f->call_count = 0;
	job->plan.sinks[job->plan.sink_count++] = sink;
}

static void
add_sinks(Job *job)
{
	Fixture *f = &job->fixture;

	fixture_key(f, FIELD_KEY);
	fixture_call(f, AGGREGATE_COUNT_STAR, false, -1, -1);
	fixture_call(f, AGGREGATE_SUM_NUMERIC, false, FIELD_CENTS, -1);
	fixture_call(f, AGGREGATE_COUNT, true, FIELD_USER, -1);
	fixture_call(f, AGGREGATE_MAX_NUMERIC, false, FIELD_CENTS, -1);
	fixture_call(f, AGGREGATE_MIN_TEXT, false, FIELD_KEY, -1);
	add_sink(job, SINK_TEXT, "by_text", &job->windows[SINK_TEXT]);
	fixture_key(f, FIELD_NUMBER);
	fixture_call(f, AGGREGATE_SUM_DOUBLE, false, FIELD_REAL, -1);
	fixture_call(f, AGGREGATE_COUNT_STAR, false, -1, -1);
	fixture_call(f, AGGREGATE_SUM_BIGINT, true, FIELD_USER, -1);
	add_sink(job, SINK_NUMERIC, "by_number", &job->windows[SINK_NUMERIC]);
	fixture_call(f, AGGREGATE_COUNT_STAR, false, -1, -1);
	fixture_call(f, AGGREGATE_MIN_BIGINT, false, FIELD_USER, -1);
	add_sink(job, SINK_TOTAL, "total", NULL);
}

static void
job_init(Job *job)
{
	Fixture *f;

	memset(job, 0, sizeof *job);
	f = &job->fixture;
	fixture_init(f);
	for (int c = 0; c < FIELDS; c++)
		f->types[c] = field_types[c];
	f->column_count = FIELDS;
	job->stream = (StreamDef){.name = "s", .time_column = FIELD_TIME, .format = &test_format.info};
	job->scan = (ScanPlan){.stream = &job->stream, .field_count = FIELDS, .time_column = FIELD_TIME};
	job->scan.fields = ARENA_ARRAY_ZERO(&f->arena, DecodeField, FIELDS);
	for (int c = 0; c < FIELDS; c++)
		job->scan.fields[c] = (DecodeField){.name = "f", .type = {field_types[c], NO_MODIFIER}};
	job->scan_node = ARENA_NEW(&f->arena, PlanNode);
	job->scan_node->kind = NODE_SCAN;
	job->scan_node->scan = &job->scan;
	job->scan_node->column_count = FIELDS;
	job->scan_node->columns = fixture_result_columns(f, field_types, FIELDS);
	job->windows[SINK_TEXT] = (WindowPlan){
		.time_column = FIELD_TIME, .size = 10 * MICROS_PER_SECOND, .offset = 3 * MICROS_PER_SECOND};
	job->windows[SINK_NUMERIC] = (WindowPlan){.time_column = FIELD_TIME, .size = 7 * MICROS_PER_SECOND};
	job->plan.scan_count = 1;
	job->plan.scans = ARENA_ARRAY_ZERO(&f->arena, ScanPlan *, 1);
	job->plan.scans[0] = &job->scan;
	job->plan.sinks = ARENA_ARRAY_ZERO(&f->arena, SinkPlan *, SINKS);
	add_sinks(job);
}

/* ---- the naive recount ---- */

typedef struct Sum
{
	double value;
	bool any;
} Sum;

typedef struct Expected
{
	int sink;
	int64_t window;
	char key[64];   /* identity */
	char shown[64]; /* printed key */
	int32_t shown_partition;
	int64_t count;
	int64_t cents, max_cents;
	bool any_cents;
	int64_t *users;
	size_t user_count, user_capacity;
	Sum partition[PARTITIONS]; /* earlier epochs */
	Sum epoch[PARTITIONS];     /* this epoch */
} Expected;

typedef struct Recount
{
	Expected *groups;
	size_t count, capacity;
	uint64_t used[SINKS], late[SINKS];
} Recount;

static Expected *
expect_group(Recount *r, int sink, int64_t window, const char *key)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->groups[i].sink == sink && r->groups[i].window == window && strcmp(r->groups[i].key, key) == 0)
			return &r->groups[i];
	mem_grow(&r->groups, &r->capacity, r->count, sizeof *r->groups);
	r->groups[r->count] = (Expected){.sink = sink, .window = window, .shown_partition = INT32_MAX};
	snprintf(r->groups[r->count].key, sizeof r->groups[r->count].key, "%s", key);
	return &r->groups[r->count++];
}

static void
expect_user(Expected *e, const Row *row)
{
	if (row->user_null)
		return;
	for (size_t i = 0; i < e->user_count; i++)
		if (e->users[i] == row->user)
			return;
	mem_grow(&e->users, &e->user_capacity, e->user_count, sizeof *e->users);
	e->users[e->user_count++] = row->user;
}

static void
add(Sum *sum, double value)
{
	sum->value = sum->any ? sum->value + value : value;
	sum->any = true;
}

static void
expect_in_group(Expected *e, const Row *row, const char *shown)
{
	e->count++;
	if (row->partition < e->shown_partition)
	{
		snprintf(e->shown, sizeof e->shown, "%s", shown);
		e->shown_partition = row->partition;
	}
	if (!row->cents_null)
	{
		e->max_cents = e->any_cents ? Max(e->max_cents, row->cents) : row->cents;
		e->cents += row->cents;
		e->any_cents = true;
	}
	expect_user(e, row);
	add(&e->epoch[row->partition], row->real);
}

static int64_t
window_start(const WindowPlan *window, int64_t time)
{
	int64_t epoch_1970 = -(int64_t)CALENDAR_UNIX_EPOCH_DAYS * MICROS_PER_DAY;

	return time - floor_mod(time - epoch_1970 - window->offset, window->size);
}

static void
expect_row(Recount *r, const Job *job, const Row *row, int64_t watermark)
{
	StrBuf shown = {0};
	char identity[64];

	numeric_print(row->number, &shown);
	/* Numbers are tenths with one to three digits after the point. */
	snprintf(identity, sizeof identity, "%.1f", atof(str_cstr(&shown)));
	for (int s = 0; s < SINKS; s++)
	{
		const WindowPlan *window = job->sinks[s].aggregate->aggregate.window;
		int64_t start = window ? window_start(window, row->time) : INT64_MIN;
		const char *key = s == SINK_TEXT ? row->key : (s == SINK_NUMERIC ? identity : "");

		if (window != NULL && start + window->size <= watermark)
		{
			r->late[s]++;
			continue;
		}
		r->used[s]++;
		expect_in_group(expect_group(r, s, start, key), row, s == SINK_NUMERIC ? str_cstr(&shown) : key);
	}
	str_free(&shown);
}

static void
expect_cut(Recount *r)
{
	for (size_t i = 0; i < r->count; i++)
		for (int p = 0; p < PARTITIONS; p++)
		{
			if (r->groups[i].epoch[p].any)
				add(&r->groups[i].partition[p], r->groups[i].epoch[p].value);
			r->groups[i].epoch[p] = (Sum){0};
		}
}

static void
print_cents(int64_t cents, StrBuf *out)
{
	numeric_print(numeric_small(cents, 2), out);
}

static void
print_expected(const Expected *e, const Job *job, StrBuf *out)
{
	const WindowPlan *window = job->sinks[e->sink].aggregate->aggregate.window;
	const TypeClass *timestamptz = type_class(TYPE_TIMESTAMPTZ);
	int64_t end, users = 0, least = INT64_MAX;
	Sum sum = {0};

	for (size_t i = 0; i < e->user_count; i++)
	{
		users += e->users[i];
		least = Min(least, e->users[i]);
	}
	if (window != NULL)
	{
		end = e->window + window->size;
		timestamptz->print(&e->window, &job->fixture.context, out);
		str_append_char(out, '|');
		timestamptz->print(&end, &job->fixture.context, out);
		str_appendf(out, "|%s|", e->shown[0] == '\0' ? "NULL" : e->shown);
	}
	if (e->sink == SINK_TEXT)
	{
		str_appendf(out, "%" PRId64 "|", e->count);
		if (e->any_cents)
			print_cents(e->cents, out);
		str_appendf(out, "%s|%zu|", e->any_cents ? "" : "NULL", e->user_count);
		if (e->any_cents)
			print_cents(e->max_cents, out);
		str_appendf(out, "%s|%s", e->any_cents ? "" : "NULL", e->shown[0] == '\0' ? "NULL" : e->shown);
	}
	else if (e->sink == SINK_NUMERIC)
	{
		for (int p = 0; p < PARTITIONS; p++)
			if (e->partition[p].any)
				add(&sum, e->partition[p].value);
		type_class(TYPE_DOUBLE)->print(&sum.value, &job->fixture.context, out);
		str_appendf(out, "|%" PRId64 "|", e->count);
		if (e->user_count > 0)
			str_appendf(out, "%" PRId64, users);
		else
			str_append_cstr(out, "NULL");
	}
	else if (e->user_count > 0)
		str_appendf(out, "%" PRId64 "|%" PRId64, e->count, least);
	else
		str_appendf(out, "%" PRId64 "|NULL", e->count);
}

static void
free_recount(Recount *r)
{
	for (size_t i = 0; i < r->count; i++)
		mem_free(r->groups[i].users);
	mem_free(r->groups);
}

/* ---- saved state: what manifests and packs would hold ---- */

typedef struct SavedUnit
{
	StateUnit unit;
	StrBuf pieces[64];
	size_t piece_count;
} SavedUnit;

typedef struct Disk
{
	SavedUnit *units;
	size_t count, capacity;
	size_t whole, partial, gone;
} Disk;

static SavedUnit *
disk_unit(Disk *disk, const StateUnit *unit)
{
	for (size_t i = 0; i < disk->count; i++)
		if (memcmp(&disk->units[i].unit, unit, sizeof *unit) == 0)
			return &disk->units[i];
	return NULL;
}

static void
forget_pieces(SavedUnit *saved)
{
	for (size_t i = 0; i < saved->piece_count; i++)
		str_free(&saved->pieces[i]);
	saved->piece_count = 0;
}

static bool
save_unit(void *context, const StateUnit *given, StateChange change, StrView bytes, Error *err UNUSED)
{
	Disk *disk = context;
	StateUnit unit;
	SavedUnit *saved;

	memset(&unit, 0, sizeof unit); /* padding too */
	unit.sink = given->sink;
	unit.bucket = given->bucket;
	unit.pane = given->pane;
	saved = disk_unit(disk, &unit);
	if (change == STATE_GONE)
	{
		assert_non_null(saved);
		disk->gone++;
		forget_pieces(saved);
		*saved = disk->units[--disk->count];
		return true;
	}
	if (saved == NULL)
	{
		assert_int_equal(change, STATE_WHOLE);
		mem_grow(&disk->units, &disk->capacity, disk->count, sizeof *disk->units);
		saved = &disk->units[disk->count++];
		*saved = (SavedUnit){0};
		saved->unit = unit;
	}
	if (change == STATE_WHOLE)
		forget_pieces(saved);
	*(change == STATE_WHOLE ? &disk->whole : &disk->partial) += 1;
	assert_true(saved->piece_count < lengthof(saved->pieces));
	str_append_view(&saved->pieces[saved->piece_count++], bytes);
	return true;
}

static void
disk_free(Disk *disk)
{
	for (size_t i = 0; i < disk->count; i++)
		forget_pieces(&disk->units[i]);
	mem_free(disk->units);
	*disk = (Disk){0};
}

/* ---- a running job ---- */

typedef struct Run
{
	Job *job;
	Random *random;
	int workers;
	bool spill; /* every pane goes to disk after each reduce */
	JobState *state;
	Pipeline *pipelines[MAX_WORKERS];
	Ledger ledger;
	int64_t watermark;
	int64_t closed_ends[SINKS];
	RowReceiver receiver;
	pthread_mutex_t lock;
	StrBuf *rows; /* emitted, one text per row */
	size_t row_count, row_capacity;
} Run;

/* Called by the threads of REDUCE. */
static bool
take_rows(void *context, const Batch *batch)
{
	Run *run = context;

	pthread_mutex_lock(&run->lock);
	batch_check(batch);
	for (uint32_t i = 0; i < batch->n; i++)
	{
		mem_grow(&run->rows, &run->row_capacity, run->row_count, sizeof *run->rows);
		run->rows[run->row_count] = (StrBuf){0};
		for (uint32_t c = 0; c < batch->column_count; c++)
		{
			Datum value = column_get(&batch->columns[c], i);

			if (value.isnull)
				str_append_cstr(&run->rows[run->row_count], "NULL");
			else
				type_class(value.type)
					->print(datum_pointer(&value), &run->job->fixture.context, &run->rows[run->row_count]);
			if (c + 1 < batch->column_count)
				str_append_char(&run->rows[run->row_count], '|');
		}
		run->row_count++;
	}
	pthread_mutex_unlock(&run->lock);
	return true;
}

static void
open_run(Run *run, int workers)
{
	run->workers = workers;
	run->receiver = (RowReceiver){run, take_rows};
	run->state = job_state_open(&run->job->plan, &run->job->fixture.settings, &system_fs);
	if (run->spill)
		run->state->spill_above = run->state->spill_least = 0;
	for (int w = 0; w < workers; w++)
	{
		PipelineOpen open = {
			.plan = &run->job->plan,
			.settings = &run->job->fixture.settings,
			.context = &run->job->fixture.context,
			.worker = w,
			.receiver = &run->receiver,
			.state = run->state,
			.ledger = &run->ledger,
		};
		Error err = {0};

		assert_true(pipeline_open(&open, &run->pipelines[w], &err));
	}
}

static void
close_run(Run *run)
{
	for (int w = 0; w < run->workers; w++)
		pipeline_close(run->pipelines[w]);
	job_state_close(run->state);
}

static void
init_run(Run *run, Job *job, Random *random, int workers, bool spill)
{
	*run = (Run){.job = job, .random = random, .spill = spill, .watermark = INT64_MIN};
	for (int s = 0; s < SINKS; s++)
		run->closed_ends[s] = INT64_MIN;
	pthread_mutex_init(&run->lock, NULL);
	ledger_init(&run->ledger, 1, SINKS);
	ledger_set_partitions(&run->ledger, 0, PARTITIONS);
	open_run(run, workers);
}

static void
free_run(Run *run)
{
	for (size_t i = 0; i < run->row_count; i++)
		str_free(&run->rows[i]);
	mem_free(run->rows);
	ledger_free(&run->ledger);
	pthread_mutex_destroy(&run->lock);
}

/* Fills an epoch: the rows of each partition in order, in random pieces, partitions interleaved at random. */
static void
fill(Run *run, const Row *rows, size_t count)
{
	EpochStart start = {.clock = INT64_MIN, .watermarks = &run->watermark, .closed_ends = run->closed_ends};
	Message *messages = mem_alloc(count * sizeof *messages);
	size_t begin[PARTITIONS + 1] = {0}, next[PARTITIONS], n = 0, left = count;
	Error err = {0};
	bool stopped;

	for (int w = 0; w < run->workers; w++)
		pipeline_begin(run->pipelines[w], &start);
	for (int p = 0; p < PARTITIONS; p++)
	{
		next[p] = begin[p] = n;
		for (size_t i = 0; i < count; i++)
			if (rows[i].partition == p)
				messages[n++] = (Message){.value = "", .offset = (int64_t)i, .native = (void *)&rows[i]};
		begin[p + 1] = n;
	}
	while (left > 0)
	{
		int p = (int)random_below(run->random, PARTITIONS);
		size_t rest = begin[p + 1] - next[p];
		uint64_t piece = 1 + random_below(run->random, 300);
		uint32_t take = (uint32_t)Min(rest, piece);

		if (rest == 0)
			continue;
		assert_true(
			pipeline_push(run->pipelines[p % run->workers], 0, p, messages + next[p], take, &stopped, &err));
		next[p] += take;
		left -= take;
	}
	mem_free(messages);
}

typedef struct Turn
{
	Run *run;
	const CutPlan *cut;
	int worker;
	int64_t closed_ends[SINKS];
} Turn;

static void *
reduce_turn(void *context)
{
	Turn *turn = context;
	Run *run = turn->run;
	Error err = {0};

	for (int b = turn->worker; b < STATE_BUCKETS; b += run->workers)
		assert_true(job_state_reduce(run->state, b, turn->cut, run->pipelines, run->workers,
									 run->pipelines[turn->worker], turn->closed_ends, &err));
	return NULL;
}

static void *
split_turn(void *context)
{
	Turn *turn = context;

	job_state_split(turn->run->state, turn->run->pipelines[turn->worker]);
	return NULL;
}

static void
run_turns(Turn *turns, int count, void *(*function)(void *))
{
	pthread_t threads[MAX_WORKERS];

	for (int w = 1; w < count; w++)
		assert_int_equal(pthread_create(&threads[w], NULL, function, &turns[w]), 0);
	function(&turns[0]);
	for (int w = 1; w < count; w++)
		pthread_join(threads[w], NULL);
}

static void
assert_spilled(const Run *run)
{
	for (int s = 0; s < SINKS; s++)
		for (int b = 0; b < STATE_BUCKETS; b++)
			for (size_t p = 0; p < run->state->sinks[s].buckets[b].count; p++)
				assert_true(run->state->sinks[s].buckets[b].panes[p]->spilled);
}

static void
cut(Run *run, int64_t watermark, bool close_all, Disk *disk)
{
	int64_t watermarks[SINKS] = {watermark, watermark, watermark};
	CutPlan plan = {.watermarks = watermarks, .close_all = close_all};
	Turn turns[MAX_WORKERS] = {0};
	Error err = {0};

	for (int w = 0; w < run->workers; w++)
	{
		turns[w] = (Turn){.run = run, .cut = &plan, .worker = w};
		memcpy(turns[w].closed_ends, run->closed_ends, sizeof run->closed_ends);
	}
	run_turns(turns, run->workers, split_turn);
	run_turns(turns, run->workers, reduce_turn);
	for (int w = 0; w < run->workers; w++)
		for (int s = 0; s < SINKS; s++)
			run->closed_ends[s] = Max(run->closed_ends[s], turns[w].closed_ends[s]);
	run->watermark = watermark;
	if (run->spill)
		assert_spilled(run);
	for (int b = 0; b < STATE_BUCKETS; b++)
		assert_true(job_state_changes(run->state, b, false, save_unit, disk, &err));
}

static void
restore(Run *run, const Disk *disk)
{
	Error err = {0};

	for (size_t i = 0; i < disk->count; i++)
		for (size_t p = 0; p < disk->units[i].piece_count; p++)
			if (!job_state_restore(run->state, &disk->units[i].unit, str_view(&disk->units[i].pieces[p]),
								   &err))
				fail_msg("%s (%s)", err.message, err.detail);
}

/* All units whole. */
static void
dump(Run *run, Disk *disk)
{
	Error err = {0};

	for (int b = 0; b < STATE_BUCKETS; b++)
		assert_true(job_state_changes(run->state, b, true, save_unit, disk, &err));
}

static void
assert_same_disk(Disk *a, Disk *b)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++)
	{
		SavedUnit *other = disk_unit(b, &a->units[i].unit);

		assert_non_null(other);
		assert_int_equal(a->units[i].piece_count, 1);
		assert_true(str_equal(str_view(&a->units[i].pieces[0]), str_view(&other->pieces[0])));
	}
}

/* Throws everything away and starts again from the disk: the state is the same, to the byte. */
static void
restart(Run *run, const Disk *disk, int workers)
{
	Disk before = {0}, after = {0};
	uint64_t groups[SINKS], windows[SINKS];
	size_t bytes;

	for (int s = 0; s < SINKS; s++)
		job_state_totals(run->state, s, &groups[s], &windows[s], &bytes);
	dump(run, &before);
	close_run(run);
	open_run(run, workers);
	restore(run, disk);
	for (int s = 0; s < SINKS; s++)
	{
		uint64_t groups_after, windows_after;

		job_state_totals(run->state, s, &groups_after, &windows_after, &bytes);
		assert_int_equal(groups_after, groups[s]);
		assert_int_equal(windows_after, windows[s]);
	}
	dump(run, &after);
	assert_same_disk(&before, &after);
	disk_free(&before);
	disk_free(&after);
}

/* ---- random jobs ---- */

static int64_t
base_time(void)
{
	/* Windows lie on both sides of 1970-01-01. */
	return -(int64_t)CALENDAR_UNIX_EPOCH_DAYS * MICROS_PER_DAY - 40 * MICROS_PER_SECOND;
}

static Row
random_row(Random *random, int64_t now, uint64_t keys)
{
	static const uint64_t powers[] = {1, 10, 100};
	int scale = (int)random_below(random, 3);
	Row row = {
		.time = now + (int64_t)random_below(random, 24 * MICROS_PER_SECOND) - 20 * MICROS_PER_SECOND,
		.number = numeric_small((int128)(random_below(random, 6) * powers[scale]), scale + 1),
		.cents = (int64_t)random_below(random, 2000000) - 1000000,
		.cents_null = random_below(random, 10) == 0,
		.real = random_unit(random) * (random_below(random, 2) ? 1e10 : 1e-5),
		.user = (int64_t)random_below(random, 30),
		.user_null = random_below(random, 20) == 0,
		.partition = (int32_t)random_below(random, PARTITIONS),
	};
	uint64_t key = random_below(random, keys);

	if (key > 0)
		snprintf(row.key, sizeof row.key, key % 2 ? "k%" PRIu64 : "a longer key %" PRIu64, key);
	return row;
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(str_cstr(a), str_cstr(b));
}

static void
assert_rows(Run *run, const Recount *recount)
{
	StrBuf *expected = mem_alloc_zero((recount->count + 1) * sizeof *expected);

	for (size_t i = 0; i < recount->count; i++)
		print_expected(&recount->groups[i], run->job, &expected[i]);
	qsort(expected, recount->count, sizeof *expected, compare_texts);
	qsort(run->rows, run->row_count, sizeof *run->rows, compare_texts);
	for (size_t i = 0; i < Min(recount->count, run->row_count); i++)
		assert_string_equal(str_cstr(&run->rows[i]), str_cstr(&expected[i]));
	assert_int_equal(run->row_count, recount->count);
	for (size_t i = 0; i < recount->count; i++)
		str_free(&expected[i]);
	mem_free(expected);
}

static void
assert_ledger(const Run *run, const Recount *recount)
{
	SinkCounts totals[SINKS] = {0};
	uint64_t decoded = 0;

	for (int p = 0; p < PARTITIONS; p++)
	{
		decoded += run->ledger.scans[0].partitions[p].decoded;
		for (int s = 0; s < SINKS; s++)
		{
			totals[s].used += run->ledger.scans[0].partitions[p].sinks[s].used;
			totals[s].late += run->ledger.scans[0].partitions[p].sinks[s].late;
			totals[s].filtered += run->ledger.scans[0].partitions[p].sinks[s].filtered;
		}
	}
	for (int s = 0; s < SINKS; s++)
	{
		assert_int_equal(totals[s].used, recount->used[s]);
		assert_int_equal(totals[s].late, recount->late[s]);
		assert_int_equal(totals[s].filtered, 0);
		assert_int_equal(totals[s].used + totals[s].late, decoded);
	}
}

static void
run_random_job(uint64_t seed, int epochs, size_t rows_per_epoch, uint64_t keys, bool spill)
{
	RandomSeeded seeded;
	Random *random = &seeded.random;
	Job job;
	Run run;
	Recount recount = {0};
	Disk disk = {0};
	int64_t now = base_time(), watermark = INT64_MIN;
	Row *rows = mem_alloc(rows_per_epoch * sizeof *rows);

	random_seeded_init(&seeded, seed);
	job_init(&job);
	init_run(&run, &job, random, 1 + (int)random_below(random, MAX_WORKERS), spill);
	for (int e = 0; e < epochs; e++)
	{
		size_t count = random_below(random, 8) == 0 ? 0 : rows_per_epoch;

		for (size_t i = 0; i < count; i++)
		{
			rows[i] = random_row(random, now, keys);
			expect_row(&recount, &job, &rows[i], watermark);
			now += (int64_t)random_below(random, 2 * 20 * MICROS_PER_SECOND / rows_per_epoch);
		}
		fill(&run, rows, count);
		expect_cut(&recount);
		if (random_below(random, 5) != 0)
			watermark = Max(watermark, now - 8 * MICROS_PER_SECOND);
		cut(&run, watermark, e == epochs - 1, &disk);
		if (e < epochs - 1 && random_below(random, 3) == 0)
			restart(&run, &disk, 1 + (int)random_below(random, MAX_WORKERS));
	}
	assert_rows(&run, &recount);
	assert_ledger(&run, &recount);
	assert_true(recount.late[SINK_TEXT] > 0);
	assert_int_equal(run.closed_ends[SINK_TOTAL], INT64_MAX);
	assert_int_equal(job_state_memory(run.state), 0);
	assert_int_equal(disk.count, 0); /* everything that was saved is closed */
	assert_true(disk.whole > 0 && disk.partial > 0 && disk.gone > 0);
	close_run(&run);
	free_run(&run);
	free_recount(&recount);
	disk_free(&disk);
	mem_free(rows);
	fixture_free(&job.fixture);
}

static void
random_jobs_count_every_row_once(void **state UNUSED)
{
	for (uint64_t seed = 1; seed <= 12; seed++)
		run_random_job(seed, 25, 400, 12, seed % 3 == 0);
}

static void
random_jobs_with_many_groups(void **state UNUSED)
{
	for (uint64_t seed = 100; seed <= 101; seed++)
		run_random_job(seed, 12, 3000, 2000, seed % 2 == 0);
}

/* ---- single cases ---- */

typedef struct Single
{
	RandomSeeded seeded;
	Job job;
	Run run;
	Disk disk;
} Single;

static void
single_init(Single *s, int workers)
{
	*s = (Single){0};
	random_seeded_init(&s->seeded, 7);
	job_init(&s->job);
	init_run(&s->run, &s->job, &s->seeded.random, workers, false);
}

static void
single_free(Single *s)
{
	close_run(&s->run);
	free_run(&s->run);
	disk_free(&s->disk);
	fixture_free(&s->job.fixture);
}

/* A batch without input: windows give nothing, the result without GROUP BY one row; only once. */
static void
empty_batch_gives_the_total_once(void **state UNUSED)
{
	Single s;

	single_init(&s, 2);
	fill(&s.run, NULL, 0);
	cut(&s.run, INT64_MIN, true, &s.disk);
	assert_int_equal(s.run.row_count, 1);
	assert_string_equal(str_cstr(&s.run.rows[0]), "0|NULL");
	assert_int_equal(s.run.closed_ends[SINK_TOTAL], INT64_MAX);
	assert_int_equal(s.run.closed_ends[SINK_TEXT], INT64_MIN);
	restart(&s.run, &s.disk, 1);
	fill(&s.run, NULL, 0);
	cut(&s.run, INT64_MIN, true, &s.disk);
	assert_int_equal(s.run.row_count, 1);
	single_free(&s);
}

/* The window [13, 23) s closes when the watermark reaches 23 s, not a microsecond before. */
static void
a_window_closes_at_its_end(void **state UNUSED)
{
	int64_t second = MICROS_PER_SECOND, zero = -(int64_t)CALENDAR_UNIX_EPOCH_DAYS * MICROS_PER_DAY;
	Row row = {.time = zero + 22 * second, .key = "x"};
	Single s;

	single_init(&s, 1);
	fill(&s.run, &row, 1);
	cut(&s.run, zero + 23 * second - 1, false, &s.disk);
	assert_int_equal(s.run.closed_ends[SINK_TEXT], INT64_MIN);
	fill(&s.run, &row, 1); /* not late: the window is open */
	assert_int_equal(job_state_closed_windows(s.run.state, SINK_TEXT), 0);
	cut(&s.run, zero + 23 * second, false, &s.disk);
	assert_int_equal(s.run.closed_ends[SINK_TEXT], zero + 23 * second);
	assert_int_equal(job_state_closed_windows(s.run.state, SINK_TEXT), 1);
	assert_int_equal(job_state_closed_windows(s.run.state, SINK_TOTAL), 0);
	qsort(s.run.rows, s.run.row_count, sizeof *s.run.rows, compare_texts);
	assert_string_equal(str_cstr(&s.run.rows[s.run.row_count - 1]),
						"1970-01-01 00:00:13+00|1970-01-01 00:00:23+00|x|2|0.00|1|0.00|x");
	fill(&s.run, &row, 1);
	assert_int_equal(s.run.ledger.scans[0].partitions[0].sinks[SINK_TEXT].late, 1);
	cut(&s.run, zero + 23 * second, false, &s.disk);
	single_free(&s);
}

/* A run goes on after a batch that closed windows beyond its watermark: their rows are late. */
static void
closed_ends_make_rows_late(void **state UNUSED)
{
	Row row = {.time = 5 * MICROS_PER_SECOND, .key = "x"};
	Single s;

	single_init(&s, 1);
	fill(&s.run, &row, 1);
	cut(&s.run, INT64_MIN, true, &s.disk);
	assert_int_equal(s.run.row_count, 3);
	fill(&s.run, &row, 1);
	for (int k = 0; k < SINKS; k++)
		assert_int_equal(s.run.ledger.scans[0].partitions[0].sinks[k].late, 1);
	cut(&s.run, INT64_MIN, true, &s.disk);
	assert_int_equal(s.run.row_count, 3);
	single_free(&s);
}

/* The sum of doubles overflows: the group is left out (on_error = 'skip'), others come. */
static void
a_group_without_result_is_left_out(void **state UNUSED)
{
	Row rows[3] = {{.time = 0, .key = "x", .number = {.small = 1}, .real = 1e308},
				   {.time = 0, .key = "x", .number = {.small = 1}, .real = 1e308},
				   {.time = 0, .key = "x", .number = {.small = 2}, .real = 1e308}};
	Single s;

	single_init(&s, 1);
	fill(&s.run, rows, 3);
	cut(&s.run, INT64_MIN, true, &s.disk);
	qsort(s.run.rows, s.run.row_count, sizeof *s.run.rows, compare_texts);
	assert_int_equal(s.run.row_count, 3);
	assert_string_equal(str_cstr(&s.run.rows[2]), "3|0");
	assert_string_equal(str_cstr(&s.run.rows[1]),
						"1999-12-31 23:59:55+00|2000-01-01 00:00:02+00|2|1e+308|1|0");
	single_free(&s);
}

static void
a_group_without_result_can_stop_the_job(void **state UNUSED)
{
	Row rows[2] = {{.time = 0, .real = 1e308}, {.time = 0, .real = 1e308}};
	int64_t watermarks[SINKS] = {INT64_MIN, INT64_MIN, INT64_MIN}, closed[SINKS];
	CutPlan plan = {.watermarks = watermarks, .close_all = true};
	Error err = {0};
	Single s;
	bool ok = true;

	single_init(&s, 1);
	s.job.sinks[SINK_NUMERIC].on_error = ON_ERROR_STOP;
	close_run(&s.run);
	open_run(&s.run, 1);
	fill(&s.run, rows, 2);
	job_state_split(s.run.state, s.run.pipelines[0]);
	for (int b = 0; b < STATE_BUCKETS && ok; b++)
		ok = job_state_reduce(s.run.state, b, &plan, s.run.pipelines, 1, s.run.pipelines[0], closed, &err);
	assert_false(ok);
	assert_string_equal(err.message, "value out of range: overflow");
	assert_int_equal(err.state, SQLSTATE_NUMERIC_VALUE_OUT_OF_RANGE);
	error_clear(&err);
	single_free(&s);
}

static void
state_beyond_the_memory_limit_is_refused(void **state UNUSED)
{
	enum
	{
		COUNT = 20000
	};
	Row *rows = mem_alloc_zero(COUNT * sizeof *rows);
	int64_t watermarks[SINKS] = {INT64_MIN, INT64_MIN, INT64_MIN}, closed[SINKS];
	CutPlan plan = {.watermarks = watermarks};
	Error err = {0};
	Single s;
	bool ok = true;

	single_init(&s, 1);
	s.job.fixture.settings.memory_limit = 1 << 20;
	s.run.state->spill_least = SIZE_MAX;
	for (int i = 0; i < COUNT; i++)
		snprintf(rows[i].key, sizeof rows[i].key, "key number %d", i);
	fill(&s.run, rows, COUNT);
	job_state_split(s.run.state, s.run.pipelines[0]);
	for (int b = 0; b < STATE_BUCKETS && ok; b++)
		ok = job_state_reduce(s.run.state, b, &plan, s.run.pipelines, 1, s.run.pipelines[0], closed, &err);
	assert_false(ok);
	assert_int_equal(err.state, SQLSTATE_CONFIGURATION_LIMIT_EXCEEDED);
	assert_non_null(err.hint);
	error_clear(&err);
	mem_free(rows);
	single_free(&s);
}

static int64_t
full_disk_pwrite(const Fs *fs UNUSED, int fd UNUSED, const void *data UNUSED, size_t len UNUSED,
				 uint64_t offset UNUSED)
{
	return -ENOSPC;
}

/* A state that must spill and can't ends the job before anything is committed. */
static void
a_full_disk_is_an_error(void **state UNUSED)
{
	Row row = {.time = 0, .key = "x"};
	int64_t watermarks[SINKS] = {INT64_MIN, INT64_MIN, INT64_MIN}, closed[SINKS];
	CutPlan plan = {.watermarks = watermarks};
	Fs full = system_fs;
	Error err = {0};
	Single s;
	bool ok = true;

	full.pwrite = full_disk_pwrite;
	single_init(&s, 1);
	s.run.state->spill_above = s.run.state->spill_least = 0;
	s.run.state->spill.fs = &full;
	fill(&s.run, &row, 1);
	job_state_split(s.run.state, s.run.pipelines[0]);
	for (int b = 0; b < STATE_BUCKETS && ok; b++)
		ok = job_state_reduce(s.run.state, b, &plan, s.run.pipelines, 1, s.run.pipelines[0], closed, &err);
	assert_false(ok);
	assert_int_equal(err.state, SQLSTATE_DISK_FULL);
	error_clear(&err);
	single_free(&s);
}

/* Scratch memory is what the epoch's groups take, not what an earlier, larger epoch left reserved. */
static void
scratch_memory_starts_anew_with_each_epoch(void **state UNUSED)
{
	enum
	{
		COUNT = 20000
	};
	Row *rows = mem_alloc_zero(COUNT * sizeof *rows);
	size_t empty, full;
	Single s;

	single_init(&s, 1);
	empty = pipeline_memory(s.run.pipelines[0]);
	for (int i = 0; i < COUNT; i++)
		snprintf(rows[i].key, sizeof rows[i].key, "key number %d", i);
	fill(&s.run, rows, COUNT);
	full = pipeline_memory(s.run.pipelines[0]) - empty;
	/* Head, key, its bytes, states: well over 100 bytes for each group. */
	assert_true(full > COUNT * 100);
	cut(&s.run, INT64_MIN, true, &s.disk);
	fill(&s.run, rows, 1);
	assert_true(pipeline_memory(s.run.pipelines[0]) - empty < full / 2);
	mem_free(rows);
	single_free(&s);
}

/* ---- damaged bytes ---- */

static bool
try_restore(Job *job, const StateUnit *unit, const char *bytes, size_t len, Error *err)
{
	JobState *state = job_state_open(&job->plan, &job->fixture.settings, &system_fs);
	char *exact = memcpy(mem_alloc(len), bytes, len);
	bool ok = job_state_restore(state, unit, (StrView){exact, len}, err);

	mem_free(exact);
	job_state_close(state);
	return ok;
}

static void
assert_refused(Job *job, const StateUnit *unit, const char *bytes, size_t len)
{
	Error err = {0};

	assert_false(try_restore(job, unit, bytes, len, &err));
	assert_int_equal(err.state, SQLSTATE_DATA_CORRUPTED);
	error_clear(&err);
}

static void
put_checksum(StrBuf *bytes)
{
	uint64_t sum = hash_bytes(bytes->data, bytes->len - 8);

	for (int i = 0; i < 8; i++)
		bytes->data[bytes->len - 8 + (size_t)i] = (char)(sum >> (8 * i));
}

/* Any cut or flipped byte is noticed; with a checksum made to fit, nothing worse than an error happens. */
static void
damage(Single *s, const SavedUnit *saved)
{
	const StrBuf *piece = &saved->pieces[0];
	StrBuf bytes = {0};

	for (size_t len = 0; len < piece->len; len += 1 + len / 16)
		assert_refused(&s->job, &saved->unit, piece->data, len);
	for (size_t i = 0; i < piece->len; i++)
	{
		Error err = {0};

		str_clear(&bytes);
		str_append_view(&bytes, str_view(piece));
		bytes.data[i] = (char)(bytes.data[i] ^ (1 << random_below(&s->seeded.random, 8)));
		assert_refused(&s->job, &saved->unit, bytes.data, bytes.len);
		put_checksum(&bytes);
		if (!try_restore(&s->job, &saved->unit, bytes.data, bytes.len, &err))
			assert_int_equal(err.state, SQLSTATE_DATA_CORRUPTED);
		error_clear(&err);
	}
	for (size_t len = 8; len < piece->len; len++)
	{
		str_clear(&bytes);
		str_append(&bytes, piece->data, len);
		put_checksum(&bytes);
		assert_refused(&s->job, &saved->unit, bytes.data, bytes.len);
	}
	str_free(&bytes);
}

static void
damaged_state_is_refused(void **state UNUSED)
{
	Row rows[300];
	StateUnit unit = {0};
	Single s;

	single_init(&s, 1);
	for (size_t i = 0; i < lengthof(rows); i++)
		rows[i] = random_row(&s.seeded.random, 0, 5);
	fill(&s.run, rows, lengthof(rows));
	cut(&s.run, INT64_MIN, false, &s.disk);
	assert_true(s.disk.count > 10);
	for (size_t i = 0; i < s.disk.count; i++)
		damage(&s, &s.disk.units[i]);
	/* A unit that does not exist: another sink, bucket, or a pane that is no window's start. */
	unit = s.disk.units[0].unit;
	unit.sink = SINKS;
	assert_refused(&s.job, &unit, s.disk.units[0].pieces[0].data, s.disk.units[0].pieces[0].len);
	unit = s.disk.units[0].unit;
	unit.bucket = (unit.bucket + 1) % STATE_BUCKETS;
	assert_refused(&s.job, &unit, s.disk.units[0].pieces[0].data, s.disk.units[0].pieces[0].len);
	unit = s.disk.units[0].unit;
	unit.pane++;
	assert_refused(&s.job, &unit, s.disk.units[0].pieces[0].data, s.disk.units[0].pieces[0].len);
	single_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_jobs_count_every_row_once),
		cmocka_unit_test(random_jobs_with_many_groups),
		cmocka_unit_test(empty_batch_gives_the_total_once),
		cmocka_unit_test(a_window_closes_at_its_end),
		cmocka_unit_test(closed_ends_make_rows_late),
		cmocka_unit_test(a_group_without_result_is_left_out),
		cmocka_unit_test(a_group_without_result_can_stop_the_job),
		cmocka_unit_test(state_beyond_the_memory_limit_is_refused),
		cmocka_unit_test(a_full_disk_is_an_error),
		cmocka_unit_test(scratch_memory_starts_anew_with_each_epoch),
		cmocka_unit_test(damaged_state_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
