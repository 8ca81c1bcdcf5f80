/*
 * datetime_format.h: to_char() for timestamp, timestamptz and interval.
 *
 * The idea: a format is compiled once into nodes (a pattern with its modifiers, or literal text), which are
 * then run for each value. All of PostgreSQL 15's patterns and modifiers; month and day names are always
 * English.
 */
#ifndef WEIR_COMMON_TYPES_DATETIME_FORMAT_H
#define WEIR_COMMON_TYPES_DATETIME_FORMAT_H

#include "common/types/timestamp.h"

struct FormatNode;

typedef struct DateTimeFormat
{
	size_t count;
	const struct FormatNode *nodes;
} DateTimeFormat;

/* Any text is a format. Borrows it; nodes are taken from the arena. */
extern DateTimeFormat datetime_format_compile(StrView text, Arena *arena);

/* Append the formatted finite value. */
extern bool timestamp_format(const DateTimeFormat *format, int64_t ts, StrBuf *out, Error *err) WARN_UNUSED;
extern bool timestamptz_format(const DateTimeFormat *format, int64_t ts, const TimeZone *zone, StrBuf *out,
							   Error *err) WARN_UNUSED;
extern bool interval_format(const DateTimeFormat *format, Interval i, StrBuf *out, Error *err) WARN_UNUSED;

#endif
