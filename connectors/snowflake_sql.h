/*
 * snowflake_sql.h: statements executed by Snowflake, through its SQL API (version 2).
 *
 * The idea: a statement is submitted without waiting for its end, so that there is a handle by which it can
 * be cancelled; then it is asked for until it is done, and its rows are fetched partition by partition.
 * Values arrive as texts and are handed on in PostgreSQL's forms (snowflake_value.h). A repeated submission
 * has the same request id: Snowflake executes it once.
 */
#ifndef WEIR_CONNECTORS_SNOWFLAKE_SQL_H
#define WEIR_CONNECTORS_SNOWFLAKE_SQL_H

#include "connectors/snowflake_call.h"
#include "connectors/snowflake_value.h"

/* What statements run with; "" = the user's default. Names as SQL has them: folded to upper case unless they
 * are in double quotes. */
typedef struct SnowflakeContext
{
	const char *role;
	const char *warehouse;
	const char *database;
	const char *schema;
	const TimeZone *zone; /* of TIMESTAMP_LTZ; NULL = UTC */
} SnowflakeContext;

typedef struct SnowflakeColumn
{
	const char *name;
	SnowflakeType type;
} SnowflakeColumn;

/* Where results go. */
typedef struct SnowflakeReceiver
{
	void *context;
	/* Once, before rows. */
	void (*begin)(void *context, const SnowflakeColumn *columns, uint32_t count);
	/* data NULL is SQL's NULL. Texts are valid until it returns. */
	void (*row)(void *context, const StrView *texts);
} SnowflakeReceiver;

/*
 * Executes one statement. False: it failed, or *stop became true (57014), in which case it was cancelled. An
 * error's position is in the statement, where Snowflake names one.
 */
extern bool snowflake_sql_execute(const SnowflakeServer *server, const SnowflakeContext *context,
								  StrView statement, const SnowflakeReceiver *receiver,
								  Error *err) WARN_UNUSED;

#endif
