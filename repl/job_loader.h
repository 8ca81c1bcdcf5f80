/*
 * job_loader.h: the Loader of a job that the session runs, with its way to Snowflake.
 *
 * The idea: a job whose sinks say snowflake_load = 'rest' or 'copy' loads what it writes, unless
 * snowflake.load is off. Its link lives as long as the job, and is stopped by the loader's own flag: a job
 * that was told to stop still tells Snowflake of its last objects.
 */
#ifndef WEIR_REPL_JOB_LOADER_H
#define WEIR_REPL_JOB_LOADER_H

#include "executor/loader.h"
#include "repl/snowflake_link.h"

typedef struct JobLoader
{
	SnowflakeLink link;
	Loader *loader; /* NULL: the job loads nothing */
} JobLoader;

/* Connects to nothing. Close it in any case. False: loading is asked for, and is not set up. */
extern bool job_loader_open(const Session *session, const JobPlan *plan, const char *job_name, JobLoader *out,
							Error *err) WARN_UNUSED;
extern void job_loader_close(JobLoader *loader);

#endif
