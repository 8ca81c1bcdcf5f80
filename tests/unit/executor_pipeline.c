/*
 * executor_pipeline: from messages to terminals: dead letters, tombstones, event time, generated columns, the
 * shared filter, failures per sink, joins that multiply rows, emitted groups; and that the ledger balances.
 *
 * The outputs are replaced here by functions that write down what they are told, one line each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "common/types/calendar.h"
#include "executor/operator.h"
#include "tests/unit/fake_source.h"

/* ---- outputs that write down ---- */

struct Outputs
{
	StrBuf rows; /* of sinks */
	StrBuf diverted;
};

static bool
note_rows(Outputs *outputs, const char *verb, int sink, const Batch *batch, const Column *partition_columns)
{
	StrBuf rows = {0};
	const char *line;

	print_batch(batch, &rows);
	line = str_cstr(&rows);
	for (uint32_t i = 0; i < batch->n; i++)
	{
		size_t len = strcspn(line, "\n");

		str_appendf(&outputs->rows, "%s %d: %.*s", verb, sink, (int)len, line);
		if (partition_columns != NULL && partition_columns[0].data != NULL)
		{
			Datum d = column_get(&partition_columns[0], i);

			str_appendf(&outputs->rows, " in %.*s", (int)d.value.text.len, d.value.text.data);
		}
		str_append_char(&outputs->rows, '\n');
		line += len + 1;
	}
	str_free(&rows);
	return true;
}

bool
outputs_append(Outputs *outputs, int worker UNUSED, int sink, const Batch *batch,
			   const Column *partition_columns, Error *err UNUSED)
{
	return note_rows(outputs, "append", sink, batch, partition_columns);
}

bool
outputs_collect(Outputs *outputs, int worker UNUSED, int sink, const Batch *batch,
				const Column *partition_columns, Error *err UNUSED)
{
	return note_rows(outputs, "collect", sink, batch, partition_columns);
}

/* Every row can be written: what can't is tested in whole jobs. */
uint32_t
outputs_check(Outputs *outputs UNUSED, int worker UNUSED, int sink UNUSED, const Batch *batch UNUSED,
			  const Column *partition_columns UNUSED, uint64_t *failed UNUSED)
{
	return 0;
}

void
outputs_explain(Outputs *outputs UNUSED, int worker UNUSED, int sink UNUSED, const Batch *batch UNUSED,
				const Column *partition_columns UNUSED, uint32_t row UNUSED, const char **field UNUSED,
				Error *err UNUSED)
{
	fail();
}

static bool
note_diversion(Outputs *outputs, const char *verb, const Diversion *d)
{
	StrBuf *out = &outputs->diverted;

	str_appendf(out, "%s sink %d", verb, d->sink);
	if (d->message != NULL)
		str_appendf(out, " %d/%d", d->partition, (int)d->message->offset);
	if (d->reason != NULL)
		str_appendf(out, " %s %s: %s", d->field ? d->field : "-", sqlstate_code(d->state), d->reason);
	if (d->group != NULL)
		str_appendf(out, " [%d, %d) %s", (int)d->window_start, (int)d->window_end, d->group);
	str_append_char(out, '\n');
	return true;
}

bool
outputs_late(Outputs *outputs, int worker UNUSED, const Diversion *d, Error *err UNUSED)
{
	return note_diversion(outputs, "late", d);
}

bool
outputs_dead_letter(Outputs *outputs, int worker UNUSED, const Diversion *d, Error *err UNUSED)
{
	return note_diversion(outputs, "dead", d);
}

bool
outputs_settle(Outputs *outputs UNUSED, int worker UNUSED, Error *err UNUSED)
{
	return true;
}

/* ---- a job over one stream: a INTEGER, b INTEGER, t TIMESTAMPTZ ---- */

typedef struct Job
{
	Arena arena;
	StreamDef stream;
	ScanPlan scan;
	ScanPlan *scans[1];
	TablePlan *tables[1];
	TableData *table_data[1];
	SinkPlan *sinks[4];
	JobPlan plan;
	PlanNode *scan_node;
	Settings settings;
	TypeContext context;
	Ledger ledger;
	Outputs outputs;
	RowReceiver receiver;
	EpochStart start;
	int64_t watermark;
	Pipeline *pipeline;
} Job;

static void
job_init(Job *job)
{
	static const char *const names[] = {"a", "b", "t"};
	static const TypeId types[] = {TYPE_INTEGER, TYPE_INTEGER, TYPE_TIMESTAMPTZ};

	*job = (Job){.scans = {&job->scan}, .watermark = INT64_MIN};
	arena_init(&job->arena, "test");
	settings_init(&job->settings);
	job->stream = (StreamDef){.name = "clicks", .format = &fake_format.info, .time_column = -1};
	job->scan = (ScanPlan){.stream = &job->stream, .field_count = 3, .time_column = -1};
	job->scan.fields = ARENA_ARRAY_ZERO(&job->arena, DecodeField, 3);
	for (int i = 0; i < 3; i++)
		job->scan.fields[i] =
			(DecodeField){.name = names[i], .type = {types[i], NO_MODIFIER}, .csv_index = i};
	job->plan = (JobPlan){.scan_count = 1, .scans = job->scans, .tables = job->tables, .sinks = job->sinks};
	job->start = (EpochStart){.batch = true, .clock = INT64_MIN, .watermarks = &job->watermark};
	job->scan_node = make_node(&job->arena, NODE_SCAN, NULL, 3);
	job->scan_node->scan = &job->scan;
	for (int i = 0; i < 3; i++)
		job->scan_node->columns[i] = (ResultColumn){names[i], {types[i], NO_MODIFIER}};
}

static SinkPlan *
add_sink(Job *job, PlanNode *input)
{
	SinkPlan *sink = ARENA_NEW(&job->arena, SinkPlan);

	sink->index = job->plan.sink_count;
	sink->name = arena_printf(&job->arena, "sink%d", sink->index);
	sink->input = input;
	sink->visible_count = input->column_count;
	job->sinks[job->plan.sink_count++] = sink;
	return sink;
}

static void
add_table(Job *job, TablePlan *table)
{
	Error err = {0};

	job->tables[job->plan.table_count++] = table;
	assert_true(table_load(table, &job->context, &system_clock, NULL, 0, &job->table_data[0], &err));
}

static void
job_open(Job *job)
{
	PipelineOpen open = {
		.plan = &job->plan,
		.settings = &job->settings,
		.context = &job->context,
		.outputs = job->receiver.receive ? NULL : &job->outputs,
		.receiver = job->receiver.receive ? &job->receiver : NULL,
		.ledger = &job->ledger,
		.tables = job->table_data,
	};
	Error err = {0};

	ledger_init(&job->ledger, 1, job->plan.sink_count);
	ledger_set_partitions(&job->ledger, 0, 8);
	assert_true(pipeline_open(&open, &job->pipeline, &err));
	pipeline_begin(job->pipeline, &job->start);
}

/* Pushes the lines as messages of partition 7; the caller's part of the ledger is done here. */
static bool
push(Job *job, const char *lines, bool *stopped, Error *err)
{
	uint32_t n;
	Message *messages = make_messages(lines, &n);
	PartitionCounts *counts = &job->ledger.scans[0].partitions[7];
	bool ok = pipeline_push(job->pipeline, 0, 7, messages, n, stopped, err);

	counts->next_offset = n;
	counts->read = n;
	mem_free(messages);
	return ok;
}

static void
push_all(Job *job, const char *lines)
{
	bool reads[4] = {true, true, true, true};
	bool stopped;
	Error err = {0};

	assert_true(push(job, lines, &stopped, &err));
	assert_false(stopped);
	assert_true(ledger_check(&job->ledger, reads, &err));
}

static void
assert_counts(const Job *job, int sink, uint64_t used, uint64_t filtered, uint64_t failed)
{
	const SinkCounts *counts = &job->ledger.scans[0].partitions[7].sinks[sink];

	assert_int_equal(counts->used, used);
	assert_int_equal(counts->filtered, filtered);
	assert_int_equal(counts->failed, failed);
}

static void
assert_texts(const Job *job, const char *rows, const char *diverted)
{
	assert_string_equal(str_cstr(&job->outputs.rows), rows);
	assert_string_equal(str_cstr(&job->outputs.diverted), diverted);
}

static void
job_close(Job *job)
{
	pipeline_close(job->pipeline);
	for (int i = 0; i < job->plan.table_count; i++)
		table_free(job->table_data[i]);
	ledger_free(&job->ledger);
	str_free(&job->outputs.rows);
	str_free(&job->outputs.diverted);
	arena_release(&job->arena);
}

static PlanNode *
project_a(Job *job, PlanNode *input)
{
	return make_project(&job->arena, input, 1, make_column(&job->arena, TYPE_INTEGER, 0));
}

/* a / b */
static Expr *
quotient(Job *job)
{
	return make_call(&job->arena, FUNCTION_ID_INTEGER_DIVIDE, make_column(&job->arena, TYPE_INTEGER, 0),
					 make_column(&job->arena, TYPE_INTEGER, 1));
}

/* ---- messages ---- */

static void
bad_messages_and_tombstones(void **state UNUSED)
{
	Job job;

	job_init(&job);
	job.scan.fields[1].not_null = true;
	add_sink(&job, project_a(&job, job.scan_node));
	job_open(&job);
	push_all(&job, "1,1\nNULL\nx,2\n3,\n!\n5,5");
	assert_texts(&job, "append 0: 1\nappend 0: 5\n",
				 "dead sink -1 7/2 a 22P02: invalid input syntax for type integer: \"x\"\n"
				 "dead sink -1 7/3 b 23502: null\n"
				 "dead sink -1 7/4 - 22P02: malformed\n");
	assert_int_equal(job.ledger.scans[0].partitions[7].decoded, 2);
	assert_int_equal(job.ledger.scans[0].partitions[7].dead, 3);
	assert_int_equal(job.ledger.scans[0].partitions[7].tombstones, 1);
	assert_true(job.ledger.scans[0].partitions[7].max_time == INT64_MIN);
	assert_counts(&job, 0, 2, 0, 0);
	job_close(&job);
}

static void
streams_may_skip_or_stop(void **state UNUSED)
{
	Job job;
	Error err = {0};
	bool stopped;

	job_init(&job);
	job.stream.options = make_options(&job.arena, "on_error", "skip");
	job.stream.options.items[0].value.integer = ON_ERROR_SKIP;
	add_sink(&job, project_a(&job, job.scan_node));
	job_open(&job);
	push_all(&job, "x\n2");
	assert_texts(&job, "append 0: 2\n", "");
	assert_int_equal(job.ledger.scans[0].partitions[7].dead, 1);
	job_close(&job);

	job_init(&job);
	job.stream.options = make_options(&job.arena, "on_error", "stop");
	job.stream.options.items[0].value.integer = ON_ERROR_STOP;
	add_sink(&job, project_a(&job, job.scan_node));
	job_open(&job);
	assert_false(push(&job, "1\nx", &stopped, &err));
	assert_int_equal(err.state, SQLSTATE_INVALID_TEXT_REPRESENTATION);
	assert_string_equal(err.context, "stream \"clicks\", column \"a\", partition 7, offset 1");
	error_clear(&err);
	job_close(&job);
}

/* Dead: no event time, one that is not finite, one later than the record's time (2000-01-01) and an hour. */
static void
event_times_are_judged(void **state UNUSED)
{
	static const char *const lines =
		"1,,2000-01-01 00:59:59+00\n2,,\n3,,infinity\n4,,2000-01-01 01:00:01+00\n"
		"5,,-infinity\n6,,1999-01-01 00:00:00+00\n7,,2000-01-01 01:00:00+00";
	Job job;

	job_init(&job);
	job.scan.time_column = 2;
	add_sink(&job, project_a(&job, job.scan_node));
	job_open(&job);
	push_all(&job, lines);
	assert_texts(
		&job, "append 0: 1\nappend 0: 6\nappend 0: 7\n",
		"dead sink -1 7/1 t 23502: null value in column \"t\" of relation \"clicks\" violates not-null "
		"constraint\n"
		"dead sink -1 7/2 t 22008: event time infinity is not finite\n"
		"dead sink -1 7/3 t 22008: event time 2000-01-01 01:00:01+00 is more than 01:00:00 (max_future) in "
		"the future\n"
		"dead sink -1 7/4 t 22008: event time -infinity is not finite\n");
	assert_int_equal(job.ledger.scans[0].partitions[7].max_time, MICROS_PER_HOUR);
	job_close(&job);

	/* Streaming: the clock of the previous manifest counts, an hour earlier. */
	job_init(&job);
	job.scan.time_column = 2;
	job.start.batch = false;
	job.start.clock = -MICROS_PER_HOUR;
	add_sink(&job, project_a(&job, job.scan_node));
	job_open(&job);
	push_all(&job, lines);
	assert_string_equal(str_cstr(&job.outputs.rows), "append 0: 6\n");
	job_close(&job);
}

/* GENERATED ALWAYS AS (a / b): it fails, it is NULL against NOT NULL, or it is a column like any other. */
static void
generated_columns(void **state UNUSED)
{
	static const bool not_null[] = {true};
	Expr *generated[1];
	const char *names[] = {"g"};
	Job job;

	job_init(&job);
	generated[0] = quotient(&job);
	job.scan.generated = generated;
	job.scan.generated_count = 1;
	job.scan.generated_names = names;
	job.scan.generated_not_null = not_null;
	job.scan_node->column_count = 4;
	job.scan_node->columns = ARENA_ARRAY_ZERO(&job.arena, ResultColumn, 4);
	for (int i = 0; i < 4; i++)
		job.scan_node->columns[i].type = (TypeSpec){i == 2 ? TYPE_TIMESTAMPTZ : TYPE_INTEGER, NO_MODIFIER};
	add_sink(&job, make_project(&job.arena, job.scan_node, 2, make_column(&job.arena, TYPE_INTEGER, 0),
								make_column(&job.arena, TYPE_INTEGER, 3)));
	job_open(&job);
	push_all(&job, "6,2\n1,0\n,1\n9,3\nx,1\n8,2");
	assert_texts(
		&job, "append 0: 6|3\nappend 0: 9|3\nappend 0: 8|4\n",
		"dead sink -1 7/4 a 22P02: invalid input syntax for type integer: \"x\"\n"
		"dead sink -1 7/1 g 22012: division by zero\n"
		"dead sink -1 7/2 g 23502: null value in column \"g\" of relation \"clicks\" violates not-null "
		"constraint\n");
	job_close(&job);
}

/* ---- several sinks ---- */

static void
branches_do_not_disturb_each_other(void **state UNUSED)
{
	Job job;
	Expr *a;

	job_init(&job);
	a = make_column(&job.arena, TYPE_INTEGER, 0);
	job.scan.filter = make_call(&job.arena, FUNCTION_ID_INTEGER_GT, a, make_integer(&job.arena, 1));
	add_sink(&job, project_a(&job, make_filter(&job.arena, job.scan_node,
											   make_call(&job.arena, FUNCTION_ID_INTEGER_LT, a,
														 make_integer(&job.arena, 3)))));
	add_sink(&job, make_project(&job.arena, job.scan_node, 2, make_column(&job.arena, TYPE_INTEGER, 1), a));
	job_open(&job);
	push_all(&job, "1,10\n2,20\n3,30\n,40\n4,50");
	assert_texts(&job,
				 "append 0: 2\n"
				 "append 1: 20|2\nappend 1: 30|3\nappend 1: 50|4\n",
				 "");
	assert_counts(&job, 0, 1, 4, 0);
	assert_counts(&job, 1, 3, 2, 0);
	job_close(&job);
}

static void
a_failed_row_fails_for_its_sink_only(void **state UNUSED)
{
	Job job;

	job_init(&job);
	add_sink(&job, make_project(&job.arena, job.scan_node, 2, make_column(&job.arena, TYPE_INTEGER, 0),
								quotient(&job)));
	add_sink(&job, project_a(&job, job.scan_node));
	add_sink(&job, project_a(&job, make_filter(&job.arena, job.scan_node,
											   make_call(&job.arena, FUNCTION_ID_INTEGER_GT, quotient(&job),
														 make_integer(&job.arena, 2)))))
		->on_error = ON_ERROR_SKIP;
	job_open(&job);
	push_all(&job, "6,2\n1,0\n4,2");
	assert_texts(&job,
				 "append 0: 6|3\nappend 0: 4|2\n"
				 "append 1: 6\nappend 1: 1\nappend 1: 4\n"
				 "append 2: 6\n",
				 "dead sink 0 7/1 c1 22012: division by zero\n");
	assert_counts(&job, 0, 2, 0, 1);
	assert_counts(&job, 1, 3, 0, 0);
	assert_counts(&job, 2, 1, 1, 1);
	job_close(&job);
}

/* The shared filter fails on a row: that is a failure of every sink that reads the scan. */
static void
the_shared_filter_may_fail(void **state UNUSED)
{
	Job job;

	job_init(&job);
	job.scan.filter =
		make_call(&job.arena, FUNCTION_ID_INTEGER_GT, quotient(&job), make_integer(&job.arena, 2));
	add_sink(&job, project_a(&job, job.scan_node));
	add_sink(&job, project_a(&job, job.scan_node));
	job_open(&job);
	push_all(&job, "6,2\n1,0\n4,2");
	assert_texts(&job, "append 0: 6\nappend 1: 6\n",
				 "dead sink 0 7/1 - 22012: division by zero\n"
				 "dead sink 1 7/1 - 22012: division by zero\n");
	assert_counts(&job, 0, 1, 1, 1);
	assert_counts(&job, 1, 1, 1, 1);
	job_close(&job);
}

static void
a_sink_may_stop_the_job(void **state UNUSED)
{
	Job job;
	Error err = {0};
	bool stopped;

	job_init(&job);
	add_sink(&job, make_project(&job.arena, job.scan_node, 1, quotient(&job)))->on_error = ON_ERROR_STOP;
	job_open(&job);
	assert_false(push(&job, "6,2\n1,0\n4,2", &stopped, &err));
	assert_int_equal(err.state, SQLSTATE_DIVISION_BY_ZERO);
	assert_string_equal(err.context,
						"sink \"sink0\", column \"c0\", stream \"clicks\", partition 7, offset 1");
	error_clear(&err);
	job_close(&job);
}

static void
partition_keys_are_computed(void **state UNUSED)
{
	PartitionKey key = {.name = "q"};
	SinkPlan *sink;
	Job job;

	job_init(&job);
	sink = add_sink(&job, job.scan_node);
	key.expr = make_call(&job.arena, FUNCTION_ID_CAST_INTEGER_TEXT, quotient(&job), NULL);
	sink->partition_keys = &key;
	sink->partition_key_count = 1;
	job_open(&job);
	push_all(&job, "6,2\n1,0\n9,3");
	assert_texts(&job, "append 0: 6|2| in 3\nappend 0: 9|3| in 3\n",
				 "dead sink 0 7/1 q 22012: division by zero\n");
	assert_counts(&job, 0, 2, 0, 1);
	job_close(&job);
}

/* ---- one message, several rows ---- */

/* The ledger counts messages: one with two matches is used once, one that fails on both has one dead letter.
 */
static void
joins_count_messages(void **state UNUSED)
{
	TablePlan *table;
	PlanNode *join;
	Expr *divided;
	Job job;

	job_init(&job);
	table = make_table(&job.arena, 0, "ii", 0, "1,5\n1,6\n2,0\n2,0\n3,0\n3,1\n");
	add_table(&job, table);
	join =
		make_join(&job.arena, job.scan_node, table, false, make_column(&job.arena, TYPE_INTEGER, 0), 0, NULL);
	divided = make_call(&job.arena, FUNCTION_ID_INTEGER_DIVIDE, make_column(&job.arena, TYPE_INTEGER, 1),
						make_column(&job.arena, TYPE_INTEGER, 4));
	add_sink(&job, make_project(&job.arena, join, 2, make_column(&job.arena, TYPE_INTEGER, 0), divided));
	job_open(&job);
	push_all(&job, "1,30\n2,40\n9,90\n3,7");
	assert_texts(&job, "append 0: 1|6\nappend 0: 1|5\nappend 0: 3|7\n",
				 "dead sink 0 7/1 c1 22012: division by zero\n"
				 "dead sink 0 7/3 c1 22012: division by zero\n");
	assert_counts(&job, 0, 1, 1, 2);
	job_close(&job);
}

/* SELECT a WHERE a < 3 UNION ALL SELECT b: a message is used if either branch uses it. */
static void
union_of_one_stream_counts_messages(void **state UNUSED)
{
	PlanNode *append;
	Expr *a, *b;
	Job job;

	job_init(&job);
	a = make_column(&job.arena, TYPE_INTEGER, 0);
	b = make_column(&job.arena, TYPE_INTEGER, 1);
	append = make_node(&job.arena, NODE_APPEND, NULL, 1);
	append->columns[0].type = (TypeSpec){TYPE_INTEGER, NO_MODIFIER};
	append->append.input_count = 2;
	append->append.inputs = ARENA_ARRAY(&job.arena, PlanNode *, 2);
	append->append.inputs[0] = project_a(
		&job, make_filter(&job.arena, job.scan_node,
						  make_call(&job.arena, FUNCTION_ID_INTEGER_LT, a, make_integer(&job.arena, 3))));
	append->append.inputs[1] = make_project(
		&job.arena,
		make_filter(&job.arena, job.scan_node,
					make_call(&job.arena, FUNCTION_ID_INTEGER_LT, b, make_integer(&job.arena, 3))),
		1, b);
	add_sink(&job, append);
	job_open(&job);
	push_all(&job, "1,2\n1,9\n9,9\n9,1");
	assert_texts(&job, "append 0: 1\nappend 0: 1\nappend 0: 2\nappend 0: 1\n", "");
	assert_counts(&job, 0, 3, 1, 0);
	job_close(&job);
}

/* ---- emitted groups ---- */

/* HAVING 12 / n > 2 over groups (window_start, window_end, key, n). */
static void
groups_pass_through_stage_1(void **state UNUSED)
{
	static const TypeId types[] = {TYPE_TIMESTAMPTZ, TYPE_TIMESTAMPTZ, TYPE_TEXT, TYPE_INTEGER};
	static const int32_t counts[] = {4, 0, 9};
	static const char *const keys[] = {"four", "\"none\"", "nine"};
	PlanNode *aggregate, *having;
	WindowPlan window = {.time_column = 2, .size = 10};
	Error err = {0};
	SinkPlan *sink;
	Batch groups;
	Job job;
	Arena *m = &job.arena;

	job_init(&job);
	job.scan.time_column = 2;
	aggregate = make_node(m, NODE_AGGREGATE, NULL, 4);
	aggregate->input = job.scan_node;
	for (int i = 0; i < 4; i++)
		aggregate->columns[i].type = (TypeSpec){types[i], NO_MODIFIER};
	aggregate->aggregate.window = &window;
	aggregate->aggregate.key_count = 1;
	aggregate->aggregate.keys = ARENA_NEW(m, Expr *);
	aggregate->aggregate.keys[0] =
		make_call(m, FUNCTION_ID_CAST_INTEGER_TEXT, make_column(m, TYPE_INTEGER, 0), NULL);
	aggregate->aggregate.call_count = 1;
	aggregate->aggregate.calls = ARENA_NEW(m, AggregateCall);
	aggregate->aggregate.calls[0] =
		(AggregateCall){.id = AGGREGATE_COUNT_STAR, .type = {TYPE_BIGINT, NO_MODIFIER}};
	having = make_filter(m, aggregate,
						 make_call(m, FUNCTION_ID_INTEGER_GT,
								   make_call(m, FUNCTION_ID_INTEGER_DIVIDE, make_integer(m, 12),
											 make_column(m, TYPE_INTEGER, 3)),
								   make_integer(m, 2)));
	sink = add_sink(
		&job, make_project(m, having, 2, make_column(m, TYPE_TEXT, 2), make_column(m, TYPE_INTEGER, 3)));
	sink->aggregate = aggregate;
	job_open(&job);
	assert_non_null(pipeline_aggregate(job.pipeline, 0));

	batch_init(&groups, types, 4, m);
	groups.n = 3;
	for (uint32_t i = 0; i < 3; i++)
	{
		column_set(&groups.columns[0], i, &(Datum){.type = TYPE_TIMESTAMPTZ, .value.i64 = 10 * i});
		column_set(&groups.columns[1], i, &(Datum){.type = TYPE_TIMESTAMPTZ, .value.i64 = 10 * i + 10});
		column_set(&groups.columns[2], i, &make_text(m, keys[i])->constant);
		column_set(&groups.columns[3], i, &(Datum){.type = TYPE_INTEGER, .value.i32 = counts[i]});
	}
	assert_true(operator_push(pipeline_emission(job.pipeline, 0), &groups, &err));
	assert_texts(&job, "collect 0: four|4\n",
				 "dead sink 0 - 22012: division by zero [10, 20) [\"\\\"none\\\"\"]\n");
	job_close(&job);
}

/* ---- console ---- */

static bool
receive_rows(void *context, const Batch *batch)
{
	print_batch(batch, context);
	return true;
}

static void
a_console_query_stops_at_its_limit(void **state UNUSED)
{
	StrBuf out = {0};
	Error err = {0};
	PlanNode *limit;
	bool stopped;
	Job job;

	job_init(&job);
	limit = make_node(&job.arena, NODE_LIMIT, project_a(&job, job.scan_node), 1);
	limit->limit.limit = 2;
	add_sink(&job, limit);
	job.receiver = (RowReceiver){&out, receive_rows};
	job_open(&job);
	assert_true(push(&job, "1\nx", &stopped, &err));
	assert_false(stopped);
	assert_true(push(&job, "2\n3", &stopped, &err));
	assert_true(stopped);
	assert_string_equal(str_cstr(&out), "1\n2\n");
	str_free(&out);
	job_close(&job);
}

static void
unbounded_chains_cannot_sort(void **state UNUSED)
{
	PipelineOpen open;
	Pipeline *pipeline;
	Error err = {0};
	Job job;

	job_init(&job);
	add_sink(&job, make_node(&job.arena, NODE_SORT, job.scan_node, 3));
	open = (PipelineOpen){
		.plan = &job.plan, .settings = &job.settings, .context = &job.context, .outputs = &job.outputs};
	assert_false(pipeline_open(&open, &pipeline, &err));
	assert_int_equal(err.state, SQLSTATE_FEATURE_NOT_SUPPORTED);
	error_clear(&err);
	arena_release(&job.arena);
}

/* More messages than a batch, every third one dead, every fifth a tombstone. */
static void
many_messages_balance(void **state UNUSED)
{
	StrBuf lines = {0};
	uint64_t dead = 0, tombstones = 0;
	Job job;

	job_init(&job);
	for (int i = 0; i < 5000; i++)
	{
		str_appendf(&lines, i % 5 == 0 ? "NULL\n" : (i % 3 == 0 ? "x\n" : "%d,%d\n"), i, i % 4);
		tombstones += i % 5 == 0;
		dead += i % 5 != 0 && i % 3 == 0;
	}
	add_sink(&job, make_project(&job.arena, job.scan_node, 1, quotient(&job)));
	job_open(&job);
	push_all(&job, str_cstr(&lines));
	assert_int_equal(job.ledger.scans[0].partitions[7].dead, dead);
	assert_int_equal(job.ledger.scans[0].partitions[7].tombstones, tombstones);
	assert_int_equal(job.ledger.scans[0].partitions[7].decoded, 5000 - dead - tombstones);
	str_free(&lines);
	job_close(&job);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_messages_and_tombstones),
		cmocka_unit_test(streams_may_skip_or_stop),
		cmocka_unit_test(event_times_are_judged),
		cmocka_unit_test(generated_columns),
		cmocka_unit_test(branches_do_not_disturb_each_other),
		cmocka_unit_test(a_failed_row_fails_for_its_sink_only),
		cmocka_unit_test(the_shared_filter_may_fail),
		cmocka_unit_test(a_sink_may_stop_the_job),
		cmocka_unit_test(partition_keys_are_computed),
		cmocka_unit_test(joins_count_messages),
		cmocka_unit_test(union_of_one_stream_counts_messages),
		cmocka_unit_test(groups_pass_through_stage_1),
		cmocka_unit_test(a_console_query_stops_at_its_limit),
		cmocka_unit_test(unbounded_chains_cannot_sort),
		cmocka_unit_test(many_messages_balance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
