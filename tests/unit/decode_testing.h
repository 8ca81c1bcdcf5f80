/*
 * decode_testing.h: what the tests of decoders share: a stream of one call, its messages, its rows as text.
 */
#ifndef WEIR_TESTS_DECODE_TESTING_H
#define WEIR_TESTS_DECODE_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "common/memory.h"
#include "executor/format.h"
#include "executor/source.h"

enum
{
	TESTING_FIELDS = 16
};

typedef struct Decoding
{
	StreamDef stream;
	DecodeField fields[TESTING_FIELDS];
	ColumnDef columns[TESTING_FIELDS];
	PathStep paths[TESTING_FIELDS][4];
	Option options[8];
	uint32_t field_count;
	TypeContext context;
	Arena arena; /* columns */
	Arena rows;  /* of the batch */
	Decoder *decoder;
	Batch batch;
	DecodeResult result;
} Decoding;

static inline void
decoding_begin(Decoding *d)
{
	*d = (Decoding){.stream = {.name = "clicks", .columns = d->columns}};
	d->stream.options.items = d->options;
	arena_init(&d->arena, "test columns");
	arena_init(&d->rows, "test rows");
}

static inline void
decoding_option(Decoding *d, const char *name, const char *text)
{
	d->options[d->stream.options.count++] =
		(Option){.name = name, .text = text, .given = true, .value.integer = atoll(text)};
}

/* A column at '$.a.b' or '$.a[2]': path is "a.b" or "a.2". */
static inline DecodeField *
decoding_field(Decoding *d, const char *path, TypeId type, int32_t modifier)
{
	DecodeField *f = &d->fields[d->field_count];
	PathStep *steps = d->paths[d->field_count];
	char *copy = arena_strdup(&d->arena, path);

	*f = (DecodeField){.name = arena_strdup(&d->arena, path),
					   .type = {type, modifier},
					   .path = steps,
					   .csv_index = (int)d->field_count};
	for (char *part = strtok(copy, "."); part != NULL; part = strtok(NULL, "."))
	{
		bool index = part[0] >= '0' && part[0] <= '9';

		steps[f->path_length++] = (PathStep){.key = index ? NULL : part, .index = index ? atoi(part) : 0};
	}
	d->columns[d->field_count] =
		(ColumnDef){.name = f->name, .type = f->type, .path_length = f->path_length, .path = steps};
	d->stream.column_count = ++d->field_count;
	return f;
}

static inline void
decoding_open(Decoding *d, const FormatClass *format)
{
	TypeId types[TESTING_FIELDS];
	DecoderOpen open = {.stream = &d->stream,
						.fields = d->fields,
						.field_count = d->field_count,
						.context = &d->context,
						.topic = "topic"};
	Error err = {0};

	for (uint32_t f = 0; f < d->field_count; f++)
		types[f] = d->fields[f].type.id;
	batch_init(&d->batch, types, d->field_count, &d->arena);
	d->batch.arena = &d->rows;
	if (!format->open(&open, &d->decoder, &err))
		fail_msg("%s", err.message);
}

static inline void
decoding_run(Decoding *d, const Message *messages, uint32_t n)
{
	arena_reset(&d->rows);
	d->decoder->class->decode(d->decoder, messages, n, 3, &d->batch, &d->result);
	batch_check(&d->batch);
}

/* One message whose bytes end where the heap block ends, so that reading beyond them is seen. */
static inline void
decoding_message(Decoding *d, const char *data, size_t len)
{
	char *copy = mem_alloc(Max(len, (size_t)1));
	Message m = {.value = copy, .value_len = len, .offset = 7, .timestamp = INT64_MIN};

	memcpy(copy, data, len);
	decoding_run(d, &m, 1);
	/* text points into the message: keep it as long as the rows */
	for (uint32_t f = 0; f < d->field_count && d->batch.n > 0; f++)
	{
		if (d->fields[f].type.id == TYPE_TEXT && !column_is_null(&d->batch.columns[f], 0))
		{
			Text *t = &COLUMN_DATA(&d->batch.columns[f], Text)[0];

			*t = text_make(arena_strndup(&d->rows, t->data, t->len), t->len);
		}
	}
	mem_free(copy);
}

/* The value as its type prints it, "NULL", in the rows' arena. */
static inline const char *
decoding_value(Decoding *d, uint32_t field, uint32_t row)
{
	const Column *c = &d->batch.columns[field];
	StrBuf text = {0};
	const char *result;
	Datum value = column_get(c, row);

	if (column_is_null(c, row))
		return "NULL";
	type_class(c->type)->print(datum_pointer(&value), &d->context, &text);
	result = arena_strndup(&d->rows, str_cstr(&text), text.len);
	str_free(&text);
	return result;
}

/* "value|value" of one row. */
static inline const char *
decoding_row(Decoding *d, uint32_t row)
{
	const char *line = "";

	for (uint32_t f = 0; f < d->field_count; f++)
		line = arena_printf(&d->rows, "%s%s%s", line, f > 0 ? "|" : "", decoding_value(d, f, row));
	return line;
}

/* What became of the message: the row, or "<sqlstate> <field>: <reason>", or "tombstone". */
static inline const char *
decoding_outcome(Decoding *d)
{
	const BadRow *bad = d->result.bad;

	if (d->result.tombstones > 0)
		return "tombstone";
	if (d->result.bad_count == 0)
		return decoding_row(d, 0);
	assert_int_equal(d->result.bad_count, 1);
	assert_int_equal(d->batch.n, 0);
	return arena_printf(&d->rows, "%s %s: %s", sqlstate_code(bad->state),
						bad->field != NULL ? bad->field : "*", bad->reason);
}

static inline void
decoding_end(Decoding *d)
{
	d->decoder->class->close(d->decoder);
	arena_release(&d->arena);
	arena_release(&d->rows);
}

#endif
