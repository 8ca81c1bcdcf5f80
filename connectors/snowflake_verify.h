/*
 * snowflake_verify.h: whether the tables of a job have what its manifests say, and that once.
 *
 * The idea: the manifests that are kept name every object and its rows, of all shards; COPY_HISTORY says of
 * the last 14 days which file came into a table, with how many rows, by which pipe or by COPY. Both are
 * compared file by file. It only reads, beside a job that runs: what is out for a short while is pending, and
 * becomes a finding when it should have come by now.
 *
 * What is older than Snowflake's memory is loaded when the job has seen it so, else it can't be judged, and
 * is counted. So are files of the history that no manifest knows.
 */
#ifndef WEIR_CONNECTORS_SNOWFLAKE_VERIFY_H
#define WEIR_CONNECTORS_SNOWFLAKE_VERIFY_H

#include "connectors/snowflake_sql.h"
#include "executor/state_view.h"
#include "planner/plan.h"

typedef enum SnowflakeVerdict
{
	SNOWFLAKE_PENDING,   /* not loaded, and it should be by now */
	SNOWFLAKE_FAILED,    /* refused: no row is in the table */
	SNOWFLAKE_SKIPPED,   /* passed over without an error */
	SNOWFLAKE_DIFFERENT, /* loaded with another number of rows than were written */
	SNOWFLAKE_TWICE,     /* loaded more than once */
	SNOWFLAKE_MISSING,   /* the job has seen it loaded, but the history of the table does not know it */
	SNOWFLAKE_VERDICTS
} SnowflakeVerdict;

extern const char *snowflake_verdict_name(SnowflakeVerdict verdict);

/* Texts are valid until found() returns. */
typedef struct SnowflakeFinding
{
	SnowflakeVerdict verdict;
	uint64_t epoch;
	const char *table;
	const char *object; /* with its location */
	const char *detail;
} SnowflakeFinding;

/* Of one table. */
typedef struct SnowflakeTotals
{
	const char *table;
	uint64_t files, rows; /* that manifests know */
	uint64_t loaded;      /* files, as they should be */
	uint64_t pending;     /* all of them, also those that are no finding */
	uint64_t unknown;     /* too old to be judged, or of a location that the sink has no more */
	uint64_t foreign;     /* files of the history that no manifest knows */
	uint64_t found[SNOWFLAKE_VERDICTS];
} SnowflakeTotals;

typedef struct SnowflakeVerify
{
	StateLook look;
	const JobPlan *plan;
	const SnowflakeServer *server;
	const SnowflakeContext *context; /* role and warehouse that it does not name are the sink's */
	int64_t now;                     /* TIMESTAMPTZ, by Snowflake's clock: snowflake_verify_now() */
	void (*found)(void *context, const SnowflakeFinding *finding);
	void *found_context;
} SnowflakeVerify;

/* Whether a sink of the plan names a table. */
extern bool snowflake_verify_has_tables(const JobPlan *plan);
/* Asks for the time, and so whether there is somebody who answers and believes who we are. */
extern bool snowflake_verify_now(const SnowflakeServer *server, const SnowflakeContext *context, int64_t *out,
								 Error *err) WARN_UNUSED;
/*
 * The totals of each table are in the arena; remedies gets statements, with comments, for what was found. A
 * finding is no failure. False: the state can't be read, or Snowflake not be asked.
 */
extern bool snowflake_verify(const SnowflakeVerify *open, Arena *arena, SnowflakeTotals **totals, int *count,
							 StrBuf *remedies, Error *err) WARN_UNUSED;

#endif
