/*
 * compressors.c: the threads that compress, and their queue (contract in compressors.h).
 */
#include "executor/compressors.h"

#include <pthread.h>
#include <stdatomic.h>

#include "common/memory.h"

enum
{
	QUEUED_PER_THREAD = 2,    /* chunks; more would only leave the caches before they are compressed */
	SPARE_BYTES = 1024 * 1024 /* a larger chunk's memory is not kept */
};

typedef struct Job
{
	struct Job *next;
	const CompressionClass *compression;
	StrBuf chunk;
	Fragment *fragment;
} Job;

/* Invariant, under lock: queued counts the jobs of the list; spares, jobs that hold only an empty chunk. */
struct Compressors
{
	PackTarget const *target;
	size_t queue_bytes;
	int count;
	pthread_t *threads;
	pthread_mutex_t lock;
	pthread_cond_t work; /* a job came, or closing */
	pthread_cond_t idle; /* nothing is queued or at work */
	Job *first;
	Job **last;
	Job *spares;
	int queued;
	int spare_count;
	int busy; /* threads at work */
	bool closing;
	atomic_size_t memory;
	atomic_bool failed;
	Error err;
};

bool
fragment_write(const PackTarget *target, const CompressionClass *compression, StrView chunk,
			   CompressionScratch *scratch, Fragment *fragment, Error *err)
{
	str_clear(&scratch->compressed);
	compression->fragment(chunk.data, chunk.len, &scratch->space, &scratch->compressed, &fragment->sum);
	fragment->len = scratch->compressed.len;
	return target->append(target->context, scratch->compressed.data, scratch->compressed.len,
						  &fragment->offset, err);
}

void
compression_scratch_free(CompressionScratch *scratch)
{
	str_free(&scratch->compressed);
	compression_space_free(&scratch->space);
}

/* ---- jobs ---- */

static void
free_job(Compressors *pool, Job *job)
{
	atomic_fetch_sub(&pool->memory, job->chunk.capacity);
	str_free(&job->chunk);
	mem_free(job);
}

/* Under lock: the job's memory serves the next offers, or is given back. */
static void
retire_job(Compressors *pool, Job *job)
{
	if (pool->spare_count >= QUEUED_PER_THREAD * pool->count || job->chunk.capacity > SPARE_BYTES)
	{
		free_job(pool, job);
		return;
	}
	str_clear(&job->chunk);
	job->next = pool->spares;
	pool->spares = job;
	pool->spare_count++;
}

/* Under lock. */
static Job *
take_job(Compressors *pool)
{
	Job *job = pool->first;

	pool->first = job->next;
	if (pool->first == NULL)
		pool->last = &pool->first;
	pool->queued--;
	return job;
}

/* Under lock, which is released while the job is done. */
static void
do_job(Compressors *pool, Job *job, CompressionScratch *scratch)
{
	Error err = {0};
	bool ok = true;

	pool->busy++;
	pthread_mutex_unlock(&pool->lock);
	if (!atomic_load(&pool->failed))
		ok = fragment_write(pool->target, job->compression, str_view(&job->chunk), scratch, job->fragment,
							&err);
	pthread_mutex_lock(&pool->lock);
	if (!ok && !atomic_exchange(&pool->failed, true))
		error_move(&pool->err, &err);
	error_clear(&err);
	retire_job(pool, job);
	pool->busy--;
	if (pool->busy == 0 && pool->first == NULL)
		pthread_cond_broadcast(&pool->idle);
}

static void *
compressor_main(void *arg)
{
	Compressors *pool = arg;
	CompressionScratch scratch = {0};

	pthread_mutex_lock(&pool->lock);
	while (!pool->closing)
	{
		if (pool->first != NULL)
			do_job(pool, take_job(pool), &scratch);
		else
			pthread_cond_wait(&pool->work, &pool->lock);
	}
	pthread_mutex_unlock(&pool->lock);
	compression_scratch_free(&scratch);
	return NULL;
}

/* ---- the pool ---- */

bool
compressors_open(int threads, size_t queue_bytes, const PackTarget *target, Compressors **out, Error *err)
{
	Compressors *pool = mem_alloc_zero(sizeof *pool);

	pool->target = target;
	pool->queue_bytes = queue_bytes;
	pool->last = &pool->first;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->work, NULL);
	pthread_cond_init(&pool->idle, NULL);
	pool->threads = mem_alloc_zero(sizeof *pool->threads * (size_t)Max(threads, 1));
	for (; pool->count < threads; pool->count++)
		if (pthread_create(&pool->threads[pool->count], NULL, compressor_main, pool) != 0)
		{
			error_set(err, SQLSTATE_OUT_OF_MEMORY, NO_POSITION, "could not start compressor thread %d",
					  pool->count);
			compressors_close(pool);
			return false;
		}
	*out = pool;
	return true;
}

/* Under lock: a job that holds an empty chunk; NULL when the queue is full. */
static Job *
new_job(Compressors *pool, size_t bytes)
{
	Job *job = pool->spares;

	if (pool->queued >= QUEUED_PER_THREAD * pool->count ||
		(pool->queued > 0 && atomic_load(&pool->memory) + bytes > pool->queue_bytes))
		return NULL;
	if (job == NULL)
		return mem_alloc_zero(sizeof *job);
	pool->spares = job->next;
	pool->spare_count--;
	return job;
}

bool
compressors_offer(Compressors *pool, const CompressionClass *compression, StrBuf *chunk, Fragment *fragment)
{
	StrBuf empty;
	Job *job;

	if (atomic_load_explicit(&pool->failed, memory_order_relaxed))
	{
		str_clear(chunk);
		return true;
	}
	pthread_mutex_lock(&pool->lock);
	job = new_job(pool, chunk->capacity);
	if (job != NULL)
	{
		atomic_fetch_add(&pool->memory, chunk->capacity - job->chunk.capacity);
		empty = job->chunk;
		*job = (Job){.compression = compression, .chunk = *chunk, .fragment = fragment};
		*chunk = empty;
		*pool->last = job;
		pool->last = &job->next;
		pool->queued++;
		pthread_cond_signal(&pool->work);
	}
	pthread_mutex_unlock(&pool->lock);
	return job != NULL;
}

bool
compressors_failed(const Compressors *pool)
{
	return atomic_load(&pool->failed);
}

size_t
compressors_memory(const Compressors *pool)
{
	return atomic_load(&pool->memory);
}

bool
compressors_settle(Compressors *pool, Error *err)
{
	bool ok;

	pthread_mutex_lock(&pool->lock);
	while (pool->first != NULL || pool->busy > 0)
		pthread_cond_wait(&pool->idle, &pool->lock);
	ok = !atomic_exchange(&pool->failed, false);
	if (!ok && err != NULL)
		error_move(err, &pool->err);
	error_clear(&pool->err);
	pthread_mutex_unlock(&pool->lock);
	return ok;
}

void
compressors_abandon(Compressors *pool)
{
	pthread_mutex_lock(&pool->lock);
	while (pool->first != NULL)
		retire_job(pool, take_job(pool));
	pthread_mutex_unlock(&pool->lock);
	(void)!compressors_settle(pool, NULL);
}

void
compressors_close(Compressors *pool)
{
	if (pool == NULL)
		return;
	compressors_abandon(pool);
	pthread_mutex_lock(&pool->lock);
	pool->closing = true;
	pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->lock);
	for (int i = 0; i < pool->count; i++)
		pthread_join(pool->threads[i], NULL);
	while (pool->spares != NULL)
	{
		Job *job = pool->spares;

		pool->spares = job->next;
		free_job(pool, job);
	}
	pthread_mutex_destroy(&pool->lock);
	pthread_cond_destroy(&pool->work);
	pthread_cond_destroy(&pool->idle);
	mem_free(pool->threads);
	mem_free(pool);
}
