/*
 * csv_decoder.c: CSV records to columns, by RFC 4180 and the rules of PostgreSQL's COPY ... CSV.
 *
 * The idea: a message is one record; its fields are the declared columns in their order, as many as there
 * are. An empty field without quotes is NULL, with quotes the empty string; everything else is text input of
 * the column's type. Every record is split and checked whole (quotes, number of fields, UTF-8), but only the
 * fields that the plan asks for are converted. Cutting files into records, and skipping a header, is the
 * source's business.
 */
#include "connectors/csv_decoder.h"

#include "common/memory.h"
#include "common/types/text.h"
#include "connectors/field_decode.h"

typedef struct CsvField
{
	StrView text;
	bool quoted;
} CsvField;

typedef struct CsvDecoder
{
	Decoder base;
	FieldDecode fields;
	uint32_t column_count; /* declared columns that a record has */
	CsvField *rows;        /* [BATCH_ROWS][column_count] */
	Arena arena;
} CsvDecoder;

/* ---- splitting ---- */

/* A place in a record where a field begins. */
typedef struct CsvCursor
{
	const char *p;
	const char *end;
	Arena *arena; /* for fields with doubled quotes */
} CsvCursor;

/* The text between quotes and behind them, as COPY takes it: quotes may open and close again; NULL if one
 * stays open. */
static char *
unquote(CsvCursor *c, size_t *len)
{
	char *text = arena_alloc(c->arena, (size_t)(c->end - c->p) + 1);
	char *q = text;
	bool inside = false;

	for (; c->p < c->end && (inside || *c->p != ','); c->p++)
	{
		if (*c->p != '"')
			*q++ = *c->p;
		else if (inside && c->p + 1 < c->end && c->p[1] == '"')
			*q++ = *++c->p;
		else
			inside = !inside;
	}
	*len = (size_t)(q - text);
	return inside ? NULL : text;
}

/* A quoted field without anything unusual in it: no copy. */
static bool
take_quoted(CsvCursor *c, CsvField *field)
{
	const char *start = c->p + 1;
	const char *close = memchr(start, '"', (size_t)(c->end - start));

	if (close == NULL || (close + 1 < c->end && close[1] != ','))
		return false;
	*field = (CsvField){.text = {start, (size_t)(close - start)}, .quoted = true};
	c->p = close + 1;
	return true;
}

/* The field at the cursor, which then stands at the comma or the end. False: an unterminated quote. */
static bool
take_field(CsvCursor *c, CsvField *field)
{
	const char *start = c->p;
	const char *p = start;

	if (p < c->end && *p == '"' && take_quoted(c, field))
		return true;
	while (p < c->end && *p != ',' && *p != '"')
		p++;
	if (p == c->end || *p == ',')
	{
		*field = (CsvField){.text = {start, (size_t)(p - start)}};
		c->p = p;
		return true;
	}
	*field = (CsvField){.quoted = true};
	field->text.data = unquote(c, &field->text.len);
	return field->text.data != NULL;
}

/* SQLSTATE and text of what is wrong with a record; false. */
static bool
bad_record(CsvDecoder *d, uint32_t message, SqlStateName state, const char *reason)
{
	field_decode_malformed(&d->fields, message, NULL, state, reason);
	return false;
}

static bool
missing_field(CsvDecoder *d, uint32_t message, uint32_t column)
{
	const StreamDef *stream = d->fields.stream;

	for (uint32_t c = 0; c < stream->column_count; c++)
	{
		if (stream->columns[c].origin == COLUMN_FIELD && column-- == 0)
			return bad_record(d, message, SQLSTATE_BAD_COPY_FILE_FORMAT,
							  arena_printf(d->fields.out->arena, "missing data for column \"%s\"",
										   stream->columns[c].name));
	}
	return bad_record(d, message, SQLSTATE_BAD_COPY_FILE_FORMAT, "missing data");
}

static bool
check_encoding(CsvDecoder *d, uint32_t message, const Message *m)
{
	Error err = {0};
	bool ok = text_check(m->value, m->value_len, &err);

	if (!ok)
		bad_record(d, message, err.state, arena_strdup(d->fields.out->arena, err.message));
	error_clear(&err);
	return ok;
}

static bool
split_record(CsvDecoder *d, uint32_t message, CsvField *record)
{
	const Message *m = &d->fields.messages[message];
	CsvCursor c = {.p = m->value, .end = m->value + m->value_len, .arena = d->fields.out->arena};
	uint32_t n = 0;

	if (!check_encoding(d, message, m))
		return false;
	if (c.end > c.p && c.end[-1] == '\n') /* of a message; a file's reader has taken it off */
		c.end -= c.end - c.p > 1 && c.end[-2] == '\r' ? 2 : 1;
	for (;;)
	{
		if (n == d->column_count)
			return bad_record(d, message, SQLSTATE_BAD_COPY_FILE_FORMAT,
							  "extra data after last expected column");
		if (!take_field(&c, &record[n++]))
			return bad_record(d, message, SQLSTATE_BAD_COPY_FILE_FORMAT, "unterminated CSV quoted field");
		if (c.p == c.end)
			return n == d->column_count || missing_field(d, message, n);
		c.p++;
	}
}

/* ---- converting ---- */

static void
convert_field(FieldDecode *fields, uint32_t field, uint32_t row)
{
	CsvDecoder *d = container_of(fields, CsvDecoder, fields);
	const CsvField *f = &d->rows[row * d->column_count + (uint32_t)fields->fields[field].csv_index];

	if (f->text.len == 0 && !f->quoted)
		field_decode_null(fields, field, row);
	else
		field_decode_text(fields, field, row, f->text);
}

static void
csv_decode(Decoder *base, const Message *messages, uint32_t n, int32_t partition, Batch *out,
		   DecodeResult *result)
{
	CsvDecoder *d = (CsvDecoder *)base;

	assert(n <= BATCH_ROWS);
	field_decode_begin(&d->fields, messages, partition, out, result);
	for (uint32_t message = 0; message < n; message++)
	{
		if (field_decode_accepts(&d->fields, message) &&
			split_record(d, message, d->rows + (size_t)out->n * d->column_count))
			(void)field_decode_row(&d->fields, message);
	}
	field_decode_values(&d->fields, convert_field);
}

/* ---- the class ---- */

static bool
csv_open(const DecoderOpen *open, Decoder **out, Error *err)
{
	CsvDecoder *d = mem_alloc_zero(sizeof *d);

	(void)err;
	d->base.class = &csv_format_class;
	arena_init(&d->arena, "CSV decoder");
	field_decode_open(&d->fields, open, &d->arena);
	for (uint32_t c = 0; c < open->stream->column_count; c++)
		d->column_count += open->stream->columns[c].origin == COLUMN_FIELD;
	d->rows = ARENA_ARRAY(&d->arena, CsvField, (size_t)BATCH_ROWS * Max(d->column_count, 1));
	*out = &d->base;
	return true;
}

static void
csv_close(Decoder *base)
{
	CsvDecoder *d = (CsvDecoder *)base;

	arena_release(&d->arena);
	mem_free(d);
}

/* CSV has no names and no nesting: a column is where it stands. */
static bool
csv_check(const StreamDef *stream, Error *err)
{
	for (uint32_t c = 0; c < stream->column_count; c++)
	{
		const ColumnDef *column = &stream->columns[c];

		if (column->origin == COLUMN_FIELD && (column->path_length != 1 || column->path[0].key == NULL ||
											   strcmp(column->path[0].key, column->name) != 0))
			return error_set(err, SQLSTATE_FDW_INVALID_OPTION_NAME, column->position,
							 "column \"%s\" can't have a path: format 'csv' has no nested values",
							 column->name);
	}
	return true;
}

static const OptionInfo csv_options[] = {MAX_MESSAGE_BYTES_OPTION};

const FormatClass csv_format_class = {
	.info =
		{
			.name = "csv",
			.kind = CONNECTOR_FORMAT,
			.options = csv_options,
			.option_count = lengthof(csv_options),
			.check_stream = csv_check,
		},
	.open = csv_open,
	.decode = csv_decode,
	.close = csv_close,
};
