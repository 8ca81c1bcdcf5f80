/*
 * standby.h: a process that waits until the writer of its state is gone, and then is the writer.
 *
 * The idea: safety is the chain's business, so waiting decides nothing but who restarts. A store with a lock
 * says itself when the other process is gone. On one without, a standby watches the newest manifest: a writer
 * that adds none for three commit intervals and half a minute, by the standby's own clock and from when it
 * saw the last one, is taken for gone; one that has closed is gone at once. So that an idle writer is not
 * taken for gone, the standby keeps a small object fresh, and a writer that sees it change commits an empty
 * epoch. A take-over that comes too early costs the loser a restart: it exits as fenced, and nothing is
 * doubled.
 */
#ifndef WEIR_EXECUTOR_STANDBY_H
#define WEIR_EXECUTOR_STANDBY_H

#include "executor/job_run.h"

/*
 * Sets watched_seq: the newest manifest when the writer was taken for gone. On a store without lock a newer
 * one means that another was faster, and is to be waited for.
 *
 * Compares the plan with the state, then waits; holds the lock when it returns true. False: the plan does not
 * fit, QUERY_CANCELED when the job was told to stop, or the store failed.
 */
extern bool standby_wait(JobRun *run, Error *err) WARN_UNUSED;

/* For an idle writer: whether a standby has shown itself since the last call. */
extern bool standby_is_watching(JobRun *run);

#endif
