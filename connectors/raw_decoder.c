/*
 * raw_decoder.c: message values as they are.
 *
 * The idea: the stream declares one text column, which is the whole value; metadata columns may stand beside
 * it. A value that is not valid UTF-8, or has a NUL byte, is a dead letter. Nothing is copied or interpreted.
 */
#include "connectors/raw_decoder.h"

#include "common/memory.h"
#include "connectors/field_decode.h"

typedef struct RawDecoder
{
	Decoder base;
	Arena arena;
	FieldDecode fields;
} RawDecoder;

static bool
raw_open(const DecoderOpen *open, Decoder **out, Error *err)
{
	RawDecoder *decoder = mem_alloc_zero(sizeof *decoder);

	(void)err;
	decoder->base.class = &raw_format_class;
	arena_init(&decoder->arena, "raw decoder");
	field_decode_open(&decoder->fields, open, &decoder->arena);
	*out = &decoder->base;
	return true;
}

static void
raw_decode(Decoder *base, const Message *messages, uint32_t n, int32_t partition, Batch *out,
		   DecodeResult *result)
{
	RawDecoder *decoder = container_of(base, RawDecoder, base);
	FieldDecode *d = &decoder->fields;

	field_decode_begin(d, messages, partition, out, result);
	for (uint32_t i = 0; i < n; i++)
		if (field_decode_accepts(d, i))
			field_decode_row(d, i);
	field_decode_rows_done(d);
	for (uint32_t row = 0; row < out->n; row++)
		for (uint32_t f = 0; f < d->field_count; f++)
			if (d->fields[f].origin == COLUMN_FIELD)
			{
				const Message *m = &messages[out->message_index[row]];

				field_decode_text(d, f, row, (StrView){m->value, m->value_len});
			}
	field_decode_metadata(d);
	field_decode_finish(d);
}

static void
raw_close(Decoder *base)
{
	RawDecoder *decoder = container_of(base, RawDecoder, base);

	arena_release(&decoder->arena);
	mem_free(decoder);
}

/* Exactly one column comes from the value, and it is text. */
static bool
raw_check(const StreamDef *stream, Error *err)
{
	int values = 0;

	for (uint32_t i = 0; i < stream->column_count; i++)
	{
		const ColumnDef *column = &stream->columns[i];

		if (column->origin != COLUMN_FIELD)
			continue;
		if (column->type.id != TYPE_TEXT)
			return error_set(err, SQLSTATE_DATATYPE_MISMATCH, column->position,
							 "column \"%s\" must be of type text to take raw messages", column->name);
		values++;
	}
	if (values == 1)
		return true;
	error_set(err, SQLSTATE_INVALID_TABLE_DEFINITION, NO_POSITION,
			  "a stream of raw messages must have exactly one column for the value, \"%s\" has %d",
			  stream->name, values);
	return error_hint(err, "Declare one text column; metadata and generated columns may be added.");
}

static const OptionInfo raw_options[] = {MAX_MESSAGE_BYTES_OPTION};

const FormatClass raw_format_class = {
	.info = {.name = "raw",
			 .kind = CONNECTOR_FORMAT,
			 .options = raw_options,
			 .option_count = lengthof(raw_options),
			 .check_stream = raw_check},
	.open = raw_open,
	.decode = raw_decode,
	.close = raw_close,
};
