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
	const char *file;  /* as Snowflake names it: snowflake_history_key() knows how */
	const char *stage; /* the place that the file's name is below; "" = not told */
	LoadStatus status; /* LOAD_SUBMITTED while it is being loaded, LOAD_WAITING when it was passed over */
	uint64_t rows;     /* that are in the table */
	const char *error; /* NULL = none */
	const char *pipe;  /* the last part of its name; NULL = a COPY loaded it */
	int64_t time;      /* TIMESTAMPTZ, of the load; 0 = not told */
} SnowflakeLoaded;

typedef void (*SnowflakeLoadedVisitor)(void *context, const SnowflakeLoaded *loaded);

/*
 * Visits what was loaded, or failed, at or after a moment (TIMESTAMPTZ) of this machine's clock, in no order;
 * a file may come more than once. What is older than 14 days is not visited.
 */
extern bool snowflake_history_visit(const SnowflakeServer *server, const SnowflakeContext *context,
									const SnowflakeName *table, int64_t since, SnowflakeLoadedVisitor visit,
									void *visit_context, Error *err) WARN_UNUSED;

/*
 * The key of a file below a URL that ends with a slash; NULL: it lies elsewhere. Snowflake names a file below
 * the place of its stage, but its documents don't bar a path that is whole, of the bucket or a URL: whole
 * takes it as such, which is for names whose key is not known otherwise. url NULL: an internal stage.
 */
extern const char *snowflake_history_key(const SnowflakeLoaded *loaded, const char *url, bool whole,
										 Arena *arena);

/* Appends TABLE(…COPY_HISTORY(…)) of a table. start: an expression of SQL. */
extern void snowflake_append_history(StrBuf *out, const SnowflakeName *table, const char *start);
/* The expression that goes back as far as Snowflake knows. */
#define SNOWFLAKE_HISTORY_START "DATEADD(DAY, -14, CURRENT_TIMESTAMP())"

#endif
