/*
 * worker.c: the worker threads and their barrier.
 */
#include "executor/worker.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "common/memory.h"

typedef struct Worker
{
	struct WorkerPool *pool;
	int number;
	pthread_t thread;
} Worker;

/* Invariant, under lock: running counts the workers that have not finished the task of this round. */
struct WorkerPool
{
	pthread_mutex_t lock;
	pthread_cond_t start;     /* a new round began, or closing */
	pthread_cond_t attention; /* all are through, or a nudge */
	int count;
	Worker *workers;
	uint64_t round;
	int running;
	bool nudged;
	bool closing;
	bool failed;
	WorkerTask task;
	void *context;
	Error err;
};

static void
run_round(Worker *worker, WorkerTask task, void *context)
{
	WorkerPool *pool = worker->pool;
	Error err = {0};
	bool ok = task(context, worker->number, &err);

	pthread_mutex_lock(&pool->lock);
	if (!ok && !pool->failed)
		error_move(&pool->err, &err);
	pool->failed = pool->failed || !ok;
	if (--pool->running == 0)
		pthread_cond_signal(&pool->attention);
	pthread_mutex_unlock(&pool->lock);
	error_clear(&err);
}

static void *
worker_main(void *arg)
{
	Worker *worker = arg;
	WorkerPool *pool = worker->pool;
	uint64_t seen = 0;

	for (;;)
	{
		WorkerTask task;
		void *context;
		bool over;

		pthread_mutex_lock(&pool->lock);
		while (pool->round == seen && !pool->closing)
			pthread_cond_wait(&pool->start, &pool->lock);
		over = pool->round == seen;
		seen = pool->round;
		task = pool->task;
		context = pool->context;
		pthread_mutex_unlock(&pool->lock);
		if (over)
			return NULL;
		run_round(worker, task, context);
	}
}

bool
workers_open(int count, WorkerPool **out, Error *err)
{
	WorkerPool *pool = mem_alloc_zero(sizeof *pool);
	pthread_condattr_t monotonic;

	assert(count > 0);
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->start, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&pool->attention, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pool->workers = mem_alloc_zero(sizeof *pool->workers * (size_t)count);
	*out = pool;
	for (int i = 0; i < count; i++)
	{
		int failed;

		pool->workers[i] = (Worker){.pool = pool, .number = i};
		failed = pthread_create(&pool->workers[i].thread, NULL, worker_main, &pool->workers[i]);
		if (failed != 0)
		{
			workers_close(pool);
			*out = NULL;
			return error_set(err, SQLSTATE_OUT_OF_MEMORY, NO_POSITION, "could not start worker thread %d", i);
		}
		pool->count++;
	}
	return true;
}

void
workers_start(WorkerPool *pool, WorkerTask task, void *context)
{
	pthread_mutex_lock(&pool->lock);
	assert(pool->running == 0 && !pool->failed);
	pool->task = task;
	pool->context = context;
	pool->running = pool->count;
	pool->nudged = false;
	pool->round++;
	pthread_cond_broadcast(&pool->start);
	pthread_mutex_unlock(&pool->lock);
}

bool
workers_wait(WorkerPool *pool, int64_t timeout)
{
	struct timespec until;
	bool through;

	/* Real time: how long a thread sleeps is no matter of the job's clock. */
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += Max(timeout, 0) / 1000000;
	until.tv_nsec += Max(timeout, 0) % 1000000 * 1000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&pool->lock);
	while (pool->running > 0 && (timeout < 0 || !pool->nudged))
	{
		if (timeout < 0)
			pthread_cond_wait(&pool->attention, &pool->lock);
		else if (pthread_cond_timedwait(&pool->attention, &pool->lock, &until) == ETIMEDOUT)
			break;
	}
	pool->nudged = false;
	through = pool->running == 0;
	pthread_mutex_unlock(&pool->lock);
	return through;
}

bool
workers_result(WorkerPool *pool, Error *err)
{
	bool ok;

	pthread_mutex_lock(&pool->lock);
	assert(pool->running == 0);
	ok = !pool->failed;
	if (!ok && err != NULL)
		error_move(err, &pool->err);
	error_clear(&pool->err);
	pool->failed = false;
	pthread_mutex_unlock(&pool->lock);
	return ok;
}

bool
workers_run(WorkerPool *pool, WorkerTask task, void *context, Error *err)
{
	workers_start(pool, task, context);
	(void)workers_wait(pool, -1);
	return workers_result(pool, err);
}

void
workers_nudge(WorkerPool *pool)
{
	pthread_mutex_lock(&pool->lock);
	pool->nudged = true;
	pthread_cond_signal(&pool->attention);
	pthread_mutex_unlock(&pool->lock);
}

void
workers_close(WorkerPool *pool)
{
	if (pool == NULL)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->closing = true;
	pthread_cond_broadcast(&pool->start);
	pthread_mutex_unlock(&pool->lock);
	for (int i = 0; i < pool->count; i++)
		pthread_join(pool->workers[i].thread, NULL);
	pthread_mutex_destroy(&pool->lock);
	pthread_cond_destroy(&pool->start);
	pthread_cond_destroy(&pool->attention);
	error_clear(&pool->err);
	mem_free(pool->workers);
	mem_free(pool);
}
