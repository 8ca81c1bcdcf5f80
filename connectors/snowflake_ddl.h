/*
 * snowflake_ddl.h: the Snowflake statements that load what a sink writes.
 *
 * The idea: FILE FORMAT, STAGE, TABLE, PIPE and COPY are printed from the same CsvFormat that the writer
 * writes by, so that what is written and how it is read can't differ. Statements are safe to run again (IF
 * NOT EXISTS, never OR REPLACE: recreating a table or pipe forgets its load history). Every identifier is in
 * double quotes; names that need no quotes are upper-cased first, so that they can be typed bare. No
 * credential is ever printed.
 */
#ifndef WEIR_CONNECTORS_SNOWFLAKE_DDL_H
#define WEIR_CONNECTORS_SNOWFLAKE_DDL_H

#include "connectors/csv_format.h"

/* Whether the sink names a Snowflake table. */
extern bool snowflake_wanted(const SinkPlan *sink);

/* Appends the statements for a sink that names a table. False: snowflake_table is not a table's name. */
extern bool snowflake_ddl(const SinkPlan *sink, const CsvFormat *format, const char *job_name, StrBuf *out,
						  Error *err) WARN_UNUSED;

#endif
