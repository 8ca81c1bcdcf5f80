/*
 * datetime_parse.h: reads the text of date, timestamp and timestamptz in all of PostgreSQL's forms.
 *
 * One decoder serves the three types, which then take from the result what they hold. DateStyle is ISO, MDY.
 */
#ifndef WEIR_COMMON_TYPES_DATETIME_PARSE_H
#define WEIR_COMMON_TYPES_DATETIME_PARSE_H

#include "common/types/calendar.h"
#include "common/types/datetime_token.h"
#include "common/types/type.h"

typedef struct ParsedDateTime
{
	DateTimeSpecial special; /* dt is set for DATETIME_PLAIN only */
	DateTime dt;             /* a valid date; the year may be beyond every type's range */
	int32_t offset;          /* seconds east of UTC: as written, or of the session's zone */
} ParsedDateTime;

/* limit: of datetime_split(), which differs by type. */
extern bool datetime_parse(StrView s, size_t limit, const char *type_name, const TypeContext *context,
						   ParsedDateTime *out, Error *err) WARN_UNUSED;

#endif
