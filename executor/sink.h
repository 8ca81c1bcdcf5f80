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
	/* Appends rows [from, to) of the batch's first visible_count columns. */
	bool (*encode)(RowEncoder *encoder, const Batch *batch, uint32_t from, uint32_t to, StrBuf *out, Error *err);
	void (*close)(RowEncoder *encoder);
} SinkClass;

#endif
