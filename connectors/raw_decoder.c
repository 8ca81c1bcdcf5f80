/*
 * raw_decoder.c: the whole value of a message as a text.
 *
 * The idea: a stream with one column that is not metadata takes the bytes of each message, which must be
 * UTF-8; it is how messages are looked at, or passed on, without being understood.
 */
#include "connectors/raw_decoder.h"

#include "common/memory.h"
#include "common/types/text.h"
#include "connectors/field_decode.h"

typedef struct RawDecoder
{
	Decoder base;
	FieldDecode fields;
	Arena arena;
} RawDecoder;

static void
convert_value(FieldDecode *fields, uint32_t field, uint32_t row)
{
	const Message *m = &fields->messages[fields->out->message_index[row]];
	Error err = {0};

	if (text_check(m->value, m->value_len, &err))
		field_decode_text(fields, field, row, (StrView){m->value, m->value_len});
	else
		field_decode_fail(fields, field, row, &err);
}

static void
raw_decode(Decoder *base, const Message *messages, uint32_t n, int32_t partition, Batch *out,
		   DecodeResult *result)
{
	RawDecoder *d = (RawDecoder *)base;

	assert(n <= BATCH_ROWS);
	field_decode_begin(&d->fields, messages, partition, out, result);
	for (uint32_t message = 0; message < n; message++)
	{
		if (field_decode_accepts(&d->fields, message))
			(void)field_decode_row(&d->fields, message);
	}
	field_decode_values(&d->fields, convert_value);
}

static bool
raw_open(const DecoderOpen *open, Decoder **out, Error *err)
{
	RawDecoder *d = mem_alloc_zero(sizeof *d);

	(void)err;
	d->base.class = &raw_format_class;
	arena_init(&d->arena, "raw decoder");
	field_decode_open(&d->fields, open, &d->arena);
	*out = &d->base;
	return true;
}

static void
raw_close(Decoder *base)
{
	RawDecoder *d = (RawDecoder *)base;

	arena_release(&d->arena);
	mem_free(d);
}

static bool
raw_check(const StreamDef *stream, Error *err)
{
	const ColumnDef *value = NULL;

	for (uint32_t c = 0; c < stream->column_count; c++)
	{
		const ColumnDef *column = &stream->columns[c];

		if (column->origin != COLUMN_FIELD)
			continue;
		if (value != NULL)
			return error_set(err, SQLSTATE_INVALID_TABLE_DEFINITION, column->position,
							 "format 'raw' takes one column for the message, \"%s\" is a second one",
							 column->name);
		if (column->type.id != TYPE_TEXT && column->type.id != TYPE_JSONB)
			return error_set(err, SQLSTATE_INVALID_TABLE_DEFINITION, column->position,
							 "column \"%s\" of format 'raw' must be of type text or jsonb", column->name);
		value = column;
	}
	return true;
}

static const OptionInfo raw_options[] = {MAX_MESSAGE_BYTES_OPTION};

const FormatClass raw_format_class = {
	.info =
		{
			.name = "raw",
			.kind = CONNECTOR_FORMAT,
			.options = raw_options,
			.option_count = lengthof(raw_options),
			.check_stream = raw_check,
		},
	.open = raw_open,
	.decode = raw_decode,
	.close = raw_close,
};
