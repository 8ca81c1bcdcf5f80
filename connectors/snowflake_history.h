/*
 * snowflake_history.h: what Snowflake knows of the files that were loaded into a table: COPY_HISTORY, 14 days
 * back, of pipes and of COPY alike.
 */
#ifndef WEIR_CONNECTORS_SNOWFLAKE_HISTORY_H
#define WEIR_CONNECTORS_SNOWFLAKE_HISTORY_H

#include "connectors/snowflake_name.h"
#include "connectors/snowflake_sql.h"
#include "executor/loader.h"

#define SNOWFLAKE_HISTORY_DAYS 14

/* Texts are valid until the receiver returns. */
typedef struct SnowflakeLoaded
{
	const char *file;  /* as Snowflake names it: the path ends in the key below the stage's URL */
	LoadStatus status; /* LOAD_SUBMITTED while it is being loaded */
	uint64_t rows;     /* that are in the table */
	const char *error; /* NULL = none */
	int64_t time;      /* TIMESTAMPTZ, of the load */
} SnowflakeLoaded;

typedef void (*SnowflakeLoadedVisitor)(void *context, const SnowflakeLoaded *loaded);

/* Visits what was loaded, or failed, at or after a moment (TIMESTAMPTZ), in no order; a file may come more
 * than once. */
extern bool snowflake_history_visit(const SnowflakeServer *server, const SnowflakeContext *context,
									const SnowflakeName *table, int64_t since, SnowflakeLoadedVisitor visit,
									void *visit_context, Error *err) WARN_UNUSED;

#endif
