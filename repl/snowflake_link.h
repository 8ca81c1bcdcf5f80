/*
 * snowflake_link.h: the session's way to Snowflake.
 *
 * The idea: the settings snowflake.*, or the environment variables of like names (SNOWFLAKE_ACCOUNT, …), say
 * where it is and who we are. The private key is read when a link is opened and wiped when it is closed; a
 * link lives as long as a command.
 */
#ifndef WEIR_REPL_SNOWFLAKE_LINK_H
#define WEIR_REPL_SNOWFLAKE_LINK_H

#include "connectors/snowflake_sql.h"
#include "repl/session.h"

typedef struct SnowflakeLink
{
	HttpEngine *engine;
	SnowflakeKey *key;
	StrBuf url;
	SnowflakeServer server;
	SnowflakeContext context;
} SnowflakeLink;

/* Connects to nothing. Close it in any case. */
extern bool snowflake_link_open(const Session *session, SnowflakeLink *link, Error *err) WARN_UNUSED;
extern void snowflake_link_close(SnowflakeLink *link);

/* Executes one statement. The result is to be freed, if true. */
extern bool snowflake_link_execute(const SnowflakeLink *link, StrView statement, Result *result,
								   Error *err) WARN_UNUSED;

/* Executes the statements of a text, prints their results and reports the first error, which ends it. */
extern bool snowflake_link_run(Session *session, StrView text);

/* Reports an error of a statement; of one that a signal ended, the exit code is that of stopping. */
extern void snowflake_link_report(Session *session, StrView statement, Error *err);

#endif
