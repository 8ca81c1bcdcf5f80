/*
 * sink.h: the interface that every row encoder implements (CSV, JSON lines).
 *
 * The idea: a sink format turns rows into bytes, and nothing more: which object they go into, compression and
 * publishing are the business of output.c and the store. An encoder is used by one thread at a time.
 */
#ifndef WEIR_EXECUTOR_SINK_H
#define WEIR_EXECUTOR_SINK_H

#include "executor/batch.h"
#include "planner/plan.h"

/* Embed as first member. */
typedef struct RowEncoder
{
	const struct SinkClass *class;
} RowEncoder;

typedef struct SinkClass
{
	ConnectorInfo info;
	const char *extension; /* of file names: "csv" */
	bool (*open)(const SinkPlan *sink, const TypeContext *context, RowEncoder **out, Error *err);
	/* What every object begins with (a header line); may append nothing. */
	void (*begin)(RowEncoder *encoder, StrBuf *out);
	/*
	 * Sets the bit of every row that the format can't hold (a timestamp beyond year 9999 …); bits of other
	 * rows stay. Returns how many it set. NULL = every row can be written.
	 */
	uint32_t (*check)(RowEncoder *encoder, const Batch *batch, uint64_t *failed);
	/* Says why check() refused a row, and (in *field) which column it was. */
	void (*explain)(RowEncoder *encoder, const Batch *batch, uint32_t row, const char **field, Error *err);
	/*
	 * Appends the rows of the given numbers: the batch's first visible_count columns. They passed check().
	 * Ends after the row with which out has enough bytes. Returns how many rows it appended.
	 */
	uint32_t (*encode)(RowEncoder *encoder, const Batch *batch, const uint32_t *rows, uint32_t n,
					   size_t enough, StrBuf *out);
	void (*close)(RowEncoder *encoder);
} SinkClass;

#endif
