/*
 * raw_decoder.h: message values as they are (FormatClass "raw"): one text column takes the bytes.
 */
#ifndef WEIR_CONNECTORS_RAW_DECODER_H
#define WEIR_CONNECTORS_RAW_DECODER_H

#include "executor/format.h"

extern const FormatClass raw_format_class;

#endif
