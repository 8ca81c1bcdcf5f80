/*
 * compressors.h: threads that compress rendered chunks and append them to the pack, so that workers need not.
 *
 * The idea: a worker offers a chunk and goes on; where its bytes will lie is written into the chunk's
 * Fragment, which the worker keeps in the order of its stream, so it does not matter who finishes first. The
 * queue is bounded; when it is full, the worker compresses the chunk itself: so no core idles and nobody
 * waits, whatever the ratio of decoding to compressing is. A failure is kept until the coordinator asks.
 *
 * Threads: offers come from several threads at once; all else from one, while none is offered.
 */
#ifndef WEIR_EXECUTOR_COMPRESSORS_H
#define WEIR_EXECUTOR_COMPRESSORS_H

#include "common/compression.h"
#include "executor/output.h"

/* A compressed chunk in the pack. What lies behind next is set by whoever compresses it, and may be read
 * after compressors_settle(). */
typedef struct Fragment
{
	struct Fragment *next; /* of its stream */
	uint64_t offset;       /* in the pack */
	uint64_t len;
	uint64_t rows;
	Checksum sum;
} Fragment;

/* What one thread compresses in. Zero-initialise; release with compression_scratch_free(). */
typedef struct CompressionScratch
{
	StrBuf compressed;
	CompressionSpace space;
} CompressionScratch;

typedef struct Compressors Compressors;

/* The target may change while nothing is queued. With no threads, every offer is refused. */
extern bool compressors_open(int threads, size_t queue_bytes, const PackTarget *target, Compressors **out,
							 Error *err) WARN_UNUSED;
/* Takes the chunk and leaves an empty one; false when the queue is full. */
extern bool compressors_offer(Compressors *pool, const CompressionClass *compression, StrBuf *chunk,
							  Fragment *fragment);
/* Compresses and appends a chunk in the calling thread. */
extern bool fragment_write(const PackTarget *target, const CompressionClass *compression, StrView chunk,
						   CompressionScratch *scratch, Fragment *fragment, Error *err) WARN_UNUSED;
/* Whether something failed; what is offered from then on is dropped. Any thread may ask. */
extern bool compressors_failed(const Compressors *pool);
/* Waits until the queue is empty and no thread is at work; says what failed since the last time. */
extern bool compressors_settle(Compressors *pool, Error *err) WARN_UNUSED;
/* The same, but what is queued is dropped, and failures are forgotten. */
extern void compressors_abandon(Compressors *pool);
/* Bytes of chunks that are queued, at work, or kept for the next. Any thread may ask. */
extern size_t compressors_memory(const Compressors *pool);
extern void compressors_close(Compressors *pool); /* NULL is allowed */

extern void compression_scratch_free(CompressionScratch *scratch);

#endif
