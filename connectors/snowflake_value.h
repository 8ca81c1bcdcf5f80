/*
 * snowflake_value.h: what the texts in Snowflake's answers mean, in PostgreSQL's text forms.
 *
 * The idea: the SQL API sends every value as a text of its own: days for dates, seconds with nine digits for
 * moments. They are printed as PostgreSQL prints the like type, but nothing is lost: fractions of a second
 * keep up to nine digits.
 */
#ifndef WEIR_CONNECTORS_SNOWFLAKE_VALUE_H
#define WEIR_CONNECTORS_SNOWFLAKE_VALUE_H

#include "common/str.h"
#include "common/types/timezone.h"

typedef enum SnowflakeType
{
	SNOWFLAKE_TEXT, /* and everything else that is shown as it comes: VARIANT, GEOGRAPHY, … */
	SNOWFLAKE_FIXED,
	SNOWFLAKE_REAL,
	SNOWFLAKE_DECFLOAT,
	SNOWFLAKE_BOOLEAN,
	SNOWFLAKE_BINARY,
	SNOWFLAKE_DATE,
	SNOWFLAKE_TIME,
	SNOWFLAKE_TIMESTAMP_NTZ,
	SNOWFLAKE_TIMESTAMP_LTZ, /* shown in the session's time zone */
	SNOWFLAKE_TIMESTAMP_TZ   /* shown with its own offset */
} SnowflakeType;

/* The type of a name in a result's description, in any case. */
extern SnowflakeType snowflake_type_find(const char *name);
extern bool snowflake_type_is_number(SnowflakeType type);

/* Appends a value that is not NULL. zone NULL is UTC. False: the text is not of the type's form. */
extern bool snowflake_value_append(SnowflakeType type, StrView text, const TimeZone *zone,
								   StrBuf *out) WARN_UNUSED;

#endif
