/*
 * csv_writer.h: rows as CSV (SinkClass "csv").
 */
#ifndef WEIR_CONNECTORS_CSV_WRITER_H
#define WEIR_CONNECTORS_CSV_WRITER_H

#include "executor/sink.h"

extern const SinkClass csv_sink_class;

/* Appends a field in double quotes, quotes inside doubled. */
extern void csv_append_quoted(StrBuf *out, StrView s);

#endif
