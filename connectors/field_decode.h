/*
 * field_decode.h: what all decoders have in common: from found values to columns and bad rows.
 *
 * The idea: a decoder finds out which messages are rows and where each field's text is; here rows are
 * numbered, texts converted with the type's own input function, metadata columns filled, NULL checked against
 * NOT NULL, missing fields given their default, failures turned into BadRows, and failed rows removed at the
 * end. The first field (in the plan's order) that fails is the one reported.
 */
#ifndef WEIR_CONNECTORS_FIELD_DECODE_H
#define WEIR_CONNECTORS_FIELD_DECODE_H

#include "executor/format.h"

typedef struct FieldDefault
{
	bool known; /* evaluated in this batch */
	Datum value;
} FieldDefault;

/* One per decoder, used by one thread. The second part is valid between begin and finish. */
typedef struct FieldDecode
{
	const StreamDef *stream;
	const DecodeField *fields;
	uint32_t field_count;
	const TypeContext *context;
	StrView topic;
	size_t max_message_bytes;
	FieldDefault *defaults;

	const Message *messages;
	int32_t partition;
	Batch *out;
	DecodeResult *result;
	size_t bad_capacity;
	uint32_t failed;                         /* rows that got a BadRow while their fields were converted */
	uint64_t keep[BITMAP_WORDS(BATCH_ROWS)]; /* rows that did not */
} FieldDecode;

/* The option of every format that bounds a message; for their option tables. */
#define MAX_MESSAGE_BYTES_OPTION                                                                   \
	{                                                                                              \
		.name = "max_message_bytes", .type = OPTION_SIZE, .default_text = "8MB", .minimum = 1024,  \
		.maximum = INT64_C(1) << 30, .help = "larger messages are dead letters whose value is cut" \
	}

/* Memory is from the arena, which lives as long as the decoder. */
extern void field_decode_open(FieldDecode *d, const DecoderOpen *open, Arena *arena);

extern void field_decode_begin(FieldDecode *d, const Message *messages, int32_t partition, Batch *out,
							   DecodeResult *result);
/*
 * Looks at a message before its value is decoded: counts a tombstone, or reports one that could not be read
 * or is too long. True: it is to be decoded.
 */
extern bool field_decode_accepts(FieldDecode *d, uint32_t message);
/* The next row is this message; its number is out->n - 1 afterwards. */
static inline uint32_t
field_decode_row(FieldDecode *d, uint32_t message)
{
	d->out->message_index[d->out->n] = message;
	return d->out->n++;
}

/* The whole message is malformed; it becomes no row. The text is in the batch's arena or constant. */
extern void field_decode_malformed(FieldDecode *d, uint32_t message, const char *field, SqlStateName state,
								   const char *reason);
/* To be called once when all rows are numbered and before the first field is stored. */
extern void field_decode_rows_done(FieldDecode *d);

/* One field of a row; each call sets the element, or NULL, or fails the row. */
extern void field_decode_text(FieldDecode *d, uint32_t field, uint32_t row, StrView text);
extern void field_decode_null(FieldDecode *d, uint32_t field, uint32_t row);
extern void field_decode_missing(FieldDecode *d, uint32_t field, uint32_t row);
/* Fails the row with the error, which is cleared. */
extern void field_decode_fail(FieldDecode *d, uint32_t field, uint32_t row, Error *err);

/* All that is left to do when the rows are numbered, for a decoder that converts value by value: convert is
 * called for each field of the value, with each row. */
typedef void (*FieldConverter)(FieldDecode *d, uint32_t field, uint32_t row);
extern void field_decode_values(FieldDecode *d, FieldConverter convert);

/* Fills the metadata columns of all rows. */
extern void field_decode_metadata(FieldDecode *d);
/* Removes the failed rows and puts the BadRows in message order. */
extern void field_decode_finish(FieldDecode *d);

#endif
