/*
 * raw_decoder.h: message values as one column, as they are (FormatClass "raw").
 */
#ifndef WEIR_CONNECTORS_RAW_DECODER_H
#define WEIR_CONNECTORS_RAW_DECODER_H

#include "executor/format.h"

extern const FormatClass raw_format_class;

#endif
