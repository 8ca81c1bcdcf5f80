/*
 * snowflake_name.h: names and string constants as Snowflake reads them.
 *
 * The idea: every identifier is printed in double quotes, so that no word is reserved and no letter lost.
 * What could be written without quotes is stored in upper case, as Snowflake would, so that users can go on
 * typing it without.
 */
#ifndef WEIR_CONNECTORS_SNOWFLAKE_NAME_H
#define WEIR_CONNECTORS_SNOWFLAKE_NAME_H

#include "common/str.h"

enum
{
	SNOWFLAKE_NAME_PARTS = 3, /* database, schema, object */
	SNOWFLAKE_NAME_MAX = 255  /* characters of a part */
};

typedef struct SnowflakeName
{
	StrBuf parts[SNOWFLAKE_NAME_PARTS]; /* as Snowflake stores them */
	int count;
} SnowflakeName;

/*
 * Reads a dotted name of at most max_parts; parts in double quotes keep their letters. reserve: characters
 * that will be appended to the last part. False: it is none, or a part is too long or has a control
 * character. Release with snowflake_name_free() in any case.
 */
extern bool snowflake_name_read(SnowflakeName *name, StrView text, int max_parts, size_t reserve) WARN_UNUSED;
extern bool snowflake_name_equal(const SnowflakeName *a, const SnowflakeName *b);
extern void snowflake_name_free(SnowflakeName *name);

/* Appends "DB"."SCHEMA"."OBJECT<suffix>". */
extern void snowflake_append_name(StrBuf *out, const SnowflakeName *name, const char *suffix);
/* The same for people: DB.SCHEMA.OBJECT, where that can be written without quotes. */
extern void snowflake_append_shown_name(StrBuf *out, const SnowflakeName *name);
/* The same of the first parts alone. */
extern void snowflake_append_name_parts(StrBuf *out, const SnowflakeName *name, int count);
/* Whether every part could be written without quotes. */
extern bool snowflake_name_is_plain(const SnowflakeName *name);
/* A column's name as Snowflake stores it. */
extern void snowflake_fold_column(StrBuf *out, const char *name);
extern void snowflake_append_column(StrBuf *out, const char *name);
/* Appends a string constant: quotes and backslashes doubled, control characters escaped. */
extern void snowflake_append_literal(StrBuf *out, StrView s);

#endif
