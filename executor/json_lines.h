/*
 * json_lines.h: lists that markers hold: one JSON object on each line.
 */
#ifndef WEIR_EXECUTOR_JSON_LINES_H
#define WEIR_EXECUTOR_JSON_LINES_H

#include <jansson.h>

#include "common/arena.h"
#include "common/error.h"

/* Appends "name":"text", or "name":null. */
extern void json_line_append(const char *name, const char *text, StrBuf *out);

/* Takes what a line says into element number i of what is parsed. False: it is not valid. */
typedef bool (*JsonLineTaker)(void *context, size_t i, const json_t *object, Arena *arena);

/* How many lines there are, the last one without its end, too. */
extern size_t json_lines_count(StrView text);
/* Parses all of them, each of which ends with a line feed. False: one is not valid. */
extern bool json_lines_parse(StrView text, JsonLineTaker take, void *context, Arena *arena) WARN_UNUSED;

#endif
