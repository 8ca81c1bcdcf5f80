/*
 * job.h: running the session's sinks as one job.
 */
#ifndef WEIR_REPL_JOB_H
#define WEIR_REPL_JOB_H

#include "executor/job.h"
#include "repl/session.h"

/* Sinks of the catalog; all = also those that a job of this session ran already. In the arena. */
extern const SinkDef *const *job_collect_sinks(const Session *session, bool all, Arena *arena, int *count);

/* The name of the job: the setting, else the base name of the first -f file. False: neither is there, or it
 * can't be a folder's name. */
extern bool job_name_of(const Session *session, Arena *arena, const char **name, Error *err) WARN_UNUSED;

/* Where its state lies: the setting, else .weir beside that file. */
extern const char *job_state_location(const Session *session, Arena *arena);

/* --input: tables that are named there are read from files. False: two of all would read standard input. */
extern bool job_replace_tables(Session *session, TablePlan *const *tables, int count, Arena *arena,
							   Error *err) WARN_UNUSED;
/* Whether every --input names a stream or table. */
extern bool job_check_inputs(const Session *session, Error *err) WARN_UNUSED;

/* Plans the sinks as one job and runs it, with progress on standard error. */
extern bool job_execute(Session *session, const SinkDef *const *sinks, int count, JobUntil until,
						int64_t deadline, Error *err) WARN_UNUSED;

/* Runs a live SELECT: a job without state whose rows go to the receiver. */
extern bool job_execute_query(Session *session, const JobPlan *plan, JobUntil until, RowReceiver *receiver,
							  TypeContext *types, Error *err) WARN_UNUSED;

#endif
