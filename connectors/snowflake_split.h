/*
 * snowflake_split.h: cutting text into statements as Snowflake's clients do.
 *
 * The idea: the SQL API takes one statement at a time. A statement ends at a semicolon outside of strings,
 * quoted names and comments: '…' with '' and backslashes, "…" with "", $$…$$, lines behind -- and //, and / *
 * … * / without nesting. Blocks of Snowflake Scripting must stand between $$.
 */
#ifndef WEIR_CONNECTORS_SNOWFLAKE_SPLIT_H
#define WEIR_CONNECTORS_SNOWFLAKE_SPLIT_H

#include "common/str.h"

/* The next statement from *at on, without what is blank or comment before it and without its semicolon; *at
 * ends behind it. False: there is none. */
extern bool snowflake_split(StrView text, size_t *at, StrView *statement);

#endif
