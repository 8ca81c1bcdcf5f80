/*
 * snowflake_loader.h: the tables of a job whose sinks say snowflake_load = 'rest' or 'copy', loaded by the
 * job.
 *
 * The idea: with 'rest' a pipe is told of objects by name (snowflake_pipe.h) and asked what became of them;
 * with 'copy' COPY INTO names them, and its result and COPY_HISTORY (snowflake_history.h) say so. Snowflake
 * knows an object by its name: a pipe for 14 days, a table that COPY loads for 64. Only what lies on S3 is
 * loaded, since Snowflake can't read a directory.
 */
#ifndef WEIR_CONNECTORS_SNOWFLAKE_LOADER_H
#define WEIR_CONNECTORS_SNOWFLAKE_LOADER_H

#include "connectors/snowflake_sql.h"
#include "executor/loader.h"
#include "planner/plan.h"

/* Whether a sink of the plan is loaded by the job, which needs a way to Snowflake. */
extern bool snowflake_loader_is_needed(const JobPlan *plan);

typedef struct SnowflakeLoaderOpen
{
	const JobPlan *plan;
	const char *job_name;
	/* Borrowed until it is closed. Its stop is replaced by the loader's own. */
	const SnowflakeServer *server;
	const SnowflakeContext *context; /* role and warehouse of sinks that name none */
	int64_t submit_again; /* microseconds after which a pipe is told once more of what it does not report */
} SnowflakeLoaderOpen;

/* Connects to nothing. */
extern bool snowflake_loader_open(const SnowflakeLoaderOpen *open, Loader **out, Error *err) WARN_UNUSED;

#endif
