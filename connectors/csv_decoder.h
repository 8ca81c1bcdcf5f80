/*
 * csv_decoder.h: CSV records as rows (FormatClass "csv").
 */
#ifndef WEIR_CONNECTORS_CSV_DECODER_H
#define WEIR_CONNECTORS_CSV_DECODER_H

#include "executor/format.h"

extern const FormatClass csv_format_class;

#endif
