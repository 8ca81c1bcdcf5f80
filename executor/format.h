/*
 * format.h: the interface that every decoder of messages implements (JSON, CSV, …).
 *
 * The idea: a decoder turns the messages of one partition into the columns that the plan asked for, and
 * nothing else. A message that is malformed anywhere, or whose asked-for fields do not convert, or that is
 * NULL against NOT NULL, is bad: it yields no row but a BadRow. One decoder serves one worker.
 */
#ifndef WEIR_EXECUTOR_FORMAT_H
#define WEIR_EXECUTOR_FORMAT_H

#include "executor/batch.h"
#include "planner/plan.h"

/* Why a message gave no row. Texts live in the batch's arena. */
typedef struct BadRow
{
	uint32_t message;  /* index into the messages */
	const char *field; /* column name, or NULL when the whole message is malformed */
	SqlStateName state;
	const char *reason;
} BadRow;

typedef struct DecodeResult
{
	uint32_t tombstones; /* messages without value; they give neither row nor BadRow */
	uint32_t bad_count;
	BadRow *bad; /* in message order; in the batch's arena */
} DecodeResult;

typedef struct DecoderOpen
{
	const StreamDef *stream;
	const DecodeField *fields;
	uint32_t field_count;
	const TypeContext *context; /* borrowed; stays valid and constant during an epoch */
	const char *topic;          /* for METADATA_TOPIC; borrowed */
} DecoderOpen;

/* Embed as first member. */
typedef struct Decoder
{
	const struct FormatClass *class;
} Decoder;

typedef struct FormatClass
{
	ConnectorInfo info;
	bool (*open)(const DecoderOpen *open, Decoder **out, Error *err);
	/*
	 * Decodes n <= BATCH_ROWS messages of one partition into out: its columns are already initialised with
	 * the fields' types (field_count columns), out->arena takes unescaped text. Sets out->n, the columns'
	 * data and validity, out->message_index. Text may point into the messages.
	 */
	void (*decode)(Decoder *decoder, const Message *messages, uint32_t n, int32_t partition, Batch *out,
				   DecodeResult *result);
	void (*close)(Decoder *decoder);
} FormatClass;

#endif
