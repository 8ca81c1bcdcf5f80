/*
 * worker.h: a fixed set of threads that run one task at a time, together.
 *
 * The idea: the coordinator starts a task, every worker runs it with its own number, and the coordinator
 * waits for all of them: the barrier between FILL, split, REDUCE and snapshot. A task that fails keeps the
 * first error; the others go on to their own end. There is no queue: what a worker works on is decided by its
 * number, or taken from an atomic counter of the task.
 */
#ifndef WEIR_EXECUTOR_WORKER_H
#define WEIR_EXECUTOR_WORKER_H

#include "common/error.h"

typedef struct WorkerPool WorkerPool;

/* Runs in worker number worker. False: err is set. */
typedef bool (*WorkerTask)(void *context, int worker, Error *err);

extern bool workers_open(int count, WorkerPool **out, Error *err) WARN_UNUSED;
/* Starts a task on all workers; the one before must have been waited for. */
extern void workers_start(WorkerPool *pool, WorkerTask task, void *context);
/* Waits at most timeout microseconds (-1: for ever); true when all workers are through. */
extern bool workers_wait(WorkerPool *pool, int64_t timeout);
/* The outcome of the task that was waited for; moves its error to err. */
extern bool workers_result(WorkerPool *pool, Error *err) WARN_UNUSED;
/* Start, wait, result. */
extern bool workers_run(WorkerPool *pool, WorkerTask task, void *context, Error *err) WARN_UNUSED;
/* Lets a coordinator that waits in workers_wait() look up at once. */
extern void workers_nudge(WorkerPool *pool);
/* Ends the threads; a task that was started is done before, whether its thread had taken notice or not. NULL
 * is allowed. */
extern void workers_close(WorkerPool *pool);

#endif
