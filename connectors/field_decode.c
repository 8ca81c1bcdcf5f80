/*
 * field_decode.c: from found values to columns and bad rows (contract in field_decode.h).
 */
#include "connectors/field_decode.h"

#include "common/types/calendar.h"
#include "common/types/numeric.h"
#include "common/types/text.h"
#include "common/types/timestamp.h"
#include "executor/query.h"
#include "executor/source.h"

void
field_decode_open(FieldDecode *d, const DecoderOpen *open, Arena *arena)
{
	const char *topic = open->topic != NULL ? open->topic : "";

	*d = (FieldDecode){
		.stream = open->stream,
		.fields = open->fields,
		.field_count = open->field_count,
		.context = open->context,
		.topic = str_from_cstr(topic),
		.max_message_bytes = (size_t)options_integer(&open->stream->options, "max_message_bytes", 8 << 20),
		.defaults = ARENA_ARRAY_ZERO(arena, FieldDefault, open->field_count),
	};
}

void
field_decode_begin(FieldDecode *d, const Message *messages, int32_t partition, Batch *out,
				   DecodeResult *result)
{
	d->messages = messages;
	d->partition = partition;
	d->out = out;
	d->result = result;
	d->bad_capacity = 0;
	d->failed = 0;
	*result = (DecodeResult){0};
	out->n = 0;
	out->messages = messages;
	out->partition = partition;
	for (uint32_t f = 0; f < d->field_count; f++)
	{
		d->defaults[f].known = false;
		out->columns[f].validity = NULL;
		out->columns[f].constant = false;
	}
}

/* ---- bad rows ---- */

void
field_decode_malformed(FieldDecode *d, uint32_t message, const char *field, SqlStateName state,
					   const char *reason)
{
	DecodeResult *r = d->result;

	if (r->bad_count == d->bad_capacity)
	{
		BadRow *more;

		d->bad_capacity = Max(2 * d->bad_capacity, 16);
		more = ARENA_ARRAY(d->out->arena, BadRow, d->bad_capacity);
		if (r->bad_count > 0)
			memcpy(more, r->bad, sizeof *more * r->bad_count);
		r->bad = more;
	}
	r->bad[r->bad_count++] = (BadRow){.message = message, .field = field, .state = state, .reason = reason};
}

bool
field_decode_accepts(FieldDecode *d, uint32_t message)
{
	const Message *m = &d->messages[message];

	if (m->value == NULL)
	{
		if (m->fault != NULL)
			field_decode_malformed(d, message, NULL, SQLSTATE_DATA_CORRUPTED,
								   arena_strdup(d->out->arena, m->fault));
		else
			d->result->tombstones++;
		return false;
	}
	if (unlikely(m->value_len > d->max_message_bytes))
	{
		field_decode_malformed(d, message, NULL, SQLSTATE_PROGRAM_LIMIT_EXCEEDED,
							   arena_printf(d->out->arena,
											"message of %zu bytes is longer than max_message_bytes (%zu)",
											m->value_len, d->max_message_bytes));
		return false;
	}
	return true;
}

void
field_decode_rows_done(FieldDecode *d)
{
	bitmap_fill(d->keep, BATCH_ROWS, true);
}

static void
set_null(Column *c, uint32_t row)
{
	size_t size = type_size(c->type);

	memset((char *)c->data + size * row, 0, size);
	if (c->validity == NULL)
	{
		c->validity = c->validity_space;
		bitmap_fill(c->validity, BATCH_ROWS, true);
	}
	bitmap_clear(c->validity, row);
}

void
field_decode_fail(FieldDecode *d, uint32_t field, uint32_t row, Error *err)
{
	StrBuf reason = {0};

	set_null(&d->out->columns[field], row);
	if (bitmap_get(d->keep, row))
	{
		bitmap_clear(d->keep, row);
		d->failed++;
		error_append_reason(err, &reason);
		field_decode_malformed(d, d->out->message_index[row], d->fields[field].name, err->state,
							   arena_strdup(d->out->arena, str_cstr(&reason)));
		str_free(&reason);
	}
	error_clear(err);
}

/* ---- fields ---- */

void
field_decode_null(FieldDecode *d, uint32_t field, uint32_t row)
{
	const DecodeField *f = &d->fields[field];
	Error err = {0};

	set_null(&d->out->columns[field], row);
	if (!f->not_null)
		return;
	error_set(&err, SQLSTATE_NOT_NULL_VIOLATION, NO_POSITION,
			  "null value in column \"%s\" of relation \"%s\" violates not-null constraint", f->name,
			  d->stream->name);
	field_decode_fail(d, field, row, &err);
}

/* The default of a field, computed once per batch; false: it failed, and err is set once more for this row.
 */
static bool
get_default(FieldDecode *d, uint32_t field, Datum *out, Error *err)
{
	const Expr *expr = d->fields[field].default_value;
	FieldDefault *known = &d->defaults[field];

	if (!known->known)
	{
		if (expr->kind == EXPR_CONSTANT)
			known->value = expr->constant;
		else if (!executor_evaluator.evaluate(expr, d->context, d->out->arena, &known->value, err))
			return false;
		known->known = true;
	}
	*out = known->value;
	return true;
}

void
field_decode_missing(FieldDecode *d, uint32_t field, uint32_t row)
{
	Datum value;
	Error err = {0};

	if (d->fields[field].default_value == NULL)
		field_decode_null(d, field, row);
	else if (!get_default(d, field, &value, &err))
		field_decode_fail(d, field, row, &err);
	else if (value.isnull)
		field_decode_null(d, field, row);
	else
		column_set(&d->out->columns[field], row, &value);
}

static int64_t
unix_multiplier(TimestampFormat format)
{
	return format == TIMESTAMP_UNIX_S ? MICROS_PER_SECOND : format == TIMESTAMP_UNIX_MS ? 1000 : 1;
}

/* The exact microseconds of a decimal number of units. */
static bool
scale_number(StrView number, int64_t multiplier, int64_t *micros, Arena *arena, Error *err)
{
	Numeric n;
	Numeric scaled;

	if (!numeric_parse(number, &n, arena, err) ||
		!numeric_multiply(n, numeric_from_int64(multiplier), &scaled, arena, err))
		return false;
	if (!numeric_to_bigint(scaled, micros, NULL))
		return error_set(err, SQLSTATE_DATETIME_FIELD_OVERFLOW, NO_POSITION,
						 "timestamp out of range: \"%.*s\"", (int)Min(number.len, 100), number.data);
	return true;
}

/* A number of seconds, milli- or microseconds since 1970 as the column's timestamp (or date). */
static bool
parse_unix_time(const DecodeField *field, StrView number, void *out, Arena *arena, Error *err)
{
	int64_t micros;

	if (!scale_number(number, unix_multiplier(field->timestamp_format), &micros, arena, err))
		return false;
	if (__builtin_sub_overflow(micros, (int64_t)CALENDAR_UNIX_EPOCH_DAYS * MICROS_PER_DAY, &micros) ||
		!timestamp_in_range(micros))
		return error_set(err, SQLSTATE_DATETIME_FIELD_OVERFLOW, NO_POSITION,
						 "timestamp out of range: \"%.*s\"", (int)Min(number.len, 100), number.data);
	if (field->type.id == TYPE_DATE)
		return date_from_timestamp(micros, out, err);
	memcpy(out, &micros, sizeof micros);
	return true;
}

static bool
is_unix_time(const DecodeField *field)
{
	return field->timestamp_format != TIMESTAMP_ISO8601 &&
		   (field->type.id == TYPE_TIMESTAMPTZ || field->type.id == TYPE_TIMESTAMP ||
			field->type.id == TYPE_DATE);
}

void
field_decode_text(FieldDecode *d, uint32_t field, uint32_t row, StrView text)
{
	const DecodeField *f = &d->fields[field];
	const TypeClass *type = type_class(f->type.id);
	void *element = (char *)d->out->columns[field].data + type->size * row;
	Arena *arena = d->out->arena;
	Error err = {0};
	bool ok;

	if (is_unix_time(f))
		ok = parse_unix_time(f, text, element, arena, &err);
	else
		ok = type->parse(text, d->context, arena, element, &err);
	if (!ok || (f->type.modifier != NO_MODIFIER && !type_apply_modifier(f->type, element, arena, &err)))
		field_decode_fail(d, field, row, &err);
}

/* ---- metadata ---- */

static void
metadata_text(FieldDecode *d, uint32_t field, uint32_t row, const char *data, size_t len)
{
	Error err = {0};

	if (data == NULL)
		field_decode_null(d, field, row);
	else if (!text_check(data, len, &err))
		field_decode_fail(d, field, row, &err);
	else
		COLUMN_DATA(&d->out->columns[field], Text)[row] = text_make(data, len);
}

/* Headers as a jsonb object; NULL where the source knows none. */
static void
metadata_headers(FieldDecode *d, uint32_t field, uint32_t row, const Message *m)
{
	const SourceClass *source = (const SourceClass *)(const void *)d->stream->source;
	StrBuf json = {0};

	if (source == NULL || source->headers == NULL || m->native == NULL || !source->headers(m, &json))
		field_decode_null(d, field, row);
	else
		field_decode_text(d, field, row, str_copy(d->out->arena, str_view(&json)));
	str_free(&json);
}

static void
metadata_row(FieldDecode *d, uint32_t field, uint32_t row)
{
	const Message *m = &d->messages[d->out->message_index[row]];
	Column *c = &d->out->columns[field];

	switch (d->fields[field].metadata)
	{
		case METADATA_KEY: metadata_text(d, field, row, m->key, m->key_len); break;
		case METADATA_TOPIC: metadata_text(d, field, row, d->topic.data, d->topic.len); break;
		case METADATA_PARTITION: COLUMN_DATA(c, int32_t)[row] = d->partition; break;
		case METADATA_OFFSET: COLUMN_DATA(c, int64_t)[row] = m->offset; break;
		case METADATA_HEADERS: metadata_headers(d, field, row, m); break;
		case METADATA_TIMESTAMP:
			if (m->timestamp == INT64_MIN)
				field_decode_null(d, field, row);
			else
				COLUMN_DATA(c, int64_t)[row] = m->timestamp;
			break;
	}
}

void
field_decode_metadata(FieldDecode *d)
{
	for (uint32_t f = 0; f < d->field_count; f++)
	{
		if (d->fields[f].origin != COLUMN_METADATA)
			continue;
		for (uint32_t row = 0; row < d->out->n; row++)
			metadata_row(d, f, row);
	}
}

static int
compare_bad_rows(const void *a, const void *b)
{
	uint32_t x = ((const BadRow *)a)->message;
	uint32_t y = ((const BadRow *)b)->message;

	return (x > y) - (x < y);
}

void
field_decode_finish(FieldDecode *d)
{
	if (d->failed == 0)
		return;
	qsort(d->result->bad, d->result->bad_count, sizeof *d->result->bad, compare_bad_rows);
	batch_compact(d->out, d->keep);
}

void
field_decode_values(FieldDecode *d, FieldConverter convert)
{
	field_decode_rows_done(d);
	for (uint32_t f = 0; f < d->field_count; f++)
	{
		if (d->fields[f].origin != COLUMN_FIELD)
			continue;
		for (uint32_t row = 0; row < d->out->n; row++)
			convert(d, f, row);
	}
	field_decode_metadata(d);
	field_decode_finish(d);
}
