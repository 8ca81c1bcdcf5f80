/*
 * snowflake_ddl.h: the Snowflake statements that load what the sinks of a job write.
 *
 * The idea: FILE FORMAT, STAGE, TABLE, PIPE and COPY are printed from the same CsvFormat that the writer
 * writes by, so that what is written and how it is read can't differ. Statements are safe to run again (IF
 * NOT EXISTS, never OR REPLACE of what has rows or a load history). No credential is ever printed, and no
 * name or path can end a comment or a string.
 *
 * A sink whose query was changed writes into the folder r<revision>/: from there on it has a format, a stage
 * and a pipe of its own, since other columns can't be loaded by the statements of before.
 */
#ifndef WEIR_CONNECTORS_SNOWFLAKE_DDL_H
#define WEIR_CONNECTORS_SNOWFLAKE_DDL_H

#include "connectors/csv_format.h"

/* An object that is out. */
typedef struct SnowflakeFile
{
	const char *key; /* below the stage's URL */
	uint64_t rows;
} SnowflakeFile;

/* What the state of the job knows of a sink. */
typedef struct SnowflakeSinkState
{
	int revision; /* that it writes, or will write when it starts */
	size_t file_count;
	const SnowflakeFile *files; /* of that revision, as far as manifests are kept */
} SnowflakeSinkState;

/* Refuses names and places that Snowflake would not take. For ConnectorInfo.check_sink. */
extern bool snowflake_check(const SinkPlan *sink, Error *err);

/* Tells the table, and who loads it. For ConnectorInfo.describe_sink. */
extern void snowflake_describe(const SinkPlan *sink, PropertyTeller tell, void *context);

/*
 * Appends the statements for the sinks that name a table; *count is how many these are. states: one per sink
 * of the plan, or NULL when there is no state. False: two of them name the same table, or integrations
 * differ.
 */
extern bool snowflake_ddl(const JobPlan *plan, const char *job_name, const SnowflakeSinkState *states,
						  Arena *arena, StrBuf *out, int *count, Error *err) WARN_UNUSED;

/* Appends the statements that drop what loads a sink's rows, of every revision that it has had, but no table;
 * none when the plan has no such sink, or it names no table. */
extern bool snowflake_drop_ddl(const JobPlan *plan, const char *job_name, const SnowflakeSinkState *states,
							   const char *sink, Arena *arena, StrBuf *out, Error *err) WARN_UNUSED;

#endif
