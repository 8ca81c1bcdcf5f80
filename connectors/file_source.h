/*
 * file_source.h: files as streams and tables (SourceClass "file").
 */
#ifndef WEIR_CONNECTORS_FILE_SOURCE_H
#define WEIR_CONNECTORS_FILE_SOURCE_H

#include "executor/source.h"

extern const SourceClass file_source_class;

#endif
