/*
 * generator.h: made-up messages (SourceClass "generator").
 */
#ifndef WEIR_CONNECTORS_GENERATOR_H
#define WEIR_CONNECTORS_GENERATOR_H

#include "executor/source.h"

extern const SourceClass generator_source_class;

#endif
