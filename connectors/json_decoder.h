/*
 * json_decoder.h: JSON objects as rows (FormatClass "json").
 */
#ifndef WEIR_CONNECTORS_JSON_DECODER_H
#define WEIR_CONNECTORS_JSON_DECODER_H

#include "executor/format.h"

extern const FormatClass json_format_class;

#endif
