/*
 * snowflake_ddl.h: the Snowflake statements that load what the sinks of a job write.
 *
 * The idea: FILE FORMAT, STAGE, TABLE, PIPE and COPY are printed from the same CsvFormat that the writer
 * writes by, so that what is written and how it is read can't differ. Statements are safe to run again (IF
 * NOT EXISTS, never OR REPLACE: recreating a table or pipe forgets its load history). No credential is ever
 * printed, and no name or path can end a comment or a string.
 */
#ifndef WEIR_CONNECTORS_SNOWFLAKE_DDL_H
#define WEIR_CONNECTORS_SNOWFLAKE_DDL_H

#include "connectors/csv_format.h"

/* Refuses names and places that Snowflake would not take. For ConnectorInfo.check_sink. */
extern bool snowflake_check(const SinkPlan *sink, Error *err);

/*
 * Appends the statements for the sinks that name a table; *count is how many these are. False: two of them
 * name the same table.
 */
extern bool snowflake_ddl(const JobPlan *plan, const char *job_name, Arena *arena, StrBuf *out, int *count,
						  Error *err) WARN_UNUSED;

#endif
