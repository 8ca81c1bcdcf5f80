/*
 * intake.c: messages to rows (contract in intake.h).
 *
 * The usual batch loses nothing after the decoder: checks are loops that find nothing. When a row does die,
 * the decoder's columns are compacted and the generated ones computed again for the rest.
 */
#include "executor/intake.h"

#include "common/types/calendar.h"
#include "executor/row_error.h"

static const char *
topic_of(const StreamDef *stream)
{
	const char *topic = options_text(&stream->options, "topic");

	if (topic == NULL)
		topic = options_text(&stream->options, "path");
	return topic != NULL ? topic : stream->name;
}

static bool
open_decoder(Intake *intake, Error *err)
{
	const ScanPlan *scan = intake->scan;
	const FormatClass *format = (const FormatClass *)(const void *)scan->stream->format;
	DecoderOpen open = {
		.stream = scan->stream,
		.fields = scan->fields,
		.field_count = scan->field_count,
		.context = intake->context,
		.topic = topic_of(scan->stream),
	};

	if (format == NULL)
		return error_set(err, SQLSTATE_INTERNAL_ERROR, NO_POSITION, "relation \"%s\" has no format",
						 scan->stream->name);
	return format->open(&open, &intake->decoder, err);
}

bool
intake_open(Intake *intake, const ScanPlan *scan, const TypeContext *context, int64_t max_future,
			Arena *arena, Error *err)
{
	uint32_t columns = scan->field_count + scan->generated_count;
	TypeId *types = ARENA_ARRAY(arena, TypeId, columns + 1);

	*intake = (Intake){.scan = scan, .context = context, .max_future = max_future};
	arena_init(&intake->arena, "batch");
	for (uint32_t i = 0; i < scan->field_count; i++)
		types[i] = scan->fields[i].type.id;
	batch_init(&intake->batch, types, scan->field_count, arena);
	intake->field_columns = intake->batch.columns;
	intake->batch.columns = ARENA_ARRAY_ZERO(arena, Column, columns + 1);
	intake->batch.arena = &intake->arena;
	if (scan->generated_count > 0)
		intake->generated = program_compile((const Expr *const *)scan->generated, (int)scan->generated_count,
											types, scan->field_count, arena);
	return open_decoder(intake, err);
}

void
intake_close(Intake *intake)
{
	if (intake->decoder != NULL)
		intake->decoder->class->close(intake->decoder);
	intake->decoder = NULL;
	arena_release(&intake->arena);
}

/* ---- dead rows ---- */

/* One check of a batch: rows that it finds dead are reported and leave keep. */
typedef struct Check
{
	Intake *intake;
	const IntakeReport *report;
	uint64_t keep[BATCH_WORDS];
	bool any;
} Check;

static bool
kill_row(Check *check, uint32_t row, const char *field, SqlStateName state, const char *reason, Error *err)
{
	Batch *batch = &check->intake->batch;
	BadRow bad = {.message = batch->message_index[row], .field = field, .state = state, .reason = reason};

	if (!bitmap_get(check->keep, row))
		return true;
	bitmap_clear(check->keep, row);
	check->any = true;
	check->intake->dead++;
	return check->report->dead(check->report->context, &bad, err);
}

static bool
kill_failed(Check *check, const uint64_t *failed, Error *err)
{
	Intake *intake = check->intake;
	uint32_t list[BATCH_ROWS];
	uint32_t count = rows_list(failed, intake->batch.n, list);
	bool ok = true;

	for (uint32_t i = 0; ok && i < count; i++)
	{
		Error reason = {0};
		StrBuf text = {0};
		int column = 0;

		(void)row_error_explain(intake->generated, &intake->batch, list[i], intake->context, &column,
								&reason);
		error_append_reason(&reason, &text);
		ok = kill_row(check, list[i], intake->scan->generated_names[column], reason.state,
					  arena_strdup(&intake->arena, str_cstr(&text)), err);
		str_free(&text);
		error_clear(&reason);
	}
	return ok;
}

static bool
kill_nulls(Check *check, const Column *c, const char *name, Error *err)
{
	Intake *intake = check->intake;
	const char *reason;

	if (c->validity == NULL || bitmap_count(c->validity, intake->batch.n) == intake->batch.n)
		return true;
	reason = arena_printf(&intake->arena,
						  "null value in column \"%s\" of relation \"%s\" violates not-null constraint", name,
						  intake->scan->stream->name);
	for (uint32_t row = 0; row < intake->batch.n; row++)
		if (column_is_null(c, row) && !kill_row(check, row, name, SQLSTATE_NOT_NULL_VIOLATION, reason, err))
			return false;
	return true;
}

/* ---- generated columns ---- */

/* Points the batch at the decoder's columns and at the computed ones. */
static void
attach_columns(Intake *intake)
{
	const ScanPlan *scan = intake->scan;
	Batch *batch = &intake->batch;

	memcpy(batch->columns, intake->field_columns, sizeof *batch->columns * scan->field_count);
	for (uint32_t i = 0; i < scan->generated_count; i++)
		batch->columns[scan->field_count + i] = *program_result(intake->generated, (int)i);
	batch->column_count = scan->field_count + scan->generated_count;
}

static bool
check_generated(Check *check, Error *err)
{
	Intake *intake = check->intake;
	const ScanPlan *scan = intake->scan;
	uint64_t failed[BATCH_WORDS];

	if (intake->generated == NULL)
	{
		attach_columns(intake);
		return true;
	}
	memcpy(intake->batch.columns, intake->field_columns, sizeof(Column) * scan->field_count);
	if (!program_run(intake->generated, &intake->batch, NULL, intake->context, failed) &&
		!kill_failed(check, failed, err))
		return false;
	attach_columns(intake);
	for (uint32_t i = 0; i < scan->generated_count; i++)
		if (scan->generated_not_null[i] &&
			!kill_nulls(check, &intake->batch.columns[scan->field_count + i], scan->generated_names[i], err))
			return false;
	return true;
}

/* ---- event time ---- */

static const char *
time_name(const ScanPlan *scan)
{
	uint32_t column = (uint32_t)scan->time_column;

	return column < scan->field_count ? scan->fields[column].name
									  : scan->generated_names[column - scan->field_count];
}

static bool
kill_time(Check *check, uint32_t row, TypeId type, int64_t time, Error *err)
{
	static const TypeContext utc = {0};
	Intake *intake = check->intake;
	StrBuf reason = {0};
	bool ok;

	str_append_cstr(&reason, "event time ");
	type_class(type)->print(&time, &utc, &reason);
	if (!timestamp_is_finite(time))
		str_append_cstr(&reason, " is not finite");
	else
	{
		Interval future = {.micros = intake->max_future};

		str_append_cstr(&reason, " is more than ");
		type_class(TYPE_INTERVAL)->print(&future, &utc, &reason);
		str_append_cstr(&reason, " (max_future) in the future");
	}
	ok = kill_row(check, row, time_name(intake->scan), SQLSTATE_DATETIME_FIELD_OVERFLOW,
				  arena_strdup(&intake->arena, str_cstr(&reason)), err);
	str_free(&reason);
	return ok;
}

/* The latest moment that is not too far after now; what is later is dead, infinity always. */
static int64_t
latest_time(const Intake *intake, int64_t now)
{
	int64_t limit;

	if (now == INT64_MIN || __builtin_add_overflow(now, intake->max_future, &limit))
		return INT64_MAX - 1;
	return Min(limit, INT64_MAX - 1);
}

static int64_t
record_time(const Batch *batch, uint32_t row)
{
	return batch->messages[batch->message_index[row]].timestamp;
}

/* Whether any row has an event time that is not finite or too far in the future. */
static bool
any_bad_time(const Intake *intake, const EpochStart *epoch, const int64_t *times)
{
	int64_t limit = latest_time(intake, epoch->clock);
	bool bad = false;

	if (epoch->batch)
		for (uint32_t row = 0; row < intake->batch.n; row++)
			bad |=
				times[row] == INT64_MIN || times[row] > latest_time(intake, record_time(&intake->batch, row));
	else
		for (uint32_t row = 0; row < intake->batch.n; row++)
			bad |= times[row] == INT64_MIN || times[row] > limit;
	return bad;
}

/* The watermark column is there, finite, and not too far in the future. */
static bool
check_time(Check *check, const EpochStart *epoch, Error *err)
{
	Intake *intake = check->intake;
	const Column *c = &intake->batch.columns[intake->scan->time_column];
	const int64_t *times = c->data;

	if (!kill_nulls(check, c, time_name(intake->scan), err))
		return false;
	if (likely(!any_bad_time(intake, epoch, times)))
		return true;
	for (uint32_t row = 0; row < intake->batch.n; row++)
	{
		int64_t now = epoch->batch ? record_time(&intake->batch, row) : epoch->clock;

		if (timestamp_is_finite(times[row]) && times[row] <= latest_time(intake, now))
			continue;
		if (bitmap_get(check->keep, row) && !kill_time(check, row, c->type, times[row], err))
			return false;
	}
	return true;
}

static void
find_max_time(Intake *intake)
{
	const int64_t *times = intake->batch.columns[intake->scan->time_column].data;

	for (uint32_t row = 0; row < intake->batch.n; row++)
		intake->max_time = Max(intake->max_time, times[row]);
}

/* Removes dead rows: the decoder's columns are compacted, the generated ones computed again. */
static void
drop_dead(Check *check)
{
	Intake *intake = check->intake;
	Batch fields = intake->batch;
	uint64_t failed[BATCH_WORDS];

	fields.columns = intake->field_columns;
	fields.column_count = intake->scan->field_count;
	batch_compact(&fields, check->keep);
	intake->batch.n = fields.n;
	memcpy(intake->batch.columns, intake->field_columns, sizeof(Column) * intake->scan->field_count);
	if (intake->generated != NULL)
		(void)program_run(intake->generated, &intake->batch, NULL, intake->context, failed);
	attach_columns(intake);
}

/* ---- the whole ---- */

static bool
report_bad(const Intake *intake, const IntakeReport *report, Error *err)
{
	for (uint32_t i = 0; i < intake->result.bad_count; i++)
		if (!report->dead(report->context, &intake->result.bad[i], err))
			return false;
	return true;
}

static void
decode(Intake *intake, const Message *messages, uint32_t n, int32_t partition)
{
	Batch fields = intake->batch;

	arena_reset(&intake->arena);
	fields.columns = intake->field_columns;
	fields.column_count = intake->scan->field_count;
	fields.stream = intake->scan->index;
	fields.partition = partition;
	fields.messages = messages;
	intake->decoder->class->decode(intake->decoder, messages, n, partition, &fields, &intake->result);
	fields.columns = intake->batch.columns;
	intake->batch = fields;
	intake->dead = intake->result.bad_count;
	intake->max_time = INT64_MIN;
}

bool
intake_run(Intake *intake, const Message *messages, uint32_t n, int32_t partition, const EpochStart *epoch,
		   const IntakeReport *report, Error *err)
{
	Check check = {.intake = intake, .report = report};

	assert(n <= BATCH_ROWS);
	decode(intake, messages, n, partition);
	if (!report_bad(intake, report, err))
		return false;
	bitmap_fill(check.keep, intake->batch.n, true);
	if (!check_generated(&check, err))
		return false;
	if (intake->scan->time_column >= 0)
	{
		if (!check_time(&check, epoch, err))
			return false;
	}
	if (check.any)
		drop_dead(&check);
	if (intake->scan->time_column >= 0)
		find_max_time(intake);
	assert(n == intake->batch.n + intake->dead + intake->result.tombstones);
	return true;
}
